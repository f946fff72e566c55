"""CIFAR-10, from the files of its binary version, downloaded when they are absent."""

from typing import NamedTuple

import numpy as np

from ..files import InputError, alone_in, read_bytes
from .download import download, extract, is_whole
from .folders import ROW, Layout, data_folder, find_files, load_images

FILES = Layout("cifar-10-batches-bin", "data_batch_*.bin", "test_batch.bin")
ARCHIVE = "cifar-10-binary.tar.gz"
RECORD = 1 + ROW                            # a label byte, then the image


class Source(NamedTuple):
    """An archive to download: its address, its length in bytes and its MD5 in hexadecimal."""

    url: str
    size: int
    md5: str


OFFICIAL = Source("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                  170_052_171, "c32a1d4ab5d03f1284b67883e8d87530")


def load_cifar10(data_dir=None, report=None, source=OFFICIAL, size=32):
    """Load the training and the test images of CIFAR-10, or of any part of it.

    Folder:    `data_dir`, else $MINIBNN_DATA, else the cache folder; the files are directly in it or in
               its subfolder cifar-10-batches-bin. If neither has any, the subfolder is unpacked from the archive
               cifar-10-binary.tar.gz in the folder, which is kept, or else from a downloaded archive.
    Files:     every data_batch_<number>.bin, in order of number, and test_batch.bin.
    Shapes:    (train, test), each (N, size, size, 3) uint8, levels 0..255; `size` divides 32.
    Progress:  `report(done, total, text)`, if given, is called during the download; bytes.
    Raises:    InputError if a file is missing or damaged, or the download fails.
    """
    folder = data_folder(data_dir)
    files = find_files(folder, FILES)
    if files is None:
        _fetch(folder, report, source)
        files = find_files(folder, FILES)
        if files is None:
            raise InputError(f"{source.url}: wanted {FILES.train} and {FILES.test} in it, got neither")
    train, test = files
    return load_images(train, _read_records, size), load_images([test], _read_records, size)


def _fetch(folder, report, source):
    """Unpack the archive that the user put into `folder`; or download it, unpack it and delete what was downloaded."""
    target = folder / FILES.subfolder
    own, downloaded = folder / ARCHIVE, folder / f".minibnn-{ARCHIVE}"
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise InputError(f"{target}: wanted {FILES.train} and {FILES.test}, got other files")
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):                                      # two downloads would write the same file
            if is_whole(own, source.size, source.md5):
                return extract(own, target)
            download(source.url, downloaded, source.size, source.md5, report)
            extract(downloaded, target)
            downloaded.unlink()
    except (InputError, OSError) as error:
        raise InputError(f"{error}; or use --data leaves, or put the *.bin files of the binary version of "
                         f"CIFAR-10 in {target}") from error


def _read_records(path):
    """The images of one file, (N, 3072) uint8, without the labels."""
    data = np.frombuffer(read_bytes(path), np.uint8)
    if len(data) == 0 or len(data) % RECORD:
        raise InputError(f"{path}: wanted a positive number of whole records of {RECORD} bytes, "
                         f"got {len(data)} bytes, a remainder of {len(data) % RECORD}")
    return data.reshape(-1, RECORD)[:, 1:]
