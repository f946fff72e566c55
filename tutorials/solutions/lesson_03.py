"""Solutions of lesson 03: weight normalisation, real and binary."""

import numpy as np


def weight_norm_backward(v, gain, dw):
    """Each output channel has its own norm: the sums run over all axes but the last.

    d_gain is the part of dw along v (a); dv is dw without that part, times gain / norm (b). If a
    gain is 0, so is dv, but d_gain is not: the gain can still learn.
    """
    norm = np.sqrt((v * v).sum(axis=(0, 1, 2)))
    u = v / norm
    d_gain = (dw * u).sum(axis=(0, 1, 2))
    return gain / norm * (dw - u * d_gain), d_gain


def binary_weight_norm_of_latent(v, gain, dw):
    """The shape tells the fan-in n: the product of all axes but the last.

    Only the signs of the latent weights matter, not their size. The gradient of the signs, which is
    dw * gain / root_n, is handed to the latent weights as it is (Eq. 3), also outside of [-1, 1].
    """
    v_binary = np.where(v >= 0, 1.0, -1.0)
    root_n = np.sqrt(np.prod(v.shape[:-1]))
    d_gain = (dw * v_binary).sum(axis=(0, 1, 2)) / root_n
    return v_binary * (gain / root_n), dw * (gain / root_n), d_gain


def multiplications_saved(images, height, width, kernel, c_in, c_out):
    """A kernel is normalised once for a whole batch: 2n products for each output channel.

    The convolution of (11) needs n products for each output number. (13) needs one, the scale.
    """
    n = kernel**2 * c_in
    return c_out * (2 * n + images * height * width * (n - 1))


SOLUTIONS = {"03.1": weight_norm_backward, "03.2": binary_weight_norm_of_latent,
             "03.3": multiplications_saved}
