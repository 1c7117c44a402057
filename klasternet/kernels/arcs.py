"""Ties as they were given, read in blocks as often as rows have to be filled from them.

What the kernels take (32 bits, weights in units of the total tie) is made of one block after
another and never held whole. Rows that can be filled again may be overwritten: they need no second
room to be put in another order, and it takes no longer.

A node's out- and in-arcs lie side by side and are never merged (ten times cheaper, and the search
does not mind); weights are float32 (a few per cent faster than float64), sums float64; indices are
unsigned, which spares numba its test for negative ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

from .slices import ALONE, Slices

__all__ = ["INDEX", "WEIGHT", "Ties", "groups_of"]

INDEX = np.uint32
WEIGHT = np.float32
BLOCK = 1 << 17  # ties that are converted at once: what they take stays in the cache


class Ties:
    """Directed ties between n nodes. Loops count in the total and are left out of all rows.

    source : the sellers, or with `pointers` where the buyers of each begin, (n + 1,).
    """

    def __init__(
        self, n: int, source: np.ndarray, target: np.ndarray, weight: np.ndarray,
        pointers: bool = False, slices: Slices = ALONE,
    ) -> None:  # fmt: skip
        self.n, self._source, self._target, self._weight = n, source, target, weight
        # in two steps, so that neither 1e-300 nor 1e300 leaves the range of a float32
        self.top = float(np.abs(weight).max())
        self.total = float(np.abs(weight / self.top).sum())
        self._pointers, ends = pointers, np.arange(0, len(weight), BLOCK)
        cuts = np.searchsorted(source, ends) if pointers else ends
        self._cuts = np.unique(np.append(cuts, n if pointers else len(weight))).tolist()
        self.degree = np.zeros(n, INDEX)
        slices(n, lambda t, first, last: self._count(first, last))

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Sellers, buyers and weights of some ties, one type each."""
        for first, last in zip(self._cuts[:-1], self._cuts[1:], strict=True):
            if self._pointers:
                ptr = self._source[first : last + 1]
                source = np.repeat(np.arange(first, last, dtype=INDEX), np.diff(ptr))
                part = slice(int(ptr[0]), int(ptr[-1]))
            else:
                part = slice(first, last)
                source = _unsigned(self._source[part])
            weight = self._weight[part] / self.top / self.total
            yield source, _unsigned(self._target[part]), weight.astype(WEIGHT)

    def _count(self, first: int, last: int) -> None:
        for source, target, _ in self.blocks():
            _count(source, target, self.degree, first, last)

    def fill(
        self, end: np.ndarray, name: np.ndarray, neighbour: np.ndarray, weight: np.ndarray,
        first: int, last: int,
    ) -> None:  # fmt: skip
        """Write the rows of the nodes with a name from first to last: neighbours go by name.

        end : where each node's row begins, moved on to where it ends.
        """
        for block in self.blocks():
            _fill(*block, end, name, neighbour, weight, first, last)


def _unsigned(index: np.ndarray) -> np.ndarray:
    """As the kernels take it; the same memory where that will do."""
    if index.dtype in (np.int32, INDEX) and index.flags.c_contiguous and index.flags.writeable:
        return index.view(INDEX)
    return index.astype(INDEX)


@njit(cache=True, nogil=True)
def _count(source, target, degree, first, last):
    """Arcs of the nodes from first to last: each call reads all, so that none writes another's.

    Not even 0 may be added to another's count: it would put back what it had read before.
    """
    for e in range(source.size):
        i, j = source[e], target[e]
        if i != j:
            if first <= i < last:
                degree[i] += 1
            if first <= j < last:
                degree[j] += 1


@njit(cache=True, nogil=True)
def _fill(source, target, tie, end, name, neighbour, weight, first, last):
    for e in range(source.size):
        i, j = source[e], target[e]
        if i == j:
            continue
        a, b = name[i], name[j]
        if first <= a < last:
            at = end[i]
            neighbour[at], weight[at] = b, tie[e]
            end[i] = at + 1
        if first <= b < last:
            at = end[j]
            neighbour[at], weight[at] = a, tie[e]
            end[j] = at + 1


def groups_of(begin: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """The groups that begin at the members from first to last."""
    a, b = np.searchsorted(begin[:-1], (first, last)).tolist()
    return a, b
