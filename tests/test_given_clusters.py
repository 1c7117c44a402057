"""Clusters that somebody drew up: lists of codes, concordances, shares, official definitions."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn

NACE = ["A01 Farms", "C10-C12 Food", "C13 Textiles", "C20", "C21", "G46: Trade", "Households"]


def network_of(industries, seed=0, **kwargs):
    rng = np.random.default_rng(seed)
    W = rng.uniform(1, 9, (len(industries), len(industries)))
    return kn.FlowNetwork.from_matrix(W, industries, **kwargs)


def clusters_of(industries, listed, **kwargs):
    """Clusters, and what was warned of."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = kn.Clusters.from_labels(network_of(industries), listed, **kwargs)
    return found, " ".join(str(one.message) for one in heard)


def placed(clusters):
    return dict(zip(clusters.network.industries, clusters.to_frame()["cluster"], strict=True))


# ---------------------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("311", ["311", "3112", "311FT", "311111"]),
        ("311*", ["311", "3112", "311FT", "311111"]),
        ("3*", ["311", "3112", "311FT", "311111", "33", "326"]),
        ("31-33", ["311", "3112", "311FT", "311111", "33", "326"]),
        ("311111", ["311111"]),
        ("C10", ["C10", "C101", "C10.1", "10", "1011"]),
        ("10", ["C10", "C101", "C10.1", "10", "1011"]),
        ("10.1", ["C101", "C10.1", "1011"]),
        ("C", ["C", "C10", "C101", "C10.1"]),
        ("C10-12", ["C10", "C101", "C10.1", "10", "1011"]),
        ("A-C", ["C", "C10", "C101", "C10.1", "A01"]),
        ("01", ["A01"]),
        ("D10T12", ["10", "1011"]),
    ],
)
def test_a_listed_code_covers_what_is_below_it(pattern, covered):
    industries = ["311", "3112", "311FT", "311111", "33", "326", "C", "C10", "C101", "C10.1", "10"]
    industries += ["1011", "A01", "D05"]
    found, _ = clusters_of(industries, {"it": [pattern]})
    inside = [name for name, cluster in placed(found).items() if cluster == "it"]
    assert sorted(inside) == sorted(covered)


@pytest.mark.parametrize("pattern", ["C31_32", "C31_C32", "31-32", "C31-C32", "C3*", "D31T32"])
def test_codes_of_two_divisions(pattern):
    found, _ = clusters_of(["C31_C32 Furniture", "D31T32", "C30"], {"it": [pattern]})
    letter = "D" if pattern.startswith("D") else "C" if pattern.startswith("C") else ""
    inside = [name for name, cluster in placed(found).items() if cluster == "it"]
    expected = [n for n in ("C31_C32 Furniture", "D31T32") if n.startswith(letter)]
    assert inside == expected + ["C30"] * (pattern == "C3*")


def test_codes_stand_at_the_head_of_names():
    found, told = clusters_of(NACE, {"Food": ["A01", "C10-C12"], "Goods": ["C13", "C2*"]})
    assert placed(found) == {
        "A01 Farms": "Food", "C10-C12 Food": "Food", "C13 Textiles": "Goods", "C20": "Goods",
        "C21": "Goods", "G46: Trade": "rest", "Households": "rest",
    }  # fmt: skip
    assert found.shares is None  # nothing is in two
    assert "tells no code of 'Households'" in told
    # what looks like a section and is none; regions in front of a sector
    found, told = clusters_of(["T-shirts", "North | C10 Food", "C Goods"], {"c": ["C"]})
    assert placed(found) == {"T-shirts": "rest", "North | C10 Food": "c", "C Goods": "c"}


def test_the_longest_code_decides():
    found, _ = clusters_of(["3111", "3118", "3119"], {"food": ["311"], "bread": ["3118"]})
    assert placed(found) == {"3111": "food", "3118": "bread", "3119": "food"}


def test_a_code_in_two_lists_is_in_two_clusters():
    listed = {"food": ["C10", "C20"], "chemicals": ["20", "C21"]}
    found, _ = clusters_of(["C10", "C20", "C21"], listed)
    row = found.to_frame().loc["C20"]
    assert row["share"] == row["secondary_share"] == 0.5
    assert {row["cluster"], row["secondary"]} == {"food", "chemicals"}
    frame = pd.DataFrame(
        [
            ("C10", "food", 1),
            ("C20", "food", 30),
            ("C20", "chemicals", 10),
            ("C21", "chemicals", 5),
        ],
        columns=["code", "cluster", "weight"],
    )
    row = clusters_of(["C10", "C20", "C21"], frame)[0].to_frame().loc["C20"]
    assert (row["cluster"], row["share"], row["secondary_share"]) == ("food", 0.75, 0.25)
    # a part in no cluster
    frame.loc[2, "cluster"] = None
    row = clusters_of(["C10", "C20", "C21"], frame)[0].to_frame().loc["C20"]
    assert (row["cluster"], row["share"], row["secondary"]) == ("food", 0.75, "rest")


def test_an_industry_of_a_range_is_divided_by_its_codes():
    found, _ = clusters_of(
        ["C10-C12", "C10", "G46"], {"food": ["C10", "C11"], "trade": ["G", "12"]}
    )
    M = pd.DataFrame(found.membership.toarray(), found.network.industries, found.names)
    np.testing.assert_allclose(M.loc["C10-C12", ["food", "trade"]], [2 / 3, 1 / 3])


# ----------------------------------------------------------------------------- codes of industries

LISTED = {"food": ["111", "112"], "metal": ["331"]}
ROWS = [("farms", "1110"), ("farms", "1120"), ("works", "3310"), ("works", "1121"), ("shops", "44")]


def test_codes_in_every_form_are_the_same():
    long = pd.DataFrame(ROWS, columns=["industry", "code"])
    series = long.set_index("industry")["code"]
    lists = {name: list(codes) for name, codes in series.groupby(level=0)}
    names = ["farms", "works", "shops"]
    columns = {"naics": pd.Series(lists).reindex(names)}
    first, _ = clusters_of(names, LISTED, codes=long)
    assert first.to_frame().loc["works", "share"] == 0.5
    assert placed(first)["works"] == "food"  # of equals, the one of the first code
    for codes in (series, lists, pd.Series(lists)):
        other, _ = clusters_of(names, LISTED, codes=codes)
        np.testing.assert_array_equal(other.membership.toarray(), first.membership.toarray())
    network = network_of(names, columns=columns)
    with pytest.warns(kn.KlasternetWarning, match="no primary member"):
        other = kn.Clusters.from_labels(network, LISTED, codes="naics")
    np.testing.assert_array_equal(other.membership.toarray(), first.membership.toarray())


def test_codes_have_weights():
    long = pd.DataFrame(ROWS, columns=["industry", "code"]).assign(weight=[1, 1, 90, 10, 1])
    found, _ = clusters_of(["farms", "works", "shops"], LISTED, codes=long)
    row = found.to_frame().loc["works"]
    assert (row["cluster"], row["share"], row["secondary_share"]) == ("metal", 0.9, 0.1)


def test_codes_above_others_of_the_industry_do_not_count():
    codes = {"works": ["33", "331", "3311", "3312", "111"], "farms": ["11", "111"]}
    found, _ = clusters_of(["works", "farms"], LISTED, codes=codes)
    M = pd.DataFrame(found.membership.toarray(), found.network.industries, found.names)
    np.testing.assert_allclose(M.loc["works", ["metal", "food"]], [2 / 3, 1 / 3])


def test_less_than_half_is_the_rest():
    codes = {"a": ["111", "44", "45"], "b": ["111", "44"], "c": ["331"]}
    found, _ = clusters_of(list("abc"), LISTED, codes=codes)
    assert placed(found) == {"a": "rest", "b": "food", "c": "metal"}
    assert found.rest_share.round(12).tolist() == [round(2 / 3, 12), 0.5, 0.0]
    assert found.to_frame().loc["a", "secondary"] == "food"


def test_what_does_not_meet_is_told():
    listed = {"food": ["C10", "C101", "H49"], "fish": ["A03"]}
    found, told = clusters_of(["C10", "C20"], listed, codes={"C10": "C10", "C99": "C99"})
    assert found.names == ("food",)
    for text in (
        "3 of 4 listed codes", "'C101'", "'H49'", "'A03'", "finer than the industries",
        "no industry is in them: 'fish'", "'C99', which the network does not have",
        "no code of 'C20'",
    ):  # fmt: skip
        assert text in told, told


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_order_has_no_say(seed):
    rng = np.random.default_rng(seed)
    industries = [f"{code:03}" for code in rng.choice(np.arange(100, 400), 9, replace=False)]
    codes = [(one, f"{one}{k}") for one in industries for k in range(rng.integers(1, 5))]
    pairs = [(code, rng.choice(list("abc"))) for _, code in codes if rng.random() < 0.8]
    pairs += [(code, rng.choice(list("abc"))) for _, code in codes if rng.random() < 0.2]
    frames = pd.DataFrame(pairs, columns=["code", "cluster"]).drop_duplicates()
    codes = pd.DataFrame(codes, columns=["industry", "code"])
    W = pd.DataFrame(rng.uniform(1, 9, (9, 9)), industries, industries)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kn.KlasternetWarning)
        first = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), frames, codes=codes)
        turned = list(rng.permutation(industries))
        second = kn.Clusters.from_labels(
            kn.FlowNetwork.from_matrix(W.loc[turned, turned]),
            frames.sample(frac=1, random_state=seed),
            codes=codes.sample(frac=1, random_state=seed),
        )
    assert first.names == second.names
    columns = ["cluster", "sells_inside"] + ["share", "secondary_share"] * (
        first.shares is not None
    )
    a, b = (c.to_frame().loc[industries, columns] for c in (first, second))
    pd.testing.assert_frame_equal(a, b)
    # S D, by hand
    size = codes.groupby("industry")["code"].transform("size")
    joined = codes.assign(part=1 / size).merge(frames, on="code")
    joined["part"] /= joined.groupby(["industry", "code"])["cluster"].transform("size")
    expected = joined.pivot_table("part", "industry", "cluster", "sum", fill_value=0)
    M = pd.DataFrame(first.membership.toarray(), first.network.industries, first.names)
    np.testing.assert_allclose(M.loc[expected.index, expected.columns], expected)


# --------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("listed", "error", "what"),
    [
        ({"a": ["33-31"]}, kn.ParameterError, "ends before it begins"),
        ({"a": ["C10-D12"]}, kn.ParameterError, "two kinds"),
        ({"a": ["31-333"]}, kn.ParameterError, "two kinds"),
        ({"a": ["3?1"]}, kn.ParameterError, "no code"),
        ({"a": ["3*1"]}, kn.ParameterError, "no code"),
        ({"a": ["*"]}, kn.ParameterError, "no code"),
        ({"a": [""]}, kn.ParameterError, "no code"),
        ({"a": ["3"]}, kn.ParameterError, "single digit"),
        ({"a": [311]}, kn.ParameterError, "leading zeros"),
        ({"a": [None]}, kn.ParameterError, "codes are text"),
        ({"a": []}, kn.ParameterError, "lists no code"),
        ({"a": ["311"], "b": "312"}, kn.ParameterError, "gives each cluster a list"),
        ({"a": ["999"]}, kn.AlignmentError, "no industry has a listed code"),
        (pd.DataFrame({"code": ["311"] * 2, "cluster": "a", "weight": [1, 2]}), kn.DataError,
         "twice"),
        (pd.DataFrame({"code": ["311"], "cluster": "a", "weight": [-1]}), kn.DataError,
         "not negative"),
        (pd.DataFrame({"code": ["311"], "cluster": "a", "weight": [0]}), kn.DataError, "zero"),
        (pd.DataFrame({"code": ["311"], "cluster": "a", "weight": [np.nan]}), kn.DataError, "NaN"),
        (pd.DataFrame({"a": [0.5, 0.7], "b": [0.6, 0.1]}, ["311", "312"]), kn.DataError,
         "add up to 1"),
        (pd.DataFrame({"a": [0.5, -0.7]}, ["311", "312"]), kn.DataError, "not negative"),
        (pd.DataFrame({"a": [0.5]}, ["311"]), kn.AlignmentError, "lacks '312'"),
    ],
)  # fmt: skip
def test_what_is_no_list(listed, error, what):
    with pytest.raises(error, match=what):
        kn.Clusters.from_labels(network_of(["311", "312"]), listed)


@pytest.mark.parametrize(
    ("codes", "error", "what"),
    [
        ("naics", kn.ParameterError, "no column 'naics'"),
        (7, kn.ParameterError, "codes= is a int"),
        (pd.DataFrame({"bea": ["a"], "naics": ["311"]}), kn.ParameterError, "needs 'industry'"),
        ({"a": 311}, kn.ParameterError, "codes= for 'a' names 311"),
        (pd.DataFrame({"industry": ["a"], "code": ["311"], "weight": [0]}), kn.DataError, "zero"),
        (pd.DataFrame({"industry": ["a"], "code": ["311"], "weight": [-1]}), kn.DataError,
         "not negative"),
    ],
)  # fmt: skip
def test_codes_that_are_none(codes, error, what):
    with pytest.raises(error, match=what):
        kn.Clusters.from_labels(network_of(["a", "b"]), {"x": ["311"]}, codes=codes)


def test_names_without_codes_and_codes_without_a_list():
    with pytest.raises(kn.AlignmentError, match="carry no code"):
        kn.Clusters.from_labels(network_of(["Farms", "Food"]), {"x": ["311"]})
    with pytest.raises(kn.ParameterError, match="goes with a list of codes"):
        kn.Clusters.from_labels(network_of(["a", "b"]), [0, 1], codes={"a": "311"})


# ---------------------------------------------------------------- the U.S. benchmark definitions


@pytest.fixture(scope="module")
def definitions(shared):
    """Codes of NAICS 2012 in 51 traded and 16 local clusters (Delgado, Porter and Stern 2016)."""
    listed = pd.read_csv(shared / "us_cluster_mapping" / "naics_to_cluster.csv", dtype=str)
    listed = listed[listed["naics_year"] == "2012"]
    return listed.rename(columns={"naics": "code", "cluster_name": "cluster"})


@pytest.fixture(scope="module")
def benchmark(shared, definitions):
    """The U.S. table of 402 industries in the 51 traded clusters."""
    table = kn.read_table(shared / "usa_bea_2017_detail", names="code")
    network = kn.FlowNetwork.from_table(table, flows="total", negatives="aside")
    codes = pd.read_csv(
        shared / "usa_bea_2017_detail" / "crosswalk_bea_naics.csv.gz",
        dtype=str,
        usecols=["bea_detail_code", "naics_2012_code"],
    ).set_axis(["industry", "code"], axis=1)
    codes = codes[codes["code"].str.len() == 6].drop_duplicates()
    traded = definitions[definitions["cluster_type"] == "traded"]
    with pytest.warns(kn.KlasternetWarning, match="no code of '4200ID'"):
        clusters = kn.Clusters.from_labels(network, traded, codes=codes)
    return table, clusters, codes, traded


def test_the_benchmark_definitions_on_the_detailed_table(benchmark):
    """Every industry where a plain count of six-digit codes puts it."""
    table, clusters, codes, traded = benchmark
    assert len(clusters) == 51 and clusters.sizes.min() > 0
    industries = clusters.network.industries
    six = codes.merge(traded[["code", "cluster"]], how="left").query("industry in @industries")
    counted = pd.crosstab(six["industry"], six["cluster"].fillna("rest"), normalize="index")
    parts = np.column_stack([clusters.membership.toarray(), clusters.rest_share])
    found = pd.DataFrame(parts, industries, [*clusters.names, "rest"])
    bare = industries.difference(counted.index)
    np.testing.assert_allclose(found.loc[counted.index, counted.columns], counted, atol=1e-12)
    assert len(bare) == 4 and (found.loc[bare, "rest"] == 1.0).all()
    assert (clusters.labels >= 0).sum() == 300
    assert (np.diff(clusters.shares.indptr) > 1).sum() == 25
    several = clusters.sizes > 1
    ratio = kn.density(clusters)["gravity_ratio"].to_numpy()
    assert (several.sum(), (ratio[several] > 1).sum()) == (40, 39)
    inside = clusters.internal_flow.sum() / clusters.network.trade.sum()
    assert inside == pytest.approx(0.1049, abs=5e-5)
    # money is all there
    np.testing.assert_allclose(clusters.between.to_numpy().sum(), clusters.network.trade.sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kn.KlasternetWarning)  # scrap and federal exports
        role = kn.export_role(clusters, table)
    assert role["output"].sum() == pytest.approx(table.output.sum())


def test_employment_by_code_comes_back_as_employment_by_cluster(shared, definitions):
    """917 areas: published employment by cluster, spread over codes, added up by the list."""
    jobs = pd.read_csv(shared / "us_cluster_mapping" / "employment_msa_2016.csv.gz")
    by_cluster = jobs.pivot_table("emp", "region_name", "cluster_name", "sum", fill_value=0)
    assert by_cluster.shape == (917, 67)
    rng = np.random.default_rng(0)
    weights = pd.Series(rng.uniform(0.1, 1, len(definitions)), definitions["code"].to_numpy())
    of = definitions.set_index("code")["cluster"]
    part = weights / weights.groupby(of).transform("sum")
    by_code = by_cluster[of.to_numpy()].set_axis(of.index, axis=1) * part
    network = network_of(list(of.index))
    clusters = kn.Clusters.from_labels(network, definitions)  # codes are the names themselves
    found = kn.cluster_employment(clusters, by_code)
    assert set(found.columns) == set(by_cluster.columns)  # 67 clusters and no rest
    np.testing.assert_allclose(found[by_cluster.columns], by_cluster, rtol=1e-9)
    quotients = kn.location_quotients(found[by_cluster.columns], level=None)["lq"]
    direct = kn.location_quotients(by_cluster, level=None)["lq"]
    np.testing.assert_allclose(quotients, direct, rtol=1e-9)
