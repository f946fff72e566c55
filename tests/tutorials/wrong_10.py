"""Plausible wrong answers to the exercises of lesson 10."""

import numpy as np


def _pushed(symbols, frequencies, state, push):
    starts, slots = np.cumsum(frequencies) - frequencies, np.sum(frequencies)
    for symbol in symbols:
        state = push(state, starts[symbol], frequencies[symbol], slots)
    return state


def _push(h, c, f, slots):
    return h // f * slots + c + h % f


def _edges(p, precision, below=None):
    n, slots = len(p), 2**precision
    below = np.cumsum(p) - p if below is None else below
    return np.append(np.arange(n) + np.floor((slots - n) * below), slots)


def _extra(p, precision, frequencies, log=np.log2):
    return np.sum(p * log(p * 2**precision / frequencies))


def _bits_before(popped, pushed):
    net = pushed - popped
    return np.cumsum(net) - net


WRONG = {
    "10.1": [
        lambda symbols, frequencies, state: _pushed(symbols, frequencies, state, _push),    # the last comes off first
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,
                                                    lambda h, c, f, slots: h // f * slots + h % f),     # no start
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,
                                                    lambda h, c, f, slots: h // f * slots + c),         # no remainder
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,
                                                    lambda h, c, f, slots: h // f * slots + c + h % slots),
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,                  # starts above
                                                    lambda h, c, f, slots: _push(h, c + f, f, slots)),
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,                  # only as long
                                                    lambda h, c, f, slots: h * slots // f),
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,                  # always 4 slots
                                                    lambda h, c, f, slots: _push(h, c, f, 4)),
        lambda symbols, frequencies, state: _pushed(symbols[::-1], frequencies, state,                  # pop's formula
                                                    lambda h, c, f, slots: h // slots * f + c + h % slots),
    ],
    "10.2": [
        lambda p, precision: _extra(p, precision, np.diff(_edges(p, precision)), log=np.log),           # nats
        lambda p, precision: _extra(p, precision, 1 + np.floor((2**precision - len(p)) * p)),   # the rest is lost
        lambda p, precision: _extra(p, precision, np.maximum(1, np.rint(2**precision * p))),    # masses, not edges
        lambda p, precision: _extra(p, precision, np.maximum(1, np.diff(np.rint(    # all slots shared out by mass
            2**precision * np.append(np.cumsum(p) - p, 1))))),
        lambda p, precision: _extra(p, precision, np.diff(np.append(                # 2^R for 2^R - n
            np.arange(len(p)) + np.floor(2**precision * (np.cumsum(p) - p)), 2**precision + len(p)))),
        lambda p, precision: -np.sum(np.diff(_edges(p, precision)) / 2**precision * np.log2(            # KL reversed
            p * 2**precision / np.diff(_edges(p, precision)))),
        lambda p, precision: np.sum(p * np.log2(2**precision / np.diff(_edges(p, precision)))),         # all bits
        lambda p, precision: -_extra(p, precision, np.diff(_edges(p, precision))),                      # its sign
        lambda p, precision: np.mean(np.log2(p * 2**precision / np.diff(_edges(p, precision)))),        # not weighted
        lambda p, precision: _extra(p, precision, np.diff(                          # the last edge is not pinned
            np.arange(len(p) + 1) + np.floor((2**precision - len(p)) * np.append(0, np.cumsum(p))))),
        lambda p, precision: _extra(p, precision, np.diff(_edges(p, precision, np.cumsum(p)), prepend=0)[:-1]),
        lambda p, precision: 0.0,                                                                       # no loss
    ],
    "10.3": [
        lambda popped, pushed: popped[0],                           # only the first image
        lambda popped, pushed: np.max(popped),                      # as if nothing were ever pushed
        lambda popped, pushed: np.sum(popped),                      # all of them, and nothing pushed
        lambda popped, pushed: np.max(popped - pushed),             # pushes come too late for their own image
        lambda popped, pushed: max(0, np.max(np.cumsum(popped - pushed))),      # the same, along the message
        lambda popped, pushed: max(0, np.sum(popped - pushed)),     # only the end
        lambda popped, pushed: np.max(popped - (np.cumsum(pushed) - pushed)),   # earlier images took nothing
        lambda popped, pushed: np.max(popped - _bits_before(popped, pushed)) + 1,           # one to spare
        lambda popped, pushed: popped[-1] - _bits_before(popped, pushed)[-1],   # only the last image
        lambda popped, pushed: np.min(popped - _bits_before(popped, pushed)),   # the image that needs least
    ],
}
