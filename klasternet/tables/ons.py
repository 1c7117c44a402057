"""Reader of the analytical tables of the Office for National Statistics, United Kingdom.

A page, or a folder with ``siot_domestic.csv.gz`` and ``imports.csv.gz``: product by product, at
basic prices, domestic use with primary inputs below, and imported use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from .pages import Codes, Page, Placed, known_share, open_page, place, year_in
from .rectangles import need_columns, read_csv
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_ons", "recognise"]

DOMESTIC, IMPORTED = "siot_domestic.csv.gz", "imports.csv.gz"
PRODUCT = r"(NM_|NPISH_)?\d\d[\dA-Z-]*"  # 01, 10-2-3, 23OTHER, 68-2IMP, NPISH_72
USES = tuple(short_names("ons_final_demand"))
INPUTS = tuple(short_names("ons_value_added"))
EXPORTS = ("Exports of goods", "Exports of services")
COLUMNS = Codes(
    PRODUCT,
    dict.fromkeys(USES, "final demand") | {"Total demand": "output"},
    frozenset({"Total intermediate demand", "Total demand for products"}),
    ("Total intermediate demand", *USES),
)
ROWS = Codes(
    PRODUCT,
    dict.fromkeys(INPUTS, "primary inputs") | {"Total output": "output"},
    frozenset({"Total consumption"}),
    ("Total consumption", *INPUTS, "Total output"),
)
DASH = re.compile(r"\s*[\x00-\x08\x0b-\x1f\x7f-\x9f]+\s*")  # "Education \x1aNon-market"
IMPORT_ROWS = Codes(PRODUCT, {}, frozenset({"Total imports"}), ("Total imports",))


def read_ons(
    source: Page | Path, *, names: str | Mapping[str, str] | None = None, language: str = "en"
) -> IOTable:
    """Read the domestic use table, with imported inputs where the folder has them.

    Parameters
    ----------
    source : Page or folder
        With a folder, ``imports`` is the n x n table of imported inputs; with the page alone,
        imports are a row of primary inputs.
    names : "published", "code", "short" or mapping, optional
        What products are called. Published names stand in ``labels_siot_domestic.csv``; control
        characters in them, which were dashes, are read as dashes, and `source` says so.
    language : "en" or "id"
        Of final demand and primary inputs.

    Returns
    -------
    IOTable
        Million pounds at basic prices.

    Raises
    ------
    DataError
        Labels that are missing or not known.
    """
    folder = source if isinstance(source, Path) else None
    page = open_page(source / DOMESTIC) if isinstance(source, Path) else source
    placed = place(page, "ons", ROWS, COLUMNS)
    products, held = placed.sectors, [*INPUTS]
    published = _labels(page.path.parent / "labels_siot_domestic.csv")
    mended = {code: DASH.sub(" – ", published[code]) for code in products if code in published}

    def called(codes: list[str], short: dict[str, str]) -> dict[str, str]:
        return call_sectors(codes, names, short=short, published=published | mended)

    name = called(products, {})
    dashes = sum(name[code] == mended[code] != published[code] for code in mended)
    use = called([*USES], short_names("ons_final_demand", language))
    row = called([*INPUTS], short_names("ons_value_added", language))
    imports: pd.DataFrame | str = row[INPUTS[0]]
    if folder is not None:
        imported: Placed = place(open_page(folder / IMPORTED), "ons", IMPORT_ROWS, COLUMNS)
        imports = imported.amounts(products, products).rename(index=name, columns=name)
        held.remove(INPUTS[0])
    return IOTable(
        placed.amounts(products, products).rename(index=name, columns=name),
        final_demand=placed.amounts(products, USES).rename(index=name, columns=use),
        value_added=placed.amounts(held, products).rename(index=row, columns=name),
        output=placed.amounts(["Total output"], products).loc["Total output"].rename(name),
        imports=imports,
        exports=[use[code] for code in EXPORTS],
        unit="million GBP",
        year=year_in(page.path.resolve().parent.name),
        source="; ".join(
            [
                "Office for National Statistics, input-output analytical tables, basic prices",
                *([f"control characters in {dashes} names read as dashes"] if dashes else []),
            ]
        ),
        name=page.path.resolve().parent.name,
    )


def _labels(file: Path) -> dict[str, str]:
    """Published names by code, where the file of labels is at hand."""
    if not file.is_file():
        return {}
    names = read_csv(file.parent, file.name, dtype=str)
    need_columns(names, ["name"], file.name)
    return names["name"].dropna().to_dict()


def recognise(source: Page | Path) -> str | None:
    """Say by what the folder or page is known to be of this layout, or None."""
    if isinstance(source, Path):
        held = all((source / file).is_file() for file in (DOMESTIC, IMPORTED))
        return f"by the files {DOMESTIC} and {IMPORTED}" if held else None
    share = known_share(source, ROWS, COLUMNS)
    return "by the lines Total consumption to Total output of the ONS" if share >= 0.5 else None
