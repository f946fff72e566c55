"""Refuse to write over a file that the command reads, or over the files of a run; write images."""

import os
from pathlib import Path

from ...archives import write_array
from ...files import InputError, atomic_write, require_writable
from ...training.run_files import RUN_FILES, holds_run


def require_outputs(outputs, *read):
    """Check before any work that every output can be written.

    outputs:   dict option -> path, or None where the option was not given
    read:      paths of the files that the command reads
    Raises:    InputError
    """
    given = {option: path for option, path in outputs.items() if path}
    places = {}
    for option, path in given.items():
        require_writable(path, *read)
        place = Path(os.path.realpath(path))
        if place.name in RUN_FILES and holds_run(place.parent):
            raise InputError(f"{path}: wanted a file to write outside of the run in {path.parent}, got one of its own")
        if place in places and (place.is_file() or not place.exists()):
            raise InputError(f"{places[place]} and {option}: wanted two files, got {path} for both")
        places[place] = option


def save_images(path, images, draw):
    """Write images, (N, S, S, 3) uint8, as an array if `path` ends in .npy, else as a picture by `draw(path)`.

    Returns:   whether a picture was written
    """
    if path.suffix.lower() != ".npy":
        draw(path)
        return True
    with atomic_write(path) as file:
        write_array(file, images)
    return False
