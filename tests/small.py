"""A run small enough for tests."""

from minibnn.data import Dataset, describe
from minibnn.data.leaves import dead_leaves
from minibnn.resnet_vae import VAEConfig
from minibnn.training.settings import Settings, TrainingConfig

CONFIG = VAEConfig(size=8, layers=2, channels=4, latents=2, blocks=2, nproc=1, weights=1, activations=1)


def small_data():
    """150 training and 70 test images: neither is a whole number of batches."""
    return Dataset("leaves", dead_leaves(150, 8, 1), dead_leaves(70, 8, 2))


def small_settings(**training):
    """Settings of a run of 25 steps."""
    return Settings(CONFIG, TrainingConfig(**{"steps": 25, "batch": 16, **training}), describe(small_data()))
