"""Sparse networks as compressed rows: symmetrised, added up by groups, split where not connected.

Out- and in-arcs of a node lie side by side and are never merged (ten times cheaper, and the search
does not mind); weights are float32 (a few per cent faster than float64), sums float64; indices are
unsigned, which spares numba its test for negative ones. Long arrays are made by NumPy, not inside
the kernels: it asks for large pages, which saves a sixth of all time on ten million ties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from .slices import ALONE

__all__ = [
    "INDEX",
    "WEIGHT",
    "Graph",
    "Scratch",
    "aggregate",
    "compact",
    "reorder",
    "sort_by",
    "split",
    "symmetrise",
]

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # ptr, neighbour, weight
Graph = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # ptr, neighbour, weight, mass
INDEX = np.uint32
WEIGHT = np.float32


def symmetrise(indptr, indices, data, top, total, slices=ALONE) -> Rows:
    """Compressed rows of S: every node's out-arcs and in-arcs side by side, loops left out."""
    n = len(indptr) - 1
    ptr = np.zeros(n + 1, np.int64)
    slices(n, lambda t, first, last: _count(indptr, indices, ptr, first, last))
    np.cumsum(ptr, out=ptr)
    neighbour, weight = arcs(int(ptr[-1]))
    arrays = indptr, indices, data, top, total, ptr[:-1].copy(), neighbour, weight
    slices(n, lambda t, first, last: _fill(*arrays, first, last))
    return ptr, neighbour, weight


@njit(cache=True, nogil=True)
def _count(indptr, indices, ptr, first, last):
    """Arcs of the rows from first to last: each call reads all, so that none writes another's.

    Not even 0 may be added to another's count: it would put back what it had read before.
    """
    for i in range(indptr.size - 1):
        own = first <= i < last
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j != i:
                if own:
                    ptr[i + 1] += 1
                if first <= j < last:
                    ptr[j + 1] += 1


@njit(cache=True, nogil=True)
def _fill(indptr, indices, data, top, total, end, neighbour, weight, first, last):
    for i in range(indptr.size - 1):
        own = first <= i < last
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j == i:
                continue
            w = data[e] / top / total
            if own:
                neighbour[end[i]], weight[end[i]] = j, w
                end[i] += 1
            if first <= j < last:
                neighbour[end[j]], weight[end[j]] = i, w
                end[j] += 1


@njit(cache=True)
def compact(label):
    """Number the labels (all below n) by first appearance, in place; returns how many."""
    new = np.full(label.size, label.size, label.dtype)
    count = 0
    for i in range(label.size):
        if new[label[i]] == label.size:
            new[label[i]] = count
            count += 1
        label[i] = new[label[i]]
    return count


def sort_by(label, count) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in the order of their labels 0 .. count - 1, as they lay among equals, and where each
    label begins, (count + 1,)."""
    out, end = np.empty(len(label), INDEX), np.zeros(count + 2, np.int64)
    _sort(label, end[1:], out)
    return out, end[:-1]


@njit(cache=True, nogil=True)
def _sort(label, end, out):
    for i in range(label.size):
        end[label[i] + 1] += 1
    for c in range(end.size - 1):
        end[c + 1] += end[c]
    for i in range(label.size):
        out[end[label[i]]] = i
        end[label[i]] += 1


class Scratch:
    """Room for networks of groups, two in turn: long arrays cost most when first touched."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []

    def take(self, instead: tuple[np.ndarray, np.ndarray] | None = None) -> Any:
        """Neighbours and weights that may be written; `instead`: the only others to be kept."""
        few = len(self._pairs) < 2
        pair = arcs(self.size) if few else self._pairs.pop(0)
        self._pairs = [*self._pairs, pair] if instead is None else [instead]
        return pair


def arcs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for neighbours and weights."""
    return np.empty(size, INDEX), np.empty(size, WEIGHT)


def reorder(ptr, neighbour, weight, mass, order, slices=ALONE, scratch=None) -> Graph:
    """The same network with its nodes in another order; the old one's arrays become scratch."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=INDEX)
    new_ptr = np.zeros_like(ptr)
    np.cumsum(np.diff(ptr)[order], out=new_ptr[1:])
    room = scratch.take((neighbour, weight)) if scratch else arcs(len(neighbour))
    new = new_ptr, *room
    arrays = ptr, neighbour, weight, order, place, *new
    slices(len(order), lambda t, first, last: _reorder(*arrays, first, last))
    return *new, np.ascontiguousarray(mass[order])


@njit(cache=True, nogil=True)
def _reorder(ptr, neighbour, weight, order, place, new_ptr, new_neighbour, new_weight, first, last):
    for at in range(first, last):
        i = order[at]
        to = new_ptr[at]
        for e in range(ptr[i], ptr[i + 1]):
            new_neighbour[to] = place[neighbour[e]]
            new_weight[to] = weight[e]
            to += 1


def aggregate(ptr, neighbour, weight, mass, group, groups, slices=ALONE, scratch=None) -> Graph:
    """The network of groups: ties between them added up, those inside left out (a constant)."""
    masses = np.zeros((groups, mass.shape[1]))
    new_ptr = np.zeros(groups + 1, np.int64)
    new_neighbour, new_weight = scratch.take() if scratch else arcs(len(neighbour))
    member, begin = sort_by(group, groups)

    def part(t: int, first: int, last: int) -> tuple[int, ...]:
        """Rows of the groups that begin there, written where there is room in any case."""
        first, last = (int(np.searchsorted(begin[:-1], at)) for at in (first, last))
        before = member[: begin[first]]
        room = int((ptr[before + 1] - ptr[before]).sum()) if t else 0
        end = _add_up(
            ptr, neighbour, weight, mass, group, member, begin, np.zeros(groups),
            new_ptr, new_neighbour, new_weight, masses, first, last, room,
        )  # fmt: skip
        return first, last, room, end

    size = 0
    for first, last, room, end in slices(len(group), part):
        if room > size:
            for array in (new_neighbour, new_weight):
                array[size : size + end - room] = array[room:end]
            new_ptr[first + 1 : last + 1] -= room - size
        size += end - room
    return new_ptr, new_neighbour[:size], new_weight[:size], masses


@njit(cache=True, nogil=True)
def _add_up(
    ptr, neighbour, weight, mass, group, member, begin, tie,
    new_ptr, new_neighbour, new_weight, masses, first, last, size,
):  # fmt: skip
    for c in range(first, last):
        end = size
        for m in range(begin[c], begin[c + 1]):
            i = member[m]
            for q in range(mass.shape[1]):
                masses[c, q] += mass[i, q]
            for e in range(ptr[i], ptr[i + 1]):
                d = group[neighbour[e]]
                new_neighbour[end] = d
                end += tie[d] == 0.0
                tie[d] += weight[e]
        for t in range(size, end):
            d = new_neighbour[t]
            new_neighbour[size] = d
            new_weight[size] = tie[d]
            size += d != c
            tie[d] = 0.0
        new_ptr[c + 1] = size
    return size


def split(ptr, neighbour, label, slices=ALONE) -> int:
    """Give every connected part of a community a label of its own, in place; returns how many."""
    part = np.full(len(label), len(label), label.dtype)
    slices(len(label), lambda t, *_: _split(ptr, neighbour, label, part, t, slices.count))
    label[:] = part
    return int(compact(label))


@njit(cache=True, nogil=True)
def _split(ptr, neighbour, label, part, share, shares):
    """Lead every part of a share of the communities by its first node."""
    n = label.size
    stack = np.empty(n + 1, label.dtype)
    for first in range(n):
        if label[first] % shares != share or part[first] != n:
            continue
        part[first] = first
        stack[0] = first
        top = 1
        while top > 0:
            top -= 1
            i = stack[top]
            for e in range(ptr[i], ptr[i + 1]):
                j = neighbour[e]
                if label[j] == label[i] and part[j] == n:
                    part[j] = first
                    stack[top] = j
                    top += 1
