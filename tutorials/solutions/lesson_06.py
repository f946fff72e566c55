"""Solutions of lesson 06: change of variables."""

import numpy as np


def coupling_backward(x, ka, kb, dy, d_log_det):
    """Go backwards, one line of the forward pass after the other. y2 = x2 e^a + b gives dx2, db, and da = dx2 * x2, as
    x2 e^a is its own derivative by a. The log-determinant is the sum of a, so each a of a row also gets the row's
    d_log_det. a = x1 ka and b = x1 kb are matrix products. x1 acts on three ways: it is y1, and it makes a and b."""
    x1, x2 = np.split(x, 2, axis=1)
    dy1, dy2 = np.split(dy, 2, axis=1)
    dx2 = dy2 * np.exp(x1 @ ka)
    da = dx2 * x2 + d_log_det[:, None]
    db = dy2
    dx1 = dy1 + da @ ka.T + db @ kb.T
    return np.concatenate([dx1, dx2], axis=1), x1.T @ da, x1.T @ db


def log_density_of_flow(x, layers):
    """Each layer's log-determinant is taken at the layer's own input, which is the output of the layer before. The base
    density is taken at the last output, with its constant D/2 log(2 pi): without it the density would not integrate
    to 1."""
    log_det = np.zeros(len(x))
    for layer in layers:
        x, of_layer = layer(x)
        log_det = log_det + of_layer
    return -0.5 * (x**2).sum(axis=1) - x.shape[1] / 2 * np.log(2 * np.pi) + log_det


def bits_of_pixels(log_p, dimensions, s):
    """The map from x + u to s (x + u) + c has the slope s in each dimension, so Eq. (8) adds D log s; the shift c adds
    nothing. Shrinking x + u to the unit cube, s = 1/256, multiplies each dimension's density by 256. A uniform density
    on the unit cube has log_p = 0, and yet each number costs 8 bits."""
    return -(log_p + dimensions * np.log(s)) / (dimensions * np.log(2))


SOLUTIONS = {"06.1": coupling_backward, "06.2": log_density_of_flow, "06.3": bits_of_pixels}
