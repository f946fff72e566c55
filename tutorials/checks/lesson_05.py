"""Exercises of lesson 05: the bound and the ResNet VAE."""

import math

import numpy as np

from . import Exercise


def kl_estimate(z, q_mean, q_scale, p_mean, p_scale):
    """log q(z) - log p(z), from the densities themselves."""
    def density(mean, scale):
        t = (z - mean) / scale
        return math.exp(-t) / (scale * (1 + math.exp(-t)) ** 2)
    return math.log(density(q_mean, q_scale) / density(p_mean, p_scale))


def reparameterise(mean, scale, u):
    """z, dz/dmean, dz/dscale, number by number."""
    noise = [math.log(number / (1 - number)) for number in u]
    z = [m + s * n for m, s, n in zip(mean, scale, noise)]
    return np.array(z), np.ones(len(z)), np.array(noise)


def bits(log_likelihood, kl, size):
    """Bits that an ideal coder needs for each subpixel, image by image."""
    return np.array([(cost - likelihood) / math.log(2) / (size * size * 3)
                     for likelihood, cost in zip(log_likelihood, kl)])


RNG = np.random.default_rng(5)
EXERCISES = {
    "05.1": Exercise(kl_estimate, [[0.5, 0.0, 1.0, 0.0, 1.0], [0.5, 1.0, 0.3, 0.0, 1.0], [-2.0, 0.0, 1.0, 1.5, 0.7],
                                   [1.5, 0.0, 1.0, 1.5, 0.7]]),
    "05.2": Exercise(reparameterise, [[np.zeros(3), np.ones(3), np.array([0.1, 0.5, 0.9])],
                                      [np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([0.2, 0.99])],
                                      [RNG.normal(size=5), RNG.random(5) + 0.1, RNG.random(5)]]),
    "05.3": Exercise(bits, [[np.array([-768 * math.log(256)]), np.array([0.0]), 16],
                            [np.array([-2600.0, -900.0]), np.array([400.0, 300.0]), 16],
                            [np.array([-600.0]), np.array([50.0]), 8]]),
}
