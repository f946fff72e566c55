"""Residual layers (Eq. 14) and the VAE's residual blocks, Figure 1 (a) and (b)."""

from ..binary import straight_through
from ..ops import elu


def residual(x, branch):
    """Add a branch to its own input.

    Paper:     Eq. (14).
    Forward:   y = branch(x) + x                                    x, y: (N, H, W, C)
    Backward:  dx = dy + branch's dx
    """
    h, branch_backward = branch(x)
    y = x + h                                                       # a new array

    def residual_backward(dy):
        return dy + branch_backward(dy)
    return y, residual_backward


def chain(x, steps, initialise=False):
    """Apply the steps one after another; the backward goes through them in reverse.

    Forward:   y = steps[-1](... steps[0](x))           each step: (x, initialise) -> y, backward
    Backward:  dx
    With `initialise`, each layer first sets its gains and biases from its input. That pass has no
    backward: for a large batch, the arrays kept for it would fill the memory.
    """
    backwards = []
    for step in steps:
        x, step_backward = step(x, initialise)
        if not initialise:
            backwards.append(step_backward)

    def chain_backward(dy):
        assert not initialise, "the initialisation pass has no backward"
        for step_backward in reversed(backwards):
            dy = step_backward(dy)
        return dy
    return x, chain_backward


class Activation:
    """A step for `chain`: ELU, or if `binary`, sign with its clipped gradient (Eq. 5-6).

    Differs:   the published code has tanh in the VAE's 32-bit blocks, where the paper says ELU.
    """

    def __init__(self, binary):
        self.binary = binary

    def __call__(self, x, initialise=False):                        # it has nothing to initialise
        return straight_through.binarise_activations_ste(x) if self.binary else elu(x)


class ResidualBlock:
    """The VAE's residual block: activation, convolution, activation, convolution, add the input.

    Paper:     Figure 1 (a) with 32-bit activations (ELU), (b) with 1-bit ones (sign).
    Forward:   y = x + conv2(act(conv1(act(x))))                    x, y: (N, H, W, C)
    Backward:  dx; the convolutions accumulate the gradients of their parameters
    conv:      the class of its convolutions: BinaryConv (1-bit weights), WeightNormConv (32-bit
               weights), or one of `blocks.alternatives`
    It starts as the identity: conv2 starts with gain 0 and bias 0. The output of conv1 starts with
    standard deviation 1.
    """

    def __init__(self, rng, channels, kernel, conv, binary_activations):
        shape, settings = (kernel, channels, channels), {"signs_in": binary_activations}
        self.conv1 = conv(rng, *shape, init_std=1.0, **settings)
        self.conv2 = conv(rng, *shape, init_std=0.0, positive_gain=False, **settings)
        self.activation = Activation(binary_activations)

    def __call__(self, x, initialise=False):
        def branch(x):
            return chain(x, [self.activation, self.conv1, self.activation, self.conv2], initialise)
        return residual(x, branch)
