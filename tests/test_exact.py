"""Bounds and optima against rational arithmetic: floats are fractions, and nothing is rounded.

The recorded run, of 10,000 instances, is `python -m benchmarks.exactness`.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import exact
from oracles.generated import economies, law

import klasternet as kn
from klasternet import lift as lift_room
from klasternet.detectors.bounding import safe_sum, safe_upper, upper_bound
from klasternet.detectors.certifying import certified, prove_all
from klasternet.qualities import Problem, flow_problem, problem

WEIGHTS = {  # what q is made of
    "real": st.floats(-2, 2),
    "whole": st.integers(-3, 3).map(float),
    "any size": st.builds(
        lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 0, 1]), st.floats(-8, 8)
    ),
    "nearly tied": st.integers(-2, 2).map(lambda k: 1 + k * 2.0**-52),
    "the smallest": st.integers(-4, 4).map(lambda k: k * 2.0**-1074),
    "large": st.floats(-1e300, 1e300),
}


@st.composite
def matrices(draw, most=7):
    """Symmetric q with a zero diagonal, and a seed."""
    n = draw(st.integers(2, most))
    weights = WEIGHTS[draw(st.sampled_from(sorted(WEIGHTS)))]
    pairs = n * (n - 1) // 2
    q = np.zeros((n, n))
    q[np.triu_indices(n, 1)] = draw(st.lists(weights, min_size=pairs, max_size=pairs))
    return q + q.T, draw(st.integers(1, 2**63))


def state(seed=1):
    return np.array([seed], dtype=np.uint64)


@law(60)
@given(matrices())
def test_no_bound_is_below_the_exact_optimum(case):
    q, seed = case
    cells = exact.rationals(q)
    best, labels = exact.best(cells)
    assert exact.within(cells, labels) == best
    start = np.arange(len(q))
    bound = upper_bound(q, start, seconds=5.0, rounds=40, state=state(seed))
    assert Fraction(bound.upper) >= best
    proven = exact.proven_bound(cells, bound.members, bound.start, bound.sizes, bound.multipliers)
    assert Fraction(bound.upper) >= proven >= best
    proof = prove_all(q, start, state(seed))
    assert Fraction(proof.upper) >= best
    found = exact.within(cells, proof.labels)
    size = sum(abs(v) for row in cells for v in row)
    assert proof.ended == "closed" and best - found <= Fraction(1e-9) * size


@law(60)
@given(matrices(), st.data())
def test_sums_are_rounded_to_the_safe_side(case, data):
    q, _ = case
    n, cells = len(q), exact.rationals(q)
    labels = np.array(data.draw(st.lists(st.integers(0, n), min_size=n, max_size=n)))
    sure = exact.within(cells, labels)
    assert Fraction(safe_sum(q, labels)) <= sure
    alone = Problem(0.0, 1.0, q=q)
    size = float(sum(abs(v) for row in cells for v in row)) or 1.0
    assert abs(alone.value(labels) - float(sure)) <= 1e-14 * size
    # any multipliers of any inequalities give a bound, rounded up
    members, start, sizes = [], [0], []
    for _row in range(data.draw(st.integers(1, 4))):
        inside = data.draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=n, unique=True))
        members += inside
        start.append(len(members))
        sizes.append(data.draw(st.integers(1, len(inside) - 1)))
    top = float(np.abs(q).max())
    y = np.array([data.draw(st.floats(0, 1)) * top for _ in sizes])
    rows = np.array(members, np.int32), np.array(start), np.array(sizes, np.int32)
    upper, _, _ = safe_upper(q, *rows, y)
    assert Fraction(upper) >= exact.proven_bound(cells, *rows, y) >= exact.best(cells)[0]


@law(50)
@given(economies(most=7, forms=["array"]), st.sampled_from([0.5, 1.0, 1.7]), st.integers(1, 2**63))
def test_a_certificate_of_money_bounds_the_q_of_the_flows(economy, gamma, seed):
    """Held against the flows themselves, not against what floats made of them."""
    network = economy.network()
    proof = certified(
        flow_problem(network, gamma, "configuration"), np.arange(economy.n), state(seed)
    )
    best, labels = exact.flow_best(economy.W, gamma, economy.loops)
    assert exact.flow_value(economy.W, labels, gamma, economy.loops) == best
    found = exact.flow_value(economy.W, proof.best, gamma, economy.loops)
    assert Fraction(proof.upper_bound) >= best >= found
    assert proof.best_value == pytest.approx(float(found), abs=1e-14)
    if proof.optimal:
        alone = exact.flow_value(economy.W, np.arange(economy.n), gamma, economy.loops)
        assert best - alone <= Fraction(1e-9)


@law(25)
@given(economies(least=3, most=7, forms=["array"]), st.sampled_from([0.0, 0.4, 1.0]))
def test_a_certificate_of_lift_bounds_the_q_of_lift(economy, theta):
    network = economy.network()
    lift, kind = lift_room.fit(*lift_room.logs_of(network))[0], lift_room.logs_of(network)[1]
    pairs = int((kind > 0).sum())
    assume(pairs)
    proof = certified(problem(network, "lift", theta, "gravity"), np.arange(economy.n), state())
    least = Fraction(theta)
    cells = [
        [Fraction(float(v)) - least if used else Fraction(0) for v, used in zip(*rows, strict=True)]
        for rows in zip(lift, kind > 0, strict=True)
    ]
    best, _ = exact.best(exact.both_ways(cells))
    assert Fraction(proof.upper_bound) >= best / pairs
    assert proof.best_value == pytest.approx(float(best / pairs), abs=1e-9)


@pytest.mark.parametrize("loops", ["aside", "keep"])
def test_a_range_of_1e16_is_certified(loops):
    rng = np.random.default_rng(4)
    for seed in range(20):
        W = rng.lognormal(0, 1, (8, 8)) * 10.0 ** rng.uniform(-8, 8, (8, 8))
        network = kn.FlowNetwork.from_matrix(W, loops=loops)
        proof = certified(
            flow_problem(network, 1.0, "configuration"), np.arange(8), state(seed + 1)
        )
        best, _ = exact.flow_best(W, 1.0, loops)
        assert proof.ended == "closed"
        assert 0 <= Fraction(proof.upper_bound) - best <= Fraction(1e-9)


def test_equal_pulls_do_not_fool_the_bound():
    """All partitions into pairs are as good as each other; the bound is no less than any."""
    for n in range(2, 8):
        q = np.full((n, n), 0.1)  # no float: 0.1 is rounded, and so are its sums
        q[::2, ::2] = q[1::2, 1::2] = -0.1
        np.fill_diagonal(q, 0.0)
        best, _ = exact.best(exact.rationals(q))
        assert Fraction(prove_all(q, np.arange(n), state()).upper) >= best
        assert (
            Fraction(upper_bound(q, np.arange(n), seconds=5.0, rounds=40, state=state()).upper)
            >= best
        )


def test_the_bound_of_a_certificate_is_no_claim_about_less():
    """A certificate cannot be made to pass by a value that is out of reach."""
    network = kn.FlowNetwork.from_matrix(np.arange(16.0).reshape(4, 4))
    for labels in ([0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 0, 0]):
        clusters = kn.Clusters.from_labels(network, labels)
        proof = kn.certify(clusters)
        values = [
            kn.objective(kn.Clusters.from_labels(network, list(other)))
            for other in np.ndindex(4, 4, 4, 4)
        ]
        assert proof.upper_bound >= max(values)
        assert proof.optimal == (max(values) - proof.value < 1e-9)
