"""Convolution and its transpose: gather shifted rows, multiply matrices, in cache-sized pieces.

Shapes: N images, H, W rows and columns, C channels in, O channels out, K kernel size; NHWC images,
(K, K, C, O) kernels. "Convolution" means cross-correlation, as everywhere in deep learning.

A transposed convolution is the adjoint of a convolution, and the adjoint of a correlation is again a
correlation: of the zero-stuffed input with the kernel turned by 180 degrees. So one loop, `_correlate`,
serves both ops forward and backward; `_kernel_gradient` is the only other one.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..differentiable import differentiable

SCRATCH_BYTES = 1 << 20  # one piece of gathered rows: stays in a core's second-level cache


@differentiable("x", "w")
def conv2d(x, w, stride=1, padding=0):
    """Correlate images with a kernel, over zero padding on all four sides.

    Paper:     the "convolution" of section 3 and Figure 1.
    Forward:   y[n,i,j,o] = sum_{a,b,c} xpad[n, stride*i + a, stride*j + b, c] * w[a,b,c,o]
               x: (N, H, W, C), w: (K, K, C, O), y: (N, H', W', O) with H' = (H + 2*padding - K)//stride + 1
    Backward:  dx, dw
    Raises:    ValueError if the shapes do not fit each other, or the kernel the padded image.
    """
    check_shapes("conv2d", x.shape, w.shape, stride, padding)
    frame = Frame.forward(x.shape, w.shape[0], stride, padding)
    y = _correlate(x, w, frame)
    adjoint = Frame.adjoint(x.shape, w.shape[0], stride, padding)

    def conv2d_backward(dy):
        return _correlate(dy, _turned(w), adjoint), _kernel_gradient(x, dy, frame, w.shape[0])
    return y, conv2d_backward


@differentiable("x", "w")
def conv2d_transpose(x, w, size, stride=1, padding=0):
    """The adjoint of conv2d: <conv2d(u, w), x> = <u, conv2d_transpose(x, w, size)> for all u.

    Paper:     the "transposed convolution" of Appendix B.
    Forward:   y[n,p,q,c] = sum of x[n,i,j,o] * w[a,b,c,o] over all stride*i + a = p + padding (and so q)
               x: (N, H', W', O), w: (K, K, C, O), size: (H, W) of y, y: (N, H, W, C)
    Backward:  dx, dw
    Raises:    ValueError if the shapes do not fit, or conv2d would not turn `size` into x's.
    """
    check_shapes("conv2d_transpose", x.shape, w.shape, stride, padding, size, inputs=3)
    y_shape = (len(x), *size, w.shape[2])
    frame = Frame.forward(y_shape, w.shape[0], stride, padding)
    y = _correlate(x, _turned(w), Frame.adjoint(y_shape, w.shape[0], stride, padding))

    def conv2d_transpose_backward(dy):
        return _correlate(dy, w, frame), _kernel_gradient(dy, x, frame, w.shape[0])
    return y, conv2d_transpose_backward


class Frame(NamedTuple):
    """How an image lies on the zero canvas that the kernel slides over."""
    canvas: tuple        # rows and columns of the canvas
    offset: int          # where the image's first pixel lies (may be negative: then it is cropped)
    stuffing: int        # distance between its neighbouring pixels on the canvas
    stride: int          # step of the kernel
    output: tuple        # rows and columns of the result

    @staticmethod
    def forward(shape, K, stride, padding):
        canvas = tuple(s + 2 * padding for s in shape[1:3])
        return Frame(canvas, padding, 1, stride, tuple((s - K) // stride + 1 for s in canvas))

    @staticmethod
    def adjoint(shape, K, stride, padding):
        H, W = shape[1:3]
        return Frame((H + K - 1, W + K - 1), K - 1 - padding, stride, 1, (H, W))


def _turned(w):
    """The kernel of the adjoint: turned by 180 degrees, inputs and outputs exchanged."""
    return np.ascontiguousarray(w[::-1, ::-1].swapaxes(2, 3))


def _correlate(x, w, frame):
    K, O = w.shape[0], w.shape[3]
    w_rows = w.reshape(K, -1, O)                                   # (K, K*C, O): one matrix per kernel row
    y = np.empty((len(x), *frame.output, O), x.dtype)
    for piece, rows in _gathered_rows(x, K, frame):
        total = _kernel_row(rows, 0, frame) @ w_rows[0]
        for a in range(1, K):
            total += _kernel_row(rows, a, frame) @ w_rows[a]
        y[piece] = total.reshape(frame.output[0], -1, frame.output[1], O).swapaxes(0, 1)
    return y


def _kernel_gradient(x, dy, frame, K):
    dw = np.zeros((K, K * x.shape[3], dy.shape[3]), x.dtype)
    for piece, rows in _gathered_rows(x, K, frame):
        dy_rows = dy[piece].swapaxes(0, 1).reshape(-1, dy.shape[3])
        for a in range(K):
            dw[a] += _kernel_row(rows, a, frame).T @ dy_rows
    return dw.reshape(K, K, x.shape[3], dy.shape[3])


def _gathered_rows(x, K, frame):
    """Yield (slice of images n, rows (canvas H, n, W', K*C)): what the kernel's rows see of each canvas row.

    The scratch memory is one piece, however many images there are.
    """
    N, H, W, C = x.shape
    (canvas_H, canvas_W), columns = frame.canvas, frame.output[1]
    n = max(1, min(N, SCRATCH_BYTES // (canvas_H * columns * K * C * x.itemsize)))
    canvas = np.zeros((n, canvas_H, canvas_W, C), x.dtype)
    along_n, along_H, along_W, along_C = canvas.strides             # K neighbours in a row: K*C numbers side by side
    windows = as_strided(canvas, (canvas_H, n, columns, K * C), (along_H, along_n, frame.stride * along_W, along_C))
    scratch = np.empty(canvas_H * n * columns * K * C, x.dtype)
    to_H, from_H = overlap(H, canvas_H, frame)
    to_W, from_W = overlap(W, canvas_W, frame)
    for start in range(0, N, n):
        piece = slice(start, min(start + n, N))
        m = piece.stop - start
        canvas[:m, to_H, to_W] = x[piece, from_H, from_W]
        rows = scratch[:canvas_H * m * columns * K * C].reshape(canvas_H, m, columns, K * C)
        np.copyto(rows, windows[:, :m])
        yield piece, rows


def _kernel_row(rows, a, frame):
    """What kernel row `a` sees for every output pixel: (H' * n * W', K*C), a view when the stride is 1."""
    seen = rows[a:a + frame.stride * (frame.output[0] - 1) + 1:frame.stride]
    return seen.reshape(-1, rows.shape[-1])


def overlap(length, canvas, frame):
    """Slices of the canvas and of the image, along one axis, where the image lies on the canvas."""
    first = -(min(frame.offset, 0) // frame.stuffing)
    stop = min(length, -((frame.offset - canvas) // frame.stuffing))
    begin = frame.offset + first * frame.stuffing
    return slice(begin, begin + (stop - first - 1) * frame.stuffing + 1, frame.stuffing), slice(first, stop)


def check_shapes(op, x, w, stride, padding, size=None, inputs=2):
    """Raise ValueError unless shapes of images x and of a kernel w fit each other; with `size`, for a transpose.

    inputs:    the axis of w that has as many channels as x
    """
    if len(x) != 4 or len(w) != 4 or w[0] != w[1] or w[inputs] != x[3]:
        raise ValueError(f"{op}: wanted images (N, H, W, C) and a square kernel with as many inputs, got {x} and {w}")
    if not all(isinstance(n, (int, np.integer)) for n in (stride, padding)) or stride < 1 or padding < 0:
        raise ValueError(f"{op}: wanted whole numbers, stride >= 1 and padding >= 0, got {stride} and {padding}")
    name, large = ("x", x[1:3]) if size is None else ("size", size)
    if np.shape(large) != (2,) or min(large) + 2 * padding < w[0]:
        raise ValueError(f"{op}: {name}: wanted at least {w[0]} pixels both ways with the padding, got {large}")
    if size is not None and (small := Frame.forward((0, *size), w[0], stride, padding).output) != x[1:3]:
        raise ValueError(f"{op}: x: wanted {small} pixels for size {size}, got {x}")
