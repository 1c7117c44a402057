"""The last touch to a network diagram, with arrows as they are drawn: parabolas from rim to rim.

A low temperature bends arrows, turns labels to other sides of their discs and shifts discs a
little. It lowers what a reader stumbles over: arrows across each other, over discs, labels and
titles, too short for their heads, or out of the page; above all heads that lie under a text.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .curves import STEPS, beneath, meetings, passes_disc, trace
from .overlaps import bodies_apart, body_apart, body_outside, label

FAR = 0.012  # of a shift, for each square point
HOPE = 25.0  # that a shift may win elsewhere
BROAD = 0.8  # of an arrow, beyond which it is worse under a text
FIRM = 5.0  # times the penalty, for bodies do not overlap for the sake of arrows


@register_jitable
def alone(e, bend, twin, bends, points, count, hull, page, weigh):
    """What a curve costs by itself: its bend, being short, leaving the page, hiding its twin."""
    cost = weigh[4] * abs(bend)
    dx = points[e, count[e], 0] - points[e, 0, 0]
    dy = points[e, count[e], 1] - points[e, 0, 1]
    cost += weigh[5] * max(8.0 - np.hypot(dx, dy), 0.0)
    if hull[e, 0] < page[0] or hull[e, 1] < page[1] or hull[e, 2] > page[2] or hull[e, 3] > page[3]:
        cost += 20.0
    if twin[e] >= 0:
        cost += 40.0 * max(0.16 - abs(bend + bends[twin[e]]), 0.0)
    return cost


@register_jitable
def standing(i, spot, radius, unit, box, chosen, title, pad, heads, page, gap, home):
    """What the body of a node costs where it stands."""
    cost = body_outside(i, spot, radius, box, chosen, pad[unit[i]], page)
    for j in range(spot.shape[0]):
        if j != i:
            room = gap if unit[i] == unit[j] else pad[unit[i]] + pad[unit[j]] + gap
            cost += bodies_apart(i, j, spot, radius, box, chosen, room)
    for u in range(heads.shape[0]):
        x, y, w, h = heads[u, 0], heads[u, 1], title[u, 0], title[u, 1]
        room = pad[u] + 1.2 if u == unit[i] else pad[unit[i]] + gap
        cost += body_apart(i, spot, radius, box, chosen, x, y, w, h, room)
    dx, dy = spot[i, 0] - home[i, 0], spot[i, 1] - home[i, 1]
    return FIRM * cost + box[i, chosen[i], 4] + FAR * (dx * dx + dy * dy)


@register_jitable
def text_box(j, spot, box, chosen, heads, title):
    """Middle and half sides of the label of a node, or of a title after them; 0 where none is."""
    n = spot.shape[0]
    if j >= n:
        return heads[j - n, 0], heads[j - n, 1], title[j - n, 0], title[j - n, 1]
    return label(j, spot, box, chosen)


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
    texts = n + len(heads)
    last = {pair: e for e, pair in enumerate(map(tuple, ends.tolist()))}
    twin = np.array([last.get((j, i), -1) for i, j in ends.tolist()], np.int64)
    curves = (
        np.zeros((2 * lines, STEPS + 1, 2)), np.zeros(2 * lines, np.int64),
        np.zeros((2 * lines, 4)), np.zeros((2 * lines, 6)),
    )  # fmt: skip
    tables, new = (
        (np.zeros((lines, lines)), np.zeros((lines, n), np.int64), np.zeros((lines, texts), int))
        for _ in range(2)
    )
    _polish(
        spot, radius, unit, box, count, chosen, title, pad, heads, near, at, bends, options, page,
        gap, moves, hot, cold, weigh, free, np.tile(ends, (2, 1)), np.tile(thick, 2),
        np.tile(twin, 2), np.maximum(thick - BROAD, 0.0), spot.copy(), curves, tables, new,
        np.arange(lines), np.zeros(lines, np.bool_), np.zeros((4, texts)), rng,
    )  # fmt: skip
    return (tables[2] // 2).sum(axis=0)


@njit(cache=True, nogil=True)
def _polish(
    spot, radius, unit, box, count, chosen, title, pad, heads, near, at, bends, options, page,
    gap, moves, hot, cold, weigh, free, ends, thick, twin, broad, home, curves, tables, new,
    lot, moved, burden, rng,
):  # fmt: skip
    """What `polish` does, in rooms made by it.

    Row e of the curves is arrow e as it is, row lines + e as it would be; `ends`, `thick` and
    `twin` have as many rows. `burden`: how many arrows lie under each text and how broad they are,
    and what a move adds to both.
    """
    points, long, hull, tips = curves
    crossed, discs, under = tables
    new_crossed, new_discs, new_under = new
    n, lines, texts = spot.shape[0], moved.size, burden.shape[1]
    for step in range(-1, moves):
        heat = hot * (cold / hot) ** (max(step, 0) / moves)
        node, line, old_bend, old_side = -1, -1, 0.0, 0
        shift, delta, c = False, 0.0, 0
        old_x = old_y = 0.0
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
            most = -heat * np.log(1 - rng.random())
            for e in lot[:c]:
                delta -= alone(e, bends[e], twin, bends, points, long, hull, page, weigh)
        edges = lot[:c]
        for e in edges:
            moved[e] = True
        # --- the move itself
        if node >= 0:
            delta -= standing(
                node, spot, radius, unit, box, chosen, title, pad, heads, page, gap, home
            )
            old_x, old_y, old_side = spot[node, 0], spot[node, 1], chosen[node]
            if shift:
                far = 1.0 + 5.0 * (1 - step / moves)
                spot[node, 0] += far * (2 * rng.random() - 1)
                spot[node, 1] += far * (2 * rng.random() - 1)
            if not shift or (rng.random() < 0.3 and count[node] > 1):
                chosen[node] = int(rng.random() * count[node])
            delta += standing(
                node, spot, radius, unit, box, chosen, title, pad, heads, page, gap, home
            )
            for e in range(lines):  # after those that move the others, which may meet this body
                if not moved[e]:
                    lot[c] = e
                    c += 1
        elif line >= 0:
            old_bend = bends[line]
            bends[line] = options[int(rng.random() * len(options))]
        hopeless = node >= 0 and delta > most + HOPE
        # --- what it costs
        if not hopeless:
            for e in edges:
                row = lines + e
                trace(row, spot, radius, ends, thick, bends[e], points, long, hull, tips)
                delta += alone(row, bends[e], twin, bends, points, long, hull, page, weigh)
            for j in range(texts):
                burden[2, j], burden[3, j] = 0.0, 0.0
            for e in lot[:c]:
                row, first, discs_end, texts_end = e, node, node + int(shift), node + 1
                if moved[e]:
                    row, first, discs_end, texts_end = lines + e, 0, n, texts
                    met = 0.0
                    for f in range(lines):
                        if f == e or (moved[f] and f < e):
                            continue
                        other = lines + f if moved[f] else f
                        new_crossed[e, f] = meetings(row, other, points, long, hull)
                        met += new_crossed[e, f] - crossed[e, f]
                    delta += weigh[0] * met
                p, q, half = ends[e, 0], ends[e, 1], thick[e] / 2
                over = 0
                for j in range(first, discs_end):
                    new_discs[e, j] = j != p and j != q and passes_disc(
                        row, points, long, hull,
                        spot[j, 0], spot[j, 1], radius[j] + half + 0.6,
                    )  # fmt: skip
                    over += new_discs[e, j] - discs[e, j]
                for j in range(first, texts_end):
                    x, y, w, h = text_box(j, spot, box, chosen, heads, title)
                    now, then = under[e, j], 0
                    if w > 0:
                        then = beneath(row, points, long, hull, tips, half, x, y, w, h)
                    new_under[e, j] = then
                    if then != now:
                        sign = then % 2 - now % 2
                        burden[2, j] += sign
                        burden[3, j] += sign * broad[e]
                        delta += weigh[7] * (then // 2 - now // 2)
                delta += weigh[1] * over
            for j in range(texts):
                touch, heavy, more, heavier = burden[0, j], burden[1, j], burden[2, j], burden[3, j]
                if more != 0 or heavier != 0:  # a broad one for a thin one
                    weight = 1.0 if j < n else 1.6
                    delta += weight * (
                        worth(touch + more, heavy + heavier, weigh) - worth(touch, heavy, weigh)
                    )
        if step < 0 or (not hopeless and delta <= most):
            for e in edges:
                row = lines + e
                long[e] = long[row]
                for side in range(4):
                    hull[e, side] = hull[row, side]
                for side in range(6):
                    tips[e, side] = tips[row, side]
                for k in range(long[e] + 1):
                    points[e, k, 0], points[e, k, 1] = points[row, k, 0], points[row, k, 1]
                for f in range(lines):
                    if f != e and not (moved[f] and f < e):
                        crossed[e, f] = crossed[f, e] = new_crossed[e, f]
            for e in lot[:c]:
                whole = moved[e]
                for j in range(0 if whole else node, n if whole else node + int(shift)):
                    discs[e, j] = new_discs[e, j]
                for j in range(0 if whole else node, texts if whole else node + 1):
                    under[e, j] = new_under[e, j]
            for j in range(texts):
                burden[0, j] += burden[2, j]
                burden[1, j] += burden[3, j]
        elif node >= 0:
            spot[node, 0], spot[node, 1], chosen[node] = old_x, old_y, old_side
        elif line >= 0:
            bends[line] = old_bend
        for e in edges:
            moved[e] = False
