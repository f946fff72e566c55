"""Your own images: a folder of photographs, or an array. Only their contents decide which are test images."""

import hashlib
import os
from bisect import bisect_left, bisect_right
from pathlib import Path

import numpy as np

from ..archives import read_array
from ..files import InputError
from .downsample import downsample, middle_square
from .folders import read_npz
from .photographs import find_photographs, read_photographs

ARRAYS = (".npy", ".npz")
MOST_BYTES = 1 << 32                        # of the arrays in an .npz file; the file itself may be much smaller
TENTH = (2**256 // 10).to_bytes(32, "big")  # test images have digests up to this


def locate(name):
    """The absolute path of a folder (with the separator at its end), or of an .npy or .npz file.

    Only the suffix of a file is checked. `~` is expanded; symbolic links are kept, so that the data set keeps its
    name when the target of a link moves.
    Returns:   a string, or None if `name` is neither.
    Raises:    InputError if the path is not printable, because settings could not name it.
    """
    if not isinstance(name, (str, os.PathLike)) or not os.fspath(name):
        return None
    try:
        path = os.path.abspath(os.path.expanduser(os.fsdecode(name)))
    except OSError:                                                 # the working directory has been deleted
        return None
    if os.path.isdir(path):
        path = os.path.join(path, "")                               # so it never ends like the name of held-out images
    elif not path.lower().endswith(ARRAYS):
        return None
    if not path.isprintable():
        raise InputError(f"data: wanted a path of printable characters, because the settings name it, got {path!r}")
    return path


def files_of(path):
    """All files that `load_own` would read: a list of Path.    path: from `locate`.    Raises: as find_photographs"""
    if os.path.isdir(path):
        return find_photographs(path)[0]
    return [Path(path)] if os.path.isfile(path) else []


def load_own(path, size, report=None):
    """Load a folder of PNG and JPEG files, or a file with one array, and divide the images into two parts.

    path:      from `locate`. A folder: its photographs, as `find_photographs` and `decode` say. An .npy file, or an
               .npz file in which one array has this shape: (N, H, W, 3) uint8; middle squares, averaged by areas.
    Division:  by the SHA-256 of each photograph's file, or of each image's bytes in an array: those in the lowest
               tenth of its range are test images. See `divide`.
    Shapes:    (train, test), each (N, size, size, 3) uint8, levels 0..255, in order of their digests.
    Memory:    twice the result, and one photograph or the array.
    Progress:  `report(done, total, text)`, if given, is called after each photograph.
    Raises:    InputError if anything cannot be used as an image, or if no two of them are different.
    """
    if not os.path.isdir(path):
        return load_array(array_in(path), size, path)
    return _divided(path, *read_photographs(path, size, report))


def array_in(path):
    """The array of an .npy file, or the one array of images in an .npz file.    Raises: InputError"""
    return read_array(path) if path.lower().endswith(".npy") else _one_array(path)


def load_array(images, size, place):
    """As `load_own`, from an array, (N, H, W, 3) uint8.    place: where it comes from, for the messages"""
    require_levels(images, place)
    H, W = images.shape[1:3]
    if min(H, W) < size:
        raise InputError(f"{place}: wanted images of at least {size} x {size} pixels, got {W} x {H}")
    digests = [hashlib.sha256(np.ascontiguousarray(image)).digest() for image in images]
    return _divided(place, downsample(middle_square(images), size), digests)


def require_levels(images, place):
    """Raise InputError unless an array holds images, (N, H, W, 3) uint8.    place: where it comes from"""
    if not _are_images(images):
        advice = "; np.rint(255 * images).astype(np.uint8) converts images in 0..1"
        raise InputError(f"{place}: wanted images of levels 0..255, uint8 (N, H, W, 3), got {images.dtype} "
                         f"{images.shape}{advice if images.dtype.kind == 'f' else ''}")


def _divided(place, images, digests):
    if len(set(digests)) < 2:
        raise InputError(f"{place}: wanted at least two different images, got {len(digests)}"
                         + (" that are all the same" if len(digests) > 1 else ""))
    train, test = divide(digests)
    return images[train], images[test]


def divide(digests):
    """Divide images into training and test images by their digests; their names and their order do not matter.

    Test images are those with digests in the lowest tenth. If no digest is, test images are those with the lowest; if
    all digests are, training images are those with the highest. So equal images are in the same part, and a new image
    moves no other image to the other part, unless that one was there only because the part was empty.
    digests:   SHA-256 of each image, 32 bytes; at least two different ones
    Returns:   (train, test): lists of indices, each in order of digest
    """
    order = sorted(range(len(digests)), key=digests.__getitem__)
    ranked = [digests[index] for index in order]
    cut = max(bisect_right(ranked, TENTH), bisect_right(ranked, ranked[0]))
    cut = min(cut, bisect_left(ranked, ranked[-1]))
    return order[cut:], order[:cut]


def _one_array(path):
    """The array of images in an .npz file, or its only array."""
    arrays = read_npz(Path(path), MOST_BYTES)
    fitting = [array for array in arrays.values() if _are_images(array)]
    for found in (fitting, list(arrays.values())):
        if len(found) == 1:
            return found[0]
    listed = ", ".join(f"{name!r} {array.dtype} {array.shape}" for name, array in list(arrays.items())[:5])
    raise InputError(f"{path}: wanted exactly one array of images, uint8 (N, H, W, 3), got {listed or 'none'}")


def _are_images(array):
    return array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] == 3
