"""Optima in rational numbers: floats are fractions, and here they stay what they are.

A sum of floats is exact as a whole number of the smallest power of two among them, so that the
best partition is found by dynamic programming over subsets without a rounding anywhere.
"""

import math
from fractions import Fraction

import numpy as np

Rationals = list[list[Fraction]]


def rationals(matrix: np.ndarray) -> Rationals:
    """Every float as the fraction that it is."""
    return [[Fraction(float(v)) for v in row] for row in matrix]


def best(q: Rationals) -> tuple[Fraction, list[int]]:
    """The largest sum of a symmetric q over pairs within clusters, and labels that reach it."""
    n = len(q)
    common = math.lcm(*(v.denominator for row in q for v in row))
    whole = [[int(v * common) for v in row] for row in q]
    inside = [0] * (1 << n)  # sum over the pairs of a subset
    for subset in range(1, 1 << n):
        low = (subset & -subset).bit_length() - 1
        rest = subset & (subset - 1)
        inside[subset] = inside[rest] + sum(whole[low][j] for j in range(n) if rest >> j & 1)
    top, part = [0] * (1 << n), [0] * (1 << n)
    for subset in range(1, 1 << n):
        low = subset & -subset
        others = subset ^ low
        take, first = others, True
        while True:  # the cluster of the first industry, with any of the others
            value = inside[take | low] + top[others ^ take]
            if first or value > top[subset]:
                top[subset], part[subset], first = value, take | low, False
            if take == 0:
                break
            take = (take - 1) & others
    labels, subset, c = [0] * n, (1 << n) - 1, 0
    while subset:
        for i in range(n):
            if part[subset] >> i & 1:
                labels[i] = c
        subset ^= part[subset]
        c += 1
    return Fraction(top[-1], common), labels


def within(q: Rationals, labels: np.ndarray) -> Fraction:
    """Sum of q over the pairs of each cluster."""
    n = len(q)
    return sum((q[i][j] for i in range(n) for j in range(i) if labels[i] == labels[j]), Fraction(0))


def both_ways(cells: Rationals) -> Rationals:
    """Both directions added up, without the diagonal."""
    n = len(cells)
    return [
        [cells[i][j] + cells[j][i] if i != j else Fraction(0) for j in range(n)] for i in range(n)
    ]


def departures(W: np.ndarray, gamma: float, loops: str) -> tuple[Rationals, Fraction]:
    """W - gamma E with E = o t' / m, loops in W only where kept, and m."""
    n = len(W)
    flows = rationals(W)
    if loops == "aside":
        for i in range(n):
            flows[i][i] = Fraction(0)
    out = [sum(row, Fraction(0)) for row in flows]
    inn = [sum((row[j] for row in flows), Fraction(0)) for j in range(n)]
    total, g = sum(out, Fraction(0)), Fraction(gamma)
    return [[flows[i][j] - g * out[i] * inn[j] / total for j in range(n)] for i in range(n)], total


def flow_value(W: np.ndarray, labels: np.ndarray, gamma: float, loops: str) -> Fraction:
    """Q of the flow measure under the configuration null, exactly."""
    cells, total = departures(W, gamma, loops)
    diagonal = sum((cells[i][i] for i in range(len(W))), Fraction(0))
    return (within(both_ways(cells), labels) + diagonal) / total


def flow_best(W: np.ndarray, gamma: float, loops: str) -> tuple[Fraction, list[int]]:
    """The largest Q of any partition under the configuration null, exactly."""
    cells, total = departures(W, gamma, loops)
    value, labels = best(both_ways(cells))
    return (value + sum((cells[i][i] for i in range(len(W))), Fraction(0))) / total, labels


def proven_bound(
    q: Rationals, members: np.ndarray, start: np.ndarray, sizes: np.ndarray, multipliers: np.ndarray
) -> Fraction:
    """What multipliers of two-partition inequalities prove, from the sets S and T alone."""
    n = len(q)
    r = {(i, j): q[i][j] for i in range(n) for j in range(i + 1, n)}
    total = Fraction(0)
    for k in range(len(sizes)):
        inside = [int(i) for i in members[start[k] : start[k + 1]]]
        seller = set(inside[: sizes[k]])
        y = Fraction(float(multipliers[k]))
        if y < 0:
            raise ValueError(f"multiplier {k} is negative")
        total += y * min(len(seller), len(inside) - len(seller))
        for a in range(len(inside)):
            for b in range(a):
                i, j = sorted((inside[a], inside[b]))
                r[i, j] -= y if (i in seller) != (j in seller) else -y
    return total + sum((max(Fraction(0), v) for v in r.values()), Fraction(0))
