"""Reader of Japan's regional tables: one row per area, flows and output as columns R1C1 and Y1.

``io_tables.csv`` holds them all, ``areas.csv`` and ``sectors.csv`` the names. They are separate
tables of prefectures and cities, not one multi-regional table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from .alignment import labels, some
from .pages import year_in
from .rectangles import as_amounts, need_columns, read_csv
from .table import IOTable

__all__ = ["areas", "read_japan", "recognise"]

FILES = ("io_tables.csv", "areas.csv", "sectors.csv")
NAMES = {FILES[1]: ("AreaName",), FILES[2]: ("name",)}
SHORT = (
    *("Agriculture", "Mining", "Manufacturing", "Construction", "Electricity and water"),
    *("Trade", "Finance, real estate", "Transport", "Information", "Public business"),
    *("Services", "Other"),
)


def areas(folder: str | Path) -> list[str]:
    """Names of the areas that have a table; areas that are named and have none are left out."""
    return list(_codes(*(_read(Path(folder), file) for file in FILES[:2])))


def _codes(tables: pd.DataFrame, named: pd.DataFrame) -> dict[str, str]:
    """Names to codes of the areas that have a table."""
    unnamed = tables.index.difference(named.index)
    if len(unnamed):
        raise DataError(f"area {some(unnamed)} of {FILES[0]} is not named in {FILES[1]}; name it.")
    names = named["AreaName"].loc[tables.index]
    return dict(zip(names, names.index, strict=True))


def read_japan(folder: str | Path, *, area: str = "Japan", names: str = "short") -> IOTable:
    """Read the table of one area.

    Parameters
    ----------
    folder : path
        Holds ``io_tables.csv``, ``areas.csv`` and ``sectors.csv``.
    area : str
        Name, or code as text with its leading zero. All at once: `klasternet.read_tables`.
    names : "short" or "published"

    Returns
    -------
    IOTable
        Million yen. Final demand is not given; one row of primary inputs is output minus inputs.

    Raises
    ------
    ParameterError
        An area without a table; the nearest is named.
    DataError
        Files or columns that are missing.

    Notes
    -----
    Prefectural tables of Japan are of competitive imports: flows hold goods from elsewhere, and the
    audit warns of it.
    """
    folder = Path(folder)
    names = choose("way to name industries", names, ["short", "published"])
    tables, named, sectors = (_read(folder, file) for file in FILES)
    known = _codes(tables, named)
    code = area if area in tables.index else known.get(area)
    if code is None:
        without = named.index[named["AreaName"] == area]
        why = f" It is named in {FILES[1]} and has no table." if len(without) else ""
        raise ParameterError(f"no area called {area!r}.{why} Known: {', '.join(known)}.")
    industries = list(labels(sectors["name"], FILES[2]))
    if names == "short" and len(industries) == len(SHORT):
        industries = list(SHORT)
    count = range(1, len(industries) + 1)
    flows = [f"R{i}C{j}" for i in count for j in count]
    outputs = [f"Y{i}" for i in count]
    lacking = pd.Index([*flows, *outputs]).difference(tables.columns)
    if len(lacking):
        raise DataError(
            f"{FILES[0]} has no column {some(lacking)}, and {FILES[2]} names {len(industries)} "
            "sectors; use files of the same set."
        )
    line = as_amounts(tables.loc[[code], [*flows, *outputs]], f"{FILES[0]}, area {code}").iloc[0]
    matrix = line[flows].to_numpy().reshape(len(industries), -1)
    output = pd.Series(line[outputs].to_numpy(), industries)
    residual = pd.DataFrame([output - np.sum(matrix, axis=0)], ["Value added, by difference"])
    return IOTable(
        pd.DataFrame(matrix, industries, industries),
        value_added=residual,
        output=output,
        unit="million JPY",
        year=year_in(folder.resolve().name),
        source="prefectural input-output tables of Japan, 12 sectors",
        name=str(named.loc[code, "AreaName"]),
    )


def recognise(folder: Path) -> str | None:
    """Say by what files the folder is known to be of this layout, or None."""
    held = all((folder / file).is_file() for file in FILES)
    return f"by the files {', '.join(FILES)}" if held else None


def _read(folder: Path, file: str) -> pd.DataFrame:
    """A file with its codes, which begin with zeros, as text."""
    frame = read_csv(folder, file, dtype={"area_id": str, "AreaID": str})
    need_columns(frame, NAMES.get(file, ()), f"{folder.name}/{file}")
    frame.index = labels(frame.index, f"{folder.name}/{file}")
    return frame
