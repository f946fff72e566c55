"""The flow's residual blocks (c) and (d): wiring, precision, context, dropout."""

import numpy as np
import pytest

from minibnn.blocks import BinaryConv, GatedBlock, conv_of
from minibnn.parameter import Parameter, cast, named_parameters

X = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype(np.float32)
CONTEXT = np.random.default_rng(1).normal(size=(3, 4, 5, 2)).astype(np.float32)
PRECISIONS = [(False, False), (True, False), (True, True)]


def _block(weights, activations, **settings):
    conv = conv_of(1 if weights else 32)
    block = GatedBlock(np.random.default_rng(2), 6, conv, activations, context_channels=2, **settings)
    block(X, initialise=True, context=Parameter(CONTEXT))
    return block


@pytest.mark.parametrize("weights, activations", PRECISIONS)
def test_the_block_is_figure_1_c_and_d(weights, activations):
    """Written out once more, with plain functions."""
    def act(x):
        x = np.concatenate([x, -x], axis=-1)
        return np.where(x < 0, -1, 1).astype(np.float32) if activations else np.where(x > 0, x, np.expm1(x))
    block = _block(weights, activations)
    a = block.conv(act(X))[0] + block.project(act(CONTEXT))[0]
    keep = np.random.default_rng(4).random((3, 4, 5, 12)) < 0.8
    for mask, rate in ((None, 0.0), (keep, 0.2)):
        block.dropout_rate = rate
        dropped = act(a) if mask is None else act(a) * mask / np.float32(0.8)
        half, gate = np.split(block.gate(dropped)[0], 2, axis=-1)
        added = X + half / (1 + np.exp(-gate))
        expected = (added - added.mean(-1, keepdims=True)) / np.sqrt(added.var(-1, keepdims=True) + 1e-5)
        np.testing.assert_allclose(block(X, context=Parameter(CONTEXT), keep=mask)[0], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("weights, activations", PRECISIONS)
def test_which_weights_are_binary(weights, activations):
    for name, parameter in named_parameters(_block(weights, activations)):
        assert parameter.kind == ("binary" if weights and name.endswith(".v") else "float"), name
    shapes = {name: parameter.value.shape for name, parameter in named_parameters(_block(weights, activations))
              if name.endswith(".v")}
    assert shapes == {"conv.v": (3, 3, 12, 6), "project.v": (1, 1, 4, 6), "gate.v": (1, 1, 12, 12)}


def test_a_context_collects_the_gradient_of_every_backward():
    block, context = _block(False, False), Parameter(CONTEXT)
    _, backward = block(X, context=context)
    backward(X)
    once = context.grad
    backward(X)
    assert once.any()
    np.testing.assert_allclose(context.grad, 2 * once, rtol=1e-6)


def test_a_context_is_given_where_one_is_projected_and_nowhere_else():
    with pytest.raises(ValueError, match="context: wanted one, got none"):
        _block(False, False)(X)
    with pytest.raises(ValueError, match="context: wanted none, got one"):
        GatedBlock(np.random.default_rng(3), 6, BinaryConv, True)(X, context=Parameter(CONTEXT))


def test_dropout_removes_what_it_is_told_to():
    block = _block(False, False, dropout_rate=0.2)
    nothing_kept = np.zeros((3, 4, 5, 12), bool)
    y, _ = block(X, context=Parameter(CONTEXT), keep=nothing_kept)
    half, gate = np.split(block.gate(np.zeros_like(nothing_kept, np.float32))[0], 2, axis=-1)
    np.testing.assert_allclose(y, block.norm[0](X + half / (1 + np.exp(-gate)))[0], rtol=1e-4, atol=1e-5)


def test_signs_of_which_some_are_dropped_are_not_convolved_as_signs():
    block = _block(True, True, dropout_rate=0.2)
    keep = np.random.default_rng(4).random((3, 4, 5, 12)) < 0.8
    y, _ = block(X, context=Parameter(CONTEXT), keep=keep)
    cast(block, np.float64)                                         # for which there are no pairs
    expected, _ = block(X.astype(np.float64), context=Parameter(CONTEXT.astype(np.float64)), keep=keep)
    np.testing.assert_allclose(y, expected, atol=1e-4)


def test_without_layer_norm_and_with_a_3x3_gate():
    block = GatedBlock(np.random.default_rng(3), 6, BinaryConv, True, gate_kernel=3, normalise=False)
    y, _ = block(X, initialise=True)
    assert block.gate.v.value.shape == (3, 3, 12, 12) and block.norm == []
    assert abs((y - X).std() - 0.05) < 0.02                         # a half of deviation 0.1, gated by about 1/2
