"""What pulls industries together under the lift measure, leaving hidden cells out."""

import numpy as np
from numba import njit

UNUSED = np.int8(0)


@njit(cache=True)
def pull(lift, kind, hide, theta, q):
    """Write q = both directions of lift - theta, on cells in use; the mean absolute row sum."""
    n = lift.shape[0]
    total = 0.0
    for i in range(n):
        q[i, i] = 0.0
        for j in range(i):
            value = 0.0
            if kind[i, j] != UNUSED and not hide[i, j]:
                value += lift[i, j] - theta
            if kind[j, i] != UNUSED and not hide[j, i]:
                value += lift[j, i] - theta
            q[i, j] = value
            q[j, i] = value
            total += abs(value)
    return 2.0 * total / n
