"""Plausible wrong answers to the exercises of lesson 01."""

import numpy as np

WRONG = {
    "01.1": [
        np.sign,                                                    # sign(0) = 0
        lambda x: np.where(x > 0, 1.0, -1.0),                       # sign(0) = -1
        lambda x: np.copysign(1.0, x),                              # tells -0.0 from 0.0
        lambda x: x >= 0,                                           # 0 and 1
    ],
    "01.2": [
        lambda v, d, rate: v - rate * d,                            # no bound
        lambda v, d, rate: np.clip(v, -1, 1) - rate * d,            # the bound before the update
        lambda v, d, rate: np.clip(v + rate * d, -1, 1),            # uphill
        lambda v, d, rate: np.clip(v - rate * np.clip(d, -1, 1), -1, 1),      # bounds the gradient too
        lambda v, d, rate: np.clip(v - rate * d * (np.abs(v) < 1), -1, 1),    # a weight at the bound stays there
    ],
    "01.3": [
        lambda v, gradient, rate: int(np.ceil(abs(v) / (rate * abs(gradient)))),      # 0 counts as a flip from above
        lambda v, gradient, rate: int(abs(v) / (rate * abs(gradient))) + 1,           # 0 is no flip from below
        lambda v, gradient, rate: int(abs(v) / rate) + 1,                             # forgets the gradient
        lambda v, gradient, rate: abs(v) / (rate * abs(gradient)),                    # not a whole number
    ],
}
