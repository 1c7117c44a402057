"""Directed Leiden of igraph and leidenalg, given the very objective that klasternet maximises."""

import random

import numpy as np
import pytest


def igraph_leiden(W, A, B, seed=0, iterations=-1):
    """Labels by igraph: constant Potts on ties without loops, with masses both ways."""
    igraph = pytest.importorskip("igraph")
    i, j = np.nonzero(W * ~np.eye(len(W), dtype=bool))
    graph = igraph.Graph(n=len(W), edges=np.column_stack([i, j]), directed=True)
    random.seed(seed)
    found = graph.community_leiden(
        "CPM",
        weights=W[i, j].tolist(),
        node_weights=A.tolist(),
        node_in_weights=B.tolist(),
        resolution=1.0,
        n_iterations=iterations,
    )
    return np.array(found.membership)


def leidenalg_leiden(W, seed=0, iterations=-1):
    """Labels by leidenalg: directed modularity, which is the configuration null."""
    igraph, leidenalg = pytest.importorskip("igraph"), pytest.importorskip("leidenalg")
    i, j = np.nonzero(W)
    graph = igraph.Graph(n=len(W), edges=np.column_stack([i, j]), directed=True)
    found = leidenalg.find_partition(
        graph,
        leidenalg.ModularityVertexPartition,
        weights=W[i, j].tolist(),
        n_iterations=iterations,
        seed=seed,
    )
    return np.array(found.membership)
