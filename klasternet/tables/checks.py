"""What an audit looks at: one small function per check, from the accounts to a finding.

A finding is (status, where, size, advice). Checks by arithmetic stand in `identities.py`; here are
those of structure: what stands where it should not, and what the numbers cannot tell by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from . import identities
from .accounts import Accounts, Amounts, Finding, failed, passed, skipped, warned
from .identities import BAND, DUST
from .totals import looks_like_total, printed_unit, sums_of_runs

__all__ = ["CHECKS", "totals"]

_IMPORTS = re.compile(r"impor|(?<![a-z0-9])(im|impo|p7|f050\w*)(?![a-z0-9])", re.IGNORECASE)
_ERRORS = re.compile(
    r"(?<![a-z])(err(ors?)?|discrepanc\w*|statistical difference|selisih( statistik)?)(?![a-z])"
    r"|误差",
    re.IGNORECASE,
)
_MARGINS = re.compile(r"margin|marj", re.IGNORECASE)
_TRADE = re.compile(
    r"trade|wholesal|retail|dagang|eceran|transport|angkut|freight|ware?hous|gudang|批发|运输",
    re.IGNORECASE,
)
_MAKERS = re.compile(r"equip|manufactur|industri|alat (angkut|transport)", re.IGNORECASE)
_PRODUCT_TAX = re.compile(
    r"product tax|tax.* products?\b|pajak.* produk\b|(?<![a-z])(d21|txs_)", re.IGNORECASE
)
_PURCHASER = re.compile(r"purchaser|harga pembeli|购买者价格", re.IGNORECASE)
_BASIC = re.compile(
    r"(basic|producer'?s?'?) price|harga (dasar|produsen)|生产者价格", re.IGNORECASE
)


def square(a: Accounts) -> Finding:
    where = a.say("{} industries, the same in rows and columns", len(a.names))
    return passed(where, len(a.names))


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
            a.some(summed),
            len(summed),
            a.say(
                "each equals a sum of others and is counted twice: leave it out (drop= of "
                "read_table)."
            ),
        )
    called = looks_like_total(a.names)
    if called:
        return warned(
            a.some(called),
            len(called),
            a.say("called totals, though the numbers do not show it; leave them out if they are."),
        )
    return passed()


def doubles(a: Accounts) -> Finding:
    """Industries, final uses or primary inputs that are another one over again."""
    groups = [(a.names, np.hstack([a.flows, a.flows.T]))]
    if a.table.final_demand is not None:
        groups.append((a.table.final_demand.columns, a.table.final_demand.to_numpy().T))
    if a.table.value_added is not None:
        groups.append((a.table.value_added.index, a.table.value_added.to_numpy()))
    alike = []
    for labels, lines in groups:
        size = np.abs(lines).sum(axis=1)  # beyond what rounding alone makes equal
        busy = np.flatnonzero((size > printed_unit(lines) * 10 * lines.shape[1]) & (size > 0))
        busy = busy[pd.Series(lines[busy].sum(axis=1)).duplicated(keep=False).to_numpy()]
        again = pd.DataFrame(lines[busy]).duplicated().to_numpy()
        alike += [str(labels[k]) for k in busy[again]]
    if not alike:
        return passed()
    return failed(
        a.some(alike),
        len(alike),
        a.say("holds the numbers of another line, to the last digit: one of them is a copy."),
    )


def negative_flows(a: Accounts) -> Finding:
    cells = np.argwhere(a.flows < 0)
    if not len(cells):
        return passed()
    amounts = a.flows[a.flows < 0]
    pairs = pd.Index([f"{a.names[i]} -> {a.names[j]}" for i, j in cells])
    return warned(
        a.say("{} cells: {}", len(cells), a.worst(amounts, names=pairs)),
        float(amounts.sum()),
        a.say(
            "together {}; a network of flows needs a policy: "
            'FlowNetwork.from_table(table, negatives="transpose" or "aside").',
            a.num(amounts.sum()),
        ),
    )


def zero_output(a: Accounts) -> Finding:
    trade = np.abs(a.flows).sum(axis=0) + np.abs(a.flows).sum(axis=1)
    output = trade if a.output is None else a.output
    below = np.minimum(output, 0)
    if below.any():
        advice = a.say("output below zero: check its sign.")
        dust = np.abs(below).max() <= DUST * np.abs(output).sum()
        return (warned if dust else failed)(a.worst(below), float(below.sum()), advice)
    odd = a.names[(output == 0) & (trade > 0)]
    if len(odd):
        return failed(a.some(odd), len(odd), a.say("no output, and yet flows: check output=."))
    empty = a.names[output == 0]
    if len(empty):
        advice = a.say("kept, with coefficients of zero and in no cluster.")
        return warned(a.some(empty), len(empty), advice)
    return passed()


def imports(a: Accounts) -> Finding:
    cure = a.say(
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
            where = a.say("final demand column {}", a.some(sums.index[low]))
            return warned(where, float(sums[low].sum()), cure)
    if a.row_gap is not None and a.output is not None:
        excess = float(a.row_gap.sum())
        if excess > 0.01 * np.abs(a.output).sum():
            where = a.say("uses exceed output by {}: {}", a.num(excess), a.worst(a.row_gap))
            return warned(where, excess, cure)
    regions = 1 if a.table.region is None else len(a.table.region.unique())
    if regions > 1:
        return passed(a.say("flows between {} regions stand apart", regions))
    if a.table.imports is not None:
        return passed(a.say("imported flows stand apart"), float(a.imported.sum()))
    if primary is None:
        return skipped(
            a.say("nothing tells whether flows are domestic: pass imports= or value_added=.")
        )
    rows = primary.sum(axis=1)
    said = a.table.import_rows
    called = rows[[label in said or bool(_IMPORTS.search(label)) for label in rows.index]]
    if len(called):
        return passed(
            a.say("imports are a primary input: {}", a.some(called.index)),
            float(called.sum()),
            a.say(
                "sound if these are inputs that the column's industry bought abroad; if they are "
                "imports of its product, flows hold them."
            ),
        )
    if a.column_gap is not None and a.output is not None:
        missing = float(np.abs(a.column_gap).sum())
        if missing <= BAND * np.abs(a.output).sum():
            where = a.say("inputs add up to output without any imports")
            return warned(where, missing, cure)
    return skipped(a.say("nothing tells whether flows are domestic: pass imports=."))


def price_basis(a: Accounts) -> Finding:
    """Purchasers' prices hold trade and transport margins: trade would hardly trade."""
    cure = a.say(
        "at purchasers' prices the margins of trade and transport are in the price of goods, so "
        "that trade hardly trades: take a table at basic or producers' prices."
    )
    if a.table.final_demand is not None:
        margins = [label for label in a.table.final_demand if _MARGINS.search(label)]
        if margins:
            where = a.say("final demand column {}", a.some(margins))
            amount = float(np.abs(a.table.final_demand[margins].to_numpy()).sum())
            return warned(where, amount, cure)
    if a.row_gap is not None and a.output is not None:
        margins_of = [_TRADE.search(name) and not _MAKERS.search(name) for name in a.names]
        trade = np.array(margins_of, dtype=bool)
        lost, gained = -a.row_gap[trade].sum(), a.row_gap[~trade].sum()
        if lost > 0.02 * np.abs(a.output).sum() and 0.5 < gained / lost < 2:
            where = a.say(
                "trade and transport sell {} less than they make, all others {} more",
                a.num(lost),
                a.num(gained),
            )
            return warned(where, float(lost), cure)
    if _PURCHASER.search(a.table.source):
        return warned(a.say("said in the source of the table"), np.nan, cure)
    said = _BASIC.search(a.table.source)
    if said:
        return passed(a.say("said in the source of the table"))
    if a.table.value_added is not None:
        taxes = [label for label in a.table.value_added.index if _PRODUCT_TAX.search(label)]
        if taxes:
            where = a.say("taxes on products stand apart: {}", a.some(taxes))
            return passed(where, float(a.table.value_added.loc[taxes].to_numpy().sum()))
    return skipped(a.say("nothing tells basic from purchasers' prices; see the source."))


def statistical_errors(a: Accounts) -> Finding:
    """Columns and rows of the office's own discrepancy, which is no sale and no input."""
    lines: dict[str, Amounts] = {}
    if a.table.final_demand is not None:
        uses = a.table.final_demand
        lines |= {label: uses[label].to_numpy() for label in uses if _ERRORS.search(label)}
    if a.table.value_added is not None:
        rows = a.table.value_added
        lines |= {
            label: rows.loc[label].to_numpy() for label in rows.index if _ERRORS.search(label)
        }
    if not lines:
        return passed()
    error = np.sum([*lines.values()], axis=0)
    size = float(np.abs(error).sum())
    where = a.say("{} in {}: {}", a.num(size, ",.4g"), a.some(lines), a.worst(error))
    if a.output is not None and np.all(np.abs(error) <= BAND * np.abs(a.output)):
        return passed(where, size)
    return warned(
        where,
        size,
        a.say(
            "the office's own discrepancy closes these rows: nobody buys it. Keep it for the "
            "identity, and out of any demand that you analyse."
        ),
    )


CHECKS: dict[str, Callable[[Accounts], Finding]] = {
    "orientation": identities.orientation,
    "square and named": square,
    "totals mixed in": totals,
    "doubled lines": doubles,
    "negative flows": negative_flows,
    "zero output": zero_output,
    "row identity": identities.row_identity,
    "column identity": identities.column_identity,
    "negative value added": identities.negative_value_added,
    "spectral radius": identities.spectral_radius,
    "imports mixed in": imports,
    "price basis": price_basis,
    "statistical errors": statistical_errors,
    "scale slips": identities.scale_slips,
    "swapped labels": identities.swapped_labels,
}
