"""The networkx backend: communities of any networkx graph by compiled code.

Named by the entry point `networkx.backends`; networkx converts a graph once, caches what
`convert_from_nx` returns, and calls the functions below under their own names:

>>> import networkx as nx
>>> G = nx.karate_club_graph()
>>> fast = nx.community.louvain_communities(G, seed=1, backend="klasternet")
>>> fast == nx.community.louvain_communities(G, seed=1, backend="networkx")
True
>>> round(nx.community.modularity(G, fast, backend="klasternet"), 3)
0.444

or, without naming it, after `nx.config.backend_priority.algos = ["klasternet"]`. Louvain visits
nodes, breaks ties and adds up as networkx does: the same seed gives the same communities. Leiden,
which networkx itself has from 3.7 on (there, ask for metric="modularity"), is that of
`kernels.sparse`. networkx reads this module's
`info` whenever it is imported, so nothing heavy is imported before a graph comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, compress, islice, pairwise
from operator import itemgetter, methodcaller
from typing import TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

    from .dendrograms import Level

__all__ = [
    "Graph",
    "can_run",
    "convert_from_nx",
    "convert_to_nx",
    "info",
    "is_partition",
    "leiden_communities",
    "leiden_partitions",
    "louvain_communities",
    "louvain_partitions",
    "modularity",
    "on_start_tests",
    "should_run",
]

VALUES = methodcaller("values")
THETA = 0.01  # networkx's default; our refinement has a randomness of its own
DETAILS = {  # tests of networkx 3.7 that ask what its own Leiden does for one seed
    "test_weights_matter": "how many partitions there are before the last one",
    "test_directed_weights_matter": "which community is listed fourth; ours are of higher Q",
}
FUNCTIONS = {
    "is_partition": "As networkx; of use where the graph is converted already.",
    "leiden_communities": "By modularity, until more iterations gain nothing; no negative weights.",
    "leiden_partitions": "After the first local moves, then after 1, 2, 4, 8 ... iterations.",
    "louvain_communities": "The same communities as networkx for the same seed.",
    "louvain_partitions": "The same partitions as networkx for the same seed.",
    "modularity": "As networkx.",
}


def info() -> dict[str, Any]:
    """What networkx shows of this backend."""
    return {
        "backend_name": "klasternet",
        "project": "klasternet",
        "package": "klasternet",
        "short_summary": "Compiled Louvain, Leiden and modularity.",
        "functions": {name: {"additional_docs": text} for name, text in FUNCTIONS.items()},
    }


def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
    """Whether a call is for us: of networkx's Leiden (from 3.7 on) that of modularity."""
    if name.startswith("leiden"):
        from .dendrograms import recent_networkx

        metric = kwargs.get("metric", "cpm" if recent_networkx() else "modularity")
        if metric != "modularity" or kwargs.get("theta", THETA) != THETA:
            return "only metric='modularity', and theta as it is by default"
    return True


def should_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
    """Whether an automatic call pays: a partition is told sooner than a graph is converted."""
    graph = args[0] if args else kwargs.get("G")
    if name == "is_partition" and not isinstance(graph, Graph):
        return "the conversion would take longer than the answer"
    return True


def on_start_tests(items: list[Any]) -> None:
    """Mark what networkx's own tests ask of its implementation and not of any other."""
    for item in items:
        for name, why in DETAILS.items():
            if item.nodeid.endswith(f"test_leiden.py::{name}[modularity]"):
                import pytest

                item.add_marker(pytest.mark.xfail(reason=why, strict=True))


# ---------------------------------------------------------------------------------- graphs


@dataclass(frozen=True, eq=False)
class Graph:
    """A networkx graph as arrays of edges, in networkx's order; parallel edges one by one.

    Attributes
    ----------
    nodes : dict
        Node to number.
    head, tail : ndarray, shape (m,)
        Numbers of the ends; an undirected edge once.
    weights : dict
        Edge attribute to its values, (m,).
    """

    nodes: dict[Hashable, int]
    head: np.ndarray
    tail: np.ndarray
    directed: bool
    multigraph: bool
    weights: dict[Any, np.ndarray] = field(default_factory=dict)

    __networkx_backend__ = "klasternet"

    def is_directed(self) -> bool:
        return self.directed

    def is_multigraph(self) -> bool:
        return self.multigraph

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.nodes)

    def __contains__(self, node: Any) -> bool:
        return node in self.nodes

    def __str__(self) -> str:
        return f"klasternet graph with {len(self.nodes):,} nodes and {len(self.head):,} edges"

    def weight(self, name: Any) -> np.ndarray:
        """An edge attribute, or ones for None."""
        if name is None:
            import numpy as np

            return np.ones(len(self.head))
        if name not in self.weights:
            raise DataError(
                f"the graph was converted without the edge attribute {name!r}. Convert it again, "
                "or call networkx with the networkx graph."
            )
        return self.weights[name]


def convert_from_nx(
    graph: nx.Graph, edge_attrs: dict[Any, Any] | None = None, **others: Any
) -> Graph:
    """Read the nodes, edges and wanted edge attributes of a networkx graph.

    Raises
    ------
    NotImplementedError
        An attribute that is no number: networkx then goes on by itself where it is let.
    """
    import numpy as np

    rows = graph._adj  # of any class of graph or view
    nodes = {node: k for k, node in enumerate(rows)}
    lengths = np.fromiter(map(len, rows.values()), np.int64, len(rows))
    head = np.repeat(np.arange(len(rows)), lengths)
    ends: Iterable[Any] = chain.from_iterable(rows.values())
    if list(nodes) != list(nodes.values()):  # names, or numbers in another order
        ends = map(nodes.__getitem__, ends)
    tail = np.fromiter(ends, np.int64, len(head))
    data: Iterable[Any] = chain.from_iterable(map(VALUES, rows.values()))
    if not graph.is_directed():  # both ends hold an edge: once is enough
        once = tail >= head
        data = compress(data, once.tobytes())
        head, tail = (np.compress(once, side) for side in (head, tail))
    if graph.is_multigraph():
        parallel = list(data)
        counts = np.fromiter(map(len, parallel), np.int64, len(parallel))
        head, tail = np.repeat(head, counts), np.repeat(tail, counts)
        data = chain.from_iterable(map(VALUES, parallel))
    weights = {}
    if edge_attrs:
        edges = list(data)
        weights = {name: _attribute(edges, name, lack) for name, lack in edge_attrs.items()}
    return Graph(nodes, head, tail, graph.is_directed(), graph.is_multigraph(), weights)


def _attribute(edges: list[Any], name: Any, default: Any) -> np.ndarray:
    """Numbers that edges have, or the default."""
    import numpy as np

    if not any(edges):
        return np.full(len(edges), default, dtype=np.float64)
    try:
        known = list(map(itemgetter(name), edges))
    except KeyError:
        known = [edge.get(name, default) for edge in edges]
    try:
        values = np.array(known)
        if values.dtype == object:  # fractions and the like
            values = np.array(list(map(float, known)))
        if values.ndim == 1 and values.dtype.kind in "biuf":
            return values.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise NotImplementedError(f"edges whose {name!r} is no number")


def convert_to_nx(result: Any, **others: Any) -> Any:
    """A graph of ours as one of networkx; anything else as it is."""
    if not isinstance(result, Graph):
        return result
    import networkx as nx

    kinds = ((nx.Graph, nx.MultiGraph), (nx.DiGraph, nx.MultiDiGraph))
    G = kinds[result.directed][result.multigraph]()
    G.add_nodes_from(result.nodes)
    names = list(result.nodes)
    for k, ends in enumerate(zip(result.head.tolist(), result.tail.tolist(), strict=True)):
        known = {name: float(values[k]) for name, values in result.weights.items()}
        G.add_edge(*(names[end] for end in ends), **known)
    return G


def _level(G: Graph, weight: Any) -> Level:
    """A graph as networkx copies it: edge by edge, parallel ones added up."""
    import numpy as np

    from .dendrograms import Level

    edges = G.head, G.tail, G.weight(weight)
    return Level.of(edges, np.arange(len(G)), len(G), G.directed)


def _sets(G: Graph, label: np.ndarray, k: int) -> list[set[Hashable]]:
    """Communities as networkx gives them."""
    import numpy as np

    nodes = list(G.nodes)
    short = label.astype(np.uint16) if k <= 2**16 else label  # sorted by digits
    sorted_ = [nodes[i] for i in np.argsort(short, kind="stable").tolist()]
    ends = [0, *np.cumsum(np.bincount(label, minlength=k)).tolist()]
    return [set(sorted_[start:end]) for start, end in pairwise(ends)]


# -------------------------------------------------------------------------------- partitions


def is_partition(G: Graph, communities: Iterable[Any]) -> bool:
    """As `networkx.community.is_partition`."""
    if not isinstance(communities, list):
        communities = list(communities)
    nodes = {node for community in communities for node in community if node in G.nodes}
    return len(G) == len(nodes) == sum(map(len, communities))


def modularity(
    G: Graph, communities: Iterable[Any], weight: Any = "weight", resolution: float = 1
) -> float:
    """As `networkx.community.modularity`."""
    import numpy as np

    communities = communities if isinstance(communities, list) else list(communities)
    if not is_partition(G, communities):
        from networkx.algorithms.community.quality import NotAPartition

        raise NotAPartition(G, communities)
    label = np.empty(len(G), dtype=np.int64)
    for c, community in enumerate(communities):
        label[[G.nodes[node] for node in community]] = c
    return _level(G, weight).modularity(label, len(communities), resolution)


def louvain_communities(
    G: Graph,
    weight: Any = "weight",
    resolution: float = 1,
    threshold: float = 0.0000001,
    max_level: int | None = None,
    seed: Any = None,
) -> list[set[Hashable]]:
    """As `networkx.community.louvain_communities`, to the set."""
    from .dendrograms import louvain

    return _last(G, louvain(_level(G, weight), resolution, threshold, seed), max_level)


def louvain_partitions(
    G: Graph,
    weight: Any = "weight",
    resolution: float = 1,
    threshold: float = 0.0000001,
    seed: Any = None,
) -> Iterator[list[set[Hashable]]]:
    """As `networkx.community.louvain_partitions`, to the set."""
    from .dendrograms import louvain

    for label, k in louvain(_level(G, weight), resolution, threshold, seed):
        yield _sets(G, label, k)


def leiden_communities(
    G: Graph,
    weight: Any = "weight",
    resolution: float = 1,
    max_level: int | None = None,
    seed: Any = None,
    metric: str = "modularity",
    theta: float = THETA,
) -> list[set[Hashable]]:
    """The last partition of `leiden_partitions`, or number `max_level`."""
    from .dendrograms import leiden

    return _last(G, leiden(_level(G, weight), resolution, seed), max_level)


def leiden_partitions(
    G: Graph,
    weight: Any = "weight",
    resolution: float = 1,
    seed: Any = None,
    metric: str = "modularity",
    theta: float = THETA,
) -> Iterator[list[set[Hashable]]]:
    """Partitions by Leiden, each of a higher modularity than the one before.

    The first after the local moves of single nodes, the others after 1, 2, 4, 8 ... iterations
    of the whole, until twice as many gain nothing. In all but the first every community is
    connected.

    Raises
    ------
    DataError
        A weight that is negative or not finite.
    """
    from .dendrograms import leiden

    for label, k in leiden(_level(G, weight), resolution, seed):
        yield _sets(G, label, k)


def _last(
    G: Graph, partitions: Iterator[tuple[np.ndarray, int]], max_level: int | None
) -> list[set[Hashable]]:
    """The last partition of at most so many."""
    if max_level is not None:
        if max_level <= 0:
            raise ValueError("max_level argument must be a positive integer or None")
        partitions = islice(partitions, max_level)
    return _sets(G, *deque(partitions, maxlen=1).pop())
