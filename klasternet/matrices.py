"""One set of verbs for dense and sparse matrices, so that no caller asks which it has.

A matrix is a float64 ndarray or a canonical `scipy.sparse.csr_array`; nothing turns one into
the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from .errors import ConvergenceError

__all__ = [
    "LARGE",
    "Matrix",
    "canonical",
    "cells",
    "column_sums",
    "freeze",
    "margins",
    "row_sums",
    "spectral_radius",
    "square",
    "without_diagonal",
]

LARGE = 2_000  # industries above which a dense table is large: shared, and read as seldom as can be

Matrix = Any  # np.ndarray or scipy.sparse.csr_array


def freeze(matrix: Any) -> Any:
    """Make an array, or the arrays of a sparse matrix, read-only; return it."""
    parts: tuple[Any, ...] = () if matrix is None else (matrix,)
    if sparse.issparse(matrix):
        parts = (matrix.data, matrix.indices, matrix.indptr)
    for part in parts:
        part.setflags(write=False)
    return matrix


def canonical(W: sparse.csr_array) -> sparse.csr_array:
    """Sum doubled entries, drop zeros and sort, in place; return W."""
    W.sum_duplicates()
    if W.nnz and not W.data.all():
        W.eliminate_zeros()
    return W


def row_sums(W: Matrix) -> np.ndarray:
    """Sum of each row, shape (n,)."""
    return np.asarray(W.sum(axis=1)).ravel()


def column_sums(W: Matrix) -> np.ndarray:
    """Sum of each column, shape (n,)."""
    return np.asarray(W.sum(axis=0)).ravel()


def margins(W: Matrix) -> tuple[float, np.ndarray, np.ndarray]:
    """Lowest cell, row sums and column sums, passing once over the memory."""
    if sparse.issparse(W):
        return float(W.data.min()) if W.nnz else 0.0, row_sums(W), column_sums(W)
    n = len(W)
    step = max(1, 200_000 // max(n, 1))  # blocks that stay in the cache
    low, rows, columns = np.inf, np.empty(n), np.zeros(n)
    for start in range(0, n, step):
        block = W[start : start + step]
        low = min(low, float(block.min()))
        rows[start : start + step] = block.sum(axis=1)
        columns += block.sum(axis=0)
    return low, rows, columns


def cells(
    W: Matrix, wanted: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of the cells for whose values `wanted` holds."""
    if sparse.issparse(W):
        W = W.tocoo()
        keep = wanted(W.data)
        return W.row[keep], W.col[keep], W.data[keep]
    i, j = np.nonzero(wanted(W))
    return i, j, W[i, j]


def square(W: Matrix, at: np.ndarray) -> Matrix:
    """The matrix of some rows and the same columns."""
    if sparse.issparse(W):
        return canonical(sparse.csr_array(W[at][:, at]))
    return np.ascontiguousarray(W[np.ix_(at, at)])


def without_diagonal(W: Matrix) -> Matrix:
    """The matrix with a zero diagonal, read-only; W itself where its diagonal is zero."""
    if not W.diagonal().any():
        return W
    if not sparse.issparse(W):
        W = W.copy()
        np.fill_diagonal(W, 0.0)
        return freeze(W)
    rows = np.repeat(np.arange(W.shape[0], dtype=W.indices.dtype), np.diff(W.indptr))
    keep = rows != W.indices
    starts = np.concatenate([[0], np.cumsum(keep)])[W.indptr].astype(W.indptr.dtype)
    out = sparse.csr_array((W.data[keep], W.indices[keep], starts), shape=W.shape)
    out.has_canonical_format = True
    return freeze(out)


def spectral_radius(A: np.ndarray) -> float:
    """Return the largest modulus among the eigenvalues of A."""
    if not A.any():
        return 0.0
    if len(A) <= 600:
        return float(np.abs(np.linalg.eigvals(A)).max())
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    try:  # one eigenvalue of a large matrix, from a fixed start so that it repeats
        top = eigs(A, k=1, v0=np.ones(len(A)), return_eigenvectors=False)
    except ArpackNoConvergence as error:
        raise ConvergenceError(
            f"the spectral radius of the {len(A)} x {len(A)} coefficients was not found; check "
            "the table with audit() for rows that are out of scale."
        ) from error
    return float(np.abs(top).max())
