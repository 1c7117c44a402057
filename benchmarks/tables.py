"""The matrices that the dense benchmarks run on: published tables, and made ones.

Published tables are read as they stand into bare arrays, sellers by buyers, negative cells as 0;
they are not part of the repository. Made ones come from `klasternet.datasets.planted`, and from a
generator file outside the repository if there is one: `dense(regions, sectors, groups, seed,
boost=...) -> W, labels, labels by region`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

# regions, sectors, groups, seed, boost of flows within a group
GENERATED = {
    "io50": (1, 50, 5, 11, 6.0),
    "io50 weak": (1, 50, 5, 31, 2.5),
    "io100": (1, 100, 8, 32, 6.0),
    "io100 weak": (1, 100, 8, 32, 2.5),
    "io200": (1, 200, 10, 33, 6.0),
    "io200 weak": (1, 200, 10, 33, 2.5),
    "io400": (1, 400, 12, 12, 6.0),
    "io400 weak": (1, 400, 12, 12, 2.5),
    "io400 faint": (1, 400, 12, 12, 1.5),
    "20 regions x 20": (20, 20, 4, 34, 6.0),
}


def generate(generator: Path, case: str) -> np.ndarray:
    """Matrix of a case, by the generator file."""
    spec = importlib.util.spec_from_file_location("generator", generator)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    *shape, boost = GENERATED[case]
    return module.dense(*shape, boost=boost)[0]


def made(generator: Path | None) -> Iterator[tuple[str, np.ndarray]]:
    """Made tables, named: with the generator if there is one, and planted economies."""
    for case in GENERATED if generator else ():
        yield case, generate(generator, case)
    for n, clusters, contrast in ((50, 5, 3.0), (100, 10, 3.0), (200, 20, 3.0), (400, 20, 3.0)):
        network, _ = kn.datasets.planted(n, clusters, contrast=contrast, noise=1.2, seed=n)
        yield f"planted {n}", np.array(network.flows)


def square(frame: pd.DataFrame) -> np.ndarray:
    """What labels on both sides span, totals left out; negative cells as 0."""
    rows = frame.index.astype(str).str.removeprefix("CPA_")
    frame = frame.set_axis(rows).set_axis(
        frame.columns.astype(str).str.removeprefix("CPA_"), axis="columns"
    )
    both = [label for label in frame.columns if label in set(rows) and "total" not in label.lower()]
    W = frame.loc[both, both].to_numpy(dtype=float)
    return np.ascontiguousarray(np.maximum(W, 0.0))


def _csv(path: Path, **options: Any) -> pd.DataFrame:
    return pd.read_csv(path, index_col=0, dtype={0: str}, **options)


def _coded(path: Path) -> pd.DataFrame:
    """A table whose rows are known by a column Code (or code), the domestic ones if told apart."""
    frame = pd.read_csv(path, dtype={"Code": str, "code": str})
    if "Origin" in frame:
        frame = frame[frame["Origin"] == "Domestic"]
    return frame.set_index("Code" if "Code" in frame else "code")


def published(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    """National and provincial tables of 35 to 402 industries, named."""
    for name in ("usa_bea_2017_detail", "usa_bea_2022_summary"):
        table = kn.read_table(data / name)
        network = kn.FlowNetwork.from_table(table, flows="domestic", negatives="aside")
        yield name, np.array(network.flows)
    usa = _coded(data / "wiod2016_niot_usa" / "table_2000_2014.csv.gz")
    yield "wiod2016_niot_usa, 2014", square(usa[usa["Year"] == 2014])
    for folder in sorted(data.glob("indonesia_province_*")):
        yield folder.name, square(_csv(folder / "Z.csv.gz").pipe(_numbered))
    for name in ("china_2017_42", "china_2017_149"):
        yield name, square(_coded(data / name / "table.csv.gz"))
    for name in ("oecd2021_chn_1995", "oecd2021_chn_2018", "oecd2021_jpn_2005"):
        yield name, square(_coded(data / name / "table.csv"))
    yield "uk_2010_127", square(_csv(data / "uk_2010_127" / "siot_domestic.csv.gz"))
    yield "croatia_2010", square(_csv(data / "croatia_2010" / "siot_kHRK.csv.gz"))
    for name in ("eurostat_cz_2015", "eurostat_sk_2015"):
        yield name, square(_csv(data / name / "siot_dom.csv.gz"))
    regions = pd.read_csv(data / "wiod2013_regional_2011" / "Z.csv.gz", index_col=0)
    yield "wiod2013_regional_2011", np.maximum(regions.to_numpy(dtype=float), 0.0)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by the names of the columns, which are in the same order."""
    return frame.set_axis(frame.columns)


def small(data: Path) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Many small tables at once: a name, and the matrices."""
    for year in (1995, 2011):
        Z = pd.read_csv(data / f"wiod2013_{year}" / "Z.csv.gz", index_col=0).to_numpy(dtype=float)
        nations = [Z[a : a + 35, a : a + 35] for a in range(0, len(Z), 35)]
        yield f"41 nations of WIOD {year}, 35", [np.ascontiguousarray(W) for W in nations]
    areas = pd.read_csv(data / "japan_prefectures_2015_12" / "io_tables.csv", index_col=0)
    flows = [f"R{i}C{j}" for i in range(1, 13) for j in range(1, 13)]
    japan = areas[flows].to_numpy(dtype=float).reshape(-1, 12, 12)
    yield f"{len(japan)} areas of Japan, 12", list(np.maximum(japan, 0.0))
    others = [_csv(data / "chile_2013_12" / "Z.csv")]
    others += [_coded(p) for p in sorted(data.glob("indonesia_bps_io17_*/table.csv"))]
    yield "Chile 12, two provinces of 17", [square(frame) for frame in others]
