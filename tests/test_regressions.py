"""Faults that were found once, kept so that they do not come back."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from oracles import slow
from scipy import sparse

import klasternet as kn

N = kn.FlowNetwork.from_matrix
BARE = {"support": 0, "contrast": 0, "seed": 0}


def usa():
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


def random_sparse(n=2500, degree=8, seed=0):
    r = np.random.default_rng(seed)
    i, j = r.integers(n, size=(2, n * degree))
    k = i != j
    return sparse.csr_array((r.lognormal(size=k.sum()), (i[k], j[k])), shape=(n, n))


@pytest.mark.parametrize("how", [{}, {"contrast": 1e9, "resolution": 1.0}])
def test_F1_sparse_with_nobody_admitted(how):  # IndexError in Problem.to_own
    assert len(kn.detect(N(random_sparse()), seed=0, **how)) == 0


def test_F2_objective_of_own_null():  # null "given masses" is looked up by name
    net, _ = kn.datasets.planted(20, 3, seed=1)
    m = np.ones(20), np.ones(20)
    c = kn.detect(net, measure="flow", null=m, resolution=1.0, seed=0)
    assert kn.objective(c) == pytest.approx(c.objective_value)


def test_F3_labels_by_name():  # Series / mapping matched by position, or refused
    net, lab = kn.datasets.planted(20, 3, seed=1)
    s = pd.Series(lab, net.industries)
    assert (kn.detect(net, s[::-1]).labels == kn.detect(net, s).labels).all()


@pytest.mark.parametrize(
    "o",
    [
        {"resolution": None},
        {"resolution": [1, 2]},
        {"support": "a"},
        {"support": None},
        {"contrast": None},
        {"effort": np.inf},
        {"effort": "a"},
        {"support": 2},
    ],
)
def test_F4_raw_errors(o):
    net, _ = kn.datasets.planted(20, 3, seed=1)
    with pytest.raises(kn.ParameterError):
        kn.detect(net, seed=0, **o)


def test_F4_ragged_given_labels():
    net, _ = kn.datasets.planted(20, 3, seed=1)
    with pytest.raises(kn.ContractError):
        kn.detect(net, [[1], [1, 2]] * 10)


@pytest.mark.parametrize("r", [[], "auto"])  # and [np.nan], which aborts the process
def test_F4_profile(r):
    net, _ = kn.datasets.planted(20, 3, seed=1)
    with pytest.raises(kn.ParameterError):
        kn.profile_resolution(net, r)


def test_F4_objective_resolution():
    c = kn.detect(usa(), resolution=0.5, **BARE)
    with pytest.raises(kn.ParameterError):
        kn.objective(c, resolution="auto")


def test_F5_negative_gamma_sparse():
    with pytest.raises(kn.ParameterError, match="at least 0"):
        kn.detect(N(random_sparse()), resolution=-1.0, **BARE)


@pytest.mark.parametrize("seed", range(8))
def test_F6_every_fold_empty(seed):  # argmax of nothing
    W = np.zeros((12, 12))
    W[3, 4] = 1
    kn.detect(N(sparse.csr_array(W)), null="configuration", seed=seed)


def test_F7_cluster_of_everybody():  # rounding / 0 gives -inf and inf
    net, _ = kn.datasets.planted(20, 3, seed=1)
    d = kn.density(kn.detect(net, np.zeros(20, int))).iloc[0]
    assert np.isnan(d["lift_rest"]) and np.isnan(d["contrast"])


FAR = pd.DataFrame(np.ones((20, 20)))


def test_F8_distance_doubled():
    net, _ = kn.datasets.planted(20, 3, seed=1)
    d = pd.DataFrame(2.0, net.industries, net.industries)
    with pytest.raises(kn.AlignmentError):
        kn.gravity(net, distance=pd.concat([d, d.iloc[:1]]))


def test_F8_distance_text():
    net, _ = kn.datasets.planted(20, 3, seed=1)
    d = pd.DataFrame("x", net.industries, net.industries)
    with pytest.raises(kn.DataError):
        kn.gravity(net, distance=d)


def test_F8_blocks_table():
    net, _ = kn.datasets.planted(20, 3, seed=1)
    with pytest.raises(kn.AlignmentError):
        kn.gravity(net, blocks=np.ones((20, 2)))


@pytest.mark.parametrize("verb", [kn.gravity, kn.profile_resolution])
def test_F8_no_network(verb):
    with pytest.raises(kn.ParameterError):
        verb(usa().to_frame())


def thin(seed=0, n=200, k=8):
    r = np.random.default_rng(seed)
    lab = np.arange(n) % k
    W = (r.random((n, n)) < np.where(lab[:, None] == lab, 0.15, 0.005)) * r.lognormal(size=(n, n))
    np.fill_diagonal(W, 0)
    return W, lab


def test_F9_thin_network_as_an_array():  # quantile of hidden ratios is 0: all are "strong"
    c = kn.detect(N(thin()[0]), seed=0)
    assert c.profile["score"].max() > 0.3


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_F10_who_trades_is_contrast_too(form):  # contrast looks at amounts of hidden ties only
    W, _ = thin()
    c = kn.detect(N(form(W)), seed=0)
    assert len(c) >= 6 and (c.labels >= 0).mean() > 0.7


def test_F11_objective_measure_in_capitals():  # resolution becomes 0 in silence
    c = kn.Clusters.from_labels(usa(), [0] * 40 + [1] * 31)
    assert kn.objective(c, "Flow") == kn.objective(c, "flow")


@pytest.mark.parametrize("zeros", [0.0, 0.05])
def test_F12_transposing_leaves_lift_alone(zeros):  # _limits and _scales treat rows first
    r = np.random.default_rng(0)
    W = r.lognormal(0, 1.5, (25, 25)) * (r.random((25, 25)) >= zeros)
    a, b = (kn.gravity(N(M)).lift.to_numpy() for M in (W, W.T))
    np.testing.assert_allclose(a, b.T, atol=1e-6)


def test_F12_usa():
    a, b = (
        kn.detect(N(M), resolution=0.5, **BARE).objective_value
        for M in (usa().flows, usa().flows.T)
    )
    assert b == pytest.approx(a, rel=1e-3)


@pytest.mark.parametrize("seed,n,z", [(11, 5, 0.25), (1, 9, 0.48)])
def test_F13_fit_runs_away(seed, n, z):  # sigma, sizes without bound
    for s in range(60):
        r = np.random.default_rng(s)
        n = r.integers(4, 15)
        z = r.uniform(0, 0.5)
        W = r.lognormal(0, 1.5, (n, n)) * (r.random((n, n)) > z)
        try:
            net = N(W)
        except kn.DataError:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            g = kn.gravity(net)
        assert np.isfinite(g.expected.to_numpy()).all() and g.table.abs().max().max() < 1e3, s


@st.composite
def problems(draw, most=14):
    n = draw(st.integers(2, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q = rng.normal(draw(st.sampled_from([-0.5, 0.0, 0.5])), 1.0, (n, n))
    q *= rng.random((n, n)) < draw(st.sampled_from([0.3, 1.0]))
    return slow.symmetric(q), rng.integers(0, n, n)


@pytest.mark.parametrize("measure", ["lift", "flow"])
@pytest.mark.parametrize("seed", range(3))
def test_F15_inactive_are_alone(seed, measure):  # shakes park industries whose gain is 0
    net, _ = kn.datasets.planted(30, 4, seed=seed)
    c = kn.detect(N(np.pad(net.flows, (0, 4))), measure=measure, resolution=0.7, **BARE)
    assert (c.labels[30:] == -1).all() and (np.bincount(c.partition)[c.partition[30:]] == 1).all()


def test_F17_density_of_a_sparse_network_is_quick():
    W = random_sparse(2400)
    c = kn.detect(N(W), np.arange(2400) % 40)
    t = time.time()
    kn.density(c)
    assert time.time() - t < 5


def test_F18_density_where_there_is_no_gravity():  # lift clusters found, but no reading of them
    r = np.random.default_rng(0)
    M = r.lognormal(size=(20, 20)) * ((np.arange(20) == 0) | (np.arange(20)[:, None] == 0))
    kn.density(kn.detect(N(M), measure="lift", resolution=0.3, **BARE))


def test_F20_weights_over_the_whole_range():
    W = np.random.default_rng(0).permutation(np.logspace(-300, 300, 400)).reshape(20, 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kn.detect(N(W), measure="flow", null="uniform", seed=0)


@pytest.mark.parametrize("bad", [[np.nan], [], "auto", [[1.0]]])
def test_resolutions_of_a_profile_are_checked(bad):
    with pytest.raises(kn.ParameterError, match="resolution"):
        kn.profile_resolution(usa(), bad)
