"""The command line: `python -m minibnn`, or `minibnn` once installed."""

import os
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import fields, replace

import numpy as np

from . import data
from .cores import Team
from .experiments import drawings, figures, ledger, lessons, shipped, tour
from .experiments.bench import report as bench_report
from .experiments.table1 import plots, results, table
from .experiments.table1.jobs import DIVERGED
from .experiments.table1.rows import FULL, QUICK
from .files import InputError, atomic_write, require_writable, write_json, writing
from .gradcheck import suite
from .options import DEFAULT_STEPS, parser
from .parameter import count
from .progress import Progress
from .training import run
from .training.evaluate import evaluate
from .training.inference import load_trained, save_model
from .training.settings import KINDS, Settings, TrainingConfig
from .training.start import STARTS, fingerprint
from .training.state import TrainingState

SAMPLES, SAMPLES_OF_SHIPPED = 64, 16       # images, without --n
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main(arguments=None):
    """Run one command.

    Returns:   the exit status: 0, 1 (a check failed), 2 (bad input), 3 (training diverged), 130 (interrupted)
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        options = parser().parse_args(arguments or ["tour"])
        status = COMMANDS[options.command](options, "python -m minibnn " + shlex.join(arguments))
        sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(error, 2)
    except BrokenPipeError:                                         # whoever read the output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'file'}: {error.strerror or error}", 2)
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
    print(f"minibnn: {message}", file=sys.stderr)
    return status


def _train(options, command):
    config_of, _ = KINDS[options.kind]
    config = config_of(**{field.name: getattr(options, field.name) for field in fields(config_of)})
    source = _source(options)
    steps, epochs = getattr(options, "steps", DEFAULT_STEPS[options.kind]), getattr(options, "epochs", None)
    training = TrainingConfig(steps, options.batch, options.lr, options.decay, options.warmup,
                              latent_rate=options.latent_rate, seed=options.seed, threads=options.threads)
    if source:
        training = replace(training, start=options.start or STARTS[1], source=fingerprint(source))
    with Progress("data") as report:
        dataset = data.load(options.data, config.size, options.data_dir, report)
    if options.validation:
        dataset = data.hold_out(dataset, options.validation)
    if epochs:
        training = replace(training, steps=max(1, epochs * (len(dataset.train) // options.batch)))
    settings = Settings(config, training, data.describe(dataset))
    complete = options.resume and (options.out / "result.json").exists()
    with Progress("train") as report, _stop_on_signals() as stop:
        result = run.train(settings, dataset, options.out, resume=options.resume, command=command, source=source,
                           evaluations=options.evaluations, report=report, stop=stop)
    if complete:
        print(f"{options.out}: the run is complete")
    _print_result(result)
    print(f"written to {options.out}: " + ", ".join(run.RUN_FILES))
    return 0


def _source(options):
    """The trained model from which latent weights are to start, None without."""
    if not options.start_from:
        if options.start:
            raise InputError(f"--start: wanted --start-from with it, got {options.start} alone")
        return None
    settings, source = load_trained(options.start_from)
    if (settings.model.weights, options.weights) != (32, 1):
        raise InputError(f"--start-from: wanted a 32-bit model to start one of 1-bit weights from, got one of "
                         f"{settings.model.weights} bit for one of {options.weights}")
    return source


def _evaluate(options, command):
    for path in filter(None, (options.json, options.per_image)):
        require_writable(path)
    if options.json and options.json == options.per_image:
        raise InputError(f"--json and --per-image: wanted two files, got {options.json} for both")
    settings, model = load_trained(options.checkpoint)
    dataset = _data_of(settings, options)
    with Progress("evaluate") as report, Team(options.threads) as team:
        evaluation = evaluate(model, dataset.test, options.seed, team, report)
    result = {**evaluation.summary(), "data": data.describe(dataset), "seed": options.seed,
              "threads": options.threads, "command": command}
    if options.json:
        write_json(options.json, result)
    if options.per_image:
        with atomic_write(options.per_image) as file:
            np.save(file, evaluation.per_image, allow_pickle=False)
    _print_result(result)
    return 0


def _sample(options, command):
    require_writable(options.out)
    if not options.checkpoint:
        shipped.save_samples(options.out, options.n or SAMPLES_OF_SHIPPED, options.seed)
        print("\n".join(shipped.lines()))
        print(f"samples of the shipped models written to {options.out}")
        return 0
    _, model = load_trained(options.checkpoint)
    options.n = options.n or SAMPLES
    images = model.sample(model.draw_noise(np.random.default_rng(options.seed), options.n))
    figures.save_image_grid(options.out, images, columns=_columns(options.n))
    print(f"{options.n} samples written to {options.out}")
    return 0


def _reconstruct(options, command):
    require_writable(options.out)
    settings, model = load_trained(options.checkpoint)
    if settings.kind != "vae":
        raise InputError(f"{options.checkpoint}: wanted a ResNet VAE, got a {settings.kind}, whose exact "
                         "inverse leaves nothing to reconstruct")
    dataset = _data_of(settings, options)
    images = dataset.test[:options.n or SAMPLES]
    noise = model.draw_noise(np.random.default_rng(options.seed), len(images))
    rebuilt = model.reconstruct(images, noise)
    columns = _columns(len(images))
    grid = figures.interleave_rows(images, rebuilt, columns)
    figures.save_image_grid(options.out, grid, columns)
    print(f"{len(images)} test images written to {options.out}, below each row its reconstructions")
    return 0


def _pack(options, command):
    require_writable(options.out)
    if options.out.exists() and options.out.samefile(options.checkpoint):
        raise InputError(f"{options.out}: wanted another file than the checkpoint, which training continues from")
    state = TrainingState.load(options.checkpoint)
    if state.settings.model.normalisation == "batch" and not state.complete:
        raise InputError(f"{options.checkpoint}: wanted a complete run, whose batch normalisation is folded, got one "
                         f"at step {state.step} of {state.settings.training.steps}")
    save_model(options.out, state.settings, state.model)
    counts = count(state.model)
    print(f"{counts['parameters']:,} parameters, {counts['binary_parameters']:,} of them binary, in "
          f"{options.out.stat().st_size:,} bytes ({4 * counts['parameters']:,} as 32-bit floats): {options.out}")
    return 0


def _ledger(options, command):
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


def _gradcheck(options, command):
    if options.json:
        require_writable(options.json)
    results = []
    width = max(map(len, suite.CHECKS)) + 2
    print(f"{'what':<{width}}{'equations':<20}{'error':>9}{'tolerance':>11}")
    for result in suite.run_checks():
        results.append(result)
        print(f"{result.name:<{width}}{result.equations:<20}{result.error:>9.1e}{result.tolerance:>11.0e}"
              f"  {'ok' if result.ok else 'NOT OK'}", flush=True)
    if options.json:
        write_json(options.json, [result._asdict() for result in results])
    return 0 if all(result.ok for result in results) else 1


def _bench(options, command):
    for path in filter(None, (options.json, options.plot)):
        require_writable(path)
    with Progress("bench") as progress:
        found = {**bench_report.run_bench(options.threads, progress), "command": command}
    print("\n".join(bench_report.lines(found)))
    if options.json:
        write_json(options.json, found)
    if options.plot:
        bench_report.save_plot(options.plot, found)
    return 0


def _table1(options, command):
    preset, out, seeds = (QUICK, "runs/table1-quick", 1) if options.quick else (FULL, "figures/results", 3)
    with Progress("table1") as report:
        found = table.make_table(preset, options.out or out, options.seeds or seeds, options.jobs, options.data_dir,
                                 report, _stop_on_signals(), options.rows)
    print("\n".join([*table.lines(found), "", *table.order_lines(found), "", *table.comparison_lines(found)]))
    return 0


def _figures(options, command):
    found = results.load(options.results)
    if not found:
        raise InputError(f"{options.results}: wanted a folder with the results of table1, got "
                         + ("one without any" if options.results.is_dir() else "no folder"))
    of_results = {"figure2.png": plots.figure_2(found), "memory.png": plots.memory_figure(found),
                  "table1_samples.png": plots.samples_figure(found)}
    drawn = {"figure1.png": drawings.blocks_figure(), "sign.png": drawings.sign_figure(), **of_results}
    with writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    for name in drawn:
        require_writable(options.out / name)
    for name, figure in drawn.items():
        figures.save_figure(figure, options.out / name, results.fingerprint(found) if name in of_results else "")
    print(f"drawn from {len(found)} results: " + ", ".join(str(options.out / name) for name in drawn))
    return 0


def _tutorials(options, command):
    paths = lessons.paths(options.folder)
    for path in paths:
        lessons.read(path)
        require_writable(path)
    for path in paths:
        begun = time.monotonic()
        with Progress("tutorials") as report:
            lessons.save(path, lessons.execute(path, report))
        print(f"{path}: {time.monotonic() - begun:.0f} seconds", flush=True)
    return 0


def _tour(options, command):
    if options.keep:
        require_writable(options.keep / "tour.png")
    print("\n".join(shipped.lines()), flush=True)
    with Progress("tour") as report, _stop_on_signals() as stop:
        found = tour.run_tour(options.out, options.keep, report, stop)
    steps = " and ".join(f"{training.steps} steps ({name})" for name, (_, training) in tour.MODELS.items())
    print(f"\nTest loss on dead leaves of {tour.SIZE} x {tour.SIZE} pixels after {steps}, seed 0\n")
    print("\n".join(tour.table(found.results)))
    print("\npictures: " + ", ".join(map(str, found.pictures)))
    return 0


def _print_result(result):
    source = result["data"]
    print(f"test loss {result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f} bits per dimension "
          f"({source['test_images']:,} test images of {source['name']})")
    print("  " + "; ".join(f"{name} {_numbers(part)}" for name, part in result["parts"].items()))
    if result.get("skipped"):
        print(f"  {result['skipped']:,} of {result['steps']:,} updates were skipped: their gradients were too long")


def _numbers(part):
    return ", ".join(f"{number:.4f}" for number in (part if isinstance(part, list) else [part]))


def _data_of(settings, options):
    """The data set that the options name, or that the model was trained on."""
    with Progress("data") as report:
        if options.data:
            return data.load(options.data, settings.model.size, options.data_dir, report)
        return data.load_described(settings.data, settings.model.size, options.data_dir, report)


def _columns(n):
    return min(n, max(8, int(np.ceil(np.sqrt(n)))))


@contextmanager
def _stop_on_signals():
    """Yields a function that says whether Ctrl-C, a termination or a hang-up came; a second one acts at once."""
    asked = []

    def handle(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
    handlers = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


COMMANDS = {"train vae": _train, "train flow": _train, "evaluate": _evaluate, "sample": _sample,
            "reconstruct": _reconstruct, "pack": _pack, "ledger": _ledger, "gradcheck": _gradcheck, "bench": _bench,
            "table1": _table1, "figures": _figures, "tutorials": _tutorials, "tour": _tour}


if __name__ == "__main__":
    sys.exit(main())
