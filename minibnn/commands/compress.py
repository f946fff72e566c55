"""compress: store images in a file, without loss, with a ResNet VAE."""

import time

from .. import models
from ..compression import compress, decompress
from ..compression.others import lengths_of_others
from ..data.whole import files_of, load_whole
from ..experiments.images_in_bits import measures
from ..files import write_json
from ..progress import Progress
from .shared.options import MODEL_HELP, add_data_dir, model, output, whole_number
from .shared.outputs import require_outputs

MODEL = "vae-1-1"


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser(
        "compress", help="store images in a file, without loss, with a ResNet VAE",
        epilog="The file holds the pixels, 8 bits of red, green and blue each, and the names of photographs, but "
               "nothing else of them, such as dates. It decodes on every machine that has the same model.")
    parser.add_argument("images", nargs="+", metavar="IMAGES",
                        help="test images of leaves, cifar10 or imagenet32; or, at their own sizes: an .npy or .npz "
                             "file of (N, H, W, 3) uint8, a folder of PNG and JPEG files, or such files")
    parser.add_argument("--out", type=output(".bits"), required=True, metavar="FILE", help="file to write, .bits")
    parser.add_argument("--model", type=model, default=models.path_of(MODEL), metavar="MODEL",
                        help=f"{MODEL_HELP}; a VAE (default {MODEL})")
    parser.add_argument("--size", type=whole_number(8, 1024), metavar="N",
                        help="rows and columns of the images of a named set: 8, 16 or 32; any number for leaves "
                             "(default: as in the training of the model)")
    parser.add_argument("--n", type=whole_number(1), metavar="N", help="only the first N images")
    add_data_dir(parser)
    parser.add_argument("--check", action="store_true", help="decompress the file again and compare")
    parser.add_argument("--json", type=output(".json"), metavar="FILE", help="write the result there, as .json")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Write images to a file, and compare its length with other formats.    Returns: the exit status"""
    require_outputs({"--out": options.out, "--json": options.json}, options.model, *files_of(options.images))
    trained = models.load(options.model)
    with Progress("images") as report:
        found = load_whole(options.images, options.size or trained.settings.model.size, options.data_dir, report)
    images, names = found.images[:options.n], found.names[:options.n]
    start = time.perf_counter()
    with Progress("compress") as report:
        lengths = compress(options.out, trained, images, names, report)
    seconds = [time.perf_counter() - start]
    if options.check:
        with Progress("check") as report:
            decompress(options.out, trained, report)                # which compares the pixels
        seconds.append(time.perf_counter() - start - seconds[0])
    with Progress("other formats") as report:
        others = lengths_of_others(images, report)
    if found.bytes and not options.n:
        others["the files as they were"] = found.bytes
    result = {"images": len(images), "values": lengths.values, "bytes": options.out.stat().st_size,
              "start_values": lengths.start_values, "bound_bits": lengths.bound, "other_bytes": others,
              "model": _name_of(options.model), "model_bytes": trained.settings.model.bytes,
              "source": found.source, "seconds": [round(part, 1) for part in seconds], "command": command}
    if options.json:
        write_json(options.json, result)
    print(f"{len(images):,} image{'s' * (len(images) > 1)} of {result['values']:,} colour values in "
          f"{result['bytes']:,} bytes: {options.out}")
    print("bits per dimension:")
    for name, bits in measures(result).items():
        print(f"  {bits:6.3f}  {name}")
    if options.check:
        print("the file was decompressed again: every pixel is the same")
    return 0


def _name_of(path):
    return next((name for name in models.NAMES if models.path_of(name) == path), str(path))
