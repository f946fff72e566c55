"""Frequency tables: how many of 2^R slots each symbol has, given by the number of slots below it.

C(i) is the number of slots below symbol i: C(0) = 0, C(n) = 2^R, and C rises by at least 1 from each symbol to the
next, so that every symbol can be coded. Symbol i has the slots C(i) ... C(i + 1) - 1.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from .ans import pop, push
from .exact import logit, sigmoid

PRECISION = 24           # R of tables of probabilities
LEVELS = 256             # of a colour value


class Table(NamedTuple):
    """Tables for `length` symbols, one for each, to push all of them onto a message or pop them."""

    length: int
    different: int                 # n, how many different symbols there are: a power of two
    slots_below: Callable          # (symbols, row) -> their C, (k,) each; row: a slice, their places in `length`
    precision: int = PRECISION     # R
    pad: np.ndarray = None         # (length,) uint64, as in ans.push; None: zeros

    def push(self, message, symbols):
        """Put symbols on a message, as many at a time as it has lanes, the last ones first.

        symbols:   (length,) whole numbers from 0 to n - 1;  returns: a message
        """
        symbols = np.asarray(symbols, np.int64)                     # in uint8, 255 + 1 would be 0
        for row in reversed(self._rows(message)):
            start = self.slots_below(symbols[row], row)
            frequency = self.slots_below(symbols[row] + 1, row) - start
            message = push(message, start, frequency, self.precision, self._pad(row))
        return message

    def pop(self, message):
        """Take symbols off a message: the inverse of `push`.

        Bisection of C itself finds the symbol of a slot; a formula for the inverse of C might round differently.
        Returns:   the message without them, and the symbols, (length,)
        """
        rows = []
        for row in self._rows(message):
            slots, without = pop(message, row.stop - row.start, self.precision, self._pad(row))
            symbols = np.zeros(len(slots), np.int64)
            step = self.different // 2
            while step:
                symbols += step * (self.slots_below(symbols + step, row) <= slots)
                step //= 2
            start = self.slots_below(symbols, row)
            message = without(start, self.slots_below(symbols + 1, row) - start)
            rows.append(symbols)
        return message, np.concatenate(rows)

    def _rows(self, message):
        return [slice(first, min(first + message.lanes, self.length))
                for first in range(0, self.length, message.lanes)]

    def _pad(self, row):
        return 0 if self.pad is None else self.pad[row]


def uniform_table(length, bits):
    """Tables of 2^bits different symbols, all equally likely."""
    return Table(length, 1 << bits, lambda symbols, row: symbols.astype(np.uint64), bits)


def pixel_table(mean, scale):
    """Tables of colour values under the discretised logistic (Appendix B).    mean: any shape, scale: ()"""
    mean = mean.ravel()

    def slots_below(levels, row):
        edge = levels * (2 / 255) - 1 - 1 / 255                     # between this level and the one below it
        return _pinned(levels, (edge - mean[row]) / scale, LEVELS)
    return Table(mean.size, LEVELS, slots_below)


def latent_table(prior, posterior, bits, pad=None):
    """Tables of bins under a logistic posterior. The 2^bits bins of a latent have equal mass under its logistic prior.

    prior, posterior: (mean, scale), (length,) each
    pad:       as in Table
    """
    (p_mean, p_scale), (q_mean, q_scale) = prior, posterior
    edges = _logits(bits)[::2]

    def slots_below(bins, row):
        edge = p_mean[row] + p_scale[row] * edges[bins]             # between this bin and the one below it
        return _pinned(bins, (edge - q_mean[row]) / q_scale[row], 1 << bits)
    return Table(len(q_mean), 1 << bits, slots_below, pad=pad)


def latent_values(prior, bins, bits):
    """The latent for each bin: half of the bin's prior mass is below it.    prior: (mean, scale); all (length,)"""
    mean, scale = prior
    return mean + scale * _logits(bits)[2 * bins + 1]


def _pinned(symbols, x, different):
    """C = symbol + floor((2^R - n) sigmoid(x)), but 0 for the first symbol and 2^R beyond the last.

    sigmoid(x) never falls as x rises, so C rises.
    """
    slots = symbols + np.floor(((1 << PRECISION) - different) * sigmoid(x)).astype(np.int64)
    return np.where(symbols == 0, 0, np.where(symbols == different, 1 << PRECISION, slots)).astype(np.uint64)


@cache
def _logits(bits):
    """logit(j / 2^(bits + 1)): at even j the edges of the bins, at odd j the latents of the bins.

    j = 0 ... 2^(bits + 1); the first and the last, which are infinite and which `_pinned` ignores, are 0.
    """
    below_half = logit(range(1, 1 << bits), 2 << bits)
    return np.concatenate([[0], below_half, [0], -below_half[::-1], [0]])
