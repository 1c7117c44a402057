"""Whether clusters are more than chance: no false alarms, and power where there is something.

The p-value is an open formula, the draws obey laws, and what does not search anew is misled.
"""

from dataclasses import FrozenInstanceError

import joblib
import numpy as np
import pandas as pd
import pytest
from oracles.structureless import bare, economy

import klasternet as kn
from klasternet import ContractError, ParameterError, lift
from klasternet.detectors.searching import best_partition
from klasternet.evidence.judging import plan_of
from klasternet.kernels.draws import deal, inside, search
from klasternet.nulldraws import lift_null, light_fit
from klasternet.qualities import lift_problem


@pytest.fixture(scope="module")
def usa():
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    return kn.detect(network, seed=0)


def cliques(network, rng):
    """A detector that nobody registered: everybody with their strongest partner."""
    both = np.asarray(network.ties + network.ties.T)
    best = np.argmax(both, axis=1)
    return np.minimum(np.arange(network.n), best)


# ------------------------------------------------------------------- nothing, and something


def test_false_alarms_are_one_in_twenty():
    kinds = ("log-normal", "size-dependent", "t3", "log-gamma", "zeros", "small zeros")
    tests = [
        kn.significance(bare(economy(30, noise, seed)), draws=39, seed=seed)
        for noise in kinds
        for seed in range(20)
    ]
    p = np.array([test.pvalue for test in tests])
    # binomial of 120 at 0.05: 6 expected, outside of 1 .. 13 in one of 200
    assert 1 <= (p <= 0.05).sum() <= 13
    assert 0.42 < p.mean() < 0.58  # standard error 0.026
    assert {test.verdict for test in tests if test.pvalue > 0.05} == {
        "no cluster structure beyond the null"
    }


@pytest.mark.parametrize(("contrast", "least"), [(3.0, 9), (2.0, 5)])
def test_planted_clusters_are_seen(contrast, least):
    found = 0
    for seed in range(10):
        network, _ = kn.datasets.planted(45, 5, contrast=contrast, noise=1.2, seed=seed)
        found += kn.significance(bare(network), draws=39, seed=seed).pvalue <= 0.05
    assert found >= least


def test_labels_found_in_the_same_data_must_not_be_held_fixed():
    for seed in range(5):
        found = bare(economy(30, "log-normal", seed))
        fixed = kn.Clusters.from_labels(found.network, found.partition)
        held = kn.significance(fixed, draws=39, seed=0)
        assert not held.redetected
        assert held.pvalue == 1 / 40  # always, though there is nothing


def test_usa_has_clusters(usa):
    tested = kn.significance(usa, draws=99, seed=0)
    assert tested.pvalue == 0.01
    assert tested.verdict == "cluster structure beyond the null"
    assert tested.statistic > 3 * tested.null_distribution.max()
    assert tested.table.loc["Primary metals & Fabricated metals", "pvalue"] == 0.01
    assert (tested.table["pvalue_like_size"] <= tested.table["pvalue"] + 0.02).all()


def test_sizes_alone_are_no_structure():
    u, v = np.random.default_rng(0).lognormal(0, 1.2, (2, 20))
    network = kn.FlowNetwork.from_matrix(np.outer(u, v))
    assert kn.significance(kn.detect(network, seed=0), draws=19, seed=0).pvalue == 1.0


@pytest.mark.parametrize("n", [8, 12, 20])
def test_small_tables_are_judged_soberly(n):
    p = [
        kn.significance(kn.detect(economy(n, "log-normal", k), seed=0), 19, seed=k).pvalue
        for k in range(12)
    ]
    assert (np.array(p) <= 0.05).sum() <= 3
    assert np.mean(p) > 0.25


# -------------------------------------------------------------------------- the open formula


def test_the_pvalue_is_counted(usa):
    for clusters in (bare(economy(20, "t3", 1)), usa):
        tested = kn.significance(clusters, draws=30, seed=5)
        assert tested.null_distribution.shape == (30,)
        reached = (tested.null_distribution >= tested.statistic).sum()
        assert tested.pvalue == (1 + reached) / 31
        # standardised over the observed economy and the draws alike
        every = np.append(tested.null_distribution, tested.statistic)
        assert len(tested.profile) == 3
        assert every.max() > 0
        assert np.isclose(
            tested.statistic,
            ((tested.profile["Q"] - tested.profile["mean"]) / tested.profile["sd"]).max(),
        )


def test_one_resolution_is_compared_in_q():
    network, _ = kn.datasets.planted(30, 3, seed=2)
    clusters = kn.detect(network, resolution=0.3, support=0, contrast=0, seed=0)
    tested = kn.significance(clusters, draws=19, seed=0)
    assert tested.profile.index.tolist() == [0.3]
    # a lighter fit and a shorter search than those of detect
    assert tested.statistic == pytest.approx(clusters.objective_value, rel=0.02)


def test_the_result_is_frozen_and_prints(usa):
    tested = kn.significance(usa, draws=19, seed=3)
    with pytest.raises(FrozenInstanceError):
        tested.pvalue = 0.0
    with pytest.raises(ValueError, match="read-only"):
        tested.null_distribution[0] = 0.0
    assert repr(tested) == "Significance: cluster structure beyond the null, p = 0.05 (19 draws)"
    text = str(tested)
    assert "seed 3" in text
    assert "searched anew" in text
    assert all(name[:40] in text for name in usa.names)
    assert max(map(len, text.splitlines())) <= 100
    assert (tested.draws, tested.null, tested.measure, tested.alternative) == (
        19, "lift", "lift", "greater",
    )  # fmt: skip
    assert tested.redetected


def test_the_seed_is_recorded_and_repeats(usa):
    first = kn.significance(usa, draws=9)
    again = kn.significance(usa, draws=9, seed=first.seed)
    assert np.array_equal(first.null_distribution, again.null_distribution)
    assert first.statistic == again.statistic


def test_workers_change_nothing(usa):
    alone = kn.significance(usa, draws=23, seed=1)
    threads = kn.significance(usa, draws=23, seed=1, n_jobs=2)
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        processes = kn.significance(usa, draws=23, seed=1, n_jobs=2)
    for other in (threads, processes):
        assert np.array_equal(alone.null_distribution, other.null_distribution)
        pd.testing.assert_frame_equal(alone.table, other.table)


def test_dask_workers_change_nothing():
    distributed = pytest.importorskip("distributed")
    clusters = bare(economy(12, "log-normal", 0))
    alone = kn.significance(clusters, draws=9, seed=1)
    with (
        distributed.Client(processes=False, n_workers=1, dashboard_address=None),
        joblib.parallel_config("dask"),
    ):
        other = kn.significance(clusters, draws=9, seed=1, n_jobs=2)
    assert np.array_equal(alone.null_distribution, other.null_distribution)


# -------------------------------------------------------------------------- single clusters


def test_one_row_for_each_cluster(usa):
    table = kn.significance(usa, draws=19, seed=0).table
    assert table.index.tolist() == list(usa.names)
    assert table["industries"].tolist() == usa.sizes.tolist()
    assert table[["pvalue", "pvalue_like_size"]].to_numpy().min() > 0
    assert table[["pvalue", "pvalue_like_size"]].to_numpy().max() <= 1


def test_a_cluster_of_one_has_no_strength():
    network, _ = kn.datasets.planted(12, 3, seed=0)
    given = kn.Clusters.from_labels(network, [0, 0, 0, 1] + [2] * 4 + [-1] * 4)
    table = kn.significance(given, draws=9, seed=0).table
    alone = table["industries"] == 1
    assert alone.sum() == 1
    assert table.loc[alone, ["strength", "pvalue"]].isna().all(axis=None)
    assert table.loc[~alone, ["strength", "pvalue"]].notna().all(axis=None)


def test_no_clusters_no_rows():
    network = economy(15, "log-normal", 0)
    tested = kn.significance(kn.Clusters.from_labels(network, [-1] * 15), draws=9, seed=0)
    assert tested.table.empty
    assert tested.pvalue == 1.0
    assert "no cluster structure" in repr(tested)


def test_the_planted_cluster_is_named_and_noise_beside_it_is_not():
    rng = np.random.default_rng(7)
    W = np.exp(rng.normal(size=(40, 40)))
    W[:6, :6] *= 6.0
    np.fill_diagonal(W, 0)
    labels = np.repeat([0, 1, 2, 3, 4], [6, 8, 8, 9, 9])
    network = kn.FlowNetwork.from_matrix(W)
    found = kn.detect(network, resolution=0.5, support=0, contrast=0, seed=0)
    first = found.labels[0]
    assert set(np.flatnonzero(found.labels == first)) >= set(range(5))
    table = kn.significance(found, draws=99, seed=0).table
    assert table["pvalue"].iloc[first] == 0.01
    assert table["pvalue"].drop(table.index[first]).min() > 0.05
    given = kn.significance(kn.Clusters.from_labels(network, labels), draws=99, seed=0).table
    assert (given["pvalue"] <= 0.05).sum() == 1


def test_strength_is_the_same_in_every_unit_of_money():
    network, _ = kn.datasets.planted(20, 4, seed=3)
    for measure, resolution in (("lift", 0.5), ("flow", 1.5)):
        strengths = []
        for unit in (1.0, 1e-3, 1e6):
            scaled = kn.FlowNetwork.from_matrix(np.asarray(network.flows) * unit)
            found = kn.detect(
                scaled, measure=measure, resolution=resolution, support=0, contrast=0, seed=0
            )
            table = kn.significance(found, draws=3, seed=0).table
            strengths.append(table["strength"].sort_values().to_numpy())
        assert len(strengths[0]) >= 2
        np.testing.assert_allclose(strengths[1], strengths[0], rtol=1e-6)
        np.testing.assert_allclose(strengths[2], strengths[0], rtol=1e-6)


# -------------------------------------------------------------------------- nulls and methods


def test_money_is_tested_by_its_own_null(usa):
    clusters = kn.detect(usa.network, measure="flow", resolution=1.0, null="configuration", seed=0)
    tested = kn.significance(clusters, draws=19, seed=0)
    assert (tested.null, tested.measure) == ("configuration", "flow")
    assert tested.statistic == pytest.approx(clusters.objective_value, rel=0.02)
    assert kn.significance(clusters, draws=9, null="lift", seed=0).null == "lift"
    assert kn.significance(clusters, draws=9, null="gravity", seed=0).null == "gravity"


def test_another_null_for_lift(usa):
    assert kn.significance(usa, draws=5, null="gravity", seed=0).null == "lift"
    tested = kn.significance(usa, draws=9, null="configuration", seed=0)
    assert tested.null == "configuration"
    assert tested.pvalue == 0.1


def test_a_detector_of_somebody_else_is_run_again():
    clusters = kn.detect(economy(20, "log-normal", 0), cliques, seed=0)
    tested = kn.significance(clusters, draws=19, seed=0)
    assert tested.redetected
    assert tested.statistic == pytest.approx(kn.objective(clusters))
    assert len(np.unique(tested.null_distribution)) > 15
    plan = plan_of(clusters, None, np.random.default_rng(0))
    sizes = {len(plan.work(np.random.default_rng(k), k).sizes) for k in range(9)}
    assert len(sizes) > 1  # other draws, other clusters


def test_ties_keep_their_rule(usa):
    seen = []

    def watcher(network, rng):
        seen.append((network.tie_rule, network.ties.max() <= 1.0 + 1e-9))
        return cliques(network, rng)

    shares = kn.tie(usa.network, "sales_share")
    kn.significance(kn.detect(shares, watcher, seed=0), draws=2, seed=0)
    assert [rule for rule, _ in seen] == ["sales_share"] * 3


def test_sparse_networks_are_drawn_by_sample():
    rng = np.random.default_rng(0)
    edges = pd.DataFrame(
        {"source": rng.integers(0, 300, 900), "target": rng.integers(0, 300, 900),
         "weight": rng.lognormal(size=900)}
    )  # fmt: skip
    clusters = kn.detect(kn.FlowNetwork.from_edges(edges), resolution=1.0, seed=0)
    tested = kn.significance(clusters, draws=9, seed=0)
    assert (tested.measure, tested.null) == ("flow", "gravity")
    assert tested.pvalue > 0.05  # there is nothing


def test_what_cannot_be_asked(usa):
    with pytest.raises(ParameterError, match="needs Clusters, not a FlowNetwork"):
        kn.significance(usa.network)
    for draws in (0, 2.5, True, "many"):
        with pytest.raises(ParameterError, match=r"draws is .*whole number from 1"):
            kn.significance(usa, draws=draws)
    with pytest.raises(ParameterError, match=r"gravty.*gravity"):
        kn.significance(usa, draws=3, null="gravty")
    with pytest.raises(ParameterError, match="seed is -1"):
        kn.significance(usa, draws=3, seed=-1)

    class Masses:
        def masses(self, network):
            return network.out_strength, network.in_strength

    with pytest.raises(ContractError, match=r"Masses.*sample"):
        kn.significance(usa, draws=3, null=Masses())


# -------------------------------------------------------------------------- laws of the draws


@pytest.mark.parametrize("noise", ["log-normal", "t3", "zeros", "small zeros"])
def test_draws_look_like_the_table(noise):
    logs, kind = lift.logs_of(economy(40, noise, 3))
    rng = np.random.default_rng(0)
    null = lift_null(logs, kind, rng)
    observed = light_fit(logs, kind)[0][kind == 1]
    spread, margins = [], []
    for _ in range(20):
        drawn = null.draw(rng)
        assert ((drawn != 0) <= (kind == 1)).all()  # empty cells stay empty
        assert lift.cells(np.where(kind == 1, np.exp(drawn), 0.0)).tolist() == kind.tolist()
        spread.append(light_fit(drawn, kind)[0][kind == 1].std())
        margins.append(np.where(kind == 1, np.exp(drawn), 0.0).sum(axis=1))
    assert np.mean(spread) == pytest.approx(observed.std(), rel=0.03)
    assert (np.std(margins, axis=0) > 0).all()  # margins are not rebalanced


def test_a_draw_deals_out_all_residuals():
    logs, kind = lift.logs_of(economy(15, "log-normal", 1))
    null = lift_null(logs, kind, np.random.default_rng(0))
    drawn = null.draw(np.random.default_rng(5))[kind == 1]
    np.testing.assert_allclose(np.sort((drawn - null.level) / null.scale), null.residuals)


def test_all_permutations_are_as_likely():
    state = np.array([3], dtype=np.uint64)
    order, count = np.arange(4), {}
    for _ in range(24_000):
        deal(order, np.zeros(4, dtype=np.int64), state)
        count[tuple(order)] = count.get(tuple(order), 0) + 1
    assert len(count) == 24
    assert sum((c - 1000) ** 2 / 1000 for c in count.values()) < 49.7  # chi-squared, 23, 0.001


def test_admissible_permutations_are_as_likely():
    state = np.array([3], dtype=np.uint64)
    least, order, count = np.array([0, 0, 1, 2]), np.arange(4), {}
    for _ in range(30_000):
        deal(order, least, state)
        assert (order >= least).all()
        count[tuple(order)] = count.get(tuple(order), 0) + 1
    # cell 3: 2 or 3; cell 2: two of the others that are at least 1; the rest as they fall
    assert len(count) == 8
    expected = 30_000 / 8
    assert sum((c - expected) ** 2 / expected for c in count.values()) < 30


def test_rescaling_changes_no_pvalue():
    network = economy(20, "t3", 2)
    rng = np.random.default_rng(0)
    W = np.asarray(network.flows)
    other = kn.FlowNetwork.from_matrix(
        rng.lognormal(0, 2, 20)[:, None] * W * rng.lognormal(0, 2, 20)
    )
    a, b = (kn.significance(bare(each), draws=49, seed=0) for each in (network, other))
    assert a.pvalue == b.pvalue
    # rounding sends a search elsewhere now and then
    np.testing.assert_allclose(a.null_distribution, b.null_distribution, atol=0.05)


# ------------------------------------------------------------------------------- the kernels


def test_the_search_reports_what_it_found():
    logs, kind = lift.logs_of(economy(30, "zeros", 0))
    found = light_fit(logs, kind)[0]
    thetas = np.array([0.0, 0.5, 1.0])
    values, labels = search(found, kind, thetas, 50, np.array([1], dtype=np.uint64))
    for theta, value, partition in zip(thetas, values, labels, strict=True):
        problem = lift_problem(found, kind, theta)
        assert value == pytest.approx(problem.value(partition))
        strong = problem.value(best_partition(problem, np.random.default_rng(0)))
        assert 0.95 * strong <= value <= strong + 1e-12
        total, pairs = inside(found, kind, partition, int(partition.max()) + 1)
        same = partition[:, None] == partition
        assert total.sum() == pytest.approx(found[same].sum())
        assert pairs.sum() == (same & (kind > 0)).sum()


def test_real_tables_have_clusters(shared):
    network = kn.FlowNetwork.from_table(kn.read_table(shared / "china_2017_42"), negatives="aside")
    assert kn.significance(kn.detect(network, seed=0), draws=39, seed=0).pvalue == 0.025
