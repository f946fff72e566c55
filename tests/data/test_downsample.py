import numpy as np
import pytest
from reference import area_mean_loops

from minibnn.data.downsample import PIECE, downsample, middle_square
from minibnn.files import InputError


@pytest.mark.parametrize("size", [8, 16, 32])
def test_downsample_is_the_exact_box_mean(size):
    images = np.random.default_rng(size).integers(0, 256, (3, 32, 32, 3), np.uint8)
    small = downsample(images, size)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, area_mean_loops(images, size))


@pytest.mark.parametrize("side, size", [(9, 8), (15, 8), (20, 8), (24, 16), (33, 32), (3, 1), (5, 5), (4, 3), (8, 3)])
def test_boxes_share_the_pixels_on_their_border_by_area(side, size):
    images = np.random.default_rng(side).integers(0, 256, (2, side, side, 3), np.uint8)
    images[1] %= 2                                                  # many means on one half for 4 to 3 and 8 to 3
    np.testing.assert_array_equal(downsample(images, size), area_mean_loops(images, size))


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
        np.testing.assert_array_equal(small, area_mean_loops(view, size))


def test_sums_of_large_images_do_not_overflow():
    white = np.full((1, 5003, 5003, 1), 255, np.uint8)              # 255 * 5003^2 is more than 2^32
    np.testing.assert_array_equal(downsample(white, 8), 255)


def test_images_that_lie_otherwise_in_memory_are_averaged_the_same():
    images = np.random.default_rng(0).integers(0, 256, (2, 13, 13, 3), np.uint8)
    small = downsample(images, 8)
    np.testing.assert_array_equal(downsample(images.swapaxes(1, 2), 8), small.swapaxes(1, 2))
    np.testing.assert_array_equal(downsample(images.swapaxes(1, 2)[:, ::-1], 8), small.swapaxes(1, 2)[:, ::-1])
    np.testing.assert_array_equal(downsample(np.asfortranarray(images), 8), small)


@pytest.mark.parametrize("size", [-1, 0, 33])
def test_downsample_names_a_size_that_is_none(size):
    with pytest.raises(InputError, match=f"size: wanted 1 to 32, the side of the images, got {size}$"):
        downsample(np.zeros((1, 32, 32, 3), np.uint8), size)


@pytest.mark.parametrize("H, W, rows, columns", [(7, 4, (1, 5), (0, 4)), (4, 7, (0, 4), (1, 5)), (4, 8, (0, 4), (2, 6)),
                                                 (5, 5, (0, 5), (0, 5))])
def test_the_middle_square_is_cut_out(H, W, rows, columns):
    images = np.arange(2 * H * W * 3).reshape(2, H, W, 3)
    np.testing.assert_array_equal(middle_square(images), images[:, slice(*rows), slice(*columns)])


@pytest.mark.parametrize("shape, dtype", [((1, 32, 32, 3), np.float32), ((1, 32, 16, 3), np.uint8),
                                          ((32, 32, 3), np.uint8)])
def test_downsample_refuses_other_arrays(shape, dtype):
    with pytest.raises(InputError, match="images: wanted uint8"):
        downsample(np.zeros(shape, dtype), 8)
