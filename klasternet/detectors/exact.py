"""The proven optimum: bounds by dual ascent, and branch and bound where they leave a gap.

Clique partitioning: maximise the sum of q_ij x_ij over pairs, x_ij = 1 for pairs in one cluster.
Most tables are closed by the first bound (`bounding`). Where it stops short, pairs whose other
value would cost more than the gap are fixed; industries that must be together become one, which
makes the problem smaller; and what is left is split on a pair that the relaxation cannot decide,
the node of the largest bound first.

Groetschel and Wakabayashi (1989), doi 10.1007/BF01589097, proved such optima first, by cutting
planes on a linear program; dual ascent takes their inequalities and needs no program.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..qualities import Problem
from .bounding import CLOSED, upper_bound
from .searching import NEGLIGIBLE, best_partition, descend

__all__ = ["Proof", "prove"]

PATIENCE, SLOW = 8, 0.1  # rounds at a node in which such a part of its gap must close
FIRST, STEADY = 15, 0.05  # the same for the first bound,
SMALL = 200  # of at most so many industries; more are given the patience of `bounding`
AGAIN = 3  # searches for a better partition where the first bound leaves a gap
SHRUNK = 0.9  # a node is bounded anew when fixing left at most such a part of its industries
UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class Proof:
    """What the search for a proof ended with.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        The best partition known.
    value, upper : float
        Its sum of q within clusters, and one that no partition exceeds.
    nodes, rows : int
        Of the branching tree (at most 1: it was not needed), and inequalities in its bounds.
    ended : {"closed", "time", "work", "interrupted"}
        Why it ended: nothing left to look at, the time or work allowed was spent, or Ctrl-C.
    """

    labels: np.ndarray
    value: float
    upper: float
    nodes: int
    rows: int
    ended: str


@dataclass(frozen=True, eq=False)
class _Node:
    """A part of all partitions: those that keep the groups, and part what q makes costly."""

    upper: float
    groups: np.ndarray  # (n,), from 0
    q: np.ndarray  # (m, m), between groups


def prove(
    q: np.ndarray,
    labels: np.ndarray,
    state: np.ndarray,
    *,
    seconds: float = math.inf,
    work: float = math.inf,
    progress: Callable[[float, float], None] | None = None,
) -> Proof:
    """Close the gap between the best partition and what none can exceed.

    q : symmetric, zero diagonal; labels : a good partition; state : one uint64, random numbers.
    seconds, work : ends it; work is counted in rounds of the bound, the same on every machine.
    progress : called with the best sum and the bound.
    """
    return _Search(q, labels, state, seconds, work, progress).run()


class _Search:
    """Branch and bound; the state of one call of `prove`."""

    def __init__(
        self,
        q: np.ndarray,
        labels: np.ndarray,
        state: np.ndarray,
        seconds: float,
        work: float,
        progress: Callable[[float, float], None] | None,
    ) -> None:
        self.q, self.n, self.state, self.progress = q, len(q), state, progress
        self.i, self.j = np.triu_indices(self.n, 1)
        self.pairs = np.ascontiguousarray(q[self.i, self.j])
        self.size = float(np.abs(self.pairs).sum())
        self.labels, self.value = labels.copy(), self.sum_of(labels)
        self.stop, self.work = time.monotonic() + seconds, work
        self.rows, self.interrupted = 0, False

    def sum_of(self, labels: np.ndarray) -> float:
        """Sum of q within clusters, rounded once."""
        return math.fsum(self.pairs[labels[self.i] == labels[self.j]])

    def done(self, upper: float) -> bool:
        """Whether a bound leaves nothing to look for."""
        return upper <= self.value + 2 * CLOSED * self.size

    def run(self) -> Proof:
        trivial = math.nextafter(math.fsum(np.maximum(self.pairs, 0.0)), math.inf)
        queue = [(-trivial, 0, _Node(trivial, np.arange(self.n), self.q))]
        nodes, ended = 0, "closed"
        while queue:
            node = heapq.heappop(queue)[2]
            left = node.upper  # of all that is left, none has a larger bound
            if self.done(left):
                break
            if self.interrupted or time.monotonic() >= self.stop or self.work <= 0:
                ended = "interrupted" if self.interrupted else "time" if self.work > 0 else "work"
                break
            nodes += 1
            for k, child in enumerate(self.split(node, nodes == 1)):
                heapq.heappush(queue, (-child.upper, 2 * nodes + k, child))
        else:
            left = self.value
        return Proof(self.labels, self.value, max(left, self.value), nodes, self.rows, ended)

    def split(self, node: _Node, first: bool) -> list[_Node]:
        """Bound a node: nothing, itself made smaller, or what it is split into."""
        base = math.nextafter(math.fsum(self.pairs[self.inside(node.groups)]), math.inf)
        limit: dict[str, Any] = {"patience": PATIENCE, "slow": SLOW}
        if first:
            limit = {"patience": FIRST, "slow": STEADY} if self.n <= SMALL else {}
        told = self.progress
        bound = upper_bound(
            node.q,
            np.arange(len(node.q)) if not first else self.labels,
            seconds=self.stop - time.monotonic(),
            state=self.state,
            target=self.value - base,
            rounds=self.work,
            progress=None if told is None else (lambda _, upper: told(self.value, base + upper)),
            **limit,
        )
        self.work -= bound.rounds
        self.interrupted = bound.ended == "interrupted"
        self.rows = max(self.rows, bound.rows)
        # entries of a smaller q are sums, and carry their rounding
        terms = int(np.bincount(node.groups).max()) ** 2
        rounding = 2 * terms * UNIT * self.size if terms > 1 else 0.0
        upper = math.nextafter(base + (bound.upper + rounding), math.inf)
        upper = min(node.upper, upper)
        self.improve(bound.labels[node.groups])
        if first and not (self.interrupted or self.done(upper)):
            self.search_again()
        if self.done(upper):
            return [_Node(upper, node.groups, node.q)]
        gap = upper - self.value
        fixed = np.where(bound.sure > gap, np.where(bound.reduced > 0, 1, 0), -1)
        groups = _closure(fixed, len(node.q))
        if groups is None:  # no partition here is better than the best
            return []
        q = _forbid(node.q, fixed == 0)
        smaller = self.contract(node, groups, q, upper)
        left = len(smaller.q)
        # what _forbid has parted is not parted again: no partition gains by joining it
        i, j = np.triu_indices(len(node.q), 1)
        gains = np.maximum(node.q, 0.0).sum(axis=1)
        open_ = (fixed < 0) & (node.q[i, j] > -np.minimum(gains[i], gains[j]))
        if left <= SHRUNK * len(node.q) or bound.ended in ("time", "rounds", "interrupted"):
            return [smaller]
        if not open_.any():
            self.improve(smaller.groups)
            rounding = 2 * len(node.q) * UNIT * self.size  # of the gains
            return [_Node(self.value + rounding, smaller.groups, smaller.q)]
        # the pair that the relaxation decides least, of much weight
        weight = np.abs(node.q[i, j])
        doubt = np.minimum(bound.x, 1.0 - bound.x) + 1e-3
        k = int(np.argmax(np.where(open_, doubt * (weight + weight.mean()), -1.0)))
        fixed[k] = 1
        together = _closure(fixed, len(node.q))
        fixed[k] = 0
        apart = _closure(fixed, len(node.q))
        out = []
        if together is not None:
            out.append(self.contract(node, together, q, upper))
        if apart is not None:
            out.append(self.contract(node, apart, _forbid(node.q, fixed == 0), upper))
        return out

    def inside(self, labels: np.ndarray) -> np.ndarray:
        """Which pairs are in one group."""
        return labels[self.i] == labels[self.j]

    def contract(self, node: _Node, groups: np.ndarray, q: np.ndarray, upper: float) -> _Node:
        """The node with industries that must be together made one."""
        from ..kernels.dense import aggregate

        m = int(groups.max()) + 1
        return _Node(upper, groups[node.groups], q if m == len(q) else aggregate(q, groups, m))

    def improve(self, labels: np.ndarray) -> None:
        """Keep a partition, once searched from, if it is better than the best."""
        eps = NEGLIGIBLE * self.size / self.n
        labels = descend(self.q, eps, self.state, np.unique(labels, return_inverse=True)[1])
        value = self.sum_of(labels)
        if value > self.value:
            self.labels, self.value = labels, value

    def search_again(self) -> None:
        """A stronger search: the gap may be the partition's fault."""
        posed = Problem(0.0, 1.0, q=self.q, size=self.size / self.n)
        for _ in range(AGAIN):
            rng = np.random.default_rng(self.state.copy())
            self.improve(best_partition(posed, rng))
            self.state[0] = rng.integers(2**63)


def _closure(fixed: np.ndarray, n: int) -> np.ndarray | None:
    """Groups (n,) that fixed pairs (1 together, 0 apart, -1 free) make; None if they contradict."""
    i, j = np.triu_indices(n, 1)
    together, apart = fixed == 1, fixed == 0
    graph = csr_array((np.ones(int(together.sum())), (i[together], j[together])), shape=(n, n))
    groups = connected_components(graph, directed=False)[1].astype(np.int64)
    if (groups[i[apart]] == groups[j[apart]]).any():
        return None
    return groups


def _forbid(q: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """q in which pairs that must be apart cost more than all that either can gain.

    Partitions that keep them apart have the same sum; so a bound on these holds for those.
    """
    if not apart.any():
        return q
    gains = np.maximum(q, 0.0).sum(axis=1)
    i, j = (side[apart] for side in np.triu_indices(len(q), 1))
    out = q.copy()
    out[i, j] = out[j, i] = np.minimum(q[i, j], -np.minimum(gains[i], gains[j]))
    return out
