"""Planted economies: tables with known clusters and a known rest, to try methods on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .errors import ParameterError
from .network import FlowNetwork

__all__ = ["planted"]


def planted(
    n: int = 45,
    clusters: int = 5,
    *,
    rest: float = 0.0,
    contrast: float = 3.0,
    noise: float = 1.0,
    zeros: float = 0.0,
    regions: int = 1,
    diagonal: float = 0.14,
    sizes: float = 1.2,
    domestic: float = 20.0,
    seed: int | None = None,
) -> tuple[FlowNetwork, np.ndarray]:
    """Make an economy whose clusters are known, and return it with their labels.

    The flow of i to j is a product of log-normal sizes and log-normal noise,

        W_ij = u_i v_j exp(noise e_ij) * (contrast if i and j are in one cluster)

    so `contrast` is how many times denser, as a geometric mean, flow is inside than outside.

    Parameters
    ----------
    n : int
        Industries, in each region.
    clusters : int
        Clusters in each region, of equal size.
    rest : float
        Share of industries that belong to no cluster.
    contrast : float
        At least 1; 1 is an economy without clusters.
    noise : float
        Standard deviation of the log of a flow about its expectation.
    zeros : float
        Share of empty cells, at random.
    regions : int
        With more than one, clusters are those of each region, and flows within a region are
        `domestic` times those between two.
    diagonal : float
        Share of all flow that industries sell to themselves.
    sizes : float
        Standard deviation of log sizes: 1.2 gives the heavy tails of national tables.
    domestic : float
        See `regions`.
    seed : int, optional

    Returns
    -------
    network : FlowNetwork
        With a column "planted" and, with several regions, "region".
    labels : ndarray of int, shape (n * regions,)
        -1 for the rest.

    Examples
    --------
    >>> network, labels = planted(20, 3, rest=0.25, seed=0)
    >>> network.n, (labels == -1).sum()
    (20, np.int64(5))
    """
    outside = round(rest * n)
    if not (n >= 2 and regions >= 1 and 1 <= clusters <= max(n - outside, 1)):
        raise ParameterError(
            f"{clusters} clusters in {n - outside} industries of {regions} region(s) cannot be."
        )
    for name, value, top in (("rest", rest, 1), ("zeros", zeros, 1), ("diagonal", diagonal, 1)):
        if not 0 <= value < top:
            raise ParameterError(f"{name} is {value}; it is a share, from 0 to below 1.")
    if contrast < 1 or noise < 0:
        raise ParameterError("contrast is at least 1 and noise at least 0.")
    rng = np.random.default_rng(seed)
    total = n * regions
    region = np.repeat(np.arange(regions), n)
    one = np.full(n, -1)
    one[: n - outside] = np.arange(n - outside) % clusters
    labels = np.concatenate(
        [
            np.where((own := rng.permutation(one)) < 0, -1, own + r * clusters)
            for r in range(regions)
        ]
    )
    sold, bought = rng.lognormal(0.0, sizes, (2, total))
    W = sold[:, None] * bought * rng.lognormal(0.0, noise, (total, total))
    W[(labels[:, None] == labels) & (labels[:, None] >= 0)] *= contrast
    W[region[:, None] == region] *= domestic if regions > 1 else 1.0
    W[rng.random((total, total)) < zeros] = 0.0
    np.fill_diagonal(W, 0.0)
    own = np.sqrt(W.sum(axis=1) * W.sum(axis=0)) * rng.lognormal(0.0, 0.8, total)
    np.fill_diagonal(W, own * (W.sum() * diagonal / (1.0 - diagonal) / own.sum()))
    columns = pd.DataFrame({"planted": labels})
    names = [f"i{k:0{len(str(total - 1))}d}" for k in range(total)]
    if regions > 1:
        columns["region"] = [f"r{r}" for r in region]
    columns.index = pd.Index(names, name="industry")
    made = FlowNetwork.from_matrix(
        W * (1e6 / W.sum()), industries=names, columns=columns, name="planted economy"
    )
    return made, labels
