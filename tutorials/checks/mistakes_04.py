"""The likeliest mistakes in the exercises of lesson 04."""

import numpy as np


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


def _gated(x, A, S, dy, keep=1.0, through_a=1.0, through_s=1.0, back=np.transpose, a_in_ds=True,
           slope=lambda gate: gate * (1 - gate), gated_da=True, images=1):
    a, gate = x @ A, _sigmoid(x @ S)
    da = dy * gate if gated_da else dy
    ds = dy * (a if a_in_ds else 1.0) * slope(gate)
    dx = keep * dy + through_a * da @ back(A) + through_s * ds @ back(S)
    return x + a * gate, dx, x.T @ da / images, x.T @ ds / images


def _transposed_gradients(x, A, S, dy):
    y, dx, dA, dS = _gated(x, A, S, dy)
    return y, dx, dA.T, dS.T


def _exchanged(x, A, S, dy):
    y, dx, dA, dS = _gated(x, A, S, dy)
    return y, dx, dS, dA


def _without_x(x, A, S, dy):
    y, *gradients = _gated(x, A, S, dy)
    return y - x, *gradients


def _sign(x):
    return np.where(x >= 0, 1.0, -1.0)


def _after(answer):
    """An answer for sign after the addition; the rest is right."""
    return lambda x, dy, blocks, after: answer(x, dy, blocks) if after and blocks else (x, dy)


def _doubles(x, dy, blocks, after):
    if after and blocks:
        return _sign(x), dy * (np.abs(x) <= 1)
    return 2**blocks * x, 2**blocks * dy


def _ledger(first=9, doubled=2, context=2, projected=1, gate=4, numbers=10, bits=32):
    return lambda h, c: (first * doubled * h * h + context * projected * c * h + gate * h * h,
                         bits * numbers * h)


MISTAKES = {
    "04.1": [
        ("The gradient of the addition is missing: dx contains dy itself, by Eq. (a).",
         lambda *given: _gated(*given, keep=0.0)),
        ("The forward pass adds x to the branch; here y is the branch alone.",
         _without_x),
        ("The input x acts through a and through the gate; in this dx, the gate is missing.",
         lambda *given: _gated(*given, through_s=0.0)),
        ("The input x acts through a and through the gate; in this dx, a is missing.",
         lambda *given: _gated(*given, through_a=0.0)),
        ("On the way back, A and S must be transposed.",
         lambda *given: _gated(*given, back=lambda matrix: matrix)),
        ("The derivative of the sigmoid is sigmoid(s) * (1 - sigmoid(s)); this is sigmoid(s).",
         lambda *given: _gated(*given, slope=lambda gate: gate)),
        ("The derivative of the sigmoid is sigmoid(s) * (1 - sigmoid(s)); this is 1 - sigmoid(s).",
         lambda *given: _gated(*given, slope=lambda gate: 1 - gate)),
        ("The derivative of the sigmoid is sigmoid(s) * (1 - sigmoid(s)); this is s * (1 - s).",
         lambda x, A, S, dy: _gated(x, A, S, dy, slope=lambda gate: x @ S * (1 - x @ S))),
        ("The sigmoid is multiplied by a, so the gradient of s contains a.",
         lambda *given: _gated(*given, a_in_ds=False)),
        ("The gate multiplies a, so the gradient of a contains the gate.",
         lambda *given: _gated(*given, gated_da=False)),
        ("The gradients of A and S are transposed: an element [i, j] belongs to x_i and output j.",
         _transposed_gradients),
        ("The gradients of A and S are exchanged.",
         _exchanged),
        ("The gradients of A and S are sums over the N rows; here they are means.",
         lambda x, A, S, dy: _gated(x, A, S, dy, images=len(x))),
    ],
    "04.2": [
        ("The layer normalisation has a gain and a bias for each of its h channels.",
         _ledger(numbers=8)),
        ("The context is doubled before its projection, which therefore has 2c inputs.",
         _ledger(context=1)),
        ("The input [x, -x] of the first convolution and of the gate has 2h channels.",
         _ledger(doubled=1, gate=2)),
        ("Each convolution sees an array and its negative: twice as many channels.",
         _ledger(doubled=1, context=1, gate=2)),
        ("The first convolution sees [x, -x], so it has 2h inputs; here it has h.",
         _ledger(doubled=1)),
        ("The gate has 2h outputs, one half for a and one half for s.",
         _ledger(gate=2, numbers=8)),
        ("Gains and biases keep 32 bits each.",
         _ledger(bits=1)),
        ("Each gain has a bias beside it.",
         _ledger(numbers=5)),
        ("The projection of the context is missing.",
         _ledger(projected=0, numbers=8)),
        ("The gate is a 1x1 convolution; here it is counted with 3x3 kernels.",
         _ledger(gate=36)),
        ("The first convolution has 3x3 kernels; here its kernels are 1x1.",
         _ledger(first=1)),
        ("The second convolution of block (d) is a 1x1 gate with 2h outputs; here it is 3x3 to h.",
         _ledger(gate=18, numbers=8)),
    ],
    "04.3": [
        ("A sign after the addition changes x itself, and Eq. (6) changes its gradient.",
         lambda x, dy, blocks, after: (x, dy)),
        ("A sign inside the branch changes nothing here, since the branch gives 0.",
         lambda x, dy, blocks, after: ((_sign(x), dy * (np.abs(x) <= 1)) if blocks else (x, dy))),
        ("Without any block, nothing changes.",
         lambda x, dy, blocks, after: (_sign(x), dy * (np.abs(x) <= 1)) if after else (x, dy)),
        ("The gradient of sign is that of Eq. (6) here, with its window; this is Eq. (3).",
         _after(lambda x, dy, blocks: (_sign(x), dy))),
        ("The gradient of sign is that of Eq. (6) here; this is the true derivative, 0.",
         _after(lambda x, dy, blocks: (_sign(x), 0 * dy))),
        ("By Eq. (1), the sign of 0 is +1; np.sign gives 0.",
         _after(lambda x, dy, blocks: (np.sign(x), dy * (np.abs(x) <= 1)))),
        ("By Eq. (6), -1 and 1 belong to the window.",
         _after(lambda x, dy, blocks: (_sign(x), dy * (np.abs(x) < 1)))),
        ("The window has two ends; here it has only the upper one.",
         _after(lambda x, dy, blocks: (_sign(x), dy * (x <= 1)))),
        ("Later blocks see numbers of size 1, which are inside the window: the gradient passes.",
         _after(lambda x, dy, blocks: (_sign(x), dy * (np.abs(x) <= 1) * (blocks == 1)))),
        ("The branch gives 0, so a block adds nothing to x; here each block doubles it.",
         _doubles),
    ],
}
