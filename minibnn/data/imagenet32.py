"""Downsampled ImageNet at 32 x 32 pixels, from the npz files that its authors publish."""

import numpy as np

from ..files import InputError
from .folders import ROW, Layout, data_folder, find_files, load_images, read_npz

MOST_BYTES = 1 << 30     # of one file's images; the largest published file has 393 MB
FILES = Layout("imagenet32", "train_data_batch_*.npz", "val_data.npz")


def load_imagenet32(data_dir=None, size=32):
    """Load the training and the validation images of ImageNet 32, or of any part of it.

    Folder:    `data_dir`, else $MINIBNN_DATA, else the cache folder; the files are directly in it or in
               its subfolder imagenet32. They need a registration and are never downloaded.
    Files:     every train_data_batch_<number>.npz, in order of number, and val_data.npz, with the images
               under the key "data", (N, 3072) uint8 in order of channel, row, column.
    Shapes:    (train, test), each (N, size, size, 3) uint8, levels 0..255; `size` divides 32.
    Memory:    the result and one file: each file is averaged down as it is read.
    Raises:    InputError if a file is missing or damaged.
    """
    folder = data_folder(data_dir)
    files = find_files(folder, FILES)
    if files is None:
        raise InputError(f"{folder}: wanted {FILES.train} and {FILES.test} (Imagenet32, npz format, from "
                         f"https://image-net.org after registration) in it or in {folder / FILES.subfolder}, "
                         "got neither")
    train, test = files
    return load_images(train, _read_rows, size), load_images([test], _read_rows, size)


def _read_rows(path):
    """The images of one file, (N, 3072) uint8."""
    rows = read_npz(path, MOST_BYTES, only="data")["data"]
    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != ROW or len(rows) == 0:
        raise InputError(f"{path}: data: wanted uint8 (N, {ROW}) with N > 0, got {rows.dtype} {rows.shape}")
    return rows
