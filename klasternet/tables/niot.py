"""Reader of the yearly sheets of a national table of the World Input-Output Database, 2013.

One sheet per year: 35 domestic rows, 35 imported rows with the same codes, then taxes,
adjustments, value added, transport margins and output.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from .pages import Codes, Page, known_share, place, year_in
from .sectors import call_sectors, short_names
from .table import IOTable
from .workbooks import sheet_names

__all__ = ["read_niot", "recognise", "years"]

SECTOR = r"c([1-9]|[12]\d|3[0-5])"
USES = {
    **{"c37": "CONS_h", "c38": "CONS_np", "c39": "CONS_g", "c41": "GFCF", "c42": "INVEN"},
    **{"c44": "EXP"},
}
INPUTS = {
    "r99": "Net product taxes",
    "r61": "Cif/fob adjustment",
    "r62": "Purchases abroad",
    "r63": "Visitors' purchases",
    "r64": "Value added",
    "International Transport Margins": "Transport margins",
}
COLUMNS = Codes(SECTOR, {**USES, "Total output": "output"}, frozenset(), (*USES, "Total output"))
ROWS = Codes(SECTOR, {**INPUTS, "r69": "output"}, frozenset({"r60"}), (*INPUTS, "r69"))


def read_niot(
    page: Page, *, names: str | Mapping[str, str] | None = None, language: str = "en"
) -> IOTable:
    """Read one year of a national table of the 2013 release.

    Parameters
    ----------
    page : Page
        A sheet of the workbook: `read_table` takes ``sheet="2011"`` or ``year=2011``.
    names : "short", "code", "published" or mapping, optional
        What industries are called.
    language : "en" or "id"
        Of the short names.

    Returns
    -------
    IOTable
        Million U.S. dollars. Flows are domestic, ``imports`` the n x n table of imported inputs.

    Raises
    ------
    DataError
        Codes that are missing or not known, also where the sheet of notes was given.

    Notes
    -----
    Source: Timmer, Dietzenbacher, Los, Stehrer and de Vries (2015), doi:10.1111/roie.12178.
    """
    placed = place(page, "wiod2013_niot", ROWS, COLUMNS, mark="Imports")
    codes = placed.sectors
    published = placed.beside[1].loc[codes].to_dict()
    short = short_names("wiod2013", language)
    name = call_sectors(codes, names, short=short, published=published)
    demand = short_names("wiod_final_demand", language)
    use = {code: code if names == "code" else demand[meant] for code, meant in USES.items()}
    source = {code: code if names == "code" else meant for code, meant in INPUTS.items()}
    imports = placed.amounts([f"Imports {code}" for code in codes], codes)
    imports = imports.set_axis(codes, axis=0)
    country = next(iter(placed.beside.loc[codes[0]].iloc[[2]]), "")
    output = placed.amounts(codes, ["Total output"])["Total output"]
    final: pd.DataFrame = placed.amounts(codes, USES)
    return IOTable(
        placed.amounts(codes, codes).rename(index=name, columns=name),
        final_demand=final.rename(index=name, columns=use),
        value_added=placed.amounts(INPUTS, codes).rename(index=source, columns=name),
        output=output.rename(name),
        imports=imports.rename(index=name, columns=name),
        exports=use["c44"],
        unit="million USD",
        year=year_in(placed.title, str(page.sheet)),
        source="World Input-Output Database, 2013 release (Timmer et al. 2015)",
        name=country or page.path.name,
    )


def recognise(page: Page) -> str | None:
    """Say by what the page is known to be of this layout, or None."""
    share = known_share(page, ROWS, COLUMNS)
    return "by the codes c1 to c44, r64 and r69 of WIOD 2013" if share >= 0.5 else None


def years(path: Path) -> list[int]:
    """Years that have a sheet."""
    return [int(name) for name in sheet_names(path) if name.isdigit() and len(name) == 4]
