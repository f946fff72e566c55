"""Running lessons: what goes wrong with one is one sentence that names the cell."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

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


LESSONS = Path(__file__).parents[2] / "tutorials"
INSTALLED = any(distribution.name == "minibnn" for distribution in importlib.metadata.distributions())


@pytest.mark.slow
def test_a_slider_is_stored_as_a_still_picture(tmp_path):
    shutil.copytree(LESSONS / "checks", tmp_path / "checks")
    (tmp_path / "checks" / "checkout.txt").write_text(str(LESSONS.parent))
    path = _write(tmp_path, "from checks import sliders\nfrom minibnn.pictures.figures import Picture, new_figure\n"
                            "sliders(lambda mean: Picture(new_figure(1, 1), f'mean {mean}'), mean=(0, 1, 0.5, 0.5))")
    notebook = tutorials.run(path)
    [output] = notebook.cells[0].outputs
    assert output.data.keys() == {"image/png", "text/plain"} and output.metadata["image/png"]["alt"] == "mean 0.5"
    assert "widgets" not in notebook.metadata


def test_a_copy_of_the_lessons_is_whole_and_finds_the_package(tmp_path, capsys):
    new = tmp_path / "mine"
    assert main(["tutorials", "--folder", str(LESSONS), "--copy", str(new)]) == 0
    assert f"jupyter lab {new}" in capsys.readouterr().out
    assert {path.name for path in new.iterdir()} == {path.name for path in LESSONS.iterdir()} - {".ipynb_checkpoints"}
    (tmp_path / "elsewhere").mkdir()
    again = tmp_path / "elsewhere" / "again"                        # a copy of the copy
    assert main(["tutorials", "--folder", str(new), "--copy", str(again)]) == 0
    code = ("import checks, solutions.lesson_01 as s\n"
            "checks.check('01.1', s.SOLUTIONS['01.1']); print((checks.ROOT / 'figures' / 'results').is_dir())")
    done = subprocess.run([sys.executable, "-c", code], cwd=again, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("01.1: correct") and done.stdout.endswith("True\n")


def test_a_copy_goes_to_a_new_folder_outside(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("mine")
    assert main(["tutorials", "--folder", str(LESSONS), "--copy", str(tmp_path / "mine")]) == 2
    assert "wanted a folder that is new or empty, got one with files in it" in capsys.readouterr().err
    assert main(["tutorials", "--folder", str(LESSONS), "--copy", str(LESSONS / "mine")]) == 2
    assert "--copy: wanted a folder outside of" in capsys.readouterr().err and not (LESSONS / "mine").exists()


@pytest.mark.slow
@pytest.mark.parametrize("lesson, clone, message", [
    ("01", None, "ModuleNotFoundError: this lesson needs the folder `checks` beside it"),
    pytest.param("01", [], "ImportError: this lesson needs the package minibnn, installed or in ",
                 marks=pytest.mark.skipif(INSTALLED, reason="the package is installed")),
    ("09", ["minibnn"], "FileNotFoundError: this lesson needs the results in ")])
def test_a_lesson_alone_says_what_it_lacks(tmp_path, lesson, clone, message):
    [path] = LESSONS.glob(f"{lesson}_*.ipynb")
    notebook = tutorials.read(path)
    notebook.cells = [tutorials.code_cells(notebook)[0]]
    nbformat.write(notebook, tmp_path / path.name)
    if clone is not None:
        shutil.copytree(LESSONS / "checks", tmp_path / "checks")
        (tmp_path / "checks" / "checkout.txt").write_text(str(tmp_path))
        for name in clone:
            (tmp_path / name).symlink_to(LESSONS.parent / name)
    with pytest.raises(InputError, match=f"cell 1 of 1 failed: {message}"):
        tutorials.run(tmp_path / path.name)


@pytest.mark.slow
def test_a_lesson_finds_what_is_beside_it_where_python_does_not_look(tmp_path, monkeypatch):
    shutil.copytree(LESSONS / "checks", tmp_path / "checks")
    (tmp_path / "checks" / "checkout.txt").write_text(str(LESSONS.parent))
    [path] = LESSONS.glob("01_*.ipynb")
    notebook = tutorials.read(path)
    notebook.cells = [tutorials.code_cells(notebook)[0]]
    nbformat.write(notebook, tmp_path / path.name)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    assert tutorials.run(tmp_path / path.name).cells[0].outputs == []
