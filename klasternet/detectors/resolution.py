"""profile_resolution(): how well each resolution holds out of sample, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import number
from .dense_clusters import measure_of, poser, tried
from .searching import best_partition

__all__ = ["profile_resolution"]


def profile_resolution(
    network: FlowNetwork,
    resolutions: Sequence[float] | None = None,
    *,
    measure: str = "auto",
    null: Any = "gravity",
    seed: int | None = 0,
) -> pd.DataFrame:
    """Tell, for each resolution, how well its clusters hold out of sample and what they are.

    A fifth of the flows is hidden at a time; the score is the Matthews correlation, over the hidden
    flows, between "same cluster" and "among the strongest 5 %".

    Parameters
    ----------
    network : FlowNetwork
    resolutions : sequence of float, optional
        Thetas of the lift measure or gammas of the flow measure; the usual grid if left out.
    measure, null, seed
        As in `detect`.

    Returns
    -------
    DataFrame, one row for each resolution
        score, se (its standard error over folds), chosen (the coarsest within one standard error of
        the best), clusters and alone (clusters of at least two, and industries by themselves, on
        all flows), largest (members of the largest), objective, and partition (labels).

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(30, 3, seed=1)
    >>> profile = kn.profile_resolution(network, [0.0, 0.5, 1.0], seed=0)
    >>> profile.index.tolist()
    [0.0, 0.5, 1.0]
    """
    if not isinstance(network, FlowNetwork):
        raise ParameterError(f"a FlowNetwork is needed, not a {type(network).__name__}.")
    measure = measure_of(network, measure)
    rng = np.random.default_rng(seed)
    grid = None
    if resolutions is not None:
        given = [resolutions] if isinstance(resolutions, str) else list(resolutions)
        least = 0.0 if measure == "flow" else -1e100
        grid = np.array([number("a resolution", value, least) for value in given])
        if not len(grid):
            raise ParameterError("resolutions is empty; give at least one, or leave it out.")
    model = null_model_of(null)
    trials = tried(network, measure, model, grid, rng)
    if not trials.any:
        raise DataError("there are too few flows to hide any of them; give a larger network.")
    pose = poser(network, measure, model)
    frame = trials.profile(trials.choose()).drop(columns="clusters")
    rows = []
    for resolution in trials.resolutions:
        posed = pose(float(resolution))
        labels = best_partition(posed, rng)
        sizes = np.bincount(labels)
        rows.append(
            {
                "clusters": int((sizes > 1).sum()),
                "alone": int((sizes == 1).sum()),
                "largest": int(sizes.max()),
                "objective": posed.value(labels),
                "partition": labels,
            }
        )
    return frame.join(pd.DataFrame(rows, index=frame.index))
