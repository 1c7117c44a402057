"""The state of the dense search is what it says after every step: sums of q by cluster."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import slow
from oracles.generated import law

from klasternet.kernels import dense


@st.composite
def states(draw):
    """q, labels, and the state made of them; some numbers of clusters are not in use."""
    n = draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q = slow.symmetric(rng.normal(draw(st.sampled_from([-0.3, 0.0, 0.6])), 1.0, (n, n)))
    labels = rng.integers(0, n, n)
    K, size = np.full((n + 1, n), 9.0), np.full(n + 1, 9)
    return q, labels, K, size, dense.load(q, labels, K, size)


def is_kept(q, labels, K, size, k):
    """Whether the state belongs to the labels."""
    assert labels.min() >= 0 and labels.max() < k <= len(K)
    for c in range(k):
        members = labels == c
        assert size[c] == members.sum()
        assert q[members].sum(axis=0) == pytest.approx(K[c], abs=1e-9)
    assert not size[k:].any()


@law(30)
@given(states(), st.integers(0, 99))
def test_the_state_follows_every_move(case, seed):
    q, labels, K, size, k = case
    assert k == labels.max() + 1
    is_kept(q, labels, K, size, k)
    rng = np.random.default_rng(seed)
    for _ in range(6):
        i, d = int(rng.integers(len(q))), int(rng.integers(min(k + 1, len(K))))
        more = dense._open(K, d, k)
        assert more == max(k, d + 1)
        k = more
        if d != labels[i]:
            before = slow.within(q, labels)
            gain = dense._shift(q, labels, K, size, i, d)
            assert labels[i] == d
            assert gain == pytest.approx(slow.within(q, labels) - before, abs=1e-9)
        is_kept(q, labels, K, size, k)
        assert not K[:k][size[:k] == 0].any()  # exactly: rounding does not stay behind


def steepest(q, labels):
    """Labels after the single moves that gain most, one after another."""
    labels, n = labels.copy(), len(labels)
    while True:
        own = [q[i][labels == labels[i]].sum() for i in range(n)]
        moves = {
            (i, c): q[i][labels == c].sum() - own[i]
            for i, c in itertools.product(range(n), range(n + 1))
            if c != labels[i]
        }
        (i, c), gain = max(moves.items(), key=lambda move: move[1])
        if gain <= 1e-9:
            return labels
        labels[i] = c if (labels == c).any() else min(set(range(n + 1)) - set(labels.tolist()))


@law(30)
@given(states())
def test_the_state_follows_a_local_search(case):
    q, labels, K, size, k = case
    before = slow.within(q, labels)
    wanted = steepest(q, labels)
    won, k = dense.local_moves(q, labels, K, size, k, 1e-12)
    is_kept(q, labels, K, size, k)
    assert won == pytest.approx(slow.within(q, labels) - before, abs=1e-9)
    for i, c in itertools.product(range(len(q)), range(k)):
        assert K[c, i] - K[labels[i], i] <= 1e-9 and K[labels[i], i] >= -1e-9
    assert ((labels[:, None] == labels) == (wanted[:, None] == wanted)).all()


@law(40)
@given(states(), st.sampled_from([1e-12, 0.7]))
def test_mergers_end_where_no_pair_of_clusters_gains(case, eps):
    q, labels, K, size, k = case
    before, first = slow.within(q, labels), labels.copy()
    wanted = first.copy()
    while True:  # the pair that gains most, again and again
        gains = {
            (c, d): q[np.ix_(wanted == c, wanted == d)].sum()
            for c, d in itertools.combinations(np.unique(wanted), 2)
        }
        top = max(gains, key=gains.get, default=None)
        if top is None or gains[top] <= eps:
            break
        wanted[wanted == top[1]] = top[0]
    won = dense._merge(labels, K, size, k, eps)
    is_kept(q, labels, K, size, k)
    assert won == pytest.approx(slow.within(q, labels) - before, abs=1e-9)
    assert ((labels[:, None] == labels) == (wanted[:, None] == wanted)).all()
