"""What every pair of a network diagram costs, in tables: only what moves is measured anew.

Bodies and titles that overlap; lines across each other, over discs, labels and titles. What moves
is given as `nodes`, `units` and `edges`, and once more as flags: `inside`, `turned`, `moved`.
"""

import numpy as np
from numba.extending import register_jitable

from .overlaps import bodies_apart, body_apart, crosses, label, over_box, over_disc

RIM = 1.5  # from a disc to lines that pass by


def blank(n: int, many: int, lines: int) -> tuple[np.ndarray, ...]:
    """Tables of what every pair costs: bodies, bodies and titles; lines across each other, over
    discs, labels and titles."""
    return (
        np.zeros((n, n)), np.zeros((n, many)), np.zeros((lines, lines), np.uint8),
        np.zeros((lines, n), np.uint8), np.zeros((lines, n), np.uint8),
        np.zeros((lines, many), np.uint8),
    )  # fmt: skip


@register_jitable
def before(nodes, units, edges, inside, moved, turned, unit, ends, weigh, tables):
    """What all that is going to move costs now."""
    bodies, titles, crossed, discs, labels, heads = tables
    cost, cross, disc, label, head = 0.0, 0, 0, 0, 0
    n, many = unit.shape[0], titles.shape[1]
    for i in nodes:
        for j in range(n):
            if not (inside[j] and j < i):
                cost += bodies[i, j]
        for u in range(many):
            if not turned[u]:
                cost += titles[i, u]
        for e in range(ends.shape[0]):
            if not moved[e]:
                disc += discs[e, i]
                label += labels[e, i]
    for u in units:
        if u < many:
            for j in range(n):
                cost += titles[j, u]
            for e in range(ends.shape[0]):
                if not moved[e]:
                    head += heads[e, u]
    for e in edges:
        for f in range(ends.shape[0]):
            if not (moved[f] and f < e):
                cross += crossed[e, f]
        for j in range(n):
            disc += discs[e, j]
            label += labels[e, j]
        for u in range(many):
            head += heads[e, u]
    return cost + weigh[0] * cross + weigh[1] * disc + weigh[2] * label + weigh[3] * head


@register_jitable
def after(
    nodes, units, edges, inside, moved, turned, unit, ends, heft, weigh, tables,
    spot, line, radius, box, chosen, title, pad, places, page, gap, most,
):  # fmt: skip
    """The same once it has moved, written into tables; it stops where the cost is above `most`.

    `heft`: how many lines a line counts for where it runs over a label.
    """
    bodies, titles, crossed, discs, labels, heads = tables
    n, many = unit.shape[0], titles.shape[1]
    cost = 0.0
    for i in nodes:
        for j in range(n):
            if j != i and not (inside[j] and j < i):
                room = gap if unit[i] == unit[j] else pad[unit[i]] + pad[unit[j]] + gap
                bodies[i, j] = bodies_apart(i, j, spot, radius, box, chosen, room)
                cost += bodies[i, j]
        room = pad[unit[i]] + gap
        for u in range(many):
            if not turned[u] and u != unit[i]:
                titles[i, u] = body_apart(
                    i, spot, radius, box, chosen,
                    places[u, 0], places[u, 1], title[u, 0], title[u, 1], room,
                )  # fmt: skip
                cost += titles[i, u]
        if cost > most:
            return cost
    for u in units:
        if u < many:
            for j in range(n):
                if unit[j] != u:
                    titles[j, u] = body_apart(
                        j, spot, radius, box, chosen,
                        places[u, 0], places[u, 1], title[u, 0], title[u, 1], pad[unit[j]] + gap,
                    )  # fmt: skip
                    cost += titles[j, u]
            for e in range(ends.shape[0]):
                if not moved[e]:
                    heads[e, u] = over_box(
                        line[e, 0], line[e, 1], line[e, 2], line[e, 3],
                        places[u, 0], places[u, 1], title[u, 0], title[u, 1],
                    )  # fmt: skip
                    cost += weigh[3] * heads[e, u]
    if cost > most:
        return cost
    for i in nodes:
        x, y, w, h = label(i, spot, box, chosen)
        for e in range(ends.shape[0]):
            if not moved[e]:
                ax, ay, bx, by = line[e, 0], line[e, 1], line[e, 2], line[e, 3]
                discs[e, i] = over_disc(ax, ay, bx, by, spot[i, 0], spot[i, 1], radius[i] + RIM)
                labels[e, i] = heft[e] * (w > 0 and over_box(ax, ay, bx, by, x, y, w, h))
                cost += weigh[1] * discs[e, i] + weigh[2] * labels[e, i]
        if cost > most:
            return cost
    for e in edges:
        p, q = ends[e, 0], ends[e, 1]
        ax, ay, bx, by = line[e, 0], line[e, 1], line[e, 2], line[e, 3]
        count = 0
        for f in range(ends.shape[0]):
            if moved[f] and f <= e:
                continue
            s, t = ends[f, 0], ends[f, 1]
            hit = False
            if s != p and s != q and t != p and t != q:
                hit = crosses(ax, ay, bx, by, line[f, 0], line[f, 1], line[f, 2], line[f, 3])
            crossed[e, f] = hit
            count += hit
        cost += weigh[0] * count
        if cost > most:
            return cost
        for j in range(n):
            x, y, w, h = label(j, spot, box, chosen)
            off = j != p and j != q
            discs[e, j] = off and over_disc(ax, ay, bx, by, spot[j, 0], spot[j, 1], radius[j] + RIM)
            labels[e, j] = heft[e] * (w > 0 and over_box(ax, ay, bx, by, x, y, w, h))
            cost += weigh[1] * discs[e, j] + weigh[2] * labels[e, j]
        for u in range(many):
            heads[e, u] = over_box(
                ax, ay, bx, by, places[u, 0], places[u, 1], title[u, 0], title[u, 1]
            )
            cost += weigh[3] * heads[e, u]
        if cost > most:
            return cost
    return cost


@register_jitable
def commit(nodes, units, edges, inside, moved, turned, unit, new, old):
    """Take over what `after` wrote for a move that is made."""
    n, many, lines = unit.shape[0], old[1].shape[1], old[2].shape[0]
    for i in nodes:
        for j in range(n):
            if j != i and not (inside[j] and j < i):
                old[0][i, j] = old[0][j, i] = new[0][i, j]
        for u in range(many):
            if not turned[u]:
                old[1][i, u] = new[1][i, u]
        for e in range(lines):
            if not moved[e]:
                old[3][e, i], old[4][e, i] = new[3][e, i], new[4][e, i]
    for u in units:
        if u < many:
            for j in range(n):
                old[1][j, u] = new[1][j, u]
            for e in range(lines):
                if not moved[e]:
                    old[5][e, u] = new[5][e, u]
    for e in edges:
        for f in range(lines):
            if not (moved[f] and f <= e):
                old[2][e, f] = old[2][f, e] = new[2][e, f]
        for j in range(n):
            old[3][e, j], old[4][e, j] = new[3][e, j], new[4][e, j]
        for u in range(many):
            old[5][e, u] = new[5][e, u]
