"""The edge to the user's files: one kind of error, and writes that are whole or absent."""

import json
import os
from contextlib import contextmanager
from pathlib import Path


class InputError(ValueError):
    """What the user gave cannot be used; the message is one sentence: what, where, wanted, got."""


@contextmanager
def writing(path):
    """Whatever the system refuses inside (no folder, no permission, a full disk) names `path` in one sentence.

    Raises:    InputError in place of OSError
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot write: {error.strerror or error}") from error


@contextmanager
def atomic_write(path, mode="wb"):
    """Open a file that appears under its name only when it is complete.

    Yields a file object. On success the file replaces `path`; on any error (a full disk, Ctrl-C)
    nothing is left behind and an earlier `path` is untouched. A device or a pipe, which cannot be
    replaced, is written to directly.
    Raises:    InputError if `path` cannot be written.
    """
    path = _no_directory(path)
    with writing(path):
        if path.exists() and not path.is_file():
            with open(path, mode) as file:
                yield file
            return
        temporary = path.with_name(f".{path.name}.part")            # a killed writer's rest is overwritten
        try:
            with open(temporary, mode) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def require_writable(path):
    """Say before long work that `path` could not be written after it.    Raises: InputError"""
    path = _no_directory(path)
    replaced = path.is_file() or not path.exists()                  # a device or a pipe is written to directly
    if not (path.parent.is_dir() and os.access(path.parent if replaced else path, os.W_OK)):
        raise InputError(f"{path}: wanted a place that can be written to, got {path.parent}")


@contextmanager
def alone_in(folder):
    """Hold a folder for this process, as long as it lives; where the system has no such locks, hold nothing.

    Raises:    InputError if another process holds it, or if there is no such folder.
    """
    try:
        import fcntl
    except ImportError:                                             # Windows
        yield
        return
    with writing(folder):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InputError(f"{folder}: wanted a folder in which no other run is at work, got one in use") from None
    except OSError:                                                 # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(descriptor)                                        # which gives the folder free


def write_json(path, values):
    """Write JSON values, whole or not at all."""
    with atomic_write(path, "w") as file:
        json.dump(values, file, indent=1)
        file.write("\n")


def _no_directory(path):
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: wanted a file to write, got a directory")
    return path
