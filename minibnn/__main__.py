"""The command line: `python -m minibnn`, or `minibnn` once installed."""

import argparse
import os
import shlex
import signal
import sys
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np

from . import data
from .experiments import figures, tour
from .files import InputError, atomic_write, require_writable, write_json
from .gradcheck import suite
from .progress import Progress
from .resnet_vae import VAEConfig
from .training import run
from .training.evaluate import evaluate
from .training.settings import Settings, TrainingConfig
from .training.state import TrainingState

MODEL_OPTIONS = {
    "size": "rows and columns of an image: 8, 16 or 32",
    "layers": "latent layers",
    "channels": "channels of the hidden layers",
    "latents": "channels of each latent layer",
    "blocks": "residual blocks on the way up, and again down; 0 for none",
    "nproc": "5x5 residual blocks at the image's end, each way; 0 for none",
    "weights": "bits of the residual blocks' weights: 32 or 1",
    "activations": "bits of their activations: 32 or 1",
}
DEFAULT_STEPS = 2000


def main(arguments=None):
    """Run one command.

    Returns:   the exit status: 0, 1 (a check or the training failed), 2 (bad input), 130 (interrupted)
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        options = _parser().parse_args(arguments or ["tour"])
        status = options.command(options, "python -m minibnn " + shlex.join(arguments))
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
        return _complain(error, 1)
    except run.Interrupted as error:
        again = "the same command" if options.command is _tour else "the same command with --resume"
        return _complain(f"{error}; {again} continues", 130)
    except KeyboardInterrupt:
        return _complain("interrupted", 130)


def _complain(message, status):
    print(f"minibnn: {message}", file=sys.stderr)
    return status


def _train_vae(options, command):
    config = VAEConfig(**{field.name: getattr(options, field.name) for field in fields(VAEConfig)})
    steps, epochs = getattr(options, "steps", DEFAULT_STEPS), getattr(options, "epochs", None)
    TrainingConfig(steps, options.batch, options.lr, options.decay, options.seed)         # complain early
    with _progress("data") as report:
        dataset = data.load(options.data, config.size, options.data_dir, report)
    if epochs:
        steps = max(1, epochs * (len(dataset.train) // options.batch))
    training = TrainingConfig(steps, options.batch, options.lr, options.decay, options.seed)
    settings = Settings(config, training, tour.describe(dataset))
    complete = options.resume and (options.out / "result.json").exists()
    with _progress("train") as report, _stop_on_signals() as stop:
        result = run.train(settings, dataset, options.out, resume=options.resume, command=command,
                           report=report, stop=stop)
    if complete:
        print(f"{options.out}: the run is complete")
    _print_result(result)
    print(f"written to {options.out}: " + ", ".join(run.RUN_FILES))
    return 0


def _evaluate(options, command):
    for path in filter(None, (options.json, options.per_image)):
        require_writable(path)
    state, dataset = _checkpoint_and_data(options)
    with _progress("evaluate") as report:
        evaluation = evaluate(state.model, dataset.test, options.seed, report)
    result = {**evaluation.summary(), "data": tour.describe(dataset), "seed": options.seed, "command": command}
    if options.json:
        write_json(options.json, result)
    if options.per_image:
        with atomic_write(options.per_image) as file:
            np.save(file, evaluation.per_image, allow_pickle=False)
    _print_result(result)
    return 0


def _sample(options, command):
    require_writable(options.out)
    model = TrainingState.load(options.checkpoint).model
    images = model.sample(model.draw_noise(np.random.default_rng(options.seed), options.n))
    figures.save_image_grid(options.out, images, columns=_columns(options.n))
    print(f"{options.n} samples written to {options.out}")
    return 0


def _reconstruct(options, command):
    require_writable(options.out)
    state, dataset = _checkpoint_and_data(options)
    images = dataset.test[:options.n]
    noise = state.model.draw_noise(np.random.default_rng(options.seed), len(images))
    rebuilt = state.model.reconstruct(images, noise)
    columns = _columns(len(images))
    grid = figures.interleave_rows(images, rebuilt, columns)
    figures.save_image_grid(options.out, grid, columns)
    print(f"{len(images)} test images written to {options.out}, below each row its reconstructions")
    return 0


def _gradcheck(options, command):
    if options.json:
        require_writable(options.json)
    results = []
    print(f"{'what':<36}{'equations':<20}{'error':>9}{'tolerance':>11}")
    for result in suite.run_checks():
        results.append(result)
        print(f"{result.name:<36}{result.equations:<20}{result.error:>9.1e}{result.tolerance:>11.0e}"
              f"  {'ok' if result.ok else 'NOT OK'}", flush=True)
    if options.json:
        write_json(options.json, [result._asdict() for result in results])
    return 0 if all(result.ok for result in results) else 1


def _tour(options, command):
    if options.keep:
        require_writable(options.keep / "tour.png")
    with _progress("") as report, _stop_on_signals() as stop:
        found = tour.run_tour(options.out, options.keep, report, stop)
    print(f"\nResNet VAE, dead leaves of 8 x 8, {tour.TRAINING.steps} steps, seed {tour.TRAINING.seed}: test loss\n")
    print("\n".join(tour.table(found.results)))
    print("\npictures: " + ", ".join(map(str, found.pictures)))
    return 0


def _print_result(result):
    source = result["data"]
    print(f"test loss {result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f} bits per dimension "
          f"({source['test_images']:,} test images of {source['name']})")
    layers = ", ".join(f"{kl:.4f}" for kl in result["parts"]["kl"])
    print(f"  reconstruction {result['parts']['reconstruction']:.4f}, KL of the latent layers {layers}")


def _checkpoint_and_data(options):
    state = TrainingState.load(options.checkpoint)
    name = options.data or state.settings.data["name"]
    with _progress("data") as report:
        return state, data.load(name, state.settings.model.size, options.data_dir, report)


def _columns(n):
    return min(n, max(8, int(np.ceil(np.sqrt(n)))))


@contextmanager
def _progress(label):
    progress = Progress(label)
    try:
        yield progress
    finally:
        progress.close()


@contextmanager
def _stop_on_signals():
    """Yields a function that says whether Ctrl-C or a termination was asked for; a second one acts at once."""
    asked = []

    def handle(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
    handlers = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InputError(f"{self.prog.removeprefix('minibnn').lstrip() or 'command line'}: {message}")


def _whole_number(least, most=10**9):
    def parse(text):
        if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
            wanted = f"of at least {least}" if most == 10**9 else f"from {least} to {most:,}"
            raise argparse.ArgumentTypeError(f"wanted a whole number {wanted}, got {text!r}")
        return int(text)
    return parse


def _real_number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a number, got {text!r}") from None


def _parser():
    parser = _Parser(prog="minibnn", description="Binary deep generative models in plain NumPy. "
                     "Without a command: the tour.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_checkpoint_commands(commands)
    check = commands.add_parser("gradcheck", help="check every hand-written gradient")
    check.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    check.set_defaults(command=_gradcheck)
    tour_command = commands.add_parser("tour", help="train three small VAEs on embedded images: 3 minutes at most")
    tour_command.add_argument("--out", type=Path, default=Path("runs/tour"), metavar="DIR")
    tour_command.add_argument("--keep", type=Path, metavar="DIR", help="write tour.png and tour.json there too")
    tour_command.set_defaults(command=_tour)
    return parser


def _add_train(commands):
    train = commands.add_parser("train", help="train a model").add_subparsers(metavar="MODEL", required=True)
    vae = train.add_parser("vae", help="a ResNet VAE", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    defaults = {field.name: field.default for field in fields(VAEConfig)}
    for name, text in MODEL_OPTIONS.items():
        vae.add_argument(f"--{name}", type=_whole_number(0), default=defaults[name], metavar="N", help=text)
    vae.add_argument("--binary-everywhere", action="store_true", help="binarise all layers: the ablation")
    _add_data_options(vae, default="leaves")
    vae.add_argument("--batch", type=_whole_number(1), default=TrainingConfig.batch, metavar="N",
                     help="images per step")
    length = vae.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help=f"updates (default: {DEFAULT_STEPS})")
    length.add_argument("--epochs", type=_whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help="passes over the training images, in place of --steps")
    vae.add_argument("--lr", type=_real_number, default=TrainingConfig.lr, help="learning rate of Adam")
    vae.add_argument("--decay", type=_real_number, default=TrainingConfig.decay,
                     help="last fraction of the steps, over which the rate falls to 0")
    vae.add_argument("--seed", type=_whole_number(0), default=0, metavar="N", help="of everything random")
    vae.add_argument("--out", type=Path, default=Path("runs/vae"), metavar="DIR", help="folder of the run")
    vae.add_argument("--resume", action="store_true", help="continue the run in --out")
    vae.set_defaults(command=_train_vae)


def _add_checkpoint_commands(commands):
    for name, command, text in (("evaluate", _evaluate, "the test loss of a checkpoint, over all test images"),
                                ("sample", _sample, "draw images from a checkpoint"),
                                ("reconstruct", _reconstruct, "test images and their reconstructions")):
        sub = commands.add_parser(name, help=text)
        sub.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a run's checkpoint.npz")
        sub.add_argument("--seed", type=_whole_number(0), default=run.EVALUATION_SEED if name == "evaluate" else 0,
                         metavar="N", help="of the noise (default %(default)s)")
        if name != "evaluate":
            sub.add_argument("--n", type=_whole_number(1, 10_000), default=64, metavar="N", help="images (default 64)")
            default = Path("samples.png" if name == "sample" else "reconstructions.png")
            sub.add_argument("--out", type=Path, default=default, metavar="FILE",
                             help="PNG to write (default %(default)s)")
        if name != "sample":
            _add_data_options(sub, default=None)
        sub.set_defaults(command=command)
        if name == "evaluate":
            sub.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
            sub.add_argument("--per-image", type=Path, metavar="FILE", help="write each image's loss there, as .npy")


def _add_data_options(parser, default):
    parser.add_argument("--data", choices=data.NAMES, default=default, help="data set"
                        + ("" if default else " (default: the one it was trained on)"))
    parser.add_argument("--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS,
                        help="folder with its files (default: $MINIBNN_DATA, else the cache folder)")
    parser.set_defaults(data_dir=None)


if __name__ == "__main__":
    sys.exit(main())
