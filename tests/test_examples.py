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
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

import klasternet

HOUSE = Path(klasternet.__file__).parent
ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
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


def told():
    """Each piece of code of the README with its output, run one after another."""
    pairs = re.findall(
        r"```python\n(.*?)```\s*```text\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    assert len(pairs) == len(blocks(README, "python")) == len(blocks(README, "text"))
    return pairs


def printed(code):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), NAMES)
    return "\n".join(line.rstrip() for line in said.getvalue().strip().split("\n")) + "\n"


def test_the_readme_shows_what_its_code_prints():
    for code, shown in told():
        assert shown == printed(code), "python tests/test_examples.py writes the output anew"


def test_the_readme_has_the_two_commands():
    commands = [block.strip() for block in blocks(README, "sh")]
    assert "pip install . && python -m klasternet" in commands
    assert 'pip install ".[test]" && pytest' in commands


@pytest.mark.parametrize(
    "path", ["README.md", *(p.relative_to(ROOT) for p in ROOT.glob("docs/**/*.md"))], ids=str
)
def test_links_in_the_documentation_lead_somewhere(path):
    page = ROOT / path
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_examples_run(path, tmp_path):
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": str(HOUSE.parent)}
    run = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    for line in run.stdout.split():
        assert (tmp_path / line).stat().st_size > 1000


if __name__ == "__main__":
    matplotlib.use("Agg")
    text = README.read_text(encoding="utf-8")
    for code, shown in told():
        text = text.replace(shown, printed(code))
    README.write_text(text, encoding="utf-8", newline="\n")
