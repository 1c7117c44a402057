"""Names in figures: where lines end, what is hyphenated, and fonts for what is not Latin."""

from __future__ import annotations

import re
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot

import klasternet as kn
from klasternet.figures import canvas
from klasternet.figures.hyphenation import SOFT, parts, pieces

CHINESE = [
    "农林牧渔产品和服务",
    "煤炭采选产品",
    "石油和天然气开采产品",
    "食品和烟草",
    "石油、炼焦产品和核燃料加工品",
    "通信设备、计算机和其他电子设备",
    "电力、热力的生产和供应",
    "水利、环境和公共设施管理",
]
INDONESIAN = [
    "Pertambangan minyak, gas bumi dan panas bumi",
    "Administrasi pemerintahan, pertahanan dan jaminan sosial wajib",
    "Pengadaan air, pengelolaan sampah, limbah dan daur ulang",
    "Jasa penyelenggaraan kesehatan masyarakat",
    "Pengangkutan dan pergudangan",
    "Telekomunikasi",
    "Tekstil",
    "Konstruksi",
]


@pytest.fixture(autouse=True)
def closed():
    mpl.use("Agg")
    yield
    pyplot.close("all")


def shown(line):
    return line.replace(SOFT, "")


# ---------------------------------------------------------------------------------- where to break


def test_lines_end_between_characters_but_not_before_marks():
    name = "农、林、牧、渔业（含服务）"
    rows = [piece for piece, _ in pieces(name)]
    assert "".join(rows) == name
    assert rows == ["农、", "林、", "牧、", "渔", "业", "（含", "服", "务）"]


def test_no_character_stands_alone_and_latin_words_stay_whole():
    assert [piece for piece, _ in pieces("水的生产和供应")][-1] == "供应"
    assert pieces("LPG 液化石油气")[0] == ("LPG", " ")
    assert [glue for _, glue in pieces("Non-ferrous metals & ores")] == [" ", "", " ", " "]
    assert [piece for piece, _ in pieces("金属 & 食品和烟草")][1] == "属 &"


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("Pertambangan", "Per tam bangan"),
        ("perdagangan", "per dagangan"),
        ("pengangkutan", "pengang kutan"),
        ("penyelenggaraan", "penyeleng garaan"),
        ("Manufacturing", "Manufac tur ing"),
        ("construction", "con struc tion"),
        ("Telecommunications", "Telecom munica tions"),
        ("shipping", "ship ping"),
        ("processing", "process ing"),
        ("government", "govern ment"),
        ("Wholesale", "Wholesale"),
        ("pengolahan", "pengolahan"),
        ("mining", "mining"),
        ("10-2-3", "10-2-3"),
    ],
)
def test_syllables(word, syllables):
    assert parts(word) == tuple(syllables.split())


def test_no_line_begins_or_consists_of_an_ampersand():
    assert [piece for piece, _ in pieces("Transport support &")] == ["Transport", "support &"]
    for room in range(20, 90, 10):
        rows = canvas.wrap("Transport support & Post and couriers", 6, room, 9)
        assert not any(row.startswith("&") for row in rows)


def test_a_soft_hyphen_is_the_only_place():
    assert parts(f"perta{SOFT}nian") == ("perta", "nian")
    assert canvas.words(f"perta{SOFT}nian rakyat") == ["pertanian", "rakyat"]


def test_hyphens_are_a_last_resort():
    word = "Telecommunications"
    wide = canvas.text_width(word, 6)
    assert canvas.wrap(word, 6, wide, 3) == [word]
    rows = canvas.wrap(word, 6, 0.7 * wide, 3)
    assert len(rows) == 2 and rows[0].endswith("-") and "…" not in "".join(rows)
    assert canvas.wrap(word, 6, 0.7 * wide, 3, hyphens=False)[0].endswith("…")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*CHINESE, *" ".join(INDONESIAN).split(), "&", "10-2"]), min_size=1),
    st.floats(20, 120),
    st.integers(1, 6),
)
def test_lines_fit_and_lose_nothing(chosen, room, lines):
    text = " ".join(chosen)
    rows = canvas.wrap(text, 6, room, lines)
    assert len(rows) <= lines
    assert all(canvas.text_width(row, 6) <= room or row == "…" for row in rows)
    if not any("…" in row for row in rows):
        bare = re.sub("[ -]", "", text)
        assert re.sub("[ -]", "", "".join(rows)) == bare


# --------------------------------------------------------------------------------------- fonts


def network_of(names):
    rng = np.random.default_rng(3)
    n = len(names)
    W = rng.gamma(1.0, 1.0, (n, n))
    W[: n // 2, : n // 2] *= 6
    W[n // 2 :, n // 2 :] *= 6
    network = kn.FlowNetwork.from_matrix(W, names)
    return kn.Clusters.from_labels(network, np.arange(n) // (n // 2))


def drawings(clusters):
    yield lambda: kn.draw_network(clusters, width="2col")
    yield lambda: kn.draw_matrix(clusters, width="2col")
    yield lambda: kn.draw_cluster_flows(clusters, width="2col")
    rng = np.random.default_rng(1)
    names = clusters.network.industries
    quotients = pd.DataFrame({"lq": rng.gamma(2, 0.5, len(names))}, index=names)
    yield lambda: kn.draw_location_quotients(quotients)
    scores = pd.DataFrame(rng.uniform(1, 5, (len(names), 3)), names, ["市场", "人才", "资本"])
    yield lambda: kn.draw_scorecard(scores, kind="both")


@pytest.fixture
def only(monkeypatch):
    """Pretend that these fonts alone are at hand."""
    caches = (canvas._faces, canvas._first, canvas.text_width)

    def have(*faces):
        monkeypatch.setattr(canvas, "at_hand", lambda asked: [f for f in asked if f in faces])
        for cache in caches:
            cache.cache_clear()

    yield have
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_what_no_font_has_is_told_once_for_each_figure(only):
    only("DejaVu Sans")
    for draw in drawings(network_of(CHINESE)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            draw()
        ours = [w for w in told if "no font at hand" in str(w.message)]
        assert [w.category for w in ours] == [kn.KlasternetWarning]
        assert ours[0].filename == __file__
        assert "Noto Sans CJK" in str(ours[0].message)
        assert len(set(str(ours[0].message)) & set("".join(CHINESE) + "市场人才资本")) >= 6


def test_names_in_latin_letters_warn_of_nothing():
    network = network_of(["Énergie – œuvres", *INDONESIAN])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw in list(drawings(network))[:4]:
            draw()


def test_what_the_first_font_lacks_another_prints(only, monkeypatch):
    """Of the fonts that come with matplotlib, cmr10 has no Cyrillic and DejaVu has."""
    monkeypatch.setattr(canvas, "FACES", ("cmr10", "DejaVu Sans"))
    only("cmr10", "DejaVu Sans")
    assert canvas.type_face(6, text="steel").get_family() == ["cmr10"]
    assert canvas.type_face(6, text="сталь").get_family() == ["cmr10", "DejaVu Sans"]
    mixed, latin = canvas.text_width("сталь", 6), canvas.text_width("steel", 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kn.draw_matrix(network_of(["сталь", "уголь", "лес", "рыба"]))
    only("DejaVu Sans")
    assert mixed == pytest.approx(canvas.text_width("сталь", 6))  # measured as it is printed
    assert latin != pytest.approx(canvas.text_width("steel", 6))


def test_indonesian_names_keep_within_narrow_figures():
    for draw in (kn.draw_matrix, kn.draw_cluster_flows):
        ax = draw(network_of(INDONESIAN), width="1col")
        figure = ax.figure
        renderer = figure.canvas.get_renderer()
        page = figure.bbox
        for text in ax.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, text.get_text()


def within(ax):
    """Whether every disc and text is on the page."""
    figure = ax.figure
    figure.draw_without_rendering()
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    for art in [*ax.patches, *ax.texts]:
        box = art.get_window_extent(renderer)
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, art.get_gid()
        assert box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1, art.get_gid()


@pytest.mark.parametrize("width", ["1col", "2col"])
def test_two_clusters_and_the_rest_keep_on_the_page(width):
    clusters = network_of(INDONESIAN)
    columns = {"output": [9.0] * 8, "exports": [3.0] * 8}
    network = kn.FlowNetwork.from_matrix(clusters.network.flows, INDONESIAN, columns=columns)
    split = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1, -1, -1])
    ax = kn.draw_cluster_flows(split, width=width)
    assert sum(str(art.get_gid()).startswith("disc:") for art in ax.patches) == 3
    within(ax)


def test_nine_factors_keep_on_a_narrow_page():
    factors = [f"Ketersediaan tenaga kerja terampil {k}" for k in range(9)]
    scores = pd.DataFrame(np.full((8, 9), 3.0), INDONESIAN, factors)
    within(kn.draw_scorecard(scores, scale=(1, 5), width="1col"))


def test_clusters_are_called_the_same_in_every_figure():
    names = ["Manufacture of motor vehicles, trailers and semi-trailers", *INDONESIAN[1:]]
    clusters = network_of(names)
    clusters = clusters.rename({0: f"{names[0]} & {names[1]}"})
    said = []
    for draw in (kn.draw_network, kn.draw_matrix, kn.draw_cluster_flows):
        texts = draw(clusters, width="2col").texts
        kind = "title:0" if draw is kn.draw_network else "name:0"
        rows = [t.get_text() for t in texts if t.get_gid() == kind and t.get_text() != "0"]
        said.append(" ".join(rows))
    assert len(set(said)) == 1 and "…" not in said[0] and len(said[0]) < 60, said


def test_dashes_that_control_characters_stand_for_are_told(shared):
    table = kn.read_table(shared / "uk_2010_127")
    assert "Education – Non-market" in table.industries
    assert all(name.isprintable() for name in table.industries)
    assert "control characters in 15 names read as dashes" in table.source
    assert "control" not in kn.read_table(shared / "uk_2010_127", names="code").source
