"""Consensus: what many answers agree on, clustered again until all agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ConvergenceError, ParameterError
from ..network import FlowNetwork
from ..qualities import flow_problem, number
from ..registry import detector
from ..repetition import repeat
from .found import Found
from .literature import as_full
from .searching import best_partition

__all__ = ["coclassification", "consensus"]

ROUNDS = 50


@detector("consensus")
def consensus(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    methods: Any = "density",
    runs: int = 10,
    threshold: float = 0.5,
    given: Mapping[Any, Mapping[str, Any]] | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> Found:
    """Find what answers of many seeds or methods agree on (Lancichinetti, Fortunato).

    Over pairs, D_ij is the share of answers in which i and j are in one cluster. Shares below the
    threshold are set to zero, and D is searched as a network in its place, several times: over
    clusters, the directed modularity of D,

        1/m sum_c sum over i, j in c of (D_ij - d_i d_j / m)             d_i = sum_j D_ij

    From these partitions follows the next D, and so on until all are the same.

    Parameters
    ----------
    network : FlowNetwork
    rng : Generator
    methods : str, callable, or a list of them
        Detectors, by name or as functions, whose answers count the same.
    runs : int
        Answers of each method, from different seeds, and searches of each D.
    threshold : float
        Least share of answers that together count.
    given : mapping of method to dict, optional
        Parameters of a method.
    n_jobs, progress
        As in `stability`.

    Returns
    -------
    Found
        ``support``: mean share of the first answers in which an industry is together with the
        members of its cluster. ``objective_value``: mean share over all pairs within clusters.
        Industries that are with nobody at the threshold are the rest.

    Raises
    ------
    ConvergenceError
        The partitions do not come to agree.
    ParameterError
        A value out of range, no methods.

    Notes
    -----
    Misleads where all answers share one bias: agreement between seeds says that a search is steady,
    not that it is right, and methods that look for the same thing are no independent witnesses. A
    method without chance in it says the same `runs` times. Clusters that are found in a smaller
    share of the answers than the threshold are lost.

    Lancichinetti and Fortunato (2012), doi 10.1038/srep00336: steps checked against the paper's
    abstract and a public account of the algorithm. They search D by the method itself; here it is
    the directed modularity, so that methods that need accounts can take part.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(24, 3, contrast=20, noise=0.5, seed=0)
    >>> some = ["spectral", "hierarchy", "feser_bergman"]
    >>> found = kn.detect(network, "consensus", methods=some, runs=5, seed=0)
    >>> kn.agreement(found, kn.Clusters.from_labels(network, labels)).ari
    1.0
    """
    asked = list(methods) if isinstance(methods, list | tuple) else [methods]
    if not asked:
        raise ParameterError("methods is empty. Give at least one detector.")
    runs = int(number("runs", runs, 1, 1e6))
    threshold = number("threshold", threshold, 0.0, 1.0)
    work = {"n_jobs": n_jobs, "progress": progress}
    answers = [
        labels
        for method in asked
        for labels in _answers(
            network, method, dict((given or {}).get(method, {})), runs, rng, work
        )
    ]
    D = first = coclassification(answers)
    for _ in range(ROUNDS):
        D = np.where(threshold <= D, D, 0.0)
        linked = D.sum(axis=1) > 0
        if not linked.any():
            return Found(np.full(network.n, -1), verdict="no clusters")
        parts = _searched(D, linked, runs, rng)
        D = coclassification(parts)
        if np.isin(D, (0.0, 1.0)).all():
            break
    else:
        raise ConvergenceError(
            f"{runs} searches did not come to agree in {ROUNDS} rounds. Give more runs=, or "
            "another threshold=."
        )
    labels = parts[0]
    together = (labels[:, None] == labels) & (labels >= 0)[:, None]
    np.fill_diagonal(together, False)
    pairs = together.sum(axis=1)
    shared = (first * together).sum(axis=1)
    backed = np.divide(shared, pairs, out=np.full(network.n, np.nan), where=pairs > 0)
    return Found(
        labels=labels,
        support=backed,
        objective_value=float(shared.sum() / pairs.sum()) if pairs.any() else None,
        verdict="" if (labels >= 0).any() else "no clusters",
    )


def coclassification(answers: list[np.ndarray]) -> np.ndarray:
    """Share of answers in which two industries are in one cluster, zero diagonal, shape (n, n)."""
    n = len(answers[0])
    D = np.zeros((n, n))
    for labels in answers:
        D += (labels[:, None] == labels) & (labels >= 0)[:, None]
    np.fill_diagonal(D, 0.0)
    return D / len(answers)


def _answers(
    network: FlowNetwork,
    method: Any,
    params: dict[str, Any],
    runs: int,
    rng: np.random.Generator,
    work: dict[str, Any],
) -> list[np.ndarray]:
    from .detection import detect

    as_full(network.ties, "consensus")  # refuses what would not fit before anything is searched

    def once(rng: np.random.Generator, k: int) -> np.ndarray:
        return detect(network, method, seed=int(rng.integers(2**31)), **params).labels

    return repeat(once, runs, int(rng.integers(2**31)), label="answers", **work)


def _searched(
    D: np.ndarray, linked: np.ndarray, runs: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Partitions of D as a network; -1 for those who are linked to nobody."""
    at = np.flatnonzero(linked)
    posed = flow_problem(FlowNetwork.from_matrix(D[np.ix_(at, at)]), 1.0, "configuration")
    out = []
    for _ in range(runs):
        labels = np.full(len(D), -1)
        labels[at] = best_partition(posed, rng, 0.0)
        size = np.bincount(labels[at])
        labels[at] = np.where(size[labels[at]] > 1, labels[at], -1)
        out.append(labels)
    return out
