"""The folder of a study: what is in its files, in both languages, and that no name does harm."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import klasternet as kn
from klasternet.reporting import document, provenance, rendering, sheets, writing

HOUSE = Path(kn.__file__).parent.parent
FIGURES = [f"{name}.{kind}" for name in ("flows", "matrix", "network") for kind in ("pdf", "png")]
TABLES = [f"{name}.{kind}" for name in ("clusters", "industries") for kind in ("csv", "tex")]
FILES = sorted([*FIGURES, *TABLES, "provenance.json", "report.html", "report.md"])
NASTY = ["<script>alert(1)</script>", "=1+1", "-cmd|'/C calc'!A0", "@SUM(A1)", "# 50% & more_{x}$"]
HOSTILE = [*NASTY, "![x](http://x)", "a\\b~c^d", 'quote" onload="x', "+62", "Farms"]


def read(folder, name="report.md"):
    return (folder / name).read_text(encoding="utf-8")


def no_figures(monkeypatch):
    """Figures are drawn elsewhere in these tests; here a byte stands for each."""

    def stand_in(draw, *given, paths, **how):
        for path in paths:
            Path(path).write_bytes(b"-")
        return None, []

    monkeypatch.setattr("klasternet.figures.offscreen.draw_to_files", stand_in)
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "10/30.")


@pytest.fixture
def quick(monkeypatch):
    no_figures(monkeypatch)


@pytest.fixture(scope="module")
def table():
    return kn.datasets.load("usa_2022")


@pytest.fixture(scope="module")
def clusters(table):
    """Two groups that trade with each other, and one that was drawn by lot."""
    groups = {
        "food": ["Farms", "Food and beverages", "Restaurants"],
        "fuel": ["Oil and gas", "Petroleum and coal", "Pipelines", "Mining support"],
        "lot": ["Education", "Rail transport", "Textiles"],
    }
    labels = dict.fromkeys(table.industries, "rest")
    labels |= {name: group for group, names in groups.items() for name in names}
    return kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), labels)


@pytest.fixture(scope="module")
def study(table, clusters, tmp_path_factory):
    place = tmp_path_factory.mktemp("study") / "deep" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        no_figures(patch)
        assert kn.report(clusters, [table], folder=place) == place
    return place


@pytest.fixture(scope="module")
def small():
    """Germany 1995, which has jobs and draws fast."""
    table = kn.datasets.load("germany_1995")
    return kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [0, 1, 1, 0, 0, -1]), table


@pytest.fixture
def indonesian(quick, small, tmp_path):
    return kn.report(small[0], [small[1]], tmp_path, language="id")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A study of industries whose names are meant to do harm."""
    rng = np.random.default_rng(0)
    W = pd.DataFrame(rng.lognormal(2, 1, (10, 10)), HOSTILE, HOSTILE)
    network = kn.FlowNetwork.from_matrix(W, name="<b>bold</b>", unit="<i>USD</i>")
    clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1, -1, -1, -1, -1])
    frame = pd.DataFrame({"=A1": [-1.5, 2.0], "text": NASTY[:2]}, index=NASTY[2:4])
    place = tmp_path_factory.mktemp("hostile")
    kn.report(clusters, {"<img src=x onerror=y>": frame}, place)
    return place, network


# --------------------------------------------------------------------------------- what is there


def test_files_are_written(study):
    assert sorted(path.name for path in study.iterdir()) == FILES
    texts = [path for path in study.iterdir() if path.suffix not in (".png", ".pdf")]
    assert all(path.stat().st_size > 300 for path in texts)


def test_clusters_csv_holds_the_readings_and_the_sums(study, clusters, table):
    frame = pd.read_csv(study / "clusters.csv", index_col="cluster")
    readings = kn.density(clusters)
    assert tuple(frame.index) == clusters.names
    assert frame["internal_flow"].to_numpy() == pytest.approx(clusters.internal_flow)
    for column in ("gravity_ratio", "gravity_ratio_rest", "contrast", "conductance"):
        assert frame[column].to_numpy() == pytest.approx(readings[column].to_numpy(), nan_ok=True)
    for k, name in enumerate(clusters.names):
        members = list(clusters.members(k))
        assert frame.loc[name, "members"].split("; ") == members
        assert frame.loc[name, "exports"] == pytest.approx(table.exports[members].sum())
        share = table.exports[members].sum() / table.exports.sum()
        assert frame.loc[name, "exports_share"] == pytest.approx(share)
        abroad, home = table.imports[members].sum().sum(), table.flows[members].sum().sum()
        assert frame.loc[name, "imported_inputs_share"] == pytest.approx(abroad / (abroad + home))


def test_the_verdict_is_read_off_the_interval(study):
    frame = pd.read_csv(study / "clusters.csv", index_col="cluster")
    low = frame["contrast_low"]
    wanted = np.where(low >= 1.5, "clear", np.where(low > 1, "fair", "unsure"))
    assert frame["verdict"].tolist() == wanted.tolist()
    assert frame.loc["lot", "verdict"] == "unsure"
    assert frame.loc["fuel", "verdict"] == "clear"


def test_industries_csv_has_all_of_them(study, clusters):
    frame = pd.read_csv(study / "industries.csv", index_col="industry")
    assert frame.index.tolist() == clusters.network.industries.tolist()
    assert frame["label"].tolist() == clusters.labels.tolist()
    assert frame["output"].to_numpy() == pytest.approx(clusters.network.columns["output"])


def test_the_page_tells_source_year_unit_and_what_was_set_aside(study, table, clusters):
    page = read(study)
    assert page.startswith("# Industrial clusters of United States 2022\n")
    assert table.source in page and "Year 2022" in page and "million USD" in page
    assert "Audit: 14 checks passed, 0 warnings, 0 failures, 1 not possible." in page
    for decision in clusters.network.decisions:
        assert f"- {decision}" in page
    for name in clusters.network.industries:
        assert name in page
    assert "there is no verdict" in page and "given, not found" in page


def test_the_page_is_read_in_a_planner_s_order(study):
    heads = re.findall(r"^## (.+)$", read(study), re.MULTILINE)
    assert heads == [
        *("What was found", "The picture", "The clusters", "What they trade"),
        *("What can be claimed", "The rest of the economy", "The table and its faults"),
        *("The method", "Where this comes from"),
    ]


def test_each_cluster_has_a_row_and_a_portrait(study, clusters, table):
    page = read(study)
    for k, name in enumerate(clusters.names):
        assert f"\n| {k} | {name} |" in page
        portrait = page.split(f"### {k} {name}\n")[1].split("\n#")[0]
        assert ", ".join(clusters.members(k)) in portrait
        assert f"{clusters.internal_flow[k]:,.0f} million USD" in portrait
        exports = table.exports[list(clusters.members(k))].sum()
        assert f"Exports are {exports:,.0f} million USD" in portrait
        assert "inputs are imported" in portrait


def test_who_is_at_the_other_end(study, clusters):
    """The largest supplier from outside, and its share of all purchases."""
    W = clusters.network.to_frame()
    W = W.where(~np.eye(len(W), dtype=bool), 0.0)
    members = list(clusters.members("fuel"))
    bought = W[members].sum(axis=1)
    first = bought.drop(members).idxmax()
    share = bought[first] / bought.sum()
    k = clusters.names.index("fuel")
    portrait = read(study).split(f"### {k} fuel\n")[1].split("\n#")[0]
    assert f"they buy most from {first} ({share:.0%})" in portrait


def test_jobs_are_told_by_the_table_s_own_name(quick, small, tmp_path):
    clusters, table = small
    page = read(kn.report(clusters, [table], tmp_path))
    jobs = table.satellites.loc["Employees"]
    for k in range(len(clusters)):
        own = jobs[list(clusters.members(k))].sum()
        share = own / jobs.sum()
        assert f"Employees: {kn_money(own)}, {share:.1%} of all." in page


def kn_money(amount):
    return f"{amount:,.0f}" if amount >= 1e3 else f"{amount:.4g}"


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("clusters", "tell which flows are strong"),
        ("weak clusters", "The evidence is weak"),
        ("no clusters", "a description and not a finding"),
    ],
)
def test_weak_evidence_is_said_at_the_head(quick, small, tmp_path, verdict, said):
    page = read(kn.report(replace(small[0], verdict=verdict), folder=tmp_path))
    head = page.split("## The picture")[0]
    assert f"**Verdict: {verdict}.**" in head and said in head


def test_no_cluster_at_all_is_a_result_too(quick, small, tmp_path):
    none = kn.Clusters.from_labels(small[0].network, [-1] * small[0].network.n)
    page = read(kn.report(none, folder=tmp_path))
    assert "No cluster among 6 industries" in page and "There is none." in page
    assert read(tmp_path, "clusters.csv").startswith('"cluster","number"')


# ------------------------------------------------------------------------------- what is added


def test_frames_and_audits_are_added(quick, small, tmp_path):
    frame = pd.DataFrame({"a | b": [1.5]}, index=["x"])
    audit = pd.DataFrame(
        [("row identity", "fail", "Farms (12)", 12.0, "look for a total.")],
        columns=["check", "status", "where", "size", "advice"],
    )
    kn.report(small[0], {"My numbers": frame, "audit": audit}, folder=tmp_path)
    page = read(tmp_path)
    assert "## My numbers\n\n*My numbers*\n\n|  | a \\| b |\n| --- | ---: |\n| x | 1.5 |" in page
    assert "0 checks passed, 0 warnings, 1 failure" in page
    assert "- **fail: row identity:** Farms (12). look for a total." in page
    assert "fails 1 check of its audit" in page.split("## The picture")[0]
    assert read(tmp_path, "my-numbers.csv") == '"","a | b"\n"x",1.5\n'


@pytest.fixture(scope="module")
def results():
    """Everything that the report knows, on a small planted economy."""
    network, labels = kn.datasets.planted(24, 3, seed=1)
    clusters = kn.detect(network, seed=0)
    rng = np.random.default_rng(0)
    jobs = pd.DataFrame(rng.integers(5, 400, (2, 24)), ["north", "south"], network.industries)
    scores = pd.DataFrame(rng.random((len(clusters), 3)), clusters.names, ["a", "b", "c"])
    return clusters, {
        "chance": kn.significance(clusters, draws=9, seed=0),
        "shaken": kn.stability(clusters, draws=4, seed=0),
        "proof": kn.certify(clusters),
        "planted": kn.agreement(clusters, kn.Clusters.from_labels(network, labels)),
        "levels": kn.levels(clusters, seed=0),
        "fit": kn.validation_scores(clusters, network.to_frame()),
        "resolution": kn.profile_resolution(network, seed=0),
        "years": kn.evolve([clusters, clusters], [2020, 2021]),
        "places": kn.location_quotients(jobs),
        "scores": scores,
    }


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_result_has_its_place(results, tmp_path, language, request):
    clusters, given = results
    if language == "id":
        request.getfixturevalue("quick")
    before = pyplot.get_fignums()
    kn.report(clusters, given, tmp_path, language)
    assert pyplot.get_fignums() == before  # no window is left behind
    page = read(tmp_path)
    for figure in ("null", "resolution", "evolution", "location-quotients-north", "network"):
        assert f"]({figure}.png)" in page
        assert (tmp_path / f"{figure}.png").is_file() and (tmp_path / f"{figure}.pdf").is_file()
    for name in ("significance", "stability", "resolutions", "planted", "fit", "years-clusters"):
        assert (tmp_path / f"{name}.csv").is_file() and f"]({name}.csv)" in page
    assert "2020" in page and "2,020" not in page and "2.020" not in page
    assert "nan" not in re.sub(r"\W", " ", page).split()
    assert "seconds" not in page  # a time is never the same twice
    linked = set(re.findall(r"\]\(([\w.-]+)\)", page))
    assert linked <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.filterwarnings("ignore::klasternet.errors.KlasternetWarning")
@pytest.mark.parametrize("language", ["en", "id"])
def test_profile_and_scorecard(quick, small, tmp_path, language):
    clusters, table = small
    profile = kn.cluster_profile(clusters, table)
    survey = pd.DataFrame({"entrepreneurship": [3, 4]}, index=clusters.names)
    known = {"entrepreneurship": {"factor": "entrepreneurship", "bounds": (1, 5)}}
    card = kn.scorecard(clusters, survey, indicators=known, reference="clusters", seed=0)
    page = read(kn.report(clusters, [profile, card, table], tmp_path, language))
    heads = {"en": "What the clusters do for the economy", "id": "Peran klaster dalam perekonomian"}
    chapter = page.split(f"## {heads[language]}")[1].split("\n## ")[0]
    assert ("share of exports" if language == "en" else "pangsa ekspor") in chapter
    assert len(profile.missing) and chapter.count("\n- **") == len(profile.missing)
    scores = page.split("](scorecard.png)")[1].split("\n## ")[0]
    unknown, count = {"en": "not assessed", "id": "tidak dinilai"}[language], card.table.isna()
    assert scores.count(f"| {unknown} ") == int(count.to_numpy().sum())
    frame = pd.read_csv(tmp_path / "profile.csv", index_col="cluster")
    assert frame["exports"].to_numpy() == pytest.approx(profile.table["exports"].to_numpy())
    whole = pd.read_csv(tmp_path / "profile-suppliers.csv")
    assert len(whole) == len(profile.suppliers)  # the page has the first, the file all
    if language == "id":
        assert "kewirausahaan" in scores and "Agriculture" not in chapter


def test_untitled_results_are_titled_by_what_they_are(quick, small, tmp_path):
    frames = [pd.DataFrame({"x": [1]}), pd.DataFrame({"y": [2]})]
    frames[1].attrs["title"] = "Mine"
    page = read(kn.report(small[0], frames, tmp_path))
    assert "## Result 1" in page and "## Mine" in page


def test_long_and_broad_tables(quick, small, tmp_path):
    long = pd.DataFrame({"x": range(100)})
    broad = pd.DataFrame(np.arange(20.0).reshape(2, 10), ["one", "two"], list("abcdefghij"))
    page = read(kn.report(small[0], {"long": long, "broad": broad}, tmp_path))
    assert "and 40 rows more: long.csv" in page
    assert len(read(tmp_path, "long.csv").splitlines()) == 101
    assert "|  | one | two |" in page and "| j | 9 | 19 |" in page


# --------------------------------------------------------------------------------- the languages


def test_indonesian_says_nothing_in_english(indonesian, small):
    page = read(indonesian)
    assert page.startswith("# Klaster industri Germany 1995\n")
    for word in (" the ", " of ", "industries", "cluster ", "share", "flows in", "Source:"):
        assert word not in page.replace(small[1].source, "").split("## Asal-usul")[0], word
    assert "Pertanian" in page and "Agriculture" not in page
    assert '<html lang="id">' in read(indonesian, "report.html")


def test_indonesian_numbers_and_names(indonesian, small):
    clusters, table = small
    page, frame = read(indonesian), pd.read_csv(indonesian / "clusters.csv", index_col="cluster")
    whole = f"{clusters.network.total:,.0f}".replace(",", ".")
    assert f"transaksi antara seluruhnya {whole} juta EUR" in page
    assert frame["internal_flow"].to_numpy() == pytest.approx(clusters.internal_flow)
    assert set("; ".join(frame["members"]).split("; ")) <= set(
        kn.sector_names("germany_1995")["short_name_id"]
    )
    industries = pd.read_csv(indonesian / "industries.csv", index_col="industry")
    assert industries["industry_in_table"].tolist() == table.industries.tolist()
    told = json.loads(read(indonesian, "provenance.json"))["input"]["industries_translated"]
    assert told["Agriculture"] == "Pertanian"


def test_results_in_indonesian_carry_the_same_names(quick, small, tmp_path):
    clusters, table = small
    role = kn.export_role(clusters, table)
    page = read(kn.report(clusters, {"Ekspor": role, "t": table}, tmp_path, "id"))
    chapter = page.split("## Ekspor")[1].split("\n## ")[0]
    assert "di luar klaster" in chapter and "pangsa ekspor" in chapter
    assert not [name for name in table.industries if name in chapter]


def test_names_that_no_classification_has_stay():
    network, _ = kn.datasets.planted(12, 2, seed=0)
    from klasternet.reporting import naming

    assert naming.indonesian_names(network.industries) == {}
    usa = kn.datasets.load("usa_2022").industries
    called = naming.indonesian_names([f"USA | {name}" for name in usa])
    assert called["USA | Farms"] == "USA | Pertanian, ternak" and len(called) > 60


# --------------------------------------------------------------------------------- no name harms


class Tags(HTMLParser):
    """Counts tags, and checks that they close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(folder):
    tags = Tags()
    tags.feed(read(folder, "report.html"))
    return tags


@pytest.mark.parametrize("which", ["study", "hostile"])
def test_html_is_whole_and_loads_nothing(which, request):
    folder = request.getfixturevalue(which)
    folder = folder[0] if which == "hostile" else folder
    tags = parsed(folder)
    assert tags.open == []
    assert not {"script", "iframe", "object", "i", "b", "link"} & set(tags.seen)
    assert not [a for a in tags.attributes if a[1].startswith("on")]
    for _, name, value in tags.attributes:
        if name in ("src", "href"):
            assert value.startswith("#part-") or (folder / value).is_file(), value
    images = sum(tag == "img" for tag in tags.seen)
    assert images >= 3 and sum(name == "alt" and len(v) > 20 for _, name, v in tags.attributes) >= 3


def test_hostile_names_are_told_as_they_are(hostile):
    folder, network = hostile
    text = " ".join(parsed(folder).text)
    for name in network.industries:
        assert name in text
    page = read(folder)
    assert "<script" not in page and "<img" not in page
    assert not re.search(r"(?<!\\)\]\(http", page)
    assert "<b>" not in page and "&lt;script>alert(1)&lt;/script>" in page


def test_csv_is_no_formula(hostile, small):
    folder, network = hostile
    import csv

    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                for cell in row:
                    number = re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?|[+-]?inf|", cell)
                    assert number or cell[0] not in "=+-@\t\r", (path.name, cell)
    frame = pd.read_csv(folder / "industries.csv")
    assert [name.removeprefix("'") for name in frame["industry"].astype(str)] == [
        str(name) for name in network.industries
    ]
    added = pd.read_csv(folder / "img-src-x-onerror-y.csv", index_col=0)
    assert added.iloc[:, 0].tolist() == [-1.5, 2.0]


def test_tables_of_the_page_are_pasted_as_text(hostile):
    """Names of the page too would be computed by the spreadsheet that they are pasted into."""
    folder, network = hostile
    page = read(folder, "report.html")
    cells = [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", page, re.DOTALL)]
    number = re.compile(r"[+-][\d.,\s]+( ?%)?")
    signs = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    risky = [
        name for name in map(str, network.industries) if name.startswith(signs) and name != "+62"
    ]
    assert risky and {f"'{name}" for name in risky} <= set(cells)
    assert not [c for c in cells if c.strip().startswith(signs) and not number.fullmatch(c)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *(("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), (" +x", "' +x"), ("－1", "'－1")),
        *(("- b", "'- b"), ("-5 per cent", "'-5 per cent"), ("-1+2", "'-1+2")),
        *(("-5.2", "-5.2"), ("-1,234.5", "-1,234.5"), ("-1.234,5 %", "-1.234,5 %")),
        *(("-1e-05", "-1e-05"), ("food = drink", "food = drink"), ("", ""), ("'=1", "'=1")),
    ],
)
def test_what_a_spreadsheet_would_compute_is_pasted_as_text(text, wanted):
    assert sheets.pasted(text) == wanted
    page = document.Document("A title", "en", "Contents")
    page.add(document.Table(pd.DataFrame({text: [text]}), [False], "caption"))
    assert rendering.to_html(page).count(f">{escape(wanted)}</th>") == 2


def test_negative_numbers_stay_numbers():
    frame = pd.DataFrame({"x": [-1.5, 2], "text": ["-5", "-5 per cent"]}, index=["-1e3", "- b"])
    told = sheets.csv_text(frame).replace('"', "")
    assert told == ",x,text\n-1e3,-1.5,-5\n'- b,2.0,'-5 per cent\n"


def test_latex_is_balanced_and_escaped(hostile, study):
    for path in [*hostile[0].glob("*.tex"), *study.glob("*.tex")]:
        text = path.read_text(encoding="utf-8")
        bare = re.sub(r"\\[\\{}$&#%_]", "", text.split("\n", 1)[1])
        depth = 0
        for letter in bare:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            assert depth >= 0, path.name
        assert depth == 0 and not set("#%_") & set(bare.split(r"\label")[0]), path.name
        begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", bare) for word in ("begin", "end"))
        assert sorted(begun) == sorted(ended)
        start = "\\endfoot\n" if "longtable}" in bare else "\\midrule\n"
        body = text.split(start)[-1].split("\\bottomrule")[0].split("\\end{longtable}")[0]
        cells = {
            len(re.findall(r"(?<!\\)&", row)) for row in body.splitlines() if row[-2:] == "\\\\"
        }
        assert len(cells) == 1, path.name


def test_latex_keeps_every_name(hostile):
    text = read(hostile[0], "industries.tex")
    assert r"\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{}" in text
    assert r"\# 50\% \& more\_\{x\}\$" in text and r"a\textbackslash{}b\textasciitilde{}c" in text


def test_markdown_of_each_block():
    page = document.Document("A *title*", "en", "Contents")
    page.add(
        document.Text("# no heading"),
        document.Text("1. no list"),
        document.Bullets([document.Text("- no list"), document.Text("text", "*lead*")]),
        document.Code("x = '<'"),
    )
    assert rendering.to_markdown(page) == (
        "# A \\*title\\*\n\n\\# no heading\n\n1\\. no list\n\n- \\- no list\n- **\\*lead\\*** text"
        "\n\n    x = '<'\n"
    )


# ------------------------------------------------------------- the same bytes, or nothing at all


STUDY = """
import sys
import klasternet as kn
table = kn.datasets.load("germany_1995")
clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [0, 1, 1, 0, 0, -1])
test = kn.significance(clusters, draws=9, seed=0)
kn.report(clusters, {"t": table, "s": test, "q": kn.certify(clusters)}, sys.argv[1], "id")
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    places = [tmp_path / name for name in ("one", "two")]
    running = []
    for seed, place in enumerate(places):
        environment = os.environ | {
            "PYTHONPATH": str(HOUSE),
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": str(seed + 1),
        }
        words = [sys.executable, "-c", STUDY, str(place)]
        running.append(subprocess.Popen(words, env=environment, cwd=tmp_path))
    assert [process.wait() for process in running] == [0, 0]
    names = [sorted(path.name for path in place.iterdir()) for place in places]
    assert names[0] == names[1] and len(names[0]) > 15
    for name in names[0]:
        assert (places[0] / name).read_bytes() == (places[1] / name).read_bytes(), name
    every = b"".join(path.read_bytes() for path in places[0].glob("*.[mhjct]*"))
    assert str(tmp_path).encode() not in every and b"CreationDate" not in every


def test_provenance_has_the_hash_of_every_file(study, clusters, table):
    known = json.loads(read(study, "provenance.json"))
    assert sorted([*known["files_sha256"], "provenance.json"]) == FILES
    for name, digest in known["files_sha256"].items():
        assert hashlib.sha256((study / name).read_bytes()).hexdigest() == digest
    assert known["versions"]["klasternet"] == kn.__version__
    assert set(known["versions"]) >= {"python", "numpy", "scipy", "pandas", "numba", "matplotlib"}
    assert known["input"]["source"] == table.source and known["recipe"] is None
    assert len(known["input"]["decisions"]) == len(clusters.network.decisions)


def test_the_hash_of_flows_hangs_on_flows_and_names_alone(clusters):
    network = clusters.network
    told = provenance.flows_hash(network)
    again = kn.FlowNetwork.from_matrix(network.to_frame(), unit="other")
    assert provenance.flows_hash(again) == told
    W = network.to_frame()
    W.iloc[0, 1] += 1e-9 * W.iloc[0, 1]
    assert provenance.flows_hash(kn.FlowNetwork.from_matrix(W)) != told
    named = network.to_frame().rename(index={"Farms": "X"}, columns={"Farms": "X"})
    assert provenance.flows_hash(kn.FlowNetwork.from_matrix(named)) != told


def test_provenance_of_a_recipe_has_no_address(quick, small, tmp_path):
    network = small[0].network

    def halves(network, rng, weights=None):
        return np.arange(network.n) % 2

    clusters = kn.detect(network, halves, weights=np.arange(3.0), seed=5)
    known = json.loads(read(kn.report(clusters, folder=tmp_path), "provenance.json"))
    assert known["recipe"]["seed"] == 5
    assert known["recipe"]["parameters"]["weights"]["array"] == [3]
    for path in tmp_path.iterdir():
        assert b" at 0x" not in path.read_bytes() or path.suffix in (".png", ".pdf")


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_leaves_no_half_report(quick, small, tmp_path, monkeypatch, there):
    folder = tmp_path / "study"
    if there:
        folder.mkdir()
        (folder / "report.md").write_text("old")

    def fails(document):
        raise RuntimeError("out of paper")

    monkeypatch.setattr(writing, "to_html", fails)
    with pytest.raises(RuntimeError, match="out of paper"):
        kn.report(small[0], folder=folder)
    left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert left == (["study", "study/report.md"] if there else [])
    assert not there or read(folder) == "old"


def test_only_its_own_files_are_touched(quick, small, tmp_path):
    clusters, table = small
    kn.report(clusters, {"t": table, "first": pd.DataFrame({"x": [1]})}, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "first.tex").write_text("mine now")
    kn.report(clusters, [table], tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "first.csv").exists()  # of the report before, and unchanged
    assert (tmp_path / "first.tex").read_text() == "mine now"
    assert read(tmp_path).startswith("# Industrial") and not list(tmp_path.glob(".*"))


def test_bad_requests_are_refused(small, tmp_path):
    clusters = small[0]
    with pytest.raises(kn.ParameterError, match="no language called 'fr'"):
        kn.report(clusters, folder=tmp_path, language="fr")
    with pytest.raises(kn.ParameterError, match="'Result 1' is a int"):
        kn.report(clusters, [3], folder=tmp_path)
    with pytest.raises(kn.ParameterError, match="needs Clusters, not a int"):
        kn.report(3, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(kn.ParameterError, match="cannot be written to"):
        kn.report(clusters, folder=tmp_path / "file")
    with pytest.raises(kn.ParameterError, match="cannot be written to"):
        kn.report(clusters, folder=tmp_path / "file" / "below")


def test_a_figure_that_cannot_be_drawn_is_told(small, tmp_path, monkeypatch):
    def fails(draw, *given, **how):
        raise kn.DataError("the page is too small.")

    monkeypatch.setattr("klasternet.figures.offscreen.draw_to_files", fails)
    page = read(kn.report(small[0], folder=tmp_path))
    assert page.count("There is no figure of this: the page is too small.") == 3
    assert "![" not in page and not list(tmp_path.glob("*.png"))
