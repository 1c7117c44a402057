"""From a problem to the best partition that the compiled searches find.

Dense: everybody in the cluster of their best partner, then Leiden: single moves, refinement,
aggregation, up all levels, and again until nothing gains; then iterated perturbation.
Sparse: the Leiden of `kernels.sparse`.

References: Traag, Waltman and van Eck (2019), doi 10.1038/s41598-019-41695-z (Leiden);
Lourenco, Martin and Stutzle (2003), doi 10.1007/0-306-48056-5_11 (iterated local search).
"""

from __future__ import annotations

import numpy as np

from ..qualities import Problem

__all__ = ["best_partition", "descend"]

NEGLIGIBLE = 1e-12  # a gain below this share of a mean row of |q| is rounding
LEVELS = 50  # aggregation levels of one pass, and passes of one descent, at most
STEPS = 4_000  # perturbations at most
PATIENCE = 300  # perturbations in a row without a better partition that end the search
WORK = 2e8  # cells of the search's state that all perturbations together may visit
ITERATIONS = 3  # of the sparse engine


def best_partition(problem: Problem, rng: np.random.Generator, effort: float = 1.0) -> np.ndarray:
    """Labels (n,) from 0 that maximise the problem, as far as the search gets.

    `effort` multiplies the perturbations of a dense problem, of which there are the more the
    smaller the table; 0 leaves them out.
    """
    seed = int(rng.integers(2**63))
    if problem.q is None:
        from ..kernels.sparse import leiden

        W, A, B = problem.ties, problem.out_masses, problem.in_masses
        assert W is not None and A is not None and B is not None
        labels = leiden(
            W.indptr, W.indices, W.data, A, B,
            problem.resolution, seed=seed, iterations=ITERATIONS,
        )  # fmt: skip
        return np.asarray(labels, dtype=np.int64)
    from ..kernels.dense import perturb

    eps = NEGLIGIBLE * problem.size
    state = np.array([seed], dtype=np.uint64)
    labels = descend(problem.q, eps, state)
    n, k = len(labels), int(labels.max()) + 1
    steps = int(effort * min(STEPS, WORK / (n * (k + 20))))
    if steps > 0:
        perturb(problem.q, labels, eps, steps, int(max(1, effort * PATIENCE)), state)
        labels = descend(problem.q, eps, state, labels)
    return labels


def descend(
    q: np.ndarray, eps: float, state: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """A partition (n,) that no move and no merger of clusters improves.

    q : symmetric, zero diagonal; eps : the least gain that counts; state : one uint64, the random
    numbers, moved on in place.
    """
    from ..kernels.dense import aggregate, compact, pair_up, refine, settle

    labels = pair_up(q) if labels is None else labels.copy()
    for _ in range(LEVELS):
        won = settle(q, labels, eps)
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
        if won <= eps:
            break
    return labels
