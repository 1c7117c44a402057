"""Industries in several clusters: whole shares are labels, halves are halves, all adds up."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import klasternet as kn
from klasternet.nullmodels import null_model_of

JOBS = "jobs"


def economy(seed, n=8):
    """Names and parts of a table with all accounts, without loops."""
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(n)]
    Z = rng.uniform(0, 9, (n, n)) * (rng.random((n, n)) < 0.8)
    np.fill_diagonal(Z, 0.0)
    final = rng.uniform(20, 60, (n, 2))
    parts = {
        "flows": Z,
        "final_demand": final,
        "imports": rng.uniform(0, 2, (n, n)),
        "jobs": rng.uniform(1, 9, n),
    }
    return names, parts


def table_of(names, parts):
    Z, F = (pd.DataFrame(parts["flows"], names, names), parts["final_demand"])
    F = pd.DataFrame(F, names, ["households", "exports"])
    output = Z.sum(axis=1) + F.sum(axis=1)
    imports = pd.DataFrame(parts["imports"], names, names)
    earned = output - Z.sum() - imports.sum()
    return kn.IOTable(
        flows=Z,
        final_demand=F,
        value_added=pd.DataFrame([earned], ["value added"], names),
        imports=imports,
        exports=["exports"],
        satellites=pd.DataFrame([parts["jobs"]], [JOBS], names),
    )


def split_in(names, parts, at, share):
    """The same economy with industry `at` in two, of shares `share` and 1 - `share`."""
    R = np.eye(len(names))
    R = np.column_stack([R, np.zeros(len(names))])
    R[at, at], R[at, -1] = share, 1 - share
    out = {}
    out["flows"], out["imports"] = R.T @ parts["flows"] @ R, R.T @ parts["imports"] @ R
    out["final_demand"], out["jobs"] = R.T @ parts["final_demand"], R.T @ parts["jobs"]
    return [*names, "other part"], out


def shares_frame(names, seed, clusters=3):
    """Shares of a random kind: whole ones, divided ones, ones with a rest, ones of the rest."""
    rng = np.random.default_rng(seed)
    S = np.zeros((len(names), clusters))
    S[np.arange(len(names)), np.arange(len(names)) % clusters] = 1.0
    S[1] = rng.dirichlet(np.ones(clusters))
    S[2] = 0.8 * rng.dirichlet(np.ones(clusters))
    S[-1] = 0.0
    return pd.DataFrame(S, names, ["a", "b", "c"][:clusters])


def regions(names, seed, r=4):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.integers(1, 90, (r, len(names))), list("wxyz")[:r], names)


def readings(clusters, table, jobs):
    """Everything that sums over clusters, by name of cluster."""
    names = list(clusters.names)
    out = {
        "between": clusters.between,
        "internal": pd.Series(clusters.internal_flow, names),
        "density": kn.density(clusters).drop(columns=["industries"]),
        "exports": kn.export_role(clusters, table).drop(
            columns=["kind", "rca", "rca_low", "rca_high"], errors="ignore"
        ),
        "impact": kn.impact(table, {"i3": 10.0}, clusters=clusters).by_cluster,
        "employment": kn.cluster_employment(clusters, jobs).T,
        "together": kn.coagglomeration(clusters, jobs, draws=5, seed=0)[
            ["employment", "inside", "rest", "mean_gamma"]
        ],
    }
    for kind in ("total", "external", "internal", "backward", "forward"):
        lost = kn.extract(table, clusters, kind).table
        out[kind] = lost.drop(columns="industries")
    table_ = kn.cluster_profile(clusters, table, employment=jobs).table
    keep = ["output", "jobs", "value_added", "imported_inputs", "inward", "outward", "upstreamness"]
    out["profile"] = table_[keep]
    gaps = kn.gaps(clusters, jobs.loc["w"], jobs.sum())
    out["gaps"] = gaps[["need", "own"]].groupby(level="cluster").sum()
    found = kn.opportunities(clusters, jobs, present=0.0)
    wanted = ["employment", "short", "need"]
    out["lacks"] = found[wanted].groupby(level=["region", "cluster"]).sum()
    return out


def same(a, b, rtol=1e-9):
    assert a.keys() == b.keys()
    for name in a:
        one, other = a[name], b[name]
        if isinstance(one, pd.DataFrame) and set(one.columns) == set(other.columns):
            other = other[one.columns]
        other = other.reindex(one.index)
        np.testing.assert_allclose(
            other.to_numpy(float), one.to_numpy(float), rtol=rtol, atol=1e-9, err_msg=name
        )


# ------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("kind", ["dense", "sparse", "loops"])
def test_whole_shares_are_labels(kind):
    names, parts = economy(1)
    table = table_of(names, parts)
    labels = [0, 1, 0, 1, 2, 2, 0, -1]
    if kind == "loops":
        W = parts["flows"] + np.diag(np.arange(8.0))
        network = kn.FlowNetwork.from_matrix(W, names, loops="keep")
    else:
        W = sparse.csr_array(parts["flows"]) if kind == "sparse" else parts["flows"]
        network = kn.FlowNetwork.from_matrix(W, names)
    clusters = kn.Clusters.from_labels(network, labels)
    whole = replace(clusters, shares=clusters.membership.copy())
    assert whole.shares is not None
    jobs = regions(names, 3)
    same(readings(clusters, table, jobs), readings(whole, table, jobs), rtol=1e-12)
    np.testing.assert_array_equal(whole.between, clusters.between)
    frame, by_label = whole.to_frame(), clusters.to_frame()
    pd.testing.assert_frame_equal(frame[by_label.columns], by_label)
    assert set(frame["share"]) == {1.0} and set(frame["secondary"]) == {""}
    # in a frame they are labels at once
    named = pd.DataFrame(clusters.membership.toarray(), names, clusters.names)
    again = kn.Clusters.from_labels(network, named)
    assert again.shares is None
    np.testing.assert_array_equal(again.labels, clusters.labels)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_clusters_and_the_rest_add_up(seed):
    names, parts = economy(seed)
    table, jobs = table_of(names, parts), regions(names, seed)
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.Clusters.from_labels(network, shares_frame(names, seed))
    between = clusters.between
    np.testing.assert_allclose(between.to_numpy().sum(), network.trade.sum())
    M = clusters.membership.toarray()
    whole = np.column_stack([M, clusters.rest_share])
    np.testing.assert_allclose(whole.sum(axis=1), 1.0)
    np.testing.assert_allclose(between.sum(axis=1), whole.T @ network.out_strength)
    np.testing.assert_allclose(between.sum(axis=0), whole.T @ network.in_strength)
    np.testing.assert_allclose(np.diag(between)[:-1], clusters.internal_flow)
    sold, bought = (part.sum(axis=0) for part in clusters.own_trade)
    np.testing.assert_allclose(sold, clusters.internal_flow)
    np.testing.assert_allclose(bought, clusters.internal_flow)
    density = kn.density(clusters)
    np.testing.assert_allclose(density["outward"], between.sum(axis=1)[:-1] - np.diag(between)[:-1])
    by = kn.cluster_employment(clusters, jobs)
    np.testing.assert_allclose(by.sum(axis=1), jobs.sum(axis=1))
    role = kn.export_role(clusters, table)
    assert role["exports"].sum() == pytest.approx(table.exports.sum())
    assert role["output"].sum() == pytest.approx(table.output.sum())
    assert role["domestic_value_added"].add(role["imports_in_exports"]).sum() == pytest.approx(
        table.exports.sum()
    )
    impact = kn.impact(table, {"i1": 5.0}, clusters=clusters)
    np.testing.assert_allclose(impact.by_cluster.sum(), impact.total)


@pytest.mark.parametrize(("seed", "share"), [(0, 0.5), (1, 0.25), (2, 0.7)])
def test_a_share_is_a_part_of_the_industry(seed, share):
    """Industry i4 in two parts, each whole in a cluster, reads like i4 with two shares."""
    names, parts = economy(seed)
    at, labels = 4, np.array(["a", "b", "c", "a", "a", "b", "c", None], dtype=object)
    S = np.array([[label == c for c in "abc"] for label in labels], float)
    S[at] = share, 1 - share, 0.0
    table, jobs = table_of(names, parts), regions(names, seed)
    network = kn.FlowNetwork.from_table(table)
    shared = kn.Clusters.from_labels(network, pd.DataFrame(S, names, list("abc")))

    longer, split = split_in(names, parts, at, share)
    apart = table_of(longer, split)
    halves = kn.Clusters.from_labels(kn.FlowNetwork.from_table(apart), [*labels, "b"])
    more = jobs.astype(float)
    more["other part"] = (1 - share) * more["i4"]
    more["i4"] *= share
    left, right = readings(shared, table, jobs), readings(halves, apart, more)
    # means over pairs, walks, fits of logarithms: a part counts as an industry of its own there
    for found in (left, right):
        keep = ["internal_flow", "outward", "inward", "sales_retention", "purchase_retention"]
        keep += ["conductance", "e_i", "persistence", "weak", "strong", "connected"]
        found["density"] = found["density"][keep]
        found["together"] = found["together"][["employment"]]
    same(left, right)


@pytest.mark.parametrize("seed", [0, 1])
def test_order_and_unit_have_no_say(seed):
    names, parts = economy(seed)
    table, jobs = table_of(names, parts), regions(names, seed)
    S = shares_frame(names, seed)
    first = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), S)
    order = list(np.random.default_rng(seed).permutation(names))
    at = [names.index(name) for name in order]
    moved = {
        name: part[np.ix_(at, at)] if part.shape == (8, 8) else part[at]
        for name, part in parts.items()
    }
    other = table_of(order, moved)
    second = kn.Clusters.from_labels(kn.FlowNetwork.from_table(other), S.iloc[::-1, [2, 0, 1]])
    assert first.names == second.names
    a, b = readings(first, table, jobs), readings(second, other, jobs[order])
    a["density"], b["density"] = (d["density"].drop(columns=["lift_inside"]) for d in (a, b))
    same(a, b, rtol=1e-7)
    frames = [c.to_frame().loc[names, ["cluster", "share", "secondary"]] for c in (first, second)]
    pd.testing.assert_frame_equal(*frames)

    W = kn.FlowNetwork.from_matrix(1000 * parts["flows"], names)
    large = kn.Clusters.from_labels(W, S)
    np.testing.assert_allclose(large.between, 1000 * first.between)
    np.testing.assert_allclose(
        kn.density(large)["contrast"], kn.density(first)["contrast"], rtol=1e-6
    )


def test_a_sparse_network_reads_like_a_dense_one():
    names, parts = economy(5)
    S, jobs, table = shares_frame(names, 5), regions(names, 5), table_of(names, parts)
    dense, thin = (
        kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W, names), S)
        for W in (parts["flows"], sparse.csr_array(parts["flows"]))
    )
    same(readings(dense, table, jobs), readings(thin, table, jobs))


# ---------------------------------------------------------------------- readings one by one


def test_pairs_are_counted_by_shares():
    """Mean density, by hand: pairs of different industries, each with the product of shares."""
    names, parts = economy(2)
    clusters = kn.Clusters.from_labels(
        kn.FlowNetwork.from_matrix(parts["flows"], names), shares_frame(names, 2)
    )
    W, M = parts["flows"], clusters.membership.toarray()
    for k in range(3):
        m = M[:, k]
        inner, outer = np.outer(m, m), np.outer(m, 1 - m) + np.outer(1 - m, m)
        for pairs in (inner, outer):
            np.fill_diagonal(pairs, 0.0)
        ratio = ((inner * W).sum() / inner.sum()) / ((outer * W).sum() / outer.sum())
        found = kn.density(clusters).iloc[k]
        assert found["mean_density_ratio"] == pytest.approx(ratio)
        for null, diagonal in (("configuration", 1.0), ("gravity", 0.0)):
            A, B = null_model_of(null).masses(clusters.network)
            E = np.outer(A, B)
            np.fill_diagonal(E, diagonal * E.diagonal())
            found = kn.density(clusters, null=null).iloc[k]
            inside, across = (m @ E @ m, m @ E @ (1 - m) + (1 - m) @ E @ m)
            assert found["gravity_ratio"] == pytest.approx((inner * W).sum() / inside)
            assert found["gravity_ratio_rest"] == pytest.approx((outer * W).sum() / across)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_strong_and_connected_are_of_all_parts(kind):
    """By hand: 3 ties 2 to 0 and 1; strong where every part keeps more than half of its trade."""
    W = np.zeros((6, 6))
    W[[0, 1, 2, 3, 3, 4, 5], [1, 0, 3, 2, 4, 5, 4]] = 9, 9, 4, 4, 3, 9, 9
    W[1, 3] = W[3, 1] = 2
    network = kn.FlowNetwork.from_matrix(sparse.csr_array(W) if kind == "sparse" else W)
    shares = pd.DataFrame(np.eye(2)[[0, 0, 0, 1, 1, 1]], network.industries, ["a", "b"])

    def read(of_three):
        shares.iloc[3] = of_three
        found = kn.density(kn.Clusters.from_labels(network, shares))
        return found.loc["a", ["strong", "connected"]].tolist()

    assert read((0.0, 1.0)) == [False, False]  # 2 trades with 3 alone, which is elsewhere
    assert read((0.4, 0.6)) == [False, True]  # 2 keeps 0.4 of its 8
    assert read((0.6, 0.4)) == [True, True]  # 0.6 of 8; the part of 3 keeps 12 of 15


def test_relatedness_goes_by_shares():
    """Validation scores, by hand: means over pairs, each with the product of shares."""
    names, parts = economy(2)
    S = pd.DataFrame(parts["flows"] + parts["flows"].T, names, names)
    clusters = kn.Clusters.from_labels(
        kn.FlowNetwork.from_matrix(parts["flows"], names), shares_frame(names, 2, clusters=2)
    )
    found = kn.validation_scores(clusters, {"trade": S}).clusters.loc["trade"]
    m = clusters.membership.toarray()
    m[clusters.labels < 0] = 0.0  # they take no part
    for k in range(2):
        own, other = np.outer(m[:, k], m[:, k]), np.outer(m[:, k], m[:, 1 - k])
        for pairs in (own, other):
            np.fill_diagonal(pairs, 0.0)
        row = found.loc[clusters.names[k]]
        assert row["within"] == pytest.approx((own * S.to_numpy()).sum() / own.sum())
        assert row["between"] == pytest.approx((other * S.to_numpy()).sum() / other.sum())


def test_suppliers_and_what_is_inside_make_all_purchases():
    names, parts = economy(7)
    table = table_of(names, parts)
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), shares_frame(names, 7))
    profile = kn.cluster_profile(clusters, table)
    for name in clusters.names:
        whole = clusters.between[name].sum()
        outside = profile.suppliers.loc[name]["amount"].sum()
        inner = clusters.between.loc[name, name]
        assert outside + inner == pytest.approx(whole)
        assert profile.table.loc[name, "inward"] == pytest.approx(outside)
    assert any("shares" in note for note in profile.notes)


def test_a_large_network_is_read_by_its_ties():
    network, labels = kn.datasets.planted(600, 6, contrast=6, seed=3)
    network = kn.FlowNetwork.from_matrix(sparse.csr_array(network.flows), network.industries)
    clusters = kn.Clusters.from_labels(network, labels)
    whole = replace(clusters, shares=clusters.membership.copy())
    columns = ["contrast", "contrast_low", "contrast_high"]
    np.testing.assert_allclose(kn.density(whole)[columns], kn.density(clusters)[columns], rtol=1e-9)


# -------------------------------------------------------------------------- shares by trade


def test_shares_are_trade_with_the_clusters_that_count():
    network, labels = kn.datasets.planted(40, 4, contrast=5, seed=2)
    clusters = kn.Clusters.from_labels(network, labels)
    lapping = clusters.with_overlap(at_least=0.2)
    np.testing.assert_array_equal(lapping.labels, clusters.labels)
    assert lapping.members(0) == clusters.members(0)
    W = np.asarray(network.trade)
    both, M = W + W.T, lapping.membership.toarray()
    size = both.sum(axis=1)
    for i in np.flatnonzero(clusters.labels >= 0):
        own = clusters.labels[i]
        with_each = np.array([both[i, clusters.labels == k].sum() for k in range(len(clusters))])
        others = size.copy()
        others[i] = 0.0
        chance = np.array([others[clusters.labels == k].sum() for k in range(len(clusters))])
        counts = (with_each / size[i] >= 0.2) & (with_each / size[i] > chance / others.sum())
        counts[own] = True
        expected = np.where(counts, with_each, 0.0)
        np.testing.assert_allclose(M[i], expected / expected.sum())
    np.testing.assert_array_equal(M[clusters.labels < 0], 0.0)
    assert clusters.with_overlap(at_least=1.0).membership.nnz == (clusters.labels >= 0).sum()
    assert lapping.communities() == clusters.communities()
    assert "belong to several" in str(lapping) or (np.diff(lapping.shares.indptr) < 2).all()
    assert lapping.rename({0: "first"}).shares is not None


def economy_with_second_clusters(seed):
    """A planted economy in which a fifth of the industries trade as members of another cluster."""
    network, labels = kn.datasets.planted(60, 6, contrast=5, noise=0.8, seed=seed)
    rng, W = np.random.default_rng(seed), network.flows.copy()
    second = np.full(60, -1)
    for i in rng.choice(60, 12, replace=False):
        second[i] = rng.choice(np.delete(np.arange(6), labels[i]))
        there = np.flatnonzero((labels == second[i]) & (np.arange(60) != i))
        W[i, there] *= 5
        W[there, i] *= 5
    return kn.FlowNetwork.from_matrix(W, network.industries), labels, second


def test_second_clusters_are_found_by_lift():
    """Where they are known: hardly any is missed and hardly any is none; by money most are."""
    right = {"lift": 0, "flow": 0}
    wrong, planted = dict(right), 0
    for seed in range(2):
        network, labels, second = economy_with_second_clusters(seed)
        clusters = kn.detect(network, seed=0, certify=False)
        assert clusters.measure == "lift" and len(clusters) == 6
        stands_for = [np.bincount(labels[clusters.labels == k]).argmax() for k in range(6)]
        inside = clusters.labels >= 0
        planted += int((second[inside] >= 0).sum())
        for measure in right:
            M = clusters.with_overlap(measure=measure).membership.toarray() > 0
            for i, k in zip(*np.nonzero(M), strict=True):
                both = {labels[i], second[i]}
                if k != clusters.labels[i]:
                    right[measure] += stands_for[k] in both
                    wrong[measure] += stands_for[k] not in both
    assert right["lift"] >= 0.9 * planted and wrong["lift"] <= 1
    assert right["flow"] <= 0.7 * planted


def test_shares_by_lift_by_hand():
    network, _, _ = economy_with_second_clusters(0)
    clusters = kn.detect(network, seed=0, certify=False)
    lapping = clusters.with_overlap()
    L, M = kn.gravity(network).lift.to_numpy(), lapping.membership.toarray()
    for i in np.flatnonzero(clusters.labels >= 0):
        means, cells = {}, {}
        for k in range(len(clusters)):
            at = (clusters.labels == k) & (np.arange(60) != i)
            means[k] = (L[i, at].sum() + L[at, i].sum()) / (2 * at.sum())
            cells[k] = 2 * at.sum()
        whole, own = sum(max(m, 0) for m in means.values()), clusters.labels[i]
        kept = {
            k: mean
            for k, mean in means.items()
            if k == own or (mean / whole >= 0.25 and mean > 2 / np.sqrt(cells[k]))
        }
        expected = [kept.get(k, 0) / sum(kept.values()) for k in range(len(clusters))]
        np.testing.assert_allclose(M[i], expected, atol=1e-12)


def test_a_recipe_repeats_the_overlap():
    network, _, _ = economy_with_second_clusters(0)
    clusters = kn.detect(network, seed=0, certify=False, effort=0.2)
    assert clusters.with_overlap().recipe.overlap == {"at_least": 0.25, "measure": "lift"}
    lapping = clusters.with_overlap(0.2, measure="flow")
    again = lapping.recipe.repeat(network)
    np.testing.assert_array_equal(again.membership.toarray(), lapping.membership.toarray())
    assert repr(lapping).endswith(".with_overlap(at_least=0.2, measure='flow')")
    assert clusters.recipe.overlap is None and clusters.recipe.repeat(network).shares is None
    with pytest.raises(kn.ParameterError, match="no measure called"):
        clusters.with_overlap(measure="loadings")


def test_an_industry_alone_stays_whole():
    W = np.array([[0, 5, 5, 0], [5, 0, 0, 1], [5, 0, 0, 9], [0, 1, 9, 0.0]])
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), ["a", "b", "c", "c"])
    lapping = clusters.with_overlap()
    alone = clusters.labels[0]
    assert lapping.membership.toarray()[0, alone] == 1.0


@pytest.mark.parametrize("at_least", [0, -0.1, 1.5, "much", float("nan")])
def test_a_threshold_that_is_none(at_least):
    network, labels = kn.datasets.planted(12, 2, contrast=5, seed=2)
    with pytest.raises(kn.ParameterError, match="above 0 and up to 1"):
        kn.Clusters.from_labels(network, labels).with_overlap(at_least)


# --------------------------------------------------------------------- evidence and partitions


def test_how_certain_a_second_cluster_is():
    """Every draw gets second clusters by the same rule; those that are plain are always there."""
    network, _, _ = economy_with_second_clusters(0)
    clusters = kn.detect(network, seed=0, support=0, contrast=0, effort=0.2, certify=False)
    lapping = clusters.with_overlap()
    steady, plain = (kn.stability(c, draws=5, noise=0.05, seed=0) for c in (lapping, clusters))
    chance = steady.secondary_probability
    assert chance.shape == (60, len(clusters)) and plain.secondary_probability is None
    assert ((chance >= 0) & (chance <= 1)).all(axis=None)
    M = lapping.membership.toarray()
    M[np.arange(60), clusters.labels] = 0.0
    assert chance.to_numpy()[M > 0].mean() > 0.9 and chance.to_numpy()[M == 0].mean() < 0.05
    pd.testing.assert_frame_equal(steady.membership_probability, plain.membership_probability)
    assert steady.core == plain.core  # primary members, with the same draws
    assert "also, in half of the draws" in str(steady)
    value = steady.readings["value"].xs("internal_flow", level="reading")
    np.testing.assert_allclose(value, lapping.internal_flow)  # readings go by shares
    frozen = kn.stability(lapping, draws=2, noise=0.0, seed=0)
    assert (frozen.secondary_probability.to_numpy()[M > 0] == 1).all()


def test_what_judges_a_partition_goes_by_primary_members():
    """Significance, proof, objective and agreement are of a partition; shares do not change it."""
    network, _, _ = economy_with_second_clusters(1)
    clusters = kn.detect(network, seed=0, effort=0.2, certify=False)
    lapping = clusters.with_overlap()
    assert (np.diff(lapping.shares.indptr) > 1).any()
    a, b = (kn.significance(c, draws=9, seed=0) for c in (clusters, lapping))
    assert a.statistic == b.statistic and a.pvalue == b.pvalue
    pd.testing.assert_frame_equal(a.table, b.table)
    assert kn.objective(clusters) == kn.objective(lapping)
    proofs = [kn.certify(c, time_limit=0.2) for c in (clusters, lapping)]
    assert proofs[0].value == proofs[1].value
    assert kn.agreement(clusters, lapping).ari == 1.0
    found = kn.detect(network, "feser_bergman")
    assert kn.agreement(found, replace(found, shares=None)).ari == 1.0
    for c in (lapping, found):  # nothing is left out, counted twice, or shown to be
        assert c.between.to_numpy().sum() == pytest.approx(network.trade.sum())


# -------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda S: S * 2, "add up to"),
        (lambda S: -S, "add up to"),
        (lambda S: S[:, :1], "shares are"),
        (lambda S: S * np.nan, "add up to"),
        (lambda S: S[:, ::-1], "no share in the cluster of its label"),
    ],
)
def test_shares_that_cannot_be(change, what):
    network, labels = kn.datasets.planted(12, 3, contrast=5, seed=2)
    clusters = kn.Clusters.from_labels(network, labels)
    S = change(clusters.membership.toarray())
    with pytest.raises(kn.ContractError, match=what):
        replace(clusters, shares=sparse.csr_array(S))


def test_shares_are_read_only():
    names, parts = economy(2)
    network = kn.FlowNetwork.from_matrix(parts["flows"], names)
    clusters = kn.Clusters.from_labels(network, shares_frame(names, 2))
    with pytest.raises(ValueError, match="read-only"):
        clusters.membership.data[0] = 2.0


def test_files_tell_of_secondary_members(tmp_path):
    names, parts = economy(2)
    network = kn.FlowNetwork.from_matrix(parts["flows"], names)
    clusters = kn.Clusters.from_labels(network, shares_frame(names, 2))
    G = nx.read_graphml(network.write(tmp_path / "economy.graphml", clusters))
    frame = clusters.to_frame()
    for column in ("cluster", "share", "secondary", "secondary_share"):
        assert [G.nodes[name][column] for name in names] == frame[column].tolist()


def test_a_matrix_marks_the_second_cluster():
    """Hollow, beside the strips, in the colour of that cluster; with labels there is none."""
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    clusters = kn.detect(network, "feser_bergman")
    frame = clusters.to_frame()
    inside = np.flatnonzero(frame["secondary"].isin(clusters.names))
    ax, plain = (
        kn.draw_matrix(c, labels="none") for c in (clusters, replace(clusters, shares=None))
    )
    for who in ("seller", "buyer"):
        marks = {}
        for p in ax.patches:
            if str(p.get_gid()).startswith(f"second_{who}:"):
                marks.setdefault(int(p.get_gid().split(":")[1]), p)
        assert sorted(marks) == inside.tolist()
        strips = {p.get_gid(): p.get_facecolor() for p in ax.patches if p.get_gid()}
        for i, mark in marks.items():
            k = clusters.names.index(frame["secondary"].iloc[i])
            assert mark.get_facecolor() == strips[f"sellers:{k}"]
    assert any("second cluster" in text.get_text() for text in ax.texts)
    assert not [p for p in plain.patches if str(p.get_gid()).startswith("second")]


def test_a_ring_tells_of_the_second_cluster():
    """In the colour of that cluster, on every industry that has one; with labels there is none."""
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    clusters = kn.Clusters.from_labels(network, np.arange(network.n) % 3)
    lapping = clusters.with_overlap()
    second = {i for i, n in enumerate(np.diff(lapping.shares.indptr)) if n > 1}
    assert second and len(second) < network.n
    ax, plain = (kn.draw_network(c, seed=0, labels="none") for c in (lapping, clusters))
    rings = [p for p in ax.patches if str(p.get_gid()).startswith("second:")]
    assert {int(p.get_gid().split(":")[1]) for p in rings} == second
    discs = {p.get_gid(): p for p in ax.patches if str(p.get_gid()).startswith("disc:")}
    shares = lapping.shares.toarray()
    colours = {int(k): discs[f"disc:{i}"].get_facecolor() for i, k in enumerate(clusters.labels)}
    for ring in rings[::2]:  # the other half are the white lines within
        i = int(ring.get_gid().split(":")[1])
        shares[i, clusters.labels[i]] = 0.0
        assert ring.get_edgecolor() == colours[int(shares[i].argmax())]
        assert ring.get_radius() < discs[f"disc:{i}"].get_radius()
    assert not [p for p in plain.patches if str(p.get_gid()).startswith("second:")]


def test_flows_are_drawn_by_shares_and_no_cluster_is_lost():
    names, parts = economy(2)
    network = kn.FlowNetwork.from_matrix(parts["flows"], names)
    S = shares_frame(names, 2)
    S.loc["i2"] = [0.5, 0.3, 0.0]
    S["none mainly"] = 0.0
    S.loc["i2", "none mainly"] = 0.2
    with pytest.warns(kn.KlasternetWarning, match="'none mainly'"):
        clusters = kn.Clusters.from_labels(network, S)
    assert len(clusters) == 4 and sorted(clusters.sizes)[0] == 0
    assert clusters.between.to_numpy().sum() == pytest.approx(network.trade.sum())
    assert "Not drawn, as no industry is mainly in them: none mainly" in kn.caption(
        kn.draw_network(clusters, seed=0)
    )
    ax = kn.draw_cluster_flows(clusters)
    texts = " ".join(text.get_text() for text in ax.texts)
    kept = clusters.internal_flow / clusters.between.iloc[:-1].sum(axis=1)
    assert f"{kept.iloc[0]:.0%}" in texts


def test_a_scorecard_goes_by_shares():
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    whole = kn.detect(network, resolution=0.4, seed=0)
    for clusters in (whole, whole.with_overlap()):
        scored = kn.scorecard(clusters, draws=10, seed=0).indicators
        kept = scored[scored["indicator"] == "purchase retention"].set_index("cluster")["value"]
        density = kn.density(clusters)["purchase_retention"]
        np.testing.assert_allclose(kept[density.index], density)
    assert not np.allclose(density, kn.density(whole)["purchase_retention"])
