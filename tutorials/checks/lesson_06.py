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


def coupling_backward(x, ka, kb, dy, d_log_det):
    """Number by number, a central difference of what the outputs add up to, weighted with the upstream gradients."""
    def weighted_sum(x, ka, kb):
        x1, x2 = np.split(x, 2, axis=1)
        a, b = x1 @ ka, x1 @ kb
        y = np.concatenate([x1, x2 * np.exp(a) + b], axis=1)
        return (y * dy).sum() + (a.sum(axis=1) * d_log_det).sum()
    return tuple(_differences(weighted_sum, (x, ka, kb), i) for i in range(3))


def _differences(function, arrays, i, step=1e-3):
    """The derivative of a function by each number of array i, by central differences of fourth order."""
    result = np.zeros_like(arrays[i])
    for place in np.ndindex(result.shape):
        def at(move, place=place):
            moved = [array.copy() for array in arrays]
            moved[i][place] += move
            return function(*moved)
        result[place] = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    return result


def log_density_of_flow(x, layers):
    """Row by row: the normal density of the noise, and the determinant of the Jacobian of the whole flow (Eq. 8)."""
    def flow(row):
        row = row[None]
        for layer in layers:
            row, _ = layer(row)
        return row[0]
    densities = [math.prod(math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in flow(row)) for row in x]
    return np.array([math.log(density) + _log_det(flow, row) for density, row in zip(densities, x)])


def bits_of_pixels(log_p, dimensions, s):
    """For each image, a factor s of the density for each dimension; then bits, then per dimension."""
    result = []
    for log_density in log_p:
        for _ in range(dimensions):
            log_density = log_density + math.log(s)
        result.append(-log_density / math.log(2) / dimensions)
    return np.array(result)


def scaling(x):
    return -2 * x, np.full(len(x), x.shape[1] * math.log(2))


def bend(x):
    return x + x**3, np.log(1 + 3 * x**2).sum(axis=1)


def shear(x):
    return np.cumsum(x, axis=1), np.zeros(len(x))


RNG = np.random.default_rng(0)
ONE_ROW = [np.array([[1.0, 2.0]]), np.array([[0.5]]), np.array([[-1.0]]), np.array([[3.0, -1.0]]), np.array([2.0])]


def _rows(rows, half):
    """Random arguments of coupling_backward: x (rows, 2 half), ka, kb, dy, d_log_det."""
    shapes = [(rows, 2 * half), (half, half), (half, half), (rows, 2 * half), (rows,)]
    return [0.7 * RNG.normal(size=shape) for shape in shapes]


EXERCISES = {
    "06.1": Exercise(coupling_backward, [ONE_ROW, _rows(1, 3), _rows(4, 2)], 1e-5),
    "06.2": Exercise(log_density_of_flow, [[np.array([[0.0], [1.0]]), []], [np.array([[0.5, -1.0]]), [scaling]],
                                           [np.array([[0.5, -1.0]]), [scaling, bend]],
                                           [0.3 * RNG.normal(size=(4, 3)), [shear, bend, scaling, bend]]], 1e-5),
    "06.3": Exercise(bits_of_pixels, [[np.array([0.0]), 192, 1 / 256], [np.array([100.0, -50.0]), 192, 1 / 128],
                                      [np.array([-1000.0]), 192, 1.0], [np.array([3.0, 5.0]), 12, 0.9 / 256]]),
}
