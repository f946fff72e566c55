"""Shared by data sets in files: where the files are, how they are read, and how their rows become images."""

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..archives import read_arrays
from ..files import InputError
from .downsample import downsample

ROW = 3 * 32 * 32                           # bytes of one image, in order of channel, row, column


class Layout(NamedTuple):
    """The file names of one data set; training files have a number in place of the star."""

    subfolder: str
    train: str
    test: str


def data_folder(data_dir=None):
    """The folder to look in: `data_dir`, else $MINIBNN_DATA, else the cache folder (which may not exist).

    Raises:    InputError if a folder that the user named does not exist, or if none is named and there is no home.
    """
    for named, text in ((data_dir, "data_dir"), (os.environ.get("MINIBNN_DATA"), "MINIBNN_DATA")):
        if named:
            if not Path(named).is_dir():
                raise InputError(f"{text}: wanted an existing folder, got {named}")
            return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(cache) if os.path.isabs(cache) else Path.home() / ".cache") / "minibnn"
    except RuntimeError:
        raise InputError("data_dir: wanted a folder, or MINIBNN_DATA, since the user has no home folder, got none"
                         ) from None


def find_files(folder, layout):
    """The training files in order of number, and the test file, in `folder` or else in its subfolder.

    Returns (list of Path, Path), or None if both places hold none of the files.
    Raises:    InputError if a place holds some of the files, but no training file or no test file.
    """
    pattern = re.compile(re.escape(layout.train).replace(r"\*", "([0-9]+)"))
    for place in (folder, folder / layout.subfolder):
        matches = filter(None, map(pattern.fullmatch, _names(place)))
        train = [place / match[0] for match in sorted(matches, key=lambda match: int(match[1]))]
        test = place / layout.test
        if train and test.is_file():
            return train, test
        if train or test.is_file():
            missing = layout.test if train else layout.train
            raise InputError(f"{place}: wanted {layout.train} and {layout.test}, but {missing} is missing")
    return None


def _names(place):
    """The names in a folder; none if there is no such folder."""
    try:
        return os.listdir(place)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise InputError(f"{place}: cannot be read: {error.strerror}") from error


def load_images(paths, read_rows, size):
    """Read files one by one, each averaged down to `size` before the next: (N, size, size, 3) uint8.

    read_rows: function of a path that returns (N, 3072) uint8, channel by channel.
    """
    parts = [downsample(planes_to_pixels(read_rows(path)), size) for path in paths]
    images = np.empty((sum(map(len, parts)), size, size, 3), np.uint8)
    start = 0
    while parts:                            # a part is freed once it is copied: never two full copies
        part = parts.pop(0)
        images[start : start + len(part)] = part
        start += len(part)
    return images


def read_npz(path, most, only=None):
    """The arrays in an .npz file, dict name -> array.    most, only: as read_arrays.    Raises: InputError"""
    try:
        if not path.is_file():
            raise InputError(f"{path}: wanted an ordinary file, got {'another kind' if path.exists() else 'none'}")
        with open(path, "rb") as file:
            return read_arrays(file, most, only)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: wanted an npz file of plain arrays, cannot be read: {error}") from error


def planes_to_pixels(rows):
    """Turn rows in order of channel, row, column into images: (N, 3072) -> (N, 32, 32, 3), a view."""
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
