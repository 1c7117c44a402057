"""Bounds that no partition exceeds, on tables of 71 to 1435 industries: how tight, how soon.

    python -m benchmarks.certificate_large --data FOLDER [--seconds 600] [--only TEXT ...]

FOLDER (or $KLASTERNET_DATA) lies outside the repository; see `tables`. A case is a table, a measure
and a resolution; --only takes those whose name contains one of the texts. The gap is the safe upper
bound less the sum of the best partition, as a share of the latter; seconds are those of the bound
alone, one core, without the search for the first partition. The gaps on the way are not safe yet.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import klasternet as kn
from klasternet.detectors.bounding import upper_bound
from klasternet.detectors.dense_clusters import poser
from klasternet.detectors.searching import best_partition
from klasternet.nullmodels import null_model_of

from .tables import published

BARE = ("china_2017_149", "uk_2010_127", "wiod2013_regional_2011")
READ = ("usa_bea_2022_summary", "usa_bea_2017_detail", "wiod2013_2011")
SETTINGS = (("lift", 1.0), ("lift", 0.0), ("flow", 1.0))
POSTS = (1, 2, 5, 10, 20, 50, 100, 200, 400)  # seconds


def networks(data: Path) -> Iterator[tuple[str, kn.FlowNetwork]]:
    """The tables, smallest first but for the bare arrays."""
    for name, matrix in published(data):
        if name in BARE:
            yield name, kn.FlowNetwork.from_matrix(matrix)
    for name in READ:
        yield name, kn.FlowNetwork.from_table(kn.read_table(data / name), negatives="aside")


def case(name: str, q: np.ndarray, labels: np.ndarray, seconds: float) -> None:
    """Bound one problem, and print how it went."""
    start, way, last = time.perf_counter(), {}, 0.0

    def told(value: float, upper: float) -> None:
        nonlocal last
        now = time.perf_counter() - start
        for post in POSTS:
            if last < post <= now:
                way[post] = 100 * (upper - value) / value
        last = now

    bound = upper_bound(
        q, labels, seconds=seconds, state=np.array([0], dtype=np.uint64), progress=told
    )
    spent = time.perf_counter() - start
    gap = 100 * (bound.upper - bound.value) / bound.value
    pairs = len(q) * (len(q) - 1) // 2
    print(
        f"{name:34}{len(q):6}{spent:8.1f}{gap:12.2g}{bound.ended:>9}{bound.rounds:7}"
        f"{bound.rows:9}{100 * bound.decided / pairs:8.1f}   "
        + " ".join(f"{post}s:{value:.3g}" for post, value in way.items()),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--only", nargs="*", default=[""])
    given = parser.parse_args()
    if not given.data:
        parser.error("--data (or $KLASTERNET_DATA) is missing: the folder of the published tables")
    small = np.where(np.arange(6)[:, None] // 3 == np.arange(6) // 3, 1.0, -1.0) - np.eye(6)
    upper_bound(small, np.arange(6), seconds=60, state=np.array([0], dtype=np.uint64))  # compiles
    print(
        f"{'':34}{'n':>6}{'seconds':>8}{'gap, %':>12}{'ended':>9}{'rounds':>7}{'rows':>9}"
        f"{'decided %':>8}   gap, %, after"
    )
    for table, network in networks(Path(given.data)):
        for measure, resolution in SETTINGS:
            name = f"{table} {measure} {resolution:g}"
            if not any(text in name for text in given.only):
                continue
            posed = poser(network, measure, null_model_of("gravity"))(resolution)
            effort = 1.0 if network.n < 1_000 else 0.2
            labels = best_partition(posed, np.random.default_rng(0), effort)
            assert posed.q is not None
            case(name, posed.q, labels, given.seconds)


if __name__ == "__main__":
    main()
