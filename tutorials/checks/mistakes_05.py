"""The likeliest mistakes in the exercises of lesson 05."""

import numpy as np


def _mean_gradients(m, s, noise, x, *, directly=1.0, of_q=1.0, of_prior=1.0, of_likelihood=1.0, scale=0.5, through=1.0,
                    halved=2):
    """Both ways of the mean; the factors are right where they are 1."""
    def tanh(t):
        return np.tanh(t / halved)
    z = m + s * noise
    q_by_z = -tanh(noise) / s
    likelihood_by_z = tanh((x - z) / scale) / scale
    through_z = of_q * q_by_z + of_prior * tanh(z) - of_likelihood * likelihood_by_z
    return -directly * q_by_z, through * through_z


def _added(m, s, noise, x):
    directly, through_z = _mean_gradients(m, s, noise, x)
    return directly + through_z, through_z


def _swapped(m, s, noise, x):
    return _mean_gradients(m, s, noise, x)[::-1]


def _latent(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl, *, floor=0.01, slope=True, from_below=1.0,
            kl_through_z=1.0, directly=1.0, noise_of_scale=True, log_scale_term=1.0, prior_sign=-1.0, spread=1.0):
    """The gradients of a latent layer; the numbers are right as they stand here."""
    def scale_of(log_scale):
        sigmoid = 1 / (1 + np.exp(-log_scale))
        return floor + np.log1p(np.exp(log_scale)), sigmoid if slope else np.ones_like(sigmoid)

    def slopes(z, mean, scale):
        t = (z - mean) / scale
        by_z = -np.tanh(t / 2) / scale
        return by_z, -by_z, -t * by_z - log_scale_term / scale
    (q_scale, q_slope), (p_scale, p_slope) = scale_of(q_log_scale), scale_of(p_log_scale)
    z = q_mean + q_scale * noise
    d_kl = d_kl[:, None, None, :] * spread
    (q_by_z, q_by_mean, q_by_scale), (p_by_z, p_by_mean, p_by_scale) = (
        slopes(z, q_mean, q_scale), slopes(z, p_mean, p_scale))
    dz = from_below * dz + kl_through_z * d_kl * (q_by_z - p_by_z)
    d_q_scale = dz * (noise if noise_of_scale else 1) + directly * d_kl * q_by_scale
    return (dz + directly * d_kl * q_by_mean, d_q_scale * q_slope, prior_sign * d_kl * p_by_mean,
            prior_sign * d_kl * p_by_scale * p_slope)


def _exponential_scales(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
    """The right gradients for scales that are exponentials: softplus of what gives them, without the floor."""
    as_softplus = [np.log(np.expm1(np.exp(log_scale))) for log_scale in (q_log_scale, p_log_scale)]
    gradients = _latent(q_mean, as_softplus[0], p_mean, as_softplus[1], noise, dz, d_kl, floor=0.0, slope=False)
    return (gradients[0], gradients[1] * np.exp(q_log_scale), gradients[2], gradients[3] * np.exp(p_log_scale))


def _latent_with(**wrong):
    def gradients(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
        return _latent(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl, **wrong)
    return gradients


def _mean_over_positions(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
    positions = noise.shape[1] * noise.shape[2]
    return _latent(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl, spread=1 / positions)


def _gradients_of_the_scales(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
    return _latent(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl, slope=False)


def _mean_with(**wrong):
    return lambda m, s, noise, x: _mean_gradients(m, s, noise, x, **wrong)


def _unstable(elbo):
    with np.errstate(all="ignore"):
        return -np.log(np.mean(np.exp(elbo), axis=0))


def _one_largest(elbo):
    with np.errstate(all="ignore"):
        return -elbo.max() - np.log(np.mean(np.exp(elbo - elbo.max()), axis=0))


def _subtracting(of_draws):
    """The right formula, but for what is subtracted before the exponential."""
    def weighted_bound(elbo):
        with np.errstate(all="ignore"):
            return -of_draws(elbo) - np.log(np.mean(np.exp(elbo - of_draws(elbo)), axis=0))
    return weighted_bound


def _stable(elbo):
    return elbo.max(axis=0) + np.log(np.mean(np.exp(elbo - elbo.max(axis=0)), axis=0))


MISTAKES = {
    "05.1": [
        ("The direct part has the wrong sign: log q depends on z - m, so its derivative by m is minus that by z.",
         _mean_with(directly=-1)),
        ("The part through z lacks log q: a sample that moves also changes log q(z).",
         _mean_with(of_q=0)),
        ("The part through z lacks the prior, log p(z).",
         _mean_with(of_prior=0)),
        ("The part through z lacks the likelihood, log p(x | z).",
         _mean_with(of_likelihood=0)),
        ("The likelihood has the wrong sign: z is its mean, and -ELBO subtracts it.",
         _mean_with(of_likelihood=-1)),
        ("The likelihood's scale is 0.5, not 1.",
         _mean_with(scale=1.0)),
        ("The likelihood's t is (x - z) / 0.5, so its derivative has the factor 1 / 0.5; the factor is missing.",
         _mean_with(of_likelihood=0.5)),
        ("The part through z is multiplied by the scale; the derivative of z by m is 1.",
         lambda m, s, noise, x: _mean_gradients(m, s, noise, x, through=s)),
        ("The part through z is multiplied by the noise, which is the derivative of z by s; that by m is 1.",
         lambda m, s, noise, x: _mean_gradients(m, s, noise, x, through=noise)),
        ("The derivative of the log-density is -tanh(t / 2) / s; the half of t is missing.",
         _mean_with(halved=1)),
        ("The derivative of log q lacks the division by s: t = (z - m) / s.",
         lambda m, s, noise, x: _mean_gradients(m, s, noise, x, directly=s, of_q=s)),
        ("This is the gradient of the ELBO; the loss is -ELBO.",
         _mean_with(directly=-1, through=-1)),
        ("The first result holds both parts; it should hold only the direct one.",
         _added),
        ("The two results are in the wrong order: the direct one comes first.",
         _swapped),
    ],
    "05.2": [
        ("The mean and the scale of q also act directly in log q; these derivatives are missing.",
         _latent_with(directly=0)),
        ("The KL depends on z too; its derivative by z must go on to q's mean and scale.",
         _latent_with(kl_through_z=0)),
        ("The gradient dz, which comes from the next state, is missing.",
         _latent_with(from_below=0)),
        ("These are the gradients of the scales; those of the log-scales have the factor sigmoid(log-scale).",
         _gradients_of_the_scales),
        ("The derivative of z by the scale is the noise; this factor is missing.",
         _latent_with(noise_of_scale=False)),
        ("The prior's gradients have the wrong sign: the KL subtracts log p(z).",
         _latent_with(prior_sign=1.0)),
        ("The density is divided by its scale; the derivative of -log scale is missing.",
         _latent_with(log_scale_term=0)),
        ("The scale is 0.01 + softplus(log-scale); the 0.01 is missing.",
         _latent_with(floor=0.0)),
        ("The KL is a sum over rows and columns, not a mean: each position gets the whole d_kl.",
         _mean_over_positions),
        ("The scale is 0.01 + softplus(log-scale), not its exponential.",
         _exponential_scales),
        ("The gradient d_kl has the wrong sign: the KL is log q - log p.",
         lambda q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl: _latent(
             q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, -d_kl)),
        ("The KL is weighted with d_kl; that factor is missing.",
         lambda q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl: _latent(
             q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, np.ones_like(d_kl))),
    ],
    "05.3": [
        ("The exponential of -3000 is 0, and that of 800 is infinite: subtract the largest number first.",
         _unstable),
        ("This is the mean of the bounds, the loss with one draw, not the logarithm of the mean of their exponentials.",
         lambda elbo: -elbo.mean(axis=0)),
        ("This is the logarithm of the sum; the mean is smaller by the factor K.",
         lambda elbo: -_stable(elbo) - np.log(len(elbo))),
        ("This is the bound itself; the loss is minus the bound.",
         _stable),
        ("This is the largest of the bounds; the other draws count too.",
         lambda elbo: -elbo.max(axis=0)),
        ("The mean goes over the K draws, the first axis, not over the images.",
         lambda elbo: -_stable(elbo.T)),
        ("The largest number of all images is subtracted; each image needs the largest of its own draws.",
         _one_largest),
        ("The draws of one image can be thousands of nats apart: subtract the largest of them, not the smallest.",
         _subtracting(lambda elbo: elbo.min(axis=0))),
        ("The draws of one image can be thousands of nats apart: subtract the largest of them, not their mean.",
         _subtracting(lambda elbo: elbo.mean(axis=0))),
        ("The draws of one image can be thousands of nats apart: subtract the largest of them, not the first.",
         _subtracting(lambda elbo: elbo[0])),
        ("What was subtracted before the exponential must be added again after the logarithm.",
         lambda elbo: elbo.max(axis=0) - _stable(elbo)),
        ("The exponential of minus the bounds is averaged; the weights are the exponentials of the bounds.",
         lambda elbo: _stable(-elbo)),
        ("This is one number for all images; each image has its own bound.",
         lambda elbo: -_stable(elbo).mean()),
    ],
}
