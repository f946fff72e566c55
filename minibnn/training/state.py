"""The state of a run: everything that it needs to continue bit for bit."""

import copy

import numpy as np

from ..blocks import fold_batch_norm, without_batch_norm
from ..files import InputError, require_fields
from ..parameter import deal_vector, named_parameters, parameters
from .adam import Adam
from .checkpoint import load_checkpoint, save_checkpoint
from .settings import Settings

INITIAL_BATCHES = 25     # batches of images in the initialisation pass
FOLDING_BATCHES = 8      # batches of images from which batch normalisation takes its final means and deviations


class TrainingState:
    """The model, the optimiser, the random generators, and the place in the shuffled training images.

    The order of the images has a generator of its own, so that models which need different noise get the
    same batches.
    """

    def __init__(self, settings):
        self.settings = settings
        self.rng, self.order_rng = (np.random.default_rng([settings.training.seed, i]) for i in range(2))
        self.model = settings.build(self.rng)
        self.adam = Adam(parameters(self.model), settings.training.latent_rate)
        self.step = 0                                    # updates tried so far
        self.order = np.zeros(0, np.int64)               # images of this epoch that are still to come

    def initialise(self, images):
        """Set gains and biases from a large batch of images (Salimans & Kingma 2016; section 3 of the paper)."""
        number = min(len(images), INITIAL_BATCHES * self.settings.training.batch)
        chosen = images[self.order_rng.permutation(len(images))[:number]]
        self.model(chosen, self.model.draw_noise(self.rng, number), initialise=True)

    def next_batch(self, images):
        """The next batch of shuffled images. The rest of an epoch that is too short for a batch is left out.

        Differs:   half of them, chosen at random, are flipped left to right, which the paper does not mention.
        """
        batch = self.settings.training.batch
        if len(self.order) < batch:
            self.order = self.order_rng.permutation(len(images))
        chosen, self.order = images[self.order[:batch]], self.order[batch:]
        flipped = self.order_rng.random(batch) < 0.5
        return np.where(flipped[:, None, None, None], chosen[:, :, ::-1], chosen)

    def train_step(self, images, replicas):
        """One update, by the replicas of the model on their team.

        Returns:   training loss in bits per dimension, gradient norm
        Raises:    FloatingPointError naming the step if the loss or the gradient is not finite.
        """
        batch = self.next_batch(images)
        noise = self.model.draw_noise(self.rng, len(batch), training=True)
        loss, loss_backward = replicas.training_loss(batch, noise)
        if not np.isfinite(loss):
            raise FloatingPointError(f"training: the loss is {loss} at step {self.step + 1}")
        loss_backward()
        norm = self.adam.update(self.settings.training.learning_rate(self.step), replicas.team)
        if not np.isfinite(norm):
            raise FloatingPointError(f"training: the gradient's norm is {norm} at step {self.step + 1}")
        self.step += 1
        return float(loss), norm

    @property
    def complete(self):
        """Whether all steps are done."""
        return self.step >= self.settings.training.steps

    @property
    def skipped(self):
        """Updates that were not made, because the gradient was too long (`adam.SKIP_NORM`)."""
        return self.step - self.adam.updates

    def inference_model(self, images):
        """The model as it would be after the last step: a copy with folded batch normalisation, if it has any."""
        if self.complete or self.settings.model.normalisation != "batch":
            return self.model
        folded = copy.copy(self)
        folded.model = copy.deepcopy(self.model)
        folded.fold_batch_norm(images)
        return folded.model

    def fold_batch_norm(self, images):
        """After the last step: fix batch normalisation, if there is any, to the means and deviations of many images."""
        number = min(len(images), FOLDING_BATCHES * self.settings.training.batch)
        rng = np.random.default_rng([self.settings.training.seed, 2])
        chosen = images[rng.permutation(len(images))[:number]]
        fold_batch_norm(self.model, lambda: self.model(chosen, self.model.draw_noise(rng, number)))

    def save(self, path):
        """Write everything to a checkpoint file."""
        arrays = {"order": self.order}
        for (name, parameter), m, v in self._with_moments():
            arrays[f"parameter/{name}"], arrays[f"adam_m/{name}"], arrays[f"adam_v/{name}"] = parameter.value, m, v
        meta = {"settings": self.settings.as_dict(), "step": self.step, "updates": self.adam.updates,
                "generators": [rng.bit_generator.state for rng in (self.rng, self.order_rng)]}
        save_checkpoint(path, meta, arrays)

    @staticmethod
    def load(path):
        """The state that `save` wrote.    Raises: InputError if the file holds no such state."""
        meta, arrays = load_checkpoint(path)
        try:
            require_fields(meta, settings=dict, step=int, updates=int, generators=list)
            settings = Settings.from_dict(meta["settings"])
            settings.model.require_room_in(arrays)
            state = TrainingState(settings)
            state._place(meta, arrays)
            for (name, parameter), m, v in state._with_moments():
                parameter.value = _like(parameter.value, arrays[f"parameter/{name}"], name)
                m[...] = _like(parameter.value, arrays[f"adam_m/{name}"], name)
                v[...] = _like(parameter.value, arrays[f"adam_v/{name}"], name)
            if (state.adam.v < 0).any():
                raise InputError("adam_v: wanted second moments of at least 0, got others")
        except KeyError as error:
            raise InputError(f"{path}: the checkpoint lacks {error}, which its architecture has") from None
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: {error}") from None
        return state

    def _place(self, meta, arrays):
        """Set step, updates, order and generators from a checkpoint.    Raises: InputError"""
        if not meta["updates"] <= meta["step"] <= self.settings.training.steps:
            raise InputError(f"step: wanted at most {self.settings.training.steps} and no more updates than steps, got "
                             f"{meta['step']} and {meta['updates']}")
        self.step, self.adam.updates = meta["step"], meta["updates"]
        if self.complete:
            without_batch_norm(self.model)                          # its parameters are folded already
        self.order = _order(arrays["order"], self.settings.data["train_images"])
        try:
            for rng, stored in zip((self.rng, self.order_rng), meta["generators"], strict=True):
                rng.bit_generator.state = stored
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(f"generators: wanted the states of two, got others: {error!r}") from None

    def _with_moments(self):
        """Each (name, parameter) with its first and second moment, views of Adam's."""
        return zip(named_parameters(self.model), *(deal_vector(moment, self.adam.parameters)
                                                   for moment in (self.adam.m, self.adam.v)))


def _order(stored, images):
    within = stored.size == 0 or 0 <= stored.min() <= stored.max() < images
    if stored.dtype != np.int64 or stored.ndim != 1 or not within or stored.size > images:
        raise InputError(f"order: wanted places among {images} training images, got {stored.dtype} {stored.shape}")
    return stored


def _like(own, stored, name):
    if (stored.shape, stored.dtype) != (own.shape, own.dtype):
        raise InputError(f"{name}: wanted {own.dtype} {own.shape} for the checkpoint's architecture, "
                         f"got {stored.dtype} {stored.shape}")
    if not np.isfinite(stored).all():
        raise InputError(f"{name}: wanted finite numbers, got others")
    return stored
