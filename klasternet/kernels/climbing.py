"""Local moves under a score that somebody brought, at compiled speed.

A score is a compiled function of sums, of one cluster or of the whole partition:

    of="clusters"   Q = sum_c score(inside_c, sold_c, bought_c, size_c, total, n)
    of="partition"  Q = score(inside, expected, pairs, total, all_pairs)

inside: ties within, loops too; sold, bought: all ties of the members; expected: sum_c sold_c
bought_c / total; pairs: ordered pairs within clusters. `mover` wraps it into what a move changes,
and `climb` is compiled anew for each: a score is inlined, not called back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

__all__ = ["climb", "compiled", "mover"]

INSIDE, SOLD, BOUGHT, SIZE = range(4)
SWEEPS = 1_000  # no score, however odd, makes an endless loop
LEAST = 1e-12  # gain, relative to what it is taken from, below which it is rounding


@lru_cache(maxsize=32)
def compiled(score: Callable[..., float]) -> Any:
    """The score as numba compiles it; one that is compiled already stays."""
    return score if hasattr(score, "py_func") else njit(score)


@lru_cache(maxsize=32)
def mover(score: Any, of: str) -> Any:
    """What a move of node i from cluster a to b changes in Q, and in the totals."""

    @njit
    def by_clusters(C, a, b, s, i, to_a, to_b, T, total, n):
        Q = score(C[a, 0], C[a, 1], C[a, 2], C[a, 3], total, n)
        left = C[a, 3] - s[i, 3]
        R = 0.0
        if left > 0:
            w = C[a, 0] - to_a - s[i, 0]
            R += score(w, C[a, 1] - s[i, 1], C[a, 2] - s[i, 2], left, total, n)
        if C[b, 3] > 0:
            Q += score(C[b, 0], C[b, 1], C[b, 2], C[b, 3], total, n)
        w = C[b, 0] + to_b + s[i, 0]
        R += score(w, C[b, 1] + s[i, 1], C[b, 2] + s[i, 2], C[b, 3] + s[i, 3], total, n)
        return R - Q, abs(Q) + abs(R)

    @njit
    def by_partition(C, a, b, s, i, to_a, to_b, T, total, n):
        out, inn, m = s[i, 1], s[i, 2], s[i, 3]
        E = (C[b, 1] * inn + out * C[b, 2]) - (C[a, 1] - out) * inn - out * (C[a, 2] - inn)
        P = 2 * m * (C[b, 3] - C[a, 3] + m)
        every = n * (n - 1)
        Q = score(T[0], T[1], T[2], total, every)
        R = score(T[0] + to_b - to_a, T[1] + E / total, T[2] + P, total, every)
        return R - Q, abs(Q) + abs(R)

    return by_clusters if of == "clusters" else by_partition


@njit
def climb(indptr, indices, data, s, label, T, change, total, n, order):
    """Move nodes while Q rises; `label` is changed in place, and the number of moves returned.

    indptr, indices, data: rows of ties both ways without loops; s: (nodes, 4) inside, sold,
    bought, size; T: (3,) inside, expected, pairs of the partition; order: of visits.
    """
    nodes = len(label)
    C = np.zeros((nodes + 1, 4))
    for i in range(nodes):
        C[label[i]] += s[i]
        for p in range(indptr[i], indptr[i + 1]):
            if label[indices[p]] == label[i]:
                C[label[i], 0] += 0.5 * data[p]
    free = np.empty(nodes + 1, np.int64)  # clusters without members
    spare = 0
    for c in range(nodes + 1):
        if C[c, 3] == 0:
            free[spare] = c
            spare += 1
    to = np.zeros(nodes + 1)
    touched = np.empty(nodes + 1, np.int64)
    moves = 0
    for _ in range(SWEEPS):
        moved = 0
        for i in order:
            a = label[i]
            count = 0
            for p in range(indptr[i], indptr[i + 1]):
                c = label[indices[p]]
                if to[c] == 0 and data[p] != 0:
                    touched[count] = c
                    count += 1
                to[c] += data[p]
            if C[a, 3] > s[i, 3]:
                touched[count] = free[spare - 1]  # to be alone
                count += 1
            best, gain = a, 0.0
            for k in range(count):
                b = touched[k]
                if b != a:
                    up, of = change(C, a, b, s, i, to[a], to[b], T, total, n)
                    if up > gain and up > LEAST * of:
                        best, gain = b, up
            if best != a:
                alone = C[a, 3] == s[i, 3]
                opened = C[best, 3] == 0
                out, inn, m = s[i, 1], s[i, 2], s[i, 3]
                T[0] += to[best] - to[a]
                T[1] += (C[best, 1] * inn + out * C[best, 2]) / total
                T[1] -= ((C[a, 1] - out) * inn + out * (C[a, 2] - inn)) / total
                T[2] += 2 * m * (C[best, 3] - C[a, 3] + m)
                C[a] -= s[i]
                C[a, 0] -= to[a]
                C[best] += s[i]
                C[best, 0] += to[best]
                if opened:
                    spare -= 1
                if alone:
                    C[a] = 0.0
                    free[spare] = a
                    spare += 1
                label[i] = best
                moved += 1
            for k in range(count):
                to[touched[k]] = 0.0
        moves += moved
        if not moved:
            break
    return moves
