"""Solutions of lesson 05: the bound and the ResNet VAE."""

import numpy as np


def mean_gradients(m, s, noise, x):
    """The derivative of log q(z) by z is -tanh(t / 2) / s with t = (z - m) / s = noise. The density depends on z - m,
    so the derivative by m, at a fixed z, is the same with the other sign: that is the direct way. Through z, with
    dz/dm = 1, go the derivatives of all three terms. Add both: what log q contributes cancels. A shift moves the
    sample together with its density, so log q(z) does not change."""
    z = m + s * noise
    directly = np.tanh(noise / 2) / s
    log_prior_slope = -np.tanh(z / 2)                               # by z
    log_likelihood_slope = np.tanh((x - z) / 0.5 / 2) / 0.5         # by z, which is the mean of x
    return directly, -directly - log_prior_slope - log_likelihood_slope


def latent_gradients(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
    """The KL is summed over space, so each position gets the same d_kl: it is broadcast to (N, H, W, Z). All that
    changes z goes on to q's mean (times 1) and to q's scale (times the noise), and both also act directly in log q.
    The prior acts in -log p only. Each scale is 0.01 + softplus(log-scale), whose derivative is the sigmoid."""
    def scale_of(log_scale):
        return 0.01 + np.log1p(np.exp(log_scale)), 1 / (1 + np.exp(-log_scale))

    def slopes(z, mean, scale):
        """Derivatives of the log-density by z, the mean and the scale."""
        t = (z - mean) / scale
        by_z = -np.tanh(t / 2) / scale
        return by_z, -by_z, -t * by_z - 1 / scale
    q_scale, q_scale_slope = scale_of(q_log_scale)
    p_scale, p_scale_slope = scale_of(p_log_scale)
    z = q_mean + q_scale * noise
    d_kl = d_kl[:, None, None, :]
    q_by_z, q_by_mean, q_by_scale = slopes(z, q_mean, q_scale)
    p_by_z, p_by_mean, p_by_scale = slopes(z, p_mean, p_scale)
    dz = dz + d_kl * (q_by_z - p_by_z)                              # from the state below, and from the KL
    d_q_mean = dz + d_kl * q_by_mean
    d_q_scale = dz * noise + d_kl * q_by_scale
    return d_q_mean, d_q_scale * q_scale_slope, -d_kl * p_by_mean, -d_kl * p_by_scale * p_scale_slope


def weighted_bound(elbo):
    """e^-3000 is 0 in 64 bits, and log 0 is no number. So take the largest of each image's numbers out of the sum, as
    e^(elbo - largest), of which at least one is 1, and add it again after the logarithm."""
    largest = elbo.max(axis=0)
    return -largest - np.log(np.mean(np.exp(elbo - largest), axis=0))


SOLUTIONS = {"05.1": mean_gradients, "05.2": latent_gradients, "05.3": weighted_bound}
