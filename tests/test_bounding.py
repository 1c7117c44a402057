"""The upper bound for large tables: never below the truth, exactly, and tight where it can be."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from klasternet.detectors.bounding import safe_sum, safe_upper, upper_bound
from klasternet.detectors.searching import descend
from klasternet.kernels import separation
from klasternet.kernels.ascent import ascend, reduced
from klasternet.kernels.cuts import triangle_rows


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


# ---------------------------------------------------------------------- steps of the ascent


@pytest.mark.parametrize(("S", "T"), [([0], [1, 2]), ([2], [0, 1, 3]), ([0, 3], [1, 2, 4])])
@pytest.mark.parametrize("triangle", [True, False])
def test_a_pass_over_one_row_lands_on_it(S, T, triangle):
    """One step of coordinate ascent: y > 0 where the row is tight, y = 0 where it is slack."""
    if triangle and len(S) + len(T) > 3:
        return
    n, rng = 5, np.random.default_rng(0)
    corners, y3, rows, y = np.empty((0, 3), np.int32), np.empty(0), no_rows(), np.empty(0)
    sets = (
        np.array([*S, *T], np.int32),
        np.array([0, len(S) + len(T)]),
        np.array([len(S)], np.int32),
    )
    own = separation.rows_of(*sets, n)
    pairs, sign = own[1], np.where(np.arange(len(own[1])) < own[2][0], 1.0, -1.0)
    row = np.zeros(10)
    row[pairs] = sign
    step = rng.uniform(0.5, 1.0, 10)
    level = np.full(10, 0.5)
    level[pairs] = np.where(sign > 0, 0.75, 0.2)
    level += row * (own[3][0] - row @ level) / len(pairs)  # the row is tight here
    slack = np.where(row == 0, 0.5, row < 0).astype(float)
    for over, before in [(0.0, 0.001), (0.01, 0.0), (0.05, 1.0), (None, 0.25)]:
        z = slack if over is None else level + row * over / len(pairs)
        x0, multiplier = rng.uniform(0.4, 0.6, 10), np.array([before])
        q = (z - x0) / step + row * before
        if triangle:
            corners, y3 = triangle_rows(np.array([[*S, *T]], np.int32), n), multiplier
        else:
            rows, y = own, multiplier
        x = x0.copy()
        bound = ascend(q, step, x, corners, y3, *rows, y, 1, 1)
        wanted = 0.0 if over is None else before + over / step[pairs].sum()
        assert multiplier[0] == pytest.approx(wanted)
        assert x == pytest.approx(np.clip(z - row * step * (wanted - before), 0.0, 1.0))
        assert bound == pytest.approx(wanted * own[3][0] + np.maximum(q - row * wanted, 0.0).sum())


def no_rows():
    return np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)


@pytest.mark.parametrize("triangle", [True, False])
def test_passes_go_there_and_back(triangle):
    """Three rows, two through pairs of the first: each pass begins where the last has ended."""
    rows = np.arange(0, 12, 3), np.array([0, 1, 2, 1, 3, 4, 0, 3, 5], np.int32)
    rows = *rows, np.full(3, 2, np.int32), np.ones(3)
    q, step = np.array([0.8, 0.8, -0.4, 0.8, -0.4, -0.4]), np.full(6, 0.5)
    for passes in range(1, 5):
        z, y = 0.5 + step * q, np.zeros(3)
        for p in range(passes):
            for k in (0, 1, 2) if p % 2 == 0 else (2, 1, 0):
                a, b, c = rows[1][3 * k : 3 * k + 3]
                v = np.clip(z, 0.0, 1.0)
                move = max(-y[k], (v[a] + v[b] - v[c] - 1.0) / 1.5)
                y[k] += move
                z[[a, b, c]] -= np.array([1.0, 1.0, -1.0]) * move * 0.5
        found, x = np.zeros(3), np.full(6, 0.5)
        if triangle:
            some = rows[1].reshape(3, 3), found, *no_rows(), np.empty(0)
        else:
            some = np.empty((0, 3), np.int32), np.empty(0), *rows, found
        ascend(q, step, x, *some, 1, passes)
        assert found == pytest.approx(y) and x == pytest.approx(np.clip(z, 0.0, 1.0))


def test_proximal_steps_move_x_by_what_the_rows_leave():
    """Without rows x climbs q by its steps and the bound is the sum of all gains."""
    q, step, x = np.array([0.5, -0.25, 2.0]), np.array([0.5, 1.0, 0.25]), np.array([0.5, 0.5, 0.0])
    none = np.empty((0, 3), np.int32), np.empty(0)
    rows = no_rows()
    bound = ascend(q, step, x, *none, *rows, np.empty(0), 1, 2)
    assert bound == pytest.approx(2.5)
    assert x == pytest.approx([0.75, 0.25, 0.5])
    ascend(q, step, x, *none, *rows, np.empty(0), 4, 2)
    assert x == pytest.approx([1.0, 0.0, 1.0])  # within 0 to 1
    # a triangle: q less its multiplier is what x moves by
    q, x, y3 = np.array([1.0, 1.0, -1.0]), np.array([0.5, 0.5, 0.5]), np.array([0.25])
    bound = ascend(
        q, np.full(3, 0.1), x, np.array([[0, 1, 2]], np.int32), y3, *rows, np.empty(0), 1, 1
    )
    # z = x + 0.1 (q - A'y) = 0.575, 0.575, 0.425: slack, by 0.275; all of y3 is given back
    assert y3[0] == 0.0 and bound == pytest.approx(2.0)
    assert x == pytest.approx([0.6, 0.6, 0.4])


def test_rounding_of_reduced_weights_is_told_in_full():
    q = np.array([1.0, -2.0, 0.5])
    start, pairs = np.array([0, 3, 5]), np.array([0, 1, 2, 0, 2], np.int32)
    r, error = reduced(q, start, pairs, np.array([2, 1], np.int32), np.array([0.25, 0.5]))
    assert r.tolist() == [0.25, -2.25, 1.25]
    # twice u times the terms added up times the sum of their sizes
    sizes = np.array([1.75, 2.25, 1.25])
    assert error == pytest.approx(2 * 2.0**-53 * np.array([3, 2, 3]) * sizes, rel=1e-12)


# --------------------------------------------------------------------- looking for inequalities


SIDES = np.array(list(itertools.product((-1, 0, 1), repeat=6)))


def most_broken(X):
    """The greatest violation of any inequality of two sides of six, by all of them."""
    pairs = (SIDES @ (X - np.eye(6)) * SIDES).sum(axis=1) / 2
    least = np.minimum((SIDES > 0).sum(axis=1), (SIDES < 0).sum(axis=1))
    return (-pairs - least)[least > 0].max()


def searched(X, most=5, starts=12, least=0.01, gains=1e-4, room=600):
    key = np.random.default_rng(0).integers(2**64, size=len(X), dtype=np.uint64, endpoint=False)
    return separation.around(X, key, least, gains, starts, most, room, seeded(5))


def violation(X, S, T):
    return (
        X[np.ix_(S, T)].sum()
        - sum(np.triu(X[np.ix_(P, P)], 1).sum() for P in (S, T))
        - min(len(S), len(T))
    )


@pytest.mark.parametrize(
    ("S", "T"), [([1], [0, 2, 4]), ([0, 5], [1, 3, 4]), ([2], [0, 1, 3, 4, 5])]
)
def test_the_one_broken_inequality_is_found(S, T):
    X = np.full((6, 6), 0.01)
    np.fill_diagonal(X, 1.0)
    X[np.ix_(S, T)] = X[np.ix_(T, S)] = 0.6
    members, start, sizes, marks = searched(X, gains=0.05)
    found = [
        (
            sorted(members[start[k] : start[k] + sizes[k]]),
            sorted(members[start[k] + sizes[k] : stop]),
        )
        for k, stop in enumerate(start[1:])
    ]
    assert (S, T) in found or (T, S) in found
    assert violation(X, S, T) == pytest.approx(most_broken(X))
    assert len(set(marks)) == len({frozenset(map(tuple, sides)) for sides in found})


def test_the_worst_inequality_is_found_nearly_always():
    rng, met = np.random.default_rng(12), 0
    for _ in range(40):
        X = np.triu(rng.random((6, 6)) * (rng.random((6, 6)) < 0.8), 1)
        X = X + X.T + np.eye(6)
        members, start, sizes, _ = searched(X)
        broken = [
            violation(X, members[a : a + size], members[a + size : b])
            for a, b, size in zip(start[:-1], start[1:], sizes, strict=True)
        ]
        assert min(broken) > 0.01
        best = most_broken(X)
        assert max(broken) <= best + 1e-12
        met += max(broken) == pytest.approx(best)
    assert met >= 36  # of 40


def test_what_is_kept_around_an_industry_is_the_worst_and_fits_the_room():
    rng = np.random.default_rng(13)
    X = np.triu(rng.uniform(0.2, 0.8, (7, 7)), 1)
    X = X + X.T + np.eye(7)
    every, few = searched(X, most=7), searched(X, most=1)
    assert len(few[3]) <= 7 < len(every[3]) and set(few[3]) <= set(every[3])
    small = searched(X, most=7, room=20)
    assert small[1][-1] <= 20 and set(small[3]) <= set(every[3])
    assert len(searched(np.eye(5))[3]) == 0 and len(searched(np.ones((5, 5)))[3]) == 0


def test_triangles_are_the_worst_and_share_no_pair_too_often():
    rng = np.random.default_rng(14)
    X = np.triu(rng.random((9, 9)), 1)
    X = X + X.T + np.eye(9)
    every, worst = separation.triangles(X, 0.05, 10_000, 9)
    over = [X[s, t] + X[s, u] - X[t, u] - 1 for s, t, u in every]
    assert over == sorted(over, reverse=True) and over[0] == worst and over[-1] >= 0.05
    few, _ = separation.triangles(X, 0.05, 5, 9)
    assert few.tolist() == every[:5].tolist()
    spread, _ = separation.triangles(X, 0.05, 5, 1)
    used = [tuple(sorted(p)) for row in spread.tolist() for p in itertools.combinations(row, 2)]
    assert len(spread) == 5 and len(set(used)) == 15
    taken, rest = [], set()
    for row in every.tolist():  # the worst first, unless a pair is taken
        own = {tuple(sorted(p)) for p in itertools.combinations(row, 2)}
        if not own & rest and len(taken) < 5:
            taken.append(row)
            rest |= own
    assert spread.tolist()[0] == taken[0] and set(map(tuple, spread)) <= set(map(tuple, every))


def test_a_star_is_found_once():
    """Around its centre alone: the others have one neighbour each, and two break nothing."""
    X = np.eye(5)
    X[0, [1, 2, 4]] = X[[1, 2, 4], 0] = 0.5
    members, start, sizes, _ = searched(X, most=4)
    assert members.tolist() == [0, 1, 2, 4] and start.tolist() == [0, 4] and sizes.tolist() == [1]
    X[0, 1] = X[1, 0] = 1.0  # together for certain: no start, but a member all the same
    assert sorted(searched(X, most=4)[0].tolist()) == [0, 1, 2, 4]
    assert len(searched(X, least=1.0)[3]) == 0  # broken by 1, not by more


def test_triangles_through_a_pair_are_counted():
    """By a slow twin: in the order given, each pair in so many of those kept, at most so many."""
    rng = np.random.default_rng(15)
    found = np.array([rng.permutation(6)[:3] for _ in range(40)], dtype=np.int32)
    order = rng.permutation(40)
    for each, most in itertools.product((1, 2, 3), (4, 40)):
        used, kept = np.zeros((6, 6), int), []
        for row in found[order]:
            pairs = [tuple(sorted(p)) for p in itertools.combinations(row.tolist(), 2)]
            if all(used[p] < each for p in pairs) and len(kept) < most:
                kept.append(row.tolist())
                for p in pairs:
                    used[p] += 1
        assert separation._spread_out(found, order, 6, most, each).tolist() == kept
