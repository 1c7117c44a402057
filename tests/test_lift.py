"""Gravity and lift: the fit against a slow twin, distance and blocks, and empty cells."""

import numpy as np
import pandas as pd
import pytest
from oracles import slow
from scipy import sparse

import klasternet as kn

OFF = ~np.eye(40, dtype=bool)


def economy(n=40, seed=0, noise=1.0, effect=0.0, name=lambda k: f"i{k:02d}", **options):
    """Flows of sizes alone, times exp(effect)."""
    rng = np.random.default_rng(seed)
    sold, bought = rng.lognormal(0, 1.2, (2, n))
    W = sold[:, None] * bought * np.exp(effect + rng.normal(0, noise, (n, n)))
    np.fill_diagonal(W, W.mean())
    return kn.FlowNetwork.from_matrix(W, industries=[name(k) for k in range(n)], **options)


# ------------------------------------------------------------------------------------ the fit


@pytest.mark.parametrize("seed", range(3))
def test_lift_is_that_of_the_slow_twin(seed):
    network = economy(15, seed)
    found = kn.gravity(network).lift.to_numpy()
    np.testing.assert_allclose(found, slow.lift(network.flows), atol=0.01)
    few = economy(4, seed)
    np.testing.assert_allclose(kn.gravity(few).lift, slow.lift(few.flows), atol=0.01)


def test_expected_flow_is_a_geometric_mean():
    """Sizes solve the weighted normal equations, whatever the scales have come to."""
    network = economy()
    gravity = kn.gravity(network)
    y = np.log(np.where(OFF, network.flows, 1.0))
    level = slow.two_way(y, OFF / gravity.sigma.to_numpy() ** 2)
    fitted = np.log(gravity.expected.where(OFF, 1.0).to_numpy())
    np.testing.assert_allclose(fitted[OFF], level[OFF], atol=2e-3)
    lift, sigma = gravity.lift.to_numpy(), gravity.sigma.to_numpy()
    np.testing.assert_allclose(lift[OFF], ((y - fitted) / sigma)[OFF], atol=1e-9)


def test_lift_is_the_same_formula_in_every_cell_with_a_flow():
    """Also where a seller has one buyer, and what the fit leaves of the flow is rounding alone."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        W = rng.lognormal(size=(8, 8)) * (rng.random((8, 8)) < 0.4)
        gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
        seen = (W > 0) & OFF[:8, :8]
        departs = np.log(W[seen] / gravity.expected.to_numpy()[seen])
        wanted = departs / gravity.sigma.to_numpy()[seen]
        np.testing.assert_allclose(gravity.lift.to_numpy()[seen], wanted, rtol=0, atol=1e-11)


def test_names_shapes_and_parts():
    network = economy()
    gravity = kn.gravity(network)
    for part in (gravity.expected, gravity.lift, gravity.sigma):
        assert part.index.equals(network.industries) and part.columns.equals(network.industries)
        assert (part.index.name, part.columns.name) == ("seller", "buyer")
        assert np.isfinite(part.to_numpy()).all()
    table = gravity.table
    assert table.index.equals(network.industries)
    assert table.columns.tolist() == ["seller_size", "buyer_size", "seller_scale", "buyer_scale"]
    a, b, s, t = table.to_numpy().T
    np.testing.assert_allclose(gravity.sigma, s[:, None] * t)
    np.testing.assert_allclose(gravity.expected.to_numpy()[OFF], np.exp(a[:, None] + b)[OFF])
    assert np.exp(np.log(t).mean()) == pytest.approx(1.0)
    assert not np.diag(gravity.expected).any() and not np.diag(gravity.lift).any()
    assert gravity.never == 0.0 and gravity.offset is None
    assert "40 industries: a flow is within a factor 2." in repr(gravity)


def test_lift_is_standardised():
    lift = kn.gravity(economy(seed=3)).lift.to_numpy()[OFF]
    assert abs(lift.mean()) < 0.01 and lift.std() == pytest.approx(1.0, abs=0.05)
    assert np.abs(kn.gravity(economy(noise=0.01)).lift.to_numpy()[OFF]).std() > 0.5


def test_scales_belong_to_sellers_and_buyers():
    """Sellers four times as noisy get about four times the scale, and the same lift as others."""
    rng = np.random.default_rng(0)
    loud = np.where(np.arange(60) < 30, 4.0, 1.0)
    W = np.exp(0.3 * loud[:, None] * rng.normal(size=(60, 60)))
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
    scale, lift = gravity.table["seller_scale"].to_numpy(), gravity.lift.to_numpy()
    # 59 cells of its own against 200 of the common scale
    assert 1.15 < scale[:30].mean() / scale[30:].mean() < 4
    assert lift[:30].std() < 4 * lift[30:].std()
    flat = gravity.table["buyer_scale"]
    assert flat.max() / flat.min() < 1.5


def test_one_mistyped_cell_is_clipped():
    network = economy()
    W = np.array(network.flows)
    W[3, 7] *= 1e12
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
    assert gravity.lift.iloc[3, 7] == 5.0 and np.abs(gravity.lift.to_numpy()).max() == 5.0


def test_loops_and_ties_have_no_say():
    network = economy()
    wanted = kn.gravity(network).lift.to_numpy()
    kept = kn.FlowNetwork.from_matrix(network.flows, loops="keep")
    none = kn.FlowNetwork.from_matrix(network.flows * OFF)
    thin = kn.FlowNetwork.from_matrix(sparse.csr_array(network.flows))
    for other in (kept, none, thin, kn.tie(network, "input_share")):
        np.testing.assert_allclose(kn.gravity(other).lift, wanted, atol=1e-12)
    related = kn.tie(network, "relatedness")  # a rule that is no rescaling has its own
    assert np.abs(kn.gravity(related).lift.to_numpy() - wanted).max() > 0.1


# ---------------------------------------------------------------------- sizes explain it all


@pytest.mark.parametrize("W", [np.ones((8, 8)), np.outer(np.arange(1, 9), np.arange(8, 0, -1.0))])
def test_where_nothing_departs_lift_is_zero(W):
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
    assert not gravity.lift.to_numpy().any()
    off = ~np.eye(8, dtype=bool)
    np.testing.assert_allclose(gravity.expected.to_numpy()[off], W[off])


@pytest.mark.parametrize(
    "W", [[[0, 1], [2, 0]], [[5, 1], [0, 0]], [[0, 2, 1], [1, 0, 0], [3, 1, 0]]]
)
def test_tiny_economies(W):
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
    for part in (gravity.lift, gravity.expected, gravity.sigma, gravity.table):
        assert np.isfinite(part.to_numpy()).all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_no_unit_is_too_small_or_too_large(scale):
    network = economy()
    W = network.flows / network.flows.max()
    np.testing.assert_allclose(
        kn.gravity(kn.FlowNetwork.from_matrix(scale * W)).lift, kn.gravity(network).lift, atol=1e-8
    )


# ------------------------------------------------------------------------- distance and blocks


def places(n=40, seed=1):
    rng = np.random.default_rng(seed)
    at = rng.random((n, 2))
    far = np.sqrt(((at[:, None] - at) ** 2).sum(axis=2)) + 0.02
    names = [f"i{k:02d}" for k in range(n)]
    return pd.DataFrame(far, names, names)


@pytest.mark.parametrize("beta", [0.5, 1.5])
def test_distance_decay_is_recovered(beta):
    far = places()
    network = economy(effect=-beta * np.log(far.to_numpy()), noise=0.3)
    gravity = kn.gravity(network, distance=far)
    slope = gravity.offset[OFF] / np.log(far.to_numpy())[OFF]
    assert slope == pytest.approx(slope[0]) and -slope[0] == pytest.approx(beta, abs=0.05)
    x = np.log(far.to_numpy())[OFF]
    with_, without = (
        abs(np.corrcoef(x, found.lift.to_numpy()[OFF])[0, 1])
        for found in (gravity, kn.gravity(network))
    )
    assert with_ < 0.02 and without > 0.3
    expected = gravity.expected.to_numpy()[OFF]
    assert np.std(np.log(network.flows[OFF]) - np.log(expected)) == pytest.approx(0.3, abs=0.02)


def test_distance_meets_industries_by_name():
    far = places()
    network = economy(effect=-np.log(far.to_numpy()))
    shuffled = far.sample(frac=1, random_state=0).T.sample(frac=1, random_state=1).T
    shuffled.loc["elsewhere"] = 1.0
    np.testing.assert_allclose(
        kn.gravity(network, distance=shuffled).lift, kn.gravity(network, distance=far).lift
    )


def test_blocks_absorb_what_pairs_of_regions_trade():
    region = np.arange(40) % 3
    level = np.array([[3.0, 0.0, -1.0], [0.5, 2.0, 0.0], [0.0, 1.0, 4.0]])
    columns = {"region": np.array(["east", "west", "north"])[region]}
    network = economy(effect=level[region[:, None], region], columns=columns)
    gravity = kn.gravity(network, blocks="region")
    lift = gravity.lift.to_numpy()
    for r in range(3):
        for q in range(3):
            cells = OFF & (region[:, None] == r) & (region == q)
            assert abs(lift[cells].mean()) < 0.02
    plain = kn.gravity(network).lift.to_numpy()
    assert plain[OFF & (region[:, None] == region)].mean() > 0.5
    alike = [network.columns["region"].iloc[::-1], columns["region"], region.tolist()]
    for blocks in alike:
        np.testing.assert_allclose(kn.gravity(network, blocks=blocks).lift, lift, atol=1e-12)


def test_distance_and_blocks_together():
    far, region = places(), np.arange(40) % 2
    effect = -np.log(far.to_numpy()) + 2.0 * (region[:, None] == region)
    network = economy(effect=effect, noise=0.3)
    gravity = kn.gravity(network, distance=far, blocks=region)
    left = np.log(network.flows[OFF]) - np.log(gravity.expected.to_numpy()[OFF])
    assert left.std() == pytest.approx(0.3, abs=0.02)


def test_a_block_of_its_own_for_each_explains_everything():
    assert not kn.gravity(economy(8), blocks=list(range(8))).lift.to_numpy().any()


NAMES = [f"i{k:02d}" for k in range(40)]
FAR = places()
FAULTS = {
    "array": ({"distance": FAR.to_numpy()}, kn.ParameterError, "must be a frame"),
    "row missing": ({"distance": FAR.iloc[1:]}, kn.AlignmentError, "no distance for 'i00'"),
    "column missing": ({"distance": FAR.iloc[:, :-1]}, kn.AlignmentError, "no distance for 'i39'"),
    "zero": (
        {"distance": FAR.where(FAR.ne(FAR.iloc[2, 5]), 0.0)},
        kn.DataError,
        r"'i02' to 'i05' is 0\.0; it must be positive.*typical distance",
    ),
    "NaN": ({"distance": FAR.where(FAR.ne(FAR.iloc[2, 5]))}, kn.DataError, "'i02' to 'i05' is nan"),
    "no column": ({"blocks": "region"}, kn.ParameterError, r"no column 'region' in network\.col"),
    "block missing": (
        {"blocks": pd.Series(1, NAMES[1:])},
        kn.AlignmentError,
        "no block for 'i00'. Give one for every industry",
    ),
    "too few": ({"blocks": [1] * 39}, kn.AlignmentError, "a block for each of the 40 industries"),
    "unknown": ({"blocks": [None] + [1] * 39}, kn.AlignmentError, "each of the 40 industries"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_bad_terms_are_named(case):
    terms, error, message = FAULTS[case]
    with pytest.raises(error, match=message):
        kn.gravity(economy(), **terms)


def test_ties_without_a_logarithm_and_tables_too_large_are_refused():
    network = economy(6)
    with pytest.raises(kn.DataError, match=r"'mine' are negative.*no logarithm\. Use a tie rule"):
        kn.gravity(network.with_ties(network.flows - 1.0, "mine"))
    n = 12_001
    ring = sparse.csr_array((np.ones(n), (np.arange(n), (np.arange(n) + 1) % n)), shape=(n, n))
    with pytest.raises(kn.DataError, match=r"12,001 industries are too many.*measure='flow'"):
        kn.gravity(kn.FlowNetwork.from_matrix(ring))


# --------------------------------------------------------------------------------- empty cells


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_flows_too_small_to_be_shown_have_low_lift(share):
    whole = economy(seed=2)
    limit = np.quantile(whole.flows[OFF], share)
    seen = np.where(whole.flows < limit, 0.0, whole.flows)
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(seen))
    empty = OFF & (seen == 0)
    lift = gravity.lift.to_numpy()
    assert lift[empty].max() <= 0 and lift[empty].mean() < -0.3
    assert gravity.never < 0.05
    # the censored fit is nearer to the fit of the whole than one that leaves the cells out
    wanted = kn.gravity(whole).expected.to_numpy()
    near = np.abs(np.log(gravity.expected.to_numpy()[OFF] / wanted[OFF])).mean()
    blind = slow.two_way(np.log(np.where(seen > 0, seen, 1.0)), OFF * (seen > 0.0))
    assert near < np.abs(blind[OFF] - np.log(wanted[OFF])).mean()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_pairs_that_never_trade_have_hardly_any(share):
    """The limit must be told from the flows, so the fit needs a table of some size to see it."""
    whole = economy(150, seed=2)
    never = np.random.default_rng(0).random((150, 150)) < share
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(np.where(never, 0.0, whole.flows)))
    lift = gravity.lift.to_numpy()[never & ~np.eye(150, dtype=bool)]
    assert np.abs(lift).mean() < 0.3 and lift.max() <= 0
    assert gravity.never == pytest.approx(share, abs=0.02)


def test_inactive_industries_have_no_lift():
    W = np.array(economy(8).flows)
    W[2], W[:, 2] = 0.0, 0.0
    W[5] = 0.0  # sells nothing, but buys
    W[5, 5] = 3.0
    gravity = kn.gravity(kn.FlowNetwork.from_matrix(W))
    lift = gravity.lift.to_numpy()
    assert not lift[2].any() and not lift[:, 2].any() and not lift[5].any() and lift[:, 5].any()
    expected = gravity.expected.to_numpy()
    assert not expected[2].any() and not expected[:, 2].any() and not expected[5].any()
    for part in (gravity.lift, gravity.expected, gravity.sigma, gravity.table):
        assert np.isfinite(part.to_numpy()).all()
    others = np.delete(np.arange(8), 2)
    alone = kn.gravity(kn.FlowNetwork.from_matrix(W[np.ix_(others, others)]))
    np.testing.assert_allclose(lift[np.ix_(others, others)], alone.lift, atol=1e-9)
