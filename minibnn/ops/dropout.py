"""Dropout, with its randomness passed in."""

from ..differentiable import differentiable


@differentiable("x")
def dropout(x, keep, rate):
    """Set what is not kept to 0, and enlarge the rest so that the mean stays.

    Paper:     Appendix C: rate 0.2, in 32-bit blocks, in training only.
    Forward:   y = x * keep / (1 - rate)                            x, y: any shape, keep: like x, bool
    Backward:  dx = dy * keep / (1 - rate)
    """
    scale = keep * x.dtype.type(1 / (1 - rate))
    y = x * scale

    def dropout_backward(dy):
        return dy * scale
    return y, dropout_backward
