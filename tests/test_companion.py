"""The page for reading the code beside the paper: its rows lead somewhere, and its numbers have a source."""

import ast
import importlib
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import minibnn
from minibnn.experiments import ledger
from minibnn.experiments.table1 import choices, results, rows, table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "minibnn"
PAGE = (PACKAGE / "README.md").read_text()


def _rows(columns):
    """The rows below each heading of the page with these columns, as lists of cells."""
    found, inside = [], False
    for line in PAGE.splitlines():
        cells = line.strip("|").split("|")
        if line.startswith("|") and inside:
            found.append([cell.strip() for cell in cells])
        inside = line.startswith("|") and (inside or [cell.strip() for cell in cells] == columns)
    return [row for row in found if set(row[0]) != set("-")]


PLACES = _rows(["where", "what it states", "code", "test", "lesson", "what we found"])
DIFFERENCES = _rows(["what differs", "code", "why", "what it is worth"])


def _quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def _object(name):
    """What a dotted name relative to minibnn stands for: something in a module, or else a module."""
    found, path = minibnn, "minibnn"
    for part in name.split("."):
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


def _docstrings():
    """Name relative to minibnn and docstring of every module, class and function of the package that has one."""
    def walk(node, name):
        if ast.get_docstring(node):
            yield ".".join(name), ast.get_docstring(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
                yield from walk(child, [*name, child.name])
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").parts
        yield from walk(ast.parse(path.read_text()), [*(name[:-1] if name[-1] == "__init__" else name)])


def _places_in(text):
    """Sections, figures, tables and appendices of the paper that a text names, as {("section", "3.1"), ...}."""
    found = re.findall(r"\b([Ss]ection|Figure|Table|Appendix) ([A-D]\b|\d(?:\.\d)?)(?: and ([A-D]\b))?", text)
    return {(kind.lower(), place) for kind, *places in found for place in places if place}


def test_every_row_is_whole():
    assert len(PLACES) > 60 and len(DIFFERENCES) > 20
    for row in PLACES:
        assert len(row) == 6 and all(row) and _quoted(row[2]) and _quoted(row[3]), row
    for row in DIFFERENCES:
        assert len(row) == 4 and all(row) and _quoted(row[1]), row
    tables = [line for line in PAGE.splitlines() if line.startswith("|")]
    headings = sum(set(line) <= set("|- ") for line in tables)
    assert len(tables) == len(PLACES) + len(DIFFERENCES) + 2 * headings     # there is no other table


@pytest.mark.parametrize("row", PLACES, ids=lambda row: f"{row[0]}: {row[1][:40]}")
def test_code_test_and_lesson_of_a_row_exist(row):
    for name in _quoted(row[2]):
        assert "." in name and _object(name).__doc__, name
    for name in _quoted(row[3]):
        path, _, test = name.partition("::")
        assert re.search(rf"^def {test}\(", (ROOT / "tests" / path).read_text(), re.MULTILINE), name
    if row[4] != "-":
        number, lesson = re.fullmatch(r"\[(\d\d)\]\((\S+)\)", row[4]).groups()
        assert (PACKAGE / lesson).exists() and Path(lesson).name.startswith(number), lesson


EQUATIONS = [(int(equation), row) for row in PLACES for equation in re.findall(r"\((\d+)\)", row[0])]


def test_every_equation_has_a_row():
    assert {equation for equation, _ in EQUATIONS} == set(range(1, 15))


@pytest.mark.parametrize("equation, row", EQUATIONS, ids=lambda value: value if isinstance(value, int) else "")
def test_the_row_of_an_equation_is_true(equation, row):
    for name in _quoted(row[2]):
        assert _cites(_object(name).__doc__, equation), f"{name} does not cite Eq. ({equation})"
    [lesson] = re.findall(r"\]\(([^)]+)\)", row[4])
    assert rf"\\tag{{{equation}}}" in (PACKAGE / lesson).read_text()


def _cites(docstring, equation):
    for first, last in re.findall(r"\((\d+)\)(?:-\((\d+)\))?", docstring.split("Paper:")[1].split("Forward:")[0]):
        if int(first) <= equation <= int(last or first):
            return True
    return False


def test_every_place_of_the_paper_that_a_docstring_names_has_a_row():
    named = {place for _, text in _docstrings() for place in _places_in(re.sub(r"Source:.*", "", text))}
    assert {("section", "2.1"), ("figure", "1"), ("appendix", "D"), ("table", "1")} <= named
    assert named - _places_in("; ".join(row[0] for row in PLACES)) == set()


@pytest.mark.parametrize("place", ["Figure 1 (a)", "Figure 1 (b)", "Figure 1 (c)", "Figure 1 (d)", "Figure 2",
                                   "Figure 3", "Table 1", "Appendix B", "Appendix C", "Appendix D"])
def test_every_figure_table_and_appendix_has_a_row(place):
    assert any(row[0].startswith(place) for row in PLACES)


def test_differences_on_the_page_are_those_that_the_docstrings_name():
    """A line "Differs:" in a docstring for each row of its name, and a row for each such line."""
    told = Counter(name for name, text in _docstrings() for _ in re.findall(r"^ *Differs:", text, re.MULTILINE))
    listed = Counter(name for row in DIFFERENCES for name in _quoted(row[1]))
    assert told - listed == Counter(), "a docstring with Differs: that the page does not list"
    assert listed - told == Counter(), "a row whose docstring has no Differs:"


def test_every_differs_stands_in_a_docstring():
    """And at the beginning of a line: elsewhere the test above would not see it."""
    written = sum(path.read_text().count("Differs:") for path in PACKAGE.rglob("*.py"))
    assert written == sum(len(re.findall(r"^ *Differs:   \S", text, re.MULTILINE)) for _, text in _docstrings())


CODE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", CODE)
def test_the_code_on_the_page_runs(code):
    exec(compile(code, "minibnn/README.md", "exec"), {})


def test_the_estimator_on_the_page_is_checked():
    [example] = [code for code in CODE if "@surrogate" in code]
    with pytest.raises(AssertionError, match=r"array [01]: wanted a relative error of at most 1e-07, got"):
        exec(example.replace("2 - 2 * np.abs(a)", "2 - np.abs(a)"), {})


LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE)))
ANCHORS = {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
           for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}


@pytest.mark.parametrize("target", [target for target in LINKS if not target.startswith("https://")])
def test_a_link_of_the_page_leads_somewhere(target):
    path, _, anchor = target.partition("#")
    assert (PACKAGE / path).exists()
    assert path or anchor in ANCHORS


def test_pictures_have_a_text_for_those_who_cannot_see_them():
    pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", PAGE)
    assert [target for _, target in pictures] == [
        f"../figures/{name}.png" for name in ("sign", "figure1", "vae", "flow")]
    assert all(len(text) > 40 for text, _ in pictures)


@pytest.fixture(scope="module")
def trained():
    return results.load(ROOT / "figures" / "results")


def test_losses_on_the_page_are_those_of_the_results(trained):
    """Every "difference +- error" is one of Table 1 in miniature, and all of its order are there."""
    def with_error(line):
        mean, images, seeds = re.findall(r"-?\d\.\d{4}", line)
        return f"{mean} +- {max(images, seeds)}"
    order, memory, others = ([with_error(line) for line in list(lines)[1:]] for lines in (
        table.order_lines(trained), table.memory_lines(trained), table.comparison_lines(trained)))
    shown = re.findall(r"-?\d\.\d{4} \+- \d\.\d{4}", PAGE)
    assert set(order) <= set(shown) <= {*order, *memory, *others}
    steps = [found for place, *_, found in PLACES if place in ("Table 1, VAE", "Table 1, Flow++")]
    assert [any(step in found for found in steps) for step in order] == [True] * 6


def test_losses_on_held_out_images_are_those_of_the_recorded_runs():
    recorded = "\n".join(choices.lines(choices.load(ROOT / "figures" / "results" / "validation")))
    shown = re.findall(r"(?<![-\d])(?<!\+- )\d\.\d{4}(?!\d| \+-)", PAGE)
    assert len(shown) == 4 and all(f"  {loss} +- " in recorded for loss in shown), shown


def test_the_order_of_table_1_holds_in_the_results(trained):
    for kind in ("vae", "flow"):
        rows_in_order = [next(row for row in rows.ROWS if row[:4] == (kind, *key)) for key, _ in table.ORDER]
        for below, above in pairwise(rows_in_order):
            step = results.difference_of_rows(trained, below, above)
            assert step.mean > 0 and step.passes, (below.name, above.name)


@pytest.mark.slow
def test_sizes_on_the_page_are_those_of_the_models():
    lines = list(ledger.paper_scale())[2:2 + len(ledger.TABLE_1)]
    for line, (_, config, *_) in zip(lines, ledger.TABLE_1):
        percent, megabytes = re.search(r"(\d+\.\d%) .* (\d+\.\d) MB ", line).groups()
        assert f"{config.parameters:,} parameters, {percent} binary, {megabytes} MB" in PAGE, line


def test_the_speed_of_signs_is_the_recorded_one():
    recorded = json.loads((ROOT / "figures" / "bench.json").read_text())["signs"]
    pairs, xnor = ([shape[threads][f"{way}_speedup"] for shape in recorded for threads in ("one_thread", "all_threads")]
                   for way in ("pairs", "xnor"))
    assert (f"pairs of images run at {min(pairs):.2f} to {max(pairs):.2f} times the speed of the float convolution, "
            f"exclusive or at {min(xnor):.2f} to {max(xnor):.2f} times") in PAGE
