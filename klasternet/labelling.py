"""Labels of industries: renumbered by flow, summed, and named. Arrays in, arrays out.

Labels are integers, one for each industry; negative ones mean no cluster.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import sparse

from .errors import ContractError
from .matrices import LARGE
from .network import FlowNetwork

__all__ = [
    "REST",
    "internal_flow",
    "membership",
    "name_clusters",
    "order_labels",
    "own_trade",
    "set_alone",
    "unique_names",
]

REST = "rest"


def internal_flow(network: FlowNetwork, labels: np.ndarray) -> np.ndarray:
    """Return the money flow inside each label >= 0, shape (max label + 1,)."""
    k = int(labels.max(initial=-1)) + 1
    sold, _ = own_trade(network.trade, labels)
    inside = labels >= 0
    return np.bincount(labels[inside], weights=sold[inside], minlength=k)


def own_trade(W: Any, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what each industry sells to, and buys from, members of its own cluster."""
    n = len(labels)
    if not sparse.issparse(W):
        if n > LARGE:
            from .kernels.large import own_sums

            sold, bought = own_sums(W, set_alone(labels))
            loops = W.diagonal() * (labels >= 0)
            return sold + loops, bought + loops
        sold = W.diagonal() * (labels >= 0)
        bought = sold.copy()
        order = np.argsort(labels, kind="stable")
        starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
        ends = np.append(starts[1:], n)
        several = ends - starts > 1
        for start, end in zip(starts[several], ends[several], strict=True):
            members = order[start:end]
            block = W[np.ix_(members, members)]
            sold[members], bought[members] = block.sum(axis=1), block.sum(axis=0)
        return sold, bought
    rows = np.repeat(np.arange(n, dtype=W.indices.dtype), np.diff(W.indptr))
    same = (labels[rows] == labels[W.indices]) & (labels[rows] >= 0)
    rows, columns, data = rows[same], W.indices[same], W.data[same]
    return np.bincount(rows, data, minlength=n), np.bincount(columns, data, minlength=n)


def membership(labels: np.ndarray, k: int) -> sparse.csr_array:
    """Return the n x k matrix with 1 where an industry has a label."""
    inside = np.flatnonzero(labels >= 0)
    data = np.ones(len(inside))
    return sparse.csr_array((data, (inside, labels[inside])), shape=(len(labels), k))


def order_labels(
    labels: Any,
    network: FlowNetwork,
    return_order: bool = False,
    own: tuple[np.ndarray, np.ndarray] | None = None,
) -> Any:
    """Renumber labels by internal flow, 0 the largest; negative ones become -1.

    Ties go by the number of members, then by the first member, so that the outcome depends on
    the partition alone.

    Parameters
    ----------
    labels : array of int, shape (n,)
        Any integers.
    network : FlowNetwork
    return_order : bool
        Also return which old label (position among the sorted old ones) each new one was.
    own : tuple of ndarray, optional
        What `own_trade` gives for these labels, where it is known already.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    labels = np.asarray(labels)
    if labels.shape != (network.n,) or labels.dtype.kind not in "iu":
        raise ContractError(
            f"labels of shape {labels.shape} and type {labels.dtype} for {network.n} industries. "
            "Give one integer for each."
        )
    inside = labels >= 0
    out = np.full(network.n, -1, dtype=np.int64)
    old, first, compact, size = np.unique(
        labels[inside], return_index=True, return_inverse=True, return_counts=True
    )
    out[inside] = compact
    sold, _ = own_trade(network.trade, out) if own is None else own
    flow = np.bincount(compact, weights=sold[inside], minlength=len(old))
    order = np.lexsort((first, -size, -flow))
    rank = np.empty(len(old), dtype=np.int64)
    rank[order] = np.arange(len(old))
    out[inside] = rank[compact]
    return (out, order) if return_order else out


def set_alone(labels: np.ndarray) -> np.ndarray:
    """Give every industry of the rest a label of its own."""
    out = labels.copy()
    rest = np.flatnonzero(labels < 0)
    out[rest] = labels.max(initial=-1) + 1 + np.arange(len(rest))
    return out


def name_clusters(
    network: FlowNetwork, labels: np.ndarray, own: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[str, ...]:
    """Name each cluster after its one or two members with the largest internal flow.

    own : what `own_trade` gives for these labels, where it is known already.
    """
    if labels.max(initial=-1) < 0:
        return ()
    sold, bought = own_trade(network.trade, labels) if own is None else own
    order = np.lexsort((np.arange(len(labels)), -(sold + bought), labels))
    order = order[labels[order] >= 0]
    starts = np.searchsorted(labels[order], np.arange(int(labels.max()) + 1))
    ends = np.append(starts[1:], len(order))
    names = network.industries
    first = names[order[starts]].tolist()
    second = names[order[np.minimum(starts + 1, len(order) - 1)]].tolist()
    return unique_names(
        f"{a} & {b}" if end - start > 1 else str(a)
        for a, b, start, end in zip(first, second, starts, ends, strict=True)
    )


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Number the names that come up again."""
    out: list[str] = []
    taken = {REST}
    for name in names:
        number, wanted = 2, name
        while wanted in taken:
            wanted = f"{name} ({number})"
            number += 1
        taken.add(wanted)
        out.append(wanted)
    return tuple(out)
