"""Figures: every image is where it belongs, and curves are drawn."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

from minibnn.pictures.figures import (
    draw_curves,
    image_grid,
    interleave_rows,
    save_curves_and_samples,
    save_image_grid,
)

IMAGES = np.random.default_rng(0).integers(0, 255, (5, 8, 8, 3)).astype(np.uint8)


def test_image_grid_goes_row_by_row_on_white():
    grid = image_grid(IMAGES, 3)
    assert grid.shape == (2 * 9 + 1, 3 * 9 + 1, 3)
    for i in range(5):
        top, left = 1 + i // 3 * 9, 1 + i % 3 * 9
        np.testing.assert_array_equal(grid[top:top + 8, left:left + 8], IMAGES[i])
    assert (grid[10:, 19:] == 255).all() and (grid[0] == 255).all()  # the missing sixth image, the border


def test_image_grid_is_written_pixel_for_pixel(tmp_path):
    save_image_grid(tmp_path / "g.png", IMAGES, 3)
    written = np.rint(imread(tmp_path / "g.png")[..., :3] * 255).astype(np.uint8)
    np.testing.assert_array_equal(written[::8, ::8], image_grid(IMAGES, 3))


def test_interleaved_rows_keep_each_image_above_its_partner():
    above, below = IMAGES, 255 - IMAGES
    grid = interleave_rows(above, below, 3).reshape(4, 3, 8, 8, 3)
    np.testing.assert_array_equal(grid[0], above[:3])
    np.testing.assert_array_equal(grid[1], below[:3])
    np.testing.assert_array_equal(grid[2, :2], above[3:])
    np.testing.assert_array_equal(grid[3, :2], below[3:])
    assert (grid[2:, 2] == 255).all()


def test_curves_are_running_means_with_a_label_each():
    axes = Figure().add_subplot()
    steps, losses = np.arange(10, 1010, 10), np.linspace(8, 6, 100)
    draw_curves(axes, {"a": (steps, losses), "b": (steps, losses + 1)})
    assert [line.get_label() for line in axes.lines] == ["a", "b"]
    x, y = axes.lines[0].get_data()
    assert (x[-1], len(x)) == (1000, 93)                            # mean over the last eight
    np.testing.assert_allclose(y[-1], losses[-8:].mean())


def test_curves_and_samples_side_by_side(tmp_path):
    curves = {"a": ([10, 20, 30], [8.0, 7.0, 6.5])}
    save_curves_and_samples(tmp_path / "p.png", {"one": curves, "two": curves}, {"a": IMAGES, "b": IMAGES})
    assert imread(tmp_path / "p.png").shape[1] == 1500
