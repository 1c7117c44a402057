"""What comes in: any matrix of flows to a checked one, and a record of what was set aside.

One place for every check on numbers and names, so that past this door no kernel checks anything.
`FlowNetwork` is the only caller. Dense stays dense, sparse stays sparse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import AlignmentError, DataError
from .registry import choose

__all__ = ["Admitted", "Decision", "Matrix", "admit", "name_index", "read_matrix"]

Matrix = Any  # np.ndarray or scipy.sparse.csr_array, float64
COPIED_UP_TO = 4096  # larger arrays are shared with the caller
NAMED = 20  # at most so many names in one decision
_TOTALS = re.compile(
    r"^[ \t]*((cpa_)?(grand |sub-?)?totals?( (intermediate|industr|of all|output|input).*)?"
    r"|sums?|jumlah|summe|insgesamt)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Decision:
    """One thing that was set aside, or changed, when a network was made.

    Attributes
    ----------
    what : str
        What was done.
    amount : float
        How much flow it concerns, in the network's unit; 0 where none.
    share : float
        The amount as a share of all flow.
    where : tuple of str
        The industries or ties concerned, the largest first; at most 20 ties are named.
    unit : str
        Unit of the amount.
    """

    what: str
    amount: float
    share: float
    where: tuple[str, ...] = ()
    unit: str = ""

    def __str__(self) -> str:
        text = self.what
        if self.amount:
            money = f"{self.amount:,.0f}" if self.amount >= 100 else f"{self.amount:.4g}"
            text += f": {' '.join([money, self.unit]).strip()} ({self.share:.1%} of all flow)"
        if self.where:
            more = f" and {len(self.where) - 5} more" if len(self.where) > 5 else ""
            text += f": {', '.join(self.where[:5])}{more}"
        return text


@dataclass(frozen=True)
class Admitted:
    """Flows that passed, with what the checks computed on the way."""

    flows: Matrix
    total: float
    active: np.ndarray
    loops: np.ndarray
    decisions: tuple[Decision, ...]


# ------------------------------------------------------------------------------------ names


def name_index(names: Any, what: str = "industry") -> pd.Index:
    """Return names as a unique Index called "industry"; levels of a MultiIndex are joined."""
    if isinstance(names, pd.MultiIndex):
        names = [" | ".join(map(str, name)) for name in names]
    index = pd.Index(names, name="industry")
    if isinstance(index, pd.RangeIndex):
        return index
    if index.hasnans:
        at = int(np.flatnonzero(index.isna())[0])
        raise DataError(f"{what} number {at} has no name. Give every {what} one.")
    if not index.is_unique:
        doubled = index[index.duplicated()][0]
        raise DataError(
            f"the {what} {doubled!r} is there twice. Give each a name of its own, "
            "or add the two up first."
        )
    return index


def _some(names: Iterable[Any]) -> str:
    names = list(names)
    return ", ".join(repr(name) for name in names[:5]) + (" ..." if len(names) > 5 else "")


def align(frame: pd.DataFrame | pd.Series, industries: pd.Index, what: str) -> Any:
    """Return the rows of `frame` in the order of `industries`, by name."""
    index = frame.index
    if isinstance(index, pd.MultiIndex):
        index = name_index(index)
    if not index.is_unique:
        raise AlignmentError(
            f"{what} names {index[index.duplicated()][0]!r} twice. Keep one row for each industry."
        )
    missing, unknown = industries.difference(index), index.difference(industries)
    if len(missing) or len(unknown):
        which = f"lacks {_some(missing)}" if len(missing) else f"has unknown {_some(unknown)}"
        raise AlignmentError(
            f"{what} {which}. Tables meet by name: give it the names of the network's industries."
        )
    return frame.iloc[index.get_indexer(industries)].set_axis(industries)


def _pair_up(rows: pd.Index, columns: pd.Index) -> None:
    only_rows, only_columns = rows.difference(columns), columns.difference(rows)
    if not (len(only_rows) or len(only_columns)):
        return
    sides = []
    if len(only_rows):
        sides.append(f"only rows: {_some(only_rows)}")
    if len(only_columns):
        sides.append(f"only columns: {_some(only_columns)}")
    raise AlignmentError(
        f"sellers (rows) and buyers (columns) are not the same industries; {'; '.join(sides)} "
        f"(the table is {len(rows)} x {len(columns)}). Cut the table to the square of intermediate "
        "flows with one name for each industry; the names of the rows belong in the index."
    )


# ---------------------------------------------------------------------------------- numbers


def _numbers(values: np.ndarray, rows: pd.Index, columns: pd.Index) -> np.ndarray:
    """Return objects as floats; raise at the first that is no number."""
    for (i, j), cell in np.ndenumerate(values):
        if cell is None or cell is pd.NA:
            values[i, j] = np.nan
        elif not isinstance(cell, (Real, Decimal, np.number, np.bool_)):
            raise DataError(
                f"text in the flow from {rows[i]!r} to {columns[j]!r}: {cell!r}. "
                "Read the table so that every cell is a number."
            )
    return values.astype(np.float64)


def _dense(values: Any, rows: pd.Index, columns: pd.Index) -> np.ndarray:
    if values.dtype.kind in "OUS":
        return _numbers(np.array(values, dtype=object), rows, columns)
    if values.dtype.kind not in "fiub":
        raise DataError(f"flows of type {values.dtype} are no amounts. Give real numbers.")
    if len(values) <= COPIED_UP_TO:
        return np.array(values, dtype=np.float64, order="C")
    # A view, so that the caller's own array stays writeable.
    return np.ascontiguousarray(values, dtype=np.float64).view()


def read_matrix(W: Any, industries: Any = None) -> tuple[Matrix, pd.Index]:
    """Return (flows, names) from a frame, an array or a sparse matrix, unchecked but square."""
    if isinstance(W, pd.DataFrame):
        rows, columns = name_index(W.index, "row"), name_index(W.columns, "column")
        if not rows.equals(columns):
            _pair_up(rows, columns)
            W = W.iloc[:, columns.get_indexer(rows)]
        if industries is not None:
            W = align(W.set_axis(rows), name_index(industries), "the table")
            W = W.iloc[:, rows.get_indexer(W.index)]
            rows = W.index
        extension = any(not isinstance(dtype, np.dtype) for dtype in W.dtypes)
        values = W.to_numpy(dtype=object) if extension else W.to_numpy()
        return _dense(values, rows, rows), rows
    shape = W.shape if sparse.issparse(W) else (W := np.asarray(W)).shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise DataError(
            f"a matrix of shape {shape} is not square. Cut it to the intermediate flows: "
            "as many buyers (columns) as sellers (rows)."
        )
    names = name_index(pd.RangeIndex(shape[0]) if industries is None else industries)
    if len(names) != shape[0]:
        raise AlignmentError(
            f"{len(names)} names for {shape[0]} industries (first {_some(names[:1])}). "
            "Give one name for each row."
        )
    if not sparse.issparse(W):
        return _dense(W, names, names), names
    if W.dtype.kind not in "fiub":
        raise DataError(f"flows of type {W.dtype} are no amounts. Give real numbers.")
    W = sparse.csr_array(W, dtype=np.float64, copy=True)
    return canonical(W), names


def canonical(W: Any) -> Any:
    """Sum doubled entries, drop zeros and sort, in place; return W."""
    W.sum_duplicates()
    if W.nnz and not W.data.all():
        W.eliminate_zeros()
    return W


def _scan(W: Matrix) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the lowest cell, row sums and column sums, passing once over the memory."""
    if sparse.issparse(W):
        low = float(W.data.min()) if W.nnz else 0.0
        return low, np.asarray(W.sum(axis=1)).ravel(), np.asarray(W.sum(axis=0)).ravel()
    n = len(W)
    step = max(1, 200_000 // max(n, 1))
    low, rows, columns = np.inf, np.empty(n), np.zeros(n)
    for start in range(0, n, step):
        block = W[start : start + step]
        low = min(low, float(block.min()))
        rows[start : start + step] = block.sum(axis=1)
        columns += block.sum(axis=0)
    return low, rows, columns


def _cells(W: Matrix, wanted: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns and values of the cells for which wanted(values) holds."""
    if sparse.issparse(W):
        W = W.tocoo()
        keep = wanted(W.data)
        return W.row[keep], W.col[keep], W.data[keep]
    i, j = np.nonzero(wanted(W))
    return i, j, W[i, j]


def _arrows(i: np.ndarray, j: np.ndarray, names: pd.Index) -> tuple[str, ...]:
    return tuple(f"{names[a]} -> {names[b]}" for a, b in zip(i[:NAMED], j[:NAMED], strict=True))


def _finite(W: Matrix, total: float, names: pd.Index) -> None:
    if np.isfinite(total):
        return
    i, j, value = _cells(W, lambda v: ~np.isfinite(v))
    if not len(i):
        raise DataError("the flows add up to more than a float can hold. Use a larger unit.")
    kind = "NaN" if np.isnan(value[0]) else "infinity"
    raise DataError(
        f"{kind} in the flow from {names[i[0]]!r} to {names[j[0]]!r} "
        f"({len(i)} such {'cells' if len(i) > 1 else 'cell'}). A flow that is not there is 0; "
        "one that is not known must be filled before."
    )


def _without_negatives(
    W: Matrix, names: pd.Index, policy: str, unit: str
) -> tuple[Matrix, Decision]:
    i, j, value = _cells(W, lambda v: v < 0)
    order = np.argsort(value, kind="stable")
    i, j, value = i[order], j[order], value[order]
    if policy == "raise":
        raise DataError(
            f"{len(i)} negative flow{'s' if len(i) > 1 else ''}; the largest is {value[0]:,.6g} "
            f"from {names[i[0]]!r} to {names[j[0]]!r}. Choose negatives='transpose' (a negative "
            "sale is a purchase) or negatives='aside' (taken as 0, and reported), "
            "or correct the table."
        )
    if sparse.issparse(W):
        up = W.maximum(0)
        if policy == "transpose":
            up = up + (-W.minimum(0)).T
        W = canonical(sparse.csr_array(up))
    else:
        W = np.maximum(W, 0.0)
        if policy == "transpose":
            np.add.at(W, (j, i), -value)
    what = {"transpose": "negative flows turned round", "aside": "negative flows set aside"}[policy]
    amount, total = float(-value.sum()), float(W.sum())
    return W, Decision(
        what, amount, amount / total if total else np.inf, _arrows(i, j, names), unit
    )


# ----------------------------------------------------------------------------------- totals


def _no_total_row(
    W: Matrix, rows: np.ndarray, columns: np.ndarray, loops: np.ndarray, names: pd.Index
) -> None:
    """Raise where an industry is called a total, or equals the sum of all others."""
    cure = "Leave it out of the rows and of the columns."
    if names.dtype.kind not in "iufb":
        label = _TOTALS.search("\n".join(map(str, names)))
        if label:
            raise DataError(f"{label[0].strip()!r} is a total among the industries. {cure}")
    rest = rows.sum() - rows - columns + loops  # flow among all the others
    for side, sums in (("sells", rows), ("buys", columns)):
        # The cheap test first: sums alone; then cell by cell.
        near = np.abs(sums - loops - rest) <= 1e-3 * rest
        for k in np.flatnonzero(near & (rest > 0)):
            M = W if side == "sells" else W.T
            cells = M[[k], :].toarray()[0] if sparse.issparse(W) else M[k]
            others = (columns if side == "sells" else rows) - cells
            seen = (W != 0).sum(axis=0 if side == "sells" else 1)
            seen = np.asarray(seen).ravel() - (cells != 0)
            keep = np.arange(len(cells)) != k
            off = np.abs(cells - others)[keep].sum()
            # In a small or sparse network two equal cells are chance, not a sum.
            if off <= 1e-3 * rest[k] and (seen[keep] > 1).sum() > 1:
                raise DataError(
                    f"{names[k]!r} {side} exactly what all others together do: it is a total "
                    f"among the industries. {cure}"
                )


def _inactive(W: Matrix, rows: np.ndarray, columns: np.ndarray, loops: np.ndarray) -> np.ndarray:
    """Return the numbers of industries that neither sell to nor buy from another."""
    # A sum cannot tell 0 from lost digits, so those near it are looked at cell by cell.
    near = np.flatnonzero((rows <= loops * (1 + 1e-9)) & (columns <= loops * (1 + 1e-9)))
    if not len(near):
        return near
    own = (loops[near] != 0).astype(int)
    sold = np.asarray((W[near] != 0).sum(axis=1)).ravel() - own
    bought = np.asarray((W[:, near] != 0).sum(axis=0)).ravel() - own
    return near[(sold == 0) & (bought == 0)]


def admit(
    W: Matrix,
    names: pd.Index,
    *,
    loops: str = "aside",
    negatives: str = "raise",
    unit: str = "",
) -> Admitted:
    """Check flows, apply the policies, and say what was set aside."""
    choose("policy for loops", loops, ("aside", "keep"))
    choose("policy for negatives", negatives, ("raise", "transpose", "aside"))
    if len(names) < 2:
        raise DataError(
            f"a network of {len(names)} industry ({_some(names)}) has no flow between industries. "
            "Give at least two."
        )
    low, rows, columns = _scan(W)
    decisions: list[Decision] = []
    with np.errstate(over="ignore", invalid="ignore"):
        _finite(W, rows.sum(), names)
    if low < 0:
        W, decision = _without_negatives(W, names, negatives, unit)
        decisions.append(decision)
        low, rows, columns = _scan(W)
    total, own = float(rows.sum()), W.diagonal()
    if total == 0:
        raise DataError(
            f"all flows among the {len(names)} industries ({_some(names)}) are zero. "
            "Was the right part of the table read?"
        )
    _no_total_row(W, rows, columns, own, names)
    loop_total = float(own.sum())
    if loops == "aside" and loop_total:
        decisions.append(Decision("loops set aside", loop_total, loop_total / total, (), unit))
    asleep = _inactive(W, rows, columns, own)
    if len(asleep) == len(names):
        raise DataError(
            f"no industry sells to another: all flow of {_some(names)} is loops. "
            "Was the right part of the table read?"
        )
    active = np.ones(len(names), dtype=bool)
    if len(asleep):
        active[asleep] = False
        decisions.append(
            Decision(
                "inactive industries kept, in no cluster (they trade with no other)",
                0.0,
                0.0,
                tuple(str(name) for name in names[asleep]),
                unit,
            )
        )
    return Admitted(W, total, active, own, tuple(decisions))
