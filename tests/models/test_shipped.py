"""The shipped models: there, small, whole, and what their results say."""

import numpy as np
import pytest

from minibnn.models import shipped
from minibnn.parameter import count
from minibnn.training.inference import load_trained

MOST_BYTES = 1_500_000


def test_together_they_are_small():
    assert sum(path.stat().st_size for path in shipped.files()) < MOST_BYTES


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_is_the_model_that_its_result_describes(name):
    settings, model = load_trained(shipped.path_of(name))
    result = shipped.result_of(name)
    stated = type(settings.model)(**result["model"]), result["data"]
    assert settings.model.size == 16 and settings.data["name"] == "cifar10"
    assert name == f"{settings.kind}-{settings.model.weights}-{settings.model.activations}"
    assert (settings.model, settings.data) == stated
    assert settings.training.steps == result["steps"] and f"train {settings.kind} --data cifar10" in result["command"]
    floats = result["parameters"] - result["binary_parameters"]
    assert count(model)["parameters"] == floats
    stored = 4 * floats + result["binary_parameters"] / 8
    assert stored <= shipped.path_of(name).stat().st_size <= 1.03 * stored


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_draws_images_that_vary(name):
    _, model = load_trained(shipped.path_of(name))
    noise = model.draw_noise(np.random.default_rng(0), 4)
    images = model.sample(noise)
    assert images.shape == (4, 16, 16, 3) and images.std() > 20 and images.std(axis=0).mean() > 20
    np.testing.assert_array_equal(images, model.sample(noise))


def test_samples_of_all():
    a, b = shipped.samples(2, 0), shipped.samples(2, 1)
    assert list(a) == list(b) == list(shipped.NAMES.values())
    for label in a:
        assert a[label].shape == (2, 16, 16, 3) and not np.array_equal(a[label], b[label])
