"""The ledger of a model: for each layer its parameters, its bytes, and its multiply-adds by kind (Table 1)."""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from ..blocks import convolutions
from ..flowpp import FlowConfig
from ..flowpp.invertible_conv import InvertibleConv
from ..parameter import count, named_parameters
from ..resnet_vae import VAEConfig
from ..training.settings import KINDS

OPERATIONS = ("float x float", "float x bit", "bit x bit")      # of inputs and weights
PAPER_VAE = VAEConfig(size=32, weights=1, layers=12, channels=256, latents=8, blocks=20, nproc=1)
PAPER_FLOW = FlowConfig(size=32, weights=1, channels=120, blocks=10, mixture=8, couplings=(4, 2, 3),
                        dequantiser_couplings=4, dequantiser_blocks=2, context_channels=32)
REAL, BINARY = {"weights": 32}, {"weights": 1, "activations": 1}
# Rows of Table 1: model, configuration, and the paper's parameters, % binary, memory.
TABLE_1 = (
    ("ResNet VAE 32/32", replace(PAPER_VAE, **REAL), "56M", "0%", "255 MB"),
    ("ResNet VAE 1/32", PAPER_VAE, "56M", "97.1%", "13 MB"),
    ("ResNet VAE 1/1", replace(PAPER_VAE, **BINARY), "56M", "97.1%", "13 MB"),
    ("widened 1/32", replace(PAPER_VAE, channels=336), "96M", "97.7%", "20 MB"),
    ("widened 1/1", replace(PAPER_VAE, channels=336, **BINARY), "96M", "97.7%", "20 MB"),
    ("no residual blocks", replace(PAPER_VAE, blocks=0, nproc=0, **REAL), "1.6M", "0%", "6 MB"),
    ("Flow++ 32/32", replace(PAPER_FLOW, **REAL), "34M", "0%", "129 MB"),
    ("Flow++ 1/32", PAPER_FLOW, "34M", "90.1%", "14 MB"),
    ("Flow++ 1/1", replace(PAPER_FLOW, **BINARY), "34M", "90.1%", "14 MB"),
    ("no residual blocks", replace(PAPER_FLOW, blocks=0, dequantiser_blocks=0, **REAL), "2.2M", "0%", "9 MB"),
)
NOTE = "Bytes as float32 and as stored; multiply-adds of convolutions for one image, by kind of input x weight."
NOTES = """\
Where ours and the paper's differ: 55.4 million numbers of 32 bits need 222 MB, the paper has 255 MB; the flow's need
134 MB, the paper has 129 MB. Here 92.7% of the flow's parameters are binary, and 93.2% with --binary-context; 90.1%
would mean 0.9 million fewer binary parameters. All other differences are rounding."""


@dataclass
class Entry:
    """One layer: its numbers of parameters and of multiply-adds for an image."""

    name: str
    parameters: int = 0
    binary: int = 0
    multiply_adds: tuple = (0, 0, 0)                            # by OPERATIONS

    @property
    def stored_bytes(self):
        """Bytes with one bit for a binary parameter and 32 for any other."""
        return 4 * (self.parameters - self.binary) + self.binary / 8


def build_of(config):
    """A new model of a configuration."""
    return next(model for kind, model in KINDS.values() if isinstance(config, kind))(config, np.random.default_rng(0))


def ledger(model):
    """The layers of a model with latent weights, in order of definition: a list of Entries.

    Multiply-adds are those of the convolutions in the bound of one image, without those of the zeros that a stride
    puts between pixels. The last bottom-up blocks of a VAE are not run, so theirs are 0.
    """
    config = model.config
    rng = np.random.default_rng(0)
    with _counting_multiply_adds() as done:
        model(rng.integers(0, 256, (1, config.size, config.size, 3)).astype(np.uint8), model.draw_noise(rng, 1))
    entries = {}
    for name, parameter in named_parameters(model):
        entry = entries.setdefault(name.rpartition(".")[0] or name, Entry(name.rpartition(".")[0] or name))
        entry.parameters += parameter.value.size
        entry.binary += parameter.value.size if parameter.kind == "binary" else 0
        for kind, number in done.get(id(parameter), ()):
            entry.multiply_adds = tuple(n + number * (operation == kind)
                                        for n, operation in zip(entry.multiply_adds, OPERATIONS))
    return list(entries.values())


@contextmanager
def _counting_multiply_adds():
    """Inside, each layer records its multiply-adds under the id of its kernel: a list of (kind, number)."""
    done = {}
    convolve, mix = convolutions.NormalisedConv._convolve, InvertibleConv.__call__

    def counted_convolve(self, x, w):
        y, backward = convolve(self, x, w)
        kind = OPERATIONS[0] if self.v.kind == "float" else OPERATIONS[2 if self.signs_in else 1]
        pixels = (x if self.transposed else y)[..., 0].size
        done.setdefault(id(self.v), []).append((kind, pixels * w.size))
        return y, backward

    def counted_mix(self, x, *given):
        done.setdefault(id(self.w), []).append((OPERATIONS[0], x[..., 0].size * self.w.value.size))
        return mix(self, x, *given)
    convolutions.NormalisedConv._convolve, InvertibleConv.__call__ = counted_convolve, counted_mix
    try:
        yield done
    finally:
        convolutions.NormalisedConv._convolve, InvertibleConv.__call__ = convolve, mix


def total(entries):
    """The sum of all layers, as an Entry."""
    return Entry("total", sum(entry.parameters for entry in entries), sum(entry.binary for entry in entries),
                 tuple(map(sum, zip(*(entry.multiply_adds for entry in entries)))))


def summary(models):
    """The totals of models, as lines of text.    models: dict path -> (configuration, its ledger)"""
    width = max(len(str(path)) for path in models) + 2
    yield (f"{'model':<{width}}{'weights / activations':<23}{'parameters':>10}{'binary':>8}{'as float32':>12}"
           f"{'as stored':>11}{'file':>9}" + "".join(f"{operation:>15}" for operation in OPERATIONS))
    for path, (config, entries) in models.items():
        whole = total(entries)
        sizes = (4 * whole.parameters, whole.stored_bytes, path.stat().st_size)
        yield (f"{path!s:<{width}}{f'{config.weights} / {config.activations} bit':<23}{whole.parameters:>10,}"
               f"{whole.binary / whole.parameters:>8.1%}{sizes[0] / 1e3:>9,.0f} kB{sizes[1] / 1e3:>8,.0f} kB"
               f"{sizes[2] / 1e3:>6,.0f} kB" + "".join(f"{n / 1e6:>13,.1f} M" for n in whole.multiply_adds))
    yield NOTE


def lines(entries):
    """A ledger as lines of text, layer by layer."""
    width = max(len(entry.name) for entry in entries) + 2
    yield (f"{'layer':<{width}}{'parameters':>12}{'binary':>12}{'as float32':>13}{'as stored':>12}"
           + "".join(f"{operation:>15}" for operation in OPERATIONS))
    for entry in [*entries, total(entries)]:
        yield (f"{entry.name:<{width}}{entry.parameters:>12,}{entry.binary:>12,}{4 * entry.parameters:>13,}"
               f"{entry.stored_bytes:>12,.0f}" + "".join(f"{number:>15,}" for number in entry.multiply_adds))


def paper_scale(report=None):
    """Our counts of the models of Table 1 beside the paper's, as lines of text."""
    yield f"{'':<20}{'parameters':>18}{'% binary':>18}{'memory':>20}"
    yield f"{'model':<20}" + "".join(f"{'ours':>{width}}{'paper':>8}" for width in (10, 10, 12))
    for done, (name, config, parameters, percent, memory) in enumerate(TABLE_1, start=1):
        counts = count(build_of(config))
        if report:
            report(done, len(TABLE_1), name)
        yield (f"{name:<20}{counts['parameters'] / 1e6:>9.2f}M{parameters:>8}"
               f"{counts['binary_parameters'] / counts['parameters']:>10.1%}{percent:>8}"
               f"{counts['bytes'] / 1e6:>9.1f} MB{memory:>8}")
    yield NOTES
    for name, config in (("ResNet VAE 1/1", PAPER_VAE), ("Flow++ 1/1", PAPER_FLOW)):
        whole = total(ledger(build_of(replace(config, **BINARY))))
        yield f"{name}: multiply-adds for one image " + ", ".join(
            f"{operation} {number / 1e9:.2f} G" for operation, number in zip(OPERATIONS, whole.multiply_adds))
