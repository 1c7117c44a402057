"""Figures beside matrix and network: text has its room, and what is drawn is what was given."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.text import Text

import klasternet as kn
from klasternet.figures.flows import draw_cluster_flows
from klasternet.figures.ring import arrow, head
from klasternet.figures.sheet import balanced, round_down, set_names, tint

HOUSE = Path(kn.__file__).parent.parent
SLACK = 0.4  # points
FACTORS = [
    "R&D capacity", "Workforce skills", "Education and training", "Proximity of suppliers",
    "Availability of capital", "Specialised services", "Machine and tool builders",
    "Intensity of networking", "Entrepreneurial energy",
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_windows():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


# ------------------------------------------------------------------------------------ material


@cache
def usa():
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    return kn.detect(network, seed=0)


@cache
def story(folder):
    """The United States of WIOD, every second year, 2000 to 2014."""
    years = list(range(2000, 2015, 2))
    tables = [kn.read_table(folder / "wiod2016_niot_usa", year=year) for year in years]
    networks = [kn.FlowNetwork.from_table(table, negatives="aside") for table in tables]
    return kn.evolve(networks, years, seed=0)


@cache
def judged():
    return kn.significance(usa(), draws=59, seed=0)


@cache
def profiled():
    return kn.profile_resolution(usa().network, seed=0)


def scores(names, missing=0.15):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(1, 6, (len(names), 9)).astype(float), list(names), FACTORS)
    return frame.mask(rng.random(frame.shape) < missing)


def quotients(n=14):
    rng = np.random.default_rng(5)
    lq = np.exp(rng.normal(0, 0.8, n))
    names = [f"Manufacture of goods of the {k}th kind and repair" for k in range(n)]
    return pd.DataFrame(
        {"lq": lq, "low": lq * 0.8, "high": lq * 1.25, "employment": rng.integers(50, 9000, n),
         "growth": rng.normal(0.01, 0.03, n)}, names,
    )  # fmt: skip


class Square:
    """A shape as geometry packages hand it out, with a hole in it."""

    def __init__(self, x, y, side=1.0):
        def ring(a, b, wide):
            return [(a, b), (a + wide, b), (a + wide, b + wide), (a, b + wide), (a, b)]

        rings = [ring(x, y, side), ring(x + 0.05 * side, y + 0.05 * side, 0.1 * side)]
        self.__geo_interface__ = {"type": "Polygon", "coordinates": rings}


def squares():
    names = [f"R{k}" for k in range(12)]
    return pd.Series([Square(k % 4, k // 4) for k in range(12)], names)


def china(folder):
    network = kn.FlowNetwork.from_table(kn.read_table(folder / "china_2017_42"))
    return kn.detect(network, seed=0)


DRAWN = {
    "flows": lambda w, d: kn.draw_cluster_flows(
        usa(), imports=kn.datasets.load("usa_2022").imports, width=w
    ),
    "flows wiod": lambda w, d: kn.draw_cluster_flows(story(d).clusters[-1], width=w),
    "flows china": lambda w, d: kn.draw_cluster_flows(china(d), width=w),
    "evolution": lambda w, d: kn.draw_evolution(story(d), width=w),
    "dots": lambda w, d: kn.draw_scorecard(scores(usa().names), width=w),
    "radars": lambda w, d: kn.draw_scorecard(scores(usa().names), kind="radars", width=w),
    "both": lambda w, d: kn.draw_scorecard(scores(usa().names), kind="both", width=w),
    "quotients": lambda w, d: kn.draw_location_quotients(quotients(), width=w),
    "many quotients": lambda w, d: kn.draw_location_quotients(quotients(90), width=w),
    "null": lambda w, d: kn.draw_null(judged(), width=w),
    "null of clusters": lambda w, d: kn.draw_null(judged(), "clusters", width=w),
    "null, seen among the draws": lambda w, d: kn.draw_null(
        dataclasses.replace(judged(), statistic=0.9, pvalue=0.1), width=w
    ),
    "resolution": lambda w, d: kn.draw_resolution(profiled(), width=w),
    "map": lambda w, d: kn.draw_map(
        squares(), pd.Series(np.linspace(0.1, 3, 11), squares().index[:11]), width=w
    ),
}


def boxes(figure):
    figure.draw_without_rendering()
    renderer, point = figure.canvas.get_renderer(), 72 / figure.dpi
    drawn = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    unseen = set()  # matplotlib keeps labels of ticks beyond the ends of an axis
    for ax in figure.findobj(Axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                pad = 1e-9 * (high - low)
                if not low - pad <= tick.get_loc() <= high + pad or not axis.get_visible():
                    unseen |= {tick.label1, tick.label2}
    drawn = [text for text in drawn if text not in unseen]
    inside = [text for text in drawn if text.get_window_extent(renderer).width > 0]
    return inside, [text.get_window_extent(renderer).extents * point for text in inside]


def corners(text, box, point):
    """The turned box of a text, as corners in points."""
    if text.get_rotation() in (0, 90):
        x0, y0, x1, y1 = box
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    turn = np.radians(text.get_rotation())
    turned, text_turn = text.get_rotation(), text
    text_turn.set_rotation(0)
    flat = text.get_window_extent().extents * point
    text_turn.set_rotation(turned)
    x0, y0, x1, y1 = flat
    at = text.get_transform().transform(text.get_position()) * point
    square = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) - at
    back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return square @ back.T + at


def apart(a, b):
    """Whether a line parts two convex shapes, but for the slack."""
    for one in (a, b):
        for k in range(len(one)):
            edge = one[(k + 1) % len(one)] - one[k]
            normal = np.array([edge[1], -edge[0]]) / max(np.hypot(*edge), 1e-9)
            p, q = a @ normal, b @ normal
            if min(p.max(), q.max()) - max(p.min(), q.min()) <= SLACK:
                return True
    return False


def assert_legible(figure, least=5.0, most=7.0):
    drawn, extents = boxes(figure)
    width, height = figure.get_size_inches() * 72
    shapes = [corners(t, b, 72 / figure.dpi) for t, b in zip(drawn, extents, strict=True)]
    for text, shape in zip(drawn, shapes, strict=True):
        inside = (shape >= -SLACK).all() and (shape <= np.array([width, height]) + SLACK).all()
        assert inside, f"{text.get_text()!r} is cut off"
        assert least - 1e-9 <= text.get_fontsize() <= most, text.get_text()
    for a in range(len(drawn)):
        for b in range(a + 1, len(drawn)):
            over = not apart(shapes[a], shapes[b])
            assert not over, (drawn[a].get_text(), drawn[b].get_text())


# ------------------------------------------------------------------------------------ legible


@pytest.mark.parametrize("width", ["1col", "2col"])
@pytest.mark.parametrize("case", DRAWN)
def test_every_text_has_its_room(case, width, shared):
    figure = DRAWN[case](width, shared).figure
    assert_legible(figure)
    wide, high = figure.get_size_inches() * 25.4
    assert wide == pytest.approx({"1col": 89, "2col": 183}[width], abs=0.01)
    assert high <= 170.01


@pytest.mark.parametrize(
    "case", ["flows", "evolution", "radars", "quotients", "null", "resolution", "map"]
)
def test_styles_set_the_type(case, shared):
    with kn.style("elsevier"):
        assert_legible(DRAWN[case]("2col", shared).figure, least=6.0, most=8.0)


@pytest.mark.parametrize("case", DRAWN)
def test_nothing_is_transparent_and_all_has_a_name(case, shared):
    ax = DRAWN[case]("1col", shared)
    for art in [*ax.patches, *ax.lines, *ax.texts]:
        assert art.get_alpha() in (None, 1)
        assert art.get_gid() or not art.get_visible()


def test_files_are_those_of_a_journal(tmp_path, shared):
    for case in ("flows", "evolution", "both", "null"):
        ax = DRAWN[case]("1col", shared)
        ax.figure.savefig(tmp_path / "a.pdf")
        ax.figure.savefig(tmp_path / "a.svg")
        pdf, svg = (tmp_path / "a.pdf").read_bytes(), (tmp_path / "a.svg").read_text("utf-8")
        assert b"/Type3" not in pdf and b"/FontFile2" in pdf and len(pdf) < 150_000, case
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
        assert float(box[1]) / 72 * 25.4 == pytest.approx(89, abs=0.1)
        said = [text.get_text() for text in ax.texts if text.get_text()]
        assert svg.count("<text") >= len(said)


TWICE = """
import sys, klasternet as kn
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.Clusters.from_labels(network, [k // 8 if k < 56 else -1 for k in range(71)])
late = kn.Clusters.from_labels(network, [k // 9 if k < 54 else -1 for k in range(71)])
for name, ax in (
    ("flows", kn.draw_cluster_flows(clusters)),
    ("evolution", kn.draw_evolution(kn.evolve([clusters, late]))),
):
    for kind in ("pdf", "svg"):
        ax.figure.savefig(f"{sys.argv[1]}-{name}.{kind}")
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", TWICE, str(tmp_path / name)], check=True, cwd=HOUSE)
    for file in sorted(tmp_path.glob("one-*")):
        assert file.read_bytes() == (tmp_path / file.name.replace("one", "two")).read_bytes()


def test_given_axes_hold_sheets(shared):
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 9))
    before = [ax.get_position().bounds for ax in axes.flat]
    assert kn.draw_cluster_flows(usa(), ax=axes[0, 0]) is axes[0, 0]
    kn.draw_evolution(story(shared), ax=axes[0, 1])
    kn.draw_scorecard(scores(usa().names), ax=axes[1, 0])
    kn.draw_location_quotients(quotients(), ax=axes[1, 1])
    assert before == [ax.get_position().bounds for ax in axes.flat]
    assert_legible(figure)


def test_every_drawing_takes_axes_and_returns_them():
    for name in kn.__all__:
        if name.startswith("draw_"):
            ax = inspect.signature(getattr(kn, name)).parameters["ax"]
            assert ax.default is None and ax.kind is ax.KEYWORD_ONLY, name


@pytest.mark.parametrize("case", [*DRAWN, "matrix", "network"])
def test_nothing_but_the_figure_is_touched(case, shared, monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *a, **k: pytest.fail("show was called"))
    more = {
        "matrix": lambda w, d: kn.draw_matrix(usa(), width=w),
        "network": lambda w, d: kn.draw_network(usa(), labels="none", width=w),
    }
    settings, chance = dict(matplotlib.rcParams), np.random.get_state()[1].tolist()  # noqa: NPY002
    ax = (DRAWN | more)[case]("2col", shared)
    assert dict(matplotlib.rcParams) == settings
    assert np.random.get_state()[1].tolist() == chance  # noqa: NPY002
    assert isinstance(ax, Axes)


# ------------------------------------------------------------------------------ what is drawn


def arts(ax, kind):
    found = [art for art in ax.get_children() if (art.get_gid() or "").startswith(kind + ":")]
    return {art.get_gid().split(":", 1)[1]: art for art in found}


def test_arrows_carry_the_share_and_reach_every_group():
    clusters = usa()
    flow = clusters.between.to_numpy()
    between = flow.sum() - flow.diagonal().sum()
    for share in (0.5, 0.8, 1.0):
        ax = draw_cluster_flows(clusters, share=share, width="1col")
        drawn = [tuple(map(int, gid.split(","))) for gid in arts(ax, "flow")]
        carried = sum(flow[i, j] for i, j in drawn)
        assert carried >= share * between * (1 - 1e-12)
        assert {g for pair in drawn for g in pair} == {-1, *range(len(clusters))}
        note = " ".join(t.get_text() for t in ax.texts if t.get_gid() == "note")
        assert f"carry {carried / between:.0%}" in note
    assert len(drawn) == (flow > 0).sum() - (flow.diagonal() > 0).sum()


def test_arrows_are_as_wide_as_their_flow():
    clusters = usa()
    flow = clusters.between.to_numpy()
    ax = draw_cluster_flows(clusters, width="2col")
    wide = {}
    for gid, art in arts(ax, "flow").items():
        shape = art.get_xy()[:-1]
        wide[gid] = np.hypot(*(shape[0] - shape[-1]))  # the blunt end
    amounts = np.array([flow[tuple(map(int, gid.split(",")))] for gid in wide])
    widths = np.array(list(wide.values()))
    free = widths > 0.51  # thinner ones are drawn as wide as can be seen
    assert np.ptp(widths[free] / amounts[free]) < 1e-6 * (widths / amounts).max()


def test_arrows_keep_off_foreign_discs_and_names(shared):
    for clusters in (usa(), story(shared).clusters[-1]):
        for width in ("1col", "2col"):
            ax = draw_cluster_flows(clusters, width=width)
            discs = arts(ax, "disc")
            ax.figure.draw_without_rendering()
            renderer = ax.figure.canvas.get_renderer()
            back = ax.transData.inverted()
            names = [
                back.transform(t.get_window_extent(renderer).get_points())
                for t in ax.texts if (t.get_gid() or "").startswith("name:")
            ]  # fmt: skip
            for gid, art in arts(ax, "flow").items():
                line = art.get_xy()
                for other, disc in discs.items():
                    if other not in gid.split(","):
                        gap = np.hypot(*(line - disc.get_center()).T) - disc.get_radius()
                        assert gap.min() > -0.5, (gid, other)
                for low, high in names:
                    inside = ((line > low + 1) & (line < high - 1)).all(axis=1)
                    assert not inside.any(), gid


def test_many_clusters_share_a_disc():
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    clusters = kn.Clusters.from_labels(network, np.arange(71) // 4)
    ax = draw_cluster_flows(clusters, width="2col")
    names = [t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("name:11")]
    assert " ".join(names) == "7 smaller clusters"
    assert_legible(ax.figure)


def test_arrow_has_its_tip_where_the_line_ends():
    line = np.column_stack([np.linspace(0, 40, 30), np.linspace(0, 9, 30) ** 2])
    for width in (0.5, 3.0, 9.0):
        shape = arrow(line, width)
        assert (shape == line[-1]).all(axis=1).any()
        assert head(width)[1] > 1.5 * width
    assert (head(2.0)[0] < head(9.0)[0]) and (head(2.0)[1] < head(9.0)[1])


def test_blocks_are_as_high_as_shares(shared):
    evolution = story(shared)
    ax = kn.draw_evolution(evolution)
    blocks = {gid: np.ptp(art.get_xy()[:, 1]) for gid, art in arts(ax, "block").items()}
    shares = {}
    for row in evolution.flows.itertuples(index=False):
        if row.source != "rest":
            k = evolution.table.index.get_loc(row.source)
            shares[f"{k},{row.time}"] = shares.get(f"{k},{row.time}", 0) + row.share
    ratio = np.array([blocks[gid] / share for gid, share in shares.items() if blocks[gid] > 0.51])
    assert np.ptp(ratio) < 1e-6 * ratio.max()
    seen = {(name, t) for t, column in evolution.labels.items() for name in column} - {
        ("rest", t) for t in evolution.times
    }
    assert len(shares) + sum(t == evolution.times[-1] for _, t in seen) == len(seen)
    assert {f"{evolution.table.index.get_loc(n)},{t}" for n, t in seen} <= set(blocks)
    bands = {tuple(gid.split(",")) for gid in arts(ax, "band")}
    assert len(bands) == len(evolution.flows)


def test_every_cluster_of_an_evolution_is_named(shared):
    evolution = story(shared)
    for width in ("1col", "2col"):
        ax = kn.draw_evolution(evolution, width=width)
        said = " ".join(t.get_text() for t in ax.texts).replace("…", " ")
        for k, name in enumerate(evolution.table.index):
            marks = [t for t in ax.texts if t.get_gid() == f"name:{k}"]
            assert marks, name
            assert all(word in said for word in re.findall(r"\w+", name)), name


def test_bands_fill_their_blocks(shared):
    evolution = story(shared)
    ax = kn.draw_evolution(evolution)
    for gid, block in arts(ax, "block").items():
        k, time = gid.split(",")
        if k == "-1" or time == str(evolution.times[-1]):
            continue
        leaving = [
            np.ptp(art.get_xy()[[0, -2], 1])
            for band, art in arts(ax, "band").items()
            if band.split(",")[0] == k and band.split(",")[2] == time
        ]
        assert sum(leaving) == pytest.approx(np.ptp(block.get_xy()[:, 1]), abs=0.55 * len(leaving))


def test_dots_grow_with_scores_and_gaps_stay_gaps():
    frame = scores(usa().names)
    ax = kn.draw_scorecard(frame, scale=(1, 5))
    dots, missing = arts(ax, "dot"), arts(ax, "missing")
    values = frame.to_numpy()
    radii = {}
    for i, j in np.ndindex(values.shape):
        assert (f"{i},{j}" in missing) == np.isnan(values[i, j])
        if f"{i},{j}" in dots:
            radii.setdefault(values[i, j], set()).add(round(dots[f"{i},{j}"].get_radius(), 9))
    assert all(len(sizes) == 1 for sizes in radii.values())
    sizes = [next(iter(radii[v])) for v in sorted(radii)]
    assert sizes == sorted(sizes) and len(set(sizes)) == len(sizes)


def test_radars_are_closed_only_where_all_is_known():
    frame = scores(["a", "b", "c"], missing=0)
    frame.iloc[1, 4] = np.nan
    ax = kn.draw_scorecard(frame, kind="radars")
    gids = [art.get_gid() for art in ax.patches]
    assert "radar:0:area" in gids and "radar:1:area" not in gids and "radar:2:area" in gids
    line = next(art for art in ax.lines if art.get_gid() == "radar:0")
    assert len(line.get_xdata()) == 10 and line.get_xdata()[0] == line.get_xdata()[-1]
    open_ = [art for art in ax.lines if art.get_gid() == "radar:1"]
    assert len(open_) == 1 and len(open_[0].get_xdata()) == 8


def test_quotients_stand_where_they_are():
    frame = quotients().sort_values("lq", ascending=False)
    frame.iloc[-1, frame.columns.get_indexer(["lq", "low"])] = 0.0
    ax = kn.draw_location_quotients(frame)
    one = next(art for art in ax.lines if art.get_gid() == "one").get_xdata()[0]
    for i, row in enumerate(frame.iloc[:-1].itertuples()):
        disc = arts(ax, "quotient")[str(i)]
        assert (disc.get_center()[0] > one) == (row.lq > 1)
        low, high = arts(ax, "interval")[str(i)].get_xdata()
        assert low < disc.get_center()[0] < high
        full = disc.get_facecolor()[:3] != (1, 1, 1)
        assert full == (row.high > 1)
    assert arts(ax, "quotient")[str(len(frame) - 1)].get_xy().shape == (4, 2)  # off the scale
    steps = [arts(ax, "quotient")[str(i)].get_center()[0] - one for i in range(len(frame) - 1)]
    assert np.allclose(np.array(steps) / steps[0], np.log(frame.lq[:-1]) / np.log(frame.lq.iloc[0]))


def test_quotients_of_a_region_are_found():
    e = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    lq = kn.location_quotients(e)
    ax = kn.draw_location_quotients(lq, "city", width="1col")
    assert [t.get_text() for t in ax.texts if t.get_gid() == "name:0"] == ["shops"]
    with pytest.raises(kn.ParameterError, match=r"2 regions.*region='coast'"):
        kn.draw_location_quotients(lq)
    with pytest.raises(kn.ParameterError, match="no region called 'hills'"):
        kn.draw_location_quotients(lq, "hills")


def test_left_out_quotients_are_counted():
    ax = kn.draw_location_quotients(quotients(90))
    shown = len([t for t in ax.texts if (t.get_gid() or "").startswith("name:")])
    note = " ".join(t.get_text() for t in ax.texts if t.get_gid() == "note")
    assert f"{90 - shown} smaller ones are not drawn" in note and shown < 90


def test_null_counts_every_draw():
    ax = kn.draw_null(judged())
    (steps,) = [art for art in ax.patches if art.get_gid() == "draws"]
    assert steps.get_data()[0].sum() == len(judged().null_distribution)
    said = " ".join(t.get_text() for t in ax.texts)
    assert f"{judged().pvalue:.2g}" in said and "59 random economies" in said


def test_profile_is_drawn_as_it_is():
    profile = profiled()
    score, clusters, unstable = kn.draw_resolution(profile).child_axes
    line = next(art for art in score.lines if art.get_gid() == "score:line")
    assert np.array_equal(line.get_ydata(), profile["score"])
    steps = next(art for art in clusters.patches if art.get_gid() == "clusters:line")
    assert np.array_equal(steps.get_data()[0], profile["clusters"])
    shaded = {art.get_gid() for art in unstable.patches} - {"unstable:line"}
    letters = list(dict.fromkeys(profile["plateau"]))
    assert shaded == {f"plateau:{letter}" for letter in letters[1::2]}


def test_quotients_stand_in_the_order_asked_for():
    frame = quotients()
    frame.index = [f"good {k}" for k in range(len(frame))]
    for order, column in {"quotient": "lq", "share": "employment"}.items():
        ax = kn.draw_location_quotients(frame, order=order, width="2col")
        names = [text for text in ax.texts if (text.get_gid() or "").startswith("name:")]
        down = sorted(names, key=lambda text: -text.get_position()[1])
        wanted = frame.sort_values(column, ascending=False).index
        assert [text.get_text() for text in down] == list(wanted)


def test_map_has_a_class_for_every_region():
    shapes = squares()
    values = pd.Series([0.1, 0.6, 1.0, 1.5, 3.0], shapes.index[:5])
    ax = kn.draw_map(shapes, values)
    regions = arts(ax, "region")
    assert len(regions) == 12
    paints = [regions[f"R{k}"].get_facecolor() for k in range(6)]
    assert len(set(paints)) == 6
    hatched = [bool(regions[f"R{k}"].get_hatch()) for k in range(6)]
    assert hatched == [True, True, False, False, False, True]
    assert {t.get_text() for t in ax.texts if t.get_gid() == "name:R3"} == {"R3"}
    z = kn.draw_map(shapes, pd.DataFrame({"z": [2.2]}, ["R0"]), kind="g")
    assert arts(z, "region")["R0"].get_facecolor() == paints[3]


# ----------------------------------------------------------------------------------- refusals


def test_bad_requests_are_refused():
    with pytest.raises(kn.ParameterError, match="share"):
        kn.draw_cluster_flows(usa(), share=2)
    with pytest.raises(kn.AlignmentError, match="lack"):
        kn.draw_cluster_flows(usa(), imports=pd.Series({"Farms": 3.0}))
    none = kn.Clusters.from_labels(usa().network, [-1] * 71)
    with pytest.raises(kn.ParameterError, match="no clusters"):
        kn.draw_cluster_flows(none)
    with pytest.raises(kn.ParameterError, match="at least two"):
        kn.draw_evolution(kn.evolve([usa()]))
    with pytest.raises(kn.DataError, match="'score'"):
        kn.draw_resolution(profiled().drop(columns="score"))
    with pytest.raises(kn.DataError, match="from 1 to 5, the scale from 2 to 3"):
        kn.draw_scorecard(scores("ab", 0), scale=(2, 3))
    with pytest.raises(kn.ParameterError, match="make no radar"):
        kn.draw_scorecard(scores("ab").iloc[:, :2], kind="radars")
    with pytest.raises(kn.DataError, match="Code them"):
        kn.draw_scorecard(scores("ab").astype(object).replace(1.0, "low"))
    with pytest.raises(kn.ParameterError, match="did you mean 'radars'"):
        kn.draw_scorecard(scores("ab"), kind="radar")
    with pytest.raises(kn.ParameterError, match=r"need .* mm of height"):
        kn.draw_scorecard(scores([f"c{k}" for k in range(60)]))
    with pytest.raises(kn.DataError, match="'lq'"):
        kn.draw_location_quotients(pd.DataFrame({"x": [1.0]}))
    for wrong in (np.nan, -1.0, np.inf):
        with pytest.raises(kn.DataError, match="quotient of 'x' is not a number from 0"):
            kn.draw_location_quotients(pd.DataFrame({"lq": [1.0, wrong]}, ["y", "x"]))
    with pytest.raises(kn.ParameterError, match="no regions to choose 'coast' from"):
        kn.draw_location_quotients(quotients(), region="coast")
    low = pyplot.figure(figsize=(7, 0.7)).add_subplot()
    with pytest.raises(kn.ParameterError, match="mm are too low"):
        kn.draw_location_quotients(quotients(), ax=low)
    with pytest.raises(kn.DataError, match="hold no network diagram"):
        kn.legibility(low)
    with pytest.raises(kn.AlignmentError, match="'nowhere' is not on the map"):
        kn.draw_map(squares(), pd.Series({"nowhere": 1.0}))
    with pytest.raises(kn.ParameterError, match="no column 'NAME'"):
        kn.draw_map(squares(), pd.Series({"R0": 1.0}), names="NAME")
    with pytest.raises(kn.DataError, match="twice"):
        kn.draw_map(pd.concat([squares(), squares()]), pd.Series({"R0": 1.0}))


def test_maps_of_files_tables_and_awkward_shapes(tmp_path):
    class Shape:
        def __init__(self, kind, coordinates):
            self.__geo_interface__ = {"type": kind, "coordinates": coordinates}

    features = [
        {"type": "Feature", "properties": {"NAME": name}, "geometry": shape.__geo_interface__}
        for name, shape in squares().items()
    ]
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    values = pd.DataFrame({"lq": [0.5, 2.5]}, ["R0", "R7"])
    ax = kn.draw_map(path, values, names="NAME")
    assert set(arts(ax, "region")) == {f"R{k}" for k in range(12)}
    with pytest.raises(kn.ParameterError, match=r"names=\.\.\. Known: NAME"):
        kn.draw_map(path, values)
    with pytest.raises(kn.DataError, match="no column 'z'"):
        kn.draw_map(squares(), values, kind="g")
    with pytest.raises(kn.AlignmentError, match="name 'R0' twice"):
        kn.draw_map(squares(), pd.concat([values, values]))
    with pytest.raises(kn.AlignmentError, match="no values"):
        kn.draw_map(squares(), values.iloc[:0])
    with pytest.raises(kn.DataError, match="list without shapes"):
        kn.draw_map([Square(0, 0)], values)
    with pytest.raises(kn.DataError, match="a Point, not an area"):
        kn.draw_map(pd.Series({"R0": Shape("Point", (0, 0)), "R7": Square(1, 0)}), values)
    with pytest.raises(kn.DataError, match="no region has a shape"):
        kn.draw_map(pd.Series({"R0": None, "R7": None}, dtype=object), values)
    with pytest.raises(kn.ParameterError, match="too small for a map"):
        kn.draw_map(squares(), values, ax=pyplot.figure(figsize=(2, 0.6)).add_subplot())
    ring = [[(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)]], [[(20, 0), (29, 0), (29, 9), (20, 0)]]
    odd = {
        "islands": Shape("MultiPolygon", ring),
        "line": Shape("Polygon", [[(0, 12), (29, 12), (0, 12)]]),
        "nowhere": None,
    }
    ax = kn.draw_map(pd.Series(odd, dtype=object), pd.Series({"islands": 2.0}))
    assert set(arts(ax, "region")) == {"islands", "line"}  # what has no shape is not drawn
    at = next(text for text in ax.texts if text.get_gid() == "name:islands").get_position()
    low, high = arts(ax, "region")["islands"].get_path().get_extents().get_points()
    assert low[0] < at[0] < (low[0] + high[0]) / 2  # the name is on the larger island
    assert not any(text.get_gid() == "name:line" for text in ax.texts)


def test_a_small_rest_is_named_beside_its_disc():
    network, _ = kn.datasets.planted(40, 4, contrast=8, noise=0.3, seed=1)
    flows = np.array(network.flows)
    flows[7] *= 0.01
    flows[:, 7] *= 0.01
    labels = np.arange(40) % 4
    labels[7] = -1
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(flows), labels)
    ax = kn.draw_cluster_flows(clusters)
    kept = [text for text in ax.texts if text.get_gid() == "kept:-1"]
    assert [text.get_text() for text in kept] == ["Rest"]
    disc = arts(ax, "disc")["-1"].get_extents().transformed(ax.transData.inverted())
    x, y = kept[0].get_position()
    assert not (disc.x0 < x < disc.x1 and disc.y0 < y < disc.y1)
    lacking = pd.Series(1.0, clusters.network.industries)
    lacking.iloc[3] = -2.0
    with pytest.raises(kn.DataError, match=r"imports of .* are -2"):
        kn.draw_cluster_flows(clusters, imports=lacking)


def test_maps_from_files_name_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "geopandas", None)
    with pytest.raises(ImportError, match=r"klasternet\[geo\]"):
        kn.draw_map(tmp_path / "regions.gpkg", pd.Series({"R0": 1.0}))


# ---------------------------------------------------------------------------------- small parts


def test_small_parts():
    assert [round_down(v) for v in (1, 4.9, 5, 0.03, 1999)] == [1, 2, 5, 0.02, 1000]
    assert tint("#000000", 0.5) == "#808080" and tint("#0072B2", 1) == "#0072B2"
    assert balanced("Farms & Food and beverages", 6, 80, 2) == ["Farms &", "Food and beverages"]
    size, rows = set_names(["short", "a name of a good many words that goes on"], 60)
    assert rows[0] == ["short"] and size <= 6
    assert not any("…" in line for block in rows for line in block)


def test_the_matrix_takes_the_style_too():
    for name, least in (("nature", 5.0), ("elsevier", 6.0)):
        with kn.style(name):
            for width in ("1col", "2col"):
                figure = kn.draw_matrix(usa(), width=width).figure
                figure.set_dpi(300)  # as printed: screens round the width of letters
                assert_legible(figure, least, least + 2)


def test_null_of_clusters_has_a_dot_for_each():
    network, _ = kn.datasets.planted(30, 3, contrast=6, noise=0.8, seed=1)
    clusters = kn.detect(network, seed=0)
    test = kn.significance(clusters, draws=39, seed=0)
    assert test.strongest.shape == (39,) and not test.strongest.flags.writeable
    for width in ("1col", "2col"):
        ax = kn.draw_null(test, "clusters", width=width)
        dots = {d.get_gid(): d for d in ax.lines if str(d.get_gid()).startswith("cluster:")}
        assert len(dots) == len(clusters) == 3
        for k, row in enumerate(test.table.itertuples()):
            dot = dots[f"cluster:{k}"]
            assert dot.get_xdata()[0] == row.strength
            assert (dot.get_markerfacecolor() == "#FFFFFF") == (row.pvalue > 0.05)
            reached = (test.strongest >= row.strength).sum()
            assert row.pvalue == (1 + reached) / 40
        bars = next(p for p in ax.patches if p.get_gid() == "draws")
        assert bars.get_data()[0].sum() == np.isfinite(test.strongest).sum()
        ax.figure.canvas.draw()
        page = ax.figure.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0 and box.x1 <= page.x1
    with pytest.raises(kn.ParameterError, match="economy, clusters"):
        kn.draw_null(test, "regions")
    empty = kn.significance(kn.Clusters.from_labels(network, [-1] * 30), draws=2, seed=0)
    with pytest.raises(kn.DataError, match="nothing to draw"):
        kn.draw_null(empty, "clusters")
