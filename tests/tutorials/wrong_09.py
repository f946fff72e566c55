"""Plausible wrong answers to the exercises of lesson 09."""

import numpy as np


def _row(bits, size, ddof=1):
    return bits.mean(), bits.std(ddof=ddof) / np.sqrt(len(bits)), size


def _errors(each, ddof=1):
    S, N = each.shape
    return each.mean(axis=0).std(ddof=ddof) / np.sqrt(N), each.mean(axis=1).std(ddof=ddof) / np.sqrt(S)


def _judged(A, B, judge, errors=_errors):
    se_images, se_seeds = errors(B - A)
    mean = (B - A).mean()
    return mean, se_images, se_seeds, judge(mean, se_images, se_seeds)


def _flat(each):
    _, se_seeds = _errors(each)
    return each.std(ddof=1) / np.sqrt(each.size), se_seeds


WRONG = {
    "09.1": [
        lambda nats, D, p, b: _row(nats / D, 4 * (p - b) + b / 8),                          # still nats
        lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * (p - b) + b),                  # a byte for each bit
        lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * p + b / 8),                    # binary ones twice
        lambda nats, D, p, b: _row(nats / np.log(2) / D, 4 * (p - b) + b / 8, ddof=0),      # N, not N - 1
    ],
    "09.2": [
        lambda A, B: _judged(A, B, lambda mean, i, s: abs(mean) > 2 * max(i, s)),           # a step down counts
        lambda A, B: _judged(A, B, lambda mean, i, s: mean > 2 * i),                        # forgets the seeds
        lambda A, B: _judged(A, B, lambda mean, i, s: mean > 2 * max(i, s), errors=_flat),  # seeds count as images
        lambda A, B: _judged(B, A, lambda mean, i, s: mean > 2 * max(i, s)),                # A - B
    ],
    "09.3": [
        lambda loss: (loss[1, 0] - loss[0, 0], loss[0, 1] - loss[0, 0], loss[1, 1] - loss[0, 0]),  # one at a time
        lambda loss: ((loss[1] - loss[0]).mean(), (loss[:, 1] - loss[:, 0]).mean(),
                      loss[1, 1] - loss[0, 1] + loss[1, 0] - loss[0, 0]),                   # a sum, no difference
        lambda loss: ((loss[:, 1] - loss[:, 0]).mean(), (loss[1] - loss[0]).mean(),
                      loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0]),                   # rows for columns
        lambda loss: ((loss[1] - loss[0]).sum(), (loss[:, 1] - loss[:, 0]).sum(),
                      loss[1, 1] - loss[0, 1] - loss[1, 0] + loss[0, 0]),                   # sums, no means
    ],
}
