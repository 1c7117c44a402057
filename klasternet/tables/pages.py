"""A page as an office published it: where its codes stand, and the amounts beside them.

Offices put titles above, names beside codes, subtotals between, notes below. A layout says which
codes it knows on either side (`Codes`); `place` finds the row and the column that hold them, and
raises where a page is known only in part: nothing is guessed, and nothing left out but what the
layout knows to be a total and lines without any number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError
from .alignment import some
from .numerals import numbers_in
from .rectangles import read_cells

__all__ = [
    "Codes",
    "Page",
    "Placed",
    "called_after",
    "known_share",
    "open_page",
    "place",
    "rectangle",
    "year_in",
]

HEAD = 15  # rows, and columns, among which the codes are looked for
LONGEST = 3000  # rows of a page; what is longer is a list of something, no office's table


@dataclass(frozen=True)
class Page:
    """An opened file: its cells, where they come from, and the signs of its numbers."""

    cells: np.ndarray | pd.DataFrame  # a frame where the file itself names rows and columns
    path: Path
    sheet: str | None = None
    decimal: str = "."
    thousands: str | None = None
    empty: float | None = None

    @property
    def where(self) -> str:
        """The file, and the sheet where it has several."""
        return self.path.name if self.sheet is None else f"{self.path.name}, sheet {self.sheet!r}"

    @cached_property
    def words(self) -> np.ndarray:
        """Cells as text where codes may stand, in the first rows and columns; "" elsewhere."""
        words = np.full(self.cells.shape, "", dtype=object)
        for at in (np.s_[:HEAD], np.s_[HEAD:, :HEAD]):
            block = np.asarray(self.cells, dtype=object)[at]
            said = [[text(cell) for cell in line] for line in block]
            words[at] = np.array(said, dtype=object).reshape(block.shape)
        return words


@dataclass(frozen=True)
class Codes:
    """What a layout knows on one side of a page."""

    sector: str  # pattern of the code of a sector
    parts: Mapping[str, str]  # other codes that are read, with what they are called
    sums: frozenset[str] = frozenset()  # codes of totals and sub-items, which are left out
    needed: tuple[str, ...] = ()  # codes without which there is no table
    spelling: Callable[[str], str] = field(default=str.strip)  # how codes are compared

    def knows(self, code: str) -> bool:
        """Whether the layout has a place for this code."""
        return self.is_sector(code) or code in self.parts or code in self.sums

    def is_sector(self, code: str) -> bool:
        """Whether it is the code of a sector."""
        apart = code in self.parts or code in self.sums
        return not apart and re.fullmatch(self.sector, code) is not None


@dataclass(frozen=True)
class Placed:
    """A page cut at its codes."""

    page: Page
    cells: pd.DataFrame  # as they stand, codes on both sides
    sectors: list[str]  # in the order of the rows
    beside: pd.DataFrame  # texts left of the cells, one row per row
    above: list[list[str]]  # texts above the cells, column by column, top down
    title: str  # what stands above everything

    def amounts(
        self, rows: Iterable[str], columns: Iterable[str], empty: float | None = None
    ) -> pd.DataFrame:
        """Cells as numbers; `empty` is what the layout knows an empty cell to mean."""
        block = self.cells.loc[list(rows), list(columns)]
        empty = self.page.empty if self.page.empty is not None else empty
        return numbers_in(block, self.page.decimal, self.page.thousands, empty)

    def published(self, column: int = -1, head: int = 0) -> dict[str, str]:
        """Codes to the names in the file: a column beside the rows, a line above the columns."""
        names = {code: words[head] for code, words in zip(self.cells, self.above, strict=True)}
        return names | self.beside[self.beside.columns[column]].to_dict()


def open_page(
    path: Path | pd.DataFrame,
    *,
    sheet: str | int | None = None,
    year: int | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
    decimal: str = ".",
    thousands: str | None = None,
    empty: float | None = None,
) -> Page:
    """Open a file, or a frame as if its names were the first row of one."""
    if isinstance(path, pd.DataFrame):
        side = path if isinstance(path.index, pd.RangeIndex) else path.reset_index()
        cells = np.vstack([np.array([list(side.columns)], dtype=object), side.astype(object)])
        return Page(cells, Path("data frame"), None, decimal, thousands, empty)
    cells, name = read_cells(path, sheet=sheet, year=year, delimiter=delimiter, encoding=encoding)
    return Page(cells, path, name if sheet or year else None, decimal, thousands, empty)


def rectangle(page: Page) -> pd.DataFrame:
    """The page as a frame named by its first row."""
    if isinstance(page.cells, pd.DataFrame):
        return page.cells
    return pd.DataFrame(page.cells[1:], columns=list(page.cells[0]), dtype=object)


def text(cell: Any) -> str:
    """A cell as text; whole numbers without a decimal sign, as 1800.0 is a code of 1800."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e9:
        cell = int(cell)
    return " ".join(str(cell).split())


def called_after(path: Path) -> str:
    """What a table is called for its file, or for its folder where files of folders are alike."""
    stem = path.name.split(".")[0]
    alike = stem.startswith(("table", "siot", "Z"))
    return path.resolve().parent.name if alike else stem


def year_in(*texts: str) -> int | None:
    """The last year that the first text with one names.

    Examples
    --------
    >>> year_in("table", "oecd2021_chn_2018")
    2018
    """
    for words in texts:
        years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", words)
        if years:
            return int(years[-1])
    return None


def known_share(page: Page, rows: Codes, columns: Codes) -> float:
    """The share of the codes needed that a page has; 0 where it has no two sectors on each side."""
    if isinstance(page.cells, pd.DataFrame) or len(page.cells) > LONGEST:
        return 0.0
    words, i, j = _corner(page, rows, columns)
    sides = ((set(words[i]), columns), (set(words[:, j]), rows))
    if any(sum(codes.is_sector(word) for word in side) < 2 for side, codes in sides):
        return 0.0
    held = [code in side for side, codes in sides for code in codes.needed]
    return sum(held) / len(held)


def _corner(page: Page, rows: Codes, columns: Codes) -> tuple[np.ndarray, int, int]:
    """The page as text, the row that holds the codes of columns, the column of those of rows."""
    words = page.words.copy()
    for at, codes in ((np.s_[:HEAD], columns), (np.s_[HEAD:, :HEAD], rows)):
        spelt = {word: codes.spelling(word) for word in set(words[at].flat)}
        words[at] = np.vectorize(spelt.get, otypes=[object])(words[at]) if spelt else words[at]
    lines = [set(line) - {""} for line in words[:HEAD]]
    i = int(np.argmax([sum(map(columns.knows, line)) for line in lines]))
    lines = [set(line) - {""} for line in words[i + 1 :, :HEAD].T]
    j = int(np.argmax([sum(map(rows.knows, line)) for line in lines]))
    return words, i, j


def place(page: Page, layout: str, rows: Codes, columns: Codes, mark: str = "") -> Placed:
    """Cut a page at its codes.

    Parameters
    ----------
    page : Page
    layout : str
        Its name, for messages.
    rows, columns : Codes
    mark : str, optional
        Rows with this text beside their code are rows of their own: the text is put before the
        code, "Imports 01".

    Raises
    ------
    DataError
        A code that is needed and not there, or one that is there and not known.
    AlignmentError
        A code that stands twice; sectors on one side only.
    """
    words, i, j = _corner(page, rows, columns)
    cells = np.asarray(page.cells, dtype=object)
    start = next((k for k, word in enumerate(words[i]) if k > j and columns.knows(word)), 0)
    side = {k: word for k, word in enumerate(words[i]) if k >= start}
    body = cells[i + 1 :]
    numeric = np.array([[_is_amount(cell) for cell in line] for line in body[:, start:]])
    across = [start + int(k) for k in np.flatnonzero(numeric.any(axis=0))]
    down = [int(k) for k in np.flatnonzero(numeric.any(axis=1))]
    labels = []
    for k in down:
        beside = [word for word in words[i + 1 + k, :start] if word]
        code = words[i + 1 + k, j] or _best(beside, rows)
        labels.append(f"{mark} {code}" if mark and mark in beside else code)
    heads = [side[k] or _best([word for word in words[:i, k] if word], columns) for k in across]

    own = [label for label in labels if not (mark and label.startswith(f"{mark} "))]
    _known(page, layout, (("row", own, rows), ("column", heads, columns)))
    for which, found in (("rows", labels), ("columns", heads)):
        doubled = pd.Index(found)[pd.Index(found).duplicated()].unique()
        if len(doubled):
            raise AlignmentError(
                f"{page.where}: the {which} hold {some(doubled)} more than once; every code must "
                "be unique."
            )
    sellers = [code for code in own if rows.is_sector(code)]
    buyers = [code for code in heads if columns.is_sector(code)]
    odd = sorted({*sellers} ^ {*buyers})
    if odd:
        raise AlignmentError(
            f"{page.where}: sector {odd[0]!r} stands in the "
            f"{'rows' if odd[0] in sellers else 'columns'} only ({len(sellers)} sellers, "
            f"{len(buyers)} buyers); every sector needs a row and a column."
        )
    return Placed(
        page,
        pd.DataFrame(body[down][:, across], labels, heads, dtype=object),
        sellers,
        pd.DataFrame([[text(c) for c in body[k, :start]] for k in down], labels),
        [[text(cell) for cell in cells[: i + 1, k] if text(cell)] for k in across],
        " ".join(text(cell) for line in cells[:i] for cell in line[: start + 1] if text(cell)),
    )


def _best(texts: list[str], codes: Codes) -> str:
    """Of the texts beside a line without a code, the one that the layout knows, else the last."""
    return next((word for word in texts if codes.knows(word)), texts[-1] if texts else "")


def _is_amount(cell: Any) -> bool:
    """Whether a cell holds a number, or text that has digits."""
    if isinstance(cell, str):
        return any(sign.isdigit() for sign in cell)
    return cell is not None and not (isinstance(cell, float) and np.isnan(cell))


def _known(page: Page, layout: str, sides: Iterable[tuple[str, list[str], Codes]]) -> None:
    """Raise where codes are missing or strange, with what was found and what was not."""
    found, lacking = [], []
    for which, labels, codes in sides:
        missing = [code for code in codes.needed if code not in labels]
        strange = [label for label in labels if not codes.knows(label)]
        named = [label for label in labels if label in codes.parts or label in codes.sums]
        count = sum(codes.is_sector(label) for label in labels)
        found.append(f"{which}s of {count} sectors and {some(named, 4) or 'nothing else'}")
        lacking += [f"no {which} {some(missing)}"] * bool(missing)
        lacking += [f"{which} {some(strange)} that it does not know"] * bool(strange)
    if lacking:
        raise DataError(
            f"{page.where} is of layout {layout!r} only in part. Found: {'; '.join(found)}. Not as "
            f"it should be: {'; '.join(lacking)}. Correct the file, or name its quadrants with "
            "layout='labelled'."
        )
