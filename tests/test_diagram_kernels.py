"""Kernels of the network diagram against a page that is measured anew after every move.

The two searches have no single answer. Without heat, nothing they do may raise what the whole page
costs: whatever their tables leave out or count twice, moves would be made that do.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import diagrams as slow
from oracles.generated import law

from klasternet.figures.arrangement import incident
from klasternet.kernels import bending, curves, joining, overlaps, pairwise, placing

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 7)
LINK = 11.0


def flags(size, at):
    out = np.zeros(size, np.bool_)
    out[at] = True
    return out


class Kept:
    """A diagram, and what the kernels keep of it."""

    def __init__(self, d):
        same = np.array([d.unit[i] == d.unit[j] for i, j in d.ends], np.bool_)
        self.page = pairwise.page_of(
            d.spot, d.radius, d.unit, d.start, d.order, d.box, d.chosen, d.title, d.pad, d.ends,
            same, d.heft, d.page, d.gap, LINK, d.weigh,
        )  # fmt: skip
        self.size = len(self.page.rows)
        self.table = np.zeros((self.size, self.size))
        self.measure(d, *every(d))

    def things(self, nodes, units, edges):
        """Their numbers."""
        page, titled = self.page, units[units < self.page.first_chain - self.page.n]
        first = 0, page.n, page.first_chain, page.first_line, page.first_box
        parts = nodes, titled, titled, edges, units
        return np.concatenate([a + b for a, b in zip(first, parts, strict=True)])

    def measure(self, d, nodes, units, edges):
        """Measure what moved, take it over, and tell what it costs."""
        page, many = self.page, d.many
        given = d.spot, d.radius, d.box, d.chosen, d.title[:many], d.heads[:many]
        page.rows[: page.first_chain] = overlaps.texts(*given)
        for u in units:
            placing.frame(u, page, d.title)
        page.rows[: page.first_chain] = overlaps.texts(*given)  # titles where the diagram has them
        for e in edges:
            placing.draw(page.first_line + e, page)
        some = np.random.default_rng(d.n).permutation(self.things(nodes, units, edges))
        moved, new = flags(self.size, some), np.full_like(self.table, np.nan)
        room = np.zeros(d.n, np.int64), np.zeros(d.n)
        cost = pairwise.after(some, len(some), moved, page, new, *room, np.inf)
        for most in (0.0, cost / 2):  # it may stop where there is nothing to be won any more
            part = pairwise.after(some, len(some), moved, page, new, *room, most)
            assert part == cost or most < part <= cost + 1e-9
        pairwise.after(some, len(some), moved, page, new, *room, np.inf)
        pairwise.commit(some, len(some), moved, page.meets, new, self.table)
        page.links[0] = np.where(np.isin(d.unit, units), page.links[1], page.links[0])
        return cost

    def before(self, *moved):
        some = self.things(*moved)
        return pairwise.before(some, len(some), flags(self.size, some), self.page.meets, self.table)

    def chain(self, d, u):
        """Links of a cluster's chain, and by how much they are too long."""
        links = [(i, self.page.links[0, i]) for i in d.members(u) if self.page.links[0, i] >= 0]
        over = sum(max(slow.between(d, i, j) - LINK, 0.0) for i, j in links)
        return [(tuple(d.spot[i]), tuple(d.spot[j])) for i, j in links], over


def lines(d):
    return np.array([[*a, *b] for a, b in (d.line(e) for e in range(len(d.ends)))]).reshape(-1, 4)


def chains_cost(d, kept):
    """Links that are too long, and who stands on links of others."""
    cost = 0.0
    for u in range(d.many):
        drawn, over = kept.chain(d, u)
        cost += d.weigh[6] * over
        cost += d.weigh[7] * sum(slow.stands_on(d, i, u, drawn) for i in range(d.n + d.many))
    return cost


def page_cost(d, kept=None):
    """All that a placed diagram costs."""
    return slow.pairs_cost(d) + slow.loose_cost(d) + chains_cost(d, kept or Kept(d))


def every(d):
    return np.arange(d.n), np.arange(len(d.title)), np.arange(len(d.ends))


def some_move(d, seed):
    """Some nodes elsewhere, their titles too: the diagram, and what moved."""
    rng = np.random.default_rng(seed)
    nodes = np.flatnonzero(rng.random(d.n) < 0.5)
    units = np.union1d(d.unit[nodes], np.flatnonzero(rng.random(len(d.title)) < 0.2))
    edges = np.flatnonzero(np.isin(d.ends, nodes).any(axis=1))
    d = d.copy()
    d.spot[nodes] += rng.normal(0, 15, (len(nodes), 2))
    d.chosen[nodes] = rng.integers(0, 3, len(nodes))
    titled = units[units < d.many]
    d.heads[titled] += rng.normal(0, 15, (len(titled), 2))
    return d, nodes, units.astype(np.int64), edges


# ---------------------------------------------------------------------------- what lies on what


@law(40)
@given(SEEDS, st.integers(2, 4))
def test_penalties_are_the_points_by_which_things_overlap(seed, n):
    d = slow.diagram(seed, n)
    rows = overlaps.texts(d.spot, d.radius, d.box, d.chosen, *with_titles(d))
    unit = np.append(d.unit, np.arange(d.many))
    for i in range(n + d.many):
        box = None if i < n else d.heading(i - n)
        found = overlaps.text_outside(i, n, rows, unit, d.pad, d.page)
        wanted = slow.off_page(box, d.page) if box else slow.body_off_page(d, i)
        assert found == pytest.approx(wanted, abs=1e-9)
        parts = np.array(slow.parts_of(d, i) if i < n else [box])
        bounds = (
            (parts[:, :2] - parts[:, 2:]).min(axis=0),
            (parts[:, :2] + parts[:, 2:]).max(axis=0),
        )
        np.testing.assert_allclose(rows[i, 9:], np.concatenate(bounds))
        for j in range(i):
            if i < n:
                wanted = slow.two_bodies(d, i, j)
            elif j < n:
                wanted = slow.body_and_title(d, j, i - n)
                room = d.pad[d.unit[j]] + d.gap  # its own title may be nearer, but not in `bending`
                found = overlaps.body_apart(j, i, rows, room)
                assert found == pytest.approx(slow.body_and_box(d, j, box, room), abs=1e-9)
            else:
                wanted = slow.two_titles(d, i - n, j - n)
            found = overlaps.texts_apart(i, j, n, rows, unit, d.pad, d.gap)
            assert found == pytest.approx(wanted, abs=1e-9)
    bad, worse = overlaps.faults(
        d.spot, d.radius, d.unit, d.box, d.chosen, d.title, d.pad, d.heads, d.page, d.gap
    )
    for i in range(n):
        wanted = slow.body_off_page(d, i)
        wanted += sum(slow.two_bodies(d, i, j) for j in range(n) if j != i)
        wanted += sum(slow.body_and_title(d, i, u) for u in range(d.many))
        assert bad[i] == pytest.approx(wanted, abs=1e-9)
    for u in range(d.many):
        wanted = slow.off_page(d.heading(u), d.page)
        wanted += sum(slow.body_and_title(d, i, u) for i in range(n))
        wanted += sum(slow.two_titles(d, u, v) for v in range(d.many) if v != u)
        assert worse[u] == pytest.approx(wanted, abs=1e-9)
    assert not worse[d.many :].any()


# --------------------------------------------------------------------------------- table of pairs


def alone(d, kept, kind, i, frames):
    """What a thing costs by itself."""
    if kind == "body":
        return d.box[i, d.chosen[i], 4] + slow.body_off_page(d, i)
    if kind == "title":
        return slow.off_page(d.heading(i), d.page)
    if kind == "chain":
        return d.weigh[6] * kept.chain(d, i)[1]
    return slow.pulled(d, i) if kind == "line" else slow.sides(d, frames[i], i)


def together(d, kept, kinds, i, j, frames):
    """What two things cost, in the order of their numbers."""
    w = d.weigh
    if kinds == ("body", "body"):
        return slow.two_bodies(d, i, j)
    if kinds == ("body", "title"):
        return slow.body_and_title(d, i, j)
    if kinds == ("title", "title"):
        return slow.two_titles(d, i, j)
    if kinds[1] == "chain" and kinds[0] != "chain":
        text = i if kinds[0] == "body" else d.n + i
        return w[7] * slow.stands_on(d, text, j, kept.chain(d, j)[0])
    if kinds == ("body", "line"):
        label = w[2] * d.heft[j] * slow.line_over_box(d, j, d.label(i))
        return w[1] * slow.line_over_disc(d, j, i) + label
    if kinds == ("title", "line"):
        return w[3] * slow.line_over_box(d, j, d.heading(i))
    if kinds == ("line", "line"):
        return w[0] * slow.lines_cross(d, i, j)
    return slow.two_frames(d, frames, i, j) if kinds == ("box", "box") else 0.0


def assert_table(d, kept):
    units = len(d.title)
    sizes = {"body": d.n, "title": d.many, "chain": d.many, "line": len(d.ends), "box": units}
    things = [(kind, i) for kind, size in sizes.items() for i in range(size)]
    frames = [slow.frame(d, u)[0] for u in range(units)]
    for q, (kind, j) in enumerate(things):
        assert kept.table[q, q] == pytest.approx(alone(d, kept, kind, j, frames), abs=1e-9)
        for p, (other, i) in enumerate(things[:q]):
            wanted = together(d, kept, (other, kind), i, j, frames)
            assert kept.table[p, q] == kept.table[q, p] == pytest.approx(wanted, abs=1e-9)


@law(40)
@given(SEEDS, SIZES)
def test_a_move_costs_what_the_whole_page_costs_more(seed, n):
    d = slow.diagram(seed, n)
    kept = Kept(d)
    assert_table(d, kept)
    cost = page_cost(d, kept)
    assert kept.before(*every(d)) == pytest.approx(cost, abs=1e-8)
    for step in range(2):
        d, *moved = some_move(d, seed + step)
        gain = -kept.before(*moved)
        gain += kept.measure(d, *moved)
        assert_table(d, kept)
        assert gain == pytest.approx(page_cost(d, kept) - cost, abs=1e-8)
        cost = page_cost(d, kept)


# -------------------------------------------------------------------------------------- chains


@law(30)
@given(SEEDS, SIZES)
def test_chains_are_the_shortest_and_know_who_stands_on_them(seed, n):
    """Links span each cluster at the least length."""
    d = slow.diagram(seed, n)
    links, room = np.full(n, -1), (np.zeros(n, np.int64), np.zeros(n))
    rows = overlaps.texts(d.spot, d.radius, d.box, d.chosen, *with_titles(d))
    for u in range(d.many):
        over = joining.join(d.order, *d.start[u : u + 2], rows, LINK, links, *room)
        first, *others = (i for _, i in sorted((links[i] >= 0, i) for i in d.members(u)))
        assert links[first] == -1 and all(links[i] >= 0 for i in others)
        seen = {first}
        for _ in others:
            seen |= {i for i in others if links[i] in seen}
        assert seen == set(d.members(u))
        lengths = sorted(slow.between(d, i, links[i]) for i in others)
        assert lengths == pytest.approx(slow.shortest_chain(d, u), abs=1e-9)
        assert over == pytest.approx(sum(max(far - LINK, 0.0) for far in lengths), abs=1e-9)
        drawn = [(tuple(d.spot[i]), tuple(d.spot[links[i]])) for i in others]
        for i in set(range(n + d.many)) - {*d.members(u), n + u}:
            air = d.pad[u] if i < n else 0.0
            found = joining.standing_on(i, air, d.order, *d.start[u : u + 2], rows, links)
            assert found == slow.stands_on(d, i, u, drawn)


# ---------------------------------------------------------------------- boxes round the clusters


@law(30)
@given(SEEDS, SIZES)
def test_boxes_titles_and_lines_follow_their_bodies(seed, n):
    d = slow.diagram(seed, n)
    page = Kept(d).page
    new, *_, units, edges = some_move(d, seed)
    page.rows[: page.first_chain] = overlaps.texts(
        new.spot, new.radius, new.box, new.chosen, d.title[: d.many], d.heads[: d.many]
    )
    for u in units:
        placing.frame(u, page, d.title)
        box, at = slow.frame(new, u)
        np.testing.assert_allclose(page.rows[page.first_box + u, 9:], box, atol=1e-12)
        np.testing.assert_allclose(page.rows[page.first_box + u, 3:5], at, atol=1e-12)
        if u < d.many:
            w = d.title[u]
            title, chain = page.rows[n + u], page.rows[page.first_chain + u]
            np.testing.assert_allclose(title[3:7], [*at, *w], atol=1e-12)
            np.testing.assert_allclose(title[9:], [*(at - w), *(at + w)], atol=1e-12)
            np.testing.assert_allclose(chain[9:], box, atol=1e-12)
    for e in edges:
        placing.draw(page.first_line + e, page)
        line, ends = page.rows[page.first_line + e], new.spot[d.ends[e]]
        np.testing.assert_array_equal(line[3:7], ends.ravel())
        np.testing.assert_array_equal(line[9:], [*ends.min(axis=0), *ends.max(axis=0)])


# ------------------------------------------------------------------------------- the two searches


def annealed(d, moves, hot, share, seed):
    """The diagram after annealing, its titles at their places."""
    d = d.copy()
    n = d.n
    near, at = incident(d.ends, n)
    mirror = np.zeros((n, 3, 2), np.int64)
    mirror[:] = [[1, 0], [0, 2], [2, 1]]
    within = np.array([d.unit[i] == d.unit[j] for i, j in d.ends], np.bool_)
    d.heads = placing.anneal(
        d.spot, d.radius, d.unit, d.start, d.order, d.box, d.count, mirror, d.chosen, d.title,
        d.pad, d.ends, within, d.heft, near, at, d.page, d.gap, LINK, moves, hot, hot, 40.0,
        share, d.weigh, np.random.default_rng(seed),
    )  # fmt: skip
    return d


COLD = 1e-12
CHAIN = 6, 12, 25, 50, 100, 60, 30, 40  # moves: near the bottom small faults of the books show


@law(12)
@given(SEEDS, st.integers(2, 6), st.sampled_from([0.0, 0.5, 1.0]))
def test_without_heat_placing_never_costs_more(seed, n, share):
    """Whatever moves: a node, a cluster, or two that change places."""
    d = slow.diagram(seed, n)
    first = annealed(d, 0, COLD, 0.0, seed)
    np.testing.assert_array_equal(first.spot, d.spot)  # no move, nothing moved
    np.testing.assert_array_equal(first.chosen, d.chosen)
    costs = [page_cost(first)]
    for moves in CHAIN:
        last = annealed(d, moves, COLD, share, seed + moves)
        again = annealed(d, moves, COLD, share, seed + moves)
        np.testing.assert_array_equal(again.spot, last.spot)
        np.testing.assert_array_equal(again.chosen, last.chosen)
        d = last
        costs.append(page_cost(d))
        assert costs[-1] <= costs[-2] + 1e-8
    if n > 2:
        assert costs[-1] < costs[0]


@law(30)
@given(SEEDS, st.integers(2, 6), st.sampled_from([0.0, 0.3, 1.0]))
def test_warm_placing_keeps_books_and_titles(seed, n, share):
    d = slow.diagram(seed, n)
    last = annealed(d, 150, 5.0, share, seed)
    assert np.isfinite(last.spot).all() and ((last.chosen >= 0) & (last.chosen < 3)).all()
    for u in range(len(d.title)):
        np.testing.assert_allclose(last.heads[u], slow.frame(last, u)[1], atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_nobody_moves_onto_a_chain(seed):
    """However warm it is, and the chain itself moves onto nobody either."""
    d = slow.diagram(seed, 5)
    d.unit, d.many, d.ends, d.heft = np.array([0, 0, 1, 2, 3]), 1, d.ends[:0], d.heft[:0]
    d.box[:], d.radius[:], d.page, d.pad = 0.0, 4.0, np.array([0.0, 0, 80, 80]), np.zeros(4)
    d.title = np.array([[5.0, 3], [0, 0], [0, 0], [0, 0]])
    d.spot = np.array([[15.0, 15], [65, 65], [60, 20], [20, 60], [40, 20]])
    d.weigh = np.array([0.0, 0, 0, 0, 0, 0, 0, 1e6])
    d.heads = np.array([slow.frame(d, u)[1] for u in range(4)])
    first = d.spot
    for moves in range(10, 30):
        d = annealed(d, moves, 9.0, 0.2, seed)
        assert chains_cost(d, Kept(d)) == 0
    assert (np.abs(d.spot - first) > 5).any()


# ------------------------------------------------------------------------------ arrows as drawn


def curves_of(d, bends, thick):
    """Points, corners of the head, and the rows that the kernels measure from."""
    rows = overlaps.texts(d.spot, d.radius, d.box, d.chosen, *with_titles(d))
    table = np.zeros((len(d.ends), curves.WIDTH))
    for e, (i, j) in enumerate(d.ends):
        curves.trace(e, rows, i, j, thick[e], bends[e], table)
    points = [row[curves.FIRST : int(row[curves.LAST]) + 2].reshape(-1, 2) for row in table]
    return points, table[:, curves.HEAD : curves.LAST], table


def apart(d):
    """Discs of an arrow do not touch, or its curve has no place to begin."""
    reach = d.radius[:, None] + d.radius + 2 * curves.CLEAR_TIP
    far = np.hypot(*(d.spot[:, None] - d.spot).transpose(2, 0, 1))
    return [e for e, (i, j) in enumerate(d.ends) if far[i, j] > 1.3 * reach[i, j]]


@law(40)
@given(SEEDS, st.integers(2, 6), st.sampled_from([0.0, 0.06, -0.25, 0.54]), st.floats(0.2, 6))
def test_an_arrow_is_a_parabola_from_rim_to_rim(seed, n, bend, width):
    d = slow.diagram(seed, n)
    bends, thick = np.full(len(d.ends), bend), np.full(len(d.ends), width)
    points, tips, table = curves_of(d, bends, thick)
    for e, line in enumerate(points):
        assert len(line) == (2 if bend == 0 else curves.STEPS + 1)
        np.testing.assert_array_equal(table[e, :4], [*line.min(axis=0), *line.max(axis=0)])
    for e in apart(d):
        i, j = d.ends[e]
        a, b = d.line(e)
        low = slow.where_it_leaves(a, b, bend, d.radius[i] + curves.CLEAR_TAIL)
        high = 1 - slow.where_it_leaves(b, a, -bend, d.radius[j] + curves.CLEAR_TIP)
        blur = 2.0**-12 * 3 * math.dist(a, b)  # twelve halvings, and the speed there
        for k, t in enumerate(np.linspace(low, high, len(points[e]))):
            np.testing.assert_allclose(points[e][k], slow.on_parabola(t, a, b, bend), atol=blur)
        tip, left, right = tips[e].reshape(3, 2)
        np.testing.assert_array_equal(tip, points[e][-1])
        neck, half = (left + right) / 2, max(0.95 * width, width / 2 + 0.8)
        assert math.dist(left, right) == pytest.approx(2 * half)
        assert math.dist(tip, left) == pytest.approx(math.dist(tip, right))
        long = min(max(1.5 * width, 2.6), 0.6 * math.dist(tip, points[e][0]))
        speed = 1e4 * math.dist(
            slow.on_parabola(high, a, b, bend), slow.on_parabola(high - 1e-4, a, b, bend)
        )
        wanted = slow.on_parabola(high - long / speed, a, b, bend)
        assert math.dist(neck, wanted) <= 0.03 * long + blur


@law(60)
@given(SEEDS, st.floats(0.01, 30))
def test_heads_lie_under_boxes_that_they_meet(seed, size):
    rng = np.random.default_rng(seed)
    corners, box = rng.uniform(0, 20, (3, 2)), (*rng.uniform(0, 20, 2), *rng.uniform(0.2, 6, 2))
    corners = corners[0] + size / 20 * (corners - corners[0])
    row = np.zeros((1, curves.WIDTH))
    row[0, curves.HEAD : curves.LAST] = corners.ravel()
    wanted = slow.triangle_meets_box([tuple(p) for p in corners], box)
    assert curves.buried(0, row, *box) == wanted
    row[0, :4] = [*corners[:2].min(axis=0), *corners[:2].max(axis=0)]
    row[0, curves.LAST], row[0, curves.FIRST : curves.FIRST + 4] = (
        curves.FIRST + 2,
        corners[:2].flat,
    )
    half, r, middle = rng.uniform(0, 2), rng.uniform(1, 6), rng.uniform(0, 20, 2)
    label = np.array([[[*(box[:2] - middle), *box[2:], 0.0]]])
    body = overlaps.texts(
        middle[None], np.array([r]), label, np.zeros(1, int), *np.zeros((2, 0, 2))
    )
    ends = tuple(map(tuple, corners[:2]))
    line = slow.segment_meets_box(*ends, (*box[:2], box[2] + half, box[3] + half))
    disc = slow.from_segment(middle, *ends) < r + half + curves.CLEAR
    assert curves.beneath(0, row, half, 0, body) == line + 2 * wanted + 4 * disc


def drawn_cost(d, bends, thick, home, weigh):
    """All that a diagram with its arrows costs; every pair once."""
    points, tips, _ = curves_of(d, bends, thick)
    lines, cost = range(len(d.ends)), 0.0
    run = [[tuple(p) for p in points[e]] for e in lines]
    for e in lines:
        cost += weigh[4] * abs(bends[e]) + weigh[5] * max(8 - math.dist(run[e][0], run[e][-1]), 0)
        low, high = np.min(run[e], axis=0), np.max(run[e], axis=0)
        cost += 20.0 * bool((low < d.page[:2]).any() or (high > d.page[2:]).any())
        for f in range(e):
            if d.ends[e].tolist() == d.ends[f, ::-1].tolist():  # there and back
                cost += 40 * max(0.16 - abs(bends[e] + bends[f]), 0)
            cost += weigh[0] * slow.crossings(run[e], run[f])
        for j in set(range(d.n)) - set(d.ends[e].tolist()):
            near = min(
                slow.from_segment(d.spot[j], *run[e][k : k + 2]) for k in range(len(run[e]) - 1)
            )
            cost += weigh[1] * (near < d.radius[j] + thick[e] / 2 + 0.6)
    heads = np.zeros(d.n + d.many, int)
    for j in range(d.n + d.many):
        box = d.label(j) if j < d.n else d.heading(j - d.n)
        touch = broad = 0
        for e in lines if box else ():
            wide = (*box[:2], box[2] + thick[e] / 2, box[3] + thick[e] / 2)
            if any(
                slow.segment_meets_box(*run[e][k : k + 2], wide) for k in range(len(run[e]) - 1)
            ):
                touch, broad = touch + 1, broad + max(thick[e] - bending.BROAD, 0)
            heads[j] += slow.triangle_meets_box([tuple(p) for p in tips[e].reshape(3, 2)], box)
        if touch:
            under = weigh[2] + weigh[3] * (touch - 1) + weigh[6] * broad
            cost += under * (1.0 if j < d.n else 1.6)
    cost += weigh[7] * heads.sum() + sum(stands(d, i, home) for i in range(d.n))
    for i in range(d.n):  # `stands` counts each pair from both sides
        cost -= bending.FIRM * sum(slow.two_bodies(d, i, j) for j in range(i))
    return cost, heads


def stands(d, i, home):
    """What a body costs where it stands; its own title may be nearer to it."""
    cost = slow.body_off_page(d, i)
    cost += sum(slow.two_bodies(d, i, j) for j in range(d.n) if j != i)
    for u in range(d.many):
        own = d.unit[i] == u
        room = d.pad[u] + 1.2 if own else d.pad[d.unit[i]] + d.gap
        cost += slow.body_and_box(d, i, d.heading(u), room)
    away = bending.FAR * math.dist(d.spot[i], home[i]) ** 2
    return bending.FIRM * cost + d.box[i, d.chosen[i], 4] + away


def with_titles(d):
    """Titles alone, as the router has them."""
    return d.title[: d.many].copy(), d.heads[: d.many].copy()


@law(20)
@given(SEEDS, st.integers(1, 6))
def test_what_a_body_and_a_curve_cost_by_themselves(seed, n):
    rng = np.random.default_rng(seed)
    d = slow.diagram(seed, n)
    rows = overlaps.texts(d.spot, d.radius, d.box, d.chosen, *with_titles(d))
    home = d.spot + rng.normal(0, 3, d.spot.shape)
    for i in range(n):
        found = bending.standing(i, rows, d.unit, d.pad, d.page, d.gap, home)
        assert found == pytest.approx(stands(d, i, home), abs=1e-9)
    weigh = rng.uniform(0.5, 8, 8)
    assert bending.worth(0, 3.0, weigh) == 0
    for touch in (1, 4):
        wanted = weigh[2] + (touch - 1) * weigh[3] + 3.0 * weigh[6]
        assert bending.worth(touch, 3.0, weigh) == pytest.approx(wanted)
    bends, thick = rng.uniform(-0.5, 0.5, len(d.ends)), rng.uniform(0.4, 3, len(d.ends))
    points, _, table = curves_of(d, bends, thick)
    for e in range(len(d.ends)):
        found = bending.alone(e, bends[e], table, d.page, weigh)
        low, high = table[e, :2], table[e, 2:4]
        wanted = weigh[4] * abs(bends[e])
        wanted += weigh[5] * max(8 - math.dist(points[e][0], points[e][-1]), 0)
        wanted += 20 * bool((low < d.page[:2]).any() or (high > d.page[2:]).any())
        assert found == pytest.approx(wanted, abs=1e-9)


@law(15)
@given(SEEDS, st.integers(1, 6), st.booleans())
def test_without_heat_polishing_never_costs_more(seed, n, free):
    rng = np.random.default_rng(seed)
    d = slow.diagram(seed, n)
    options = np.array([0.0, 0.12, -0.12, 0.33, -0.33])
    thick = rng.uniform(0.4, 3, len(d.ends))
    weigh = rng.uniform(0.5, 8, 8)
    near, at = incident(d.ends, n)
    title, heads = with_titles(d)
    bends = rng.choice(options, len(d.ends))
    for moves in CHAIN:
        new, bent = d.copy(), bends.copy()
        cost, _ = drawn_cost(d, bends, thick, d.spot, weigh)
        buried = bending.polish(
            new.spot, new.radius, new.unit, new.box, new.count, new.chosen, title, new.pad, heads,
            new.ends, near, at, thick, bent, options, new.page, new.gap, moves, COLD, COLD,
            weigh, free, np.random.default_rng(seed + moves),
        )  # fmt: skip
        reached, under = drawn_cost(new, bent, thick, d.spot, weigh)  # from where they were
        assert reached <= cost + 1e-8
        np.testing.assert_array_equal(buried, under)
        assert set(bent) <= set(options) and (free or np.array_equal(new.spot, d.spot))
        assert ((new.chosen >= 0) & (new.chosen < 3)).all()
        d, bends = new, bent


@pytest.mark.parametrize("side", [0, 1])
def test_a_label_over_a_broad_arrow_is_worse_than_over_a_thin_one(side):
    """As many arrows under it on either side of its disc, so that their breadth alone decides."""
    spot = np.array([[50.0, 50], [70, 20], [70, 80], [30, 20], [30, 80]])
    box = np.zeros((5, 2, 5))
    box[0, :, :4] = [[20, 0, 9, 4], [-20, 0, 9, 4]]
    ends, thick = np.array([[1, 2], [3, 4]]), np.array([1.0, 3.0])  # right, left
    near, at = incident(ends, 5)
    chosen = np.array([side, 0, 0, 0, 0])
    weigh = np.array([5.0, 5, 5, 5, 5, 5, 1, 5])
    bending.polish(
        spot, np.full(5, 3.0), np.arange(5), box, np.array([2, 1, 1, 1, 1]), chosen,
        np.zeros((0, 2)), np.zeros(5), np.zeros((0, 2)), ends, near, at, thick, np.zeros(2),
        np.zeros(1), np.array([0.0, 0, 100, 100]), 2.6, 100, COLD, COLD, weigh, False,
        np.random.default_rng(0),
    )  # fmt: skip
    assert chosen[0] == 0
