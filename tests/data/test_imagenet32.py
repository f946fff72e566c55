import struct

import numpy as np
import pytest

from minibnn.data.downsample import downsample
from minibnn.data.imagenet32 import load_imagenet32
from minibnn.files import InputError


def fill(folder, rows, numbers=(1,)):
    """Write training files of 1, 2, 3... images and a validation file of 2; the rows by file name."""
    folder.mkdir(exist_ok=True)
    files = {f"train_data_batch_{n}.npz": rows(i + 1, n) for i, n in enumerate(numbers)}
    files["val_data.npz"] = rows(2, 0)
    for name, data in files.items():
        np.savez(folder / name, data=data, labels=np.arange(len(data)), mean=np.zeros(3072))
    return files


@pytest.mark.parametrize("subfolder", ["", "imagenet32"])
def test_files_are_read_in_numerical_order(tmp_path, rows, pixel_by_pixel, subfolder):
    files = fill(tmp_path / subfolder, rows, (10, 1, 2))
    train, test = load_imagenet32(tmp_path)
    wanted = np.concatenate([files[f"train_data_batch_{n}.npz"] for n in (1, 2, 10)])
    np.testing.assert_array_equal(train, pixel_by_pixel(wanted))
    np.testing.assert_array_equal(test, pixel_by_pixel(files["val_data.npz"]))
    assert train.dtype == test.dtype == np.uint8


def test_size_averages_every_file(tmp_path, rows):
    fill(tmp_path, rows, (1, 2))
    for one, other in zip(load_imagenet32(tmp_path), load_imagenet32(tmp_path, size=16)):
        np.testing.assert_array_equal(downsample(one, 16), other)


def test_absent_files_are_named_with_their_place(no_folders):
    wanted = r"wanted train_data_batch_\*.npz and val_data.npz .*registration"
    places = f"in it or in {no_folders / 'imagenet32'}"
    with pytest.raises(InputError, match=rf"^{no_folders}: {wanted}\) {places}, got neither$"):
        load_imagenet32()
    assert not no_folders.exists()


@pytest.mark.parametrize("name", ["train_data_batch_1.npz", "val_data.npz"])
def test_partial_sets_are_named(tmp_path, rows, name):
    fill(tmp_path, rows)
    (tmp_path / name).unlink()
    missing = name.replace("1", r"\*")
    with pytest.raises(InputError, match=f"^{tmp_path}: wanted .*, but {missing} is missing$"):
        load_imagenet32(tmp_path)


@pytest.mark.parametrize("arrays, got", [
    ({"images": np.zeros((2, 3072), np.uint8)}, "wanted the array data, got images"),
    ({}, "wanted the array data, got none"),
    ({"data": np.zeros((2, 3072))}, r"wanted uint8 \(N, 3072\) with N > 0, got float64 \(2, 3072\)"),
    ({"data": np.zeros((2, 32, 32, 3), np.uint8)}, r"got uint8 \(2, 32, 32, 3\)"),
    ({"data": np.zeros((2, 3073), np.uint8)}, r"got uint8 \(2, 3073\)"),
    ({"data": np.zeros((0, 3072), np.uint8)}, r"got uint8 \(0, 3072\)"),
    ({"data": np.array([{"pickled": 1}], object)}, "wanted an npz file of plain arrays, cannot be read"),
])
def test_wrong_contents_are_named(tmp_path, rows, arrays, got):
    fill(tmp_path, rows)
    path = tmp_path / "train_data_batch_1.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=f"^{path}: .*{got}"):
        load_imagenet32(tmp_path)


class Bomb:
    """Unpickling an instance writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled(tmp_path, rows):
    fill(tmp_path, rows)
    np.savez(tmp_path / "val_data.npz", data=np.array([Bomb(tmp_path / "exploded")], object))
    with pytest.raises(InputError, match=r"val_data.npz: wanted an npz file of plain arrays"):
        load_imagenet32(tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_damaged_files_are_named(tmp_path, rows):
    fill(tmp_path, rows)
    path = tmp_path / "train_data_batch_1.npz"
    np.savez_compressed(path, data=rows(1, 1))
    good = path.read_bytes()
    flipped = good[:1000] + bytes([good[1000] ^ 0xFF]) + good[1001:]
    middle = len(good) // 2
    stream = 30 + good[26] + good[28]       # behind the zip header, the file name and the extra field
    garbled = good[:stream] + b"\xff" + good[stream + 1 :]
    for bad in (b"", b"text", good[:middle], flipped, garbled):
        path.write_bytes(bad)
        with pytest.raises(InputError, match=f"^{path}: wanted an npz file"):
            load_imagenet32(tmp_path)


def test_single_array_is_no_npz_file(tmp_path, rows):
    fill(tmp_path, rows)
    path = tmp_path / "train_data_batch_1.npz"
    with open(path, "wb") as file:
        np.save(file, rows(1, 1))
    with pytest.raises(InputError, match=f"^{path}: wanted an npz file .*: File is not a zip file$"):
        load_imagenet32(tmp_path)


def test_members_that_are_too_large_or_nested_are_refused_before_they_are_read(tmp_path, rows):
    fill(tmp_path, rows)
    path = tmp_path / "train_data_batch_1.npz"
    np.savez(path, data=rows(1, 1))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 3_000_000_000)         # the size in the list
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path}: .* bytes, more than the 1,073,741,824 that are possible here$"):
        load_imagenet32(tmp_path)
    np.savez(path, **{"data/data": rows(1, 1)})
    with pytest.raises(InputError, match=rf"^{path}: .*wanted the array data, got data/data$"):
        load_imagenet32(tmp_path)
