"""Table 1 in miniature: runs that are kept, differences that are paired, results that are not mixed."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from minibnn.__main__ import main
from minibnn.experiments.table1 import jobs, results, rows, table
from minibnn.files import InputError
from minibnn.training.run import Interrupted

TINY = rows.Preset("leaves", {"vae": "--size 8 --layers 1 --blocks 1 --channels 4",
                              "flow": "--size 8 --blocks 1 --couplings 1 0 0 --channels 4"}, {"vae": 3, "flow": 3}, 1)
BASE, ONE_BIT = (next(row for row in rows.ROWS if row[:4] == ("vae", "base", bits, 32)) for bits in (32, 1))


def test_the_rows_are_those_of_table_1_and_of_the_ablations():
    assert [(row.kind, row.variant, row.weights, row.activations, row.paper) for row in rows.ROWS if row.paper] == [
        ("vae", "base", 32, 32, 3.45), ("vae", "base", 1, 32, 3.60), ("vae", "base", 1, 1, 3.73),
        ("vae", "wide", 1, 32, 3.56), ("vae", "wide", 1, 1, 3.68), ("vae", "none", 32, 32, 3.78),
        ("flow", "base", 32, 32, 3.21), ("flow", "base", 1, 32, 3.29), ("flow", "base", 1, 1, 3.43),
        ("flow", "none", 32, 32, 3.54)]
    assert len({row.name for row in rows.ROWS}) == len(rows.ROWS)


def _result(row, seed, losses, command="c"):
    values = {"model": row.kind, "seed": seed, "test_bpd": float(np.mean(losses)), "command": command,
              "parameters": 100, "binary_parameters": 50, "bytes": 206, "steps": 10, "data": {"fingerprint": "f"}}
    return results.Result(values, np.array(losses, np.float32), np.zeros(0))


def test_a_difference_is_paired_and_has_an_error_over_images_and_one_over_seeds():
    below = [_result(BASE, 0, [1, 2, 3, 6]), _result(BASE, 1, [2, 3, 4, 7])]
    above = [_result(ONE_BIT, 0, [2, 3, 4, 9]), _result(ONE_BIT, 1, [2, 3, 4, 9])]
    found = results.difference(below, above)
    assert found.mean == 1.0 and found.seeds == 2                   # image means 0.5, 0.5, 0.5, 2.5; seeds' 1.5, 0.5
    assert found.se_images == pytest.approx(np.std([0.5, 0.5, 0.5, 2.5], ddof=1) / 2)
    assert found.se_seeds == pytest.approx(np.std([1.5, 0.5], ddof=1) / np.sqrt(2))
    assert found.t == pytest.approx(found.mean / found.se_seeds)
    one = results.difference(below[:1], above[:1])
    assert np.isnan(one.se_seeds) and np.isnan(one.t) and not one.passes
    same = results.difference(above, above)
    assert same.se_seeds == 0 and np.isnan(same.t) and not same.passes
    alike = results.difference([below[0]] * 2, [above[0]] * 2)
    assert alike.se_seeds == 0 and alike.t == np.inf and alike.passes


@pytest.mark.parametrize("mean, seeds, passes", [
    (12.70, 2, False), (12.71, 2, True), (4.30, 3, False), (-4.31, 3, True), (2.57, 6, False), (2.58, 6, True),
    (2.27, 40, True), (0.0, 3, False)])
def test_a_t_test_asks_for_more_the_fewer_seeds_there_are(mean, seeds, passes):
    assert results.Difference(mean, 0.1, 1.0, seeds).passes is passes


def test_the_quantiles_are_those_of_students_t():
    """Its density, summed: 2.5% lies above each."""
    for degrees, quantile in enumerate(results.QUANTILES, 1):
        steps = np.linspace(-quantile, quantile, 200_001)
        density = (1 + steps**2 / degrees) ** (-(degrees + 1) / 2) * math.gamma((degrees + 1) / 2)
        density /= math.sqrt(degrees * math.pi) * math.gamma(degrees / 2)
        inside = (density[1:] + density[:-1]).sum() / 2 * (steps[1] - steps[0])
        assert inside == pytest.approx(0.95, abs=5e-5)


def test_only_seeds_that_both_rows_have_are_compared():
    found = {(BASE, 0): _result(BASE, 0, [1, 2]), (BASE, 1): _result(BASE, 1, [5, 5]),
             (ONE_BIT, 1): _result(ONE_BIT, 1, [5, 6]), (ONE_BIT, 2): _result(ONE_BIT, 2, [0, 0])}
    step = results.difference_of_rows(found, BASE, ONE_BIT)
    assert (step.mean, step.seeds) == (0.5, 1)
    assert results.difference_of_rows(found, ONE_BIT, rows.ROWS[2]) is None


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A table of two rows, made in two calls: one of the first row alone, and one that found that row's run."""
    out = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "ROWS", (BASE, ONE_BIT))
        first = table.make_table(TINY, out, table.missing(out, 1, [BASE.name]), 2)
        printed = _printed(out).stat().st_mtime_ns
        found = table.make_table(TINY, out, table.missing(out, 1), 2)
    return out, found, (first, printed)


def _printed(out):
    """What the first row's run printed: a run writes it anew."""
    return out / "runs" / f"{BASE.name}-seed0.txt"


@pytest.mark.slow
def test_only_the_rows_asked_for_are_run_and_a_finished_run_is_not_run_again(made):
    out, found, (first, printed) = made
    assert [(row.name, seed) for row, seed in first] == [("vae-base-32-32", 0)]
    assert [(row.name, seed) for row, seed in found] == [("vae-base-32-32", 0), ("vae-base-1-32", 0)]
    assert _printed(out).stat().st_mtime_ns == printed
    assert json.loads(results.path_of(out, BASE, 0).read_text())["delta"] == 0


@pytest.mark.slow
def test_a_result_says_what_it_is_and_where_it_comes_from(made):
    out, found, _ = made
    values, per_image, samples = found[ONE_BIT, 0]
    assert (values["model"], values["variant"], values["weights"], values["activations"], values["seed"],
            values["size"], values["steps"]) == ("vae", "base", 1, 32, 0, 8, 3)
    assert values["data"]["train_images"] == 10_000 and len(per_image) == values["data"]["test_images"] == 2_000
    assert values["test_bpd"] == pytest.approx(per_image.mean(), abs=1e-5) and values["test_bpd_se"] > 0
    assert values["delta"] == pytest.approx(values["test_bpd"] - found[BASE, 0].values["test_bpd"], abs=1e-5)
    assert values["delta_se"] == pytest.approx((per_image - found[BASE, 0].per_image).std(ddof=1) / 2000**0.5, rel=1e-4)
    assert values["curve"] == [[3, pytest.approx(values["test_bpd"], abs=1e-5)]] and "cores" in values["machine"]
    assert samples.shape == (results.SAMPLES, 8, 8, 3) and values["seconds"] > 0
    assert "--weights 1 --activations 32" in values["command"] and str(out) not in values["command"]


@pytest.mark.slow
def test_results_of_other_options_or_other_images_are_not_mixed(made, monkeypatch):
    out, *_ = made
    monkeypatch.setattr(table, "ROWS", (BASE, ONE_BIT))
    longer = TINY._replace(steps={"vae": 4, "flow": 4})
    with pytest.raises(InputError, match=r"vae-base-32-32-seed0.json: wanted a result of `.*--steps 4.*--steps 3"):
        table.make_table(longer, out, table.missing(out, 1), 2)
    monkeypatch.setattr(table.data, "describe", lambda dataset: {"fingerprint": "another", "train_images": 7})
    with pytest.raises(InputError, match="10,000 training images where there are 7 now: use another --out"):
        table.make_table(TINY, out, table.missing(out, 2), 2)


def _copy_of(made, folder):
    """The path of the first row's result in a folder that holds copies of both rows' files."""
    for row in (BASE, ONE_BIT):
        for suffix in (".json", ".npz"):
            source = results.path_of(made[0], row, 0).with_suffix(suffix)
            (folder / source.name).write_bytes(source.read_bytes())
    assert len(results.load(folder)) == 2
    return results.path_of(folder, BASE, 0)


def _change(**changes):
    def damage(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return damage


def _per_image(array):
    return lambda path: np.savez(path.with_suffix(".npz"), **({} if array is None else {"per_image": array}))


def _with_broken_streams(npz):
    """The bytes of an .npz whose compressed data no longer are any, while its directory is whole."""
    start = npz.index(b"per_image.npy") + len("per_image.npy")
    return npz[:start + 30] + b"\xff" * 200 + npz[start + 230:]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [
    lambda path: path.write_text("{"), lambda path: path.write_text("[]"),
    lambda path: path.with_suffix(".npz").unlink(), lambda path: path.with_suffix(".npz").write_bytes(b"PK"),
    lambda path: path.with_suffix(".npz").write_bytes(results.path_of(path.parent, ONE_BIT, 0).with_suffix(".npz")
                                                      .read_bytes()),
    lambda path: path.write_text(results.path_of(path.parent, ONE_BIT, 0).read_text()),
    lambda path: path.with_suffix(".npz").write_bytes(_with_broken_streams(path.with_suffix(".npz").read_bytes())),
    _per_image(None), _per_image(np.zeros(5)), _per_image(np.full(2000, np.nan)),
    _change(test_bpd=float("nan")), _change(test_bpd="x"), _change(test_bpd=3.0), _change(bytes=None),
    _change(curve=[]), _change(curve=[[1, 5.0]]), _change(seed="0"), _change(seed=1), _change(command=7),
    _per_image(np.array(5.0)), _change(test_bpd=None, failure="diverged")])
def test_a_damaged_result_is_named(made, tmp_path, damage):
    path = _copy_of(made, tmp_path)
    damage(path)
    with pytest.raises(InputError, match=rf"{path.name}: wanted the result of vae-base-32-32 with seed 0 .* remove it"):
        results.load(tmp_path)


@pytest.mark.slow
def test_a_run_whose_samples_are_not_finite_is_a_result_without_them(made, tmp_path, monkeypatch):
    def sample(*arguments, **named):
        raise FloatingPointError
    monkeypatch.setattr(results, "sample", sample)
    results.record(tmp_path, BASE, 0, made[0] / "runs" / f"{BASE.name}-seed0", "command")
    assert results.load(tmp_path)[BASE, 0].samples.size == 0


@pytest.mark.slow
def test_a_run_on_other_images_is_not_collected(made, tmp_path):
    path = _copy_of(made, tmp_path)
    path.unlink()
    _change(data={"fingerprint": "another"})(results.path_of(tmp_path, ONE_BIT, 0))
    with pytest.raises(InputError, match=r"seed0: wanted a run on the images of .*, got one on others: use another"):
        results.record(tmp_path, BASE, 0, made[0] / "runs" / f"{BASE.name}-seed0", "command")
    assert not path.exists()


@pytest.mark.slow
def test_results_on_different_images_do_not_go_together(made, tmp_path):
    path = _copy_of(made, tmp_path)
    _change(data={**json.loads(path.read_text())["data"], "fingerprint": "another"})(path)
    with pytest.raises(InputError, match=r"vae-base-1-32-seed0.json: wanted a result on the same images"):
        results.load(tmp_path)


def test_the_table_has_a_line_for_every_row_and_the_papers_numbers():
    found = {(row, seed): _result(row, seed, [2 + i / 10 + i * seed / 25, 3 + i / 10])
             for i, row in enumerate(rows.ROWS) for seed in range(2)}
    lines = list(table.lines(found))
    assert len(lines) == 1 + len(rows.ROWS)
    assert lines[2].split() == "VAE 1 / 32 2 2.610 0.110 +- 0.010 100 50.0% 0 3.60 0.15".split()
    header, *steps = table.order_lines(found)
    assert header.split()[-7:] == ["mean", "+-", "images", "+-", "seeds", "seeds", "t"]
    assert len(steps) == 6 and steps[1].split() == "VAE 1 / 32 < 1 / 1 0.1100 0.0100 0.0100 2 11.0".split()
    _, *others = table.comparison_lines(found)
    assert len(others) == 10 and others[0].startswith("VAE    1 / 32, widened - usual width")
    place = {row.name: i for i, row in enumerate(rows.ROWS)}        # each row's losses grow with its place in ROWS
    pairs = (("vae-wide-1-32", "vae-base-1-32"), ("vae-wide-1-1", "vae-base-1-1"), ("vae-all-1-32", "vae-none-32-32"))
    assert [float(re.search(r" (-?\d\.\d{4}) ", line)[1]) for line in others[:3]] == pytest.approx(
        [0.11 * (place[above] - place[below]) for above, below in pairs])


def test_seeds_whose_training_diverged_do_not_count_in_a_difference():
    found = {(row, seed): _result(row, seed, [2 + i, 3 + seed]) for i, row in enumerate((BASE, ONE_BIT))
             for seed in range(3)}
    values, _, samples = found[ONE_BIT, 1]
    found[ONE_BIT, 1] = results.Result({**values, "test_bpd": None}, np.zeros(0), samples)
    assert results.difference_of_rows(found, BASE, ONE_BIT).seeds == 2
    assert results.difference_of_rows(found, ONE_BIT, BASE).seeds == 2
    *_, line = table.lines(found)
    assert line.split() == "VAE 1 / 32 3 diverged, 1 of them".split()


def test_a_difference_of_one_seed_has_no_test_over_seeds():
    found = {(row, 0): _result(row, 0, [2, 3 + i]) for i, row in enumerate(rows.ROWS)}
    _, line, *_ = table.order_lines(found)
    assert line.split()[-5:] == ["0.5000", "0.5000", "-", "1", "-"]
    assert not list(table.order_lines({}))


@pytest.mark.slow
def test_a_run_that_diverges_is_a_result_too(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "ROWS", (BASE,))
    _run_instead(monkeypatch, tmp_path, "raise FloatingPointError('training: the loss is nan at step 3')")
    found = table.make_table(TINY, tmp_path, table.missing(tmp_path, 1), 1)
    assert found[BASE, 0].values["test_bpd"] is None and "nan" in found[BASE, 0].values["failure"]
    assert "1  diverged, 1 of them" in "\n".join(table.lines(found))
    assert list(table.make_table(TINY, tmp_path, table.missing(tmp_path, 1), 1)) == [(BASE, 0)]


@pytest.mark.slow
def test_a_run_that_breaks_is_no_result(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "ROWS", (BASE,))
    _run_instead(monkeypatch, tmp_path, "raise TypeError('a bug')")
    with pytest.raises(InputError, match=r"vae-base-32-32-seed0: TypeError: a bug \(exit status 1\)"):
        table.make_table(TINY, tmp_path, table.missing(tmp_path, 1), 1)
    assert not results.load(tmp_path)


def _run_instead(monkeypatch, folder, statement):
    """Let the runs be processes whose training begins, and then does something else after a step."""
    code = ("import sys, minibnn.__main__ as m\n"
            "from minibnn.training.state import TrainingState\n"
            f"def train_step(self, images, replicas):\n    {statement}\n"
            "TrainingState.train_step = train_step\n"
            "sys.exit(m.main(sys.argv[1:]))\n")
    (folder / "instead.py").write_text(code)
    popen = subprocess.Popen
    monkeypatch.setattr(jobs.subprocess, "Popen", lambda command, **named: popen(
        [command[0], str(folder / "instead.py"), *command[3:]], **named, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}))


@pytest.mark.slow
def test_a_run_that_cannot_be_is_an_input_error(tmp_path, monkeypatch):
    impossible = TINY._replace(options={**TINY.options, "vae": TINY.options["vae"] + " --batch 999999"})
    monkeypatch.setattr(table, "ROWS", (BASE,))
    with pytest.raises(InputError, match="vae-base-32-32-seed0: batch: wanted at most the 10000 training images"):
        table.make_table(impossible, tmp_path, table.missing(tmp_path, 1), 1)


@pytest.mark.slow
def test_stopping_stops_the_runs_and_leaves_checkpoints(tmp_path, monkeypatch):
    long = TINY._replace(steps={"vae": 100_000, "flow": 100_000})
    monkeypatch.setattr(table, "ROWS", (BASE,))
    run = tmp_path / "runs" / f"{BASE.name}-seed0"
    with pytest.raises(Interrupted, match="stopped after 0 of 1 runs"):
        table.make_table(long, tmp_path, table.missing(tmp_path, 1), 1, stopping=nullcontext(
            lambda: (run / "log.jsonl").exists() and (run / "log.jsonl").stat().st_size > 0))
    assert (run / "checkpoint.npz").exists() and not (run / "result.json").exists()
    assert "stopped after step" in (tmp_path / "runs" / f"{BASE.name}-seed0.txt").read_text()


@pytest.mark.slow
def test_commands_of_the_list_run_side_by_side_make_the_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("minibnn.commands.table1.QUICK", TINY)
    arguments = ["table1", "--quick", "--rows", BASE.name, ONE_BIT.name, "--out", str(tmp_path / "a b")]
    assert main([*arguments, "--list"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("python -m minibnn train vae ") == 2 == listed.count("\n") and not (tmp_path / "a b").exists()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(["xargs", "-P", "2", "-L", "1", "env"], input=listed, text=True, check=True, env=environment,
                   cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert main([*arguments, "--list"]) == 0 and capsys.readouterr().out == ""       # what is trained is not listed
    monkeypatch.setattr(table.data, "load", None)                   # nor are images needed to collect it
    assert main(arguments) == 0
    assert len(list((tmp_path / "a b").glob("*.json"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_runs(tmp_path, number):
    code = ("from minibnn.experiments.table1 import rows; import minibnn.__main__ as m; import sys;"
            f"m.table1.QUICK = rows.Preset({TINY.data!r}, {TINY.options!r}, dict(vae=100000, flow=100000), 1);"
            f"sys.exit(m.main(['table1', '--quick', '--jobs', '1', '--out', {str(tmp_path)!r}]))")
    table_process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], text=True,
                                     stderr=subprocess.PIPE)
    log = tmp_path / "runs" / f"{BASE.name}-seed0" / "log.jsonl"
    for _ in range(600):
        if log.exists() and log.stat().st_size:
            break
        time.sleep(0.1)
    assert log.exists() and log.stat().st_size
    os.kill(table_process.pid, number)
    _, errors = table_process.communicate(timeout=60)
    assert table_process.returncode == 130
    assert f"stopped after 0 of {len(rows.ROWS)} runs; the same command continues" in errors
    assert "Traceback" not in errors
    assert (log.parent / "checkpoint.npz").exists()
