"""The dense search: every step keeps its promise, small optima are found, peers are not better."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import peers, slow, tables
from sklearn.metrics import adjusted_rand_score

import klasternet as kn
from klasternet import lift as klasternet_lift
from klasternet import qualities
from klasternet.detectors import large_tables
from klasternet.detectors.dense_clusters import poser
from klasternet.detectors.searching import best_partition, descend
from klasternet.kernels import dense
from klasternet.kernels.pulls import pull, pull_flow, pull_seen

quick = settings(max_examples=50, deadline=None, derandomize=True)


@st.composite
def problems(draw, most=14):
    """Symmetric q without a diagonal, positive and negative ties, and labels."""
    n = draw(st.integers(2, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q = rng.normal(draw(st.sampled_from([-0.5, 0.0, 0.5])), 1.0, (n, n))
    q *= rng.random((n, n)) < draw(st.sampled_from([0.3, 1.0]))
    if draw(st.booleans()):
        q = np.round(q)  # many ties between equal gains
    return slow.symmetric(q), rng.integers(0, n, n)


def state(seed=0):
    return np.array([seed], dtype=np.uint64)


def numbered(labels):
    return set(labels) == set(range(len(set(labels))))


# ------------------------------------------------------------------------- steps of the search


@quick
@given(problems())
def test_within_sums_every_pair_once(case):
    q, labels = case
    assert dense.within(q, labels) == pytest.approx(slow.within(q, labels), abs=1e-12)


@quick
@given(problems())
def test_gain_of_moves_is_the_change_of_q(case):
    q, labels = case
    before = slow.within(q, labels)
    dense.compact(labels)
    gain = dense.settle(q, labels, 1e-12)
    assert numbered(labels)
    assert gain >= 0 and slow.within(q, labels) - before == pytest.approx(gain, abs=1e-9)
    own = np.array([q[i][labels == labels[i]].sum() for i in range(len(q))])
    for c in range(len(q) + 1):  # no single move gains any more, to another cluster or a new one
        assert (q[:, labels == c].sum(axis=1) - own <= 1e-9).all()


@quick
@given(problems(), st.integers(0, 99))
def test_aggregation_leaves_q_as_it_is(case, seed):
    q, groups = case
    k = dense.compact(groups)
    upper = np.random.default_rng(seed).integers(0, 3, k)
    small = dense.aggregate(q, groups, k)
    assert small.shape == (k, k) and not small.diagonal().any()
    np.testing.assert_allclose(small, small.T, atol=1e-12)
    inside = slow.within(q, groups)  # a constant: groups are not torn apart any more
    assert slow.within(small, upper) + inside == pytest.approx(
        slow.within(q, upper[groups]), abs=1e-9
    )


@quick
@given(problems(), st.integers(0, 99))
def test_refinement_splits_clusters_into_parts_that_gain(case, seed):
    q, labels = case
    parts = dense.refine(q, labels, state(seed))
    for part in set(parts):
        members = parts == part
        assert len(set(labels[members])) == 1
        assert members.sum() == 1 or slow.within(q[np.ix_(members, members)], parts[members]) > 0


@quick
@given(problems())
def test_a_first_partition_joins_best_partners(case):
    q, _ = case
    labels = dense.pair_up(q)
    assert numbered(labels)
    for i, row in enumerate(q):
        if row.max() > 0:
            assert labels[row.argmax()] == labels[i]
        elif not (q.argmax(axis=1)[q.max(axis=1) > 0] == i).any():
            assert (labels == labels[i]).sum() == 1


@quick
@given(problems(), st.integers(0, 99))
def test_after_descent_neither_move_nor_merger_gains(case, seed):
    q, _ = case
    labels = descend(q, 1e-12, state(seed))
    assert numbered(labels)
    between = np.array(
        [[q[labels == a][:, labels == b].sum() for a in set(labels)] for b in set(labels)]
    )
    np.fill_diagonal(between, 0)
    assert between.max() <= 1e-9
    again = labels.copy()
    assert dense.settle(q, again, 1e-12) <= 1e-9


@quick
@given(problems(), st.integers(0, 99))
def test_perturbation_never_lowers_q(case, seed):
    q, labels = case
    dense.compact(labels)
    dense.settle(q, labels, 1e-12)
    before = slow.within(q, labels)
    dense.perturb(q, labels, 1e-12, 100, 50, state(seed))
    assert numbered(labels) and slow.within(q, labels) >= before - 1e-9


@quick
@given(problems(most=10), st.floats(0, 3), st.integers(0, 99))
def test_pulls_of_both_measures(case, resolution, seed):
    cells, _ = case
    rng = np.random.default_rng(seed)
    n = len(cells)
    lift, kind = rng.normal(size=(n, n)), rng.integers(0, 3, (n, n)).astype(np.int8)
    hide = rng.random((n, n)) < 0.2
    q = np.empty((n, n))
    size = pull(lift, kind, hide, resolution, q)
    wanted = slow.symmetric(np.where((kind > 0) & ~hide, lift - resolution, 0.0))
    np.testing.assert_allclose(q, wanted, atol=1e-12)
    assert size == pytest.approx(np.abs(wanted).sum() / n)
    W, A, B = rng.random((n, n)), rng.random((n, 2)), rng.random((n, 2))
    W.setflags(write=False)
    size = pull_flow(W, A, B, resolution, q)
    wanted = slow.symmetric(W - resolution * A @ B.T)
    np.testing.assert_allclose(q, wanted, atol=1e-12)
    assert size == pytest.approx(np.abs(wanted).sum() / n)


@quick
@given(st.integers(2, 80), st.floats(0, 3), st.integers(0, 99))
def test_hidden_cells_pull_neither_way(n, resolution, seed):
    rng = np.random.default_rng(seed)
    W, E, q = rng.random((n, n)), rng.random((n, n)), np.empty((n, n))
    hide = rng.random((n, n)) < 0.2
    size = pull_seen(W, E, resolution, 0.8, hide, q)
    wanted = slow.symmetric(np.where(hide, 0.0, W - resolution * E / 0.8))
    np.testing.assert_allclose(q, wanted, atol=1e-12)
    assert size == pytest.approx(np.abs(wanted).sum() / n)


def test_pulls_of_a_table_larger_than_a_tile():
    rng = np.random.default_rng(0)
    W, A, B, q = (
        rng.random((101, 101)),
        rng.random((101, 1)),
        rng.random((101, 1)),
        np.empty((101, 101)),
    )
    W.setflags(write=False)
    pull_flow(W, A, B, 1.3, q)
    np.testing.assert_allclose(q, slow.symmetric(W - 1.3 * A @ B.T), atol=1e-12)


# --------------------------------------------------------------------------------- the optimum


@pytest.mark.parametrize("seed", range(20))
def test_the_best_of_all_partitions_is_found(seed):
    rng = np.random.default_rng(seed)
    n = 3 + seed % 5
    q = slow.symmetric(rng.normal(0, 1, (n, n)))
    wanted, _ = slow.best(lambda labels: slow.within(q, labels), n)
    posed = qualities.Problem(0.0, 1.0, q=q, size=float(np.abs(q).sum() / n))
    labels = best_partition(posed, np.random.default_rng(0))
    assert slow.within(q, labels) == pytest.approx(wanted, abs=1e-9)
    assert posed.value(labels) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("measure", ["flow", "lift"])
@pytest.mark.parametrize("loops", ["aside", "keep"])
@pytest.mark.parametrize("seed", range(4))
def test_so_is_that_of_a_table(seed, loops, measure):
    rng = np.random.default_rng(seed)
    n = 4 + seed
    W = rng.lognormal(0, 1, (n, n))
    null = ["configuration", "gravity", "uniform"][seed % 3]
    network = kn.FlowNetwork.from_matrix(W, loops=loops)
    resolution = 0.1 if measure == "lift" else 1.0
    if measure == "lift":
        lift, pairs = kn.gravity(network).lift.to_numpy(), ~np.eye(n, dtype=bool)
        wanted, _ = slow.best(lambda labels: slow.lift_value(lift, pairs, labels, resolution), n)
    else:
        E = slow.expected(network.ties, null, loops)
        wanted, _ = slow.best(lambda labels: slow.flow_value(network.ties, E, labels), n)
    found = kn.detect(
        network, measure=measure, resolution=resolution, null=null, support=0, contrast=0, seed=0
    )
    assert found.objective_value == pytest.approx(wanted, abs=1e-8)
    assert kn.objective(found) == found.objective_value


@pytest.mark.parametrize(
    ("measure", "resolution"), [("lift", 0.8), ("lift", 1.0), ("flow", 1.0), ("flow", 1.5)]
)
def test_every_seed_finds_the_same_value(measure, resolution):
    """On a national table the search ends at one value, though it starts at random."""
    usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    posed = qualities.problem(usa, measure, resolution, "gravity")
    found = [posed.value(best_partition(posed, np.random.default_rng(s))) for s in range(5)]
    assert found == pytest.approx([max(found)] * 5, rel=1e-9)


def test_effort_buys_quality():
    rng = np.random.default_rng(5)
    q = slow.symmetric(rng.normal(0, 1, (120, 120)))
    posed = qualities.Problem(0.0, 1.0, q=q, size=float(np.abs(q).sum() / 120))
    found = [
        np.mean([posed.value(best_partition(posed, np.random.default_rng(s), e)) for s in range(3)])
        for e in (0.0, 1.0, 5.0)
    ]
    assert found[0] < found[1] <= found[2]


# -------------------------------------------------------------- what could break the engine

WAVE = np.cos(np.arange(15)[:, None] * np.arange(15))
AWKWARD = {
    "nothing": np.zeros((15, 15)),
    "all equal": np.ones((15, 15)),
    "all negative": -np.ones((15, 15)),
    "ties everywhere": np.round(WAVE),
    "negative ties": WAVE,
    "tiny": 1e-300 * WAVE,
    "huge": 1e300 * WAVE,
    "subnormal": 1e-310 * WAVE,
    "wide": WAVE * np.logspace(-300, 300, 15)[:, None],
    "one giant": WAVE + 1e15 * np.outer(np.eye(15)[3], np.eye(15)[8]),
    "isolates": WAVE * np.outer(np.arange(15) > 4, np.arange(15) > 4),
    "two parts": WAVE * (np.arange(15)[:, None] % 2 == np.arange(15) % 2),
    "two industries": np.ones((2, 2)),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("eps", [0.0, 1e-12])
def test_awkward_matrices_end(name, eps):
    q = slow.symmetric(AWKWARD[name])
    n = len(q)
    size = float(np.abs(q / n).sum())
    labels = descend(q, eps * size, state())
    if name == "isolates":
        assert all((labels == labels[i]).sum() == 1 for i in range(5))
    dense.perturb(q, labels, eps * size, 200, 200, state())
    assert labels.shape == (n,) and labels.dtype == np.int64 and numbered(labels)
    value = dense.within(q, labels)
    assert np.isfinite(value) and value >= min(0.0, dense.within(q, np.arange(n)))
    if name == "all negative":
        assert len(set(labels)) == n
    if name in ("all equal", "two industries"):
        assert len(set(labels)) == 1


def test_equal_alternatives_do_not_make_it_swing():
    """On a ring of equal ties every move has an equal in the other direction."""
    ring = np.roll(np.eye(40), 1, axis=1) - 0.05
    labels = descend(slow.symmetric(ring), 0.0, state())
    assert 1 < len(set(labels)) < 40


def test_same_seed_same_labels():
    q = slow.symmetric(np.random.default_rng(1).normal(0, 1, (60, 60)))
    posed = qualities.Problem(0.0, 1.0, q=q, size=float(np.abs(q).sum() / 60))
    first, again = (best_partition(posed, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    kept = q.copy()
    best_partition(posed, np.random.default_rng(5))
    np.testing.assert_array_equal(q, kept)  # the matrix is left as it was


# --------------------------------------------------------------- peers on the shared tables


def modularity(W, loops):
    """Our Q of the configuration null on a table, and the masses that peers must be given."""
    network = kn.FlowNetwork.from_matrix(W, loops=loops)
    posed = qualities.flow_problem(network, 1.0, "configuration")
    out, inn = network.out_strength, network.in_strength
    root = np.sqrt(out.sum())
    return posed, network.ties, out / root, inn / root


@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_no_worse_than_igraph_and_leidenalg_on_national_tables(shared, loops):
    usa = kn.datasets.load("usa_2022").flows.to_numpy()
    cases = itertools.chain([("usa 2022", usa)], tables.national(shared))
    count = 0
    for name, W in cases:
        posed, ties, A, B = modularity(W, loops)
        ours = posed.value(best_partition(posed, np.random.default_rng(0)))
        theirs = {
            "igraph": posed.value(peers.igraph_leiden(ties, A, B)),
            "leidenalg": posed.value(peers.leidenalg_leiden(ties)),
        }
        assert ours >= max(theirs.values()) - 1e-6, (name, ours, theirs)
        count += 1
    assert count >= 20


def test_no_worse_than_igraph_on_the_areas_of_japan(shared):
    areas = tables.japan(shared)
    assert len(areas) >= 48
    for W in areas:
        posed, ties, A, B = modularity(W, "aside")
        ours = posed.value(best_partition(posed, np.random.default_rng(0)))
        assert ours >= posed.value(peers.igraph_leiden(ties, A, B)) - 1e-6


# ------------------------------------------------------------------- tables of thousands


@pytest.fixture
def large(monkeypatch):
    """Makes tables of more than ten industries large."""
    monkeypatch.setattr(large_tables, "LARGE", 10)


def economy(n=60, regions=6, seed=0, noise=0.8):
    """Flows within regions ten times as dense, no empty cell but one idle industry."""
    rng = np.random.default_rng(seed)
    region = np.arange(n) % regions
    W = rng.lognormal(0, 1, n)[:, None] * rng.lognormal(0, 1, n) * rng.lognormal(0, noise, (n, n))
    W *= np.where(region[:, None] == region, 10.0, 1.0)
    W[7] = W[:, 7] = 0.0
    return W, region


@pytest.mark.parametrize("loops", ["aside", "keep"])
@pytest.mark.parametrize(("measure", "resolution"), [("flow", 1.0), ("flow", 2.0), ("lift", 0.7)])
def test_a_large_table_is_the_same_problem(large, measure, resolution, loops):
    W, region = economy()
    network = kn.FlowNetwork.from_matrix(W, loops=loops)
    model = kn.nullmodels.null_model_of("gravity")
    posed = poser(network, measure, model)(resolution)
    assert isinstance(posed, large_tables.LargeProblem)
    plain = qualities.problem(network, measure, resolution, "gravity")
    close = {"flow": 1e-6, "lift": 5e-3}[measure]  # the plain fit of lift ends at 1e-3
    for labels in (region, np.arange(60), np.zeros(60, dtype=int)):
        assert posed.value(labels) == pytest.approx(plain.value(labels), abs=close, rel=close)
        np.testing.assert_allclose(
            posed.to_own(labels), plain.to_own(labels), atol=close * plain.size
        )
    np.testing.assert_allclose(posed.q, plain.q, atol=close * plain.size)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("measure", "resolution"), [("flow", 1.0), ("lift", 1.0)])
def test_the_search_of_a_large_table_is_no_worse(large, measure, resolution, seed):
    W, _ = economy(90, 9, seed)
    network = kn.FlowNetwork.from_matrix(W)
    model = kn.nullmodels.null_model_of("gravity")
    posed = poser(network, measure, model)(resolution)
    found = best_partition(posed, np.random.default_rng(seed))
    assert numbered(found)
    assert (found == found[7]).sum() == 1  # the idle industry is in nobody's cluster
    plain = qualities.problem(network, measure, resolution, "gravity")
    best = plain.value(best_partition(plain, np.random.default_rng(seed)))
    assert plain.value(found) >= best - 1e-4 * abs(best)
    np.testing.assert_array_equal(found, best_partition(posed, np.random.default_rng(seed)))
    again = best_partition(posed, np.random.default_rng(1), start=found)
    assert posed.value(again) >= posed.value(found) - 1e-9


@pytest.mark.parametrize("measure", ["flow", "lift"])
def test_a_large_table_finds_its_resolution(large, measure):
    W, region = economy(120, 6, 3)
    network = kn.FlowNetwork.from_matrix(W)
    found = kn.detect(network, measure=measure, seed=0)
    active = np.arange(120) != 7
    assert adjusted_rand_score(region[active], found.partition[active]) > 0.95
    assert found.verdict == "clusters" and found.labels[7] == -1
    assert found.profile["chosen"].sum() == 1


def test_lift_of_a_large_table_is_that_of_a_small_one():
    W, _ = economy(60)
    W *= np.random.default_rng(4).lognormal(0, 2, 60)[:, None]
    logs, kind = klasternet_lift.logs_of(kn.FlowNetwork.from_matrix(W))
    y = np.where(kind == 1, logs, large_tables.HOLE).astype(np.float32)
    found, a, b, s, t = large_tables.fit_large(y.copy())
    wanted, c, d, u, v, _ = klasternet_lift.fit(logs, kind)
    np.testing.assert_allclose(found, wanted, atol=5e-3)
    seen = kind == 1
    np.testing.assert_allclose((a[:, None] + b)[seen], (c[:, None] + d)[seen], atol=5e-3)
    np.testing.assert_allclose((s[:, None] * t)[seen], (u[:, None] * v)[seen], rtol=5e-3)
    turned, *_ = large_tables.fit_large(np.ascontiguousarray(y.T))
    np.testing.assert_allclose(turned.T, found, atol=5e-3)


def test_a_table_with_empty_cells_is_fitted_in_full(large):
    W, _ = economy()
    W[3, 4] = 0.0
    network = kn.FlowNetwork.from_matrix(W)
    assert large_tables.log_table(network) is None
    assert not isinstance(
        poser(network, "lift", kn.nullmodels.null_model_of("gravity"))(0.5),
        large_tables.LargeProblem,
    )
