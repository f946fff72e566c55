"""The whole ResNet VAE: counts, wiring, honesty of its loss."""

from dataclasses import replace

import numpy as np
import pytest

from minibnn.files import InputError
from minibnn.gradcheck.builders import randomise
from minibnn.ops import elu
from minibnn.parameter import count, named_parameters
from minibnn.resnet_vae import ResNetVAE, VAEConfig
from minibnn.resnet_vae.bound import Bound, free_bits_loss
from minibnn.resnet_vae.likelihood import scale_pixels
from minibnn.resnet_vae.model import _to_pixels

PAPER = VAEConfig(size=32, layers=12, channels=256, latents=8, blocks=20, nproc=1, weights=1)
SMALL = VAEConfig(size=8, layers=3, channels=6, latents=2, blocks=4, nproc=1)


@pytest.mark.slow
@pytest.mark.parametrize("changes, parameters, binary, megabytes", [
    ({}, 55.4e6, 0.970, 13.3), ({"channels": 336}, 94.7e6, 0.977, 20.2),
    ({"weights": 32, "blocks": 0, "nproc": 0}, 1.59e6, 0.0, 6.4)])
def test_counts_at_paper_scale(changes, parameters, binary, megabytes):
    counts = count(ResNetVAE(replace(PAPER, **changes), np.random.default_rng(0)))
    assert float(f"{counts['parameters']:.3g}") == parameters
    assert round(counts["binary_parameters"] / counts["parameters"], 3) == binary
    assert round(counts["bytes"] / 1e6, 1) == megabytes


def test_only_residual_blocks_are_binary_unless_everything_is():
    for everywhere in (False, True):
        model = ResNetVAE(replace(SMALL, weights=1, binary_everywhere=everywhere), np.random.default_rng(0))
        for name, parameter in named_parameters(model):
            binary = name.endswith(".v") and (everywhere or "blocks" in name)
            assert parameter.kind == ("binary" if binary else "float"), name


def test_blocks_are_dealt_round_robin():
    assert [PAPER.blocks_of(layer) for layer in range(12)] == [2] * 8 + [1] * 4
    model = ResNetVAE(SMALL, np.random.default_rng(0))
    assert [(len(layer.up_blocks), len(layer.down_blocks)) for layer in model.layers] == [(2, 2), (1, 1), (1, 1)]


def test_kernels_are_5x5_next_to_the_image_and_3x3_between():
    for name, parameter in named_parameters(ResNetVAE(SMALL, np.random.default_rng(0))):
        if name.endswith(".v"):
            assert parameter.value.shape[:2] == ((3, 3) if name.startswith("layers.") else (5, 5)), name


EVERYWHERE = {"weights": 1, "binary_everywhere": True}


@pytest.mark.parametrize("changes, in_blocks, between_them", [
    ({}, False, False), ({"weights": 1}, False, False), ({"weights": 1, "activations": 1}, True, False),
    (EVERYWHERE, False, False), ({**EVERYWHERE, "activations": 1}, True, True)])
def test_activations_are_signs_where_the_configuration_says_so(changes, in_blocks, between_them):
    model = ResNetVAE(replace(SMALL, **changes), np.random.default_rng(0))
    blocks = [*model.stem_blocks, *model.head_blocks, *(block for layer in model.layers
                                                        for block in (*layer.up_blocks, *layer.down_blocks))]
    for owners, binary in ((blocks, in_blocks), ([model, *model.layers], between_them)):
        for owner in owners:
            assert owner.activation(np.array([0.5], np.float32))[0] == (1 if binary else 0.5)


def test_a_pixels_scale_starts_at_about_the_spread_of_a_first_reconstruction():
    model = ResNetVAE(SMALL, np.random.default_rng(0))
    np.testing.assert_allclose(np.log1p(np.exp(model.log_scale.value)), 0.08, atol=0.005)


def _images_and_model(config, n=5, initialise=True):
    rng = np.random.default_rng(1)
    model = ResNetVAE(config, rng)
    images = rng.integers(0, 256, (n, config.size, config.size, 3)).astype(np.uint8)
    noise = model.draw_noise(rng, n)
    if initialise:
        model(images, noise, initialise=True)
    return images, noise, model


@pytest.mark.parametrize("size", [8, 16, 32])
@pytest.mark.parametrize("changes", [{}, {"weights": 1}, {"weights": 1, "activations": 1}, {"blocks": 0, "nproc": 0},
                                     {"weights": 1, "binary_everywhere": True},
                                     {"weights": 1, "activations": 1, "binary_everywhere": True}])
def test_every_variant_runs_in_float32(size, changes):
    images, noise, model = _images_and_model(replace(SMALL, size=size, **changes), n=2)
    bound, backward = model(images, noise)
    backward(*free_bits_loss(bound)[1]())
    assert bound.log_likelihood.shape == (2,) and bound.kl.shape == (2, 3, 2)
    assert bound.kl.dtype == np.float32
    for name, parameter in named_parameters(model):
        assert np.isfinite(parameter.grad).all() and parameter.grad.dtype == np.float32, name


def test_images_do_not_influence_each_other():
    images, noise, model = _images_and_model(SMALL)
    together = model(images, noise)[0].negative
    alone = [model(images[i:i + 1], noise[i:i + 1])[0].negative[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


@pytest.mark.parametrize("changes", [{}, {**EVERYWHERE, "activations": 1}])
def test_an_image_passes_the_stem_an_elu_and_its_blocks_before_the_ladder(changes):
    """Written out once more. The ELU stays when everything else is signs: what blocks add to is real."""
    images, _, model = _images_and_model(replace(SMALL, **changes))
    randomise(model, np.random.default_rng(3))                      # or blocks are the identity
    u, _ = elu(model.stem(scale_pixels(images, np.dtype(float)))[0])
    for block in model.stem_blocks:
        u, _ = block(u)
    for layer, below in zip(model.layers, model.bottom_up(images)[0]):
        np.testing.assert_array_equal(below, layer.to_posterior(model.activation(u)[0])[0])
        for block in layer.up_blocks:
            u, _ = block(u)


@pytest.mark.parametrize("changes", [{}, {**EVERYWHERE, "activations": 1}])
def test_the_way_down_is_blocks_and_latents_then_blocks_and_the_head(changes):
    _, _, model = _images_and_model(replace(SMALL, **changes))
    rng = np.random.default_rng(3)
    randomise(model, rng)
    d, z = rng.normal(size=(2, 4, 4, 6)), rng.normal(size=(2, 4, 4, 2))
    layer, through, decoded = model.layers[0], d, d
    for block in layer.down_blocks:
        through, _ = block(through)
    for block in model.head_blocks:
        decoded, _ = block(decoded)
    wanted = through + layer.from_latent(model.activation(z)[0])[0]
    np.testing.assert_array_equal(layer.next_state(d, z)[0], wanted)
    np.testing.assert_array_equal(model.pixel_mean(d)[0], model.head(model.activation(decoded)[0])[0])


@pytest.mark.parametrize("changes", [{}, {"weights": 1, "activations": 1}, {**EVERYWHERE, "activations": 1}])
def test_where_the_posterior_is_the_prior_a_reconstruction_is_a_sample_and_costs_no_bits(changes):
    images, noise, model = _images_and_model(replace(SMALL, **changes))
    randomise(model, np.random.default_rng(3))
    for layer in model.layers:
        layer.to_posterior.gain.value[...] = -1000                  # softplus of it is 0: every image says the bias
        for parameter in (layer.to_prior.v, layer.to_prior.gain, layer.to_prior.bias):
            of_prior, of_posterior = np.split(parameter.value, 2, axis=-1)
            of_posterior[...] = of_prior - (layer.to_posterior.bias.value if parameter is layer.to_prior.bias else 0)
    np.testing.assert_allclose(model(images, noise)[0].kl, 0, atol=1e-9)
    np.testing.assert_array_equal(model.reconstruct(images, noise), model.sample(noise))
    assert len(np.unique(model.sample(noise))) > 20


def test_top_layers_reach_the_likelihood():
    images, noise, model = _images_and_model(SMALL)
    changed = noise.copy()
    changed[:, 2] = 0.9                                             # the noise of the topmost layer only
    assert (model(images, noise)[0].log_likelihood != model(images, changed)[0].log_likelihood).all()


def test_uniform_noise_never_costs_less_than_eight_bits():
    rng = np.random.default_rng(2)
    for initialise in (True, False):
        _, _, model = _images_and_model(SMALL, initialise=initialise)
        images = rng.integers(0, 256, (200, 8, 8, 3)).astype(np.uint8)
        for log_scale in (-2.5, -1.0, 0.0, 5.0):
            model.log_scale.value = np.array(log_scale, np.float32)
            assert model.bits(images, model.draw_noise(rng, 200))["total"].mean() > 8


def test_bits_are_the_bound_and_its_parts():
    images, noise, model = _images_and_model(SMALL)
    bits = model.bits(images, noise)
    np.testing.assert_allclose(bits["total"], bits["reconstruction"] + bits["kl"].sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(bits["total"], model(images, noise)[0].negative / (192 * np.log(2)), rtol=1e-5)


def test_a_model_trains_with_free_bits_and_reports_without():
    model = ResNetVAE(SMALL, np.random.default_rng(0))
    bound = Bound(np.zeros(2), np.full((2, 3, 2), 0.03))
    np.testing.assert_allclose(model.loss(bound)[0] * 192 * np.log(2), 6 * 0.1)
    np.testing.assert_allclose(bound.negative, 6 * 0.03)


@pytest.mark.parametrize("moved", [-0.49, 0.0, 0.49])
def test_a_decoded_mean_becomes_the_nearest_grey_value(moved):
    levels = np.arange(256)
    np.testing.assert_array_equal(_to_pixels(scale_pixels(levels, np.dtype(float)) + moved * 2 / 255), levels)
    np.testing.assert_array_equal(_to_pixels(np.array([-1.5, 1.5])), [0, 255])


def test_samples_and_reconstructions_are_images_that_repeat():
    images, noise, model = _images_and_model(SMALL)
    for draw in (lambda: model.sample(noise), lambda: model.reconstruct(images, noise)):
        assert draw().dtype == np.uint8 and draw().shape == images.shape
        np.testing.assert_array_equal(draw(), draw())
    assert (model.sample(noise) != model.sample(1 - noise)).any()


@pytest.mark.parametrize("changes, message", [
    ({"size": 12}, "size: wanted 8, 16 or 32, got 12"), ({"weights": 2}, "weights: wanted 1 or 32, got 2"),
    ({"layers": 0}, "layers: wanted a whole number of at least 1, got 0"), ({"blocks": -1}, "blocks"),
    ({"weights": 1, "blocks": 0, "nproc": 0}, "weights: wanted 32 without residual blocks"),
    ({"activations": 1}, "activations: wanted 32"), ({"binary_everywhere": True}, "binary_everywhere")])
def test_impossible_configurations_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **changes)
