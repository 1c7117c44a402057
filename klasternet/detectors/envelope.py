"""The partitions that are best somewhere: the upper envelope of Q over all resolutions.

For one partition Q is a straight line in the resolution: what is inside clusters, less the
resolution times what it asks of the pairs inside. The best of all partitions is therefore a convex
curve made of such lines, and each partition on it is best on one interval. It is found from both
ends by searching where two neighbouring lines cross: either the search finds a line above the
crossing, or nothing lies between the two.

References: Eisner and Severance (1976), doi 10.1145/321978.321982 (the curve by its crossings);
Weir et al. (2017), doi 10.3390/a10030093 (the same of partitions: convex hull, CHAMP).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..qualities import Problem
from ..repetition import repeat
from .large_tables import LargeProblem
from .searching import best_partition

__all__ = ["PARALLEL", "Line", "envelope", "upper"]

SAME = 1e-10  # a line above a crossing by less than this share of the largest level is rounding
PARALLEL = 1e-12  # difference of slopes, shares of all pairs, that is rounding
EFFORT, GRID_EFFORT = 0.01, 0.1  # of a search at a crossing, and on the grid, of few industries
SMALL = 71  # industries up to which it is that much
WORK = 6e7  # searches at crossings, times the square of the industries, at most


@dataclass(frozen=True, eq=False)
class Line:
    """A partition, and its Q as level - slope * resolution."""

    labels: np.ndarray
    level: float
    slope: float

    def at(self, resolution: float) -> float:
        """Q at a resolution."""
        return self.level - self.slope * resolution

    def crosses(self, other: Line) -> float:
        """The resolution at which two lines of different slope meet."""
        return (self.level - other.level) / (self.slope - other.slope)


def upper(lines: list[Line]) -> list[Line]:
    """The lines that are highest somewhere, by falling slope: from the coarsest on."""
    out: list[Line] = []
    for line in sorted(lines, key=lambda line: (-line.slope, -line.level)):
        if out and out[-1].slope - line.slope <= PARALLEL:
            if out[-1].level >= line.level:
                continue
            out.pop()
        while len(out) > 1 and out[-2].crosses(line) <= out[-2].crosses(out[-1]):
            out.pop()
        out.append(line)
    return out


def envelope(
    pose: Callable[[float], Problem],
    grid: np.ndarray,
    seed: int,
    refine: bool = True,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> tuple[list[Line], bool]:
    """Lines that are highest between the ends of a grid, and whether every crossing was searched.

    pose : the problem as a function of resolution; refine : search at crossings too, as many as a
    large table allows, all of them in a small one.
    """
    at_0, at_1 = pose(0.0), pose(1.0)
    if isinstance(at_0, LargeProblem):
        n = at_0.n
    else:
        n = len(at_0.q) if at_0.q is not None else at_0.ties.shape[0]  # type: ignore[union-attr]

    def line(labels: np.ndarray) -> Line:
        level = at_0.value(labels)
        return Line(labels, level, level - at_1.value(labels))

    ease = min(1.0, SMALL / n)
    together = np.zeros(n, dtype=np.int64)
    if isinstance(at_0, LargeProblem):  # who trades with nobody is with nobody
        apart = np.flatnonzero((at_0.out_masses == 0) & (at_0.in_masses == 0))
        together[apart] = 1 + np.arange(len(apart))
    elif at_0.q is not None and at_1.q is not None:
        apart = np.flatnonzero(~(at_0.q.any(axis=1) | at_1.q.any(axis=1)))
        together[apart] = 1 + np.arange(len(apart))
    ends = [line(together), line(np.arange(n))]
    size = max(abs(end.level) + abs(end.slope) for end in ends)
    first = repeat(
        lambda rng, k: line(best_partition(pose(float(grid[k])), rng, GRID_EFFORT * ease)),
        len(grid), seed, n_jobs=n_jobs, progress=progress, label="resolutions",
    )  # fmt: skip
    best, budget = upper(ends + first), int(WORK / n**2) if refine else 0
    tested: set[tuple[int, int]] = set()
    while refine:
        pairs = [
            (a, b)
            for a, b in pairwise(best)
            if (id(a), id(b)) not in tested and grid[0] < a.crosses(b) < grid[-1]
        ][:budget]
        if not pairs:
            break
        budget -= len(pairs)
        tested.update((id(a), id(b)) for a, b in pairs)

        def search(rng: np.random.Generator, k: int, pairs: Any = pairs) -> list[Line]:
            a, b = pairs[k]
            at = a.crosses(b)
            found = [line(best_partition(pose(at), rng, EFFORT * ease, c.labels)) for c in (a, b)]
            return [each for each in found if each.at(at) > a.at(at) + SAME * size]

        found = repeat(
            search, len(pairs), seed + 1 + budget, n_jobs=n_jobs, progress=progress,
            label="crossings",
        )  # fmt: skip
        best = upper(best + [each for several in found for each in several])
        if len(found) < len(pairs):  # interrupted
            return best, False
    return best, refine and not any(
        (id(a), id(b)) not in tested for a, b in pairwise(best) if grid[0] < a.crosses(b) < grid[-1]
    )
