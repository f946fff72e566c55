"""Signs and their straight-through gradients.

The derivative of sign is zero almost everywhere, so it would stop every gradient. A straight-through estimator (STE)
uses a surrogate in its backward: the derivative of another function, its tangent. The functions whose names end in
`_ste` are such estimators; each declares its tangent with `surrogate`.
Differs:   sign(0) is +1, as Eq. (1) says, in training and in bits; the published code trains with 0 and packs -1.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

import numpy as np

from ..differentiable import differentiable

_VALUES = ContextVar("values of straight-through estimators", default=None)


def surrogate(*, tangent, kinks=()):
    """Decorator for an estimator: declares its tangent, the function whose derivative its backward uses.

        @surrogate(tangent=lambda a: np.clip(a, -1, 1), kinks=(-1, 1))
        def binarise_activations_ste(a): ...                        # one array -> y of its shape, backward

    The declaration changes neither values nor backward. `minibnn.gradcheck.TangentTwin` reads it, and so can check
    every network that calls the estimator.
    tangent:   array -> array of its shape, element by element
    kinks:     the numbers at which the slope of `tangent` jumps, if there are any
    """
    def declare(estimator):
        @wraps(estimator)
        def declared(*argument, **named):
            y, backward = estimator(*argument, **named)
            [x] = *argument, *named.values()
            values = _VALUES.get()
            return (values(declared, x, y) if values else y), backward
        declared.tangent, declared.kinks = tangent, kinks
        return declared
    return declare


@contextmanager
def values_from(stand_in):
    """Inside a `with`, in this thread, each declared estimator gives stand_in(estimator, x, y) in place of its y."""
    token = _VALUES.set(stand_in)
    try:
        yield
    finally:
        _VALUES.reset(token)


@differentiable("x")
def sign(x):
    """Sign with sign(0) = +1, and its true derivative.

    Paper:     Eq. (1).
    Forward:   y = +1 where x >= 0, else -1                x, y: any shape
    Backward:  dx = 0, the derivative everywhere but at 0; it cannot train anything
    """
    y = _sign(x)

    def sign_backward(dy):
        return np.zeros_like(dy)
    return y, sign_backward


@differentiable("v")
@surrogate(tangent=lambda v: v)
def binarise_weights_ste(v):
    """Binarise latent weights, with a straight-through gradient.

    Paper:     Eq. (2), (3), section 2.1.
    Forward:   v_B = sign(v)                               v, v_B: any shape
    Backward:  dv = d_vB.  Surrogate: the derivative of the identity.
               The bound of Eq. (4) is not applied here: `clip_latent` does that after each update.
    """
    v_binary = _sign(v)

    def binarise_weights_ste_backward(d_v_binary):
        return d_v_binary
    return v_binary, binarise_weights_ste_backward


@differentiable("a")
@surrogate(tangent=lambda a: np.clip(a, -1, 1), kinks=(-1, 1))
def binarise_activations_ste(a):
    """Binarise activations, with a clipped straight-through gradient.

    Paper:     Eq. (5), (6), section 2.1.
    Forward:   a_B = sign(a)                               a, a_B: any shape
    Backward:  da = d_aB where |a| <= 1, else 0.  Surrogate: the derivative of clip(a, -1, 1).
    """
    a_binary = _sign(a)

    def binarise_activations_ste_backward(d_a_binary):
        return d_a_binary * (np.abs(a) <= 1)
    return a_binary, binarise_activations_ste_backward


def clip_latent(v):
    """Bound latent weights after an update, so that each weight can still change its sign.

    Paper:     Eq. (4).
    Returns:   max(-1, min(1, v)), a new array of v's shape
    """
    return np.clip(v, -1, 1)


def _sign(x):
    signs = (x >= 0).astype(x.dtype)
    signs *= 2                                                      # in place, in a new array: 3x faster than where
    signs -= 1
    return signs
