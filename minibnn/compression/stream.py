"""Many images of any sizes on one message.

Images are cut into tiles. A message is a stack, so the last tile is coded first, and decoding gives them in order. The
message starts as the plain pixels of the last tile, since bits on the message must choose the latents of the next one.
A tile is stored plainly too, with 8 bits for each colour value, if the message has too few bits to choose its latents,
or if it would take more bits coded (as noise does).
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from . import ans
from .tables import uniform_table

SIDES = 64, 32, 16       # of tiles: small ones need more bits per pixel, large ones more bits to start with
MANY = 256               # with so many tiles the plain one at the start matters little
LEAST_LANES, MOST_LANES = 16, 256
VALUES_OF_LANE = 1024    # colour values for each lane: a lane costs about 17 bits, but many lanes are fast


class Stream(NamedTuple):
    """Images in bits."""

    words: np.ndarray    # (n,) uint32
    lanes: int           # of the message
    side: int            # of the tiles
    plain: list          # the numbers of the tiles that are stored plainly


class Lengths(NamedTuple):
    """The length of a stream in bits, and the number of colour values (3 for each pixel) that it holds."""

    bits: int            # of the stream
    values: int
    start_values: int    # of the plain tile at the start, and of those that found too few bits for latents
    bound: float         # negative bound of all other tiles, in bits; of each at most 8 per value


def encode(coder, images, report=None):
    """Put images on a message.

    coder:     a BitsBack;  images: list of (H, W, 3) uint8
    report:    report(done, total, text) is called after each tile
    Returns:   a Stream and its Lengths
    """
    pixels = sum(image.shape[0] * image.shape[1] for image in images)
    side = side_of(pixels)
    lanes = max(LEAST_LANES, min(MOST_LANES, 3 * pixels // VALUES_OF_LANE))
    tiles = [*_tiles([image.shape[:2] for image in images], side)]
    message, plain, bound, start_values = None, [], 0.0, 0
    for number, (i, place) in reversed([*enumerate(tiles)]):
        values = images[i][place].size
        tile = _made_even(images[i][place])
        if message is None:
            message, start_values = _message_of(tile, lanes), values
        else:
            try:
                pushed, bits = coder.push(message, tile)
                bound += bits if bits < 8 * values else 8 * values
            except ans.Empty:
                pushed, start_values = None, start_values + values
            if pushed and ans.length(pushed) - ans.length(message) < 8 * tile.size:
                message = pushed
            else:
                message = uniform_table(tile.size, 8).push(message, tile.ravel())
                plain.append(number)
        if report:
            report(len(tiles) - number, len(tiles), "tiles")
    words = ans.to_words(message)
    return Stream(words, lanes, side, plain[::-1]), Lengths(32 * len(words), 3 * pixels, start_values, float(bound))


def decode(coder, stream, shapes, report=None):
    """Take images off a message: the inverse of `encode`.

    shapes:    list of (height, width)
    Returns:   list of (H, W, 3) uint8
    Raises:    Empty, or ValueError, if the stream does not hold exactly these images.
    """
    message, plain, images = ans.from_words(stream.words, stream.lanes), set(stream.plain), []
    tiles = [*_tiles(shapes, stream.side)]
    for number, (i, place) in enumerate(tiles):
        if i == len(images):
            images.append(np.empty((*(length + length % 2 for length in shapes[i]), 3), np.uint8))
        tile = images[i][place]
        if number == len(tiles) - 1:
            tile[:] = _tile_of(message, tile.shape)
        elif number in plain:
            message, values = uniform_table(tile.size, 8).pop(message)
            tile[:] = values.reshape(tile.shape)
        else:
            message, tile[:] = coder.pop(message, *tile.shape[:2])
        if report:
            report(number + 1, len(tiles), "tiles")
    return [image[:H, :W] for image, (H, W) in zip(images, shapes)]


def side_of(pixels):
    """The side of tiles for images that have `pixels` pixels in all."""
    return next((side for side in SIDES if pixels >= MANY * side**2), SIDES[-1])


def _message_of(tile, lanes):
    """A message made of the pixels of a tile, and of zeros if these are too few for the lanes."""
    words = np.frombuffer(tile.tobytes(), "<u4")                    # sides are even, so these are whole words
    return ans.start(np.pad(words, (0, max(0, lanes - len(words)))), lanes)


def _tile_of(message, shape):
    """The tile of which a message was made.    Raises: ValueError if there is anything else on it"""
    pixels = np.frombuffer(ans.end(message).astype("<u4").tobytes(), np.uint8)
    tile, rest = np.split(pixels, [math.prod(shape)])
    if rest.any() or len(tile) < math.prod(shape):
        raise ValueError("something is left on the message")
    return tile.reshape(shape)


def _made_even(tile):
    """The tile, with its last row or column repeated if their number is odd."""
    return np.pad(tile, [(0, tile.shape[0] % 2), (0, tile.shape[1] % 2), (0, 0)], mode="edge")


def _tiles(shapes, side):
    """Yield (number of the image, (rows, columns)) of each tile: sides even, at most `side`, about equal per image."""
    for i, (H, W) in enumerate(shapes):
        yield from ((i, (rows, columns)) for rows in _parts(H, side) for columns in _parts(W, side))


def _parts(length, side):
    halves = -(-length // 2)
    parts = -(-2 * halves // side)
    cuts = [2 * (halves * part // parts) for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(cuts)]
