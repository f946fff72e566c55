"""Logistic distributions: density, sample, KL."""

import numpy as np

from minibnn.resnet_vae.logistic import (
    latent_scale,
    logistic_log_density,
    logistic_noise,
    logistic_sample,
    one_sample_kl,
)


def test_density_integrates_to_one():
    x = np.linspace(-60, 60, 200_001)
    density = np.exp(logistic_log_density(x, np.full_like(x, 0.7), np.full_like(x, 1.3))[0])
    np.testing.assert_allclose(np.trapezoid(density, x), 1, atol=1e-9)


def test_density_far_in_the_tails_is_finite():
    x = np.array([-1e4, 1e4], np.float32)
    y, backward = logistic_log_density(x, 0 * x, 0 * x + np.float32(0.01))
    np.testing.assert_allclose(y, -1e6, rtol=1e-4)
    assert all(np.isfinite(g).all() for g in backward(np.ones_like(x)))


def test_noise_is_standard_logistic_and_bounded():
    noise = logistic_noise(np.random.default_rng(0).random(200_000))
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - np.pi / np.sqrt(3)) < 0.02
    ends = logistic_noise(np.array([0, 1], np.float32))
    np.testing.assert_allclose(ends, [np.log(1e-5), -np.log(1e-5)], rtol=2e-3)
    ends = logistic_noise(np.array([0.0, 1e-6, 2e-5, 1 - 1e-6, 1.0]))
    np.testing.assert_allclose(np.exp(ends) / (1 + np.exp(ends)), [1e-5, 1e-5, 2e-5, 1 - 1e-5, 1 - 1e-5], rtol=1e-9)


def test_samples_give_the_density():
    z, _ = logistic_sample(np.full(200_000, 0.4), np.full(200_000, 0.5),
                           logistic_noise(np.random.default_rng(0).random(200_000)))
    counts, edges = np.histogram(z, 21, (-2, 2.4), density=False)
    centres, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    expected = 200_000 * width * np.exp(logistic_log_density(centres, np.full(21, 0.4), np.full(21, 0.5))[0])
    np.testing.assert_allclose(counts, expected, rtol=0.06)


def test_mean_of_one_sample_kl_is_the_kl():
    q_mean, q_scale, p_mean, p_scale = 0.3, 0.6, -0.2, 1.1
    x = np.linspace(-40, 40, 400_001)
    log_q, log_p = (logistic_log_density(x, np.full_like(x, m), np.full_like(x, s))[0]
                    for m, s in ((q_mean, q_scale), (p_mean, p_scale)))
    exact = np.trapezoid(np.exp(log_q) * (log_q - log_p), x)
    full = [np.full(400_000, value) for value in (q_mean, q_scale, p_mean, p_scale)]
    z, _ = logistic_sample(*full[:2], logistic_noise(np.random.default_rng(1).random(400_000)))
    kl, _ = one_sample_kl(z, *full)
    assert abs(kl.mean() - exact) < 4 * kl.std() / np.sqrt(kl.size)
    assert exact > 0.05


def test_latent_scale_has_a_floor():
    np.testing.assert_allclose(latent_scale(np.array([-100.0, 0.0]))[0], [0.01, 0.01 + np.log(2)])
