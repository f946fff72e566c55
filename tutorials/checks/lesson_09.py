"""Exercises of lesson 09: Table 1 in miniature."""

import math
import statistics

import numpy as np

from . import Exercise


def table_row(nats, D, parameters, binary):
    """Mean and standard error in bits per dimension; one bit for each binary parameter, four bytes for any other."""
    bits = [number / math.log(2) / D for number in nats]
    error = statistics.stdev(bits) / math.sqrt(len(bits))
    return statistics.fmean(bits), error, 4 * (parameters - binary) + binary / 8


def compare(A, B, limit):
    """Differences image by image, averaged over the seeds, and seed by seed, averaged over the images."""
    S, N = A.shape
    of_images = [statistics.fmean(B[s, i] - A[s, i] for s in range(S)) for i in range(N)]
    of_seeds = [statistics.fmean(B[s, i] - A[s, i] for i in range(N)) for s in range(S)]
    mean = statistics.fmean(of_seeds)
    se_images = statistics.stdev(of_images) / math.sqrt(N)
    se_seeds = statistics.stdev(of_seeds) / math.sqrt(S)
    t = mean / se_seeds
    return mean, se_images, se_seeds, t, t > limit or t < -limit


def effects(loss):
    """Means of the two differences along each side of the square, and the difference of those along one."""
    blocks = [loss[1, 0] - loss[0, 0], loss[1, 1] - loss[0, 1]]
    others = [loss[0, 1] - loss[0, 0], loss[1, 1] - loss[1, 0]]
    return sum(blocks) / 2, sum(others) / 2, blocks[1] - blocks[0]


RNG = np.random.default_rng(9)


def _models(*differences, limit=4.303):
    """Losses of two models whose mean differences, a seed each, are about these, and the limit of t."""
    S = len(differences)
    A = RNG.normal(5, 1, (S, 40))
    return [A, A + np.array(differences)[:, None] + RNG.normal(0, 0.1, (S, 40)), limit]


EXERCISES = {
    "09.1": Exercise(table_row, [[768 * np.log(2) * np.array([3.0, 5.0]), 768, 1000, 800],
                                 [RNG.normal(3000, 100, 30), 768, 437_191, 397_312],
                                 [RNG.normal(700, 50, 17), 192, 37_575, 0]]),
    "09.2": Exercise(compare, [_models(0.2, 0.21, 0.19), _models(-0.2, 0.1, 0.45), _models(-0.2, -0.19, -0.21),
                               _models(0.1, 0.2, 0.3), _models(0.1, 0.3, 0.2, 0.25, 0.1, 0.2, limit=2.571),
                               _models(0.0, 0.01, -0.01)]),
    "09.3": Exercise(effects, [[np.array([[5.0, 5.25], [5.125, 5.375]])], [np.array([[5.0, 5.2], [5.1, 5.9]])],
                               [RNG.normal(5, 1, (2, 2))]]),
}
