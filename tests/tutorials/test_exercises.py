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
from checks import Exercise, check, check_gradients, inputs, reveal, sliders, verdict  # noqa: E402

LESSONS = [path.stem[:2] for path in tutorials.paths(TUTORIALS)]
SOLUTIONS = {name: solution for lesson in LESSONS
             for name, solution in importlib.import_module(f"solutions.lesson_{lesson}").SOLUTIONS.items()}
MISTAKES = {name: mistakes for lesson in LESSONS
            for name, mistakes in importlib.import_module(f"checks.mistakes_{lesson}").MISTAKES.items()}


def test_every_lesson_has_three_exercises():
    wanted = [f"{lesson}.{i}" for lesson in LESSONS for i in (1, 2, 3)]
    assert list(SOLUTIONS) == wanted and list(MISTAKES) == wanted
    for lesson in LESSONS:
        assert len(importlib.import_module(f"checks.lesson_{lesson}").EXERCISES) == 3


@pytest.mark.parametrize("exercise", SOLUTIONS)
def test_the_solution_is_correct_and_explained(exercise):
    assert verdict(exercise, SOLUTIONS[exercise]).startswith("correct")
    assert len(SOLUTIONS[exercise].__doc__.split()) >= 10


@pytest.mark.parametrize("exercise", [pytest.param(name, marks=pytest.mark.slow) if name == "07.3" else name
                                      for name in MISTAKES])          # its specification computes in decimals
def test_the_likeliest_mistakes_are_refused_and_named(exercise):
    assert len(MISTAKES[exercise]) >= 5
    reasons = [reason for reason, _ in MISTAKES[exercise]]
    assert len({*reasons}) == len(reasons)
    for reason, mistake in MISTAKES[exercise]:
        said = verdict(exercise, mistake)
        first, complaint, *last = said.splitlines()
        assert first.startswith("wrong for input ") and ": expected " in complaint and last == [f"  {reason}"], said


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
                                                   (3, np.float64(44), "it: 44, your guess 3"), (None, -5, "it: -5"),
                                                   ("about 24", 24.0, "it: 24, your guess 'about 24'")])
def test_what_reveal_says(guess, measured, said, capsys):
    reveal("it", guess, measured)
    assert capsys.readouterr().out == said + "\n"


def _cube(slope):
    return lambda x: (x**3, lambda dy: (slope(x) * dy,))


def _not_attempted(x):
    raise NotImplementedError


@pytest.mark.parametrize("op, said", [
    (_cube(lambda x: 3 * x**2), "correct, relative errors of the gradients: "),
    (_cube(lambda x: 2 * x), "wrong, relative errors of the gradients: "), (_not_attempted, "not attempted\n"),
    (_cube(lambda x: x[0, 0]), "it raised ")])
def test_what_the_librarys_checker_says_of_an_op(op, said, capsys):
    check_gradients("00.9", op, np.array([1.0, -2.0, 0.5]))
    assert capsys.readouterr().out.startswith(f"00.9: {said}")


def test_sliders_draw_again_what_they_move(monkeypatch):
    shown = []

    class Handle:
        update = staticmethod(shown.append)

    def display(thing, display_id=False):
        shown.append(thing)
        return Handle()
    monkeypatch.setattr("IPython.display.display", display)
    sliders(lambda mean, scale: f"mean {mean}, scale {scale}", mean=(-1, 1, 0.5, 0.0), scale=(0, 2, 0.5, 1.0))
    picture, box = shown
    assert picture == "mean 0.0, scale 1.0" and [knob.description for knob in box.children] == ["mean", "scale"]
    box.children[1].value = 1.5
    assert shown[-1] == "mean 0.0, scale 1.5"


def test_the_inputs_of_an_exercise_can_be_had():
    first, second = inputs("01.2", 1), inputs("01.2", 1)
    assert verdict("01.2", SOLUTIONS["01.2"]).startswith("correct") and len(first) == 3
    first[0] += 1                                                   # a copy: the exercise is as it was
    np.testing.assert_array_equal(inputs("01.2", 1)[0], second[0])
    for number in (0, 99):                                          # 0 is not the last one
        with pytest.raises(ValueError, match=rf"01.2: wanted the number of an input, 1 to \d+, got {number}"):
            inputs("01.2", number)


def _halves(x):
    return x / 2, np.sum(x)


@pytest.mark.parametrize("attempt, said", [
    (lambda x: (x / 2, np.sum(x)), "correct (2 inputs)"),
    (lambda x: x / 2, "the result: expected a tuple of 2, got [0.5, 0.5]"),
    (lambda x: (x / 2, np.sum(x) + 1e-3), "result 2 of 2: expected 2, got 2.001"),
    (lambda x: (x / 2 + (x == 3), np.sum(x)), "result 1 of 2 at [1]: expected 1.5, got 2.5"),
    (lambda x: (np.full(2, np.nan), 2), "result 1 of 2 at [0]: expected 0.5, got nan; 2 of 2 numbers are wrong"),
    (lambda x: (x[:1] / 2, np.sum(x)), "result 1 of 2: expected the shape (2,), got (1,)"),
    (lambda x: ("half", np.sum(x)), "got 'half', which is no number or array"),
    (lambda x: 1 / 0, "it raised ZeroDivisionError: division by zero"),
    (lambda x: x.sort(), "it writes into its input; compute a new array, as in v = v - ..."),
    (lambda x: (x.__itruediv__(2), np.sum(x)), "it writes into its input"),                     # x /= 2
    (lambda x: np.broadcast_to(x, (3, 2)).sort(), "it raised ValueError"),      # nor is this its own, but no input
    (lambda x: (x, np.sum(x)), "The half is missing."),
    (lambda x: x[5], "it raised IndexError"),                       # where a known mistake gives an array
])
def test_what_check_says(attempt, said, monkeypatch):
    module, mistakes = (importlib.import_module(f"checks.{name}_01") for name in ("lesson", "mistakes"))
    cases = [[np.array([1.0, 1.0])], [np.array([4.0, 3.0])]]
    monkeypatch.setitem(module.EXERCISES, "01.9", Exercise(_halves, cases))
    monkeypatch.setitem(mistakes.MISTAKES, "01.9", [("It raises.", lambda x: 1 / 0),
                                                    ("The half is missing.", lambda x: (x, np.sum(x))),
                                                    ("The sum is missing.", lambda x: x)])
    assert said in verdict("01.9", attempt)
    if "correct" not in said:
        assert verdict("01.9", attempt).startswith("wrong for input ")


def test_large_inputs_and_results_are_not_printed_whole(monkeypatch):
    module = importlib.import_module("checks.lesson_01")
    monkeypatch.setitem(module.EXERCISES, "01.8", Exercise(_halves, [[np.ones((20, 30))]]))
    said = verdict("01.8", lambda x: (x / 2 + (np.arange(30) == 7), 600))
    assert said == ("wrong for input 1 of 1: x of shape (20, 30)\n"
                    "  result 1 of 2 at [0, 7]: expected 0.5, got 1.5; 20 of 600 numbers are wrong")
