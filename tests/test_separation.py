"""The search for inequalities that a relaxation breaks: how sides grow, which triangles count."""

import itertools

import numpy as np
import pytest
from oracles import twins

from klasternet.kernels import separation


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


def relaxed(rng, n, filled=1.0):
    """Values from 0 to 1 of all pairs, ones on the diagonal."""
    X = np.triu(rng.random((n, n)) * (rng.random((n, n)) < filled), 1)
    return X + X.T + np.eye(n)


def violation(X, side):
    """By how much X breaks the inequality of two sides (1, -1; 0: in neither)."""
    S, T = (np.flatnonzero(side == which) for which in (1, -1))
    inside = sum(np.triu(X[np.ix_(P, P)], 1).sum() for P in (S, T))
    return X[np.ix_(S, T)].sum() - inside - min(len(S), len(T))


def sums(X, side):
    """Sums of X between each industry and the others of each side."""
    off = X - np.diag(X.diagonal())
    return off @ (side == 1).astype(float), off @ (side == -1).astype(float)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_sides_grow_until_no_change_of_one_adds_enough(n):
    rng, moved, shrunk = np.random.default_rng(n), 0, 0
    for gains in (1e-9, 0.2):
        for _ in range(40):
            X = relaxed(rng, n, 0.8)
            side = rng.choice([-1, 0, 1], size=n).astype(np.int8)
            side[:2] = 1, -1
            rng.shuffle(side)
            before, first = violation(X, side), side.copy()
            S, T = sums(X, side)
            s, t = (np.int64((first == which).sum()) for which in (1, -1))
            value = separation._grow(X, side, S, T, before, s, t, gains)
            assert value == pytest.approx(violation(X, side), abs=1e-12) and value >= before
            assert (side == 1).any() and (side == -1).any()
            assert np.allclose((S, T), sums(X, side))
            for i, other in itertools.product(range(n), (-1, 0, 1)):
                new = side.copy()
                new[i] = other
                if (new == 1).any() and (new == -1).any():
                    assert violation(X, new) <= value + gains + 1e-12
            moved += (side != first).sum()
            shrunk += ((side == 0) & (first != 0)).sum()
    assert moved > 40 and (shrunk > 10 or n == 3)


def found(X, starts, seed, most=9, room=900):
    n = len(X)
    key = np.random.default_rng(0).integers(2**64, size=n, dtype=np.uint64, endpoint=False)
    return separation.around(X, key, 0.02, 1e-4, starts, most, room, state(seed))


def test_starts_are_drawn_from_all_there_are():
    """Each start has one outcome: what a few lead to is among what all lead to."""
    rng, drawn = np.random.default_rng(20), set()
    for _ in range(6):
        X = relaxed(rng, 9)
        every = set(found(X, 9, 1)[3].tolist())
        for seed in range(8):
            few = found(X, 2, seed)[3].tolist()
            assert set(few) <= every and len(few) <= 2 * 9
            drawn.add(tuple(few))
    assert len(drawn) > 40


def test_one_after_another_as_long_as_there_is_room():
    X = np.eye(5)
    X[0, [1, 2, 4]] = X[[1, 2, 4], 0] = 0.5
    assert found(X, 5, 1, room=4)[0].tolist() == [0, 1, 2, 4]
    assert len(found(X, 5, 1, room=3)[3]) == 0
    # marks tell inequalities apart: the same sets have the same mark, whichever side is which
    X = relaxed(np.random.default_rng(21), 8)
    members, start, sizes, marks = found(X, 8, 1, most=8)
    sets = {}
    for k, mark in enumerate(marks.tolist()):
        inside = members[start[k] : start[k + 1]].tolist()
        both = frozenset([frozenset(inside[: sizes[k]]), frozenset(inside[sizes[k] :])])
        assert sets.setdefault(mark, both) == both
    assert len(set(sets.values())) == len(sets) < len(marks)


@pytest.mark.parametrize("most", [1, 2, 5, 12])
def test_of_many_triangles_the_worst_are_looked_at(most):
    """At least three times as many as are taken, and none that is left out is worse by a bin."""
    X = relaxed(np.random.default_rng(22), 10)
    every = twins.broken_triangles(X.tolist(), 0.02)
    triples, excess, worst = separation._broken(X, 0.02, most)
    seen = [(s, max(t, u), min(t, u)) for s, t, u in triples.tolist()]
    assert len(set(seen)) == len(seen) >= min(3 * most, len(every)) and len(every) > 36
    assert excess == pytest.approx([every[row] for row in seen])
    assert worst == pytest.approx(max(every.values()))
    left = max(over for row, over in every.items() if row not in seen)
    assert left <= min(excess) and left < sorted(every.values())[-3 * most] + 1 / 1024


def test_of_equal_triangles_some_are_taken_from_everywhere():
    side = np.arange(12) % 2
    X = np.where(side[:, None] == side, 0.0, 1.0) + np.eye(12)
    triples, excess, worst = separation._broken(X, 0.5, 2)  # all 180 are broken by 1
    assert worst == 1.0 and excess.tolist() == [1.0] * 24
    assert len(set(triples[:, 0].tolist())) >= 11
    assert len(separation._broken(X, 0.5, 100)[0]) == 180
    lone = np.array([[1.0, 0.9, 0.8], [0.9, 1.0, 0.1], [0.8, 0.1, 1.0]])
    triples, worst = separation.triangles(lone, 0.05, 9, 9)
    assert triples.tolist() == [[0, 2, 1]] and worst == pytest.approx(0.6)
    assert separation.triangles(np.ones((3, 3)), 0.05, 9, 9)[1] == 0.0


def test_triangles_broken_by_just_as_much_count():
    X = np.eye(3)
    X[0, 1] = X[1, 0] = X[0, 2] = X[2, 0] = 0.75
    triples, worst = separation.triangles(X, 0.5, 9, 9)
    assert triples.tolist() == [[0, 2, 1]] and worst == 0.5
    assert len(separation.triangles(X, 0.500001, 9, 9)[0]) == 0
