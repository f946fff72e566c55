"""Solutions of lesson 04: residual blocks."""

import numpy as np


def gated_residual(x, A, S, dy):
    """The input x acts on y in three ways: by the addition, through a, and through the gate.

    By the product rule, da is dy times the gate, and ds is dy times a times the derivative of the
    sigmoid, gate * (1 - gate). Both are then gradients of linear layers (lesson 00): x.T @ da and
    x.T @ ds for the matrices, and da @ A.T + ds @ S.T for x, to which the addition adds dy.
    """
    a, gate = x @ A, 1 / (1 + np.exp(-(x @ S)))
    da = dy * gate
    ds = dy * a * gate * (1 - gate)
    return x + a * gate, dy + da @ A.T + ds @ S.T, x.T @ da, x.T @ ds


def flow_block_bits(h, c):
    """The first convolution has 3 * 3 * 2h * h weights, the projection 2c * h, the gate 2h * 2h.

    Gains and biases: one each for h, h and 2h outputs, and for the h channels of the layer
    normalisation. That makes 10h numbers.
    """
    return 18 * h * h + 2 * c * h + 4 * h * h, 32 * 10 * h


def through_blocks(x, dy, blocks, after):
    """Inside the branch, sign does no harm: the block is the identity, forward and backward.

    With sign after the addition, the first block leaves only the signs, and the others do not
    change them. Eq. (6) stops the gradient at the first sign where |x| > 1. The later blocks see
    numbers of size exactly 1, which are inside the window.
    """
    if blocks == 0 or not after:
        return x, dy
    return np.where(x >= 0, 1.0, -1.0), dy * (np.abs(x) <= 1)


SOLUTIONS = {"04.1": gated_residual, "04.2": flow_block_bits, "04.3": through_blocks}
