"""Where all of a network diagram comes to stand: bodies, titles, arrows, outlines.

Another layout is tried where a cluster falls into several areas, since others stand between its
members.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrangement import Placed
from .halos import halos
from .measuring import areas
from .routing import routes
from .titles import free_titles, seat_titles

if TYPE_CHECKING:
    from matplotlib.path import Path

__all__ = ["Settled", "settle"]

TRIES = 3
DETOUR = 60.0  # the longest bridge round others where positions are given
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Settled:
    """Bodies, middle lines of arrows, outlines of clusters, and how many areas each has."""

    placed: Placed
    lines: list[np.ndarray]
    outlines: list[Path | None]
    areas: list[int]

    @property
    def faults(self) -> tuple[int, int]:
        """Areas too many; bodies and titles too close to others."""
        close = (self.placed.bad > 0).sum() + (self.placed.bad_title > 0).sum()
        return sum(max(count - 1, 0) for count in self.areas), int(close)


def settle(
    layout: Callable[[], Placed],
    ends: np.ndarray,
    wide: np.ndarray,
    page: Box,
    wall: Box,
    rng: np.random.Generator,
    *,
    free: bool,
    drop: bool,
) -> Settled:
    """The first layout that keeps every cluster together, else the best of a few.

    `free`: discs may shift, and be laid out again; `drop`: labels may be left out.
    """
    tried: list[Settled] = []
    while not tried or (free and len(tried) < TRIES and tried[-1].faults[0]):
        placed = layout()
        free_titles(placed, page)
        seat_titles(placed)
        lines = routes(placed, ends, wide, page, rng, free, drop)
        seat_titles(placed, [line[-1] for line in lines])
        outlines = halos(placed, wall, np.inf if free else DETOUR)
        counts = [0 if outline is None else areas(outline) for outline in outlines]
        tried.append(Settled(placed, lines, outlines, counts))
    return min(tried, key=lambda one: one.faults)
