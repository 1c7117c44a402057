"""Clean tables to be spoilt: small ones made here, so that no data are needed, and real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .packing import Grid, as_csv, pack, unpack

TEXT = ("csv", "tsv", "csv.gz")
ALL = (*TEXT, "xlsx", "parquet")
INDUSTRIES = ["Farms", "Bäckerei", "Étoffes & cuir", "Steel, hot", "Jasa 17"]


@dataclass(frozen=True)
class Source:
    """A clean table: a grid that is written as a file of several kinds, or files as they are.

    `corner` is where numbers begin, `part` says which part of the table stands in which file of a
    folder, in its own labels; `plain` whether labels of the file are those of the table.
    """

    name: str
    kinds: tuple[str, ...]
    grid: Grid | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    target: str = ""
    corner: tuple[int, int] = (1, 1)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    part: Mapping[str, str] = field(default_factory=dict)
    stem: str = "table"
    weight: float = 1.0  # how often it is drawn: real ones are large


def _balanced(n: int, inputs: int, uses: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Flows, uses, inputs and output of whole numbers that add up both ways."""
    rng = np.random.default_rng(seed)
    flows = rng.integers(1, 90, (n, n)).astype(float)
    output = 2.0 * np.maximum(flows.sum(0), flows.sum(1)) + 100
    final = np.zeros((n, uses))
    primary = np.zeros((inputs, n))
    for k in range(uses):
        final[:, k] = np.floor((output - flows.sum(1)) / uses)
    for k in range(inputs):
        primary[k] = np.floor((output - flows.sum(0)) / inputs)
    final[:, -1] += output - flows.sum(1) - final.sum(1)
    primary[-1] += output - flows.sum(0) - primary.sum(0)
    return flows, final, primary, output


def _grid(heads: list[Any], rows: list[Any], cells: np.ndarray, corner: Any = "") -> Grid:
    body = [[row, *map(float, line)] for row, line in zip(rows, cells, strict=True)]
    return [[corner, *heads], *body]


def labelled() -> Grid:
    flows, final, primary, output = _balanced(5, 2, 2)
    top = np.column_stack([flows, final, output])
    grid = _grid([*INDUSTRIES, "households", "exports", "output"], INDUSTRIES, top, "sector")
    low = [["wages", *primary[0]], ["surplus", *primary[1]], ["output", *output]]
    return [*grid, *([*map(_plain, row), None, None, None] for row in low)]


def _plain(cell: Any) -> Any:
    return float(cell) if isinstance(cell, np.floating) else cell


def oecd() -> Grid:
    uses = ["HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "CONS_ABR", "CONS_NONRES", "EXPO", "IMPO"]
    flows, final, primary, output = _balanced(4, 4, 9, 1)
    codes = [f"{k:02d}" for k in range(1, 5)]
    inputs = ["TXS_IMP_FNL", "TXS_INT_FNL", "TTL_INT_FNL", "VALU", "OUTPUT"]
    rows = [*np.column_stack([flows, final])]
    rows += [np.r_[line, np.zeros(9)] for line in (*primary, output)]
    grid: Grid = [["Code", "Description", *codes, *uses]]
    for code, line in zip([*codes, *inputs], rows, strict=True):
        grid.append([code, f"the line {code}", *map(float, line)])
    return grid


def bps() -> Grid:
    uses = ["3011", "3012", "3020", "3030", "3041", "3071", "3072"]
    flows, final, primary, output = _balanced(4, 3, 7, 2)
    codes = ["A", "B", "C", "D"]
    heads = [*codes, "1800", *uses, "3080", "3090", "3100"]
    grid: Grid = [[None, "Tabel Provinsi Contoh Transaksi 2016", *[None] * len(heads)]]
    grid.append([None, None, *(f"kolom {code}" for code in heads)])
    grid.append(["Kode", "Uraian", *heads])
    for k, code in enumerate(codes):
        own = [*flows[k], flows[k].sum(), *final[k], *final[k, 5:].sum(keepdims=True)]
        grid.append([code, f"Sektor {code}", *map(float, [*own, final[k].sum(), output[k]])])
    totals = {"190d": flows.sum(0), "2000": primary[0], "2001": primary[1]}
    totals |= {"1900": flows.sum(0) + primary[:2].sum(0), "2090": primary[2], "2100": output}
    for code, line in totals.items():
        grid.append([code, f"Baris {code}", *map(float, line), *[0.0] * 11])
    return grid


def long() -> Grid:
    """Eurostat's long form, one line for each cell."""
    flows, final, primary, output = _balanced(3, 3, 4, 3)
    codes, uses = ["A01", "C10-C12", "G46"], ["P3_S14", "P3_S13", "P5", "P6"]
    inputs = ["IMP", "D21X31", "B1G"]
    grid: Grid = [["prod_na", "prod_na_lab", "induse", "unit", "values"]]
    for i, row in enumerate(codes):
        cells = dict(zip([*codes, *uses, "TU"], [*flows[i], *final[i], output[i]], strict=True))
        grid += [[row, f"{row} name", at, "MIO_EUR", float(v)] for at, v in cells.items()]
    for row, line in zip([*inputs, "P1"], [*primary, output], strict=True):
        grid += [
            [row, f"{row} name", at, "MIO_EUR", float(v)] for at, v in zip(codes, line, strict=True)
        ]
    return grid


def province() -> dict[str, bytes]:
    flows, final, primary, output = _balanced(4, 3, 3, 4)
    codes = [f"s{k:03d}" for k in range(1, 5)]
    names = ["Padi", "Kelapa, kopra", "Industri é", "Jasa"]
    sectors = [["sector", "name", "output_row_total"]]
    sectors += [[c, n, float(x)] for c, n, x in zip(codes, names, output, strict=True)]
    uses, inputs = ["Rumah tangga", "Modal", "Ekspor"], ["Impor", "Upah", "Surplus"]
    return {
        "Z.csv.gz": pack(_grid(codes, codes, flows, "sector"), "csv.gz"),
        "final_demand.csv": as_csv(_grid(uses, codes, final, "sector")),
        "primary_inputs.csv": as_csv(_grid(codes, inputs, primary, "input")),
        "sectors.csv": as_csv(sectors),
    }


def japan() -> dict[str, bytes]:
    codes = [1, 2, 3]
    heads = ["area_id", *(f"R{i}C{j}" for i in codes for j in codes), *(f"Y{i}" for i in codes)]
    lines = []
    for seed, area in enumerate(("00", "01")):
        flows, *_, output = _balanced(3, 1, 1, seed)
        lines.append([area, *map(float, flows.ravel()), *map(float, output)])
    return {
        "io_tables.csv": as_csv([heads, *lines]),
        "areas.csv": as_csv([["AreaID", "AreaName"], ["00", "Japan"], ["01", "Hokkaidō"]]),
        "sectors.csv": as_csv([["sector", "name"], *([k, f"branch {k}"] for k in codes)]),
    }


def wiod() -> dict[str, bytes]:
    flows, final, _, output = _balanced(4, 1, 4, 5)
    nodes = [f"{region}_c{k}" for region in ("AUS", "IDN") for k in (1, 2)]
    uses = [f"{region}_{use}" for region in ("AUS", "IDN") for use in ("CONS_h", "GFCF")]
    named = [["node", "country", "sector", "sector_name", "output"]]
    for node, x in zip(nodes, output, strict=True):
        named.append([node, node[:3], node[4:], f"name of {node[4:]}", float(x)])
    return {
        "Z.csv.gz": pack(_grid(nodes, nodes, flows, "node"), "csv.gz"),
        "final_demand.csv": as_csv(_grid(uses, nodes, final, "node")),
        "nodes.csv": as_csv(named),
    }


def made() -> list[Source]:
    code = {"names": "code"}
    folder = {"Z.csv.gz": "flows", "final_demand.csv": "final_demand"}
    return [
        Source("labelled", ALL, labelled()),
        Source("oecd", (*TEXT, "xlsx"), oecd(), corner=(1, 2), arguments=code, stem="chn_2018"),
        Source("bps", (*TEXT, "xlsx"), bps(), corner=(3, 2), arguments=code),
        Source("eurostat long", (*TEXT, "xlsx"), long(), corner=(1, 4), arguments=code),
        Source(
            "province",
            ("folder",),
            files=province(),
            arguments=code,
            part=folder | {"primary_inputs.csv": "value_added"},
        ),
        Source("japan", ("folder",), files=japan()),
        Source("wiod2013", ("folder",), files=wiod(), arguments=code, part=folder),
    ]


PAGES = {  # real files of one page: folder/file, corner, arguments
    "indonesia_bps_io17_sulawesi_selatan_2016/table.csv": ((1, 2), {"names": "code"}),
    "oecd2021_jpn_2005/table.csv": ((1, 2), {"names": "code"}),
    "china_2017_42/table.csv.gz": ((1, 4), {"names": "code"}),
    "germany_1995_6/table_long.csv": ((1, 4), {"names": "code"}),
    "eurostat_sk_2015/siot_dom.csv.gz": ((1, 1), {"names": "code"}),
}
FOLDERS = {
    "indonesia_province_bali_54": {"names": "code"},
    "chile_2013_12": {"names": "code"},
    "japan_prefectures_2015_12": {},
    "eurostat_cz_2015": {"names": "code"},
    "usa_bea_2022_summary": {"names": "code"},
    "uk_2010_127": {"names": "code"},
}
BOOKS = {
    "indonesia_bps_io17_sulawesi_selatan_2016/table.xlsx": {"names": "code"},
    "indonesia_bps_io17_kepulauan_riau_2016/table.xlsx": {"names": "code"},
    "wiod2013_niot_indonesia/IDN_NIOT_1995_2011.xlsx": {"names": "code", "year": 2011},
}
PARTS = {
    "Z.csv.gz": "flows",
    "Z.csv": "flows",
    "final_demand.csv": "final_demand",
    "primary_inputs.csv": "value_added",
}


def real(data: Path) -> list[Source]:
    """Small published tables, as they are; what is not at hand is left out."""
    out = []
    for path, (corner, arguments) in PAGES.items():
        file = data / path
        if file.is_file():
            kind = "csv.gz" if file.suffix == ".gz" else "csv"
            grid = unpack(file.read_bytes(), kind)
            stem = file.name.split(".")[0]
            out.append(
                Source(
                    path, (*TEXT, "xlsx"), grid, {}, "", corner, arguments, stem=stem, weight=0.3
                )
            )
    for path, arguments in FOLDERS.items():
        if (data / path).is_dir():
            files = {f.name: f.read_bytes() for f in sorted((data / path).iterdir())}
            weight = 0.05 if path.startswith(("usa", "uk")) else 0.3
            out.append(
                Source(path, ("folder",), None, files, "", (1, 1), arguments, PARTS, weight=weight)
            )
    for path, arguments in BOOKS.items():
        file = data / path
        if file.is_file():
            files = {file.name: file.read_bytes()}
            weight = 0.05 if len(files[file.name]) > 100_000 else 0.3
            out.append(
                Source(path, ("book",), None, files, file.name, arguments=arguments, weight=weight)
            )
    return out
