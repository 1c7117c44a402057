"""The engine room: from a problem to the best partition that the compiled searches find."""

from __future__ import annotations

import numpy as np

from ..qualities import Problem

__all__ = ["best_partition"]

NEGLIGIBLE = 1e-12  # a gain below this share of a mean row of |q| is rounding
STEPS = 4_000  # perturbations at most, a million cell visits each at most
PATIENCE = 300  # perturbations in a row without a better partition that end the search
WORK = 2e8  # cells of K that all perturbations together may visit
ITERATIONS = 3  # of the sparse engine


def best_partition(problem: Problem, rng: np.random.Generator, effort: float = 1.0) -> np.ndarray:
    """Labels (n,) from 0 that maximise the problem, as far as the search gets.

    Dense: pairs of best partners, Leiden to convergence, then iterated perturbation, the more of
    it the smaller the table; `effort` multiplies it, 0 leaves it out. Sparse: Leiden, repeated.
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
    from ..kernels.dense import descend, pair_up, perturb

    q, eps = problem.q, NEGLIGIBLE * problem.size
    state = np.array([seed], dtype=np.uint64)
    labels = pair_up(q)
    descend(q, labels, eps, state)
    n, k = len(labels), int(labels.max()) + 1
    steps = int(effort * min(STEPS, WORK / (n * (k + 20))))
    if steps > 0:
        perturb(q, labels, eps, steps, int(max(1, effort * PATIENCE)), state)
        descend(q, labels, eps, state)
    return labels
