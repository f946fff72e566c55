"""A drawing of the ResNet VAE with its ladder of latent layers, from the steps that its forward pass runs."""

import inspect
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ..blocks.convolutions import NormalisedConv
from ..resnet_vae import ResNetVAE
from .drawings import DARK, MANY_BITS, ONE_BIT, PLAIN, draw_arrow, rounded_box
from .figures import new_figure, plain_style

SIZE, CHANNELS, LATENTS = 8, 7, 5    # of the model that is run: the sizes below all differ, so each has one letter
LETTERS = {3: "3", CHANNELS: "h", LATENTS: "Z", 2 * LATENTS: "2Z", 4 * LATENTS: "4Z"}
ACTIVATIONS = {"elu": "ELU", "binarise_activations_ste": "sign"}
COLOURS = {ONE_BIT: "1-bit weights", MANY_BITS: "32-bit weights", PLAIN: "no weights"}

# Where things stand, in inches: the columns of u, of the convolutions, of q and z, of p, of d; the height of a layer.
U, TO_Q, Q, P, D = 1.15, 3.1, 4.5, 6.15, 7.95
LAYER, STEP = 2.2, 0.72
TOP, BOTTOM = 0.9, 2.3


class Box(NamedTuple):
    """A box of the drawing: one or more steps with weights of as many bits as its colour says."""

    label: str
    colour: str


class Layer(NamedTuple):
    """A latent layer, each path a list of Box."""

    below: list            # from u to the posterior
    up: list               # from u to the u of the next layer; nothing in the last layer
    above: list            # from d to prior and posterior
    down: list             # from d to the d of the layer below
    from_z: list           # from z to the d of the layer below


class Ladder(NamedTuple):
    """A ResNet VAE: from the image to u, the layers from the image's side, and from d to the pixels' mean."""

    stem: list
    layers: list
    head: list


def ladder_of(config):
    """The Ladder of a ResNet VAE, found by running its forward pass.

    The backward that this pass returns holds in its closure the backwards of all steps, each with its layer.
    config:    a VAEConfig; SIZE, CHANNELS and LATENTS take the place of its own sizes
    """
    model = ResNetVAE(replace(config, size=SIZE, channels=CHANNELS, latents=LATENTS), np.random.default_rng(0))
    uniform = np.full((1, *model.config.latent_shape), 0.5, np.float32)
    _, vae_backward = model(np.zeros((1, SIZE, SIZE, 3), np.uint8), uniform)
    vae = _held(vae_backward)
    way_up, likelihood = _held(vae["bottom_up_backward"]), _held(vae["likelihood_backward"])
    ups = [*way_up["up_backwards"], None]                           # nothing above the last layer reads u
    layers = []
    for below, up, top_down in zip(way_up["below_backwards"], ups, reversed(_held(vae["descend_backward"])["steps"])):
        held = _held(top_down)
        following = _held(held["next_backward"])
        layers.append(Layer(_boxes(below), _boxes(up) if up else [], _boxes(held["stats_backward"]),
                            _boxes(following["blocks_backward"]), _boxes(following["from_z_backward"])))
    return Ladder(_boxes(way_up["stem_backward"]), layers, _boxes(likelihood["pixel_mean_backward"]))


def _held(backward):
    """The closure of a backward: dict name -> value. A backward that `differentiable` wraps is unwrapped first."""
    held = inspect.getclosurevars(backward).nonlocals
    return _held(held["backward"]) if {"backward", "output_shapes"} <= held.keys() else held


def _boxes(chain_backward):
    """The boxes of a chain: one for equal residual blocks that follow each other, one for the steps between blocks."""
    backwards = _held(chain_backward)["backwards"]
    boxes = []
    for is_block, group in groupby(backwards, lambda backward: backward.__name__ == "residual_backward"):
        group = list(group)
        if is_block:
            blocks = [_block(backward) for backward in group]
            boxes += [_several(box, len(list(equal))) for box, equal in groupby(blocks)]
        else:
            boxes.append(_plain(group))
    return boxes


def _block(residual_backward):
    inside = [_name_and_layer(step) for step in _held(_held(residual_backward)["branch_backward"])["backwards"]]
    layers = [layer for _, layer in inside if layer]
    activations = dict.fromkeys(name for name, layer in inside if not layer)
    sizes = dict.fromkeys(_kernel(layer) for layer in layers)
    label = f"residual block {', '.join(sizes)}\n{', '.join(activations)}, {_in_out(layers)}"
    return Box(label, _colour(layers))


def _several(block, number):
    return block if number == 1 else block._replace(label=f"{number} {block.label.replace('block', 'blocks', 1)}")


def _plain(backwards):
    inside = [_name_and_layer(backward) for backward in backwards]
    layers = [layer for _, layer in inside if layer]
    stride = "".join(f", stride {layer.stride}" for layer in layers if layer.stride > 1)
    return Box(", ".join(name for name, _ in inside) + f"\n{_in_out(layers)}{stride}", _colour(layers))


def _name_and_layer(backward):
    layer = _held(backward).get("self")
    if isinstance(layer, NormalisedConv):
        return f"{'transposed ' if layer.transposed else ''}conv {_kernel(layer)}", layer
    return ACTIVATIONS[backward.__name__.removesuffix("_backward")], None


def _kernel(layer):
    return f"{len(layer.v.value)}$\\times${len(layer.v.value)}"


def _in_out(layers):
    return f"{LETTERS[layers[0].v.value.shape[2]]} $\\to$ {LETTERS[layers[-1].v.value.shape[3]]}"


def _colour(layers):
    return ONE_BIT if all(layer.kind == "binary" for layer in layers) else MANY_BITS


@plain_style()
def vae_figure(config):
    """A ResNet VAE from the image to the pixels' mean: up on the left, down on the right, latents in between."""
    ladder = ladder_of(config)
    heights = [BOTTOM + LAYER * i + 2 * STEP for i in range(len(ladder.layers))]       # of each layer's upper row
    figure = new_figure(9, heights[-1] + TOP)
    axes = figure.subplots()
    axes.set(xlim=(0, 9), ylim=(0, heights[-1] + TOP))
    axes.axis("off")
    _draw_way_up(axes, ladder, heights)
    _draw_way_down(axes, ladder, heights)
    for number, (layer, y) in enumerate(zip(ladder.layers, heights), start=1):
        _draw_latents(axes, layer, y, number)
    _draw_ends(axes, config, ladder)
    return figure


def _draw_way_up(axes, ladder, heights):
    axes.text(U, 0.2, "image $x$: S$\\times$S$\\times$3", ha="center", va="center", fontsize=10)
    for start, end, boxes in zip([0.35, *heights], heights, [ladder.stem, *(layer.up for layer in ladder.layers)]):
        _column(axes, U, start, end, boxes, joins=True)
    axes.text(U, heights[-1] + 0.1, "u: S/2$\\times$S/2$\\times$h", ha="center", va="bottom", fontsize=10)
    axes.text(U, heights[-1] + 0.6, "bottom-up", ha="center", va="bottom", fontsize=11)


def _draw_way_down(axes, ladder, heights):
    top = heights[-1] + 0.28
    axes.text(D, top + 0.02, "d = 0: S/2$\\times$S/2$\\times$h", ha="center", va="bottom", fontsize=10)
    axes.text(D, heights[-1] + 0.6, "top-down", ha="center", va="bottom", fontsize=11)
    _line(axes, D, top, heights[-1])
    for layer, y in reversed(list(zip(ladder.layers, heights))):
        _column(axes, D, y, y - 2 * STEP + 0.13, layer.down)
        _circle(axes, D, y - 2 * STEP, "+")
    lower = [y - 2 * STEP for y in heights]
    for start, end in zip(lower[1:], heights):
        _line(axes, D, start - 0.13, end)
    _column(axes, D, lower[0] - 0.13, 0.35, ladder.head)
    axes.text(D, 0.2, "mean of pixels $\\mu$: S$\\times$S$\\times$3", ha="center", va="center", fontsize=10)


def _draw_latents(axes, layer, y, number):
    middle, low = y - STEP, y - 2 * STEP
    _row(axes, U, Q - 0.13, y, TO_Q, layer.below)
    _row(axes, D, Q + 0.13, y, P, layer.above)
    _circle(axes, Q, y, "+")
    axes.text((P - 0.8 + Q + 0.13) / 2, y + 0.05, "2Z", ha="center", va="bottom", fontsize=9)
    axes.text(P + 0.08, (y + middle) / 2, "2Z", ha="left", va="center", fontsize=9)
    draw_arrow(axes, (Q, y - 0.13), (Q, middle + 0.19))
    draw_arrow(axes, (P, y - 0.22), (P, middle + 0.19))
    _labelled(axes, Q, middle, 0.9, 0.38, Box(f"$q_{{{number}}}$", PLAIN))
    _labelled(axes, P, middle, 0.9, 0.38, Box(f"$p_{{{number}}}$", PLAIN))
    draw_arrow(axes, (Q + 0.45, middle), (Q + 0.6, middle))
    draw_arrow(axes, (P - 0.45, middle), (P - 0.6, middle))
    axes.text((Q + P) / 2, middle, f"kl$_{{{number}}}$", ha="center", va="center", fontsize=10)
    draw_arrow(axes, (Q, middle - 0.19), (Q, low + 0.19))
    axes.text(Q - 0.25, low, f"$z_{{{number}}}$: S/2$\\times$S/2$\\times$Z", ha="right", va="center", fontsize=10)
    _circle(axes, Q, low, f"$z_{{{number}}}$", 0.19)
    _row(axes, Q + 0.19, D - 0.13, low, P, layer.from_z)


def _draw_ends(axes, config, ladder):
    middle = (U + D) / 2
    _labelled(axes, middle, 0.2, 1.2, 0.36, Box("log $p(x|z)$", PLAIN))
    draw_arrow(axes, (U + 0.85, 0.2), (middle - 0.6, 0.2))
    draw_arrow(axes, (D - 1.0, 0.2), (middle + 0.6, 0.2))
    sizes = f"S = {config.size}, h = {config.channels}, Z = {config.latents}, L = {config.layers}"
    axes.text(middle, 1.75, sizes, ha="center", va="center", fontsize=10)
    found = {box.colour for path in _paths(ladder) for box in path} | {PLAIN}
    for i, (colour, meaning) in enumerate((c, m) for c, m in COLOURS.items() if c in found):
        axes.add_patch(rounded_box(middle - 0.75, 1.22 - 0.34 * i, 0.36, 0.26, colour))
        axes.text(middle - 0.29, 1.35 - 0.34 * i, meaning, ha="left", va="center", fontsize=9)


def _paths(ladder):
    return [ladder.stem, ladder.head, *(path for layer in ladder.layers for path in layer)]


def _column(axes, x, start, end, boxes, joins=False):
    """Boxes between two heights, the first at the start; with `joins` a plain line ends at `end`, not an arrow."""
    centres = np.linspace(start, end, len(boxes) + 2)[1:-1]
    direction, at = np.sign(end - start), start
    for centre, box in zip(centres, boxes):
        draw_arrow(axes, (x, at), (x, centre - 0.22 * direction))
        _labelled(axes, x, centre, 1.9, 0.44, box)
        at = centre + 0.22 * direction
    if joins:
        _line(axes, x, at, end)
    else:
        draw_arrow(axes, (x, at), (x, end))


def _row(axes, start, end, y, x, boxes):
    """Boxes between two columns (there is at most one), with arrows."""
    direction = np.sign(end - start)
    for box in boxes:
        draw_arrow(axes, (start, y), (x - 0.8 * direction, y))
        _labelled(axes, x, y, 1.6, 0.44, box)
        start = x + 0.8 * direction
    draw_arrow(axes, (start, y), (end, y))


def _line(axes, x, start, end):
    axes.plot([x, x], [start, end], color=DARK, linewidth=1)


def _labelled(axes, x, y, width, height, box):
    axes.add_patch(rounded_box(x - width / 2, y - height / 2, width, height, box.colour))
    axes.text(x, y, box.label, ha="center", va="center", fontsize=9, linespacing=1.15)


def _circle(axes, x, y, label, radius=0.13):
    from matplotlib.patches import Circle
    axes.add_patch(Circle((x, y), radius, facecolor=PLAIN, edgecolor=DARK, linewidth=1, zorder=3))
    axes.text(x, y, label, ha="center", va="center", fontsize=11, zorder=4)
