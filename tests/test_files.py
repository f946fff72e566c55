"""Writes are whole or absent; what is read is an ordinary file, and JSON of finite numbers."""

import errno
import os
import stat
import sys

import pytest

from minibnn.files import (
    InputError,
    alone_in,
    atomic_folder,
    atomic_write,
    did_you_mean,
    read_bytes,
    read_json,
    require_fields,
    require_writable,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no such files")


def test_a_file_appears_only_when_complete(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path, "w") as file:
        file.write("half")
        raise RuntimeError
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["f"]
    with atomic_write(path, "w") as file:
        file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and [p.name for p in tmp_path.iterdir()] == ["f"]


def test_the_systems_refusal_names_the_file(tmp_path):
    for path, message in ((tmp_path / "no" / "f", "No such file"), (tmp_path, "got a directory")):
        with pytest.raises(InputError, match=message), atomic_write(path):
            pass
    with pytest.raises(InputError, match="f: cannot write: No space left"), atomic_write(tmp_path / "f"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said_before(tmp_path):
    require_writable(tmp_path / "f")
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path, tmp_path / "no" / "f", tmp_path / "file" / "f"):
        with pytest.raises(InputError):
            require_writable(path)


@POSIX
def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    with alone_in(tmp_path):
        with pytest.raises(InputError, match="in which no other run is at work, got one in use"), alone_in(tmp_path):
            pass
    with alone_in(tmp_path):                                        # it was given free
        pass
    with pytest.raises(InputError, match="absent: cannot write"), alone_in(tmp_path / "absent"):
        pass


def test_each_writer_of_a_file_has_a_temporary_file_of_its_own(tmp_path):
    path = tmp_path / "f"
    with atomic_write(path, "w") as first:
        with atomic_write(path, "w") as second:
            second.write("second")
        assert path.read_text() == "second"
        first.write("first")
    assert path.read_text() == "first" and [p.name for p in tmp_path.iterdir()] == ["f"]


@POSIX
def test_a_link_stays_one_and_permissions_stay(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("later")
    for name in ("link", "dangling"):
        with atomic_write(tmp_path / name, "w") as file:
            file.write("new")
        assert (tmp_path / name).is_symlink() and (tmp_path / name).read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "later", "link", "real"]


def test_text_is_utf_8_whatever_the_locale_says(tmp_path):
    with atomic_write(tmp_path / "f", "w") as file:
        file.write("σ(−x)")
    assert (tmp_path / "f").read_bytes() == "σ(−x)".encode()


@POSIX
def test_a_file_that_is_read_is_not_written_whatever_its_name(tmp_path):
    (tmp_path / "f").write_text("x")
    (tmp_path / "link").symlink_to("f")
    os.link(tmp_path / "f", tmp_path / "hard")
    for path in ("f", "link", "hard"):
        with pytest.raises(InputError, match=r"wanted another file to write than .*f, which is read"):
            require_writable(tmp_path / path, tmp_path / "g", tmp_path / "f")
    require_writable(tmp_path / "g", tmp_path / "f")


@POSIX
@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_what_may_have_no_end_is_not_read(tmp_path, path):
    if path == "pipe":
        path = tmp_path / path
        os.mkfifo(path)
    with pytest.raises(InputError, match=f"{path}: wanted an ordinary file, got a device or a pipe"):
        read_bytes(path)


@pytest.mark.parametrize("text, message", [
    (b"{", ""), (b"", ""), (b"\xff", "utf-8"), (b"1" * 5000, "digits"), (b"[" * 100_000, "it is nested too deeply"),
    (b"NaN", "NaN is not a finite number"), (b"[-Infinity]", "-Infinity is not a"), (b"1e999", "1e999 is not a")])
def test_json_that_cannot_be_used_is_refused(tmp_path, text, message):
    (tmp_path / "f.json").write_bytes(text)
    with pytest.raises(InputError, match=rf"f\.json: wanted JSON, cannot be read: .*{message}"):
        read_json(tmp_path / "f.json")


@pytest.mark.parametrize("value, kind, message", [
    ("1", float, "wanted a number, got '1'"), (True, float, "wanted a number"), (10**16, float, "wanted a number"),
    (1.0, int, "wanted a whole number from 0"), (-1, int, "wanted a whole number"), (True, int, "wanted a whole"),
    (10**16, int, "wanted a whole number"), (None, str, "wanted a text, got 'None'"), ({}, list, "wanted a list"),
    ([], dict, "wanted an object")])
def test_fields_of_another_kind_are_named(value, kind, message):
    with pytest.raises(ValueError, match=f"^a: {message}"):
        require_fields({"a": value}, a=kind)


def test_fields_of_their_kind_are_not():
    require_fields({"a": 1, "b": -1.5, "c": 0, "d": "x", "e": [1], "f": {}},
                   a=float, b=float, c=int, d=str, e=list, f=dict)
    with pytest.raises(ValueError, match="g is missing"):
        require_fields({}, g=int)
    with pytest.raises(ValueError, match="wanted an object with g, got list"):
        require_fields([], g=int)


@pytest.mark.parametrize("word, end", [("ciffar10", "; did you mean cifar10?"), ("LEAFS", "; did you mean Leaves?"),
                                       ("mnist", ""), ("", ""), (None, "")])
def test_a_word_that_is_much_like_another_is_helped_with(word, end):
    assert did_you_mean(word, ["cifar10", "Leaves", "cifar100"]) == end
    assert did_you_mean(word, []) == ""


def test_a_folder_appears_only_when_complete(tmp_path):
    place = tmp_path / "new"
    with pytest.raises(RuntimeError), atomic_folder(place) as folder:
        (folder / "a").write_text("half")
        assert not place.exists()
        raise RuntimeError
    assert not [*tmp_path.iterdir()]
    for _ in range(2):                                              # the second time an empty one is there
        with atomic_folder(place) as folder:
            (folder / "a").write_text("whole")
        assert [path.name for path in tmp_path.iterdir()] == ["new"] and (place / "a").read_text() == "whole"
        (place / "a").unlink()
    for taken in (tmp_path, tmp_path / "file"):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(InputError, match="new or empty"), atomic_folder(taken):
            pass
    with pytest.raises(InputError, match="can be written"), atomic_folder(tmp_path / "none" / "new"):
        pass
