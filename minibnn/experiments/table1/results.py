"""The results of the rows' runs: a JSON file and the losses of all test images each; what two rows differ by."""

import hashlib
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...archives import read_array, read_arrays, write_arrays
from ...files import InputError, atomic_write, read_bytes, read_json, require_fields, write_json
from ...training.inference import load_trained, sample
from ...training.run_files import read_log, read_result, require_counts
from ...training.settings import Settings, require_described
from ..bench import machine
from .rows import ROWS

SAMPLES = 12             # images drawn from each model of seed 0
MOST_BYTES = 1 << 24     # of a result's arrays; those here have up to 10 kB
BASE = ("base", 32, 32)  # what the others of a kind are compared with
QUANTILES = 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262      # 97.5% of Student's t, 1 to 9 degrees


class Result(NamedTuple):
    """One run: what its JSON file says, and what lies beside it."""

    values: dict
    per_image: np.ndarray              # (N,) test loss of each image, bits per dimension; empty if training failed
    samples: np.ndarray                # (SAMPLES, S, S, 3) uint8; empty for seeds other than 0


class Difference(NamedTuple):
    """By how much more bits one row needs than another: the mean over seeds and images, in bits per dimension."""

    mean: float
    se_images: float                   # standard error over test images, of each image's mean over the seeds
    se_seeds: float                    # standard error over seeds; nan for one seed
    seeds: int

    @property
    def t(self):
        """Student's t: the difference in units of its standard error over seeds; nan for one seed, or for 0 / 0."""
        with np.errstate(divide="ignore", invalid="ignore"):        # seeds may differ by exactly as much
            return float(np.divide(self.mean, self.se_seeds))

    @property
    def passes(self):
        """Whether it passes a two-sided t-test over seeds at 5%: by chance, seeds differ so much once in 20 times."""
        return self.seeds > 1 and bool(abs(self.t) > QUANTILES[min(self.seeds - 1, len(QUANTILES)) - 1])


def path_of(folder, row, seed):
    """The JSON file of a row's run."""
    return Path(folder) / f"{row.name}-seed{seed}.json"


def record(folder, row, seed, run, command, failure=""):
    """Keep what a run in the folder `run` found, as a JSON file and one of arrays beside it.

    Raises:    InputError if the run is damaged, or if it is on other images than the results of its kind
    """
    log = read_log(run / "log.jsonl")
    settings = Settings.from_dict(read_json(run / "config.json"))
    values = {"model": row.kind, "variant": row.variant, "weights": row.weights, "activations": row.activations,
              "seed": seed, "size": settings.model.size, "command": command, "machine": machine.describe()}
    arrays = {}
    if failure:
        values |= {"test_bpd": None, "test_bpd_se": None, "failure": failure, "data": settings.data,
                   "steps": log[-1]["step"] if log else 0, "seconds": log[-1]["seconds"] if log else 0.0}
    else:
        found = read_result(run)
        values |= {name: found[name] for name in ("test_bpd", "test_bpd_se", "data", "steps", "skipped", "seconds",
                                                  "parameters", "binary_parameters", "bytes", "parts")}
        arrays["per_image"] = read_array(run / "per_image.npy").astype(np.float32)
        if seed == 0:
            _, model = load_trained(run / "checkpoint.npz")
            with suppress(FloatingPointError):                      # finite losses do not promise finite samples
                arrays["samples"] = sample(model, SAMPLES, seed=0)
    other = next(Path(folder).glob(f"{row.kind}-*.json"), None)
    if other and read_json(other).get("data") != values["data"]:
        raise InputError(f"{run}: wanted a run on the images of {other}, got one on others: use another --out")
    values["curve"] = [[entry["step"], round(entry["test_bpd"], 5)] for entry in log if "test_bpd" in entry]
    try:
        _check(Result(values, *_arrays(arrays)), row, seed)
    except ValueError as error:
        raise InputError(f"{run}: wanted a whole run, with its log, got {error}: remove this folder, and the command "
                         "trains it again") from None
    path = path_of(folder, row, seed)
    with atomic_write(path.with_suffix(".npz")) as file:
        write_arrays(file, arrays, compressed=True)
    write_json(path, values)                                        # last: with it the run counts as done


def load(folder):
    """All results in a folder.

    Returns:   dict (row, seed) -> Result, in the order of ROWS and seeds
    Raises:    InputError if a file is damaged, or if two results of a kind do not go together.
    """
    found = {}
    for row in ROWS:
        seeds = [path.stem.rpartition("-seed")[2] for path in Path(folder).glob(f"{row.name}-seed*.json")]
        for seed in sorted(int(seed) for seed in seeds if seed.isdecimal()):
            path = path_of(folder, row, seed)
            found[row, seed] = _load(path, row, seed)
            first = next(result for (of, _), result in found.items() if of.kind == row.kind)
            if len({_steps(result) for (of, _), result in found.items() if of == row} - {()}) > 1:
                raise InputError(f"{path}: wanted a curve at the steps of the row's other seeds, got one at others")
            for name in ("data", "size"):
                if found[row, seed].values[name] != first.values[name]:
                    raise InputError(f"{path}: wanted a result on the same images as the others' of its kind, got "
                                     f"{name} = {found[row, seed].values[name]!r}")
    return found


def _load(path, row, seed):
    try:
        values, content = read_json(path), read_bytes(path.with_suffix(".npz"))
        result = Result(values, *_arrays(read_arrays(io.BytesIO(content), MOST_BYTES)))
        _check(result, row, seed)
    except ValueError as error:
        raise InputError(f"{path}: wanted the result of {row.name} with seed {seed} and its .npz beside it, got "
                         f"{error}; remove it, and the command makes it again") from None
    return result


def _steps(result):
    """The steps at which a run measured its test loss; none if its training diverged."""
    return tuple(step for step, _ in result.values["curve"]) if result.values["test_bpd"] is not None else ()


def _arrays(arrays):
    return [arrays.get(name, np.zeros(0, np.float32)) for name in ("per_image", "samples")]


def _check(result, row, seed):
    """Raise ValueError unless a result is whole, and that of the row and seed."""
    values, per_image, samples = result
    require_fields(values, model=str, variant=str, weights=int, activations=int, seed=int, command=str, data=dict,
                   size=int, curve=list, steps=int, seconds=float)
    require_described(values["data"])
    found = tuple(values[name] for name in ("model", "variant", "weights", "activations", "seed"))
    if found != (*row[:4], seed):
        raise ValueError(f"that of {found}")
    S = values["size"]
    if samples.shape not in ((0,), (SAMPLES, S, S, 3)) or (samples.size and samples.dtype != np.uint8):
        raise ValueError(f"samples of another kind, {samples.dtype} {samples.shape}")
    if values.get("test_bpd", 0) is None:                           # its training diverged
        require_fields(values, failure=str)
        if per_image.shape != (0,):
            raise ValueError("losses of images, though its training diverged")
        return
    require_fields({"skipped": 0, **values}, test_bpd=float, test_bpd_se=float, skipped=int, parameters=int,
                   binary_parameters=int, bytes=int, parts=dict)
    require_counts(values)
    require_losses(values, per_image)
    for point in values["curve"]:
        require_fields({"point": point}, point=list)
        if len(point) != 2:
            raise ValueError(f"a curve with a point of {len(point)} numbers")
        require_fields(dict(zip(("step", "loss"), point)), step=int, loss=float)
    if not values["curve"] or values["curve"][-1][0] != values["steps"]:
        raise ValueError("a curve that is cut off")


def require_losses(values, per_image):
    """Raise ValueError unless these are the losses of all test images, with the mean that a result states."""
    whole = per_image.shape == (values["data"].get("test_images"),) and len(per_image) > 1
    if not whole or not abs(per_image.mean() - values["test_bpd"]) < 1e-4:
        raise ValueError("losses of images that do not have its mean")


def fingerprint(results):
    """SHA-256, in hexadecimal, over what figures show of results: losses, curves, sizes, samples."""
    digest = hashlib.sha256()
    for (row, seed), (values, per_image, samples) in results.items():
        shown = [row.name, seed, *(values.get(name) for name in ("test_bpd", "curve", "bytes"))]
        for part in (json.dumps(shown).encode(), per_image.tobytes(), samples.tobytes()):
            digest.update(part)
    return digest.hexdigest()


def write_deltas(folder):
    """Write into each result its mean difference to the 32-bit row of its kind and seed, with its standard error."""
    results = load(folder)
    for (row, seed), result in results.items():
        base = next((other for (of, s), other in results.items() if s == seed and of.kind == row.kind
                     and of[1:4] == BASE), None)
        delta = {"delta": None, "delta_se": None}
        if base and len(base.per_image) and len(result.per_image):
            found = difference([base], [result])
            delta = {"delta": found.mean, "delta_se": found.se_images}
        if any(result.values.get(name, "") != value for name, value in delta.items()):
            write_json(path_of(folder, row, seed), {**result.values, **delta})


def difference(below, above):
    """The Difference of two rows, each a list of Results, one for each of the same seeds."""
    each = np.array([b.per_image.astype(np.float64) - a.per_image
                     for a, b in zip(below, above, strict=True)])
    S, N = each.shape
    se_images = each.mean(axis=0).std(ddof=1) / np.sqrt(N)
    se_seeds = each.mean(axis=1).std(ddof=1) / np.sqrt(S) if S > 1 else np.nan
    return Difference(float(each.mean()), float(se_images), float(se_seeds), S)


def difference_of_rows(results, below, above):
    """The Difference of two rows over the seeds that both have, None without any.    results: as `load` gives"""
    seeds = [seed for row, seed in results if row == above and len(results[row, seed].per_image)
             and (below, seed) in results and len(results[below, seed].per_image)]
    if not seeds:
        return None
    return difference(*([results[row, seed] for seed in seeds] for row in (below, above)))
