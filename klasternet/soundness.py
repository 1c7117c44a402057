"""Is a matrix of flows sound: the checks, the policies for what is not, and the record kept.

One place for every check on numbers, so that past this door no kernel checks anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import DataError
from .matrices import LARGE, Matrix, canonical, cells, column_sums, margins, row_sums
from .registry import choose
from .tables.alignment import some
from .tables.totals import looks_like_total

__all__ = ["Admitted", "Decision", "admit"]

NAMED = 20  # at most so many ties named in one decision
SUM_WITHIN = 1e-3  # relative slack of printed totals


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
    """Flows that passed, with what the checks computed on the way.

    strengths : sums of rows and of columns of a large dense table, where they are those of its
    ties; of others None, as theirs are added up in another order.
    """

    flows: Matrix
    total: float
    active: np.ndarray
    decisions: tuple[Decision, ...]
    strengths: tuple[np.ndarray, np.ndarray] | None = None


def _margins(W: Matrix) -> tuple[float, np.ndarray, np.ndarray]:
    """Lowest cell, row sums and column sums; of a large table by compiled code."""
    if sparse.issparse(W) or len(W) <= LARGE:
        return margins(W)
    from .kernels.large import margins as compiled

    seen, rows, columns = W.view(), np.empty(len(W)), np.empty(len(W))
    seen.setflags(write=False)  # one type of array, one compilation
    return float(compiled(seen, rows, columns)), rows, columns


def _arrows(i: np.ndarray, j: np.ndarray, names: pd.Index) -> tuple[str, ...]:
    return tuple(f"{names[a]} -> {names[b]}" for a, b in zip(i[:NAMED], j[:NAMED], strict=True))


def _finite(W: Matrix, total: float, names: pd.Index) -> None:
    if np.isfinite(total):
        return
    i, j, value = cells(W, lambda v: ~np.isfinite(v))
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
    i, j, value = cells(W, lambda v: v < 0)
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
    """Raise where an industry is a total: large and called so, or the sum of all others."""
    cure = "Leave it out of the rows and of the columns."
    rest = rows.sum() - rows - columns + loops  # flow among all the others
    for side, sums in (("sells", rows - loops), ("buys", columns - loops)):
        for k in np.flatnonzero((sums >= 0.2 * rest) & (rest > 0)):
            if looks_like_total([str(names[k])]):
                raise DataError(
                    f"{names[k]!r} is a total among the industries, by its name and its size. "
                    f"{cure}"
                )
        near = np.abs(sums - rest) <= SUM_WITHIN * rest  # the cheap test first
        for k in np.flatnonzero(near & (rest > 0)):
            if _is_sum(W if side == "sells" else W.T, int(k)):
                raise DataError(
                    f"{names[k]!r} {side} exactly what all others together do: it is a total "
                    f"among the industries. {cure}"
                )


def _is_sum(W: Matrix, k: int) -> bool:
    """Whether row k is cell by cell the sum of the other rows, itself not looked at."""
    row = W[[k], :].toarray()[0] if sparse.issparse(W) else W[k]
    others = column_sums(W) - row
    terms = column_sums(W != 0) - (row != 0)
    row, others, terms = (np.delete(part, k) for part in (row, others, terms))
    # In a small or sparse network two equal cells are chance, not a sum.
    return bool(np.abs(row - others).sum() <= SUM_WITHIN * others.sum() and (terms > 1).sum() > 1)


def _inactive(W: Matrix, rows: np.ndarray, columns: np.ndarray, loops: np.ndarray) -> np.ndarray:
    """Return the numbers of industries that neither sell to nor buy from another."""
    # A sum cannot tell 0 from lost digits, so those near it are looked at cell by cell.
    near = np.flatnonzero((rows <= loops * (1 + 1e-9)) & (columns <= loops * (1 + 1e-9)))
    if not len(near):
        return near
    own = (loops[near] != 0).astype(int)
    sold = row_sums(W[near] != 0) - own
    bought = column_sums(W[:, near] != 0) - own
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
            f"a network of {len(names)} industry ({some(names)}) has no flow between industries. "
            "Give at least two."
        )
    decisions: list[Decision] = []
    with np.errstate(over="ignore", invalid="ignore"):  # _finite tells, with names
        low, rows, columns = _margins(W)
        _finite(W, rows.sum(), names)
        if low < 0:
            W, decision = _without_negatives(W, names, negatives, unit)
            decisions.append(decision)
            low, rows, columns = _margins(W)
            _finite(W, rows.sum(), names)
    total, own = float(rows.sum()), W.diagonal()
    if total == 0:
        raise DataError(
            f"all flows among the {len(names)} industries ({some(names)}) are zero. "
            "Was the right part of the table read?"
        )
    _no_total_row(W, rows, columns, own, names)
    loop_total = float(own.sum())
    if loops == "aside" and loop_total:
        decisions.append(Decision("loops set aside", loop_total, loop_total / total, (), unit))
    asleep = _inactive(W, rows, columns, own)
    if len(asleep) == len(names):
        raise DataError(
            f"no industry sells to another: all flow of {some(names)} is loops. "
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
    known = not sparse.issparse(W) and len(W) > LARGE and (loops == "keep" or not own.any())
    return Admitted(W, total, active, tuple(decisions), (rows, columns) if known else None)
