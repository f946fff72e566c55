"""Commands about one model: train, evaluate, sample, reconstruct, pack."""

from dataclasses import fields, replace

import numpy as np

from .. import data
from ..archives import write_array
from ..cores import Team
from ..experiments import figures, shipped
from ..files import InputError, atomic_write, write_json
from ..options import DEFAULT_STEPS
from ..parameter import count
from ..progress import Progress
from ..training import run, run_files
from ..training.evaluate import evaluate
from ..training.inference import load_for_inference, load_trained, reconstruct, sample, save_model
from ..training.settings import KINDS, Settings, TrainingConfig
from ..training.start import STARTS, fingerprint
from .outputs import require_outputs
from .signals import stop_on_signals

SAMPLES, SAMPLES_OF_SHIPPED = 64, 16       # images, without --n


def train_command(options, command):
    """Train a model in a folder of its own.    Returns: the exit status"""
    config_of, _ = KINDS[options.kind]
    config = config_of(**{field.name: getattr(options, field.name) for field in fields(config_of)})
    config.require_memory(options.threads)
    source = _source(options)
    steps, epochs = getattr(options, "steps", DEFAULT_STEPS[options.kind]), getattr(options, "epochs", None)
    training = TrainingConfig(steps, options.batch, options.lr, options.decay, options.warmup,
                              latent_rate=options.latent_rate, seed=options.seed, threads=options.threads)
    if source:
        training = replace(training, start=options.start or STARTS[1], source=fingerprint(source))
    with Progress("data") as report:
        dataset = data.load(options.data, config.size, options.data_dir, report)
    if options.validation:
        dataset = data.hold_out(dataset, options.validation)
    if epochs:
        training = replace(training, steps=max(1, epochs * (len(dataset.train) // options.batch)))
    settings = Settings(config, training, data.describe(dataset))
    complete = options.resume and (options.out / "result.json").exists()
    with Progress("train") as report, stop_on_signals() as stop:
        result = run.train(settings, dataset, options.out, resume=options.resume, command=command, source=source,
                           evaluations=options.evaluations, report=report, stop=stop)
    if complete:
        print(f"{options.out}: the run is complete")
    _print_result(result)
    print(f"written to {options.out}: " + ", ".join(run_files.RUN_FILES))
    return 0


def _source(options):
    """The trained model from which latent weights are to start, None without."""
    if not options.start_from:
        if options.start:
            raise InputError(f"--start: wanted --start-from with it, got {options.start} alone")
        return None
    settings, source = load_trained(options.start_from)
    if (settings.model.weights, options.weights) != (32, 1):
        raise InputError(f"--start-from: wanted a 32-bit model to start one of 1-bit weights from, got one of "
                         f"{settings.model.weights} bit for one of {options.weights}")
    return source


def evaluate_command(options, command):
    """The test loss of a model over every test image.    Returns: the exit status"""
    outputs = {"--json": options.json, "--per-image": options.per_image}
    require_outputs(outputs, options.checkpoint)
    settings, model = load_trained(options.checkpoint)
    dataset = _data_of(settings, options, outputs)
    with Progress("evaluate") as report, Team(options.threads) as team:
        evaluation = evaluate(model, dataset.test, options.seed, team, report)
    result = {**evaluation.summary(), "data": data.describe(dataset), "seed": options.seed,
              "threads": options.threads, "command": command}
    if options.json:
        write_json(options.json, result)
    if options.per_image:
        with atomic_write(options.per_image) as file:
            write_array(file, evaluation.per_image)
    _print_result(result)
    _print_other_images(settings, result["data"])
    return 0


def sample_command(options, command):
    """A picture of samples.    Returns: the exit status"""
    require_outputs({"--out": options.out}, *([options.checkpoint] if options.checkpoint else shipped.paths()))
    if not options.checkpoint:
        shipped.save_samples(options.out, options.n or SAMPLES_OF_SHIPPED, options.seed)
        print("\n".join(shipped.lines()))
        print(f"samples of the shipped models written to {options.out}")
        return 0
    _, model = load_trained(options.checkpoint)
    number = options.n or SAMPLES
    with Progress("sample") as report:
        images = sample(model, number, options.seed, report)
    figures.save_image_grid(options.out, images, columns=_columns(number))
    print(f"{number} samples written to {options.out}")
    return 0


def reconstruct_command(options, command):
    """A picture of test images and a VAE's reconstructions.    Returns: the exit status"""
    outputs = {"--out": options.out}
    require_outputs(outputs, options.checkpoint)
    settings, model = load_trained(options.checkpoint)
    if settings.kind != "vae":
        raise InputError(f"{options.checkpoint}: wanted a ResNet VAE, got a {settings.kind}, whose exact "
                         "inverse leaves nothing to reconstruct")
    dataset = _data_of(settings, options, outputs)
    images = dataset.test[:options.n or SAMPLES]
    with Progress("reconstruct") as report:
        rebuilt = reconstruct(model, images, options.seed, report)
    columns = _columns(len(images))
    grid = figures.interleave_rows(images, rebuilt, columns)
    figures.save_image_grid(options.out, grid, columns)
    print(f"{len(images)} test images written to {options.out}, below each row its reconstructions")
    _print_other_images(settings, data.describe(dataset))
    return 0


def pack_command(options, command):
    """Write a trained model for inference.    Returns: the exit status"""
    require_outputs({"--out": options.out}, options.checkpoint)
    settings, model = load_for_inference(options.checkpoint)
    save_model(options.out, settings, model)
    counts = count(model)
    print(f"{counts['parameters']:,} parameters, {counts['binary_parameters']:,} of them binary, in "
          f"{options.out.stat().st_size:,} bytes ({4 * counts['parameters']:,} as 32-bit floats): {options.out}")
    return 0


def _print_result(result):
    source = result["data"]
    print(f"test loss {result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f} bits per dimension "
          f"({source['test_images']:,} test images of {source['name']})")
    print("  " + "; ".join(f"{name} {_numbers(part)}" for name, part in result["parts"].items()))
    if result.get("skipped"):
        print(f"  {result['skipped']:,} of {result['steps']:,} updates were skipped: their gradients were too long")


def _numbers(part):
    return ", ".join(f"{number:.4f}" for number in (part if isinstance(part, list) else [part]))


def _data_of(settings, options, outputs):
    """The data set that the options name, or that the model was trained on; its files are not to be written over."""
    name = options.data or settings.data["name"].removesuffix(data.HELD_OUT)
    require_outputs(outputs, *data.files(name, options.data_dir))
    with Progress("data") as report:
        if options.data:
            return data.load(options.data, settings.model.size, options.data_dir, report)
        return data.load_described(settings.data, settings.model.size, options.data_dir, report)


def _print_other_images(settings, found):
    """Say so if a data set of the same name has other images than those that the model was trained and tested on."""
    known = settings.data
    if found["name"] == known["name"] and found["fingerprint"] != known["fingerprint"]:
        print(f"  not the images of the model's own run: {found['train_images']:,} and {found['test_images']:,} of "
              f"{found['name']} here, {known['train_images']:,} and {known['test_images']:,} there, or others")


def _columns(n):
    return min(n, max(8, int(np.ceil(np.sqrt(n)))))
