"""A folder of photographs: find the files, and read them one at a time."""

import hashlib
import os
from pathlib import Path

import numpy as np

from ..files import InputError, read_bytes
from .decode import decode

SUFFIXES = (".png", ".jpg", ".jpeg")
MOST_BYTES = 1 << 29                        # of one file
NAMED = 3                                   # how many unusable files an error names


def find_photographs(folder):
    """The PNG and JPEG files in a folder and its subfolders, by their suffixes, and the number of other files.

    Names that begin with a dot are left out; macOS gives such names to copies that it makes for itself. Links are
    followed, but each folder is searched only once, so that links in a circle end.
    Returns:   (list of Path in order of name, number of other files)
    Raises:    InputError if a folder cannot be read.
    """
    found, others, searched = [], 0, set()
    for place, folders, names in os.walk(folder, onerror=_refuse_folder, followlinks=True):
        identity = _identity(place)
        if identity in searched:
            folders.clear()
            continue
        searched.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        fitting = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
        found += [Path(place, name) for name in fitting]
        others += len(names) - len(fitting)
    return sorted(found), others


def require_photographs(folder):
    """As `find_photographs`.    Raises: InputError, also if there are none"""
    paths, others = find_photographs(folder)
    if not paths:
        raise InputError(f"{folder}: wanted a folder with {', '.join(SUFFIXES)} files, got none, other files: {others}")
    return paths, others


def _identity(place):
    try:
        status = os.stat(place)
    except OSError as error:
        _refuse_folder(error)
    return status.st_dev, status.st_ino


def _refuse_folder(error):
    raise InputError(f"{_shown(error.filename)}: cannot be read: {error.strerror}") from None


def read_photographs(folder, size, report=None):
    """Read all photographs of a folder; each is made small by `decode` before the next one is read.

    Returns:   images (N, size, size, 3) uint8, and the SHA-256 of each one's file, a list of N bytes objects.
    Progress:  `report(done, total, text)`, if given, is called after each photograph.
    Raises:    InputError if there are none, or if some cannot be used: it names the first of these, with reasons.
    """
    paths, others = require_photographs(folder)
    images, digests = np.empty((len(paths), size, size, 3), np.uint8), []

    def read(content):
        images[len(digests)] = decode(content, size)
        digests.append(hashlib.sha256(content).digest())
    read_each(paths, folder, read, f"PNG and JPEG images of at least {size} x {size} pixels", report, others)
    return images, digests


def read_each(paths, folder, read, wanted, report=None, others=0):
    """Call read(content of a file) for each path in turn.

    wanted:    what the files should be, for the message;  others: files in the folder that are left out
    Raises:    InputError if `read` raises one for some files: it names the first of these, with reasons.
    """
    unusable = []
    for number, path in enumerate(paths, 1):
        try:
            read(read_bytes(path, MOST_BYTES))
        except InputError as error:
            reason = str(error).removeprefix(f"{path}: ")
            unusable.append(f"{_shown(os.path.relpath(path, folder))} ({reason})")
        if report:
            last = f"{number - len(unusable)} photographs read, other files left out: {others}"
            report(number, len(paths), last if number == len(paths) else "reading photographs")
    if unusable:
        listed = ", ".join(unusable[:NAMED]) + (f" and {len(unusable) - NAMED} more" if len(unusable) > NAMED else "")
        raise InputError(f"{folder}: wanted {wanted}, got {len(unusable)} of {len(paths)} files that cannot be used: "
                         f"{listed}")


def _shown(name):
    """A name as it is, or quoted if it would break the line or the terminal."""
    return name if name.isprintable() else repr(name)
