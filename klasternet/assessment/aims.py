"""What a cluster does for the six aims of its development, through the accounts of its table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import AlignmentError, DataError, ParameterError
from ..tables.alignment import some
from ..tables.table import IOTable
from .accounts import multipliers
from .factors import AIM_NAMES, AIMS, factor_called
from .solving import account, shares_of, system

__all__ = ["COLUMNS", "aims_of"]

COLUMNS = ["cluster", "aim", "account", "amount", "share", "per_demand", "source"]
# Rows of satellites and value added, and columns of final demand, that speak of an aim by name.
SPEAKS_OF = {
    "people": r"compensation of|^compensation$|\bwages?\b|salar|\bupah\b|\bgaji\b",
    "productivity and jobs": r"employ|\bjobs?\b|\bpersons\b|\bworkers\b|tenaga kerja|pekerja",
    "environment": r"\bco2\b|emission|emisi|greenhouse|\bghg\b|carbon|karbon",
}
INVESTED = re.compile(
    r"invest|capital formation|\bgfcf\b|\bpmtb\b|pembentukan modal|modal tetap", re.IGNORECASE
)


def aims_of(clusters: Clusters, table: IOTable | None, given: Any = None) -> pd.DataFrame:
    """What is known of each aim, by cluster; an aim of which nothing is known says so.

    Parameters
    ----------
    given : mapping of aim to what speaks of it, optional
        Rows of satellites or value added; columns of final demand; industries; or a Series by
        industry. An aim that is not named is looked for by the names of rows and columns.

    Returns
    -------
    DataFrame, one row for each cluster and account
        cluster, aim, account, amount (in the cluster), share (of the economy's), per_demand,
        source. An account: what a unit of demand for the cluster's products, in the proportions of
        its output, carries of it. Industries: their output that such a unit calls forth. Final
        demand: the cluster's output that it calls forth, as an amount and per unit of it.
    """
    chosen: dict[str, list[Any]] = {}
    if given is not None and not isinstance(given, Mapping):
        raise ParameterError(
            f"aims is a {type(given).__name__}; give a mapping, such as "
            '{"environment": "CO2 emissions"}.'
        )
    for aim, what in (given or {}).items():
        chosen[factor_called(aim, "aim", AIM_NAMES)] = [] if what is None else [what]
    if table is None:
        if any(chosen.values()):
            raise ParameterError("aims are measured in accounts; give table= as well.")
        chosen = {}
    elif not isinstance(table, IOTable):
        raise ParameterError(f"table is a {type(table).__name__}; give the IOTable.")
    else:
        for aim in AIMS:
            chosen.setdefault(aim, _by_name(table, aim))
    rows: list[tuple[Any, ...]] = []
    inside = None
    if table is not None:
        inside = shares_of(clusters, table).to_numpy()[:, : len(clusters)].T.copy()
    for aim in AIMS:
        for what in chosen.get(aim, []):
            assert table is not None and inside is not None
            name, amount, total, carried = _measured(table, what, inside)
            for k, cluster in enumerate(clusters.names):
                share = amount[k] / total if total else np.nan
                rows.append((cluster, aim, name, amount[k], share, carried[k], "computed"))
        if not chosen.get(aim):
            nothing = (np.nan, np.nan, np.nan, "not assessed")
            rows += [(cluster, aim, "", *nothing) for cluster in clusters.names]
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_name(table: IOTable, aim: str) -> list[Any]:
    """Rows and columns of the table whose names speak of an aim."""
    if aim == "investment":
        held = [] if table.final_demand is None else list(table.final_demand.columns)
        return [str(name) for name in held if INVESTED.search(str(name))]
    if aim not in SPEAKS_OF:
        return []
    parts = [part for part in (table.satellites, table.value_added) if part is not None]
    speaks = re.compile(SPEAKS_OF[aim], re.IGNORECASE)
    return [str(name) for part in parts for name in part.index if speaks.search(str(name))]


def _measured(
    table: IOTable, what: Any, inside: np.ndarray
) -> tuple[str, np.ndarray, float, np.ndarray]:
    """Name, amount by cluster, amount of the economy, and what a unit of demand carries."""
    names = [what] if isinstance(what, str) else what
    solved = system(table)
    output = inside * solved.output
    total = output.sum(axis=1, keepdims=True)
    if (total == 0).any():
        raise DataError("a cluster has no output in the table, so no demand can be put to it.")
    listed = not isinstance(what, pd.Series)
    if listed and pd.Index(names).isin(table.industries).all():
        chosen = table.industries.isin(pd.Index(names))
        c = chosen.astype(float)
        effect = solved.weights(c)
        by_cluster = output @ c
        named = f"output of {some(names, 1)}"
        return named, by_cluster, float(solved.output @ c), output @ effect / total[:, 0]
    columns = pd.Index([]) if table.final_demand is None else table.final_demand.columns
    if listed and pd.Index(names).isin(columns).all():
        demand = table.final_demand[list(names)].sum(axis=1).to_numpy()
        made = solved.outputs(demand)
        amount = inside @ made
        if not demand.sum() > 0:
            raise DataError(f"{some(names)} buys nothing in sum; name a demand that does.")
        return f"output for {some(names, 1)}", amount, float(made.sum()), amount / demand.sum()
    try:
        name, amounts = account(table, what)
    except AlignmentError as error:
        raise AlignmentError(
            f"aims name {some(names)}, which is no industry, no column of final demand and no row "
            f"of value added or satellites: {error}"
        ) from error
    effect = multipliers(table, pd.Series(amounts, table.industries, name=name))["effect"]
    carried = output @ effect.to_numpy() / total[:, 0]
    return name, inside @ amounts, float(amounts.sum()), carried
