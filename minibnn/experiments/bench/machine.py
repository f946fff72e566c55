"""The rate of the machine's matrix products, on one thread and on all, and with other kernels."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ...cores import Team, available

SIZE = 1024                                 # of the square matrices: large enough for BLAS to reach its best
CORETYPES = ("Haswell", "Zen", "SkylakeX")  # OpenBLAS's kernels for recent x86 processors: AVX2, AVX2, AVX-512
RATE_OF_ANOTHER = "from minibnn.experiments.bench import machine; print(machine.product_rate(1))"


def describe():
    """The processor and the cores that this process may use, in words."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:                                                 # no Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {available()} cores"


def describe_with_versions():
    """As `describe`, with the versions of Python and NumPy."""
    return f"{describe()}, Python {platform.python_version()}, NumPy {np.__version__}"


def median_seconds(function, seconds=0.5, least=5):
    """Median time of a call, over calls for about `seconds` seconds, at least `least`, after one to warm up."""
    return medians_in_turn({"": function}, seconds, least)[""]


def medians_in_turn(functions, seconds=1.5, least=5):
    """Median time of each function, called in turn, so that a slow moment of the machine slows all of them.

    functions: dict name -> function, result: dict name -> seconds
    """
    times = {name: [] for name in functions}
    for function in functions.values():
        function()
    rounds, begun = 0, time.perf_counter()
    while rounds < least or time.perf_counter() - begun < seconds:
        rounds += 1
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(taken)) for name, taken in times.items()}


def product_rate(threads, seconds=0.5):
    """GFLOP/s of float32 matrix products, `threads` of them side by side with one thread of BLAS each."""
    rng = np.random.default_rng(0)
    a, b = (rng.random((SIZE, SIZE), dtype=np.float32) for _ in range(2))
    results = [np.empty_like(a) for _ in range(threads)]
    with Team(threads) as team:
        taken = median_seconds(lambda: team.map(lambda c: np.matmul(a, b, out=c), results), seconds)
    return threads * 2 * SIZE**3 / taken / 1e9


def rates_of_other_kernels():
    """GFLOP/s on one thread with each OPENBLAS_CORETYPE, in a new process each; None where it cannot run."""
    return {name: _rate_of(name) for name in CORETYPES}


def _rate_of(coretype):
    done = subprocess.run([sys.executable, "-c", RATE_OF_ANOTHER], capture_output=True, encoding="utf-8", check=False,
                          env={**os.environ, "OPENBLAS_CORETYPE": coretype})
    return float(done.stdout) if done.returncode == 0 else None     # the processor may lack its instructions
