"""The likeliest mistakes in the exercises of lesson 00."""

import numpy as np


def _by_hand(dx, direction):
    return np.sum(dx * direction)


def _difference(loss, x, direction, step):
    return (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)


def one_sided(loss, x, dx, direction, step):
    """A forward difference."""
    slope = (loss(x + step * direction) - loss(x)) / step
    return abs(_by_hand(dx, direction) - slope) / abs(slope)


def forgets_the_two(loss, x, dx, direction, step):
    """h in the denominator."""
    slope = 2 * _difference(loss, x, direction, step)
    return abs(_by_hand(dx, direction) - slope) / abs(slope)


def absolute(loss, x, dx, direction, step):
    """No denominator."""
    return abs(_by_hand(dx, direction) - _difference(loss, x, direction, step))


def relative_to_the_hand(loss, x, dx, direction, step):
    """The other denominator."""
    by_hand = _by_hand(dx, direction)
    return abs(by_hand - _difference(loss, x, direction, step)) / abs(by_hand)


def keeps_the_sign(loss, x, dx, direction, step):
    """No absolute value."""
    slope = _difference(loss, x, direction, step)
    return (_by_hand(dx, direction) - slope) / slope


def negative_denominator(loss, x, dx, direction, step):
    """An absolute value above only."""
    slope = _difference(loss, x, direction, step)
    return abs(_by_hand(dx, direction) - slope) / slope


def number_by_number(loss, x, dx, direction, step):
    """The direction is left out of the slope by hand."""
    slope = _difference(loss, x, direction, step)
    return abs(np.sum(dx) - slope) / abs(slope)


def convolution_gradients(x, w, dy, stride, padding, *, turn=True, crop=True, add=True, spread=True, swap=False,
                          wrap=False, mean=False, keep_padding=True):
    """Both gradients, with one thing done otherwise."""
    K, (N, rows, columns, _) = len(w), dy.shape
    edges = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    padded = np.pad(x, edges, mode="wrap") if wrap else np.pad(x, edges)
    if not keep_padding:
        padded = np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))
    d_padded, dw = np.zeros_like(padded), np.zeros_like(w)
    for a, b in np.ndindex(K, K):
        first, second = (b, a) if swap else (a, b)
        step = stride if spread else 1
        met = np.s_[:, first:first + step * rows:step, second:second + step * columns:step]
        dw[a, b] = np.einsum("nijc,nijo->co", padded[met], dy) / (N if mean else 1)
        w_met = w[a, b] if turn else w[K - 1 - a, K - 1 - b]
        d_padded[met] = dy @ w_met.T + (d_padded[met] if add else 0)
    start = padding if crop else 0
    return d_padded[:, start:start + x.shape[1], start:start + x.shape[2]], dw


def _convolution(**otherwise):
    def mistake(x, w, dy, stride, padding):
        return convolution_gradients(x, w, dy, stride, padding, **otherwise)
    return mistake


def without_padding(x, w, dy, stride, padding):
    """Gradients of the padded image."""
    edges = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return convolution_gradients(np.pad(x, edges), w, dy, stride, 0)


def empty_without_padding(x, w, dy, stride, padding):
    """[P:-P], which for P = 0 is [0:0]."""
    dx, dw = convolution_gradients(x, w, dy, stride, padding)
    return (dx if padding else dx[:, :0, :0]), dw


def the_other_order(x, w, dy, stride, padding):
    """dw, dx."""
    return convolution_gradients(x, w, dy, stride, padding)[::-1]


MISTAKES = {
    "00.1": [
        ("The difference is taken to one side only, so its error falls with h and not with h^2.",
         one_sided),
        ("The two values of the loss are 2h apart, but the difference is divided by h.",
         forgets_the_two),
        ("The error is absolute, so it depends on the size of the gradient: divide it by the difference.",
         absolute),
        ("The error is relative to the slope by hand, which is under test; make it relative to the difference.",
         relative_to_the_hand),
        ("The error can be negative: its absolute value is missing.",
         keeps_the_sign),
        ("The difference in the denominator can be negative: its absolute value is missing.",
         negative_denominator),
        ("The slope by hand must be taken along the direction too: sum dx times direction.",
         number_by_number),
    ],
    "00.2": [
        ("The kernel is turned where it should not be: (a, b) gives dx its weight w[a, b].",
         _convolution(turn=False)),
        ("The gradient of the padded image is cut at the wrong place: its first rows and columns are padding.",
         _convolution(crop=False)),
        ("The gradient of the padding is returned too: dx must have the shape of x.",
         without_padding),
        ("With padding 0, the slice P:-P is empty; end it at P + H.",
         empty_without_padding),
        ("A pixel acts on several outputs; their gradients are overwritten where they should be added.",
         _convolution(add=False)),
        ("The stride is missing: the output pixel (i, j) begins at row stride * i and column stride * j.",
         _convolution(spread=False)),
        ("The row and the column of the kernel are exchanged.",
         _convolution(swap=True)),
        ("What lies outside of the image is zero; here the other side of the image is taken, so dw is wrong.",
         _convolution(wrap=True)),
        ("The gradient of the kernel is a sum over the images, not their mean.",
         _convolution(mean=True)),
        ("The padding belongs on all four sides of the image, not only on the right and at the bottom.",
         _convolution(keep_padding=False, crop=False)),
        ("The gradients are returned in the wrong order: dx comes first, then dw.",
         the_other_order),
    ],
    "00.3": [
        ("Only the diagonal of the Jacobian is used: each input also lowers all other outputs.",
         lambda y, dy: y * (1 - y) * dy),
        ("The mean of dy is subtracted; subtract its sum weighted with y. Both are 1 for a dy of ones.",
         lambda y, dy: y * (dy - np.mean(dy))),
        ("The gradient is not always zero, although it is for a dy of ones.",
         lambda y, dy: np.zeros_like(y)),
        ("The factor y in front of the parenthesis is missing.",
         lambda y, dy: dy - np.sum(y * dy)),
        ("The derivative of the exponential is there, but that of the denominator is missing.",
         lambda y, dy: y * dy),
        ("The two terms are added; the second one must be subtracted.",
         lambda y, dy: y * (dy + np.sum(y * dy))),
        ("The sum is not weighted with y.",
         lambda y, dy: y * (dy - np.sum(dy))),
    ],
}
