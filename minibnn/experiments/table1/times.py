"""What the rows cost in time: seconds of training and of evaluation."""

import numpy as np

from ...cores import Team
from ...training.evaluate import evaluate
from ..bench.machine import describe_with_versions, medians_in_turn
from ..bench.steps import Stepper
from .results import BASE
from .rows import FULL, KIND_LABELS, ROWS, row_of

IMAGES = 1000            # that are evaluated
EVALUATIONS = 3          # of which the median counts
SECONDS = 20             # for which the updates of a kind's rows are timed
VARIANTS = "base", "none", "slim", "nonewide"


def measure(threads, report=None, preset=FULL):
    """Time the updates and the evaluation of the main rows and of 32-bit ones of equal memory, on images of noise.

    The rows of a kind take turns, so that a slow moment of the machine slows all of them.
    Returns:   a dict of JSON values: "rows" has for each row the seconds of an update, of all its updates ("training"),
               and of evaluating `images` images
    """
    found, stages = {}, [(kind, what) for kind in KIND_LABELS for what in ("updates", "evaluation")]
    with Team(threads) as team:
        for done, (kind, what) in enumerate(stages):
            if report:
                report(done, len(stages), f"{kind}: {what}")
            rows = [row for row in ROWS if row.kind == kind and row.variant in VARIANTS]
            models = {row.name: Stepper(preset.config(row), preset.batch(kind), team) for row in rows}
            if what == "updates":
                for name, taken in medians_in_turn(models, SECONDS).items():
                    found[name] = {"update": taken, "training": taken * preset.steps[kind]}
            else:
                size = preset.config(rows[0]).size
                images = np.random.default_rng(0).integers(0, 256, (IMAGES, size, size, 3)).astype(np.uint8)
                for name, taken in medians_in_turn(
                        {name: lambda model=stepper.state.model, images=images: evaluate(model, images, 0, team)
                         for name, stepper in models.items()}, 0, EVALUATIONS).items():
                    found[name]["evaluation"] = taken
    return {"rows": found, "images": IMAGES, "threads": threads, "machine": describe_with_versions()}


def lines(found):
    """The times as a table, with the factors to those of the 32-bit row."""
    images = f"s for {found['images']:,} images"
    yield f"{found['machine']}; threads: {found['threads']}"
    yield (f"{'model':<7}{'weights / activations':<27}{'ms an update':>14}{'s of training':>15}{'factor':>8}"
           f"{images:>20}{'factor':>8}")
    for row in ROWS:
        if row.name in found["rows"]:
            times = found["rows"][row.name]
            base = found["rows"][row_of(row.kind, *BASE).name]
            factors = {name: f"{times[name] / base[name]:.2f}" for name in ("training", "evaluation")}
            yield (f"{KIND_LABELS[row.kind]:<7}{row.label:<27}{1e3 * times['update']:>14.1f}"
                   f"{times['training']:>15,.0f}{factors['training']:>8}{times['evaluation']:>20.2f}"
                   f"{factors['evaluation']:>8}")
