"""Signs stored as bits: one bit each, 64 to a word."""

import numpy as np

from ..differentiable import require_floating

WORD = np.dtype("<u8")   # bit i of a row is bit i % 64 of word i // 64, on every machine


def pack_bits(positive):
    """Store bits in words along the last axis, the first bit lowest; spare bits are 0.

    positive: (..., n) bool, result: (..., S) uint64 with S = ceil(n / 64)
    """
    return words_of(np.packbits(positive, axis=-1, bitorder="little"))


def words_of(rows):
    """Bytes as words along the last axis; spare bytes of the last word are 0.    (..., bytes) -> (..., S) uint64"""
    n = rows.shape[-1]
    words = np.zeros((*rows.shape[:-1], -(-n // WORD.itemsize) * WORD.itemsize), np.uint8)
    words[..., :n] = rows
    return words.view(WORD)


def unpack_signs(words, n, dtype=np.float32):
    """The signs whose bits `pack_bits` packed: +1 where the bit is set, else -1.

    words: (..., S) uint64, result: (..., n) of `dtype`
    """
    signs = np.unpackbits(words.view(np.uint8), axis=-1, count=n, bitorder="little").astype(dtype)
    signs *= 2
    signs -= 1
    return signs


class PackedKernel:
    """A kernel of +-1 in bits, ready for `binary.xnor`.

    words: (O, S) uint64, for each output channel the bits of its weights, by kernel rows, kernel columns and channels.
    Each kernel position begins with a new byte, so that whole bytes can be gathered into patches; spare bits are 0.
    """

    def __init__(self, v):
        """v: (K, K, C, O), floating-point; a bit is set where v >= 0.    Raises: ValueError if v is no such array"""
        require_floating("PackedKernel", v=v)
        if v.ndim != 4 or v.shape[0] != v.shape[1]:
            raise ValueError(f"PackedKernel: v: wanted a square kernel (K, K, C, O), got {v.shape}")
        self.shape = v.shape
        by_output = np.packbits(np.moveaxis(v >= 0, -1, 0), axis=-1, bitorder="little")     # (O, K, K, bytes of C)
        self.words = words_of(by_output.reshape(v.shape[-1], -1))

    def signs(self, dtype=np.float32):
        """The kernel as numbers +1 and -1: (K, K, C, O)."""
        K, _, C, O = self.shape
        channels = 8 * self.bytes_of_pixel
        padded = unpack_signs(self.words, K * K * channels, np.int8).reshape(O, K, K, channels)
        return np.ascontiguousarray(np.moveaxis(padded[..., :C], 0, -1)).astype(dtype)     # moved as small numbers

    def ones(self):
        """How many of the C bits of each kernel position are set: (K * K, O) int64."""
        K, _, _, O = self.shape
        used = self.words.view(np.uint8)[:, :K * K * self.bytes_of_pixel].reshape(O, K * K, self.bytes_of_pixel)
        return np.bitwise_count(used).sum(axis=2, dtype=np.int64).T

    @property
    def bytes_of_pixel(self):
        """Bytes that hold the C bits of one kernel position."""
        return -(-self.shape[2] // 8)
