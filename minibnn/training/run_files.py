"""The files of a run; reading checks them."""

import hashlib
import json
from pathlib import Path

import numpy as np

from ..archives import read_array
from ..files import InputError, parse_json, read_bytes, read_json, require_fields, writing
from .settings import require_described

RUN_FILES = ("config.json", "log.jsonl", "checkpoint.npz", "per_image.npy", "result.json")


def holds_run(folder):
    """Whether there is a run in a folder, for `train` to resume."""
    return (Path(folder) / "config.json").exists()


def read_result(folder):
    """The values in the result.json of a complete run.

    Raises:    InputError unless it is complete and belongs to the losses in per_image.npy beside it.
    """
    path = Path(folder) / "result.json"
    result = read_json(path)
    try:
        require_fields(result, test_bpd=float, test_bpd_se=float, parts=dict, data=dict, steps=int, skipped=int,
                       seconds=float, seed=int, parameters=int, binary_parameters=int, bytes=int)
        require_described(result["data"])
        require_counts(result)
        for name, part in result["parts"].items():
            for number in part if isinstance(part, list) else [part]:
                require_fields({name: number}, **{name: float})
    except ValueError as error:
        raise InputError(f"{path}: wanted the result of a run, got something else: {error}") from None
    losses = read_array(path.with_name("per_image.npy"))
    whole = (losses.dtype, losses.shape) == (np.float64, (result["data"]["test_images"],))
    whole = whole and losses.size > 0 and abs(losses.mean() - result["test_bpd"]) < 1e-9
    if not whole or result.get("per_image_sha256", "") not in ("", sha256_of(path.with_name("per_image.npy"))):
        raise InputError(f"{path}: wanted the result of the losses in per_image.npy beside it, got another")
    return result


def require_counts(result):
    """Raise ValueError unless a result counts at least one parameter, and at most as many binary ones."""
    if not 0 < result["parameters"] >= result["binary_parameters"] or not result["bytes"]:
        raise ValueError("these are not the counts of a model")


def sha256_of(path):
    """SHA-256, in hexadecimal, of a file."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def append_log(path, entry):
    """Add an entry, a dict of JSON values, to a log.jsonl.    Raises: InputError if it cannot be written"""
    with writing(path), open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry, allow_nan=False) + "\n")


def read_log(path):
    """The entries of a log.jsonl; [] without a file. Other lines, such as a last one that is cut off, are left out.

    Raises:    InputError if the file cannot be read.
    """
    entries = []
    for line in read_bytes(path).splitlines() if Path(path).exists() else ():
        try:
            entry = parse_json(line)
            require_fields(entry, step=int, seconds=float, train_bpd=float)
            require_fields({"test_bpd": 0.0, **entry}, test_bpd=float)
        except ValueError:
            continue                                                # the run was killed here, or it is damaged
        entries.append(entry)
    return entries
