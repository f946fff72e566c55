"""Convolution and its transpose against their definitions in loops."""

import tracemalloc

import numpy as np
import pytest
from reference import conv2d_loops, conv2d_transpose_loops

from minibnn import ops
from minibnn.ops import conv2d, conv2d_transpose, convolution


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2, 4])
def test_conv2d_equals_its_definition(kernel, stride, padding):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 7, 6, 2)), rng.normal(size=(kernel, kernel, 2, 5))
    y, backward = conv2d(x, w, stride, padding)
    np.testing.assert_allclose(y, conv2d_loops(x, w, stride, padding), atol=1e-12)
    dx, _ = backward(y)
    np.testing.assert_allclose(dx, conv2d_transpose_loops(y, w, (7, 6), stride, padding), atol=1e-11)


@pytest.mark.parametrize("kernel, stride, padding", [(3, 1, 1), (5, 2, 2), (2, 3, 0), (4, 2, 1), (1, 2, 3)])
def test_conv2d_transpose_equals_its_definition(kernel, stride, padding):
    rng = np.random.default_rng(1)
    u, w = rng.normal(size=(2, 9, 6, 3)), rng.normal(size=(kernel, kernel, 3, 4))
    x = rng.normal(size=conv2d(u, w, stride, padding)[0].shape)
    y, _ = conv2d_transpose(x, w, (9, 6), stride, padding)
    np.testing.assert_allclose(y, conv2d_transpose_loops(x, w, (9, 6), stride, padding), atol=1e-12)


def test_kernel_gradients_are_the_adjoint_of_the_kernel():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(3, 5, 8, 2)), rng.normal(size=(3, 3, 2, 4))
    y, backward = conv2d(x, w, 2, 1)
    dy, other = rng.normal(size=y.shape), rng.normal(size=w.shape)
    np.testing.assert_allclose((backward(dy)[1] * other).sum(), (dy * conv2d(x, other, 2, 1)[0]).sum())


@pytest.mark.parametrize("pixels", [90, 30, 20, 1])
def test_pieces_do_not_show(monkeypatch, pixels):
    """An image has 6 x 5 pixels: three images a piece, one, and rows of one."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(7, 6, 5, 3)), rng.normal(size=(3, 3, 3, 4))
    whole, whole_backward = conv2d(x, w, 1, 1)
    whole_grads = whole_backward(whole)
    monkeypatch.setattr(convolution, "SCRATCH_BYTES", pixels * 3 * 3 * 4 * 8)
    pieces, backward = conv2d(x, w, 1, 1)
    np.testing.assert_allclose(pieces, whole, atol=1e-12)
    for of_pieces, of_whole in zip(backward(pieces), whole_grads):
        np.testing.assert_allclose(of_pieces, of_whole, atol=1e-12)


def test_scratch_memory_does_not_grow_with_the_batch():
    w = np.ones((3, 3, 32, 32), np.float32)

    def scratch(images):
        x = np.ones((images, 16, 16, 32), np.float32)
        y, backward = conv2d(x, w, 1, 1)
        peaks = []
        for run, results in ((lambda: conv2d(x, w, 1, 1), y.nbytes), (lambda: backward(y), x.nbytes + w.nbytes)):
            tracemalloc.start()
            run()
            peaks.append(tracemalloc.get_traced_memory()[1] - results)
            tracemalloc.stop()
        return np.array(peaks)
    assert (scratch(256) <= scratch(64) * 1.1 + 4096).all()


@pytest.mark.parametrize("x, w, message", [
    ((2, 5, 5, 3), (3, 3, 4, 2), "conv2d: wanted images"),
    ((5, 5, 3), (3, 3, 3, 2), "conv2d: wanted images"),
    ((2, 5, 5, 3), (3, 2, 3, 2), "conv2d: wanted images"),
    ((2, 2, 2, 3), (5, 5, 3, 2), "conv2d: x: wanted at least 5 pixels")])
def test_shapes_that_do_not_fit_are_refused(x, w, message):
    with pytest.raises(ValueError, match=message):
        conv2d(np.ones(x), np.ones(w))


@pytest.mark.parametrize("stride, padding", [(0, 1), (-1, 1), (1, -1), (1.5, 1), (2.0, 1), (1, 1.5)])
@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_strides_below_1_paddings_below_0_and_fractions_are_refused(op, stride, padding):
    x, w, size = np.ones((1, 5, 5, 2)), np.ones((3, 3, 2, 2)), [(5, 5)] * (op == "conv2d_transpose")
    wanted = f"{op}: wanted whole numbers, stride >= 1 and padding >= 0, got {stride} and {padding}"
    with pytest.raises(ValueError, match=wanted):
        getattr(ops, op)(x, w, *size, stride, padding)


def test_conv2d_transpose_refuses_an_impossible_size():
    with pytest.raises(ValueError, match=r"wanted \(4, 4\) pixels for size \(8, 8\)"):
        conv2d_transpose(np.ones((1, 3, 3, 2)), np.ones((3, 3, 1, 2)), (8, 8), stride=2, padding=1)
