"""Figures by structure: every text on the page and clear of the others, sizes, bytes, numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot, style
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from scipy import optimize, sparse

import klasternet as kn
from klasternet.figures import canvas
from klasternet.figures.matrix import draw_matrix, matrix_page
from klasternet.figures.planning import matrix_cells, scale

HOUSE = Path(kn.__file__).parent.parent
TOLERANCE = 0.4  # points


@pytest.fixture(autouse=True)
def no_windows():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


def in_runs(network, size, rest):
    """Clusters of neighbours in the table, the last industries in none."""
    labels = np.arange(network.n) // size
    labels[network.n - rest :] = -1
    return kn.Clusters.from_labels(network, labels)


def embedded(name, size, rest):
    return in_runs(kn.FlowNetwork.from_table(kn.datasets.load(name)), size, rest)


def many(n, ties, groups):
    rng = np.random.default_rng(n)
    i, j = rng.integers(0, n, (2, ties))
    W = sparse.csr_array((rng.lognormal(0, 2, ties), (i, j)), shape=(n, n))
    names = [f"firm with a rather long name {k}" for k in range(n)]
    network = kn.FlowNetwork.from_matrix(W, industries=names, unit="EUR")
    return kn.Clusters.from_labels(network, rng.integers(-1, groups, n))


CASES = {
    "usa": lambda: embedded("usa_2022", 8, 23),
    "usa, no cluster": lambda: embedded("usa_2022", 8, 71),
    "usa, every industry alone": lambda: embedded("usa_2022", 1, 0),
    "germany": lambda: embedded("germany_1995", 2, 2),
    "two sectors": lambda: embedded("miller_blair", 2, 0),
    "sparse, fewer than dots": lambda: many(900, 9_000, 40),
    "sparse, more than dots": lambda: many(20_000, 60_000, 300),
}


@pytest.fixture(scope="module")
def usa():
    return CASES["usa"]()


def texts(figure):
    """Drawn texts with their boxes in points."""
    figure.draw_without_rendering()
    renderer, point = figure.canvas.get_renderer(), 72 / figure.dpi
    drawn = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    boxes = np.array([text.get_window_extent(renderer).extents for text in drawn]) * point
    return drawn, boxes


def assert_legible(figure, page=None):
    drawn, boxes = texts(figure)
    width, height = figure.get_size_inches() * 72
    x0, y0, x1, y1 = page or (0, 0, width, height)
    outside = (boxes[:, :2] < np.array([x0, y0]) - TOLERANCE).any(axis=1)
    outside |= (boxes[:, 2:] > np.array([x1, y1]) + TOLERANCE).any(axis=1)
    assert [text.get_text() for text, out in zip(drawn, outside, strict=True) if out] == []
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    over = np.triu((high - low > TOLERANCE).all(axis=2), 1)
    pairs = [(drawn[i].get_text(), drawn[j].get_text()) for i, j in np.argwhere(over)]
    assert pairs == []
    assert all(5 <= text.get_fontsize() <= 7 for text in drawn)


@pytest.mark.parametrize("width", ["1col", "2col"])
@pytest.mark.parametrize("case", CASES)
def test_every_text_has_its_room(case, width):
    page = matrix_page(CASES[case](), width)
    assert_legible(page)
    wide, high = page.get_size_inches() * 25.4
    assert wide == pytest.approx({"1col": 89, "2col": 183}[width], abs=0.01)
    assert high <= 170.01


@pytest.mark.parametrize("width", ["1col", "2col"])
def test_every_text_has_its_room_on_402_industries(shared, width):
    table = kn.read_table(shared / "usa_bea_2017_detail")
    network = kn.FlowNetwork.from_table(table, negatives="aside")
    assert_legible(matrix_page(in_runs(network, 7, 60), width))


def test_the_checks_of_legibility_bite():
    page = canvas.new_page(200, 100)
    page.text(0.5, 0.5, "one", fontsize=6)
    page.text(0.51, 0.5, "two", fontsize=6)
    with pytest.raises(AssertionError):
        assert_legible(page)
    page = canvas.new_page(200, 100)
    page.text(0.98, 0.5, "a long text at the edge", fontsize=6)
    with pytest.raises(AssertionError):
        assert_legible(page)


def test_what_is_drawn_is_the_table(usa):
    page = matrix_page(usa)
    ax = page.axes[0]
    (image,) = ax.images
    assert image.get_gid() == "matrix"
    n, dots = usa.network.n, image.get_array()
    times = dots.shape[0] // n
    cells = np.asarray(dots.filled(0.0))[::times, ::times]
    names = {text.get_gid(): text.get_text() for text in ax.texts if text.get_gid()}
    order = [int(gid.partition(":")[2]) for gid in names if gid.startswith("seller:")]
    assert sorted(order) == list(range(n))
    assert np.array_equal(cells, usa.network.trade[np.ix_(order, order)])
    labels = usa.labels[order]
    assert labels.tolist() == sorted(labels.tolist(), key=lambda k: (k < 0, k))
    for i in (0, 12):
        assert names[f"seller:{i}"] == names[f"buyer:{i}"] == usa.network.industries[i]
    boxes = {box.get_gid(): box for box in ax.findobj(Rectangle)}
    for k in range(len(usa)):
        box = boxes[f"cluster:{k}"]
        inside = [p for p in range(n) if box.get_x() < p < box.get_x() + box.get_width()]
        assert [usa.labels[order[p]] for p in inside] == [k] * int(usa.sizes[k])


def test_members_stand_in_the_order_of_their_trade_inside(usa):
    page = matrix_page(usa)
    order = [int(t.get_gid()[7:]) for t in page.axes[0].texts if t.get_gid()[:7] == "seller:"]
    first = [i for i in order if usa.labels[i] == 0]
    W = usa.network.trade[np.ix_(first, first)]
    inside = W.sum(axis=0) + W.sum(axis=1)
    assert (np.diff(inside) <= 0).all()


def test_clusters_are_told_apart_without_colour(usa):
    ax = matrix_page(usa).axes[0]
    named = " ".join(t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("name:"))
    for k, name in enumerate(usa.names):
        assert all(word in named for word in name.split())
        assert sum(t.get_gid() == f"mark:{k}" and t.get_text() == str(k) for t in ax.texts) == 2
    assert "Rest of the economy" in named


@pytest.mark.parametrize("paint", [*canvas.PALETTE, canvas.REST_COLOUR])
def test_numbers_are_read_on_every_colour(paint):
    def light(hexed):
        c = np.array([int(hexed[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        c = np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return c @ [0.2126, 0.7152, 0.0722] + 0.05

    ratio = light(paint) / light(canvas.text_on(paint))
    assert max(ratio, 1 / ratio) >= 4.5


# ------------------------------------------------------------------------------------- files


def test_files_have_the_size_and_the_type_of_a_journal(usa, tmp_path):
    page = matrix_page(usa)
    pdf = canvas.save(page, tmp_path / "matrix.pdf").read_bytes()
    assert b"/Type3" not in pdf and b"/FontFile2" in pdf
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
    assert float(box[1]) / 72 * 25.4 == pytest.approx(183, abs=0.1)
    assert len(pdf) < 150_000
    svg = canvas.save(page, tmp_path / "matrix.svg").read_text(encoding="utf-8")
    for name in ("Farms", "Oil and gas", "Selling", "Buying industry"):
        assert f">{name}</text>" in svg
    assert 'id="cluster:2"' in svg and 'id="matrix"' in svg
    png = canvas.save(page.axes[0], tmp_path / "matrix.png").read_bytes()
    across = int.from_bytes(png[16:20], "big")
    assert across == pytest.approx(183 / 25.4 * 300, abs=1)


def test_figures_of_others_are_saved_as_well(tmp_path):
    figure = matplotlib.figure.Figure(figsize=(2, 1))
    axes = figure.subfigures(1, 2)[0].add_subplot()
    axes.set_title("theirs")
    files = [canvas.save(thing, tmp_path / "theirs.svg").read_bytes() for thing in (figure, axes)]
    assert files[0] == files[1] and b">theirs</text>" in files[0] and b"<dc:date>" not in files[0]
    png = canvas.save(axes.figure, tmp_path / "theirs.png").read_bytes()
    assert int.from_bytes(png[16:20], "big") == 2 * 300
    removed = matplotlib.figure.Figure().add_subplot()
    removed.remove()
    for thing, said in ((removed, "belong to no figure"), (5, "a int is no figure")):
        with pytest.raises(kn.ParameterError, match=said):
            canvas.save(thing, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


DRAW = """
import sys, klasternet as kn
from klasternet.figures import canvas, matrix
network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
page = matrix.matrix_page(kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1]), "1col")
for kind in ("pdf", "png", "svg"):
    canvas.save(page, f"{sys.argv[1]}.{kind}")
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", DRAW, str(tmp_path / name)], check=True, cwd=HOUSE)
    for kind in ("pdf", "png", "svg"):
        one, two = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("one", "two"))
        assert one == two, kind


def test_settings_of_the_user_neither_count_nor_change(tmp_path):
    clusters = CASES["germany"]()
    plain = canvas.save(matrix_page(clusters, "1col"), tmp_path / "plain.png").read_bytes()
    with style.context("dark_background"):
        before = dict(matplotlib.rcParams)
        dark = canvas.save(matrix_page(clusters, "1col"), tmp_path / "dark.png").read_bytes()
        assert dict(matplotlib.rcParams) == before
    assert dark == plain


def test_only_figures_for_the_screen_are_known_to_pyplot(usa):
    matrix_page(usa)
    assert pyplot.get_fignums() == []
    ax = draw_matrix(usa, width="1col")
    assert pyplot.get_fignums() == [ax.figure.number]


def test_savefig_of_a_drawn_figure_embeds_truetype(tmp_path):
    draw_matrix(CASES["germany"](), width="1col").figure.savefig(tmp_path / "a.pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/Type3" not in pdf and b"/CreationDate" not in pdf


# -------------------------------------------------------------------------------- given axes


@pytest.mark.parametrize("case", ["usa", "germany"])
def test_given_axes_hold_all_of_it(case):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 5))
    box = right.get_position()
    assert draw_matrix(CASES[case](), ax=right) is right
    left.set(xticks=[], yticks=[])
    width, height = figure.get_size_inches() * 72
    page = (box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
    assert_legible(figure, page)
    now = right.get_position()
    assert now.width * width == pytest.approx(now.height * height)


# ------------------------------------------------------------------------------------- words


def test_bad_requests_are_refused(usa):
    with pytest.raises(kn.ParameterError, match="did you mean 'clusters'"):
        draw_matrix(usa, labels="cluster")
    with pytest.raises(kn.ParameterError, match="2col"):
        draw_matrix(usa, width="2cols")
    with pytest.raises(kn.ParameterError, match="40 to 2,000"):
        draw_matrix(usa, width=5)
    with pytest.raises(kn.ParameterError, match=r"71 industries do not fit.*clusters"):
        draw_matrix(usa, width="1col", labels="industries")
    figure = pyplot.figure(figsize=(1, 1))
    with pytest.raises(kn.ParameterError, match="no room"):
        draw_matrix(usa, ax=figure.add_subplot())


def test_labels_can_be_chosen(usa):
    def kinds(labels):
        ax = matrix_page(usa, "2col", labels).axes[0]
        return {(text.get_gid() or "").partition(":")[0] for text in ax.texts}

    assert {"seller", "buyer", "name"} <= kinds("industries")
    assert "seller" not in kinds("clusters") and "name" in kinds("clusters")
    assert not {"seller", "name"} & kinds("none")


def test_clusters_without_room_are_counted():
    ax = matrix_page(CASES["sparse, more than dots"](), "1col").axes[0]
    notes = " ".join(text.get_text() for text in ax.texts if text.get_gid() == "note")
    named = {t.get_gid() for t in ax.texts if re.match(r"name:\d", t.get_gid() or "")}
    hidden = int(re.search(r"Not named: (\d+) smaller clusters", notes)[1])
    assert hidden + len(named) == 300
    assert "A dot is the largest flow among up to 14 sellers" in notes


def test_names_are_taken_as_they_are():
    network = kn.FlowNetwork.from_matrix([[0, 5], [4, 0]], industries=["a $x^2$ mill", "b_{1}"])
    page = matrix_page(kn.Clusters.from_labels(network, [0, 0]), "1col")
    drawn, _ = texts(page)
    assert "a $x^2$ mill" in [text.get_text() for text in drawn if not text.get_parse_math()]
    assert not any(text.get_parse_math() for text in drawn)


def test_kept_loops_are_drawn():
    table = kn.datasets.load("germany_1995")
    network = kn.FlowNetwork.from_table(table, loops="keep")
    ax = matrix_page(kn.Clusters.from_labels(network, [0, 0, 1, 1, -1, -1]), "1col").axes[0]
    dots = ax.images[0].get_array()
    assert not dots.mask.any() and "note" not in {text.get_gid() for text in ax.texts}


# -------------------------------------------------------------------------------- arithmetic


def test_cells_of_dense_and_sparse_are_the_largest_flows():
    rng = np.random.default_rng(1)
    W = rng.random((23, 23)) * (rng.random((23, 23)) < 0.3)
    order = rng.permutation(23)
    for side in (23, 7, 2):
        place = np.arange(23) * side // 23
        wanted = np.zeros((side, side))
        for p, i in enumerate(order):
            for q, j in enumerate(order):
                at = place[p], place[q]
                wanted[at] = max(wanted[at], W[i, j])
        assert np.array_equal(matrix_cells(W, order, side), wanted)
        assert np.array_equal(matrix_cells(sparse.csr_array(W), order, side), wanted)


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=30))
def test_scale_leaves_out_little(flows):
    flows = np.array(flows)
    low, high = scale(flows)
    assert 0 < low < high == flows.max()
    assert 1 <= np.log10(high / low) <= 6 + 1e-9
    if low < high / 10 and low > high / 1e6:
        assert flows[flows < low].sum() <= 0.01 * flows.sum() + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 12)), min_size=1, max_size=7))
def test_labels_are_moved_as_little_as_can_be(pairs):
    wanted = np.sort([at for at, _ in pairs])
    tall = np.array([height for _, height in pairs])
    placed = canvas.spread(wanted, tall, 0.0, 100.0)
    gaps = np.diff(placed) - (tall[1:] + tall[:-1]) / 2
    assert (gaps >= -1e-9).all()
    assert placed[0] - tall[0] / 2 >= -1e-9 and placed[-1] + tall[-1] / 2 <= 100 + 1e-9
    free = [{"type": "ineq", "fun": lambda y: np.diff(y) - (tall[1:] + tall[:-1]) / 2}]
    free += [{"type": "ineq", "fun": lambda y: y[0] - tall[0] / 2}]
    free += [{"type": "ineq", "fun": lambda y: 100 - tall[-1] / 2 - y[-1]}]
    best = optimize.minimize(
        lambda y: ((y - wanted) ** 2).sum(),
        placed,
        constraints=free if len(pairs) > 1 else free[1:],
    )
    assert ((placed - wanted) ** 2).sum() <= best.fun + 1e-4


@given(st.text("abc &,", max_size=60), st.floats(20, 90), st.integers(1, 3))
def test_wrapped_text_keeps_to_its_width(text, room, lines):
    wrapped = canvas.wrap(text, 6, room, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(canvas.text_width(line, 6) <= room for line in wrapped)
    if not any("…" in line for line in wrapped):
        assert "\n".join(wrapped).replace("-\n", "").split() == text.split()
