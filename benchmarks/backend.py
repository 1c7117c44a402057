"""The networkx backend beside networkx itself, on graphs of about 100,000 edges.

    python -m benchmarks.backend [--repeats 5]

Both sides in turn on one graph, each with a seed of the round. Ours includes the conversion, done
anew every time (the cache is emptied); processor seconds, because other work disturbs those less.
Louvain must give the same communities, modularity the same number.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import networkx as nx
import numpy as np

COMMUNITY = nx.community


def planted(nodes: int, edges: int, groups: int, inside: float, seed: int, kind: type) -> Any:
    """A graph whose edges stay within a group with a probability of about `inside`."""
    rng = np.random.default_rng(seed)
    head = rng.integers(nodes, size=edges)
    near = rng.integers(nodes // groups, size=edges) * groups + head % groups
    tail = np.where(rng.random(edges) < inside, near, rng.integers(nodes, size=edges))
    graph = kind()
    graph.add_nodes_from(range(nodes))
    weight = rng.integers(1, 100, size=edges)
    graph.add_weighted_edges_from(zip(head.tolist(), tail.tolist(), weight.tolist(), strict=True))
    return graph


def graphs() -> dict[str, Any]:
    """Graphs by name."""
    return {
        "planted, 20,000 nodes": planted(20_000, 100_000, 100, 0.7, 1, nx.Graph),
        "planted, directed": planted(20_000, 100_000, 100, 0.7, 2, nx.DiGraph),
        "planted, 5,000 nodes": planted(5_000, 100_000, 50, 0.7, 3, nx.Graph),
        "preferential attachment": nx.barabasi_albert_graph(20_000, 5, seed=4),
    }


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and the answer."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def ours(graph: Any, name: str, *given: Any, **options: Any) -> tuple[float, Any]:
    """One of our functions on a graph that is not converted yet."""
    graph.__networkx_cache__.clear()
    function = getattr(COMMUNITY, name)
    return clocked(lambda: function(graph, *given, backend="klasternet", **options))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    for kind in (nx.Graph, nx.DiGraph):
        small = planted(100, 400, 5, 0.7, 0, kind)
        ours(small, "louvain_communities", seed=0)
    ours(planted(100, 400, 5, 0.7, 0, nx.Graph), "leiden_communities", seed=0)
    print(f"processor seconds, medians of {given.repeats}; conversion included")
    print(f"{'graph':26}{'edges':>8}{'function':>12}{'networkx':>10}{'ours':>8}{'ratio':>7}  Q")
    for name, graph in graphs().items():
        size = f"{name:26}{graph.number_of_edges():8,}"
        spent: list[tuple[float, float, float, float]] = []
        best = -1.0
        for seed in range(given.repeats):
            theirs, found = clocked(
                lambda s=seed, g=graph: COMMUNITY.louvain_communities(g, seed=s, backend="networkx")
            )
            mine, same = ours(graph, "louvain_communities", seed=seed)
            if same != found:
                raise SystemExit(f"{name}, seed {seed}: other communities than networkx")
            told, Q = clocked(
                lambda c=found, g=graph: COMMUNITY.modularity(g, c, backend="networkx")
            )
            tell, ourQ = ours(graph, "modularity", found)
            if abs(Q - ourQ) > 1e-12:
                raise SystemExit(f"{name}, seed {seed}: modularity {ourQ}, networkx {Q}")
            spent.append((theirs, mine, told, tell))
            best = max(best, Q)
        for function, (a, b) in {"louvain": (0, 1), "modularity": (2, 3)}.items():
            x, y = median(row[a] for row in spent), median(row[b] for row in spent)
            ratio = median(row[a] / row[b] for row in spent)
            shown = f"{best:.5f} (best)" if function == "louvain" else ""
            print(f"{size}{function:>12}{x:10.3f}{y:8.3f}{ratio:7.1f}  {shown}")
        if not graph.is_directed():
            runs = [ours(graph, "leiden_communities", seed=s) for s in range(given.repeats)]
            Q = [COMMUNITY.modularity(graph, found) for _, found in runs]
            middle = median(seconds for seconds, _ in runs)
            print(f"{size}{'leiden':>12}{'none':>10}{middle:8.3f}{'':7}  {min(Q):.5f} (least)")


if __name__ == "__main__":
    main()
