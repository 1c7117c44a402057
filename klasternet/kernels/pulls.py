"""What pulls pairs of industries together: the symmetric matrix q of each measure."""

import numpy as np
from numba import njit

UNUSED = np.int8(0)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def pull_flow(W, A, B, gamma, q):
    """Write q = W + W' - gamma (E + E') with E = A B', zero diagonal; the mean absolute row sum."""
    n = W.shape[0]
    r = A.shape[1]
    tile = 32  # both halves of a tile stay in the cache, so the transpose costs no extra pass
    total = 0.0
    for x in range(0, n, tile):
        for y in range(0, x + 1, tile):
            for i in range(x, min(x + tile, n)):
                for j in range(y, min(y + tile, i)):
                    value = W[i, j] + W[j, i]
                    for k in range(r):
                        value -= gamma * (A[i, k] * B[j, k] + A[j, k] * B[i, k])
                    q[i, j] = value
                    q[j, i] = value
                    total += abs(value)
    for i in range(n):
        q[i, i] = 0.0
    return 2.0 * total / n


@njit(cache=True, nogil=True)
def pull_seen(W, E, gamma, share, hide, q):
    """Write q = both directions of W - gamma E / share, hidden cells left out; as `pull_flow`."""
    n = W.shape[0]
    tile = 32
    total = 0.0
    for x in range(0, n, tile):
        for y in range(0, x + 1, tile):
            for i in range(x, min(x + tile, n)):
                for j in range(y, min(y + tile, i)):
                    to = 0.0 if hide[i, j] else W[i, j] - gamma * E[i, j] / share
                    of = 0.0 if hide[j, i] else W[j, i] - gamma * E[j, i] / share
                    q[i, j] = q[j, i] = to + of
                    total += abs(to + of)
    for i in range(n):
        q[i, i] = 0.0
    return 2.0 * total / n
