"""Bits back: images in as many bits as the bound (Eq. 7) says.

Source: B. Frey and G. Hinton, "Free energy coding", 1996; J. Townsend, T. Bird and D. Barber, "Practical lossless
compression with latent variables using bits back coding", ICLR 2019, which puts it on ANS.

To send an image by its latents takes -log p(z) - log p(x | z) bits: more than the image is worth, since many z would
do. But the choice among them can carry a message. The sender lets bits that must be sent anyway choose z: it pops z
from the message with the posterior's table. The receiver, who finds x and z, pushes z with the same table, and has
those bits back. What the image takes is log q(z | x) - log p(z) - log p(x | z): the negative bound.
"""

import math

import numpy as np

from ..ops import halves
from ..resnet_vae.likelihood import discretised_logistic
from ..resnet_vae.logistic import LEAST_SCALE, logistic_log_density
from .exact import exact_network, fingerprint, softplus
from .tables import PRECISION, latent_table, latent_values, pixel_table, uniform_table

BITS = 10                           # B: each latent is one of 2^B bins
LEAST_PIXEL_SCALE = 2.0**-20


class BitsBack:
    """Puts images on messages with a ResNet VAE, one at a time, and takes them off again without loss.

    An image is (H, W, 3) uint8 with H and W even, whatever size the model was trained on. Matrices are small: it is
    fast with `cores.blas_threads(1)`.
    bits:      B, of a latent under the prior, 1 to 16
    """

    def __init__(self, model, bits=BITS):
        self.network, self.bits = exact_network(model), bits
        self.fingerprint = fingerprint(self.network)
        self.pixel_scale = np.maximum(softplus(self.network.log_scale.value), LEAST_PIXEL_SCALE)

    def push(self, message, image):
        """Put an image on a message.

        Returns:   the message, and the image's negative bound in bits, of the latents that were
                   chosen. It is computed from densities: a bin's mass is nearly its density times
                   its width, and the width is the same in posterior and prior.
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
        """Take the top image off a message.    Returns: the message without it, and the image (height, width, 3)"""
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
        """The table of layer i's latents; the bits of its slots are flipped by a fixed random pad.

        Else latents would be no fair draws: on top of the message are the latents of the image before, coded by a prior
        that they do not quite follow. Without the pad this cost up to 0.02 bits per dimension.
        """
        pad = np.random.PCG64(i).random_raw(len(prior[0])) >> np.uint64(64 - PRECISION)
        return latent_table(prior, posterior, self.bits, pad)

    def _next_state(self, i, d, z):
        return self.network.layers[i].next_state(d, z.reshape(*d.shape[:3], -1))[0]


def _distribution(mean_and_log_scale):
    """Mean and scale of a layer's logistic distributions: (1, H, W, 2Z) -> (H * W * Z,) each"""
    mean, log_scale = halves(mean_and_log_scale)
    return mean.ravel(), LEAST_SCALE + softplus(log_scale).ravel()
