"""How many optima are proven, and how fast, beside igraph's exact modularity.

    python -m benchmarks.certificate nations --data FOLDER    each country of WIOD 2011
    python -m benchmarks.certificate tables --data FOLDER     each published table up to 153
    python -m benchmarks.certificate igraph --data FOLDER     the same optimum by igraph, in turn
    python -m benchmarks.certificate large --data FOLDER      BEA 2017 detail, WIOD world

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


def large(data: Path, limit: float) -> None:
    """Gap over time where a full proof is far."""
    bea = kn.FlowNetwork.from_table(kn.read_table(data / "usa_bea_2017_detail"), negatives="aside")
    world = kn.FlowNetwork.from_table(kn.read_table(data / "wiod2013_2011"))
    for name, network in (("BEA 2017 detail", bea), ("WIOD 2011", world)):
        for measure in ("lift", "flow"):
            posed = problem(network, measure, 1.0, "gravity")
            start = time.perf_counter()
            labels = best_partition(posed, np.random.default_rng(0))
            searched = time.perf_counter() - start
            state = np.array([1], dtype=np.uint64)
            last = [0.0]

            def tell(value: float, upper: float, start: float = start, last: list = last) -> None:
                if time.perf_counter() - last[0] > limit / 8:
                    last[0] = time.perf_counter()
                    print(f"    {last[0] - start:6.0f} s  gap {(upper - value) / value:.3%}")

            proof = certified(posed, labels, state, measure, seconds=limit, progress=tell)
            gap = (proof.upper_bound - proof.best_value) / proof.best_value
            print(
                f"{name} ({network.n}), {measure} at 1: gap {gap:.4%} after {proof.seconds:.0f} s "
                f"(search {searched:.1f} s), {proof.rows:,} inequalities, {proof.ended}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("nations", "tables", "igraph", "large"))
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--limit", type=float, help="seconds for each proof")
    given = parser.parse_args()
    data = Path(given.data)
    if given.what == "nations":
        many([(n, W) for n, W in nations(data) if n != "RoW"], given.limit or 60.0, each=True)
    elif given.what == "tables":
        found = [(n, W) for n, W in published(data) if len(W) <= 153]
        many(found, given.limit or 60.0, each=True)
    elif given.what == "igraph":
        against_igraph(data)
    else:
        large(data, given.limit or 600.0)


if __name__ == "__main__":
    main()
