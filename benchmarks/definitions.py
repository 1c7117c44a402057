"""Agreement with published cluster definitions, of every measure and tie rule.

    python -m benchmarks.definitions --data FOLDER [--seeds 5] [--without-peers]

The U.S. table of 402 industries for 2017, made from make and use, against the U.S. benchmark
cluster definitions (Delgado, Porter and Stern 2016, doi 10.1093/jeg/lbv017). Traded industries: an
industry is traded if at least half of its six-digit codes (NAICS 2012) that the definitions hold
are, and is in the cluster of most of them; where two have as many, in the one whose code comes
first, and the column "sure" leaves such industries out. Measured: adjusted mutual information (AMI)
of the bare partition, every industry in its place. Ours picks its resolution by held-out flows. A
peer has no rule for that and gets a whole grid; its best is picked with the answer in view.

The definitions rest on input-output links too (of an earlier table), with occupations and
co-location: agreement is no proof of truth, and says nothing of industries that are not traded.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

import klasternet as kn

from .peers import PEERS, installed

RULES = ("flow", "input_share", "sales_share", "relatedness", "strongest_share", "leontief")
NULLS = ("gravity", "configuration", "uniform")
GRID = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
TRIES = 2  # runs of each row but the first two, and of each resolution picked by hand


def published(network: kn.FlowNetwork, data: Path) -> pd.DataFrame:
    """Cluster of each traded industry by its code, and whether no other has as many."""
    codes = pd.read_csv(
        data / "usa_bea_2017_detail" / "crosswalk_bea_naics.csv.gz",
        dtype=str,
        usecols=["bea_detail_code", "naics_2012_code"],
    ).set_axis(["industry", "code"], axis=1)
    defined = pd.read_csv(data / "us_cluster_mapping" / "naics_to_cluster.csv", dtype=str)
    defined = defined[defined["naics_year"] == "2012"]
    codes = codes[codes["code"].isin(defined["naics"])]  # six digits, traded or local
    traded = defined[defined["cluster_type"] == "traded"]
    listed = traded.rename(columns={"naics": "code", "cluster_name": "cluster"})
    clusters = kn.Clusters.from_labels(network, listed, codes=codes)
    parts = np.sort(clusters.membership.toarray(), axis=1).round(9)
    found = clusters.to_frame()[["cluster"]].assign(sure=parts[:, -1] > parts[:, -2])
    return found[clusters.labels >= 0]


def agreement(labels: np.ndarray, industries: pd.Index, defined: pd.DataFrame) -> float:
    """Adjusted mutual information over the industries that the definitions place."""
    found = pd.Series(labels, index=industries).reindex(defined.index)
    return float(adjusted_mutual_info_score(defined["cluster"], found))


def several(labels: np.ndarray) -> int:
    """Clusters of at least two."""
    return int((np.bincount(np.unique(labels, return_inverse=True)[1]) > 1).sum())


def ours(
    network: kn.FlowNetwork, defined: pd.DataFrame, what: str, seeds: int, **options: object
) -> None:
    """One row: our partition at the resolution found by itself."""
    scores, sure, counts, resolutions, start = [], [], [], [], time.perf_counter()
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", kn.KlasternetWarning)
            found = kn.detect(network, seed=seed, **options)
        scores.append(agreement(found.partition, network.industries, defined))
        sure.append(agreement(found.partition, network.industries, defined[defined["sure"]]))
        counts.append(several(found.partition))
        resolutions.append(found.resolution)
    seconds = (time.perf_counter() - start) / seeds
    print(
        f"{what:52}{np.median(scores):7.3f}{min(scores):8.3f}{max(scores):8.3f}{np.median(sure):8.3f}"
        f"{np.median(counts):10.0f}{np.median(resolutions):12.2f}{seconds:8.2f}",
        flush=True,
    )


def by_hand(
    network: kn.FlowNetwork, defined: pd.DataFrame, what: str, seeds: int, peer: str
) -> None:
    """One row: the best of a peer over a grid of resolutions, picked with the answer in view."""
    W = np.ascontiguousarray(network.ties)
    mean, counts, start = [], [], time.perf_counter()
    for gamma in GRID:
        labels = [PEERS[peer](W, gamma, seed) for seed in range(seeds)]
        mean.append(np.mean([agreement(each, network.industries, defined) for each in labels]))
        counts.append(np.median([several(each) for each in labels]))
    best, at_one = int(np.argmax(mean)), GRID.index(1.0)
    seconds = (time.perf_counter() - start) / seeds / len(GRID)
    print(
        f"{what:52}{mean[best]:7.3f}{'':24}{counts[best]:10.0f}{GRID[best]:12.2f}{seconds:8.2f}"
        f"   (at 1: {mean[at_one]:.3f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    if given.data is None:
        parser.error("needs --data")
    data = Path(given.data)
    table = kn.read_table(data / "usa_bea_2017_detail", names="code")
    total, domestic = (
        kn.FlowNetwork.from_table(table, flows=which, negatives="aside")
        for which in ("total", "domestic")
    )
    defined = published(total, data)
    count = defined["cluster"].nunique()
    print(f"{len(defined)} traded industries of {total.n}, in {count} clusters")
    print(
        f"{'':52}{'AMI':>7}{'least':>8}{'most':>8}{'sure':>8}"
        f"{'clusters':>10}{'resolution':>12}{'s':>8}"
    )
    print(f"resolution found by itself; median of seeds 0 to {given.seeds - 1}")
    ours(total, defined, "lift, total flows", given.seeds)
    ours(domestic, defined, "lift, domestic flows", given.seeds)
    for which, network in (("total", total), ("domestic", domestic)):
        for rule in RULES:
            tied = kn.tie(network, rule)
            for null in NULLS:
                try:
                    ours(
                        tied, defined, f"flow measure, {null}, {rule}, {which}",
                        min(given.seeds, TRIES), measure="flow", null=null,
                    )  # fmt: skip
                except kn.errors.KlasternetError as error:
                    print(f"flow measure, {null}, {rule}, {which}: {error}")
    if given.without_peers:
        return
    print(
        "resolution picked by hand among "
        + ", ".join(f"{g:g}" for g in GRID)
        + f"; mean of {TRIES}"
    )
    for peer in (name for name in installed() if "leidenalg" in name or "igraph, conv" in name):
        for which, network in (("total", total), ("domestic", domestic)):
            for rule in ("flow", "input_share", "sales_share"):
                tied = kn.tie(network, rule)
                name = peer.partition(",")[0]
                by_hand(tied, defined, f"{name}, {rule}, {which}", TRIES, peer)


if __name__ == "__main__":
    main()
