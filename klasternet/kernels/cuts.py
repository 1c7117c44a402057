"""Inequalities that every partition keeps: found where a relaxation breaks them, and summed up.

x_ij is 1 for two industries in one cluster, and 0 <= x <= 1 in the relaxation, with pairs i < j
numbered row by row. For disjoint sets S and T every partition keeps

    x(S:T) - x(S) - x(T) <= min(|S|, |T|)

(Groetschel and Wakabayashi 1990, doi 10.1007/BF01582256). One industry against two is the triangle
inequality x_st + x_su - x_tu <= 1: whoever shares a cluster with both has both in one cluster.
Rows are kept as in a sparse matrix with entries +1 and -1.
"""

import numpy as np
from numba import njit

from .dense import _below

FRACTION = 1e-7  # values of x nearer to 0 or 1 than this are taken for 0 or 1
UNIT = 2.0**-53  # unit roundoff


@njit(cache=True, nogil=True)
def pair(i, j, n):
    """Number of the pair of i and j."""
    if i > j:
        i, j = j, i
    return i * n - i * (i + 1) // 2 + j - i - 1


@njit(cache=True, nogil=True)
def spread(x, n):
    """The symmetric matrix (n, n) of the values of all pairs, ones on the diagonal."""
    X = np.empty((n, n))
    k = 0
    for i in range(n):
        X[i, i] = 1.0
        for j in range(i + 1, n):
            X[i, j] = x[k]
            X[j, i] = x[k]
            k += 1
    return X


@njit(cache=True, nogil=True)
def triangles(X, least, most, each):
    """Triangles (s, t, u) that X breaks by more than `least`: at most `most`, the worst first.

    At most `each` of them share a pair. Returns (array (m, 3), the worst violation).
    """
    n = X.shape[0]
    room = 1024
    found = np.empty((room, 3), np.int32)
    excess = np.empty(room)
    count = 0
    near = np.empty(n, np.int64)
    for s in range(n):
        m = 0
        for t in range(n):
            if t != s and X[s, t] > least:
                near[m] = t
                m += 1
        for a in range(m):
            t = near[a]
            spare = X[s, t] - 1.0 - least
            for b in range(a):
                u = near[b]
                if spare + X[s, u] > X[t, u]:
                    if count == room:
                        room *= 2
                        more = np.empty((room, 3), np.int32)
                        more[:count] = found
                        found = more
                        wider = np.empty(room)
                        wider[:count] = excess
                        excess = wider
                    found[count, 0] = s
                    found[count, 1] = t
                    found[count, 2] = u
                    excess[count] = X[s, t] + X[s, u] - X[t, u] - 1.0
                    count += 1
    order = np.argsort(-excess[:count])
    worst = excess[order[0]] if count else 0.0
    used = np.zeros((n, n), np.int32)
    kept = np.empty((min(most, count), 3), np.int64)
    m = 0
    for k in order:
        s, t, u = found[k]
        if max(used[s, t], used[s, u], used[t, u]) < each:
            for i, j in ((s, t), (s, u), (t, u)):
                used[i, j] += 1
                used[j, i] += 1
            kept[m, 0] = s
            kept[m, 1] = t
            kept[m, 2] = u
            m += 1
            if m == kept.shape[0]:
                break
    return kept[:m], worst


@njit(cache=True, nogil=True)
def _improve(X, side, S, T):
    """Change the sides of industries (1: S, -1: T, 0: neither) while the violation grows.

    side, and the sums S, T of X between each industry and the members of each side, in place;
    the violation.
    """
    n = X.shape[0]
    s = 0
    t = 0
    value = 0.0
    for i in range(n):
        if side[i] > 0:
            s += 1
            value += T[i] - 0.5 * (S[i] - 1.0)
        elif side[i] < 0:
            t += 1
            value -= 0.5 * (T[i] - 1.0)
    for _ in range(4 * n):
        top = 1e-9
        who = -1
        new = 0
        for i in range(n):
            inner = S[i] - 1.0 if side[i] > 0 else S[i]
            other = T[i] - 1.0 if side[i] < 0 else T[i]
            now = 0.0 if side[i] == 0 else (other - inner) * side[i]
            for to in (-1, 0, 1):
                if to == side[i]:
                    continue
                worth = 0.0 if to == 0 else (other - inner) * to
                a = s - (side[i] > 0) + (to > 0)
                b = t - (side[i] < 0) + (to < 0)
                if a == 0 or b == 0:
                    continue
                gain = worth - now - (min(a, b) - min(s, t))
                if gain > top:
                    top = gain
                    who = i
                    new = to
        if who < 0:
            break
        old = side[who]
        for j in range(n):
            if old > 0:
                S[j] -= X[who, j]
            elif old < 0:
                T[j] -= X[who, j]
            if new > 0:
                S[j] += X[who, j]
            elif new < 0:
                T[j] += X[who, j]
        s += (new > 0) - (old > 0)
        t += (new < 0) - (old < 0)
        side[who] = new
        value += top + (min(s, t) - min(s - (new > 0) + (old > 0), t - (new < 0) + (old < 0)))
    return value - min(s, t)


@njit(cache=True, nogil=True)
def partitions(X, least, most, tries, state):
    """Two-partition inequalities that X breaks by more than `least`: sides (m, n), worst first.

    From every fractional pair the best T against that one industry, grown one by one; then
    `tries` random starts; each improved by changing sides.
    """
    n = X.shape[0]
    found = np.empty((4 * most, n), np.int8)
    excess = np.empty(4 * most)
    seen = np.empty(4 * most)
    key = np.empty(n)
    for i in range(n):
        key[i] = _below(state, 1 << 40) / (1 << 40)
    count = 0
    side = np.zeros(n, np.int64)
    S = np.zeros(n)
    T = np.zeros(n)
    fractional = np.empty(n, np.int64)
    m = 0
    for i in range(n):
        for j in range(n):
            if i != j and FRACTION < X[i, j] < 1.0 - FRACTION:
                fractional[m] = i
                m += 1
                break
    if m < 3:
        return found[:0], excess[:0]
    for start in range(m * m + tries):
        for i in range(n):
            side[i] = 0
            S[i] = 0.0
            T[i] = 0.0
        if start < m * m:
            a = fractional[start // m]
            b = fractional[start % m]
            if not FRACTION < X[a, b] < 1.0 - FRACTION:
                continue
            side[a] = 1
            side[b] = -1
            for j in range(n):
                S[j] = X[a, j]
                T[j] = X[b, j]
            while True:  # the best member of T against a alone
                top = FRACTION
                who = -1
                for j in range(n):
                    if side[j] == 0 and X[a, j] - T[j] > top:
                        top = X[a, j] - T[j]
                        who = j
                if who < 0:
                    break
                side[who] = -1
                for j in range(n):
                    T[j] += X[who, j]
        else:
            for i in range(m):
                j = fractional[i]
                side[j] = np.int64(_below(state, 3)) - 1
                if side[j] > 0:
                    for k in range(n):
                        S[k] += X[j, k]
                elif side[j] < 0:
                    for k in range(n):
                        T[k] += X[j, k]
            if side.max() < 1 or side.min() > -1:
                continue
        value = _improve(X, side, S, T)
        if value <= least:
            continue
        mark = 0.0
        for i in range(n):
            mark += key[i] * side[i]
        mark = abs(mark)
        new = True
        for k in range(count):
            if abs(seen[k] - mark) < 1e-12:
                new = False
                break
        if new:
            for i in range(n):
                found[count, i] = side[i]
            excess[count] = value
            seen[count] = mark
            count += 1
            if count == found.shape[0]:
                break
    order = np.argsort(-excess[:count])[:most]
    return found[order], excess[order]


@njit(cache=True, nogil=True)
def triangle_rows(found, n):
    """Columns (m, 3) of triangles; their entries are 1, 1, -1, their right side 1."""
    columns = np.empty(found.shape, np.int32)
    for k in range(found.shape[0]):
        s, t, u = found[k]
        columns[k, 0] = pair(s, t, n)
        columns[k, 1] = pair(s, u, n)
        columns[k, 2] = pair(t, u, n)
    return columns


@njit(cache=True, nogil=True)
def partition_rows(sides):
    """Sparse rows (start, columns, entries, right sides) of two-partition inequalities."""
    m, n = sides.shape
    size = 0
    for k in range(m):
        inside = 0
        for i in range(n):
            inside += sides[k, i] != 0
        size += inside * (inside - 1) // 2
    start = np.empty(m + 1, np.int32)
    columns = np.empty(size, np.int32)
    entries = np.empty(size)
    right = np.empty(m)
    at = 0
    for k in range(m):
        start[k] = at
        s = 0
        t = 0
        for i in range(n):
            s += sides[k, i] > 0
            t += sides[k, i] < 0
            if sides[k, i] == 0:
                continue
            for j in range(i + 1, n):
                if sides[k, j] != 0:
                    columns[at] = pair(i, j, n)
                    entries[at] = 1.0 if sides[k, i] != sides[k, j] else -1.0
                    at += 1
        right[k] = min(s, t)
    start[m] = at
    return start, columns, entries, right


@njit(cache=True, nogil=True)
def reduced(q, start, columns, entries, y):
    """Reduced weights r = q - A'y of all pairs, and how far rounding can have moved each.

    Of k terms added up one after the other, each sum is off by at most (k - 1) u / (1 - (k - 1) u)
    times the sum of their sizes (Higham 2002, doi 10.1137/1.9780898718027, section 4.2).
    """
    r = q.copy()
    size = np.abs(q)
    terms = np.ones(q.size)
    for k in range(y.size):
        if y[k] == 0.0:
            continue
        for e in range(start[k], start[k + 1]):
            c = columns[e]
            r[c] -= entries[e] * y[k]
            size[c] += y[k]
            terms[c] += 1.0
    # the factor 2 also covers the rounding of `size` itself and of this product
    return r, 2.0 * UNIT * terms * size
