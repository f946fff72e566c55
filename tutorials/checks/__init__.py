"""Checks of the exercises: `check("01.1", my_function)` says whether it is right, and if not, where it fails first.

Each lesson's module here holds, for each of its exercises, the inputs and a slow, readable specification.
"""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
if importlib.util.find_spec("minibnn") is None:                     # not installed: the checkout's own
    sys.path.insert(0, str(ROOT))


class Exercise(NamedTuple):
    """What an attempt must do.

    specification: function of the same arguments that gives what is expected: a number, an array, or a tuple of such
    cases:         lists of arguments, tried in their order
    tolerance:     largest difference, absolute for numbers below 1 and relative above
    """

    specification: callable
    cases: list
    tolerance: float = 1e-6


def check(exercise, attempt):
    """Print "not attempted", "correct", or the first input for which the attempt fails, with what was expected.

    exercise:  its number, such as "01.1"
    attempt:   your function; one that raises NotImplementedError counts as not attempted
    """
    print(f"{exercise}: {verdict(exercise, attempt)}")


def reveal(what, guess, measured):
    """Print what was measured beside a guess, which may be None; whole numbers of Python with all their digits."""
    shown = f"{measured:,}" if isinstance(measured, int) else f"{measured:.4g}"
    print(f"{what}: {shown}" + ("" if guess is None else f", your guess {guess:.4g}"))


def verdict(exercise, attempt):
    """What `check` prints after the number."""
    lesson = importlib.import_module(f".lesson_{exercise[:2]}", __name__)
    specification, cases, tolerance = lesson.EXERCISES[exercise]
    for arguments in cases:
        expected = specification(*map(_copy, arguments))
        try:
            got = attempt(*map(_read_only, arguments))
        except NotImplementedError:
            return "not attempted"
        except Exception as error:                                  # whatever the attempt does wrong
            return _failure(specification, arguments, expected, f"it raised {type(error).__name__}: {error}")
        complaint = _complaint(got, expected, tolerance)
        if complaint:
            return _failure(specification, arguments, expected, complaint)
    return f"correct ({len(cases)} inputs)"


def _complaint(got, expected, tolerance):
    """What is wrong with a result, "" if nothing."""
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"got {_show(got)}, which is not a tuple of {len(expected)}"
        return next(filter(None, (_complaint(*pair, tolerance) for pair in zip(got, expected))), "")
    try:
        numbers = np.asarray(got, dtype=np.float64)
    except (TypeError, ValueError):
        return f"got {_show(got)}, which is no number or array"
    wanted = np.asarray(expected, dtype=np.float64)
    if numbers.shape != wanted.shape:
        return f"got {_show(got)} of shape {numbers.shape}, not {wanted.shape}"
    close = np.abs(numbers - wanted) <= tolerance * np.maximum(1, np.abs(wanted))
    return "" if close.all() else f"got {_show(got)}"               # nan is never close


def _failure(specification, arguments, expected, complaint):
    names = inspect.signature(specification).parameters
    given = ", ".join(f"{name} = {_show(argument)}" for name, argument in zip(names, arguments))
    return f"wrong for {given}\n  expected {_show(expected)}\n  {complaint}"


def _show(value):
    if callable(value):
        return getattr(value, "__name__", "a function")
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_show, value)) + ")"
    if isinstance(value, np.ndarray | np.generic):
        return np.array2string(np.asarray(value), precision=6, threshold=20, separator=", ")
    return repr(value)


def _copy(argument):
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _read_only(argument):
    """A copy that cannot be written to: an attempt must not change what it is given."""
    argument = _copy(argument)
    if isinstance(argument, np.ndarray):
        argument.flags.writeable = False
    return argument
