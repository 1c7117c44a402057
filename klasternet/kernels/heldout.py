"""Which resolution's clusters best tell which unseen flows are strong.

A fold hides some cells: they take no part in the gravity fit and pull neither way in the search.
The score of a resolution in a fold is the Matthews correlation, over the hidden cells, between
"seller and buyer are in the same cluster" and "the lift is among the strongest".
"""

import math

import numpy as np
from numba import njit

from .dense import descend, pair_up
from .gravity import SEEN, UNUSED, fit_lift


@njit(cache=True)
def matthews(labels, rows, columns, strong):
    """Matthews correlation between same-cluster and strong; 0 where either never varies."""
    m = rows.size
    both = 0.0
    together = 0.0
    strongs = 0.0
    for x in range(m):
        same = labels[rows[x]] == labels[columns[x]]
        together += same
        strongs += strong[x]
        both += same and strong[x]
    product = together * (m - together) * strongs * (m - strongs)
    if product <= 0.0:
        return 0.0
    return (both * m - together * strongs) / math.sqrt(product)


@njit(cache=True)
def lift_fold(y, kind, hide, rounds, clip, shrink):
    """Lift fitted without the hidden cells, and their own departures: in logs, and standardised.

    A hidden cell without a flow departs by minus infinity.
    """
    n = y.shape[0]
    visible = kind.copy()
    for i in range(n):
        for j in range(n):
            if hide[i, j]:
                visible[i, j] = UNUSED
    lift, a, b, s, t, _never = fit_lift(y, visible, rounds, clip, shrink)
    logs = np.zeros((n, n))
    level = np.full((n, n), -np.inf)
    for i in range(n):
        for j in range(n):
            if hide[i, j] and kind[i, j] == SEEN:
                logs[i, j] = y[i, j] - a[i] - b[j]
                level[i, j] = logs[i, j] / (s[i] * t[j])
    return lift, logs, level


@njit(cache=True)
def search_fold(lift, kind, hide, level, thetas, top, state):
    """Score and partition of every resolution in one fold: (thetas,), (thetas, n)."""
    n = lift.shape[0]
    hidden = 0
    for i in range(n):
        for j in range(n):
            hidden += hide[i, j] and kind[i, j] != UNUSED
    rows = np.empty(hidden, np.int64)
    columns = np.empty(hidden, np.int64)
    values = np.empty(hidden)
    x = 0
    for i in range(n):
        for j in range(n):
            if hide[i, j] and kind[i, j] != UNUSED:
                rows[x] = i
                columns[x] = j
                values[x] = level[i, j]
                x += 1
    scores = np.zeros(thetas.size)
    found = np.zeros((thetas.size, n), np.int32)
    if hidden == 0:
        return scores, found
    cut = np.sort(values)[min(int((1.0 - top) * hidden), hidden - 1)]
    strong = values >= cut
    q = np.empty((n, n))
    for g in range(thetas.size):
        total = pull(lift, kind, hide, thetas[g], q)
        labels = pair_up(q)
        descend(q, labels, 1e-12 * total, state)
        scores[g] = matthews(labels, rows, columns, strong)
        for i in range(n):
            found[g, i] = labels[i]
    return scores, found


@njit(cache=True)
def pull(lift, kind, hide, theta, q):
    """Write q = both directions of lift - theta, on cells in use; the mean absolute row sum."""
    n = lift.shape[0]
    total = 0.0
    for i in range(n):
        q[i, i] = 0.0
        for j in range(i):
            value = 0.0
            if kind[i, j] != UNUSED and not hide[i, j]:
                value += lift[i, j] - theta
            if kind[j, i] != UNUSED and not hide[j, i]:
                value += lift[j, i] - theta
            q[i, j] = value
            q[j, i] = value
            total += abs(value)
    return 2.0 * total / n
