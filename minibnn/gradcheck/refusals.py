"""What a gradient check refuses to compare: each error names the mistake."""

from contextlib import contextmanager

import numpy as np


class GradientError(ValueError):
    """The comparison would prove nothing, or cannot be made."""

    def __init__(self, message):
        super().__init__(f"gradient_errors: {message}")


@contextmanager
def untouched(who, **groups):
    """Refuse the code inside a `with` if it changes one of these arrays.

    who:       what the message calls this code
    groups:    name = arrays, which it was given or has returned
    """
    before = {name: [np.copy(array) for array in arrays] for name, arrays in groups.items()}
    yield
    for name, arrays in groups.items():
        for i, array in enumerate(arrays):
            if not np.array_equal(array, before[name][i], equal_nan=True):
                raise GradientError(f"{who} changes {name} {i} in place: wanted a new array")


def require_float64(arrays):
    """Refuse everything but float64 arrays: differences of float32 numbers are too coarse."""
    for i, array in enumerate(arrays):
        if getattr(array, "dtype", None) != np.float64:
            raise GradientError(f"array {i}: wanted a float64 array, got {_kind(array)}")


def require_op(result):
    """Refuse what is not (y, backward).    Returns: result"""
    if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
        raise GradientError("the op: wanted (y, backward), got "
                            + (f"({', '.join(map(_kind, result))})" if isinstance(result, tuple) else _kind(result)))
    return result


def require_shapes(grads, arrays):
    """Refuse gradients that are missing, or of another shape than their array."""
    wanted, got = [a.shape for a in arrays], [None if grad is None else np.shape(grad) for grad in grads]
    if got != wanted:
        raise GradientError(f"wanted gradients of shapes {wanted}, got {got}")


def require_repeated(grads, again):
    """Refuse a backward whose gradients change when it is called again, after another forward."""
    for i, (grad, grad_again) in enumerate(zip(grads, again)):
        if not np.array_equal(grad, grad_again):
            raise GradientError(f"the gradient of array {i} changes with a later forward or a second backward: does "
                                "the backward keep something outside of its closure?")


def require_positions(zero, arrays):
    """Refuse `zero` unless it lists positions of arrays."""
    if not isinstance(zero, (list, tuple, set, range)) or not set(zero) <= set(range(len(arrays))):
        raise GradientError(f"zero: wanted a list of positions among {len(arrays)} arrays, got {zero!r}")


def require_same_values(y, others):
    """Refuse `differences_of` if its values at the base point differ from those of the checked op."""
    if [np.shape(part) for part in others] != [np.shape(part) for part in y] or not all(map(np.allclose, others, y)):
        raise GradientError("differences_of: wanted the values of the op at this point, got others: was the twin made "
                            "at another?")


def require_numbers(name, numbers):
    """Refuse numbers of another type than float64, and NaN and infinity."""
    numbers = np.asarray(numbers)
    if numbers.dtype != np.float64:
        raise GradientError(f"{name}: wanted float64 numbers, got {numbers.dtype}")
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        index = tuple(map(int, bad[0]))
        raise GradientError(f"{name}: wanted finite numbers, got {numbers[index]} at {index}")


def require_signal(i, grad, differences, zero):
    """Refuse a gradient or difference that is zero and should not be, or that should be zero and is not."""
    by_hand, by_difference = np.abs(grad).max(initial=0), np.abs(differences).max()
    if zero and (by_hand or by_difference):
        raise GradientError(f"array {i}: wanted a gradient of exactly zero, got numbers up to {by_hand:.1e} by hand, "
                            f"{by_difference:.1e} by difference")
    if not zero and not by_hand and not by_difference:
        raise GradientError(f"array {i}: gradient and difference are both zero, nothing to compare; if they must be, "
                            f"say zero=[{i}]")
    if not zero and not by_hand:
        raise GradientError(f"array {i}: the hand-written gradient is zero, the difference is not")
    if not zero and not by_difference:
        raise GradientError(f"array {i}: the difference is zero, the hand-written gradient is not: does it pass a "
                            "sign? see TangentTwin")


def _kind(thing):
    return str(getattr(thing, "dtype", type(thing).__name__))
