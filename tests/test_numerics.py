"""The same labels in another unit, precision, process, and at any number of threads.

Two versions of NumPy: `benchmarks/README.md`, section Exactness, has the recorded run.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from oracles.generated import same_partition
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

import klasternet as kn

UNITS = (1e-9, 1e-3, 1e3, 1e6, 1e12)
BARE = {"support": 0, "contrast": 0, "seed": 0}


@pytest.fixture(scope="module")
def usa():
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


@pytest.fixture(scope="module")
def planted():
    return kn.datasets.planted(60, 5, contrast=3, noise=0.8, seed=1)[0]


# --------------------------------------------------------------------------- units, precision


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_a_unit_changes_no_label(usa, measure):
    how = {"measure": measure, "resolution": 0.4 if measure == "lift" else 1.0}
    bare = kn.detect(usa, **how, **BARE)
    for unit in UNITS:
        found = kn.detect(kn.FlowNetwork.from_matrix(unit * usa.flows), **how, **BARE)
        np.testing.assert_array_equal(found.partition, bare.partition)
        assert found.objective_value == pytest.approx(bare.objective_value, rel=1e-12)
    judged = [
        kn.detect(network, **how, seed=0)
        for network in (usa, kn.FlowNetwork.from_matrix(1e-9 * usa.flows))
    ]
    np.testing.assert_array_equal(judged[0].labels, judged[1].labels)
    assert all(found.certificate is not None and found.certificate.optimal for found in judged)


@pytest.mark.parametrize("unit", [2.0**-30, 2.0**40, 1000.0])
def test_logs_are_the_same_to_the_last_digit(usa, unit):
    """Whole numbers in another unit of whole numbers, or of a power of two."""
    from klasternet.lift import logs_of

    assert (usa.flows == np.round(usa.flows)).all()
    changed = kn.FlowNetwork.from_matrix(unit * usa.flows)
    for a, b in zip(logs_of(usa), logs_of(changed), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(
        kn.gravity(changed).expected, unit * kn.gravity(usa).expected, rtol=1e-12
    )


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_single_precision_is_enough(planted, measure):
    """Flows that float32 holds give the same answer in float32, float64, integers and rows."""
    cells = np.round(planted.flows / planted.flows.max() * 2**23)
    forms = [
        cells,
        cells.astype(np.float32),
        cells.astype(np.int32),
        np.asfortranarray(cells),
        sparse.csr_array(cells),
    ]
    found = [
        kn.detect(kn.FlowNetwork.from_matrix(form), measure=measure, resolution=1.0, **BARE)
        for form in forms
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other.partition, found[0].partition)
        assert other.objective_value == pytest.approx(found[0].objective_value, rel=1e-12)
    rounded = kn.FlowNetwork.from_matrix(planted.flows.astype(np.float32))
    a = kn.detect(planted, measure=measure, resolution=1.0, **BARE)
    b = kn.detect(rounded, measure=measure, resolution=1.0, **BARE)
    assert b.objective_value == pytest.approx(a.objective_value, rel=1e-6)
    assert adjusted_rand_score(a.partition, b.partition) == 1.0


@pytest.mark.parametrize("measure", ["lift", "flow"])
def test_a_range_of_1e16(planted, measure):
    """Sizes over sixteen orders: lift does not see them, and money has its certificate."""
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.uniform(-8, 8, planted.n)
    flows = scale[:, None] * planted.flows * scale[::-1]
    assert flows[flows > 0].max() / flows[flows > 0].min() > 1e16
    wide = kn.FlowNetwork.from_matrix(flows)
    found = kn.detect(wide, measure=measure, resolution=0.5, null="configuration", **BARE)
    assert np.isfinite(found.objective_value)
    assert found.objective_value == pytest.approx(kn.objective(found), abs=1e-13)
    if measure == "lift":
        plain = kn.detect(planted, measure=measure, resolution=0.5, **BARE)
        assert same_partition(found.partition, plain.partition)
    assert kn.certify(found, time_limit=20).gap < 1e-9
    readings = kn.density(found, null="configuration")
    assert (
        np.isfinite(readings[["internal_flow", "outward", "inward", "gravity_ratio"]]).all().all()
    )
    E = kn.gravity(wide).expected.to_numpy()
    assert np.isfinite(E).all()


@pytest.mark.parametrize("null", ["gravity", "configuration", "uniform"])
def test_margins_over_1e16(null):
    from klasternet.nullmodels import expected

    rng = np.random.default_rng(1)
    size = 10.0 ** rng.uniform(-8, 8, 40)
    W = np.outer(size, size) * rng.lognormal(size=(40, 40))
    W[np.argmax(size)] *= 1e-3  # the heaviest must not be a part of nearly every flow
    network = kn.FlowNetwork.from_matrix(W, loops="keep")
    E = expected(network, null)
    assert E.sum() == pytest.approx(W.sum(), rel=1e-9)
    if null != "uniform":
        np.testing.assert_allclose(E.sum(axis=1), network.out_strength, rtol=1e-9)
        np.testing.assert_allclose(E.sum(axis=0), network.in_strength, rtol=1e-9)


# ------------------------------------------------------------------------ processes, threads

ASK = """
import hashlib
import numpy as np
import klasternet as kn
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
found = [kn.detect(network, seed=3)]
found += [kn.detect(network, measure="flow", resolution=1.0, support=0, contrast=0, seed=3)]
cut = np.where(network.flows > np.quantile(network.flows, 0.8), network.flows, 0)
thin = kn.FlowNetwork.from_edges(kn.FlowNetwork.from_matrix(cut).to_edges())
found += [kn.detect(thin, measure="flow", null="configuration", resolution=1.0, seed=3)]
labels = np.concatenate([part for one in found for part in (one.labels, one.partition)])
print(hashlib.sha256(labels.astype("int64").tobytes()).hexdigest(), found[0].resolution)
"""


def labels_in(**settings):
    """Hash of labels that another process finds."""
    env = dict(os.environ, **settings)
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_another_process_finds_the_same_labels():
    """Another order of hashes, one thread and two: the same bytes."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    one = labels_in(PYTHONHASHSEED="1", **dict.fromkeys(threads, "1"))
    two = labels_in(PYTHONHASHSEED="4242", **dict.fromkeys(threads, "2"))
    assert one == two and len(one.split()[0]) == 64


@pytest.mark.parametrize("method", ["density", "hierarchy", "mapequation"])
def test_a_seed_is_an_answer(planted, method):
    a, b = (kn.detect(planted, method, seed=5) for _ in range(2))
    np.testing.assert_array_equal(a.labels, b.labels)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    kn.detect(planted, method, seed=6)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_workers_change_no_number(planted):
    clusters = kn.detect(planted, resolution=0.5, **BARE)
    one, two = (
        kn.stability(clusters, draws=6, seed=1, n_jobs=jobs).membership_probability
        for jobs in (1, 2)
    )
    np.testing.assert_array_equal(np.asarray(one), np.asarray(two))
