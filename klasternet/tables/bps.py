"""Reader of the provincial tables of BPS-Statistics Indonesia, 17 sections, from Excel or CSV.

A page has names beside codes, and above them; sections A to RSTU against intermediate and final
demand, with foreign and inter-provincial trade apart on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .pages import Codes, Page, called_after, known_share, place, year_in
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_bps", "recognise"]

SECTION = r"[A-U](,?[A-U]){0,3}"  # A, MN or R,S,T,U
EXPORTS, IMPORTS = ("3071", "3072"), ("2000", "2001")
COLUMNS = Codes(
    SECTION,
    dict.fromkeys(("3011", "3012", "3020", "3030", "3041", *EXPORTS), "final demand")
    | {"3100": "output"},
    frozenset({"1800", "3080", "3090"}),
    ("3011", "3012", "3020", "3030", "3041", *EXPORTS, "3100"),
)
ROWS = Codes(
    SECTION,
    dict.fromkeys((*IMPORTS, "2090"), "primary inputs"),
    frozenset({"190d", "1900", "2100"}),
    ("190d", *IMPORTS, "2090", "2100"),
)


def read_bps(
    page: Page, *, names: str | Mapping[str, str] | None = None, language: str = "id"
) -> IOTable:
    """Read a provincial table of 17 sections, domestic transactions at producers' prices.

    Parameters
    ----------
    page : Page
        CSV, or the workbook as published.
    names : "short", "code", "published" or mapping, optional
        What industries are called; a mapping of codes or published names goes before short names.
    language : "id" or "en"
        Of the short names.

    Returns
    -------
    IOTable
        Million rupiah. Exports are two columns, foreign (3071) and inter-provincial (3072);
        imports are two rows of primary inputs, foreign (2000) and inter-provincial (2001).
        Domestic means the province.

    Raises
    ------
    DataError
        Codes that are missing or not known: all that was found and not found is said.

    Notes
    -----
    The rows 2000 and 2001 are inputs that the column's industry bought elsewhere, so that columns
    add up to output. What other provinces supply can be large: 24 % of the intermediate inputs of
    Sulawesi Selatan in 2016 (67.5 of 282 trillion rupiah), which Z does not hold.
    """
    placed = place(page, "bps", ROWS, COLUMNS)
    sectors, output = placed.sectors, "3100"
    uses, inputs = list(COLUMNS.needed[:-1]), [*IMPORTS, "2090"]
    published = placed.published(0)

    def called(codes: list[str], classification: str) -> dict[str, str]:
        short = short_names(classification, language)
        return call_sectors(codes, names, short=short, published=published)

    name = called(sectors, "bps17")
    use, source = called(uses, "bps_final_demand"), called(inputs, "bps_value_added")
    region = re.search(r"Provinsi (.+?) Transaksi", placed.title)
    return IOTable(
        placed.amounts(sectors, sectors).rename(index=name, columns=name),
        final_demand=placed.amounts(sectors, uses).rename(index=name, columns=use),
        value_added=placed.amounts(inputs, sectors).rename(index=source, columns=name),
        output=placed.amounts(sectors, [output])[output].rename(name),
        exports=[use[code] for code in EXPORTS],
        imports=[source[code] for code in IMPORTS],
        unit="million IDR",
        year=year_in(placed.title, called_after(page.path)),
        source="BPS-Statistics Indonesia, domestic transactions at producers' prices",
        name=region.group(1) if region else called_after(page.path),
    )


def recognise(page: Page) -> str | None:
    """Say by what the page is known to be of this layout, or None."""
    share = known_share(page, ROWS, COLUMNS)
    return "by the codes 190d, 2000, 2001 and 3071, 3072 of BPS" if share >= 0.5 else None
