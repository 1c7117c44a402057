"""Random economies in which sizes alone decide, searched for clusters as the observed one is.

What `evidence.significance` does a thousand times beside the fit: deal out residuals, and search at
several resolutions, shorter than `detect` does. The interpreter's lock is not held, so threads run
side by side.
"""

import numpy as np
from numba import njit

from .dense import _below, pair_up, perturb, settle, within
from .pulls import UNUSED, pull

SWEEPS = 6  # exchanges for each flow, where not every flow may stand everywhere
NEGLIGIBLE = 1e-12  # a gain below this share of a mean row of |q| is rounding


@njit(cache=True, nogil=True)
def deal(order, least, state):
    """Deal out ranks anew, in place: order[k] is the rank of cell k, never below least[k].

    By exchanges between two cells that both allow; where everything is allowed, a shuffle.
    """
    m = order.size
    free = True
    for k in range(m):
        free = free and least[k] == 0
    if free:
        for k in range(m - 1, 0, -1):
            x = _below(state, k + 1)
            order[k], order[x] = order[x], order[k]
        return
    for _ in range(SWEEPS):
        for k in range(m):
            x = _below(state, m)
            if order[x] >= least[k] and order[k] >= least[x]:
                order[k], order[x] = order[x], order[k]


@njit(cache=True, nogil=True)
def search(lift, kind, thetas, steps, state):
    """Best partition of a short search at every theta, (r, n), and its Q, (r,)."""
    n = lift.shape[0]
    q = np.empty((n, n))
    hide = np.zeros(kind.shape, np.bool_)
    labels = np.empty((thetas.size, n), np.int64)
    value = np.empty(thetas.size)
    cells = 0
    for i in range(n):
        for j in range(n):
            cells += kind[i, j] != UNUSED
    for r in range(thetas.size):
        eps = NEGLIGIBLE * pull(lift, kind, hide, thetas[r], q)
        found = pair_up(q)
        settle(q, found, eps)
        perturb(q, found, eps, steps, steps, state)
        labels[r] = found
        value[r] = within(q, found) / max(cells, 1)
    return value, labels


@njit(cache=True, nogil=True)
def inside(lift, kind, labels, k):
    """Sum of lift, and number of pairs that may trade, inside each of k clusters: (k,), (k,)."""
    total = np.zeros(k)
    pairs = np.zeros(k)
    for i in range(labels.size):
        c = labels[i]
        if c < 0:
            continue
        for j in range(labels.size):
            if labels[j] == c and kind[i, j] != UNUSED:
                total[c] += lift[i, j]
                pairs[c] += 1.0
    return total, pairs
