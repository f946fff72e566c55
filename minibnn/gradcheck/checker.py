"""Hand-written gradients against central differences along random directions, in float64."""

import numpy as np

from ..parameter import parameters

STEP = 1e-5              # a difference errs by about STEP^2 (third derivative) and 1e-16 / STEP (rounding)
DIRECTIONS = 4


def gradient_errors(op, *arrays, rng, differences_of=None, zero=(), step=STEP):
    """Relative error of an op's hand-written gradient, one for each array argument.

    The op's outputs are weighted with random numbers, so that no error can hide behind an all-ones
    upstream gradient. For each array, the derivatives along random directions d are compared:
    error = |<grad, d> - difference| / |difference|, norms over DIRECTIONS directions.

    op:              op(*arrays) -> y, backward; y one array or a tuple of arrays, backward takes as many
                     upstream gradients and returns one gradient per array (bare if there is one array)
    arrays:          float64, any shapes
    differences_of:  the op whose values are differenced, when it is not `op` itself: a tangent twin
    zero:            positions of arrays whose gradient must be exactly zero, by hand and by difference
    Returns:   list of errors; for `zero` arrays the largest absolute value seen (0.0 if right)
    Raises:    ValueError if an array is not float64, a gradient is missing or has another shape than its
               array, or a gradient is zero where none was expected (comparing nothing proves nothing).
    """
    for i, array in enumerate(arrays):
        if array.dtype != np.float64:
            raise ValueError(f"gradient_errors: array {i}: wanted float64, got {array.dtype}")
    y, backward = op(*arrays)
    weights = [rng.normal(size=np.shape(part)) for part in _parts(y)]
    grads = _parts(backward(*weights))
    if [np.shape(g) for g in grads] != [a.shape for a in arrays]:
        raise ValueError(f"gradient_errors: wanted gradients of shapes {[a.shape for a in arrays]}, "
                         f"got {[np.shape(g) for g in grads]}")

    def objective(*arrays):
        outputs = _parts((differences_of or op)(*arrays)[0])
        return sum((w * part).sum() for w, part in zip(weights, outputs))

    errors = []
    for i, grad in enumerate(grads):
        directions = [rng.normal(size=grad.shape) for _ in range(DIRECTIONS)]
        by_hand = np.array([(grad * d).sum() for d in directions])
        by_difference = np.array([_difference(objective, arrays, i, d, step) for d in directions])
        if i in zero:
            errors.append(float(np.abs([*by_hand, *by_difference]).max()))
        elif not np.any(grad) or not np.any(by_difference):
            raise ValueError(f"gradient_errors: array {i}: its gradient is zero, nothing to compare")
        else:
            errors.append(float(np.linalg.norm(by_hand - by_difference) / np.linalg.norm(by_difference)))
    return errors


def layer_op(owner, forward):
    """See a layer's or a model's parameters as arguments.

    Returns op(*inputs, *values): sets the parameters of `owner`, runs forward(*inputs) -> y, backward;
    the backward returns the inputs' gradients (if there are inputs), then the parameters'.
    Leaves `owner` with the values of the last call, which a check has moved: set them again, or check a copy.
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


def _difference(objective, arrays, i, direction, step):
    def moved(sign):
        return [a + sign * step * direction if j == i else a for j, a in enumerate(arrays)]
    return (objective(*moved(+1)) - objective(*moved(-1))) / (2 * step)


def _parts(y):
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)
