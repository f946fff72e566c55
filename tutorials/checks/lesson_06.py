"""Exercises of lesson 06: change of variables."""

import math

import numpy as np

from . import Exercise


def _log_det(f, row, step=1e-4):
    """log |det| of the matrix of derivatives of f at one row (D,), by central differences of fourth order."""
    columns = []
    for move in step * np.eye(len(row)):
        near, far = f(row + move) - f(row - move), f(row + 2 * move) - f(row - 2 * move)
        columns.append((8 * near - far) / (12 * step))
    return np.linalg.slogdet(np.array(columns))[1]


def affine_coupling(x, conditioner):
    """Row by row: the second half times e^a plus b, and the determinant of the whole Jacobian (Eq. 8)."""
    def coupling(row):
        half = len(row) // 2
        [a], [b] = conditioner(row[None, :half])
        return np.array([*row[:half], *(row[half + i] * math.exp(a[i]) + b[i] for i in range(half))])
    return np.array([coupling(row) for row in x]), np.array([_log_det(coupling, row) for row in x])


def log_density_of_flow(x, layers):
    """Row by row: the normal density of the noise, and the determinant of the Jacobian of the whole flow (Eq. 8)."""
    def flow(row):
        row = row[None]
        for layer in layers:
            row, _ = layer(row)
        return row[0]
    densities = [math.prod(math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in flow(row)) for row in x]
    return np.array([math.log(density) + _log_det(flow, row) for density, row in zip(densities, x)])


def bits_of_pixels(log_p_y, dimensions, s):
    """For each image, a factor s of the density for each dimension; then bits, then per dimension."""
    result = []
    for log_density in log_p_y:
        for _ in range(dimensions):
            log_density = log_density + math.log(s)
        result.append(-log_density / math.log(2) / dimensions)
    return np.array(result)


def constant(x1):
    return np.full_like(x1, 0.5), np.full_like(x1, -1.0)


def waves(x1):
    mixed = x1 @ np.cos(np.arange(x1.shape[1] ** 2)).reshape(x1.shape[1], -1)
    return np.sin(mixed), np.cos(2 * x1)


def scaling(x):
    return -2 * x, np.full(len(x), x.shape[1] * math.log(2))


def bend(x):
    return x + x**3, np.log(1 + 3 * x**2).sum(axis=1)


def shear(x):
    return np.cumsum(x, axis=1), np.zeros(len(x))


RNG = np.random.default_rng(0)
EXERCISES = {
    "06.1": Exercise(affine_coupling, [[np.array([[1.0, 2.0]]), constant], [np.array([[1.0, -2.0], [0.0, 3.0]]), waves],
                                       [RNG.normal(size=(3, 4)), waves], [RNG.normal(size=(2, 8)), waves]]),
    "06.2": Exercise(log_density_of_flow, [[np.array([[0.0], [1.0]]), []], [np.array([[0.5, -1.0]]), [scaling]],
                                           [np.array([[0.5, -1.0]]), [scaling, bend]],
                                           [0.3 * RNG.normal(size=(4, 3)), [shear, bend, scaling, bend]]], 1e-5),
    "06.3": Exercise(bits_of_pixels, [[np.array([0.0]), 192, 1 / 256], [np.array([100.0, -50.0]), 192, 1 / 128],
                                      [np.array([-1000.0]), 192, 1.0], [np.array([3.0, 5.0]), 12, 0.9 / 256]]),
}
