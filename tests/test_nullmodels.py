"""Null models in money: margins, published partitions, draws, and what a faulty model is told."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from klasternet import datasets
from klasternet.errors import ContractError, ConvergenceError, DataError, ParameterError
from klasternet.kernels.proportional import fit_masses, fit_matrix
from klasternet.network import FlowNetwork
from klasternet.nullmodels import NullModel, expected, null_model_of
from klasternet.registry import null_model, null_models

MONEY = ("gravity", "configuration", "uniform", "capacity", "blocks")
TOY = np.array(
    [
        [10, 40, 30, 2, 1, 1],
        [20, 5, 50, 1, 3, 0],
        [35, 25, 8, 0, 2, 2],
        [1, 2, 0, 6, 60, 20],
        [0, 1, 2, 45, 4, 30],
        [2, 0, 1, 25, 35, 9.0],
    ]
)
HALVES = np.array([0, 0, 0, 1, 1, 1])


def economy(n=30, seed=0, empty=0.0, **kept):
    """A network with everything that the null models may ask for; industry 3 is inactive."""
    rng = np.random.default_rng(seed)
    W = rng.lognormal(0, 1.5, (n, n)) * np.outer(rng.lognormal(0, 1, n), rng.lognormal(0, 1, n))
    W *= rng.random((n, n)) >= empty
    W[3] = W[:, 3] = 0
    columns = {"output": rng.lognormal(0, 1, n), "region": list("ABC") * (n // 3)}
    return FlowNetwork.from_matrix(W, columns=columns, **kept)


def quality(network, null, labels):
    labels = np.asarray(labels)
    W = network.ties
    gain = (W - expected(network, null)) * (labels[:, None] == labels)
    return float(gain.sum() / W.sum())


def partitions(n):
    for labels in itertools.product(*(range(i + 1) for i in range(n))):
        if all(labels[i] <= max(labels[:i], default=-1) + 1 for i in range(n)):
            yield labels


def scores(network, null):
    """Quality and labels of every partition, the best first."""
    return sorted(((quality(network, null, p), p) for p in partitions(network.n)), reverse=True)


# ------------------------------------------------------------------- published and known


def test_germany_with_loops_and_configuration():
    table = datasets.load("germany_1995")
    best, labels = scores(FlowNetwork.from_table(table, loops="keep"), "configuration")[0]
    assert best == pytest.approx(0.239317, abs=5e-7)
    assert labels == (0, 0, 1, 2, 1, 2)  # agriculture, industry, construction, trade, business, o.


def test_germany_without_loops():
    network = FlowNetwork.from_table(datasets.load("germany_1995"))
    found = scores(network, "gravity")
    assert len(found) == 203
    assert found[0][0] == pytest.approx(0.074733, abs=5e-7)
    assert found[0][1] == (0, 0, 0, 1, 1, 1)
    assert found[1][0] == pytest.approx(0.063698, abs=5e-7)
    assert found[1][1] == (0, 0, 1, 2, 2, 2)


def test_germany_without_loops_under_configuration_is_one_cluster():
    network = FlowNetwork.from_table(datasets.load("germany_1995"))
    found = scores(network, "configuration")
    assert found[0][1] == (0,) * 6
    assert found[0][0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("loops", "Q"), [("aside", 0.451267), ("keep", 0.455822)])
def test_toy_under_configuration(loops, Q):
    network = FlowNetwork.from_matrix(TOY, loops=loops)
    assert quality(network, "configuration", HALVES) == pytest.approx(Q, abs=5e-7)


def test_configuration_with_loops_is_networkx_modularity():
    network = economy(loops="keep")
    graph = nx.from_numpy_array(network.flows, create_using=nx.DiGraph)
    labels = np.random.default_rng(1).integers(4, size=network.n)
    communities = [set(np.flatnonzero(labels == c).tolist()) for c in range(4)]
    modularity = nx.community.modularity(graph, communities)
    assert quality(network, "configuration", labels) == pytest.approx(modularity, abs=1e-12)


def test_gravity_has_the_margins_and_an_empty_diagonal():
    network = economy()
    E = expected(network)
    assert not E.diagonal().any() and not E[3].any()
    assert E.sum(1) == pytest.approx(network.out_strength, rel=1e-10)
    assert E.sum(0) == pytest.approx(network.in_strength, rel=1e-10)


def test_gravity_with_loops_is_configuration():
    network = economy(loops="keep")
    assert np.array_equal(expected(network, "gravity"), expected(network, "configuration"))


@pytest.mark.parametrize("empty", [0.0, 0.5])
@pytest.mark.parametrize("loops", ["aside", "keep"])
@pytest.mark.parametrize("null", MONEY)
def test_masses_sum_to_the_total_tie(null, loops, empty):
    network = economy(loops=loops, empty=empty)
    A, B = null_model_of(null).masses(network)
    total = network.ties.sum()
    with_diagonal = A.sum(0) @ B.sum(0) if A.ndim == 2 else A.sum() * B.sum()
    over = with_diagonal if null in ("configuration", "blocks") else expected(network, null).sum()
    assert over == pytest.approx(total, rel=1e-12)
    assert np.isfinite(A).all() and np.isfinite(B).all()
    assert not A[3].any() and not B[3].any()


@pytest.mark.parametrize("null", MONEY)
def test_sparse_networks_have_the_masses_of_dense_ones(null):
    dense = economy(empty=0.6)
    thin = FlowNetwork.from_matrix(sparse.csr_array(dense.flows), columns=dense.columns)
    assert expected(thin, null) == pytest.approx(expected(dense, null), rel=1e-9)


def test_uniform_expects_the_same_of_every_pair():
    network = economy()
    E = expected(network, "uniform")
    active = np.delete(np.arange(30), 3)
    off = E[np.ix_(active, active)][~np.eye(29, dtype=bool)]
    assert off == pytest.approx(network.ties.sum() / (29 * 28))


def test_capacity_follows_output():
    network = economy()
    E, output = expected(network, "capacity"), network.columns["output"].to_numpy()
    assert E[0, 1] / E[5, 7] == pytest.approx(output[0] * output[1] / (output[5] * output[7]))


def test_blocks_reproduce_the_trade_between_regions():
    network = economy()
    A, B = null_model_of("blocks").masses(network)
    M = pd.get_dummies(network.columns["region"]).to_numpy(float)
    E = A @ B.T
    assert np.allclose(M.T @ E @ M, M.T @ network.ties @ M, rtol=1e-12)
    assert E.sum(1) == pytest.approx(network.out_strength, rel=1e-12)
    assert E.sum(0) == pytest.approx(network.in_strength, rel=1e-12)
    r, s = network.columns["region"].iloc[[0, 4]]
    out, inn = (np.asarray(x) for x in (network.out_strength, network.in_strength))
    at = {k: (network.columns["region"] == k).to_numpy() for k in "ABC"}
    F = network.ties[np.ix_(at[r], at[s])].sum()
    assert E[0, 4] == pytest.approx(out[0] * inn[4] * F / (out[at[r]].sum() * inn[at[s]].sum()))


# -------------------------------------------------------------------- proportional fitting


@settings(max_examples=200, deadline=None)
@given(
    st.integers(2, 7), st.floats(0.1, 5), st.sampled_from([0.4, 0.7, 1.0]), st.integers(0, 10**6)
)
def test_masses_fit_whatever_trades_beside_the_heaviest(n, spread, density, seed):
    rng = np.random.default_rng(seed)
    W = rng.lognormal(0, spread, (n, n)) * (rng.random((n, n)) < density)
    np.fill_diagonal(W, 0)
    out, inn = W.sum(1), W.sum(0)
    try:
        x, y = fit_masses(out, inn)
    except ConvergenceError as error:
        k = error.industry  # all trade is with it: the only way to fail for margins of a matrix
        assert out[k] + inn[k] == pytest.approx(W.sum(), rel=1e-9)
        return
    E = np.outer(x, y)
    np.fill_diagonal(E, 0)
    assert E.sum(1) == pytest.approx(out, rel=1e-10) and E.sum(0) == pytest.approx(inn, rel=1e-10)
    assert np.all((x > 0) == (out > 0)) and np.all((y > 0) == (inn > 0))
    assert x.sum() == pytest.approx(y.sum())


@pytest.mark.parametrize("left", [1e-3, 1e-6, 1e-9, 1e-11])
def test_one_industry_may_have_nearly_everything(left):
    W = np.array([[0, 5, 4], [3, 0, left], [6, 2 * left, 0]])
    x, y = fit_masses(W.sum(1), W.sum(0))
    E = np.outer(x, y)
    np.fill_diagonal(E, 0)
    assert E.sum(1) == pytest.approx(W.sum(1), rel=1e-10)
    assert E.sum(0) == pytest.approx(W.sum(0), rel=1e-10)


def test_two_industries_in_any_proportion():
    """A third of such pairs was refused, by what rounding had left of a root."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        there, back = 10.0 ** rng.uniform(-12, 12, 2)
        W = np.zeros((4, 4))
        i, j = rng.choice(4, 2, replace=False)
        W[i, j], W[j, i] = there, back
        x, y = fit_masses(W.sum(1), W.sum(0))
        assert np.outer(x, y)[~np.eye(4, dtype=bool)] == pytest.approx(
            W[~np.eye(4, dtype=bool)], rel=1e-14
        )
        assert x.sum() == pytest.approx(y.sum())
    with pytest.raises(ConvergenceError):
        fit_masses([0.6, 0.4], [0.6, 0.4])  # each would have to buy from itself


def test_two_industries_and_a_lone_seller():
    x, y = fit_masses([1, 2], [2, 1])
    assert x[0] * y[1] == pytest.approx(1) and x[1] * y[0] == pytest.approx(2)
    x, y = fit_masses([3, 0, 0], [0, 1, 2])
    assert x * y.sum() == pytest.approx([3, 0, 0])
    assert not np.any(fit_masses([0, 0], [0, 0]))


def test_a_million_firms():
    rng = np.random.default_rng(0)
    out, inn = rng.pareto(1.2, 1_000_000), rng.pareto(1.2, 1_000_000)
    out[:5] = inn[3:9] = 0
    inn *= out.sum() / inn.sum()
    x, y = fit_masses(out, inn)
    assert np.allclose(x * (y.sum() - y), out, rtol=1e-10, atol=0)
    assert np.allclose(y * (x.sum() - x), inn, rtol=1e-10, atol=0)


def test_shared_tables_converge(shared):
    files = sorted(shared.glob("*/Z.csv*"))
    assert len(files) > 8
    for file in files:
        Z = pd.read_csv(file, index_col=0).to_numpy(float).clip(0)
        np.fill_diagonal(Z, 0)
        x, y = fit_masses(Z.sum(1), Z.sum(0))
        E = np.outer(x, y)
        np.fill_diagonal(E, 0)
        assert E.sum(1) == pytest.approx(Z.sum(1), rel=1e-10), file
        assert E.sum(0) == pytest.approx(Z.sum(0), rel=1e-10), file


def test_matrix_scaling_agrees_with_the_masses():
    W = economy().ties
    x, y = fit_matrix(1 - np.eye(30), W.sum(1), W.sum(0))
    u, v = fit_masses(W.sum(1), W.sum(0))
    assert np.outer(x, y) == pytest.approx(np.outer(u, v), rel=1e-8)


def test_matrix_scaling_keeps_any_zeros():
    rng = np.random.default_rng(2)
    W = rng.random((12, 12)) * (rng.random((12, 12)) < 0.4)
    weights = (W > 0) * rng.random((12, 12))
    x, y = fit_matrix(weights, W.sum(1), W.sum(0))
    E = x[:, None] * weights * y
    assert E.sum(1) == pytest.approx(W.sum(1), rel=1e-9)
    assert E.sum(0) == pytest.approx(W.sum(0), rel=1e-9)


@pytest.mark.parametrize(
    ("out", "inn", "industry", "words"),
    [
        ([5, 1, 1], [4, 2, 1], 0, "more than all others together"),
        ([2, 1, 1], [2, 1, 1], 0, "takes part in every flow"),
        ([1, 1, 0], [0, 1, 1], 1, "takes part in every flow"),
    ],
)
def test_margins_that_no_matrix_has(out, inn, industry, words):
    with pytest.raises(ConvergenceError, match=words) as caught:
        fit_masses(out, inn)
    assert caught.value.industry == industry


@pytest.mark.parametrize("weights", [np.diag([1.0, 1, 1]), np.triu(np.ones((3, 3)), 1)])
def test_a_pattern_that_does_not_carry_its_margins(weights):
    with pytest.raises(ConvergenceError, match="misses its margins") as caught:
        fit_matrix(weights, np.array([2.0, 1, 1]), np.array([1.0, 1, 2]))
    assert caught.value.industry in (0, 2)  # 1 could have its own on the diagonal


@pytest.mark.parametrize(
    ("out", "words"),
    [([1, -1, 2], "number 1 is -1"), ([1, np.nan, 2], "nan"), ([1, 1, 1], "add up")],
)
@pytest.mark.parametrize("fit", [fit_masses, lambda *m: fit_matrix(1 - np.eye(3), *m)])
def test_margins_that_are_none(fit, out, words):
    with pytest.raises(DataError, match=words):
        fit(out, [1, 0, 1])


# ------------------------------------------------------------------------------------ draws


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_mean_of_draws_approaches_the_masses(make, loops):
    rng = np.random.default_rng(0)
    W = rng.lognormal(0, 0.6, (9, 9)) * np.outer(rng.lognormal(0, 1, 9), rng.lognormal(0, 1, 9))
    network = FlowNetwork.from_matrix(make(W), loops=loops)
    model, draws = null_model_of("configuration"), 2000
    drawn = []
    for _ in range(draws):
        ties = model.sample(network, rng).ties
        drawn.append(ties.toarray() if sparse.issparse(ties) else ties)
    mean, error = np.mean(drawn, 0), np.std(drawn, 0) / np.sqrt(draws)
    E = expected(network, "configuration")
    # Ties and kept loops carry their own totals; the null puts some of the ties on the loops.
    for kind in (~np.eye(9, dtype=bool), np.eye(9, dtype=bool))[: 1 + (loops == "keep")]:
        goal = E[kind] * W[kind].sum() / E[kind].sum()
        assert np.abs((mean[kind] - goal) / error[kind]).max() < 4.5


def test_draws_keep_zeros_loops_and_names():
    network = economy(empty=0.4)
    drawn = null_model_of("gravity").sample(network, np.random.default_rng(1))
    assert np.array_equal(drawn.flows > 0, network.flows > 0)
    assert np.array_equal(drawn.flows.diagonal(), network.flows.diagonal())
    assert drawn.industries is network.industries and drawn.columns is network.columns
    ratio = (network.ties / np.where(expected(network) > 0, expected(network), 1))[network.ties > 0]
    new = (drawn.ties / np.where(expected(network) > 0, expected(network), 1))[network.ties > 0]
    assert np.sort(new) / np.sort(ratio) == pytest.approx(
        np.full(len(new), new.max() / ratio.max())
    )
    assert not np.allclose(new, ratio)


def test_sparse_draws_stay_on_the_pairs_that_trade():
    dense = economy(empty=0.8)
    network = FlowNetwork.from_matrix(sparse.csr_array(dense.flows))
    drawn = null_model_of("uniform").sample(network, np.random.default_rng(1))
    assert drawn.is_sparse and drawn.flows.has_canonical_format
    assert np.array_equal(drawn.flows.toarray() > 0, dense.flows > 0)


def test_draws_of_given_ties_change_the_ties_alone():
    network = economy().with_ties(economy(seed=1).flows, "other")
    drawn = null_model_of("configuration").sample(network, np.random.default_rng(1))
    assert drawn.tie_rule == "other" and drawn.flows is network.flows
    assert not np.allclose(drawn.ties, network.ties)


def test_same_seed_same_draw():
    network = economy()
    a, b, c = (
        null_model_of("gravity").sample(network, np.random.default_rng(s)) for s in (1, 1, 2)
    )
    assert np.array_equal(a.flows, b.flows) and not np.array_equal(a.flows, c.flows)


# ------------------------------------------------------------------------ models of others


def test_all_ways_to_name_a_null_model():
    network = economy()
    size = network.out_strength

    class Own:
        def masses(self, network):
            return size, size

        def sample(self, network, rng):
            return "mine"

    def own(network):
        return size, size

    for choice in (Own, Own(), own, (size, size), [size, size], NullModel("n", own)):
        model = null_model_of(choice)
        assert np.array_equal(model.masses(network)[0], size)
    assert null_model_of(Own).sample(network, None) == "mine"
    assert null_model_of(own).sample(network, np.random.default_rng(0)).n == 30
    null_model("own one")(own)
    try:
        assert null_model_of("Own-one").name == "own_one"
    finally:
        null_models.forget("own one")


def test_a_model_without_sample_can_detect_but_not_judge():
    model = null_model_of(SimpleNamespace(masses=lambda network: (np.ones(30), np.ones(30))))
    assert model.masses(economy())[0].sum() == 30
    with pytest.raises(ContractError, match=r"no method 'sample'.*Add sample"):
        model.sample(economy(), np.random.default_rng(0))


def test_unknown_names_raise_with_the_nearest():
    with pytest.raises(ParameterError, match="'gravty'; did you mean 'gravity'"):
        null_model_of("gravty")
    with pytest.raises(ContractError, match=r"float is no null model.*configuration"):
        null_model_of(3.0)


@pytest.mark.parametrize(
    ("masses", "words"),
    [
        (np.ones(30), "gave a ndarray"),
        (np.ones((2, 30)), "gave a ndarray"),
        ((np.ones(30),) * 3, "gave a tuple"),
        ((np.ones(29), np.ones(29)), r"shape \(29,\)"),
        ((np.ones(30), np.ones((30, 2))), "shape"),
        ((np.ones((30, 2, 2)),) * 2, "shape"),
        ((["a"] * 30, np.ones(30)), "no numbers"),
        ((np.full(30, np.nan), np.ones(30)), "gave 0 the out-mass nan"),
        ((np.ones(30), -np.ones(30)), "the in-mass -1"),
    ],
)
def test_faulty_masses_are_named(masses, words):
    def faulty(network):
        return masses

    with pytest.raises(ContractError, match=words) as caught:
        null_model_of(faulty).masses(economy())
    assert "'faulty'" in str(caught.value) and "(30,)" in str(caught.value)


def test_gravity_names_the_industry_that_is_too_large():
    names = ["oil", "farms", "steel"]
    W = pd.DataFrame([[0, 5, 4], [3, 0, 0], [6, 0, 0]], names, names)
    network = FlowNetwork.from_matrix(W)
    with pytest.raises(
        ConvergenceError, match=r"'oil' takes part.*null='configuration'.*leave 'oil'"
    ):
        null_model_of("gravity").masses(network)


def test_columns_that_are_missing_or_wrong():
    network = FlowNetwork.from_matrix(economy().flows)
    with pytest.raises(DataError, match=r"'capacity' needs the total output.*columns="):
        null_model_of("capacity").masses(network)
    with pytest.raises(DataError, match=r"'blocks' needs the region.*columns="):
        null_model_of("blocks").masses(network)
    columns = {"output": [1.0] * 29 + [-2.0], "region": ["A"] * 29 + [None]}
    network = FlowNetwork.from_matrix(network.flows, columns=columns)
    with pytest.raises(DataError, match="output of 29: -2"):
        null_model_of("capacity").masses(network)
    with pytest.raises(DataError, match=r"region of 29.*one for every industry"):
        null_model_of("blocks").masses(network)


def test_negative_ties_have_no_null_in_money():
    network = economy().with_ties(-np.ones((30, 30)), "lift")
    with pytest.raises(DataError, match=r"'lift' are negative.*measure='lift'"):
        null_model_of("gravity").masses(network)


def test_expected_is_for_networks_whose_pairs_fit():
    n = 20_001
    W = sparse.csr_array((np.ones(n), (np.arange(n), np.roll(np.arange(n), 1))), shape=(n, n))
    with pytest.raises(ParameterError, match=r"20,001 industries would not fit.*masses"):
        expected(FlowNetwork.from_matrix(W), "uniform")


# ------------------------------------------------------------------ at the limits of each rule


def test_one_faulty_mass_among_good_ones_is_named():
    for side, shape in itertools.product((0, 1), ((30,), (30, 2))):
        for value in (np.nan, np.inf, -1e-9):
            masses = [np.ones(shape), np.ones(shape)]
            masses[side][(7, *shape[2:], *([1] if len(shape) == 2 else []))] = value
            with pytest.raises(ContractError, match=f"gave 7 the {('out', 'in')[side]}-mass"):
                null_model_of(tuple(masses)).masses(economy())
    zero = np.zeros(30), np.ones((30,), dtype=int)
    A, B = null_model_of(zero).masses(economy())  # zeros are masses, whole numbers are made floats
    assert not A.any() and B.dtype == np.float64


@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_sizes_of_any_unit_give_the_same_masses(loops):
    """Squares of sizes near the largest float would not be finite; nor those near the least."""
    given_output = np.random.default_rng(0).lognormal(size=6) * [1, 1, 0, 1, 1, 1]
    found = []
    for unit in (1.0, 1e-200, 1e200):
        columns = {"output": given_output * unit}
        network = FlowNetwork.from_matrix(TOY, loops=loops, columns=columns)
        found.append(expected(network, "capacity"))
    assert found[1] == pytest.approx(found[0]) and found[2] == pytest.approx(found[0])
    size = np.outer(given_output, given_output) * (1 - np.eye(6) if loops == "aside" else 1)
    ties = TOY * (1 - np.eye(6)) if loops == "aside" else TOY
    assert found[0] == pytest.approx(size * ties.sum() / size.sum())


def test_what_the_masses_are_not_only_their_products():
    """Both masses of configuration and blocks are in the root of the unit of the ties."""
    network = FlowNetwork.from_matrix(TOY, loops="keep", columns={"region": list("AABBBC")})
    out, inn, root = TOY.sum(1), TOY.sum(0), np.sqrt(TOY.sum())
    masses = null_model_of("configuration").masses(network)
    assert np.array(masses) == pytest.approx(np.array([out, inn]) / root)
    A, B = null_model_of("blocks").masses(network)
    assert A.shape == B.shape == (6, 3)
    assert A[0] == pytest.approx([out[0] / out[:2].sum() * root, 0, 0])
    assert A[5] == pytest.approx([0, 0, root])
    between = TOY[:2, 2:5].sum()
    assert B[3, 0] == pytest.approx(between * inn[3] / inn[2:5].sum() / root)


def test_negative_ties_are_told_from_zeros():
    network = economy()
    ties = network.ties.copy()
    null_model_of("configuration").masses(network.with_ties(ties, "same"))  # zeros are no fault
    ties[0, 1] = -1e-12
    for null in MONEY:
        with pytest.raises(DataError, match="'other' are negative"):
            null_model_of(null).masses(network.with_ties(ties, "other"))


def test_the_first_faulty_industry_is_named():
    columns = {"output": [1.0] * 30, "region": list("ABC") * 10}
    columns["output"][4], columns["output"][9] = np.nan, -1.0
    columns["region"][6] = columns["region"][8] = None
    network = FlowNetwork.from_matrix(economy().flows, columns=columns)
    with pytest.raises(DataError, match="output of 4: nan"):
        null_model_of("capacity").masses(network)
    with pytest.raises(DataError, match="region of 6"):
        null_model_of("blocks").masses(network)
    columns = {"output": ["12", *[1.0] * 28, 0]}  # text that is a number is one; 0 is an output
    E = expected(FlowNetwork.from_matrix(economy().flows, columns=columns), "capacity")
    assert E[0, 1] == pytest.approx(12 * E[1, 2]) and not E[29].any()


@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_a_draw_deals_the_ratios_out_among_their_kind(loops):
    """By hand: the ratios permuted, the total of each kind kept on average, loops with loops."""
    W = np.random.default_rng(0).lognormal(size=(5, 5))
    W[1, 2] = W[3, 3] = 0.0
    A, B = np.array([1.0, 2, 3, 4, 0]), np.array([[2.0, 1], [1, 1], [0, 2], [1, 3], [1, 1]])
    masses = np.column_stack([A, A[::-1]]), B
    network = FlowNetwork.from_matrix(W, loops=loops)
    drawn = null_model_of(masses).sample(network, np.random.default_rng(3)).flows
    E = masses[0] @ masses[1].T
    rng, wanted = np.random.default_rng(3), W.copy()
    off = ~np.eye(5, dtype=bool)
    for kind in (off, ~off) if loops == "keep" else (off,):
        here = kind & (W > 0) & (E > 0)
        ratio = W[here] / E[here]
        wanted[here] = E[here] * rng.permutation(ratio)
        wanted[here] *= W[here].sum() / (E[here].sum() * ratio.mean())
    assert drawn == pytest.approx(wanted)
    nothing = np.zeros(5), np.zeros(5)  # where nothing is expected the tie stays as it is
    kept = null_model_of(nothing).sample(network, np.random.default_rng(0))
    assert np.array_equal(kept.flows, W)


@pytest.mark.parametrize("null", MONEY)
@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_flows_in_any_unit_are_trade(null, unit):
    """Whoever sells or buys anything takes part, however little that is; so do lone sellers."""
    W = economy(empty=0.3).flows.copy()
    W[5], W[:, 8] = 0.0, 0.0
    columns = economy().columns
    small = expected(FlowNetwork.from_matrix(W * unit, columns=columns), null)
    E = expected(FlowNetwork.from_matrix(W, columns=columns), null)
    assert small == pytest.approx(E * unit, rel=1e-9)
    assert E[:, 5].any() and E[8].any() and not E[3].any()
    assert E[5].any() == E[:, 8].any() == (null in ("uniform", "capacity"))


def test_one_industry_may_have_nearly_all_output_or_all():
    for output, total in (([1e6, 1.0, 2.0, 0.5, 1.0, 3.0], 1.0), ([7.0] + [0.0] * 5, 0.0)):
        network = FlowNetwork.from_matrix(TOY, columns={"output": output})
        E = expected(network, "capacity")  # alone it has nobody to trade with
        assert E.sum() == pytest.approx(total * network.ties.sum())


def test_a_region_that_only_buys_or_only_sells():
    W = TOY.copy()
    W[4:], W[:, :2] = 0.0, 0.0
    columns = {"region": list("AABBCC")}
    E = expected(FlowNetwork.from_matrix(W, columns=columns, loops="keep"), "blocks")
    assert np.isfinite(E).all() and E.sum(0) == pytest.approx(W.sum(0))
    assert E.sum(1) == pytest.approx(W.sum(1))
