"""The images that a command uses a trained model on."""

from pathlib import Path

from ... import data
from ...data.photographs import SUFFIXES
from ...files import InputError
from ...progress import Progress
from .outputs import require_outputs


def data_of(settings, options, outputs):
    """The data set that the options name, or that the model was trained on; no output may overwrite its files.

    settings:  of the model;  outputs: as in `require_outputs`
    Raises:    InputError
    """
    name = options.data or settings.data["name"].removesuffix(data.HELD_OUT)
    if name == data.FROM_PYTHON:
        raise InputError("data: the model was trained on images that were given in Python; wanted --data PATH with "
                         "images, got none")
    require_outputs(outputs, *data.files(name, options.data_dir))
    _require_outside(name, outputs)
    with Progress("data") as report:
        if options.data:
            return data.load(options.data, settings.model.size, options.data_dir, report)
        return data.load_described(settings.data, settings.model.size, options.data_dir, report)


def _require_outside(name, outputs):
    """Refuse a picture in a folder of photographs, where it would become one of them.    Raises: InputError"""
    if name not in data.NAMES and Path(name).expanduser().is_dir():
        folder = Path(name).expanduser().resolve()
        for option, path in outputs.items():
            if path and path.suffix.lower() in SUFFIXES and path.resolve().is_relative_to(folder):
                raise InputError(f"{option}: wanted a picture outside of the folder of photographs {name}, got {path}")


def print_other_images(settings, found):
    """Say so if a data set of the same name has other images than those that the model was trained and tested on."""
    known = settings.data
    if found["name"] == known["name"] and found["fingerprint"] != known["fingerprint"]:
        print(f"  these are not the images of the model's own run: {found['train_images']:,} training and "
              f"{found['test_images']:,} test images of {found['name']} here, {known['train_images']:,} and "
              f"{known['test_images']:,} there, or different pixels")
