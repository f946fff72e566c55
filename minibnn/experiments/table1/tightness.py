"""How tight the bounds are: the losses of the main rows from many draws of the noise, beside those from one."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...archives import read_array
from ...files import InputError, read_json, require_fields
from .results import BASE, Result, difference, require_losses
from .rows import KIND_LABELS, ROWS

DRAWS = 1, 64            # K of `evaluate --samples K`


class Bounds(NamedTuple):
    """Losses of one run, each from another number of draws."""

    loose: Result                      # from DRAWS[0]
    tight: Result                      # from DRAWS[1]

    @property
    def gain(self):
        """By how much the tighter bound is lower, bits per dimension."""
        return self.loose.values["test_bpd"] - self.tight.values["test_bpd"]


def load(folder):
    """What `evaluate --samples K` found of a run of each row, from the files ROW-kK.json and ROW-kK.npy in a folder.

    Returns:   dict row -> Bounds, in the order of ROWS, of the rows that have both files
    Raises:    InputError if a file is damaged, or if two files of a row, or the rows of a kind, do not go together.
    """
    found = {}
    for row in ROWS:
        paths = [Path(folder) / f"{row.name}-k{draws}.json" for draws in DRAWS]
        if all(path.exists() for path in paths):
            found[row] = Bounds(*(_load(path, row, draws) for path, draws in zip(paths, DRAWS)))
            first = next(bounds for of, bounds in found.items() if of.kind == row.kind).loose
            for path, result in zip(paths, found[row]):
                if any(result.values[name] != first.values[name] for name in ("data", "seed")):
                    raise InputError(f"{path}: wanted losses on the images, and from the noise, of the other files of "
                                     "its kind, got others")
    return found


def _load(path, row, draws):
    values, losses = read_json(path), read_array(path.with_suffix(".npy"))
    try:
        require_fields(values, test_bpd=float, samples=int, seed=int, data=dict, command=str)
        if values["samples"] != draws or f"{row.name}-seed" not in values["command"]:
            raise ValueError(f"what `{values['command']}` found with {values['samples']}")
        require_losses(values, losses)
    except ValueError as error:
        raise InputError(f"{path}: wanted the losses of {row.name} with {draws} draws, got {error}") from None
    return Result(values, losses, np.zeros(0))


def lines(found):
    """The loss of each row with one draw and with many, and by how much more bits it needs than the 32-bit row."""
    names = [f"K = {draws}" for draws in DRAWS]
    more = [f"more, {name}" for name in names]
    yield f"{'model':<7}{'weights / activations':<27}{names[0]:>8}{names[1]:>8}{'gain':>7}{more[0]:>19}{more[1]:>19}"
    for row, bounds in found.items():
        base = next((of for of in found if of[:4] == (row.kind, *BASE)), row)
        more = [difference([below], [above]) for below, above in zip(found[base], bounds)]
        texts = ["" if row == base else f"{step.mean:.4f} +- {step.se_images:.4f}" for step in more]
        losses = "".join(f"{result.values['test_bpd']:>8.3f}" for result in bounds)
        yield (f"{KIND_LABELS[row.kind]:<7}{row.label:<27}{losses}{bounds.gain:>7.3f}"
               f"{texts[0]:>19}{texts[1]:>19}").rstrip()
