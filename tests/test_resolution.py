"""The profile of resolutions: exact intervals, what is read of them; and levels of clusters."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from sklearn.metrics import adjusted_rand_score as ari

import klasternet as kn
from klasternet.detectors import envelope as enveloping
from klasternet.detectors.dense_clusters import poser
from klasternet.detectors.envelope import Line, envelope, upper
from klasternet.detectors.parting import CHANCE, FALSE, cut
from klasternet.detectors.resolution import _letters, _nested, plateaus, variation
from klasternet.nullmodels import expected, null_model_of

planted = partial(kn.datasets.planted, seed=1)


def partitions(n: int) -> list[np.ndarray]:
    """Every partition of n things, as labels from 0."""
    out = [[0]]
    for _ in range(n - 1):
        out = [[*part, k] for part in out for k in range(max(part) + 2)]
    return [np.array(part) for part in out]


def network(n: int, seed: int, zeros: float = 0.0) -> kn.FlowNetwork:
    rng = np.random.default_rng(seed)
    return kn.FlowNetwork.from_matrix(
        rng.lognormal(0, 1.5, (n, n)) * (rng.random((n, n)) >= zeros) + np.eye(n)
    )


@pytest.fixture(scope="module")
def usa() -> kn.FlowNetwork:
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


@pytest.fixture(scope="module")
def profile(usa) -> pd.DataFrame:
    return kn.profile_resolution(usa, seed=0)


# ------------------------------------------------------------------------- the upper envelope


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 1)), min_size=1, max_size=12),
    st.lists(st.floats(-20, 20), min_size=1, max_size=20),
)
def test_the_upper_lines_are_as_high_as_all_lines(given_lines, places):
    lines = [Line(np.zeros(1), level, slope) for level, slope in given_lines]
    best = upper(lines)
    for at in places:
        highest = max(line.at(at) for line in lines)
        assert max(line.at(at) for line in best) == pytest.approx(highest, abs=1e-9)
    assert all(a.slope > b.slope for a, b in pairwise(best))
    turns = [a.crosses(b) for a, b in pairwise(best)]
    assert turns == sorted(turns)


@pytest.mark.parametrize(("measure", "null"), [("lift", "gravity"), ("flow", "configuration")])
@pytest.mark.parametrize("seed", range(6))
def test_exhaustive_the_envelope_is_that_of_all_partitions(measure, null, seed):
    grid = np.linspace(0.0, 2.5, 4) if measure == "lift" else np.linspace(0.3, 6.0, 4)
    pose = poser(network(7, seed), measure, null_model_of(null))
    zero, one = pose(0.0), pose(1.0)
    every = [
        Line(part, zero.value(part), zero.value(part) - one.value(part)) for part in partitions(7)
    ]
    found, complete = envelope(pose, grid, seed)
    assert complete
    for at in np.linspace(grid[0], grid[-1], 400):
        best = max(line.at(at) for line in every)
        assert max(line.at(at) for line in found) == pytest.approx(best, abs=1e-9)
    inside = [
        [round(a.crosses(b), 9) for a, b in pairwise(lines) if grid[0] < a.crosses(b) < grid[-1]]
        for lines in (upper(every), found)
    ]
    assert inside[0] == inside[1]


def test_a_large_table_is_refined_in_part_and_says_so(usa, monkeypatch):
    monkeypatch.setattr(enveloping, "WORK", 10 * usa.n**2)
    some = kn.profile_resolution(usa, seed=0)
    assert not some.attrs["complete"]
    assert 10 < len(some) < 40


def test_interrupted_it_gives_what_it_has(usa, monkeypatch):
    search, calls = enveloping.best_partition, []

    def tired(*args, **kwargs):
        calls.append(1)
        if len(calls) > 60:
            raise KeyboardInterrupt
        return search(*args, **kwargs)

    monkeypatch.setattr(enveloping, "best_partition", tired)
    with pytest.warns(kn.KlasternetWarning, match="interrupted after"):
        some = kn.profile_resolution(usa, seed=0)
    assert not some.attrs["complete"]
    assert len(some) > 10


# ----------------------------------------------------------------------- what a row is read for


def test_intervals_tile_the_range_and_each_partition_is_best_on_its_own(usa, profile):
    assert profile.attrs["complete"]
    assert (profile["low"].to_numpy()[1:] == profile["high"].to_numpy()[:-1]).all()
    assert (profile["low"] < profile.index).all()
    assert (profile.index < profile["high"]).all()
    pose = poser(usa, "lift", null_model_of("gravity"))
    for at, row in profile.iloc[::7].iterrows():
        posed = pose(float(at))
        values = [posed.value(part) for part in profile["partition"]]
        assert values[profile.index.get_loc(at)] == max(values) == pytest.approx(row["objective"])


def test_no_row_is_worse_than_a_search_of_detect(usa, profile):
    pose = poser(usa, "lift", null_model_of("gravity"))
    for at, row in profile.iloc[::9].iterrows():
        bare = kn.detect(usa, measure="lift", resolution=float(at), support=0, contrast=0, seed=3)
        assert pose(float(at)).value(row["partition"]) >= bare.objective_value * (1 - 1e-3)


def test_the_chosen_row_is_where_detect_goes(usa, profile):
    found = kn.detect(usa, seed=0)
    row = profile[profile["chosen"]]
    assert len(row) == 1
    assert row["low"].item() <= found.resolution < row["high"].item()
    assert ari(row["partition"].item(), found.partition) > 0.95
    at = found.profile.loc[found.resolution]
    given = kn.profile_resolution(usa, found.profile.index, seed=0)
    assert given["score"].to_numpy() == pytest.approx(found.profile["score"].to_numpy())
    assert given.loc[found.resolution, "se"] == pytest.approx(at["se"])


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_densities_and_newmans_estimate_from_their_definition(measure):
    net, _ = planted(24, 3, contrast=4.0)
    lift = kn.gravity(net).lift.to_numpy()
    flow, by_chance = np.asarray(net.ties), expected(net)
    off = ~np.eye(net.n, dtype=bool)
    for _, row in kn.profile_resolution(net, measure=measure, seed=0).iterrows():
        together = row["partition"][:, None] == row["partition"]
        sides = [together & off, ~together & off]
        if measure == "lift":
            level = [lift[side].mean() if side.any() else np.nan for side in sides]
            likeliest = np.mean(level)
        else:
            level = [
                flow[side].sum() / by_chance[side].sum() if side.any() else np.nan for side in sides
            ]
            likeliest = (level[0] - level[1]) / np.log(level[0] / level[1])
        assert [row["inside"], row["outside"]] == pytest.approx(level, nan_ok=True)
        assert row["newman"] == pytest.approx(likeliest, nan_ok=True)
        assert row["fixed_point"] == (row["low"] <= likeliest < row["high"])


def test_newmans_estimate_finds_the_planted_partition():
    net, truth = planted(60, 4, contrast=6.0, noise=0.5)
    profile = kn.profile_resolution(net, seed=0)
    fixed = profile[profile["fixed_point"]]
    assert max(ari(truth, part) for part in fixed["partition"]) == 1.0


labels = st.lists(st.integers(0, 4), min_size=9, max_size=9).map(np.array)


@settings(max_examples=100, deadline=None)
@given(labels, labels)
def test_variation_of_information_is_that_of_agreement(a, b):
    assert variation(a, b) == pytest.approx(kn.agreement(a, b).vi, abs=1e-12)
    assert variation(a, b) == pytest.approx(variation(b, a), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(labels, labels)
def test_nested_counts_pairs(a, b):
    off = ~np.eye(len(a), dtype=bool)
    here, before = (part[:, None] == part for part in (b, a))
    pairs = (here & off).sum()
    share = (here & before & off).sum() / pairs if pairs else np.nan
    first, second = _nested([a, b])
    assert np.isnan(first)
    assert second == pytest.approx(share, nan_ok=True)


def test_plateaus_are_runs_of_like_partitions(usa, profile):
    letters = profile["plateau"].tolist()
    runs = [a for k, a in enumerate(letters) if k == 0 or letters[k - 1] != a]
    assert runs == [_letters(k) for k in range(len(runs))]
    wide = plateaus(profile)
    assert len(wide) == len(runs)
    for _, plateau in wide.iterrows():
        members = profile[profile["plateau"] == plateau["plateau"]]
        near = [variation(plateau["partition"], part) for part in members["partition"]]
        assert max(near) <= 0.1 * np.log(usa.n)
        width = (members["high"] - members["low"]).sum()
        assert width == pytest.approx(plateau["plateau_width"])
    assert [_letters(k) for k in (0, 25, 26, 27, 702)] == ["A", "Z", "AA", "AB", "AAA"]


def test_stable_where_the_structure_is_plain():
    net, truth = planted(40, 4, contrast=8.0, noise=0.5)
    profile = kn.profile_resolution(net, seed=0)
    chosen = profile[profile["chosen"]].iloc[0]
    assert ari(truth, chosen["partition"]) == 1.0
    assert chosen["vi_folds"] < 0.05
    assert chosen["plateau_width"] > 0.5


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_z_tells_structure_from_none(measure):
    z = []
    for contrast in (1.0, 6.0):
        net, _ = planted(30, 3, contrast=contrast, noise=0.7)
        row = kn.profile_resolution(net, [1.0], measure=measure, draws=30, seed=0)
        z.append(row["z"].item())
    assert abs(z[0]) < 3 < 6 < z[1]
    assert kn.profile_resolution(net, [1.0], measure=measure, seed=0)["z"].isna().all()


def test_the_same_at_any_number_of_jobs():
    net, _ = planted(24, 3)
    one, two = (kn.profile_resolution(net, draws=4, seed=5, n_jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.drop(columns="partition"), two.drop(columns="partition"))
    for a, b in zip(one["partition"], two["partition"], strict=True):
        assert (a == b).all()


def test_thin_networks_have_a_profile_in_money():
    rng = np.random.default_rng(0)
    group = np.arange(120) % 6
    W = rng.lognormal(size=(120, 120)) * (
        rng.random((120, 120)) < np.where(group[:, None] == group, 0.15, 0.005)
    )
    profile = kn.profile_resolution(kn.FlowNetwork.from_matrix(W), seed=0)
    assert profile["low"].iloc[0] >= 0
    assert max(ari(group, part) for part in profile["partition"]) > 0.85


def test_industries_without_trade_are_alone_at_every_resolution(usa):
    W = np.pad(np.asarray(usa.flows), (0, 2))
    profile = kn.profile_resolution(kn.FlowNetwork.from_matrix(W), seed=0)
    for part in profile["partition"]:
        assert (np.bincount(part)[part[-2:]] == 1).all()


def test_it_prints_for_a_reader(profile):
    page = repr(profile)
    assert "<- chosen" in page
    assert f"{len(profile)} partitions are best somewhere" in page
    assert max(map(len, page.splitlines())) <= 110
    assert "plateau" not in repr(profile[["score"]])  # a part of it prints as a frame does
    many = kn.profile_resolution(planted(20, 3)[0], [1.0, 0.5, 1.0] * 20, seed=0)
    assert repr(many).startswith("2 partitions are best somewhere")
    assert "rows" in repr(kn.profile_resolution(planted(20, 3)[0], [0.0, 1.0], seed=0))


def test_bad_input_is_named():
    net, _ = planted(20, 3)
    with pytest.raises(kn.ParameterError, match="draws is -1; give a finite number, at least 0"):
        kn.profile_resolution(net, draws=-1)
    with pytest.raises(kn.ParameterError, match="profile_resolution needs a FlowNetwork"):
        kn.profile_resolution([[1.0]])
    with pytest.raises(kn.ParameterError, match="seed is 'x'"):
        kn.profile_resolution(net, seed="x")


# --------------------------------------------------------------------------------- levels


@pytest.fixture(scope="module")
def regional() -> tuple[kn.FlowNetwork, np.ndarray, np.ndarray]:
    net, truth = kn.datasets.planted(20, 4, regions=5, contrast=4.0, noise=0.8, seed=2)
    return net, truth, net.columns["region"].to_numpy()


@pytest.fixture(scope="module")
def nested(regional) -> kn.Levels:
    return kn.levels(regional[0], seed=0)


def test_regions_first_then_the_clusters_in_them(regional, nested):
    net, truth, region = regional
    assert len(nested) == 2
    assert ari(region, nested.to_clusters(1).labels) == 1.0
    assert ari(truth, nested.to_clusters(2).partition) > 0.95
    assert ari(truth, kn.levels(net, resolution="auto", seed=0).to_clusters().partition) > 0.9


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_every_level_lies_within_the_one_above(regional, measure):
    for above, below in pairwise(kn.levels(regional[0], measure=measure, seed=1)):
        assert below.measure == above.measure == measure
        for k in range(len(below)):
            assert len(set(above.labels[below.labels == k])) == 1
            assert above.labels[below.labels == k][0] >= 0
        for k in range(below.partition.max() + 1):
            assert len(set(above.partition[below.partition == k])) == 1


def test_what_is_not_split_is_handed_down(regional):
    net, truth, region = regional
    W = np.array(net.flows)
    first = region == "r0"  # one region without clusters
    inside = np.outer(first, first)
    W[inside & (truth[:, None] == truth)] /= 4.0
    plain = kn.FlowNetwork.from_matrix(W, industries=net.industries)
    top = kn.Clusters.from_labels(plain, region)
    found = kn.levels(top, seed=0)
    assert found.to_clusters(1) is top
    assert "r0" in found.to_clusters(2).names
    assert set(found.to_clusters(2).members("r0")) == set(net.industries[first])
    row = found.splits.set_index("cluster").loc["r0"]
    assert row["outcome"] == "whole: parts no better than noise"
    assert (found.splits.set_index("cluster").drop("r0")["outcome"] == "split").all()


def test_regions_without_structure_stay_whole():
    split = []
    for seed in range(12):
        net, _ = kn.datasets.planted(20, 4, regions=4, contrast=1.0, noise=1.2, seed=seed)
        found = kn.levels(net, seed=seed)
        assert ari(net.columns["region"], found.to_clusters(1).labels) == 1.0
        split.append((found.splits["outcome"] == "split").any())
    assert sum(split) <= 2  # one in twenty is expected


@pytest.mark.parametrize("seed", range(2))
def test_skewed_flows_are_no_parts_in_money_either(seed):  # t3 ones are: see `levels`, Notes
    rng = np.random.default_rng(seed)
    region = np.repeat(np.arange(8), 12)
    W = rng.gamma(1.0, 1.0, (96, 96)) ** -1.0 * np.where(region[:, None] == region, 20.0, 1.0)
    top = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), region)
    splits = kn.levels(top, measure="flow", seed=0).splits
    assert (splits["outcome"] == "split").sum() <= 1


def test_an_economy_without_clusters_has_none_at_any_level():
    net, _ = planted(40, 4, contrast=1.0)
    found = kn.levels(net, seed=0)
    assert [len(clusters) for clusters in found] == [0]
    assert found.splits.empty
    assert (found.table[1] == "rest").all()


def test_table_and_tree(regional, nested):
    net = regional[0]
    table = nested.table
    assert table.index.equals(net.industries)
    assert table.columns.tolist() == [1, 2]
    fine = nested.to_clusters(2)
    for k, name in enumerate(fine.names):
        assert set(table.index[table[2] == name]) == set(fine.members(k))
    tree = str(nested)
    assert tree.startswith("planted economy: 2 levels, with 5, 20 clusters")
    assert all(name in tree for clusters in nested for name in clusters.names)
    assert max(map(len, tree.splitlines())) <= 120
    assert repr(nested) == tree.splitlines()[0]


def test_same_seed_same_levels_at_any_number_of_jobs(regional, nested):
    again = kn.levels(regional[0], seed=0, n_jobs=2)
    pd.testing.assert_frame_equal(again.table, nested.table)
    pd.testing.assert_frame_equal(again.splits, nested.splits)


def test_the_recipe_of_a_level_makes_it_again(regional, nested):
    for clusters in nested:
        again = clusters.recipe.repeat(regional[0])
        assert (again.labels == clusters.labels).all()
    given = kn.levels(kn.Clusters.from_labels(regional[0], regional[2]), seed=4).to_clusters()
    assert (given.recipe.repeat(regional[0]).labels == given.labels).all()


def test_depth_ends_it(regional):
    assert len(kn.levels(regional[0], depth=1, seed=0)) == 1
    with pytest.raises(kn.ParameterError, match="depth is 0; give a finite number, at least 1"):
        kn.levels(regional[0], depth=0)


def test_a_cluster_that_no_null_model_fits_is_left_whole():
    W = np.zeros((28, 28))
    W[0, 1:14] = W[1:14, 0] = 5.0  # everything goes through one industry
    rng = np.random.default_rng(0)
    W[14:, 14:] = rng.lognormal(size=(14, 14)) * 0.3
    W[13, 14] = W[14, 13] = 0.01
    top = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0] * 14 + [1] * 14)
    splits = kn.levels(top, measure="flow", seed=0).splits
    assert "whole: no null model has its sizes" in splits["outcome"].tolist()
    assert (
        splits.loc[splits["outcome"] == "whole: no null model has its sizes", "pvalue"].isna().all()
    )


def test_levels_names_bad_input(regional, nested):
    with pytest.raises(
        kn.ParameterError, match="levels needs a FlowNetwork or Clusters, not a list"
    ):
        kn.levels([1, 2])
    with pytest.raises(kn.ParameterError, match="resolution is for networks"):
        kn.levels(nested.to_clusters(1), resolution=0.5)
    with pytest.raises(kn.ParameterError, match="no level 3; there are 2, numbered from 1"):
        nested.to_clusters(3)
    with pytest.raises(kn.ParameterError, match="no level 0"):
        nested.to_clusters(0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.5001, 1.0), min_size=1, max_size=3), st.integers(0, 6), st.data())
def test_false_splits_are_held_down_as_benjamini_and_hochberg_do(many, few, data):
    small = data.draw(st.lists(st.floats(0.0, 0.06), min_size=few, max_size=few))
    p = np.array(many + small)
    share = min(1.0, 2.0 * (1 + len(many)) / len(p))  # Storey's, of those without parts
    adjusted = false_discovery_control(p) * share
    assert ((p <= cut(p)) == (adjusted <= FALSE)).all() or np.isclose(adjusted, FALSE).any()


def test_the_score_without_parts_is_as_the_p_values_take_it():
    score = []
    for seed in range(6):
        net, _ = kn.datasets.planted(20, 4, regions=8, contrast=1.0, noise=1.2, seed=50 + seed)
        top = kn.Clusters.from_labels(net, net.columns["region"])
        score += (20 * kn.levels(top, seed=seed, depth=2).splits["score"]).tolist()
    mean, spread = CHANCE
    assert abs(np.mean(score) - mean) < 0.3
    assert np.std(score) < 1.1 * spread
