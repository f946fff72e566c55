"""The conditioner: a network that reads one half of an image, and tells a coupling how to transform the other half."""

import numpy as np

from ..blocks import GatedBlock, WeightNormConv, chain, conv_of
from ..ops import tanh


def gated_blocks(rng, config, number, channels, binary, **settings):
    """A list of `number` GatedBlocks.

    binary:    if true, they have 1-bit weights and the config's activations; otherwise 32-bit weights, 32-bit
               activations and dropout
    settings:  arguments of GatedBlock
    """
    conv = conv_of(1 if binary else 32, config.normalisation)
    return [GatedBlock(rng, channels, conv, binary and config.activations == 1,
                       dropout_rate=0.0 if binary else config.dropout, **settings) for _ in range(number)]


def run_blocks(x, blocks, given):
    """Apply blocks one after the other; each block with dropout takes the next mask.    Returns: y, backward"""
    def step(block):
        def block_step(x, initialise):
            keep = next(given.masks) if given.masks and block.dropout_rate else None
            return block(x, initialise, given.context, keep)
        return block_step
    return chain(x, [step(block) for block in blocks], given.initialise)


class Conditioner:
    """3x3 convolution, residual blocks, 3x3 convolution.

    Paper:     Appendix C; the source of t, a and b in Eq. (10).
    Forward:   x: (N, H, W, c), result: (N, H, W, outputs)
    Backward:  dx; the layers, and the context in `given`, accumulate their gradients
    Without blocks a tanh stands between the convolutions (Appendix C).
    Differs:   without blocks there are no layer norms, and a context joins the input's channels; the paper does not
               say where it goes. The published code keeps the norms and leaves the context out.
    """

    def __init__(self, rng, config, c_in, outputs, number_of_blocks, context_channels=0):
        h = config.channels
        self.context_joins_input = bool(context_channels and not number_of_blocks)
        if self.context_joins_input:
            c_in += context_channels
        self.first = WeightNormConv(rng, 3, c_in, h)
        self.blocks = gated_blocks(rng, config, number_of_blocks, h, config.weights == 1,
                                   context_channels=context_channels)
        self.last = WeightNormConv(rng, 3, h, outputs)

    def __call__(self, x, given):
        """The conditions of `coupling_transform`, from the half x that the coupling does not change."""
        def middle(h, initialise):
            return run_blocks(h, self.blocks, given) if self.blocks else tanh(h)

        def join(x, initialise):
            return _join(x, given.context)
        steps = [self.first, middle, self.last]
        return chain(x, [join, *steps] if self.context_joins_input else steps, given.initialise)


def _join(x, context):
    y = np.concatenate([x, context.value], axis=-1)

    def join_backward(dy):
        context.accumulate(dy[..., x.shape[-1]:])
        return dy[..., :x.shape[-1]]
    return y, join_backward
