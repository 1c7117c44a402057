"""Readers of the World Input-Output Database, releases 2013 and 2016.

The 2013 release is one table of many regions, where what a region imports is a flow between
regions. The 2016 table is a national one, a year picked from a long file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import AlignmentError, ParameterError
from ..registry import choose
from .alignment import labels
from .rectangles import as_amounts, need_columns, read_csv
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_wiod2013", "read_wiod2016", "recognise", "years_2016"]

FILE_2016 = "table_2000_2014.csv.gz"
FINAL_2016 = ["CONS_h", "CONS_np", "CONS_g", "GFCF", "INVEN", "EXP"]
VALUE_ADDED_2013 = "Value added, net taxes and transport margins"
VALUE_ADDED_2016 = "Imports, taxes and value added"


def read_wiod2013(
    folder: str | Path, *, names: str = "short", language: str = "en", year: int | None = None
) -> IOTable:
    """Read a world table of the 2013 release: countries, or the seven regions of its makers.

    Parameters
    ----------
    folder : path
        Holds ``Z.csv.gz`` (n x n), ``final_demand.csv`` or ``.csv.gz`` (n x f, columns
        REGION_CATEGORY) and ``nodes.csv`` (node, country or region, sector, sector name, output).
    names : "short" or "code"
        "AUS Agriculture" or "AUS_c1".
    language : "en" or "id"
        Of the short names.
    year : int, optional
        By default the four digits at the end of the folder's name.

    Returns
    -------
    IOTable
        Million U.S. dollars; ``table.region`` is set. Exports are a Series: what a node sells to
        other regions, as inputs and to final demand. There is one row of primary inputs, output
        minus inputs: value added, net taxes on products and international transport margins.

    Raises
    ------
    DataError
        A file is missing; it is named.
    AlignmentError
        The files do not name the same nodes, or a column of final demand has no known region.

    Notes
    -----
    The full table is rounded to whole millions, so that a row of 1,640 cells may miss its output by
    about a hundred: never test it for exact balance. Flows within a country dominate any other
    pattern.

    Source: Timmer, Dietzenbacher, Los, Stehrer and de Vries (2015), Review of International
    Economics 23, doi:10.1111/roie.12178.
    """
    folder = Path(folder)
    names = choose("way to name industries", names, ["short", "code"])
    nodes = read_csv(folder, "nodes.csv")
    flows = as_amounts(read_csv(folder, "Z.csv.gz"), f"{folder.name}/Z.csv.gz")
    final = read_csv(folder, "final_demand.csv.gz", "final_demand.csv")
    final = as_amounts(final, f"final demand of {folder.name}")
    place = "country" if "country" in nodes else "region"
    need_columns(nodes, (place, "sector", "sector_name", "output"), f"{folder.name}/nodes.csv")
    nodes.index = labels(nodes.index, f"{folder.name}/nodes.csv")
    nodes["output"] = as_amounts(nodes[["output"]], f"{folder.name}/nodes.csv")
    region = nodes[place]
    for what, named in (("rows of Z", flows.index), ("columns of Z", flows.columns)):
        _same(what, named, nodes.index)
    _same("rows of final demand", final.index, nodes.index)

    # Align by name here, as the sums over regions below work on plain arrays.
    flows = flows.reindex(index=nodes.index, columns=nodes.index)
    final = final.reindex(index=nodes.index)
    buyer = final.columns.str.split("_", n=1).str[0]
    unknown = final.columns[~buyer.isin(region)]
    if len(unknown):
        raise AlignmentError(
            f"column {unknown[0]!r} of final demand starts with no region of nodes.csv; columns "
            "are named REGION_CATEGORY."
        )
    exports = _sales_abroad(flows, region, region) + _sales_abroad(final, region, buyer)
    residual = (nodes["output"] - flows.sum()).rename(VALUE_ADDED_2013).to_frame().T

    called = _node_names(nodes, region, language) if names == "short" else {}
    columns = _final_names(final.columns, language) if names == "short" else {}
    return IOTable(
        flows.rename(index=called, columns=called),
        final_demand=final.rename(index=called, columns=columns),
        value_added=residual.rename(columns=called),
        output=nodes["output"].rename(called),
        exports=exports.rename(called),
        region=region.rename(called),
        unit="million USD",
        year=year if year is not None else _year(folder.resolve().name),
        source="World Input-Output Database, 2013 release (Timmer et al. 2015)",
        name="World",
    )


def read_wiod2016(
    path: str | Path,
    *,
    year: int = 2014,
    names: str | Mapping[str, str] = "short",
    language: str = "en",
) -> IOTable:
    """Read a national table of the 2016 release, domestic flows of one year.

    Parameters
    ----------
    path : path
        The file, or the folder that holds ``table_2000_2014.csv.gz``: Year, Code, Description,
        Origin, industries, six columns of final demand, GO (output).
    year : int
    names : "short", "code", "published" or mapping
        What industries are called; a mapping goes before the short names.
    language : "en" or "id"
        Of the short names.

    Returns
    -------
    IOTable
        Million U.S. dollars. There is one row of primary inputs, output minus domestic inputs:
        imports, taxes and value added.

    Raises
    ------
    DataError
        The file is missing, or holds other columns.
    ParameterError
        A year that the file does not have.

    Notes
    -----
    Source: Timmer, Dietzenbacher, Los, Stehrer and de Vries (2015), doi:10.1111/roie.12178;
    release 2016, doi:10.34894/PJ2M1C.
    """
    path = Path(path)
    file = path / FILE_2016 if path.is_dir() else path
    rows = read_csv(file.parent, file.name, index_col=None)
    need_columns(rows, ["Year", "Code", "Description", "Origin", *FINAL_2016, "GO"], file.name)
    years = as_amounts(rows[["Year"]], f"{file.name}, column 'Year'")["Year"].to_numpy()
    if year not in years:
        span = f"{years.min():.0f} to {years.max():.0f}"
        raise ParameterError(f"{file.name} has no year {year!r}; it holds {span}.")
    rows = rows[(years == year) & (rows["Origin"] == "Domestic").to_numpy()].set_index("Code")
    short = short_names("wiod2016", language)
    called = call_sectors(rows.index, names, short=short, published=rows["Description"].to_dict())
    categories = short_names("wiod_final_demand", language) if names != "code" else {}
    codes = labels(rows.index, f"{file.name}, year {year}")
    need_columns(rows, codes, file.name)
    amounts = as_amounts(rows[[*codes, *FINAL_2016, "GO"]], f"{file.name}, year {year}")
    flows = amounts[codes]
    residual = (amounts["GO"] - flows.sum()).rename(VALUE_ADDED_2016).to_frame().T
    final = amounts[FINAL_2016].rename(index=called, columns=categories)
    return IOTable(
        flows.rename(index=called, columns=called),
        final_demand=final,
        value_added=residual.rename(columns=called),
        output=amounts["GO"].rename(called),
        exports=final.columns[-1],
        unit="million USD",
        year=year,
        source="World Input-Output Database, 2016 release (doi:10.34894/PJ2M1C)",
        name="National table of WIOD 2016",
    )


def years_2016(path: str | Path) -> list[int]:
    """Years that the file holds."""
    path = Path(path)
    file = path / FILE_2016 if path.is_dir() else path
    held = read_csv(file.parent, file.name, index_col=None, usecols=["Year"])["Year"]
    return sorted({int(year) for year in as_amounts(held.to_frame(), file.name)["Year"]})


def recognise(path: str | Path) -> str | None:
    """Give "wiod2013" or "wiod2016" where the path holds such a table, else None."""
    path = Path(path)
    if path.is_dir():
        if all((path / file).is_file() for file in ("Z.csv.gz", "nodes.csv")):
            return "wiod2013"
        path = path / FILE_2016
    return "wiod2016" if path.is_file() and path.name == FILE_2016 else None


def _same(what: str, labels: pd.Index, nodes: pd.Index) -> None:
    odd = nodes.symmetric_difference(labels)
    if len(odd):
        raise AlignmentError(
            f"the {what} and nodes.csv do not name the same nodes: {odd[0]!r} is in one only; "
            "use files of the same set."
        )


def _sales_abroad(sales: pd.DataFrame, region: pd.Series, buyer: pd.Index | pd.Series) -> pd.Series:
    """What each row sells to columns of another region."""
    by_region = sales.T.groupby(np.asarray(buyer)).sum().T
    by_region = by_region.reindex(columns=region.unique(), fill_value=0.0)
    home = by_region.columns.get_indexer(region)
    own = by_region.to_numpy()[np.arange(len(home)), home]
    return sales.sum(axis=1) - own


def _year(text: str) -> int | None:
    digits = text.rsplit("_", 1)[-1]
    return int(digits) if digits.isdigit() and len(digits) == 4 else None


def _node_names(nodes: pd.DataFrame, region: pd.Series, language: str) -> dict[str, str]:
    short = nodes["sector"].map(short_names("wiod2013", language))
    return (region + " " + short.fillna(nodes["sector_name"])).to_dict()


def _final_names(columns: pd.Index, language: str) -> dict[str, str]:
    short = short_names("wiod_final_demand", language)
    parts = [column.split("_", 1) for column in columns]
    return {"_".join(part): f"{part[0]} {short.get(part[1], part[1])}" for part in parts}
