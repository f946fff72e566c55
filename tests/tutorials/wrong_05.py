"""Plausible wrong answers to the exercises of lesson 05."""

import numpy as np


def _log_density(z, mean, scale):
    t = (z - mean) / scale
    return -t - np.log(scale) - 2 * np.log1p(np.exp(-t))


def _without_scale(z, mean, scale):
    return _log_density(z, mean, scale) + np.log(scale)


def _logit(u):
    return np.log(u) - np.log1p(-u)


WRONG = {
    "05.1": [
        lambda z, qm, qs, pm, ps: _log_density(z, pm, ps) - _log_density(z, qm, qs),        # the other way round
        lambda z, qm, qs, pm, ps: _without_scale(z, qm, qs) - _without_scale(z, pm, ps),    # densities without 1/s
        lambda z, qm, qs, pm, ps: max(0.0, _log_density(z, qm, qs) - _log_density(z, pm, ps)),   # never negative
        lambda z, qm, qs, pm, ps: np.log(ps / qs) + (qs**2 + (qm - pm)**2) / (2 * ps**2) - 0.5,  # of Gaussians
    ],
    "05.2": [
        lambda mean, scale, u: (mean + scale * u, np.ones_like(mean), u),                   # uniform, not logistic
        lambda mean, scale, u: (mean + scale * np.log(u / (1 - u)), np.ones_like(mean), scale),   # wrong derivative
        lambda mean, scale, u: (mean - scale * _logit(u), np.ones_like(mean), _logit(u)),   # the mirrored sample
        lambda mean, scale, u: (mean + scale * _logit(u), 0 * mean, _logit(u)),             # the mean is forgotten
    ],
    "05.3": [
        lambda log_likelihood, kl, size: (kl - log_likelihood) / (size * size * 3),         # nats
        lambda log_likelihood, kl, size: (kl - log_likelihood) / (np.log(2) * size * size),      # pixels
        lambda log_likelihood, kl, size: (log_likelihood - kl) / (np.log(2) * size * size * 3),  # the bound itself
        lambda log_likelihood, kl, size: -(kl + log_likelihood) / (np.log(2) * size * size * 3),  # KL as a gain
    ],
}
