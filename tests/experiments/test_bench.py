"""The benchmark: what it counts is right, and what it reports follows from what it measured. No speed is asserted."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG

from minibnn.__main__ import main
from minibnn.blocks import BinaryConv, WeightNormConv, convolutions
from minibnn.cores import Team
from minibnn.experiments.bench import convolution, machine, report, signs, steps
from minibnn.training import replicas

KEYS = {"gemm_gflops", "conv_forward_fraction", "conv_backward_fraction", "vae_step_fraction", "flow_step_fraction",
        "elementwise_share", "peak_memory_mb", "xnor_speedup_one_thread", "xnor_speedup_all_threads",
        "pairs_speedup_one_thread", "pairs_speedup_all_threads", "one_bit_step_ratio", "packed_bytes", "float_bytes"}


def _once(functions, seconds=0):
    """The first takes a millisecond, the second two, and so on."""
    return {name: 1e-3 * (i + 1 + 0 * bool(function())) for i, (name, function) in enumerate(functions.items())}


@pytest.fixture
def small_bench(monkeypatch):
    monkeypatch.setattr(machine, "SIZE", 32)
    monkeypatch.setattr(machine, "CORETYPES", ("Haswell",))
    monkeypatch.setattr(convolution, "SHAPES", ((3, 4, 4, 2), (2, 4, 4, 70), (1, 3, 3, 8)))
    monkeypatch.setattr(steps, "VAE", CONFIG)
    monkeypatch.setattr(steps, "FLOW", FLOW_CONFIG)
    monkeypatch.setattr(steps, "BATCH", 4)
    monkeypatch.setattr(steps, "BASE", CONFIG)
    monkeypatch.setattr(steps, "GROWTH", {"batch": (CONFIG, 2, 1, 1)})
    monkeypatch.setattr(machine, "_rate_of", lambda coretype: None)
    for module in (machine, convolution, steps, signs):
        monkeypatch.setattr(module, "median_seconds", lambda function, seconds=0, least=1: (function(), 1e-3)[1])
    for module in (steps, signs):
        monkeypatch.setattr(module, "medians_in_turn", _once)
    profile = steps._profile
    monkeypatch.setattr(steps, "_profile", lambda step, seconds: profile(step, 0))


def test_operations_of_a_convolution_are_counted_and_the_layer_is_left_as_it_was():
    before = convolutions.conv2d, convolutions.sign_conv2d, convolutions.conv2d_transpose
    x = np.ones((2, 6, 4, 3), np.float32)
    with convolution.counting() as counted:
        _, backward = WeightNormConv(np.random.default_rng(0), 3, 3, 5, stride=2)(x)
        backward(np.ones((2, 3, 2, 5), np.float32))
        y, _ = WeightNormConv(np.random.default_rng(0), 5, 3, 5, stride=2, transposed=True)(x)
        BinaryConv(np.random.default_rng(0), 3, 3, 4, signs_in=True)(x)
    multiply_adds = [2 * 3 * 2 * 9 * 3 * 5, 2 * 6 * 4 * 25 * 3 * 5, 2 * 6 * 4 * 9 * 3 * 4]
    assert y.shape == (2, 12, 8, 5)
    assert counted.flop == [3 * 2 * number for number in multiply_adds]          # forward, and twice that backward
    assert len(counted.forward) == 3 and len(counted.backward) == 1
    assert (convolutions.conv2d, convolutions.sign_conv2d, convolutions.conv2d_transpose) == before


def test_functions_are_timed_in_turn():
    calls = []
    seconds = machine.medians_in_turn({name: lambda name=name: calls.append(name) for name in "ab"}, 0, least=3)
    assert calls == ["a", "b"] * 4 and seconds.keys() == {"a", "b"}               # once to warm up


def test_precisions_differ_in_nothing_else(small_bench, monkeypatch):
    configs = []
    monkeypatch.setattr(steps, "Stepper", lambda config, batch, team: configs.append(config) or (lambda: None))
    assert list(steps.seconds_by_precision(steps.VAE, 1)) == ["32 / 32", "1 / 32", "1 / 1"]
    assert [(config.weights, config.activations) for config in configs] == [(32, 32), (1, 32), (1, 1)]
    assert len({replace(config, weights=32, activations=32) for config in configs}) == 1


def test_the_float_evaluation_convolves_no_pairs(small_bench, monkeypatch):
    """Of three models in turn the first is the one by floats; all have the same layers."""
    calls, per_evaluation, ordinary = [], [], convolutions.sign_conv2d
    monkeypatch.setattr(convolutions, "sign_conv2d", lambda *a: calls.append(1) or ordinary(*a))

    def count_calls(functions):
        for function in functions.values():
            calls.clear()
            function()
            per_evaluation.append(len(calls))
        return _once(functions)
    monkeypatch.setattr(signs, "medians_in_turn", count_calls)
    signs.evaluation_of_signs(1)
    for by_floats, unpacked, packed in (per_evaluation[:3], per_evaluation[3:]):
        assert by_floats == 0 < unpacked == packed


@pytest.mark.parametrize("config", [CONFIG, FLOW_CONFIG])
def test_shares_of_a_step_add_to_one(config, small_bench):
    found = steps.step_shares(config, 2, batch=4)
    np.testing.assert_allclose(sum(found["shares"].values()), 1)
    assert all(share >= 0 for share in found["shares"].values())
    assert found["images_per_second"] == pytest.approx(4 / found["seconds"])


@pytest.mark.parametrize("least_numbers, at_work", [(replicas.LEAST_NUMBERS, 1), (1, 2)])
def test_the_time_of_convolutions_is_divided_among_the_threads_at_work(monkeypatch, least_numbers, at_work):
    counted = SimpleNamespace(forward=[0.3, 0.2], backward=[0.4], flop=[5e9])
    monkeypatch.setattr(steps, "counting", lambda: nullcontext(counted))
    monkeypatch.setattr(replicas, "LEAST_NUMBERS", least_numbers)
    with Team(2) as team:
        found = steps._profile(steps.Stepper(CONFIG, 4, team), 0)
    np.testing.assert_allclose([found["forward"], found["backward"]], [0.5 / at_work / 5, 0.4 / at_work / 5])
    assert found["gflop"] == 1                                      # five steps, whatever the threads


@pytest.mark.slow
def test_memory_is_that_of_the_step():
    """State, moments and gradients of a wide model: some 4 copies of its parameters at least."""
    wide = replace(CONFIG, channels=256)
    weights = 2 * 2 * 2 * 9 * 256**2 + 2 * 2 * 25 * 256**2          # of the blocks on both ways, and of the outer ones
    megabytes = 4 * 4 * weights / 1e6
    assert steps.peak_memory(wide, 2, 1) > max(megabytes, steps.peak_memory(CONFIG, 2, 1))


@pytest.mark.slow
def test_the_command_writes_what_it_measured(small_bench, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    assert main(["bench", "--threads", "2", "--json", "b.json", "--plot", "b.png"]) == 0
    found = json.loads(Path("b.json").read_text())
    assert found.keys() > KEYS and all(found[key] >= 0 for key in KEYS)
    assert found["conv_forward_fraction"] == min(entry["forward"] for entry in found["convolutions"][:2])
    for way in ("xnor", "pairs"):
        for count in ("one_thread", "all_threads"):
            speedups = [entry[count][f"{way}_speedup"] for entry in found["signs"]]
            assert found[f"{way}_speedup_{count}"] == min(speedups) and len(speedups) == 3
    assert found["signs"][0]["one_thread"]["pairs_speedup"] == pytest.approx(1 / 3)         # the third of three
    multiply_adds = convolution.CALLS * 3 * 4 * 4 * 9 * 2 * 2
    assert found["signs"][0]["one_thread"]["float"] == pytest.approx(multiply_adds / 1e-3 / 1e9)
    assert found["one_bit_step_ratio"] == pytest.approx(3)
    assert found["packed_bytes"] == found["packed"]["vae"]["packed_bytes"] < found["float_bytes"]
    assert found["xnor_passes"]["limit"] < 64 * found["xnor_passes"]["count"]
    shares = found["steps"]["vae"]["shares"]
    assert found["elementwise_share"] == shares["elementwise"] + shares["optimiser"]
    assert found["command"] == "python -m minibnn bench --threads 2 --json b.json --plot b.png"
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")
    assert "on 2; fractions below are of the latter" in capsys.readouterr().out


@pytest.mark.parametrize("rates, kernels, said", [
    ({"Haswell": 100.0, "SkylakeX": 200.0}, "Zen", "OPENBLAS_CORETYPE=SkylakeX would help"),
    ({"Haswell": 100.0, "SkylakeX": None}, "Zen", "No other would help"),
    ({"Haswell": None}, None, "does nothing")])
def test_other_kernels_are_recommended_where_they_help(rates, kernels, said):
    assert said in report._about_kernels({"other_kernels": rates, "kernels": kernels, "gemm_gflops_one_thread": 99.0})


def test_kernels_that_cannot_run_have_no_rate(monkeypatch):
    monkeypatch.setattr(machine, "RATE_OF_ANOTHER", "import os; os.abort()")
    assert machine._rate_of("Haswell") is None
