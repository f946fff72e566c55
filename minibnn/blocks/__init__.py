"""Layers and the residual blocks of Figure 1."""

from .convolutions import BinaryConv, WeightNormConv, normalised_conv
from .gated_block import GatedBlock
from .packed_conv import PackedConv, pack_layers
from .residual_blocks import ResidualBlock, activation, chain, residual

__all__ = ["BinaryConv", "GatedBlock", "PackedConv", "ResidualBlock", "WeightNormConv", "activation", "chain",
           "normalised_conv", "pack_layers", "residual"]
