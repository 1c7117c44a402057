"""A file to a rectangle of cells; or what is wrong with the file.

Nothing is known here of industries or quadrants, and no formula is computed. Cells keep what the
file holds: text from CSV, numbers and text from Excel and Parquet. Rows and columns that are empty
throughout are no part of a table and are left out.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, ParameterError
from .alignment import labels, numbers, some, told
from .unpacking import CELLS, LARGEST, content_of, too_large
from .workbooks import workbook_cells

__all__ = ["KINDS", "as_amounts", "need_columns", "read_cells", "read_csv"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
WORKBOOKS = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
KINDS = {"text": tuple(SEPARATORS), "workbook": WORKBOOKS, "parquet": PARQUET}
CELLS_AT_ONCE = 2**24  # of a file of numbers that is read whole
COLUMNS = 2**15
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
    known = [*SEPARATORS, *(f"{s}.gz" for s in SEPARATORS), *WORKBOOKS, *PARQUET]
    if kind[0] not in known or (packed and kind[0] not in SEPARATORS):
        raise DataError(
            f"{path} is of no kind that is read here; known are {', '.join(known)}. Take what is "
            "in an archive out of it first."
        )
    content = content_of(path)
    if sheet is not None and kind[0] not in WORKBOOKS:
        raise ParameterError(f"{path} has no sheets; leave sheet={sheet!r} out.")
    if kind[0] in PARQUET:
        return _parquet(content, path), None
    name = None
    if kind[0] in SEPARATORS:
        cells = _text(content, path, delimiter or SEPARATORS[kind[0]], encoding)
    else:
        cells, name = workbook_cells(content, path, sheet, year)
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
    content = content_of(file)
    _sound_head(content, file)
    if content.count(b",") + content.count(b"\n") > CELLS_AT_ONCE:
        raise DataError(too_large(file, f"more than {CELLS_AT_ONCE:,} cells"))
    try:
        with warnings.catch_warnings():  # what pandas warns of is an error here
            warnings.simplefilter("error", pd.errors.ParserWarning)
            how = {"index_col": 0, "low_memory": False, **how}
            return pd.read_csv(io.BytesIO(content), **how)
    except (ValueError, OSError, EOFError, IndexError, OverflowError, Warning) as error:
        raise DataError(
            f"{file} is not a sound CSV file ({told(error)}); copy or download it again."
        ) from error


def _sound_head(content: bytes, file: Path) -> None:
    """Raise where pandas would rename columns, shift them or end a cell in silence."""
    if b"\0" in content:
        raise DataError(f"{file} is not text (byte {content.index(0)} is 0); download it again.")
    try:
        lines = io.TextIOWrapper(io.BytesIO(content[: 2**24]), "utf-8-sig", "replace", newline="")
        rows = csv.reader(lines)
        head = next(row for row in rows if row)
        second = next((row for row in rows if row), [])
    except (csv.Error, StopIteration) as error:
        raise DataError(
            f"{file} is not a sound CSV file ({told(error)}); copy or download it again."
        ) from error
    doubled = pd.Index(head)[pd.Index(head).duplicated()].unique()
    if len(head) > COLUMNS:
        raise DataError(too_large(file, f"{len(head):,} columns"))
    if len(doubled):
        raise AlignmentError(
            f"{file} has the column {some(doubled)} more than once; give each a name of its own."
        )
    if len(second) > len(head):
        raise DataError(
            f"{file} has {len(head)} names in its first row and {len(second)} cells in the next; "
            "every column needs a name."
        )


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
    encoding = str(encoding)
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig"):
        sign = next((sign for sign in SIGNS if content.lstrip().startswith(sign)), None)
        if sign or b"\0" in content[:4096]:
            what = SIGNS[sign] if sign else "not text; give a table as .csv, .xlsx or .parquet"
            raise DataError(f"{path} is {what}.")
        encoding = "utf-8-sig"
    try:
        codecs.lookup(encoding)
        lines = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    except (LookupError, ValueError, TypeError) as error:
        raise ParameterError(f"no encoding called {encoding!r}; try 'utf-8'.") from error
    rows: list[list[Any]] = []
    held = 0
    try:
        for row in csv.reader(lines, delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                rows.append(row)
                held += len(row)
            if held > CELLS:
                break
    except UnicodeError as error:
        raise DataError(
            f"{path} is not written in {encoding}{_first_wrong(content, encoding)}; pass "
            'encoding=, for example "latin-1" or "gb18030".'
        ) from error
    except csv.Error as error:
        first = content[:4096].decode(encoding, "replace").split("\n", 1)[0]
        other = max(";\t|,", key=first.count)
        hint = (
            f", or pass delimiter={other!r}" if first.count(other) > first.count(delimiter) else ""
        )
        raise DataError(
            f"{path} cannot be parted into cells ({error}); check quotes{hint}."
        ) from error
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"delimiter={delimiter!r} is not one character that may part cells."
        ) from error
    if held > CELLS:
        raise DataError(too_large(path, f"more than {CELLS:,} cells"))
    if not rows:
        raise DataError(f"{path} has no cell with anything in it; check that it was written.")
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


def _first_wrong(content: bytes, encoding: str) -> str:
    """Which byte the encoding does not know, and where."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return f" (byte {error.object[error.start]:#x} at {error.start})"
    except UnicodeError:
        pass
    return ""


def _parquet(content: bytes, path: Path) -> pd.DataFrame:
    """The frame of a Parquet file, with its labels as first column."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            f"{path} needs pyarrow; pip install 'klasternet[parquet]', or save it as .csv."
        ) from error
    try:
        file = parquet.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > max(CELLS_AT_ONCE, 4 * len(content)):  # one cell repeated takes no room
            raise DataError(too_large(path, f"{cells:,} cells"))
        text = [part.name for part in file.schema_arrow if pyarrow.types.is_string(part.type)]
        file = parquet.ParquetFile(
            io.BytesIO(content), page_checksum_verification=True, read_dictionary=text
        )  # a long text repeated takes no room either
        frame: pd.DataFrame = file.read().to_pandas()
        _no_longer_than_read(frame, path)
    except DataError:
        raise
    except Exception as error:  # as of workbooks: whatever a broken file makes the parser throw
        raise DataError(
            f"{path} is not a sound Parquet file ({told(error)}); copy or download it again."
        ) from error
    return frame


def _no_longer_than_read(frame: pd.DataFrame, path: Path) -> None:
    """Raise where texts that are stored once would be too much if each cell had its own."""
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    length = 0
    for column in (*columns, frame.index.to_series()):
        if isinstance(column.dtype, pd.CategoricalDtype):
            sizes = np.array([len(str(text)) for text in column.cat.categories] + [0])
            length += int(sizes[column.cat.codes].sum())
    if length > LARGEST:
        raise DataError(too_large(path))


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
