"""Solutions of lesson 01: sign and binary weights."""

import numpy as np


def loss_and_gradient(v, X, t):
    """`np.sign` would give 0 for 0; the comparison v >= 0 gives +1, also for -0.0, since -0.0 == 0.0. The gradient for
    the binary weights is X^T (X v_B - t): the half in front cancels the 2 of the square. Eq. (3) hands it on to v
    unchanged, also where |v| is above 1."""
    v_binary = np.where(v >= 0, 1.0, -1.0)
    residual = X @ v_binary - t
    return 0.5 * np.sum(residual**2), X.T @ residual


def latent_update(v, d_v_binary, rate):
    """The gradient passes the sign unchanged (Eq. 3). The bound comes after the update (Eq. 4), never before it, and
    it bounds the weight, not the gradient: a weight at the bound must be able to come back."""
    return np.clip(v - rate * d_v_binary, -1, 1)


def updates_until_flip(v, gradient, rate):
    """A weight that moves down has changed its sign when it is below 0, one that moves up when it reaches 0, because
    sign(0) = +1. The bound plays no part: a weight on its way to 0 moves away from it."""
    distance = abs(v) / (rate * abs(gradient))
    return int(np.floor(distance)) + 1 if v >= 0 else int(np.ceil(distance))


SOLUTIONS = {"01.1": loss_and_gradient, "01.2": latent_update, "01.3": updates_until_flip}
