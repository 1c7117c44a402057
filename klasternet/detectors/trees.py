"""Trees of mergers: cut them, follow them, and read a sum of pairs at every cut.

A tree is what `scipy.cluster.hierarchy.linkage` returns: row t joins the branches numbered in its
first two columns into branch n + t, at the height in its third.
"""

from __future__ import annotations

import numpy as np

__all__ = ["best_branches", "cut", "grown", "inside", "least", "leaves", "values"]


def grown(distance: np.ndarray, method: str) -> np.ndarray:
    """The tree of a symmetric matrix of distances, shape (n - 1, 4)."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    return linkage(squareform(distance, checks=False), method)


def cut(tree: np.ndarray, k: int) -> np.ndarray:
    """Labels from 0 of the k branches that are left after n - k mergers, shape (n,)."""
    n = len(tree) + 1
    branch = np.arange(2 * n - 1)
    for t in range(n - k - 1, -1, -1):  # from the last merger that counts, down
        for child in tree[t, :2].astype(int):
            branch[child] = branch[n + t]
    return np.unique(branch[:n], return_inverse=True)[1]


def leaves(tree: np.ndarray) -> list[np.ndarray]:
    """Industries of every branch, those of one industry first."""
    out = [np.array([i]) for i in range(len(tree) + 1)]
    for a, b in tree[:, :2].astype(int):
        out.append(np.concatenate([out[a], out[b]]))
    return out


def inside(tree: np.ndarray, F: np.ndarray) -> np.ndarray:
    """Sum of F over all pairs within every branch, its diagonal too, shape (2 n - 1,)."""
    n, members = len(F), leaves(tree)
    both = F + F.T  # row of a branch: its sum with each industry
    row = np.arange(2 * n - 1)
    out = np.zeros(2 * n - 1)
    out[:n] = F.diagonal()
    for t, (a, b) in enumerate(tree[:, :2].astype(int)):
        out[n + t] = out[a] + out[b] + both[row[a], members[b]].sum()
        row[n + t] = row[a]
        both[row[a]] += both[row[b]]
    return out


def values(tree: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Sum of q over pairs within the branches after 0, 1, ..., n - 1 mergers, shape (n,).

    q : symmetric; each pair counts once, the diagonal does not.
    """
    n = len(q)
    whole = inside(tree, q)
    a, b = tree[:, :2].astype(int).T
    gain = (whole[n:] - whole[a] - whole[b]) / 2
    return np.concatenate([[0.0], gain.cumsum()])


def least(tree: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Lowest value of the branches after 0, 1, ..., n - 1 mergers; value: of each, (2 n - 1,)."""
    n = len(tree) + 1
    left = np.full(2 * n - 1, np.inf)
    left[:n] = value[:n]
    out = [left.min()]
    for t, (a, b) in enumerate(tree[:, :2].astype(int)):
        left[[a, b]], left[n + t] = np.inf, value[n + t]
        out.append(left.min())
    return np.array(out)


def best_branches(tree: np.ndarray, good: np.ndarray) -> list[np.ndarray]:
    """As many disjoint branches as can be that are good, the larger of two that would do.

    good : of each branch, bool (2 n - 1,); single industries and the whole tree are no candidates.
    """
    members, n = leaves(tree), len(tree) + 1
    count = np.zeros(2 * n - 1, dtype=int)
    whole = np.zeros(2 * n - 1, dtype=bool)  # taken as it is, not its parts
    for c in range(n, 2 * n - 2):
        a, b = tree[c - n, :2].astype(int)
        count[c] = count[a] + count[b]
        if count[c] <= 1 and good[c]:
            count[c], whole[c] = 1, True
    out, waiting = [], [2 * n - 2]
    while waiting:
        c = waiting.pop()
        if whole[c]:
            out.append(members[c])
        elif c >= n:
            waiting.extend(tree[c - n, :2].astype(int).tolist())
    return out
