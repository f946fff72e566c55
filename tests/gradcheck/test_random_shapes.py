"""Every op at fifty random shapes: odd sizes, one image, one channel, strides that do not divide, any memory order."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from reference import conv2d_loops, conv2d_transpose_loops

import minibnn
from minibnn import ops
from minibnn.binary import straight_through, weight_norm
from minibnn.binary.pairs import sign_conv2d
from minibnn.flowpp import bijection, coupling, mixture
from minibnn.gradcheck import TangentTwin, gradient_errors
from minibnn.gradcheck.builders import away_from_kinks
from minibnn.resnet_vae import bound, likelihood, logistic

SHAPES = 50


def _size(rng, most=5):
    return int(rng.integers(1, most + 1))


def _shape(rng, *last):
    """One to three axes of one to five, then the `last`, or another such axis."""
    return (*(_size(rng) for _ in range(_size(rng, 3))), *(last or [_size(rng)]))


def _normal(rng, *shape):
    return away_from_kinks(rng.normal(size=shape))


def _scales(rng, *shape):
    return np.exp(0.5 * rng.normal(size=shape))


def _of(op, *arrays, straight=False, zero=()):
    """A case: the op, its arrays, and what gradient_errors is told besides."""
    return op, arrays, {"differences_of": TangentTwin(op, *arrays) if straight else None, "zero": zero}


def _elementwise(op, **settings):
    return lambda rng: _of(op, _normal(rng, *_shape(rng)), **settings)


def _estimator(op):
    def case(rng):
        a = _normal(rng, *_shape(rng))
        a.flat[0] = 0.5                                             # one at least lets the gradient through
        return _of(op, a, straight=True)
    return case


def _convolution(rng):
    """x, w, stride, padding; every pixel is seen by the kernel or skipped by the stride, none but padding otherwise."""
    K, stride = _size(rng, 4), _size(rng, 3)
    padding = int(rng.integers(0, K))
    rows, columns = (max(1, K - 2 * padding) + _size(rng, 6) - 1 for _ in range(2))
    C = _size(rng, 4)
    return _normal(rng, _size(rng, 3), rows, columns, C), _normal(rng, K, K, C, _size(rng, 4)), stride, padding


def _conv2d(op):
    def case(rng):
        x, w, stride, padding = _convolution(rng)
        return _of(lambda x, w: op(x, w, stride, padding), x, w)
    return case


def _conv2d_transpose(rng):
    u, w, stride, padding = _convolution(rng)
    x = _normal(rng, *ops.conv2d(u, w, stride, padding)[0].shape)
    return _of(lambda x, w: ops.conv2d_transpose(x, w, u.shape[1:3], stride, padding), x, w)


def _normalisation(op, batch):
    """Of one number there is nothing left; of two, only the epsilon in the variance, too little to compare."""
    def case(rng):
        shape, numbers = (), 2
        while numbers == 2:
            shape = _shape(rng)
            numbers = np.prod(shape[:-1]) if batch else shape[-1]
        return _of(op, _normal(rng, *shape), _normal(rng, shape[-1]), _normal(rng, shape[-1]),
                   zero=[0, 1] if numbers == 1 else [])
    return case


def _gained(op, *fan_in):
    """A kernel and its gains; `fan_in` numbers at least, since the direction of one number cannot turn."""
    def case(rng):
        shape = _shape(rng, *fan_in, _size(rng))
        return _of(op, _normal(rng, *shape), _scales(rng, shape[-1]))
    return case


def _scale_and_shift(rng):
    shape = _shape(rng)
    return _of(ops.scale_and_shift, _normal(rng, *shape), _normal(rng, shape[-1]), _normal(rng, shape[-1]))


def _dropout(rng):
    shape = _shape(rng)
    keep = rng.random(shape) < 0.5
    keep.flat[0] = True
    return _of(lambda x: ops.dropout(x, keep, 0.2), _normal(rng, *shape))


def _rearranged(op, spread):
    def case(rng):
        N, H, W, C, block = (_size(rng, 3) for _ in range(5))
        shape = (N, H, W, C * block**2) if spread else (N, H * block, W * block, C)
        return _of(lambda x: op(x, block), _normal(rng, *shape))
    return case


def _like(op, *draws):
    """An op of arrays of one shape."""
    def case(rng):
        shape = _shape(rng)
        return _of(op, *(draw(rng, *shape) for draw in draws))
    return case


def _logistic_sample(rng):
    shape = _shape(rng)
    noise = rng.normal(size=shape)
    return _of(lambda mean, scale: logistic.logistic_sample(mean, scale, noise), _normal(rng, *shape),
               _scales(rng, *shape))


def _discretised_logistic(rng):
    images = rng.choice([0, 7, 100, 254, 255], _shape(rng))
    return _of(lambda mean, scale: likelihood.discretised_logistic(images, mean, scale),
               rng.normal(0, 0.5, images.shape), np.array(rng.uniform(0.1, 0.6)))


def _free_bits_loss(rng):
    N, L, Z = _size(rng), _size(rng), _size(rng)
    kl = rng.normal(0.1, 1, (N, L, Z))
    kl[:, 0, 0] += 5                                                # one channel at least is above the free bits
    return _of(lambda ll, kl: bound.free_bits_loss(bound.Bound(ll, kl)), rng.normal(size=N), kl)


def _mixture_logit(rng):
    shape, M = _shape(rng), _size(rng, 4)
    return _of(mixture.mixture_logit, _normal(rng, *shape), *(_normal(rng, M, *shape) for _ in range(3)),
               zero=[1] if M == 1 else [])                          # the weight of the only component is 1


def _coupling(op):
    def case(rng):
        *image, c, M = (_size(rng, 3) for _ in range(5))
        return _of(op, _normal(rng, *image, c), _normal(rng, *image, c * (2 + 3 * M)))
    return case


CASES = {
    "sign": _elementwise(straight_through.sign, zero=[0]),
    "binarise_weights_ste": _estimator(straight_through.binarise_weights_ste),
    "binarise_activations_ste": _estimator(straight_through.binarise_activations_ste),
    "weight_norm": _gained(weight_norm.weight_norm, 3),
    "binary_weight_norm": _gained(weight_norm.binary_weight_norm),
    "binary_scale": lambda rng: _of(lambda gain: weight_norm.binary_scale(gain, 45), _normal(rng, _size(rng))),
    "elu": _elementwise(ops.elu), "tanh": _elementwise(ops.tanh), "sigmoid": _elementwise(ops.sigmoid),
    "softplus": _elementwise(ops.softplus), "concat_negative": _elementwise(ops.concat_negative),
    "gated_linear_unit": lambda rng: _of(ops.gated_linear_unit, _normal(rng, *_shape(rng, 2 * _size(rng)))),
    "conv2d": _conv2d(ops.conv2d), "sign_conv2d": _conv2d(sign_conv2d), "conv2d_transpose": _conv2d_transpose,
    "scale_and_shift": _scale_and_shift, "dropout": _dropout,
    "space_to_depth": _rearranged(ops.space_to_depth, spread=False),
    "depth_to_space": _rearranged(ops.depth_to_space, spread=True),
    "layer_norm": _normalisation(ops.layer_norm, batch=False),
    "batch_norm": _normalisation(ops.batch_norm, batch=True),
    "latent_scale": _elementwise(logistic.latent_scale), "logistic_sample": _logistic_sample,
    "logistic_log_density": _like(logistic.logistic_log_density, _normal, _normal, _scales),
    "one_sample_kl": _like(logistic.one_sample_kl, _normal, _normal, _scales, _normal, _scales),
    "discretised_logistic": _discretised_logistic, "free_bits_loss": _free_bits_loss,
    "standard_normal": _elementwise(bijection.standard_normal),
    "affine": _like(coupling.affine, _normal, _normal, _normal), "mixture_logit": _mixture_logit,
    "coupling_transform": _coupling(coupling.coupling_transform),
    "coupling_transform_inverse": _coupling(coupling.coupling_transform_inverse),
}
OF_LAYERS = {"residual", "chain"}                                   # they take functions: checked within the blocks


def _channels_first(a):
    return np.moveaxis(np.moveaxis(a, -1, 0).copy(), 0, -1)


def _every_second(a):
    wide = np.full([2 * length for length in a.shape], np.nan)
    view = wide[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    return view


LAYOUTS = [lambda a: a.copy("C"), lambda a: a.copy("F"), _channels_first, lambda a: np.flip(np.flip(a).copy()),
           _every_second]


def _laid_out(rng, arrays):
    """The same numbers, each array in a memory order of its own."""
    return [LAYOUTS[rng.integers(len(LAYOUTS))](a) if a.ndim else a for a in arrays]


def _parts(y):
    return y if isinstance(y, tuple) else (y,)


def test_no_op_is_forgotten():
    found = set()
    for module in pkgutil.walk_packages(minibnn.__path__, "minibnn."):
        if not module.name.endswith("__main__"):
            found |= {name for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction)
                      if not name.startswith("_") and "Backward:" in (function.__doc__ or "")}
    assert found == CASES.keys() | OF_LAYERS


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * name.endswith("inverse"))
                                  for name in CASES])
def test_gradients_at_random_shapes(name):
    for seed in range(SHAPES):
        rng = np.random.default_rng(seed)
        op, arrays, settings = CASES[name](rng)
        errors = gradient_errors(op, *_laid_out(rng, arrays), rng=rng, **settings)
        assert max(errors) < 1e-6, (seed, [a.shape for a in arrays], errors)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_memory_orders_do_not_show(name):
    for seed in range(SHAPES):
        rng = np.random.default_rng(seed)
        op, arrays, _ = CASES[name](rng)
        y, backward = op(*arrays)
        y_laid_out, backward_laid_out = op(*_laid_out(rng, arrays))
        dy = [rng.normal(size=np.shape(part)) for part in _parts(y)]
        pairs = [*zip(_parts(y), _parts(y_laid_out)),
                 *zip(_parts(backward(*dy)), _parts(backward_laid_out(*_laid_out(rng, map(np.asarray, dy)))))]
        for expected, got in pairs:
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11, err_msg=f"seed {seed}")


def test_convolutions_at_random_shapes_equal_their_definitions():
    for seed in range(SHAPES):
        rng = np.random.default_rng(seed)
        *arrays, stride, padding = _convolution(rng)
        x, w = _laid_out(rng, arrays)
        y, _ = ops.conv2d(x, w, stride, padding)
        np.testing.assert_allclose(y, conv2d_loops(*arrays, stride, padding), atol=1e-12)
        size = x.shape[1:3]
        transposed, _ = ops.conv2d_transpose(*_laid_out(rng, [y]), w, size, stride, padding)
        np.testing.assert_allclose(transposed, conv2d_transpose_loops(y, w, size, stride, padding), atol=1e-11)
