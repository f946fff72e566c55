"""Layer normalisation over the channels."""

import numpy as np

EPSILON = 1e-5           # added to the variance: a pixel whose channels are all alike stays finite


def layer_norm(x, gain, bias):
    """Give the channels of each pixel mean 0 and variance 1, then a gain and a bias.

    Paper:     Figure 1 (c), (d).
    Forward:   n = (x - mean) / sqrt(variance + 1e-5) over the channels, y = n * gain + bias
               x, y: (..., C), gain, bias: (C,)
    Backward:  dn = dy * gain, dx = (dn - mean(dn) - n * mean(dn * n)) / sqrt(variance + 1e-5),
               d_gain = sum(dy * n), d_bias = sum(dy)
    """
    centred = x - _mean(x)
    deviation = np.sqrt(_mean(centred * centred) + EPSILON)
    n = centred / deviation
    y = n * gain + bias

    def layer_norm_backward(dy):
        dn = dy * gain
        dx = (dn - _mean(dn) - n * _mean(dn * n)) / deviation
        all_but_channels = tuple(range(x.ndim - 1))
        return dx, (dy * n).sum(axis=all_but_channels), dy.sum(axis=all_but_channels)
    return y, layer_norm_backward


def _mean(x):
    return x.mean(axis=-1, keepdims=True)
