"""Rounds of the upper bound: what they add and drop, when they make a partition, why they end."""

import itertools
import math

import numpy as np
import pytest
from oracles import slow

from klasternet.detectors import bounding
from klasternet.detectors.bounding import _Ascent, _corner_keys, upper_bound


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


def symmetric(rng, n):
    q = np.triu(rng.normal(size=(n, n)), 1)
    return q + q.T


def ascent(q, labels=None, tolerance=0.0, target=-math.inf, seconds=60.0):
    labels = np.arange(len(q)) if labels is None else labels
    return _Ascent(q, labels, seconds, state(), tolerance, target, None)


# --------------------------------------------------------------------------- why, and when


@pytest.fixture
def scripted(monkeypatch):
    """A bound that comes down by a script; tells in which rounds a partition was made of it."""

    def run(uppers, rounds=math.inf, patience=60, slow=1e-3, value=0.0, **limits):
        made = []
        at = ascent(symmetric(np.random.default_rng(1), 5), **limits)
        at.value, at.upper, script = value, uppers[0], iter(uppers[1:])
        monkeypatch.setattr(_Ascent, "separate", lambda self: None)
        monkeypatch.setattr(_Ascent, "purge", lambda self: made.append(f"purge {told()}"))
        monkeypatch.setattr(_Ascent, "improve", lambda self: made.append(told()))
        done = []

        def told():
            return len(done)

        def step(self, *_):
            done.append(0)
            self.upper = next(script)

        monkeypatch.setattr(_Ascent, "ascend", step)
        bound = at.run(rounds, patience, slow)
        purged = [int(x.split()[1]) for x in made if isinstance(x, str)]
        return bound.ended, bound.rounds, [x for x in made if not isinstance(x, str)], purged

    return run


def test_it_ends_where_rounds_or_the_gap_are_out(scripted):
    falling = [100.0 * 0.9**k for k in range(200)]
    assert scripted(falling, rounds=7)[:2] == ("rounds", 7)
    assert scripted([8.0, 4.0, 2.0, 0.0])[:2] == ("closed", 3)
    assert scripted([8.0, 4.0, 2.0, 0.0], value=1.0, tolerance=2.0)[:2] == ("closed", 2)
    assert scripted([8.0, 4.0, 2.0, 0.0], value=-1.0, tolerance=5.0)[:2] == ("closed", 1)
    assert scripted([8.0, 4.0, 2.0, 0.0], target=4.0)[:2] == ("closed", 1)
    assert scripted([8.0, 4.0], value=8.0)[:2] == ("closed", 0)
    assert scripted([8.0, 4.0], seconds=0.0)[:2] == ("time", 0)


@pytest.mark.parametrize(("patience", "slow"), [(3, 0.1), (5, 0.5), (8, 0.02)])
def test_it_ends_where_the_gap_no_longer_closes(scripted, patience, slow):
    """At the first round after `patience` in which so many rounds closed less than that part."""
    for factor in (0.8, 0.9, 0.97, 0.999):
        uppers = [50.0 * factor**k for k in range(40)] + [50.0 * factor**40] * 30
        first = next(
            k
            for k in range(patience + 1, 99)
            if uppers[k - patience] - uppers[k] < slow * uppers[k]
        )
        assert scripted(uppers, patience=patience, slow=slow)[:2] == ("stalled", first)


def test_a_partition_is_made_where_three_tenths_of_the_gap_are_gone(scripted):
    uppers = [100.0, 90.0, 71.0, 63.0, 62.0, 45.0, 44.0, 30.0, 29.0]
    ended, rounds, made, _ = scripted([*uppers, 28.0], rounds=8)
    assert (ended, rounds) == ("rounds", 8)
    # first of all; then at 62 of 90, at 30 of 62 (45 is 73 % of it); and at the end
    wanted, last = [], math.inf
    for k, upper in enumerate(uppers[1:], 1):
        if upper < 0.7 * last:
            wanted.append(k)
            last = upper
    assert made == [*wanted, 8] and wanted == [1, 4, 7][: len(wanted)] and len(wanted) == 3
    # or every sixty rounds
    slowly = [100.0 - 0.05 * k for k in range(200)]
    assert scripted(slowly, rounds=130, slow=0.0)[2] == [1, 60, 120, 130]
    assert scripted(slowly, rounds=13, slow=0.0)[3] == [4, 8, 12]  # multipliers are purged
    # no more than it must: none where the gap is closed
    assert scripted([8.0, 4.0, 0.0])[2] == [1, 2]


def test_a_last_partition_may_close_the_gap(monkeypatch):
    for gain, ended in ((0.25, "rounds"), (0.5, "closed")):  # of a gap of a half

        def improve(self, gain=gain):
            self.value += gain if self.upper == 0.5 else 0.0

        monkeypatch.setattr(_Ascent, "improve", improve)
        at = ascent(symmetric(np.random.default_rng(1), 5))
        at.value, at.upper = 0.0, 0.75
        monkeypatch.setattr(_Ascent, "separate", lambda self: None)
        monkeypatch.setattr(_Ascent, "ascend", lambda self, *_: setattr(self, "upper", 0.5))
        monkeypatch.setattr(bounding, "ROUNDING", 0.0)
        assert at.run(1, 60, 1e-3).ended == ended


def test_it_begins_with_what_is_best_without_inequalities():
    at = ascent(symmetric(np.random.default_rng(7), 6))
    assert at.weights @ at.x == pytest.approx(at.upper)
    assert at.upper == pytest.approx(np.maximum(at.weights, 0.0).sum())


@pytest.mark.parametrize("within", [True, False])
def test_an_interrupt_is_kept_unless_a_draw_is_under_way(monkeypatch, within):
    def strike(self):
        raise KeyboardInterrupt

    q = symmetric(np.random.default_rng(2), 8)
    monkeypatch.setattr(_Ascent, "separate", strike)
    monkeypatch.setattr(bounding, "nested", lambda: within)
    if within:
        with pytest.raises(KeyboardInterrupt):
            upper_bound(q, np.arange(8), seconds=9.0, state=state())
    else:
        bound = upper_bound(q, np.arange(8), seconds=9.0, state=state())
        assert bound.ended == "interrupted" and bound.rounds == 1
        assert bound.upper == pytest.approx(np.maximum(q, 0).sum() / 2)


# ------------------------------------------------------------------ what is added and dropped


def test_triangles_are_numbered_as_their_pairs_lie_in_memory():
    triples = [(s, t, u) for s, t, u in itertools.permutations(range(6), 3)]
    keys = dict(zip(triples, _corner_keys(np.array(triples, np.int32), 6).tolist(), strict=True))
    assert all(keys[s, t, u] == keys[s, u, t] for s, t, u in triples)
    assert len(set(keys.values())) == len(triples) // 2
    placed = [row for row in triples if row[1] < row[2]]
    assert sorted(placed, key=keys.get) == sorted(placed)


def many_stars(n):
    """Values of all pairs that break no triangle, but an inequality in many ways around each."""
    side = np.arange(n) % 2
    inner = 0.45 * (np.random.default_rng(6).random((n, n)) < 0.5)
    X = np.where(side[:, None] == side, inner, 0.5)
    return X[np.triu_indices(n, 1)]


def inequalities(at):
    """All that are held, sets and multipliers: triangles and others."""
    triples = {
        (s, *sorted((t, u))): y for (s, t, u), y in zip(at.corners.tolist(), at.y3, strict=True)
    }
    others = []
    for k, y in enumerate(at.y):
        inside = at.members[at.start[k] : at.start[k + 1]].tolist()
        others.append((inside[: at.sizes[k]], inside[at.sizes[k] :], int(at.marks[k]), y))
    return triples, others


@pytest.fixture
def halfway():
    """Fourteen industries after a few rounds, with inequalities of both kinds."""
    at = ascent(symmetric(np.random.default_rng(3), 14))
    scaled = at.weights / at.unit
    step = 1.0 / (0.5 * np.sqrt(np.maximum(np.abs(scaled), 0.01)))
    for _ in range(20):
        at.separate()
        at.ascend(scaled, step)
    triples, others = inequalities(at)
    assert len(triples) > 10 and len(others) > 3
    assert 0 < sum(y > 0 for y in triples.values()) < len(triples)
    assert 0 < sum(y > 0 for *_, y in others) < len(others)
    return at


def test_what_is_found_is_added_once_with_no_multiplier(halfway):
    triples, others = inequalities(halfway)
    halfway.x = np.random.default_rng(4).random(len(halfway.x))
    halfway.separate()
    more, _ = inequalities(halfway)
    assert {row: more[row] for row in triples} == triples and len(more) == len(halfway.y3)
    assert len(more) > len(triples) and not any(more[row] for row in set(more) - set(triples))
    keys = _corner_keys(halfway.corners, 14)
    assert (np.diff(keys) > 0).all()
    halfway.separate()
    assert inequalities(halfway)[0] == more  # nothing twice
    # others are sought where no triangle is much broken
    halfway.x = many_stars(14)
    halfway.separate()
    _, last = inequalities(halfway)
    assert last[: len(others)] == others and len(last) > len(others)
    assert all(y == 0 for *_, y in last[len(others) :])
    assert len({mark for *_, mark, _ in last}) == len(last)


def test_a_purge_keeps_what_has_a_multiplier(halfway):
    triples, others = inequalities(halfway)
    halfway.purge()
    kept, left = inequalities(halfway)
    assert kept == {row: y for row, y in triples.items() if y > 0}
    assert left == [row for row in others if row[-1] > 0]
    assert halfway.start[-1] == len(halfway.members) == sum(len(S) + len(T) for S, T, *_ in left)
    assert len(halfway.marks) == len(halfway.sizes) == len(left)


def test_the_search_is_made_finer_where_little_is_found(monkeypatch):
    from klasternet.kernels import separation

    at, asked = ascent(symmetric(np.random.default_rng(5), 30)), []
    at.x = np.zeros(len(at.x))
    real = separation.around

    def watched(X, key, least, gains, starts, most, room, random):
        asked.append((gains, starts))
        return real(X, key, least, gains, starts, most, room, random)

    monkeypatch.setattr(separation, "around", watched)
    for _ in range(25):
        at.separate()
    gains, starts = zip(*asked, strict=True)
    assert gains[0] == bounding.GAINS and min(gains) == gains[-1] == bounding.FINEST
    falling = [b / a for a, b in itertools.pairwise(gains) if b > bounding.FINEST]
    assert falling == pytest.approx([bounding.FEWER] * len(falling)) and len(falling) > 10
    finest = gains.index(bounding.FINEST)
    assert set(starts[: finest + 1]) == {bounding.STARTS}
    assert starts[finest + 1] == 24 and set(starts[finest + 2 :]) == {30}  # of thirty industries
    # where enough is found it stays as it is
    at, asked[:] = ascent(symmetric(np.random.default_rng(5), 30)), []
    at.x = many_stars(30)
    at.separate()
    assert len(at.y) >= 2 * 30 and (at.gains, at.starts) == (bounding.GAINS, bounding.STARTS)


# ------------------------------------------------------------------------------ a partition of x


def test_the_relaxation_is_rounded_at_a_half(monkeypatch):
    real = bounding.descend

    def rounded_only(q, eps, random, labels=None):
        return real(q, eps, random) if labels is None else labels

    monkeypatch.setattr(bounding, "descend", rounded_only)
    truth = np.array([0, 1, 0, 2, 1, 0, 2])
    same = (truth[:, None] == truth)[np.triu_indices(7, 1)]
    q = np.where(truth[:, None] == truth, 1.0, -1.0) - np.eye(7)
    for apart, together in ((0.0, 1.0), (0.45, 0.55)):
        at = ascent(q)
        at.x = np.where(same, together, apart)
        at.improve()
        assert at.value == pytest.approx(slow.within(q, truth)) and at.value > 0
        assert ((at.labels[:, None] == at.labels) == (truth[:, None] == truth)).all()
        kept = at.labels
        at.x = 1.0 - at.x  # of no worth: the better one stays
        at.improve()
        assert at.labels is kept and at.value == pytest.approx(slow.within(q, truth))


def test_it_closes_within_a_few_rounds():
    """Steps that suit the weights are worth half of them: 12 in all, at the first writing."""
    rounds = 0
    for seed in range(4):
        truth = np.arange(30) % 5
        noise = 1.2 * symmetric(np.random.default_rng(seed), 30)
        q = noise + np.where(truth[:, None] == truth, 1.0, -1.0)
        np.fill_diagonal(q, 0.0)
        bound = upper_bound(q, np.arange(30), seconds=60.0, state=state(seed + 1))
        assert bound.ended == "closed"
        rounds += bound.rounds
    assert rounds <= 16
