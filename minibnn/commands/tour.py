"""tour: small VAEs and flows trained on dead leaves, their losses and samples. It runs if no command is given."""

from pathlib import Path

from .. import models
from ..experiments import tour
from ..progress import Progress
from .shared.options import path
from .shared.outputs import require_outputs
from .shared.signals import stop_on_signals


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("tour", help="train small VAEs and flows on dead leaves: 3 minutes at most")
    parser.add_argument("--out", type=path, default=Path("runs/tour"), metavar="DIR",
                        help="folder of the runs and pictures (default %(default)s)")
    parser.add_argument("--keep", type=path, metavar="DIR", help="write tour.png and tour.json there too")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Train small models, show their losses and samples.    Returns: the exit status"""
    if options.keep:
        require_outputs({f"--keep ({name})": options.keep / name for name in ("tour.png", "tour.json")})
    if options.out.is_dir():
        require_outputs({name: options.out / name for name in tour.PICTURES})
    print("\n".join(models.lines()), flush=True)
    with Progress("tour") as report, stop_on_signals() as stop:
        found = tour.run_tour(options.out, options.keep, report, stop)
    steps = " and ".join(f"{training.steps} steps ({name})" for name, (_, training) in tour.MODELS.items())
    print(f"\nTest loss on dead leaves of {tour.SIZE} x {tour.SIZE} pixels after {steps}, seed 0\n")
    print("\n".join(tour.table(found.results)))
    there = sum(map(len, found.results.values())) - found.trained
    if there:
        print(f"\n{found.trained} of these models were trained now, {there} before: to train all again, remove "
              f"{options.out} or name another --out")
    print("\npictures: " + ", ".join(map(str, found.pictures)))
    return 0
