"""The likeliest mistakes in the exercises of lesson 03."""

import numpy as np


def _norm(v):
    return np.sqrt((v * v).sum(axis=(0, 1, 2)))


def _along(dw, v):
    return (dw * v / _norm(v)).sum(axis=(0, 1, 2))


def _right(v, gain, dw):
    return gain / _norm(v) * (dw - v / _norm(v) * _along(dw, v)), _along(dw, v)


def _normalised_by(norm):
    def mistake(v, gain, dw):
        d_gain = (dw * v / norm(v)).sum(axis=(0, 1, 2))
        return gain / norm(v) * (dw - v / norm(v) * d_gain), d_gain
    return mistake


def _bwn(v, gain, dw, v_binary=None, root_n=None, passes=1.0):
    v_binary = np.where(v >= 0, 1.0, -1.0) if v_binary is None else v_binary
    root_n = np.sqrt(v[..., 0].size) if root_n is None else root_n
    d_gain = (dw * v_binary).sum(axis=(0, 1, 2)) / root_n
    return v_binary * gain / root_n, passes * dw * gain / root_n, d_gain


def _with_projection(v, gain, dw):
    w, dv, d_gain = _bwn(v, gain, dw)
    return w, dv - gain * d_gain / v[..., 0].size * np.where(v >= 0, 1.0, -1.0), d_gain


def _latent_in_d_gain(v, gain, dw):
    w, dv, _ = _bwn(v, gain, dw)
    return w, dv, (dw * v).sum(axis=(0, 1, 2)) / np.sqrt(v[..., 0].size)


def _unscaled_d_gain(v, gain, dw):
    w, dv, d_gain = _bwn(v, gain, dw)
    return w, dv, d_gain * np.sqrt(v[..., 0].size)


def _positions_inside(size, kernel):
    """Pairs of an output position and a position of its kernel, in one direction, without padding."""
    reach = range(-(kernel // 2), kernel // 2 + 1)
    return sum(0 <= i + offset < size for i in range(size) for offset in reach)


def _unscaled_dv(v, gain, dw):
    w, _, d_gain = _bwn(v, gain, dw)
    return w, dw, d_gain


MISTAKES = {
    "03.1": [
        ("The norm depends on v too; its derivative is missing.",
         lambda v, gain, dw: (gain / _norm(v) * dw, _along(dw, v))),
        ("Each output channel has its own norm; this is the norm of all channels together.",
         _normalised_by(np.linalg.norm)),
        ("The norm is over all weights of an output channel, over the input channels too.",
         _normalised_by(lambda v: np.sqrt((v * v).sum(axis=(0, 1))))),
        ("The gradient dv must be divided by the norm of v.",
         lambda v, gain, dw: (gain * (dw - v / _norm(v) * _along(dw, v)), _along(dw, v))),
        ("The part to subtract is along u, which has length 1; here v stands in place of u.",
         lambda v, gain, dw: (gain / _norm(v) * (dw - v * _along(dw, v)), _along(dw, v))),
        ("The part of dw along v must be subtracted; here it is added.",
         lambda v, gain, dw: (gain / _norm(v) * (dw + v / _norm(v) * _along(dw, v)),
                              _along(dw, v))),
        ("The gradient d_gain must be divided by the norm of v.",
         lambda v, gain, dw: (_right(v, gain, dw)[0], (dw * v).sum(axis=(0, 1, 2)))),
        ("The derivative of w in the gain does not contain the gain.",
         lambda v, gain, dw: (_right(v, gain, dw)[0], gain * _along(dw, v))),
        ("A negative gain turns dv around; here its absolute value is used.",
         lambda v, gain, dw: _right(v, np.abs(gain), dw)),
        ("The gain is missing in dv.",
         lambda v, gain, dw: _right(v, 1.0, dw)),
    ],
    "03.2": [
        ("The norm of the signs is the root of n; this is the norm of the latent weights.",
         lambda v, gain, dw: _bwn(v, gain, dw, root_n=_norm(v))),
        ("The fan-in n counts the weights of one output channel, not those of all channels.",
         lambda v, gain, dw: _bwn(v, gain, dw, root_n=np.sqrt(v.size))),
        ("The scale is the gain divided by the root of n; here it is divided by n.",
         lambda v, gain, dw: _bwn(v, gain, dw, root_n=v[..., 0].size)),
        ("The fan-in n counts all K * K positions of the kernel, not only the input channels.",
         lambda v, gain, dw: _bwn(v, gain, dw, root_n=np.sqrt(v.shape[2]))),
        ("By Eq. (1), the sign of 0 is +1; np.sign gives 0.",
         lambda v, gain, dw: _bwn(v, gain, dw, v_binary=np.sign(v))),
        ("Eq. (3) has no window: this is Eq. (6), which is for activations.",
         lambda v, gain, dw: _bwn(v, gain, dw, passes=np.abs(v) <= 1)),
        ("Eq. (3) has no window, and a latent weight at -1 or 1 gets its gradient too.",
         lambda v, gain, dw: _bwn(v, gain, dw, passes=np.abs(v) < 1)),
        ("This dv is the one of Eq. (11), from which the part along the signs is taken away.",
         _with_projection),
        ("The latent weights themselves act here; their signs should.",
         lambda v, gain, dw: _bwn(v, gain, dw, v_binary=v)),
        ("The gradient d_gain contains the signs of v, not v itself.",
         _latent_in_d_gain),
        ("Eq. (3) is for the sign alone; the scale, gain / sqrt(n), still multiplies dw.",
         _unscaled_dv),
        ("The gradient d_gain must be divided by the root of n, as w is.",
         _unscaled_d_gain),
    ],
    "03.3": [
        ("The products that normalise the kernel of Eq. (11) are missing.",
         lambda N, H, W, K, C, O: N * H * W * O * (K * K * C - 1)),
        ("The kernel is normalised once for the whole batch, not once for each image.",
         lambda N, H, W, K, C, O: N * O * (2 * K * K * C + H * W * (K * K * C - 1))),
        ("Eq. (13) still needs one product with alpha for each output number.",
         lambda N, H, W, K, C, O: O * (2 * K * K * C + N * H * W * K * K * C)),
        ("Eq. (13) multiplies each output number by alpha, not each channel once.",
         lambda N, H, W, K, C, O: O * (2 * K * K * C + N * H * W * K * K * C - 1)),
        ("A kernel has K * K positions; here only K are counted.",
         lambda N, H, W, K, C, O: O * (2 * K * C + N * H * W * (K * C - 1))),
        ("Normalising takes two products for each weight, a square and a product with v; here one.",
         lambda N, H, W, K, C, O: O * (K * K * C + N * H * W * (K * K * C - 1))),
        ("An output number sums over all input channels; here over one.",
         lambda N, H, W, K, C, O: O * (2 * K * K * C + N * H * W * (K * K - 1))),
        ("The output has as many rows and columns as the input; here it is smaller: no padding.",
         lambda N, H, W, K, C, O: O * (2 * K * K * C
                                       + N * (H - K + 1) * (W - K + 1) * (K * K * C - 1))),
        ("The products with padded zeros count too; here they are missing.",
         lambda N, H, W, K, C, O: O * (2 * K * K * C - N * H * W + N * C
                                       * _positions_inside(H, K) * _positions_inside(W, K))),
        ("The output channels are missing: each has its own kernel.",
         lambda N, H, W, K, C, O: 2 * K * K * C + N * H * W * (K * K * C - 1)),
    ],
}
