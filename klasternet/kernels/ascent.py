"""Dual ascent for clique partitioning: multipliers that bring the bound down, without a solver.

x_ij is 1 for two industries in one cluster; pairs i < j are numbered row by row. Every partition
keeps, for disjoint sets S and T,

    x(S:T) - x(S) - x(T) <= min(|S|, |T|)

(Groetschel and Wakabayashi 1990, doi 10.1007/BF01582256), so that for any multipliers y >= 0

    sum_r y_r b_r + sum over pairs of max(0, q_ij - (A'y)_ij)

bounds every partition's sum. A proximal step maximises q'x - sum_e (x_e - x0_e)^2 / (2 step_e)
over 0 <= x <= 1 and the rows at hand, by passes of coordinate ascent over their multipliers
(Hildreth 1957, doi 10.1002/nav.3800040113); its solution is the next x0.

Triangles, one industry against two, are three pairs each: the first two count +1, the third -1.
All other rows lie one after another in one array, with their first `plus` entries +1, the others
-1.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

UNIT = 2.0**-53  # unit roundoff


@register_jitable
def _clip(v):
    return min(max(v, 0.0), 1.0)


@register_jitable
def _triangle_pass(z, step, pairs, y, forward):
    """One pass of coordinate ascent over all triangles, in place."""
    m = y.size
    for k in range(m):
        i = k if forward else m - 1 - k
        a = pairs[i, 0]
        b = pairs[i, 1]
        c = pairs[i, 2]
        over = _clip(z[a]) + _clip(z[b]) - _clip(z[c]) - 1.0
        if over <= 0.0 and y[i] == 0.0:
            continue
        d = max(-y[i], over / (step[a] + step[b] + step[c]))
        y[i] += d
        z[a] -= d * step[a]
        z[b] -= d * step[b]
        z[c] += d * step[c]


@register_jitable
def _row_pass(z, step, start, pairs, plus, right, y, forward):
    """One pass of coordinate ascent over all other rows, in place."""
    m = y.size
    for k in range(m):
        i = k if forward else m - 1 - k
        middle = start[i] + plus[i]
        over = -right[i]
        size = 0.0
        for e in range(start[i], middle):
            over += _clip(z[pairs[e]])
            size += step[pairs[e]]
        for e in range(middle, start[i + 1]):
            over -= _clip(z[pairs[e]])
            size += step[pairs[e]]
        if over <= 0.0 and y[i] == 0.0:
            continue
        d = max(-y[i], over / size)
        y[i] += d
        for e in range(start[i], middle):
            z[pairs[e]] -= d * step[pairs[e]]
        for e in range(middle, start[i + 1]):
            z[pairs[e]] += d * step[pairs[e]]


@njit(cache=True, nogil=True)
def ascend(q, step, x0, triangles, y3, start, pairs, plus, right, y, rounds, passes):
    """Proximal steps from x0 and the multipliers y3, y, all in place; the last bound, unsafe.

    Loops stand for NumPy's expressions, each of which would be compiled anew.
    """
    bound = 0.0
    z = np.empty(q.size)
    for _ in range(rounds):
        for e in range(q.size):
            z[e] = q[e]
        for i in range(y3.size):
            z[triangles[i, 0]] -= y3[i]
            z[triangles[i, 1]] -= y3[i]
            z[triangles[i, 2]] += y3[i]
        for i in range(y.size):
            middle = start[i] + plus[i]
            for e in range(start[i], middle):
                z[pairs[e]] -= y[i]
            for e in range(middle, start[i + 1]):
                z[pairs[e]] += y[i]
        for e in range(q.size):
            z[e] = x0[e] + step[e] * z[e]
        for p in range(passes):
            _triangle_pass(z, step, triangles, y3, p % 2 == 0)
            _row_pass(z, step, start, pairs, plus, right, y, p % 2 == 0)
        bound, others = 0.0, 0.0
        for i in range(y3.size):
            bound += y3[i]
        for i in range(y.size):
            others += y[i] * right[i]
        bound += others
        for e in range(q.size):
            bound += max(0.0, (z[e] - x0[e]) / step[e])
            x0[e] = _clip(z[e])
    return bound


def reduced(
    q: np.ndarray, start: np.ndarray, pairs: np.ndarray, plus: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """r = q - A'y of all pairs, and how far rounding can have moved each.

    Of k terms added up one after the other, each sum is off by at most (k - 1) u / (1 - (k - 1) u)
    times the sum of their sizes (Higham 2002, doi 10.1137/1.9780898718027, section 4.2); twice
    that covers the rounding of the sizes themselves.
    """
    length = np.diff(start)
    by = np.repeat(y, length)
    first = np.arange(len(pairs)) < np.repeat(start[:-1] + plus, length)
    m = len(q)
    at = np.concatenate([np.arange(m), pairs])
    r = np.bincount(at, np.concatenate([q, np.where(first, -by, by)]), m)
    size = np.bincount(at, np.concatenate([np.abs(q), by]), m)
    return r, size * (2.0 * UNIT * np.bincount(at, minlength=m))
