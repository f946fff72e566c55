"""Logistic distributions: noise, reparameterised sample, log-density, one-sample KL."""

import numpy as np

from .. import numerics
from ..differentiable import differentiable
from ..ops import softplus

NOISE_MARGIN = 1e-5      # uniform noise stays this far from 0 and 1, so that its logit stays finite
LEAST_SCALE = 0.01       # of a latent's distribution (Appendix B)


def logistic_noise(uniform):
    """Standard logistic noise from uniform noise.

    Paper:     Appendix B.
    Forward:   log u - log(1 - u), u = uniform clipped to [1e-5, 1 - 1e-5]       uniform: any shape
    """
    u = np.clip(uniform, NOISE_MARGIN, 1 - NOISE_MARGIN)
    return np.log(u) - np.log1p(-u)


@differentiable("log_scale")
def latent_scale(log_scale):
    """The scale of a latent's distribution, from the network's output.

    Paper:     Appendix B.
    Forward:   scale = 0.01 + softplus(log_scale)                   log_scale, scale: any shape
    Backward:  d_log_scale = d_scale * sigmoid(log_scale)
    """
    positive, softplus_backward = softplus(log_scale)
    scale = positive + LEAST_SCALE
    return scale, softplus_backward


@differentiable("mean", "scale")
def logistic_sample(mean, scale, noise):
    """One reparameterised sample; the noise is data and gets no gradient.

    Paper:     Eq. (7), Appendix B.
    Forward:   z = mean + scale * noise        all: one shape; noise: standard logistic
    Backward:  d_mean = dz, d_scale = dz * noise
    """
    z = mean + scale * noise

    def logistic_sample_backward(dz):
        return dz, dz * noise
    return z, logistic_sample_backward


@differentiable("x", "mean", "scale")
def logistic_log_density(x, mean, scale):
    """Log-density of logistic distributions, in nats.

    Paper:     Appendix B.
    Forward:   t = (x - mean) / scale, y = -t - log scale - 2 softplus(-t)
               x, mean, scale, y: one shape
    Backward:  dt = -dy * tanh(t / 2), dx = dt / scale, d_mean = -dx, d_scale = -(dt * t + dy) / scale
    """
    t = (x - mean) / scale
    y = -t - np.log(scale) - 2 * numerics.softplus(-t)

    def logistic_log_density_backward(dy):
        dt = -dy * np.tanh(0.5 * t)
        dx = dt / scale
        return dx, -dx, -(dt * t + dy) / scale
    return y, logistic_log_density_backward


@differentiable("z", "q_mean", "q_scale", "p_mean", "p_scale")
def one_sample_kl(z, q_mean, q_scale, p_mean, p_scale):
    """Estimate KL(q || p) with one sample z of q, for each latent number, in nats.

    Paper:     Eq. (7), Appendix B.
    Forward:   kl = log q(z) - log p(z)        all: one shape
    Backward:  dz, d_q_mean, d_q_scale, d_p_mean, d_p_scale
    """
    log_q, log_q_backward = logistic_log_density(z, q_mean, q_scale)
    log_p, log_p_backward = logistic_log_density(z, p_mean, p_scale)
    kl = log_q - log_p

    def one_sample_kl_backward(d_kl):
        dz_of_q, d_q_mean, d_q_scale = log_q_backward(d_kl)
        dz_of_p, d_p_mean, d_p_scale = log_p_backward(-d_kl)
        return dz_of_q + dz_of_p, d_q_mean, d_q_scale, d_p_mean, d_p_scale
    return kl, one_sample_kl_backward
