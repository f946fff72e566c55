"""The discretised logistic: against its definition, summing to one, stable."""

import numpy as np
import pytest
from reference import discretised_logistic_loops

from minibnn.resnet_vae.likelihood import discretised_logistic, scale_pixels

ALL_VALUES = np.arange(256).reshape(1, 16, 16, 1)


def test_equals_the_difference_of_two_cdfs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 5, 3, 3))
    images[0, 0, 0], images[1, 4, 2] = 0, 255
    mean = rng.normal(0, 0.4, images.shape)
    got, _ = discretised_logistic(images, mean, np.array(0.2))
    np.testing.assert_allclose(got, discretised_logistic_loops(images, mean, 0.2), rtol=1e-9)


@pytest.mark.parametrize("mean", [-3.0, -1.0, 0.123, 1.0, 5.0])
@pytest.mark.parametrize("scale", [1e-3, 0.08, 3.0])
def test_probabilities_of_256_values_sum_to_one(mean, scale):
    log_p, _ = discretised_logistic(ALL_VALUES, np.full(ALL_VALUES.shape, mean), np.array(scale))
    np.testing.assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_the_mean_and_with_tiny_scales_it_stays_finite(dtype):
    for scale in (1e-5, 1e-2, 100.0):
        mean = np.full(ALL_VALUES.shape, -0.99, dtype)
        log_p, backward = discretised_logistic(ALL_VALUES, mean, np.array(scale, dtype))
        assert np.isfinite(log_p).all()
        assert all(np.isfinite(g).all() for g in backward(np.ones_like(log_p)))


def test_pixels_are_scaled_to_minus_one_to_one():
    np.testing.assert_allclose(scale_pixels(np.array([0, 255], np.uint8), np.dtype(np.float64)), [-1, 1])


def test_all_pixels_have_one_scale():
    with pytest.raises(ValueError, match=r"discretised_logistic: scale: wanted one number, .*, got \(3,\)"):
        discretised_logistic(np.zeros((1, 2, 2, 3), np.uint8), np.zeros((1, 2, 2, 3)), np.ones(3))
