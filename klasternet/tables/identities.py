"""Checks by arithmetic: do rows and columns add up to output, and if not, which slip would do it.

An identity that misses is looked at for the faults that leave a pattern: one line counted twice or
left out, one factor for all, a factor of ten, labels in another order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .accounts import Accounts, Amounts, Finding, failed, passed, skipped, warned

__all__ = ["BAND", "DUST"]

BAND = 1e-3  # a gap beyond rounding but within this share of output is a warning
DUST = 1e-9  # and so is one within this share of all output, in an industry of no size


def orientation(a: Accounts) -> Finding:
    if a.output is None or (a.row_gap is None and a.column_gap is None):
        return skipped(a.say("cannot be told without output and final demand or value added."))
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
    where = a.say(
        "identities miss by {} as it stands, by {} if turned",
        a.num(as_is, ",.4g"),
        a.num(turned, ",.4g"),
    )
    if turned < as_is / 10:
        return failed(where, as_is, a.say("buyers stand in the rows: pass flows.T."))
    if turned < as_is:
        advice = a.say("it balances better when turned; check that rows sell.")
        return warned(where, as_is, advice)
    return passed(where, as_is)


def row_identity(a: Accounts) -> Finding:
    why = a.say("needs output and final demand.")
    if a.table.output_derived:
        why = a.say("holds by construction: output was derived from the rows.")
    cure = a.say(
        "flows and final demand less output (above 0: more used than made); look for a total among "
        "the uses, imports, a column left out, or a slip."
    )
    lines = _lines(a.table.final_demand, a, 1)
    return _identity(a, a.row_gap, a.row_slack, why, cure, lines)


def column_identity(a: Accounts) -> Finding:
    why = a.say("needs output and value added.")
    cure = a.say(
        "flows, imports and value added less output (below 0: inputs are missing); look for "
        "imports or taxes left out, or a total among the inputs."
    )
    lines = _lines(a.table.value_added, a, 0)
    return _identity(a, a.column_gap, a.column_slack, why, cure, lines)


def _lines(part: pd.DataFrame | None, a: Accounts, axis: int) -> dict[str, Amounts]:
    """Lines that a gap might be: of this quadrant, and the sums of others."""
    lines: dict[str, Amounts] = {}
    if part is not None:
        along = part if axis else part.T
        lines = {str(label): along[label].to_numpy() for label in along}
    lines[a.say("the flows")] = a.sales if axis else a.inputs
    if a.table.exports is not None and axis:
        lines.setdefault(a.say("the exports"), a.table.exports.to_numpy())
    if a.table.imports is not None:
        imported = a.table.imports.to_numpy().sum(axis=1) if axis else a.imported
        lines.setdefault(a.say("the imports"), imported)
    return lines


def _identity(
    a: Accounts,
    gap: Amounts | None,
    slack: Amounts,
    why: str,
    cure: str,
    lines: dict[str, Amounts],
) -> Finding:
    if gap is None or a.output is None:
        return skipped(why)
    size = float(np.abs(gap).max())
    beyond = np.where(np.abs(gap) > slack, gap, 0.0)
    if not beyond.any():
        where = a.say(
            "largest gap {} ({}), {} in all; within rounding",
            a.num(size, ",.4g"),
            a.names[int(np.abs(gap).argmax())],
            a.num(gap.sum(), ",.3g"),
        )
        return passed(where, size)
    band = np.maximum(BAND * np.abs(a.output), DUST * np.abs(a.output).sum())
    broken = np.where(np.abs(beyond) > band, beyond, 0.0)
    if not broken.any():
        advice = a.say("more than rounding explains, less than 0.1 % of output.")
        return warned(a.worst(beyond), size, advice)
    return failed(a.worst(broken), size, _pattern(a, gap, slack, lines) or cure)


def _pattern(a: Accounts, gap: Amounts, slack: Amounts, lines: dict[str, Amounts]) -> str:
    """What the gap is, where it is a known line, or one share of output throughout."""
    for label, line in lines.items():
        near = slack + 1e-6 * np.abs(line)
        if not np.any(np.abs(line) > near):
            continue
        if np.all(np.abs(gap - line) <= near):
            return a.say("the gap is {!r} in every industry: it is counted twice.", label)
        if np.all(np.abs(gap + line) <= near):
            return a.say("the gap is {!r} in every industry: it is left out.", label)
    output = np.asarray(a.output)
    large = output > 1e-6 * output.sum()
    factor = 1 + gap[large] / output[large]
    if large.sum() > 2 and np.ptp(factor) < 1e-3 * abs(factor.mean()):
        return a.say(
            "every industry misses output by the same factor, {}: output of another year or in "
            "another unit.",
            a.num(factor.mean(), ".4g"),
        )
    return ""


def negative_value_added(a: Accounts) -> Finding:
    primary, slack = a.primary, a.column_slack
    if primary is None and a.output is not None:
        primary = a.output - a.inputs - a.imported
    if primary is None:
        return skipped(a.say("needs value added or output."))
    below = np.where(primary < -slack, primary, 0.0)
    if below.any():
        advice = a.say("inputs cost more than output: subsidies, a loss, or a slip.")
        return warned(a.worst(below), float(below.sum()), advice)
    return passed()


def spectral_radius(a: Accounts) -> Finding:
    from .table import spectral_radius

    if a.output is None:
        return skipped(a.say("needs output."))
    A = a.table.coefficients().to_numpy()
    radius = spectral_radius(A)
    if radius < 1:
        return passed(a.num(radius, ".4f"), radius)
    dust = np.abs(a.output) <= DUST * np.abs(a.output).sum()
    rest = spectral_radius(A[np.ix_(~dust, ~dust)])
    if rest < 1:
        where = a.say(
            "{}; {} without {}, of no size",
            a.num(radius, ".4f"),
            a.num(rest, ".4f"),
            a.some(a.names[dust]),
        )
        advice = a.say("an industry of next to no output uses all of it; leave it out by select().")
        return warned(where, radius, advice)
    heavy = A.sum(axis=0)
    top = np.argsort(-heavy, kind="stable")[:3]
    where = a.say(
        "{}; most inputs per unit of output: {}",
        a.num(radius, ".4f"),
        ", ".join(f"{a.names[i]} ({a.num(heavy[i], ',.3g')})" for i in top),
    )
    advice = a.say("at 1 or more the economy uses up what it makes: check output and its unit.")
    return failed(where, radius, advice)


def scale_slips(a: Accounts) -> Finding:
    if a.output is None or (a.row_gap is None and a.column_gap is None):
        return skipped(a.say("needs an identity to judge by."))
    slips = dict(_lines_out_of_scale(a))
    slips |= _cells_out_of_scale(a)
    if not slips:
        return passed()
    listed = ", ".join(f"{name} ({what})" for name, what in list(slips.items())[:3])
    more = a.say(" and {} more", len(slips) - 3) if len(slips) > 3 else ""
    return failed(
        listed + more,
        len(slips),
        a.say(
            "the identity would close without this factor: look for a decimal sign or unit that "
            "slipped."
        ),
    )


def _broken(a: Accounts, gap: Amounts | None, slack: Amounts) -> Amounts:
    """Positions of industries whose identity misses by more than rounding and by some size."""
    if gap is None or a.output is None:
        return np.array([], dtype=int)
    return np.flatnonzero(np.abs(gap) > np.maximum(slack, BAND * np.abs(a.output)))


def _lines_out_of_scale(a: Accounts) -> Iterator[tuple[str, str]]:
    """Output, flows or other parts, or one cell of them, that are off by a power of ten."""
    output = np.asarray(a.output)
    bought = None if a.primary is None else a.primary + a.imported
    sides = (
        (a.row_gap, a.row_slack, a.sales, a.demand, a.table.final_demand, "flows sold"),
        (a.column_gap, a.column_slack, a.inputs, bought, a.table.value_added, "flows bought"),
    )
    for axis, (gap, slack, flows, rest, part, sold) in enumerate(sides):
        if gap is None or rest is None:
            continue
        lines = [] if part is None else [*(part.T if axis else part).items()]
        other = "primary inputs" if axis else "final demand"
        for i in _broken(a, gap, slack):
            name = str(a.names[i])
            wholes = [("output", output[i]), (sold, flows[i]), (other, rest[i])]
            for what, value in wholes:
                right = value + gap[i] if what == "output" else value - gap[i]
                power = _power_of_ten(value, right, 4e-3)
                if power:
                    yield name, a.say(what + " x {}", a.num(power, "g"))
                    break
            else:
                near = slack[i] + 1e-6 * abs(gap[i])
                for label, line in lines:
                    value = line.iloc[i]
                    power = _power_of_ten(value, value - gap[i], 4e-3)
                    if power and abs(value / power - value + gap[i]) <= near:
                        yield f"{name}, {label}", f"x {a.num(power, 'g')}"
                        break


def _power_of_ten(value: float, right: float, near: float) -> float:
    """The power of ten by which a value is off, 0 if it is not one."""
    if value * right <= 0:
        return 0.0
    power = round(np.log10(value / right))
    return 10.0**power if power and abs(value / right / 10.0**power - 1) < near else 0.0


def _cells_out_of_scale(a: Accounts) -> dict[str, str]:
    """Single flows that open their row and their column by one and the same power of ten."""
    if a.row_gap is None or a.column_gap is None or a.output is None:
        return {}
    slips = {}
    columns = np.isin(np.arange(len(a.names)), _broken(a, a.column_gap, a.column_slack))
    for i in _broken(a, a.row_gap, a.row_slack):
        gap = a.row_gap[i]
        same = np.abs(a.column_gap - gap) <= a.row_slack[i] + a.column_slack + 1e-3 * abs(gap)
        for j in np.flatnonzero(columns & same):
            power = _power_of_ten(a.flows[i, j], a.flows[i, j] - gap, 4e-3)
            if power:
                factor = a.say("flow x {}", a.num(power, "g"))
                slips[f"{a.names[i]} -> {a.names[j]}"] = factor
    return slips


def swapped_labels(a: Accounts) -> Finding:
    """Whether identities that miss would close with one part in another order."""
    if a.output is None or (a.row_gap is None and a.column_gap is None):
        return skipped(a.say("needs an identity to judge by."))
    found: dict[str, list[str]] = {}
    bought = None if a.primary is None else a.primary + a.imported
    for gap, slack, flows, rest, sold, other in (
        (a.row_gap, a.row_slack, a.sales, a.demand, "flows sold", "final demand"),
        (a.column_gap, a.column_slack, a.inputs, bought, "flows bought", "primary inputs"),
    ):
        broken = _broken(a, gap, slack)
        if rest is None or len(broken) < 2:
            continue
        x, z, y = a.output[broken], flows[broken], rest[broken]
        near = slack[broken].max() + 1e-6 * np.abs(x).min()
        for what, held, needed in (("output", x, z + y), (other, y, x - z), (sold, z, x - y)):
            if np.all(np.abs(np.sort(held) - np.sort(needed)) <= near):
                found.setdefault(what, [str(name) for name in a.names[broken]])
    if not found:
        return passed()
    what, names = next(iter(found.items()))
    return failed(
        a.say("{} of {}", a.say(what), a.some(names, 4)),
        len(names),
        a.say("identities close if these stand in another order: look for swapped labels."),
    )
