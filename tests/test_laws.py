"""Laws of the measures and of the search: what must hold for every network, and why it can be
trusted that a change of names, units or direction changes nothing.
"""

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import slow
from oracles.generated import law
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

import klasternet as kn
from klasternet import lift as lift_room
from klasternet import qualities
from klasternet.nullmodels import expected

quick = law(40)
BARE = {"support": 0, "contrast": 0, "seed": 0}


@st.composite
def matrices(draw, least=2, most=8):
    """Flows of directed, weighted networks: looped or not, full or sparse, in one part or two."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    W = rng.lognormal(0, draw(st.sampled_from([0.0, 0.5, 2.0])), (n, n))
    W *= rng.random((n, n)) < draw(st.sampled_from([0.3, 0.7, 1.0]))
    if draw(st.booleans()) and n > 3:  # in two parts
        side = np.arange(n) % 2
        W *= side[:, None] == side
    loops = draw(st.sampled_from(["none", "some", "heavy"]))
    W[np.diag_indices(n)] *= {"none": 0, "some": rng.random(n) < 0.5, "heavy": 20}[loops]
    assume((W * (1 - np.eye(n))).any())
    return W


def network(W, loops="aside", form=np.asarray):
    """A network, unless by chance a row is the sum of the others and taken for a total."""
    try:
        return kn.FlowNetwork.from_matrix(form(W), loops=loops)
    except kn.DataError as error:
        assume("total" not in str(error))
        raise


def labels_of(W, seed):
    return np.random.default_rng(seed).integers(0, max(2, len(W) // 2), len(W))


def same_partition(a, b):
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


# ------------------------------------------------------------------------------ value of Q


@quick
@given(
    matrices(),
    st.sampled_from(["configuration", "uniform"]),
    st.sampled_from(["aside", "keep"]),
    st.sampled_from([0.0, 1.0, 1.7]),
    st.integers(0, 99),
)
def test_the_flow_value_is_the_plain_double_loop(W, null, loops, gamma, seed):
    economy, labels = network(W, loops), labels_of(W, seed)
    E = slow.expected(economy.ties, null, loops)
    wanted = slow.flow_value(economy.ties, E, labels, gamma)
    full = qualities.flow_problem(economy, gamma, null)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qualities, "DENSE_UP_TO", 0)
        thin = qualities.flow_problem(network(W, loops, sparse.csr_array), gamma, null)
    assert full.q is not None and thin.q is None
    assert full.value(labels) == pytest.approx(wanted, abs=1e-12)
    assert thin.value(labels) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_so_it_is_under_gravity(seed, loops):
    rng = np.random.default_rng(seed)
    W = rng.lognormal(0, 1, (9, 9))
    economy, labels = network(W, loops), rng.integers(0, 3, 9)
    wanted = slow.flow_value(economy.ties, slow.expected(economy.ties, "gravity", loops), labels)
    assert qualities.flow_problem(economy, 1.0).value(labels) == pytest.approx(wanted, abs=1e-9)


@quick
@given(matrices(least=3), st.sampled_from([0.0, 0.4, -1.0]), st.integers(0, 99))
def test_the_lift_value_is_the_plain_double_loop(W, theta, seed):
    economy, labels = network(W), labels_of(W, seed)
    values = kn.gravity(economy).lift.to_numpy()
    pairs = lift_room.cells(W) > 0
    wanted = slow.lift_value(values, pairs, labels, theta)
    found = qualities.problem(economy, "lift", theta, "gravity").value(labels)
    assert found == pytest.approx(wanted, abs=1e-12)
    given_labels = kn.Clusters.from_labels(economy, labels.tolist())
    assert kn.objective(given_labels, "lift", theta) == pytest.approx(wanted, abs=1e-12)


@quick
@given(matrices(), st.sampled_from([1.0, 1.5]), st.integers(0, 99))
def test_with_loops_and_configuration_it_is_networkx_modularity(W, gamma, seed):
    economy, labels = network(W, "keep"), labels_of(W, seed)
    clusters = kn.Clusters.from_labels(economy, labels.tolist())
    graph = nx.from_numpy_array(W, create_using=nx.DiGraph)
    theirs = nx.community.modularity(graph, clusters.communities(), resolution=gamma)
    ours = kn.objective(clusters, "flow", gamma, "configuration")
    assert ours == pytest.approx(theirs, abs=1e-12)


@quick
@given(matrices(), st.sampled_from(["flow", "lift"]), st.integers(0, 99))
def test_parts_sum_to_the_whole(W, measure, seed):
    economy, labels = network(W), labels_of(W, seed)
    posed = qualities.problem(economy, measure, 0.5, "uniform")
    whole = posed.value(labels) * posed.scale - posed.constant
    assert posed.to_own(labels).sum() / 2 == pytest.approx(whole, abs=1e-9 * posed.size)
    alone = np.where(labels == 0, -1, labels)  # those of no cluster are tied to nobody
    rest = labels == 0
    assert not posed.to_own(alone)[rest].any()
    assert posed.to_own(alone)[~rest] == pytest.approx(posed.to_own(labels)[~rest])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qualities, "DENSE_UP_TO", 0)
        thin = qualities.flow_problem(network(W, form=sparse.csr_array), 0.5, "uniform")
    if measure == "flow" and (alone >= 0).any():
        assert thin.to_own(alone) == pytest.approx(posed.to_own(alone), abs=1e-9 * posed.size)


# ------------------------------------------------------- names, units, direction of the search


def best(W, measure, loops="aside", form=np.asarray):
    resolution = 0.3 if measure == "lift" else 1.0
    economy = network(W, loops, form)
    return kn.detect(economy, measure=measure, resolution=resolution, null="configuration", **BARE)


@quick
@given(matrices(), st.sampled_from(["flow", "lift"]), st.integers(0, 99))
def test_names_and_units_change_nothing(W, measure, seed):
    wanted = best(W, measure).objective_value
    order = np.random.default_rng(seed).permutation(len(W))
    for changed in (W[np.ix_(order, order)], 1000 * W):
        assert best(changed, measure).objective_value == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@quick
@given(matrices(), st.sampled_from(["aside", "keep"]))
def test_direction_and_form_change_nothing(W, loops):
    wanted = best(W, "flow", loops).objective_value
    assert best(W.T, "flow", loops).objective_value == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    thin = best(W, "flow", loops, sparse.csr_array)
    assert thin.objective_value == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.fixture(scope="module")
def usa():
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_a_larger_unit_gives_the_same_labels(usa, measure):
    larger = kn.FlowNetwork.from_matrix(1000 * usa.flows)
    a, b = (kn.detect(economy, measure=measure, seed=3) for economy in (usa, larger))
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.partition, b.partition)
    assert a.resolution == b.resolution and a.verdict == b.verdict


@pytest.mark.parametrize(("measure", "resolution"), [("lift", 0.5), ("lift", 1.0), ("flow", 1.0)])
def test_other_names_give_the_same_clusters(usa, measure, resolution):
    order = np.random.default_rng(1).permutation(usa.n)
    renamed = kn.FlowNetwork.from_matrix(usa.flows[np.ix_(order, order)])
    how = {"measure": measure, "resolution": resolution, **BARE}
    a, b = kn.detect(usa, **how), kn.detect(renamed, **how)
    assert b.objective_value == pytest.approx(a.objective_value, rel=1e-9)
    assert adjusted_rand_score(a.partition[order], b.partition) == 1.0


# ------------------------------------------------------------------- lift knows no unit at all


@quick
@given(matrices(least=3, most=12), st.integers(0, 99))
def test_rescaling_sellers_and_buyers_leaves_lift_alone(W, seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.exp(rng.normal(0, 4, (2, len(W))))
    other = rows[:, None] * W * columns
    a, b = (lift_room.logs_of(network(flows)) for flows in (W, other))
    np.testing.assert_allclose(lift_room.fit(*a)[0], lift_room.fit(*b)[0], rtol=0, atol=1e-8)


def test_flows_and_shares_give_the_same_clusters(usa):
    clusters = kn.detect(usa, seed=0)
    for rule in ("input_share", "sales_share"):
        tied = kn.tie(usa, rule)
        np.testing.assert_array_equal(
            kn.detect(tied, measure="lift", seed=0).labels, clusters.labels
        )
        shares = np.array(tied.given_ties)
        as_flows = kn.FlowNetwork.from_matrix(shares)  # the shares are all that is known
        found = kn.detect(as_flows, seed=0)
        assert found.measure == "lift" and found.resolution == clusters.resolution
        assert same_partition(found.partition, clusters.partition)
        np.testing.assert_array_equal(found.labels < 0, clusters.labels < 0)
        np.testing.assert_allclose(
            kn.gravity(as_flows).lift, kn.gravity(usa).lift, rtol=0, atol=1e-8
        )


def test_the_money_measure_does_depend_on_the_shares(usa):
    """The law above would be empty if every measure kept it."""
    how = {"measure": "flow", "resolution": 1.0, **BARE}
    shares = kn.detect(kn.tie(usa, "input_share"), **how)
    assert adjusted_rand_score(shares.partition, kn.detect(usa, **how).partition) < 0.8


def test_expected_flow_is_what_the_masses_say(usa):
    """The masses of a model that fills the diagonal are counted there, loops aside or not."""
    masses = np.ones(usa.n), np.full(usa.n, 2.0)
    assert (expected(usa, masses) == 2.0).all()
    assert expected(usa, "configuration").diagonal().all()
    for null in ("gravity", "uniform", "capacity"):
        assert not expected(usa, null).diagonal().any()
        assert expected(usa, null).sum() == pytest.approx(usa.ties.sum())


# -------------------------------------------------------------- what is taken if nothing is said


def test_what_objective_takes_from_the_clusters():
    economy, _ = kn.datasets.planted(20, 4, contrast=2.0, noise=1.0, seed=0)
    found = kn.detect(economy, resolution=0.5, **BARE)
    assert kn.objective(found) == kn.objective(found, "lift", 0.5)
    assert kn.objective(found, "flow") == kn.objective(found, "flow", 1.0, "gravity")
    assert kn.objective(found, "flow", 1.0) != kn.objective(found, "flow", 0.5)
    plain = kn.Clusters.from_labels(economy, found.labels.tolist())
    assert kn.objective(plain) == kn.objective(plain, "lift", 0.0)
    money = kn.detect(economy, measure="flow", null="configuration", resolution=2.0, **BARE)
    assert kn.objective(money) == kn.objective(money, "flow", 2.0, "configuration")
    assert kn.objective(money, null="uniform") == kn.objective(money, "flow", 2.0, "uniform")


@pytest.mark.parametrize(
    ("value", "limits"),
    [(-1, ", at least 0, at most 2."), (3, ", at least 0, at most 2."), ("1", ""), ([1], ""),
     (None, ""), (float("nan"), ""), (10**400, "")],
)  # fmt: skip
def test_numbers_within_their_limits(value, limits):
    assert qualities.number("x", 0, 0, 2) == 0.0 and qualities.number("x", 2, 0, 2) == 2.0
    assert type(qualities.number("x", np.int8(1))) is float
    with pytest.raises(kn.ParameterError) as caught:
        qualities.number("x", value, 0, 2) if limits else qualities.number("x", value)
    assert str(caught.value).endswith(f"; give a finite number{limits or '.'}")


def test_full_up_to_two_thousand_industries():
    for n in (2000, 2001):
        at = np.arange(n)
        W = sparse.csr_array((np.ones(n), (at, np.roll(at, 1))), shape=(n, n))
        posed = qualities.flow_problem(kn.FlowNetwork.from_matrix(W), 1.0, "configuration")
        assert (posed.q is None) == (n > 2000)
        pairs = at // 2
        assert posed.value(pairs) == pytest.approx(slow_ring(n, pairs), rel=1e-12)
        nobody = np.full(n, -1)
        assert posed.to_own(nobody).shape == (n,) and not posed.to_own(nobody).any()


def slow_ring(n, labels):
    """Modularity of a directed ring: ties within clusters less what sizes predict."""
    inside = np.mean(labels == np.roll(labels, 1))
    return inside - (np.bincount(labels) ** 2).sum() / n**2


def test_leaning_pulls_pairs_by_their_expected_ties():
    economy = network(np.random.default_rng(2).lognormal(size=(6, 6)))
    lean = np.triu(np.random.default_rng(3).random((6, 6)), 1)
    lean += lean.T
    E = expected(economy, "gravity")
    plain, leant = (qualities.flow_problem(economy, 1.5, lean=part) for part in (0.0, lean))
    assert leant.q - plain.q == pytest.approx(lean * (E + E.T))
    assert plain.size == pytest.approx(np.abs(plain.q).sum() / 6)
