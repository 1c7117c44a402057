"""A table added up for its audit: what its identities leave over, and what rounding can explain.

Also how findings are worded. A check says `a.say(template, ...)`; the template is its own English
text and the key of its translation in `phrases.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .phrases import PHRASES
from .totals import printed_unit

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["Accounts", "Amounts", "Finding", "accounts"]

Finding = tuple[str, str, float, str]  # status, where, size, advice
Amounts = np.ndarray


@dataclass(frozen=True)
class Accounts:
    """The table as arrays, with what its identities leave over."""

    table: IOTable
    names: pd.Index
    flows: Amounts
    sales: Amounts  # row sums of flows
    inputs: Amounts  # column sums of flows
    imported: Amounts  # column sums of imported flows
    demand: Amounts | None  # row sums of final demand
    primary: Amounts | None  # column sums of value added
    output: Amounts | None
    row_gap: Amounts | None  # uses less output; None where unknown or zero by construction
    column_gap: Amounts | None  # inputs less output
    row_slack: Amounts  # the largest gap that rounding can explain
    column_slack: Amounts
    language: str = "en"

    def say(self, template: str, *words: Any) -> str:
        """A sentence in the language of the audit; numbers come in by `num`."""
        return PHRASES.get(self.language, {}).get(template, template).format(*words)

    def num(self, amount: float, form: str = ",.6g") -> str:
        """A number as the language writes it: 12,216 in English, 12.216 in Indonesian."""
        text = f"{amount:{form}}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "id" else text

    def some(self, names: Iterable[Any], limit: int = 5) -> str:
        """The first few names, quoted, and how many more there are."""
        names = list(names)
        more = self.say(" and {} more", len(names) - limit) if len(names) > limit else ""
        return ", ".join(repr(str(name)) for name in names[:limit]) + more

    def worst(self, amounts: Amounts, limit: int = 3, names: pd.Index | None = None) -> str:
        """The largest amounts with their names, and how many more there are."""
        names = self.names if names is None else names
        order = np.argsort(-np.abs(amounts), kind="stable")
        order = order[amounts[order] != 0]
        more = self.say(" and {} more", len(order) - limit) if len(order) > limit else ""
        listed = [f"{names[i]} ({self.num(amounts[i])})" for i in order[:limit]]
        return ", ".join(listed) + more


def accounts(table: IOTable, language: str = "en") -> Accounts:
    """Add the table up."""

    def total(part: pd.DataFrame | None, axis: int) -> Amounts | None:
        return None if part is None else part.to_numpy().sum(axis=axis)

    def lines(part: pd.DataFrame | None, axis: int) -> int:
        return 0 if part is None else part.shape[axis]

    flows, zeros = table.flows.to_numpy(), np.zeros(table.n)
    demand, primary = total(table.final_demand, 1), total(table.value_added, 0)
    imported = zeros if table.imports is None else table.imports.to_numpy().sum(axis=0)
    output = None if table.output is None else table.output.to_numpy()
    row_gap = column_gap = None
    row_slack: Amounts = zeros
    column_slack: Amounts = zeros
    if output is not None:
        # The coarsest part decides: what was computed from rounded numbers carries their rounding.
        parts = (table.flows, table.final_demand, table.value_added, table.imports, table.output)
        half = max(printed_unit(part.to_numpy()) for part in parts if part is not None) / 2
        row_slack = half * (table.n + lines(table.final_demand, 1) + 1) + 1e-9 * np.abs(output)
        cells = table.n + lines(table.imports, 0) + lines(table.value_added, 0) + 1
        column_slack = half * cells + 1e-9 * np.abs(output) + table.output_derived * row_slack
        if demand is not None and not table.output_derived:
            row_gap = flows.sum(axis=1) + demand - output
        if primary is not None:
            column_gap = flows.sum(axis=0) + imported + primary - output
    return Accounts(
        table=table,
        names=table.industries,
        flows=flows,
        sales=flows.sum(axis=1),
        inputs=flows.sum(axis=0),
        imported=imported,
        demand=demand,
        primary=primary,
        output=output,
        row_gap=row_gap,
        column_gap=column_gap,
        row_slack=row_slack,
        column_slack=column_slack,
        language=language,
    )


def passed(where: str = "", size: float = 0.0, note: str = "") -> Finding:
    return "pass", where, size, note


def warned(where: str, size: float, advice: str) -> Finding:
    return "warn", where, size, advice


def failed(where: str, size: float, advice: str) -> Finding:
    return "fail", where, size, advice


def skipped(why: str) -> Finding:
    return "skipped", "", np.nan, why
