"""The mixture of logistics: its definition, both tails, its inverse."""

import numpy as np
import pytest
from reference import mixture_cdf_and_density

from minibnn.flowpp.coupling import coupling_transform, coupling_transform_inverse
from minibnn.flowpp.mixture import mixture_logit, mixture_logit_inverse
from minibnn.numerics import logsumexp

RNG = np.random.default_rng(0)
SHAPE, M = (2, 3, 4), 3


def _mixture(rng=RNG, spread=1.0):
    return tuple(spread * rng.normal(size=(M, *SHAPE)) for _ in range(3))


def test_it_is_the_logit_of_the_cdf_and_its_slope():
    x, mixture = RNG.normal(size=SHAPE), _mixture()
    (y, log_slope), _ = mixture_logit(x, *mixture)
    cdf, density = mixture_cdf_and_density(x, *mixture)
    np.testing.assert_allclose(y, np.log(cdf / (1 - cdf)), rtol=1e-10)
    np.testing.assert_allclose(np.exp(log_slope), density / (cdf * (1 - cdf)), rtol=1e-10)


def test_one_component_is_an_affine_map():
    """Of a single logistic the logit of the CDF is (x - mean) / scale, however far out."""
    x = np.array([-1e4, -30.0, 0.0, 2.0, 1e4])
    (y, log_slope), _ = mixture_logit(x, *(np.full((1, 5), value) for value in (7.0, 0.5, -1.0)))
    np.testing.assert_allclose(y, (x - 0.5) * np.e, rtol=1e-13)
    np.testing.assert_allclose(log_slope, 1, atol=1e-11)


@pytest.mark.parametrize("dtype, far", [(np.float64, 1e6), (np.float32, 1e4)])
@pytest.mark.parametrize("side", [-1, 1])
def test_far_in_a_tail_everything_stays_finite_and_linear(dtype, far, side):
    """There the widest component rules: the slope is one over its scale."""
    mixture = [part.astype(dtype) for part in _mixture()]
    x = np.full(SHAPE, side * far, dtype)
    (y, log_slope), backward = mixture_logit(x, *mixture)
    np.testing.assert_allclose(y, side * far * np.exp(-mixture[2].max(axis=0)), rtol=1e-2)
    np.testing.assert_allclose(log_slope, -mixture[2].max(axis=0), atol=2e-2)
    for gradient in backward(np.ones_like(y), np.ones_like(y)):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("x", [3.0, -3.0])
def test_the_slope_of_a_very_narrow_mixture_is_right_in_float32(x):
    """Its logit is of the order 1e9, where neighbouring numbers are 64 apart; the slope is 19.7 all the same."""
    mixture = [np.array(part, np.float32)[:, None] for part in ([0, 0.5], [0, 0], [-19.7, -19.7])]
    (y, log_slope), _ = mixture_logit(np.array([x], np.float32), *mixture)
    np.testing.assert_allclose(log_slope, 19.7, rtol=1e-6)
    np.testing.assert_allclose(y, x * np.exp(19.7), rtol=1e-6)


def test_float32_is_as_good_as_its_rounding_over_the_whole_range_of_scales():
    rng = np.random.default_rng(5)
    exact = rng.normal(0, 3, (1, 500)), *(rng.normal(0, 2, (2, 4, 1, 500))), rng.uniform(-80, 80, (4, 1, 500))
    rounded = [part.astype(np.float32) for part in exact]
    found, _ = mixture_logit(*rounded)
    wanted, _ = mixture_logit(*(part.astype(np.float64) for part in rounded))
    for got, expected in zip(found, wanted):
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("far", [-1e5, -700.0, 0.0, 700.0, 1e5])
def test_logsumexp_neither_overflows_nor_vanishes(far):
    x = np.array([[0.0, 1.0, -2.0], [0.0, -1e6, -1e6]]).T + far
    np.testing.assert_allclose(logsumexp(x)[0], far + np.log([1 + np.e + np.exp(-2), 1]), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("transform, log_scale", [(coupling_transform, 80), (coupling_transform, -80),
                                                  (coupling_transform_inverse, 20), (coupling_transform_inverse, -20)])
def test_at_the_edge_of_its_range_float32_stays_finite(transform, log_scale):
    conditions = RNG.normal(size=(2, 3, 4, 2, 2 + 3 * M)).astype(np.float32)
    conditions[..., -M:] = log_scale * RNG.uniform(0, 1, (2, 3, 4, 2, M))
    (y, log_slope), backward = transform(RNG.normal(size=(2, 3, 4, 2)).astype(np.float32),
                                         conditions.reshape(2, 3, 4, -1))
    for array in (y, log_slope, *backward(np.ones_like(y), np.ones_like(y))):
        assert np.isfinite(array).all() and array.dtype == np.float32


@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("reach", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_the_inverse_takes_it_back(spread, reach, dtype, tolerance):
    """Wherever the mixture has density enough for the logit to tell neighbouring inputs apart."""
    rng = np.random.default_rng(3)
    mixture = [part.astype(dtype) for part in _mixture(rng, spread)]
    x = (reach * rng.normal(size=SHAPE)).astype(dtype)
    (y, log_slope), _ = mixture_logit(x, *mixture)
    again = mixture_logit_inverse(y, *mixture)
    assert again.dtype == dtype
    rounding = np.finfo(dtype).eps * (np.abs(y) * np.exp(-log_slope) + np.abs(x))
    assert (np.abs(again - x) < np.maximum(tolerance, 8 * rounding)).all()
    np.testing.assert_allclose(mixture_logit(again, *mixture)[0][0], y, rtol=1e-5, atol=20 * tolerance)


@pytest.mark.parametrize("y", [-1e5, -40.0, 0.0, 40.0, 1e5])
def test_the_bracket_holds_the_root_wherever_the_components_are(y):
    """Components far apart and of very different widths: no fixed multiple of a scale would do."""
    means = np.array([[-1e4], [0.0], [300.0]])
    log_scales = np.array([[-7.0], [5.0], [-2.0]])
    logits = np.array([[0.0], [-30.0], [3.0]])
    x = mixture_logit_inverse(np.array([y]), logits, means, log_scales)
    (again, _), _ = mixture_logit(x, logits, means, log_scales)
    (below, _), _ = mixture_logit(np.nextafter(x, -np.inf), logits, means, log_scales)
    (above, _), _ = mixture_logit(np.nextafter(x, np.inf), logits, means, log_scales)
    assert below <= y <= above or abs(again - y) < 1e-9 * max(1, abs(y))


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-2)])
def test_the_inverse_is_as_fine_as_the_narrowest_component(dtype, tolerance):
    mixture = [np.array([part], dtype).T for part in ([0, 0], [0, 0], [-12, 5])]
    y = np.linspace(-3, 3, 7).astype(dtype)
    mixture = [np.broadcast_to(part, (2, 7)) for part in mixture]
    (again, _), _ = mixture_logit(mixture_logit_inverse(y, *mixture), *mixture)
    np.testing.assert_allclose(again, y, atol=tolerance)


def test_density_of_the_transform_integrates_to_one():
    """A normal base under Eq. (10): the integral of its density over x, on a fine grid."""
    conditions = np.broadcast_to(np.random.default_rng(4).normal(size=2 + 3 * M), (1, 1, 40_001, 2 + 3 * M))
    x = np.linspace(-200, 200, 40_001)
    (y, log_slope), _ = coupling_transform(x[None, None, :, None], conditions)
    density = np.exp(-y**2 / 2 + log_slope) / np.sqrt(2 * np.pi)
    assert abs(density.sum() * (x[1] - x[0]) - 1) < 1e-6


def test_transform_is_equation_10():
    x, conditions = RNG.normal(size=(2, 3, 4, 2)), RNG.normal(size=(2, 3, 4, 2 * (2 + 3 * M)))
    (y, log_slope), _ = coupling_transform(x, conditions)
    raw_a, b, *t = np.split(conditions.reshape(2, 3, 4, 2, -1), [1, 2, 2 + M, 2 + 2 * M], axis=-1)
    a, b = np.tanh(raw_a[..., 0]), b[..., 0]
    cdf, density = mixture_cdf_and_density(x, *(np.moveaxis(part, -1, 0) for part in t))
    np.testing.assert_allclose(y, np.log(cdf / (1 - cdf)) * np.exp(a) + b, rtol=1e-10)
    np.testing.assert_allclose(np.exp(log_slope), density / (cdf * (1 - cdf)) * np.exp(a), rtol=1e-10)
    (back, log_slope_back), _ = coupling_transform_inverse(y, conditions)
    np.testing.assert_allclose(back, x, atol=1e-9)
    np.testing.assert_allclose(log_slope_back, -log_slope, atol=1e-9)
