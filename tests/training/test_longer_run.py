"""A run that goes on to more steps is bit for bit the longer run, or says why it cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small import CONFIG, small_data, small_settings

from minibnn.files import InputError
from minibnn.training import run, run_files

DATA = small_data()


def _train(out, steps, model=CONFIG, **options):
    training = {name: options.pop(name) for name in ("decay", "lr", "warmup") if name in options}
    return run.train(small_settings(model, steps=steps, **training), DATA, out, **options)


def _same(a, b):
    a, b = (np.load(folder / "checkpoint.npz") for folder in (a, b))
    assert sorted(a) == sorted(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [5, 10])
def test_a_finished_run_goes_on_to_the_very_model_of_the_longer_one(tmp_path, steps):
    whole = _train(tmp_path / "whole", 20, decay=0.0, warmup=8)
    _train(tmp_path / "a", steps, decay=0.0, warmup=8)
    assert _train(tmp_path / "a", 20, decay=0.0, warmup=8, resume=True)["test_bpd"] == whole["test_bpd"]
    _same(tmp_path / "a", tmp_path / "whole")
    assert json.loads((tmp_path / "a" / "config.json").read_text())["training"]["steps"] == 20
    assert run_files.read_result(tmp_path / "a")["steps"] == 20


class _StopAt:
    def __init__(self, step):
        self.left = step

    def __call__(self):
        self.left -= 1
        return self.left < 0


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 7, 10])
def test_a_stopped_run_goes_on_to_more_steps_before_its_rate_falls(tmp_path, step):
    whole = _train(tmp_path / "whole", 40)
    with pytest.raises(run.Interrupted):
        _train(tmp_path / "a", 20, stop=_StopAt(step))              # the rate falls from step 10 on
    assert _train(tmp_path / "a", 40, resume=True)["test_bpd"] == whole["test_bpd"]
    _same(tmp_path / "a", tmp_path / "whole")


@pytest.mark.slow
def test_what_was_killed_on_the_way_goes_on(tmp_path):
    whole = _train(tmp_path / "whole", 20, decay=0.0)
    _train(tmp_path / "a", 10, decay=0.0)
    finished = (tmp_path / "a" / "checkpoint.npz").read_bytes()
    with pytest.raises(run.Interrupted):
        _train(tmp_path / "a", 20, decay=0.0, resume=True, stop=_StopAt(4))
    assert not (tmp_path / "a" / "result.json").exists()
    (tmp_path / "a" / "checkpoint.npz").write_bytes(finished)       # killed before the first checkpoint of the rest
    assert _train(tmp_path / "a", 20, decay=0.0, resume=True)["test_bpd"] == whole["test_bpd"]
    _same(tmp_path / "a", tmp_path / "whole")


def test_a_run_whose_rate_has_fallen_says_why_it_cannot_go_on_and_is_left(tmp_path):
    result = _train(tmp_path / "a", 20)
    before = {path: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    with pytest.raises(InputError, match=r"has done 20 of 20 steps and its learning rate has begun to fall \(--decay "
                                         r"0.5\), so it cannot become one of 40 steps: train that one in another"):
        _train(tmp_path / "a", 40, resume=True)
    with pytest.raises(InputError, match="started with steps = 20, got 10"):
        _train(tmp_path / "a", 10, resume=True)
    with pytest.raises(InputError, match=r"started with lr = 0.002, got 0.004"):
        _train(tmp_path / "a", 20, lr=4e-3, resume=True)
    assert {path: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before
    assert _train(tmp_path / "a", 20, resume=True) == result


def test_folded_batch_normalisation_does_not_go_on(tmp_path):
    batch = replace(CONFIG, normalisation="batch")
    _train(tmp_path / "a", 5, batch, decay=0.0)
    with pytest.raises(InputError, match="its batch normalisation is folded, so it cannot become one of 10"):
        _train(tmp_path / "a", 10, batch, decay=0.0, resume=True)
