from fractions import Fraction

import numpy as np
import pytest

from minibnn.data.downsample import PIECE, downsample
from minibnn.files import InputError


def box_mean(images, size):
    """The definition in loops and fractions; Python's round() takes half to even."""
    factor = images.shape[1] // size
    small = np.empty((len(images), size, size, 3), np.uint8)
    for n, row, column, channel in np.ndindex(small.shape):
        box = images[n, row * factor : (row + 1) * factor, column * factor : (column + 1) * factor, channel]
        small[n, row, column, channel] = round(Fraction(int(box.sum()), factor**2))
    return small


@pytest.mark.parametrize("size", [8, 16, 32])
def test_downsample_is_the_exact_box_mean(size):
    images = np.random.default_rng(size).integers(0, 256, (3, 32, 32, 3), np.uint8)
    small = downsample(images, size)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, box_mean(images, size))


def test_downsample_rounds_half_to_even():
    boxes = {(1, 1, 0, 0): 0, (1, 1, 1, 3): 2, (2, 2, 3, 3): 2, (3, 3, 4, 4): 4, (255, 255, 255, 253): 254}
    for box, wanted in boxes.items():
        images = np.tile(np.uint8(box).reshape(1, 2, 2, 1), (1, 16, 16, 3))
        np.testing.assert_array_equal(downsample(images, 16), wanted)


def test_downsample_does_not_overflow_on_white():
    np.testing.assert_array_equal(downsample(np.full((1, 32, 32, 3), 255, np.uint8), 8), 255)


def test_downsample_treats_every_image_in_every_piece():
    count = 2 * PIECE + 3
    levels = (np.arange(count) % 251).astype(np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (count, 32, 32, 3))
    small = downsample(images, 8)
    np.testing.assert_array_equal(small, images[:, :8, :8])


def test_downsample_takes_views_and_gives_contiguous_arrays():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8)
    view = images.transpose(0, 2, 3, 1)
    view.flags.writeable = False
    for size in (16, 32):
        small = downsample(view, size)
        assert small.flags.c_contiguous and small.flags.writeable
        np.testing.assert_array_equal(small, box_mean(view, size))


@pytest.mark.parametrize("size", [0, 5, 12, 64])
def test_downsample_names_a_size_that_does_not_divide(size):
    with pytest.raises(InputError, match=f"size: wanted a divisor of 32, got {size}$"):
        downsample(np.zeros((1, 32, 32, 3), np.uint8), size)


@pytest.mark.parametrize("shape, dtype", [((1, 32, 32, 3), np.float32), ((1, 32, 16, 3), np.uint8),
                                          ((32, 32, 3), np.uint8)])
def test_downsample_refuses_other_arrays(shape, dtype):
    with pytest.raises(InputError, match="images: wanted uint8"):
        downsample(np.zeros(shape, dtype), 8)
