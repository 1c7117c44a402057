"""The fit behind lift on a large table of which every cell is a flow, or takes no part.

The model and the fixed point of `kernels.gravity`, without its step for empty cells, so that the
table need not be written anew each round: it is held once, in float32, and one round is one pass.
A row's mean and scale follow from the columns' as they are, and go at once into what the columns
are summed from. Sums are float64.
"""

import math
from typing import Any

import numpy as np
from numba import njit

FAST = {"reassoc", "contract", "nsz"}  # sums may be regrouped: the same on every run of a machine
HOLE = np.float32(-1e30)  # marks a cell that takes no part; logs of flows are within +-710


@njit(cache=True, nogil=True, fastmath=FAST)
def centre(y, a, b):
    """One round of plain two-way means, in place; the mean square that is left."""
    n = y.shape[0]
    shift = np.empty(n, np.float32)
    top = np.zeros(n)
    low = np.zeros(n)
    left = 0.0
    cells = 0.0
    for j in range(n):
        shift[j] = b[j]
    for i in range(n):
        row = y[i]
        up: Any = 0.0
        down: Any = 0.0
        for j in range(n):
            use = np.float32(row[j] > HOLE)
            up += use * (row[j] - shift[j])
            down += use
        if down > 0.0:
            a[i] = up / down
        middle = np.float32(a[i])
        square: Any = 0.0
        for j in range(n):
            use = np.float32(row[j] > HOLE)
            top[j] += use * (row[j] - middle)
            low[j] += use
            e = row[j] - middle - shift[j]
            square += e * e if row[j] > HOLE else np.float32(0.0)
        left += square
        cells += down
    for j in range(n):
        if low[j] > 0.0:
            b[j] = top[j] / low[j]
    return left / max(cells, 1.0)


@njit(cache=True, nogil=True, fastmath=FAST)
def fit_round(y, a, b, s, t, common, clip, shrink, free):
    """One round of all four, in place: rows, then columns given these.

    common : the mean squares of rows and of columns, from the round before. Returns the largest
    change, in units of scale.
    """
    n = y.shape[0]
    shift = np.empty(n, np.float32)
    per = np.empty(n, np.float32)
    weight = np.empty(n, np.float32)
    for j in range(n):
        shift[j] = b[j]
        per[j] = 1.0 / t[j]
        weight[j] = per[j] * per[j]
    top = np.zeros(n)
    low = np.zeros(n)
    total = np.zeros(n)
    count = np.zeros(n)
    most = np.float32(clip)
    change = 0.0
    rows = 0.0
    cells = 0.0
    for i in range(n):
        row = y[i]
        up: Any = 0.0
        down: Any = 0.0
        used: Any = 0.0
        for j in range(n):
            use = np.float32(row[j] > HOLE)
            up += weight[j] * use * (row[j] - shift[j])
            down += weight[j] * use
            used += use
        if used == 0.0:
            continue
        change = max(change, abs(up / down - a[i]) / s[i])
        a[i] = up / down
        middle = np.float32(a[i])
        once = np.float32(1.0 / s[i])
        square: Any = 0.0
        for j in range(n):
            e = (row[j] - middle - shift[j]) * per[j] * once
            e = min(max(e, -most), most)
            square += e * e if row[j] > HOLE else np.float32(0.0)
        square *= s[i] * s[i]
        rows += square
        cells += used
        new = math.sqrt((square / free + shrink * common[0]) / (used + shrink))
        change = max(change, abs(math.log(new / s[i])))
        s[i] = new
        once = np.float32(1.0 / new)
        heavy = once * once
        for j in range(n):
            use = np.float32(row[j] > HOLE)
            top[j] += heavy * use * (row[j] - middle)
            low[j] += heavy * use
            count[j] += use
            e = (row[j] - middle - shift[j]) * per[j] * once
            e = min(max(e, -most), most)
            total[j] += e * e if row[j] > HOLE else np.float32(0.0)
    columns = 0.0
    level = 0.0
    known = 0
    mean = 0.0
    for i in range(n):
        mean += s[i] / n
    for j in range(n):
        if count[j] > 0.0:
            columns += total[j] * t[j] * t[j]
    common[0] = rows / (cells * free)
    common[1] = columns / (cells * free)
    for j in range(n):
        if count[j] > 0.0:
            change = max(change, abs(top[j] / low[j] - b[j]) / mean)
            b[j] = top[j] / low[j]
            square = total[j] * t[j] * t[j]
            new = math.sqrt((square / free + shrink * common[1]) / (count[j] + shrink))
            change = max(change, abs(math.log(new / t[j])))
            t[j] = new
            level += math.log(new)
            known += 1
    level = math.exp(level / known)
    for j in range(n):
        t[j] /= level
        s[j] *= level
    common[0] *= level * level
    common[1] /= level * level
    return change


@njit(cache=True, nogil=True, fastmath=FAST)
def lift_of(y, a, b, s, t, clip):
    """Turn log flows into lift, in place; 0 in cells that take no part."""
    n = y.shape[0]
    most = np.float32(clip)
    shift = np.empty(n, np.float32)
    per = np.empty(n, np.float32)
    for j in range(n):
        shift[j] = b[j]
        per[j] = 1.0 / t[j]
    for i in range(n):
        row = y[i]
        middle = np.float32(a[i])
        once = np.float32(1.0 / s[i])
        for j in range(n):
            e = (row[j] - middle - shift[j]) * per[j] * once
            row[j] = min(max(e, -most), most) if row[j] > HOLE else np.float32(0.0)
