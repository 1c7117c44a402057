"""The labelled layout: a rectangle of cells, labels on both sides, quadrants named by their labels.

No total is guessed and no cell repaired: what is in no quadrant must be dropped by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, ParameterError
from . import alignment as align
from .accounts import accounts
from .checks import totals
from .numerals import numbers_in
from .pages import Page, open_page, rectangle
from .quadrants import Quadrants, find_quadrants
from .table import IOTable

__all__ = ["read_labelled"]

Labels = str | Iterable[str]


def read_labelled(
    source: str | Path | pd.DataFrame | Page,
    *,
    sheet: str | int | None = None,
    industries: tuple[str, str] | Iterable[str] | None = None,
    final_demand: Labels | pd.DataFrame | None = None,
    value_added: Labels | pd.DataFrame | None = None,
    output: str | pd.Series | None = None,
    imports: Labels | pd.DataFrame | None = None,
    exports: Labels | pd.Series | None = None,
    satellites: Labels | pd.DataFrame | None = None,
    drop: Labels = (),
    labels: str | None = None,
    origin: tuple[str, str] | None = None,
    rename: Mapping[str, str] | Callable[[str], str] | None = None,
    region: pd.Series | None = None,
    empty: float | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
    unit: str = "",
    year: int | None = None,
    name: str | None = None,
) -> IOTable:
    """Read a table whose labels stand in the first row and the first column.

    Sellers are rows, buyers are columns. Without any naming, industries are the labels that stand
    on both sides, final demand is the other columns, primary inputs the other rows, and output the
    row or column that calls itself so; a label that calls itself a total stops the reading with
    the arguments to pass. Once a quadrant is named, whatever is in none must be dropped.

    Parameters
    ----------
    source : path or frame
        CSV, TSV (each also .gz), Excel, Parquet; or a frame, with labels as its index or, where
        that just counts the rows, in its first column.
    sheet : str or int, optional
        Sheet of a workbook.
    industries : tuple (first, last), or list of str, optional
        A tuple is a range in the order of the rows.
    final_demand, value_added, satellites : label, list of labels, or frame, optional
        Columns; rows; rows. A frame is taken as it is, as in `IOTable`.
    output : label or Series, optional
        A column, a row, or (the same label) both, which must then agree.
    imports : label, list of labels, or frame n x n, optional
        Rows of imports are primary inputs. A column of imports joins final demand with a minus
        sign (imports are a source, not a use), whichever sign the file gives it.
    exports : label, list of labels, or Series, optional
        Columns of final demand.
    drop : list of labels, or "rest"
        Rows and columns to leave out: totals, notes. "rest" leaves out all that is not named.
    labels : str, optional
        Column that holds the labels of rows, if not the first.
    origin : tuple (column, mark), optional
        For tables that list imported flows in rows of their own with the industries' labels: rows
        with this mark in this column become `imports`, n x n.
    rename : dict or callable, optional
        Applied to all labels before anything else: where rows and columns spell differently.
    empty : float, optional
        What an empty cell counts as. By default it is an error.
    decimal, thousands : str, optional
        Signs in the numbers of text cells.
    delimiter, encoding : str, optional
        Of text files.
    region, unit, year, name
        As in `IOTable`.

    Raises
    ------
    DataError
        A file that is no table; text or empty cells; total-like or leftover labels.
    AlignmentError
        Labels that are named and not there, doubled, or on one side only.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"farms": [150, 200, 650], "mills": [500, 100, 1400], "households": [350, 1700, None]},
    ...     index=["farms", "mills", "wages"])
    >>> table = read_labelled(frame, unit="million USD")
    >>> table.final_demand.columns.tolist(), table.value_added.index.tolist()
    (['households'], ['wages'])
    """
    if isinstance(source, pd.DataFrame):
        if sheet is not None:
            raise ParameterError(f"a frame has no sheets; leave sheet={sheet!r} out.")
        cells, where = source, "data frame"
    else:
        if not isinstance(source, Page):
            source = open_page(Path(source), sheet=sheet, delimiter=delimiter, encoding=encoding)
        cells, where = rectangle(source), source.where
        name = source.path.name.split(".")[0] if name is None else name
    only_named = isinstance(drop, str) and drop == "rest"
    cells = _with_labels(cells, labels)
    cells, imported = _by_origin(cells, origin)
    cells = _renamed(cells, rename)
    cells = cells if only_named else _without(cells, [drop] if isinstance(drop, str) else drop)
    if not only_named:
        align.labels(cells.index, "the column of labels")
        align.labels(cells.columns, "the row of labels")
    plan = find_quadrants(
        cells.index,
        cells.columns,
        industries=industries,
        uses=_labels(final_demand),
        inputs=_labels(value_added),
        output=_labels(output),
        imports=_labels(imports) or [],
        exports=[] if _frame(final_demand) is not None else _labels(exports) or [],
        satellites=_labels(satellites) or [],
        only_named=only_named,
    )

    def read(sellers: list[str], buyers: list[str], frame: pd.DataFrame = cells) -> pd.DataFrame:
        return numbers_in(frame.loc[sellers, buyers], decimal, thousands, empty)

    names = plan.industries
    if plan.uses:
        uses = read(names, plan.uses)
        for label in plan.imported_uses:
            uses[label] *= -np.sign(uses[label].sum()) or 1.0
        final_demand = uses
    if plan.inputs:
        value_added = read(plan.inputs, names)
    if plan.satellites:
        satellites = read(plan.satellites, names)
    if imported is not None:
        imports = read(names, names, _renamed(imported, rename))
    table = IOTable(
        read(names, names),
        final_demand=_frame(final_demand),
        value_added=_frame(value_added),
        output=_output(plan, cells, read) if plan.output else _frame(output),
        imports=plan.imported_inputs or _frame(imports),
        satellites=_frame(satellites),
        exports=_labels(exports) or _frame(exports),
        region=region,
        unit=unit,
        year=year,
        source=where,
        name=name or "",
    )
    if plan.guessed:
        _no_sums(table)
    return table


def _labels(part: Any) -> list[str] | None:
    """Labels that name a quadrant; none where it came as a frame, None where nothing is said."""
    if part is None:
        return None
    if isinstance(part, (pd.DataFrame, pd.Series)):
        return []
    return [part] if isinstance(part, str) else [str(label) for label in part]


def _frame(part: Any) -> Any:
    return part if isinstance(part, (pd.DataFrame, pd.Series)) else None


def _with_labels(cells: pd.DataFrame, labels: str | None) -> pd.DataFrame:
    """The frame with text labels on both sides, taken from its index or from a column of it."""
    counts = isinstance(cells.index, pd.RangeIndex) and cells.index.start == 0
    columns = [str(label).strip() for label in cells.columns]
    if labels is not None:
        if columns.count(labels) != 1:
            raise AlignmentError(
                f"labels={labels!r} names {columns.count(labels)} columns; there are "
                f"{align.some(columns, 10)}."
            )
        at = columns.index(labels)
    elif counts:
        if isinstance(cells.columns, pd.RangeIndex):
            raise DataError("the frame has no names; give it an index and columns.")
        at = 0
    else:
        at = None
    side = list(cells.index) if at is None else list(cells.iloc[:, at])
    for axis, which in ((side, "row"), (list(cells.columns), "column")):
        for i, label in enumerate(axis):
            if (pd.isna(label) or not str(label).strip()) and not (which == "column" and i == at):
                raise AlignmentError(
                    f"{which} {i + 1} has no label; name it, or leave it out of the file."
                )
    keep = [i for i in range(len(columns)) if i != at]
    cells = cells.iloc[:, keep]
    cells.index = pd.Index([str(label).strip() for label in side])
    cells.columns = pd.Index([columns[i] for i in keep])
    return cells


def _by_origin(
    cells: pd.DataFrame, origin: tuple[str, str] | None
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Domestic rows and imported rows, told apart by the mark in a column."""
    if origin is None:
        return cells, None
    column, mark = origin
    align.known_names([column], cells.columns.unique(), "origin")
    marks = cells[column].astype(str).str.strip()
    if not (marks == mark).any():
        raise DataError(
            f"no row is marked {mark!r} in column {column!r}; marks are "
            f"{align.some(marks.unique())}."
        )
    cells = cells.drop(columns=column)
    return cells[(marks != mark).to_numpy()], cells[(marks == mark).to_numpy()]


def _renamed(
    cells: pd.DataFrame, rename: Mapping[str, str] | Callable[[str], str] | None
) -> pd.DataFrame:
    return cells if rename is None else cells.rename(index=rename, columns=rename)


def _without(cells: pd.DataFrame, drop: Iterable[str]) -> pd.DataFrame:
    """The frame without rows and columns of these labels, each of which must be there."""
    drop = [str(label) for label in drop]
    if not drop:
        return cells
    sides = cells.index.append(cells.columns).unique()
    align.known_names(dict.fromkeys(drop), sides, "drop")
    return cells.loc[~cells.index.isin(drop), ~cells.columns.isin(drop)]


def _output(plan: Quadrants, cells: pd.DataFrame, read: Callable[..., pd.DataFrame]) -> pd.Series:
    """Output from its column or row; where it stands in several, they must agree."""
    found = []
    for label in plan.output:
        if label in cells.columns:
            found.append((f"column {label!r}", read(plan.industries, [label])[label]))
        if label in cells.index:
            found.append((f"row {label!r}", read([label], plan.industries).loc[label]))
    (first, output), *others = found
    for second, other in others:
        gap = (output - other).abs()
        apart = gap[gap > 1e-3 * output.abs().clip(lower=1e-3 * output.abs().max())]
        if len(apart):
            name = apart.idxmax()
            raise DataError(
                f"output differs between {first} and {second}: {name!r} has {output[name]:,.6g} "
                f"and {other[name]:,.6g}; pass output= with the right one, and drop= the other."
            )
    return output


def _no_sums(table: IOTable) -> None:
    """Raise where a quadrant that was not named holds sums of its other lines."""
    with np.errstate(over="ignore", invalid="ignore"):
        status, where, *_ = totals(accounts(table))
    if status == "fail":
        raise DataError(
            f"{where[:1000]} add up others, so they would be counted twice; leave them out by "
            "drop=, or name final_demand= and value_added=."
        )
