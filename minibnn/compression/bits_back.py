"""Bits back coding: an image takes as many bits as its negative bound (Eq. 7).

Source: B. Frey and G. Hinton, "Free energy coding", 1996; J. Townsend, T. Bird and D. Barber, "Practical lossless
compression with latent variables using bits back coding", ICLR 2019, which uses it with ANS.

To send an image x and its latents z takes -log2 p(z) - log2 p(x | z) bits. This is more than necessary, because many z
fit one x. But the choice of z can carry bits that must be sent anyway. The sender pops z from the message with the
posterior's table, so these bits choose z; then it pushes x and z. The receiver pops z and x. Then it pushes z with
the posterior's table, and has the bits back. So the image takes log2 q(z | x) - log2 p(z) - log2 p(x | z) bits: the
negative bound.
"""

import math

import numpy as np

from ..ops import halves
from ..resnet_vae.likelihood import discretised_logistic
from ..resnet_vae.logistic import LEAST_SCALE, logistic_log_density
from .exact import exact_network, fingerprint, softplus
from .tables import PRECISION, latent_table, latent_values, pixel_table, uniform_table

BITS = 10                           # B: each latent is one of 2^B bins
LEAST_PIXEL_SCALE = 2.0**-20        # smaller scales of the pixels' distribution become this


class BitsBack:
    """Puts images on messages with a ResNet VAE, one at a time, and takes them off again without loss.

    An image is (H, W, 3) uint8 with H and W even; its size may differ from that of the training images. The matrices
    are small, so it is fastest inside of `cores.blas_threads(1)`.
    bits:      B, 1 to 16: a latent is one of 2^B bins, which have equal mass under the prior
    """

    def __init__(self, model, bits=BITS):
        self.network, self.bits = exact_network(model), bits
        self.fingerprint = fingerprint(self.network)
        self.pixel_scale = np.maximum(softplus(self.network.log_scale.value), LEAST_PIXEL_SCALE)

    def push(self, message, image):
        """Put an image on a message.

        Returns:   the message, and the image's negative bound in bits, for the chosen latents. It
                   is computed from densities: a bin's mass is nearly its density times its width,
                   and the width is the same in posterior and prior.
        Raises:    Empty if the message has too few bits to choose latents;
                   InputError if the model overflows.
        """
        below, _ = self.network.bottom_up(image[None])
        d, latents, nats = self.network.top_state(below[0].shape[:3]), [], 0.0
        for i in reversed(range(len(below))):
            of_prior, of_posterior = halves(self.network.layers[i].from_above(d)[0])
            prior, posterior = _distribution(of_prior), _distribution(of_posterior + below[i])
            message, bins = self._posterior_table(i, prior, posterior).pop(message)
            latents.append(bins)
            z = latent_values(prior, bins, self.bits)
            log_q, log_p = (logistic_log_density(z, *each)[0] for each in (posterior, prior))
            nats += (log_q - log_p).sum()
            d = self._next_state(i, d, z)
        mean, _ = self.network.pixel_mean(d)
        nats -= discretised_logistic(image[None], mean, self.pixel_scale)[0].sum()
        message = pixel_table(mean, self.pixel_scale).push(message, image.ravel())
        for bins in reversed(latents):
            message = uniform_table(len(bins), self.bits).push(message, bins)
        return message, nats / math.log(2)

    def pop(self, message, height, width):
        """Take the top image off a message.

        Returns:   the message without it, and the image, (height, width, 3) uint8
        Raises:    Empty if the message has too few bits; InputError if the model overflows.
        """
        d, latents = self.network.top_state((1, height // 2, width // 2)), []
        for i in reversed(range(len(self.network.layers))):
            of_prior, of_posterior = halves(self.network.layers[i].from_above(d)[0])
            prior = _distribution(of_prior)
            message, bins = uniform_table(len(prior[0]), self.bits).pop(message)
            latents.append((bins, prior, of_posterior))
            d = self._next_state(i, d, latent_values(prior, bins, self.bits))
        mean, _ = self.network.pixel_mean(d)
        message, levels = pixel_table(mean, self.pixel_scale).pop(message)
        image = levels.astype(np.uint8).reshape(height, width, 3)
        below, _ = self.network.bottom_up(image[None])
        for i, (bins, prior, of_posterior) in enumerate(reversed(latents)):
            posterior = _distribution(of_posterior + below[i])
            message = self._posterior_table(i, prior, posterior).push(message, bins)
        return message, image

    def _posterior_table(self, i, prior, posterior):
        """The table of layer i's latents under the posterior. A fixed random pad flips bits of their slots.

        Without it the latents would not be random draws from the posterior: the top of the message holds the latents of
        the image before, coded with a prior that they follow only roughly. This cost up to 0.02 bits per dimension.
        """
        pad = np.random.PCG64(i).random_raw(len(prior[0])) >> np.uint64(64 - PRECISION)
        return latent_table(prior, posterior, self.bits, pad)

    def _next_state(self, i, d, z):
        return self.network.layers[i].next_state(d, z.reshape(*d.shape[:3], -1))[0]


def _distribution(mean_and_log_scale):
    """Mean and scale of a layer's logistic distributions: (1, H, W, 2Z) -> (H * W * Z,) each"""
    mean, log_scale = halves(mean_and_log_scale)
    return mean.ravel(), LEAST_SCALE + softplus(log_scale).ravel()
