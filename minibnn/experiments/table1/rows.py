"""The rows of the table: a model each, with the options that train it and the numbers that the paper prints."""

from dataclasses import fields, replace
from itertools import chain, count, takewhile
from typing import NamedTuple

from ...training.settings import KINDS, TrainingConfig


class Row(NamedTuple):
    """A row: which model, what of it is binary, and how it differs from the 32-bit one of its kind.

    variant:   "base", "wide" (channels times 336/256), "none" (no residual blocks), "all" (every layer binary),
               "batch" and "raw" (batch-normalised and unnormalised convolutions in the binary blocks), "slim" and
               "slimwide" (32 bits, but so few channels that it takes no more bytes than another row), "nonewide" and
               "nonewidest" (no residual blocks, but as many channels as such bytes allow), "fast", "nonefast" and
               "slimfast" (a higher learning rate)
    paper:     the paper's CIFAR-10 test loss in bits per dimension (Table 1), None where it prints none
    like:      of a row whose channels a budget of memory decides: variant, weights and activations of the row whose
               bytes it may take
    seeds:     how many runs the full table has of it
    """

    kind: str                          # vae or flow
    variant: str
    weights: int
    activations: int
    options: tuple = ()                # of `train`, beside the precision and those of the preset
    paper: float | None = None
    like: tuple = ()
    seeds: int = 6

    @property
    def label(self):
        """The row in words, within its kind."""
        return ", ".join(filter(None, [f"{self.weights} / {self.activations}", LABELS[self.variant]]))

    @property
    def name(self):
        """Name of the row in files."""
        return f"{self.kind}-{self.variant}-{self.weights}-{self.activations}"


LABELS = {"base": "", "wide": "widened", "none": "no residual blocks", "all": "all layers binary",
          "batch": "batch norm", "raw": "no normalisation", "slim": "slim", "slimwide": "slim as widened",
          "nonewide": "no blocks, wider", "nonewidest": "no blocks, widest",
          "fast": "rate x 8", "nonefast": "no blocks, rate x 8", "slimfast": "slim, rate x 8"}
KIND_LABELS = {"vae": "VAE", "flow": "Flow++"}
NO_BLOCKS = {"vae": ("--blocks", "0", "--nproc", "0"), "flow": ("--blocks", "0", "--dequantiser-blocks", "0")}

FAST = "--lr", "64e-3"


def _alternatives(kind):
    return [Row(kind, variant, 1, activations, ("--normalisation", normalisation), seeds=3)
            for variant, normalisation in (("batch", "batch"), ("raw", "none")) for activations in (32, 1)]


ROWS = (
    Row("vae", "base", 32, 32, paper=3.45),
    Row("vae", "base", 1, 32, paper=3.60),
    Row("vae", "base", 1, 1, paper=3.73),
    Row("vae", "wide", 1, 32, ("--channels", "42"), 3.56),          # 32 * 336 / 256
    Row("vae", "wide", 1, 1, ("--channels", "42"), 3.68),
    Row("vae", "none", 32, 32, NO_BLOCKS["vae"], 3.78),
    Row("vae", "slim", 32, 32, like=("base", 1, 32)),
    Row("vae", "slimwide", 32, 32, like=("wide", 1, 32)),
    Row("vae", "nonewide", 32, 32, NO_BLOCKS["vae"], like=("base", 1, 32)),
    Row("vae", "nonewidest", 32, 32, NO_BLOCKS["vae"], like=("wide", 1, 32)),
    Row("flow", "base", 32, 32, paper=3.21),
    Row("flow", "base", 1, 32, paper=3.29),
    Row("flow", "base", 1, 1, paper=3.43),
    Row("flow", "none", 32, 32, NO_BLOCKS["flow"], 3.54),
    Row("flow", "slim", 32, 32, like=("base", 1, 32)),
    Row("flow", "nonewide", 32, 32, NO_BLOCKS["flow"], like=("base", 1, 32)),
    Row("vae", "all", 1, 32, ("--binary-everywhere",), seeds=3),
    Row("vae", "all", 1, 1, ("--binary-everywhere",), seeds=3),
    Row("flow", "fast", 32, 32, FAST, seeds=3),
    Row("flow", "fast", 1, 32, FAST),
    Row("flow", "fast", 1, 1, FAST, seeds=3),
    Row("flow", "nonefast", 32, 32, (*NO_BLOCKS["flow"], *FAST), seeds=3),
    Row("flow", "slimfast", 32, 32, FAST, like=("fast", 1, 32)),
    *_alternatives("vae"),
    *_alternatives("flow"),
)


def row_of(*key):
    """The row with this kind, variant, weights and activations."""
    return next(row for row in ROWS if row[:4] == key)


STEP_SECONDS = {"vae": 0.024, "flow": 0.105}    # of an update of the full table on one core: means over figures/results


class Preset(NamedTuple):
    """On what all rows are trained, and for how long.

    Differs:   small models, small images, hours of training; batches of 16 for the VAE, higher rates that first rise,
               four times the rate for the VAE's latent weights.
    """

    data: str
    options: dict                      # kind -> options of `train`
    steps: dict                        # kind -> updates
    evaluations: int                   # times on the way that a run measures the test loss

    def arguments(self, row, seed):
        """Arguments of `train` that make a row's run: all but its folder and that of the data."""
        precision = ("--weights", str(row.weights), "--activations", str(row.activations))
        return ["train", row.kind, "--data", self.data, *self.options[row.kind].split(),
                "--steps", str(self.steps[row.kind]), *(precision if row.weights == 1 else ()), *self.options_of(row),
                "--seed", str(seed), "--threads", "1", "--evaluations", str(self.evaluations)]

    def batch(self, kind):
        """Images of an update."""
        return _values(self.options[kind].split()).get("batch", TrainingConfig.batch)

    def config(self, row):
        """The configuration of a row's models."""
        return self._config(row, self.options_of(row))

    def options_of(self, row):
        """The row's own options, and if it is `like` another row those that give it as many channels as it may have.

        A flow's context channels keep their proportion to its channels. Of all such models with no more bytes than
        those of the other row, it is the one with the most.
        """
        if not row.like:
            return row.options
        most = self.config(row_of(row.kind, *row.like)).bytes
        base = self._config(row, row.options)
        by_width = ([config for context in _context_of(base, channels)
                     if (config := replace(base, channels=channels, **context)).bytes <= most] for channels in count(2))
        widest = max(chain.from_iterable(takewhile(bool, by_width)), key=lambda config: config.bytes)
        context = ("--context-channels", str(widest.context_channels)) if row.kind == "flow" else ()
        return (*row.options, "--channels", str(widest.channels), *context)

    def _config(self, row, options):
        config_of, _ = KINDS[row.kind]
        given = _values([*self.options[row.kind].split(), *options])
        return config_of(weights=row.weights, activations=row.activations,
                         **{field.name: given[field.name] for field in fields(config_of) if field.name in given})


def _context_of(base, channels):
    """A flow's context channels in the base's proportion to so many channels, rounded down and up."""
    if not hasattr(base, "context_channels"):
        return [{}]
    share = channels * base.context_channels
    return [{"context_channels": number} for number in (share // base.channels, -(-share // base.channels))]


def _values(words):
    """Options of `train` as dict name -> value."""
    given = {}
    for word in words:
        if word.startswith("--"):
            values = given[word[2:].replace("-", "_")] = []
        else:
            values.append(int(word) if word.isdigit() else word)
    return {name: tuple(values) if len(values) > 1 else values[0] if values else True for name, values in given.items()}


FULL = Preset("cifar10", {"vae": "--size 8 --blocks 8 --batch 16 --lr 4e-3 --warmup 200 --latent-rate 4",
                          "flow": "--size 8 --lr 8e-3 --warmup 200"},
              {"vae": 20_000, "flow": 3300}, evaluations=20)
QUICK = Preset("leaves", {"vae": "--size 8 --layers 3 --blocks 3 --lr 8e-3 --warmup 50 --latent-rate 4",
                          "flow": "--size 8 --blocks 1 --couplings 1 1 1 --dequantiser-couplings 1 "
                                  "--lr 8e-3 --warmup 50"},
               {"vae": 600, "flow": 600}, evaluations=10)
