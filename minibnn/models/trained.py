"""A trained model to use, and how to get one: open it, or train it."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from .. import data
from ..configs import require_images, whole_number
from ..cores import Team, available
from ..files import InputError, did_you_mean
from ..progress import Progress
from ..training import run
from ..training.evaluate import evaluate
from ..training.inference import load_trained, reconstruct, require_vae, sample
from ..training.settings import DEFAULT_STEPS, KINDS, Settings, TrainingConfig
from .shipped import NAMES, path_of


class Trained:
    """A trained model to use: draw samples, measure images, reconstruct them.

    network:   the model itself, a ResNetVAE or a FlowPP, which gives losses and gradients
    settings:  its configuration (settings.model), how it was trained, and on which data
    """

    def __init__(self, settings, network):
        self.settings, self.network = settings, network

    def __repr__(self):
        config = self.settings.model
        return (f"<{type(self.network).__name__}, {config.size} x {config.size} pixels, weights / activations of "
                f"{config.weights} / {config.activations} bit>")

    def sample(self, number, seed=0):
        """Draw images: (number, S, S, 3) uint8, levels 0..255. The same seed gives the same images."""
        return sample(self.network, number, seed)

    def bits(self, images, seed=run.EVALUATION_SEED, threads=None, samples=1):
        """The bits per dimension of each image: (N,) float64.

        An upper bound on the bits that an ideal coder needs for one colour value of one pixel.
        images:    (N, S, S, 3) uint8, of the size S that the model was trained on
        threads:   parts of a batch that are computed at the same time; default: all cores
        samples:   draws of the noise for each image: more make the bound tighter, by importance weights
        Raises:    InputError
        """
        require_images(images, self.settings.model.size)
        seed, samples = whole_number("seed", seed, 0), whole_number("samples", samples, 1)
        with Team(available() if threads is None else whole_number("threads", threads, 1)) as team:
            return evaluate(self.network, images, seed, team, samples=samples).per_image

    def reconstruct(self, images, seed=0):
        """A VAE's reconstructions of images: both (N, S, S, 3) uint8.    Raises: InputError, also for a flow"""
        require_vae(self.settings, "reconstruct")
        require_images(images, self.settings.model.size)
        return reconstruct(self.network, images, seed)


@dataclass(frozen=True)
class Run:
    """A training run that is complete.

    folder:    where its files are
    result:    what its result.json says: test_bpd, the test loss in bits per dimension, and much more
    """

    folder: Path
    result: dict

    @property
    def model(self):
        """The trained model, read from the folder."""
        return load(self.folder)


def file_of(source):
    """The file of a trained model: by the name of one that comes with minibnn, by its run's folder, or by its path.

    Raises:    InputError if there is no such file
    """
    if str(source) in NAMES:
        return path_of(str(source))
    path = Path(source).expanduser()
    if path.is_dir():
        if not (path / "checkpoint.npz").exists():
            raise InputError(f"{source}: wanted the folder of a run, with its checkpoint.npz, got one without")
        return path / "checkpoint.npz"
    if not path.exists():
        raise InputError(f"{source}: wanted a file, a run's folder or one of {', '.join(NAMES)}, got nothing of this "
                         f"name{did_you_mean(str(source), NAMES)}")
    return path


def load(source):
    """Open a trained model.

    source:    the name of one that comes with minibnn ("vae-1-1", "vae-1-32", "flow-1-1", "flow-1-32"), a run's
               folder, its checkpoint.npz, or a packed model
    Returns:   Trained
    Raises:    InputError, a ValueError of one sentence, if there is no such model or its file is damaged
    """
    return Trained(*load_trained(file_of(source)))


def train(kind, images, out, *, weights=32, activations=32, steps=None, seed=0, resume=False, report=None, **options):
    """Train a model in a folder of its own.

    kind:      "vae" or "flow"
    images:    an array, (N, H, W, 3) uint8; or a path: a folder of PNG and JPEG files, a .npy or an .npz file; or a
               data set: "leaves" (made here), "cifar10", "imagenet32". They are cropped to the middle square and
               averaged down to `size` pixels; a tenth of your own images are test images.
    out:       the folder; with `resume` the run in it is continued
    weights, activations: bits of the weights and of the activations of the residual blocks, 1 or 32
    steps:     updates; default: 2,500 for a VAE, 3,000 for a flow
    report:    called as report(step, steps, text) in place of the progress line on stderr
    options:   fields of resnet_vae.VAEConfig or flowpp.FlowConfig, such as size (8, 16 or 32; default 16 for a VAE, 8
               for a flow), channels, blocks; and of training.settings.TrainingConfig, such as batch, lr, threads
               (default: all cores)
    Returns:   Run
    Raises:    InputError, a ValueError of one sentence, for bad input; FloatingPointError if training diverges
    """
    options |= {"weights": weights, "activations": activations, "seed": seed}
    if kind not in KINDS:
        raise InputError(f"kind: wanted {' or '.join(KINDS)}, got {kind!r}{did_you_mean(kind, KINDS)}")
    config_of, _ = KINDS[kind]
    of_model, of_training = ([field.name for field in fields(of)] for of in (config_of, TrainingConfig))
    for name in options:
        if name not in [*of_model, *of_training]:
            raise InputError(f"train: wanted a field of {config_of.__name__} or TrainingConfig, got {name!r}"
                             + did_you_mean(name, [*of_model, *of_training]))
    config = config_of(**{name: value for name, value in options.items() if name in of_model})
    training = TrainingConfig(**{"steps": DEFAULT_STEPS[kind] if steps is None else steps, "threads": available()}
                              | {name: value for name, value in options.items() if name in of_training})
    config.require_memory(training.threads)
    with Progress("data") as progress:
        dataset = data.load(images, config.size, report=report or progress)
    settings = Settings(config, training, data.describe(dataset))
    with Progress("train") as progress:
        result = run.train(settings, dataset, out, resume=resume, report=report or progress,
                           command=_call(kind, images, steps=training.steps, **options))
    return Run(Path(out), result)


def _call(kind, images, **options):
    """The call that trains such a model, as result.json stores it."""
    shown = "images" if isinstance(images, np.ndarray) else repr(str(images))
    named = [f"{name}={value!r}" for name, value in options.items()]
    return f"minibnn.train({', '.join([repr(kind), shown, *named])})"
