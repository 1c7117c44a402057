"""Accounts on the world table: seconds of every reading of WIOD 2011, 1,435 industries.

    python -m benchmarks.linkages --data FOLDER [--repeats 5]

Every verb on a table of its own (first), and on one that was solved before (again). Beside it what
one would write: an inverse for the multipliers, an inverse for each industry taken out (timed on a
few, and multiplied up), an inverse for each coefficient's field of influence (the same), and the
sparse LU of the same matrix, of which a fifth of the cells is filled.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lu_factor
from scipy.sparse.linalg import splu

import klasternet as kn

FEW = 3  # inverses timed where there would be thousands


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    world = kn.read_table(given.data / "wiod2013_2011")
    sectors = kn.Clusters.from_labels(kn.FlowNetwork.from_table(world), world.regions.sector)
    change = world.final_demand.sum(axis=1) * 0.01
    verbs: dict[str, Callable[[kn.IOTable], Any]] = {
        "multipliers": kn.multipliers,
        "multipliers, closed for households of 41 countries": lambda t: kn.multipliers(
            t, "value added", "Households", "Value added, net taxes and transport margins"
        ),
        "linkages": kn.linkages,
        "upstreamness": kn.upstreamness,
        "average propagation length": kn.average_propagation_length,
        "field of influence, all coefficients": kn.field_of_influence,
        "vertical specialisation": kn.vertical_specialisation,
        "feedback loops, 10 layers": kn.feedback_loops,
        "extract, every industry, total": kn.extract,
        "extract, every industry, forward": lambda t: kn.extract(t, kind="forward"),
        "extract, 35 sectors of all countries, external": lambda t: kn.extract(
            t, sectors, "external"
        ),
        "impact": lambda t: kn.impact(t, change),
        "export role, 35 sectors": lambda t: kn.export_role(sectors, t),
    }
    print(f"{'':52} first   again (s, medians of {given.repeats})")
    for name, verb in verbs.items():
        first, again = [], []
        for _ in range(given.repeats):
            fresh = world.replace()
            first.append(seconds(lambda verb=verb, fresh=fresh: verb(fresh)))
            again.append(seconds(lambda verb=verb, fresh=fresh: verb(fresh)))
        print(f"{name:52} {median(first):6.2f} {median(again):7.2f}")
    M = np.eye(world.n) - world.coefficients().to_numpy()
    compressed = sparse.csc_array(M)
    plain = {
        "one inverse": lambda: np.linalg.inv(M),
        "dense LU": lambda: lu_factor(M),
        "sparse LU": lambda: splu(compressed),
    }
    for name, work in plain.items():
        times = [seconds(work) for _ in range(FEW)]
        print(f"{name:52} {median(times):6.2f}")
    inverse = median(seconds(plain["one inverse"]) for _ in range(FEW))
    print(f"{'an inverse for each industry taken out':52} {inverse * world.n:6.0f}")
    print(f"{'an inverse for each coefficient':52} {inverse * world.n**2:6.0f}")


if __name__ == "__main__":
    main()
