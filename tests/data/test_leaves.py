import numpy as np
import pytest

from minibnn.data import leaves
from minibnn.data.leaves import dead_leaves

PINNED = [[180, 64, 61], [153, 69, 60], [161, 70, 19]]  # green of some pixels of the first image


@pytest.fixture(scope="module")
def images():
    return dead_leaves(600, 32, seed=5)


def spectrum(grey):
    """Frequencies 1..8 in cycles per image and the mean power at each; grey (N, 32, 32)."""
    window = np.hanning(34)[1:-1]           # without it the borders add a spectrum of their own
    grey = (grey - grey.mean((1, 2), keepdims=True)) * window * window[:, None]
    power = (np.abs(np.fft.fft2(grey)) ** 2).mean(0)
    axis = np.fft.fftfreq(32) * 32
    radius = np.rint(np.hypot(axis, axis[:, None]))
    frequency = np.arange(1, 9)
    return frequency, np.array([power[radius == f].mean() for f in frequency])


def kurtosis(x):
    return np.mean((x - x.mean()) ** 4) / np.var(x) ** 2


@pytest.mark.slow
def test_power_falls_about_as_one_over_frequency_squared(images):
    frequency, power = spectrum(images.mean(-1))
    slope = np.polyfit(np.log(frequency), np.log(power), 1)[0]
    assert -2.7 < slope < -1.3


def test_spectrum_of_the_test_itself_tells_white_noise_apart():
    noise = np.random.default_rng(0).random((100, 32, 32))
    frequency, power = spectrum(noise)
    assert abs(np.polyfit(np.log(frequency), np.log(power), 1)[0]) < 0.5


@pytest.mark.slow
def test_differences_of_neighbours_have_heavy_tails(images):
    for axis in (1, 2):
        assert kurtosis(np.diff(images.astype(float), axis=axis)) > 6           # of a Gaussian: 3


def test_both_directions_are_alike(images):
    down, right = (np.abs(np.diff(images.astype(float), axis=axis)).mean() for axis in (1, 2))
    assert abs(down / right - 1) < 0.05


def test_channels_are_correlated_but_not_equal(images):
    red_green, red_blue, green_blue = np.corrcoef(images.reshape(-1, 3).T)[[0, 0, 1], [1, 2, 2]]
    assert 0.85 < red_green < 0.98 and 0.7 < red_blue < 0.95 and 0.85 < green_blue < 0.98


def test_luminance_uses_the_range_without_clipping_much(images):
    assert 110 < images.mean() < 145 and 45 < images.std() < 75
    assert np.mean((images == 0) | (images == 255)) < 0.02


def test_neighbours_inside_a_leaf_are_close_but_seldom_equal(images):
    steps = np.abs(np.diff(images.astype(int), axis=2))
    assert np.mean(steps <= 8) > 0.35
    assert np.mean(steps == 0) < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("size", [8, 16])
def test_smaller_images_look_like_large_ones_from_far(images, size):
    def closeness(x):
        return np.corrcoef(x[:, :, 1:].ravel(), x[:, :, :-1].ravel())[0, 1]

    factor = 32 // size
    averaged = images.reshape(len(images), size, factor, size, factor, 3).mean((2, 4))
    assert abs(closeness(dead_leaves(600, size, seed=5)) - closeness(averaged)) < 0.05


def test_no_ground_shows_through(monkeypatch):
    """White leaves on the black ground leave it black where they do not cover it."""
    draw = leaves._draw
    white = {"light": np.float32(1), "light_x": np.float32(0), "light_y": np.float32(0),
             "red_blue": np.float32(0), "green_magenta": np.float32(0)}
    monkeypatch.setattr(leaves, "_draw", lambda *args: draw(*args)._replace(**white))
    assert np.mean(dead_leaves(500, 16, seed=0) < 128) < 1e-4


@pytest.mark.parametrize("inside", [leaves._inside_ellipse, leaves._inside_rectangle])
def test_coverage_is_the_area_of_the_shape(inside):
    """Antialiasing neither thickens nor thins a turned shape, wherever its centre lies in a pixel."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.uniform(3, 9, 2)
        turn, x0, y0 = rng.uniform(0, np.pi), *rng.uniform(15, 17, 2)
        y, x = np.mgrid[:32, :32] + 0.5
        u = np.cos(turn) * (x - x0) + np.sin(turn) * (y - y0)
        v = np.cos(turn) * (y - y0) - np.sin(turn) * (x - x0)
        depth = inside(*np.float32([u, v]), np.float32(a), np.float32(b))
        assert depth.dtype == np.float32
        assert abs(np.clip(depth + 0.5, 0, 1).sum() / (np.pi * a * b) - 1) < 0.03


def test_distance_is_in_pixels_and_finite_at_the_centre():
    a, b = np.float32(8), np.float32(4)
    points = np.float32([[0, 0], [7.5, 0], [8.5, 0], [0, 3.5], [0, 4.5]])
    depth = leaves._inside_ellipse(points[:, 0], points[:, 1], a, b)
    assert np.isfinite(depth[0]) and depth[0] > 4
    np.testing.assert_allclose(depth[1:], [0.5, -0.5, 0.5, -0.5], atol=0.05)


def test_radii_have_density_of_power_minus_three():
    rng = np.random.default_rng(0)
    leaf = leaves._draw(rng, 200_000, 1, leaves.RADII)
    radius = np.sqrt(leaf.a * leaf.b).ravel()
    # Of the leaves whose centre lies in the image, for the share of those outside grows with the radius.
    radius = radius[(np.abs(leaf.x.ravel() - 0.5) < 0.5) & (np.abs(leaf.y.ravel() - 0.5) < 0.5)]
    counts = [np.sum((radius > low) & (radius < 2 * low)) for low in (0.08, 0.16, 0.32)]
    np.testing.assert_allclose(np.divide(counts[:-1], counts[1:]), 4, rtol=0.1)


@pytest.mark.slow
def test_same_arguments_same_images_and_count_cuts_the_tail():
    for size in (8, 16, 32):
        batch = leaves.BATCH_PIXELS // size**2
        many = dead_leaves(batch + 3, size, seed=1)
        np.testing.assert_array_equal(many, dead_leaves(batch + 3, size, seed=1))
        np.testing.assert_array_equal(many[:5], dead_leaves(5, size, seed=1))
        assert not np.array_equal(many[:3], many[batch:])


def test_seeds_give_other_images_and_batches_do_not_repeat_across_seeds():
    one, two = (dead_leaves(1100, 8, seed) for seed in (1, 2))
    together = np.concatenate([one, two]).reshape(2200, -1)
    assert len(np.unique(together, axis=0)) == 2200


def test_images_stay_as_they_are():
    """The data set is part of what results are compared on; a changed constant must not go unnoticed."""
    image = dead_leaves(1, 8, seed=1)[0].astype(int)
    np.testing.assert_allclose(image[::3, ::3, 1], PINNED, atol=1)


def test_shape_and_type():
    for count in (0, 1, 3):
        images = dead_leaves(count, 16, seed=0)
        assert images.shape == (count, 16, 16, 3) and images.dtype == np.uint8
