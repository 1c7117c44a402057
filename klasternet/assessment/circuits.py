"""Feedback loops: the flows of a table taken apart into closed circuits of sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ..errors import ParameterError
from ..registry import choose
from ..tables.table import IOTable

__all__ = ["FeedbackLoops", "feedback_loops"]


@dataclass(frozen=True, eq=False, repr=False)
class FeedbackLoops:
    """Flows taken apart into loops, the strongest first.

    Attributes
    ----------
    table : DataFrame, one row for each layer of loops
        flow (money), share (of all flows), cumulative, loops (number), longest (industries).
    loops : list of list of tuple
        For each layer its loops; each sells to the next, the last to the first.
    """

    table: pd.DataFrame
    loops: list[list[tuple[str, ...]]]

    def __repr__(self) -> str:
        return f"FeedbackLoops: {len(self.loops)} layers, {self.table['cumulative'].iloc[-1]:.1%}"

    def __str__(self) -> str:
        lines = [repr(self)]
        for (layer, row), found in zip(self.table.iterrows(), self.loops, strict=True):
            longest = max(found, key=len)
            lines.append(f"  {layer}: {row['share']:.1%}, longest {' > '.join(longest[:8])}")
        return "\n".join(lines)


def feedback_loops(table: IOTable, layers: int = 10, by: str = "industry") -> FeedbackLoops:
    """Take the flows apart into closed loops, in each of which everybody sells once and buys once.

    The first layer is the permutation p that carries the most money, max sum_i Z_i,p(i); the next
    is the best of the cells that are left, and so on. n layers use every cell once.

    Parameters
    ----------
    table : IOTable
    layers : int
        How many layers.
    by : {"industry", "region"}
        Loops of industries, or, in a table of many regions, of regions.

    Returns
    -------
    FeedbackLoops

    Notes
    -----
    A layer holds what it must, not what is strong: its last cells may be next to nothing.
    Own use is a loop of one.

    Sonis, Hewings and Gazel (1995), Annals of Regional Science 29(4), 409-430, as in the
    documentation of the R package ioanalysis, which solves the assignment as a linear program.

    Examples
    --------
    >>> from klasternet import datasets
    >>> feedback_loops(datasets.load("miller_blair")).loops
    [[('Sector 1', 'Sector 2')], [('Sector 1',), ('Sector 2',)]]
    """
    who = choose("unit of a loop", by, ("industry", "region"))
    flows = table.flows if who == "industry" else table.regions.between
    if not (isinstance(layers, int) and layers >= 1):
        raise ParameterError(f"layers is {layers!r}; give a number of layers, 1 or more.")
    left = flows.to_numpy(copy=True)
    names, total = flows.index, float(left.sum())
    rows: list[dict[str, Any]] = []
    found: list[list[tuple[str, ...]]] = []
    for _ in range(min(layers, len(flows))):
        seller, buyer = linear_sum_assignment(left, maximize=True)
        flow = float(left[seller, buyer].sum())
        left[seller, buyer] = -np.inf  # used; the cells left still hold a permutation
        found.append(_cycles(buyer, names))
        sizes = [len(loop) for loop in found[-1]]
        rows.append(
            {"flow": flow, "share": flow / total, "loops": len(sizes), "longest": max(sizes)}
        )
    out = pd.DataFrame(rows, pd.RangeIndex(1, len(rows) + 1, name="layer"))
    out.insert(2, "cumulative", out["share"].cumsum())
    return FeedbackLoops(out, found)


def _cycles(follows: np.ndarray, names: pd.Index) -> list[tuple[str, ...]]:
    """Cycles of a permutation, the longest first."""
    seen, cycles = np.zeros(len(follows), dtype=bool), []
    for start in range(len(follows)):
        loop, at = [], start
        while not seen[at]:
            seen[at] = True
            loop.append(str(names[at]))
            at = int(follows[at])
        if loop:
            cycles.append(tuple(loop))
    return sorted(cycles, key=len, reverse=True)
