"""Element-wise non-linearities; and [x, -x], which doubles the channels, and the gate, which halves them."""

import numpy as np

from .. import numerics
from ..differentiable import differentiable
from .rearrange import halves


@differentiable("x")
def elu(x):
    """Exponential linear unit, the paper's 32-bit activation.

    Paper:     Figure 1 (a), (c).
    Forward:   y = x if x > 0 else e^x - 1              x, y: any shape
    Backward:  dx = dy * (1 if x > 0 else e^x)
    """
    below = np.minimum(x, 0)
    e = np.exp(below)                                   # exp is several times as fast as expm1
    y = (x - below) + (e - 1)                           # one of the two terms is 0

    def elu_backward(dy):
        return dy * e                                   # e = 1 where x > 0
    return y, elu_backward


@differentiable("x")
def tanh(x):
    """Hyperbolic tangent.

    Forward:   y = tanh(x)                                          x, y: any shape
    Backward:  dx = dy * (1 - y^2)
    """
    y = np.tanh(x)

    def tanh_backward(dy):
        return dy * (1 - y * y)
    return y, tanh_backward


@differentiable("x")
def sigmoid(x):
    """Logistic sigmoid.

    Forward:   y = 1 / (1 + e^-x)                                   x, y: any shape
    Backward:  dx = dy * y * (1 - y)
    """
    y = numerics.sigmoid(x)

    def sigmoid_backward(dy):
        return dy * y * (1 - y)
    return y, sigmoid_backward


@differentiable("x")
def softplus(x):
    """Smooth version of max(x, 0): keeps scales and gains positive.

    Forward:   y = log(1 + e^x)                                     x, y: any shape
    Backward:  dx = dy * sigmoid(x)
    """
    y = numerics.softplus(x)

    def softplus_backward(dy):
        return dy * numerics.sigmoid(x)
    return y, softplus_backward


@differentiable("x")
def concat_negative(x):
    """Join x and -x along the channels: the inner part of concat-ELU and of its binary counterpart.

    Paper:     Figure 1 (c), (d).
    Forward:   y = [x, -x]                                          x: (..., C), y: (..., 2C)
    Backward:  dx = dy[first C] - dy[last C]
    """
    y = np.concatenate([x, -x], axis=-1)

    def concat_negative_backward(dy):
        of_x, of_negative = halves(dy)
        return of_x - of_negative
    return y, concat_negative_backward


@differentiable("x")
def gated_linear_unit(x):
    """Multiply the first half of the channels by the sigmoid of the second half.

    Paper:     the gate of Figure 1 (c), (d).
    Forward:   x = [a, s], y = a * sigmoid(s)                       x: (..., 2C), y: (..., C)
    Backward:  da = dy * sigmoid(s), ds = dy * a * sigmoid(s) * (1 - sigmoid(s)), dx = [da, ds]
    Raises:    ValueError if the number of channels is odd.
    """
    if x.shape[-1] % 2:
        raise ValueError(f"gated_linear_unit: x: wanted an even number of channels, got {x.shape[-1]}")
    a, s = halves(x)
    gate = numerics.sigmoid(s)
    y = a * gate

    def gated_linear_unit_backward(dy):
        da = dy * gate
        return np.concatenate([da, da * a * (1 - gate)], axis=-1)
    return y, gated_linear_unit_backward
