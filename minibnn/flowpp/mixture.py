"""Mixtures of logistic distributions: the logit of their CDF, stable in both tails, and its inverse.

Differs:   the published code's form of the logit overflows in float32 at x = 20; this one does not.
"""

import numpy as np

from ..differentiable import differentiable, require_floating
from ..numerics import logsumexp, softplus


@differentiable("x", "logits", "means", "log_scales")
def mixture_logit(x, logits, means, log_scales):
    """Logit of a mixture's CDF, and the logarithm of its derivative.

    Paper:     Eq. (10), sigmoid^-1(MixLogCDF(x)). F is the CDF, and F' its derivative, the density;
               w = softmax(logits), r = (x - means) / scales.
    Forward:   log F       = logsumexp(log w - softplus(-r))
               log (1 - F) = logsumexp(log w - softplus(r))
               log F'      = logsumexp(log w - log_scales - softplus(-r) - softplus(r))
               u = log F - log(1 - F)
               log_slope = log du/dx = log F' - log F - log(1 - F)
               x, u, log_slope: (...); logits, means, log_scales: (M, ...), for M components
               (the paper's K).
               F itself is not computed: in the tails it rounds to 0 or 1, where u is still an
               ordinary number. There softplus(r) or softplus(-r) is large in every term, and
               smaller numbers lose their digits if they are added to it. So the smallest
               softplus(r) of the components, and the smallest softplus(-r), are first subtracted
               from all of them. In log_slope both cancel; u gets them back.
    Backward:  takes du, d_log_slope. The shares of the components in each logsumexp are its
               gradient:
               d_cdf = (du - d_log_slope) * shares_cdf
               d_rest = (-du - d_log_slope) * shares_rest, d_pdf = d_log_slope * shares_pdf
               dr = (d_cdf + d_pdf) * sigmoid(-r) - (d_rest + d_pdf) * sigmoid(r)
               dx = sum(dr / scales), d_means = -dr / scales, d_log_scales = -d_pdf - dr * r
               d_log_w = d_cdf + d_rest + d_pdf, d_logits = d_log_w - w * sum(d_log_w)
    Range:     nothing limits log_scales, but scales and r must be finite numbers: in float32
               log_scales may reach +-80 (+-20 where the inverse is differentiated). Training
               stops at a loss that is not finite.
    """
    inverse_scales = np.exp(-log_scales)
    r = (x - means) * inverse_scales
    log_sum, w = logsumexp(logits)
    log_w = logits - log_sum
    softplus_minus = softplus(-r)
    softplus_plus = softplus_minus + r
    least_minus, least_plus = softplus_minus.min(axis=0), softplus_plus.min(axis=0)
    cdf_terms = log_w - (softplus_minus - least_minus)             # logarithms, as all that follow
    rest_terms = log_w - (softplus_plus - least_plus)
    pdf_terms = cdf_terms - (softplus_plus - least_plus) - log_scales
    log_cdf, shares_cdf = logsumexp(cdf_terms)
    log_rest, shares_rest = logsumexp(rest_terms)
    log_pdf, shares_pdf = logsumexp(pdf_terms)
    u = (log_cdf - least_minus) - (log_rest - least_plus)

    def mixture_logit_backward(du, d_log_slope):
        d_cdf, d_rest = (du - d_log_slope) * shares_cdf, (-du - d_log_slope) * shares_rest
        d_pdf = d_log_slope * shares_pdf
        dr = (d_cdf + d_pdf) * np.exp(-softplus_plus) - (d_rest + d_pdf) * np.exp(-softplus_minus)
        d_log_w = d_cdf + d_rest + d_pdf
        d_logits = d_log_w - w * d_log_w.sum(axis=0)
        d_means = -dr * inverse_scales
        return -d_means.sum(axis=0), d_logits, d_means, -d_pdf - dr * r
    return (u, log_pdf - log_cdf - log_rest), mixture_logit_backward


def mixture_logit_inverse(u, logits, means, log_scales):
    """The x at which `mixture_logit` is u, by bisection to the precision of the number type.

    Paper:     Appendix C, "the mixture CDF is inverted by bisection".
    Shapes:    as in `mixture_logit`. Gives values only; `coupling` has the gradient of the inverse.
    The root is always in the bracket. Component k alone has the logit u at means_k + scales_k * u.
    At the smallest of these points, every component's CDF is at most sigmoid(u); at the largest,
    every one is at least sigmoid(u). The mixture's CDF is a weighted mean of the components' CDFs,
    so it crosses sigmoid(u) in between.
    Where the slope is nearly 0, between components far apart, u hardly depends on x: there no
    inverse can find x closer than rounding(u) / slope.
    Raises:    ValueError if one of the arguments is no array of floating-point numbers.
    """
    require_floating("mixture_logit_inverse", u=u, logits=logits, means=means,
                     log_scales=log_scales)
    log_w = logits - logsumexp(logits)[0]
    scales = np.exp(log_scales)
    alone = means + scales * u
    low, high = alone.min(axis=0), alone.max(axis=0)
    resolution = np.finfo(u.dtype).eps * scales.min(axis=0)        # no component resolves less
    while np.any(high - low > resolution + np.spacing(np.maximum(np.abs(low), np.abs(high)))):
        middle = low + (high - low) / 2
        r = (middle - means) / scales
        log_cdf, log_rest = logsumexp(log_w - softplus(-r))[0], logsumexp(log_w - softplus(r))[0]
        below = log_cdf - log_rest < u
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low + (high - low) / 2
