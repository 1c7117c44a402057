"""The peers: from a matrix of flows to labels, each with directed modularity as near as it goes.

Every peer is a function f(W, gamma, seed) -> labels that times nothing and keeps nothing, so that
a call is all its user would wait for: building its graph from the NumPy matrix, and solving.

igraph gets both masses: without `node_in_weights` its directed Leiden maximises something else.
networkit knows undirected graphs only and gets W + W'. Each runs on one thread.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import sparse

Peer = Callable[[np.ndarray, float, int], np.ndarray]


def modularity(W: np.ndarray, labels: np.ndarray, gamma: float = 1.0) -> float:
    """Directed modularity of labels, loops kept: the one judge of all answers."""
    _, labels = np.unique(np.asarray(labels), return_inverse=True)
    k, total = int(labels.max()) + 1, W.sum()
    inside = W[labels[:, None] == labels].sum()
    sold, bought = (np.bincount(labels, W.sum(axis=side), k) for side in (1, 0))
    return float(inside / total - gamma * (sold @ bought) / total**2)


def igraph(W: np.ndarray, gamma: float, seed: int, iterations: int = -1) -> np.ndarray:
    """Directed Leiden with masses given; iterations=-1 runs until nothing changes."""
    import igraph

    random.seed(seed)
    seller, buyer = np.nonzero(W)
    other = seller != buyer  # a loop is in no cluster's favour; its money counts in the masses
    seller, buyer = seller[other], buyer[other]
    edges = np.column_stack([seller, buyer]).astype(np.int32)
    graph = igraph.Graph(n=len(W), edges=edges, directed=True)
    found = graph.community_leiden(
        "CPM",
        weights=W[seller, buyer].tolist(),
        n_iterations=iterations,
        resolution=gamma / W.sum(),
        node_weights=W.sum(axis=1).tolist(),
        node_in_weights=W.sum(axis=0).tolist(),
    )
    return np.array(found.membership)


def leidenalg(W: np.ndarray, gamma: float, seed: int, iterations: int = -1) -> np.ndarray:
    """Directed modularity with a resolution, until nothing changes."""
    import igraph
    import leidenalg

    seller, buyer = np.nonzero(W)
    edges = np.column_stack([seller, buyer]).astype(np.int32)
    graph = igraph.Graph(n=len(W), edges=edges, directed=True)
    found = leidenalg.find_partition(
        graph,
        leidenalg.RBConfigurationVertexPartition,
        weights=W[seller, buyer].tolist(),
        resolution_parameter=gamma,
        n_iterations=iterations,
        seed=seed,
    )
    return np.array(found.membership)


def networkit(W: np.ndarray, gamma: float, seed: int) -> np.ndarray:
    """Leiden on W + W'."""
    import networkit

    networkit.setNumberOfThreads(1)
    networkit.setSeed(seed, False)
    both = W + W.T
    np.fill_diagonal(both, W.diagonal())
    i, j = np.nonzero(np.triu(both))
    pairs = i.astype(np.uint64), j.astype(np.uint64)
    graph = networkit.GraphFromCoo((both[i, j], pairs), n=len(W), weighted=True)
    search = networkit.community.ParallelLeiden(graph, gamma=gamma)
    search.run()
    return np.array(search.getPartition().getVector())


def scikit_network(W: np.ndarray, gamma: float, seed: int) -> np.ndarray:
    """Leiden of directed modularity."""
    from sknetwork.clustering import Leiden

    search = Leiden(resolution=gamma, modularity="dugue", random_state=seed)
    return search.fit_predict(sparse.csr_matrix(W))


PEERS: dict[str, Peer] = {
    "igraph, 2 iterations": partial(igraph, iterations=2),
    "igraph, converged": igraph,
    "leidenalg, converged": leidenalg,
    "networkit": networkit,
    "scikit-network": scikit_network,
}


def installed() -> dict[str, Peer]:
    """The peers that this Python has."""
    modules = {"scikit-network": "sknetwork"}
    names = {name: name.partition(",")[0] for name in PEERS}
    return {k: PEERS[k] for k, name in names.items() if find_spec(modules.get(name, name))}
