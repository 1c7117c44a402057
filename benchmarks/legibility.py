"""How legible the network diagram is, on published tables, at both widths and five seeds.

`python -m benchmarks.legibility --data FOLDER [--seeds 5] [--tables usa,uk] [--out FOLDER]`
prints one row for each figure and the worst of every measure. The clusters are those of `detect`;
a table in which it finds none is drawn with the blocks of its classification.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot

import klasternet as kn

SHOWN = [
    *("label_label", "label_disc", "disc_disc", "clipped", "foreign_in_halo", "halo_halo"),
    "halo_parts",
    *("heads_covered", "ambiguous", "edges_through_discs", "labels_touched", "crossings"),
    *("angle", "page_use", "contrast", "smallest_type", "stress", "flow_kept", "pdf_kb"),
    *("type3_fonts", "texts_lost", "discs", "edges", "labels"),
]
LEAST = {"angle", "page_use", "contrast", "smallest_type", "flow_kept"}  # where less is worse


def tables(data: Path) -> dict[str, Callable[[], kn.IOTable]]:
    """The tables that figures are held to."""
    read = {
        "wiod_usa": "wiod2016_niot_usa",
        "china42": "china_2017_42",
        "czech61": "eurostat_cz_2015",
        "uk127": "uk_2010_127",
        "chile12": "chile_2013_12",
    }
    out: dict[str, Callable[[], kn.IOTable]] = {
        "bea_summary": lambda: kn.datasets.load("usa_2022"),
        "germany6": lambda: kn.datasets.load("germany_1995"),
    }
    return out | {name: lambda f=folder: kn.read_table(data / f) for name, folder in read.items()}


def found(table: kn.IOTable) -> kn.Clusters:
    """Clusters of a table, or blocks of its classification."""
    network = kn.FlowNetwork.from_table(table, negatives="aside")
    clusters = kn.detect(network, seed=0)
    if len(clusters):
        return clusters
    blocks = np.arange(network.n) // max(network.n // 4, 2)
    blocks[-network.n // 6 :] = -1
    return kn.Clusters.from_labels(network, blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore", kn.KlasternetWarning)
    wanted = [name for name in options.tables.split(",") if name]
    kn.draw_network(found(kn.datasets.load("germany_1995")))  # machine code is loaded now
    rows = []
    for name, load in tables(options.data).items():
        if wanted and name not in wanted:
            continue
        clusters = found(load())
        for width in ("1col", "2col"):
            for seed in range(options.seeds):
                start = time.process_time()
                ax = kn.draw_network(clusters, width=width, seed=seed)
                took = time.process_time() - start
                measures = kn.legibility(ax, written=True)
                rows.append({"table": name, "width": width, "seed": seed, "seconds": took})
                rows[-1] |= {key: measures[key] for key in SHOWN}
                if options.out:
                    ax.figure.savefig(options.out / f"{name}-{width}-{seed}.png")
                pyplot.close("all")
    frame = pd.DataFrame(rows)
    with pd.option_context("display.width", 250, "display.max_columns", 30):
        print(frame.round(2).to_string(index=False))
        worst_of = {key: "min" if key in LEAST else "max" for key in SHOWN}
        worst = frame[SHOWN].agg(worst_of)
        print("\nworst of each\n" + worst.round(2).to_string())
        by_width = {w: rows[SHOWN].agg(worst_of) for w, rows in frame.groupby("width")}
        print("\nworst of each by width\n" + pd.DataFrame(by_width).round(2).to_string())
        print("\nmeans by table\n")
        means = frame.groupby(["table", "width"])[["seconds", *SHOWN[6:14]]].mean()
        print(means.round(2).to_string())


if __name__ == "__main__":
    main()
