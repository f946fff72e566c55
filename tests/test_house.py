"""The house: who imports whom, what is imported at all, and a map of it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "minibnn"
README = (ROOT / "README.md").read_text()

# From the ground up: a module imports only from its own room and from those before it.
ROOMS = ["numerics", "differentiable", "cores", "parameter", "files", "archives", "configs", "progress", "ops",
         "binary", "blocks", "resnet_vae", "flowpp", "data", "training", "models", "compression", "gradcheck",
         "pictures", "experiments", "commands", "__main__"]
OUTSIDE = ("numpy", "matplotlib", "PIL",                            # PIL comes with matplotlib
           "nbclient", "nbformat", "jupyter_client")                # these come with jupyter
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"
                 or path.parent != PACKAGE)


def _imports(path):
    """Absolute names of everything that a module of the package imports."""
    folder = ("minibnn", *path.parts[:-1])
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*folder[:len(folder) - node.level + 1]] if node.level else []
            base += [node.module] if node.module else []
            yield from (".".join([*base, alias.name]) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_downwards_and_stay_inside(path):
    own = ROOMS.index(path.parts[0].removesuffix(".py"))
    for name in _imports(path):
        top, *rest = name.split(".")
        if top == "minibnn" and rest != ["__version__"]:
            assert ROOMS.index(rest[0]) <= own, f"{path} imports {name}"
        elif top != "minibnn":
            assert top in sys.stdlib_module_names or top in OUTSIDE, f"{path} imports {name}"


def test_an_installation_needs_the_same_versions_as_requirements_txt():
    project = (ROOT / "pyproject.toml").read_text()
    listed = {name: re.findall(r'"([^"]+)"', re.search(rf"^{name} = \[(.*)\]$", project, re.MULTILINE)[1])
              for name in ("dependencies", "lessons", "test")}
    assert {package for packages in listed.values() for package in packages} == {
        *(ROOT / "requirements.txt").read_text().split()}
    assert [re.match(r"\w+", package)[0] for package in listed["dependencies"]] == ["numpy", "matplotlib"]


def test_a_command_is_a_file():
    from minibnn.__main__ import COMMANDS
    files = {path.stem for path in (PACKAGE / "commands").glob("*.py")} - {"__init__"}
    assert sorted(command.__name__.rpartition(".")[2] for command in COMMANDS) == sorted(files)


def test_no_room_is_larger_than_a_sixth_of_the_library():
    lines = {room: sum(len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")
                       if path.relative_to(PACKAGE).parts[0].removesuffix(".py") == room) for room in ROOMS}
    assert max(lines.values()) < sum(lines.values()) / 6, lines


def test_importing_the_package_imports_nothing_heavy():
    code = "import minibnn, minibnn.__main__, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {"minibnn.resnet_vae.model", "minibnn.flowpp.model"} <= set(loaded.stdout.split())
    assert not {"matplotlib", "PIL", "IPython", "nbclient", "nbformat", "jupyter_client"} & set(loaded.stdout.split())


def test_every_folder_is_on_the_readme_map():
    found = README.partition("```\nminibnn/\n")[2].partition("```")[0]
    for room in ROOMS:
        assert room == "__main__" or re.search(rf"^  (?:.*  )?{room}(?:/|\.py)", found, re.MULTILINE), room
