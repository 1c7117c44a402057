"""Sparse networks: our Leiden beside igraph's (both masses given) and networkit's, one thread.

    python -m benchmarks.sparse GENERATOR [CASE] [--repeats 3] [--without PEER ...] [--data FOLDER]
    python -m benchmarks.sparse GENERATOR [CASE] --auto | --threads 2 | --memory

GENERATOR is a file with `firms(nodes, edges, seed) -> source, target, weight, labels`, CASE one of
firm1e4, firm1e5 (default) and firm1e6 (two minutes and several GB); --data keeps what was
generated. All methods run in turn in one process, so that ratios hold where seconds do not; time
is the processor's, from edge arrays to labels, after one warm-up; all answers are scored by the
same directed modularity with loops. --auto instead times the choice of ties and resolution;
--threads ours on one thread and on several in turn, seconds of the clock, and whether the labels
are the same (on a quiet machine); --memory the most held above the edges, over compressed rows.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import subprocess
import sys
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


def ours(iterations: int | None = None, threads: int = 1):
    """`iterations` as `detect` takes them if not given."""
    from klasternet.detectors.searching import iterations_of
    from klasternet.kernels.sparse import leiden_of_edges

    def run(source, target, weight, n, seed):
        start = time.process_time()
        root = np.sqrt(weight.sum())
        masses = [np.bincount(end, weight, n) for end in (source, target)]
        for mass in masses:
            mass /= root
        del mass
        built = time.process_time()
        turns = iterations or iterations_of(len(weight))
        label = leiden_of_edges(
            source, target, weight, masses.pop(0), masses.pop(), 1.0, seed, turns, threads
        )
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


def in_turn(edges: tuple, threads: int, repeats: int) -> None:
    """One thread and several, seconds of the clock and of the processor."""
    ways = {1: ours(), threads: ours(threads=threads)}
    warm = np.random.default_rng(0).integers(30_000, size=(2, 900_000))
    for run in ways.values():
        run(*warm, np.ones(len(warm[0])), 30_000, 0)
    print("seed    1 thread, s  cpu s  several, s  cpu s  ratio  same labels        Q")
    ratios = []
    for seed in range(repeats):
        seen = []
        for run in ways.values():
            clock, processor = time.perf_counter(), time.process_time()
            label = run(*edges, seed)[0]
            seen.append((time.perf_counter() - clock, time.process_time() - processor, label))
        (a, b, one), (c, d, other) = seen
        ratios.append(c / a)
        same = "yes" if np.array_equal(one, other) else "NO"
        Q = modularity(one, *edges)
        print(
            f"{seed:4}{a:15.2f}{b:7.2f}{c:12.2f}{d:7.2f}{c / a:7.2f}{same:>13}{Q:9.5f}", flush=True
        )
    print(f"median ratio {median(ratios):.2f}")


def memory(given: argparse.Namespace) -> None:
    """Bytes at most above the edge arrays, over the rows of both directions that are searched."""
    from .growth import held

    edges = generate(given.generator, given.case, given.data)
    small = (np.arange(400) % 40, np.arange(400) * 7 % 40, np.arange(400) % 9 + 1.0, 40)
    ours()(*small, 0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before = held("VmRSS")
    ours()(*edges, 0)
    peak = held("VmHWM") - before
    arcs, n = int((edges[0] != edges[1]).sum()), edges[3]
    rows = 2 * arcs * 8 + n * 24  # neighbours and weights of both directions; pointers and masses
    plain = len(edges[0]) * 12 + n * 4  # of W, as SciPy holds it
    print(
        f"{given.case}: {peak / 1e6:.0f} MB above the edges; {peak / rows:.2f} times the rows of "
        f"both directions ({rows / 1e6:.0f} MB), {peak / plain:.2f} of W ({plain / 1e6:.0f} MB)"
    )


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
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--measured", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measured:
        memory(given)
        return
    if given.memory:  # in a process of its own
        again = [part for part in sys.argv[1:] if part != "--memory"]
        command = [sys.executable, "-m", "benchmarks.sparse", *again, "--measured"]
        subprocess.run(command, check=True)
        return
    if given.auto:
        auto(given.generator, given.case)
        return
    if given.threads:
        edges = generate(given.generator, given.case, given.data)
        in_turn(edges, given.threads, given.repeats)
        return
    methods = {"klasternet": ours(), **{f"klasternet, {k} iterations": ours(k) for k in (2, 3, 6)}}
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
    reference = median(build + solve for build, solve, *_ in runs["klasternet"])
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
