"""Where a command may write, never over a file that it reads nor over the files of a run; and images written there."""

import os
from pathlib import Path

from ...archives import write_array
from ...files import InputError, atomic_write, require_writable
from ...training.run_files import RUN_FILES, holds_run


def require_outputs(outputs, *read):
    """Say before any work that a file cannot be written to.

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
    """Write images, (N, S, S, 3) uint8, as an array where `path` ends in .npy, or else the picture of `draw(path)`.

    Returns:   whether it is a picture
    """
    if path.suffix.lower() != ".npy":
        draw(path)
        return True
    with atomic_write(path) as file:
        write_array(file, images)
    return False
