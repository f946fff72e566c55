"""The tangent twin: a differentiable stand-in for a network with straight-through estimators.

A finite difference through sign() is exactly zero, so it cannot check a straight-through gradient. The tangent
twin is another network, whose true derivative at one base point is the surrogate gradient. It has the function
x -> s0 + tangent(x) - tangent(x0) in place of each estimator. Here x0 is the estimator's input at the base point,
s0 is its output there, and `tangent` is the function that the estimator declares: clip(x, -1, 1) for activations, x
itself for weights. At the base point the twin has the values of the binary network, and its finite differences must
equal the hand-written gradients of the whole network.

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
    kink_distance: the smallest distance, at the base point, between an estimator's input and a kink that it declares.
               Differences whose step crosses a kink are wrong: choose a base point with some distance.
    Raises:    ValueError if `op` calls no declared estimator; if one gets other numbers than float64 (in float32,
               layers may compute in a way that is right for signs only, and a twin has other values); or if its
               values or its tangent have another shape than its input. When the twin is called: ValueError unless
               the same estimators are called in the same order, with the same shapes, as at the base point.
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
