"""The likeliest mistakes in the exercises of lesson 02."""

from math import erf, sqrt

import numpy as np


def _layer(da, x, w):
    return da @ w.T, x.T @ da, da.sum(axis=0)


def _layer_with(window):
    """The layer's backward with another window: a function of a and d_hidden that gives da."""
    return lambda x, w, b, d: _layer(window(x @ w + b, d), x, w)


def over_the_inputs(x, w, b, d):
    """The window is at the wrong end of the layer."""
    return d @ w.T * (np.abs(x) <= 1), x.T @ d, d.sum(axis=0)


def only_dx(x, w, b, d):
    """dw and db as without a sign."""
    da = d * (np.abs(x @ w + b) <= 1)
    return da @ w.T, x.T @ d, d.sum(axis=0)


def averages(x, w, b, d):
    """Means over the inputs."""
    dx, dw, db = _layer(d * (np.abs(x @ w + b) <= 1), x, w)
    return dx, dw / len(x), db / len(x)


def forgets_the_bias(x, w, b, d):
    """a = x w."""
    return _layer(d * (np.abs(x @ w) <= 1), x, w)


def _ends(mean, width):
    """The two terms of the live fraction, before they are added and halved."""
    return erf((1 - mean) / width), erf((1 + mean) / width)


def standardised(a, d, *, window="z", mean=True, product=True, divide=True, axis=0, late=False):
    """The gradient of 02.3, with one thing done otherwise."""
    s = a.std(axis=axis, keepdims=True)
    z = (a - a.mean(axis=axis, keepdims=True)) / s
    mask = {"z": np.abs(z) <= 1, "strict": np.abs(z) < 1, "a": np.abs(a) <= 1, "none": True}[window]
    dz = d if late else d * mask
    da = dz - (dz.mean(axis=axis, keepdims=True) if mean else 0)
    da = da - (z * np.mean(dz * z, axis=axis, keepdims=True) if product else 0)
    return da * (mask if late else 1) / (s if divide else 1)


def _standardised(**otherwise):
    return lambda a, d: standardised(a, d, **otherwise)


MISTAKES = {
    "02.1": [
        ("The window is missing: this is Eq. (3), the rule for weights.",
         _layer_with(lambda a, d: d)),
        ("Both ends belong to the window; here a = 1 and a = -1 are outside.",
         _layer_with(lambda a, d: d * (np.abs(a) < 1))),
        ("The window is over the gradient; it should be over a.",
         _layer_with(lambda a, d: d * (np.abs(d) <= 1))),
        ("The gradient is clipped to [-1, 1]; Eq. (6) asks whether a is in [-1, 1].",
         _layer_with(lambda a, d: np.clip(d, -1, 1))),
        ("The window is open on one side: a below -1 must not pass either.",
         _layer_with(lambda a, d: d * (a <= 1))),
        ("The window is over x, the input of the layer; it should be over a, the input of the sign.",
         over_the_inputs),
        ("The window is used for dx only; w and b come before the sign too, so dw and db need it.",
         only_dx),
        ("The gradients of w and b are sums over the inputs, not means.",
         averages),
        ("The bias is missing in a, so the window is in the wrong place.",
         forgets_the_bias),
        ("The gradient is multiplied by the sign; Eq. (6) multiplies it by the window only.",
         _layer_with(lambda a, d: d * (np.abs(a) <= 1) * np.where(a >= 0, 1, -1))),
        ("The derivative of the clipped number is 1 inside the window, not a.",
         _layer_with(lambda a, d: d * np.clip(a, -1, 1))),
    ],
    "02.2": [
        ("The mean is not used.",
         lambda mean, deviation: erf(1 / (deviation * sqrt(2)))),
        ("The root of 2 is missing: erf belongs to a Gaussian of variance 1/2.",
         lambda mean, deviation: sum(_ends(mean, deviation)) / 2),
        ("Only the upper end of the window is used; the lower end is at another distance from the mean.",
         lambda mean, deviation: erf((1 - mean) / (deviation * sqrt(2)))),
        ("This is the fraction of all a below 1; those below -1 must be subtracted.",
         lambda mean, deviation: (1 + erf((1 - mean) / (deviation * sqrt(2)))) / 2),
        ("The half is missing: the difference of the two values of erf counts every a twice.",
         lambda mean, deviation: sum(_ends(mean, deviation * sqrt(2)))),
        ("The two values of erf have the wrong sign between them: erf is odd.",
         lambda mean, deviation: -np.diff(_ends(mean, deviation * sqrt(2)))[0] / 2),
        ("The deviation is used as if it were the variance.",
         lambda mean, deviation: sum(_ends(mean, sqrt(2 * deviation))) / 2),
    ],
    "02.3": [
        ("The window is missing.",
         _standardised(window="none")),
        ("Both ends belong to the window; here z = 1 and z = -1 are outside.",
         _standardised(window="strict")),
        ("The window is over a; the input of the sign is z.",
         _standardised(window="a")),
        ("The window comes last; it belongs between the sign and z, before the gradient of the normalisation.",
         _standardised(late=True)),
        ("The mean is treated as a constant, but it depends on each a.",
         _standardised(mean=False)),
        ("The standard deviation is treated as a constant, but it depends on each a.",
         _standardised(product=False)),
        ("Both mean and standard deviation are treated as constants, but they depend on each a.",
         _standardised(mean=False, product=False)),
        ("The division by the standard deviation is missing.",
         _standardised(divide=False)),
        ("The means are taken over the units; each unit has its own mean over the inputs.",
         _standardised(axis=1)),
        ("The gradient is that of sign(a): the normalisation is missing.",
         lambda a, d: d * (np.abs(a) <= 1)),
    ],
}
