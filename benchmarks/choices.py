"""How far the answer moves with each choice by itself, on published tables.

    python -m benchmarks.choices --data FOLDER [--out FOLDER]

For each table one universe is the reference: domestic flows where they are told apart, loops aside,
lift, the resolution found by itself. Every other universe changes one thing. Printed: the adjusted
Rand index of the clusters with the reference, industries of no cluster each by itself; of noise the
mean of five draws. --out draws all combinations of four choices for the United States.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import klasternet as kn

TABLES = {
    "usa_2022": None,
    "WIOD USA 2014": "wiod2016_niot_usa",
    "China 2017": "china_2017_42",
    "Czechia 2015": "eurostat_cz_2015",
    "West Java": "indonesia_province_jawa_barat_52",
}
DRAWS = 5  # of noise
CHOICES = {
    "another seed": {"seed": [0, 1]},
    "input shares": {"ties": [None, "input_share"]},
    "sales shares": {"ties": [None, "sales_share"]},
    "loops kept": {"loops": ["aside", "keep"]},
    "imports added": {"flows": ["domestic", "total"]},
    "in money": {"measure": ["lift", "flow"]},
    "in money, null configuration": {"measure": ["lift", "flow"], "null": ["configuration"]},
    "in money, input shares": {"measure": ["lift", "flow"], "ties": [None, "input_share"]},
    "resolution 0.1 lower": {"resolution": [0.0, -0.1]},
    "resolution 0.1 higher": {"resolution": [0.0, 0.1]},
    "pairs of like industries joined": {"groups": [None]},
    "cell noise 10 %": {"noise": [0.0, 0.1]},
    "cell noise 10 %, resolution held": {"noise": [0.0, 0.1], "resolution": [0.0]},
}


def pairs(table: kn.IOTable) -> dict[str, str]:
    """Neighbours in the classification, two by two."""
    return {name: f"group {k // 2}" for k, name in enumerate(table.industries)}


def moved(table: kn.IOTable, what: str, at: float) -> float:
    """Adjusted Rand index of the last universe with the first; the mean over draws of noise."""
    over = {name: list(options) for name, options in CHOICES[what].items()}
    if "resolution" in over:
        over["resolution"] = [round(at + step, 6) for step in over["resolution"]]
    if "groups" in over:
        over["groups"] = {"none": None, "pairs": pairs(table)}
    found = []
    for seed in range(DRAWS if "noise" in over else 1):
        options = {} if "seed" in over else {"seed": seed if "noise" in over else 0}
        frame = kn.multiverse(table, over, negatives="aside", certify=False, n_jobs=2, **options)
        found.append(frame["ari"].iloc[-1])
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("KLASTERNET_DATA"))
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.data is None:
        parser.error("needs --data")
    warnings.simplefilter("ignore", kn.KlasternetWarning)
    columns = {}
    for name, folder in TABLES.items():
        table = kn.datasets.load(name) if folder is None else kn.read_table(given.data / folder)
        network = kn.FlowNetwork.from_table(table, negatives="aside")
        clusters = kn.detect(network, seed=0, certify=False)
        column = {
            "clusters": f"{len(clusters)} of {network.n} industries, theta {clusters.resolution:g}"
        }
        if folder is not None and "wiod" in folder:
            years = {year: kn.read_table(given.data / folder, year=year) for year in (2014, 2013)}
            frame = kn.multiverse(
                years, {"support": [0.5]}, seed=0, negatives="aside", certify=False
            )
            column["the year before"] = f"{frame['ari'].iloc[-1]:.2f}"
        for what in CHOICES:
            column[what] = f"{moved(table, what, clusters.resolution):.2f}".replace("nan", "-")
            print(name, what, column[what], flush=True)
        columns[name] = column
    print(pd.DataFrame(columns).fillna("-").to_string())
    if given.out is not None:
        over = {
            "flows": ["domestic", "total"],
            "measure": ["lift", "flow"],
            "ties": [None, "input_share", "sales_share"],
            "noise": [0.0, 0.1],
        }
        table = kn.datasets.load("usa_2022")
        universes = kn.multiverse(table, over, seed=0, certify=False, n_jobs=2)
        kn.draw_multiverse(universes).figure.savefig(given.out / "universes.png", dpi=200)


if __name__ == "__main__":
    main()
