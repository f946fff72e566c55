"""Plausible wrong answers to the exercises of lesson 00."""

import numpy as np


def _through_elu(x, w, b, dy):
    return dy * np.exp(np.minimum(x @ w + b, 0))


def _difference(loss, x, direction, step):
    return (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)


def one_sided(loss, x, dx, direction, step):
    """A difference to one side only."""
    slope = (loss(x + step * direction) - loss(x)) / step
    return abs(np.sum(dx * direction) - slope) / abs(slope)


def forgets_the_two(loss, x, dx, direction, step):
    """Divides by h, not 2h."""
    slope = 2 * _difference(loss, x, direction, step)
    return abs(np.sum(dx * direction) - slope) / abs(slope)


def absolute(loss, x, dx, direction, step):
    """An absolute error."""
    return abs(np.sum(dx * direction) - _difference(loss, x, direction, step))


def relative_to_the_hand(loss, x, dx, direction, step):
    """Relative to what is under test."""
    by_hand = np.sum(dx * direction)
    return abs(by_hand - _difference(loss, x, direction, step)) / abs(by_hand)


def by_elements(x, w, b, dy):
    """Forgets the slope of elu in dw: the bug itself."""
    da = _through_elu(x, w, b, dy)
    return da @ w.T, x.T @ dy, da.sum(axis=0)


WRONG = {
    "00.1": [one_sided, forgets_the_two, absolute, relative_to_the_hand],
    "00.2": [
        by_elements,
        lambda x, w, b, dy: (dy @ w.T, x.T @ dy, dy.sum(axis=0)),                      # no activation at all
        lambda x, w, b, dy: (_through_elu(x, w, b, dy) @ w.T, x.T @ _through_elu(x, w, b, dy),
                             _through_elu(x, w, b, dy).mean(axis=0)),                  # a mean over images
        lambda x, w, b, dy: (dy * np.exp(x @ w + b) @ w.T, x.T @ (dy * np.exp(x @ w + b)),
                             (dy * np.exp(x @ w + b)).sum(axis=0)),                    # e^a where a > 0 too
    ],
    "00.3": [
        lambda p, dy: p * (1 - p) * dy,                             # the Jacobian's diagonal only
        lambda p, dy: p * (dy - np.mean(dy)),                       # passes with all-ones dy
        lambda p, dy: np.zeros_like(p),                             # and so does this
        lambda p, dy: dy - np.sum(p * dy),                          # and this
    ],
}
