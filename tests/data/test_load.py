import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minibnn
from minibnn.data import Dataset, describe, files, fingerprint, hold_out, load, load_described
from minibnn.data.leaves import dead_leaves
from minibnn.files import InputError


@pytest.fixture
def folder(tmp_path, rows):
    """A small CIFAR-10 and a small ImageNet 32 in one folder."""
    for name, count in (("data_batch_1.bin", 3), ("test_batch.bin", 2)):
        labelled = np.concatenate([np.zeros((count, 1), np.uint8), rows(count, count)], axis=1)
        (tmp_path / name).write_bytes(labelled.tobytes())
    for name, count in (("train_data_batch_1.npz", 5), ("val_data.npz", 4)):
        np.savez(tmp_path / name, data=rows(count, count))
    return tmp_path


@pytest.mark.slow
def test_leaves_are_embedded_and_split():
    data = load("leaves", 8)
    assert data.name == "leaves"
    assert data.train.shape == (10_000, 8, 8, 3) and data.test.shape == (2_000, 8, 8, 3)
    together = np.concatenate([data.train, data.test]).reshape(12_000, -1)
    assert len(np.unique(together, axis=0)) == 12_000                   # no test image is a training image
    np.testing.assert_array_equal(data.train[:2], dead_leaves(2, 8, seed=1))


@pytest.mark.parametrize("name, counts", [("cifar10", (3, 2)), ("imagenet32", (5, 4))])
@pytest.mark.parametrize("size", [8, 16, 32])
def test_files_are_loaded_at_every_size(folder, name, counts, size):
    data = load(name, size, folder)
    assert data.name == name
    assert (data.train.shape, data.test.shape) == tuple((count, size, size, 3) for count in counts)
    assert data.train.dtype == data.test.dtype == np.uint8


def test_held_out_images_are_the_last_training_images(folder):
    whole = load("cifar10", 8, folder)
    held = hold_out(whole, 2)
    assert held.name == "cifar10 validation" and fingerprint(held) != fingerprint(whole)
    np.testing.assert_array_equal(np.concatenate([held.train, held.test]), whole.train)
    assert len(held.test) == 2
    assert fingerprint(load_described(describe(held), 8, folder)) == fingerprint(held)
    assert fingerprint(load_described(describe(whole), 8, folder)) == fingerprint(whole)
    for number in (0, 3):
        with pytest.raises(InputError, match=f"^validation: wanted 1 to 2 of the 3 training images.*got {number}$"):
            hold_out(whole, number)


def test_leaves_take_no_folder(folder):
    with pytest.raises(InputError, match=r"^data_dir: wanted none with leaves, which are made here, got "):
        load("leaves", 8, folder)


def test_the_files_that_are_read_are_known(folder, monkeypatch):
    assert [path.name for path in files("cifar10", folder)] == ["data_batch_1.bin", "test_batch.bin"]
    assert [path.name for path in files("imagenet32", folder)] == ["train_data_batch_1.npz", "val_data.npz"]
    assert files("leaves") == []
    (folder / "empty").mkdir()
    assert files("cifar10", folder / "empty") == []


def test_without_a_home_a_folder_is_asked_for(monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")
    monkeypatch.setattr(Path, "home", home)
    for name in ("MINIBNN_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match=r"^data_dir: wanted a folder, or MINIBNN_DATA, since the user has no home"):
        load("cifar10", 8)


@pytest.mark.parametrize("size, got", [(12, "12"), (0, "0"), (64, "64"), (4, "4"), ("8", "'8'")])
def test_size_must_be_one_of_three(size, got):
    with pytest.raises(InputError, match=rf"^size: wanted 8, 16 or 32 \(a divisor of 32\), got {got}$"):
        load("leaves", size)


@pytest.mark.parametrize("name, got", [
    ("mnist", "'mnist'"), ("ciffar10", r"'ciffar10'; did you mean cifar10\?"), ("", "''"), (None, "'None'"),
    ("CIFAR-10", r"'CIFAR-10'; did you mean cifar10\?"), (Path("my/cats"), "'my/cats'"), ("a\0b", r"'a\\x00b'")])
def test_what_is_neither_a_name_nor_a_path_is_refused(name, got):
    wanted = "wanted leaves, cifar10, imagenet32, or a folder, .npy or .npz file of images"
    with pytest.raises(InputError, match=f"^data: {wanted}, got {got}$"):
        load(name, 8)
    assert files(name) == []


def test_report_and_folder_reach_the_download(tmp_path, monkeypatch):
    seen = []

    def stub(*args, **kwargs):
        seen.append((args, kwargs))
        return np.zeros((2, 1, 8, 8, 3), np.uint8)

    monkeypatch.setattr("minibnn.data.cifar10.load_cifar10", stub)
    load("cifar10", 8, tmp_path, report=print)
    assert seen == [((tmp_path, print), {"size": 8})]


def test_fingerprint_sees_every_byte_and_every_shape():
    images = np.arange(2 * 2 * 2 * 3, dtype=np.uint8).reshape(2, 2, 2, 3)
    base = Dataset("a", images, images[:1])
    changed = images.copy()
    changed[-1, -1, -1, -1] += 1
    others = [base._replace(train=changed), base._replace(test=changed[1:]), base._replace(test=images),
              base._replace(train=images.reshape(1, 4, 2, 3)), Dataset("a", images[:1], images)]
    prints = [fingerprint(data) for data in (base, *others)]
    assert len(set(prints)) == len(prints) and all(len(p) == 64 for p in prints)
    same = Dataset("b", np.asfortranarray(images), images[:1].copy())   # neither name nor order counts
    assert fingerprint(same) == prints[0]


def test_importing_the_package_loads_no_network_modules():
    program = """import sys
from minibnn.data import leaves, load
leaves.dead_leaves = lambda *_: None
load("leaves", 8)
print("urllib.request" in sys.modules)"""
    root = Path(minibnn.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
