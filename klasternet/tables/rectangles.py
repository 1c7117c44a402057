"""A file to a rectangle of cells; or what is wrong with the file.

Nothing is known here of industries or quadrants, and no formula is computed. Cells keep what the
file holds: text from CSV, numbers and text from Excel and Parquet. Rows and columns that are empty
throughout are no part of a table and are left out.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from .alignment import labels, numbers, some

__all__ = ["KINDS", "as_amounts", "need_columns", "read_cells", "read_csv", "sheet_names"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
WORKBOOKS = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
KINDS = {"text": tuple(SEPARATORS), "workbook": WORKBOOKS, "parquet": PARQUET}
LARGEST = 2**28  # bytes of a file unpacked; cells of text take about ten times as much
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


def read_cells(
    path: Path,
    *,
    sheet: str | int | None = None,
    year: int | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> tuple[np.ndarray | pd.DataFrame, str | None]:
    """Read CSV, TSV, text (each also .gz), Excel or Parquet.

    Parameters
    ----------
    path : path
    sheet : str or int, optional
        Sheet of a workbook, by name or by position from 0. Needed where there are several, unless
        one of them is named by the year.
    year : int, optional
    delimiter : str, optional
        What parts the cells of a text file; by default a comma in .csv, a tab in .tsv and .txt.
    encoding : str

    Returns
    -------
    array of cells as they stand, or the frame of a Parquet file; and the name of the sheet

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
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
                content = unpacked.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{path} is not a sound gzip file ({error}); copy or download it again."
            ) from error
    if len(content) > LARGEST:
        raise DataError(_too_large(path))
    if not content.strip():
        raise DataError(f"{path} is empty; check that it was written or downloaded in full.")
    if sheet is not None and kind[0] not in WORKBOOKS:
        raise ParameterError(f"{path} has no sheets; leave sheet={sheet!r} out.")
    name = None
    if kind[0] in SEPARATORS:
        cells = _text(content, path, delimiter or SEPARATORS[kind[0]], encoding)
    elif kind[0] in WORKBOOKS:
        cells, name = _workbook(content, path, sheet, year)
    elif kind[0] in PARQUET:
        return _parquet(content, path), None
    else:
        raise DataError(
            f"{path} is of no kind that is read here; known are "
            f"{', '.join([*SEPARATORS, *(f'{s}.gz' for s in SEPARATORS), *WORKBOOKS, *PARQUET])}."
        )
    return _rectangle(cells, path), name


def read_csv(folder: Path, *files: str, **how: Any) -> pd.DataFrame:
    """Read the first of these CSV files that is there, labels in its first column.

    For files of a known folder, where cells are numbers and large tables must be quick to read.

    Raises
    ------
    DataError
        None is there, or it is no sound CSV file.
    """
    file = next((folder / file for file in files if (folder / file).is_file()), None)
    if file is None:
        raise DataError(
            f"{' or '.join(files)} is missing in {folder}; give the folder that holds it."
        )
    try:
        return pd.read_csv(file, **{"index_col": 0, **how})
    except (ValueError, OSError, EOFError, zlib.error, IndexError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{file} is not a sound CSV file ({reason}); copy or download it again."
        ) from error


def need_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise where a file of a known folder lacks a column, or has one twice."""
    lacking = [column for column in columns if list(frame.columns).count(column) != 1]
    if lacking:
        raise DataError(
            f"{what} needs one column {some(lacking)} each, and has {some(frame.columns, 8)}; use "
            "the file as published, or name the quadrants with layout='labelled'."
        )


def as_amounts(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """A frame of numbers with unique labels, or the first cell or label that is not so."""
    rows, columns = labels(frame.index, f"{what} (rows)"), labels(frame.columns, what)
    return pd.DataFrame(numbers(frame, what), rows, columns)


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
        first = text.split("\n", 1)[0]
        other = max(";\t|,", key=first.count)
        hint = (
            f", or pass delimiter={other!r}" if first.count(other) > first.count(delimiter) else ""
        )
        raise DataError(
            f"{path} cannot be parted into cells ({error}); check quotes{hint}."
        ) from error
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


def _too_large(path: Path) -> str:
    return (
        f"{path} holds more than {LARGEST >> 20} MB once unpacked, more than is read cell by cell; "
        "read it with pandas and pass the frame, or save it as .parquet."
    )


def sheet_names(path: Path) -> list[str]:
    """Give the names of the sheets of a workbook."""
    return [page.title for page in _book(path.read_bytes(), path).worksheets]


def _book(content: bytes, path: Path) -> Any:
    """A workbook, opened for reading; formulas count with the value last computed."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile:
        size = 0  # told below, in the words of the workbook
    if size > LARGEST:
        raise DataError(_too_large(path))
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        book.worksheets  # noqa: B018  # a damaged list of sheets shows only here
    except Exception as error:  # the parser lets through whatever a broken archive throws at it
        raise DataError(
            f"{path} is not a sound Excel workbook ({error}); open it and save it again as .xlsx."
        ) from error
    return book


def _workbook(
    content: bytes, path: Path, sheet: str | int | None, year: int | None
) -> tuple[list[list[Any]], str]:
    """Cells of one sheet of a workbook."""
    book = _book(content, path)
    names = [page.title for page in book.worksheets]
    if sheet is None and year is not None and str(year) in names:
        sheet = str(year)
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
        lines = page.iter_rows(values_only=True)  # a million of them may be empty
        rows = [list(line) for line in lines if any(cell is not None for cell in line)]
    except Exception as error:
        raise DataError(
            f"{path}: sheet {sheet!r} is damaged ({error}); open it and save it again as .xlsx."
        ) from error
    width = max((len(row) for row in rows), default=0)
    rows = [row + [None] * (width - len(row)) for row in rows]
    if not any(cell is not None for row in rows for cell in row):
        raise DataError(f"{path}: sheet {sheet!r} is empty; there are {some(names, 30)}.")
    return rows, str(sheet)


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


def _rectangle(rows: list[list[Any]], path: Path) -> np.ndarray:
    """Rows of cells as an array, without rows and columns that are empty throughout."""
    cells = np.empty((len(rows), len(rows[0])), dtype=object)
    cells[:] = rows
    blank = np.array([[cell is None or cell == "" for cell in row] for row in rows])
    cells = cells[~blank.all(axis=1)][:, ~blank.all(axis=0)]
    if min(cells.shape) < 2:
        raise DataError(
            f"{path} holds {cells.shape[0]} x {cells.shape[1]} cells; a table has labels in the "
            "first row and column, and numbers within."
        )
    return cells
