"""Drawings and the figures command: what they show is what the objects do and what the results hold."""

import numpy as np
import pytest
from matplotlib.image import imread

from minibnn.__main__ import main
from minibnn.experiments.table1 import plots
from minibnn.experiments.table1.results import Result
from minibnn.experiments.table1.rows import ROWS
from minibnn.pictures import drawings

VAE, FLOW = ("{}", "conv 3 h h", "{}", "conv 3 h h", "+"), ("[x, -x]", "{}", "conv 3 2h h, context", "[x, -x]", "{}",
                                                          "conv 1 2h 2h", "gate", "+", "layer norm")
NAMES = {"BWN conv 3$\\times$3\nh $\\to$ h": "conv 3 h h", "BWN conv 3$\\times$3\n2h $\\to$ h": "conv 3 2h h",
         "BWN conv 1$\\times$1\n2h $\\to$ 2h": "conv 1 2h 2h", "[x, $-$x]": "[x, -x]",
         "a $\\cdot$ sigmoid(s)": "gate"}


@pytest.mark.parametrize("title, steps, activation", [*zip(drawings.BLOCKS, (VAE, VAE, FLOW, FLOW),
                                                           ("ELU", "sign") * 2)])
def test_the_blocks_drawn_are_those_of_figure_1(title, steps, activation):
    found = drawings.steps_of(drawings.BLOCKS[title](np.random.default_rng(0)))
    named = [NAMES.get(step.label, step.label) + (", context" if step.context else "") for step in found]
    assert named == [step.format(activation) for step in steps]
    assert [step.skips for step in found] == [step == "+" for step in steps]
    signs = [step.colour == drawings.ONE_BIT for step in found if step.label in ("ELU", "sign")]
    assert signs == [activation == "sign"] * 2


def _results():
    rng = np.random.default_rng(0)
    for i, row in enumerate(ROWS):
        for seed in range(2):
            values = {"test_bpd": 5 + i / 50 + seed / 100, "bytes": 10_000 * (i + 1),
                      "curve": [[step, 5 + i / 50 + 1 / step + seed / 100] for step in (10, 20, 30, 40)]}
            samples = rng.integers(0, 256, (12, 8, 8, 3), np.uint8) if seed == 0 else np.zeros(0)
            yield (row, seed), Result(values, rng.random(5), samples)


def test_figure_2_shows_means_and_bands_of_each_row():
    figure = plots.figure_2(dict(_results()))
    for axes, (kind, curves) in zip(figure.axes, plots.PANELS.values()):
        assert [line.get_label() for line in axes.lines] == [plots.label_of(*key) for key in curves]
        for line, band, key in zip(axes.lines, axes.collections, curves):
            i = next(i for i, row in enumerate(ROWS) if row[:4] == (kind, *key))
            steps, losses = line.get_data()
            np.testing.assert_allclose(losses, 5 + i / 50 + 1 / steps + 0.005)        # the mean of both seeds
            corners = band.get_paths()[0].vertices[:, 1]
            assert corners.min() == pytest.approx(losses.min() - 0.005)
            assert corners.max() == pytest.approx(losses.max() + 0.005)


def test_figures_of_a_table_that_is_not_complete_say_so():
    some = {run: result for run, result in _results() if run[0].kind == "vae"}
    for draw in (plots.figure_2, plots.memory_figure):
        flows = draw(some).axes[1]
        assert [text.get_text() for text in flows.texts] == ["no results yet"] and not flows.lines


def test_samples_of_a_table_without_the_main_rows_say_so():
    [axes] = plots.samples_figure({run: result for run, result in _results() if run[0].variant == "wide"}).axes
    assert [text.get_text() for text in axes.texts] == ["no results yet"]


def test_memory_is_that_of_the_parameters():
    figure = plots.memory_figure(dict(_results()))
    shown = {(kind, label): container for axes, kind in zip(figure.axes, ("vae", "flow"))
             for container, label in zip(*axes.get_legend_handles_labels())}
    for i, row in enumerate(ROWS):
        if row[1:4] in plots.STYLES and row.variant != "all":
            marker, _, [bar] = shown[row.kind, plots.label_of(*row[1:4])].lines
            assert marker.get_xydata()[0] == pytest.approx([10 * (i + 1), 5.005 + i / 50])
            np.testing.assert_allclose(bar.get_segments()[0][:, 1], [5 + i / 50, 5.01 + i / 50])
    for axes, names in zip(figure.axes, (["base", "slim", "slimwide"], ["base", "slim"])):
        kind = "vae" if "slimwide" in names else "flow"
        places = [i for i, row in enumerate(ROWS) if row[:4] in [(kind, name, 32, 32) for name in names]]
        line = next(line for line in axes.lines if len(line.get_xdata()) == len(names))
        np.testing.assert_allclose(line.get_xydata(), [(10 * (i + 1), 5.005 + i / 50) for i in places])


@pytest.mark.slow
def test_the_figures_command_draws_all_of_them(monkeypatch, tmp_path):
    monkeypatch.setattr("minibnn.experiments.table1.results.load", lambda folder: dict(_results()))
    assert main(["figures", "--out", str(tmp_path / "new")]) == 0
    drawn = sorted(path.name for path in (tmp_path / "new").iterdir())
    names = ("figure1", "figure2", "flow", "memory", "sign", "table1_samples", "vae")
    assert drawn == [f"{name}.png" for name in names]
    for name in drawn:
        assert len(np.unique(imread(tmp_path / "new" / name)[::3, ::3].reshape(-1, 4), axis=0)) > 20


def test_without_results_there_is_nothing_to_draw(tmp_path, capsys):
    assert main(["figures", "--results", str(tmp_path), "--out", str(tmp_path / "new")]) == 2
    assert f"{tmp_path}: wanted a folder with the results of table1" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()

