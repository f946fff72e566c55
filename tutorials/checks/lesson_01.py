"""Exercises of lesson 01: sign and binary weights."""

import numpy as np

from . import Exercise


def loss_and_gradient(v, X, t):
    """Row by row: half the squared residual, and its derivative for each binary weight (Eq. 1, 2, 3)."""
    signs = [1.0 if number >= 0 else -1.0 for number in v]
    loss, dv = 0.0, np.zeros(len(v))
    for row, target in zip(X, t):
        residual = sum(x * sign for x, sign in zip(row, signs)) - target
        loss += residual**2 / 2
        dv += residual * row
    return loss, dv


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
X = RNG.normal(size=(5, 3))
EXERCISES = {
    "01.1": Exercise(loss_and_gradient, [[np.array([1.0, -1.0, 1.0]), X, RNG.normal(size=5)],
                                         [np.array([0.3, -0.8, 0.1]), X, RNG.normal(size=5)],
                                         [np.array([0.0, -0.0, -1e-30]), X, RNG.normal(size=5)],
                                         [np.array([-1.5, 0.2, 2.0]), X, RNG.normal(size=5)]]),
    "01.2": Exercise(latent_update, [[np.array([0.2, -0.3]), np.array([1.0, 2.0]), 0.1],
                                     [np.array([0.95, -0.95, 0.5]), np.array([-3.0, 3.0, 0.0]), 0.1],
                                     [np.array([1.0, -1.0]), np.array([0.5, -0.5]), 0.1],
                                     [np.array([1.3, -1.5]), np.array([4.0, -0.5]), 0.1],       # from elsewhere
                                     [RNG.uniform(-1, 1, 20), RNG.normal(size=20), 0.5]]),
    # Steps are powers of two where a weight lands on 0, so that counting and dividing round alike: not at all.
    "01.3": Exercise(updates_until_flip, [[0.25, 1.0, 0.1], [-0.25, -1.0, 0.1], [0.875, 0.25, 0.25],
                                          [1.0, 0.5, 0.0625], [-0.5, -0.5, 0.25], [-0.75, -2.0, 0.0625],
                                          [0.0, 1.0, 0.1], [-1.0, -0.375, 0.25], [0.1, 3.0, 0.5]], tolerance=0),
}
