"""A training run in a folder: config.json, log.jsonl, checkpoint.npz, per_image.npy, result.json."""

import json
import time
from pathlib import Path

import numpy as np

from ..cores import Team
from ..files import InputError, alone_in, atomic_write, write_json, writing
from ..parameter import count
from .evaluate import evaluate
from .replicas import Replicas
from .settings import Settings
from .start import start_from
from .state import TrainingState

CHECKPOINT_SECONDS = 10
LOG_STEPS = 10
EVALUATION_SEED = 1
RUN_FILES = ("config.json", "log.jsonl", "checkpoint.npz", "per_image.npy", "result.json")


class Interrupted(Exception):
    """Training was asked to stop; its checkpoint is saved."""


def train(settings, dataset, out, *, resume=False, command="", source=None, evaluations=0, report=None,
          stop=lambda: False):
    """Train a model and evaluate it on every test image.

    out:       folder for the run; with `resume` a run in it is continued, or found complete
    source:    the trained model from which the latent weights start, if the settings say so
    evaluations: how many times on the way the log gets the test loss too, which nothing depends on
    report:    called as report(step, steps, text);  stop: asked before each step whether to stop
    Returns:   the contents of result.json
    Raises:    InputError if `out` holds a run (without `resume`) or another run (with it), or one that goes on;
               Interrupted after `stop` said so; FloatingPointError if the loss is not finite.
    """
    out = Path(out)
    _check_settings(settings, dataset)
    if _claim(out, settings, resume):
        return _read_result(out / "result.json")
    with alone_in(out):
        return _train_alone(settings, dataset, out, command, source, evaluations, report, stop)


def _train_alone(settings, dataset, out, command, source, evaluations, report, stop):
    def report_or_stop(done, total, text):
        if stop():
            raise Interrupted("stopped while evaluating")
        if report:
            report(done, total, text)
    with Team(settings.training.threads) as team:
        state = _start(out, settings, dataset.train, source)
        seconds = _run_steps(state, dataset, team, out, evaluations, report, stop)
        evaluation = evaluate(state.model, dataset.test, EVALUATION_SEED, team, report_or_stop)
    with atomic_write(out / "per_image.npy") as file:
        np.save(file, evaluation.per_image, allow_pickle=False)
    described = settings.as_dict()
    result = {**evaluation.summary(), **count(state.model), "seconds": round(seconds, 1),
              "steps": settings.training.steps, "skipped": state.skipped, "seed": settings.training.seed,
              "threads": settings.training.threads, "data": settings.data, "model": described["model"],
              "kind": described["kind"], "command": command}
    write_json(out / "result.json", result)
    return result


def _check_settings(settings, dataset):
    if settings.training.batch > len(dataset.train):
        raise InputError(f"batch: wanted at most the {len(dataset.train)} training images of {dataset.name}, "
                         f"got {settings.training.batch}")


def _claim(out, settings, resume):
    """Make `out` ours, or see that it is; True if the run in it is complete."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: wanted a folder for the run, got a file")
    found = [name for name in RUN_FILES if (out / name).exists()]
    if found and not resume:
        raise InputError(f"{out}: there is a run already ({found[0]}); continue it with --resume, "
                         "or choose another --out")
    if found and "config.json" not in found:
        raise InputError(f"{out}: wanted the config.json of its run, got only {', '.join(found)}")
    if found:
        _compare(out / "config.json", settings.as_dict())
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    return "result.json" in found


def _read_result(path):
    try:
        result = json.loads(path.read_text())
        summary = [float(result[name]) for name in ("test_bpd", "test_bpd_se")], dict(result["parts"]), result["data"]
    except (ValueError, TypeError, KeyError):
        summary = None
    if not summary or not isinstance(summary[-1], dict):
        raise InputError(f"{path}: wanted the result of a run, got something else; remove it to evaluate again")
    return result


def _compare(path, wanted):
    """Raise InputError naming the first setting in which the run at `path` differs."""
    try:
        found = Settings.from_dict(json.loads(path.read_text())).as_dict()
    except ValueError as error:                                     # no JSON, or other settings
        raise InputError(f"{path}: not the settings of a run: {error}") from None
    if found["kind"] != wanted["kind"]:
        raise InputError(f"{path}: the run trains a {found['kind']}, got a {wanted['kind']}: use another --out")
    for part in ("model", "training", "data"):
        for name, value in wanted[part].items():
            if found[part].get(name) != value:
                raise InputError(f"{path}: the run was started with {name} = {found[part].get(name)!r}, "
                                 f"got {value!r}: use the same options, or another --out")


def _start(out, settings, images, source):
    """The state in the run's checkpoint, or a new one; the log ends where the state is."""
    if (out / "checkpoint.npz").exists():
        state = TrainingState.load(out / "checkpoint.npz")
        if state.settings != settings:
            raise InputError(f"{out / 'checkpoint.npz'}: wanted a checkpoint of the run in config.json, got another")
    else:
        state = TrainingState(settings)
        if settings.training.start != "normal":
            start_from(state.model, source, settings.training.start)
        state.initialise(images)
        write_json(out / "config.json", settings.as_dict())         # from here on there is a run
    kept = [entry for entry in read_log(out / "log.jsonl") if entry["step"] <= state.step]
    with atomic_write(out / "log.jsonl", "w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in kept)
    return state


def _run_steps(state, dataset, team, out, evaluations, report, stop):
    """Train to the end, logging and saving on the way; returns the seconds of the whole run so far."""
    log = read_log(out / "log.jsonl")
    begun = time.monotonic() - (log[-1]["seconds"] if log else 0)
    saved = time.monotonic()
    steps = state.settings.training.steps
    evaluated = {round(steps * (i + 1) / evaluations) for i in range(evaluations)}
    replicas = Replicas(state.model, team)
    while state.step < steps:
        if stop():
            state.save(out / "checkpoint.npz")
            raise Interrupted(f"stopped after step {state.step} of {steps}")
        loss, norm = state.train_step(dataset.train, replicas)
        if state.complete:
            state.fold_batch_norm(dataset.train)
        if state.step % LOG_STEPS == 0 or state.step in {steps, *evaluated}:
            entry = {"step": state.step, "train_bpd": loss, "gradient_norm": norm}
            if state.step in evaluated:
                model = state.inference_model(dataset.train)
                entry["test_bpd"] = evaluate(model, dataset.test, EVALUATION_SEED, team).mean
            _append(out / "log.jsonl", {**entry, "seconds": round(time.monotonic() - begun, 2)})
        if time.monotonic() - saved > CHECKPOINT_SECONDS or state.step == steps:
            state.save(out / "checkpoint.npz")
            saved = time.monotonic()
        if report:
            skipped = f", {state.skipped:,} updates skipped" if state.skipped else ""
            report(state.step, steps, f"{loss:.3f} bits/dim{skipped}")
    return time.monotonic() - begun


def _append(path, entry):
    with writing(path), open(path, "a") as file:
        file.write(json.dumps(entry) + "\n")


def read_log(path):
    """The entries of a log.jsonl, without a last line that was cut off; none if there is no file."""
    entries = []
    for line in Path(path).read_bytes().splitlines() if Path(path).exists() else ():
        try:
            entry = json.loads(line)
            entries.append({**entry, "step": int(entry["step"]), "seconds": float(entry["seconds"])})
        except (ValueError, TypeError, KeyError):
            break                                                   # killed while writing it
    return entries

