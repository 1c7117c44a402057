"""Slow twins of compiled kernels, in plain Python: what each says it computes, and nothing clever.

Kernels whose answer is a search have none; what they find is held against all partitions.
"""

import math
from itertools import combinations

import numpy as np

# ------------------------------------------------------------------------------------- bounds


def pair_number(i, j, n):
    """Place of a pair among all, row by row."""
    return list(combinations(range(n), 2)).index((min(i, j), max(i, j)))


def inequality(S, T, n):
    """Coefficients of x(S:T) - x(S) - x(T) over all pairs, and the right side."""
    row = [0.0] * (n * (n - 1) // 2)
    for i, j in combinations([*S, *T], 2):
        row[pair_number(i, j, n)] = 1.0 if (i in S) != (j in S) else -1.0
    return row, float(min(len(S), len(T)))


def dual(q, rows, y):
    """sum y b + sum max(0, q - A'y)."""
    left = list(q)
    for (row, _), value in zip(rows, y, strict=True):
        left = [v - value * c for v, c in zip(left, row, strict=True)]
    return sum(v * right for (_, right), v in zip(rows, y, strict=True)) + sum(
        max(0.0, v) for v in left
    )


def broken_triangles(X, least):
    """All (s, t, u), t > u, with x_st + x_su - x_tu - 1 of at least `least`: how much."""
    n = len(X)
    out = {}
    for s in range(n):
        for t in range(n):
            for u in range(t):
                if s not in (t, u):
                    over = X[s][t] + X[s][u] - X[t][u] - 1.0
                    if over >= least and X[s][t] >= least and X[s][u] >= least:
                        out[s, t, u] = over
    return out


# ------------------------------------------------------------------------------- large tables


def pulls(S, a, b):
    """q_ij = S_ij - a_i b_j - b_i a_j, zero diagonal."""
    n = len(S)
    return [
        [float(S[i][j]) - a[i] * b[j] - b[i] * a[j] if i != j else 0.0 for j in range(n)]
        for i in range(n)
    ]


def between(q, groups, k):
    """q added up over pairs of groups, zero diagonal."""
    out = np.zeros((k, k))
    for i in range(len(q)):
        for j in range(len(q)):
            if groups[i] != groups[j]:
                out[groups[i], groups[j]] += q[i][j]
    return out


def best_partners(q):
    """Groups of everybody and their best partner, a set of frozensets; None where two tie."""
    n = len(q)
    group = [{i} for i in range(n)]
    for i in range(n):
        top = max(q[i])
        if top > 0:
            ties = [j for j in range(n) if q[i][j] > top - 1e-5 * max(map(abs, q[i]))]
            if len(ties) > 1:
                return None
            joined = group[i] | group[ties[0]]
            for k in joined:
                group[k] = joined
    return {frozenset(g) for g in group}


def two_way_round(y, use, a, b):
    """One round of row means given b, then column means given these."""
    n = len(y)
    a, b = list(a), list(b)
    for i in range(n):
        seen = [y[i][j] - b[j] for j in range(n) if use[i][j]]
        a[i] = sum(seen) / len(seen) if seen else a[i]
    left = [y[i][j] - a[i] - b[j] for i in range(n) for j in range(n) if use[i][j]]
    for j in range(n):
        seen = [y[i][j] - a[i] for i in range(n) if use[i][j]]
        b[j] = sum(seen) / len(seen) if seen else b[j]
    return a, b, sum(v * v for v in left) / max(len(left), 1)


def four_way_round(y, use, a, b, s, t, shared, clip, shrink, free):
    """Means and scales of rows given the columns', then of columns; scales of columns average 1.

    Each mean square is drawn towards that of all, `shared`, as if `shrink` more cells had it.
    """
    y, a, b, s, t = np.where(use, y, 0.0), a.copy(), b.copy(), s.copy(), t.copy()

    def squares():
        e = np.clip((y - a[:, None] - b) / np.outer(s, t), -clip, clip)
        return np.where(use, e * e, 0.0) * np.outer(s, t) ** 2

    i, j = use.any(axis=1), use.any(axis=0)
    a[i] = (((y - b) * use / t**2).sum(axis=1) / np.maximum((use / t**2).sum(axis=1), 1e-300))[i]
    by_row = (squares() / t**2).sum(axis=1)
    seen = use.sum(axis=1)
    s[i] = np.sqrt((by_row / free + shrink * shared[0]) / (seen + shrink))[i]
    heavy = use / s[:, None] ** 2
    by_column = (squares() / s[:, None] ** 2).sum(axis=0)
    means = (heavy * (y - a[:, None])).sum(axis=0) / np.maximum(heavy.sum(axis=0), 1e-300)
    both = np.array([by_row.sum(), by_column.sum()]) / (use.sum() * free)
    b[j] = means[j]
    t[j] = np.sqrt((by_column / free + shrink * both[1]) / (use.sum(axis=0) + shrink))[j]
    level = math.exp(np.log(t[j]).mean())
    return a, b, s * level, t / level, both * [level**2, level**-2]


# ---------------------------------------------------------------------------- compressed rows


def full(ptr, neighbour, weight, n=None):
    """Compressed rows as a full matrix, repeated entries added up."""
    rows = len(ptr) - 1
    out = np.zeros((rows, n or rows))
    for i in range(rows):
        for e in range(ptr[i], ptr[i + 1]):
            out[i, neighbour[e]] += weight[e]
    return out


def first_seen(labels):
    """Labels numbered by first appearance."""
    known = {}
    return [known.setdefault(int(c), len(known)) for c in labels]


def connected_parts(S, labels):
    """A number for each connected part of each community, by first appearance."""
    n, part = len(S), {}
    for first in range(n):
        if first in part:
            continue
        stack = [first]
        while stack:
            i = stack.pop()
            if i not in part:
                part[i] = first
                stack += [j for j in range(n) if S[i][j] and labels[i] == labels[j]]
    return first_seen([part[i] for i in range(n)])


def neumaier(values):
    """Sum as Python adds floats from 3.12 on: what is lost is added at the end."""
    total = lost = 0.0
    for x in values:
        new = total + x
        lost += (total - new) + x if abs(total) >= abs(x) else (x - new) + total
        total = new
    return total + lost


# ------------------------------------------------------------------------------------- planes


def inside_box(p, box):
    """Whether a point lies in a box given by its middle and half its sides."""
    return abs(p[0] - box[0]) <= box[2] and abs(p[1] - box[1]) <= box[3]


def from_segment(p, a, b):
    """Distance of a point from a segment."""
    ux, uy = b[0] - a[0], b[1] - a[1]
    size = ux * ux + uy * uy
    t = 0.0 if size == 0 else ((p[0] - a[0]) * ux + (p[1] - a[1]) * uy) / size
    t = min(max(t, 0.0), 1.0)
    return math.hypot(p[0] - a[0] - t * ux, p[1] - a[1] - t * uy)


def from_box(p, box):
    """Distance of a point from a box."""
    return math.hypot(max(abs(p[0] - box[0]) - box[2], 0), max(abs(p[1] - box[1]) - box[3], 0))


def turn(a, b, c):
    """Twice the area of a triangle, with the sign of its direction."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def segments_cross(a, b, c, d):
    """Whether the ends of each lie on both sides of the other."""
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def segment_meets_box(a, b, box):
    """Whether a segment has a point in a box: an end in it, or it crosses one of its sides."""
    if inside_box(a, box) or inside_box(b, box):
        return True
    x, y, w, h = box
    corners = [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)]
    return any(segments_cross(a, b, corners[k], corners[k - 1]) for k in range(4))


# ------------------------------------------------------------------- ties less what is expected


def expected_both_ways(mass, i, j):
    """sum_r A_ir B_jr + B_ir A_jr, masses lying as A_1 B_1 A_2 B_2 ..."""
    return sum(
        mass[i, q] * mass[j, q + 1] + mass[i, q + 1] * mass[j, q]
        for q in range(0, mass.shape[1], 2)
    )


def quality(S, mass, labels):
    """Ties less what is expected, over pairs within communities."""
    return sum(
        S[i, j] - expected_both_ways(mass, i, j)
        for i, j in combinations(range(len(S)), 2)
        if labels[i] == labels[j]
    )


def gains_of(S, mass, labels, i, near):
    """What a node has with the others of its own community and of those of its neighbours."""
    return {
        c: sum(
            S[i, j] - expected_both_ways(mass, i, j)
            for j in range(len(S))
            if labels[j] == c and j != i
        )
        for c in {int(labels[j]) for j in [i, *near]}
    }
