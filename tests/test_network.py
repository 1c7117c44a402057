"""FlowNetwork: constructors agree, policies are recorded, bad input is named, nothing changes."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from klasternet import AlignmentError, DataError, FlowNetwork, IOTable, ParameterError, datasets

NAMES = ["farms", "food", "steel", "cars"]
W = np.array([[5.0, 40, 0, 0], [10, 20, 0, 3], [1, 2, 7, 30], [0, 4, 8, 9]])


def frame(cells=W, rows=NAMES, columns=None):
    return pd.DataFrame(cells, rows, rows if columns is None else columns)


def dense(network):
    return network.flows.toarray() if network.is_sparse else network.flows


@st.composite
def tables(draw):
    """Square tables with zeros, loops and weights over many orders, and a flow that is no loop."""
    n = draw(st.integers(2, 7))
    cells = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
    M = draw(arrays(np.float64, (n, n), elements=cells))
    M[0, 1] += 1.0
    return pd.DataFrame(M, list("abcdefg"[:n]), list("abcdefg"[:n]))


def made(make, *args, **kwargs):
    """Make a network, or None where chance made a row the sum of the others."""
    try:
        return make(*args, **kwargs)
    except DataError as error:
        assert "is a total among" in str(error)
        return None


# ------------------------------------------------------------------------------- constructors


@given(tables())
def test_constructors_agree(table):
    whole = made(FlowNetwork.from_matrix, table)
    if whole is None:
        return
    edges = whole.to_edges()
    again = [
        FlowNetwork.from_matrix(table.to_numpy(), industries=table.index),
        FlowNetwork.from_matrix(sparse.coo_array(table.to_numpy()), industries=table.index),
        FlowNetwork.from_networkx(whole.to_networkx()),
        FlowNetwork.from_matrix(whole.to_frame()),
    ]
    for other in again:
        assert list(other.industries) == list(whole.industries)
        np.testing.assert_array_equal(dense(other), whole.flows)
        np.testing.assert_array_equal(other.active, whole.active)
        assert other.total == pytest.approx(whole.total)
        np.testing.assert_allclose(other.out_strength, whole.out_strength)
        np.testing.assert_allclose(other.in_strength, whole.in_strength)
    by_edges = FlowNetwork.from_edges(edges)  # knows only who trades
    np.testing.assert_array_equal(
        dense(by_edges), whole.to_frame().loc[by_edges.industries, by_edges.industries]
    )


@given(tables(), st.randoms(use_true_random=False))
def test_order_of_names_is_of_no_effect(table, random):
    network = made(FlowNetwork.from_matrix, table)
    if network is None:
        return
    rows, columns = list(table.index), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = FlowNetwork.from_matrix(table.loc[rows, columns])
    pd.testing.assert_frame_equal(
        shuffled.to_frame().loc[network.industries, network.industries], network.to_frame()
    )
    assert shuffled.select(table.index).active.tolist() == network.active.tolist()


@given(tables())
def test_transposing_swaps_sellers_and_buyers(table):
    network, turned = (made(FlowNetwork.from_matrix, t) for t in (table, table.T))
    assert (network is None) == (turned is None)
    if network is None:
        return
    np.testing.assert_array_equal(turned.ties, network.ties.T)
    np.testing.assert_allclose(turned.out_strength, network.in_strength)
    np.testing.assert_array_equal(turned.active, network.active)


@given(tables())
def test_a_larger_unit_changes_amounts_only(table):
    network, thousand = (made(FlowNetwork.from_matrix, t) for t in (table, table * 1000))
    if network is None:
        return
    np.testing.assert_allclose(thousand.ties, network.ties * 1000)
    assert thousand.loop_share == pytest.approx(network.loop_share)
    for a, b in zip(network.decisions, thousand.decisions, strict=True):
        assert (a.what, a.where) == (b.what, b.where)
        assert a.share == pytest.approx(b.share)


def edge_lists():
    import polars as pl
    import pyarrow as pa

    data = {
        "seller": ["farms", "food", "farms", "steel", "food"],
        "buyer": ["food", "cars", "food", "steel", "farms"],
        "usd": [1, 2, 4, 8, 16],
    }
    return {
        "pandas": pd.DataFrame(data),
        "polars": pl.DataFrame(data),
        "lazy": pl.DataFrame(data).lazy(),
        "pyarrow": pa.table(data),
    }


@pytest.mark.parametrize("engine", ["pandas", "polars", "lazy", "pyarrow"])
def test_edges_of_any_engine_with_repeated_pairs_summed(engine):
    network = FlowNetwork.from_edges(edge_lists()[engine], "seller", "buyer", "usd")
    assert network.is_sparse and network.flows.has_canonical_format
    assert network.industries.tolist() == ["cars", "farms", "food", "steel"]
    assert dense(network).tolist() == [[0, 0, 0, 0], [0, 0, 5, 0], [2, 16, 0, 0], [0, 0, 0, 8]]


def test_numbers_as_names_of_edges_near_and_far_apart():
    near = pd.DataFrame({"source": [7, 5], "target": [5, 9], "weight": [1.0, 2.0]})
    far = near.replace({9: 10**15})
    assert FlowNetwork.from_edges(near).industries.tolist() == [5, 7, 9]
    assert FlowNetwork.from_edges(far).industries.tolist() == [5, 7, 10**15]


@pytest.mark.parametrize("engine", ["polars", "lazy"])
def test_a_missing_weight_is_not_zero(engine):
    import polars as pl

    edges = pl.DataFrame({"source": ["a", "a"], "target": ["b", "b"], "weight": [1.0, None]})
    edges = edges.lazy() if engine == "lazy" else edges
    with pytest.raises(DataError, match="NaN in the flow from 'a' to 'b'"):
        FlowNetwork.from_edges(edges)


def test_an_undirected_graph_gives_both_directions():
    G = nx.Graph([("a", "b", {"weight": 3}), ("b", "b", {"weight": 5})])
    G.nodes["a"]["output"] = 9.0
    network = FlowNetwork.from_networkx(G)
    assert dense(network).tolist() == [[0, 3], [3, 5]]
    assert network.columns.loc["a", "output"] == 9
    multi = nx.MultiDiGraph([("a", "b", {"weight": 3}), ("a", "b", {"weight": 4})])
    assert dense(FlowNetwork.from_networkx(multi)).tolist() == [[0, 7], [0, 0]]
    assert dense(FlowNetwork.from_networkx(multi, weight=None)).tolist() == [[0, 2], [0, 0]]


def test_a_multiindex_is_joined():
    index = pd.MultiIndex.from_product([["east", "west"], ["ore", "steel"]])
    network = FlowNetwork.from_matrix(frame(W, index))
    assert network.industries[1] == "east | steel"


def test_columns_meet_by_name():
    output = pd.Series({"cars": 4.0, "steel": 3.0, "food": 2.0, "farms": 1.0})
    network = FlowNetwork.from_matrix(frame(), columns={"output": output, "rank": [1, 2, 3, 4]})
    assert network.columns["output"].tolist() == [1, 2, 3, 4] == network.columns["rank"].tolist()
    with pytest.raises(AlignmentError, match="'food'"):
        FlowNetwork.from_matrix(frame(), columns={"output": output.drop("food")})
    with pytest.raises(AlignmentError, match="'rank'"):
        FlowNetwork.from_matrix(frame(), columns={"rank": [1, 2]})


# ----------------------------------------------------------------------------------- policies


def decision(network, word):
    (found,) = [d for d in network.decisions if word in d.what]
    return found


@pytest.mark.parametrize("form", [frame, lambda M: sparse.csr_array(M)])
def test_loops(form):
    network = FlowNetwork.from_matrix(form(W), unit="USD")
    assert dense(network).diagonal().tolist() == [5, 20, 7, 9]
    assert not network.ties.diagonal().any()
    loops = decision(network, "loops")
    assert loops.amount == 41 and loops.share == pytest.approx(41 / 139)
    assert network.loop_share == pytest.approx(loops.share)
    assert str(loops) == "loops set aside: 41 USD (29.5% of all flow)"
    kept = FlowNetwork.from_matrix(form(W), loops="keep")
    assert kept.ties.diagonal().tolist() == [5, 20, 7, 9] and kept.decisions == ()


@pytest.mark.parametrize("form", [frame, lambda M: sparse.csr_array(M)])
def test_negatives(form):
    M = W.copy()
    M[2, 0], M[3, 0] = -6.0, -1.0
    with pytest.raises(DataError, match=r"2 negative .* -6 .* negatives='transpose'"):
        FlowNetwork.from_matrix(form(M))
    turned = FlowNetwork.from_matrix(form(M), negatives="transpose")
    assert dense(turned)[0].tolist() == [5, 40, 6, 1] and dense(turned)[2, 0] == 0
    aside = FlowNetwork.from_matrix(form(M), negatives="aside")
    assert dense(aside)[0].tolist() == [5, 40, 0, 0] and dense(aside)[2, 0] == 0
    for network in (turned, aside):
        told = decision(network, "negative")
        assert told.amount == 7 and len(told.where) == 2
        assert told.where[0].endswith({True: "2 -> 0", False: "steel -> farms"}[network.is_sparse])


@pytest.mark.parametrize("form", [frame, lambda M: sparse.csr_array(M)])
def test_inactive_industries_are_kept_and_named(form):
    M = W.copy()
    M[2, :2], M[:, 2], M[2, 3] = 0, 0, 0
    M[2, 2] = 1e300  # what it sells to itself must not hide it, nor hide small flows of others
    M[3, 1] = 1e-300
    network = FlowNetwork.from_matrix(form(M))
    assert network.active.tolist() == [True, True, False, True]
    fresh = dataclasses.replace(network)  # computed anew, not handed over
    assert fresh.active.tolist() == [True, True, False, True]
    assert decision(network, "inactive").where == (str(network.industries[2]),)
    assert np.isfinite(network.out_strength).all()


def test_imports_are_never_mixed_in_silently():
    table = datasets.load("usa_2022")
    home = FlowNetwork.from_table(table)
    everything = FlowNetwork.from_table(table, flows="total")
    imports = table.imports.to_numpy().sum()
    assert decision(home, "imported flows left out").amount == pytest.approx(imports)
    assert decision(everything, "imported flows mixed in").amount == pytest.approx(imports)
    assert everything.total - home.total == pytest.approx(imports)
    assert decision(home, "imported").share == pytest.approx(imports / everything.total)
    assert {"output", "exports", "value_added", "final_demand"} <= set(home.columns)
    assert home.columns["output"].equals(table.output.rename_axis("industry"))
    bare = IOTable(frame(), name="bare")
    with pytest.raises(DataError, match=r"'bare' has no imports.*flows='domestic'"):
        FlowNetwork.from_table(bare, flows="total")
    with pytest.raises(ParameterError, match="did you mean 'domestic'"):
        FlowNetwork.from_table(bare, flows="domestik")


# ---------------------------------------------------------------------------------- bad input

TOTALS = np.block([[W, W.sum(1)[:, None]], [W.sum(0), W.sum()]])
BAD = {
    "not square": (np.ones((2, 3)), r"\(2, 3\) is not square"),
    "not a matrix": ("flows.csv", "not square"),
    "ragged": ([[1, 2], [3]], "no matrix"),
    "names differ": (frame(columns=["farms", "food", "steel", "auto"]), "'cars'.*'auto'"),
    "more rows": (frame().reindex([*NAMES, "wages"]).fillna(1), r"'wages'.*5 x 4"),
    "doubled names": (frame(rows=["farms", "food", "food", "cars"]), "'food' is there twice"),
    "no name": (frame(rows=["farms", None, "steel", "cars"]), "number 1 has no name"),
    "text": (frame(W.astype(object)).replace({40.0: "n.a."}), "'n.a.' at row 'farms'.*'food'"),
    "numbers as text": (W.astype(str), "no number"),
    "complex": (W + 1j, "complex"),
    "NaN": (frame(np.where(W == 30, np.nan, W)), "NaN.*'steel'.*'cars'"),
    "NaN in array": (np.where(W == 30, np.nan, W), "NaN in the flow from 2 to 3"),
    "NaN in sparse": (sparse.csr_array(np.where(W == 30, np.nan, W)), "NaN.* 2 to 3"),
    "infinite": (np.where(W == 30, np.inf, W), "infinity in the flow from 2 to 3"),
    "overflow": (np.full((3, 3), 1e308), "larger unit"),
    "total by name": (frame(np.eye(4)[::-1], [*NAMES[:3], "TOT"]), "'TOT' is a total.*Leave it"),
    "total by sums": (TOTALS, "4 sells exactly what all others"),
    "total in sparse": (sparse.csr_array(TOTALS), "4 sells exactly what all others"),
    "total column": (
        np.block([[W, W.sum(1)[:, None]], [np.ones(4), 0]]),
        "4 buys exactly what all others",
    ),
    "all zeros": (np.zeros((3, 3)), "zero"),
    "all zeros in sparse": (sparse.csr_array((3, 3)), "zero"),
    "loops only": (np.eye(3), "no industry sells to another"),
    "one industry": (np.ones((1, 1)), "at least two"),
    "empty": (np.ones((0, 0)), "at least two"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_matrices_are_named(case):
    matrix, message = BAD[case]
    with pytest.raises(DataError, match=f"(?s){message}"):
        FlowNetwork.from_matrix(matrix)


def test_what_looks_like_a_total_by_chance_is_none():
    FlowNetwork.from_networkx(nx.windmill_graph(5, 3), weight=None)  # the hub meets each rim node
    FlowNetwork.from_networkx(nx.complete_graph(3), weight=None)
    FlowNetwork.from_matrix(frame(rows=["farms", "Totally woven", "steel", "cars"]))
    small = frame(rows=["farms", "food", "steel", "Total Petrol SA"])
    small.loc["Total Petrol SA"] *= 0.01
    small["Total Petrol SA"] *= 0.01
    FlowNetwork.from_matrix(small)


def test_bad_names_and_options():
    with pytest.raises(AlignmentError, match="3 names for 4"):
        FlowNetwork.from_matrix(W, industries=NAMES[:3])
    with pytest.raises(ParameterError, match="did you mean 'aside'"):
        FlowNetwork.from_matrix(W, loops="asid")
    with pytest.raises(ParameterError, match="'transpose'"):
        FlowNetwork.from_matrix(W, negatives="transposed")


def test_bad_edges_and_graphs():
    edges = edge_lists()["pandas"]
    with pytest.raises(DataError, match=r"'source'.*seller, buyer, usd"):
        FlowNetwork.from_edges(edges)
    with pytest.raises(DataError, match="'buyer' are of type"):
        FlowNetwork.from_edges(edges, "seller", "usd", "buyer")
    with pytest.raises(DataError, match=r"name is missing in the column 'buyer'.*'steel'"):
        FlowNetwork.from_edges(edges.replace({"buyer": {"steel": None}}), "seller", "buyer", "usd")
    with pytest.raises(DataError, match="empty"):
        FlowNetwork.from_edges(edges.iloc[:0], "seller", "buyer", "usd")
    with pytest.raises(DataError, match="list are no data frame"):
        FlowNetwork.from_edges([("a", "b", 1)])
    G = nx.DiGraph([("ore", "steel", {"usd": 4}), ("steel", "cars", {})])
    with pytest.raises(DataError, match="'steel' to 'cars' has no attribute 'usd'"):
        FlowNetwork.from_networkx(G, weight="usd")
    G["steel"]["cars"]["usd"] = "many"
    with pytest.raises(DataError, match="'many'"):
        FlowNetwork.from_networkx(G, weight="usd")


def test_negatives_cannot_hide_an_overflow():
    M = np.array([[0, 1.5e308, 1], [1, 0, 1], [-1.5e308, 1, 1]])
    with pytest.raises(DataError, match="larger unit"):
        FlowNetwork.from_matrix(M, negatives="transpose")


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_extreme_weights(scale, form):
    network = FlowNetwork.from_matrix(form(W * scale))
    assert network.active.all() and np.isfinite(network.total)
    np.testing.assert_allclose(network.out_strength / scale, [40, 13, 33, 12])
    assert str(network)


# -------------------------------------------------------------------------------- frozen, verbs


def test_nothing_changes_a_network():
    M = W.copy()
    network = FlowNetwork.from_matrix(M)
    M[0, 1] = 99
    assert network.flows[0, 1] == 40
    thin = FlowNetwork.from_matrix(sparse.csr_array(W))
    for array in (network.flows, network.ties, network.out_strength, network.active):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    for array in (thin.flows.data, thin.ties.data, thin.ties.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        network.unit = "EUR"


def test_given_ties():
    network = FlowNetwork.from_matrix(frame())
    ties = frame(np.arange(16.0).reshape(4, 4) - 8)
    tied = network.with_ties(ties.loc[::-1], "made up")
    np.testing.assert_array_equal(tied.ties, ties.to_numpy() * (1 - np.eye(4)))
    assert tied.tie_rule == "made up" and tied.flows is network.flows
    assert "made up" in repr(tied)
    with pytest.raises(DataError, match="'farms' to 'cars' is not finite"):
        network.with_ties(ties.replace({-5.0: np.nan}).to_numpy())
    with pytest.raises(AlignmentError, match=r"\(3, 3\) for 4"):
        network.with_ties(np.ones((3, 3)))


@pytest.mark.parametrize("form", [frame, lambda M: sparse.csr_array(M)])
def test_select(form):
    network = FlowNetwork.from_matrix(form(W), industries=NAMES, columns={"output": [1, 2, 3, 4]})
    some = network.with_ties(-W).select(["cars", "food"])
    assert dense(some).tolist() == [[9, 4], [3, 20]]
    assert some.ties.tolist() == [[0, -4], [-3, 0]]
    assert some.columns["output"].tolist() == [4, 2]
    assert decision(some, "left out").amount == 139 - 36
    with pytest.raises(AlignmentError, match="'tin'"):
        network.select(["cars", "tin"])
    with pytest.raises(DataError, match="'cars' is there twice"):
        network.select(["cars", "cars"])


def test_it_prints_well():
    network = FlowNetwork.from_matrix(frame(), unit="million USD", name="toy")
    assert repr(network) == "FlowNetwork toy: 4 industries, 12 flows, 139 million USD"
    assert "loops set aside: 41 million USD" in str(network)


@pytest.mark.parametrize("ending", ["graphml", "gexf", "net", "csv"])
def test_files_read_back(tmp_path, ending):
    from klasternet import Clusters

    names = ["farms", "food & drink", 'steel "hot"' if ending != "net" else "steel", "Žižkov"]
    network = FlowNetwork.from_matrix(W, industries=names, columns={"output": [1.5, 2, 3, 4]})
    clusters = Clusters.from_labels(network, [0, 0, -1, -1]).rename({0: "eating"})
    path = network.write(tmp_path / f"x.{ending}", clusters)
    place = {"farms": "eating", "food & drink": "eating", names[2]: "rest", names[3]: "rest"}
    if ending == "csv":
        edges = pd.read_csv(path)
        assert dict(zip(edges["source"], edges["source_cluster"], strict=True)) == place
        assert dict(zip(edges["target"], edges["target_cluster"], strict=True)) == place
        G = nx.from_pandas_edgelist(edges, edge_attr="weight", create_using=nx.DiGraph)
    else:
        read = {"graphml": nx.read_graphml, "gexf": nx.read_gexf, "net": nx.read_pajek}[ending]
        G = read(path)
        assert nx.get_node_attributes(G, "cluster") == place
        assert float(G.nodes["farms"]["output"]) == 1.5
    again = FlowNetwork.from_networkx(G).select(names)
    np.testing.assert_array_equal(dense(again), W)


def test_writing_elsewhere_is_refused(tmp_path):
    from klasternet import Clusters

    network = FlowNetwork.from_matrix(frame())
    with pytest.raises(ParameterError, match="'graphml'"):
        network.write(tmp_path / "x.graphm")
    others = Clusters.from_labels(network.select(NAMES[:3]), [0, 0, 1])
    with pytest.raises(AlignmentError, match="other industries"):
        network.write(tmp_path / "x.gexf", others)
    tied = network.with_ties(-W)
    assert tied.to_edges()["tie"].sum() == -(W.sum() - np.trace(W))
    assert tied.to_networkx()["farms"]["food"] == {"weight": 40, "tie": -40}
