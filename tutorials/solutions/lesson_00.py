"""Solutions of lesson 00: gradients you can trust."""

import numpy as np


def direction_error(loss, x, dx, direction, step):
    """Both sides of (d) are multiplied by 2 if the direction is, so its length does not matter. The difference must be
    central: a difference to one side errs by h f''/2 instead of h^2 f'''/6. The error is relative to the difference,
    because that is the number we trust; relative to the hand-written slope, a gradient that is far too large would
    never have an error above 1."""
    by_hand = np.sum(dx * direction)
    by_difference = (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)
    return abs(by_hand - by_difference) / abs(by_difference)


def convolution_backward(x, w, dy, stride, padding):
    """For one entry (a, b) of the kernel, the forward pass is a linear layer: y += seen @ w[a, b], where `seen` holds,
    for each output pixel, the one pixel of the padded image that this entry meets. So its gradients are those of a
    linear layer: the gradient of w[a, b] is seen^T dy, summed over images and output pixels, and the gradient of `seen`
    is dy @ w[a, b]^T. Neighbouring entries meet the same pixels, so the gradients of the padded image are added up.
    At the end the padding is cut off: zeros that the op has put there itself are no input."""
    K, (_, rows, columns, _) = len(w), dy.shape
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    d_padded, dw = np.zeros_like(padded), np.zeros_like(w)
    for a, b in np.ndindex(K, K):
        met = np.s_[:, a:a + stride * rows:stride, b:b + stride * columns:stride]
        dw[a, b] = np.einsum("nijc,nijo->co", padded[met], dy)
        d_padded[met] += dy @ w[a, b].T
    return d_padded[:, padding:padding + x.shape[1], padding:padding + x.shape[2]], dw


def softmax_backward(y, dy):
    """With dy_l/dx_k = y_l (delta_kl - y_k), the sum over l is y_k dy_k - y_k sum_l y_l dy_l. For a dy of ones, the
    last sum is 1, so dx is 0: the outputs of a softmax always sum to 1, so their sum has no slope. Every formula that
    gives 0 there passes such a check."""
    return y * (dy - np.sum(y * dy))


SOLUTIONS = {"00.1": direction_error, "00.2": convolution_backward, "00.3": softmax_backward}
