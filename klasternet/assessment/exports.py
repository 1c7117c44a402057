"""Exports: what each cluster sells abroad, what it carries of others' exports, what exports carry.

Exports are followed through the flows within each region, so that in a table of many regions
what crosses a border is trade, counted once for each time it is sold abroad.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..clusters import Clusters
from ..errors import DataError, KlasternetWarning, ParameterError
from ..qualities import number
from ..registry import choose
from ..tables.alignment import one_per_industry
from ..tables.table import IOTable
from .counts import by_place, counts
from .solving import carried, imported, regions_of, shares_of, system, tells_imports

__all__ = ["basic_employment", "export_base", "export_role"]

GOVERNMENT = re.compile(
    r"\bfederal|government|public admin|\bdefen[cs]e\b|pemerintah", re.IGNORECASE
)
DOUBTFUL = 0.01  # share of all exports that a government industry does not plausibly have
METHODS = ("location_quotient", "minimum_requirements")


def export_role(
    clusters: Clusters,
    table: IOTable,
    reference: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell what each cluster does for exports: directly, for others, and what stays at home.

    With e exports, L = (I - A)^-1 of the flows within each region, v value added per unit of output
    and C the cluster,

        output_carried = sum_{i in C} (L e)_i
        domestic_value_added = sum_{j in C} (v L)_j e_j

    The first follows all exports back to the members' output, the second follows the members'
    exports back to value added wherever it was earned in the region.

    Parameters
    ----------
    clusters : Clusters
        Found in the network of this table.
    table : IOTable
        With exports.
    reference : Series, optional
        Exports of a reference area (the world, the nation) by industry, or by sector in a table of
        many regions, for revealed comparative advantage; what the table does not have is left out.
        In a table of many regions the sum over the regions if it is not given.
    level : float
        Confidence of the interval of rca.

    Returns
    -------
    DataFrame, one row for each cluster, and the rest of the economy last
        exports, export_share
            Sold abroad; share of all exports.
        output, intensity
            Of the members; exports over output.
        output_carried, carried_share
            Members' output that all exports carry, directly and indirectly; share of output.
        kind
            "traded" where carried_share is above the economy's, else "local".
        output_enabled
            Output of all industries at home that the members' exports call forth.
        value_added_carried, value_added_for_others
            Members' value added that all exports carry; the part in exports of non-members.
        domestic_value_added, domestic_share
            Value added at home in the members' exports; per unit of exports.
        imports_in_exports
            Inputs from other regions and countries in the members' exports, where the table tells.
        NAME_carried
            For each satellite (jobs, emissions), what all exports carry at the members.
        rca, rca_low, rca_high
            (e_C / e) / (reference_C / reference), and the interval of a jackknife over members (t
            distribution, in logarithms): how far it hangs on single industries. Money has no
            sampling error that could be told from one table. 0 and inf for a single member.

        ``attrs["notes"]`` names what makes exports doubtful.

    Raises
    ------
    DataError
        No exports, or a reference that does not export what the clusters hold.
    AlignmentError
        Clusters of another table; a reference that lacks an industry.

    Warns
    -----
    KlasternetWarning
        Exports of a government industry above 1 % of all. In the tables of the U.S. Bureau of
        Economic Analysis, "Federal nondefense" carries exports of the rest of the world.

    Notes
    -----
    The rows add up: exports, output, what is carried; and domestic_value_added with
    imports_in_exports (and taxes on products, where the table has them apart) to exports. Not so
    output_carried and output_enabled of one cluster: they answer different questions. Exports by
    way of wholesalers stand with the wholesalers at producers' prices.

    Hummels, Ishii and Yi (2001), doi:10.1016/S0022-1996(00)00093-3; for value added in exports as
    a hypothetical extraction Los, Timmer and de Vries (2016), doi:10.1257/aer.20140883; Balassa
    (1965), Manchester School 33(2), 99-123.

    Examples
    --------
    >>> from klasternet import Clusters, FlowNetwork, datasets
    >>> table = datasets.load("germany_1995")
    >>> clusters = Clusters.from_labels(
    ...     FlowNetwork.from_table(table), ["goods"] * 3 + ["services"] * 2 + [None])
    >>> role = export_role(clusters, table)
    >>> role[["export_share", "intensity", "carried_share"]].round(3).loc["goods"].tolist()
    [0.837, 0.232, 0.351]
    """
    e = _exports(table)
    shares = shares_of(clusters, table)
    solved = system(table, home=True)
    belongs = shares.to_numpy()
    total = float(e.sum())
    called = solved.outputs(belongs * e[:, None])  # by the exports of each cluster
    all_called = called.sum(axis=1)
    exports, output, carried_output = (belongs.T @ part for part in (e, solved.output, all_called))
    columns: dict[str, Any] = {
        "exports": exports,
        "export_share": exports / total,
        "output": output,
        "intensity": _ratio(exports, output),
        "output_carried": carried_output,
        "carried_share": _ratio(carried_output, output),
    }
    traded = columns["carried_share"] > all_called.sum() / solved.output.sum()
    columns["kind"] = np.where(traded, "traded", "local")
    columns["output_enabled"] = called.sum(axis=0)
    for name, amounts in carried(table).items():
        per_output = solved.per_output(amounts)
        here = belongs.T @ (per_output * all_called)
        columns[f"{name}_carried"] = here
        if name == "value_added":
            # what a part of an industry exports it makes itself; the second term is 0 for labels
            made = belongs * called + belongs * (1 - belongs) * e[:, None]
            own = (per_output[:, None] * made).sum(axis=0)
            columns["value_added_for_others"] = here - own
            columns["domestic_value_added"] = per_output @ called
            columns["domestic_share"] = _ratio(per_output @ called, exports)
    if tells_imports(table, home=True):
        columns["imports_in_exports"] = solved.per_output(imported(table, home=True)) @ called
    if reference is not None or len(regions_of(table)[0]) > 1:
        expected = _expected(table, e, reference)
        columns |= _advantage(e, expected, shares, number("level", level, 0, 1))
    out = pd.DataFrame(columns, shares.columns)
    out.attrs["notes"] = _doubts(table, e)
    for note in out.attrs["notes"]:
        warnings.warn(note, KlasternetWarning, stacklevel=2)
    return out


def _exports(table: IOTable) -> np.ndarray:
    if table.exports is None:
        raise DataError(
            f"{table.name or 'the table'} has no exports; name their columns of final demand in "
            "exports=, or pass a Series by industry."
        )
    e = table.exports.to_numpy()
    if e.sum() <= 0:
        raise DataError(f"exports add up to {e.sum():g}; check their columns and their sign.")
    return e


def _doubts(table: IOTable, e: np.ndarray) -> list[str]:
    share = e / e.sum()
    return [
        f"{name!r} has {share[i]:.1%} of all exports ({e[i]:,.0f}), which a government industry "
        "seldom sells abroad; U.S. tables book exports of the rest of the world there. Read the "
        "shares with that in mind, or take it out with table.replace(exports=...)."
        for i, name in enumerate(table.industries)
        if share[i] > DOUBTFUL and GOVERNMENT.search(name)
    ]


def _expected(table: IOTable, e: np.ndarray, reference: pd.Series | None) -> np.ndarray:
    """Exports of each industry if its region exported in the proportions of the reference."""
    names, place = regions_of(table)
    sector = pd.Index(table.industries if table.region is None else table.regions.sector)
    if reference is None:
        by_sector = pd.Series(e).groupby(sector.to_numpy(), sort=False).sum()
    else:
        kinds = pd.Index(sector.unique())
        known = reference[reference.index.astype(str).isin(kinds)]
        by_sector = one_per_industry(known, "the reference", kinds)
    share = by_sector.reindex(sector).to_numpy() / by_sector.sum()
    return share * np.bincount(place, weights=e, minlength=len(names))[place]


def _advantage(
    e: np.ndarray, expected: np.ndarray, shares: pd.DataFrame, level: float
) -> dict[str, np.ndarray]:
    """Revealed comparative advantage with a jackknife over members."""
    belongs = shares.to_numpy()
    at_all, by_chance = belongs.T @ e, belongs.T @ expected
    if (by_chance <= 0).any():
        name = shares.columns[int(np.argmax(by_chance <= 0))]
        raise DataError(
            f"the reference exports nothing of what cluster {name!r} makes; give a reference that "
            "holds these industries."
        )
    rca = at_all / by_chance
    low, high = np.zeros(len(rca)), np.full(len(rca), np.inf)
    for k in range(len(rca)):
        who = (belongs[:, k] > 0) & ((e > 0) | (expected > 0))
        count = int(who.sum())
        own = belongs[who, k]
        left, chance = at_all[k] - own * e[who], by_chance[k] - own * expected[who]
        if count < 2 or (left <= 0).any() or (chance <= 0).any():
            continue  # all hangs on one industry: nothing bounds it
        logs = np.log(left / chance)
        error = np.sqrt((count - 1) / count * ((logs - logs.mean()) ** 2).sum())
        width = stats.t.ppf(0.5 + level / 2, count - 1) * error
        low[k], high[k] = rca[k] * np.exp(-width), rca[k] * np.exp(width)
    return {"rca": rca, "rca_low": low, "rca_high": high}


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole != 0)


def basic_employment(
    employment: pd.DataFrame,
    method: str = "location_quotient",
    reference: pd.Series | None = None,
) -> pd.DataFrame:
    """Tell which employment works for demand from outside the region, by an indirect method.

        location_quotient       basic_ri = max(0, e_ri - e_r e_i / e)
        minimum_requirements    basic_ri = e_ri - e_r min_s (e_si / e_s)

    Parameters
    ----------
    employment : DataFrame, regions x industries
    method : {"location_quotient", "minimum_requirements"}
        The second asks for regions that are alike in size; give one size class at a time.
    reference : Series by industry, optional
        e_i for location quotients; the sum over the regions if left out.

    Returns
    -------
    DataFrame, regions x industries

    Notes
    -----
    Location quotients see net exports only: cross-hauling hides both ways, and what the nation
    exports is missed. Minimum requirements grow with the number of industries and of regions, as
    the least of more numbers is less; with one region that has none of an industry, all of it is
    basic elsewhere. Where a table has exports, use `export_role`.

    The formulas are the common ones of the economic-base literature (Schaffer, Regional Impact
    Models, chapter 3, on the web).

    Examples
    --------
    >>> jobs = pd.DataFrame([[60, 40], [40, 60]], ["north", "south"], ["mines", "shops"])
    >>> basic_employment(jobs).loc["north"].tolist()
    [10.0, 0.0]
    """
    how = choose("method", method, METHODS)
    table = counts(employment)
    e = table.to_numpy()
    size = e.sum(axis=1, keepdims=True)
    if how == "minimum_requirements":
        if reference is not None:
            raise ParameterError(
                "minimum requirements take their norm from the regions themselves; leave "
                "reference= out, or take method='location_quotient'."
            )
        if len(e) < 2:
            raise DataError(
                "minimum requirements compare regions, and there is one; give two or more."
            )
        norm = (e / size).min(axis=0)
        return pd.DataFrame(e - size * norm, table.index, table.columns)
    whole = e.sum(axis=0)
    if reference is not None:
        whole = by_place(reference, table.columns, "industry", "reference").to_numpy()
    return pd.DataFrame(np.maximum(e - size * whole / whole.sum(), 0), table.index, table.columns)


def export_base(
    employment: pd.DataFrame,
    method: str = "location_quotient",
    reference: pd.Series | None = None,
) -> pd.DataFrame:
    """Tell how large the export base of each region is, and how much stands on each basic job.

    Parameters
    ----------
    employment, method, reference
        As in `basic_employment`.

    Returns
    -------
    DataFrame, one row for each region
        total, basic, local, and multiplier = total / basic: jobs in all for each basic job; inf
        where nothing is basic.

    Notes
    -----
    The multiplier takes the ratio of local to basic jobs to be fixed, has no technology in it, and
    falls with the fineness of industries, which makes more jobs basic. `multipliers` is better
    where there is a table.

    Examples
    --------
    >>> jobs = pd.DataFrame([[60, 40], [40, 60]], ["north", "south"], ["mines", "shops"])
    >>> export_base(jobs)["multiplier"].tolist()
    [10.0, 10.0]
    """
    basic = basic_employment(employment, method, reference).sum(axis=1)
    total = counts(employment).sum(axis=1)
    ratio = np.divide(total, basic, out=np.full(len(total), np.inf), where=basic.to_numpy() > 0)
    return pd.DataFrame(
        {"total": total, "basic": basic, "local": total - basic, "multiplier": ratio}
    ).rename_axis(index="region")
