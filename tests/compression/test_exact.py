"""Numbers that are the same on every machine: sums without rounding, straight lines, the network made of both."""

import math
from fractions import Fraction

import numpy as np
import pytest

from minibnn.blocks import BinaryConv, UnnormalisedConv, WeightNormConv, pack_layers
from minibnn.compression import exact
from minibnn.files import InputError
from minibnn.parameter import cast
from minibnn.resnet_vae import ResNetVAE, VAEConfig

SIGMOIDS = np.concatenate([np.linspace(-30, 30, 10_001), np.random.default_rng(0).normal(0, 8, 10_000)])


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.mark.parametrize("name, wanted", [
    ("exp_of_negative", lambda x: np.exp(-x)), ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
    ("softplus", lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))])
def test_straight_lines_are_close(name, wanted):
    x = np.abs(SIGMOIDS) if name == "exp_of_negative" else SIGMOIDS
    np.testing.assert_allclose(getattr(exact, name)(x), wanted(x), atol=2e-6)


def test_a_sigmoid_never_falls():
    """Also between neighbouring numbers, around the ends of every line: else a symbol might have no slots."""
    knots = np.arange(-exact.REACH * exact.STEPS - 2, exact.REACH * exact.STEPS + 3) / exact.STEPS
    near = np.sort(np.concatenate([np.nextafter(knots, -100), knots, np.nextafter(knots, 100), SIGMOIDS]))
    values = exact.sigmoid(near)
    assert (np.diff(values) >= 0).all() and values[0] >= 0 and values[-1] <= 1


def test_tables_are_correctly_rounded():
    """Each value is the whole multiple of 2^-48 next to the true one; NumPy's own is within 1e-15 of that."""
    table = exact._exp_table()
    np.testing.assert_allclose(table, np.exp(-np.arange(len(table)) / exact.STEPS), rtol=0, atol=0.51 * 2.0**-48)
    for lower, upper in zip(table[1:], table):                      # so that lines between them never rise
        assert Fraction(float(upper - lower)) == Fraction(float(upper)) - Fraction(float(lower))
    i = np.arange(1, 1024)
    np.testing.assert_allclose(exact.logit(range(1, 1024), 1024), np.log(i / (1024 - i)), rtol=0, atol=2e-14)


def test_whole_numbers_are_multiples_of_a_power_of_two(rng):
    x = rng.normal(0, 3, (50, 7))
    whole, unit = exact.whole_numbers(x, 20)
    assert math.frexp(unit)[0] == 0.5 and np.abs(whole).max() <= 2**20 and (whole == np.rint(whole)).all()
    np.testing.assert_allclose(whole * unit, x, rtol=0, atol=unit / 2)
    assert np.abs(x).max() > 2**18 * unit                           # none of the bits is idle
    assert (exact.whole_numbers(0 * x, 20)[0] == 0).all()


def test_whole_numbers_of_tiny_numbers_are_finite():
    whole, _ = exact.whole_numbers(np.array([5e-324, 1e-310]), 20)
    assert np.isfinite(whole).all()


@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e31])
def test_a_model_that_overflows_is_refused(bad, rng):
    layer = _conv(WeightNormConv, rng)
    layer.bias.value[1] = bad
    with pytest.raises(InputError, match="numbers of at most"):
        exact.ExactConv(layer)(rng.normal(0, 1, (1, 4, 4, 5)))


def _conv(kind, rng, **settings):
    layer = kind(rng, 3, 5, 4, **settings)
    if hasattr(layer, "gain"):
        layer.gain.value = rng.normal(0, 1, 4).astype(np.float32)
    layer.bias.value = rng.normal(0, 1, 4).astype(np.float32)
    return layer


@pytest.mark.parametrize("settings", [{}, {"stride": 2}, {"stride": 2, "transposed": True}, {"positive_gain": False}],
                         ids=str)
@pytest.mark.parametrize("kind", [WeightNormConv, BinaryConv, UnnormalisedConv])
def test_an_exact_layer_is_the_layer(kind, settings, rng):
    layer = _conv(kind, rng, **settings)
    x = rng.normal(0, 1, (2, 6, 8, 5))
    cast(layer, np.float64)
    np.testing.assert_allclose(exact.ExactConv(layer)(x)[0], layer(x)[0], atol=1e-5)


def test_sums_do_not_depend_on_their_order(rng):
    """The channels of input and kernel in another order: the very same numbers; those of the layer differ."""
    layer = _conv(WeightNormConv, rng)
    cast(layer, np.float64)
    x, order = rng.normal(0, 1, (1, 16, 16, 5)), rng.permutation(5)
    exactly, wide = exact.ExactConv(layer), layer(x)[0]
    before = exactly(x)[0]
    exactly.w, layer.v.value = exactly.w[:, :, order], layer.v.value[:, :, order]
    np.testing.assert_array_equal(exactly(x[..., order])[0], before)
    assert not np.array_equal(layer(x[..., order])[0], wide)


def _model(rng, **settings):
    model = ResNetVAE(VAEConfig(**{"size": 8, "layers": 2, "channels": 6, "latents": 2, "blocks": 2, **settings}), rng)
    images = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    model(images, model.draw_noise(rng, 30), initialise=True)
    return model, images


@pytest.mark.parametrize("settings", [
    {}, {"weights": 1}, {"weights": 1, "activations": 1}, {"weights": 1, "activations": 1, "binary_everywhere": True},
    {"weights": 1, "normalisation": "none"}, {"blocks": 0, "nproc": 0}], ids=str)
def test_an_exact_network_is_the_model(settings, rng):
    model, images = _model(rng, **settings)
    noise = model.draw_noise(rng, 30)
    before = model.bits(images, noise)["total"]
    found = exact.exact_network(model).bits(images, noise)["total"]
    assert np.median(np.abs(found - before)) < 1e-4                 # a sign that turns changes an image or two more
    np.testing.assert_array_equal(model.bits(images, noise)["total"], before)


def test_a_fingerprint_is_of_the_parameters(rng):
    model, _ = _model(rng, weights=1)
    known = exact.fingerprint(exact.exact_network(model))
    model.head_blocks[0].conv1.v.value *= 0.5                       # latent weights act through their signs
    assert exact.fingerprint(exact.exact_network(model)) == known
    model.layers[0].to_prior.bias.value[0] += 1e-3
    changed = exact.fingerprint(exact.exact_network(model))
    assert changed != known
    assert exact.fingerprint(exact.exact_network(pack_layers(model))) == changed
    for parameter in (model.log_scale, model.stem.gain, model.stem.v, model.layers[1].from_latent.gain):
        known, parameter.value = changed, parameter.value * np.float32(1.001)
        parameter.value.flat[0] *= np.float32(1.001)
        changed = exact.fingerprint(exact.exact_network(model))
        assert changed != known
