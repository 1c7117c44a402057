"""How unevenly an industry is spread over regions, in the measures of the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..registry import choose
from .counts import by_place, cell, counts, reference_shares, same_table

__all__ = ["concentration", "litzenberger_sternberg"]

Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]


def krugman(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum of |s - x|, 0 to 2."""
    return np.abs(s - x).sum(axis=0)


def hoover(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Half of it: the share that would have to move, 0 to 1."""
    return krugman(s, x) / 2


def lorenz_gini(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Area between the Lorenz curve of s over x and the diagonal, 0 to 0.5."""
    order = np.argsort(s / x, axis=0, kind="stable")
    s = np.take_along_axis(s, order, axis=0)
    x = np.take_along_axis(np.broadcast_to(x, s.shape), order, axis=0)
    below = np.cumsum(s, axis=0) - s / 2
    return 0.5 - (below * x).sum(axis=0)


def quotient_gini(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Gini coefficient of the location quotients, every region counting the same."""
    lq = np.sort(s / x, axis=0)
    n = len(lq)
    rank = np.arange(1, n + 1)[:, None]
    return 2 / (n**2 * lq.mean(axis=0)) * (rank * (lq - lq.mean(axis=0))).sum(axis=0)


def theil(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Theil's T: sum of s log(s / x)."""
    return (s * np.log(np.where(s > 0, s / x, 1.0))).sum(axis=0)


def mean_log_deviation(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Theil's L: sum of x log(x / s); infinite where an industry is absent from a region."""
    with np.errstate(divide="ignore"):
        return np.asarray(-(x * np.log(s / x)).sum(axis=0))


def herfindahl(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum of s^2, whatever x."""
    return (s**2).sum(axis=0)


def equivalent_number(s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """1 / Herfindahl: so many regions of equal size are as concentrated."""
    return 1 / herfindahl(s, x)


MEASURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        krugman,
        hoover,
        lorenz_gini,
        quotient_gini,
        theil,
        mean_log_deviation,
        herfindahl,
        equivalent_number,
    )
}


def concentration(
    employment: pd.DataFrame, kind: str = "all", reference: Any = None
) -> pd.DataFrame:
    """Tell how far the places of each industry differ from the places of all employment.

    With s_r the share of region r in the industry and x_r its share in the reference:

    ==================  ====================================================================
    krugman             sum |s_r - x_r|, 0 to 2
    hoover              half of it: the share of jobs that would have to move, 0 to 1
    lorenz_gini         area between Lorenz curve (regions in order of s/x) and diagonal,
                        0 to 0.5; twice that is the Hoover-Gini coefficient
    quotient_gini       Gini coefficient of s_r / x_r with regions weighted alike, 0 to 1
    theil               Theil's T, sum s_r log(s_r / x_r), 0 to infinity
    mean_log_deviation  Theil's L, sum x_r log(x_r / s_r); infinite if a region has none
    herfindahl          sum s_r^2, without reference
    equivalent_number   1 / herfindahl, in regions
    ==================  ====================================================================

    Both Ginis are called "locational Gini" in the literature; they are two numbers.

    Parameters
    ----------
    employment : DataFrame, regions x industries
        Any unit. For the specialisation of regions give its transpose.
    kind : str
        One of the names above, or "all".
    reference : Series by region, "equal" or None
        What s is compared with; shares are taken of it. None: all employment; "equal": every
        region the same (absolute concentration).

    Returns
    -------
    DataFrame
        One row for each industry, one column for each measure; no unit.

    Raises
    ------
    DataError
        An empty region or industry, a total among them.
    AlignmentError
        A reference that lacks a region.

    Notes
    -----
    All of these take a plant of 1,000 for concentration: `ellison_glaeser` does not. They depend
    on how regions are drawn, and finer regions give higher values.

    References
    ----------
    Krugman (1991), Geography and Trade; Hoover (1936), Review of Economic Statistics 18, 162-171,
    doi:10.2307/1927875; Theil (1967), Economics and Information Theory. Formulas as in the packages
    REAT and EconGeo, whose values are in the tests.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> e = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    >>> kn.concentration(e, "hoover").round(3)["hoover"].to_dict()
    {'fish': 0.5, 'shops': 0.125}
    """
    table = counts(employment, empty_regions=reference is not None)
    names = list(MEASURES)
    if kind != "all":
        names = [choose("kind of concentration", kind, [*MEASURES, "all"])]
    x = reference_shares(reference, table)[:, None]
    s = table.to_numpy() / table.to_numpy().sum(axis=0)
    index = table.columns.rename(table.columns.name or "industry")
    return pd.DataFrame({name: MEASURES[name](s, x) for name in names}, index=index)


def litzenberger_sternberg(
    employment: pd.DataFrame, area: pd.Series, population: pd.Series, firms: pd.DataFrame
) -> pd.DataFrame:
    """Tell where an industry is dense on the ground, dense per head, and made of many firms.

    With e employment, a area, p population, b firms, of region r over those of all regions:

        CI_ri = (e_ri/a_r)/(e_i/a) * (e_ri/p_r)/(e_i/p) / [ (e_ri/b_ri)/(e_i/b_i) ]

    Parameters
    ----------
    employment, firms : DataFrame, regions x industries
    area, population : Series by region
        Any unit.

    Returns
    -------
    DataFrame, regions x industries
        1 is the average of all regions; 0 where there are neither firms nor employment.

    Raises
    ------
    DataError
        Employment without firms, or an area or population of 0.
    AlignmentError
        Tables that do not name the same regions or industries.

    References
    ----------
    Litzenberger and Sternberg (2006), Geographische Zeitschrift 94(2), 209-224, as in the package
    REAT, whose value for Farhauer and Kroell's (2014) example is in the tests.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> e = pd.DataFrame({"cars": [60, 40], "shops": [10, 20]}, ["north", "south"])
    >>> b = pd.DataFrame({"cars": [6, 4], "shops": [5, 10]}, ["north", "south"])
    >>> a, p = pd.Series({"north": 1, "south": 3}), pd.Series({"north": 50, "south": 50})
    >>> kn.litzenberger_sternberg(e, a, p, b).loc["north", "cars"].round(2)
    np.float64(2.88)
    """
    table = counts(employment)
    b = same_table(firms, table, "firms").to_numpy()
    a, p = (
        by_place(part, table.index, "region", name).to_numpy()[:, None]
        for part, name in ((area, "area"), (population, "population"))
    )
    e = table.to_numpy()
    if ((b == 0) & (e > 0)).any():
        r, i = np.argwhere((b == 0) & (e > 0))[0]
        raise DataError(
            f"{cell(table, r, i)} has {e[r, i]:g} employed and no firm. "
            "Give the number of firms, or set both to 0."
        )
    e_i, b_i = e.sum(axis=0), b.sum(axis=0)
    dense = (e / a) / (e_i / a.sum()) * (e / p) / (e_i / p.sum())
    size = np.divide(e, b, out=np.ones_like(e), where=e > 0) / (e_i / b_i)
    return pd.DataFrame(dense / size, index=table.index, columns=table.columns)
