"""The checker itself: it must be able to fail, and must not be fooled."""

import numpy as np
import pytest

from minibnn.blocks import BinaryConv
from minibnn.gradcheck import TangentTwin, gradient_errors, layer_op
from minibnn.ops import elu, tanh
from minibnn.parameter import cast, parameters

X = np.random.default_rng(0).normal(size=(3, 4))


def _errors(op, *arrays, **settings):
    return gradient_errors(op, *arrays, rng=np.random.default_rng(1), **settings)


def test_a_right_gradient_has_a_tiny_error():
    assert _errors(tanh, X)[0] < 1e-9


def test_one_wrong_element_is_seen():
    def wrong(x):
        y, backward = tanh(x)
        return y, lambda dy: backward(dy) + 0.01 * (np.arange(12).reshape(3, 4) == 5)
    assert _errors(wrong, X)[0] > 1e-3


def test_an_error_that_an_all_ones_upstream_hides_is_seen():
    def row_mixing(x):                                              # y = x with a backward that swaps two rows
        return x.copy(), lambda dy: dy[[1, 0, 2]]
    assert _errors(row_mixing, X)[0] > 0.1


def test_a_zero_gradient_is_refused_unless_expected():
    def constant(x):
        return np.ones(3), lambda dy: np.zeros_like(x)
    with pytest.raises(ValueError, match="its gradient is zero"):
        _errors(constant, X)
    assert _errors(constant, X, zero=[0]) == [0.0]
    assert _errors(tanh, X, zero=[0])[0] > 0.1                      # expected zero, and is not


def test_float32_wrong_shapes_and_missing_gradients_are_refused():
    with pytest.raises(ValueError, match="wanted float64, got float32"):
        _errors(elu, X.astype(np.float32))
    with pytest.raises(ValueError, match="wanted gradients of shapes"):
        _errors(lambda x: (x, lambda dy: dy[:2]), X)
    with pytest.raises(ValueError, match="wanted gradients of shapes"):
        _errors(lambda x, y: (x + y, lambda dy: dy), X, X)


def _binary_layer():
    layer = BinaryConv(np.random.default_rng(2), 3, 2, 3)
    cast(layer, np.float64)
    op = layer_op(layer, layer)
    return op, [np.random.default_rng(3).normal(size=(2, 4, 5, 2)), *(p.value for p in parameters(layer))]


def test_plain_differences_see_no_gradient_through_a_sign_but_the_twin_does():
    op, arrays = _binary_layer()
    with pytest.raises(ValueError, match="array 1: its gradient is zero"):
        _errors(op, *arrays)
    assert max(_errors(op, *arrays, differences_of=TangentTwin(op, *arrays))) < 1e-9


def test_the_twin_has_the_networks_values_at_the_base_point_and_leaves_no_trace():
    op, arrays = _binary_layer()
    twin = TangentTwin(op, *arrays)
    np.testing.assert_allclose(twin(*arrays)[0], op(*arrays)[0], atol=1e-12)
    moved = [arrays[0], arrays[1] + 1e-3, *arrays[2:]]              # no sign flips: only the twin moves
    assert (op(*moved)[0] == op(*arrays)[0]).all() and (twin(*moved)[0] != twin(*arrays)[0]).all()


def test_the_twin_refuses_what_it_cannot_stand_for():
    with pytest.raises(ValueError, match="got none"):
        TangentTwin(tanh, X)
    op, arrays = _binary_layer()
    twin = TangentTwin(op, *arrays)
    with pytest.raises(ValueError, match="base point's shape"):
        twin(arrays[0], arrays[1][:, :, :, :2], *arrays[2:])
    often = iter([1, 2])
    twice = TangentTwin(lambda *a: [op(*a) for _ in range(next(often))][-1], *arrays)
    with pytest.raises(ValueError, match="base point's shape"):
        twice(*arrays)
