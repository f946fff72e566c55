"""A run small enough for tests."""

from functools import cache

from minibnn.data import Dataset, describe, leaves
from minibnn.flowpp import FlowConfig
from minibnn.resnet_vae import VAEConfig
from minibnn.training.settings import Settings, TrainingConfig

CONFIG = VAEConfig(size=8, layers=2, channels=4, latents=2, blocks=2, nproc=1, weights=1, activations=1)

FLOW_CONFIG = FlowConfig(size=8, channels=4, blocks=1, mixture=2, couplings=(1, 1, 1), dequantiser_couplings=1,
                         context_channels=2)


@cache
def few_leaves(count, size, seed):
    """`dead_leaves`, painted once for all tests."""
    images = _dead_leaves(count, size, seed)
    images.flags.writeable = False
    return images


_dead_leaves = leaves.dead_leaves


def small_data():
    """150 training and 70 test images: neither is a whole number of batches."""
    return Dataset("leaves", few_leaves(150, 8, 1), few_leaves(70, 8, 2))


@cache
def _described():
    return describe(small_data())


def small_settings(model=CONFIG, **training):
    """Settings of a run of 25 steps."""
    return Settings(model, TrainingConfig(**{"steps": 25, "batch": 16, **training}), dict(_described()))
