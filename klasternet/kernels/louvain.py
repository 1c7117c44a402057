"""Louvain as networkx does it, compiled: the same visits, the same sums in the same order.

Where two moves gain the same, the first community met wins, and which is first follows from the
order in which dictionaries of neighbours were filled. `rows` keeps that order, and every sum is
taken as Python's `sum` takes it, so that one seed gives the partition that networkx gives.
Method: Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008; directed: Dugue and Perez 2015.
"""

import numpy as np
from numba import njit

__all__ = ["move", "row_totals", "rows", "shuffle"]


@njit(cache=True)
def rows(head, tail, weight, label, n, mirrored):
    """Compressed rows of the network of labels, neighbours as first met, repeated ones added up.

    mirrored : every edge counts in both rows, a loop once.
    """
    ptr = np.zeros(n + 1, np.int64)
    for e in range(head.size):
        a, b = label[head[e]], label[tail[e]]
        ptr[a + 1] += 1
        if mirrored and a != b:
            ptr[b + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]
    end = ptr[:-1].copy()
    neighbour = np.empty(ptr[n], np.int64)
    tie = np.empty(ptr[n])
    for e in range(head.size):
        a, b = label[head[e]], label[tail[e]]
        neighbour[end[a]], tie[end[a]] = b, weight[e]
        end[a] += 1
        if mirrored and a != b:
            neighbour[end[b]], tie[end[b]] = a, weight[e]
            end[b] += 1
    at = np.full(n, -1, np.int64)
    size = np.int64(0)
    for i in range(n):
        first, last = end[i - 1] if i else np.int64(0), end[i]
        ptr[i] = size
        for e in range(first, last):
            j = neighbour[e]
            if at[j] >= ptr[i]:
                tie[at[j]] += tie[e]
            else:
                at[j] = size
                neighbour[size], tie[size] = j, tie[e]
                size += 1
    ptr[n] = size
    return ptr, neighbour[:size], tie[:size]


@njit(cache=True)
def row_totals(ptr, tie, compensated):
    """Sum of each row; `compensated` as Python sums floats from 3.12 on (Neumaier)."""
    out = np.zeros(ptr.size - 1)
    for i in range(out.size):
        total, lost = 0.0, 0.0
        for e in range(ptr[i], ptr[i + 1]):
            x = tie[e]
            new = total + x
            if compensated:
                lost += (total - new) + x if abs(total) >= abs(x) else (x - new) + total
            total = new
        out[i] = total + lost if np.isfinite(lost) else total
    return out


@njit(cache=True)
def shuffle(words, order):
    """Shuffle as `random.shuffle` does with the 32-bit numbers that it would draw.

    Returns how many it took; more than there are if they did not suffice.
    """
    used = 0
    for last in range(order.size - 1, 0, -1):
        shift = 32
        while (last + 1) >> (32 - shift):  # as many bits as the number of choices has
            shift -= 1
        pick = np.int64(last + 1)
        while pick > last:
            if used == words.size:
                return used + 1
            pick = np.int64(words[used] >> np.uint32(shift))
            used += 1
        order[last], order[pick] = order[pick], order[last]
    return used


@njit(cache=True)
def _in_order(ptr, neighbour, tie, order):
    """Rows without loops, laid in memory as they will be visited (nearly half the time)."""
    begin = np.empty(order.size + 1, np.uint64)
    near = np.empty(neighbour.size, np.uint32)
    pull = np.empty(neighbour.size)
    size = 0
    for place in range(order.size):
        i = order[place]
        begin[place] = size
        for e in range(ptr[i], ptr[i + 1]):
            near[size], pull[size] = neighbour[e], tie[e]
            size += neighbour[e] != i
    begin[order.size] = size
    return begin, near, pull


@njit(cache=True)
def move(ptr, neighbour, tie, out, inn, order, m, norm, resolution, directed, whole, label):
    """Visit nodes in an order until nobody moves; changes `label`, (n,), from 0 to n - 1.

    out, inn : strengths, the same twice if undirected; m : total; norm : m squared, twice that if
    undirected; whole : gains times m squared, as networkx reckons them from 3.7 on.

    Indices have no sign, which spares a test for each of them, and communities are noted without
    a branch: 0.6 of the time.
    """
    n = label.size
    gamma = resolution if directed else resolution / 2
    begin, near, pull = _in_order(ptr, neighbour, tie, order)
    group = np.empty(n, np.uint32)
    out_of, into = np.zeros(n), np.zeros(n)
    for k in range(n):
        group[k] = label[k]
        out_of[group[k]] += out[k]
        into[group[k]] += inn[k]
    towards = np.zeros(n)  # all 0 between visits
    touched = np.empty(n + 1, np.uint32)
    seen = np.zeros(n, np.uint64)
    changed = np.zeros(n, np.uint64)  # when a community last changed;
    fresh = np.zeros(n, np.uint64)  # changes from when on a node that stayed has not seen
    visit = np.uint64(0)
    one = np.uint64(1)
    moves = 1
    while moves > 0:
        moves = 0
        for place in range(n):
            i = np.uint32(order[place])
            first, last = begin[place], begin[place + 1]
            home = group[i]
            visit += one
            left_out, left_in = out_of[home], into[home]
            out_of[home] -= out[i]
            into[home] -= inn[i]
            if changed[home] < fresh[i]:  # if all that it sees is as it was, so is its choice
                news = False
                for e in range(first, last):
                    if changed[group[near[e]]] >= fresh[i]:
                        news = True
                        break
                if not news:
                    out_of[home] += out[i]
                    into[home] += inn[i]
                    if out_of[home] != left_out or into[home] != left_in:  # rounding
                        changed[home] = visit
                    continue
            count = np.uint64(0)
            for e in range(first, last):
                c = group[near[e]]
                touched[count] = c
                count += np.uint64(seen[c] != visit)
                seen[c] = visit
                towards[c] += pull[e]
            touched[count] = home
            count += np.uint64(seen[home] != visit)
            # Written as networkx writes it: another order of operations would round otherwise.
            null = out_of[home] * out[i]
            if directed:
                null = out[i] * into[home] + inn[i] * out_of[home]
            leave = -towards[home] / m + resolution * null / norm
            best, goal = 0.0, home
            if whole:
                best = towards[home] * m - gamma * null
            for t in range(count):
                c = touched[t]
                null = out_of[c] * out[i]
                if directed:
                    null = out[i] * into[c] + inn[i] * out_of[c]
                if whole:
                    gain = towards[c] * m - gamma * null
                else:
                    gain = leave + towards[c] / m - resolution * null / norm
                towards[c] = 0.0
                if gain > best:
                    best, goal = gain, c
            out_of[goal] += out[i]
            into[goal] += inn[i]
            fresh[i] = visit + one
            if goal != home:
                group[i] = goal
                moves += 1
                changed[home] = changed[goal] = visit
                fresh[i] = 0
            elif out_of[home] != left_out or into[home] != left_in:
                changed[home] = fresh[i] = visit
    for k in range(n):
        label[k] = group[k]
    return label
