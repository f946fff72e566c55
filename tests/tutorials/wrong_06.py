"""Plausible wrong answers to the exercises of lesson 06."""

import numpy as np


def _coupling(log_det_of=lambda a: a.sum(axis=1), order=lambda a, b, x2: x2 * np.exp(a) + b, swapped=False):
    def affine_coupling(x, conditioner):
        x1, x2 = np.split(x, 2, axis=1)[::-1 if swapped else 1]
        a, b = conditioner(x1)
        y = [x1, order(a, b, x2)]
        return np.concatenate(y[::-1 if swapped else 1], axis=1), log_det_of(a)
    return affine_coupling


def _density(sign=1, constant=1, at_the_start=False, of_the_input=False):
    def log_density_of_flow(x, layers):
        start, log_det = x, np.zeros(len(x))
        for layer in layers:
            y, own = layer(x)
            log_det = log_det + sign * (layer(start)[1] if at_the_start else own)
            x = y
        base = start if of_the_input else x
        return -0.5 * (base**2).sum(axis=1) - constant * x.shape[1] / 2 * np.log(2 * np.pi) + log_det
    return log_density_of_flow


WRONG = {
    "06.1": [
        _coupling(log_det_of=lambda a: np.exp(a).sum(axis=1)),      # the sum of the slopes, not of their logarithms
        _coupling(log_det_of=lambda a: np.exp(a).prod(axis=1)),     # the determinant, not its logarithm
        _coupling(log_det_of=lambda a: -a.sum(axis=1)),             # that of the inverse
        _coupling(log_det_of=lambda a: a.sum()),                    # one number for the whole batch
        _coupling(order=lambda a, b, x2: (x2 + b) * np.exp(a)),     # shifts first
        _coupling(swapped=True),                                    # changes the first half
    ],
    "06.2": [
        _density(sign=-1),                                          # the log-determinants of the inverse
        _density(constant=0),                                       # a base that is not normalised
        _density(at_the_start=True),                                # each determinant at x, not at the layer's input
        _density(of_the_input=True),                                # the base density of x, not of f(x)
    ],
    "06.3": [
        lambda log_p_y, dimensions, s: -log_p_y / (dimensions * np.log(2)),                       # forgets the scale
        lambda log_p_y, dimensions, s: -(log_p_y - dimensions * np.log(s)) / (dimensions * np.log(2)),  # its inverse
        lambda log_p_y, dimensions, s: -(log_p_y + np.log(s)) / (dimensions * np.log(2)),         # once, not D times
        lambda log_p_y, dimensions, s: -(log_p_y + dimensions * np.log(s)) / dimensions,          # nats
        lambda log_p_y, dimensions, s: 8 - log_p_y / (dimensions * np.log(2)),                    # 256 levels, always
    ],
}
