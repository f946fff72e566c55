"""Free bits, and bits per dimension."""

import numpy as np
import pytest

from minibnn.numerics import bits_per_dimension
from minibnn.resnet_vae.bound import Bound, free_bits_loss


def _bound():
    kl = np.array([[[0.02, 3.0]], [[0.06, 5.0]]])                   # N = 2, L = 1, Z = 2
    return Bound(np.array([-10.0, -20.0]), kl)


def test_a_channel_below_the_minimum_costs_the_minimum_and_is_not_pushed():
    loss, backward = free_bits_loss(_bound(), 0.1)
    np.testing.assert_allclose(loss, 15 + 0.1 + 4)
    d_log_likelihood, d_kl = backward()
    np.testing.assert_allclose(d_log_likelihood, [-0.5, -0.5])
    np.testing.assert_allclose(d_kl, [[[0, 0.5]], [[0, 0.5]]])


def test_a_tenth_of_a_nat_of_each_latent_channel_is_free():
    """What a model trains with. The mean over the batch decides, not that of an image or of a layer."""
    kl = np.array([[[0.0, 0.05], [0.14, 3.0]], [[0.18, 0.13], [0.08, 5.0]]])          # N = 2, L = 2, Z = 2
    loss, backward = free_bits_loss(Bound(np.zeros(2), kl))
    np.testing.assert_allclose(loss, 0.1 + 0.1 + 0.11 + 4)
    np.testing.assert_allclose(backward()[1], np.broadcast_to([[0, 0], [0.5, 0.5]], kl.shape))


def test_the_true_bound_ignores_free_bits():
    np.testing.assert_allclose(_bound().negative, [13.02, 25.06])


def test_bits_per_dimension_of_a_fair_byte_is_eight():
    np.testing.assert_allclose(bits_per_dimension(192 * np.log(256), 192), 8)


def test_whole_numbers_are_refused():
    with pytest.raises(ValueError, match="free_bits_loss: kl: wanted an array of floating-point numbers, got int64"):
        free_bits_loss(Bound(np.zeros(2), np.ones((2, 1, 1), np.int64)))
