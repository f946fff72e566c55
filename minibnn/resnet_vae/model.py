"""The ResNet VAE: stem, bottom-up pass, top-down pass, head, bound."""

import numpy as np

from ..blocks import Activation, ResidualBlock, chain, conv_of
from ..configs import require_images, require_noise
from ..differentiable import differentiable
from ..numerics import bits_per_dimension
from ..ops import softplus
from ..parameter import Parameter
from .bound import Bound, free_bits_loss
from .ladder import LatentLayer
from .likelihood import discretised_logistic, scale_pixels

START_OF_LOG_SCALE = -2.5  # our choice: softplus(-2.5) = 0.08 is about the spread of a first reconstruction; from
                           # softplus(0) = 0.69, training would need thousands of steps to get there


class ResNetVAE:
    """A ResNet VAE with logistic latents.

    Paper:     Eq. (7), section 3.1, Appendix B.
    If config.weights is 1, only the residual blocks are binary; with binary_everywhere all layers are. With
    binary_everywhere and 1-bit activations, every convolution has a binary input, except the stem, which
    sees the image. The state to which the blocks add is real in every variant.
    The last layer's blocks on the way up have no effect, since the top-down pass starts from a constant:
    they have parameters (the paper's counts include them), but are not run.
    Differs:   the head begins with its blocks, as in Appendix B; the published code has an ELU before them.
    """

    def __init__(self, config, rng):
        self.config = config
        h, everywhere = config.channels, config.binary_everywhere
        self.activation = Activation(everywhere and config.activations == 1)
        outer_block = (rng, h, 5, conv_of(config.weights, config.normalisation), config.activations == 1)
        outer_conv = conv_of(1 if everywhere else 32)
        self.stem = outer_conv(rng, 5, 3, h, stride=2)
        self.stem_activation = Activation(binary=False)             # the state that blocks add to stays real
        self.stem_blocks = [ResidualBlock(*outer_block) for _ in range(config.nproc)]
        self.layers = [LatentLayer(rng, config, config.blocks_of(i), self.activation)
                       for i in range(config.layers)]
        self.head_blocks = [ResidualBlock(*outer_block) for _ in range(config.nproc)]
        self.head = outer_conv(rng, 5, h, 3, stride=2, transposed=True,
                               signs_in=everywhere and config.activations == 1)
        self.log_scale = Parameter(np.array(START_OF_LOG_SCALE, np.float32))

    @differentiable()
    def __call__(self, images, uniform, initialise=False):
        """Estimate the bound on log p(image) with one sample of the latents per image.

        Paper:     Eq. (7), Appendix B.
        Forward:   images: (N, S, S, 3) integers 0..255; uniform: (N, L, S/2, S/2, Z) in [0, 1)
                   result: a Bound, in nats. `initialise`: set gains and biases from these images first.
        Raises:    InputError if images or noise have another type, shape or range, or differ in number.
        Backward:  takes d_log_likelihood (N,), d_kl (N, L, Z); parameters accumulate their gradients;
                   returns nothing, since images and noise are data.
        """
        self._require(uniform, images)
        below, bottom_up_backward = self.bottom_up(images, initialise)
        (d, kl), descend_backward = self._descend(below, uniform, initialise)
        log_likelihood, likelihood_backward = self._likelihood(images, d, initialise)

        def vae_backward(d_log_likelihood, d_kl):
            bottom_up_backward(descend_backward(likelihood_backward(d_log_likelihood), d_kl))
        return Bound(log_likelihood, kl), vae_backward

    def draw_noise(self, rng, number, training=False):
        """Uniform noise for `number` images: (number, L, S/2, S/2, Z) in [0, 1), float32, image by image.

        `training` changes nothing, since a VAE has no other noise.
        """
        return rng.random((number, *self.config.latent_shape), dtype=np.float32)

    def loss(self, bound):
        """The training loss: the mean negative bound with free bits, in bits per dimension.

        Forward:   bound: a Bound of N images, loss: ()
        Backward:  takes nothing; gives the gradients of the bound's terms: d_log_likelihood (N,), d_kl (N, L, Z)
        """
        nats, nats_backward = free_bits_loss(bound)

        def loss_backward():
            return nats_backward(bits_per_dimension(1, self.config.dimensions))
        return bits_per_dimension(nats, self.config.dimensions), loss_backward

    def bits(self, images, uniform):
        """Each image's negative bound and its parts, in bits per dimension, with the true KL.

        Returns:   dict: "total" (N,), "reconstruction" (N,), "kl" (N, L); layer 0 is next to the image
        """
        bound, _ = self(images, uniform)
        parts = {"total": bound.negative, "reconstruction": -bound.log_likelihood, "kl": bound.kl.sum(axis=2)}
        return {name: bits_per_dimension(nats, self.config.dimensions) for name, nats in parts.items()}

    def _require(self, uniform, images=None):
        if images is not None:
            require_images(images, self.config.size)
        number = None if images is None else len(images)
        require_noise(uniform, self.config.latent_shape, number, least=0, most=1)

    def bottom_up(self, images, initialise=False):
        """The part of each layer's posterior that comes from the image.

        Forward:   images: (N, S, S, 3) -> list of (N, S/2, S/2, 2Z), one for each latent layer;
                   the first is that of the layer next to the image
        Backward:  takes their gradients; returns nothing, since images are data
        """
        x = scale_pixels(images, self.log_scale.value.dtype)
        stem = [self.stem, self.stem_activation, *self.stem_blocks]
        u, stem_backward = chain(x, stem, initialise)
        below, below_backwards, up_backwards = [], [], []
        for layer in self.layers:
            stats, stats_backward = layer.posterior_from_below(u, initialise)
            below.append(stats)
            below_backwards.append(stats_backward)
            if layer is not self.layers[-1]:           # nothing above the last reads u
                u, up_backward = layer.up(u, initialise)
                up_backwards.append(up_backward)

        def bottom_up_backward(d_below):
            du = below_backwards[-1](d_below[-1])
            for i in reversed(range(len(up_backwards))):
                du = up_backwards[i](du) + below_backwards[i](d_below[i])
            stem_backward(du)
        return below, bottom_up_backward

    def top_state(self, shape):
        """The first state of the top-down pass, a constant zero map.    shape: (N, H, W); result: (N, H, W, h)"""
        return np.zeros((*shape, self.config.channels), self.log_scale.value.dtype)

    def _descend(self, below, uniform, initialise):
        """Top-down pass: the last state (N, H, W, h) and the KL (N, L, Z)."""
        d = self.top_state(below[0].shape[:3])
        kl, steps = [], []
        for i in reversed(range(len(self.layers))):
            noise = uniform[:, i].astype(d.dtype)
            (d, layer_kl), top_down_backward = self.layers[i].top_down(d, below[i], noise, initialise)
            kl.append(layer_kl)
            steps.append(top_down_backward)

        def descend_backward(dd, d_kl):
            d_below = []
            for i, top_down_backward in enumerate(reversed(steps)):
                dd, d_stats = top_down_backward(dd, d_kl[:, i])
                d_below.append(d_stats)
            return d_below
        return (d, np.stack(kl[::-1], axis=1)), descend_backward

    def pixel_mean(self, d, initialise=False):
        """The mean of each pixel's logistic distribution, black at -1 and white at 1.

        Forward:   d, the last state of the top-down pass: (N, S/2, S/2, h) -> (N, S, S, 3)
        Backward:  dd
        """
        return chain(d, [*self.head_blocks, self.activation, self.head], initialise)

    def _likelihood(self, images, d, initialise):
        mean, pixel_mean_backward = self.pixel_mean(d, initialise)
        scale, softplus_backward = softplus(self.log_scale.value)
        log_p, log_p_backward = discretised_logistic(images, mean, scale)

        def likelihood_backward(d_log_likelihood):
            d_log_p = np.broadcast_to(d_log_likelihood[:, None, None, None], log_p.shape)
            d_mean, d_scale = log_p_backward(d_log_p)
            self.log_scale.accumulate(softplus_backward(d_scale))
            return pixel_mean_backward(d_mean)
        return log_p.sum(axis=(1, 2, 3)), likelihood_backward

    def sample(self, uniform):
        """Images drawn from the model: latents from the prior, then the decoder's mean (no pixel noise).

        uniform: (N, L, S/2, S/2, Z) in [0, 1), as `draw_noise` gives it; returns (N, S, S, 3) uint8
        Raises:    InputError if `uniform` is not such noise.
        """
        self._require(uniform)
        d = self.top_state((len(uniform), *self.config.latent_shape[1:3]))
        for i in reversed(range(len(self.layers))):
            d = self.layers[i].generate(d, uniform[:, i].astype(d.dtype))
        return _to_pixels(self.pixel_mean(d)[0])

    def reconstruct(self, images, uniform):
        """The decoder's mean for latents drawn from the posterior.    As `__call__`; returns (N, S, S, 3) uint8"""
        self._require(uniform, images)
        below, _ = self.bottom_up(images)
        (d, _), _ = self._descend(below, uniform, initialise=False)
        return _to_pixels(self.pixel_mean(d)[0])


def _to_pixels(mean):
    return np.rint(np.clip((mean + 1) * 127.5, 0, 255)).astype(np.uint8)
