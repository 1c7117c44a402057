"""Two-partition inequalities that a relaxation breaks, sought around every industry in turn."""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .cuts import pair
from .dense import _below

FRACTION = 1e-4  # values of x nearer to 0 or 1 than this are taken for 0 or 1
BINS = 1024  # of the violations of triangles
SPARE = 3  # times as many triangles looked at as taken


@register_jitable
def _grow(X, side, S, T, value, s, t, gains):
    """Change the sides of industries (1: S, -1: T, 0: neither) while that adds `gains` each.

    S, T : sums of X between each industry and the others of each side. In place; the violation.
    """
    n = X.shape[0]
    for _ in range(4 * n):
        top = gains
        who = -1
        new = 0
        for i in range(n):
            old = side[i]
            pull = T[i] - S[i]  # what i adds as a member of S; as one of T it is -pull
            now = pull * old
            a = s - (old > 0)
            b = t - (old < 0)
            rest = now - min(s, t)
            if old != 1:
                gain = pull - rest - min(a + 1, b)
                if b > 0 and gain > top:
                    top = gain
                    who = i
                    new = 1
            if old != -1:
                gain = -pull - rest - min(a, b + 1)
                if a > 0 and gain > top:
                    top = gain
                    who = i
                    new = -1
            if old != 0 and a > 0 and b > 0:
                gain = -rest - min(a, b)
                if gain > top:
                    top = gain
                    who = i
                    new = 0
        if who < 0:
            break
        old = side[who] + 0  # as wide as `new`
        more_s = max(new, 0) - max(old, 0)
        more_t = max(-new, 0) - max(-old, 0)
        s += more_s
        t += more_t
        side[who] = new
        value += top
        for j in range(n):
            if j == who:
                continue
            x = X[who, j]
            S[j] += x * more_s
            T[j] += x * more_t
    return value


def around(
    X: np.ndarray, key: np.ndarray, least: float, gains: float, starts: int, most: int, room: int,
    state: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Inequalities that X breaks by more than `least`, at most `most` found around each industry.

    From that industry against one other, drawn `starts` times, the sides are grown by whoever adds
    at least `gains` to the violation. key : (n,) random uint64.
    Returns their members, those of S first, start, sizes of S, and hash.
    """
    n = len(X)
    members, start = np.empty(room, np.int32), np.zeros(n * most + 1, np.int64)
    sizes, marks = np.empty(n * most, np.int32), np.empty(n * most, np.uint64)
    sides, mark = np.empty((min(starts, n), n), np.int8), np.empty(n, np.uint64)
    count = _around(
        X, key, least, gains, starts, most, members, start, sizes, marks, sides, mark, state
    )
    return members[: start[count]], start[: count + 1], sizes[:count], marks[:count]


@njit(cache=True, nogil=True)
def _around(X, key, least, gains, starts, most, members, start, sizes, marks, sides, mark, state):
    """Write what `around` returns; how many. `sides`, `mark`: room for what each start leads to."""
    n = X.shape[0]
    count = 0
    near, order = np.empty(n, np.int64), np.empty(n, np.int64)
    S, T, worth = np.empty(n), np.empty(n), np.empty(n)
    for s in range(n):
        near[0] = s
        m, tried = 1, 0
        for t in range(n):
            x = X[s, t]
            if t != s and x > FRACTION:
                near[m] = t
                if x < 1.0 - FRACTION:
                    order[tried] = m
                    tried += 1
                m += 1
        if tried < 2:
            continue
        sub = np.empty((m, m))
        for a in range(m):
            for b in range(m):
                sub[a, b] = X[near[a], near[b]]
        for b in range(min(tried, starts)):
            c = b + _below(state, tried - b)
            order[b], order[c] = order[c], order[b]
        tried = min(tried, starts)
        for trial in range(tried):
            first = order[trial]
            side = sides[trial]
            for j in range(m):
                S[j], T[j], side[j] = sub[0, j], sub[first, j], 0
            S[0], T[first], worth[trial] = 0.0, 0.0, 0.0
            side[0], side[first], mark[trial] = 1, -1, 0
            size = np.int64(1)  # typed: a literal would compile `_grow` twice
            value = sub[0, first] - 1.0
            while True:  # the best member of T against s alone
                top = gains
                who = -1
                for j in range(1, m):
                    if side[j] == 0 and sub[0, j] - T[j] > top:
                        top = sub[0, j] - T[j]
                        who = j
                if who < 0:
                    break
                side[who] = -1
                size += 1
                value += top
                for j in range(m):
                    if j != who:
                        T[j] += sub[who, j]
            value = _grow(sub, side, S, T, value, np.int64(1), size, gains)
            if value <= least:
                continue
            up = np.uint64(0)
            down = np.uint64(0)
            for i in range(m):
                if side[i] > 0:
                    up += key[near[i]]
                elif side[i] < 0:
                    down += key[near[i]]
            mark[trial] = up * down + (up ^ down)
            worth[trial] = value
            for other in range(trial):
                if mark[other] == mark[trial]:
                    worth[trial] = 0.0
        for _ in range(min(most, tried)):  # the best of what was found, one after another
            c = 0
            for other in range(1, tried):
                if worth[other] > worth[c]:
                    c = other
            if worth[c] <= least or start[count] + m > members.size:
                break
            worth[c] = 0.0
            at = start[count]
            for half in range(2):
                for i in range(m):
                    if sides[c, i] == 1 - 2 * half:
                        members[at] = near[i]
                        at += 1
                if half == 0:
                    sizes[count] = at - start[count]
            marks[count] = mark[c]
            count += 1
            start[count] = at
    return count


@njit(cache=True, nogil=True)
def rows_of(members, start, sizes, n):
    """Rows of inequalities: start, pairs (those that count +1 first), plus, right sides."""
    m = sizes.size
    total = 0
    for k in range(m):
        inside = start[k + 1] - start[k]
        total += inside * (inside - 1) // 2
    begin = np.empty(m + 1, np.int64)
    pairs = np.empty(total, np.int32)
    plus = np.empty(m, np.int32)
    right = np.empty(m)
    at = 0
    for k in range(m):
        begin[k] = at
        first, last = start[k], start[k + 1]
        middle = first + sizes[k]
        for i in range(first, middle):
            for j in range(middle, last):
                pairs[at] = pair(members[i], members[j], n)
                at += 1
        plus[k] = at - begin[k]
        right[k] = min(middle - first, last - middle)
        for i in range(first, last):
            for j in range(i + 1, middle if i < middle else last):
                pairs[at] = pair(members[i], members[j], n)
                at += 1
    begin[m] = at
    return begin, pairs, plus, right


def triangles(X, least, most, each):
    """Triangles (s, t, u) that X breaks by more than `least`: about `most`, the worst first.

    At most `each` of them share a pair. Returns the array (m, 3) and the worst violation.
    """
    found, excess, worst = _broken(X, least, most)
    order = np.argsort(-excess, kind="stable")  # outside: sorting would be compiled anew
    return _spread_out(found, order, X.shape[0], most, each), worst


def _broken(X: np.ndarray, least: float, most: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Broken triangles (m, 3), some more than `most`; how much each is; the worst.

    A first look counts how many are how bad, a second one takes the worst, so that the many others
    are never stored.
    """
    counts = np.zeros(BINS + 1, np.int64)
    worst, _ = _look(X, least, 1, counts, np.empty((0, 3), np.int32), np.empty(0))
    taken = np.cumsum(counts[::-1])  # from the worst down
    k = min(int(taken.searchsorted(SPARE * most)), BINS)
    many = int(taken[k])
    room = min(many, 4 * SPARE * most)
    stride = many // max(room, 1)  # many are as bad as each other: some from everywhere
    found, excess = np.empty((room, 3), np.int32), np.empty(room)
    _, total = _look(X, max(least, (BINS - k) / BINS), stride, counts, found, excess)
    return found[:total], excess[:total], worst


@njit(cache=True, nogil=True)
def _look(X, floor, stride, counts, found, excess):
    """Count triangles broken by `floor` or more, and write every stride-th; the worst, how many."""
    n = X.shape[0]
    near = np.empty(n, np.int64)
    worst = 0.0
    seen, total = 0, 0
    for s in range(n):
        m = 0
        for t in range(n):
            if t != s and X[s, t] >= floor:
                near[m] = t
                m += 1
        for a in range(1, m):
            t = near[a]
            spare = X[s, t] - 1.0
            for b in range(a):
                u = near[b]
                over = spare + X[s, u] - X[t, u]
                if over >= floor:
                    worst = max(worst, over)
                    counts[np.int64(over * BINS)] += 1
                    if total < excess.size and seen % stride == 0:
                        found[total, 0], found[total, 1], found[total, 2] = s, t, u
                        excess[total] = over
                        total += 1
                    seen += 1
    return worst, total


def _spread_out(found: np.ndarray, order: np.ndarray, n: int, most: int, each: int) -> np.ndarray:
    """The first `most` in an order of which at most `each` share a pair."""
    kept = np.empty((min(most, len(order)), 3), np.int32)
    return kept[: _choose(found, order, np.zeros((n, n), np.int32), each, kept)]


@njit(cache=True, nogil=True)
def _choose(found, order, used, each, kept):
    """Write what `_spread_out` returns; how many. `used`: how often each pair is in it."""
    m = 0
    for k in order:
        if m == kept.shape[0]:
            break
        most = 0
        for a in range(3):
            most = max(most, used[found[k, a - 1], found[k, a]])
        if most < each:
            for a in range(3):
                i, j = found[k, a - 1], found[k, a]
                used[i, j] += 1
                used[j, i] += 1
                kept[m, a] = j
            m += 1
    return m
