"""Smaller images by averaging areas, exact to the last bit."""

from math import gcd

import numpy as np

from ..files import InputError

PIECE = 512  # images of 32 x 32 pixels at a time, or fewer larger ones: the sums of one piece fit the cache


def middle_square(images):
    """The largest square in the middle, a view (N, side, side, C); of an odd number cut, the end loses one more."""
    H, W = images.shape[1:3]
    side = min(H, W)
    top, left = (H - side) // 2, (W - side) // 2
    return images[:, top : top + side, left : left + side]


def downsample(images, size):
    """Average a square image over size x size equal boxes, rounded to nearest, ties to even.

    Boxes:     f x f pixels each if f = H / size is a whole number. Otherwise a pixel on the border of two boxes counts
               in each of them, by the area that is inside.
    Shapes:    images (N, H, H, C) uint8 -> a new contiguous array (N, size, size, C) uint8; levels 0..255.
    Memory:    besides the result only the sums of one piece of images, however many images there are, and also for
               a transposed view of a file.
    Raises:    InputError if images are not square uint8 images or size is larger than their side.
    """
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2]:
        raise InputError(f"downsample: images: wanted uint8 (N, H, H, C), got {images.dtype} {shape}")
    side = shape[1]
    if not 1 <= size <= side:
        raise InputError(f"downsample: size: wanted 1 to {side}, the side of the images, got {size}")
    small = np.empty((shape[0], size, size, shape[3]), np.uint8)
    step = max(1, PIECE * 32**2 // side**2)
    for start in range(0, len(images), step):
        piece = slice(start, start + step)
        small[piece] = images[piece] if size == side else _box_mean(images[piece], size)
    return small


def _box_mean(images, size):
    """The rounded mean of each box: (N, H, H, C) -> (N, size, size, C)."""
    if abs(images.strides[1]) < abs(images.strides[2]):             # faster along the axis of larger strides first
        return _box_mean(images.swapaxes(1, 2), size).swapaxes(1, 2)
    pixels = images.shape[1] // gcd(images.shape[1], size)          # the sum of the weights along one side of a box
    rows = _box_sums(images, size, 255 * pixels)
    total = _box_sums(rows.swapaxes(1, 2), size, 255 * pixels**2).swapaxes(1, 2)
    # Exact: a mean that ends in one half is a float64 without rounding, and every other mean is at least
    # 1 / (2 pixels^2) away from such a tie, far more than the rounding of the division (for any side below 2^22).
    return np.rint(total / pixels**2)


def _box_sums(x, size, most):
    """The sums over `size` boxes along axis 1, in whole numbers of at most `most`: (N, H, ...) -> (N, size, ...).

    Scaled to whole numbers, box i covers [i H, (i + 1) H) and pixel j [j size, (j + 1) size), and its weight is the
    length of their overlap. This repeats gcd(H, size) times, so H and size are divided by gcd(H, size).
    """
    N, H, *rest = x.shape
    repeats = gcd(H, size)
    pixels, boxes = H // repeats, size // repeats
    x = x.reshape(N, repeats, pixels, *rest)
    sums = np.zeros_like(x[:, :, :boxes], np.min_scalar_type(most))                # faster with the memory layout of x
    for i in range(boxes):
        for j in range(i * pixels // boxes, -(-(i + 1) * pixels // boxes)):
            weight = min((i + 1) * pixels, (j + 1) * boxes) - max(i * pixels, j * boxes)
            sums[:, :, i] += x[:, :, j] if weight == 1 else np.multiply(x[:, :, j], weight, dtype=sums.dtype)
    return sums.reshape(N, size, *rest)
