"""Plausible wrong answers to the exercises of lesson 08."""

import numpy as np


def _bits(x):
    return x > 0


def _on_canvas(x, w):
    W, C = x.shape
    canvas = np.concatenate([np.zeros((1, C), bool), _bits(x), np.zeros((1, C), bool)])
    return 3 * C - 2 * sum((canvas[k:k + W] ^ _bits(w[k])).sum(axis=1) for k in range(3))


def _corrected(x, w, added):
    sums = _on_canvas(x, w)
    correct = sums.copy()
    correct[0] -= added[0]
    correct[-1] -= added[2]
    return sums, correct


WRONG = {
    "08.1": [
        lambda signs: np.packbits(signs > 0),                       # first sign highest
        lambda signs: np.packbits(signs != 0, bitorder="little"),   # -1 is not false
        lambda signs: np.packbits(signs > 0, bitorder="little")[:len(signs) // 8],      # the rest is cut off
        lambda signs: np.packbits(np.concatenate([signs, np.ones(-len(signs) % 8)]) > 0, bitorder="little"),  # spare 1s
    ],
    "08.2": [
        lambda x, w: (_on_canvas(x, w), _on_canvas(x, w)),          # no correction
        lambda x, w: _corrected(x, w, 2 * _bits(w).sum(axis=1) - x.shape[1]),           # its sign
        lambda x, w: _corrected(x, w, (x.shape[1] - 2 * _bits(w).sum(axis=1))[::-1]),   # the other end's row
        lambda x, w: _corrected(x, w, np.full(3, x.shape[1])),      # as if all products had been +1
    ],
    "08.3": [
        lambda n, alpha, b: (n + b / alpha) / 2,                    # not a whole number
        lambda n, alpha, b: int((n + b / alpha) / 2),               # rounds negative numbers up
        lambda n, alpha, b: int(np.ceil((n + b / alpha) / 2)) - 1,  # sign(0) = -1
        lambda n, alpha, b: min(n, max(0, int(np.floor((n + b / alpha) / 2)))),         # never 'never'
    ],
}
