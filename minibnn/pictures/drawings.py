"""Drawings made from the objects and functions themselves: Figure 1, and sign with its surrogates."""

import inspect
from typing import NamedTuple

import numpy as np

from ..binary import straight_through
from ..blocks import BinaryConv, GatedBlock, ResidualBlock
from ..parameter import Parameter
from .figures import COLOURS, new_figure, plain_style

BLOCKS = {
    "(a) VAE, 32-bit activations": lambda rng: ResidualBlock(rng, 8, 3, BinaryConv, False),
    "(b) VAE, 1-bit activations": lambda rng: ResidualBlock(rng, 8, 3, BinaryConv, True),
    "(c) Flow++, 32-bit activations": lambda rng: GatedBlock(rng, 8, BinaryConv, False, context_channels=4),
    "(d) Flow++, 1-bit activations": lambda rng: GatedBlock(rng, 8, BinaryConv, True, context_channels=4),
}
LABELS = {"elu": "ELU", "binarise_activations_ste": "sign", "concat_negative": "[x, $-$x]",
          "gated_linear_unit": "a $\\cdot$ sigmoid(s)", "layer_norm_layer": "layer norm"}
CONTEXT = "context, the\nactivation,\nBWN 1$\\times$1"
ONE_BIT, MANY_BITS, PLAIN = "#CCE3F0", "#FBE7C2", "#F2F2F2"         # pale blue, pale orange, grey
DARK = "#444444"         # colour of lines and arrows


class Step(NamedTuple):
    """A box of Figure 1.    colour: ONE_BIT or MANY_BITS for its weights or results, PLAIN otherwise"""

    label: str
    colour: str
    skips: bool = False                # whether it adds the input of the block
    context: bool = False              # whether a convolution of the context is added to its result


def steps_of(block):
    """The steps of a residual block in their order, found by running its forward pass: list of Step.

    The backward that this pass returns holds the backwards of all steps in its closure; each is named after its op.
    """
    x = np.zeros((1, 2, 2, 8), np.float32)
    given = {"context": Parameter(x[..., :4])} if getattr(block, "project", None) else {}
    _, backward = block(x, **given)
    return list(_walk(backward))


def _walk(backward):
    name, held = backward.__name__.removesuffix("_backward"), inspect.getclosurevars(backward).nonlocals
    if name == "chain":
        for step_backward in held["backwards"]:
            yield from _walk(step_backward)
    elif name == "residual":
        yield from _walk(held["branch_backward"])
        yield Step("+", PLAIN, skips=True)
    elif name == "branch":                                          # of a GatedBlock
        *steps, conv = _walk(held["conv_backward"])
        yield from steps
        yield conv._replace(context="project_backward" in held)
        yield from _walk(held["gate_backward"])
    elif name == "binary_conv":
        K, _, c_in, c_out = held["self"].v.value.shape
        yield Step(f"BWN conv {K}$\\times${K}\n{_in_h(c_in)} $\\to$ {_in_h(c_out)}", ONE_BIT)
    else:
        yield Step(LABELS[name], {"elu": MANY_BITS, "binarise_activations_ste": ONE_BIT}.get(name, PLAIN))


def _in_h(channels):
    return f"{channels // 8}h".removeprefix("1")


@plain_style()
def blocks_figure():
    """Figure 1, the four residual blocks, drawn from block objects."""
    figure = new_figure(10, 6)
    for axes, (title, build) in zip(figure.subplots(1, len(BLOCKS), width_ratios=(1, 1, 1.4, 1.4)), BLOCKS.items()):
        _draw_block(axes, steps_of(build(np.random.default_rng(0))))
        axes.set_title(title, fontsize=11)
    return figure


def _draw_block(axes, steps):
    y = 0.0
    axes.annotate("x", (0, y), ha="center", va="bottom", fontsize=12)
    for step in steps:
        height = 0.95 if "\n" in step.label else 0.6
        draw_arrow(axes, (0, y), (0, y - 0.45))
        top = y - 0.45
        if step.skips:
            axes.plot([0, -1.5, -1.5], [-0.12, -0.12, top - height / 2], color=DARK, linewidth=1.2)
            draw_arrow(axes, (-1.5, top - height / 2), (-0.3, top - height / 2))
        width = 0.3 if step.skips else 1.15
        axes.add_patch(rounded_box(-width, top - height, 2 * width, height, step.colour))
        axes.text(0, top - height / 2, step.label, ha="center", va="center", fontsize=10.5, linespacing=1.15)
        y = top - height
        if step.context:
            draw_arrow(axes, (1.3, y - 0.22), (0, y - 0.22))
            axes.text(1.35, y - 0.22, CONTEXT, ha="left", va="center", fontsize=9)
    draw_arrow(axes, (0, y), (0, y - 0.45))
    axes.annotate("y", (0, y - 0.45), ha="center", va="top", fontsize=12)
    axes.set_xlim(-1.7, 3.0 if any(step.context for step in steps) else 1.4)
    axes.set_ylim(-11.0, 0.4)
    axes.axis("off")


def rounded_box(x, y, width, height, colour, rounding=0.12):
    """A box with round corners, to be added to axes; x and y are its left and its lower end."""
    from matplotlib.patches import FancyBboxPatch
    return FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={rounding}", facecolor=colour,
                          edgecolor=DARK, linewidth=1)


def draw_arrow(axes, start, end):
    """An arrow between two points (x, y)."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": DARK, "shrinkA": 0, "shrinkB": 0})


@plain_style()
def sign_figure():
    """Sign and its tangent clip(x, -1, 1); and the factors by which backwards multiply gradients (Eq. 1, 3, 5, 6)."""
    x = np.linspace(-2, 2, 801)
    activations, activations_backward = straight_through.binarise_activations_ste(x)
    _, weights_backward = straight_through.binarise_weights_ste(x)
    _, sign_backward = straight_through.sign(x)
    figure = new_figure(8, 3.2)
    left, right = figure.subplots(1, 2)
    negative = x < 0                                                # two lines: sign takes no value between -1 and 1
    for part, label in ((negative, "sign(x)"), (~negative, None)):
        left.plot(x[part], activations[part], color=COLOURS[0], linewidth=2.5, label=label)
    left.plot(x, np.clip(x, -1, 1), "--", color=COLOURS[1], linewidth=2, label="clip(x, $-$1, 1)")
    left.set_title("forward: sign, Eq. (1)")
    ones = np.ones_like(x)
    right.plot(x, weights_backward(ones), ":", color=COLOURS[2], linewidth=2.5, label="weights, Eq. (3): 1")
    right.plot(x, activations_backward(ones), "--", color=COLOURS[1], linewidth=2,
               label="activations, Eq. (6): 1 where |x| $\\leq$ 1")
    right.plot(x, sign_backward(ones), color=COLOURS[0], linewidth=2.5, label="the derivative of sign: 0")
    right.set_title("backward: what multiplies the gradient")
    right.set_ylim(-0.1, 1.75)
    for axes in (left, right):
        axes.set_xlabel("x")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="upper left")
    return figure
