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
        old = side[who]
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


@njit(cache=True, nogil=True)
def around(X, key, least, gains, starts, most, room, state):
    """Inequalities that X breaks by more than `least`, at most `most` found around each industry.

    From that industry against one other, drawn `starts` times, the sides are grown by whoever adds
    at least `gains` to the violation. key : (n,) random uint64.
    Returns their members, those of S first, start, sizes of S, and hash.
    """
    n = X.shape[0]
    members = np.empty(room, np.int32)
    start = np.zeros(n * most + 1, np.int64)
    sizes = np.empty(n * most, np.int32)
    marks = np.empty(n * most, np.uint64)
    count = 0
    near = np.empty(n, np.int64)
    for s in range(n):
        near[0] = s
        m = 1
        fractional = 0
        for t in range(n):
            if t != s and X[s, t] > FRACTION:
                near[m] = t
                m += 1
                fractional += X[s, t] < 1.0 - FRACTION
        if fractional < 2:
            continue
        sub = np.empty((m, m))
        for a in range(m):
            for b in range(m):
                sub[a, b] = X[near[a], near[b]]
        order = np.empty(m - 1, np.int64)
        tried = 0
        for b in range(1, m):
            if sub[0, b] < 1.0 - FRACTION:
                order[tried] = b
                tried += 1
        for b in range(min(tried, starts)):
            c = b + _below(state, tried - b)
            order[b], order[c] = order[c], order[b]
        tried = min(tried, starts)
        S, T = np.empty(m), np.empty(m)
        sides = np.zeros((tried, m), np.int8)
        worth = np.zeros(tried)
        mark = np.zeros(tried, np.uint64)
        for trial in range(tried):
            first = order[trial]
            side = sides[trial]
            for j in range(m):
                S[j], T[j] = sub[0, j], sub[first, j]
            S[0] = 0.0
            T[first] = 0.0
            side[0] = 1
            side[first] = -1
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
            fresh = True
            for other in range(trial):
                if mark[other] == mark[trial]:
                    fresh = False
                    break
            if fresh:
                worth[trial] = value
        for _ in range(min(most, tried)):  # the best of what was found, one after another
            c = 0
            for other in range(1, tried):
                if worth[other] > worth[c]:
                    c = other
            if worth[c] <= least or start[count] + m > room:
                break
            worth[c] = 0.0
            at = start[count]
            for which in (1, -1):
                for i in range(m):
                    if sides[c, i] == which:
                        members[at] = near[i]
                        at += 1
                if which == 1:
                    sizes[count] = at - start[count]
            marks[count] = mark[c]
            count += 1
            start[count] = at
    return members[: start[count]], start[: count + 1], sizes[:count], marks[:count]


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


@njit(cache=True, nogil=True)
def _broken(X, least, most):
    """Broken triangles (m, 3), some more than `most`; how much each is; the worst.

    A first look counts how many are how bad, a second one takes the worst, so that the many others
    are never stored.
    """
    n = X.shape[0]
    counts = np.zeros(BINS + 1, np.int64)
    near = np.empty(n, np.int64)
    worst = 0.0
    floor = least
    found = np.empty((0, 3), np.int32)
    excess = np.empty(0)
    total = 0
    seen = 0
    stride = 1
    for look in range(2):
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
                    over = spare + X[s, near[b]] - X[t, near[b]]
                    if over >= floor:
                        if look == 0:
                            counts[np.int64(over * BINS)] += 1
                            worst = max(worst, over)
                        elif seen % stride == 0 and total < found.shape[0]:
                            found[total, 0] = s
                            found[total, 1] = t
                            found[total, 2] = near[b]
                            excess[total] = over
                            total += 1
                        seen += 1
        if look == 0:
            taken = 0
            for c in range(BINS, -1, -1):
                taken += counts[c]
                floor = max(least, c / BINS)
                if taken >= SPARE * most:
                    break
            room = min(taken, 4 * SPARE * most)
            stride = taken // max(room, 1)  # many are as bad as each other: some from everywhere
            seen = 0
            found = np.empty((room, 3), np.int32)
            excess = np.empty(room)
    return found[:total], excess[:total], worst


@njit(cache=True, nogil=True)
def _spread_out(found, order, n, most, each):
    """The first `most` in an order of which at most `each` share a pair."""
    used = np.zeros((n, n), np.int32)
    kept = np.empty((min(most, order.size), 3), np.int32)
    m = 0
    for k in order:
        if m == kept.shape[0]:
            break
        s = found[k, 0]
        t = found[k, 1]
        u = found[k, 2]
        if max(used[s, t], used[s, u], used[t, u]) < each:
            used[s, t] += 1
            used[t, s] += 1
            used[s, u] += 1
            used[u, s] += 1
            used[t, u] += 1
            used[u, t] += 1
            kept[m, 0] = s
            kept[m, 1] = t
            kept[m, 2] = u
            m += 1
    return kept[:m]
