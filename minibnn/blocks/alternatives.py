"""Binary convolutions with batch normalisation, or with none, in place of binary weight normalisation (BWN).

`experiments.table1` compares the three.
"""

import numpy as np

from ..binary import straight_through
from ..numerics import standardising, sum_over_pixels
from ..ops import batch_norm
from ..parameter import replace_layers
from .convolutions import BinaryConv, NormalisedConv, WeightNormConv


def conv_of(bits, normalisation="weight"):
    """The class of convolution layers with weights of 32 bits or of 1 bit.

    bits:      32: WeightNormConv, whatever the normalisation; 1: the class that `normalisation` names
    normalisation: "weight": BinaryConv, "batch": BatchNormConv, "none": UnnormalisedConv
    """
    binary = {"weight": BinaryConv, "batch": BatchNormConv, "none": UnnormalisedConv}
    return binary[normalisation] if bits == 1 else WeightNormConv


class BatchNormConv(NormalisedConv):
    """Convolution with binary weights, then batch normalisation in place of the division by sqrt(n).

    Paper:     section 3: BWN takes its place.
    Forward:   y = batch_norm(conv(x, sign(v)), gain, bias)         x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v (straight through), gain and bias accumulate their gradients
    It needs no data-dependent initialisation. Its output for one image depends on the other images of the batch, until
    `fold_batch_norm` fixes mean and deviation after training.
    """

    kind = "binary"

    def __call__(self, x, initialise=False):
        gain, gain_backward = self._acting_gain()
        v_binary, binarise_backward = straight_through.binarise_weights_ste(self.v.value)
        unscaled, convolve_backward = self._convolve(x, v_binary)
        y, batch_norm_backward = batch_norm(unscaled, gain, self.bias.value)

        def batch_norm_conv_backward(dy):
            d_unscaled, d_gain, d_bias = batch_norm_backward(dy)
            dx, d_v_binary = convolve_backward(d_unscaled)
            self.v.accumulate(binarise_backward(d_v_binary))
            self.gain.accumulate(gain_backward(d_gain))
            self.bias.accumulate(d_bias)
            return dx
        return y, batch_norm_conv_backward


class UnnormalisedConv(NormalisedConv):
    """Convolution with binary weights and no gain: its output grows with sqrt(n), and no block starts as the identity.

    Paper:     section 3: the problem that BWN solves.
    Forward:   y = conv(x, sign(v)) + bias                          x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v (straight through) and bias accumulate their gradients
    The data-dependent initialisation sets only the bias, so that each channel has mean 0.
    """

    kind = "binary"

    def __init__(self, *shape, **settings):
        super().__init__(*shape, **settings)
        del self.gain

    def __call__(self, x, initialise=False):
        v_binary, binarise_backward = straight_through.binarise_weights_ste(self.v.value)
        y, convolve_backward = self._convolve(x, v_binary)
        if initialise:
            self.bias.value = -y.mean(axis=(0, 1, 2), dtype=np.float64).astype(y.dtype)
        y = y + self.bias.value

        def unnormalised_conv_backward(dy):
            dx, d_v_binary = convolve_backward(dy)
            self.v.accumulate(binarise_backward(d_v_binary))
            self.bias.accumulate(sum_over_pixels(dy))
            return dx
        return y, unnormalised_conv_backward


def fold_batch_norm(owner, run):
    """Replace every BatchNormConv under `owner`, in place, by a BinaryConv with the same result on one large batch.

    Source:    Ioffe & Szegedy 2015, section 3.1: in inference mean and deviation are constants, so the two scales and
               shifts become one: gain' = gain * sqrt(n) / deviation, bias' = bias - mean * gain / deviation.
    run:       called without arguments, runs `owner` on that batch
    """
    replace_layers(owner, BatchNormConv, _Folding)
    run()
    replace_layers(owner, _Folding, lambda folding: folding.layer)


def without_batch_norm(owner):
    """Replace every BatchNormConv under `owner`, in place, by a BinaryConv whose parameters are folded ones already."""
    replace_layers(owner, BatchNormConv, _as_binary)


class _Folding:
    """Stands in for a BatchNormConv: when it sees the large batch, it makes the BinaryConv, and runs it."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x, initialise=False):
        self.layer = _folded(self.layer, x)
        return self.layer(x)


def _folded(layer, x):
    gain, _ = layer._acting_gain()
    bias = layer.bias.value
    folded = _as_binary(layer)
    folded._set_gain_and_bias(np.ones(bias.shape), np.zeros(bias.shape))
    y, _ = folded(x)
    folded_gain, folded_bias = standardising(y.reshape(-1, y.shape[-1]), gain.astype(np.float64))
    folded._set_gain_and_bias(folded_gain, bias + folded_bias)
    return folded


def _as_binary(layer):
    binary = BinaryConv.__new__(BinaryConv)
    vars(binary).update(vars(layer))                                # the same parameters and settings
    return binary
