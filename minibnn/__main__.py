"""The command line: `python -m minibnn`, or `minibnn` once installed."""

import shlex
import sys

from .commands import experiments, models
from .experiments.table1.jobs import DIVERGED
from .files import InputError
from .options import parser
from .progress import give_up
from .training import run

MOST_CHARACTERS = 2000   # of a message


def main(arguments=None):
    """Run one command.

    Returns:   the exit status: 0, 1 (a check failed), 2 (bad input), 3 (training diverged), 130 (interrupted)
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in sys.stdout, sys.stderr:                           # None where closed; of another kind in notebooks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")           # what the terminal cannot show
    try:
        options = parser().parse_args(arguments or ["tour"])
        status = COMMANDS[options.command](options, "python -m minibnn " + shlex.join(arguments))
        if sys.stdout:
            sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(error, 2)
    except BrokenPipeError:                                         # whoever read the output has left
        give_up(sys.stdout)
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}", 2)
    except MemoryError as error:
        return _complain(f"not enough memory for this: {error}", 2)
    except FloatingPointError as error:
        return _complain(error, DIVERGED)
    except run.Interrupted as error:
        again = "the same command" if options.command in ("tour", "table1") else "the same command with --resume"
        return _complain(f"{error}; {again} continues", 130)
    except KeyboardInterrupt:
        return _complain("interrupted", 130)


def _complain(message, status):
    try:
        if sys.stderr:
            print("minibnn: " + _one_line(str(message)), file=sys.stderr, flush=True)
    except OSError:
        give_up(sys.stderr)
    return status


def _one_line(message):
    """Texts of files may have no end, or characters that a terminal obeys."""
    short = message if len(message) <= MOST_CHARACTERS else message[:MOST_CHARACTERS] + " ..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


COMMANDS = {
    "train vae": models.train_command, "train flow": models.train_command, "evaluate": models.evaluate_command,
    "sample": models.sample_command, "reconstruct": models.reconstruct_command, "pack": models.pack_command,
    "ledger": experiments.ledger_command, "gradcheck": experiments.gradcheck_command,
    "bench": experiments.bench_command, "table1": experiments.table1_command, "figures": experiments.figures_command,
    "tutorials": experiments.tutorials_command, "tour": experiments.tour_command,
}


if __name__ == "__main__":
    sys.exit(main())
