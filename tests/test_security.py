"""What a table from a stranger cannot do: run code, reach the network, speak in a spreadsheet."""

from __future__ import annotations

import ast
import csv
import io
import re
import socket
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from fuzzing import packing

import klasternet as kn
from klasternet import command
from klasternet.reporting import sheets

HOUSE = Path(kn.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
RUNS_CODE = {"eval", "exec", "compile", "__import__", "execfile"}
UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "subprocess", "code", "pty"}
METHODS = {"read_pickle", "to_pickle", "eval", "load_module", "mktemp"}
NETWORK = {"socket", "urllib", "http", "ftplib", "requests", "httpx", "aiohttp", "smtplib"}
FORMULAS = [
    '=HYPERLINK("http://x.example","mills")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "mills;=1+1;more",
    'quo"ted, =1+1',
    "＝1+1",
    "<script>alert(1)</script>",
]


def imported(tree: ast.AST) -> set[str]:
    """Packages that are imported."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found


def offences(source: str) -> list[str]:
    """What in a source could run code that a file brings."""
    tree = ast.parse(source)
    found = sorted(imported(tree) & UNSAFE)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            last = whole.rpartition(".")[2]
            if whole in RUNS_CODE or last in METHODS or whole in ("os.system", "os.popen"):
                found.append(whole)
            found += [word.arg for word in node.keywords if word.arg in ("allow_pickle", "shell")]
    return found


def test_no_code_is_run_that_a_file_brings():
    found = {path.name: offences(path.read_text(encoding="utf-8")) for path in FILES}
    assert len(found) > 100
    assert not {name: what for name, what in found.items() if what}
    for bad in ("import pickle", "eval('1')", "frame.eval('x')", "np.load(f, allow_pickle=True)"):
        assert offences(bad)


def test_only_what_is_told_to_fetch_may_reach_the_network():
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        if any(name in source for name in NETWORK):
            tree = ast.parse(source)
            if imported(tree) & NETWORK:
                defined = [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
                assert any(name.startswith("fetch_") for name in defined), path.name


@pytest.fixture
def cut_off(monkeypatch):
    """No name is looked up and no connection made."""

    def refuse(*_, **__):
        raise AssertionError("the network was reached for")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


def test_the_main_job_needs_no_network(cut_off, tmp_path, capsys):
    out = tmp_path / "study"
    assert command.main(["germany_1995", "--quiet", "--draws", "9", "--out", str(out)]) == 0
    assert (out / "report.html").is_file()


def test_no_address_in_a_file_or_for_a_path_is_followed(tmp_path):
    """A door stands open on this machine; nobody knocks, not even compiled code."""
    grid = [["", "farms", "mills"], ["farms", 1.0, 2.0], ["mills", 4.0, 5.0]]
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.setblocking(False)
        there = f"http://127.0.0.1:{door.getsockname()[1]}/table"
        for ending in ("csv", "csv.gz", "xlsx", "parquet"):
            for path in (f"{there}.{ending}", Path(f"{there}.{ending}")):
                with pytest.raises(kn.DataError, match="there is no file"):
                    kn.read_table(path)
        with pytest.raises(kn.DataError, match="no data frame"):
            kn.FlowNetwork.from_edges(f"{there}.parquet")
        asking = [list(row) for row in grid]
        asking[1][1] = packing.Formula(f'WEBSERVICE("{there}")', 1.0)
        parts = dict(packing.workbook_parts({"table": asking}))
        links = "xl/_rels/workbook.xml.rels"
        kind = f"{packing.REL}/externalLink"
        more = f'<Relationship Id="x" Type="{kind}" Target="{there}" TargetMode="External"/></Rel'
        parts[links] = parts[links].replace(b"</Rel", more.encode(), 1)
        path = tmp_path / "table.xlsx"
        path.write_bytes(packing.as_zip(parts.items()))
        assert kn.read_table(path).flows.loc["farms", "farms"] == 1
        sheet = "xl/worksheets/sheet1.xml"
        entity = f'?><!DOCTYPE x [<!ENTITY e SYSTEM "{there}">]>'.encode()
        parts[sheet] = parts[sheet].replace(b"?>", entity, 1)
        path.write_bytes(packing.as_zip(parts.items()))
        with pytest.raises(kn.DataError, match="document type"):
            kn.read_table(path)
        with pytest.raises(BlockingIOError):  # nobody waits to be let in
            door.accept()
        with socket.create_connection(door.getsockname()):
            door.accept()[0].close()  # who knocks is noticed


@pytest.mark.parametrize("delimiter", ",;\t|")
def test_a_spreadsheet_computes_nothing_in_a_report(delimiter):
    """However the country of the reader parts cells."""
    frame = pd.DataFrame(
        {"=name": FORMULAS, "sets": [(name, "=b") for name in FORMULAS], "x": -1.5},
        index=pd.Index(FORMULAS, name="@index"),
    )
    text = sheets.csv_text(frame)
    lines = io.StringIO(text, newline="") if delimiter == "," else text.splitlines()
    cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
    assert len(cells) >= len(FORMULAS)
    for cell in cells:
        begins = cell.strip()[:1] or " "
        assert begins not in "=+@＝" and (begins != "-" or float(cell)), cell


def test_a_reader_gets_the_names_back():
    frame = pd.DataFrame({"x": -1.5}, index=FORMULAS)
    rows = csv.reader(io.StringIO(sheets.csv_text(frame), newline=""))
    assert [re.sub(r"(^|[;|\t\r\n])'(?=\s*[=+\-@\t\r＝])", r"\1", row[0]) for row in rows] == [
        "",
        *FORMULAS,
    ]


def hostile() -> kn.FlowNetwork:
    flows = np.random.default_rng(0).lognormal(2, 1, (10, 10))
    names = [name.replace("\r", " ").replace("\t", " ") for name in FORMULAS]
    names[5] += " "  # told apart
    return kn.FlowNetwork.from_matrix(pd.DataFrame(flows, names, names), name="<b>x</b>")


def test_networks_go_out_and_come_back_under_their_names(tmp_path):
    """Files for programs are no spreadsheets: names stand in them as they are."""
    network = hostile()
    network.write(tmp_path / "edges.csv")
    back = kn.FlowNetwork.from_edges(pd.read_csv(tmp_path / "edges.csv"), weight="weight")
    assert set(back.industries) == set(network.industries)


def elements(path: Path) -> tuple[set[str], list[str]]:
    """Names of the elements of an XML file; all its text, and all values of attributes."""
    names, texts = set(), []
    for element in ElementTree.parse(path).iter():
        names.add(str(element.tag).rpartition("}")[2].lower())
        assert not [name for name in element.attrib if name.lower().startswith("on")]
        texts += [element.text or "", *element.attrib.values()]
    return names, texts


@pytest.mark.parametrize("ending", ["gexf", "graphml"])
def test_files_of_networks_hold_names_as_text(tmp_path, ending):
    network = hostile()
    clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1, -1, -1, 1, 0])
    network.write(tmp_path / f"economy.{ending}", clusters)
    names, texts = elements(tmp_path / f"economy.{ending}")
    assert not {"script", "b"} & names
    assert set(network.industries) <= set(texts)


def test_a_drawing_holds_names_as_text(tmp_path):
    network = hostile().select([FORMULAS[k] for k in (0, 6, 7, 9)])
    clusters = kn.Clusters.from_labels(network, [0, 0, 1, 1])
    for draw in (kn.draw_matrix, kn.draw_network):
        draw(clusters).figure.savefig(tmp_path / "figure.svg")
        names, texts = elements(tmp_path / "figure.svg")
        assert not {"script", "b", "foreignobject", "a"} & names
        assert any("<script" in text for text in texts), draw.__name__


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_names_as_text():
    network = hostile()
    clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1, -1, -1, 1, 0])
    for thing in (network, clusters):
        tags = Tags()
        tags.feed(thing._repr_html_())
        assert not {"script", "b", "img"} & tags.seen
        assert not [name for name, _ in tags.attributes if name.startswith("on")]
        assert "<script>alert(1)</script>" in tags.text or "<b>x</b>" in tags.text
