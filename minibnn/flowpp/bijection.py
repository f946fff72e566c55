"""What all bijections share, their composition and their inverse (Eq. 8, 9).

A bijection f of images x (N, H, W, C) runs in both directions, and each direction has a backward:

    (y, log_det), backward = f(x)              log_det: (N,), the log-determinant log |det dy/dx| of each image, in nats
    (x, log_det), backward = f.inverse(y)      log_det: (N,), log |det dx/dy| = -log |det dy/dx|
    dx = backward(dy, d_log_det)               of the forward: the gradient through y and through log_det, added

Layers that split an image in two halves take the first and the last half of the channels.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..differentiable import differentiable
from ..parameter import Parameter


class Given(NamedTuple):
    """What a pass through a flow takes besides the image."""

    initialise: bool = False                   # set gains and biases from the images; there is no backward
    context: Parameter | None = None           # what conditioners see besides half of the image; collects a gradient
    masks: Iterator | None = None              # dropout masks, in the order in which blocks run


NOTHING = Given()


class Composition:
    """One bijection after the other.

    Paper:     Eq. (9).
    Forward:   y = f_n(... f_1(x)), log_det = sum of the log-determinants of all f_i
    Backward:  dx: each f_i gets the gradient of its value and the same d_log_det
    """

    def __init__(self, bijections):
        self.bijections = list(bijections)

    def __call__(self, x, given=NOTHING):
        """The value and the log-determinant of the whole, and its backward."""
        return _one_after_the_other(x, self.bijections, given)

    def inverse(self, y, given=NOTHING):
        """The inverses of the bijections, in reverse order."""
        return _one_after_the_other(y, [f.inverse for f in reversed(self.bijections)], given)


class Inverse:
    """A bijection with its two directions exchanged.

    Paper:     Eq. (8): the log-determinant of the inverse is minus that of the bijection.
    """

    def __init__(self, bijection):
        self.bijection = bijection

    def __call__(self, x, given=NOTHING):
        """The wrapped bijection's inverse."""
        return self.bijection.inverse(x, given)

    def inverse(self, y, given=NOTHING):
        """The wrapped bijection itself."""
        return self.bijection(y, given)


@differentiable("x")
def standard_normal(x):
    """Log-density of standard normal noise, in nats for each image.

    Paper:     Eq. (8), the base density p_z.
    Forward:   log p = -sum(x^2) / 2 - D/2 log(2 pi)
               x: (N, ...) with D numbers each, log p: (N,)
    Backward:  dx = -d_log_p * x
    """
    D = x[0].size
    log_p = per_image(x * x) * x.dtype.type(-0.5) - x.dtype.type(D / 2 * np.log(2 * np.pi))

    def standard_normal_backward(d_log_p):
        return -to_elements(d_log_p, x) * x
    return log_p, standard_normal_backward


def per_image(x):
    """The sum of all numbers of each image.    (N, ...) -> (N,)"""
    return x.reshape(len(x), -1).sum(axis=1)


def to_elements(d_log_det, x):
    """One number per image, (N,), as a view that broadcasts against x (N, ...)."""
    return d_log_det.reshape(-1, *[1] * (x.ndim - 1))


def _one_after_the_other(x, steps, given):
    log_det, backwards = np.zeros(len(x), x.dtype), []
    for step in steps:
        (x, step_log_det), step_backward = step(x, given)
        log_det = log_det + step_log_det
        if not given.initialise:                       # the initialisation pass has no backward
            backwards.append(step_backward)

    def composition_backward(dy, d_log_det):
        assert not given.initialise, "the initialisation pass has no backward"
        for step_backward in reversed(backwards):
            dy = step_backward(dy, d_log_det)
        return dy
    return (x, log_det), composition_backward
