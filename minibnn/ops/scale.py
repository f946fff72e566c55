"""Per-channel scale and shift."""

from ..differentiable import differentiable
from ..numerics import sum_over_pixels


@differentiable("x", "scale", "shift")
def scale_and_shift(x, scale, shift):
    """Multiply each channel by its scale and add its shift.

    Paper:     Eq. (13): the scale of a binary kernel is applied here, after the convolution.
    Forward:   y = x * scale + shift                                x, y: (..., C), scale, shift: (C,)
    Backward:  dx = dy * scale, d_scale = sum(dy * x), d_shift = sum(dy), summed over all but C
    """
    y = x * scale
    y += shift

    def scale_and_shift_backward(dy):
        return dy * scale, sum_over_pixels(dy * x), sum_over_pixels(dy)
    return y, scale_and_shift_backward
