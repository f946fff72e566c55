"""Variational dequantisation: noise between 0 and 1 that fills the gaps between integer pixels."""

from ..blocks import WeightNormConv, chain
from ..differentiable import differentiable
from ..parameter import Parameter
from .bijection import Composition, Inverse, standard_normal
from .conditioner import gated_blocks, run_blocks
from .config import CONTEXT_BLOCKS
from .coupling import coupling_step
from .elementwise import Sigmoid
from .rearrange import StripeSplit


class Dequantiser:
    """A flow from Gaussian noise to u in (0, 1), given the image that u will be added to.

    Paper:     Appendix C: log p(x) >= E[log p(x + u) - log q(u | x)].
    Forward:   u = sigmoid(steps(noise; context(images))), log q = log N(noise; 0, 1) - log_det
               images: (N, S, S, 3) integers 0..255, noise, u: (N, S, S, 3), log q: (N,)
    Backward:  takes du, d_log_q; parameters accumulate their gradients; returns nothing, since images and noise
               are data
    """

    def __init__(self, rng, config):
        shape, context_channels = config.shape_of_stage(0), config.context_shape[-1]
        self.context = []
        if config.dequantiser_blocks:
            self.context = [WeightNormConv(rng, 3, shape[-1], context_channels)]
            self.context_blocks = gated_blocks(rng, config, CONTEXT_BLOCKS, context_channels, config.binary_context,
                                               gate_kernel=3, normalise=False)
        steps = [coupling_step(rng, config, shape, config.dequantiser_blocks, context_channels)
                 for _ in range(config.dequantiser_couplings)]
        self.flow = Composition([StripeSplit(), *steps, Inverse(StripeSplit()), Sigmoid()])

    @differentiable()
    def __call__(self, images, noise, given):
        """Compute u for each image, and log q(u | x), its log-density."""
        context_value, context_backward = self._context(images, noise.dtype, given)
        context = Parameter(context_value)
        (u, log_det), flow_backward = self.flow(noise, given._replace(context=context))
        log_q = standard_normal(noise)[0] - log_det

        def dequantiser_backward(du, d_log_q):
            context.zero_grad()                                     # a second backward starts from 0
            flow_backward(du, -d_log_q)
            context_backward(context.grad)
        return (u, log_q), dequantiser_backward

    def _context(self, images, dtype, given):
        """The context: what the couplings see of the image, (N, S, S/2, context channels)."""
        (halves, _), _ = StripeSplit()(images.astype(dtype) / 256 - dtype.type(0.5))

        def blocks(x, initialise):
            return run_blocks(x, self.context_blocks, given)
        return chain(halves, [*self.context, blocks] if self.context else [], given.initialise)
