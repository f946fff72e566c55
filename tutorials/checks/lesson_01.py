"""Exercises of lesson 01: sign and binary weights."""

import numpy as np

from . import Exercise


def sign(x):
    """+1 where x >= 0, else -1, number by number (Eq. 1)."""
    return np.array([1.0 if number >= 0 else -1.0 for number in x])


def latent_update(v, d_v_binary, rate):
    """A step of gradient descent with the straight-through gradient, then the bound (Eq. 3, 4)."""
    moved = [number - rate * gradient for number, gradient in zip(v, d_v_binary)]
    return np.array([min(1.0, max(-1.0, number)) for number in moved])


def updates_until_flip(v, gradient, rate):
    """Count updates by the same gradient, with the bound after each, until the sign differs from that of v."""
    start, updates = v >= 0, 0
    while (v >= 0) == start:
        v = min(1.0, max(-1.0, v - rate * gradient))
        updates += 1
    return updates


RNG = np.random.default_rng(0)
EXERCISES = {
    "01.1": Exercise(sign, [[np.array([-2.0, 3.0, 0.5])], [np.array([0.0, -0.0])], [np.array([-1e-30, 1e-30])]]),
    "01.2": Exercise(latent_update, [[np.array([0.2, -0.3]), np.array([1.0, 2.0]), 0.1],
                                     [np.array([0.95, -0.95, 0.5]), np.array([-3.0, 3.0, 0.0]), 0.1],
                                     [np.array([1.0, -1.0]), np.array([0.5, -0.5]), 0.1],
                                     [RNG.uniform(-1, 1, 20), RNG.normal(size=20), 0.5]]),
    "01.3": Exercise(updates_until_flip, [[0.25, 1.0, 0.1], [-0.25, -1.0, 0.1], [0.9, 0.3, 0.25], [1.0, 0.5, 0.0625],
                                          [-0.5, -0.5, 0.25], [0.0, 1.0, 0.1]], tolerance=0),
}
