"""Solutions of lesson 01: sign and binary weights."""

import numpy as np


def sign(x):
    """`np.sign` would give 0 for 0. The comparison x >= 0 holds for -0.0 too, since -0.0 == 0.0."""
    return np.where(x >= 0, 1.0, -1.0)


def latent_update(v, d_v_binary, rate):
    """The gradient passes the sign unchanged (Eq. 3). The bound comes after the update (Eq. 4), never before it, and
    it bounds the weight, not the gradient: a weight at the bound must be able to come back."""
    return np.clip(v - rate * d_v_binary, -1, 1)


def updates_until_flip(v, gradient, rate):
    """A weight that moves down flips when it is below 0, one that moves up when it reaches 0, for sign(0) = +1.

    The bound plays no part: a weight that is on its way to 0 moves away from it.
    """
    distance = abs(v) / (rate * abs(gradient))
    return int(np.floor(distance)) + 1 if v >= 0 else int(np.ceil(distance))


SOLUTIONS = {"01.1": sign, "01.2": latent_update, "01.3": updates_until_flip}
