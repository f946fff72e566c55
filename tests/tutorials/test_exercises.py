"""The exercises' checks accept the solutions, know a stub, and reject plausible wrong answers."""

import importlib
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

from minibnn.commands import tutorials

TUTORIALS = Path(__file__).parents[2] / "tutorials"
sys.path.insert(0, str(TUTORIALS))
from checks import Exercise, check, reveal, verdict  # noqa: E402

LESSONS = [path.stem[:2] for path in tutorials.paths(TUTORIALS)]
SOLUTIONS = {name: solution for lesson in LESSONS
             for name, solution in importlib.import_module(f"solutions.lesson_{lesson}").SOLUTIONS.items()}
WRONG = {name: answers for lesson in LESSONS
         for name, answers in importlib.import_module(f"tutorials.wrong_{lesson}").WRONG.items()}


def test_every_lesson_has_three_exercises():
    wanted = [f"{lesson}.{i}" for lesson in LESSONS for i in (1, 2, 3)]
    assert list(SOLUTIONS) == wanted and list(WRONG) == wanted
    for lesson in LESSONS:
        assert len(importlib.import_module(f"checks.lesson_{lesson}").EXERCISES) == 3


@pytest.mark.parametrize("exercise", SOLUTIONS)
def test_the_solution_is_correct_and_explained(exercise):
    assert verdict(exercise, SOLUTIONS[exercise]).startswith("correct")
    assert len(SOLUTIONS[exercise].__doc__.split()) >= 10


@pytest.mark.parametrize("exercise", WRONG)
def test_at_least_three_wrong_answers_are_rejected(exercise):
    assert len(WRONG[exercise]) >= 3
    for answer in WRONG[exercise]:
        said = verdict(exercise, answer)
        assert said.startswith("wrong for ") and "\n  expected " in said, inspect.getsource(answer)


@pytest.mark.parametrize("exercise", SOLUTIONS)
def test_the_stub_in_the_notebook_is_not_attempted(exercise, capsys):
    [path] = TUTORIALS.glob(f"{exercise[:2]}_*.ipynb")
    [stub] = [cell for cell in tutorials.code_cells(tutorials.read(path)) if f'check("{exercise}"' in cell.source]
    names = {"np": np, "check": check}
    exec(stub.source, names)
    assert capsys.readouterr().out.startswith(f"{exercise}: not attempted\n")
    [name] = [name for name in names if name not in ("np", "check", "__builtins__")]
    parameters = [list(inspect.signature(f).parameters) for f in (names[name], SOLUTIONS[exercise])]
    assert parameters[0] == parameters[1] and name == SOLUTIONS[exercise].__name__


@pytest.mark.parametrize("guess, measured, said", [(None, 18_432, "it: 18,432"), (None, 0.123456, "it: 0.1235"),
                                                   (3, np.float64(44), "it: 44, your guess 3"), (None, -5, "it: -5")])
def test_what_reveal_says(guess, measured, said, capsys):
    reveal("it", guess, measured)
    assert capsys.readouterr().out == said + "\n"


def _halves(x):
    return x / 2, np.sum(x)


@pytest.mark.parametrize("attempt, said", [
    (lambda x: (x / 2, np.sum(x)), "correct (2 inputs)"),
    (lambda x: x / 2, "which is not a tuple of 2"),
    (lambda x: (x / 2, np.sum(x) + 1e-3), "got 2.001"),
    (lambda x: (np.full(2, np.nan), np.sum(x)), "got [nan, nan]"),
    (lambda x: (x[:1] / 2, np.sum(x)), "of shape (1,), not (2,)"),
    (lambda x: ("half", np.sum(x)), "which is no number or array"),
    (lambda x: 1 / 0, "it raised ZeroDivisionError: division by zero"),
    (lambda x: x.sort(), "it raised ValueError"),                   # the input is not the attempt's to change
])
def test_what_check_says(attempt, said, monkeypatch):
    module = importlib.import_module("checks.lesson_01")
    cases = [[np.array([1.0, 1.0])], [np.array([4.0, 3.0])]]
    monkeypatch.setitem(module.EXERCISES, "01.9", Exercise(_halves, cases))
    assert said in verdict("01.9", attempt)
    if said != "correct (2 inputs)":
        assert verdict("01.9", attempt).startswith("wrong for x = [1., 1.]\n  expected ([0.5, 0.5], 2.)") \
            or "ZeroDivision" in said or "ValueError" in said
