"""The ledger: parameters, bytes and multiply-adds, counted and by hand."""

from dataclasses import replace

import pytest
from small import CONFIG, FLOW_CONFIG

from minibnn.experiments import ledger
from minibnn.parameter import count

MODELS = [replace(CONFIG, weights=32, activations=32), replace(CONFIG, activations=32), CONFIG,
          replace(CONFIG, binary_everywhere=True), replace(FLOW_CONFIG, weights=1, activations=1)]


@pytest.mark.parametrize("config", MODELS, ids=str)
def test_the_total_is_the_count_of_the_model(config):
    model = ledger.build_of(config)
    whole, counts = ledger.total(ledger.ledger(model)), count(model)
    assert (whole.parameters, whole.binary) == (counts["parameters"], counts["binary_parameters"])
    assert 0 <= counts["bytes"] - whole.stored_bytes < 1            # the last byte of bits may have spare ones


def test_multiply_adds_by_hand():
    """Of 8 x 8 images: hidden maps of 4 x 4 pixels with 4 channels; the stem is 5x5 from 3 channels, stride 2."""
    entries = {entry.name: entry.multiply_adds for entry in ledger.ledger(ledger.build_of(CONFIG))}
    assert entries["stem"] == (16 * 25 * 3 * 4, 0, 0)
    assert entries["stem_blocks.0.conv1"] == (0, 0, 16 * 25 * 4 * 4)
    assert entries["layers.0.to_prior"] == (16 * 9 * 4 * 8, 0, 0)
    assert entries["head"] == (16 * 25 * 4 * 3, 0, 0)               # transposed: each of 16 pixels reaches 25
    assert entries["layers.1.up_blocks.0.conv1"] == (0, 0, 0)       # not run


def test_the_kind_of_multiply_adds_is_that_of_input_and_weight():
    kinds = [ledger.total(ledger.ledger(ledger.build_of(config))).multiply_adds for config in MODELS]
    real, weights, both, everywhere, flow = [tuple(number > 0 for number in numbers) for numbers in kinds]
    assert real == (True, False, False) and weights == (True, True, False) and both == (True, False, True)
    assert everywhere == (False, True, True) and flow == (True, False, True)
    assert len({sum(numbers) for numbers in kinds[:4]}) == 1        # the same network each time


def test_a_mixing_matrix_of_the_flow_counts_for_both_halves():
    entries = {entry.name: entry.multiply_adds for entry in ledger.ledger(ledger.build_of(FLOW_CONFIG))}
    name = next(name for name in entries if name.endswith("bijections.2.bijections.1"))
    assert entries[name][0] == 8 * 4 * 2 * 3 * 3                    # 8 x 4 pixels, two 3 x 3 matrices


def test_table_1_has_the_papers_models_and_what_it_prints_of_them():
    real, vae, wide, flow = ("0%",), ("56M", "97.1%", "13 MB"), ("96M", "97.7%", "20 MB"), ("34M", "90.1%", "14 MB")
    assert [row[2:] for row in ledger.TABLE_1] == [
        ("56M", *real, "255 MB"), vae, vae, wide, wide, ("1.6M", *real, "6 MB"),
        ("34M", *real, "129 MB"), flow, flow, ("2.2M", *real, "9 MB")]
    bits = [(32, 32), (1, 32), (1, 1), (1, 32), (1, 1), (32, 32), (32, 32), (1, 32), (1, 1), (32, 32)]
    assert [(config.weights, config.activations) for _, config, *_ in ledger.TABLE_1] == bits
    sizes = [(config.size, config.layers, config.channels, config.latents, config.blocks, config.nproc)
             for _, config, *_ in ledger.TABLE_1[:6]]
    assert sizes == [(32, 12, h, 8, 20, 1) for h in (256, 256, 256, 336, 336)] + [(32, 12, 256, 8, 0, 0)]
    sizes = [(config.size, config.channels, config.blocks, config.mixture, config.couplings, config.context_channels,
              config.dequantiser_couplings, config.dequantiser_blocks) for _, config, *_ in ledger.TABLE_1[6:]]
    assert sizes == [(32, 120, 10, 8, (4, 2, 3), 32, 4, 2)] * 3 + [(32, 120, 0, 8, (4, 2, 3), 32, 4, 0)]


@pytest.mark.slow
def test_paper_scale_agrees_with_the_rounded_numbers_of_table_1():
    lines = list(ledger.paper_scale())
    rows = lines[2:2 + len(ledger.TABLE_1)]
    assert any("55.38M     56M     97.0%   97.1%     13.3 MB   13 MB" in row for row in rows)
    assert any("33.56M     34M     92.7%   90.1%     13.7 MB   14 MB" in row for row in rows)
    assert "need 222 MB, the paper has 255 MB" in lines[-3] and "bit x bit 13.46 G" in lines[-2]
