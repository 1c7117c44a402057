"""stability(): margins and zeros kept, shares that add up, and a known answer found steady."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.cluster.hierarchy import dendrogram

import klasternet as kn
from klasternet.evidence.noise import shaken


@cache
def planted():
    return kn.datasets.planted(30, 3, rest=0.2, contrast=8, noise=0.8, seed=3)


@cache
def found(**parameters):
    return kn.detect(planted()[0], seed=0, **parameters)


@cache
def steady(**parameters):
    return kn.stability(found(), draws=12, seed=0, **parameters)


@pytest.mark.parametrize("thin", [False, True])
def test_noise_keeps_margins_zeros_and_diagonal(thin):
    rng = np.random.default_rng(1)
    W = rng.lognormal(size=(25, 25)) * (rng.random((25, 25)) < 0.7)
    network = kn.FlowNetwork.from_matrix(sparse.csr_array(W) if thin else W)
    other = shaken(network, 0.3, rng)
    W, V = (n.flows.toarray() if thin else n.flows for n in (network, other))
    assert sparse.issparse(other.flows) == thin
    np.testing.assert_allclose(V.sum(axis=0), W.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(V.sum(axis=1), W.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(V.diagonal(), W.diagonal(), rtol=1e-12)
    assert ((V > 0) == (W > 0)).all()
    off = (W > 0) & ~np.eye(25, dtype=bool)
    spread = np.log(V[off] / W[off]).std()
    assert 0.2 < spread < 0.35  # rebalancing takes some of it back


def test_noise_by_cell_leaves_the_others_alone():
    network = planted()[0]
    sd = pd.DataFrame(0.0, network.industries, network.industries)
    first = network.industries[:10]
    sd.loc[first, first] = 0.5
    result = kn.stability(found(), draws=2, noise=sd[::-1], seed=0)
    assert "given by cell" in str(result)
    spread = sd.to_numpy()
    other = shaken(network, spread, np.random.default_rng(0))
    ratio = np.log(other.flows[10:, 10:][network.flows[10:, 10:] > 0]) - np.log(
        network.flows[10:, 10:][network.flows[10:, 10:] > 0]
    )
    assert np.abs(ratio).max() < 0.1  # what rebalancing does


def test_shares_add_up():
    result, n = steady(), 30
    chance, together = result.membership_probability, result.comembership
    np.testing.assert_allclose(chance.sum(axis=1), 1.0)
    assert chance.columns.tolist() == [*found().names, "another cluster", "rest"]
    assert (together.to_numpy() == together.to_numpy().T).all()
    assert (np.diag(together) == 1).all() and ((together >= 0) & (together <= 1)).all(axis=None)
    # McNerney, Fath and Silverberg (2013), A.6: 1 - co-membership obeys the triangle inequality
    apart = 1 - together.to_numpy()
    assert (apart[:, None, :] <= apart[:, :, None] + apart[None, :, :] + 1e-12).all()
    assert result.table["industries"].sum() == (found().labels >= 0).sum()
    assert len(result.agreement) == 12 and result.hierarchy.shape == (n - 1, 4)
    dendrogram(result.hierarchy, labels=list(together.index), no_plot=True)


def test_what_was_planted_is_certain():
    _, truth = planted()
    result = steady()
    for name, certain in result.core.items():
        k = found().names.index(name)
        assert set(certain) <= set(found().members(k)) | set(result.fringe[name])
        at = found().network.industries.get_indexer(list(certain))
        assert len(set(truth[at])) <= 1  # a core mixes no two planted clusters
    assert sum(map(len, result.core.values())) > 10
    assert result.agreement["ari"].mean() > 0.8
    assert kn.agreement(result.consensus(), found()).ari > 0.8


def test_more_noise_is_less_steady():
    means = [
        kn.stability(found(), draws=8, noise=noise, seed=0).agreement["ari"].mean()
        for noise in (0.1, 3.0)
    ]
    assert means[0] > means[1] + 0.2


def test_core_and_fringe_are_what_they_say():
    result = kn.stability(found(), draws=10, noise=1.0, seed=1, certain=0.8)
    chance = result.membership_probability
    for name in found().names:
        assert set(result.core[name]) == set(chance.index[chance[name] >= 0.8])
        some = (chance[name] < 0.8) & (chance[name] > 1 - 0.8)
        assert set(result.fringe[name]) == set(chance.index[some])
        assert result.table.loc[name, "core"] == len(result.core[name])


def test_labels_held_fixed_are_certain_and_readings_vary():
    network, truth = planted()
    result = kn.stability(kn.detect(network, truth), draws=10, noise=0.2, seed=0)
    assert (result.agreement["ari"] == 1).all()
    assert (result.table["membership"] == 1).all() and (result.table["jaccard"] == 1).all()
    ratio = result.readings.xs("gravity_ratio", level="reading")
    assert (ratio["low"] < ratio["high"]).all()
    density = kn.density(result.clusters)["gravity_ratio"]
    np.testing.assert_allclose(ratio["value"], density)


def test_same_seed_same_numbers_whatever_the_workers():
    import joblib

    pd.testing.assert_frame_equal(steady().agreement, steady(n_jobs=2).agreement)
    with joblib.parallel_config(backend="loky"):
        processes = kn.stability(found(), draws=12, seed=0, n_jobs=2)
    pd.testing.assert_frame_equal(steady().comembership, processes.comembership)


def test_resolution_is_held_or_chosen_anew():
    assert (steady().agreement["resolution"] == found().resolution).all()
    anew = kn.stability(found(), draws=3, noise=1.0, seed=0, resolution="auto")
    assert anew.resolution == "auto" and "chosen anew" in str(anew)
    assert (
        kn.stability(found(), draws=1, seed=0, resolution=2.0).agreement["resolution"] == 2
    ).all()


def test_weights_taken_in_turn_do_not_change_lift():
    plain = kn.detect(planted()[0], seed=0, support=0, contrast=0)
    result = kn.stability(plain, draws=2, noise=0.0, seed=0, ties=["flow", "input_share"])
    assert (result.agreement["ari"] == 1).all()


def test_a_tie_rule_is_followed_again():
    clusters = kn.detect(kn.tie(planted()[0], "input_share"), measure="flow", seed=0)
    assert len(kn.stability(clusters, draws=2, seed=0).agreement) == 2


def test_stopped_it_counts_what_it_has():
    calls = []

    def halves(network, rng):
        calls.append(network)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return np.arange(network.n) // (network.n // 2)

    clusters = kn.detect(planted()[0], method=halves)
    with pytest.warns(kn.KlasternetWarning, match="interrupted after 3 of 9 noisy tables"):
        result = kn.stability(clusters, draws=9, seed=0)
    assert len(result.agreement) == 3
    assert (result.membership_probability.sum(axis=1) == 1).all()


def test_prints_who_is_certain():
    text = str(steady())
    assert "certain:" in text and "margins kept" in text and "ARI" in repr(steady())
    assert "seeds alone" in str(kn.stability(found(), draws=1, noise=0, seed=0))


def test_no_clusters_at_all():
    network, _ = kn.datasets.planted(20, 1, contrast=1, seed=0)
    clusters = kn.detect(network, seed=0)
    assert len(clusters) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = kn.stability(clusters, draws=3, seed=0)
    assert result.membership_probability.columns.tolist() == ["another cluster", "rest"]
    assert len(result.table) == 0 and str(result)


def test_bad_input():
    network, truth = planted()
    with pytest.raises(kn.ParameterError, match=r"given, not found.*detect\(network"):
        kn.stability(kn.Clusters.from_labels(network, truth))
    with pytest.raises(kn.ParameterError, match="needs Clusters, not a FlowNetwork"):
        kn.stability(network)
    for bad in ({"draws": 0}, {"noise": -1}, {"noise": "much"}, {"certain": 0.2}, {"seed": -1}):
        with pytest.raises(kn.ParameterError, match=next(iter(bad))):
            kn.stability(found(), **bad)
    with pytest.raises(kn.ParameterError, match="ties is empty"):
        kn.stability(found(), ties=[])
    with pytest.raises(kn.ParameterError, match="no tie rule called 'inputs'"):
        kn.stability(found(), ties="inputs")
    with pytest.raises(kn.AlignmentError, match="no noise for"):
        kn.stability(found(), noise=pd.DataFrame(0.1, ["a"], ["a"]))
    given = kn.detect(network.with_ties(network.flows**0.5), seed=0)
    with pytest.raises(kn.DataError, match="'given' cannot be made again"):
        kn.stability(given, draws=1)
    with pytest.raises(kn.ParameterError, match="takes no resolution"):
        kn.stability(kn.detect(network, truth), draws=1, resolution=1.0)
