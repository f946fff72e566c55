"""The convolution against the matrix product, and how often a step calls it."""

import time
from contextlib import contextmanager

import numpy as np

from ...blocks import convolutions
from ...cores import Team
from ...ops import conv2d
from .machine import median_seconds

CALLS = 8                # calls each time that threads get work: a pass through a model gives it once for all layers
# (images, rows, columns, channels in and out), 3x3 kernels. The first two are the ones that must be fast.
SHAPES = ((64, 16, 16, 64), (32, 16, 16, 128), (64, 8, 8, 64), (64, 8, 8, 32))


def convolution_rates(shape, threads):
    """GFLOP/s of conv2d forward and backward, the images shared among the threads."""
    rng = np.random.default_rng(0)
    channels = shape[-1]
    x = rng.standard_normal(shape, dtype=np.float32)
    w = rng.standard_normal((3, 3, channels, channels), dtype=np.float32)
    flop = 2 * x.size * 9 * channels
    with Team(threads) as team:
        parts = [x[part] for part in team.parts(len(x))]
        backwards = [conv2d(part, w, 1, 1)[1] for part in parts]
        forward = median_seconds(lambda: team.map(several(lambda part: conv2d(part, w, 1, 1)), parts)) / CALLS
        backward = median_seconds(lambda: team.map(several(lambda run, part: run(part)), backwards, parts)) / CALLS
    return flop / forward / 1e9, 2 * flop / backward / 1e9


def several(function):
    """A function that calls the given one CALLS times."""
    def calls(*arguments):
        for _ in range(CALLS):
            function(*arguments)
    return calls


STRIDED_SIDE = {"conv2d": lambda x, y: y, "sign_conv2d": lambda x, y: y, "conv2d_transpose": lambda x, y: x}


class Counted:
    """What `counting` found: seconds, added over threads, and floating-point operations of all convolutions."""

    def __init__(self):
        self.forward, self.backward, self.flop = [], [], []         # a list takes items from several threads


@contextmanager
def counting():
    """Inside, every convolution of a layer is timed, and its multiplications and additions are counted.

    A backward makes twice the products of its forward. Pairs of signs count as if each sign were convolved alone.
    """
    counted = Counted()
    originals = {name: getattr(convolutions, name) for name in STRIDED_SIDE}
    for name, op in originals.items():
        setattr(convolutions, name, _timed(op, counted, STRIDED_SIDE[name]))
    try:
        yield counted
    finally:
        for name, op in originals.items():
            setattr(convolutions, name, op)


def _timed(op, counted, strided_side):
    def timed_op(x, w, *settings):
        start = time.perf_counter()
        y, op_backward = op(x, w, *settings)
        counted.forward.append(time.perf_counter() - start)
        pixels = strided_side(x, y)[..., 0].size
        counted.flop.append(3 * 2 * pixels * w.size)

        def timed_backward(dy):
            start = time.perf_counter()
            gradients = op_backward(dy)
            counted.backward.append(time.perf_counter() - start)
            return gradients
        return y, timed_backward
    return timed_op
