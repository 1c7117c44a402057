"""Parts of a report that a nation's study does not have: maps, gaps of a region, odd parameters.

And how figures get into files: closed whatever happens, and what others warned of passed on.
"""

from __future__ import annotations

import functools
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import klasternet as kn
from klasternet.figures import canvas
from klasternet.figures.offscreen import draw_to_files
from klasternet.reporting import provenance

gpd = pytest.importorskip("geopandas")
shapely = pytest.importorskip("shapely")


def clusters_of(network, labels=(0, 1, 1, 0, 0, -1)):
    return kn.Clusters.from_labels(network, list(labels))


@pytest.fixture(scope="module")
def clusters():
    return clusters_of(kn.FlowNetwork.from_table(kn.datasets.load("germany_1995")))


@pytest.fixture
def asked(monkeypatch):
    """What figures were asked for; a byte stands for each."""
    made = []

    def stand_in(draw, *given, paths, **how):
        made.append((draw.__name__, given, how))
        for path in paths:
            Path(path).write_bytes(b"-")
        return None, []

    monkeypatch.setattr("klasternet.figures.offscreen.draw_to_files", stand_in)
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "")
    return made


def regions(**columns):
    squares = [shapely.box(k, 0, k + 1, 1) for k in range(3)]
    return gpd.GeoDataFrame(columns, index=["west", "middle", "east"], geometry=squares)


# ------------------------------------------------------------------------------------ the map


@pytest.mark.parametrize(
    ("column", "kind"), [("lq", "lq"), ("z", "g")], ids=["quotients", "standard scores"]
)
def test_a_frame_of_places_becomes_a_map_and_a_table(clusters, asked, tmp_path, column, kind):
    frame = regions(**{column: [0.4, 1.0, 2.5], "jobs": [4, 10, 25]})
    page = (kn.report(clusters, {"Fields": frame}, tmp_path) / "report.md").read_text("utf-8")
    (given, how) = next(rest for name, *rest in asked if name == "draw_map")
    assert given[0] is frame and given[1].tolist() == [0.4, 1.0, 2.5] and how["kind"] == kind
    chapter = page.split("\n## Fields\n")[1].split("\n## ")[0]
    assert "![Map of the regions, the darker the stronger.](fields-map.png)" in chapter
    assert "| east | 2.5" in chapter and "POLYGON" not in page
    whole = pd.read_csv(tmp_path / "fields.csv", index_col=0)
    assert whole.columns.tolist() == [column, "jobs"] and whole.loc["west", "jobs"] == 4


def test_an_untitled_map_is_called_a_map_in_either_language(clusters, asked, tmp_path):
    frame = regions(lq=[0.4, 1.0, np.nan])
    for language, head in (("en", "Map"), ("id", "Peta")):
        folder = kn.report(clusters, [frame], tmp_path / language, language)
        assert f"\n## {head}\n" in (folder / "report.md").read_text("utf-8")


def test_a_map_is_drawn_as_far_as_values_are_known(clusters, tmp_path):
    """The real drawing, of a region that is not known too."""
    frame = regions(lq=[0.4, np.nan, 2.5])
    ax, told = draw_to_files(
        kn.draw_map, frame, frame["lq"], paths=[tmp_path / "m.png", tmp_path / "m.pdf"]
    )
    assert told == [] and {path.name for path in tmp_path.iterdir()} == {"m.png", "m.pdf"}
    assert len([art for art in ax.patches if str(art.get_gid()).startswith("region:")]) == 3


# ----------------------------------------------------------------------------- a region's gaps


def test_gaps_of_a_region_come_largest_first(asked, tmp_path):
    rng = np.random.default_rng(3)
    names = [f"i{k}" for k in range(14)]
    flows = pd.DataFrame(rng.uniform(1, 9, (14, 14)), names, names)
    table = kn.IOTable(flows, output=flows.sum(axis=1) * 2, imports=flows * 0.1, unit="million")
    clusters = clusters_of(kn.FlowNetwork.from_table(table), [0] * 7 + [1] * 7)
    jobs = pd.DataFrame(rng.integers(1, 99, (3, 14)), ["r0", "r1", "r2"], names)
    jobs.loc["r1", names[:3] + names[7:13]] = 0
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        profile = kn.cluster_profile(clusters, table, employment=jobs, region="r1")
    assert len(profile.notes) == len({str(each.message) for each in heard})
    page = (kn.report(clusters, [profile], tmp_path) / "report.md").read_text("utf-8")
    told = page.split("*What is missing or thin*")[1].split("\n\n")[1].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in told]
    lacking = profile.gaps[(profile.gaps["status"] != "present") & (profile.gaps["supply_gap"] > 0)]
    wanted = []
    for name in clusters.names:  # of each cluster four, what lacks most first
        own = lacking[lacking.index.get_level_values("cluster") == name]
        ranked = own.sort_values("supply_gap", ascending=False, kind="stable")
        wanted += ranked.index.get_level_values("industry")[:4].tolist()
    assert len(wanted) >= 5 and [row[1] for row in cells] == wanted
    assert [row[0] for row in cells if row[0]] == list(clusters.names)  # each once
    whole = pd.read_csv(tmp_path / "profile-gaps.csv")
    assert len(whole) == len(profile.gaps)
    assert page.count("**To be read with care:**") == len(profile.notes)


def test_notes_of_a_profile_are_in_the_report(clusters, asked, tmp_path):
    idle = kn.datasets.load("germany_1995")
    profile = kn.cluster_profile(clusters, idle)
    noted = kn.ClusterProfile(**{**vars(profile), "notes": ("the year was a bad one.",)})
    page = (kn.report(clusters, [noted], tmp_path) / "report.md").read_text("utf-8")
    assert "**To be read with care:** the year was a bad one." in page


# --------------------------------------------------------------------------- figures in files


def drawing(warn=(), fail=None):
    def draw(**how):
        ax = canvas.show_page(200, 100).subplots()
        for text, category in warn:
            warnings.warn(text, category, stacklevel=1)
        if fail:
            raise fail
        return ax

    return draw


def test_what_others_warn_of_is_passed_on(tmp_path):
    draw = drawing([("ours", kn.KlasternetWarning), ("theirs", FutureWarning)])
    before = pyplot.get_fignums()
    with pytest.warns(FutureWarning, match="theirs") as heard:
        _, told = draw_to_files(draw, paths=[tmp_path / "a.png", tmp_path / "a.pdf"])
    assert told == ["ours"] and [str(each.message) for each in heard] == ["theirs"]
    assert pyplot.get_fignums() == before
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "a.pdf").read_bytes()[:4] == b"%PDF"


def test_nothing_stays_open_where_drawing_fails(tmp_path):
    mine = pyplot.figure().number
    before = pyplot.get_fignums()
    with pytest.raises(kn.DataError, match="no room"):
        draw_to_files(drawing(fail=kn.DataError("no room.")), paths=[tmp_path / "a.png"])
    assert pyplot.get_fignums() == before  # what was open before is nobody's to close
    pyplot.close(mine)
    assert not list(tmp_path.iterdir())


# --------------------------------------------------------------------------------- provenance


class Rule:
    """A setting that is an object."""

    def __call__(self, network):
        return None


def test_settings_of_every_kind_are_described_without_an_address():
    array = np.array([1.5, 2.5])
    digest = hashlib.sha256(array.astype("<f8").tobytes()).hexdigest()
    told = {  # what is given, and what is told of it
        "none": (None, None),
        "flag": (np.bool_(True), True),
        "whole": (np.int64(3), 3),
        "real": (np.float32(0.5), 0.5),
        "endless": (float("inf"), "inf"),
        "nothing": (np.float64("nan"), "nan"),
        "several": ((1, [2.0, "x"]), [1, [2.0, "x"]]),
        "named": ({1: {"a": np.int8(2)}}, {"1": {"a": 2}}),
        "array": (array, {"array": [2], "sha256": digest}),
        "series": (pd.Series(array, ["a", "b"]), {"array": [2], "sha256": digest}),
        "words": (np.array(["a", "b"], dtype=object), {"array": [2]}),
        "function": (kn.detect, f"{kn.detect.__module__}.detect"),
        "class": (Rule, f"{__name__}.Rule"),
        "object": (Rule(), f"{__name__}.Rule"),
        "partial": (functools.partial(kn.detect), "functools.partial"),
    }
    for name, (value, wanted) in told.items():
        found = provenance.described(value)
        assert found == wanted and type(found) is type(wanted), name
        json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("year", [None, 1995, np.int64(1995), "1995/96"])
def test_the_year_of_a_table_is_plain_in_its_provenance(clusters, year):
    table = kn.datasets.load("germany_1995").replace(year=year)
    told = provenance.provenance(clusters, table, {"chance": 3}, "en", {"Trade": "Handel"})
    assert told["input"]["year"] == (None if year is None else provenance.described(year))
    assert told["input"]["industries_translated"] == {"Trade": "Handel"}
    assert told["results"] == [{"title": "chance", "kind": "int"}]
    json.dumps(told, allow_nan=False)


def test_only_what_a_report_wrote_is_outdated(tmp_path):
    """And no path out of the folder, whatever a provenance from elsewhere says."""
    folder = tmp_path / "study"
    folder.mkdir()
    assert provenance.outdated(folder, []) == []
    for name, text in {"a.csv": "1", "b.csv": "2", "c.csv": "3"}.items():
        (folder / name).write_text(text)
    (tmp_path / "outside.csv").write_text("mine")
    provenance.write(folder, {})
    (folder / "b.csv").write_text("changed since")
    assert provenance.outdated(folder, ["c.csv"]) == [folder / "a.csv"]
    listed = provenance.listed_files(folder)
    assert [path.name for path in listed] == ["a.csv", "b.csv", "c.csv", "provenance.json"]
    file = folder / provenance.FILE
    digest = provenance.hash_of(tmp_path / "outside.csv")
    file.write_text(json.dumps({"files_sha256": {"../outside.csv": digest, "gone.csv": digest}}))
    assert provenance.outdated(folder, []) == []
    for text in ("", "[]", "{}", '{"files_sha256": 3}', '{"files_sha256": ["a.csv"]}'):
        file.write_text(text)
        assert provenance.outdated(folder, []) == []
    file.write_bytes(b"\xff\xfe")
    assert provenance.outdated(folder, []) == []
