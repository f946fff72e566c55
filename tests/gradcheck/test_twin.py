"""The tangent twin: it stands in for whatever estimators are declared, only while it runs, and refuses the rest."""

from threading import Thread

import numpy as np
import pytest

from minibnn.binary.straight_through import binarise_activations_ste, binarise_weights_ste, sign, surrogate
from minibnn.blocks import BinaryConv
from minibnn.gradcheck import TangentTwin, assert_gradients, gradient_errors, layer_op
from minibnn.ops import tanh
from minibnn.parameter import cast, parameters

X = np.random.default_rng(0).normal(size=(3, 4))


def _errors(op, *arrays, **settings):
    return gradient_errors(op, *arrays, rng=np.random.default_rng(1), **settings)


def _binary_layer():
    layer = BinaryConv(np.random.default_rng(2), 3, 2, 3)
    cast(layer, np.float64)
    op = layer_op(layer, layer)
    return op, [np.random.default_rng(3).normal(size=(2, 4, 5, 2)), *(p.value for p in parameters(layer))]


def test_plain_differences_see_no_gradient_through_a_sign_but_the_twin_does():
    op, arrays = _binary_layer()
    with pytest.raises(ValueError, match=r"array 1: the difference is zero, .* see TangentTwin"):
        _errors(op, *arrays)
    assert max(_errors(op, *arrays, differences_of=TangentTwin(op, *arrays))) < 1e-9


def test_the_twin_has_the_networks_values_at_the_base_point_and_leaves_no_trace():
    op, arrays = _binary_layer()
    twin = TangentTwin(op, *arrays)
    np.testing.assert_allclose(twin(*arrays)[0], op(*arrays)[0], atol=1e-12)
    moved = [arrays[0], arrays[1] + 1e-3, *arrays[2:]]              # no sign flips: only the twin moves
    assert (op(*moved)[0] == op(*arrays)[0]).all() and (twin(*moved)[0] != twin(*arrays)[0]).all()


def test_the_twin_refuses_what_it_cannot_stand_for():
    with pytest.raises(ValueError, match="got none"):
        TangentTwin(tanh, X)
    op, arrays = _binary_layer()
    twin = TangentTwin(op, *arrays)
    with pytest.raises(ValueError, match="wanted the calls of the base point: "):
        twin(arrays[0], arrays[1][:, :, :, :2], *arrays[2:])
    often = iter([1, 2])
    twice = TangentTwin(lambda *a: [op(*a) for _ in range(next(often))][-1], *arrays)
    with pytest.raises(ValueError, match="wanted the calls of the base point: "):
        twice(*arrays)
    with pytest.raises(ValueError, match="binarise_weights_ste: wanted float64 numbers, got float32"):
        TangentTwin(binarise_weights_ste, X.astype(np.float32))


def _triangular(slope_at_zero=2):
    """Bi-Real Net's estimator, declared; right if its slope at 0 is the tangent's."""
    @surrogate(tangent=lambda a: np.clip(a, -1, 1) * (2 - np.minimum(np.abs(a), 1)))
    def binarise_triangular_ste(a):
        """The docstring."""
        def binarise_triangular_ste_backward(dy):
            return dy * slope_at_zero * np.maximum(1 - np.abs(a), 0)
        return sign(a)[0], binarise_triangular_ste_backward
    return binarise_triangular_ste


def _two_layers(estimator):
    def net(x, w1, w2):
        hidden, hidden_backward = estimator(x @ w1)
        w2_binary, w2_backward = binarise_weights_ste(w2)           # imported by name, and of another kind

        def net_backward(dy):
            da = hidden_backward(dy @ w2_binary.T)
            return da @ w1.T, x.T @ da, w2_backward(hidden.T @ dy)
        return hidden @ w2_binary, net_backward
    return net


@pytest.mark.parametrize("estimator, right", [(binarise_activations_ste, True), (_triangular(), True),
                                              (_triangular(slope_at_zero=1.9), False)])
def test_any_declared_estimator_is_checked_in_a_net_of_ones_own(estimator, right):
    rng = np.random.default_rng(4)
    net, arrays = _two_layers(estimator), [rng.normal(size=shape) for shape in ((5, 4), (4, 6), (6, 3))]
    errors = _errors(net, *arrays, differences_of=TangentTwin(net, *arrays))
    assert max(errors) < 1e-7 if right else min(errors[:2]) > 0.02


def test_a_declaration_changes_neither_name_nor_docstring_nor_values_nor_backward():
    estimator = _triangular()
    assert (estimator.__name__, estimator.__doc__) == ("binarise_triangular_ste", "The docstring.")
    y, backward = estimator(X)
    assert (y == np.sign(X)).all() and backward.__name__ == "binarise_triangular_ste_backward"
    assert binarise_activations_ste(X)[1].__name__ == "binarise_activations_ste_backward"


def test_the_kink_distance_is_the_least_over_all_calls_and_kinks():
    def op(*arrays):
        return sum(binarise_activations_ste(a)[0] for a in arrays), None
    for near in (np.array([-1.01, 0]), np.array([5, 0.99])):
        for at in range(3):
            arrays = [near if i == at else np.array([0.5, -3.0]) for i in range(3)]
            np.testing.assert_allclose(TangentTwin(op, *arrays).kink_distance, 0.01)
    assert TangentTwin(binarise_weights_ste, np.ones(3)).kink_distance == np.inf          # a line has no kinks


def test_the_twins_own_backward_is_its_derivative_away_from_the_base_point_too():
    net, rng = _two_layers(binarise_activations_ste), np.random.default_rng(5)
    arrays = [rng.normal(size=shape) for shape in ((5, 4), (4, 6), (6, 3))]
    twin = TangentTwin(net, *[array + 0.3 for array in arrays])
    assert max(_errors(twin, *arrays)) < 1e-7


def test_a_twin_in_a_twin_stands_in_for_its_own_op_only():
    x0, x = np.array([0.4, -0.3]), np.array([0.5, -0.1])
    inner = TangentTwin(binarise_weights_ste, x0)

    def op(x):
        return inner(x)[0] + 10 * binarise_weights_ste(x)[0], None
    np.testing.assert_allclose(TangentTwin(op, x0)(x)[0], 11 * (np.sign(x0) + x - x0))


def test_an_estimator_may_build_on_another():
    @surrogate(tangent=lambda a: 3 * a)
    def threefold_ste(a):
        y, _ = binarise_activations_ste(a)
        return y, lambda dy: 3 * dy
    x = np.array([0.4, -7.0])
    assert _errors(threefold_ste, x, differences_of=TangentTwin(threefold_ste, x))[0] < 1e-9


def test_other_threads_and_what_comes_after_an_error_keep_their_signs():
    elsewhere = []

    def op(x):
        y, backward = binarise_weights_ste(x)
        thread = Thread(target=lambda: elsewhere.append(binarise_weights_ste(x)[0]))
        thread.start()
        thread.join()
        return y, backward
    x = np.array([0.4])
    assert TangentTwin(op, x)(x + 0.1)[0] == pytest.approx(1.1) and elsewhere == [1, 1]

    def raises(x):
        binarise_weights_ste(x)
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        TangentTwin(raises, x)
    assert binarise_weights_ste(x)[0] == 1


def test_other_calls_than_at_the_base_point_are_refused():
    def either(x):
        steps = [binarise_weights_ste, binarise_activations_ste][:1 + (x[0] > 0)]
        return sum(step(x)[0] for step in (steps if x[1] > 0 else steps[::-1])), None
    fewer, another = TangentTwin(either, np.ones(2)), TangentTwin(either, np.ones(2))
    with pytest.raises(ValueError, match=r"binarise_activations_ste of shape \(2,\), got no more calls"):
        fewer(np.array([-1.0, 1]))
    with pytest.raises(ValueError, match=r"binarise_weights_ste of shape \(2,\), got binarise_activations_ste of"):
        another(np.array([1.0, -1]))


def test_a_tangent_of_another_shape_is_refused():
    @surrogate(tangent=lambda a: a.sum())
    def summed_ste(a):
        return sign(a)[0], None
    with pytest.raises(ValueError, match=r"summed_ste: .* of the input's shape \(3, 4\), got \(3, 4\) and \(\)"):
        TangentTwin(summed_ste, X)


def test_a_twin_of_another_point_is_refused():
    op, arrays = _binary_layer()
    twin = TangentTwin(op, arrays[0], arrays[1] + 0.05, *arrays[2:])
    with pytest.raises(ValueError, match="wanted the values of the op at this point, got others: was the twin made at"):
        _errors(op, *arrays, differences_of=twin)
    with pytest.raises(ValueError, match="wanted the values of the op at this point"):
        _errors(tanh, X, differences_of=lambda x: (np.tanh(x)[:1], None))


def test_a_kink_within_reach_of_the_step_is_named():
    x = X.copy()
    x[0, 0] = 1 + 1e-7
    twin = TangentTwin(binarise_activations_ste, x)
    with pytest.raises(AssertionError, match=r"a kink is within reach of the step: choose another base point\)$"):
        assert_gradients(binarise_activations_ste, x, rng=np.random.default_rng(0), differences_of=twin)
