"""Solutions of lesson 07: the Flow++ coupling."""

import numpy as np


def _terms(x, logits, means, log_scales):
    """log w, and the logarithms of sigmoid(r) and sigmoid(-r): (M, 1), (M, n), (M, n)."""
    r = (x - means[:, None]) / np.exp(log_scales[:, None])
    log_w = logits[:, None] - np.logaddexp.reduce(logits)
    return log_w, -np.logaddexp(0, -r), -np.logaddexp(0, r)


def log_cdf(x, logits, means, log_scales):
    """logaddexp(0, -r) is softplus(-r), in a form that does not overflow, and logaddexp.reduce is a logsumexp. F itself
    is never computed: far to the left it would round to 0, and its logarithm would be minus infinity. The weights are
    not computed either, only their logarithms: a very small weight would round to 0."""
    log_w, log_below, _ = _terms(x, logits, means, log_scales)
    return np.logaddexp.reduce(log_w + log_below, axis=0)


def log_slope_of_coupling(x, logits, means, log_scales, a):
    """log F' - log F - log(1 - F) + a. 1 - F is computed as the sum of w sigmoid(-r), since a difference of nearly
    equal numbers would lose its digits. Each component's density has a factor 1 / scale. It is easily forgotten,
    since components of scale 1 do not show it."""
    log_w, log_below, log_above = _terms(x, logits, means, log_scales)
    log_f = np.logaddexp.reduce(log_w - log_scales[:, None] + log_below + log_above, axis=0)
    return log_f - np.logaddexp.reduce(log_w + log_below, axis=0) - np.logaddexp.reduce(log_w + log_above, axis=0) + a


def invert(u, logits, means, log_scales):
    """Each component alone has the logit u at mean + scale * u; the root lies between the smallest and the largest of
    these. After 200 halvings a bracket of any floating-point numbers is as narrow as it can get. The logits are
    compared, not the CDFs: in the right tail every CDF rounds to 1."""
    alone = means[:, None] + np.exp(log_scales[:, None]) * u
    low, high = alone.min(axis=0), alone.max(axis=0)
    for _ in range(200):
        middle = low + (high - low) / 2
        log_w, log_below, log_above = _terms(middle, logits, means, log_scales)
        logit = np.logaddexp.reduce(log_w + log_below, axis=0) - np.logaddexp.reduce(log_w + log_above, axis=0)
        low, high = np.where(logit < u, middle, low), np.where(logit < u, high, middle)
    return low + (high - low) / 2


SOLUTIONS = {"07.1": log_cdf, "07.2": log_slope_of_coupling, "07.3": invert}
