"""The user's files: one kind of error, reading with checks, writing completely or not at all."""

import difflib
import json
import math
import os
import secrets
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path

MOST_JSON = 1 << 26      # bytes of a JSON file; the longest log of a run here is a hundredth of this
MOST_NUMBER = 10**15     # largest number in a JSON file, so that arithmetic and printing work
PART = ".minibnn-{}.part"


class InputError(ValueError):
    """What the user gave cannot be used; the message is one sentence: what, where, wanted, got."""


def did_you_mean(word, words):
    """The end of a message about a word that is not in `words`: "; did you mean X?", or "" if none is similar."""
    lower = {other.lower(): other for other in words}
    near = difflib.get_close_matches(str(word).lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]}?" if near else ""


def read_bytes(path, most=None):
    """All bytes of a regular file, at most `most`; a device or a pipe may have no end.    Raises: InputError"""
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path}: wanted a file, got a directory")
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: wanted an ordinary file, got a device or a pipe")
        if most is not None and path.stat().st_size > most:
            raise InputError(f"{path}: wanted at most {most:,} bytes, got {path.stat().st_size:,}")
        return path.read_bytes()
    except MemoryError:
        raise InputError(f"{path}: too large for the memory: {path.stat().st_size:,} bytes") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_json(path):
    """The values in a JSON file.    Raises: InputError if it cannot be read or is not JSON"""
    content = read_bytes(path, MOST_JSON)
    try:
        return parse_json(content)
    except ValueError as error:
        raise InputError(f"{path}: wanted JSON, cannot be read: {error}") from None


def parse_json(content):
    """The JSON values in bytes.    Raises: ValueError; also for numbers that are not finite, and for deep nesting"""
    try:
        return json.loads(content.decode("utf-8"), parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _finite(text):
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is not a finite number")
    return number


def require_fields(values, **kinds):
    """Raise ValueError unless `values`, read from JSON, is a dict that has for each name a value of its kind.

    kinds:     float (any number), int (a whole number from 0), str, list or dict; numbers of at most MOST_NUMBER
    """
    wanted = {float: "a number", int: "a whole number from 0", str: "a text", list: "a list", dict: "an object"}
    if not isinstance(values, dict):
        raise ValueError(f"wanted an object with {', '.join(kinds)}, got {type(values).__name__}")
    for name, kind in kinds.items():
        if name not in values:
            raise ValueError(f"{name} is missing")
        value = values[name]
        fits = type(value) in ((int, float) if kind is float else (kind,)) and (kind is not str or value.isprintable())
        if not fits or (kind in (int, float) and not (0 if kind is int else -MOST_NUMBER) <= value <= MOST_NUMBER):
            raise ValueError(f"{name}: wanted {wanted[kind]}, got {str(value)[:50]!r}")


@contextmanager
def writing(path):
    """Turn an error of the system inside (no folder, no permission, a full disk) into a sentence that names `path`.

    Raises:    InputError in place of OSError
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot write: {error.strerror or error}") from error


@contextmanager
def atomic_write(path, mode="wb"):
    """Open a file that appears under its name only when it is complete.    mode: "wb", or "w" for UTF-8

    Yields a file object. On success the file replaces `path`, or the target of a symbolic link, and keeps its
    permissions; on any error (a full disk, Ctrl-C) nothing is left behind, and an earlier `path` is not changed.
    Each writer has its own temporary file. A device or a pipe cannot be replaced, so it is written to directly.
    Raises:    InputError if `path` cannot be written.
    """
    path = _no_directory(path)
    encoding = None if "b" in mode else "utf-8"
    with writing(path):
        if path.exists() and not path.is_file():
            with open(path, mode, encoding=encoding) as file:
                yield file
            return
        target = Path(os.path.realpath(path))
        temporary = target.with_name(PART.format(secrets.token_hex(8)))
        try:
            with open(temporary, mode.replace("w", "x"), encoding=encoding) as file:
                if target.exists():
                    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def atomic_folder(path):
    """Make a folder that appears under its name only when it is complete; an empty one of that name is replaced.

    Yields the Path of a temporary folder beside it. On any error nothing is left behind.
    Raises:    InputError if `path` exists and is not an empty folder, or cannot be made.
    """
    path = Path(path)
    with writing(path):
        require_new_folder(path)
        temporary = path.absolute().with_name(PART.format(secrets.token_hex(8)))
        temporary.mkdir()
        try:
            yield temporary
            if path.exists():
                path.rmdir()                                        # empty; Windows would not replace it
            os.replace(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def require_new_folder(path):
    """Raise InputError if a new folder cannot be made at `path`, for instance because something is there."""
    path = Path(path)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise InputError(f"{path}: wanted a folder that is new or empty, got "
                         + ("one with files in it" if path.is_dir() else "a file"))
    if not (path.absolute().parent.is_dir() and os.access(path.absolute().parent, os.W_OK)):
        raise InputError(f"{path}: wanted a place that can be written to, got {path.parent}")


def remove_parts(folder):
    """Remove temporary files of killed writers from a folder that only this process uses."""
    for left in Path(folder).glob(PART.format("*")):
        left.unlink(missing_ok=True)


def require_writable(path, *read):
    """Check before long work that `path` can be written afterwards, and is not one of the files in `read`.

    Raises:    InputError
    """
    path = _no_directory(path)
    for other in map(Path, read):
        if path.exists() and other.exists() and path.samefile(other):
            raise InputError(f"{path}: wanted another file to write than {other}, which is read")
    replaced = path.is_file() or not path.exists()                  # a device or a pipe is written to directly
    if not (path.parent.is_dir() and os.access(path.parent if replaced else path, os.W_OK)):
        raise InputError(f"{path}: wanted a place that can be written to, got {path.parent}")


@contextmanager
def alone_in(folder):
    """Inside, a folder is locked for this process; where the system has no such locks, nothing happens.

    The folder is locked, not its name: if it is deleted and made again meanwhile, the new folder is not locked.
    The lock also ends if the process is killed.
    Raises:    InputError if another process has locked it, or if there is no such folder.
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
        os.close(descriptor)                                        # which releases the lock


def write_json(path, values):
    """Write JSON values, completely or not at all."""
    with atomic_write(path, "w") as file:
        json.dump(values, file, indent=1, allow_nan=False)
        file.write("\n")


def _no_directory(path):
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: wanted a file to write, got a directory")
    return path
