"""The drawing of the ResNet VAE shows what a model of this configuration does when it is run."""

from collections import Counter

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

from minibnn.blocks import chain
from minibnn.pictures.drawings import MANY_BITS, ONE_BIT, PLAIN
from minibnn.pictures.vae_drawing import Box, ladder_of, vae_figure
from minibnn.resnet_vae import VAEConfig
from minibnn.resnet_vae.ladder import LatentLayer

SMALL = VAEConfig(weights=1, activations=1, layers=3, channels=16, latents=4, blocks=4, nproc=1)


def _conv(label, sizes, colour=MANY_BITS):
    return Box(f"{label}\n{sizes}".replace("x", "$\\times$").replace("->", "$\\to$"), colour)


def _blocks(number, kernel, activation, colour=ONE_BIT):
    label = "residual block" if number == 1 else f"{number} residual blocks"
    return _conv(f"{label} {kernel}x{kernel}", f"{activation}, h -> h", colour)


def test_the_ladder_is_that_of_appendix_b():
    ladder = ladder_of(SMALL)
    assert ladder.stem == [_conv("conv 5x5, ELU", "3 -> h, stride 2"), _blocks(1, 5, "sign")]
    assert ladder.head == [_blocks(1, 5, "sign"), _conv("ELU, transposed conv 5x5", "h -> 3, stride 2")]
    assert len(ladder.layers) == 3
    for layer in ladder.layers:
        assert layer.below == [_conv("ELU, conv 3x3", "h -> 2Z")]
        assert layer.above == [_conv("ELU, conv 3x3", "h -> 4Z")]
        assert layer.from_z == [_conv("ELU, conv 3x3", "Z -> h")]
    assert [layer.down for layer in ladder.layers] == [[_blocks(n, 3, "sign")] for n in (2, 1, 1)]
    assert [layer.up for layer in ladder.layers] == [[_blocks(2, 3, "sign")], [_blocks(1, 3, "sign")], []]


@pytest.mark.parametrize("settings, block, outside", [
    ({"weights": 1, "normalisation": "none"}, (ONE_BIT, "ELU"), (MANY_BITS, "ELU")),
    ({"weights": 32}, (MANY_BITS, "ELU"), (MANY_BITS, "ELU")),
    ({"weights": 1}, (ONE_BIT, "ELU"), (MANY_BITS, "ELU")),
    ({"weights": 1, "activations": 1, "normalisation": "batch"}, (ONE_BIT, "sign"), (MANY_BITS, "ELU")),
    ({"weights": 1, "activations": 1, "binary_everywhere": True}, (ONE_BIT, "sign"), (ONE_BIT, "sign"))])
def test_colours_and_activations_are_those_of_the_layers(settings, block, outside):
    ladder = ladder_of(VAEConfig(**settings))
    for layer in ladder.layers:
        assert layer.down == [_blocks(1, 3, block[1], block[0])]
        assert layer.from_z == [_conv(f"{outside[1]}, conv 3x3", "Z -> h", outside[0])]
    assert ladder.stem[0] == _conv("conv 5x5, ELU", "3 -> h, stride 2", outside[0])       # an image has more than a bit
    assert ladder.head[1].label.startswith(outside[1]) and ladder.head[1].colour == outside[0]


def test_another_model_is_drawn_otherwise(monkeypatch):
    def without_activation(layer, u, initialise=False):
        return chain(u, [layer.to_posterior], initialise)
    monkeypatch.setattr(LatentLayer, "posterior_from_below", without_activation)          # what runs is what is drawn
    assert [layer.below for layer in ladder_of(SMALL).layers] == [[_conv("conv 3x3", "h -> 2Z")]] * 3


@pytest.mark.slow
@pytest.mark.parametrize("config", [SMALL, VAEConfig(size=32, layers=1, channels=8, latents=2, blocks=0, nproc=0)])
def test_every_step_is_in_the_picture_once_and_inside_it(config):
    figure = vae_figure(config)
    [axes] = figure.axes
    shown = Counter(text.get_text() for text in axes.texts)
    ladder = ladder_of(config)
    steps = Counter(box.label for path in (ladder.stem, ladder.head, *sum(ladder.layers, ())) for box in path)
    assert steps.items() <= shown.items()
    assert {text: count for text, count in shown.items() if "conv" in text or "block" in text} == steps
    for i in range(1, config.layers + 2):
        for name in (f"$q_{{{i}}}$", f"$p_{{{i}}}$", f"$z_{{{i}}}$", f"kl$_{{{i}}}$"):
            assert shown[name] == (i <= config.layers)
    assert shown["+"] == 2 * config.layers
    height = {text.get_text(): text.get_position()[1] for text in axes.texts}
    for i in range(1, config.layers):                               # layer 1 is next to the image
        assert height[f"$z_{{{i}}}$"] < height[f"$q_{{{i}}}$"] < height[f"$z_{{{i + 1}}}$"]
    assert shown[f"S = {config.size}, h = {config.channels}, Z = {config.latents}, L = {config.layers}"] == 1
    colours = {to_hex(patch.get_facecolor()).upper() for patch in axes.patches if isinstance(patch, FancyBboxPatch)}
    assert colours == {PLAIN, MANY_BITS} | ({ONE_BIT} if config.weights == 1 else set())
    assert ("1-bit weights" in shown) == (config.weights == 1)
    figure.draw_without_rendering()
    for text in axes.texts:
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0
