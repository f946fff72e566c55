"""The runs by which the table's settings were chosen: on held-out training images, never on the test images."""

import json
import re
from pathlib import Path

from ...files import InputError

COMMON = re.compile(r"python -m minibnn train \w+|--(?:data|validation|threads|out|evaluations) \S+"
                    r"|--start-from \S+/(\S+)/\S+")


def load(folder):
    """The result.json of each such run: dict name -> its contents, in the order of the names.

    Raises:    InputError if a file is damaged.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text())
            found[path.stem]["command"], float(found[path.stem]["test_bpd"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: wanted the result of a run, got {error!r}") from None
    return found


def lines(found):
    """Each run as a line of text: bits per dimension on the held-out images, model, options beside the common ones."""
    for result in sorted(found.values(), key=lambda result: (result["kind"] != "vae", result["test_bpd"])):
        options = " ".join(COMMON.sub(lambda match: f"--start-from {match[1]}" if match[1] else "",
                                      result["command"]).split())
        yield f"{result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f}  {result['kind']:<5}{options}"
