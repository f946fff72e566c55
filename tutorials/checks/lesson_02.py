"""Exercises of lesson 02: binary activations."""

import numpy as np

from . import Exercise


def binary_layer_backward(x, w, b, d_hidden):
    """Point by point and unit by unit: where -1 <= a <= 1, the gradients of a = sum_i x_i w_i + b (Eq. 6)."""
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(len(x)):
        for k in range(len(b)):
            a = sum(x[n, i] * w[i, k] for i in range(len(w))) + b[k]
            if -1 <= a <= 1:
                dx[n] += d_hidden[n, k] * w[:, k]
                dw[:, k] += d_hidden[n, k] * x[n]
                db[k] += d_hidden[n, k]
    return dx, dw, db


def live_fraction(mean, deviation):
    """The Gaussian density summed over a million slices of the window, each at its middle."""
    slices = 1_000_000
    a = -1 + (np.arange(slices) + 0.5) * 2 / slices
    density = np.exp(-((a - mean) ** 2) / (2 * deviation**2)) / (deviation * np.sqrt(2 * np.pi))
    return np.sum(density) * 2 / slices


def standardised_sign_backward(a, d_hidden):
    """Unit by unit, the chain rule with all dz_l / da_k = ((1 if k = l else 0) - 1/N - z_k z_l / N) / s (Eq. 6)."""
    da, N = np.zeros(a.shape), len(a)
    for unit in range(a.shape[1]):
        z = (a[:, unit] - np.mean(a[:, unit])) / np.std(a[:, unit])
        for k in range(N):
            for j in range(N):
                if -1 <= z[j] <= 1:
                    slope = ((1 if k == j else 0) - 1 / N - z[k] * z[j] / N) / np.std(a[:, unit])
                    da[k, unit] += d_hidden[j, unit] * slope
    return da


RNG = np.random.default_rng(0)
EDGES = [np.array([[1.0], [-1.0], [0.5]]), np.array([[1.0, 2.0]]), np.array([0.0, -1.0])]    # a is 1, -1, 0.5; 1, -3, 0
FEW = np.array([[-1.5, 3.0], [-0.2, 2.0], [0.1, 9.0], [1.6, 0.0]])
ENDS = np.array([[0.0, 5.0], [2.0, -5.0], [0.0, 7.0], [2.0, -7.0], [0.0, 1.0], [2.0, -1.0]])   # z: -1, 1; 1, 1.4, 0.2
EXERCISES = {
    "02.1": Exercise(binary_layer_backward, [[*EDGES, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])],
                                             [RNG.normal(size=(6, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4),
                                              RNG.normal(size=(6, 4))],
                                             [3 * RNG.normal(size=(1, 2)), RNG.normal(size=(2, 5)), RNG.normal(size=5),
                                              RNG.normal(size=(1, 5))]]),
    "02.2": Exercise(live_fraction, [[0.0, 1.0], [0.0, 10.0], [0.5, 2.0], [-3.0, 0.7], [1.5, 0.2]]),
    "02.3": Exercise(standardised_sign_backward, [[FEW, np.ones((4, 2))],
                                                  [RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))],
                                                  [ENDS, np.arange(12.0).reshape(6, 2)**2],
                                                  [RNG.normal(4, 3, size=(6, 2)), RNG.normal(size=(6, 2))],
                                                  [1e-3 * RNG.normal(size=(4, 5)), RNG.normal(size=(4, 5))],
                                                  [1e6 * RNG.normal(size=(7, 2)), 1e6 * RNG.normal(size=(7, 2))]]),
}
