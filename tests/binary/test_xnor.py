"""Bits in and out without loss; the XNOR convolution equals the float convolution exactly."""

import numpy as np
import pytest
from reference import xnor_dot_loops

from minibnn.binary import xnor
from minibnn.binary.bits import PackedKernel, pack_bits, unpack_signs
from minibnn.binary.xnor import xnor_conv2d
from minibnn.ops import conv2d

RNG = np.random.default_rng(0)


def _signs(*shape):
    return np.where(RNG.random(shape) < 0.5, -1, 1).astype(np.float32)


@pytest.mark.parametrize("n", [1, 7, 8, 63, 64, 65, 128, 200])
def test_bits_come_out_as_they_went_in(n):
    signs = _signs(3, 2, n)
    words = pack_bits(signs > 0)
    assert words.dtype == np.uint64 and words.shape == (3, 2, -(-n // 64))
    np.testing.assert_array_equal(unpack_signs(words, n), signs)
    assert not unpack_signs(words, 64 * words.shape[-1], np.int8)[..., n:].clip(0).any()         # spare bits are 0


def test_bit_i_is_in_word_i_over_64():
    positive = np.zeros(130, bool)
    positive[[0, 5, 64, 129]] = True
    np.testing.assert_array_equal(pack_bits(positive), np.array([0b100001, 1, 0b10], np.uint64))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 3, 5, 2), (5, 5, 64, 3), (3, 3, 130, 4), (1, 1, 8, 9)])
def test_a_kernel_comes_out_as_it_went_in(shape):
    signs = _signs(*shape)
    np.testing.assert_array_equal(PackedKernel(signs).signs(), signs)
    assert PackedKernel(np.zeros(shape)).signs().min() == 1                                      # sign(0) = +1


def test_counting_is_the_sum_of_products():
    x, w = _signs(5, 100), _signs(3, 100)
    counts = xnor._count_differences(np.ascontiguousarray(pack_bits(x > 0).T), pack_bits(w > 0))
    np.testing.assert_array_equal(100 - 2 * counts.astype(int), xnor_dot_loops(w, x))


SHAPES = [(2, 7, 5, 3, 4, 3, 1, 1), (3, 6, 9, 64, 5, 3, 1, 1), (1, 8, 8, 65, 9, 5, 1, 2), (2, 5, 5, 128, 17, 1, 1, 0),
          (2, 9, 6, 12, 3, 3, 2, 1), (1, 7, 7, 1, 1, 5, 2, 2), (2, 6, 4, 30, 7, 2, 1, 0), (1, 5, 9, 7, 2, 3, 3, 4),
          (1, 4, 4, 300, 8, 3, 1, 1)]


@pytest.mark.parametrize("N, H, W, C, O, K, stride, padding", SHAPES)
def test_it_equals_the_float_convolution_exactly(N, H, W, C, O, K, stride, padding):
    x, w = _signs(N, H, W, C), _signs(K, K, C, O)
    y = xnor_conv2d(x, PackedKernel(w), stride, padding)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, conv2d(x, w, stride, padding)[0])


def test_only_signs_of_the_input_count_and_zero_is_plus_one():
    x = RNG.normal(size=(2, 5, 4, 6)).astype(np.float32)
    x[0, :2] = 0
    w = _signs(3, 3, 6, 4)
    expected, _ = conv2d(np.where(x >= 0, 1, -1).astype(np.float32), w, 1, 1)
    np.testing.assert_array_equal(xnor_conv2d(x, PackedKernel(w), 1, 1), expected)


def test_blocks_do_not_show(monkeypatch):
    x, w = _signs(7, 6, 5, 20), _signs(3, 3, 20, 11)
    whole = xnor_conv2d(x, PackedKernel(w), 1, 1)
    monkeypatch.setattr(xnor, "PIXELS", 61)
    monkeypatch.setattr(xnor, "OUTPUTS", 3)
    np.testing.assert_array_equal(xnor_conv2d(x, PackedKernel(w), 1, 1), whole)


@pytest.mark.parametrize("C, dtype", [(3, np.uint8), (64, np.uint16), (8000, np.uint32)])
def test_counts_use_the_smallest_type_that_holds_the_fan_in(C, dtype):
    """All bits differ: the largest count there is."""
    x, w = np.ones((1, 3, 3, C), np.float32), -np.ones((3, 3, C, 2), np.float32)
    kernel = PackedKernel(w)
    assert xnor._count_differences(np.zeros((kernel.words.shape[1], 4), np.uint64), kernel.words).dtype == dtype
    np.testing.assert_array_equal(xnor_conv2d(x, kernel), -9 * C)


@pytest.mark.parametrize("W, dtype", [(3, np.uint8), (4, np.uint16), (1023, np.uint16), (1024, np.uint32)])
def test_whole_words_of_differing_bits_are_counted_without_overflow(W, dtype):
    """No spare bits: 64 * W itself must fit."""
    counts = xnor._count_differences(np.zeros((W, 3), np.uint64), ~np.zeros((2, W), np.uint64))
    assert counts.dtype == dtype
    np.testing.assert_array_equal(counts, np.full((2, 3), 64 * W))


def test_channels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"xnor_conv2d: wanted images .* with as many inputs, got \(1, 4, 4, 5\) and"):
        xnor_conv2d(np.ones((1, 4, 4, 5)), PackedKernel(np.ones((3, 3, 6, 2))))


@pytest.mark.parametrize("stride, padding, message", [
    (0, 1, "stride >= 1 and padding >= 0"), (1.5, 1, "whole numbers"), (1, -1, "padding >= 0")])
def test_what_the_float_convolution_refuses_is_refused(stride, padding, message):
    x, v = np.ones((1, 4, 4, 5), np.float32), np.ones((3, 3, 5, 2), np.float32)
    for call in (lambda: xnor_conv2d(x, PackedKernel(v), stride, padding), lambda: conv2d(x, v, stride, padding)):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(ValueError, match="xnor_conv2d: x: wanted at least 3 pixels"):
        xnor_conv2d(x[:, :2], PackedKernel(v))
    for shape in ((3, 3, 5), (3, 2, 5, 2)):
        with pytest.raises(ValueError, match="PackedKernel: v: wanted a square kernel"):
            PackedKernel(np.ones(shape, np.float32))
