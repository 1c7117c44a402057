"""Shift-share: growth of a region told apart into nation, industry mix and its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from .counts import by_place, called, numbers, same_table, warn_of_slips, without_totals

__all__ = ["shift_share"]

PARTS = {
    "dunn": ("national", "structural", "competitive"),
    "esteban_marquillas": ("national", "structural", "competitive", "allocation"),
    "arcelus": ("national", "structural", "regional", "regional_mix"),
}


def shift_share(
    *periods: pd.DataFrame,
    method: str = "dunn",
    by: str = "region",
    reference: Any = None,
) -> pd.DataFrame:
    """Tell how much of a region's growth is the nation's, its industries', and its own.

    With e_ri and e'_ri employment before and after, G national growth, G_i that of industry i in
    the nation, g_ri that of the industry in the region:

        national     e_ri G
        structural   e_ri (G_i - G)         the industry mix
        competitive  e_ri (g_ri - G_i)      what is particular to the region

    which add up to the change. Esteban-Marquillas parts the last with h_ri = e_r e_i / e, what the
    region would have with the nation's mix: competitive h_ri (g_ri - G_i), and allocation
    (e_ri - h_ri)(g_ri - G_i), specialisation in what the region does well. Arcelus parts it with
    g_r, growth of the region as a whole: regional e_ri (g_r - G), and regional_mix
    e_ri [(g_ri - g_r) - (G_i - G)].

    Parameters
    ----------
    *periods : DataFrame, regions x industries
        Two or more, in order of time. With more, every step is taken apart with its own shares
        and the parts are added up (dynamic shift-share): the mix then is never out of date.
    method : {"dunn", "esteban_marquillas", "arcelus"}
    by : {"region", "industry", "both"}
        What the parts are summed over: one row for each region, each industry, or each pair.
    reference : list of Series by industry, optional
        The nation in each period, where the regions are not all of it; their sum if left out.

    Returns
    -------
    DataFrame
        start, end, change, national, structural, and competitive, or competitive and allocation,
        or regional and regional_mix, in the unit given.

    Raises
    ------
    ParameterError
        Fewer than two periods.
    AlignmentError
        Periods with other regions or industries.
    DataError
        An industry that the nation begins in between: it has no rate of growth. A total among
        regions or industries.

    Warns
    -----
    KlasternetWarning
        A cell that is not tiny changes tenfold: more often a slip than growth.

    Notes
    -----
    An account, not an explanation. Parts depend on how fine industries are. Where a region begins
    an industry, g_ri does not exist: all of it is competitive, none allocation.

    References
    ----------
    Dunn (1960), Papers of the Regional Science Association 6, 97-112; Esteban-Marquillas (1972),
    Regional and Urban Economics 2(3), 249-261; Barff and Knight (1988), Growth and Change 19(2),
    1-10: formulas checked against public code of all three. Arcelus (1984), Growth and Change
    15(1), 3-8: his text was not at hand; the formula is what the parts' names say, without his
    further split by h_ri. That the parts add up is a test of all.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> before = pd.DataFrame({"farms": [90, 310], "shops": [90, 610]}, ["A", "rest"])
    >>> after = pd.DataFrame({"farms": [100, 340], "shops": [105, 720]}, ["A", "rest"])
    >>> kn.shift_share(before, after).loc["A"].round(1).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'start': 180.0, 'end': 205.0, 'change': 25.0, 'national': 27.0, 'structural': -1.9,
     'competitive': -0.1}
    """
    method = choose("method", method, tuple(PARTS))
    by = choose("sum", by, ("region", "industry", "both"))
    if len(periods) < 2:
        raise ParameterError(
            f"{len(periods)} table given: growth needs two. Give shift_share(before, after)."
        )
    first = numbers(periods[0], "period 1")
    without_totals(first, "period 1")
    tables = [first]
    for k, period in enumerate(periods[1:], start=2):
        tables.append(same_table(period, first, f"period {k}"))
        warn_of_slips(*tables[-2:])
    nations = _nations(reference, tables)
    e = [table.to_numpy() for table in tables]
    names = PARTS[method]
    parts = np.zeros((len(names), *e[0].shape))
    for k in range(len(e) - 1):
        step = _step(e[k], e[k + 1], nations[k], nations[k + 1], first.columns, method)
        parts += np.array(step)
    columns = {
        "start": e[0],
        "end": e[-1],
        "change": e[-1] - e[0],
        **dict(zip(names, parts, strict=True)),
    }
    region, industry = first.index.name or "region", first.columns.name or "industry"
    if by == "both":
        index: pd.Index = pd.MultiIndex.from_product(
            [first.index, first.columns], names=[region, industry]
        )
        return pd.DataFrame({name: part.ravel() for name, part in columns.items()}, index=index)
    axis = 1 if by == "region" else 0
    index = first.index.rename(region) if axis else first.columns.rename(industry)
    return pd.DataFrame({name: part.sum(axis=axis) for name, part in columns.items()}, index=index)


def _nations(reference: Any, tables: list[pd.DataFrame]) -> list[np.ndarray]:
    """National totals by industry in each period."""
    if reference is None:
        return [table.to_numpy().sum(axis=0) for table in tables]
    given = list(reference)
    if len(given) != len(tables):
        raise ParameterError(
            f"reference has {len(given)} periods, the tables {len(tables)}. Give a Series for each."
        )
    return [
        by_place(part, tables[0].columns, "industry", f"reference {k}").to_numpy()
        for k, part in enumerate(given, start=1)
    ]


def _step(
    e: np.ndarray, later: np.ndarray, E: np.ndarray, E_later: np.ndarray, names: Any, method: str
) -> list[np.ndarray]:
    """Parts of the change in one step, each (regions, industries)."""
    new = (E == 0) & (E_later > 0)
    if new.any():
        raise DataError(
            f"{called(names, np.argmax(new))} begins between two periods, so it has no rate of "
            "growth. Merge it with a related industry in all periods, or leave it out."
        )
    if not E.sum() > 0:
        raise DataError("a period is empty. Leave it out.")
    G = E_later.sum() / E.sum() - 1
    G_i = np.divide(E_later, E, out=np.ones_like(E), where=E > 0) - 1
    own = later - e * (1 + G_i)
    parts = [e * G, e * (G_i - G), own]
    if method == "dunn":
        return parts
    if method == "arcelus":
        held = e.sum(axis=1, keepdims=True)
        after = later.sum(axis=1, keepdims=True)
        g_r = np.divide(after, held, out=np.ones_like(held), where=held > 0) - 1
        regional = e * (g_r - G)
        return [*parts[:2], regional, own - regional]
    homothetic = e.sum(axis=1, keepdims=True) * E / E.sum()
    rate = np.divide(own, e, out=np.zeros_like(e), where=e > 0)
    competitive = np.where(e > 0, homothetic * rate, own)
    return [*parts[:2], competitive, own - competitive]
