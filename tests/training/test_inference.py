"""Packed models: small, exact, whole or refused."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG, small_data, small_settings

from minibnn.binary.pairs import sign_conv2d
from minibnn.blocks import BinaryConv, PackedConv, ResidualBlock, chain
from minibnn.cores import Team
from minibnn.files import InputError
from minibnn.parameter import count, parameters
from minibnn.training import run
from minibnn.training.checkpoint import load_any, save_checkpoint
from minibnn.training.evaluate import evaluate
from minibnn.training.inference import FORMAT, load_trained, sample, save_model
from minibnn.training.replicas import Replicas
from minibnn.training.state import TrainingState

DATA = small_data()
ONE_32, ONE_ONE = {"weights": 1, "activations": 32}, {"weights": 1, "activations": 1}
MODELS = [replace(CONFIG, **ONE_32), CONFIG, replace(CONFIG, binary_everywhere=True),
          replace(CONFIG, **ONE_32, binary_everywhere=True), replace(FLOW_CONFIG, **ONE_32),
          replace(FLOW_CONFIG, **ONE_ONE), replace(FLOW_CONFIG, **ONE_ONE, binary_context=True),
          replace(CONFIG, weights=32, activations=32)]


def _trained(config):
    state = TrainingState(small_settings(config))
    state.initialise(DATA.train)
    replicas = Replicas(state.model, Team(1))
    for _ in range(3):
        state.train_step(DATA.train, replicas)
    return state


def _layers(owner, kind):
    found = []
    if isinstance(owner, kind):
        found.append(owner)
    elif isinstance(owner, list):
        found += [layer for item in owner for layer in _layers(item, kind)]
    elif type(owner).__module__.startswith("minibnn."):
        found += [layer for item in vars(owner).values() for layer in _layers(item, kind)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("config", MODELS, ids=str)
def test_a_packed_model_gives_the_same_numbers(tmp_path, config):
    state = _trained(config)
    save_model(tmp_path / "m.npz", state.settings, state.model)
    settings, packed = load_trained(tmp_path / "m.npz")
    assert settings == state.settings
    binary_layers = _layers(state.model, BinaryConv)
    assert len(_layers(packed, PackedConv)) == len(binary_layers) and not _layers(packed, BinaryConv)
    assert all(p.kind == "float" for p in parameters(packed))
    wanted, got = (evaluate(model, DATA.test, 3, Team(1)) for model in (state.model, packed))
    np.testing.assert_array_equal(got.per_image, wanted.per_image)
    noise = packed.draw_noise(np.random.default_rng(0), 5)
    np.testing.assert_array_equal(packed.sample(noise), state.model.sample(noise))


@pytest.mark.slow
@pytest.mark.parametrize("config", [CONFIG, replace(FLOW_CONFIG, **ONE_ONE)], ids=["vae", "flow"])
@pytest.mark.parametrize("normalisation", ["batch", "none"])
def test_alternatives_to_weight_normalisation_survive_the_file(tmp_path, config, normalisation):
    settings = small_settings(replace(config, normalisation=normalisation), steps=3)
    run.train(settings, DATA, tmp_path / "run")
    settings, model = load_trained(tmp_path / "run" / "checkpoint.npz")
    save_model(tmp_path / "m.npz", settings, model)
    _, packed = load_trained(tmp_path / "m.npz")
    whole, alone = (evaluate(packed, images, 3, Team(1)).per_image for images in (DATA.test, DATA.test[:5]))
    np.testing.assert_array_equal(whole, evaluate(model, DATA.test, 3, Team(1)).per_image)
    np.testing.assert_allclose(whole[:5], alone, rtol=1e-5)         # no image sees the others of its batch


def test_a_model_whose_batch_normalisation_is_not_folded_is_not_used(tmp_path):
    state = TrainingState(small_settings(replace(CONFIG, normalisation="batch")))
    state.save(tmp_path / "c.npz")
    with pytest.raises(InputError, match=r"c\.npz: wanted a complete run, with folded .* got one at step 0 of 25"):
        load_trained(tmp_path / "c.npz")


@pytest.mark.parametrize("weights, activations", [(1, 32), (1, 1)])
def test_inputs_of_signs_are_convolved_in_pairs_and_others_are_not(monkeypatch, weights, activations):
    calls = []

    def recorded(x, *rest):
        calls.append(np.unique(x))
        return sign_conv2d(x, *rest)
    monkeypatch.setattr("minibnn.blocks.convolutions.sign_conv2d", recorded)
    block = ResidualBlock(np.random.default_rng(0), 4, 3, BinaryConv, activations == 1)
    block.conv1, block.conv2 = PackedConv(block.conv1), PackedConv(block.conv2)
    block(np.random.default_rng(1).normal(size=(2, 5, 5, 4)).astype(np.float32))
    assert len(calls) == (2 if activations == 1 else 0) and all(values.tolist() == [-1, 1] for values in calls)


def test_a_packed_layer_cannot_be_trained():
    layer = PackedConv(BinaryConv(np.random.default_rng(0), 3, 4, 5))
    y, backward = chain(np.ones((1, 4, 4, 4), np.float32), [layer])
    with pytest.raises(TypeError, match="wanted a model with latent weights to train"):
        backward(y)


def test_the_size_is_one_bit_for_a_binary_parameter(tmp_path):
    state = TrainingState(small_settings(replace(CONFIG, channels=64)))
    save_model(tmp_path / "m.npz", state.settings, state.model)
    size = (tmp_path / "m.npz").stat().st_size
    assert count(state.model)["bytes"] <= size < 1.03 * count(state.model)["bytes"]


def test_in_memory_the_weights_are_bits_too(tmp_path):
    """Channels fill whole bytes, and a fan-in whole words: a little more than one bit each."""
    state = TrainingState(small_settings(replace(CONFIG, channels=60)))
    save_model(tmp_path / "m.npz", state.settings, state.model)
    _, packed = load_trained(tmp_path / "m.npz")
    held = sum(layer.kernel.words.nbytes for layer in _layers(packed, PackedConv))
    binary = count(state.model)["binary_parameters"]
    assert binary / 8 <= held < 1.1 * binary / 8


def test_the_file_holds_signs_but_no_latent_weights(tmp_path):
    state = _trained(CONFIG)
    save_model(tmp_path / "a.npz", state.settings, state.model)
    for parameter in parameters(state.model):
        if parameter.kind == "binary":
            parameter.value = np.where(parameter.value >= 0, 0.3, -0.9).astype(np.float32)
    save_model(tmp_path / "b.npz", state.settings, state.model)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    form, _, arrays = load_any(tmp_path / "a.npz")
    assert form == FORMAT and arrays.keys() == {"bits", "floats"} and arrays["bits"].dtype == np.uint8


def test_a_latent_weight_of_zero_is_plus_one_in_the_file_too(tmp_path):
    state = TrainingState(small_settings())
    for parameter in parameters(state.model):
        if parameter.kind == "binary":
            parameter.value = np.zeros_like(parameter.value)
    save_model(tmp_path / "m.npz", state.settings, state.model)
    _, packed = load_trained(tmp_path / "m.npz")
    for layer in _layers(packed, PackedConv):
        np.testing.assert_array_equal(layer.kernel.signs(), np.ones(layer.kernel.shape))


def test_a_checkpoint_is_loaded_as_well(tmp_path):
    state = _trained(CONFIG)
    state.save(tmp_path / "c.npz")
    settings, model = load_trained(tmp_path / "c.npz")
    assert settings == state.settings and _layers(model, BinaryConv)


def test_mutations_of_a_file_are_noticed(tmp_path):
    """Bytes changed, removed, inserted, exchanged, repeated, cut: an error in words or the very same model."""
    state = _trained(CONFIG)
    path = tmp_path / "m.npz"
    save_model(path, state.settings, state.model)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    noticed = 0
    for number in range(200):
        path.write_bytes(_mutated(content, number % 6, rng))
        try:
            _, model = load_trained(path)
        except InputError as error:
            assert str(error).startswith(f"{path}: ")
            noticed += 1
        else:
            noise = model.draw_noise(rng, 1)
            np.testing.assert_array_equal(model.sample(noise), state.model.sample(noise))
    assert noticed >= 190


def _mutated(content, kind, rng):
    mutated, (first, last) = bytearray(content), sorted(rng.integers(0, len(content), 2))
    if kind == 0:
        mutated[first] = (mutated[first] + rng.integers(1, 256)) % 256
    elif kind == 1:
        del mutated[first:last]
    elif kind == 2:
        mutated[first:first] = rng.bytes(int(rng.integers(1, 100)))
    elif kind == 3:
        mutated[first], mutated[last] = mutated[last], mutated[first]
    elif kind == 4:
        mutated += mutated[first:last]
    else:
        del mutated[first:]
    return bytes(mutated)


@pytest.mark.parametrize("change, message", [
    ({"bits": None}, "without 'bits'"), ({"floats": np.zeros(3, np.float32)}, "got a file too small for them"),
    ({"floats": np.zeros(9999, np.float32)}, "floats: wanted the numbers of"),
    ({"bits": np.zeros(3, np.uint8)}, "bits: wanted the bits of"),
    ({"bits": np.zeros((2, 2))}, "bits: wanted the bits of"),
    ({"floats": np.nan}, "floats: wanted finite numbers"), ({"settings": {}}, "settings: kind is missing"),
    ({"settings": 5}, "settings: "), ({"spare": 0x10}, "spare bits of 0"), ({"spare": 0x80}, "spare bits of 0")])
def test_files_with_a_right_checksum_and_wrong_contents_are_refused(tmp_path, change, message):
    state = TrainingState(small_settings(replace(CONFIG, channels=3, blocks=1, nproc=0)))
    assert count(state.model)["binary_parameters"] % 8 == 4         # 4 spare bits, from 0x10 to 0x80
    save_model(tmp_path / "m.npz", state.settings, state.model)
    _, meta, arrays = load_any(tmp_path / "m.npz")
    [(name, value)] = change.items()
    if name == "settings":
        meta[name] = value
    elif name == "spare":
        arrays["bits"][-1] |= value
    elif value is None:
        del arrays[name]
    else:
        arrays[name] = value if isinstance(value, np.ndarray) else arrays[name] * np.float32(value)
    save_checkpoint(tmp_path / "m.npz", meta, arrays, FORMAT)
    with pytest.raises(InputError, match=message):
        load_trained(tmp_path / "m.npz")


def test_a_later_format_is_refused(tmp_path):
    save_checkpoint(tmp_path / "m.npz", {}, {}, "minibnn model 9")
    with pytest.raises(InputError, match='wanted the format "minibnn checkpoint 1", got "minibnn model 9"'):
        load_trained(tmp_path / "m.npz")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "m.npz").read_bytes())) as archive:
        assert archive.namelist() == ["meta.npy"]


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "3", None, np.float64(2)])
def test_at_least_one_sample_is_drawn(number):
    with pytest.raises(InputError, match="number: wanted a whole number of at least 1, got "):
        sample(TrainingState(small_settings()).model, number, 0)


def test_whole_numbers_of_numpy_are_whole_numbers():
    model = TrainingState(small_settings()).model
    np.testing.assert_array_equal(sample(model, np.int64(2), np.uint8(5)), sample(model, 2, 5))
