"""Convolution and its transpose: gather patches, multiply matrices, in cache-sized pieces.

Shapes: N images, H, W rows and columns, C channels in, O channels out, K kernel size; NHWC images,
(K, K, C, O) kernels. "Convolution" means cross-correlation, as everywhere in deep learning.

A transposed convolution is the adjoint of a convolution: it maps the gradient of a convolution's output to the
gradient of its input. The adjoint is itself a convolution, of stride 1, with the kernel turned by 180 degrees. If
the convolution's stride s is more than 1, the adjoint computes a square of s x s pixels at each place, as s * s * C
channels, and `depth_to_space` puts these pixels side by side. So two loops are enough for both ops, forward and
backward: `_convolve` computes values, and `_gradients` computes dx and dw together, both from the patches of dy.
"""

from typing import NamedTuple

import numpy as np

from ..differentiable import differentiable
from .rearrange import depth_to_space, space_to_depth

SCRATCH_BYTES = 1 << 20  # of one piece of gathered patches: about the size of a core's second-level cache


@differentiable("x", "w")
def conv2d(x, w, stride=1, padding=0):
    """Correlate images with a kernel, over zero padding on all four sides.

    Paper:     the "convolution" of section 3 and Figure 1.
    Forward:   y[n,i,j,o] = sum_{a,b,c} xpad[n, stride*i + a, stride*j + b, c] * w[a,b,c,o]
               x: (N, H, W, C), w: (K, K, C, O), y: (N, H', W', O), where xpad is x with
               `padding` zeros on each side, and H' = (H + 2*padding - K)//stride + 1
    Backward:  dx, dw
    Raises:    ValueError if the shapes do not fit each other, if the kernel is larger than xpad, or
               unless stride >= 1 and padding >= 0 are whole numbers.
    """
    check_shapes("conv2d", x.shape, w.shape, stride, padding)
    y = convolve(x, w, stride, padding)

    def conv2d_backward(dy):
        return conv2d_gradients(dy, x, w, stride, padding)
    return y, conv2d_backward


@differentiable("x", "w")
def conv2d_transpose(x, w, size, stride=1, padding=0):
    """The adjoint of conv2d: <conv2d(u, w), x> = <u, conv2d_transpose(x, w, size)> for all u.

    Paper:     the "transposed convolution" of Appendix B.
    Forward:   y[n,p,q,c] = sum of x[n,i,j,o] * w[a,b,c,o] over all o, over the i and a for which
               stride*i + a = p + padding, and over the j and b for which stride*j + b = q + padding
               x: (N, H', W', O), w: (K, K, C, O), size: (H, W) of y, y: (N, H, W, C)
    Backward:  dx, dw
    Raises:    ValueError if the shapes do not fit each other, or if conv2d would not give maps of x's size (H', W')
               for images of `size`; or unless stride >= 1 and padding >= 0 are whole numbers.
    """
    check_shapes("conv2d_transpose", x.shape, w.shape, stride, padding, size)
    y_shape = (len(x), *size, w.shape[2])
    squares = _convolve(x, _turned(w, stride), Frame.adjoint(y_shape, w.shape[0], stride, padding))
    y = _spread(squares, y_shape, stride, padding)

    def conv2d_transpose_backward(dy):
        return _gradients(dy, w, x, Frame.forward(y_shape, w.shape[0], stride, padding))
    return y, conv2d_transpose_backward


def convolve(x, w, stride, padding):
    """The values of `conv2d`, without a backward."""
    return _convolve(x, w, Frame.forward(x.shape, w.shape[0], stride, padding))


def conv2d_gradients(dy, x, w, stride, padding):
    """The gradients of `conv2d`: dx, dw."""
    frame = Frame.adjoint(x.shape, w.shape[0], stride, padding)
    squares = _collected(x, frame, stride, padding)
    d_squares, d_turned = _gradients(dy, _turned(w, stride), squares, frame)
    return _spread(d_squares, x.shape, stride, padding), _turned_back(d_turned, w.shape, stride)


class Frame(NamedTuple):
    """How an image lies on the canvas of zeros that the kernel slides over."""
    canvas: tuple        # rows and columns of the canvas
    offset: int          # row and column of the image's first pixel on the canvas; if negative, the image is cropped
    stride: int          # step of the kernel
    output: tuple        # rows and columns of the result

    @staticmethod
    def forward(shape, K, stride, padding):
        canvas = tuple(s + 2 * padding for s in shape[1:3])
        return Frame(canvas, padding, stride, tuple((s - K) // stride + 1 for s in canvas))

    @staticmethod
    def adjoint(shape, K, stride, padding):
        """From conv2d's output to squares of stride x stride pixels of its input; the first one holds pixel (0, 0)."""
        T = -(-K // stride)                                         # kernel size of `_turned`
        first = padding // stride
        output = tuple((padding + s - 1) // stride - first + 1 for s in shape[1:3])
        return Frame(tuple(s + T - 1 for s in output), T - 1 - first, 1, output)


def _convolve(x, kernel, frame):
    y = np.empty((len(x), *frame.output, kernel.shape[3]), x.dtype)
    matrix = kernel.reshape(-1, kernel.shape[3])                    # (K*K*C, O)
    for place, patches in _patches(x, kernel.shape[0], frame):
        np.matmul(patches, matrix, out=_pixels(y[place]))
    return y


def _gradients(dy, kernel, x, frame):
    """dx = `_convolve`(dy, kernel, frame), and the gradient of `kernel`, both from the same patches of dy."""
    dx = np.empty(x.shape, x.dtype)
    matrix = kernel.reshape(-1, kernel.shape[3])
    d_matrix = np.zeros(matrix.shape, x.dtype)
    for place, patches in _patches(dy, kernel.shape[0], frame):
        np.matmul(patches, matrix, out=_pixels(dx[place]))
        d_matrix += patches.T @ _pixels(x[place])
    return dx, d_matrix.reshape(kernel.shape)


def _patches(x, K, frame):
    """Yield (place, patches), piece by piece: a part of the result, and what the kernel sees at each of its pixels.

    place:     index of the part in the result: which images, and which rows of them
    patches:   (pixels of the part, K*K*C). They take at most SCRATCH_BYTES, or one row of the result if that is more.
               So the memory for patches, and for canvases with their images, does not grow with the batch.
    """
    N, H, W, C = x.shape
    rows, columns = frame.output
    if (K, frame) == (1, ((H, W), 0, 1, (H, W))):                   # a pixel is its own patch
        yield np.s_[:], _pixels(x)
        return
    bytes_of_row = columns * K * K * C * x.itemsize
    images = max(1, min(N, SCRATCH_BYTES // (rows * bytes_of_row)))
    step = max(1, min(rows, SCRATCH_BYTES // bytes_of_row))         # if fewer than all rows, then of one image
    canvas = np.zeros((images, *frame.canvas, C), x.dtype)
    of_canvas = windows(canvas, K, frame)
    scratch = np.empty((images * step * columns, K * K * C), x.dtype)
    (to_H, from_H), (to_W, from_W) = overlaps(x.shape, frame)
    for start in range(0, N, images):
        piece = slice(start, min(start + images, N))
        m = piece.stop - start
        canvas[:m, to_H, to_W] = x[piece, from_H, from_W]
        for top in range(0, rows, step):
            seen = of_canvas[:m, top:top + step]
            patches = scratch[:m * seen.shape[1] * columns]
            np.copyto(patches.reshape(seen.shape), seen)
            yield (piece, slice(top, top + step)), patches


def _pixels(x):
    return x.reshape(-1, x.shape[-1])


def windows(canvas, K, frame):
    """What the kernel sees at each output pixel, as a view of canvases (n, rows, columns, C): (n, H', W', K, K*C)"""
    along_n, along_H, along_W, along_C = canvas.strides             # K neighbours in a row: K*C numbers side by side
    return np.ndarray((len(canvas), *frame.output, K, K * canvas.shape[3]), canvas.dtype, canvas, 0,
                      (along_n, frame.stride * along_H, frame.stride * along_W, along_H, along_C))


def overlaps(shape, frame):
    """Where an image of `shape` and the canvas overlap: (slice of canvas, slice of image) of rows, then of columns."""
    return [_overlap(length, canvas, frame.offset) for length, canvas in zip(shape[1:3], frame.canvas)]


def _overlap(length, canvas, offset):
    first, stop = max(0, -offset), min(length, canvas - offset)
    return slice(offset + first, offset + stop), slice(first, stop)


def _turned(w, stride):
    """The kernel of the adjoint: (T, T, O, stride*stride*C) with T = K / stride, rounded up.

    It is w turned by 180 degrees. With a stride, all pixels of a square depend on the same T x T pixels, but each has
    weights of its own: turned[t, u, o, (a, b, c)] = w[stride * (T - 1 - t) + a, stride * (T - 1 - u) + b, c, o].
    """
    K, _, C, O = w.shape
    T = -(-K // stride)
    if T * stride > K:                                              # weights that w lacks are 0
        larger = np.zeros((T * stride, T * stride, C, O), w.dtype)
        larger[:K, :K] = w
        w = larger
    taps = w.reshape(T, stride, T, stride, C, O)[::-1, :, ::-1]
    return np.ascontiguousarray(taps.transpose(0, 2, 5, 1, 3, 4)).reshape(T, T, O, stride * stride * C)


def _turned_back(d_turned, shape, stride):
    """The gradient of w from that of `_turned(w, stride)`.    shape: of w"""
    K, _, C, O = shape
    T = len(d_turned)
    taps = d_turned.reshape(T, T, O, stride, stride, C)[::-1, ::-1].transpose(0, 3, 1, 4, 5, 2)
    return taps.reshape(T * stride, T * stride, C, O)[:K, :K]


def _spread(squares, shape, stride, padding):
    """The image of `shape` that the squares hold. Its first pixel may lie inside of the first square."""
    y, _ = depth_to_space(squares, stride)
    skipped = padding % stride
    return y[:, skipped:skipped + shape[1], skipped:skipped + shape[2]]


def _collected(x, frame, stride, padding):
    """Squares of an image's pixels: the inverse of `_spread`, with 0 where the image does not reach."""
    if stride == 1:
        return x
    N, H, W, C = x.shape
    canvas = np.zeros((N, stride * frame.output[0], stride * frame.output[1], C), x.dtype)
    skipped = padding % stride
    canvas[:, skipped:skipped + H, skipped:skipped + W] = x
    return space_to_depth(canvas, stride)[0]


def check_shapes(op, x, w, stride, padding, size=None):
    """Raise ValueError unless the shapes x of images and w of a kernel, the stride and the padding fit each other.

    size:      (H, W) of the result of a transposed convolution; None for a convolution
    """
    inputs = 2 if size is None else 3                               # the axis of w that has as many channels as x
    if len(x) != 4 or len(w) != 4 or w[0] != w[1] or w[inputs] != x[3]:
        raise ValueError(f"{op}: wanted images (N, H, W, C) and a square kernel with as many inputs, got {x} and {w}")
    if not all(isinstance(n, (int, np.integer)) for n in (stride, padding)) or stride < 1 or padding < 0:
        raise ValueError(f"{op}: wanted whole numbers, stride >= 1 and padding >= 0, got {stride} and {padding}")
    name, large = ("x", x[1:3]) if size is None else ("size", size)
    if np.shape(large) != (2,) or min(large) + 2 * padding < w[0]:
        raise ValueError(f"{op}: {name}: wanted at least {w[0]} pixels both ways with the padding, got {large}")
    if size is not None and (small := Frame.forward((0, *size), w[0], stride, padding).output) != x[1:3]:
        raise ValueError(f"{op}: x: wanted {small} pixels for size {size}, got {x}")
