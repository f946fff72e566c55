"""The likeliest mistakes in the exercises of lesson 01."""

import numpy as np


def _of_signs(signs, X, t):
    residual = X @ signs - t
    return 0.5 * np.sum(residual**2), X.T @ residual


def _sign(v):
    return np.where(v >= 0, 1.0, -1.0)


def without_the_half(v, X, t):
    """The loss lacks its half."""
    loss, dv = _of_signs(_sign(v), X, t)
    return 2 * loss, dv


def with_a_two(v, X, t):
    """The gradient lacks the half."""
    loss, dv = _of_signs(_sign(v), X, t)
    return loss, 2 * dv


def true_derivative(v, X, t):
    """Zero."""
    return _of_signs(_sign(v), X, t)[0], np.zeros(len(v))


def with_a_window(v, X, t):
    """Eq. (6)."""
    loss, dv = _of_signs(_sign(v), X, t)
    return loss, dv * (np.abs(v) <= 1)


def times_the_sign(v, X, t):
    """The sign again, on the way back."""
    loss, dv = _of_signs(_sign(v), X, t)
    return loss, dv * _sign(v)


def gradient_at_the_latent(v, X, t):
    """The loss is right, its gradient is taken at v."""
    return _of_signs(_sign(v), X, t)[0], X.T @ (X @ v - t)


def _updates(v, gradient, rate):
    return abs(v) / (rate * abs(gradient))


MISTAKES = {
    "01.1": [
        ("sign(0) must be +1; here it is 0, as in np.sign.",
         lambda v, X, t: _of_signs(np.sign(v), X, t)),
        ("sign(0) must be +1; here it is -1.",
         lambda v, X, t: _of_signs(np.where(v > 0, 1.0, -1.0), X, t)),
        ("The zero with a minus sign is treated as negative, but -0.0 >= 0 holds, so its sign is +1.",
         lambda v, X, t: _of_signs(np.copysign(1.0, v), X, t)),
        ("The binary weights are -1 and +1; here they are 0 and 1.",
         lambda v, X, t: _of_signs((v >= 0).astype(float), X, t)),
        ("The latent weights are used in the forward pass; Eq. (2) uses their signs.",
         lambda v, X, t: _of_signs(v, X, t)),
        ("The gradient is computed with the latent weights; the residual of the forward pass has their signs.",
         gradient_at_the_latent),
        ("The gradient is the true derivative, which is 0; Eq. (3) replaces it.",
         true_derivative),
        ("Eq. (3) has no window: the gradient of a weight beyond 1 passes too.",
         with_a_window),
        ("The gradient is multiplied by the sign; Eq. (3) passes it on unchanged.",
         times_the_sign),
        ("The loss is half of the sum of squares.",
         without_the_half),
        ("The gradient is twice too large: the half of the loss cancels the 2 of the square.",
         with_a_two),
    ],
    "01.2": [
        ("The bound of Eq. (4) is missing.",
         lambda v, d, rate: v - rate * d),
        ("The bound is applied before the update; Eq. (4) comes after it.",
         lambda v, d, rate: np.clip(v, -1, 1) - rate * d),
        ("The update goes uphill: gradient descent subtracts the gradient.",
         lambda v, d, rate: np.clip(v + rate * d, -1, 1)),
        ("The gradient is bounded too; only the weight should be.",
         lambda v, d, rate: np.clip(v - rate * np.clip(d, -1, 1), -1, 1)),
        ("The gradient of a weight at the bound is dropped, so the weight can never come back.",
         lambda v, d, rate: np.clip(v - rate * d * (np.abs(v) < 1), -1, 1)),
        ("The learning rate is missing.",
         lambda v, d, rate: np.clip(v - d, -1, 1)),
        ("The result is a binary weight; the latent weight must stay a real number.",
         lambda v, d, rate: _sign(v - rate * d)),
    ],
    "01.3": [
        ("A weight from above that is at 0 has not changed its sign yet, since sign(0) = +1.",
         lambda v, gradient, rate: int(np.ceil(_updates(v, gradient, rate)))),
        ("A weight from below has changed its sign as soon as it is at 0, since sign(0) = +1.",
         lambda v, gradient, rate: int(_updates(v, gradient, rate)) + 1),
        ("The number of updates is rounded down: after so many the sign has not changed yet.",
         lambda v, gradient, rate: int(_updates(v, gradient, rate))),
        ("The size of the gradient is missing: an update moves the weight by rate times gradient.",
         lambda v, gradient, rate: int(abs(v) / rate) + 1 if v >= 0 else int(np.ceil(abs(v) / rate))),
        ("The result must be a whole number of updates.",
         _updates),
        ("The weight starts at v, not at the bound.",
         lambda v, gradient, rate: int(_updates(1, gradient, rate)) + 1),
        ("The two cases are exchanged: a weight from below has changed its sign at 0, one from above has not.",
         lambda v, gradient, rate: int(_updates(v, gradient, rate)) + 1 if v < 0
         else int(np.ceil(_updates(v, gradient, rate)))),
    ],
}
