"""Plausible wrong answers to the exercises of lesson 07."""

import numpy as np


def _quiet(function):
    """Without warnings of overflow: the wrong answers are about such numbers."""
    def quiet(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)
    return quiet


def _sigmoid(r):
    return 1 / (1 + np.exp(-r))


def _r(x, means, log_scales, scale_of=np.exp):
    return (x - means[:, None]) / scale_of(log_scales[:, None])


def _softmax(logits):
    return (np.exp(logits) / np.exp(logits).sum())[:, None]


def _naive_log_cdf(x, logits, means, log_scales):
    return np.log((_softmax(logits) * _sigmoid(_r(x, means, log_scales))).sum(axis=0))


def _log_slope(weights_of=_softmax, with_scales=1, sign=1, rest=1, clip=False):
    def log_slope_of_coupling(x, logits, means, log_scales, a):
        r, log_w = _r(x, means, log_scales), np.log(weights_of(logits))
        below, above = log_w - np.logaddexp(0, -r), log_w - np.logaddexp(0, r)
        log_f = np.logaddexp.reduce(below - np.logaddexp(0, r) - with_scales * log_scales[:, None], axis=0)
        log_rest = np.logaddexp.reduce(above, axis=0)
        if clip:
            log_rest = np.log(np.maximum(1 - np.exp(np.logaddexp.reduce(below, axis=0)), 1e-12))
        return log_f - np.logaddexp.reduce(below, axis=0) - rest * log_rest + sign * a
    return log_slope_of_coupling


def _invert(bracket, halvings=200, of_cdf=False):
    def invert(u, logits, means, log_scales):
        low, high = bracket(u, means[:, None], np.exp(log_scales[:, None]))
        log_w = np.log(_softmax(logits))
        for _ in range(halvings):
            middle = (low + high) / 2
            r = _r(middle, means, log_scales)
            log_below = np.logaddexp.reduce(log_w - np.logaddexp(0, -r), axis=0)
            log_above = np.logaddexp.reduce(log_w - np.logaddexp(0, r), axis=0)
            less = np.exp(log_below) < _sigmoid(u) if of_cdf else log_below - log_above < u
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        return (low + high) / 2
    return _quiet(invert)


def _safe(u, means, scales):
    return (means + scales * u).min(axis=0), (means + scales * u).max(axis=0)


WRONG = {
    "07.1": [
        _quiet(_naive_log_cdf),                                     # F rounds to 0 far to the left
        _quiet(lambda x, logits, means, log_scales:                 # a small number that hides the problem
               np.log((_softmax(logits) * _sigmoid(_r(x, means, log_scales))).sum(axis=0) + 1e-12)),
        _quiet(lambda x, logits, means, log_scales:                 # the mean of the logarithms
               (_softmax(logits) * -np.logaddexp(0, -_r(x, means, log_scales))).sum(axis=0)),
        _quiet(lambda x, logits, means, log_scales:                 # logits for the logarithms of weights
               np.logaddexp.reduce(logits[:, None] - np.logaddexp(0, -_r(x, means, log_scales)), axis=0)),
        _quiet(lambda x, logits, means, log_scales: np.logaddexp.reduce(      # the scales' logarithms for the scales
            np.log(_softmax(logits)) - np.logaddexp(0, -_r(x, means, log_scales, lambda s: s)), axis=0)),
    ],
    "07.2": [
        _log_slope(with_scales=0),                                  # a density without 1 / scale
        _log_slope(sign=0),                                         # forgets the affine part
        _log_slope(sign=-1),                                        # undoes it
        _log_slope(rest=0),                                         # the slope of log F, not of its logit
        _log_slope(rest=-1),                                        # f (1 - F) / F
        _quiet(_log_slope(clip=True)),                              # clips 1 - F
    ],
    "07.3": [
        _invert(lambda u, means, scales: (np.full_like(u, -10), np.full_like(u, 10))),          # a fixed bracket
        _invert(lambda u, means, scales: ((means - 20 * scales).min(axis=0) + 0 * u,            # some scales wide
                                          (means + 20 * scales).max(axis=0) + 0 * u)),
        _invert(_safe, of_cdf=True),                                # compares CDFs: all equal 1 in the tail
        _invert(_safe, halvings=15),                                # stops too early
        lambda u, logits, means, log_scales:                        # the mean of the components' inverses
        (_softmax(logits) * (means[:, None] + np.exp(log_scales[:, None]) * u)).sum(axis=0),
    ],
}
