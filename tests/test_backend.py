"""The networkx backend: the same answers as networkx, and its own tests pass with ours."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klasternet import backend
from klasternet.dendrograms import recent_networkx, shuffled
from klasternet.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:Note. conversions to backend graphs")
COMMUNITY = nx.community
OURS, THEIRS = {"backend": "klasternet"}, {"backend": "networkx"}
RECENT = recent_networkx()
LEIDEN = OURS | ({"metric": "modularity"} if RECENT else {})
KINDS = (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph)


@st.composite
def graphs(draw, kinds=KINDS):
    """Graphs of every kind: loops, nodes apart, parallel edges, missing and fractional weights."""
    graph = draw(st.sampled_from(kinds))()
    n = draw(st.integers(1, 14))
    nodes = draw(st.permutations([*range(n - n // 2), *"abcdefg"[: n // 2]]))
    graph.add_nodes_from(nodes)
    node, missing = st.sampled_from(nodes), st.just({})
    weights = st.one_of(st.integers(1, 9), st.floats(0.1, 9.0))
    data = st.one_of(missing, st.fixed_dictionaries({"weight": weights}))
    for u, v, known in draw(st.lists(st.tuples(node, node, data), max_size=40)):
        graph.add_edge(u, v, **known)
    return graph


def planted(seed: int, kind: type = nx.Graph) -> nx.Graph:
    """200 nodes in ten groups."""
    rng = random.Random(seed)
    graph = kind()
    graph.add_nodes_from(range(200))
    for _ in range(1000):
        u = rng.randrange(200)
        v = rng.randrange(20) * 10 + u % 10 if rng.random() < 0.6 else rng.randrange(200)
        graph.add_edge(u, v, weight=rng.random())
    return graph


class Die(random.Random):
    """A source of random numbers that is not quite Python's own."""


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 700) | st.sampled_from([1023, 1024, 1025, 5000]), st.integers(0, 2**40),
    st.integers(0, 1300), st.booleans(), st.sampled_from([random.Random, Die]),
)  # fmt: skip
def test_a_shuffle_is_that_of_python_and_leaves_its_state(n, seed, before, paired, kind):
    mine, yours = kind(seed), kind(seed)
    for source in (mine, yours):
        source.gauss(0, 1) if paired else None  # the other one of a pair waits
        source.getrandbits(32 * before or 1)
    for _ in range(2):
        order = list(range(n))
        yours.shuffle(order)
        assert shuffled(n, mine).tolist() == order
        assert mine.getstate() == yours.getstate()


@settings(max_examples=150, deadline=None)
@given(
    graphs(), st.integers(0, 3), st.sampled_from([0.3, 1, 2.5]), st.sampled_from(["weight", None])
)
def test_louvain_is_that_of_networkx_partition_by_partition(G, seed, resolution, weight):
    given = {"seed": seed, "resolution": resolution, "weight": weight}
    ours = list(COMMUNITY.louvain_partitions(G, **given, **OURS))
    assert ours == list(COMMUNITY.louvain_partitions(G, **given, **THEIRS))
    for max_level in (1, 2, None):
        given["max_level"] = max_level
        ours = COMMUNITY.louvain_communities(G, **given, **OURS)
        assert ours == COMMUNITY.louvain_communities(G, **given, **THEIRS)


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from([0.3, 1, 2.5]), st.sampled_from(["weight", None]), st.data())
def test_modularity_is_that_of_networkx(G, resolution, weight, data):
    label = [data.draw(st.integers(0, 3)) for _ in G]
    parts = [{u for u, c in zip(G, label, strict=True) if c == k} for k in set(label)]
    given = {"resolution": resolution, "weight": weight}
    if not G.number_of_edges():
        with pytest.raises(ZeroDivisionError):
            COMMUNITY.modularity(G, parts, **given, **OURS)
        return
    ours = COMMUNITY.modularity(G, iter(parts), **given, **OURS)
    assert ours == pytest.approx(COMMUNITY.modularity(G, parts, **given, **THEIRS), abs=1e-12)
    assert isinstance(ours, float)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_is_partition_is_that_of_networkx(G, data):
    node = st.one_of(st.sampled_from(list(G)), st.just("stranger"))
    parts = [
        set(data.draw(st.lists(node, max_size=5))) for _ in range(data.draw(st.integers(0, 4)))
    ]
    ours = COMMUNITY.is_partition(G, parts, **OURS)
    assert ours is COMMUNITY.is_partition(G, parts, **THEIRS)
    if not ours and G.number_of_edges():
        with pytest.raises(COMMUNITY.quality.NotAPartition):
            COMMUNITY.modularity(G, parts, **OURS)


@settings(max_examples=100, deadline=None)
@given(graphs((nx.Graph, nx.MultiGraph)), st.integers(0, 3), st.sampled_from([0.3, 1, 2.5]))
def test_leiden_gains_from_partition_to_partition(G, seed, resolution):
    given = {"seed": seed, "resolution": resolution}
    partitions = list(COMMUNITY.leiden_partitions(G, **given, **LEIDEN))
    assert all(COMMUNITY.is_partition(G, parts) for parts in partitions)
    assert partitions == list(COMMUNITY.leiden_partitions(G, **given, **LEIDEN))
    assert partitions[-1] == COMMUNITY.leiden_communities(G, **given, **LEIDEN)
    assert partitions[0] == COMMUNITY.leiden_communities(G, **given, max_level=1, **LEIDEN)
    if G.number_of_edges():
        Q = [COMMUNITY.modularity(G, parts, resolution=resolution) for parts in partitions]
        assert (np.diff(Q) > 0).all()


@pytest.mark.parametrize(
    "make", [nx.karate_club_graph, nx.les_miserables_graph, lambda: planted(1)]
)
def test_leiden_is_not_below_the_best_louvain(make):
    G = make()
    louvain, leiden = (
        max(COMMUNITY.modularity(G, find(G, seed=seed, **by)) for seed in range(10))
        for find, by in (
            (COMMUNITY.louvain_communities, THEIRS),
            (COMMUNITY.leiden_communities, LEIDEN),
        )
    )
    assert leiden >= louvain - 1e-12


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
@pytest.mark.parametrize("threshold", [0.0, 1e-7, 0.05])
def test_thresholds_and_fractional_weights(kind, threshold):
    G = planted(2, kind)
    ours = list(COMMUNITY.louvain_partitions(G, threshold=threshold, seed=5, **OURS))
    assert ours == list(COMMUNITY.louvain_partitions(G, threshold=threshold, seed=5, **THEIRS))


@pytest.mark.parametrize("generator", [random.Random, np.random.RandomState, np.random.default_rng])
def test_seeds_of_every_kind(generator):
    G = planted(3)
    ours = COMMUNITY.louvain_communities(G, seed=generator(7), **OURS)
    assert ours == COMMUNITY.louvain_communities(G, seed=generator(7), **THEIRS)
    twice = [COMMUNITY.leiden_communities(G, seed=generator(7), **LEIDEN) for _ in range(2)]
    assert twice[0] == twice[1]


def test_views_and_fractions():
    G = planted(4).subgraph(range(50, 120))
    ours = COMMUNITY.louvain_communities(G, seed=1, **OURS)
    assert {frozenset(c) for c in ours} == {
        frozenset(c) for c in COMMUNITY.louvain_communities(G, seed=1, **THEIRS)
    }
    H = nx.Graph([(0, 1, {"weight": Fraction(1, 3)}), (1, 2, {"weight": Fraction(2, 3)})])
    assert COMMUNITY.modularity(H, [{0}, {1, 2}], **OURS) == pytest.approx(
        float(COMMUNITY.modularity(H, [{0}, {1, 2}], **THEIRS))
    )


def test_by_configuration(monkeypatch):
    G = planted(5)
    calls = []
    original = backend.louvain_communities
    monkeypatch.setattr(
        backend, "louvain_communities", lambda *a, **k: calls.append(1) or original(*a, **k)
    )
    expected = COMMUNITY.louvain_communities(G, seed=1)
    assert not calls  # not before it is asked for
    with nx.config.backend_priority(algos=["klasternet"]):
        assert COMMUNITY.louvain_communities(G, seed=1) == expected
        assert calls == [1]
        found = COMMUNITY.leiden_communities(
            G, seed=1, **({"metric": "modularity"} if RECENT else {})
        )
        assert COMMUNITY.is_partition(G, found)
        G.add_edge(0, 1, weight="heavy")  # what we cannot read is networkx's to refuse
        with pytest.raises(TypeError):
            COMMUNITY.louvain_communities(G, seed=1)


@pytest.mark.parametrize("weight", ["heavy", None, [1]])
def test_what_cannot_be_read_is_refused(weight):
    G = nx.Graph([(0, 1, {"weight": 2}), (1, 2, {"weight": weight})])
    with pytest.raises(NotImplementedError, match="klasternet"):
        COMMUNITY.louvain_communities(G, **OURS)


def test_bad_calls():
    G = nx.path_graph(4)
    with pytest.raises(ValueError, match="max_level argument must be a positive integer"):
        COMMUNITY.leiden_communities(G, max_level=0, **LEIDEN)
    if RECENT:
        with pytest.raises(NotImplementedError, match="klasternet"):
            COMMUNITY.leiden_communities(G, metric="cpm", **OURS)
    else:
        with pytest.raises(nx.NetworkXNotImplemented):
            COMMUNITY.leiden_communities(G.to_directed(), **LEIDEN)
    G.add_edge(0, 3, weight=-1)
    with pytest.raises(DataError, match=r"weight -1\.0"):
        COMMUNITY.leiden_communities(G, **LEIDEN)
    converted = backend.convert_from_nx(G)
    with pytest.raises(DataError, match="without the edge attribute 'weight'"):
        COMMUNITY.louvain_communities(converted)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    G = kind(
        [("a", "b", {"weight": 2.0}), ("b", "a", {"weight": 3.0}), ("c", "c", {"weight": 1.0})]
    )
    converted = backend.convert_from_nx(G, edge_attrs={"weight": 1})
    back = backend.convert_to_nx(converted)
    assert nx.utils.graphs_equal(G, back)
    assert "nodes" in str(converted) and len(converted) == len(G) and "a" in converted
    found = COMMUNITY.louvain_communities(converted, seed=0)  # a converted graph names its backend
    assert found == COMMUNITY.louvain_communities(G, seed=0)


def test_networkx_is_not_weighed_down():
    heavy = ["numpy", "numba", "pandas", "scipy"]
    code = f"import sys, klasternet.backend; print(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_tests_of_networkx_pass(tmp_path):
    """Those of the six functions; none is skipped; of 3.7 two ask what its own Leiden does."""
    modules = [f"test_{name}.py" for name in ("louvain", "leiden", "quality", "utils")]
    where = os.path.join(os.path.dirname(COMMUNITY.__file__), "tests")
    files = [os.path.join(where, name) for name in modules if name in os.listdir(where)]
    settings = dict(os.environ, NETWORKX_TEST_BACKEND="klasternet", NETWORKX_FALLBACK_TO_NX="1")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    counts = {
        word: int(n) for n, word in re.findall(r"(\d+) ([a-z]+)", done.stdout.splitlines()[-1])
    }
    assert counts.pop("passed") >= 30
    counts.pop("warnings", None)
    assert counts == ({"xfailed": len(backend.DETAILS)} if RECENT else {})
