"""Solutions of lesson 06: change of variables."""

import numpy as np


def affine_coupling(x, conditioner):
    """The Jacobian is triangular: 1 for each number of the first half, e^a for each of the second. The logarithm of the
    product of these is the sum of a, for each row by itself. The shift b moves everything, and stretches nothing."""
    x1, x2 = np.split(x, 2, axis=1)
    a, b = conditioner(x1)
    return np.concatenate([x1, x2 * np.exp(a) + b], axis=1), a.sum(axis=1)


def log_density_of_flow(x, layers):
    """Each layer's log-determinant is taken at its own input, which is the output of the layer before. The base density
    is that of the last output, with its constant D/2 log(2 pi): without it the density does not integrate to 1."""
    log_det = np.zeros(len(x))
    for layer in layers:
        x, of_layer = layer(x)
        log_det = log_det + of_layer
    return -0.5 * (x**2).sum(axis=1) - x.shape[1] / 2 * np.log(2 * np.pi) + log_det


def bits_of_pixels(log_p_y, dimensions, s):
    """The map from x + u to y has the slope s in each dimension, so Eq. (8) adds D log s; its shift adds nothing. For
    s = 1/256 that is -8 bits per dimension: a uniform density on the unit cube costs 8 bits per number, not 0."""
    return -(log_p_y + dimensions * np.log(s)) / (dimensions * np.log(2))


SOLUTIONS = {"06.1": affine_coupling, "06.2": log_density_of_flow, "06.3": bits_of_pixels}
