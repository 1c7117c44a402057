"""Held-out flows: how well the clusters of each resolution tell which unseen flows are strong.

A fifth of the cells is hidden at a time; they pull neither way. What is left is fitted and searched
at every resolution, and each partition is scored on the hidden cells by the Matthews correlation
between "same cluster" and "among the strongest 5 %". The same trials say later which members and
clusters hold out of sample (`admission`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .. import lift
from ..matrices import canonical
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import Problem, flow_problem
from .searching import NEGLIGIBLE, best_partition, descend

__all__ = ["GAMMAS", "MANY", "THETAS", "Trials", "is_thin", "try_flow", "try_lift"]

FOLDS = 5
STRONG = 0.05  # share of the hidden cells that count as strong
REPEATED = 40_000  # cells: a table of so many is split twice, smaller ones up to eight times
MANY = 20_000  # industries from which on a thin network is searched at all resolutions at once
ROUNDS = 20  # of the gravity fit in a fold
THETAS = np.round(np.arange(0.0, 2.55, 0.1), 10)
GAMMAS = np.array([0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0])
SPARSE_GAMMAS = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0])


@dataclass(frozen=True, eq=False)
class Trials:
    """Outcome of the folds.

    Attributes
    ----------
    resolutions : ndarray, shape (t,)
    scores : ndarray, shape (folds, t)
    partitions : ndarray of int, shape (folds, t, n)
    departures : list of (rows, columns, log ratio) of the hidden flows, one for each fold
    """

    resolutions: np.ndarray
    scores: np.ndarray
    partitions: np.ndarray
    departures: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    @property
    def mean(self) -> np.ndarray:
        """Mean score of each resolution, shape (t,)."""
        return self.scores.mean(axis=0)

    @property
    def error(self) -> np.ndarray:
        """Its standard error over the folds, shape (t,)."""
        folds = len(self.scores)
        return self.scores.std(axis=0, ddof=1) / np.sqrt(folds) if folds > 1 else self.mean * np.nan

    def and_more(self, at: int, more: Trials) -> Trials:
        """The trials at one resolution, with further ones at that resolution."""
        return Trials(
            self.resolutions[at : at + 1],
            np.concatenate([self.scores[:, at : at + 1], more.scores]),
            np.concatenate([self.partitions[:, at : at + 1], more.partitions]),
            [*self.departures, *more.departures],
        )

    @property
    def any(self) -> bool:
        """Whether there was a fold to learn from."""
        return len(self.scores) > 1

    def choose(self) -> int:
        """The coarsest resolution whose score is within one standard error of the best."""
        best = int(np.argmax(self.mean))
        return int(np.flatnonzero(self.mean >= self.mean[best] - self.error[best])[0])

    def profile(self, chosen: int) -> pd.DataFrame:
        """One row for each resolution: score, se, clusters (mean over folds), chosen."""
        several = [[int((np.bincount(p) > 1).sum()) for p in fold] for fold in self.partitions]
        return pd.DataFrame(
            {
                "score": self.mean,
                "se": self.error,
                "clusters": np.mean(several, axis=0),
                "chosen": np.arange(len(self.resolutions)) == chosen,
            },
            index=pd.Index(self.resolutions, name="resolution"),
        )


def is_thin(network: FlowNetwork, below: float = 2 * STRONG) -> bool:
    """Whether so few pairs of active industries trade that who trades tells more than how much."""
    W, active = lift.source(network), int(network.active.sum())
    trading = int((W.data > 0).sum() if sparse.issparse(W) else np.count_nonzero(W > 0))
    return trading - int((W.diagonal() > 0).sum()) < below * active * (active - 1)


def _folds(n: int, rng: np.random.Generator, often: float = 1.0) -> Iterable[np.ndarray]:
    """Masks (n, n) of hidden cells: every cell once in each repeat."""
    for _ in range(int(often * np.clip(REPEATED // n**2, 2, 8))):
        fold = (rng.permutation(n * n) % FOLDS).reshape(n, n)
        for f in range(FOLDS):
            yield fold == f


def matthews(labels: np.ndarray, i: np.ndarray, j: np.ndarray, strong: np.ndarray) -> float:
    """Matthews correlation between same-cluster and strong; 0 where either never varies."""
    same = labels[i] == labels[j]
    m, together, strongs = len(same), np.count_nonzero(same), np.count_nonzero(strong)
    product = float(together * (m - together)) * float(strongs * (m - strongs))
    if product <= 0:
        return 0.0
    return (np.count_nonzero(same & strong) * m - together * strongs) / product**0.5


def try_lift(
    logs: np.ndarray,
    kind: np.ndarray,
    thetas: np.ndarray,
    rng: np.random.Generator,
    often: float = 1.0,
) -> Trials:
    """Held-out trials of the lift measure; `often` repeats them more."""
    from ..kernels.pulls import pull

    q = np.empty_like(logs)
    scores, partitions, departures = [], [], []
    for hide in _folds(len(logs), rng, often):
        state = np.array([rng.integers(2**63)], dtype=np.uint64)
        values, a, b, s, t, _ = lift.fit_once(logs, np.where(hide, np.int8(0), kind), ROUNDS)
        i, j = np.nonzero(hide & (kind > 0))
        left = logs[i, j] - a[i] - b[j]
        seen = kind[i, j] == 1
        level = np.where(seen, left / (s[i] * t[j]), -np.inf)  # no flow is no strong flow
        cut = min(int((1 - STRONG) * len(level)), len(level) - 1)
        strong = level >= np.partition(level, cut)[cut] if len(level) else seen
        score, found = np.empty(len(thetas)), np.empty((len(thetas), len(logs)), dtype=np.int32)
        for g, theta in enumerate(thetas):
            size = pull(values, kind, hide, float(theta), q)
            found[g] = descend(q, NEGLIGIBLE * size, state)
            score[g] = matthews(found[g], i, j, strong)
        scores.append(score)
        partitions.append(found)
        departures.append((i[seen], j[seen], left[seen]))
    return Trials(thetas, np.array(scores), np.array(partitions), departures)


def try_flow(
    network: FlowNetwork,
    gammas: np.ndarray,
    null: Any,
    rng: np.random.Generator,
    often: float = 1.0,
    thin_folds: int = 2,
) -> Trials:
    """Held-out trials of the flow measure: on all cells, or on the ties of a thin network."""
    from ..kernels.sparse import at_resolutions

    model, n = null_model_of(null), network.n
    dense, ties = not is_thin(network), network.ties
    if dense and sparse.issparse(ties):
        ties = ties.toarray()
    elif not dense and not sparse.issparse(ties):
        ties = canonical(sparse.csr_array(ties))
    scores, partitions, departures = [], [], []
    folds = (
        _folds(n, rng, often)
        if dense
        else [rng.random(ties.nnz) < 1 / FOLDS for _ in range(thin_folds)]
    )
    for hide in folds:
        if dense:
            np.fill_diagonal(hide, False)
            left = np.where(hide, 0.0, ties)
            i, j = np.nonzero(hide)
            value = ties[i, j]
        else:
            left = canonical(
                sparse.csr_array((np.where(hide, 0.0, ties.data), ties.indices, ties.indptr),
                                 shape=ties.shape, copy=True)
            )  # fmt: skip
            sellers = np.repeat(np.arange(n), np.diff(ties.indptr))[hide]
            i = np.concatenate([sellers, rng.integers(n, size=len(sellers))])
            j = np.concatenate([ties.indices[hide], rng.integers(n, size=len(sellers))])
            value = np.concatenate([ties.data[hide], np.zeros(len(sellers))])
        if not left.sum() > 0:
            continue
        part = network.with_ties(left, network.tie_rule)
        A, B = (side.reshape(n, -1) for side in model.masses(part))
        expected = np.einsum("kr,kr->k", A[i], B[j]) / (1 - 1 / FOLDS)
        flow = (value > 0) & (expected > 0)
        ratio = np.divide(value, expected, out=np.zeros_like(value), where=flow)
        strong = value > 0
        if dense:
            strong = strong & (ratio >= np.quantile(ratio, 1 - STRONG))
        if n >= MANY and not dense:
            seed = int(rng.integers(2**63))
            rows: Any = left
            several = list(at_resolutions(rows.indptr, rows.indices, rows.data, A, B, gammas, seed))
        else:
            pose = _seen(left, A @ B.T, hide) if dense else partial(flow_problem, part, null=null)
            several = [best_partition(pose(gamma), rng, 0.0) for gamma in gammas]
        score = [matthews(labels, i, j, strong) for labels in several]
        found = [labels.astype(np.int32) for labels in several]
        scores.append(score)
        partitions.append(found)
        if dense:  # on a sparse network who trades counts, which a mean over flows cannot tell
            flow &= ratio > 0
            departures.append((i[flow], j[flow], np.log(ratio[flow])))
    return Trials(gammas, np.array(scores), np.array(partitions), departures)


def _seen(left: np.ndarray, E: np.ndarray, hide: np.ndarray) -> Callable[[float], Problem]:
    """The problem in which hidden cells pull neither way, by resolution; each overwrites the last.

    E : the ties expected; what is hidden is expected too, and without it the rest carries its
    share.
    """
    from ..kernels.pulls import pull_seen

    q = np.empty_like(E)

    def pose(gamma: float) -> Problem:
        size = pull_seen(left, E, float(gamma), 1 - 1 / FOLDS, hide, q)
        return Problem(gamma, 1.0, size=size, q=q)

    return pose
