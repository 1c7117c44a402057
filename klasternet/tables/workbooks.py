"""Excel workbooks: their sheets, and the cells of one. No formula is ever computed.

A formula counts with the value that a spreadsheet saved beside it; where none was saved the file
is refused, as the cell would pass for an empty one.
"""

from __future__ import annotations

import difflib
import io
import itertools
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DataError
from .alignment import some, told
from .unpacking import CELLS, content_of, scan_workbook, too_large

__all__ = ["sheet_names", "workbook_cells"]

ROWS = 2**20  # the most that a sheet may have
SEEN = 2**25  # cells that are looked at, most of them empty


def sheet_names(path: Path) -> list[str]:
    """Give the names of the sheets of a workbook."""
    with _opened(content_of(path), path) as (book, _):
        return [page.title for page in book.worksheets]


def workbook_cells(
    content: bytes, path: Path, sheet: str | int | None, year: int | None
) -> tuple[list[list[Any]], str]:
    """Cells of one sheet, and its name; rows without any cell are left out."""
    with _opened(content, path) as (book, written):
        names = [page.title for page in book.worksheets]
        name = _chosen(names, path, sheet, year)
        lines, formulas = _lines(book, name), itertools.repeat(())
        rows = _filled(lines, _lines(written, name) if written else formulas, path, name)
    width = max((len(row) for row in rows), default=0)
    if width * len(rows) > CELLS:
        raise DataError(too_large(path, f"{len(rows):,} x {width:,} cells"))
    rows = [row + [None] * (width - len(row)) for row in rows]
    if not rows:
        raise DataError(f"{path}: sheet {told(name)} is empty; there are {some(names, 30)}.")
    return rows, name


@contextmanager
def _opened(content: bytes, path: Path) -> Iterator[tuple[Any, Any]]:
    """The workbook with values, and if it has formulas once more as it was written.

    The parser lets through whatever a broken archive throws at it.
    """
    import openpyxl

    try:
        with warnings.catch_warnings():  # of styles, of dates out of range: no cell's value
            warnings.simplefilter("ignore")
            has_formulas = scan_workbook(content, path)
            books = [
                openpyxl.load_workbook(
                    io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
                )
                for data_only in ((True, False) if has_formulas else (True,))
            ]
            yield (*books, None)[:2]
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"{path} is not a sound Excel workbook ({told(error)}); open it and save it again as "
            ".xlsx."
        ) from error


def _chosen(names: list[str], path: Path, sheet: str | int | None, year: int | None) -> str:
    """The name of the sheet that is asked for, or of the only one."""
    if sheet is None and year is not None and str(year) in names:
        sheet = str(year)
    if sheet is None and len(names) != 1:
        raise DataError(f"{path} has {len(names)} sheets; pass sheet= one of {some(names, 30)}.")
    if sheet is None:
        sheet = 0
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        sheet = names[sheet]
    if sheet not in names:
        near = difflib.get_close_matches(str(sheet), names, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise DataError(f"{path} has no sheet {sheet!r}{hint} There are {some(names, 30)}.")
    return str(sheet)


def _lines(book: Any, name: str) -> Iterator[tuple[Any, ...]]:
    page = book[name]
    page.reset_dimensions()  # some writers state a size that is too small
    lines: Iterator[tuple[Any, ...]] = page.iter_rows(values_only=True)
    return lines


def _filled(
    lines: Iterable[tuple[Any, ...]], written: Iterable[tuple[Any, ...]], path: Path, sheet: str
) -> list[list[Any]]:
    """Rows with any cell; a million others may stand between them."""
    from openpyxl.utils import get_column_letter

    rows, seen, held = [], 0, 0
    for i, (line, formulas) in enumerate(zip(lines, written, strict=False), start=1):
        seen += len(line)
        for j, formula in enumerate(formulas):
            if formula is not None and (j >= len(line) or line[j] is None):
                raise DataError(
                    f"{path}: sheet {told(sheet)}, cell {get_column_letter(j + 1)}{i} holds a "
                    f"formula ({told(formula, 60)}) that was never computed; open the file in a "
                    "spreadsheet program, save it, and read it again."
                )
        if any(cell is not None for cell in line):
            held += len(line)
            rows.append(list(line))
        if seen > SEEN or held > CELLS:
            raise DataError(too_large(path, f"more than {CELLS:,} cells"))
        if i > ROWS:
            raise DataError(
                f"{path}: sheet {told(sheet)} is damaged (row {i:,} is more than a sheet may "
                "have); open it and save it again as .xlsx."
            )
    return rows
