"""Names in the language of the report: industries by the published classification that knows them.

Clusters that are named after their members are renamed with them. Names that no classification has
stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pandas as pd

from ..clusters import Clusters
from ..tables.sectors import name_sectors, sector_names
from ..tables.table import IOTable

__all__ = ["indonesian_names", "renamed_clusters", "renamed_result", "renamed_table"]

CLASSIFICATIONS = (
    *("bps17", "bea_summary", "wiod2013", "wiod2016", "oecd45", "kbli", "isic4", "isic3"),
    *("nace2", "naics", "germany_1995"),
)
KNOWN = 0.5  # of the industries, from which on the table is taken to follow a classification
BETWEEN = " | "  # region and sector, in a network of many regions
JOINTS = (" & ", "; ", ", ")


def indonesian_names(industries: Iterable[Any]) -> dict[str, str]:
    """Map industries to their Indonesian names, where a classification has most of them.

    The classification that knows most of the names is taken, the shortest of several, by short or
    full names in English.
    Nothing is renamed where two industries would be called the same.
    """
    names = [str(name) for name in industries]
    sectors = {name: name.rpartition(BETWEEN) for name in names}
    best: dict[str, str] = {}
    smallest = 0
    for classification in CLASSIFICATIONS:
        listed = sector_names(classification)
        known: dict[str, str] = {}
        for column in ("full_name", "short_name"):
            known |= dict(zip(listed[column], listed["short_name_id"], strict=True))
        found = {
            name: f"{place}{joint}{known[sector]}"
            for name, (place, joint, sector) in sectors.items()
            if sector in known
        }
        if (len(found), -len(listed)) > (len(best), -smallest):
            best, smallest = found, len(listed)
    if len(best) < KNOWN * len(names):
        return {}
    after = [best.get(name, name) for name in names]
    return {} if len(set(after)) < len(after) else {a: b for a, b in best.items() if a != b}


def renamed_clusters(clusters: Clusters, called: Mapping[str, str]) -> Clusters:
    """The same clusters with other names of industries."""
    if not called:
        return clusters
    network = clusters.network
    names = pd.Index([called.get(str(n), n) for n in network.industries], name="industry")
    decisions = tuple(
        replace(made, where=tuple(_text(name, called) for name in made.where))
        for made in network.decisions
    )
    other = replace(
        network, industries=names, columns=network.columns.set_axis(names), decisions=decisions
    )
    told = [_text(name, called) for name in clusters.names]
    keep = clusters.names if len(set(told)) < len(told) else tuple(told)
    return replace(clusters, network=other, names=keep)


def renamed_table(table: IOTable, called: Mapping[str, str]) -> IOTable:
    """The same table with other names of industries."""
    if not called:
        return table
    return name_sectors(table, names={name: called.get(name, name) for name in table.industries})


def renamed_result(result: Any, called: Mapping[str, str]) -> Any:
    """The same result with other names of industries and clusters wherever they stand in it."""
    if not called:
        return result

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return _text(value, called)
        if isinstance(value, tuple | list):
            return type(value)(map(told, value)) if type(value) in (tuple, list) else value
        if type(value) is dict:
            return {told(name): told(part) for name, part in value.items()}
        if isinstance(value, pd.DataFrame | pd.Series):
            return _frame(value, told)
        if isinstance(value, Clusters):
            return renamed_clusters(value, called)
        return value

    if is_dataclass(result) and not isinstance(result, type):
        parts = {part.name: getattr(result, part.name) for part in fields(result) if part.init}
        return replace(result, **{name: told(part) for name, part in parts.items()})
    return told(result)


def _frame(frame: Any, told: Callable[[Any], Any]) -> Any:
    out = frame.copy()
    if isinstance(frame, pd.Series):
        out = out if out.dtype.kind in "biuf" else out.map(told)
    else:
        for at, kind in enumerate(out.dtypes):
            if kind.kind not in "biuf":
                out.isetitem(at, [told(value) for value in out.iloc[:, at]])
    for axis, index in enumerate(frame.axes):
        if len(index) and not isinstance(index, pd.RangeIndex):
            levels = [level.map(told) for level in _levels(index)]
            several = index.nlevels > 1
            new = pd.MultiIndex.from_arrays(levels, names=index.names) if several else levels[0]
            out = out.set_axis(new if several else new.rename(index.name), axis=axis)
    return out


def _levels(index: pd.Index) -> list[pd.Index]:
    return [index.get_level_values(level) for level in range(index.nlevels)]


def _text(text: str, called: Mapping[str, str]) -> str:
    """An industry's name, or several that are joined, as a cluster's name is."""
    if text in called:
        return called[text]
    for joint in JOINTS:
        parts = text.split(joint)
        if len(parts) > 1 and any(part in called for part in parts):
            return joint.join(called.get(part, part) for part in parts)
    return text
