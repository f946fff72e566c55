"""Every gradient of the library, one named check each: what `python -m minibnn gradcheck` runs."""

from typing import NamedTuple

import numpy as np

from .. import ops
from ..binary import straight_through, weight_norm
from ..blocks import BinaryConv, ResidualBlock, WeightNormConv
from ..parameter import cast, named_parameters, parameters
from ..resnet_vae import ResNetVAE, VAEConfig, bound, likelihood, logistic
from .checker import gradient_errors, layer_op
from .twin import TangentTwin

TOLERANCE = 1e-6
SEED = 23


class Result(NamedTuple):
    """The outcome of one check: `error` is the largest relative error over all its arrays."""
    name: str
    equations: str
    error: float
    tolerance: float
    ok: bool


def run_checks(names=None):
    """Yield a Result for each check, or for those named.    Raises: KeyError for an unknown name."""
    for name in names or CHECKS:
        equations, errors_of = CHECKS[name]
        errors = errors_of(np.random.default_rng(SEED))
        error = float(np.max(errors))                               # NaN stays NaN, and is not ok
        yield Result(name, equations, error, TOLERANCE, bool(error <= TOLERANCE))


def _op(function, *shapes, straight=False, zero=()):
    """Check of an op whose arguments are all arrays of normal numbers."""
    def errors_of(rng):
        arrays = [_away_from_kinks(rng.normal(size=shape)) for shape in shapes]
        twin = TangentTwin(function, *arrays) if straight else None
        return gradient_errors(function, *arrays, rng=rng, differences_of=twin, zero=zero)
    return errors_of


def _away_from_kinks(x, margin=0.02):
    """Move numbers near 0 and +-1, where ELU, sign and the clipped estimator have their kinks."""
    for kink in (-1, 0, 1):
        x = np.where(np.abs(x - kink) < margin, kink + np.where(x < kink, -margin, margin), x)
    return x


def _logistic(function, positive):
    """Check of a logistic op: the arguments at the positions `positive` are scales."""
    def errors_of(rng):
        arrays = [rng.normal(size=(2, 3, 2)) for _ in range(max(positive) + 1)]
        for i in positive:
            arrays[i] = np.exp(0.5 * arrays[i])
        return gradient_errors(function, *arrays, rng=rng)
    return errors_of


def _sample(rng):
    noise = rng.normal(size=(2, 3, 2))
    return gradient_errors(lambda mean, scale: logistic.logistic_sample(mean, scale, noise),
                           rng.normal(size=(2, 3, 2)), rng.random((2, 3, 2)) + 0.5, rng=rng)


def _discretised_logistic(rng):
    images = np.concatenate([np.repeat([0, 255], 6), rng.integers(0, 256, 36)]).reshape(2, 4, 2, 3)
    mean = rng.normal(0, 0.5, images.shape)
    return gradient_errors(lambda mean, scale: likelihood.discretised_logistic(images, mean, scale),
                           mean, np.array(0.3), rng=rng)


def _free_bits(rng):
    kl_min = 0.1
    kl = rng.normal(kl_min, 1, (3, 2, 4))
    kl += kl_min + np.array([[0.2, -0.2, 0.3, -0.1], [-0.3, 0.1, -0.2, 0.4]]) - kl.mean(axis=0)  # both sides
    return gradient_errors(lambda ll, kl: bound.free_bits_loss(bound.Bound(ll, kl), kl_min),
                           rng.normal(size=3), kl, rng=rng)


def _layer(build, shape, straight):
    """Check of a layer or block: its input and every parameter."""
    def errors_of(rng):
        layer = build(rng)
        _randomise(layer, rng)
        op = layer_op(layer, layer)
        arrays = [_away_from_kinks(rng.normal(size=shape)), *(p.value for p in parameters(layer))]
        twin = TangentTwin(op, *arrays) if straight else None
        return gradient_errors(op, *arrays, rng=rng, differences_of=twin)
    return errors_of


def _vae(**settings):
    """Check of a whole VAE: every parameter, through frozen noise, free bits included.

    With binary weights or activations the differences are those of the tangent twin. The last layer's
    blocks on the way up reach nothing, and the way down starts from a constant zero map, which ELU leaves
    zero: weights that see nothing else must have exactly zero gradients.
    """
    config = VAEConfig(size=8, layers=2, channels=3, latents=2, blocks=3, nproc=1, **settings)

    def errors_of(rng):
        kink_distance = 0
        while kink_distance < 1e-3:                                 # draw a base point away from the kinks
            model = ResNetVAE(config, rng)
            _randomise(model, rng)
            op = layer_op(model, _objective(model, rng))
            names, values = zip(*((name, p.value) for name, p in named_parameters(model)))
            twin = TangentTwin(op, *values) if config.weights == 1 else None
            kink_distance = twin.kink_distance if twin else np.inf
        zero = [i for i, name in enumerate(names) if name.startswith(tuple(_unreached(config)))]
        return gradient_errors(op, *values, rng=rng, differences_of=twin, zero=zero)
    return errors_of


def _objective(model, rng):
    """A VAE's training loss on frozen images and noise; free bits hold half of the channels."""
    images = rng.integers(0, 256, (2, 8, 8, 3))
    uniform = rng.random((2, *model.config.latent_shape))
    kl_min = float(np.median(model(images, uniform)[0].kl.mean(axis=0)))

    def objective():
        elbo, vae_backward = model(images, uniform)
        loss, loss_backward = bound.free_bits_loss(elbo, kl_min)
        return loss, lambda d_loss: vae_backward(*loss_backward(d_loss))
    return objective


def _unreached(config):
    names = ["layers.1.up_blocks."]
    if config.activations == 32:
        names += ["layers.1.down_blocks.0.conv1.v", "layers.1.down_blocks.0.conv1.gain"]
    if config.activations == 32 or not config.binary_everywhere:
        names += ["layers.1.to_prior.v", "layers.1.to_prior.gain"]
    return names


def _randomise(owner, rng):
    """Parameters of magnitude near 1, so that no gradient is tiny: gains start at 0 in some layers."""
    ranges = {"v": (-1, 1), "gain": (0.5, 1.5), "bias": (-0.5, 0.5), "log_scale": (0, 1)}
    cast(owner, np.float64)
    for name, parameter in named_parameters(owner):
        low, high = ranges[name.split(".")[-1]]
        parameter.value = rng.uniform(low, high, parameter.value.shape)


_IMAGE = (2, 4, 3, 5)
_KERNEL = (3, 3, 5, 2)

CHECKS = {
    "sign": ("1", _op(straight_through.sign, _IMAGE, zero=[0])),
    "binarise_weights_ste": ("2, 3", _op(lambda v: straight_through.binarise_weights_ste(v), _KERNEL,
                                         straight=True)),
    "binarise_activations_ste": ("5, 6", _op(lambda a: straight_through.binarise_activations_ste(a), _IMAGE,
                                             straight=True)),
    "weight_norm": ("11", _op(weight_norm.weight_norm, _KERNEL, (2,))),
    "binary_weight_norm": ("12", _op(weight_norm.binary_weight_norm, _KERNEL, (2,))),
    "binary_scale": ("13", _op(lambda gain: weight_norm.binary_scale(gain, 45), (2,))),
    "scale_and_shift": ("13", _op(ops.scale_and_shift, _IMAGE, (5,), (5,))),
    "elu": ("Fig. 1", _op(ops.elu, _IMAGE)),
    "tanh": ("App. C", _op(ops.tanh, _IMAGE)),
    "sigmoid": ("App. C", _op(ops.sigmoid, _IMAGE)),
    "softplus": ("App. B", _op(ops.softplus, _IMAGE)),
    "concat_negative": ("Fig. 1", _op(ops.concat_negative, _IMAGE)),
    "gated_linear_unit": ("Fig. 1", _op(ops.gated_linear_unit, (2, 3, 3, 4))),
    "conv2d": ("sec. 3", _op(lambda x, w: ops.conv2d(x, w, padding=1), _IMAGE, _KERNEL)),
    "conv2d, stride 2": ("App. B", _op(lambda x, w: ops.conv2d(x, w, 2, 2), (2, 7, 6, 3), (5, 5, 3, 2))),
    "conv2d_transpose": ("App. B", _op(lambda x, w: ops.conv2d_transpose(x, w, (7, 6), 2, 2), (2, 4, 3, 2),
                                       (5, 5, 3, 2))),
    "space_to_depth": ("App. C", _op(ops.space_to_depth, (2, 4, 6, 3))),
    "depth_to_space": ("App. C", _op(ops.depth_to_space, (2, 2, 3, 12))),
    "latent_scale": ("App. B", _op(logistic.latent_scale, _IMAGE)),
    "logistic_sample": ("7", _sample),
    "logistic_log_density": ("7", _logistic(logistic.logistic_log_density, positive=[2])),
    "one_sample_kl": ("7", _logistic(logistic.one_sample_kl, positive=[2, 4])),
    "discretised_logistic": ("7", _discretised_logistic),
    "free_bits_loss": ("7", _free_bits),
    "WeightNormConv": ("11", _layer(lambda rng: WeightNormConv(rng, 3, 5, 4), _IMAGE, straight=False)),
    "WeightNormConv, transposed": ("11", _layer(
        lambda rng: WeightNormConv(rng, 5, 5, 2, stride=2, transposed=True), _IMAGE, straight=False)),
    "BinaryConv": ("2, 3, 12, 13", _layer(lambda rng: BinaryConv(rng, 3, 5, 4), _IMAGE, straight=True)),
    "BinaryConv, direct gain": ("2, 3, 12, 13", _layer(
        lambda rng: BinaryConv(rng, 3, 5, 4, stride=2, positive_gain=False), _IMAGE, straight=True)),
    "block (a), 32-bit twin": ("11, 14", _layer(
        lambda rng: ResidualBlock(rng, 5, 3, False, False), _IMAGE, straight=False)),
    "block (a)": ("2, 3, 12-14", _layer(
        lambda rng: ResidualBlock(rng, 5, 3, True, False), _IMAGE, straight=True)),
    "block (b)": ("2, 3, 5, 6, 12-14", _layer(
        lambda rng: ResidualBlock(rng, 5, 3, True, True), _IMAGE, straight=True)),
    "ResNet VAE 32/32": ("7, 11, 14", _vae()),
    "ResNet VAE 1/32": ("2, 3, 7, 11-14", _vae(weights=1)),
    "ResNet VAE 1/1": ("2, 3, 5-7, 11-14", _vae(weights=1, activations=1)),
    "ResNet VAE 1/32, all layers binary": ("2, 3, 7, 12-14", _vae(weights=1, binary_everywhere=True)),
    "ResNet VAE 1/1, all layers binary": ("2, 3, 5-7, 12-14", _vae(weights=1, activations=1,
                                                                 binary_everywhere=True)),
}
