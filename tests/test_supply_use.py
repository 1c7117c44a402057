"""Supply and use tables joined: a case worked by hand, the laws of the models, BEA's totals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.bea import read_bea, recognise
from klasternet.tables.supply_use import from_supply_use

INDUSTRIES, PRODUCTS = ["Farms", "Food"], ["crops", "meals", "coffee"]


def parts(**changes):
    """Two industries, three products of which nobody makes coffee; worked through by hand."""
    tables = {
        "supply": pd.DataFrame([[90, 0, 0], [10, 100, 0]], INDUSTRIES, PRODUCTS),
        "use": pd.DataFrame([[20, 50], [10, 0], [1, 4]], PRODUCTS, INDUSTRIES),
        "final_demand": pd.DataFrame(
            {"homes": [30, 95, 7], "abroad": [20, 5, 0], "imports": [-20, -10, -12]}, PRODUCTS
        ),
        "value_added": pd.DataFrame([[59, 56]], ["wages"], INDUSTRIES),
        "imports_use": pd.DataFrame(
            {"Farms": [10, 2, 1], "Food": [5, 0, 4], "homes": [5, 6, 7], "abroad": 0}, PRODUCTS
        ),
        "imports": "imports",
        "exports": "abroad",
    }
    return tables | changes


def gaps(table):
    """By how much the rows and the columns miss output."""
    imports = 0 if table.imports is None else table.imports.sum()
    rows = table.output - table.flows.sum(axis=1) - table.final_demand.sum(axis=1)
    columns = table.output - table.flows.sum() - imports - table.value_added.sum()
    return rows, columns


def test_model_d_by_hand():
    table = from_supply_use(**parts())
    # Farms make 0.9 of the crops; of 20 bought by farms 10 are domestic.
    assert table.flows.loc["Farms"].tolist() == pytest.approx([9, 40.5])
    assert table.flows.loc["Food"].tolist() == pytest.approx([9, 4.5])
    assert table.imports.loc["Farms"].tolist() == pytest.approx([9, 4.5])
    assert table.imports.loc["Food"].tolist() == pytest.approx([3, 0.5])
    assert table.value_added.loc["Noncompetitive imports"].tolist() == [1, 4]
    assert table.output.tolist() == [90, 110]
    assert table.exports.tolist() == pytest.approx([18, 7])
    # Crops: 20 imported by the column, 20 by the import matrix. Meals: 10 and 8.
    adjustment = table.final_demand["International trade adjustment"]
    assert adjustment.tolist() == pytest.approx([0, -2])
    assert "imports" not in table.final_demand
    rows, columns = gaps(table)
    assert rows.abs().max() == pytest.approx(0, abs=1e-12)
    assert columns.tolist() == pytest.approx([90 - 90, 110 - 110])


def test_model_b_by_hand():
    table = from_supply_use(**parts(model="B"))
    assert list(table.industries) == PRODUCTS
    # Food makes 10 of crops and 100 of meals: a tenth and ten elevenths of its inputs go there.
    assert table.flows.loc["crops"].tolist() == pytest.approx([10 + 45 / 11, 450 / 11, 0])
    assert table.flows.loc["coffee"].tolist() == [0, 0, 0]
    assert table.output.tolist() == [100, 100, 0]
    rows, columns = gaps(table)
    assert rows.abs().max() == pytest.approx(0, abs=1e-12)
    assert columns.abs().max() == pytest.approx(0, abs=1e-12)


def test_without_import_matrix_imports_stay_a_negative_column():
    table = from_supply_use(**parts(imports_use=None))
    assert table.imports is None
    assert table.final_demand["imports"].tolist() == pytest.approx([-18, -12])
    assert table.value_added.loc["Noncompetitive imports"].tolist() == [1, 4]
    assert gaps(table)[0].abs().max() == pytest.approx(0, abs=1e-12)


def test_noncompetitive_products_leave_the_imports():
    table = from_supply_use(**parts(noncompetitive=["meals"]))
    assert table.value_added.loc["Noncompetitive imports"].tolist() == [3, 4]
    assert table.imports["Farms"].tolist() == pytest.approx([9, 1])
    assert gaps(table)[1].abs().max() == pytest.approx(0, abs=1e-12)


def test_negatives_are_set_apart_without_loss():
    use = pd.DataFrame([[20, 50], [-10, 0], [1, 4]], PRODUCTS, INDUSTRIES)
    imports_use = parts()["imports_use"].replace({2: -2})
    kept = from_supply_use(**parts(use=use, imports_use=imports_use))
    apart = from_supply_use(**parts(use=use, imports_use=imports_use, negatives="apart"))
    assert (kept.flows < 0).any(axis=None) and (kept.imports < 0).any(axis=None)
    assert (apart.flows >= 0).all(axis=None) and (apart.imports >= 0).all(axis=None)
    assert apart.final_demand["Negative use"].sum() == kept.flows.clip(upper=0).sum().sum()
    assert apart.value_added.loc["Negative imports"].sum() == pytest.approx(-1)
    for before, after in zip(gaps(kept), gaps(apart), strict=True):
        assert after.tolist() == pytest.approx(before.tolist())


# The worked example of the United Nations Handbook (2018), table 12.3: three products and three
# industries (agriculture; manufacturing and construction; services), printed to two decimals.
SECTORS = ["agriculture", "manufacturing", "services"]


def square(*cells):
    return pd.DataFrame(np.reshape(cells, (3, -1)), SECTORS, SECTORS, dtype=float)


DOMESTIC = square(4.35, 9.28, 0.61, 8.08, 107.80, 46.29, 3.78, 62.72, 211.40)
IMPORTED = square(0.77, 6.40, 0.48, 1.49, 100.14, 35.30, 0.28, 17.20, 42.52)
USERS = ["households", "investment", "abroad"]
FINAL = pd.DataFrame(
    [[13.18, 0.08, 10.47], [32.04, 73.94, 175.94], [344.77, 20.75, 112.95]], SECTORS, USERS
)
FINAL_IMPORTED = pd.DataFrame(
    [[1.25, 0.03, 6.45], [61.07, 31.49, 171.55], [13.02, 4.98, 66.81]], SECTORS, USERS
)
HANDBOOK = {
    "supply": square(25.77, 1.35, 13.32, 5.15, 402.51, 25.64, 7.04, 40.21, 717.41),
    "use": DOMESTIC + IMPORTED,
    "final_demand": FINAL + FINAL_IMPORTED,
    "value_added": pd.DataFrame([[21.70, 129.78, 428.07]], ["gross value added"], SECTORS),
    "imports_use": IMPORTED.join(FINAL_IMPORTED),
}
PRINTED = {  # tables 12.5, 12.7, 12.12 and 12.16
    "A": (
        square(6.40, 9.33, -1.50, 10.45, 116.03, 35.68, -0.33, 61.13, 217.11),
        square(1.11, 6.91, -0.37, 1.01, 109.33, 26.58, -0.79, 17.48, 43.31),
        [20.10, 123.88, 435.56],
        FINAL.to_numpy(),
    ),
    "B": (
        square(2.89, 8.80, 2.55, 6.85, 102.84, 52.47, 5.10, 69.51, 203.30),
        square(0.57, 6.00, 1.08, 2.47, 94.92, 39.53, 0.77, 18.22, 41.00),
        [19.31, 143.79, 416.45],
        FINAL.to_numpy(),
    ),
    "C": (
        square(6.65, 11.66, -2.98, 8.39, 112.47, 37.25, 1.17, 55.66, 224.02),
        None,
        [21.70, 129.78, 428.07],
        np.array([[15.22, -1.60, 11.51], [13.49, 78.65, 183.05], [361.28, 17.72, 104.80]]),
    ),
    "D": (
        square(3.04, 7.73, 4.28, 8.04, 101.09, 49.20, 5.13, 70.97, 204.82),
        square(0.53, 4.96, 1.18, 1.46, 92.21, 33.50, 0.54, 26.57, 43.61),
        [21.70, 129.78, 428.07],
        np.array([[15.12, 0.64, 9.64], [42.52, 67.73, 164.72], [332.35, 26.39, 125.00]]),
    ),
}


@pytest.mark.parametrize("model", "ABCD")
def test_the_handbook_example(model):
    """Every printed cell of the Handbook's four tables, to the last decimal printed."""
    flows, imports, value_added, final = PRINTED[model]
    table = from_supply_use(**HANDBOOK, model=model)
    assert np.allclose(table.flows, flows, atol=0.011)
    assert imports is None or np.allclose(table.imports, imports, atol=0.011)
    assert np.allclose(table.value_added, [value_added], atol=0.015)
    assert np.allclose(table.final_demand[USERS], final, atol=0.011)
    # Output of products (A, B) or of industries (C, D)
    totals = HANDBOOK["supply"].sum(axis=0 if model in "AB" else 1)
    assert np.allclose(table.output, totals)
    # Figure 12.2: A and C may give negatives, B and D cannot; they are told, not clipped.
    negative = (table.flows < 0).sum().sum()
    assert (negative > 0) == (model in "AC")
    assert (", together -" in table.source) == (model in "AC")
    if model == "A":
        assert "2 negative flows, together -1.8" in table.source
        assert "-1.5" in table.source and "agriculture to services; kept)" in table.source
        apart = from_supply_use(**HANDBOOK, model=model, negatives="apart")
        assert "set apart)" in apart.source and (apart.flows >= 0).all(axis=None)
        assert np.allclose(gaps(apart)[0], gaps(table)[0])
        found = table.audit()
        assert (found.loc[found["check"].str.contains("negative"), "status"] != "pass").any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.sampled_from("AC"))
def test_laws_of_the_inverse_models(seed, n, model):
    """Balanced tables stay balanced; without secondary products all four models agree."""
    rng = np.random.default_rng(seed)
    industries, products = [f"i{k}" for k in range(n)], [f"p{k}" for k in range(n)]
    cells = rng.random((n, n)) + n * np.eye(n)[rng.permutation(n)]
    supply = pd.DataFrame(cells, industries, products)
    use = pd.DataFrame(rng.random((n, n)), products, industries)
    final = (supply.sum() - use.sum(axis=1)).to_frame("final")
    wages = (supply.sum(axis=1) - use.sum()).to_frame("wages").T
    table = from_supply_use(supply, use, model=model, final_demand=final, value_added=wages)
    for gap in gaps(table):
        assert gap.abs().max() < 1e-10 * table.output.sum()
    shuffled = from_supply_use(supply.iloc[::-1], use.iloc[::-1, ::-1], model=model)
    assert np.allclose(shuffled.flows.loc[table.industries, table.industries], table.flows)
    only = pd.DataFrame(np.diag(rng.random(n) + 1), industries, products)
    plain = [from_supply_use(only, use, model=m).flows.to_numpy() for m in "ABCD"]
    assert all(np.allclose(flows, use) for flows in plain)


def test_inverse_models_say_when_they_cannot():
    with pytest.raises(DataError, match=r"71 industries and 73 products.*must be square.*'D'"):
        from_supply_use(
            pd.DataFrame(np.ones((71, 73))).rename(index=str),
            pd.DataFrame(np.ones((73, 71))).rename(columns=str),
            model="A",
        )
    twins = square(9, 1, 0, 18, 2, 0, 0, 0, 5)
    with pytest.raises(
        DataError, match=r"singular.*'(manufacturing|agriculture)'.*same proportions"
    ):
        from_supply_use(twins, DOMESTIC, model="C")


def proportional(**changes):
    """Crops: 150 to users at home, of which 20 are imported; meals: 105 and 10; coffee: all 12."""
    return from_supply_use(**(parts(imports_use="proportional") | changes))


def test_import_proportionality_by_hand():
    table = proportional(model="B")
    share = 20 / (20 + 50 + 30)
    assert table.source.startswith("imports spread over users at home by import proportionality")
    assert table.value_added.loc["Noncompetitive imports"].tolist() == pytest.approx(
        [0.5, 4.5, 0], abs=1
    )
    assert table.final_demand.loc["crops", "homes"] == pytest.approx(30 * (1 - share))
    assert table.final_demand.loc["crops", "abroad"] == 20
    assert table.flows.loc["crops"].sum() == pytest.approx(70 * (1 - share))
    assert table.imports.loc["crops"].sum() == pytest.approx(70 * share)
    assert "imports" not in table.final_demand
    rows, columns = gaps(table)
    assert rows.abs().max() == pytest.approx(0, abs=1e-12)
    assert columns.abs().max() == pytest.approx(0, abs=1e-12)
    again = proportional(imports_use="proportional_with_reexports")
    assert again.exports.sum() < proportional().exports.sum() == pytest.approx(25)
    assert gaps(again)[0].abs().max() == pytest.approx(0, abs=1e-12)


def test_import_proportionality_says_when_it_cannot():
    with pytest.raises(DataError, match=r"name the column.*imports="):
        proportional(imports=())
    more = parts()["final_demand"].assign(imports=[-20, -106, -12])
    with pytest.raises(DataError, match=r"'meals' are 106.*at home is 105.*1 such.*reexports"):
        proportional(final_demand=more)
    with pytest.raises(ParameterError, match=r"did you mean 'proportional'"):
        proportional(imports_use="proportionate")


def test_import_proportionality_against_the_import_matrix_of_the_bea(shared):
    """Imports are spread, none lost; cells go with the published ones, but are not them."""
    folder = shared / "usa_bea_2022_summary"
    published = read_bea(folder, names="code")
    table = read_bea(folder, names="code", imports_use="proportional_with_reexports")
    assert gaps(table)[0].abs().max() <= 7 + 1e-6 and gaps(table)[1].abs().max() <= 7 + 1e-6
    a, b = published.imports.to_numpy(), table.imports.to_numpy()
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] == pytest.approx(0.957, abs=0.001)
    assert np.abs(a - b).sum() / a.sum() == pytest.approx(0.380, abs=0.001)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 8), st.sampled_from("DB"))
def test_laws(seed, n, m, model):
    """Balanced tables stay balanced, nothing turns negative, order does not matter."""
    rng = np.random.default_rng(seed)
    industries = [f"i{k}" for k in range(n)]
    products = [f"p{k}" for k in range(m)]
    supply = pd.DataFrame(rng.pareto(1.2, (n, m)) + 0.01, industries, products)
    use = pd.DataFrame(rng.random((m, n)) * rng.integers(0, 2, (m, n)), products, industries)
    use.iloc[0, 0] += 1.0
    final = (supply.sum() - use.sum(axis=1)).to_frame("final")
    wages = (supply.sum(axis=1) - use.sum()).to_frame("wages").T
    table = from_supply_use(supply, use, model=model, final_demand=final, value_added=wages)
    assert (table.flows >= 0).all(axis=None)
    scale = table.output.sum()
    for gap in gaps(table):
        assert gap.abs().max() < 1e-12 * scale
    assert table.flows.sum().sum() == pytest.approx(use.sum().sum())
    shuffled = from_supply_use(
        supply.iloc[:, ::-1], use.iloc[::-1, ::-1], model=model, final_demand=final.iloc[::-1]
    )
    again = shuffled.flows.loc[table.industries, table.industries]
    assert np.allclose(again, table.flows)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"model": "E"}, ParameterError, "Known: d, b, a, c"),
        ({"negatives": "drop"}, ParameterError, "keep, apart"),
        ({"supply": parts()["supply"].T}, AlignmentError, "'crops'.*transpose"),
        ({"use": parts()["use"].drop("meals")}, AlignmentError, "'meals'"),
        ({"use": parts()["use"].rename(columns={"Food": "Foods"})}, AlignmentError, "'Food'"),
        ({"imports_use": parts()["imports_use"].drop(columns="homes")}, AlignmentError, "'homes'"),
        ({"imports": "F050"}, AlignmentError, "'F050'"),
        ({"noncompetitive": ["tea"]}, AlignmentError, "'tea'"),
        ({"use": parts()["use"].astype(object).replace(4, "four")}, DataError, "'four'.*'coffee'"),
        ({"use": parts()["use"].replace(4, np.nan)}, DataError, "'coffee'.*'Food'"),
        ({"supply": parts()["supply"].to_numpy()}, DataError, "supply is a ndarray"),
        (
            {"supply": pd.DataFrame([[90, 0, 5], [10, 9, -5]], INDUSTRIES, PRODUCTS)},
            DataError,
            "'coffee'",
        ),
        (
            {"final_demand": parts()["final_demand"].rename(columns={"homes": "Food"})},
            DataError,
            "'Food'",
        ),
    ],
)
def test_errors_name_the_fault_and_the_cure(changes, error, says):
    with pytest.raises(error, match=f"(?s){says}"):
        from_supply_use(**parts(**changes))


@pytest.mark.parametrize(
    ("folder", "shape", "row_gap", "column_gap", "rel", "negative", "uncompeted"),
    [
        ("usa_bea_2022_summary", 71, 7, 7, 3e-6, 5, 163_510),
        ("usa_bea_2017_detail", 402, 26, 13, 3.6e-5, 20, 170_059),
    ],
)
def test_bea_keeps_totals_to_the_published_gaps(
    shared, folder, shape, row_gap, column_gap, rel, negative, uncompeted
):
    table = read_bea(shared / folder, names="code")
    assert recognise(shared / folder) == "bea" and recognise(shared) is None
    assert table.flows.shape == (shape, shape)
    assert table.year == int(folder[8:12]) and table.unit == "million USD"
    rows, columns = gaps(table)
    assert rows.abs().max() <= row_gap + 1e-6 and columns.abs().max() <= column_gap + 1e-6
    for gap in (rows, columns):
        assert gap.abs().sum() / table.output.sum() < rel
    assert (table.flows < 0).sum().sum() == negative
    assert table.value_added.loc["Noncompetitive imports"].sum() == pytest.approx(uncompeted)
    # Nothing of the use table is lost: domestic, imported and noncompetitive add up to it.
    use = pd.read_csv(shared / folder / "use_intermediate.csv.gz", index_col=0)
    inputs = table.flows.sum() + table.imports.sum()
    inputs += table.value_added.loc["Noncompetitive imports"]
    assert inputs.to_numpy() == pytest.approx(use.sum()[table.industries].to_numpy())
    imports = next(name for name in ("F050", "F05000") if name[:4] == "F050")
    assert imports not in table.final_demand
    assert table.export_columns[0].startswith("F040")


@pytest.mark.parametrize(
    ("folder", "row_gap"), [("usa_bea_2022_summary", 7), ("usa_bea_2017_detail", 26)]
)
def test_bea_by_product_keeps_commodity_totals(shared, folder, row_gap):
    """Model B: commodities miss their totals in rows by what was published; columns share out
    what industries miss."""
    table = read_bea(shared / folder, names="code", model="B")
    make = pd.read_csv(shared / folder / "make.csv.gz", index_col=0)
    assert list(table.industries) == list(make.columns)
    assert np.allclose(table.output, make.sum())
    rows, columns = gaps(table)
    assert rows.abs().max() <= row_gap + 1e-6
    missed = gaps(read_bea(shared / folder, names="code"))[1].to_numpy()
    shares = make.div(make.sum(axis=1), axis=0).to_numpy()
    assert columns.to_numpy() == pytest.approx(shares.T @ missed, abs=1e-6)
    assert table.source.endswith("model B, industry technology")


def test_bea_names(shared):
    summary, detail = shared / "usa_bea_2022_summary", shared / "usa_bea_2017_detail"
    assert read_bea(summary).industries[14] == "Motor vehicles"
    assert read_bea(summary, names="published").industries[12].startswith("Computer and elec")
    assert read_bea(summary, names="code").industries[5] == "22"
    named = read_bea(detail)
    assert named.industries.is_unique and named.industries[0] == "Oilseed farming"
    assert read_bea(detail, names="code").industries[2] == "111200"
    short = read_bea(detail, names="short").industries
    assert short.is_unique and max(map(len, short)) <= 20


def test_bea_names_the_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"use_intermediate\.csv\.gz is missing"):
        read_bea(tmp_path)
