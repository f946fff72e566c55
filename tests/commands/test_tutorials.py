"""Running lessons: what goes wrong with one is one sentence that names the cell."""

import nbformat
import pytest

from minibnn.__main__ import main
from minibnn.commands import tutorials
from minibnn.files import InputError

HEAD = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '


def _write(folder, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, folder / "00_broken.ipynb")
    return folder / "00_broken.ipynb"


@pytest.mark.slow
@pytest.mark.parametrize("source, message", [
    ("1 / 0", "cell 2 of 3 failed: ZeroDivisionError: division by zero"),
    ("import warnings; warnings.warn('old')", "cell 2 of 3 failed: UserWarning: old"),
    ("import os; os._exit(1)", "cell 2 of 3: its Python process died")])
def test_a_cell_that_fails_is_named_and_the_file_is_left(tmp_path, capsys, source, message):
    path = _write(tmp_path, "print(1)", source, "print(3)")
    before = path.read_bytes()
    assert main(["tutorials", "--folder", str(tmp_path)]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("minibnn: ")]
    assert line == f"minibnn: {path}: {message}" and path.read_bytes() == before


@pytest.mark.slow
def test_an_interrupted_lesson_is_an_interrupted_command(tmp_path, capsys):
    _write(tmp_path, "raise KeyboardInterrupt")
    assert main(["tutorials", "--folder", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("minibnn: interrupted\n")


def test_what_is_no_notebook_is_said_before_anything_runs(tmp_path, capsys, monkeypatch):
    _write(tmp_path, "print(1)")
    (tmp_path / "01_other.ipynb").write_text("[]")
    monkeypatch.setattr(tutorials, "run", None)
    assert main(["tutorials", "--folder", str(tmp_path)]) == 2
    assert "01_other.ipynb: wanted a notebook, cannot be read: " in capsys.readouterr().err


@pytest.mark.slow
def test_what_a_cell_prints_is_one_text_however_the_kernel_sends_it(tmp_path):
    path = _write(tmp_path, "import time; print(1, flush=True); time.sleep(0.5); print(2)")
    [cell] = tutorials.run(path).cells
    assert [output.text for output in cell.outputs] == ["1\n2\n"] and cell.execution_count == 1


@pytest.mark.parametrize("text", ["{", "[]", HEAD + "7}", HEAD + '[{"cell_type": "code", "id": "a", "metadata": {}, '
                                  '"outputs": [], "execution_count": null, "source": 7}]}'])
def test_what_is_no_notebook_is_refused(tmp_path, text):
    (tmp_path / "00_a.ipynb").write_text(text)
    with pytest.raises(InputError, match=r"00_a\.ipynb: wanted a notebook, cannot be read: "):
        tutorials.read(tmp_path / "00_a.ipynb")
