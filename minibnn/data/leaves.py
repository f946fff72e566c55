"""Dead leaves: the data set that this code makes, so that it is always there.

Opaque shapes fall one over the other, like leaves on the ground, and the camera looks down on them.
If the radii r have the density r^-3, no scale is preferred, and the pictures have the statistics of
natural images: a power spectrum near 1/f^2, differences of neighbours with a sharp peak and heavy
tails, regions bounded by edges. Sources of these facts: D. L. Ruderman, "Origins of scaling in
natural images", Vision Research 37, 1997; A. B. Lee, D. Mumford and J. Huang, "Occlusion models for
natural images", International Journal of Computer Vision 41, 2001.
"""

from typing import NamedTuple

import numpy as np

RADII = np.geomspace(0.07, 3, 500)  # the radii that occur, in sides of the image
LARGE = RADII[RADII > 0.8]          # radii of the lowest leaves, so that no ground shows through
LOWEST = 12                         # number of these lowest leaves
LEAVES = 90                         # number of all leaves of one image
STRETCH = 0.35                      # spread of the logarithm of the elongation
CONTRAST = 1.2                      # spread of the logit of the luminance of leaves
CHROMA = 0.10, 0.05                 # spread of the two colour differences, black = 0, white = 1
SHADE = 0.12                        # spread of the rise of luminance over one radius of a leaf
NOISE = 0.008                       # spread of the sensor noise
BATCH_PIXELS = 2**15                # pixels painted at a time: canvases and temporaries fit the cache


class Leaf(NamedTuple):
    """One leaf in each image of a batch: (batch, 1, 1) float32 each, lengths in pixels."""

    x: np.ndarray              # centre
    y: np.ndarray
    cos: np.ndarray            # direction of the first axis
    sin: np.ndarray
    a: np.ndarray              # half of the first axis
    b: np.ndarray              # half of the second axis
    light: np.ndarray          # luminance at the centre, 0..1
    light_x: np.ndarray        # and its rise for each pixel to the right
    light_y: np.ndarray        # and for each pixel down
    red_blue: np.ndarray       # colour differences
    green_magenta: np.ndarray


def dead_leaves(count, size, seed):
    """Make dead-leaves images.

    Shapes:    (count, size, size, 3) uint8, levels 0..255, channels red, green, blue.
    Same:      the result depends only on the three arguments; image i does not depend on `count`.
    """
    batch = max(1, BATCH_PIXELS // size**2)
    images = np.empty((count, size, size, 3), np.uint8)
    for start in range(0, count, batch):
        # Each batch has its own random stream and is drawn completely, even if only a part of it is wanted.
        rng = np.random.default_rng([seed, size, start // batch])
        images[start : start + batch] = _paint(rng, batch, size)[: count - start]
    return images


def _paint(rng, batch, size):
    """Drop the leaves of one batch of images: (batch, size, size, 3) uint8."""
    light, red_blue, green_magenta = np.zeros((3, batch, size, size), np.float32)
    pixel = np.arange(size, dtype=np.float32) + 0.5
    for number in range(LEAVES):
        leaf = _draw(rng, batch, size, LARGE if number < LOWEST else RADII)
        x, y = pixel - leaf.x, pixel[:, None] - leaf.y                  # (batch, 1, W), (batch, H, 1)
        distance = _inside_rectangle if number % 3 == 2 else _inside_ellipse
        depth = distance(leaf.cos * x + leaf.sin * y, leaf.cos * y - leaf.sin * x, leaf.a, leaf.b)
        cover = np.clip(depth + 0.5, 0, 1)                              # share of the pixel that is covered
        light += cover * (leaf.light + leaf.light_x * x + leaf.light_y * y - light)
        red_blue += cover * (leaf.red_blue - red_blue)
        green_magenta += cover * (leaf.green_magenta - green_magenta)
    green = light + green_magenta
    rest = light - 0.5 * green_magenta
    image = np.stack([rest + red_blue, green, rest - red_blue], axis=-1)
    image += NOISE * rng.standard_normal(image.shape, np.float32)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _draw(rng, batch, size, radii):
    """Draw one leaf for each image of a batch."""
    # All in float64: cos, sin and exp may differ in their last bits between machines, and rounding to
    # float32 afterwards hides that, so that the data set is the same everywhere.
    # The share of a radius r: density r^-3 times a step of the geometric grid, r, times the area on
    # which the centre may lie, (1 + 2 r)^2, because a leaf may extend beyond each border by r.
    share = radii**-2 * (1 + 2 * radii) ** 2
    radius = rng.choice(radii, batch, p=share / share.sum())
    x, y = rng.random((2, batch)) * (1 + 2 * radius) - radius
    turn = np.pi * rng.random(batch)
    stretch = np.exp(STRETCH * rng.standard_normal(batch))
    light = 1 / (1 + np.exp(-CONTRAST * rng.standard_normal(batch)))
    room = 4 * light * (1 - light)                                      # black and white have no colour
    rise = SHADE * room / (size * radius) * rng.standard_normal((2, batch))
    colour = room * np.array(CHROMA)[:, None] * rng.standard_normal((2, batch))
    numbers = np.stack([size * x, size * y, np.cos(turn), np.sin(turn), size * radius * stretch,
                        size * radius / stretch, light, *rise, *colour])
    return Leaf(*numbers.astype(np.float32)[..., None, None])


def _inside_ellipse(u, v, a, b):
    """How far (u, v), measured along the axes, lies inside the edge, in pixels; negative outside."""
    u, v = u / a, v / b
    uu, vv = u * u, v * v
    slope = 2 * np.sqrt(uu / a**2 + vv / b**2) + 1e-6                   # of uu + vv; not zero at the centre
    return (1 - uu - vv) / slope                                        # to first order, accurate near the edge


def _inside_rectangle(u, v, a, b):
    """As `_inside_ellipse`, for a rectangle of the same area."""
    half = np.sqrt(np.pi) / 2
    return np.minimum(np.float32(half) * a - np.abs(u), np.float32(half) * b - np.abs(v))
