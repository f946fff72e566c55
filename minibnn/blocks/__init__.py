"""Layers and the residual blocks of Figure 1."""

from .alternatives import BatchNormConv, UnnormalisedConv, conv_of, fold_batch_norm, without_batch_norm
from .convolutions import BinaryConv, WeightNormConv
from .gated_block import GatedBlock
from .packed_conv import PackedConv, pack_layers
from .residual_blocks import Activation, ResidualBlock, chain, residual

__all__ = ["Activation", "BatchNormConv", "BinaryConv", "GatedBlock", "PackedConv", "ResidualBlock",
           "UnnormalisedConv", "WeightNormConv", "chain", "conv_of", "fold_batch_norm", "pack_layers", "residual",
           "without_batch_norm"]
