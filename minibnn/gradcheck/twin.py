"""The tangent twin: a smooth stand-in for a straight-through network.

A finite difference through sign() is exactly zero, so it cannot check a straight-through gradient. But at
one base point x0 there is a network that differentiates the ordinary way and whose derivative is, by
construction, the surrogate: replace each estimator by x -> s0 + tangent(x) - tangent(x0), with s0 its values at
the base point and `tangent` what it declares itself the derivative of: clip(x, -1, 1) for activations, x itself
for weights. At x0 it has the binary network's values, and its finite differences must equal the hand-written
backward of the whole network.

This shows that the chain rule is wired as the equations say. It does not show that the straight-through
estimator is a good estimator.
"""

import numpy as np

from ..binary.straight_through import values_from


class TangentTwin:
    """The tangent twin of `op` at the base point `arrays`: twin(*arrays) -> y, backward.

    Paper:     Eq. (2), (3), (5), (6): the surrogates are the twin's true derivatives.
    op:        op(*arrays) -> y, backward; it may call any estimators that are declared with
               `minibnn.binary.straight_through.surrogate`, the library's two or your own, in the thread it runs in.
    kink_distance: how near any estimator's input comes to a kink that it declares, at the base point. Differences
               whose step crosses a kink are wrong: choose a base point with some distance.
    Raises:    ValueError if `op` calls no declared estimator, one on other numbers than float64 (for float32, layers
               rely on signs, which a twin's values are not), one whose tangent has another shape than its values,
               or, when the twin is called, others than at the base point, or with other shapes.
    """

    def __init__(self, op, *arrays):
        self._op = op
        self._base = []                      # (estimator, input, values) of every call, in their order
        self.kink_distance = np.inf
        with values_from(self._record):
            op(*arrays)
        if not self._base:
            raise ValueError("TangentTwin: op: wanted calls of estimators that declare a surrogate, got none")

    def __call__(self, *arrays):
        remaining = iter(self._base)

        def moved(estimator, x, _):
            expected, x0, s0 = next(remaining, (None, np.zeros(0), None))
            _require_same(expected, x0.shape, estimator, x.shape)
            return s0 + (estimator.tangent(x) - estimator.tangent(x0))
        with values_from(moved):
            result = self._op(*arrays)
        for expected, x0, _ in remaining:
            _require_same(expected, x0.shape, None, None)
        return result

    def _record(self, estimator, x, y):
        if x.dtype != np.float64:
            raise ValueError(f"TangentTwin: {estimator.__name__}: wanted float64 numbers, got {x.dtype}")
        tangent = estimator.tangent(x.copy())
        if not np.shape(tangent) == y.shape == x.shape:
            raise ValueError(f"TangentTwin: {estimator.__name__}: wanted values and a tangent of the input's shape "
                             f"{x.shape}, got {y.shape} and {np.shape(tangent)}")
        self._base.append((estimator, x.copy(), y.copy()))
        for kink in estimator.kinks:
            self.kink_distance = min(self.kink_distance, np.abs(x - kink).min(initial=np.inf))
        return y


def _require_same(expected, shape, estimator, got_shape):
    if expected is not estimator or shape != got_shape:
        wanted, got = (f"{e.__name__} of shape {s}" if e else "no more calls"
                       for e, s in ((expected, shape), (estimator, got_shape)))
        raise ValueError(f"TangentTwin: wanted the calls of the base point: {wanted}, got {got}")
