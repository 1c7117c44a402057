"""Partitions of a network, one after another: Louvain level by level, Leiden ever longer.

What networkx asks for, on arrays; `backend` turns its graphs into these and the labels into sets.
Everything here keeps networkx's order: of edges, of neighbours, of the terms of a sum.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import numpy as np

from .errors import DataError

__all__ = ["Level", "leiden", "louvain", "recent_networkx", "shuffled"]

COMPENSATED = sys.version_info >= (3, 12)  # Python's sum of floats keeps what rounding loses
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # start, neighbour, weight


@dataclass(frozen=True, eq=False)
class Level:
    """A network of numbered nodes as Louvain sees it, in the order in which networkx built it.

    Attributes
    ----------
    rows, columns : tuple of ndarray
        Compressed rows and columns; undirected: neighbours, twice.
    head, tail, weight : ndarray
        The edges of `rows`; an undirected one once.
    """

    rows: Rows
    columns: Rows
    head: np.ndarray
    tail: np.ndarray
    weight: np.ndarray
    directed: bool

    @classmethod
    def of(cls, edges: Rows, label: np.ndarray, k: int, directed: bool) -> Level:
        """The network of labels from 0 to k - 1; edges: head, tail, weight."""
        from .kernels.louvain import rows

        head, tail, weight = edges
        out = inn = rows(head, tail, weight, label, k, not directed)
        if directed:
            inn = rows(tail, head, weight, label, k, False)
        ptr, tail, weight = out
        head = np.repeat(np.arange(k), np.diff(ptr))
        if not directed:
            once = tail >= head
            head, tail, weight = (np.compress(once, side) for side in (head, tail, weight))
        return cls(out, inn, head, tail, weight, directed)

    @property
    def n(self) -> int:
        return len(self.rows[0]) - 1

    def above(self, label: np.ndarray, k: int) -> Level:
        """The network of communities."""
        return Level.of((self.head, self.tail, self.weight), label, k, self.directed)

    @cached_property
    def neighbours(self) -> Rows:
        """Compressed rows of neighbours either way, those that edges lead to first."""
        if not self.directed:
            return self.rows
        from .kernels.louvain import rows

        sides = self.rows, self.columns
        n = np.arange(self.n)
        head = np.concatenate([np.repeat(n, np.diff(ptr)) for ptr, _, _ in sides])
        tail, tie = (np.concatenate([side[k] for side in sides]) for k in (1, 2))
        return rows(head, tail, tie, n, self.n, False)

    @cached_property
    def strengths(self) -> tuple[np.ndarray, np.ndarray]:
        """Out- and in-strengths; undirected: the degree twice, with loops counted twice."""
        from .kernels.louvain import row_totals

        ptr, _, tie = self.rows
        out = row_totals(ptr, tie, COMPENSATED)
        if self.directed:
            ptr, _, tie = self.columns
            return out, row_totals(ptr, tie, COMPENSATED)
        loop = self.head == self.tail
        out += np.bincount(self.head[loop], self.weight[loop], self.n)
        return out, out

    @property
    def total(self) -> float:
        """m, the sum of weights, as half the sum of degrees."""
        out, inn = self.strengths
        return _sum(out + inn if self.directed else out) / 2

    def modularity(self, label: np.ndarray, k: int, resolution: float) -> float:
        """Q of labels from 0 to k - 1; ZeroDivisionError, as networkx, where nothing is tied."""
        out, inn = (np.bincount(label, side, k) for side in self.strengths)
        same = label[self.head] == label[self.tail]
        inside = np.bincount(label[np.compress(same, self.head)], np.compress(same, self.weight), k)
        degrees = _sum(self.strengths[0])
        m = degrees if self.directed else degrees / 2
        norm = 1 / degrees**2
        return _sum(inside / m - resolution * out * inn * norm)


def _sum(terms: np.ndarray) -> float:
    """Their sum as Python reckons it."""
    from .kernels.louvain import row_totals

    return float(row_totals(np.array([0, len(terms)]), terms, COMPENSATED)[0])


def louvain(
    level: Level, resolution: float, threshold: float, seed: Any
) -> Iterator[tuple[np.ndarray, int]]:
    """Labels and their number after each level, as networkx finds them; seed: a random.Random."""
    label = np.arange(level.n)
    if not len(level.head):
        yield label, level.n
        return
    before, m, first = level.modularity(label, level.n, resolution), level.total, True
    while True:
        groups, k = _moved(level, m, resolution, seed)
        if k == level.n and not first:  # nobody has moved
            return
        label = groups[label]
        yield label, k
        now = level.modularity(groups, k, resolution)
        if now - before <= threshold:
            return
        before, level, first = now, level.above(groups, k), False


def _moved(level: Level, m: float, resolution: float, seed: Any) -> tuple[np.ndarray, int]:
    """Where single nodes go, from each on its own."""
    from .kernels.louvain import move

    label = np.arange(level.n)
    norm = float(m**2 if level.directed else 2 * m**2)
    move(
        *level.neighbours, *level.strengths, shuffled(level.n, seed), m, norm,
        float(resolution), level.directed, recent_networkx(), label,
    )  # fmt: skip
    used = np.zeros(level.n, dtype=bool)
    used[label] = True
    return (np.cumsum(used) - 1)[label], int(used.sum())


def shuffled(n: int, seed: Any) -> np.ndarray:
    """Numbers below n as `seed.shuffle` leaves a list of them, and seed as that leaves it.

    A plain `random.Random` is NumPy's Mersenne Twister; Python alone would shuffle for as long as
    a tenth of the search.
    """
    if type(seed) is not Random or not 1 < n < 2**31:
        numbers = list(range(n))
        seed.shuffle(numbers)
        return np.array(numbers, dtype=np.int64)
    from .kernels.louvain import shuffle

    version, (*key, at), gauss = seed.getstate()
    twister, state = np.random.MT19937(0), {"key": np.array(key, np.uint32), "pos": at}
    begin: Any = {"bit_generator": "MT19937", "state": state}
    drawn, used = n, n + 1
    while used > drawn:  # some are drawn again, seldom as many as there are places
        drawn *= 2
        twister.state = begin
        order = np.arange(n, dtype=np.int64)
        used = shuffle(twister.random_raw(drawn).astype(np.uint32), order)
    twister.state = begin
    twister.random_raw(used, output=False)
    end = twister.state["state"]
    seed.setstate((version, (*end["key"].tolist(), int(end["pos"])), gauss))
    return order


def recent_networkx() -> bool:
    """Whether it is 3.7 or later: it reckons gains times m squared, which breaks some ties
    otherwise, and has a Leiden of its own."""
    from networkx import __version__

    return [int(part) for part in __version__.split(".")[:2]] >= [3, 7]


def leiden(level: Level, resolution: float, seed: Any) -> Iterator[tuple[np.ndarray, int]]:
    """Labels and their number, ever better; see `backend.leiden_partitions`."""
    from .kernels.sparse import partitions_of_edges as search

    label = np.arange(level.n)
    bad = ~(np.isfinite(level.weight) & (level.weight >= 0))
    if bad.any():
        raise DataError(
            f"an edge has the weight {level.weight[bad][0]}. Leiden needs weights that are finite "
            "and not negative; Louvain takes negative ones."
        )
    if not level.weight.any():
        yield label, level.n
        return
    label, k = _moved(level, level.total, resolution, seed)
    value = level.modularity(label, k, resolution)
    yield label, k
    root = np.sqrt(level.total) * (1 if level.directed else 2)
    out, inn = (side / root for side in level.strengths)
    edges, number = (level.head, level.tail, level.weight), seed.randrange(2**31)
    for label in search(*edges, out, inn, resolution, number):
        now = level.modularity(label, k := int(label.max()) + 1, resolution)
        if now <= value:
            return
        yield label, k
        value = now
