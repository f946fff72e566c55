"""Plausible wrong answers to the exercises of lesson 04."""

import numpy as np


def _stack(x, matrices, dy, order=reversed, keep=1.0, transpose=True, slope=lambda t: 1 - t * t):
    branches = []
    for A in matrices:
        branches.append(np.tanh(x @ A))
        x = x + branches[-1]
    for A, t in zip(order(matrices), order(branches)):
        dy = keep * dy + (dy * slope(t)) @ (A.T if transpose else A)
    return x, dy


def _one_addition_for_all(x, matrices, dy):
    h, branches = x, []
    for A in matrices:
        branches.append(np.tanh(h @ A))
        h = h + branches[-1]
    d = dy
    for A, t in zip(reversed(matrices), reversed(branches)):
        d = (d * (1 - t * t)) @ A.T
    return h, dy + d


def _sign(x):
    return np.where(x >= 0, 1.0, -1.0)


def _after(answer):
    """An answer for sign after the addition; the rest is right."""
    return lambda x, dy, blocks, after: answer(x, dy, blocks) if after and blocks else (x, dy)


WRONG = {
    "04.1": [
        lambda x, matrices, dy: _stack(x, matrices, dy, order=list),                  # backward in forward order
        lambda x, matrices, dy: _stack(x, matrices, dy, keep=0.0),                    # forgets the addition
        lambda x, matrices, dy: _stack(x, matrices, dy, transpose=False),             # the Jacobian, not transposed
        lambda x, matrices, dy: _stack(x, matrices, dy, slope=lambda t: 1 - np.tanh(t)**2),   # tanh of tanh
        _one_addition_for_all,                                                        # dy is added once, at the bottom
    ],
    "04.2": [
        lambda h, c: (18 * h * h + 2 * c * h + 4 * h * h, 32 * 8 * h),                # forgets the layer norm
        lambda h, c: (18 * h * h + c * h + 4 * h * h, 32 * 10 * h),                   # the context is not doubled
        lambda h, c: (9 * h * h + 2 * c * h + h * h, 32 * 8 * h),                     # nothing is doubled
        lambda h, c: (18 * h * h + 2 * c * h + 2 * h * h, 32 * 8 * h),                # a gate of h outputs
        lambda h, c: (18 * h * h + 2 * c * h + 4 * h * h, 10 * h),                    # one bit for gains and biases
        lambda h, c: (18 * h * h + 2 * c * h + 4 * h * h, 32 * 5 * h),                # gains without biases
    ],
    "04.3": [
        lambda x, dy, blocks, after: (x, dy),                                         # sees no difference
        lambda x, dy, blocks, after: (_sign(x), dy * (np.abs(x) <= 1)) if blocks else (x, dy),    # nor here
        lambda x, dy, blocks, after: (_sign(x), dy * (np.abs(x) <= 1)) if after else (x, dy),     # not even one block
        _after(lambda x, dy, blocks: (_sign(x), dy)),                                 # Eq. (3) in place of (6)
        _after(lambda x, dy, blocks: (_sign(x), 0 * dy)),                             # the true derivative
        _after(lambda x, dy, blocks: (np.sign(x), dy * (np.abs(x) <= 1))),            # sign(0) = 0
        _after(lambda x, dy, blocks: (_sign(x), dy * (np.abs(x) < 1))),               # 1 is outside the window
        _after(lambda x, dy, blocks: (_sign(x), dy * (np.abs(x) <= 1) * (blocks == 1))),      # so later blocks stop it
    ],
}
