"""The likeliest mistakes in the exercises of lesson 07."""

import numpy as np


def _quiet(function):
    """Without warnings of overflow: the wrong answers are about such numbers."""
    def quiet(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)
    return quiet


def _log_softmax(logits):
    return (logits - np.logaddexp.reduce(logits))[:, None]


def _rounded(logits):
    return np.log(np.exp(logits) / np.exp(logits).sum())[:, None]


def _scaled(x, means, log_scales):
    return (x - means[:, None]) / np.exp(log_scales[:, None])


def _log_cdf(log_w=_log_softmax, place=_scaled, sign=1, of_terms=lambda terms: np.logaddexp.reduce(terms, axis=0)):
    """The solution of 07.1, with one thing changed."""
    def log_cdf(x, logits, means, log_scales):
        return of_terms(log_w(logits) - np.logaddexp(0, -sign * place(x, means, log_scales)))
    return _quiet(log_cdf)


def _log_slope(log_w=_log_softmax, with_scales=1, rest=1, least_rest=None, density_only=False, of_a=lambda a: a):
    """The solution of 07.2, with one thing changed."""
    def log_slope_of_coupling(x, logits, means, log_scales, a):
        r = _scaled(x, means, log_scales)
        below, above = log_w(logits) - np.logaddexp(0, -r), log_w(logits) - np.logaddexp(0, r)
        log_density = np.logaddexp.reduce(below - np.logaddexp(0, r) - with_scales * log_scales[:, None], axis=0)
        log_cdf, log_rest = np.logaddexp.reduce(below, axis=0), np.logaddexp.reduce(above, axis=0)
        if least_rest is not None:
            log_rest = np.log(np.maximum(1 - np.exp(log_cdf), least_rest))
        return log_density + of_a(a) - (0 if density_only else log_cdf + rest * log_rest)
    return _quiet(log_slope_of_coupling)


def _safe(u, means, scales):
    return (means + scales * u).min(axis=0), (means + scales * u).max(axis=0)


def _fixed(edge):
    """A bracket from -edge to edge."""
    return lambda u, means, scales: (np.full_like(u, -edge), np.full_like(u, edge))


def _invert(bracket=_safe, log_w=_log_softmax, halvings=200, of_cdf=False, naive=False):
    """The solution of 07.3, with one thing changed."""
    def invert(u, logits, means, log_scales):
        low, high = bracket(u, means[:, None], np.exp(log_scales[:, None]))
        for _ in range(halvings):
            middle = (low + high) / 2
            r = _scaled(middle, means, log_scales)
            log_below = np.logaddexp.reduce(log_w(logits) - np.logaddexp(0, -r), axis=0)
            log_above = np.logaddexp.reduce(log_w(logits) - np.logaddexp(0, r), axis=0)
            if naive:
                log_above = np.log(1 - np.exp(log_below))
            less = np.exp(log_below) < 1 / (1 + np.exp(-u)) if of_cdf else log_below - log_above < u
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        return (low + high) / 2
    return _quiet(invert)


MISTAKES = {
    "07.1": [
        ("F is computed, and then its logarithm: far to the left F rounds to 0.",
         _log_cdf(of_terms=lambda terms: np.log(np.exp(terms).sum(axis=0)))),
        ("A small number is added to F, so that its logarithm is finite, but far to the left it is wrong.",
         _log_cdf(of_terms=lambda terms: np.log(np.exp(terms).sum(axis=0) + 1e-12))),
        ("This is the mean of the components' logarithms; log F is the logarithm of their mean.",
         _quiet(lambda x, logits, means, log_scales: (np.exp(_log_softmax(logits))
                * -np.logaddexp(0, -_scaled(x, means, log_scales))).sum(axis=0))),
        ("The logits are not normalised: log w is the logit minus the logsumexp of all logits.",
         _log_cdf(log_w=lambda logits: logits[:, None])),
        ("The weights are computed, and then their logarithms: a very small weight rounds to 0.",
         _log_cdf(log_w=_rounded)),
        ("log_scales are logarithms: the scales are their exponentials.",
         _log_cdf(place=lambda x, means, log_scales: (x - means[:, None]) / log_scales[:, None])),
        ("x - mean is divided by the scale; here it is multiplied by it.",
         _log_cdf(place=lambda x, means, log_scales: (x - means[:, None]) * np.exp(log_scales[:, None]))),
        ("This is log(1 - F): the sign of r in the softplus is wrong.",
         _log_cdf(sign=-1)),
    ],
    "07.2": [
        ("Each component's density has a factor 1 / scale; it is missing.",
         _log_slope(with_scales=0)),
        ("The affine part multiplies the slope by e^a, so a is added; it is missing.",
         _log_slope(of_a=lambda a: 0)),
        ("The affine part multiplies the slope by e^a, so a is added; here it is subtracted.",
         _log_slope(of_a=lambda a: -a)),
        ("a is the log-scale itself, after the tanh; here it passes another tanh.",
         _log_slope(of_a=np.tanh)),
        ("This is the slope of log F; the logit has a term log(1 - F) too.",
         _log_slope(rest=0)),
        ("Both log F and log(1 - F) are subtracted; here log(1 - F) is added.",
         _log_slope(rest=-1)),
        ("This is the slope of the CDF; the slope of its logit is F' / (F (1 - F)).",
         _log_slope(density_only=True)),
        ("1 - F is computed as 1 - exp(log F): far to the right that is 0, and its logarithm is infinite.",
         _log_slope(least_rest=0)),
        ("1 - F is computed as a difference with a least value: it is finite, but far to the right it is wrong.",
         _log_slope(least_rest=1e-12)),
        ("The weights are computed, and then their logarithms: a very small weight rounds to 0.",
         _log_slope(log_w=_rounded)),
    ],
    "07.3": [
        ("The root lies outside of your bracket, which goes from -10 to 10 for all u.",
         _invert(_fixed(10))),
        ("The root lies outside of your bracket, which goes from -100 to 100 for all u.",
         _invert(_fixed(100))),
        ("The root lies outside of your bracket, which goes from -1000 to 1000 for all u.",
         _invert(_fixed(1000))),
        ("The bracket is some scales wide, whatever u is, and the root can lie outside.",
         _invert(lambda u, means, scales: ((means - 20 * scales).min(axis=0) + 0 * u,
                                           (means + 20 * scales).max(axis=0) + 0 * u))),
        ("The bracket reaches from the smallest to the largest mean; in the tails the root lies outside.",
         _invert(lambda u, means, scales: (means.min() + 0 * u, means.max() + 0 * u))),
        ("CDFs are compared: in the right tail they all round to 1. Compare logits.",
         _invert(of_cdf=True)),
        ("F itself is computed, and log F - log(1 - F) from it: far to the right F rounds to 1.",
         _invert(naive=True)),
        ("20 halvings are too few: the interval is still too long.",
         _invert(halvings=20)),
        ("30 halvings are too few where the components lie far apart: there the first interval is long.",
         _invert(halvings=30)),
        ("The weights are computed, and then their logarithms: a very small weight rounds to 0.",
         _invert(log_w=_rounded)),
        ("This is the mean of the components' inverses; the inverse of a mean is something else.",
         lambda u, logits, means, log_scales: (np.exp(_log_softmax(logits)) * (
             means[:, None] + np.exp(log_scales[:, None]) * u)).sum(axis=0)),
    ],
}
