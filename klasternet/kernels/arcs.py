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
from itertools import pairwise

import numpy as np
from numba import njit

from .slices import ALONE, Slices

__all__ = ["INDEX", "WEIGHT", "Ties"]

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
        self._slices = slices
        self._degrees = np.zeros((slices.count, n), INDEX)  # what each slice of the blocks has
        slices(len(self._cuts) - 1, self._count)
        self.degree = self._degrees[0]
        if slices.count > 1:
            self.degree = self._degrees.sum(axis=0, dtype=INDEX)

    def blocks(self, first: int, last: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Sellers, buyers and weights of the ties in these blocks, one type each."""
        for a, b in pairwise(self._cuts[first : last + 1]):
            if self._pointers:
                ptr = self._source[a : b + 1]
                source = np.repeat(np.arange(a, b, dtype=INDEX), np.diff(ptr))
                part = slice(int(ptr[0]), int(ptr[-1]))
            else:
                part = slice(a, b)
                source = _unsigned(self._source[part])
            weight = self._weight[part] / self.top / self.total
            yield source, _unsigned(self._target[part]), weight.astype(WEIGHT)

    def _count(self, t: int, first: int, last: int) -> None:
        for source, target, _ in self.blocks(first, last):
            _count(source, target, self._degrees[t])

    def fill(
        self, begin: np.ndarray, name: np.ndarray, neighbour: np.ndarray, weight: np.ndarray
    ) -> None:
        """Write all rows: neighbours go by name, in the order of their ties.

        begin : where each node's row begins. The first slice of the blocks writes from there on;
        the others begin where those before them end.
        """
        ends = [begin]
        for before in self._degrees[:-1]:
            ends.append(ends[-1] + before)

        def part(t: int, first: int, last: int) -> None:
            for block in self.blocks(first, last):
                _fill(*block, ends[t], name, neighbour, weight)

        self._slices(len(self._cuts) - 1, part)


def _unsigned(index: np.ndarray) -> np.ndarray:
    """As the kernels take it; the same memory where that will do."""
    if index.dtype in (np.int32, INDEX) and index.flags.c_contiguous and index.flags.writeable:
        return index.view(INDEX)
    return index.astype(INDEX)


@njit(cache=True, nogil=True)
def _count(source, target, degree):
    for e in range(source.size):
        i, j = source[e], target[e]
        degree[i] += i != j
        degree[j] += i != j


@njit(cache=True, nogil=True)
def _fill(source, target, tie, end, name, neighbour, weight):
    """`end` is where rows go on, and is moved on."""
    for e in range(source.size):
        i, j = source[e], target[e]
        if i == j:
            continue
        at = end[i]
        neighbour[at], weight[at] = name[j], tie[e]
        end[i] = at + 1
        at = end[j]
        neighbour[at], weight[at] = name[i], tie[e]
        end[j] = at + 1
