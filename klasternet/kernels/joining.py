"""Whether clusters hold together on a page: the chain that joins their bodies, and what breaks it.

The chain of a cluster is the spanning tree of least gaps between its bodies, each a disc with the
box of its label. Its links should be short, and no other body or title should stand on them: the
outline of the cluster follows them. `rows` are those of `overlaps.texts`.
"""

import numpy as np
from numba.extending import register_jitable

from .overlaps import over_box, over_disc


@register_jitable
def away(x, y, bx, by, w, h):
    """Distance of a point from a box."""
    return np.hypot(max(abs(x - bx) - w, 0.0), max(abs(y - by) - h, 0.0))


@register_jitable
def gap(i, j, rows):
    """Distance between two bodies."""
    x, y, r = rows[i, 0], rows[i, 1], rows[i, 2]
    s, t, q = rows[j, 0], rows[j, 1], rows[j, 2]
    a, b, c, d = rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6]
    e, f, g, h = rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6]
    least = away(s, t, x, y, 0.0, 0.0) - r - q
    if c > 0:
        least = min(least, away(s, t, a, b, c, d) - q)
    if g > 0:
        least = min(least, away(x, y, e, f, g, h) - r)
        if c > 0:
            least = min(least, away(a, b, e, f, c + g, d + h))
    return max(least, 0.0)


@register_jitable
def join(order, first, last, rows, limit, links, loose, far):
    """Set the chain of some bodies, those from first to last in order, and tell its excess.

    `links`: for each body the one that it is joined to, -1 where the chain begins. The excess is
    by how much links are longer than a limit. `loose` and `far` are room: for bodies that are not
    joined yet, and their distances.
    """
    excess = 0.0
    i = order[first]
    links[i] = -1
    for k in range(first + 1, last):
        near = k
        for m in range(k, last):
            if k == first + 1:
                loose[m], far[order[m]] = order[m], np.inf
            j = loose[m]
            d = gap(i, j, rows)
            if d < far[j]:
                far[j], links[j] = d, i
            if far[j] < far[loose[near]]:
                near = m
        i = loose[near]
        loose[near] = loose[k]
        excess += max(far[i] - limit, 0.0)
    return excess


@register_jitable
def standing_on(j, air, order, first, last, rows, links):
    """On how many links of a chain a body or a title stands, with so much air round it."""
    count = 0
    for k in range(first, last):
        p = order[k]
        q = links[p]
        if q >= 0:
            ax, ay, bx, by = rows[p, 0], rows[p, 1], rows[q, 0], rows[q, 1]
            w = rows[j, 5]
            if over_disc(ax, ay, bx, by, rows[j, 0], rows[j, 1], rows[j, 2] + air) or (
                w > 0
                and over_box(ax, ay, bx, by, rows[j, 3], rows[j, 4], w + air, rows[j, 6] + air)
            ):
                count += 1
    return count
