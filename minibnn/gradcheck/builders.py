"""How checks are built: for ops, for layers and blocks, for whole models.

A check is a function errors_of(rng) -> relative errors, one for each array. Its base point keeps a distance from kinks,
the points where a derivative jumps: there a finite difference is wrong.
"""

import numpy as np

from ..parameter import Parameter, cast, named_parameters, parameters
from .checker import gradient_errors, layer_op
from .twin import TangentTwin

# From where the parameters of a check are drawn, by the last part of their name
RANGES = {"v": (-1, 1), "gain": (0.5, 1.5), "bias": (-0.5, 0.5), "log_scale": (0, 1), "w": (-0.2, 0.2)}
IMAGE = (2, 4, 3, 5)
KERNEL = (3, 3, 5, 2)
KINK_DISTANCE = 1e-3     # straight-through networks: base points are drawn until no activation is closer to +-1


def op_check(function, *shapes, straight=False, zero=()):
    """A check of an op whose arguments are all arrays of standard normal numbers.

    shapes:    of the arguments
    straight:  whether to take differences of the tangent twin
    zero:      positions of arguments whose gradients must be exactly zero
    """
    def errors_of(rng):
        arrays = [away_from_kinks(rng.normal(size=shape)) for shape in shapes]
        twin = TangentTwin(function, *arrays) if straight else None
        return gradient_errors(function, *arrays, rng=rng, differences_of=twin, zero=zero)
    return errors_of


def away_from_kinks(x, margin=0.02):
    """Move numbers away from 0 and +-1, where ELU, sign and the clipped estimator have their kinks."""
    for kink in (-1, 0, 1):
        x = np.where(np.abs(x - kink) < margin, kink + np.where(x < kink, -margin, margin), x)
    return x


def layer_check(build, shape=IMAGE, straight=False, context_channels=0, run=None, start=None):
    """A check of a layer, block or bijection: its input, its context if it takes one, every parameter.

    build:   rng -> layer
    run:     (layer, x, context) -> y, backward, for a layer that takes a context (a Parameter)
    start:   rng -> input, for a layer whose input cannot be standard normal numbers
    """
    def point(layer, rng):
        inputs = [start(rng) if start else away_from_kinks(rng.normal(size=shape))]
        if not context_channels:
            return inputs, layer
        inputs.append(away_from_kinks(rng.normal(size=(*shape[:3], context_channels))))
        return inputs, _context_as_argument(layer, run)
    return _check(build, point, straight)


def model_check(build, objective_of, straight, zero=()):
    """A check of a whole model: every parameter, for fixed images and noise.

    build:         rng -> model
    objective_of:  (model, rng) -> objective() -> (loss, backward)
    straight:      whether to take differences of the tangent twin
    zero:          beginnings of the names of parameters whose gradients must be exactly zero
    """
    return _check(build, lambda model, rng: ([], objective_of(model, rng)), straight, zero)


def _check(build, point, straight, zero=()):
    """A check of build(rng) at random parameters, and at the inputs of point(owner, rng) -> (inputs, forward)."""
    def errors_of(rng):
        kink_distance = 0
        while kink_distance < KINK_DISTANCE:
            owner = build(rng)
            randomise(owner, rng)
            inputs, forward = point(owner, rng)
            op, arrays = layer_op(owner, forward), [*inputs, *(p.value for p in parameters(owner))]
            twin = TangentTwin(op, *arrays) if straight else None
            kink_distance = twin.kink_distance if twin else np.inf
        names = [""] * len(inputs) + [name for name, _ in named_parameters(owner)]
        zero_at = [i for i, name in enumerate(names) if zero and name.startswith(tuple(zero))]
        return gradient_errors(op, *arrays, rng=rng, differences_of=twin, zero=zero_at)
    return errors_of


def _context_as_argument(layer, run):
    """An op of x and of a context's value, from a layer that adds to the gradient of a context."""
    def op(x, context_value):
        context = Parameter(context_value)
        y, run_backward = run(layer, x, context)

        def context_as_argument_backward(*dy):
            context.zero_grad()                                     # a second backward starts from 0
            dx = run_backward(*dy)
            return dx, context.grad
        return y, context_as_argument_backward
    return op


def randomise(owner, rng):
    """Set all parameters to random numbers from RANGES, so that no gradient is tiny: some gains would start at 0."""
    cast(owner, np.float64)
    for name, parameter in named_parameters(owner):
        low, high = RANGES[name.split(".")[-1]]
        parameter.value = rng.uniform(low, high, parameter.value.shape)
        if name.split(".")[-1] == "w":                              # a matrix that must be invertible
            parameter.value += np.eye(parameter.value.shape[-1])
