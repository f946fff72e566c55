"""The command line: `python -m minibnn`, or `minibnn` once installed."""

import shlex
import sys

from . import __version__
from .commands import (
    bench,
    compress,
    decompress,
    evaluate,
    figures,
    gradcheck,
    ledger,
    pack,
    reconstruct,
    sample,
    table1,
    tour,
    train,
    tutorials,
)
from .commands.shared.options import Parser
from .experiments.table1.jobs import DIVERGED
from .files import InputError
from .progress import give_up
from .training import run

COMMANDS = (tour, train, evaluate, sample, reconstruct, compress, decompress, pack, ledger, gradcheck, bench, table1,
            figures, tutorials)
MOST_CHARACTERS = 2000   # of a message


def parser():
    """The parser of the whole command line; `execute` of the parsed options runs the command."""
    whole = Parser(prog="minibnn", description="Binary deep generative models in plain NumPy. Without a command: the "
                   "tour. COMMAND --help explains each.")
    whole.add_argument("--version", action="version", version=f"minibnn {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return whole


def main(arguments=None):
    """Run one command.

    Returns:   the exit status: 0, 1 (a check failed), 2 (bad input), 3 (training diverged), 130 (interrupted)
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in sys.stdout, sys.stderr:                           # None where closed; of another kind in notebooks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")           # for characters that the terminal cannot show
    try:
        options = parser().parse_args(arguments or ["tour"])
        status = options.execute(options, "python -m minibnn " + shlex.join(arguments))
        if sys.stdout:
            sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(error, 2)
    except BrokenPipeError:                                         # the reader of the output has gone
        give_up(sys.stdout)
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}", 2)
    except MemoryError as error:
        return _complain(f"not enough memory for this: {error}", 2)
    except FloatingPointError as error:
        return _complain(error, DIVERGED)
    except run.Interrupted as error:
        resume = " with --resume" if hasattr(options, "resume") else ""
        return _complain(f"{error}; the same command{resume} continues", 130)
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
    """Shorten and escape a message: text from files may be very long, or control the terminal."""
    short = message if len(message) <= MOST_CHARACTERS else message[:MOST_CHARACTERS] + " ..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


if __name__ == "__main__":
    sys.exit(main())
