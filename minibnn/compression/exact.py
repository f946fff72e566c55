"""The same numbers on every machine: sums that never round, and functions made of straight lines.

A decoder must compute exactly the numbers that the encoder computed. Floating-point arithmetic alone does not ensure
this: matrix products add in an order that depends on processor, library and number of threads, and exp and log differ
in their last bits. IEEE 754 fixes only the results of each single +, -, *, / and square root.

So convolutions here multiply whole numbers that are small enough for exact sums, in whatever order they are added. The
other functions, e^x and logarithms, are straight lines between the values of tables. Python's `decimal` computes these
values and rounds them correctly.
"""

import copy
import hashlib
import json
from dataclasses import asdict
from decimal import Decimal, localcontext
from functools import cache
from math import fsum

import numpy as np

from ..binary.straight_through import binarise_weights_ste
from ..blocks import Activation, PackedConv
from ..blocks.convolutions import NormalisedConv
from ..files import InputError
from ..parameter import cast, replace_layers

MANTISSA = 53            # bits of a float64: whole numbers up to 2^53 add without rounding
STEPS = 256              # values of a table from one whole number x to the next
REACH = 24               # tables end at this x: e^-24 is 4e-11
MOST = 1e30              # largest number in a network, so that arithmetic with it does not overflow
LEAST_EXPONENT = -1000   # of the unit, a power of two, in `whole_numbers`: far above the smallest float64
DIGITS = 28              # of the decimal numbers that are rounded to a table's values
FRACTION = 2.0**-48      # values in tables are whole multiples of it, so that the difference of two is exact


def exact_network(model):
    """A copy of a ResNet VAE for inference that gives the same numbers on every machine, close to those of the model.

    Inputs and weights of a convolution are rounded to whole multiples of a unit, from -2^b to 2^b. b is as large as
    exact sums allow: 21 for a fan-in of 800. ELU is interpolated, with errors of at most 2e-6.
    """
    network = copy.deepcopy(model)
    cast(network, np.float64)
    replace_layers(network, NormalisedConv, ExactConv)
    return replace_layers(network, Activation, lambda step: step if step.binary else _elu_step)


class ExactConv(NormalisedConv):
    """Any convolution layer with exact sums, forward only.

    Paper:     Eq. (11), (13): y = conv(x, w) * gain / norm(w) + bias, where w is v or sign(v), whose norm is sqrt(n)
    Raises:    InputError if an output is MOST or larger in absolute value, or NaN.
    """

    def __init__(self, layer):
        self.kind, self.stride, self.transposed, self.signs_in = (layer.kind, layer.stride, layer.transposed,
                                                                  layer.signs_in)
        w = layer.kernel.signs(np.float64) if isinstance(layer, PackedConv) else layer.v.value
        if layer.kind == "binary":
            w, _ = binarise_weights_ste(w)
        self.bits = (MANTISSA - w[..., 0].size.bit_length()) // 2
        self.w, unit = whole_numbers(w, self.bits)
        self.scale, self.bias = unit * _gain_over_norm(layer, w), layer.bias.value

    def __call__(self, x, initialise=False):
        whole, unit = whole_numbers(x, self.bits)
        y, _ = self._convolve(whole, self.w)
        y = y * (unit * self.scale) + self.bias
        if not np.abs(y).max() < MOST:                              # nan is refused, too
            raise InputError(f"model: wanted one with numbers of at most {MOST} on these images, got larger ones")
        return y, None


def _gain_over_norm(layer, w):
    if not hasattr(layer, "gain"):                                  # UnnormalisedConv
        return np.ones(w.shape[-1])
    gain = softplus(layer.gain.value) if layer.positive_gain else layer.gain.value
    return gain / np.sqrt([fsum(squares) for squares in (w * w).reshape(-1, w.shape[-1]).T])


def fingerprint(network):
    """SHA-256, in hexadecimal, of the shape and the parameters of an exact network, packed or not."""
    digest = hashlib.sha256(json.dumps(asdict(network.config)).encode())
    digest.update(network.log_scale.value.astype("<f8"))

    def visit(layer):
        for array in (layer.w, layer.scale, layer.bias):
            digest.update(array.astype("<f8"))
        return layer
    replace_layers(network, ExactConv, visit)
    return digest.hexdigest()


def whole_numbers(x, bits):
    """x, rounded to whole multiples of a power of two: the whole numbers, from -2^bits to 2^bits, and that power."""
    _, exponent = np.frexp(np.abs(x).max())
    unit = 2.0 ** max(int(exponent) - bits, LEAST_EXPONENT)
    return np.rint(x / unit), unit


def exp_of_negative(x):
    """e^-x for x >= 0, with errors of at most 2e-6; it never rises as x rises."""
    return _lines(_exp_table(), x)


def sigmoid(x):
    """1 / (1 + e^-x); it never falls as x rises."""
    of_distance = 1 / (1 + exp_of_negative(np.abs(x)))
    return np.where(x < 0, 1 - of_distance, of_distance)


def softplus(x):
    """log(1 + e^x)."""
    return np.maximum(x, 0) + _lines(_softplus_table(), np.abs(x))


def logit(numbers, total):
    """log(p / (1 - p)) for p = numbers / total, rounded to multiples of 2^-48.

    numbers:   a range of whole numbers from 1 to total - 1;  result: as many float64
    """
    return _rounded(lambda i: (Decimal(i) / (total - i)).ln(), numbers)


def _elu_step(x, initialise=False):
    return np.where(x > 0, x, exp_of_negative(-np.minimum(x, 0)) - 1), None


def _lines(table, x):
    """Straight lines between the values of a table; beyond its end, its last value.    x: any shape, at least 0

    Differences between values are exact, so rounding cannot make a falling line rise.
    """
    place = np.minimum(x * STEPS, STEPS * REACH)
    left = np.minimum(place.astype(np.int64), STEPS * REACH - 1)
    start = table[left]
    return start + (table[left + 1] - start) * (place - left)


@cache
def _exp_table():
    return _rounded(lambda i: (-Decimal(i) / STEPS).exp(), range(STEPS * REACH + 1))


@cache
def _softplus_table():
    return _rounded(lambda i: (1 + (-Decimal(i) / STEPS).exp()).ln(), range(STEPS * REACH + 1))


def _rounded(function, arguments):
    with localcontext() as context:
        context.prec = DIGITS
        whole = [int((function(i) / Decimal(FRACTION)).to_integral_value()) for i in arguments]
    return np.array(whole, np.float64) * FRACTION
