"""A matrix made to meet new row and column sums, every cell kept as near to the old as can be.

The tool for bringing a table up to date, for fitting a regional table to known totals, and for
making a table that was put together from several sources add up. The scaling itself is the
kernel of the null models (`kernels.proportional`); this file knows names, checks what is asked,
and says in words what cannot be met.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import ConvergenceError, DataError, ParameterError
from ..registry import choose
from . import alignment as align

__all__ = ["Balanced", "balance"]

SPARSE_BELOW = 0.35  # share of filled cells below which sparse products are the quicker ones
SAME_TOTAL = 1e-9  # relative difference of the two totals that is rounding of float sums


@dataclass(frozen=True, eq=False, repr=False)
class Balanced:
    """A balanced matrix, and how it was reached.

    Attributes
    ----------
    table : DataFrame
        The matrix, with the rows and columns of the one given, in its unit.
    method : str
        "RAS" or "GRAS".
    row_factors, column_factors : Series
        r and s: positive cells are w r s, negative ones w / (r s). Only their products mean
        something (r times 2 and s over 2 is the same matrix): the geometric mean of r is set to 1.
    rounds : int
        Rounds of row and column scaling.
    missed : float
        Largest miss of a row or column sum, as a share of the absolute flow in that line.
    kept : dict
        Number of cells that were zero and that were negative, all of which stay so.

    Examples
    --------
    >>> names = ["farms", "mills"]
    >>> old = pd.DataFrame([[10.0, -5.0], [0.0, 40.0]], names, names)
    >>> done = balance(old, pd.Series([4, 50], names), pd.Series([9, 45], names))
    >>> done.method, done.kept
    ('GRAS', {'zero': 1, 'negative': 1})
    """

    table: pd.DataFrame
    method: str
    row_factors: pd.Series
    column_factors: pd.Series
    rounds: int
    missed: float
    kept: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        n, m = self.table.shape
        r = self.row_factors[(self.row_factors > 0) & np.isfinite(self.row_factors)]
        return (
            f"Balanced by {self.method}: {n:,} x {m:,} cells, total "
            f"{self.table.to_numpy().sum():,.6g}\n"
            f"  converged in {self.rounds:,} rounds; sums met to {self.missed:.1e} of each line\n"
            f"  kept {self.kept['zero']:,} zero and {self.kept['negative']:,} negative cells\n"
            f"  row factors {r.min():.3g} to {r.max():.3g}"
        )


def balance(
    matrix: pd.DataFrame,
    rows: pd.Series,
    columns: pd.Series,
    *,
    method: str = "auto",
    tolerance: float = 1e-10,
    max_rounds: int = 20_000,
) -> Balanced:
    """Scale a matrix to given row and column sums (RAS, GRAS).

    Answers which matrix has the new sums and is otherwise as like the old one as can be: the one
    of least information gain over it.

    - **RAS**, for cells that are not negative: z_ij = r_i w_ij s_j.
    - **GRAS**, for cells of both signs: z_ij = r_i w_ij s_j where w_ij > 0 and w_ij / (r_i s_j)
      where w_ij < 0. Every cell keeps its sign. Without negative cells it is RAS.

    A zero stays zero: what does not trade, or must not (a product that is not made here), is
    written as 0 beforehand.

    Parameters
    ----------
    matrix : DataFrame, n x m
        Any part of a table: flows, flows beside final demand, a supply table.
    rows, columns : Series, n and m
        The sums wanted, named as the rows and columns of `matrix`, in its unit. They are matched
        by name. Both must add up to the same total.
    method : "auto", "RAS" or "GRAS"
        "auto" is GRAS where there are negative cells, else RAS. "RAS" refuses negative cells.
    tolerance : float
        Largest miss of a sum, as a share of the absolute flow in its line.
    max_rounds : int

    Returns
    -------
    Balanced
        `.table` is the matrix.

    Raises
    ------
    AlignmentError
        Sums for other rows or columns than the matrix has.
    DataError
        Cells or sums that are no numbers; totals that differ; negative cells under RAS.
    ConvergenceError
        Sums that this pattern of cells cannot have (the rows, and the columns that are too small
        for them, are named), or that were not reached.

    Examples
    --------
    >>> names = ["farms", "mills"]
    >>> old = pd.DataFrame([[10.0, 20.0], [0.0, 40.0]], names, names)
    >>> new = balance(old, pd.Series([40, 50], names), pd.Series([15, 75], names))
    >>> new.table.round(6).to_numpy()
    array([[15., 25.],
           [ 0., 50.]])

    To bring a table up to date: ``table.replace(flows=balance(table.flows, ...).table)``.

    Notes
    -----
    Misleads where cells changed for reasons of their own (a new technology, a moved plant): the
    method knows sums only, and spreads every change over whole rows and columns. A zero that
    should no longer be one has to be filled by hand.

    RAS does not depend on the scale of the matrix, nor on any scaling of its rows and columns.
    GRAS does: a matrix in thousands and the same in millions give different answers where sums
    change, as negative cells move against positive ones. Take the old matrix in the unit, and at
    the price level, of the new sums.

    Sources: Stone (1961), Input-Output and National Accounts, OECD (RAS); Bacharach (1970),
    Biproportional Matrices and Input-Output Change, Cambridge University Press (uniqueness and
    convergence); Junius and Oosterhaven (2003), Economic Systems Research 15, 87-96 (GRAS);
    Lenzen, Wood and Gallego (2007), Economic Systems Research 19, 461-465 (its right objective);
    Temurshoev, Miller and Bouwmeester (2013), doi:10.1080/09535314.2012.746645 (rows and columns
    without positive cells); Motorin (2017), doi:10.1186/s40008-017-0094-7 (scale).
    """
    method = choose("balancing method", method, ["auto", "ras", "gras"])
    if not (isinstance(tolerance, float | int) and 0 < tolerance < 1):
        raise ParameterError(f"tolerance is {tolerance!r}; give a number above 0 and below 1.")
    if not (isinstance(max_rounds, int) and max_rounds > 0):
        raise ParameterError(f"max_rounds is {max_rounds!r}; give a whole number above 0.")
    if not isinstance(matrix, pd.DataFrame):
        raise DataError(
            f"the matrix is a {type(matrix).__name__}; pass a pandas DataFrame with names on both "
            "sides, such as table.flows."
        )
    sellers = align.labels(matrix.index, "the matrix (rows)")
    buyers = align.labels(matrix.columns, "the matrix (columns)")
    weights = align.numbers(matrix, "the matrix")
    out = align.one_per_industry(rows, "rows", sellers).to_numpy()
    inn = align.one_per_industry(columns, "columns", buyers).to_numpy()
    negative = int((weights < 0).sum())
    if negative and method == "ras":
        i, j = np.argwhere(weights < 0)[0]
        raise DataError(
            f"RAS is for cells that are not negative, and {negative} are: {weights[i, j]:g} at "
            f"row {sellers[i]!r}, column {buyers[j]!r} is the first. Use method='GRAS'."
        )
    _same_total(out, inn)
    _check_lines(weights, out, "row", sellers)
    _check_lines(weights.T, inn, "column", buyers)

    from ..kernels.proportional import fit_signed, overfull

    filled = int(np.count_nonzero(weights))
    cells: Any = weights
    if filled < SPARSE_BELOW * weights.size:
        cells = sparse.csr_array(weights)
    r, s, rounds, missed = fit_signed(cells, out, inn, tolerance, max_rounds)
    if not missed.max() <= tolerance:
        if not negative:
            sums = r * (cells @ s)
            guilty = overfull(cells, sums, out, inn)
            _refuse_overfull(*guilty, weights, out, sellers, buyers)
            guilty = overfull(cells.T, s * (cells.T @ r), inn, out)
            _refuse_overfull(*guilty, weights.T, inn, buyers, sellers, "column")
        raise _unreached(missed, rounds, out, inn, sellers, buyers)
    table = np.zeros_like(weights)
    at = np.nonzero(weights)
    factor = r[at[0]] * s[at[1]]
    w = weights[at]
    with np.errstate(divide="ignore"):  # an infinite factor empties a line of negative cells
        table[at] = np.where(w > 0, w * factor, w / factor)
    used = r[(r > 0) & np.isfinite(r)]
    mean = float(np.exp(np.log(used).mean())) if len(used) else 1.0
    return Balanced(
        pd.DataFrame(table, matrix.index, matrix.columns),
        "GRAS" if negative or method == "gras" else "RAS",
        pd.Series(r / mean, matrix.index, name="row factor"),
        pd.Series(s * mean, matrix.columns, name="column factor"),
        rounds,
        float(missed.max()),
        {"zero": weights.size - filled, "negative": negative},
    )


def _same_total(out: np.ndarray, inn: np.ndarray) -> None:
    sold, bought = float(out.sum()), float(inn.sum())
    if abs(sold - bought) > SAME_TOTAL * max(np.abs(out).sum(), np.abs(inn).sum()):
        raise DataError(
            f"rows add up to {sold:,.10g} and columns to {bought:,.10g}, {sold - bought:,.4g} "
            "more; no matrix has both. Decide which of the two is right and scale the other to "
            "it, for example columns * rows.sum() / columns.sum()."
        )


def _check_lines(weights: np.ndarray, sums: np.ndarray, side: str, names: pd.Index) -> None:
    """Sums that a line cannot have whatever is done to the others."""
    up, down = np.any(weights > 0, axis=1), np.any(weights < 0, axis=1)
    bad = ((sums > 0) & ~up) | ((sums < 0) & ~down)
    if not bad.any():
        return
    k = int(np.argmax(bad))
    holds = "only zeros" if not up[k] and not down[k] else "no cell of that sign"
    raise ConvergenceError(
        f"{side} {names[k]!r} is to add up to {sums[k]:g}, and holds {holds} "
        f"({int(bad.sum())} such {side}s); zeros and signs are kept, so fill a cell of it, or "
        "correct its sum."
    )


def _refuse_overfull(
    rows: np.ndarray,
    columns: np.ndarray,
    excess: float,
    weights: np.ndarray,
    sums: np.ndarray,
    names: pd.Index,
    others: pd.Index,
    side: str = "row",
) -> None:
    """Say which lines have more to place than the lines they cross may take, or just as much."""
    if not len(rows):
        return
    cross = "column" if side == "row" else "row"
    needs = sums[rows].sum()
    told = (
        f"{side}s {align.some(names[rows])} are to add up to {needs:,.6g}, and all their cells "
        f"stand in {cross}s {align.some(others[columns])}, which may hold "
    )
    if excess > 0:
        raise ConvergenceError(
            f"{told}{needs - excess:,.6g}: no matrix with these zeros has these sums. Fill a cell "
            "outside of these, or correct the sums."
        )
    rest = np.setdiff1d(np.flatnonzero(sums > 0), rows)
    i, j = np.argwhere(weights[np.ix_(rest, columns)] > 0)[0]
    raise ConvergenceError(
        f"{told}just that, so that their other cells, such as {names[rest[i]]!r} with "
        f"{others[columns[j]]!r}, would have to become 0, which scaling never does. Write 0 there, "
        "correct the sums, or set a larger tolerance."
    )


def _unreached(
    missed: np.ndarray,
    rounds: int,
    out: np.ndarray,
    inn: np.ndarray,
    sellers: pd.Index,
    buyers: pd.Index,
) -> ConvergenceError:
    k = int(np.argmax(np.where(np.isfinite(missed), missed, np.inf)))
    is_row = k < len(out)
    name = sellers[k] if is_row else buyers[k - len(out)]
    wanted = out[k] if is_row else inn[k - len(out)]
    return ConvergenceError(
        f"after {rounds:,} rounds {'row' if is_row else 'column'} {name!r} still misses its sum "
        f"of {wanted:g} by {missed[k]:.1e} of its flow. Its zeros and signs may not allow the sum: "
        "look at the lines it shares cells with, fill cells that need not be zero, or, if a miss "
        "of that size will do, set tolerance."
    )
