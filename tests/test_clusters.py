"""Clusters: a container whose numbers add up to the whole, ordered and named by flow."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from klasternet import AlignmentError, Clusters, ContractError, FlowNetwork, ParameterError
from klasternet.clusters import Recipe, order_labels
from klasternet.labelling import name_clusters, own_trade

NAMES = ["ore", "steel", "cars", "milk", "cheese", "rent"]
W = np.array(
    [
        [3.0, 60, 0, 0, 0, 1],
        [2, 9, 50, 0, 1, 2],
        [1, 4, 20, 1, 1, 0],
        [0, 0, 0, 2, 30, 1],
        [0, 0, 0, 4, 8, 0],
        [5, 6, 7, 3, 2, 0],
    ]
)


def economy(**kwargs):
    return FlowNetwork.from_matrix(W, industries=NAMES, name="toy", unit="million USD", **kwargs)


def given_clusters(network=None, labels=(4, 4, 4, 2, 2, -1)):
    return Clusters.from_labels(network or economy(), list(labels))


@st.composite
def partitions(draw):
    """A random network, dense or sparse, loops kept or not, with labels that may be -1."""
    n = draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    M = rng.lognormal(0, 2, (n, n)) * (rng.random((n, n)) < 0.7)
    M[0, 1] += 1
    form = draw(st.sampled_from([np.asarray, sparse.csr_array]))
    network = FlowNetwork.from_matrix(form(M), loops=draw(st.sampled_from(["aside", "keep"])))
    return network, np.array(draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n)))


def test_a_container():
    clusters = given_clusters()
    assert len(clusters) == 2
    assert clusters.labels.tolist() == [0, 0, 0, 1, 1, -1]  # 0 has the larger internal flow
    assert list(clusters) == [("ore", "steel", "cars"), ("milk", "cheese")]
    assert clusters.members(1) == clusters["milk & cheese"] == clusters[-1] == ("milk", "cheese")
    assert clusters.members("rest") == clusters.rest == ("rent",)
    assert clusters.sizes.tolist() == [3, 2]
    assert clusters.names == ("steel & ore", "milk & cheese")
    assert clusters.partition.tolist() == [0, 0, 0, 1, 1, 2]
    assert clusters.recipe is None and clusters.verdict == ""
    with pytest.raises(ParameterError, match="no cluster 2; there are 2"):
        clusters.members(2)
    with pytest.raises(ParameterError, match="did you mean 'milk & cheese'"):
        clusters.members("milk and cheese")
    with pytest.raises(ValueError, match="read-only"):
        clusters.labels[0] = 1


@given(partitions())
def test_flows_between_clusters_add_up_to_all_trade(made):
    network, labels = made
    clusters = Clusters.from_labels(network, labels)
    total = network.trade.sum()
    assert total == pytest.approx(
        network.total * (1 - (network.loops == "aside") * network.loop_share)
    )
    between = clusters.between
    assert between.to_numpy().sum() == pytest.approx(total)
    W = network.trade.toarray() if network.is_sparse else network.trade
    for a, first in enumerate(clusters):
        for b, second in enumerate(clusters):
            expected = W[np.ix_(list(first), list(second))].sum()
            assert between.iloc[a, b] == pytest.approx(expected)
    np.testing.assert_allclose(np.diag(between)[: len(clusters)], clusters.internal_flow)
    assert (np.diff(clusters.internal_flow) <= 1e-9 * total).all()
    frame = clusters.to_frame()
    inside = (frame["sells_inside"].fillna(0) * W.sum(axis=1)).sum()
    assert inside == pytest.approx(clusters.internal_flow.sum())


@given(partitions(), st.permutations(list(range(-1, 6))))
def test_numbers_of_given_labels_are_of_no_effect(made, renumbered):
    network, labels = made
    labels = np.where(labels < 0, -1, labels)
    others = np.where(labels < 0, -1, np.array([x + 7 for x in renumbered])[labels])
    a, b = (Clusters.from_labels(network, x) for x in (labels, others))
    assert a.labels.tolist() == b.labels.tolist() and a.names == b.names
    assert order_labels(a.labels, network).tolist() == a.labels.tolist()
    assert len(set(a.names)) == len(a) and "rest" not in a.names


@given(partitions())
def test_communities_are_a_partition(made):
    network, labels = made
    clusters = Clusters.from_labels(network, labels)
    assert nx.community.is_partition(network.to_networkx(), clusters.communities())
    M = clusters.membership.toarray()
    assert M.sum(axis=0).tolist() == clusters.sizes.tolist()
    assert M.sum() + len(clusters.rest) == network.n
    assert sorted(set(clusters.partition)) == list(range(clusters.partition.max() + 1))


def test_dense_and_sparse_count_alike():
    rng = np.random.default_rng(0)
    M = rng.lognormal(0, 1, (30, 30))
    labels = rng.integers(-1, 6, 30)
    networks = [FlowNetwork.from_matrix(form(M)) for form in (np.asarray, sparse.csr_array)]
    for a, b in zip(*(own_trade(x.trade, labels) for x in networks), strict=True):
        np.testing.assert_allclose(a, b)
    a, b = (Clusters.from_labels(x, labels) for x in networks)
    assert a.names == b.names
    np.testing.assert_allclose(a.between, b.between)


def test_transposing_and_scaling_change_no_label():
    clusters = given_clusters()
    turned = FlowNetwork.from_matrix(W.T, industries=NAMES)
    grown = FlowNetwork.from_matrix(W * 1000, industries=NAMES)
    for network in (turned, grown):
        assert given_clusters(network).labels.tolist() == clusters.labels.tolist()
        assert given_clusters(network).names == clusters.names


def test_labels_from_lists_that_people_keep():
    metal = {"ore": "metal", "steel": "metal", "cars": "metal", "rent": None}
    by_name = Clusters.from_labels(
        economy(), pd.Series({"cheese": "dairy", "milk": "dairy", **metal})
    )
    assert by_name.names == ("metal", "dairy")
    assert by_name.labels.tolist() == given_clusters().labels.tolist()
    mapping = Clusters.from_labels(
        economy(), dict(zip(NAMES, [1, 1, 1, 3, 3, np.nan], strict=True))
    )
    assert mapping.labels.tolist() == by_name.labels.tolist()
    named = Clusters.from_labels(economy(), [1, 1, 1, 3, 3, "rest"], names={3: "dairy"})
    assert named.names == ("steel & ore", "dairy")
    alone = Clusters.from_labels(economy(), [0, -1, -1, -1, -1, -1])
    assert alone.names == ("ore",)
    none = Clusters.from_labels(economy(), [None] * 6)
    assert len(none) == 0 and list(none) == [] and len(none.communities()) == 6
    assert "0 clusters" in str(none)


def test_labels_of_other_industries_are_refused():
    labels = dict.fromkeys(NAMES, 0)
    with pytest.raises(AlignmentError, match="lack 'rent'"):
        Clusters.from_labels(economy(), {k: v for k, v in labels.items() if k != "rent"})
    with pytest.raises(AlignmentError, match="unknown 'tin'"):
        Clusters.from_labels(economy(), labels | {"tin": 0})
    with pytest.raises(AlignmentError, match="'ore' twice"):
        Clusters.from_labels(economy(), pd.Series(0, index=[*NAMES, "ore"]))
    with pytest.raises(AlignmentError, match="5 labels for 6"):
        Clusters.from_labels(economy(), [0] * 5)
    with pytest.raises(ContractError, match=r"shape \(6,\) and type float64"):
        order_labels(np.zeros(6), economy())


def test_names_can_be_changed_and_stay_unique():
    clusters = given_clusters()
    assert clusters.rename({0: "metal", "milk & cheese": "dairy"}).names == ("metal", "dairy")
    assert clusters.names == ("steel & ore", "milk & cheese")
    with pytest.raises(ParameterError, match="'dairy'"):
        clusters.rename({0: "dairy", 1: "dairy"})
    with pytest.raises(ParameterError, match="no cluster 5"):
        clusters.rename({5: "metal"})
    same = FlowNetwork.from_matrix(W, industries=["a", "b", "c", "a & b", "d", "e"])
    assert Clusters.from_labels(same, [0, 0, -1, 1, -1, -1]).names == ("a & b", "a & b (2)")


def test_names_are_those_of_the_largest_members():
    assert name_clusters(economy(), np.array([1, 1, 1, 0, 0, 1])) == (
        "milk & cheese",
        "steel & ore",
    )


def test_the_frame():
    frame = given_clusters().to_frame()
    assert frame.index.tolist() == NAMES and "support" not in frame
    assert frame.loc["rent", "cluster"] == "rest" and frame.loc["rent", "label"] == -1
    assert frame.loc["ore", "sells_inside"] == pytest.approx(60 / 61)
    assert frame.loc["steel", "buys_inside"] == pytest.approx(64 / 70)
    assert frame.loc["cars", "loops"] == 20


def test_a_recipe_can_be_followed_again():
    def method(network, seed, parts):
        return Clusters.from_labels(network, np.arange(network.n) % parts + seed)

    recipe = Recipe("modulo", method, {"parts": 2}, seed=3, version="0")
    assert len(recipe.repeat(economy())) == 2
    assert str(recipe) == "method='modulo', parts=2, seed=3"
    long = Recipe("given", method, {"labels": list(range(1000))}, seed=None, version="0")
    assert str(long) == "method='given', labels=..., seed=None"


def test_it_prints_for_a_planner():
    lines = str(given_clusters()).splitlines()
    assert lines[0] == "toy: 2 clusters, 5 of 6 industries"
    assert " ".join(lines[2].split()) == "0 steel & ore 3 117 64.6% ore, steel, cars"
    assert lines[-2].strip().startswith("Flows in million USD")
    assert lines[-1].strip() == "rest of the economy (1): rent"
    assert repr(given_clusters()) == "Clusters of toy: 2 clusters, 5 of 6 industries; given"


def test_it_prints_briefly_for_a_large_network():
    n = 4000
    ring = sparse.coo_array((np.ones(n), (np.arange(n), (np.arange(n) + 1) % n)), shape=(n, n))
    clusters = Clusters.from_labels(FlowNetwork.from_matrix(ring), np.arange(n) // 4 - 1)
    text = str(clusters)
    assert "and 959 more clusters" in text and text.count("\n") < 50 and len(text) < 6000
