"""The upper bound for large tables: never below the truth, exactly, and tight where it can be."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from klasternet.detectors.bounding import safe_sum, safe_upper, upper_bound
from klasternet.detectors.searching import descend


def set_partitions(n, labels=(0,)):
    """All labels (n,) of partitions, numbered by first appearance."""
    if len(labels) == n:
        yield labels
        return
    for c in range(max(labels) + 2):
        yield from set_partitions(n, (*labels, c))


def same_cluster(n):
    """(partitions, pairs) 0/1: the pairs of each partition that share a cluster."""
    i, j = np.triu_indices(n, 1)
    labels = np.array(list(set_partitions(n)))
    return labels[:, i] == labels[:, j]


TOGETHER = {n: same_cluster(n) for n in range(2, 10)}


def draw(rng, n, kind):
    q = rng.normal(size=(n, n))
    if kind == "integers":
        q = np.round(2 * q)
    elif kind == "sparse":
        q *= rng.random((n, n)) < 0.5
    elif kind == "wild":
        q *= 10.0 ** rng.integers(-12, 12, (n, n))
    q = q + q.T
    np.fill_diagonal(q, 0.0)
    return q


def seeded(seed):
    return np.array([seed], dtype=np.uint64)


def exact_dual(q, bound):
    """The dual expression of a bound in rationals, from the sets S and T alone."""
    n = len(q)
    r = {(i, j): Fraction(q[i, j]) for i in range(n) for j in range(i + 1, n)}
    total = Fraction(0)
    for k in range(len(bound.sizes)):
        inside = bound.members[bound.start[k] : bound.start[k + 1]].tolist()
        S, T = inside[: bound.sizes[k]], inside[bound.sizes[k] :]
        assert S and T and len(set(S) | set(T)) == len(inside)
        y = Fraction(bound.multipliers[k])
        assert y >= 0
        total += y * min(len(S), len(T))
        for a, b in itertools.combinations(inside, 2):
            r[min(a, b), max(a, b)] -= y if (a in S) != (b in S) else -y
    return total + sum(max(Fraction(0), v) for v in r.values())


@pytest.mark.parametrize("kind", ["normal", "integers", "sparse", "wild"])
def test_no_partition_exceeds_the_bound(kind):
    rng = np.random.default_rng(5)
    closed = 0
    for trial in range(200):
        n = 2 + trial % 8
        q = draw(rng, n, kind)
        weights = q[np.triu_indices(n, 1)]
        sums = [sum(map(Fraction, weights[t])) for t in TOGETHER[n][[0, -1]]]
        best = float((TOGETHER[n] @ weights).max())
        start = rng.integers(n, size=n)
        bound = upper_bound(q, start, seconds=1.0, state=seeded(trial))
        slack = 1e-13 * np.abs(weights).sum()  # of the enumeration itself
        assert all(Fraction(bound.upper) >= s for s in sums)
        assert bound.upper >= best - slack
        assert bound.value <= best + slack
        assert bound.value == safe_sum(q, bound.labels)
        assert Fraction(bound.upper) >= exact_dual(q, bound)
        assert bound.upper <= float(exact_dual(q, bound)) + 1e-12 * np.abs(weights).sum() + 1e-300
        closed += bound.upper - best <= 1e-9 * np.abs(weights).sum() + 1e-300
    assert closed >= (180 if kind == "wild" else 200)


def test_decided_pairs_are_the_same_in_every_best_partition():
    rng = np.random.default_rng(6)
    decided = 0
    for trial in range(200):
        n = 4 + trial % 5
        q = draw(rng, n, "integers" if trial % 2 else "normal")
        weights = q[np.triu_indices(n, 1)]
        sums = TOGETHER[n] @ weights
        bound = upper_bound(q, np.arange(n), seconds=1.0, state=seeded(trial))
        best = TOGETHER[n][sums >= sums.max() - 1e-12]
        agreed = int((best == best[0]).all(axis=0).sum())
        assert bound.decided <= agreed
        decided += bound.decided
    assert decided > 1000


def test_any_multipliers_give_a_bound():
    rng = np.random.default_rng(7)
    for _ in range(200):
        n = int(rng.integers(3, 9))
        q = draw(rng, n, "wild")
        members, start, sizes = [], [0], []
        for _row in range(rng.integers(1, 12)):
            side = rng.permutation(n)[: rng.integers(2, n + 1)]
            members.extend(side)
            start.append(len(members))
            sizes.append(rng.integers(1, len(side)))
        y = rng.random(len(sizes)) * np.abs(q).max()
        upper, _, sure = safe_upper(
            q, np.array(members, np.int32), np.array(start), np.array(sizes, np.int32), y
        )
        best = float((TOGETHER[n] @ q[np.triu_indices(n, 1)]).max())
        assert upper >= best * (1 - 1e-15)
        assert (sure >= 0).all()


def test_a_state_gives_one_answer():
    rng = np.random.default_rng(8)
    q = draw(rng, 40, "normal")
    runs = [upper_bound(q, np.arange(40), seconds=60.0, state=seeded(3)) for _ in range(2)]
    assert runs[0].upper == runs[1].upper
    assert np.array_equal(runs[0].labels, runs[1].labels)
    assert np.array_equal(runs[0].multipliers, runs[1].multipliers)


def test_a_bad_partition_is_replaced():
    rng = np.random.default_rng(9)
    truth = np.repeat(np.arange(6), 5)
    q = np.where(truth[:, None] == truth, 1.0, -1.0) + 0.3 * draw(rng, 30, "normal")
    np.fill_diagonal(q, 0.0)
    bound = upper_bound(q, np.arange(30), seconds=60.0, state=seeded(0))
    assert bound.ended == "closed"
    assert bound.value > 0
    assert (bound.upper - bound.value) <= 1e-10 * bound.value
    best = descend(q, 1e-12, seeded(0), truth.copy())
    assert safe_sum(q, best) <= bound.upper


def test_out_of_time_is_still_a_bound():
    rng = np.random.default_rng(10)
    q = draw(rng, 60, "normal")
    labels = descend(q, 1e-12, seeded(0))
    bound = upper_bound(q, labels, seconds=0.0, state=seeded(0))
    assert bound.ended == "time"
    assert bound.upper >= bound.value >= safe_sum(q, labels)
    later = upper_bound(q, labels, seconds=1.0, state=seeded(0))
    assert later.upper <= bound.upper


def test_nothing_to_gain():
    q = -np.ones((5, 5)) + np.eye(5)
    bound = upper_bound(q, np.arange(5), seconds=1.0, state=seeded(0))
    assert bound.ended == "closed"
    assert -1e-300 <= bound.value <= 0 <= bound.upper <= 1e-300
    assert upper_bound(np.zeros((3, 3)), np.arange(3), seconds=1, state=seeded(0)).decided == 0


def test_progress_is_told():
    seen = []
    q = draw(np.random.default_rng(11), 30, "normal")
    upper_bound(
        q, np.arange(30), seconds=1.0, state=seeded(0), progress=lambda *both: seen.append(both)
    )
    assert seen and all(upper >= value - 1e-9 for value, upper in seen)
    assert [upper for _, upper in seen] == sorted((upper for _, upper in seen), reverse=True)


def test_bea_detail_within_one_per_cent(shared):
    import klasternet as kn
    from klasternet.detectors.dense_clusters import poser
    from klasternet.nullmodels import null_model_of

    table = kn.read_table(shared / "usa_bea_2017_detail")
    network = kn.FlowNetwork.from_table(table, negatives="aside")
    q = poser(network, "lift", null_model_of("gravity"))(1.0).q
    labels = descend(q, 1e-9, seeded(0))
    bound = upper_bound(q, labels, seconds=600.0, state=seeded(0), tolerance=0.01)
    assert bound.ended == "closed"
    assert bound.upper - bound.value <= 0.01001 * bound.value
    assert bound.rounds < 300
