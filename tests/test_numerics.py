"""Stable formulas against doubles, and the data-dependent start of gains and biases."""

import numpy as np
import pytest

from minibnn.numerics import logsumexp, sigmoid, softplus, standardising, sum_over_pixels

VARYING = np.random.default_rng(0).normal(3, 2, 1000)


@pytest.mark.parametrize("least, most", [(-87, -17), (-17, -1), (-1, 1), (1, 87)])
def test_sigmoid_and_softplus_lose_no_digits(least, most):
    """Below -17, e^x is less than float32 can add to 1."""
    x = np.random.default_rng(0).uniform(least, most, 100_000).astype(np.float32)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(softplus(x), np.logaddexp(0, exact), rtol=4e-7)
    np.testing.assert_allclose(sigmoid(x), np.exp(-np.logaddexp(0, -exact)), rtol=4e-7)
    assert softplus(x).dtype == sigmoid(x).dtype == np.float32
    np.testing.assert_allclose(softplus(exact), np.logaddexp(0, exact), rtol=1e-15)


def test_sigmoid_and_softplus_do_not_overflow():
    x = np.array([-1e4, -0.0, 0.0, 1e4], np.float32)
    with np.errstate(over="raise"):
        assert sigmoid(x).tolist() == [0, 0.5, 0.5, 1] and softplus(x)[[0, 3]].tolist() == [0, 1e4]


def test_the_shares_in_a_logsumexp_are_its_gradient():
    x = np.random.default_rng(1).normal(size=(4, 3, 2))
    shares = logsumexp(x)[1]
    np.testing.assert_allclose(shares, np.exp(x - logsumexp(x)[0]))
    for k in range(4):
        step = np.zeros((4, 1, 1))
        step[k] = 1e-6
        np.testing.assert_allclose((logsumexp(x + step)[0] - logsumexp(x - step)[0]) / 2e-6, shares[k], rtol=1e-7)


def test_the_sum_over_pixels_is_that_of_each_channel():
    x = np.random.default_rng(2).normal(size=(3, 4, 5, 6))
    np.testing.assert_allclose(sum_over_pixels(x), x.sum(axis=(0, 1, 2)))
    np.testing.assert_allclose(sum_over_pixels(x[..., ::2]), x[..., ::2].sum(axis=(0, 1, 2)))


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_column_gets_mean_0_and_the_deviation_wanted_however_small_its_numbers(size):
    x = size * VARYING[:, None]
    gain, bias = standardising(x, 0.3)
    y = x * gain + bias
    np.testing.assert_allclose([y.mean(), y.std()], [0, 0.3], atol=1e-9)


@pytest.mark.parametrize("deviation, varies", [(0, False), (1e-8, False), (5e-7, False), (2e-6, True), (1e-4, True)])
def test_what_varies_less_than_rounding_beside_the_largest_number_is_constant(deviation, varies):
    """It keeps the gain wanted: dividing by such a deviation would blow up the rounding of a float32."""
    alternating = 7 + deviation * 100 * (-1) ** np.arange(1000)
    x = np.stack([alternating, np.linspace(-100, 100, 1000)], axis=1)
    gain, bias = standardising(x, 0.3)
    np.testing.assert_allclose(gain[0], 0.3 / (deviation * 100) if varies else 0.3, rtol=1e-6)
    np.testing.assert_allclose((x * gain + bias).mean(axis=0), 0, atol=1e-9)
