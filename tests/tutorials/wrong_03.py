"""Plausible wrong answers to the exercises of lesson 03."""

import numpy as np


def _norm(v):
    return np.sqrt((v * v).sum(axis=(0, 1, 2)))


def _along(dw, v):
    return (dw * v / _norm(v)).sum(axis=(0, 1, 2))


def _one_norm_for_all(v, gain, dw):
    norm = np.linalg.norm(v)                                        # of all channels together
    d_gain = (dw * v / norm).sum(axis=(0, 1, 2))
    return gain / norm * (dw - v / norm * d_gain), d_gain


def _bwn(v, gain, dw, v_binary=None, root_n=None, passes=1.0):
    v_binary = np.where(v >= 0, 1.0, -1.0) if v_binary is None else v_binary
    root_n = np.sqrt(v[..., 0].size) if root_n is None else root_n
    return v_binary * gain / root_n, passes * dw * gain / root_n, (dw * v_binary).sum(axis=(0, 1, 2)) / root_n


def _with_projection(v, gain, dw):
    w, dv, d_gain = _bwn(v, gain, dw)
    return w, dv - gain * d_gain / v[..., 0].size * np.where(v >= 0, 1.0, -1.0), d_gain


WRONG = {
    "03.1": [
        lambda v, gain, dw: (gain / _norm(v) * dw, _along(dw, v)),                    # the norm taken for a constant
        _one_norm_for_all,
        lambda v, gain, dw: (gain * (dw - v / _norm(v) * _along(dw, v)), _along(dw, v)),      # forgets 1 / norm
        lambda v, gain, dw: (gain / _norm(v) * (dw - v * _along(dw, v)), _along(dw, v)),      # v in place of u
        lambda v, gain, dw: (gain / _norm(v) * (dw - v / _norm(v) * _along(dw, v)),
                             (dw * v).sum(axis=(0, 1, 2))),                           # d_gain without the norm
    ],
    "03.2": [
        lambda v, gain, dw: _bwn(v, gain, dw, root_n=_norm(v)),                       # the norm of the latent weights
        lambda v, gain, dw: _bwn(v, gain, dw, root_n=np.sqrt(v.size)),                # n over all channels
        lambda v, gain, dw: _bwn(v, gain, dw, root_n=v[..., 0].size),                 # n, not its root
        lambda v, gain, dw: _bwn(v, gain, dw, root_n=np.sqrt(v.shape[2])),            # forgets the kernel's pixels
        lambda v, gain, dw: _bwn(v, gain, dw, v_binary=np.sign(v)),                   # sign(0) = 0
        lambda v, gain, dw: _bwn(v, gain, dw, passes=np.abs(v) < 1),                  # a latent weight at 1 stays
        _with_projection,                                                             # the backward of Eq. (11)
    ],
    "03.3": [
        lambda N, H, W, K, C, O: N * H * W * O * (K * K * C - 1),                     # forgets to normalise
        lambda N, H, W, K, C, O: N * O * (2 * K * K * C + H * W * (K * K * C - 1)),   # normalises for each image
        lambda N, H, W, K, C, O: O * (2 * K * K * C + N * H * W * K * K * C),         # forgets the products with alpha
        lambda N, H, W, K, C, O: O * (2 * K * K * C + N * H * W * K * K * C - 1),     # one alpha for each channel
        lambda N, H, W, K, C, O: O * (2 * K * C + N * H * W * (K * C - 1)),           # a row for a kernel
    ],
}
