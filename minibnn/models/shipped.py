"""The trained, packed models that come with the package."""

from pathlib import Path

from ..files import read_json
from ..training.inference import load_trained, sample

FOLDER = Path(__file__).parent
NAMES = {"vae-1-32": "ResNet VAE 1 / 32", "vae-1-1": "ResNet VAE 1 / 1",
         "flow-1-32": "Flow++ 1 / 32", "flow-1-1": "Flow++ 1 / 1"}


def path_of(name):
    """The file of a shipped model, a packed one."""
    return FOLDER / f"{name}.npz"


def files():
    """The files of all shipped models, and of the results of their training."""
    return [path_of(name).with_suffix(suffix) for name in NAMES for suffix in (".npz", ".json")]


def result_of(name):
    """The result.json of the run that trained a shipped model."""
    return read_json(FOLDER / f"{name}.json")


def samples(number, seed):
    """Images drawn from each shipped model: dict label -> (number, 16, 16, 3) uint8."""
    return {label: sample(load_trained(path_of(name))[1], number, seed) for name, label in NAMES.items()}


def lines():
    """A table of the shipped models, as lines of text."""
    yield f"{'name':<11}{'shipped model':<20}{'test bits/dim':>14}{'+-':>7}{'parameters':>12}{'binary':>8}{'file':>10}"
    for name, label in NAMES.items():
        result = result_of(name)
        binary = result["binary_parameters"] / result["parameters"]
        yield (f"{name:<11}{label:<20}{result['test_bpd']:>14.3f}{result['test_bpd_se']:>7.3f}"
               f"{result['parameters']:>12,}{binary:>8.1%}{path_of(name).stat().st_size / 1e3:>7.0f} kB")
