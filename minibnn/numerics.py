"""Stable formulas for functions whose textbook form overflows or cancels, in one place."""

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
