"""Stable formulas, in one place, for functions that overflow or cancel in their textbook form; and one unit."""

import math

import numpy as np


def sigmoid(x):
    """1 / (1 + e^-x) = e^x / (1 + e^x), whichever does not overflow.    x: any shape, any float dtype."""
    e = np.exp(-np.abs(x))
    return np.maximum(e, x >= 0) / (1 + e)                          # e <= 1; several times as fast as np.where


def softplus(x):
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): neither overflows nor loses small values."""
    e = np.exp(-np.abs(x))
    rounded = 1 + e
    # log(1 + e), plus the part of e that rounding took from 1 + e: several times as fast as np.log1p
    return np.maximum(x, 0) + (np.log(rounded) + (e - (rounded - 1)))


def softplus_inverse(y):
    """x with softplus(x) = y > 0:  x = log(e^y - 1) = y + log(1 - e^-y)."""
    return y + np.log(-np.expm1(-y))


def logsumexp(x):
    """log(sum(e^x)) over the first axis, and its gradient: the share of each term in the sum.

    The largest term is taken out first, so that nothing overflows.    x: (M, ...), finite; results: (...), (M, ...)
    """
    largest = x.max(axis=0)
    terms = np.exp(x - largest)
    total = terms.sum(axis=0)
    return np.log(total) + largest, terms / total


def sum_over_pixels(x):
    """The sum of each channel.    (..., C) -> (C,), as a matrix product, which adds faster than np.sum"""
    rows = x.reshape(-1, x.shape[-1])
    return np.ones(len(rows), x.dtype) @ rows


def standardising(x, deviation=1.0):
    """Gain and bias that give each column of x mean 0 and the deviation wanted (Salimans & Kingma 2016).

    A column that does not vary gets the gain `deviation`, since no gain can make it vary.
    x: (N, ...); gain, bias: (...), float64, with x * gain + bias as promised
    """
    mean, std = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    constant = std <= 1e-6 * np.abs(x).max()
    gain = deviation / np.where(constant, 1, std)
    return gain, -mean * gain


def bits_per_dimension(nats, dimensions):
    """Nats of an image as bits per subpixel: nats / (log 2 * dimensions)."""
    return nats / (math.log(2) * dimensions)
