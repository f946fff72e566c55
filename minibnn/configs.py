"""Shared by all models: size and precision, and checks of configurations, images and noise."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .cores import memory
from .files import InputError

MOST = 10**9             # largest whole number in a configuration
TRAINING_BYTES = 28      # for each parameter in training: value, gradient, both moments, and vectors of an update
REPLICA_BYTES = 8        # for each parameter in a copy of the model for another thread: value and gradient
NORMALISATIONS = ("weight", "batch", "none")


def require_one_of(config, name, allowed):
    """Raise InputError unless `config.name` is one of the values in `allowed`."""
    value = getattr(config, name)
    if type(value) is not int or value not in allowed:
        wanted = ", ".join(map(str, allowed[:-1])) + f" or {allowed[-1]}"
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")


def require_whole_numbers(config, least):
    """Raise InputError unless each value is a whole number of at least `least`.    least: dict name -> number"""
    for name, least_value in least.items():
        value = getattr(config, name)
        if type(value) is not int or not least_value <= value <= MOST:
            wanted = f"at most {MOST:,}" if type(value) is int and value > MOST else f"at least {least_value}"
            raise InputError(f"{name}: wanted a whole number of {wanted}, got {str(value)[:20]}")


def require_number(config, name, accepts, wanted):
    """Raise InputError unless `config.name` is a number and accepts(number) is true; `wanted` says this in words."""
    value = getattr(config, name)
    if type(value) not in (int, float) or not accepts(value):
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")


def require_bool(config, name):
    """Raise InputError unless `config.name` is True or False."""
    value = getattr(config, name)
    if type(value) is not bool:
        raise InputError(f"{name}: wanted true or false, got {value!r}")


def whole_number(name, value, least):
    """An argument of a function as int, whole numbers of NumPy too.    Raises: InputError if it is less than `least`"""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name}: wanted a whole number of at least {least}, got {value!r}")
    return int(value)


def require_images(images, size):
    """Check images for a model.    Raises: InputError unless (N, size, size, 3) whole numbers 0..255, N > 0"""
    if not isinstance(images, np.ndarray) or images.dtype.kind not in "ui":
        raise InputError(f"images: wanted an array of whole numbers from 0 to 255, got {_kind(images)}")
    if images.shape[1:] != (size, size, 3) or not len(images):
        last = ", channels last" if images.shape[1:2] == (3,) else ""
        raise InputError(f"images: wanted (N, {size}, {size}, 3){last}, with N of at least 1, got {images.shape}")
    if images.dtype != np.uint8 and (images.min() < 0 or images.max() > 255):
        raise InputError(f"images: wanted whole numbers from 0 to 255, got {images.min()} to {images.max()}")


def require_noise(noise, shape, number=None, least=-np.inf, most=np.inf):
    """Check noise for a model, of the shape `shape` for each image.

    number:    of images; None for samples, where any number is allowed
    Raises:    InputError unless it is a floating-point array of that shape, finite, from `least` to `most`.
    """
    if not isinstance(noise, np.ndarray) or noise.dtype.kind != "f":
        raise InputError(f"noise: wanted a floating-point array, as draw_noise gives it, got {_kind(noise)}")
    if noise.shape[1:] != shape or len(noise) != (number or max(1, len(noise))):
        raise InputError(f"noise: wanted {(number or 'N', *shape)}, as draw_noise gives it, got {noise.shape}")
    if not least <= noise.min() <= noise.max() <= most or not np.isfinite(noise).all():
        raise InputError(f"noise: wanted finite numbers from {least} to {most}, got {noise.min()} to {noise.max()}")


def _kind(value):
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__


@dataclass(frozen=True)
class ModelConfig:
    """Image size and precision of any model here.

    Raises:    InputError naming the first value that is out of range.
    """

    size: int                          # rows = columns of an image: 8, 16 or 32
    weights: int                       # bits of the residual blocks' weights: 32 or 1
    activations: int                   # bits of their activations: 32 or 1
    normalisation: str                 # of their binary convolutions: "weight" (BWN), "batch" or "none"

    def __post_init__(self):
        require_one_of(self, "size", (8, 16, 32))
        require_one_of(self, "weights", (1, 32))
        require_one_of(self, "activations", (1, 32))
        if self.normalisation not in NORMALISATIONS:
            raise InputError(f"normalisation: wanted {', '.join(NORMALISATIONS[:-1])} or {NORMALISATIONS[-1]}, "
                             f"got {self.normalisation!r}")
        if self.weights == 32 and self.normalisation != "weight":
            raise InputError(f"normalisation: wanted weight with 32-bit weights, got {self.normalisation}")
        if (self.activations, self.weights) == (1, 32):
            raise InputError("activations: wanted 32 with 32-bit weights (Table 1 has no 32/1 model), got 1")

    def require_memory(self, threads=1):
        """Raise InputError before the model is built, if training it takes more memory than the machine has."""
        needed, there = self.parameters * (TRAINING_BYTES + REPLICA_BYTES * (threads - 1)), memory()
        if there and needed > there:
            raise InputError(f"model: wanted one that fits in the memory of this machine, {there / 1e9:,.0f} GB, got "
                             f"one of {self.parameters:,} parameters, {needed / 1e9:,.0f} GB in training")

    def require_room_in(self, arrays):
        """Raise InputError before the model is built, if arrays of a file are too small to hold it."""
        if self.parameters > 8 * sum(array.nbytes for array in arrays.values()):
            raise InputError(f"wanted the parameters of the settings' architecture, {self.parameters:,}, got a file "
                             "too small for them")

    @property
    def bytes(self):
        """The bytes of the parameters when stored, as `parameter.count`: binary ones as bits."""
        return 4 * (self.parameters - self.binary_parameters) + -(-self.binary_parameters // 8)

    @property
    def dimensions(self):
        """Number of subpixels of an image, by which bits per dimension divides."""
        return self.size * self.size * 3


class Convolutions(NamedTuple):
    """`number` convolution layers of one shape, with weights of 1 or of 32 bits."""

    number: int
    kernel: int
    c_in: int
    c_out: int
    binary: bool = False

    @property
    def weights(self):
        """How many weights v they have."""
        return self.number * self.kernel**2 * self.c_in * self.c_out

    @property
    def parameters(self):
        """How many parameters: v, gain, bias."""
        return self.weights + 2 * self.number * self.c_out


def binary_weights(convolutions):
    """How many of the weights of some Convolutions are binary."""
    return sum(layers.weights for layers in convolutions if layers.binary)
