"""Parameters, and walking over them."""

import numpy as np
import pytest

from minibnn.blocks import BinaryConv, ResidualBlock
from minibnn.parameter import Parameter, cast, count, named_parameters, parameters


def test_names_follow_the_structure_in_order():
    blocks = [ResidualBlock(np.random.default_rng(0), 2, 3, BinaryConv, True) for _ in range(2)]
    names = [name for name, _ in named_parameters(blocks)]
    assert names[:4] == ["0.conv1.v", "0.conv1.gain", "0.conv1.bias", "0.conv2.v"] and len(names) == 12


class _ReadersLayer:
    def __init__(self):
        self.w = Parameter(np.zeros(2))
        self.activation = np.tanh


def test_layers_defined_elsewhere_are_walked_too():
    assert [name for name, _ in named_parameters({"a": 1})] == []
    assert [name for name, _ in named_parameters([_ReadersLayer(), _ReadersLayer()])] == ["0.w", "1.w"]


def test_count_takes_one_bit_for_binary_and_32_for_others():
    binary, real = Parameter(np.zeros((3, 3)), "binary"), Parameter(np.zeros(5))
    assert count([binary, real]) == {"parameters": 14, "binary_parameters": 9, "bytes": 2 + 20}


def test_gradients_add_up_and_a_wrong_shape_or_kind_is_refused():
    p = Parameter(np.zeros(2))
    first = np.array([1.0, 2.0])
    p.accumulate(first)
    p.accumulate(first)
    np.testing.assert_array_equal(p.grad, [2, 4])
    np.testing.assert_array_equal(first, [1, 2])
    with pytest.raises(ValueError, match=r"wanted \(2,\), got \(1, 2\)"):
        p.accumulate(first[None])
    with pytest.raises(ValueError, match="kind"):
        Parameter(np.zeros(2), "ternary")


def test_cast_changes_every_parameter():
    block = ResidualBlock(np.random.default_rng(0), 2, 3, BinaryConv, True)
    cast(block, np.float64)
    assert {(p.value.dtype, p.grad.dtype) for p in parameters(block)} == {(np.dtype(float), np.dtype(float))}
