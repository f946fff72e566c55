"""The Flow++ coupling (Eq. 10), and one step of the flow."""

import numpy as np

from ..differentiable import differentiable
from ..ops import halves
from .bijection import NOTHING, Composition, per_image, to_elements
from .conditioner import Conditioner
from .elementwise import ElementwiseNorm
from .invertible_conv import InvertibleConv
from .mixture import mixture_logit, mixture_logit_inverse
from .rearrange import Swap


@differentiable("x", "log_scale", "shift")
def affine(x, log_scale, shift):
    """Element-wise affine map; the logarithm of its derivative is log_scale.

    Paper:     Eq. (10), "* exp(a) + b".
    Forward:   y = x * e^log_scale + shift                          all: one shape
    Backward:  dx = dy * e^log_scale, d_log_scale = dx * x, d_shift = dy
    """
    scale = np.exp(log_scale)
    y = x * scale + shift

    def affine_backward(dy):
        dx = dy * scale
        return dx, dx * x, dy
    return y, affine_backward


@differentiable("x", "conditions")
def coupling_transform(x, conditions):
    """What a coupling does to each number x of the second half.

    Paper:     Eq. (10), with conditions = [raw a, b, t] for each number, as the conditioner gives
               them: a = tanh(raw a), so that e^a stays between 1/e and e, and t = (logits, means,
               log-scales) of the mixture, M of each (the paper's K).
    Forward:   u, log_slope_of_u = mixture_logit(x; t)
               y = u * exp(a) + b, log_slope = log dy/dx = log_slope_of_u + a
               x, y, log_slope: (N, H, W, c), conditions: (N, H, W, c * (2 + 3M))
    Backward:  takes dy, d_log_slope; gives dx, d_conditions
    """
    raw_a, b, t = _parted(conditions, x.shape)
    a = np.tanh(raw_a)
    (u, log_slope_of_u), mixture_backward = mixture_logit(x, *t)
    y, affine_backward = affine(u, a, b)

    def coupling_transform_backward(dy, d_log_slope):
        du, da, db = affine_backward(dy)
        dx, *dt = mixture_backward(du, d_log_slope)
        d_raw_a = (da + d_log_slope) * (1 - a * a)
        return dx, _joined([d_raw_a[None], db[None], *dt], conditions.shape)
    return (y, log_slope_of_u + a), coupling_transform_backward


@differentiable("y", "conditions")
def coupling_transform_inverse(y, conditions):
    """The inverse of `coupling_transform`, with gradients by the implicit function theorem.

    Forward:   the x for which y = transform(x; conditions); log_slope = log dx/dy, which is minus transform's
               x, y, log_slope: (N, H, W, c), conditions: (N, H, W, c * (2 + 3M))
    Backward:  takes dx, d_log_slope; gives dy, d_conditions. Let f_x and f_c be the derivatives of transform with
               respect to x and to the conditions c. Then x has the derivatives 1 / f_x with respect to y, and
               -f_c / f_x with respect to c. log_slope depends on x and c as well: transform's backward, called
               with -d_log_slope alone, gives h and h_c, the gradients of x and c through log_slope. So
               dy = (dx + h) / f_x,  d_conditions = h_c - f_c * dy
    """
    raw_a, b, t = _parted(conditions, y.shape)
    x = mixture_logit_inverse((y - b) * np.exp(-np.tanh(raw_a)), *t)
    (_, log_slope), transform_backward = coupling_transform(x, conditions)

    def coupling_transform_inverse_backward(dx, d_log_slope):
        h, _ = transform_backward(np.zeros_like(dx), -d_log_slope)
        dy = (dx + h) * np.exp(-log_slope)
        return dy, transform_backward(-dy, -d_log_slope)[1]
    return (x, -log_slope), coupling_transform_inverse_backward


def _parted(conditions, shape):
    """conditions -> a before its tanh (N, H, W, c), b (N, H, W, c), [logits, means, log-scales] (M, N, H, W, c)

    Components come first in memory too: then every sum over them adds whole arrays, which NumPy does faster.
    """
    parts = np.ascontiguousarray(np.moveaxis(conditions.reshape(*shape, -1), -1, 0))
    return parts[0], parts[1], np.split(parts[2:], 3)


def _joined(parts, shape):
    """The inverse of `_parted`."""
    return np.moveaxis(np.concatenate(parts), 0, -1).reshape(shape)


class Coupling:
    """Transform the second half of the channels, by a map whose parameters come from the first half.

    Paper:     Eq. (10).
    Forward:   y = [x1, transform(x2; conditioner(x1))], log_det = sum of transform's log_slope
               x, y: (N, H, W, C), x1, x2: (N, H, W, C/2)
    Backward:  dx; the conditioner's layers, and the context in `given`, accumulate their gradients
    """

    def __init__(self, rng, config, channels, number_of_blocks, context_channels=0):
        c = channels // 2
        self.conditioner = Conditioner(rng, config, c, c * (2 + 3 * config.mixture), number_of_blocks,
                                       context_channels)

    @differentiable("x")
    def __call__(self, x, given=NOTHING):
        return self._run(x, given, coupling_transform)

    @differentiable("y")
    def inverse(self, y, given=NOTHING):
        """The first half is unchanged, so the conditioner computes the same conditions as in the forward direction."""
        return self._run(y, given, coupling_transform_inverse)

    def _run(self, x, given, transform):
        x1, x2 = halves(x)
        conditions, conditioner_backward = self.conditioner(x1, given)
        (y2, log_slope), transform_backward = transform(x2, conditions)
        y = np.concatenate([x1, y2], axis=-1)

        def coupling_backward(dy, d_log_det):
            dy1, dy2 = halves(dy)
            dx2, d_conditions = transform_backward(dy2, np.broadcast_to(to_elements(d_log_det, x2), x2.shape))
            return np.concatenate([dy1 + conditioner_backward(d_conditions), dx2], axis=-1)
        return (y, per_image(log_slope)), coupling_backward


def coupling_step(rng, config, shape, number_of_blocks, context_channels=0):
    """One step of the flow: affine normalisation, 1x1 convolution, coupling, swap.

    Paper:     Appendix C, "one coupling step".    shape: (H, W, C) of an image
    """
    return Composition([ElementwiseNorm(shape), InvertibleConv(rng, shape[-1]),
                        Coupling(rng, config, shape[-1], number_of_blocks, context_channels), Swap()])
