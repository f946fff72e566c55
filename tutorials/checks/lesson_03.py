"""Exercises of lesson 03: weight normalisation, real and binary."""

import numpy as np

from . import Exercise


def weight_norm_backward(v, gain, dw):
    """Slopes of sum(dw * w) for each number of v and of gain, by differences of Eq. (11)."""
    def objective(v, gain):
        return sum(np.sum(dw[..., o] * v[..., o]) * gain[o] / np.linalg.norm(v[..., o])
                   for o in range(len(gain)))

    dv, d_gain, step = np.zeros(v.shape), np.zeros(gain.shape), 1e-5
    for i in np.ndindex(v.shape):
        moved = np.zeros(v.shape)
        moved[i] = step
        dv[i] = (objective(v + moved, gain) - objective(v - moved, gain)) / (2 * step)
    for o in range(len(gain)):
        moved = np.zeros(gain.shape)
        moved[o] = step
        d_gain[o] = (objective(v, gain + moved) - objective(v, gain - moved)) / (2 * step)
    return dv, d_gain


def binary_weight_norm_of_latent(v, gain, dw):
    """Number by number: w = +-gain / sqrt(n), with n counted (Eq. 12).

    The gradient of a sign is handed to its latent weight as it is (Eq. 3).
    """
    w, dv, d_gain = np.zeros(v.shape), np.zeros(v.shape), np.zeros(gain.shape)
    for o in range(len(gain)):
        n = sum(1 for _ in v[..., o].ravel())
        for i in np.ndindex(v.shape[:-1]):
            binary = 1.0 if v[(*i, o)] >= 0 else -1.0
            w[(*i, o)] = binary * gain[o] / n**0.5
            dv[(*i, o)] = dw[(*i, o)] * gain[o] / n**0.5
            d_gain[o] += dw[(*i, o)] * binary / n**0.5
    return w, dv, d_gain


def multiplications_saved(images, height, width, kernel, c_in, c_out):
    """Count one by one the products of Eq. (11) and those of the right side of Eq. (13)."""
    by_11, by_13 = 0, 0
    for _ in range(c_out):
        for _ in range(kernel * kernel * c_in):
            by_11 += 2                                  # a square, and v times gain / norm
        for _ in range(images * height * width):
            by_11 += kernel * kernel * c_in
            by_13 += 1                                              # times alpha
    return by_11 - by_13


RNG = np.random.default_rng(3)
LATENT = np.array([0.3, -0.4, 0.0, 1.0]).reshape(1, 1, 4, 1)
BEYOND = np.array([1.7, -1.0, -0.2, -2.5, 1.0, 0.9]).reshape(1, 1, 3, 2)     # Eq. (3) has no window
EXERCISES = {
    "03.1": Exercise(weight_norm_backward, [
        [np.array([3.0, 4.0]).reshape(1, 1, 2, 1), np.array([2.0]),
         np.array([1.0, 0.0]).reshape(1, 1, 2, 1)],
        [np.array([3.0, 4.0]).reshape(1, 1, 2, 1), np.array([-1.0]),
         np.array([6.0, 8.0]).reshape(1, 1, 2, 1)],
        [RNG.normal(size=(3, 3, 2, 2)), np.array([0.5, -1.5]), RNG.normal(size=(3, 3, 2, 2))],
        [RNG.normal(size=(1, 1, 3, 2)), np.array([0.0, 2.0]), RNG.normal(size=(1, 1, 3, 2))]]),
    "03.2": Exercise(binary_weight_norm_of_latent, [
        [LATENT, np.array([2.0]), np.array([1.0, 3.0, -2.0, 0.5]).reshape(1, 1, 4, 1)],
        [RNG.uniform(-1, 1, (3, 3, 2, 2)), np.array([0.5, 1.5]), RNG.normal(size=(3, 3, 2, 2))],
        [BEYOND, np.array([2.0, -0.7]), RNG.normal(size=(1, 1, 3, 2))],
        [RNG.uniform(-2, 2, (3, 3, 4, 3)), np.array([-1.0, 0.0, 0.5]),
         RNG.normal(size=(3, 3, 4, 3))]]),
    "03.3": Exercise(multiplications_saved, [[1, 1, 1, 1, 4, 1], [1, 4, 5, 3, 2, 3],
                                             [10, 4, 6, 3, 8, 2], [2, 3, 3, 1, 1, 4]], tolerance=0),
}
