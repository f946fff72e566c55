"""The entropy coder: push and pop are inverses, and a message is as long as the entropy says."""

import numpy as np
import pytest

from minibnn.compression import ans

PRECISION = 24


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def _random_frequencies(rng, n, precision):
    """Starts and frequencies of symbols of every size, among them 1 and 2^precision - 1."""
    frequency = np.exp2(rng.uniform(0, precision, n)).astype(np.int64).clip(1, (1 << precision) - 1)
    frequency[rng.random(n) < 0.1] = 1
    frequency[rng.random(n) < 0.1] = (1 << precision) - 1
    return rng.integers(0, (1 << precision) - frequency + 1), frequency


def _start(lanes):
    return ans.start(np.zeros(lanes, np.uint32), lanes)


def _same(one, other):
    return np.array_equal(one.heads, other.heads) and np.array_equal(ans.to_words(one), ans.to_words(other))


@pytest.mark.parametrize("precision", [1, 8, PRECISION, 32])
@pytest.mark.parametrize("lanes", [1, 5])
def test_pop_takes_off_what_push_put_there(lanes, precision, rng):
    messages, symbols = [_start(lanes)], []
    for _ in range(300):
        symbol = _random_frequencies(rng, rng.integers(1, lanes + 1), precision)
        pad = rng.integers(0, 1 << precision, len(symbol[0])).astype(np.uint64)
        symbols.append((*symbol, pad))
        messages.append(ans.push(messages[-1], symbol[0], symbol[1], precision, pad))
    for message, above, (start, frequency, pad) in zip(messages[-2::-1], messages[::-1], symbols[::-1]):
        slots, without = ans.pop(above, len(start), precision, pad)
        assert (start <= slots).all() and (slots < start + frequency).all()
        assert _same(without(start, frequency), message)


def test_push_puts_back_what_pop_took_off(rng):
    """What bits back needs: bits of a message choose symbols, and come back exactly."""
    message = first = ans.from_words(rng.integers(0, 1 << 32, 3000, dtype=np.uint32) | 1, 7)
    taken = []
    while len(ans.to_words(message)) > 50:
        edges = np.unique(np.append(0, rng.integers(1, 1 << PRECISION, 20)))
        slots, without = ans.pop(message, 7, PRECISION)
        start = edges[np.searchsorted(edges, slots, side="right") - 1]
        frequency = np.append(edges, 1 << PRECISION)[np.searchsorted(edges, slots, side="right")] - start
        message = without(start, frequency)
        taken.append((start, frequency))
    for start, frequency in reversed(taken):
        message = ans.push(message, start, frequency, PRECISION)
    assert _same(message, first)


def test_a_message_is_as_long_as_the_entropy(rng):
    """10^5 symbols: within 0.1 % of the sum of their -log2 of probability, and the heads."""
    lanes, message, bits = 100, _start(100), 0.0
    for _ in range(1000):
        start, frequency = _random_frequencies(rng, lanes, PRECISION)
        message = ans.push(message, start, frequency, PRECISION)
        bits += (PRECISION - np.log2(frequency)).sum()
    length = 32 * len(ans.to_words(message))
    assert bits < length < 1.001 * bits + 64 * lanes
    assert length - 32 * lanes <= ans.length(message) <= length
    assert ans.length(message) == pytest.approx(bits + 32 * lanes, rel=1e-3)


def test_a_message_is_a_value(rng):
    """Another push onto the same message, or a pop, changes nothing that one holds."""
    message = ans.push(_start(3), [1, 2, 3], [1, 1, 1], PRECISION)
    words = ans.to_words(message)
    for _ in range(3):
        ans.push(message, *_random_frequencies(rng, 3, PRECISION), PRECISION)
        ans.pop(message, 3, PRECISION)[1]([1, 2, 3], [1, 1, 1])
    np.testing.assert_array_equal(ans.to_words(message), words)


def test_words_are_the_whole_message(rng):
    message = _start(4)
    for _ in range(50):
        message = ans.push(message, *_random_frequencies(rng, 4, PRECISION), PRECISION)
    words = ans.to_words(message)
    assert words.dtype == np.uint32 and _same(ans.from_words(words, 4), message)
    assert ans.length(ans.from_words(words, 4)) == ans.length(message)


def test_a_message_cannot_give_more_than_it_has():
    with pytest.raises(ans.Empty):
        ans.pop(_start(2), 2, PRECISION)[1]([0, 0], [1, 1])
    with pytest.raises(ans.Empty):
        ans.from_words(np.zeros(5, np.uint32), 3)
    with pytest.raises(ValueError, match="smaller"):
        ans.from_words(np.array([7, 1, 0, 1, 5, 0], np.uint32), 3)


@pytest.mark.parametrize("number", [3, 10])
def test_a_message_ends_as_the_words_that_it_started_with(number, rng):
    words = rng.integers(0, 1 << 32, number, dtype=np.uint32)
    message = ans.start(words, 3)
    start, frequency = _random_frequencies(rng, 3, PRECISION)
    pushed = ans.push(message, start, frequency, PRECISION)
    np.testing.assert_array_equal(ans.end(ans.pop(pushed, 3, PRECISION)[1](start, frequency)), words)
    with pytest.raises(ValueError, match="left"):
        ans.end(ans.push(message, [0, 0, 0], [1, 1, 1], PRECISION))
