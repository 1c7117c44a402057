"""Regions x industries: quotients, dispersion, hot spots, shift-share, against published values."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import klasternet as kn

# EconGeo's example matrix; location quotients and Ginis recomputed from the definitions.
REGIONS = [f"R{k}" for k in range(1, 6)]
BALLAND = pd.DataFrame(
    [
        (100, 0, 0, 0, 0),
        (0, 15, 5, 70, 10),
        (0, 20, 10, 20, 50),
        (0, 25, 30, 5, 40),
        (0, 40, 55, 5, 0),
    ],
    REGIONS,
    list("abcde"),
)
TABLES = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
    elements=st.integers(1, 500).map(float),
)


def frame(values):
    # A first region out of all proportion: no row or column is the sum of the others.
    values = np.vstack([values, 7919 + 31 * np.arange(values.shape[1]) ** 2.0])
    return pd.DataFrame(
        values,
        [f"r{k}" for k in range(len(values))],
        [f"i{k}" for k in range(values.shape[1])],
    )


def wide(values):
    return values.unstack()  # noqa: PD010 - regions and industries stay in their order


# ------------------------------------------------------------------------------ quotients


def test_published_quotients_of_us_areas(shared):
    """46,767 of traded clusters in 917 areas, printed with seven digits."""
    areas = pd.read_csv(shared / "us_cluster_mapping" / "employment_msa_2016.csv.gz")
    areas = areas[areas["traded"]]
    jobs = areas.pivot_table(index="region_code", columns="cluster_code", values="emp")
    some = areas[areas["emp_share_in_cluster"] > 0]
    nation = (some["emp"] / some["emp_share_in_cluster"]).groupby(some["cluster_code"]).median()
    ours = kn.location_quotients(jobs, level=None, reference=nation)["lq"]
    printed = areas.set_index(["region_code", "cluster_code"])["lq"].reindex(ours.index)
    assert len(ours) == 46_767
    assert (ours - printed).abs().max() < 4.1e-5


def test_quotients_of_the_textbooks():
    lq = wide(kn.location_quotients(BALLAND)["lq"])
    expected = [
        [5, 0, 0, 0, 0],
        [0, 0.75, 0.25, 3.5, 0.5],
        [0, 1, 0.5, 1, 2.5],
        [0, 1.25, 1.5, 0.25, 2],
        [0, 2, 2.75, 0.25, 0],
    ]
    np.testing.assert_allclose(lq, expected, atol=1e-12)
    goettingen = pd.DataFrame({"mine": [1714], "rest": [79006 - 1714]}, ["here"])
    nation = pd.Series({"mine": 879213, "rest": 15593224 - 879213})
    at = kn.location_quotients(goettingen, reference=nation)
    assert at.loc[("here", "mine"), "lq"] == pytest.approx(0.3847623, abs=5e-8)


@given(TABLES)
@settings(max_examples=30, deadline=None)
def test_laws_of_quotients(values):
    e = frame(values)
    lq = kn.location_quotients(e)
    assert (lq["low"] <= lq["lq"]).all() and (lq["lq"] <= lq["high"]).all()
    x = e.sum(axis=1) / e.to_numpy().sum()
    np.testing.assert_allclose(wide(lq["lq"]).mul(x, axis=0).sum(), 1)  # mean quotient is 1
    tenfold = kn.location_quotients(e * 10)  # money in other units: narrower, hence level=None
    np.testing.assert_allclose(tenfold["lq"], lq["lq"])
    assert (tenfold["high"] - tenfold["low"] <= lq["high"] - lq["low"] + 1e-12).all()


def test_intervals_hold_what_they_say():
    """Counts drawn from a known table: 95 in 100 intervals hold the true quotient."""
    rng = np.random.default_rng(3)
    p = np.array([[0.05, 0.15], [0.02, 0.28], [0.03, 0.47]])
    true = (p / p.sum(axis=1, keepdims=True)) / p.sum(axis=0)
    drawn = rng.multinomial(2000, p.ravel(), size=500).reshape(-1, *p.shape)
    inside = []
    for counts in drawn:
        lq = kn.location_quotients(pd.DataFrame(counts))
        at = true.ravel()
        inside.append((lq["low"] <= at) & (at <= lq["high"]))
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.95, atol=0.03)


def test_nothing_there_still_has_an_upper_limit():
    lq = kn.location_quotients(BALLAND).loc[("R1", "b")]
    # The chance to see none in 100 is 2.5 % at the limit.
    share = lq["high"] * 100 / 500
    assert (1 - share) ** 100 == pytest.approx(0.025)
    assert lq["low"] == 0 and np.isnan(lq["z"])


def test_scores_are_those_of_the_logarithms():
    e = frame(np.random.default_rng(1).integers(1, 99, (30, 3)).astype(float))
    lq = kn.location_quotients(e)
    logs = np.log(wide(lq["lq"]))
    np.testing.assert_allclose(wide(lq["z"]), (logs - logs.mean()) / logs.std())


def test_bad_tables_are_named():
    with pytest.raises(kn.DataError, match=r"region 'R1' is empty.*Leave empty ones out"):
        kn.location_quotients(BALLAND.assign(a=0))
    with pytest.raises(kn.DataError, match="industry 'none' is empty"):
        kn.location_quotients(BALLAND.assign(none=0))
    with pytest.raises(kn.DataError, match="region 'nation' is the sum of the others"):
        kn.concentration(pd.concat([BALLAND, BALLAND.sum().to_frame("nation").T]))
    rounded = BALLAND.sum().mul(1.0005).to_frame("about").T
    with pytest.raises(kn.DataError, match="region 'about' is the sum of the others"):
        kn.location_quotients(pd.concat([BALLAND, rounded]))
    with pytest.raises(kn.DataError, match="industry 'Total' is a total, by its name and size"):
        kn.location_quotients(BALLAND.assign(Total=BALLAND.sum(axis=1) * 1.04))  # taxes within
    with pytest.raises(kn.DataError, match="industry 'total' is the sum of the others"):
        kn.complexity(BALLAND.assign(total=BALLAND.sum(axis=1)))
    with pytest.raises(kn.DataError, match=r"'c' in 'R3' is negative \(-1\)"):
        kn.location_quotients(BALLAND.replace({"c": {10: -1}}))
    with pytest.raises(kn.DataError, match=r"'c' in 'R3' is missing"):
        kn.location_quotients(BALLAND.astype(float).replace({"c": {10: np.nan}}))
    with pytest.raises(kn.DataError, match="region 'R2' stands there twice"):
        kn.location_quotients(BALLAND.rename(index={"R3": "R2"}))
    with pytest.raises(kn.DataError, match="column 'name' is not numeric"):
        kn.location_quotients(BALLAND.assign(name="x"))
    with pytest.raises(kn.ParameterError, match="give a DataFrame"):
        kn.location_quotients(BALLAND.to_numpy())
    with pytest.raises(kn.AlignmentError, match="reference lacks industry 'e'"):
        kn.location_quotients(BALLAND, reference=pd.Series(1000, list("abcd")))
    with pytest.raises(kn.DataError, match="'a' in 'R1' is 100, more than in the reference"):
        kn.location_quotients(BALLAND, reference=pd.Series(50, list("abcde")))
    with pytest.raises(kn.ParameterError, match="level"):
        kn.location_quotients(BALLAND, level=95)


# ----------------------------------------------------------------------------- dispersion


def test_two_ginis_of_two_packages():
    """EconGeo's is an area (at most 0.5), REAT's a coefficient of quotients: two numbers."""
    out = kn.concentration(BALLAND)
    np.testing.assert_allclose(out["lorenz_gini"], [0.40, 0.18, 0.27, 0.31, 0.28], atol=1e-12)
    e = pd.DataFrame({"i": [500, 500, 1000, 7000, 1000]}, REGIONS)
    jobs = pd.Series([20000, 15000, 20000, 40000, 5000], REGIONS)
    reat = kn.concentration(e, "quotient_gini", reference=jobs)["quotient_gini"]
    assert reat["i"] == pytest.approx(0.4068966, abs=5e-8)


def test_hoover_and_its_gini():
    """Hoover 25 %. The Gini is 0.310 on the sorted curve; unsorted, it would be 0.300."""
    e = pd.DataFrame({"i": [0, 10, 10, 30, 50]}, REGIONS)
    people = pd.Series([10, 15, 20, 25, 30], REGIONS)
    out = kn.concentration(e, reference=people).loc["i"]
    assert out["hoover"] == pytest.approx(0.25)
    assert 2 * out["lorenz_gini"] == pytest.approx(0.31)


def test_krugman_of_reat():
    """Mining against the mean shares of four other industries."""
    mining = pd.DataFrame({"mining": [4320, 7811, 3900, 2300, 47560]}, REGIONS)
    others = pd.DataFrame(
        {
            "chemistry": [20000, 11000, 31000, 8000, 20000],
            "social": [40000, 10000, 25000, 9000, 16000],
            "electronics": [10000, 11000, 14000, 14000, 13000],
            "wood": [7000, 7500, 11000, 1500, 36000],
        },
        REGIONS,
    )
    out = kn.concentration(mining, "krugman", reference=(others / others.sum()).mean(axis=1))
    assert out.loc["mining", "krugman"] == pytest.approx(0.8619, abs=5e-5)


def test_cluster_index_of_reat():
    """Farhauer and Kroell's example: 1,743 of 5,740 jobs and 35 of 53 firms here; 21.87491."""
    e = pd.DataFrame({"i": [1743, 5740 - 1743]}, ["here", "rest"])
    firms = pd.DataFrame({"i": [35, 53 - 35]}, ["here", "rest"])
    area = pd.Series({"rest": 576 - 50, "here": 50})
    people = pd.Series({"rest": 4621 - 488, "here": 488})
    index = kn.litzenberger_sternberg(e, area, people, firms)
    assert index.loc["here", "i"] == pytest.approx(21.87491, abs=5e-6)
    with pytest.raises(kn.DataError, match=r"'i' in 'here' has 1743 employed and no firm"):
        kn.litzenberger_sternberg(e, area, people, firms.replace(35, 0))
    with pytest.raises(kn.DataError, match="area of region 'here' is 0"):
        kn.litzenberger_sternberg(e, area.replace(50, 0), people, firms)
    with pytest.raises(kn.AlignmentError, match="population lacks region 'here'"):
        kn.litzenberger_sternberg(e, area, people.drop("here"), firms)


@given(TABLES)
@settings(max_examples=30, deadline=None)
def test_laws_of_dispersion(values):
    e = frame(values)
    out = kn.concentration(e)
    assert (out["krugman"] == 2 * out["hoover"]).all()
    # The Lorenz curve passes no nearer than Hoover's distance: hoover/2 <= area <= hoover (1 - ..)
    assert (out["lorenz_gini"] >= out["hoover"] / 2 - 1e-12).all()
    assert (out["lorenz_gini"] <= out["hoover"] + 1e-12).all()
    assert (out["theil"] >= out["krugman"] ** 2 / 2 - 1e-12).all()  # Pinsker's inequality
    assert (out["mean_log_deviation"] >= out["krugman"] ** 2 / 2 - 1e-12).all()
    assert out["equivalent_number"].between(1, len(e) + 1e-9).all()
    shuffled = kn.concentration(e.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(shuffled, out)
    alike = kn.concentration(pd.DataFrame(np.outer(e.iloc[:, 0], [1, 2])))
    np.testing.assert_allclose(alike.iloc[:, :6], 0, atol=1e-12)


def test_theil_comes_apart_by_groups():
    """Between groups plus within: what the measure is used for."""
    e = frame(np.random.default_rng(5).integers(1, 90, (7, 1)).astype(float))
    x = pd.Series(np.arange(1.0, 9), e.index)
    s, x = e["i0"] / e["i0"].sum(), x / x.sum()
    whole = kn.concentration(e, "theil", reference=x).loc["i0", "theil"]
    groups = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    S, X = s.groupby(groups).sum(), x.groupby(groups).sum()
    between = (S * np.log(S / X)).sum()
    within = 0.0
    for g in (0, 1):
        own = kn.concentration(e[groups == g], "theil", reference=x[groups == g])
        within += S[g] * own.loc["i0", "theil"]
    assert whole == pytest.approx(between + within)


def test_absence_is_infinite_for_the_log_deviation_alone():
    out = kn.concentration(BALLAND)
    assert np.isinf(out.loc["a", "mean_log_deviation"])
    assert np.isfinite(out.drop(columns="mean_log_deviation").to_numpy()).all()
    with pytest.raises(kn.ParameterError, match=r"no kind of concentration called 'gini'.*lorenz"):
        kn.concentration(BALLAND, "gini")
    with pytest.raises(kn.AlignmentError, match="reference lacks region 'R5'"):
        kn.concentration(BALLAND, reference=pd.Series(1.0, REGIONS[:4]))


def test_german_states_and_the_nation_among_them(shared):
    """The published file has the nation among the states, and a total among the industries."""
    long = pd.read_csv(shared / "germany_regions_employment" / "regions_emp_2008_2014.csv")
    wide = long[long["year"] == 2014].pivot_table(index="region", columns="industry", values="emp")
    wide = wide.dropna(axis=1)
    with pytest.raises(kn.DataError, match="the sum of the others"):
        kn.concentration(wide)


def test_european_countries_by_specialisation(shared):
    """30 countries x 10 headings, 2016: the transpose tells how special each country's mix is."""
    long = pd.read_csv(shared / "eu28_employment" / "emp_2000s.csv").query("time == 2016")
    jobs = long.pivot_table("emp1000", "geo", "nace_r2")
    assert jobs.shape == (30, 10)
    special = kn.concentration(jobs.T)
    assert set(special["krugman"].nlargest(2).index) == {"RO", "LU"}  # farms; banks
    lq = wide(kn.location_quotients(jobs, level=None)["lq"])
    assert lq["A"].idxmax() == "RO" and lq["K"].idxmax() == "LU"
    # Krugman's index is the quotients' mean distance from 1, weighted by the mix of all.
    x = jobs.sum() / jobs.to_numpy().sum()
    np.testing.assert_allclose(special["krugman"], (lq - 1).abs() @ x)


# ------------------------------------------------------------------------------ hot spots

POINTS = pd.DataFrame({"x": [10, 20, 40, 15, 30, 30], "y": [10, 10, 10, 20, 20, 30]})
VALUES = pd.Series([2, 3, 3.2, 5, 8, 7])


def test_g_star_printed_by_esda():
    out = kn.local_g(VALUES, kn.neighbours(POINTS, within=15))
    printed = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(out["z"], printed, atol=5e-9)
    assert out["neighbours"].tolist() == [2, 3, 1, 3, 4, 1]


def test_g_from_its_definition():
    """Ord and Getis: region i left out of the sum, the mean and the deviation."""
    W = kn.neighbours(POINTS, within=15).to_numpy()
    out = kn.local_g(VALUES, W, star=False)
    n = len(VALUES)
    for i in range(n):
        x = VALUES.drop(i).to_numpy()
        w = np.delete(W[i], i)
        top = w @ x - w.sum() * x.mean()
        below = x.std() * np.sqrt(((n - 1) * (w**2).sum() - w.sum() ** 2) / (n - 2))
        assert out["z"][i] == pytest.approx(top / below)


def test_g_star_is_a_standard_score():
    """Over all orders of the values, z of a region has mean 0 and variance 1."""
    W = kn.neighbours(POINTS, nearest=2)
    orders = pd.DataFrame(np.array(list(permutations(VALUES))).T)
    z = kn.local_g(orders, W)["z"].xs(0, level="region")
    assert len(z) == 720
    assert np.mean(z) == pytest.approx(0, abs=1e-12)
    assert np.var(z.to_numpy()) == pytest.approx(1)


def test_moran_finds_the_planted_patch():
    side = 15
    grid = pd.DataFrame([(i, j) for i in range(side) for j in range(side)], columns=["x", "y"])
    rng = np.random.default_rng(0)
    patch = (grid["x"] < 4) & (grid["y"] < 4)
    values = pd.Series(rng.normal(size=len(grid)) + 4 * patch)
    W = kn.neighbours(grid, within=1.5)
    moran = kn.local_moran(values, W, draws=999, seed=1)
    hot = kn.local_g(values, W)
    for found in (moran["verdict"] == "high-high", hot["verdict"] == "hot"):
        assert found[patch].mean() > 0.7
        assert found[~patch].mean() < 0.05
    again = kn.local_moran(values, W, draws=999, seed=1, n_jobs=2)
    pd.testing.assert_frame_equal(moran, again)


def test_moran_by_definition_and_its_p_values():
    rng = np.random.default_rng(2)
    points = pd.DataFrame(rng.uniform(size=(200, 2)), columns=["x", "y"])
    W = kn.neighbours(points, nearest=4)
    x = pd.Series(rng.normal(size=200))
    out = kn.local_moran(x, W, draws=499, seed=3)
    z = (x - x.mean()) / x.std(ddof=0)
    np.testing.assert_allclose(out["moran"], z * (W.to_numpy() @ z) / 4)
    # Without any pattern the p-values are those of chance, and nothing is found.
    assert 0.02 < (out["pvalue"] <= 0.1).mean() < 0.2
    assert (out["verdict"] == "").all()


def test_districts_of_indonesia(shared):
    """514 districts x 17 sections: where mining stands out, neighbours being of one province."""
    path = shared / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    year = pd.read_csv(path).query("year == 2019 and level == 'kabkota'").set_index("region_id")
    sections = year.loc[:, "A":"RSTU"]
    assert sections.shape == (514, 17)
    lq = wide(kn.location_quotients(sections, level=None)["lq"])
    same = (year["prov_id"].to_numpy()[:, None] == year["prov_id"].to_numpy()).astype(float)
    np.fill_diagonal(same, 0)
    W = pd.DataFrame(same, year.index, year.index)
    out = kn.local_g(lq[["A", "B", "C"]], W)
    hot = out[out["verdict"] == "hot"].join(year["province"], on="region_id")
    provinces = {c: set(hot.loc[c, "province"]) for c in "BC"}
    assert any("Kalimantan Timur" in p for p in provinces["B"])  # coal
    assert any("Jawa Barat" in p or "Banten" in p for p in provinces["C"])  # factories
    dispersion = kn.concentration(sections)
    assert dispersion["hoover"].idxmax() == "B" and dispersion["hoover"].idxmin() in "FGO"


def test_bad_weights_are_named():
    W = kn.neighbours(POINTS, within=12)
    with pytest.raises(kn.DataError, match=r"2 has no neighbour.*star=True"):
        kn.local_g(VALUES, W, star=False)
    with pytest.raises(kn.DataError, match="2 has no neighbour"):
        kn.local_moran(VALUES, W)
    with pytest.raises(kn.DataError, match="every region as a neighbour"):
        kn.local_g(VALUES, np.ones((6, 6)))
    with pytest.raises(kn.AlignmentError, match="weights lacks region 5"):
        kn.local_g(VALUES, W.iloc[:5, :5])
    with pytest.raises(kn.ParameterError, match="weights are 5 x 5 for 6 regions"):
        kn.local_g(VALUES, W.to_numpy()[:5, :5])
    with pytest.raises(kn.DataError, match="the same everywhere"):
        kn.local_g(VALUES * 0 + 3, W)
    with pytest.raises(kn.DataError, match="value of 1 is missing"):
        kn.local_g(VALUES.replace(3, np.nan), W)
    with pytest.raises(kn.ParameterError, match="either within"):
        kn.neighbours(POINTS)


# ---------------------------------------------------------------------------- shift-share

BEFORE = pd.DataFrame([(90, 20, 10, 60)], ["A"], list("wxyz"))
AFTER = pd.DataFrame([(100, 40, 10, 55)], ["A"], list("wxyz"))
NATION = [pd.Series(v, list("wxyz")) for v in ([400, 150, 150, 400], [440, 210, 135, 480])]


def test_shift_share_of_reat():
    out = kn.shift_share(BEFORE, AFTER, reference=NATION).loc["A"]
    expected = {"national": 27, "structural": 1, "competitive": -3, "change": 25}
    assert out[list(expected)].to_dict() == pytest.approx(expected)
    assert kn.shift_share(BEFORE, AFTER, reference=NATION, by="both").shape == (4, 6)


@given(
    hnp.arrays(np.float64, (3, 4, 3), elements=st.integers(0, 60).map(float)),
    st.sampled_from(["dunn", "esteban_marquillas", "arcelus"]),
)
@settings(max_examples=25, deadline=None)
@pytest.mark.filterwarnings("ignore:.*slip of the decimal point")
def test_the_parts_add_up(values, method):
    values[:, 0] += 1  # every industry is somewhere, always
    periods = [frame(v) for v in values]
    for given_periods in (periods[:2], periods):
        by_region = kn.shift_share(*given_periods, method=method)
        parts = by_region.columns.drop(["start", "end", "change"])
        np.testing.assert_allclose(by_region[parts].sum(axis=1), by_region["change"], atol=1e-6)
        total = given_periods[-1].to_numpy().sum() - given_periods[0].to_numpy().sum()
        # In the nation as a whole mix and competition come to nothing.
        sums = by_region.sum()
        assert sums["national"] == pytest.approx(total, abs=1e-6)
        assert sums["structural"] == pytest.approx(0, abs=1e-6)
        own = sums[parts.drop(["national", "structural"])].sum()
        assert own == pytest.approx(0, abs=1e-6)
    by_industry = kn.shift_share(*periods, method=method, by="industry")
    assert by_industry["change"].sum() == pytest.approx(by_region["change"].sum())


def test_esteban_marquillas_takes_the_mix_out():
    out = kn.shift_share(
        BEFORE, AFTER, reference=NATION, method="esteban_marquillas", by="both"
    ).loc["A"]
    h = 180 * NATION[0] / 1100
    gap = AFTER.loc["A"] / BEFORE.loc["A"] - NATION[1] / NATION[0]
    np.testing.assert_allclose(out["competitive"], h * gap)
    np.testing.assert_allclose(out["allocation"], (BEFORE.loc["A"] - h) * gap)


def test_arcelus_tells_the_region_from_its_industries():
    out = kn.shift_share(BEFORE, AFTER, reference=NATION, method="arcelus", by="both").loc["A"]
    np.testing.assert_allclose(out["regional"], BEFORE.loc["A"] * (205 / 180 - 1265 / 1100))
    dunn = kn.shift_share(BEFORE, AFTER, reference=NATION, by="both").loc["A"]
    np.testing.assert_allclose(out["regional"] + out["regional_mix"], dunn["competitive"])


def test_a_region_that_begins_an_industry():
    before, after = (frame(np.array(v, float)) for v in ([[0, 5], [5, 5]], [[4, 5], [5, 5]]))
    out = kn.shift_share(before, after, method="esteban_marquillas", by="both").loc[("r0", "i0")]
    assert out["competitive"] == 4 and out["allocation"] == 0


def test_dynamic_is_the_sum_of_steps(shared):
    """Germany 2008 to 2014, states x headings that do not overlap."""
    long = pd.read_csv(shared / "germany_regions_employment" / "regions_emp_2008_2014.csv")
    wide = long.pivot_table(index=["year", "region"], columns="industry", values="emp")
    drop = [c for c in wide if c.startswith(("Insg", "Verarb"))]
    with pytest.raises(kn.DataError, match="region 'Insgesamt' is the sum of the others"):
        kn.shift_share(wide.loc[2008].dropna(axis=1), wide.loc[2014])
    wide = wide.drop(columns=drop).drop(index="Insgesamt", level=1).dropna(axis=1)
    years = [wide.loc[y] for y in sorted(long["year"].unique())]
    assert len(years) == 7
    dynamic = kn.shift_share(*years)
    steps = sum(kn.shift_share(a, b)[["national", "competitive"]] for a, b in pairwise(years))
    np.testing.assert_allclose(dynamic[["national", "competitive"]], steps)


def test_slips_of_the_decimal_point_are_named(shared):
    """Cells 100 times too large in 2014, one more slip in 2018, none from 2015 to 2017."""
    path = shared / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    table = pd.read_csv(path).query("level == 'kabkota'")
    years = {
        year: own.drop_duplicates("region_id").set_index("region_id").loc[:, "A":"RSTU"]
        for year, own in table.groupby("year")
    }
    bojonegoro = int(table.loc[table["region"] == "Bojonegoro", "region_id"].iloc[0])
    with pytest.warns(kn.KlasternetWarning, match=f"'B' in {bojonegoro} goes from .* 17 more"):
        kn.shift_share(years[2013], years[2014])
    growth = kn.shift_share(years[2015], years[2016], years[2017])
    assert len(growth) == 514 and (growth["national"] > 0).all()
    with pytest.warns(kn.KlasternetWarning, match="slip of the decimal point"):
        kn.portfolio(years[2014], years[2015])
    with pytest.warns(kn.KlasternetWarning, match=r"'C' in \d+ goes from 1,\d+.* to 14.64"):
        kn.portfolio(years[2017], years[2018])


def test_bad_periods_are_named():
    with pytest.raises(kn.ParameterError, match="growth needs two"):
        kn.shift_share(BEFORE)
    with pytest.raises(kn.AlignmentError, match="period 2 lacks industry 'z'"):
        kn.shift_share(BEFORE, AFTER.drop(columns="z"))
    with pytest.raises(kn.AlignmentError, match="period 2 has another region 'B'"):
        kn.shift_share(BEFORE, pd.concat([AFTER, AFTER.rename(index={"A": "B"})]))
    with pytest.raises(kn.DataError, match=r"'w' begins between two periods.*Merge"):
        kn.shift_share(BEFORE.assign(w=0), AFTER)
    with pytest.raises(kn.ParameterError, match="reference has 1 periods"):
        kn.shift_share(BEFORE, AFTER, reference=NATION[:1])
