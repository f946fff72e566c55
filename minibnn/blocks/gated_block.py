"""The flow's residual blocks, Figure 1 (c) and (d)."""

import numpy as np

from ..ops import concat_negative, dropout, gated_linear_unit, layer_norm
from ..parameter import Parameter
from .residual_blocks import Activation, chain, residual


class LayerNorm:
    """Layer normalisation over channels with its own gain (starts at 1) and bias (starts at 0).

    Paper:     Figure 1 (c), (d).
    Forward:   y = layer_norm(x, gain, bias)                        x, y: (N, H, W, C)
    Backward:  dx; gain and bias accumulate their gradients
    """

    def __init__(self, channels):
        self.gain = Parameter(np.ones(channels, np.float32))
        self.bias = Parameter(np.zeros(channels, np.float32))

    def __call__(self, x, initialise=False):                        # it has nothing to initialise
        y, layer_norm_backward = layer_norm(x, self.gain.value, self.bias.value)

        def layer_norm_layer_backward(dy):
            dx, d_gain, d_bias = layer_norm_backward(dy)
            self.gain.accumulate(d_gain)
            self.bias.accumulate(d_bias)
            return dx
        return y, layer_norm_layer_backward


class GatedBlock:
    """The flow's residual block: conv(act[x, -x]) [+ projection of a context], gate, add, layer norm.

    Paper:     Figure 1 (c) with 32-bit activations (ELU), (d) with 1-bit ones (sign).
    Forward:   a = conv(act([x, -x])) + project(act([context, -context]))
               y = layer_norm(x + glu(gate(dropout(act([a, -a])))))
               x, y, a: (N, H, W, C), context: (N, H, W, context_channels), conv 3x3, gate and project 1x1
    Backward:  dx; the layers, and the context, accumulate their gradients
    conv:      the class of its convolutions: BinaryConv (1-bit weights), WeightNormConv (32-bit weights), or one of
               `blocks.alternatives`
    Differs:   the context passes through the activation too before it is projected. The paper does not say this, but
               the published code does it; with it, the parameter counts are the paper's.
    Differs:   the projection starts with deviation 0.1, as other layers do; in the published code with 1.
    With context_channels = 0 nothing is projected. The blocks of the dequantiser's context network have a 3x3 gate
    (gate_kernel = 3) and no layer norm (normalise = False; Appendix C).
    """

    def __init__(self, rng, channels, conv, binary_activations, *, context_channels=0,
                 gate_kernel=1, normalise=True, dropout_rate=0.0):
        C = channels

        def layer(kernel, c_in, c_out, signs_in=binary_activations):
            return conv(rng, kernel, c_in, c_out, signs_in=signs_in)
        self.conv = layer(3, 2 * C, C)
        self.project = layer(1, 2 * context_channels, C) if context_channels else None
        self.gate = layer(gate_kernel, 2 * C, 2 * C, binary_activations and not dropout_rate)   # dropout scales signs
        self.norm = [LayerNorm(C)] if normalise else []
        self.activation = Activation(binary_activations)
        self.dropout_rate = dropout_rate

    def __call__(self, x, initialise=False, context=None, keep=None):
        """Run the block on x.

        context:   a Parameter of shape (N, H, W, context_channels), made for this pass; every block that reads it
                   adds to its gradient. None for a block without projection.
        keep:      dropout's mask (N, H, W, 2C), bool; None for no dropout
        Raises:    ValueError if a block without projection is given a context, or one with a projection is given none.
        """
        if (context is None) != (self.project is None):
            raise ValueError(f"GatedBlock: context: wanted {'one' if self.project else 'none'}, "
                             f"got {'none' if context is None else 'one'}")
        def branch(x):
            return self._branch(x, initialise, context, keep)
        return chain(x, [lambda x, initialise: residual(x, branch), *self.norm], initialise)

    def _branch(self, x, initialise, context, keep):
        a, conv_backward = chain(x, [_doubled, self.activation, self.conv], initialise)
        if context is not None:
            projected, project_backward = chain(context.value, [_doubled, self.activation, self.project], initialise)
            a = a + projected

        def drop(x, initialise):
            return dropout(x, keep, self.dropout_rate)
        dropped = [] if keep is None else [drop]
        y, gate_backward = chain(a, [_doubled, self.activation, *dropped, self.gate, _gated], initialise)

        def branch_backward(dy):
            da = gate_backward(dy)
            if context is not None:
                context.accumulate(project_backward(da))
            return conv_backward(da)
        return y, branch_backward


def _doubled(x, initialise):
    return concat_negative(x)


def _gated(x, initialise):
    return gated_linear_unit(x)
