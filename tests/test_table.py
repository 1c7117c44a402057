"""IOTable: aligned by name, frozen, its identities kept by every verb, its inverse by the book."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.generated import law

from klasternet import AlignmentError, ConvergenceError, DataError, IOTable

GERMANY = ["agriculture", "industry", "construction", "trade", "business", "other"]
GERMAN_FLOWS = [
    [1131, 25480, 1, 607, 710, 762],
    [7930, 304584, 64167, 41082, 11981, 30360],
    [426, 7334, 3875, 5296, 23457, 9155],
    [3559, 72717, 14190, 74399, 10835, 21008],
    [3637, 96115, 31027, 65755, 193176, 34223],
    [1552, 14986, 1747, 11225, 15058, 22070],
]
GERMAN_OUTPUT = [43910, 1079446, 245606, 540063, 692487, 508918]


@pytest.fixture
def germany() -> IOTable:
    flows = pd.DataFrame(GERMAN_FLOWS, GERMANY, GERMANY)
    return IOTable(flows, output=pd.Series(GERMAN_OUTPUT, GERMANY), unit="million EUR", year=1995)


@pytest.fixture
def miller_blair() -> IOTable:
    return IOTable(
        np.array([[150.0, 500], [200, 100]]),
        final_demand=np.array([350.0, 1700]),
        output=np.array([1000.0, 2000]),
    )


def balanced(n: int = 6, seed: int = 0, imports: bool = True) -> IOTable:
    """A table of whole numbers whose identities hold exactly."""
    rng = np.random.default_rng(seed)
    names = pd.Index([f"s{i}" for i in range(n)])
    flows = pd.DataFrame(rng.integers(1, 100, (n, n)), names, names).astype(float)
    imported = pd.DataFrame(rng.integers(0, 9, (n, n)), names, names).astype(float)
    demand = pd.DataFrame(rng.integers(300, 900, (n, 2)), names, ["home", "exports"]).astype(float)
    output = flows.sum(axis=1) + demand.sum(axis=1)
    left = output - flows.sum() - (imported.sum() if imports else 0)
    value_added = pd.DataFrame([left // 3, left - left // 3], ["wages", "surplus"], names)
    return IOTable(
        flows,
        final_demand=demand,
        value_added=value_added,
        output=output,
        imports=imported if imports else None,
        exports="exports",
        satellites=pd.DataFrame([rng.integers(1, 50, n)], ["jobs"], names),
        region=pd.Series(["north", "south"] * (n // 2), names),
        unit="million",
    )


def gaps(table: IOTable) -> tuple[float, float]:
    """How much the row and the column identity miss by."""
    rows = table.flows.sum(axis=1) + table.final_demand.sum(axis=1) - table.output
    columns = table.flows.sum() + table.value_added.sum() - table.output
    if table.imports is not None:
        columns += table.imports.sum()
    return float(rows.abs().max()), float(columns.abs().max())


# --- what is taken in


def test_columns_meet_rows_by_name(germany):
    turned = germany.flows[GERMANY[::-1]]
    assert IOTable(turned).flows.equals(germany.flows)


def test_every_part_meets_the_industries_by_name():
    table = balanced()
    back = list(table.industries[::-1])
    shuffled = IOTable(
        table.flows.loc[:, back],
        final_demand=table.final_demand.loc[back],
        value_added=table.value_added.loc[:, back],
        output=table.output[back],
        imports=table.imports.loc[back, table.industries],
        satellites=table.satellites.loc[:, back],
        region=table.region[back],
        exports="exports",
    )
    for part in ("flows", "final_demand", "value_added", "output", "imports", "satellites"):
        assert getattr(shuffled, part).equals(getattr(table, part)), part
    assert list(shuffled.region) == list(table.region)
    assert shuffled.exports.equals(table.final_demand["exports"].rename("exports"))


def test_output_is_derived_from_the_rows_and_says_so(germany):
    assert germany.final_demand is None and not germany.output_derived
    table = IOTable(germany.flows, final_demand=pd.Series(100.0, GERMANY))
    assert table.output_derived
    assert table.output.equals((germany.flows.sum(axis=1) + 100).rename("output"))
    assert IOTable(germany.flows).output is None
    assert table.replace(final_demand=pd.Series(0.0, GERMANY)).output["other"] == 66638


def test_arrays_name_their_industries_by_number(miller_blair):
    assert list(miller_blair.industries) == ["1", "2"]
    assert list(miller_blair.final_demand.columns) == ["final demand"]


def test_exports_and_imports_name_lines_of_the_table():
    table = balanced(imports=False)
    assert table.export_columns == ("exports",)
    named = table.replace(imports="wages")
    assert named.imports is None and named.import_rows == ("wages",)
    assert named.select(["s0", "s1"]).import_rows == ("wages",)
    numbers = table.replace(exports=pd.Series(1.0, table.industries))
    assert numbers.export_columns == () and numbers.exports.sum() == 6


# --- what is refused, with the offender and the cure


def changed(frame: pd.DataFrame, value: object) -> pd.DataFrame:
    frame = frame.astype(object)
    frame.loc["industry", "trade"] = value
    return frame


BAD = {
    "missing column": (lambda Z: Z.drop(columns="other"), AlignmentError, "'other'"),
    "missing row": (lambda Z: Z.drop(index="trade"), AlignmentError, "not square.*'trade'"),
    "other spelling": (lambda Z: Z.rename(columns={"trade": "tarde"}), AlignmentError, "'tarde'"),
    "doubled": (lambda Z: Z.rename(index={"trade": "other"}), AlignmentError, "'other' more than"),
    "unnamed": (lambda Z: Z.rename(index={"trade": np.nan}), AlignmentError, "position 4"),
    "text": (lambda Z: changed(Z, "n.a."), DataError, "'n.a.' at row 'industry', column 'trade'"),
    "number as text": (lambda Z: changed(Z, "12"), DataError, "'12' at row 'industry'"),
    "truth value": (lambda Z: changed(Z, True), DataError, "True at row 'industry'"),
    "complex": (lambda Z: Z + 1j, DataError, "no number"),
    "NaN": (lambda Z: changed(Z, np.nan), DataError, r"empty cell \(NaN\) at row 'industry'"),
    "None": (lambda Z: changed(Z, None), DataError, "empty cell"),
    "infinite": (lambda Z: changed(Z, -np.inf), DataError, "infinite number at row 'industry'"),
    "too large": (lambda Z: changed(Z, 10**400), DataError, "no number"),
    "zeros": (lambda Z: Z * 0, DataError, "all 6 x 6 flows are zero"),
    "one industry": (lambda Z: Z.loc[["trade"], ["trade"]], DataError, "1 industry .'trade'"),
    "two levels": (
        lambda Z: pd.concat({"DEU": pd.concat({"DEU": Z}, axis=1)}),
        DataError,
        "2 levels.*join them",
    ),
    "list": (lambda Z: Z.to_numpy().tolist(), DataError, "list; pass a pandas DataFrame"),
    "three dimensions": (lambda Z: np.ones((2, 2, 2)), DataError, "3 dimensions"),
    "array not square": (lambda Z: np.ones((2, 3)), AlignmentError, "2 x 3, not square"),
}


@pytest.mark.parametrize("case", BAD)
def test_flows_that_cannot_be(case, germany):
    spoil, error, message = BAD[case]
    with pytest.raises(error, match=message):
        IOTable(spoil(germany.flows))


def test_parts_that_do_not_fit(germany):
    Z, x = germany.flows, germany.output
    with pytest.raises(AlignmentError, match=r"final_demand lacks 'trade' and has 'total'"):
        IOTable(Z, final_demand=x.rename({"trade": "total"}))
    with pytest.raises(AlignmentError, match=r"pass value_added\.T"):
        IOTable(Z, value_added=x.to_frame("wages"))
    with pytest.raises(AlignmentError, match=r"pass final_demand\.T"):
        IOTable(Z, final_demand=x.to_frame("homes").T)
    with pytest.raises(AlignmentError, match=r"imports is 5 x 6, .*lacks 'agriculture'"):
        IOTable(Z, imports=Z.iloc[1:])
    with pytest.raises(DataError, match=r"output is an array.*without names"):
        IOTable(Z, output=x.to_numpy())
    with pytest.raises(DataError, match="output is a frame; pass one column"):
        IOTable(Z, output=x.to_frame())
    with pytest.raises(DataError, match=r"output holds an empty cell .*'trade'"):
        IOTable(Z, output=x.where(x.index != "trade"))
    with pytest.raises(AlignmentError, match=r"'exprots'.*did you mean 'exports'"):
        IOTable(Z, final_demand=x.to_frame("exports"), exports="exprots")
    with pytest.raises(DataError, match="exports names lines of final_demand"):
        IOTable(Z, exports="exports")
    with pytest.raises(DataError, match="imports names lines of value_added"):
        IOTable(Z, imports="imports")
    with pytest.raises(DataError, match="region is empty for 'trade'"):
        IOTable(Z, region=pd.Series("DE", GERMANY).where(x.index != "trade"))


# --- it cannot be changed


def test_nothing_changes_the_table(germany):
    before = germany.flows.copy()
    source = germany.flows.copy()
    table = IOTable(source, output=germany.output)
    source.iloc[0, 0] = -1.0
    assert table.flows.equals(before)
    handed = table.flows
    handed["new"] = 1.0
    handed.index = [*"abcdef"]
    output, inverse = table.output, table.leontief()
    output.iloc[0] = inverse.iloc[0, 0] = 0.0
    assert table.output.equals(germany.output) and table.leontief().iloc[0, 0] > 1
    assert table.flows.equals(before)
    with pytest.raises(FrozenInstanceError, match=r"replace\(unit="):
        table.unit = "EUR"
    with pytest.raises(FrozenInstanceError):
        del table.unit
    with pytest.raises(AttributeError):
        table.flows = before


def test_it_survives_pickling_and_replacement():
    table = balanced()
    again = pickle.loads(pickle.dumps(table))
    assert again.flows.equals(table.flows) and again.exports.equals(table.exports)
    other = table.replace(unit="thousand")
    assert (other.unit, table.unit) == ("thousand", "million")
    assert other.export_columns == ("exports",) and gaps(other) == (0, 0)


# --- Leontief, by the book


def test_miller_blair(miller_blair):
    A, L = miller_blair.coefficients(), miller_blair.leontief()
    assert np.allclose(A, [[0.15, 0.25], [0.20, 0.05]], atol=1e-15)
    assert np.allclose(L, [[1.25412541, 0.330033], [0.2640264, 1.12211221]], atol=1e-7)
    assert np.allclose(L @ np.array([600, 1500]), [1247.5, 1841.6], atol=0.05)
    assert np.allclose(L.sum(), [1.518152, 1.452145], atol=1e-6)


def test_germany_1995(germany):
    L = germany.leontief()
    assert list(L.sum().round(4)) == [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782]
    assert list(np.diag(L).round(4)[:3]) == [1.0339, 1.4292, 1.0289]
    assert np.allclose((np.eye(6) - germany.coefficients()) @ L, np.eye(6), atol=1e-12)


def test_the_inverse_is_computed_once(miller_blair, monkeypatch):
    first = miller_blair.leontief()
    monkeypatch.setattr(np.linalg, "inv", lambda matrix: 1 / 0)
    assert miller_blair.leontief().equals(first)


def test_no_output_no_coefficient(germany):
    output = germany.output.where(germany.output.index != "trade", 0.0)
    A = germany.replace(output=output).coefficients()
    assert (A["trade"] == 0).all() and np.isfinite(A.to_numpy()).all()
    with pytest.raises(DataError, match="pass output="):
        IOTable(germany.flows).coefficients()


def test_an_economy_that_uses_up_what_it_makes(germany):
    with pytest.raises(ConvergenceError, match=r"spectral radius of A is 4\.\d+.*'industry'"):
        germany.replace(output=germany.output / 10).leontief()


# --- reshaping keeps the identities


@law(40)
@given(st.lists(st.sampled_from("xyz"), min_size=6, max_size=6), st.integers(0, 99))
def test_aggregation_keeps_identities_and_totals(groups, seed):
    table = balanced(seed=seed)
    mapping = dict(zip(table.industries, groups, strict=True))
    if len(set(groups)) < 2:
        with pytest.raises(DataError, match="1 industry"):
            table.aggregate(mapping)
        return
    small = table.aggregate(mapping)
    assert gaps(small) == (0, 0)
    assert list(small.industries) == list(dict.fromkeys(groups))
    for part in ("flows", "final_demand", "value_added", "output", "imports", "satellites"):
        assert getattr(small, part).to_numpy().sum() == getattr(table, part).to_numpy().sum(), part
    assert small.exports.sum() == table.exports.sum()
    members = [name for name, group in mapping.items() if group == groups[0]]
    assert small.flows.iloc[0, 0] == table.flows.loc[members, members].to_numpy().sum()


@law(40)
@given(st.sets(st.integers(0, 5), min_size=2), st.integers(0, 99))
def test_selection_keeps_identities(chosen, seed):
    table = balanced(seed=seed)
    names = [f"s{i}" for i in sorted(chosen, reverse=True)]
    part = table.select(names)
    assert list(part.industries) == names
    assert gaps(part) == (0, 0)
    assert part.output.equals(table.output[names])
    assert part.flows.equals(table.flows.loc[names, names].rename_axis("industry", axis=1))


def test_selection_says_where_the_others_went():
    table = balanced()
    part = table.select(["s0", "s1", "s2"])
    others = ["s3", "s4", "s5"]
    assert part.final_demand.columns[-1] == "Other industries (sales)"
    assert list(part.value_added.index[-2:]) == [
        "Other industries (purchases)",
        "Other industries (imports)",
    ]
    sold = table.flows.loc["s1", others].sum()
    assert part.final_demand.loc["s1", "Other industries (sales)"] == sold
    twice = part.select(["s0", "s1"])
    assert list(twice.final_demand.columns) == list(part.final_demand.columns)
    assert gaps(twice) == (0, 0)
    assert "3 of 6 industries selected" in part.source
    bare = IOTable(table.flows).select(["s0", "s1"])
    assert bare.final_demand is None and bare.value_added is None


def test_regions_of_groups():
    table = balanced()
    small = table.aggregate({f"s{i}": "ab"[i > 3] for i in range(6)})
    assert list(small.region) == ["north + south", "north + south"]
    assert list(table.aggregate({f"s{i}": "ab"[i % 2] for i in range(6)}).region) == [
        "north",
        "south",
    ]


def test_names_that_are_not_there(germany):
    with pytest.raises(AlignmentError, match="no group for 'industry'"):
        germany.aggregate({name: "all" for name in GERMANY if name != "industry"})
    with pytest.raises(AlignmentError, match=r"'bussiness'.*did you mean 'business'"):
        germany.select(["trade", "bussiness"])
    with pytest.raises(AlignmentError, match="'trade' more than once"):
        germany.select(["trade", "trade"])


def test_it_prints_what_it_is():
    printed = str(balanced().replace(name="Testland", year=2020, source="made up"))
    assert printed.startswith("IOTable: Testland, 6 industries in 2 regions, 2020, million")
    for line in ("exports", "in 2 columns", "in 2 rows", "jobs", "source: made up"):
        assert line in printed
