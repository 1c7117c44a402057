"""Sparse networks as compressed rows: symmetrised, added up by groups, split where not connected.

Out- and in-arcs of a node lie side by side and are never merged (ten times cheaper, and the search
does not mind); weights are float32 (a few per cent faster than float64), sums float64; indices are
unsigned, which spares numba its test for negative ones.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["INDEX", "WEIGHT", "aggregate", "compact", "split", "symmetrise"]

INDEX = np.uint32
WEIGHT = np.float32


@njit(cache=True)
def symmetrise(indptr, indices, data, top, total):
    """Compressed rows of S: every node's out-arcs and in-arcs side by side, loops left out."""
    n = indptr.size - 1
    ptr = np.zeros(n + 1, np.int64)
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j != i:
                ptr[i + 1] += 1
                ptr[j + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]
    end = ptr[:-1].copy()
    neighbour = np.empty(ptr[n], INDEX)
    weight = np.empty(ptr[n], WEIGHT)
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if j != i:
                w = data[e] / top / total
                neighbour[end[i]], weight[end[i]] = j, w
                neighbour[end[j]], weight[end[j]] = i, w
                end[i] += 1
                end[j] += 1
    return ptr, neighbour, weight


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


@njit(cache=True)
def aggregate(ptr, neighbour, weight, mass, group, groups):
    """The network of groups: ties between them added up, those inside left out (a constant)."""
    n = group.size
    start = np.zeros(groups + 1, np.int64)
    for i in range(n):
        start[group[i] + 1] += 1
    for c in range(groups):
        start[c + 1] += start[c]
    end = start[:-1].copy()
    member = np.empty(n, group.dtype)
    masses = np.zeros((groups, mass.shape[1]))
    for i in range(n):
        member[end[group[i]]] = i
        end[group[i]] += 1
        for q in range(mass.shape[1]):
            masses[group[i], q] += mass[i, q]
    tie = np.zeros(groups)
    new_ptr = np.zeros(groups + 1, np.int64)
    new_neighbour = np.empty(neighbour.size + 1, neighbour.dtype)
    new_weight = np.empty(neighbour.size + 1, weight.dtype)
    size = 0
    for c in range(groups):
        last = size
        for m in range(start[c], start[c + 1]):
            i = member[m]
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
    return new_ptr, new_neighbour[:size], new_weight[:size], masses


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
