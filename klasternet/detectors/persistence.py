"""Alpha-communities: clusters that a walk along the flows leaves with a small probability only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..errors import DataError
from ..network import FlowNetwork
from ..qualities import number
from ..registry import choose, detector
from .found import Found
from .literature import as_full, several
from .trees import best_branches, cut, grown, inside, least

__all__ = ["persistence", "persistence_probabilities", "walk"]


@detector("persistence")
def persistence(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    alpha: float = 0.5,
    steps: int = 10,
    kind: str = "partition",
    teleportation: float = 0.0,
) -> Found:
    """Find alpha-communities: a walk that is in one stays there at the next step (Piccardi).

    A walker at industry i goes on to buyer j with probability P_ij = W_ij / o_i; pi = pi P is how
    often it is where. Over pairs, industries are alike if walks of a few steps lead from one to the
    other,

        sigma_ij = 1/T sum over t = 1 .. T of ((P^t)_ij + (P^t)_ji)          d_ij = 1 - sigma_ij /
        max

    and a tree is grown by average linkage, with the T for which its heights follow the distances
    best (cophenetic correlation). Over clusters, the persistence probability is

        u_c = sum over i, j in c of pi_i P_ij / sum over i in c of pi_i

    and a cluster is an alpha-community if u_c >= alpha.

    Parameters
    ----------
    network : FlowNetwork
        Its ties, not negative. Loops as they are there: kept, they make everybody more persistent.
    rng : Generator
        Not used: there is no chance in it.
    alpha : float
        Least persistence probability. 0.5: a walk rather stays than goes.
    steps : int
        The largest T that is tried.
    kind : {"partition", "communities"}
        "partition": the finest cut of the tree of which all clusters are alpha-communities.
        "communities": as many disjoint branches as can be that are alpha-communities, wherever they
        are in the tree; the others are the rest.
    teleportation : float
        Probability of going on to any industry instead, which makes it possible to come back from
        everywhere. It lowers every u_c of a small cluster by about as much.

    Returns
    -------
    Found
        ``profile``: one row for each cut of the tree: its number of clusters, the least u_c, which
        was taken. ``objective_value``: the least u_c of the clusters.

    Raises
    ------
    DataError
        Negative ties; more than 5,000 industries.
    ParameterError
        A value out of range.

    Notes
    -----
    Without teleportation the walk is only defined where it can come back: industries outside the
    largest strongly connected part of the network are the rest of the economy.

    Misleads on large clusters: half of the economy keeps half of its sales by size alone, so u_c is
    to be held against the cluster's share of all visits. National tables of money often have no
    alpha-partition at 0.5 but the economy as a whole: then there are no clusters.

    Piccardi (2011), doi 10.1371/journal.pone.0027028: definitions checked against the abstract and
    against public code of the lumped chain; the similarity of walks after the description of his
    own program. Hand-computed values in the tests.

    Examples
    --------
    >>> import klasternet as kn
    >>> W = [[0, 40, 30, 2, 1, 1], [20, 0, 50, 1, 3, 0], [35, 25, 0, 0, 2, 2],
    ...      [1, 2, 0, 0, 60, 20], [0, 1, 2, 45, 0, 30], [2, 0, 1, 25, 35, 0]]
    >>> network = kn.FlowNetwork.from_matrix(W)
    >>> found = kn.detect(network, "persistence")
    >>> sorted(found.sizes.tolist()), round(found.objective_value, 6)
    ([3, 3], 0.942853)
    >>> from klasternet.detectors.persistence import persistence_probabilities
    >>> persistence_probabilities(network, [0, 0, 0, 1, 1, 1]).round(6).tolist()
    [0.942853, 0.960043]
    """
    alpha = number("alpha", alpha, 0.0, 1.0)
    longest = int(number("steps", steps, 1, 1e6))
    kind = choose("kind of answer", kind, ("partition", "communities"))
    P, pi, at = walk(network, teleportation)
    m = len(pi)
    if m < 3:
        return Found(np.full(network.n, -1), verdict="no clusters")
    tree = _best_tree(P, longest)
    flow = pi[:, None] * P
    stays, visits = inside(tree, flow), inside(tree, np.diag(pi))
    u = np.divide(stays, visits, out=np.zeros_like(stays), where=visits > 0)
    index = pd.RangeIndex(1, m + 1, name="clusters")
    profile = pd.DataFrame({"least": least(tree, u)[::-1]}, index=index)
    part = np.arange(m)
    if kind == "partition":
        k = int(index[profile["least"] >= min(alpha, 1 - 1e-12)].max())
        part = cut(tree, k)
        profile["chosen"] = index == k
    else:
        for members in best_branches(tree, u >= alpha):
            part[members] = members[0]
        part = np.unique(part, return_inverse=True)[1]
    if part.max() == 0:  # what can be walked in holds together as one
        return Found(np.full(network.n, -1), profile=profile, verdict="no clusters")
    partition = m + np.arange(network.n)
    partition[at] = part
    told = several(np.unique(partition, return_inverse=True)[1])
    found = part[told["labels"][at] >= 0]
    lowest = float(_stays(flow, pi, part)[found].min()) if len(found) else None
    return Found(**told, profile=profile, objective_value=lowest)


def persistence_probabilities(
    network: FlowNetwork, labels: np.ndarray, teleportation: float = 0.0
) -> np.ndarray:
    """u_c of every cluster of a partition, labels from 0, shape (k,); see `persistence`.

    NaN for a cluster that no walk comes back to.
    """
    P, pi, at = walk(network, teleportation)
    labels = np.asarray(labels)
    return _stays(pi[:, None] * P, pi, labels[at], int(labels.max()) + 1)


def walk(
    network: FlowNetwork, teleportation: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P, pi and the industries they are of: all with teleportation, else where one can come back.

    Those are the largest strongly connected part, the first of several, if it has at least two.
    """
    tau = number("teleportation", teleportation, 0.0, 1.0)
    W = as_full(network.ties, "persistence")
    if W.min() < 0:
        raise DataError(
            "persistence needs ties that are not negative. Take ties of money or shares: "
            "kn.tie(network, 'flow')."
        )
    at = np.arange(len(W))
    if tau == 0:
        _, part = connected_components(sparse.csr_array(W), connection="strong")
        at = np.flatnonzero(part == part[np.argmax(np.bincount(part)[part])])
        W = W[np.ix_(at, at)]
    m, sold = len(at), W.sum(axis=1)
    if m < 2:
        return np.ones((m, m)), np.ones(m), at
    P = np.divide(W, sold[:, None], out=np.full_like(W, 1.0 / m), where=sold[:, None] > 0)
    P = (1 - tau) * P + tau / m
    system = np.eye(m) - P.T
    system[0] = 1.0  # one equation is redundant: the shares add up to one
    pi = np.maximum(np.linalg.solve(system, np.eye(m)[0]), 0.0)
    return P, pi / pi.sum(), at


def _stays(flow: np.ndarray, pi: np.ndarray, labels: np.ndarray, k: int = 0) -> np.ndarray:
    k = k or int(labels.max()) + 1
    M = np.zeros((len(pi), k))
    M[np.arange(len(pi)), labels] = 1.0
    stays, visits = ((flow @ M) * M).sum(axis=0), M.T @ pi
    return np.divide(stays, visits, out=np.full(k, np.nan), where=visits > 0)


def _best_tree(P: np.ndarray, longest: int) -> np.ndarray:
    """The tree of the T whose heights follow its distances best; the shorter of equal ones."""
    from scipy.cluster.hierarchy import cophenet
    from scipy.spatial.distance import squareform

    best, top = None, -np.inf
    power, total = np.eye(len(P)), np.zeros_like(P)
    for t in range(1, longest + 1):
        power = power @ P
        total += power
        similar = (total + total.T) / t
        np.fill_diagonal(similar, 0.0)
        distance = 1 - similar / similar.max()
        np.fill_diagonal(distance, 0.0)
        tree = grown(distance, "average")
        flat = squareform(distance, checks=False)
        spread = flat.std()
        follows = 0.0
        if spread > 1e-12:
            follows = float(cophenet(tree, flat)[0])
        if best is None or follows > top + 1e-9:
            best, top = tree, follows
    assert best is not None
    return best
