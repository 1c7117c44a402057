"""Does the audit catch what is wrong: kinds of damage put into clean tables, and what it says.

    python -m benchmarks.audit --data FOLDER [--seeds 5]

Every kind is put into each of the ten clean tables of `CLEAN`, at places that the seed draws among
all lines and all cells that are not zero, small ones too. Much of that is smaller than the rounding
of what was printed. So what accounting could see is told apart from what it could not, by sums of
its own (`visible`), without asking the audit:

detectable: a sum misses its output by more than rounding can explain, and by another amount than
    before; or a flow or output has turned negative; or one line is another's copy or sum.
reported: some check is worse than on the clean table.
named: one of the checks that know this kind is worse. placed: and it names one of the lines. These
    are shares of the detectable; "of all" is the share of all cases that is reported.

Last, the false alarms: every table at hand that no source calls faulty, and what fails there.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

CLEAN: dict[str, dict[str, Any]] = {
    "china_2017_149": {},
    "china_2017_42": {},
    "eurostat_cz_2015": {},
    "eurostat_sk_2015": {},
    "germany_1995_6": {},
    "indonesia_bps_io17_sulawesi_selatan_2016/table.xlsx": {},
    "indonesia_province_jawa_barat_52": {},
    "oecd2021_chn_2018": {},
    "uk_2010_127": {},
    "usa_bea_2022_summary": {},
}
OTHERS = [
    *("chile_2013_12", "croatia_2010", "indonesia_bps_io17_kepulauan_riau_2016/table.xlsx"),
    *(f"indonesia_province_{name}" for name in ("aceh_66", "bali_54", "jawa_tengah_88")),
    *(f"indonesia_province_{name}" for name in ("riau_112", "sumatera_utara_71")),
    *("oecd2021_chn_1995", "oecd2021_jpn_2005", "wiod2013_2011", "wiod2013_1995"),
]
YEARS = {"wiod2013_niot_indonesia": range(1995, 2012), "wiod2016_niot_usa": range(2000, 2015)}
WORSE = {"pass": 0, "skipped": 0, "warn": 1, "fail": 2}
TRADE = "trade|whole|retail|dagang"
ROW, COLUMN, SLIP, SWAP = "row identity", "column identity", "scale slips", "swapped labels"
TOTAL, COPY = "totals mixed in", "doubled lines"
Harm = tuple[kn.IOTable, set[str]]  # the damaged table, and the lines that are wrong
Damage = Callable[[kn.IOTable, np.random.Generator], Harm | None]
KINDS: dict[str, tuple[Damage, set[str]]] = {}


def kind(name: str, *checks: str) -> Callable[[Damage], Damage]:
    """Enter a kind of damage; `checks` are those that know it."""

    def keep(damage: Damage) -> Damage:
        KINDS[name] = damage, set(checks)
        return damage

    return keep


# ------------------------------------------------------------------- places, drawn among all


def any_of(labels: Any, rng: np.random.Generator) -> str:
    return str(rng.choice(np.asarray(labels, dtype=object)))


def two(table: kn.IOTable, rng: np.random.Generator) -> list[str]:
    return [str(name) for name in rng.choice(table.industries.to_numpy(), 2, replace=False)]


def cell(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[int, int]:
    """A cell that is not zero."""
    cells = np.argwhere(frame.to_numpy() != 0)
    return tuple(cells[rng.integers(len(cells))])


def rebuilt(table: kn.IOTable, order: list[int], names: list[str], sums: Any = ()) -> kn.IOTable:
    """A table of some of its industries, or of more: `sums` adds up those before each position."""
    pick = np.zeros((len(order) + len(sums), table.n))
    for row, k in enumerate(order):
        pick[row, k] = 1
    for row, members in enumerate(sums, len(order)):
        pick[row, members] = 1

    def turned(frame: pd.DataFrame, rows: bool, columns: bool) -> pd.DataFrame:
        values = frame.to_numpy()
        values = pick @ values if rows else values
        values = values @ pick.T if columns else values
        return pd.DataFrame(
            values, names if rows else frame.index, names if columns else frame.columns
        )

    parts: dict[str, Any] = {
        "final_demand": turned(table.final_demand, True, False),
        "value_added": turned(table.value_added, False, True),
        "output": pd.Series(pick @ table.output.to_numpy(), names),
    }
    if table.imports is not None:
        parts["imports"] = turned(table.imports, True, True)
    return kn.IOTable(turned(table.flows, True, True), **parts)


# ----------------------------------------------------------------------------------- kinds


def scaled(part: str, axis: int, factor: float) -> Damage:
    def damage(table: kn.IOTable, rng: np.random.Generator) -> Harm | None:
        frame = getattr(table, part)
        name = any_of(table.industries, rng)
        line = frame.loc[name] if axis == 0 else frame[name]
        if not np.any(line):
            return None
        if axis == 0:
            frame.loc[name] *= factor
        else:
            frame[name] *= factor
        return table.replace(**{part: frame}), {name}

    return damage


kind("a seller's flows x 1000", SLIP, ROW)(scaled("flows", 0, 1000))
kind("a buyer's flows x 10", SLIP, COLUMN)(scaled("flows", 1, 10))
kind("final demand of one x 10", SLIP, ROW)(scaled("final_demand", 0, 10))
kind("primary inputs of one / 10", SLIP, COLUMN)(scaled("value_added", 1, 0.1))
kind("output of one x 10", SLIP, ROW)(scaled("output", 0, 10))
kind("a seller's row lost", ROW)(scaled("flows", 0, 0))
kind("a buyer's column lost", COLUMN)(scaled("flows", 1, 0))


@kind("transposed", "orientation")
def transposed(table, rng):
    return table.replace(flows=table.flows.T), set()


@kind("one digit of a flow", ROW, COLUMN)
def one_digit(table, rng):
    """Any digit that was printed, another in its place."""
    flows = table.flows
    i, j = cell(flows, rng)
    value = flows.iloc[i, j]
    text = np.format_float_positional(abs(value), trim="-")
    places = [k for k, letter in enumerate(text) if letter.isdigit()]
    k = places[rng.integers(min(len(places), 8))]  # the digits of an unrounded number are no print
    other = str((int(text[k]) + rng.integers(1, 10)) % 10)
    flows.iloc[i, j] = np.sign(value) * float(text[:k] + other + text[k + 1 :])
    return table.replace(flows=flows), {str(flows.index[i]), str(flows.columns[j])}


@kind("two digits of a flow exchanged", ROW, COLUMN)
def two_digits(table, rng):
    flows = table.flows
    i, j = cell(flows, rng)
    value = flows.iloc[i, j]
    text = np.format_float_positional(abs(value), trim="-")
    pairs = [k for k in range(len(text) - 1) if text[k : k + 2].isdigit()]
    pairs = [k for k in pairs[:8] if text[k] != text[k + 1]]
    if not pairs:
        return None
    k = pairs[rng.integers(len(pairs))]
    flows.iloc[i, j] = np.sign(value) * float(text[:k] + text[k + 1] + text[k] + text[k + 2 :])
    return table.replace(flows=flows), {str(flows.index[i]), str(flows.columns[j])}


def shifted(part: str) -> Damage:
    """The decimal sign of one cell."""

    def damage(table: kn.IOTable, rng: np.random.Generator) -> Harm:
        frame = getattr(table, part)
        i, j = cell(frame, rng)
        frame.iloc[i, j] *= rng.choice([0.1, 10])
        return table.replace(**{part: frame}), {str(frame.index[i]), str(frame.columns[j])}

    return damage


kind("decimal sign of a flow", SLIP, ROW, COLUMN)(shifted("flows"))
kind("decimal sign of a final use", SLIP, ROW)(shifted("final_demand"))
kind("decimal sign of a primary input", SLIP, COLUMN)(shifted("value_added"))


@kind("flows in another unit", ROW, COLUMN, SLIP)
def unit(table, rng):
    return table.replace(flows=table.flows / 1000), set()


@kind("stale output: another year's", ROW, COLUMN)
def stale(table, rng):
    growth = np.exp(rng.normal(0.04, 0.04, table.n))
    return table.replace(output=table.output / growth), set()


@kind("output of another unit", ROW, COLUMN, SLIP)
def output_unit(table, rng):
    return table.replace(output=table.output * 1e-3), set()


def swapped(part: str, axis: int) -> Damage:
    def damage(table: kn.IOTable, rng: np.random.Generator) -> Harm:
        a, b = two(table, rng)
        turn = {a: b, b: a}
        frame = getattr(table, part)
        named = frame.rename(index=turn) if axis == 0 else frame.rename(columns=turn)
        return table.replace(**{part: named}), {a, b}

    return damage


kind("labels of two swapped: output", SWAP, ROW)(swapped("output", 0))
kind("labels of two swapped: final demand", SWAP, ROW)(swapped("final_demand", 0))
kind("labels of two swapped: buyers", SWAP, COLUMN)(swapped("flows", 1))
kind("labels of two swapped: sellers", SWAP, ROW)(swapped("flows", 0))
kind("labels of two swapped: primary inputs", SWAP, COLUMN)(swapped("value_added", 1))


@kind("a column slipped down by a row", ROW)
def slipped(table, rng):
    flows = table.flows
    name = any_of(table.industries, rng)
    flows[name] = np.roll(flows[name].to_numpy(), 1)
    return table.replace(flows=flows), set()


def add_sum(table: kn.IOTable, members: np.ndarray, called: str) -> Harm:
    names = [*table.industries.astype(str), called]
    return rebuilt(table, [*range(table.n)], names, [members]), {called}


@kind("a total among the industries", TOTAL)
def total(table, rng):
    return add_sum(table, np.arange(table.n), "all of them")


@kind("a subtotal among the industries", TOTAL, ROW)
def subtotal(table, rng):
    """Of a run of industries, right behind it."""
    size = int(rng.integers(2, max(3, table.n // 3)))
    first = int(rng.integers(table.n - size + 1))
    names = [*table.industries.astype(str), "some of them"]
    wide = rebuilt(table, [*range(table.n)], names, [np.arange(first, first + size)])
    order = [*range(first + size), table.n, *range(first + size, table.n)]
    return rebuilt(wide, order, [names[k] for k in order]), {"some of them"}


@kind("a total among the final uses", TOTAL)
def total_use(table, rng):
    demand = table.final_demand
    demand["all uses"] = demand.sum(axis=1)
    return table.replace(final_demand=demand), {"all uses"}


@kind("a total among the primary inputs", TOTAL)
def total_input(table, rng):
    rows = table.value_added
    rows.loc["all inputs"] = rows.sum()
    return table.replace(value_added=rows), {"all inputs"}


@kind("a final use entered twice", COPY)
def copied(table, rng):
    demand = table.final_demand
    label = any_of(demand.columns, rng)
    demand["again"] = demand[label]
    return table.replace(final_demand=demand), {"again", label}


@kind("an industry entered twice", COPY, ROW)
def doubled(table, rng):
    at = int(rng.integers(table.n))
    names = [*table.industries.astype(str), "again"]
    return rebuilt(table, [*range(table.n), at], names), {"again", names[at]}


@kind("an industry left out", ROW, COLUMN)
def left_out(table, rng):
    gone = int(rng.integers(table.n))
    order = [k for k in range(table.n) if k != gone]
    names = table.industries.astype(str)
    return rebuilt(table, order, [names[k] for k in order]), set()


@kind("exports left out", ROW)
def no_exports(table, rng):
    rest = table.final_demand.drop(columns=list(table.export_columns))
    return table.replace(final_demand=rest, exports=table.exports), set()


@kind("a final use left out", ROW)
def no_use(table, rng):
    others = table.final_demand.columns.difference(list(table.export_columns), sort=False)
    label = any_of(others, rng)
    return table.replace(final_demand=table.final_demand.drop(columns=label)), set()


@kind("a primary input left out", COLUMN)
def no_wages(table, rng):
    rows = table.value_added
    others = rows.index.difference(list(table.import_rows), sort=False)
    return table.replace(value_added=rows.drop(index=any_of(others, rng))), set()


@kind("imports left out", COLUMN, ROW)
def no_imports(table, rng):
    """Wherever they stand: beside the flows, among primary inputs, or taken off final demand."""
    demand, rows = table.final_demand, table.value_added
    if "Imports" in demand:
        return table.replace(final_demand=demand.drop(columns="Imports")), set()
    rows = rows.drop(index=list(table.import_rows))
    return table.replace(value_added=rows, imports=None), set()


@kind("imports added twice", COLUMN)
def imports_twice(table, rng):
    if table.imports is None:
        return None
    return table.replace(flows=table.flows + table.imports), set()


@kind("exports with a minus", ROW)
def minus_exports(table, rng):
    demand = table.final_demand
    demand[list(table.export_columns)] *= -1
    return table.replace(final_demand=demand), set()


@kind("a flow below zero", "negative flows")
def negative(table, rng):
    flows = table.flows
    i, j = cell(flows.clip(lower=0), rng)
    flows.iloc[i, j] *= -1
    return table.replace(flows=flows), {str(flows.index[i]), str(flows.columns[j])}


@kind("output below zero", "zero output")
def minus(table, rng):
    output, name = table.output, any_of(table.industries[table.output > 0], rng)
    output[name] *= -1
    return table.replace(output=output), {name}


@kind("final uses at purchasers' prices", "price basis", ROW)
def purchasers(table, rng):
    trade = table.industries.astype(str).str.contains(TRADE, case=False)
    demand = table.final_demand
    if not trade.any() or trade.all():
        return None
    moved = rng.uniform(0.5, 0.9) * demand[trade].clip(lower=0)
    goods = demand[~trade].clip(lower=0)
    demand[trade] -= moved
    demand[~trade] += goods / goods.sum().replace(0, 1) * moved.sum()
    return table.replace(final_demand=demand), set(table.industries[trade].astype(str))


# kinds that keep every sum: no accounting sees them


@kind("names of two exchanged throughout")
def renamed(table, rng):
    a, b = two(table, rng)
    names = [{a: b, b: a}.get(name, name) for name in table.industries.astype(str)]
    return rebuilt(table, [*range(table.n)], names), {a, b}


@kind("all of the table x 1000")
def all_scaled(table, rng):
    parts = ("flows", "final_demand", "value_added", "output", "imports")
    held = {part: getattr(table, part) for part in parts}
    more = {part: frame * 1000 for part, frame in held.items() if frame is not None}
    return table.replace(**more), set()


@kind("four flows that cancel")
def rectangle(table, rng):
    (a, b), (c, d) = two(table, rng), two(table, rng)
    flows = table.flows
    moved = min(flows.loc[a, c], flows.loc[b, d]) / 2
    if moved <= 0:
        return None
    for seller, buyer, sign in ((a, c, -1), (b, d, -1), (a, d, 1), (b, c, 1)):
        flows.loc[seller, buyer] += sign * moved
    return table.replace(flows=flows), {a, b, c, d}


# ----------------------------------------------------------------- what accounting can see


def printed(values: np.ndarray) -> float:
    """The unit of the last digit: 1e6, ... 1, 0.1, ... 1e-9; 0 for numbers that are not rounded."""
    for unit in 10.0 ** np.arange(6, -10, -1):
        if np.all(np.abs(values - np.round(values / unit) * unit) <= 1e-9 * np.abs(values)):
            return float(unit)
    return 0.0


def gaps(table: kn.IOTable) -> dict[str, tuple[float, float]]:
    """By side and industry: what a sum misses output by, and what rounding can explain of it."""
    held = [table.flows, table.final_demand, table.value_added, table.output, table.imports]
    half = max(printed(np.asarray(part)) for part in held if part is not None) / 2
    rows = table.flows.sum(axis=1) + table.final_demand.sum(axis=1) - table.output
    columns = table.flows.sum() + table.value_added.sum() - table.output
    many = table.n + 1
    if table.imports is not None:
        columns, many = columns + table.imports.sum(), many + table.n
    sides = (
        ("row", rows, table.n + 1 + table.final_demand.shape[1]),
        ("column", columns, many + len(table.value_added)),
    )
    return {
        f"{side} {name}": (gap, half * terms + 1e-9 * abs(table.output[name]))
        for side, all_gaps, terms in sides
        for name, gap in all_gaps.items()
    }


def signs(table: kn.IOTable) -> int:
    return int((table.flows.to_numpy() < 0).sum() + (table.output.to_numpy() < 0).sum())


def repeats(table: kn.IOTable) -> int:
    """Lines that are another line over again, or the sum of all others of their kind."""
    found = 0
    for lines in (table.final_demand.to_numpy().T, table.value_added.to_numpy()):
        lines = lines[np.abs(lines).sum(axis=1) > 0]
        found += len(lines) - len(np.unique(lines, axis=0))
        rest = lines.sum(axis=0) - lines
        near = 1e-9 * np.abs(lines).sum(axis=1, keepdims=True) + 1e-9
        found += int(np.all(np.abs(lines - rest) <= near, axis=1).sum())
    return found


def visible(clean: kn.IOTable, harmed: kn.IOTable) -> bool:
    """Whether accounting can tell the two apart, by sums that this file takes itself."""
    before, after = gaps(clean), gaps(harmed)
    for where, (gap, slack) in after.items():
        was = before.get(where, (0.0, 0.0))[0]
        if abs(gap) > slack and abs(gap - was) > slack:
            return True
    return signs(harmed) > signs(clean) or repeats(harmed) > repeats(clean)


# ------------------------------------------------------------------------------- the table


def statuses(audit: pd.DataFrame) -> pd.Series:
    return audit.set_index("check")["status"].map(WORSE)


def tried(tables: dict[str, kn.IOTable], seeds: int) -> pd.DataFrame:
    """Every kind in every table, as often as there are seeds."""
    before = {name: statuses(table.audit()) for name, table in tables.items()}
    rows = []
    for number, (what, (damage, checks)) in enumerate(KINDS.items()):
        for place, (name, table) in enumerate(tables.items()):
            for seed in range(seeds):
                harm = damage(table, np.random.default_rng([seed, place, number]))
                if harm is None:
                    continue
                harmed, lines = harm
                audit = harmed.audit()
                after = statuses(audit)
                worse = set(after.index[after > before[name]])
                told = " ".join(audit.loc[audit["check"].isin(worse & checks), "where"])
                rows.append(
                    {
                        "damage": what,
                        "table": name,
                        "seed": seed,
                        "detectable": visible(table, harmed),
                        "reported": bool(worse),
                        "named": bool(worse & checks),
                        "placed": any(line in told for line in lines) if lines else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """One row for each kind, and one for all of them."""

    def row(part: pd.DataFrame) -> dict[str, Any]:
        seen = part[part["detectable"]]
        return {
            "cases": len(part),
            "detectable": part["detectable"].mean(),
            "reported": seen["reported"].mean(),
            "named": seen["named"].mean(),
            "placed": seen["placed"].astype(float).mean(),
            "of all": part["reported"].mean(),
        }

    kinds = {what: row(part) for what, part in found.groupby("damage", sort=False)}
    return pd.DataFrame({**kinds, "all": row(found)}).T


def all_tables(folder: Path) -> Iterator[tuple[str, kn.IOTable]]:
    for name, how in CLEAN.items():
        yield name, kn.read_table(folder / name, **how)
    for name in OTHERS:
        yield name, kn.read_table(folder / name)
    for name, years in YEARS.items():
        for year in years:
            yield f"{name} {year}", kn.read_table(folder / name, year=year)
    for name in kn.datasets.names():
        yield name, kn.datasets.load(name)


def false_alarms(folder: Path) -> tuple[int, list[tuple[str, str, str]]]:
    """How many tables there are that should be clean, and what fails in them."""
    count, failing = 0, []
    for name, table in all_tables(folder):
        count += 1
        audit = table.audit()
        for finding in audit[audit["status"] == "fail"].itertuples():
            failing.append((name, finding.check, finding.where))
    return count, failing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore", kn.KlasternetWarning)
    tables = {name: kn.read_table(given.data / name, **how) for name, how in CLEAN.items()}
    found = tried(tables, given.seeds)
    shown = summary(found)
    for column in shown.columns[1:]:
        shown[column] = shown[column].map(lambda x: "" if pd.isna(x) else f"{x:.0%}")
    print(shown.astype({"cases": int}).to_string())
    seen = found[found["detectable"]]
    print(
        f"\n{len(KINDS)} kinds, {len(tables)} tables, {len(found):,} cases, {len(seen):,} that "
        f"accounting can see: reported {seen.reported.mean():.1%}, named {seen.named.mean():.1%}, "
        f"placed {seen.placed.astype(float).mean():.1%}"
    )
    missed = seen[~seen["reported"]].groupby(["damage", "table"]).size()
    if len(missed):
        print("\ndetectable, not reported:", missed.to_string(), sep="\n")
    unnamed = seen[~seen["named"]].groupby(["damage", "table"]).size()
    if len(unnamed):
        print("\ndetectable, not named:", unnamed.to_string(), sep="\n")
    count, failing = false_alarms(given.data)
    print(f"\n{count} tables as published: {len(failing)} failures")
    for name, check, where in failing:
        print(f"  {name}: {check}: {where}")


if __name__ == "__main__":
    main()
