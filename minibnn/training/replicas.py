"""The training loss of a batch, whose parts several threads compute at the same time."""

import copy

import numpy as np

from ..cores import Team, parts_of
from ..files import InputError
from ..parameter import as_vector, deal_vector, parameters

LEAST_NUMBERS = 1 << 15  # of a model's state for each thread: with fewer, threads mostly wait for the interpreter


class Replicas:
    """Copies of a model, one for each thread of a team. They share its values; each collects its own gradients.

    The first one is the model itself. Batch normalisation needs the whole batch, so with it there is only this one.
    """

    def __init__(self, model, team):
        self.team = team
        replicas = 1 if model.config.normalisation == "batch" else team.threads
        self.models = [model, *(copy.deepcopy(model) for _ in range(replicas - 1))]
        for replica in self.models[1:]:
            for parameter in parameters(replica):
                parameter.zero_grad()                               # gradients that the model has count once
        self._parameters = [parameters(replica) for replica in self.models]

    def parts(self, images):
        """How many threads are at work on a batch of so many images."""
        return worthwhile_parts(len(self.models), self.models[0].config, images)

    def training_loss(self, images, noise):
        """The training loss of a batch: the mean over all its images.

        Each model gets the same part of the batch every time, and gradients are added in the order of the models, so
        the same number of threads gives the same result. A small batch has fewer parts than there are threads.
        Returns:   loss (), backward() which leaves the gradients in the model's parameters
        """
        self._share_values()
        number = self.parts(len(images))
        bounds, backwards = zip(*self.team.map(_forward, self.models, *deal(number, images, noise)))
        loss, loss_backward = self.models[0].loss(bounds[0]._make(map(np.concatenate, zip(*bounds))))

        def training_loss_backward():
            parts = deal(number, *loss_backward())
            self.team.map(lambda model_backward, *d_terms: model_backward(*d_terms), backwards, *parts)
            self._add_gradients(number)
        return loss, training_loss_backward

    def _share_values(self):
        for first, *others in zip(*self._parameters):
            for other in others:
                other.value = first.value

    def _add_gradients(self, number):
        if number == 1:
            return
        total, *others = self.team.map(lambda of_model: as_vector(p.grad for p in of_model), self._parameters[:number])
        for other in others:
            total += other
        for parameter, grad in zip(self._parameters[0], deal_vector(total, self._parameters[0])):
            parameter.grad = grad
        for of_replica in self._parameters[1:number]:
            for parameter in of_replica:
                parameter.zero_grad()


def worthwhile_parts(most, config, images):
    """How many threads are worth using for a batch, at most `most`: each gets LEAST_NUMBERS or more numbers."""
    return max(1, min(most, images * config.state_size // LEAST_NUMBERS))


def training_loss(model, images, noise):
    """The training loss on one thread: loss (), backward() which leaves the gradients in the parameters."""
    return Replicas(model, Team(1)).training_loss(images, noise)


def deal(number, *arrays):
    """Divide arrays (N, ...) into `number` parts, or into N if that is less.

    Returns:   for each array the list of its parts; for a tuple of arrays, such as a flow's noise, a list of tuples
    Raises:    InputError if they are not of the same number N of images.
    """
    images = len(arrays[0])
    lengths = set().union(*map(_lengths, arrays))
    if lengths != {images}:
        raise InputError(f"noise: wanted noise for {images} images, got noise for {(lengths - {images}).pop()}")
    parts = parts_of(images, number)
    return [[_part(array, part) for part in parts] for array in arrays]


def _lengths(noise):
    """The number of images of an array, or the numbers of all arrays of a tuple: a set."""
    return {len(noise)} if isinstance(noise, np.ndarray) else set().union(*map(_lengths, noise))


def _forward(model, images, noise):
    return model(images, noise)


def _part(noise, part):
    """The noise of a part of the images.    noise: an array (N, ...), or a tuple of such"""
    if isinstance(noise, np.ndarray):
        return noise[part]
    parts = [_part(array, part) for array in noise]
    return noise._make(parts) if hasattr(noise, "_make") else tuple(parts)
