"""The likeliest mistakes in the exercises of lesson 09."""

import numpy as np


def _row(bits, size, ddof=1):
    return bits.mean(), bits.std(ddof=ddof) / np.sqrt(len(bits)), size


def _errors(each, ddof=1):
    S, N = each.shape
    return each.mean(axis=0).std(ddof=ddof) / np.sqrt(N), each.mean(axis=1).std(ddof=ddof) / np.sqrt(S)


def _unpaired(A, B):
    return np.hypot(*_errors(A)[:1], *_errors(B)[:1]), np.hypot(*_errors(A)[1:], *_errors(B)[1:])


def _compared(mean, se_images, se_seeds, limit, passes=lambda t, limit: abs(t) > limit):
    return mean, se_images, se_seeds, mean / se_seeds, passes(mean / se_seeds, limit)


def _of_all_numbers(A, B, limit):
    error = (B - A).std(ddof=1) / np.sqrt(A.size)
    return _compared((B - A).mean(), error, error, limit)


def _exchanged(mean, se_images, se_seeds, t, passes):
    return mean, se_seeds, se_images, t, passes


def _pooled_images(A, B, limit):
    _, se_seeds = _errors(B - A)
    return _compared((B - A).mean(), (B - A).std(ddof=1) / np.sqrt(A.size), se_seeds, limit)


def _over_images(A, B, limit):
    se_images, se_seeds = _errors(B - A)
    t = (B - A).mean() / se_images
    return (B - A).mean(), se_images, se_seeds, t, abs(t) > limit


MISTAKES = {
    "09.1": [
        ("The losses are still in nats: divide by log 2.",
         lambda nats, D, p, b: _row(nats / D, 4 * (p - b) + b / 8)),
        ("The losses are those of whole images: divide by the number of subpixels.",
         lambda nats, D, p, b: _row(nats / np.log(2), 4 * (p - b) + b / 8)),
        ("A binary parameter takes a bit, not a byte.",
         lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * (p - b) + b)),
        ("The memory is in bits; a byte has eight of them.",
         lambda nats, D, p, b: _row(nats / np.log(2) / D, 32 * (p - b) + b)),
        ("A nat is 1 / log 2 bits: divide by log 2, do not multiply.",
         lambda nats, D, p, b: _row(nats * np.log(2) / D, 4 * (p - b) + b / 8)),
        ("The binary parameters are counted twice: as numbers of 32 bits too.",
         lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * p + b / 8)),
        ("The deviation has the denominator N, not N - 1.",
         lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * (p - b) + b / 8, ddof=0)),
        ("This is the deviation of the losses, not the standard error of their mean.",
         lambda nats, D, p, b: (nats.mean() / np.log(2) / D, nats.std(ddof=1) / np.log(2) / D,
                                4 * (p - b) + b / 8)),
    ],
    "09.2": [
        ("The test is one-sided: a large negative t has to pass too.",
         lambda A, B, limit: _compared((B - A).mean(), *_errors(B - A), limit, lambda t, limit: t > limit)),
        ("This is A - B.",
         lambda A, B, limit: _compared((A - B).mean(), *_errors(A - B), limit)),
        ("The errors are those of two models on different images: take the difference first.",
         lambda A, B, limit: _compared((B - A).mean(), *_unpaired(A, B), limit)),
        ("Each seed and image counts as an independent number.", _of_all_numbers),
        ("The two standard errors are exchanged.",
         lambda A, B, limit: _exchanged(*_compared((B - A).mean(), *_errors(B - A), limit))),
        ("The S times N differences are not independent: average over the seeds before the deviation over images.",
         _pooled_images),
        ("The test is over images; it has to be over seeds.", _over_images),
        ("The deviations have the denominators N and S, not N - 1 and S - 1.",
         lambda A, B, limit: _compared((B - A).mean(), *_errors(B - A, ddof=0), limit)),
        ("The limit is always 2, whatever the number of seeds.",
         lambda A, B, limit: _compared((B - A).mean(), *_errors(B - A), 2.0)),
    ],
    "09.3": [
        ("Each effect is that of one change alone, not the mean over the other choice.",
         lambda loss: (loss[1, 0] - loss[0, 0], loss[0, 1] - loss[0, 0],
                       loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0])),
        ("The interaction is the difference of the two effects, not their sum.",
         lambda loss: ((loss[1] - loss[0]).mean(), (loss[:, 1] - loss[:, 0]).mean(),
                       loss[1, 1] - loss[0, 1] + loss[1, 0] - loss[0, 0])),
        ("The first index is the blocks; here it is taken for the other layers.",
         lambda loss: ((loss[:, 1] - loss[:, 0]).mean(), (loss[1] - loss[0]).mean(),
                       loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0])),
        ("The effects are sums of two differences, not their means.",
         lambda loss: ((loss[1] - loss[0]).sum(), (loss[:, 1] - loss[:, 0]).sum(),
                       loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0])),
        ("The interaction has the wrong sign.",
         lambda loss: ((loss[1] - loss[0]).mean(), (loss[:, 1] - loss[:, 0]).mean(),
                       loss[1, 0] - loss[0, 0] - loss[1, 1] + loss[0, 1])),
        ("The interaction is the whole difference of the two effects, not half of it.",
         lambda loss: ((loss[1] - loss[0]).mean(), (loss[:, 1] - loss[:, 0]).mean(),
                       (loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0]) / 2)),
        ("The interaction is not how much both together cost.",
         lambda loss: ((loss[1] - loss[0]).mean(), (loss[:, 1] - loss[:, 0]).mean(), loss[1, 1] - loss[0, 0])),
    ],
}
