"""Decode one PNG or JPEG file, which may be damaged or hostile, to a small upright square in RGB."""

import io
import warnings

import numpy as np

from ..files import InputError
from .downsample import downsample, middle_square

MOST_PIXELS = 120_000_000                   # of one photograph; decoding it takes up to 12 bytes for each
BIT_DEPTH = 24                              # place of the byte in a PNG file that holds the number of bits of a colour
ORIENTATION = 0x0112                        # the EXIF tag for how the camera was held
TURNS = {2: (False, 1, -1), 3: (False, -1, -1), 4: (False, -1, 1),              # its values: swap rows and columns,
         5: (True, 1, 1), 6: (True, 1, -1), 7: (True, -1, -1), 8: (True, -1, 1)}        # then steps along both


def decode(content, size):
    """Decode a PNG or JPEG file to a small image; of an animated file, the first picture.

    Colours:   8 bits of red, green and blue. Grey becomes three equal values; 16 bits are scaled; palettes and CMYK
               are converted, without colour profiles; transparent parts show white behind them.
    Geometry:  turned upright as EXIF says, cropped to the middle square, averaged by areas as `downsample` does.
    Shapes:    bytes -> (size, size, 3) uint8, levels 0..255.
    Raises:    InputError with a reason, without the file's name: not such an image, damaged, truncated, too large,
               too small.
    """
    return downsample(middle_square(_decoded(content, size)[None]), size)[0]


def decode_whole(content):
    """Decode a PNG or JPEG file to its own pixels, turned upright: (H, W, 3) uint8.

    Raises:    InputError as `decode`, and if 8 bits of red, green and blue cannot hold everything in the file:
               transparency, 16 bits, CMYK, several pictures.
    """
    pixels = _decoded(content, 1, _require_whole)
    if content.startswith(b"\x89PNG") and content[BIT_DEPTH] > 8:
        raise InputError(f"colours of {content[BIT_DEPTH]} bits: 8 of them would be lost")
    return pixels


def _decoded(content, least, require=lambda image: None):
    """The upright picture, at least `least` pixels wide and high: (H, W, 3) uint8."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")                         # pillow's: on what is refused below, or on EXIF
            return _pixels(content, least, require)
    except InputError:
        raise
    except MemoryError:
        raise InputError("too large for the memory") from None
    except Exception as error:                                      # decoders raise nearly anything on damaged files
        raise InputError(f"damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _pixels(content, least, require):
    with _open(content) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise InputError(f"{width} x {height} pixels, more than {MOST_PIXELS:,}")
        if min(width, height) < least:
            raise InputError(f"only {width} x {height} pixels")
        image.load()
        require(image)
        swap, down, right = TURNS.get(image.getexif().get(ORIENTATION), (False, 1, 1))
        pixels = _colours(image)
    return (pixels.swapaxes(0, 1) if swap else pixels)[::down, ::right]


def _open(content):
    """Open an image without decoding it; the checksums of a PNG file are checked."""
    from PIL import Image, UnidentifiedImageError

    def opened():
        return Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    try:
        opened().verify()                                           # which closes it
        return opened()
    except UnidentifiedImageError:
        raise InputError("not a PNG or JPEG image") from None
    except Image.DecompressionBombError:
        raise InputError("too many pixels, as in a decompression bomb") from None


def _require_whole(image):
    """Raise InputError unless `_colours` loses nothing."""
    bands = image.convert("RGBA").getchannel("A") if "A" in image.mode or "transparency" in image.info else None
    if image.mode not in ("1", "L", "P", "RGB", "LA", "RGBA"):
        raise InputError(f"pixels of the kind {image.mode}, not 8 bits of red, green and blue")
    if bands and bands.getextrema()[0] < 255:
        raise InputError("transparency, which would be lost")
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise InputError(f"{image.n_frames} pictures: all but one would be lost")


def _colours(image):
    """The colours of a decoded image, with white behind it: (H, W, 3) uint8."""
    from PIL import Image

    if image.mode.startswith("I"):                                  # grey of 16 bits
        grey = np.asarray(image)
        levels = (grey.astype(np.uint32) + 128) // 257              # times 255 / 65535, to nearest: there are no ties
        levels[grey == image.info.get("transparency", -1)] = 255
        return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("LA", "RGBA") or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
