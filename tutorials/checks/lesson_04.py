"""Exercises of lesson 04: residual blocks."""

import math

import numpy as np

from . import Exercise


def residual_stack(x, matrices, dy):
    """Forward by loops; dx by differences of sum(dy * y), one number of x after the other."""
    def forward(x):
        for A in matrices:
            x = np.array([[row[j] + math.tanh(sum(row[i] * A[i, j] for i in range(len(row))))
                           for j in range(len(row))] for row in x])
        return x

    dx, step = np.zeros(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        moved = np.zeros(x.shape)
        moved[i] = step
        dx[i] = np.sum(dy * (forward(x + moved) - forward(x - moved))) / (2 * step)
    return forward(x), dx


def flow_block_bits(h, c):
    """Layer by layer: a binary weight has one bit, a gain or a bias 32."""
    binary, rest = 0, 0
    for kernel, c_in, c_out in ((3, 2 * h, h), (1, 2 * c, h), (1, 2 * h, 2 * h)):     # first, projection, gate
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


RNG = np.random.default_rng(4)
X = np.array([0.3, -0.8, 1.5, -2.0, 0.0, 1.0])
DY = np.array([1.0, -2.0, 3.0, 4.0, 5.0, -6.0])
EXERCISES = {
    "04.1": Exercise(residual_stack, [
        [np.array([[0.5]]), [np.array([[1.0]])], np.array([[2.0]])],
        [RNG.normal(size=(2, 3)), [], RNG.normal(size=(2, 3))],
        [RNG.normal(size=(2, 3)), list(RNG.normal(size=(3, 3, 3))), RNG.normal(size=(2, 3))]]),
    "04.2": Exercise(flow_block_bits, [[1, 1], [8, 4], [32, 10], [120, 32]], tolerance=0),
    "04.3": Exercise(through_blocks, [[X, DY, 1, False], [X, DY, 3, False], [X, DY, 1, True], [X, DY, 3, True],
                                      [X, DY, 0, True]], tolerance=0),
}
