"""Figures: grids of images, training curves. matplotlib is imported only when something is drawn."""

import base64
import io
import os
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from ..files import atomic_write

# Okabe & Ito's palette: distinct for colour-blind readers, and in grey
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
PIXEL_MAGNIFICATION = {8: 8, 16: 4, 32: 3}  # size of an image -> sides of the squares that its pixels become


@contextmanager
def plain_style():
    """In a `with`, or as a decorator: matplotlib draws with its default settings, whatever the user's settings are.

    The user's matplotlibrc could turn images upside down, call LaTeX or cut margins off.
    """
    matplotlib = _matplotlib()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


@cache
def _matplotlib():
    """The matplotlib module. Its import looks for the window system that MPLBACKEND names and for a home folder.

    Both may be missing: the import runs without MPLBACKEND, and with a temporary folder if there is no home.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        Path.home()
    except RuntimeError:
        os.environ.setdefault("MPLCONFIGDIR", _temporary_folder().name)
    import matplotlib
    if backend is not None:
        os.environ["MPLBACKEND"] = backend
    return matplotlib


@cache
def _temporary_folder():
    return tempfile.TemporaryDirectory(prefix="minibnn-")           # deleted when the process ends


def image_grid(images, columns, gap=1, magnify=1):
    """Tile images row by row on white.    (N, S, S, 3) uint8 -> (rows, columns, 3) uint8"""
    size = images.shape[1]
    rows = -(-len(images) // columns)
    cell = size + gap
    grid = np.full((rows * cell + gap, columns * cell + gap, 3), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * cell + gap, (i % columns) * cell + gap
        grid[top:top + size, left:left + size] = image
    return grid.repeat(magnify, axis=0).repeat(magnify, axis=1)


def interleave_rows(above, below, columns):
    """Rows of `above` and `below` in turn, for a grid of `columns` columns; white images fill short last rows.

    above, below: (N, S, S, 3) uint8 each; returns (2 * columns * rows, S, S, 3)
    """
    missing = -len(above) % columns
    white = np.full((missing, *above.shape[1:]), 255, np.uint8)
    rows = [np.concatenate([part, white]).reshape(-1, columns, *above.shape[1:]) for part in (above, below)]
    return np.stack(rows, axis=1).reshape(-1, *above.shape[1:])


def columns_of(number):
    """The columns of a grid of `number` images: about as many as its rows, but at least 8 if there are 8 images."""
    return min(number, max(8, int(np.ceil(np.sqrt(number)))))


@plain_style()
def save_image_grid(path, images, columns):
    """Write a grid of images as PNG, with each pixel enlarged to a square."""
    from matplotlib.image import imsave
    grid = image_grid(images, columns, magnify=PIXEL_MAGNIFICATION[images.shape[1]])
    with atomic_write(path) as file:
        imsave(file, grid, format="png")


@plain_style()
def save_curves(path, panels):
    """Write training curves as PNG, one panel per model.    panels: dict title -> curves as in `draw_curves`"""
    figure = new_figure(5 * len(panels), 3.6)
    _draw_panels(figure.subplots(1, len(panels), squeeze=False)[0], panels)
    save_figure(figure, path)


@plain_style()
def save_samples(path, rows):
    """Write rows of images as PNG.    rows: as in `draw_samples`"""
    lines_of_images = sum(-(-len(images) // 16) for images in rows.values())
    figure = new_figure(8, 0.62 * lines_of_images + 0.1)
    draw_samples(figure.subplots(len(rows), 1), rows)
    save_figure(figure, path)


@plain_style()
def save_curves_and_samples(path, panels, rows):
    """Write training curves, one panel above the other, beside rows of at most 8 images as PNG."""
    figure = new_figure(10, 2.6 * len(panels))
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15))
    _draw_panels(left.subplots(len(panels), 1, squeeze=False)[:, 0], panels)
    draw_samples(right.subplots(len(rows), 1), {label: images[:8] for label, images in rows.items()})
    save_figure(figure, path)


def _draw_panels(all_axes, panels):
    for axes, (title, curves) in zip(all_axes, panels.items()):
        draw_curves(axes, curves)
        axes.set_title(title)


@plain_style()
def draw_curves(axes, curves):
    """Training loss against steps, each curve a running mean.    curves: dict label -> (steps, losses)"""
    lowest, highest = np.inf, -np.inf
    for (label, (steps, losses)), colour, style in zip(curves.items(), COLOURS, ("-", "--", "-.", ":") * 2):
        width = max(1, len(losses) // 12)
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        axes.plot(steps[width - 1:], smooth, style, color=colour, label=label, linewidth=1.8)
        lowest, highest = min(lowest, smooth.min()), max(highest, smooth[len(smooth) // 5])
    margin = 0.08 * (highest - lowest)
    axes.set_ylim(lowest - margin, highest + 6 * margin)            # room for the legend above the curves
    axes.set_xlabel("training step")
    axes.set_ylabel("loss (bits per dimension)")
    axes.grid(alpha=0.3)
    axes.legend(title="weights / activations", frameon=False, loc="upper right")


@plain_style()
def draw_samples(all_axes, rows):
    """Labelled images on each of the axes, at most 16 side by side.    rows: dict label -> (N, S, S, 3) uint8"""
    for axes, (label, images) in zip(np.atleast_1d(all_axes), rows.items()):
        axes.imshow(image_grid(images, min(len(images), 16)), interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.set_anchor("E")                                        # images to the right: the labels keep their room
        axes.set_ylabel(label, rotation=0, ha="right", va="center")


@plain_style()
def new_figure(width, height):
    """An empty figure; width and height in inches."""
    from matplotlib.figure import Figure  # no pyplot: no window system, no state
    return Figure(figsize=(width, height), layout="constrained")


@plain_style()
def save_figure(figure, path, source=""):
    """Write a figure as PNG; `source`, a fingerprint of the data that it shows, becomes the PNG's text "Source"."""
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Source": source} if source else None)


class Picture:
    """A figure as a notebook shows it, with a text for those who cannot see it."""

    def __init__(self, figure, alt):
        self.figure, self.alt = figure, alt

    @plain_style()
    def _repr_mimebundle_(self, include=None, exclude=None):
        """A PNG, which every viewer shows, with the text in its metadata, where nbconvert looks for it."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=100)
        png = base64.b64encode(buffer.getvalue()).decode()
        return {"image/png": png, "text/plain": self.alt}, {"image/png": {"alt": self.alt}}
