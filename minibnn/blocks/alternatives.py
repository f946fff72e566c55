"""Binary convolutions with something else in place of binary weight normalisation, which Table 1 compares."""

import numpy as np

from ..binary import straight_through
from ..numerics import standardising, sum_over_pixels
from ..ops import batch_norm
from ..parameter import replace_layers
from .convolutions import BinaryConv, NormalisedConv, WeightNormConv


def conv_of(bits, normalisation="weight"):
    """The class of convolution layers with weights of so many bits.

    bits:      32 (WeightNormConv), or 1: BinaryConv, or with the normalisations "batch" and "none" its
               alternatives BatchNormConv and UnnormalisedConv
    """
    binary = {"weight": BinaryConv, "batch": BatchNormConv, "none": UnnormalisedConv}
    return binary[normalisation] if bits == 1 else WeightNormConv


class BatchNormConv(NormalisedConv):
    """Convolution by signs with batch normalisation: the mean and deviation of a batch in place of sqrt(n).

    Paper:     section 3: what BWN replaces.
    Forward:   y = batch_norm(conv(x, sign(v)), gain, bias)         x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v (straight through), gain and bias accumulate theirs
    It needs no data-dependent start. What it makes of an image depends on the batch: `fold_batch_norm` ends that
    after training.
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
    """Convolution by signs alone: no gain, so that its output grows with sqrt(n) and no block starts as the identity.

    Paper:     section 3: what BWN mends.
    Forward:   y = conv(x, sign(v)) + bias                          x: (N, H, W, C), y: (N, H', W', O)
    Backward:  dx; v (straight through) and bias accumulate theirs
    The data-dependent start sets the bias only.
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
    """Replace every BatchNormConv under `owner`, in place, by the BinaryConv that it is on one large batch.

    Source:    Ioffe & Szegedy 2015, section 3.1: at inference mean and deviation are constants, and two maps in a
               row are one: gain' = gain * sqrt(n) / deviation, bias' = bias - mean * gain / deviation.
    run:       called without arguments, runs `owner` on that batch
    """
    replace_layers(owner, BatchNormConv, _Folding)
    run()
    replace_layers(owner, _Folding, lambda folding: folding.layer)


def without_batch_norm(owner):
    """Replace every BatchNormConv under `owner`, in place, by a BinaryConv with its parameters, which were folded."""
    replace_layers(owner, BatchNormConv, _as_binary)


class _Folding:
    """A layer that becomes a BinaryConv when it first sees the batch to fold from."""

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
