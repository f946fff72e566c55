"""The checker itself: it must be able to fail, and must not be fooled."""

import numpy as np
import pytest

from minibnn.gradcheck import gradient_errors
from minibnn.ops import elu, tanh

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
