"""Commands about the library and the paper: ledger, gradcheck, bench, table1, figures, tutorials, tour."""

import math
import sys
import time

from ..experiments import drawings, figures, ledger, lessons, shipped, tour
from ..experiments.bench import report as bench_report
from ..experiments.table1 import plots, results, table
from ..experiments.table1.rows import FULL, QUICK
from ..files import InputError, write_json, writing
from ..gradcheck import suite
from ..progress import Progress
from ..training.inference import load_trained
from .outputs import require_outputs
from .signals import stop_on_signals


def ledger_command(options, command):
    """Parameters, bytes and multiply-adds.    Returns: the exit status"""
    if options.paper_scale:
        with Progress("ledger") as report:
            found = list(ledger.paper_scale(report))
        print("\n".join(found))
        return 0
    paths = [options.model] if options.model else [shipped.path_of(name) for name in shipped.NAMES]
    for path in paths:
        settings, _ = load_trained(path)
        print(f"{path}: {settings.kind}, weights of {settings.model.weights} bit, activations of "
              f"{settings.model.activations}")
        print("\n".join(ledger.lines(ledger.ledger(ledger.build_of(settings.model)))))
        print(f"The file itself: {path.stat().st_size:,} bytes\n")
    return 0


def gradcheck_command(options, command):
    """Check every hand-written gradient, or those named.    Returns: the exit status"""
    require_outputs({"--json": options.json})
    running, results = suite.run_checks(options.names), []
    width = max(map(len, suite.CHECKS)) + 2
    print(f"{'what':<{width}}{'equations':<20}{'error':>9}{'tolerance':>11}")
    for result in running:
        results.append(result)
        print(f"{result.name:<{width}}{result.equations:<20}{result.error:>9.1e}{result.tolerance:>11.0e}"
              + ("  ok" if result.ok else f"  NOT OK\n    {result.message}"), flush=True)
    print(suite.last_line(results))
    if options.json:                                                # which knows no NaN
        write_json(options.json, [{**result._asdict(), "error": result.error if math.isfinite(result.error) else None}
                                  for result in results])
    return 0 if all(result.ok for result in results) else 1


def bench_command(options, command):
    """Measure how fast the library is.    Returns: the exit status"""
    require_outputs({"--json": options.json, "--plot": options.plot})
    with Progress("bench") as progress:
        found = {**bench_report.run_bench(options.threads, progress), "command": command}
    print("\n".join(bench_report.lines(found)))
    if options.json:
        write_json(options.json, found)
    if options.plot:
        bench_report.save_plot(options.plot, found)
    return 0


def table1_command(options, command):
    """Table 1 in miniature.    Returns: the exit status"""
    preset, out, seeds = (QUICK, "runs/table1-quick", 1) if options.quick else (FULL, "figures/results", 3)
    out, seeds = options.out or out, options.seeds or seeds
    missing = table.missing(out, seeds, options.rows)
    if missing and not (options.quick or options.yes):
        _ask(table.plan(preset, missing, options.jobs, options.data_dir))
    with Progress("table1") as report:
        found = table.make_table(preset, out, seeds, options.jobs, options.data_dir, report, stop_on_signals(),
                                 options.rows)
    print("\n".join([*table.lines(found), "", *table.order_lines(found), "", *table.comparison_lines(found)]))
    return 0


def _ask(plan):
    """Begin long work only when the user agrees.    Raises: InputError if not, or where nobody can be asked"""
    advice = "add --yes to begin, or --quick for a coarse table in 6 to 10 minutes"
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise InputError(f"table1: {plan}: {advice}")
    print(f"{plan}.\nBegin? (y or n; --quick makes a coarse table in 6 to 10 minutes) ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"table1: not begun; {advice}")


def figures_command(options, command):
    """Draw the figures of the table's results, and those that need none.    Returns: the exit status"""
    found = results.load(options.results)
    if not found:
        raise InputError(f"{options.results}: wanted a folder with the results of table1, got "
                         + ("one without any" if options.results.is_dir() else "no folder"))
    source = results.fingerprint(found)
    drawn = {"figure1.png": (drawings.blocks_figure(), ""), "sign.png": (drawings.sign_figure(), ""),
             "figure2.png": (plots.figure_2(found), source), "memory.png": (plots.memory_figure(found), source),
             "table1_samples.png": (plots.samples_figure(found), source)}
    with writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    require_outputs({name: options.out / name for name in drawn}, *options.results.iterdir())
    for name, (figure, of_results) in drawn.items():
        figures.save_figure(figure, options.out / name, of_results)
    print(f"drawn from {len(found)} results: " + ", ".join(str(options.out / name) for name in drawn))
    return 0


def tutorials_command(options, command):
    """Run all lessons again.    Returns: the exit status"""
    paths = lessons.paths(options.folder)
    for path in paths:
        lessons.read(path)
    require_outputs({str(path): path for path in paths})
    for path in paths:
        begun = time.monotonic()
        with Progress("tutorials") as report:
            lessons.save(path, lessons.execute(path, report))
        print(f"{path}: {time.monotonic() - begun:.0f} seconds", flush=True)
    return 0


def tour_command(options, command):
    """Train small models, show their losses and samples.    Returns: the exit status"""
    if options.keep:
        require_outputs({f"--keep ({name})": options.keep / name for name in ("tour.png", "tour.json")})
    if options.out.is_dir():
        require_outputs({name: options.out / name for name in tour.PICTURES})
    print("\n".join(shipped.lines()), flush=True)
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
