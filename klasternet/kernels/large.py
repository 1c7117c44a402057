"""Clustering a dense table of thousands of industries: ties less what masses predict.

The pull between i and j is q_ij = M_ij + M_ji - a_i b_j - b_i a_j (i != j). The table M is read
where it lies, in money or as lift; `per` brings it to the unit of the masses, and the resolution is
in them, so one table serves all resolutions. Sums are float64. What costs is to pass over M, so
there are few passes: one to pair up best partners, one to add up what groups of them give each
other; then the groups are searched instead (`kernels.dense`); one for what every cluster pulls
every industry, kept up to date with the lines, row and column, of those that move; and one for the
parts that clusters are taken apart into.
"""

import numpy as np
from numba import njit

from .dense import _below

TILE = 64  # rows and columns at a time: both triangles stay in the cache
FAST = {"reassoc", "contract", "nsz", "nnan"}  # regrouped: the same on every run of a machine


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def margins(M, rows, columns):
    """Write the sums of rows and of columns, in one pass; the lowest cell that is a number."""
    n = M.shape[0]
    columns[:] = 0.0
    lows = np.full(n, np.inf)  # by column: a minimum of one row is not found on vectors
    eights = n - n % 8
    for i in range(0, eights, 8):  # eight at a time: the sums are read and written less often
        o, p, q, r = M[i], M[i + 1], M[i + 2], M[i + 3]
        s, t, u, v = M[i + 4], M[i + 5], M[i + 6], M[i + 7]
        a = b = c = d = e = f = g = h = 0.0
        for j in range(n):
            w, x, y, z = o[j], p[j], q[j], r[j]
            a += w
            b += x
            c += y
            d += z
            total = (w + x) + (y + z)
            w = w if w < x else x
            y = y if y < z else z
            low = w if w < y else y
            w, x, y, z = s[j], t[j], u[j], v[j]
            e += w
            f += x
            g += y
            h += z
            columns[j] += total + ((w + x) + (y + z))
            w = w if w < x else x
            y = y if y < z else z
            w = w if w < y else y
            low = w if w < low else low
            lows[j] = low if low < lows[j] else lows[j]
        rows[i], rows[i + 1], rows[i + 2], rows[i + 3] = a, b, c, d
        rows[i + 4], rows[i + 5], rows[i + 6], rows[i + 7] = e, f, g, h
    for i in range(eights, n):
        a = 0.0
        for j in range(n):
            w = M[i, j]
            a += w
            columns[j] += w
            lows[j] = w if w < lows[j] else lows[j]
        rows[i] = a
    least = np.inf
    for low in lows:
        least = low if low < least else least
    return least


@njit(cache=True, nogil=True, fastmath=FAST)
def pair_best(M, per, a, b):
    """Everybody in the group of their best partner, in one pass; groups are led by a member."""
    n = M.shape[0]
    best = np.arange(n)
    top = np.zeros(n, np.float32)
    across = np.empty((TILE, TILE + 1), np.float32)
    pulls = np.empty((TILE, TILE), np.float32)
    bits, tops = pulls.view(np.int32), top.view(np.int32)  # rise together, if above 0
    room = np.empty(TILE, np.int32)
    for x in range(0, n, TILE):
        high = min(TILE, n - x)
        for y in range(0, x + 1, TILE):
            wide = min(TILE, n - y)
            for j in range(wide):
                row, line = M[y + j, x : x + high], across[j]
                for i in range(high):
                    line[i] = row[i] * per
            ours, theirs, most = a[y : y + wide], b[y : y + wide], room[:wide]
            most[:] = 0
            for i in range(high):
                row, line = M[x + i, y : y + wide], pulls[i]
                mine, yours = a[x + i], b[x + i]
                for j in range(wide):
                    value = np.float32(row[j] * per) + across[j, i]
                    line[j] = value - mine * theirs[j] - yours * ours[j]
                if x == y:
                    line[i] = np.float32(0.0)
            for i in range(high):
                line = bits[i, :wide]
                largest = np.int32(0)
                for j in range(wide):
                    largest = max(largest, line[j])
                if largest > tops[x + i]:
                    tops[x + i] = largest
                    for j in range(wide):
                        if line[j] == largest:
                            best[x + i] = y + j
                            break
                for j in range(wide):
                    most[j] = max(most[j], line[j])
            for j in range(wide):
                if most[j] > tops[y + j]:
                    tops[y + j] = most[j]
                    for i in range(high):
                        if bits[i, j] == most[j]:
                            best[y + j] = x + i
                            break
    lead = np.arange(n)
    for i in range(n):
        x = i
        while lead[x] != x:
            x = lead[x]
        y = best[i]
        while lead[y] != y:
            y = lead[y]
        lead[max(x, y)] = min(x, y)
    for i in range(n):
        lead[i] = lead[lead[i]]
    return lead


@njit(cache=True, nogil=True)
def members_of(groups, k):
    """Members of groups 0 .. k - 1, one group after the other, and where each begins."""
    start = np.zeros(k + 1, np.int64)
    for g in groups:
        start[g + 1] += 1
    for g in range(k):
        start[g + 1] += start[g]
    at = start[:-1].copy()
    member = np.empty(groups.size, np.int64)
    for i in range(groups.size):
        member[at[groups[i]]] = i
        at[groups[i]] += 1
    return member, start


@njit(cache=True, nogil=True, fastmath=FAST)
def add_rows(M, who, total):
    """Add some rows to a total."""
    n = M.shape[0]
    eights = who.size - who.size % 8
    fours = who.size - who.size % 4
    for m in range(0, eights, 8):  # eight at a time: the sum is read and written less often
        r, s, t, u = M[who[m]], M[who[m + 1]], M[who[m + 2]], M[who[m + 3]]
        v, w, x, y = M[who[m + 4]], M[who[m + 5]], M[who[m + 6]], M[who[m + 7]]
        for j in range(n):
            four = (np.float64(r[j]) + s[j]) + (np.float64(t[j]) + u[j])
            total[j] += four + ((np.float64(v[j]) + w[j]) + (np.float64(x[j]) + y[j]))
    if fours > eights:
        r, s, t, u = M[who[eights]], M[who[eights + 1]], M[who[eights + 2]], M[who[eights + 3]]
        for j in range(n):
            total[j] += (np.float64(r[j]) + s[j]) + (np.float64(t[j]) + u[j])
    for m in range(fours, who.size):
        r = M[who[m]]
        for j in range(n):
            total[j] += r[j]


@njit(cache=True, nogil=True)
def between(M, per, groups, k, a, b, room):
    """Pulls between groups, (k, k) float64 with a zero diagonal, in one pass and some room."""
    n = M.shape[0]
    member, start = members_of(groups, k)
    out = room[: k * k].reshape(k, k)
    A = np.zeros(k)
    B = np.zeros(k)
    total = np.empty((4, n))
    o, p, q, r = total[0], total[1], total[2], total[3]
    for i in range(n):
        A[groups[i]] += a[i]
        B[groups[i]] += b[i]
    for g in range(0, k, 4):  # four at a time: who is in a group is read less often
        total[:] = 0.0
        for c in range(4):
            own = min(g + c, k - 1)
            add_rows(M, member[start[own] : start[own + 1]], total[c])
        t, u, v = min(g + 1, k - 1), min(g + 2, k - 1), min(g + 3, k - 1)
        for h in range(k):  # sums stay in registers: to scatter them took twice as long
            w = x = y = z = 0.0
            for m in range(start[h], start[h + 1]):
                j = member[m]
                w += o[j]
                x += p[j]
                y += q[j]
                z += r[j]
            out[g, h], out[t, h], out[u, h], out[v, h] = w, x, y, z
    for x in range(0, k, TILE):
        for y in range(0, x + 1, TILE):
            for g in range(x, min(x + TILE, k)):
                for h in range(y, min(y + TILE, g)):
                    value = (out[g, h] + out[h, g]) * per - A[g] * B[h] - B[g] * A[h]
                    out[g, h] = value
                    out[h, g] = value
    for g in range(k):
        out[g, g] = 0.0
    return out


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_columns(M, who, labels, room, G):
    """Write, for eight rows, the sum over the columns of each label: room and G are by label."""
    r, s, t, u = M[who[0]], M[who[1]], M[who[2]], M[who[3]]
    v, w, x, y = M[who[4]], M[who[5]], M[who[6]], M[who[7]]
    room[:] = 0.0
    for j in range(labels.size):  # eight at a time: one line of the cache for a label
        to = room[labels[j]]
        to[0] += r[j]
        to[1] += s[j]
        to[2] += t[j]
        to[3] += u[j]
        to[4] += v[j]
        to[5] += w[j]
        to[6] += x[j]
        to[7] += y[j]
    for c in range(room.shape[0]):
        for m in range(8):
            G[c, who[m]] = room[c, m]


@njit(cache=True, nogil=True)
def pulls_of(M, per, labels, k, a, b, G):
    """Fill G, (k or more, n), with what each of k clusters pulls each industry, in one pass."""
    n = M.shape[0]
    member = members_of(labels, k)[0]
    A = np.zeros(k)
    B = np.zeros(k)
    sums = np.zeros((k, n))
    room = np.empty((k, 8))
    for j in range(n):
        A[labels[j]] += a[j]
        B[labels[j]] += b[j]
    G[:] = 0.0
    eights = n - n % 8
    for m in range(0, eights, 8):  # by cluster: what its rows are added up in stays in the cache
        who = member[m : m + 8]
        _add_columns(M, who, labels, room, G)
        if labels[who[0]] == labels[who[7]]:
            add_rows(M, who, sums[labels[who[0]]])
        else:
            for i in who:
                add_rows(M, np.array([i]), sums[labels[i]])
    for i in member[eights:]:
        row, line = M[i], sums[labels[i]]
        for j in range(n):
            line[j] += row[j]
            G[labels[j], i] += row[j]
    for c in range(k):
        for j in range(n):
            G[c, j] = (G[c, j] + sums[c, j]) * per - a[j] * B[c] - b[j] * A[c]
    for j in range(n):  # nobody pulls themselves
        G[labels[j], j] += 2.0 * (a[j] * b[j] - M[j, j] * per)


@njit(cache=True, nogil=True)
def take_apart(M, per, a, b, labels, k, state):
    """Split each cluster into well-knit parts: lone industries join parts of their own cluster."""
    n = labels.size
    member, start = members_of(labels, k)
    parts = np.arange(n)
    size = np.ones(n, np.int64)
    for c in range(k):
        own = member[start[c] : start[c + 1]]
        wide = own.size
        if wide == 1:
            continue
        pulls = np.empty((wide, wide), np.float32)
        for x in range(wide):
            row, line = M[own[x]], pulls[x]
            for y in range(wide):
                line[y] = row[own[y]] * per
        for v in range(0, wide, TILE):
            for w in range(0, v + 1, TILE):
                for x in range(v, min(v + TILE, wide)):
                    mine, yours = a[own[x]], b[own[x]]
                    for y in range(w, min(w + TILE, x)):
                        value = pulls[x, y] + pulls[y, x] - mine * b[own[y]] - yours * a[own[y]]
                        pulls[x, y] = value
                        pulls[y, x] = value
        part = np.arange(wide)
        tie = np.zeros(wide)
        order = np.arange(wide)
        for x in range(wide - 1, 0, -1):
            y = _below(state, x + 1)
            order[x], order[y] = order[y], order[x]
        for x in order:
            if size[own[x]] > 1 or part[x] != x:
                continue
            line = pulls[x]
            tie[:] = 0.0
            for y in range(wide):
                tie[part[y]] += line[y]
            best = x
            most = 0.0
            for y in range(wide):
                if y != x and tie[y] > most:
                    best = y
                    most = tie[y]
            if best != x:
                size[own[x]] -= 1
                size[own[best]] += 1
                part[x] = best
        for x in range(wide):
            parts[own[x]] = own[part[x]]
    return parts


@njit(cache=True, nogil=True)
def own_sums(M, labels):
    """What each industry gives to, and gets from, the others of its cluster, (n,) each."""
    n = labels.size
    k = np.int64(0)
    for g in labels:
        k = max(k, g + 1)
    member, start = members_of(labels, k)
    given = np.zeros(n)
    got = np.zeros(n)
    for g in range(k):
        own = member[start[g] : start[g + 1]]
        sums = np.zeros(own.size)
        fours = own.size - own.size % 4
        for m in range(0, fours, 4):  # four at a time: who is in the cluster is read less often
            o, p, q, r = M[own[m]], M[own[m + 1]], M[own[m + 2]], M[own[m + 3]]
            a = b = c = d = 0.0
            for y in range(own.size):
                j = own[y]
                a += o[j]
                b += p[j]
                c += q[j]
                d += r[j]
                sums[y] += (np.float64(o[j]) + p[j]) + (np.float64(q[j]) + r[j])
            given[own[m]], given[own[m + 1]], given[own[m + 2]], given[own[m + 3]] = a, b, c, d
        for i in own[fours:]:
            row = M[i]
            total = 0.0
            for y in range(own.size):
                sums[y] += row[own[y]]
                total += row[own[y]]
            given[i] = total
        for y in range(own.size):
            got[own[y]] = sums[y] - M[own[y], own[y]]
    for i in range(n):
        given[i] -= M[i, i]
    return given, got
