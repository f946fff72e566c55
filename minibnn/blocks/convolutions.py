"""Convolution layers with weight normalisation: real (Eq. 11) and binary (Eq. 12-13)."""

import numpy as np

from ..binary import straight_through
from ..binary.pairs import sign_conv2d
from ..binary.weight_norm import binary_scale, weight_norm
from ..numerics import softplus_inverse, standardising, sum_over_pixels
from ..ops import conv2d, conv2d_transpose, scale_and_shift, softplus
from ..parameter import Parameter

V_STD = 0.05  # standard deviation of v before training (Appendix B)


class NormalisedConv:
    """What all convolution layers share: parameters, gain, convolution, data-dependent initialisation.

    Parameters: v (K, K, C, O), gain (O,), bias (O,). With `positive_gain` the gain of the equations is
    softplus(gain); otherwise it is the parameter itself, which may start at 0. `signs_in` promises that each input is
    +1 or -1: if the weights are signs too, `binary.pairs` convolves them, whose results are wrong for other inputs.
    Raises:    ValueError for init_std = 0 with `positive_gain`, since softplus is never 0.
    """

    kind = "float"

    def __init__(self, rng, kernel, c_in, c_out, *, stride=1, transposed=False, init_std=0.1,
                 positive_gain=True, signs_in=False):
        if positive_gain and init_std == 0:
            raise ValueError("convolution: init_std: wanted more than 0 with a positive gain, got 0")
        v = rng.normal(0, V_STD, (kernel, kernel, c_in, c_out))
        self.v = Parameter(v.astype(np.float32), self.kind)
        self.gain = Parameter(np.zeros(c_out, np.float32))
        self.bias = Parameter(np.zeros(c_out, np.float32))
        self.stride, self.transposed, self.signs_in = stride, transposed, signs_in
        self.init_std, self.positive_gain = init_std, positive_gain
        self._set_gain_and_bias(np.full(c_out, init_std), np.zeros(c_out))       # until `initialise`

    def initialise(self, x):
        """Set gain and bias so that each output channel has mean 0 and standard deviation init_std on x.

        Paper:     "Initialisation" (Salimans & Kingma 2016).
        Differs:   a channel that does not vary over x (its input is a constant zero map) gets the gain
                   init_std, since no gain can give it a deviation.
        Differs:   the published code misses init_std: it stores the gain's logarithm and reads it through softplus.
        """
        self._set_gain_and_bias(np.ones(self.gain.value.shape), 0 * self.bias.value)
        y, _ = self(x)
        self._set_gain_and_bias(*standardising(y.reshape(-1, y.shape[-1]), self.init_std))

    def _set_gain_and_bias(self, gain, bias):
        stored = softplus_inverse(gain) if self.positive_gain else gain
        self.gain.value = stored.astype(self.gain.value.dtype)
        self.bias.value = bias.astype(self.bias.value.dtype)

    def _acting_gain(self):
        return softplus(self.gain.value) if self.positive_gain else (self.gain.value, lambda d_gain: d_gain)

    def _convolve(self, x, w):
        padding = w.shape[0] // 2
        if not self.transposed:
            of_signs = self.signs_in and self.kind == "binary"
            return (sign_conv2d if of_signs else conv2d)(x, w, self.stride, padding)
        size = tuple(self.stride * s for s in x.shape[1:3])
        y, conv2d_transpose_backward = conv2d_transpose(x, w.swapaxes(2, 3), size, self.stride, padding)

        def convolve_backward(dy):
            dx, dw = conv2d_transpose_backward(dy)
            return dx, dw.swapaxes(2, 3)
        return y, convolve_backward


class WeightNormConv(NormalisedConv):
    """Convolution with weight normalisation.

    Paper:     Eq. (11).
    Forward:   y = conv(x, v * gain / norm(v)) + bias               x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v, gain and bias accumulate their gradients
    Differs:   the norm is norm(v), as in Eq. (11); the published code adds 1e-10 to it.
    """

    def __call__(self, x, initialise=False):
        if initialise:
            self.initialise(x)
        gain, gain_backward = self._acting_gain()
        w, weight_norm_backward = weight_norm(self.v.value, gain)
        y, convolve_backward = self._convolve(x, w)
        y += self.bias.value                                        # in place: y is new, and no backward uses it

        def weight_norm_conv_backward(dy):
            dx, dw = convolve_backward(dy)
            dv, d_gain = weight_norm_backward(dw)
            self.v.accumulate(dv)
            self.gain.accumulate(gain_backward(d_gain))
            self.bias.accumulate(sum_over_pixels(dy))
            return dx
        return y, weight_norm_conv_backward


class BinaryConv(NormalisedConv):
    """Convolution with binary weight normalisation: the convolution itself sees weights of +-1.

    Paper:     Eq. (2), (3), (12), (13).
    Forward:   y = conv(x, sign(v)) * gain / sqrt(n) + bias
               x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v (straight through), gain and bias accumulate their gradients
    """

    kind = "binary"

    def __call__(self, x, initialise=False):
        if initialise:
            self.initialise(x)
        gain, gain_backward = self._acting_gain()
        alpha, binary_scale_backward = binary_scale(gain, self.v.value[..., 0].size)
        v_binary, binarise_backward = straight_through.binarise_weights_ste(self.v.value)
        unscaled, convolve_backward = self._convolve(x, v_binary)
        y, scale_backward = scale_and_shift(unscaled, alpha, self.bias.value)

        def binary_conv_backward(dy):
            d_unscaled, d_alpha, d_bias = scale_backward(dy)
            dx, d_v_binary = convolve_backward(d_unscaled)
            self.v.accumulate(binarise_backward(d_v_binary))
            self.gain.accumulate(gain_backward(binary_scale_backward(d_alpha)))
            self.bias.accumulate(d_bias)
            return dx
        return y, binary_conv_backward
