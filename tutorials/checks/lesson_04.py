"""Exercises of lesson 04: residual blocks."""

import math

import numpy as np

from . import Exercise


def gated_residual(x, A, S, dy):
    """Forward by loops; gradients by differences of sum(dy * y), one number after another."""
    def forward(x, A, S):
        y = np.zeros(x.shape)
        for n, j in np.ndindex(x.shape):
            a = sum(x[n, i] * A[i, j] for i in range(x.shape[1]))
            s = sum(x[n, i] * S[i, j] for i in range(x.shape[1]))
            y[n, j] = x[n, j] + a / (1 + math.exp(-s))
        return y

    given, grads, step = (x, A, S), [], 1e-5
    for k, array in enumerate(given):
        grad = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            moved = np.zeros(array.shape)
            moved[place] = step
            above = forward(*(other + moved if i == k else other for i, other in enumerate(given)))
            below = forward(*(other - moved if i == k else other for i, other in enumerate(given)))
            grad[place] = np.sum(dy * (above - below)) / (2 * step)
        grads.append(grad)
    return forward(x, A, S), *grads


def flow_block_bits(h, c):
    """Layer by layer: a binary weight has one bit, a gain or a bias 32."""
    first, projection, gate = (3, 2 * h, h), (1, 2 * c, h), (1, 2 * h, 2 * h)
    binary, rest = 0, 0
    for kernel, c_in, c_out in (first, projection, gate):
        binary += kernel * kernel * c_in * c_out
        rest += 32 * c_out + 32 * c_out
    rest += 32 * h + 32 * h                                         # layer norm
    return binary, rest


def through_blocks(x, dy, blocks, after):
    """Block by block; each adds a branch that is 0, and has a sign after it or none."""
    y, passes = [], []
    for number in x:
        slope = 1.0
        for _ in range(blocks):
            number = number + 0.0                                   # Eq. (14)
            if after:
                slope = slope if abs(number) <= 1 else 0.0          # Eq. (6)
                number = 1.0 if number >= 0 else -1.0               # Eq. (1)
        y.append(number)
        passes.append(slope)
    return np.array(y), np.array([d * slope for d, slope in zip(dy, passes)])


def _normal(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


RNG = np.random.default_rng(4)
X = np.array([0.3, -0.8, 1.5, -2.0, 0.0, 1.0, -1.0])
DY = np.array([1.0, -2.0, 3.0, 4.0, 5.0, -6.0, 7.0])
EXERCISES = {
    "04.1": Exercise(gated_residual, [
        [np.array([[0.5]]), np.array([[1.0]]), np.array([[-1.0]]), np.array([[2.0]])],
        _normal((1, 3), (3, 3), (3, 3), (1, 3)), _normal((5, 3), (3, 3), (3, 3), (5, 3)),
        _normal((3, 2), (2, 2), (2, 2), (3, 2))]),
    "04.2": Exercise(flow_block_bits, [[1, 1], [8, 4], [32, 10], [120, 32]], tolerance=0),
    "04.3": Exercise(through_blocks, [[X, DY, 1, False], [X, DY, 3, False], [X, DY, 1, True],
                                      [X, DY, 2, True], [X, DY, 3, True], [X, DY, 0, True],
                                      [X, DY, 0, False]], tolerance=0),
}
