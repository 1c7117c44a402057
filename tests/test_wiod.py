"""WIOD tables held to the totals and gaps that are stated with the data."""

import numpy as np
import pandas as pd
import pytest

from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.wiod import read_wiod2013, read_wiod2016, recognise


@pytest.fixture(scope="module")
def world(shared):
    return read_wiod2013(shared / "wiod2013_2011", names="code")


@pytest.fixture(scope="module")
def regions(shared):
    return read_wiod2013(shared / "wiod2013_regional_2011", names="code")


def row_gap(table):
    return (table.output - table.flows.sum(axis=1) - table.final_demand.sum(axis=1)).abs()


def check(table, nonzeros, gap, rel, empty, negative):
    assert np.count_nonzero(table.flows) == nonzeros
    assert (table.flows >= 0).all(axis=None)
    assert row_gap(table).max() <= gap
    assert row_gap(table).sum() / table.output.sum() <= rel
    assert (table.output == 0).sum() == empty
    assert (table.final_demand < 0).sum().sum() == negative
    # Value added is what columns miss, and it is never negative.
    assert list(table.value_added.index) == ["Value added, net taxes and transport margins"]
    assert table.value_added.min(axis=None) >= 0
    columns = table.flows.sum() + table.value_added.sum()
    assert columns.to_numpy() == pytest.approx(table.output.to_numpy())


def test_2011(world):
    check(world, 413_525, 108, 4.2e-4, 22, 352)
    assert world.region.nunique() == 41 and world.year == 2011


def test_1995(shared):
    table = read_wiod2013(shared / "wiod2013_1995", names="code")
    check(table, 263_903, 106, 9.1e-4, 18, 186)
    assert table.year == 1995


def test_regional(regions):
    check(regions, 56_755, 4.75, 1.8e-6, 2, 48)
    assert regions.region.nunique() == 7


def test_adding_up_countries_gives_the_regional_table(shared, world, regions):
    region = pd.read_csv(shared / "wiod2013_regional_2011" / "region_map.csv", index_col=0)
    mapping = {
        name: f"{region.loc[name.split('_')[0], 'region']}_{name.split('_')[1]}"
        for name in world.industries
    }
    added = world.aggregate(mapping)
    difference = added.flows.loc[regions.industries, regions.industries] - regions.flows
    assert difference.abs().max(axis=None) <= 20.15
    assert difference.abs().sum().sum() / regions.flows.sum().sum() <= 9.4e-4


def test_exports_are_the_flows_to_other_regions(world):
    seller = "IDN_c2"
    inputs = world.flows.loc[seller, world.region != "IDN"].sum()
    final = world.final_demand.loc[seller]
    final = final[~final.index.str.startswith("IDN_")].sum()
    assert world.exports[seller] == inputs + final > 0
    assert (world.exports <= world.flows.sum(axis=1) + world.final_demand.clip(0).sum(axis=1)).all()


def test_names(shared, regions):
    named = read_wiod2013(shared / "wiod2013_regional_2011")
    assert named.industries[0] == "EUZ Agriculture" and named.industries.is_unique
    assert named.final_demand.columns[0] == "EUZ Households"
    assert np.array_equal(named.flows, regions.flows)


def test_2016(shared):
    folder = shared / "wiod2016_niot_usa"
    table = read_wiod2016(folder)
    assert np.count_nonzero(table.flows) == 3025 and table.n == 56 and table.year == 2014
    assert row_gap(table).max() < 2e-9 * table.output.max()
    assert (table.output == 0).sum() == 1
    assert table.value_added.min(axis=None) >= 0
    assert table.export_columns == ("Exports",)
    assert table.industries[0] == "Crops and animals"
    file = folder / "table_2000_2014.csv.gz"
    assert read_wiod2016(file, year=2000, names="code").industries[0] == "A01"
    assert recognise(folder) == recognise(file) == "wiod2016"
    with pytest.raises(ParameterError, match="no year 1999; it holds 2000 to 2014"):
        read_wiod2016(folder, year=1999)


def small(folder, final="AA_GFCF"):
    """Two nodes in two regions, as files."""
    nodes = pd.DataFrame(
        {"node": ["AA_c1", "BB_c1"], "country": ["AA", "BB"], "sector": "c1", "output": [9.0, 8.0]}
    ).assign(sector_name="Agriculture")
    nodes.to_csv(folder / "nodes.csv", index=False)
    names = pd.Index(nodes["node"])
    pd.DataFrame([[1, 2], [3, 4]], names, names).to_csv(folder / "Z.csv.gz")
    pd.DataFrame({final: [6, 1]}, names).to_csv(folder / "final_demand.csv")


def test_exports_by_hand(tmp_path):
    small(tmp_path)
    assert recognise(tmp_path) == "wiod2013"
    table = read_wiod2013(tmp_path)
    assert table.exports.tolist() == [2, 3 + 1] and table.year is None
    assert list(table.industries) == ["AA Agriculture", "BB Agriculture"]


def test_faulty_folders(tmp_path):
    with pytest.raises(DataError, match=r"nodes\.csv is missing"):
        read_wiod2013(tmp_path)
    with pytest.raises(DataError, match=r"table_2000_2014\.csv\.gz is missing"):
        read_wiod2016(tmp_path)
    small(tmp_path, final="CC_GFCF")
    with pytest.raises(AlignmentError, match="'CC_GFCF'"):
        read_wiod2013(tmp_path)
    small(tmp_path)
    table = pd.read_csv(tmp_path / "nodes.csv").replace("BB_c1", "BB_c2")
    table.to_csv(tmp_path / "nodes.csv", index=False)
    with pytest.raises(AlignmentError, match=r"'BB_c[12]'"):
        read_wiod2013(tmp_path)
    assert recognise(tmp_path / "nowhere") is None
    with pytest.raises(DataError, match=r"nodes\.csv needs one column 'Year'"):
        read_wiod2016(tmp_path / "nodes.csv")
