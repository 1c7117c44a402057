"""Pairs of industries, numbered row by row, and the inequalities that every partition keeps.

x_ij is 1 for two industries in one cluster. For disjoint sets S and T every partition keeps

    x(S:T) - x(S) - x(T) <= min(|S|, |T|)

(Groetschel and Wakabayashi 1990, doi 10.1007/BF01582256). One industry against two is the triangle
inequality x_st + x_su - x_tu <= 1: whoever shares a cluster with both has both in one cluster.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def pair(i, j, n):
    """Number of the pair of i and j."""
    if i > j:
        i, j = j, i
    return i * n - i * (i + 1) // 2 + j - i - 1


@njit(cache=True, nogil=True)
def spread(x, n):
    """The symmetric matrix (n, n) of the values of all pairs, ones on the diagonal."""
    X = np.empty((n, n))
    k = 0
    for i in range(n):
        X[i, i] = 1.0
        for j in range(i + 1, n):
            X[i, j] = x[k]
            X[j, i] = x[k]
            k += 1
    return X


@njit(cache=True, nogil=True)
def triangle_rows(found, n):
    """Columns (m, 3) of triangles; their entries are 1, 1, -1, their right side 1."""
    columns = np.empty(found.shape, np.int32)
    for k in range(found.shape[0]):
        columns[k, 0] = pair(found[k, 0], found[k, 1], n)
        columns[k, 1] = pair(found[k, 0], found[k, 2], n)
        columns[k, 2] = pair(found[k, 1], found[k, 2], n)
    return columns
