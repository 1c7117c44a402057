"""Whether clusters have parts: what hidden flows say, with the share of false splits held down.

References: Benjamini and Hochberg (1995), doi 10.1111/j.2517-6161.1995.tb02031.x (false discovery
rate); Storey (2002), doi 10.1111/1467-9868.00346 (share of true nulls).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import norm, rankdata

from ..network import FlowNetwork
from .heldout import Trials

__all__ = ["CHANCE", "FALSE", "Attempt", "cut", "judge"]

FALSE = 0.05  # share of splits that may be false
# Mean and standard deviation of size times score where there are no parts. Measured from 12 to 100
# industries, with normal, t, log-gamma noise and empty cells: `benchmarks.resolution chance`.
CHANCE = 0.5, 1.0


@dataclass(frozen=True, eq=False)
class Attempt:
    """A cluster, what was found out about parts of it, and the parts."""

    place: int
    members: np.ndarray
    network: FlowNetwork
    trials: Trials | None = None
    at: int = 0
    scores: np.ndarray | None = None
    pvalue: float = np.nan
    outcome: str = ""
    parts: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None = None

    def row(self) -> tuple[Any, ...]:
        """Size, resolution, score, standard error, p-value and outcome."""
        seen = (np.nan, np.nan, np.nan)
        if self.trials is not None and self.scores is not None:
            error = float(self.scores.std(ddof=1) / np.sqrt(len(self.scores)))
            seen = float(self.trials.resolutions[self.at]), float(self.scores.mean()), error
        return len(self.members), *seen, self.pvalue, self.outcome


def judge(tries: list[Attempt], measure: str) -> list[Attempt]:
    """Choose each cluster's resolution, and say which scores are above what noise would give."""
    tested = [(each, each.trials) for each in tries if each.trials is not None]
    if not tested:
        return tries
    means = np.array([trials.mean for _, trials in tested])
    errors = np.array([trials.error for _, trials in tested])
    weight = np.array([[len(each.members) ** 2] for each, _ in tested])  # about 1 / variance
    shared = _coarsest(
        (weight * means).sum(axis=0) / weight.sum(),
        np.sqrt((weight**2 * errors**2).sum(axis=0)) / weight.sum(),
    )[0]
    judged, pvalues = [], []
    for (each, trials), mean, error in zip(tested, means, errors, strict=True):
        good = _coarsest(mean, error)
        at = int(good[np.abs(good - shared).argmin()])
        scores = _correlations(each, trials, at, measure)
        p = float(norm.sf(len(each.members) * scores.mean(), *CHANCE))
        judged.append(replace(each, at=at, scores=scores, pvalue=p))
        pvalues.append(p)
    limit = cut(np.array(pvalues))
    judged = [
        replace(each, outcome="" if each.pvalue <= limit else "whole: parts no better than noise")
        for each in judged
    ]
    return [each for each in tries if each.trials is None] + judged


def _correlations(each: Attempt, trials: Trials, at: int, measure: str) -> np.ndarray:
    """In each fold, the rank correlation over hidden flows of being together and being strong.

    It sees more than which flows are the strongest; where who trades counts, those are all.
    """
    if not trials.departures:
        return trials.scores[:, at]
    residual = _residuals(each.network) if measure == "flow" else None
    out = np.zeros(len(trials.scores))
    for f, (i, j, departure) in enumerate(trials.departures):
        labels = trials.partitions[f, at]
        same = (labels[i] == labels[j]).astype(float)
        rank = rankdata(departure if residual is None else residual[i, j])
        same, rank = same - same.mean(), rank - rank.mean()
        size = np.sqrt((same @ same) * (rank @ rank))
        out[f] = same @ rank / size if size > 0 else 0.0
    return out


def _residuals(network: FlowNetwork) -> np.ndarray:
    """Log ties less what sellers and buyers have in common, (n, n); sums of money leave that in."""
    ties = network.ties.toarray() if sparse.issparse(network.ties) else np.asarray(network.ties)
    seen = (ties > 0) & ~np.eye(network.n, dtype=bool)
    left = np.log(np.where(seen, ties, 1.0))
    for _ in range(20):
        for axis in (1, 0):
            among = np.maximum(seen.sum(axis=axis, keepdims=True), 1)
            left -= np.where(seen, left.sum(axis=axis, keepdims=True) / among, 0.0)
    return left


def _coarsest(mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Places of the resolutions within one standard error of the best, the coarsest first."""
    best = int(np.argmax(mean))
    return np.flatnonzero(mean >= mean[best] - error[best])


def cut(p: np.ndarray) -> float:
    """Largest p-value at which the share of false splits is expected to be held."""
    empty = min(1.0, 2.0 * (1 + int((p > 0.5).sum())) / len(p))  # share that has no parts
    ordered = np.sort(p)
    held = ordered * len(p) * empty <= FALSE * np.arange(1, len(p) + 1)
    return float(ordered[held][-1]) if held.any() else 0.0
