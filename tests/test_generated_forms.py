"""What else a table may look like: signed, with a name twice, of many regions, as edges or a graph.

Names of any script; the same sectors in every region; pairs that come in several lines.
"""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles.generated import NAMES, dense, economies, law

import klasternet as kn
from klasternet.tables.multiregional import from_two_levels
from klasternet.tables.totals import looks_like_output, looks_like_total


def plain(label):
    """A label that is no total, no output and no formula."""
    told = looks_like_total([label]) or looks_like_output([label])
    return not told and not label.startswith(("=", "'"))


LABELS = NAMES.filter(plain)


@st.composite
def signed(draw):
    """A rectangle with amounts below zero wherever a table may have them, and its parts."""
    n, uses = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    labels = draw(st.lists(LABELS, min_size=n + uses + 2, max_size=n + uses + 2, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1e-3, 1.0, 1e9]))
    frame = pd.DataFrame(
        size * rng.uniform(-1, 3, (n + 2, n + uses)).round(6),
        [*labels[:n], *labels[n + uses :]],
        labels[: n + uses],
    )
    frame.iloc[n:, n:] = 0.0
    frame.iloc[:n, :n] = frame.iloc[:n, :n].abs()
    return frame, labels[:n], labels[n : n + uses], labels[n + uses :]


@law(20)
@given(signed(), st.sampled_from(["frame", "text", "csv"]), st.sampled_from([".", ","]))
def test_amounts_below_zero_are_read_with_their_sign(tmp_path_factory, case, form, decimal):
    frame, names, uses, inputs = case
    given_to, how = frame, {"layout": "labelled"}
    if form != "frame":
        given_to = frame.map(lambda value: repr(value).replace(".", decimal))
        how["decimal"] = decimal
    if form == "csv":
        path = tmp_path_factory.mktemp("signed") / "table.csv"
        given_to.to_csv(path, sep=";")
        given_to, how["delimiter"] = path, ";"
    table = kn.read_table(given_to, industries=names, final_demand=uses, value_added=inputs, **how)
    assert table.flows.index.tolist() == names
    np.testing.assert_array_equal(table.flows, frame.loc[names, names])
    np.testing.assert_array_equal(table.final_demand, frame.loc[names, uses])
    np.testing.assert_array_equal(table.value_added, frame.loc[inputs, names])


@law(20)
@given(signed(), st.booleans(), st.booleans(), st.data())
def test_a_name_that_is_there_twice_is_told(tmp_path_factory, case, down, filed, data):
    frame, names, *_ = case
    n = len(names)
    i, j = data.draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=2, unique=True))
    twice = frame.set_axis([names[i] if k == j else name for k, name in enumerate(frame.index)])
    if not down:
        columns = [names[i] if k == j else name for k, name in enumerate(frame.columns)]
        twice = frame.set_axis(columns, axis=1)
    given_to = twice
    if filed:
        given_to = tmp_path_factory.mktemp("twice") / "table.csv"
        twice.to_csv(given_to)
    with pytest.raises(kn.AlignmentError, match="more than once") as told:
        kn.read_table(given_to, layout="labelled")
    assert repr(names[i]) in str(told.value)
    with pytest.raises(kn.KlasternetError, match=r"twice|once"):
        kn.FlowNetwork.from_matrix(twice.iloc[:n, :n])


@law(15)
@given(st.data(), st.integers(2, 3), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_regions_share_the_names_of_their_sectors(data, regions, sectors, seed):
    one_word = NAMES.filter(lambda name: plain(name) and " " not in name)
    places = data.draw(st.lists(one_word, min_size=regions, max_size=regions, unique=True))
    goods = data.draw(st.lists(one_word, min_size=sectors, max_size=sectors, unique=True))
    rng = np.random.default_rng(seed)
    both = pd.MultiIndex.from_product([places, goods])
    users = pd.MultiIndex.from_product([places, ["homes"]])
    n = len(both)
    flows = pd.DataFrame(rng.random((n, n)) * (rng.random((n, n)) < 0.8), both, both)
    final = pd.DataFrame(rng.random((n, regions)) + 0.1, both, users)
    output = flows.sum(axis=1) + final.sum(axis=1)
    earned = (output - flows.sum()).to_frame("value added").T
    assume(len({f"{a} {b}" for a, b in both}) == n)
    table = from_two_levels(flows, final_demand=final, value_added=earned)
    assert table.region.tolist() == [place for place, _ in both]
    assert table.regions.sector.tolist() == goods * regions
    pd.testing.assert_frame_equal(
        table.regions.two_levels(), flows, check_names=False, check_freq=False
    )
    for a in places:  # what regions sell each other, pair by pair
        for b in places:
            wanted = flows.loc[[a], [b]].to_numpy().sum()
            assert table.regions.between.loc[a, b] == pytest.approx(wanted, abs=1e-12)
    inside = sum(flows.loc[[a], [a]].to_numpy().sum() for a in places)
    assert table.regions.domestic.to_numpy().sum() == pytest.approx(inside)


ENGINES = ("pandas", "polars", "pyarrow")


@law(20)
@given(economies(), st.sampled_from(ENGINES), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_pair_may_come_in_several_lines(economy, engine, parts, seed):
    rng = np.random.default_rng(seed)
    names = [str(name) for name in economy.names]
    i, j = np.nonzero(economy.W)
    share = rng.dirichlet(np.ones(parts), len(i))
    at = rng.permutation(parts * len(i))
    lines = {
        "source": np.array(names, dtype=object)[np.tile(i, parts)][at],
        "target": np.array(names, dtype=object)[np.tile(j, parts)][at],
        "weight": (share.T * economy.W[i, j]).ravel()[at],
    }
    frame = pd.DataFrame(lines)
    if engine != "pandas":
        module = pytest.importorskip(engine)
        frame = (
            module.from_pandas(frame)
            if engine == "polars"
            else module.Table.from_pandas(frame, preserve_index=False)
        )
    network = kn.FlowNetwork.from_edges(frame, loops=economy.loops)
    seen = sorted({names[k] for k in (*i, *j)})
    assert network.industries.tolist() == seen
    order = [names.index(name) for name in seen]
    wanted = economy.W[np.ix_(order, order)]
    np.testing.assert_allclose(dense(network.flows), wanted, rtol=1e-14 * parts)


@law(20)
@given(economies(), st.booleans(), st.booleans())
def test_graphs_directed_or_not_with_parallel_edges(economy, directed, several):
    kinds = {
        (True, False): nx.DiGraph,
        (True, True): nx.MultiDiGraph,
        (False, False): nx.Graph,
        (False, True): nx.MultiGraph,
    }
    G = kinds[directed, several]()
    G.add_nodes_from(economy.names)
    W = economy.W if directed else np.triu(economy.W)
    assume((W * (1 - np.eye(economy.n))).any())
    for i, j in zip(*np.nonzero(W), strict=True):
        for part in (0.25, 0.75) if several else (1.0,):
            G.add_edge(economy.names[i], economy.names[j], weight=part * W[i, j])
    wanted = W if directed else W + np.triu(W, 1).T
    network = kn.FlowNetwork.from_networkx(G, loops=economy.loops)
    assert network.industries.tolist() == economy.names
    np.testing.assert_allclose(dense(network.flows), wanted, rtol=1e-15)
