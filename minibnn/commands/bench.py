"""bench: how fast the library is on this machine."""

from ..experiments.bench import report as bench_report
from ..experiments.table1 import times
from ..files import write_json
from ..progress import Progress
from .shared.options import add_threads, output
from .shared.outputs import require_outputs


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("bench", help="measure how fast the library is on this machine: 2 minutes")
    parser.add_argument("--json", type=output(".json"), metavar="FILE",
                        help="write the measurements there too, as .json")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--plot", type=output(".png"), metavar="FILE", help="draw the measurements, as .png")
    instead.add_argument("--table1", action="store_true",
                         help="instead measure how long it takes to train and to evaluate the main rows of "
                              "Table 1, and those of equal memory: 1 minute")
    add_threads(parser)
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Measure how fast the library is.    Returns: the exit status"""
    require_outputs({"--json": options.json, "--plot": options.plot})
    measure, lines = ((times.measure, times.lines) if options.table1
                      else (bench_report.run_bench, bench_report.lines))
    with Progress("bench") as progress:
        found = {**measure(options.threads, progress), "command": command}
    print("\n".join(lines(found)))
    if options.json:
        write_json(options.json, found)
    if options.plot:
        bench_report.save_plot(options.plot, found)
    return 0
