"""Exercises of lesson 02: binary activations."""

import numpy as np

from . import Exercise


def activation_backward(a, d_a_binary):
    """The gradient where -1 <= a <= 1, else 0, number by number (Eq. 6)."""
    return np.array([gradient if -1 <= number <= 1 else 0.0 for number, gradient in zip(a, d_a_binary)])


def live_fraction(mean, deviation):
    """The Gaussian density summed over a million slices of the window, each at its middle."""
    slices = 1_000_000
    a = -1 + (np.arange(slices) + 0.5) * 2 / slices
    density = np.exp(-((a - mean) ** 2) / (2 * deviation**2)) / (deviation * np.sqrt(2 * np.pi))
    return np.sum(density) * 2 / slices


def repair(w, b, x):
    """Unit by unit: shift and divide its pre-activations, then read off which weights and bias do the same."""
    new_w, new_b = np.zeros(w.shape), np.zeros(b.shape)
    for k in range(w.shape[1]):
        a = np.array([sum(row[i] * w[i, k] for i in range(len(row))) + b[k] for row in x])
        mean = sum(a) / len(a)
        deviation = np.sqrt(sum((a - mean) ** 2) / len(a))
        new_w[:, k], new_b[k] = w[:, k] / deviation, (b[k] - mean) / deviation
    return new_w, new_b


RNG = np.random.default_rng(0)
EXERCISES = {
    "02.1": Exercise(activation_backward, [[np.array([-2.0, 0.5, 3.0]), np.array([1.0, 2.0, 3.0])],
                                           [np.array([-1.0, 1.0, 0.0]), np.array([4.0, -5.0, 6.0])],
                                           [RNG.normal(size=20), RNG.normal(size=20)]]),
    "02.2": Exercise(live_fraction, [[0.0, 1.0], [0.0, 10.0], [0.5, 2.0], [-3.0, 0.7]]),
    "02.3": Exercise(repair, [[np.array([[100.0]]), np.array([0.0]), np.array([[1.0], [-1.0], [3.0]])],
                              [1e3 * RNG.normal(size=(3, 4)), 1e3 * RNG.normal(size=4), RNG.normal(size=(10, 3))]]),
}
