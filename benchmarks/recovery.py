"""Planted economies: are known clusters, and a known rest, found again?

    python -m benchmarks.recovery clusters [--seeds 6]   every industry is in a cluster: 45 and 100
    python -m benchmarks.recovery large [--seeds 2]      the same: 200, 400, and 20 regions x 20
    python -m benchmarks.recovery rest [--seeds 8]       three in ten are in none
    python -m benchmarks.recovery alarms [--seeds 40]    there is nothing to find

Economies come from `klasternet.datasets.planted`: log-normal sizes and noise, flows within a
cluster `contrast` times the others. igraph's directed Leiden (masses given) has no rule for its
resolution and gets a whole grid: its best is picked by hand with the answer in view, once for all
seeds of a setting. Every number is a mean over the same seeds.
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score as ami
from sklearn.metrics import adjusted_rand_score as ari
from sklearn.metrics import f1_score

import klasternet as kn

from .peers import igraph

SMALL = ({"n": 45, "clusters": 5}, {"n": 100, "clusters": 10})
LARGE = (
    {"n": 200, "clusters": 20},
    {"n": 400, "clusters": 20},
    {"n": 20, "clusters": 4, "regions": 20},
)
CONTRASTS, NOISES = (1.5, 2.0, 3.0, 5.0), (0.8, 1.2)
THETAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
GRID = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0, 32.0)
SHORT = {"clusters": "c", "weak clusters": "w", "no clusters": "-"}
CLOSE = 0.05  # how near to the best over all resolutions the one found by itself should come


def peer(network: kn.FlowNetwork, seed: int) -> list[np.ndarray]:
    """Labels by igraph at each resolution of the grid, two iterations, loops kept."""
    W = np.array(network.flows)
    return [igraph(W, gamma, seed, iterations=2) for gamma in GRID]


def title(options: dict[str, int]) -> str:
    """Size of a planted economy in words."""
    n, regions = options["n"], options.get("regions", 1)
    return f"{regions} regions x {n}" if regions > 1 else f"{n} in {options['clusters']}"


def clusters(seeds: int, sizes: tuple[dict[str, int], ...]) -> None:
    """ARI of the bare partition: at our own resolution, at our best, at igraph's best."""
    print(f"ARI, {seeds} seeds. found: at the resolution found by itself (theta, a mean); best: at")
    print("the best of all thetas (at); igraph: at its best of all gammas (at), and at gamma 1")
    print("verdicts of each seed: c clusters, w weak clusters, - no clusters")
    print(
        f"{'economy':16}{'noise':>6}{'contrast':>9}{'found':>8}{'best':>8}"
        f"{'theta':>7}{'at':>6}{'igraph':>9}{'at':>6}{'at 1':>8}  verdicts"
    )
    far, behind, settings = [], [], 0
    for options, noise, contrast in product(sizes, NOISES, CONTRASTS):
        found, chosen, verdicts, curve, theirs = [], [], "", [], []
        for seed in range(seeds):
            network, truth = kn.datasets.planted(
                **options, contrast=contrast, noise=noise, seed=seed
            )
            mine = kn.detect(network, seed=0)
            found.append(ari(truth, mine.partition))
            chosen.append(mine.resolution)
            verdicts += SHORT[mine.verdict]
            profile = kn.profile_resolution(network, THETAS, seed=0)
            curve.append([ari(truth, labels) for labels in profile["partition"]])
            theirs.append([ari(truth, labels) for labels in peer(network, seed)])
        ours, other = np.mean(curve, axis=0), np.mean(theirs, axis=0)
        got, settings = np.mean(found), settings + 1
        name = f"{title(options)}, noise {noise}, contrast {contrast}"
        if got < ours.max() - CLOSE:
            far.append(f"{name}: {got:.3f} against {ours.max():.3f}")
        if got < other.max() - 1e-9:
            behind.append(f"{name}: {got:.3f} against {other.max():.3f}")
        print(
            f"{title(options):16}{noise:6.1f}{contrast:9.1f}{got:8.3f}{ours.max():8.3f}"
            f"{np.mean(chosen):7.2f}{THETAS[ours.argmax()]:6.2f}"
            f"{other.max():9.3f}{GRID[other.argmax()]:6.1f}{other[GRID.index(1.0)]:8.3f}"
            f"  {verdicts}",
            flush=True,
        )
    print(f"further than {CLOSE} from the best over all resolutions: {len(far)} of {settings}")
    print("".join(f"  {each}\n" for each in far), end="")
    print(f"behind igraph's best by hand: {len(behind)} of {settings}")
    print("".join(f"  {each}\n" for each in behind), end="")


def admitted(labels: np.ndarray) -> np.ndarray:
    """Whether an industry is in a cluster: for a peer, in one of at least two."""
    return np.bincount(labels)[labels] > 1


def judged(truth: np.ndarray, labels: np.ndarray, partition: np.ndarray) -> list[float]:
    """F1 of "in a cluster", of "in the rest", their mean, AMI, AMI of the partition on clusters."""
    inside, said = truth >= 0, labels >= 0
    within = f1_score(inside, said, zero_division=0.0)
    outside = f1_score(~inside, ~said, zero_division=0.0)
    return [
        within, outside, (within + outside) / 2, ami(truth, labels),
        ami(truth[inside], partition[inside]),
    ]  # fmt: skip


def rest(seeds: int, share: float = 0.3) -> None:
    """F1 and AMI with a rest: ours by default, igraph at its best resolution by AMI of labels."""
    columns = ("F1 in", "F1 rest", "mean", "AMI", "AMI in")
    print(f"rest {share}, {seeds} seeds. F1 in: of 'in a cluster'; F1 rest: of 'in the rest';")
    print("mean: of the two; AMI: of labels, the rest as one; AMI in: of the bare partition on")
    print(
        "clustered industries. igraph: at the gamma of its best AMI; a cluster of one is the rest"
    )
    print(f"{'':36}{'klasternet':^40}{'igraph':^47}")
    heads = "".join(f"{c:>8}" for c in columns)
    print(f"{'economy':16}{'noise':>6}{'contrast':>9}     {heads}  {heads}{'at':>6}  verdicts")
    behind = dict.fromkeys(columns, 0)
    settings = 0
    for (n, k), noise, contrast in product(((45, 4), (100, 8)), NOISES, (1.2, 1.5, 2.0, 3.0, 5.0)):
        mine, theirs, verdicts = [], [], ""
        for seed in range(seeds):
            network, truth = kn.datasets.planted(
                n, k, rest=share, contrast=contrast, noise=noise, seed=seed
            )
            found = kn.detect(network, seed=0)
            verdicts += SHORT[found.verdict]
            mine.append(judged(truth, found.labels, found.partition))
            theirs.append(
                [judged(truth, np.where(admitted(p), p, -1), p) for p in peer(network, seed)]
            )
        ours, curve = np.mean(mine, axis=0), np.mean(theirs, axis=0)
        best = int(curve[:, 3].argmax())
        settings += 1
        for column, a, b in zip(columns, ours, curve[best], strict=True):
            behind[column] += a <= b
        print(
            f"{f'{n} in {k}':16}{noise:6.1f}{contrast:9.1f}     "
            + "".join(f"{v:8.3f}" for v in ours) + "  "
            + "".join(f"{v:8.3f}" for v in curve[best]) + f"{GRID[best]:6.2f}  "
            + verdicts,
            flush=True,
        )  # fmt: skip
    print(
        f"not ahead of igraph, of {settings}: "
        + ", ".join(f"{column} {count}" for column, count in behind.items())
    )


def alarms(seeds: int) -> None:
    """Share of economies without clusters on which the verdict is not "no clusters"."""
    print(f"economies without clusters, {seeds} each: verdicts that see some")
    for n, zeros, noise in product((45, 100), (0.0, 0.3), (1.2,)):
        verdicts = [
            kn.detect(
                kn.datasets.planted(n, 5, contrast=1.0, noise=noise, zeros=zeros, seed=seed)[0],
                seed=0,
            ).verdict
            for seed in range(1000, 1000 + seeds)
        ]
        seen = {what: verdicts.count(what) for what in ("clusters", "weak clusters")}
        print(
            f"  {n:4} industries, noise {noise}, {zeros:3.0%} empty: "
            f"{sum(seen.values()) / seeds:6.1%}  ({seen['clusters']} clusters, "
            f"{seen['weak clusters']} weak)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    usual = {"clusters": 6, "large": 2, "rest": 8, "alarms": 40}
    parser.add_argument("what", choices=usual)
    parser.add_argument("--seeds", type=int)
    given = parser.parse_args()
    seeds = given.seeds or usual[given.what]
    if given.what in ("clusters", "large"):
        clusters(seeds, SMALL if given.what == "clusters" else LARGE)
    elif given.what == "rest":
        rest(seeds)
    else:
        alarms(seeds)


if __name__ == "__main__":
    main()
