"""What a scorecard can measure by itself: specialisation, proximity and ties of clusters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import Clusters
from ..errors import DataError, ParameterError
from ..tables.alignment import some
from .colocation import coagglomeration
from .opportunity import cluster_employment
from .quotients import location_quotients

__all__ = ["Measured", "measured"]

OF_FLOWS = {"purchase retention", "reciprocity", "density of ties"}
FULL = 0.9  # share of pairs that trade from which on a gap is a matter of rounding, not of ties
GROUPS = 999  # random groups of industries that a cluster's places are compared with


@dataclass(frozen=True, eq=False)
class Measured:
    """Values of an indicator, one for each cluster, with what they are compared with by nature.

    Attributes
    ----------
    amounts : ndarray, shape (k,)
        NaN where it cannot be measured.
    sample : ndarray, shape (m, k), or None
        What each cluster has in reference regions.
    ends : (worst, best) or None
    score : ndarray, shape (k,), or None
        Where the measure itself tells how it stands.
    reference : str
    """

    amounts: np.ndarray
    sample: np.ndarray | None = None
    ends: tuple[float, float] | None = None
    score: np.ndarray | None = None
    reference: str = ""


def measured(
    clusters: Clusters,
    wanted: Iterable[str],
    employment: pd.DataFrame | None,
    region: Any,
    seed: int,
) -> dict[str, Measured]:
    """The indicators among those wanted that the data allow; others are not there."""
    wanted = set(wanted)
    out = _of_flows(clusters) if wanted & OF_FLOWS else {}
    if employment is None:
        if region is not None:
            raise ParameterError(f"region {region!r} is given without employment; give both.")
    else:
        out |= _of_places(clusters, employment, region, wanted, seed)
    return {name: one for name, one in out.items() if name in wanted}


def _of_flows(clusters: Clusters) -> dict[str, Measured]:
    """Purchase retention, reciprocity and density of ties, from the trade of the network."""
    W = sparse.csr_array(clusters.network.trade)
    loops = sparse.diags_array(W.diagonal(), format="csr")
    others = W - loops
    returned = others.minimum(others.T)
    inner = clusters.between.to_numpy()[: len(clusters), : len(clusters)].diagonal()
    bought = clusters.between.to_numpy().sum(axis=0)[: len(clusters)]
    M = clusters.membership.tocsc()
    flow, back, pairs = (
        np.asarray(((part @ M) * M).sum(axis=0)).ravel()
        for part in (others, returned, others.astype(bool).astype(float))
    )
    size, square = (np.asarray(part.sum(axis=0)).ravel() for part in (M, M.power(2)))
    n = int(clusters.network.active.sum())
    everywhere = (others > 0).sum() / max(n * (n - 1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        retention, reciprocity = inner / bought, back / flow
        density = pairs / (size**2 - square)
    out = {
        "purchase retention": Measured(_known(retention)),
        "reciprocity": Measured(_known(reciprocity)),
    }
    if everywhere < FULL:
        out["density of ties"] = Measured(
            _known(density),
            ends=(everywhere, 1.0),
            reference=f"from {everywhere:.2g}, as in the whole economy, to 1",
        )
    return out


def _known(values: np.ndarray) -> np.ndarray:
    """NaN where nothing can be told, as of a cluster of one industry."""
    return np.where(np.isfinite(values), values, np.nan)


def _of_places(
    clusters: Clusters, employment: pd.DataFrame, region: Any, wanted: set[str], seed: int
) -> dict[str, Measured]:
    """Location quotient and coagglomeration."""
    if not isinstance(employment, pd.DataFrame):
        raise ParameterError("employment is a DataFrame, regions x industries.")
    if region is None:
        raise ParameterError(
            "employment is given without a region; say which row is scored, region=, such as "
            f"{employment.index[0]!r}."
        )
    if region not in employment.index:
        raise ParameterError(
            f"employment has no region {region!r}; its regions are {some(employment.index, 8)}."
        )
    if len(employment) < 2:
        raise DataError(
            f"employment has the single region {region!r}: there is no reference region. Give all "
            "regions of the nation."
        )
    out = {}
    if "location quotient" in wanted:
        by_cluster = cluster_employment(clusters, employment)
        lq = location_quotients(by_cluster, level=None)["lq"].to_numpy()
        lq = lq.reshape(by_cluster.shape)[:, : len(clusters)]  # the rest of the economy is last
        here = by_cluster.index == region
        out["location quotient"] = Measured(
            lq[here][0], sample=lq[~here], reference=f"{int((~here).sum())} other regions"
        )
    if "coagglomeration" in wanted:
        found = coagglomeration(clusters, employment, draws=GROUPS, seed=seed, progress=False)
        out["coagglomeration"] = Measured(
            found["mean_gamma"].to_numpy(),
            score=1 - found["pvalue"].to_numpy(),
            reference=f"share of {GROUPS} random groups of industries less together",
        )
    return out
