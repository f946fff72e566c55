"""--data PATH at the command line: a folder of photographs or an array, evaluated again by its path."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small import few_leaves

from minibnn.__main__ import main

TINY = ["train", "vae", "--size", "8", "--layers", "1", "--channels", "4", "--latents", "2", "--blocks", "1",
        "--nproc", "0", "--batch", "8", "--steps", "2", "--threads", "1"]


@pytest.fixture(autouse=True)
def photographs(tmp_path, monkeypatch):
    """A folder of 40 photographs, upright and lying, in two folders; the working directory is beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("photos/more").mkdir(parents=True)
    for i, image in enumerate(few_leaves(40, 16, 5)):
        pixels = image[:, 2:15] if i % 2 else image[3:14]
        Image.fromarray(pixels).save(Path("photos", "more" if i % 3 else ".", f"{i}.{'jpg' if i % 4 else 'PNG'}"))
    Path("photos/notes.txt").write_text("not a photograph")


def _bits(*arguments):
    assert main(["evaluate", *arguments, "--json", "e.json"]) == 0
    return json.loads(Path("e.json").read_text())


def test_a_folder_is_trained_on_and_evaluated_again_by_its_path(capsys, tmp_path, monkeypatch):
    assert main([*TINY, "--data", "~/photos", "--out", "run"]) == 0
    result = json.loads(Path("run/result.json").read_text())
    assert result["data"]["name"] == f"{tmp_path}/photos/"
    assert result["data"]["train_images"] + result["data"]["test_images"] == 40
    assert f"test images of {tmp_path}/photos/)" in capsys.readouterr().out
    monkeypatch.chdir("photos")                                     # from any folder
    Path("0.PNG").rename("more/renamed.png")
    evaluated = _bits("../run")
    assert evaluated["test_bpd"] == result["test_bpd"] and evaluated["data"] == result["data"]
    assert "not the images" not in capsys.readouterr().out
    assert main(["reconstruct", "../run", "--n", "3", "--out", "../r.png"]) == 0
    Path("1.jpg").unlink(missing_ok=True)
    Path("more/1.jpg").unlink(missing_ok=True)
    for command in (["evaluate", "../run"], ["reconstruct", "../run", "--out", "../r.png"]):
        assert main(command) == 0
        assert "not the images of the model's own run" in capsys.readouterr().out


def test_an_array_is_trained_on_and_a_flow_too(capsys):
    np.save("images.npy", few_leaves(40, 16, 5))
    flow = ["train", "flow", "--size", "8", "--channels", "4", "--blocks", "1", "--couplings", "1", "0", "0",
            "--dequantiser-couplings", "1", "--context-channels", "2", "--batch", "8", "--steps", "1"]
    assert main([*flow, "--data", "images.npy", "--out", "run"]) == 0
    assert _bits("run")["test_bpd"] == json.loads(Path("run/result.json").read_text())["test_bpd"]
    Path("images.npy").rename("moved.npy")
    capsys.readouterr()
    assert main(["evaluate", "run"]) == 2 and "images.npy: cannot be read: No such file" in capsys.readouterr().err
    assert _bits("run", "--data", "moved.npy")["data"]["train_images"] > 30


def test_validation_images_of_a_folder_are_found_again():
    assert main([*TINY, "--data", "photos", "--validation", "5", "--out", "run"]) == 0
    result = json.loads(Path("run/result.json").read_text())
    assert result["data"]["name"].endswith("/photos/ validation") and result["data"]["test_images"] == 5
    assert _bits("run")["test_bpd"] == result["test_bpd"]


def test_no_photograph_is_written_over_or_added(capsys):
    assert main([*TINY, "--data", "photos", "--out", "run"]) == 0
    Path("link.png").symlink_to("photos/0.PNG")
    for out, message in (("link.png", "which is read"), ("photos/0.PNG", "which is read"),
                         ("photos/more/r.png", "wanted a picture outside of the folder of photographs")):
        assert main(["reconstruct", "run", "--out", out]) == 2
        assert message in capsys.readouterr().err
    assert main(["evaluate", "run", "--json", "photos/e.json"]) == 0 and len(list(Path("photos").rglob("*.*"))) == 42


@pytest.mark.parametrize("arguments, message", [
    (["--data", "empty"], "empty/: wanted a folder with .png, .jpg, .jpeg files, got none"),
    (["--data", "photos", "--data-dir", "."], "which is a path itself"),
    (["--data", "photos", "--size", "16"], "0.PNG (only 16 x 11 pixels)"),
    (["--data", "photos/notes.txt"], "or a folder, .npy or .npz"),
    (["--data", "float.npy"], "got float64 (10, 8, 8, 3); np.rint(255 * images)"),
    (["--data", "damaged"], "damaged"), (["--data", "photos", "--batch", "64"], "batch: wanted at most the ")])
def test_what_cannot_be_used_is_one_sentence(capsys, arguments, message):
    Path("empty").mkdir()
    Path("damaged").mkdir()
    Path("damaged/a.png").write_bytes(Path("photos/0.PNG").read_bytes()[:200])
    np.save("float.npy", np.zeros((10, 8, 8, 3)))
    assert main([*TINY, "--out", "run", *arguments]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("minibnn: ")]
    assert len(error) == 1 and message in error[0] and not Path("run").exists()
