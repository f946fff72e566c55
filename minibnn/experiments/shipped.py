"""The trained, packed models that come with the package."""

from pathlib import Path

from ..files import read_json
from ..training.inference import load_trained, sample
from . import figures

FOLDER = Path(__file__).parents[1] / "models"
NAMES = {"vae-1-32": "ResNet VAE 1 / 32", "vae-1-1": "ResNet VAE 1 / 1",
         "flow-1-32": "Flow++ 1 / 32", "flow-1-1": "Flow++ 1 / 1"}


def path_of(name):
    """The file of a shipped model, a packed one."""
    return FOLDER / f"{name}.npz"


def paths():
    """The files of all shipped models, and of the results of their training."""
    return [path_of(name).with_suffix(suffix) for name in NAMES for suffix in (".npz", ".json")]


def result_of(name):
    """The result.json of the run that trained a shipped model."""
    return read_json(FOLDER / f"{name}.json")


def save_samples(path, number, seed):
    """Draw `number` samples of each shipped model, a labelled row each, as PNG."""
    rows = {}
    for name, label in NAMES.items():
        _, model = load_trained(path_of(name))
        rows[label] = sample(model, number, seed)
    figures.save_samples(path, rows)


def lines():
    """What the shipped models are, as lines of text."""
    yield f"{'shipped model':<20}{'test bits/dim':>14}{'+-':>7}{'parameters':>12}{'binary':>8}{'file':>10}"
    for name, label in NAMES.items():
        result = result_of(name)
        binary = result["binary_parameters"] / result["parameters"]
        yield (f"{label:<20}{result['test_bpd']:>14.3f}{result['test_bpd_se']:>7.3f}{result['parameters']:>12,}"
               f"{binary:>8.1%}{path_of(name).stat().st_size / 1e3:>7.0f} kB")
