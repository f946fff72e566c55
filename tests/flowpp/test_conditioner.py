"""The network that conditions a coupling: what stands at its ends and between them, and how it starts."""

import numpy as np
import pytest

from minibnn.flowpp import FlowConfig
from minibnn.flowpp.bijection import NOTHING, Given
from minibnn.flowpp.conditioner import Conditioner

CONFIG = FlowConfig(channels=5)
X = np.random.default_rng(0).normal(1, 2, size=(50, 4, 6, 2)).astype(np.float32)


def test_without_blocks_a_tanh_stands_between_the_convolutions():
    conditioner = Conditioner(np.random.default_rng(1), CONFIG, 2, 7, 0)
    wanted, _ = conditioner.last(np.tanh(conditioner.first(X)[0]))
    np.testing.assert_array_equal(conditioner(X, NOTHING)[0], wanted)


def test_with_blocks_nothing_else_does():
    conditioner = Conditioner(np.random.default_rng(1), CONFIG, 2, 7, 2)
    h, _ = conditioner.first(X)
    for block in conditioner.blocks:
        h, _ = block(h)
    np.testing.assert_array_equal(conditioner(X, NOTHING)[0], conditioner.last(h)[0])


@pytest.mark.parametrize("blocks", [0, 2])
def test_its_convolutions_start_with_deviation_a_tenth(blocks):
    conditioner = Conditioner(np.random.default_rng(1), CONFIG, 2, 7, blocks)
    last, _ = conditioner(X, Given(initialise=True))
    for y in (conditioner.first(X)[0], last):
        np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 0.1, rtol=1e-4)
