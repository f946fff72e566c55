"""The invertible 1x1 convolution."""

import numpy as np

from ..differentiable import differentiable
from ..parameter import Parameter
from .bijection import NOTHING

NOISE = 0.001            # standard deviation of the noise in the first matrices (Appendix C)


class InvertibleConv:
    """Mix the channels of each half of the image with an invertible matrix.

    Paper:     Appendix C. Both matrices start at I + 0.001 * normal noise.
    Differs:   each half has a matrix of its own, as in the published code; the paper can be read as one for both.
    Forward:   y = [x1 @ W1, x2 @ W2], log_det = H * W * (log |det W1| + log |det W2|)
               x, y: (N, H, W, C), w = [W1, W2]: (2, C/2, C/2)
    Backward:  dx = [dy1 @ W1^T, dy2 @ W2^T],
               dW_i = sum(x_i^T dy_i) + H * W * sum(d_log_det) * W_i^-T: the gradient of log |det W| is W^-T
    Raises:    FloatingPointError, from the backward and from the inverse, if a matrix has become singular.
               ValueError if the number of channels is odd.
    """

    def __init__(self, rng, channels):
        if channels % 2:
            raise ValueError(f"InvertibleConv: channels: wanted an even number, for two halves, got {channels}")
        c = channels // 2
        self.w = Parameter((np.eye(c) + NOISE * rng.normal(size=(2, c, c))).astype(np.float32))

    @differentiable("x")
    def __call__(self, x, given=NOTHING):
        w = self.w.value
        halves = _halves(x)
        y = _joined(halves @ w, x.shape)
        log_det = np.full(len(x), _pixels(x) * np.linalg.slogdet(w)[1].sum())

        def invertible_conv_backward(dy, d_log_det):
            dy_halves = _halves(dy)
            d_of_log_det = _pixels(x) * d_log_det.sum() * _inverted(w).swapaxes(1, 2)
            self.w.accumulate(halves.swapaxes(1, 2) @ dy_halves + d_of_log_det)
            return _joined(dy_halves @ w.swapaxes(1, 2), x.shape)
        return (y, log_det), invertible_conv_backward

    @differentiable("y")
    def inverse(self, y, given=NOTHING):
        """x = [y1 @ W1^-1, y2 @ W2^-1]; dW = -W^-T V W^-T through x, where V is the gradient with respect to W^-1."""
        w_inverse = _inverted(self.w.value)
        halves = _halves(y)
        x = _joined(halves @ w_inverse, y.shape)
        log_det = np.full(len(y), -_pixels(y) * np.linalg.slogdet(self.w.value)[1].sum())

        def invertible_conv_inverse_backward(dx, d_log_det):
            dx_halves, turned = _halves(dx), w_inverse.swapaxes(1, 2)
            d_w_inverse = halves.swapaxes(1, 2) @ dx_halves
            self.w.accumulate(-turned @ d_w_inverse @ turned - _pixels(y) * d_log_det.sum() * turned)
            return _joined(dx_halves @ turned, y.shape)
        return (x, log_det), invertible_conv_inverse_backward


def _inverted(w):
    try:
        return np.linalg.inv(w)
    except np.linalg.LinAlgError:
        raise FloatingPointError("invertible convolution: its matrix has become singular") from None


def _halves(x):
    """(N, H, W, C) -> (2, N*H*W, C/2)"""
    return x.reshape(-1, 2, x.shape[-1] // 2).swapaxes(0, 1)


def _joined(halves, shape):
    return halves.swapaxes(0, 1).reshape(shape)


def _pixels(x):
    return x.shape[1] * x.shape[2]
