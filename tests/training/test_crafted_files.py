"""Files that were changed by someone who mended their checksums: understood, or refused in one sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG, small_data, small_settings

from minibnn.experiments.table1 import choices, results, rows
from minibnn.files import InputError
from minibnn.training import run, run_files
from minibnn.training.checkpoint import load_any, save_checkpoint
from minibnn.training.inference import load_trained, save_model
from minibnn.training.state import TrainingState

DATA, SETTINGS = small_data(), small_settings().as_dict()
NASTY = (None, True, -1, 0, 2, 1.5, -0.0, 10**9, 10**15, 10**400, 1e308, "", "x", "1e999", "a\nb\0\ud800", [], {}, [[]],
         {"a": {}}, [1, "x"], "(2 ** 40,)")


def _changed(values, rng):
    """JSON values with one of them, anywhere inside, dropped or replaced by something that does not belong there."""
    if isinstance(values, (dict, list)) and len(values) and rng.random() < 0.85:
        changed = values.copy()
        places = list(changed) if isinstance(values, dict) else range(len(changed))
        place = places[rng.integers(len(places))]
        if rng.random() < 0.15:
            del changed[place]
        else:
            changed[place] = _changed(changed[place], rng)
        return changed
    return NASTY[rng.integers(len(NASTY))]


def _changed_array(array, rng):
    array = np.array(array)
    kind = rng.integers(6)
    if kind == 0:
        return array.astype(rng.choice(["f8", "i8", "u1", ">f4", "c8"]))
    if kind == 1:
        return array.reshape(-1)[:-1]
    if kind == 2:
        return array[None]
    if array.size and array.dtype.kind == "f":
        array.reshape(-1)[rng.integers(array.size)] = rng.choice([np.nan, np.inf, -np.inf, 3e38, -1.0])
    return array if kind < 5 else np.zeros(0, array.dtype)


def _small(kind):
    state = TrainingState(small_settings(CONFIG if kind == "vae" else FLOW_CONFIG))
    state.initialise(DATA.train)
    state.step = state.adam.updates = 3
    return state


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["vae", "flow"])
@pytest.mark.parametrize("form, files", [("checkpoint", 10), ("packed", 100)])
def test_a_model_file_is_a_model_or_an_input_error(tmp_path, kind, form, files):
    state, path = _small(kind), tmp_path / "m.npz"
    state.save(path) if form == "checkpoint" else save_model(path, state.settings, state.model)
    found, meta, arrays = load_any(path)
    rng, images, refused = np.random.default_rng(3), DATA.test[:2], 0
    for number in range(files):
        changed_meta, changed = meta, arrays
        if number % 3:
            changed_meta = _changed(meta, rng)
        else:
            name = list(arrays)[rng.integers(len(arrays))]
            changed = {**arrays, name: _changed_array(arrays[name], rng)}
        if not isinstance(changed_meta, dict) or "format" in changed_meta:
            continue
        save_checkpoint(path, changed_meta, changed, found)
        try:
            settings, model = load_trained(path)
            with np.errstate(all="ignore"):                         # of numbers such as 3e38
                model.bits(np.resize(images, (2, *[settings.model.size] * 2, 3)), model.draw_noise(rng, 2))
        except InputError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
        except FloatingPointError:                                  # a matrix that has no inverse
            pass
    assert refused >= files / 2


@pytest.mark.parametrize("name, number, message", [
    ("parameter/stem.v", np.nan, r"stem\.v: wanted finite numbers"),
    ("adam_m/stem.v", np.inf, r"stem\.v: wanted finite numbers"),
    ("adam_v/stem.v", -1.0, "adam_v: wanted second moments of at least 0")])
def test_a_checkpoint_holds_numbers_to_go_on_from(tmp_path, name, number, message):
    _small("vae").save(tmp_path / "c.npz")
    form, meta, arrays = load_any(tmp_path / "c.npz")
    arrays[name].reshape(-1)[3] = number
    save_checkpoint(tmp_path / "c.npz", meta, arrays, form)
    with pytest.raises(InputError, match=rf"c\.npz: {message}"):
        TrainingState.load(tmp_path / "c.npz")


@pytest.mark.parametrize("changes", [{"channels": 20_000}, {"layers": 10**9}, {"blocks": 10**9}, {"latents": 10**9},
                                     {"nproc": 10**9}])
@pytest.mark.parametrize("form", ["checkpoint", "packed"])
def test_a_small_file_of_a_large_model_is_refused_before_the_model_is_built(tmp_path, monkeypatch, changes, form):
    state, path = _small("vae"), tmp_path / "m.npz"
    state.settings = replace(state.settings, model=replace(CONFIG, **changes))
    state.save(path) if form == "checkpoint" else save_model(path, state.settings, state.model)
    monkeypatch.setattr("minibnn.training.settings.Settings.build", None)
    with pytest.raises(InputError, match=r"parameters of the settings' architecture, [\d,]+, got a file too small"):
        load_trained(path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run.train(small_settings(), DATA, folder, evaluations=2)
    return folder


def _read_config(folder):
    run._compare(folder / "config.json", SETTINGS)


def _read_choice(folder):
    list(choices.lines(choices.load(folder)))


@pytest.mark.parametrize("name, read", [("config.json", _read_config), ("result.json", run_files.read_result),
                                        ("result.json", _read_choice)])
def test_a_json_file_of_a_run_is_understood_or_an_input_error(tmp_path, finished, name, read):
    values, rng = json.loads((finished / name).read_text()), np.random.default_rng(4)
    (tmp_path / "per_image.npy").write_bytes((finished / "per_image.npy").read_bytes())
    refused = 0
    for _ in range(200):
        (tmp_path / name).write_text(json.dumps(_changed(values, rng)))
        try:
            read(tmp_path)
        except InputError as error:
            assert str(error).startswith(str(tmp_path))
            refused += 1
    assert refused > 30


def test_a_log_gives_entries_that_can_be_used(tmp_path, finished):
    lines, rng = (finished / "log.jsonl").read_text().splitlines(), np.random.default_rng(5)
    for _ in range(200):
        changed = [json.dumps(_changed(json.loads(line), rng)) if rng.random() < 0.5 else line for line in lines]
        (tmp_path / "log.jsonl").write_text("\n".join(changed))
        for entry in run_files.read_log(tmp_path / "log.jsonl"):
            assert f"{entry['train_bpd']:.3f} {entry['seconds']:.1f} {entry['step']:,} {entry.get('test_bpd', 0):.3f}"


@pytest.mark.slow
def test_a_result_of_the_table_is_understood_or_an_input_error(tmp_path, finished):
    row = next(row for row in rows.ROWS if row[:4] == ("vae", "base", 1, 1))
    results.record(tmp_path, row, 0, finished, "a command")
    path = results.path_of(tmp_path, row, 0)
    values, rng, refused = json.loads(path.read_text()), np.random.default_rng(6), 0
    arrays = dict(np.load(path.with_suffix(".npz")))
    for number in range(200):
        if number % 4:
            path.write_text(json.dumps(_changed(values, rng)))
        else:
            path.write_text(json.dumps(values))
            name = ("per_image", "samples")[rng.integers(2)]
            np.savez(path.with_suffix(".npz"), **{**arrays, name: _changed_array(arrays[name], rng)})
        try:
            found = results.load(tmp_path)
            results.fingerprint(found), results.write_deltas(tmp_path)
        except InputError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
        np.savez(path.with_suffix(".npz"), **arrays)
    assert refused > 50


@pytest.mark.parametrize("samples", [np.zeros((12, 4, 4, 3), np.uint8), np.zeros((11, 8, 8, 3), np.uint8),
                                     np.zeros((12, 8, 8, 3), np.float32)])
def test_samples_of_another_kind_are_refused(tmp_path, finished, samples):
    results.record(tmp_path, rows.ROWS[2], 0, finished, "a command")
    path = results.path_of(tmp_path, rows.ROWS[2], 0)
    np.savez(path.with_suffix(".npz"), **{**np.load(path.with_suffix(".npz")), "samples": samples})
    with pytest.raises(InputError, match=f"got samples of another kind, {samples.dtype}"):
        results.load(tmp_path)


@pytest.mark.parametrize("damage, message", [
    (lambda folder: (folder / "log.jsonl").unlink(), "a curve that is cut off: remove this folder, and the command"),
    (lambda folder: (folder / "log.jsonl").write_text(""), "a curve that is cut off: remove this folder"),
    (lambda folder: (folder / "per_image.npy").write_bytes(b""), "per_image.npy: wanted an array, cannot be read"),
    (lambda folder: (folder / "result.json").write_text("{}"), "result.json: wanted the result of a run")])
def test_a_run_that_is_not_whole_is_not_recorded(tmp_path, finished, damage, message):
    for path in finished.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damage(tmp_path)
    with pytest.raises(InputError, match=message):
        results.record(tmp_path, rows.ROWS[2], 0, tmp_path, "a command")
    assert not list(tmp_path.glob("vae-base*"))


@pytest.mark.parametrize("changes, message", [
    *((changes, "not the counts of a model")
      for changes in ({"parameters": 0, "binary_parameters": 0}, {"bytes": 0}, {"binary_parameters": 10**9})),
    ({"curve": [[12, 5.0, 1], [25, 5.0]]}, "a point of 3 numbers")])
def test_numbers_of_a_result_that_no_run_has_are_refused(tmp_path, finished, changes, message):
    results.record(tmp_path, rows.ROWS[2], 0, finished, "a command")
    path = results.path_of(tmp_path, rows.ROWS[2], 0)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(InputError, match=message):
        results.load(tmp_path)


def test_curves_of_a_rows_seeds_have_the_same_steps(tmp_path, finished):
    for seed in (0, 1):
        results.record(tmp_path, rows.ROWS[2], seed, finished, "a command")
    assert len(results.load(tmp_path)) == 2
    path = results.path_of(tmp_path, rows.ROWS[2], 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), "curve": [[25, 5.0]]}))
    with pytest.raises(InputError, match=f"{path}: wanted a curve at the steps of the row's other seeds"):
        results.load(tmp_path)
