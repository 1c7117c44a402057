"""Directed, weighted Leiden over sparse ties minus node masses.

Maximises, over partitions into clusters c,

    Q = sum_c sum_{i != j in c} (W_ij - gamma * sum_r A_ir B_jr),

in a time that grows with the ties and not with the pairs: the null model enters as masses only.
Diagonal terms are the same in every partition, so they are left out. Since only pairs within one
cluster count, W enters as S = W + W' without loops; the masses stay directed.

This is the shell; its kernels, in `sweeps`, `groups` and `rows`, compile when first called.
Method: Traag, Waltman, van Eck 2019, doi:10.1038/s41598-019-41695-z.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import numpy as np

from . import sweeps
from .arcs import INDEX, Ties
from .groups import pair_up, partners, refine, shuffle
from .rows import FilledLevels, Graph, Levels, compact, sort_by, split
from .slices import ALONE, Slices
from .sweeps import MIN_GAIN, largest_degree, record_shift

__all__ = ["LARGE", "at_resolutions", "leiden", "leiden_of_edges", "partitions_of_edges"]

SETTLED = 1e-6  # of the total tie: what the last sweep over single nodes may gain
MAX_ITERATIONS = 100  # of a run to convergence: no weights, however odd, make an endless loop
# Nodes of larger networks are visited as they lie in memory, all others in random order. How they
# lie is not by chance: their groups are numbered by community, and after the first iteration they
# are put in the order of their communities, so that what is read together lies together.
LARGE = 20_000
# There, nodes with at least this share of all their ties in one first join that partner, and so do
# the groups, a few times, in a pass each: the first sweep, which misses the cache at nearly every
# reading, has fewer to move, and Q is the better for it (0.7680, not 0.7677, on 100,000 firms).
DOMINANT, PAIRINGS = 0.3, 3
# A batch of nodes, at most this share of all, is looked at before those of them that gain by it are
# moved: what is read does not wait for what is written, which halves the time of moving a million
# nodes, and threads may share the batch out if it has ties enough to be worth while.
SHARE, BATCH, SHARED = 1 / 64, 8192, 30_000


def leiden(
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    out_masses: np.ndarray,
    in_masses: np.ndarray,
    resolution: float = 1.0,
    seed: int = 0,
    iterations: int = 3,
    threads: int = 1,
) -> np.ndarray:
    """Labels (n,) int64, numbered by first appearance, of a partition with a high Q.

    `indptr`, `indices`, `data` are the compressed rows of W (doubled and diagonal entries do no
    harm); the masses are (n,) or (n, r). `iterations` repeats the whole from the labels found, -1
    until nothing is gained. At the end no single node gains a millionth of the total tie by
    moving, and every community is connected. Same seed, same labels, whatever `threads`, which
    pay from some 100,000 nodes on.
    """
    n = len(indptr) - 1
    if n == 0 or not np.any(data):
        return np.arange(n)
    with Slices(threads if n >= LARGE else 1) as slices:
        ties = Ties(n, indptr, indices, data, True, slices)
        levels = _levels(ties, out_masses, in_masses, resolution, slices)
        return _search(levels, Dice(seed), iterations)


def leiden_of_edges(
    source: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    out_masses: np.ndarray,
    in_masses: np.ndarray,
    resolution: float = 1.0,
    seed: int = 0,
    iterations: int = 3,
    threads: int = 1,
) -> np.ndarray:
    """The same from ties one by one, in any order, without their compressed rows."""
    n = len(out_masses)
    if n == 0 or not np.any(weight):
        return np.arange(n)
    with Slices(threads if n >= LARGE else 1) as slices:
        ties = Ties(n, source, target, weight, False, slices)
        levels = _levels(ties, out_masses, in_masses, resolution, slices)
        del out_masses, in_masses  # where nobody else holds them, they are not held meanwhile
        return _search(levels, Dice(seed), iterations)


def partitions_of_edges(
    source: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    out_masses: np.ndarray,
    in_masses: np.ndarray,
    resolution: float = 1.0,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """What `leiden_of_edges` finds in 1, 2, 4, 8 ... iterations, until no more is gained."""
    ties = Ties(len(out_masses), source, target, weight, False)
    levels = _levels(ties, out_masses, in_masses, resolution)
    yield from _partitions(levels, Dice(seed), (2**k for k in count()))


class Dice:
    """Numbers from which kernels derive what is random, one after another from a seed."""

    def __init__(self, seed: int | np.uint64) -> None:
        self.at = np.uint64(seed)

    def throw(self) -> np.uint64:
        """The next."""
        self.at = np.uint64((int(self.at) + 0x9E3779B97F4A7C15) % 2**64)
        return self.at


def _search(levels: FilledLevels, dice: Dice, iterations: int) -> np.ndarray:
    return next(_partitions(levels, dice, [iterations if iterations >= 0 else MAX_ITERATIONS]))


def _partitions(levels: FilledLevels, dice: Dice, wanted: Iterable[int]) -> Iterator[np.ndarray]:
    """Labels after so many iterations each, until one gains nothing."""
    n, slices = len(levels.graph[3]), levels.slices
    label, order = np.arange(n, dtype=INDEX), None
    turn, gain = 0, np.inf
    for last in wanted:
        while turn < last and gain > MIN_GAIN:
            large = turn == 0 and n >= LARGE
            place, label = _paired(levels) if large else (None, label)
            label, gain = _iterate(levels, place, label, dice)
            turn += 1
            if gain > MIN_GAIN:
                if large:
                    order, _ = sort_by(label, compact(label))
                    label = label[order]
                levels.ground(order if large else None)
        yield _settled(levels.ground(), label, order, Dice(dice.at), slices)
        if gain <= MIN_GAIN:
            return


def _settled(
    base: Graph, label: np.ndarray, order: np.ndarray | None, dice: Dice, slices: Slices
) -> np.ndarray:
    """Labels in the given order once single nodes have moved, every community connected."""
    label = label.copy()
    for _ in range(MAX_ITERATIONS):
        gain, _ = move(base, label, _order(len(label), dice), slices)
        # masses that moved may have made way for others; and a community may be cut in two, seldom
        if gain <= SETTLED and compact(label) == split(base[0], base[1], label, slices):
            break
    if order is not None:
        found, label = label, np.empty_like(label)
        label[order] = found
        compact(label)
    return label.astype(np.int64)


def at_resolutions(
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    out_masses: np.ndarray,
    in_masses: np.ndarray,
    resolutions: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Labels (t, n) of quick partitions at several resolutions.

    Nodes are moved and put in groups once, at the finest; the groups, a third as many, are then
    searched at each resolution from the labels found at the next finer one.
    """
    n, finest = len(indptr) - 1, float(np.max(resolutions))
    if n == 0 or not np.any(data) or finest <= 0:
        return np.tile(np.arange(n), (len(resolutions), 1))
    levels: Levels = _levels(Ties(n, indptr, indices, data, True), out_masses, in_masses, finest)
    dice = Dice(seed)
    place, label = _paired(levels)
    group, label, groups, _ = _level(levels.graph, label, dice)
    levels.above(group, groups)
    place, mass, levels = group[place], levels.graph[3], Levels(levels.graph)
    found = np.empty((len(resolutions), n), np.int64)
    for k in np.argsort(-np.asarray(resolutions), kind="stable"):
        levels.back(mass * np.sqrt(float(resolutions[k]) / finest))
        label, _ = _iterate(levels, None, label, dice)
        found[k] = label[place]
    return found


def _levels(
    ties: Ties, out: Any, inn: Any, resolution: float, slices: Slices = ALONE
) -> FilledLevels:
    """Both directions and the masses, in units of the total tie."""
    unit = np.sqrt(ties.top) * np.sqrt(ties.total / resolution) if resolution else np.inf
    return FilledLevels(ties, _node_masses(out, inn, ties.n, unit), slices)


def _node_masses(out: np.ndarray, inn: np.ndarray, n: int, unit: float) -> np.ndarray:
    """Masses A_1 B_1 A_2 B_2 ..., (n, 2 r), of equal sums and with gamma folded in."""
    out, inn = np.reshape(out, (n, -1)), np.reshape(inn, (n, -1))
    masses = np.empty((n, 2 * out.shape[1]))
    first, second = masses[:, ::2], masses[:, 1::2]
    np.divide(out, unit, out=first)
    np.divide(inn, unit, out=second)
    sums = first.sum(), second.sum()
    balance = np.sqrt(sums[1] / sums[0]) if min(sums) > 0 else 1.0
    first *= balance
    second /= balance
    return masses


def _iterate(
    levels: Levels, place: np.ndarray | None, label: np.ndarray, dice: Dice
) -> tuple[np.ndarray, float]:
    """Move, refine, aggregate until refinement joins nobody; labels and what Q gained.

    place : the groups that the levels have got to, if they have.
    """
    gained = 0.0
    while True:
        group, label, groups, gain = _level(levels.graph, label, dice, levels.slices)
        gained += gain
        if groups == len(group):
            return (label if place is None else label[place]), gained
        levels.above(group, groups)
        place = group if place is None else group[place]


def _level(
    graph: Graph, label: np.ndarray, dice: Dice, slices: Slices = ALONE
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Move and refine: the group of each node, labels of the groups, their number, the gain.

    Where nobody joins, the labels are those of the nodes.
    """
    n = len(label)
    label = label.copy()
    gained, box = move(graph, label, _order(n, dice), slices)
    group, groups = _refined(graph, label, box, _order(n, dice), dice.throw(), slices)
    if groups == n:
        return group, label, groups, gained
    communities = compact(label)
    if n < LARGE:
        compact(group)
    else:
        _number(sort_by(label, communities)[0], group)
    above = np.empty(groups, INDEX)
    above[group] = label
    return group, above, groups, gained


def move(
    graph: Graph, label: np.ndarray, queue: np.ndarray, slices: Slices = ALONE
) -> tuple[float, np.ndarray]:
    """Move nodes while that raises Q; changes `label`, returns what Q gained and the records.

    `queue` holds every node once, in the order of the first visit, and serves as the ring.
    """
    n, ties, mass, degree = len(label), int(graph[0][-1]), graph[3], largest_degree(graph[0])
    size = max(1, int(min(BATCH, SHARE * n)))
    least = SHARED * n // max(ties, 1) + 1
    shared = slices.count if size >= least else 1
    boxes = _records(n, mass, shared)
    free, waiting = np.empty(n + 1, label.dtype), np.empty(n, np.uint8)
    slot = np.empty(n, label.dtype)
    ring = np.array([0, 0, n, 0, 0], np.int64)  # first, end, length; free numbers; visits
    ring[3] = sweeps.begin(label, mass, boxes[0], free, waiting)
    boxes[1:] = boxes[0]
    batch, goals, pull = np.empty(size, INDEX), np.empty(size, INDEX), np.empty((size, 2))
    touched = np.empty((shared, degree + 1), label.dtype)
    state = label, boxes, free, waiting, slot, queue, ring
    until = least if shared > 1 else n + 1
    gained = 0.0

    def look(t: int, first: int, last: int) -> None:
        sweeps.propose(
            *graph, label, boxes[t], waiting, slot, batch, goals, pull, touched[t], first, last
        )  # fmt: skip

    while True:
        gained += sweeps.advance(*graph, *state, batch, goals, pull, touched[0], until)
        m = min(size, int(ring[2]))
        if m < until:
            return gained, boxes[0]
        sweeps.take(queue, ring, batch[:m])
        slices(m, look)
        gained += sweeps.settle(*graph, *state, batch[:m], goals, pull)


def _refined(
    graph: Graph, label: np.ndarray, box: np.ndarray, order: np.ndarray, salt: np.uint64,
    slices: Slices = ALONE,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Well-connected groups within the communities, and their number."""
    n, degree = len(label), int(largest_degree(graph[0]))
    group, alone = np.empty(n, INDEX), np.empty(n, np.uint8)
    part = _records(n, graph[3])[0]

    def share(t: int, first: int, last: int) -> int:
        touched = np.empty(degree + 1, label.dtype)
        return refine(
            *graph, label, box, part, alone, group, order, salt, touched, t, shares.count
        )  # fmt: skip

    shares = slices if n >= LARGE else ALONE
    return group, n - sum(shares(n, share))


def _paired(levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """Everybody who has one in the group of their dominant partner, and so the groups, again.

    The group of each node, and a label for each group.
    """
    place = np.arange(len(levels.graph[3]), dtype=INDEX)
    for _ in range(PAIRINGS):
        group, groups = _partners(levels.graph, levels.slices)
        place = group[place]
        levels.above(group, groups)
        if groups > 0.9 * len(group):
            break
    return place, np.arange(groups, dtype=INDEX)


def _partners(graph: Graph, slices: Slices) -> tuple[np.ndarray, int]:
    """The group of each node's dominant partner, and how many groups there are."""
    n = len(graph[0]) - 1
    group, best = np.arange(n, dtype=INDEX), np.empty(n, INDEX)
    slices(n, lambda t, first, last: partners(*graph, best, DOMINANT, first, last))
    pair_up(best, group)
    return group, compact(group)


def _records(n: int, mass: np.ndarray, copies: int = 1) -> np.ndarray:
    """Empty records of n communities, flat, a row for each copy, that begin at a cache line.

    Mapped: those of numbers that no community has are never written and take no memory, and all
    is given back at once, where memory that was allocated would be kept for later.
    """
    size = n << int(record_shift(mass))
    wide = -(-size // 8) * 8
    if n < LARGE or not hasattr(mmap, "MAP_ANONYMOUS"):  # Windows has none
        return np.zeros((copies, wide))[:, :size]
    raw = mmap.mmap(-1, copies * wide * 8, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            raw.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(raw).reshape(copies, wide)[:, :size]


def _number(nodes: np.ndarray, group: np.ndarray) -> None:
    """Number the groups as their members come, in place."""
    along = group[nodes]
    compact(along)
    group[nodes] = along


def _order(n: int, dice: Dice) -> np.ndarray:
    """The order in which nodes are visited."""
    order = np.arange(n, dtype=INDEX)
    if n < LARGE:
        shuffle(order, dice.throw())
    return order
