"""The folder of a study: what is in its files, and what it says when the evidence is thin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet import reporting

FILES = ["clusters.csv", "industries.csv", "matrix.pdf", "matrix.png", "report.md"]


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
    assert kn.report(clusters, [table], folder=place) == place
    return place


def test_five_files_are_written(study):
    assert sorted(path.name for path in study.iterdir()) == FILES
    assert all(path.stat().st_size > 500 for path in study.iterdir())
    assert (study / "matrix.pdf").read_bytes()[:5] == b"%PDF-"


def test_clusters_csv_holds_the_readings(study, clusters):
    frame = pd.read_csv(study / "clusters.csv", index_col="cluster")
    readings = kn.density(clusters)
    assert tuple(frame.index) == clusters.names
    assert frame["internal_flow"].to_numpy() == pytest.approx(clusters.internal_flow)
    for column in ("gravity_ratio", "gravity_ratio_rest", "contrast", "conductance"):
        assert frame[column].to_numpy() == pytest.approx(readings[column].to_numpy(), nan_ok=True)
    for k, name in enumerate(clusters.names):
        assert tuple(frame.loc[name, "members"].split("; ")) == clusters.members(k)


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
    page = (study / "report.md").read_text(encoding="utf-8")
    assert page.startswith("# Industrial clusters of United States 2022\n")
    assert table.source in page and "Year 2022" in page and "million USD" in page
    assert "Audit: 14 checks passed, 0 warnings, 0 failures, 1 not possible." in page
    for decision in clusters.network.decisions:
        assert f"- {decision}" in page
    assert "](matrix.png)" in page and "](matrix.pdf)" in page
    for name in clusters.network.industries:
        assert name in page
    assert "there is no verdict" in page and "given, not found" in page


def test_the_page_has_one_row_and_one_paragraph_for_each(study, clusters):
    page = (study / "report.md").read_text(encoding="utf-8")
    readings = kn.density(clusters)
    for k, name in enumerate(clusters.names):
        assert f"\n| {k} | {name} |" in page
        (paragraph,) = [line for line in page.split("\n") if line.startswith(f"**{k} {name}**")]
        assert ", ".join(clusters.members(k)) in paragraph
        assert f"{clusters.internal_flow[k]:,.0f} million USD" in paragraph
        assert f"{reporting.times(readings['gravity_ratio'].iloc[k])} times what" in paragraph


def test_the_same_study_gives_the_same_bytes(study, table, clusters, tmp_path):
    again = kn.report(clusters, [table], folder=tmp_path)
    for name in FILES:
        assert (again / name).read_bytes() == (study / name).read_bytes(), name


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("clusters", "tell which flows are strong"),
        ("weak clusters", "The evidence is weak"),
        ("no clusters", "a description and not a finding"),
    ],
)
def test_weak_evidence_is_said_at_the_head(clusters, tmp_path, verdict, said):
    page = kn.report(replace(clusters, verdict=verdict), folder=tmp_path) / "report.md"
    head = page.read_text(encoding="utf-8").split("## ")[0]
    assert f"Verdict: **{verdict}**." in head and said in head


def test_no_cluster_at_all_is_a_result_too(clusters, tmp_path):
    none = kn.Clusters.from_labels(clusters.network, [-1] * clusters.network.n)
    page = (kn.report(none, folder=tmp_path) / "report.md").read_text(encoding="utf-8")
    assert "No cluster among 71 industries" in page and "There is none." in page
    assert (tmp_path / "clusters.csv").read_text().startswith("cluster,number")


def test_results_are_added(clusters, tmp_path):
    frame = pd.DataFrame({"a | b": [1.5]}, index=["x"])
    audit = pd.DataFrame(
        [("row identity", "fail", "Farms (12)", 12.0, "look for a total.")],
        columns=["check", "status", "where", "size", "advice"],
    )
    kn.report(clusters, {"My numbers": frame, "audit": audit}, folder=tmp_path)
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "## My numbers\n\n|  | a \\| b |\n| --- | --- |\n| x | 1.5 |" in page
    assert "0 checks passed, 0 warnings, 1 failure" in page
    assert "- fail: row identity: Farms (12). look for a total." in page
    assert "fails 1 check of its audit" in page.split("## ")[0]


def test_only_its_own_files_are_overwritten(clusters, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "report.md").write_text("old")
    kn.report(clusters, folder=tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# Industrial")


def test_bad_requests_are_refused(clusters, tmp_path):
    with pytest.raises(kn.ParameterError, match=r"Indonesian.*later"):
        kn.report(clusters, folder=tmp_path, language="id")
    with pytest.raises(kn.ParameterError, match="no language called 'fr'"):
        kn.report(clusters, folder=tmp_path, language="fr")
    with pytest.raises(kn.ParameterError, match="'Result 1' is a int"):
        kn.report(clusters, [3], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(kn.ParameterError, match="cannot be written to"):
        kn.report(clusters, folder=tmp_path / "file")
    with pytest.raises(kn.ParameterError, match="cannot be written to"):
        kn.report(clusters, folder=tmp_path / "file" / "below")


def test_numbers_are_worded_plainly():
    assert [reporting.times(x) for x in (0.123, 0.96, 4.25, 150.0, np.nan, np.inf)] == [
        *("0.12", "1.0", "4.2", "150", "-", "-")
    ]
    assert [reporting.money(x) for x in (0.0, 0.01234, 1234.5, 1e15)] == [
        *("0", "0.01234", "1,234", "1e+15")
    ]
