"""The map equation: code lengths by another program and by definition; the search."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse

import klasternet as kn
from klasternet.detectors import mapequation as module
from klasternet.detectors.mapequation import codelength

WAYS = {
    "--recorded-teleportation": {},
    "--recorded-teleportation --to-nodes": {"to": "nodes"},
    "": {"recorded": False},
    "--to-nodes": {"recorded": False, "to": "nodes"},
}


def random_network(n, density=1.0, seed=0, loops=False):
    """Flows of every size; one industry sells nothing, one buys nothing."""
    rng = np.random.default_rng(seed)
    W = rng.lognormal(0, 1.5, (n, n)) * (rng.random((n, n)) < density)
    if not loops:
        np.fill_diagonal(W, 0.0)
    W[3], W[:, 5] = 0.0, 0.0
    W = sparse.csr_array(W) if density < 1 else W
    return kn.FlowNetwork.from_matrix(W, loops="keep" if loops else "aside")


def theirs(network, flags, labels=None, trials=5):
    """Code length and modules of the infomap package, of a partition or of its own search."""
    infomap = pytest.importorskip("infomap")
    W = network.ties.toarray() if network.is_sparse else network.ties
    how = "--no-infomap" if labels is not None else f"--num-trials {trials} --seed 1"
    program = infomap.Infomap(f"--two-level --directed --silent {flags} {how}")
    for i in range(network.n):
        program.add_node(i)
    for i, j in zip(*np.nonzero(W), strict=True):
        program.add_link(int(i), int(j), float(W[i, j]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that will change there
        if labels is not None:
            program.initial_partition = {i: int(c) for i, c in enumerate(labels)}
        program.run()
        return program.codelength


def by_definition(network, labels, tau=0.15, to="links"):
    """Entropies of the code books, written out, with teleportations recorded."""
    W = network.ties.toarray() if network.is_sparse else network.ties
    n, sold = len(W), W.sum(axis=1)
    v = W.sum(axis=0) / W.sum() if to == "links" else np.full(n, 1 / n)
    T = np.array([(1 - tau) * W[i] / sold[i] + tau * v if sold[i] > 0 else v for i in range(n)])
    p = np.linalg.matrix_power(T, 2**20)[0]
    F = p[:, None] * T

    def entropy(rates):
        rates = np.array([rate for rate in rates if rate > 0])
        share = rates / rates.sum()
        return rates.sum() * -(share * np.log2(share)).sum()

    modules = np.unique(labels)
    enter = [F[np.ix_(labels != c, labels == c)].sum() for c in modules]
    length = entropy(enter) if sum(enter) > 0 else 0.0
    for c in modules:
        leave = F[np.ix_(labels == c, labels != c)].sum()
        length += entropy([leave, *p[labels == c]])
    return length


@pytest.mark.parametrize("flags", list(WAYS))
@pytest.mark.parametrize("kind", ["full", "thin", "loops"])
def test_code_length_is_that_of_infomap(flags, kind):
    network = random_network(40, 0.2 if kind == "thin" else 1.0, loops=kind == "loops")
    for k in (1, 4, 15):
        labels = np.random.default_rng(k).integers(0, k, network.n)
        labels = np.unique(labels, return_inverse=True)[1]
        ours = codelength(network, labels, **WAYS[flags])
        assert ours == pytest.approx(theirs(network, flags, labels), abs=1e-9)


@pytest.mark.parametrize("to", ["links", "nodes"])
def test_code_length_by_definition(to):
    for seed, density in enumerate((1.0, 0.3)):
        network = random_network(15, density, seed)
        for k in (1, 3, 15):
            labels = np.arange(15) % k
            wanted = by_definition(network, labels, to=to)
            assert codelength(network, labels, to=to) == pytest.approx(wanted, abs=1e-9)


def test_a_cycle_needs_log2_bits():
    network = kn.FlowNetwork.from_matrix(np.roll(np.eye(8), 1, axis=1))
    assert codelength(network, np.zeros(8, int)) == pytest.approx(3.0)
    # every step, teleportation or not, enters a module of one: a book of 8 words, and one of two
    alone = codelength(network, np.arange(8))
    leave = 0.85 + 0.15 * 7 / 8
    p = 1 / (1 + leave)
    book = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    assert alone == pytest.approx(leave * 3 + (1 + leave) * book)


def test_visits_of_large_networks_are_the_same(monkeypatch):
    network = random_network(60, 0.1, seed=2)
    labels = np.arange(60) % 7
    exact = codelength(network, labels)
    monkeypatch.setattr(module, "SOLVED", 10)
    assert codelength(network, labels) == pytest.approx(exact, abs=1e-11)


def partitions(n):
    """All partitions of n things, as labels in order of first appearance."""
    labels = [[0]]
    for _ in range(n - 1):
        labels = [[*part, c] for part in labels for c in range(max(part) + 2)]
    return np.array(labels)


def test_the_search_finds_the_shortest_code_of_all():
    every = partitions(7)
    assert len(every) == 877
    rng = np.random.default_rng(0)
    group = np.arange(7) // 3
    W = rng.lognormal(0, 1, (7, 7)) * np.where(group[:, None] == group, 25, 1)
    np.fill_diagonal(W, 0.0)
    network = kn.FlowNetwork.from_matrix(W)
    flow = module._flow(network.ties, 0.15, True, "links")
    best = min(module._length(flow, labels) for labels in every)
    found = kn.detect(network, "mapequation", seed=0)
    assert len(found) == 2 and -found.objective_value == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("flags", list(WAYS))
def test_the_search_is_as_good_as_infomap(flags):
    rng = np.random.default_rng(0)
    group = np.arange(150) // 10
    chance = np.where(group[:, None] == group, 0.4, 0.02)
    W = np.where(rng.random((150, 150)) < chance, rng.lognormal(0, 1, (150, 150)), 0.0)
    network = kn.FlowNetwork.from_matrix(sparse.csr_array(W))
    found = kn.detect(network, "mapequation", seed=0, **WAYS[flags])
    labels = found.partition
    assert -found.objective_value == pytest.approx(codelength(network, labels, **WAYS[flags]))
    assert -found.objective_value <= theirs(network, flags, trials=10) + 1e-9


def test_where_no_split_pays_there_are_no_clusters():
    usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    found = kn.detect(usa, "mapequation", seed=0)
    assert len(found) == 0 and found.verdict == "no clusters"
    assert -found.objective_value == pytest.approx(codelength(usa, np.zeros(usa.n, int)))


def test_what_cannot_be_is_told():
    network = random_network(10)
    for bad in ({"teleportation": 0.0}, {"teleportation": 1.5}, {"runs": 0}, {"to": "moon"}):
        with pytest.raises(kn.ParameterError):
            kn.detect(network, "mapequation", **bad)
