"""The checker itself: it must be able to fail, and must not be fooled."""

import re

import numpy as np
import pytest

from minibnn.gradcheck import GradientError, assert_gradients, gradient_errors
from minibnn.ops import tanh

X = np.random.default_rng(0).normal(size=(3, 4))


def _errors(op, *arrays, **settings):
    return gradient_errors(op, *arrays, rng=np.random.default_rng(1), **settings)


def test_a_right_gradient_has_a_tiny_error():
    assert _errors(tanh, X)[0] < 1e-9


def test_a_bare_number_is_an_array_without_axes():
    assert _errors(lambda x: (float(x * x), lambda dy: float(2 * x * dy)), np.array(3.0))[0] < 1e-9


def test_one_wrong_element_is_seen():
    def wrong(x):
        y, backward = tanh(x)
        return y, lambda dy: backward(dy) + 0.01 * (np.arange(12).reshape(3, 4) == 5)
    assert _errors(wrong, X)[0] > 1e-3


def test_an_error_that_an_all_ones_upstream_hides_is_seen():
    def row_mixing(x):                                              # y = x with a backward that swaps two rows
        return x.copy(), lambda dy: dy[[1, 0, 2]]
    assert _errors(row_mixing, X)[0] > 0.1


def _constant(backward_of):
    return lambda x: (np.ones(3), lambda dy: backward_of(x))


def test_each_kind_of_zero_is_told_apart():
    for op, message in ((_constant(np.zeros_like), "array 0: gradient and difference are both zero, nothing to"),
                        (_constant(np.ones_like), "array 0: the difference is zero, the hand-written gradient is not"),
                        (lambda x: (tanh(x)[0], np.zeros_like),
                         "array 0: the hand-written gradient is zero, the difference is not")):
        with pytest.raises(GradientError, match=message):
            _errors(op, X)


def test_an_expected_zero_must_be_exactly_zero_by_hand_and_by_difference():
    assert _errors(_constant(np.zeros_like), X, zero=[0]) == [0.0]
    for op in (tanh, _constant(lambda x: 1e-12 * (x == x.max())), lambda x: (tanh(x)[0], np.zeros_like)):
        with pytest.raises(GradientError, match="array 0: wanted a gradient of exactly zero"):
            _errors(op, X, zero=[0])


def _writes(x):
    x += 1
    return x * 2, lambda dy: dy * 2


def _backward_writes(place):
    def op(x):
        y = x * x

        def backward(dy):
            {"array": x, "y": y, "dy": dy}[place][0, 0] += 1
            return 2 * x * dy
        return y, backward
    return op


def test_writing_in_place_is_refused():
    with pytest.raises(GradientError, match="the op changes array 0 in place"):
        _errors(_writes, X.copy())
    for place in ("array", "y", "dy"):
        with pytest.raises(GradientError, match=f"the backward changes {place} 0 in place"):
            _errors(_backward_writes(place), X.copy())


@pytest.mark.parametrize("op, arrays, message", [
    (tanh, [X.astype(np.float32)], "array 0: wanted a float64 array, got float32"),
    (np.add, [X, [1.0, 2.0]], "array 1: wanted a float64 array, got list"),
    (tanh, [np.arange(3)], "array 0: wanted a float64 array, got int64"),
    (lambda x: (x, lambda dy: dy[:2]), [X], r"wanted gradients of shapes \[\(3, 4\)\], got \[\(2, 4\)\]"),
    (lambda x, y: (x + y, lambda dy: dy), [X, X], "wanted gradients of shapes"),
    (lambda x: (x, lambda dy: None), [np.array(2.0)], r"wanted gradients of shapes \[\(\)\], got \[None\]"),
    (lambda x: (x, lambda dy: dy.astype("f")), [X], "the gradient of array 0: wanted float64 numbers, got float32"),
    (lambda x: (x.astype("f"), lambda dy: dy), [X], "y 0: wanted float64 numbers, got float32"),
    (lambda x: (np.where(x == x[1, 2], np.nan, x), lambda dy: dy), [X],
     r"y 0: wanted finite numbers, got nan at \(1, 2"),
    (lambda x: (x, lambda dy: np.where(x == x[0, 3], np.inf, dy)), [X],
     r"the gradient of array 0: wanted finite numbers, got inf at \(0, 3\)"),
    (lambda x: (x if (x == X).all() else x * np.nan, lambda dy: dy), [X], "the differences of array 0: wanted finite"),
    (lambda x: x, [X], r"the op: wanted \(y, backward\), got float64"),
    (lambda x: (x, x, x), [X], r"the op: wanted \(y, backward\), got \(float64, float64, float64\)")])
def test_what_cannot_be_compared_is_refused_in_words(op, arrays, message):
    with np.errstate(all="ignore"), pytest.raises(GradientError, match=message):
        _errors(op, *arrays)


def _assert(op, *arrays, **settings):
    assert_gradients(op, *arrays, rng=np.random.default_rng(1), **settings)


def _wrong_at(index, by):
    def matmul(x, w):
        def matmul_backward(dy):
            dw = x.T @ dy
            dw[index] += by
            return dy @ w.T, dw
        return x @ w, matmul_backward
    return matmul


def test_the_assertion_names_the_array_the_index_and_both_numbers():
    _assert(_wrong_at((2, 1), by=0), X, X.T)
    with pytest.raises(AssertionError, match=r"array 1: wanted a relative error of at most 1e-06, got .*; "
                                             r"furthest off at \(2, 1\): (.*) by hand, (.*) by difference$") as failed:
        _assert(_wrong_at((2, 1), by=-0.25), X, X.T)
    by_hand, by_difference = (float(n) for n in re.findall(r"(\S+) by", str(failed.value)))
    assert by_hand - by_difference == pytest.approx(-0.25, abs=1e-5)
    _assert(_wrong_at((2, 1), by=1e-7), X, X.T)
    with pytest.raises(AssertionError, match=r"at most 1e-08, got"):
        _assert(_wrong_at((2, 1), by=1e-7), X, X.T, tolerance=1e-8)


def test_the_assertion_says_what_the_checker_refuses():
    with pytest.raises(AssertionError, match="the hand-written gradient is zero, the difference is not"):
        _assert(lambda x: (tanh(x)[0], np.zeros_like), X)
    _assert(_constant(np.zeros_like), X, zero=[0])


def test_the_assertion_does_bounded_work_on_a_big_array_and_says_so():
    calls = []

    def halved(x):
        calls.append(1)
        return x * x, lambda dy: dy * x
    with pytest.raises(AssertionError, match=r"by difference \(of 200 numbers tried, drawn from 90,000\)$"):
        _assert(halved, np.ones((300, 300)))
    assert len(calls) == 2 * 2 + 2 * (4 + 200)                      # by hand each forward is made twice


class _KeepsItsInput:
    """An op whose backward reads what its last forward left on the object."""

    def __call__(self, x):
        self.x = x
        return x * x, lambda dy: 2 * self.x * dy


def _right_once(x):
    uses = []

    def backward(dy):
        uses.append(1)
        return 2 * x * dy * len(uses)
    return x * x, backward


@pytest.mark.parametrize("op", [_KeepsItsInput(), _right_once])
def test_a_backward_that_a_later_call_changes_is_refused(op):
    with pytest.raises(ValueError, match="the gradient of array 0 changes with a later forward or a second backward"):
        _errors(op, X)


@pytest.mark.parametrize("zero", [[-1], (5,), 0, "0"])
def test_zero_lists_positions_of_arrays(zero):
    with pytest.raises(ValueError, match="zero: wanted a list of positions among 1 arrays, got "):
        _errors(tanh, X, zero=zero)
