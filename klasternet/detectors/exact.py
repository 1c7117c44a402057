"""The proven optimum: cutting planes, then branch and bound, for up to a few hundred industries.

Clique partitioning: maximise the sum of q_ij x_ij over pairs, x_ij = 1 for pairs in one cluster.
The relaxation 0 <= x <= 1 is tightened by triangle and two-partition inequalities where it breaks
them (`kernels.cuts`), and solved again from where it stood (HiGHS, dual simplex). Whatever the
solver returns is a suggestion: for any multipliers y >= 0 of valid inequalities A x <= b

    sum_r y_r b_r + sum over pairs of max(0, q_ij - (A'y)_ij)

is no less than any partition's sum, and only this number, with the rounding of every operation
added, is called a bound (after Neumaier and Shcherbina 2004, doi 10.1007/s10107-003-0433-3).

Groetschel and Wakabayashi (1989), doi 10.1007/BF01589097, proved such optima first this way.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..errors import ConvergenceError
from ..qualities import Problem
from .searching import NEGLIGIBLE, descend

__all__ = ["Proof", "prove"]

ROUND = 6  # triangles added in one round, per industry
EACH = 3  # of them through the same pair
SMALL = 0.3  # worst violation of a triangle from which on two-partition inequalities are sought
ROUNDS = 2_000  # of cuts at one node
STALL = 10  # rounds at a node in which the gap must shrink by a tenth, else it is branched
LOOK = 5  # rounds between two partitions made from the relaxation
SLACK = 1e-6  # of a row that is dropped once the bound has moved
CLOSED = 1e-11  # gap, as a share of the best sum, at which a node is done
SLICE = 10.0  # seconds that the solver is left alone
TRIES = 100  # random starts of one search for two-partition inequalities


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
        Of the branching tree (1: none was needed), and inequalities used.
    ended : {"closed", "time", "work"}
        Why it ended: nothing left to look at, or the time or work allowed was spent.
    """

    labels: np.ndarray
    value: float
    upper: float
    nodes: int = 0
    rows: int = 0
    ended: str = "closed"


def prove(
    q: np.ndarray,
    labels: np.ndarray,
    state: np.ndarray,
    *,
    seconds: float = math.inf,
    work: float = math.inf,
) -> Proof:
    """Close the gap between the best partition and what none can exceed.

    q : symmetric, zero diagonal; labels : a good partition; state : one uint64, random numbers.
    seconds, work : ends it; work is counted in simplex iterations, the same on every machine.
    """
    return _Search(q, labels, state, seconds, work).run()


class _Search:
    """Branch and bound; the state of one call of `prove`."""

    def __init__(
        self, q: np.ndarray, labels: np.ndarray, state: np.ndarray, seconds: float, work: float
    ) -> None:
        self.n = len(q)
        self.upper_pairs = np.triu_indices(self.n, 1)
        self.matrix, self.q = q, np.ascontiguousarray(q[self.upper_pairs])
        self.state = state
        self.labels, self.value = labels.copy(), self.sum_of(labels)
        self.eps = NEGLIGIBLE * float(np.abs(q).sum()) / max(self.n, 1)
        self.relaxation = _Relaxation(self.q, self.n, seconds, work)

    def sum_of(self, labels: np.ndarray) -> float:
        """Sum of q within clusters, rounded once."""
        i, j = self.upper_pairs
        return math.fsum(self.q[labels[i] == labels[j]])

    def run(self) -> Proof:
        trivial = math.fsum(np.maximum(self.q, 0.0))
        if self.n < 3 and trivial > 0:
            self.labels = np.zeros(self.n, dtype=np.int64)
            self.value = trivial
        if trivial <= self.value:  # every pair is where it wants to be
            return Proof(self.labels, self.value, max(trivial, self.value))
        free = np.full(len(self.q), -1, dtype=np.int8)
        queue: list[tuple[float, int, np.ndarray]] = [(-trivial, 0, free)]
        closed, nodes, ended = self.value, 0, "closed"
        while queue:
            upper, _, fixed = heapq.heappop(queue)
            upper = -upper
            if upper <= self.done():
                closed = max(closed, upper)
                continue
            nodes += 1
            upper, fixed, x, ended = self.tighten(upper, fixed)
            if ended != "closed":
                queue.append((-upper, nodes, fixed))
                break
            if upper <= self.done() or x is None:
                closed = max(closed, upper)
                continue
            k = self.branching_pair(x, fixed)
            if k < 0:  # integral, and no inequality broken: only rounding is left
                closed = max(closed, upper)
                continue
            for value in (1, 0):
                child = fixed.copy()
                child[k] = value
                child = _closure(child, self.n)
                if child is not None:
                    heapq.heappush(queue, (-upper, 2 * nodes + value, child))
        upper = max([closed, self.value, *(-entry[0] for entry in queue)])
        return Proof(self.labels, self.value, upper, nodes, self.relaxation.used, ended)

    def done(self) -> float:
        """An upper bound at most so large ends a node."""
        return self.value + CLOSED * abs(self.value)

    def tighten(
        self, upper: float, fixed: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray | None, str]:
        """Cut at one node: its bound, what is fixed now, x of the relaxation, why it ended."""
        from ..kernels.cuts import spread

        lp, n = self.relaxation, self.n
        lp.fix(fixed)
        past: list[float] = []
        x = None
        for turn in range(ROUNDS):
            if not lp.solve():
                return upper, fixed, None, lp.ended
            x = lp.x
            bound, r = lp.bound(fixed)
            moved, upper = bound < upper - 1e-9 * abs(upper), min(upper, bound)
            X = spread(x, n)
            if turn % LOOK == LOOK - 1:
                self.round_off(X)
            if upper <= self.done():
                break
            if self.fix_by_bound(upper, r, fixed):
                closed = _closure(fixed, n)
                if closed is None:  # nothing better than the best is left here
                    return self.value, fixed, None, "closed"
                fixed = closed
                lp.fix(fixed)
            past.append(upper - self.value)
            if len(past) > STALL and past[-1] > 0.9 * past[-1 - STALL]:
                break
            if moved:
                lp.purge()
            if not lp.add_cuts(X, self.state):
                break
        if x is not None and upper > self.done():
            self.round_off(spread(x, n))
        return upper, fixed, x, "closed"

    def fix_by_bound(self, upper: float, r: np.ndarray, fixed: np.ndarray) -> bool:
        """Fix pairs whose other value no better partition can have, in place; whether any."""
        gap = upper - self.value
        sure = (fixed < 0) & (np.abs(r) > gap)
        fixed[sure] = r[sure] > 0
        return bool(sure.any())

    def branching_pair(self, x: np.ndarray, fixed: np.ndarray) -> int:
        """A pair that is far from decided and weighs much; -1 if all are decided."""
        open_ = (fixed < 0) & (np.minimum(x, 1.0 - x) > 1e-6)
        if not open_.any():
            return -1
        size = np.abs(self.q)
        return int(np.argmax(np.where(open_, np.minimum(x, 1 - x) * (size + size.mean()), -1.0)))

    def round_off(self, X: np.ndarray) -> None:
        """A partition from the relaxation, if it is better than the best."""
        for level in (0.5, 0.8):
            start = connected_components(csr_array(level < X), directed=False)[1]
            labels = descend(self.matrix, self.eps, self.state, start.astype(np.int64))
            value = self.sum_of(labels)
            if value > self.value:
                self.labels, self.value = labels, value


class _Relaxation:
    """The linear program, its rows, and the safe bound of its multipliers."""

    def __init__(self, q: np.ndarray, n: int, seconds: float, work: float) -> None:
        self.q, self.n, m = q, n, len(q)
        self.stop = time.monotonic() + seconds
        self.work, self.ended, self.used = work, "closed", 0
        # a power of two: multipliers are scaled back without rounding
        self.scale = 2.0 ** -math.floor(math.log2(float(np.abs(q).mean())))
        self.highs = _solver()
        self.highs.addVars(m, np.zeros(m), np.ones(m))
        self.columns = np.arange(m, dtype=np.int32)
        self.highs.changeColsCost(m, self.columns, -q * self.scale)
        self.start = np.zeros(1, dtype=np.int64)
        self.cols, self.entries = np.empty(0, dtype=np.int32), np.empty(0)
        self.right = np.empty(0)
        self.x, self.y, self.activity = np.empty(0), np.empty(0), np.empty(0)

    def fix(self, fixed: np.ndarray) -> None:
        """Set the bounds of all pairs: 0, 1, or free (-1)."""
        low, high = np.where(fixed == 1, 1.0, 0.0), np.where(fixed == 0, 0.0, 1.0)
        self.highs.changeColsBounds(len(low), self.columns, low, high)

    def solve(self) -> bool:
        """Solve from where it stood; False when the time or work allowed is spent."""
        import highspy

        highs, status = self.highs, None
        ends = highspy.HighsModelStatus
        goes_on = (ends.kOptimal, ends.kTimeLimit, ends.kIterationLimit)
        while status != ends.kOptimal:
            left = self.stop - time.monotonic()
            if left <= 0 or self.work <= 0:
                self.ended = "time" if left <= 0 else "work"
                return False
            # in slices: it can stall, and Ctrl-C is heard only between two runs
            highs.setOptionValue("time_limit", highs.getRunTime() + min(left, SLICE))
            if math.isfinite(self.work):
                highs.setOptionValue("simplex_iteration_limit", int(self.work))
            highs.run()
            self.work -= highs.getInfo().simplex_iteration_count
            status = highs.getModelStatus()
            if status not in goes_on:
                raise ConvergenceError(
                    f"the linear program ended with {status}; its weights may be out of range. "
                    "Rescale the ties."
                )
        solution = highs.getSolution()
        self.x = np.clip(np.asarray(solution.col_value), 0.0, 1.0)
        self.y = np.maximum(-np.asarray(solution.row_dual), 0.0) / self.scale
        self.activity = np.asarray(solution.row_value)
        return True

    def bound(self, fixed: np.ndarray) -> tuple[float, np.ndarray]:
        """A sum that no partition with these pairs fixed exceeds, and the reduced weights."""
        from ..kernels.cuts import reduced

        r, error = reduced(self.q, self.start, self.cols, self.entries, self.y)
        worth = np.where(fixed == 1, r + error, np.where(fixed == 0, 0.0, np.maximum(r + error, 0)))
        # right sides are small integers: a product is off by half a unit in its last place
        paid = np.nextafter(self.y * self.right, np.inf)
        upper = math.fsum(np.concatenate([paid, np.nextafter(worth, np.inf)]))
        # what fixing rests on must be right too: a weight counts less its error
        return math.nextafter(upper, math.inf), np.sign(r) * np.maximum(np.abs(r) - error, 0.0)

    def add_cuts(self, X: np.ndarray, state: np.ndarray) -> bool:
        """Add inequalities that X breaks; whether there are any."""
        from ..kernels.cuts import partition_rows, partitions, triangle_rows, triangles

        n = self.n
        found, worst = triangles(X, 1e-6, ROUND * n, EACH)
        if len(found):
            m = len(found)
            self.add(
                np.arange(0, 3 * m + 1, 3),
                triangle_rows(found, n).ravel(),
                np.tile([1.0, 1.0, -1.0], m),
                np.ones(m),
            )
        if worst > SMALL:
            return True
        sides, _ = partitions(X, 1e-4, 2 * n, TRIES, state)
        if len(sides):
            self.add(*partition_rows(sides))
        return bool(len(found) or len(sides))

    def add(
        self, start: np.ndarray, columns: np.ndarray, entries: np.ndarray, right: np.ndarray
    ) -> None:
        """Add sparse rows a x <= right."""
        m = len(right)
        self.highs.addRows(
            m, np.full(m, -np.inf), right, len(columns),
            start[:-1].astype(np.int32), columns.astype(np.int32), entries,
        )  # fmt: skip
        self.start = np.concatenate([self.start, self.start[-1] + start[1:]])
        self.cols = np.concatenate([self.cols, columns.astype(np.int32)])
        self.entries = np.concatenate([self.entries, entries])
        self.right = np.concatenate([self.right, right])
        self.used += m

    def purge(self) -> None:
        """Drop rows that are slack."""
        slack = np.flatnonzero(self.right[: len(self.activity)] - self.activity > SLACK)
        if not len(slack):
            return
        self.highs.deleteRows(len(slack), slack.astype(np.int32))
        keep = np.ones(len(self.right), dtype=bool)
        keep[slack] = False
        length = np.diff(self.start)
        entry = np.repeat(keep, length)
        self.cols, self.entries = self.cols[entry], self.entries[entry]
        self.right = self.right[keep]
        self.start = np.concatenate([[0], np.cumsum(length[keep])])


def _solver() -> Any:
    """A silent HiGHS, set up for solving the same program again and again."""
    import highspy

    class Silent(highspy.Highs):
        def enableCallbacks(self) -> None:
            """Do without: setting them up prints a banner."""

    highs = Silent()
    for option, value in (
        ("output_flag", False),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("threads", 1),
        ("dual_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
    ):
        highs.setOptionValue(option, value)
    return highs


def _closure(fixed: np.ndarray, n: int) -> np.ndarray | None:
    """What follows from fixed pairs (1 together, 0 apart, -1 free); None if they contradict."""
    i, j = np.triu_indices(n, 1)
    together = fixed == 1
    graph = csr_array((np.ones(int(together.sum())), (i[together], j[together])), shape=(n, n))
    k, group = connected_components(graph, directed=False)
    apart = np.zeros((k, k), dtype=bool)
    parted = fixed == 0
    apart[group[i[parted]], group[j[parted]]] = True
    apart |= apart.T
    if apart.diagonal().any():
        return None
    same = group[i] == group[j]
    out = np.where(same, 1, np.where(apart[group[i], group[j]], 0, -1))
    return out.astype(np.int8)


def proof_of(posed: Problem, labels: np.ndarray, state: np.ndarray, **limits: Any) -> Proof:
    """The proof of a dense problem."""
    assert posed.q is not None
    return prove(posed.q, labels, state, **limits)
