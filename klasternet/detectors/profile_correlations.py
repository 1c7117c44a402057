"""How alike industries are in what they buy and sell: correlations between profiles of shares.

What Feser and Bergman's factors are made of, and what keeps Czamanski's clusters homogeneous.
"""

from __future__ import annotations

import numpy as np

__all__ = ["correlations", "links"]


def links(Z: np.ndarray) -> np.ndarray:
    """The largest of the four correlations between purchase and sales profiles, shape (n, n)."""
    bought, sold = Z.sum(axis=0), Z.sum(axis=1)
    x = np.divide(Z, bought, out=np.zeros_like(Z), where=bought > 0)
    y = np.divide(Z.T, sold, out=np.zeros_like(Z), where=sold > 0)
    across = correlations(x, y)
    out = np.maximum.reduce([correlations(x, x), correlations(y, y), across, across.T])
    np.fill_diagonal(out, 1.0)
    return out


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of every column of a with every column of b; 0 with one that does not vary."""
    parts = []
    for side in (a, b):
        apart = side - side.mean(axis=0)
        length = np.sqrt((apart**2).sum(axis=0))
        varies = length > 1e-12 * np.sqrt((side**2).sum(axis=0))
        parts.append(np.divide(apart, length, out=np.zeros_like(apart), where=varies))
    return np.clip(parts[0].T @ parts[1], -1.0, 1.0)
