"""What notebooks and terminals show: compact, whole, and every name escaped."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet import repetition

NASTY = "R&D <script>alert('x')</script> \"a\""


class Outline(HTMLParser):
    """Tags in the order they open, all closed again; and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"


@pytest.fixture(scope="module")
def things():
    W = np.array([[0, 9.0, 1, 0], [8, 0, 0, 1], [1, 0, 0, 5], [0, 1, 4, 0]])
    names = [NASTY, "steel", "milk", "cheese"]
    flows = pd.DataFrame(W, names, names)
    table = kn.IOTable(flows, output=flows.sum(axis=1) + 20, unit="<unit>", name="a & b")
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.Clusters.from_labels(network, [0, 0, 1, -1])
    certificate = kn.certify(kn.detect(network, measure="flow", resolution=1, seed=0))
    return table, network, clusters, certificate


def test_every_text_is_escaped_and_every_tag_closed(things):
    for thing in things:
        page = thing._repr_html_()
        outline = Outline(page)
        assert set(outline.tags) <= {"div", "p", "table", "tr", "th", "td"}, type(thing)
        assert "<script" not in page and "<unit>" not in page
    assert NASTY in Outline(things[2]._repr_html_()).text


def test_notebook_and_terminal_tell_the_same(things):
    table, network, clusters, certificate = things
    for thing, text in ((table, repr(table)), (network, str(network)), (clusters, str(clusters))):
        told = re.sub(r"\s+", "", Outline(thing._repr_html_()).text)
        for line in text.splitlines():
            for piece in re.split(r"\s{2,}", line.strip()):
                if piece != "cluster" and not piece.endswith("flow  share"):
                    assert re.sub(r"\s+", "", piece) in told, piece
    told = Outline(certificate._repr_html_()).text
    assert "proven optimal" in told and f"{certificate.value:.6g}" in told


def test_reprs_are_compact():
    network, labels = kn.datasets.planted(300, 60, seed=0)
    page = kn.Clusters.from_labels(network, labels)._repr_html_()
    assert len(page) < 60_000 and page.count("<tr") == 41  # a head and 40 clusters
    assert "and 20 more clusters" in page


def test_a_progress_bar_is_the_notebooks_own(monkeypatch):
    """Where a kernel runs, tqdm.auto's bar is taken, which is a widget there."""
    made = []

    class Bar:
        n = 0

        def __init__(self, total, desc):
            made.append((total, desc))

        def update(self, done):
            self.n += done

        def close(self):
            made.append(self.n)

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    assert repetition.repeat(lambda rng, k: k, 3, 0, progress=True, label="draws") == [0, 1, 2]
    assert made == [(3, "draws"), 3]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not repetition.watched()
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    assert repetition.watched()


def test_tqdm_auto_takes_the_widget_in_a_notebook():
    """tqdm's own choice, in a process that looks like a kernel with widgets."""
    code = (
        "import sys, types\n"
        "class ZMQInteractiveShell:\n"
        "    config = {'IPKernelApp': {}}\n"  # by which tqdm 4.66 knows it
        "shell = ZMQInteractiveShell()\n"
        "for name in ('IPython', 'ipywidgets', 'IPython.display', 'ipykernel',\n"
        "             'ipykernel.zmqshell'):\n"
        "    sys.modules[name] = types.ModuleType(name)\n"
        "sys.modules['IPython'].get_ipython = lambda: shell\n"
        "sys.modules['ipywidgets'].__version__ = '8.0.0'\n"
        "for name in ('FloatProgress', 'IntProgress', 'HBox', 'HTML'):\n"
        "    setattr(sys.modules['ipywidgets'], name, object)\n"
        "sys.modules['IPython.display'].display = print\n"
        "import tqdm.auto, tqdm.notebook\n"
        "print(issubclass(tqdm.auto.tqdm, tqdm.notebook.tqdm_notebook))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True", run.stderr


def test_versions_are_shown(capsys):
    kn.show_versions()
    told = capsys.readouterr().out
    assert told.startswith(f"klasternet: {kn.__version__}\n")
    for name in ("numpy", "scipy", "pandas", "numba"):
        assert re.search(rf"^  {name} +{re.escape(version(name))}$", told, re.MULTILINE)
    assert re.search(r"^  pymrio .*\[mrio\]$", told, re.MULTILINE)
    assert "pytest" not in told  # what only developing needs
    assert re.search(r"^  cores +\d+, of which \d+ may be used$", told, re.MULTILINE)


def test_the_version_on_the_command_line():
    run = subprocess.run(
        [sys.executable, "-m", "klasternet", "--version"], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout.strip()) == (0, f"klasternet {kn.__version__}")
