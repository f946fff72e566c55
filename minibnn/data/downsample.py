"""Smaller images by box averaging, exact to the last bit."""

import numpy as np

from ..files import InputError

PIECE = 512  # images at a time: the sums of one piece stay near the processor


def downsample(images, size):
    """Average boxes of f x f pixels, where f = H / size, rounding to nearest and half to even.

    Shapes:    images (N, H, H, 3) uint8 -> a new contiguous array (N, size, size, 3) uint8; levels 0..255.
    Memory:    beside the result only one piece of 512 images, so 50,000 images (or a transposed view
               of a file) cost no more.
    Raises:    InputError if images are not square uint8 images or size does not divide their side.
    """
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2]:
        raise InputError(f"downsample: images: wanted uint8 (N, H, H, C), got {images.dtype} {shape}")
    side = shape[1]
    if size < 1 or side % size:
        raise InputError(f"downsample: size: wanted a divisor of {side}, got {size}")
    small = np.empty((shape[0], size, size, shape[3]), np.uint8)
    for start in range(0, len(images), PIECE):
        piece = slice(start, start + PIECE)
        small[piece] = images[piece] if size == side else _box_mean(images[piece], side // size)
    return small


def _box_mean(images, factor):
    """The rounded mean of each factor x factor box: (N, H, H, C) -> (N, H / factor, H / factor, C)."""
    total = np.zeros_like(images[:, ::factor, ::factor], dtype=np.uint32, order="C")
    for row in range(factor):
        for column in range(factor):
            total += images[:, row::factor, column::factor]
    # Exact: a mean that ends in one half is a float64 without rounding, and every other mean is at
    # least 1 / factor^2 away from such a tie, far more than the rounding of the division.
    return np.rint(total / factor**2)
