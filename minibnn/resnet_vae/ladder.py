"""One layer of the ladder, the stack of latent layers: its bottom-up and its top-down pass."""

import numpy as np

from ..blocks import ResidualBlock, chain, conv_of
from ..differentiable import differentiable
from ..ops import halves
from .logistic import latent_scale, logistic_noise, logistic_sample, one_sample_kl


class LatentLayer:
    """A latent layer with its residual blocks on the way up and on the way down (Appendix B).

    N images, H, W rows and columns (half of the image's), h channels, Z latent channels.
    u and d are the states on the way up and down; dd and dz are the gradients of d and z.
    Parameters: to_posterior h -> 2Z (bottom-up), to_prior h -> 4Z (top-down), from_latent Z -> h.
    """

    def __init__(self, rng, config, number_of_blocks, activation):
        h, Z, everywhere = config.channels, config.latents, config.binary_everywhere
        block = (rng, h, 3, conv_of(config.weights, config.normalisation), config.activations == 1)
        conv, signs_in = conv_of(1 if everywhere else 32), everywhere and config.activations == 1
        self.activation = activation
        self.to_posterior = conv(rng, 3, h, 2 * Z, signs_in=signs_in)
        self.to_prior = conv(rng, 3, h, 4 * Z, signs_in=signs_in)
        self.from_latent = conv(rng, 3, Z, h, signs_in=signs_in)
        self.up_blocks = [ResidualBlock(*block) for _ in range(number_of_blocks)]
        self.down_blocks = [ResidualBlock(*block) for _ in range(number_of_blocks)]

    def posterior_from_below(self, u, initialise=False):
        """The part of the posterior's mean and log-scale that comes from the image.

        Forward:   conv(act(u))            u: (N, H, W, h), result: (N, H, W, 2Z)
        Backward:  du
        """
        return chain(u, [self.activation, self.to_posterior], initialise)

    def from_above(self, d, initialise=False):
        """Mean and log-scale of the prior, and the top-down part of the posterior's mean and log-scale.

        Forward:   conv(act(d))            d: (N, H, W, h), result: (N, H, W, 4Z)
        Backward:  dd
        """
        return chain(d, [self.activation, self.to_prior], initialise)

    def up(self, u, initialise=False):
        """Residual blocks on the way up.    u: (N, H, W, h) -> (N, H, W, h)"""
        return chain(u, self.up_blocks, initialise)

    @differentiable("d", "below")
    def top_down(self, d, below, uniform, initialise=False):
        """Draw this layer's latents z from the posterior; return the next state, and their KL.

        Paper:     Eq. (7), Appendix B.
        Forward:   prior p: mean and log-scale are the first half of from_above(d)
                   posterior q: mean and log-scale are the second half, plus `below`
                   z ~ q; kl = log q(z) - log p(z), summed over space; d' = next_state(d, z)
                   d, d': (N, H, W, h), below: (N, H, W, 2Z), uniform: (N, H, W, Z), kl: (N, Z)
        Backward:  takes the gradients of d' and kl; gives dd, d_below
        """
        stats, stats_backward = self.from_above(d, initialise)
        of_prior, of_posterior = halves(stats)
        q_mean, q_log_scale = halves(of_posterior + below)
        p_mean, p_log_scale = halves(of_prior)
        q_scale, q_scale_backward = latent_scale(q_log_scale)
        p_scale, p_scale_backward = latent_scale(p_log_scale)
        z, sample_backward = logistic_sample(q_mean, q_scale, logistic_noise(uniform))
        kl, kl_backward = one_sample_kl(z, q_mean, q_scale, p_mean, p_scale)
        d_next, next_backward = self.next_state(d, z, initialise)

        def top_down_backward(d_d_next, d_kl):
            dd, dz = next_backward(d_d_next)
            dz_of_kl, *d_kl_stats = kl_backward(np.broadcast_to(d_kl[:, None, None, :], kl.shape))
            d_q_mean, d_q_scale, d_p_mean, d_p_scale = d_kl_stats
            d_mean_of_z, d_scale_of_z = sample_backward(dz + dz_of_kl)       # through z
            d_q_log_scale = q_scale_backward(d_q_scale + d_scale_of_z)
            d_below = np.concatenate([d_q_mean + d_mean_of_z, d_q_log_scale], axis=-1)
            d_prior = np.concatenate([d_p_mean, p_scale_backward(d_p_scale)], axis=-1)
            return dd + stats_backward(np.concatenate([d_prior, d_below], axis=-1)), d_below
        return (d_next, kl.sum(axis=(1, 2))), top_down_backward

    def generate(self, d, uniform):
        """Draw the latents from the prior.    d: (N, H, W, h), uniform: (N, H, W, Z); returns the next d"""
        stats, _ = self.from_above(d)
        mean, log_scale = halves(halves(stats)[0])
        z, _ = logistic_sample(mean, latent_scale(log_scale)[0], logistic_noise(uniform))
        return self.next_state(d, z)[0]

    def next_state(self, d, z, initialise=False):
        """The state for the layer below.

        Forward:   d' = blocks(d) + conv(act(z))       d, d': (N, H, W, h), z: (N, H, W, Z)
        Backward:  dd, dz
        """
        through_blocks, blocks_backward = chain(d, self.down_blocks, initialise)
        from_z, from_z_backward = chain(z, [self.activation, self.from_latent], initialise)
        y = through_blocks + from_z

        def next_state_backward(dy):
            return blocks_backward(dy), from_z_backward(dy)
        return y, next_state_backward
