"""table1: Table 1 in miniature."""

import shlex
import sys
from pathlib import Path

from .. import cores
from ..experiments.table1 import table, tightness
from ..experiments.table1.rows import FULL, QUICK, ROWS
from ..files import InputError
from ..progress import Progress
from .shared.options import add_data_dir, path, whole_number
from .shared.signals import stop_on_signals

EPILOG = """\
Each run writes into --out a JSON file and its loss on every test image. Finished runs are not repeated, and a stopped
command continues where it stopped. To spread the runs over several machines or a cluster's job array, print the
commands of all missing runs, one per line, with --list; run them where you like, for instance with
`python -m minibnn table1 --list | xargs -P 2 -L 1 env`; then start table1 again: it collects their results from the
folder `runs` of --out."""


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("table1", help="Table 1 in miniature: train what is missing, print all rows",
                                 epilog=EPILOG)
    parser.add_argument("--yes", action="store_true", help="begin without asking, however many hours it takes")
    parser.add_argument("--quick", action="store_true",
                        help="a coarse table on dead leaves, too short to show the paper's order: 10 to 15 minutes")
    parser.add_argument("--list", action="store_true", help="only print a command for each missing run")
    parser.add_argument("--jobs", type=whole_number(1, 1000), default=cores.available(), metavar="N",
                        help="runs at a time, on one thread each (default %(default)s, the cores of this machine)")
    parser.add_argument("--seeds", type=whole_number(1, 1000), metavar="N",
                        help="runs of each row, with the seeds 0 to N - 1 (default: as many as the table of "
                             "figures/README.md shows, 3 or 6; with --quick, 1)")
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], metavar="ROW",
                        help="only these rows, such as vae-base-1-1 flow-none-32-32 (default: every row). A name has "
                             "the model, the variant, the bits of weights, the bits of activations. Variants: base, "
                             "wide, none (no residual blocks), slim (32 bits, no more bytes than 1 / 32), slimwide "
                             "(no more bytes than the widened 1 / 32), nonewide and nonewidest (no residual blocks, as "
                             "many channels as those bytes allow), fast, nonefast and slimfast (8 times the learning "
                             "rate), all (every layer binary), batch (batch norm), raw (no normalisation)")
    add_data_dir(parser)
    parser.add_argument("--out", type=path, metavar="DIR", help="folder of the results, where a finished run is not "
                        "run again (default: figures/results; runs/table1-quick with --quick)")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Table 1 in miniature.    Returns: the exit status"""
    preset, out, seeds = (QUICK, "runs/table1-quick", 1) if options.quick else (FULL, "figures/results", None)
    out, seeds = Path(options.out or out), options.seeds or seeds
    if options.quick and options.data_dir:
        raise InputError(f"--data-dir: wanted none with --quick, whose images are made here, got {options.data_dir}")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: wanted a folder for the results, got a file")
    found = table.load_of(preset, out)
    missing = table.missing(out, seeds, options.rows)
    jobs = {run: table.job_of(preset, out, *run, options.data_dir) for run in missing}
    trained = [run for run, job in jobs.items() if job.finished]
    left = [run for run in missing if run not in trained]
    if options.list:
        for run in left:
            print("python -m minibnn " + shlex.join(jobs[run].arguments))
        return 0

    bounds = tightness.load(out / "bounds")

    def make(runs):
        with Progress("table1") as report:
            return table.make_table(preset, out, runs, options.jobs, options.data_dir, report, stop_on_signals())
    if trained:                                                     # first collect what the commands of --list left
        found = make(trained)
    if left:
        if not (options.quick or options.yes):
            _ask(table.plan(preset, left, options.jobs, options.data_dir))
        found = make(left)
    tables = (table.lines(found), table.order_lines(found), table.comparison_lines(found), table.memory_lines(found),
              table.rate_lines(found), tightness.lines(bounds) if bounds else ())
    print("\n\n".join(filter(None, map("\n".join, tables))))
    return 0


def _ask(plan):
    """Begin long work only when the user agrees.    Raises: InputError if not, or where nobody can be asked"""
    advice = "add --yes to begin, or --quick for a coarse table in 10 to 15 minutes"
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise InputError(f"table1: {plan}: {advice}")
    print(f"{plan}.\nBegin? (y or n; --quick makes a coarse table in 10 to 15 minutes) ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"table1: not begun; {advice}")
