"""Stable formulas for functions whose textbook form overflows or cancels, in one place; and one unit."""

import math

import numpy as np


def sigmoid(x):
    """1 / (1 + e^-x) = e^x / (1 + e^x), whichever does not overflow.    x: any shape, any float dtype."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, x.dtype.type(1)) / (1 + e)


def softplus(x):
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): neither overflows nor loses small values."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_inverse(y):
    """x with softplus(x) = y > 0:  x = log(e^y - 1) = y + log(1 - e^-y)."""
    return y + np.log(-np.expm1(-y))


def logsumexp(x):
    """log(sum(e^x)) over the last axis: the largest term comes first, so that nothing overflows.

    x: (..., M), finite; result: (...)
    """
    largest = x.max(axis=-1, keepdims=True)
    return np.log(np.exp(x - largest).sum(axis=-1)) + largest[..., 0]


def bits_per_dimension(nats, dimensions):
    """Nats of an image as bits per subpixel: nats / (log 2 * dimensions)."""
    return nats / (math.log(2) * dimensions)
