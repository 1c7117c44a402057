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
        ({"model": "A"}, ParameterError, "use model='D'"),
        ({"model": "E"}, ParameterError, "Known: d, b"),
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


def test_bea_names(shared):
    summary, detail = shared / "usa_bea_2022_summary", shared / "usa_bea_2017_detail"
    assert read_bea(summary).industries[14] == "Motor vehicles"
    assert read_bea(summary, names="published").industries[12].startswith("Computer and elec")
    assert read_bea(summary, names="code").industries[5] == "22"
    named = read_bea(detail)
    assert named.industries.is_unique and named.industries[0] == "Oilseed farming"
    assert read_bea(detail, names="code").industries[2] == "111200"
    with pytest.raises(ParameterError, match="summary level only"):
        read_bea(detail, names="short")


def test_bea_names_the_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"use_intermediate\.csv\.gz is missing"):
        read_bea(tmp_path)
