"""The pictures we write are the same bytes, whatever the user's matplotlibrc and environment say."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from minibnn.commands import tutorials
from minibnn.flowpp import FlowConfig
from minibnn.pictures import drawings, figures, flow_drawing

HOSTILE = {"image.origin": "lower", "savefig.bbox": "tight", "text.usetex": True, "figure.dpi": 30, "font.size": 25.0,
           "lines.linewidth": 9.0, "axes.grid": True, "savefig.facecolor": "red", "figure.facecolor": "red",
           "axes.facecolor": "black", "savefig.dpi": 20, "savefig.format": "pdf", "image.cmap": "gray"}
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
CURVES = {"VAE": {"1 / 1": (np.arange(20), np.linspace(8, 6, 20))}}


def _shown(path):
    from PIL import Image
    with Image.open(path) as picture:
        return np.asarray(picture)


WRITERS = {
    "image grid": lambda path: figures.save_image_grid(path, IMAGES, 3),
    "curves": lambda path: figures.save_curves(path, CURVES),
    "samples": lambda path: figures.save_samples(path, {"a": IMAGES, "b": IMAGES}),
    "curves and samples": lambda path: figures.save_curves_and_samples(path, CURVES, {"a": IMAGES, "b": IMAGES}),
    "sign": lambda path: figures.save_figure(drawings.sign_figure(), path),
    "flow": lambda path: figures.save_figure(flow_drawing.flow_figure(FlowConfig()), path),
    "lesson": lambda path: path.write_text(repr(figures.Picture(drawings.sign_figure(), "sign")._repr_mimebundle_())),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_settings_do_not_show(tmp_path, name):
    WRITERS[name](tmp_path / "plain")
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context(HOSTILE):
        WRITERS[name](tmp_path / "hostile")
        assert matplotlib.rcParams["text.usetex"]                   # the user's settings are left to the user
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "hostile").read_bytes()
    assert dict(matplotlib.rcParams) == before


def test_the_first_image_is_at_the_top(tmp_path):
    with matplotlib.rc_context(HOSTILE):
        figures.save_image_grid(tmp_path / "a.png", IMAGES[:1], 1)
    np.testing.assert_array_equal(_shown(tmp_path / "a.png")[8:-8:8, 8:-8:8, :3], IMAGES[0])


@pytest.mark.slow
def test_commands_draw_in_any_environment(tmp_path):
    (tmp_path / "matplotlibrc").write_text("".join(f"{name}: {value}\n" for name, value in HOSTILE.items())
                                           + "backend: nonsense\n")
    root = Path(__file__).parents[2]
    written = []
    for name, settings in (("plain", {}), ("hostile", {"MPLBACKEND": "nonsense",
                                                       "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")})):
        subprocess.run([sys.executable, "-m", "minibnn", "sample", "--n", "1", "--out", str(tmp_path / f"{name}.png")],
                       cwd=root, check=True, capture_output=True, env={**os.environ, **settings})
        written.append((tmp_path / f"{name}.png").read_bytes())
    assert written[0] == written[1]


@pytest.mark.slow
def test_lessons_are_run_in_any_environment(tmp_path, monkeypatch):
    import nbformat

    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nsavefig.bbox: tight\n")
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    source = "import matplotlib\nprint(matplotlib.rcParams['text.usetex'], matplotlib.rcParams['savefig.bbox'])"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), tmp_path / "00_a.ipynb")
    [cell] = tutorials.run(tmp_path / "00_a.ipynb").cells
    assert cell.outputs[0].text == "False None\n"
