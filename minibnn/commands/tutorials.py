"""tutorials: run notebooks from top to bottom, and record to which sources their outputs belong."""

import hashlib
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from ..files import InputError, atomic_folder, atomic_write, read_bytes
from ..progress import Progress
from .shared.options import path
from .shared.outputs import require_outputs

CELL_SECONDS = 120
WIDGET = "application/vnd.jupyter.widget-view+json"                 # it needs a browser and a kernel
VARIES = "varies"        # tag of cells whose numbers differ from machine to machine, such as times
# Before and after a lesson: warnings are errors, and pictures do not depend on the user's matplotlibrc.
STRICT, LENIENT = ("import matplotlib, warnings\nmatplotlib.rcdefaults()\nwarnings.simplefilter('error')",
                   "warnings.resetwarnings()")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("tutorials", help="run all lessons again and save their outputs: 3 minutes")
    parser.add_argument("--folder", type=path, default=Path("tutorials"), metavar="DIR",
                        help="where the notebooks are (default %(default)s)")
    parser.add_argument("--copy", type=path, metavar="NEW", help="run nothing: copy the lessons into a new folder, to "
                        "solve their exercises there")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Run all lessons again, or copy them.    Returns: the exit status"""
    lessons = paths(options.folder)
    for lesson in lessons:
        read(lesson)
    if options.copy:
        copy(options.folder, options.copy)
        print(f"the lessons are in {options.copy}: jupyter lab {options.copy}")
        return 0
    require_outputs({str(lesson): lesson for lesson in lessons})
    for lesson in lessons:
        begun = time.monotonic()
        with Progress("tutorials") as report:
            save(lesson, run(lesson, report))
        print(f"{lesson}: {time.monotonic() - begun:.0f} seconds", flush=True)
    return 0


def copy(folder, new):
    """Copy a folder of lessons, with what they need beside them; the copy remembers where the package is.

    Raises:    InputError if `new` exists, or would be inside the folder.
    """
    if Path(folder).resolve() in Path(new).resolve().parents:
        raise InputError(f"--copy: wanted a folder outside of {folder}, got {new}")
    with atomic_folder(new) as part:
        shutil.copytree(folder, part, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        checkout = part / "checks" / "checkout.txt"
        if not checkout.exists():                                   # else the folder is a copy itself
            checkout.write_text(str(Path(folder).resolve().parent), encoding="utf-8")


def paths(folder):
    """The notebooks of a folder, in the order of the lessons.    Raises: InputError if there are none"""
    found = sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise InputError(f"{folder}: wanted the folder with the tutorials, got one without notebooks")
    return found


def run(path, report=None):
    """Run a notebook in its folder; warnings are errors.

    report:    called as report(cells done, all cells, text)
    Returns:   the notebook with its new outputs; its file does not change
    Raises:    InputError that names the cell that failed, or if the file is not a notebook or cannot be run;
               KeyboardInterrupt.
    """
    import nbclient

    notebook = read(path)
    total = len(notebook.cells)
    begun = []                                                      # indices of the cells that were begun, in order
    notebook.cells = [_cell(STRICT), *notebook.cells, _cell(LENIENT)]   # a kernel may warn at its own end

    def executing(cell, cell_index):
        begun.append(cell_index)
        if report:
            report(max(0, cell_index - 1), total, path.stem)
    client = nbclient.NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False,
                                     coalesce_streams=True,         # where a kernel cuts its text is random
                                     store_widget_state=False,
                                     resources={"metadata": {"path": str(path.parent)}}, on_cell_start=executing)
    with _failures(path, begun, total):
        client.execute(stderr=subprocess.DEVNULL,                   # of the kernel itself, not of the cells
                       env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})
    notebook.cells = notebook.cells[1:-1]
    for i, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = i
        cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", ())]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = i
    notebook.metadata.language_info = {"name": "python"}            # without this machine's version
    notebook.metadata.minibnn = {"sources": fingerprint(notebook)}
    return notebook


@contextmanager
def _failures(path, begun, total):
    """Turn a failure of the cell that was begun last into one sentence.    Raises: InputError"""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        yield
    except CellExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise KeyboardInterrupt from None
        said = " ".join(f"{error.ename}: {error.evalue}".split())
        raise InputError(f"{path}: cell {begun[-1]} of {total} failed: {said}") from None
    except CellTimeoutError:
        raise InputError(f"{path}: cell {begun[-1]} of {total}: wanted its end within {CELL_SECONDS} seconds, got none"
                         ) from None
    except DeadKernelError:
        raise InputError(f"{path}: cell {begun[-1]} of {total}: its Python process died") from None
    except NoSuchKernel as error:
        raise InputError(f"{path}: wanted an environment with jupyter's Python kernel, got none: {error}") from None


def read(path):
    """The notebook in a file.    Raises: InputError if it is not one, or jupyter is missing"""
    try:
        import nbformat
    except ImportError:
        raise InputError("wanted an environment with jupyter (pip install -r requirements.txt), got one without"
                         ) from None
    try:
        notebook = nbformat.reads(read_bytes(path).decode("utf-8"), as_version=4)
        nbformat.validate(notebook)
        return notebook
    except InputError:
        raise
    except Exception as error:                                      # nbformat raises what its parsers raise
        raise InputError(f"{path}: wanted a notebook, cannot be read: {' '.join(str(error).split())[:200]}") from None


def save(path, notebook):
    """Write a notebook."""
    import nbformat

    with atomic_write(path, "w") as file:
        nbformat.write(notebook, file)


def _cell(source):
    import nbformat

    return nbformat.v4.new_code_cell(source)


def code_cells(notebook):
    """The code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def fingerprint(notebook):
    """SHA-256, in hexadecimal, over the kinds and sources of all cells; the outputs belong to these."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        digest.update(f"{cell.cell_type}\0{cell.source}\0".encode())
    return digest.hexdigest()


def printed(notebook):
    """The text that each code cell printed or showed, without cells tagged as varying: list of (words, numbers).

    words: the text with # in the place of numbers, numbers: list of float
    """
    found = []
    for cell in code_cells(notebook):
        if VARIES not in cell.metadata.get("tags", []):
            text = "".join(output.get("text", "") or output.get("data", {}).get("text/markdown", "")
                           for output in cell.outputs)
            found.append((NUMBER.sub("#", text), [float(n.replace(",", "")) for n in NUMBER.findall(text)]))
    return found
