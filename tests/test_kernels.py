"""Compiled kernels against slow twins in plain Python, where no other test has one.

Those of the dense engine, draws, gravity, flows of random networks, matrix scaling, the map
equation, Louvain and own objectives are in the tests of what they serve.
"""

import gc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core import config
from oracles import slow, twins
from oracles.generated import law, same_partition
from scipy import sparse

from klasternet import kernels
from klasternet.kernels import (
    arcs,
    ascent,
    bending,
    curves,
    cuts,
    draws,
    gravity,
    joining,
    large_gravity,
    louvain,
    overlaps,
    pairs,
    rows,
    separation,
)
from klasternet.kernels import dense as dense_kernels

SEEDS = st.integers(0, 2**32 - 1)


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


def symmetric(rng, n, low=-1.0):
    x = rng.uniform(low, 1.0, (n, n))
    return np.triu(x, 1) + np.triu(x, 1).T


# ------------------------------------------------------------------------------------- bounds


@law(15)
@given(SEEDS, st.integers(3, 7))
def test_inequalities_are_written_down_as_they_are(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.random(n * (n - 1) // 2)
    X = cuts.spread(x, n)
    for i in range(n):
        for j in range(n):
            assert X[i, j] == (1.0 if i == j else x[twins.pair_number(i, j, n)])
    found = np.array([rng.permutation(n)[:3] for _ in range(4)], dtype=np.int32)
    columns = cuts.triangle_rows(found, n)
    for (s, t, u), row in zip(found, columns, strict=True):
        wanted, right = twins.inequality([s], [t, u], n)
        assert right == 1.0
        assert [wanted[p] for p in row] == [1.0, 1.0, -1.0] and sum(map(abs, wanted)) == 3
    members, start, sizes = [], [0], []
    for _ in range(3):
        inside = rng.permutation(n)[: rng.integers(2, n + 1)]
        members += inside.tolist()
        start.append(len(members))
        sizes.append(int(rng.integers(1, len(inside))))
    given_rows = np.array(members, np.int32), np.array(start), np.array(sizes, np.int32)
    begin, numbers, plus, right = separation.rows_of(*given_rows, n)
    for k in range(3):
        inside = members[start[k] : start[k + 1]]
        wanted, least = twins.inequality(inside[: sizes[k]], inside[sizes[k] :], n)
        row = np.zeros(len(x))
        row[numbers[begin[k] : begin[k] + plus[k]]] = 1.0
        row[numbers[begin[k] + plus[k] : begin[k + 1]]] = -1.0
        assert row.tolist() == wanted and right[k] == least


@law(15)
@given(SEEDS, st.integers(3, 7), st.integers(1, 6))
def test_ascent_ends_with_the_bound_of_its_multipliers(seed, n, passes):
    rng = np.random.default_rng(seed)
    q = rng.normal(size=n * (n - 1) // 2)
    found = np.array([rng.permutation(n)[:3] for _ in range(3)], dtype=np.int32)
    sides = [rng.permutation(n)[: rng.integers(2, n + 1)].tolist() for _ in range(2)]
    sizes = np.array([1, 1], dtype=np.int32)
    start = np.cumsum([0] + [len(side) for side in sides])
    packed = separation.rows_of(np.array([*sides[0], *sides[1]], np.int32), start, sizes, n)
    y3, y = rng.random(3), rng.random(2)
    x, step = rng.random(len(q)), rng.uniform(0.1, 1.0, len(q))
    bound = ascent.ascend(q, step, x, cuts.triangle_rows(found, n), y3, *packed, y, 3, passes)
    assert (y3 >= 0).all() and (y >= 0).all() and ((x >= 0) & (x <= 1)).all()
    lines = [twins.inequality([s], [t, u], n) for s, t, u in found]
    lines += [twins.inequality(side[:1], side[1:], n) for side in sides]
    wanted = twins.dual(q, lines, [*y3, *y])
    assert bound == pytest.approx(wanted, abs=1e-9 * (1 + abs(wanted)))
    X = np.zeros((n, n))
    X[np.triu_indices(n, 1)] = q
    assert bound >= slow.best(lambda labels: slow.within(X + X.T, labels), n)[0] - 1e-9


@law(15)
@given(SEEDS, st.integers(3, 8))
def test_broken_triangles_are_all_found(seed, n):
    rng = np.random.default_rng(seed)
    X = symmetric(rng, n, low=0.0)
    np.fill_diagonal(X, 1.0)
    wanted = twins.broken_triangles(X.tolist(), 0.05)
    found, worst = separation.triangles(X, 0.05, 10_000, n)
    assert {(s, max(t, u), min(t, u)) for s, t, u in found.tolist()} == set(wanted)
    assert worst == pytest.approx(max(wanted.values(), default=0.0))
    few, _ = separation.triangles(X, 0.05, 2, 1)
    assert len(few) <= 2 and {(s, max(t, u), min(t, u)) for s, t, u in few.tolist()} <= set(wanted)


@law(15)
@given(SEEDS, st.integers(4, 8))
def test_what_is_found_around_industries_is_broken(seed, n):
    rng = np.random.default_rng(seed)
    X = symmetric(rng, n, low=0.0)
    np.fill_diagonal(X, 1.0)
    key = rng.integers(2**64, size=n, dtype=np.uint64, endpoint=False)
    members, start, sizes, marks = separation.around(
        X, key, 0.01, 1e-4, n, 3, n * 30, state(seed + 1)
    )
    assert len(marks) == len(sizes) == len(start) - 1
    x = X[np.triu_indices(n, 1)]
    for k in range(len(sizes)):
        inside = members[start[k] : start[k + 1]].tolist()
        assert len(set(inside)) == len(inside)
        row, right = twins.inequality(inside[: sizes[k]], inside[sizes[k] :], n)
        assert np.dot(row, x) - right > 0.01 - 1e-9


# ------------------------------------------------------------------------------- large tables


@law(10)
@given(SEEDS, st.booleans())
def test_a_round_of_a_large_fit(seed, holes):
    rng = np.random.default_rng(seed)
    n = 12
    y = rng.normal(size=(n, n)).astype(np.float32)
    use = ~np.eye(n, dtype=bool)
    if holes:
        use[rng.integers(n)] = use[:, rng.integers(n)] = False
    y[~use] = large_gravity.HOLE
    a, b = np.zeros(n), np.zeros(n)
    left = large_gravity.centre(y, a, b)
    want_a, want_b, want_left = twins.two_way_round(y.astype(float), use, np.zeros(n), np.zeros(n))
    np.testing.assert_allclose(a, want_a, atol=1e-5)
    np.testing.assert_allclose(b, want_b, atol=1e-5)
    assert left == pytest.approx(want_left, rel=1e-4)
    s, t = rng.uniform(0.5, 2, n), rng.uniform(0.5, 2, n)
    common = rng.uniform(0.5, 2, 2)
    wanted = twins.four_way_round(y, use, a, b, s, t, common, 2.0, 20.0, 0.8)
    large_gravity.fit_round(y, a, b, s, t, common, 2.0, 20.0, 0.8)
    for found, told in zip((a, b, s, t, common), wanted, strict=True):
        np.testing.assert_allclose(found, told, atol=1e-5)
    lift = y.copy()
    large_gravity.lift_of(lift, a, b, s, t, 5.0)
    for i in range(n):
        for j in range(n):
            wanted = (y[i, j] - a[i] - b[j]) / (s[i] * t[j]) if use[i, j] else 0.0
            assert lift[i, j] == pytest.approx(min(max(wanted, -5), 5), abs=1e-4)


# ---------------------------------------------------------------------------- compressed rows


def sparse_case(seed, n=12):
    rng = np.random.default_rng(seed)
    W = rng.integers(1, 9, (n, n)) * (rng.random((n, n)) < 0.3).astype(float)
    thin = sparse.csr_array(W)
    return rng, W, (thin.indptr.astype(np.int64), thin.indices.astype(np.int32), thin.data)


@law(10)
@given(SEEDS)
def test_rows_keep_the_network(seed):
    rng, W, parts = sparse_case(seed)
    n = len(W)
    ties = arcs.Ties(n, *parts, True)
    W /= ties.top * ties.total
    ptr, neighbour, weight, _ = rows.FilledLevels(ties, np.ones((n, 2))).graph
    full = twins.full(ptr, neighbour, weight)
    np.testing.assert_allclose(full, slow.symmetric(W), rtol=1e-6)
    label = rng.integers(5, size=n).astype(rows.INDEX)
    wanted = twins.first_seen(label)
    count = rows.compact(label)
    assert label.tolist() == wanted and count == len(set(wanted))
    mass = rng.random((n, 2))
    level = rows.aggregate(ptr, neighbour, weight, mass, label, count)
    grouped = twins.between(slow.symmetric(W), label.astype(int), count)
    np.testing.assert_allclose(twins.full(*level[:3]), grouped, rtol=1e-6)
    for c in range(count):
        np.testing.assert_allclose(level[3][c], mass[label == c].sum(axis=0))
    parts_of = label.copy()
    found = rows.split(ptr, neighbour, parts_of)
    wanted = twins.connected_parts(slow.symmetric(W).tolist(), label)
    assert parts_of.tolist() == wanted and found == len(set(wanted))


@law(10)
@given(SEEDS, st.booleans())
def test_rows_of_louvain_add_up_edges(seed, mirrored):
    rng = np.random.default_rng(seed)
    n, m = 6, 30
    head, tail = rng.integers(8, size=(2, m))
    label, weight = rng.integers(n, size=8), rng.random(m)
    ptr, neighbour, tie = louvain.rows(head, tail, weight, label, n, mirrored)
    wanted = np.zeros((n, n))
    for h, t, w in zip(label[head], label[tail], weight, strict=True):
        wanted[h, t] += w
        if mirrored and h != t:
            wanted[t, h] += w
    np.testing.assert_allclose(twins.full(ptr, neighbour, tie), wanted, rtol=1e-12)
    for i in range(n):
        assert len(set(neighbour[ptr[i] : ptr[i + 1]])) == ptr[i + 1] - ptr[i]
    tie *= 10.0 ** rng.uniform(-8, 8, len(tie))
    sums = [twins.neumaier(tie[ptr[i] : ptr[i + 1]].tolist()) for i in range(n)]
    assert louvain.row_totals(ptr, tie, True).tolist() == sums
    plain = []
    for i in range(n):
        total = 0.0
        for value in tie[ptr[i] : ptr[i + 1]].tolist():
            total += value
        plain.append(total)
    assert louvain.row_totals(ptr, tie, False).tolist() == plain


# --------------------------------------------------------------------------- lift, and points


@law(10)
@given(SEEDS, st.booleans())
def test_ranks_are_dealt_out_where_they_may_stand(seed, free):
    rng = np.random.default_rng(seed)
    order = rng.permutation(12)
    least = np.zeros(12, np.int64) if free else np.maximum(order - rng.integers(0, 6, 12), 0)
    dealt = order.copy()
    draws.deal(dealt, least, state(seed))
    assert sorted(dealt) == list(range(12)) and (dealt >= least).all()
    again = order.copy()
    draws.deal(again, least, state(seed))
    assert np.array_equal(dealt, again)


@law(10)
@given(SEEDS)
def test_a_short_search_ends_where_no_move_gains(seed):
    rng = np.random.default_rng(seed)
    n = 7
    lift, kind = rng.normal(size=(n, n)), rng.integers(0, 3, (n, n)).astype(np.int8)
    np.fill_diagonal(kind, 0)
    thetas = np.array([0.0, 0.7])
    value, labels = draws.search(lift, kind, thetas, 3, state(seed))
    for theta, reached, found in zip(thetas, value, labels, strict=True):
        q = slow.symmetric(np.where(kind != 0, lift - theta, 0.0))
        best = slow.within(q, found)
        assert reached == pytest.approx(best / (kind != 0).sum(), abs=1e-12)
        for i in range(n):
            for goal in range(n + 1):
                moved = found.copy()
                moved[i] = goal
                assert slow.within(q, moved) <= best + 1e-9


@law(10)
@given(SEEDS)
def test_sums_inside_clusters_and_limits_of_what_is_shown(seed):
    rng = np.random.default_rng(seed)
    n = 8
    lift, kind = rng.normal(size=(n, n)), rng.integers(0, 3, (n, n)).astype(np.int8)
    labels = rng.integers(-1, 3, n)
    total, count = draws.inside(lift, kind, labels, 3)
    for c in range(3):
        cells = [(i, j) for i in range(n) for j in range(n) if labels[i] == c == labels[j]]
        cells = [(i, j) for i, j in cells if kind[i, j] != 0]
        assert count[c] == len(cells)
        assert total[c] == pytest.approx(sum(lift[i, j] for i, j in cells), abs=1e-12)
    b, u, v = rng.normal(size=n), np.zeros(n), np.zeros(n)
    gravity._limits(lift, kind, b, u, v)
    for i in range(n):
        wanted = min((lift[i, j] - b[j] for j in range(n) if kind[i, j] == 1), default=np.inf)
        assert u[i] == wanted
    for j in range(n):
        wanted = min((lift[i, j] - u[i] for i in range(n) if kind[i, j] == 1), default=np.inf)
        assert v[j] == wanted


@law(10)
@given(SEEDS)
def test_pairs_are_counted_by_their_distance(seed):
    rng = np.random.default_rng(seed)
    n, step, bins = 9, 0.11, 8
    points, weight = rng.random((3, n)), rng.random(n)
    found = pairs.pairs_by_distance(*points, weight, step, bins)
    wanted = np.zeros(bins + 2)
    for i in range(n):
        for j in range(i):
            at = min(np.linalg.norm(points[:, i] - points[:, j]) / step, bins)
            k, share = int(at), weight[i] * weight[j]
            wanted[k] += (k + 1 - at) * share
            wanted[k + 1] += (at - k) * share
    np.testing.assert_allclose(found, wanted[:bins], atol=1e-12)


# ------------------------------------------------------------------------------------- planes


@law(30)
@given(SEEDS)
def test_boxes_discs_and_lines_meet_where_they_meet(seed):
    rng = np.random.default_rng(seed)
    a, b, c, d, p, m = (tuple(v) for v in rng.uniform(0, 10, (6, 2)))
    r, gap = rng.uniform(0.5, 3), rng.uniform(0, 1)
    one, two = (*p, *rng.uniform(0.3, 3, 2)), (*m, *rng.uniform(0.3, 3, 2))
    near = abs(p[0] - m[0]) < one[2] + two[2] + gap and abs(p[1] - m[1]) < one[3] + two[3] + gap
    assert (overlaps.boxes_apart(*one, *two, gap) > 0) == near
    assert (overlaps.disc_apart(*p, r, *two, gap) > 0) == (twins.from_box(p, two) < r + gap)
    page = np.array([1.0, 1.0, 9.0, 9.0])
    out = any((p[k] - one[2 + k] < 1 or p[k] + one[2 + k] > 9) for k in (0, 1))
    assert (overlaps.outside(*one, page) > 0) == out
    assert overlaps.crosses(*a, *b, *c, *d) == twins.segments_cross(a, b, c, d)
    assert overlaps.over_disc(*a, *b, *p, r) == (twins.from_segment(p, a, b) < r)
    assert overlaps.over_box(*a, *b, *two) == twins.segment_meets_box(a, b, two)
    # two bodies, discs with the boxes of their labels
    spot, radius = np.array([a, b]), np.array([r, gap + 0.2])
    box = np.array([[[1.0, 2.0, 0.8, 0.3, 0.0]], [[-1.0, 0.5, 1.2, 0.4, 0.0]]])
    chosen = np.zeros(2, dtype=np.int64)
    labels = [(*(spot[k] + box[k, 0, :2]), *box[k, 0, 2:4]) for k in (0, 1)]
    discs = np.hypot(*(spot[0] - spot[1])) - radius.sum()
    apart = [twins.from_box(spot[1 - k], labels[k]) - radius[1 - k] for k in (0, 1)]
    corner = (labels[0][0], labels[0][1])
    wide = (*labels[1][:2], labels[1][2] + labels[0][2], labels[1][3] + labels[0][3])
    wanted = max(min(discs, *apart, twins.from_box(corner, wide)), 0.0)
    rows = overlaps.texts(spot, radius, box, chosen, *np.zeros((2, 0, 2)))
    assert joining.gap(0, 1, rows) == pytest.approx(wanted, abs=1e-12)


@law(15)
@given(SEEDS, st.sampled_from([0.0, 0.15, -0.3]))
def test_curves_meet_where_their_segments_do(seed, bend):
    rng = np.random.default_rng(seed)
    steps = curves.STEPS if bend else 1
    points, table = np.zeros((2, steps + 1, 2)), np.full((2, curves.WIDTH), 1e9)
    for e in range(2):
        a, b = rng.uniform(0, 40, (2, 2))
        across = np.array([b[1] - a[1], a[0] - b[0]])
        for k in range(steps + 1):  # the parabola whose control point is off the middle
            t = k / steps
            middle = (a + b) / 2 + bend * across
            wanted = (1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b
            points[e, k] = curves.at_curve(t, *a, *b, bend)
            np.testing.assert_allclose(points[e, k], wanted, atol=1e-12)
        table[e, :4] = [*points[e].min(axis=0), *points[e].max(axis=0)]
        table[e, curves.LAST] = curves.FIRST + 2 * steps
        table[e, curves.FIRST : curves.FIRST + points[e].size] = points[e].flat
        r = 0.3 * np.hypot(*(b - a))
        for end, at in ((0.0, a), (1.0, b)):
            t = curves.rim(*a, *b, bend, r, end)
            reach = np.hypot(*(np.array(curves.at_curve(t, *a, *b, bend)) - at))
            assert reach == pytest.approx(r, rel=1e-3)
    met = 0
    for k in range(steps):
        for m in range(steps):
            line = points[0, k], points[0, k + 1], points[1, m], points[1, m + 1]
            met += twins.segments_cross(*(tuple(p) for p in line))
    found = curves.meetings(0, 1, table)
    assert met <= found <= 2 * met
    p, r = rng.uniform(0, 40, 2), rng.uniform(1, 6)
    line = [tuple(v) for v in points[0]]
    reach = min(twins.from_segment(p, *line[k : k + 2]) for k in range(steps))
    touched = any(twins.segment_meets_box(*line[k : k + 2], (*p, r, r / 2)) for k in range(steps))
    disc, box = np.array([r - curves.CLEAR]), np.array([[[0.0, 0.0, r, r / 2, 0.0]]])
    body = overlaps.texts(p[None], disc, box, np.zeros(1, np.int64), *np.zeros((2, 0, 2)))
    assert curves.beneath(0, table, 0.0, 0, body) == touched + 4 * (reach < r)


def test_numbering_keeps_the_partition():
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = rng.integers(9, size=9)
        kept = labels.copy()
        count = dense_kernels.compact(labels)
        assert same_partition(kept, labels) and labels.tolist() == twins.first_seen(kept)
        assert count == len(set(kept.tolist()))


def test_what_holds_while_a_kernel_compiles_ends_with_it():
    def compiling(function):
        return SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=function)})

    def settings():
        return gc.isenabled(), int(config.OPT), config.LOOP_VECTORIZE

    listener, before = kernels._Compiling(), settings()
    search, loose = compiling(dense_kernels.perturb), compiling(SimpleNamespace(__module__=None))
    outer, inner = compiling(bending.polish), compiling(overlaps.faults)
    for foreign in (compiling(symmetric), loose):  # of another package, or of none: nothing of ours
        listener.on_start(foreign)
        assert settings() == before
        listener.on_end(foreign)
    for wanted in (True, False):
        (gc.enable if wanted else gc.disable)()
        listener.on_start(outer)
        listener.on_start(inner)
        assert settings() == (False, min(before[1], 1), 0)
        listener.on_end(inner)
        assert settings() == (False, min(before[1], 1), 0)
        listener.on_end(outer)
        assert settings() == (wanted, *before[1:])
        listener.on_start(search)
        assert settings() == (False, *before[1:])
        listener.on_end(search)
        assert settings() == (wanted, *before[1:])
    gc.enable()
