"""Exercises of lesson 00: gradients you can trust."""

import numpy as np

from . import Exercise


def direction_error(loss, x, dx, direction, step):
    """The slope by hand against a central difference along the direction, number by number."""
    by_hand = sum(g * d for g, d in zip(dx, direction))
    above = loss(np.array([number + step * d for number, d in zip(x, direction)]))
    below = loss(np.array([number - step * d for number, d in zip(x, direction)]))
    by_difference = (above - below) / (2 * step)
    return abs(by_hand - by_difference) / abs(by_difference)


def layer_backward(x, w, b, dy):
    """Gradients of sum(dy * elu(x w + b)), by the chain rule, one product after the other."""
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(x.shape[0]):
        for o in range(w.shape[1]):
            a = sum(x[n, i] * w[i, o] for i in range(x.shape[1])) + b[o]
            da = dy[n, o] * (1.0 if a > 0 else np.exp(a))
            db[o] += da
            for i in range(x.shape[1]):
                dx[n, i] += da * w[i, o]
                dw[i, o] += da * x[n, i]
    return dx, dw, db


def softmax_backward(p, dy):
    """The sum over outputs j of dy_j times d p_j / d x_i = p_j ((1 if i = j else 0) - p_i)."""
    return np.array([sum(dy[j] * p[j] * ((1 if i == j else 0) - p[i]) for j in range(len(p)))
                     for i in range(len(p))])


def sum_of_cubes(x):
    """Its third derivative is not zero, so that the kind of difference matters."""
    return np.sum(x**3)


def sum_of_exponentials(x):
    return np.sum(np.exp(x))


RNG = np.random.default_rng(0)
X, DIRECTION = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0])
P = np.array([0.2, 0.5, 0.3])
EXERCISES = {
    "00.1": Exercise(direction_error, [[sum_of_cubes, X, 3 * X**2, DIRECTION, 1e-4],
                                       [sum_of_cubes, X, 3 * X**2, DIRECTION, 0.1],
                                       [sum_of_cubes, X, 6 * X**2, DIRECTION, 0.1],
                                       [sum_of_exponentials, X, -np.exp(X), 2 * DIRECTION, 0.05]]),
    "00.2": Exercise(layer_backward, [[RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2),
                                       RNG.normal(size=(4, 2))],
                                      [RNG.normal(size=(1, 2)), RNG.normal(size=(2, 5)), RNG.normal(size=5),
                                       RNG.normal(size=(1, 5))]]),
    "00.3": Exercise(softmax_backward, [[P, np.ones(3)], [P, np.array([1.0, 0.0, 0.0])], [P, RNG.normal(size=3)],
                                        [np.array([0.999, 0.001]), np.array([2.0, -3.0])]]),
}
