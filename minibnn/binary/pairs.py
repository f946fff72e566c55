"""Convolution of signs with signs, two images at a time: two signs in one floating-point number.

A sum of n products of signs is a whole number from -n to n. With p = x1 + 4096 * x2 the same sum over p is
t = y1 + 4096 * y2. While n < 2048, y2 is t / 4096, rounded, and y1 is what remains. float32 holds whole numbers up to
2^24 exactly, and no sum on the way is larger: so one convolution of floating-point numbers gives two, without error.
x2 are the images of the first half of a batch, x1 those of the second half.
"""

import numpy as np

from ..differentiable import differentiable
from ..ops import conv2d
from ..ops.convolution import check_shapes, conv2d_gradients, convolve

BASE = 4096              # a power of two, so that its multiples and fractions are exact
MOST_PRODUCTS = BASE // 2 - 1


@differentiable("x", "w")
def sign_conv2d(x, w, stride=1, padding=0):
    """conv2d of numbers that are all +1 or -1 with a kernel of +-1, exactly, in half the multiplications.

    Paper:     Eq. (13), the convolution with v_B when the activations are binary too (Eq. 5).
    Forward:   as `ops.conv2d`: in pairs of images for float32, else, or with more than 2047 taps, by `ops.conv2d`
    Backward:  as `ops.conv2d`
    """
    check_shapes("sign_conv2d", x.shape, w.shape, stride, padding)
    if x.dtype != np.float32 or w.shape[0] ** 2 > MOST_PRODUCTS:    # float64: a tangent twin, without signs
        return conv2d(x, w, stride, padding)
    y = _convolve_pairs(x, w, stride, padding)

    def sign_conv2d_backward(dy):
        return conv2d_gradients(dy, x, w, stride, padding)
    return y, sign_conv2d_backward


def _convolve_pairs(x, w, stride, padding):
    half = -(-len(x) // 2)                                          # rounded up
    joined = BASE * x[:half]                                        # x2, of the first images
    joined[:len(x) - half] += x[half:]                              # x1; one x2 may be alone
    channels = MOST_PRODUCTS // w.shape[0] ** 2                     # that one sum may have
    parts = [slice(first, first + channels) for first in range(0, w.shape[2], channels)]
    sums = (convolve(joined[..., part], w[:, :, part], stride, padding) for part in parts)
    y, *others = (_separated(of_part, len(x)) for of_part in sums)
    for other in others:
        y += other
    return y


def _separated(sums, N):
    """The sums of N images from those of their pairs: (ceil(N / 2), H, W, O) -> (N, H, W, O)"""
    y = np.empty((N, *sums.shape[1:]), sums.dtype)
    y2, y1 = y[:len(sums)], y[len(sums):]
    np.multiply(sums, 1 / BASE, out=y2)
    np.rint(y2, out=y2)                                             # y2 = round(sums / BASE)
    np.multiply(y2[:len(y1)], -BASE, out=y1)
    y1 += sums[:len(y1)]                                            # y1 = sums - BASE * y2
    return y
