"""Held-out trials of a large dense table: fewer folds, a sample of the hidden cells, one search.

So many cells are hidden in a fold that their sample tells the score to the third digit, and the
folds differ little. Each is fitted and put together once; the parts found at the finest resolution
then serve all others. See `heldout`, whose outcome this gives.
"""

from __future__ import annotations

import numpy as np

from ..network import FlowNetwork
from ..nullmodels import NullModel
from .heldout import FOLDS, STRONG, Trials, is_thin, matthews
from .large_search import partitions_of
from .large_tables import HOLE, fit_large, log_table, pose_fitted, pose_flow, sides_of

__all__ = ["try_large"]

TRIED = 3  # of the folds
SAMPLE = 600_000  # hidden cells that are scored


def some_of(hide: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of hidden cells, drawn with replacement, bit by bit to spare memory."""
    parts, left = [], SAMPLE
    for _ in range(2 * FOLDS):
        drawn = rng.integers(len(hide), size=(2, SAMPLE), dtype=np.int32)
        parts.append(drawn[:, np.flatnonzero(hide[*drawn])[:left]])
        left -= parts[-1].shape[1]
        if not left:
            break
    i, j = np.concatenate(parts, axis=1)
    return i, j


def try_large(
    network: FlowNetwork,
    measure: str,
    model: NullModel,
    resolutions: np.ndarray,
    rng: np.random.Generator,
) -> Trials | None:
    """Held-out trials; None where the large search does not apply."""
    n = network.n
    logs = log_table(network) if measure == "lift" else None
    if (logs is None) == (measure == "lift") or (measure == "flow" and is_thin(network)):
        return None
    sides = None if logs is None else sides_of(logs)
    fold = rng.integers(FOLDS, size=(n, n), dtype=np.uint8)
    scores, partitions, departures = [], [], []
    for f in range(TRIED):
        hide = fold == f
        np.fill_diagonal(hide, False)
        i, j = some_of(hide, rng)
        if logs is not None and sides is not None:
            y = logs.copy()
            y[hide] = HOLE
            fitted, a, b, s, t = fit_large(y)
            pose = pose_fitted(fitted, sides, 1 - 1 / FOLDS)
            seen = logs[i, j] > HOLE
            left = logs[i, j] - a[i] - b[j]
            level = left / (s[i] * t[j])
            i, j, left, level = i[seen], j[seen], left[seen], level[seen]
        else:
            part = network.with_ties(np.where(hide, 0.0, network.ties), network.tie_rule)
            posed = pose_flow(part, model)
            if posed is None or not part.out_strength.sum() > 0:
                return None
            pose = posed
            A, B = (side.ravel() for side in model.masses(part))
            expected, value = A[i] * B[j] / (1 - 1 / FOLDS), network.ties[i, j]
            known = expected > 0
            i, j, value, expected = i[known], j[known], value[known], expected[known]
            level = value / expected
            with np.errstate(divide="ignore", invalid="ignore"):
                left = np.log(level)
        if not len(level):
            return None
        cut = min(int((1 - STRONG) * len(level)), len(level) - 1)
        strong = level >= np.partition(level, cut)[cut]
        state = np.array([rng.integers(2**63)], dtype=np.uint64)
        found = partitions_of(pose, resolutions, state)
        scores.append([matthews(labels, i, j, strong) for labels in found])
        partitions.append(found)
        flows = np.isfinite(left)
        departures.append((i[flows], j[flows], left[flows]))
    return Trials(resolutions, np.array(scores), np.array(partitions), departures)
