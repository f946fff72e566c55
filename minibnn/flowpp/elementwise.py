"""Bijections of each number by itself: logit, sigmoid, affine normalisation."""

import numpy as np

from .. import numerics
from ..differentiable import differentiable
from ..parameter import Parameter
from .bijection import NOTHING, Inverse, per_image, to_elements

LEAST_GAIN = 1e-10       # of the affine normalisation (Appendix C)


class Logit:
    """Map numbers from [0, length] to p in [low, high]; then take the logit of p.

    Paper:     Appendix C: logit(0.05 + 0.9 * x / 256) for x in [0, 256], so that the logit stays finite.
    Forward:   p = low + (high - low) * x / length, y = log p - log(1 - p),
               log_det = sum(log(slope) - log p - log(1 - p)), slope = (high - low) / length
    Backward:  dx = slope / (p (1 - p)) * (dy + d_log_det * (2p - 1))
    Inverse:   x = (sigmoid(y) - low) / slope, log_det = sum(-softplus(-y) - softplus(y) - log(slope))
    """

    def __init__(self, length=256, low=0.05, high=0.95):
        self.low, self.slope = low, (high - low) / length

    @differentiable("x")
    def __call__(self, x, given=NOTHING):
        p = self.low + self.slope * x
        log_p, log_rest = np.log(p), np.log1p(-p)
        log_det = per_image(float(np.log(self.slope)) - log_p - log_rest)

        def logit_backward(dy, d_log_det):
            return self.slope / (p * (1 - p)) * (dy + to_elements(d_log_det, x) * (2 * p - 1))
        return (log_p - log_rest, log_det), logit_backward

    @differentiable("y")
    def inverse(self, y, given=NOTHING):
        """x for any number y; it lies outside of [0, length] where p = sigmoid(y) lies outside of [low, high]."""
        p = numerics.sigmoid(y)
        x = (p - self.low) / self.slope
        log_det = per_image(-numerics.softplus(-y) - numerics.softplus(y) - float(np.log(self.slope)))

        def logit_inverse_backward(dx, d_log_det):
            return dx * p * (1 - p) / self.slope + to_elements(d_log_det, y) * (1 - 2 * p)
        return (x, log_det), logit_inverse_backward


class Sigmoid(Inverse):
    """Sigmoid: the inverse of the logit of (0, 1).

    Paper:     Appendix C, the last step of the dequantiser.
    Forward:   y = 1 / (1 + e^-x), log_det = sum(-softplus(-x) - softplus(x))
    """

    def __init__(self):
        super().__init__(Logit(length=1, low=0.0, high=1.0))


class ElementwiseNorm:
    """Affine normalisation: a gain and a bias for each number of an image.

    Paper:     Appendix C. The initialisation pass gives each number mean 0 and standard deviation 1.
    Forward:   y = x * max(gain, 1e-10) + bias, log_det = sum(log(max(gain, 1e-10)))
               x, y: (N, H, W, C), gain, bias: (H, W, C)
    Backward:  dx; gain and bias accumulate their gradients; that of the gain is 0 where the gain is at most 1e-10
    Raises:    ValueError if images have another shape than the gain.
    """

    def __init__(self, shape):
        self.gain = Parameter(np.ones(shape, np.float32))
        self.bias = Parameter(np.zeros(shape, np.float32))

    def initialise(self, x):
        """Set gain and bias so that each number has mean 0 and standard deviation 1 over the images x.

        Differs:   a number that is the same in all images keeps the gain 1, since no gain can give it a deviation
        """
        gain, bias = numerics.standardising(x)
        self.gain.value = gain.astype(self.gain.value.dtype)
        self.bias.value = bias.astype(self.bias.value.dtype)

    @differentiable("x")
    def __call__(self, x, given=NOTHING):
        self._require(x)
        if given.initialise:
            self.initialise(x)
        gain = np.maximum(self.gain.value, LEAST_GAIN)
        y = x * gain + self.bias.value
        log_det = np.full(len(x), np.log(gain).sum())

        def elementwise_norm_backward(dy, d_log_det):
            self._accumulate((dy * x).sum(axis=0) + d_log_det.sum() / gain, dy.sum(axis=0))
            return dy * gain
        return (y, log_det), elementwise_norm_backward

    @differentiable("y")
    def inverse(self, y, given=NOTHING):
        """x = (y - bias) / max(gain, 1e-10)."""
        self._require(y)
        gain = np.maximum(self.gain.value, LEAST_GAIN)
        x = (y - self.bias.value) / gain
        log_det = np.full(len(x), -np.log(gain).sum())

        def elementwise_norm_inverse_backward(dx, d_log_det):
            dy = dx / gain
            self._accumulate(-(dy * x).sum(axis=0) - d_log_det.sum() / gain, -dy.sum(axis=0))
            return dy
        return (x, log_det), elementwise_norm_inverse_backward

    def _require(self, x):
        if x.shape[1:] != self.bias.value.shape:
            raise ValueError(f"ElementwiseNorm: wanted images {('N', *self.bias.value.shape)}, got {x.shape}")

    def _accumulate(self, d_gain, d_bias):
        self.gain.accumulate(d_gain * (self.gain.value > LEAST_GAIN))
        self.bias.accumulate(d_bias)
