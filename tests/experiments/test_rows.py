"""The rows of Table 1 beside what they cost: bytes, seeds, time, and how tight their bounds are."""

import json
from itertools import pairwise

import numpy as np
import pytest

from minibnn.__main__ import main
from minibnn.experiments.table1 import rows, table, tightness, times
from minibnn.experiments.table1.results import Result
from minibnn.files import InputError

FULL, ROWS = rows.FULL, {row.name: row for row in rows.ROWS}


@pytest.mark.parametrize("preset", [rows.FULL, rows.QUICK], ids=["full", "quick"])
@pytest.mark.parametrize("row", [row for row in rows.ROWS if row.like], ids=lambda row: row.name)
def test_a_row_has_as_many_channels_as_its_bytes_allow(preset, row):
    budget = preset.config(ROWS[f"{row.kind}-" + "-".join(map(str, row.like))]).bytes
    config = preset.config(row)
    assert (config.weights, config.activations) == (32, 32) and 0.8 * budget < config.bytes <= budget
    words = preset.options_of(row)
    wider = [*words]
    wider[words.index("--channels") + 1] = str(config.channels + 1)
    assert preset._config(row, wider).bytes > budget


def test_the_channels_of_the_full_table():
    widths = {row.name: FULL.config(row).channels for row in rows.ROWS if row.like}
    assert widths == {"vae-slim-32-32": 10, "vae-slimwide-32-32": 12, "vae-nonewide-32-32": 44,
                      "vae-nonewidest-32-32": 62, "flow-slim-32-32": 19, "flow-nonewide-32-32": 43,
                      "flow-slimfast-32-32": 19}
    context = [FULL.config(ROWS[f"flow-{variant}-32-32"]).context_channels for variant in ("slim", "nonewide")]
    assert context == [10, 21]                                      # of 16 where the channels are 32: 9.5 and 21.5
    assert FULL.config(ROWS["vae-nonewide-32-32"]).blocks == FULL.config(ROWS["flow-nonewide-32-32"]).blocks == 0


def test_without_a_number_of_seeds_the_table_asks_for_each_rows_own(tmp_path):
    few = {row for row in rows.ROWS if row.variant in ("all", "batch", "raw", "nonefast")}
    few |= {ROWS["flow-fast-32-32"], ROWS["flow-fast-1-1"]}
    runs = table.missing(tmp_path)
    assert {row: sum(of == row for of, _ in runs) for row in rows.ROWS} == {
        row: 3 if row in few else 6 for row in rows.ROWS}
    main = [(row, seed) for seed in range(6) for row in rows.ROWS if row.variant in ("base", "none")]
    assert runs[:len(main)] == main                                 # all seeds of these before any other row
    assert table.missing(tmp_path, 2, ["vae-all-1-1"]) == [(ROWS["vae-all-1-1"], seed) for seed in (0, 1)]


def test_a_rows_configuration_is_that_of_its_options():
    config = FULL.config(ROWS["vae-none-32-32"])
    assert (config.size, config.blocks, config.nproc, config.channels) == (8, 0, 0, 32)
    assert FULL.config(ROWS["vae-all-1-1"]).binary_everywhere and FULL.config(ROWS["vae-wide-1-1"]).channels == 42
    assert rows.QUICK.config(ROWS["flow-base-1-32"]).couplings == (1, 1, 1)
    assert (FULL.batch("vae"), FULL.batch("flow")) == (16, 64)


def _result(row, losses, seed=0, **values):
    values = {"test_bpd": float(np.mean(losses)), "seed": seed, "data": {"fingerprint": "f"}, **values}
    return Result(values, np.array(losses, np.float32), np.zeros(0))


def test_a_row_is_compared_with_rows_of_its_bytes():
    found = {(row, seed): _result(row, [i + seed / 8, i + 1 + seed / 4])
             for i, row in enumerate(rows.ROWS) for seed in range(2)}
    _, *lines = (line.split(".")[0].split() for line in table.memory_lines(found))
    places = {row: i for i, row in enumerate(rows.ROWS)}
    assert [" ".join(words[:-1]) for words in lines] == [
        "VAE 32 / 32, slim - 1 / 32", "VAE 32 / 32, slim - 1 / 1", "VAE 32 / 32, slim - 32 / 32, no blocks, wider",
        "VAE 32 / 32, slim as widened - 1 / 32, widened", "VAE 32 / 32, slim as widened - 1 / 1, widened",
        "VAE 32 / 32, no blocks, wider - 1 / 32", "VAE 32 / 32, no blocks, wider - 1 / 1",
        "VAE 32 / 32, no blocks, widest - 1 / 32, widened", "VAE 32 / 32, no blocks, widest - 1 / 1, widened",
        "Flow++ 32 / 32, slim - 1 / 32", "Flow++ 32 / 32, slim - 1 / 1",
        "Flow++ 32 / 32, slim - 32 / 32, no blocks, wider",
        "Flow++ 32 / 32, no blocks, wider - 1 / 32", "Flow++ 32 / 32, no blocks, wider - 1 / 1",
        "Flow++ 32 / 32, slim, rate x 8 - 1 / 32, rate x 8", "Flow++ 32 / 32, slim, rate x 8 - 1 / 1, rate x 8"]
    assert float(lines[0][-1]) == places[ROWS["vae-slim-32-32"]] - places[ROWS["vae-base-1-32"]]
    assert float(lines[4][-1]) == places[ROWS["vae-slimwide-32-32"]] - places[ROWS["vae-wide-1-1"]]
    assert not list(table.memory_lines({run: found[run] for run in found if not run[0].like}))


def test_the_flows_order_at_another_rate_is_that_of_rows_at_this_rate():
    found = {(row, 0): _result(row, [i, i + 1]) for i, row in enumerate(rows.ROWS)}
    _, *lines = table.rate_lines(found)
    names = ["flow-fast-32-32", "flow-fast-1-32", "flow-fast-1-1", "flow-nonefast-32-32"]
    place = {row.name: i for i, row in enumerate(rows.ROWS)}
    assert [float(line[51:59]) for line in lines] == [place[above] - place[below] for below, above in pairwise(names)]
    assert lines[-1].startswith("Flow++ 1 / 1 < no residual blocks, rate x 8  ")


def _write_losses(folder, name, draws, losses, **other):
    path = folder / f"{name}-k{draws}.json"
    path.write_text(json.dumps({"test_bpd": float(np.mean(losses)), "samples": draws, "seed": 0,
                                "data": {"fingerprint": "f", "test_images": 2},
                                "command": f"python -m minibnn evaluate runs/{name}-seed0", **other}))
    np.save(path.with_suffix(".npy"), np.array(losses))


@pytest.fixture()
def bounds(tmp_path):
    """A folder with the losses of two rows from one draw and from 64."""
    for name, loose, tight in (("vae-base-32-32", [3, 5], [2.5, 4.5]), ("vae-base-1-1", [4, 7], [3, 7])):
        _write_losses(tmp_path, name, 1, loose)
        _write_losses(tmp_path, name, 64, tight)
    return tmp_path


def test_losses_from_many_draws_stand_beside_those_from_one(bounds):
    header, base, binary = tightness.lines(tightness.load(bounds))
    assert header.split("K = ")[1].split()[0] == "1" and header.count("K = 64") == 2
    assert base.split()[-3:] == ["4.000", "3.500", "0.500"]
    assert binary.split()[-9:] == "5.500 5.000 0.500 1.5000 +- 0.5000 1.5000 +- 1.0000".split()


def test_losses_from_many_draws_without_those_of_the_32_bit_row(bounds):
    for path in bounds.glob("vae-base-32-32-*"):
        path.unlink()
    _, line = tightness.lines(tightness.load(bounds))
    assert line.split()[-3:] == ["5.500", "5.000", "0.500"]
    assert tightness.load(bounds / "absent") == {}


def test_a_row_whose_second_loss_is_not_there_yet_is_left_out(bounds):
    (bounds / "vae-base-1-1-k64.json").unlink()
    assert [row.name for row in tightness.load(bounds)] == ["vae-base-32-32"]


@pytest.mark.parametrize("damage", [
    lambda path: path.write_text("{"), lambda path: path.write_text('{"test_bpd": 5.0}'),
    lambda path: np.save(path.with_suffix(".npy"), np.array(5.0)), lambda path: path.with_suffix(".npy").unlink(),
    lambda path: np.save(path.with_suffix(".npy"), np.zeros(2)),
    lambda path: np.save(path.with_suffix(".npy"), np.full(3, 5.0)),
    lambda path: _write_losses(path.parent, "vae-base-1-1", 64, [3, 7], samples=1),
    lambda path: _write_losses(path.parent, "vae-base-1-1", 64, [3, 7], seed=1),
    lambda path: _write_losses(path.parent, "vae-base-1-1", 64, [3, 7], command="evaluate runs/vae-base-1-32-seed0"),
    lambda path: _write_losses(path.parent, "vae-base-1-1", 64, [3, 7], data={"test_images": 2})])
def test_losses_that_do_not_go_together_are_refused(bounds, damage):
    damage(bounds / "vae-base-1-1-k64.json")
    with pytest.raises(InputError, match=r"vae-base-1-1-k64\.(json|npy): "):
        tightness.load(bounds)


@pytest.mark.slow
def test_the_time_of_the_main_rows_is_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(times, "SECONDS", 0)
    monkeypatch.setattr(times, "IMAGES", 2)
    monkeypatch.setattr(times, "EVALUATIONS", 1)
    assert main(["bench", "--table1", "--json", str(tmp_path / "times.json")]) == 0
    found = json.loads((tmp_path / "times.json").read_text())
    assert list(found["rows"]) == [row.name for row in rows.ROWS if row.variant in ("base", "none", "slim", "nonewide")]
    for name, seconds in found["rows"].items():
        assert seconds["training"] == pytest.approx(seconds["update"] * FULL.steps[ROWS[name].kind])
        assert 0 < seconds["evaluation"]
    printed = capsys.readouterr().out.splitlines()
    assert printed == list(times.lines(found)) and len(printed) == 2 + 12


def test_times_stand_beside_their_factors_to_the_32_bit_row():
    seconds = {"vae-base-32-32": {"update": 0.02, "training": 400.0, "evaluation": 0.5},
               "vae-base-1-1": {"update": 0.03, "training": 600.0, "evaluation": 0.4}}
    machine, _, base, binary = times.lines({"rows": seconds, "images": 1000, "threads": 1, "machine": "A machine"})
    assert machine == "A machine; threads: 1"
    assert base.split() == "VAE 32 / 32 20.0 400 1.00 0.50 1.00".split()
    assert binary.split() == "VAE 1 / 1 30.0 600 1.50 0.40 0.80".split()


def test_a_plot_of_the_rows_times_is_not_offered(capsys):
    assert main(["bench", "--table1", "--plot", "x.png"]) == 2
    assert "not allowed with" in capsys.readouterr().err
