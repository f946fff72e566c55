"""Threads: parts of a batch, in order, whatever the scheduling; one thread of BLAS for each."""

import threading
import time

import numpy as np
import pytest

from minibnn import cores
from minibnn.cores import Team


@pytest.mark.parametrize("threads, number", [(1, 5), (2, 5), (3, 64), (4, 3), (7, 1)])
def test_parts_cover_every_image_once_and_evenly(threads, number):
    with Team(threads) as team:
        parts = team.parts(number)
    assert np.concatenate([np.arange(number)[part] for part in parts]).tolist() == list(range(number))
    sizes = [part.stop - part.start for part in parts]
    assert len(sizes) == min(threads, number) and max(sizes) - min(sizes) <= 1


def test_results_come_in_order_and_really_from_several_threads():
    started = threading.Barrier(3, timeout=20)                      # passes only when three wait at once

    def work(number):
        started.wait()
        time.sleep(0.05 * (3 - number))                             # the first is the last to finish
        return number
    with Team(3) as team:
        assert team.map(work, range(3)) == [0, 1, 2]


def test_an_error_in_a_thread_reaches_the_caller():
    with Team(2) as team, pytest.raises(FloatingPointError, match="not finite"):
        team.map(_fail, range(2))


def _fail(number):
    raise FloatingPointError("not finite")


def test_blas_has_one_thread_inside_a_team_and_its_own_number_after_it():
    count = cores._openblas("get_num_threads")
    if not count:
        pytest.skip("NumPy's BLAS here is not its own OpenBLAS")
    before = count()
    with cores.blas_threads(2):
        with Team(2):
            assert count() == 1
        assert count() == 2
    assert count() == before


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_overlapping_teams_leave_blas_as_it_was(first_to_leave):
    count = cores._openblas("get_num_threads")
    if not count:
        pytest.skip("NumPy's BLAS here is not its own OpenBLAS")
    with cores.blas_threads(2):
        teams = [Team(2), Team(3)]
        for team in teams:
            team.__enter__()
        teams.pop(first_to_leave).__exit__(None, None, None)
        assert count() == 1                                         # the other is still at work
        teams.pop().__exit__(None, None, None)
        assert count() == 2


def test_the_latest_open_number_of_threads_rules():
    count = cores._openblas("get_num_threads")
    if not count:
        pytest.skip("NumPy's BLAS here is not its own OpenBLAS")
    before, contexts = count(), [cores.blas_threads(number) for number in (1, 2, 1)]
    seen = []
    for context in contexts:
        context.__enter__()
    for context in (contexts[2], contexts[0], contexts[1]):
        seen.append(count())
        context.__exit__(None, None, None)
    assert seen == [1, 2, 2] and count() == before


def test_another_blas_is_left_alone(monkeypatch):
    monkeypatch.setattr(cores, "_openblas", lambda function: None)
    with Team(2) as team:
        assert team.map(abs, [-1, 2]) == [1, 2]
    assert cores.blas_kernels() is None


def test_kernels_are_named():
    assert cores.blas_kernels() is None or cores.blas_kernels().isalnum()
