"""The notebooks: they run, their stored outputs are theirs, their links lead somewhere, their pictures have texts."""

import re
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

from minibnn.commands import tutorials
from minibnn.experiments.table1 import results, table, tightness

TUTORIALS = Path(__file__).parents[2] / "tutorials"
PATHS = tutorials.paths(TUTORIALS)
CONTENTS = (TUTORIALS / "README.md").read_text()
MOST_BYTES, MOST_CODE_LINES = 1_000_000, 150
NOTEBOOK = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def _text(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@NOTEBOOK
def test_stored_outputs_are_those_of_the_stored_source(path):
    notebook = tutorials.read(path)
    assert notebook.metadata.minibnn.sources == tutorials.fingerprint(notebook)
    cells = tutorials.code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert path.stat().st_size < MOST_BYTES
    outputs = [output for cell in cells for output in cell.outputs]
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)
    assert not any(first.output_type == second.output_type == "stream" for cell in cells
                   for first, second in pairwise(cell.outputs))     # where a kernel cuts its text is chance
    assert not re.search(r"/(home|tmp|work|root|Users)/", "".join(map(str, outputs)))


@NOTEBOOK
def test_every_picture_is_a_png_with_a_text_and_a_caption(path):
    notebook = tutorials.read(path)
    outputs = [output for cell in tutorials.code_cells(notebook) for output in cell.outputs if "data" in output]
    pictures = [output for output in outputs if "image/png" in output.data]
    assert not any({"text/html", tutorials.WIDGET} & output.data.keys() for output in outputs)     # viewers drop them
    texts = [picture.metadata["image/png"]["alt"] for picture in pictures]
    assert texts == [picture.data["text/plain"] for picture in pictures] and all(len(text) > 40 for text in texts)
    captions = re.findall(r"\*\*Figure (\d)\.\*\*", _text(notebook))
    assert captions == [str(i + 1) for i in range(len(pictures))] and 3 <= len(pictures) <= 6


@pytest.mark.slow
def test_a_page_of_a_lesson_has_the_texts_of_its_pictures():
    from nbconvert import HTMLExporter
    notebook = tutorials.read(PATHS[1])
    texts = [output.metadata["image/png"]["alt"] for cell in tutorials.code_cells(notebook)
             for output in cell.outputs if "image/png" in output.get("data", {})]
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)   # that of JupyterLab leaves them out
    found = re.findall(r'<img[^>]*alt="([^"]*)"', page)
    assert len(texts) >= 3 and [unescape(text) for text in found] == texts


@pytest.mark.slow
def test_a_page_of_a_lesson_shows_the_librarys_code_in_a_monospaced_font():
    from nbconvert import HTMLExporter
    notebook = tutorials.read(PATHS[1])
    shown = [output.data["text/plain"] for cell in tutorials.code_cells(notebook)
             for output in cell.outputs if "text/markdown" in output.get("data", {})]
    page, _ = HTMLExporter().from_notebook_node(notebook)           # its <pre> in an output has the font around it
    found = re.findall(r'<div style="font-family: monospace[^"]*">\s*<div class="highlight"><pre>(.*?)</pre>\s*</div>'
                       r"\s*</div>", page, re.DOTALL)
    assert shown and [unescape(re.sub("<[^>]*>", "", code)).strip() for code in found] == shown


@NOTEBOOK
def test_links_lead_somewhere_and_to_both_neighbours(path):
    text = _text(tutorials.read(path))
    targets = {target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    local = {target for target in targets if target and not target.startswith("https://")}
    assert all((TUTORIALS / target).exists() for target in local), local
    i = PATHS.index(path)
    assert {neighbour.name for neighbour in PATHS[max(0, i - 1):i + 2] if neighbour != path} | {"README.md"} <= local


def test_every_equation_is_owned_by_one_lesson_and_the_contents_name_it():
    owners = {}
    for path in PATHS:
        for equation in re.findall(r"\\tag\{(\d+)\}", _text(tutorials.read(path))):
            owners.setdefault(int(equation), []).append(path.name)
    assert owners.keys() == set(range(1, 15)) and all(len(names) == 1 for names in owners.values()), owners
    contents = {}
    for name, equations in re.findall(r"^\| \[[^]]*\]\((\S+)\) \| .* \| (.*) \| .* \|$", CONTENTS, re.MULTILINE):
        contents |= {int(equation): [name] for equation in re.findall(r"\((\d+)\)", equations)}
    assert contents == owners


def test_the_contents_link_every_lesson():
    assert re.findall(r"\]\((\d\d_\S+)\)", CONTENTS) == [path.name for path in PATHS]
    assert [path.name[:2] for path in PATHS] == [f"{i:02d}" for i in range(11)]
    for target in re.findall(r"\]\(([^)\s]+)\)", CONTENTS):
        assert (TUTORIALS / target).exists(), target


def test_lesson_09_shows_the_results_that_are_stored():
    found = results.load(TUTORIALS.parent / "figures" / "results")
    printed = "".join(output.get("text", "") for cell in tutorials.code_cells(tutorials.read(PATHS[9]))
                      for output in cell.outputs)
    bounds = tightness.load(TUTORIALS.parent / "figures" / "results" / "bounds")
    for lines in (table.lines(found), table.order_lines(found), table.memory_lines(found),
                  table.comparison_lines(found), tightness.lines(bounds)):
        assert "\n".join(lines) in printed
    assert max(map(len, printed.splitlines())) <= 100               # a narrow page shows the tables whole


@NOTEBOOK
def test_a_lesson_is_of_readable_length(path):
    notebook = tutorials.read(path)
    _, *cells = tutorials.code_cells(notebook)                      # the first has the imports
    code = [line for cell in cells for line in cell.source.splitlines() if line.strip()]
    words = len(re.sub(r"\$+[^$]*\$+|\|[^\n]*\||\([^)]*\.ipynb\)", " ", _text(notebook)).split())
    assert len(code) <= MOST_CODE_LINES and 900 <= words <= 1900, (len(code), words)


@NOTEBOOK
def test_lines_fit_a_narrow_page(path):
    """Of text, code and the library's code that a lesson shows; but for tables and the line of links at the top."""
    notebook = tutorials.read(path)
    lines = [line for cell in notebook.cells for line in cell.source.splitlines() if not line.startswith(("|", "["))]
    lines += [line for cell in tutorials.code_cells(notebook) for output in cell.outputs
              for line in output.get("data", {}).get("text/markdown", "").splitlines()]
    assert len(max(lines, key=len)) <= 100, max(lines, key=len)


@pytest.mark.slow
@NOTEBOOK
def test_a_lesson_runs_and_prints_what_is_stored(path):
    stored, now = (tutorials.printed(notebook) for notebook in (tutorials.read(path), tutorials.run(path)))
    assert [words for words, _ in now] == [words for words, _ in stored]
    for (words, numbers), (_, before) in zip(now, stored):
        assert numbers == pytest.approx(before, rel=0.05, abs=1e-6), words
