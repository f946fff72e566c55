"""The options of the command line."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

from . import cores, data
from .configs import NORMALISATIONS
from .experiments.table1.rows import ROWS
from .files import InputError
from .flowpp import FlowConfig
from .resnet_vae import VAEConfig
from .training.run import EVALUATION_SEED
from .training.settings import TrainingConfig
from .training.start import STARTS

COMMON_OPTIONS = {
    "size": "rows and columns of an image: 8, 16 or 32",
    "channels": "channels of the hidden layers",
    "weights": "bits of the residual blocks' weights: 32 or 1",
    "activations": "bits of their activations: 32 or 1",
}
VAE_OPTIONS = {
    "layers": "latent layers",
    "latents": "channels of each latent layer",
    "blocks": "residual blocks on the way up, and again down; 0 for none",
    "nproc": "5x5 residual blocks at the image's end, each way; 0 for none",
}
FLOW_OPTIONS = {
    "blocks": "residual blocks of each coupling; 0 for none",
    "mixture": "logistic components of each coupling",
    "dequantiser-couplings": "couplings of the dequantiser",
    "dequantiser-blocks": "residual blocks of each coupling in the dequantiser; 0 for none",
    "context-channels": "channels of the dequantiser's context network",
}
DEFAULT_STEPS = {"vae": 2500, "flow": 3000}


def parser():
    """The parser of the whole command line; `command` of what it parses names the command."""
    whole = _Parser(prog="minibnn", description="Binary deep generative models in plain NumPy. "
                     "Without a command: the tour.")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_checkpoint_commands(commands)
    pack = commands.add_parser("pack", help="write a trained model for inference: binary weights as one bit each")
    pack.add_argument("checkpoint", type=_path, metavar="CHECKPOINT", help="a run's checkpoint.npz")
    pack.add_argument("--out", type=_path, required=True, metavar="MODEL", help="file to write")
    pack.set_defaults(command="pack")
    ledger = commands.add_parser("ledger", help="parameters, bytes and multiply-adds of a model, layer by layer")
    what = ledger.add_mutually_exclusive_group()
    what.add_argument("model", type=_path, metavar="MODEL", nargs="?",
                      help="a checkpoint or packed model (default: the four that come with minibnn)")
    what.add_argument("--paper-scale", action="store_true", help="the models of Table 1, beside the paper's numbers")
    ledger.set_defaults(command="ledger")
    check = commands.add_parser("gradcheck", help="check every hand-written gradient")
    check.add_argument("names", nargs="*", metavar="NAME", help="only these, as the list names them (default: all)")
    check.add_argument("--json", type=_path, metavar="FILE", help="write the results there too")
    check.set_defaults(command="gradcheck")
    bench = commands.add_parser("bench", help="how fast the library is on this machine: 2 minutes")
    bench.add_argument("--json", type=_path, metavar="FILE", help="write the measurements there too")
    bench.add_argument("--plot", type=_path, metavar="FILE", help="draw them, as PNG")
    _add_threads(bench)
    bench.set_defaults(command="bench")
    _add_table(commands)
    _add_figures(commands)
    _add_tutorials(commands)
    tour_command = commands.add_parser("tour", help="train small VAEs and flows on embedded images: 3 minutes at most")
    tour_command.add_argument("--out", type=_path, default=Path("runs/tour"), metavar="DIR")
    tour_command.add_argument("--keep", type=_path, metavar="DIR", help="write tour.png and tour.json there too")
    tour_command.set_defaults(command="tour")
    return whole


def _add_figures(commands):
    drawn = commands.add_parser("figures", help="draw the figures of Table 1's results, and what needs no training")
    drawn.add_argument("--results", type=_path, default=Path("figures/results"), metavar="DIR",
                       help="what table1 wrote (default %(default)s)")
    drawn.add_argument("--out", type=_path, default=Path("figures"), metavar="DIR",
                       help="folder to write to (default %(default)s)")
    drawn.set_defaults(command="figures")


def _add_tutorials(commands):
    tutorials = commands.add_parser("tutorials", help="run all lessons again and save their outputs")
    tutorials.add_argument("--folder", type=_path, default=Path("tutorials"), metavar="DIR",
                           help="where the notebooks are (default %(default)s)")
    tutorials.set_defaults(command="tutorials")


def _add_table(commands):
    table = commands.add_parser("table1", help="Table 1 in miniature: train what is missing, print all rows")
    table.add_argument("--yes", action="store_true", help="begin, however many hours it takes, without a question")
    table.add_argument("--quick", action="store_true", help="a coarse table on embedded images: 6 to 10 minutes")
    table.add_argument("--jobs", type=_whole_number(1, 1000), default=cores.available(), metavar="N",
                       help="runs at a time, on one thread each (default %(default)s, the cores of this machine)")
    table.add_argument("--seeds", type=_whole_number(1, 1000), metavar="N",
                       help="runs of each row, with the seeds 0 to N - 1 (default 3; 1 with --quick)")
    table.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], metavar="ROW",
                       help="train these only, such as vae-base-1-1 flow-none-32-32 (default: every row)")
    table.set_defaults(data_dir=None)
    table.add_argument("--data-dir", type=_path, metavar="DIR", default=argparse.SUPPRESS,
                       help="folder with CIFAR-10's files (default: $MINIBNN_DATA, else the cache folder)")
    table.add_argument("--out", type=_path, metavar="DIR", help="folder of the results, where a finished run is not "
                       "run again (default: figures/results; runs/table1-quick with --quick)")
    table.set_defaults(command="table1")


def _add_train(commands):
    train = commands.add_parser("train", help="train a model").add_subparsers(metavar="MODEL", required=True)
    vae = train.add_parser("vae", help="a ResNet VAE", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    _add_model_options(vae, VAEConfig, COMMON_OPTIONS | VAE_OPTIONS)
    vae.add_argument("--binary-everywhere", action="store_true", help="binarise all layers: the ablation")
    _add_training_options(vae, "vae")
    flow = train.add_parser("flow", help="a Flow++", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    _add_model_options(flow, FlowConfig, COMMON_OPTIONS | FLOW_OPTIONS)
    flow.add_argument("--couplings", type=_whole_number(0), nargs=3, default=FlowConfig.couplings, metavar="N",
                      help="couplings on stripes of the image, on channels and on stripes of the squeezed image")
    flow.add_argument("--dropout", type=_real_number, default=FlowConfig.dropout,
                      help="fraction dropped in residual blocks of 32-bit weights, in training")
    flow.add_argument("--binary-context", action="store_true", help="binarise the context network's blocks too")
    _add_training_options(flow, "flow")


def _add_model_options(sub, config, options):
    defaults = {field.name: field.default for field in fields(config)}
    for name, text in options.items():
        sub.add_argument(f"--{name}", type=_whole_number(0), default=defaults[name.replace("-", "_")], metavar="N",
                         help=text)


def _add_training_options(sub, kind):
    sub.add_argument("--normalisation", choices=NORMALISATIONS, default="weight",
                     help="of the blocks' binary convolutions: weight is the paper's")
    _add_data_options(sub, default="leaves")
    sub.set_defaults(validation=None)                               # before the option: so help does not show None
    sub.add_argument("--validation", type=_whole_number(1), metavar="N", default=argparse.SUPPRESS,
                     help="train without the last N training images and evaluate on these, not on the test images")
    sub.add_argument("--batch", type=_whole_number(1), default=TrainingConfig.batch, metavar="N",
                     help="images per step")
    length = sub.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help=f"updates (default: {DEFAULT_STEPS[kind]})")
    length.add_argument("--epochs", type=_whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help="passes over the training images, in place of --steps")
    sub.add_argument("--lr", type=_real_number, default=TrainingConfig.lr, help="learning rate of Adam")
    sub.add_argument("--decay", type=_real_number, default=TrainingConfig.decay,
                     help="last fraction of the steps, over which the rate falls to 0")
    sub.add_argument("--warmup", type=_whole_number(0), default=TrainingConfig.warmup, metavar="N",
                     help="first steps, over which the rate rises")
    sub.set_defaults(start_from=None)
    sub.add_argument("--start-from", type=_path, metavar="CHECKPOINT", default=argparse.SUPPRESS,
                     help="take the latent weights from this trained 32-bit model")
    sub.set_defaults(start=None)
    sub.add_argument("--start", choices=STARTS[1:], default=argparse.SUPPRESS,
                     help=f"how they are taken (default: {STARTS[1]}); standardised: centred and scaled to a deviation "
                          "of 0.05")
    sub.add_argument("--latent-rate", type=_real_number, default=TrainingConfig.latent_rate, metavar="FACTOR",
                     help="factor of the learning rate for latent weights")
    sub.add_argument("--seed", type=_whole_number(0), default=0, metavar="N", help="of everything random")
    sub.add_argument("--evaluations", type=_whole_number(0), default=0, metavar="N",
                     help="times on the way that the log gets the test loss")
    _add_threads(sub)
    sub.add_argument("--out", type=_path, default=Path("runs", kind), metavar="DIR", help="folder of the run")
    sub.add_argument("--resume", action="store_true", help="continue the run in --out")
    sub.set_defaults(command=f"train {kind}", kind=kind)


def _add_checkpoint_commands(commands):
    for name, text in (("evaluate", "the test loss of a checkpoint, over all test images"),
                       ("sample", "draw images from a checkpoint"),
                       ("reconstruct", "test images and the VAE's reconstructions")):
        sub = commands.add_parser(name, help=text)
        sub.add_argument("checkpoint", type=_path, metavar="CHECKPOINT", nargs="?" if name == "sample" else None,
                         help="a run's checkpoint.npz, or a packed model"
                              + (" (default: the four models that come with minibnn)" if name == "sample" else ""))
        sub.add_argument("--seed", type=_whole_number(0), default=EVALUATION_SEED if name == "evaluate" else 0,
                         metavar="N", help="of the noise (default %(default)s)")
        if name != "evaluate":
            sub.add_argument("--n", type=_whole_number(1, 10_000), metavar="N",
                             help="images (default 64; 16 of each of the four)" if name == "sample"
                             else "images (default 64)")
            default = Path("samples.png" if name == "sample" else "reconstructions.png")
            sub.add_argument("--out", type=_path, default=default, metavar="FILE",
                             help="PNG to write (default %(default)s)")
        if name != "sample":
            _add_data_options(sub, default=None)
        sub.set_defaults(command=name)
        if name == "evaluate":
            _add_threads(sub)
            sub.add_argument("--json", type=_path, metavar="FILE", help="write the result there")
            sub.add_argument("--per-image", type=_path, metavar="FILE", help="write each image's loss there, as .npy")


def _add_threads(parser):
    parser.add_argument("--threads", type=_whole_number(1, 1000), default=cores.available(), metavar="N",
                        help="parts of a batch that are worked on at the same time (default %(default)s, the cores "
                             "of this machine)")


def _add_data_options(parser, default):
    parser.add_argument("--data", choices=data.NAMES, default=default, help="data set"
                        + ("" if default else " (default: the one it was trained on)"))
    parser.set_defaults(data_dir=None)                              # before the option: so help does not show None
    parser.add_argument("--data-dir", type=_path, metavar="DIR", default=argparse.SUPPRESS,
                        help="folder with its files (default: $MINIBNN_DATA, else the cache folder)")


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args=None, namespace=None):
        for argument in args or ():
            if re.fullmatch("--.*=--", argument):                   # argparse takes the value away
                self.error(f"{argument.removesuffix('=--')}: wanted a value, got '--'")
        return super().parse_known_args(args, namespace)

    def error(self, message):
        raise InputError(f"{self.prog.removeprefix('minibnn').lstrip() or 'command line'}: {message}")


def _whole_number(least, most=10**9):
    def parse(text):
        whole = text.isascii() and text.isdigit() and len(text) < 1000
        if not whole or not least <= int(text) <= most:
            too_large = whole and int(text) > most
            wanted = f"from {least} to {most:,}" if too_large or most < 10**9 else f"of at least {least}"
            raise argparse.ArgumentTypeError(f"wanted a whole number {wanted}, got {text!r}")
        return int(text)
    return parse


def _path(text):
    if not text:
        raise argparse.ArgumentTypeError("wanted a file or a folder, got an empty text")
    return Path(text)


def _real_number(text):
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a number, got {text!r}") from None
