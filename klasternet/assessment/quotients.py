"""Location quotients: how many times a region has the share of an industry that all have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import DataError
from ..qualities import number
from .counts import by_place, cell, counts

__all__ = ["location_quotients"]


def location_quotients(
    employment: pd.DataFrame, level: float | None = 0.95, reference: Any = None
) -> pd.DataFrame:
    """Tell which industries each region is specialised in, and how sure that is.

    With e_ri the employment of industry i in region r:

        LQ_ri = (e_ri / e_r) / (e_i / e)

    Above 1 the region has more than its share. The interval treats employment as counts, drawn
    with the chances of a multinomial distribution; by the delta method

        Var(log LQ_ri) = 1/e_ri - 1/e_r - 1/e_i + 2 e_ri / (e_r e_i) - 1/e

    Parameters
    ----------
    employment : DataFrame, regions x industries
        Persons. For money or for thousands of persons use ``level=None``: the width of an interval
        depends on the unit.
    level : float or None
        Confidence of the intervals, 0.95 by default; None leaves them out.
    reference : Series by industry, optional
        What e_i is, where the regions are not the whole nation; e is its sum. The sum over the
        regions if left out.

    Returns
    -------
    DataFrame
        One row for each region and industry, with columns employment, lq, low and high (limits of
        the interval; where employment is 0, low is 0 and high the exact binomial limit), z (log LQ
        less its mean over the regions that have the industry, in standard deviations; NaN where
        the region does not have it, or fewer than three do) and normality (p-value of the
        Jarque-Bera test that log LQ of the industry is normal over regions: where it is small,
        do not read z as a normal score).

    Raises
    ------
    DataError
        An empty region or industry; a region with more of an industry than the reference.
    AlignmentError
        A reference that lacks an industry.

    Notes
    -----
    A quotient says nothing of size: a village with one mine has a very high one. Small regions
    have wide intervals: read `low`. Many quotients are looked at together, so at 0.95 one in
    twenty without specialisation lies outside by chance.

    References
    ----------
    Beyene and Moineddin (2005), doi:10.1186/1471-2288-5-32, compare the delta method with others;
    the variance above, with the region inside the nation, is checked by simulation in the tests.
    O'Donoghue and Gleave (2004), doi:10.1080/03434002000213932, propose standardised quotients,
    Tian (2013), doi:10.22004/ag.econ.243958, limits by bootstrap where these are not normal; here
    logarithms are standardised.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> e = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    >>> lq = kn.location_quotients(e)
    >>> lq.loc[("coast", "fish"), ["lq", "low", "high"]].astype(float).round(2).tolist()
    [2.25, 2.02, 2.51]
    """
    table = counts(employment)
    e = table.to_numpy()
    of_region = e.sum(axis=1, keepdims=True)
    if reference is None:
        of_industry = e.sum(axis=0)
    else:
        of_industry = by_place(reference, table.columns, "industry", "reference").to_numpy()
        beyond = e > of_industry * (1 + 1e-9)
        if beyond.any():
            r, i = np.argwhere(beyond)[0]
            raise DataError(
                f"{cell(table, r, i)} is {e[r, i]:,g}, more than in the "
                f"reference ({of_industry[i]:,g}). Give national totals in the same unit."
            )
    total = of_industry.sum()
    lq = (e / of_region) / (of_industry / total)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(e > 0, np.log(lq), np.nan)
    out: dict[str, np.ndarray] = {"employment": e, "lq": lq}
    if level is not None:
        tail = (1 - number("level", level, 0.5, 0.9999)) / 2
        out["low"], out["high"] = _interval(e, of_region, of_industry, lq, tail)
    out["z"], normality = _standardised(logs)
    out["normality"] = np.broadcast_to(normality, e.shape)
    index = pd.MultiIndex.from_product(
        [table.index, table.columns],
        names=[table.index.name or "region", table.columns.name or "industry"],
    )
    return pd.DataFrame({name: part.ravel() for name, part in out.items()}, index=index)


def _interval(
    e: np.ndarray, of_region: np.ndarray, of_industry: np.ndarray, lq: np.ndarray, tail: float
) -> tuple[np.ndarray, np.ndarray]:
    """Limits by the delta method; where nothing is there, the exact binomial limit."""
    total = of_industry.sum()
    with np.errstate(divide="ignore"):
        variance = 1 / e - 1 / of_region - 1 / of_industry
    variance += 2 * e / (of_region * of_industry) - 1 / total
    some = e > 0
    wide = stats.norm.isf(tail) * np.sqrt(np.clip(np.where(some, variance, 0), 0, None))
    most = -np.expm1(np.log(tail) / of_region) / (of_industry / total)
    return np.where(some, lq * np.exp(-wide), 0.0), np.where(some, lq * np.exp(wide), most)


def _standardised(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of each industry over regions, and the p-value of their normality."""
    z, p = np.full(logs.shape, np.nan), np.full(logs.shape[1], np.nan)
    for i in range(logs.shape[1]):
        there = np.isfinite(logs[:, i])
        at = logs[there, i]
        if len(at) < 3 or np.ptp(at) < 1e-12:
            continue
        z[there, i] = (at - at.mean()) / at.std(ddof=1)
        p[i] = stats.jarque_bera(at).pvalue
    return z, p
