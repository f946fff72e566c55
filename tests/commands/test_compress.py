"""compress and decompress at the command line."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small import few_leaves

from minibnn import data
from minibnn.__main__ import main


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minibnn.data.whole.LEAVES_TEST", (4, 2))


def _photographs():
    """Three kinds of files in two folders, and their pixels by the names that they come back under."""
    Path("photos/more").mkdir(parents=True)
    image, other, large = few_leaves(1, 8, 1)[0], few_leaves(2, 22, 1)[1][:13], few_leaves(1, 40, 1)[0]
    Image.fromarray(image).save("photos/a.png")
    Image.fromarray(other).save("photos/more/b.JPG", quality=95)
    Image.fromarray(large).convert("RGBA").save("photos/more/c.PNG")
    Path("photos/notes.txt").write_text("not a photograph")
    return {"a.png": image, "more/b.JPG.png": np.asarray(Image.open("photos/more/b.JPG")), "more/c.PNG": large}


@pytest.mark.slow
def test_photographs_come_back_under_their_names(capsys):
    pixels = _photographs()
    assert main(["compress", "photos", "--out", "p.bits", "--json", "p.json"]) == 0
    printed, result = capsys.readouterr().out, json.loads(Path("p.json").read_text())
    assert "3 images of" in printed and f"  {8 * result['bytes'] / result['values']:.3f}  this file\n" in printed
    assert result["values"] == sum(image.size for image in pixels.values())
    assert result["bytes"] == Path("p.bits").stat().st_size and result["model_bytes"] == 209_180
    files = [path for path in Path("photos").rglob("*") if path.suffix.lower() in (".png", ".jpg")]
    assert result["other_bytes"]["the files as they were"] == sum(path.stat().st_size for path in files)
    assert "PNG, all in one picture" not in result["other_bytes"]   # they have different sizes
    assert main(["decompress", "p.bits", "--out", "back"]) == 0
    back = {path.relative_to("back").as_posix(): np.asarray(Image.open(path)) for path in Path("back").rglob("*.*")}
    assert back.keys() == pixels.keys()
    for name, image in pixels.items():
        np.testing.assert_array_equal(back[name], image)
    assert main(["compress", "photos/more/b.JPG", "photos/a.png", "--out", "two.bits"]) == 0
    assert main(["decompress", "two.bits", "--out", "two"]) == 0
    assert sorted(path.name for path in Path("two").iterdir()) == ["a.png", "b.JPG.png"]


@pytest.mark.slow
def test_a_named_set_and_an_array(capsys):
    assert main(["compress", "leaves", "--model", "vae-1-32", "--out", "x.bits", "--json", "x.json"]) == 0
    result = json.loads(Path("x.json").read_text())
    assert len(result["seconds"]) == 1
    assert result["source"] == "4 test images of leaves at 16 x 16 pixels" and result["model"] == "vae-1-32"
    assert main(["decompress", "x.bits", "--out", "x.npy", "--model", "vae-1-32"]) == 0
    images = np.load("x.npy")
    np.testing.assert_array_equal(images, few_leaves(4, 16, 2))
    assert main(["compress", "leaves", "--size", "10", "--n", "2", "--check", "--out", "x.bits"]) == 0
    assert "every pixel is the same" in capsys.readouterr().out
    assert main(["decompress", "x.bits", "--out", "pictures"]) == 0
    found = [np.asarray(Image.open(f"pictures/0000{i}.png")) for i in range(2)]
    np.testing.assert_array_equal(found, few_leaves(4, 10, 2)[:2])
    np.save("images.npy", images[:, :12, :11])
    assert main(["compress", "images.npy", "--out", "x.bits", "--n", "3"]) == 0
    Path("pictures").rename("old")
    Path("pictures").mkdir()                                        # an empty folder may be there
    assert main(["decompress", "x.bits", "--out", "pictures"]) == 0
    assert len([*Path("pictures").iterdir()]) == 3
    capsys.readouterr()


def test_other_formats_have_the_lengths_that_pillow_writes():
    from minibnn.compression.others import lengths_of_others
    images = [*few_leaves(5, 8, 1)]
    lengths = lengths_of_others(images)

    def length(pixels, kind, **options):
        Image.fromarray(pixels).save(file := io.BytesIO(), kind, **options)
        return len(file.getvalue())
    assert lengths["PNG, a file for each image"] == sum(length(image, "PNG", optimize=True) for image in images)
    mosaic = np.zeros((16, 24, 3), np.uint8)
    for i, image in enumerate(images):
        mosaic[i // 3 * 8:i // 3 * 8 + 8, i % 3 * 8:i % 3 * 8 + 8] = image
    assert lengths["PNG, all in one picture"] == length(mosaic, "PNG", optimize=True)
    assert 0 < lengths["xz of the pixels alone"] < 5 * 192 + 200
    assert "PNG, all in one picture" not in lengths_of_others(images[:1])


RGBA = np.concatenate([few_leaves(1, 8, 1)[0], np.full((8, 8, 1), 200, np.uint8)], axis=2)


@pytest.mark.parametrize("image, said", [
    (Image.fromarray(RGBA), "transparency"), (Image.fromarray(RGBA[..., 0].astype(np.uint16) * 257), "16"),
    (Image.fromarray(RGBA).convert("CMYK"), "CMYK")], ids=["transparent", "16 bits", "cmyk"])
def test_what_would_be_lost_is_refused(image, said, capsys):
    _photographs()
    image.save("photos/bad." + ("jpg" if image.mode == "CMYK" else "png"))
    assert main(["compress", "photos", "--out", "x.bits"]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "bad." in message and said in message and not Path("x.bits").exists()


@pytest.mark.parametrize("arguments, said", [
    (["compress", "leaves"], "--out"),
    (["compress", "leaves", "--out", "x.png"], ".bits"),
    (["compress", "leave", "--out", "x.bits"], "did you mean leaves?"),
    (["compress", "leaves", "photos/a.png", "--out", "x.bits"], "one of leaves"),
    (["compress", "photos", "--out", "x.bits", "--model", "flow-1-1"], "got a flow"),
    (["compress", "photos", "--out", "x.bits", "--data-dir", "photos"], "none with paths"),
    (["compress", "leaves", "--out", "x.bits", "--data-dir", "photos"], "made here"),
    (["compress", "photos/a.png", "photos/a.png", "--out", "x.bits"], "twice"),
    (["compress", "photos/notes.txt", "--out", "x.bits"], "notes.txt"),
    (["compress", "cifar10", "--size", "64", "--data-dir", "photos", "--out", "x.bits"], "8, 16 or 32"),
    (["compress", "photos", "--out", "nowhere/x.bits"], "nowhere"),
    (["decompress", "nothing.bits", "--out", "y"], "nothing.bits"),
    (["decompress", "photos/a.png", "--out", "y"], "that compress wrote"),
    (["decompress", "p.bits", "--out", "photos"], "new or empty"),
    (["decompress", "p.bits", "--out", "p.bits"], "got a file"),
    (["decompress", "p.bits", "--out", "nowhere/y"], "nowhere"),
    (["decompress", "p.bits", "--out", "y.npy"], "different sizes"),
    (["decompress", "p.bits", "--out", "y", "--model", "vae-1-32"], "the model that wrote it"),
    (["decompress", "cut.bits", "--out", "y"], "cut off")], ids=lambda value: " ".join(value)[:60])
def test_bad_input_gets_one_sentence(arguments, said, capsys, stored):
    _photographs()
    Path("p.bits").write_bytes(stored)
    Path("cut.bits").write_bytes(stored[:-50])
    before = sorted(Path().rglob("*"))
    assert main(arguments) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("minibnn: ") and said in message
    assert sorted(Path().rglob("*")) == before


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A file of photographs of two sizes."""
    from minibnn import models
    from minibnn.compression import compress
    path = tmp_path_factory.mktemp("stored") / "p.bits"
    compress(path, models.load("vae-1-1"), [few_leaves(1, 8, 1)[0], few_leaves(1, 10, 1)[0]], ["a.png", "b.png"])
    return path.read_bytes()


def test_a_folder_that_cannot_be_completed_is_not_there(stored, monkeypatch, capsys):
    Path("p.bits").write_bytes(stored)

    def fail(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(Image.Image, "save", fail)
    assert main(["decompress", "p.bits", "--out", "y"]) == 2
    assert "No space left" in capsys.readouterr().err and [path.name for path in Path().iterdir()] == ["p.bits"]


@pytest.mark.slow
def test_files_are_the_same_whatever_the_linear_algebra_does(tmp_path):
    """Other kernels of OpenBLAS, several threads, NumPy without its fast loops: the same bytes, and back again.

    Where the library is another one, these settings change nothing.
    """
    np.save("images.npy", few_leaves(12, 16, 2))
    root, settings = Path(data.__file__).parents[2], [
        {}, {"OPENBLAS_CORETYPE": "Nehalem"}, {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"}]
    written = []
    for number, setting in enumerate(settings):
        environment = {"PATH": "", "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore", **setting}
        for command in (["compress", "images.npy", "--out", f"{number}.bits"],
                        ["decompress", "0.bits", "--out", f"{number}.npy"]):
            subprocess.run([sys.executable, "-m", "minibnn", *command], env=environment, check=True,
                           capture_output=True)
        np.testing.assert_array_equal(np.load(f"{number}.npy"), np.load("images.npy"))
        written.append(Path(f"{number}.bits").read_bytes())
    assert len({*written}) == 1
