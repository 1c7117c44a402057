"""Clustering a dense table of thousands of industries: ties less what masses predict.

The pull between i and j is q_ij = S_ij - a_i b_j - b_i a_j (i != j): S holds both directions in
float32, half the memory of the table, and the resolution is in the masses, so one S serves all
resolutions. Sums are float64. What costs is to pass over S, so there are few passes: one to pair up
best partners, one to add up the rows of each group; then the groups are searched instead
(`kernels.dense`), single industries are moved with the rows of clusters at hand (a move reads one
row of S), and the clusters are taken apart once more, which reads the columns within clusters.
"""

import numpy as np
from numba import njit

from .dense import _below

TILE = 64  # rows and columns at a time: both triangles stay in the cache
CHUNK = 64  # cells looked at together for a largest one
MAX_MOVES = 20  # moves of single industries, per industry, at most
FAST = {"reassoc", "contract", "nsz", "nnan"}  # regrouped: the same on every run of a machine


@njit(cache=True, nogil=True)
def both_ways(W, per, S):
    """Write S = per (W + W'), float32, zero diagonal."""
    n = W.shape[0]
    for x in range(0, n, TILE):
        for y in range(0, x + 1, TILE):
            for i in range(x, min(x + TILE, n)):
                for j in range(y, min(y + TILE, i)):
                    value = (W[i, j] + W[j, i]) * per
                    S[i, j] = value
                    S[j, i] = value
    for i in range(n):
        S[i, i] = 0.0


@njit(cache=True, nogil=True, fastmath=FAST)
def pair_best(S, a, b):
    """Everybody in the group of their best partner, in one pass; groups are led by a member."""
    n = S.shape[0]
    lead = np.arange(n)
    for i in range(n):
        top = np.float32(0.0)
        best = i
        mine, yours, row = a[i], b[i], S[i]
        for x in range(0, n, CHUNK):
            most = np.float32(0.0)
            for j in range(x, min(x + CHUNK, n)):
                value = row[j] - mine * b[j] - yours * a[j]
                most = value if value > most else most
            if most > top:
                for j in range(x, min(x + CHUNK, n)):
                    value = row[j] - mine * b[j] - yours * a[j]
                    if value > top and j != i:
                        top = value
                        best = j
        x = i
        while lead[x] != x:
            x = lead[x]
        y = best
        while lead[y] != y:
            y = lead[y]
        lead[max(x, y)] = min(x, y)
    for i in range(n):
        lead[i] = lead[lead[i]]
    return lead


@njit(cache=True, nogil=True, fastmath=FAST)
def add_rows(S, groups, k, rows):
    """Write the sum of the rows of each group, (k, n) float32; groups are 0 .. k - 1."""
    n = S.shape[0]
    start = np.zeros(k + 1, np.int64)
    for i in range(n):
        start[groups[i] + 1] += 1
    for g in range(k):
        start[g + 1] += start[g]
    member = np.empty(n, np.int64)
    at = start.copy()
    for i in range(n):
        member[at[groups[i]]] = i
        at[groups[i]] += 1
    total = np.empty(n)
    for g in range(k):
        total[:] = 0.0
        for m in range(start[g], start[g + 1]):
            row = S[member[m]]
            for j in range(n):
                total[j] += row[j]
        for j in range(n):
            rows[g, j] = total[j]


@njit(cache=True, nogil=True)
def between(rows, groups, a, b):
    """Pulls between groups, (k, k) float64 with a zero diagonal, from the rows of each."""
    k, n = rows.shape
    out = np.zeros((k, k))
    A = np.zeros(k)
    B = np.zeros(k)
    for i in range(n):
        A[groups[i]] += a[i]
        B[groups[i]] += b[i]
    for g in range(k):
        for j in range(n):
            out[g, groups[j]] += rows[g, j]
    for g in range(k):
        for h in range(g):
            value = 0.5 * (out[g, h] + out[h, g]) - A[g] * B[h] - B[g] * A[h]
            out[g, h] = value
            out[h, g] = value
        out[g, g] = 0.0
    return out


@njit(cache=True, nogil=True)
def pulls_of(rows, above, groups, a, b, G):
    """Fill G, (clusters, n), with what each cluster pulls each industry, from rows of groups.

    above : the cluster of each group.
    """
    n = groups.size
    k = G.shape[0]
    G[:] = 0.0
    A = np.zeros(k)
    B = np.zeros(k)
    for g in range(rows.shape[0]):
        c = above[g]
        for j in range(n):
            G[c, j] += rows[g, j]
    for j in range(n):
        c = above[groups[j]]
        A[c] += a[j]
        B[c] += b[j]
    for c in range(k):
        for j in range(n):
            G[c, j] -= a[j] * B[c] + b[j] * A[c]
    for j in range(n):  # nobody pulls themselves
        G[above[groups[j]], j] += 2.0 * a[j] * b[j]


@njit(cache=True, nogil=True)
def move_single(S, a, b, labels, G, eps):
    """Steepest moves of single industries between clusters, or out; in place, the gain.

    G has a row for each cluster, and one empty row more: an industry on its own.
    """
    k, n = G.shape
    own = np.empty(n)
    other = np.empty(n)  # no other cluster has more than this
    size = np.zeros(k, np.int64)
    for j in range(n):
        own[j] = G[labels[j], j]
        other[j] = -np.inf
        size[labels[j]] += 1
    for c in range(k):
        for j in range(n):
            other[j] = max(other[j], G[c, j] if labels[j] != c else -np.inf)
    won = 0.0
    for _ in range(MAX_MOVES * n):
        top = -np.inf
        for j in range(n):
            top = max(top, other[j] - own[j])
        if not top > eps:
            break
        i = 0
        while other[i] - own[i] != top:
            i += 1
        c = labels[i]
        d = -1
        best = -np.inf
        for x in range(k):
            if x != c and G[x, i] > best and (size[x] > 0 or size[c] > 1):
                best = G[x, i]
                d = x
        if best < other[i]:  # the bound was too high: make it exact and look again
            other[i] = best
            continue
        won += best - own[i]
        labels[i] = d
        size[c] -= 1
        size[d] += 1
        mine, yours = a[i], b[i]
        row = S[i]
        for j in range(n):
            pull = row[j] - mine * b[j] - yours * a[j]
            G[c, j] -= pull
            G[d, j] += pull
        G[c, i] -= 2.0 * mine * yours
        G[d, i] += 2.0 * mine * yours
        for j in range(n):
            here = labels[j]
            to_c = G[c, j]
            to_d = G[d, j]
            own[j] = to_c if here == c else (to_d if here == d else own[j])
            bound = other[j]
            bound = max(bound, to_c if here != c else bound)
            other[j] = max(bound, to_d if here != d else bound)
    return won


@njit(cache=True, nogil=True)
def take_apart(S, a, b, labels, k, state):
    """Split each cluster into well-knit parts: lone industries join parts of their own cluster."""
    n = labels.size
    start = np.zeros(k + 1, np.int64)
    for i in range(n):
        start[labels[i] + 1] += 1
    for c in range(k):
        start[c + 1] += start[c]
    at = start[:-1].copy()
    members = np.empty(n, np.int64)
    for i in range(n):
        members[at[labels[i]]] = i
        at[labels[i]] += 1
    parts = np.arange(n)
    size = np.ones(n, np.int64)
    tie = np.zeros(n)
    order = np.arange(n)
    for i in range(n - 1, 0, -1):
        j = _below(state, i + 1)
        order[i], order[j] = order[j], order[i]
    for i in order:
        if size[i] > 1 or parts[i] != i:
            continue
        own = members[start[labels[i]] : start[labels[i] + 1]]
        mine, yours = a[i], b[i]
        row = S[i]
        for j in own:
            tie[parts[j]] = 0.0
        for j in own:
            tie[parts[j]] += row[j] - mine * b[j] - yours * a[j]
        best = i
        most = 0.0
        for j in own:
            if parts[j] != i and tie[parts[j]] > most:
                best = parts[j]
                most = tie[best]
        if best != i:
            size[i] -= 1
            size[best] += 1
            parts[i] = best
    return parts
