"""What clusters sell abroad, what exports carry, and the export base."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import klasternet as kn

GERMANY = kn.datasets.load("germany_1995")
LABELS = ["goods"] * 3 + ["services"] * 2 + [None]


def clusters_of(table, labels):
    return kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), labels)


def two_regions(seed=0):
    """Two regions that trade, with exports to a third."""
    rng = np.random.default_rng(seed)
    names = pd.MultiIndex.from_product([["north", "south"], ["ore", "steel", "cars"]])
    Z = pd.DataFrame(rng.gamma(1, 10, (6, 6)), names, names)
    use = pd.MultiIndex.from_product([["north", "south"], ["Homes"]])
    demand = pd.DataFrame(rng.gamma(2, 30, (6, 2)), names, use)
    x = np.maximum(Z.sum(axis=1) + demand.sum(axis=1), Z.sum() * 1.2)
    demand.iloc[:, 0] += x - Z.sum(axis=1) - demand.sum(axis=1)
    return kn.from_two_levels(
        Z,
        final_demand=demand,
        value_added=pd.DataFrame([x - Z.sum()], ["Value added"]),
        satellites=pd.DataFrame([rng.gamma(2, 5, 6)], ["Jobs"], names),
        output=x,
    )


# ------------------------------------------------------------------------ the role


def test_by_hand_on_germany():
    clusters = clusters_of(GERMANY, LABELS)
    role = kn.export_role(clusters, GERMANY)
    e, x = GERMANY.exports.to_numpy(), GERMANY.output.to_numpy()
    L = GERMANY.leontief().to_numpy()
    v = GERMANY.value_added.iloc[2:].sum().to_numpy() / x
    jobs = GERMANY.satellites.loc["Employees"].to_numpy() / x
    bought = GERMANY.value_added.loc["Imports"].to_numpy() / x
    assert list(role.index) == ["goods", "services", "rest"]
    for name, at in (("goods", [0, 1, 2]), ("services", [3, 4]), ("rest", [5])):
        row, own = role.loc[name], np.isin(np.arange(6), at) * e
        assert row["exports"] == e[at].sum()
        assert row["export_share"] == pytest.approx(e[at].sum() / e.sum())
        assert row["intensity"] == pytest.approx(e[at].sum() / x[at].sum())
        assert row["output_carried"] == pytest.approx((L @ e)[at].sum())
        assert row["output_enabled"] == pytest.approx((L @ own).sum())
        assert row["value_added_carried"] == pytest.approx((v * (L @ e))[at].sum())
        assert row["value_added_for_others"] == pytest.approx((v * (L @ (e - own)))[at].sum())
        assert row["domestic_value_added"] == pytest.approx(v @ L @ own)
        assert row["imports_in_exports"] == pytest.approx(bought @ L @ own)
        assert row["Employees_carried"] == pytest.approx((jobs * (L @ e))[at].sum())
    assert role["kind"].tolist() == ["traded", "local", "local"]
    assert role.attrs["notes"] == []


@pytest.mark.parametrize("seed", range(5))
def test_regions_follow_their_own_flows(seed):
    """Exports to the other region are exports, and come back as imports of it."""
    table = two_regions(seed)
    region = table.region.to_numpy()
    role = kn.export_role(clusters_of(table, table.region), table)
    x, e = table.output.to_numpy(), table.exports.to_numpy()
    for name in ("north", "south"):
        alone = table.regions.select(name)
        inside = clusters_of(alone, ["all"] * 3)
        one = kn.export_role(inside, alone).iloc[0]
        two = role.loc[name]
        same = ["exports", "output", "output_carried", "value_added_carried", "imports_in_exports"]
        assert np.allclose(one[same].astype(float), two[same].astype(float))
        assert two["Jobs_carried"] == pytest.approx(one["Jobs_carried"])
        at = region == name
        A = table.coefficients().to_numpy()[np.ix_(at, at)]
        assert two["output_carried"] == pytest.approx(np.linalg.solve(np.eye(3) - A, e[at]).sum())
    made = role["domestic_value_added"] + role["imports_in_exports"]
    assert np.allclose(made, role["exports"])
    assert role["output"].sum() == pytest.approx(x.sum())


def test_value_added_in_exports_adds_up_to_world_exports(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    by_country = kn.export_role(clusters_of(table, table.region), table)
    by_sector = kn.export_role(clusters_of(table, table.regions.sector), table)
    for role in (by_country, by_sector):
        made = role["domestic_value_added"] + role["imports_in_exports"]
        assert np.allclose(made, role["exports"], rtol=1e-9)
        assert role["exports"].sum() == pytest.approx(table.exports.sum(), rel=1e-12)
        assert role["value_added_carried"].sum() == pytest.approx(
            role["domestic_value_added"].sum(), rel=1e-9
        )
    assert np.allclose(by_country["domestic_value_added"], by_country["value_added_carried"])
    share = kn.vertical_specialisation(table).attrs["by_region"]
    for name, row in by_country.iterrows():
        assert 1 - row["domestic_share"] == pytest.approx(share[name], abs=1e-9)
        assert row["rca"] == pytest.approx(1)  # all sectors of a country: what it exports in all


# ------------------------------------------------------------------------ comparative advantage


def test_comparative_advantage_of_a_nation():
    world = pd.Series([50.0, 600, 10, 200, 100, 40], GERMANY.industries)
    role = kn.export_role(clusters_of(GERMANY, LABELS), GERMANY, world)
    e = GERMANY.exports.to_numpy()
    for name, at in (("goods", [0, 1, 2]), ("services", [3, 4]), ("rest", [5])):
        share, norm = e[at].sum() / e.sum(), world.iloc[at].sum() / world.sum()
        assert role.loc[name, "rca"] == pytest.approx(share / norm)
        assert role.loc[name, "rca_low"] <= role.loc[name, "rca"] <= role.loc[name, "rca_high"]
    # two members, left out one at a time, by hand
    left = np.log(e[[4, 3]] / world.iloc[[4, 3]].to_numpy())
    error = np.sqrt(0.5 * ((left - left.mean()) ** 2).sum())
    width = np.exp(stats.t.ppf(0.975, 1) * error)
    assert role.loc["services", "rca_high"] == pytest.approx(role.loc["services", "rca"] * width)
    assert role.loc["rest", ["rca_low", "rca_high"]].tolist() == [0, np.inf]  # one member
    wider = pd.concat([world, pd.Series({"Diamonds": 1e6})])  # what the table does not have
    again = kn.export_role(clusters_of(GERMANY, LABELS), GERMANY, wider.sample(frac=1))
    assert np.allclose(again["rca"], role["rca"])


def test_comparative_advantage_among_regions():
    table = two_regions(3)
    sector, e = table.regions.sector, table.exports
    world = e.groupby(sector).sum()
    role = kn.export_role(clusters_of(table, sector), table)
    assert np.allclose(role["rca"], 1)  # against the world that they are
    only = [0 if name == "north steel" else -1 for name in table.industries]
    north = kn.export_role(clusters_of(table, only), table)
    mine = e["north steel"] / e[table.region == "north"].sum()
    assert north["rca"].iloc[0] == pytest.approx(mine / (world["steel"] / world.sum()))


# ------------------------------------------------------------------------ doubt


def test_exports_of_the_rest_of_the_world_are_told():
    """In the tables of the BEA "Federal nondefense" carries 156 billion that are none of it."""
    table = kn.datasets.load("usa_2022")
    clusters = clusters_of(table, [0] * 20 + [-1] * 51)
    with pytest.warns(kn.KlasternetWarning, match=r"'Federal nondefense' has 5.9% .*replace"):
        role = kn.export_role(clusters, table)
    assert len(role.attrs["notes"]) == 1
    cured = table.exports.copy()
    cured["Federal nondefense"] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        role = kn.export_role(clusters, table.replace(exports=cured))
    assert role["exports"].sum() == cured.sum() and role.attrs["notes"] == []


def test_no_false_doubt(shared):
    for name in ("uk_2010_127", "wiod2013_2011", "indonesia_bps_io17_sulawesi_selatan_2016"):
        path = shared / name
        table = kn.read_table(path / "table.csv" if "bps" in name else path)
        role = kn.export_role(clusters_of(table, [0, 1] + [-1] * (table.n - 2)), table)
        assert role.attrs["notes"] == []
        assert role["export_share"].sum() == pytest.approx(1)


def test_bad_input():
    clusters = clusters_of(GERMANY, LABELS)
    bare = kn.IOTable(GERMANY.flows, output=GERMANY.output)
    with pytest.raises(kn.DataError, match=r"has no exports; name their columns"):
        kn.export_role(clusters, bare)
    with pytest.raises(kn.DataError, match=r"exports add up to 0"):
        kn.export_role(clusters, bare.replace(exports=GERMANY.exports * 0))
    with pytest.raises(kn.AlignmentError, match=r"the network was made from"):
        kn.export_role(clusters, kn.datasets.load("usa_2022"))
    world = pd.Series([50.0, 600, 10, 200, 100, 40], GERMANY.industries)
    with pytest.raises(kn.AlignmentError, match=r"the reference lacks 'Industry'"):
        kn.export_role(clusters, GERMANY, world.drop("Industry"))
    with pytest.raises(kn.DataError, match=r"exports nothing of what cluster 'services' makes"):
        kn.export_role(
            clusters, GERMANY, world.where(~world.index.isin(GERMANY.industries[3:5]), 0)
        )
    with pytest.raises(kn.ParameterError, match="level is 2"):
        kn.export_role(clusters, GERMANY, world, level=2)


# ------------------------------------------------------------------------ export base

JOBS = pd.DataFrame(
    [[60.0, 40, 100], [10, 90, 100], [30, 20, 150]],
    ["north", "south", "west"],
    ["mines", "farms", "shops"],
)


def test_location_quotient_excess():
    basic = kn.basic_employment(JOBS)
    norm = JOBS.sum() / 600
    assert np.allclose(basic, np.maximum(JOBS - 200 * norm, 0))
    base = kn.export_base(JOBS)
    assert np.allclose(base["basic"], basic.sum(axis=1))
    assert np.allclose(base["multiplier"] * base["basic"], base["total"])
    assert np.allclose(base["local"] + base["basic"], base["total"])
    # an industry is basic exactly where its location quotient is above 1
    quotient = kn.location_quotients(JOBS, level=None)["lq"].to_numpy().reshape(3, 3)
    assert ((basic > 1e-9).to_numpy() == (quotient > 1 + 1e-9)).all()


def test_a_wider_reference():
    nation = pd.Series({"shops": 900.0, "mines": 50, "farms": 50})
    basic = kn.basic_employment(JOBS, reference=nation)
    assert basic.loc["north"].tolist() == [50, 30, 0]


def test_minimum_requirements():
    basic = kn.basic_employment(JOBS, "minimum_requirements")
    assert np.allclose(basic, JOBS - 200 * np.array([0.05, 0.1, 0.5]))
    assert (basic.min() == 0).all() and (basic >= 0).all().all()


def test_a_region_like_all_others_has_no_base():
    same = pd.DataFrame([[10.0, 20], [30, 60]], ["a", "b"], ["mines", "shops"])
    assert kn.export_base(same)["basic"].tolist() == [0, 0]
    assert np.isinf(kn.export_base(same)["multiplier"]).all()


def test_bad_employment():
    with pytest.raises(kn.DataError, match="'south' is empty"):
        kn.export_base(JOBS.mul(pd.Series({"north": 1, "south": 0, "west": 1}), axis=0))
    with pytest.raises(kn.ParameterError, match=r"leave reference= out"):
        kn.export_base(JOBS, "minimum_requirements", JOBS.sum())
    with pytest.raises(kn.DataError, match="give two or more"):
        kn.export_base(JOBS.iloc[:1], "minimum_requirements")
    with pytest.raises(kn.ParameterError, match="Known: location_quotient, minimum_requirements"):
        kn.export_base(JOBS, "survey")
