"""Solutions of lesson 02: binary activations."""

from math import erf, sqrt

import numpy as np


def binary_layer_backward(x, w, b, d_hidden):
    """The window is over a, the input of the sign; never over x, w or the gradient. With Eq. (6) the gradient is at a,
    and a = x w + b is a linear layer: its gradients are those of lesson 00, and that of b is the sum over the inputs,
    since b acts on each of them with slope 1."""
    a = x @ w + b
    da = d_hidden * (np.abs(a) <= 1)
    return da @ w.T, x.T @ da, da.sum(axis=0)


def live_fraction(mean, deviation):
    """The distribution function is (1 + erf((a - mean) / (deviation sqrt 2))) / 2; the fraction is its difference
    between the window's ends. With mean 0 the two terms are equal and give (b)."""
    upper, lower = (erf((end - mean) / (deviation * sqrt(2))) for end in (1, -1))
    return (upper - lower) / 2


def standardised_sign_backward(a, d_hidden):
    """Eq. (6) comes first: its window is over z, the input of the sign, and gives dz. Then z = (a - mean) / s is a
    normalisation as in lesson 00, (g), with the N inputs in place of the channels: mean and s depend on each a, which
    gives the two terms that are subtracted. So a gradient outside of the window may still reach an a through them. The
    division by s makes the gradient small where a is large: then one needs a large change of a to change z."""
    s = a.std(axis=0)
    z = (a - a.mean(axis=0)) / s
    dz = d_hidden * (np.abs(z) <= 1)
    return (dz - dz.mean(axis=0) - z * np.mean(dz * z, axis=0)) / s


SOLUTIONS = {"02.1": binary_layer_backward, "02.2": live_fraction, "02.3": standardised_sign_backward}
