"""Sparse networks as compressed rows: symmetrised, added up by groups, split where not connected.

Out- and in-arcs of a node lie side by side and are never merged (ten times cheaper, and the search
does not mind); weights are float32 (a few per cent faster than float64), sums float64; indices are
unsigned, which spares numba its test for negative ones. Long arrays are made by NumPy, not inside
the kernels: it asks for large pages, which saves a sixth of all time on ten million ties.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "INDEX",
    "WEIGHT",
    "Graph",
    "aggregate",
    "compact",
    "reorder",
    "sort_by",
    "split",
    "symmetrise",
]

Graph = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # ptr, neighbour, weight, mass
INDEX = np.uint32
WEIGHT = np.float32


def symmetrise(indptr, indices, data, top, total) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compressed rows of S: every node's out-arcs and in-arcs side by side, loops left out."""
    ptr = np.zeros(len(indptr), np.int64)
    _count(indptr, indices, ptr)
    neighbour, weight = np.empty(int(ptr[-1]), INDEX), np.empty(int(ptr[-1]), WEIGHT)
    _fill(indptr, indices, data, top, total, ptr[:-1].copy(), neighbour, weight)
    return ptr, neighbour, weight


@njit(cache=True, nogil=True)
def _count(indptr, indices, ptr):
    n = indptr.size - 1
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j != i:
                ptr[i + 1] += 1
                ptr[j + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]


@njit(cache=True, nogil=True)
def _fill(indptr, indices, data, top, total, end, neighbour, weight):
    for i in range(indptr.size - 1):
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j != i:
                w = data[e] / top / total
                neighbour[end[i]], weight[end[i]] = j, w
                neighbour[end[j]], weight[end[j]] = i, w
                end[i] += 1
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


def sort_by(label, count, nodes=None):
    """Nodes (all, or those given) in the order of their labels 0 .. count - 1; ties as they lay."""
    nodes = np.arange(len(label), dtype=INDEX) if nodes is None else nodes
    out = np.empty(len(label), INDEX)
    _sort(label, nodes, np.zeros(count + 1, np.int64), out)
    return out


@njit(cache=True, nogil=True)
def _sort(label, nodes, end, out):
    for i in range(label.size):
        end[label[i] + 1] += 1
    for c in range(end.size - 1):
        end[c + 1] += end[c]
    for m in range(nodes.size):
        i = nodes[m]
        out[end[label[i]]] = i
        end[label[i]] += 1


def reorder(ptr, neighbour, weight, mass, order) -> Graph:
    """The same network with its nodes in another order."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=INDEX)
    new = np.zeros_like(ptr), np.empty_like(neighbour), np.empty_like(weight)
    _reorder(ptr, neighbour, weight, order, place, *new)
    return *new, np.ascontiguousarray(mass[order])


@njit(cache=True, nogil=True)
def _reorder(ptr, neighbour, weight, order, place, new_ptr, new_neighbour, new_weight):
    size = 0
    for at in range(order.size):
        i = order[at]
        for e in range(ptr[i], ptr[i + 1]):
            new_neighbour[size] = place[neighbour[e]]
            new_weight[size] = weight[e]
            size += 1
        new_ptr[at + 1] = size


def aggregate(ptr, neighbour, weight, mass, group, groups) -> Graph:
    """The network of groups: ties between them added up, those inside left out (a constant)."""
    masses = np.zeros((groups, mass.shape[1]))
    new_ptr = np.zeros(groups + 1, np.int64)
    new_neighbour, new_weight = (np.empty(len(a) + 1, a.dtype) for a in (neighbour, weight))
    member = sort_by(group, groups)
    tie = np.zeros(groups)
    size = _add_up(
        ptr, neighbour, weight, mass, group, member, tie, new_ptr, new_neighbour, new_weight, masses
    )
    return new_ptr, new_neighbour[:size], new_weight[:size], masses


@njit(cache=True, nogil=True)
def _add_up(
    ptr, neighbour, weight, mass, group, member, tie, new_ptr, new_neighbour, new_weight, masses
):
    size = 0
    m = 0
    for c in range(masses.shape[0]):
        last = size
        while m < member.size and group[member[m]] == c:
            i = member[m]
            m += 1
            for q in range(mass.shape[1]):
                masses[c, q] += mass[i, q]
            for e in range(ptr[i], ptr[i + 1]):
                d = group[neighbour[e]]
                new_neighbour[last] = d
                last += tie[d] == 0.0
                tie[d] += weight[e]
        for t in range(size, last):
            d = new_neighbour[t]
            new_neighbour[size] = d
            new_weight[size] = tie[d]
            size += d != c
            tie[d] = 0.0
        new_ptr[c + 1] = size
    return size


@njit(cache=True)
def split(ptr, neighbour, label):
    """Give every connected part of a community a label of its own, in place; returns how many."""
    n = label.size
    part = np.full(n, n, label.dtype)
    stack = np.empty(n + 1, label.dtype)
    count = 0
    for first in range(n):
        if part[first] != n:
            continue
        part[first] = count
        stack[0] = first
        top = 1
        while top > 0:
            top -= 1
            i = stack[top]
            for e in range(ptr[i], ptr[i + 1]):
                j = neighbour[e]
                if part[j] == n and label[j] == label[i]:
                    part[j] = count
                    stack[top] = j
                    top += 1
        count += 1
    label[:] = part
    return count
