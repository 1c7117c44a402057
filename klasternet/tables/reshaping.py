"""A table to a smaller table: industries added up, or some of them cut out. Identities survive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import alignment as align
from .concordance import Concordance, membership

if TYPE_CHECKING:
    from .table import IOTable

OTHER_SALES = "Other industries (sales)"
OTHER_PURCHASES = "Other industries (purchases)"
OTHER_IMPORTS = "Other industries (imports)"

SQUARE = ("flows", "imports")
PER_BUYER = ("value_added", "satellites")
PARTS = (*SQUARE, *PER_BUYER, "final_demand", "output", "exports", "region")


def aggregate(table: IOTable, mapping: Concordance, **how: Any) -> IOTable:
    """Add industries up to groups; see `IOTable.aggregate`."""
    shares = membership(table.industries, mapping, **how)
    order, S = shares.index, shares.to_numpy()
    changes: dict[str, Any] = {}
    for part in PARTS:
        frame = getattr(table, part)
        if frame is None:
            continue
        if part in SQUARE:
            changes[part] = pd.DataFrame(S @ frame.to_numpy() @ S.T, order, order)
        elif part in PER_BUYER:
            changes[part] = pd.DataFrame(frame.to_numpy() @ S.T, frame.index, order)
        elif part == "final_demand":
            changes[part] = pd.DataFrame(S @ frame.to_numpy(), order, frame.columns)
        elif part == "region":
            regions = [" + ".join(frame[members].unique()) for members in S > 0]
            changes[part] = pd.Series(regions, order)
        else:
            changes[part] = pd.Series(S @ frame.to_numpy(), order)
    how_many = f"aggregated from {table.n} to {len(order)} groups"
    split = int(((S > 0).sum(axis=0) > 1).sum())
    if split:
        how_many += f", {split} split by weight {how.get('weight')!r}"
    return _replace(table, changes, how_many)


def select(table: IOTable, names: Iterable[str]) -> IOTable:
    """Cut some industries out, the others becoming outside users; see `IOTable.select`."""
    names = [names] if isinstance(names, str) else names
    keep = align.known_names(names, table.industries, "the selection")
    rest = table.industries.difference(keep, sort=False)
    changes: dict[str, Any] = {}
    for part in PARTS:
        frame = getattr(table, part)
        if frame is None:
            continue
        if part in SQUARE:
            changes[part] = frame.loc[keep, keep]
        elif part in PER_BUYER:
            changes[part] = frame.loc[:, keep]
        else:
            changes[part] = frame.loc[keep]
    if len(rest) and "final_demand" in changes:
        sales = table.flows.loc[keep, rest].sum(axis=1)
        changes["final_demand"] = _add_column(changes["final_demand"], OTHER_SALES, sales)
    if len(rest) and "value_added" in changes:
        primary = _add_column(
            changes["value_added"].T, OTHER_PURCHASES, table.flows.loc[rest, keep].sum()
        )
        if table.imports is not None:
            imported = table.imports.loc[rest, keep].sum()
            primary = _add_column(primary, OTHER_IMPORTS, imported)
        changes["value_added"] = primary.T
    return _replace(table, changes, f"{len(keep)} of {table.n} industries selected")


def _add_column(frame: pd.DataFrame, label: str, values: pd.Series) -> pd.DataFrame:
    """The frame with values added to the column of that name, made if it is not there."""
    return frame.assign(**{label: values + frame[label] if label in frame else values})


def _replace(table: IOTable, changes: dict[str, Any], how: str) -> IOTable:
    """The table with changed parts; output that was derived, and exports named, stay so."""
    if table.output_derived:
        changes["output"] = None
    if table.export_columns:
        changes["exports"] = list(table.export_columns)
    changes["source"] = "; ".join(filter(None, (table.source, how)))
    return table.replace(**changes)
