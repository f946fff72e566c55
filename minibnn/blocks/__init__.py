"""Layers and the residual blocks of Figure 1."""

from .convolutions import BinaryConv, WeightNormConv, normalised_conv
from .residual_blocks import ResidualBlock, activation, chain, residual

__all__ = ["BinaryConv", "ResidualBlock", "WeightNormConv", "activation", "chain", "normalised_conv",
           "residual"]
