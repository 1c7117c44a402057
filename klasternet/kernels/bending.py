"""The last touch to a network diagram, with arrows as they are drawn: parabolas from rim to rim.

A low temperature bends arrows, turns labels to other sides of their discs and shifts discs a
little. It lowers what a reader stumbles over: arrows across each other, over discs, labels and
titles, too short for their heads, or out of the page; above all heads that lie under a text.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .curves import DISC, FIRST, HEAD_UNDER, LAST, WIDTH, beneath, meetings, trace
from .overlaps import bodies_apart, body_apart, text_outside, texts, turn
from .pairwise import before, commit

FAR = 0.012  # of a shift, for each square point
HOPE = 25.0  # that a shift may win elsewhere
BROAD = 0.8  # of an arrow, beyond which it is worse under a text
FIRM = 5.0  # times the penalty, for bodies do not overlap for the sake of arrows


@register_jitable
def alone(e, bend, curves, page, weigh):
    """What a curve costs by itself: its bend, being short, leaving the page."""
    last = int(curves[e, LAST])
    apart = np.hypot(curves[e, last] - curves[e, FIRST], curves[e, last + 1] - curves[e, FIRST + 1])
    cost = weigh[4] * abs(bend) + weigh[5] * max(8.0 - apart, 0.0)
    for side in range(2):
        if curves[e, side] < page[side] or curves[e, side + 2] > page[side + 2]:
            return cost + 20.0
    return cost


@register_jitable
def standing(i, rows, unit, pad, page, gap, home):
    """What the body of a node costs where it stands."""
    n = home.shape[0]
    cost = text_outside(i, n, rows, unit, pad, page)
    for j in range(n):
        if j != i:
            room = gap if unit[i] == unit[j] else pad[unit[i]] + pad[unit[j]] + gap
            cost += bodies_apart(i, j, rows, room)
    for j in range(n, rows.shape[0]):
        own = unit[i] == j - n
        cost += body_apart(i, j, rows, pad[unit[i]] + (1.2 if own else gap))
    dx, dy = rows[i, 0] - home[i, 0], rows[i, 1] - home[i, 1]
    return FIRM * cost + rows[i, 7] + FAR * (dx * dx + dy * dy)


@register_jitable
def worth(touch, heavy, weigh):
    """What so many arrows under one text cost, and the points by which they are broad."""
    return 0.0 if touch <= 0 else weigh[2] + weigh[3] * (touch - 1) + weigh[6] * heavy


def polish(
    spot, radius, unit, box, count, chosen, title, pad, heads, ends, near, at, thick,
    bends, options, page, gap, moves, hot, cold, weigh, free, rng,
):  # fmt: skip
    """Lower the cost of what is drawn (in place: `spot`, `chosen`, `bends`).

    `thick`: widths of the arrows; `options`: the bends that there are, the first 0. `weigh`: cost
    of a crossing, of an arrow over a disc, over a text, of each more over that text, of a bend, of
    each point that an arrow is too short, of each that one under a text is broad, and of a head
    under a text. Without `free` discs stay. Returns how many heads lie under each text.
    """
    n, lines = len(spot), len(ends)
    rows = texts(spot, radius, box, chosen, title, heads)
    last = {pair: e for e, pair in enumerate(map(tuple, ends.tolist()))}
    twin = np.array([last.get((j, i), -1) for i, j in ends.tolist()], np.int64)
    tables, new = (
        (np.zeros((lines, lines)), np.zeros((lines, len(rows)), np.int64)) for _ in range(2)
    )
    _polish(
        rows, unit, box, count, pad, near, at, bends, options, page, gap, moves, hot, cold, weigh,
        free, ends, thick, twin, spot.copy(), np.zeros((2 * lines, WIDTH)), tables, new,
        np.arange(lines), np.zeros(lines, np.bool_), np.tile([0, lines], (lines, 1)),
        np.zeros((4, len(rows))), rng,
    )  # fmt: skip
    spot[:], chosen[:] = rows[:n, :2], rows[:n, 8]
    return (tables[1] // HEAD_UNDER % 2).sum(axis=0)


@njit(cache=True, nogil=True)
def _polish(
    rows, unit, box, count, pad, near, at, bends, options, page, gap, moves, hot, cold, weigh,
    free, ends, thick, twin, home, curves, tables, new, lot, moved, meets, burden, rng,
):  # fmt: skip
    """What `polish` does, in rooms made by it.

    Row e of the curves is arrow e as it is, row lines + e as it would be. Tables: what pairs of
    arrows cost, and what each does to each text.
    `burden`: how many arrows lie under each text and how broad they are, and what a move adds to
    both.
    """
    (crossed, under), (new_crossed, new_under) = tables, new
    n, lines, texts = home.shape[0], moved.size, rows.shape[0]
    for step in range(-1, moves):
        done = step / moves
        node, line, c = -1, -1, 0
        shift = False
        stands = old_bend = old_x = old_y = old_side = 0.0
        most = np.inf
        if step < 0:  # the tables are filled
            c = lines
        else:
            kind = rng.random()
            if kind < 0.4 and lines:
                line = int(rng.random() * lines)
                lot[0], c = line, 1
            else:
                node = int(rng.random() * n)
                shift = free and kind < 0.75
                if not shift and count[node] < 2:
                    continue
                if shift:
                    for k in range(at[node], at[node + 1]):
                        lot[c] = near[k]
                        c += 1
            most = -hot * (cold / hot) ** done * np.log(1 - rng.random())
        for k in range(c):
            moved[lot[k]] = True
        every = c
        # --- the move itself
        if node >= 0:
            stands -= standing(node, rows, unit, pad, page, gap, home)
            old_x, old_y, old_side = rows[node, 0], rows[node, 1], rows[node, 8]
            if shift:
                far = 1.0 + 5.0 * (1 - done)
                rows[node, 0] += far * (2 * rng.random() - 1)
                rows[node, 1] += far * (2 * rng.random() - 1)
            if not shift or (rng.random() < 0.3 and count[node] > 1):
                rows[node, 8] = int(rng.random() * count[node])
            turn(node, rows, box)
            stands += standing(node, rows, unit, pad, page, gap, home)
            for e in range(lines):  # after those that move the others, which may meet this body
                if not moved[e]:
                    lot[every] = e
                    every += 1
        elif line >= 0:
            old_bend = bends[line]
            bends[line] = options[int(rng.random() * len(options))]
        delta = stands - before(lot, c, moved, meets, crossed)
        hopeless = node >= 0 and delta > most + HOPE
        # --- what it costs
        if not hopeless:
            for j in range(texts):
                burden[2, j], burden[3, j] = 0.0, 0.0
            for k in range(every):
                e = lot[k]
                p, q = ends[e, 0], ends[e, 1]
                row, first, last = e, node, node + 1
                if moved[e]:
                    row, first, last = lines + e, 0, texts
                    trace(row, rows, p, q, thick[e], bends[e], curves)
                    for f in range(lines):
                        if f > e and moved[f]:  # not traced yet
                            continue
                        if f == e:
                            one = alone(row, bends[e], curves, page, weigh)
                        else:
                            one = weigh[0] * meetings(row, lines + f if moved[f] else f, curves)
                        if f == twin[e]:
                            one += 40.0 * max(0.16 - abs(bends[e] + bends[f]), 0.0)
                        new_crossed[e, f] = one
                        delta += one
                for j in range(first, last):
                    now, then = under[e, j], beneath(row, curves, thick[e] / 2, j, rows)
                    then = then if j != p and j != q else then % DISC
                    new_under[e, j] = then
                    if then != now:
                        sign = then % 2 - now % 2
                        burden[2, j] += sign
                        burden[3, j] += sign * max(thick[e] - BROAD, 0.0)
                        delta += weigh[7] * (then // HEAD_UNDER % 2 - now // HEAD_UNDER % 2)
                        delta += weigh[1] * (then // DISC - now // DISC)
            for j in range(texts):
                touch, heavy, more, heavier = burden[0, j], burden[1, j], burden[2, j], burden[3, j]
                if more != 0 or heavier != 0:  # a broad one for a thin one
                    weight = 1.0 if j < n else 1.6
                    delta += weight * (
                        worth(touch + more, heavy + heavier, weigh) - worth(touch, heavy, weigh)
                    )
        if not hopeless and delta <= most:
            commit(lot, c, moved, meets, new_crossed, crossed)
            for k in range(every):
                e = lot[k]
                first, last = node, node + 1
                if moved[e]:
                    row, first, last = lines + e, 0, texts
                    for m in range(WIDTH):
                        curves[e, m] = curves[row, m]
                for j in range(first, last):
                    under[e, j] = new_under[e, j]
            for j in range(texts):
                burden[0, j] += burden[2, j]
                burden[1, j] += burden[3, j]
        elif node >= 0:
            rows[node, 0], rows[node, 1], rows[node, 8] = old_x, old_y, old_side
            turn(node, rows, box)
        elif line >= 0:
            bends[line] = old_bend
        for k in range(c):
            moved[lot[k]] = False
