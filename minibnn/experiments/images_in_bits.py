"""How many bits images take: one result of `compress`, and the table of those stored by `--check --json`."""

from ..files import read_json

SETS = {"cifar10-16": "CIFAR-10, 16 x 16", "leaves-16": "leaves, 16 x 16", "leaves-64": "leaves, 64 x 64",
        "drawings": "drawings"}
MODELS = "vae-1-1", "vae-1-32"
WIDTH = 10


def measures(result):
    """The lengths in a result of `compress`, in bits per dimension: dict of words -> number."""
    values, rest = result["values"], result["values"] - result["start_values"]
    bits = {"this file": 8 * result["bytes"] / values}
    if rest > 0:
        bits |= {"this file without its start": 8 * (result["bytes"] - result["start_values"]) / rest,
                 "the bound, without the start": result["bound_bits"] / rest}
    bits |= {name: 8 * size / values for name, size in result["other_bytes"].items()}
    return bits | {"the model, once for all files": 8 * result["model_bytes"] / values}


def load(folder):
    """The recorded results: dict of (set, model) -> what `compress --json` wrote."""
    return {(name, model): read_json(folder / f"{name}-{model}.json") for name in SETS for model in MODELS}


def lines(results):
    """The table: a column for each set of images and each model, in bits per dimension."""
    columns = {key: measures(result) for key, result in results.items()}
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    names.append(names.pop(names.index("the model, once for all files")))
    width = max(map(len, names))

    def row(title, cells):
        return f"{title:<{width}}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)
    yield " " * width + "".join(f"{title:>{WIDTH * len(MODELS)}}" for title in SETS.values())
    yield row("", [model for _, model in results])
    yield row("images", [f"{result['images']:,}" for result in results.values()])
    for name in names:
        yield row(name, [f"{column[name]:.3f}" if name in column else "-" for column in columns.values()])
    for i, name in enumerate(["ms an image", "ms an image, back"]):
        yield row(name, [f"{1000 * result['seconds'][i] / result['images']:,.0f}" for result in results.values()])
