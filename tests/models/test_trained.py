"""A trained model as one uses it: opened by name, folder or file, trained from arrays, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small import few_leaves

import minibnn
from minibnn import data, models
from minibnn.__main__ import main

TINY = {"size": 8, "layers": 1, "channels": 4, "latents": 2, "blocks": 1, "nproc": 0, "batch": 8, "threads": 1}


@pytest.fixture(scope="module")
def images():
    return few_leaves(60, 8, 3)


@pytest.fixture(scope="module")
def run(images, tmp_path_factory):
    return minibnn.train("vae", images, weights=1, activations=1, steps=3, out=tmp_path_factory.mktemp("r") / "run",
                         report=lambda *progress: None, **TINY)


def test_importing_it_imports_nothing_and_help_shows_it():
    code = "import sys, minibnn; assert 'numpy' not in sys.modules; help(minibnn)"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True,
                           cwd=Path(__file__).parents[2]).stdout
    for text in ("load(source)", "train(kind, images, out", "bits(self, images", "the name of one that comes with"):
        assert text in shown
    assert set(minibnn.__all__) <= set(dir(minibnn))
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        minibnn.lode  # noqa: B018


def test_a_run_is_what_its_files_say(run, images):
    config = json.loads((run.folder / "config.json").read_text())
    assert config["model"]["weights"] == 1 and config["training"]["steps"] == 3
    assert config["data"]["name"] == data.FROM_PYTHON
    assert run.result["command"].startswith("minibnn.train('vae', images, steps=3, size=8, layers=1, ")
    test = data.load(images, 8).test
    np.testing.assert_array_equal(run.model.bits(test), np.load(run.folder / "per_image.npy"))
    assert run.model.bits(test).mean() == run.result["test_bpd"]
    assert run.model.bits(test, samples=8).mean() < run.result["test_bpd"]
    assert "ResNetVAE, 8 x 8 pixels, weights / activations of 1 / 1 bit" in repr(run.model)


def test_it_is_opened_by_name_folder_or_file(run, tmp_path):
    assert main(["pack", str(run.folder), "--out", str(tmp_path / "m.npz")]) == 0
    drawn = [minibnn.load(source).sample(3, seed=5) for source in (run.folder, str(run.folder / "checkpoint.npz"),
                                                                   tmp_path / "m.npz")]
    assert drawn[0].shape == (3, 8, 8, 3) and drawn[0].dtype == np.uint8
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], run.model.sample(3, seed=6))
    assert minibnn.load("flow-1-1").settings.kind == "flow"


def test_a_name_is_the_shipped_model_whatever_lies_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("vae-1-1").write_text("mine")
    assert models.file_of("vae-1-1") == models.path_of("vae-1-1") and models.file_of("./vae-1-1") == Path("vae-1-1")


def test_reconstructions_are_those_of_the_seed(run, images):
    again = [run.model.reconstruct(images, seed) for seed in (0, 0, 1)]
    assert again[0].shape == images.shape and again[0].dtype == np.uint8
    np.testing.assert_array_equal(again[0], again[1])
    assert not np.array_equal(again[0], again[2])


def test_training_again_is_the_same_and_a_run_is_not_written_over(run, images):
    named = {**TINY, "weights": 1, "activations": 1, "steps": 3, "report": lambda *progress: None}
    again = minibnn.train("vae", images[::-1], run.folder.with_name("again"), **named)
    assert again.result["test_bpd"] == run.result["test_bpd"]                 # the order of the images does not count
    with pytest.raises(ValueError, match="there is a run already"):
        minibnn.train("vae", images, run.folder, **named)
    assert minibnn.train("vae", images, run.folder, resume=True, **named).result == run.result


@pytest.mark.parametrize("act, message", [
    (lambda model, images: model.bits(images / 255), "images: wanted an array of whole numbers from 0 to 255"),
    (lambda model, images: model.bits(images[:, :4]), r"images: wanted \(N, 8, 8, 3\)"),
    (lambda model, images: model.bits(images[:0]), "with N of at least 1"),
    (lambda model, images: model.bits(images, samples=0), "samples: wanted a whole number of at least 1, got 0"),
    (lambda model, images: model.bits(images, samples=1.5), "samples: wanted a whole number of at least 1, got 1.5"),
    (lambda model, images: model.bits(images, seed=-1), "seed: wanted a whole number of at least 0, got -1"),
    (lambda model, images: model.bits(images, threads=0), "threads: wanted a whole number of at least 1, got 0"),
    (lambda model, images: model.sample(0), "number: wanted a whole number of at least 1, got 0"),
    (lambda model, images: model.sample(1, seed="x"), "seed: wanted a whole number of at least 0, got 'x'"),
    (lambda model, images: model.reconstruct(images, seed=-1), "seed: wanted a whole number of at least 0, got -1"),
    (lambda model, images: models.load("flow-1-1").reconstruct(images), "wanted a ResNet VAE, got a flow"),
    (lambda model, images: models.load("vae-1-2"), "did you mean vae-1-32|did you mean vae-1-1"),
    (lambda model, images: models.load("."), "wanted the folder of a run"),
    (lambda model, images: minibnn.train("vea", images, "x"), "kind: wanted vae or flow, got 'vea'; did you mean vae"),
    (lambda model, images: minibnn.train("vae", images, "x", chanels=4), "got 'chanels'; did you mean channels?"),
    (lambda model, images: minibnn.train("vae", images, "x", size=8, steps=0), "steps: wanted a whole number"),
    (lambda model, images: minibnn.train("vae", images / 255, "x", size=8), "images: wanted images of levels 0..255")])
def test_what_cannot_be_is_one_sentence(run, images, tmp_path, monkeypatch, act, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message) as error:
        act(run.model, images)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())
