"""read_table, the one door for tables: recognises the layout, calls the reader that knows it."""

from __future__ import annotations

import difflib
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from ..registry import choose
from .table import IOTable

__all__ = ["LAYOUTS", "read_table"]

LAYOUTS = {
    "labelled": "labelled:read_labelled",
    "bea": "bea:read_bea",
    "wiod2013": "wiod:read_wiod2013",
    "wiod2016": "wiod:read_wiod2016",
}
RECOGNISE = ("bea", "wiod")  # modules that know their own files


def read_table(
    path_or_frame: str | Path | pd.DataFrame,
    layout: str = "auto",
    sheet: str | int | None = None,
    **where_things_are: Any,
) -> IOTable:
    """Read an input-output table from a file, a folder or a frame.

    Parameters
    ----------
    path_or_frame : path or frame
        CSV, TSV (each also .gz), Excel, Parquet; a folder as published (BEA, WIOD); a frame.
    layout : str
        "labelled": labels in the first row and column, quadrants named by their labels (see
        `klasternet.tables.labelled.read_labelled`). "bea": make, use and import tables. "wiod2013",
        "wiod2016". "auto" takes the one that knows the files, else "labelled"; `source` of the
        table then says which it was and why.
    sheet : str or int, optional
        Sheet of a workbook.
    **where_things_are
        What the layout takes. For "labelled": industries, final_demand, value_added, output,
        imports, exports, satellites, drop, labels, origin, rename, empty, decimal, thousands,
        delimiter, encoding, region, unit, year, name.

    Returns
    -------
    IOTable

    Raises
    ------
    ParameterError
        A layout, or an argument of one, that is not known.
    DataError
        No such file; a file that is no table; labels or cells that cannot be what they should.

    Examples
    --------
    >>> frame = pd.DataFrame([[150, 500, 350, 1000], [200, 100, 1700, 2000]],
    ...                      index=["farms", "mills"],
    ...                      columns=["farms", "mills", "households", "output"])
    >>> print(read_table(frame, unit="million USD", year=2020))
    IOTable: unnamed, 2 industries, 2020, million USD
      intermediate flows                 950  100% of cells filled
      final demand                     2,050  in 1 column
        exports in it              not given
      primary inputs               not given
      imported inputs              not given
      output                           3,000
      source: data frame; layout 'labelled', as for every frame
    """
    why = ""
    if isinstance(path_or_frame, pd.DataFrame):
        source: Any = path_or_frame
        if layout == "auto":
            layout, why = "labelled", "as for every frame"
    else:
        source = _existing(path_or_frame)
        if layout == "auto":
            layout, why = _recognised(source)
    layout = choose("layout", layout, [*LAYOUTS, "auto"])
    module, function = LAYOUTS[layout].split(":")
    reader = getattr(import_module(f".{module}", __package__), function)
    if sheet is not None:
        where_things_are["sheet"] = sheet
    takes = inspect.signature(reader).parameters
    if not any(taken.kind is taken.VAR_KEYWORD for taken in takes.values()):
        for argument in where_things_are:
            choose(f"argument of layout {layout!r}", argument, list(takes)[1:])
    table: IOTable = reader(source, **where_things_are)
    how = f"layout {layout!r}, {why}" if why else f"layout {layout!r}"
    return table.replace(source="; ".join(filter(None, (table.source, how))))


def _existing(path: Any) -> Path:
    """The path, which must be there; else the nearest name beside it."""
    if not isinstance(path, (str, Path)):
        raise DataError(
            f"a table is read from a path or a pandas DataFrame, not from {type(path).__name__}."
        )
    path = Path(path).expanduser()
    if path.exists():
        return path
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "check the path."
    raise DataError(f"there is no file {path}; {hint}")


def _recognised(path: Path) -> tuple[str, str]:
    """The layout that knows the path, and why it was taken."""
    for module in RECOGNISE:
        layout = import_module(f".{module}", __package__).recognise(path)
        if layout is not None:
            return layout, f"recognised by the files of {path.name}"
    if path.is_dir():
        held = sorted(other.name for other in path.iterdir())
        raise DataError(
            f"the folder {path} is of no layout known here; it holds "
            f"{', '.join(held[:8]) or 'nothing'}. Give one file of it, or layout= one of "
            f"{', '.join(LAYOUTS)}."
        )
    return "labelled", "no other layout knows the file"
