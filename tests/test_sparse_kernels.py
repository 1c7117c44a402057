"""Kernels of the sparse engine, step by step, against sums over all pairs in plain Python.

Nodes of no tie, ties of no weight, equal and wildly different ties, nodes of no mass. What is
random in them has no single answer, so what it must keep is tested: every group within one
community and connected, nothing lost, the same whoever does which share.
"""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import twins
from oracles.generated import law

from klasternet.kernels import groups, rows, sweeps

INDEX, WEIGHT = np.uint32, np.float32
MASK = 2**64 - 1


@st.composite
def graphs(draw, least=1):
    """Arcs both ways as (ptr, neighbour, weight, mass), and their sums S as float64."""
    n = draw(st.integers(least, 10))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["even", "equal", "wild", "zeros"]))
    W = {
        "even": lambda: rng.random((n, n)),
        "equal": lambda: np.ones((n, n)),
        "wild": lambda: 10.0 ** rng.uniform(-12, 0, (n, n)),
        "zeros": lambda: rng.integers(0, 2, (n, n)).astype(float),
    }[kind]().astype(WEIGHT)
    tied = rng.random((n, n)) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    np.fill_diagonal(tied, False)
    arcs = [[(j, W[i, j]) for j in range(n) if tied[i, j]] for i in range(n)]
    for i in range(n):
        arcs[i] += [(j, W[j, i]) for j in range(n) if tied[j, i]]
    ptr = np.cumsum([0] + [len(row) for row in arcs]).astype(np.int64)
    flat = [arc for row in arcs for arc in row]
    neighbour = np.array([j for j, _ in flat], dtype=INDEX)
    weight = np.array([w for _, w in flat], dtype=WEIGHT)
    mass = rng.random((n, 2 * draw(st.integers(1, 3)))) * draw(st.sampled_from([0.0, 0.2, 1.0]))
    mass[rng.random(n) < 0.2] = 0.0
    return (ptr, neighbour, weight, mass), twins.full(ptr, neighbour, weight), rng


def labels_of(rng, n):
    return rng.integers(0, max(1, n // 2) + 1, n).clip(max=n - 1).astype(INDEX)


def records(n, mass):
    return np.zeros(n << int(sweeps.record_shift(mass)))


def record(box, c, mass):
    """A community's record: its accumulator, its size, its masses."""
    return box[c << int(sweeps.record_shift(mass)) :][: 2 + mass.shape[1]]


def near_of(graph, i):
    """Whom a node has an arc with, be its weight 0."""
    return graph[1][graph[0][i] : graph[0][i + 1]].tolist()


# ------------------------------------------------------------------------------------ records


@law(50)
@given(graphs())
def test_records_of_communities(case):
    graph, S, rng = case
    ptr, _, _, mass = graph
    n, shift = len(S), int(sweeps.record_shift(mass))
    assert 2**shift >= 2 + mass.shape[1] > (2 ** (shift - 1) if shift > 2 else 0)
    assert sweeps.largest_degree(ptr) == max(ptr[i + 1] - ptr[i] for i in range(n))
    label = labels_of(rng, n)
    box, free, waiting = records(n, mass), np.empty(n + 1, INDEX), np.zeros(n, np.uint8)
    frees = sweeps.begin(label, mass, box, free, waiting)
    assert free[:frees].tolist() == [c for c in range(n) if c not in label] and waiting.all()
    for c in range(n):
        members = [i for i in range(n) if label[i] == c]
        tie, size, *sums = record(box, c, mass)
        assert (tie, size) == (0.0, len(members))
        assert sums == pytest.approx([sum(mass[i, q] for i in members) for q in range(len(sums))])
        for i in range(n):
            wanted = sum(twins.expected_both_ways(mass, i, j) for j in members)
            found = sweeps.both_ways(mass[i, 0], mass[i, 1], mass, i, box, c << shift)
            assert found == pytest.approx(wanted, abs=1e-12)
    for i in range(n):
        wanted = twins.expected_both_ways(mass, i, i)
        assert sweeps.itself(mass, i) == pytest.approx(wanted, abs=1e-12)


# -------------------------------------------------------------------------------------- sweeps


class Sweep:
    """What a sweep keeps, as its shell lays it out."""

    def __init__(self, graph, label, order):
        n, mass = len(label), graph[3]
        self.graph, self.label, self.n = graph, label.copy(), n
        self.boxes = records(n, mass)[None].copy()
        self.free, self.waiting = np.empty(n + 1, INDEX), np.empty(n, np.uint8)
        self.slot, self.queue = np.zeros(n, INDEX), order.astype(INDEX)
        self.ring = np.array([0, 0, n, 0, 0], np.int64)
        self.ring[3] = sweeps.begin(self.label, mass, self.boxes[0], self.free, self.waiting)
        degree = int(sweeps.largest_degree(graph[0]))
        self.touched = np.empty(degree + 1, INDEX)

    def room(self, size):
        return np.empty(size, INDEX), np.empty(size, INDEX), np.zeros((size, 2))

    def state(self):
        return (
            self.label, self.boxes, self.free, self.waiting, self.slot, self.queue, self.ring,
        )  # fmt: skip

    def propose(self, batch, goals, ties):
        sweeps.propose(
            *self.graph, self.label, self.boxes[0], self.waiting, self.slot, batch, goals, ties,
            self.touched, 0, len(batch),
        )  # fmt: skip

    def queued(self):
        """Who waits in the ring, in order."""
        return [self.queue[(self.ring[0] + k) % self.n] for k in range(self.ring[2])]

    def check(self, free_too=True):
        """Records, free numbers and the queue are those of the labels."""
        mass = self.graph[3]
        box, free, waiting = records(self.n, mass), self.free.copy(), self.waiting.copy()
        frees = sweeps.begin(self.label, mass, box, free, waiting)
        np.testing.assert_allclose(self.boxes[0], box, atol=1e-12)
        known = self.free[: self.ring[3]]
        assert sorted(known) == sorted(free[:frees]) if free_too else {*known} >= {*free[:frees]}
        assert sorted(self.queued()) == np.flatnonzero(self.waiting == 1).tolist()


@law(60)
@given(graphs())
def test_nodes_are_sent_where_they_gain_most(case):
    graph, S, rng = case
    n, mass = len(S), graph[3]
    sweep = Sweep(graph, labels_of(rng, n), rng.permutation(n))
    batch, goals, ties = sweep.room(n)
    batch[:] = sweep.queue
    sweep.propose(batch, goals, ties)
    for k, i in enumerate(batch.tolist()):
        own, goal = sweep.label[i], goals[k]
        gains = twins.gains_of(S, mass, sweep.label, i, near_of(graph, i))
        best = gains.pop(own)
        others = [j for j in range(n) if sweep.label[j] == own and j != i]
        assert ties[k, 1] == pytest.approx(sum(S[i, j] for j in others), rel=1e-6)
        blur = 1e-9 + 2e-9 * (
            S[i].sum() + sum(twins.expected_both_ways(mass, i, j) for j in others)
        )
        if goal == own:
            assert max([*gains.values(), 0.0 if others else best]) <= best + blur
        elif goal == n:
            assert others and max([best, *gains.values()]) <= blur
        else:
            assert gains[goal] >= max([best, *gains.values()]) - blur
            wanted = sum(S[i, j] for j in range(n) if sweep.label[j] == goal)
            assert ties[k, 0] == pytest.approx(wanted, rel=1e-6)
        assert sweep.waiting[i] == (2 if goal != own else 0) and sweep.slot[i] == k
    shift = int(sweeps.record_shift(mass))
    assert not sweep.boxes[0, :: 1 << shift].any()  # accumulators are empty again


@law(60)
@given(graphs(), st.integers(1, 4))
def test_a_batch_gains_what_q_gains(case, size):
    graph, S, rng = case
    n, mass = len(S), graph[3]
    sweep = Sweep(graph, labels_of(rng, n), rng.permutation(n))
    plain = deque(sweep.queue.tolist())
    for _ in range(6):
        m = min(size, sweep.ring[2])
        if m == 0:
            break
        batch, goals, ties = sweep.room(m)
        visits = sweep.ring[4]
        sweeps.take(sweep.queue, sweep.ring, batch)
        assert batch.tolist() == [plain.popleft() for _ in range(m)]
        assert sweep.ring[4] == visits + m
        before = twins.quality(S, mass, sweep.label)
        sweep.propose(batch, goals, ties)
        gained = sweeps.settle(*graph, *sweep.state(), batch, goals, ties)
        change = twins.quality(S, mass, sweep.label) - before
        assert gained >= 0 and gained == pytest.approx(change, abs=1e-9 * (1 + S.sum()))
        sweep.check(free_too=size == 1)
        plain = deque(sweep.queued())


@law(40)
@given(graphs(), st.integers(1, 4))
def test_to_advance_is_batch_after_batch(case, size):
    graph, S, rng = case
    n, mass = len(S), graph[3]
    label, order = labels_of(rng, n), rng.permutation(n)
    one, other = Sweep(graph, label, order), Sweep(graph, label, order)
    before = twins.quality(S, mass, label)
    gained = sweeps.advance(*graph, *one.state(), *one.room(size), one.touched, n + 1)
    assert one.ring[2] == 0 or one.ring[4] >= sweeps.MAX_VISITS * n
    total = 0.0
    while other.ring[2] > 0:
        batch, goals, ties = other.room(min(size, other.ring[2]))
        sweeps.take(other.queue, other.ring, batch)
        other.propose(batch, goals, ties)
        total += sweeps.settle(*graph, *other.state(), batch, goals, ties)
    np.testing.assert_array_equal(one.label, other.label)
    assert gained == total
    assert gained == pytest.approx(twins.quality(S, mass, one.label) - before, abs=1e-9 * n * n)
    for _ in range(20):  # masses that moved may have made way: until a sweep gains nothing
        last = Sweep(graph, one.label, order)
        if sweeps.advance(*graph, *last.state(), *last.room(1), last.touched, n + 1) == 0.0:
            break
        one = last
    for i in range(n):  # nobody has anything to gain
        gains = twins.gains_of(S, mass, last.label, i, near_of(graph, i))
        own = gains[last.label[i]]
        assert max([*gains.values(), 0.0]) <= own + 1e-7 * (1 + S.sum() + mass.sum() ** 2)
    stop = Sweep(graph, label, order)  # and it stops where a batch is long enough to be shared
    assert sweeps.advance(*graph, *stop.state(), *stop.room(size), stop.touched, 1) == 0.0
    np.testing.assert_array_equal(stop.label, label)
    assert stop.ring[2] == n


def test_a_community_emptied_and_entered_in_one_batch_is_not_free():
    """0 leaves community 0 for 1's; 3, which would go there, is still better off in 0, alone."""
    ties = {(0, 1): 1.0, (0, 3): 0.5}
    both = ties | {(j, i): w for (i, j), w in ties.items()}
    arcs = [[(j, both[i, j]) for j in range(4) if (i, j) in both] for i in range(4)]
    flat = [arc for row in arcs for arc in row]
    mass = np.array([[0.0, 0], [0, 0], [1, 1], [1, 1]])
    graph = (
        np.cumsum([0] + [len(row) for row in arcs]).astype(np.int64),
        np.array([j for j, _ in flat], dtype=INDEX),
        np.array([w for _, w in flat], dtype=WEIGHT),
        mass,
    )
    sweep = Sweep(graph, np.array([0, 1, 2, 2], dtype=INDEX), np.array([0, 3, 1, 2]))
    batch, goals, ties = sweep.room(2)
    sweeps.take(sweep.queue, sweep.ring, batch)
    sweep.propose(batch, goals, ties)
    sweeps.settle(*graph, *sweep.state(), batch, goals, ties)
    assert sweep.label.tolist() in ([1, 1, 2, 0], [1, 1, 2, 3])
    sweep.check()


# -------------------------------------------------------------------------------------- groups


def splitmix(seed, k):
    """The k-th number, from 1, of Steele, Lea and Flood (2014), doi 10.1145/2660193.2660195."""
    z = (seed + k * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


@law(50)
@given(st.integers(0, MASK), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_what_is_random_belongs_to_a_pair(salt, i, d):
    k = (salt + i * 0xD1342543DE82EF95 + d + 1) & MASK
    wanted = (splitmix(0, k) >> 11) * 2.0**-53
    assert groups._random(np.uint64(salt), i, d) == wanted and 0 <= wanted < 1


def test_splitmix_is_the_published_one():
    told = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [splitmix(0, k) for k in (1, 2, 3)] == told
    found = [groups._random(np.uint64(k), 0, 0) for k in range(3)]
    assert found == [(value >> 11) * 2.0**-53 for value in told]


def test_shuffled_orders_are_permutations_and_all_as_likely():
    """Every order of 4, a hundred each: chi squared of 23 degrees, 1 in 1,000 is 49.7."""
    seen = {}
    for salt in range(2400):
        order = np.arange(4, dtype=INDEX)
        groups.shuffle(order, np.uint64(salt * 0x5851F42D4C957F2D & MASK))
        seen[tuple(order.tolist())] = seen.get(tuple(order.tolist()), 0) + 1
    assert len(seen) == 24 and all(sorted(order) == [0, 1, 2, 3] for order in seen)
    assert sum((count - 100) ** 2 / 100 for count in seen.values()) < 49.7
    for n in (0, 1):
        order = np.arange(n, dtype=INDEX)
        groups.shuffle(order, np.uint64(1))
        assert order.tolist() == list(range(n))


@law(60)
@given(graphs(), st.sampled_from([0.0, 0.3, 1.0]))
def test_partners_are_the_best_of_the_dominant(case, least):
    graph, S, _ = case
    n, mass = len(S), graph[3]
    best = np.empty(n, INDEX)
    for first, last in ((0, n // 2), (n // 2, n)):  # whoever does which share
        groups.partners(*graph, best, least, first, last)
    for i in range(n):
        arcs = [(graph[1][e], float(graph[2][e])) for e in range(graph[0][i], graph[0][i + 1])]
        total = sum(w for _, w in arcs)
        blur = 1e-12 * (1 + total)
        gains = {}
        for j, w in arcs:
            if w >= least * total - blur and w > 0:
                gain = w - twins.expected_both_ways(mass, i, j)
                gains[j] = max(gain, gains.get(j, gain))
        top = max(gains.values(), default=0.0)
        if best[i] == i:
            surely = [gains[j] for j, w in arcs if w >= least * total + blur and j in gains]
            assert max(surely, default=0.0) <= blur
        else:
            assert gains[best[i]] >= top - blur and top > 0


@law(80)
@given(st.data(), st.integers(0, 12))
def test_who_is_paired_is_in_one_group(data, n):
    best = data.draw(st.lists(st.integers(0, max(n - 1, 0)), min_size=n, max_size=n))
    group = np.arange(n, dtype=INDEX)
    groups.pair_up(np.array(best, dtype=INDEX), group)
    paired = np.zeros((n, n))
    for i, j in enumerate(best):
        paired[i, j] = paired[j, i] = 1
    parts = twins.connected_parts(paired, [0] * n)
    assert group.tolist() == [parts.index(part) for part in parts]  # the first leads


@law(60)
@given(graphs(), st.integers(0, MASK))
def test_refinement_keeps_its_promises(case, salt):
    graph, S, rng = case
    n, mass = len(S), graph[3]
    label, order = labels_of(rng, n), rng.permutation(n).astype(INDEX)
    box = records(n, mass)
    sweeps.begin(label, mass, box, np.empty(n + 1, INDEX), np.empty(n, np.uint8))
    found = []
    for shares in (1, 3):
        group, alone, part = np.empty(n, INDEX), np.empty(n, np.uint8), records(n, mass)
        room = np.empty(int(sweeps.largest_degree(graph[0])) + 1, INDEX)
        joined = sum(
            groups.refine(
                *graph, label, box, part, alone, group, order, np.uint64(salt), room, share, shares
            )
            for share in reversed(range(shares))
        )
        found.append(group)
        members = {g: np.flatnonzero(group == g) for g in set(group.tolist())}
        assert joined == n - len(members)
        for g, inside in members.items():
            assert g in inside and len(set(label[inside])) == 1
            assert len(set(twins.connected_parts(S[np.ix_(inside, inside)], [0] * n))) == 1
            assert (len(inside) == 1) == bool(alone[g])
            rest = [j for j in range(n) if label[j] == label[g] and group[j] != g]
            tie, cut, *sums = record(part, g, mass)
            assert tie == 0.0 and sums == pytest.approx(mass[inside].sum(axis=0).tolist())
            assert cut == pytest.approx(S[np.ix_(inside, rest)].sum(), abs=1e-9 * (1 + S.sum()))
            if len(inside) > 1:
                assert twins.quality(S, mass, np.where(group == g, 0, 1 + np.arange(n))) > 0
    np.testing.assert_array_equal(*found)  # whoever does which share


@law(60)
@given(graphs(least=2), st.integers(0, MASK))
def test_refinement_joins_nobody_who_is_poorly_connected(case, salt):
    graph, S, rng = case
    n, mass = len(S), graph[3]
    label, order = labels_of(rng, n), np.arange(n, dtype=INDEX)
    box = records(n, mass)
    sweeps.begin(label, mass, box, np.empty(n + 1, INDEX), np.empty(n, np.uint8))
    group, part = np.empty(n, INDEX), records(n, mass)
    room = np.empty(int(sweeps.largest_degree(graph[0])) + 1, INDEX)
    groups.refine(
        *graph, label, box, part, np.empty(n, np.uint8), group, order, np.uint64(salt), room, 0, 1
    )
    for i in range(n):
        others = [j for j in range(n) if label[j] == label[i] and j != i]
        tied = sum(S[i, j] for j in others)
        wanted = sum(twins.expected_both_ways(mass, i, j) for j in others)
        if tied < wanted - 1e-9 or tied == 0:  # to its own community: it stays a group alone
            assert (group == i).sum() == (group == group[i]).sum() == 1


# ---------------------------------------------------------------------------------------- rows


@law(60)
@given(st.data(), st.integers(0, 12), st.integers(1, 6))
def test_nodes_in_the_order_of_their_labels(data, n, count):
    label = data.draw(st.lists(st.integers(0, count - 1), min_size=n, max_size=n))
    nodes, begin = rows.sort_by(np.array(label, dtype=INDEX), count)
    assert nodes.tolist() == sorted(range(n), key=lambda i: label[i])  # sorted keeps equals' order
    assert begin.tolist() == [sum(c < k for c in label) for k in range(count + 1)]
