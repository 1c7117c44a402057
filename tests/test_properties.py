"""Laws over generated networks, in every form, unit and name: what may never depend on chance.

`KLASTERNET_EXAMPLES=2000 pytest tests/test_properties.py` draws as many examples of each law.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from oracles import exact, readings, slow
from oracles.generated import UNITS, Economy, dense, economies, labelled, law, same_partition
from scipy import sparse

import klasternet as kn
from klasternet import qualities
from klasternet.lift import logs_of
from klasternet.nullmodels import expected, null_model_of

BARE = {"support": 0, "contrast": 0, "seed": 0}
GAMMAS = st.sampled_from([0.0, 0.6, 1.0, 1.7])
MONEY = ["configuration", "uniform", "gravity"]


def masses(network, null):
    """Masses of a null model; no example where gravity does not exist."""
    try:
        return null_model_of(null).masses(network)
    except kn.ConvergenceError:
        assume(null != "gravity")
        raise


def money(network, gamma, null):
    masses(network, null)
    return qualities.flow_problem(network, gamma, null)


def thin(economy, gamma, null):
    """The same problem as ties minus masses."""
    network = economy.network(form="rows")
    masses(network, null)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qualities, "DENSE_UP_TO", 0)
        return qualities.flow_problem(network, gamma, null)


def rounding(posed):
    """What floats may be apart: as masses, gravity's own flows are in the sums and out again."""
    if posed.q is not None:
        return 1e-14
    spent = posed.resolution * (posed.out_masses.sum(axis=0) @ posed.in_masses.sum(axis=0))
    return max(1e-14, 4 * np.finfo(float).eps * spent / posed.scale)


# ------------------------------------------------------------------------------- the network


@law()
@given(economies())
def test_a_network_holds_what_it_was_given(economy):
    network = economy.network()
    W, off = economy.W, economy.W * (1 - np.eye(economy.n))
    np.testing.assert_array_equal(dense(network.flows), W)
    assert network.industries.tolist() == economy.names
    assert network.total == pytest.approx(W.sum(), rel=1e-14)
    np.testing.assert_array_equal(dense(network.ties), W if economy.loops == "keep" else off)
    busy = [bool(off[i].any() or off[:, i].any()) for i in range(economy.n)]
    assert network.active.tolist() == busy
    aside = [d for d in network.decisions if d.what == "loops set aside"]
    told = aside[0].amount if aside else 0.0
    assert told == pytest.approx(np.trace(W) * (economy.loops == "aside"), rel=1e-14)
    idle = [d for d in network.decisions if "inactive" in d.what]
    assert sum(len(d.where) for d in idle) == busy.count(False)


@law()
@given(economies(signed=True), st.sampled_from(["raise", "transpose", "aside"]))
def test_negative_flows_go_where_the_policy_says(economy, policy):
    W, n = economy.W, economy.n
    wanted = [[max(v, 0.0) for v in row] for row in W]
    if policy == "transpose":
        for i in range(n):
            for j in range(n):
                wanted[j][i] += max(-W[i, j], 0.0)
    wanted = np.array(wanted)
    if policy == "raise" and (W < 0).any():
        with pytest.raises(kn.DataError, match="negative flow"):
            economy.network(negatives=policy)
        return
    assume((wanted * (1 - np.eye(n))).any())
    network = economy.network(negatives=policy)
    np.testing.assert_array_equal(dense(network.flows), wanted)
    told = [d for d in network.decisions if "negative" in d.what]
    assert sum(d.amount for d in told) == pytest.approx(-W[W < 0].sum(), rel=1e-14)


@law()
@given(economies(), st.data())
def test_selected_industries_keep_their_flows(economy, data):
    network = economy.network()
    at = data.draw(st.lists(st.integers(0, economy.n - 1), min_size=2, unique=True))
    some = network.select([economy.names[k] for k in at])
    np.testing.assert_array_equal(dense(some.flows), economy.W[np.ix_(at, at)])
    left = some.decisions[-1]
    assert left.amount + some.total == pytest.approx(network.total, rel=1e-12)


# ---------------------------------------------------------------------------- the value of Q


@law(40)
@given(labelled(), GAMMAS)
def test_q_is_what_rational_numbers_give(case, gamma):
    economy, labels = case
    network = economy.network()
    clusters = kn.Clusters.from_labels(network, labels.tolist())
    wanted = float(exact.flow_value(economy.W, clusters.partition, gamma, economy.loops))
    found = kn.objective(clusters, "flow", gamma, "configuration")
    assert found == pytest.approx(wanted, abs=1e-14)
    posed = thin(economy, gamma, "configuration")
    assert posed.value(clusters.partition) == pytest.approx(wanted, abs=1e-14)


@law()
@given(economies(least=3), st.sampled_from(MONEY), GAMMAS, st.booleans(), st.data())
def test_what_a_move_gains_is_the_change_of_q(economy, null, gamma, rows, data):
    posed = thin(economy, gamma, null) if rows else money(economy.network(), gamma, null)
    n = economy.n
    labels = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n)))
    who, goal = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n))
    moved = labels.copy()
    moved[who] = goal
    gain = (posed.to_own(moved)[who] - posed.to_own(labels)[who]) / posed.scale
    assert posed.value(moved) - posed.value(labels) == pytest.approx(gain, abs=rounding(posed))


@law()
@given(economies(least=3), st.sampled_from(MONEY), GAMMAS, st.data())
def test_merging_and_splitting_undo_each_other(economy, null, gamma, data):
    network = economy.network()
    posed = money(network, gamma, null)
    n = economy.n
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    pulls = np.zeros((3, 3))
    for i in range(n):
        for j in range(i):
            pulls[labels[i], labels[j]] += posed.q[i, j]
    pulls += pulls.T
    for a, b in ((0, 1), (1, 2), (0, 2)):
        merged = np.where(labels == b, a, labels)
        gain = posed.value(merged) - posed.value(labels)
        assert gain == pytest.approx(pulls[a, b] / posed.scale, abs=1e-14)
    whole = posed.value(np.zeros(n, dtype=int)) - posed.value(np.arange(n))
    pairs = sum(posed.q[i, j] for i in range(n) for j in range(i))
    assert whole == pytest.approx(pairs / posed.scale, abs=1e-14)


@law()
@given(labelled(least=3), GAMMAS)
def test_an_economy_of_clusters_has_the_q_of_its_industries(case, gamma):
    """Industries added up to clusters, loops kept, each a cluster alone: the same Q."""
    economy, labels = case
    clusters = kn.Clusters.from_labels(economy.network(loops="keep"), np.abs(labels).tolist())
    assume(len(clusters) > 1 and clusters.between.iloc[:-1, :-1].to_numpy().trace() > 0)
    flows = clusters.between.iloc[:-1, :-1].to_numpy()
    assume((flows * (1 - np.eye(len(flows)))).any())
    whole = kn.objective(clusters, "flow", gamma, "configuration")
    coarse = economy.network(W=flows, names=list(clusters.names), loops="keep", form="array")
    alone = kn.Clusters.from_labels(coarse, list(range(coarse.n)))
    assert kn.objective(alone, "flow", gamma, "configuration") == pytest.approx(whole, abs=1e-14)


# ------------------------------------------------------------------------------- null models


@law()
@given(economies(), st.sampled_from(MONEY))
def test_a_null_model_keeps_its_margins(economy, null):
    network = economy.network()
    masses(network, null)
    E, W = expected(network, null), dense(network.ties)
    assert (E >= 0).all() and np.isfinite(E).all()
    assert E.sum() == pytest.approx(W.sum(), rel=1e-9)
    if null == "uniform":
        off = E[~np.eye(economy.n, dtype=bool)]
        assert len(set(off[off > 0])) == 1
    else:
        np.testing.assert_allclose(E.sum(axis=1), W.sum(axis=1), rtol=2e-10)
        np.testing.assert_allclose(E.sum(axis=0), W.sum(axis=0), rtol=2e-10)
    if null != "configuration" and economy.loops == "aside":
        assert not E.diagonal().any()


@law()
@given(economies(wild=False), st.data())
def test_blocks_keep_what_regions_trade_and_capacity_follows_output(economy, data):
    n = economy.n
    region = data.draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n))
    output = data.draw(st.lists(st.floats(1, 1e6), min_size=n, max_size=n))
    network = economy.network(columns={"region": region, "output": output})
    W, E = dense(network.ties), expected(network, "blocks")
    for a in set(region):
        for b in set(region):
            cell = np.ix_([r == a for r in region], [r == b for r in region])
            assert E[cell].sum() == pytest.approx(W[cell].sum(), rel=1e-9, abs=1e-300)
    np.testing.assert_allclose(E.sum(axis=1), W.sum(axis=1), rtol=1e-9)
    E, trades = expected(network, "capacity"), (W.sum(axis=0) > 0) | (W.sum(axis=1) > 0)
    size = np.where(trades, output, 0.0)
    allowed = np.outer(size, size) * (1 if economy.loops == "keep" else 1 - np.eye(n))
    np.testing.assert_allclose(E, allowed * W.sum() / allowed.sum(), rtol=1e-9)


@law()
@given(economies(), st.sampled_from(MONEY), st.sampled_from(UNITS), st.integers(0, 99))
def test_null_models_do_not_see_names_or_units(economy, null, unit, seed):
    network = economy.network()
    masses(network, null)
    order = np.random.default_rng(seed).permutation(economy.n)
    names = [economy.names[k] for k in order]
    other = economy.network(W=unit * economy.W[np.ix_(order, order)], names=names, form="rows")
    wanted = unit * expected(network, null)[np.ix_(order, order)]
    found = expected(other, null)
    size = np.sqrt(np.outer(wanted.sum(axis=1), wanted.sum(axis=0)))
    assert (np.abs(found - wanted) <= 1e-9 * np.maximum(wanted, size)).all()


# -------------------------------------------------------------------------------------- ties

RULES = ["flow", "input_share", "sales_share", "log", "binary", "relatedness", "strongest_share"]


@law()
@given(economies(), st.sampled_from(RULES), st.sampled_from(UNITS), st.integers(0, 99))
def test_ties_do_not_see_names_forms_or_units(economy, rule, unit, seed):
    given_ties = dense(kn.tie(economy.network(), rule).ties)
    order = np.random.default_rng(seed).permutation(economy.n)
    names = [economy.names[k] for k in order]
    W = unit * economy.W[np.ix_(order, order)]
    for form in ("array", "rows"):
        found = dense(kn.tie(economy.network(W=W, names=names, form=form), rule).ties)
        scale = unit if rule == "flow" else 1.0
        np.testing.assert_allclose(found, scale * given_ties[np.ix_(order, order)], rtol=1e-12)


@law()
@given(economies())
def test_ties_cell_by_cell(economy):
    network, W, n = economy.network(), economy.W, economy.n
    out, inn = W.sum(axis=1), W.sum(axis=0)
    flows = [v for v in W.ravel() if v > 0]
    for rule in RULES:
        ties = dense(kn.tie(network, rule).ties)
        for i in range(n):
            for j in range(n):
                if i == j and economy.loops == "aside":
                    assert ties[i, j] == 0
                    continue
                bought = W[i, j] / inn[j] if inn[j] else 0.0
                sold = W[i, j] / out[i] if out[i] else 0.0
                back = (W[j, i] / inn[i] if inn[i] else 0.0, W[j, i] / out[j] if out[j] else 0.0)
                wanted = {
                    "flow": W[i, j],
                    "input_share": bought,
                    "sales_share": sold,
                    "log": np.log1p(W[i, j] / np.median(flows)),
                    "binary": float(W[i, j] > 0),
                    "relatedness": bought + sold,
                    "strongest_share": max(bought, sold, *back),
                }[rule]
                assert ties[i, j] == pytest.approx(wanted, rel=1e-12), (rule, i, j)


@law()
@given(economies(wild=False))
def test_leontief_is_the_sum_of_all_rounds(economy):
    output = 1.5 * np.maximum(economy.W.sum(axis=0), economy.W.sum(axis=1)) + economy.W.max()
    network = economy.network(columns={"output": output})
    found = dense(kn.tie(network, "leontief").given_ties)
    A = economy.W / output
    total, step = np.zeros_like(A), np.eye(economy.n)
    for _ in range(200):
        step = step @ A
        total += step
    np.testing.assert_allclose(found, total, rtol=1e-9, atol=1e-12)


# -------------------------------------------------------------------------------------- lift


@law()
@given(economies(least=3), st.sampled_from(UNITS), st.integers(0, 99))
def test_lift_does_not_see_names_units_or_direction(economy, unit, seed):
    lift = kn.gravity(economy.network()).lift.to_numpy()
    assert np.isfinite(lift).all() and (np.abs(lift) <= 5).all()
    turned = kn.gravity(economy.network(W=economy.W.T)).lift.to_numpy()
    np.testing.assert_array_equal(turned, lift.T)
    order = np.random.default_rng(seed).permutation(economy.n)
    names = [economy.names[k] for k in order]
    W = unit * economy.W[np.ix_(order, order)]
    other = kn.gravity(economy.network(W=W, names=names, form="rows")).lift
    assert other.index.tolist() == names
    np.testing.assert_allclose(other, lift[np.ix_(order, order)], rtol=0, atol=1e-7)


# ------------------------------------------------------------------------------ the readings


def whole_economy(n, idle=0):
    """A case that is rare by chance: everybody in one cluster, also some who trade with nobody."""
    W = 1e-9 * (1 - np.eye(n))
    W[:idle] = W[:, :idle] = 0.0
    return Economy(W, list(range(n)), "aside", "array"), np.zeros(n, dtype=int)


@law()
@given(labelled(wild=False), st.sampled_from(["configuration", "uniform"]))
@example(whole_economy(2), "uniform")
@example(whole_economy(8), "configuration")
@example(whole_economy(5, idle=1), "configuration")
def test_readings_are_those_of_plain_loops(case, null):
    economy, labels = case
    clusters = kn.Clusters.from_labels(economy.network(), labels.tolist())
    network, labels = clusters.network, clusters.labels.tolist()
    found = kn.density(clusters, null=null)
    assert len(found) == len(clusters) == len(set(labels) - {-1})
    W, E = dense(network.trade), expected(network, null)
    gravity = kn.gravity(network)
    _, kind = logs_of(network)
    sizes = gravity.table
    logs = np.log(np.where(kind == 1, economy.W, 1.0))
    logs = logs - sizes["seller_size"].to_numpy()[:, None] - sizes["buyer_size"].to_numpy()
    for c in range(len(clusters)):
        wanted = readings.of_money(W.tolist(), labels, c, network.active.tolist())
        wanted |= readings.of_expectation(W, E, labels, c)
        wanted |= readings.of_lift(gravity.lift.to_numpy(), logs, kind, labels, c)
        stays = readings.persistence(W.tolist(), labels, c)
        if stays is not None:
            wanted["persistence"] = stays
        row = found.iloc[c]
        for name, value in wanted.items():
            least = 1e-11 * W.sum() if name in ("outward", "inward") else 1e-11
            assert row[name] == pytest.approx(value, rel=1e-6, abs=least, nan_ok=True), name


@law()
@given(labelled(wild=False), st.sampled_from(UNITS), st.integers(0, 99))
def test_readings_do_not_see_names_or_units(case, unit, seed):
    economy, labels = case
    order = np.random.default_rng(seed).permutation(economy.n)
    names = [economy.names[k] for k in order]
    W = unit * economy.W[np.ix_(order, order)]
    a = kn.Clusters.from_labels(economy.network(), labels.tolist())
    b = kn.Clusters.from_labels(economy.network(W=W, names=names), labels[order].tolist())
    a, b = (kn.density(x, null="configuration").reset_index(drop=True) for x in (a, b))
    assume(a["internal_flow"].is_unique)  # which cluster is the first of equals goes by names
    amounts = ["internal_flow", "outward", "inward"]
    a[amounts] *= unit
    for name in a.columns.drop(["persistence", "contrast_low", "contrast_high"]):
        scale = 1e-9 * unit * economy.W.sum() if name in amounts else 1e-6
        np.testing.assert_allclose(
            b[name].astype(float), a[name].astype(float), rtol=1e-6, atol=scale, err_msg=name
        )


# ------------------------------------------------------------------------------ the clusters


@law()
@given(labelled(), st.integers(0, 99))
def test_nothing_is_lost_in_clusters(case, seed):
    economy, labels = case
    network = economy.network()
    clusters = kn.Clusters.from_labels(network, labels.tolist())
    listed = [name for members in clusters for name in members] + list(clusters.rest)
    assert sorted(map(repr, listed)) == sorted(map(repr, economy.names))
    assert clusters.sizes.sum() + len(clusters.rest) == economy.n
    np.testing.assert_array_equal(clusters.labels < 0, labels < 0)
    assert same_partition(clusters.labels, labels)
    assert len(set(clusters.names)) == len(clusters) and clusters.network is network
    assert clusters.between.to_numpy().sum() == pytest.approx(network.trade.sum(), rel=1e-12)
    assert (np.diff(clusters.internal_flow) <= 1e-12 * network.total).all()
    assert (clusters.partition >= 0).all()
    again = kn.Clusters.from_labels(network, clusters.labels)
    np.testing.assert_array_equal(again.labels, clusters.labels)
    np.testing.assert_array_equal(again.partition, clusters.partition)
    # by name, in any order, under any number
    order = np.random.default_rng(seed).permutation(economy.n)
    by_name = pd.Series(labels, pd.Index(economy.names, dtype=object)).iloc[order]
    for given_labels in (by_name, by_name.to_dict(), by_name.where(by_name < 0, by_name + 7)):
        found = kn.Clusters.from_labels(network, given_labels)
        np.testing.assert_array_equal(found.labels, clusters.labels)
    assert str(clusters) and repr(clusters)


@law()
@given(economies(), st.sampled_from(["flow", "lift"]), st.sampled_from([0.0, 0.5, 1.3]))
def test_what_is_found_is_complete_and_finite(economy, measure, resolution):
    network = economy.network()
    found = kn.detect(network, measure=measure, resolution=resolution, null="configuration", **BARE)
    assert found.labels.shape == found.partition.shape == (economy.n,)
    assert (found.partition >= 0).all() and np.isfinite(found.objective_value)
    assert set(found.labels) - {-1} == set(range(len(found)))
    assert (found.labels[~network.active] < 0).all()
    again = kn.objective(found)
    assert found.objective_value == pytest.approx(again, abs=1e-13)
    if measure == "flow":
        best, _ = exact.flow_best(economy.W, resolution, economy.loops)
        assert found.objective_value == pytest.approx(float(best), abs=1e-9)


@law(6)
@given(economies(least=10, most=12), st.integers(0, 99))
def test_the_whole_way_from_flows_to_verdict(economy, seed):
    """Nothing chosen by hand; a unit that is a power of two changes no label."""
    network = economy.network()
    found = kn.detect(network, seed=seed, null="configuration")
    judged = ("clusters", "weak clusters", "no clusters")
    assert found.verdict in (judged if economy.n >= 12 else ("", *judged))
    same = kn.detect(economy.network(form="array"), seed=seed, null="configuration")
    assert same.verdict == found.verdict
    doubled = kn.detect(economy.network(W=2.0**20 * economy.W), seed=seed, null="configuration")
    np.testing.assert_array_equal(doubled.labels, found.labels)  # no digit has changed
    np.testing.assert_array_equal(doubled.partition, found.partition)
    assert doubled.objective_value == pytest.approx(found.objective_value, abs=1e-13)
    assert len(kn.density(found, null="configuration")) == len(found)


# ----------------------------------------------------------------------------- what is refused

FAULTS = {
    "NaN": lambda W, i, j: _put(W, i, j, np.nan),
    "infinity": lambda W, i, j: _put(W, i, j, np.inf),
    "negative": lambda W, i, j: _put(W, i, j, -1.0),
    "text": lambda W, i, j: _put(W.astype(object), i, j, "n/a"),
    "a list": lambda W, i, j: _put(W.astype(object), i, j, [1.0]),
    "nothing": lambda W, i, j: _put(W.astype(object), i, j, None),
    "complex": lambda W, i, j: W.astype(complex),
    "dates": lambda W, i, j: W.astype("timedelta64[s]"),
    "a row less": lambda W, i, j: np.delete(W, i, axis=0),
    "zeros": lambda W, i, j: 0 * W,
    "loops alone": lambda W, i, j: np.eye(len(W)),
    "one industry": lambda W, i, j: W[:1, :1],
    "three dimensions": lambda W, i, j: W[None],
    "overflow": lambda W, i, j: np.full_like(W, 1.7e308),
}


def _put(W, i, j, value):
    W = W.copy()
    W[i, j] = value
    return W


@law(60)
@given(economies(), st.sampled_from(sorted(FAULTS)), st.data())
def test_bad_flows_are_refused_in_our_own_words(economy, fault, data):
    i, j = (data.draw(st.integers(0, economy.n - 1)) for _ in "ij")
    bad = FAULTS[fault](economy.W, i, j)
    with pytest.raises(kn.KlasternetError) as told:
        kn.FlowNetwork.from_matrix(bad)
    assert len(str(told.value)) > 20
    numbers = bad.dtype.kind == "f" and bad.ndim == 2
    for make in (pd.DataFrame, sparse.csr_array) if numbers else ():
        with pytest.raises(kn.KlasternetError):
            kn.FlowNetwork.from_matrix(make(bad))


@law(40)
@given(economies(least=3), st.data())
def test_bad_names_are_refused_in_our_own_words(economy, data):
    i = data.draw(st.integers(1, economy.n - 1))
    names = list(economy.names)
    kind = data.draw(st.sampled_from(["twice", "missing", "too few", "other columns"]))
    if kind == "other columns":
        columns = [*names[:-1], "somebody else"]
        with pytest.raises(kn.AlignmentError, match="somebody else"):
            kn.FlowNetwork.from_matrix(pd.DataFrame(economy.W, names, columns))
        return
    if kind == "too few":
        names.pop()
    else:
        names[i] = names[0] if kind == "twice" else None
    with pytest.raises(kn.KlasternetError):
        kn.FlowNetwork.from_matrix(economy.W, names)
    if kind != "too few":
        with pytest.raises(kn.KlasternetError):
            kn.FlowNetwork.from_matrix(pd.DataFrame(economy.W, names, names))


ODD = [
    None, np.nan, np.inf, -np.inf, "", "gravty", "auto ", -1, 0.5, 1e308, 10**400, object(), [],
    {}, (), True, [1, 2], np.float32(1), b"x", 1j,
]  # fmt: skip
SETTINGS = ["method", "measure", "resolution", "null", "support", "contrast", "seed", "effort"]


@pytest.mark.parametrize("name", SETTINGS)
def test_odd_settings_are_refused_or_work(name):
    for W in (np.array([[0, 1.0], [2, 0]]), np.arange(16.0).reshape(4, 4)):
        network = kn.FlowNetwork.from_matrix(W)
        for value in ODD:
            try:
                found = kn.detect(network, **{"seed": 0, "null": "configuration", name: value})
            except kn.KlasternetError as error:
                assert len(str(error)) > 10, value
            else:
                assert found.labels.shape == (network.n,), value
                assert found.objective_value is None or np.isfinite(found.objective_value), value


@law(40)
@given(labelled(), st.sampled_from(["long", "short", "others", "twice", "table"]))
def test_labels_of_other_industries_are_refused(case, kind):
    economy, labels = case
    network = economy.network()
    by_name = pd.Series(labels, pd.Index(economy.names, dtype=object))
    bad = {
        "long": [*labels.tolist(), 0],
        "short": labels[:-1].tolist(),
        "others": by_name.rename({economy.names[0]: "somebody else"}),
        "twice": pd.concat([by_name, by_name.iloc[:1]]),
        "table": np.zeros((economy.n, 2), dtype=int),
    }[kind]
    with pytest.raises(kn.KlasternetError):
        kn.Clusters.from_labels(network, bad)


def test_the_twin_of_all_partitions_and_the_exact_one_agree():
    rng = np.random.default_rng(0)
    for n in range(2, 8):
        q = rng.normal(size=(n, n))
        q = slow.symmetric(q)
        value, labels = exact.best(exact.rationals(q))
        wanted, _ = slow.best(lambda labels, q=q: slow.within(q, labels), n)
        assert float(value) == pytest.approx(wanted, abs=1e-12)
        assert exact.within(exact.rationals(q), labels) == value
