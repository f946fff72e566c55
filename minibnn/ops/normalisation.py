"""Layer normalisation over the channels, batch normalisation over everything else."""

import numpy as np

from ..differentiable import differentiable
from ..numerics import sum_over_pixels

EPSILON = 1e-5           # added to the variance: numbers that are all alike stay finite


@differentiable("x", "gain", "bias")
def layer_norm(x, gain, bias):
    """Give the channels of each pixel mean 0 and variance 1, then a gain and a bias.

    Paper:     Figure 1 (c), (d).
    Forward:   n = (x - mean) / sqrt(variance + 1e-5) over the channels, y = n * gain + bias
               x, y: (..., C), gain, bias: (C,)
    Backward:  dn = dy * gain, dx = (dn - mean(dn) - n * mean(dn * n)) / sqrt(variance + 1e-5),
               d_gain = sum(dy * n), d_bias = sum(dy)
    """
    C = x.shape[-1]
    ones = np.ones(C, x.dtype)                                      # a matrix product adds faster than np.mean
    return _normalise(x, gain, bias, lambda x: (x @ ones)[..., None] / C)


@differentiable("x", "gain", "bias")
def batch_norm(x, gain, bias):
    """Give each channel mean 0 and variance 1 over the batch and its pixels, then a gain and a bias.

    Source:    Ioffe & Szegedy 2015. What an image becomes depends on the others of its batch.
    Forward:   n = (x - mean) / sqrt(variance + 1e-5) over all axes but the last, y = n * gain + bias
               x, y: (..., C), gain, bias: (C,)
    Backward:  as layer_norm's, its means over those axes
    """
    return _normalise(x, gain, bias, lambda x: x.mean(axis=tuple(range(x.ndim - 1))))


def _normalise(x, gain, bias, mean):
    centred = x - mean(x)
    deviation = np.sqrt(mean(centred * centred) + EPSILON)
    n = centred / deviation
    y = n * gain + bias

    def normalise_backward(dy):
        dn = dy * gain
        dx = (dn - mean(dn) - n * mean(dn * n)) / deviation
        return dx, sum_over_pixels(dy * n), sum_over_pixels(dy)
    return y, normalise_backward
