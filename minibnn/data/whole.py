"""Images at their own sizes, neither cropped nor averaged, to be stored without loss."""

import os
from pathlib import Path
from typing import NamedTuple

from ..files import InputError, did_you_mean
from . import LEAVES_TEST, NAMES, load
from .decode import decode_whole
from .own import array_in, locate, require_levels
from .photographs import SUFFIXES, read_each, require_photographs

WANTED = "PNG and JPEG images with 8 bits of red, green and blue"


class Whole(NamedTuple):
    """Images and where they come from."""

    images: list         # (H, W, 3) uint8 each, of any sizes
    names: list          # of PNG files to write them to, relative paths; none for a data set or an array
    source: str          # what they are, in words
    bytes: int           # of the files that they were read from; 0 for a data set or an array


def load_whole(sources, size, data_dir=None, report=None):
    """Load images as they are.

    sources:   one of data.NAMES: its test images at `size` pixels a side, which for dead leaves may be any number;
               or the path of an .npy or .npz file with an array (N, H, W, 3) uint8; or of a folder of PNG and JPEG
               files; or paths of such files
    report:    report(done, total, text) is called after each photograph
    Raises:    InputError as data.load, and if a photograph holds more than 8 bits of red, green and blue.
    """
    name, *others = map(str, sources)
    if not others and name in NAMES:
        return _test_images(name, size, data_dir, report)
    if data_dir is not None:
        raise InputError(f"data_dir: wanted none with paths, got {data_dir}")
    path = None if others else locate(name)
    if path is None:
        return _photographs([*map(Path, sources)], report)
    if os.path.isdir(path):
        found, left_out = require_photographs(path)
        return _photographs(found, report, Path(path), left_out)
    images = array_in(path)
    require_levels(images, path)
    return Whole([*images], [], f"{len(images):,} images in {path}", 0)


def files_of(sources):
    """The files that `load_whole` would read, except those of a named data set.    Raises: as `load_whole`"""
    if len(sources) > 1 or (path := locate(str(sources[0]))) is None:
        return [Path(source) for source in sources if str(source) not in NAMES]
    return require_photographs(path)[0] if os.path.isdir(path) else [Path(path)]


def _test_images(name, size, data_dir, report):
    if name == "leaves":
        from .leaves import dead_leaves

        if data_dir is not None:
            raise InputError(f"data_dir: wanted none with leaves, which are made here, got {data_dir}")
        number, seed = LEAVES_TEST
        images = dead_leaves(number, size, seed)
    else:
        images = load(name, size, data_dir, report).test
    return Whole([*images], [], f"{len(images):,} test images of {name} at {size} x {size} pixels", 0)


def _photographs(paths, report, folder=None, left_out=0):
    for path in paths:
        if not path.is_file() or path.suffix.lower() not in SUFFIXES:
            raise InputError(f"images: wanted one of {', '.join(NAMES)}, one folder, .npy or .npz file of images, or "
                             f"{', '.join(SUFFIXES)} files, got {path}"
                             + ("" if len(paths) > 1 else did_you_mean(path, NAMES)))
    names = [str(path.relative_to(folder).as_posix() if folder else path.name) for path in paths]
    names = [name if name.lower().endswith(".png") else name + ".png" for name in names]
    images = []
    read_each(paths, folder or ".", lambda content: images.append(decode_whole(content)), WANTED, report, left_out)
    size = sum(path.stat().st_size for path in paths)
    return Whole(images, names, f"{len(images):,} photographs" + (f" in {folder}" if folder else ""), size)
