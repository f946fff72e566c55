"""Checkpoints: whole, verified, never unpickled."""

import numpy as np
import pytest

from minibnn.files import InputError
from minibnn.training.checkpoint import load_checkpoint, save_checkpoint

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b/c": np.array(-2.5, np.float32)}


@pytest.fixture
def path(tmp_path):
    save_checkpoint(tmp_path / "c.npz", {"step": 3}, ARRAYS)
    return tmp_path / "c.npz"


def test_what_is_saved_is_loaded(path):
    meta, arrays = load_checkpoint(path)
    assert meta == {"step": 3} and arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    with np.load(path, allow_pickle=False) as archive:              # any .npz reader opens it
        np.testing.assert_array_equal(archive["a"], ARRAYS["a"])


def test_any_flipped_byte_is_noticed(path):
    content = path.read_bytes()
    for position in range(0, len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"c\.npz: "):
            load_checkpoint(path)


def test_any_truncation_is_noticed(path):
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError):
            load_checkpoint(path)


def test_other_things_are_refused_in_words(tmp_path, path):
    (tmp_path / "text").write_text("hello " * 100)
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    save_checkpoint(tmp_path / "objects.npz", {}, {})
    for name, message in (("text", "another kind of file"), ("absent", "No such file"), (".", "got a directory"),
                          ("other.npz", "damaged or incomplete")):
        with pytest.raises(InputError, match=message):
            load_checkpoint(tmp_path / name)


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        save_checkpoint(tmp_path / "c.npz", {}, {"a": np.array([{}], object)})
    assert not list(tmp_path.iterdir())
