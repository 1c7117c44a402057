"""Sparse networks as compressed rows: added up by groups, split where not connected.

Of a network and those of its groups one is held at a time, in the arrays of the one before: on a
million firms, groups have hardly fewer arcs than firms, and two or three networks side by side
took twice the memory. Long arrays are made by NumPy, not inside the kernels: it asks for large
pages, which saves a sixth of all time on ten million ties.
"""

from __future__ import annotations

import ctypes
import os

import numpy as np
from numba import njit

from .arcs import INDEX, WEIGHT, Ties
from .slices import ALONE, Slices

__all__ = ["FilledLevels", "Graph", "Levels", "aggregate", "compact", "sort_by", "split"]

Graph = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # ptr, neighbour, weight, mass
NOTHING: Graph = (np.empty(0), np.empty(0), np.empty(0), np.empty(0))
FEW = 4_000_000  # so many arcs are written beside those they come from: that is faster


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


def aggregate(ptr, neighbour, weight, mass, group, groups, slices=ALONE, room=None) -> Graph:
    """The network of groups: ties between them added up, those inside left out (a constant).

    room : new neighbours and weights, as long as there are arcs. Where new neighbours take the
    place of old ones, their groups first go where new weights will be, in the order of groups.
    """
    new_neighbour, new_weight = room or (np.empty_like(neighbour), np.empty_like(neighbour))
    member, begin = sort_by(group, groups)
    start = np.zeros(len(group) + 1, np.int64)
    np.cumsum(np.diff(ptr)[member], out=start[1:])
    near, to = neighbour, group
    if np.may_share_memory(neighbour, new_neighbour):
        near, to = new_weight, to[:0]
        arrays = ptr, neighbour, group, member, start, near
        slices(len(group), lambda t, first, last: _gather(*arrays, first, last))
    rows = ptr, member, begin, start, near, to, weight, new_neighbour, new_weight
    return *_added_up(*rows, slices), _masses_of(mass, group, groups)


@njit(cache=True, nogil=True)
def _gather(ptr, neighbour, group, member, start, near, first, last):
    for m in range(first, last):
        to, i = start[m], member[m]
        for e in range(ptr[i], ptr[i + 1]):
            near[to] = group[neighbour[e]]
            to += 1


def _added_up(
    ptr, member, begin, start, near, to, weight, new_neighbour, new_weight, slices
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Rows of groups from those of their members.

    to : the groups of neighbours `near`; if empty, `near` are groups already, in members' order.
    A slice writes from where it reads on, no faster than it reads, and is moved up afterwards.
    """
    groups = len(begin) - 1
    new_ptr, new_weight = np.zeros(groups + 1, np.int64), new_weight.view(WEIGHT)

    def part(t: int, first: int, last: int) -> tuple[int, ...]:
        first, last = _groups_of(begin, first, last)
        at = int(start[begin[first]])
        end = _add_up(
            ptr, member, begin, near, to, weight, np.zeros(groups),
            new_ptr, new_neighbour, new_weight, first, last, at,
        )  # fmt: skip
        return first, last, at, end

    size = 0
    for first, last, at, end in slices(len(member), part):
        if at > size:
            for array in (new_neighbour, new_weight):
                array[size : size + end - at] = array[at:end]
            new_ptr[first + 1 : last + 1] -= at - size
        size += end - at
    return new_ptr, new_neighbour[:size], new_weight[:size]


def _groups_of(begin: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """The groups that begin at the members from first to last."""
    a, b = np.searchsorted(begin[:-1], (first, last)).tolist()
    return a, b


@njit(cache=True, nogil=True)
def _add_up(
    ptr, member, begin, near, to, weight, tie, new_ptr, new_neighbour, new_weight, first, last, at
):
    size, direct = at, to.size > 0
    for c in range(first, last):
        end = size
        for m in range(begin[c], begin[c + 1]):
            i = member[m]
            for e in range(ptr[i], ptr[i + 1]):
                d = to[near[e]] if direct else near[at]
                at += 1
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


def _masses_of(mass, group, groups) -> np.ndarray:
    masses = np.zeros((groups, mass.shape[1]))
    _add_masses(mass, group, masses)
    return masses


@njit(cache=True, nogil=True)
def _add_masses(mass, group, masses):
    for i in range(group.size):
        for q in range(mass.shape[1]):
            masses[group[i], q] += mass[i, q]


def _give_back() -> None:
    """Hand to the system what the allocator keeps of arrays let go, a seventh of all held.

    glibc's does keep some; elsewhere there is no such call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


class Levels:
    """A network, which stays as it is, and those of its groups, one at a time: `graph`."""

    def __init__(self, graph: Graph, slices: Slices = ALONE) -> None:
        self.graph, self.slices = graph, slices
        self._ground = graph
        self._held: list[np.ndarray] = []  # neighbours and weights of a network of groups
        self._spare: list[np.ndarray] = []

    def above(self, group: np.ndarray, groups: int) -> None:
        """Go on to the network of groups."""
        size, old = len(self.graph[1]), self._held
        self._held = [self._room(size), self._room(size)] if size <= FEW or not old else []
        if not self._held:
            self._held, old = [old[0], self._room(size)], old[1:]
        self.graph = aggregate(*self.graph, group, groups, self.slices, self._held)
        self._spare += old

    def _room(self, size: int) -> np.ndarray:
        """An array that may be written, used before if there is one: to touch it first costs."""
        for k, array in enumerate(self._spare):
            if len(array) >= size:
                return self._spare.pop(k)
        if size > FEW:
            _give_back()
        return np.empty(size, INDEX)

    def back(self, mass: np.ndarray) -> None:
        """Go back to the network itself, with other masses."""
        self._spare, self._held = [*self._spare, *self._held], []
        self.graph = *self._ground[:3], mass


class FilledLevels(Levels):
    """The same of a network that is filled from its ties: if large, whenever it is gone back to.

    Until then its room is that of its groups.
    """

    def __init__(self, ties: Ties, mass: np.ndarray, slices: Slices = ALONE) -> None:
        self.slices, self._ties, self._mass = slices, ties, mass
        self._order: np.ndarray | None = None
        self._size = int(ties.degree.sum(dtype=np.int64))
        self._grounded = True
        self._fill_ground()

    def ground(self, order: np.ndarray | None = None) -> Graph:
        """Go back to the network itself; its nodes in this order from now on, if one is given."""
        if order is not None:
            self._order = order
            for column in self._mass.T:
                column[:] = column[order]
        if order is not None or (self._size > FEW and not self._grounded):
            self._fill_ground()
        elif not self._grounded:
            self.back(self._mass)
            self._grounded = True
        return self.graph

    def above(self, group: np.ndarray, groups: int) -> None:
        """Go on to the network of groups."""
        if self._grounded and self._size > FEW:
            self._fill_groups(group, groups)
        else:
            super().above(group, groups)
        self._grounded = False

    def _fill_ground(self) -> None:
        self._held, self._spare, self._grounded = [], [], True
        self.graph = self._ground = NOTHING  # let go before there is anything else
        if self._size > FEW:
            _give_back()
        neighbour, weight = np.empty(self._size, INDEX), np.empty(self._size, INDEX)
        name = np.arange(self._ties.n, dtype=INDEX)
        if self._order is not None:
            name[self._order] = name.copy()
        ptr = self._fill(self._order, name, neighbour, weight)
        self.graph = ptr, neighbour, weight.view(WEIGHT), self._mass
        if self._size > FEW:
            self._held = [neighbour, weight]
        else:
            self._ground = self.graph

    def _fill_groups(self, group: np.ndarray, groups: int) -> None:
        """Fill the rows of the members of each group side by side, and add them up in place."""
        self.graph = NOTHING
        neighbour, weight = self._held
        member, begin = sort_by(group, groups)
        order, name = member, group
        if self._order is not None:
            order, name = self._order[member], np.empty_like(group)
            name[self._order] = group
        ptr = self._fill(order, name, neighbour, weight)[begin]
        whole = np.arange(groups + 1)
        rows = ptr, whole[:-1].astype(INDEX), whole, ptr, neighbour, group[:0], weight.view(WEIGHT)
        ptr = _added_up(*rows, neighbour, weight, self.slices)[0]
        for array in self._held:  # nobody else has them now, and the end is given back
            array.resize(int(ptr[-1]), refcheck=False)
        mass = _masses_of(self._mass, group, groups)
        self.graph = ptr, neighbour, weight.view(WEIGHT), mass

    def _fill(
        self, order: np.ndarray | None, name: np.ndarray, neighbour: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """Fill the rows in this order, neighbours by name; returns where rows begin."""
        n, degree = self._ties.n, self._ties.degree
        start = np.zeros(n + 1, np.int64)
        np.cumsum(degree if order is None else degree[order], out=start[1:])
        begin = start[:-1].astype(INDEX if self._size < 2**32 else np.int64)  # short: read the most
        if order is not None:
            begin[order] = start[:-1]
        self._ties.fill(begin, name, neighbour, weight.view(WEIGHT))
        return start


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
