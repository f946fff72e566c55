"""train: train a ResNet VAE or a Flow++, in a folder of its own."""

import argparse
from dataclasses import fields, replace
from pathlib import Path

from .. import data
from ..configs import NORMALISATIONS
from ..files import InputError
from ..flowpp import FlowConfig
from ..progress import Progress
from ..resnet_vae import VAEConfig
from ..training import run, run_files
from ..training.inference import load_trained
from ..training.settings import DEFAULT_STEPS, KINDS, Settings, TrainingConfig
from ..training.start import STARTS, fingerprint
from .shared.options import add_data, add_threads, model, path, real_number, whole_number
from .shared.results import print_result
from .shared.signals import stop_on_signals

COMMON_OPTIONS = {
    "size": "rows and columns of an image: 8, 16 or 32",
    "channels": "channels of the hidden layers",
    "weights": "bits of the residual blocks' weights: 32 or 1",
    "activations": "bits of their activations: 32 or 1",
}
VAE_OPTIONS = {
    "layers": "latent layers",
    "latents": "channels of each latent layer",
    "blocks": "residual blocks on the way up, and as many on the way down; 0 together with --nproc 0 gives the "
              "paper's model without residual blocks",
    "nproc": "5x5 residual blocks next to the image, each way; 0 for none",
}
FLOW_OPTIONS = {
    "blocks": "residual blocks of each coupling; 0 together with --dequantiser-blocks 0 gives the paper's model "
              "without residual blocks",
    "mixture": "logistic components of each coupling",
    "dequantiser-couplings": "couplings of the dequantiser",
    "dequantiser-blocks": "residual blocks of each coupling in the dequantiser; 0 for none",
    "context-channels": "channels of the dequantiser's context network",
}
_DEFAULTS = argparse.ArgumentDefaultsHelpFormatter
FILES = f"""\
A run writes {', '.join(run_files.RUN_FILES)} into --out; per_image.npy is the loss of each test image. It repeats
bit for bit on one machine. If it is stopped by Ctrl-C or killed, the same command with --resume continues it and gives
exactly the same model; only the seconds in its log differ. With --resume and more --steps a run becomes longer and
gives exactly the model of the longer run, if its learning rate has not begun to fall: use --decay 0 for a run that you
may want to make longer. The exit status is 2 for bad input. It is 3 if training diverged: the loss was not a finite
number, or most updates were skipped because their gradients were too long."""


def add_to(commands):
    """Add the command and its options to the parser."""
    kinds = commands.add_parser("train", help="train a ResNet VAE or a Flow++").add_subparsers(metavar="MODEL",
                                                                                              required=True)
    vae = kinds.add_parser("vae", help="a ResNet VAE: 5 minutes without options", epilog=FILES,
                           formatter_class=_DEFAULTS)
    _add_model_options(vae, VAEConfig, COMMON_OPTIONS | VAE_OPTIONS)
    vae.add_argument("--binary-everywhere", action="store_true",
                     help="binarise all layers: the ablation of Figure 3 (d)")
    _add_training_options(vae, "vae")
    flow = kinds.add_parser("flow", help="a Flow++: 5 minutes without options", epilog=FILES,
                            formatter_class=_DEFAULTS)
    _add_model_options(flow, FlowConfig, COMMON_OPTIONS | FLOW_OPTIONS)
    flow.add_argument("--couplings", type=whole_number(0), nargs=3, default=FlowConfig.couplings, metavar="N",
                      help="couplings on stripes of the image, on channels and on stripes of the squeezed image")
    flow.add_argument("--dropout", type=real_number, default=FlowConfig.dropout,
                      help="fraction dropped in residual blocks of 32-bit weights, in training")
    flow.add_argument("--binary-context", action="store_true", help="binarise the context network's blocks too")
    _add_training_options(flow, "flow")


def _add_model_options(parser, config, options):
    defaults = {field.name: field.default for field in fields(config)}
    for name, text in options.items():
        parser.add_argument(f"--{name}", type=whole_number(0), default=defaults[name.replace("-", "_")], metavar="N",
                            help=text)


def _add_training_options(parser, kind):
    # The defaults of options without one are set before them, so that help does not show None.
    parser.set_defaults(validation=None, start_from=None, start=None)
    parser.add_argument("--normalisation", choices=NORMALISATIONS, default="weight",
                        help="normalisation of the blocks' binary convolutions. weight is the paper's; batch trains on "
                             "one thread, and is folded into gains and biases after the last step")
    add_data(parser, default="leaves")
    parser.add_argument("--validation", type=whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help="train without the last N training images and evaluate on these, not on the test images, "
                             "to choose settings")
    parser.add_argument("--batch", type=whole_number(1), default=TrainingConfig.batch, metavar="N",
                        help="images per step")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help=f"updates (default: {DEFAULT_STEPS[kind]})")
    length.add_argument("--epochs", type=whole_number(1), metavar="N", default=argparse.SUPPRESS,
                        help="passes over the training images, in place of --steps")
    parser.add_argument("--lr", type=real_number, default=TrainingConfig.lr, help="learning rate of Adam")
    parser.add_argument("--decay", type=real_number, default=TrainingConfig.decay,
                        help="final fraction of the steps, over which the rate falls to 0")
    parser.add_argument("--warmup", type=whole_number(0), default=TrainingConfig.warmup, metavar="N",
                        help="number of steps at the start, over which the rate rises")
    parser.add_argument("--start-from", type=model, metavar="MODEL", default=argparse.SUPPRESS,
                        help="take the latent weights from this trained 32-bit model (Appendix D)")
    parser.add_argument("--start", choices=STARTS[1:], default=argparse.SUPPRESS,
                        help=f"how to copy the latent weights (default: {STARTS[1]}); standardised: centred and "
                             "scaled to a deviation of 0.05")
    parser.add_argument("--latent-rate", type=real_number, default=TrainingConfig.latent_rate, metavar="FACTOR",
                        help="factor of the learning rate for latent weights")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="seed of everything random")
    parser.add_argument("--evaluations", type=whole_number(0), default=0, metavar="N",
                        help="number of times that the test loss is logged during training")
    add_threads(parser)
    parser.add_argument("--out", type=path, default=Path("runs", kind), metavar="DIR", help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.set_defaults(execute=execute, kind=kind)


def execute(options, command):
    """Train a model in a folder of its own.    Returns: the exit status"""
    config_of, _ = KINDS[options.kind]
    config = config_of(**{field.name: getattr(options, field.name) for field in fields(config_of)})
    config.require_memory(options.threads)
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
    written = _written(options.out)
    with Progress("train") as report, stop_on_signals() as stop:
        result = run.train(settings, dataset, options.out, resume=options.resume, command=command, source=source,
                           evaluations=options.evaluations, report=report, stop=stop)
    if written and written == _written(options.out):
        print(f"{options.out}: the run is complete")
    print_result(result)
    print(f"written to {options.out}: " + ", ".join(run_files.RUN_FILES))
    return 0


def _written(out):
    """The time when the result of the run in a folder was written; None if there is none."""
    path = out / "result.json"
    return path.stat().st_mtime_ns if path.exists() else None


def _source(options):
    """The trained model that the latent weights start from, or None."""
    if not options.start_from:
        if options.start:
            raise InputError(f"--start: wanted --start-from with it, got {options.start} alone")
        return None
    settings, source = load_trained(options.start_from)
    if (settings.model.weights, options.weights) != (32, 1):
        raise InputError(f"--start-from: wanted a 32-bit model and --weights 1, got a {settings.model.weights}-bit "
                         f"model and --weights {options.weights}")
    return source
