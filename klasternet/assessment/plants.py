"""Do plants of an industry locate together more than darts, and plant sizes, would explain?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import DataError, ParameterError
from .counts import by_place, called, same_names

__all__ = ["ellison_glaeser", "lists_plants", "plant_shares", "plants_by_region", "read_plants"]

COLUMNS = ("region", "industry", "employment")


def ellison_glaeser(plants: pd.DataFrame, reference: pd.Series | None = None) -> pd.DataFrame:
    """Tell whether an industry's plants locate together more than chance and plant sizes explain.

    With s_r the share of region r in the industry, x_r its share in the reference, z_k the share
    of plant k in the industry, X = sum x_r^2 and H = sum z_k^2:

        G = sum (s_r - x_r)^2,    gamma = [G - (1 - X) H] / [(1 - X)(1 - H)]

        Var G = 2 { H^2 (X - 2 S3 + X^2) - Z4 (X - 4 S3 + 3 X^2) },  S3 = sum x^3, Z4 = sum z^4

    Maurel and Sedillot estimate the same gamma from the chance that two plants share a region:
    (sum s_r^2 - H)/(1 - H) estimates p, and gamma = (p - X)/(1 - X).

    Parameters
    ----------
    plants : DataFrame
        One row for each plant, with columns region, industry and employment. With a further
        column `plants`, a row stands for so many plants of the same size that share its
        employment: size classes, where single plants are secret.
    reference : Series by region, optional
        Total employment of each region; those without a plant belong in it too. If left out, the
        employment of all plants in the table.

    Returns
    -------
    DataFrame
        One row for each industry: plants, employment, G, H, gamma, expected (G of darts),
        deviation (its standard deviation), z, pvalue (one-sided, for concentration, normal
        approximation), maurel_sedillot. Shares and indices have no unit.

    Raises
    ------
    ParameterError
        Regions x industries instead of plants: they do not tell plant sizes.
    DataError
        An industry with a single plant, whose places tell nothing; missing or negative numbers.
    AlignmentError
        A plant in a region that the reference does not have.

    Notes
    -----
    Above 0.05 is usually called very concentrated, below 0.02 not very. The normal approximation
    is rough with few plants. Borders of regions matter: plants across a border are apart; see
    `k_density`.

    References
    ----------
    Ellison and Glaeser (1997), doi:10.1086/262098; Maurel and Sedillot (1999), Regional Science and
    Urban Economics 29, 575-604, equation 7 as in public code (PySAL). Farhauer and Kroell's (2014)
    example is in the tests, and gamma and Var G are checked there by simulation.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> sizes = {"Wien": [200, 650, 12000, 100, 50], "Linz": [16000, 13000, 1500, 1500],
    ...          "Graz": [25000]}
    >>> plants = pd.DataFrame([(r, "steel", e) for r in sizes for e in sizes[r]],
    ...                       columns=["region", "industry", "employment"])
    >>> regions = pd.Series({"Wien": 500_000, "Linz": 400_000, "Graz": 100_000})
    >>> kn.ellison_glaeser(plants, regions)[["G", "H", "gamma"]].round(4).loc["steel"].tolist()
    [0.1682, 0.2447, 0.0599]
    """
    table = read_plants(plants)
    e = table["employment"].to_numpy()
    number = table["plants"].to_numpy()
    total = pd.Series(e).groupby(table["industry"].to_numpy(), sort=False).transform("sum")
    z = e / total.to_numpy()
    rows = table.groupby("industry", sort=False, observed=True)
    by = pd.DataFrame({"industry": table["industry"], "n": number})
    by["H"], by["Z4"] = z**2 / number, z**4 / number**3
    sums = by.groupby("industry", sort=False, observed=True).sum()
    alone = (sums["n"] <= 1) | (sums["H"] > 1 - 1e-12)
    if alone.any():
        raise DataError(
            f"{called(sums.index, alone.argmax())} has a single plant with employment: "
            "where it stands tells nothing of concentration. Leave out such industries, or merge "
            "them with related ones."
        )
    s, x = plant_shares(table, reference)
    X, S3 = (x**2).sum(), (x**3).sum()
    if X > 1 - 1e-12:
        raise DataError("all employment is in one region. Give plants of two regions at least.")
    H, Z4 = sums["H"].to_numpy(), sums["Z4"].to_numpy()
    G = ((s - x[:, None]) ** 2).sum(axis=0)
    expected = (1 - X) * H
    variance = 2 * (H**2 * (X - 2 * S3 + X**2) - Z4 * (X - 4 * S3 + 3 * X**2))
    deviation = np.sqrt(np.clip(variance, 0, None))
    score = np.divide(G - expected, deviation, out=np.zeros_like(G), where=deviation > 0)
    together = ((s**2).sum(axis=0) - H) / (1 - H)
    return pd.DataFrame(
        {
            "plants": sums["n"].to_numpy(),
            "employment": rows["employment"].sum().to_numpy(),
            "G": G,
            "H": H,
            "gamma": (G - expected) / ((1 - X) * (1 - H)),
            "expected": expected,
            "deviation": deviation,
            "z": score,
            "pvalue": stats.norm.sf(score),
            "maurel_sedillot": (together - X) / (1 - X),
        },
        index=pd.Index(sums.index, name="industry"),
    )


def read_plants(plants: Any) -> pd.DataFrame:
    """Plants, checked: region, industry, employment, plants."""
    if not isinstance(plants, pd.DataFrame):
        raise ParameterError(f"plants is a {type(plants).__name__}; give a DataFrame, a row each.")
    lacking = [name for name in COLUMNS if name not in plants]
    if lacking:
        raise ParameterError(
            f"plants has no column {lacking[0]!r}. The index needs plants: one row for each, with "
            "columns region, industry, employment. Regions x industries alone do not tell "
            "plant sizes; add a column 'plants' with their number in each row if that is known, "
            "or use concentration(employment)."
        )
    table = plants.loc[:, list(COLUMNS)].reset_index(drop=True)
    table["plants"] = plants["plants"].to_numpy() if "plants" in plants else 1
    if table.empty:
        raise DataError("there are no plants. Give one row for each plant.")
    for name in ("region", "industry"):
        if table[name].isna().any():
            raise DataError(f"row {int(table[name].isna().argmax())} of plants has no {name}.")
    for name, least in (("employment", "from 0"), ("plants", "above 0")):
        values = pd.to_numeric(table[name], errors="coerce")
        wrong = ~np.isfinite(values) | (values < 0) | ((values == 0) & (name == "plants"))
        if wrong.any():
            k = int(wrong.argmax())
            raise DataError(
                f"{name} of plant {k} ({called(table['industry'], k)} in "
                f"{called(table['region'], k)}) is {called(table[name], k)}; give a number {least}."
            )
        table[name] = values.astype(np.float64)
    idle = table.groupby("industry", sort=False, observed=True)["employment"].sum() == 0
    if idle.any():
        raise DataError(
            f"{called(idle.index, idle.argmax())} employs nobody. Leave the industry out."
        )
    return table


def plants_by_region(table: pd.DataFrame) -> pd.DataFrame:
    """Employment of plants by region and industry."""
    by = table.groupby(["region", "industry"], sort=False, observed=True)["employment"].sum()
    wide = by.unstack(fill_value=0.0)  # noqa: PD010 - a pivot table would sort
    return wide[table["industry"].unique()]


def lists_plants(what: Any) -> bool:
    return isinstance(what, pd.DataFrame) and set(COLUMNS) <= set(what.columns)


def plant_shares(table: pd.DataFrame, reference: pd.Series | None) -> tuple[np.ndarray, np.ndarray]:
    """Shares of regions in each industry (regions, industries), and in the reference."""
    wide = plants_by_region(table)
    if reference is None:
        x = wide.sum(axis=1)
    else:
        if not isinstance(reference, pd.Series):
            raise ParameterError("reference must be a Series: total employment by region.")
        same_names(reference.index, wide.index, "region", name="reference", exactly=False)
        x = by_place(reference, reference.index, "region", "reference")
        wide = wide.reindex(x.index, fill_value=0.0)
    s = wide.to_numpy(dtype=np.float64)
    return s / s.sum(axis=0), (x / x.sum()).to_numpy()
