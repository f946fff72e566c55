"""What the configurations of all models share: size, precision, and checks in words."""

from dataclasses import dataclass

from .files import InputError

NORMALISATIONS = ("weight", "batch", "none")


def require_one_of(config, name, allowed):
    """Raise InputError unless `config.name` is one of the values in `allowed`."""
    value = getattr(config, name)
    if type(value) is not int or value not in allowed:
        wanted = ", ".join(map(str, allowed[:-1])) + f" or {allowed[-1]}"
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")


def require_whole_numbers(config, least):
    """Raise InputError unless each named value is a whole number of at least so much.    least: dict"""
    for name, least_value in least.items():
        value = getattr(config, name)
        if type(value) is not int or value < least_value:
            raise InputError(f"{name}: wanted a whole number of at least {least_value}, got {value!r}")


def require_number(config, name, accepts, wanted):
    """Raise InputError unless `config.name` is a number for which accepts(number); `wanted` says it in words."""
    value = getattr(config, name)
    if type(value) not in (int, float) or not accepts(value):
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")


def require_bool(config, name):
    """Raise InputError unless `config.name` is True or False."""
    value = getattr(config, name)
    if type(value) is not bool:
        raise InputError(f"{name}: wanted true or false, got {value!r}")


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

    @property
    def dimensions(self):
        """Number of subpixels of an image: what bits per dimension divides by."""
        return self.size * self.size * 3
