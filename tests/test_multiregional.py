"""Tables of many regions: by hand, against published tables, and as networks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

import klasternet as kn
from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.multiregional import from_two_levels
from klasternet.tables.wiod import read_wiod2013

NAMES = pd.MultiIndex.from_product([["north", "south"], ["farms", "mills"]])
USERS = pd.MultiIndex.from_tuples([("north", "homes"), ("south", "homes"), ("south", "stocks")])


def small(**changes):
    """Two regions with two sectors each; value added closes the columns."""
    flows = pd.DataFrame(np.arange(16.0).reshape(4, 4), NAMES, NAMES)
    final = pd.DataFrame([[5.0, 1, 1]] * 4, NAMES, USERS)
    output = flows.sum(axis=1) + final.sum(axis=1)
    value_added = (output - flows.sum()).to_frame("value added").T
    parts = {"final_demand": final, "value_added": value_added, "unit": "Rp", "name": "Island"}
    return from_two_levels(flows, **(parts | changes))


def gaps(table):
    rows = table.output - table.flows.sum(axis=1) - table.final_demand.sum(axis=1)
    imports = 0 if table.imports is None else table.imports.sum()
    columns = table.output - table.flows.sum() - imports - table.value_added.sum()
    return rows.abs().max(), columns.abs().max()


def test_two_levels_there_and_back():
    table = small()
    assert list(table.industries) == ["north farms", "north mills", "south farms", "south mills"]
    assert table.region.tolist() == ["north", "north", "south", "south"]
    assert list(table.final_demand) == ["north homes", "south homes", "south stocks"]
    regions = table.regions
    assert regions.names == ["north", "south"] and regions.sector.tolist() == ["farms", "mills"] * 2
    pd.testing.assert_index_equal(regions.two_levels().index, NAMES, check_names=False)
    again = from_two_levels(
        regions.two_levels(),
        final_demand=regions.two_levels("final_demand"),
        value_added=regions.two_levels("value_added"),
        output=regions.two_levels("output"),
    )
    for part in ("flows", "final_demand", "value_added", "output", "exports", "region"):
        assert getattr(again, part).equals(getattr(table, part)), part


def test_trade_by_hand():
    table = small()
    regions = table.regions
    assert regions.between.to_numpy().tolist() == [[10, 18], [42, 50]]
    assert (regions.domestic + regions.traded).equals(table.flows)
    assert regions.traded.loc["north farms"].tolist() == [0, 0, 2, 3]
    exports = regions.exports_by_destination()
    assert exports.loc["north mills"].tolist() == [0, 6 + 7 + 2]
    assert exports.loc["south mills"].tolist() == [12 + 13 + 5, 0]
    assert table.exports.tolist() == exports.sum(axis=1).tolist()
    imports = regions.imports_by_origin()
    assert imports["north farms"].tolist() == [0, 8 + 12]
    assert imports.loc["north"].sum() == 18


def test_one_region_as_a_national_table():
    north = small().regions.select("north")
    assert list(north.industries) == ["farms", "mills"] and north.region is None
    assert north.flows.to_numpy().tolist() == [[0, 1], [4, 5]]
    assert north.imports.to_numpy().tolist() == [[8, 9], [12, 13]]
    assert list(north.final_demand) == ["homes", "Exports to south"]
    assert north.export_columns == ("Exports to south",)
    assert north.exports.tolist() == [2 + 3 + 2, 6 + 7 + 2]
    assert north.unit == "Rp" and north.name == "Island north"
    assert max(gaps(north)) < 1e-12
    # What south makes and north does not is no import of a sector that is there.
    other = small()
    labels = {"south mills": "south mines"}
    parts = {p: getattr(other, p) for p in ("final_demand", "value_added", "output", "region")}
    parts = {p: x.rename(columns=labels) if p == "value_added" else x.rename(index=labels)
             for p, x in parts.items()}  # fmt: skip
    mixed = kn.IOTable(other.flows.rename(index=labels, columns=labels), **parts)
    north = mixed.regions.select("north")
    assert north.imports.loc["mills"].tolist() == [0, 0]
    assert north.value_added.loc["Imports of products not made here"].tolist() == [12, 13]
    assert max(gaps(north)) < 1e-12


def test_adding_up_by_hand():
    table = small()
    one = table.regions.aggregate({"north": "island", "south": "island"})
    assert list(one.industries) == ["island farms", "island mills"]
    assert one.region.tolist() == ["island", "island"] and one.exports.tolist() == [0, 0]
    assert list(one.final_demand) == ["island homes", "island stocks"]
    assert one.flows.loc["island farms", "island farms"] == 0 + 2 + 8 + 10
    sectors = table.regions.aggregate(sectors={"farms": "all", "mills": "all"})
    assert list(sectors.industries) == ["north all", "south all"]
    assert sectors.flows.to_numpy().tolist() == table.regions.between.to_numpy().tolist()
    assert sectors.exports.tolist() == table.exports.groupby(table.region).sum().tolist()
    for added in (one, sectors):
        assert max(gaps(added)) < 1e-12
    halves = pd.DataFrame({"from": ["farms", "farms", "mills"], "to": ["a", "b", "b"]})
    split = table.regions.aggregate(sectors=halves, weight="equal")
    assert list(split.industries) == ["north a", "north b", "south a", "south b"]
    assert split.output.sum() == pytest.approx(table.output.sum())


@pytest.fixture(scope="module")
def world(shared):
    return read_wiod2013(shared / "wiod2013_2011", names="code")


@pytest.fixture(scope="module")
def seven(shared):
    return read_wiod2013(shared / "wiod2013_regional_2011", names="code")


def test_the_world_added_up_is_the_published_regional_table(shared, world, seven):
    regions = pd.read_csv(shared / "wiod2013_regional_2011" / "region_map.csv", index_col=0)
    added = world.regions.aggregate(regions["region"])
    assert set(added.industries) == set(seven.industries)
    assert set(added.final_demand) == set(seven.final_demand)
    for part in ("flows", "final_demand"):
        given = getattr(seven, part)
        miss = (getattr(added, part).loc[given.index, given.columns] - given).abs()
        assert miss.max(axis=None) <= 20.15
    assert (added.output[seven.industries] - seven.output).abs().max() < 5
    # Trade among the members of the euro area is not counted as its exports.
    assert (added.exports[seven.industries] - seven.exports).abs().max() < 700
    assert added.exports.sum() == pytest.approx(seven.exports.sum(), rel=4e-3)
    assert added.exports.sum() < 0.9 * world.exports.sum()


def test_indonesia_in_the_world_is_the_national_table(shared, world):
    table = world.regions.select("IDN")
    assert table.n == 35 and len(table.export_columns) == 40
    assert np.array_equal(table.exports, world.exports[world.region == "IDN"])
    assert gaps(table)[0] <= 108 and gaps(table)[1] < 1e-6
    sheet = pd.read_excel(
        shared / "wiod2013_niot_indonesia" / "IDN_NIOT_1995_2011.xlsx",
        sheet_name="2011",
        header=None,
    )
    cells = pd.DataFrame(sheet).apply(pd.to_numeric, errors="coerce").to_numpy()
    # The published domestic block stands somewhere in the sheet: find it by its first row.
    first = table.flows.iloc[0].to_numpy()
    blocks = np.lib.stride_tricks.sliding_window_view(cells[:, :], 35, axis=1)
    found = np.argwhere((np.abs(blocks - first) < 0.6).all(axis=2))
    assert len(found) == 1
    i, j = found[0]
    assert np.abs(cells[i : i + 35, j : j + 35] - table.flows.to_numpy()).max() <= 0.5
    imported = cells[i + 35 : i + 70, j : j + 35]
    assert np.abs(imported - table.imports.to_numpy()).max() <= 20.5  # 40 rounded cells each
    destinations = world.regions.exports_by_destination()
    assert np.array_equal(destinations.sum(axis=1), world.exports)
    origins = world.regions.imports_by_origin()
    assert np.allclose(origins.loc[:, world.region == "IDN"].sum(), table.imports.sum())


def test_clusters_over_regions_and_beyond_them(seven):
    """Plain clusters are regions, for the most part; beyond borders they are sectors."""
    network = kn.FlowNetwork.from_table(seven)
    region, sector = seven.region.to_numpy(), seven.regions.sector.to_numpy()
    plain = kn.detect(network, seed=0)
    past = kn.detect(kn.tie(network, "beyond", blocks="region"), seed=0)
    score = adjusted_mutual_info_score
    assert score(region, plain.partition) > 0.7 > 0.1 > score(sector, plain.partition)
    assert score(sector, past.partition) > 0.5 > 0.1 > score(region, past.partition)
    spans = [len({name.split("_")[0] for name in cluster}) for cluster in past]
    assert spans.count(7) >= len(spans) / 3
    money = kn.detect(network, measure="flow", resolution=1.0, seed=0)
    blocks = kn.detect(network, measure="flow", resolution=1.0, null="blocks", seed=0)
    assert score(region, money.partition) > 0.9 > 0.5 > score(region, blocks.partition)
    with pytest.raises(ParameterError, match=r"needs something to look beyond; give blocks="):
        kn.tie(network, "beyond", blocks=None)


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda t: t.regions.select("east"), AlignmentError, r"'east'.*known are 'north', 'south'"),
        (
            lambda t: t.replace(region=None).regions.names,
            DataError,
            r"Island does not say.*region=",
        ),
        (
            lambda t: t.replace(region=pd.Series("west", t.industries)).regions.sector,
            AlignmentError,
            r"'north farms' does not begin with its region, 'west'.*REGION SECTOR",
        ),
        (lambda t: t.regions.two_levels("satellites"), DataError, r"no satellites"),
        (
            lambda t: t.replace(
                final_demand=t.final_demand.rename(columns={"south stocks": "stocks"})
            ).regions.exports_by_destination(),
            AlignmentError,
            r"'stocks' of final demand.*REGION CATEGORY",
        ),
        (lambda t: t.regions.aggregate({"north": "n"}), AlignmentError, r"no group for 'south'"),
        (lambda t: from_two_levels(t.flows), DataError, r"labels of flows have 1 level, not two"),
    ],
)
def test_errors_name_the_fault_and_the_cure(act, error, says):
    with pytest.raises(error, match=says):
        act(small())
