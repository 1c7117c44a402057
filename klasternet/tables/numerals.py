"""Cells to numbers: text is read with the signs that were named, and no others.

"1.234" is a thousand in Jakarta and one and a bit in London. Nothing is guessed: a cell that is no
number with the signs given is an error that names it and the arguments that would read it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .alignment import told

__all__ = ["numbers_in"]

_PATTERN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_NUMBER, _NUMBERS = re.compile(_PATTERN), re.compile(rf"({_PATTERN}\t)*{_PATTERN}")


def numbers_in(
    block: pd.DataFrame,
    decimal: str = ".",
    thousands: str | None = None,
    empty: float | None = None,
) -> pd.DataFrame:
    """Read every cell as a number.

    Parameters
    ----------
    block : frame
        Numbers and text.
    decimal, thousands : str, optional
        Signs in the numbers of text cells.
    empty : float, optional
        What an empty cell counts as. By default it is an error.

    Raises
    ------
    DataError
        The first cell that is no number, or empty.

    Examples
    --------
    >>> block = pd.DataFrame([["1.234,5", 2]], index=["farms"], columns=["farms", "mills"])
    >>> numbers_in(block, decimal=",", thousands=".").loc["farms"].tolist()
    [1234.5, 2.0]
    """
    if all(pd.api.types.is_float_dtype(kind) for kind in block.dtypes) and empty is None:
        return block
    grouped = None
    if thousands is not None:
        groups = rf"[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+(?!\d)"
        grouped = re.compile(rf"{groups}({re.escape(decimal)}\d*)?")

    def number(cell: Any) -> float:
        if not isinstance(cell, str):
            if isinstance(cell, (bool, np.bool_)):
                raise ValueError
            return np.nan if pd.isna(cell) else float(cell)
        text = cell.strip()
        if not text:
            return np.nan
        if grouped is not None and grouped.fullmatch(text):
            text = text.replace(str(thousands), "")
        if decimal != ".":
            text = text.replace(".", "?").replace(decimal, ".")
        if not _NUMBER.fullmatch(text):
            raise ValueError
        return float(text)

    cells = np.empty(block.shape)
    plain = decimal == "." and thousands is None
    for i, line in enumerate(block.astype(object).to_numpy()):
        text = all(isinstance(cell, str) for cell in line)
        joined = "\t".join(line) if plain and text else "\t" * len(line)
        if joined.count("\t") < len(line) and _NUMBERS.fullmatch(joined):  # nearly all, at once
            cells[i] = line.astype(np.float64)
            continue
        for j, cell in enumerate(line):
            try:
                cells[i, j] = number(cell)
            except (TypeError, ValueError, OverflowError):
                raise DataError(
                    f"row {told(block.index[i])}, column {told(block.columns[j])} holds "
                    f"{told(cell)}, which is no number{_cure(cell)}."
                ) from None
            if np.isnan(cells[i, j]):
                if empty is None:
                    raise DataError(
                        f"row {told(block.index[i])}, column {told(block.columns[j])} is empty; "
                        "pass empty=0 if that means nothing flows, or leave the label out by drop=."
                    )
                cells[i, j] = empty
    endless = np.argwhere(np.isinf(cells))
    if len(endless):
        i, j = endless[0]
        raise DataError(
            f"row {told(block.index[i])}, column {told(block.columns[j])} holds "
            f"{told(block.iloc[i, j])}, which is infinite; correct it."
        )
    return pd.DataFrame(cells, block.index, block.columns)


def _cure(cell: Any) -> str:
    """What might make a number of this text."""
    if isinstance(cell, str) and re.fullmatch(r"[+-]?[\d.,'\u00a0 ]+", cell.strip()):
        return "; pass decimal= and thousands= if these are its signs, as decimal=',' thousands='.'"
    return "; leave columns and rows of text out by drop=, and write 0 for marks such as '-'"
