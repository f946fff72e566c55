"""Sign and straight-through estimators at 0, at +-1 and beyond; the bound on latent weights."""

import numpy as np
import pytest

from minibnn.binary.straight_through import binarise_activations_ste, binarise_weights_ste, clip_latent, sign

X = np.array([-2.0, -1.0 - 1e-12, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.0 + 1e-12, 2.0])
SIGNS = [-1, -1, -1, -1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("op", [sign, binarise_weights_ste, binarise_activations_ste])
def test_sign_of_zero_is_plus_one(op):
    np.testing.assert_array_equal(op(X)[0], SIGNS)


def test_true_derivative_of_sign_is_zero():
    np.testing.assert_array_equal(sign(X)[1](np.full(10, 3.0)), np.zeros(10))


def test_weight_gradient_passes_everywhere():
    dy = np.arange(10.0)
    np.testing.assert_array_equal(binarise_weights_ste(X)[1](dy), dy)


def test_activation_gradient_passes_only_inside_minus_one_to_one():
    np.testing.assert_array_equal(binarise_activations_ste(X)[1](np.full(10, 3.0)), [0, 0, 3, 3, 3, 3, 3, 3, 0, 0])


def test_clip_latent_is_a_new_bounded_array():
    v = np.array([-3.0, -0.2, 1.0, 1.5])
    np.testing.assert_array_equal(clip_latent(v), [-1, -0.2, 1, 1])
    np.testing.assert_array_equal(v, [-3, -0.2, 1, 1.5])
