"""Does the audit catch what is wrong: kinds of damage put into sound tables, and what it says.

    python -m benchmarks.audit --data FOLDER [--draws 3]

Every kind is put into every table of `TABLES` at random places, `--draws` times. Caught: a check
is worse than on the sound table. Named: one of the checks that know this kind is. Damage that
keeps every identity and shows nowhere cannot be caught by accounting and is not among them. Last,
the checks that fail on the sound tables: false alarms, but for faults that the sources have.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import klasternet as kn

TABLES = {
    "china_2017_42": {},
    "china_2017_149": {},
    "eurostat_cz_2015": {},
    "eurostat_sk_2015": {},
    "germany_1995_6": {},
    "indonesia_bps_io17_sulawesi_selatan_2016/table.xlsx": {},
    "indonesia_province_jawa_barat_52": {},
    "indonesia_province_jawa_tengah_88": {},
    "oecd2021_chn_2018": {},
    "uk_2010_127": {},
    "usa_bea_2022_summary": {},
    "wiod2013_niot_indonesia": {"year": 2011},
}
WORSE = {"pass": 0, "skipped": 0, "warn": 1, "fail": 2}
TRADE = "trade|whole|retail|dagang"
ROW, COLUMN = "row identity", "column identity"
Damage = Callable[[kn.IOTable, np.random.Generator], kn.IOTable | None]
KINDS: dict[str, tuple[Damage, set[str]]] = {}


def kind(name: str, *checks: str) -> Callable[[Damage], Damage]:
    def keep(damage: Damage) -> Damage:
        KINDS[name] = damage, set(checks)
        return damage

    return keep


def two(table: kn.IOTable, rng: np.random.Generator) -> tuple[str, str]:
    """Two industries of some size."""
    size = (table.flows.sum(axis=1) * table.output).to_numpy()
    large = np.argsort(-size)[: max(2, table.n // 3)]
    return tuple(table.industries[rng.choice(large, 2, replace=False)])


def scaled(part: str, axis: int, factor: float) -> Damage:
    def damage(table: kn.IOTable, rng: np.random.Generator) -> kn.IOTable | None:
        frame = getattr(table, part)
        name, _ = two(table, rng)
        line = frame.loc[name] if axis == 0 else frame[name]
        if not np.any(line):
            return None
        if axis == 0:
            frame.loc[name] *= factor
        else:
            frame[name] *= factor
        return table.replace(**{part: frame})

    return damage


kind("flows of a seller x 1000", "scale slips", ROW)(scaled("flows", 0, 1000))
kind("flows of a buyer x 10", "scale slips", COLUMN)(scaled("flows", 1, 10))
kind("final demand of one x 10", "scale slips", ROW)(scaled("final_demand", 0, 10))
kind("primary inputs of one / 10", "scale slips", COLUMN)(scaled("value_added", 1, 0.1))
kind("output of one x 10", "scale slips")(scaled("output", 0, 10))
kind("a seller's row emptied", ROW)(scaled("flows", 0, 0))


@kind("turned", "orientation")
def turned(table, rng):
    return table.replace(flows=table.flows.T)


@kind("one flow x 10", "scale slips", ROW)
def one_flow(table, rng):
    flows, (name, _) = table.flows, two(table, rng)
    flows.loc[name, flows.loc[name].idxmax()] *= 10
    return table.replace(flows=flows)


@kind("one digit of a flow", ROW, COLUMN)
def one_digit(table, rng):
    flows, (name, _) = table.flows, two(table, rng)
    buyer = flows.loc[name].idxmax()
    digit = 10.0 ** np.floor(np.log10(flows.loc[name, buyer]))
    flows.loc[name, buyer] += digit * rng.integers(1, 9)
    return table.replace(flows=flows)


@kind("one final use x 10", "scale slips", ROW)
def one_use(table, rng):
    demand, (name, _) = table.final_demand, two(table, rng)
    demand.loc[name, demand.loc[name].abs().idxmax()] *= 10
    return table.replace(final_demand=demand)


@kind("flows in another unit", ROW, COLUMN, "scale slips")
def unit(table, rng):
    return table.replace(flows=table.flows / 1000)


@kind("output of another year", ROW, COLUMN)
def stale(table, rng):
    return table.replace(output=table.output * 0.95)


def swapped(part: str, axis: int) -> Damage:
    def damage(table: kn.IOTable, rng: np.random.Generator) -> kn.IOTable:
        a, b = two(table, rng)
        turn = {a: b, b: a}
        frame = getattr(table, part)
        named = frame.rename(index=turn) if axis == 0 else frame.rename(columns=turn)
        return table.replace(**{part: named})

    return damage


kind("output of two swapped", "swapped labels")(swapped("output", 0))
kind("final demand of two swapped", "swapped labels")(swapped("final_demand", 0))
kind("buyers of two swapped", "swapped labels")(swapped("flows", 1))
kind("sellers of two swapped", "swapped labels")(swapped("flows", 0))


@kind("a total among the industries", "totals mixed in")
def total(table, rng):
    names = [*table.industries, "all of them"]
    flows = table.flows.reindex(index=names, columns=names, fill_value=0.0)
    flows["all of them"] = flows.sum(axis=1)
    flows.loc["all of them"] = flows.sum()
    return kn.IOTable(flows)


@kind("a total among the final uses", "totals mixed in")
def total_use(table, rng):
    demand = table.final_demand
    if demand.shape[1] < 2:
        return None
    demand["all uses"] = demand.sum(axis=1)
    return table.replace(final_demand=demand)


@kind("a final use copied", "doubled lines")
def copied(table, rng):
    demand = table.final_demand
    demand["copy"] = demand.iloc[:, 0]
    return table.replace(final_demand=demand)


@kind("an industry doubled", "doubled lines")
def doubled(table, rng):
    name, _ = two(table, rng)
    names = [*table.industries, "copy"]
    flows = table.flows.reindex(index=names, columns=names, fill_value=0.0)
    flows.loc["copy"] = flows.loc[name]
    flows["copy"] = flows[name]
    return kn.IOTable(flows)


@kind("exports left out", ROW)
def no_exports(table, rng):
    if not table.export_columns:
        return None
    rest = table.final_demand.drop(columns=list(table.export_columns))
    return table.replace(final_demand=rest, exports=table.exports)


@kind("a primary input left out", COLUMN)
def no_wages(table, rng):
    rows = table.value_added
    if len(rows) - len(table.import_rows) < 2:
        return None
    largest = rows.drop(index=list(table.import_rows)).sum(axis=1).idxmax()
    return table.replace(value_added=rows.drop(index=largest))


@kind("imports counted twice", COLUMN)
def imports_twice(table, rng):
    if table.imports is None:
        return None
    return table.replace(flows=table.flows + table.imports)


@kind("an industry left out", ROW, COLUMN)
def left_out(table, rng):
    name, _ = two(table, rng)
    keep = [other for other in table.industries if other != name]
    imports = None if table.imports is None else table.imports.loc[keep, keep]
    return kn.IOTable(
        table.flows.loc[keep, keep],
        final_demand=table.final_demand.loc[keep],
        value_added=table.value_added[keep],
        output=table.output[keep],
        imports=imports,
    )


@kind("a flow below zero", "negative flows")
def negative(table, rng):
    flows, (name, _) = table.flows, two(table, rng)
    flows.loc[name, flows.loc[name].idxmax()] *= -1
    return table.replace(flows=flows)


@kind("output below zero", "zero output")
def minus(table, rng):
    output, (name, _) = table.output, two(table, rng)
    output[name] *= -1
    return table.replace(output=output)


@kind("exports with a minus", ROW)
def minus_exports(table, rng):
    if not table.export_columns:
        return None
    demand = table.final_demand
    demand[list(table.export_columns)] *= -1
    return table.replace(final_demand=demand)


@kind("purchasers' prices", "price basis")
def purchasers(table, rng):
    trade = table.industries.str.contains(TRADE, case=False)
    demand = table.final_demand
    if not trade.any() or trade.all():
        return None
    margin = 0.8 * demand[trade].clip(lower=0).sum()
    if margin.sum() < 0.02 * table.output.sum():
        return None  # trade is too small for its margins to show
    goods = demand[~trade].clip(lower=0)
    demand[trade] -= 0.8 * demand[trade].clip(lower=0)
    demand[~trade] += goods / goods.sum().replace(0, 1) * margin
    return table.replace(final_demand=demand)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=3)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    tables = {name: kn.read_table(given.data / name, **how) for name, how in TABLES.items()}
    before = {
        name: table.audit().set_index("check")["status"].map(WORSE)
        for name, table in tables.items()
    }
    rows = []
    for what, (damage, checks) in KINDS.items():
        for name, table in tables.items():
            if table.final_demand is None or table.value_added is None:
                continue
            for _ in range(given.draws):
                harmed = damage(table, rng)
                if harmed is None:
                    continue
                after = harmed.audit().set_index("check")["status"].map(WORSE)
                worse = set(after.index[after > before[name]])
                rows.append((what, name, bool(worse), bool(worse & checks)))
    found = pd.DataFrame(rows, columns=["damage", "table", "caught", "named"])
    by_kind = found.groupby("damage", sort=False).agg(
        cases=("caught", "size"), caught=("caught", "mean"), named=("named", "mean")
    )
    print(by_kind.map(lambda share: f"{share:.0%}" if isinstance(share, float) else share))
    print(
        f"\n{len(KINDS)} kinds, {len(found)} cases: caught {found.caught.mean():.1%}, named "
        f"{found.named.mean():.1%}"
    )
    for name, status in before.items():
        failing = status.index[status == 2]
        if len(failing):
            print(f"sound table {name} fails: {', '.join(failing)}")
    print(
        f"sound tables without a failure: {sum((s < 2).all() for s in before.values())} of "
        f"{len(before)}"
    )
    missed = found[~found.caught].groupby(["damage", "table"]).size()
    if len(missed):
        print("\nmissed:", missed.to_string(), sep="\n")


if __name__ == "__main__":
    main()
