"""The entrance of both models: images and noise are what they should be, and belong together, or are refused.

And their size is known before they are built.
"""

from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG

from minibnn import configs
from minibnn.experiments.ledger import PAPER_FLOW, PAPER_VAE
from minibnn.files import InputError
from minibnn.flowpp import FlowConfig, FlowPP
from minibnn.parameter import count
from minibnn.resnet_vae import ResNetVAE, VAEConfig

RNG = np.random.default_rng(0)
MODELS = {"vae": ResNetVAE(CONFIG, RNG), "flow": FlowPP(FLOW_CONFIG, RNG)}
IMAGES = RNG.integers(0, 256, (3, 8, 8, 3), np.uint8)
WHOLE = "images: wanted an array of whole numbers from 0 to 255, got "


def _entrances(model):
    """Each way in: a function of images and noise."""
    return [model, model.bits, *([model.reconstruct] if hasattr(model, "reconstruct") else [])]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("images, message", [
    (IMAGES / 255.0, WHOLE + "an array of float64"), (IMAGES.astype(np.float32), WHOLE + "an array of float32"),
    (np.full(IMAGES.shape, np.nan), WHOLE + "an array of float64"), (IMAGES > 5, WHOLE + "an array of bool"),
    (IMAGES.tolist(), WHOLE + "list"),
    (IMAGES.astype(np.int64) + 200, r"images: wanted whole numbers from 0 to 255, got 20\d to 4\d\d"),
    (IMAGES.astype(np.int16) - 200, r"images: wanted whole numbers from 0 to 255, got -\d+ to \d+"),
    (IMAGES.transpose(0, 3, 1, 2), r"wanted \(N, 8, 8, 3\), channels last, with N of at least 1, got \(3, 3, 8, 8\)"),
    (IMAGES[0], r"images: wanted \(N, 8, 8, 3\)"), (IMAGES[:0], r"N of at least 1, got \(0, 8, 8, 3\)"),
    (IMAGES[:, :4, :4], r"images: wanted \(N, 8, 8, 3\)"), (IMAGES[..., :1], r"images: wanted \(N, 8, 8, 3\)"),
    (IMAGES.repeat(2, axis=1).repeat(2, axis=2), r"images: wanted \(N, 8, 8, 3\).*got \(3, 16, 16, 3\)")])
def test_images_that_are_none_are_refused(model, images, message):
    noise = model.draw_noise(np.random.default_rng(1), 3)
    for entrance in _entrances(model):
        with pytest.raises(InputError, match=message):
            entrance(images, noise)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_whole_numbers_of_any_type_are_the_same_images(model):
    noise = model.draw_noise(np.random.default_rng(1), 3)
    for dtype in (np.int64, np.uint16, np.int32):
        np.testing.assert_array_equal(model.bits(IMAGES.astype(dtype), noise)["total"],
                                      model.bits(IMAGES, noise)["total"])


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_noise_of_other_images_is_refused(model):
    noise = model.draw_noise(np.random.default_rng(1), 4)
    for entrance in _entrances(model):
        with pytest.raises(InputError, match=r"noise: wanted \((1|3), .*, as draw_noise gives it, got \(4, "):
            entrance(IMAGES, noise)
        with pytest.raises(InputError, match=r"noise: wanted \(1, "):
            entrance(IMAGES[:1], noise)


@pytest.mark.parametrize("change, message", [
    (lambda noise: noise.astype(int), "an array, as draw_noise gives it, got an array of int64"),
    (lambda noise: noise.tolist(), "as draw_noise gives it, got list"),
    (lambda noise: noise[:, :1], "noise: wanted "), (lambda noise: noise[..., 0], "noise: wanted "),
    (lambda noise: noise * np.nan, "noise: wanted finite numbers"),
    (lambda noise: noise * np.inf, "noise: wanted finite numbers")])
@pytest.mark.parametrize("kind", MODELS)
def test_noise_that_is_none_is_refused(kind, change, message):
    model = MODELS[kind]
    noise = model.draw_noise(np.random.default_rng(1), 3)
    changed = change(noise) if kind == "vae" else noise._replace(gaussian=change(noise.gaussian))
    for call in (*(lambda entrance=entrance: entrance(IMAGES, changed) for entrance in _entrances(model)),
                 lambda: model.sample(changed)):
        with pytest.raises(InputError, match=message.replace("an array, as", "a floating-point array, as")):
            call()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("number", [4, None, (4, 8, 8, 3)])
def test_samples_take_noise_and_no_number(model, number):
    with pytest.raises(InputError, match=r"as draw_noise gives it, got (int|NoneType|tuple)"):
        model.sample(number)


def test_noise_of_a_vae_lies_between_0_and_1():
    model = MODELS["vae"]
    gaussian = np.random.default_rng(0).normal(size=(3, *CONFIG.latent_shape))
    with pytest.raises(InputError, match=r"noise: wanted finite numbers from 0 to 1, got -"):
        model(IMAGES, gaussian)
    with pytest.raises(InputError, match=r"noise: wanted finite numbers from 0 to 1, got -"):
        model.sample(gaussian)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_backward_refuses_gradients_of_another_batch(model):
    bound, backward = model(IMAGES, model.draw_noise(np.random.default_rng(1), 3))
    with pytest.raises(ValueError, match=r"backward: dy: wanted \(3,.* like the output, got \(1,"):
        backward(*(part[:1] for part in bound))


NO_FLOW_BLOCKS = {"blocks": 0, "dequantiser_blocks": 0}


@pytest.mark.parametrize("config", [
    VAEConfig(), VAEConfig(blocks=0, nproc=0), VAEConfig(size=8, layers=3, blocks=7, nproc=2, channels=5, latents=3),
    VAEConfig(weights=1, activations=1, binary_everywhere=True, channels=7), FlowConfig(), FlowConfig(**NO_FLOW_BLOCKS),
    FlowConfig(size=16, blocks=0, couplings=(1, 0, 3), mixture=7), FlowConfig(dequantiser_blocks=0, channels=5),
    FlowConfig(weights=1, binary_context=True, blocks=1, dequantiser_couplings=3, context_channels=5),
    VAEConfig(weights=1, blocks=0), FlowConfig(weights=1, activations=1), FlowConfig(weights=1, dequantiser_blocks=0)])
def test_the_parameters_are_counted_without_building_the_model(config):
    kind = ResNetVAE if isinstance(config, VAEConfig) else FlowPP
    counts = count(kind(config, np.random.default_rng(0)))
    assert counts == {"parameters": config.parameters, "binary_parameters": config.binary_parameters,
                      "bytes": config.bytes}


def test_the_papers_models_have_the_papers_sizes():
    """55.4M, 1.59M, 33.6M and 2.21M parameters."""
    assert [round(config.parameters / 1e6, 2) for config in (
        PAPER_VAE, replace(PAPER_VAE, weights=32, blocks=0, nproc=0), PAPER_FLOW,
        replace(PAPER_FLOW, weights=32, **NO_FLOW_BLOCKS))] == [55.38, 1.59, 33.56, 2.21]


def test_a_model_that_does_not_fit_in_the_memory_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(configs, "memory", lambda: 10**9)
    VAEConfig().require_memory()
    with pytest.raises(InputError, match=r"this machine, 1 GB, got one of 55,\d{3},\d{3} parameters, 2 GB in"):
        PAPER_VAE.require_memory()
    with pytest.raises(InputError, match=r"parameters, 3 GB in training"):
        VAEConfig().require_memory(threads=1500)                    # a copy of the model for each
    monkeypatch.setattr(configs, "memory", lambda: None)            # where the system does not say
    PAPER_VAE.require_memory()


@pytest.mark.parametrize("changes", [{"channels": 10**400}, {"layers": True}, {"latents": 1e3}, {"blocks": -1}])
def test_numbers_that_are_none_are_refused_in_words(changes):
    [name] = changes
    with pytest.raises(InputError, match=rf"^{name}: wanted a whole number of at (least \d|most 1,000,000,000), "):
        VAEConfig(**changes)
