"""An objective of your own, searched at compiled speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from ..errors import ContractError, ParameterError
from ..network import FlowNetwork
from ..registry import choose, detector
from .found import Found

__all__ = ["own_objective"]

LEVELS = 50  # of aggregation; a handful are usual


@detector("own_objective")
def own_objective(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    score: Callable[..., float] | None = None,
    of: str = "clusters",
    runs: int = 10,
) -> Found:
    """Find the partition that is best by a score of your own.

    The score is a function of sums that numba can compile (one that is compiled already is taken
    as it is); larger is better:

        of="clusters"   Q = sum_c score(inside, sold, bought, size, total, n)
        of="partition"  Q = score(inside, expected, pairs, total, all_pairs)

    with the ties W as the network has them: inside = W(c, c) with loops where they are kept; sold,
    bought = all ties that members sell and buy; size = their number; total = all ties; expected =
    sum_c sold_c bought_c / total; pairs = sum_c size_c (size_c - 1); all_pairs = n (n - 1).

    Parameters
    ----------
    network : FlowNetwork
    rng : Generator
    score : callable
    of : {"clusters", "partition"}
        What the score is of.
    runs : int
        Searches from different orders; the best counts.

    Returns
    -------
    Found

    Raises
    ------
    ParameterError
        No score; a number of runs below 1.
    ContractError
        A score that numba cannot compile, or that is no finite number.

    Notes
    -----
    Misleads as the score does: one that does not grow with what is inside, or that counts an
    industry alone as well as any, has a best partition without meaning (everybody together, or
    alone). Hold it against planted economies and random ones (`datasets.planted`, `significance`).

    Local moves over levels of aggregation (after Blondel and others 2008,
    doi 10.1088/1742-5468/2008/10/P10008), each level again until no industry gains by moving. There
    is no proof, and no resolution is chosen. An objective that is a sum over pairs needs none of
    this: give its expectation as a null model to the density detector, which is faster and better.

    Examples
    --------
    Asymptotic surprise (Traag, Aldecoa and Delvenne 2015, doi 10.1103/PhysRevE.92.022816):

    >>> import math
    >>> import klasternet as kn
    >>> def surprise(inside, expected, pairs, total, all_pairs):
    ...     q, p = inside / total, pairs / all_pairs
    ...     out = q * math.log(q / p) if 0 < q and 0 < p else 0.0
    ...     return out + ((1 - q) * math.log((1 - q) / (1 - p)) if q < 1 and p < 1 else 0.0)
    >>> network, labels = kn.datasets.planted(20, 4, contrast=20, noise=0.3, sizes=0.3, seed=0)
    >>> found = kn.detect(network, "own_objective", score=surprise, of="partition", seed=0)
    >>> kn.agreement(found, kn.Clusters.from_labels(network, labels)).ari
    1.0
    """
    from ..kernels.climbing import compiled, mover

    if not callable(score):
        raise ParameterError("own_objective needs score=, a function of sums; see its docstring.")
    of = choose("kind of score", of, ("clusters", "partition"))
    if isinstance(runs, bool) or not isinstance(runs, int | np.integer) or runs < 1:
        raise ParameterError(f"runs is {runs!r}; give a whole number from 1.")
    ready = compiled(score)
    W = sparse.csr_array(network.ties)
    total = float(W.sum())
    if not total > 0:
        raise ParameterError("the ties add up to nothing. There is nothing to find clusters in.")
    base = _level(W, np.ones(network.n))
    change = mover(ready, of)
    best, top = np.arange(network.n), -np.inf
    try:
        for _ in range(runs):
            label = _search(base, change, total, network.n, rng)
            value = _value(base, label, ready, of, total, network.n)
            if value > top:
                best, top = label, value
    except Exception as error:
        if type(error).__module__.startswith("numba"):
            said = str(error).strip().splitlines()[-1:]
            raise ContractError(
                f"numba cannot compile the score {_name(score)!r}: {' '.join(said)} "
                "Write it with numbers and the math module."
            ) from error
        raise
    if not np.isfinite(top):
        raise ContractError(f"the score {_name(score)!r} is {top}. Return a finite number.")
    return Found(labels=best, objective_value=float(top))


Level = tuple[sparse.csr_array, np.ndarray]  # ties both ways without loops; inside, sold, ...


def _name(score: Any) -> str:
    return getattr(score, "__name__", type(score).__name__)


def _level(W: sparse.csr_array, size: np.ndarray) -> Level:
    loops = W.diagonal()
    both = sparse.csr_array(W + W.T)
    both.setdiag(0.0)
    both.eliminate_zeros()
    both.sort_indices()
    sums = [np.asarray(W.sum(axis=axis), dtype=float).ravel() for axis in (1, 0)]
    return both, np.column_stack([loops, *sums, size]).astype(float)


def _joined(level: Level, label: np.ndarray, k: int) -> Level:
    """Clusters as nodes; what nodes have among each other becomes loops."""
    both, s = level
    M = sparse.csr_array((np.ones(len(label)), (np.arange(len(label)), label)), (len(label), k))
    between = sparse.csr_array(M.T @ both @ M)
    inner = between.diagonal() / 2
    between.setdiag(0.0)
    between.eliminate_zeros()
    between.sort_indices()
    joined = np.asarray(M.T @ s)
    joined[:, 0] += inner
    return between, joined


def _totals(s: np.ndarray, total: float) -> np.ndarray:
    """Inside, expected and pairs of the partition into these nodes."""
    return np.array([s[:, 0].sum(), s[:, 1] @ s[:, 2] / total, s[:, 3] @ (s[:, 3] - 1)])


def _search(base: Level, change: Any, total: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Moves and aggregation by turns until neither industries nor clusters gain by moving."""
    from ..kernels.climbing import climb

    label = np.arange(n)
    for _ in range(LEVELS):
        level, at, moved = base, label, 0
        while True:
            both, s = level
            T = _totals(_joined(level, at, int(at.max()) + 1)[1], total)
            rows = both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data
            at = at.copy()
            moves = climb(*rows, s, at, T, change, total, float(n), rng.permutation(len(at)))
            names, at = np.unique(at, return_inverse=True)
            label = at if level is base else at[label]
            moved += moves
            if len(names) == len(s) or (not moves and level is not base):
                break
            level, at = _joined(level, at, len(names)), np.arange(len(names))
        if not moved:
            break
    return label


def _value(base: Level, label: np.ndarray, score: Any, of: str, total: float, n: int) -> float:
    s = _joined(base, label, int(label.max()) + 1)[1]
    if of == "partition":
        return float(score(*_totals(s, total), total, float(n * (n - 1))))
    return float(sum(score(*row, total, float(n)) for row in s))
