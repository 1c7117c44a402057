"""Tables made of tables: seconds, memory and gaps of balancing and adding up on the world table.

    python -m benchmarks.accounts --data FOLDER [--repeats 5]

RAS: the 1,435 x 1,435 flows of WIOD 2011 with log-normal noise (sd 0.3) back to their own sums;
GRAS: the same beside final demand, whose changes in stocks are negative in places. Beside them a
plain loop of dense NumPy over rows and columns, to the same tolerance, both in turn. Adding up:
41 countries to the seven regions of the published regional table, and the largest cell between.
Last, clusters of the seven regions and of the 41 countries: do they follow regions or sectors
(needs scikit-learn)?
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn


def plain_ras(W: np.ndarray, out: np.ndarray, inn: np.ndarray, tolerance: float) -> np.ndarray:
    """What one would write on a whiteboard."""
    Z = W.copy()
    for _ in range(10_000):
        Z *= np.divide(out, Z.sum(1), out=np.zeros_like(out), where=out > 0)[:, None]
        Z *= np.divide(inn, Z.sum(0), out=np.zeros_like(inn), where=inn > 0)
        miss = np.abs(Z.sum(1) - out) / np.where(out > 0, out, 1)
        if miss.max() <= tolerance:
            break
    return Z


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def balancing(table: kn.IOTable, repeats: int) -> None:
    flows, both = table.flows, pd.concat([table.flows, table.final_demand], axis=1)
    spent: dict[str, list[float]] = {"RAS": [], "GRAS": [], "plain loop": []}
    for k in range(repeats):
        noise = np.random.default_rng(k).lognormal(0, 0.3, both.shape)
        noisy = flows * noise[:, : table.n]
        t, ras = seconds(lambda m=noisy: kn.balance(m, flows.sum(axis=1), flows.sum()))
        spent["RAS"].append(t)
        cells, out, inn = noisy.to_numpy(), flows.sum(axis=1).to_numpy(), flows.sum().to_numpy()
        t, plain = seconds(lambda c=cells, o=out, i=inn: plain_ras(c, o, i, 1e-10))
        spent["plain loop"].append(t)
        t, gras = seconds(lambda m=both * noise: kn.balance(m, both.sum(axis=1), both.sum()))
        spent["GRAS"].append(t)
    for name, times in spent.items():
        print(f"{name:<12}{median(times):8.2f} s  (from {min(times):.2f} to {max(times):.2f})")
    apart = (ras.table - plain).abs().max(axis=None)
    print(f"largest difference of RAS and the plain loop: {apart:.1e}")
    print(ras)
    print(gras)


def adding_up(table: kn.IOTable, data: Path) -> None:
    published = kn.read_table(data / "wiod2013_regional_2011", names="code")
    regions = pd.read_csv(data / "wiod2013_regional_2011" / "region_map.csv", index_col=0)
    t, added = seconds(lambda: table.regions.aggregate(regions["region"]))
    print(f"41 countries to 7 regions: {t:.2f} s")
    for part in ("flows", "final_demand"):
        given = getattr(published, part)
        miss = (getattr(added, part).loc[given.index, given.columns] - given).abs()
        print(f"  {part}: largest difference {miss.max(axis=None):.2f}")
    t, _ = seconds(lambda: table.regions.select("IDN"))
    print(f"one country out of 41: {t:.2f} s")
    t, _ = seconds(lambda: table.regions.exports_by_destination())
    print(f"exports by destination: {t:.2f} s")


def clusters_and_borders(table: kn.IOTable, lift: bool) -> None:
    """What clusters of a world table are: regions, or, beyond their borders, sectors."""
    from sklearn.metrics import adjusted_mutual_info_score

    network = kn.FlowNetwork.from_table(table)
    beyond = kn.tie(network, "beyond", blocks="region")
    money: dict[str, Any] = {"measure": "flow", "resolution": 1.0}
    runs: dict[str, tuple[kn.FlowNetwork, dict[str, Any]]] = {
        "money, null gravity": (network, money),
        "money, null blocks": (network, {**money, "null": "blocks"}),
        "money, ties beyond": (beyond, money),
    }
    if lift:
        runs |= {"lift": (network, {}), "lift, ties beyond": (beyond, {})}
    rows = {}
    for name, (ties, options) in runs.items():
        t, clusters = seconds(lambda n=ties, o=options: kn.detect(n, seed=0, **o))
        spans = [table.region[list(cluster)].nunique() for cluster in clusters]
        known = {"region": table.region, "sector": table.regions.sector}
        score = {
            f"AMI with {what}": adjusted_mutual_info_score(labels.to_numpy(), clusters.partition)
            for what, labels in known.items()
        }
        rows[name] = {"clusters": len(clusters), **score, "regions spanned": np.mean(spans)}
        rows[name] |= {"seconds": t}
    print(f"\n{table.n} industries in {table.region.nunique()} regions")
    print(pd.DataFrame(rows).T.round(2).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    t, table = seconds(lambda: kn.read_table(given.data / "wiod2013_2011", names="code"))
    print(f"reading the world table: {t:.2f} s")
    balancing(table, given.repeats)
    adding_up(table, given.data)
    clusters_and_borders(kn.read_table(given.data / "wiod2013_regional_2011"), lift=True)
    clusters_and_borders(table, lift=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process: {peak:,.0f} MB")


if __name__ == "__main__":
    main()
