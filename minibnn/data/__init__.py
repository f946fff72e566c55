"""Data sets: dead leaves (made here), CIFAR-10, ImageNet 32, your own images; at 8, 16 or 32 pixels a side."""

import hashlib
from typing import NamedTuple

import numpy as np

from ..files import InputError, did_you_mean

NAMES = ("leaves", "cifar10", "imagenet32")
SIZES = (8, 16, 32)
LEAVES_TRAIN = 10_000, 1                    # number of images, seed
LEAVES_TEST = 2_000, 2
FROM_PYTHON = "images given in Python"      # the name of a data set that is an array
HELD_OUT = " validation"                    # end of a data set's name, if its test images were held out of training


class Dataset(NamedTuple):
    """Training and test images, (N, size, size, 3) uint8 each, levels 0..255, channels red, green, blue."""

    name: str
    train: np.ndarray
    test: np.ndarray


def load(name, size, data_dir=None, report=None):
    """Load a data set by its name or its path, its images averaged down to `size` pixels a side.

    "leaves":      10,000 training and 2,000 test images, made here.
    "cifar10":     from `data_dir`, else $MINIBNN_DATA, else the cache folder; downloaded if absent.
    "imagenet32":  from the same folders; never downloaded, because it needs a registration.
    a path:        your own images, str or Path ("./leaves" for a folder of this name): a folder of PNG and JPEG
                   files, searched with its subfolders; or an .npy or .npz file with an array (N, H, W, 3) uint8. Each
                   image is cropped to its middle square. The name of the data set is the absolute path.
    an array:      (N, H, W, 3) uint8: as an array in a file, but the name is FROM_PYTHON.
    Division:      your own images are test images if their SHA-256 (of the file, or of the image's bytes in the array)
                   is in the lowest tenth of its range, at least one image; both parts are in order of SHA-256. So names
                   and order and `size` do not matter, equal images are in the same part, and a new image moves no
                   other image to the other part, unless that one was there only because the part was empty.
    Shapes:        Dataset of (N, size, size, 3) uint8, with `size` one of 8, 16, 32.
    Progress:      `report(done, total, text)`, if given, is called during a download, in bytes, and after each
                   photograph that is read.
    Raises:        InputError if an argument or a file cannot be used (such as a folder for leaves) or a download fails.
    """
    # The modules are imported where they are needed: most runs need no network and no archives.
    if size not in SIZES:
        raise InputError(f"size: wanted 8, 16 or 32 (a divisor of 32), got {size!r}")
    if isinstance(name, np.ndarray) or name not in NAMES:
        name, (train, test) = _load_own(name, size, data_dir, report)
    elif name == "leaves":
        from .leaves import dead_leaves

        if data_dir is not None:
            raise InputError(f"data_dir: wanted none with leaves, which are made here, got {data_dir}")
        train, test = (dead_leaves(count, size, seed) for count, seed in (LEAVES_TRAIN, LEAVES_TEST))
    elif name == "cifar10":
        from .cifar10 import load_cifar10

        train, test = load_cifar10(data_dir, report, size=size)
    else:
        from .imagenet32 import load_imagenet32

        train, test = load_imagenet32(data_dir, size=size)
    return Dataset(name, train, test)


def _load_own(name, size, data_dir, report):
    """Load your own images from an array or a path: the name of the data set, its training and test images."""
    from .own import load_array, load_own, locate

    path = FROM_PYTHON if isinstance(name, np.ndarray) else locate(name)
    if path is None:
        raise InputError(f"data: wanted {', '.join(NAMES)}, or a folder, .npy or .npz file of images, "
                         f"got {str(name)!r}{did_you_mean(name, NAMES)}")
    if data_dir is not None:
        raise InputError(f"data_dir: wanted none with {path}, which is a path itself, got {data_dir}")
    return path, load_array(name, size, "images") if path == FROM_PYTHON else load_own(path, size, report)


def files(name, data_dir=None):
    """The files that `load` would read now; none if the data set is made here or is not there yet."""
    if name == "leaves":
        return []
    if name not in NAMES:
        from .own import files_of, locate

        path = locate(name)
        return files_of(path) if path else []
    from . import cifar10, imagenet32
    from .folders import data_folder, find_files

    layout = {"cifar10": cifar10.FILES, "imagenet32": imagenet32.FILES}[name]
    train, test = find_files(data_folder(data_dir), layout) or ([], None)
    return [*train, *filter(None, [test])]


def hold_out(dataset, number):
    """Replace the test images by the last `number` training images, to choose settings.

    Raises:    InputError unless at least one image is left to train on.
    """
    if not 0 < number < len(dataset.train):
        raise InputError(f"validation: wanted 1 to {len(dataset.train) - 1} of the {len(dataset.train)} training "
                         f"images of {dataset.name}, got {number}")
    return Dataset(dataset.name + HELD_OUT, dataset.train[:-number], dataset.train[-number:])


def load_described(description, size, data_dir=None, report=None):
    """Load the data set that `describe` described, with the same images held out.    Raises: as `load`"""
    name = description["name"]
    dataset = load(name.removesuffix(HELD_OUT), size, data_dir, report)
    return hold_out(dataset, description["test_images"]) if name.endswith(HELD_OUT) else dataset


def fingerprint(dataset):
    """SHA-256, in hexadecimal, over the shapes and bytes of the training and test images."""
    digest = hashlib.sha256()
    for images in (dataset.train, dataset.test):
        digest.update(repr(images.shape).encode())
        digest.update(np.ascontiguousarray(images))
    return digest.hexdigest()


def describe(dataset):
    """What a run's settings say about its data: name, image counts, fingerprint."""
    return {"name": dataset.name, "train_images": len(dataset.train), "test_images": len(dataset.test),
            "fingerprint": fingerprint(dataset)}
