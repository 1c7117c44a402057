"""From a problem to the best partition that the compiled searches find.

Dense: everybody in the cluster of their best partner, then Leiden: single moves, refinement,
aggregation, up all levels, and again until nothing gains; then iterated perturbation.
Sparse: the Leiden of `kernels.sparse`.

References: Traag, Waltman and van Eck (2019), doi 10.1038/s41598-019-41695-z (Leiden);
Lourenco, Martin and Stutzle (2003), doi 10.1007/0-306-48056-5_11 (iterated local search).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..qualities import Problem
from .large_tables import LargeProblem

__all__ = ["best_partition", "descend", "iterations_of", "threads_of"]

NEGLIGIBLE = 1e-12  # a gain below this share of a mean row of |q| is rounding
LEVELS = 50  # aggregation levels of one pass, and passes of one descent, at most
STEPS, PATIENCE = 4_000, 300  # perturbations of one search at most, and in a row without a gain
RESTARTS, IDLE = 24, 6  # searches from new starts at most, and in a row without a gain
WORK = 4e9  # multiplications, about, that end the restarts of a large table
# Iterations of the sparse engine; the third costs a sixth and gains less the larger the network
# (Q 0.7680 over 0.7677 on 100,000 firms, 0.7711 over 0.7707 on a million).
ITERATIONS, FEWER, TIES = 3, 2, 1_000_000


def best_partition(
    problem: Problem,
    rng: np.random.Generator,
    effort: float = 1.0,
    start: np.ndarray | None = None,
    n_jobs: int = 1,
) -> np.ndarray:
    """Labels (n,) from 0 that maximise the problem, as far as the search gets.

    `effort` multiplies the perturbations of a dense problem, of which there are the more the
    smaller the table; 0 leaves them out. Above 1 it multiplies the iterations of a sparse one.
    A dense search begins at `start` where it is given.
    Threads (`n_jobs`) serve a sparse problem from some 100,000 nodes on, and change no label.
    """
    seed = int(rng.integers(2**63))
    if isinstance(problem, LargeProblem):
        from .large_search import search_large

        return search_large(problem, np.array([seed], dtype=np.uint64), effort, start)
    if problem.q is None:
        from ..kernels.sparse import leiden

        W, A, B = problem.ties, problem.out_masses, problem.in_masses
        assert W is not None and A is not None and B is not None
        labels = leiden(
            W.indptr, W.indices, W.data, A, B, problem.resolution, seed,
            iterations_of(W.nnz, effort), threads_of(n_jobs),
        )  # fmt: skip
        return np.asarray(labels, dtype=np.int64)
    q, eps = problem.q, NEGLIGIBLE * problem.size
    labels = _search(q, eps, np.array([seed], dtype=np.uint64), effort, start)
    apart = ~q.any(axis=1)  # nothing ties them to anybody
    labels[apart] = labels.max() + 1 + np.arange(apart.sum())
    return labels


def iterations_of(ties: int, effort: float = 1.0) -> int:
    """Iterations of the sparse engine for so many ties: these at least, however small the effort.

    Twice as many find the Q of igraph run to convergence on 100,000 firms (0.7682).
    """
    return math.ceil((FEWER if ties > TIES else ITERATIONS) * max(1.0, effort))


def threads_of(n_jobs: Any) -> int:
    """Threads that n_jobs asks for, as joblib counts: -1 is one for each core."""
    if not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise ParameterError(
            f"n_jobs is {n_jobs!r}; give a number of threads, or -1 for one on each core."
        )
    if n_jobs > 0:
        return int(n_jobs)
    from joblib import cpu_count

    return max(1, int(cpu_count() + 1 + n_jobs))


def _search(
    q: np.ndarray, eps: float, state: np.ndarray, effort: float, start: np.ndarray | None
) -> np.ndarray:
    """Search, and search again from new starts, crossing each outcome with the best so far.

    What two good partitions agree on is kept together and the rest searched anew: a memetic
    algorithm with a population of two.
    """
    from ..kernels.dense import aggregate, compact, perturb, within

    def improve(level: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, bool]:
        gain, easy = perturb(level, labels, eps, int(effort * STEPS), PATIENCE, state)
        return (descend(level, eps, state, labels) if gain > eps else labels), easy

    best = descend(q, eps, state, start)
    if effort <= 0:
        return best
    best, easy = improve(q, best)
    if easy:
        return best
    value, n = within(q, best), len(best)
    idle, restarts = 0, int(effort * min(RESTARTS, WORK / n**3.2))
    for _ in range(restarts):
        rng = np.random.default_rng(state.copy())
        anywhere = rng.integers(int(best.max()) + 2, size=n)
        compact(anywhere)
        other, _ = improve(q, descend(q, eps, state, anywhere))
        parts = best * (int(other.max()) + 1) + other
        m = compact(parts)
        level = aggregate(q, parts, m)
        above = np.empty(m, dtype=np.int64)
        above[parts] = best
        child = descend(q, eps, state, improve(level, above)[0][parts])
        idle += 1
        for rival in (other, child):
            worth = within(q, rival)
            if worth > value + eps:
                best, value, idle = rival, worth, 0
        if idle >= IDLE:
            break
    return best


def descend(
    q: np.ndarray, eps: float, state: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """A partition (n,) that no move and no merger of clusters improves.

    q : symmetric, zero diagonal; eps : the least gain that counts; state : one uint64, the random
    numbers, moved on in place.
    """
    from ..kernels.dense import aggregate, compact, pair_up, refine, settle

    labels = pair_up(q) if labels is None else labels.copy()
    for turn in range(LEVELS):
        won = settle(q, labels, eps)
        if turn > 0 and won <= eps:  # the upper levels have just been searched from here
            break
        group, upper, level = None, labels, q
        for _level in range(LEVELS):
            parts = refine(level, upper, state)
            m = compact(parts)
            if m == len(upper):  # nothing joined within the clusters: take them whole
                parts = upper.copy()
                m = compact(parts)
                if m == len(upper):
                    break
            level = aggregate(level, parts, m)
            above = np.empty(m, dtype=np.int64)
            above[parts] = upper
            group = parts if group is None else parts[group]
            upper = above
            won += settle(level, upper, eps)
        if group is not None:
            labels = upper[group]
    return labels
