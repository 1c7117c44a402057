"""Sparse networks: our Leiden beside igraph's (both masses given) and networkit's, one thread.

    python -m benchmarks.sparse GENERATOR [CASE] [--repeats 3] [--without PEER ...] [--data FOLDER]
    python -m benchmarks.sparse GENERATOR [CASE] --auto

GENERATOR is a file with `firms(nodes, edges, seed) -> source, target, weight, labels`, CASE one of
firm1e4, firm1e5 (default) and firm1e6 (two minutes and several GB); --data keeps what was
generated. All methods run in turn in one process, so that ratios hold where seconds do not; time
is the processor's, from edge arrays to labels, after one warm-up; all answers are scored by the
same directed modularity with loops. --auto instead times the choice of ties and resolution.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import sparse

CASES = {
    "firm1e4": (10_000, 100_000, 20),
    "firm1e5": (100_000, 1_000_000, 21),
    "firm1e6": (1_000_000, 10_000_000, 22),
}


def generate(generator: Path, case: str, folder: Path | None) -> tuple:
    """Source, target, weight, number of nodes of a case."""
    kept = folder / f"{case}.npz" if folder else None
    if kept and kept.exists():
        found = np.load(kept)
        return found["src"], found["dst"], found["w"], int(found["n"])
    spec = importlib.util.spec_from_file_location("generator", generator)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source, target, weight, _ = module.firms(*CASES[case])
    if kept:
        np.savez(kept, src=source, dst=target, w=weight, n=CASES[case][0])
    return source, target, weight, CASES[case][0]


def modularity(label, source, target, weight, n) -> float:
    """Directed modularity, loops kept."""
    total = weight.sum()
    out, inn = np.bincount(source, weight, n), np.bincount(target, weight, n)
    inside = weight[label[source] == label[target]].sum() / total
    return inside - np.bincount(label, out) @ np.bincount(label, inn) / total**2


def ours(iterations: int):
    from klasternet.kernels.sparse import leiden

    def run(source, target, weight, n, seed):
        start = time.process_time()
        W = sparse.csr_array((weight, (source, target)), shape=(n, n))
        root = np.sqrt(weight.sum())
        out, inn = np.bincount(source, weight, n) / root, np.bincount(target, weight, n) / root
        built = time.process_time()
        label = leiden(W.indptr, W.indices, W.data, out, inn, 1.0, seed, iterations)
        return label, built - start, time.process_time() - built

    return run


def igraph_masses(source, target, weight, n, seed):
    import igraph

    random.seed(seed)
    start = time.process_time()
    keep = source != target
    graph = igraph.Graph(
        n=n, edges=np.column_stack([source[keep], target[keep]]).astype(np.int32), directed=True
    )
    graph.es["weight"] = weight[keep].tolist()
    out, inn = np.bincount(source, weight, n), np.bincount(target, weight, n)
    built = time.process_time()
    label = graph.community_leiden(
        "CPM",
        weights="weight",
        n_iterations=2,
        resolution=1 / weight.sum(),
        node_weights=out.tolist(),
        node_in_weights=inn.tolist(),
    ).membership
    return np.array(label), built - start, time.process_time() - built


def networkit_leiden(source, target, weight, n, seed):
    import networkit

    networkit.setNumberOfThreads(1)
    networkit.setSeed(seed, False)
    start = time.process_time()
    W = sparse.csr_array((weight, (source, target)), shape=(n, n))
    S = sparse.triu(W + W.T).tocoo()
    both = np.where(S.row == S.col, S.data / 2, S.data)
    pairs = S.row.astype(np.uint64), S.col.astype(np.uint64)
    graph = networkit.GraphFromCoo((both, pairs), n=n, weighted=True)
    built = time.process_time()
    search = networkit.community.ParallelLeiden(graph)
    search.run()
    label = np.array(search.getPartition().getVector())
    return label, built - start, time.process_time() - built


def auto(generator: Path, case: str) -> None:
    """One detection, and one that finds ties and resolution by itself; ARI with the planted."""
    import pandas as pd
    from sklearn.metrics import adjusted_rand_score

    import klasternet as kn

    spec = importlib.util.spec_from_file_location("generator", generator)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source, target, weight, truth = module.firms(*CASES[case])
    edges = pd.DataFrame({"source": source, "target": target, "weight": weight})
    network = kn.FlowNetwork.from_edges(edges)
    truth = truth[np.asarray(network.industries)]
    ways = {"money at gamma 1": {"measure": "flow", "resolution": 1.0}, "by itself": {}}
    first = 0.0
    for name, options in ways.items():
        bare = {} if name == "by itself" else {"support": 0, "contrast": 0}
        kn.detect(network, seed=0, **options, **bare)
        start = time.process_time()
        found = kn.detect(network, seed=0, **options, **bare)
        spent = time.process_time() - start
        first = first or spent
        print(
            f"{name:18}{spent:8.2f} s{spent / first:7.2f} x one detection   "
            f"ties {found.network.tie_rule}, gamma {found.resolution:g}, "
            f"ARI {adjusted_rand_score(truth, found.partition):.3f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generator", type=Path)
    parser.add_argument("case", nargs="?", default="firm1e5", choices=CASES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--auto", action="store_true")
    given = parser.parse_args()
    if given.auto:
        auto(given.generator, given.case)
        return
    methods = {f"klasternet, {k} iterations": ours(k) for k in (1, 2, 3)}
    for name, run in (("igraph", igraph_masses), ("networkit", networkit_leiden)):
        if name not in given.without and importlib.util.find_spec(name):
            methods[f"{name} Leiden"] = run
    tiny = (np.arange(400) % 40, np.arange(400) * 7 % 40, np.arange(400) % 9 + 1.0, 40)
    for run in methods.values():
        run(*tiny, 0)
    edges = generate(given.generator, given.case, given.data)
    runs = {name: [] for name in methods}
    for seed in range(given.repeats):
        for name, run in methods.items():
            label, build, solve = run(*edges, seed)
            runs[name].append((build, solve, modularity(label, *edges), label.max() + 1))
    reference = median(build + solve for build, solve, *_ in runs["klasternet, 3 iterations"])
    print(f"{given.case}: {edges[3]:,} nodes, {len(edges[0]):,} ties, median of {given.repeats}")
    print("method                        build s  solve s  total s  ratio        Q  clusters")
    for name, found in runs.items():
        build, solve, Q, count = (median(column) for column in zip(*found, strict=True))
        total = median(b + s for b, s, *_ in found)
        print(
            f"{name:28}{build:9.3f}{solve:9.3f}{total:9.3f}{total / reference:7.2f}"
            f"{Q:9.5f}{count:10,.0f}"
        )


if __name__ == "__main__":
    main()
