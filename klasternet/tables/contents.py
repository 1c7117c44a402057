"""What is in a table, as it is printed: its parts and their sums, its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["contents"]


def contents(table: IOTable) -> tuple[str, list[tuple[str, str, str]], list[str]]:
    """The head; parts with their sums and remarks; notes."""
    regions = "" if table.region is None else f" in {table.region.nunique()} regions"
    head = [table.name or "unnamed", f"{table.n} industries{regions}"]
    if table.year is not None and str(table.year) not in table.name:
        head.append(str(table.year))
    head.append(table.unit or "unit not stated")
    demand, primary, imports = table.final_demand, table.value_added, table.imports
    if table.import_rows:
        imports = primary.loc[list(table.import_rows)]
    filled = f"{(table.flows != 0).to_numpy().mean():.0%} of cells filled"
    rows = [
        _part("intermediate flows", table.flows, filled),
        _part("final demand", demand, "" if demand is None else _count(demand.shape[1], "column")),
        _part("  exports in it", table.exports, _few(table.export_columns)),
        _part("primary inputs", primary, "" if primary is None else _count(len(primary), "row")),
        _part("imported inputs", imports, ", ".join(table.import_rows)),
        _part("output", table.output, "derived from the rows" if table.output_derived else ""),
    ]
    notes = []
    if table.satellites is not None:
        notes.append(f"satellites: {', '.join(table.satellites.index)}")
    if table.source:
        notes.append(f"source: {table.source}")
    return "IOTable: " + ", ".join(head), rows, notes


def _part(label: str, part: Any, note: str) -> tuple[str, str, str]:
    if part is None:
        return label, "not given", ""
    amount = float(part.to_numpy().sum())
    return label, f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.4g}", note


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) < 5 else f"in {len(names)} columns, from {names[0]!r}"


def _count(number: int, what: str) -> str:
    return f"in {number} {what}{'s' * (number != 1)}"
