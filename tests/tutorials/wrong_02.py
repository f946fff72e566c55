"""Plausible wrong answers to the exercises of lesson 02."""

from math import erf, sqrt

import numpy as np


def _scaled(w, b, x):
    return (x @ w + b).mean(axis=0), (x @ w + b).std(axis=0)


def only_scales(w, b, x):
    """The mean stays."""
    _, deviation = _scaled(w, b, x)
    return w / deviation, b / deviation


def shift_not_divided(w, b, x):
    """Subtracts the mean after the division."""
    mean, deviation = _scaled(w, b, x)
    return w / deviation, b / deviation - mean


def one_scale_for_all(w, b, x):
    """One deviation for all units."""
    mean, _ = _scaled(w, b, x)
    deviation = (x @ w + b).std()
    return w / deviation, (b - mean) / deviation


def by_the_variance(w, b, x):
    """Divides by the variance."""
    mean, deviation = _scaled(w, b, x)
    return w / deviation**2, (b - mean) / deviation**2


WRONG = {
    "02.1": [
        lambda a, d: d,                                             # no window: Eq. (3)
        lambda a, d: d * (np.abs(a) < 1),                           # the edge outside
        lambda a, d: d * (np.abs(d) <= 1),                          # a window over the gradient
        lambda a, d: np.clip(d, -1, 1),                             # clips the gradient
        lambda a, d: d * (a <= 1),                                  # one side only
    ],
    "02.2": [
        lambda mean, deviation: erf(1 / (deviation * sqrt(2))),                        # forgets the mean
        lambda mean, deviation: (erf((1 - mean) / deviation) + erf((1 + mean) / deviation)) / 2,       # no root of 2
        lambda mean, deviation: erf((1 - mean) / (deviation * sqrt(2))),               # one end only
        lambda mean, deviation: (1 + erf((1 - mean) / (deviation * sqrt(2)))) / 2,     # everything below 1
    ],
    "02.3": [only_scales, shift_not_divided, one_scale_for_all, by_the_variance],
}
