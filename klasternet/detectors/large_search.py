"""The search of a large dense table: best partners first, then their groups, then single moves.

A pass over the table costs more than all the search on groups, so the search is done there, with
perturbation as on small tables, and the table itself is read four to seven times; see
`kernels.large`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .searching import descend

__all__ = ["partitions_of", "search_large"]

NEGLIGIBLE = 1e-7  # a gain below this share of a mean row of ties is rounding
TURNS = 8  # times that clusters are taken apart and searched again, at most
SHAKES = 60  # perturbations of the groups, and in a row without a gain: few groups, found fast
PATIENCE = 30
RIVALS = 3  # from random starts, once a turn gains no more
CROSSED = 5.0  # times as many shakes of what they agree on


def _groups(problem: Any, groups: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of groups added up, (count, n), and the pulls between groups, (count, count)."""
    from ..kernels.large import add_rows, between

    rows = np.empty((count, problem.n), np.float32)
    add_rows(problem.both, groups, count, rows)
    return rows, between(rows, groups, *problem.masses)


def climb(
    q: np.ndarray,
    eps: float,
    state: np.ndarray,
    effort: float,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Clusters of groups: a descent, and shakes of what it finds."""
    from ..kernels.dense import perturb

    above = descend(q, eps, state, start)
    if effort > 0:
        gain, _ = perturb(q, above, eps, int(effort * SHAKES), PATIENCE, state)
        if gain > eps:
            above = descend(q, eps, state, above)
    return above


def cross(
    q: np.ndarray, eps: float, state: np.ndarray, effort: float, above: np.ndarray
) -> np.ndarray:
    """Search what the clusters and a few rivals from random starts agree to keep together."""
    from ..kernels.dense import aggregate, compact, within

    value, n = within(q, above), len(above)
    for _ in range(max(1, int(effort * RIVALS))):
        rng = np.random.default_rng(state.copy())
        anywhere = rng.integers(int(above.max()) + 2, size=n)
        compact(anywhere)
        rival = climb(q, eps, state, 0.0, anywhere)
        parts = above * (int(rival.max()) + 1) + rival
        count = compact(parts)
        level, start = aggregate(q, parts, count), np.empty(count, dtype=np.int64)
        start[parts] = above
        child = climb(level, eps, state, CROSSED * effort, start)[parts]
        for other in (rival, child):
            worth = within(q, other)
            if worth > value + eps:
                above, value = other, worth
    return above


def search_large(
    problem: Any, state: np.ndarray, effort: float = 1.0, start: np.ndarray | None = None
) -> np.ndarray:
    """Labels (n,) from 0; see `searching.best_partition`."""
    from ..kernels.dense import compact, within
    from ..kernels.large import move_single, pair_best, pulls_of, take_apart

    both, (a, b) = problem.both, problem.masses
    eps = NEGLIGIBLE * problem.size / problem.unit
    if start is None:
        groups = pair_best(both, a, b)
    else:
        labels = np.unique(start, return_inverse=True)[1].astype(np.int64)
        groups = take_apart(both, a, b, labels, int(labels.max()) + 1, state)
    count = compact(groups)
    rows, q = _groups(problem, groups, count)
    above = None
    if start is not None:
        above = np.empty(count, dtype=np.int64)
        above[groups] = labels
    above = climb(q, eps, state, effort, above)
    for _turn in range(TURNS):
        labels = above[groups]
        pulls = np.empty((int(above.max()) + 2, problem.n))
        pulls_of(rows, above, groups, a, b, pulls)
        moved = move_single(both, a, b, labels, pulls, eps)
        if _turn and moved <= eps:
            break
        clusters = compact(labels)
        groups = take_apart(both, a, b, labels, clusters, state)
        count = compact(groups)
        rows, q = _groups(problem, groups, count)
        before = np.empty(count, dtype=np.int64)
        before[groups] = labels
        above = climb(q, eps, state, effort, before)
        if within(q, above) > within(q, before) + eps:
            continue
        if effort > 0:
            above = cross(q, eps, state, effort, above)
        if within(q, above) <= within(q, before) + eps:
            break
    apart = (problem.out_masses == 0) & (problem.in_masses == 0)  # nothing ties them to anybody
    labels = (
        labels if not apart.any() else np.where(apart, labels.max() + 1 + apart.cumsum(), labels)
    )
    compact(labels)
    return labels


def partitions_of(
    pose: Callable[[float], Any], resolutions: np.ndarray, state: np.ndarray
) -> np.ndarray:
    """Quick partitions at several resolutions, (t, n): of parts made at the finest one."""
    from ..kernels.dense import compact
    from ..kernels.large import take_apart

    finest, bare = pose(float(resolutions.max())), pose(0.0)
    labels = search_large(finest, state, effort=0.0)
    groups = take_apart(finest.both, *finest.masses, labels, int(labels.max()) + 1, state)
    count = compact(groups)
    _, ties = _groups(bare, groups, count)
    sums = [np.bincount(groups, part, count) for part in (bare.out_masses, bare.in_masses)]
    spent = np.outer(*sums) / bare.unit
    spent += spent.T
    np.fill_diagonal(spent, 0.0)
    eps = NEGLIGIBLE * bare.size / bare.unit
    found = [descend(ties - r * spent, eps, state)[groups] for r in resolutions]
    return np.array(found, dtype=np.int32)
