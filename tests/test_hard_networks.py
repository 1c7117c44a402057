"""Networks hard to bear: whatever is put in, detect ends, with finite numbers and a verdict."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

import klasternet as kn
from klasternet.nullmodels import expected

BARE = {"support": 0, "contrast": 0, "seed": 0}
network = kn.FlowNetwork.from_matrix

RNG = np.random.default_rng(0)
NOISE = RNG.lognormal(size=(20, 20))
AT = np.arange(20)
HARD = {
    "two industries": np.array([[0, 1.0], [2, 0]]),
    "one flow": np.array([[0, 1.0], [0, 0]]),
    "three alike": np.ones((3, 3)),
    "all alike": np.ones((20, 20)),
    "sizes alone": np.outer(NOISE[0], NOISE[1]),
    "tiny": 1e-300 * NOISE,
    "huge": 1e300 * NOISE / NOISE.max(),
    "two parts": NOISE * (AT[:, None] % 2 == AT % 2),
    "parts alike": np.kron(np.eye(4), np.ones((5, 5))),
    "one giant": np.where((AT[:, None] == 3) & (AT == 8), 1e12, NOISE),
    "loops at some": NOISE * (AT[:, None] != AT) + np.diag(1e3 * (AT < 3)),
    "isolates": np.pad(NOISE[:16, :16], (0, 4)),
    "ring": np.roll(np.eye(20), 1, axis=1),
    "star": NOISE * ((AT[:, None] == 0) | (AT == 0)),
    "one way": NOISE * ((AT[:, None] < 10) & (AT >= 10)),
    "one seller": NOISE * (AT[:, None] == 0),
}


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", HARD)
def test_hard_networks_end_in_finite_numbers(name, form):
    given = network(form(HARD[name]))
    for how in ({"measure": "lift"}, {"measure": "flow", "null": "configuration"}):
        for options in ({}, {"resolution": 0.7, "support": 0, "contrast": 0}):
            found = kn.detect(given, seed=0, **how, **options)
            assert np.isfinite(found.objective_value)
            assert found.objective_value == pytest.approx(kn.objective(found), abs=1e-12)
            assert found.partition.shape == found.labels.shape == (given.n,)
            if found.profile is not None:
                scores = found.profile[["score", "se", "clusters"]]
                assert np.isfinite(scores.to_numpy(float)).all()
            assert str(found) and kn.density(found, null="configuration").shape[0] == len(found)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_no_unit_is_too_small_or_too_large(scale):
    planted, _ = kn.datasets.planted(20, 3, contrast=5, seed=1)
    flows = planted.flows / planted.flows.max()
    for measure in ("lift", "flow"):
        a = kn.detect(network(flows), measure=measure, seed=0)
        b = kn.detect(network(scale * flows), measure=measure, seed=0)
        np.testing.assert_array_equal(a.labels, b.labels)
        assert b.objective_value == pytest.approx(a.objective_value, rel=1e-9)


def test_parts_that_do_not_trade_are_never_joined():
    for measure in ("lift", "flow"):
        found = kn.detect(
            network(HARD["two parts"]),
            measure=measure,
            resolution=0.5,
            null="configuration",
            **BARE,
        )
        assert not set(found.partition[AT % 2 == 0]) & set(found.partition[AT % 2 == 1])


def test_gravity_says_where_it_does_not_exist():
    with pytest.raises(kn.ConvergenceError, match=r"0 takes part in every flow.*configuration"):
        kn.detect(network(HARD["star"]), measure="flow", seed=0)


# -------------------------------------------------------------------------- large and sparse


def firms(contrast, n=4_100, k=40, seed=0):
    """Sparse ties between firms, half of them inside groups, where amounts are larger."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, k, n)
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(k + 1))
    i, j = rng.integers(n, size=(2, 15 * n))
    inside = rng.random(len(i)) < 0.5
    c = group[i]
    peer = order[start[c] + rng.integers(0, 1 << 30, len(i)) % (start[c + 1] - start[c])]
    j = np.where(inside, peer, j)
    amount = rng.lognormal(size=len(i)) * np.where(group[i] == group[j], contrast, 1)
    keep = i != j
    edges = pd.DataFrame({"source": i, "target": j, "weight": amount})[keep]
    return kn.FlowNetwork.from_edges(edges), group


def test_a_network_of_firms_end_to_end():
    given, group = firms(contrast=5)
    assert given.is_sparse and given.n > 4_000
    found = kn.detect(given, seed=0)
    assert found.measure == "flow" and found.verdict == "clusters"
    group = group[given.industries.to_numpy()]
    assert adjusted_rand_score(group, found.partition) > 0.95
    assert (found.labels >= 0).mean() > 0.9
    chosen = found.profile[found.profile["chosen"]].reset_index()
    assert chosen["resolution"].tolist() == [found.resolution]
    assert chosen["ties"].tolist() == [found.network.tie_rule]
    assert found.network.flows is given.flows
    assert found.objective_value == pytest.approx(kn.objective(found), abs=1e-12)
    assert np.array_equal(kn.detect(given, seed=0).labels, found.labels)
    readings = kn.density(found)
    assert (readings["gravity_ratio"] > 5).all() and (readings["contrast"] > 2).all()


@pytest.mark.parametrize("null", ["gravity", "configuration", "uniform"])
def test_the_value_of_a_sparse_partition_cell_by_cell(null):
    given, _ = firms(contrast=5, n=2_050)
    found = kn.detect(given, null=null, resolution=2.0, **BARE)
    W, E = given.ties.toarray(), expected(given, null)
    same = found.partition[:, None] == found.partition
    wanted = (W[same].sum() - 2.0 * E[same].sum()) / W.sum()
    assert found.objective_value == pytest.approx(wanted, abs=1e-9)


def test_ties_are_those_that_tell_most_of_unseen_ones():
    """Where groups show in who trades and not in how much, money is no guide, and is not taken."""
    given, group = firms(contrast=1)
    rng = np.random.default_rng(1)
    W = given.flows.copy()
    W.data = rng.lognormal(0, 3, len(W.data))
    found = kn.detect(kn.FlowNetwork.from_matrix(W), support=0, contrast=0, seed=0)
    assert found.network.tie_rule in ("log", "binary")
    assert set(found.profile.reset_index()["ties"]) == {"flow", "log", "binary"}
    group = group[given.industries.to_numpy()]
    money = kn.detect(
        kn.tie(kn.FlowNetwork.from_matrix(W), "flow"), measure="flow", resolution=1.0, **BARE
    )
    assert money.network.tie_rule == "flow"
    right, left = (adjusted_rand_score(group, c.partition) for c in (found, money))
    assert right > 0.9 and right > left + 0.2
