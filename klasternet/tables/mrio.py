"""To and from pymrio, which downloads and parses the large multi-regional tables.

EXIOBASE, WIOD, OECD, EORA and GLORIA arrive as a pymrio `IOSystem`; `from_pymrio` makes a table of
it, and `to_pymrio` hands one back for footprints and extensions. Reading an `IOSystem` needs its
attributes only; making one needs pymrio (``pip install klasternet[mrio]``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from .multiregional import LEVELS, from_two_levels
from .table import IOTable

__all__ = ["from_pymrio", "is_pymrio", "to_pymrio"]

FACTORS = ("factor_inputs", "value_added", "factor_input", "primary_inputs", "VA")
EXTENSIONS = {
    "value_added": "factor_inputs",
    "imports": "imports",
    "satellites": "satellites",
}
HOME, OUTSIDE = "home", "outside"  # names of regions where a table has none


def is_pymrio(thing: Any) -> bool:
    """Tell whether a thing is a pymrio `IOSystem`, without importing pymrio."""
    kinds = type(thing).__mro__
    return any(k.__name__ == "IOSystem" and k.__module__.startswith("pymrio") for k in kinds)


def from_pymrio(
    system: Any, *, value_added: str | None = "auto", year: int | None = None, name: str = ""
) -> IOTable:
    """Make a table of a pymrio `IOSystem`.

    Parameters
    ----------
    system : pymrio.IOSystem
        With Z, or with A and x. Y, x and extensions are taken where they are there.
    value_added : str or None
        The extension that holds primary inputs in money. "auto" takes the one called
        factor_inputs, value_added, primary_inputs or VA; None takes none.
    year : int, optional
    name : str, optional
        By default the name in the metadata.

    Returns
    -------
    IOTable
        Industries "REGION SECTOR" with `region` set, or the bare sectors where there is one region
        only. Rows of the other extensions become satellites, "EXTENSION | ROW (UNIT)"; what final
        users emit is not part of a table and is left out, as `source` says. Final users in a
        region that has no industries are exports.

    Raises
    ------
    DataError
        No flows; flows in several units (hybrid tables), which cannot be added up.
    ParameterError
        No extension of that name.

    Examples
    --------
    >>> table = from_pymrio(pymrio.load_test())             # doctest: +SKIP
    >>> table.regions.exports_by_destination().sum()        # doctest: +SKIP

    Notes
    -----
    Source: Stadler (2021), Journal of Open Research Software 9, doi:10.5334/jors.251.
    """
    flows, output = _flows(system)
    units = pd.unique(system.unit.iloc[:, 0]) if system.unit is not None else [""]
    if len(units) > 1:
        raise DataError(
            f"flows are in {len(units)} units ({', '.join(map(str, units[:3]))}), a hybrid table; "
            "rows cannot be added up. Take the monetary table of the same source."
        )
    parts: dict[str, Any] = {"output": output}
    source = _words(system)
    extensions = list(system.get_extensions())
    wanted = value_added
    if value_added == "auto":
        wanted = next((e for e in extensions if e in FACTORS), None)
    elif value_added is not None:
        held = value_added in extensions  # as it is written, "VA" too
        wanted = value_added if held else choose("extension", value_added, extensions)
    satellites, imports = [], None
    for extension in extensions:
        account = getattr(system, extension)
        if account.F is None:
            continue
        F = account.F.reindex(columns=flows.columns)
        if extension == wanted:
            parts["value_added"] = F.set_axis([_label(row) for row in F.index])
        elif extension == "imports" and len(F) == len(flows):
            imports = F
        else:
            satellites.append(F.set_axis(_satellite_names(extension, account), axis=0))
            if getattr(account, "F_Y", None) is not None and account.F_Y.to_numpy().any():
                source += f"; {extension} of final users left out"
    if satellites:
        parts["satellites"] = pd.concat(satellites)
    regions = flows.index.get_level_values(0).unique()
    exports = []
    if system.Y is not None:
        final = system.Y.reindex(index=flows.index)
        # Users outside of all regions: their columns are exports, and keep their category alone.
        labels = [f"{r} {c}" if r in regions else str(c) for r, c in final.columns]
        exports = [x for x, (r, _) in zip(labels, final.columns, strict=True) if r not in regions]
        parts["final_demand"] = final.set_axis(labels, axis=1)
    words = {
        "unit": str(units[0]),
        "year": year,
        "source": source,
        "name": name or (system.meta.name if system.meta is not None else "") or "",
    }
    table = from_two_levels(flows, exports=exports or None, **parts, **words)
    if len(regions) == 1:
        table = _national(table, str(regions[0]))
    if imports is not None:  # columns stand as in flows; rows are products, matched by name
        table = table.replace(imports=imports.set_axis(table.industries, axis=1))
    return table


def to_pymrio(table: IOTable) -> Any:
    """Make a pymrio `IOSystem` of a table, for its footprints, extensions and formats.

    Parameters
    ----------
    table : IOTable
        Of one region or of many.

    Returns
    -------
    pymrio.IOSystem
        Z, Y, x and unit; primary inputs as the extension factor_inputs, imported inputs as
        imports, satellites as satellites. Export columns are final users in the region "outside".

    Raises
    ------
    ParameterError
        pymrio is not installed.

    Examples
    --------
    >>> system = to_pymrio(kn.datasets.load("usa_2022"))    # doctest: +SKIP
    >>> system.calc_all()                                   # doctest: +SKIP
    """
    try:
        import pymrio
    except ImportError as error:
        raise ParameterError(
            "making an IOSystem needs pymrio, which is not installed; pip install klasternet[mrio]."
        ) from error
    many = table.region is not None
    region = table.region if many else [HOME] * table.n
    sector = table.regions.sector if many else table.industries
    labels = pd.MultiIndex.from_arrays([region, sector], names=LEVELS)
    output = table.output
    parts: dict[str, Any] = {
        "Z": table.flows.set_axis(labels, axis=0).set_axis(labels, axis=1),
        "unit": pd.DataFrame({"unit": table.unit}, index=labels),
    }
    if output is not None:
        parts["x"] = pd.DataFrame({"indout": output.to_numpy()}, index=labels)
    demand = table.final_demand
    if demand is not None:
        if many:
            pairs = [(r or OUTSIDE, c) for r, c in table.regions.final_columns()]
        else:
            pairs = [(OUTSIDE if c in table.export_columns else HOME, c) for c in demand]
        columns = pd.MultiIndex.from_tuples(pairs, names=["region", "category"])
        parts["Y"] = demand.set_axis(labels, axis=0).set_axis(columns, axis=1)
    words = {"name": table.name or "klasternet", "description": table.source}
    system = pymrio.IOSystem(**parts, **words)
    for part, extension in EXTENSIONS.items():
        frame = getattr(table, part)
        if frame is None:
            continue
        rows = frame.index.rename("stressor")
        units = [table.unit] * len(rows)
        if part == "satellites":
            split = [_unit_apart(row) for row in rows]
            rows = pd.Index([row for row, _ in split], name="stressor")
            units = [unit for _, unit in split]
        account = pymrio.Extension(
            extension,
            F=frame.set_axis(labels, axis=1).set_axis(rows, axis=0),
            unit=pd.DataFrame({"unit": units}, index=rows),
        )
        setattr(system, extension, account)
    return system


def _flows(system: Any) -> tuple[pd.DataFrame, pd.Series | None]:
    """Z and x of a system, from A and x where Z is not there."""
    output = None if system.x is None else system.x.iloc[:, 0]
    if system.Z is not None:
        return system.Z, output
    if system.A is None or output is None:
        raise DataError(
            "the IOSystem has neither Z nor A and x, so there are no flows in it; parse a table "
            "with pymrio, or run calc_all() on what you have."
        )
    return system.A * output, output


def _words(system: Any) -> str:
    """What the metadata say of the source."""
    meta = system.meta
    said = [getattr(meta, word, None) for word in ("name", "system", "version")] if meta else []
    return "pymrio" + (": " if any(said) else "") + ", ".join(str(s) for s in said if s)


def _satellite_names(extension: str, account: Any) -> list[str]:
    """Rows of an extension, with its name and their units."""
    units = [""] * len(account.F)
    if account.unit is not None:
        units = [f" ({u})" if u else "" for u in account.unit.iloc[:, 0].reindex(account.F.index)]
    rows = [_label(row) for row in account.F.index]
    prefix = "" if extension == "satellites" else f"{extension} | "
    return [f"{prefix}{row}{unit}" for row, unit in zip(rows, units, strict=True)]


def _label(row: Any) -> str:
    return " | ".join(map(str, row)) if isinstance(row, tuple) else str(row)


def _unit_apart(row: str) -> tuple[str, str]:
    """The row, and the unit in brackets at its end."""
    if row.endswith(")") and " (" in row:
        name, unit = row[:-1].rsplit(" (", 1)
        return name, unit
    return row, ""


def _national(table: IOTable, region: str) -> IOTable:
    """A table of one region with the region taken out of all names."""
    bare = {name: name.removeprefix(f"{region} ") for name in table.industries}
    changes: dict[str, Any] = {"region": None}
    for part in ("flows", "imports"):
        frame = getattr(table, part)
        if frame is not None:
            changes[part] = frame.rename(index=bare, columns=bare)
    for part in ("value_added", "satellites"):
        frame = getattr(table, part)
        if frame is not None:
            changes[part] = frame.rename(columns=bare)
    if table.output is not None and not table.output_derived:
        changes["output"] = table.output.rename(bare)
    if table.final_demand is not None:
        own = {c: c.removeprefix(f"{region} ") for c in table.final_demand}
        changes["final_demand"] = table.final_demand.rename(index=bare, columns=own)
    changes["exports"] = list(table.export_columns) or None
    return table.replace(**changes)
