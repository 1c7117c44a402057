"""Levels and the profile of resolutions: what they find, false splits, and how long they take.

    python -m benchmarks.resolution levels [--seeds 3]    regions, and the clusters in them
    python -m benchmarks.resolution alarms [--seeds 20] [--measure flow]
                                                          regions with nothing in them: false splits
    python -m benchmarks.resolution chance [--seeds 5]    what splits are judged by, without parts
    python -m benchmarks.resolution profile --data DIR    time, intervals, and Q against full search

Economies are those of `klasternet.datasets.planted`: 20 industries in each region, 4 clusters in
each, flows within a region 20 times the others.
"""

from __future__ import annotations

import argparse
import time
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score as ari

import klasternet as kn
from klasternet.detectors.dense_clusters import poser
from klasternet.detectors.searching import best_partition
from klasternet.nullmodels import null_model_of


def economy(regions: int, seed: int, **options: float) -> tuple[kn.FlowNetwork, np.ndarray, object]:
    """A network, its planted clusters and its regions."""
    network, truth = kn.datasets.planted(20, 4, regions=regions, seed=seed, **options)
    return network, truth, network.columns["region"].to_numpy()


def levels(seeds: int) -> None:
    """ARI of level 1 with the regions, of the finest with the clusters; detect's own beside it."""
    print(f"{seeds} seeds. ARI of level 1 with the regions; of the finest level with the clusters")
    print("(bare partition); of detect's with the clusters; own: regions cut out and detected by")
    print(
        "themselves at the best of all thetas, by hand; split: share of the regions; in: share of"
    )
    print("industries admitted at the finest level")
    print(
        f"{'regions':>7}{'contrast':>9}{'noise':>6}{'level 1':>9}{'finest':>8}{'detect':>8}"
        f"{'own':>7}{'split':>7}{'in':>6}{'s':>6}"
    )
    for regions, contrast, noise in product((4, 20), (1.0, 2.0, 3.0, 5.0), (0.8, 1.2)):
        rows = []
        for seed in range(seeds):
            network, truth, region = economy(regions, seed, contrast=contrast, noise=noise)
            start = time.perf_counter()
            found = kn.levels(network, seed=0)
            seconds = time.perf_counter() - start
            first, last = found.to_clusters(1), found.to_clusters()
            plain = kn.detect(network, seed=0).partition
            rows.append([
                ari(region, first.partition), ari(truth, last.partition), ari(truth, plain),
                by_hand(network, truth, region), (found.splits["outcome"] == "split").mean(),
                (last.labels >= 0).mean(), seconds,
            ])  # fmt: skip
        a, b, c, d, e, f, g = np.mean(rows, axis=0)
        print(
            f"{regions:7}{contrast:9.1f}{noise:6.1f}{a:9.3f}{b:8.3f}{c:8.3f}{d:7.3f}{e:7.2f}"
            f"{f:6.2f}{g:6.1f}",
            flush=True,
        )


def by_hand(network: kn.FlowNetwork, truth: np.ndarray, region: np.ndarray) -> float:
    """ARI when every region is cut out, and searched at the best of all thetas with hindsight."""
    curve = []
    cut = [np.flatnonzero(region == name) for name in np.unique(region)]
    poses = [
        poser(network.select(network.industries[at]), "lift", null_model_of("gravity"))
        for at in cut
    ]
    for theta in (0.0, 0.1, 0.2, 0.3, 0.4, 0.6):
        labels = np.empty(network.n, dtype=np.int64)
        for k, (at, pose) in enumerate(zip(cut, poses, strict=True)):
            labels[at] = 100 * k + best_partition(pose(theta), np.random.default_rng(0))
        curve.append(ari(truth, labels))
    return max(curve)


def bare(n: int, regions: int, noise: str, seed: int) -> kn.Clusters:
    """Regions without anything in them, given as clusters."""
    rng = np.random.default_rng(seed)
    total, region = n * regions, np.repeat(np.arange(regions), n)
    shape = (total, total)
    e = {
        "normal": lambda: rng.normal(0.0, 1.2, shape),
        "t3": lambda: rng.standard_t(3, shape),
        "loggamma": lambda: -np.log(rng.gamma(1.0, 1.0, shape)),
        "zeros": lambda: rng.normal(0.0, 1.2, shape),
    }[noise]()
    W = np.exp(rng.normal(0.0, 1.2, total)[:, None] + rng.normal(0.0, 1.2, total) + e)
    W[(rng.random(shape) < 0.3) & (noise == "zeros")] = 0.0
    W[region[:, None] == region] *= 20.0
    np.fill_diagonal(W, 0.0)
    return kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), region)


NOISES = ("normal", "t3", "loggamma", "zeros")


def alarms(seeds: int, measure: str) -> None:
    """Share of economies in which any region is split, and of regions, where none has parts."""
    print(f"{seeds} economies each, no parts in any region: economies with a false split, regions")
    for n, regions in ((12, 10), (20, 1), (20, 5), (20, 20), (45, 5)):
        for noise in NOISES:
            wrong = []
            for seed in range(seeds):
                found = kn.levels(
                    bare(n, regions, noise, 100 + seed), measure=measure, seed=seed, depth=2
                )
                wrong.append((found.splits["outcome"] == "split").mean())
            print(
                f"{regions:4} regions of {n:3}, {noise:9}{np.mean(np.array(wrong) > 0):6.1%}"
                f"{np.mean(wrong):7.2%}",
                flush=True,
            )


def chance(seeds: int) -> None:
    """Industries times score where there are no parts: mean, sd and upper quantiles."""
    print("industries times score without parts: mean, sd, 90, 95, 99 % quantiles, clusters")
    for n, regions in ((12, 20), (20, 20), (45, 8), (100, 3)):
        for noise in NOISES:
            score: list[float] = []
            for seed in range(seeds):
                found = kn.levels(bare(n, regions, noise, 200 + seed), seed=seed, depth=2)
                score += (n * found.splits["score"]).tolist()
            quantiles = " ".join(f"{q:5.2f}" for q in np.quantile(score, [0.9, 0.95, 0.99]))
            print(
                f"{n:4} industries, {noise:9}{np.mean(score):6.2f}{np.std(score):6.2f}  "
                f"{quantiles}  {len(score)}",
                flush=True,
            )


def profile(data: Path | None) -> None:
    """Processor time of a profile, and how far its Q is from that of a full search of detect."""
    networks = [kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))]
    if data is not None:
        table = kn.read_table(data / "usa_bea_2017_detail")
        networks.append(kn.FlowNetwork.from_table(table, negatives="transpose"))
    kn.profile_resolution(networks[0], seed=0)  # compiles
    for network, measure in product(networks, ("lift", "flow")):
        start = time.process_time()
        found = kn.profile_resolution(network, measure=measure, seed=0)
        seconds = time.process_time() - start
        pose = poser(network, measure, null_model_of("gravity"))
        rows = found.iloc[:: max(len(found) // 20, 1)]
        rng, short, full = np.random.default_rng(0), [], 0.0
        for at, labels in zip(rows.index, rows["partition"], strict=True):
            problem, start = pose(float(at)), time.process_time()
            best = problem.value(best_partition(problem, rng))
            full += time.process_time() - start
            short.append((best - problem.value(labels)) / abs(best))
        print(
            f"{network.name}, {measure}: {seconds:.2f} s, {len(found)} intervals, complete "
            f"{found.attrs['complete']}, {found['plateau'].nunique()} plateaus; a full search "
            f"{full / len(rows):.3f} s; Q of a row below that of a full search: mean "
            f"{np.mean(short):.4%}, most {np.max(short):.3%}, least {np.min(short):.3%} "
            f"({len(short)} rows)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    usual = {"levels": 3, "alarms": 20, "chance": 5, "profile": 0}
    parser.add_argument("what", choices=usual)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--measure", default="lift", choices=("lift", "flow"))
    given = parser.parse_args()
    seeds = given.seeds or usual[given.what]
    if given.what == "profile":
        profile(given.data)
    elif given.what == "alarms":
        alarms(seeds, given.measure)
    else:
        {"levels": levels, "chance": chance}[given.what](seeds)


if __name__ == "__main__":
    main()
