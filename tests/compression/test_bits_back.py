"""Tables and bits back: every symbol can be coded, every image comes back, in as many bits as the bound says."""


import numpy as np
import pytest

from minibnn import models
from minibnn.compression import ans, tables
from minibnn.compression.bits_back import BitsBack
from minibnn.compression.exact import exact_network
from minibnn.compression.stream import decode, encode
from minibnn.data.leaves import dead_leaves
from minibnn.models import Trained
from minibnn.resnet_vae import ResNetVAE, VAEConfig

KINDS = {"32 / 32": {}, "1 / 32": {"weights": 1}, "1 / 1": {"weights": 1, "activations": 1},
         "everywhere": {"weights": 1, "activations": 1, "binary_everywhere": True}, "one layer": {"layers": 1},
         "five layers": {"layers": 5, "blocks": 3}, "without blocks": {"blocks": 0, "nproc": 0},
         "batch norm's twin": {"weights": 1, "normalisation": "none"}}


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def _start(lanes):
    return ans.start(np.zeros(lanes, np.uint32), lanes)


def _model(rng, **settings):
    model = ResNetVAE(VAEConfig(**{"size": 8, "layers": 2, "channels": 6, "latents": 2, "blocks": 2, **settings}), rng)
    images = dead_leaves(50, 8, 1)
    model(images, model.draw_noise(rng, 50), initialise=True)
    return model


def _hard_images(rng, H, W):
    """Noise, black, white, checkerboards: nothing that a model expects."""
    board = np.indices((H, W)).sum(axis=0)[..., None] % 2 * 255
    yield rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
    yield from (np.full((H, W, 3), level, np.uint8) for level in (0, 255))
    yield np.repeat(board, 3, axis=2).astype(np.uint8)
    yield np.repeat(255 - board, 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("kind", [kind if kind in ("1 / 32", "1 / 1") else pytest.param(kind, marks=pytest.mark.slow)
                                  for kind in KINDS])
def test_images_come_back(kind, rng):
    """Straight from a message, whatever they show and whatever their size."""
    coder = BitsBack(_model(rng, **KINDS[kind]))
    first = message = ans.from_words(rng.integers(1, 1 << 32, 30_000, dtype=np.uint32), 20)
    images = [image for H, W in ((8, 8), (2, 2), (6, 14)) for image in _hard_images(rng, H, W)]
    for image in images:
        message, _ = coder.push(message, image)
    for image in reversed(images):
        message, found = coder.pop(message, *image.shape[:2])
        np.testing.assert_array_equal(found, image)
    np.testing.assert_array_equal(ans.to_words(message), ans.to_words(first))


def test_a_model_far_from_its_images_leaves_the_pinned_ends_alone(rng):
    """Means at 10^6, scales of 10^-6 and of 10^6: every level keeps its slot."""
    for mean in (-1e6, -1, 0.3, 1, 1e6):
        for scale in (2.0**-20, 0.01, 1e6):
            table = tables.pixel_table(np.full(1, mean), scale)
            slots = table.slots_below(np.arange(257), np.zeros(257, np.int64)).astype(np.int64)
            assert slots[0] == 0 and slots[-1] == 1 << tables.PRECISION and np.diff(slots).min() >= 1


@pytest.mark.slow
@pytest.mark.parametrize("bits", [1, 10, 14])
def test_every_bin_of_a_latent_has_a_slot(bits):
    every = np.arange((1 << bits) + 1)
    row = np.zeros(len(every), np.int64)
    for p_mean, p_scale, q_mean, q_scale in [(0, 1, 0, 1), (0, 0.01, 300, 1e-5), (-5, 100, -5.1, 0.01), (0, 1, 0, 1e9)]:
        prior, posterior = ([np.full(1, float(number)) for number in pair]
                            for pair in ((p_mean, p_scale), (q_mean, q_scale)))
        table = tables.latent_table(prior, posterior, bits, np.zeros(1, np.uint64))
        slots = table.slots_below(every, row).astype(np.int64)
        assert slots[0] == 0 and slots[-1] == 1 << tables.PRECISION and np.diff(slots).min() >= 1


def test_bins_have_equal_mass_under_the_prior():
    """So under a posterior that is the prior they have as many slots, to the rounding of the lines."""
    prior = np.full(1, 0.7), np.full(1, 2.5)
    table = tables.latent_table(prior, prior, 8, None)
    slots = table.slots_below(np.arange(257), np.zeros(257, np.int64)).astype(np.int64)
    np.testing.assert_allclose(np.diff(slots), 1 << 16, atol=60)
    values = tables.latent_values((0.7, 2.5), np.arange(256), 8)
    u = 1 / (1 + np.exp(-(values - 0.7) / 2.5))
    np.testing.assert_allclose(u, (np.arange(256) + 0.5) / 256, atol=1e-12)


def test_pixels_have_the_probabilities_of_the_discretised_logistic(rng):
    from minibnn.resnet_vae.likelihood import discretised_logistic
    mean, scale = rng.uniform(-1, 1, 40), 0.07
    levels = np.tile(np.arange(256), (40, 1))
    table = tables.pixel_table(np.repeat(mean, 256), scale)
    start, stop = (table.slots_below(levels.ravel() + i, slice(None)).astype(np.int64) for i in (0, 1))
    wanted, _ = discretised_logistic(levels.astype(np.uint8), np.repeat(mean[:, None], 256, axis=1), np.float64(scale))
    np.testing.assert_allclose((stop - start).reshape(40, 256) / 2.0**24, np.exp(wanted), atol=2e-5)      # 256 slots


@pytest.mark.parametrize("lanes", [1, 7, 64])
def test_a_table_puts_symbols_on_any_number_of_lanes(lanes, rng):
    table = tables.uniform_table(50, 6)
    symbols = rng.integers(0, 64, 50)
    message = table.push(_start(lanes), symbols)
    below, found = table.pop(message)
    np.testing.assert_array_equal(found, symbols)
    np.testing.assert_array_equal(ans.to_words(below), ans.to_words(_start(lanes)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae-1-1", "vae-1-32"])
def test_200_images_take_as_many_bits_as_the_bound_says(name):
    """Within 1 %, everything included but the start; the bound is that of other draws, and of the model itself."""
    trained, images = models.load(name), dead_leaves(200, 16, 2)
    stream, lengths = encode(BitsBack(trained.network), [*images])
    without_start = (lengths.bits - 8 * lengths.start_values) / (lengths.values - lengths.start_values)
    bound = trained.bits(images).mean()
    exactly = Trained(trained.settings, exact_network(trained.network))
    assert exactly.bits(images).mean() == pytest.approx(bound, abs=1e-4)
    assert without_start == pytest.approx(bound, rel=0.01)
    assert lengths.bound / (lengths.values - lengths.start_values) == pytest.approx(bound, rel=0.01)
    assert lengths.bits / lengths.values < 1.012 * bound
    np.testing.assert_array_equal(decode(BitsBack(trained.network), stream, [(16, 16)] * 200), images)


def test_latents_are_fair_draws_whatever_the_message_says(rng):
    """From a message of zeros, under a posterior that is the prior, bins are as even as from one of random bits."""
    coder, prior = BitsBack(_model(rng)), (np.zeros(2000), np.ones(2000))
    for layer in (0, 1):
        _, bins = coder._posterior_table(layer, prior, prior).pop(ans.start(np.zeros(4000, np.uint32), 2000))
        quarters = np.bincount(bins >> 8, minlength=4)
        assert np.abs(quarters - 500).max() < 5 * np.sqrt(500)


@pytest.mark.slow
def test_images_of_any_sizes_share_a_stream(rng):
    """Odd ones, larger ones than a tile, one pixel; and what the model does not expect takes 8 bits at most."""
    coder = BitsBack(_model(rng))
    images = [rng.integers(0, 256, (H, W, 3), dtype=np.uint8) for H, W in ((1, 1), (17, 40), (8, 8), (5, 2), (33, 16))]
    images += [dead_leaves(1, 40, 1)[0]] * 3
    stream, lengths = encode(coder, images)
    assert 32 * len(stream.words) == lengths.bits < 8.3 * lengths.values
    found = decode(coder, stream, [image.shape[:2] for image in images])
    for image, wanted in zip(found, images):
        np.testing.assert_array_equal(image, wanted)


def test_the_start_is_what_finds_no_bits(rng):
    """Two images that the model knows; noise is stored as it is too, but is no start, and promises 8 bits."""
    images = [rng.integers(0, 256, (16, 16, 3), dtype=np.uint8), *dead_leaves(5, 16, 2)]
    stream, lengths = encode(BitsBack(models.load("vae-1-1").network), images)
    assert (stream.plain, lengths.start_values) == ([0, 4], 2 * 768)
    assert 8 * 768 < lengths.bound < 4 * 8 * 768
    _, lengths = encode(BitsBack(models.load("vae-1-1").network), [images[0][:1, :1]])
    assert lengths.values == lengths.start_values == 3              # not the pixels that make it even


def test_what_a_model_overestimates_is_stored_as_it_is(rng):
    """A model that is far off: its own estimate of the bits is no guide."""
    model = _model(rng)
    model.stem.gain.value[:] = 1e20
    for layer in model.layers:
        layer.to_posterior.gain.value[:] = 1e5
    images = [*dead_leaves(6, 8, 4)]
    stream, lengths = encode(BitsBack(model), images)
    assert lengths.bits < 8.5 * lengths.values + 64 * stream.lanes
    for image, wanted in zip(decode(BitsBack(model), stream, [(8, 8)] * 6), images):
        np.testing.assert_array_equal(image, wanted)


def test_a_stream_of_other_shapes_is_refused(rng):
    coder, images = BitsBack(_model(rng)), [*dead_leaves(6, 8, 4)]
    stream, _ = encode(coder, images)
    for shapes in ([(8, 8)] * 5, [(8, 8)] * 7, [(8, 8)] * 5 + [(8, 6)]):
        with pytest.raises(ValueError):
            decode(coder, stream, shapes)
    with pytest.raises(ValueError):
        decode(coder, stream._replace(words=stream.words[10:]), [(8, 8)] * 6)




def test_latents_have_the_scales_of_the_model(rng):
    from minibnn.compression.bits_back import _distribution
    from minibnn.resnet_vae.logistic import latent_scale
    stats = rng.normal(0, 3, (1, 2, 3, 8))
    mean, scale = _distribution(stats)
    np.testing.assert_array_equal(mean, stats[..., :4].ravel())
    np.testing.assert_allclose(scale, latent_scale(stats[..., 4:])[0].ravel(), atol=2e-6)
