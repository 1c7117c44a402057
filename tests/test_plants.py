"""Plants: Ellison-Glaeser and its relatives, between industries, and by distance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn


def drawn_plants(seed, regions=5, industries=3, least=2):
    """Plants of random sizes in random regions; every industry and region has some."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(industries):
        for _ in range(int(rng.integers(least, 12))):
            rows.append((f"r{rng.integers(regions)}", f"i{i}", float(rng.integers(1, 400))))
    plants = pd.DataFrame(rows, columns=["region", "industry", "employment"])
    reference = pd.Series(
        rng.integers(500, 9000, regions).astype(float), [f"r{r}" for r in range(regions)]
    )
    return plants, reference


@pytest.fixture
def textbook(shared):
    """Farhauer and Kroell's 42 firms, and employment of their regions."""
    firms = pd.read_csv(shared / "ellison_glaeser_textbook" / "FK2014_EGC.csv")
    plants = firms.rename(columns={"emp_firm": "employment"})
    return plants[["region", "industry", "employment"]], firms.groupby("region")[
        "emp_region"
    ].first()


# ------------------------------------------------------------------------- one industry


def test_ellison_glaeser_of_the_textbook():
    sizes = {
        "Wien": [200, 650, 12000, 100, 50],
        "Linz": [16000, 13000, 1500, 1500],
        "Graz": [25000],
    }
    rows = [(region, "steel", size) for region in sizes for size in sizes[region]]
    plants = pd.DataFrame(rows, columns=["region", "industry", "employment"])
    regions = pd.Series({"Graz": 100_000, "Wien": 500_000, "Linz": 400_000})
    out = kn.ellison_glaeser(plants, regions).loc["steel"]
    assert out["gamma"] == pytest.approx(0.05990628, abs=5e-9)
    assert out["G"] == pytest.approx(0.16816327, abs=5e-9)
    assert out["H"] == pytest.approx(0.24468878, abs=5e-9)
    assert out["z"] == pytest.approx(0.19590020, abs=5e-9)


def thrown(rng, sizes, x, gamma, times):
    """Plants with natural advantages: with chance gamma a plant follows one common region."""
    regions = len(x)
    common = rng.choice(regions, p=x, size=times)
    own = rng.choice(regions, p=x, size=(times, len(sizes)))
    # Two plants both follow with chance gamma if each does with chance sqrt(gamma).
    follows = rng.random((times, len(sizes))) < np.sqrt(gamma)
    return np.where(follows, common[:, None], own)


@pytest.mark.parametrize("gamma", [0.0, 0.1])
def test_indices_estimate_what_they_should(gamma):
    """Darts with a known gamma: both estimators are unbiased, and Var G is right for gamma = 0."""
    rng = np.random.default_rng(7)
    sizes = np.array([50, 30, 20, 20, 10, 5, 5, 3, 1, 1.0])
    x = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
    where = thrown(rng, sizes, x, gamma, 1500)
    rows = pd.DataFrame(
        {
            "region": where.ravel(),
            "industry": np.repeat(np.arange(len(where)), len(sizes)),
            "employment": np.tile(sizes, len(where)),
        }
    )
    out = kn.ellison_glaeser(rows, pd.Series(x * 1000))
    for name in ("gamma", "maurel_sedillot"):
        error = out[name].std() / np.sqrt(len(out))
        assert abs(out[name].mean() - gamma) < 4 * error
    if not gamma:
        assert out["G"].var() == pytest.approx(out["deviation"].iloc[0] ** 2, rel=0.15)
        assert out["z"].mean() == pytest.approx(0, abs=0.1)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_maurel_sedillot_is_the_chance_to_share_a_region(seed):
    """By pairs of plants: weighted share of pairs in one region, p = gamma + (1 - gamma) X."""
    plants, reference = drawn_plants(seed)
    out = kn.ellison_glaeser(plants, reference)
    x = reference / reference.sum()
    for name, own in plants.groupby("industry"):
        z = (own["employment"] / own["employment"].sum()).to_numpy()
        same = own["region"].to_numpy()[:, None] == own["region"].to_numpy()
        pairs = np.outer(z, z)
        np.fill_diagonal(pairs, 0)
        p = (pairs * same).sum() / pairs.sum()
        X = (x**2).sum()
        assert out.loc[name, "maurel_sedillot"] == pytest.approx((p - X) / (1 - X), abs=1e-9)


def test_size_classes_are_plants_of_one_size():
    plants = pd.DataFrame(
        [("a", "i", 30.0), ("a", "i", 30.0), ("b", "i", 10.0)],
        columns=["region", "industry", "employment"],
    )
    classes = pd.DataFrame(
        [("a", "i", 60.0, 2), ("b", "i", 10.0, 1)],
        columns=["region", "industry", "employment", "plants"],
    )
    pd.testing.assert_frame_equal(
        kn.ellison_glaeser(plants), kn.ellison_glaeser(classes), check_dtype=False
    )


def test_german_states_with_numbers_of_firms(shared):
    """16 states x 17 sections: firms of a state and section taken as equal in size."""
    long = pd.read_csv(shared / "germany_regions_employment" / "regions_industries_2015.csv")
    long = long.rename(columns={"ind_code": "industry", "emp_all": "employment", "firms": "plants"})
    out = kn.ellison_glaeser(long[(long["employment"] > 0) & (long["plants"] > 0)])
    assert len(out) == 17
    assert out["gamma"].idxmax() == "WZ08-B"  # mining
    assert (out["H"] < 0.05).all() and out["gamma"].between(-0.01, 0.2).all()


def test_without_plants_a_clear_error():
    wide = pd.DataFrame({"cars": [3, 4], "milk": [5, 6]}, ["a", "b"])
    with pytest.raises(kn.ParameterError, match=r"needs plants: one row for each.*concentration"):
        kn.ellison_glaeser(wide)
    plants, reference = drawn_plants(1)
    with pytest.raises(kn.DataError, match="no plants"):
        kn.ellison_glaeser(plants.iloc[:0])
    alone = pd.concat([plants, pd.DataFrame([("r0", "one", 9.0)], columns=plants.columns)])
    with pytest.raises(kn.DataError, match="'one' has a single plant"):
        kn.ellison_glaeser(alone)
    with pytest.raises(kn.AlignmentError, match="reference lacks region 'r"):
        kn.ellison_glaeser(plants, reference.drop(plants["region"].iloc[0]))
    with pytest.raises(kn.DataError, match=r"employment of plant 0 .*-5.*from 0"):
        kn.ellison_glaeser(plants.assign(employment=[-5.0, *plants["employment"].iloc[1:]]))
    with pytest.raises(kn.DataError, match="row 0 of plants has no region"):
        kn.ellison_glaeser(plants.assign(region=[None, *plants["region"].iloc[1:]]))
    with pytest.raises(kn.DataError, match="all employment is in one region"):
        kn.ellison_glaeser(plants.assign(region="a"))
    idle = plants.assign(employment=plants["employment"].where(plants["industry"] != "i1", 0.0))
    with pytest.raises(kn.DataError, match="'i1' employs nobody"):
        kn.ellison_glaeser(idle)


# ------------------------------------------------------------------- between industries


def group_of_plants(plants, reference):
    """Ellison and Glaeser's equation for a group, from plants, as it is written."""
    out = kn.ellison_glaeser(plants, reference)
    jobs = plants.groupby("industry")["employment"].sum().reindex(out.index)
    w = jobs / jobs.sum()
    x = reference / reference.sum()
    s = plants.groupby("region")["employment"].sum().reindex(x.index, fill_value=0.0) / jobs.sum()
    X, G = (x**2).sum(), ((s - x) ** 2).sum()
    H = (w**2 * out["H"]).sum()
    own = (out["gamma"] * w**2 * (1 - out["H"])).sum()
    return (G / (1 - X) - H - own) / (1 - (w**2).sum())


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_group_index_is_the_weighted_mean_of_the_pairs(seed):
    """Plant sizes cancel: equation (5) from plants equals the pairs without."""
    plants, reference = drawn_plants(seed)
    group = kn.group_coagglomeration(plants, reference=reference)
    assert group == pytest.approx(group_of_plants(plants, reference), abs=1e-9)
    pairs = kn.coagglomeration(plants, reference=reference)
    w = plants.groupby("industry")["employment"].sum().reindex(pairs.index)
    w = (w / w.sum()).to_numpy()
    weights = np.outer(w, w)
    np.fill_diagonal(weights, 0)
    assert group == pytest.approx((weights * pairs.to_numpy()).sum() / (1 - (w**2).sum()), abs=1e-9)
    X = ((reference / reference.sum()) ** 2).sum()
    raw = kn.ellison_glaeser(plants, reference)["G"] / (1 - X)
    np.testing.assert_allclose(np.diag(pairs), raw.reindex(pairs.index))


def test_the_textbook_group_is_no_twelve(textbook):
    """REAT prints 12.0729 for these firms; an index cannot be that far above 1."""
    plants, regions = textbook
    group = kn.group_coagglomeration(plants, reference=regions)
    assert group == pytest.approx(0.0890367, abs=5e-8)
    assert group == pytest.approx(group_of_plants(plants, regions))
    pair = kn.group_coagglomeration(plants, ["Textiles dyeing", "Textiles trade"], regions)
    pairs = kn.coagglomeration(plants, reference=regions)
    assert pair == pytest.approx(pairs.loc["Textiles dyeing", "Textiles trade"])


def test_industries_that_ignore_each_other_are_at_zero():
    rng = np.random.default_rng(4)
    x = np.array([0.4, 0.3, 0.2, 0.1])
    found = []
    for _ in range(600):
        jobs = pd.DataFrame(rng.multinomial(60, x, size=2).T, list("abcd"), ["i", "j"])
        if jobs.to_numpy().sum(axis=1).all():
            found.append(kn.coagglomeration(jobs, reference=pd.Series(x, list("abcd"))).iloc[0, 1])
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_clusters_that_trade_and_those_that_also_locate_together():
    """Two planted clusters: one in one place, the other scattered."""
    rng = np.random.default_rng(5)
    n, regions = 30, 40
    names = [f"i{k:02d}" for k in range(n)]
    W = rng.uniform(0, 1, (n, n))
    W[:6, :6] += 20
    W[6:12, 6:12] += 20
    network = kn.FlowNetwork.from_matrix(pd.DataFrame(W, names, names))
    clusters = kn.Clusters.from_labels(network, [0] * 6 + [1] * 6 + [-1] * 18)
    clusters = clusters.rename(
        {0: "near", 1: "far"} if "i00" in clusters.members(0) else {0: "far", 1: "near"}
    )
    jobs = rng.gamma(2, 50, (regions, n)) + 1
    jobs[:8, :6] *= 8
    employment = pd.DataFrame(jobs, columns=names).iloc[:, ::-1]  # order does not matter
    out = kn.coagglomeration(clusters, employment, draws=199, seed=1)
    assert out.loc["near", "verdict"] == "together" and out.loc["far", "verdict"] == "as chance"
    assert out.loc["near", "difference"] > 2 * out.loc["far", "difference"]
    members = list(clusters.members("near"))
    inside = kn.group_coagglomeration(employment, members)
    assert out.loc["near", "inside"] == pytest.approx(inside)
    again = kn.coagglomeration(clusters, employment, draws=199, seed=1, n_jobs=2)
    pd.testing.assert_frame_equal(out, again)
    assert out.attrs == {"seed": 1, "draws": 199}
    with pytest.raises(kn.AlignmentError, match="employment lacks industry 'i03' and 1 more"):
        kn.coagglomeration(clusters, employment.drop(columns=["i03", "i07"]))
    with pytest.raises(kn.ParameterError, match=r"coagglomeration\(clusters, employment\)"):
        kn.coagglomeration(clusters)
    with pytest.raises(kn.ParameterError, match="given twice"):
        kn.coagglomeration(employment, employment)


def test_a_cluster_that_keeps_apart():
    """Each member in a region of its own, all others spread alike."""
    names = [f"i{k}" for k in range(20)]
    jobs = np.full((20, 20), 50.0) + np.random.default_rng(0).uniform(0, 5, (20, 20))
    jobs[np.arange(5), np.arange(5)] += 2000
    employment = pd.DataFrame(jobs, columns=names)
    W = np.ones((20, 20))
    network = kn.FlowNetwork.from_matrix(pd.DataFrame(W, names, names))
    clusters = kn.Clusters.from_labels(network, [0] * 5 + [1] + [-1] * 14)
    out = kn.coagglomeration(clusters, employment, reference="equal", seed=1)
    assert out["verdict"].tolist() == ["apart", "one industry"]
    assert np.isnan(out["inside"].iloc[1]) and out["inside"].iloc[0] < 0


def test_scores_of_clusters_by_colocation():
    """Coagglomeration is a similarity that `validation_scores` takes."""
    rng = np.random.default_rng(1)
    names = [f"i{k}" for k in range(12)]
    network = kn.FlowNetwork.from_matrix(pd.DataFrame(rng.uniform(1, 2, (12, 12)), names, names))
    jobs = rng.uniform(50, 60, (9, 12))
    for k in range(3):
        jobs[3 * k : 3 * k + 3, 4 * k : 4 * k + 4] += 500
    gamma = kn.coagglomeration(pd.DataFrame(jobs, columns=names))
    right = kn.Clusters.from_labels(network, np.repeat([0, 1, 2], 4))
    wrong = kn.Clusters.from_labels(network, np.tile([0, 1, 2], 4))
    assert kn.validation_scores(right, gamma).score > kn.validation_scores(wrong, gamma).score


def test_p_values_of_groups_by_chance():
    """Clusters drawn without regard to places: p-values are even."""
    rng = np.random.default_rng(6)
    n = 24
    names = [f"i{k}" for k in range(n)]
    employment = pd.DataFrame(rng.gamma(1, 50, (20, n)) + 1, columns=names)
    network = kn.FlowNetwork.from_matrix(pd.DataFrame(rng.uniform(1, 2, (n, n)), names, names))
    p = []
    for k in range(40):
        labels = rng.permutation(np.repeat(np.arange(6), 4))
        clusters = kn.Clusters.from_labels(network, labels)
        p.extend(kn.coagglomeration(clusters, employment, draws=99, seed=k)["pvalue"])
    assert np.mean(p) == pytest.approx(0.5, abs=0.08)
    assert np.mean(np.array(p) <= 0.1) < 0.16


# --------------------------------------------------------------------------- by distance


def brute_force(points, weights, at, h):
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    i, j = np.triu_indices(len(x), 1)
    d = np.hypot(x[i] - x[j], y[i] - y[j])
    w = weights[i] * weights[j]

    def phi(u):
        return np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)

    terms = phi((at[:, None] - d) / h) + phi((at[:, None] + d) / h)
    return terms @ w / (h * w.sum()), d


@pytest.mark.parametrize("weighted", [False, True])
def test_k_density_pair_by_pair(weighted):
    rng = np.random.default_rng(1)
    points = pd.DataFrame(rng.normal(size=(60, 2)) * 10, columns=["x", "y"])
    points["jobs"] = rng.integers(1, 50, 60)
    out = kn.k_density(points, weights="jobs" if weighted else None)
    w = points["jobs"].to_numpy(float) if weighted else np.ones(60)
    expected, d = brute_force(points, w, out.table.index.to_numpy(), out.bandwidth)
    np.testing.assert_allclose(out.table["k"], expected, rtol=2e-3, atol=1e-6)
    assert out.table.index[-1] == pytest.approx(np.median(d), rel=1e-3)
    if not weighted:
        iqr = np.subtract(*np.quantile(d, [0.75, 0.25]))
        silverman = 0.9 * min(d.std(), iqr / 1.34) * len(d) ** -0.2
        assert out.bandwidth == pytest.approx(silverman, rel=0.01)


def test_k_density_is_a_density():
    rng = np.random.default_rng(2)
    points = pd.DataFrame(rng.uniform(0, 1, (200, 2)), columns=["x", "y"])
    out = kn.k_density(points, distances=np.linspace(0, 2.5, 2001))
    assert np.trapezoid(out.table["k"], out.table.index) == pytest.approx(1, abs=1e-4)


def test_on_the_globe_as_in_a_plane_where_it_is_flat():
    rng = np.random.default_rng(3)
    km = rng.uniform(-20, 20, (150, 2))
    degree = 2 * np.pi * 6371.0088 / 360
    flat = pd.DataFrame(km, columns=["x", "y"])
    globe = pd.DataFrame({"lat": km[:, 1] / degree, "lon": km[:, 0] / degree + 120})
    a = kn.k_density(flat, distances=np.linspace(0, 25, 40), bandwidth=2.0)
    b = kn.k_density(globe, distances=np.linspace(0, 25, 40), bandwidth=2.0)
    np.testing.assert_allclose(a.table["k"], b.table["k"], rtol=1e-4)
    assert b.unit == "km" and "km" in repr(b)
    # A quarter and a half of the globe.
    far = pd.DataFrame({"lat": [0, 0, 90.0], "lon": [0, 180.0, 0]})
    peaks = kn.k_density(far, distances=np.linspace(0, 21_000, 2101), bandwidth=50)
    at = peaks.table["k"]
    assert at.idxmax() == pytest.approx(6371.0088 * np.pi / 2, abs=10)
    assert at[at.index > 15_000].idxmax() == pytest.approx(6371.0088 * np.pi, abs=60)


def test_global_envelope_keeps_its_level():
    """Industries drawn at random: one in twenty passes the upper limit, about half the local."""
    rng = np.random.default_rng(4)
    sites = pd.DataFrame(rng.uniform(0, 100, (300, 2)), columns=["x", "y"])
    passed, local = 0, 0
    for k in range(200):
        own = sites.iloc[rng.choice(300, 25, replace=False)]
        out = kn.k_density(own, sites, draws=199, seed=k, distances=np.linspace(0, 50, 40))
        passed += out.verdict == "localised"
        local += bool((out.table["k"] > out.table["high"]).any())
        assert (out.table["global_high"] >= out.table["high"] - 1e-12).all()
        assert (out.table["global_low"] <= out.table["low"] + 1e-12).all()
    assert 2 <= passed <= 22  # 10 expected
    assert local > 2 * passed


def test_planted_concentration_and_dispersion():
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    sites = pd.DataFrame(grid + rng.uniform(-0.2, 0.2, grid.shape), columns=["x", "y"])
    apart = sites[(grid % 5 == 0).all(axis=1)]
    near = sites[(grid < 4).all(axis=1)]
    assert kn.k_density(near, sites, draws=199, seed=1).verdict == "localised"
    far = kn.k_density(apart, sites, draws=199, seed=1, distances=np.linspace(0, 4, 30))
    assert far.verdict == "dispersed"
    assert kn.k_density(near, sites, draws=99, seed=1, n_jobs=2).table.equals(
        kn.k_density(near, sites, draws=99, seed=1).table
    )


def test_health_providers_of_goettingen(shared):
    """Psychotherapists sit close together among all providers, pharmacies do not."""
    providers = pd.read_csv(shared / "goettingen_health_locations" / "providers.csv")
    out = {
        kind: kn.k_density(providers[providers["type"] == kind], providers, draws=499, seed=1)
        for kind in ("psych", "pharm")
    }
    assert out["psych"].verdict == "localised" and out["pharm"].verdict != "localised"
    assert out["psych"].table["localisation"].iloc[0] > 0
    assert "localised (499 draws, level 0.95)" in repr(out["psych"])


def test_bad_points_are_named():
    points = pd.DataFrame(np.random.default_rng(0).uniform(size=(10, 2)), columns=["x", "y"])
    with pytest.raises(kn.ParameterError, match="points needs columns x and y, or lat and lon"):
        kn.k_density(points.rename(columns={"x": "east"}))
    with pytest.raises(kn.DataError, match="2 plants make 1 pairs"):
        kn.k_density(points[:2])
    with pytest.raises(kn.ParameterError, match="10 plants and 5 sites"):
        kn.k_density(points, points[:5])
    with pytest.raises(kn.DataError, match=r"plant 0 stands at none of the sites.*same source"):
        kn.k_density(points, points + 0.001)
    with pytest.raises(kn.ParameterError, match="draws is 0"):
        kn.k_density(points, points, draws=0)
    with pytest.raises(kn.DataError, match="x of row 3 of points is not a number"):
        kn.k_density(points.assign(x=points["x"].where(points.index != 3)))
    with pytest.raises(kn.DataError, match=r"latitude 5e\+06.*metres x and y"):
        kn.k_density(pd.DataFrame({"lat": [5e6] * 3, "lon": [4e5] * 3}))
    with pytest.raises(kn.DataError, match="stand at one point"):
        kn.k_density(points * 0)
    with pytest.raises(kn.ParameterError, match="both have x and y"):
        kn.k_density(points, pd.DataFrame({"lat": np.zeros(20), "lon": np.zeros(20)}))
    with pytest.raises(kn.ParameterError, match="points has no column 'jobs'"):
        kn.k_density(points, weights="jobs")
    with pytest.raises(kn.ParameterError, match="rising list"):
        kn.k_density(points, distances=[0, 3, 2])
