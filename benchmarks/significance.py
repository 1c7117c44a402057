"""Significance: false alarms where there is nothing, power where there is, and speed.

    python -m benchmarks.significance calibration [--economies 400] [--draws 99] [--n 20 45 71]
    python -m benchmarks.significance clusters [--economies 100]     p-values of single clusters
    python -m benchmarks.significance resolution [--economies 100]   chosen, held fixed: or a grid
    python -m benchmarks.significance power [--economies 100]
    python -m benchmarks.significance money [--economies 100]
    python -m benchmarks.significance speed --data FOLDER            beside a loop around leidenalg

A structureless economy is W_ij = u_i v_j exp(e_ij), log sizes with standard deviation 1.2, and
noise e of one of the kinds of NOISE. A share of p <= 0.05 among 400 has a standard error of 1.1 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import klasternet as kn

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # what the tests use too
from oracles.structureless import NOISE, bare, economy

SIZES = (20, 45, 71)
WITHIN = (0.03, 0.07)


def rejected(pvalues: np.ndarray) -> np.ndarray:
    """Share of p <= 0.05."""
    return (np.asarray(pvalues) <= 0.05 + 1e-12).mean(axis=0)


def calibration(economies: int, draws: int, sizes: list[int], measure: str = "lift") -> None:
    """Share of structureless economies called significant, all resolutions and each alone."""
    print(f"share of p <= 0.05 over {economies} structureless economies, {draws} draws each")
    print(f"(standard error {np.sqrt(0.05 * 0.95 / economies):.3f}); then the mean p, and the")
    print("share at each resolution alone")
    outside = []
    for n in sizes:
        for noise in NOISE:
            start, p, alone = time.perf_counter(), [], []
            for k in range(economies):
                tested = kn.significance(bare(economy(n, noise, k), measure), draws, seed=k)
                p.append(tested.pvalue)
                alone.append(tested.profile["pvalue"].to_numpy())
            share = float(rejected(np.array(p)))
            if not WITHIN[0] <= share <= WITHIN[1]:
                outside.append(f"{n}, {noise}: {share:.4f}")
            each = "  ".join(f"{x:.3f}" for x in rejected(np.array(alone)))
            print(
                f"{n:4} {noise:17}{share:7.4f}   mean p {np.mean(p):.3f}   {each}"
                f"   {time.perf_counter() - start:.0f} s",
                flush=True,
            )
    print(f"outside of {WITHIN}: {'; '.join(outside) or 'none'}")


def clusters(economies: int, draws: int, sizes: list[int]) -> None:
    """False alarms of single clusters, admitted ones and all of the bare partition."""
    print(f"{economies} structureless economies, {draws} draws. any: share in which some cluster")
    print("has p <= 0.05; like: share of clusters with p <= 0.05 against clusters of like size;")
    print("kept: clusters per economy after admission, before the verdict of `detect`")
    for n in sizes:
        for noise in ("log-normal", "t3", "zeros"):
            found: dict[str, list[kn.Significance]] = {"bare": [], "admitted": []}
            for k in range(economies):
                network = economy(n, noise, k)
                for name, asked in (("bare", 0.0), ("admitted", 1.0)):
                    got = kn.detect(network, support=asked / 2, contrast=asked, seed=k)
                    found[name].append(kn.significance(got, draws, seed=k))
            line = f"{n:4} {noise:12}"
            for name, tests in found.items():
                tables = [test.table for test in tests]
                some = np.mean([bool((table["pvalue"] <= 0.05).any()) for table in tables])
                like = np.concatenate([table["pvalue_like_size"] for table in tables])
                like = like[np.isfinite(like)]
                share = float((like <= 0.05).mean()) if len(like) else float("nan")
                line += f"  {name}: any {some:.3f}, like {share:.3f}, clusters {len(like)}"
            whole = rejected(np.array([test.pvalue for test in found["bare"]]))
            print(f"{line}  whole economy {whole:.3f}", flush=True)


def resolution(economies: int, draws: int, sizes: list[int]) -> None:
    """False alarms if the resolution that `detect` chose were held fixed, or a grid looked at."""
    print(f"share of p <= 0.05 over {economies} structureless economies, {draws} draws")
    for n in sizes:
        for noise in ("log-normal", "t3"):
            fixed, grid, chosen = [], [], []
            for k in range(economies):
                found = kn.detect(economy(n, noise, k), support=0, contrast=0, seed=k)
                recipe = found.recipe
                assert recipe is not None
                held = replace(
                    recipe, parameters={**recipe.parameters, "resolution": found.resolution}
                )
                chosen.append(found.resolution)
                grid.append(kn.significance(found, draws, seed=k).pvalue)
                fixed.append(kn.significance(replace(found, recipe=held), draws, seed=k).pvalue)
            print(
                f"{n:4} {noise:12} chosen held fixed {rejected(np.array(fixed)):.3f} "
                f"(mean p {np.mean(fixed):.3f}), best of a grid {rejected(np.array(grid)):.3f} "
                f"(mean p {np.mean(grid):.3f}); chosen: median {np.median(chosen):.2f}, "
                f"above 1 in {np.mean(np.array(chosen) > 1):.2f}",
                flush=True,
            )


def power(economies: int, draws: int) -> None:
    """Share of planted economies called significant: all resolutions, and each alone."""
    print(f"share of p <= 0.05 over {economies} planted economies, {draws} draws, log-noise 1.2")
    for n, k in ((45, 5), (20, 2), (100, 10)):
        for contrast in (2.0, 3.0):
            p, alone = [], []
            for seed in range(economies):
                network, _ = kn.datasets.planted(n, k, contrast=contrast, noise=1.2, seed=seed)
                tested = kn.significance(bare(network), draws, seed=seed)
                p.append(tested.pvalue)
                alone.append(tested.profile["pvalue"].to_numpy())
            each = "  ".join(f"{x:.3f}" for x in rejected(np.array(alone)))
            print(
                f"{n:4} in {k:2}, contrast {contrast}: {rejected(np.array(p)):.3f}   alone at "
                f"{tested.profile.index.tolist()}: {each}",
                flush=True,
            )


def loop(network: kn.FlowNetwork, thetas: list[float], seed: int) -> Iterator[float]:
    """The same test as NumPy and leidenalg make it: deal out residuals, fit, look for clusters.

    A two-way fit by ten alternations of means and one scale for all; communities of the lift of
    all pairs by the constant Potts model, which is Q, at every resolution, until nothing changes.
    """
    import igraph
    import leidenalg

    rng = np.random.default_rng(seed)
    W = np.array(network.flows, dtype=float)
    np.fill_diagonal(W, 0.0)
    seen = W > 0
    y = np.log(np.where(seen, W, 1.0))
    i, j = np.nonzero(~np.eye(len(W), dtype=bool))
    edges = np.column_stack([i, j]).astype(np.int32)
    rows, columns = np.maximum(seen.sum(axis=1), 1), np.maximum(seen.sum(axis=0), 1)

    def fitted(y: np.ndarray) -> np.ndarray:
        a, b = np.zeros(len(y)), np.zeros(len(y))
        for _ in range(10):
            a = np.where(seen, y - b, 0.0).sum(axis=1) / rows
            b = np.where(seen, y - a[:, None], 0.0).sum(axis=0) / columns
        return a[:, None] + b

    level = fitted(y)
    e = (y - level)[seen]
    while True:
        drawn = np.zeros_like(y)
        drawn[seen] = level[seen] + rng.permutation(e)
        lift = np.where(seen, drawn - fitted(drawn), 0.0)
        lift = np.clip(lift / lift[seen].std(), -5.0, 5.0)
        graph = igraph.Graph(n=len(W), edges=edges, directed=True)
        weights = lift[i, j].tolist()
        for theta in thetas:
            found = leidenalg.find_partition(
                graph, leidenalg.CPMVertexPartition, weights=weights,
                resolution_parameter=theta, n_iterations=-1, seed=int(rng.integers(2**31)),
            )  # fmt: skip
        yield float(found.quality())


def speed(data: Path, repeats: int = 3) -> None:
    """999 draws on two workers, and processor time of a draw beside the loop around leidenalg."""
    tables = {
        "usa_2022": kn.datasets.load("usa_2022"),
        "BEA 2017 detail": kn.read_table(data / "usa_bea_2017_detail"),
    }
    for name, table in tables.items():
        network = kn.FlowNetwork.from_table(table, negatives="aside")
        for resolution in ("auto", 0.5):
            found = kn.detect(network, resolution=resolution, seed=0)
            tested = kn.significance(found, draws=2, seed=0)  # compiles too
            thetas = tested.profile.index.tolist() + [found.resolution] * (resolution == "auto")
            few = 1 if network.n > 200 else 10
            ours, theirs = [], []
            other = loop(network, thetas, 0)
            next(other)
            for _ in range(repeats):  # set-up, the same however many draws, is taken off
                marks = [time.process_time()]
                for draws in (100, 1):
                    kn.significance(found, draws=draws, seed=0)
                    marks.append(time.process_time())
                for _ in range(few):
                    next(other)
                marks.append(time.process_time())
                first, second, third = np.diff(marks)
                ours.append((first - second) / 99)
                theirs.append(third / few)
            start = time.perf_counter()
            more = kn.significance(found, draws=999, seed=0, n_jobs=2)
            whole = time.perf_counter() - start
            ratio = np.median(np.array(theirs) / np.array(ours))
            print(
                f"{name}, {network.n} industries, resolution {resolution} ({len(thetas)} looked "
                f"at): 999 draws on two workers {whole:.1f} s; processor time of a draw "
                f"{np.median(ours) * 1e3:.2f} ms, around leidenalg {np.median(theirs) * 1e3:.0f} "
                f"ms: {ratio:.0f} times; p = {more.pvalue:.3g}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", choices=["calibration", "clusters", "resolution", "power", "money", "speed"]
    )
    parser.add_argument("--economies", type=int, default=None)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--n", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--noise", nargs="+", default=None)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    for noise in set(NOISE) - set(given.noise or NOISE):
        del NOISE[noise]
    economies = given.economies or (400 if given.what == "calibration" else 100)
    if given.what == "calibration":
        calibration(economies, given.draws, given.n)
    elif given.what == "money":
        calibration(economies, given.draws, given.n, "flow")
    elif given.what == "power":
        power(economies, given.draws)
    elif given.what == "speed":
        if given.data is None:
            parser.error("speed needs --data")
        speed(given.data)
    else:
        {"clusters": clusters, "resolution": resolution}[given.what](
            economies, given.draws, given.n
        )


if __name__ == "__main__":
    main()
