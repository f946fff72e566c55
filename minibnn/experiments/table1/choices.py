"""The runs by which the table's settings were chosen: on held-out training images, never on the test images."""

import re
from itertools import groupby
from pathlib import Path

from ...files import InputError, read_json, require_fields

COMMON = re.compile(r"python -m minibnn train \w+|--(?:data|validation|threads|out|evaluations|size|steps) \S+"
                    r"|--start-from \S+/(\S+)/\S+")


def load(folder):
    """The result.json of each such run: dict name -> its contents, in the order of the names.

    Raises:    InputError if a file is damaged.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.json")):
        result = read_json(path)
        try:
            require_fields(result, command=str, kind=str, model=dict, steps=int, test_bpd=float, test_bpd_se=float)
            require_fields(result["model"], size=int)
        except ValueError as error:
            raise InputError(f"{path}: wanted the result of a run, got something else: {error}") from None
        found[path.stem] = result
    return found


def lines(found):
    """Each run as a line of text: bits per dimension on the held-out images, model, options beside the common ones.

    Runs of one kind, image size and number of steps stand together, the best first.
    """
    def group(result):
        return result["kind"], result["model"]["size"], result["steps"]
    for (kind, size, steps), results in groupby(sorted(found.values(), key=lambda result: (
            *group(result), result["test_bpd"])), group):
        yield f"{kind}, {size} x {size} pixels, {steps:,} steps"
        for result in results:
            options = " ".join(COMMON.sub(lambda match: f"--start-from {match[1]}" if match[1] else "",
                                          result["command"]).split())
            yield f"  {result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f}  {options}"
