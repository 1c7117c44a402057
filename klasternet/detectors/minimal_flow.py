"""Schnabl's minimal flow analysis: who reaches whom through chains of large flows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..errors import ConvergenceError, DataError
from ..matrices import spectral_radius
from ..network import FlowNetwork
from ..qualities import number
from ..registry import detector
from .found import Found
from .literature import column, full_flows, several

__all__ = ["connexity", "layers", "minimal_flow"]

DEEPEST = 30  # layers at most; flows shrink with each
THIN = 0.2  # share of cells above the filter up to which chains are followed one by one


@detector("minimal_flow")
def minimal_flow(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    filter: float | str = "auto",
    connected: int = 3,
    steps: int = 50,
) -> Found:
    """Keep the chains of flows above a filter and join who is connected by them (Schnabl's MFA).

    With A = Z x^-1 and final demand f, production x = f + A f + A^2 f + ... is taken apart into
    layers, what is delivered to produce f, to produce that, and so on:

        T_k = A diag(A^k f),     k = 0, 1, 2, ...            sum of T_k = Z

    Over pairs: W_k(i, j) = 1 where T_k(i, j) exceeds the filter F (i != j); j depends on i if a
    chain leads from i to j whose last step is in layer 0, the one before in layer 1, and so on:

        D = W_0 + W_1 W_0 + W_2 W_1 W_0 + ...     (Boolean)

    and the connexity of a pair is h = 3 where each depends on the other, 2 where one does, 1 where
    they are connected without regard to direction, else 0. Over clusters: the connected components
    of pairs with h of at least `connected`.

    F is the one at which the connexities of all pairs are the most informative, of the largest
    entropy - sum over h of p_h ln p_h.

    Parameters
    ----------
    network : FlowNetwork
        Its flows, loops included in A; needs ``columns`` with output, or with final demand. The one
        that is missing follows from the other and the flows.
    rng : Generator
        Not used: there is no chance in it.
    filter : float or "auto"
        F, in the unit of the flows.
    connected : {3, 2, 1}
        Least connexity of a pair within a cluster.
    steps : int
        Filters tried, at equal numbers of flows of layer 0 rather than at equal amounts, since
        flows are heavy-tailed.

    Returns
    -------
    Found
        ``profile``: one row for each filter: flows of layer 0 above it, entropy, share of pairs
        with each h, whether it was taken. ``resolution``: F.

    Raises
    ------
    DataError
        Neither output nor final demand is known; final demand that adds up to nothing or less;
        more than 5,000 industries.
    ConvergenceError
        A production that needs more than it gives, so that the layers have no end.

    Notes
    -----
    Misleads by its core: large industries are connected with one another by size, so that there is
    one cluster of giants and nobody else in tables of 50 industries and more. It tells the skeleton
    of an economy, its sources, centre and sinks, rather than its clusters. A filter in money asks
    of a small cluster what it asks of a large one. Final demand that is negative (inventories)
    makes layers negative; these flows are below every filter.

    After Schnabl (1994), The evolution of production structures, analyzed by a multi-layer
    procedure, Economic Systems Research 6, 51-68, and Titze, Brachert and Kubis (2011), Regional
    Studies 45, 89-102, of which only the abstract could be read: the layers are checked by their
    sum, the rest by hand (tests). Schnabl walks up in equal amounts and averages structures over
    filters; here the filter of largest entropy counts alone.

    Examples
    --------
    >>> import klasternet as kn
    >>> usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> found = kn.detect(usa, "minimal_flow")
    >>> len(found)
    1
    """
    rank = int(number("connected", connected, 1, 3))
    count = int(number("steps", steps, 1, 1e5))
    T = layers(network)
    for layer in T:
        np.fill_diagonal(layer, 0.0)
    at = T[0][T[0] > 0]
    if not len(at):
        return Found(**several(np.arange(network.n)))
    if isinstance(filter, str):
        tried = np.unique(np.quantile(at, np.arange(count) / count, method="lower"))
        tried = np.concatenate([[0.0], tried])
    else:
        tried = np.array([number("filter", filter, 0.0)])
    rows: list[dict[str, Any]] = []
    for F in tried:
        share = np.bincount(_off(connexity(T, F)), minlength=4) / (network.n * (network.n - 1))
        rows.append(
            {
                "filter": F,
                "flows": int((at > F).sum()),
                "entropy": _entropy(share),
            }
            | {f"h{h}": float(share[h]) for h in range(4)}
        )
    profile = pd.DataFrame(rows).set_index("filter")
    best = int(np.flatnonzero(profile["entropy"] >= profile["entropy"].max() - 1e-12)[0])
    profile["chosen"] = np.arange(len(profile)) == best
    h = connexity(T, tried[best])
    _, part = connected_components(h >= rank, directed=False)
    return Found(**several(part), profile=profile, resolution=float(tried[best]))


def layers(network: FlowNetwork) -> list[np.ndarray]:
    """T_k = A diag(A^k f), until what is left is a billionth of the flows; see `minimal_flow`."""
    Z = full_flows(network, "minimal_flow")
    sold = Z.sum(axis=1)
    known = {"output", "final_demand"} & set(network.columns)
    if not known:
        raise DataError(
            "the method 'minimal_flow' needs output or final demand, and the network has no column "
            "'output' or 'final_demand'. Give columns={'output': ...}, or make the network from an "
            "IOTable that knows one of them."
        )
    if "final_demand" in known:
        f = column(network, "final_demand", "minimal_flow")
        x = column(network, "output", "minimal_flow") if "output" in known else sold + f
    else:
        x = column(network, "output", "minimal_flow")
        f = x - sold
    if not f.sum() > 0:
        raise DataError(
            f"final demand adds up to {f.sum():,.6g}, so nothing is produced. Check the "
            "columns 'output' and 'final_demand': output is all sales, final ones included."
        )
    bought = Z.sum(axis=0)
    wrong = (bought > 0) & ~(x > 0)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise DataError(
            f"the output of {network.industries[k]!r} is {x[k]:g}, while it buys {bought[k]:,.6g}. "
            "Correct the column 'output'."
        )
    A = np.divide(Z, x, out=np.zeros_like(Z), where=x > 0)
    radius = spectral_radius(A)
    if radius >= 1:
        raise ConvergenceError(
            f"the layers of production have no end: the spectral radius of A is {radius:.4g}, not "
            "below 1. Check output and its unit."
        )
    out: list[np.ndarray] = []
    made = f
    while len(out) < DEEPEST and np.abs(made).sum() > 1e-9 * np.abs(f).sum():
        out.append(A * made)
        made = A @ made
    return out


def connexity(T: list[np.ndarray], F: float) -> np.ndarray:
    """h of every pair at the filter F, int (n, n), 0 on the diagonal."""
    n = len(T[0])
    depends = np.zeros((n, n), dtype=bool)
    chain = np.eye(n, dtype=np.float32)
    some = np.maximum.reduce(T) > F
    sells, buys = some.any(axis=1), some.any(axis=0)  # nobody else can depend, or be depended on
    for layer in T:
        large = layer > F
        if np.count_nonzero(large) < THIN * n * n:
            chain = (sparse.csr_array(large, dtype=np.float32) @ chain > 0).astype(np.float32)
        else:
            chain = (large.astype(np.float32) @ chain > 0).astype(np.float32)
        depends |= chain > 0
        if not chain.any() or depends[np.ix_(sells, buys)].all():
            break
    np.fill_diagonal(depends, False)
    _, part = connected_components(depends, directed=False)
    h = (part[:, None] == part).astype(int) + depends + depends.T
    np.fill_diagonal(h, 0)
    return h


def _entropy(share: np.ndarray) -> float:
    some = share[share > 0]
    return float(-(some * np.log(some)).sum())


def _off(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.eye(len(matrix), dtype=bool)]
