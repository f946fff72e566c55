"""Exercises of lesson 08: one bit for real."""

import numpy as np

from . import Exercise


def pack_bytes(signs):
    """Each byte is the sum of 2^i over its positive signs."""
    packed = [0] * -(-len(signs) // 8)
    for i, sign in enumerate(signs):
        if sign > 0:
            packed[i // 8] += 2 ** (i % 8)
    return np.array(packed)


def border_sums(x, w):
    """The sums by multiplication, on a canvas of -1 and on one of 0."""
    def correlate(outside):
        canvas = np.concatenate([np.full((1, x.shape[1]), outside), x, np.full((1, x.shape[1]), outside)])
        return np.array([sum(canvas[i + k] @ w[k] for k in range(3)) for i in range(len(x))])
    return correlate(-1), correlate(0)


def threshold(n, alpha, b):
    """The largest whole number d for which the sign is still +1, found by trying all that it could be."""
    reach = int(abs(b) / alpha) + n + 2
    return max(d for d in range(-reach, reach + 1) if alpha * (n - 2 * d) + b >= 0)


RNG = np.random.default_rng(8)


def _signs(*shape):
    return RNG.choice([-1, 1], shape)


def _kernel(C, *ones):
    """Signs (3, C) with so many +1 in each row: rows that add unlike amounts, so that none stands for another."""
    return np.array([RNG.permutation([1] * number + [-1] * (C - number)) for number in ones])


EXERCISES = {
    "08.1": Exercise(pack_bytes, [[np.array([1, -1, -1, -1, -1, -1, -1, -1])], [np.array([1, 1, -1])],
                                  [-np.ones(9, int)], [_signs(16)], [_signs(21)], [np.array([-1])]], tolerance=0),
    "08.2": Exercise(border_sums, [[np.ones((3, 1), int), np.ones((3, 1), int)], [_signs(4, 5), _kernel(5, 1, 4, 3)],
                                   [_signs(1, 8), _kernel(8, 6, 1, 3)], [_signs(6, 70), _kernel(70, 20, 40, 50)]],
                     tolerance=0),
    "08.3": Exercise(threshold, [[9, 1.0, 0.0], [8, 1.0, 0.0], [9, 0.5, -1.25], [9, 0.25, 0.5], [18, 0.125, 10.0],
                                 [18, 0.125, -10.0], [9, 0.125, -2.0]], tolerance=0),
}
