"""The XNOR convolution against the float convolution, and packed models against unpacked ones."""

import copy

import numpy as np

from ...binary.bits import PackedKernel
from ...binary.xnor import OUTPUTS, PIXELS, xnor_conv2d
from ...blocks import pack_layers
from ...cores import Team
from ...flowpp import FlowPP
from ...ops import conv2d
from ...parameter import count
from ...resnet_vae import ResNetVAE
from ...training.evaluate import BATCH, evaluate
from . import steps
from .machine import median_seconds

# (images, rows, columns, channels in and out), 3x3 kernels; the first two are the ones of the summary.
SHAPES = ((32, 16, 16, 128), (32, 16, 16, 256), (64, 16, 16, 64), (64, 8, 8, 64))


def xnor_rates(shape, threads):
    """Billions of multiply-adds a second (GMAC/s), the images shared among the threads.

    Returns:   dict: "float" (conv2d of +-1), "xnor" (with the packing of its input), "speedup"
    """
    rng = np.random.default_rng(0)
    channels = shape[-1]
    x, w = (rng.choice(np.array([-1, 1], np.float32), size) for size in (shape, (3, 3, channels, channels)))
    kernel = PackedKernel(w)
    with Team(threads) as team:
        parts = [x[part] for part in team.parts(len(x))]
        of_float = median_seconds(lambda: team.map(lambda part: conv2d(part, w, 1, 1), parts))
        of_xnor = median_seconds(lambda: team.map(lambda part: xnor_conv2d(part, kernel, 1, 1), parts))
    multiply_adds = x.size * 9 * channels
    return {"float": multiply_adds / of_float / 1e9, "xnor": multiply_adds / of_xnor / 1e9,
            "speedup": of_float / of_xnor}


def pass_rates():
    """Billions of 64-bit words a second that one thread takes through each of the three passes of XNOR.

    Returns:   dict: "exclusive or", "count", "addition", and "limit": what they allow together, in GMAC/s
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


def packed_evaluation(threads):
    """Seconds to evaluate one batch, and bytes of all weights, for the bench's VAE and flow with binary activations.

    Returns:   dict name -> {"unpacked_seconds", "packed_seconds", "float_bytes", "packed_bytes"}
    """
    found = {}
    for name, kind, config in (("vae", ResNetVAE, steps.VAE), ("flow", FlowPP, steps.binary(steps.FLOW))):
        rng = np.random.default_rng(0)
        model = kind(config, rng)
        packed = pack_layers(copy.deepcopy(model))
        images = rng.integers(0, 256, (BATCH, config.size, config.size, 3)).astype(np.uint8)
        counts = count(model)
        found[name] = {"unpacked_seconds": _evaluation_seconds(model, images, threads),
                       "packed_seconds": _evaluation_seconds(packed, images, threads),
                       "float_bytes": 4 * counts["parameters"], "packed_bytes": counts["bytes"]}
    return found


def _evaluation_seconds(model, images, threads):
    with Team(threads) as team:
        return median_seconds(lambda: evaluate(model, images, 0, team), seconds=0, least=3)
