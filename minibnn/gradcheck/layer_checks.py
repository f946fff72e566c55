"""Checks of what both models are made of: signs, weight normalisation, ops, layers, blocks."""

import numpy as np

from .. import ops
from ..binary import straight_through, weight_norm
from ..blocks import BatchNormConv, BinaryConv, GatedBlock, ResidualBlock, UnnormalisedConv, WeightNormConv
from .builders import IMAGE, KERNEL, layer_check, op_check

KEEP = np.random.default_rng(0).random((2, 4, 3, 10)) < 0.8


def _gated(conv, binary_activations, keep=None, **settings):
    """Check of a flow's residual block with a context of 2 channels."""
    def build(rng):
        return GatedBlock(rng, 5, conv, binary_activations, context_channels=2, **settings)

    def run(block, x, context):
        return block(x, context=context, keep=keep)
    return layer_check(build, straight=conv is not WeightNormConv, context_channels=2, run=run)


CHECKS = {
    "sign": ("1", op_check(straight_through.sign, IMAGE, zero=[0])),
    "binarise_weights_ste": ("2, 3", op_check(straight_through.binarise_weights_ste, KERNEL, straight=True)),
    "binarise_activations_ste": ("5, 6", op_check(straight_through.binarise_activations_ste, IMAGE, straight=True)),
    "weight_norm": ("11", op_check(weight_norm.weight_norm, KERNEL, (2,))),
    "binary_weight_norm": ("12", op_check(weight_norm.binary_weight_norm, KERNEL, (2,))),
    "binary_scale": ("13", op_check(lambda gain: weight_norm.binary_scale(gain, 45), (2,))),
    "scale_and_shift": ("13", op_check(ops.scale_and_shift, IMAGE, (5,), (5,))),
    "elu": ("Fig. 1", op_check(ops.elu, IMAGE)),
    "tanh": ("App. C", op_check(ops.tanh, IMAGE)),
    "sigmoid": ("App. C", op_check(ops.sigmoid, IMAGE)),
    "softplus": ("App. B", op_check(ops.softplus, IMAGE)),
    "concat_negative": ("Fig. 1", op_check(ops.concat_negative, IMAGE)),
    "gated_linear_unit": ("Fig. 1", op_check(ops.gated_linear_unit, (2, 3, 3, 4))),
    "conv2d": ("sec. 3", op_check(lambda x, w: ops.conv2d(x, w, padding=1), IMAGE, KERNEL)),
    "conv2d, stride 2": ("App. B", op_check(lambda x, w: ops.conv2d(x, w, 2, 2), (2, 7, 6, 3), (5, 5, 3, 2))),
    "conv2d_transpose": ("App. B", op_check(lambda x, w: ops.conv2d_transpose(x, w, (7, 6), 2, 2), (2, 4, 3, 2),
                                       (5, 5, 3, 2))),
    "space_to_depth": ("App. C", op_check(ops.space_to_depth, (2, 4, 6, 3))),
    "depth_to_space": ("App. C", op_check(ops.depth_to_space, (2, 2, 3, 12))),
    "layer_norm": ("Fig. 1", op_check(ops.layer_norm, IMAGE, (5,), (5,))),
    "batch_norm": ("sec. 3", op_check(ops.batch_norm, IMAGE, (5,), (5,))),
    "dropout": ("App. C", op_check(lambda x: ops.dropout(x, KEEP, 0.2), (2, 4, 3, 10))),
    "WeightNormConv": ("11", layer_check(lambda rng: WeightNormConv(rng, 3, 5, 4), IMAGE, straight=False)),
    "WeightNormConv, transposed": ("11", layer_check(
        lambda rng: WeightNormConv(rng, 5, 5, 2, stride=2, transposed=True), IMAGE, straight=False)),
    "BinaryConv": ("2, 3, 12, 13", layer_check(lambda rng: BinaryConv(rng, 3, 5, 4), IMAGE, straight=True)),
    "BinaryConv, direct gain": ("2, 3, 12, 13", layer_check(
        lambda rng: BinaryConv(rng, 3, 5, 4, stride=2, positive_gain=False), IMAGE, straight=True)),
    "BatchNormConv": ("2, 3", layer_check(lambda rng: BatchNormConv(rng, 3, 5, 4), IMAGE, straight=True)),
    "UnnormalisedConv": ("2, 3", layer_check(lambda rng: UnnormalisedConv(rng, 3, 5, 4), IMAGE, straight=True)),
    "block (a), 32-bit twin": ("11, 14", layer_check(
        lambda rng: ResidualBlock(rng, 5, 3, WeightNormConv, False), IMAGE, straight=False)),
    "block (a)": ("2, 3, 12-14", layer_check(
        lambda rng: ResidualBlock(rng, 5, 3, BinaryConv, False), IMAGE, straight=True)),
    "block (b)": ("2, 3, 5, 6, 12-14", layer_check(
        lambda rng: ResidualBlock(rng, 5, 3, BinaryConv, True), IMAGE, straight=True)),
    "block (b), batch norm": ("2, 3, 5, 6, 14", layer_check(
        lambda rng: ResidualBlock(rng, 5, 3, BatchNormConv, True), IMAGE, straight=True)),
    "block (b), unnormalised": ("2, 3, 5, 6, 14", layer_check(
        lambda rng: ResidualBlock(rng, 5, 3, UnnormalisedConv, True), IMAGE, straight=True)),
    "block (c), 32-bit twin": ("11, 14", _gated(WeightNormConv, False)),
    "block (c), 32-bit twin, dropout, 3x3 gate": ("11, 14", _gated(WeightNormConv, False, keep=KEEP, dropout_rate=0.2,
                                                                 gate_kernel=3, normalise=False)),
    "block (c)": ("2, 3, 12-14", _gated(BinaryConv, False)),
    "block (d)": ("2, 3, 5, 6, 12-14", _gated(BinaryConv, True)),
    "block (d), 3x3 gate": ("2, 3, 5, 6, 12-14", _gated(BinaryConv, True, gate_kernel=3, normalise=False)),
}
