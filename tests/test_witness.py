"""The authors' published code as a witness: the same parameters, images and noise give the same numbers, all of them.

What the files are, and which differences of that code were taken out of it first, says witness/README.md.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from minibnn.flowpp import FlowConfig, FlowPP
from minibnn.flowpp.bijection import Given
from minibnn.flowpp.model import FlowNoise
from minibnn.flowpp.rearrange import Squeeze
from minibnn.parameter import cast, named_parameters
from minibnn.resnet_vae import ResNetVAE, VAEConfig
from minibnn.training.replicas import training_loss

FOLDER = Path(__file__).parent / "witness"
MODELS = ["vae-32-32", "vae-1-32", "vae-1-1", "vae-none", "flow-32-32", "flow-32-32-dropout", "flow-1-32", "flow-1-1"]
TOLERANCE = 1e-9         # of the largest number of an array; both sides round, and differ by 6e-15 at most


def _starting_with(prefix, witness):
    return {name.removeprefix(prefix): array for name, array in witness.items() if name.startswith(prefix)}


def _model(witness):
    """The model of the configuration in the file, with the file's parameters, in float64."""
    config = json.loads(witness["config"].tobytes())
    rng = np.random.default_rng(0)
    model = ResNetVAE(VAEConfig(**config), rng) if "layers" in config else FlowPP(FlowConfig(**config), rng)
    cast(model, np.float64)
    values, own = _starting_with("parameter/", witness), dict(named_parameters(model))
    assert {name: value.shape for name, value in values.items()} == {name: p.value.shape for name, p in own.items()}
    for name, parameter in own.items():
        parameter.value = values[name]
    return model


def _noise(witness):
    if "uniform" in witness:
        return witness["uniform"]
    return FlowNoise(witness["gaussian"], tuple(_starting_with("mask_", witness).values()))


def _terms(model, witness):
    """What a forward gives besides the loss, under the names of the file."""
    images, noise = witness["images"], _noise(witness)
    bits = model.bits(images, noise)
    if isinstance(model, ResNetVAE):
        return {"bits": bits["total"], "kl_bits": bits["kl"]}
    given = Given(masks=iter(noise.masks) if noise.masks else None)
    (u, _), _ = model.dequantiser(images, noise.gaussian, given)
    (z, _), _ = model.flow(images + u, given)
    (squeezed, _), _ = Squeeze()(z)                                 # as the last stage leaves it
    return {"bits": bits["total"], "dequantisation_bits": bits["dequantisation"], "u": u, "z": squeezed}


def _assert_same(got, witnessed, what):
    assert got.shape == witnessed.shape and got.dtype == witnessed.dtype == np.float64, what
    assert np.abs(got - witnessed).max() <= TOLERANCE * np.abs(witnessed).max(), what        # exactly 0 where all are


@pytest.mark.parametrize("name", MODELS)
def test_loss_terms_and_every_gradient_are_those_of_the_published_code(name):
    with np.load(FOLDER / f"{name}.npz") as file:
        witness = dict(file)
    model = _model(witness)
    loss, loss_backward = training_loss(model, witness["images"], _noise(witness))
    _assert_same(np.float64(loss), witness["loss"], "loss")
    for name, term in _terms(model, witness).items():
        _assert_same(term, witness[name], name)
    loss_backward()
    own, gradients = dict(named_parameters(model)), _starting_with("gradient/", witness)
    assert own.keys() == gradients.keys()
    for name, parameter in own.items():
        _assert_same(parameter.grad, gradients[name], name)
