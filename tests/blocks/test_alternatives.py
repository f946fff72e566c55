"""What stands in for binary weight normalisation in the comparison: batch normalisation, folded, and nothing."""

import numpy as np
import pytest

from minibnn.blocks import BatchNormConv, BinaryConv, ResidualBlock, UnnormalisedConv, fold_batch_norm
from minibnn.parameter import named_parameters

X = np.random.default_rng(0).gamma(2.0, size=(16, 8, 6, 5)).astype(np.float32)
BLOCK = np.random.default_rng(1), 5, 3


def test_batch_norm_sets_each_channels_mean_and_deviation():
    conv = BatchNormConv(np.random.default_rng(1), 3, 5, 7, init_std=0.3)
    conv.bias.value = np.arange(7, dtype=np.float32)
    y, _ = conv(5 * X)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), np.arange(7), atol=1e-4)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 0.3, rtol=1e-3)


@pytest.mark.parametrize("settings", [{}, {"stride": 2, "transposed": True}, {"positive_gain": False}])
def test_a_folded_layer_gives_the_batchs_result_and_depends_on_no_batch(settings):
    owner = [BatchNormConv(np.random.default_rng(1), 5, 5, 7, init_std=0.3, **settings)]
    owner[0].bias.value = np.linspace(-1, 1, 7).astype(np.float32)
    wanted, _ = owner[0](X)
    fold_batch_norm(owner, lambda: owner[0](X))
    assert type(owner[0]) is BinaryConv
    np.testing.assert_allclose(owner[0](X)[0], wanted, atol=2e-5)
    np.testing.assert_allclose(owner[0](X[:2])[0], wanted[:2], atol=2e-5)


def test_layers_fold_from_what_folded_layers_below_them_give():
    block = ResidualBlock(*BLOCK, BatchNormConv, False)
    block.conv2.gain.value += 0.5
    wanted, _ = block(X)
    fold_batch_norm(block, lambda: block(X))
    assert type(block.conv1) is type(block.conv2) is BinaryConv
    np.testing.assert_allclose(block(X)[0], wanted, atol=1e-4)


def test_an_unnormalised_convolution_sums_signs_and_has_no_gain():
    conv = UnnormalisedConv(np.random.default_rng(1), 3, 5, 7)
    assert [name for name, _ in named_parameters(conv)] == ["v", "bias"]
    weighted = BinaryConv(np.random.default_rng(1), 3, 5, 7, init_std=np.sqrt(45), positive_gain=False)
    np.testing.assert_allclose(conv(X)[0], weighted(X)[0], rtol=1e-5, atol=1e-4)
    y, _ = conv(X, initialise=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-4)


def test_only_a_block_with_weight_normalisation_starts_as_the_identity():
    for conv, identity in ((BinaryConv, True), (BatchNormConv, True), (UnnormalisedConv, False)):
        y, _ = ResidualBlock(*BLOCK, conv, True)(X, initialise=True)
        assert np.array_equal(y, X) == identity
