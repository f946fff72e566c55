"""What defines a run: with the same settings and the same data it repeats bit for bit."""

from dataclasses import asdict, dataclass

from ..configs import ModelConfig, require_whole_numbers
from ..files import InputError
from ..flowpp import FlowConfig, FlowPP
from ..resnet_vae import ResNetVAE, VAEConfig

KINDS = {"vae": (VAEConfig, ResNetVAE), "flow": (FlowConfig, FlowPP)}


@dataclass(frozen=True)
class TrainingConfig:
    """How to train ("Training" of Appendix B and C).

    The learning rate is constant, then falls linearly to 0 over the last `decay` of the steps.
    Differs:   the paper's rate is constant (decay = 0), its batch 128, its rate 1e-3: short runs of small
               models gain from a higher rate that falls.
    Raises:    InputError naming the first value that is out of range.
    """

    steps: int
    batch: int = 64                    # images per step (paper: 128)
    lr: float = 2e-3                   # (paper: 1e-3)
    decay: float = 0.5                 # fraction of the steps (paper: 0)
    seed: int = 0

    def __post_init__(self):
        require_whole_numbers(self, {"steps": 1, "batch": 1, "seed": 0})
        if not 0 < self.lr < 1:
            raise InputError(f"lr: wanted a learning rate between 0 and 1, got {self.lr!r}")
        if not 0 <= self.decay <= 1:
            raise InputError(f"decay: wanted a fraction between 0 and 1, got {self.decay!r}")

    def learning_rate(self, step):
        """The learning rate of step `step`, counted from 0."""
        left = (self.steps - step) / self.steps
        return self.lr * min(1.0, left / self.decay) if self.decay else self.lr


@dataclass(frozen=True)
class Settings:
    """A model, how it is trained, and on what."""

    model: ModelConfig                 # a VAEConfig or a FlowConfig
    training: TrainingConfig
    data: dict                         # name, train_images, test_images, fingerprint

    @property
    def kind(self):
        """The kind of the model, "vae" or "flow"."""
        return next(kind for kind, (config, _) in KINDS.items() if isinstance(self.model, config))

    def as_dict(self):
        """The settings as JSON values, with the kind of the model."""
        model = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self.model).items()}
        return {"kind": self.kind, "model": model, "training": asdict(self.training), "data": self.data}

    @staticmethod
    def from_dict(values):
        """Settings from what `as_dict` gave.    Raises: InputError if they are not such."""
        try:
            if values["kind"] not in KINDS:
                raise InputError(f"settings: kind: wanted {' or '.join(KINDS)}, got {values['kind']!r}")
            config, _ = KINDS[values["kind"]]
            return Settings(config(**values["model"]), TrainingConfig(**values["training"]), dict(values["data"]))
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(f"settings: {error}") from None

    def build(self, rng):
        """A new model with its random weights drawn from `rng`."""
        _, model = KINDS[self.kind]
        return model(self.model, rng)
