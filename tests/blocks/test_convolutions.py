"""The convolution layers: data-dependent initialisation keeps its promise."""

import numpy as np
import pytest

from minibnn.blocks import BinaryConv, WeightNormConv
from minibnn.parameter import cast, parameters

X = np.random.default_rng(0).gamma(2.0, size=(16, 8, 6, 5)).astype(np.float32)


@pytest.mark.parametrize("layer", [WeightNormConv, BinaryConv])
@pytest.mark.parametrize("settings", [{}, {"stride": 2}, {"stride": 2, "transposed": True},
                                      {"init_std": 1.0}, {"init_std": 0.7, "positive_gain": False}])
def test_initialisation_hits_mean_and_deviation(layer, settings):
    conv = layer(np.random.default_rng(1), 5, 5, 7, **settings)
    y, _ = conv(X, initialise=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), settings.get("init_std", 0.1), rtol=1e-4)
    np.testing.assert_array_equal(conv(X)[0], y)                    # and it lasts


def test_zero_deviation_gives_zero():
    conv = BinaryConv(np.random.default_rng(1), 3, 5, 7, init_std=0.0, positive_gain=False)
    assert not conv(X, initialise=True)[0].any()
    with pytest.raises(ValueError, match="init_std"):
        BinaryConv(np.random.default_rng(1), 3, 5, 7, init_std=0.0)


@pytest.mark.parametrize("layer", [WeightNormConv, BinaryConv])
def test_a_constant_zero_input_leaves_a_usable_gain(layer):
    conv = layer(np.random.default_rng(1), 3, 5, 7)
    y, _ = conv(0 * X, initialise=True)
    assert not y.any() and all(np.isfinite(p.value).all() for p in parameters(conv))


def test_binary_convolution_sees_only_the_signs():
    conv = BinaryConv(np.random.default_rng(1), 3, 5, 7)
    y, _ = conv(X)
    conv.v.value = conv.v.value * 3.7
    np.testing.assert_array_equal(conv(X)[0], y)
    assert conv.v.kind == "binary" and conv.gain.kind == conv.bias.kind == "float"


def test_binary_convolution_is_weight_norm_of_the_signs():
    binary, real = (layer(np.random.default_rng(1), 3, 5, 7) for layer in (BinaryConv, WeightNormConv))
    for layer in (binary, real):
        cast(layer, np.float64)
    real.v.value = np.where(binary.v.value < 0, -1.0, 1.0)
    np.testing.assert_allclose(binary(X.astype(float))[0], real(X.astype(float))[0], atol=1e-12)


@pytest.mark.parametrize("layer", [BinaryConv, WeightNormConv])
def test_a_layer_that_is_told_of_signs_gives_the_same_on_them(layer):
    """One with real weights cannot convolve in pairs."""
    rng = np.random.default_rng(3)
    x = rng.choice(np.array([-1, 1], np.float32), (5, 6, 4, 3))
    told, untold = (layer(np.random.default_rng(0), 3, 3, 7, signs_in=signs_in) for signs_in in (True, False))
    np.testing.assert_array_equal(told(x)[0], untold(x)[0])
