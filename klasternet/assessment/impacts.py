"""Impacts: a change in demand followed to output, value added, jobs, emissions and imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import DataError, ParameterError
from ..qualities import number
from ..tables.alignment import known_names, numbers, some
from ..tables.table import IOTable
from .solving import carried, closure, imported, rounds, shares_of, system, tells_imports

__all__ = ["Impact", "impact"]

MIXED = 0.1  # falls per rise of a category, from which on its proportions mean nothing


@dataclass(frozen=True, eq=False, repr=False)
class Impact:
    """What a change in demand calls forth.

    Attributes
    ----------
    table : DataFrame, one row for each industry
        demand (the change), output, value_added, imports (inputs from outside the table), and each
        satellite, where the table has them.
    total : Series
        The sums of these columns.
    by_cluster, by_region : DataFrame or None
        The sums by cluster, the rest last, and by region.
    closed : bool
        Whether households' spending is in it.
    """

    table: pd.DataFrame
    by_cluster: pd.DataFrame | None
    by_region: pd.DataFrame | None
    closed: bool
    unit: str = ""

    @property
    def total(self) -> pd.Series:
        """Sums over industries."""
        return self.table.sum()

    def __repr__(self) -> str:
        total = self.total
        times = f" ({total['output'] / total['demand']:.3g} times)" if total["demand"] else ""
        spent = ", households' spending in it" if self.closed else ""
        return f"Impact: demand {total['demand']:,.6g}, output {total['output']:,.6g}{times}{spent}"

    def __str__(self) -> str:
        by = next((f for f in (self.by_cluster, self.by_region) if f is not None), None)
        if by is None:
            by = self.table.loc[self.table["output"].abs().nlargest(15).index]
        shown = pd.concat([by.head(40), self.total.to_frame("total").T])
        unit = f"\nMoney in {self.unit}." if self.unit else ""
        return f"{self!r}\n{shown.map('{:,.6g}'.format).to_string()}{unit}"


def impact(
    table: IOTable,
    change: float | Mapping[str, float] | pd.Series,
    category: str | None = None,
    clusters: Clusters | None = None,
    households: str | Iterable[str] | None = None,
    income: str | Iterable[str] | None = None,
) -> Impact:
    """Follow a change in final demand, exports or investment to all that it calls forth.

    dx = L df, and every account follows output: c_i dx_i with c_i = amount_i / x_i.

    Parameters
    ----------
    table : IOTable
    change : number, or Series or mapping of industry to number
        df in the table's money. A number is an amount spent on a category.
    category : str, optional
        Column of final demand, such as "Exports", over whose products a number is spread, in the
        proportions that it has now.
    clusters : Clusters, optional
        To sum up by cluster.
    households, income : str or list of str, optional
        Closes the model for households' spending; see `multipliers`.

    Returns
    -------
    Impact

    Raises
    ------
    AlignmentError
        Industries, a category or clusters that the table does not know.
    ParameterError
        A number without a category, or a category with amounts by industry.
    DataError
        A change that is no number; a category that buys nothing, or falls here and rises there.

    Notes
    -----
    Prices, wages, capacity and technology stay as they are, and there is labour to be had: an upper
    bound, better for small changes. A number buys products of the table alone; what the category
    imports directly must be taken off first. Margins of trade and transport belong to these
    industries where the table is at basic prices.

    Miller and Blair (2009), doi:10.1017/CBO9780511626982, chapter 2.

    Examples
    --------
    >>> from klasternet import datasets
    >>> result = impact(datasets.load("miller_blair"), {"Sector 1": 600, "Sector 2": 1500})
    >>> result.table["output"].round(1).tolist()
    [1247.5, 1841.6]
    """
    solved = system(table)
    demand = _demand(table, change, category)
    output = solved.outputs(demand)
    closed = households is not None or income is not None
    if closed:
        H, W = closure(table, [] if households is None else households, income)
        LH = solved.outputs(H)
        output = output + LH @ np.linalg.solve(rounds(W, LH), W @ output)
    columns = {"demand": demand, "output": output}
    accounts = carried(table)
    if tells_imports(table):
        accounts["imports"] = imported(table)
    for name, amounts in accounts.items():
        columns[name] = solved.per_output(amounts) * output
    out = pd.DataFrame(columns, table.industries)
    by_cluster = by_region = None
    if clusters is not None:
        by_cluster = shares_of(clusters, table).T @ out
    if table.region is not None:
        by_region = out.groupby(table.region.to_numpy(), sort=False).sum()
        by_region.index.name = "region"
    return Impact(out, by_cluster, by_region, closed, table.unit)


def _demand(table: IOTable, change: Any, category: str | None) -> np.ndarray:
    """The change by industry, in the table's order."""
    if isinstance(change, Mapping):
        change = pd.Series(dict(change))
    if isinstance(change, pd.Series):
        if category is not None:
            raise ParameterError(
                f"amounts by industry and category={category!r} are both given; give amounts by "
                "industry, or one number and a category."
            )
        known_names(change.index, table.industries, "the change")
        amounts = pd.Series(
            numbers(change.to_frame("change"), "the change").ravel(), change.index.astype(str)
        )
        return amounts.reindex(table.industries, fill_value=0.0).to_numpy()
    amount = number("change", change)
    if category is None:
        raise ParameterError(
            f"the change is one number, {amount:g}, without a category; give category=, a column "
            "of final demand, or amounts by industry."
        )
    if table.final_demand is None:
        raise DataError("the table has no final demand; give the change by industry.")
    known_names([category], table.final_demand.columns, "category=")
    bought = table.final_demand[category].to_numpy()
    falls, rises = -bought[bought < 0].sum(), bought[bought > 0].sum()
    if falls > MIXED * rises or not rises:
        low = table.industries[bought < 0]
        why = f"falls for {some(low)}" if len(low) else "buys nothing"
        raise DataError(
            f"category {category!r} {why}, so that its proportions tell nothing of a change; give "
            "the change by industry."
        )
    return amount * bought / bought.sum()
