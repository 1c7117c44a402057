"""What detectors maximise: the density of flow within clusters above a threshold.

Both measures are one problem, a symmetric matrix q summed over the pairs within clusters:

    lift:  q_ij = (lift_ij - theta) + (lift_ji - theta)             Q = sum / N
    flow:  q_ij = (W_ij - gamma E_ij) + (W_ji - gamma E_ji)         Q = sum / m, plus the diagonal

given densely, or for sparse networks as ties minus masses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from . import lift
from .clusters import Clusters
from .errors import ParameterError
from .network import FlowNetwork
from .nullmodels import null_model_of
from .registry import choose

__all__ = [
    "MEASURES",
    "Problem",
    "flow_problem",
    "lift_problem",
    "number",
    "objective",
    "posed",
    "problem",
]

MEASURES = ("lift", "flow")
DENSE_UP_TO = 2_000  # industries; a sparse network of at most so many is searched as a full matrix


def number(name: str, value: Any, least: float = -1e100, most: float = 1e100) -> float:
    """A parameter as a float, or a ParameterError that says what it must be."""
    try:
        if not isinstance(value, str) and np.ndim(value) == 0 and least <= float(value) <= most:
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    limits = [f"at least {least:g}"] * (least > -1e100) + [f"at most {most:g}"] * (most < 1e100)
    raise ParameterError(
        f"{name} is {value!r}; give a finite number"
        + "".join(f", {limit}" for limit in limits)
        + "."
    )


@dataclass(frozen=True, eq=False)
class Problem:
    """A symmetric matrix to be summed within clusters.

    Attributes
    ----------
    q : ndarray, shape (n, n), or None
        The matrix, zero on the diagonal; None when it is ties minus masses.
    ties, out_masses, in_masses : csr_array and ndarrays, or None
        q = ties + ties' - resolution (A B' + B A').
    resolution : float
    constant : float
        What the diagonal adds, the same in every partition.
    scale : float
        Divides the sum: all ties m, or the number N of pairs that may trade.
    size : float
        Mean absolute row sum of q: what a negligible gain is measured against.
    """

    resolution: float
    scale: float
    constant: float = 0.0
    size: float = 1.0
    q: np.ndarray | None = None
    ties: sparse.csr_array | None = None
    out_masses: np.ndarray | None = None
    in_masses: np.ndarray | None = None

    def to_own(self, labels: np.ndarray) -> np.ndarray:
        """Sum of q between each industry and the others of its cluster (labels < 0: none), (n,)."""
        inside = labels >= 0
        if not inside.any():
            return np.zeros(len(labels))
        if self.q is not None:
            out = np.zeros(len(labels), dtype=np.float64)
            for c in np.unique(labels[inside]):
                members = np.flatnonzero(labels == c)
                out[members] = self.q[np.ix_(members, members)].sum(axis=1)
            return out
        W, A, B = self.ties, self.out_masses, self.in_masses
        assert W is not None and A is not None and B is not None
        rows = np.repeat(np.arange(W.shape[0]), np.diff(W.indptr))
        same = (labels[rows] == labels[W.indices]) & inside[rows] & (rows != W.indices)
        n = len(labels)
        out = np.asarray(np.bincount(rows[same], W.data[same], n), dtype=np.float64)
        out += np.bincount(W.indices[same], W.data[same], n)
        for a, b in zip(A.T, B.T, strict=True):
            to, of = (np.bincount(labels[inside], part[inside]) for part in (b, a))
            spent = a * to[labels] + b * of[labels] - 2 * a * b
            out -= self.resolution * np.where(inside, spent, 0.0)
        return out

    def value(self, labels: np.ndarray) -> float:
        """Q of a partition; labels are integers from 0."""
        labels = np.ascontiguousarray(labels, dtype=np.int64)
        if self.q is not None:
            from .kernels.dense import within

            return (float(within(self.q, labels)) + self.constant) / self.scale
        A, B = self.out_masses, self.in_masses
        assert self.ties is not None and A is not None and B is not None
        W = self.ties
        short = W.indices.dtype  # half the memory
        rows = np.repeat(np.arange(W.shape[0], dtype=short), np.diff(W.indptr))
        at = labels.astype(short)
        inside = W.data[(at[rows] == at[W.indices]) & (rows != W.indices)].sum()
        spent = sum(
            np.bincount(labels, a) @ np.bincount(labels, b) - a @ b
            for a, b in zip(A.T, B.T, strict=True)
        )
        return (float(inside - self.resolution * spent) + self.constant) / self.scale


def lift_problem(values: np.ndarray, kind: np.ndarray, resolution: float) -> Problem:
    """Problem of a lift matrix; `kind` is 0 where a pair cannot trade."""
    from .kernels.pulls import pull

    q = np.empty_like(values)
    size = pull(values, kind, np.zeros(kind.shape, dtype=bool), float(resolution), q)
    return Problem(resolution, scale=float(np.count_nonzero(kind)), size=size, q=q)


def flow_problem(
    network: FlowNetwork, resolution: float, null: Any = "gravity", lean: Any = 0.0
) -> Problem:
    """Problem of ties in money against a null model; `lean`, (n, n), lowers some resolutions."""
    model = null_model_of(null)
    A, B = model.masses(network)
    A, B = (np.ascontiguousarray(part.reshape(network.n, -1)) for part in (A, B))
    W = network.ties
    scale = float(network.out_strength.sum())
    constant = float(W.diagonal().sum())
    if model.fills_diagonal(network):
        constant -= resolution * float((A * B).sum())
    if sparse.issparse(W):
        if network.n > DENSE_UP_TO:
            return Problem(
                resolution, scale, constant, ties=W, out_masses=A, in_masses=B, size=scale
            )
        W = W.toarray()
    from .kernels.pulls import pull_flow

    q = np.empty((network.n, network.n))
    W = W.view()
    W.setflags(write=False)  # one type of array, one compilation
    size = pull_flow(W, A, B, float(resolution), q)
    if np.ndim(lean):
        q += lean * (A @ B.T + B @ A.T)
    return Problem(resolution, scale, constant, size=size, q=q)


def problem(network: FlowNetwork, measure: str, resolution: float, null: Any) -> Problem:
    """Problem of a network under a measure."""
    if choose("measure", measure, MEASURES) == "flow":
        return flow_problem(network, resolution, null)
    logs, kind = lift.logs_of(network)
    return lift_problem(lift.fit(logs, kind)[0], kind, resolution)


def objective(
    clusters: Clusters,
    measure: str | None = None,
    resolution: float | None = None,
    null: Any = None,
) -> float:
    """Tell how good a partition is: the Q that the density detector maximises.

    Over pairs, with theta or gamma the resolution:

        lift:  Q = 1/N sum_c sum_{i != j in c} (lift_ij - theta)
        flow:  Q = 1/m sum_c sum_{i, j in c} (W_ij - gamma E_ij)

    N is the number of ordered pairs that may trade, m the sum of ties W, E the null model.

    Parameters
    ----------
    clusters : Clusters
        Its partition before admission is what counts.
    measure : {"lift", "flow"}, optional
        Those the clusters were found with, if left out; else "lift".
    resolution : float, optional
        Likewise; else 0 for lift and 1 for flow.
    null : str, object or pair of arrays, optional
        Null model of the flow measure; likewise; else "gravity".

    Returns
    -------
    float
        No unit. With measure="flow", null="configuration", resolution=1 and loops kept it
        equals ``networkx.community.modularity`` (Leicht and Newman 2008,
        doi 10.1103/PhysRevLett.100.118703).

    Notes
    -----
    Values under different measures, resolutions or null models cannot be compared. A partition has
    no shares: industries in several clusters count in their primary one.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1])
    >>> round(kn.objective(clusters, measure="flow"), 6)
    0.074733
    """
    return posed(clusters, measure, resolution, null)[0].value(clusters.partition)


def posed(
    clusters: Clusters,
    measure: str | None = None,
    resolution: float | None = None,
    null: Any = None,
) -> tuple[Problem, str]:
    """The problem that clusters answer, or one asked of them, and its measure; see `objective`."""
    measure = choose("measure", measure or clusters.measure or "lift", MEASURES)
    if resolution is None:
        same = measure == clusters.measure and np.isfinite(clusters.resolution)
        resolution = clusters.resolution if same else float(measure == "flow")
    if null is None:
        made = clusters.recipe.parameters if clusters.recipe is not None else {}
        null = made.get("null", clusters.null or "gravity")
    value = number("resolution", resolution)
    return problem(clusters.network, measure, value, null), measure
