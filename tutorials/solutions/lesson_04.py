"""Solutions of lesson 04: residual blocks."""

import numpy as np


def residual_stack(x, matrices, dy):
    """Going up, keep what each layer's backward will need. Going down, the last layer comes first, and each adds its
    branch's gradient to the dy that it was given (a). No array is changed in place."""
    branches = []
    for A in matrices:
        branches.append(np.tanh(x @ A))
        x = x + branches[-1]
    for A, t in zip(reversed(matrices), reversed(branches)):
        dy = dy + (dy * (1 - t * t)) @ A.T
    return x, dy


def flow_block_bits(h, c):
    """Weights: 3 * 3 * 2h * h of the first convolution, 2c * h of the projection, 2h * 2h of the gate.

    Gains and biases: one each for h, h and 2h outputs, and for the h channels of the layer norm: 10h numbers.
    """
    return 18 * h * h + 2 * c * h + 4 * h * h, 32 * 10 * h


def through_blocks(x, dy, blocks, after):
    """Inside the branch, sign does no harm: the block is the identity, both ways.

    After the addition, the first block leaves the signs, which the others leave as they are. Its estimator stops the
    gradient where |x| > 1. The others see numbers of size exactly 1, which are still inside the window of Eq. (6).
    """
    if blocks == 0 or not after:
        return x, dy
    return np.where(x >= 0, 1.0, -1.0), dy * (np.abs(x) <= 1)


SOLUTIONS = {"04.1": residual_stack, "04.2": flow_block_bits, "04.3": through_blocks}
