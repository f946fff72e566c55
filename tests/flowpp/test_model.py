"""The whole Flow++: counts, constants, exactness, honesty of its loss."""

from dataclasses import replace

import numpy as np
import pytest
from small import few_leaves

from minibnn.cores import Team
from minibnn.files import InputError
from minibnn.flowpp import FlowConfig, FlowPP
from minibnn.flowpp.bijection import NOTHING, Composition, standard_normal
from minibnn.flowpp.coupling import coupling_step
from minibnn.flowpp.invertible_conv import InvertibleConv
from minibnn.gradcheck.builders import randomise
from minibnn.parameter import cast, count, named_parameters, parameters
from minibnn.training.adam import Adam
from minibnn.training.evaluate import evaluate
from minibnn.training.replicas import training_loss

PAPER = FlowConfig(size=32, weights=1, channels=120, blocks=10, mixture=8, couplings=(4, 2, 3),
                   dequantiser_couplings=4, dequantiser_blocks=2, context_channels=32)
SMALL = FlowConfig(size=8, channels=6, blocks=1, mixture=2, couplings=(1, 1, 1), context_channels=3)
PRECISIONS = [{}, {"weights": 1}, {"weights": 1, "activations": 1}, {"weights": 1, "binary_context": True},
              {"blocks": 0, "dequantiser_blocks": 0}]


@pytest.mark.slow
@pytest.mark.parametrize("changes, parameters, binary, megabytes", [
    ({}, 33.6e6, 0.927, 13.7), ({"binary_context": True}, 33.6e6, 0.932, 13.1),
    ({"weights": 32}, 33.6e6, 0.0, 134.2), ({"weights": 32, "blocks": 0, "dequantiser_blocks": 0}, 2.21e6, 0.0, 8.9)])
def test_counts_at_paper_scale(changes, parameters, binary, megabytes):
    counts = count(FlowPP(replace(PAPER, **changes), np.random.default_rng(0)))
    assert float(f"{counts['parameters']:.3g}") == parameters
    assert round(counts["binary_parameters"] / counts["parameters"], 3) == binary
    assert round(counts["bytes"] / 1e6, 1) == megabytes


def test_only_residual_blocks_are_binary():
    for binary_context in (False, True):
        config = replace(SMALL, weights=1, binary_context=binary_context)
        for name, parameter in named_parameters(FlowPP(config, np.random.default_rng(0))):
            binary = name.endswith(".v") and (".blocks." in name or (binary_context and "context_blocks" in name))
            assert parameter.kind == ("binary" if binary else "float"), name


def _started(config, n=200, dtype=np.float32):
    rng = np.random.default_rng(1)
    model = FlowPP(config, rng)
    images = few_leaves(n, config.size, 1)
    model(images, model.draw_noise(rng, n), initialise=True)
    cast(model, dtype)
    return model, images, rng


def _trained(config, images, steps, rate=3e-3):
    model, _, rng = _started(config)
    adam = Adam(parameters(model))
    for step in range(steps):
        batch = images[rng.integers(0, len(images), 32)]
        _, loss_backward = training_loss(model, batch, model.draw_noise(rng, 32, training=True))
        loss_backward()
        adam.update(rate * min(1, 2 - 2 * step / steps))
    return model, rng


@pytest.mark.parametrize("size", [8, 16, 32])
@pytest.mark.parametrize("changes", PRECISIONS)
def test_every_variant_runs_in_float32(size, changes):
    model, images, rng = _started(replace(SMALL, size=size, **changes), n=3)
    bound, backward = model(images, model.draw_noise(rng, 3, training=True))
    backward(np.ones(3, np.float32), np.ones(3, np.float32))
    assert bound.log_p.shape == bound.log_q.shape == (3,) and bound.log_p.dtype == bound.log_q.dtype == np.float32
    for name, parameter in named_parameters(model):
        assert np.isfinite(parameter.grad).all() and parameter.grad.dtype == np.float32, name
        assert parameter.grad.any(), name
    samples = model.sample(model.draw_noise(rng, 2))
    assert samples.shape == (2, size, size, 3) and samples.dtype == np.uint8


def test_the_first_norm_starts_with_mean_zero_and_deviation_one():
    model, images, rng = _started(SMALL, n=400)
    u = rng.random(images.shape).astype(np.float32)
    (z, _), _ = Composition(model.flow.bijections[:2] + model.flow.bijections[2].bijections[:1])(images + u)
    assert abs(z.mean()) < 0.05 and abs(z.std() - 1) < 0.05


def test_images_of_any_integer_type_leave_it_in_float32():
    model = FlowPP(SMALL, np.random.default_rng(0))
    noise = model.draw_noise(np.random.default_rng(1), 50)
    bound, _ = model(few_leaves(50, 8, 1).astype(np.int64), noise, initialise=True)
    assert bound.log_p.dtype == np.float32 and {p.value.dtype for p in parameters(model)} == {np.dtype(np.float32)}


def test_images_do_not_influence_each_other():
    model, images, rng = _started(SMALL, n=5)
    noise = model.draw_noise(rng, 5)
    together = model(images, noise)[0].negative
    alone = [model(images[i:i + 1], noise._replace(gaussian=noise.gaussian[i:i + 1]))[0].negative[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_bits_are_the_bound_and_its_terms():
    model, images, rng = _started(SMALL, n=5)
    noise = model.draw_noise(rng, 5)
    bits = model.bits(images, noise)
    np.testing.assert_allclose(bits["total"], bits["density"] + bits["dequantisation"], rtol=1e-5)
    np.testing.assert_allclose(bits["total"].mean(), training_loss(model, images, noise)[0], rtol=1e-5)
    u = model.dequantiser(images, noise.gaussian, NOTHING)[0][0]
    np.testing.assert_allclose(bits["density"], -model.log_density(images + u)[0] / (192 * np.log(2)), rtol=1e-5)


def test_uniform_noise_never_costs_less_than_eight_bits():
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (500, 8, 8, 3)).astype(np.uint8)
    untrained, _, _ = _started(SMALL)
    assert evaluate(untrained, images, 0, Team(1)).mean > 8


@pytest.mark.slow
def test_trained_on_uniform_noise_it_reports_just_above_eight():
    """Close to 8, so that a missing constant (log 256, log 2 pi, the dequantiser's log q) would show."""
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (4000, 8, 8, 3)).astype(np.uint8)
    model, _ = _trained(SMALL, images, 300)
    test = evaluate(model, rng.integers(0, 256, (2000, 8, 8, 3)).astype(np.uint8), 0, Team(1))
    assert 8 < test.mean < 8.1


@pytest.mark.slow
def test_density_of_a_small_flow_integrates_to_one():
    """Images of 1 x 1 pixels with 2 channels: p(x) = N(f(x)) |det df/dx| on a grid of the plane."""
    rng = np.random.default_rng(3)
    flow = Composition([coupling_step(rng, SMALL, (1, 1, 2), 1) for _ in range(2)])
    randomise(flow, rng)
    for step in flow.bijections:
        for parameter in parameters(step.bijections[2]):
            parameter.value *= 0.3                                  # a density that the grid can resolve
    edge, cells = 25, 800
    points = (np.arange(cells) + 0.5) / cells * 2 * edge - edge
    total = 0.0
    for rows in np.split(points, 40):
        x = np.stack(np.meshgrid(rows, points, indexing="ij"), axis=-1).reshape(-1, 1, 1, 2)
        (z, log_det), _ = flow(x)
        total += np.exp(standard_normal(z)[0] + log_det).sum() * (2 * edge / cells)**2
    assert abs(total - 1) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("changes", PRECISIONS[:3])
def test_a_trained_flow_takes_images_there_and_back(changes):
    images = few_leaves(500, 8, 5)
    model, rng = _trained(replace(SMALL, **changes), images, 60)
    extremes = np.stack([np.zeros((8, 8, 3)), np.full((8, 8, 3), 255), 255.0 * (np.indices((8, 8, 3)).sum(axis=0) % 2)])
    x = np.concatenate([images[:50] + rng.random((50, 8, 8, 3)), extremes, extremes + 1])
    for dtype, tolerance in ((np.float32, 1e-3), (np.float64, 1e-9)):
        cast(model, dtype)
        (z, log_det), _ = model.flow(x.astype(dtype))
        (again, log_det_of_inverse), _ = model.flow.inverse(z)
        assert again.dtype == dtype
        assert np.abs(again - x.astype(dtype)).max() < tolerance    # in steps of the 256 grey values
        np.testing.assert_allclose(log_det_of_inverse, -log_det, atol=100 * tolerance)


def test_dropout_only_in_training_and_only_in_32_bit_blocks():
    rng = np.random.default_rng(4)
    shapes = [(8, 4, 6)] * 3 + [(8, 4, 12)] * 3 + [(4, 4, 12), (4, 2, 12)]
    assert SMALL.mask_shapes == shapes and replace(SMALL, weights=1).mask_shapes == shapes[:3]
    assert replace(SMALL, weights=1, binary_context=True).mask_shapes == replace(SMALL, dropout=0.0).mask_shapes == []
    model, images, _ = _started(SMALL, n=4)
    assert model.draw_noise(rng, 4).masks == ()
    noise = model.draw_noise(rng, 4, training=True)
    assert [mask.shape[1:] for mask in noise.masks] == shapes and abs(noise.masks[3].mean() - 0.8) < 0.03
    dropped = model(images, noise)[0].negative
    assert (dropped != model(images, noise._replace(masks=()))[0].negative).all()
    np.testing.assert_array_equal(dropped, model(images, noise)[0].negative)


def test_the_training_loss_leaves_the_gradient_of_the_mean_bound():
    """One step along the gradient changes the loss by the squared norm; and a second backward doubles it."""
    model, images, rng = _started(SMALL, n=6, dtype=np.float64)
    noise = model.draw_noise(rng, 6, training=True)
    _, loss_backward = training_loss(model, images, noise)
    loss_backward()
    grads = [parameter.grad for parameter in parameters(model)]
    step = 1e-6
    losses = []
    for sign in (1, -1):
        for parameter, grad in zip(parameters(model), grads):
            parameter.value = parameter.value + sign * step * grad * (1 if sign == 1 else 2)
        losses.append(training_loss(model, images, noise)[0])
    squared_norm = sum((grad * grad).sum() for grad in grads)
    np.testing.assert_allclose((losses[0] - losses[1]) / (2 * step), squared_norm, rtol=1e-5)
    loss_backward()
    for parameter, grad in zip(parameters(model), grads):
        np.testing.assert_allclose(parameter.grad, 2 * grad, rtol=1e-9, atol=1e-12)


def test_a_sample_is_the_grey_value_below_and_within_range(monkeypatch):
    model, _, rng = _started(SMALL)
    x = np.zeros((1, 8, 8, 3))
    x[0, 0, 0], x[0, 0, 1] = (-3, 0.9, 255.9), (300, 7.0, 7.99)
    monkeypatch.setattr(model.flow, "inverse", lambda z: ((x, None), None))
    np.testing.assert_array_equal(model.sample(model.draw_noise(rng, 1))[0, 0, :2], [[0, 0, 255], [255, 7, 7]])
    x[0, 3, 3, 0] = np.nan
    with pytest.raises(FloatingPointError, match="not finite"):
        model.sample(model.draw_noise(rng, 1))


def test_samples_repeat_and_are_never_nan():
    model, _, rng = _started(SMALL)
    noise = model.draw_noise(rng, 6)
    np.testing.assert_array_equal(model.sample(noise), model.sample(noise))
    assert (model.sample(noise) != model.sample(noise._replace(gaussian=-noise.gaussian))).any()
    far = noise._replace(gaussian=40 * noise.gaussian)
    (x, _), _ = model.flow.inverse(far.gaussian)
    assert np.isfinite(x).all()


def test_noise_of_other_images_is_refused():
    model, images, rng = _started(SMALL, n=3)
    noise = model.draw_noise(rng, 3, training=True)
    with pytest.raises(InputError, match=r"noise: wanted \(2, 8, 8, 3\), as draw_noise gives it, got \(3, 8, 8, 3\)"):
        model(images[:2], noise)
    for masks in (noise.masks[:-1], noise.masks[::-1], tuple(mask[:2] for mask in noise.masks),
                  tuple(mask.astype(np.float32) for mask in noise.masks), None, ([1],), iter(noise.masks)):
        with pytest.raises(InputError, match="noise: wanted no masks, or the 8 that"):
            model(images, noise._replace(masks=masks))


@pytest.mark.parametrize("changes", [*PRECISIONS[:4], {"weights": 1, "activations": 1, "binary_context": True}])
def test_activations_are_signs_where_the_configuration_says_so(changes):
    config = replace(SMALL, **changes)
    model = FlowPP(config, np.random.default_rng(0))
    couplings = [step.bijections[2] for flow in (model.flow, model.dequantiser.flow)
                 for step in flow.bijections if isinstance(step, Composition)]
    blocks = [(block, config.activations == 1) for f in couplings for block in f.conditioner.blocks]
    blocks += [(block, config.activations == 1 and config.binary_context) for block in model.dequantiser.context_blocks]
    for block, binary in blocks:
        assert block.activation(np.array([0.5], np.float32))[0] == (1 if binary else 0.5)


def test_the_logit_maps_grey_values_between_the_logits_of_five_and_ninety_five_percent():
    model = FlowPP(SMALL, np.random.default_rng(0))
    (y, _), _ = model.flow.bijections[0](np.array([[0.0, 128.0, 256.0]]))
    np.testing.assert_allclose(y, [[-np.log(19), 0, np.log(19)]], atol=1e-12)


def test_a_singular_matrix_stops_sampling_in_words():
    model, _, rng = _started(SMALL)
    model.flow.bijections[2].bijections[1].w.value[...] = 0
    with pytest.raises(FloatingPointError, match="invertible convolution: its matrix has become singular"):
        model.sample(model.draw_noise(rng, 1))


def test_the_initialisation_pass_reaches_every_layer_of_every_network():
    """Whatever has a gain or a bias moves from where it was built, but for layer norms, which start as they are."""
    config = replace(SMALL, dequantiser_couplings=2)
    built, (started, _, _) = FlowPP(config, np.random.default_rng(1)), _started(config)
    for (name, before), after in zip(named_parameters(built), parameters(started)):
        stays = ".norm." in name or name.endswith((".v", ".w"))
        assert stays == bool((before.value == after.value).all()), name


def test_kernels_are_3x3_but_for_gates_and_projections_in_conditioners():
    for name, parameter in named_parameters(FlowPP(SMALL, np.random.default_rng(0))):
        if name.endswith(".v"):
            pointwise = name.endswith((".gate.v", ".project.v")) and "context_blocks" not in name
            assert parameter.value.shape[:2] == ((1, 1) if pointwise else (3, 3)), name


def test_each_stage_has_its_couplings_and_blocks_and_so_has_the_dequantiser():
    """Of 8 x 8 images: stripes, channels of the squeezed image, its stripes."""
    config = replace(SMALL, couplings=(3, 1, 2), blocks=2, dequantiser_couplings=4, dequantiser_blocks=1)
    model = FlowPP(config, np.random.default_rng(0))
    stages, dequantiser = ([(step.bijections[0].gain.value.shape, len(step.bijections[2].conditioner.blocks))
                            for step in flow.bijections if isinstance(step, Composition)]
                           for flow in (model.flow, model.dequantiser.flow))
    assert stages == [((8, 4, 6), 2)] * 3 + [((4, 4, 12), 2)] + [((4, 2, 24), 2)] * 2
    assert dequantiser == [((8, 4, 6), 1)] * 4 and len(model.dequantiser.context_blocks) == 3


def test_the_structure_that_appendix_c_states():
    model, _, rng = _started(SMALL)
    for block in model.dequantiser.context_blocks:
        assert block.gate.v.value.shape[:2] == (3, 3) and block.norm == [] and block.project is None
    for coupling in [step.bijections[2] for step in model.flow.bijections if isinstance(step, Composition)]:
        [block] = coupling.conditioner.blocks
        assert block.gate.v.value.shape[:2] == (1, 1) and len(block.norm) == 1
    w = InvertibleConv(rng, 200).w.value
    assert 0.0005 < np.std(w - np.eye(w.shape[-1])) < 0.0015


def test_the_context_sees_the_image_around_zero():
    """Without blocks the context is the image itself, by stripes: x / 256 - 0.5."""
    dequantiser = FlowPP(replace(SMALL, dequantiser_blocks=0), np.random.default_rng(0)).dequantiser
    images = np.arange(192, dtype=np.uint8).reshape(1, 8, 8, 3)
    context, _ = dequantiser._context(images, np.dtype(np.float32), NOTHING)
    np.testing.assert_allclose(context, np.concatenate([images[:, :, ::2], images[:, :, 1::2]], -1) / 256 - 0.5)


@pytest.mark.parametrize("changes, message", [
    ({"size": 12}, "size: wanted 8, 16 or 32, got 12"),
    ({"mixture": 0}, "mixture: wanted a whole number of at least 1"),
    ({"couplings": (1, 2)}, "couplings: wanted three whole numbers"), ({"couplings": (0, 0, 0)}, "not all 0"),
    ({"couplings": (1, -1, 1)}, "couplings"), ({"couplings": 3}, "couplings"), ({"dropout": 1.0}, "dropout: wanted"),
    ({"channels": 1}, "channels: wanted a whole number of at least 2, got 1"), ({"dropout": "x"}, "dropout: wanted"),
    ({"weights": 1, "blocks": 0, "dequantiser_blocks": 0}, "weights: wanted 32 without residual blocks"),
    ({"activations": 1}, "activations: wanted 32"), ({"binary_context": True}, "binary_context: wanted 1-bit"),
    ({"size": 8.0}, "size: wanted 8, 16 or 32, got 8.0"),
    ({"weights": 1, "binary_context": True, "dequantiser_blocks": 0}, "wanted a dequantiser with blocks"),
    ({"weights": 1, "binary_context": 1}, "binary_context: wanted true or false")])
def test_impossible_configurations_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **changes)
