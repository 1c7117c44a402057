"""Dense tables beside igraph, leidenalg, networkit and scikit-network: how fast, and how good.

    python -m benchmarks.dense speed --generator FILE      io400, from the NumPy matrix to labels
    python -m benchmarks.dense large --generator FILE      mr2500 or, with --case, mr9800
    python -m benchmarks.dense lift --generator FILE       the same with lift, and with "auto"
    python -m benchmarks.dense profile --generator FILE    where our own milliseconds go
    python -m benchmarks.dense made [--generator FILE]     quality on made tables
    python -m benchmarks.dense published --data FOLDER     quality on published tables

FILE (or $KLASTERNET_GENERATOR) and FOLDER (or $KLASTERNET_DATA) lie outside the repository; see
`tables`. All run in turn in one process after a warm-up, one thread each, and are timed by the
processor, so that ratios hold where seconds do not.
Every answer is scored by one function: directed modularity with loops. Quality: ours is one run,
seed 0; a peer's is the best of several.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

import klasternet as kn

from .peers import Peer, installed, modularity
from .tables import generate, made, published, small

# regions, sectors, groups, seed
LARGE = {"mr2500": (50, 50, 5, 13), "mr9800": (49, 200, 8, 14)}
EQUAL = 1e-9  # difference of Q that is rounding


def ours(W: np.ndarray, gamma: float, seed: int, effort: float = 1.0) -> np.ndarray:
    """Directed modularity by klasternet: the bare partition."""
    network = kn.FlowNetwork.from_matrix(W, loops="keep")
    return kn.detect(
        network, measure="flow", null="configuration", resolution=gamma,
        support=0, contrast=0, seed=seed, effort=effort,
    ).partition  # fmt: skip


def generated(generator: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and planted labels of a shape, by the generator file."""
    spec = importlib.util.spec_from_file_location("generator", generator)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dense(*shape)[:2]


def held(what: str) -> int:
    """Bytes held now (VmRSS) or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def memory(W: np.ndarray, run: Callable[[], object]) -> float:
    """The most memory held above the input while something runs, in sizes of the matrix."""
    ctypes.CDLL(None).malloc_trim(0)  # what earlier work has freed is not held any more
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before = held("VmRSS")
    run()
    return (held("VmHWM") - before) / W.nbytes


def lift(W: np.ndarray, truth: np.ndarray, auto: bool) -> None:
    """Gravity fit and detection at theta 1.5, and with the resolution found by itself."""
    from sklearn.metrics import adjusted_rand_score

    ways = {"resolution=1.5, bare": {"resolution": 1.5, "support": 0, "contrast": 0}}
    if auto:
        ways['resolution="auto", admission'] = {}
    for name, options in ways.items():
        for _again in range(2):  # the first compiles what is not yet
            found: list = []

            def run(options: dict = options, found: list = found) -> None:
                start = time.process_time()
                network = kn.FlowNetwork.from_matrix(W)
                clusters = kn.detect(network, measure="lift", seed=0, **options)
                found[:] = time.process_time() - start, clusters

            room = memory(W, run)
        seconds, clusters = found
        print(
            f"{name:30}{seconds:8.2f} s{room:8.2f} x the matrix above it   "
            f"theta {clusters.resolution:.2f}, {len(clusters)} clusters, "
            f"ARI {adjusted_rand_score(truth, clusters.partition):.3f}"
        )


def timed(method: Peer, W: np.ndarray, gamma: float, seed: int) -> tuple[float, float]:
    """Seconds from matrix to labels, and Q."""
    start = time.process_time()
    labels = method(W, gamma, seed)
    seconds = time.process_time() - start
    return seconds, modularity(W, labels, gamma)


def speed(W: np.ndarray, repeats: int, peers: dict[str, Peer]) -> None:
    """Alternate all methods on one matrix; medians, and how many times longer the others take.

    Each round has a seed of its own, but for the row that says otherwise.
    """
    methods: dict[str, Peer] = {
        "klasternet": ours,
        "klasternet, seed=0": lambda W, gamma, seed: ours(W, gamma, 0),
        "klasternet, effort=0": lambda W, gamma, seed: ours(W, gamma, seed, 0.0),
        **peers,
    }
    for method in methods.values():
        method(W if len(W) < 1000 else W[:50, :50].copy(), 1.0, 0)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
    for seed in range(repeats):
        for name, method in methods.items():
            found[name].append(timed(method, W, 1.0, seed))
    seconds = {name: median(s for s, _ in runs) for name, runs in found.items()}
    full, quick = seconds["klasternet"], seconds["klasternet, effort=0"]
    print(f"{len(W)} industries, matrix to labels, median of {repeats}, alternating")
    print(
        f"{'':24}{'ms':>9}{'least':>9}{'most':>9}"
        f"{'times ours':>12}{'effort=0':>10}{'Q':>10}{'worst Q':>10}"
    )
    for name, runs in found.items():
        t, each = seconds[name], [s for s, _ in runs]
        print(
            f"{name:24}{1e3 * t:9.2f}{1e3 * min(each):9.2f}{1e3 * max(each):9.2f}"
            f"{t / full:12.1f}{t / quick:10.1f}"
            f"{median(q for _, q in runs):10.5f}{min(q for _, q in runs):10.5f}"
        )


def profile(W: np.ndarray, repeats: int = 15) -> None:
    """Where our milliseconds go, step by step on ready inputs."""
    from klasternet import labelling, qualities
    from klasternet.detectors import searching

    def clock(name: str, step: Callable[[], object]) -> None:
        step()
        spent = []
        for _ in range(repeats):
            start = time.process_time()
            step()
            spent.append(time.process_time() - start)
        print(f"  {name:44}{1e3 * median(spent):9.3f}")

    network = kn.FlowNetwork.from_matrix(W, loops="keep")
    posed = qualities.flow_problem(network, 1.0, "configuration")
    labels = searching.best_partition(posed, np.random.default_rng(0), 0.0)
    print(f"{len(W)} industries, milliseconds, median of {repeats}")
    clock("all, effort=1", lambda: ours(W, 1.0, 0))
    clock("all, effort=0", lambda: ours(W, 1.0, 0, 0.0))
    clock("FlowNetwork.from_matrix", lambda: kn.FlowNetwork.from_matrix(W, loops="keep"))
    clock("masses and q", lambda: qualities.flow_problem(network, 1.0, "configuration"))
    clock(
        "search, effort=0",
        lambda: searching.best_partition(posed, np.random.default_rng(0), 0.0),
    )
    clock(
        "search, effort=1", lambda: searching.best_partition(posed, np.random.default_rng(0), 1.0)
    )
    clock("value of the objective", lambda: posed.value(labels))
    clock("labels in order (twice a detect)", lambda: labelling.order_labels(labels, network))
    clock("names", lambda: labelling.name_clusters(network, labels))


def best_of(method: Peer, Ws: list[np.ndarray], gamma: float, seeds: int) -> Iterator[tuple]:
    """Seconds of a run, and the best Q over seeds, of each matrix."""
    for W in Ws:
        runs = [timed(method, W, gamma, seed) for seed in range(seeds)]
        yield median(s for s, _ in runs), max(q for _, q in runs)


def _millionths(gaps: np.ndarray) -> int:
    return round(1e6 * float(gaps.min()))


def quality(
    tables: Iterator[tuple[str, list[np.ndarray]]], seeds: int, peers: dict[str, Peer]
) -> None:
    """Our Q at seed 0 against the best run of each peer."""
    for method in (ours, *peers.values()):
        method(np.ones((4, 4)) + 9 * np.eye(4), 1.0, 0)
    names = list(peers)
    print(f"ours: one run, seed 0; peers: the best of {seeds} runs each")
    print("behind: tables on which ours is lower; gap: the least of our Q minus their best, x 1e6")
    print(f"{'':57}   ms of a run, and gap to each peer")
    print(
        f"{'table':37}{'gamma':>6}{'Q':>9}{'behind':>8}{'gap':>7}{'ms':>8}"
        + "".join(f"{name.partition(',')[0]:>17}" for name in names)
    )
    count, behind = 0, []
    for name, Ws in tables:
        for gamma in (1.0, 2.0):
            mine = list(best_of(ours, Ws, gamma, 1))
            theirs = {peer: list(best_of(peers[peer], Ws, gamma, seeds)) for peer in names}
            gaps = {
                p: np.array([m[1] - t[1] for m, t in zip(mine, theirs[p], strict=True)])
                for p in names
            }
            least = np.minimum.reduce(list(gaps.values()))
            lower = np.flatnonzero(least < -EQUAL)
            count += len(Ws)
            behind += [f"{name}, gamma {gamma}, number {k}: {1e6 * least[k]:.1f}" for k in lower]
            print(
                f"{name:37}{gamma:6.1f}{np.mean([q for _, q in mine]):9.5f}"
                f"{f'{len(lower)}/{len(Ws)}':>8}{_millionths(least):7}"
                f"{1e3 * np.mean([s for s, _ in mine]):8.1f}"
                + "".join(
                    f"{1e3 * np.mean([s for s, _ in theirs[p]]):9.1f}{_millionths(gaps[p]):8}"
                    for p in names
                ),
                flush=True,
            )
    print(f"ours is lower than the best run of any peer on {len(behind)} of {count}")
    print("".join(f"  {each}\n" for each in behind), end="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("speed", "large", "lift", "profile", "made", "published"))
    parser.add_argument("--generator", type=Path, default=os.environ.get("KLASTERNET_GENERATOR"))
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--case", default="mr2500", choices=LARGE)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    peers = installed()
    if given.what in ("speed", "profile"):
        if given.generator is None:
            parser.error("io400 needs --generator")
        W = generate(Path(given.generator), "io400")
        if given.what == "speed":
            speed(W, given.repeats, {k: v for k, v in peers.items() if "leidenalg" not in k})
        else:
            profile(W)
        return
    if given.what in ("large", "lift"):
        if given.generator is None:
            parser.error("made tables need --generator")
        W, truth = generated(Path(given.generator), LARGE[given.case])
        few = {k: v for k, v in peers.items() if k in ("networkit", "scikit-network")}
        warm = np.random.default_rng(0).random((2001, 2001)) + 0.1
        if given.what == "lift":
            lift(warm, np.zeros(2001), auto=given.case == "mr2500")
            lift(W, truth, auto=given.case == "mr2500")
            return
        ours(warm, 1.0, 0)
        del warm
        print(f"memory above the matrix: {memory(W, lambda: ours(W, 1.0, 0)):.2f} times its size")
        speed(W, min(given.repeats, 5), few)
        return
    converged = {k: v for k, v in peers.items() if "2 iterations" not in k}
    if given.what == "made":
        generator = Path(given.generator) if given.generator else None
        tables = ((name, [W]) for name, W in made(generator))
    else:
        if given.data is None:
            parser.error("published tables need --data")
        data = Path(given.data)
        singles = [(name, [W]) for name, W in published(data)]
        tables = iter([*singles, *small(data)])
    quality(tables, given.seeds, converged)


if __name__ == "__main__":
    main()
