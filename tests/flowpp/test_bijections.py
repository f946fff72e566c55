"""Every bijection: its log-determinant is that of its Jacobian, and its inverse takes it back."""

import numpy as np
import pytest

from minibnn.flowpp import FlowConfig, FlowPP
from minibnn.flowpp.bijection import Composition, Given, Inverse, standard_normal
from minibnn.flowpp.coupling import Coupling, coupling_step
from minibnn.flowpp.dequantiser import Dequantiser
from minibnn.flowpp.elementwise import ElementwiseNorm, Logit, Sigmoid
from minibnn.flowpp.invertible_conv import InvertibleConv
from minibnn.flowpp.rearrange import ChannelSplit, Squeeze, StripeSplit, Swap
from minibnn.gradcheck.builders import randomise
from minibnn.parameter import cast, parameters

SHAPE = (4, 6, 4)
CONFIG = FlowConfig(channels=5, blocks=1, mixture=3, context_channels=2)
BINARY = FlowConfig(channels=5, blocks=1, mixture=3, context_channels=2, weights=1, activations=1)
PIXELS, UNIT, ANY = (0, 256), (0.01, 0.99), (-3, 3)
BIJECTIONS = {                                                      # build(rng), where its inputs are
    "logit": (lambda rng: Logit(), PIXELS),
    "sigmoid": (lambda rng: Sigmoid(), ANY),
    "stripe split": (lambda rng: StripeSplit(), ANY),
    "channel split": (lambda rng: ChannelSplit(), ANY),
    "squeeze": (lambda rng: Squeeze(), ANY),
    "swap": (lambda rng: Swap(), ANY),
    "norm": (lambda rng: ElementwiseNorm(SHAPE), ANY),
    "1x1 convolution": (lambda rng: InvertibleConv(rng, 4), ANY),
    "coupling": (lambda rng: Coupling(rng, CONFIG, 4, 1), ANY),
    "coupling without blocks": (lambda rng: Coupling(rng, CONFIG, 4, 0), ANY),
    "binary coupling": (lambda rng: Coupling(rng, BINARY, 4, 1), ANY),
    "coupling step": (lambda rng: coupling_step(rng, CONFIG, SHAPE, 1), ANY),
    "composition": (lambda rng: Composition([Logit(), StripeSplit(), coupling_step(rng, CONFIG, (4, 3, 8), 1),
                                             Inverse(StripeSplit()), Squeeze()]), PIXELS),
}


def _built(name, rng):
    build, (low, high) = BIJECTIONS[name]
    bijection = build(rng)
    randomise(bijection, rng)
    for parameter in parameters(getattr(bijection, "conditioner", [])):
        parameter.value *= 0.5                                      # mild: differences have to follow it
    return bijection, rng.uniform(low, high, (3, *SHAPE))


def jacobian_log_det(f, x, step=1e-4):
    """log |det| of the full matrix dy/dx at one image x (H, W, C), by differences of fourth order."""
    moves = step * np.eye(x.size).reshape(-1, *x.shape)
    near, far = f(x + moves) - f(x - moves), f(x + 2 * moves) - f(x - 2 * moves)
    return np.linalg.slogdet((8 * near - far).reshape(x.size, -1) / (12 * step))[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", BIJECTIONS)
def test_log_determinant_is_that_of_the_jacobian(name):
    f, x = _built(name, np.random.default_rng(1))
    (y, log_det), _ = f(x)
    assert log_det.shape == (3,)
    for direction, start, expected in ((f, x, log_det), (f.inverse, y, f.inverse(y)[0][1])):
        for image, value in zip(start, expected):
            assert abs(jacobian_log_det(lambda batch, f=direction: f(batch)[0][0], image) - value) < 1e-6


@pytest.mark.parametrize("name", BIJECTIONS)
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_inverse_of_forward_is_the_input(name, dtype, tolerance):
    f, x = _built(name, np.random.default_rng(2))
    cast(f, dtype)
    x = x.astype(dtype)
    (y, log_det), _ = f(x)
    (again, log_det_of_inverse), _ = f.inverse(y)
    assert again.dtype == y.dtype == log_det.dtype == log_det_of_inverse.dtype == dtype
    assert np.abs(again - x).max() < tolerance
    np.testing.assert_allclose(log_det_of_inverse, -log_det, atol=tolerance * x[0].size)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_the_images_of_a_batch_do_not_mix(name):
    f, x = _built(name, np.random.default_rng(3))
    (y, log_det), _ = f(x)
    for i in range(3):
        (alone, log_det_alone), _ = f(x[i:i + 1])
        np.testing.assert_allclose(alone[0], y[i], rtol=1e-12)
        np.testing.assert_allclose(log_det_alone[0], log_det[i], rtol=1e-12)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_inputs_are_not_written_to_and_calls_do_not_disturb(name):
    f, x = _built(name, np.random.default_rng(4))
    x.flags.writeable = False
    for direction, start in ((f, x), (f.inverse, f(x)[0][0])):
        start = start.copy()
        start.flags.writeable = False
        (y, log_det), backward = direction(start)
        y.flags.writeable = log_det.flags.writeable = False
        dy, d_log_det = np.cos(y), np.arange(1.0, 4.0)
        dy.flags.writeable = d_log_det.flags.writeable = False
        first = backward(dy, d_log_det)
        direction(start[::-1])[1](dy, d_log_det)
        np.testing.assert_array_equal(backward(dy, d_log_det), first)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_whole_numbers_and_gradients_of_other_shapes_are_refused(name):
    f, x = _built(name, np.random.default_rng(4))
    for direction in (f, f.inverse):
        with pytest.raises(ValueError, match="wanted an array of floating-point numbers, got uint8"):
            direction(x.astype(np.uint8))
    (y, log_det), backward = f(x)
    for dy, d_log_det in ((y[:1], log_det), (y, log_det[:1]), (y, log_det[:, None])):
        with pytest.raises(ValueError, match=r"dy: wanted .* like the output"):
            backward(dy, d_log_det)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_inverse_exchanges_the_directions(name):
    f, x = _built(name, np.random.default_rng(5))
    (y, log_det), _ = f(x)
    (back, _), _ = Inverse(f)(y)
    np.testing.assert_array_equal(back, f.inverse(y)[0][0])
    np.testing.assert_array_equal(Inverse(f).inverse(x)[0][1], log_det)


def _model(config, images):
    rng = np.random.default_rng(6)
    model = FlowPP(config, rng)
    model(images, model.draw_noise(rng, len(images)), initialise=True)
    cast(model, np.float64)
    for parameter in model.flow.bijections[2].bijections[0].gain, model.flow.bijections[2].bijections[1].w:
        parameter.value = parameter.value * 1.1                     # away from the start
    return model


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"weights": 1}, {"weights": 1, "activations": 1},
                                     {"blocks": 0, "dequantiser_blocks": 0}])
def test_log_determinants_of_whole_flow_and_dequantiser(changes):
    config = FlowConfig(**{"size": 8, "channels": 6, "couplings": (1, 1, 1), "blocks": 1, "mixture": 2,
                           "dequantiser_couplings": 2, "context_channels": 3, **changes})
    rng = np.random.default_rng(7)
    images = rng.integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    model = _model(config, images)
    x = images[0] + rng.random((8, 8, 3))
    (_, [log_det]), _ = model.flow(x[None])
    assert abs(jacobian_log_det(lambda batch: model.flow(batch)[0][0], x) - log_det) < 1e-6

    noise = rng.normal(size=(8, 8, 3))
    (_, [log_q]), _ = model.dequantiser(images[:1], noise[None], Given())

    def dequantised(batch):
        return model.dequantiser(np.broadcast_to(images[:1], batch.shape), batch, Given())[0][0]
    [log_noise], _ = standard_normal(noise[None])
    assert abs(log_noise - jacobian_log_det(dequantised, noise) - log_q) < 1e-6


MISTAKES = {                                                        # the log-determinant with a usual mistake
    "logit": lambda f, x, log_det: log_det + x[0].size * np.log(256 / 0.9),
    "sigmoid": lambda f, x, log_det: log_det + np.logaddexp(0, x).sum(axis=(1, 2, 3)),
    "norm": lambda f, x, log_det: log_det / x[0].size,
    "1x1 convolution": lambda f, x, log_det: log_det / (x.shape[1] * x.shape[2]),
    "coupling": lambda f, x, log_det: log_det - _log_scales(f, x).sum(axis=(1, 2, 3)),
    "coupling step": lambda f, x, log_det: f.bijections[0](x)[0][1],
    "composition": lambda f, x, log_det: log_det - f.bijections[0](x)[0][1],
}


def _log_scales(coupling, x):
    """The a of Eq. (10) for each number of the second half."""
    x1 = x[..., :2]
    conditions = coupling.conditioner(x1, Given())[0].reshape(*x1.shape, -1)
    return np.tanh(conditions[..., 0])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_constant_would_be_seen(name):
    f, x = _built(name, np.random.default_rng(8))
    (_, log_det), _ = f(x)
    wrong = MISTAKES[name](f, x, log_det)
    by_differences = jacobian_log_det(lambda batch: f(batch)[0][0], x[0])
    assert abs(by_differences - log_det[0]) < 1e-6 < 1e-2 < abs(by_differences - wrong[0])


def test_norm_starts_from_data():
    x = np.random.default_rng(9).gamma(2, 3, (500, 4, 6, 4)).astype(np.float32)
    x[:, 0, 0, 0] = 7
    norm = ElementwiseNorm(SHAPE)
    (y, log_det), _ = norm(x, Given(initialise=True))
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-5)
    deviation = np.ones(SHAPE)
    deviation[0, 0, 0] = 0
    np.testing.assert_allclose(y.std(axis=0), deviation, atol=1e-4)
    np.testing.assert_array_equal(norm(x)[0][0], y)
    assert np.isfinite(log_det).all()


def test_norm_keeps_its_gain_positive():
    norm = ElementwiseNorm(SHAPE)
    norm.gain.value = np.full(SHAPE, -1, np.float32)
    (y, log_det), backward = norm(np.ones((2, *SHAPE), np.float32))
    np.testing.assert_allclose(log_det, np.log(1e-10) * 96, rtol=1e-6)
    backward(np.ones_like(y), np.ones(2, np.float32))
    assert not norm.gain.grad.any() and (norm.bias.grad == 2).all()


def test_the_convolution_starts_near_the_identity():
    w = InvertibleConv(np.random.default_rng(10), 12).w.value
    assert w.shape == (2, 6, 6) and 0 < np.abs(w - np.eye(6)).max() < 0.006 and (w[0] != w[1]).any()


def test_where_the_splits_put_things():
    x = np.arange(2.0 * 4 * 6 * 2).reshape(2, 4, 6, 2)
    (stripes, _), _ = StripeSplit()(x)
    np.testing.assert_array_equal(stripes[..., :2], x[:, :, ::2])
    np.testing.assert_array_equal(stripes[..., 2:], x[:, :, 1::2])
    (swapped, _), _ = Swap()(stripes)
    np.testing.assert_array_equal(swapped, np.concatenate([x[:, :, 1::2], x[:, :, ::2]], axis=-1))
    (squeezed, _), _ = Composition([Squeeze(), ChannelSplit()])(x)
    np.testing.assert_array_equal(squeezed[..., 4:], x[:, 1::2].reshape(2, 2, 3, 4))        # the odd rows


def test_a_coupling_leaves_its_first_half_alone():
    f, x = _built("coupling", np.random.default_rng(11))
    (y, _), _ = f(x)
    np.testing.assert_array_equal(y[..., :2], x[..., :2])
    assert (y[..., 2:] != x[..., 2:]).all()


@pytest.mark.parametrize("changes", [{}, {"dequantiser_blocks": 0}])
def test_the_dequantiser_looks_at_the_image(changes):
    config = FlowConfig(channels=5, context_channels=2, **changes)
    rng = np.random.default_rng(12)
    dequantiser = Dequantiser(rng, config)
    randomise(dequantiser, rng)
    images, noise = rng.integers(0, 256, (2, 8, 8, 3)), rng.normal(size=(2, 8, 8, 3))
    (u, _), _ = dequantiser(images, noise, Given())
    (other, _), _ = dequantiser(images[::-1], noise, Given())
    assert (u != other).mean() > 0.9 and 0 < u.min() and u.max() < 1


def test_halves_want_an_even_number_of_channels_and_a_norm_its_shape():
    with pytest.raises(ValueError, match="InvertibleConv: channels: wanted an even number, for two halves, got 3"):
        InvertibleConv(np.random.default_rng(0), 3)
    with pytest.raises(ValueError, match=r"Swap: x: wanted an even number of channels, .* got \(2, 4, 4, 3\)"):
        Swap()(np.zeros((2, 4, 4, 3)))
    norm = ElementwiseNorm((4, 4, 3))
    for direction in (norm, norm.inverse):
        with pytest.raises(ValueError, match=r"ElementwiseNorm: wanted images \('N', 4, 4, 3\), got \(2, 1, 1, 3\)"):
            direction(np.zeros((2, 1, 1, 3)))
