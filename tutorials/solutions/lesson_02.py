"""Solutions of lesson 02: binary activations."""

from math import erf, sqrt

import numpy as np


def activation_backward(a, d_a_binary):
    """The window is over a, the input of the sign, never over the gradient; and it closes after 1, not at 1."""
    return d_a_binary * (np.abs(a) <= 1)


def live_fraction(mean, deviation):
    """The distribution function is (1 + erf((a - mean) / (deviation sqrt 2))) / 2; the fraction is its difference
    between the window's ends. With mean 0 the two terms are equal and give (b)."""
    upper, lower = (erf((end - mean) / (deviation * sqrt(2))) for end in (1, -1))
    return (upper - lower) / 2


def repair(w, b, x):
    """Pre-activations a become (a - mean) / deviation. The division belongs to weights and bias alike, the shift only
    to the bias, and it must be divided too."""
    a = x @ w + b
    deviation = a.std(axis=0)
    return w / deviation, (b - a.mean(axis=0)) / deviation


SOLUTIONS = {"02.1": activation_backward, "02.2": live_fraction, "02.3": repair}
