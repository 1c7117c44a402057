"""Scores that somebody brings: the laws of sums, the best of all partitions, known objectives."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import klasternet as kn
from klasternet.detectors.own_objective import _joined, _level, _totals


def modularity(inside, sold, bought, size, total, n):
    return inside / total - sold * bought / total**2


def modularity_of_all(inside, expected, pairs, total, all_pairs):
    return (inside - expected) / total


def surprise(inside, expected, pairs, total, all_pairs):
    q, p = inside / total, pairs / all_pairs
    value = q * math.log(q / p) if q > 0 and p > 0 else 0.0
    if q < 1 and p < 1:
        value += (1 - q) * math.log((1 - q) / (1 - p))
    return value if q >= p else -value


def economy(seed, n=30, **options):
    network, labels = kn.datasets.planted(n, 3, contrast=8, noise=0.6, seed=seed, **options)
    return network, labels


def partitions(n):
    """Every partition of n things, as restricted growth strings."""
    stack = [[0]]
    while stack:
        label = stack.pop()
        if len(label) == n:
            yield np.array(label)
        else:
            stack += [[*label, c] for c in range(max(label) + 2)]


@pytest.mark.parametrize("seed", range(3))
def test_modularity_of_one_s_own_is_modularity(seed):
    loops = kn.FlowNetwork.from_matrix(np.asarray(economy(seed)[0].flows), loops="keep")
    one = kn.detect(loops, "own_objective", score=modularity, seed=0)
    all_ = kn.detect(loops, "own_objective", score=modularity_of_all, of="partition", seed=0)
    graph = nx.from_numpy_array(np.asarray(loops.flows), create_using=nx.DiGraph)
    for found in (one, all_):
        said = nx.community.modularity(graph, found.communities())
        assert found.objective_value == pytest.approx(said, abs=1e-12)
    options = {"measure": "flow", "null": "configuration", "resolution": 1.0}
    best = kn.detect(loops, **options, support=0, contrast=0, seed=0)
    assert one.objective_value == pytest.approx(best.objective_value, abs=1e-9)
    assert all_.objective_value == pytest.approx(best.objective_value, abs=1e-9)


@pytest.mark.parametrize("of", ["clusters", "partition"])
def test_the_best_of_all_partitions(of):
    score = {"clusters": modularity, "partition": surprise}[of]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        W = rng.lognormal(0, 1.5, (6, 6)) * (rng.random((6, 6)) < 0.7)
        network = kn.FlowNetwork.from_matrix(W, loops="keep")
        total = W.sum()

        def value(label, W=W, total=total):
            M = np.eye(6)[label]
            inside, sold, bought = M.T @ W @ M, M.T @ W.sum(axis=1), M.T @ W.sum(axis=0)
            size = M.sum(axis=0)
            used = size > 0
            rows = np.column_stack([inside.diagonal(), sold, bought, size])[used]
            if of == "clusters":
                return sum(score(*row, total, 6) for row in rows)
            expected, pairs = rows[:, 1] @ rows[:, 2] / total, rows[:, 3] @ (rows[:, 3] - 1)
            return score(rows[:, 0].sum(), expected, pairs, total, 30)

        top = max(value(label) for label in partitions(6))
        found = kn.detect(network, "own_objective", score=score, of=of, runs=20, seed=seed)
        assert found.objective_value == pytest.approx(value(found.partition), rel=1e-9)
        assert found.objective_value == pytest.approx(top, rel=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_sums_survive_aggregation(seed):
    rng = np.random.default_rng(seed)
    W = sparse.csr_array(rng.lognormal(0, 1, (12, 12)) * (rng.random((12, 12)) < 0.5))
    first = rng.integers(0, 5, 12)
    first = np.unique(first, return_inverse=True)[1]
    second = rng.integers(0, 3, first.max() + 1)
    second = np.unique(second, return_inverse=True)[1]
    base, total = _level(W, np.ones(12)), float(W.sum())
    twice = _joined(_joined(base, first, first.max() + 1), second, second.max() + 1)
    once = _joined(base, second[first], second.max() + 1)
    assert np.allclose(twice[1], once[1]) and np.allclose(twice[0].toarray(), once[0].toarray())
    assert np.allclose(_totals(twice[1], total), _totals(once[1], total))


def test_surprise_is_at_least_that_of_the_planted_clusters():
    network, labels = economy(4, n=36)
    clusters = kn.detect(network, "own_objective", score=surprise, of="partition", seed=0)
    base = _level(sparse.csr_array(network.ties), np.ones(network.n))
    planted = _joined(base, np.unique(labels, return_inverse=True)[1], 3)[1]
    total = float(network.ties.sum())
    value = surprise(*_totals(planted, total), total, network.n * (network.n - 1.0))
    assert clusters.objective_value >= value > 0
    again = kn.detect(network, "own_objective", score=surprise, of="partition", seed=0)
    assert (clusters.labels == again.labels).all()


def test_a_distance_decayed_null_needs_no_score():
    """An expectation for every pair is a null model of as many masses as industries."""
    network, _ = economy(1)
    place = np.random.default_rng(0).random((network.n, 2))
    apart = np.linalg.norm(place[:, None] - place[None], axis=2)
    W = np.asarray(network.ties)
    E = np.outer(W.sum(axis=1), W.sum(axis=0)) * np.exp(-3 * apart)
    np.fill_diagonal(E, 0)
    E *= W.sum() / E.sum()
    options = {"measure": "flow", "resolution": 1.0, "support": 0, "contrast": 0, "seed": 0}
    clusters = kn.detect(network, null=(E, np.eye(network.n)), **options)
    M = np.eye(clusters.partition.max() + 1)[clusters.partition]
    value = ((W - E) * (M @ M.T)).sum() / W.sum()
    assert clusters.objective_value == pytest.approx(value, rel=1e-9)


def test_bad_scores():
    network, _ = economy(0)
    with pytest.raises(kn.ParameterError, match="score="):
        kn.detect(network, "own_objective")
    with pytest.raises(kn.ParameterError, match="runs"):
        kn.detect(network, "own_objective", score=modularity, runs=0)
    with pytest.raises(kn.ParameterError, match="clusters, partition"):
        kn.detect(network, "own_objective", score=modularity, of="pairs")

    def worded(inside, sold, bought, size, total, n):
        return f"{inside}" + sold

    with pytest.raises(kn.ContractError, match=r"cannot compile.*worded"):
        kn.detect(network, "own_objective", score=worded)

    def hollow(inside, sold, bought, size, total, n):
        return math.nan

    with pytest.raises(kn.ContractError, match="finite"):
        kn.detect(network, "own_objective", score=hollow)
