"""Pairs of industries, numbered row by row, and the inequalities that every partition keeps.

x_ij is 1 for two industries in one cluster. For disjoint sets S and T every partition keeps

    x(S:T) - x(S) - x(T) <= min(|S|, |T|)

(Groetschel and Wakabayashi 1990, doi 10.1007/BF01582256). One industry against two is the triangle
inequality x_st + x_su - x_tu <= 1: whoever shares a cluster with both has both in one cluster.
"""

import numpy as np
from numba.extending import register_jitable


@register_jitable
def pair(i, j, n):
    """Number of the pair of i and j."""
    if i > j:
        i, j = j, i
    return i * n - i * (i + 1) // 2 + j - i - 1


def spread(x: np.ndarray, n: int) -> np.ndarray:
    """The symmetric matrix (n, n) of the values of all pairs, ones on the diagonal."""
    number = np.arange(n)
    X = np.zeros((n, n))
    X[number[:, None] < number] = x
    X += X.T
    np.fill_diagonal(X, 1.0)
    return X


def triangle_rows(found: np.ndarray, n: int) -> np.ndarray:
    """Columns (m, 3) of triangles; their entries are 1, 1, -1, their right side 1."""
    one, other = found.take([0, 0, 1], axis=1), found.take([1, 2, 2], axis=1)
    i, j = np.minimum(one, other), np.maximum(one, other)
    return i * n - i * (i + 1) // 2 + j - i - 1
