"""Compares hand-written gradients with central differences along random directions, in float64."""

import numpy as np

from ..parameter import parameters
from . import refusals

STEP = 1e-5              # a difference errs by about STEP^2 (third derivative) and 1e-16 / STEP (rounding)
DIRECTIONS = 4
TOLERANCE = 1e-6
MOST_NUMBERS = 200       # of an array with a wrong gradient, at most so many numbers are moved one by one


def gradient_errors(op, *arrays, rng, differences_of=None, zero=(), step=STEP):
    """Relative error of an op's hand-written gradient, one for each array argument.

    The op's outputs are weighted with random numbers dy. For each array, the slopes of this sum
    along DIRECTIONS random directions r are computed twice: by hand, as the sum of grad * r, and
    as central differences. The error is |by hand - differences| / |differences|, where |.| is the
    Euclidean norm over the directions. It measures the whole array: one wrong number is not seen
    if the gradients of the others are much larger.

    op:              op(*arrays) -> y, backward; y is one array or a tuple of arrays; backward takes
                     as many upstream gradients and returns one gradient per array (no tuple if
                     there is one array)
    arrays:          float64, any shapes
    differences_of:  an op of the same values whose differences are taken in place of those of
                     `op`: a tangent twin
    zero:            positions of arrays whose gradient must be exactly zero, by hand and by
                     differences
    Returns:   list of errors; 0.0 for `zero` arrays
    Raises:    GradientError, a ValueError, that names the mistake: an array that is not float64, a
               gradient that is missing or has another shape than its array, NaN, a gradient that is
               zero and not listed in `zero` (to compare zeros proves nothing) or is listed and not
               zero, a write into an array received or returned, a backward whose result changes
               after a later forward or a second backward.
    """
    refusals.require_positions(zero, arrays)
    weights, grads = _by_hand(op, arrays, rng)
    if differences_of:
        refusals.require_same_values(_parts(op(*arrays)[0]), _parts(differences_of(*arrays)[0]))
    errors = []
    for i, grad in enumerate(grads):
        directions = [rng.normal(size=grad.shape) for _ in range(DIRECTIONS)]
        slopes = np.array([(grad * r).sum() for r in directions])
        differences = np.array([_difference(differences_of or op, weights, arrays, i, r, step)
                                for r in directions])
        refusals.require_numbers(f"the differences of array {i}", differences)
        refusals.require_signal(i, grad, differences, i in zero)
        distance = np.linalg.norm(slopes - differences)
        errors.append(0.0 if i in zero else float(distance / np.linalg.norm(differences)))
    return errors


def assert_gradients(op, *arrays, rng, tolerance=TOLERANCE, differences_of=None, zero=(), step=STEP):
    """Fail unless every hand-written gradient of an op is right: `gradient_errors`, for use in a test.

    tolerance: the largest relative error that passes
    Raises:    AssertionError, with the message of the GradientError if there is one. Otherwise it names the array with
               the largest error, and in it the number whose gradient is furthest from its difference. Of a large
               array only MOST_NUMBERS numbers, drawn at random, are tried.
    """
    try:
        errors = gradient_errors(op, *arrays, rng=rng, differences_of=differences_of, zero=zero, step=step)
    except refusals.GradientError as refusal:
        raise AssertionError(str(refusal)) from None
    i = int(np.argmax(errors))
    if not errors[i] <= tolerance:
        near = getattr(differences_of, "kink_distance", np.inf) <= 10 * step
        raise AssertionError(f"array {i}: wanted a relative error of at most {tolerance:.0e}, got {errors[i]:.1e}; "
                             + _furthest(op, arrays, i, rng, differences_of or op, step)
                             + (" (a kink is within reach of the step: choose another base point)" if near else ""))


def _by_hand(op, arrays, rng):
    """Random weights for the outputs of an op, and its gradients with these weights as upstream gradients."""
    refusals.require_float64(arrays)
    with refusals.untouched("the op", array=arrays):
        y, backward = refusals.require_op(op(*arrays))
    y = _parts(y)
    for i, part in enumerate(y):
        refusals.require_numbers(f"y {i}", part)
    weights = [rng.normal(size=np.shape(part)) for part in y]
    with refusals.untouched("the backward", array=arrays, y=y, dy=weights):
        grads = _parts(backward(*weights))
    refusals.require_shapes(grads, arrays)
    op(*(array * 1.001 for array in arrays))                        # must not change what the backward uses
    refusals.require_repeated(grads, _parts(backward(*weights)))
    for i, grad in enumerate(grads):
        refusals.require_numbers(f"the gradient of array {i}", grad)
    return weights, [np.asarray(grad) for grad in grads]


def _difference(op, weights, arrays, i, direction, step):
    """The central difference of the weighted sum of an op's outputs, as array i moves along a direction."""
    def objective(sign):
        moved = [a + sign * step * direction if j == i else a for j, a in enumerate(arrays)]
        return sum((w * part).sum() for w, part in zip(weights, _parts(op(*moved)[0])))
    return (objective(+1) - objective(-1)) / (2 * step)


def _furthest(op, arrays, i, rng, differences_of, step):
    """A message that names the number of array i whose gradient is furthest from its difference."""
    weights, grads = _by_hand(op, arrays, rng)
    grad, size = grads[i], arrays[i].size
    tried = rng.permutation(size)[:MOST_NUMBERS]
    alone = (np.arange(size).reshape(grad.shape) == number for number in tried)     # directions, one number in each
    differences = np.array([_difference(differences_of, weights, arrays, i, d, step) for d in alone])
    worst = np.argmax(np.abs(grad.ravel()[tried] - differences))
    index = tuple(map(int, np.unravel_index(tried[worst], grad.shape)))
    return (f"furthest off at {index}: {grad[index]:.6g} by hand, {differences[worst]:.6g} by difference"
            + (f" (of {len(tried)} numbers tried, drawn from {size:,})" if len(tried) < size else ""))


def layer_op(owner, forward):
    """Turn a layer or a model into an op that takes its parameters as arguments.

    Returns:   op(*inputs, *values): sets the parameters of `owner` to the values, and runs forward(*inputs) -> y,
               backward. Its backward returns the gradients of the inputs, if there are any, then those of the
               parameters.
    `owner` keeps the values of the last call, which a check has moved: set them again, or check a copy.
    """
    owned = parameters(owner)

    def op(*arrays):
        inputs, values = arrays[:len(arrays) - len(owned)], arrays[len(arrays) - len(owned):]
        for parameter, value in zip(owned, values):
            parameter.value = value
        y, forward_backward = forward(*inputs)

        def layer_op_backward(*dy):
            for parameter in owned:
                parameter.zero_grad()
            d_inputs = forward_backward(*dy)
            return (*(_parts(d_inputs) if inputs else ()), *(parameter.grad for parameter in owned))
        return y, layer_op_backward
    return op


def _parts(y):
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)
