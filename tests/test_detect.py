"""detect(): the oracles of the literature, the contract of detectors, seeds, and hard networks."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from oracles import peers, slow, tables
from scipy import sparse

import klasternet as kn
from klasternet.nullmodels import expected, null_model_of
from klasternet.qualities import flow_problem

BARE = {"support": 0, "contrast": 0, "seed": 0}
ROOT = Path(__file__).resolve().parents[1]


def network(W, **options):
    return kn.FlowNetwork.from_matrix(W, **options)


def germany(loops):
    return kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"), loops=loops)


def groups(labels):
    return {frozenset(np.flatnonzero(np.asarray(labels) == c).tolist()) for c in set(labels)}


@pytest.fixture(scope="module")
def usa():
    return kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))


@pytest.fixture(scope="module")
def economy():
    return kn.datasets.planted(20, 3, contrast=5, seed=1)


# ------------------------------------------------------------------------------------ oracles


@pytest.mark.parametrize(
    ("loops", "null", "Q", "clusters"),
    [
        ("keep", "configuration", 0.239317, [[0, 1], [2, 4], [3, 5]]),
        ("aside", "configuration", 0.0, [[0, 1, 2, 3, 4, 5]]),
        ("aside", "gravity", 0.074733, [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_germany_1995_among_all_203_partitions(loops, null, Q, clusters):
    """Loops decide a table of six: with them three clusters, without the null decides."""
    economy = germany(loops)
    found = kn.detect(economy, measure="flow", null=null, resolution=1.0, **BARE)
    assert found.objective_value == pytest.approx(Q, abs=5e-7)
    assert groups(found.partition) == {frozenset(c) for c in clusters}
    E = expected(economy, null)
    values = sorted(slow.flow_value(economy.ties, E, p) for p in slow.partitions(6))
    assert len(values) == 203 and values[-1] == pytest.approx(found.objective_value, abs=1e-12)
    if null == "gravity":
        assert values[-2] == pytest.approx(0.063698, abs=5e-7)
        np.testing.assert_allclose(E, slow.expected(economy.ties, null, loops), rtol=1e-6)
        runner_up = kn.Clusters.from_labels(economy, [0, 0, 1, 2, 2, 2])
        assert kn.objective(runner_up, "flow") == pytest.approx(values[-2], abs=1e-9)


def test_two_triangles_of_the_networkx_documentation():
    graph = nx.barbell_graph(3, 0)
    barbell = kn.FlowNetwork.from_networkx(graph, weight=None)
    found = kn.detect(barbell, measure="flow", null="configuration", resolution=1.0, **BARE)
    assert found.objective_value == pytest.approx(0.35714285714285715, abs=1e-15)
    assert {frozenset(c) for c in found.communities()} == {
        frozenset({0, 1, 2}),
        frozenset({3, 4, 5}),
    }
    assert nx.community.modularity(graph, found.communities()) == pytest.approx(
        found.objective_value, abs=1e-15
    )


TOY = [
    [10, 40, 30, 2, 1, 1],
    [20, 5, 50, 1, 3, 0],
    [35, 25, 8, 0, 2, 2],
    [1, 2, 0, 6, 60, 20],
    [0, 1, 2, 45, 4, 30],
    [2, 0, 1, 25, 35, 9],
]


@pytest.mark.parametrize(("loops", "Q"), [("aside", 0.451267), ("keep", 0.455822)])
@pytest.mark.parametrize("null", ["configuration", "uniform"])
def test_two_planted_clusters_of_three(loops, Q, null):
    found = kn.detect(network(TOY, loops=loops), null=null, seed=0)
    assert found.measure == "flow" and found.resolution == 1.0  # too small for lift or folds
    assert groups(found.labels) == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}
    assert found.labels[0] == 1  # the other cluster's flow is larger
    if null == "configuration":
        assert found.objective_value == pytest.approx(Q, abs=5e-7)
    assert found.verdict == "" and found.profile is None


def test_croatia_2010(shared):
    """Total use, as published; 30 runs of leidenalg to convergence reach 0.250395 at best."""
    W = dict(tables.national(shared))["croatia"]
    assert W.shape == (65, 65) and np.trace(W) / W.sum() == pytest.approx(0.131, abs=5e-4)
    croatia = network(W)
    found = kn.detect(croatia, measure="flow", null="configuration", resolution=1.0, **BARE)
    posed = flow_problem(croatia, 1.0, "configuration")
    theirs = max(posed.value(peers.leidenalg_leiden(croatia.ties, seed=s)) for s in range(5))
    assert found.objective_value >= max(theirs, 0.25039) - 1e-6
    assert found.objective_value == pytest.approx(posed.value(found.partition), abs=1e-15)


def test_miller_and_blair_has_two_industries():
    found = kn.detect(kn.FlowNetwork.from_table(kn.datasets.load("miller_blair")), seed=0)
    assert np.isfinite(found.objective_value) and found.verdict == ""


# ------------------------------------------------------------------------------ what comes back


def test_all_that_is_known_comes_back(usa):
    found = kn.detect(usa, seed=0)
    assert found.measure == "lift" and found.null == "gravity" and found.verdict == "clusters"
    assert found.labels.dtype == np.int64 and found.labels.min() == -1
    assert sorted(set(found.labels)) == list(range(-1, len(found)))
    assert (np.diff(found.internal_flow) <= 0).all()
    assert found.partition.min() == 0 and (found.sizes >= 2).all()
    assert found.objective_value == pytest.approx(kn.objective(found), abs=1e-12)
    profile = found.profile
    assert profile.index.name == "resolution"
    assert profile.columns.tolist() == ["score", "se", "clusters", "chosen"]
    assert profile.index[profile["chosen"]].tolist() == [found.resolution]
    best = profile["score"].idxmax()
    least = profile.loc[best, "score"] - profile.loc[best, "se"]
    coarsest = profile.index[profile["score"] >= least][0]
    assert found.resolution == coarsest <= best
    assert found.support.shape == (71,) and np.nanmin(found.support) >= 0
    assert (found.support[found.labels >= 0] >= 0.5).all()
    recipe = found.recipe
    assert (recipe.method, recipe.seed, recipe.version) == ("density", 0, kn.__version__)
    assert recipe.parameters["resolution"] == "auto"


def test_members_of_a_cluster_were_together_before_admission(usa):
    found = kn.detect(usa, seed=0)
    for k in range(len(found)):
        assert len(set(found.partition[found.labels == k])) == 1


def test_bare_partition(usa):
    found = kn.detect(usa, **BARE)
    size = np.bincount(found.partition)[found.partition]
    np.testing.assert_array_equal(found.labels == -1, size == 1)
    together = found.labels >= 0
    assert groups(found.labels[together]) == groups(found.partition[together])
    assert found.verdict == "" and found.profile is not None and found.support is None
    judged = kn.detect(usa, seed=0)
    assert judged.resolution == found.resolution
    np.testing.assert_array_equal(judged.partition, found.partition)


def test_stricter_admission_admits_fewer(usa):
    inside = [
        (kn.detect(usa, seed=0, resolution=0.5, **strict).labels >= 0)
        for strict in ({}, {"support": 0.9}, {"support": 0.9, "contrast": 3})
    ]
    assert inside[0].sum() > inside[1].sum() > inside[2].sum() > 0
    assert (inside[0] | ~inside[1]).all() and (inside[1] | ~inside[2]).all()
    nobody = kn.detect(usa, seed=0, contrast=1e9)
    assert len(nobody) == 0 and nobody.verdict == "no clusters"


def test_communities_cover_every_industry(usa):
    for found in (kn.detect(usa, seed=0), kn.detect(usa, contrast=1e9, seed=0)):
        sets = found.communities()
        assert sum(map(len, sets)) == usa.n and set().union(*sets) == set(usa.industries)
        assert nx.community.is_partition(usa.to_networkx(), sets)


def test_a_given_resolution_is_used_and_judged(usa):
    found = kn.detect(usa, resolution=1.0, seed=0)
    assert found.resolution == 1.0 and found.profile is None and found.verdict == "clusters"
    finer = kn.detect(usa, resolution=2.0, **BARE)
    coarser = kn.detect(usa, resolution=0.0, **BARE)
    assert finer.sizes.max() < found.sizes.max() <= coarser.sizes.max()


def test_at_the_optimum_clusters_are_denser_than_the_resolution_inside_only(usa):
    theta = 0.5
    found = kn.detect(usa, measure="lift", resolution=theta, **BARE)
    lift = kn.gravity(usa).lift.to_numpy()
    pairs = ~np.eye(usa.n, dtype=bool) & usa.active & usa.active[:, None]
    for a in range(len(found)):
        for b in range(len(found)):
            cells = np.outer(found.labels == a, found.labels == b) & pairs
            both = np.concatenate([lift[cells], lift[cells.T]])
            assert both.mean() >= theta if a == b else both.mean() <= theta


def test_profile_resolution_is_what_detect_looks_at(usa):
    profile = kn.profile_resolution(usa, [0.2, 0.5, 1.0, 2.0], seed=0)
    assert profile.index.tolist() == [0.2, 0.5, 1.0, 2.0] and profile["chosen"].sum() == 1
    assert (np.diff(profile["largest"]) <= 0).all()
    for theta, row in profile.iterrows():
        bare = kn.detect(usa, measure="lift", resolution=theta, **BARE)
        assert row["objective"] == pytest.approx(bare.objective_value, rel=0.02)
        sizes = np.bincount(row["partition"])
        counts = [(sizes > 1).sum(), (sizes == 1).sum(), sizes.max()]
        assert row[["clusters", "alone", "largest"]].tolist() == counts


# ----------------------------------------------------------------------------- which measure


def test_the_measure_suits_the_network(usa, economy):
    assert kn.detect(usa, resolution=0.5, **BARE).measure == "lift"
    assert kn.detect(germany("aside"), **BARE).measure == "flow"  # six industries
    thin = np.array(economy[0].flows)
    thin[np.random.default_rng(0).random(thin.shape) < 0.6] = 0
    assert kn.detect(network(thin), resolution=1.0, **BARE).measure == "flow"  # mostly empty
    assert kn.detect(network(sparse.csr_array(economy[0].flows)), **BARE).measure == "lift"
    negative = economy[0].with_ties(economy[0].flows - 100.0, "mine")
    masses = np.ones(20), np.ones(20)
    assert kn.detect(negative, resolution=1.0, null=masses, **BARE).measure == "flow"
    assert kn.detect(kn.tie(economy[0], "lift"), resolution=0.5, **BARE).measure == "lift"
    padded = np.pad(economy[0].flows, (0, 20))  # industries that do not trade have no say
    assert kn.detect(network(padded), resolution=0.5, **BARE).measure == "lift"


def test_null_models_reach_the_search(economy):
    found = economy[0]
    A, B = null_model_of("configuration").masses(found)
    how = {"measure": "flow", "resolution": 1.0, **BARE}
    named = kn.detect(found, null="configuration", **how)
    given = kn.detect(found, null=(A, B), **how)
    own = kn.detect(found, null=lambda network: (A, B), **how)
    assert named.null == "configuration" and given.null == "given masses"
    for other in (given, own):
        np.testing.assert_array_equal(other.partition, named.partition)
        assert other.objective_value == pytest.approx(named.objective_value, abs=1e-15)
    side = np.column_stack([A / 2, A / 2]), np.column_stack([B, B])
    np.testing.assert_array_equal(kn.detect(found, null=side, **how).partition, named.partition)


# ------------------------------------------------------------------------- contract of methods


def test_a_method_is_a_name_a_callable_or_an_answer(economy):
    network, planted = economy
    seen = []

    def halves(given, rng, *, share=0.5):
        """Random labels, the rest beyond a share."""
        seen.append((given, isinstance(rng, np.random.Generator)))
        return np.where(rng.random(given.n) < share, rng.integers(0, 2, given.n), -1)

    assert kn.detect(network, " Density ", **BARE).recipe.method == "density"
    found = kn.detect(network, halves, share=0.7, seed=3)
    assert seen == [(network, True)]
    assert found.recipe.method == "halves" and dict(found.recipe.parameters) == {"share": 0.7}
    assert found.verdict == "" and found.objective_value is None and np.isnan(found.resolution)
    answers = [planted, planted.tolist(), planted.astype(float), planted.astype(np.int8)]
    for answer in answers:
        given = kn.detect(network, answer)
        assert groups(given.labels) == groups(planted)
        assert given.recipe.method == "given labels"
    assert (kn.detect(network, lambda n, r: np.full(20, -7)).labels == -1).all()


def test_a_function_keeps_defaults_of_its_own(economy):
    seen = []

    def own(network, rng, resolution=2.0, null="gravity", extra=3):
        seen.append((resolution, null, extra))
        return np.arange(network.n) % 2

    kn.detect(economy[0], own)
    kn.detect(economy[0], own, resolution=1.0, null="uniform", extra=4)
    assert seen == [(2.0, "gravity", 3), (1.0, "uniform", 4)]


def test_a_registered_method_has_a_name(economy):
    from klasternet.registry import detectors

    @kn.detector("odd and even")
    def odd(network, rng):
        return np.arange(network.n) % 2

    try:
        assert len(kn.detect(economy[0], "Odd-and-even")) == 2
        with pytest.raises(kn.ParameterError, match=r"called 'od'.*Known: .*odd_and_even"):
            kn.detect(economy[0], "od")
    finally:
        detectors.forget("odd and even")


def test_methods_take_the_parameters_of_detect_that_they_name(economy):
    def echo(network, rng, resolution, null="x", **more):
        echo.told = {"resolution": resolution, "null": null, **more}
        return np.zeros(network.n, dtype=int)

    kn.detect(economy[0], echo, resolution=2.5, extra=1)
    assert echo.told["resolution"] == 2.5 and echo.told["null"] == "gravity"
    assert echo.told["extra"] == 1 and echo.told["measure"] == "auto"


BROKEN = {
    "too few": ([0] * 19, "returned 19 labels for 20 industries. Return one integer for each"),
    "a table": (np.zeros((20, 2)), r"returned an array \(20, 2\) for 20"),
    "nothing": (None, r"returned an array \(\)"),
    "text": (["a"] * 20, "labels of type .*U1. Return integers, -1 for an industry of no cluster"),
    "NaN": ([np.nan] + [1.0] * 19, "labels of type float64. Return integers"),
    "fractions": ([0.5] * 20, "labels of type float64"),
    "ragged": ([[1], [1, 2]] * 10, "labels of type object"),
    "objects": ([None] * 20, "labels of type object"),
    "a set": ({1, 2}, r"array \(\)"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_method_that_breaks_its_contract_is_named(case, economy):
    answer, message = BROKEN[case]

    def mine(network, rng):
        return answer

    with pytest.raises(kn.ContractError, match=f"the method 'mine' .*{message}"):
        kn.detect(economy[0], mine)
    if answer is not None and case != "ragged":
        with pytest.raises(kn.ContractError, match=f"'given labels'.*{message}"):
            kn.detect(economy[0], answer)


OPTIONS = {
    "method": ({"method": "densty"}, "no method called 'densty'; did you mean 'density'"),
    "measure": ({"measure": "lfit"}, "no measure called 'lfit'; did you mean 'lift'.*auto"),
    "null": ({"null": "gravty"}, "no null model called 'gravty'; did you mean 'gravity'"),
    "parameter": ({"gamma": 1}, "'density' takes no 'gamma'. It takes: measure, resolution, null"),
    "resolution name": ({"resolution": "fine"}, "no resolution called 'fine'.*auto"),
    "resolution NaN": ({"resolution": np.nan}, "resolution is nan; give a finite number"),
    "resolution inf": ({"resolution": np.inf}, "resolution is inf"),
    "resolution complex": ({"resolution": 1j}, "resolution is 1j"),
    "support": ({"support": -0.1}, r"support is -0\.1; give a finite number, at least 0"),
    "support NaN": ({"support": np.nan}, "support is nan"),
    "contrast": ({"contrast": -1}, "contrast is -1; give a finite number, at least 0"),
    "effort": ({"effort": -1}, "effort is -1; give a finite number, at least 0"),
    "seed": ({"seed": "one"}, "seed is 'one'; give a whole number from 0, or None"),
    "seed below": ({"seed": -1}, "seed is -1"),
    "seed between": ({"seed": 1.5}, r"seed is 1\.5"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_do_not_exist(case, economy):
    options, message = OPTIONS[case]
    with pytest.raises(kn.ParameterError, match=message):
        kn.detect(economy[0], **options)


def test_only_networks_are_searched(usa):
    with pytest.raises(kn.ParameterError, match="not a DataFrame"):
        kn.detect(usa.to_frame())
    with pytest.raises(kn.ParameterError, match="not a IOTable"):
        kn.detect(kn.datasets.load("usa_2022"))


def test_objective_asks_for_what_exists(usa):
    found = kn.Clusters.from_labels(usa, [0] * usa.n)
    with pytest.raises(kn.ParameterError, match=r"no measure called 'money'.*lift, flow"):
        kn.objective(found, "money")
    with pytest.raises(kn.ParameterError, match="resolution is inf; give a finite number"):
        kn.objective(found, resolution=np.inf)
    with pytest.raises(kn.ParameterError, match="did you mean 'uniform'"):
        kn.objective(found, "flow", null="unifrom")


def test_options_are_documented_as_they_are():
    defaults = {k: p.default for k, p in inspect.signature(kn.detect).parameters.items()}
    assert defaults["method"] == "density" and defaults["measure"] == "auto"
    assert defaults["resolution"] == "auto" and defaults["null"] == "gravity"
    assert defaults["support"] == 0.5 and defaults["seed"] is None


# -------------------------------------------------------------------------------------- seeds


def test_same_seed_same_clusters_and_the_global_generator_is_left_alone(usa):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    a, b = kn.detect(usa, seed=7), kn.detect(usa, seed=7)
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.partition, b.partition)
    pd.testing.assert_frame_equal(a.profile, b.profile)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    other = kn.detect(usa, seed=8)
    assert not a.profile["score"].equals(other.profile["score"])


def test_a_seed_is_drawn_and_recorded(usa):
    a, b = (kn.detect(usa, resolution=0.5) for _ in range(2))
    assert isinstance(a.recipe.seed, int) and a.recipe.seed != b.recipe.seed
    again = kn.detect(usa, resolution=0.5, seed=a.recipe.seed)
    np.testing.assert_array_equal(a.labels, again.labels)


@pytest.mark.parametrize(
    "method", ["density", lambda n, r: r.integers(0, 3, n.n), np.arange(71) % 4]
)
def test_a_recipe_gives_the_same_again(usa, method):
    found = kn.detect(usa, method)
    again = found.recipe.repeat(usa)
    np.testing.assert_array_equal(found.labels, again.labels)
    assert again.recipe.seed == found.recipe.seed
    assert dict(again.recipe.parameters) == dict(found.recipe.parameters)
    assert found.recipe.repeat(usa, seed=5).recipe.seed == 5


def test_a_recipe_can_be_followed_on_another_economy(usa, economy):
    recipe = kn.detect(usa, measure="flow", resolution=1.5, support=0, contrast=0, seed=2).recipe
    other = recipe.repeat(economy[0])
    assert (other.measure, other.resolution, other.recipe.seed) == ("flow", 1.5, 2)


def test_two_processes_give_the_same_labels(usa):
    code = (
        "import json, klasternet as kn;"
        "n = kn.FlowNetwork.from_table(kn.datasets.load('usa_2022'));"
        "print(json.dumps(kn.detect(n, seed=11).labels.tolist()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert json.loads(out.stdout) == kn.detect(usa, seed=11).labels.tolist(), out.stderr
