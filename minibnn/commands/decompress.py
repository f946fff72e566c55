"""decompress: get the images back from a file that compress wrote."""

import numpy as np

from .. import models
from ..archives import write_array
from ..compression import decompress
from ..files import InputError, atomic_folder, atomic_write, require_new_folder
from ..progress import Progress
from .shared.options import MODEL_HELP, model, path
from .shared.outputs import require_outputs


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("decompress", help="restore the images from a file that compress wrote")
    parser.add_argument("file", type=path, metavar="FILE", help="a .bits file")
    parser.add_argument("--out", type=path, required=True, metavar="OUT",
                        help="a new folder, for PNG files; or a file that ends in .npy, for an array (N, H, W, 3) "
                             "uint8 of images of one size")
    parser.add_argument("--model", type=model, metavar="MODEL",
                        help=f"{MODEL_HELP} (default: found among those that come with minibnn)")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Read the images in a file and write them.    Returns: the exit status"""
    as_array = options.out.suffix.lower() == ".npy"
    if as_array:
        require_outputs({"--out": options.out}, options.file, *filter(None, [options.model]))
    else:
        require_new_folder(options.out)
    with Progress("decompress") as report:
        images, names = decompress(options.file, options.model and models.load(options.model), report)
    if as_array:
        _write_array(options.out, images)
    else:
        _write_pictures(options.out, images, names or [f"{i:05d}.png" for i in range(len(images))])
    print(f"{len(images):,} image{'s' * (len(images) > 1)}, with exactly the pixels that were compressed, written to "
          f"{options.out}")
    return 0


def _write_array(path, images):
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise InputError(f"--out: wanted a folder, since the images have {len(sizes)} different sizes, got {path}")
    with atomic_write(path) as file:
        write_array(file, np.stack(images))


def _write_pictures(path, images, names):
    from PIL import Image

    with atomic_folder(path) as folder:
        for image, name in zip(images, names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.ascontiguousarray(image)).save(folder / name, "PNG")
