"""Impacts: a change in demand followed to what it calls forth."""

import numpy as np
import pandas as pd
import pytest

import klasternet as kn

MILLER = kn.datasets.load("miller_blair")
GERMANY = kn.datasets.load("germany_1995")


def test_new_demand_of_miller_and_blair():
    result = kn.impact(MILLER, {"Sector 1": 600, "Sector 2": 1500})
    assert np.allclose(result.table["output"], [1247.5, 1841.6], atol=0.05)
    part = kn.impact(MILLER, pd.Series({"Sector 2": 1500}))  # who is not named does not change
    rest = kn.impact(MILLER, {"Sector 1": 600})
    assert np.allclose(part.table + rest.table, result.table)


def test_all_demand_calls_forth_all_there_is():
    table = economy()
    final = table.output - table.flows.sum(axis=1)
    result = kn.impact(table, final)
    assert np.allclose(result.table["output"], table.output)
    assert result.total["Jobs"] == pytest.approx(table.satellites.loc["Jobs"].sum())
    # what demand pays for is value added and imports
    assert result.total["value_added"] + result.total["imports"] == pytest.approx(final.sum())


def economy():
    names = ["north ore", "north steel", "south cars"]
    flows = pd.DataFrame([[1.0, 9, 0], [0, 4, 20], [2, 1, 3]], names, names)
    x = pd.Series([20.0, 40, 50], names)
    final, earned = x - flows.sum(axis=1), x - flows.sum()
    return kn.IOTable(
        flows,
        final_demand=pd.DataFrame(
            {"north Homes": final * 0.3, "south Homes": final * 0.3, "Abroad": final * 0.4}
        ),
        value_added=pd.DataFrame([earned * 0.8, earned * 0.2], ["Wages", "Foreign imports"]),
        satellites=pd.DataFrame([[5.0, 6, 7]], ["Jobs"], names),
        output=x,
        exports="Abroad",
        region=pd.Series(["north", "north", "south"], names),
        unit="million",
    )


def test_by_cluster_and_region():
    table = economy()
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), ["metal", "metal", None])
    result = kn.impact(table, {"south cars": 10.0}, clusters=clusters)
    assert list(result.by_cluster.index) == ["metal", "rest"]
    L = table.leontief()["south cars"] * 10
    assert result.by_cluster.loc["metal", "output"] == pytest.approx(L.iloc[:2].sum())
    assert result.by_region.loc["north", "output"] == pytest.approx(L.iloc[:2].sum())  # spillover
    for frame in (result.by_cluster, result.by_region):
        assert np.allclose(frame.sum(), result.total)
    assert "metal" in str(result) and "million" in str(result)
    assert "times" in repr(result)


def test_a_category_is_spent_as_it_is_now():
    result = kn.impact(GERMANY, 1000.0, "Exports")
    exports = GERMANY.final_demand["Exports"]
    assert np.allclose(result.table["demand"], 1000 * exports / exports.sum())
    assert result.total["demand"] == pytest.approx(1000)


def test_a_little_that_falls_does_not_matter():
    table = kn.datasets.load("usa_2022")  # households' sales to the government are netted there
    homes = table.final_demand["Households"]
    assert (homes < 0).any()
    result = kn.impact(table, 1000.0, "Households")
    assert np.allclose(result.table["demand"], 1000 * homes / homes.sum())


def test_households_spend_again():
    table, rows = economy(), {"households": "Homes", "income": ["Wages", "Foreign imports"]}
    jobs = kn.multipliers(table, "Jobs", **rows)
    result = kn.impact(table, {"south cars": 1.0}, **rows)
    assert result.total["Jobs"] == pytest.approx(jobs.loc["south cars", "effect_closed"])
    assert result.closed and "households" in repr(result)


def test_bad_changes():
    with pytest.raises(kn.AlignmentError, match="did you mean 'Sector 1'"):
        kn.impact(MILLER, {"Sector1": 5})
    with pytest.raises(kn.ParameterError, match="without a category"):
        kn.impact(MILLER, 100.0)
    with pytest.raises(kn.ParameterError, match="both given"):
        kn.impact(MILLER, {"Sector 1": 5}, "Final demand")
    with pytest.raises(kn.AlignmentError, match=r"category= names 'Export'.*'Exports'"):
        kn.impact(GERMANY, 100.0, "Export")
    stocks = GERMANY.final_demand.assign(Inventories=[50.0, -30, 0, 0, 0, 0], Nothing=0.0)
    mixed = GERMANY.replace(final_demand=stocks)
    with pytest.raises(kn.DataError, match=r"'Inventories' falls for 'Industry'.*by industry"):
        kn.impact(mixed, 100.0, "Inventories")
    with pytest.raises(kn.DataError, match=r"'Nothing' buys nothing"):
        kn.impact(mixed, 100.0, "Nothing")
    with pytest.raises(kn.DataError, match="NaN"):
        kn.impact(MILLER, {"Sector 1": np.nan})
    with pytest.raises(kn.ParameterError, match="change is 'much'"):
        kn.impact(MILLER, "much", "Final demand")
