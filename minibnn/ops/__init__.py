"""Differentiable operations that the paper takes for granted.

Each is a function, `y, backward = op(x, ...)`. `backward(dy)` takes the upstream gradient dy, which is the gradient of
the loss with respect to y, and returns the gradients with respect to the array arguments, in their order.
"""

from .activations import concat_negative, elu, gated_linear_unit, sigmoid, softplus, tanh
from .convolution import conv2d, conv2d_transpose
from .dropout import dropout
from .normalisation import batch_norm, layer_norm
from .rearrange import depth_to_space, halves, space_to_depth
from .scale import scale_and_shift

__all__ = ["batch_norm", "concat_negative", "conv2d", "conv2d_transpose", "depth_to_space", "dropout", "elu",
           "gated_linear_unit", "halves", "layer_norm", "scale_and_shift", "sigmoid", "softplus", "space_to_depth",
           "tanh"]
