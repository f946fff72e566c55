"""sample: images drawn from a model, or from the four that come with minibnn."""

from pathlib import Path

import numpy as np

from .. import models
from ..pictures import figures
from ..progress import Progress
from ..training.inference import load_trained, sample
from .shared.options import add_model, add_seed, output, whole_number
from .shared.outputs import require_outputs, save_images

SAMPLES, SAMPLES_OF_EACH = 64, 16          # images, without --n


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("sample", help="draw images from a model (default: from each that comes with minibnn)")
    add_model(parser, nargs="?")
    add_seed(parser)
    parser.add_argument("--n", type=whole_number(1, 10_000), metavar="N",
                        help=f"number of images (default {SAMPLES}; without MODEL, {SAMPLES_OF_EACH} of each shipped "
                             "model)")
    parser.add_argument("--out", type=output(".png", ".npy"), default=Path("samples.png"), metavar="FILE",
                        help="a .png picture of the images, or an .npy file of them, (N, S, S, 3) uint8 "
                             "(default %(default)s)")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """A picture or an array of samples.    Returns: the exit status"""
    require_outputs({"--out": options.out}, *([options.model] if options.model else models.files()))
    if not options.model:
        return _sample_all(options)
    _, model = load_trained(options.model)
    number = options.n or SAMPLES
    with Progress("sample") as report:
        images = sample(model, number, options.seed, report)
    save_images(options.out, images, lambda path: figures.save_image_grid(path, images, figures.columns_of(number)))
    print(f"{number} samples written to {options.out}")
    return 0


def _sample_all(options):
    rows = models.samples(options.n or SAMPLES_OF_EACH, options.seed)
    save_images(options.out, np.concatenate(list(rows.values())), lambda path: figures.save_samples(path, rows))
    print("\n".join(models.lines()))
    print(f"samples of the shipped models written to {options.out}")
    return 0
