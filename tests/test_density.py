"""Every reading of a cluster's density, by hand, by another road, and where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import klasternet as kn
from klasternet.nullmodels import expected

TOY = np.array(
    [
        [10, 40, 30, 2, 1, 1],
        [20, 5, 50, 1, 3, 0],
        [35, 25, 8, 0, 2, 2],
        [1, 2, 0, 6, 60, 20],
        [0, 1, 2, 45, 4, 30],
        [2, 0, 1, 25, 35, 9],
    ],
    dtype=float,
)
# Worked out by hand: the cluster of the last three industries first, as its flow is larger.
READINGS = {
    "industries": [3, 3],
    "internal_flow": [215, 200],
    "outward": [9, 12],
    "inward": [12, 9],
    "sales_retention": [0.959821, 0.943396],
    "purchase_retention": [0.947137, 0.956938],
    "persistence": [0.960043, 0.942853],
    "mean_density_ratio": [30.714286, 28.571429],
    "gravity_ratio": [1.843534, 1.968042],
    "conductance": [21 / 451, 0.049881],
    "e_i": [-194 / 236, -179 / 221],
    "weak": [1, 1],
    "strong": [1, 1],
    "connected": [1, 1],
}
COLUMNS = [
    *["industries", "internal_flow", "outward", "inward", "sales_retention", "purchase_retention"],
    *["persistence", "mean_density_ratio", "lift_inside", "lift_rest", "gravity_ratio"],
    *["gravity_ratio_rest", "contrast", "contrast_low", "contrast_high", "conductance", "e_i"],
    *["weak", "strong", "connected"],
]


def toy(labels=(0, 0, 0, 1, 1, 1), loops="aside", form=np.asarray):
    return kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(form(TOY), loops=loops), labels)


def test_all_readings_of_the_toy():
    found = kn.density(toy(), null="configuration")
    assert found.columns.tolist() == COLUMNS and found.index.name == "cluster"
    for reading, wanted in READINGS.items():
        assert found[reading].to_numpy(float) == pytest.approx(wanted, abs=1e-6), reading


def test_kept_loops_count_as_kept_money():
    found = kn.density(toy(loops="keep"))
    assert found["internal_flow"].tolist() == [234, 223]
    assert found["persistence"].to_numpy() == pytest.approx([0.963050, 0.948483], abs=1e-6)
    assert found["lift_inside"].to_numpy() == pytest.approx(kn.density(toy())["lift_inside"])


def test_dense_and_sparse_read_alike():
    full, thin = kn.density(toy()), kn.density(toy(form=sparse.csr_array))
    np.testing.assert_allclose(thin.to_numpy(float), full.to_numpy(float), rtol=1e-9)


@pytest.fixture(scope="module")
def usa():
    return kn.detect(kn.FlowNetwork.from_table(kn.datasets.load("usa_2022")), seed=0)


def test_flows_are_those_between_clusters(usa):
    found, between = kn.density(usa), usa.between
    assert found.index.tolist() == list(usa.names)
    inside = np.diag(between)[:-1]
    np.testing.assert_allclose(found["internal_flow"], inside)
    np.testing.assert_allclose(found["outward"], between.sum(axis=1).to_numpy()[:-1] - inside)
    np.testing.assert_allclose(found["inward"], between.sum().to_numpy()[:-1] - inside)


def test_lift_contrast_and_gravity_cell_by_cell(usa):
    W, labels = usa.network.ties, usa.labels
    gravity = kn.gravity(usa.network)
    lift, level = gravity.lift.to_numpy(), np.log(gravity.expected.where(W > 0, 1.0).to_numpy())
    E = expected(usa.network)
    logs = np.where(W > 0, np.log(np.where(W > 0, W, 1.0)) - level, np.nan)
    pairs = ~np.eye(len(W), dtype=bool) & usa.network.active & usa.network.active[:, None]
    found = kn.density(usa)
    for c, name in enumerate(usa.names):
        member = labels == c
        inside = np.outer(member, member) & pairs
        across = (member[:, None] != member) & pairs
        reading = found.loc[name]
        assert reading["lift_inside"] == pytest.approx(lift[inside].mean())
        assert reading["lift_rest"] == pytest.approx(lift[across].mean())
        assert reading["gravity_ratio"] == pytest.approx(W[inside].sum() / E[inside].sum())
        assert reading["gravity_ratio_rest"] == pytest.approx(W[across].sum() / E[across].sum())
        a, b = logs[inside], logs[across]
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        gap = a.mean() - b.mean() + np.array([0, -1, 1]) * 1.959964 * error
        columns = ["contrast", "contrast_low", "contrast_high"]
        assert reading[columns].to_numpy(float) == pytest.approx(np.exp(gap), rel=1e-6)


def test_planted_contrast_is_read_back():
    """Sizes take up part of it, as members trade inside too; with many clusters hardly any."""
    network, labels = kn.datasets.planted(100, 10, contrast=4.0, noise=0.8, seed=0)
    found = kn.density(kn.detect(network, labels))
    assert found["contrast"].mean() == pytest.approx(4.0, rel=0.1)
    covered = (found["contrast_low"] < 4.0) & (found["contrast_high"] > 4.0)
    assert covered.mean() >= 0.8
    nothing, labels = kn.datasets.planted(100, 10, contrast=1.0, noise=0.8, seed=0)
    found = kn.density(kn.detect(nothing, labels))
    assert found["contrast"].mean() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("criterion", "reading", "least"),
    [
        ("gravity", "gravity_ratio", 1.0),
        ("contrast", "contrast_low", 1.0),
        ("density", "mean_density_ratio", 2.0),
        ("persistence", "persistence", 0.5),
    ],
)
def test_a_criterion_adds_its_verdict(usa, criterion, reading, least):
    assert "verdict" not in kn.density(usa)
    found = kn.density(usa, criterion)
    assert (found["verdict"] == (found[reading] >= least)).all()
    middle = float(found[reading].median())
    stricter = kn.density(usa, criterion, at_least=middle)["verdict"]
    assert (stricter == (found[reading] >= middle)).all() and 0 < stricter.sum() < len(usa)


@pytest.mark.parametrize("criterion", ["weak", "strong"])
def test_yes_or_no_readings_are_criteria_too(criterion):
    found = kn.density(toy([0, 0, 1, 1, 1, 1]), criterion)
    assert (found["verdict"] == found[criterion]).all()
    assert found[criterion].tolist() == {"weak": [True, False], "strong": [False, False]}[criterion]


def test_an_unknown_criterion_gives_the_nearest():
    with pytest.raises(
        kn.ParameterError, match="no criterion called 'gravty'; did you mean 'gravi"
    ):
        kn.density(toy(), "gravty")
    with pytest.raises(kn.ParameterError, match="did you mean 'configuration'"):
        kn.density(toy(), null="configurations")


def test_strong_and_connected_speak_of_the_members():
    chain = np.zeros((7, 7))
    chain[[0, 1, 3, 4, 5], [1, 2, 4, 5, 6]] = 1.0
    chain[2, 3] = 5.0
    network = kn.FlowNetwork.from_matrix(chain)
    found = kn.density(kn.Clusters.from_labels(network, [0, 0, 1, 1, 0, 0, 0]))
    assert found.loc["2 & 3", ["connected", "strong"]].tolist() == [True, True]
    other = found.drop("2 & 3").iloc[0]
    assert not other["connected"] and other["weak"]
    assert other["internal_flow"] == 3


def test_persistence_is_left_out_where_the_walk_does_not_return():
    W = np.kron(np.eye(2), 1 - np.eye(3)) * [[1], [1], [1], [2], [2], [2]]
    W[5] = 0.0  # the second part no longer hangs together both ways
    found = kn.density(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0, 0, 0, 1, 1, 1]))
    values = found["persistence"]
    assert values["0 & 1"] == 1.0 and np.isnan(values["3 & 4"])


def test_without_clusters_there_is_a_frame_without_rows():
    found = kn.density(toy([-1] * 6))
    assert found.shape == (0, len(COLUMNS)) and found.columns.tolist() == COLUMNS


def test_a_cluster_of_one_has_no_inside():
    found = kn.density(toy([0, 0, 0, 0, 0, 1])).iloc[1]
    assert found["industries"] == 1 and found["internal_flow"] == 0
    assert found["sales_retention"] == 0 and not found["weak"]
    assert np.isnan(found["lift_inside"]) and np.isnan(found["contrast"])


def test_a_large_sparse_network_is_read_without_lift():
    n = 4_200
    rng = np.random.default_rng(0)
    i, j = rng.integers(n, size=(2, 150_000))
    group = np.arange(n) % 3
    W = sparse.csr_array(
        (rng.lognormal(size=len(i)) * np.where(group[i] == group[j], 6, 1), (i, j))
    )
    W.setdiag(0)
    found = kn.density(kn.detect(kn.FlowNetwork.from_matrix(W), group))
    assert found["lift_inside"].isna().all() and found["lift_rest"].isna().all()
    assert (found["contrast"] > 3).all() and (found["contrast_low"] > 3).all()
    assert found["gravity_ratio"].between(1.5, 3).all() and found["connected"].all()
    assert np.isfinite(found.drop(columns=["lift_inside", "lift_rest"]).to_numpy(float)).all()


def test_given_ties_do_not_change_the_money(usa):
    tied = kn.tie(usa.network, "input_share")
    a = kn.density(kn.Clusters.from_labels(usa.network, usa.labels.tolist()))
    b = kn.density(kn.Clusters.from_labels(tied, usa.labels.tolist()))
    np.testing.assert_allclose(a.to_numpy(float), b.to_numpy(float), rtol=1e-9)


def test_a_component_of_its_own_has_no_trade_beyond_it():
    """Differences of sums leave residues of rounding, negative ones too."""
    rng = np.random.default_rng(1)
    W = rng.lognormal(0.0, 1.5, (12, 12))
    np.fill_diagonal(W, 0.0)
    W[:6, 6:] = W[6:, :6] = 0.0
    network = kn.FlowNetwork.from_matrix(W)
    readings = kn.density(kn.Clusters.from_labels(network, [0] * 6 + [1] * 6))
    assert (readings[["outward", "inward", "conductance"]] == 0).all().all()
    assert (readings[["sales_retention", "purchase_retention"]] == 1).all().all()


# ------------------------------------------------------------------ by another road, to the letter


def test_readings_print_their_main_columns():
    found = kn.density(toy(), "weak")
    head, rule, *rows = str(found).split("\n\n")[0].splitlines()
    assert head.split("  ")[-1].strip() == "verdict" and rule.strip() == "cluster"
    told = [" ".join(row.split()) for row in rows]
    assert told == [
        "4 & 3 3 215 2.28 0.08 21.2 (14.8-30.3) 0.76 96% 95% True",
        "2 & 1 3 200 2.52 0.08 21.2 (14.4-31.1) 0.76 94% 96% True",
    ]
    assert repr(found).endswith("\nAll 21 readings are in the columns.")
    without = kn.density(toy())
    assert "verdict" not in str(without) and str(without).endswith(
        "All 20 readings are in the columns."
    )
    for part in ("contrast_low", "lift_rest"):  # a selection prints as a frame does
        assert "readings are in the columns" not in str(type(found)(found.drop(columns=part)))
    many = [type(found)(found.iloc[[0] * rows]) for rows in (60, 61)]
    assert ["sizes predict" in str(frame) for frame in many] == [True, False]


def thin_economy(n, seed=0, symmetric=False):
    """Flows (n, n), sparse, of a ring with chords; and three clusters, one industry in none."""
    rng = np.random.default_rng(seed)
    i = np.concatenate([np.arange(n), rng.integers(n, size=5 * n)])
    j = np.concatenate([np.roll(np.arange(n), 1), rng.integers(n, size=5 * n)])
    W = sparse.csr_array((rng.lognormal(size=len(i)), (i, j)), shape=(n, n))
    W.setdiag(0)
    W.eliminate_zeros()
    labels = np.arange(n) % 3
    labels[7] = -1
    return (W + W.T if symmetric else W), labels


@pytest.mark.parametrize(("n", "lifts"), [(500, True), (501, False)])
def test_contrast_of_ties_cell_by_cell(n, lifts):
    W, labels = thin_economy(n)
    network = kn.FlowNetwork.from_matrix(W)
    clusters = kn.Clusters.from_labels(network, labels)
    found = kn.density(clusters)
    assert found["lift_inside"].notna().all() == lifts
    if lifts:
        return
    full, E = W.toarray(), expected(network)
    logs = np.log(np.where(full > 0, full, np.nan)) - np.log(E, where=E > 0, out=np.ones_like(E))
    for c, name in enumerate(found.index):
        member = clusters.labels == c
        a, b = logs[np.outer(member, member)], logs[member[:, None] != member]
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        gap = a.mean() - b.mean() + np.array([0, -1, 1]) * 1.959964 * error
        reading = found.loc[name, ["contrast", "contrast_low", "contrast_high"]]
        assert reading.to_numpy(float) == pytest.approx(np.exp(gap), rel=1e-6)
    whole = clusters.membership  # the same clusters by their shares
    shared = kn.density(replace(clusters, shares=whole))
    np.testing.assert_allclose(shared.to_numpy(float), found.to_numpy(float), rtol=1e-9)


def test_persistence_of_a_walk_both_ways():
    """Where all ties are mutual the stationary state is each industry's share of trade."""
    for n in (3000, 3001):
        W, labels = thin_economy(n, symmetric=True)
        found = kn.density(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), labels))
        kept = found["internal_flow"] / (found["internal_flow"] + found["outward"])
        assert found["persistence"].to_numpy() == pytest.approx(kept.to_numpy(), rel=1e-9)


def test_limits_of_the_criteria_themselves():
    """What reaches the limit passes, and at_least=0 is a limit."""
    found = kn.density(toy())
    for criterion, reading in [("gravity", "gravity_ratio"), ("density", "mean_density_ratio")]:
        at = found[reading].tolist()
        assert kn.density(toy(), criterion, at_least=at[0])["verdict"].tolist() == [
            True,
            at[1] >= at[0],
        ]
        assert kn.density(toy(), criterion, at_least=0)["verdict"].all()
    lone = kn.density(toy([0, 0, 0, 0, 0, 1]), "persistence", at_least=0.0)
    assert lone["verdict"].all()
    between = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(np.ones((4, 4))), [0, 0, 1, 1])
    read = kn.density(between, "gravity")  # as sizes predict: no more, no less
    assert read["gravity_ratio"].to_numpy() == pytest.approx([1.0, 1.0])
    assert not read["weak"].any() and not read["strong"].any()  # 2 x 2 inside, 8 to the rest
    pairs = np.kron([[0, 1], [1, 0]], np.eye(2)) + np.kron(np.eye(2), 1 - np.eye(2))
    even = kn.density(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(pairs), [0, 0, 1, 1]))
    assert not even["weak"].any() and not even["strong"].any()  # as much inside as to the rest


# ------------------------------------------------------------------------- where there is none


def test_without_a_way_back_there_is_no_persistence():
    chain = kn.FlowNetwork.from_matrix(np.diag(np.arange(1.0, 6.0), 1))
    values = kn.density(kn.Clusters.from_labels(chain, [0, 0, 0, 1, 1, 1]))["persistence"]
    assert values.dtype == float and values.isna().all()
    pair = np.diag([1.0, 1.0, 1.0], 1)
    pair[1, 0] = 1.0  # two that trade both ways are enough
    found = kn.density(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(pair), [0, 0, 1, 1]))
    assert found["persistence"].tolist()[0] == 1.0 and np.isnan(found["persistence"].iloc[1])


def test_persistence_of_a_walk_one_way():
    """By powers of the walk; the largest part that returns, whatever is beside it."""
    rng = np.random.default_rng(3)
    for n in (3, 9, 20):
        W = rng.lognormal(size=(n + 2, n + 2)) * (rng.random((n + 2, n + 2)) < 0.6)
        W[np.arange(n), (np.arange(n) + 1) % n] = 1.0
        W[n:] = 0.0  # two who only buy
        labels = np.arange(n + 2) % 2
        found = kn.density(kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), labels))
        P = W[:n, :n] * (1 - np.eye(n))
        P = P / P.sum(axis=1, keepdims=True)
        pi = np.linalg.matrix_power((P + np.eye(n)) / 2, 4096)[0]
        wanted = [
            (pi[member] @ P[np.ix_(member, member)]).sum() / pi[member].sum()
            for member in (labels[:n] == 0, labels[:n] == 1)
        ]
        assert sorted(found["persistence"]) == pytest.approx(sorted(wanted), rel=1e-9)


def test_without_a_gravity_null_there_is_no_ratio_unless_it_is_asked_for():
    oil = [[0, 5, 4, 2], [3, 0, 0, 0], [6, 0, 0, 0], [1, 0, 0, 0]]  # takes part in every flow
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(np.array(oil)), [0, 0, 1, 1])
    found = kn.density(clusters)[["gravity_ratio", "gravity_ratio_rest"]]
    assert found.isna().all().all() and {dtype.kind for dtype in found.dtypes} == {"f"}
    with pytest.raises(kn.ConvergenceError, match="takes part"):
        kn.density(clusters, null="gravity")


@pytest.mark.parametrize("seed", range(8))
def test_beyond_everybody_nothing_is_expected(seed):
    W = np.random.default_rng(seed).lognormal(0, 2, (9, 9))
    everybody = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0] * 9)
    found = kn.density(everybody).iloc[0]
    assert np.isnan(found["gravity_ratio_rest"]) and found["gravity_ratio"] == pytest.approx(1.0)


@pytest.mark.parametrize("loops", ["aside", "keep"])
@pytest.mark.parametrize("null", ["gravity", "configuration"])
def test_expected_flow_of_shares_cell_by_cell(null, loops):
    """Parts of one industry in two clusters do not trade with each other where loops are empty."""
    rng = np.random.default_rng(4)
    W = rng.lognormal(size=(7, 7))
    network = kn.FlowNetwork.from_matrix(W, loops=loops)
    clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1, -1])
    M = clusters.membership.toarray()
    M[2], M[4] = [0.6, 0.4], [0.3, 0.7]
    found = kn.density(replace(clusters, shares=sparse.csr_array(M)), null=null)
    E = expected(network, null)
    for c in range(2):
        inside = np.outer(M[:, c], M[:, c])
        any_side = M[:, c][:, None] + M[:, c] - 2 * inside
        if not E.diagonal().any():
            np.fill_diagonal(any_side, 0.0)
        assert (E * inside).sum() * found["gravity_ratio"].iloc[c] == pytest.approx(
            found["internal_flow"].iloc[c]
        )
        crossing = found["outward"].iloc[c] + found["inward"].iloc[c]
        assert (E * any_side).sum() * found["gravity_ratio_rest"].iloc[c] == pytest.approx(crossing)


def test_a_strong_cluster_passes_as_strong():
    found = kn.density(toy(), "strong")
    assert found["strong"].all() and found["verdict"].all()
    assert kn.density(toy(), "weak")["verdict"].all()
