"""Simulated annealing of a network diagram: discs, labels beside them, clusters with a title.

After Davidson and Harel (1996, doi 10.1145/234535.234538), with every body at its printed size.
Lengths are points. A body is a disc with the box of its label; moves shift a node, change the side
of its label, let two nodes change places, or shift, mirror or swap whole clusters. What a move
costs is what it changes: bodies that overlap, lines that cross each other or run over discs and
labels, lengths of lines, room that a cluster takes, chains of its members that are long or broken
(`joining`). All pairs are kept in a table (`pairwise`), so that only what moves is measured, and no
longer than the move can still be worth it. Lines are straight here; `kernels.bending` bends them
later.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .overlaps import turn
from .pairwise import after, before, commit, page_of

REUNION, BESIDE = 0.1, 30.0  # how often a node jumps to its cluster, and how far from a member


@register_jitable
def draw(line, things):
    """Set the ends of a line, and its bounds."""
    rows, e = things.rows, line - things.first_line
    p, q = things.ends[e, 0], things.ends[e, 1]
    a, b = rows[p, 0], rows[p, 1]
    c, d = rows[q, 0], rows[q, 1]
    rows[line, 3], rows[line, 4] = a, b
    rows[line, 5], rows[line, 6] = c, d
    rows[line, 9], rows[line, 10] = min(a, c), min(b, d)
    rows[line, 11], rows[line, 12] = max(a, c), max(b, d)


@register_jitable
def frame(u, things, title):
    """Set the box around the bodies of a cluster, and its title on the highest of them."""
    rows, page = things.rows, things.sides
    left, low, right, high, x = 1e9, 1e9, -1e9, -1e9, 0.0
    for k in range(things.start[u], things.start[u + 1]):
        i = things.order[k]
        left, low, right = min(left, rows[i, 9]), min(low, rows[i, 10]), max(right, rows[i, 11])
        if rows[i, 12] > high:
            high = rows[i, 12]
            x = rows[i, 3] if rows[i, 4] + rows[i, 6] > rows[i, 1] + rows[i, 2] else rows[i, 0]
    w, h = title[u, 0], title[u, 1]
    if right - left > 2 * w:
        x = min(max(x, left + w), right - w)
    if page[2] - page[0] > 2 * w:
        x = min(max(x, page[0] + w), page[2] - w)
    y = high + things.pad[u] + 1.5 + h
    p = things.first_box + u
    rows[p, 3], rows[p, 4] = x, y
    rows[p, 9], rows[p, 10] = left, low
    rows[p, 11], rows[p, 12] = right, high
    if u < things.first_chain - things.n:
        p = things.first_chain + u  # the chain lies within
        rows[p, 9], rows[p, 10] = left, low
        rows[p, 11], rows[p, 12] = right, high
        p = things.n + u
        rows[p, 3], rows[p, 4] = x, y
        rows[p, 9], rows[p, 10] = x - w, y - h
        rows[p, 11], rows[p, 12] = x + w, y + h


def anneal(
    spot, radius, unit, start, order, box, count, mirror, chosen, title, pad,
    ends, within, heft, near, at, page, gap, limit, moves, hot, cold, reach,
    share, weigh, rng,
):  # fmt: skip
    """Move bodies (in place: `spot`, `chosen`) while a temperature falls from hot to cold.

    `share` of the moves, at the beginning, are of whole clusters (0: positions are given, so nodes
    neither change places nor jump to their cluster); `reach` is the longest shift.
    `weigh`: cost of a crossing, of a line over a disc, a label (times its `heft`), a title; of a
    line, and of the sides of a cluster's box, as long as the page's diagonal; of a point by which a
    link of a cluster's chain is longer than a limit, and of a body on a link. Returns where titles
    stand.
    """
    things = page_of(
        spot, radius, unit, start, order, box, chosen, title, pad, ends, within, heft, page, gap,
        limit, weigh,
    )  # fmt: skip
    n, size = len(spot), len(things.rows)
    _anneal(
        things, things.rows.copy(), box, count, mirror, title, near, at, moves, max(moves, 1), hot,
        cold, reach, share, np.arange(size), np.arange(len(title)), np.zeros(size, np.bool_),
        np.zeros((size, size)), np.zeros((size, size)), np.zeros(n, np.int64), np.zeros(n), rng,
    )  # fmt: skip
    spot[:], chosen[:] = things.rows[:n, :2], things.rows[:n, 8]
    return things.rows[things.first_box :, 3:5].copy()


@njit(cache=True, nogil=True)
def _anneal(
    things, kept, box, count, mirror, title, near, at, moves, pace, hot, cold, reach, share, some,
    those, moved, table, new, loose, far, rng,
):  # fmt: skip
    """What `anneal` does, in rooms made by it.

    Loops stand for NumPy's expressions here: each of those is compiled anew in every kernel.
    """
    rows, unit, start, order = things.rows, things.unit, things.start, things.order
    n, first_chain, first_line, first_box = (
        things.n, things.first_chain, things.first_line, things.first_box,
    )  # fmt: skip
    meets, links, many, units = things.meets, things.links, first_chain - n, start.shape[0] - 1
    for step in range(-1, moves):  # the first fills the table
        done = step / pace
        heat = hot * (cold / hot) ** done
        shift = reach * (1 - done) ** 2
        if shift < 2.0:
            shift = 2.0
        near_by = shift if shift < 30.0 else 30.0 + 0.3 * (shift - 30.0)
        kind, whole = rng.random(), share * (1 - 0.7 * done)
        # --- what moves: whole clusters, two nodes, or one; bodies stand first among `some`
        a = b = 0
        if step < 0:
            a, b = n, units
        elif kind < whole:
            those[0], b = int(rng.random() * units), 1
            if kind < 0.3 * whole and units > 1:
                those[1] = int(rng.random() * units)
                b = 2 if those[1] != those[0] else 1
            for k in range(b):
                for m in range(start[those[k]], start[those[k] + 1]):
                    some[a] = order[m]
                    a += 1
        else:
            some[0] = int(rng.random() * n)
            those[0] = unit[some[0]]
            a = b = 1
            if share > 0 and kind > 0.93 and n > 1:
                some[1] = int(rng.random() * n)
                u = unit[some[1]]
                alike = u == those[0] or (u >= many and those[0] >= many)
                if some[1] != some[0] and alike:
                    a = 2
                    if u != those[0]:
                        those[1], b = u, 2
        c = a
        for k in range(b):
            some[c] = first_box + those[k]
            c += 1
            if those[k] < many:
                some[c] = n + those[k]
                c += 1
        lines_from = c
        for k in range(a):
            for m in range(at[some[k]], at[some[k] + 1]):
                line = first_line + near[m]
                if not moved[line]:
                    moved[line] = True
                    some[c] = line
                    c += 1
        chains_from = c
        for k in range(b):
            if those[k] < many:
                some[c] = first_chain + those[k]
                c += 1
        for k in range(c):
            moved[some[k]] = True
        most = before(some, c, moved, meets, table) - heat * np.log(1 - rng.random())
        # --- the move itself
        u = those[0]
        if step < 0:
            most = np.inf
        elif kind < whole:
            x = y = 0.0
            turned = -1
            if b == 2:
                p, q = first_box + u, first_box + those[1]
                x = (rows[q, 9] + rows[q, 11] - rows[p, 9] - rows[p, 11]) / 2
                y = (rows[q, 10] + rows[q, 12] - rows[p, 10] - rows[p, 12]) / 2
            elif a > 1 and rng.random() < 0.25:
                turned = 0 if rng.random() < 0.5 else 1
                twice = rows[first_box + u, 9 + turned] + rows[first_box + u, 11 + turned]
            else:
                x, y = 2 * shift * (2 * rng.random() - 1), 2 * shift * (2 * rng.random() - 1)
            for k in range(a):
                i = some[k]
                if turned >= 0:
                    rows[i, turned] = twice - rows[i, turned]
                    rows[i, 8] = mirror[i, int(rows[i, 8]), turned]
                elif unit[i] == u:
                    rows[i, 0] += x
                    rows[i, 1] += y
                else:
                    rows[i, 0] -= x
                    rows[i, 1] -= y
        elif a == 2:
            i, j = some[0], some[1]
            rows[i, 0], rows[j, 0] = rows[j, 0], rows[i, 0]
            rows[i, 1], rows[j, 1] = rows[j, 1], rows[i, 1]
        else:
            i, side = some[0], rng.random()
            if count[i] > 1 and side < 0.4:
                rows[i, 8] = int(rng.random() * count[i])
            mates = start[u + 1] - start[u]
            if share > 0 and u < many and mates > 1 and rng.random() < REUNION:
                j = order[start[u] + int(rng.random() * mates)]
                if j != i:
                    beside = rows[i, 2] + rows[j, 2] + BESIDE
                    rows[i, 0] = rows[j, 0] + beside * (2 * rng.random() - 1)
                    rows[i, 1] = rows[j, 1] + beside * (2 * rng.random() - 1)
            elif side > 0.3:
                rows[i, 0] += near_by * (2 * rng.random() - 1)
                rows[i, 1] += near_by * (2 * rng.random() - 1)
        for k in range(a):
            turn(some[k], rows, box)
        for k in range(b):
            frame(those[k], things, title)
        for k in range(lines_from, chains_from):
            draw(some[k], things)
        # --- what it costs
        won = after(some, c, moved, things, new, loose, far, most) <= most
        if won:
            commit(some, c, moved, meets, new, table)
            for k in range(chains_from, c):
                u = unit[some[k]]
                for m in range(start[u], start[u + 1]):
                    links[0, order[m]] = links[1, order[m]]
        source, target = (rows, kept) if won else (kept, rows)
        for k in range(c):
            p = some[k]
            moved[p] = False
            for column in range(rows.shape[1]):
                target[p, column] = source[p, column]
