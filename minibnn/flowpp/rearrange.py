"""Bijections that only move numbers: stripe split, channel split, squeeze, swap. Their log-determinant is 0."""

import numpy as np

from ..differentiable import differentiable
from ..ops import depth_to_space, halves, space_to_depth
from .bijection import NOTHING


class Permutation:
    """A bijection that permutes an image's numbers: its backward is its inverse."""

    @differentiable("x")
    def __call__(self, x, given=NOTHING):
        return _moved(x, self._forward, self._backward)

    @differentiable("y")
    def inverse(self, y, given=NOTHING):
        return _moved(y, self._backward, self._forward)


class StripeSplit(Permutation):
    """Put even columns into the first half of the channels, odd columns into the last.

    Paper:     Appendix C, "vertical stripe split".
    Forward:   y[n, i, j, :C] = x[n, i, 2j], y[n, i, j, C:] = x[n, i, 2j + 1]
               x: (N, H, W, C), y: (N, H, W/2, 2C)
    """

    @staticmethod
    def _forward(x):
        return np.concatenate([x[:, :, ::2], x[:, :, 1::2]], axis=-1)

    @staticmethod
    def _backward(y):
        N, H, W, C = y.shape
        return y.reshape(N, H, 2 * W, C // 2)                       # pairs of columns lie side by side


class ChannelSplit(Permutation):
    """Change nothing: the halves are the first and the last half of the channels, which every layer uses anyway.

    Paper:     Appendix C, "channel split". After a squeeze these are the even and the odd rows.
    """

    @staticmethod
    def _forward(x):
        return x
    _backward = _forward


class Squeeze(Permutation):
    """Move each square of 2x2 pixels into the channels.

    Paper:     Appendix C, "squeeze 2x2 space-to-depth".
    Forward:   y = space_to_depth(x)                                x: (N, H, W, C), y: (N, H/2, W/2, 4C)
    """

    @staticmethod
    def _forward(x):
        return space_to_depth(x)[0]

    @staticmethod
    def _backward(y):
        return depth_to_space(y)[0]


class Swap(Permutation):
    """Exchange the halves, so that the next coupling transforms the half that this one did not change.

    Paper:     Appendix C, "then the halves swap".
    Forward:   y = [x2, x1]                                         x = [x1, x2], y: (N, H, W, C)
    Raises:    ValueError if the number of channels is odd.
    """

    @staticmethod
    def _forward(x):
        if x.shape[-1] % 2:
            raise ValueError(f"Swap: x: wanted an even number of channels, for two halves, got {x.shape}")
        return np.concatenate(halves(x)[::-1], axis=-1)
    _backward = _forward


def _moved(x, forward, backward):
    y = forward(x)

    def permutation_backward(dy, d_log_det):
        return backward(dy)
    return (y, np.zeros(len(x), x.dtype)), permutation_backward
