"""Convolution of signs with signs, two images at a time: two signs in one floating-point number.

Two images of signs, x1 and x2, are joined to one: p = x1 + 4096 * x2. Convolution is linear, so with a kernel of signs
p gives t = y1 + 4096 * y2, where y1 and y2 are the convolutions of x1 and x2. Both are sums of n products of signs:
whole numbers from -n to n. While n < 2048, y2 is t / 4096, rounded to a whole number, and y1 is t - 4096 * y2. float32
holds whole numbers up to 2^24 exactly, and no sum on the way is larger: so one convolution does the work of two,
without error. If n is larger, the channels are convolved in several parts, and the results are added.
x2 is an image of the first half of a batch, x1 one of the second half.
"""

import numpy as np

from ..differentiable import differentiable
from ..ops import conv2d
from ..ops.convolution import check_shapes, conv2d_gradients, convolve

BASE = 4096              # a power of two, so that its multiples and fractions are exact
MOST_PRODUCTS = BASE // 2 - 1  # of one sum: the largest n


@differentiable("x", "w")
def sign_conv2d(x, w, stride=1, padding=0):
    """conv2d of numbers that are all +1 or -1 with a kernel of +-1, exactly, in half the multiplications.

    Paper:     Eq. (13), the convolution with v_B when the activations are binary too (Eq. 5).
    Forward:   the values of `ops.conv2d`. float32 images are convolved in pairs; other dtypes, and kernels with K * K
               above 2047, by `ops.conv2d` itself. Numbers other than +1 and -1 are not refused: the values are wrong.
    Backward:  as `ops.conv2d`
    Raises:    ValueError, as `ops.conv2d`
    """
    check_shapes("sign_conv2d", x.shape, w.shape, stride, padding)
    if x.dtype != np.float32 or w.shape[0] ** 2 > MOST_PRODUCTS:    # float64: a tangent twin, which has no signs
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
