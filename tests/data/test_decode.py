"""Photographs of every kind that cameras, telephones and drawing programs write, and damaged ones."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from minibnn.data.decode import MOST_PIXELS, ORIENTATION, decode, decode_whole
from minibnn.data.downsample import downsample
from minibnn.files import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (11, 14, 3), np.uint8)      # in the middle: columns 1 to 11


def encode(image, kind="PNG", **options):
    """The bytes of an image, (H, W, 3) uint8 or a pillow image, as a file."""
    buffer = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(buffer, kind, **options)
    return buffer.getvalue()


def turned(number):
    """EXIF that says that a picture must be turned so."""
    exif = Image.Exif()
    exif[ORIENTATION] = number
    return exif.tobytes()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, depth, colours, rows, *chunks):
    """A PNG file of kinds that pillow does not write; `chunks` lie before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def test_the_middle_square_is_averaged():
    np.testing.assert_array_equal(decode(encode(PIXELS), 8), downsample(PIXELS[None, :, 1:12], 8)[0])
    np.testing.assert_array_equal(decode(encode(PIXELS), 11), PIXELS[:, 1:12])


@pytest.mark.parametrize("number", range(1, 9))
def test_pictures_are_turned_upright(number):
    """The middle of what is seen, whichever way it was stored: 14 - 11 is odd."""
    inverse = {6: 8, 8: 6}.get(number, number)
    with Image.open(io.BytesIO(encode(PIXELS, exif=turned(inverse)))) as image:
        stored = np.asarray(ImageOps.exif_transpose(image))         # which is as the camera would store it, held so
    np.testing.assert_array_equal(decode(encode(stored, exif=turned(number)), 11), PIXELS[:, 1:12])
    np.testing.assert_array_equal(decode(encode(stored, exif=turned(number)), 8), decode(encode(PIXELS), 8))
    jpeg = encode(stored, "JPEG", quality=100, subsampling=0, exif=turned(number))
    assert np.abs(decode(jpeg, 11).astype(int) - PIXELS[:, 1:12]).max() < 20


@pytest.mark.parametrize("exif", [turned(0), turned(9), turned(300), b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\xff\xff",
                                  b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12"])
def test_exif_that_says_nothing_turns_nothing(exif):
    jpeg = encode(PIXELS, "JPEG")
    np.testing.assert_array_equal(decode(encode(PIXELS, "JPEG", exif=exif), 8), decode(jpeg, 8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_grey_becomes_three_equal_channels(kind):
    small = decode(encode(PIXELS[..., 0], kind, **{"quality": 100} if kind == "JPEG" else {}), 11)
    np.testing.assert_array_equal(small, np.broadcast_to(small[..., :1], small.shape))
    assert np.abs(small[..., 0].astype(int) - PIXELS[:, 1:12, 0]).max() <= (2 if kind == "JPEG" else 0)


def test_black_and_white_of_one_bit():
    bits = PIXELS[..., 0] > 127
    np.testing.assert_array_equal(decode(encode(Image.fromarray(bits)), 11)[..., 1], 255 * bits[:, 1:12])


def test_grey_of_16_bits_is_scaled_to_nearest():
    values = np.linspace(0, 65535, 16 * 16).round().astype(int).reshape(16, 16)
    values[0, :6] = 128, 129, 385, 386, 65406, 65407                # on both sides of one half, in steps of 257
    file = png(16, 16, 16, 0, [row.astype(">u2").tobytes() for row in values])
    small = decode(file, 16)
    assert small[0, :6, 0].tolist() == [0, 1, 1, 2, 254, 255]
    np.testing.assert_array_equal(small, np.rint(values / 257)[..., None].repeat(3, axis=2))


def test_colours_of_16_bits_are_scaled():
    values = PIXELS[:, :11].astype(">u2") * 257
    np.testing.assert_array_equal(decode(png(11, 11, 16, 2, [row.tobytes() for row in values]), 11), PIXELS[:, :11])


def test_palettes_become_their_colours():
    image = Image.fromarray(PIXELS).quantize(16)
    np.testing.assert_array_equal(decode(encode(image), 11), np.asarray(image.convert("RGB"))[:, 1:12])


def test_cmyk_becomes_rgb():
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(decode(encode(image, "JPEG"), 8) - np.array([255, 0, 0])).max() <= 2


@pytest.mark.parametrize("channels", [2, 4])
def test_what_is_transparent_lies_over_white(channels):
    image = np.random.default_rng(1).integers(0, 256, (16, 16, channels), np.uint8)
    image[0, :, -1], image[1, :, -1] = 0, 255
    colour, alpha = image[..., :-1].astype(float), image[..., -1:] / 255
    small = decode(encode(image), 16)
    assert np.abs(small - (colour * alpha + 255 * (1 - alpha))).max() < 1
    assert (small[0] == 255).all() and (small[1] == colour[1]).all()


def grey_palette(*chunks):
    return png(8, 8, 8, 3, [bytes([0, 1] * 4)] * 8, chunk(b"PLTE", bytes([10, 10, 10, 20, 20, 20])), *chunks)


@pytest.mark.parametrize("file, wanted", [
    (grey_palette(), (10, 20)),
    (grey_palette(chunk(b"tRNS", b"\x00")), (255, 20)),
    (png(8, 8, 8, 0, [bytes([10, 20] * 4)] * 8, chunk(b"tRNS", b"\0\x0a")), (255, 20)),
    (png(8, 8, 8, 2, [bytes([10, 10, 10, 20, 20, 20] * 4)] * 8, chunk(b"tRNS", b"\0\x0a" * 3)), (255, 20)),
    (png(8, 8, 16, 0, [bytes([10, 10, 20, 20] * 4)] * 8, chunk(b"tRNS", b"\x0a\x0a")), (255, 20)),
    (png(8, 8, 16, 0, [bytes([0, 0, 20, 20] * 4)] * 8), (0, 20))],
    ids=["palette", "palette with transparency", "grey", "colours", "grey of 16 bits", "16 bits, nothing transparent"])
def test_one_colour_that_is_transparent_is_white(file, wanted):
    assert decode(file, 8)[3, :2].tolist() == [[level] * 3 for level in wanted]


@pytest.mark.parametrize("kind", ["PNG", "MPO"])                    # MPO: several JPEG pictures, as telephones write
def test_the_first_picture_of_several_is_taken(kind):
    first, second = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))
    small = decode(encode(first, kind, save_all=True, append_images=[second]), 8)
    assert np.abs(small - np.array([255, 0, 0])).max() <= 2


GOOD, JPEG = encode(PIXELS), encode(PIXELS, "JPEG")
BOMB = png(30_000, 30_000, 8, 0, [b""])
LARGE = png(13_000, MOST_PIXELS // 13_000 + 1, 8, 0, [b""])         # of which pillow only warns


@pytest.mark.parametrize("content, reason", [
    *((content, "not a PNG or JPEG image") for content in (b"", b"text", encode(PIXELS, "GIF"), encode(PIXELS, "BMP"),
                                                           JPEG[:20])),
    *((cut, "damaged: .*[Tt]runcated") for cut in (JPEG[:-30], GOOD[:-40], GOOD[:-12])),
    (GOOD[:200] + bytes([GOOD[200] ^ 1]) + GOOD[201:], "damaged: .*checksum"),
    (png(16, 16, 8, 0, [b"short"]), "damaged: .*truncated"), (BOMB, "too many pixels, as in a decompression bomb"),
    (LARGE, "13000 x 9231 pixels, more than 120,000,000"),
    (encode(PIXELS[:7]), "only 14 x 7 pixels"), (encode(PIXELS[:, :7]), "only 7 x 11 pixels")],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes")
def test_what_cannot_be_used_is_said_in_words(content, reason):
    with pytest.raises(InputError, match=f"^{reason}") as error:
        decode(content, 8)
    assert "\n" not in str(error.value) and "object at" not in str(error.value)


def test_whatever_a_decoder_raises_is_damage_or_lack_of_memory(monkeypatch):
    for error, reason in ((KeyError("a\nb"), "damaged: 'a.nb'"), (ValueError(), "damaged: ValueError"),
                          (ValueError("two\nlines"), "damaged: two lines"),
                          (MemoryError(), "too large for the memory")):
        def refuse(*_, error=error, **__):
            raise error
        monkeypatch.setattr(Image, "open", refuse)
        with pytest.raises(InputError, match=f"^{reason}"):
            decode(GOOD, 8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1"])
def test_a_whole_picture_is_just_its_pixels(mode):
    image = Image.fromarray(PIXELS).convert(mode)
    np.testing.assert_array_equal(decode_whole(encode(image)), np.asarray(image.convert("RGB")))


def test_a_whole_picture_is_upright():
    np.testing.assert_array_equal(decode_whole(encode(PIXELS, exif=turned(3))), PIXELS[::-1, ::-1])


def test_what_a_whole_picture_would_lose_is_named():
    row = np.arange(24, dtype=">u2").tobytes()
    with pytest.raises(InputError, match="16 bits"):
        decode_whole(png(8, 2, 16, 2, [row, row]))
    frames = [Image.fromarray(pixels) for pixels in (PIXELS, PIXELS[::-1])]
    with pytest.raises(InputError, match="2 pictures"):
        decode_whole(encode(frames[0], save_all=True, append_images=frames[1:]))
    glass = Image.fromarray(PIXELS).convert("RGBA")
    glass.putalpha(200)
    with pytest.raises(InputError, match="transparency"):
        decode_whole(encode(glass))
