"""Parts of a batch on several threads give what the whole gives on one."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG, small_data

from minibnn.cores import Team
from minibnn.files import InputError
from minibnn.flowpp import FlowPP
from minibnn.parameter import cast, named_parameters, parameters
from minibnn.resnet_vae import ResNetVAE
from minibnn.training import replicas
from minibnn.training.adam import Adam
from minibnn.training.evaluate import evaluate
from minibnn.training.replicas import Replicas, training_loss
from minibnn.training.settings import TrainingConfig

DATA = small_data()


@pytest.fixture(autouse=True)
def even_small_batches_are_dealt(monkeypatch):
    monkeypatch.setattr(replicas, "LEAST_NUMBERS", 1)


def _model(kind, config):
    rng = np.random.default_rng(0)
    model = kind(config, rng)
    model(DATA.train[:50], model.draw_noise(rng, 50), initialise=True)
    return model


MODELS = [(ResNetVAE, CONFIG), (FlowPP, FLOW_CONFIG)]


def _gradients(model, threads, images, noise):
    with Team(threads) as team:
        loss, backward = Replicas(model, team).training_loss(images, noise)
        backward()
    grads = [parameter.grad for parameter in parameters(model)]
    for parameter in parameters(model):
        parameter.zero_grad()
    return loss, grads


@pytest.mark.slow
@pytest.mark.parametrize("kind, config", MODELS)
@pytest.mark.parametrize("threads", [2, 3, 20])
def test_the_gradient_does_not_depend_on_the_number_of_threads(kind, config, threads):
    """Free bits too, which depend on the mean KL of the whole batch. 20 threads share 13 images."""
    model = _model(kind, config)
    cast(model, np.float64)
    noise = model.draw_noise(np.random.default_rng(1), 13, training=True)
    loss, grads = _gradients(model, 1, DATA.train[:13], noise)
    loss_of_parts, grads_of_parts = _gradients(model, threads, DATA.train[:13], noise)
    np.testing.assert_allclose(loss_of_parts, loss, rtol=1e-12)
    for (name, _), grad, of_parts in zip(named_parameters(model), grads, grads_of_parts):
        np.testing.assert_allclose(of_parts, grad, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind, config", [(ResNetVAE, replace(CONFIG, normalisation="batch")),
                                          (FlowPP, replace(FLOW_CONFIG, weights=1, normalisation="batch"))])
def test_with_batch_normalisation_the_loss_is_that_of_the_whole_batch_on_any_number_of_threads(kind, config):
    model = _model(kind, config)
    noise = model.draw_noise(np.random.default_rng(1), 13, training=True)
    loss, grads = _gradients(model, 1, DATA.train[:13], noise)
    for threads in (2, 4):
        again, grads_again = _gradients(model, threads, DATA.train[:13], noise)
        assert again == loss
        for grad, grad_again in zip(grads, grads_again):
            np.testing.assert_array_equal(grad_again, grad)


@pytest.mark.parametrize("kind, config", MODELS)
def test_float32_gradients_repeat_bit_for_bit_and_agree_to_rounding(kind, config):
    model = _model(kind, config)
    noise = model.draw_noise(np.random.default_rng(1), 13, training=True)
    _, one = _gradients(model, 1, DATA.train[:13], noise)
    _, two = _gradients(model, 2, DATA.train[:13], noise)
    for _ in range(3):
        for again, grad in zip(_gradients(model, 2, DATA.train[:13], noise)[1], two):
            np.testing.assert_array_equal(again, grad)
    scale = np.sqrt(sum((grad**2).sum() for grad in one))
    for first, second in zip(one, two):
        np.testing.assert_allclose(second, first, atol=1e-5 * scale)


def _gradient_of_one(model, noise):
    """Of the stem's gain, for the first 16 images, by a copy of the model on one thread."""
    alone = copy.deepcopy(model)
    for parameter in parameters(alone):
        parameter.zero_grad()
    training_loss(alone, DATA.train[:16], noise)[1]()
    return parameters(alone)[1].grad


def test_replicas_follow_the_model_when_its_values_change():
    model = _model(*MODELS[0])
    noise = model.draw_noise(np.random.default_rng(1), 16)
    with Team(2) as team:
        pair = Replicas(model, team)
        adam = Adam(parameters(model))
        for _ in range(3):
            loss, backward = pair.training_loss(DATA.train[:16], noise)
            np.testing.assert_allclose(loss, training_loss(model, DATA.train[:16], noise)[0], rtol=1e-5)
            backward()
            np.testing.assert_allclose(parameters(model)[1].grad, _gradient_of_one(model, noise), rtol=1e-3, atol=1e-6)
            adam.update(1e-2)
        assert all(p is not q for p, q in zip(*map(parameters, pair.models)))


@pytest.mark.parametrize("kind, config", MODELS)
@pytest.mark.parametrize("share, parts", [(1, [13]), (1 / 2, [6, 7]), (1 / 3, [4, 4, 5]), (0, [3, 3, 3, 4])])
def test_a_batch_has_no_more_parts_than_are_worth_a_thread(monkeypatch, kind, config, share, parts):
    model = _model(kind, config)
    sizes, ordinary = [], replicas._forward
    monkeypatch.setattr(replicas, "LEAST_NUMBERS", max(1, int(share * 13 * config.state_size)))
    monkeypatch.setattr(replicas, "_forward", lambda model, images, noise: sizes.append(len(images))
                        or ordinary(model, images, noise))
    noise = model.draw_noise(np.random.default_rng(1), 13)
    _, of_parts = _gradients(model, 4, DATA.train[:13], noise)
    assert sorted(sizes) == parts
    _, grads = _gradients(model, 1, DATA.train[:13], noise)
    scale = np.sqrt(sum((grad**2).sum() for grad in grads))
    for got, grad in zip(of_parts, grads):
        np.testing.assert_allclose(got, grad, atol=1e-5 * scale)


@pytest.mark.parametrize("kind, config", MODELS)
def test_evaluation_does_not_depend_on_the_number_of_threads(kind, config):
    model = _model(kind, config)
    evaluations = []
    for threads in (1, 2, 5):
        with Team(threads) as team:
            evaluations.append(evaluate(model, DATA.test, 3, team))
    for other in evaluations[1:]:
        np.testing.assert_allclose(other.per_image, evaluations[0].per_image, rtol=1e-5)


@pytest.mark.parametrize("threads", [0, 1.5, "2"])
def test_impossible_numbers_of_threads_are_refused(threads):
    with pytest.raises(InputError, match="threads: wanted a whole number of at least 1"):
        TrainingConfig(steps=1, threads=threads)


def test_gradients_that_the_model_has_already_count_once():
    model = _model(*MODELS[0])
    noise = model.draw_noise(np.random.default_rng(1), 4)
    for parameter in parameters(model):
        parameter.grad = np.ones_like(parameter.value)
    with Team(2) as team:
        Replicas(model, team).training_loss(DATA.train[:4], noise)[1]()
    with_ones = [parameter.grad for parameter in parameters(model)]
    for parameter in parameters(model):
        parameter.zero_grad()
    _, grads = _gradients(model, 2, DATA.train[:4], noise)
    for got, grad in zip(with_ones, grads):
        np.testing.assert_allclose(got, 1 + grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind, config", MODELS)
@pytest.mark.parametrize("number", [2, 6])
def test_noise_of_other_images_is_not_cut(kind, config, number):
    model = _model(kind, config)
    with pytest.raises(InputError, match="noise: wanted noise for 3 images, got noise for"):
        training_loss(model, DATA.train[:3], model.draw_noise(np.random.default_rng(1), number))


def test_masks_of_other_images_are_not_cut():
    model = _model(FlowPP, replace(FLOW_CONFIG, dropout=0.2))
    three, six = (model.draw_noise(np.random.default_rng(1), number, training=True) for number in (3, 6))
    assert six.masks
    with pytest.raises(InputError, match="noise: wanted noise for 3 images, got noise for 6"):
        training_loss(model, DATA.train[:3], three._replace(masks=six.masks))
