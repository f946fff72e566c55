"""Files for inference: binary weights as bits, everything else as 32-bit floats, without what only training needs."""

import numpy as np

from ..blocks import pack_layers, without_batch_norm
from ..configs import whole_number
from ..files import InputError
from ..parameter import as_vector, deal_vector, parameters
from .checkpoint import load_any, save_checkpoint
from .evaluate import BATCH
from .settings import Settings
from .state import TrainingState

FORMAT = "minibnn model 1"


def save_model(path, settings, model):
    """Write a trained model: settings, one bit for each binary parameter, 32 for any other.

    Parameters are in order of definition; the bits of all binary ones form one string, lowest bit first.
    """
    binary, others = _by_kind(model)
    signs, floats = (as_vector(p.value for p in of_kind) for of_kind in (binary, others))
    arrays = {"bits": np.packbits(signs >= 0, bitorder="little"), "floats": floats}
    save_checkpoint(path, {"settings": settings.as_dict()}, arrays, FORMAT)


def load_trained(path):
    """The settings and the model in a checkpoint, or in a file that `save_model` wrote.

    The binary weights of such a file stay bits: its layers are PackedConv.
    Raises:    InputError if the file holds no such model.
    """
    form, meta, arrays = load_any(path)
    if form != FORMAT:
        return load_for_inference(path)
    try:
        settings = Settings.from_dict(meta["settings"])
        settings.model.require_room_in(arrays)
        model = settings.build(np.random.default_rng(0))
        without_batch_norm(model)                                   # batch norm was folded before packing
        _fill(model, arrays["bits"], arrays["floats"])
    except KeyError as error:
        raise InputError(f"{path}: wanted a packed model, got a file without {error}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    pack_layers(model)
    return settings, model


def load_for_inference(path):
    """The settings and the model in a checkpoint, to use or to pack.

    Raises:    InputError if the file holds no model, or one with batch normalisation that is not folded yet.
    """
    state = TrainingState.load(path)
    if state.settings.model.normalisation == "batch" and not state.complete:
        raise InputError(f"{path}: wanted a complete run, with folded batch normalisation, got one "
                         f"at step {state.step} of {state.settings.training.steps}")
    return state.settings, state.model


def sample(model, number, seed, report=None):
    """Images drawn from a model: (number, S, S, 3) uint8. The noise is drawn image by image from `seed`.

    Images are computed in batches, so that activations take no more memory for many images.
    report(done, total, text) is called after each batch.
    Raises:    InputError unless number is a whole number of at least 1, and seed one of at least 0.
    """
    return _in_batches(lambda start, noise: model.sample(noise), model, number, seed, report)


def require_vae(settings, place, reason="which has an exact inverse, so that there is nothing to reconstruct"):
    """Raise InputError unless a model is a VAE.    place: what the message begins with; reason: why not a flow"""
    if settings.kind != "vae":
        raise InputError(f"{place}: wanted a ResNet VAE, got a {settings.kind}, {reason}")


def reconstruct(model, images, seed, report=None):
    """A VAE's reconstructions: (N, S, S, 3) uint8; seed, report: as in `sample`."""
    return _in_batches(lambda start, noise: model.reconstruct(images[start:start + BATCH], noise), model, len(images),
                       seed, report)


def _in_batches(draw, model, number, seed, report):
    number = whole_number("number", number, 1)
    rng, batches = np.random.default_rng(whole_number("seed", seed, 0)), []
    for start in range(0, number, BATCH):
        stop = min(start + BATCH, number)
        batches.append(draw(start, model.draw_noise(rng, stop - start)))
        if report:
            report(stop, number, "images")
    return np.concatenate(batches)


def _fill(model, bits, floats):
    """Set the parameters of a model from the arrays of a file: the binary ones to +-1.    Raises: InputError"""
    binary, others = _by_kind(model)
    number = sum(p.value.size for p in binary)
    if (bits.dtype, bits.shape) != (np.uint8, (-(-number // 8),)):
        raise InputError(f"bits: wanted the bits of {number} binary parameters, got {bits.dtype} {bits.shape}")
    positive = np.unpackbits(bits, bitorder="little")
    if positive[number:].any():
        raise InputError("bits: wanted spare bits of 0, got others")
    if (floats.dtype, floats.shape) != (np.float32, (sum(p.value.size for p in others),)):
        raise InputError(f"floats: wanted the numbers of the settings' architecture, got {floats.dtype} {floats.shape}")
    if not np.isfinite(floats).all():
        raise InputError("floats: wanted finite numbers, got others")
    for of_kind, vector in ((binary, positive[:number].astype(np.float32) * 2 - 1), (others, floats)):
        for parameter, value in zip(of_kind, deal_vector(vector, of_kind)):
            parameter.value = value


def _by_kind(model):
    of_model = parameters(model)
    return [p for p in of_model if p.kind == "binary"], [p for p in of_model if p.kind != "binary"]

