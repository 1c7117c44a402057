"""Has it become slower or worse: a few workloads against the table kept in `regression.csv`.

    python -m benchmarks.regression --generator FILE [--case CASE ...] [--update]

Each workload runs in turn with networkit's Leiden in one process, one thread; what is kept is Q at
seed 0 and the ratio of the two processor times, medians of some runs, which one machine shares
with another where seconds do not. Exit code 1 if a Q is lower than the table's, or a ratio more
than half as large again. --update writes the table anew, with this version.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

from . import dense, sparse
from .peers import modularity, networkit

TABLE = Path(__file__).with_name("regression.csv")
EQUAL = 1e-6  # difference of Q that machines may make
SLOWER = 1.5  # times the ratio of the table
DENSE = {"io400": (1, 400, 12, 12), "mr2500": (50, 50, 5, 13)}
SPARSE = ("firm1e4", "firm1e5")
REPEATS = {"io400": 9, "firm1e4": 5}


def once(run: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and what came out."""
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def workload(generator: Path, case: str) -> tuple[Callable, Callable, Callable]:
    """Ours and the peer's, by seed, and what Q labels have."""
    if case in DENSE:
        *shape, seed = DENSE[case]
        W, _ = dense.generated(generator, (*shape, seed))
        return (
            lambda seed: dense.ours(W, 1.0, seed),
            lambda seed: networkit(W, 1.0, seed),
            lambda labels: modularity(W, labels),
        )
    edges = sparse.generate(generator, case, None)
    search = sparse.ours(3)
    return (
        lambda seed: search(*edges, seed)[0],
        lambda seed: sparse.networkit_leiden(*edges, seed)[0],
        lambda labels: sparse.modularity(labels, *edges),
    )


def measured(generator: Path, case: str) -> dict[str, Any]:
    """One row of the table."""
    ours, peer, judge = workload(generator, case)
    ours(0), peer(0)
    mine, theirs, labels = [], [], None
    for seed in range(REPEATS.get(case, 3)):
        spent, found = once(lambda seed=seed: ours(seed))
        mine.append(spent)
        labels = found if labels is None else labels
        theirs.append(once(lambda seed=seed: peer(seed))[0])
    return {
        "workload": case, "Q": round(judge(np.asarray(labels)), 6),
        "seconds_over_networkit": round(median(mine) / median(theirs), 3),
        "version": kn.__version__,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generator", type=Path, default=os.environ.get("KLASTERNET_GENERATOR"))
    parser.add_argument("--case", nargs="*", default=[*DENSE, *SPARSE])
    parser.add_argument("--update", action="store_true")
    given = parser.parse_args()
    if given.generator is None:
        parser.error("needs --generator")
    kept = pd.read_csv(TABLE).set_index("workload") if TABLE.exists() else pd.DataFrame()
    rows, worse = [], []
    for case in given.case:
        row = measured(Path(given.generator), case)
        rows.append(row)
        Q, ratio = row["Q"], row["seconds_over_networkit"]
        line = f"{case:10} Q {Q:.6f}  time over networkit's {ratio:.3f}"
        if case in kept.index:
            before = kept.loc[case]
            line += (
                f"   table ({before['version']}): {before['Q']:.6f}, "
                f"{before['seconds_over_networkit']:.3f}"
            )
            if before["Q"] - Q > EQUAL:
                worse.append(f"{case}: Q {Q:.6f}, was {before['Q']:.6f}")
            if ratio > SLOWER * before["seconds_over_networkit"]:
                worse.append(f"{case}: {ratio:.3f}, was {before['seconds_over_networkit']:.3f}")
        print(line, flush=True)
    if given.update:
        new = pd.DataFrame(rows).set_index("workload")
        new.combine_first(kept)[list(new.columns)].to_csv(TABLE)
        print(f"written: {TABLE.name}")
    elif worse:
        sys.exit("worse: " + "; ".join(worse))


if __name__ == "__main__":
    main()
