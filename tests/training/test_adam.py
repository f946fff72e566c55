"""Adam, the gradient's length, and the bound on latent weights."""

import numpy as np
import pytest

from minibnn.cores import Team
from minibnn.parameter import Parameter
from minibnn.training.adam import Adam


def test_two_updates_by_the_published_formulas():
    p = Parameter(np.array([1.0, -2.0]))
    adam = Adam([p])
    m = v = 0
    value = p.value
    for t, g in enumerate(([0.3, -0.4], [0.1, 0.5]), start=1):
        g = np.array(g)
        p.accumulate(g)
        adam.update(0.1)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        value = value - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(p.value, value, rtol=1e-12)


def test_a_long_gradient_is_shortened_to_one_and_a_very_long_one_skipped():
    p = Parameter(np.array([0.5, 0.5]))
    adam = Adam([p])
    p.accumulate(np.array([30.0, 40.0]))
    assert adam.update(0.1) == 50
    np.testing.assert_allclose(adam.m, [0.06, 0.08])             # (1 - beta1) * the unit vector
    before = p.value
    p.accumulate(np.array([300.0, 400.0]))
    assert adam.update(0.1) == 500
    np.testing.assert_array_equal(p.value, before)
    assert adam.updates == 1 and not p.grad.any()                   # skipped, and forgotten


@pytest.mark.parametrize("gradient, norm, moves", [([60, 80], 100, True), ([60.6, 80.8], 101, False)])
def test_an_update_is_skipped_beyond_a_norm_of_100(gradient, norm, moves):
    p = Parameter(np.zeros(2))
    adam = Adam([p])
    p.accumulate(np.array(gradient, float))
    np.testing.assert_allclose(adam.update(0.1), norm)
    assert p.value.any() == moves == bool(adam.updates)


def test_only_latent_weights_are_bounded():
    binary, real = Parameter(np.array([0.99, -0.99]), "binary"), Parameter(np.array([0.99, -0.99]))
    for p in (binary, real):
        p.accumulate(np.array([-0.1, 0.1]))
    Adam([binary, real]).update(0.5)
    np.testing.assert_array_equal(binary.value, [1, -1])
    assert (np.abs(real.value) > 1.4).all()


def test_the_latent_rate_is_for_latent_weights_alone():
    binary, real = Parameter(np.array([0.1, -0.1]), "binary"), Parameter(np.array([0.1, -0.1]))
    for p in (real, binary):
        p.accumulate(np.array([-0.1, 0.1]))
    Adam([real, binary], latent_rate=3).update(0.01)
    np.testing.assert_allclose(real.value, [0.11, -0.11], rtol=1e-6)     # Adam's first step is of length 1 x the rate
    np.testing.assert_allclose(binary.value, [0.13, -0.13], rtol=1e-6)


def test_gradient_norm_is_over_all_parameters():
    p, q = Parameter(np.zeros(1)), Parameter(np.zeros((1, 1)))
    p.accumulate(np.array([3.0]))
    q.accumulate(np.array([[4.0]]))
    assert Adam([p, q]).update(0.1) == 5


def test_a_team_and_pieces_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    values, grads = rng.normal(size=(2, 3, 50))
    found = []
    for piece, threads in ((1 << 16, 1), (7, 3)):
        monkeypatch.setattr("minibnn.training.adam.PIECE", piece)
        p = [Parameter(value.astype(np.float32)) for value in values]
        adam = Adam(p)
        with Team(threads) as team:
            for _ in range(3):
                for parameter, grad in zip(p, grads):
                    parameter.accumulate(grad.astype(np.float32))
                adam.update(0.1, team)
        found.append(np.concatenate([parameter.value for parameter in p]))
    np.testing.assert_array_equal(*found)
