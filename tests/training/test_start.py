"""Latent weights that start from a trained 32-bit model (Appendix D)."""

from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, small_data, small_settings

from minibnn.files import InputError
from minibnn.parameter import named_parameters
from minibnn.training import run
from minibnn.training.start import fingerprint, start_from
from minibnn.training.state import TrainingState

REAL = replace(CONFIG, weights=32, activations=32)


def _models():
    source, model = (small_settings(config, seed=seed).build(np.random.default_rng(seed))
                     for seed, config in enumerate((REAL, CONFIG)))
    for _, parameter in named_parameters(source):
        parameter.value = 40 * parameter.value + parameter.value.dtype.type(0.1)      # as if trained: some beyond 1
    return source, model


@pytest.mark.parametrize("start, of_v", [("copied", lambda v: v), ("clipped", lambda v: np.clip(v, -1, 1)),
                                         ("standardised", lambda v: 0.05 * (v - v.mean()) / v.std())])
def test_latent_weights_start_from_the_source_and_nothing_else_does(start, of_v):
    source, model = _models()
    before = {name: p.value for name, p in named_parameters(model)}
    start_from(model, source, start)
    trained = dict(named_parameters(source))
    for name, parameter in named_parameters(model):
        wanted = of_v(trained[name].value) if parameter.kind == "binary" else before[name]
        np.testing.assert_allclose(parameter.value, wanted, rtol=1e-5, atol=1e-6)
    assert sum(parameter.kind == "binary" for _, parameter in named_parameters(model)) == 12


def test_a_source_of_another_shape_is_refused():
    source, _ = _models()
    wider = small_settings(replace(CONFIG, channels=5)).build(np.random.default_rng(0))
    with pytest.raises(InputError, match=r"a model with \S+ of the shape \(5, 5, 5, 5\), got \(5, 5, 4, 4\)"):
        start_from(wider, source, "copied")


def test_a_run_starts_there_and_says_so(tmp_path):
    source, _ = _models()
    data = small_data()
    settings = small_settings(steps=1, lr=1e-9, start="clipped", source=fingerprint(source))
    run.train(settings, data, tmp_path / "a", source=source)
    started = TrainingState.load(tmp_path / "a" / "checkpoint.npz").model
    trained = dict(named_parameters(source))
    for name, parameter in named_parameters(started):
        if parameter.kind == "binary":
            np.testing.assert_allclose(parameter.value, np.clip(trained[name].value, -1, 1), atol=1e-6)
    with pytest.raises(InputError, match="the run was started with start = 'clipped', got 'normal'"):
        run.train(small_settings(steps=1, lr=1e-9), data, tmp_path / "a", resume=True)


@pytest.mark.parametrize("changes", [{"start": "cloned", "source": "x"}, {"start": "copied"}, {"source": "x"}])
def test_a_start_and_its_source_belong_together(changes):
    with pytest.raises(InputError, match="start: wanted one of normal, copied, clipped, standardised"):
        small_settings(**changes)
