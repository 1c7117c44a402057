"""Detectors of other packages through the same door, judged by the same evidence.

Run it anywhere: `python adapters.py [FOLDER]` writes adapters.csv. Packages that are not installed
are left out. klasternet imports none of them; each adapter is a function of a network and random
numbers that returns a label for each industry, and could be registered with `klasternet.detector`.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

import klasternet as kn


def igraph_leiden(network, rng, resolution=1.0):
    """Directed Leiden of igraph, with the masses of both directions."""
    import random

    import igraph

    random.seed(int(rng.integers(2**31)))
    igraph.set_random_number_generator(random)
    sellers, buyers = np.nonzero(network.ties)
    graph = igraph.Graph(network.n, list(zip(sellers, buyers, strict=True)), directed=True)
    graph.es["weight"] = network.ties[sellers, buyers]
    total = network.ties.sum()
    found = graph.community_leiden(
        weights="weight",
        resolution=resolution / total,
        node_weights=network.ties.sum(axis=1).tolist(),
        node_in_weights=network.ties.sum(axis=0).tolist(),
        n_iterations=-1,
    )
    return found.membership


def leidenalg_directed(network, rng, resolution=1.0):
    """Leiden of leidenalg on the directed configuration null."""
    import igraph
    import leidenalg

    sellers, buyers = np.nonzero(network.ties)
    graph = igraph.Graph(network.n, list(zip(sellers, buyers, strict=True)), directed=True)
    return leidenalg.find_partition(
        graph,
        leidenalg.RBConfigurationVertexPartition,
        weights=network.ties[sellers, buyers].tolist(),
        resolution_parameter=resolution,
        seed=int(rng.integers(2**31)),
    ).membership


def infomap_two_level(network, rng):
    """The map equation of infomap, directed, two levels."""
    import infomap

    search = infomap.Infomap(
        two_level=True, directed=True, silent=True, seed=int(rng.integers(1, 2**31))
    )
    for i, j in zip(*np.nonzero(network.ties), strict=True):
        search.add_link(int(i), int(j), float(network.ties[i, j]))
    modules = dict(search.run().modules())
    return [modules.get(k, -1) for k in range(network.n)]


def networkx_louvain(network, rng, resolution=1.0):
    """Any function of networkx that returns sets of nodes."""
    import networkx as nx

    sets = nx.community.louvain_communities(
        network.to_networkx(), resolution=resolution, seed=int(rng.integers(2**31))
    )
    return kn.Clusters.from_labels(
        network, {name: k for k, members in enumerate(sets) for name in members}
    ).labels


def block_model(state_of):
    """graph-tool's style: a state with `get_blocks()`, made of edges and weights by a callable."""

    def detector(network, rng):
        sellers, buyers = np.nonzero(network.ties)
        return np.asarray(state_of(sellers, buyers, network.ties[sellers, buyers]).get_blocks())

    return detector


ADAPTERS = {
    "igraph": igraph_leiden,
    "leidenalg": leidenalg_directed,
    "infomap": infomap_two_level,
    "networkx": networkx_louvain,
}


def main(folder: Path) -> None:
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    methods = {
        "klasternet": "density",
        "klasternet, money": {"method": "density", "measure": "flow"},
    }
    methods |= {n: f for n, f in ADAPTERS.items() if importlib.util.find_spec(n) is not None}
    frame = kn.compare(network, methods, seed=0)
    frame.to_csv(folder / "adapters.csv")
    print(folder / "adapters.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
