"""An upper bound that no partition exceeds, for tables too large for a linear programming solver.

Clique partitioning: maximise the sum of q_ij over pairs in one cluster. Its relaxation by triangle
and two-partition inequalities is solved from the dual side: rounds of looking for inequalities
that the relaxation breaks (`kernels.separation`) and of proximal coordinate ascent on their
multipliers (`kernels.ascent`). Multipliers are only suggestions: whatever they are, as long as
they are not negative,

    upper = sum_r y_r b_r + sum over pairs of max(0, q_ij - (A'y)_ij)

bounds every partition's sum, and it is evaluated with the rounding of every operation added.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..repetition import nested
from .searching import NEGLIGIBLE, descend

__all__ = ["Bound", "safe_sum", "safe_upper", "upper_bound"]

PRICE = 0.5  # of moving away from the last x; the higher, the shorter the proximal steps
FLOOR = 0.01  # least weight of a pair in that price, in mean |q|
STEPS, PASSES = 4, 2  # proximal steps between two looks for inequalities, and passes in each
TRIANGLES, EACH = 40, 10  # triangles added in one round, per industry, and through the same pair
BROKEN = 1e-3  # least violation of a triangle that is added
CALM = 0.3  # worst violation of a triangle from which on other inequalities are sought
AROUND, LEAST = 5, 0.02  # of those, most around each industry, and their least violation
GAINS, FINEST = 0.4, 0.01  # least that a member adds to the violation, at first and at last
FEWER, FEW = 0.8, 2  # times as much where so few were found, per industry
STARTS = 12  # of the search around each industry, until the last has come to little
ROOM = 60  # members of an inequality for which there is room, on average
PURGE = 4  # rounds between two purges of inequalities with multiplier 0
ROUNDING = 0.7  # part of the gap left at which the relaxation is rounded to a partition again
CLOSED = 1e-12  # gap, as a share of the sum of |q|, that is none
STALL, SLOW = 60, 1e-3  # it ends where in so many rounds no such part of the gap was closed


@dataclass(frozen=True, eq=False)
class Bound:
    """A partition, and what none can exceed, with the multipliers that prove it.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        The best partition known.
    value, upper : float
        Its sum of q within clusters, rounded down, and one that no partition exceeds.
    rows, rounds : int
        Inequalities with a multiplier above 0, and rounds in which they were sought.
    decided : int
        Pairs that are together, or apart, in every partition as good as `labels`.
    ended : {"closed", "time", "rounds", "stalled", "interrupted"}
        Why it ended: the gap is as small as asked for, time or rounds are out, the bound moved
        no more, or somebody pressed Ctrl-C.
    x, reduced, sure : ndarray, shape (pairs,)
        Where the relaxation stood, from 0 (apart) to 1 (together); reduced weights; and by how
        much less than `upper` any partition has that differs in this pair from their sign.
    members, start, sizes, multipliers : ndarray
        The inequalities: k has members[start[k] : start[k + 1]], the first sizes[k] of them S and
        the others T, and the multiplier multipliers[k].
    """

    labels: np.ndarray
    value: float
    upper: float
    rows: int
    rounds: int
    decided: int
    ended: str
    x: np.ndarray
    reduced: np.ndarray
    sure: np.ndarray
    members: np.ndarray
    start: np.ndarray
    sizes: np.ndarray
    multipliers: np.ndarray


def upper_bound(
    q: np.ndarray,
    labels: np.ndarray,
    *,
    seconds: float,
    state: np.ndarray,
    tolerance: float = 0.0,
    target: float = -math.inf,
    rounds: float = math.inf,
    patience: int = STALL,
    slow: float = SLOW,
    progress: Callable[[float, float], None] | None = None,
) -> Bound:
    """Bound the sum of q within clusters that any partition can reach.

    Parameters
    ----------
    q : ndarray, shape (n, n)
        Symmetric, zero diagonal.
    labels : ndarray of int, shape (n,)
        A good partition, from 0.
    seconds : float
        After which it ends with what it has.
    state : ndarray of one uint64
        Random numbers, moved on in place.
    tolerance : float
        Gap, as a share of the best sum, that is small enough.
    target : float
        A bound that is small enough: a sum already reached elsewhere.
    rounds, patience, slow : int, int, float
        Rounds after which it ends, and in which a part `slow` of the gap must close.
    progress : callable, optional
        Called with the best sum and the bound (not safe yet) after every round.
    """
    ascent = _Ascent(q, labels, seconds, state, tolerance, target, progress)
    return ascent.run(rounds, patience, slow)


class _Ascent:
    """Rounds of separation and ascent; the state of one call of `upper_bound`."""

    def __init__(
        self,
        q: np.ndarray,
        labels: np.ndarray,
        seconds: float,
        state: np.ndarray,
        tolerance: float,
        target: float,
        progress: Callable[[float, float], None] | None,
    ) -> None:
        self.end = time.perf_counter() + seconds
        self.n = n = len(q)
        self.state, self.tolerance, self.progress = state, tolerance, progress
        self.target = target
        self.matrix, self.weights = q, np.ascontiguousarray(q[np.triu_indices(n, 1)])
        self.eps = NEGLIGIBLE * float(np.abs(q).sum()) / max(n, 1)
        self.labels, self.value = labels.copy(), safe_sum(q, labels)
        self.least = CLOSED * float(np.abs(self.weights).sum())
        self.unit = float(np.abs(self.weights).mean()) if n > 1 else 0.0
        # relaxation, and inequalities: triangles apart from the others
        self.x = (self.weights > 0).astype(float)
        self.corners, self.y3 = np.empty((0, 3), dtype=np.int32), np.empty(0)
        self.members, self.sizes = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        self.start, self.y = np.zeros(1, dtype=np.int64), np.empty(0)
        self.marks = np.empty(0, dtype=np.uint64)
        self.gains, self.starts = GAINS, STARTS
        self.key = np.random.default_rng(state.copy()).integers(
            2**64, size=n, dtype=np.uint64, endpoint=False
        )
        self.best = (self.corners, self.y3, self.members, self.sizes, self.start, self.y)
        self.upper = float(np.maximum(self.weights, 0.0).sum())

    def gap(self) -> float:
        """What is still open, by the bound before it is made safe; 0 if that is little enough."""
        gap = self.upper - max(self.value, self.target)
        return gap if gap > max(self.tolerance * abs(self.value), self.least) else 0.0

    def run(self, most: float, patience: int, slow: float) -> Bound:
        ended, rounds, rounded, history = "time", 0, math.inf, [self.upper]
        if self.unit == 0.0 or self.gap() == 0.0:
            return self.outcome(0, "closed")
        scaled = self.weights / self.unit
        step = 1.0 / (PRICE * np.sqrt(np.maximum(np.abs(scaled), FLOOR)))
        try:
            while time.perf_counter() < self.end:
                rounds += 1
                self.separate()
                self.ascend(scaled, step)
                if rounds % PURGE == 0:
                    self.purge()
                if self.gap() < ROUNDING * rounded or rounds % STALL == 0:
                    self.improve()
                    rounded = self.gap()
                history.append(self.upper)
                if self.progress is not None:
                    self.progress(self.value, self.upper)
                if self.gap() == 0.0:
                    ended = "closed"
                    break
                if rounds > patience and history[-1 - patience] - self.upper < slow * self.gap():
                    ended = "stalled"
                    break
                if rounds >= most:
                    ended = "rounds"
                    break
        except KeyboardInterrupt:  # the best multipliers so far are as good as ever
            if nested():  # but the draw that they belong to is not wanted any more
                raise
            ended = "interrupted"
        if ended not in ("closed", "interrupted"):
            self.improve()
            ended = "closed" if self.gap() == 0.0 else ended
        return self.outcome(rounds, ended)

    def separate(self) -> None:
        """Add inequalities that x breaks."""
        from ..kernels.cuts import spread
        from ..kernels.separation import around, triangles

        n = self.n
        X = spread(self.x, n)
        found, worst = triangles(X, BROKEN, TRIANGLES * n, EACH)
        if len(found):
            keys = _corner_keys(found, n)
            order = np.argsort(keys)
            found, keys = found[order], keys[order]
            known = _corner_keys(self.corners, n)  # in order, as x lies in memory
            at = np.searchsorted(known, keys)
            new = np.append(known, -1)[at] != keys
            self.corners = np.insert(self.corners, at[new], found[new], axis=0)
            self.y3 = np.insert(self.y3, at[new], 0.0)
        if worst >= CALM:
            return
        members, start, sizes, marks = around(
            X, self.key, LEAST, self.gains, self.starts, AROUND, n * AROUND * ROOM, self.state
        )
        _, first = np.unique(marks, return_index=True)
        new = np.zeros(len(marks), dtype=bool)
        new[first[~np.isin(marks[first], self.marks)]] = True
        if new.sum() < FEW * n:
            self.starts = min(2 * self.starts, n) if self.gains == FINEST else STARTS
            self.gains = max(FEWER * self.gains, FINEST)
        length = np.diff(start)
        self.members = np.concatenate([self.members, members[np.repeat(new, length)]])
        self.start = np.concatenate([self.start, self.start[-1] + np.cumsum(length[new])])
        self.sizes = np.concatenate([self.sizes, sizes[new]])
        self.marks = np.concatenate([self.marks, marks[new]])
        self.y = np.concatenate([self.y, np.zeros(int(new.sum()))])

    def ascend(self, scaled: np.ndarray, step: np.ndarray) -> None:
        """Move x and the multipliers; keep those of the best bound."""
        from ..kernels.ascent import ascend
        from ..kernels.cuts import triangle_rows
        from ..kernels.separation import rows_of

        rows = rows_of(self.members, self.start, self.sizes, self.n)
        corners = triangle_rows(self.corners, self.n)
        for _ in range(STEPS):
            upper = ascend(scaled, step, self.x, corners, self.y3, *rows, self.y, 1, PASSES)
            if self.unit * upper < self.upper:
                self.upper = self.unit * upper
                kept = (self.members, self.sizes, self.start)  # never changed in place
                self.best = (self.corners, self.y3.copy(), *kept, self.y.copy())
            if time.perf_counter() > self.end:
                break

    def purge(self) -> None:
        """Drop inequalities with multiplier 0."""
        keep = self.y3 > 0
        self.corners, self.y3 = self.corners[keep], self.y3[keep]
        keep, length = self.y > 0, np.diff(self.start)
        self.members = self.members[np.repeat(keep, length)]
        self.start = np.concatenate([[0], np.cumsum(length[keep])])
        self.sizes, self.marks, self.y = self.sizes[keep], self.marks[keep], self.y[keep]

    def improve(self) -> None:
        """Make a partition of the relaxation, and keep it if it is better."""
        from ..kernels.cuts import spread

        X = spread(self.x, self.n) - 0.5
        np.fill_diagonal(X, 0.0)
        labels = descend(X, NEGLIGIBLE * self.n, self.state)
        labels = descend(self.matrix, self.eps, self.state, labels)
        value = safe_sum(self.matrix, labels)
        if value > self.value:
            self.labels, self.value = labels, value

    def outcome(self, rounds: int, ended: str) -> Bound:
        """The best multipliers, and the bound they give, safe."""
        corners, y3, members, sizes, start, y = self.best
        members = np.concatenate([corners.ravel(), members])
        start = np.concatenate([3 * np.arange(len(corners)), 3 * len(corners) + start])
        sizes = np.concatenate([np.ones(len(corners), dtype=np.int32), sizes])
        y = self.unit * np.concatenate([y3, y])
        keep, length = y > 0, np.diff(start)
        members, sizes, y = members[np.repeat(keep, length)], sizes[keep], y[keep]
        start = np.concatenate([[0], np.cumsum(length[keep])])
        upper, r, sure = safe_upper(self.matrix, members, start, sizes, y)
        decided = int((sure > upper - self.value).sum())
        return Bound(
            self.labels, self.value, upper, len(y), rounds, decided, ended,
            self.x, r, sure, members, start, sizes, y,
        )  # fmt: skip


def _corner_keys(corners: np.ndarray, n: int) -> np.ndarray:
    """A number for each triangle, in the order in which its pairs lie in memory."""
    s, t, u = corners.T.astype(np.int64)
    return (s * n + np.minimum(t, u)) * n + np.maximum(t, u)


def safe_sum(q: np.ndarray, labels: np.ndarray) -> float:
    """Sum of q over pairs within clusters, rounded down."""
    i, j = np.triu_indices(len(q), 1)
    return math.nextafter(math.fsum(q[i, j][labels[i] == labels[j]]), -math.inf)


def safe_upper(
    q: np.ndarray, members: np.ndarray, start: np.ndarray, sizes: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The bound that multipliers y >= 0 of inequalities prove, all rounding included.

    Returns it, the reduced weights of all pairs i < j, and for each how much less than the bound
    any partition has that differs in this pair from what the sign of its reduced weight says (0 if
    that sign is not certain).
    """
    from ..kernels.ascent import reduced
    from ..kernels.separation import rows_of

    n = len(q)
    weights = np.ascontiguousarray(q[np.triu_indices(n, 1)])
    begin, pairs, plus, right = rows_of(members, start, sizes, n)
    r, error = reduced(weights, begin, pairs, plus, y)
    up = np.nextafter(np.concatenate([y * right, np.maximum(r + error, 0.0)]), np.inf)
    sure = np.nextafter(np.abs(r) - error, -np.inf)
    return math.nextafter(math.fsum(up[up > 0]), math.inf), r, np.maximum(sure, 0.0)
