"""The rows of the table: a model each, with the options that train it and the numbers that the paper prints."""

from typing import NamedTuple


class Row(NamedTuple):
    """A row: which model, what of it is binary, and how it differs from the 32-bit one of its kind.

    variant:   "base", "wide" (channels times 336/256), "none" (no residual blocks), "all" (every layer binary),
               "batch" and "raw" (batch-normalised and unnormalised convolutions in the binary blocks)
    paper:     the paper's CIFAR-10 test loss in bits per dimension (Table 1), None where it prints none
    """

    kind: str                          # vae or flow
    variant: str
    weights: int
    activations: int
    options: tuple = ()                # of `train`, beside the precision and those of the preset
    paper: float | None = None

    @property
    def name(self):
        """Name of the row in files."""
        return f"{self.kind}-{self.variant}-{self.weights}-{self.activations}"


LABELS = {"base": "", "wide": "widened", "none": "no residual blocks", "all": "all layers binary",
          "batch": "batch norm", "raw": "no normalisation"}
KIND_LABELS = {"vae": "ResNet VAE", "flow": "Flow++"}
NO_BLOCKS = {"vae": ("--blocks", "0", "--nproc", "0"), "flow": ("--blocks", "0", "--dequantiser-blocks", "0")}


def _alternatives(kind):
    return [Row(kind, variant, 1, activations, ("--normalisation", normalisation))
            for variant, normalisation in (("batch", "batch"), ("raw", "none")) for activations in (32, 1)]


ROWS = (
    Row("vae", "base", 32, 32, paper=3.45),
    Row("vae", "base", 1, 32, paper=3.60),
    Row("vae", "base", 1, 1, paper=3.73),
    Row("vae", "wide", 1, 32, ("--channels", "42"), 3.56),          # 32 * 336 / 256
    Row("vae", "wide", 1, 1, ("--channels", "42"), 3.68),
    Row("vae", "none", 32, 32, NO_BLOCKS["vae"], 3.78),
    Row("flow", "base", 32, 32, paper=3.21),
    Row("flow", "base", 1, 32, paper=3.29),
    Row("flow", "base", 1, 1, paper=3.43),
    Row("flow", "none", 32, 32, NO_BLOCKS["flow"], 3.54),
    Row("vae", "all", 1, 32, ("--binary-everywhere",)),
    Row("vae", "all", 1, 1, ("--binary-everywhere",)),
    *_alternatives("vae"),
    *_alternatives("flow"),
)


STEP_SECONDS = {"vae": 0.028, "flow": 0.1}      # of an update of the full table on one core: means over figures/results


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
                "--steps", str(self.steps[row.kind]), *(precision if row.weights == 1 else ()), *row.options,
                "--seed", str(seed), "--threads", "1", "--evaluations", str(self.evaluations)]


FULL = Preset("cifar10", {"vae": "--size 8 --blocks 8 --batch 16 --lr 4e-3 --warmup 200 --latent-rate 4",
                          "flow": "--size 8 --lr 8e-3 --warmup 200"},
              {"vae": 20_000, "flow": 3300}, evaluations=20)
QUICK = Preset("leaves", {"vae": "--size 8 --layers 3 --blocks 3 --lr 8e-3 --warmup 50 --latent-rate 4",
                          "flow": "--size 8 --blocks 1 --couplings 1 1 1 --dequantiser-couplings 1 "
                                  "--lr 8e-3 --warmup 50"},
               {"vae": 600, "flow": 600}, evaluations=10)
