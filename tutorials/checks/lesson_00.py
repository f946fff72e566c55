"""Exercises of lesson 00: gradients you can trust."""

import numpy as np

from . import Exercise


def direction_error(loss, x, dx, direction, step):
    """The slope by hand against a central difference along the direction, number by number."""
    by_hand = sum(g * r for g, r in zip(dx.ravel(), direction.ravel()))
    above, below = x.copy(), x.copy()
    for index in np.ndindex(x.shape):
        above[index] += step * direction[index]
        below[index] -= step * direction[index]
    by_difference = (loss(above) - loss(below)) / (2 * step)
    return abs(by_hand - by_difference) / abs(by_difference)


def convolution_backward(x, w, dy, stride, padding):
    """The chain rule, product by product: every x[n, p, q, c] * w[a, b, c, o] that is a term of a y[n, i, j, o]."""
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for (n, i, j, o), upstream in np.ndenumerate(dy):
        for a, b, c in np.ndindex(w.shape[:3]):
            p, q = stride * i + a - padding, stride * j + b - padding
            if 0 <= p < x.shape[1] and 0 <= q < x.shape[2]:         # else a zero outside of the image
                dx[n, p, q, c] += upstream * w[a, b, c, o]
                dw[a, b, c, o] += upstream * x[n, p, q, c]
    return dx, dw


def softmax_backward(y, dy):
    """The sum over outputs l of dy_l times d y_l / d x_k = y_l ((1 if k = l else 0) - y_k)."""
    return np.array([sum(dy[j] * y[j] * ((1 if i == j else 0) - y[i]) for j in range(len(y)))
                     for i in range(len(y))])


def sum_of_cubes(x):
    """Its third derivative is not zero, so that the kind of difference matters."""
    return np.sum(x**3)


def sum_of_exponentials(x):
    return np.sum(np.exp(x))


def _convolution(images, channels, outputs, size, rows, columns, stride, padding):
    """x, w, dy, stride, padding with random numbers."""
    y_shape = [(pixels + 2 * padding - size) // stride + 1 for pixels in (rows, columns)]
    return [RNG.normal(size=(images, rows, columns, channels)), RNG.normal(size=(size, size, channels, outputs)),
            RNG.normal(size=(images, *y_shape, outputs)), stride, padding]


RNG = np.random.default_rng(0)
X, DIRECTION = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0])
X2, DIRECTION2 = np.array([[0.3, -0.2], [0.5, 0.1]]), np.array([[1.0, 2.0], [-0.5, 0.5]])
Y = np.array([0.25, 0.625, 0.125])                                  # in binary exact: a dy of ones gives 0, not 1e-17
EXERCISES = {
    "00.1": Exercise(direction_error, [[sum_of_cubes, X, 3 * X**2, DIRECTION, 1e-4],
                                       [sum_of_cubes, X, 3 * X**2, DIRECTION, 0.1],
                                       [sum_of_cubes, X, 6 * X**2, DIRECTION, 0.1],
                                       [sum_of_exponentials, X, -np.exp(X), 2 * DIRECTION, 0.05],
                                       [sum_of_exponentials, X2, 1 + X2, DIRECTION2, 0.2],
                                       [sum_of_cubes, X, 3 * X**2, -DIRECTION, 0.1]]),
    "00.2": Exercise(convolution_backward, [_convolution(1, 1, 1, 1, 2, 3, stride=1, padding=0),
                                            _convolution(2, 2, 3, 3, 5, 4, stride=1, padding=0),
                                            _convolution(2, 3, 2, 3, 4, 5, stride=1, padding=1),
                                            _convolution(1, 2, 1, 2, 4, 3, stride=1, padding=1),
                                            _convolution(2, 1, 2, 3, 7, 5, stride=2, padding=1),
                                            _convolution(2, 2, 3, 3, 6, 8, stride=2, padding=1),
                                            _convolution(1, 2, 2, 2, 7, 8, stride=3, padding=0)]),
    "00.3": Exercise(softmax_backward, [[Y, np.ones(3)], [Y, np.array([1.0, 0.0, 0.0])], [Y, RNG.normal(size=3)],
                                        [np.array([0.999, 0.001]), np.array([2.0, -3.0])]]),
}
