"""Reader of the national tables of the National Bureau of Statistics of China.

Sector codes with leading zeros ("001") against intermediate use (TIU), final uses (FU..), exports,
imports and gross output (GO); some years carry a column of statistical errors, ERR, of either sign.
Newer tables list imported flows in rows of their own, marked in a column Origin.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import DataError
from ..registry import choose
from .pages import Codes, Page, called_after, known_share, place, year_in
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_nbs", "recognise"]

# The finest uses that a table has: households by place, or consumption as one column.
USES = ("FU101", "FU102", "FU103", "FU201", "FU202", "EX")
COARSE = ("TC", "FU201", "FU202", "EX")
INPUTS = ("VA001", "VA002", "VA003", "VA004")
COLUMNS = Codes(
    r"\d{1,3}",
    dict.fromkeys((*USES, "IM", "ERR", "GO"), "final demand and output"),
    frozenset({"TIU", "THC", "TC", "GCF", "TFU"}),
    ("TIU", "FU201", "FU202", "EX", "TFU", "GO"),
)
ROWS = Codes(
    r"\d{1,3}",
    dict.fromkeys(INPUTS, "primary inputs"),
    frozenset({"TII", "TVA", "TI"}),
    ("TII", *INPUTS, "TVA", "TI"),
)


def read_nbs(
    page: Page, *, names: str | Mapping[str, str] | None = None, language: str = "en"
) -> IOTable:
    """Read a national table of China at producers' prices.

    Parameters
    ----------
    page : Page
        Columns Code, Description, DescriptionInChinese, maybe Origin; then sectors and uses.
    names : "published", "code", "short" or mapping, optional
        What industries are called.
    language : "en" or "zh"
        Of the published names.

    Returns
    -------
    IOTable
        10,000 yuan. Where the file has rows of imports, ``imports`` holds them and flows are
        domestic. Else flows mix domestic and imported inputs, the imports of each product are a
        negative column of final demand, and the audit warns. ERR is a column of final demand, so
        that rows add up to output as they do in the source.

    Raises
    ------
    DataError
        Codes that are missing or not known; neither consumption nor its parts.

    Notes
    -----
    GO = TIU + TFU - IM (+ ERR). ERR is the office's own discrepancy: no sale to anybody.
    """
    language = choose("language", language, ["en", "zh"])
    placed = place(page, "nbs", ROWS, COLUMNS, mark="Imports")
    held, sectors = set(placed.cells), placed.sectors
    uses = next((list(cut) for cut in (USES, COARSE) if held.issuperset(cut)), None)
    if uses is None:
        raise DataError(
            f"{page.where} has neither final consumption 'TC' nor its parts 'FU101', 'FU102', "
            "'FU103'; name the quadrants with layout='labelled'."
        )
    uses += [code for code in ("IM", "ERR") if code in held]
    imported = [f"Imports {code}" for code in sectors]
    apart = set(imported) <= set(placed.cells.index)
    if not apart and "IM" not in held:
        raise DataError(
            f"{page.where} has neither a column of imports 'IM' nor rows of imports for all of "
            f"its {len(sectors)} sectors; name the quadrants with layout='labelled'."
        )
    text = 1 if language == "en" else 2
    published = placed.beside.iloc[:, text].loc[sectors].to_dict()
    name = call_sectors(sectors, names, short={}, published=published)
    coded = names == "code"
    use = {c: c if coded else n for c, n in short_names("nbs_final_demand").items()}
    source = {c: c if coded else n for c, n in short_names("nbs_value_added").items()}
    final = placed.amounts(sectors, uses)
    if "IM" in final:
        final["IM"] *= -1
    imports = None
    if apart:
        imports = placed.amounts(imported, sectors).set_axis(sectors, axis=0)
        imports = imports.rename(index=name, columns=name)
    return IOTable(
        placed.amounts(sectors, sectors).rename(index=name, columns=name),
        final_demand=final.rename(index=name, columns=use),
        value_added=placed.amounts(INPUTS, sectors).rename(index=source, columns=name),
        output=placed.amounts(sectors, ["GO"])["GO"].rename(name),
        imports=imports,
        exports=use["EX"],
        unit="10,000 yuan",
        year=year_in(called_after(page.path)),
        source="National Bureau of Statistics of China, producers' prices",
        name=called_after(page.path),
    )


def recognise(page: Page) -> str | None:
    """Say by what the page is known to be of this layout, or None."""
    share = known_share(page, ROWS, COLUMNS)
    return "by the codes TIU, FU201, TFU, GO and TII, VA001, TI of China" if share >= 0.5 else None
