"""The contract of an op, checked at each call: floating-point arrays in, upstream gradients shaped like its outputs."""

from functools import wraps
from inspect import signature


def differentiable(*names):
    """Declare the arguments in which an op is differentiable; its backward returns their gradients in this order.

    names:     of arguments that are arrays of floating-point numbers. Whole numbers would overflow or be cut off.
    Raises:    ValueError from the op, if one of these is anything else. ValueError from its backward, unless it gets
               one floating-point array for each output, of the same shape; or if an argument was broadcast, so that
               its gradient would have another shape.
    """
    def declare(op):
        places = [(name, tuple(signature(op).parameters).index(name)) for name in names]
        name_of_op = op.__qualname__.removesuffix(".__call__")
        name_of_backward = f"{name_of_op}, backward"

        @wraps(op)
        def checked(*arguments, **named):
            # Keep shapes, not arrays: an array that the backward does not need can then be freed.
            shapes = [_shape(name_of_op, name, arguments[i] if i < len(arguments) else named[name])
                      for name, i in places if i < len(arguments) or name in named]
            y, backward = op(*arguments, **named)
            output_shapes = [part.shape for part in _parts(y)]

            def checked_backward(*upstream):
                if [_shape(name_of_backward, "dy", dy) for dy in upstream] != output_shapes:
                    _refuse(name_of_backward, upstream, output_shapes)
                grads = backward(*upstream)
                for name, shape, grad in zip(names, shapes, _parts(grads)):
                    if grad.shape != shape:
                        raise ValueError(f"{name_of_backward}: {name}: wanted an argument that is not broadcast, "
                                         f"got the shape {shape} for a gradient of {grad.shape}")
                return grads
            checked_backward.__name__, checked_backward.__qualname__ = backward.__name__, backward.__qualname__
            return y, checked_backward
        checked.differentiable_in = names
        return checked
    return declare


def require_floating(name_of_op, **arrays):
    """Raise ValueError unless each of the arrays holds floating-point numbers."""
    for name, array in arrays.items():
        _shape(name_of_op, name, array)


def _shape(name_of_op, name, array):
    """The array's shape.    Raises: ValueError unless it holds floating-point numbers."""
    dtype = getattr(array, "dtype", None)
    if dtype is None or dtype.kind != "f":
        raise ValueError(f"{name_of_op}: {name}: wanted an array of floating-point numbers, got "
                         f"{type(array).__name__ if dtype is None else dtype}")
    return array.shape


def _parts(values):
    return values if isinstance(values, tuple) else (values,)


def _refuse(name_of_op, upstream, shapes):
    if len(upstream) != len(shapes):
        raise ValueError(f"{name_of_op}: wanted {len(shapes)} upstream gradients, got {len(upstream)}")
    shape, wanted = next((dy.shape, shape) for dy, shape in zip(upstream, shapes) if dy.shape != shape)
    raise ValueError(f"{name_of_op}: dy: wanted {wanted} like the output, got {shape}")
