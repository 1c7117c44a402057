"""A profile brings readings together: it must agree with each of them, and say what it lacks."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

import klasternet as kn

LABELS = ["goods"] * 3 + ["services"] * 2 + [None]
MONEY = ("internal_flow", "inward", "outward", "output", "value_added", "exports", "loss")


def quietly(*args, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kn.KlasternetWarning)
        return kn.cluster_profile(*args, **how)


@pytest.fixture(scope="module")
def usa():
    """A real table with everything but satellites, and the clusters that detect finds."""
    table = kn.datasets.load("usa_2022")
    clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=0)
    return clusters, table, quietly(clusters, table, density=kn.density(clusters))


@pytest.fixture(scope="module")
def germany():
    table = kn.datasets.load("germany_1995")
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), LABELS)
    return clusters, table


def small(seed, n=9):
    """A table of random flows with exports and jobs, its network's clusters, and jobs by region."""
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(n)]
    flows = pd.DataFrame(rng.uniform(1, 9, (n, n)), names, names)
    demand = pd.DataFrame(rng.uniform(5, 40, (n, 2)), names, ["home", "abroad"])
    output = flows.sum(axis=1) + demand.sum(axis=1)
    earned = (1.1 * output - flows.sum()).clip(lower=1)
    jobs = pd.DataFrame([rng.integers(1, 99, n)], ["jobs"], names)
    table = kn.IOTable(
        flows,
        final_demand=demand,
        value_added=earned.to_frame("value added").T,
        exports="abroad",
        imports=flows * rng.uniform(0, 0.2, (n, n)),
        satellites=jobs,
        unit="million",
    )
    network = kn.FlowNetwork.from_table(table)
    labels = rng.permutation([0, 0, 0, 0, 1, 1, 1, -1, -1])
    e = pd.DataFrame(rng.integers(1, 99, (5, n)), [f"r{k}" for k in range(5)], names)
    return kn.Clusters.from_labels(network, labels), table, e


# ------------------------------------------------------------------------------ it adds up


def test_it_agrees_with_the_rooms_it_reads(usa):
    clusters, table, profile = usa
    out, names = profile.table, list(clusters.names)
    density = kn.density(clusters)
    turned = quietly(clusters, table, density=density.iloc[::-1])
    pd.testing.assert_frame_equal(turned.table, out)
    for column in ("industries", "internal_flow", "inward", "outward"):
        np.testing.assert_allclose(out[column], density[column])
    for column in ("sales_retention", "purchase_retention", "contrast", "gravity_ratio"):
        np.testing.assert_allclose(out[column], density[column])
    with pytest.warns(kn.KlasternetWarning, match="Federal nondefense"):
        role = kn.export_role(clusters, table).loc[names]
    columns = ["exports", "export_share", "intensity", "carried_share", "value_added_carried"]
    np.testing.assert_allclose(out[columns], role[columns])
    assert out["kind"].tolist() == role["kind"].tolist()
    lost = kn.extract(table, clusters).table
    np.testing.assert_allclose(out[["loss", "loss_others"]], lost[["loss", "loss_others"]])
    np.testing.assert_allclose(out["value_added_lost"], lost["value_added"])
    kind = kn.key_industries(table)["kind"].to_dict()
    industries = profile.members.index.get_level_values("industry")
    assert profile.members["kind"].tolist() == [kind[name] for name in industries]
    x, up = table.output, kn.upstreamness(table)
    farms = list(clusters.members(3))
    assert out["upstreamness"].iloc[3] == pytest.approx((x[farms] @ up[farms]) / x[farms].sum())


def test_partners_and_members_add_up_to_what_is_bought_and_sold(usa):
    clusters, table, profile = usa
    out = profile.table
    for frame, sum_of, retention in (
        (profile.suppliers, "inward", "purchase_retention"),
        (profile.buyers, "outward", "sales_retention"),
    ):
        sums = frame.groupby("cluster", sort=False)[["amount", "share"]].sum()
        np.testing.assert_allclose(sums["amount"], out[sum_of])
        np.testing.assert_allclose(sums["share"] + out[retention], 1)
        assert (frame["amount"].groupby("cluster").diff().dropna() <= 0).all()
    sums = profile.members.groupby("cluster", sort=False).sum(numeric_only=True)
    columns = ["output", "value_added", "exports", "export_share"]
    np.testing.assert_allclose(sums[columns], out[columns])
    np.testing.assert_allclose(sums["sold_inside"], out["internal_flow"])
    np.testing.assert_allclose(sums["bought_inside"], out["internal_flow"])
    np.testing.assert_allclose(sums["output_share"], 1)
    # All inputs of members: from each other, from others, from themselves (loops are aside).
    own = pd.Series(np.diag(table.flows), table.industries)
    for k, name in enumerate(clusters.names):
        members = list(clusters.members(k))
        inputs = out.loc[name, ["internal_flow", "inward"]].sum() + own[members].sum()
        assert inputs == pytest.approx(table.flows[members].to_numpy().sum())
        bought = profile.suppliers.loc[name, "imported"].sum()
        bought += profile.members.loc[name, "imported"].sum()
        assert bought == pytest.approx(table.imports[members].to_numpy().sum())
        for frame in (profile.members, profile.suppliers):
            for industry, amount in frame.loc[name, "imported"].head(5).items():
                assert amount == pytest.approx(table.imports.loc[industry, members].sum())
        # The table has a row of imports that are like nothing made at home as well.
        assert bought <= out.loc[name, "imported_inputs"]


def test_roles_by_hand(germany):
    """z and P of Guimera and Amaral, from the definition."""
    clusters, _ = germany
    members = kn.cluster_profile(clusters, density=kn.density(clusters)).members
    W = clusters.network.trade + clusters.network.trade.T
    groups = [np.flatnonzero(clusters.labels == k) for k in (0, 1, -1)]
    for k, at in enumerate(groups[:2]):
        s = np.array([[W[i, g].sum() for g in groups] for i in at])
        own = s[:, k]
        mine = members.loc[clusters.names[k]].loc[list(clusters.network.industries[at])]
        z = (own - own.mean()) / own.std() if len(at) > 2 else [0, 0]  # two trade the same
        np.testing.assert_allclose(mine["z"], z)
        P = 1 - ((s / s.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
        np.testing.assert_allclose(mine["participation"], P)
    assert set(members["role"]) <= {"peripheral", "connector"}  # too few members for a hub


def test_a_star_has_a_hub():
    """One industry sells to ten others of its cluster: z is sqrt(10), the most it can be."""
    W = np.zeros((13, 13))
    W[0, 1:11] = 5
    W[11, 12] = 3
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0] * 11 + [1] * 2)
    members = kn.cluster_profile(clusters).members.loc[clusters.names[0]]
    assert members["z"].iloc[0] == pytest.approx(np.sqrt(10))
    assert members["role"].iloc[0] == "provincial hub"
    assert (members["role"].iloc[1:] == "ultra-peripheral").all()
    assert "Hub: 0" in str(kn.cluster_profile(clusters))


# ----------------------------------------------------------------------------------- laws


@given(st.integers(0, 10_000))
@example(3)  # equal scores of opportunities
@settings(max_examples=3, deadline=None)
def test_order_and_unit_do_not_matter(seed):
    clusters, table, e = small(seed)
    profile = kn.cluster_profile(clusters, table, employment=e, region="r1")
    order = np.random.default_rng(seed).permutation(table.n)
    names = table.industries[order]
    parts = {
        name: getattr(table, name).reindex(columns=names) for name in ("value_added", "satellites")
    }
    moved = table.replace(
        flows=table.flows.loc[names, names],
        final_demand=table.final_demand.loc[names],
        imports=table.imports.loc[names, names],
        output=table.output[names],
        **parts,
    )
    called = np.array([*clusters.names, None])[clusters.labels]
    by_name = pd.Series(called, table.industries)
    again = kn.Clusters.from_labels(kn.FlowNetwork.from_table(moved), by_name)
    other = kn.cluster_profile(again, moved, employment=e[names], region="r1")
    # A table in another order than the network is matched by name.
    third = kn.cluster_profile(again, table, employment=e, region="r1")
    for found in (other, third):
        pd.testing.assert_frame_equal(found.table, profile.table)
        for part in ("members", "suppliers", "buyers", "regions", "gaps", "opportunities"):
            one, two = getattr(found, part), getattr(profile, part)
            pd.testing.assert_frame_equal(one.sort_index(), two.sort_index())
    c = 1000.0
    money = table.replace(
        flows=table.flows * c,
        final_demand=table.final_demand * c,
        value_added=table.value_added * c,
        imports=table.imports * c,
        output=table.output * c,
    )
    larger = kn.Clusters.from_labels(kn.FlowNetwork.from_table(money), by_name)
    scaled = kn.cluster_profile(larger, money, employment=e, region="r1").table
    for column, unit in profile.table.attrs["units"].items():
        if unit == "million":
            np.testing.assert_allclose(scaled[column], c * profile.table[column])
        elif pd.api.types.is_numeric_dtype(profile.table[column]):
            np.testing.assert_allclose(scaled[column], profile.table[column])
    assert {n for n, u in profile.table.attrs["units"].items() if u == "million"} > set(MONEY)


@given(st.integers(0, 10_000))
@settings(max_examples=4, deadline=None)
def test_regions_and_gaps_are_those_of_the_rooms(seed):
    clusters, table, e = small(seed)
    profile = kn.cluster_profile(clusters, table, employment=e, region="r2")
    by = kn.cluster_employment(clusters, e)
    lq = kn.location_quotients(by, level=None)["lq"]
    for (cluster, region), row in profile.regions.iterrows():
        assert row["employment"] == by.loc[region, cluster]
        assert row["lq"] == pytest.approx(lq[region, cluster])
    np.testing.assert_allclose(profile.regions.groupby("cluster")["share"].sum(), 1)
    assert profile.table["regional_employment"].tolist() == by[list(clusters.names)].sum().tolist()
    pd.testing.assert_frame_equal(profile.gaps, kn.gaps(clusters, e.loc["r2"], e.sum()))
    expected = kn.opportunities(clusters, e, imports=table.imports)
    pd.testing.assert_frame_equal(profile.opportunities, expected)
    part = kn.cluster_profile(clusters, table, region=table.output / 3).gaps
    pd.testing.assert_frame_equal(part, kn.gaps(clusters, table.output / 3))
    assert profile.table["jobs"].sum() < table.satellites.loc["jobs"].sum()
    assert {"jobs_share", "jobs_carried", "jobs_lost"} <= set(profile.table)


# ----------------------------------------------------------------- what is not assessed


def nothing_is_nan_in_silence(profile):
    for frame in (profile.members, profile.suppliers, profile.buyers, profile.regions):
        assert not frame.isna().to_numpy().any()
    blank = profile.table.columns[profile.table.isna().any()]
    told = " ".join(profile.missing["what"])
    assert all(name in told for name in blank)
    assert not profile.missing.isna().to_numpy().any()
    assert (profile.missing != "").to_numpy().all()
    return list(profile.missing["what"])


def test_a_bare_table_says_what_it_lacks(germany):
    clusters, table = germany
    alone = kn.cluster_profile(clusters)
    assert "output, value added, exports, position, multipliers" in nothing_is_nan_in_silence(alone)
    assert set(alone.table) >= {"internal_flow", "sales_retention"}
    no_output = kn.cluster_profile(clusters, kn.IOTable(table.flows))
    lacking = nothing_is_nan_in_silence(no_output)
    assert "output" in lacking and "position, key industries, losses, exports carried" in lacking
    assert "value added" in lacking and "output" not in no_output.table
    no_exports = kn.cluster_profile(clusters, kn.IOTable(table.flows, output=table.output))
    lacking = nothing_is_nan_in_silence(no_exports)
    assert "exports" in lacking and "output" not in lacking
    assert {"loss", "upstreamness"} <= set(no_exports.table)
    none_sold = table.replace(exports=table.exports * 0)
    lacking = kn.cluster_profile(clusters, none_sold).missing.set_index("what")
    assert "exports add up to 0" in lacking.loc["exports", "why"]
    text = str(no_exports)
    assert "Not assessed" in text and "- exports: the table has none. Cure: exports=" in text


def test_an_economy_that_uses_itself_up_keeps_its_trade(germany):
    clusters, table = germany
    broken = kn.IOTable(table.flows, output=table.flows.sum(axis=1) / 3)
    profile = kn.cluster_profile(clusters, broken)
    why = profile.missing.set_index("what").loc["position, key industries, losses, exports carried"]
    assert "spectral radius" in why["why"] and "audit" in why["cure"]
    assert "loss" not in profile.table and "output" in profile.table
    nothing_is_nan_in_silence(profile)


def test_idle_clusters_are_named():
    """One cluster sells nothing to industries and makes nothing."""
    names = list("abcd")
    W = pd.DataFrame([[0, 5, 0, 0], [4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], names, names)
    W.loc["a", "c"] = 2.0
    table = kn.IOTable(W, output=pd.Series([20.0, 20, 0, 0], names).replace(0, 0))
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), ["x", "x", "idle", "idle"])
    profile = kn.cluster_profile(clusters, table)
    assert np.isnan(profile.table.loc["idle", "sales_retention"])
    missing = profile.missing.set_index("what")
    assert missing.loc["sales_retention of idle", "why"].startswith("its members sell nothing")
    assert missing.loc["upstreamness of idle", "why"] == "its members make nothing"
    assert "nan" not in str(profile)


def test_no_cluster_and_one_cluster(germany, usa):
    _, table = germany
    network = kn.FlowNetwork.from_table(table)
    nobody = kn.Clusters.from_labels(network, [-1] * table.n)
    none = kn.cluster_profile(nobody, table, density=kn.density(nobody))
    assert len(none.table) == len(none.members) == len(none.suppliers) == 0
    assert "There is no cluster to profile" in str(none)
    jobs = pd.DataFrame(1 + np.arange(2 * table.n).reshape(2, -1), columns=table.industries)
    nowhere = kn.cluster_profile(nobody, table, employment=jobs, region=1)
    assert len(nowhere.regions) == len(nowhere.gaps) == 0
    every = kn.cluster_profile(kn.Clusters.from_labels(network, [0] * table.n), table)
    assert every.table["output_share"].tolist() == [1.0]
    assert every.table["loss_share"].iloc[0] == pytest.approx(1)
    assert every.table["export_share"].tolist() == [1.0] and len(every.suppliers) == 0
    nothing_is_nan_in_silence(every)
    clusters, _, profile = usa
    for one in (profile.of(3), profile.of(clusters.names[3])):
        assert list(one.table.index) == [clusters.names[3]]
        assert set(one.members.index.get_level_values(0)) == {clusters.names[3]}
        assert clusters.names[3] in str(one) and clusters.names[0] not in str(one)
    with pytest.raises(kn.ParameterError, match="did you mean"):
        profile.of(clusters.names[3] + "x")


def test_core_says_by_what(usa):
    clusters, _, profile = usa
    assert profile.core_by.startswith("held its place in 90%")
    core = profile.members["core"]
    inside = clusters.labels >= 0
    assert core.sum() == (clusters.support[inside] >= 0.9).sum() > 0
    network = clusters.network
    given = kn.cluster_profile(kn.Clusters.from_labels(network, [0] * 30 + [1] * 30 + [-1] * 11))
    assert given.core_by == "the fewest members that carry 80% of the trade inside"
    for name, own in given.members.groupby("cluster"):
        trade = own["sold_inside"] + own["bought_inside"]
        held = trade[own["core"]]
        assert held.sum() >= 0.8 * trade.sum() > held.sum() - held.min(), name
        assert held.min() >= trade[~own["core"]].max()


def test_evidence_is_taken_in():
    network, _ = kn.datasets.planted(30, 3, contrast=8, noise=0.6, seed=1)
    clusters = kn.detect(network, seed=0)
    steady = kn.stability(clusters, draws=5, seed=0)
    tested = kn.significance(clusters, draws=19, seed=0)
    scores = pd.DataFrame({"skills": 0.5}, index=list(clusters.names))
    profile = kn.cluster_profile(clusters, stability=steady, significance=tested, scorecard=scores)
    assert profile.core_by.startswith("in it in 90%")
    for name, members in steady.core.items():
        own = profile.members.loc[name]
        assert set(own.index[own["core"]]) == set(members) & set(own.index)
    assert profile.table["pvalue"].tolist() == tested.table["pvalue"].tolist()
    np.testing.assert_allclose(profile.table["contrast"], kn.density(clusters)["contrast"])
    assert profile.table["skills"].tolist() == [0.5] * 3
    lacking = nothing_is_nan_in_silence(profile)
    assert not {"chance", "stability", "scorecard", "optimality"} & set(lacking)
    assert "beyond chance (p 0.05)" in str(profile)


def test_the_scorecard_of_the_package(germany):
    clusters, table = germany
    card = kn.scorecard(clusters, table=table)
    profile = kn.cluster_profile(clusters, table, scorecard=card)
    np.testing.assert_allclose(profile.table["score_coverage"], card.score["coverage"])
    nothing_is_nan_in_silence(profile)


def test_bad_input_is_named(germany, usa):
    clusters, table = germany
    density = kn.density(clusters)
    with pytest.raises(kn.ParameterError, match="needs Clusters, not a list"):
        kn.cluster_profile([1, 2], table)
    with pytest.raises(kn.ParameterError, match="kind of extraction"):
        kn.cluster_profile(clusters, table, extraction="whole")
    with pytest.raises(kn.AlignmentError, match="the network was made from"):
        kn.cluster_profile(clusters, usa[1])
    with pytest.raises(kn.AlignmentError, match="density is of other clusters: it lacks 'goods'"):
        kn.cluster_profile(clusters, table, density=density.rename({"goods": "things"}))
    with pytest.raises(kn.AlignmentError, match="density is of other clusters: it has others"):
        kn.cluster_profile(clusters, table, density=pd.concat([density, density[:1]]))
    with pytest.raises(kn.ParameterError, match="density is a list"):
        kn.cluster_profile(clusters, table, density=[1, 2])
    with pytest.raises(kn.ParameterError, match="region 'Bavaria' is no row of employment"):
        kn.cluster_profile(clusters, table, region="Bavaria")
    with pytest.raises(kn.ParameterError, match="neighbours are of regions"):
        kn.cluster_profile(clusters, table, neighbours=np.eye(3))
    jobs = pd.DataFrame(1, ["a", "b"], table.industries[1:])
    with pytest.raises(kn.AlignmentError, match="employment lacks industry"):
        kn.cluster_profile(clusters, table, employment=jobs)


@pytest.mark.parametrize("how", [{"flows": "total"}, {"loops": "keep"}], ids=str)
def test_any_network_of_the_table(usa, how):
    _, table, _ = usa
    network = kn.FlowNetwork.from_table(table, **how)
    clusters = kn.Clusters.from_labels(network, [0] * 20 + [1] * 20 + [-1] * 31)
    profile, density = quietly(clusters, table), kn.density(clusters)
    for column in ("internal_flow", "inward", "outward"):
        np.testing.assert_allclose(profile.table[column], density[column])
    sums = profile.suppliers["amount"].groupby("cluster", sort=False).sum()
    np.testing.assert_allclose(sums, density["inward"])
    assert any("read off the network" in note for note in profile.notes) == ("flows" in how)


def test_a_sparse_network():
    rng = np.random.default_rng(0)
    W = sparse.csr_array(sparse.random_array((300, 300), density=0.02, rng=rng) * 10)
    labels = rng.integers(-1, 12, 300)
    found = [
        kn.cluster_profile(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(matrix), labels))
        for matrix in (W, W.toarray())
    ]
    for part in ("table", "members", "suppliers", "buyers"):
        pd.testing.assert_frame_equal(getattr(found[0], part), getattr(found[1], part))


# ----------------------------------------------------------------------------- real tables


def test_a_doubt_is_warned_of_once_and_kept(usa):
    clusters, table, profile = usa
    with pytest.warns(kn.KlasternetWarning, match="Federal nondefense") as heard:
        kn.cluster_profile(clusters, table)
    assert len(heard) == 1 and heard[0].filename == __file__
    assert len(profile.notes) == 1 and "doubtful" in str(profile)
    assert repr(profile).startswith("ClusterProfile of United States 2022: 5 clusters")
    assert max(map(len, str(profile).splitlines())) <= 100
    nothing_is_nan_in_silence(profile)
    earned = table.value_added
    earned.loc["Operating surplus", "Mining"] -= 1e6
    with pytest.warns(kn.KlasternetWarning) as heard:
        kn.cluster_profile(clusters, table.replace(value_added=earned))
    negative = [str(w.message) for w in heard if "value added is negative" in str(w.message)]
    assert len(negative) == 1  # though three rooms say so


def test_sulawesi_selatan_with_its_districts(shared):
    table = kn.read_table(shared / "indonesia_bps_io17_sulawesi_selatan_2016" / "table.xlsx")
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.detect(network, seed=1, support=0, contrast=0)
    path = shared / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    year = pd.read_csv(path).query("year == 2016 and level == 'kabkota'")
    year = year[year["province"].str.contains("Sulawesi Selatan")].set_index("region")
    sections = year.loc[:, "A":"RSTU"].set_axis(network.industries, axis=1)
    ring = np.roll(np.eye(24), 1, axis=1)
    weights = pd.DataFrame(ring + ring.T, sections.index, sections.index)
    profile = kn.cluster_profile(
        clusters, table, employment=sections, neighbours=weights, region="Bone"
    )
    lacking = nothing_is_nan_in_silence(profile)
    assert not {"regions", "where clusters gather", "gaps of a region", "exports"} & set(lacking)
    assert "imports by product" in lacking  # BPS tells imports in one row
    assert profile.table["imported_inputs"].min() > 0
    hot = kn.local_g(profile.regions["lq"].loc[clusters.names[0]].reindex(weights.index), weights)
    z = profile.regions["z"].loc[clusters.names[0]]
    np.testing.assert_allclose(z.reindex(weights.index), hot["z"])
    np.testing.assert_allclose(profile.regions.groupby("cluster")["share"].sum(), 1)
    assert "lacks" in str(profile) and "Kota Makassar" in str(profile)


def test_many_regions(shared):
    """Seven regions of the world: output by region serves where no employment is given."""
    table = kn.read_table(shared / "wiod2013_regional_2011")
    sector = table.regions.sector
    network = kn.FlowNetwork.from_table(table)
    labels = np.where(np.isin(sector, sector.unique()[:5]), "primary", None)
    clusters = kn.Clusters.from_labels(network, labels)
    profile = kn.cluster_profile(clusters, table)
    place = profile.regions.loc["primary"]
    assert len(place) == 7 and place["output"].is_monotonic_decreasing
    assert place["output"].sum() == pytest.approx(profile.table.loc["primary", "output"])
    world = profile.table.loc["primary", "output"] / table.output.sum()
    own = table.output.groupby(table.region.to_numpy()).sum()
    expected = place["output"] / own[place.index] / world
    np.testing.assert_allclose(place["lq"], expected)
    assert profile.table.loc["primary", "largest_region"] == place.index[0]
    assert "opportunities" in nothing_is_nan_in_silence(profile)
