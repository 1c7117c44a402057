"""How many optima are proven, and how fast, beside igraph's exact modularity.

    python -m benchmarks.certificate nations --data FOLDER    each country of WIOD 2011
    python -m benchmarks.certificate tables --data FOLDER     each published table up to 153
    python -m benchmarks.certificate igraph --data FOLDER     the same optimum by igraph, in turn

Lift at theta 0, 0.3, 0.5, 1 and money at gamma 0.5, 1, 1.5, 2 under the configuration null, loops
aside and kept (lift does not see them). Seconds are those of the proof, after the search.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import klasternet as kn
from klasternet.detectors.certifying import certified
from klasternet.detectors.searching import best_partition
from klasternet.qualities import Problem, problem

from .tables import published

LIFT, MONEY = (0.0, 0.3, 0.5, 1.0), (0.5, 1.0, 1.5, 2.0)
SETTINGS = [("lift", theta, "aside") for theta in LIFT] + [
    ("flow", gamma, loops) for gamma in MONEY for loops in ("aside", "keep")
]


def nations(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Domestic flows of each country of WIOD 2011."""
    table = kn.read_table(data / "wiod2013_2011")
    region, flows = np.asarray(table.region), table.flows.to_numpy()
    for country in dict.fromkeys(region):
        own = region == country
        yield str(country), np.ascontiguousarray(flows[np.ix_(own, own)])


def prove(W: np.ndarray, measure: str, resolution: float, loops: str, limit: float) -> tuple:
    """Certificate and seconds of one table under one setting."""
    posed = posed_on(W, measure, resolution, loops)
    labels = best_partition(posed, np.random.default_rng(0))
    state = np.array([1], dtype=np.uint64)
    start = time.perf_counter()
    proof = certified(posed, labels, state, measure, seconds=limit)
    return proof, time.perf_counter() - start


def posed_on(W: np.ndarray, measure: str, resolution: float, loops: str) -> Problem:
    network = kn.FlowNetwork.from_matrix(W, loops=loops)
    return problem(network, measure, resolution, "configuration")


def many(tables: list[tuple[str, np.ndarray]], limit: float, each: bool) -> None:
    """Prove every table under every setting; a line for each setting."""
    prove(tables[0][1], "lift", 0.3, "aside", limit)  # compiled
    prove(tables[0][1], "flow", 1.0, "aside", limit)
    slow = {}
    print(f"{'setting':20} proven  at once  median s  slowest s")
    everything: list[float] = []
    for measure, resolution, loops in SETTINGS:
        seconds, proven, root = [], 0, 0
        for name, W in tables:
            proof, took = prove(W, measure, resolution, loops, limit)
            seconds.append(took)
            best = proof.upper_bound - proof.best_value
            closed = best < 1e-9 and best < 1e-9 * max(abs(proof.best_value), best)
            proven += closed or best < 1e-14
            root += proof.nodes <= 1
            if took > 1.0:
                key = f"{measure} {resolution:g} {loops}"
                gap = best / abs(proof.best_value) if proof.best_value else 0.0
                slow.setdefault(f"{name} ({len(W)})", []).append(
                    f"{key}: {took:.1f} s" + (f", gap {gap:.2%}" if not closed else "")
                )
        everything += seconds
        label = f"{measure} {resolution:g}, loops {loops}"
        print(
            f"{label:20} {proven:3}/{len(tables)} {root:8} {np.median(seconds):9.3f} "
            f"{max(seconds):10.2f}",
            flush=True,
        )
    print(f"all: median {np.median(everything):.3f} s")
    if each:
        for name, lines in slow.items():
            print(f"  over a second: {name}: {'; '.join(lines)}")


def against_igraph(data: Path) -> None:
    """The same optimum, directed modularity with loops kept at gamma 1, in turn."""
    import igraph

    ratios, mine, theirs, apart = [], [], [], 0
    for _, W in nations(data):
        posed = posed_on(W, "flow", 1.0, "keep")
        state = np.array([1], dtype=np.uint64)
        if not mine:
            prove(W, "flow", 1.0, "keep", 60.0)
        start = time.perf_counter()
        labels = best_partition(posed, np.random.default_rng(0))
        proof = certified(posed, labels, state, "flow", seconds=60.0)
        own = time.perf_counter() - start
        start = time.perf_counter()
        graph = igraph.Graph.Weighted_Adjacency(W.tolist(), mode="directed", loops="once")
        members = graph.community_optimal_modularity(weights="weight").membership
        peer = time.perf_counter() - start
        value = posed.value(np.asarray(members, dtype=np.int64))
        apart += abs(value - proof.best_value) > 1e-9
        mine.append(own)
        theirs.append(peer)
        ratios.append(peer / own)
    print(
        f"{len(mine)} nations: klasternet, search and proof, median {np.median(mine):.3f} s; "
        f"igraph {np.median(theirs):.3f} s; ratio median {np.median(ratios):.1f} "
        f"(least {min(ratios):.1f}, most {max(ratios):.1f}); optima that differ: {apart}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("nations", "tables", "igraph"))
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--limit", type=float, help="seconds for each proof")
    given = parser.parse_args()
    data = Path(given.data)
    if given.what == "nations":
        many([(n, W) for n, W in nations(data) if n != "RoW"], given.limit or 60.0, each=True)
    elif given.what == "tables":
        found = [(n, W) for n, W in published(data) if len(W) <= 153]
        many(found, given.limit or 60.0, each=True)
    else:
        against_igraph(data)


if __name__ == "__main__":
    main()
