"""The convolution of signs in three ways, and packed models compared with unpacked ones."""

import copy
from functools import partial

import numpy as np

from ...binary.bits import PackedKernel
from ...binary.pairs import sign_conv2d
from ...binary.xnor import OUTPUTS, PIXELS, xnor_conv2d
from ...blocks import BinaryConv, pack_layers
from ...cores import Team
from ...flowpp import FlowPP
from ...ops import conv2d
from ...parameter import count, replace_layers
from ...resnet_vae import ResNetVAE
from ...training.evaluate import BATCH, evaluate
from . import steps
from .convolution import CALLS, several
from .machine import median_seconds, medians_in_turn


def sign_rates(shape, threads):
    """Billions of multiply-adds a second (GMAC/s) of 3x3 convolutions, the images shared among the threads.

    Returns:   dict: "float" (conv2d of +-1), "xnor" (with the packing of its input), "pairs" (two signs in one
               float), and their speeds as multiples of "float": "xnor_speedup", "pairs_speedup"
    """
    rng = np.random.default_rng(0)
    channels = shape[-1]
    x, w = (rng.choice(np.array([-1, 1], np.float32), size) for size in (shape, (3, 3, channels, channels)))
    kernels = {"float": (conv2d, w), "xnor": (xnor_conv2d, PackedKernel(w)), "pairs": (sign_conv2d, w)}
    with Team(threads) as team:
        parts = [x[part] for part in team.parts(len(x))]

        def convolve(op, kernel):
            team.map(several(lambda part: op(part, kernel, 1, 1)), parts)
        seconds = medians_in_turn({name: partial(convolve, *way) for name, way in kernels.items()})
    multiply_adds = CALLS * x.size * 9 * channels
    return {**{name: multiply_adds / taken / 1e9 for name, taken in seconds.items()},
            **{f"{name}_speedup": seconds["float"] / seconds[name] for name in ("xnor", "pairs")}}


def pass_rates():
    """Billions of 64-bit words a second that one thread processes in each of the three passes of XNOR.

    Returns:   dict: "exclusive or", "count", "addition", and "limit": the rate that they allow together, in GMAC/s
    """
    rng = np.random.default_rng(0)
    words, kernel = (rng.integers(0, 2**63, shape, dtype=np.uint64) for shape in (PIXELS, (OUTPUTS, 1)))
    differing = words ^ kernel
    ones = np.bitwise_count(differing)
    few = ones.copy()
    passes = {"exclusive or": lambda: np.bitwise_xor(words, kernel, out=differing),
              "count": lambda: np.bitwise_count(differing, out=ones), "addition": lambda: np.add(few, ones, out=few)}
    rates = {name: differing.size / median_seconds(run) / 1e9 for name, run in passes.items()}
    return {**rates, "limit": 64 / sum(1 / rate for rate in rates.values())}


def evaluation_of_signs(threads):
    """Seconds to evaluate one batch, and bytes of all weights, for the bench's VAE and flow with 1-bit activations.

    Returns:   dict name -> {"float_seconds" (one sign in each float), "unpacked_seconds", "packed_seconds",
               "float_bytes", "packed_bytes"}
    """
    found = {}
    for name, kind, config in (("vae", ResNetVAE, steps.VAE), ("flow", FlowPP, steps.binary(steps.FLOW))):
        rng = np.random.default_rng(0)
        model = kind(config, rng)
        models = {"float": replace_layers(copy.deepcopy(model), BinaryConv, _without_pairs), "unpacked": model,
                  "packed": pack_layers(copy.deepcopy(model))}
        images = rng.integers(0, 256, (BATCH, config.size, config.size, 3)).astype(np.uint8)
        counts = count(model)
        with Team(threads) as team:
            seconds = medians_in_turn({way: partial(evaluate, each, images, 0, team) for way, each in models.items()})
        found[name] = {**{f"{way}_seconds": taken for way, taken in seconds.items()},
                       "float_bytes": 4 * counts["parameters"], "packed_bytes": counts["bytes"]}
    return found


def _without_pairs(layer):
    layer.signs_in = False
    return layer
