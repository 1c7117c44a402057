"""The proven optimum: against every partition, and other solvers."""

import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from oracles import slow

import klasternet as kn
from klasternet.certificate import Certificate
from klasternet.detectors import bounding
from klasternet.detectors.certifying import certified, prove_all
from klasternet.detectors.searching import best_partition
from klasternet.errors import ParameterError
from klasternet.kernels.cuts import pair
from klasternet.qualities import Problem, flow_problem


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


def random_q(rng, n, kind):
    """A symmetric matrix with a zero diagonal, of one kind or another."""
    q = rng.normal(rng.normal(0, 0.5), 1, (n, n))
    if kind == "whole":  # ties in value, degenerate programs
        q = rng.integers(-2, 3, (n, n)).astype(float)
    elif kind == "heavy":
        q = q * np.exp(rng.normal(0, 3, (n, n)))
    elif kind == "thin":
        q = q * (rng.random((n, n)) < 0.4)
    elif kind == "blocks":
        own = rng.integers(0, 3, n)
        q += np.where(own[:, None] == own, 1.0, -1.0)
    q = q + q.T
    np.fill_diagonal(q, 0.0)
    return q


KINDS = ("normal", "whole", "heavy", "thin", "blocks")


@cache
def all_partitions(n):
    """Every partition of n things, and which pairs each holds together."""
    labels = np.array(list(slow.partitions(n)))
    i, j = np.triu_indices(n, 1)
    return labels, (labels[:, i] == labels[:, j]).astype(float)


def exhaustive(q):
    _, together = all_partitions(len(q))
    return float((together @ q[np.triu_indices(len(q), 1)]).max())


# -------------------------------------------------------------------- the optimum itself


@pytest.mark.parametrize("n", range(2, 10))
@pytest.mark.parametrize("kind", KINDS)
def test_no_partition_beats_the_proven_one(n, kind):
    rng = np.random.default_rng([n, KINDS.index(kind)])
    for k in range(60 if n < 9 else 25):
        q = random_q(rng, n, kind)
        best = exhaustive(q)
        found = prove_all(q, np.arange(n) * (k % 2), state(k + 1))  # from the worst of starts
        size = np.abs(q).sum()
        assert found.value == pytest.approx(best, abs=1e-12 * size)
        assert found.upper >= best - 1e-15 * size
        assert found.upper - found.value <= 1e-9 * max(size, 1e-300)


@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_directed_looped_networks(loops):
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = int(rng.integers(4, 8))
        W = rng.lognormal(0, 1.5, (n, n)) * (rng.random((n, n)) < 0.7)
        W[0, 1] = W[1, 2] = 1.0
        network = kn.FlowNetwork.from_matrix(W, loops=loops)
        problem = flow_problem(network, 1.0, "configuration")
        E = slow.expected(network.ties, "configuration", loops)
        best, _ = slow.best(lambda labels, W=network.ties, E=E: slow.flow_value(W, E, labels), n)
        proof = certified(problem, np.arange(n), state())
        assert proof.best_value == pytest.approx(best, abs=1e-12)
        assert proof.upper_bound == pytest.approx(best, abs=1e-9)
        assert proof.upper_bound >= best - 1e-15


@pytest.mark.parametrize("name", ["karate", "miserables"])
def test_the_same_optimum_as_igraph_where_it_is_published(name):
    igraph = pytest.importorskip("igraph")
    import networkx as nx

    graph = nx.karate_club_graph() if name == "karate" else nx.les_miserables_graph()
    W = nx.to_numpy_array(graph)
    peer = igraph.Graph.Weighted_Adjacency(W, mode="undirected")
    theirs = peer.modularity(
        peer.community_optimal_modularity(weights="weight").membership, weights="weight"
    )
    network = kn.FlowNetwork.from_matrix(W, loops="keep")
    clusters = kn.detect(
        network, measure="flow", null="configuration", resolution=1.0,
        support=0, contrast=0, seed=0,
    )  # fmt: skip
    proof = kn.certify(clusters)
    assert proof.optimal
    assert proof.value == pytest.approx(theirs, abs=1e-9)
    assert nx.community.modularity(graph, list(_sets(graph, proof.best))) == pytest.approx(theirs)


def _sets(graph, labels):
    nodes = list(graph)
    for c in np.unique(labels):
        yield {nodes[k] for k in np.flatnonzero(labels == c)}


def test_parts_without_a_positive_path_are_proven_apart():
    rng = np.random.default_rng(5)
    q = random_q(rng, 9, "normal")
    q[:4, 4:] = -np.abs(q[:4, 4:])
    q[4:, :4] = q[:4, 4:].T
    proof = prove_all(q, np.arange(9), state())
    assert proof.value == pytest.approx(exhaustive(q), abs=1e-12)
    assert not set(proof.labels[:4]) & set(proof.labels[4:])


def test_parts_keep_their_own_clusters_and_count_their_rows():
    rng = np.random.default_rng(0)
    n = 2 * 9
    q = np.full((n, n), -1.0)
    for part in (slice(0, 9), slice(9, n)):  # three clusters each, joined by a weak tie
        own = np.where(np.kron(np.eye(3), np.ones((3, 3))) > 0, 1.0, -0.3)
        own += rng.normal(0.0, 0.35, own.shape)
        own[0, 3] = own[3, 6] = 0.1
        q[part, part] = (own + own.T) / 2
    np.fill_diagonal(q, 0.0)
    proof = prove_all(q, np.arange(n), state())
    alone = [prove_all(q[p, p].copy(), np.arange(9), state()) for p in (slice(0, 9), slice(9, n))]
    same = proof.labels[:, None] == proof.labels
    assert (q * same).sum() / 2 == pytest.approx(proof.value, abs=1e-12)
    assert not same[:9, 9:].any() and len(set(proof.labels)) == proof.labels.max() + 1 > 4
    assert proof.rows == sum(each.rows for each in alone) > max(each.rows for each in alone) > 0


def test_pairs_are_numbered_row_by_row():
    i, j = np.triu_indices(6, 1)
    assert [pair(a, b, 6) for a, b in zip(i, j, strict=True)] == list(range(15))
    assert pair(4, 2, 6) == pair(2, 4, 6)


# ------------------------------------------------------------------------ what is claimed


def test_out_of_time_is_a_bound_and_no_claim():
    network, _ = kn.datasets.planted(60, 5, contrast=1.2, noise=1.5, seed=0)
    clusters = kn.detect(network, resolution=0.1, support=0, contrast=0, seed=0)
    proof = kn.certify(clusters, time_limit=0.0)
    assert not proof.optimal and proof.ended == "time"
    assert proof.upper_bound > proof.value
    assert "proven" not in str(proof) and "no partition has more than" in str(proof)


def test_given_labels_are_held_against_the_best():
    network, labels = kn.datasets.planted(30, 3, contrast=4, noise=0.5, seed=1)
    wrong = np.roll(labels, 7)
    proof = kn.certify(kn.Clusters.from_labels(network, wrong))
    assert not proof.optimal and proof.improved
    assert proof.best_value == pytest.approx(proof.upper_bound)
    assert ".best" in str(proof)
    assert kn.objective(kn.Clusters.from_labels(network, proof.best)) == pytest.approx(
        proof.best_value
    )


def test_value_is_the_objective():
    network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    for loops in ("aside", "keep"):
        network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"), loops=loops)
        clusters = kn.detect(network, measure="flow", null="configuration", seed=0)
        proof = kn.certify(clusters)
        assert proof.value == pytest.approx(kn.objective(clusters), abs=1e-14)
        assert proof.optimal and proof.gap <= 1e-12


def test_certificate_says_what_may_be_said():
    def one(upper, value=0.5):
        return Certificate(value, upper, 1, 10, 0.1, np.zeros(3, dtype=np.int64), value)

    assert one(0.5).claim() == "proven optimal" and one(0.5).optimal
    assert one(0.503).claim() == "within 0.7 % of the best possible"  # 0.6 % and a rounding: up
    assert one(0.9).claim() == ""
    assert not one(0.5 + 2e-9).optimal
    assert one(1e-12, 0.0).relative_gap == math.inf and not one(1e-12, 0.0).optimal
    assert one(0.0, 0.0).optimal
    assert one(0.5).table.loc[0, "optimal"]


def test_same_seed_same_certificate():
    network, _ = kn.datasets.planted(40, 4, contrast=3, noise=0.8, seed=2)
    clusters = kn.detect(network, resolution=0.2, support=0, contrast=0, seed=0)
    a, b = kn.certify(clusters, seed=3), kn.certify(clusters, seed=3)
    assert (a.upper_bound, a.nodes, a.rows) == (b.upper_bound, b.nodes, b.rows)
    assert a.optimal


def test_the_gap_is_told_while_a_proof_runs(monkeypatch):
    network, _ = kn.datasets.planted(40, 4, contrast=3, noise=0.8, seed=2)
    clusters = kn.detect(network, resolution=0.2, support=0, contrast=0, seed=0)
    told, bars = [], []

    class Bar:
        def __init__(self, total, **how):
            self.n, self.total = 0, total
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.closed = True

        def set_postfix_str(self, text, refresh):
            told.append(text)

        def update(self, by):
            assert by >= 0
            self.n += by

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    loud, quiet = (kn.certify(clusters, 30.0, seed=3, progress=on) for on in (True, False))
    assert (loud.upper_bound, loud.rows) == (quiet.upper_bound, quiet.rows)
    assert len(bars) == 1 and bars[0].closed and 0 < bars[0].n <= bars[0].total == 30.0
    gaps = [float(text.removeprefix("gap ").removesuffix("%")) for text in told]
    assert gaps and min(gaps) >= -0.01
    assert gaps[0] >= gaps[-1]


def test_an_interrupted_proof_is_a_bound_and_no_claim(monkeypatch):
    network, _ = kn.datasets.planted(60, 5, contrast=1.2, noise=1.5, seed=0)
    clusters = kn.detect(network, resolution=0.1, support=0, contrast=0, seed=0)
    known = kn.certify(clusters, time_limit=0.0).best_value
    ascend, rounds = bounding._Ascent.ascend, []

    def struck(self, *given):
        rounds.append(1)
        if len(rounds) > 2:
            raise KeyboardInterrupt
        return ascend(self, *given)

    monkeypatch.setattr(bounding._Ascent, "ascend", struck)
    with pytest.warns(kn.KlasternetWarning, match="interrupted; the bound so far is 0."):
        proof = kn.certify(clusters)
    assert proof.ended == "interrupted" and not proof.optimal
    assert proof.upper_bound > known == proof.best_value


def test_what_cannot_be_certified():
    network = kn.FlowNetwork.from_matrix(np.ones((3, 3)))
    with pytest.raises(ParameterError, match=r"certify needs Clusters"):
        kn.certify(network)
    clusters = kn.Clusters.from_labels(network, [0, 0, 1])
    with pytest.raises(ParameterError, match="time_limit is -1"):
        kn.certify(clusters, time_limit=-1)
    sparse = Problem(1.0, 1.0, ties=kn.FlowNetwork.from_edges(_ring(3000)).ties)
    with pytest.raises(ParameterError, match=r"3,000 industries are too many.*2,000"):
        certified(sparse, np.arange(3000), state())


def _ring(n):
    import pandas as pd

    return pd.DataFrame({"source": range(n), "target": np.roll(range(n), 1), "weight": 1.0})


# --------------------------------------------------------------------------- real tables


def test_nations_are_proven(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    region = np.asarray(table.region)
    flows = table.flows.to_numpy()
    for country in ("IDN", "USA", "CHN"):
        own = region == country
        network = kn.FlowNetwork.from_matrix(flows[np.ix_(own, own)])
        for measure, resolution in (("lift", 0.3), ("lift", 1.0), ("flow", 1.0), ("flow", 2.0)):
            clusters = kn.detect(
                network, measure=measure, resolution=resolution, support=0, contrast=0, seed=0
            )
            assert kn.certify(clusters).optimal, (country, measure, resolution)
        # igraph's own value is wrong for directed graphs with loops, its partition is right
        igraph = pytest.importorskip("igraph")
        looped = kn.FlowNetwork.from_matrix(flows[np.ix_(own, own)], loops="keep")
        posed = flow_problem(looped, 1.0, "configuration")
        graph = igraph.Graph.Weighted_Adjacency(
            looped.flows.tolist(), mode="directed", loops="once"
        )
        theirs = np.array(graph.community_optimal_modularity(weights="weight").membership)
        proof = certified(posed, best_partition(posed, np.random.default_rng(0)), state())
        assert proof.optimal and proof.value == pytest.approx(posed.value(theirs), abs=1e-12)


def test_search_is_given_the_better_partition_of_the_proof():
    """A partition that the proof finds is at least as good as the search's."""
    rng = np.random.default_rng(11)
    for k in range(10):
        q = random_q(rng, 20, "whole")
        problem = Problem(0.0, 1.0, q=q, size=float(np.abs(q).sum()) / 20)
        found = best_partition(problem, np.random.default_rng(k), effort=0.0)
        proof = prove_all(q, found, state(k + 1))
        assert proof.value >= problem.value(found) - 1e-9
        assert proof.upper - proof.value <= 1e-9 * np.abs(q).sum()


# ------------------------------------------------------------------- the figures it goes by


def told(value, upper, best=None, nodes=1, measure="", n=3):
    best = value if best is None else best
    return Certificate(value, upper, nodes, 1234, 0.1, np.zeros(n, int), best, measure, 1.0)


def test_gaps_and_improvement_at_their_limits():
    assert told(0.5, 0.4).gap == 0.0 and told(0.5, 0.4).relative_gap == 0.0
    assert told(2.0, 3.0).relative_gap == 0.5
    assert told(-1.0, 2.0).relative_gap == math.inf
    # an improvement counts from 1e-9 of Q, or of the gap where that is larger
    assert told(2.0, 2.0, 2 + 3e-9).improved and not told(2.0, 2.0, 2 + 1.5e-9).improved
    assert told(-2.0, -2.0, -2 + 3e-9).improved and not told(-2.0, -2.0, -2 + 1.5e-9).improved
    assert not told(0.0, 0.0).improved
    assert told(0.0, 4.0, 5e-9).improved and not told(0.0, 4.0, 3e-9).improved
    # rounding alone is no gap: 1e-14 for each industry
    assert told(1e-6, 1e-6 + 2.5e-14).optimal and told(0.0, 2.5e-14).optimal
    assert not told(0.0, 3.5e-14).optimal and told(0.0, 3.5e-14, n=4).optimal
    assert not told(0.0, 4e-14, n=4).optimal  # as much as rounding may be is not below it
    just = told(5e15 * 2.0**-53, (5e15 + 5e6) * 2.0**-53)
    assert just.relative_gap == 1e-9 > just.gap and not just.optimal
    # both gaps must be small: the absolute one of a large Q, the relative one of a small
    assert not told(10.0, 10 + 3e-9).optimal and not told(0.01, 0.01 + 3e-11).optimal
    assert told(1.0, 1.0).claim() == "proven optimal" and told(1.0, 1.1 + 1e-9).claim() == ""
    assert told(1.0, 1.0999).claim() == "within 10.0 % of the best possible"


@pytest.mark.parametrize(
    ("value", "gap", "words"),
    [(2, 1, "50 %"), (8, 1, "13 %"), (10, 1, "10 %"), (16, 1, "6.3 %"), (1000, 1, "0.1 %"),
     (2048, 1, "0.05 %"), (2, 25, "1,250 %")],
)  # fmt: skip
def test_shares_are_rounded_up(value, gap, words):
    assert f", {words} above [" in str(told(value, value + gap))
    assert told(10, 11).claim() == ""


def test_all_that_a_certificate_prints():
    proven = "proven optimal: no partition of 3 industries has a larger Q than 0.5"
    assert str(told(0.5, 0.5)) == f"{proven} [1 node, 1,234 inequalities]"
    assert str(told(0.5, 0.5, measure="lift", nodes=2000)) == (
        f"{proven} (lift, resolution 1) [2,000 nodes, 1,234 inequalities]"
    )
    assert str(told(-1.0, 2.0)) == (
        "Q = -1; no partition has more than 2 [1 node, 1,234 inequalities]"
    )
    assert str(told(0.5, 0.625, 0.5625, 3, "flow")) == (
        "Q = 0.5 (flow, resolution 1); no partition has more than 0.625, 25 % above; "
        "a better one is known, Q = 0.5625 (.best) [3 nodes, 1,234 inequalities]"
    )
    assert repr(told(0.5, 0.625)) == (
        "Certificate(value=0.5, upper_bound=0.625, gap=0.12, optimal=False)"
    )
    plain, more = told(0.5, 0.5)._repr_html_(), told(0.5, 0.625, 0.5625, 3, "flow")._repr_html_()
    assert "Certificate: proven optimal<" in plain and ">1 node, 1,234 inequalities<" in plain
    assert "may be much better<" in more and "better one known" not in plain
    assert ">flow, resolution 1; 3 nodes, 1,234 inequalities<" in more
    shown = [text.split("<")[0] for text in more.split('white-space:nowrap">')[1:]]
    assert shown == ["0.5", "0.625", "0.12", "0.5625"]  # numbers at the right, names at the left
    assert not told(0.5, 0.5).best.flags.writeable


def test_the_bound_of_a_proof_is_not_its_rounded_value():
    """All together is best; its sum, rounded to a float, is below the true one half of the time."""
    rng, below = np.random.default_rng(16), 0
    for _ in range(20):
        q = np.triu(rng.random((4, 4)), 1)
        true = sum(map(Fraction, q[np.triu_indices(4, 1)].tolist()))
        proof = prove_all(q + q.T, np.zeros(4, dtype=np.int64), state())
        assert Fraction(proof.upper) >= true
        assert proof.value == float(true) and proof.ended == "closed"
        below += Fraction(proof.value) < true
    assert below > 5


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_certificates_in_any_unit(unit):
    W = np.random.default_rng(17).lognormal(size=(6, 6))
    network = kn.FlowNetwork.from_matrix(W * unit)
    posed = flow_problem(network, 1.0, "configuration")
    proof = certified(posed, np.arange(6), state(), "flow")
    best, labels = slow.best(
        lambda labels: slow.flow_value(
            network.ties, slow.expected(network.ties, "configuration", "aside"), labels
        ),
        6,
    )
    assert proof.best_value == pytest.approx(best, abs=1e-14)
    assert proof.value == pytest.approx(posed.value(np.arange(6)), abs=1e-14)
    assert proof.measure == "flow" and proof.resolution == 1.0 and proof.seconds > 0
    assert proof.upper_bound - best <= 6 * 8 * 2.0**-53 * 2 + 1e-15 + 1e-12
    again = certified(posed, np.array(labels), state(), start=np.arange(6))
    assert again.value == pytest.approx(best, abs=1e-14) and again.best_value == again.value
    assert (posed.value(again.best) == again.best_value) or not again.improved
