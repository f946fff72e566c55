"""Archives: arrays come back as they were; everything else is one ValueError, before memory is taken."""

import io
import struct
import zipfile

import numpy as np
import pytest

from minibnn.archives import read_array, read_arrays, write_arrays
from minibnn.files import InputError

ARRAYS = {"a/b": np.arange(12, dtype=np.float32).reshape(3, 4), "c": np.array(2.5), "d": np.zeros((0, 3), np.int64),
          "e": np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3))}


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back_as_they_were_and_any_reader_opens_them(compressed):
    file = io.BytesIO()
    write_arrays(file, ARRAYS, compressed)
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as others:
        for found in (read_arrays(file, most=1000), dict(others)):
            assert found.keys() == ARRAYS.keys()
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(found[name], array)
                assert found[name].dtype == array.dtype and found[name].shape == array.shape
    assert read_arrays(file, most=1000, only="c").keys() == {"c"}
    assert all(array.flags.writeable for array in read_arrays(file, most=1000).values())


def test_objects_are_not_pickled():
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(io.BytesIO(), {"a": np.array([{}])})


def _npy(shape="(3,)", descr="'<f4'", data=bytes(12), order="False", version=(1, 0)):
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode("latin1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(header))
    return np.lib.format.magic(*version) + length + header + data


def _zip(*members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def _patched(content, signature, offset, form, value):
    """Every header of a kind in a zip file, with another number at an offset."""
    patched, start = bytearray(content), content.find(signature)
    while start >= 0:
        struct.pack_into(form, patched, start + offset, value)
        start = content.find(signature, start + 1)
    return bytes(patched)


def test_a_header_of_either_version_is_read():
    for version in ((1, 0), (2, 0)):
        found = read_arrays(io.BytesIO(_zip(("a.npy", _npy(version=version)))), most=10_000)
        np.testing.assert_array_equal(found["a"], np.zeros(3, np.float32))


WHOLE = _zip(("a.npy", _npy()))
CRAFTED = {
    "no zip": b"x" * 100, "empty": b"", "cut": WHOLE[:-5], "another member": _zip(("a.txt", b"x")),
    "a nested archive": _zip(("a.npz", WHOLE)), "a folder": _zip(("a/", b"")),
    "raw bytes": _zip(("a.npy", b"x" * 50)), "an empty member": _zip(("a.npy", b"")),
    "negative": _zip(("a.npy", _npy("(-3,)"))), "twice negative": _zip(("a.npy", _npy("(-3, -1)"))),
    "huge": _zip(("a.npy", _npy("(99999999999999999999,)"))), "longer": _zip(("a.npy", _npy("(4,)"))),
    "shorter": _zip(("a.npy", _npy("(2,)"))), "an expression": _zip(("a.npy", _npy("(2 ** 40,)"))),
    "a call": _zip(("a.npy", _npy("tuple(range(3))"))), "no tuple": _zip(("a.npy", _npy("3"))),
    "fractions": _zip(("a.npy", _npy("(3.0,)"))), "nested deeply": _zip(("a.npy", _npy("(" * 3000 + ")" * 3000))),
    "digits": _zip(("a.npy", _npy("(" + "9" * 5000 + ",)"))),
    "objects": _zip(("a.npy", _npy(descr="'|O'"))), "text": _zip(("a.npy", _npy(descr="'<U1'"))),
    "structured": _zip(("a.npy", _npy(descr="[('x', '<f4')]"))), "void": _zip(("a.npy", _npy("(1,)", "'|V12'"))),
    "no dtype": _zip(("a.npy", _npy(descr="'f99'"))), "version": _zip(("a.npy", _npy(version=(3, 0)))),
    "bzip2": _zip(("a.npy", _npy()), compression=zipfile.ZIP_BZIP2),
    "lzma": _zip(("a.npy", _npy()), compression=zipfile.ZIP_LZMA),
    "encrypted": _patched(_patched(WHOLE, b"PK\x01\x02", 8, "<H", 1), b"PK\x03\x04", 6, "<H", 1),
    "a wrong checksum, deflated": _patched(_patched(_zip(("a.npy", _npy()), compression=zipfile.ZIP_DEFLATED),
                                                    b"PK\x01\x02", 16, "<I", 7), b"PK\x03\x04", 14, "<I", 7),
    "a wrong checksum": _patched(_patched(WHOLE, b"PK\x01\x02", 16, "<I", 7), b"PK\x03\x04", 14, "<I", 7),
    "a size that lies": _patched(WHOLE, b"PK\x01\x02", 24, "<I", 3_000_000_000),
    "an offset that lies": _patched(WHOLE, b"PK\x01\x02", 42, "<I", 4_000_000_000),
    "a bomb": _zip(("a.npy", _npy("(5000000,)", data=bytes(20_000_000))), compression=zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_everything_else_is_a_value_error(name):
    with pytest.raises(ValueError):
        read_arrays(io.BytesIO(CRAFTED[name]), most=1_000_000)


def test_two_arrays_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = _zip(("a.npy", _npy()), ("a.npy", _npy()))
    with pytest.raises(ValueError, match="two arrays have the same name"):
        read_arrays(io.BytesIO(content), most=1000)


@pytest.mark.parametrize("name", ["a size that lies", "a bomb"])
def test_what_is_too_large_is_not_read(name, monkeypatch):
    monkeypatch.setattr("minibnn.archives._read_member", None)      # any reading would fail in another way
    with pytest.raises(ValueError, match=r"its arrays have [\d,]+ bytes, more than the 1,000,000 that are possible"):
        read_arrays(io.BytesIO(CRAFTED[name]), most=1_000_000)


def test_only_the_wanted_array_is_looked_at():
    content = _zip(("a.npy", _npy()), ("huge.npy", bytes(2000)), ("b.txt", b"x"))
    assert read_arrays(io.BytesIO(content), most=500, only="a").keys() == {"a"}
    with pytest.raises(ValueError, match=r"wanted the array c, got a, huge, b\.txt"):
        read_arrays(io.BytesIO(content), most=500, only="c")


def test_single_arrays(tmp_path):
    np.save(tmp_path / "a.npy", ARRAYS["a/b"])
    np.testing.assert_array_equal(read_array(tmp_path / "a.npy"), ARRAYS["a/b"])
    for content in (b"", b"x" * 99, _npy("(4,)"), _npy(descr="'|O'"), (tmp_path / "a.npy").read_bytes()[:-1]):
        (tmp_path / "b.npy").write_bytes(content)
        with pytest.raises(InputError, match=r"b\.npy: wanted an array, cannot be read: "):
            read_array(tmp_path / "b.npy")
