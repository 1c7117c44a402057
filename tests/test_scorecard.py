"""The scorecard: laws, Saaty's example, exact shares of weights, bad input, a real province."""

from __future__ import annotations

import re
import warnings
from functools import cache
from itertools import pairwise, product

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import klasternet as kn
from klasternet.assessment import factors, scoring, weighing
from klasternet.assessment.factors import FACTORS, Indicator

SKILLS, CAPITAL, LEADERS = "knowledge and skills", FACTORS[6], FACTORS[8]


@cache
def three():
    """Three clusters of a planted economy."""
    network, labels = kn.datasets.planted(18, 3, rest=1 / 6, contrast=8, seed=1)
    clusters = kn.Clusters.from_labels(network, labels)
    return clusters.rename({0: "a", 1: "b", 2: "c"})


NONE = dict.fromkeys(factors.MEASURED)  # nothing measured here: what is given alone counts


def given_only(values, **more):
    """A scorecard of what is given, and nothing else."""
    frame = pd.DataFrame(values, ["a", "b", "c"], dtype=float)
    indicators = NONE | more.pop("indicators", {})
    return kn.scorecard(three(), frame, indicators=indicators, seed=0, **more)


def reference(*names, n=8, seed=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.uniform(0, 10, n) for name in names})


# ------------------------------------------------------------------------------------- the rules


def test_rules_by_hand():
    y, x = np.array([1.0, 2, 2, 4, 6]), np.array([2.0, 0, 7, np.nan])
    skills = Indicator("x", SKILLS)
    rank, _ = scoring.against_sample(x, y, skills, "rank", "others")
    np.testing.assert_allclose(rank, [0.4, 0, 1, np.nan])
    np.testing.assert_allclose(
        rank[:3], [stats.percentileofscore(y, v, kind="mean") / 100 for v in x[:3]]
    )
    minmax, clipped = scoring.against_sample(x, y, skills, "minmax", "others")
    np.testing.assert_allclose(minmax, [0.2, 0, 1, np.nan])
    assert clipped.tolist() == [False, True, True, False]
    z, _ = scoring.against_sample(x, y, skills, "zscore", "others")
    assert z[0] == pytest.approx(0.3085375, abs=1e-7)  # Phi(-1 / 2): mean 3, deviation 2
    lower = Indicator("x", SKILLS, better="lower")
    for rule in scoring.RULES:
        up, _ = scoring.against_sample(x, y, skills, rule, "others")
        down, _ = scoring.against_sample(x, y, lower, rule, "others")
        np.testing.assert_allclose(up + down, [1, 1, 1, np.nan])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    st.floats(0.01, 100),
    st.floats(-1000, 1000),
    st.sampled_from(["minmax", "rank"]),
)
def test_a_change_of_unit_changes_no_score(values, scale, shift, rule):
    ref = reference(SKILLS)[SKILLS].to_numpy()
    spec = Indicator("x", SKILLS)
    x = np.round(np.array(values), 3)
    one, _ = scoring.against_sample(x, ref, spec, rule, "others")
    same, _ = scoring.against_sample(scale * x + shift, scale * ref + shift, spec, rule, "others")
    np.testing.assert_allclose(one, same, atol=1e-7)


@pytest.mark.parametrize("rule", scoring.RULES)
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_no_score_falls_when_an_indicator_gets_better(rule, better):
    ref = reference(SKILLS)
    x = np.linspace(-2, 12, 57)
    spec = Indicator("x", SKILLS, better=better)
    score, _ = scoring.against_sample(x, ref[SKILLS].to_numpy(), spec, rule, "others")
    step = np.diff(score if better == "higher" else -score)
    assert (step >= 0).all() and (step > 0).any()
    assert ((score >= 0) & (score <= 1)).all()


# ---------------------------------------------------------------------------------- what is missing


def test_missing_stays_missing_and_the_score_says_so():
    card = given_only(
        {SKILLS: [4, np.nan, 2], "trust": [5, 5, np.nan], "vision": [1, 3, np.nan]},
        indicators={
            SKILLS: {"factor": SKILLS, "bounds": (1, 5)},
            "trust": {"factor": LEADERS, "bounds": (1, 5)},
            "vision": {"factor": LEADERS, "bounds": (1, 5)},
        },
    )
    assert card.table[SKILLS].isna().tolist() == [False, True, False]
    assert card.table[LEADERS].round(3).tolist()[:2] == [0.5, 0.75]
    assert card.table.drop(columns=[SKILLS, LEADERS]).isna().all().all()
    np.testing.assert_allclose(card.coverage, np.array([2, 1, 1]) / 9)
    np.testing.assert_allclose(card.score["score"], [(0.75 + 0.5) / 2, 0.75, 0.25])
    np.testing.assert_allclose(card.score["low"], np.array([1.25, 0.75, 0.25]) / 9)
    np.testing.assert_allclose(card.score["high"], np.array([8.25, 8.75, 8.25]) / 9)
    source = card.indicators.set_index(["cluster", "indicator"])["source"]
    assert source["b", SKILLS] == "not assessed" and source["a", "trust"] == "survey"
    assert "not assessed" in repr(card.table) and "NaN" not in f"{card!r}{card}{card.table!r}"
    assert card.compared == () and card.ranks["rank"].isna().all()  # nothing known of all three
    assert "no ranks" in str(card)


def test_without_any_evidence_nothing_is_assessed():
    card = kn.scorecard(three(), indicators=NONE, seed=0)
    assert card.table.isna().all().all() and (card.coverage == 0).all()
    assert card.score["score"].isna().all()
    assert card.score["low"].eq(0).all() and card.score["high"].eq(1).all()
    assert card.ranks.isna().all().all() and not len(card.indicators)
    assert "no ranks" in str(card) and "0 of 9" in repr(card)
    for told in (str(card), repr(card.table), card.to_text("id")):
        assert not re.search(r"\bnan\b", told, re.IGNORECASE)


def test_a_factor_of_no_weight_ranks_nothing():
    w = dict.fromkeys(FACTORS, 0.0) | {CAPITAL: 1.0}
    bounds = {SKILLS: {"factor": SKILLS, "bounds": (1, 5)}}
    card = given_only({SKILLS: [4, 1, 2]}, indicators=bounds, weights=w)
    assert card.score["score"].isna().all() and card.ranks["rank"].isna().all()
    assert card.robustness.to_numpy().tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_half_a_factor_counts_half():
    card = given_only(
        {"trust": [5, 5, 1], "vision": [1, np.nan, 1]},
        indicators={n: {"factor": LEADERS, "bounds": (1, 5)} for n in ("trust", "vision")},
    )
    np.testing.assert_allclose(card.coverage, [1 / 9, 1 / 18, 1 / 9])
    np.testing.assert_allclose(card.score["score"], [0.5, 1.0, 0.0])
    assert card.compared == ("trust",)  # vision is not known of b


@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=27, max_size=27), st.data())
def test_whatever_the_missing_turn_out_to_be_the_bounds_hold(cells, data):
    frame = pd.DataFrame(np.reshape(np.array(cells, dtype=float), (3, 9)), columns=list(FACTORS))
    bounds = {name: {"factor": name, "bounds": (0, 1)} for name in FACTORS}
    card = given_only(frame.to_dict("list"), indicators=bounds, draws=10)
    seed = data.draw(st.integers(0, 1000))
    filled = frame.where(frame.notna(), np.random.default_rng(seed).uniform(0, 1, frame.shape))
    full = given_only(filled.to_dict("list"), indicators=bounds, draws=10)
    now = full.score["score"]
    assert (now >= card.score["low"] - 1e-9).all() and (now <= card.score["high"] + 1e-9).all()
    np.testing.assert_allclose(full.coverage, 1)
    rank, seen = weighing.ranks_of(now.to_numpy()), card.ranks["best"].notna()
    if seen.all():
        assert (card.ranks["best"] <= rank).all() and (rank <= card.ranks["worst"]).all()


def test_clusters_in_another_order_get_the_same():
    clusters = three()
    frame = pd.DataFrame({SKILLS: [4.0, 1, 2], CAPITAL: [1.0, 5, np.nan]}, ["a", "b", "c"])
    bounds = {n: {"factor": n, "bounds": (1, 5)} for n in frame}
    one = kn.scorecard(clusters, frame, indicators=bounds, seed=0)
    two = kn.scorecard(clusters, frame.loc[["c", "a", "b"]], indicators=bounds, seed=0)
    long = frame.rename_axis("cluster").reset_index().melt("cluster", var_name="indicator")
    three_ = kn.scorecard(clusters, long.sample(frac=1, random_state=0), indicators=bounds, seed=0)
    for other in (two, three_):
        pd.testing.assert_frame_equal(one.table, other.table)
        pd.testing.assert_frame_equal(one.score, other.score)
        pd.testing.assert_frame_equal(one.ranks, other.ranks, check_like=True)


def test_weights_follow_their_names():
    w = dict(zip(FACTORS, np.arange(1, 10) / 45, strict=True))
    values = {SKILLS: [4, 1, 2], CAPITAL: [1, 5, 3]}
    bounds = {n: {"factor": n, "bounds": (1, 5)} for n in values}
    one = given_only(values, indicators=bounds, weights=w)
    other = given_only(values, indicators=bounds, weights=pd.Series(w).iloc[::-1])
    pd.testing.assert_series_equal(one.score["score"], other.score["score"])
    indonesian = {factors.FACTOR_NAMES["id"][name]: weight for name, weight in w.items()}
    by_id = given_only(values, indicators=bounds, weights=indonesian)
    pd.testing.assert_frame_equal(one.ranks, by_id.ranks)
    a, b = w[SKILLS], w[CAPITAL]
    expected = (a * np.array([0.75, 0, 0.25]) + b * np.array([0, 1, 0.5])) / (a + b)
    np.testing.assert_allclose(one.score["score"], expected)


# ------------------------------------------------------------------------------- what it is against


def test_nothing_is_compared_with_itself_unless_that_is_asked():
    with pytest.raises(kn.DataError, match="nothing to be compared with"):
        given_only({SKILLS: [4, 1, 2]})
    card = given_only({SKILLS: [4, 1, 2]}, reference="clusters", rule="minmax")
    np.testing.assert_allclose(card.table[SKILLS], [1, 0, 1 / 3])
    assert "3 scored clusters themselves" in str(card)
    card = given_only({SKILLS: [4, 1, 2]}, reference=pd.DataFrame({SKILLS: [0, 8]}), rule="minmax")
    np.testing.assert_allclose(card.table[SKILLS], [0.5, 0.125, 0.25])
    assert "minmax among 2 references" in str(card)


def test_what_a_reference_does_not_know_is_no_reference():
    known = pd.DataFrame({SKILLS: [0, 8, np.nan, np.nan]})
    card = given_only({SKILLS: [-1, 1, 9]}, reference=known)
    assert card.table[SKILLS].tolist() == [0, 0.5, 1] and "rank among 2 references" in str(card)


def test_the_ends_of_a_scale_go_before_the_scored_clusters():
    values = {SKILLS: [4, 1, 2], CAPITAL: [4, 1, 2]}
    bounds = {SKILLS: {"factor": SKILLS, "bounds": (0, 8)}}
    card = given_only(values, indicators=bounds, reference="clusters", rule="minmax")
    assert card.table[SKILLS].tolist() == [0.5, 0.125, 0.25]
    np.testing.assert_allclose(card.table[CAPITAL], [1, 0, 1 / 3])


def test_what_an_industry_sells_itself_is_no_tie():
    W = [[50, 5, 1, 0], [5, 0, 0, 0], [0, 0, 0, 3], [1, 0, 0, 9]]
    for loops in ("aside", "keep"):
        network = kn.FlowNetwork.from_matrix(W, loops=loops)
        card = kn.scorecard(kn.Clusters.from_labels(network, [0, 0, 1, 1]), seed=0)
        ties = card.indicators.set_index("indicator")["value"]
        assert ties["reciprocity"].tolist() == [1, 0]
        assert ties["density of ties"].tolist() == [1, 0.5]


def test_a_target_says_what_is_worst_and_best():
    target = {"factor": CAPITAL, "target": (12, 2), "unit": "% rejected"}
    card = given_only({"loans": [2, 7, 20]}, indicators={"loans": target})
    np.testing.assert_allclose(card.table[CAPITAL], [1, 0.5, 0])
    assert card.indicators["clipped"].tolist() == [False, False, True]
    frame = pd.DataFrame(
        {"factor": [CAPITAL], "better": ["lower"], "bounds": [(0, 20)]}, index=["loans"]
    )
    card = kn.scorecard(three(), pd.DataFrame({"loans": [5.0]}, ["b"]), indicators=frame, seed=0)
    assert card.table.loc["b", CAPITAL] == 0.75 and card.table[CAPITAL].isna().sum() == 2


def test_flows_tell_proximity_and_ties():
    clusters = three()
    found = kn.scorecard(clusters, seed=0).indicators
    value = found.pivot_table("value", "cluster", "indicator").loc[list(clusters.names)]
    np.testing.assert_allclose(
        value["purchase retention"], kn.density(clusters)["purchase_retention"]
    )
    W = np.array(clusters.network.trade, dtype=float)
    np.fill_diagonal(W, 0)
    for k, name in enumerate(clusters.names):
        at = np.flatnonzero(clusters.labels == k)
        block = W[np.ix_(at, at)]
        returned = np.minimum(block, block.T).sum() / block.sum()
        assert value.loc[name, "reciprocity"] == pytest.approx(returned)
    sparse = kn.FlowNetwork.from_matrix([[0, 5, 1, 0], [5, 0, 0, 0], [0, 0, 0, 3], [1, 0, 0, 0]])
    pairs = kn.Clusters.from_labels(sparse, [0, 0, 1, 1])
    ties = kn.scorecard(pairs, seed=0).indicators.query("indicator == 'density of ties'")
    assert ties["value"].tolist() == [1.0, 0.5]
    assert ties["score"].tolist() == [1.0, pytest.approx((0.5 - 5 / 12) / (1 - 5 / 12))]


def test_a_cluster_of_one_industry_has_no_ties_to_assess():
    network = kn.FlowNetwork.from_matrix([[0, 5, 1], [4, 0, 2], [3, 1, 0]])
    card = kn.scorecard(kn.Clusters.from_labels(network, [0, 0, 1]), seed=0)
    assert card.table["networks of cooperation and social capital"].isna().tolist() == [False, True]


def test_specialisation_is_read_against_the_other_regions():
    clusters = three()
    rng = np.random.default_rng(5)
    industries = clusters.network.industries
    jobs = pd.DataFrame(rng.integers(1, 200, (7, len(industries))), list("nopqrst"), industries)
    card = kn.scorecard(clusters, employment=jobs, region="q", seed=0)
    lq = kn.location_quotients(kn.cluster_employment(clusters, jobs), level=None)["lq"]
    for name in clusters.names:
        here, others = lq["q", name], lq[:, name].drop("q")
        assert card.table.loc[name, "specialisation"] == pytest.approx((others < here).mean())
    together = kn.coagglomeration(clusters, jobs, draws=999, seed=0)
    score = card.indicators.query("indicator == 'coagglomeration'")["score"]
    np.testing.assert_allclose(score, 1 - together["pvalue"])
    assert "rank among 6 other regions" in str(card) and ", q:" in str(card)


def test_clusters_of_another_region_are_a_reference():
    network, labels = kn.datasets.planted(40, 8, contrast=3, seed=4)
    others = kn.Clusters.from_labels(network, labels)
    card = kn.scorecard(three(), reference=[others, others], rule="rank", seed=0)
    assert "rank among 16 references" in str(card)
    own = kn.density(others)["purchase_retention"].to_numpy()
    here = kn.density(three())["purchase_retention"].to_numpy()
    expected = (own[None] < here[:, None]).mean(axis=1)
    np.testing.assert_allclose(card.table["proximity to suppliers"], expected)


# ------------------------------------------------------------------------------------------ weights


def drinks():
    """Consumption of drinks in the U.S., as Saaty (2008) has people judge it."""
    names = ["coffee", "wine", "tea", "beer", "sodas", "milk", "water"]
    upper = [
        [1, 9, 5, 2, 1, 1, 1 / 2],
        [np.nan, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
        [np.nan, np.nan, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
        [np.nan, np.nan, np.nan, 1, 1 / 2, 1, 1 / 3],
        [np.nan] * 4 + [1, 2, 1 / 2],
        [np.nan] * 5 + [1, 1 / 3],
        [np.nan] * 6 + [1],
    ]
    return pd.DataFrame(upper, names, names)


def test_saaty_drinks():
    w = kn.pairwise_weights(drinks())
    assert w.round(3).tolist() == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert round(w.attrs["consistency_ratio"], 3) == 0.022
    mixed = drinks().iloc[::-1, [3, 1, 0, 2, 6, 4, 5]]
    pd.testing.assert_series_equal(kn.pairwise_weights(mixed).sort_index(), w.sort_index())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=9))
def test_consistent_comparisons_give_back_the_weights(weights):
    w = np.array(weights)
    A = pd.DataFrame(w[:, None] / w, range(len(w)), range(len(w)))
    found = kn.pairwise_weights(A)
    np.testing.assert_allclose(found, w / w.sum(), rtol=1e-6)
    assert found.attrs["consistency_ratio"] < 1e-6


def mean_index(judgements, n):
    """Mean consistency index of comparisons, one row of judgements above the diagonal each."""
    A = np.ones((len(judgements), n, n))
    i, j = np.triu_indices(n, 1)
    A[:, i, j] = judgements
    A[:, j, i] = 1 / A[:, i, j]
    index = (np.linalg.eigvals(A).real.max(axis=1) - n) / (n - 1)
    return index.mean(), index.std() / np.sqrt(len(index))


SCALE = np.concatenate([1 / np.arange(9, 1, -1.0), np.arange(1, 10.0)])


def test_the_random_index_of_three_is_exact():
    every = np.array(list(product(SCALE, repeat=3)))
    assert len(every) == 4913
    assert round(mean_index(every, 3)[0], 2) == weighing.RANDOM_INDEX[0]


@pytest.mark.parametrize("n", [4, 5, 7, 9])
def test_random_indices_are_those_of_random_comparisons(n):
    rng = np.random.default_rng(n)
    mean, error = mean_index(rng.choice(SCALE, (6000, n * (n - 1) // 2)), n)
    assert abs(mean - weighing.RANDOM_INDEX[n - 3]) < 0.006 + 3 * error


def test_contradictions_are_named():
    names = ["capital", "skills", "vision", "networks"]
    A = pd.DataFrame(np.ones((4, 4)), names, names)
    for i, j, value in ((0, 1, 3), (1, 2, 5), (0, 2, 1 / 7)):
        A.iloc[i, j], A.iloc[j, i] = value, 1 / value
    with pytest.warns(
        kn.KlasternetWarning, match=r"'capital' to 'skills' is 3.*15, but it is 0.14"
    ):
        w = kn.pairwise_weights(A)
    assert w.attrs["worst_triad"][0] == ("capital", "skills", "vision")
    A.iloc[0, 2], A.iloc[2, 0] = 9, 1 / 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        A.iloc[:3, 3], A.iloc[3, :3] = [4, 1.5, 1 / 3], [1 / 4, 1 / 1.5, 3]
        kn.pairwise_weights(A)


def test_a_card_weighs_by_comparisons():
    w = np.arange(9, 0, -1.0)
    A = pd.DataFrame(w[:, None] / w, list(FACTORS), list(factors.FACTOR_NAMES["id"].values()))
    card = given_only({SKILLS: [4, 1, 2]}, reference="clusters", weights=A)
    np.testing.assert_allclose(card.weights, w / 45)
    assert card.weights.attrs["from"] == "pairwise comparison"
    assert "consistency ratio 0.00" in str(card)


def exact_of_two(S):
    """Shares of [0, 1] in which each row holds each rank: between crossings nothing changes."""
    a, b = S.T
    cuts = {0.0, 1.0}
    for i in range(len(S)):
        for j in range(i):
            slope = (a[i] - b[i]) - (a[j] - b[j])
            if slope:
                cuts.add(float(np.clip((b[j] - b[i]) / slope, 0, 1)))
    cuts = sorted(cuts)
    out = np.zeros((len(S), len(S)))
    for low, high in pairwise(cuts):
        t = (low + high) / 2
        rank = weighing.ranks_of(t * a + (1 - t) * b)
        out[np.arange(len(S)), rank - 1] += high - low
    return out


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=8, max_size=8))
def test_shares_of_weights_are_exact_for_two_factors(cells):
    S = np.reshape(cells, (4, 2)) / 20
    draws = 20_000
    found = weighing.rank_shares(S, draws, 7)
    assert np.abs(found - exact_of_two(S)).max() < 5 * 0.5 / np.sqrt(draws)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_shares_of_weights_are_exact_for_three_factors_and_a_pair():
    """a leads where w1 d1 + w2 d2 + w3 d3 > 0: a triangle cut off the simplex."""
    d = np.array([0.6, -0.2, -0.3])
    S = np.stack([d + 0.3, np.full(3, 0.3)])
    exact = 0.6 / (0.6 + 0.2) * 0.6 / (0.6 + 0.3)  # two edges cut from the corner of the first
    found = weighing.rank_shares(S, 200_000, 1)[0, 0]
    assert found == pytest.approx(exact, abs=5 * 0.5 / np.sqrt(200_000))


def test_ranks_that_no_weights_undo():
    values = {SKILLS: [5, 3, 2], CAPITAL: [4, 4, 5], LEADERS: [3, 2, np.nan]}
    bounds = {n: {"factor": n, "bounds": (1, 5)} for n in values}
    card = given_only(values, indicators=bounds)
    assert card.compared == (SKILLS, CAPITAL)
    assert card.dominance.to_numpy().tolist() == [["a", "b"]]
    assert card.robustness.loc["b", 1] == 0
    np.testing.assert_allclose(card.robustness, exact_of_two(
        card.table[[SKILLS, CAPITAL]].to_numpy()
    ), atol=0.025)  # fmt: skip
    assert card.ranks["rank"].tolist() == [1, 2, 2]  # equals share the better rank
    for name, row in card.ranks.iterrows():
        assert row["holds"] == card.robustness.loc[name, row["rank"]]
        assert row["first"] == card.robustness.loc[name, 1]
    assert card.ranks[["best", "worst"]].to_numpy().tolist() == [[1, 3]] * 3  # six are unknown
    w = dict.fromkeys(FACTORS, 0.0) | {SKILLS: 0.9, CAPITAL: 0.02, LEADERS: 0.08}
    card = given_only(values, indicators=bounds, weights=w)
    assert card.ranks[["rank", "best", "worst"]].to_numpy().tolist() == [
        [1, 1, 1], [2, 2, 2], [3, 3, 3]
    ]  # fmt: skip
    again = given_only(values, indicators=bounds)
    pd.testing.assert_frame_equal(card.robustness, again.robustness)


# --------------------------------------------------------------------------------------------- aims


def test_aims_are_the_accounts_of_the_table():
    table = kn.datasets.load("germany_1995")
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1], {0: "goods", 1: "services"})
    card = kn.scorecard(
        clusters,
        table=table,
        aims={"infrastructure": ["Construction", "Trade"], "lingkungan hidup": None},
        seed=0,
    )
    aims = card.aims.set_index(["aim", "account", "cluster"])
    jobs = table.satellites.loc["Employees"]
    goods = list(clusters.members("goods"))
    assert aims.loc[("productivity and jobs", "Employees", "goods"), "amount"] == jobs[goods].sum()
    change = table.output[goods] / table.output[goods].sum()
    carried = kn.impact(table, change).total
    row = aims.loc[("productivity and jobs", "Employees", "goods")]
    assert row["per_demand"] == pytest.approx(carried["Employees"])
    made = kn.impact(table, change).table["output"][["Construction", "Trade"]].sum()
    row = aims.xs("infrastructure").xs("goods", level="cluster").iloc[0]
    assert row["per_demand"] == pytest.approx(made)
    invested = table.final_demand["Fixed investment"]
    by = kn.impact(table, invested, clusters=clusters).by_cluster["output"]
    row = aims.xs("investment").xs("goods", level="cluster").iloc[0]
    assert row["amount"] == pytest.approx(by["goods"])
    assert row["per_demand"] == pytest.approx(by["goods"] / invested.sum())
    for aim in ("environment", "growth with agro-industry"):
        assert (aims.xs(aim)["source"] == "not assessed").all() and aims.xs(aim)[
            "amount"
        ].isna().all()
    assert (kn.scorecard(clusters, seed=0).aims["source"] == "not assessed").all()


# ---------------------------------------------------------------------------------------- bad input


X = pd.DataFrame({"x": [6.0]}, ["a"])
BAD = {
    "is no cluster": ({"evidence": pd.DataFrame({SKILLS: [1.0]}, ["food"])}, kn.AlignmentError),
    "of no factor": ({"evidence": pd.DataFrame({"patents": [1.0]}, ["a"])}, kn.DataError),
    "did you mean 'knowledge_and_skills'": (
        {"evidence": pd.DataFrame({"x": [1.0]}, ["a"]), "indicators": {"x": "knowledge and skil"}},
        kn.ParameterError,
    ),
    "beyond its bounds 1 to 5": (
        {
            "evidence": pd.DataFrame({"x": [6.0]}, ["a"]),
            "indicators": {"x": {"factor": SKILLS, "bounds": (1, 5)}},
        },
        kn.DataError,
    ),
    "is 'high'; give a finite number": (
        {"evidence": pd.DataFrame({SKILLS: ["high"]}, ["a"])},
        kn.DataError,
    ),
    "give a finite number": ({"evidence": pd.DataFrame({SKILLS: [np.inf]}, ["a"])}, kn.DataError),
    "stands there twice": (
        {"evidence": pd.DataFrame({SKILLS: [1.0, 2]}, ["a", "a"])},
        kn.DataError,
    ),
    "of which there is no evidence": ({"indicators": {"patents": SKILLS}}, kn.DataError),
    "which is measured here": (
        {"evidence": pd.DataFrame({"reciprocity": [1.0]}, ["a"])},
        kn.DataError,
    ),
    "known for 1 of the 1 references": (
        {
            "evidence": pd.DataFrame({SKILLS: [1.0]}, ["a"]),
            "reference": pd.DataFrame({SKILLS: [2.0]}),
        },
        kn.DataError,
    ),
    "cannot tell what is high": (
        {
            "evidence": pd.DataFrame({SKILLS: [1.0]}, ["a"]),
            "reference": pd.DataFrame({SKILLS: [2.0, 2.0]}),
            "rule": "minmax",
        },
        kn.DataError,
    ),
    "does not look at": ({"reference": pd.DataFrame({"patents": [2.0, 3]})}, kn.DataError),
    "no rule called 'median'": ({"rule": "median"}, kn.ParameterError),
    "add up to 9": ({"weights": dict.fromkeys(FACTORS, 1)}, kn.DataError),
    "is -1; give a number from 0": (
        {"weights": dict(zip(FACTORS, [2, -1, 0, 0, 0, 0, 0, 0, 0], strict=True))},
        kn.DataError,
    ),
    "weights lack": ({"weights": {SKILLS: 1}}, kn.AlignmentError),
    "without a region": ({"employment": pd.DataFrame({"x": [1]}, ["r"])}, kn.ParameterError),
    "no region 'Jawa'": (
        {"employment": pd.DataFrame({"x": [1]}, ["r"]), "region": "Jawa"},
        kn.ParameterError,
    ),
    "single region": (
        {"employment": pd.DataFrame({"x": [1]}, ["r"]), "region": "r"},
        kn.DataError,
    ),
    "without employment": ({"region": "r"}, kn.ParameterError),
    "give table= as well": ({"aims": {"environment": "CO2"}}, kn.ParameterError),
    "no aim called": ({"aims": {"happiness": "CO2"}}, kn.ParameterError),
    "give two numbers": (
        {
            "evidence": pd.DataFrame({"x": [6.0]}, ["a"]),
            "indicators": {"x": {"factor": SKILLS, "bounds": 5}},
        },
        kn.ParameterError,
    ),
    "lowest and highest of the scale": (
        {"evidence": X, "indicators": {"x": {"factor": SKILLS, "bounds": (5, 1)}}},
        kn.ParameterError,
    ),
    "worst and best, apart": (
        {"evidence": X, "indicators": {"x": {"factor": SKILLS, "target": (2, 2)}}},
        kn.ParameterError,
    ),
    "tells what is better": (
        {
            "evidence": X,
            "indicators": {"x": {"factor": SKILLS, "target": (9, 2), "better": "lower"}},
        },
        kn.ParameterError,
    ),
    "'x' has no factor": (
        {"evidence": X, "indicators": {"x": {"better": "lower"}}},
        kn.ParameterError,
    ),
    "indicators is a list": ({"indicators": [SKILLS]}, kn.ParameterError),
    "weights are 'heavy'": ({"weights": "heavy"}, kn.ParameterError),
    "weights hold what is no number": ({"weights": {SKILLS: "much"}}, kn.DataError),
    f"weights name '{SKILLS}' twice": (
        {"weights": pd.Series([0.5, 0.5], [SKILLS, SKILLS.upper()])},
        kn.AlignmentError,
    ),
}


@pytest.mark.parametrize("said", BAD)
def test_bad_input_is_named(said):
    arguments, error = BAD[said]
    with pytest.raises(error, match=said.replace("(", r"\(")):
        kn.scorecard(three(), **arguments)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({(0, 1): 3, (1, 0): 3}, "not the reciprocal"),
        ({(0, 1): np.nan, (1, 0): np.nan}, "not known, in neither direction"),
        ({(0, 1): -2, (1, 0): -0.5}, "not positive"),
        ({(1, 1): 2}, "'wine' with 'wine' is not the reciprocal"),
    ],
)
def test_bad_comparisons_are_named(change, said):
    A = drinks()
    for (i, j), value in change.items():
        A.iloc[i, j] = value
    with pytest.raises(kn.DataError, match=said):
        kn.pairwise_weights(A)
    with pytest.raises(kn.AlignmentError, match="one side only"):
        kn.pairwise_weights(drinks().rename(columns={"wine": "gin"}))
    with pytest.raises(kn.ParameterError, match="1 things to compare"):
        kn.pairwise_weights(drinks().iloc[:1, :1])
    with pytest.raises(kn.ParameterError, match="are a ndarray"):
        kn.pairwise_weights(drinks().to_numpy())
    with pytest.raises(kn.DataError, match="hold text"):
        kn.pairwise_weights(drinks().astype(object).replace(1.0, "equal"))


# --------------------------------------------------------------------------- languages and figures


def test_the_sheet_speaks_indonesian():
    values = {"kepemimpinan dan visi bersama": [4, np.nan, 2]}
    bounds = {"kepemimpinan dan visi bersama": {"factor": LEADERS, "bounds": (1, 5)}}
    card = kn.scorecard(three(), pd.DataFrame(values, ["a", "b", "c"]), indicators=bounds, seed=0)
    assert card.table[LEADERS].tolist()[::2] == [0.75, 0.25]
    told = card.to_text("id")
    assert "tidak dinilai" in told and "0,75" in told and "skala 1 sampai 5" in told
    for english in ("not assessed", "computed", "scale", "weight", "among"):
        assert english not in told
    assert list(card.to_frame("id")) == list(factors.FACTOR_NAMES["id"].values())
    assert max(len(line) for line in told.splitlines()) <= 110


def test_many_clusters_stand_in_blocks():
    network, labels = kn.datasets.planted(36, 12, contrast=8, seed=1)
    card = kn.scorecard(kn.Clusters.from_labels(network, labels), seed=0, draws=100)
    told = str(card)
    assert told.count("leadership and shared vision") == 3
    assert max(len(line) for line in told.splitlines()) <= 110


def test_a_card_is_drawn_as_it_is():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    card = given_only(
        {SKILLS: [4, np.nan, 2], CAPITAL: [1, 3, 5], LEADERS: [2, 2, 2]},
        indicators={n: {"factor": n, "bounds": (1, 5)} for n in (SKILLS, CAPITAL, LEADERS)},
    )
    ax = kn.draw_scorecard(card)
    gids = {artist.get_gid() or "" for artist in ax.get_children()}
    dots = {gid for gid in gids if gid.startswith("dot:")}
    missing = {gid for gid in gids if gid.startswith("missing:")}
    assert len(dots) == int(card.table.notna().to_numpy().sum()) == 8
    assert len(missing) == 27 - 8 and "missing:1,2" in missing
    pyplot.close("all")


# --------------------------------------------------------------------------------------- real data


def test_sulawesi_selatan(shared):
    """What a province's table and everybody's value added can tell, and what they cannot."""
    table = kn.read_table(shared / "indonesia_bps_io17_sulawesi_selatan_2016" / "table.xlsx")
    network = kn.FlowNetwork.from_table(table)
    path = shared / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    year = pd.read_csv(path).query("year == 2016 and level == 'province'").set_index("province")
    made = year.loc[:, "A":"RSTU"].set_axis(network.industries, axis=1)
    assert made.shape == (34, 17)
    farms, mines = network.industries[0], network.industries[1]
    clusters = kn.Clusters.from_labels(
        network,
        {name: "pangan" if i in (0, 2, 8) else "tambang" if i in (1, 3) else "rest"
         for i, name in enumerate(network.industries)},
    )  # fmt: skip
    home = "Provinsi Sulawesi Selatan"
    card = kn.scorecard(
        clusters,
        employment=made,
        region=home,
        table=table,
        aims={"growth with agro-industry": [farms]},
        seed=0,
    )
    known = card.table.columns[card.table.notna().any()]
    assert list(known) == [FACTORS[0], FACTORS[4], FACTORS[5]]
    np.testing.assert_allclose(card.coverage, 1 / 3)
    share = made[[mines, network.industries[3]]].sum(axis=1) / made.sum(axis=1)
    total = made[[mines, network.industries[3]]].to_numpy().sum() / made.to_numpy().sum()
    lq = card.indicators.set_index(["cluster", "indicator"])["value"][
        "tambang", "location quotient"
    ]
    assert lq == pytest.approx(share[home] / total)
    fewer = (share.drop(home) < share[home]).mean()
    assert card.table.loc["tambang", "specialisation"] == pytest.approx(fewer)
    aims = card.aims.set_index(["aim", "cluster"])
    assert aims.loc[("investment", "pangan"), "amount"] > 0  # PMTB, by its name
    assert aims.loc[("growth with agro-industry", "pangan"), "share"] == 1
    assert aims.loc[("people", "pangan"), "source"] == "not assessed"
    told = card.to_text("id")
    assert "peringkat di antara 33 wilayah lain" in told and home in told


def test_west_java_among_other_provinces(shared):
    """Clusters of 52 industries against those of another province."""
    found = {}
    for name in ("jawa_barat_52", "bali_54"):
        table = kn.read_table(shared / f"indonesia_province_{name}")
        network = kn.FlowNetwork.from_table(table)
        found[name] = kn.detect(network, resolution=0.3, seed=0, support=0, contrast=0)
    home = found.pop("jawa_barat_52")
    card = kn.scorecard(home, reference=list(found.values()), seed=0)
    others = sum(len(clusters) for clusters in found.values())
    assert f"rank among {others} references" in str(card)
    assert card.table.notna().any().sum() == 2 and (card.coverage <= 2 / 9 + 1e-12).all()
    low, high = card.score["low"], card.score["high"]
    assert ((high - low).round(9) == (1 - card.coverage).round(9)).all()
