"""Reader of the make and use tables of the U.S. Bureau of Economic Analysis.

A folder holds one year at one level of detail (summary, 71 industries, or detail, 402): use table,
its imported part, final demand, value added, make table and the names of the codes. The reader
returns domestic flows, industry by industry.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from ..registry import choose
from .rectangles import read_csv
from .sectors import sector_names, short_names
from .shortening import shorten
from .supply_use import from_supply_use
from .table import IOTable

__all__ = ["read_bea", "recognise"]

FILES = {
    "use": "use_intermediate.csv.gz",
    "final_demand": "use_final_demand.csv.gz",
    "value_added": "value_added.csv",
    "supply": "make.csv.gz",
    "imports_use": "imports_use.csv.gz",
}
CODES = {
    "industry_codes.csv": "bea_summary",
    "finaldemand_codes.csv": "bea_final_demand",
    "valueadded_codes.csv": "bea_value_added",
}
# Imports and adjustments that no industry competes with.
NONCOMPARABLE = ("Other", "S00300", "S00900")
SOURCE = "U.S. Bureau of Economic Analysis, make and use tables before redefinitions"


def read_bea(
    folder: str | Path,
    *,
    names: str | None = None,
    language: str = "en",
    negatives: str = "keep",
    year: int | None = None,
    **options: Any,
) -> IOTable:
    """Read BEA make and use tables as a domestic industry-by-industry table (model D).

    Parameters
    ----------
    folder : path
        Holds ``use_intermediate.csv.gz``, ``use_final_demand.csv.gz``, ``value_added.csv``,
        ``make.csv.gz``, ``imports_use.csv.gz``, ``industry_codes.csv``, ``finaldemand_codes.csv``
        and ``valueadded_codes.csv``.
    names : "short", "code" or "published", optional
        What industries are called: short names (of a list at the summary level, by rule at the
        detailed one), BEA codes as text (to be matched with NAICS crosswalks), or the published
        names. By default short at the summary level, published at the detailed level. Final demand
        and value added follow suit.
    language : "en" or "id"
        Of the short names of the list.
    negatives : "keep" or "apart"
        See `from_supply_use`.
    year : int, optional
        By default the four digits in the folder's name.
    **options
        Handed on to `from_supply_use`.

    Returns
    -------
    IOTable
        Million U.S. dollars at producers' prices; imported inputs in ``table.imports``, imports
        without a domestic counterpart in the primary input row "Noncompetitive imports".

    Raises
    ------
    DataError
        A file is missing (it is named).

    Notes
    -----
    Scrap and used goods have makers in the summary set, so those who make scrap are the sellers of
    all of it, in market shares. The rest-of-the-world adjustment (spending of foreigners in the
    country, moved from households to exports) has the federal government as its only maker: its
    exports are not the government's own.
    """
    folder = Path(folder)
    tables = {part: _read(folder / file) for part, file in FILES.items()}
    supply, categories = tables["supply"], tables["final_demand"].columns
    summary = supply.index.isin(sector_names("bea_summary").index).all()
    names = choose(
        "way to name industries",
        names or ("short" if summary else "published"),
        ["short", "code", "published"],
    )
    called = {} if names == "code" else _names(folder, names, language)
    if year is None:
        digits = re.search(r"(?:19|20)\d\d", folder.resolve().name)
        year = int(digits.group()) if digits else None
    settings: dict[str, Any] = {
        "imports_use": tables["imports_use"].rename(columns=called),
        "imports": [called.get(code, code) for code in categories if code.startswith("F050")],
        "exports": [called.get(code, code) for code in categories if code.startswith("F040")],
        "noncompetitive": [code for code in NONCOMPARABLE if code in supply.columns],
        "unit": "million USD",
        "source": SOURCE,
        "name": "United States" + (f" {year}" if year else ""),
    }
    # Products keep their codes: they share them with the industries that mainly make them.
    return from_supply_use(
        supply.rename(index=called),
        tables["use"].rename(columns=called),
        final_demand=tables["final_demand"].rename(columns=called),
        value_added=tables["value_added"].rename(index=called, columns=called),
        negatives=negatives,
        year=year,
        **{**settings, **options},
    )


def recognise(path: str | Path) -> str | None:
    """Give "bea" where the path is a folder with the make and use files, else None."""
    path = Path(path)
    held = all((path / file).is_file() for file in (FILES["supply"], FILES["use"]))
    return "bea" if held else None


def _read(file: Path) -> pd.DataFrame:
    """Read one CSV file with its codes as text, or name the file that is missing."""
    if not file.is_file():
        raise DataError(
            f"{file.name} is missing in {file.parent}; a BEA folder holds "
            f"{', '.join(FILES.values())} and the files of codes."
        )
    texts = dict.fromkeys(("commodity", "industry", "value_added", "code"), str)
    return read_csv(file.parent, file.name, dtype=texts)


def _names(folder: Path, names: str, language: str) -> dict[str, str]:
    """Map the codes of industries, final demand and primary inputs to unique names."""
    called: dict[str, str] = {}
    for file, classification in CODES.items():
        published = _read(folder / file)["name"]
        if names == "short":
            short = published.index.to_series().map(short_names(classification, language))
            by_rule = shorten(published[short.isna()].unique())
            published = short.fillna(published.map(by_rule))
        doubled = published.duplicated(keep=False) | published.isin(called.values())
        with_code = published + " (" + published.index + ")"
        called.update(published.where(~doubled, with_code))
    return called
