"""validation_scores(): against plain loops, by its laws, and on bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import klasternet as kn


def case(seed=0, n=14, k=3):
    rng = np.random.default_rng(seed)
    network = kn.FlowNetwork.from_matrix(rng.random((n, n)), [f"i{i}" for i in range(n)])
    labels = np.concatenate([np.arange(k), np.arange(k), rng.integers(-1, k, n - 2 * k)])
    S = rng.normal(size=(n, n))
    frame = pd.DataFrame((S + S.T) / 2, network.industries, network.industries)
    return kn.Clusters.from_labels(network, labels), frame


def slow(clusters, S):
    """The definition, pair by pair."""
    groups = [list(names) for names in clusters]
    shares = []
    within, between = [], []
    for c, own in enumerate(groups):
        within.append(np.mean([S.loc[i, j] for i in own for j in own if i != j]))
        others = [g for d, g in enumerate(groups) if d != c]
        between.append([np.mean([S.loc[i, j] for i in own for j in g]) for g in others])
    industry, others_of = [], []
    for c, own in enumerate(groups):
        for i in own:
            industry.append(np.mean([S.loc[i, j] for j in own if j != i]))
            others = [g for d, g in enumerate(groups) if d != c]
            others_of.append([np.mean([S.loc[i, j] for j in g]) for g in others])
    for own, other in ((within, between), (industry, others_of)):
        for cut in (np.mean, lambda x: np.percentile(x, 95)):
            share = np.mean([a > cut(b) for a, b in zip(own, other, strict=True)])
            shares.append(100 * share)
    return shares


@pytest.mark.parametrize("seed", range(8))
def test_the_definition(seed):
    clusters, S = case(seed)
    found = kn.validation_scores(clusters, S)
    np.testing.assert_allclose(found.table.iloc[0, :4], slow(clusters, S))
    assert found.score == pytest.approx(np.mean(slow(clusters, S)))


def test_laws():
    clusters, S = case(3)
    plain = kn.validation_scores(clusters, S)
    for other in (3 * S + 7, S.loc[S.index[::-1], S.columns[::-1]]):
        pd.testing.assert_frame_equal(kn.validation_scores(clusters, other).table, plain.table)
    both = kn.validation_scores(clusters, {"a": S, "b": -S})
    assert both.score == pytest.approx(both.table["score"].mean())
    assert both.table.loc["a", "score"] == plain.score


def test_blocks_are_perfect_and_the_outlier_is_found():
    clusters, S = case(1)
    labels = pd.Series(clusters.labels, S.index)
    same = (labels.to_numpy()[:, None] == labels.to_numpy()) & (labels.to_numpy() >= 0)
    blocks = pd.DataFrame(same.astype(float), S.index, S.columns)
    assert kn.validation_scores(clusters, blocks).score == 100
    stray = labels.index[labels == 0][0]
    other = labels.index[labels == 1]
    blocks.loc[stray, :] = blocks.loc[:, stray] = 0.0
    blocks.loc[stray, other] = blocks.loc[other, stray] = 1.0
    found = kn.validation_scores(clusters, blocks)
    assert found.outliers["industry"].tolist() == [stray]
    assert found.outliers["better"].tolist() == [clusters.names[1]]
    assert stray in str(found) and "of 100" in repr(found)


def test_tie_rules_serve():
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    found = kn.validation_scores(
        kn.detect(network, seed=0), {"inputs": "strongest_share", "lift": "lift"}
    )
    assert found.table["clusters_high"].min() > 50
    assert found.table.loc["lift", "industries_high"] > 80


def test_bad_input():
    clusters, S = case()
    with pytest.raises(kn.AlignmentError, match=r"no 'i0'. Give every"):
        kn.validation_scores(clusters, S.drop(index="i0"))
    with pytest.raises(kn.AlignmentError, match="'i1' twice"):
        kn.validation_scores(clusters, pd.concat([S, S.loc[["i1"]]]))
    with pytest.raises(kn.DataError, match=r"not finite for 'i0' and 'i1'"):
        S.loc["i0", "i1"] = np.nan
        kn.validation_scores(clusters, S)
    with pytest.raises(kn.ParameterError, match="ndarray; a similarity is a frame"):
        kn.validation_scores(clusters, np.eye(14))
    with pytest.raises(kn.ParameterError, match="no tie rule called 'inputs'"):
        kn.validation_scores(clusters, "inputs")
    one = kn.Clusters.from_labels(clusters.network, np.zeros(14, int))
    with pytest.raises(kn.DataError, match="needs two"):
        kn.validation_scores(one, "lift")
    with pytest.raises(kn.ParameterError, match="clusters are needed"):
        kn.validation_scores(S, "lift")
