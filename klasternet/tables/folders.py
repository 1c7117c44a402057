"""Readers of folders that hold one table in several files, aligned by the names in them.

The detailed tables of Indonesia's provincial offices (flows, final demand, primary inputs, sector
names) and the twelve-branch table of the Central Bank of Chile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..errors import DataError
from .alignment import same_names, some
from .pages import text, year_in
from .rectangles import as_amounts, need_columns, read_csv
from .sectors import call_sectors
from .table import IOTable

__all__ = ["read_bps_province", "read_chile", "recognise_chile", "recognise_province"]

PROVINCE = ("Z.csv.gz", "final_demand.csv", "primary_inputs.csv", "sectors.csv")
CHILE = ("Z.csv", "wage_demand.csv")
PARTS = [
    *("household_consumption", "non_profit_consumption", "government_consumption"),
    *("gross_fixed_capital_formation", "change_in_inventories", "exports"),
]


def read_bps_province(
    folder: str | Path,
    *,
    names: str | Mapping[str, str] | None = "published",
    year: int | None = None,
) -> IOTable:
    """Read a detailed table of a provincial office of BPS-Statistics Indonesia.

    Parameters
    ----------
    folder : path
        Holds ``Z.csv.gz`` (sectors x sectors), ``final_demand.csv``, ``primary_inputs.csv`` and
        ``sectors.csv`` (sector, name, output_row_total).
    names : "published", "code" or mapping
        What sectors are called. Provinces share no classification: code s001 is another sector in
        the next province.
    year : int, optional
        Not stated in the files.

    Returns
    -------
    IOTable
        Million rupiah. Exports are the columns called Ekspor, foreign and inter-provincial apart
        where the office tells them apart. Imports are the row called Impor, so that flows are
        domestic; they come from abroad and from other provinces together.

    Raises
    ------
    DataError
        A file or a column that is missing.

    Notes
    -----
    Output is the row total of the source; it is not derived, so that the audit can tell what does
    not add up. In Jakarta's table of 2012 the inputs of "Angkutan Sungai Danau dan Penyeberangan"
    lack 12,216 million rupiah of its output. In Aceh's the columns miss by up to 1.6, and only
    without the seventh, unnamed column of final demand that its source has.
    """
    folder = Path(folder)
    flows, demand, primary = (
        as_amounts(read_csv(folder, file), f"{folder.name}/{file}") for file in PROVINCE[:3]
    )
    sectors = read_csv(folder, PROVINCE[3])
    need_columns(sectors, ("name", "output_row_total"), f"{folder.name}/{PROVINCE[3]}")
    output = as_amounts(sectors[["output_row_total"]], f"{folder.name}/{PROVINCE[3]}")
    exports = [column for column in demand if re.match(r"ek?sport?", column, re.IGNORECASE)]
    imports = [row for row in primary.index if re.search(r"\bimport?\b", row, re.IGNORECASE)]
    if not exports or not imports:
        raise DataError(
            f"{folder.name} has no {'final use called Ekspor' if not exports else ''}"
            f"{'primary input called Impor' if exports else ''}; final uses are "
            f"{some(demand.columns)}, primary inputs {some(primary.index)}. Name the quadrants "
            "with layout='labelled'."
        )
    published = dict(zip(output.index, sectors["name"].map(text), strict=True))
    name = call_sectors(output.index, names, short={}, published=published)
    province = re.sub(r"^indonesia_province_|_\d+$", "", folder.resolve().name)
    return IOTable(
        flows.rename(index=name, columns=name),
        final_demand=demand.rename(index=name),
        value_added=primary.rename(columns=name),
        output=output["output_row_total"].rename(name),
        exports=exports,
        imports=imports,
        unit="million IDR",
        year=year,
        source="provincial office of BPS-Statistics Indonesia",
        name=" ".join(w.upper() if len(w) < 4 else w.title() for w in province.split("_")),
    )


def read_chile(folder: str | Path, *, names: str | Mapping[str, str] | None = "short") -> IOTable:
    """Read the twelve-branch table of the Central Bank of Chile, as it comes with R's leontief.

    Parameters
    ----------
    folder : path
        Holds ``Z.csv``, ``wage_demand.csv`` and, if employed persons are wanted,
        ``employment.csv``.
    names : "short", "code" or mapping
        "Mining" or "mining".

    Returns
    -------
    IOTable
        Output is the column ``final_total_demand``, which is total demand in spite of its name:
        intermediate and final demand add up to it in every row, and that is checked. Wages and
        employees are satellites, as the other primary inputs are not given.

    Raises
    ------
    DataError
        A file or column is missing, or ``final_total_demand`` is not intermediate plus final.

    Notes
    -----
    The documentation states million pesos; the size of the totals points to billion pesos. The
    unit is given as stated.

    Source: Central Bank of Chile, Cuentas Nacionales 2013; R package leontief.
    """
    folder = Path(folder)
    flows, beside = (as_amounts(read_csv(folder, file), f"{folder.name}/{file}") for file in CHILE)
    need_columns(beside, [*PARTS, "wage", "final_total_demand"], f"{folder.name}/{CHILE[1]}")
    same_names(beside.index, flows.index, f"{folder.name}/{CHILE[1]}")
    total = beside["final_total_demand"]
    gap = flows.sum(axis=1) + beside[PARTS].sum(axis=1) - total
    if (gap.abs() > 1e-6 * total.abs().max()).any():
        raise DataError(
            f"{folder.name}: 'final_total_demand' of {gap.abs().idxmax()!r} is not its "
            f"intermediate plus final demand (it misses by {gap[gap.abs().idxmax()]:,.6g}), so it "
            "cannot be taken for output; name the quadrants with layout='labelled'."
        )
    satellites = beside[["wage"]].T
    if (folder / "employment.csv").is_file():
        jobs = read_csv(folder, "employment.csv")
        need_columns(jobs, ["employees"], f"{folder.name}/employment.csv")
        jobs = as_amounts(jobs[["employees"]], f"{folder.name}/employment.csv")
        satellites = pd.concat([satellites, jobs.T])
    short = {code: code.replace("_", " ").capitalize() for code in flows.index}
    name = call_sectors(flows.index, names, short=short, published={})
    return IOTable(
        flows.rename(index=name, columns=name),
        final_demand=beside[PARTS].rename(
            index=name, columns=lambda part: part.replace("_", " ").capitalize()
        ),
        output=total.rename(name),
        exports="Exports",
        satellites=satellites.rename(columns=name),
        unit="million CLP (as stated; billion by the size of the totals)",
        year=year_in(folder.resolve().name),
        source="Central Bank of Chile, as shipped with the R package leontief",
        name="Chile",
    )


def recognise_province(folder: Path) -> str | None:
    """Say by what files the folder is known to be a province's, or None."""
    held = all((folder / file).is_file() for file in PROVINCE)
    return f"by the files {', '.join(PROVINCE)}" if held else None


def recognise_chile(folder: Path) -> str | None:
    """Say by what files the folder is known to be Chile's, or None."""
    held = all((folder / file).is_file() for file in CHILE)
    return f"by the files {', '.join(CHILE)}" if held else None
