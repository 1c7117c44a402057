"""The literature's detectors: published and hand-computed cases, independent programs, laws."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

import klasternet as kn
from klasternet import contracts, registry
from klasternet.detectors import trees
from klasternet.detectors.consensus import coclassification
from klasternet.detectors.czamanski import coefficients, homogeneity
from klasternet.detectors.feser_bergman import factors, feser_bergman, parts, varimax
from klasternet.detectors.found import Found
from klasternet.detectors.hierarchy import similarity
from klasternet.detectors.hoen import hoen, strengths
from klasternet.detectors.minimal_flow import connexity, layers, minimal_flow
from klasternet.detectors.persistence import persistence_probabilities, walk
from klasternet.detectors.profile_correlations import links
from klasternet.detectors.spectral import bisect

TOY = np.array(  # two groups of three
    [[10, 40, 30, 2, 1, 1], [20, 5, 50, 1, 3, 0], [35, 25, 8, 0, 2, 2],
     [1, 2, 0, 6, 60, 20], [0, 1, 2, 45, 4, 30], [2, 0, 1, 25, 35, 9]],
    dtype=float,
)  # fmt: skip


@pytest.fixture(scope="module")
def usa():
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


@pytest.fixture(scope="module")
def germany():
    return kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))


def with_output(network):
    """The network with an output that all its sales and purchases fit into."""
    Z = network.flows.toarray() if network.is_sparse else network.flows
    output = 1.5 * np.maximum(Z.sum(axis=1), Z.sum(axis=0))
    return replace(network, columns=network.columns.assign(output=output))


def ari(found, labels):
    return kn.agreement(found, kn.Clusters.from_labels(found.network, labels)).ari


# --------------------------------------------------------------------------------------- all


@pytest.mark.parametrize(
    ("method", "least"),
    [
        ("feser_bergman", 0.95),
        ("czamanski", 0.95),
        ("persistence", 1.0),
        ("mapequation", 1.0),
        ("spectral", 1.0),
        ("hierarchy", 1.0),
    ],
)
def test_plain_clusters_are_found(method, least):
    network, labels = kn.datasets.planted(45, 5, contrast=40, noise=0.4, seed=3)
    assert ari(kn.detect(network, method, seed=0), labels) >= least


@pytest.mark.parametrize("method", [hoen, minimal_flow])
def test_methods_that_need_accounts_keep_their_contract(method):
    def with_accounts(network, rng):
        return method(with_output(network), rng).labels

    frame = contracts.check_detector(with_accounts)
    assert (frame["outcome"] == "kept").sum() > 40


@pytest.mark.parametrize("method", ["hoen", "minimal_flow"])
def test_what_is_missing_is_told_with_a_cure(method):
    network = kn.FlowNetwork.from_matrix(TOY)
    with pytest.raises(kn.DataError, match=r"needs output.*columns=\{'output'"):
        kn.detect(network, method)
    broken = with_output(network)
    broken = replace(broken, columns=broken.columns.assign(output=[1.0, None, 3, 4, 5, 6]))
    with pytest.raises(kn.DataError, match="number for every industry"):
        kn.detect(broken, method)


def test_negative_ties_are_refused():
    network, _ = kn.datasets.planted(20, 2, seed=0)
    for method in ("persistence", "mapequation"):
        with pytest.raises(kn.DataError, match="not negative"):
            kn.detect(kn.tie(network, "lift"), method)


def test_too_many_industries_are_refused(monkeypatch):
    monkeypatch.setattr("klasternet.detectors.literature.FULL_UP_TO", 5)
    for method in ("feser_bergman", "czamanski", "persistence", "hierarchy", "consensus"):
        with pytest.raises(kn.DataError, match="all pairs"):
            kn.detect(kn.FlowNetwork.from_matrix(TOY), method)


@pytest.mark.parametrize(
    "name",
    ["feser_bergman", "minimal_flow", "hoen", "czamanski", "persistence", "mapequation", "spectral",
     "hierarchy", "consensus", "own_objective"],
)  # fmt: skip
def test_every_method_says_what_it_is(name):
    """Formulas over pairs and over clusters, when it misleads, where it comes from."""
    said = inspect.getdoc(registry.detectors.find(name))  # margins differ between Pythons
    idea, notes = said.split("Parameters")[0], said.split("Notes")[1]
    assert re.search(r"\n {4,}\S.*=", idea) and "luster" in idea
    assert re.search(r"[Mm]islead", notes) and re.search(r"\b(19|20)\d\d\b", notes)


# ----------------------------------------------------------------------------- Feser, Bergman


def test_links_of_germany_1995(germany):
    """Six branches of the Eurostat manual, recomputed independently of this package."""
    R = links(germany.flows)
    row = [1, 0.9770, 0.9634, 0.7440, 0.5188, 0.7043]
    assert R[0] == pytest.approx(row, abs=5e-5)
    assert R[1, 4] == pytest.approx(0.4364, abs=5e-5)
    assert R[2, 4] == pytest.approx(0.9404, abs=5e-5)


def test_links_are_the_largest_of_four_correlations(usa):
    Z = usa.flows
    x, y = (Z / Z.sum(axis=0)).T, Z / Z.sum(axis=1)[:, None]  # one profile a row
    R = links(Z)
    for k, m in [(0, 1), (5, 40), (33, 12), (70, 2)]:
        r = [
            np.corrcoef(a, b)[0, 1]
            for a, b in ((x[k], x[m]), (y[k], y[m]), (x[k], y[m]), (y[k], x[m]))
        ]
        assert R[k, m] == R[m, k] == pytest.approx(max(r), abs=1e-12)


def test_a_profile_without_variance_is_linked_to_nobody():
    Z = TOY.copy()
    Z[:, 0] = Z[0] = 0.0
    assert not links(Z)[0, 1:].any()


def test_varimax_is_that_of_scikit_learn(usa):
    theirs = pytest.importorskip("sklearn.decomposition._factor_analysis")._ortho_rotation
    weight, vectors = np.linalg.eigh(links(usa.flows))
    raw = vectors[:, -6:] * np.sqrt(weight[-6:])
    turned = varimax(raw, normalise=False)
    other = theirs(raw, method="varimax", tol=1e-12, max_iter=1000).T
    alike = (turned / np.linalg.norm(turned, axis=0)).T @ (other / np.linalg.norm(other, axis=0))
    assert np.abs(alike).max(axis=1) == pytest.approx(1.0, abs=1e-6)  # but for order and sign
    assert turned @ turned.T == pytest.approx(raw @ raw.T)  # a rotation


def test_loadings_reproduce_what_they_were_made_of():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 8))
    R = np.corrcoef(data.T)  # of rank 3
    loadings = factors(R, 3)
    assert loadings @ loadings.T == pytest.approx(R)
    assert ((loadings**3).sum(axis=0) > 0).all()
    with pytest.raises(kn.DataError, match="only 3 components"):
        factors(R - 1e-9 * np.eye(8), 5)


def test_primary_and_secondary_members(usa):
    found = feser_bergman(usa, np.random.default_rng(0))
    loadings = found.loadings.to_numpy()
    assert list(found.loadings.index) == list(usa.industries)
    for i, label in enumerate(found.labels):
        if label >= 0:
            assert loadings[i].argmax() == label and loadings[i, label] >= 0.6
    assert ((loadings >= 0.35).sum(axis=1) > 1).sum() > 5
    clusters = kn.detect(usa, "feser_bergman")
    M = clusters.membership.toarray()
    assert ((M > 0).sum(axis=1) > 1).sum() > 5
    shared = [k for k in range(loadings.shape[1]) if (found.labels == k).sum() > 1]
    for i, label in enumerate(found.labels):  # by hand, cluster by cluster
        mine = {k: loadings[i, k] for k in shared if loadings[i, k] >= 0.35}
        rest = max(0.6, loadings[i].max()) if label < 0 else 0.0
        for k, loading in mine.items():
            new = clusters.labels[np.argmax(found.labels == k)]
            assert M[i, new] == pytest.approx(loading / (sum(mine.values()) + rest))
        assert (M[i] > 0).sum() == len(mine)
        assert clusters.rest_share[i] == pytest.approx(
            rest / (sum(mine.values()) + rest) if label < 0 else 0.0, abs=1e-12
        )
        assert label < 0 or M[i].argmax() == clusters.labels[i]
    with pytest.raises(kn.ParameterError, match="above primary"):
        kn.detect(usa, "feser_bergman", primary=0.3)


def test_shares_of_loadings_by_hand():
    loadings = np.array([[0.8, 0.4], [0.7, 0.1], [0.5, 0.36], [0.1, 0.9], [0.65, 0.65], [0.0, 0.3]])
    shares = parts(loadings, np.array([0, 0, -1, -1, 0, -1]), 0.6, 0.35)
    wanted = [[1, 0], [1, 0], [0.5 / 1.1, 0], [0, 0], [1, 0], [0, 0]]  # 1 is nobody's: no factor
    np.testing.assert_allclose(shares, wanted)
    shares = parts(loadings, np.array([0, 0, -1, 1, 0, -1]), 0.6, 0.35)
    wanted = [[2 / 3, 1 / 3], [1, 0], [0.5 / 1.46, 0.36 / 1.46], [0, 1], [0.5, 0.5], [0, 0]]
    np.testing.assert_allclose(shares, wanted)


def test_shares_follow_the_labels_that_a_detector_gives():
    """Labels may have gaps and any order; column k is that of label k."""
    labels = np.array([5, 5, 2, 2, 2, -1])
    shares = np.zeros((6, 6))
    shares[[0, 1, 2, 3, 4], [5, 5, 2, 2, 2]] = 1.0
    shares[1, [2, 5]] = 0.25, 0.75
    network = kn.FlowNetwork.from_matrix(TOY)
    clusters = kn.detect(network, lambda network, rng: Found(labels, shares=shares))
    at = {clusters.labels[0]: 5, clusters.labels[2]: 2}
    for new, old in at.items():
        np.testing.assert_array_equal(clusters.membership.toarray()[:, new], shares[:, old])


# ------------------------------------------------------------------------------- minimal flow


def chain():
    """Ore to steel to cars to buyers; a little steel goes back to the mine."""
    names = ["ore", "steel", "cars"]
    Z = np.array([[0, 40, 0], [4, 0, 60], [0, 0, 0]], dtype=float)
    columns = {"output": [40, 64, 100], "final_demand": [0, 0, 100]}
    return kn.FlowNetwork.from_matrix(Z, industries=names, columns=columns)


def test_layers_of_a_chain_by_hand():
    T = layers(chain())
    # 100 cars need 60 steel; that needs 60 x 40/64 = 37.5 ore; that 37.5 x 4/40 = 3.75 steel
    assert T[0][1, 2] == pytest.approx(60) and T[0].sum() == pytest.approx(60)
    assert T[1][0, 1] == pytest.approx(37.5) and T[1].sum() == pytest.approx(37.5)
    assert T[2][1, 0] == pytest.approx(3.75) and T[2].sum() == pytest.approx(3.75)
    assert sum(T) == pytest.approx(chain().flows, rel=1e-6)


def test_connexity_of_a_chain_by_hand():
    T = layers(chain())
    # above 10: steel to cars, ore to steel to cars; ore and steel are connected through cars only
    assert connexity(T, 10.0).tolist() == [[0, 1, 2], [1, 0, 2], [2, 2, 0]]
    assert connexity(T, 50.0).tolist() == [[0, 0, 0], [0, 0, 2], [0, 2, 0]]
    assert not connexity(T, 60.0).any()  # at most the filter is not above it
    found = minimal_flow(chain(), np.random.default_rng(0), filter=50.0, connected=2)
    assert found.labels.tolist()[0] == -1 and found.labels[1] == found.labels[2] >= 0


def test_layers_add_up_to_the_flows(usa):
    T = layers(usa)
    assert np.abs(sum(T) - usa.flows).max() < 12  # its identities hold to 9 million dollars
    assert usa.columns["output"].sum() > sum(layer.sum() for layer in T)


def test_demand_and_output_stand_in_for_each_other():
    both = chain()
    for left_out in ("output", "final_demand"):
        one = replace(both, columns=both.columns.drop(columns=left_out))
        assert layers(one)[1] == pytest.approx(layers(both)[1])


def test_the_filter_is_the_most_informative(usa):
    found = kn.detect(usa, "minimal_flow")
    profile = found.profile
    assert profile["entropy"].idxmax() == found.resolution == profile.index[profile["chosen"]][0]
    assert profile[["h0", "h1", "h2", "h3"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert (profile["h3"].diff().dropna() <= 1e-12).all()  # fewer depend on each other
    worse = replace(usa, columns=usa.columns.assign(final_demand=-1.0))
    with pytest.raises(kn.DataError, match="final demand adds up"):
        kn.detect(worse, "minimal_flow")


# --------------------------------------------------------------------------------------- Hoen


def test_strengths_by_brute_force(germany):
    Z, x = germany.flows, germany.columns["output"].to_numpy()
    A, B = Z / x, Z / x[:, None]
    matrices = [Z, A, B, np.linalg.inv(np.eye(6) - A) - np.eye(6)]
    off = [(i, j) for i in range(6) for j in range(6) if i != j]

    def last(i, j):
        return max(sum(M[p] >= M[i, j] for p in off) for M in matrices) / len(off)

    S = strengths(germany)
    for i, j in off:
        assert S[i, j] == pytest.approx(min(last(i, j), last(j, i)))


def test_blocks_are_connected_components(usa):
    S = strengths(usa)
    for share in (0.01, 0.02, 0.05):
        found = kn.detect(usa, "hoen", share=share)
        parts = [c for c in nx.connected_components(nx.Graph(share >= S)) if len(c) > 1]
        assert sorted(map(len, parts)) == sorted(found.sizes.tolist())
    found = kn.detect(usa, "hoen")
    most = found.profile["clusters"].max()
    assert len(found) == most == found.profile.loc[found.resolution, "clusters"]
    assert len(found.rest) + found.profile.loc[found.resolution, "industries"] == usa.n
    assert len(kn.detect(usa, "hoen", share=0.0)) == 0


# ---------------------------------------------------------------------------------- Czamanski


def test_czamanski_by_hand():
    Z = np.array([[0, 8, 2], [1, 0, 1], [1, 0, 0]], dtype=float)
    # purchases 2, 8, 3; sales 10, 2, 1: 0 sells 8 of 10 to 1, which buys nothing else
    assert coefficients(Z).tolist() == [[0, 1, 1], [1, 0, 0.5], [1, 0.5, 0]]
    R = np.array([[1, 0.6, 0], [0.6, 1, 0], [0, 0, 1]])
    assert homogeneity(R, [0, 1]) == pytest.approx((1 + 0.6) / 2)
    assert homogeneity(R, [0, 1, 2]) == pytest.approx(1.6 / 3)


def test_czamanski_keeps_its_promises(usa):
    found = kn.detect(usa, "czamanski", least=0.15, alike=0.75)
    link, R = coefficients(usa.flows), links(usa.flows)
    for k in range(len(found)):
        members = np.flatnonzero(found.labels == k)
        assert (link[np.ix_(members, members)].max(axis=1) >= 0.15).all()
        assert homogeneity(R, members.tolist()) >= 0.75
    assert len(kn.detect(usa, "czamanski", least=1.0, alike=1.0)) == 0


# -------------------------------------------------------------------------------- persistence


def test_persistence_of_two_groups_by_hand():
    network, loops = (kn.FlowNetwork.from_matrix(TOY, loops=how) for how in ("aside", "keep"))
    labels = np.array([0, 0, 0, 1, 1, 1])
    pi = walk(network)[1]
    wanted = [0.125951, 0.134870, 0.150667, 0.201816, 0.239529, 0.147167]
    assert pi == pytest.approx(wanted, abs=5e-7)
    for net, u in ((network, (0.942853, 0.960043)), (loops, (0.948483, 0.963050))):
        assert persistence_probabilities(net, labels) == pytest.approx(u, abs=5e-7)
        found = kn.detect(net, "persistence")
        assert ari(found, labels) == 1.0
        assert found.objective_value == pytest.approx(u[0], abs=5e-7)
        reading = kn.density(kn.Clusters.from_labels(net, labels))["persistence"]
        assert sorted(reading) == pytest.approx(sorted(u), abs=5e-7)


def test_the_finest_alpha_partition(usa):
    network, _ = kn.datasets.planted(40, 4, contrast=10, noise=0.5, seed=1)
    for alpha in (0.2, 0.35, 0.5):
        found = kn.detect(network, "persistence", alpha=alpha)
        profile = found.profile["least"]
        good = profile.index[profile >= alpha]
        if len(found):
            assert len(found) == good.max()
            assert persistence_probabilities(network, found.labels).min() >= alpha
        loose = kn.detect(network, "persistence", alpha=alpha, kind="communities")
        if len(loose):
            assert loose.objective_value >= alpha and len(loose) >= len(found)
    nothing = kn.detect(usa, "persistence")  # of money: none at one half
    assert len(nothing) == 0 and nothing.verdict == "no clusters"


def test_who_cannot_be_walked_back_from_is_the_rest():
    W = np.zeros((8, 8))
    W[:6, :6] = TOY
    W[0, 6] = W[7, 1] = 5.0  # one only buys, one only sells
    network = kn.FlowNetwork.from_matrix(W)
    found = kn.detect(network, "persistence")
    assert found.rest == (6, 7) and sorted(found.sizes) == [3, 3]
    assert len(walk(network, 0.1)[2]) == 8


# --------------------------------------------------------------------------- trees, hierarchy


def test_trees_against_scipy_and_brute_force():
    rng = np.random.default_rng(0)
    D = rng.random((25, 25))
    D = D + D.T
    np.fill_diagonal(D, 0.0)
    q = rng.normal(size=(25, 25))
    for method in ("average", "complete", "single"):
        tree = trees.grown(D, method)
        members, sums = trees.leaves(tree), trees.inside(tree, q)
        value = np.array([q[np.ix_(c, c)].sum() for c in members])
        assert sums == pytest.approx(value)
        within, lowest = trees.values(tree, q + q.T), trees.least(tree, value)
        for k in (1, 2, 9, 25):
            labels = trees.cut(tree, k)
            both = np.unique(np.column_stack([labels, fcluster(tree, k, "maxclust")]), axis=0)
            assert len(both) == k == labels.max() + 1  # the same partition
            together = (labels[:, None] == labels) & ~np.eye(25, dtype=bool)
            assert within[25 - k] == pytest.approx(q[together].sum())
            blocks = [q[np.ix_(labels == c, labels == c)].sum() for c in range(k)]
            assert lowest[25 - k] == pytest.approx(min(blocks))


@pytest.mark.parametrize("linkage", ["average", "complete", "ward"])
def test_hierarchy_cuts(usa, linkage):
    best = kn.detect(usa, "hierarchy", linkage=linkage)
    assert best.objective_value == best.profile["objective"].max()
    assert best.objective_value == pytest.approx(kn.objective(best, "flow", 1.0, "gravity"))
    five = kn.detect(usa, "hierarchy", linkage=linkage, clusters=5)
    assert five.partition.max() + 1 == 5
    assert (five.profile["height"].diff().dropna() <= 1e-12).all()
    heights = five.profile["height"].to_numpy()
    level = (heights[4] + heights[5]) / 2  # between the joins that leave 4 and 5 clusters
    same = kn.detect(usa, "hierarchy", linkage=linkage, level=level)
    assert same.partition.max() + 1 == 5
    with pytest.raises(kn.ParameterError, match="not both"):
        kn.detect(usa, "hierarchy", clusters=3, level=0.5)


def test_similarity_by_rule(usa):
    shares = usa.flows / usa.columns["output"].to_numpy()
    S = similarity(usa, "input_share")
    assert S[3, 8] == S[8, 3] == pytest.approx((shares[3, 8] + shares[8, 3]) / 2)
    tied = kn.tie(usa, "strongest_share")
    assert similarity(tied, "ties") == pytest.approx(similarity(usa, "strongest_share"))
    with pytest.raises(kn.ParameterError, match="no tie rule"):
        kn.detect(usa, "hierarchy", of="likeness")


# ----------------------------------------------------------------------------------- spectral


def test_spectral_of_the_barbell():
    """Two triangles and a bridge: 0.357142857142857 in networkx's documentation."""
    network = kn.FlowNetwork.from_networkx(nx.barbell_graph(3, 0), weight=None, loops="keep")
    found = kn.detect(network, "spectral", null="configuration")
    assert found.objective_value == pytest.approx(0.35714285714285715)
    assert sorted(map(sorted, found)) == [[0, 1, 2], [3, 4, 5]]


def test_bisection_is_nearly_the_best_of_all():
    rng = np.random.default_rng(2)
    reached = []
    for _ in range(20):
        q = rng.normal(size=(10, 10))
        q = q + q.T
        np.fill_diagonal(q, 0.0)
        sides = np.array(np.meshgrid(*[[-1, 1]] * 9)).reshape(9, -1).T
        sides = np.column_stack([np.ones(len(sides)), sides])
        gains = (np.einsum("ki,ij,kj->k", sides, q, sides) - q.sum()) / 4
        first = bisect(q)
        s = np.where(first, 1, -1) if first is not None else np.ones(10)
        gain = (s @ q @ s - q.sum()) / 4
        assert gain <= gains.max() + 1e-9
        reached.append(gain / gains.max())
    assert np.median(reached) == pytest.approx(1.0) and min(reached) > 0.8


def test_spectral_reaches_nearly_what_the_search_does(usa):
    found = kn.detect(usa, "spectral", null="configuration")
    best = kn.detect(
        usa, measure="flow", resolution=1.0, null="configuration", support=0, contrast=0, seed=0
    )
    assert found.objective_value == pytest.approx(kn.objective(found))
    assert 0.97 * best.objective_value <= found.objective_value <= best.objective_value + 1e-12
    raw = kn.detect(usa, "spectral", null="configuration", tuning=False)
    assert raw.objective_value <= found.objective_value


def test_croatia_2010(shared):
    """Total use, as published: 30 runs of leidenalg to convergence reach 0.250395 at best."""
    network = kn.FlowNetwork.from_table(kn.read_table(shared / "croatia_2010"))
    assert network.loop_share == pytest.approx(0.131, abs=5e-4)
    found = kn.detect(network, "spectral", null="configuration")
    assert 0.97 * 0.250395 <= found.objective_value <= 0.250396


# ---------------------------------------------------------------------------------- consensus


def test_coclassification():
    D = coclassification([np.array([0, 0, 1, -1]), np.array([0, 0, 0, -1])])
    assert D.tolist() == [[0, 1, 0.5, 0], [1, 0, 0.5, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]]


def test_consensus_of_unsteady_answers():
    """Each answer has a third of its labels wrong; what most agree on is right."""
    network, labels = kn.datasets.planted(40, 4, seed=0)

    def unsteady(network, rng):
        out = labels.copy()
        wrong = rng.random(network.n) < 0.3
        out[wrong] = rng.integers(0, 4, wrong.sum())
        return out

    params = {"methods": unsteady, "runs": 40, "threshold": 0.35, "seed": 1}
    found = kn.detect(network, "consensus", **params)
    assert ari(found, labels) == 1.0
    assert ari(kn.detect(network, unsteady, seed=1), labels) < 0.8
    assert 0.35 < found.objective_value < 0.8  # 0.6 on average are together
    members = found.labels >= 0
    assert (found.support[members] > 0.35).all()
    again = kn.detect(network, "consensus", n_jobs=2, **params)
    assert np.array_equal(found.labels, again.labels)


def test_consensus_of_methods_and_of_nothing():
    network, labels = kn.datasets.planted(30, 3, contrast=30, noise=0.3, seed=0)
    found = kn.detect(
        network,
        "consensus",
        methods=["spectral", "hierarchy"],
        given={"hierarchy": {"clusters": 3}},
        runs=2,
        seed=0,
    )
    assert ari(found, labels) == 1.0 and found.objective_value == pytest.approx(1.0)

    def nobody(network, rng):
        return np.full(network.n, -1)

    assert kn.detect(network, "consensus", methods=nobody, runs=2).verdict == "no clusters"
    with pytest.raises(kn.ParameterError, match="methods is empty"):
        kn.detect(network, "consensus", methods=[])
