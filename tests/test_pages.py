"""The pages: README and the one beside the figures tell the truth, and every page is reached by a link."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README, FIGURES = (ROOT / "README.md").read_text(), (ROOT / "figures" / "README.md").read_text()


def test_readme_is_short():
    assert len(README.encode()) <= 10_000


def test_the_table_in_the_readme_is_the_recorded_tour():
    from minibnn.experiments.tour import table
    recorded = json.loads((ROOT / "figures" / "tour.json").read_text())
    assert "\n".join(table(recorded)) in README


def test_the_finding_in_the_readme_is_that_of_the_results():
    from minibnn.experiments.table1 import results, table
    left_out = "all layers|batch norm|no normalisation|rate x|as widened|widest|Flow.*wider"
    lines = [line for line in table.lines(results.load(ROOT / "figures" / "results")) if not re.search(left_out, line)]
    assert "```\n" + "\n".join(lines) + "\n```" in README
    assert "0.023" in README and " 0.0231 " in FIGURES


def test_every_command_is_in_the_readme():
    from minibnn.__main__ import COMMANDS
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
        assert name == "tour" or f"\n| `{name}" in README, name


def test_the_speeds_are_the_recorded_ones():
    from minibnn.experiments.bench.report import lines
    recorded = json.loads((ROOT / "figures" / "bench.json").read_text())
    assert "\n".join(lines(recorded)) in FIGURES
    assert f"trains in {recorded['one_bit_step_ratio']:.2f} of a 32-bit one's time" in " ".join(README.split())


def test_the_lengths_of_images_are_the_recorded_ones():
    from minibnn.experiments.images_in_bits import MODELS, SETS, lines, load, measures
    folder = ROOT / "figures" / "compression"
    results = load(folder)
    assert "\n".join(lines(results)) in FIGURES
    assert {path.stem for path in folder.iterdir()} == {f"{name}-{model}" for name in SETS for model in MODELS}
    for result in results.values():
        _, arguments = result["command"].split("minibnn ", 1)
        assert f"{arguments.split(' --check')[0]} --check" in FIGURES
    cifar10 = measures(results["cifar10-16", "vae-1-1"])
    assert f"{cifar10['this file']:.2f} bits per dimension" in README
    assert f"PNG files take {cifar10['PNG, a file for each image']:.2f}" in README


def test_the_shipped_models_are_those_of_the_package():
    from minibnn.models import lines
    assert "\n".join(lines()) in FIGURES


def test_table_1_is_that_of_the_results():
    from minibnn.experiments.table1 import choices, results, table, tightness, times
    folder = ROOT / "figures" / "results"
    found, recorded = results.load(folder), json.loads((folder / "times.json").read_text())
    for lines in (table.lines(found), table.order_lines(found), table.comparison_lines(found),
                  table.memory_lines(found), table.rate_lines(found),
                  choices.lines(choices.load(folder / "validation")),
                  tightness.lines(tightness.load(folder / "bounds")), times.lines(recorded)):
        assert "\n" + "\n".join(lines) + "\n```" in FIGURES
    assert table.missing(folder) == []
    text = " ".join(FIGURES.split())
    assert recorded["command"] in text
    assert f"took {sum(result.values['seconds'] for result in found.values()) / 3600:.1f} hours of one core" in text


def test_the_bounds_are_measured_by_the_command_on_the_page():
    from minibnn.experiments.table1 import tightness
    shown = " ".join(FIGURES.replace("\\\n", " ").split())
    for row, bounds in tightness.load(ROOT / "figures" / "results" / "bounds").items():
        for draws, result in zip(tightness.DRAWS, bounds):
            names = {f"{row.name}-k{draws}": "ROW-kK", f"{row.name}-seed0": "ROW-seed0",
                     f"--samples {draws} ": "--samples K "}
            command = result.values["command"]
            for name, placeholder in names.items():
                command = command.replace(name, placeholder)
            assert command in shown


@pytest.mark.parametrize("name", ["figure2", "memory", "table1_samples"])
def test_the_figures_of_table_1_show_the_results(name):
    from PIL import Image

    from minibnn.experiments.table1 import results
    with Image.open(ROOT / "figures" / f"{name}.png") as picture:
        assert picture.text["Source"] == results.fingerprint(results.load(ROOT / "figures" / "results"))


@pytest.mark.parametrize("code", re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
def test_the_code_in_the_readme_runs(code, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minibnn.data.LEAVES_TRAIN", (100, 1))
    monkeypatch.setattr("minibnn.data.LEAVES_TEST", (100, 2))
    exec(compile(code.replace("steps=500", "steps=1, size=8, batch=4, blocks=1"), "README.md", "exec"), {})


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "figures" / "README.md"], ids=str)
def test_links_and_pictures_exist(page):
    for alt, target, anchor in re.findall(r"(!?\[[^]]*\])\(([^)#]*)(#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
        assert not alt.startswith("!") or len(alt) > 40, "a picture needs a text for those who cannot see it"
        if anchor:
            assert anchor in _anchors(page.parent / target if target else page), f"{target}{anchor}"


def _anchors(page):
    """The anchors of a page's headings, as viewers make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_readme():
    pages = {ROOT / "README.md"}
    for _ in range(3):
        pages |= {(page.parent / target).resolve() for page in pages
                  for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text())}
    hidden = [path for path in ROOT.rglob("*.md") if any(part[0] == "." for part in path.relative_to(ROOT).parts)]
    assert pages >= {*ROOT.rglob("*.md")} - {*hidden}
