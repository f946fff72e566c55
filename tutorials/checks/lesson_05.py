"""Exercises of lesson 05: the bound and the ResNet VAE."""

import math

import numpy as np

from . import Exercise

STEP = 1e-5              # of the differences below


def logistic(at, mean, scale):
    """The density of a logistic distribution."""
    e = math.exp(-abs(at - mean) / scale)
    return e / (scale * (1 + e) ** 2)


def mean_gradients(m, s, noise, x):
    """By differences: -ELBO as m moves in log q only, then as m moves in z only."""
    def negative_elbo(i, m_of_q, m_of_z):
        z = m_of_z + s[i] * noise[i]
        log_q, log_prior = math.log(logistic(z, m_of_q, s[i])), math.log(logistic(z, 0, 1))
        return log_q - log_prior - math.log(logistic(x[i], z, 0.5))
    directly, through_z = np.zeros(len(m)), np.zeros(len(m))
    for i, here in enumerate(m):
        up, down = here + STEP, here - STEP
        directly[i] = (negative_elbo(i, up, here) - negative_elbo(i, down, here)) / (2 * STEP)
        through_z[i] = (negative_elbo(i, here, up) - negative_elbo(i, here, down)) / (2 * STEP)
    return directly, through_z


def latent_gradients(q_mean, q_log_scale, p_mean, p_log_scale, noise, dz, d_kl):
    """By differences: each number of each array moves alone; dz and d_kl weight the layer's z and KL."""
    def weighted(arrays):
        total = 0.0
        for n, i, j, channel in np.ndindex(noise.shape):
            mean, log_scale, mean_of_p, log_scale_of_p = (array[n, i, j, channel] for array in arrays)
            scale, scale_of_p = (0.01 + math.log(1 + math.exp(number)) for number in (log_scale, log_scale_of_p))
            z = mean + scale * noise[n, i, j, channel]
            kl = math.log(logistic(z, mean, scale)) - math.log(logistic(z, mean_of_p, scale_of_p))
            total += dz[n, i, j, channel] * z + d_kl[n, channel] * kl
        return total

    arrays = [q_mean, q_log_scale, p_mean, p_log_scale]
    gradients = [np.zeros(noise.shape) for _ in arrays]
    for array, gradient in zip(arrays, gradients):
        for place in np.ndindex(noise.shape):
            before = array[place]
            array[place] = before + STEP
            above = weighted(arrays)
            array[place] = before - STEP
            gradient[place] = (above - weighted(arrays)) / (2 * STEP)
            array[place] = before
    return tuple(gradients)


def weighted_bound(elbo):
    """Image by image, in decimals of 60 digits, whose exponents do not underflow."""
    from decimal import Decimal, localcontext
    with localcontext() as context:
        context.prec = 60
        means = [sum(Decimal(float(nats)).exp() for nats in of_image) / len(of_image) for of_image in elbo.T]
        return np.array([float(-mean.ln()) for mean in means])


def _layer(rng, shape):
    """Statistics, noise and upstream gradients of a layer of this shape."""
    return [*rng.normal(size=(4, *shape)), 2 * rng.normal(size=shape), rng.normal(size=shape),
            rng.normal(size=(shape[0], shape[3]))]


RNG = np.random.default_rng(5)
EXERCISES = {
    "05.1": Exercise(mean_gradients, [[np.array([0.5]), np.array([0.4]), np.array([-1.0]), np.array([1.5])],
                                      [np.array([1.0, -2.0, 0.3]), np.array([0.4, 3.0, 1.7]),
                                       np.array([0.8, -1.5, 2.5]), np.array([1.5, -0.5, -2.0])],
                                      [RNG.normal(size=5), RNG.random(5) + 0.2, RNG.normal(size=5),
                                       RNG.normal(size=5)]]),
    "05.2": Exercise(latent_gradients, [_layer(RNG, (1, 1, 1, 1)), _layer(RNG, (2, 2, 3, 2))]),
    "05.3": Exercise(weighted_bound, [[np.array([[-3.0, -1.0], [-2.0, -4.0], [-2.5, 0.5]])],
                                      [np.array([[-12.0, -7.0, -30.0]])],
                                      [np.array([[-3000.0, -3010.0], [-3002.0, -2995.0]])],
                                      [np.array([[-3000.0, 800.0], [-2999.0, 802.0], [-3005.0, 801.0]])],
                                      [np.array([[0.0, 0.0], [-3000.0, 800.0]])]]),
}
