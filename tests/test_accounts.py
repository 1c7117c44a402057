"""Multipliers, linkages and key industries against published numbers, and their laws."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn
from klasternet.assessment.accounts import ghosh

# made economies may have an industry with jobs and next to no output
pytestmark = pytest.mark.filterwarnings("ignore:.*for a unit of output")

MILLER = kn.datasets.load("miller_blair")
GERMANY = kn.datasets.load("germany_1995")


def economy(seed, n=6, regions=None, households=True):
    """A productive table that balances: Z, households and exports; wages, profit and imports."""
    rng = np.random.default_rng(seed)
    Z = rng.gamma(0.5, 10, (n, n)) * (rng.random((n, n)) < 0.8)
    Z[0, -1] += 1.0  # something is traded
    homes, abroad = rng.gamma(1, 30, n), rng.gamma(1, 20, n)
    x = np.maximum(Z.sum(axis=1) + homes + abroad, Z.sum(axis=0) * 1.3)
    homes = x - Z.sum(axis=1) - abroad
    earned = x - Z.sum(axis=0)
    names = [f"i{k}" for k in range(n)]
    columns = {"Households": homes, "Exports": abroad}
    if regions:
        region = pd.Series([regions[k * len(regions) // n] for k in range(n)])
        names = [f"{r} {name}" for r, name in zip(region, names, strict=True)]
        region.index = names
        columns = {
            f"{r} {what}": np.where(region == r, 1, 0) * amounts
            for r in regions
            for what, amounts in columns.items()
        }
    else:
        region = None
    return kn.IOTable(
        pd.DataFrame(Z, names, names),
        final_demand=pd.DataFrame(columns, names),
        value_added=pd.DataFrame(
            np.outer([0.6, 0.3, 0.1], earned), ["Wages", "Profit", "Imports"], names
        ),
        satellites=pd.DataFrame([rng.gamma(1, 5, n)], ["Jobs"], names),
        output=pd.Series(x, names),
        exports=[c for c in columns if "Exports" in c],
        region=region,
    )


def parts(table):
    A = table.coefficients().to_numpy()
    return A, np.linalg.inv(np.eye(table.n) - A), table.output.to_numpy()


# ------------------------------------------------------------------------ published numbers


def test_miller_and_blair():
    assert np.allclose(MILLER.coefficients(), [[0.15, 0.25], [0.20, 0.05]])
    assert np.allclose(
        MILLER.leontief(), [[1.25412541, 0.330033], [0.2640264, 1.12211221]], atol=1e-7
    )
    assert np.allclose(ghosh(MILLER), [[1.254125, 0.660066], [0.132013, 1.122112]], atol=1e-6)
    assert np.allclose(kn.multipliers(MILLER)["effect"], [1.518152, 1.452145], atol=1e-6)
    links = kn.linkages(MILLER)
    assert np.allclose(links["power"], [1.022222, 0.977778], atol=1e-6)
    assert np.allclose(links["sensitivity_leontief"], [1.066667, 0.933333], atol=1e-6)
    assert np.allclose(links["sensitivity"], [1.208333, 0.791667], atol=1e-6)
    assert np.allclose(links["backward_direct"], [0.35, 0.30])
    assert np.allclose(links["forward_direct"], [0.65, 0.15])


def test_labour_of_miller_and_blair():
    jobs = pd.Series([0.30, 0.25], MILLER.industries) * MILLER.output
    result = kn.multipliers(MILLER, jobs.rename("jobs"))
    assert kn.multipliers(MILLER, jobs.rename("output"))["direct"].tolist() == [0.30, 0.25]
    new = pd.Series([600.0, 1500.0], MILLER.industries)
    assert (result["effect"] * new).sum() == pytest.approx(374.25 + 460.4, abs=0.05)
    assert result.attrs["account"] == "jobs"


def test_germany_1995():
    published = [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782]  # Eurostat manual, p. 506
    assert np.allclose(kn.linkages(GERMANY)["backward"], published, atol=2e-4)
    L, G = GERMANY.leontief().to_numpy(), ghosh(GERMANY).to_numpy()
    assert np.allclose(L.diagonal()[:3], [1.0339, 1.4292, 1.0289], atol=2e-4)
    # this printed column is G'; where print and recomputation differ, recomputation stands
    assert np.allclose(G[:, 0], [1.0339, 0.0118, 0.0037, 0.0103, 0.0117, 0.0043], atol=1e-4)


def test_united_kingdom_2010_as_published(shared):
    table = kn.read_table(shared / "uk_2010_127")
    published = pd.read_csv(shared / "uk_2010_127" / "published_multipliers.csv")
    dashes = published["uk_row_label"].str.replace(r"\s*[\x00-\x1f]+\s*", " – ", regex=True)
    published = published.set_index(dashes).loc[table.industries]  # as the reader mends them
    inverse = pd.read_csv(shared / "uk_2010_127" / "leontief_inverse.csv.gz", index_col=0)
    assert np.allclose(table.leontief(), inverse.iloc[:127, :127], atol=1e-13)
    output, wages = kn.multipliers(table), kn.multipliers(table, "Wages")
    added = kn.multipliers(table, "value added")
    assert added.attrs["rows"] == ["Net production taxes", "Wages", "Operating surplus"]
    for ours, theirs in (
        (output["effect"], "Output multiplier"),
        (wages["effect"], "Employment cost effects"),
        (wages["type_i"], "Employment cost multiplier"),
        (added["effect"], "GVA effects"),
        (added["type_i"], "GVA multiplier"),
    ):
        known = ours.notna()  # products without wages have no ratio to them; printed as 0 or 1
        assert known.sum() >= 125
        assert np.allclose(ours[known], published.loc[known, theirs], atol=1e-12), theirs
    rank = output["effect"].rank(ascending=False, method="first")
    assert (rank == published["output_multiplier_rank"]).all()


def test_the_same_as_pymrio(shared):
    pymrio = pytest.importorskip("pymrio")
    table = kn.read_table(shared / "wiod2013_regional_2011")
    Z, x = table.flows, table.output
    A = pymrio.calc_A(Z, x)
    assert np.allclose(A, table.coefficients())
    L = pymrio.calc_L(A)
    assert np.allclose(L, table.leontief())
    G = pymrio.calc_G(pymrio.calc_B(Z, x)).to_numpy()
    ours = ghosh(table).to_numpy()
    assert np.allclose(ours, G)
    assert np.allclose(kn.multipliers(table)["effect"], L.sum())


def test_the_world_in_seconds(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    result, L = kn.multipliers(table), table.leontief()
    assert np.allclose(result["effect"], L.sum(), rtol=1e-12)
    region = table.region.to_numpy()
    home = (L.to_numpy() * (region[:, None] == region)).sum(axis=0)
    assert np.allclose(result["effect_home"], home, rtol=1e-10)
    assert (result["effect_elsewhere"] >= -1e-12).all()
    assert (kn.multipliers(table, "value added")["effect"][table.output > 0] - 1).abs().max() < 1e-9
    links = kn.linkages(table)
    assert np.isfinite(links.to_numpy()).all()
    assert len(links.attrs["without_output"]) == 22


# ------------------------------------------------------------------------ others' errors


@pytest.mark.parametrize("table", [MILLER, GERMANY])
def test_direct_linkages_are_direct(table):
    """Elsewhere "direct" returns column sums of L, and every industry comes out as key."""
    links = kn.linkages(table)
    A, L, x = parts(table)
    assert np.allclose(links["backward_direct"], A.sum(axis=0))
    assert np.allclose(links["forward_direct"], table.flows.sum(axis=1) / x)
    assert (links["backward_direct"] < 1).all() and (L.sum(axis=0) >= 1).all()
    assert set(kn.key_industries(table)["kind"]) != {"key"}


def test_not_every_industry_can_be_key():
    for seed in range(20):
        table = economy(seed)
        for forward in ("ghosh", "leontief"):
            result = kn.key_industries(table, forward)
            assert result["power"].mean() == pytest.approx(1)
            assert result["sensitivity"].mean() == pytest.approx(1)
            kinds = result["kind"]
            assert ((result["power"] > 1) == kinds.isin(["key", "backward"])).all()
            assert ((result["sensitivity"] > 1) == kinds.isin(["key", "forward"])).all()


def test_an_industry_without_output_is_a_number():
    """Elsewhere it gives a division by zero, and NaN everywhere."""
    names = ["a", "b", "idle"]
    flows = pd.DataFrame([[1.0, 2, 0], [3, 1, 0], [0, 0, 0]], names, names)
    table = kn.IOTable(flows, output=pd.Series([10.0, 12, 0], names))
    links = kn.linkages(table)
    assert links.loc["idle", ["backward", "forward", "backward_direct"]].tolist() == [1, 1, 0]
    assert links.attrs["without_output"] == ["idle"]
    assert np.isfinite(links.to_numpy()).all()
    assert kn.multipliers(table)["effect"]["idle"] == 1


# ------------------------------------------------------------------------ laws


@given(st.integers(0, 10**6), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_laws(seed, n):
    table = economy(seed, n)
    _, L, x = parts(table)
    B = table.flows.to_numpy() / x[:, None]
    assert np.allclose(ghosh(table), np.linalg.inv(np.eye(n) - B))
    assert np.allclose(kn.ghosh(table, coefficients=True), B)
    final = x - table.flows.to_numpy().sum(axis=1)
    assert kn.multipliers(table)["effect"] @ final == pytest.approx(x.sum())
    jobs = kn.multipliers(table, "Jobs")
    assert jobs["effect"] @ final == pytest.approx(table.satellites.loc["Jobs"].sum())
    everything = kn.multipliers(table, ["Wages", "Profit", "Imports"])
    assert np.allclose(everything["effect"], 1)  # each unit of demand ends as primary inputs
    added, bought = kn.multipliers(table, "value added"), kn.multipliers(table, "imports")
    assert np.allclose(added["effect"] + bought["effect"], 1)
    links = kn.linkages(table)
    assert np.allclose(links["power_cv"], L.std(axis=0, ddof=1) / L.mean(axis=0))


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_closed_for_households(seed):
    table, n = economy(seed), 6
    result = kn.multipliers(table, households="Households", income=["Wages", "Profit", "Imports"])
    A, _, x = parts(table)
    earned = table.value_added.sum().to_numpy()
    big = np.zeros((n + 1, n + 1))
    big[:n, :n], big[n, :n] = A, earned / x
    big[:n, n] = table.final_demand["Households"] / earned.sum()
    closed = np.linalg.inv(np.eye(n + 1) - big)
    assert np.allclose(result["effect_closed"], closed[:n, :n].sum(axis=0))
    # the two kinds of income multiplier differ by one factor, the households' own multiplier
    wages = kn.multipliers(
        table, "Wages", households="Households", income=["Wages", "Profit", "Imports"]
    )
    ratio = (wages["type_ii"] / wages["type_i"]).to_numpy()
    if np.allclose(table.value_added.loc["Wages"], 0.6 * earned):
        assert np.allclose(ratio, closed[n, n])


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
@pytest.mark.filterwarnings("ignore:households spend")
def test_regions_spend_what_they_earn(seed):
    table = economy(seed, 8, ["north", "south"])
    result = kn.multipliers(table, "Jobs", households="Households", income=["Wages", "Profit"])
    A, L, x = parts(table)
    region = table.region.to_numpy()
    c = table.satellites.loc["Jobs"].to_numpy() / x
    earned = table.value_added.loc[["Wages", "Profit"]].sum().to_numpy()
    big = np.zeros((10, 10))
    big[:8, :8] = A
    for k, name in enumerate(["north", "south"]):
        own = region == name
        big[8 + k, :8] = np.where(own, earned / x, 0)
        big[:8, 8 + k] = table.final_demand[f"{name} Households"] / earned[own].sum()
    closed = np.linalg.inv(np.eye(10) - big)
    assert np.allclose(result["effect_closed"], c @ closed[:8, :8])
    home = (c[:, None] * L * (region[:, None] == region)).sum(axis=0)
    assert np.allclose(result["effect_home"], home)
    assert np.allclose(result["effect_home"] + result["effect_elsewhere"], result["effect"])


def test_negative_cells_are_solved_too():
    table = MILLER.replace(flows=MILLER.flows - np.array([[0, 0], [250, 0]]))
    assert np.allclose(kn.multipliers(table)["effect"], table.leontief().sum())


# ------------------------------------------------------------------------ bad input


def table_of(**parts):
    names = ["farms", "mills"]
    flows = pd.DataFrame([[150.0, 500], [200, 100]], names, names)
    return kn.IOTable(flows, output=pd.Series([1000.0, 2000], names), **parts)


def test_an_economy_that_uses_up_more_than_it_makes():
    names = ["farms", "mills"]
    flows = pd.DataFrame([[60.0, 50], [60, 50]], names, names)
    for output in ([100.0, 100], [110.0, 110]):  # past the limit, and exactly singular at 110
        table = kn.IOTable(flows, output=pd.Series(output, names))
        for verb in (kn.multipliers, kn.linkages, kn.key_industries, kn.upstreamness, kn.extract):
            with pytest.raises(kn.ConvergenceError, match=r"(spectral radius|singular).*audit"):
                verb(table)


def test_accounts_that_are_not_there():
    with pytest.raises(kn.DataError, match=r"no account 'Jobs'.*satellites="):
        kn.multipliers(table_of(), "Jobs")
    with pytest.raises(kn.AlignmentError, match="did you mean 'Jobs'"):
        kn.multipliers(economy(0), "Jbos")
    with pytest.raises(kn.DataError, match=r"no value added; pass value_added="):
        kn.multipliers(table_of(), "value added")
    with pytest.raises(kn.DataError, match=r"does not tell imported inputs; pass imports="):
        kn.multipliers(table_of(), "imports")
    rows = pd.DataFrame([[650.0, 1400]], ["Imports, taxes and value added"], ["farms", "mills"])
    with pytest.raises(kn.DataError, match="holds imports and value added together"):
        kn.multipliers(table_of(value_added=rows), "value added")
    with pytest.raises(kn.DataError, match=r"none of the rows .* is value added"):
        kn.multipliers(table_of(value_added=rows.set_axis(["Imports"])), "value added")
    both = pd.DataFrame([[650.0, 1400]], ["Wages"], ["farms", "mills"])
    with pytest.raises(kn.DataError, match="'Wages' is a row of value added and a satellite"):
        kn.multipliers(table_of(value_added=both, satellites=both), "Wages")
    with pytest.raises(kn.AlignmentError, match="'mills'"):
        kn.multipliers(table_of(), pd.Series({"farms": 1.0, "milk": 2.0}))


def test_negative_value_added_is_told():
    rows = pd.DataFrame([[650.0, -14]], ["Wages"], ["farms", "mills"])
    with pytest.warns(kn.KlasternetWarning, match=r"negative in 'mills'.*audit"):
        result = kn.multipliers(table_of(value_added=rows), "value added")
    assert result.loc["mills", "direct"] < 0


def test_taxes_on_products_and_imports_are_no_value_added():
    assert kn.multipliers(GERMANY, "value added").attrs["rows"] == [
        "Compensation",
        "Taxes on production",
        "Fixed capital use",
        "Operating surplus",
    ]


def test_a_closing_that_cannot_be():
    table = economy(1)
    with pytest.raises(kn.ParameterError, match="lacks income"):
        kn.multipliers(table, households="Households")
    with pytest.raises(kn.ParameterError, match="lacks households"):
        kn.multipliers(table, income="Wages")
    with pytest.raises(kn.AlignmentError, match=r"households= names 'Househods'.*'Households'"):
        kn.multipliers(table, households="Househods", income="Wages")
    none = table.replace(value_added=table.value_added * 0)
    with pytest.raises(kn.DataError, match="no income from 'Wages'"):
        kn.multipliers(none, households="Households", income="Wages")
    little = table.replace(value_added=table.value_added * 1e-3)
    with pytest.warns(kn.KlasternetWarning, match=r"spend .* times the income"):
        kn.multipliers(little, households="Households", income="Wages")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kn.KlasternetWarning)
        names = table.industries
        big = kn.IOTable(
            table.flows,
            final_demand=pd.DataFrame({"Households": table.output * 3}),
            value_added=pd.DataFrame([table.output * 0.9], ["Wages"], names),
            output=table.output,
        )
        with pytest.raises(kn.ConvergenceError, match=r"comes round as .*income="):
            kn.multipliers(big, households="Households", income="Wages")


def test_unknown_forward_linkage():
    with pytest.raises(kn.ParameterError, match="did you mean 'ghosh'"):
        kn.key_industries(MILLER, "gosh")
