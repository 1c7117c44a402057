"""read_table, the one door for tables: recognises the layout, calls the reader that knows it.

Folders are known by their files, single files by the codes in their cells. What the layout was and
by what it was recognised stands in `source` of the table.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from .alignment import told
from .mrio import from_pymrio, is_pymrio
from .pages import Page, open_page
from .rectangles import KINDS
from .table import IOTable

__all__ = ["LAYOUTS", "read_table", "read_tables"]

LAYOUTS = {
    "labelled": "labelled:read_labelled",
    "bea": "bea:read_bea",
    "bps": "bps:read_bps",
    "bps_province": "folders:read_bps_province",
    "chile": "folders:read_chile",
    "eurostat": "eurostat:read_eurostat",
    "japan": "japan:read_japan",
    "nbs": "nbs:read_nbs",
    "oecd": "oecd:read_oecd",
    "ons": "ons:read_ons",
    "wiod2013": "wiod:read_wiod2013",
    "wiod2013_niot": "niot:read_niot",
    "wiod2016": "wiod:read_wiod2016",
}
FOLDERS = {  # known by the files in a folder
    "bps_province": "folders:recognise_province",
    "chile": "folders:recognise_chile",
    "eurostat": "eurostat:recognise",
    "japan": "japan:recognise",
    "ons": "ons:recognise",
}
PAGES = {  # known by the codes in the cells of a file
    "bps": "bps:recognise",
    "eurostat": "eurostat:recognise",
    "nbs": "nbs:recognise",
    "oecd": "oecd:recognise",
    "ons": "ons:recognise",
    "wiod2013_niot": "niot:recognise",
}
SEVERAL = {  # one file or folder, a table for each of these
    "japan": ("area", "japan:areas"),
    "wiod2013_niot": ("year", "niot:years"),
    "wiod2016": ("year", "wiod:years_2016"),
}
SIGNS = ("delimiter", "encoding", "decimal", "thousands", "empty")  # how a file is to be read
WORDS = ("unit", "year", "name")  # what may be said of any table


def read_table(
    path_or_frame: str | Path | pd.DataFrame,
    layout: str = "auto",
    sheet: str | int | None = None,
    **where_things_are: Any,
) -> IOTable:
    """Read an input-output table from a file, a folder or a frame.

    Parameters
    ----------
    path_or_frame : path, frame or pymrio.IOSystem
        CSV, TSV (each also .gz), Excel, Parquet; a folder as published; a frame.
    layout : str
        "auto", which takes the layout that knows the files or codes, else "labelled"; or by name:

        - "labelled": labels in the first row and column, quadrants named by their labels (see
          `klasternet.tables.labelled.read_labelled`)
        - "bea": make, use and import tables of the United States
        - "bps", "bps_province": Indonesian provinces, 17 sections and detailed
        - "chile", "japan": folders of twelve branches, one country and 49 areas (``area=``)
        - "eurostat": symmetric tables in CPA or NACE codes, wide or long, also national ones
        - "nbs": China; "oecd": edition 2021; "ons": United Kingdom
        - "wiod2013", "wiod2013_niot", "wiod2016": World Input-Output Database, world tables and
          national ones by year (``year=``)
    sheet : str or int, optional
        Sheet of a workbook. A sheet named by the year is found by ``year=``.
    **where_things_are
        What the layout takes, and always unit, year and name, which go before what the file says.
        For files: decimal, thousands, empty (what an empty cell counts as), delimiter, encoding.
        For offices: names ("short", "code", "published" or a mapping) and language. For
        "labelled": industries, final_demand, value_added, output, imports, exports, satellites,
        drop, labels, origin, rename, region; any of them makes "auto" take this layout.

    Returns
    -------
    IOTable

    Raises
    ------
    ParameterError
        A layout, or an argument of one, that is not known.
    DataError
        No such file; a file that is no table, or unpacks to more than is read (256 MB of text, 8
        million cells one by one, 16 million of a folder's files of numbers); labels or cells that
        cannot be what they should; a formula whose value was never saved; a layout known only in
        part, with what was found and what was not.

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
    source: Any = path_or_frame
    if is_pymrio(source):
        choose("layout of an IOSystem", layout, ["auto", "pymrio"])
        for argument in where_things_are:
            choose("argument of layout 'pymrio'", argument, ["value_added", "year", "name"])
        table = from_pymrio(source, **where_things_are)
        return table.replace(source=f"{table.source}; layout 'pymrio', an IOSystem")
    if not isinstance(source, pd.DataFrame):
        source = _only_file(_existing(source))
    layout = choose("layout", layout, [*LAYOUTS, "auto"])
    why = ""
    if layout == "auto":
        layout, why, source = _recognised(source, sheet, where_things_are)
    table = _read(source, layout, sheet, where_things_are)
    how = f"layout {layout!r}, {why}" if why else f"layout {layout!r}"
    return table.replace(source="; ".join(filter(None, (table.source, how))))


def read_tables(
    path: str | Path,
    layout: str = "auto",
    *,
    only: Iterable[Any] | None = None,
    **where_things_are: Any,
) -> dict[Any, IOTable]:
    """Read all tables of a file or folder that holds several: areas of Japan, years of WIOD.

    Parameters
    ----------
    path : path
    layout : str
        "auto", "japan", "wiod2013_niot" or "wiod2016".
    only : iterable, optional
        The areas or years wanted; by default all.
    **where_things_are
        As in `read_table`.

    Returns
    -------
    dict of area name or year to IOTable
        In the order of the file. They are separate tables: to make one of many regions, read a
        layout that has flows between regions.

    Raises
    ------
    ParameterError
        A layout with one table only; an area or a year that is not there.

    Examples
    --------
    >>> tables = read_tables("japan_prefectures_2015_12")  # doctest: +SKIP
    >>> tables["Hokkaido"].audit().verdict  # doctest: +SKIP
    """
    source = _only_file(_existing(path))
    layout = choose("layout", layout, [*LAYOUTS, "auto"])
    if layout == "auto":
        is_book = source.suffix.lower() in KINDS["workbook"]
        layout = "wiod2013_niot" if is_book else _recognised(source, None, where_things_are)[0]
    if layout not in SEVERAL:
        raise ParameterError(
            f"layout {layout!r} of {source.name} holds one table; use read_table. Several are held "
            f"by {', '.join(SEVERAL)}."
        )
    which, lister = SEVERAL[layout]
    known = _function(lister)(source)
    wanted = known if only is None else list(only)
    for each in wanted:
        if each not in known:
            raise ParameterError(
                f"{source.name} has no {which} {each!r}; it has {', '.join(map(str, known))}."
            )
    return {
        each: read_table(source, layout, **{**where_things_are, which: each}) for each in wanted
    }


def _read(source: Any, layout: str, sheet: str | int | None, where: dict[str, Any]) -> IOTable:
    """Call the reader of a layout with what it takes."""
    reader = _function(LAYOUTS[layout])
    takes = inspect.signature(reader).parameters
    given = dict(where)
    if layout == "labelled":
        if isinstance(source, Page):
            given = {key: value for key, value in given.items() if key not in SIGNS[:2]}
        elif sheet is not None:
            given["sheet"] = sheet
    elif layout in PAGES and not (isinstance(source, Path) and source.is_dir()):
        source = source if isinstance(source, Page) else _open(source, sheet, given)
        if isinstance(source.cells, pd.DataFrame):
            source = open_page(source.cells)  # a Parquet file names its columns apart
        given = {key: value for key, value in given.items() if key not in SIGNS}
    elif sheet is not None:
        raise ParameterError(
            f"layout {layout!r} reads a folder, which has no sheets; leave sheet={sheet!r} out."
        )
    words = {key: given.pop(key) for key in WORDS if key in given and key not in takes}
    if not any(taken.kind is taken.VAR_KEYWORD for taken in takes.values()):
        for argument in given:
            known = [*list(takes)[1:], *WORDS, *(SIGNS if layout in PAGES else ())]
            choose(f"argument of layout {layout!r}", argument, dict.fromkeys(known))
    table: IOTable = reader(source, **given)
    return table.replace(**words) if words else table


def _function(where: str) -> Callable[..., Any]:
    module, name = where.split(":")
    found: Callable[..., Any] = getattr(import_module(f".{module}", __package__), name)
    return found


def _open(source: Path | pd.DataFrame, sheet: str | int | None, given: dict[str, Any]) -> Page:
    signs = {key: given[key] for key in SIGNS if given.get(key) is not None}
    return open_page(source, sheet=sheet, year=given.get("year"), **signs)


def _existing(path: Any) -> Path:
    """The path, which must be there; else the nearest name beside it."""
    if not isinstance(path, (str, Path)):
        raise DataError(
            f"a table is read from a path or a pandas DataFrame, not from {type(path).__name__}."
        )
    called = told(str(path))
    try:
        path = Path(path).expanduser()
        if path.is_file() or path.is_dir():
            return path
        there = path.exists() or path.is_symlink()
    except (OSError, ValueError, RuntimeError) as error:  # too long, not decodable, no such user
        raise DataError(
            f"{called} is no path that can be ({told(error)}); give the name of a file, or a frame."
        ) from error
    if there:  # a pipe or a device has no end, a link to itself no beginning
        raise DataError(f"{called} is neither a file nor a folder; copy the table to a file.")
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "check the path."
    raise DataError(f"there is no file {called[1:-1]}; {hint}")


def _only_file(path: Path) -> Path:
    """The one file of a folder that holds a single one; else the path as it is."""
    if path.is_dir():
        files = [file for file in path.iterdir() if not file.name.startswith(".")]
        if len(files) == 1 and files[0].is_file():
            return files[0]
    return path


def _recognised(
    source: Path | pd.DataFrame, sheet: str | int | None, given: dict[str, Any]
) -> tuple[str, str, Any]:
    """The layout that knows the source, why, and the source, opened if it is a file."""
    if isinstance(source, pd.DataFrame):
        return "labelled", "as for every frame", source
    for module in ("bea", "wiod"):
        layout = _function(f"{module}:recognise")(source)
        if layout is not None:
            return layout, f"recognised by the files of {source.name}", source
    if source.is_dir():
        for layout, recogniser in FOLDERS.items():
            why = _function(recogniser)(source)
            if why:
                return layout, f"recognised {why}", source
        inside = _recognised_inside(source, sheet, given)
        if inside is not None:
            return inside
        held = sorted(other.name for other in source.iterdir())
        raise DataError(
            f"the folder {source} is of no layout known here; it holds "
            f"{', '.join(held[:8]) or 'nothing'}. Give one file of it, or layout= one of "
            f"{', '.join(LAYOUTS)}."
        )
    page = _open(source, sheet, given)
    own = inspect.signature(_function(LAYOUTS["labelled"])).parameters
    if any(key in own and key not in (*SIGNS, *WORDS) for key in given):
        return "labelled", "as its quadrants are named", page
    known = {layout: _function(recogniser)(page) for layout, recogniser in PAGES.items()}
    found = [layout for layout, why in known.items() if why]
    if len(found) > 1:
        raise DataError(
            f"{page.where} could be of layout {' or '.join(map(repr, found))}; say which by "
            "layout=."
        )
    if found:
        return found[0], f"recognised {known[found[0]]}", page
    return "labelled", "no other layout knows the file", page


def _recognised_inside(
    folder: Path, sheet: str | int | None, given: dict[str, Any]
) -> tuple[str, str, Page] | None:
    """The one file of a folder that an office's layout knows, beside labels and other data."""
    found = []
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        try:
            page = _open(file, sheet, given)
        except (DataError, ParameterError):  # what cannot be opened as a page is not the table
            continue
        for layout, recogniser in PAGES.items():
            why = _function(recogniser)(page)
            if why:
                found.append((file.name, layout, f"recognised in {file.name} {why}", page))
    if len(found) > 1:
        names = ", ".join(f"{name} ({layout})" for name, layout, *_ in found)
        raise DataError(f"{folder} holds more than one table: {names}. Give the path of one.")
    return found[0][1:] if found else None
