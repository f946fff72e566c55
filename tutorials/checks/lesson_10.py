"""Exercises of lesson 10: bits you can hold."""

import math

import numpy as np

from . import Exercise


def encode(symbols, frequencies, state):
    """Try all whole numbers, from 0 up, until pops give the symbols in their order and leave the state."""
    owners = [symbol for symbol, frequency in enumerate(frequencies) for _ in range(frequency)]     # of each slot

    def pops(number):
        found = []
        for _ in symbols:
            group, slot = divmod(number, len(owners))
            found.append(owners[slot])
            number = frequencies[owners[slot]] * group + slot - owners.index(owners[slot])
        return found, number
    number = 0
    while pops(number) != (list(symbols), state):
        number += 1
    return number


def extra_bits(p, precision):
    """The mean, over the symbols, of the bits that each takes less the bits that it is worth."""
    n, total = len(p), 2**precision
    edges = [i + math.floor((total - n) * sum(p[:i])) for i in range(n)] + [total]
    taken = [math.log2(total / (edges[i + 1] - edges[i])) for i in range(n)]
    return sum(p[i] * (taken[i] - math.log2(1 / p[i])) for i in range(n))


def initial_bits(popped, pushed):
    """Try all numbers of bits, from 0 up, until every image finds enough."""
    def suffice(bits):
        for pops, pushes in zip(popped, pushed):
            if bits < pops:
                return False
            bits += pushes - pops
        return True
    start = 0
    while not suffice(start):
        start += 1
    return start


RNG = np.random.default_rng(10)
EXERCISES = {
    "10.1": Exercise(encode, [[np.array([0]), np.array([3, 1]), 8], [np.array([1]), np.array([3, 1]), 8],
                              [np.array([0, 1]), np.array([3, 1]), 10], [np.array([0, 0, 1, 0]), np.array([3, 1]), 8],
                              [np.array([2, 1, 0]), np.array([2, 5, 1]), 7],
                              [np.array([1, 3, 2, 2]), np.array([1, 2, 3, 4]), 5]], tolerance=0),
    "10.2": Exercise(extra_bits, [[np.array([0.75, 0.25]), 2], [np.array([0.75, 0.25]), 3], [np.full(4, 0.25), 2],
                                  [np.array([0.97, 0.01, 0.02]), 6], [np.full(10, 0.1), 6],
                                  [RNG.dirichlet(np.ones(5)), 4],
                                  [RNG.dirichlet(np.full(40, 0.5)), 8]]),
    "10.3": Exercise(initial_bits, [[np.array([9]), np.array([12])], [np.array([9, 8, 9]), np.array([13, 12, 14])],
                                    [np.array([2, 9, 3]), np.array([5, 10, 4])],
                                    [np.array([5, 6, 5]), np.array([2, 1, 30])], [np.array([0, 3]), np.array([4, 5])],
                                    [RNG.integers(900, 950, 6), RNG.integers(1020, 1040, 6)]], tolerance=0),
}
