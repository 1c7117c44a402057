"""Planted economies: what was planted is found, and nothing is found where nothing was."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, f1_score

import klasternet as kn

planted = kn.datasets.planted


# -------------------------------------------------------------------------- the economies


def test_planting_gives_what_was_asked_for():
    network, labels = planted(
        40, 4, rest=0.25, contrast=3, zeros=0.2, diagonal=0.3, regions=2, seed=1
    )
    assert network.n == len(labels) == 80
    assert (labels == -1).sum() == 20
    assert set(np.bincount(labels[labels >= 0])) == {7, 8} and labels.max() == 7
    assert network.columns["planted"].tolist() == labels.tolist()
    assert network.columns["region"].value_counts().tolist() == [40, 40]
    regions = network.columns["region"].to_numpy()
    for k in range(8):  # a cluster is in one region
        assert len(set(regions[labels == k])) == 1
    assert network.loop_share == pytest.approx(0.3)
    off = ~np.eye(80, dtype=bool)
    assert (network.flows[off] == 0).mean() == pytest.approx(0.2, abs=0.02)
    within = regions[:, None] == regions
    logs = np.log(np.where(network.flows > 0, network.flows, np.nan))
    gap = np.nanmean(logs[within & off]) - np.nanmean(logs[~within])
    assert gap == pytest.approx(np.log(20) + 0.1, abs=0.3)


@pytest.mark.parametrize("contrast", [1.0, 4.0])
def test_contrast_is_that_of_flows_free_of_size(contrast):
    network, labels = planted(60, 4, contrast=contrast, noise=0.5, sizes=0.0, seed=0)
    same = (labels[:, None] == labels) & ~np.eye(60, dtype=bool)
    other = labels[:, None] != labels
    logs = np.log(network.flows)
    assert np.exp(logs[same].mean() - logs[other].mean()) == pytest.approx(contrast, rel=0.08)
    assert logs[other].std() == pytest.approx(0.5, abs=0.03)


def test_same_seed_same_economy():
    a, b, c = (planted(20, 2, seed=seed)[0].flows for seed in (5, 5, 6))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clusters": 30}, "30 clusters in 20 industries"),
        ({"clusters": 0}, "0 clusters"),
        ({"n": 1, "clusters": 1}, "1 industries"),
        ({"rest": 1.0}, "3 clusters in 0 industries"),
        ({"zeros": -0.1}, r"zeros is -0\.1; it is a share"),
        ({"diagonal": 1}, "diagonal is 1; it is a share"),
        ({"contrast": 0.5}, "contrast is at least 1"),
        ({"noise": -1}, "noise at least 0"),
        ({"regions": 0}, "0 region"),
    ],
)
def test_economies_that_cannot_be(options, message):
    with pytest.raises(kn.ParameterError, match=message):
        planted(**{"n": 20, "clusters": 3, **options})


# ---------------------------------------------------------------------------- what is found


@pytest.mark.parametrize("seed", range(4))
def test_strong_clusters_are_found_exactly(seed):
    network, labels = planted(45, 5, contrast=5, seed=seed)
    found = kn.detect(network, seed=seed)
    assert found.measure == "lift" and found.verdict == "clusters"
    assert adjusted_rand_score(labels, found.labels) == 1.0


@pytest.mark.parametrize(
    "economy",
    [
        {"n": 100, "clusters": 10, "noise": 1.2},
        {"n": 60, "clusters": 5, "zeros": 0.3},
        {"n": 20, "clusters": 4, "regions": 4},  # though all of a region is denser inside, too
    ],
)
def test_clusters_are_found_through_noise_zeros_and_regions(economy):
    network, labels = planted(contrast=5, seed=0, **economy)
    found = kn.detect(network, seed=0)
    assert found.measure == "lift" and found.verdict == "clusters"
    assert adjusted_rand_score(labels, found.partition) > 0.95


def test_structureless_economies_have_no_clusters():
    verdicts = []
    for seed in range(30):
        network, _ = planted(45, 5, contrast=1, seed=seed)
        found = kn.detect(network, seed=seed)
        verdicts.append(found.verdict)
        if found.verdict == "no clusters":
            assert len(found) == 0 and (found.labels == -1).all()
    assert verdicts.count("no clusters") >= 27, verdicts


@pytest.mark.parametrize("options", [{"noise": 0.5}, {"zeros": 0.3}, {"sizes": 2.5}])
def test_nor_do_those_of_other_noise(options):
    found = [
        kn.detect(planted(45, 5, contrast=1, seed=seed, **options)[0], seed=seed).verdict
        for seed in range(6)
    ]
    assert found.count("no clusters") >= 5, found


@pytest.mark.parametrize("contrast", [3, 5])
def test_the_rest_is_told_from_the_clusters(contrast):
    scores = []
    for seed in range(3):
        network, labels = planted(100, 5, rest=0.3, contrast=contrast, seed=seed)
        found = kn.detect(network, seed=seed)
        assert found.verdict == "clusters"
        scores.append(f1_score(labels >= 0, found.labels >= 0))
    assert np.mean(scores) > 0.9 and min(scores) > 0.85, scores


def test_lift_beats_money_where_sizes_differ():
    """What the measure is for: at contrast 3 modularity follows the giants."""
    network, labels = planted(100, 10, contrast=3, noise=1.2, seed=0)
    lift, flow = (kn.detect(network, measure=m, seed=0).partition for m in ("lift", "flow"))
    assert adjusted_rand_score(labels, lift) > 0.8
    assert adjusted_rand_score(labels, flow) < 0.4
