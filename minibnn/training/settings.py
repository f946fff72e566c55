"""What defines a run: with the same settings and the same data it repeats bit for bit."""

from dataclasses import asdict, dataclass, replace

from ..configs import ModelConfig, require_number, require_whole_numbers
from ..files import InputError, require_fields
from ..flowpp import FlowConfig, FlowPP
from ..resnet_vae import ResNetVAE, VAEConfig
from .start import STARTS

DATA_KEYS = ("name", "train_images", "test_images", "fingerprint")
KINDS = {"vae": (VAEConfig, ResNetVAE), "flow": (FlowConfig, FlowPP)}
DEFAULT_STEPS = {"vae": 2500, "flow": 3000}                         # five minutes each on two cores


def require_described(data):
    """Raise ValueError unless `data`, read from JSON, is what data.describe says of a data set."""
    require_fields(data, name=str, train_images=int, test_images=int, fingerprint=str)


@dataclass(frozen=True)
class TrainingConfig:
    """How to train ("Training" of Appendix B and C).

    The learning rate is constant, then falls linearly to 0 over the last `decay` of the steps. With `warmup` it
    rises first, because Adam's first steps are as long as later ones and move all weights of a channel together.
    Differs:   the paper's rate is constant (decay = 0), its batch 128, its rate 1e-3: short runs of small
               models gain from a higher rate that falls.
    Raises:    InputError naming the first value that is out of range.
    """

    steps: int
    batch: int = 64                    # images per step (paper: 128)
    lr: float = 2e-3                   # (paper: 1e-3)
    decay: float = 0.5                 # fraction of the steps (paper: 0)
    warmup: int = 0                    # number of first steps in which the rate rises linearly (paper: 0)
    start: str = "normal"              # of the latent weights: see start.py
    source: str = ""                   # fingerprint of the model that they come from, if any
    latent_rate: float = 1.0           # factor of the rate for latent weights (paper: 1)
    seed: int = 0
    threads: int = 1                   # parts of a batch that are computed at the same time

    def __post_init__(self):
        require_whole_numbers(self, {"steps": 1, "batch": 1, "seed": 0, "threads": 1, "warmup": 0})
        if type(self.source) is not str or self.start not in STARTS or (self.start == "normal") != (self.source == ""):
            raise InputError(f"start: wanted one of {', '.join(STARTS)}, all but the first with a source, got "
                             f"{self.start!r} with {self.source!r}")
        require_number(self, "lr", lambda rate: 0 < rate < 1, "a learning rate between 0 and 1")
        require_number(self, "latent_rate", lambda factor: 0 < factor <= 1000, "a factor above 0, at most 1000")
        require_number(self, "decay", lambda fraction: 0 <= fraction <= 1, "a fraction between 0 and 1")

    def begins(self, longer, step):
        """Whether `longer` has more steps than this run, and the same first `step` steps.

        This is so if they differ only in the number of steps, and if the rate has not begun to fall by then.
        """
        return (self.steps < longer.steps and replace(self, steps=longer.steps) == longer
                and all(self.learning_rate(i) == longer.learning_rate(i) for i in range(step)))

    def learning_rate(self, step):
        """The learning rate of step `step`, counted from 0."""
        left = (self.steps - step) / self.steps
        falling = left / self.decay if self.decay else 1.0
        rising = (step + 1) / self.warmup if self.warmup else 1.0
        return self.lr * min(1.0, falling, rising)


@dataclass(frozen=True)
class Settings:
    """A model, how it is trained, and on what."""

    model: ModelConfig                 # a VAEConfig or a FlowConfig
    training: TrainingConfig
    data: dict                         # DATA_KEYS: what data.describe says

    @property
    def kind(self):
        """The kind of the model, "vae" or "flow"."""
        return next(kind for kind, (config, _) in KINDS.items() if isinstance(self.model, config))

    def begins(self, longer, step):
        """Whether a run with these settings, at step `step`, is the beginning of one with `longer`."""
        folded = self.model.normalisation == "batch" and step >= self.training.steps
        return (not folded and (self.model, self.data) == (longer.model, longer.data)
                and self.training.begins(longer.training, step))

    def as_dict(self):
        """The settings as JSON values, with the kind of the model."""
        model = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self.model).items()}
        return {"kind": self.kind, "model": model, "training": asdict(self.training), "data": self.data}

    @staticmethod
    def from_dict(values):
        """Settings from what `as_dict` gave.    Raises: InputError if they are not settings."""
        try:
            require_fields(values, kind=str, model=dict, training=dict, data=dict)
            kind, model, training, data = (values[part] for part in ("kind", "model", "training", "data"))
            if kind not in KINDS:
                raise InputError(f"settings: kind: wanted {' or '.join(KINDS)}, got {kind!r}")
            require_described(data)
            config, _ = KINDS[kind]
            return Settings(config(**model), TrainingConfig(**training), {name: data[name] for name in DATA_KEYS})
        except InputError:
            raise
        except (TypeError, ValueError) as error:
            raise InputError(f"settings: {error}") from None

    def build(self, rng):
        """A new model with its random weights drawn from `rng`.    Raises: InputError if it is too large to train"""
        self.model.require_memory()
        _, model = KINDS[self.kind]
        return model(self.model, rng)
