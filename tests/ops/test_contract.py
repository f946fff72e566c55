"""What holds for every op: inputs are never written to, the dtype passes through, calls do not disturb.

And whole numbers, lists and upstream gradients of another shape are refused in words.
"""

import importlib
import inspect
import pkgutil
import weakref

import numpy as np
import pytest

import minibnn
from minibnn import ops
from minibnn.binary import straight_through, weight_norm
from minibnn.binary.bits import PackedKernel
from minibnn.binary.pairs import sign_conv2d
from minibnn.binary.xnor import xnor_conv2d
from minibnn.flowpp import coupling
from minibnn.flowpp.bijection import standard_normal
from minibnn.flowpp.mixture import mixture_logit, mixture_logit_inverse
from minibnn.resnet_vae import likelihood, logistic

IMAGE, KERNEL = (2, 4, 6, 4), (3, 3, 4, 2)
PIXELS = np.random.default_rng(9).integers(0, 256, IMAGE)
KEEP = PIXELS > 50
FLOATS = "wanted an array of floating-point numbers"
OPS = {
    "sign": (straight_through.sign, IMAGE),
    "binarise_weights_ste": (straight_through.binarise_weights_ste, KERNEL),
    "binarise_activations_ste": (straight_through.binarise_activations_ste, IMAGE),
    "weight_norm": (weight_norm.weight_norm, KERNEL, (2,)),
    "binary_weight_norm": (weight_norm.binary_weight_norm, KERNEL, (2,)),
    "binary_scale": (lambda gain: weight_norm.binary_scale(gain, 36), (2,)),
    "elu": (ops.elu, IMAGE), "tanh": (ops.tanh, IMAGE), "sigmoid": (ops.sigmoid, IMAGE),
    "softplus": (ops.softplus, IMAGE), "concat_negative": (ops.concat_negative, IMAGE),
    "gated_linear_unit": (ops.gated_linear_unit, IMAGE),
    "conv2d": (lambda x, w: ops.conv2d(x, w, 2, 1), IMAGE, KERNEL),
    "sign_conv2d": (lambda x, w: sign_conv2d(x, w, 2, 1), IMAGE, KERNEL),
    "conv2d_transpose": (lambda x, w: ops.conv2d_transpose(x, w, (8, 12), 2, 1), (2, 4, 6, 2), KERNEL),
    "scale_and_shift": (ops.scale_and_shift, IMAGE, (4,), (4,)),
    "space_to_depth": (ops.space_to_depth, IMAGE), "depth_to_space": (ops.depth_to_space, IMAGE),
    "latent_scale": (logistic.latent_scale, IMAGE),
    "logistic_sample": (lambda m, s: logistic.logistic_sample(m, s, np.ones(IMAGE, np.float32)), IMAGE, IMAGE),
    "logistic_log_density": (logistic.logistic_log_density, IMAGE, IMAGE, IMAGE),
    "one_sample_kl": (logistic.one_sample_kl, *[IMAGE] * 5),
    "layer_norm": (ops.layer_norm, IMAGE, (4,), (4,)), "batch_norm": (ops.batch_norm, IMAGE, (4,), (4,)),
    "dropout": (lambda x: ops.dropout(x, KEEP, 0.2), IMAGE),
    "standard_normal": (standard_normal, IMAGE),
    "affine": (coupling.affine, *[IMAGE] * 3),
    "mixture_logit": (mixture_logit, IMAGE, *[(3, *IMAGE)] * 3),
    "coupling_transform": (coupling.coupling_transform, IMAGE, (*IMAGE[:3], 4 * 8)),
    "coupling_transform_inverse": (coupling.coupling_transform_inverse, IMAGE, (*IMAGE[:3], 4 * 8)),
    "discretised_logistic": (lambda m, s: likelihood.discretised_logistic(PIXELS, m, s), IMAGE, ()),
}


def _arguments(name, dtype, seed=0):
    rng = np.random.default_rng(seed)
    arrays = [np.array(rng.uniform(0.2, 1.8, shape), dtype) for shape in OPS[name][1:]]
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _parts(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPS)
def test_read_only_arguments_and_dtype(name, dtype):
    arguments = _arguments(name, dtype)
    y, backward = OPS[name][0](*arguments)
    upstream = [np.ones_like(part) for part in _parts(y)]
    for part, dy in zip(_parts(y), upstream):
        assert part.dtype == dtype
        part.flags.writeable = dy.flags.writeable = False           # the backward must not write there either
    grads = _parts(backward(*upstream))
    assert [(g.shape, g.dtype) for g in grads] == [(a.shape, dtype) for a in arguments]


@pytest.mark.parametrize("name", OPS)
def test_forwards_and_backwards_in_any_order(name):
    op = OPS[name][0]
    first, second = _arguments(name, np.float64, 1), _arguments(name, np.float64, 2)
    y1, alone = op(*first)
    upstream = [np.random.default_rng(3).normal(size=part.shape) for part in _parts(y1)]
    expected = _parts(alone(*upstream))
    _, backward1 = op(*first)
    _, backward2 = op(*second)
    backward2(*upstream)
    backward1(*upstream)                                            # twice: nothing may be used up
    for got, wanted in zip(_parts(backward1(*upstream)), expected):
        np.testing.assert_array_equal(got, wanted)


def _functions():
    """The library's functions that declare in what they are differentiable, and those that define a backward."""
    declared, others = set(), set()
    for module in pkgutil.walk_packages(minibnn.__path__, "minibnn."):
        if not module.name.endswith("__main__"):
            for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
                if hasattr(function, "differentiable_in"):
                    declared.add(name)
                elif f"{name}_backward" in [getattr(part, "co_name", "") for part in function.__code__.co_consts]:
                    others.add(name)
    return declared, others


def test_every_op_declares_in_what_it_is_differentiable_and_is_tested_here():
    declared, others = _functions()
    assert declared == set(OPS)
    assert others == {"residual", "chain", "free_bits_loss"}        # they take other ops, or no arrays


@pytest.mark.parametrize("wrong", [np.uint8, np.int64, bool, np.complex128, object, list])
@pytest.mark.parametrize("name", OPS)
def test_arguments_that_are_no_floating_point_arrays_are_refused_by_name(name, wrong):
    arguments = _arguments(name, np.float64)
    for i in range(len(arguments)):
        changed = list(arguments)
        changed[i] = changed[i].tolist() if wrong is list else changed[i].astype(wrong)
        got = "list|float" if wrong is list else np.dtype(wrong)
        with pytest.raises(ValueError, match=rf"^{name}: \w+: {FLOATS}, got ({got})$"):
            OPS[name][0](*changed)


@pytest.mark.parametrize("name", OPS)
def test_upstream_gradients_that_are_not_like_the_outputs_are_refused(name):
    y, backward = OPS[name][0](*_arguments(name, np.float64))
    right = [np.ones_like(part) for part in _parts(y)]
    for i, dy in enumerate(right):
        for wrong in (np.ones((3, *dy.shape)), dy[:1] if dy.ndim else dy[None], dy[..., None]):
            with pytest.raises(ValueError, match=rf"^{name}, backward: dy: wanted \(.*\) like the output, got \("):
                backward(*right[:i], wrong, *right[i + 1:])
        with pytest.raises(ValueError, match=f"^{name}, backward: dy: {FLOATS}, got int64"):
            backward(*right[:i], dy.astype(np.int64), *right[i + 1:])
    with pytest.raises(ValueError, match=f"backward: wanted {len(right)} upstream gradients, got {len(right) + 1}"):
        backward(*right, right[0])


@pytest.mark.parametrize("wrong", [np.int8, np.uint8, bool])
def test_signs_for_xnor_are_floating_point_too(wrong):
    """As bools all signs would be >= 0; as small integers the sums would overflow."""
    x, v = np.ones((2, 4, 6, 4), np.float32), np.ones(KERNEL, np.float32)
    kernel = PackedKernel(v)
    for call in (lambda: xnor_conv2d(x.astype(wrong), kernel), lambda: PackedKernel(v.astype(wrong))):
        with pytest.raises(ValueError, match=f"{FLOATS}, got {np.dtype(wrong)}"):
            call()
    with pytest.raises(ValueError, match=f"mixture_logit_inverse: u: {FLOATS}, got"):
        mixture_logit_inverse(np.ones(3, wrong), *np.zeros((3, 2, 3)))


@pytest.mark.parametrize("name, shapes", [
    ("scale_and_shift", [IMAGE, (1,), (4,)]), ("layer_norm", [IMAGE, (6, 4), (4,)]), ("batch_norm", [IMAGE, (), (4,)]),
    ("affine", [IMAGE, (4,), ()]), ("weight_norm", [KERNEL, (1,)]), ("logistic_log_density", [IMAGE, (4,), IMAGE]),
    ("mixture_logit", [IMAGE, (3, 1, 1, 1, 1), (3, *IMAGE), (3, *IMAGE)])])
def test_arguments_that_were_broadcast_get_no_gradient_of_another_shape(name, shapes):
    y, backward = OPS[name][0](*(np.full(shape, 0.5) for shape in shapes))
    with pytest.raises(ValueError, match=rf"^{name}, backward: \w+: wanted an argument that is not broadcast, got the"):
        backward(*(np.ones_like(part) for part in _parts(y)))


@pytest.mark.parametrize("name", ["sign", "binarise_weights_ste", "binarise_activations_ste", "elu", "tanh"])
def test_arguments_may_be_named(name):
    op, x = OPS[name][0], np.array([-0.5, 2.0])
    [argument] = op.differentiable_in
    np.testing.assert_array_equal(op(**{argument: x})[0], op(x)[0])


def test_a_backward_keeps_no_output_that_it_does_not_need():
    y, backward = ops.scale_and_shift(*_arguments("scale_and_shift", np.float64))
    kept = weakref.ref(y)
    del y
    assert kept() is None and len(backward(np.ones(IMAGE))) == 3
