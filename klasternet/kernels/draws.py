"""Random economies in which sizes alone decide, fitted and searched as the observed one is.

What `evidence.significance` does a thousand times: deal out residuals, fit sizes and scales anew,
look for clusters at several resolutions. Lighter than what `detect` does (one direction of the
fit, few rounds, a short search), and the same for the observed economy and for every draw. The
interpreter's lock is not held, so threads run side by side.
"""

import math

import numpy as np
from numba import njit

from .dense import _below, pair_up, perturb, settle, within
from .gravity import EMPTY, FEWEST, NEVER, SEEN, UNUSED, _centre, _expect, _limits, _scales
from .pulls import pull

ROUNDS = 8  # of a fit, at most
FIRST, LATER = 12, 2  # alternations of its two-way means, at most
TOLERANCE = 1e-6  # change of a mean, in units of the spread, that ends them
SETTLED = 1e-2  # change of a log scale that ends the fit
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
def refit(logs, kind, clip, shrink):
    """Fit sizes and scales in a few rounds: (lift, a, b, s, t, u, v); u_i + v_j below all."""
    n = logs.shape[0]
    y = np.zeros((n, n))
    weight = np.zeros((n, n))
    second = np.zeros((n, n))
    below = np.zeros((n, n))
    rows = np.zeros(n)
    columns = np.zeros(n)
    total = 0.0
    square = 0.0
    blank = 0
    for i in range(n):
        for j in range(n):
            if kind[i, j] == SEEN:
                y[i, j] = logs[i, j]
                weight[i, j] = 1.0
                rows[i] += 1.0
                columns[j] += 1.0
                total += logs[i, j]
            elif kind[i, j] == EMPTY:
                blank += 1
    cells = rows.sum()
    middle = total / max(cells, 1.0)
    means = 0
    for i in range(n):
        means += (rows[i] > 0.0) + (columns[i] > 0.0)
        for j in range(n):
            square += weight[i, j] * (y[i, j] - middle) ** 2
    spread = math.sqrt(square / max(cells, 1.0))
    a = np.zeros(n)
    b = np.zeros(n)
    s = np.ones(n)
    t = np.ones(n)
    u = np.zeros(n)
    v = np.zeros(n)
    for i in range(n):
        if rows[i] > 0.0:
            a[i] = middle
    if not spread > 1e-9 * (1.0 + abs(middle)):
        return weight * 0.0, a, b, s, t, u, v
    free = max(cells - means + 1.0, 1.0) / cells
    empty = blank > 0 and cells >= FEWEST * means
    never = NEVER
    for turn in range(ROUNDS):
        limit = LATER if turn else FIRST
        moved = _centre(y, weight, 1.0 / t**2, 1.0 / s**2, a, b, limit, TOLERANCE * spread)
        if turn == 0:
            left = 0.0
            for i in range(n):
                for j in range(n):
                    left += weight[i, j] * (y[i, j] - a[i] - b[j]) ** 2
            scale = math.sqrt(left / (cells * free))
            if scale <= 1e-9 * spread:
                return weight * 0.0, a, b, s, t, u, v
            s[:] = scale
        if empty:
            _limits(y, kind, b, u, v)
            never = _expect(y, kind, weight, second, below, a, b, s, t, u, v, never, clip)
            for i in range(n):
                rows[i] = 0.0
                columns[i] = 0.0
            for i in range(n):
                for j in range(n):
                    rows[i] += weight[i, j]
                    columns[j] += weight[i, j]
        moved /= s.mean()
        turned = _scales(y, kind, weight, second, a, b, s, t, rows, columns, clip, shrink, free)
        if turn > 0 and max(moved, turned) <= SETTLED:
            break
    if blank > 0:  # of the flows themselves: small flows are not printed, whoever's they are
        _limits(y, kind, np.zeros(n), u, v)
    lift = second
    for i in range(n):
        for j in range(n):
            e = (y[i, j] - a[i] - b[j]) / (s[i] * t[j])
            lift[i, j] = weight[i, j] * min(max(e, -clip), clip)
    return lift, a, b, s, t, u, v


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
