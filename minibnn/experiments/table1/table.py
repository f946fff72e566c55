"""Makes the table: runs what is missing, prints what there is."""

import shlex
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np

from ... import data
from ...cores import available
from ...data import cifar10
from ...files import InputError
from .jobs import Job, run_jobs
from .results import difference_of_rows, load, path_of, record, write_deltas
from .rows import KIND_LABELS, LABELS, ROWS, STEP_SECONDS, row_of

ORDER = ((("base", 32, 32), "32 / 32"), (("base", 1, 32), "1 / 32"), (("base", 1, 1), "1 / 1"),
         (("none", 32, 32), "no residual blocks"))                  # what the paper finds, best first

COMPARED = (("vae", "wide", "base", "usual width"), ("vae", "all", "none", "no blocks"),
            ("vae", "batch", "base", "weight norm"), ("flow", "batch", "base", "weight norm"),
            ("flow", "raw", "none", "no blocks"))       # kind, variant, the alternative, its name

MAIN = [row for row, _ in ORDER]                                    # these are run first, for all seeds


def make_table(preset, out, runs, jobs=None, data_dir=None, report=None, stopping=None):
    """Train runs of rows, `jobs` at a time.

    runs:      (row, seed) each, as `missing` gives
    out:       folder of the results. The runs themselves go to its subfolder `runs`, where a stopped one continues
               and a finished one is only read.
    stopping:  a context manager, entered when the runs begin, that gives a function which says whether to stop
    Returns:   dict (row, seed) -> Result: all that is in the folder
    Raises:    as `run_jobs`; InputError if a result there comes from other options or other data.
    """
    out = Path(out)
    found = load_of(preset, out)
    if runs:
        if any(not job_of(preset, out, *run).finished for run in runs):
            _check_data(preset, found, data_dir, report)
        run_of = {job_of(preset, out, row, seed, data_dir): (row, seed) for row, seed in runs}

        def done(job, failure):
            row, seed = run_of[job]
            record(out, row, seed, job.folder, command_of(preset, row, seed), failure)
            write_deltas(out)
        with stopping or nullcontext(lambda: False) as stop:
            run_jobs(list(run_of), jobs or available(), done, report, stop)
        found = load(out)
    return found


def load_of(preset, out):
    """The results in the folder `out`, as `load`.    Raises: also InputError if one comes from other options"""
    found = load(out)
    for (row, seed), result in found.items():
        if result.values["command"] != command_of(preset, row, seed):
            name = f"{row.name}-seed{seed}"
            raise InputError(f"{name}.json: wanted a result of `{command_of(preset, row, seed)}`, got one of "
                             f"`{result.values['command']}`: use another --out, or remove it and runs/{name}")
    return found


def missing(out, seeds=None, names=None):
    """The runs without a result in the folder `out`, as (row, seed): the main rows first, seed by seed.

    seeds:     how many of each row, from 0 on; None for as many as the row has in the full table
    names:     of rows; None for every row
    """
    wanted = sorted(((row, seed) for row in ROWS if names is None or row.name in names
                     for seed in range(seeds or row.seeds)), key=lambda run: (run[0][1:4] not in MAIN, run[1]))
    return [(row, seed) for row, seed in wanted if not path_of(out, row, seed).exists()]


def job_of(preset, out, row, seed, data_dir=None):
    """The Job that makes a row's run."""
    name = f"{row.name}-seed{seed}"
    where = ("--data-dir", str(data_dir)) if data_dir else ()
    return Job(name, (*preset.arguments(row, seed), *where), Path(out, "runs", name), preset.steps[row.kind])


def plan(preset, runs, jobs=None, data_dir=None):
    """What it takes to make these runs, in words."""
    hours = sum(preset.steps[row.kind] * STEP_SECONDS[row.kind] for row, _ in runs) / 3600
    at_a_time = min(jobs or available(), len(runs))
    images = "" if data.files(preset.data, data_dir) else f", and a download of {cifar10.OFFICIAL.size / 1e6:.0f} MB"
    return (f"{len(runs)} runs are missing: about {hours:.1f} hours of a core, {hours / at_a_time:.1f} with "
            f"{at_a_time} runs at a time{images}")


def command_of(preset, row, seed):
    """The command that repeats a row's run."""
    return "python -m minibnn " + shlex.join(preset.arguments(row, seed))


def _check_data(preset, results, data_dir, report):
    """Raise InputError if the data cannot be used, or if what is there was trained on other images."""
    sizes = {kind: int(options.split("--size ")[1].split()[0]) for kind, options in preset.options.items()}
    found = {kind: data.describe(data.load(preset.data, size, data_dir, report)) for kind, size in sizes.items()}
    for (row, seed), result in results.items():
        here, there = found[row.kind], result.values["data"]
        if here != there:
            raise InputError(f"{row.name}-seed{seed}.json: wanted a result on the same images, got one on "
                             f"{there['train_images']:,} training images where there are {here['train_images']:,} "
                             "now: use another --out")


def lines(results):
    """The table as lines of text: means over the seeds, differences to the 32-bit row, the paper's numbers.

    A row of which a run diverged has no numbers.
    """
    yield (f"{'model':<7}{'weights / activations':<27}{'seeds':>5}{'bits/dim':>9}{'more than 32 / 32':>18}"
           f"{'params':>8}{'binary':>7}{'kB':>6}{'paper':>6}{'more':>5}")
    for row in ROWS:
        found = [result for (of, _), result in results.items() if of == row]
        if found:
            yield _line(row, found, results)


def _line(row, found, results):
    base = next(of for of in ROWS if of.kind == row.kind)
    trained = [result.values for result in found if result.values["test_bpd"] is not None]
    start = f"{KIND_LABELS[row.kind]:<7}{row.label:<27}{len(found):>5}"
    if len(trained) < len(found):
        return f"{start}  diverged, {len(found) - len(trained)} of them"
    more = difference_of_rows(results, base, row)
    values = trained[0]
    last = "" if row.paper is None else f"{row.paper:>6.2f}{row.paper - base.paper:>5.2f}"
    return (f"{start}{np.mean([v['test_bpd'] for v in trained]):>9.3f}{_with_error(more) if row != base else '':>18}"
            f"{values['parameters']:>8,}{values['binary_parameters'] / values['parameters']:>7.1%}"
            f"{values['bytes'] / 1e3:>6,.0f}{last}").rstrip()


def _with_error(more):
    if more is None:
        return ""
    return f"{more.mean:.3f} +- {np.nanmax([more.se_images, more.se_seeds]):.3f} {'*' if more.passes else ' '}"


def order_lines(results):
    """Each step of the order that the paper finds: see `_difference_lines`."""
    return _difference_lines(results, (step for kind in KIND_LABELS for step in _order(kind, "base", "none")))


def rate_lines(results):
    """Each step of the flow's order at 8 times the learning rate, as `order_lines`."""
    return _difference_lines(results, _order("flow", "fast", "nonefast"))


def _order(kind, base, none):
    """The steps of the order, with other variants in the places of "base" and "none"."""
    rows = [(row_of(kind, {"base": base, "none": none}[variant], *bits), name) for (variant, *bits), name in ORDER]
    return ((below, above, ", ".join(filter(None, [f"{of_below} < {of_above}", LABELS[base]])))
            for (below, of_below), (above, of_above) in pairwise(rows))


def memory_lines(results):
    """How much more a 32-bit row needs than the others that take as many bytes, as `order_lines`."""
    return _difference_lines(results, (
        (other, row, f"{row.label} - {other.label}") for row in ROWS if row.like for other in ROWS
        if other[:3] == (row.kind, *row.like[:2])
        or (row.variant, other.variant, row.kind) == ("slim", "nonewide", other.kind)))


def comparison_lines(results):
    """How much more each row beside these needs than the row to which it is an alternative, as `order_lines`."""
    return _difference_lines(results, (
        (row_of(kind, than, 32, 32) if than == "none" else row_of(kind, than, 1, activations),
         row_of(kind, variant, 1, activations), f"1 / {activations}, {LABELS[variant]} - {name}")
        for kind, variant, than, name in COMPARED for activations in (32, 1)))


def _difference_lines(results, steps):
    """A line for each step that has results: its mean, both standard errors, Student's t, a star where it passes.

    steps:     (row, row that needs more, text) of each
    """
    found = [(above, text, step) for below, above, text in steps
             if (step := difference_of_rows(results, below, above))]
    if found:
        yield f"{'difference (bits/dim)':<51}{'mean':>8}{'+- images':>10}{'+- seeds':>9}{'seeds':>6}{'t':>9}"
    for above, text, step in found:
        over_seeds = (f"{step.se_seeds:>9.4f}{step.seeds:>6}{step.t:>9.1f}{' *' if step.passes else ''}"
                      if step.seeds > 1 else f"{'-':>9}{1:>6}{'-':>9}")
        yield f"{KIND_LABELS[above.kind]:<7}{text:<44}{step.mean:>8.4f}{step.se_images:>10.4f}{over_seeds}"
