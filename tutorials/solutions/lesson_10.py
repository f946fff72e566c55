"""Solutions of lesson 10: bits you can hold."""

import numpy as np


def encode(symbols, frequencies, state):
    """A message is a stack: what is to come off first must be pushed last, so begin at the end.

    The slots below a symbol are those of all symbols before it. Each push is (b), with the number of slots in place
    of 4.
    """
    starts, slots = np.cumsum(frequencies) - frequencies, np.sum(frequencies)
    for symbol in symbols[::-1]:
        start, frequency = starts[symbol], frequencies[symbol]
        state = state // frequency * slots + start + state % frequency
    return state


def extra_bits(p, precision):
    """A symbol with f of 2^R slots takes log2(2^R / f) bits and is worth log2(1 / p): the difference, weighted with p.

    That is the divergence KL(p || f / 2^R), never negative, and 0 where all p are whole numbers of slots.
    The last edge is pinned: the sum of all p may round to a little less than 1.
    """
    n, slots = len(p), 2**precision
    edges = np.append(np.arange(n) + np.floor((slots - n) * (np.cumsum(p) - p)), slots)
    return np.sum(p * np.log2(p * slots / np.diff(edges)))


def initial_bits(popped, pushed):
    """Image i finds the start and what all images before it have left, pushed - popped; it needs popped[i].

    So the start must be at least popped[i] minus what they have left, for each image. The first one has none before
    it. Where every image leaves more than it takes, as images do, mostly the first decides.
    """
    left_before = np.cumsum(pushed - popped) - (pushed - popped)
    return np.max(popped - left_before)


SOLUTIONS = {"10.1": encode, "10.2": extra_bits, "10.3": initial_bits}
