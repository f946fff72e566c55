"""A run: it learns, repeats, resumes bit for bit, and refuses what it cannot continue."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG, small_data, small_settings

from minibnn.cores import Team
from minibnn.files import InputError
from minibnn.training import adam, run, run_files, state
from minibnn.training.evaluate import evaluate
from minibnn.training.replicas import Replicas
from minibnn.training.settings import Settings, TrainingConfig
from minibnn.training.state import TrainingState

DATA = small_data()


def _train(out, settings=None, **options):
    return run.train(settings or small_settings(), DATA, out, **options)


def test_a_run_writes_its_files_and_learns(tmp_path):
    result = _train(tmp_path / "a")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(run_files.RUN_FILES)
    assert json.loads((tmp_path / "a" / "result.json").read_text()) == result
    log = run_files.read_log(tmp_path / "a" / "log.jsonl")
    assert [entry["step"] for entry in log] == [10, 20, 25]
    trained = TrainingState.load(tmp_path / "a" / "checkpoint.npz").model
    assert result["test_bpd"] == evaluate(trained, DATA.test, 1, Team(1)).mean
    untrained = TrainingState(small_settings())
    untrained.initialise(DATA.train)
    assert result["test_bpd"] < evaluate(untrained.model, DATA.test, 1, Team(1)).mean - 0.1


@pytest.mark.slow
def test_skipped_updates_are_counted_and_shown(tmp_path, monkeypatch):
    texts = []
    assert _train(tmp_path / "a", report=lambda done, total, text: texts.append(text))["skipped"] == 0
    assert not any("skipped" in text for text in texts)
    norms = [entry["gradient_norm"] for entry in run_files.read_log(tmp_path / "a" / "log.jsonl")]
    monkeypatch.setattr(adam, "SKIP_NORM", np.median(norms))
    skipped = _train(tmp_path / "b", report=lambda done, total, text: texts.append(text))["skipped"]
    assert 0 < skipped < 13 and any(text.endswith(f"bits/dim, {skipped} updates skipped") for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("steps, ends_at", [(25, 13), (500, 101)])
def test_a_run_most_of_whose_updates_were_skipped_has_diverged_and_says_so_early(tmp_path, monkeypatch, steps, ends_at):
    monkeypatch.setattr(adam, "SKIP_NORM", 0.0)
    message = f"training: {ends_at} of the first {ends_at} updates were skipped because their gradients were too long"
    with pytest.raises(FloatingPointError, match=message):
        _train(tmp_path, small_settings(steps=steps))
    assert not (tmp_path / "result.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("normalisation", ["weight", "batch"])
def test_evaluations_on_the_way_are_logged_and_change_nothing(tmp_path, normalisation):
    settings = small_settings(replace(CONFIG, normalisation=normalisation))
    with_them, without = (_train(tmp_path / str(number), settings, evaluations=number) for number in (3, 0))
    assert with_them["test_bpd"] == without["test_bpd"]
    logs = [run_files.read_log(tmp_path / name / "log.jsonl") for name in ("3", "0")]
    found = {entry["step"]: entry["test_bpd"] for entry in logs[0] if "test_bpd" in entry}
    assert list(found) == [8, 17, 25] and found[25] == with_them["test_bpd"] < found[8]
    assert not any("test_bpd" in entry for entry in logs[1])
    assert np.load(tmp_path / "3" / "per_image.npy").mean() == with_them["test_bpd"]


@pytest.mark.slow
def test_the_same_seed_repeats_bit_for_bit_and_another_does_not(tmp_path):
    results = [_train(tmp_path / name, small_settings(seed=seed)) for name, seed in (("a", 5), ("b", 5), ("c", 6))]
    a, b, c = ((tmp_path / name / "checkpoint.npz").read_bytes() for name in "abc")
    assert a == b != c and results[0]["test_bpd"] == results[1]["test_bpd"] != results[2]["test_bpd"]


@pytest.mark.parametrize("model, stop_after", [
    (CONFIG, 13), *(pytest.param(CONFIG, step, marks=pytest.mark.slow) for step in (0, 1, 7, 20, 24)),
    pytest.param(FLOW_CONFIG, 11, marks=pytest.mark.slow)])
def test_an_interrupted_run_ends_where_the_uninterrupted_one_ends(tmp_path, model, stop_after):
    settings = small_settings(model)
    whole = _train(tmp_path / "whole", settings)
    asked = iter([False] * stop_after + [True])
    with pytest.raises(run.Interrupted, match=f"after step {stop_after} of 25"):
        _train(tmp_path / "parts", settings, stop=lambda: next(asked))
    parts = _train(tmp_path / "parts", settings, resume=True)
    assert parts["test_bpd"] == whole["test_bpd"]
    for name in ("checkpoint.npz", "config.json"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    logs = [run_files.read_log(tmp_path / name / "log.jsonl") for name in ("whole", "parts")]
    losses = [[entry["train_bpd"] for entry in log] for log in logs]
    assert losses[0] == losses[1]


def test_log_lines_after_the_checkpoint_and_a_cut_line_are_dropped(tmp_path):
    asked = iter([False] * 12 + [True])
    with pytest.raises(run.Interrupted):
        _train(tmp_path, stop=lambda: next(asked))
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write('{"step": 20, "train_bpd": 0, "gradient_norm": 0, "seconds": 1}\n{"step": 2')
    _train(tmp_path, resume=True)
    assert [entry["step"] for entry in run_files.read_log(tmp_path / "log.jsonl")] == [10, 20, 25]
    assert all(entry["train_bpd"] > 1 for entry in run_files.read_log(tmp_path / "log.jsonl"))


def test_a_complete_run_is_not_run_again_and_a_lost_result_is_evaluated_again(tmp_path, monkeypatch):
    first = _train(tmp_path)
    monkeypatch.setattr(TrainingState, "train_step", None)          # any further step would fail
    assert _train(tmp_path, resume=True) == first
    (tmp_path / "result.json").unlink()
    assert _train(tmp_path, resume=True)["test_bpd"] == first["test_bpd"]


def test_a_folder_with_a_run_is_not_overwritten(tmp_path):
    _train(tmp_path)
    with pytest.raises(InputError, match="there is a run already"):
        _train(tmp_path)


def test_files_of_a_run_without_its_settings_are_not_believed(tmp_path):
    _train(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(InputError, match=r"with its config\.json, got only log\.jsonl, checkpoint"):
        _train(tmp_path, small_settings(steps=30), resume=True)


def test_a_stop_while_evaluating_loses_nothing(tmp_path):
    asked = iter([False] * 25 + [True])
    with pytest.raises(run.Interrupted, match="while evaluating"):
        _train(tmp_path, stop=lambda: next(asked))
    assert not (tmp_path / "result.json").exists()
    assert _train(tmp_path, resume=True)["steps"] == 25


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"seed": 1}, {"steps": 24}, {"lr": 1e-3}])
def test_a_run_is_not_continued_with_other_settings(tmp_path, changes):
    _train(tmp_path)
    [name] = changes
    with pytest.raises(InputError, match=f"started with {name} = "):
        _train(tmp_path, small_settings(**changes), resume=True)


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    _train(tmp_path)
    other = replace(small_settings(), model=replace(CONFIG, channels=6))
    (tmp_path / "config.json").write_text(json.dumps(other.as_dict()))
    (tmp_path / "result.json").unlink()
    with pytest.raises(InputError, match="wanted a checkpoint of the run"):
        _train(tmp_path, other, resume=True)


def test_a_checkpoint_whose_arrays_do_not_fit_is_refused(tmp_path, monkeypatch):
    save = state.save_checkpoint
    longer = {"parameter/stem.bias": np.zeros(5, np.float32)}
    monkeypatch.setattr(state, "save_checkpoint", lambda path, meta, arrays: save(path, meta, {**arrays, **longer}))
    TrainingState(small_settings()).save(tmp_path / "c.npz")
    with pytest.raises(InputError, match=r"stem\.bias: wanted float32 \(4,\).*got float32 \(5,\)"):
        TrainingState.load(tmp_path / "c.npz")
    monkeypatch.setattr(state, "save_checkpoint",
                        lambda path, meta, arrays: save(path, meta, {"order": arrays["order"], "a": np.zeros(9999)}))
    TrainingState(small_settings()).save(tmp_path / "c.npz")
    with pytest.raises(InputError, match=r"lacks 'parameter/stem\.v'"):
        TrainingState.load(tmp_path / "c.npz")


def test_a_full_disk_stops_with_a_sentence_and_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    asked = iter([False] * 12 + [True])
    with pytest.raises(run.Interrupted):
        _train(tmp_path, stop=lambda: next(asked))
    before = (tmp_path / "checkpoint.npz").read_bytes()
    fsync = os.fsync

    def full(handle):
        if os.fstat(handle).st_size > 2000:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"checkpoint\.npz: cannot write: No space left"):
        _train(tmp_path, resume=True)
    assert (tmp_path / "checkpoint.npz").read_bytes() == before
    assert not list(tmp_path.glob(".*.part"))


def test_a_loss_that_is_not_finite_names_the_step():
    broken = TrainingState(small_settings())
    broken.step = 17
    broken.model.head.bias.value = np.full(3, np.nan, np.float32)
    with pytest.raises(FloatingPointError, match="loss is nan at step 18"):
        broken.train_step(DATA.train, Replicas(broken.model, Team(1)))


class _Recorder:
    """In the place of a model: keeps what it is called with."""

    def draw_noise(self, rng, number):
        return number

    def __call__(self, images, noise, initialise=False):
        self.images, self.noise, self.initialise = images, noise, initialise


@pytest.mark.parametrize("method, batch, number", [("initialise", 4, 100), ("initialise", 16, 150),
                                                   ("fold_batch_norm", 4, 32), ("fold_batch_norm", 32, 150)])
def test_the_large_batch_is_25_random_batches_at_the_start_and_8_at_the_end(method, batch, number):
    started = TrainingState(small_settings(batch=batch))
    started.model = _Recorder()
    getattr(started, method)(np.arange(150))
    seen = started.model.images
    assert len(seen) == len(np.unique(seen)) == started.model.noise == number and list(seen) != sorted(seen)
    assert started.model.initialise == (method == "initialise")


@pytest.mark.parametrize("batch, batches", [(16, 9), (50, 3)])
def test_batches_use_every_image_once_an_epoch_and_flip_half(batch, batches):
    images = np.arange(150, dtype=np.uint8)[:, None, None, None] + np.array([0, 100], np.uint8)[None, None, :, None]
    images = np.broadcast_to(images, (150, 2, 2, 3))
    trained = TrainingState(small_settings(batch=batch))
    epoch = np.concatenate([trained.next_batch(images) for _ in range(batches)])
    numbers = np.minimum(epoch[:, 0, 0, 0], epoch[:, 0, 1, 0])
    assert len(np.unique(numbers)) == len(epoch) == batches * batch
    flipped = (epoch[:, 0, 0, 0] > epoch[:, 0, 1, 0]).mean()
    assert 0.35 < flipped < 0.65


def test_the_learning_rate_falls_at_the_end():
    config = TrainingConfig(steps=100, lr=0.1, decay=0.25)
    assert [round(config.learning_rate(step), 6) for step in (0, 74, 80, 99)] == [0.1, 0.1, 0.08, 0.004]


def test_the_learning_rate_rises_at_the_start():
    config = TrainingConfig(steps=100, lr=0.1, decay=0.25, warmup=10)
    assert [round(config.learning_rate(step), 6) for step in (0, 4, 9, 50, 80)] == [0.01, 0.05, 0.1, 0.1, 0.08]


@pytest.mark.parametrize("changes, message", [({"steps": 0}, "steps: wanted"), ({"lr": 0.0}, "lr: wanted"),
                                              ({"lr": float("nan")}, "lr: wanted"), ({"seed": -1}, "seed"),
                                              ({"decay": 2}, "decay"), ({"lr": "x"}, "lr: wanted"),
                                              ({"decay": None}, "decay: wanted"),
                                              ({"latent_rate": 0}, "latent_rate: wanted"),
                                              ({"batch": 2.5}, "batch")])
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        TrainingConfig(**{"steps": 5, **changes})


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    with pytest.raises(InputError, match="batch: wanted at most the 150 training images of leaves, got 151"):
        _train(tmp_path, small_settings(batch=151))


def test_evaluation_is_the_exact_mean_and_does_not_depend_on_batches(monkeypatch):
    model = TrainingState(small_settings()).model
    whole = evaluate(model, DATA.test, 3, Team(1))
    assert len(whole.per_image) == 70
    monkeypatch.setattr("minibnn.training.evaluate.BATCH", 9)
    parts = evaluate(model, DATA.test, 3, Team(1))
    np.testing.assert_allclose(parts.per_image, whole.per_image, rtol=1e-5)
    np.testing.assert_allclose(parts.mean, whole.per_image.sum() / 70, rtol=1e-5)
    np.testing.assert_allclose(whole.parts["reconstruction"] + sum(whole.parts["kl"]), whole.mean, rtol=1e-5)
    np.testing.assert_allclose(whole.standard_error, whole.per_image.std(ddof=1) / 70**0.5)


@pytest.mark.slow
@pytest.mark.parametrize("config", [CONFIG, FLOW_CONFIG], ids=["vae", "flow"])
def test_several_draws_give_the_importance_weighted_bound(config):
    """The logarithm of a mean of probabilities, here in decimal numbers; lower with each draw that is added."""
    model, images = TrainingState(small_settings(config)).model, DATA.test[:9]
    seen = []
    found = evaluate(model, images, 3, Team(1), lambda *now: seen.append(now), samples=4)
    assert seen[-1] == (36, 36, "evaluating") and len(seen) == 4
    draws = np.array([evaluate(model, images, seed, Team(1)).per_image for seed in (3, [3, 1], [3, 2], [3, 3])])
    assert found.parts == {"mean of 4 single draws": pytest.approx(draws.mean())}
    for image, losses in enumerate(draws.T * config.dimensions):
        mean = sum(Decimal(2) ** Decimal(-float(loss)) for loss in losses) / 4
        bits = float(-mean.ln() / Decimal(2).ln())
        assert found.per_image[image] == pytest.approx(bits / config.dimensions, rel=1e-9)
    assert (found.per_image >= draws.min(axis=0)).all() and (found.per_image <= draws.mean(axis=0)).all()
    np.testing.assert_array_equal(evaluate(model, images, 3, Team(1), samples=1).per_image, draws[0])
    means = [evaluate(model, DATA.test, 3, Team(1), samples=K).mean for K in (1, 4, 16)]
    assert means[0] > means[1] > means[2]


CHILD = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from small import small_data, small_settings
from minibnn.training import run, run_files
run.CHECKPOINT_SECONDS = 0.05
there = run_files.holds_run({out!r})
print(run.train(small_settings(steps=400), small_data(), Path({out!r}), resume=there)["test_bpd"])
"""


def _child(out):
    paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    return [sys.executable, "-c", CHILD.format(paths=paths, out=str(out))]


@pytest.mark.slow
def test_killed_at_any_moment_a_run_ends_where_the_uninterrupted_one_ends(tmp_path):
    whole = subprocess.run(_child(tmp_path / "whole"), check=True, capture_output=True).stdout
    for delay in (0.0, 0.3, 0.7):
        process = subprocess.Popen(_child(tmp_path / "killed"))
        deadline = time.monotonic() + 60
        while not (tmp_path / "killed" / "config.json").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "killed" / "result.json").exists()
    resumed = subprocess.run(_child(tmp_path / "killed"), check=True, capture_output=True).stdout
    assert resumed == whole
    killed, uninterrupted = ((tmp_path / name / "checkpoint.npz").read_bytes() for name in ("killed", "whole"))
    assert killed == uninterrupted


def test_models_that_need_different_noise_see_the_same_batches():
    states = [TrainingState(small_settings(model)) for model in (CONFIG, FLOW_CONFIG)]
    assert states[0].rng.random() != states[0].order_rng.random()
    states[0] = TrainingState(small_settings(CONFIG))
    for state_of in states:
        state_of.initialise(DATA.train)
    for _ in range(12):                                             # into a second epoch
        first, second = (state_of.next_batch(DATA.train) for state_of in states)
        np.testing.assert_array_equal(first, second)
        states[1].train_step(DATA.train, Replicas(states[1].model, Team(1)))
        states[0].next_batch(DATA.train)


@pytest.mark.parametrize("model", [CONFIG, FLOW_CONFIG])
def test_settings_survive_their_json(model):
    settings = small_settings(model)
    assert Settings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


def test_a_run_of_another_kind_is_not_continued(tmp_path):
    _train(tmp_path)
    with pytest.raises(InputError, match="the run trains a vae, got a flow"):
        _train(tmp_path, small_settings(FLOW_CONFIG), resume=True)


def test_a_config_whose_data_were_lost_is_refused(tmp_path):
    _train(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "data": []}))
    with pytest.raises(InputError, match=r"config\.json: not the settings of a run: settings: data: wanted an object"):
        _train(tmp_path, resume=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A complete run, which tests copy before they damage it."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, _train(folder)


def _change(**changes):
    def damage(folder):
        values = json.loads((folder / "result.json").read_text())
        (folder / "result.json").write_text(json.dumps({**values, **changes}))
    return damage


def _without(name):
    return lambda folder: (folder / name).write_bytes(b"") if name.endswith("npy") else _dropped(folder, name)


def _dropped(folder, name):
    values = json.loads((folder / "result.json").read_text())
    del values[name]
    (folder / "result.json").write_text(json.dumps(values))


def _other_losses(folder):
    """Two losses exchanged: the mean, and all that result.json says, stays."""
    losses = np.load(folder / "per_image.npy")
    np.save(folder / "per_image.npy", losses[::-1])


@pytest.mark.slow
@pytest.mark.parametrize("damage, message", [
    *((lambda folder, text=text: (folder / "result.json").write_text(text), "result.json: wanted ")
      for text in ("{}", "[]", "5", "{", "[" * 100_000, '{"test_bpd": NaN}', '{"test_bpd": 1e999}')),
    (_change(test_bpd="x"), "test_bpd: wanted a number, got 'x'"),
    (_change(test_bpd=3), "wanted the result of the losses"),
    (_change(parts={"kl": "x"}), "kl: wanted a number"), (_change(parts={"kl": [1, []]}), "kl: wanted a number"),
    (_change(data={}), "name is missing"), (_change(steps=-1), "steps: wanted a whole number from 0"),
    (_change(bytes=10**400), "bytes: wanted a whole number"),
    (_change(test_bpd_se=True), "test_bpd_se: wanted a number"),
    (_without("steps"), "steps is missing"), (_without("per_image.npy"), "per_image.npy: wanted an array"),
    (lambda folder: (folder / "per_image.npy").unlink(), "per_image.npy: cannot be read: No such file"),
    (lambda folder: np.save(folder / "per_image.npy", np.zeros(3)), "wanted the result of the losses"),
    (_other_losses, "wanted the result of the losses in per_image.npy beside it, got another")])
def test_a_result_that_does_not_fit_its_losses_is_made_again_and_it_says_so(tmp_path, finished, damage, message):
    source, result = finished
    shutil.copytree(source, tmp_path / "run")
    damage(tmp_path / "run")
    with pytest.raises(InputError, match=message):
        run_files.read_result(tmp_path / "run")
    texts = []
    again = _train(tmp_path / "run", resume=True, report=lambda done, total, text: texts.append(text))
    assert again == {**result, "seconds": again["seconds"]} and again == run_files.read_result(tmp_path / "run")
    assert message in texts[0] and texts[0].endswith(": evaluating again")
    assert (tmp_path / "run" / "per_image.npy").read_bytes() == (source / "per_image.npy").read_bytes()


@pytest.mark.parametrize("line", [
    "5", "[1]", '{"a": 1}', '{"step": "x", "seconds": 1, "train_bpd": 1}', '{"step": 30}', "\0", "[" * 100_000,
    '{"step": 10, "seconds": 1e999, "train_bpd": 1}', '{"step": 10, "seconds": 1, "train_bpd": NaN}',
    '{"step": 10, "seconds": 1, "train_bpd": "x"}', '{"step": 10, "seconds": 1, "train_bpd": 1, "test_bpd": {}}'])
def test_a_line_of_a_log_that_is_no_entry_is_left_out_and_the_others_are_kept(tmp_path, line):
    entries = [{"step": step, "seconds": 1.5, "train_bpd": 6} for step in (10, 20)]
    (tmp_path / "log.jsonl").write_text("\n".join([json.dumps(entries[0]), line, json.dumps(entries[1]), ""]))
    assert run_files.read_log(tmp_path / "log.jsonl") == entries


def test_only_a_run_that_is_there_is_resumed(tmp_path):
    with pytest.raises(InputError, match=r"typo: wanted a run to continue, with its config\.json, got none"):
        _train(tmp_path / "typo", resume=True)
    assert not (tmp_path / "typo").exists()


def test_parts_of_files_that_a_killed_run_left_are_removed(tmp_path):
    asked = iter([False] * 3 + [True])
    with pytest.raises(run.Interrupted):
        _train(tmp_path, stop=lambda: next(asked))
    (tmp_path / ".minibnn-0123.part").write_bytes(b"half")
    _train(tmp_path, resume=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(run_files.RUN_FILES)


def test_there_are_at_most_as_many_evaluations_as_steps(tmp_path):
    with pytest.raises(InputError, match="evaluations: wanted at most one for each of the 25 steps, got 26"):
        _train(tmp_path, evaluations=26)


@pytest.mark.parametrize("steps, number", [(25, 3), (25, 25), (7, 5), (20_000, 20), (3300, 20), (11, 1)])
def test_evaluations_are_spread_evenly(steps, number):
    due = {round(steps * (i + 1) / number) for i in range(number)}
    assert {step for step in range(1, steps + 1) if run._is_evaluated(step, steps, number)} == due


@pytest.mark.parametrize("change", [
    {"generators": [1, 2]}, {"generators": None}, {"generators": []}, {"step": "x"}, {"step": None},
    {"settings": {}}, {"settings": 5}, {"settings": {**small_settings().as_dict(), "data": {}}}])
def test_a_checkpoint_of_wrong_types_is_refused_in_words(tmp_path, monkeypatch, change):
    save = state.save_checkpoint
    monkeypatch.setattr(state, "save_checkpoint", lambda path, meta, arrays: save(path, {**meta, **change}, arrays))
    TrainingState(small_settings()).save(tmp_path / "c.npz")
    with pytest.raises(InputError, match=r"c\.npz: "):
        TrainingState.load(tmp_path / "c.npz")


@pytest.mark.parametrize("order", [np.zeros(3), np.array([150]), np.array([-1]), np.zeros((2, 2), np.int64)])
def test_an_order_of_other_images_is_refused(tmp_path, order):
    broken = TrainingState(small_settings())
    broken.order = order
    broken.save(tmp_path / "c.npz")
    with pytest.raises(InputError, match="order: wanted places among 150 training images"):
        TrainingState.load(tmp_path / "c.npz")


def test_settings_of_another_kind_are_refused():
    values = small_settings(FLOW_CONFIG).as_dict()
    with pytest.raises(InputError, match=r"^settings: kind: wanted vae or flow, got 'gan'"):
        Settings.from_dict({**values, "kind": "gan"})
    with pytest.raises(InputError, match=r"^settings: kind is missing"):
        Settings.from_dict({})
    with pytest.raises(InputError, match=r"settings: .*unexpected keyword argument 'mixture'"):
        Settings.from_dict({**values, "kind": "vae"})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["result.json", "checkpoint.npz", "log.jsonl", "per_image.npy"])
def test_what_is_no_file_of_a_run_is_noticed_at_once(tmp_path, name):
    _train(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"{name}: wanted an ordinary file of the run, got something else"):
        _train(tmp_path, resume=True)


def test_a_run_that_cannot_begin_leaves_no_folder(tmp_path):
    settings = small_settings(start="copied", source="x")
    with pytest.raises(InputError, match="start: wanted a model with"):
        _train(tmp_path / "new", settings, source=[])
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="start: wanted a model with"):
        _train(tmp_path / "mine", settings, source=[])
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
