"""The parser, the types of option values, and the options that several commands have."""

import argparse
import re
from pathlib import Path

from ... import cores, models
from ...files import InputError, did_you_mean

MODEL_HELP = ("a run's folder or its checkpoint.npz, a packed model, or a model that comes with minibnn: "
              + ", ".join(models.NAMES))
DATA_HELP = ("images: leaves (dead leaves, made here), cifar10, imagenet32, or a path: a folder of PNG and JPEG "
             "files, or a .npy or .npz file of (N, H, W, 3) uint8")


class Parser(argparse.ArgumentParser):
    """A parser that raises InputErrors, which name the command and suggest what was meant."""

    def add_subparsers(self, **settings):
        """As argparse, but the help of a command is also the first sentence of its own page of help."""
        commands = super().add_subparsers(**settings)
        add_parser = commands.add_parser

        def add_described_parser(name, help, **settings):
            return add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", **settings)
        commands.add_parser = add_described_parser
        return commands

    def parse_known_args(self, args=None, namespace=None):
        """As argparse, but `--option=--` has no value."""
        for argument in args or ():
            if re.fullmatch("--.*=--", argument):                   # argparse drops the value
                self.error(f"{argument.removesuffix('=--')}: wanted a value, got '--'")
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:                                                 # here the command is known
            options = [option for action in self._actions for option in action.option_strings]
            self.error(f"unrecognized arguments: {' '.join(unknown)}"
                       + did_you_mean(unknown[0].partition("=")[0], options))
        return known, unknown

    def error(self, message):
        """Raise InputError."""
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)$", message)
        if choice:
            message += did_you_mean(choice[1], re.findall(r"[^', ]+", choice[2]))
        raise InputError(f"{self.prog.removeprefix('minibnn').lstrip() or 'command line'}: {message}")


def whole_number(least, most=10**9):
    """A type for options: a whole number from `least` to `most`."""
    def parse(text):
        whole = text.isascii() and text.isdigit() and len(text) < 1000
        if not whole or not least <= int(text) <= most:
            too_large = whole and int(text) > most
            wanted = f"from {least} to {most:,}" if too_large or most < 10**9 else f"of at least {least}"
            raise argparse.ArgumentTypeError(f"wanted a whole number {wanted}, got {text!r}")
        return int(text)
    return parse


def real_number(text):
    """A type for options: a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a number, got {text!r}") from None


def path(text):
    """A type for options: a file or a folder."""
    if not text:
        raise argparse.ArgumentTypeError("wanted a file or a folder, got an empty text")
    return Path(text)


def output(*suffixes):
    """A type for options: a file to write; its suffix gives the format. A device or a pipe may have any suffix."""
    def parse(text):
        file = path(text)
        special = file.exists() and not file.is_file() and not file.is_dir()
        if file.suffix.lower() not in suffixes and not special:
            raise argparse.ArgumentTypeError(f"wanted a file name that ends in {' or '.join(suffixes)}, got {text}")
        return file
    return parse


def model(text):
    """A type for options: a trained model, given by its path, its run's folder or its name."""
    try:
        return models.file_of(path(text))
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_model(parser, **settings):
    """Add MODEL, in any form that `models.file_of` accepts.    settings: for add_argument"""
    parser.add_argument("model", type=model, metavar="MODEL", help=MODEL_HELP, **settings)


def add_threads(parser):
    """Add --threads."""
    parser.add_argument("--threads", type=whole_number(1, 1000), default=cores.available(), metavar="N",
                        help="parts of a batch that are computed at the same time (default %(default)s, the cores of "
                             "this machine); a run repeats bit for bit only with the same number")


def add_seed(parser, default=0):
    """Add --seed, of the noise."""
    parser.add_argument("--seed", type=whole_number(0), default=default, metavar="N",
                        help="seed of the noise (default %(default)s)")


def add_data(parser, default=None):
    """Add --data and --data-dir; without a default, --data is what the model was trained on."""
    parser.add_argument("--data", default=default, metavar="DATA", help=DATA_HELP
                        + ("" if default else " (default: what the model was trained on)"))
    add_data_dir(parser)


def add_data_dir(parser):
    """Add --data-dir."""
    parser.set_defaults(data_dir=None)                              # before the option: so help does not show None
    parser.add_argument("--data-dir", type=path, metavar="DIR", default=argparse.SUPPRESS,
                        help="folder with the files of cifar10 or imagenet32 (default: $MINIBNN_DATA, else "
                             "~/.cache/minibnn). Missing CIFAR-10 files are downloaded (170 MB), unless the folder "
                             "has cifar-10-binary.tar.gz. The files of ImageNet 32, train_data_batch_*.npz and "
                             "val_data.npz, need a registration at https://image-net.org")
