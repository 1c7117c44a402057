"""Directed, weighted Leiden over sparse ties minus node masses.

Maximises, over partitions into clusters c,

    Q = sum_c sum_{i != j in c} (W_ij - gamma * sum_r A_ir B_jr),

in a time that grows with the ties and not with the pairs: the null model enters as masses only.
Diagonal terms are the same in every partition, so they are left out. Since only pairs within one
cluster count, W enters as S = W + W' without loops; the masses stay directed.

`leiden` is the shell; the kernels below it compile when first called. What pays, by measurement:
a community's accumulator, size and masses in one record, a power of two wide, of a flat array (a
third off the time of moving); communities touched and nodes queued are written first and kept by
advancing the end, without a branch.
Method: Traag, Waltman, van Eck 2019, doi:10.1038/s41598-019-41695-z.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .rows import INDEX, aggregate, compact, split, symmetrise

__all__ = ["leiden"]

# A move must gain more than this share of the terms it gives up: rounding alone moves nobody.
MIN_GAIN = 1e-9
# No sweep visits more than this many times the number of nodes (5 to 10 are usual), no run to
# convergence repeats more often than this: no weights, however odd, make an endless loop.
MAX_VISITS = 200
MAX_ITERATIONS = 100
# Larger networks are first visited as they lie in memory; all others in random order.
NATURAL_ORDER_FROM = 20_000

# A community's record: ties to it, its size (or its ties to its surroundings), A_1 B_1 A_2 B_2 ...
TIE, SIZE, CUT, A, B = 0, 1, 1, 2, 3


def leiden(
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    out_masses: np.ndarray,
    in_masses: np.ndarray,
    resolution: float = 1.0,
    seed: int = 0,
    iterations: int = 3,
) -> np.ndarray:
    """Labels (n,) int64, numbered by first appearance, of a partition with a high Q.

    `indptr`, `indices`, `data` are the compressed rows of W (doubled and diagonal entries do no
    harm); the masses are (n,) or (n, r). `iterations` repeats the whole from the labels found, -1
    until nothing is gained. At the end no single node gains by moving, and every community is
    connected. Same seed, same labels.
    """
    n = len(indptr) - 1
    if n == 0 or not np.any(data):
        return np.arange(n)
    # In units of the total tie, so that neither 1e-300 nor 1e300 leaves the range of a float32.
    top = float(np.abs(data).max())
    total = float(np.abs(data / top).sum())
    unit = np.sqrt(top) * np.sqrt(total / resolution) if resolution else np.inf
    kinds = ((indptr, np.int64), (indices, np.int32), (data, np.float64))
    rows = [np.require(array, kind, ["C", "W"]) for array, kind in kinds]  # one type each
    base = *symmetrise(*rows, top, total), _node_masses(out_masses, in_masses, n, unit)
    state = np.array([seed], np.uint64)
    label = np.arange(n, dtype=INDEX)
    for _ in range(iterations if iterations >= 0 else MAX_ITERATIONS):
        label, gain = _iterate(base, label, state)
        if gain <= MIN_GAIN:
            break
    for _ in range(MAX_ITERATIONS):  # the last moves may cut a community in two; seldom
        _move(*base, label, _records(n, base[3]), _order(n, 0, state))
        if compact(label) == split(base[0], base[1], label):
            break
    return label.astype(np.int64)


def _node_masses(out: np.ndarray, inn: np.ndarray, n: int, unit: float) -> np.ndarray:
    """Masses A_1 B_1 A_2 B_2 ..., (n, 2 r), of equal sums and with gamma folded in."""
    out, inn = np.reshape(out, (n, -1)) / unit, np.reshape(inn, (n, -1)) / unit
    sums = out.sum(), inn.sum()
    balance = np.sqrt(sums[1] / sums[0]) if min(sums) > 0 else 1.0
    return np.stack([out * balance, inn / balance], axis=2).reshape(n, -1).astype(np.float64)


def _iterate(base: tuple, label: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, float]:
    """Move, refine, aggregate until refinement joins nobody; labels and what Q gained."""
    graph, place, gained, level = base, None, 0.0, 0
    while True:
        n = len(label)
        box, part = _records(n, graph[3]), _records(n, graph[3])
        gained += _move(*graph, label, box, _order(n, level, state))
        group = np.empty(n, INDEX)
        groups = _refine(*graph, label, box, part, group, _order(n, level, state), state)
        if groups == n:
            return (label if place is None else label[place]), gained
        compact(label)
        compact(group)
        coarse = np.empty(groups, INDEX)
        coarse[group] = label
        graph, label = aggregate(*graph, group, groups), coarse
        place = group if place is None else group[place]
        level += 1


def _records(n: int, mass: np.ndarray) -> np.ndarray:
    """Records of n communities, flat, that begin at a cache line."""
    size = n << int(_shift(mass))
    raw = np.empty(size + 8)
    start = -(raw.ctypes.data // 8) % 8
    return raw[start : start + size]


def _order(n: int, level: int, state: np.ndarray) -> np.ndarray:
    """The order in which nodes are visited."""
    order = np.arange(n, dtype=INDEX)
    if level or n < NATURAL_ORDER_FROM:
        _shuffle(order, state)
    return order


@njit(cache=True)
def _random(state):
    """Next number in [0, 1) of splitmix64."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float64((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@njit(cache=True)
def _shuffle(order, state):
    for k in range(order.size - 1, 0, -1):
        j = int(_random(state) * (k + 1))
        order[k], order[j] = order[j], order[k]


@njit(cache=True)
def _shift(mass):
    """Records are 2 ** shift numbers wide: room for two and the masses."""
    shift = 2
    while (1 << shift) < A + mass.shape[1]:
        shift += 1
    return shift


@njit(cache=True, inline="always")  # a call would cost a fifth of the time of moving
def _both_ways(a, b, mass, i, box, at):
    """What the null expects between node i and the community at `at`, both ways, i included.

    `a` and `b` are the first masses of i, at hand in registers.
    """
    total = a * box[at + B] + b * box[at + A]
    for q in range(2, mass.shape[1], 2):
        total += mass[i, q] * box[at + B + q] + mass[i, q + 1] * box[at + A + q]
    return total


@njit(cache=True)
def _itself(mass, i):
    """What the null expects on the diagonal of node i, both ways."""
    total = 0.0
    for q in range(0, mass.shape[1], 2):
        total += 2.0 * mass[i, q] * mass[i, q + 1]
    return total


@njit(cache=True)
def _largest_degree(ptr):
    most = np.int64(0)
    for i in range(ptr.size - 1):
        most = max(most, ptr[i + 1] - ptr[i])
    return most


@njit(cache=True)
def _move(ptr, neighbour, weight, mass, label, box, queue):
    """Move nodes while that raises Q; changes `label`, fills `box`, returns what Q gained.

    `queue` holds every node once, in the order of the first visit, and serves as the ring.
    """
    n, width, shift = label.size, mass.shape[1], _shift(mass)
    touched = np.empty(_largest_degree(ptr) + 1, label.dtype)
    box[:] = 0.0
    for i in range(n):
        home = np.int64(label[i]) << shift
        box[home + SIZE] += 1.0
        for q in range(width):
            box[home + A + q] += mass[i, q]
    free = np.empty(n + 1, label.dtype)
    frees = 0
    for c in range(n):
        free[frees] = c
        frees += box[(c << shift) + SIZE] == 0.0
    waiting = np.ones(n, np.uint8)
    head, tail, length, gained = 0, 0, n, 0.0
    for _ in range(MAX_VISITS * n):
        if length == 0:
            break
        i = queue[head]
        head += 1
        if head == n:
            head = 0
        length -= 1
        waiting[i] = 0
        c = label[i]
        home = np.int64(c) << shift
        a, b = mass[i, 0], mass[i, 1]
        count = 0
        for e in range(ptr[i], ptr[i + 1]):
            d = label[neighbour[e]]
            at = np.int64(d) << shift
            touched[count] = d
            count += box[at + TIE] == 0.0
            box[at + TIE] += weight[e]
        stay, least, alone = 0.0, 0.0, box[home + SIZE] == 1.0
        if not alone:
            expected = _both_ways(a, b, mass, i, box, home) - _itself(mass, i)
            stay = box[home + TIE] - expected
            least = MIN_GAIN * (abs(box[home + TIE]) + expected)
        best, goal = stay + least, c
        for t in range(count):
            d = touched[t]
            at = np.int64(d) << shift
            gain = box[at + TIE] - _both_ways(a, b, mass, i, box, at)
            box[at + TIE] = 0.0
            if gain > best and d != c:
                best, goal = gain, d
        if best < 0.0 and not alone:
            best = 0.0
            frees -= 1
            goal = free[frees]
        if goal == c:
            continue
        gained += best - stay
        label[i] = goal
        to = np.int64(goal) << shift
        box[home + SIZE] -= 1.0
        box[to + SIZE] += 1.0
        for q in range(width):
            box[home + A + q] = 0.0 if alone else box[home + A + q] - mass[i, q]
            box[to + A + q] += mass[i, q]
        free[frees] = c
        frees += alone
        for e in range(ptr[i], ptr[i + 1]):
            j = neighbour[e]
            queue[tail] = j
            fresh = (waiting[j] == 0) & (label[j] != goal)
            waiting[j] |= fresh
            length += fresh
            tail += fresh
            if tail == n:
                tail = 0
    return gained


@njit(cache=True)
def _refine(ptr, neighbour, weight, mass, label, box, part, group, order, state):
    """Split each community into well-connected groups; fills `group`, returns their number.

    All begin alone. In one pass each node still alone and well connected to its community joins
    one of the well-connected groups where Q gains, by gain x random / sqrt(mass): groups that are
    small and even (Q 0.7677, over 0.7664 by gain alone, on 100,000 firms).
    """
    n, width, shift = label.size, mass.shape[1], _shift(mass)
    touched = np.empty(_largest_degree(ptr) + 1, label.dtype)
    alone = np.ones(n, np.uint8)
    for i in range(n):
        group[i] = i
        inside = 0.0
        for e in range(ptr[i], ptr[i + 1]):
            inside += weight[e] * (label[neighbour[e]] == label[i])
        at = i << shift
        part[at + TIE] = 0.0
        part[at + CUT] = inside
        for q in range(width):
            part[at + A + q] = mass[i, q]
    groups = n
    for i in order:
        c = label[i]
        home, own = np.int64(c) << shift, np.int64(i) << shift
        a, b, inside = mass[i, 0], mass[i, 1], part[own + CUT]
        needed = _both_ways(a, b, mass, i, box, home) - _itself(mass, i)
        if alone[i] == 0 or inside <= 0.0 or inside < needed:
            continue
        count = 0
        for e in range(ptr[i], ptr[i + 1]):
            j = neighbour[e]
            if label[j] == c:
                d = group[j]
                at = np.int64(d) << shift
                touched[count] = d
                count += part[at + TIE] == 0.0
                part[at + TIE] += weight[e]
        best, goal, tie = 0.0, group[i], 0.0
        for t in range(count):
            d = touched[t]
            at = np.int64(d) << shift
            between = part[at + TIE]
            part[at + TIE] = 0.0
            gain = between - _both_ways(a, b, mass, i, part, at)
            if gain <= 0.0:
                continue
            size, needed = 1e-300, 0.0
            for q in range(0, width, 2):
                x, y = part[at + A + q], part[at + B + q]
                size += x + y
                needed += x * (box[home + B + q] - y) + y * (box[home + A + q] - x)
            gain *= _random(state) / np.sqrt(size)
            if gain > best and part[at + CUT] >= needed:
                best, goal, tie = gain, d, between
        if best > 0.0:
            groups -= 1
            group[i] = goal
            alone[goal] = 0
            to = np.int64(goal) << shift
            part[to + CUT] += inside - 2.0 * tie
            for q in range(width):
                part[to + A + q] += mass[i, q]
    return groups
