"""Training steps: their rate, the parts of their time, their memory, and how time and memory grow."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...cores import Team
from ...flowpp import FlowConfig
from ...resnet_vae import VAEConfig
from ...training.replicas import Replicas
from ...training.settings import Settings, TrainingConfig
from ...training.state import TrainingState
from .convolution import counting
from .machine import median_seconds, medians_in_turn

BATCH = 64
VAE = VAEConfig(size=16, layers=6, channels=64, blocks=6, nproc=1, weights=1, activations=1)
FLOW = FlowConfig()
BASE = VAEConfig(size=16, layers=3, channels=64, blocks=3, nproc=1, weights=1, activations=1)
# What is doubled: the configuration, the factor of the batch, and the powers by which time and memory should grow.
GROWTH = {"batch": (BASE, 2, 1, 1), "image size": (replace(BASE, size=32), 1, 2, 2),
          "width": (replace(BASE, channels=128), 1, 2, 1),
          "depth": (replace(BASE, layers=6, blocks=6, nproc=2), 1, 1, 1)}
MEMORY_OF_A_STEP = """
from minibnn.experiments.bench.steps import FlowConfig, VAEConfig, memory_here
print(memory_here({config!r}, {batch}, {threads}))
"""


def binary(config):
    """The configuration with 1-bit weights and activations."""
    return replace(config, weights=1, activations=1)


class Stepper:
    """Training of a model on images of noise; each call is one step."""

    def __init__(self, config, batch, team):
        data = {"name": "noise", "train_images": batch, "test_images": 0, "fingerprint": ""}
        self.state = TrainingState(Settings(config, TrainingConfig(1, batch, threads=team.threads), data))
        self.replicas = Replicas(self.state.model, team)
        self.images = np.random.default_rng(0).integers(0, 256, (batch, config.size, config.size, 3)).astype(np.uint8)

    def __call__(self):
        self.state.step = 0
        self.state.train_step(self.images, self.replicas)


def step_shares(config, threads, batch=BATCH, seconds=3.0):
    """One training step: its seconds, GFLOP of convolution, and the shares of its time (which add to 1).

    Times of the threads at work are averaged. "python" is the time of a step with one image on one thread, without
    convolutions and optimiser: it does not grow with the number of images. "elementwise" is all the rest.
    """
    with Team(threads) as team:
        full = _profile(Stepper(config, batch, team), seconds)
    with Team(1) as team:
        least = _profile(Stepper(config, 1, team), seconds / 3)
    python = min(least["rest"], full["rest"])
    shares = {"convolution forward": full["forward"], "convolution backward": full["backward"],
              "elementwise": full["rest"] - python, "optimiser": full["optimiser"], "python": python}
    return {"seconds": full["median"], "images_per_second": batch / full["median"], "gflop": full["gflop"],
            "shares": {name: part / full["mean"] for name, part in shares.items()}}


def _profile(step, seconds):
    """Seconds of a step, median and mean; mean seconds of each kind of work in it; and its GFLOP."""
    updates, adam_update = [], step.state.adam.update

    def timed_update(*arguments):
        start = time.perf_counter()
        norm = adam_update(*arguments)
        updates.append(time.perf_counter() - start)
        return norm
    step()
    step.state.adam.update = timed_update
    times = []
    with counting() as counted:
        while len(times) < 5 or sum(times) < seconds:
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
    n, parts = len(times), step.replicas.parts(len(step.images))
    found = {"forward": sum(counted.forward) / parts / n, "backward": sum(counted.backward) / parts / n,
             "optimiser": sum(updates) / n}
    mean = sum(times) / n
    return {**found, "rest": mean - sum(found.values()), "mean": mean, "median": float(np.median(times)),
            "gflop": sum(counted.flop) / n / 1e9}


def seconds_by_precision(config, threads):
    """Seconds of a training step with 32-bit weights and activations, with 1-bit weights, and with both 1-bit.

    Returns:   dict "32 / 32", "1 / 32", "1 / 1" -> seconds; the configurations differ in nothing else
    """
    precisions = {f"{weights} / {activations}": replace(config, weights=weights, activations=activations)
                  for weights, activations in ((32, 32), (1, 32), (1, 1))}
    with Team(threads) as team:
        return medians_in_turn({name: Stepper(each, BATCH, team) for name, each in precisions.items()}, 4)


def peak_memory(config, batch, threads):
    """Peak memory of training steps in MB above the interpreter with its imports, in a new process."""
    script = MEMORY_OF_A_STEP.format(config=config, batch=batch, threads=threads)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    return float(done.stdout)


def memory_here(config, batch, threads):
    """Peak memory in MB of three steps in this process, above what it held before."""
    before = _peak_megabytes()
    with Team(threads) as team:
        step = Stepper(config, batch, team)
        for _ in range(3):
            step()
    return _peak_megabytes() - before


def _peak_megabytes():
    status = Path("/proc/self/status")
    if status.exists():                                             # getrusage would show the parent's peak
        return int(status.read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]) / 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def growth(threads, report):
    """How time and memory grow when one thing is doubled: exponents found and expected, for each thing.

    Returns:   dict name -> {"time": {"exponent", "expected"}, "memory": the same}
    """
    def measure(config, batch):
        with Team(threads) as team:
            return median_seconds(Stepper(config, batch, team), 1.5), peak_memory(config, batch, threads)
    base = measure(BASE, BATCH)
    found = {}
    for name, (config, times_batch, *expected) in GROWTH.items():
        report(f"{name} doubled")
        doubled = measure(config, BATCH * times_batch)
        found[name] = {what: {"exponent": float(np.log2(after / before)), "expected": power} for what, before, after,
                       power in zip(("time", "memory"), base, doubled, expected)}
    return found
