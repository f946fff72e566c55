"""Residual blocks: they start as the identity, whose gradient is the identity too."""

import numpy as np
import pytest

from minibnn.blocks import BinaryConv, ResidualBlock, chain, conv_of, residual
from minibnn.ops import elu, tanh

X = np.random.default_rng(0).normal(size=(4, 5, 6, 3)).astype(np.float32)


@pytest.mark.parametrize("weights, activations", [(False, False), (True, False), (True, True)])
def test_block_starts_as_the_identity(weights, activations):
    block = ResidualBlock(np.random.default_rng(1), 3, 3, conv_of(1 if weights else 32), activations)
    np.testing.assert_array_equal(block(X)[0], X)
    np.testing.assert_array_equal(block(X, initialise=True)[0], X)
    y, backward = block(X)
    np.testing.assert_array_equal(y, X)
    np.testing.assert_array_equal(backward(2 * X), 2 * X)           # g = 0 gives dx = dy
    assert block.conv2.gain.grad.any()                              # and yet the block can learn


@pytest.mark.parametrize("weights, activations", [(False, False), (True, False), (True, True)])
def test_between_its_convolutions_a_block_starts_with_deviation_1(weights, activations):
    block = ResidualBlock(np.random.default_rng(1), 3, 3, conv_of(1 if weights else 32), activations)
    block(X, initialise=True)
    between, _ = chain(X, [block.activation, block.conv1])
    np.testing.assert_allclose(between.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(between.std(axis=(0, 1, 2)), 1, rtol=1e-4)


def test_the_initialisation_pass_keeps_nothing_for_a_backward():
    block = ResidualBlock(np.random.default_rng(1), 3, 3, BinaryConv, True)
    _, backward = block(X, initialise=True)
    with pytest.raises(AssertionError, match="no backward"):
        backward(X)


def test_one_bit_block_sees_only_signs():
    block = ResidualBlock(np.random.default_rng(1), 3, 3, BinaryConv, True)
    block.conv2.gain.value = np.ones(3, np.float32)
    np.testing.assert_allclose(block(X)[0] - X, block(5 * X)[0] - 5 * X, atol=1e-5)


def test_residual_and_chain():
    def step(op):
        return lambda x, initialise: op(x)
    y, backward = residual(X, tanh)
    np.testing.assert_array_equal(y, X + np.tanh(X))
    np.testing.assert_allclose(backward(X), X + X * (1 - np.tanh(X)**2), rtol=1e-5, atol=1e-6)
    y, backward = chain(X, [step(elu), step(tanh)])
    np.testing.assert_array_equal(y, np.tanh(elu(X)[0]))
    np.testing.assert_array_equal(backward(X), elu(X)[1](tanh(elu(X)[0])[1](X)))
