"""Every gradient of the library, one named check each: what `python -m minibnn gradcheck` runs."""

from typing import NamedTuple

import numpy as np

from . import flow_checks, layer_checks, vae_checks

TOLERANCE = 1e-6
SEED = 23
CHECKS = {**layer_checks.CHECKS, **vae_checks.CHECKS, **flow_checks.CHECKS}


class Result(NamedTuple):
    """The outcome of one check: `error` is the largest relative error over all its arrays."""
    name: str
    equations: str
    error: float
    tolerance: float
    ok: bool


def run_checks(names=None):
    """Yield a Result for each check, or for those named.    Raises: KeyError for an unknown name."""
    for name in names or CHECKS:
        equations, errors_of = CHECKS[name]
        errors = errors_of(np.random.default_rng(SEED))
        error = float(np.max(errors))                               # NaN stays NaN, and is not ok
        yield Result(name, equations, error, TOLERANCE, bool(error <= TOLERANCE))
