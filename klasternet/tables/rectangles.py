"""A file to a rectangle of cells, labels as text in its first row; or what is wrong with the file.

Nothing is known here of industries or quadrants. Cells keep what the file holds: text from CSV,
numbers and text from Excel and Parquet. Rows and columns that are empty throughout are no part of
a table and are left out.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from .alignment import some

__all__ = ["read_rectangle"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
WORKBOOKS = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
# How files begin that are often found under another's name.
SIGNS = {
    b"PK\x03\x04": "an Excel workbook or another zip archive; name it .xlsx if it is a workbook",
    b"\x1f\x8b": "compressed by gzip; name it .csv.gz",
    b"PAR1": "a Parquet file; name it .parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as .xlsx",
    b"\x89PNG": "a PNG image, not a table",
    b"\xff\xd8\xff": "a JPEG image, not a table",
    b"GIF8": "a GIF image, not a table",
    b"%PDF": "a PDF document; export its table as .csv or .xlsx",
    b"<!DOCTYPE": "a web page; download the file that it links to",
    b"<!doctype": "a web page; download the file that it links to",
    b"<html": "a web page; download the file that it links to",
    b"\xff\xfe": 'text in UTF-16; pass encoding="utf-16"',
    b"\xfe\xff": 'text in UTF-16; pass encoding="utf-16"',
}


def read_rectangle(
    path: Path,
    *,
    sheet: str | int | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> pd.DataFrame:
    """Read CSV, TSV, text (each also .gz), Excel or Parquet.

    Parameters
    ----------
    path : path
    sheet : str or int, optional
        Sheet of a workbook, by name or by position from 0. Needed where there are several.
    delimiter : str, optional
        What parts the cells of a text file; by default a comma in .csv, a tab in .tsv and .txt.
    encoding : str

    Returns
    -------
    frame
        Columns named by the first row; the labels of rows are its first column.

    Raises
    ------
    DataError
        Empty, cut short, of another kind than its name says, or not a table.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if packed else suffixes)[-1:] or [""]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the file.") from error
    if packed and content:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{path} is not a sound gzip file ({error}); copy or download it again."
            ) from error
    if not content.strip():
        raise DataError(f"{path} is empty; check that it was written or downloaded in full.")
    if sheet is not None and kind[0] not in WORKBOOKS:
        raise ParameterError(f"{path} has no sheets; leave sheet={sheet!r} out.")
    if kind[0] in SEPARATORS:
        cells = _text(content, path, delimiter or SEPARATORS[kind[0]], encoding)
    elif kind[0] in WORKBOOKS:
        cells = _workbook(content, path, sheet)
    elif kind[0] in PARQUET:
        return _parquet(content, path)
    else:
        raise DataError(
            f"{path} is of no kind that is read here; known are "
            f"{', '.join([*SEPARATORS, *(f'{s}.gz' for s in SEPARATORS), *WORKBOOKS, *PARQUET])}."
        )
    return _rectangle(cells, path)


def _text(content: bytes, path: Path, delimiter: str, encoding: str) -> list[list[Any]]:
    """Cells of a text file, line by line."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig"):
        sign = next((sign for sign in SIGNS if content.lstrip().startswith(sign)), None)
        if sign or b"\0" in content[:4096]:
            what = SIGNS[sign] if sign else "not text; give a table as .csv, .xlsx or .parquet"
            raise DataError(f"{path} is {what}.")
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not written in {encoding} (byte {error.object[error.start]:#x} at "
            f'{error.start}); pass encoding=, for example "latin-1" or "gb18030".'
        ) from error
    except LookupError as error:
        raise ParameterError(f"no encoding called {encoding!r}; try 'utf-8'.") from error
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} cannot be parted into cells ({error}); check quotes.") from error
    except TypeError as error:
        raise ParameterError(f"delimiter={delimiter!r} is not one character.") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    width = len(rows[0])
    if width < 2:
        guess = max(";\t|,", key=rows[0][0].count)
        hint = f"; pass delimiter={guess!r}" if rows[0][0].count(guess) else "; is it a table?"
        raise DataError(f"{path} has a single column when parted by {delimiter!r}{hint}.")
    for i, row in enumerate(rows):
        if len(row) != width:
            if len(row) > width and not any(cell.strip() for cell in row[width:]):
                continue
            raise DataError(
                f"{path}: row {i + 1}, beginning {row[0][:40]!r}, has {len(row)} cells and the "
                f"first row {width}; every row needs the same, so take notes out of the file."
            )
    return [row[:width] for row in rows]


def _workbook(content: bytes, path: Path, sheet: str | int | None) -> list[list[Any]]:
    """Cells of one sheet of a workbook; formulas count with the value last computed."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        names = [page.title for page in book.worksheets]
    except Exception as error:  # the parser lets through whatever a broken archive throws at it
        raise DataError(
            f"{path} is not a sound Excel workbook ({error}); open it and save it again as .xlsx."
        ) from error
    if sheet is None and len(names) != 1:
        raise DataError(f"{path} has {len(names)} sheets; pass sheet= one of {some(names, 30)}.")
    if sheet is None:
        sheet = names[0]
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        sheet = names[sheet]
    if sheet not in names:
        near = difflib.get_close_matches(str(sheet), names, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise DataError(f"{path} has no sheet {sheet!r}{hint} There are {some(names, 30)}.")
    try:
        page = book[sheet]
        page.reset_dimensions()  # some writers state a size that is too small
        rows = [list(row) for row in page.iter_rows(values_only=True)]
    except Exception as error:
        raise DataError(
            f"{path}: sheet {sheet!r} is damaged ({error}); open it and save it again as .xlsx."
        ) from error
    width = max((len(row) for row in rows), default=0)
    rows = [row + [None] * (width - len(row)) for row in rows]
    if not any(cell is not None for row in rows for cell in row):
        raise DataError(f"{path}: sheet {sheet!r} is empty; there are {some(names, 30)}.")
    return rows


def _parquet(content: bytes, path: Path) -> pd.DataFrame:
    """The frame of a Parquet file, with its labels as first column."""
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except ImportError as error:
        raise DataError(
            f"{path} needs pyarrow; pip install 'klasternet[parquet]', or save it as .csv."
        ) from error
    except (ValueError, OSError) as error:
        raise DataError(
            f"{path} is not a sound Parquet file ({error}); copy or download it again."
        ) from error
    return frame


def _rectangle(rows: list[list[Any]], path: Path) -> pd.DataFrame:
    """Rows of cells as a frame named by the first row, without what is empty throughout."""
    cells = np.empty((len(rows), len(rows[0])), dtype=object)
    cells[:] = rows
    blank = np.array([[cell is None or cell == "" for cell in row] for row in rows])
    cells = cells[~blank.all(axis=1)][:, ~blank.all(axis=0)]
    if min(cells.shape) < 2:
        raise DataError(
            f"{path} holds {cells.shape[0]} x {cells.shape[1]} cells; a table has labels in the "
            "first row and column, and numbers within."
        )
    return pd.DataFrame(cells[1:], columns=list(cells[0]), dtype=object)
