"""Many images of any sizes on one message.

Images are cut into tiles, which are coded one by one, the last one first, so that they come off in their order. A
tile can also be put there as it is, with 8 bits for each colour value. So are those that the model finds less likely
than that, as noise; and the first ones, since there are no bits on the message yet to choose latents by.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from . import ans
from .tables import uniform_table

SIDES = 64, 32, 16       # of tiles: small ones need more bits for what they show, large ones more to start with
MANY = 256               # so many tiles are worth the start
MOST_LANES = 256
VALUES_OF_LANE = 4096    # a lane costs about 48 bits: here 0.01 bits for each colour value


class Stream(NamedTuple):
    """Images in bits."""

    words: np.ndarray    # (n,) uint32
    lanes: int           # of the message
    side: int            # of the tiles
    plain: list          # the numbers of the tiles that are there as they are


class Lengths(NamedTuple):
    """How long a stream is: numbers of bits, and of the colour values (pixels times 3) that take them."""

    bits: int            # of the stream
    values: int
    plain_values: int    # of the tiles that are there as they are, 8 bits each
    bound: float         # negative bound of the other tiles, in bits


def encode(coder, images, report=None):
    """Put images on a message.

    coder:     a BitsBack;  images: list of (H, W, 3) uint8;  report(done, total, text): called after each tile
    Returns:   a Stream and its Lengths
    """
    pixels = sum(image.shape[0] * image.shape[1] for image in images)
    side = next((side for side in SIDES if pixels >= MANY * side**2), SIDES[-1])
    lanes = min(MOST_LANES, 1 << max(0, (3 * pixels // VALUES_OF_LANE).bit_length() - 1))
    message, plain, bound, plain_values = ans.empty(lanes), [], 0.0, 0
    tiles = [*_tiles([image.shape[:2] for image in images], side)]
    for number, (i, place) in reversed([*enumerate(tiles)]):
        tile = _made_even(images[i])[place]
        try:
            pushed, bits = coder.push(message, tile)
        except ans.Empty:
            bits = np.inf
        if bits < 8 * tile.size:
            message, bound = pushed, bound + bits
        else:
            message = uniform_table(tile.size, 8).push(message, tile.ravel().astype(np.int64))
            plain.append(number)
            plain_values += tile.size
        if report:
            report(len(images) - i, len(images), "images")
    words = ans.to_words(message)
    return Stream(words, lanes, side, plain[::-1]), Lengths(32 * len(words), 3 * pixels, plain_values, bound)


def decode(coder, stream, shapes, report=None):
    """Take images off a message: the inverse of `encode`.

    shapes:    list of (height, width)
    Returns:   list of (H, W, 3) uint8
    Raises:    Empty, or ValueError, if the stream does not hold just these images.
    """
    message, plain, images = ans.from_words(stream.words, stream.lanes), set(stream.plain), []
    for number, (i, place) in enumerate(_tiles(shapes, stream.side)):
        if i == len(images):
            images.append(np.empty((*(length + length % 2 for length in shapes[i]), 3), np.uint8))
        tile = images[i][place]
        if number in plain:
            message, values = uniform_table(tile.size, 8).pop(message)
            tile[:] = values.reshape(tile.shape)
        else:
            message, tile[:] = coder.pop(message, *tile.shape[:2])
        if report:
            report(i, len(shapes), "images")
    if message.words or not np.array_equal(message.heads, ans.empty(stream.lanes).heads):
        raise ValueError("something is left on the message")
    return [image[:H, :W] for image, (H, W) in zip(images, shapes)]


def _made_even(image):
    """Its last row and column doubled where their number is odd."""
    return np.pad(image, [(0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)], mode="edge")


def _tiles(shapes, side):
    """Yield (number of the image, (rows, columns)) of each tile: even, at most `side` long, about equal in an image."""
    for i, (H, W) in enumerate(shapes):
        yield from ((i, (rows, columns)) for rows in _parts(H, side) for columns in _parts(W, side))


def _parts(length, side):
    halves = -(-length // 2)
    parts = -(-2 * halves // side)
    cuts = [2 * (halves * part // parts) for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(cuts)]
