"""Weight normalisation, real and binary.

Kernels are (K, K, C, O). Each output channel has a norm and a gain of its own. Its fan-in, the
number of its weights, is n = K*K*C.
"""

import numpy as np

from ..differentiable import differentiable
from ..numerics import sum_over_pixels


@differentiable("v", "gain")
def weight_norm(v, gain):
    """Give the kernel of each output channel the direction of v and the gain as its length.

    Paper:     Eq. (11).
    Forward:   w = v * gain / norm(v), the norm over all axes but the last
               v, w: (..., O), gain: (O,)
    Backward:  d_gain = sum(dw * v / norm(v)),
               dv = gain / norm(v) * (dw - v / norm(v) * d_gain)
    """
    norm = np.sqrt(sum_over_pixels(v * v))
    w = v * (gain / norm)

    def weight_norm_backward(dw):
        d_gain = sum_over_pixels(dw * v) / norm
        dv = gain / norm * (dw - v * (d_gain / norm))
        return dv, d_gain
    return w, weight_norm_backward


@differentiable("v_binary", "gain")
def binary_weight_norm(v_binary, gain):
    """Normalise a kernel of +-1: its norm is a constant, so no gradient passes through it.

    Paper:     Eq. (12). Layers scale after the convolution instead: `binary_scale`, Eq. (13).
    Forward:   w = v_B * gain / sqrt(n)                             v_B, w: (..., O), gain: (O,)
    Backward:  d_vB = dw * gain / sqrt(n), d_gain = sum(dw * v_B) / sqrt(n)
    """
    root_n = float(np.sqrt(v_binary.size // v_binary.shape[-1]))
    w = v_binary * (gain / root_n)

    def binary_weight_norm_backward(dw):
        return dw * (gain / root_n), sum_over_pixels(dw * v_binary) / root_n
    return w, binary_weight_norm_backward


@differentiable("gain")
def binary_scale(gain, fan_in):
    """The factor by which the output of a binary convolution is multiplied.

    Paper:     Eq. (13): conv(x, v_B * alpha) = conv(x, v_B) * alpha.
    Forward:   alpha = gain / sqrt(n)                               gain, alpha: (O,), n = fan_in
    Backward:  d_gain = d_alpha / sqrt(n)
    """
    root_n = float(np.sqrt(fan_in))
    alpha = gain / root_n

    def binary_scale_backward(d_alpha):
        return d_alpha / root_n
    return alpha, binary_scale_backward
