"""Checks of Flow++: bijections both ways, the coupling, the dequantiser, the whole model."""


from ..flowpp import FlowConfig, FlowPP, coupling
from ..flowpp.bijection import Composition, Given, Inverse, standard_normal
from ..flowpp.dequantiser import Dequantiser
from ..flowpp.elementwise import ElementwiseNorm, Logit, Sigmoid
from ..flowpp.invertible_conv import InvertibleConv
from ..flowpp.mixture import mixture_logit
from ..flowpp.rearrange import ChannelSplit, Squeeze, StripeSplit, Swap
from .builders import layer_check, model_check, op_check

_SHAPE = (2, 4, 4, 4)


def _config(**settings):
    return FlowConfig(**{"size": 8, "channels": 5, "blocks": 1, "mixture": 2, "couplings": (1, 1, 1),
                         "dequantiser_couplings": 1, "dequantiser_blocks": 1, "context_channels": 2, **settings})


def _both_ways(name, equations, build, start=None, start_of_inverse=None, **settings):
    """Checks of a bijection and of its inverse: value and log-determinant; all arguments, all parameters."""
    settings = {"shape": _SHAPE, "run": lambda f, x, context: f(x, Given(context=context)), **settings}
    return {name: (equations, layer_check(build, start=start, **settings)),
            f"{name}, inverse": (equations, layer_check(lambda rng: Inverse(build(rng)), start=start_of_inverse,
                                                        **settings))}


def _between(low, high):
    return lambda rng: rng.uniform(low, high, _SHAPE)


def _coupling(blocks=1, context_channels=0, **settings):
    def build(rng):
        return coupling.Coupling(rng, _config(**settings), 4, blocks, context_channels)
    return build


def _dequantiser(**settings):
    config = _config(**settings)

    def objective_of(dequantiser, rng):
        images, noise = rng.integers(0, 256, (2, 8, 8, 3)), rng.normal(size=(2, 8, 8, 3))
        return lambda: dequantiser(images, noise, Given())
    return model_check(lambda rng: Dequantiser(rng, config), objective_of, config.weights == 1)


def _flow(**settings):
    """Check of a whole Flow++: log p(x + u) and log q(u | x), with fixed dropout masks."""
    config = _config(**settings)

    def objective_of(model, rng):
        images, noise = rng.integers(0, 256, (2, 8, 8, 3)), model.draw_noise(rng, 2, training=True)
        return lambda: model(images, noise)
    return model_check(lambda rng: FlowPP(config, rng), objective_of, config.weights == 1)


CHECKS = {
    "standard_normal": ("8", op_check(standard_normal, _SHAPE)),
    **_both_ways("Logit", "App. C", lambda rng: Logit(), start=_between(1, 255)),
    **_both_ways("Sigmoid", "App. C", lambda rng: Sigmoid(), start_of_inverse=_between(0.01, 0.99)),
    **_both_ways("StripeSplit", "App. C", lambda rng: StripeSplit()),
    **_both_ways("ChannelSplit", "App. C", lambda rng: ChannelSplit()),
    **_both_ways("Squeeze", "App. C", lambda rng: Squeeze()),
    **_both_ways("Swap", "App. C", lambda rng: Swap()),
    **_both_ways("ElementwiseNorm", "App. C", lambda rng: ElementwiseNorm(_SHAPE[1:])),
    **_both_ways("InvertibleConv", "App. C", lambda rng: InvertibleConv(rng, 4)),
    **_both_ways("Composition", "9", lambda rng: Composition(
        [StripeSplit(), InvertibleConv(rng, 8), Inverse(ElementwiseNorm((4, 2, 8))), Inverse(StripeSplit())])),
    "affine": ("10", op_check(coupling.affine, *[_SHAPE] * 3)),
    "mixture_logit": ("10", op_check(mixture_logit, (2, 3, 2), *[(4, 2, 3, 2)] * 3)),
    **_both_ways("Coupling 32/32", "10, 11, 14", _coupling()),
    **_both_ways("Coupling 1/32", "2, 3, 10-14", _coupling(weights=1), straight=True),
    **_both_ways("Coupling 1/1", "2, 3, 5, 6, 10-14", _coupling(weights=1, activations=1), straight=True),
    **_both_ways("Coupling with a context, 32/32", "10, 11, 14", _coupling(context_channels=2), context_channels=2),
    **_both_ways("Coupling with a context, 1/1", "2, 3, 5, 6, 10-14",
                 _coupling(context_channels=2, weights=1, activations=1), context_channels=2, straight=True),
    **_both_ways("Coupling with a context, no blocks", "10, 11", _coupling(blocks=0, context_channels=2),
                 context_channels=2),
    "dequantiser 32/32": ("8-11, 14", _dequantiser()),
    "dequantiser 1/32": ("2, 3, 8-14", _dequantiser(weights=1)),
    "dequantiser 1/1": ("2, 3, 5, 6, 8-14", _dequantiser(weights=1, activations=1)),
    "dequantiser 1/1, binary context": ("2, 3, 5, 6, 8-14", _dequantiser(weights=1, activations=1,
                                                                         binary_context=True)),
    "dequantiser, no blocks": ("8-11", _dequantiser(dequantiser_blocks=0)),
    "Flow++ 32/32": ("8-11, 14", _flow()),
    "Flow++ 1/32": ("2, 3, 8-14", _flow(weights=1)),
    "Flow++ 1/1": ("2, 3, 5, 6, 8-14", _flow(weights=1, activations=1)),
    "Flow++, no residual blocks": ("8-11", _flow(blocks=0, dequantiser_blocks=0)),
}
