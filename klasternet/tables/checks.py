"""What an audit looks at: one small function per check, from the accounts to a finding.

A finding is (status, where, size, advice). Identities are judged by what rounding can explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .alignment import some
from .totals import looks_like_total, printed_unit, sums_of_runs

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["CHECKS", "accounts"]

Finding = tuple[str, str, float, str]
Amounts = np.ndarray

BAND = 1e-3  # a gap beyond rounding but within this share of output is a warning
DUST = 1e-9  # and so is one within this share of all output, in an industry of no size
_IMPORTS = re.compile(r"impor|(?<![a-z0-9])(im|impo|p7|f050\w*)(?![a-z0-9])", re.IGNORECASE)


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


def accounts(table: IOTable) -> Accounts:
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
    )


def passed(where: str = "", size: float = 0.0, note: str = "") -> Finding:
    return "pass", where, size, note


def warned(where: str, size: float, advice: str) -> Finding:
    return "warn", where, size, advice


def failed(where: str, size: float, advice: str) -> Finding:
    return "fail", where, size, advice


def skipped(why: str) -> Finding:
    return "skipped", "", np.nan, why


def worst(names: pd.Index, amounts: Amounts, limit: int = 3) -> str:
    """The largest amounts with their names, and how many more there are."""
    order = np.argsort(-np.abs(amounts), kind="stable")
    order = order[amounts[order] != 0]
    more = f" and {len(order) - limit} more" if len(order) > limit else ""
    return ", ".join(f"{names[i]} ({amounts[i]:,.6g})" for i in order[:limit]) + more


def orientation(a: Accounts) -> Finding:
    if a.output is None or (a.row_gap is None and a.column_gap is None):
        return skipped("cannot be told without output and final demand or value added.")
    as_is = turned = 0.0
    if a.row_gap is not None and a.demand is not None:
        as_is += np.abs(a.row_gap).sum()
        turned += np.abs(a.inputs + a.demand - a.output).sum()
    if a.column_gap is not None and a.primary is not None:
        made = a.output
        if a.table.output_derived and a.demand is not None:  # it would be derived anew
            made = a.inputs + a.demand
        as_is += np.abs(a.column_gap).sum()
        turned += np.abs(a.sales + a.imported + a.primary - made).sum()
    where = f"identities miss by {as_is:,.4g} as it stands, by {turned:,.4g} if turned"
    if turned < as_is / 10:
        return failed(where, as_is, "buyers stand in the rows: pass flows.T.")
    if turned < as_is:
        return warned(where, as_is, "it balances better when turned; check that rows sell.")
    return passed(where, as_is)


def square(a: Accounts) -> Finding:
    return passed(f"{len(a.names)} industries, the same in rows and columns", len(a.names))


def totals(a: Accounts) -> Finding:
    summed = [a.names[i] for i in sums_of_runs(a.flows, a.flows.T)]
    near = printed_unit(a.flows) * len(a.names)
    demand = None if a.table.final_demand is None else a.table.final_demand.T
    for frame, flows in ((demand, a.sales), (a.table.value_added, a.inputs)):
        if frame is None:
            continue
        lines = frame.to_numpy()
        summed += [frame.index[i] for i in sums_of_runs(lines)]
        for total in (flows, a.output):  # all intermediate uses or inputs; all uses or inputs
            if total is not None and np.abs(total).sum() > near * len(a.names):
                equal = np.all(np.abs(lines - total) <= near + 1e-9 * np.abs(total), axis=1)
                summed += [label for label in frame.index[equal] if label not in summed]
    if summed:
        return failed(
            some(summed),
            len(summed),
            "each equals a sum of others and is counted twice: leave it out (drop= of read_table).",
        )
    called = looks_like_total(a.names)
    if called:
        return warned(
            some(called),
            len(called),
            "called totals, though the numbers do not show it; leave them out if they are.",
        )
    return passed()


def negative_flows(a: Accounts) -> Finding:
    cells = np.argwhere(a.flows < 0)
    if not len(cells):
        return passed()
    amounts = a.flows[a.flows < 0]
    pairs = pd.Index([f"{a.names[i]} -> {a.names[j]}" for i, j in cells])
    return warned(
        f"{len(cells)} cells: {worst(pairs, amounts)}",
        float(amounts.sum()),
        f"together {amounts.sum():,.6g}; a network of flows needs a policy: "
        'FlowNetwork.from_table(table, negatives="transpose" or "aside").',
    )


def zero_output(a: Accounts) -> Finding:
    trade = np.abs(a.flows).sum(axis=0) + np.abs(a.flows).sum(axis=1)
    output = trade if a.output is None else a.output
    if (output < 0).any():
        below = np.minimum(output, 0)
        return failed(worst(a.names, below), below.sum(), "output below zero: check its sign.")
    odd = a.names[(output == 0) & (trade > 0)]
    if len(odd):
        return failed(some(odd), len(odd), "no output, and yet flows: check output=.")
    empty = a.names[output == 0]
    if len(empty):
        return warned(some(empty), len(empty), "kept, with coefficients of zero and in no cluster.")
    return passed()


def _identity(a: Accounts, gap: Amounts | None, slack: Amounts, why: str, cure: str) -> Finding:
    if gap is None or a.output is None:
        return skipped(why)
    size = float(np.abs(gap).max())
    beyond = np.where(np.abs(gap) > slack, gap, 0.0)
    if not beyond.any():
        return passed(f"largest gap {size:,.4g}, within rounding", size)
    band = np.maximum(BAND * np.abs(a.output), DUST * np.abs(a.output).sum())
    broken = np.where(np.abs(beyond) > band, beyond, 0.0)
    if not broken.any():
        advice = "more than rounding explains, less than 0.1 % of output."
        return warned(worst(a.names, beyond), size, advice)
    return failed(worst(a.names, broken), size, cure)


def row_identity(a: Accounts) -> Finding:
    why = "needs output and final demand."
    if a.table.output_derived:
        why = "holds by construction: output was derived from the rows."
    return _identity(
        a,
        a.row_gap,
        a.row_slack,
        why,
        "flows and final demand less output (above 0: more used than made); look for a total among "
        "the uses, imports, a column left out, or a slip.",
    )


def column_identity(a: Accounts) -> Finding:
    return _identity(
        a,
        a.column_gap,
        a.column_slack,
        "needs output and value added.",
        "flows, imports and value added less output (below 0: inputs are missing); look for "
        "imports or taxes left out, or a total among the inputs.",
    )


def negative_value_added(a: Accounts) -> Finding:
    primary, slack = a.primary, a.column_slack
    if primary is None and a.output is not None:
        primary = a.output - a.inputs - a.imported
    if primary is None:
        return skipped("needs value added or output.")
    below = np.where(primary < -slack, primary, 0.0)
    if below.any():
        return warned(
            worst(a.names, below),
            float(below.sum()),
            "inputs cost more than output: subsidies, a loss, or a slip.",
        )
    return passed()


def spectral_radius(a: Accounts) -> Finding:
    from .table import spectral_radius

    if a.output is None:
        return skipped("needs output.")
    radius = spectral_radius(a.table.coefficients().to_numpy())
    if radius < 1:
        return passed(f"{radius:.4f}", radius)
    return failed(
        f"{radius:.4f}",
        radius,
        "at 1 or more the economy uses up what it makes: check output and its unit.",
    )


def imports(a: Accounts) -> Finding:
    cure = (
        "flows seem to hold imported goods, which no domestic industry made: take the domestic "
        'table, pass imports=, or ask for FlowNetwork.from_table(table, flows="total") knowingly.'
    )
    demand, primary = a.table.final_demand, a.table.value_added
    if demand is not None:
        sums = demand.sum()
        called = np.array([bool(_IMPORTS.search(label)) for label in sums.index], dtype=bool)
        low = (demand <= 0).all() & (sums < -BAND * np.abs(a.flows).sum())
        low |= called & (sums < 0)
        if low.any():
            where = f"final demand column {some(sums.index[low])}"
            return warned(where, float(sums[low].sum()), cure)
    if a.row_gap is not None and a.output is not None:
        excess = float(a.row_gap.sum())
        if excess > 0.01 * np.abs(a.output).sum():
            where = f"uses exceed output by {excess:,.6g}: {worst(a.names, a.row_gap)}"
            return warned(where, excess, cure)
    regions = 1 if a.table.region is None else len(a.table.region.unique())
    if regions > 1:
        return passed(f"flows between {regions} regions stand apart")
    if a.table.imports is not None:
        return passed("imported flows stand apart", float(a.imported.sum()))
    if primary is None:
        return skipped("nothing tells whether flows are domestic: pass imports= or value_added=.")
    rows = primary.sum(axis=1)
    said = a.table.import_rows
    called = rows[[label in said or bool(_IMPORTS.search(label)) for label in rows.index]]
    if len(called):
        return passed(
            f"imports are a primary input: {some(called.index)}",
            float(called.sum()),
            "sound if these are inputs that the column's industry bought abroad; if they are "
            "imports of its product, flows hold them.",
        )
    if a.column_gap is not None and a.output is not None:
        missing = float(np.abs(a.column_gap).sum())
        if missing <= BAND * np.abs(a.output).sum():
            return warned("inputs add up to output without any imports", missing, cure)
    return skipped("nothing tells whether flows are domestic: pass imports=.")


def scale_slips(a: Accounts) -> Finding:
    if a.output is None or (a.row_gap is None and a.column_gap is None):
        return skipped("needs an identity to judge by.")
    slips: dict[str, str] = {}
    primary = None if a.primary is None else a.primary + a.imported
    for gap, slack, flows, rest, called in (
        (a.row_gap, a.row_slack, a.sales, a.demand, ("flows sold", "final demand")),
        (a.column_gap, a.column_slack, a.inputs, primary, ("flows bought", "primary inputs")),
    ):
        if gap is None or rest is None:
            continue
        for i in np.flatnonzero(np.abs(gap) > np.maximum(slack, BAND * np.abs(a.output))):
            for what, value in (
                ("output", a.output[i]),
                (called[0], flows[i]),
                (called[1], rest[i]),
            ):
                right = value + gap[i] if what == "output" else value - gap[i]
                power = _power_of_ten(value, right)
                if power:
                    slips.setdefault(str(a.names[i]), f"{what} x {power:g}")
    slips |= _cells_out_of_scale(a)
    if not slips:
        return passed()
    listed = ", ".join(f"{name} ({what})" for name, what in list(slips.items())[:3])
    more = f" and {len(slips) - 3} more" if len(slips) > 3 else ""
    return failed(
        listed + more,
        len(slips),
        "the identity would close without this factor: look for a decimal sign or unit that "
        "slipped.",
    )


def _power_of_ten(value: float, right: float) -> float:
    """The power of ten by which a value is off, 0 if it is not one."""
    if value * right <= 0:
        return 0.0
    power = round(np.log10(value / right))
    return 10.0**power if power and abs(value / right / 10.0**power - 1) < 4e-3 else 0.0


def _cells_out_of_scale(a: Accounts) -> dict[str, str]:
    """Single flows that open their row and their column by one and the same power of ten."""
    if a.row_gap is None or a.column_gap is None or a.output is None:
        return {}
    slips = {}
    band = BAND * np.abs(a.output)
    columns = np.abs(a.column_gap) > np.maximum(a.column_slack, band)
    for i in np.flatnonzero(np.abs(a.row_gap) > np.maximum(a.row_slack, band)):
        gap = a.row_gap[i]
        same = np.abs(a.column_gap - gap) <= a.row_slack[i] + a.column_slack + 1e-3 * abs(gap)
        for j in np.flatnonzero(columns & same):
            power = _power_of_ten(a.flows[i, j], a.flows[i, j] - gap)
            if power:
                slips[f"{a.names[i]} -> {a.names[j]}"] = f"flow x {power:g}"
    return slips


CHECKS: dict[str, Callable[[Accounts], Finding]] = {
    "orientation": orientation,
    "square and named": square,
    "totals mixed in": totals,
    "negative flows": negative_flows,
    "zero output": zero_output,
    "row identity": row_identity,
    "column identity": column_identity,
    "negative value added": negative_value_added,
    "spectral radius": spectral_radius,
    "imports mixed in": imports,
    "scale slips": scale_slips,
}
