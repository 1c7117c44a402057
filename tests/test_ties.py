"""Tie rules against their formulas, dense and sparse alike; contracts; backbones."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from klasternet import (
    ContractError,
    ConvergenceError,
    DataError,
    FlowNetwork,
    ParameterError,
    backbone,
    datasets,
    tie,
    tie_rule,
)
from klasternet.registry import tie_rules

W = np.array([[5.0, 40, 0], [10, 20, 3], [0, 6, 7]])
OUTPUT = [80.0, 100, 25]
FORMS = {"dense": np.asarray, "sparse": sparse.csr_array}


def network(form="dense", output=OUTPUT, **kwargs):
    columns = None if output is None else {"output": output}
    return FlowNetwork.from_matrix(FORMS[form](W), ["farms", "food", "steel"], columns, **kwargs)


def ties_of(net):
    return net.ties.toarray() if sparse.issparse(net.ties) else net.ties


@st.composite
def economies(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(3, 12))
    M = rng.lognormal(0, 2, (n, n)) * (rng.random((n, n)) < draw(st.floats(0.3, 1)))
    M[0, 1] += 1
    return M


# ---------------------------------------------------------------------------------- formulas


@pytest.mark.parametrize("form", FORMS)
def test_shares_of_output(form):
    x = np.array(OUTPUT)
    bought, sold = W / x, W / x[:, None]
    off = 1 - np.eye(3)
    net = network(form)
    expected = {
        "flow": W,
        "input_share": bought,
        "sales_share": sold,
        "relatedness": bought + sold,
        "strongest_share": np.max([bought, sold, bought.T, sold.T], axis=0),
    }
    for rule, matrix in expected.items():
        tied = tie(net, rule)
        np.testing.assert_allclose(ties_of(tied), matrix * off)
        assert sparse.issparse(tied.ties) == (form == "sparse")
        assert tied.flows is net.flows and tied.tie_rule == rule


@given(economies())
def test_without_output_shares_are_of_all_flow(M):
    whole, thin = (FlowNetwork.from_matrix(f(M), loops="keep") for f in FORMS.values())
    inputs, sales = tie(whole, "input_share").ties, tie(whole, "sales_share").ties
    np.testing.assert_allclose(inputs.sum(axis=0), M.any(axis=0))
    np.testing.assert_allclose(sales.sum(axis=1), M.any(axis=1))
    strongest = tie(whole, "strongest_share").ties
    np.testing.assert_array_equal(strongest, strongest.T)
    assert (strongest >= np.maximum(inputs, sales)).all()
    turned = FlowNetwork.from_matrix(M.T, loops="keep")
    np.testing.assert_allclose(tie(turned, "sales_share").ties, inputs.T)
    np.testing.assert_allclose(tie(turned, "strongest_share").ties, strongest)
    for rule in ("input_share", "sales_share", "relatedness", "strongest_share"):
        np.testing.assert_allclose(ties_of(tie(thin, rule)), tie(whole, rule).ties)
        larger_unit = FlowNetwork.from_matrix(M * 1000, loops="keep")
        np.testing.assert_allclose(tie(larger_unit, rule).ties, tie(whole, rule).ties)


@pytest.mark.parametrize("form", FORMS)
def test_leontief_sums_every_round_of_inputs(form):
    A = W / np.array(OUTPUT)
    rounds = sum(np.linalg.matrix_power(A, k) for k in range(1, 200))
    np.testing.assert_allclose(tie(network(form, loops="keep"), "leontief").ties, rounds)


def test_leontief_agrees_with_the_table():
    table = datasets.load("usa_2022")
    tied = tie(FlowNetwork.from_table(table, loops="keep"), "leontief")
    np.testing.assert_allclose(tied.ties, table.leontief() - np.eye(table.n), atol=1e-12)


def test_lift_is_that_of_the_gravity_fit():
    from klasternet.lift import gravity

    net = FlowNetwork.from_table(datasets.load("usa_2022"))
    lift = tie(net, "lift").ties
    np.testing.assert_array_equal(lift, np.asarray(gravity(net).lift) * (1 - np.eye(net.n)))
    assert lift.min() < 0 < lift.max()


def test_rules_read_flows_not_earlier_ties():
    tied = tie(tie(network(), "sales_share"), "input_share")
    np.testing.assert_array_equal(tied.ties, tie(network(), "input_share").ties)
    assert tie(tied, "flow").given_ties is None


# --------------------------------------------------------------------------------- refusals


def test_what_a_rule_needs_is_said():
    with pytest.raises(DataError, match=r"no column 'output'.*columns="):
        tie(network(output=None), "leontief")
    with pytest.raises(DataError, match="'food' is 0, while its flows add up to 66"):
        tie(network(output=[80, 0, 25]), "input_share")
    with pytest.raises(DataError, match="'steel' is nan"):
        tie(network(output=[80, 10, np.nan]), "sales_share")
    with pytest.raises(ConvergenceError, match="spectral radius"):
        tie(network(output=[10, 10, 10]), "leontief")
    with pytest.raises(ParameterError, match="did you mean 'input_share'"):
        tie(network(), "inputshare")


def test_an_industry_without_output_and_flows_has_no_shares():
    M = np.zeros((4, 4))
    M[:3, :3] = W
    for form in FORMS.values():
        net = FlowNetwork.from_matrix(form(M), columns={"output": [*OUTPUT, 0]})
        for rule in ("relatedness", "strongest_share", "leontief"):
            ties = ties_of(tie(net, rule))
            assert np.isfinite(ties).all() and not ties[3].any() and not ties[:, 3].any()


def test_a_rule_of_ones_own():
    def squared(net, power=2):
        return net.to_frame().loc[::-1] ** power  # in any order: frames meet by name

    np.testing.assert_allclose(tie(network(), squared).ties, ties_of(network()) ** 2)
    np.testing.assert_allclose(tie(network(), squared, power=3).ties, ties_of(network()) ** 3)
    assert tie(network(), squared).tie_rule == "squared"
    tie_rule("squared")(squared)
    try:
        assert tie(network(), "Squared").tie_rule == "squared"
        with pytest.raises(ParameterError, match="registered already"):
            tie_rule("squared")(squared)
    finally:
        tie_rules.forget("squared")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (3, "int"),
        (None, "NoneType"),
        (W[:2], r"shape \(2, 3\)"),
        (W[:2, :2], r"\(2, 2\) for 3 industries"),
        (W.astype(str), "no number"),
        (np.where(W == 3, np.nan, W), "'food' to 'steel' is not finite"),
        (pd.DataFrame(W), "tables meet by name"),
    ],
)
def test_a_rule_that_breaks_its_contract_is_named(answer, told):
    def mine(net):
        return answer

    with pytest.raises(ContractError, match=f"(?s)tie rule 'mine'.*{told}"):
        tie(network(), mine)


# --------------------------------------------------------------------------------- backbones


@pytest.mark.parametrize("method", ["mst+relatedness", "mst+flow"])
@pytest.mark.parametrize("form", FORMS)
@given(M=economies())
def test_a_backbone_connects_what_was_connected(form, method, M):
    net = FlowNetwork.from_matrix(FORMS[form](M))
    S = ties_of(tie(net, method.removeprefix("mst+")))
    kept = ties_of(backbone(net, method))
    assert np.count_nonzero(kept) == min(2 * net.n, np.count_nonzero(S))
    whole = nx.from_numpy_array(np.maximum(S, S.T))
    parts, kept_parts = (
        {frozenset(c) for c in nx.connected_components(G)}
        for G in (whole, nx.from_numpy_array(kept + kept.T))
    )
    assert parts == kept_parts
    bare = backbone(net, method, n_edges=net.n - len(parts))
    weight = S[ties_of(bare) > 0].sum()
    oracle = nx.maximum_spanning_tree(whole).size(weight="weight")
    assert weight == pytest.approx(oracle)
    np.testing.assert_array_equal(kept[kept > 0], ties_of(net)[kept > 0])


def test_a_backbone_tells_what_it_left_out():
    net = network(unit="USD")
    bone = backbone(net, n_edges=2)
    left = bone.decisions[-1]
    assert left.amount == pytest.approx(net.trade.sum() - bone.ties.sum())
    assert "left out of the ties" in str(left)
    assert bone.tie_rule == "flow, backbone mst+relatedness"
    with pytest.raises(ParameterError, match="n_edges=1 is less than the 2"):
        backbone(net, n_edges=1)
    with pytest.raises(ParameterError, match="did you mean 'mst"):
        backbone(net, "mst")
