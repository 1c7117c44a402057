"""What the report knows of each cluster: readings of density, a verdict, and sums over members."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..network import FlowNetwork
from ..tables.table import IOTable
from ..wording import CLEAR

__all__ = ["cluster_table", "partners", "satellites_of"]

NOT_SUMS = {"longitude", "latitude", "output", "exports", "value_added", "final_demand"}


def cluster_table(clusters: Clusters, table: IOTable | None = None) -> pd.DataFrame:
    """Return one row for each cluster: number, members, `density` readings, sums, verdict.

    The verdict is read off the interval of contrast (times denser inside than to the rest):
    "clear" where its lower end is at least 1.5, "fair" where it is above 1, "unsure" otherwise.
    `support` is the share of trials with hidden flows in which members stayed, where it is known.

    As far as the network knows them: output, exports, value_added and satellites of the members,
    each with its share of all industries (NAME_share); export_intensity, exports over output; and
    with a table that has imports, imported_inputs_share, of all goods and services bought as
    inputs.
    """
    names = pd.Index(clusters.names, name="cluster")
    frame = pd.DataFrame({"number": np.arange(len(clusters))}, index=names)
    if not len(clusters):
        return frame
    from ..evidence.readings import density

    frame = frame.join(density(clusters))
    frame.insert(3, "share_of_trade", clusters.internal_flow / float(clusters.network.trade.sum()))
    if clusters.support is not None:
        frame["support"] = [
            float(np.mean(clusters.support[clusters.labels == k])) for k in range(len(clusters))
        ]
    for name, values in _sums(clusters, table).items():
        if name not in frame:
            frame[name] = values
    low = frame["contrast_low"].to_numpy(dtype=float)
    frame["verdict"] = np.select([low >= CLEAR, low > 1], ["clear", "fair"], "unsure")
    frame["members"] = ["; ".join(map(str, members)) for members in clusters]
    return frame


def satellites_of(network: FlowNetwork) -> list[str]:
    """Columns of the network that are amounts of another kind: jobs, emissions."""
    names = [name for name in network.columns if name not in NOT_SUMS]
    return [str(name) for name in names if _summable(network, name)]


def _summable(network: FlowNetwork, name: Any) -> bool:
    column = network.columns[name]
    if column.dtype.kind not in "iuf":
        return False
    return bool(np.isfinite(column).all() and (column >= 0).all() and column.sum() > 0)


def _sums(clusters: Clusters, table: IOTable | None) -> dict[str, np.ndarray]:
    network, inside = clusters.network, clusters.membership.T.tocsr()
    out: dict[str, np.ndarray] = {}
    main = [name for name in ("output", "exports", "value_added") if name in network.columns]
    for name in [name for name in main if _summable(network, name)] + satellites_of(network):
        amounts = network.columns[name].to_numpy(dtype=float)
        out[name] = inside @ amounts
        out[f"{name}_share"] = out[name] / amounts.sum()
    if "output" in out and "exports" in out:
        with np.errstate(invalid="ignore", divide="ignore"):
            out["export_intensity"] = out["exports"] / out["output"]
    if table is not None and table.imports is not None:
        bought = table.imports.sum(axis=0).reindex(network.industries)
        if bought.notna().all():
            abroad = inside @ bought.to_numpy(dtype=float)
            home = inside @ np.asarray(network.flows.sum(axis=0)).ravel()
            mixed = any(made.what == "imported flows mixed in" for made in network.decisions)
            with np.errstate(invalid="ignore", divide="ignore"):
                out["imported_inputs_share"] = abroad / (home if mixed else home + abroad)
    return out


def partners(clusters: Clusters, k: int, sells: bool, most: int = 3) -> list[tuple[str, float]]:
    """Who outside the cluster its members sell to (or buy from) most, with shares of all."""
    W = clusters.network.trade
    inside = clusters.labels == k
    members = np.flatnonzero(inside)
    flows = W[members, :].sum(axis=0) if sells else W[:, members].sum(axis=1)
    flows = np.asarray(flows, dtype=float).ravel()
    total = float(flows.sum())
    if not total:
        return []
    outside = np.where(inside, 0.0, flows)
    first = np.lexsort((np.arange(len(outside)), -outside))[:most]
    names = clusters.network.industries
    return [(str(names[i]), float(outside[i]) / total) for i in first if outside[i] > 0]
