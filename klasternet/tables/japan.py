"""Reader of Japan's regional tables: one row per area, flows and output as columns R1C1 and Y1.

``io_tables.csv`` holds them all, ``areas.csv`` and ``sectors.csv`` the names. They are separate
tables of prefectures and cities, not one multi-regional table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from .alignment import labels, some
from .pages import year_in
from .rectangles import as_amounts, need_columns, read_csv
from .sectors import call_sectors
from .table import IOTable

__all__ = ["areas", "read_japan", "recognise"]

FILES = ("io_tables.csv", "areas.csv", "sectors.csv")
NAMES = {FILES[1]: ("AreaName",), FILES[2]: ("name",)}
SHORT = {
    "Agriculture, forestry and fisheries": "Agriculture",
    "Electricity, gas and water": "Electricity, water",
    "Finance, insurance and real estate": "Finance, real estate",
    "Transportation and postal": "Transport and post",
    "Information and communication": "Information",
}  # the other published names are short


def areas(folder: str | Path) -> list[str]:
    """Names of the areas that have a table; areas that are named and have none are left out."""
    return list(_codes(*_files(Path(folder))[:2]))


def _codes(tables: pd.DataFrame, named: pd.DataFrame) -> dict[str, str]:
    """Names to codes of the areas that have a table."""
    unnamed = tables.index.difference(named.index)
    if len(unnamed):
        raise DataError(f"area {some(unnamed)} of {FILES[0]} is not named in {FILES[1]}; name it.")
    names = named["AreaName"].loc[tables.index]
    return dict(zip(names, names.index, strict=True))


def read_japan(
    folder: str | Path, *, area: str = "Japan", names: str | Mapping[str, str] = "short"
) -> IOTable:
    """Read the table of one area.

    Parameters
    ----------
    folder : path
        Holds ``io_tables.csv``, ``areas.csv`` and ``sectors.csv``.
    area : str
        Name, or code as text with its leading zero. All at once: `klasternet.read_tables`.
    names : "short", "published" or mapping
        What industries are called; a mapping of published names goes before the short ones.

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
    tables, named, sectors = _files(folder)
    known = _codes(tables, named)
    code = area if area in tables.index else known.get(area)
    if code is None:
        without = named.index[named["AreaName"] == area]
        why = f" It is named in {FILES[1]} and has no table." if len(without) else ""
        raise ParameterError(f"no area called {area!r}.{why} Known: {', '.join(known)}.")
    count = [str(k) for k in range(1, len(sectors) + 1)]
    if {*sectors.index} != {*count}:
        raise DataError(
            f"{folder.name}/{FILES[2]} numbers its sectors {some(sectors.index, 4)}; they must be "
            f"1 to {len(sectors)}, as R1C1 and Y1 count them."
        )
    published = list(labels(sectors.loc[count, "name"], FILES[2]))
    own = SHORT | dict(names) if isinstance(names, Mapping) else names
    short = {name: SHORT.get(name, name) for name in published}
    called = call_sectors(published, own, short=short, published={n: n for n in published})
    industries = [called[name] for name in published]
    flows = [f"R{i}C{j}" for i in count for j in count]
    outputs = [f"Y{i}" for i in count]
    odd = pd.Index([*flows, *outputs]).symmetric_difference(tables.columns)
    if len(odd):
        raise DataError(
            f"{FILES[2]} names {len(count)} sectors, which {FILES[0]} does not fit: column "
            f"{some(odd)} is missing or over; use files of the same set."
        )
    line = tables.loc[code]
    cells = np.vstack([line[flows].to_numpy().reshape(len(industries), -1), line[outputs]])
    named_cells = pd.DataFrame(cells, [*industries, "Output"], industries)
    amounts = as_amounts(named_cells.infer_objects(), f"{FILES[0]}, area {code}")
    matrix, output = amounts.loc[industries], amounts.loc["Output"]
    residual = pd.DataFrame([output - matrix.sum()], ["Value added, by difference"])
    return IOTable(
        matrix,
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


def _files(folder: Path) -> list[pd.DataFrame]:
    """The three files; read again only when they have changed, as one folder holds many tables."""
    stamps = [file.stat().st_mtime_ns for name in FILES if (file := folder / name).is_file()]
    return [frame.copy() for frame in _read(folder.resolve(), *stamps)]


@lru_cache(maxsize=2)
def _read(folder: Path, *stamps: int) -> list[pd.DataFrame]:
    """Files with their codes, which begin with zeros, as text."""
    frames = []
    for file in FILES:
        frame = read_csv(folder, file, dtype={"area_id": str, "AreaID": str})
        need_columns(frame, NAMES.get(file, ()), f"{folder.name}/{file}")
        frame.index = labels(frame.index, f"{folder.name}/{file}")
        frames.append(frame)
    return frames
