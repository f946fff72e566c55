"""Work on several cores: threads that each take a part of a batch, and one thread of BLAS for each of them.

NumPy releases the interpreter's lock in its loops and in matrix products, so threads do work side by side.
Several threads of BLAS inside every product, the usual default, gain less: each product waits for its slowest
part, and everything between the products stays on one core.
"""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np


def available():
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory():
    """The bytes of this machine's memory, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


class Team:
    """Threads that do the same work on different parts of a batch.

    Results do not depend on how the threads are scheduled: the parts are fixed, and results are in the order of
    the parts. Use it in a `with`: inside, each thread of the team has one thread of BLAS. Outside, the parts are
    computed one after the other.
    """

    def __init__(self, threads):
        self.threads = threads
        self._pool = None

    def __enter__(self):
        self._blas = blas_threads(1)
        self._blas.__enter__()
        if self.threads > 1:
            self._pool = ThreadPoolExecutor(self.threads)
        return self

    def __exit__(self, *error):
        if self._pool:
            self._pool.shutdown()
            self._pool = None
        self._blas.__exit__(*error)

    def map(self, function, *arguments):
        """[function(*first arguments), function(*second arguments), ...], as the built-in map pairs them."""
        return list((self._pool.map if self._pool else map)(function, *arguments))

    def parts(self, images):
        """Slices that divide `images` images among the team."""
        return parts_of(images, self.threads)


def parts_of(images, number):
    """Slices that divide `images` images into `number` parts as equal as possible, fewer if there are fewer images."""
    edges = np.linspace(0, images, min(number, images) + 1).astype(int)
    return [slice(*edge) for edge in pairwise(edges)]


_asked = []              # the numbers of all open `blas_threads`, the latest last; before them the original number
_asking = Lock()


@contextmanager
def blas_threads(number):
    """Inside, each matrix product uses `number` threads, if NumPy's BLAS is its own OpenBLAS.

    Several may be open at a time, and end in any order. The latest that is still open decides; when none is open any
    more, the original number is restored.
    """
    get, set_to = (_openblas(f"{name}_num_threads") for name in ("get", "set"))
    if not get or not set_to:                                       # another BLAS: it keeps its own number
        yield
        return
    asked = [number]                                                # a list, so that `is` tells it from an equal number
    with _asking:
        if not _asked:
            _asked.append([get()])
        _asked.append(asked)
        set_to(number)
    try:
        yield
    finally:
        with _asking:
            _asked[:] = [other for other in _asked if other is not asked]
            set_to(_asked[-1][0])
            if len(_asked) == 1:
                _asked.clear()


def blas_kernels():
    """The name of the processor for which OpenBLAS chose its kernels, such as "Haswell"; None if not known."""
    name = _openblas("get_corename")
    if not name:
        return None
    name.restype = ctypes.c_char_p
    return name().decode()


@cache
def _openblas(function):
    """A function of the OpenBLAS that came with NumPy, or None."""
    folder = Path(np.__file__).parent
    for path in (*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")):
        library = ctypes.CDLL(str(path))                            # already loaded: this only finds it again
        for name in (f"scipy_openblas_{function}64_", f"openblas_{function}64_", f"openblas_{function}"):
            if hasattr(library, name):
                return getattr(library, name)
    return None
