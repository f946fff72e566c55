"""An entropy coder: asymmetric numeral systems (ANS), several lanes at a time.

Source: J. Duda, "Asymmetric numeral systems", arXiv 2013; the range variant (rANS) of its section 2.3.

A lane is a stack of symbols in one whole number, its head. A symbol owns `frequency` of 2^precision slots, from slot
`start` on: its probability is frequency / 2^precision. A push makes the head about 2^precision / frequency times as
large, so it becomes longer by log2 of this factor: the information of the symbol in bits. If the head would outgrow 64
bits, its lower 32 bits first move to a stack of words that all lanes share.

A message never changes: `push` and `pop` return a new one.
"""

from typing import NamedTuple

import numpy as np

WORD_BITS = 32
LEAST_HEAD = 1 << WORD_BITS   # heads stay in [2^32, 2^64): words move out of larger ones, and into smaller ones


class Empty(ValueError):
    """A message has fewer bits than are asked of it."""


class Message(NamedTuple):
    """Symbols, the last one on top."""

    heads: np.ndarray         # (lanes,) uint64
    words: tuple              # the stack: () or (an array of uint32, the stack below it, the number of words of both)

    @property
    def lanes(self):
        """The number of lanes: one call can push or pop at most so many symbols."""
        return len(self.heads)


def start(words, lanes):
    """A message without symbols, made of given words. A head is a single 1, followed by the 32 bits of a word.

    words:     (n,) uint32, at least as many as lanes; the first ones go into the heads, the others onto the stack
    """
    heads, stack = np.split(np.asarray(words, np.uint64), [lanes])
    return Message(heads + LEAST_HEAD, _stacked(stack.astype(np.uint32), ()))


def end(message):
    """The words that a message started with: the inverse of `start`.

    Raises:    ValueError if a head is not a single 1 followed by 32 bits: then symbols are left.
    """
    if (message.heads >> np.uint64(WORD_BITS) != 1).any():
        raise ValueError("symbols are left on the message")
    return np.concatenate([message.heads.astype(np.uint32), _flat(message.words)])


def push(message, start, frequency, precision, pad=0):
    """Put a symbol on each of the first k lanes.

    Forward:   head' = (head // frequency) * 2^precision + slot,
               where slot = start + head % frequency
    start, frequency: (k,) whole numbers, k at most `lanes`: of 2^precision slots, the symbol has
               start ... start + frequency - 1; frequency at least 1, precision at most 32
    pad:       () or (k,) uint64 below 2^precision: which bits of the slot are flipped
    Returns:   a message
    """
    start, frequency = np.asarray(start, np.uint64), np.asarray(frequency, np.uint64)
    heads, others = np.split(message.heads, [len(start)])
    full = heads >> np.uint64(2 * WORD_BITS - precision) >= frequency   # head' would not fit
    words = message.words
    if full.any():
        words = _stacked(heads[full].astype(np.uint32), words)
        heads = np.where(full, heads >> np.uint64(WORD_BITS), heads)
    slots = start + heads % frequency ^ np.uint64(pad)
    heads = heads // frequency << np.uint64(precision) | slots
    return Message(np.concatenate([heads, others]), words)


def pop(message, number, precision, pad=0):
    """Find the slot of the top symbol of each of the first `number` lanes; `without` removes them.

    Returns:   the slot of each, (number,) uint64 below 2^precision; and a function `without`.
               The caller looks up whose slots these are, and gives `without` the start and the
               frequency of each symbol. It returns the message without them.
    Raises:    Empty, by `without`, if the message has too few bits.
    """
    heads, others = np.split(message.heads, [number])
    slots = heads & np.uint64((1 << precision) - 1) ^ np.uint64(pad)

    def without(start, frequency):
        start, frequency = np.asarray(start, np.uint64), np.asarray(frequency, np.uint64)
        left = frequency * (heads >> np.uint64(precision)) + slots - start
        low = left < LEAST_HEAD
        words = message.words
        if low.any():
            taken, words = _take(words, np.count_nonzero(low))
            left[low] = left[low] << np.uint64(WORD_BITS) | taken
        return Message(np.concatenate([left, others]), words)
    return slots, without


def _take(words, number):
    """The top `number` words of a stack, in the order in which they were put there, and the stack below.

    Raises:    Empty if the stack has fewer.
    """
    parts = []
    while number:
        if not words:
            raise Empty("the message has fewer bits than are asked of it")
        top, words, _ = words
        if len(top) > number:
            words = _stacked(top[:-number], words)
            top = top[-number:]
        parts.append(top)
        number -= len(top)
    return np.concatenate(parts[::-1]).astype(np.uint64), words


def to_words(message):
    """A message as words, first the stack, then the heads: (words of the stack + 2 * lanes,) uint32"""
    halves = np.stack([message.heads, message.heads >> np.uint64(WORD_BITS)], axis=1)
    return np.concatenate([_flat(message.words), halves.astype(np.uint32).ravel()])


def from_words(words, lanes):
    """The inverse of `to_words`.    Raises: ValueError if they are not those of a message"""
    if len(words) < 2 * lanes:
        raise Empty("the message has fewer bits than its heads")
    stack, heads = np.split(words, [len(words) - 2 * lanes])
    low, high = heads.reshape(lanes, 2).T.astype(np.uint64)
    if not high.all():
        raise ValueError("a head is smaller than heads can be")
    return Message(high << np.uint64(WORD_BITS) | low, _stacked(stack, ()))


def length(message):
    """The length of a message in bits. A head counts as log2 of its value, not as 64."""
    return WORD_BITS * (message.words[2] if message.words else 0) + float(np.log2(message.heads).sum())


def _stacked(top, words):
    """A stack with an array on top."""
    return (top, words, len(top) + (words[2] if words else 0)) if len(top) else words


def _flat(words):
    """A stack as one array, its top last."""
    parts = [np.zeros(0, np.uint32)]
    while words:
        top, words, _ = words
        parts.append(top)
    return np.concatenate(parts[::-1])
