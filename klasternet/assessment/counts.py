"""Tables of regions x industries: read once, checked once, matched by name."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, KlasternetWarning, ParameterError, plain
from ..registry import choose
from ..tables.totals import looks_like_total

__all__ = [
    "by_place",
    "called",
    "cell",
    "counts",
    "numbers",
    "quotients",
    "reference_shares",
    "same_names",
    "same_table",
    "warn_of_slips",
    "without_totals",
]

ROUNDED = 1e-3  # relative difference up to which a row is the sum of the others
TENFOLD, NOT_TINY = 10.0, 1e-4  # change of a cell, and its share of the nation, that look wrong
LARGE = 0.2  # of all others together: so much a row called a total has at least


def counts(
    employment: Any, *, name: str = "employment", empty_regions: bool = False
) -> pd.DataFrame:
    """The table as floats, with named regions and industries, none of them empty.

    Raises
    ------
    ParameterError
        Not a frame.
    DataError
        Doubled names, text, missing, infinite or negative numbers, an empty region or industry,
        a total among the regions or industries. The first offender is named.
    """
    table = numbers(employment, name)
    for axis, kind, what in ((1, "region", table.index), (0, "industry", table.columns)):
        some = table.to_numpy().any(axis=axis)
        if not some.all() and not (axis and empty_regions):
            keep = "[table.sum(axis=1) > 0]" if axis else ".loc[:, table.sum() > 0]"
            raise DataError(
                f"{name}: {kind} {called(what, np.argmin(some))} is empty, so it has no shares. "
                f"Leave empty ones out: table{keep}."
            )
    without_totals(table, name)
    return table


def without_totals(table: pd.DataFrame, name: str) -> None:
    """Raise where a region or industry is a total: called so and large, or the sum of others."""
    values = table.to_numpy()
    for kind, what, rows in (
        ("region", table.index, values),
        ("industry", table.columns, values.T),
    ):
        rest = rows.sum(axis=0) - rows
        large = rows.sum(axis=1) >= LARGE * rest.sum(axis=1)
        named = large & [bool(looks_like_total([str(label)])) for label in what]
        summed = np.zeros(len(rows), dtype=bool)
        if min(rows.shape) >= 3:  # with fewer, sums of others are no rare chance
            summed = (np.abs(rest - rows) <= ROUNDED * rows).all(axis=1) & rows.any(axis=1)
        if len(rows) > 1 and (named | summed).any():
            k = int(np.argmax(named | summed))
            why = "is the sum of the others" if summed[k] else "is a total, by its name and size"
            raise DataError(
                f"{name}: {kind} {called(what, k)} {why}. "
                "Leave totals out: they would count everything twice."
            )


def numbers(table: Any, name: str, rows: str = "region") -> pd.DataFrame:
    """A frame of finite, non-negative floats with single names for rows and columns."""
    if not isinstance(table, pd.DataFrame):
        raise ParameterError(
            f"{name} is a {type(table).__name__}; give a DataFrame with regions as rows and "
            "industries as columns."
        )
    if table.empty:
        raise DataError(f"{name} is empty; give at least one region and one industry.")
    for kind, names in ((rows, table.index), ("industry", table.columns)):
        twice = names.duplicated()
        if twice.any():
            raise DataError(
                f"{name}: {kind} {called(names, np.argmax(twice))} stands there twice. "
                "Add the two up or rename one."
            )
    try:
        values = table.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        text = [c for c in table if not pd.api.types.is_numeric_dtype(table[c])]
        raise DataError(
            f"{name}: column {called(pd.Index(text or table.columns), 0)} is not numeric. Make the "
            "names of the regions the index, and every other column a number."
        ) from None
    for wrong, what in ((~np.isfinite(values), "missing or infinite"), (values < 0, "negative")):
        if wrong.any():
            r, i = np.argwhere(wrong)[0]
            raise DataError(
                f"{name}: {cell(table, r, i)} is {what} ({values[r, i]:g}). "
                "Give a number from 0; put 0 where there is nothing."
            )
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def called(names: Any, k: Any) -> str:
    """Name number k as a message prints it: 1101, not np.int64(1101)."""
    return plain(repr(names[int(k)]))


def cell(table: pd.DataFrame, r: Any, i: Any) -> str:
    """Names of a cell: 'mining' in 'north'."""
    return f"{called(table.columns, i)} in {called(table.index, r)}"


def same_names(given: pd.Index, wanted: pd.Index, kind: str, *, name: str, exactly: bool) -> None:
    """Raise, naming the first, where names lack (or, if `exactly`, are too many)."""
    lacking = wanted.difference(given, sort=False)
    more = given.difference(wanted, sort=False) if exactly else pd.Index([])
    if len(lacking) or len(more):
        which = (
            f"lacks {kind} {called(lacking, 0)}"
            if len(lacking)
            else f"has another {kind} {called(more, 0)}"
        )
        count = max(len(lacking), len(more))
        raise AlignmentError(
            f"{name} {which}{f' and {count - 1:,} more' if count > 1 else ''}. "
            f"Tables meet by name: give the same names of {kind} in both."
        )


def by_place(values: Any, wanted: pd.Index, kind: str, name: str) -> pd.Series:
    """A Series of positive numbers in the order of the wanted names, matched by name."""
    if not isinstance(values, pd.Series):
        raise ParameterError(f"{name} is a {type(values).__name__}; give a Series by {kind}.")
    table = numbers(values.to_frame(name), name, kind)[name]
    same_names(table.index, wanted, kind, name=name, exactly=False)
    table = table.reindex(wanted)
    if not table.all():
        raise DataError(
            f"{name} of {kind} {called(table.index, np.argmin(table != 0))} is 0. "
            f"Give a positive number, or leave the {kind} out of both tables."
        )
    return table


def same_table(given: Any, wanted: pd.DataFrame, name: str) -> pd.DataFrame:
    """A frame with the wanted regions and industries, in their order."""
    table = numbers(given, name)
    same_names(table.index, wanted.index, "region", name=name, exactly=True)
    same_names(table.columns, wanted.columns, "industry", name=name, exactly=True)
    return table.reindex(index=wanted.index, columns=wanted.columns)


def warn_of_slips(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Warn of cells that change tenfold and are not tiny: more often a slip than growth."""
    b, a = before.to_numpy(), after.to_numpy()
    both = (b > 0) & (a > 0)
    ratio = np.divide(a, b, out=np.ones_like(a), where=both)
    size = np.maximum(b, a) / max(a.sum(), 1e-300)
    slips = ((ratio >= TENFOLD) | (ratio <= 1 / TENFOLD)) & (size >= NOT_TINY)
    if slips.any():
        r, i = np.unravel_index(np.argmax(np.where(slips, size, 0)), size.shape)
        others = f" (and {slips.sum() - 1:,} more such cells)" if slips.sum() > 1 else ""
        warnings.warn(
            f"{cell(after, r, i)} goes from {b[r, i]:,g} to {a[r, i]:,g}"
            f"{others}: a slip of the decimal point? Growth rests on it; check the source, or "
            "leave the region out of both tables.",
            KlasternetWarning,
            stacklevel=3,
        )


def reference_shares(reference: Any, table: pd.DataFrame) -> np.ndarray:
    """Share x of each region in what an industry is compared with, shape (regions,)."""
    if reference is None:
        x = table.to_numpy().sum(axis=1)
    elif isinstance(reference, str):
        choose("reference", reference, ["equal"])
        x = np.ones(len(table))
    else:
        x = by_place(reference, table.index, "region", "reference").to_numpy()
        same_names(reference.index, table.index, "region", name="reference", exactly=True)
    return x / x.sum()


def quotients(values: np.ndarray) -> np.ndarray:
    """Location quotients of a table without empty rows or columns."""
    shares = values / values.sum(axis=1, keepdims=True)
    return shares / (values.sum(axis=0) / values.sum())
