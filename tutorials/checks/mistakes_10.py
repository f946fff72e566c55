"""The likeliest mistakes in the exercises of lesson 10."""

import numpy as np


def _encoder(push, backwards=True):
    """An encoder that pushes the symbols in turn, as push(state, start, frequency, number of slots)."""
    def encode(symbols, frequencies, state):
        starts, total = np.cumsum(frequencies) - frequencies, np.sum(frequencies)
        for symbol in symbols[::-1] if backwards else symbols:
            state = push(state, starts[symbol], frequencies[symbol], total)
        return state
    return encode


def _push(h, c, f, total):
    return h // f * total + c + h % f


def _edges(p, precision, below=None):
    n, total = len(p), 2**precision
    below = np.cumsum(p) - p if below is None else below
    return np.append(np.arange(n) + np.floor((total - n) * below), total)


def _right_frequencies(p, precision):
    return np.diff(_edges(p, precision))


def _extra(p, precision, frequencies, log=np.log2):
    with np.errstate(all="ignore"):                                 # a wrong table may have symbols without slots
        return np.sum(p * log(p * 2**precision / frequencies))


def _entropy(p):
    return -np.sum(p * np.log2(p))


def _bits_before(popped, pushed):
    net = pushed - popped
    return np.cumsum(net) - net


MISTAKES = {
    "10.1": [
        ("A message is a stack: the symbol that is to be popped first must be pushed last.",
         _encoder(_push, backwards=False)),
        ("The slots below the symbol are missing; c must be added.",
         _encoder(lambda h, c, f, total: h // f * total + h % f)),
        ("The remainder h mod f is missing; without it several states lead to the same one.",
         _encoder(lambda h, c, f, total: h // f * total + c)),
        ("The remainder is that of h divided by f, not by the number of slots.",
         _encoder(lambda h, c, f, total: h // f * total + c + h % total)),
        ("c counts the slots below the symbol; yours counts those of the symbol too.",
         _encoder(lambda h, c, f, total: _push(h, c + f, f, total))),
        ("The state has about the right size, but its slot does not belong to the symbol.",
         _encoder(lambda h, c, f, total: h * total // f)),
        ("A group has as many slots as the frequencies add up to; it has 4 only in the text's example.",
         _encoder(lambda h, c, f, total: _push(h, c, f, 4))),
        ("f and the number of slots are exchanged: that is the formula of pop.",
         _encoder(lambda h, c, f, total: h // total * f + c + h % total)),
        ("The start is that of symbol 1; each symbol has its own.",
         lambda symbols, frequencies, state: _encoder(
             lambda h, c, f, total: _push(h, min(c, frequencies[0]), f, total))(symbols, frequencies, state)),
    ],
    "10.2": [
        ("The result is in nats; use log2.",
         lambda p, precision: _extra(p, precision, _right_frequencies(p, precision), log=np.log)),
        ("The frequencies do not add up to 2^R: round the edges C(i), then take differences.",
         lambda p, precision: _extra(p, precision, 1 + np.floor((2**precision - len(p)) * p))),
        ("Each probability is rounded to slots by itself; (e) rounds the edges C(i).",
         lambda p, precision: _extra(p, precision, np.maximum(1, np.rint(2**precision * p)))),
        ("(e) first gives each symbol one slot; yours shares out all 2^R slots by probability.",
         lambda p, precision: _extra(p, precision, np.maximum(1, np.diff(np.rint(
             2**precision * np.append(np.cumsum(p) - p, 1)))))),
        ("Only 2^R - n slots are shared out by probability, not 2^R.",
         lambda p, precision: _extra(p, precision, np.diff(np.append(
             np.arange(len(p)) + np.floor(2**precision * (np.cumsum(p) - p)), 2**precision + len(p))))),
        ("All slots are shared out twice: add i to the shares of 2^R - n slots, not to those of 2^R.",
         lambda p, precision: _extra(p, precision, np.diff(np.append(
             np.arange(len(p)) + np.floor(2**precision * (np.cumsum(p) - p)), 2**precision)))),
        ("The edges are rounded to the nearest whole number; (e) rounds them down.",
         lambda p, precision: _extra(p, precision, np.diff(np.append(
             np.arange(len(p)) + np.rint((2**precision - len(p)) * (np.cumsum(p) - p)), 2**precision)))),
        ("The entropy of the shares is not what a symbol takes: symbols occur with p, not with their shares.",
         lambda p, precision: _entropy(_right_frequencies(p, precision) / 2**precision) - _entropy(p)),
        ("The divergence is the wrong way round: symbols occur with p, so the mean is weighted with p.",
         lambda p, precision: -np.sum(_right_frequencies(p, precision) / 2**precision * np.log2(
             p * 2**precision / _right_frequencies(p, precision)))),
        ("These are all the bits that a symbol takes; subtract the entropy.",
         lambda p, precision: np.sum(p * np.log2(2**precision / _right_frequencies(p, precision)))),
        ("The sign is wrong: a coarse table never takes fewer bits than the entropy.",
         lambda p, precision: -_extra(p, precision, _right_frequencies(p, precision))),
        ("The mean must be weighted with the probabilities; yours counts all symbols alike.",
         lambda p, precision: np.mean(np.log2(p * 2**precision / _right_frequencies(p, precision)))),
        ("C(n) is 2^R; the sum of all probabilities may be rounded to less than 1, and the floor then loses a slot.",
         lambda p, precision: _extra(p, precision, np.diff(
             np.arange(len(p) + 1) + np.floor((2**precision - len(p)) * np.append(0, np.cumsum(p)))))),
        ("F(i) is the sum of the probabilities below symbol i; yours includes symbol i.",
         lambda p, precision: _extra(p, precision, np.diff(_edges(p, precision, np.cumsum(p)), prepend=0)[:-1])),
        ("A coarse table does cost something: the shares of the slots are not exactly p.",
         lambda p, precision: 0.0),
    ],
    "10.3": [
        ("Only the first image is considered; a later one may find too few bits.",
         lambda popped, pushed: popped[0]),
        ("What the earlier images have left on the message is not counted.",
         lambda popped, pushed: np.max(popped)),
        ("The images do not need all their bits at once: each pushes before the next one pops.",
         lambda popped, pushed: np.sum(popped)),
        ("An image cannot pop what it pushes only afterwards.",
         lambda popped, pushed: np.max(popped - pushed)),
        ("The sum over the images lets each one pop bits that it pushes only afterwards.",
         lambda popped, pushed: max(0, np.max(np.cumsum(popped - pushed)))),
        ("Enough bits at the end are not enough: some image on the way may find too few.",
         lambda popped, pushed: max(0, np.sum(popped - pushed))),
        ("The earlier images have popped bits too, not only pushed.",
         lambda popped, pushed: np.max(popped - (np.cumsum(pushed) - pushed))),
        ("One bit less would do: a message may become empty.",
         lambda popped, pushed: np.max(popped - _bits_before(popped, pushed)) + 1),
        ("Only the last image is considered; an earlier one may find too few bits.",
         lambda popped, pushed: popped[-1] - _bits_before(popped, pushed)[-1]),
        ("The image that needs most decides, not the one that needs least.",
         lambda popped, pushed: np.min(popped - _bits_before(popped, pushed))),
    ],
}
