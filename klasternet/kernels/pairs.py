"""How far apart points are: pairs counted by distance, without holding a distance of any.

A pair is shared between the two nearest of equally spaced distances, so that sums over the
counts equal sums over the pairs to second order in the spacing.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def pairs_by_distance(x, y, z, w, step, bins):
    """Weight of pairs at straight distances 0, step, ..., (bins - 1) step; no pair beyond."""
    out = np.zeros(bins + 2)
    n = len(x)
    per, last = 1.0 / step, float(bins)
    at = np.empty(n)
    for i in range(n):
        p, q, r, v = x[i], y[i], z[i], w[i]
        for j in range(i + 1, n):  # apart from the sums, so that it runs on vectors
            a, b, c = p - x[j], q - y[j], r - z[j]
            at[j] = min(np.sqrt(a * a + b * b + c * c) * per, last)
        for j in range(i + 1, n):
            k = np.int32(at[j])
            share = v * w[j]
            over = (at[j] - k) * share
            out[k] += share - over
            out[k + 1] += over
    return out[:bins]
