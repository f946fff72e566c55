"""Weight normalisation, real and binary, and the scale that commutes with the convolution."""

import numpy as np

from minibnn.binary.weight_norm import binary_scale, binary_weight_norm, weight_norm
from minibnn.ops import conv2d

RNG = np.random.default_rng(0)
V, GAIN = RNG.normal(size=(3, 3, 4, 5)), RNG.uniform(0.5, 2, 5)
V_BINARY = np.where(V < 0, -1.0, 1.0)


def test_weight_norm_sets_the_length_and_keeps_the_direction():
    w, _ = weight_norm(V, GAIN)
    for o in range(5):
        np.testing.assert_allclose(np.linalg.norm(w[..., o]), GAIN[o])
        np.testing.assert_allclose(w[..., o] / GAIN[o], V[..., o] / np.linalg.norm(V[..., o]))


def test_gradient_of_v_has_no_part_along_v():
    _, backward = weight_norm(V, GAIN)
    dv, _ = backward(RNG.normal(size=V.shape))
    np.testing.assert_allclose((dv * V).sum(axis=(0, 1, 2)), 0, atol=1e-12)


def test_binary_weight_norm_is_weight_norm_of_signs():
    np.testing.assert_allclose(binary_weight_norm(V_BINARY, GAIN)[0], weight_norm(V_BINARY, GAIN)[0])


def test_scale_commutes_with_the_convolution():
    x = RNG.normal(size=(2, 6, 5, 4))
    w, _ = binary_weight_norm(V_BINARY, GAIN)
    alpha, _ = binary_scale(GAIN, 36)
    np.testing.assert_allclose(conv2d(x, w, 1, 1)[0], conv2d(x, V_BINARY, 1, 1)[0] * alpha, atol=1e-12)
