"""Moves between clusters of a large dense table, and what each cluster pulls every industry then.

G holds a row for each cluster, and an empty one: an industry on its own. It is made in one pass
(`kernels.large`) and kept up to date with the lines of those that move, their rows and columns of
the table. Tables, masses and pulls are as in `kernels.large`.
"""

import numpy as np
from numba import njit

from .large import FAST

STRIP = 32  # rows at a time where columns are gathered: a line of the cache is read once
MAX_MOVES = 20  # moves of single industries, per industry, at most


@njit(cache=True, nogil=True)
def lines_of(M, per, who, a, b):
    """Pulls of some industries on all, (m, n) float32: their rows and columns of the table."""
    n = M.shape[0]
    lines = np.empty((who.size, n), np.float32)
    for x in range(0, n, STRIP):
        last = min(x + STRIP, n)
        for m in range(who.size):
            i, line = who[m], lines[m]
            for j in range(x, last):
                line[j] = M[j, i] * per
    for m in range(who.size):
        i, line = who[m], lines[m]
        row, mine, yours = M[i], a[i], b[i]
        for j in range(n):
            line[j] += np.float32(row[j] * per) - mine * b[j] - yours * a[j]
        line[i] = np.float32(0.0)
    return lines


@njit(cache=True, nogil=True)
def gains_of(G, labels, size):
    """What every industry would gain in its best other cluster, or on its own, (n,).

    An empty row of G is a cluster of one; to leave a cluster of one for it is no move.
    """
    k, n = G.shape
    gain = np.full(n, -np.inf)
    for c in range(k):
        row = G[c]
        if size[c] > 0:
            for j in range(n):  # without a branch, on vectors
                value = row[j] if labels[j] != c else -np.inf
                gain[j] = value if value > gain[j] else gain[j]
        else:
            for j in range(n):
                value = row[j] if size[labels[j]] > 1 else -np.inf
                gain[j] = value if value > gain[j] else gain[j]
    for j in range(n):
        gain[j] -= G[labels[j], j]
    return gain


@njit(cache=True, nogil=True)
def shift(G, line, c, d):
    """Keep G as it should be when the industry of a line leaves cluster c for d."""
    left, joined = G[c], G[d]
    for j in range(line.size):
        left[j] -= line[j]
        joined[j] += line[j]


@njit(cache=True, nogil=True)
def move_some(who, lines, labels, size, G, eps):
    """Steepest moves among a few industries, with their lines at hand; in place, the gain."""
    k = G.shape[0]
    own = np.empty(who.size)
    other = np.empty(who.size)  # no other cluster has more than this
    for m in range(who.size):
        own[m] = G[labels[who[m]], who[m]]
        other[m] = np.inf
    won = 0.0
    for _ in range(MAX_MOVES * (who.size + k)):
        m = 0
        for x in range(who.size):
            if other[x] - own[x] > other[m] - own[m]:
                m = x
        if not other[m] - own[m] > eps:
            break
        i = who[m]
        c = labels[i]
        d = -1
        best = -np.inf
        for x in range(k):
            if x != c and G[x, i] > best and (size[x] > 0 or size[c] > 1):
                best = G[x, i]
                d = x
        if best < other[m]:  # the bound was too high: make it exact and look again
            other[m] = best
            continue
        won += best - own[m]
        labels[i] = d
        size[c] -= 1
        size[d] += 1
        shift(G, lines[m], c, d)
        if size[c] == 0:
            G[c] = 0.0
        for x in range(who.size):
            j = who[x]
            here = labels[j]
            own[x] = G[here, j]
            if here != c:
                other[x] = max(other[x], G[c, j])
            if here != d:
                other[x] = max(other[x], G[d, j])
    return won


@njit(cache=True, nogil=True, fastmath=FAST)
def pull_of(M, per, who, whom, a, b):
    """What some industries together pull each of others, (whom,); nobody pulls themselves."""
    out = np.zeros(whom.size)
    A, B = 0.0, 0.0
    for i in who:
        A += a[i]
        B += b[i]
        row = M[i]
        for m in range(whom.size):
            out[m] += row[whom[m]]
    for m in range(whom.size):
        j = whom[m]
        row = M[j]
        total = out[m]
        for i in who:
            total += row[i]
        out[m] = total * per - a[j] * B - b[j] * A
    inside = np.zeros(M.shape[0], np.bool_)
    for i in who:
        inside[i] = True
    for m in range(whom.size):
        i = whom[m]
        if inside[i]:
            out[m] += 2.0 * (a[i] * b[i] - M[i, i] * per)
    return out


@njit(cache=True, nogil=True)
def after_shift(G, labels, who, whom, pull, c, d):
    """What single moves of others would add, about, if some industries went from cluster c to d.

    whom : the others, the some among them; pull : what these pull them.
    """
    k = G.shape[0]
    own = np.empty(whom.size)
    best = np.full(whom.size, -np.inf)
    here = labels.copy()
    for i in who:
        here[i] = d
    for x in range(k):
        row = G[x]
        sign = np.float64(x == d) - np.float64(x == c)
        for m in range(whom.size):
            value = row[whom[m]] + sign * pull[m]
            if here[whom[m]] == x:
                own[m] = value
            else:
                best[m] = max(best[m], value)
    total = 0.0
    for m in range(whom.size):
        total += max(best[m] - own[m], 0.0)
    return total


@njit(cache=True, nogil=True)
def set_apart(q, groups, who, lines, room):
    """Give some industries groups of their own, in place; the pulls between all, in some room."""
    k = q.shape[0]
    size = np.zeros(k, np.int64)
    for g in groups:
        size[g] += 1
    m = 0
    for i in who:  # the last of a group has it already
        m += size[groups[i]] > 1
        size[groups[i]] -= 1
    for i in who:
        size[groups[i]] += 1
    out = room[: (k + m) * (k + m)].reshape(k + m, k + m)
    out[:k, :k] = q
    count = k
    to = np.empty(k + m)
    for x in range(who.size):
        i, line = who[x], lines[x]
        g = groups[i]
        if size[g] == 1:
            continue
        groups[i] = count
        size[g] -= 1
        to[:] = 0.0
        for j in range(line.size):
            to[groups[j]] += line[j]
        for h in range(count):
            out[count, h] = to[h]
            out[h, count] = to[h]
            if h != g:
                out[g, h] -= to[h]
                out[h, g] -= to[h]
        out[count, count] = 0.0
        count += 1
    return out


@njit(cache=True, nogil=True)
def finer(q, A, B, room):
    """Pulls between groups at a resolution raised by one unit of their masses, in some room."""
    k = q.shape[0]
    out = room[: k * k].reshape(k, k)
    for g in range(k):
        for h in range(k):
            out[g, h] = q[g, h] - A[g] * B[h] - B[g] * A[h]
        out[g, g] = 0.0
    return out
