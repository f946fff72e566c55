"""Layer normalisation over the channels, batch normalisation over everything else."""

import numpy as np

from ..differentiable import differentiable
from ..numerics import sum_over_pixels

EPSILON = 1e-5           # added to the variance, so that it is not 0 where all numbers are equal


@differentiable("x", "gain", "bias")
def layer_norm(x, gain, bias):
    """Normalise the channels of each pixel to mean 0 and variance 1; then multiply by a gain and add a bias.

    Paper:     Figure 1 (c), (d).
    Forward:   n = (x - mean) / sqrt(variance + 1e-5) over the channels, y = n * gain + bias
               x, y: (..., C), gain, bias: (C,)
    Backward:  dn = dy * gain, dx = (dn - mean(dn) - n * mean(dn * n)) / sqrt(variance + 1e-5),
               d_gain = sum(dy * n), d_bias = sum(dy), summed over all axes but the last
    """
    C = x.shape[-1]
    ones = np.ones(C, x.dtype)                                      # a matrix product adds faster than np.mean
    return _normalise(x, gain, bias, lambda x: (x @ ones)[..., None] / C)


@differentiable("x", "gain", "bias")
def batch_norm(x, gain, bias):
    """Normalise each channel to mean 0 and variance 1 over the batch; then multiply by a gain and add a bias.

    Source:    Ioffe & Szegedy 2015. The result for one image depends on the other images of the batch.
    Forward:   n = (x - mean) / sqrt(variance + 1e-5) over all axes but the last, y = n * gain + bias
               x, y: (..., C), gain, bias: (C,)
    Backward:  as that of layer_norm, with means over all axes but the last
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
