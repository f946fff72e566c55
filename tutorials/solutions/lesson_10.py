"""Solutions of lesson 10: bits you can hold."""

import numpy as np


def encode(symbols, frequencies, state):
    """A message is a stack: the symbol that is to be popped first must be pushed last. So begin at the end.

    The slots below a symbol are those of all symbols before it. Each push is (b), with the number of slots of a group
    in place of 4.
    """
    starts, total = np.cumsum(frequencies) - frequencies, np.sum(frequencies)
    for symbol in symbols[::-1]:
        start, frequency = starts[symbol], frequencies[symbol]
        state = state // frequency * total + start + state % frequency
    return state


def extra_bits(p, precision):
    """A symbol with f of 2^R slots takes log2(2^R / f) bits and is worth log2(1 / p). The mean difference counts.

    The mean is weighted with p. It is the divergence KL(p || f / 2^R): never negative, and 0 if every p is f / 2^R.
    The last edge is set to 2^R, because the sum of all p may be rounded to a little less than 1.
    """
    n, total = len(p), 2**precision
    edges = np.append(np.arange(n) + np.floor((total - n) * (np.cumsum(p) - p)), total)
    return np.sum(p * np.log2(p * total / np.diff(edges)))


def initial_bits(popped, pushed):
    """Image i needs popped[i] bits. It finds the initial bits, and what the images before it have left.

    Each of those has left pushed - popped bits (which may be negative). So there must be at least popped[i] minus the
    sum of these, for every image: take the largest. If each image pushes more than it pops, the first image often
    needs most, because nothing was left before it.
    """
    left_before = np.cumsum(pushed - popped) - (pushed - popped)
    return np.max(popped - left_before)


SOLUTIONS = {"10.1": encode, "10.2": extra_bits, "10.3": initial_bits}
