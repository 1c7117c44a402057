"""The command line, end to end: what it prints and writes, and how it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet import command

HOUSE = Path(kn.__file__).parent.parent
FILES = sorted(
    [f"{name}.{kind}" for name in ("flows", "matrix", "network", "null") for kind in ("pdf", "png")]
    + [
        f"{name}.{kind}"
        for name in ("clusters", "industries", "significance")
        for kind in ("csv", "tex")
    ]
    + ["provenance.json", "report.html", "report.md"]
)


def run(*words, cwd):
    """Run the command in a process of its own, beside the package under test."""
    environment = os.environ | {"PYTHONPATH": str(HOUSE), "MPLBACKEND": "Agg"}
    return subprocess.run(
        [sys.executable, "-m", "klasternet", *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def usa(tmp_path_factory):
    place = tmp_path_factory.mktemp("usa")
    return place, run(cwd=place)


@pytest.fixture
def file(tmp_path):
    """A table of eight industries in two groups, with final demand and output."""
    names = [f"mill {k}" for k in range(4)] + [f"mine {k}" for k in range(4)]
    rng = np.random.default_rng(0)
    W = rng.lognormal(2, 0.3, (8, 8))
    W[:4, :4] *= 9
    W[4:, 4:] *= 9
    frame = pd.DataFrame(W.round(2), names, names)
    frame["Households"] = 50.0
    frame["Output"] = frame.sum(axis=1).round(2)
    path = tmp_path / "table.csv"
    frame.to_csv(path)
    return path


@pytest.mark.skipif("KLASTERNET_INSTALLED" not in os.environ, reason="asked for by .ci/run")
def test_the_installed_package_is_tested():
    assert "site-packages" in kn.__file__


def test_the_main_job_writes_its_files(usa):
    place, done = usa
    assert done.returncode == 0, done.stderr
    folder = place / "klasternet-out"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert all(path.stat().st_size > 300 for path in folder.iterdir())
    assert "Written to klasternet-out" in done.stdout


def test_the_main_job_tells_all_of_it(usa):
    place, done = usa
    said = " ".join(done.stdout.split())
    assert said.startswith("United States 2022, million USD, 71 industries")
    assert "Audit: 14 checks passed, 0 warnings, 0 failures, 1 not possible" in said
    assert "loops set aside: 2,456,482 million USD (13.2% of all flow)" in said
    assert "imported flows left out: 1,873,321 million USD" in said
    assert "verdict: clusters" in said and "Rest of the economy" in said
    frame = pd.read_csv(place / "klasternet-out" / "clusters.csv", index_col="cluster")
    assert len(frame) > 3
    for row in frame.itertuples():
        flow = f"{row.internal_flow:,.0f}"
        (line,) = [x for x in done.stdout.split("\n") if x.startswith(f"{row.number:>3}  ")]
        assert flow in line and line.split()[-1] == row.verdict
        assert row.members.replace("; ", ", ") in said
    for name in kn.datasets.load("usa_2022").industries:
        assert name in said


def test_no_line_is_longer_than_a_hundred(usa):
    assert max(map(len, usa[1].stdout.split("\n"))) <= 100


OWN = ("--read", "final_demand=Households", "--read", "output=Output", "--loops", "--seed", 7)


def test_a_file_of_ones_own_the_same_bytes_again_and_quietly(file):
    done = run(file, *OWN, "--out", "study/deep", cwd=file.parent)
    assert done.returncode == 0, done.stderr
    assert "8 industries" in done.stdout and "loops set aside" not in done.stdout
    frame = pd.read_csv(file.parent / "study/deep/industries.csv", index_col="industry")
    assert frame.index[0] == "mill 0" and "output" in frame
    again = run(file, *OWN, "--quiet", "--out", "here", cwd=file.parent)
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == "here"
    first, second = file.parent / "study/deep", file.parent / "here"
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_in_indonesian(file, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("klasternet.figures.offscreen.draw_to_files", lambda *a, **k: (None, []))
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "")
    monkeypatch.chdir(tmp_path)
    assert command.main(["usa_2022", "--language", "id", "--draws", "19", "--out", "id"]) == 0
    said = capsys.readouterr().out
    assert "Apa yang dapat disimpulkan" in said and "Ditulis ke id" in said
    assert "2.456.482 juta USD (13,2% dari seluruh transaksi)" in said
    told = said.replace(kn.datasets.load("usa_2022").source, " ")
    for word in (" the ", " of ", "industries", "clusters", "verdict", "Farms"):
        assert word not in told.replace("Bureau of", "").split("Ditulis")[0].split("Pemeriksaan")[1]
    assert max(map(len, said.split("\n"))) <= 100
    assert (tmp_path / "id/report.md").read_text(encoding="utf-8").startswith("# Klaster industri")
    assert command.main(["usa_2022", "--language", "fr"]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of the shell")
def test_files_are_written_when_nobody_reads_on(file):
    environment = os.environ | {"PYTHONPATH": str(HOUSE), "MPLBACKEND": "Agg"}
    words = f"{sys.executable} -m klasternet table.csv | head -1"
    done = subprocess.run(
        words, shell=True, cwd=file.parent, env=environment, capture_output=True, text=True
    )
    assert done.stdout.startswith("table") and done.stderr == ""
    assert len(list((file.parent / "klasternet-out").iterdir())) > 10


# ----------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tabel.csv"], "did you mean 'table.csv'?"),
        (["table.csv", "--layout", "wiod2017"], "did you mean 'wiod2016'?"),
        (["table.csv", "--ties", "input_shares"], "did you mean 'input_share'?"),
        (["table.csv", "--null", "gravitty"], "did you mean 'gravity'?"),
        (["table.csv", "--measure", "lifts"], "did you mean 'lift'?"),
        (["table.csv", "--resolution", "aut"], "did you mean 'auto'?"),
        (["table.csv", "--flows", "totals"], "did you mean 'total'?"),
        (["table.csv", "--negatives", "asid"], "did you mean 'aside'?"),
        (["table.csv", "--resoluton", "1"], "did you mean '--resolution'?"),
        (["table.csv", "--seed", "x"], "no whole number"),
        (["table.csv", "--read", "drop"], "KEY=VALUE"),
        (["table.csv", "--read", "outptu=Output"], "did you mean 'output'?"),
        (["table.csv", "--sheet", "2015"], "has no sheets"),
        (["empty.csv"], "is empty"),
        (["total.csv"], "Total"),
        (["text.csv"], "mine 1"),
        (["table.csv", "--out", "table.csv"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gives_one_message(file, monkeypatch, capsys, words, said):
    monkeypatch.chdir(file.parent)
    frame = pd.read_csv("table.csv", index_col=0)
    frame.assign(Total=frame.sum(axis=1)).to_csv("total.csv")
    frame.astype(object).replace(frame.loc["mine 1", "mill 2"], "many").to_csv("text.csv")
    Path("empty.csv").write_text("")
    assert command.main(words) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert told.startswith("klasternet: error: ") and said in told
    assert "Traceback" not in told


def test_refusal_in_a_process_of_its_own(tmp_path):
    done = run("nothing.csv", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("klasternet: error: there is no file nothing.csv")
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


def test_a_total_is_explained_with_its_cure_on_the_command_line(file, monkeypatch, capsys):
    monkeypatch.setattr("klasternet.figures.offscreen.draw_to_files", lambda *a, **k: (None, []))
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "")
    monkeypatch.chdir(file.parent)
    frame = pd.read_csv("table.csv", index_col=0)
    frame.loc["Total"] = frame.sum()
    frame.assign(Total=frame.sum(axis=1)).to_csv("total.csv")
    assert command.main(["total.csv"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "Total" in told and "--read drop=" in told
    assert command.main(["total.csv", "--read", "drop=Total", "--quiet"]) == 0


def test_version_and_help(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"klasternet {kn.__version__}"
    assert command.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for option in ("--layout", "--ties", "--resolution", "--null", "--seed", "--out", "--quiet"):
        assert option in shown


def test_where_things_are():
    assert command._where("drop=Total") == ("drop", "Total")
    assert command._where("final_demand=C; G") == ("final_demand", ["C", "G"])
    assert command._where("industries=01..45") == ("industries", ("01", "45"))
    assert command._where("year=2015") == ("year", 2015)


def test_our_warnings_are_sentences(capsys):
    import warnings

    with command._our_warnings():
        warnings.simplefilter("always")
        warnings.warn("mind the gap.", kn.KlasternetWarning, stacklevel=1)
    assert capsys.readouterr().err == "klasternet: warning: mind the gap.\n"
