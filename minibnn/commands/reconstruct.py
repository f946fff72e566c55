"""reconstruct: test images beside a VAE's reconstructions."""

from pathlib import Path

from .. import data
from ..pictures import figures
from ..progress import Progress
from ..training.inference import load_trained, reconstruct, require_vae
from .shared.images import data_of, print_other_images
from .shared.options import add_data, add_model, add_seed, output, whole_number
from .shared.outputs import require_outputs, save_images


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("reconstruct", help="draw test images and a VAE's reconstructions")
    add_model(parser)
    add_seed(parser)
    add_data(parser)
    parser.add_argument("--n", type=whole_number(1, 10_000), default=64, metavar="N",
                        help="number of images (default %(default)s)")
    parser.add_argument("--out", type=output(".png", ".npy"), default=Path("reconstructions.png"), metavar="FILE",
                        help="a .png picture, in which rows of images and rows of their reconstructions alternate; or "
                             "an .npy file of the reconstructions, (N, S, S, 3) uint8 (default %(default)s)")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """A picture of test images and a VAE's reconstructions.    Returns: the exit status"""
    outputs = {"--out": options.out}
    require_outputs(outputs, options.model)
    settings, model = load_trained(options.model)
    require_vae(settings, options.model)
    dataset = data_of(settings, options, outputs)
    images = dataset.test[:options.n]
    with Progress("reconstruct") as report:
        rebuilt = reconstruct(model, images, options.seed, report)
    columns = figures.columns_of(len(images))
    rows = figures.interleave_rows(images, rebuilt, columns)
    if save_images(options.out, rebuilt, lambda path: figures.save_image_grid(path, rows, columns)):
        print(f"{len(images)} test images written to {options.out}, each row above its reconstructions")
    else:
        print(f"the reconstructions of {len(images)} test images written to {options.out}")
    print_other_images(settings, data.describe(dataset))
    return 0
