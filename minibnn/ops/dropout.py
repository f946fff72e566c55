"""Dropout; its random mask is an argument."""

from ..differentiable import differentiable


@differentiable("x")
def dropout(x, keep, rate):
    """Set randomly chosen numbers to 0, and divide the others by 1 - rate, so that the expected value stays the same.

    Paper:     Appendix C: rate 0.2, in 32-bit blocks, in training only.
    Forward:   y = x * keep / (1 - rate)                            x, y: any shape
               keep: bool, of x's shape, False where x is set to 0; rate: the probability of this
    Backward:  dx = dy * keep / (1 - rate)
    """
    scale = keep * x.dtype.type(1 / (1 - rate))
    y = x * scale

    def dropout_backward(dy):
        return dy * scale
    return y, dropout_backward
