"""Convolution of signs with signs, without multiplication: exclusive or, then count the ones.

A product of two signs is -1 where their bits differ. So the sum of n products is n - 2 * (number of differing
bits), an exact whole number. Exclusive or finds the differing bits of 64 products at once; a population count
counts them.
"""

import numpy as np

from ..differentiable import require_floating
from ..ops.convolution import Frame, check_shapes, overlaps, windows
from .bits import WORD, words_of

PIXELS, OUTPUTS = 8192, 16 # of one block of counts: so many that two threads seldom wait for the interpreter
ROW_SPARE = 32             # unused numbers after each row: rows a power of two apart evict each other from the cache
WORDS_PER_BYTE = 3         # words whose counts, at most 64 each, add up in one byte


def xnor_conv2d(x, kernel, stride=1, padding=0):
    """conv2d of sign(x) with a packed kernel, exactly.

    Paper:     Eq. (13), the convolution with v_B when the activations are binary too (Eq. 5).
    Forward:   as `ops.conv2d`; x: (N, H, W, C), kernel: a PackedKernel of shape (K, K, C, O), y: (N, H', W', O), whole
               numbers in the dtype of x; exact if it holds all whole numbers up to n = K * K * C (2,048 in float16,
               2^24 in float32). Padding is 0, neither +1 nor -1: it adds nothing.
    Raises:    ValueError if x is not floating-point or the shapes do not fit.
    There is no backward.
    """
    require_floating("xnor_conv2d", x=x)                            # all bools and unsigned numbers are >= 0
    check_shapes("xnor_conv2d", x.shape, kernel.shape, stride, padding)
    return _correlate_bits(x, kernel, Frame.forward(x.shape, kernel.shape[0], stride, padding))


def _correlate_bits(x, kernel, frame):
    K, _, _, O = kernel.shape
    pixels = np.packbits(x >= 0, axis=-1, bitorder="little")       # (N, H, W, bytes of C): packed once
    output = frame.output[0] * frame.output[1]
    y = np.empty((len(x), output, O), x.dtype)
    images = max(1, PIXELS // output)
    for start in range(0, len(x), images):
        words = words_of(_patches(pixels[start:start + images], K, frame))
        words = np.ascontiguousarray(words.reshape(-1, words.shape[-1]).T)          # (S, pixels)
        y[start:start + images] = _count_differences(words, kernel.words).T.reshape(-1, output, O)
    y *= -2
    y += _sums_without_differences(x.shape, kernel, frame)
    return y.reshape(len(x), *frame.output, O)


def _patches(pixels, K, frame):
    """What the kernel sees at every output pixel: (N, H', W', K*K*B), from pixels (N, H, W, B) on a canvas of zeros."""
    N, _, _, B = pixels.shape
    canvas = np.zeros((N, *frame.canvas, B), pixels.dtype)
    (to_H, from_H), (to_W, from_W) = overlaps(pixels.shape, frame)
    canvas[:, to_H, to_W] = pixels[:, from_H, from_W]
    return windows(canvas, K, frame).reshape(N, *frame.output, K * K * B)


def _count_differences(words, kernel_words):
    """How many bits differ between each kernel and each patch.

    words: (S, pixels), the bits of a patch in each column; kernel_words: (O, S)
    Returns:   (O, pixels), in the smallest type that cannot overflow
    """
    S, pixels = words.shape
    O = len(kernel_words)
    counts = np.zeros((O, pixels + ROW_SPARE), np.min_scalar_type(64 * S))[:, :pixels]
    differing = np.empty((min(O, OUTPUTS), pixels), WORD)
    ones, few = (np.empty(differing.shape, np.uint8) for _ in range(2))
    for o in range(0, O, OUTPUTS):
        kernels = kernel_words[o:o + OUTPUTS, :, None]
        m = len(kernels)                                            # the last block may be smaller
        for first in range(0, S, WORDS_PER_BYTE):
            np.bitwise_xor(words[first], kernels[:, first], out=differing[:m])
            np.bitwise_count(differing[:m], out=few[:m])
            for i in range(first + 1, min(first + WORDS_PER_BYTE, S)):
                np.bitwise_xor(words[i], kernels[:, i], out=differing[:m])
                np.bitwise_count(differing[:m], out=ones[:m])
                few[:m] += ones[:m]
            counts[o:o + m] += few[:m]
    return counts


def _sums_without_differences(shape, kernel, frame):
    """What the sums would be if no bit differed: (H' * W', O).

    A patch inside the image gives n. Outside of it the bits are 0, as if all signs were -1.
    They would add C - 2 * (number of the kernel's ones there); this is subtracted again, so that
    padding adds nothing.
    """
    K, _, C, _ = kernel.shape
    image = np.ones((1, *shape[1:3], 1), np.int64)
    inside = _patches(image, K, frame).reshape(-1, K * K)           # 1 in the image, 0 outside
    taken_back = (1 - inside) @ (C - 2 * kernel.ones())
    return (K * K * C - taken_back).astype(np.float32)
