"""Reader of the national tables of the OECD, edition 2021: 45 industries of ISIC Rev. 4."""

from __future__ import annotations

from collections.abc import Mapping

from .pages import Codes, Page, called_after, known_share, place, year_in
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_oecd", "recognise"]

USES = (
    *("HFCE", "NPISH", "GGFC", "GFCF", "INVNT"),
    *("CONS_ABR", "CONS_NONRES", "EXPO", "IMPO"),
)
INPUTS = ("TXS_IMP_FNL", "TXS_INT_FNL", "VALU")
COLUMNS = Codes(r"\d\d", dict.fromkeys(USES, "final demand"), frozenset(), USES)
ROWS = Codes(
    r"\d\d",
    dict.fromkeys(INPUTS, "primary inputs") | {"OUTPUT": "output"},
    frozenset({"TTL_INT_FNL"}),
    (*INPUTS, "OUTPUT"),
)


def read_oecd(
    page: Page, *, names: str | Mapping[str, str] | None = None, language: str = "en"
) -> IOTable:
    """Read a national table of 45 industries, total use.

    Parameters
    ----------
    page : Page
        Columns Code, Description, 01 to 45, HFCE to IMPO.
    names : "short", "code", "published" or mapping, optional
        What industries are called.
    language : "en" or "id"
        Of the short names.

    Returns
    -------
    IOTable
        Million U.S. dollars at basic prices. Flows hold imported inputs too: the imports of each
        product are a negative column of final demand, as published, and the audit warns. Taxes
        less subsidies on products are rows of primary inputs.

    Raises
    ------
    DataError
        Codes that are missing or not known.

    Notes
    -----
    Source: OECD (2021), OECD Inter-Country Input-Output Database, http://oe.cd/icio.
    """
    placed = place(page, "oecd", ROWS, COLUMNS)
    sectors, published = placed.sectors, placed.published()

    def called(codes: list[str], classification: str) -> dict[str, str]:
        short = short_names(classification, language)
        return call_sectors(codes, names, short=short, published=published)

    name = called(sectors, "oecd45")
    use, source = called(list(USES), "oecd_final_demand"), called(list(INPUTS), "oecd_value_added")
    return IOTable(
        placed.amounts(sectors, sectors).rename(index=name, columns=name),
        final_demand=placed.amounts(sectors, USES).rename(index=name, columns=use),
        value_added=placed.amounts(INPUTS, sectors).rename(index=source, columns=name),
        output=placed.amounts(["OUTPUT"], sectors).loc["OUTPUT"].rename(name),
        exports=use["EXPO"],
        unit="million USD",
        year=year_in(called_after(page.path)),
        source="OECD Input-Output Tables, 2021 edition",
        name=called_after(page.path),
    )


def recognise(page: Page) -> str | None:
    """Say by what the page is known to be of this layout, or None."""
    share = known_share(page, ROWS, COLUMNS)
    return "by the codes HFCE to IMPO, VALU and OUTPUT of the OECD" if share >= 0.5 else None
