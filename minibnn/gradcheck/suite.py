"""Every gradient of the library, one named check each: what `python -m minibnn gradcheck` runs."""

import difflib
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple

import numpy as np

from ..files import InputError
from . import flow_checks, layer_checks, vae_checks
from .checker import TOLERANCE
from .refusals import GradientError

SEED = 23
CHECKS = {**layer_checks.CHECKS, **vae_checks.CHECKS, **flow_checks.CHECKS}


class Result(NamedTuple):
    """The outcome of one check: `error` is the largest relative error over all its arrays, NaN if there is none."""
    name: str
    equations: str
    error: float
    tolerance: float
    ok: bool
    message: str         # what is wrong; "" if nothing is


def run_checks(names=None):
    """An iterator over the Results of all checks, or of the named ones; a check that fails does not stop the others.

    Raises:    InputError for an unknown name, before any check runs
    """
    for name in names or ():
        if name not in CHECKS:
            near = difflib.get_close_matches(name, CHECKS) or [n for n in CHECKS if name.lower() in n.lower()]
            raise InputError(f"gradcheck: wanted the name of a check, got {name!r}"
                             + (f"; near it: {', '.join(map(repr, near[:4]))}" if near else ""))
    return map(_run_check, names or CHECKS)


def last_line(results):
    """A line that says how many checks ran, how many are not ok, and which has the largest error."""
    worst = max((r for r in results if not np.isnan(r.error)), key=lambda r: r.error, default=None)
    return (f"{len(results)} checks, {sum(not r.ok for r in results)} not ok, "
            + (f"the largest error {worst.error:.1e}: {worst.name}" if worst else "none with an error to compare"))


def _run_check(name):
    equations, errors_of = CHECKS[name]
    error = np.nan
    try:
        errors = np.asarray(errors_of(np.random.default_rng(SEED)), float)
        error, worst = float(np.max(errors)), int(np.argmax(errors))           # NaN is larger than any number
        message = "" if error <= TOLERANCE else f"by hand and by difference disagree, most for array {worst}"
    except GradientError as refusal:
        message = str(refusal)
    except Exception as failure:                                    # a bug may raise anything
        at = extract_tb(failure.__traceback__)[-1]
        message = f"{type(failure).__name__}: {failure} ({Path(at.filename).name}, line {at.lineno})"
    return Result(name, equations, error, TOLERANCE, not message, " ".join(message.split()))
