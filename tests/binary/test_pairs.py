"""The convolution of signs in pairs of images equals the ordinary one exactly, up to the largest sums there are."""

import numpy as np
import pytest

from minibnn.binary import pairs
from minibnn.binary.bits import PackedKernel
from minibnn.binary.pairs import sign_conv2d
from minibnn.binary.xnor import xnor_conv2d
from minibnn.ops import conv2d

RNG = np.random.default_rng(0)
# N, H, W, C, O, K, stride, padding: odd numbers of images and one, fan-ins up to 2047 (the most of one part) and above
SHAPES = [(2, 7, 5, 3, 4, 3, 1, 1), (1, 5, 8, 6, 4, 3, 1, 1), (5, 4, 6, 64, 7, 3, 1, 1), (3, 8, 8, 65, 9, 5, 1, 2),
          (2, 5, 5, 128, 17, 1, 1, 0), (4, 9, 6, 12, 3, 3, 2, 1), (7, 3, 4, 227, 2, 3, 1, 1),
          (2, 3, 4, 228, 2, 3, 1, 1), (3, 4, 4, 256, 5, 3, 1, 1), (2, 2, 3, 2047, 3, 1, 1, 0),
          (3, 2, 2, 2048, 3, 1, 1, 0), (2, 5, 5, 200, 4, 5, 1, 2)]


def _signs(*shape):
    return np.where(RNG.random(shape) < 0.5, -1, 1).astype(np.float32)


@pytest.mark.parametrize("N, H, W, C, O, K, stride, padding", SHAPES)
def test_it_equals_the_ordinary_convolution_exactly(N, H, W, C, O, K, stride, padding):
    x, w = _signs(N, H, W, C), _signs(K, K, C, O)
    (y, backward), (expected, expected_backward) = (op(x, w, stride, padding) for op in (sign_conv2d, conv2d))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, expected)
    dy = RNG.standard_normal(y.shape, dtype=np.float32)
    for grad, wanted in zip(backward(dy), expected_backward(dy)):
        np.testing.assert_array_equal(grad, wanted)


def _xnor(x, w, stride, padding):
    return xnor_conv2d(x, PackedKernel(w), stride, padding), None


@pytest.mark.parametrize("op", [sign_conv2d, _xnor])
def test_pairs_and_xnor_equal_the_ordinary_convolution_exactly_over_random_shapes(op):
    for _ in range(60):
        N, C, O, K, stride = (int(RNG.integers(1, high)) for high in (6, 140, 20, 6, 4))
        H, W = (int(RNG.integers(K, 12)) for _ in range(2))
        padding = int(RNG.integers(0, 4))
        x, w = _signs(N, H, W, C), _signs(K, K, C, O)
        np.testing.assert_array_equal(op(x, w, stride, padding)[0], conv2d(x, w, stride, padding)[0],
                                      err_msg=f"{x.shape} {w.shape} {stride} {padding}")


@pytest.mark.parametrize("C", [2046, 2047, 2048, 5000])
def test_the_largest_sums_come_out(C):
    """All products of the one image +1 and of the other -1, and the other way round."""
    for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        x = np.empty((2, 1, 1, C), np.float32)
        x[0], x[1] = first, second
        y, _ = sign_conv2d(x, np.ones((1, 1, C, 2), np.float32))
        assert y[0].tolist() == [[[first * C] * 2]] and y[1].tolist() == [[[second * C] * 2]]


def test_half_of_the_images_are_convolved(monkeypatch):
    seen, ordinary = [], pairs.convolve
    monkeypatch.setattr(pairs, "convolve", lambda x, *rest: seen.append(x.shape) or ordinary(x, *rest))
    sign_conv2d(_signs(6, 4, 5, 300), _signs(3, 3, 300, 2), 1, 1)
    assert seen == [(3, 4, 5, 227), (3, 4, 5, 73)]                  # 9 * 227 products are the most of one part


def test_float64_takes_the_ordinary_convolution_since_a_tangent_twin_has_no_signs():
    x, w = RNG.normal(size=(3, 4, 5, 6)), RNG.normal(size=(3, 3, 6, 2))
    np.testing.assert_array_equal(sign_conv2d(x, w, 1, 1)[0], conv2d(x, w, 1, 1)[0])


def test_a_kernel_with_more_taps_than_a_pair_can_hold_takes_the_ordinary_convolution():
    x, w = np.ones((2, 46, 46, 1), np.float32), np.ones((46, 46, 1, 1), np.float32)
    assert sign_conv2d(x, w)[0].tolist() == [[[[2116]]]] * 2


def test_shapes_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ValueError, match="sign_conv2d: wanted images"):
        sign_conv2d(_signs(1, 4, 4, 5), _signs(3, 3, 6, 2))
