"""Exercises of lesson 07: the Flow++ coupling."""

from decimal import Decimal, localcontext

import numpy as np

from . import Exercise

DIGITS = 60              # enough for every tail that occurs here


def _mixture(x, logits, means, log_scales):
    """F, 1 - F and F' of one number as the textbook defines them, with so many digits that nothing is lost."""
    weights = [Decimal(float(logit)).exp() for logit in logits]
    cdf = rest = pdf = Decimal(0)
    for weight, mean, log_scale in zip(weights, means, log_scales):
        share, scale = weight / sum(weights), Decimal(float(log_scale)).exp()
        r = (x - Decimal(float(mean))) / scale
        below, above = 1 / (1 + (-r).exp()), 1 / (1 + r.exp())
        cdf, rest, pdf = cdf + share * below, rest + share * above, pdf + share * below * above / scale
    return cdf, rest, pdf


def log_cdf(x, logits, means, log_scales):
    """The logarithm of F, number by number, in decimal arithmetic."""
    with localcontext() as context:
        context.prec = DIGITS
        return np.array([float(_mixture(Decimal(float(number)), logits, means, log_scales)[0].ln()) for number in x])


def log_slope_of_coupling(x, logits, means, log_scales, a):
    """log(e^a F' / (F (1 - F))), number by number, in decimal arithmetic."""
    result = []
    with localcontext() as context:
        context.prec = DIGITS
        for number, log_scale in zip(x, a):
            cdf, rest, pdf = _mixture(Decimal(float(number)), logits, means, log_scales)
            result.append(float((Decimal(float(log_scale)).exp() * pdf / (cdf * rest)).ln()))
    return np.array(result)


def _odds(x, logits, means, log_scales):
    cdf, rest, _ = _mixture(x, logits, means, log_scales)
    return cdf / rest


def invert(u, logits, means, log_scales):
    """Double an interval until the odds F / (1 - F) = e^u lie in it, then halve it, in decimal arithmetic."""
    result = []
    with localcontext() as context:
        context.prec = DIGITS
        for number in u:
            odds = Decimal(float(number)).exp()
            low, high = Decimal(-1), Decimal(1)
            while _odds(low, logits, means, log_scales) > odds:
                low *= 2
            while _odds(high, logits, means, log_scales) < odds:
                high *= 2
            while high - low > Decimal(10) ** -12:
                middle = (low + high) / 2
                low, high = (low, middle) if _odds(middle, logits, means, log_scales) > odds else (middle, high)
            result.append(float(low))
    return np.array(result)


MIDDLE = np.array([-1.0, 0.0, 0.5, 2.0])
FAR = np.array([-2000.0, -50.0, 50.0, 2000.0])
A = np.array([0.5, -0.5, 0.0, 1.0])
NARROW = [np.array([0.0, 1.0, -1.0]), np.array([-1.0, 0.5, 2.0]), np.array([-0.5, 0.3, -1.0])]
APART = [np.array([0.0, 3.0, -20.0]), np.array([-900.0, 0.0, 300.0]), np.array([-2.0, 3.0, 1.0])]
WIDE = [np.array([0.0, 3.0, -20.0]), np.array([-9e4, 0.0, 3e4]), np.array([0.0, 3.0, 1.0])]
RARE = [np.array([0.0, -900.0]), np.array([0.0, 1.0]), np.array([0.0, 3.0])]         # e^-900 rounds to 0
SINGLE = [np.array([2.0]), np.array([-1.0]), np.array([0.5])]
EXERCISES = {
    "07.1": Exercise(log_cdf, [[MIDDLE, *NARROW], [FAR, *NARROW], [FAR, *APART], [FAR, *RARE], [MIDDLE[:1], *SINGLE]]),
    "07.2": Exercise(log_slope_of_coupling, [[MIDDLE, *NARROW, np.zeros(4)], [MIDDLE, *NARROW, MIDDLE / 2],
                                             [FAR, *NARROW, A], [FAR, *APART, A], [FAR, *RARE, A],
                                             [MIDDLE[:1], *SINGLE, A[:1]]]),
    "07.3": Exercise(invert, [[MIDDLE, *NARROW], [FAR, *NARROW], [np.array([-90.0, -3.5, 0.0, 2.0, 90.0]), *APART],
                              [np.array([-0.5, 0.0, 1.0]), *WIDE], [FAR, *RARE], [MIDDLE[:1], *SINGLE]],
                     tolerance=1e-7),
}
