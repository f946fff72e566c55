"""Solutions of lesson 09: Table 1 in miniature."""

import numpy as np


def table_row(nats, D, parameters, binary):
    """Nats become bits by dividing by log 2. The deviation has N - 1 in its denominator (ddof = 1), for the mean was
    estimated from the same images. Eight binary parameters fill a byte."""
    bits = nats / (np.log(2) * D)
    return bits.mean(), bits.std(ddof=1) / np.sqrt(len(bits)), 4 * (parameters - binary) + binary / 8


def compare(A, B, limit):
    """Take the difference first, then the deviation: only so is the comparison paired. The mean over the seeds, taken
    before the deviation over images, keeps what is common to an image. The test is over seeds, since another seed is
    another model. It is two-sided: a large negative t passes too."""
    each = B - A
    S, N = each.shape
    se_images = each.mean(axis=0).std(ddof=1) / np.sqrt(N)
    se_seeds = each.mean(axis=1).std(ddof=1) / np.sqrt(S)
    t = each.mean() / se_seeds
    return each.mean(), se_images, se_seeds, t, abs(t) > limit


def effects(loss):
    """An ablation of two switches needs all four runs: with three, the interaction would hide in one of the effects."""
    of_blocks, of_others = loss[1] - loss[0], loss[:, 1] - loss[:, 0]
    return of_blocks.mean(), of_others.mean(), of_blocks[1] - of_blocks[0]


SOLUTIONS = {"09.1": table_row, "09.2": compare, "09.3": effects}
