"""The tour: a small VAE and a small flow, each in 32 bits, with 1-bit weights, with 1-bit weights and activations."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..cores import available
from ..data import describe, load
from ..files import InputError, write_json, writing
from ..flowpp import FlowConfig
from ..models import samples
from ..pictures import figures
from ..resnet_vae import VAEConfig
from ..training.inference import sample
from ..training.run import train
from ..training.run_files import holds_run, read_log
from ..training.settings import Settings, TrainingConfig
from ..training.state import TrainingState

SIZE = 8
MODELS = {
    "ResNet VAE": (VAEConfig(size=SIZE, channels=32, layers=3, blocks=3, latents=4),
                   TrainingConfig(steps=350, lr=4e-3)),
    "Flow++": (FlowConfig(size=SIZE, channels=24, blocks=1, couplings=(1, 1, 1), dequantiser_couplings=1,
                          context_channels=8),
               TrainingConfig(steps=250, lr=4e-3)),
}
BITS = ((32, 32), (1, 32), (1, 1))
SAMPLES = 12
PICTURES = ("shipped.png", "curves.png", "samples.png")


@dataclass(frozen=True)
class Tour:
    """What the tour found: a result (as in result.json) for each model and label, and the pictures it wrote."""

    results: dict
    pictures: list
    trained: int                       # how many of the models were trained now; the others were there already


def run_tour(out, keep=None, report=None, stop=lambda: False):
    """Draw samples of the shipped models; train six models on dead leaves; draw curves and samples of them.

    Complete runs in `out` are used as they are; incomplete ones continue.
    keep:      another folder, for tour.png (curves and samples side by side) and tour.json (the results)
    report, stop: as in `training.run.train`
    """
    out = Path(out)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    figures.save_samples(out / PICTURES[0], samples(SAMPLES, seed=0))
    dataset = load("leaves", SIZE)
    data = describe(dataset)
    results, panels, rows, trained = {}, {}, {"test images": dataset.test[:SAMPLES]}, 0
    for name, (config, training) in MODELS.items():
        results[name], panels[name] = {}, {}
        for weights, activations in BITS:
            label = f"{weights} / {activations}"
            settings = Settings(replace(config, weights=weights, activations=activations),
                                replace(training, threads=available()), data)
            folder = out / f"{settings.kind}-{weights}-{activations}"
            trained += not (folder / "result.json").exists()
            results[name][label] = train(settings, dataset, folder, resume=holds_run(folder),
                                         command="python -m minibnn",
                                         report=_labelled(report, f"{name} {label} bit"), stop=stop)
            log = read_log(folder / "log.jsonl")
            if not log:
                raise InputError(f"{folder}: wanted the log of its training in log.jsonl, got none: remove the folder, "
                                 "and the command trains the model again")
            panels[name][label] = [entry["step"] for entry in log], [entry["train_bpd"] for entry in log]
            model = TrainingState.load(folder / "checkpoint.npz").model
            rows[f"{name} {label}"] = sample(model, SAMPLES, seed=0)
    pictures = [out / name for name in PICTURES]
    figures.save_curves(pictures[1], panels)
    figures.save_samples(pictures[2], rows)
    if keep:
        pictures.append(Path(keep) / "tour.png")
        figures.save_curves_and_samples(pictures[-1], panels, rows)
        write_json(Path(keep) / "tour.json", results)
    return Tour(results, pictures, trained)


def _labelled(report, label):
    return report and (lambda done, total, text: report(done, total, f"{label}: {text}"))


def table(results):
    """The tour's results as lines of text: bits per dimension, parameters, % binary, memory."""
    lines = [f"{'model':<12}{'weights / activations':<22}{'bits/dim':>9}{'+-':>7}{'parameters':>12}{'binary':>9}"
             f"{'memory':>10}"]
    for name, rows in results.items():
        for label, r in rows.items():
            binary = r["binary_parameters"] / r["parameters"]
            lines.append(f"{name:<12}{label + ' bit':<22}{r['test_bpd']:>9.3f}{r['test_bpd_se']:>7.3f}"
                         f"{r['parameters']:>12,}{binary:>9.1%}{r['bytes'] / 1e3:>7.0f} kB")
    return lines
