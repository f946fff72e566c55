"""Slow twins: the definitions in loops. Fast code is compared with these."""

from fractions import Fraction

import numpy as np


def conv2d_loops(x, w, stride=1, padding=0):
    """conv2d by its definition, one output number at a time."""
    N, H, W, C = x.shape
    K, _, _, O = w.shape
    padded = np.zeros((N, H + 2 * padding, W + 2 * padding, C), x.dtype)
    padded[:, padding:padding + H, padding:padding + W] = x
    rows, columns = (H + 2 * padding - K) // stride + 1, (W + 2 * padding - K) // stride + 1
    y = np.zeros((N, rows, columns, O), x.dtype)
    for n in range(N):
        for i in range(rows):
            for j in range(columns):
                patch = padded[n, stride * i:stride * i + K, stride * j:stride * j + K]
                for o in range(O):
                    y[n, i, j, o] = (patch * w[:, :, :, o]).sum()
    return y


def conv2d_transpose_loops(x, w, size, stride=1, padding=0):
    """conv2d_transpose by its definition: every input pixel paints a scaled kernel."""
    N, rows, columns, O = x.shape
    K, _, C, _ = w.shape
    H, W = size
    canvas = np.zeros((N, H + 2 * padding + K, W + 2 * padding + K, C), x.dtype)
    for n in range(N):
        for i in range(rows):
            for j in range(columns):
                painted = canvas[n, stride * i:stride * i + K, stride * j:stride * j + K]
                for o in range(O):
                    painted += x[n, i, j, o] * w[..., o]
    return canvas[:, padding:padding + H, padding:padding + W]


def space_to_depth_loops(x, block):
    """space_to_depth by its definition."""
    N, H, W, C = x.shape
    y = np.zeros((N, H // block, W // block, block * block * C), x.dtype)
    for i in range(H // block):
        for j in range(W // block):
            for a in range(block):
                for b in range(block):
                    for c in range(C):
                        y[:, i, j, (a * block + b) * C + c] = x[:, i * block + a, j * block + b, c]
    return y


def area_mean_loops(images, size):
    """downsample by its definition: each pixel counts by the area that a box and it share. Python rounds half to even.
    """
    side = images.shape[1]
    small = np.empty((len(images), size, size, images.shape[3]), np.uint8)

    def shared(box, pixel):                                         # a length, 1 / size of a pixel is 1
        return max(min((box + 1) * side, (pixel + 1) * size) - max(box * side, pixel * size), 0)
    for n, i, j, c in np.ndindex(small.shape):
        total = 0
        for row in range(i * side // size, min((i + 1) * side // size + 1, side)):
            for column in range(j * side // size, min((j + 1) * side // size + 1, side)):
                total += shared(i, row) * shared(j, column) * int(images[n, row, column, c])
        small[n, i, j, c] = round(Fraction(total, side**2))
    return small


def discretised_logistic_loops(images, mean, scale):
    """log p of each pixel as a difference of two logistic CDFs, in float64; ends open."""
    def cdf(t):
        return 1 / (1 + np.exp(-t))
    log_p = np.zeros(images.shape)
    for index, value in np.ndenumerate(images):
        centre, m = value / 127.5 - 1, mean[index]
        upper = 1.0 if value == 255 else cdf((centre + 1 / 255 - m) / scale)
        lower = 0.0 if value == 0 else cdf((centre - 1 / 255 - m) / scale)
        log_p[index] = np.log(upper - lower)
    return log_p


def mixture_cdf_and_density(x, logits, means, log_scales):
    """CDF and density of logistic mixtures, one number at a time, as the textbook defines them.

    x: (...), logits, means, log_scales: (M, ...)
    """
    cdf, density = np.zeros(x.shape), np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        here = (slice(None), *index)
        weights = np.exp(logits[here]) / np.exp(logits[here]).sum()
        for weight, mean, log_scale in zip(weights, means[here], log_scales[here]):
            scale = np.exp(log_scale)
            part = 1 / (1 + np.exp(-(x[index] - mean) / scale))
            cdf[index] += weight * part
            density[index] += weight * part * (1 - part) / scale
    return cdf, density


def xnor_dot_loops(a, b):
    """Products of every row of signs a (M, n) with every row of b (N, n), summed one by one: (M, N) integers."""
    sums = np.zeros((len(a), len(b)), int)
    for i, row in enumerate(a):
        for j, other in enumerate(b):
            for p, q in zip(row, other):
                sums[i, j] += 1 if (p >= 0) == (q >= 0) else -1
    return sums
