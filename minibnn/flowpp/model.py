"""The Flow++ model: dequantise, map to noise, count the bits."""

from typing import NamedTuple

import numpy as np

from ..configs import require_images, require_noise
from ..differentiable import differentiable
from ..files import InputError
from ..numerics import bits_per_dimension
from ..parameter import named_parameters
from .bijection import NOTHING, Composition, Given, Inverse, standard_normal
from .coupling import coupling_step
from .dequantiser import Dequantiser
from .elementwise import Logit
from .rearrange import ChannelSplit, Squeeze, StripeSplit


class FlowNoise(NamedTuple):
    """Everything random in a pass over N images."""

    gaussian: np.ndarray          # (N, S, S, 3), float32: for the dequantiser, or for samples
    masks: tuple = ()             # dropout: (N, H, W, C) bool for each block with dropout; none in evaluation


class FlowBound(NamedTuple):
    """The bound on log p(x) and its terms for N images, in nats, from one sample of the dequantisation noise u."""

    log_p: np.ndarray             # (N,): log p(x + u)
    log_q: np.ndarray             # (N,): log q(u | x)

    @property
    def negative(self):
        """The negative bound of each image, in nats: (N,)."""
        return self.log_q - self.log_p


class FlowPP:
    """Flow++ without attention.

    Paper:     Eq. (8)-(10), section 3.2, Appendix C.
    Only the residual blocks are binary when config.weights is 1.
    """

    def __init__(self, config, rng):
        self.config = config
        self.dequantiser = Dequantiser(rng, config)

        def steps(stage):
            return [coupling_step(rng, config, config.shape_of_stage(stage), config.blocks)
                    for _ in range(config.couplings[stage])]
        self.flow = Composition([
            Logit(),
            StripeSplit(), *steps(0), Inverse(StripeSplit()),
            Squeeze(),
            ChannelSplit(), *steps(1), Inverse(ChannelSplit()),
            StripeSplit(), *steps(2), Inverse(StripeSplit()),
            Inverse(Squeeze())])

    @differentiable()
    def __call__(self, images, noise, initialise=False):
        """Estimate the bound on log p(image) with one sample of the dequantisation noise per image.

        Paper:     Eq. (8), (9), Appendix C: log p(x) >= log p(x + u) - log q(u | x).
        Forward:   images: (N, S, S, 3) integers 0..255; noise: FlowNoise; result: a FlowBound, in nats.
                   `initialise`: set gains and biases from these images first.
        Raises:    InputError if images or noise have another type, shape or range, or differ in number.
        Backward:  takes d_log_p (N,), d_log_q (N,); parameters accumulate their gradients; returns nothing, since
                   images and noise are data.
        """
        require_images(images, self.config.size)
        self._require_noise(noise, len(images))
        given = Given(initialise, masks=iter(noise.masks) if noise.masks else None)
        gaussian = noise.gaussian.astype(self._dtype)
        (u, log_q), dequantiser_backward = self.dequantiser(images, gaussian, given)
        log_p, density_backward = self.log_density(images.astype(self._dtype) + u, given)

        def flowpp_backward(d_log_p, d_log_q):
            dequantiser_backward(density_backward(d_log_p), d_log_q)
        return FlowBound(log_p, log_q), flowpp_backward

    @differentiable("x")
    def log_density(self, x, given=NOTHING):
        """Log-density of real-valued images.

        Paper:     Eq. (8), (9).
        Forward:   log p(x) = log N(f(x); 0, 1) + log |det df/dx|
                   x: (N, S, S, 3) in [0, 256], log p: (N,), in nats
        Backward:  dx; parameters accumulate their gradients
        """
        (z, log_det), flow_backward = self.flow(x, given)
        log_base, base_backward = standard_normal(z)

        def log_density_backward(d_log_p):
            return flow_backward(base_backward(d_log_p), d_log_p)
        return log_base + log_det, log_density_backward

    def draw_noise(self, rng, number, training=False):
        """The noise of `number` images, and in training their dropout masks: a FlowNoise."""
        S = self.config.size
        gaussian = rng.standard_normal((number, S, S, 3), dtype=np.float32)
        masks = [rng.random((number, *shape), dtype=np.float32) >= self.config.dropout
                 for shape in (self.config.mask_shapes if training else ())]
        return FlowNoise(gaussian, tuple(masks))

    def loss(self, bound):
        """The training loss: the mean negative bound, in bits per dimension.

        Forward:   bound: a FlowBound of N images, loss: ()
        Backward:  takes nothing; gives the gradients of the bound's terms: d_log_p (N,), d_log_q (N,)
        """
        def loss_backward():
            share = np.full_like(bound.log_p, bits_per_dimension(1 / len(bound.log_p), self.config.dimensions))
            return -share, share
        return bits_per_dimension(bound.negative.mean(), self.config.dimensions), loss_backward

    def bits(self, images, noise):
        """Each image's negative bound and its two terms, in bits per dimension.

        Returns:   dict: "total" (N,), "density" (N,): -log p(x + u), "dequantisation" (N,): log q(u | x)
        """
        bound, _ = self(images, noise)
        parts = {"total": bound.negative, "density": -bound.log_p, "dequantisation": bound.log_q}
        return {name: bits_per_dimension(nats, self.config.dimensions) for name, nats in parts.items()}

    def sample(self, noise):
        """Images drawn from the model, from a FlowNoise: (N, S, S, 3) uint8.

        Numbers are rounded down; then those below 0 become 0, and those above 255 become 255.
        Raises:    InputError if the noise has another type or shape; FloatingPointError if an image is not finite.
        """
        self._require_noise(noise)
        with np.errstate(all="ignore"):                             # the check below says what is wrong
            (x, _), _ = self.flow.inverse(noise.gaussian.astype(self._dtype))
        if not np.isfinite(x).all():
            raise FloatingPointError("sampling: a number of an image is not finite")
        return np.clip(np.floor(x), 0, 255).astype(np.uint8)

    def _require_noise(self, noise, number=None):
        if not isinstance(noise, FlowNoise):
            raise InputError(f"noise: wanted a FlowNoise, as draw_noise gives it, got {type(noise).__name__}")
        require_noise(noise.gaussian, (self.config.size, self.config.size, 3), number)
        wanted = [(bool, (len(noise.gaussian), *shape)) for shape in self.config.mask_shapes]
        masks = noise.masks if isinstance(noise.masks, (tuple, list)) else [noise.masks]
        if masks and [(getattr(mask, "dtype", None), np.shape(mask)) for mask in masks] != wanted:
            raise InputError(f"noise: wanted no masks, or the {len(wanted)} that draw_noise gives in training, "
                             "got others")

    @property
    def _dtype(self):
        _, first = next(named_parameters(self.flow))
        return first.value.dtype
