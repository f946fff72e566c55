"""Mixtures of logistic distributions: the logit of their CDF, stable in both tails, and its inverse.

Differs:   the published code's form of the logit overflows in float32 at x = 20; this one does not.
"""

import numpy as np

from ..differentiable import differentiable, require_floating
from ..numerics import logsumexp, softplus


@differentiable("x", "logits", "means", "log_scales")
def mixture_logit(x, logits, means, log_scales):
    """Logit of a mixture's CDF, and the logarithm of its derivative.

    Paper:     Eq. (10), sigmoid^-1(MixLogCDF(x)). F is the CDF, f the density, w = softmax(logits),
               s = (x - means) / scales:
    Forward:   log F       = logsumexp(log w - softplus(-s))
               log (1 - F) = logsumexp(log w - softplus(s))
               log f       = logsumexp(log w - log_scales - softplus(-s) - softplus(s))
               y = log F - log(1 - F),  log_slope = log dy/dx = log f - log F - log(1 - F)
               x, y, log_slope: (...), logits, means, log_scales: (M, ...) for M components (the paper's K).
               Never F itself: it rounds to 0 or 1 in the tails, where y is still an ordinary number.
               There softplus(s) is as large as s in every term. So the least softplus(-s) and the least softplus(s)
               of the components are taken out of all terms before they meet smaller numbers; log_slope is free of
               both, y gets them back.
    Backward:  takes dy, d_log_slope; with r the shares of the components in each logsumexp,
               d_cdf = (dy - d_log_slope) * r_F, d_rest = (-dy - d_log_slope) * r_(1-F), d_pdf = d_log_slope * r_f
               ds = (d_cdf + d_pdf) * sigmoid(-s) - (d_rest + d_pdf) * sigmoid(s)
               dx = sum(ds / scales), d_logits = d_log_w - w * sum(d_log_w) with d_log_w = d_cdf + d_rest + d_pdf,
               d_means = -ds / scales, d_log_scales = -d_pdf - ds * s
    Range:     nothing limits log_scales, but scales and s must be finite numbers: in float32 log_scales may reach
               +-80 (+-20 where the inverse is differentiated). Training stops at a loss that is not finite.
    """
    inverse_scales = np.exp(-log_scales)
    s = (x - means) * inverse_scales
    log_sum, w = logsumexp(logits)
    log_w = logits - log_sum
    softplus_minus = softplus(-s)
    softplus_plus = softplus_minus + s
    least_minus, least_plus = softplus_minus.min(axis=0), softplus_plus.min(axis=0)
    cdf_terms = log_w - (softplus_minus - least_minus)             # logarithms, as all that follow
    rest_terms = log_w - (softplus_plus - least_plus)
    pdf_terms = cdf_terms - (softplus_plus - least_plus) - log_scales
    (log_cdf, r_cdf), (log_rest, r_rest), (log_pdf, r_pdf) = map(logsumexp, (cdf_terms, rest_terms, pdf_terms))

    def mixture_logit_backward(dy, d_log_slope):
        d_cdf, d_rest, d_pdf = (dy - d_log_slope) * r_cdf, (-dy - d_log_slope) * r_rest, d_log_slope * r_pdf
        ds = (d_cdf + d_pdf) * np.exp(-softplus_plus) - (d_rest + d_pdf) * np.exp(-softplus_minus)
        d_log_w = d_cdf + d_rest + d_pdf
        d_logits = d_log_w - w * d_log_w.sum(axis=0)
        d_means = -ds * inverse_scales
        return -d_means.sum(axis=0), d_logits, d_means, -d_pdf - ds * s
    y = (log_cdf - least_minus) - (log_rest - least_plus)
    return (y, log_pdf - log_cdf - log_rest), mixture_logit_backward


def mixture_logit_inverse(y, logits, means, log_scales):
    """The x at which `mixture_logit` is y, by bisection to the precision of the floating-point type.

    Paper:     Appendix C, "the mixture CDF is inverted by bisection".
    Shapes:    as in `mixture_logit`. Gives values only; see `coupling` for the gradient of the inverse.
    The bracket cannot miss the root. Component k alone reaches y at x_k = means_k + scales_k * y. The mixture's
    CDF is a weighted mean of theirs: at the least x_k none of them has passed y, at the largest all have.
    Where the slope is nearly 0, between components far apart, y hardly depends on x: there no inverse can find
    x closer than rounding(y) / slope.
    Raises:    ValueError if one of the arguments is no array of floating-point numbers.
    """
    require_floating("mixture_logit_inverse", y=y, logits=logits, means=means, log_scales=log_scales)
    log_w = logits - logsumexp(logits)[0]
    scales = np.exp(log_scales)
    alone = means + scales * y
    low, high = alone.min(axis=0), alone.max(axis=0)
    resolution = np.finfo(y.dtype).eps * scales.min(axis=0)        # closer than this no component can tell
    while np.any(high - low > resolution + np.spacing(np.maximum(np.abs(low), np.abs(high)))):
        middle = low + (high - low) / 2
        s = (middle - means) / scales
        below = logsumexp(log_w - softplus(-s))[0] - logsumexp(log_w - softplus(s))[0] < y
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low + (high - low) / 2
