"""Accounts solved: what an economy must make for a unit of demand, and who stands in the middle.

The Ghosh inverse beside Leontief's, multipliers of any account, linkages and key industries.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..registry import choose
from ..tables.table import IOTable
from .solving import (
    OUTPUT,
    VALUE_ADDED,
    account,
    closure,
    regions_of,
    rounds,
    system,
    value_added_rows,
)

__all__ = ["ghosh", "key_industries", "linkages", "multipliers"]


def ghosh(table: IOTable, coefficients: bool = False) -> pd.DataFrame:
    """Tell how each industry's output is dealt out to its buyers: G = (I - B)^-1.

    B_ij = Z_ij / x_i is the share of i's output that j buys, and G_ij what j makes, in all rounds,
    for a unit of primary inputs in i, where shares of sales stay as they are.

    Parameters
    ----------
    table : IOTable
    coefficients : bool
        B itself, in place of its inverse.

    Returns
    -------
    DataFrame, n x n
        Sellers in rows. Row sums of G are forward linkages, and the upstreamness of a closed
        economy. An industry without output keeps the row and column of the identity.

    Notes
    -----
    G = x^-1 L x, so it needs no inverse of its own. As a forecast of quantities it supposes that
    buyers take what they are sent; it is safer read as a description of where output goes, or of
    prices.

    Miller and Blair (2009), doi:10.1017/CBO9780511626982, chapter 12.

    Examples
    --------
    >>> from klasternet import datasets
    >>> ghosh(datasets.load("miller_blair")).round(4).to_numpy()
    array([[1.2541, 0.6601],
           [0.132 , 1.1221]])
    """
    solved = system(table)
    if coefficients:
        shares = solved.per_output(table.flows.to_numpy().T).T
        return pd.DataFrame(shares, table.industries, table.industries)
    cells = table.leontief().to_numpy() * solved.output
    G = solved.per_output(cells.T).T
    np.fill_diagonal(G, table.leontief().to_numpy().diagonal())
    return pd.DataFrame(G, table.industries, table.industries)


def multipliers(
    table: IOTable,
    of: Any = "output",
    households: str | Iterable[str] | None = None,
    income: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Tell what a unit of final demand for each industry carries of output, income, jobs, or else.

    With c_j = amount_j / x_j the account per unit of output and L = (I - A)^-1,

        effect_j = sum_i c_i L_ij            type_i = effect_j / c_j

    Closed for households, their spending per unit of income H and income per unit of output W
    join A as a column and a row, and type_ii is the effect in the industries (households' own
    income is not counted again) over c_j.

    Parameters
    ----------
    table : IOTable
    of : str, list of str or Series
        "output"; "value added" (primary inputs without imports and taxes on products, the rows
        in ``attrs["rows"]``); "imports" (inputs from outside the table); a row of `value_added` or
        `satellites` (jobs, emissions), or several, added up; or amounts by industry.
    households, income : str or list of str, optional
        Columns of final demand and rows of value added that close the model. In a table of
        regions the category, as in "Households"; each region has its own households.

    Returns
    -------
    DataFrame, one row for each industry
        direct
            c_j, in units of the account per unit of money; 1 for output.
        effect
            Carried directly and through all suppliers (the simple multiplier).
        type_i
            effect / direct; NaN where direct is 0.
        effect_closed, type_ii
            With households' spending as well, where these are given.
        effect_home, effect_elsewhere
            In a table of regions: the part in the industry's own region, and the spillover.

    Raises
    ------
    DataError, AlignmentError
        An account that the table does not have.
    ConvergenceError
        I - A has no meaningful inverse, or households' spending never ends.

    Warns
    -----
    KlasternetWarning
        Negative value added; households that spend more than they earn; wages far above output, or
        jobs of one industry hundreds of times what the others have for a unit of output: another
        unit, or a slip. A row that is wholly in another unit cannot be seen.

    Notes
    -----
    Published "multipliers" of income and jobs are type_i or type_ii; "effects" are per unit of
    demand. Type II takes every household's last unit to be spent as its average one is, and is an
    upper bound. Flows that hold imports overstate all of them.

    Miller and Blair (2009), doi:10.1017/CBO9780511626982, chapter 6.

    Examples
    --------
    >>> from klasternet import datasets
    >>> multipliers(datasets.load("miller_blair"))["effect"].round(4).tolist()
    [1.5182, 1.4521]
    """
    solved = system(table)
    name, amounts = account(table, of)
    c = solved.per_output(amounts)
    if isinstance(of, str) and of == OUTPUT:
        c[:] = 1.0  # also where nothing is made
    columns = {"direct": c, "effect": solved.weights(c)}
    ratio = {"type_i": "effect"}
    if households is not None or income is not None:
        H, W = closure(table, [] if households is None else households, income)
        LH = solved.outputs(H)
        again = np.linalg.solve(rounds(W, LH), solved.weights(W.T).T)
        columns["effect_closed"] = columns["effect"] + (c @ LH) @ again
        ratio["type_ii"] = "effect_closed"
    for label, effect in ratio.items():
        columns[label] = np.divide(columns[effect], c, out=np.full(table.n, np.nan), where=c != 0)
    if table.region is not None:
        names, place = regions_of(table)
        by_region = solved.weights((np.arange(len(names))[:, None] == place).T * c[:, None])
        columns["effect_home"] = by_region[np.arange(table.n), place]
        columns["effect_elsewhere"] = columns["effect"] - columns["effect_home"]
    out = pd.DataFrame(columns, table.industries)
    out.attrs["account"] = name
    if name == VALUE_ADDED and isinstance(of, str):
        out.attrs["rows"] = value_added_rows(table)
    return out


def linkages(table: IOTable) -> pd.DataFrame:
    """Tell how strongly each industry pulls on its suppliers and pushes its buyers.

    With A_ij = Z_ij / x_j, B_ij = Z_ij / x_i, L = (I - A)^-1 and G = (I - B)^-1.

    Parameters
    ----------
    table : IOTable

    Returns
    -------
    DataFrame, one row for each industry
        backward_direct, forward_direct
            Column sums of A, row sums of B.
        backward, forward
            Column sums of L, row sums of G: direct and indirect.
        power, sensitivity
            backward and forward over their means: 1 is the average industry.
        power_cv, sensitivity_cv
            How unevenly the pull falls on industries: standard deviation (n - 1) over mean of the
            column of L, and of the row of G. Low: many are reached; high: few.
        forward_leontief, sensitivity_leontief
            Row sums of L and the same over their mean, Rasmussen's sensitivity of dispersion.

    Notes
    -----
    Two forward linkages are in use. Row sums of L answer "what if final demand for every product
    grew by one unit", which no economy does; row sums of G start from the industry itself
    (Miller and Blair 2009, doi:10.1017/CBO9780511626982, chapter 12). Backward totals are never
    below 1: only the normalised ones may be compared with 1. Industries without output count in
    the means with linkages of 1; ``attrs["without_output"]`` names them. The mean weighs small and
    large industries alike.

    Examples
    --------
    >>> from klasternet import datasets
    >>> linkages(datasets.load("miller_blair"))[["power", "sensitivity"]].round(4).to_numpy()
    array([[1.0222, 1.2083],
           [0.9778, 0.7917]])
    """
    solved = system(table)
    L, G = table.leontief().to_numpy(), ghosh(table).to_numpy()
    backward, forward, rows = L.sum(axis=0), G.sum(axis=1), L.sum(axis=1)
    columns = {
        "backward_direct": solved.A.sum(axis=0),
        "forward_direct": solved.per_output(solved.A @ solved.output),
        "backward": backward,
        "forward": forward,
        "power": backward / backward.mean(),
        "sensitivity": forward / forward.mean(),
        "power_cv": L.std(axis=0, ddof=1) / L.mean(axis=0),
        "sensitivity_cv": G.std(axis=1, ddof=1) / G.mean(axis=1),
        "forward_leontief": rows,
        "sensitivity_leontief": rows / rows.mean(),
    }
    out = pd.DataFrame(columns, table.industries)
    out.attrs["without_output"] = list(table.industries[solved.output == 0])
    return out


def key_industries(table: IOTable, forward: str = "ghosh") -> pd.DataFrame:
    """Tell which industries are key: they pull and push more than the average industry.

    Parameters
    ----------
    table : IOTable
    forward : {"ghosh", "leontief"}
        The sensitivity that counts; see `linkages`.

    Returns
    -------
    DataFrame, one row for each industry
        power, sensitivity, power_cv, and kind: "key" (both above 1), "backward" (power alone),
        "forward" (sensitivity alone), "weak" (neither).

    Notes
    -----
    A key industry by linkages may be small, and may reach few others: see power_cv. Linkages say
    nothing of capacity, prices or jobs.

    Examples
    --------
    >>> from klasternet import datasets
    >>> key_industries(datasets.load("germany_1995"))["kind"].value_counts().to_dict()
    {'key': 2, 'weak': 2, 'backward': 1, 'forward': 1}
    """
    choice = choose("forward linkage", forward, ("ghosh", "leontief"))
    table_of = linkages(table)
    chosen = "sensitivity" if choice == "ghosh" else "sensitivity_leontief"
    out = table_of[["power", chosen, "power_cv"]].rename(columns={chosen: "sensitivity"})
    pulls, pushes = out["power"] > 1, out["sensitivity"] > 1
    kinds = np.array([["weak", "forward"], ["backward", "key"]], dtype=object)
    return out.assign(kind=kinds[pulls.astype(int), pushes.astype(int)])
