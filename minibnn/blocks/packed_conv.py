"""Binary convolutions for inference, with their weights in bits."""

from ..binary.bits import PackedKernel
from ..binary.weight_norm import binary_scale
from ..binary.xnor import xnor_conv2d, xnor_conv2d_transpose
from ..ops import scale_and_shift
from ..parameter import replace_layers
from .convolutions import BinaryConv, _NormalisedConv


class PackedConv(_NormalisedConv):
    """A BinaryConv whose weights are kept as one bit each: the same values, forward only.

    Paper:     Eq. (13), and with binary inputs Eq. (5).
    Forward:   as BinaryConv. An input of signs is convolved by exclusive or and population count; for any other
               the weights become numbers for as long as this layer runs.
    """

    def __init__(self, layer):
        turned = layer.transposed and layer.signs_in                # as xnor_conv2d_transpose wants it
        v = layer.v.value
        self.kernel = PackedKernel(v[::-1, ::-1] if turned else v)
        self.gain, self.bias = layer.gain, layer.bias
        self.stride, self.transposed, self.signs_in = layer.stride, layer.transposed, layer.signs_in
        self.positive_gain = layer.positive_gain

    def __call__(self, x, initialise=False):
        assert not initialise, "a packed layer is for inference"
        gain, _ = self._acting_gain()
        K, _, C, _ = self.kernel.shape
        alpha, _ = binary_scale(gain, K * K * C)
        y, _ = scale_and_shift(self._convolve_bits(x), alpha, self.bias.value)
        return y, packed_conv_backward

    def _convolve_bits(self, x):
        if not self.signs_in:
            return self._convolve(x, self.kernel.signs(x.dtype))[0]
        padding = self.kernel.shape[0] // 2
        if not self.transposed:
            return xnor_conv2d(x, self.kernel, self.stride, padding)
        return xnor_conv2d_transpose(x, self.kernel, tuple(self.stride * s for s in x.shape[1:3]), self.stride, padding)


def packed_conv_backward(dy):
    """Bits have no latent weights to train.    Raises: TypeError"""
    raise TypeError("PackedConv: wanted a model with latent weights to train, got one with weights in bits")


def pack_layers(owner):
    """Replace every BinaryConv under `owner` by a PackedConv, in place; returns owner, or what replaces it."""
    return replace_layers(owner, BinaryConv, PackedConv)
