"""How far apart points are: pairs counted by distance, without holding a distance of any.

A pair is shared between the two nearest of equally spaced distances, so that sums over the
counts equal sums over the pairs to second order in the spacing.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def flat_pairs(x, y, w, step, bins):
    """Weight of pairs at distances 0, step, ..., (bins - 1) step; those beyond are left out."""
    out = np.zeros(bins + 1)
    n, most = len(x), bins - 1.0
    per = 1.0 / step
    for i in range(n):
        for j in range(i + 1, n):
            a, b = x[i] - x[j], y[i] - y[j]
            at = np.sqrt(a * a + b * b) * per
            if at < most:
                k = int(at)
                share = w[i] * w[j]
                over = (at - k) * share
                out[k] += share - over
                out[k + 1] += over
    return out[:bins]


@njit(cache=True, nogil=True, fastmath=True)
def round_pairs(u, w, radius, step, bins):
    """The same on a sphere: u are unit vectors, shape (n, 3), distances along great circles."""
    out = np.zeros(bins + 1)
    n, most = len(u), bins - 1.0
    reach = min(most * step / (2.0 * radius), np.pi / 2.0)
    chord = 4.0 * np.sin(reach) ** 2
    per = 2.0 * radius / step
    for i in range(n):
        for j in range(i + 1, n):
            a, b, c = u[i, 0] - u[j, 0], u[i, 1] - u[j, 1], u[i, 2] - u[j, 2]
            square = a * a + b * b + c * c
            if square <= chord:
                at = np.arcsin(min(1.0, 0.5 * np.sqrt(square))) * per
                k = int(at)
                if k < bins:
                    share = w[i] * w[j]
                    over = (at - k) * share
                    out[k] += share - over
                    out[k + 1] += over
    return out[:bins]
