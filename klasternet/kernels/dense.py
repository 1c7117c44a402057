"""Clustering a dense symmetric matrix: labels that maximise the sum of q within clusters.

The steps of a Leiden of our own for a signed matrix (single moves, refinement, aggregation), and
an iterated perturbation; `detectors.searching` puts them together. The state of the search is K,
clusters by industries: K[c, j] = sum of q[i, j] over i in c. A move updates two rows of K, so it
costs O(n). An upper bound of the best other place of every industry is kept beside it, and made
exact only for the industry that seems to gain most, so those that stay are never looked at twice.
The diagonal of q must be zero. Only gains above `eps` count; every loop has a limit, and an end.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from . import wrapping

MAX_MOVES = 100  # moves of one local search, per industry, at most
# Hard shakes that come first. A large table is easy if two in three of them lead straight back, or
# seven in twelve of twice as many: then no more are needed.
TRIALS = 6
LARGE = 250  # industries; smaller tables cost too little to stop early
REFRESH = 64  # perturbations between two fresh sums of K: rounding cannot pile up


@wrapping
def _below(state, k):
    """A random integer in 0 .. k - 1 (splitmix64; state is an array of one uint64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64(((z ^ (z >> np.uint64(31))) >> np.uint64(11)) % np.uint64(k))


@njit(cache=True, nogil=True)
def compact(labels):
    """Renumber labels 0, 1, ... by first appearance, in place; return how many there are."""
    top = 0
    for i in range(labels.size):
        top = max(top, labels[i])
    seen = np.empty(top + 1, np.int64)
    for c in range(top + 1):
        seen[c] = -1
    k = 0
    for i in range(labels.size):
        if seen[labels[i]] < 0:
            seen[labels[i]] = k
            k += 1
        labels[i] = seen[labels[i]]
    return k


@njit(cache=True, nogil=True)
def within(q, labels):
    """Sum of q over unordered pairs in the same cluster."""
    n = labels.size
    total = 0.0
    for i in range(n):
        for j in range(i):
            if labels[i] == labels[j]:
                total += q[i, j]
    return total


@njit(cache=True, nogil=True)
def load(q, labels, K, size):
    """Fill K and size from labels; return the number of the last cluster plus one."""
    n = labels.size
    k = 0
    for i in range(n):
        k = max(k, labels[i] + 1)
    for c in range(size.size):
        size[c] = 0
    for c in range(k):  # rows beyond are cleared when they come into use
        for j in range(n):
            K[c, j] = 0.0
    for i in range(n):
        c = labels[i]
        size[c] += 1
        for j in range(n):
            K[c, j] += q[i, j]
    return k


@njit(cache=True, nogil=True)
def _shift(q, labels, K, size, i, d):
    """Move industry i to cluster d; return the gain."""
    c = labels[i]
    gain = K[d, i] - K[c, i]
    labels[i] = d
    size[c] -= 1
    size[d] += 1
    for j in range(labels.size):
        K[c, j] -= q[i, j]
        K[d, j] += q[i, j]
    if size[c] == 0:
        for j in range(labels.size):
            K[c, j] = 0.0
    return gain


@njit(cache=True, nogil=True)
def _open(K, d, k):
    """Make row d ready for a new cluster; the number of rows in use."""
    if d < k:
        return k
    for j in range(K.shape[1]):
        K[d, j] = 0.0
    return d + 1


@njit(cache=True, nogil=True)
def local_moves(q, labels, K, size, k, eps):
    """Steepest single moves until none gains more than eps, in place; (gain, k).

    K and size have room for n + 1 clusters; k bounds the numbers in use.
    """
    n = labels.size
    own = np.empty(n)  # K[labels[j], j]
    other = np.empty(n)  # no other cluster has more than this, a new one (worth 0) included
    for j in range(n):
        own[j] = K[labels[j], j]
        other[j] = 0.0
    for c in range(k):  # row by row: the order in which K lies in memory
        if size[c] > 0:
            for j in range(n):
                other[j] = max(other[j], K[c, j] if labels[j] != c else 0.0)
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
        best = 0.0 if size[c] > 1 else -np.inf  # to leave a cluster of one for a new one is no move
        for x in range(k):
            if K[x, i] > best and x != c and size[x] > 0:
                best = K[x, i]
                d = x
        if best < other[i]:  # the bound was too high: make it exact and look again
            other[i] = best
            continue
        if d < 0:
            d = 0
            while d < k and size[d] > 0:
                d += 1
            k = _open(K, d, k)
        won += _shift(q, labels, K, size, i, d)
        for j in range(n):
            here = labels[j]
            to_c = K[c, j]
            to_d = K[d, j]
            own[j] = to_c if here == c else (to_d if here == d else own[j])
            bound = max(other[j], 0.0)
            bound = max(bound, to_c if here != c else bound)
            other[j] = max(bound, to_d if here != d else bound)
    return won, k


@njit(cache=True, nogil=True)
def aggregate(q, groups, k):
    """Sum q over groups x groups; zero diagonal."""
    n = groups.size
    half = np.empty((k, n))
    out = np.empty((k, k))
    for g in range(k):
        for j in range(n):
            half[g, j] = 0.0
        for h in range(k):
            out[g, h] = 0.0
    for i in range(n):
        g = groups[i]
        for j in range(n):
            half[g, j] += q[i, j]
    for g in range(k):
        for j in range(n):
            out[g, groups[j]] += half[g, j]
        out[g, g] = 0.0
    return out


@njit(cache=True, nogil=True)
def pair_up(q):
    """A first partition in one pass: everybody in the cluster of their best partner."""
    n = q.shape[0]
    labels = np.empty(n, np.int64)
    for i in range(n):
        labels[i] = i
    for i in range(n):
        top = 0.0
        best = i
        row = q[i]
        for j in range(n):
            if row[j] > top:
                top = row[j]
                best = j
        x = i  # union of the two, the lower number leading
        while labels[x] != x:
            x = labels[x]
        y = best
        while labels[y] != y:
            y = labels[y]
        labels[max(x, y)] = min(x, y)
    for i in range(n):
        labels[i] = labels[labels[i]]
    compact(labels)
    return labels


@njit(cache=True, nogil=True)
def refine(q, labels, state):
    """Split each cluster into well-knit parts: lone industries join parts of their own cluster."""
    n = labels.size
    k = 0
    for i in range(n):
        k = max(k, labels[i] + 1)
    start = np.empty(k + 1, np.int64)
    filled = np.empty(k + 1, np.int64)
    for c in range(k + 1):
        start[c] = filled[c] = 0
    for i in range(n):
        start[labels[i] + 1] += 1
    for c in range(k):
        start[c + 1] += start[c]
    members = np.empty(n, np.int64)
    for i in range(n):
        c = labels[i]
        members[start[c] + filled[c]] = i
        filled[c] += 1
    parts = np.empty(n, np.int64)
    size = np.empty(n, np.int64)
    tie = np.empty(n)
    order = np.empty(n, np.int64)
    for i in range(n):
        parts[i] = order[i] = i
        size[i], tie[i] = 1, 0.0
    for i in range(n - 1, 0, -1):
        j = _below(state, i + 1)
        order[i], order[j] = order[j], order[i]
    for at in range(n):
        i = order[at]
        if size[i] > 1 or parts[i] != i:
            continue
        first, last = start[labels[i]], start[labels[i] + 1]
        for m in range(first, last):
            tie[parts[members[m]]] = 0.0
        for m in range(first, last):
            tie[parts[members[m]]] += q[i, members[m]]
        best = i
        for m in range(first, last):
            j = members[m]
            if parts[j] != i and tie[parts[j]] > max(tie[best], 0.0):
                best = parts[j]
        if best != i:
            size[i] -= 1
            size[best] += 1
            parts[i] = best
    return parts


@register_jitable
def settle(q, labels, eps):
    """Local moves from labels, in place, then renumbered; the gain."""
    n = labels.size
    K = np.empty((n + 1, n))
    size = np.empty(n + 1, np.int64)
    won, _k = local_moves(q, labels, K, size, load(q, labels, K, size), eps)
    compact(labels)
    return won


@register_jitable
def _shake(q, labels, K, size, k, hard, state):
    """Dissolve a cluster among the others, split one, or send a handful elsewhere; (gain, k).

    hard : send a third of all industries elsewhere.
    """
    n = labels.size
    gain = 0.0
    kind = 2 if hard else _below(state, np.int64(3))
    c = labels[_below(state, n)]
    free = 0
    while free < k and size[free] > 0:
        free += 1
    k = _open(K, free, k)
    if kind == 2:
        for _ in range(n // 3 if hard else 1 + _below(state, 1 + n // 20)):
            i = _below(state, n)
            d = _below(state, k)
            if d != labels[i]:
                gain += _shift(q, labels, K, size, i, d)
        return gain, k
    for i in range(n):
        if labels[i] == c and (kind == 0 or _below(state, np.int64(2)) == 0):
            d = _below(state, k) if kind == 0 else free
            if d != c:
                gain += _shift(q, labels, K, size, i, d)
    return gain, k


@register_jitable
def _merge(labels, K, size, k, eps):
    """Join the pair of clusters that gains most, again and again, in place; the gain."""
    n = labels.size
    B = np.empty((k, k))
    for c in range(k):
        for d in range(k):
            B[c, d] = 0.0
        if size[c] > 0:
            for j in range(n):
                B[c, labels[j]] += K[c, j]
    won = 0.0
    while True:
        top = eps
        x, y = -1, -1
        for c in range(k):
            for d in range(c):
                if B[c, d] > top:
                    top, x, y = B[c, d], c, d
        if x < 0:
            return won
        won += top
        size[y] += size[x]
        size[x] = 0
        for j in range(n):
            K[y, j] += K[x, j]
            K[x, j] = 0.0
            if labels[j] == x:
                labels[j] = y
        for c in range(k):
            B[y, c] += B[x, c]
            B[c, y] = B[y, c]
        for c in range(k):
            B[x, c] = 0.0
            B[c, x] = 0.0


@njit(cache=True, nogil=True)
def perturb(q, labels, eps, steps, patience, state):
    """Iterated local search in place: shake, search, keep what is not worse.

    Ends after `steps` shakes, after `patience` in a row without a better partition, or when the
    first, hard ones mostly lead straight back. Returns the gain and whether that was so.
    """
    n = labels.size
    K = np.empty((n + 1, n))
    size = np.empty(n + 1, np.int64)
    k = load(q, labels, K, size)
    kept = np.empty(n, np.int64)
    kept_K = np.empty((n + 1, n))
    kept_size = np.empty(n + 1, np.int64)
    kept_k = k
    gain, total = 0.0, 0.0
    idle, back = 0, 0
    easy = False
    hard = 2 * TRIALS if n >= LARGE else TRIALS
    for step in range(steps + 1):
        if gain >= -eps:
            total += gain
            if step % REFRESH == 0:
                compact(labels)
                k = load(q, labels, K, size)
            kept_k = k
            for i in range(n):
                kept[i] = labels[i]
            for c in range(k):
                kept_size[c] = size[c]
                for j in range(n):
                    kept_K[c, j] = K[c, j]
        else:
            for i in range(n):
                labels[i] = kept[i]
            for c in range(k):
                size[c] = kept_size[c] if c < kept_k else 0
                for j in range(n):
                    K[c, j] = kept_K[c, j] if c < kept_k else 0.0
            k = kept_k
        idle = 0 if gain > eps else idle + 1
        back += step > 0 and abs(gain) <= eps
        easy = n >= LARGE and (
            (step == TRIALS and 3 * back >= 2 * TRIALS)
            or (step == 2 * TRIALS and 12 * back >= 7 * 2 * TRIALS)
        )
        if step == steps or idle > patience or easy:
            break
        gain, k = _shake(q, labels, K, size, k, step < hard, state)
        for turn in range(2):
            more, k = local_moves(q, labels, K, size, k, eps)
            joined = _merge(labels, K, size, k, eps) if turn == 0 else 0.0
            gain += more + joined
            if joined == 0.0:
                break
    compact(labels)
    return total, easy
