"""Layer normalisation: what it promises for each pixel."""

import numpy as np
import pytest

from minibnn.ops import batch_norm, dropout, layer_norm

X = np.random.default_rng(0).normal(3, 5, (2, 3, 4, 6))


def test_each_pixel_gets_mean_0_and_variance_1():
    y, _ = layer_norm(X, np.ones(6), np.zeros(6))
    np.testing.assert_allclose(y.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=-1), 1, rtol=1e-4)
    gain, bias = np.arange(1.0, 7.0), np.arange(6.0)
    np.testing.assert_allclose(layer_norm(X, gain, bias)[0], y * gain + bias)


@pytest.mark.parametrize("op, axes", [(layer_norm, -1), (batch_norm, (0, 1, 2))])
def test_one_hundred_thousandth_is_added_to_the_variance(op, axes):
    x = 1e-3 * X
    y, _ = op(x, np.ones(6), np.zeros(6))
    variance = x.var(axis=axes)
    np.testing.assert_allclose(y.var(axis=axes), variance / (variance + 1e-5), rtol=1e-9)


def test_a_constant_pixel_stays_finite():
    y, backward = layer_norm(np.full((1, 1, 1, 6), 7.0), np.ones(6), np.zeros(6))
    assert not y.any() and all(np.isfinite(gradient).all() for gradient in backward(y + 1))


def test_dropout_keeps_the_mean():
    keep = np.random.default_rng(1).random(X.shape) < 0.8
    y, backward = dropout(X, keep, 0.2)
    np.testing.assert_allclose(y, np.where(keep, X / 0.8, 0))
    np.testing.assert_allclose(backward(X), y)
