"""Kernels of large dense tables against sums over all pairs, on tables below and above a tile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import slow
from oracles.generated import law, same_partition
from scipy import sparse

from klasternet.kernels import dense, large, large_moves

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from([5, 8, 14, large.TILE, large.TILE + 13])


def case(seed, n, kind=float):
    """A table with a large diagonal, in an odd unit, and the pulls of its pairs."""
    rng = np.random.default_rng(seed)
    M = rng.random((n, n)).astype(kind) * 3
    M[np.diag_indices(n)] += 9
    M.setflags(write=False)
    a, b = (rng.random((2, n)) * 0.6).astype(np.float32)
    per = 0.5
    q = per * (M + M.T.astype(float)) - np.outer(a, b) - np.outer(b, a)
    np.fill_diagonal(q, 0.0)
    return rng, M, per, a, b, q


def some_labels(rng, n, most=5):
    labels = rng.integers(min(most, n), size=n)
    return labels, dense.compact(labels)


def between(q, groups, k):
    """Pulls between groups, zero diagonal."""
    out = of_clusters(of_clusters(q, groups, k - 1).T, groups, k - 1)
    np.fill_diagonal(out, 0.0)
    return out


def partners(q):
    """Who hangs together when everybody is tied to their best partner."""
    best = np.where(q.max(axis=1) > 0, q.argmax(axis=1), np.arange(len(q)))
    edges = sparse.coo_array((np.ones(len(q)), (np.arange(len(q)), best)), shape=q.shape)
    return sparse.csgraph.connected_components(edges, directed=False)[1]


def of_clusters(q, labels, k):
    """What each cluster pulls every industry, one cluster more being empty."""
    return np.array([q[labels == c].sum(axis=0) for c in range(k + 1)])


@law(15)
@given(SEEDS, SIZES)
def test_margins_and_the_lowest_cell(seed, n):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    M.setflags(write=False)
    rows, columns = np.empty(n), np.empty(n)
    assert large.margins(M, rows, columns) == M.min()
    np.testing.assert_allclose(rows, M.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(columns, M.sum(axis=0), atol=1e-12)
    for bad in (np.nan, np.inf, -np.inf):
        spoilt = M.copy()
        spoilt[rng.integers(n), rng.integers(n)] = bad
        spoilt.setflags(write=False)
        large.margins(spoilt, rows, columns)
        assert not np.isfinite(rows.sum())


@law(20)
@given(SEEDS, SIZES, st.sampled_from([float, np.float32]))
def test_a_table_is_added_up_by_groups(seed, n, kind):
    rng, M, per, a, b, q = case(seed, n, kind)
    led = large.pair_best(M, per, a, b)
    assert same_partition(led, partners(q))
    assert all(led[c] == c for c in set(led))
    groups, k = some_labels(rng, n)
    member, start = large.members_of(groups, k)
    for g in range(k):
        np.testing.assert_array_equal(member[start[g] : start[g + 1]], np.flatnonzero(groups == g))
    level = large.between(M, per, groups, k, a, b, np.full(k * k + 5, np.nan))
    np.testing.assert_allclose(level, between(q, groups, k), atol=1e-4)
    G = np.empty((k + 1, n))
    large.pulls_of(M, per, groups, k, a, b, G)
    np.testing.assert_allclose(G, of_clusters(q, groups, k), atol=1e-4)
    given_, got = large.own_sums(M, groups)
    same = (groups[:, None] == groups) & ~np.eye(n, dtype=bool)
    np.testing.assert_allclose(given_, (M * same).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(got, (M * same).sum(axis=0), rtol=1e-5)


@law(20)
@given(SEEDS, SIZES)
def test_lines_and_what_follows_from_them(seed, n):
    rng, M, per, a, b, q = case(seed, n)
    labels, k = some_labels(rng, n)
    G = of_clusters(q, labels, k)
    who = np.flatnonzero(rng.random(n) < 0.4)
    lines = large_moves.lines_of(M, per, who, a, b)
    np.testing.assert_allclose(lines, q[who], atol=1e-5)
    if len(who):
        i, c, d = who[0], labels[who[0]], k
        moved = labels.copy()
        moved[i] = d
        H = G.copy()
        large_moves.shift(H, lines[0], c, d)
        np.testing.assert_allclose(H, of_clusters(q, moved, k), atol=1e-4)
    block = np.flatnonzero(labels == labels[0])
    block = block[: max(1, len(block) // 2)]
    whom = np.flatnonzero(rng.random(n) < 0.7)
    pull = large_moves.pull_of(M, per, block, whom, a, b)
    np.testing.assert_allclose(pull, q[np.ix_(block, whom)].sum(axis=0), atol=1e-4)
    moved = labels.copy()
    moved[block] = k
    after = of_clusters(q, moved, k)
    own = after[moved, np.arange(n)]
    after[moved, np.arange(n)] = -np.inf
    wanted = np.maximum(after.max(axis=0) - own, 0)[whom].sum()
    told = large_moves.after_shift(G, labels, block, whom, pull, labels[0], k)
    assert told == pytest.approx(wanted, abs=1e-3)


@law(20)
@given(SEEDS, SIZES)
def test_single_moves_gain_what_q_gains(seed, n):
    rng, *_, q = case(seed, n)
    q -= q.mean()
    np.fill_diagonal(q, 0.0)
    labels, k = some_labels(rng, n)
    size = np.bincount(labels, minlength=k + 1)
    G = of_clusters(q, labels, k)
    wanted = G.copy()
    wanted[labels, np.arange(n)] = -np.inf
    wanted[k, size[labels] == 1] = -np.inf
    gain = large_moves.gains_of(G, labels, size)
    np.testing.assert_allclose(gain, wanted.max(axis=0) - G[labels, np.arange(n)], atol=1e-9)
    who = np.flatnonzero(gain > 1e-6)
    lines = q[who].astype(np.float32)
    before = slow.within(q, labels)
    won = large_moves.move_some(who, lines, labels, size, G, 1e-6)
    assert won == pytest.approx(slow.within(q, labels) - before, abs=1e-3)
    assert won > 0 or not len(who)
    np.testing.assert_array_equal(size, np.bincount(labels, minlength=k + 1))
    np.testing.assert_allclose(G, of_clusters(q, labels, k), atol=1e-3)
    left = large_moves.gains_of(G, labels, size)
    assert not len(who) or left[who].max() <= 1e-3  # none of them has anything to gain


@law(20)
@given(SEEDS, SIZES)
def test_who_is_set_apart_has_a_group_of_their_own(seed, n):
    rng, *_, q = case(seed, n)
    groups, k = some_labels(rng, n, 9)
    who = np.flatnonzero(rng.random(n) < 0.3)
    before = groups.copy()
    lines, room = q[who].astype(np.float32), np.full((k + len(who)) ** 2, np.nan)
    level = large_moves.set_apart(between(q, groups, k), groups, who, lines, room)
    count = len(level)
    assert set(groups.tolist()) == set(range(count))
    rest = np.setdiff1d(np.arange(n), who)
    np.testing.assert_array_equal(groups[rest], before[rest])
    assert all((groups == groups[i]).sum() == 1 for i in who)
    np.testing.assert_allclose(level, between(q, groups, count), atol=1e-3)


@law(10)
@given(SEEDS, SIZES)
def test_clusters_are_taken_apart_within(seed, n):
    rng, M, per, a, b, q = case(seed, n)
    labels, k = some_labels(rng, n, 3)
    state = np.array([seed], dtype=np.uint64)
    parts = large.take_apart(M, per, a, b, labels, k, state.copy())
    for p in set(parts.tolist()):
        assert len(set(labels[parts == p])) == 1
    assert slow.within(q, parts) >= -1e-6  # each joined where it gained
    again = large.take_apart(M, per, a, b, labels, k, state.copy())
    np.testing.assert_array_equal(parts, again)


def test_a_higher_resolution_takes_masses_off():
    rng, *_, q = case(1, 14)
    A, B = rng.random((2, 14))
    wanted = q - np.outer(A, B) - np.outer(B, A)
    np.fill_diagonal(wanted, 0.0)
    raised = large_moves.finer(q, A, B, np.full(200, np.nan))
    np.testing.assert_allclose(raised, wanted, atol=1e-12)


def test_pairs_do_not_depend_on_the_order_of_industries():
    rng, M, per, a, b, _ = case(3, 90)
    order = rng.permutation(90)
    turned = M[np.ix_(order, order)]
    turned.setflags(write=False)
    led = large.pair_best(M, per, a, b)
    again = large.pair_best(turned, per, a[order], b[order])
    assert same_partition(led[order], again)
