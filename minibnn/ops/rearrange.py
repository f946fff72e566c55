"""Squares of pixels as channels, and back; the two halves of the channels."""

import numpy as np

from ..differentiable import differentiable


@differentiable("x")
def space_to_depth(x, block=2):
    """Move each block x block square of pixels into the channels.

    Paper:     Appendix C, the squeeze between the stages of the flow.
    Forward:   y[n, i, j, (a*block + b)*C + c] = x[n, i*block + a, j*block + b, c]
               x: (N, H, W, C), y: (N, H/block, W/block, block*block*C)
    Backward:  dx = depth_to_space(dy)
    Raises:    ValueError if H or W is not a multiple of block.
    """
    if x.shape[1] % block or x.shape[2] % block:
        raise ValueError(f"space_to_depth: x: wanted rows and columns divisible by {block}, got {x.shape}")
    y = _squeeze(x, block)

    def space_to_depth_backward(dy):
        return _unsqueeze(dy, block)
    return y, space_to_depth_backward


@differentiable("x")
def depth_to_space(x, block=2):
    """Spread channels over block x block squares of pixels: the inverse of space_to_depth.

    Forward:   x: (N, H, W, block*block*C), y: (N, H*block, W*block, C)
    Backward:  dx = space_to_depth(dy)
    Raises:    ValueError if the channels are not a multiple of block*block.
    """
    if x.shape[-1] % block**2:
        raise ValueError(f"depth_to_space: x: wanted channels divisible by {block**2}, got {x.shape}")
    y = _unsqueeze(x, block)

    def depth_to_space_backward(dy):
        return _squeeze(dy, block)
    return y, depth_to_space_backward


def halves(x):
    """The first and the last half of the channels, as views.    (..., 2C) -> two of (..., C)"""
    C = x.shape[-1] // 2
    return x[..., :C], x[..., C:]


def _squeeze(x, block):
    N, H, W, C = x.shape
    squares = x.reshape(N, H // block, block, W // block, block, C).swapaxes(2, 3)
    return np.ascontiguousarray(squares).reshape(N, H // block, W // block, block * block * C)


def _unsqueeze(x, block):
    N, H, W, C = x.shape
    squares = x.reshape(N, H, W, block, block, C // block**2).swapaxes(2, 3)
    return np.ascontiguousarray(squares).reshape(N, H * block, W * block, C // block**2)
