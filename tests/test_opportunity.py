"""Relatedness, complexity, and what regions lack of their clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn

STAIRS = pd.DataFrame([(1, 1, 1, 1), (1, 1, 1, 0), (1, 1, 0, 0), (1, 0, 0, 0)]).astype(bool)


def presence(seed, regions=8, industries=12, share=0.4):
    """Which region has what; nobody without anything, all connected through the first industry."""
    M = np.random.default_rng(seed).random((regions, industries)) < share
    M[:, 0] = True
    M[np.arange(industries) % regions, np.arange(industries)] = True
    return pd.DataFrame(M, [f"r{k}" for k in range(regions)], [f"i{k}" for k in range(industries)])


# ----------------------------------------------------------------- relatedness, complexity


def test_the_staircase():
    """Analytic: eigenvalues 1, 1/4, 1/9, 1/16, so ECI is evenly spaced."""
    out = kn.complexity(STAIRS)
    expected = [1.341641, 0.447214, -0.447214, -1.341641]
    np.testing.assert_allclose(out.regions["eci"], expected, atol=5e-7)
    assert out.eigenvalue == pytest.approx(1 / 4)
    np.testing.assert_allclose(out.industries["pci"], expected[::-1], atol=5e-7)
    assert kn.proximity(STAIRS).loc[0].tolist() == [1, 0.75, 0.5, 0.25]


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_complexity_solves_the_asymmetric_problem(seed, wide):
    M = presence(seed, *((8, 12) if wide else (12, 8)))
    out = kn.complexity(M)
    v = M.to_numpy(float)
    transition = (v / v.sum(axis=1, keepdims=True)) @ (v / v.sum(axis=0)).T
    values = np.sort(np.linalg.eigvals(transition).real)[::-1]
    assert out.eigenvalue == pytest.approx(values[1])
    eci = out.regions["eci"].to_numpy()
    assert eci.mean() == pytest.approx(0, abs=1e-9) and eci.std() == pytest.approx(1)
    # Standardised: an eigenvector but for a constant, which is the first eigenvector.
    moved = transition @ eci
    np.testing.assert_allclose(moved - moved.mean(), values[1] * eci, atol=1e-7)
    diversity = out.regions["diversity"]
    assert (eci @ (diversity - diversity.mean())) >= -1e-7
    # PCI ranks industries by the mean complexity of the regions that have them.
    mean = (v / v.sum(axis=0)).T @ eci
    assert np.corrcoef(mean, out.industries["pci"])[0, 1] == pytest.approx(1)


def test_world_exports(shared):
    """1998 to 2000: Japan, Germany, Switzerland and Sweden lead, oil exporters do not."""
    long = pd.read_csv(
        shared / "world_exports_1998_2000" / "country_product_exports.csv.gz",
        dtype={"product": str},
    )
    exports = long.pivot_table("value", "country", "product", fill_value=0.0)
    assert exports.shape == (226, 785)
    large = exports[exports.sum(axis=1) > 1e9]  # very small exporters are noise
    large = large.loc[:, large.sum() > 0]
    out = kn.complexity(large)
    assert {"jpn", "deu", "che", "swe"} <= set(out.table.index[:10])
    assert (out.regions.loc[["sau", "kwt", "ven", "dza", "are"], "eci"] < -1).all()
    oil_and_gas = {"3330", "3413", "3414"}
    assert oil_and_gas <= set(out.industries["pci"].nsmallest(10).index)
    rca = kn.location_quotients(large, level=None)["lq"]
    share = large.loc["jpn"] / large.loc["jpn"].sum()
    world = large.sum() / large.to_numpy().sum()
    np.testing.assert_allclose(rca.loc["jpn"], share / world)
    assert "most complex regions" in repr(out)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_laws_of_proximity(seed):
    M = presence(seed)
    v = M.to_numpy(float)
    p = {
        kind: kn.proximity(M, kind) for kind in ("conditional", "cosine", "jaccard", "association")
    }
    for near in p.values():
        np.testing.assert_allclose(near, near.T)
    assert (p["jaccard"].to_numpy() <= p["conditional"].to_numpy() + 1e-12).all()
    assert (p["conditional"].to_numpy() <= p["cosine"].to_numpy() + 1e-12).all()
    i, j = 3, 5
    together, u, w = (v[:, i] * v[:, j]).sum(), v[:, i].sum(), v[:, j].sum()
    assert p["conditional"].iloc[i, j] == pytest.approx(min(together / u, together / w))
    assert p["association"].iloc[i, j] == pytest.approx((together / 8) / (u / 8 * w / 8))


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_density_leaves_the_industry_itself_out(seed):
    """With the diagonal in, having an industry would make a region near to it."""
    M = presence(seed)
    near = kn.proximity(M)
    dense = kn.relatedness_density(M, near)
    assert dense.to_numpy().min() >= 0 and dense.to_numpy().max() <= 1 + 1e-12
    phi = near.to_numpy().copy()
    np.fill_diagonal(phi, 0)
    expected = (M.loc["r2"].to_numpy() * phi[4]).sum() / phi[4].sum()
    assert dense.loc["r2", "i4"] == pytest.approx(expected)
    flipped = M.copy()
    flipped.loc["r2", "i4"] = not M.loc["r2", "i4"]
    assert kn.relatedness_density(flipped, near).loc["r2", "i4"] == pytest.approx(expected)


def test_density_is_not_rounded():
    dense = kn.relatedness_density(STAIRS)
    assert dense.loc[3, 1] == pytest.approx(0.75 / (0.75 + 2 / 3 + 1 / 3), abs=1e-15)


def test_proximity_of_flows_and_a_blend():
    W = pd.DataFrame([[0, 8, 1], [2, 0, 1], [0, 0, 0]], list("abc"), list("abc"))
    network = kn.FlowNetwork.from_matrix(W)
    flow = kn.proximity(network)
    # a sells 8 of 9 to b, which buys all its 8 from a.
    assert flow.loc["a", "b"] == flow.loc["b", "a"] == 1
    assert (np.diag(flow) == 0).all()
    colocation = pd.DataFrame([[0, 1, 2], [1, 0, 3], [2, 3, 0]], list("cba"), list("cba"))
    both = kn.blend(flow, colocation, weights=[1, 0])
    off = ~np.eye(3, dtype=bool)
    assert np.corrcoef(both.to_numpy()[off], flow.to_numpy()[off])[0, 1] == pytest.approx(1)
    assert both.to_numpy().min() == 0
    with pytest.raises(kn.AlignmentError, match="proximity 2 lacks industry 'c'"):
        kn.blend(flow, colocation.drop(index="c", columns="c"))
    with pytest.raises(kn.DataError, match="same for all pairs"):
        kn.blend(colocation * 0)


def test_bad_tables_of_complexity_are_named():
    with pytest.raises(kn.DataError, match=r"fall into 2 groups .*Leave small groups out"):
        kn.complexity(pd.DataFrame(np.kron(np.eye(2), np.ones((2, 2)))).astype(bool))
    with pytest.raises(kn.DataError, match="region 3 has nothing"):
        kn.complexity(STAIRS.mul(STAIRS.index < 3, axis=0))
    with pytest.raises(kn.ParameterError, match=r"did you mean 'cosine'"):
        kn.proximity(STAIRS, "cosin")
    with pytest.raises(kn.AlignmentError, match="near lacks industry 3"):
        kn.relatedness_density(STAIRS, kn.proximity(STAIRS).iloc[:3, :3])
    ring = pd.DataFrame(np.eye(6) + np.roll(np.eye(6), 1, axis=1)).astype(bool)
    with pytest.warns(kn.KlasternetWarning, match="ECI and PCI are not defined"):
        kn.complexity(ring)


# ------------------------------------------------------------------ opportunities and gaps

NAMES = ["ore", "coke", "steel", "milk", "cheese", "retail"]


@pytest.fixture
def clusters():
    W = pd.DataFrame(
        [
            [0, 0, 90, 0, 0, 1],
            [0, 0, 60, 0, 0, 1],
            [3, 2, 0, 1, 1, 5],
            [0, 0, 0, 0, 80, 4],
            [0, 0, 0, 6, 0, 30],
            [2, 2, 2, 2, 2, 0],
        ],
        NAMES,
        NAMES,
    )
    network = kn.FlowNetwork.from_matrix(W)
    return kn.Clusters.from_labels(network, ["metal", "metal", "metal", "dairy", "dairy", None])


@pytest.fixture
def employment():
    return pd.DataFrame(
        [(80, 5, 60, 5, 5, 100), (0, 30, 35, 5, 5, 80), (20, 5, 5, 90, 90, 120)],
        ["north", "east", "south"],
        NAMES,
    )


def test_supply_gap_by_hand(clusters, employment):
    """East has steel and no ore: 35 of the nation's 100 in steel need 35 % of 90."""
    out = kn.opportunities(clusters, employment.iloc[:, ::-1])
    ore = out.loc[("east", "metal", "ore")]
    assert ore["status"] == "missing" and ore["lq"] == 0
    # Steel buys 90 of ore, coke none: need is that of steel alone.
    assert ore["need"] == pytest.approx(90 * 0.35) and ore["supply_gap"] == ore["need"]
    assert ore["short"] == pytest.approx(155 * 100 / 740)
    # South has a dairy cluster, and no member of it is thin.
    assert "south" not in out.index.get_level_values("region")
    assert (out["lq"] < 1).all() and (out["cluster_lq"] >= 1).all()
    north = out.loc[("north", "metal", "coke")]
    own = (5 / 40) * 60
    assert north["supply_gap"] == pytest.approx(60 * 0.6 - own)


def test_ranks_and_imports(clusters, employment):
    imports = pd.DataFrame(0.0, NAMES, NAMES)
    imports.loc["ore", "steel"] = 40
    out = kn.opportunities(clusters, employment, imports=imports, present=0.5)
    assert out.loc[("east", "metal", "ore"), "imported"] == pytest.approx(40 * 0.35)
    for _, own in out.groupby("region", sort=False):
        assert own["rank"].tolist() == list(range(1, len(own) + 1))
    assert out["relatedness"].between(0, 1).all()
    with pytest.raises(kn.AlignmentError, match="imports lacks industry 'retail'"):
        kn.opportunities(clusters, employment, imports=imports.drop(columns="retail"))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_needs_add_up_to_the_trade_inside_clusters(seed):
    """What all regions need of an industry is what the nation's cluster buys of it."""
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(9)]
    W = pd.DataFrame(rng.uniform(1, 9, (9, 9)), names, names)
    network = kn.FlowNetwork.from_matrix(W)
    clusters = kn.Clusters.from_labels(network, rng.permutation([0, 0, 0, 0, 1, 1, 1, -1, -1]))
    jobs = pd.DataFrame(rng.integers(1, 99, (6, 9)), columns=names)
    whole = jobs.sum()
    needs = sum(kn.gaps(clusters, jobs.loc[r], whole)["need"] for r in jobs.index)
    assert needs.sum() == pytest.approx(clusters.internal_flow.sum())
    one = kn.gaps(clusters, jobs.loc[0], whole)
    every = kn.opportunities(clusters, jobs, present=0)
    mine = every.loc[0]
    common = one.loc[mine.index]
    np.testing.assert_allclose(common["supply_gap"], mine["supply_gap"])
    assert (common["status"] == mine["status"]).all()


def test_the_nation_has_no_gap(clusters, employment):
    whole = employment.sum()
    out = kn.gaps(clusters, whole, whole)
    np.testing.assert_allclose(out["supply_gap"], 0, atol=1e-9)
    np.testing.assert_allclose(out["lq"], 1)
    assert out.attrs["covered"] == pytest.approx({"metal": 1.0, "dairy": 1.0})
    east = kn.gaps(clusters, employment.loc["east"], whole)
    assert east.loc[("metal", "ore"), "status"] == "missing"
    assert 0 < east.attrs["covered"]["metal"] < 1


def test_bad_regions_are_named(clusters, employment):
    with pytest.raises(kn.AlignmentError, match="employment lacks industry 'coke'"):
        kn.opportunities(clusters, employment.drop(columns="coke"))
    with pytest.raises(kn.AlignmentError, match="region lacks industry 'milk'"):
        kn.gaps(clusters, employment.loc["east"].drop("milk"), employment.sum())
    with pytest.raises(kn.DataError, match=r"more of 'ore' \(80\) than the nation \(20\)"):
        kn.gaps(clusters, employment.loc["north"], employment.loc["south"])
    with pytest.raises(kn.DataError, match=r"no output to compare.*nation="):
        kn.gaps(clusters, employment.loc["east"])
    with pytest.raises(kn.ParameterError, match="give a Series by industry"):
        kn.gaps(clusters, "east")
    with pytest.raises(kn.DataError, match="the region is empty"):
        kn.gaps(clusters, employment.loc["east"] * 0, employment.sum())
    with pytest.raises(kn.DataError, match=r"nobody has industry 'coke'.*table.aggregate"):
        kn.opportunities(clusters, employment.assign(coke=0))
    with pytest.raises(kn.DataError, match="region 'west' is empty"):
        kn.opportunities(clusters, pd.concat([employment, pd.DataFrame(0, ["west"], NAMES)]))


def with_table(clusters, output, unit="million USD"):
    """The clusters in the network of a table, and the table."""
    flows = clusters.network.to_frame()
    table = kn.IOTable(flows, output=output, unit=unit)
    return kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), clusters.labels), table


def test_a_region_given_as_a_table(clusters, employment):
    """Its output is what counts; the national table is known from the network, or given."""
    found, nation = with_table(clusters, employment.sum() * 10)
    part = kn.IOTable(
        clusters.network.to_frame().iloc[::-1] / 9,
        output=employment.loc["east"] * 10,
        unit="million USD",
    )
    out = kn.gaps(found, part)
    assert out.equals(kn.gaps(found, part.output))
    assert out.equals(kn.gaps(found, part, nation))
    expected = kn.gaps(clusters, employment.loc["east"], employment.sum())
    pd.testing.assert_frame_equal(
        out.rename(index=dict(zip(found.names, clusters.names, strict=True))), expected
    )
    with pytest.raises(kn.DataError, match="region is in billion USD, the nation in million USD"):
        kn.gaps(found, part.replace(unit="billion USD"))
    with pytest.raises(kn.DataError, match="table of the region has no output"):
        kn.gaps(found, kn.IOTable(clusters.network.to_frame()))
    with pytest.raises(kn.DataError, match=r"the economy that the clusters were found in"):
        kn.gaps(found, nation)
    with pytest.raises(kn.AlignmentError, match="region lacks industry 'milk'"):
        kn.gaps(found, part.select([name for name in NAMES if name != "milk"]))


def test_an_industry_that_the_nation_lacks_is_nowhere(clusters, employment):
    bare = employment.assign(coke=0)
    out = kn.gaps(clusters, bare.loc["east"], bare.sum())
    assert out.loc[("metal", "coke"), "status"] == "nowhere"
    assert np.isfinite(out.drop(columns="status").to_numpy(dtype=float)).all()


def test_portfolio_and_sums(clusters, employment):
    later = employment.copy()
    later.loc["east", "ore"] = 10
    later.loc["north", "ore"] = 60
    out = kn.portfolio(employment, later)
    assert out.loc[("north", "ore"), "quadrant"] == "under threat"
    assert np.isinf(out.loc[("east", "ore"), "growth"])
    assert out.loc[("north", "ore"), "growth"] == pytest.approx(-0.25)
    assert out["size"].sum() == later.to_numpy().sum()
    by_cluster = kn.cluster_employment(clusters, employment)
    assert by_cluster.columns.tolist() == [*clusters.names, "rest"]
    assert by_cluster.loc["east", "metal"] == 65
    assert by_cluster.to_numpy().sum() == employment.to_numpy().sum()
    assert (kn.portfolio(by_cluster, kn.cluster_employment(clusters, later)).notna()).all().all()
    with pytest.raises(kn.DataError, match="'ore' begins in between"):
        kn.portfolio(employment.assign(ore=0), later)


def test_districts_of_indonesia_and_a_provincial_table(shared):
    """Sulawesi Selatan's 17 sections and its districts: a gap for each district."""
    table = kn.read_table(shared / "indonesia_bps_io17_sulawesi_selatan_2016" / "table.xlsx")
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.detect(network, seed=1, support=0, contrast=0)
    path = shared / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    year = pd.read_csv(path).query("year == 2016 and level == 'kabkota'")
    year = year[year["province"].str.contains("Sulawesi Selatan")].set_index("region")
    sections = year.loc[:, "A":"RSTU"]
    assert len(sections) == 24 and sections.shape[1] == network.n == 17
    sections.columns = network.industries  # the same 17 sections in the same order
    out = kn.opportunities(clusters, sections, present=1.0)
    assert len(out) and (out["supply_gap"] >= 0).all()
    assert out["supply_gap"].groupby("region").max().gt(0).any()
