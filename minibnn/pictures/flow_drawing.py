"""Drawings of Flow++ and of its coupling, made by walking a model that a configuration describes."""

from itertools import groupby
from typing import NamedTuple

import numpy as np

from ..flowpp import FlowPP
from ..flowpp.bijection import Composition, Inverse
from ..flowpp.coupling import Coupling
from ..flowpp.elementwise import ElementwiseNorm, Logit, Sigmoid
from ..flowpp.invertible_conv import InvertibleConv
from ..flowpp.rearrange import ChannelSplit, Squeeze, StripeSplit, Swap
from ..parameter import parameters
from .drawings import DARK, MANY_BITS, ONE_BIT, PLAIN, draw_arrow, rounded_box
from .figures import new_figure, plain_style

LABELS = {Logit: "logit", Sigmoid: "sigmoid", Swap: "swap halves", Squeeze: "squeeze", StripeSplit: "split: stripes",
          ChannelSplit: "split: channels", ElementwiseNorm: "affine nor-\nmalisation",
          InvertibleConv: "1$\\times$1 conv\nof each half"}
UNDONE = {Squeeze: "unsqueeze", StripeSplit: "join", ChannelSplit: "join"}         # labels of their inverses
GAP = 0.16               # between two boxes, in inches, as all lengths here


class Part(NamedTuple):
    """A box to draw.    colour: whether it has weights, and of how many bits"""

    label: str
    colour: str


class Box(NamedTuple):
    """A box that is drawn: its left end, width, height and colour."""

    x: float
    width: float
    height: float
    colour: str

    @property
    def middle(self):
        """The x of its middle."""
        return self.x + self.width / 2

    @property
    def right(self):
        """The x of its right end."""
        return self.x + self.width


def parts_of_flow(flow, shape):
    """The parts of a flow in their order: list of Part. Coupling steps that follow each other are one part.

    shape:     (H, W, C) of an image, before the flow; splits and squeezes change it
    """
    x, parts = np.zeros((1, *shape), np.float32), []
    for is_step, group in groupby(flow.bijections, lambda f: isinstance(f, Composition)):
        group = list(group)
        if is_step:
            H, W, C = x.shape[1:]
            name = f"{len(group)} coupling\nstep" + "s" * (len(group) > 1)
            parts.append(Part(f"{name} on\n{H}$\\times${W}$\\times${C}", _colour(group)))
        else:
            for f in group:
                parts.append(_part_of(f))
                (x, _), _ = f(x)
    return parts


def parts_of_step(step):
    """The parts of one coupling step in their order, with those of its conditioner in place of its coupling."""
    return [part for f in step.bijections
            for part in (parts_of_conditioner(f.conditioner) if isinstance(f, Coupling) else [_part_of(f)])]


def parts_of_conditioner(conditioner):
    """The convolution, the residual blocks (or the tanh in their place), and the convolution of a conditioner."""
    return [_part_of_conv(conditioner.first),
            _part_of_blocks(conditioner.blocks) if conditioner.blocks else Part("tanh, with-\nout blocks", PLAIN),
            _part_of_conv(conditioner.last)]


def parts_of_context(dequantiser):
    """The parts that compute the dequantiser's context from an image; none, if it has no residual blocks."""
    return [part for conv in dequantiser.context
            for part in (_part_of_conv(conv), _part_of_blocks(dequantiser.context_blocks))]


def _part_of(bijection):
    if isinstance(bijection, Inverse) and type(bijection) is not Sigmoid:
        return Part(UNDONE[type(bijection.bijection)], PLAIN)
    return Part(LABELS[type(bijection)], _colour(bijection))


def _part_of_conv(conv):
    K, _, c_in, c_out = conv.v.value.shape
    return Part(f"conv {K}$\\times${K}\n{c_in} $\\to$ {c_out}", _colour(conv))


def _part_of_blocks(blocks):
    letter = "d" if blocks[0].activation.binary else "c"
    return Part(f"{len(blocks)} block" + "s" * (len(blocks) > 1) + f" as in\nFigure 1 ({letter})", _colour(blocks))


def _colour(owner):
    kinds = {parameter.kind for parameter in parameters(owner)}
    return ONE_BIT if "binary" in kinds else MANY_BITS if kinds else PLAIN


@plain_style()
def flow_figure(config):
    """Flow++ as a whole: the dequantiser, the main flow with its stages, and one coupling step.

    config:    a FlowConfig. Boxes with 1-bit weights are pale blue, those with 32-bit weights alone
               pale orange, those without weights grey.
    """
    model, image = FlowPP(config, np.random.default_rng(0)), (config.size, config.size, 3)
    axes = _canvas(9, 6.5)
    context, noise, main = 6.0, 4.75, 3.05                          # heights of the rows
    _text(axes, 0.3, context, "image\n$x$")
    made = _row(axes, 0.6, context, parts_of_context(model.dequantiser))
    _text(axes, 1.95, noise, "noise")
    drawn = _row(axes, 2.2, noise, parts_of_flow(model.dequantiser.flow, image))
    [told] = [box for box in drawn if box.colour != PLAIN]          # the coupling steps
    _line(axes, (made[-1].right if made else 0.6, context), (told.middle, context))
    draw_arrow(axes, (told.middle, context), (told.middle, noise + told.height / 2))
    _text(axes, told.middle + 0.08, context - 0.4, "context", ha="left")
    u = drawn[-1].right + GAP
    draw_arrow(axes, (drawn[-1].right, noise), (u, noise))
    _text(axes, u + 0.08, noise, "$u$, each number between 0 and 1", ha="left")
    _text(axes, u + 0.08, noise + 0.6, "The dequantiser: a flow from noise to $u$", ha="left", weight="bold")

    between = main + 0.95
    _line(axes, (u + 0.15, noise - 0.15), (u + 0.15, between), (0.75, between))
    draw_arrow(axes, (0.75, between), (0.75, main + 0.15))
    _line(axes, (0.3, context - 0.3), (0.3, main))
    draw_arrow(axes, (0.3, main), (0.6, main))
    axes.text(0.75, main, "+", ha="center", va="center", fontsize=10,
              bbox={"boxstyle": "circle,pad=0.2", "facecolor": PLAIN, "edgecolor": DARK})
    z = _row(axes, 0.9, main, parts_of_flow(model.flow, image))[-1].right
    draw_arrow(axes, (z, main), (z + GAP, main))
    _text(axes, z + GAP + 0.1, main, "$z$")
    _text(axes, u + 0.3, between, "The main flow: from $x + u$ to $z$", ha="left", weight="bold")
    _draw_step(axes, 1.05, _first_step(model))
    return axes.figure


def _draw_step(axes, y, step):
    """One coupling step: the first half runs above the conditioner, which reads it, and the second half below."""
    at = next(i for i, f in enumerate(step.bijections) if isinstance(f, Coupling))
    before, after = ([_part_of(f) for f in some] for some in (step.bijections[:at], step.bijections[at + 1:]))
    upper, lower = y + 0.55, y - 0.55
    _text(axes, 0.1, y + 0.9, "One coupling step: the first of the main flow", ha="left", weight="bold")
    fork = _row(axes, 0.1, y, before)[-1].right
    last = _conditioner(axes, fork, y, upper, lower, step.bijections[at].conditioner)
    [transform] = _row(axes, last.right - 0.1, lower, [Part("coupling,\nEq. (10)", PLAIN)])
    _line(axes, (fork + 0.15, lower), (transform.x - GAP, lower))
    _line(axes, (last.right, y), (transform.middle, y))
    draw_arrow(axes, (transform.middle, y), (transform.middle, lower + transform.height / 2))
    _text(axes, transform.middle + 0.08, y + 0.1, "$a$, $b$, $t$", ha="left")
    _line(axes, (fork + 0.15, upper), (transform.right, upper))
    draw_arrow(axes, (transform.right, upper), (transform.right + GAP, upper))
    x = transform.right + GAP
    draw_arrow(axes, (transform.right, lower), (x, lower))
    for part in after:
        _draw(axes, x, y, 0.3, 1.6, part)
        draw_arrow(axes, (x + 0.3, y), (x + 0.3 + GAP, y))
        x += 0.3 + GAP


def _conditioner(axes, fork, y, upper, lower, conditioner):
    """Split x into its halves, and draw the conditioner, which reads the first one.    Returns: its last Box"""
    _line(axes, (fork, y), (fork + 0.15, y))
    _line(axes, (fork + 0.15, lower), (fork + 0.15, upper))
    _text(axes, fork + 0.3, upper + 0.12, "$x_1$")
    _text(axes, fork + 0.3, lower - 0.14, "$x_2$")
    _line(axes, (fork + 0.5, upper), (fork + 0.5, y))
    return _row(axes, fork + 0.5, y, parts_of_conditioner(conditioner))[-1]


@plain_style()
def coupling_figure(config):
    """The Flow++ coupling, Eq. (10): what it does to the halves x1 and x2.    config: a FlowConfig"""
    step = _first_step(FlowPP(config, np.random.default_rng(0)))
    [coupling] = [f for f in step.bijections if isinstance(f, Coupling)]
    axes = _canvas(9, 3.1)
    y, upper, lower = 1.65, 2.75, 0.5
    _text(axes, 0.12, y, "$x$")
    last = _conditioner(axes, 0.25, y, upper, lower, coupling.conditioner)
    cdf, _, affine = _row(axes, last.right + 0.35, lower, [
        Part("mixture CDF\n$F(x_2)$", PLAIN), Part("logit\n$u$", PLAIN), Part("affine\n$u\\, e^a + b$", PLAIN)])
    _line(axes, (0.4, lower), (cdf.x - GAP, lower))
    _line(axes, (last.right, y), (affine.middle + 0.3, y))
    for x, name in ((cdf.middle, "$t$"), (affine.middle + 0.3, "$b$")):
        draw_arrow(axes, (x, y), (x, lower + cdf.height / 2))
        _text(axes, x + 0.12, lower + 0.6, name)
    a = affine.middle - 0.25
    tanh = _draw(axes, a - 0.27, y - 0.4, 0.54, 0.3, Part("tanh", PLAIN))
    _line(axes, (a, y), (a, y - 0.25))
    draw_arrow(axes, (a, y - tanh.height / 2 - 0.4), (a, lower + affine.height / 2))
    _text(axes, a - 0.12, lower + 0.5, "$a$")
    _line(axes, (0.4, upper), (affine.right, upper))
    for x, half in ((upper, "$y_1 = x_1$"), (lower, "$y_2$")):
        draw_arrow(axes, (affine.right, x), (affine.right + 0.25, x))
        _text(axes, affine.right + 0.3, x, half, ha="left")
    return axes.figure


def _row(axes, x, y, parts):
    """Boxes from left to right, an arrow before each; labels of one line run upwards.    Returns: list of Box"""
    boxes = []
    for part in parts:
        width, height = (1.0, 0.75) if "\n" in part.label else (0.28, 1.25)
        draw_arrow(axes, (x, y), (x + GAP, y))
        boxes.append(_draw(axes, x + GAP, y, width, height, part))
        x = boxes[-1].right
    return boxes


def _draw(axes, x, y, width, height, part):
    axes.add_patch(rounded_box(x, y - height / 2, width, height, part.colour, rounding=0.08))
    axes.text(x + width / 2, y, part.label, ha="center", va="center", fontsize=9, linespacing=1.15,
              rotation=90 if height > 2 * width else 0)
    return Box(x, width, height, part.colour)


def _first_step(model):
    return next(f for f in model.flow.bijections if isinstance(f, Composition))


def _canvas(width, height):
    """Axes that fill a new figure; their unit is an inch."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return axes


def _text(axes, x, y, text, ha="center", weight="normal"):
    axes.text(x, y, text, ha=ha, va="center", fontsize=10, linespacing=1.15, weight=weight)


def _line(axes, *points):
    axes.plot(*zip(*points), color=DARK, linewidth=1.2)
