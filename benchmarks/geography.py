"""Geography at size: seconds of the K density, of quotients, of coagglomeration and complexity.

    python -m benchmarks.geography --data FOLDER [--plants 20000] [--draws 5] [--repeats 3]

K density: made points in a plane and on the globe, one draw of the envelope beside SciPy's
`pdist` with a histogram, which holds every distance (both in turn, on as many plants as memory
has room for). Then the published tables: quotients of 917 areas x 51 clusters and how far they
are from those printed, coagglomeration of the same, ECI of 226 countries x 785 products.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

import klasternet as kn


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def points(n: int, globe: bool) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    if globe:
        return pd.DataFrame({"lat": rng.uniform(-10, 5, n), "lon": rng.uniform(95, 140, n)})
    return pd.DataFrame(rng.uniform(0, 500, (n, 2)), columns=["x", "y"])


def k_density(n: int, draws: int) -> None:
    kn.k_density(points(10, False))  # compiled before the clock starts
    for globe in (False, True):
        sites = points(n + n // 10, globe)
        at = np.linspace(0, 2_000 if globe else 250, 101)
        alone, out = seconds(lambda s=sites, at=at: kn.k_density(s[:n], distances=at))
        options = {"distances": at, "bandwidth": out.bandwidth, "draws": draws, "seed": 1}
        both, _ = seconds(lambda s=sites, o=options: kn.k_density(s[:n], s, **o))
        where = "globe" if globe else "plane"
        print(
            f"K density, {n:,} plants, {where}: {alone:.1f} s alone, "
            f"{both / (draws + 1):.2f} s for each draw"
        )


def against_pdist(n: int, repeats: int) -> None:
    sites = points(n, False)
    at, h = np.linspace(0, 250, 101), 5.0
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(seconds(lambda: kn.k_density(sites, distances=at, bandwidth=h))[0])

        def plain() -> np.ndarray:
            d = pdist(sites.to_numpy())
            bins = np.arange(0, 250 + 7 * h, h / 20)
            count, _ = np.histogram(d, bins)
            mid = (bins[1:] + bins[:-1]) / 2
            near = np.exp(-0.5 * ((at[:, None] - mid) / h) ** 2)
            near += np.exp(-0.5 * ((at[:, None] + mid) / h) ** 2)
            return near @ count / (h * np.sqrt(2 * np.pi) * len(d))

        theirs.append(seconds(plain)[0])
    gap = np.abs(kn.k_density(sites, distances=at, bandwidth=h).table["k"] / plain() - 1).max()
    print(
        f"{n:,} plants: ours {median(ours):.2f} s, pdist and histogram {median(theirs):.2f} s, "
        f"{median(theirs) / median(ours):.1f} times; largest relative difference {gap:.1e}"
    )


def published(data: Path, repeats: int) -> None:
    areas = pd.read_csv(data / "us_cluster_mapping" / "employment_msa_2016.csv.gz")
    areas = areas[areas["traded"]]
    jobs = areas.pivot_table("emp", "region_code", "cluster_code")
    some = areas[areas["emp_share_in_cluster"] > 0]
    nation = (some["emp"] / some["emp_share_in_cluster"]).groupby(some["cluster_code"]).median()
    runs = [seconds(lambda: kn.location_quotients(jobs, reference=nation)) for _ in range(repeats)]
    ours = runs[0][1]["lq"]
    printed = areas.set_index(["region_code", "cluster_code"])["lq"].reindex(ours.index)
    print(
        f"quotients, {jobs.shape[0]} areas x {jobs.shape[1]} clusters with intervals: "
        f"{median(t for t, _ in runs) * 1e3:.0f} ms; {len(ours):,} printed, "
        f"largest difference {np.abs(ours - printed).max():.1e}"
    )
    spent = median(seconds(lambda: kn.coagglomeration(jobs))[0] for _ in range(repeats))
    print(f"coagglomeration of all pairs of the same: {spent * 1e3:.0f} ms")
    long = pd.read_csv(
        data / "world_exports_1998_2000" / "country_product_exports.csv.gz", dtype={"product": str}
    )
    exports = long.pivot_table("value", "country", "product", fill_value=0.0)
    spent = median(seconds(lambda: kn.complexity(exports))[0] for _ in range(repeats))
    print(
        f"complexity, {exports.shape[0]} countries x {exports.shape[1]} products: "
        f"{spent * 1e3:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--plants", type=int, default=20_000)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    k_density(given.plants, given.draws)
    against_pdist(min(given.plants, 8_000), given.repeats)
    published(given.data, given.repeats)


if __name__ == "__main__":
    main()
