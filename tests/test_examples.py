"""What the documentation shows is what comes out: doctests, the README, the examples."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

import klasternet

HOUSE = Path(klasternet.__file__).parent
ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
INDONESIAN = ROOT / "README.id.md"
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(klasternet.__path__, "klasternet.")
    if ".data" not in module.name and not module.name.endswith("__main__")
)


@pytest.fixture(autouse=True)
def no_windows():
    matplotlib.use("Agg")
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_tell_the_truth(name):
    module = importlib.import_module(name)
    known = {"np": np, "pd": pd, "kn": klasternet}
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    said = io.StringIO()
    failed = 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    for test in doctest.DocTestFinder().find(module, extraglobs=known):
        failed += runner.run(test, out=said.write).failed
    assert not failed, said.getvalue()


def test_every_public_function_has_an_example():
    without = []
    for name in klasternet.__all__:
        thing = getattr(klasternet, name)
        ours = getattr(thing, "__module__", "").startswith("klasternet")
        plain = isinstance(thing, type) and issubclass(thing, Exception | Warning)
        if callable(thing) and ours and not plain and ">>>" not in (thing.__doc__ or ""):
            without.append(name)
    # Told where they are used.
    elsewhere = {"detector", "layout", "null_model", "quality", "tie_rule"}
    results = {name for name in without if isinstance(getattr(klasternet, name), type)}
    assert sorted(set(without) - elsewhere - results) == []
    assert not results & {"Clusters", "FlowNetwork", "IOTable"}  # results are told by their verbs


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


NAMES: dict = {}  # what earlier pieces of the README leave to later ones


def told(path=README):
    """Each piece of code of a README with its output, run one after another."""
    pairs = re.findall(
        r"```python\n(.*?)```\s*```text\n(.*?)```", path.read_text("utf-8"), re.DOTALL
    )
    assert len(pairs) == len(blocks(path, "python")) == len(blocks(path, "text"))
    return pairs


def printed(code, names=NAMES):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), names)
    return "\n".join(line.rstrip() for line in said.getvalue().strip().split("\n")) + "\n"


def test_the_readme_shows_what_its_code_prints():
    for code, shown in told():
        assert shown == printed(code), "python tests/test_examples.py writes the output anew"


def test_the_readme_has_the_two_commands():
    commands = [block.strip() for block in blocks(README, "sh")]
    assert "pip install . && python -m klasternet" in commands
    assert 'pip install ".[test]" && pytest' in commands


def test_the_indonesian_readme_is_its_twin():
    """The same commands, code and outputs, which run above; its own piece runs here."""
    assert blocks(INDONESIAN, "sh") == blocks(README, "sh")
    ours = told(INDONESIAN)
    assert [pair for pair in ours if pair in told()] == told()
    texts = [page.read_text("utf-8") for page in (README, INDONESIAN)]
    headings = [re.findall(r"^## ", text, re.MULTILINE) for text in texts]
    assert len(headings[1]) == len(headings[0]) + 1  # a chapter on what is in Indonesian
    # What it claims is what is claimed in English: numbers and proofs, row by row.
    rows = [
        [line for line in text.split("\n") if line.startswith("|") and "](" in line]
        for text in texts
    ]
    assert len(rows[0]) == len(rows[1]) > 5
    for english, indonesian in zip(*rows, strict=True):
        assert re.findall(r"\]\(([^)]+)\)", english) == re.findall(r"\]\(([^)]+)\)", indonesian)
        numbers = re.findall(r"(?<![\w-])\d[\d.,]*\b", re.sub(r"\(\S*\)", "", english))
        swapped = [number.translate(str.maketrans(",.", ".,")) for number in numbers]
        assert swapped == re.findall(r"(?<![\w-])\d[\d.,]*\b", re.sub(r"\(\S*\)", "", indonesian))


def test_the_indonesian_readme_shows_what_its_code_prints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = [pair for pair in told(INDONESIAN) if pair not in told()]
    assert len(own) == 1
    for code, shown in own:
        assert shown == printed(code, {}), "python tests/test_examples.py writes the output anew"
    assert (tmp_path / "matriks.pdf").stat().st_size > 10_000


@pytest.mark.parametrize(
    "path",
    ["README.md", "README.id.md", *(p.relative_to(ROOT) for p in ROOT.glob("docs/**/*.md"))],
    ids=str,
)
def test_links_in_the_documentation_lead_somewhere(path):
    page = ROOT / path
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_examples_run(path, tmp_path):
    if path.name.startswith("plot_") and "KLASTERNET_GALLERY" in os.environ:
        pytest.skip("the gallery, which is built beside the tests, runs it")
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": str(HOUSE.parent)}
    run = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    for line in run.stdout.split():
        assert (tmp_path / line).stat().st_size > 1000


if __name__ == "__main__":
    matplotlib.use("Agg")
    pages = {path: path.read_text(encoding="utf-8") for path in (README, INDONESIAN)}
    pairs = [(pair, NAMES) for pair in told()]
    pairs += [(pair, {}) for pair in told(INDONESIAN) if pair[0] not in dict(told())]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for (code, _), names in pairs:
            anew = printed(code, names)
            for path, text in pages.items():
                code_and = f"{code}```\n\n```text\n"
                pages[path] = re.sub(
                    re.escape(code_and) + r".*?```",
                    lambda _, anew=anew, code_and=code_and: f"{code_and}{anew}```",
                    text,
                    flags=re.DOTALL,
                )
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    ax = klasternet.draw_network(NAMES["clusters"], width="2col", seed=0)
    picture = ROOT / "docs" / "_static" / "network.png"
    ax.figure.savefig(picture, dpi=140, metadata={"Software": None})
