"""What holds for every op: inputs are never written to, the dtype passes through, calls do not disturb."""

import numpy as np
import pytest

from minibnn import ops
from minibnn.binary import straight_through, weight_norm
from minibnn.flowpp import coupling
from minibnn.flowpp.bijection import standard_normal
from minibnn.flowpp.mixture import mixture_logit
from minibnn.resnet_vae import likelihood, logistic

IMAGE, KERNEL = (2, 4, 6, 4), (3, 3, 4, 2)
PIXELS = np.random.default_rng(9).integers(0, 256, IMAGE)
KEEP = PIXELS > 50
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
    "conv2d_transpose": (lambda x, w: ops.conv2d_transpose(x, w, (8, 12), 2, 1), (2, 4, 6, 2), KERNEL),
    "scale_and_shift": (ops.scale_and_shift, IMAGE, (4,), (4,)),
    "space_to_depth": (ops.space_to_depth, IMAGE), "depth_to_space": (ops.depth_to_space, IMAGE),
    "latent_scale": (logistic.latent_scale, IMAGE),
    "logistic_sample": (lambda m, s: logistic.logistic_sample(m, s, np.ones(IMAGE, m.dtype)), IMAGE, IMAGE),
    "logistic_log_density": (logistic.logistic_log_density, IMAGE, IMAGE, IMAGE),
    "one_sample_kl": (logistic.one_sample_kl, *[IMAGE] * 5),
    "layer_norm": (ops.layer_norm, IMAGE, (4,), (4,)),
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
