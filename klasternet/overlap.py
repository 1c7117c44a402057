"""Industries that belong to several clusters: sums over shares, and shares from trade or lift.

Shares are a sparse matrix, industries x clusters, with rows that add up to 1 at most; what is left
belongs to the rest of the economy. Arrays in, arrays out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from . import lift
from .errors import ContractError
from .labelling import membership
from .matrices import column_sums, row_sums, without_diagonal
from .network import FlowNetwork

__all__ = [
    "cells",
    "flows_between",
    "inside_trade",
    "left_over",
    "outside_trade",
    "shares_of_lift",
    "shares_of_trade",
    "sound_shares",
]

NOTHING = 1e-9  # rounding of shares that are ratios
CHANCE = 2.0  # standard errors of a mean lift


def sound_shares(shares: Any, labels: np.ndarray, k: int) -> sparse.csr_array:
    """Return shares as float64, read-only, or raise what is wrong with them."""
    M = sparse.csr_array(shares, dtype=np.float64, copy=True)
    M.eliminate_zeros()
    M.sort_indices()
    n = len(labels)
    rows: np.ndarray = np.asarray(M.sum(axis=1)).ravel()
    if M.shape != (n, k):
        raise ContractError(f"shares are {M.shape} for {n} industries in {k} clusters.")
    if not np.isfinite(M.data).all() or (M.data < 0).any() or (rows > 1 + NOTHING).any():
        i = int(np.argmax(~np.isfinite(rows) | (rows > 1 + NOTHING)))
        raise ContractError(
            f"shares are from 0 to 1 and add up to 1 at most; those of industry {i} add up to "
            f"{rows[i]:g}, and the least of all is {M.data.min():g}."
        )
    at, cluster = cells(M)
    homeless = labels >= 0
    homeless[at[cluster == labels[at]]] = False
    if homeless.any():
        raise ContractError(
            f"industry {np.argmax(homeless)} has no share in the cluster of its label."
        )
    for part in (M.data, M.indices, M.indptr):
        part.setflags(write=False)
    return M


def cells(M: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Industry and cluster of every share, in the order of the data."""
    return np.repeat(np.arange(M.shape[0]), np.diff(M.indptr)), M.indices


def left_over(M: sparse.csr_array) -> np.ndarray:
    """Share of each industry that is in no cluster, shape (n,)."""
    left = 1.0 - np.asarray(M.sum(axis=1)).ravel()
    return np.where(left > NOTHING, left, 0.0)


def flows_between(W: Any, M: sparse.csr_array) -> np.ndarray:
    """Return M' W M with the rest of the economy as its last row and column."""
    whole = sparse.hstack([M, sparse.csr_array(left_over(M)[:, None])], format="csr")
    flow = (whole.T.tocsr() @ W) @ whole
    return flow.toarray() if sparse.issparse(flow) else np.asarray(flow)


def inside_trade(W: Any, M: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return what each industry sells to, and buys from, its clusters, times its share in them."""
    i, k = cells(M)
    out = []
    for part in (W, W.T):
        if sparse.issparse(part):
            held = part.tocsr()[i].multiply(M.T.tocsr()[k]).sum(axis=1)
        else:
            held = (part @ M)[i, k]
        amounts = M.data * np.asarray(held).ravel()
        out.append(sparse.csr_array((amounts, M.indices, M.indptr), shape=M.shape))
    return out[0], out[1]


def outside_trade(
    totals: np.ndarray, inside: sparse.csr_array, M: sparse.csr_array
) -> sparse.csr_array:
    """Return the rest of each member's share in its total; what rounding leaves of nothing is 0."""
    whole = M.data * totals[cells(M)[0]]
    left = whole - inside.data
    left = np.where(left > 1e-12 * whole, left, 0.0)
    return sparse.csr_array((left, M.indices, M.indptr), shape=M.shape)


def shares_of_trade(
    network: FlowNetwork, labels: np.ndarray, k: int, at_least: float
) -> sparse.csr_array:
    """Share of the trade of each member with its own cluster and with others that count.

    Another cluster counts from `at_least` of the industry's trade on, where it is also more than
    that cluster's share in the trade of all others. Trade are the ties, if none is negative.
    """
    W = without_diagonal(network.ties)
    if W.min() < 0:
        W = without_diagonal(network.flows)
    M = membership(labels, k)
    held = W @ M + W.T @ M
    held = held.toarray() if sparse.issparse(held) else np.asarray(held)
    size = row_sums(W) + column_sums(W)
    others = (M.T @ size) - M.toarray() * size[:, None]  # trade of each cluster without oneself
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num(held / size[:, None])
        chance = np.nan_to_num(others / (size.sum() - size)[:, None])
    return _divided(share, share > chance, M.toarray() > 0, at_least)


def shares_of_lift(
    network: FlowNetwork, labels: np.ndarray, k: int, at_least: float
) -> sparse.csr_array:
    """Share of the mean lift of each member with its own cluster and with others that count.

    Of all its means with clusters that are positive. Another cluster counts from `at_least` on,
    where the mean is also more than that of so many flows would be by chance.
    """
    logs, kind = lift.logs_of(network)
    M, use = membership(labels, k).toarray(), (kind > 0).astype(float)
    total, number = ((part + part.T) @ M for part in (lift.fit(logs, kind)[0] * use, use))
    mean = np.divide(np.maximum(total, 0.0), number, out=np.zeros_like(total), where=number > 0)
    whole = mean.sum(axis=1, keepdims=True)
    share = np.divide(mean, whole, out=np.zeros_like(mean), where=whole > 0)
    return _divided(share, total > CHANCE * np.sqrt(number), M > 0, at_least)


def _divided(
    belonging: np.ndarray, beyond: np.ndarray, own: np.ndarray, at_least: float
) -> sparse.csr_array:
    """Divide each member among its own cluster and others; those of the rest stay there."""
    kept = np.where(own | ((belonging >= at_least) & beyond), belonging, 0.0)
    alone: np.ndarray = (kept * own).sum(
        axis=1
    ) <= 0  # nothing ties it to its own cluster: it stays whole
    kept = np.where(alone[:, None], own, kept)
    kept = np.where(own.any(axis=1, keepdims=True), kept, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    return sparse.csr_array(np.divide(kept, total, out=np.zeros_like(kept), where=total > 0))
