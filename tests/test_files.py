"""Writes are whole or absent."""

import errno
import sys

import pytest

from minibnn.files import InputError, alone_in, atomic_write, require_writable


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


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    with alone_in(tmp_path):
        with pytest.raises(InputError, match="in which no other run is at work, got one in use"), alone_in(tmp_path):
            pass
    with alone_in(tmp_path):                                        # it was given free
        pass
    with pytest.raises(InputError, match="absent: cannot write"), alone_in(tmp_path / "absent"):
        pass
