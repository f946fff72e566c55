"""What the lessons share: checks of the exercises, guesses beside measurements, code in colour, sliders.

`check("01.1", my_function)` says whether an attempt is right, and if not, where it fails first, and which known
mistake gives the same numbers. Each lesson's module here holds, for each of its exercises, the inputs and a slow,
readable specification; the module `mistakes_NN` beside it holds the likeliest mistakes.
"""

import importlib
import importlib.util
import inspect
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

CHECKOUT = Path(__file__).with_name("checkout.txt")                 # a copy of the lessons has it: where they are from
ROOT = Path(CHECKOUT.read_text(encoding="utf-8")) if CHECKOUT.exists() else Path(__file__).parents[2]
if importlib.util.find_spec("minibnn") is None:                     # not installed: the checkout's own
    if not (ROOT / "minibnn").is_dir():
        raise ImportError(f"this lesson needs the package minibnn, installed or in {ROOT}")
    sys.path.insert(0, str(ROOT))

LARGEST_ERROR = 1e-6     # relative, of a gradient that counts as correct
SHOWN = 12               # numbers of an array that a message shows


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


def check_gradients(exercise, op, *arrays):
    """Print what the library's own checker says of an op of yours: the relative error of each gradient.

    op:        function of the arrays that returns y and backward, as the library's do; one that raises
               NotImplementedError counts as not attempted
    """
    from minibnn.gradcheck import gradient_errors

    try:
        errors = gradient_errors(op, *arrays, rng=np.random.default_rng(0))
        said = ("correct" if max(errors) < LARGEST_ERROR else "wrong") + ", relative errors of the gradients: "
        said += ", ".join(f"{error:.0e}" for error in errors)
    except NotImplementedError:
        said = "not attempted"
    except Exception as error:                                      # whatever the op does wrong
        said = f"it raised {type(error).__name__}: {error}"
    print(f"{exercise}: {said}")


def inputs(exercise, number):
    """The arguments of an exercise's input, counted from 1, to try your function on.

    Raises: ValueError if it has no input of this number.
    """
    cases = _exercise(exercise).cases
    if number not in range(1, len(cases) + 1):
        raise ValueError(f"{exercise}: wanted the number of an input, 1 to {len(cases)}, got {number}")
    return [_copy(argument) for argument in cases[number - 1]]


def reveal(what, guess, measured):
    """Print what was measured beside a guess, which may be None, a number or a text."""
    shown = f"{measured:,}" if isinstance(measured, int) else f"{measured:.4g}"
    print(f"{what}: {shown}" + ("" if guess is None else f", your guess {_number_or_text(guess)}"))


def show_code(*functions):
    """Show the source of functions or classes, in colour where a notebook is read."""
    from IPython.display import display

    source = "\n\n".join(inspect.getsource(function).rstrip() for function in functions)
    coloured = f"```python\n{source}\n```"
    # nbconvert's page gives <pre> in an output the font around it, which is that of text
    monospace = f'<div style="font-family: monospace; font-size: 12px; line-height: 1.3">\n\n{coloured}\n\n</div>'
    display({"text/markdown": monospace, "text/plain": source}, raw=True)


def sliders(draw, **ranges):
    """Show the picture that `draw` makes, with a slider for each of its arguments; without a browser, it stays still.

    draw:      function of numbers that returns a Picture
    ranges:    argument = (least, most, step, where it begins)
    """
    import ipywidgets
    from IPython.display import display

    knobs = {name: ipywidgets.FloatSlider(min=least, max=most, step=step, value=value, description=name)
             for name, (least, most, step, value) in ranges.items()}

    def picture():
        return draw(**{name: knob.value for name, knob in knobs.items()})
    shown = display(picture(), display_id=True)
    for knob in knobs.values():
        knob.observe(lambda change: shown.update(picture()), names="value")
    display(ipywidgets.VBox([*knobs.values()]))


def verdict(exercise, attempt):
    """What `check` prints after the number."""
    specification, cases, tolerance = _exercise(exercise)
    for number, arguments in enumerate(cases, start=1):
        expected = specification(*map(_copy, arguments))
        try:
            complaint = _complaint(attempt(*map(_read_only, arguments)), expected, tolerance)
        except NotImplementedError:
            return "not attempted"
        except Exception as error:                                  # whatever the attempt does wrong
            complaint = f"it raised {type(error).__name__}: {error}"
            if _writes_into_its_input(error, attempt, arguments):
                complaint = "it writes into its input; compute a new array, as in v = v - ..."
        if complaint:
            names = inspect.signature(specification).parameters
            given = ", ".join(_given(name, argument) for name, argument in zip(names, arguments))
            lines = [f"wrong for input {number} of {len(cases)}: {given}", complaint, *_reason(exercise, attempt)]
            return "\n  ".join(lines)
    return f"correct ({len(cases)} inputs)"


def _exercise(exercise):
    return importlib.import_module(f".lesson_{exercise[:2]}", __name__).EXERCISES[exercise]


def _reason(exercise, attempt):
    """What the attempt gets wrong, if a known mistake gives the same results for all inputs: a list of one or none."""
    results = _results(exercise, attempt)
    return [reason for reason, of_mistake in _results_of_mistakes(exercise) if _same(results, of_mistake)][:1]


@cache
def _results_of_mistakes(exercise):
    mistakes = importlib.import_module(f".mistakes_{exercise[:2]}", __name__).MISTAKES.get(exercise, ())
    return [(reason, _results(exercise, mistake)) for reason, mistake in mistakes]


def _results(exercise, function):
    """A function's result for each input, or the name of what it raises."""
    results = []
    for arguments in _exercise(exercise).cases:
        try:
            results.append(function(*map(_copy, arguments)))
        except Exception as error:
            results.append(type(error).__name__)
    return results


def _same(one, other):
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, str) or isinstance(other, str):              # it raised
        return isinstance(one, str) and isinstance(other, str) and one == other
    try:
        return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)
    except (TypeError, ValueError):
        return False


def _complaint(got, expected, tolerance, where="the result"):
    """Where a result is wrong first, with what was expected there, "" if nowhere."""
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"{where}: expected a tuple of {len(expected)}, got {_show(got)}"
        return next(filter(None, (_complaint(*pair, tolerance, f"result {i} of {len(expected)}")
                                  for i, pair in enumerate(zip(got, expected), start=1))), "")
    try:
        numbers = np.asarray(got, dtype=np.float64)
    except (TypeError, ValueError):
        return f"{where}: expected {_show(expected)}, got {_show(got)}, which is no number or array"
    wanted = np.asarray(expected, dtype=np.float64)
    if numbers.shape != wanted.shape:
        return f"{where}: expected the shape {wanted.shape}, got {numbers.shape}"
    wrong = np.argwhere(~(np.abs(numbers - wanted) <= tolerance * np.maximum(1, np.abs(wanted))))   # also nan
    if not len(wrong):
        return ""
    first = tuple(map(int, wrong[0]))
    place = f"{where} at [{', '.join(map(str, first))}]" if first else where
    others = f"; {len(wrong)} of {wanted.size} numbers are wrong" if len(wrong) > 1 else ""
    return f"{place}: expected {_number(wanted[first])}, got {_number(numbers[first])}{others}"


def _writes_into_its_input(error, attempt, arguments):
    """Whether an attempt raised an error only because it may not write into what it is given."""
    if "read-only" not in str(error):
        return False
    try:
        attempt(*map(_copy, arguments))
    except Exception as another:                                    # the same one: it writes elsewhere
        return str(another) != str(error)
    return True


def _given(name, argument):
    if isinstance(argument, np.ndarray) and argument.size > SHOWN:
        return f"{name} of shape {argument.shape}"
    return f"{name} = {_show(argument)}"


def _show(value):
    if callable(value):
        return getattr(value, "__name__", "a function")
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_show, value)) + ")"
    if isinstance(value, np.ndarray | np.generic):
        if np.size(value) > SHOWN:
            return f"an array of shape {value.shape}"
        return " ".join(np.array2string(np.asarray(value), precision=6, separator=", ").split())
    return repr(value)


def _number(value):
    return f"{value:.8g}"


def _number_or_text(guess):
    try:
        return f"{guess:.4g}"
    except (TypeError, ValueError):
        return repr(guess)


def _copy(argument):
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _read_only(argument):
    """A copy that cannot be written to: an attempt must not change what it is given."""
    argument = _copy(argument)
    if isinstance(argument, np.ndarray):
        argument.flags.writeable = False
    return argument
