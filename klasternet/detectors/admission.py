"""Who is admitted: members and clusters that do not hold out of sample go to the rest.

An industry needs the support of the folds and a flow to its cluster above what sizes predict; a
cluster needs a contrast, the geometric mean of how many times denser flow is inside than to
the rest, whose lower bound reaches the threshold on flows that the search had not seen (asked of
tables only: on sparse networks who trades says more than how much).
"""

from __future__ import annotations

import numpy as np

from ..labelling import set_alone
from ..qualities import Problem
from .heldout import Trials

__all__ = ["admit", "support"]

LOWER = 1.645  # one-sided 95 % bound of a cluster's contrast


def support(labels: np.ndarray, trials: Trials, at: int) -> np.ndarray:
    """Share of folds in which most of an industry's fellow members are still with it, shape (n,).

    NaN for an industry that is alone.
    """
    n = len(labels)
    size = np.bincount(labels)[labels]
    total = np.zeros(n)
    for fold in trials.partitions[:, at]:
        # how many members share both the cluster and the fold's cluster
        pair = labels.astype(np.int64) * (int(fold.max()) + 1) + fold
        _, code, count = np.unique(pair, return_inverse=True, return_counts=True)
        total += 2 * (count[code] - 1) >= size - 1
    out = total / max(len(trials.partitions), 1)
    return np.where(size > 1, out, np.nan)


def contrasts(labels: np.ndarray, trials: Trials, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Log contrast of each cluster on hidden flows, and its standard error, shape (k,).

    A fold's own cluster stands for the cluster it shares most members with, so that no flow
    has a say in whether it counts as inside.
    """
    k = int(labels.max()) + 1
    sums = np.zeros((2, 3, k))  # inside and outside: number, sum, sum of squares
    for fold, (i, j, departure) in zip(trials.partitions[:, at], trials.departures, strict=True):
        parts = int(fold.max()) + 1
        shared = np.zeros((parts, k))
        np.add.at(shared, (fold, labels), 1.0)
        match = shared.argmax(axis=1)
        alone = np.bincount(fold, minlength=parts) < 2
        stands_for = np.where(alone, -1, match)[fold]
        a, b = stands_for[i], stands_for[j]
        same = fold[i] == fold[j]
        for side, cluster, which in ((0, a, same), (1, a, ~same), (1, b, ~same)):
            use = which & (cluster >= 0)
            for power in range(3):
                sums[side, power] += np.bincount(cluster[use], departure[use] ** power, k)
    repeats = max(len(trials.partitions) / 5, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        number = sums[:, 0]
        mean = sums[:, 1] / number
        spread = np.maximum(sums[:, 2] / number - mean**2, 0.0) * number / (number - 1)
        # a cell hidden once in each repeat is one observation, not several
        error = np.sqrt((spread * repeats / number).sum(axis=0))
        return mean[0] - mean[1], error


def admit(
    labels: np.ndarray,
    plain: Problem,
    trials: Trials | None,
    at: int,
    least_support: float,
    least_contrast: float,
    members: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels with -1 for those not admitted, and the support of each industry.

    labels : -1 for industries alone; plain : the problem that asks no more than sizes predict;
    members : who was admitted before, bool (n,): half of the support keeps them, and where they are
    the majority the contrast itself counts, not its lower bound.
    """
    members = np.zeros(len(labels), dtype=bool) if members is None else members
    out, backed = labels.copy(), None
    if trials is not None and len(trials.partitions):
        whole = set_alone(labels)
        backed = support(whole, trials, at)
        if least_support > 0:
            out[(out >= 0) & (backed < np.where(members, 0.5, 1.0) * least_support)] = -1
        if least_contrast > 0 and trials.departures:
            level, error = contrasts(whole, trials, at)
            known = 2 * np.bincount(whole, members) > np.bincount(whole)
            certain = level - np.where(known, 0.0, LOWER) * error >= np.log(least_contrast)
            out[(out >= 0) & ~certain[whole]] = -1
    while True:  # whoever is left must still be tied to those who are left
        size = np.bincount(out[out >= 0], minlength=int(out.max()) + 2)
        weak = (out >= 0) & ((size[out] < 2) | (plain.to_own(out) <= 0))
        if not weak.any():
            return out, backed
        out[weak] = -1
