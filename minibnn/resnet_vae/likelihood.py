"""The discretised logistic: the probability that a logistic distribution gives to each of 256 bins of pixel values.

Differs:   the probability of a bin is exact; that of the published code is not.
"""

import numpy as np

from .. import numerics
from ..differentiable import differentiable

HALF_BIN = 1 / 255       # half of a bin's width: 256 values spread over [-1, 1]


def scale_pixels(images, dtype):
    """Map integers 0..255 to [-1, 1].    images: any shape, uint8"""
    return images.astype(dtype) * dtype.type(2 / 255) - 1


@differentiable("mean", "scale")
def discretised_logistic(images, mean, scale):
    """Log-probability of integer pixels, in nats.

    Paper:     Appendix B.
    Forward:   c = the pixel's value, scaled to [-1, 1]
               a = (c - mean + 1/255) / scale, the upper edge of its bin
               b = (c - mean - 1/255) / scale, the lower edge
               log p = log(sigmoid(a) - sigmoid(b)), with sigmoid(b) = 0 for the value 0 and
               sigmoid(a) = 1 for the value 255
               Written stably: log p = -softplus(-a) - softplus(b) + log(1 - e^(b - a)).
               For the value 0 only the first term remains, for 255 only the second.
               a - b, the width, is the same for all pixels.
               images: (N, H, W, C) integers 0..255, mean: the same shape, scale: () > 0,
               log p: like images
    Backward:  d_mean, d_scale (images are data)
    Raises:    ValueError if there is more than one scale.
    """
    if np.shape(scale) != ():
        raise ValueError("discretised_logistic: scale: wanted one number, (), for all pixels, got "
                         f"{np.shape(scale)}")
    a, b = _bin_edges(images, mean, scale)
    width = 2 * HALF_BIN / scale                                    # a - b
    below_end, above_start = images < 255, images > 0
    inside = below_end & above_start
    log_p = (-numerics.softplus(-a) * below_end - numerics.softplus(b) * above_start
             + np.log(-np.expm1(-width)) * inside)

    def discretised_logistic_backward(d_log_p):
        da = d_log_p * below_end * numerics.sigmoid(-a)
        db = -d_log_p * above_start * numerics.sigmoid(b)
        d_width = (d_log_p * inside).sum() * np.exp(-width) / -np.expm1(-width)
        d_mean = -(da + db) / scale
        d_scale = -((da * a + db * b).sum() + d_width * width) / scale
        return d_mean, d_scale
    return log_p, discretised_logistic_backward


def _bin_edges(images, mean, scale):
    offset = scale_pixels(images, mean.dtype) - mean
    return (offset + HALF_BIN) / scale, (offset - HALF_BIN) / scale
