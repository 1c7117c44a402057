"""The two-way fit behind lift: what sizes predict of each flow, and how far it departs.

    y_ij = a_i + b_j + s_i t_j e_ij        y the log of a flow, i != j

Each round fits a and b by weighted least squares (weights 1 / (s_i t_j)^2, which leaves the row
step free of s_i and the column step free of t_j), then the scales s and t from the residuals.

An empty cell is one of two things: a pair that never trades, or a flow too small to be shown. The
second says "below the limit", a limit that is itself two-way (the largest u_i + v_j below every
flow seen), so that rescaling rows or columns changes nothing. The share of pairs that never trade
and each empty cell's chance of being merely small are fitted along (a two-way Tobit with extra
zeros, by expectation-maximisation); the lift of an empty cell is its expected e.
"""

import math

import numpy as np
from numba import njit

UNUSED, SEEN, EMPTY = 0, 1, 2  # kinds of cell: takes no part, a flow, no flow

FIRST_ROUNDS = 500  # alternations of the first two-way fit at most; a full table needs two or three
LATER_ROUNDS = 2  # and of those that follow, which start near
TOLERANCE = 1e-13  # largest change of a or b, in units of the spread of y, that ends the first fit
SETTLED = 1e-3  # largest change of a log scale, or of a or b in units of scale, that ends the fit
FEWEST = 3  # flows for each fitted mean, below which empty cells are left at lift 0
NEVER = 0.1  # where the share of pairs that never trade starts from
NEWTON = 4  # steps towards the share of pairs that never trade, each round
FAST = {"reassoc", "contract", "nsz"}  # sums may be regrouped: the same on every run of a machine


@njit(cache=True, nogil=True, fastmath=FAST)
def _centre(y, weight, of_buyer, of_seller, a, b, rounds, tolerance):
    """Weighted two-way means by alternation, starting from a and b, in place; the last change."""
    n = y.shape[0]
    top = np.empty(n)
    low = np.empty(n)
    change = 0.0
    for _ in range(rounds):
        change = 0.0
        for j in range(n):
            top[j] = 0.0
            low[j] = 0.0
        for i in range(n):
            up = 0.0
            down = 0.0
            for j in range(n):
                w = weight[i, j] * of_buyer[j]
                up += w * (y[i, j] - b[j])
                down += w
            if down > 0.0:
                change = max(change, abs(up / down - a[i]))
                a[i] = up / down
            own = of_seller[i]
            centre = a[i]
            for j in range(n):
                w = weight[i, j] * own
                top[j] += w * (y[i, j] - centre)
                low[j] += w
        for j in range(n):
            if low[j] > 0.0:
                change = max(change, abs(top[j] / low[j] - b[j]))
                b[j] = top[j] / low[j]
        if change <= tolerance:
            break
    return change


@njit(cache=True, nogil=True)
def _limits(y, kind, b, u, v):
    """Two-way lower envelope of the flows seen: the largest u_i + v_j, tight in each."""
    n = y.shape[0]
    for i in range(n):
        u[i] = np.inf
        v[i] = np.inf
    for i in range(n):
        for j in range(n):
            if kind[i, j] == SEEN:
                u[i] = min(u[i], y[i, j] - b[j])
    for i in range(n):
        for j in range(n):
            if kind[i, j] == SEEN:
                v[j] = min(v[j], y[i, j] - u[i])


@njit(cache=True, nogil=True)
def _expect(y, kind, weight, second, below, a, b, s, t, u, v, never, clip):
    """What the empty cells are worth now: y, weight and second moment in place; the new `never`."""
    n = y.shape[0]
    seen = 0
    for i in range(n):
        for j in range(n):
            seen += kind[i, j] == SEEN
            if kind[i, j] != EMPTY:
                continue
            scale = s[i] * t[j]
            mean = a[i] + b[j]
            z = min(max((u[i] + v[j] - mean) / scale, -8.0), 8.0)
            chance = 0.5 * math.erfc(-z / math.sqrt(2.0))
            ratio = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) / chance
            below[i, j] = chance
            y[i, j] = mean + scale * max(-ratio, -clip)
            second[i, j] = min(max(1.0 - z * ratio, 0.0), clip * clip)
    for _ in range(NEWTON):  # maximise the likelihood, which is concave in `never`
        slope = -seen / (1.0 - never)
        bend = -seen / (1.0 - never) ** 2
        for i in range(n):
            for j in range(n):
                if kind[i, j] == EMPTY:
                    g = (1.0 - below[i, j]) / (never + (1.0 - never) * below[i, j])
                    slope += g
                    bend -= g * g
        step = -slope / bend
        # at most nine tenths of the way to either end
        never += min(max(step, -0.9 * never), 0.9 * (1.0 - never))
    for i in range(n):
        for j in range(n):
            if kind[i, j] == EMPTY:
                small = (1.0 - never) * below[i, j]
                weight[i, j] = small / (never + small)
    return never


@njit(cache=True, nogil=True, fastmath=FAST)
def _scales(y, kind, weight, second, a, b, s, t, count_s, count_t, clip, shrink, free):
    """One update of s, then of t given s, in place; t keeps geometric mean one. The change."""
    n = y.shape[0]
    change = 0.0
    total_s = np.empty(n)
    total_t = np.empty(n)
    per_t = np.empty(n)
    cells = 0.0
    for j in range(n):
        total_t[j] = 0.0
        per_t[j] = 1.0 / t[j]
        cells += count_s[j]
    common = 0.0
    for i in range(n):
        row = 0.0
        per = 1.0 / s[i]
        for j in range(n):
            e = (y[i, j] - a[i] - b[j]) * per * per_t[j]
            e = min(max(e, -clip), clip)
            e2 = second[i, j] if kind[i, j] == EMPTY else e * e
            row += weight[i, j] * e2
        total_s[i] = row * s[i] * s[i]
        common += total_s[i] / (cells * free)
    for i in range(n):
        if count_s[i] > 0.0:
            new = math.sqrt((total_s[i] / free + shrink * common) / (count_s[i] + shrink))
            change = max(change, abs(math.log(new / s[i])))
            s[i] = new
            per = 1.0 / new
            for j in range(n):
                e = (y[i, j] - a[i] - b[j]) * per * per_t[j]
                e = min(max(e, -clip), clip)
                e2 = second[i, j] if kind[i, j] == EMPTY else e * e
                total_t[j] += weight[i, j] * e2
    common = 0.0
    for j in range(n):
        total_t[j] *= t[j] * t[j]
        common += total_t[j] / (cells * free)
    level = 0.0
    columns = 0
    for j in range(n):
        if count_t[j] > 0.0:
            new = math.sqrt((total_t[j] / free + shrink * common) / (count_t[j] + shrink))
            change = max(change, abs(math.log(new / t[j])))
            t[j] = new
            level += math.log(new)
            columns += 1
    level = math.exp(level / columns)
    for j in range(n):
        t[j] /= level
        s[j] *= level
    return change


def fit_lift(
    y: np.ndarray, kind: np.ndarray, rounds: int, clip: float, shrink: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Fit the gravity to log flows y (n, n) on the cells of `kind`.

    Returns (lift, a, b, s, t, never): lift (n, n) is e clipped to +-clip on SEEN cells, its
    expectation on EMPTY ones, 0 on UNUSED ones; `never` the share of pairs that never trade.
    shrink : how many cells' worth of the common scale is mixed into each scale.
    """
    n = len(y)
    seen = kind == SEEN
    rows, columns = seen.sum(axis=1).astype(float), seen.sum(axis=0).astype(float)
    kind = np.where((rows > 0)[:, None] & (columns > 0), kind, np.int8(UNUSED))
    means = int((rows > 0).sum() + (columns > 0).sum())
    # with few flows for each mean, empty cells would carry the fit away: they are left out of it
    empty = bool((kind == EMPTY).any()) and rows.sum() >= FEWEST * means
    weight, y = seen.astype(float), np.where(seen, y, 0.0)
    s, t = np.ones(n), np.ones(n)
    u, v, b = np.zeros(n), np.zeros(n), np.zeros(n)
    second, below = np.zeros((n, n)), np.zeros((n, n))
    cells = rows.sum()
    middle = y.sum() / max(cells, 1.0)
    spread = float(np.sqrt((((y - middle) ** 2) * weight).sum() / max(cells, 1.0)))
    a = np.where(rows > 0, middle, 0.0)
    if spread <= 1e-9 * (1.0 + abs(middle)):  # all flows equal: nothing to explain
        return np.zeros((n, n)), a, b, s, t, 0.0
    # each mean uses up a share of its cells' freedom
    free = max(cells - means + 1.0, 1.0) / cells
    never = NEVER
    for turn in range(rounds):
        limit = LATER_ROUNDS if turn else FIRST_ROUNDS
        moved = _centre(y, weight, 1.0 / t**2, 1.0 / s**2, a, b, limit, TOLERANCE * spread)
        if turn == 0:
            left = weight * (y - a[:, None] - b) ** 2
            level = np.sqrt(left.sum() / (cells * free))
            if level <= 1e-9 * spread:  # sizes explain everything
                return np.zeros((n, n)), a, b, s, t, 0.0
            s[:] = level
        if empty:
            _limits(y, kind, b, u, v)
            never = _expect(y, kind, weight, second, below, a, b, s, t, u, v, never, clip)
            rows, columns = weight.sum(axis=1), weight.sum(axis=0)
        moved /= s.mean()
        turned = _scales(y, kind, weight, second, a, b, s, t, rows, columns, clip, shrink, free)
        if turn > 0 and max(moved, turned) <= SETTLED:
            break
    e = (y - a[:, None] - b) / (s[:, None] * t)
    return weight * np.clip(e, -clip, clip), a, b, s, t, never
