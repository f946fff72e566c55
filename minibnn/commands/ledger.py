"""ledger: parameters, bytes and multiply-adds of a model, in all and layer by layer."""

from .. import models
from ..experiments import ledger
from ..progress import Progress
from ..training.inference import load_trained
from .shared.options import add_model


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("ledger", help="count parameters, bytes and multiply-adds of a model (default: of "
                                 "each that comes with minibnn), in all and layer by layer")
    what = parser.add_mutually_exclusive_group()
    add_model(what, nargs="?")
    what.add_argument("--paper-scale", action="store_true", help="the models of Table 1, beside the paper's numbers")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Parameters, bytes and multiply-adds.    Returns: the exit status"""
    if options.paper_scale:
        with Progress("ledger") as report:
            found = list(ledger.paper_scale(report))
        print("\n".join(found))
        return 0
    paths = [options.model] if options.model else [models.path_of(name) for name in models.NAMES]
    found = {}
    for path in paths:
        settings, _ = load_trained(path)
        found[path] = settings.model, ledger.ledger(ledger.build_of(settings.model))
    print("\n".join(ledger.summary(found)))
    for path, (_, entries) in found.items():
        print(f"\n{path}")
        print("\n".join(ledger.lines(entries)))
    return 0
