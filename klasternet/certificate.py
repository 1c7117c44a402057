"""A certificate: how good a partition is, against a bound that no partition exceeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import notebook

__all__ = ["Certificate"]

OPTIMAL = 1e-9  # gap below which a partition is called optimal, in Q and as a share of it
ROUNDING = 1e-14  # gap in Q, for each industry, that is rounding alone, where Q is about zero


@dataclass(frozen=True, eq=False, repr=False)
class Certificate:
    """Tells how far a partition can be from the best one, whatever found it.

    Made by `certify`, and by `detect` where it costs little. It speaks of the bare partition
    (``clusters.partition``), before industries and clusters that do not hold go to the rest.

    Attributes
    ----------
    value : float
        Objective Q of the partition, as `objective` tells it.
    upper_bound : float
        No partition of these industries has a larger Q; safe in floating point: all rounding,
        also of what Q is made of, is added to it.
    nodes, rows : int
        Bounds computed, of one node of the branching tree each, and inequalities used. 0 nodes
        where the sum of all gains is reached already, 1 where no branching was needed; of a
        network in parts that nothing joins, nodes of the part that took most, rows of all.
    seconds : float
        What it took.
    best : ndarray of int, shape (n,)
        The best partition known: the certified one unless a better one turned up.
    best_value : float
        Its Q.
    measure : str
    resolution : float
    ended : {"closed", "time", "work", "interrupted"}
        Why the search ended: nothing left to look at, time or work allowed spent, or Ctrl-C.
    """

    value: float
    upper_bound: float
    nodes: int
    rows: int
    seconds: float
    best: np.ndarray
    best_value: float
    measure: str = ""
    resolution: float = math.nan
    ended: str = "closed"

    def __post_init__(self) -> None:
        self.best.setflags(write=False)

    @property
    def gap(self) -> float:
        """Upper bound minus value, in units of Q."""
        return max(self.upper_bound - self.value, 0.0)

    @property
    def relative_gap(self) -> float:
        """Gap as a share of the value; infinite where the value is not positive and a gap is left.

        "Within 0.8 %" is a relative gap of 0.008.
        """
        if self.gap == 0.0:
            return 0.0
        return self.gap / self.value if self.value > 0 else math.inf

    @property
    def optimal(self) -> bool:
        """Whether the partition is proven to be the best: both gaps are below 1e-9."""
        if self.gap < ROUNDING * len(self.best):
            return True
        return max(self.gap, self.relative_gap) < OPTIMAL

    @property
    def improved(self) -> bool:
        """Whether a better partition turned up: see `best`."""
        return self.best_value - self.value > OPTIMAL * max(abs(self.value), self.gap)

    @property
    def table(self) -> pd.DataFrame:
        """The certificate as a frame of one row."""
        fields = ("value", "upper_bound", "gap", "relative_gap", "optimal", "improved")
        more = ("measure", "resolution", "nodes", "rows", "seconds", "ended")
        return pd.DataFrame([{name: getattr(self, name) for name in (*fields, *more)}])

    def claim(self) -> str:
        """What may be said: "proven optimal", "within 0.8 % of the best possible", or nothing."""
        if self.optimal:
            return "proven optimal"
        if self.relative_gap < 0.1:
            return f"within {_percent(self.relative_gap)} of the best possible"
        return ""

    def _repr_html_(self) -> str:
        asked = f"{self.measure}, resolution {self.resolution:.3g}; " if self.measure else ""
        asked += f"{self.nodes:,} node{'s' * (self.nodes != 1)}, {self.rows:,} inequalities"
        head = self.claim() or "the best possible partition may be much better"
        told = {
            "value": f"{self.value:.6g}",
            "upper bound": f"{self.upper_bound:.6g}",
            "gap": f"{self.gap:.2g}",
            "better one known": f"{self.best_value:.6g}" if self.improved else "",
        }
        rows = [(name, text) for name, text in told.items() if text]
        return notebook.shown(f"Certificate: {head}", rows, notes=[asked], numbers=[1])

    def __repr__(self) -> str:
        return (
            f"Certificate(value={self.value:.6g}, upper_bound={self.upper_bound:.6g}, "
            f"gap={self.gap:.2g}, optimal={self.optimal})"
        )

    def __str__(self) -> str:
        asked = f"{self.measure}, resolution {self.resolution:.3g}" if self.measure else ""
        asked = f" ({asked})" if asked else ""
        nodes = f"{self.nodes:,} node{'s' * (self.nodes != 1)}"
        work = f"[{nodes}, {self.rows:,} inequalities]"
        if self.optimal:
            n = f"{len(self.best):,} industries"
            head = f"proven optimal: no partition of {n} has a larger Q than {self.value:.6g}"
            return f"{head}{asked} {work}"
        head = f"Q = {self.value:.6g}{asked}; no partition has more than {self.upper_bound:.6g}"
        if np.isfinite(self.relative_gap):
            head += f", {_percent(self.relative_gap)} above"
        better = f"; a better one is known, Q = {self.best_value:.6g} (.best)" * self.improved
        return f"{head}{better} {work}"


def _percent(share: float) -> str:
    """A share in per cent, rounded up: a bound must not look better than it is."""
    digits = 0 if share >= 0.1 else 1 if share >= 0.001 else 2
    return f"{math.ceil(share * 10 ** (2 + digits)) / 10**digits:,.{digits}f} %"
