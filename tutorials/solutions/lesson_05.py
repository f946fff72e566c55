"""Solutions of lesson 05: the bound and the ResNet VAE."""

import numpy as np


def kl_estimate(z, q_mean, q_scale, p_mean, p_scale):
    """The logarithm of the density is -t - log s - 2 log(1 + e^-t). The difference is taken at the same z, which
    must be a sample of q. A negative estimate is no mistake: only its mean over q cannot be negative."""
    def log_density(mean, scale):
        t = (z - mean) / scale
        return -t - np.log(scale) - 2 * np.log1p(np.exp(-t))
    return log_density(q_mean, q_scale) - log_density(p_mean, p_scale)


def reparameterise(mean, scale, u):
    """The inverse of the distribution function is the logit. The noise does not depend on the parameters, so the
    derivative by the mean is 1 and that by the scale is the noise itself."""
    noise = np.log(u) - np.log1p(-u)
    return mean + scale * noise, np.ones_like(mean), noise


def bits(log_likelihood, kl, size):
    """The loss is minus the bound: KL minus log-likelihood. A dimension is a subpixel, of which a pixel has three, and
    one nat is 1 / log 2 = 1.44 bits."""
    return (kl - log_likelihood) / (np.log(2) * size * size * 3)


SOLUTIONS = {"05.1": kl_estimate, "05.2": reparameterise, "05.3": bits}
