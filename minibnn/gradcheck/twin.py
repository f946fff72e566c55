"""The tangent twin: a smooth stand-in for a straight-through network.

A finite difference through sign() is exactly zero, so it cannot check a straight-through gradient. But at
one base point x0 there is a network that differentiates the ordinary way and whose derivative is, by
construction, the surrogate: replace each activation sign by x -> s0 + clip(x, -1, 1) - clip(x0, -1, 1)
and each weight sign by v -> s0 + v - v0, with s0 the signs at the base point. At x0 it has the binary
network's values, and its finite differences must equal the hand-written backward of the whole network.

This shows that the chain rule is wired as the equations say. It does not show that the straight-through
estimator is a good estimator.
"""

from contextlib import contextmanager

import numpy as np

from ..binary import straight_through


class TangentTwin:
    """The tangent twin of `op` at the base point `arrays`: twin(*arrays) -> y, _ (only its values serve).

    Paper:     Eq. (2), (3), (5), (6): the surrogates are the twin's true derivatives.
    kink_distance: how far the activation nearest to +-1 is from it at the base point. Differences whose
               step moves an activation across that kink are wrong: choose a base point with some distance.
    Raises:    ValueError if `op` binarises nothing by straight-through, or, when called, binarises more
               often, or other shapes, than at the base point.
    """

    def __init__(self, op, *arrays):
        self._op = op
        self._base = []                      # (inputs, signs) of every binarisation, in the order of calls
        self.kink_distance = np.inf
        weights, activations = _straight_through_functions()
        with _standing_in(self._recording(weights), self._recording(activations, _distance_from_kink)):
            op(*arrays)
        if not self._base:
            raise ValueError("TangentTwin: op: wanted straight-through binarisations, got none")

    def __call__(self, *arrays):
        remaining = iter(self._base)
        with _standing_in(self._moving(remaining, lambda v: v), self._moving(remaining, _clip)):
            return self._op(*arrays)

    def _recording(self, binarise, distance=lambda x: np.inf):
        def record(x):
            y, backward = binarise(x)
            self._base.append((x, y))
            self.kink_distance = min(self.kink_distance, distance(x))
            return y, backward
        return record

    @staticmethod
    def _moving(remaining, tangent):
        def move(x):
            x0, s0 = next(remaining, (np.zeros(0), None))
            if x.shape != x0.shape:
                raise ValueError(f"TangentTwin: wanted the base point's shape {x0.shape}, got {x.shape}")
            return s0 + (tangent(x) - tangent(x0)), None
        return move


def _clip(a):
    return np.clip(a, -1, 1)


def _distance_from_kink(a):
    return np.abs(np.abs(a) - 1).min()


def _straight_through_functions():
    return straight_through.binarise_weights_ste, straight_through.binarise_activations_ste


@contextmanager
def _standing_in(weights, activations):
    """Let the library call these in place of its two straight-through functions."""
    originals = _straight_through_functions()
    straight_through.binarise_weights_ste, straight_through.binarise_activations_ste = weights, activations
    try:
        yield
    finally:
        straight_through.binarise_weights_ste, straight_through.binarise_activations_ste = originals
