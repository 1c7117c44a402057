"""How parts of a table meet: by name. Each function hands back new float64 or raises.

Anything that names industries passes through here once, so that no other file has to ask
whether names are unique, whether cells are numbers, or whether an axis is in order.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, plain


def some(names: Iterable[Any], limit: int = 5) -> str:
    """Names for a message: the first few, quoted, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(told(name) for name in names[:limit]) + more


def told(value: Any, longest: int = 120) -> str:
    """A name or cell for a message, quoted; an error for the log: on one line, and not without end.

    Examples
    --------
    >>> told("x" * 1000, 20)
    "'xxxxxxxxxxxxxxx ..."
    """
    try:
        text = " ".join(str(value).split()) if isinstance(value, Exception) else plain(repr(value))
    except ValueError:  # Python prints no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def labels(axis: Any, what: str) -> pd.Index:
    """Labels of an axis as unique text."""
    if isinstance(axis, pd.MultiIndex):
        raise DataError(
            f"{what} has labels in {axis.nlevels} levels; join them to one name each, for example "
            "frame.index = frame.index.map(' '.join), and pass regions as region=."
        )
    axis = list(axis)
    empty = [i for i, label in enumerate(axis) if pd.isna(label) or not str(label).strip()]
    if empty:
        raise AlignmentError(
            f"{what} has no name at position {empty[0] + 1} of {len(axis)}; name every one."
        )
    index = pd.Index([str(label) for label in axis])
    if not index.is_unique:
        doubled = index[index.duplicated()].unique()
        raise AlignmentError(
            f"{what} holds {some(doubled)} more than once; every name must be unique: rename "
            "them, or add them up first."
        )
    return index


def numbers(frame: pd.DataFrame, what: str) -> np.ndarray:
    """Cells of a frame as finite float64, or the first cell that is no number."""
    try:
        if all(pd.api.types.is_float_dtype(kind) for kind in frame.dtypes):
            cells = frame.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            cells = np.empty(frame.shape)
            for j in range(frame.shape[1]):
                cells[:, j] = _column(frame.iloc[:, j])
    except (TypeError, ValueError, OverflowError):
        row, column, value = _first_text(frame)
        raise DataError(
            f"{what} holds {told(value)} at row {told(row)}, column {told(column)}, which is no "
            "number; "
            "give numbers only, and leave text columns and notes out."
        ) from None
    bad = ~np.isfinite(cells)
    if bad.any():
        i, j = np.argwhere(bad)[0]
        kind = "an empty cell (NaN)" if np.isnan(cells[i, j]) else "an infinite number"
        raise DataError(
            f"{what} holds {kind} at row {told(frame.index[i])}, column {told(frame.columns[j])} "
            f"({int(bad.sum())} such cells in all); write 0 where nothing flows, or leave the "
            "row or column out."
        )
    return cells


def _column(column: pd.Series) -> np.ndarray:
    """One column as float64; text, truth values and complex numbers are refused."""
    types = pd.api.types
    if types.is_object_dtype(column.dtype):
        sound = all(_is_number(cell) for cell in column)
    else:
        sound = types.is_numeric_dtype(column.dtype) and not (
            types.is_bool_dtype(column.dtype) or types.is_complex_dtype(column.dtype)
        )
    if not sound:
        raise TypeError
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _is_number(cell: Any) -> bool:
    if cell is None or cell is pd.NA:
        return True  # an empty cell, told apart from text by the check for NaN
    if isinstance(cell, (str, bytes, bool, np.bool_, complex)):
        return False
    return hasattr(cell, "__float__")


def _first_text(frame: pd.DataFrame) -> tuple[Any, Any, Any]:
    """Row, column and content of the first cell, in reading order, that is no number."""
    for row, cells in zip(frame.index, frame.astype(object).to_numpy(), strict=True):
        for column, cell in zip(frame.columns, cells, strict=True):
            if not _is_number(cell):
                return row, column, cell
    return frame.index[0], frame.columns[0], frame.iloc[0, 0]  # a number too large for float64


def same_names(given: pd.Index, wanted: pd.Index, what: str, cure: str = "") -> None:
    """Raise unless the two hold the same names, in whatever order."""
    missing, unknown = wanted.difference(given, sort=False), given.difference(wanted, sort=False)
    if not len(missing) and not len(unknown):
        return
    tell = []
    if len(missing):
        tell.append(f"lacks {some(missing)}")
    if len(unknown):
        tell.append(f"has {some(unknown)}, unknown to the industries")
    raise AlignmentError(
        f"{what} {' and '.join(tell)}; {cure or 'name the same industries everywhere.'}"
    )


def known_names(names: Iterable[Any], known: pd.Index, what: str) -> list[str]:
    """`names` as a list of text without doubles, each of them one of `known`."""
    wanted = labels(names, what)
    unknown = wanted.difference(known, sort=False)
    if len(unknown):
        near = difflib.get_close_matches(unknown[0], list(known), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {some(known)}."
        raise AlignmentError(f"{what} names {some(unknown)}, which the table does not have{hint}")
    return list(wanted)


def square(frame: Any, what: str, names: pd.Index | None = None) -> pd.DataFrame:
    """An industries x industries frame, columns in the order of the rows."""
    frame = _as_frame(frame, what, names, names)
    rows, columns = (
        labels(frame.index, f"{what} (rows)"),
        labels(frame.columns, f"{what} (columns)"),
    )
    shape = "" if len(rows) == len(columns) else f"is {len(rows)} x {len(columns)}, not square: it "
    cure = "give the same industries as in flows, with 0 where nothing flows."
    if names is None:
        names = rows
        cure = (
            "sellers (rows) and buyers (columns) must be the same industries: move other columns "
            "to final_demand=, other rows to value_added=, and leave totals out."
        )
    for axis, side in ((rows, "among its rows"), (columns, "among its columns")):
        missing = names.difference(axis, sort=False)
        unknown = axis.difference(names, sort=False)
        if len(missing) or len(unknown):
            tell = [f"lacks {some(missing)}"] * bool(len(missing))
            tell += [f"has {some(unknown)}, no seller in the table,"] * bool(len(unknown))
            raise AlignmentError(f"{what} {shape}{' and '.join(tell)} {side}; {cure}")
    cells = numbers(frame, what)
    return pd.DataFrame(cells[rows.get_indexer(names)][:, columns.get_indexer(names)], names, names)


def by_industry(part: Any, what: str, names: pd.Index, other: str) -> pd.DataFrame:
    """A frame with one row per industry, in the order of `names`; a Series becomes one column."""
    if isinstance(part, pd.Series):
        part = part.to_frame(name=other if part.name is None else part.name)
    frame = _as_frame(part, what, names, None, other)
    rows, columns = (
        labels(frame.index, f"{what} (rows)"),
        labels(frame.columns, f"{what} (columns)"),
    )
    cure = ""
    if set(columns) == set(names):
        cure = f"it stands on its side: pass {what}.T."
    same_names(rows, names, what, cure)
    return pd.DataFrame(numbers(frame, what)[rows.get_indexer(names)], names, columns)


def by_buyer(part: Any, what: str, names: pd.Index, other: str) -> pd.DataFrame:
    """A frame with one column per industry, in the order of `names`; a Series becomes one row."""
    if isinstance(part, pd.Series):
        part = part.to_frame(name=other if part.name is None else part.name).T
    if isinstance(part, np.ndarray) and part.ndim == 1:
        part = part[None, :]
    frame = _as_frame(part, what, None, names, other)
    rows, columns = (
        labels(frame.index, f"{what} (rows)"),
        labels(frame.columns, f"{what} (columns)"),
    )
    cure = ""
    if set(rows) == set(names):
        cure = f"it stands on its side: pass {what}.T."
    same_names(columns, names, what, cure)
    return pd.DataFrame(numbers(frame, what)[:, columns.get_indexer(names)], rows, names)


def one_per_industry(part: Any, what: str, names: pd.Index) -> pd.Series:
    """A Series of numbers, one per industry, in the order of `names`."""
    if isinstance(part, pd.DataFrame):
        raise DataError(f"{what} is a frame; pass one column of it, a Series named by industry.")
    frame = by_industry(part, what, names, what)
    return frame.iloc[:, 0].rename(what)


def text_per_industry(part: Any, what: str, names: pd.Index) -> pd.Series:
    """A Series of labels (regions), one per industry, in the order of `names`."""
    if not isinstance(part, (pd.Series, dict)):
        raise DataError(f"{what} is a {type(part).__name__}; pass a Series named by industry.")
    part = pd.Series(part)
    index = labels(part.index, what)
    same_names(index, names, what)
    values = part.to_numpy(dtype=object)[index.get_indexer(names)]
    empty = [name for name, value in zip(names, values, strict=True) if pd.isna(value)]
    if empty:
        raise DataError(f"{what} is empty for {some(empty)}; give each industry its own.")
    return pd.Series([str(value) for value in values], index=names, name=what)


def _as_frame(
    part: Any,
    what: str,
    rows: Sequence[str] | pd.Index | None,
    columns: Sequence[str] | pd.Index | None,
    other: str = "",
) -> pd.DataFrame:
    """A frame as it is; an array only where the table itself came as one, named 1 to n."""
    if isinstance(part, pd.DataFrame):
        return part
    if not isinstance(part, np.ndarray):
        raise DataError(
            f"{what} is a {type(part).__name__}; pass a pandas DataFrame whose rows and columns "
            "carry names."
        )
    part = part[:, None] if part.ndim == 1 and other else part
    if part.ndim != 2:
        raise DataError(f"{what} has {part.ndim} dimensions; a table has two.")
    sizes = []
    for axis, length in ((rows, part.shape[0]), (columns, part.shape[1])):
        count = [str(i + 1) for i in range(length)]
        if axis is not None and list(axis) != count:
            raise DataError(
                f"{what} is an array of {part.shape[0]} x {part.shape[1]} without names, and the "
                f"industries are {some(axis, 3)}; pass a frame or Series named by industry."
            )
        sizes.append(count)
    if other and rows is None:
        sizes[0] = [f"{other} {i}" for i in sizes[0]] if len(sizes[0]) > 1 else [other]
    if other and columns is None:
        sizes[1] = [f"{other} {i}" for i in sizes[1]] if len(sizes[1]) > 1 else [other]
    return pd.DataFrame(part, index=sizes[0], columns=sizes[1])
