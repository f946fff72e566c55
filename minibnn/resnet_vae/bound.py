"""The evidence lower bound, ELBO (Eq. 7); and the loss with free bits: a latent channel counts at least KL_MIN."""

from typing import NamedTuple

import numpy as np

from ..differentiable import require_floating

KL_MIN = 0.1             # in nats: training does not push the KL of a latent channel below this (Appendix B)


class Bound(NamedTuple):
    """The terms of Eq. (7) for N images, in nats, estimated with one sample of the latents."""

    log_likelihood: np.ndarray    # (N,): log p(x | z)
    kl: np.ndarray                # (N, L, Z): log q(z | x) - log p(z), summed over rows and columns

    @property
    def negative(self):
        """The negative ELBO of each image, in nats, with the true KL, without free bits: (N,)."""
        return self.kl.sum(axis=(1, 2)) - self.log_likelihood


def free_bits_loss(bound, kl_min=KL_MIN):
    """Mean negative ELBO of the batch, in nats; a latent channel counts at least kl_min.

    Paper:     Eq. (7), "free bits" of Appendix B.
    Forward:   loss = -mean(log_likelihood) + sum over the channels of max(kl_min, mean(kl))
               means are over the N images; a channel is one of the Z of one of the L layers
    Backward:  d_log_likelihood (N,), d_kl (N, L, Z); d_kl is 0 where mean(kl) <= kl_min
    Raises:    ValueError if a term is not a floating-point array.
    """
    require_floating("free_bits_loss", log_likelihood=bound.log_likelihood, kl=bound.kl)
    N = len(bound.log_likelihood)
    channel_kl = bound.kl.mean(axis=0)                              # (L, Z)
    loss = np.maximum(channel_kl, kl_min).sum() - bound.log_likelihood.mean()

    def free_bits_loss_backward(d_loss=1.0):
        d_log_likelihood = np.full_like(bound.log_likelihood, -d_loss / N)
        d_channel_kl = (channel_kl > kl_min) * bound.kl.dtype.type(d_loss / N)
        d_kl = np.broadcast_to(d_channel_kl, bound.kl.shape)
        return d_log_likelihood, d_kl
    return loss, free_bits_loss_backward
