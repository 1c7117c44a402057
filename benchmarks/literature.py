"""The literature's detectors beside ours: what each finds, and how much of what is known.

    python -m benchmarks.literature [--data FOLDER] [--seeds 5]

Planted economies (sizes of industries as in national tables): adjusted Rand index, industries of
no cluster being alone; 60 industries in 6 clusters over contrast and noise, then over the number of
industries and the share of them that is in no cluster. Real tables: clusters, industries in the
largest and in none, processor seconds, and for BEA 2017 agreement with the published U.S. cluster
definitions (see `benchmarks.definitions`; AMI of the partition, everybody in a place). All at their
defaults but consensus, which is of spectral, hierarchy, Feser-Bergman and Czamanski: of the density
detector it takes ten times the seconds.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from scipy import sparse

import klasternet as kn

from .definitions import agreement, published

METHODS = (
    "density", "feser_bergman", "czamanski", "hoen", "minimal_flow", "persistence", "mapequation",
    "spectral", "hierarchy", "consensus",
)  # fmt: skip
# industries, of a group, chance of a flow within a group and between two
THIN = ((150, 10, 0.4, 0.02), (400, 20, 0.25, 0.01), (300, 30, 0.15, 0.02))
SOME = ["spectral", "hierarchy", "feser_bergman", "czamanski"]
TABLES = {
    "South Sulawesi 2016, 17": "indonesia_bps_io17_sulawesi_selatan_2016/table.csv",
    "West Java, 52": "indonesia_province_jawa_barat_52",
    "China 2017, 42": "china_2017_42",
    "Czechia 2015, 61": "eurostat_cz_2015",
    "BEA 2017, 402": "usa_bea_2017_detail",
}


def detect(network: kn.FlowNetwork, method: str, seed: int) -> kn.Clusters:
    options = {"methods": SOME, "runs": 3} if method == "consensus" else {}
    return kn.detect(network, method, seed=seed, **options)


def score(method: str, seed: int, **economy: float) -> float:
    """Adjusted Rand index on one planted economy."""
    network, labels = kn.datasets.planted(seed=seed, **economy)  # type: ignore[arg-type]
    output = 2 * np.maximum(network.flows.sum(axis=0), network.flows.sum(axis=1))
    network = replace(network, columns=network.columns.assign(output=output))
    return kn.agreement(detect(network, method, seed), kn.Clusters.from_labels(network, labels)).ari


def planted(seeds: int) -> None:
    """Adjusted Rand index, mean over seeds: by contrast and noise, by size and rest."""
    noisy = [
        {"n": 60, "clusters": 6, "noise": noise, "contrast": contrast}
        for noise, contrast in product((0.5, 1.0), (3, 10, 40))
    ]
    sized = [
        {"n": n, "clusters": n // 10, "noise": 0.8, "contrast": 5, "rest": rest}
        for n, rest in product((30, 60, 120), (0.0, 0.3))
    ]
    heads = [f"noise {c['noise']} x{c['contrast']}" for c in noisy]
    heads += [f"{c['n']} rest {c['rest']}" for c in sized]
    print("planted, ARI".ljust(16) + "".join(head.rjust(15) for head in heads))
    for method in METHODS:
        line = method.ljust(16)
        for case in noisy + sized:
            line += f"{np.mean([score(method, seed, **case) for seed in range(seeds)]):15.2f}"
        print(line, flush=True)


def real(name: str, network: kn.FlowNetwork, data: Path | None = None) -> None:
    """One line for each method."""
    print(f"\n{name}".ljust(17) + "  clusters  largest  rest  seconds" + "    AMI" * bool(data))
    defined = published(network, data) if data else None
    for method in METHODS:
        start = time.process_time()
        found = detect(network, method, 0)
        seconds = time.process_time() - start
        line = f"{method:16}{len(found):10}{max(found.sizes, default=0):9}{len(found.rest):6}"
        line += f"{seconds:9.2f}"
        if defined is not None:
            line += f"{agreement(found.partition, network.industries, defined):7.3f}"
        print(line, flush=True)


def searches(seeds: int = 4, trials: int = 20) -> None:
    """Code lengths of our search and of infomap's on thin networks with groups."""
    try:
        from infomap import Infomap
    except ImportError:
        print("\ninfomap is not installed; its search is not compared.")
        return
    shorter, equal, longer, ours, theirs = 0, 0, 0, 0.0, 0.0
    for seed, (n, size, within, between), recorded in product(range(seeds), THIN, (True, False)):
        rng = np.random.default_rng(seed)
        group = np.arange(n) // size
        chance = np.where(group[:, None] == group, within, between)
        W = np.where(rng.random((n, n)) < chance, rng.lognormal(0, 1, (n, n)), 0.0)
        np.fill_diagonal(W, 0.0)
        network = kn.FlowNetwork.from_matrix(sparse.csr_array(W))
        flag = "--recorded-teleportation" * recorded
        program = Infomap(f"--two-level --directed --silent {flag} --num-trials {trials} --seed 1")
        for i, j in zip(*np.nonzero(W), strict=True):
            program.add_link(int(i), int(j), float(W[i, j]))
        start = time.process_time()
        program.run()
        theirs += time.process_time() - start
        start = time.process_time()
        found = kn.detect(network, "mapequation", recorded=recorded, seed=0)
        ours += time.process_time() - start
        gap = -found.objective_value - program.codelength
        shorter += gap < -1e-9
        equal += abs(gap) <= 1e-9
        longer += gap > 1e-9
    print(f"\nmap equation against infomap, {trials} trials: our code is shorter on {shorter} thin")
    print(f"networks, as long on {equal}, longer on {longer}; seconds {ours:.1f} and {theirs:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    for method in METHODS:  # compiled before the clock runs
        detect(usa, method, 0)
    planted(given.seeds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that will change in infomap
        searches()
    real("usa_2022, 71", usa)
    for name, path in TABLES.items() if given.data else ():
        bea = name.startswith("BEA")
        table = kn.read_table(given.data / path, **({"names": "code"} if bea else {}))
        network = kn.FlowNetwork.from_table(table, negatives="aside")
        real(name, network, given.data if bea else None)


if __name__ == "__main__":
    main()
