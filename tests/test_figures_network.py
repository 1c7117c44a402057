"""The network diagram, by what is measured on it: nothing overlaps or is lost, bytes repeat."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import klasternet as kn
from klasternet.figures import canvas, condensing
from klasternet.figures.measuring import stress
from klasternet.figures.publishing import current

HOUSE = Path(kn.__file__).parent.parent
ZERO = (
    *("label_label", "label_disc", "disc_disc", "clipped"),
    *("foreign_in_halo", "halo_halo", "halo_parts", "heads_covered"),
)


@pytest.fixture(autouse=True)
def no_windows():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


def blocks(network, size, rest):
    labels = np.arange(network.n) // size
    labels[network.n - rest :] = -1
    return kn.Clusters.from_labels(network, labels)


@pytest.fixture(scope="module")
def usa():
    return blocks(kn.FlowNetwork.from_table(kn.datasets.load("usa_2022")), 8, 23)


@pytest.fixture(scope="module")
def germany():
    network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    return kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])


def drawn(clusters, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kn.KlasternetWarning)
        return kn.draw_network(clusters, **options)


@pytest.fixture(scope="module")
def picture(usa):
    matplotlib.use("Agg")
    return drawn(usa, width="2col", seed=1)


def gids(ax, kind):
    found = {str(art.get_gid()) for art in [*ax.patches, *ax.texts]}
    return {gid for gid in found if gid.startswith(kind + ":")}


def held(ax):
    measures = kn.legibility(ax)
    assert {name: measures[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
    assert measures["smallest_type"] >= current().small
    assert measures["thinnest_line"] >= 0.25
    assert measures["contrast"] >= 4.5
    return measures


def test_nothing_overlaps(usa, germany, picture):
    narrow = [drawn(clusters, width="1col", seed=2) for clusters in (usa, germany)]
    for ax in (picture, *narrow, drawn(germany)):
        measures = held(ax)
        assert measures["edges_through_discs"] <= 0.1
        assert measures["crossings"] <= 1.5
        assert measures["page_use"] >= 0.85


@pytest.mark.parametrize(
    ("folder", "size"),
    [
        *(("china_2017_42", 7), ("eurostat_cz_2015", 7), ("chile_2013_12", 3)),
        *(("wiod2016_niot_usa", 7), ("uk_2010_127", None)),
    ],
)
def test_nothing_overlaps_in_published_tables(shared, folder, size):
    table = kn.read_table(shared / folder)
    network = kn.FlowNetwork.from_table(table, negatives="aside")
    clusters = blocks(network, size, network.n // 4) if size else kn.detect(network, seed=0)
    measures = held(drawn(clusters, width="1col", seed=0 if size else 1))
    assert measures["page_use"] >= 0.85
    assert measures["angle"] > 45 or network.n < 20  # a mean of a handful of crossings
    assert measures["edges_through_discs"] <= 0.1


def test_every_industry_and_every_arrow_is_there(usa, picture):
    ax = picture
    edges = gids(ax, "edge")
    kept = kn.backbone(usa.network, n_edges=len(edges)).ties
    assert edges == {f"edge:{i}-{j}" for i, j in np.argwhere(kept)}
    assert gids(ax, "disc") == {f"disc:{i}" for i in range(71)}
    assert gids(ax, "halo") == {f"halo:{u}" for u in range(len(usa))}
    share = kept.sum() / usa.network.trade.sum()
    assert f"carry {share:.0%}".replace("%", " %") in kn.caption(ax)


def test_area_is_output_and_colour_the_cluster(usa, picture):
    ax = picture
    discs = {int(a.get_gid()[5:]): a for a in ax.patches if str(a.get_gid()).startswith("disc:")}
    output = usa.network.columns["output"].to_numpy()
    radii = np.array([discs[i].get_radius() for i in range(71)])
    large = radii > 1.61
    ratio = radii[large] ** 2 / output[large]
    assert ratio.max() / ratio.min() == pytest.approx(1)
    for i, disc in discs.items():
        wanted = matplotlib.colors.to_rgba(canvas.colour(int(usa.labels[i])))
        assert disc.get_facecolor() == pytest.approx(wanted)
        assert disc.get_facecolor()[3] == 1


def test_what_is_hidden_is_told(usa):
    with pytest.warns(kn.KlasternetWarning, match="are not named for want of room") as caught:
        ax = kn.draw_network(usa, width=75)
    held(ax)
    number = int(re.match(r"(\d+) of 71", str(caught[0].message)).group(1))
    assert len(gids(ax, "label")) == 71 - number


def test_a_page_that_is_too_small_names_one_that_fits():
    network = kn.FlowNetwork.from_matrix(
        np.ones((16, 16)), [f"industry of a long name {k}" for k in range(16)]
    )
    with pytest.warns(kn.KlasternetWarning, match=r"A page of 45 x (\d+) mm should") as caught:
        kn.draw_network(blocks(network, 4, 4), width=45, height=40, labels="all")
    high = float(re.search(r"45 x (\d+) mm should", str(caught[0].message)).group(1))
    held(kn.draw_network(blocks(network, 4, 4), width=45, height=high, labels="all"))


def test_sizes_pages_and_given_axes(germany):
    assert drawn(germany, width="1col").figure.get_size_inches()[0] * 25.4 == pytest.approx(89)
    size = drawn(germany, width=120, height=90).figure.get_size_inches() * 25.4
    assert size == pytest.approx([120, 90])
    _, (left, right) = pyplot.subplots(1, 2, figsize=(8, 4))
    before = right.get_position().bounds
    assert drawn(germany, ax=left) is left
    assert right.get_position().bounds == before
    held(left)


def test_positions_can_be_used_again(usa, picture):
    places = kn.network_positions(picture)
    assert list(places.columns) == ["x", "y", "radius", "colour"]
    assert set(places.index) == set(usa.network.industries)
    same = drawn(usa, layout=places, seed=5)
    again = kn.network_positions(same).loc[places.index]
    for axis in ("x", "y"):
        assert np.corrcoef(places[axis], again[axis])[0, 1] > 0.97
    held(same)


def test_given_positions_stay(usa):
    rng = np.random.default_rng(0)
    names = usa.network.industries
    places = pd.DataFrame(rng.random((71, 2)), index=names, columns=["x", "y"])
    ax = drawn(usa, layout=places)
    again = kn.network_positions(ax).loc[names]
    for axis in ("x", "y"):
        assert np.corrcoef(places[axis], again[axis])[0, 1] > 0.9
    assert kn.legibility(ax)["clipped"] == 0  # titles have room above the highest place


def test_a_text_on_the_head_of_an_arrow_is_counted(germany):
    ax = drawn(germany)
    assert kn.legibility(ax)["heads_covered"] == 0
    arrow = next(art for art in ax.patches if str(art.get_gid()).startswith("edge:"))
    corners = arrow.get_xy()[:-1]
    x, y = corners[(len(corners) - 3) // 2 :][:3].mean(axis=0)
    ax.text(x, y, "over", fontsize=5, ha="center", va="center", gid="key")
    assert kn.legibility(ax)["heads_covered"] >= 1


def test_clusters_that_fall_apart_are_named():
    network, _ = kn.datasets.planted(12, 3, contrast=6, seed=1)
    clusters = kn.Clusters.from_labels(network, np.arange(12) % 3)
    grid = {name: (k // 4, k % 4) for k, name in enumerate(network.industries)}
    with pytest.warns(kn.KlasternetWarning, match="fall into several areas") as caught:
        ax = kn.draw_network(clusters, layout=grid, labels="none")
    told = next(str(one.message) for one in caught if "several areas" in str(one.message))
    assert "positions given mix clusters" in told
    number = sum(map(int, re.findall(r"' \((\d+)\)", told))) - int(told.split()[0])
    assert number == kn.legibility(ax)["halo_parts"] > 0


def test_other_layouts(germany):
    names = germany.network.industries
    held(drawn(germany, layout="supply_chain"))
    held(drawn(germany, layout=lambda network: {k: (i, i % 2) for i, k in enumerate(names)}))
    with pytest.raises(kn.DataError, match="no column 'longitude'"):
        drawn(germany, layout="geo")
    with pytest.raises(kn.AlignmentError, match="no position for"):
        drawn(germany, layout={names[0]: (0, 0)})
    place = pd.DataFrame({"x": 0.0, "y": np.nan}, index=names)
    with pytest.raises(kn.DataError, match="is not finite"):
        drawn(germany, layout=place)


def test_errors_name_the_fault(germany):
    with pytest.raises(kn.ParameterError, match="labels"):
        kn.draw_network(germany, labels="some")
    with pytest.raises(kn.ParameterError, match="backbone"):
        kn.draw_network(germany, backbone="disparity")
    with pytest.raises(kn.ParameterError, match="layout"):
        kn.draw_network(germany, layout="spring")
    with pytest.raises(kn.ParameterError, match="no room for a network"):
        kn.draw_network(germany, height=10)
    with pytest.raises(kn.DataError, match="no network diagram"):
        kn.legibility(pyplot.figure().add_subplot())
    with pytest.raises(kn.ParameterError, match="no network diagram"):
        kn.caption(pyplot.figure().add_subplot())
    with pytest.raises(kn.ParameterError, match="style"):
        kn.style("cell").__enter__()


def test_large_networks_are_condensed(monkeypatch):
    monkeypatch.setattr(condensing, "LARGEST", 20)
    network, labels = kn.datasets.planted(400, 6, contrast=3.0, seed=1)
    ax = drawn(kn.Clusters.from_labels(network, labels), labels="none")
    assert not gids(ax, "label")
    assert 20 < kn.legibility(ax)["discs"] <= 27
    assert "20 largest of 400 industries" in kn.caption(ax)


def test_soft_hyphens_break_names_and_are_not_seen(germany):
    name = "Land\u00adwirtschafts\u00admaschinen\u00adherstellung"
    ax = drawn(germany, names={germany.network.industries[0]: name}, width="1col")
    lines = [text.get_text() for text in ax.texts if text.get_gid() == "label:0"]
    assert "".join(line.removesuffix("-") for line in lines) == name.replace("\u00ad", "")


def test_style_is_put_back(germany):
    before = dict(matplotlib.rcParams)
    with kn.style("elsevier"):
        assert kn.legibility(drawn(germany, width="1col"))["smallest_type"] >= 6
    assert dict(matplotlib.rcParams) == before


def test_files_are_measured(germany):
    measures = kn.legibility(drawn(germany, width="1col"), written=True)
    assert measures["type3_fonts"] == measures["texts_lost"] == 0
    assert measures["pdf_width"] == pytest.approx(89, abs=0.1)
    assert measures["pdf_kb"] < 150


def test_stress_is_nought_where_distance_is_relatedness():
    spot = np.random.default_rng(0).random((6, 2))
    apart = np.hypot(*(spot[:, None] - spot).transpose(2, 0, 1)) + np.eye(6)
    unit = np.array([0, 0, 0, 1, 1, 1])
    assert stress(spot, unit, 7 / apart**2) == pytest.approx(0, abs=1e-7)
    assert stress(spot, unit, apart) > 0.1


def test_text_is_text(germany, tmp_path):
    ax = drawn(germany)
    ax.figure.savefig(tmp_path / "a.svg")
    ax.figure.savefig(tmp_path / "a.pdf")
    svg = (tmp_path / "a.svg").read_text()
    assert all(f">{name}</text>" in svg for name in germany.network.industries if len(name) < 9)
    assert 'id="disc:3"' in svg and "opacity" not in svg
    assert b"/Type3" not in (tmp_path / "a.pdf").read_bytes()


SCRIPT = """
import sys, warnings, klasternet as kn
warnings.simplefilter("ignore")
network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
ax = kn.draw_network(kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1]), seed=3)
for kind in ("pdf", "svg"):
    ax.figure.savefig(f"{sys.argv[1]}.{kind}")
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    digests = []
    for name in ("a", "b"):
        run = [sys.executable, "-c", SCRIPT, str(tmp_path / name)]
        subprocess.run(run, check=True, cwd=HOUSE, env=None)
        files = [(tmp_path / f"{name}.{kind}").read_bytes() for kind in ("pdf", "svg")]
        digests.append([hashlib.sha256(data).hexdigest() for data in files])
    assert digests[0] == digests[1]


# ------------------------------------------------------------------------------------- palette

SIGHTS = {  # Machado, Oliveira and Fernandes (2009), doi 10.1109/TVCG.2009.113, severity 1
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cam02_ucs(linear):
    """J', a', b' of linear sRGB under an average surround, D65, L_A 64 / pi / 5, Y_b 20."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    cat = np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]])
    hpe = np.array([[0.38971, 0.68898, -0.07868], [-0.22981, 1.18340, 0.04641], [0.0, 0.0, 1.0]])
    white, adapting, back = np.array([95.047, 100, 108.883]), 64 / np.pi / 5, 20.0
    k = 1 / (5 * adapting + 1)
    light = 0.2 * k**4 * 5 * adapting + 0.1 * (1 - k**4) ** 2 * (5 * adapting) ** (1 / 3)
    n = back / 100
    boost, z = 0.725 * (1 / n) ** 0.2, 1.48 + np.sqrt(n)
    degree = 1 - np.exp((-adapting - 42) / 92) / 3.6

    def respond(xyz):
        cone = cat @ xyz
        cone = cone * (degree * 100 / (cat @ white) + 1 - degree)
        cone = hpe @ np.linalg.inv(cat) @ cone
        root = (light * np.abs(cone) / 100) ** 0.42
        return np.sign(cone) * 400 * root / (27.13 + root) + 0.1

    def total(r):
        return (2 * r[0] + r[1] + r[2] / 20 - 0.305) * boost

    r = respond(100 * np.array(to_xyz) @ linear)
    a, b = r[0] - 12 * r[1] / 11 + r[2] / 11, (r[0] + r[1] - 2 * r[2]) / 9
    hue = np.arctan2(b, a)
    J = 100 * (total(r) / total(respond(white))) ** (0.69 * z)
    bend = (np.cos(hue + 2) + 3.8) / 4
    t = 50000 / 13 * boost * bend * np.hypot(a, b) / (r[0] + r[1] + 21 / 20 * r[2])
    M = t**0.9 * np.sqrt(J / 100) * (1.64 - 0.29**n) ** 0.73 * light**0.25
    M = np.log1p(0.0228 * M) / 0.0228
    return np.array([1.7 * J / (1 + 0.007 * J), M * np.cos(hue), M * np.sin(hue)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_palette_is_told_apart(sight):
    paints = [matplotlib.colors.to_rgb(paint) for paint in canvas.PALETTE]
    rgb = np.array(paints)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SIGHTS[sight]).T, 0, 1)
    points = np.array([cam02_ucs(row) for row in seen])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert apart[np.triu_indices(12, 1)].min() >= 10
