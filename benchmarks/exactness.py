"""Is the safe bound ever below the true optimum, and are labels the same wherever they are found.

    python -m benchmarks.exactness bounds --instances 10000
    python -m benchmarks.exactness labels

Bounds are held against optima in exact rational arithmetic.

Every instance, of 2 to 8 industries, is solved without a rounding: floats are fractions, and the
best of all partitions comes from dynamic programming over subsets. Matrices q go to the dual
ascent alone (`upper_bound`) and to branch and bound (`prove_all`); networks of flows to `certify`,
whose bound is held against the optimum of the flows themselves, not of what floats made of them.
Below: how often the bound was less than the optimum, by whatever little. Above: by how much it was
more at most, as a share of the sizes of all terms.

`labels` prints the versions it runs on and a hash of the labels of embedded and made networks; run
in another environment, process or at another number of threads it must print the same hashes.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy import sparse

import klasternet as kn
from klasternet.detectors.bounding import safe_sum, upper_bound
from klasternet.detectors.certifying import certified, prove_all
from klasternet.qualities import flow_problem

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # what the tests use too
from oracles import exact

MATRICES = ("normal", "whole numbers", "thin", "range 1e16", "nearly tied")
NETWORKS = ("even", "heavy-tailed", "range 1e16")
LARGEST = 8


def matrix(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A symmetric q with a zero diagonal."""
    n = int(rng.integers(2, LARGEST + 1))
    q = rng.normal(rng.normal(0, 0.3), 1, (n, n))
    if kind == "whole numbers":
        q = np.round(2 * q)
    elif kind == "thin":
        q *= rng.random((n, n)) < 0.5
    elif kind == "range 1e16":
        q *= 10.0 ** rng.uniform(-8, 8, (n, n))
    elif kind == "nearly tied":
        q = np.sign(q) * (1 + rng.integers(-2, 3, (n, n)) * 2.0**-52)
    q = q + q.T
    np.fill_diagonal(q, 0.0)
    return q


def network(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, str, float]:
    """Flows, the policy for loops and a resolution."""
    n = int(rng.integers(3, LARGEST + 1))
    W = rng.lognormal(0, {"even": 0.3, "heavy-tailed": 2.5, "range 1e16": 0.5}[kind], (n, n))
    if kind == "range 1e16":
        W *= 10.0 ** rng.uniform(-8, 8, (n, n))
    W *= rng.random((n, n)) < rng.choice([0.5, 1.0])
    W[0, 1] += 1.0
    return W, str(rng.choice(["aside", "keep"])), float(rng.choice([0.5, 1.0, 1.7]))


def of_matrix(q: np.ndarray, seed: int) -> Iterator[tuple[str, Fraction, float]]:
    """Way, exact miss of the bound (positive: too low) and size of all terms."""
    cells = exact.rationals(q)
    best, _ = exact.best(cells)
    size = float(np.abs(q).sum()) / 2 or 1.0
    state = np.array([seed], dtype=np.uint64)
    bound = upper_bound(q, np.arange(len(q)), seconds=10.0, state=state)
    yield "dual ascent", best - Fraction(bound.upper), size
    yield (
        "its multipliers",
        exact.proven_bound(cells, bound.members, bound.start, bound.sizes, bound.multipliers)
        - Fraction(bound.upper),
        size,
    )
    yield (
        "sums rounded down",
        Fraction(safe_sum(q, bound.labels)) - exact.within(cells, bound.labels),
        size,
    )
    proof = prove_all(q, np.arange(len(q)), state)
    yield "branch and bound", best - Fraction(proof.upper), size


def of_network(
    W: np.ndarray, loops: str, gamma: float, seed: int
) -> Iterator[tuple[str, Fraction, float]]:
    """The same for the certificate of a network under the configuration null, in units of Q."""
    try:
        given = kn.FlowNetwork.from_matrix(W, loops=loops)
    except kn.DataError as error:
        if "total" not in str(error):  # chance made a row the sum of the others
            raise
        return
    posed = flow_problem(given, gamma, "configuration")
    proof = certified(posed, np.arange(given.n), np.array([seed], dtype=np.uint64))
    best, _ = exact.flow_best(W, gamma, loops)
    yield "certificate", best - Fraction(proof.upper_bound), 1.0
    found = exact.flow_value(W, proof.best, gamma, loops)
    yield "its partition", found - Fraction(proof.upper_bound), 1.0


def run(instances: int, seed: int = 0) -> dict[tuple[str, str], list[tuple[Fraction, float]]]:
    """Misses by kind and way; as many instances of each kind."""
    kinds = [(of_matrix, kind) for kind in MATRICES] + [(of_network, kind) for kind in NETWORKS]
    out: dict[tuple[str, str], list[tuple[Fraction, float]]] = {}
    for k in range(instances):
        solve, kind = kinds[k % len(kinds)]
        rng = np.random.default_rng([seed, k])
        given = (matrix(kind, rng),) if solve is of_matrix else network(kind, rng)
        for way, miss, size in solve(*given, k + 1):  # type: ignore[operator]
            out.setdefault((kind, way), []).append((miss, size))
    return out


def networks() -> Iterator[tuple[str, kn.FlowNetwork]]:
    """Embedded tables, planted economies, and a sparse network."""
    for name in kn.datasets.names():
        yield name, kn.FlowNetwork.from_table(kn.datasets.load(name))
    for contrast in (1.5, 3.0):
        made, _ = kn.datasets.planted(60, 6, contrast=contrast, noise=0.8, seed=1)
        yield f"planted, contrast {contrast}", made
    made, _ = kn.datasets.planted(200, 8, contrast=4.0, noise=1.0, seed=2)
    cut = np.where(made.flows > np.quantile(made.flows, 0.9), made.flows, 0.0)
    yield "the largest tenth of flows", kn.FlowNetwork.from_matrix(sparse.csr_array(cut))


def labels() -> None:
    """Hash of what is found in each network by each measure."""
    import numba
    import pandas
    import scipy

    packages = {"numpy": np, "scipy": scipy, "pandas": pandas, "numba": numba}
    print(f"python {sys.version.split()[0]}", end="")
    print(*(f", {name} {package.__version__}" for name, package in packages.items()), sep="")
    print(f"{'network':28} {'measure':8} {'clusters':>8} {'resolution':>10}  labels")
    everything = hashlib.sha256()
    for name, given in networks():
        for measure in ("lift", "flow"):
            if measure == "lift" and given.n < 8:
                continue
            found = kn.detect(given, measure=measure, null="configuration", seed=0)
            parts = np.concatenate([found.labels, found.partition]).astype("<i8").tobytes()
            everything.update(parts)
            print(
                f"{name:28} {measure:8} {len(found):8} {found.resolution:10.3g}  "
                f"{hashlib.sha256(parts).hexdigest()[:12]}"
            )
    print(f"all: {everything.hexdigest()[:16]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["bounds", "labels"])
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    labels() if given.what == "labels" else bounds(given.instances, given.seed)


def bounds(instances: int, seed: int) -> None:
    """Misses of every kind of bound."""
    began = time.process_time()
    print(f"{'instances':16} {'bound of':20} {'tried':>6} {'below':>6} {'above, at most':>15}")
    below = 0
    for (kind, way), misses in run(instances, seed).items():
        low = sum(miss > 0 for miss, _ in misses)
        above = max(float(-miss) / size for miss, size in misses)
        print(f"{kind:16} {way:20} {len(misses):6,} {low:6} {above:15.1e}")
        below += low
    print(f"{time.process_time() - began:.0f} s of processor time")
    if below:
        raise SystemExit(f"{below} bounds are below the optimum")


if __name__ == "__main__":
    main()
