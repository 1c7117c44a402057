"""Who is who in a cluster: its core, the roles of its members, its suppliers and its buyers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import Clusters
from ..labelling import REST
from ..matrices import column_sums, row_sums, without_diagonal

__all__ = ["SURE", "core_of", "members_of", "partners_of"]

SURE = 0.9  # of trials with hidden flows: so often a core member held its place
MOST = 0.8  # of the trade inside a cluster: so much its core carries, where nothing else is known
HUB = 2.5  # Guimera and Amaral's z, from which on a member is a hub
PLAIN = (0.05, 0.62, 0.80), ("ultra-peripheral", "peripheral", "connector", "kinless")
HUBS = (0.30, 0.75), ("provincial hub", "connector hub", "kinless hub")  # by participation


def members_of(clusters: Clusters) -> pd.DataFrame:
    """Trade of each industry with its own cluster and with others, and its role by it.

    With s_iC the flows between i and cluster C, both ways and without loops, and s_i their sum
    over clusters (the rest of the economy counts as one),

        z_i = (s_iC - mean) / sd over the members of its own C        P_i = 1 - sum_C (s_iC / s_i)^2

    Of an industry in several clusters, C in z is the primary one.

    Returns
    -------
    DataFrame, one row for each industry of the network
        sold_inside, bought_inside, sold_outside, bought_outside (money), z, participation, role.
    """
    W, labels = clusters.network.trade, clusters.labels
    sold_in, bought_in = (np.asarray(part.sum(axis=1)).ravel() for part in clusters.own_trade)
    flows = without_diagonal(clusters.network.flows)
    groups = sparse.hstack(
        [clusters.membership, sparse.csr_array(clusters.rest_share[:, None])], format="csr"
    )
    with_each = flows @ groups + flows.T @ groups
    with_each = with_each.toarray() if sparse.issparse(with_each) else np.asarray(with_each)
    total = with_each.sum(axis=1, keepdims=True)
    share = np.divide(with_each, total, out=np.zeros(with_each.shape), where=total > 0)
    participation = np.where(total[:, 0] > 0, 1 - (share**2).sum(axis=1), 0.0)
    own = with_each[np.arange(len(labels)), labels]
    peers = pd.Series(own).groupby(labels)
    mean, spread = (peers.transform(how).to_numpy() for how in ("mean", _spread))
    differ = spread > 1e-12 * mean
    z = np.divide(own - mean, spread, out=np.zeros(len(own)), where=differ)
    return pd.DataFrame(
        {
            "sold_inside": sold_in,
            "bought_inside": bought_in,
            "sold_outside": row_sums(W) - sold_in,
            "bought_outside": column_sums(W) - bought_in,
            "z": z,
            "participation": participation,
            "role": np.where(z >= HUB, _named(participation, HUBS), _named(participation, PLAIN)),
        },
        index=clusters.network.industries,
    )


def _spread(amounts: pd.Series) -> float:
    return float(np.std(amounts.to_numpy()))


def _named(participation: np.ndarray, roles: tuple[Any, Any]) -> np.ndarray:
    limits, names = roles
    return np.array(names, dtype=object)[np.searchsorted(limits, participation)]


def core_of(clusters: Clusters, members: pd.DataFrame, stability: Any) -> tuple[np.ndarray, str]:
    """Whether each industry is a core member of its cluster, and by what that was told."""
    labels, industries = clusters.labels, clusters.network.industries
    core = np.zeros(len(labels), dtype=bool)
    if stability is not None:
        for k, name in enumerate(clusters.names):
            core |= (labels == k) & industries.isin(stability.core[name])
        return core, f"in it in {stability.certain:.0%} or more of the noisy tables"
    if clusters.support is not None and np.isfinite(clusters.support[labels >= 0]).all():
        core = (labels >= 0) & (clusters.support >= SURE)
        return core, f"held its place in {SURE:.0%} or more of the trials with hidden flows"
    inside = (members["sold_inside"] + members["bought_inside"]).to_numpy()
    for k in range(len(clusters)):
        at = np.flatnonzero(labels == k)
        at = at[np.argsort(-inside[at], kind="stable")]
        before = np.cumsum(inside[at]) - inside[at]
        core[at] = (before < MOST * inside[at].sum()) & (inside[at] > 0)
    return core, f"the fewest members that carry {MOST:.0%} of the trade inside"


def partners_of(
    clusters: Clusters, imports: np.ndarray | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Suppliers and buyers of each cluster outside of it, the largest first.

    `imports`, (n, n) in the order of the network, adds what members buy of each product abroad.
    """
    W, M = clusters.network.trade, clusters.membership
    abroad = None if imports is None else M.T @ imports.T
    return _partners(clusters, M.T @ W.T, abroad), _partners(clusters, M.T @ W, None)


def _partners(clusters: Clusters, amounts: Any, abroad: np.ndarray | None) -> pd.DataFrame:
    """Long frame of clusters x industries, without what is inside; share: of inside and outside.

    Of an industry that is in the cluster by a share, the part that is not.
    """
    total = np.asarray(amounts.sum(axis=1)).ravel()
    if abroad is not None and sparse.issparse(amounts):
        amounts = amounts.toarray()
    if sparse.issparse(amounts):
        cells = amounts.tocoo()
        k, i, amount = cells.row, cells.col, cells.data
    else:
        listed = amounts > 0 if abroad is None else (amounts > 0) | (abroad > 0)
        k, i = np.nonzero(listed)
        amount = amounts[k, i]
    if clusters.shares is None:
        part = (clusters.labels[i] != k).astype(float)
    else:
        part = 1.0 - clusters.shares.toarray()[i, k]
    keep = part > 0
    k, i, part, amount = k[keep], i[keep], part[keep], amount[keep] * part[keep]
    columns = {
        "partner": np.array([*clusters.names, REST], dtype=object)[clusters.labels[i]],
        "amount": amount,
        "share": np.divide(amount, total[k], out=np.zeros(len(k)), where=total[k] > 0),
    }
    keys = [i, -amount, k]
    if abroad is not None:
        columns["imported"] = part * abroad[k, i]
        keys.insert(1, -columns["imported"])
    names = np.array(clusters.names, dtype=object)[k]
    index = pd.MultiIndex.from_arrays(
        [names, clusters.network.industries[i]], names=["cluster", "industry"]
    )
    return pd.DataFrame(columns, index=index).iloc[np.lexsort(keys)]
