"""A training run in a folder of its own."""

import json
import time
from contextlib import suppress
from pathlib import Path

from ..archives import write_array
from ..cores import Team
from ..files import InputError, alone_in, atomic_write, read_json, remove_parts, write_json, writing
from ..parameter import count
from .evaluate import evaluate
from .replicas import Replicas
from .run_files import RUN_FILES, append_log, holds_run, read_log, read_result, sha256_of
from .settings import Settings
from .start import start_from
from .state import TrainingState

CHECKPOINT_SECONDS = 10
LOG_STEPS = 10
EVALUATION_SEED = 1
MOST_SKIPPED_OF = 200    # training stops if more than half of the updates so far are skipped; these count as at least
                         # this many, or as the whole run if it is shorter


class Interrupted(Exception):
    """Training was asked to stop; its checkpoint is saved."""


def train(settings, dataset, out, *, resume=False, command="", source=None, evaluations=0, report=None,
          stop=lambda: False):
    """Train a model and evaluate it on every test image.

    out:       folder for the run; with `resume` the run in it is continued, or found complete. A run of fewer steps
               is continued if it is the beginning of this one: see Settings.begins.
    source:    the trained model from which the latent weights start, if the settings say so
    evaluations: how many times during training the log gets the test loss too; what is learned does not depend on it
    report:    report(done, total, text) is called after each step, and after each batch of the final evaluation
    stop:      stop() is asked before each step, and after each batch of the final evaluation
    Returns:   the contents of result.json
    Raises:    InputError if `out` holds a run already and `resume` is false; if it holds none, or another one, and
               `resume` is true; or if another process is training there. Interrupted if stop() is true.
               FloatingPointError if a loss, in training or of a test image, is not finite, or if most updates are
               skipped.
    """
    out = Path(out)
    _check_settings(settings, dataset, evaluations)
    made = not out.exists()
    longer = _claim(out, settings, resume)
    if resume and not longer and (out / "result.json").exists():
        try:
            return read_result(out)
        except InputError as error:                                 # the checkpoint still has the model
            if report:
                report(0, settings.training.steps, f"{error}: evaluating again")
    try:
        with alone_in(out):
            return _train_alone(settings, dataset, out, command, source, evaluations, report, stop)
    except BaseException:
        with suppress(OSError):                                     # a folder that is not empty stays
            if made:
                out.rmdir()
        raise


def _train_alone(settings, dataset, out, command, source, evaluations, report, stop):
    def report_or_stop(done, total, text):
        if stop():
            raise Interrupted("stopped while evaluating")
        if report:
            report(done, total, text)
    remove_parts(out)
    with Team(settings.training.threads) as team:
        state = _start(out, settings, dataset.train, source)
        seconds = _run_steps(state, dataset, team, out, evaluations, report, stop)
        evaluation = evaluate(state.model, dataset.test, EVALUATION_SEED, team, report_or_stop)
    with atomic_write(out / "per_image.npy") as file:
        write_array(file, evaluation.per_image)
    described = settings.as_dict()
    result = {**evaluation.summary(), **count(state.model), "seconds": round(seconds, 1),
              "steps": settings.training.steps, "skipped": state.skipped, "seed": settings.training.seed,
              "threads": settings.training.threads, "data": settings.data, "model": described["model"],
              "kind": described["kind"], "command": command, "per_image_sha256": sha256_of(out / "per_image.npy")}
    write_json(out / "result.json", result)
    return result


def _check_settings(settings, dataset, evaluations):
    training = settings.training
    if training.batch > len(dataset.train):
        raise InputError(f"batch: wanted at most the {len(dataset.train)} training images of {dataset.name}, "
                         f"got {training.batch}")
    if evaluations > training.steps:
        raise InputError(f"evaluations: wanted at most one for each of the {training.steps} steps, got {evaluations}")


def _claim(out, settings, resume):
    """Check that `out` can take this run, and make it.    Returns: whether it holds a run of fewer steps to continue"""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: wanted a folder for the run, got a file")
    found = [name for name in RUN_FILES if (out / name).exists()]
    for name in found:
        if not (out / name).is_file():
            raise InputError(f"{out / name}: wanted an ordinary file of the run, got something else")
    if found and not resume:
        raise InputError(f"{out}: there is a run already ({found[0]}); continue it with --resume, "
                         "or choose another --out")
    if resume and not holds_run(out):
        raise InputError(f"{out}: wanted a run to continue, with its config.json, got "
                         + (f"only {', '.join(found)}" if found else "none; without --resume a new run begins there"))
    longer = bool(found) and _compare(out, settings)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    return longer


def _compare(out, settings):
    """Whether the run in `out` has fewer steps.    Raises: InputError unless it can become a run of these settings"""
    path = out / "config.json"
    values = read_json(path)
    try:
        there = Settings.from_dict(values)
    except ValueError as error:
        raise InputError(f"{path}: not the settings of a run: {error}") from None
    if there.begins(settings, 0):
        step = TrainingState.load(out / "checkpoint.npz").step if (out / "checkpoint.npz").exists() else 0
        if there.begins(settings, step):
            return True
        why = ("its batch normalisation is folded" if there.training.begins(settings.training, step)
               else f"its learning rate has begun to fall (--decay {there.training.decay:g})")
        raise InputError(f"{out}: the run has done {step:,} of {there.training.steps:,} steps and {why}, so it "
                         f"cannot become one of {settings.training.steps:,} steps: train that one in another --out; a "
                         "run with --decay 0 can be continued")
    _require_equal(path, there.as_dict(), settings.as_dict())
    return False


def _require_equal(path, found, wanted):
    """Raise InputError naming the first setting in which a run differs."""
    if found["kind"] != wanted["kind"]:
        raise InputError(f"{path}: the run trains a {found['kind']}, got a {wanted['kind']}: use another --out")
    for part in ("model", "training", "data"):
        for name, value in wanted[part].items():
            if found[part].get(name) != value:
                raise InputError(f"{path}: the run was started with {name} = {found[part].get(name)!r}, "
                                 f"got {value!r}: use the same options, or another --out")


def _start(out, settings, images, source):
    """The state in the run's checkpoint, or a new one. Log entries of later steps are removed."""
    if (out / "checkpoint.npz").exists():
        state = TrainingState.load(out / "checkpoint.npz")
        if state.settings.begins(settings, state.step):
            state.settings = settings
            for name in ("result.json", "per_image.npy"):           # of the shorter run
                (out / name).unlink(missing_ok=True)
            write_json(out / "config.json", settings.as_dict())
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
    replicas = Replicas(state.model, team)
    while state.step < steps:
        if stop():
            state.save(out / "checkpoint.npz")
            raise Interrupted(f"stopped after step {state.step} of {steps}")
        loss, norm = state.train_step(dataset.train, replicas)
        _check_skipped(state, norm)
        if state.complete:
            state.fold_batch_norm(dataset.train)
        evaluated = _is_evaluated(state.step, steps, evaluations)
        if state.step % LOG_STEPS == 0 or state.step == steps or evaluated:
            entry = {"step": state.step, "train_bpd": loss, "gradient_norm": norm}
            if evaluated:
                model = state.inference_model(dataset.train)
                entry["test_bpd"] = evaluate(model, dataset.test, EVALUATION_SEED, team).mean
            append_log(out / "log.jsonl", {**entry, "seconds": round(time.monotonic() - begun, 2)})
        if time.monotonic() - saved > CHECKPOINT_SECONDS or state.step == steps:
            state.save(out / "checkpoint.npz")
            saved = time.monotonic()
        if report:
            skipped = f", {state.skipped:,} updates skipped" if state.skipped else ""
            report(state.step, steps, f"{loss:.3f} bits/dim{skipped}")
    return time.monotonic() - begun


def _is_evaluated(step, steps, evaluations):
    """Whether one of `evaluations` evaluations, spread evenly over the steps, is due after this step."""
    before = step * evaluations // steps                            # one of these two, if any
    return evaluations > 0 and any(n > 0 and round(steps * n / evaluations) == step for n in (before, before + 1))


def _check_skipped(state, norm):
    """Raise FloatingPointError if most updates so far were skipped: such a model hardly changes any more."""
    if 2 * state.skipped > max(state.step, min(MOST_SKIPPED_OF, state.settings.training.steps)):
        raise FloatingPointError(f"training: {state.skipped:,} of the first {state.step:,} updates were skipped "
                                 f"because their gradients were too long, the last {norm:.3g}: a lower --lr may help")
