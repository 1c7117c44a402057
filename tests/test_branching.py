"""Branch and bound with a bound so weak that it has to branch: what it splits, in which order, and
why it ends. With the real bound most small networks close at the root (`test_certificate`).
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from oracles import exact as rational
from oracles import slow, twins

from klasternet.detectors import bounding, exact
from klasternet.detectors.bounding import safe_upper
from klasternet.detectors.certifying import certified, prove_all
from klasternet.detectors.exact import _closure, _forbid, prove
from klasternet.kernels.dense import aggregate
from klasternet.qualities import Problem

REAL = exact.upper_bound


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


def symmetric(rng, n):
    q = np.triu(rng.normal(0.1, 1.0, (n, n)), 1)
    return q + q.T


def weak(ended="stalled", told=None, doubt=lambda reduced: reduced > 0):
    """A bound without any inequality: the sum of what is positive, in doubt. It costs one round."""

    def bound(q, labels, *, state, target, rounds, progress=None, **limits):
        if told is not None:
            told.append({"q": q, "labels": labels, "target": target, "rounds": rounds, **limits})
        nothing = np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0)
        upper, reduced, sure = safe_upper(q, *nothing)
        if progress is not None:
            progress(target, upper)
        x = np.where(doubt(reduced), 0.5, 0.0)
        return bounding.Bound(
            np.arange(len(q)), 0.0, upper, 3 * len(q), 1, 0, ended, x, reduced, sure, *nothing
        )

    return bound


@pytest.fixture
def uppers(monkeypatch):
    """Bounds of the nodes in the order in which they are split, and what these give."""
    seen, split = [], exact._Search.split

    def watched(self, node, first):
        out = split(self, node, first)
        seen.append((node.upper, [child.upper for child in out]))
        return out

    monkeypatch.setattr(exact._Search, "split", watched)
    monkeypatch.setattr(exact, "upper_bound", weak())
    return seen


@pytest.mark.parametrize("n", [4, 6, 8])
def test_any_bound_proves_the_optimum_and_the_largest_is_split_first(n, uppers):
    rng, branched = np.random.default_rng(n), 0
    for seed in range(12):
        q = symmetric(rng, n) if seed % 2 else np.round(symmetric(rng, n))
        best, _ = rational.best(rational.rationals(q))
        proof = prove(q, np.arange(n), state(seed + 1))
        size = np.abs(q).sum()
        assert proof.ended == "closed" and proof.nodes == len(uppers)
        assert proof.value == pytest.approx(float(best), abs=1e-12 * size)
        assert slow.within(q, proof.labels) == pytest.approx(proof.value, abs=1e-12 * size)
        assert Fraction(proof.upper) >= best and proof.upper <= proof.value + 1e-11 * size
        order = [upper for upper, _ in uppers]
        assert order == sorted(order, reverse=True)
        assert all(max(below, default=upper) <= upper for upper, below in uppers)
        branched += any(len(below) == 2 for _, below in uppers)
        uppers.clear()
    assert branched >= n // 2


@pytest.mark.parametrize("seed", range(4))
def test_what_is_apart_is_not_parted_again(seed, monkeypatch):
    """A bound that doubts every pair, those too that a node has parted, comes to an end."""
    monkeypatch.setattr(exact, "upper_bound", weak(doubt=np.isfinite))
    q = symmetric(np.random.default_rng(seed), 6)
    proof = prove(q, np.arange(6), state(), work=5_000)
    best, _ = rational.best(rational.rationals(q))
    assert proof.ended == "closed" and Fraction(proof.upper) >= best
    assert proof.value == pytest.approx(float(best), abs=1e-12 * np.abs(q).sum())


def test_more_work_brings_the_bound_down(monkeypatch):
    monkeypatch.setattr(exact, "upper_bound", weak())
    q = symmetric(np.random.default_rng(8), 8)
    best, _ = rational.best(rational.rationals(q))
    proofs = [prove(q, np.zeros(8, dtype=np.int64), state(), work=k) for k in range(12)]
    whole = prove(q, np.zeros(8, dtype=np.int64), state())
    assert whole.nodes > 12 and whole.ended == "closed"
    for k, proof in enumerate(proofs):
        assert (proof.ended, proof.nodes) == ("work", k)
        assert Fraction(proof.upper) >= best and proof.upper >= whole.upper
    levels = [proof.upper for proof in proofs]
    assert levels == sorted(levels, reverse=True) and levels[-1] < levels[0]
    assert levels[0] == pytest.approx(np.maximum(q, 0.0).sum() / 2)
    assert proofs[0].rows == 0 and whole.rows == 24  # the most of any node


def test_why_it_ended(monkeypatch):
    q = symmetric(np.random.default_rng(9), 6)
    for ended in ("interrupted", "time", "stalled"):
        monkeypatch.setattr(exact, "upper_bound", weak(ended))
        proof = prove(q, np.arange(6), state(), work=1)
        assert proof.ended == ("interrupted" if ended == "interrupted" else "work")
        assert proof.nodes == 1
    proof = prove(q, np.arange(6), state(), seconds=0.0)
    assert (proof.ended, proof.nodes) == ("time", 0)
    assert proof.upper == pytest.approx(np.maximum(q, 0.0).sum() / 2)
    assert prove(q, np.arange(6), state(), seconds=0.0, work=0).ended == "work"


def test_what_the_bound_is_asked(monkeypatch):
    """The root begins at the partition given, with more patience; each has what work is left."""
    told, seen = [], []
    monkeypatch.setattr(exact, "upper_bound", weak(told=told))
    q, start = symmetric(np.random.default_rng(8), 8), np.array([0, 0, 0, 1, 1, 2, 2, 2])
    prove(q, start, state(), work=5, progress=lambda *both: seen.append(both))
    assert [ask["rounds"] for ask in told] == [5, 4, 3, 2, 1]
    assert told[0]["labels"].tolist() == start.tolist()
    assert told[0]["target"] == pytest.approx(slow.within(q, start)) and told[0]["seconds"] > 1e9
    assert told[0]["patience"] > told[1]["patience"] and told[0]["slow"] < told[1]["slow"]
    assert all(ask["labels"].tolist() == list(range(len(ask["q"]))) for ask in told[1:])
    assert len(seen) == 5 and all(upper >= value for value, upper in seen)
    values, bounds = zip(*seen, strict=True)
    assert list(values) == sorted(values)  # of whole partitions, whatever has become one
    best = float(rational.best(rational.rationals(q))[0])
    assert max(values) <= best + 1e-12 and max(bounds) <= np.maximum(q, 0.0).sum() / 2 + 1e-12
    for small in (7, 8):  # larger tables are given the patience of the bound itself
        told.clear()
        monkeypatch.setattr(exact, "SMALL", small)
        prove(q, start, state(), work=1)
        assert ("patience" in told[0]) == (small == 8)


def covers(node, q, labels, worth):
    """Whether a partition keeps the groups of a node and has all its worth there."""
    first = np.unique(node.groups, return_index=True)[1]
    if not np.array_equal(labels, labels[first][node.groups]):
        return False
    together = slow.within(q, node.groups) + slow.within(node.q, labels[first])
    return together > worth - 1e-9


@pytest.mark.parametrize("bound", [REAL, weak(), weak(doubt=np.isfinite)])
@pytest.mark.parametrize("seed", range(12))
def test_no_better_partition_is_lost_when_a_node_is_split(seed, bound, monkeypatch):
    """Whatever is worth more than the best known lives on in a child, up to the last node."""
    monkeypatch.setattr(exact, "upper_bound", bound)

    def improve(self, labels):  # no search from there, which would find the best at once
        if self.sum_of(labels) > self.value:
            self.labels, self.value = labels, self.sum_of(labels)

    monkeypatch.setattr(exact._Search, "improve", improve)
    q = symmetric(np.random.default_rng(100 + seed), 6)
    every = [np.array(labels) for labels in slow.partitions(6)]
    worth = [slow.within(q, labels) for labels in every]
    known = every[int(np.argsort(worth)[-8])]  # seven are better, and must all be kept
    search = exact._Search(q, known, state(seed), math.inf, math.inf, None)
    nodes = [exact._Node(np.maximum(q, 0.0).sum() / 2 + 1e-9, np.arange(6), q)]
    branched = 0
    while nodes:
        node = nodes.pop()
        children = search.split(node, False)
        for labels, value in zip(every, worth, strict=True):
            if value > search.value + 1e-9 and covers(node, q, labels, value):
                assert any(covers(child, q, labels, value) for child in children)
                assert max(child.upper for child in children) >= value - 1e-12
        branched += len(children) == 2
        nodes += [child for child in children if not search.done(child.upper)]
    assert search.value == pytest.approx(max(worth)) and branched >= (bound is not REAL)


@pytest.mark.parametrize("seed", range(6))
def test_a_bound_of_what_has_become_one_allows_for_the_rounding_of_its_sums(seed, monkeypatch):
    """Sums of nine entries may be off by nine roundings of all of q; allowed are twice as many."""
    monkeypatch.setattr(exact, "upper_bound", weak())
    monkeypatch.setattr(exact._Search, "done", lambda self, upper: True)
    rng = np.random.default_rng(seed)
    q = np.triu(symmetric(rng, 9) * 10.0 ** rng.integers(-8, 1, (9, 9)), 1)
    q, groups = q + q.T, np.repeat(np.arange(3), 3)
    search = exact._Search(q, np.arange(9), state(), math.inf, math.inf, None)
    [bounded] = search.split(exact._Node(math.inf, groups, aggregate(q, groups, 3)), False)
    cells = rational.rationals(q)
    exactly = rational.within(cells, groups)
    for a, b in ((1, 0), (2, 0), (2, 1)):
        rows, columns = range(3 * a, 3 * a + 3), range(3 * b, 3 * b + 3)
        exactly += max(sum(cells[i][j] for i in rows for j in columns), Fraction(0))
    roundings = (Fraction(bounded.upper) - exactly) / (Fraction(2) ** -53 * Fraction(search.size))
    assert 9 < roundings < 40


# ------------------------------------------------------------------------- what a node is made of


def test_closure_is_what_pairs_together_imply():
    rng, kinds = np.random.default_rng(11), set()
    for _ in range(100):
        fixed = rng.choice([-1, 0, 1], size=10, p=[0.5, 0.25, 0.25])
        pairs = list(itertools.combinations(range(5), 2))
        S = np.zeros((5, 5))
        for (i, j), what in zip(pairs, fixed, strict=True):
            S[i, j] = S[j, i] = what == 1
        groups = twins.connected_parts(S.tolist(), np.zeros(5))
        against = any(
            groups[i] == groups[j] for (i, j), w in zip(pairs, fixed, strict=True) if w == 0
        )
        found = _closure(fixed, 5)
        kinds.add(against)
        assert (found is None) == against
        assert against or twins.first_seen(found) == groups
    assert kinds == {True, False}


def test_pairs_apart_are_never_worth_joining():
    """The best of the partitions that keep them apart is the best of all under the new q."""
    rng = np.random.default_rng(12)
    every = [np.array(labels) for labels in slow.partitions(5)]
    i, j = np.triu_indices(5, 1)
    for _ in range(30):
        q, apart = symmetric(rng, 5), rng.random(10) < 0.4
        found = _forbid(q, apart)
        assert np.array_equal(found, found.T) and not found.diagonal().any()
        assert np.array_equal(found[i, j][~apart], q[i, j][~apart])
        kept = [labels for labels in every if not (labels[i] == labels[j])[apart].any()]
        best = max(slow.within(q, labels) for labels in kept)
        assert max(slow.within(found, labels) for labels in every) == pytest.approx(best)
        for labels in kept:
            assert slow.within(found, labels) == pytest.approx(slow.within(q, labels))
        # and no more than that: what a member can gain in all, not more
        gains = np.maximum(q, 0).sum(axis=1)
        assert (found[i, j] >= np.minimum(q[i, j], -np.minimum(gains[i], gains[j]))).all()
    assert _forbid(q, np.zeros(10, dtype=bool)) is q


# --------------------------------------------------------------------- a problem taken apart


def test_a_problem_of_parts_is_the_sum_of_its_proofs(monkeypatch):
    monkeypatch.setattr(exact, "upper_bound", weak())
    rng = np.random.default_rng(13)
    blocks = [symmetric(rng, 6), np.abs(symmetric(rng, 4)), symmetric(rng, 5), np.zeros((1, 1))]
    for order in [blocks[:1], *itertools.permutations(blocks, 2), blocks[::-1], blocks]:
        n = sum(map(len, order))
        q, at, parts = np.full((n, n), -1.0), 0, []
        np.fill_diagonal(q, 0.0)
        for block in order:
            own = slice(at, at + len(block))
            q[own, own] = block
            parts.append(prove_all(block, np.arange(len(block)), state()))
            at += len(block)
        whole = prove_all(q, np.arange(n), state())
        assert whole.nodes == max(part.nodes for part in parts)
        assert whole.rows == sum(part.rows for part in parts)
        assert whole.value == pytest.approx(sum(part.value for part in parts))
        assert Fraction(whole.upper) >= sum(Fraction(part.upper) for part in parts)
        assert whole.upper == pytest.approx(sum(part.upper for part in parts))
        if len(order) == 1:  # nothing was added up
            assert whole.upper == prove(block, np.arange(n), state()).upper
        assert slow.within(q, whole.labels) == pytest.approx(whole.value)
        assert set(whole.labels.tolist()) == set(range(whole.labels.max() + 1))
    nobody = prove_all(-np.ones((3, 3)) + np.eye(3), np.zeros(3, dtype=np.int64), state())
    assert sorted(nobody.labels) == [0, 1, 2] and nobody.value == nobody.upper == 0.0


def test_one_part_that_is_not_closed_leaves_the_whole_open(monkeypatch):
    monkeypatch.setattr(exact, "upper_bound", weak())
    q = np.full((14, 14), -1.0)
    np.fill_diagonal(q, 0.0)
    q[:8, :8] = symmetric(np.random.default_rng(8), 8)  # takes more than twelve nodes
    q[8:11, 8:11] = q[11:, 11:] = 1.0 - np.eye(3)
    for order in (np.arange(14), np.arange(14)[::-1]):
        part = q[np.ix_(order, order)]
        assert prove_all(part, np.arange(14), state()).ended == "closed"
        out = prove_all(part, np.arange(14), state(), work=2)
        assert out.ended == "work" and out.upper > out.value + 0.01
        assert prove_all(part, np.arange(14), state(), seconds=0.0).ended == "time"


def test_the_smallest_floats_are_proven_as_any_others():
    q = np.round(4 * symmetric(np.random.default_rng(14), 6))
    wanted = prove_all(q, np.arange(6), state())
    for power in (-1074, -960, -900, -890, 0):
        proof = prove_all(np.ldexp(q, power), np.arange(6), state())
        assert proof.value == math.ldexp(wanted.value, power)
        assert np.array_equal(proof.labels, wanted.labels)
        assert proof.ended == "closed" and Fraction(proof.upper) >= Fraction(proof.value)


@pytest.mark.parametrize("scale", [0.0, 0.5, 3.0])
def test_a_certificate_is_in_units_of_its_problem(scale):
    q = symmetric(np.random.default_rng(15), 6)
    best = float(rational.best(rational.rationals(q))[0])
    posed = Problem(2.0, scale, constant=-0.25, q=q)
    proof = certified(posed, np.arange(6), state(), work=100)
    unit = 1 / scale if scale else 0.0
    assert proof.value == pytest.approx(-0.25 * unit, abs=1e-15)
    assert proof.best_value == pytest.approx((best - 0.25) * unit, rel=1e-12, abs=0)
    # what the rounding of q may hide: 6 (n + 2) u (1 + resolution), in units of Q
    rounding = 6 * 8 * 2.0**-53 * 3
    assert proof.upper_bound - proof.best_value == pytest.approx(
        rounding, rel=0.2, abs=1e-11 * unit
    )
    assert 0 < proof.seconds < 60 and proof.best.tolist() != [0, 1, 2, 3, 4, 5]
