"""Store images in a file without loss, and read them back.

    "minibnn images 1\\n"
    8 bytes     length of the file, lowest byte first
    4 bytes     length of the deflated header, lowest byte first
    header      JSON, deflated
    words       4 bytes each, lowest byte first: the message
    32 bytes    SHA-256 of everything before
"""

import hashlib
import json
import struct
import zlib
from collections import Counter
from itertools import groupby

import numpy as np

from .. import models
from ..cores import blas_threads
from ..files import InputError, atomic_write, parse_json, read_bytes, require_fields
from ..training.inference import require_vae
from .bits_back import BitsBack
from .stream import MOST_LANES, SIDES, Stream, decode, encode, side_of

MAGIC = b"minibnn images 1\n"
LENGTHS = struct.Struct("<QI")
DIGEST = 32                         # bytes
MOST_IMAGES, MOST_PIXELS, MOST_TILES = 10**5, 1 << 28, 1 << 20
MOST_HEADER = 1 << 24               # bytes of the header, not deflated
MOST_BITS = 16                      # of a latent
NO_FLOWS = "which has no latents to code with"


def compress(path, model, images, names=None, report=None):
    """Write images to a file with a trained ResNet VAE, without loss.

    model:     models.Trained;  images: (N, H, W, 3) uint8, or a list of (H, W, 3) uint8 of any sizes
    names:     of the files to unpack the images to: relative paths, all different; None for no names
    report:    report(done, total, text) is called after each tile of an image
    Returns:   stream.Lengths
    Raises:    InputError if the model is no VAE or overflows, if the images or their names have another form or are
               too many, or if the file cannot be written.
    """
    require_vae(model.settings, "compress", NO_FLOWS)
    _require_images(images)
    if names:
        try:
            require_names(names, len(images))
        except ValueError as error:
            raise InputError(f"compress: {error}") from None
    coder = BitsBack(model.network)
    with blas_threads(1):
        stream, lengths = encode(coder, images, report)
    header = {"model": coder.fingerprint, "pixels": _digest_of(images), "shapes": _runs(images), "names": names or [],
              "bits": coder.bits, "lanes": stream.lanes, "side": stream.side, "plain": stream.plain}
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > MOST_HEADER:
        raise InputError(f"compress: wanted names and sizes of at most {MOST_HEADER:,} bytes, got {len(text):,}")
    deflated = zlib.compress(text, 9)
    size = len(MAGIC) + LENGTHS.size + len(deflated) + stream.words.nbytes + DIGEST
    content = b"".join([MAGIC, LENGTHS.pack(size, len(deflated)), deflated, stream.words.astype("<u4").tobytes()])
    with atomic_write(path) as file:
        file.write(content + hashlib.sha256(content).digest())
    return lengths


def decompress(path, model=None, report=None):
    """Read the images in a file that `compress` wrote.

    model:     the models.Trained that wrote it; None: one of those that come with minibnn
    Returns:   list of (H, W, 3) uint8, and the list of their names, empty if they have none
    Raises:    InputError that says why: the file is of another kind, damaged or cut off; the model is not the one that
               wrote it; or this machine computes other numbers than the machine that wrote it.
    """
    header, words = _read(path)
    coder = _coder(path, header, model)
    shapes = [(H, W) for count, H, W in header["shapes"] for _ in range(count)]
    stream = Stream(words, header["lanes"], header["side"], header["plain"])
    try:
        with blas_threads(1):
            images = decode(coder, stream, shapes, report)
        if _digest_of(images) != header["pixels"]:
            raise ValueError("other pixels")
    except ValueError as error:                                     # ans.Empty is one
        raise InputError(f"{path}: wanted the images that were stored, got others: this machine computes other numbers "
                         f"than the one that wrote the file ({error})") from None
    return images, header["names"]


def _coder(path, header, model):
    candidates = [model] if model else [models.load(name) for name in models.NAMES if name.startswith("vae")]
    for candidate in candidates:
        require_vae(candidate.settings, "decompress", NO_FLOWS)
        coder = BitsBack(candidate.network, header["bits"])
        if coder.fingerprint == header["model"]:
            return coder
    got = "another" if model else "none of those that come with minibnn: name it with --model"
    raise InputError(f"{path}: wanted the model that wrote it, of fingerprint {header['model'][:16]}, got {got}")


def _read(path):
    """The header and the words of a file, after all checks."""
    content = read_bytes(path)
    start = len(MAGIC) + LENGTHS.size
    if not content.startswith(MAGIC) or len(content) < start:
        raise InputError(f"{path}: wanted a file that compress wrote, got another")
    size, length = LENGTHS.unpack_from(content, len(MAGIC))
    if len(content) < size:
        raise InputError(f"{path}: wanted {size:,} bytes, got {len(content):,}: the file is cut off")
    if hashlib.sha256(content[:-DIGEST]).digest() != content[-DIGEST:]:
        raise InputError(f"{path}: wanted the bytes that compress wrote, got others: the file is damaged")
    try:
        unpacker = zlib.decompressobj()
        header = parse_json(unpacker.decompress(content[start:start + length], MOST_HEADER))
        _require_header(header)
        words = np.frombuffer(content[start + length:-DIGEST], "<u4")
    except (ValueError, zlib.error) as error:
        raise InputError(f"{path}: wanted a file that compress wrote, got a wrong header: {error}") from None
    return header, words


def _require_header(header):
    """Raise ValueError unless a header could have been written by `compress`."""
    require_fields(header, model=str, pixels=str, shapes=list, names=list, bits=int, lanes=int, side=int, plain=list)
    for run in header["shapes"]:
        if not isinstance(run, list) or len(run) != 3:
            raise ValueError("shapes: wanted [count, height, width]")
        require_fields(dict(zip(("count", "height", "width"), run)), count=int, height=int, width=int)
    if not (1 <= header["bits"] <= MOST_BITS and 1 <= header["lanes"] <= MOST_LANES and header["side"] in SIDES):
        raise ValueError("bits, lanes or side: wanted others")
    _require_numbers(header["shapes"], header["side"])
    number = sum(count for count, _, _ in header["shapes"])
    if not all(type(tile) is int for tile in header["plain"]):
        raise ValueError("plain: wanted whole numbers")
    if header["names"]:
        require_names(header["names"], number)


def require_names(names, number):
    """Raise ValueError unless `names` are `number` different relative paths that stay inside their folder."""
    if not all(isinstance(name, str) for name in names):
        raise ValueError("names: wanted texts")
    for name in names:
        if not name.isprintable() or {"", ".", ".."} & {*name.split("/")} or {*name} & {"\\", ":"}:
            raise ValueError(f"names: wanted relative paths, without colons and backslashes, got {name[:100]!r}")
    for name, times in Counter(name.lower() for name in names).items():        # some file systems ignore case
        if times > 1:
            raise ValueError(f"names: wanted different ones, got {name!r} twice")
    if len(names) != number:
        raise ValueError(f"names: wanted {number}, got {len(names)}")


def _require_numbers(runs, side=None):
    """Raise InputError unless images fit in a file.    runs: from `_runs`; side: of tiles; None: as `encode` chooses"""
    number, pixels = sum(run[0] for run in runs), sum(count * H * W for count, H, W in runs)
    if not number or not all(0 < n for run in runs for n in run):
        raise InputError("images: wanted at least one, none of them empty, got others")
    side = side or side_of(pixels)
    tiles = sum(count * -(-H // side) * -(-W // side) for count, H, W in runs)
    if number > MOST_IMAGES or pixels > MOST_PIXELS or tiles > MOST_TILES:
        raise InputError(f"images: wanted at most {MOST_IMAGES:,} with {MOST_PIXELS:,} pixels in {MOST_TILES:,} tiles "
                         f"of {side} x {side}, got {number:,} with {pixels:,} in {tiles:,}")


def _require_images(images):
    for image in images:
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            got = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise InputError(f"images: wanted (H, W, 3) uint8, got {got}")
    _require_numbers(_runs(images))


def _runs(images):
    """[count, height, width] of each run of images of one size."""
    return [[len([*run]), *shape] for shape, run in groupby(image.shape[:2] for image in images)]


def _digest_of(images):
    digest = hashlib.sha256()
    for image in images:
        digest.update(f"{image.shape}".encode())
        digest.update(np.ascontiguousarray(image))
    return digest.hexdigest()
