"""Binary convolutions for inference, with their weights in bits."""

from ..binary.bits import PackedKernel
from ..binary.weight_norm import binary_scale
from ..ops import scale_and_shift
from ..parameter import replace_layers
from .convolutions import BinaryConv, NormalisedConv


class PackedConv(NormalisedConv):
    """A BinaryConv whose weights are kept as one bit each: the same values, forward only.

    Paper:     Eq. (13), and with binary inputs Eq. (5).
    Forward:   as BinaryConv; the weights become numbers +1 and -1 only while the layer runs.
    `binary.xnor` could convolve the bits themselves; `binary.pairs`, which convolves numbers, is faster in our bench.
    """

    kind = "binary"

    def __init__(self, layer):
        self.kernel = PackedKernel(layer.v.value)
        self.gain, self.bias = layer.gain, layer.bias
        self.stride, self.transposed, self.signs_in = layer.stride, layer.transposed, layer.signs_in
        self.positive_gain = layer.positive_gain

    def __call__(self, x, initialise=False):
        assert not initialise, "a packed layer is for inference"
        gain, _ = self._acting_gain()
        K, _, C, _ = self.kernel.shape
        alpha, _ = binary_scale(gain, K * K * C)
        unscaled, _ = self._convolve(x, self.kernel.signs(x.dtype))
        y, _ = scale_and_shift(unscaled, alpha, self.bias.value)
        return y, packed_conv_backward


def packed_conv_backward(dy):
    """No gradient: bits have no latent weights to train.    Raises: TypeError, always"""
    raise TypeError("PackedConv: wanted a model with latent weights to train, got one with weights in bits")


def pack_layers(owner):
    """Replace every BinaryConv under `owner` by a PackedConv, in place; returns owner, or what replaces it."""
    return replace_layers(owner, BinaryConv, PackedConv)
