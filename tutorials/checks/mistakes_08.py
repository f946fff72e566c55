"""The likeliest mistakes in the exercises of lesson 08."""

import numpy as np


def _packed(bits):
    return np.packbits(bits, bitorder="little")


def _inner(x, w, outside):
    """The sums by comparison of bits, the bits beyond the edges being `outside`."""
    edge = np.full((1, x.shape[1]), outside)
    canvas = np.concatenate([edge, x > 0, edge])
    differing = sum((canvas[k:k + len(x)] ^ (w[k] > 0)).sum(axis=1) for k in range(3))
    return 3 * x.shape[1] - 2 * differing


def _added(x, w):
    return x.shape[1] - 2 * (w > 0).sum(axis=1)


def _corrected(x, w, first, last):
    sums = _inner(x, w, False)
    correct = sums.copy()
    correct[0] -= first
    correct[-1] -= last
    return sums, correct


def _last_correction_only(x, w):
    sums = _inner(x, w, False)
    correct = sums.copy()
    correct[0] = sums[0] - _added(x, w)[0]
    correct[-1] = sums[-1] - _added(x, w)[2]
    return sums, correct


def _first_correction_only(x, w):
    sums, added = _inner(x, w, False), _added(x, w)
    correct = sums.copy()
    for i in range(len(x)):
        if i == 0:
            correct[i] -= added[0]
        elif i == len(x) - 1:
            correct[i] -= added[2]
    return sums, correct


def _right(x, w):
    added = _added(x, w)
    return _corrected(x, w, added[0], added[2])


MISTAKES = {
    "08.1": [
        ("The first sign of each byte is in its highest bit; it belongs in the lowest.",
         lambda signs: np.packbits(signs > 0)),
        ("Every sign became a bit of 1, because -1 is not 0 either; a bit is 1 only where the sign is positive.",
         lambda signs: _packed(signs != 0)),
        ("The bits are inverted; +1 is stored as 1 and -1 as 0.",
         lambda signs: _packed(signs < 0)),
        ("The signs after the last whole byte are missing; they need one more byte.",
         lambda signs: _packed(signs > 0)[:len(signs) // 8]),
        ("The spare bits of the last byte are 1; they must be 0.",
         lambda signs: _packed(np.concatenate([signs, np.ones(-len(signs) % 8)]) > 0)),
        ("The spare bits come before the first sign; they belong behind the last.",
         lambda signs: _packed(np.concatenate([-np.ones(-len(signs) % 8), signs]) > 0)),
        ("A byte holds eight neighbouring signs; yours holds signs that lie far apart.",
         lambda signs: _packed(np.concatenate([signs, -np.ones(-len(signs) % 8)]).reshape(8, -1).T > 0)),
        ("If n is a multiple of 8, there is one byte too many.",
         lambda signs: np.append(_packed(signs > 0), [0] * (len(signs) % 8 == 0))),
    ],
    "08.2": [
        ("Nothing is taken back: the correct sums are those on the canvas of -1.",
         lambda x, w: (_inner(x, w, False), _inner(x, w, False))),
        ("What the edges added must be subtracted, not added again.",
         lambda x, w: _corrected(x, w, -_added(x, w)[0], -_added(x, w)[2])),
        ("The first output looks over the edge with row 0 of the kernel, the last one with row 2; yours are exchanged.",
         lambda x, w: _corrected(x, w, *_added(x, w)[[2, 0]])),
        ("What an edge adds is C minus twice the ones of a kernel row, not C.",
         lambda x, w: _corrected(x, w, x.shape[1], x.shape[1])),
        ("What an edge adds is C minus twice the ones of a kernel row, not C minus the ones.",
         lambda x, w: _corrected(x, w, *(x.shape[1] - (w > 0).sum(axis=1))[[0, 2]])),
        ("Only the first output is corrected; the last one looks over an edge too.",
         lambda x, w: _corrected(x, w, _added(x, w)[0], 0)),
        ("What an edge adds comes from the kernel row beyond it, row 0 or 2, not from row 1.",
         lambda x, w: _corrected(x, w, *_added(x, w)[[1, 1]])),
        ("If there is only one pixel, its sum looks over both edges; the second correction replaces the first.",
         _last_correction_only),
        ("With one pixel the only output looks over both edges: subtract both.",
         _first_correction_only),
        ("The bits beyond the edges must be 0; yours are 1.",
         lambda x, w: (_inner(x, w, True), _inner(x, w, True) + _right(x, w)[1] - _inner(x, w, False))),
        ("The kernel is turned round; output i multiplies pixel i + k - 1 by row k of the kernel.",
         lambda x, w: _right(x, w[::-1])),
        ("A bit of 0 beyond the edge means -1, not +1.",
         lambda x, w: (_inner(x, w, True), _right(x, w)[1])),
        ("The sum is n - 2d, not n - d: each differing bit turns a +1 into a -1.",
         lambda x, w: tuple((sums + 3 * x.shape[1]) / 2 for sums in _right(x, w))),
        ("One sum has n = 3C products, not C.",
         lambda x, w: tuple(sums - 2 * x.shape[1] for sums in _right(x, w))),
        ("The two results are exchanged: the sums on the canvas of -1 come first.",
         lambda x, w: _right(x, w)[::-1]),
    ],
    "08.3": [
        ("T must be a whole number, the largest d that still gives +1.",
         lambda n, alpha, b: (n + b / alpha) / 2),
        ("int() rounds negative numbers up, towards 0; T is the floor.",
         lambda n, alpha, b: int((n + b / alpha) / 2)),
        ("Half-way cases are rounded up or to even; T is the floor.",
         lambda n, alpha, b: int(np.rint((n + b / alpha) / 2))),
        ("sign(0) is +1, so a d that gives exactly 0 still belongs to +1.",
         lambda n, alpha, b: int(np.ceil((n + b / alpha) / 2)) - 1),
        ("T is cut to 0..n, so the output could never be -1 for all d.",
         lambda n, alpha, b: min(n, max(0, int(np.floor((n + b / alpha) / 2))))),
        ("A larger bias makes +1 more likely, so T must grow with b; yours falls.",
         lambda n, alpha, b: int(np.floor((n - b / alpha) / 2))),
        ("The bias must be divided by alpha before it is compared with whole numbers.",
         lambda n, alpha, b: int(np.floor((n + b) / 2))),
        ("The bias is multiplied by alpha; it must be divided by alpha.",
         lambda n, alpha, b: int(np.floor((n + b * alpha) / 2))),
        ("The bias is forgotten.",
         lambda n, alpha, b: n // 2),
        ("A differing bit lowers the sum by 2, so the bound on d must be halved.",
         lambda n, alpha, b: int(np.floor(n + b / alpha))),
    ],
}
