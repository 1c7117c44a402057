"""What lies upon what on a page: boxes, discs and lines, as penalties and as yes or no.

Lengths are points; boxes are given by their middle and half sides.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

OVERLAP, DEPTH = 8.0, 1.0  # two bodies upon each other, and each point of it
TELL = 1.0  # by which a label is farther from other discs than from its own


@register_jitable
def boxes_apart(ax, ay, aw, ah, bx, by, bw, bh, gap):
    """Penalty of two boxes closer than a gap."""
    px = aw + bw + gap - abs(ax - bx)
    if px <= 0:
        return 0.0
    py = ah + bh + gap - abs(ay - by)
    if py <= 0:
        return 0.0
    return OVERLAP + DEPTH * min(px, py)


@register_jitable
def disc_apart(x, y, r, bx, by, bw, bh, gap):
    """Penalty of a disc and a box closer than a gap."""
    near = r + gap
    dx = max(abs(x - bx) - bw, 0.0)
    if dx >= near:
        return 0.0
    dy = max(abs(y - by) - bh, 0.0)
    d = dx * dx + dy * dy
    if d >= near * near:
        return 0.0
    return OVERLAP + DEPTH * (near - np.sqrt(d))


@register_jitable
def outside(x, y, w, h, page):
    """Penalty of a box that leaves the page (left, low, right, high)."""
    out = max(page[0] - x + w, 0.0) + max(x + w - page[2], 0.0)
    out += max(page[1] - y + h, 0.0) + max(y + h - page[3], 0.0)
    return OVERLAP + DEPTH * out if out > 0 else 0.0


@register_jitable
def label(i, spot, box, chosen):
    """Middle and half sides of the label of a body; where it has none its sides are 0.

    Numbers, here and elsewhere, and no views of arrays: each of those is compiled at length.
    """
    c = chosen[i]
    return spot[i, 0] + box[i, c, 0], spot[i, 1] + box[i, c, 1], box[i, c, 2], box[i, c, 3]


@register_jitable
def bodies_apart(i, j, spot, radius, box, chosen, room):
    """Penalty of two bodies, each a disc with the box of its label, closer than a room."""
    x, y, r = spot[i, 0], spot[i, 1], radius[i]
    s, t, q = spot[j, 0], spot[j, 1], radius[j]
    a, b, c, d = label(i, spot, box, chosen)
    e, f, g, h = label(j, spot, box, chosen)
    cost = 0.0
    near = r + q + room
    apart = (s - x) * (s - x) + (t - y) * (t - y)
    if apart < near * near:
        cost += OVERLAP + DEPTH * (near - np.sqrt(apart))
    if c > 0:
        cost += disc_apart(s, t, q, a, b, c, d, room + TELL)
    if g > 0:
        cost += disc_apart(x, y, r, e, f, g, h, room + TELL)
        if c > 0:
            cost += boxes_apart(a, b, c, d, e, f, g, h, room)
    return cost


@register_jitable
def body_apart(i, spot, radius, box, chosen, x, y, w, h, room):
    """Penalty of a body and a box closer than a room."""
    a, b, c, d = label(i, spot, box, chosen)
    cost = disc_apart(spot[i, 0], spot[i, 1], radius[i], x, y, w, h, room)
    if c > 0:
        cost += boxes_apart(a, b, c, d, x, y, w, h, room)
    return cost


@register_jitable
def body_outside(i, spot, radius, box, chosen, edge, page):
    """Penalty of a body that leaves the page."""
    (a, b, c, d), r = label(i, spot, box, chosen), radius[i] + edge
    cost = outside(spot[i, 0], spot[i, 1], r, r, page)
    if c > 0:
        cost += outside(a, b, c + edge, d + edge, page)
    return cost


@register_jitable
def crosses(ax, ay, bx, by, cx, cy, dx, dy):
    """Whether two segments cross."""
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return False
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return False
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    s = (ux * (cy - ay) - uy * (cx - ax)) * (ux * (dy - ay) - uy * (dx - ax))
    if s >= 0:
        return False
    return (vx * (ay - cy) - vy * (ax - cx)) * (vx * (by - cy) - vy * (bx - cx)) < 0


@register_jitable
def over_disc(ax, ay, bx, by, x, y, r):
    """Whether a segment runs over a disc."""
    if min(ax, bx) > x + r or max(ax, bx) < x - r or min(ay, by) > y + r or max(ay, by) < y - r:
        return False
    ux, uy = bx - ax, by - ay
    length = ux * ux + uy * uy
    t = ((x - ax) * ux + (y - ay) * uy) / max(length, 1e-9)
    t = min(max(t, 0.0), 1.0)
    dx, dy = ax + t * ux - x, ay + t * uy - y
    return dx * dx + dy * dy < r * r


@register_jitable
def over_box(ax, ay, bx, by, x, y, w, h):
    """Whether a segment runs over a box (separating axes)."""
    mx, ux = (ax + bx) / 2 - x, abs(bx - ax) / 2
    if abs(mx) > w + ux:
        return False
    my, uy = (ay + by) / 2 - y, abs(by - ay) / 2
    if abs(my) > h + uy:
        return False
    return abs(mx * (by - ay) / 2 - my * (bx - ax) / 2) <= w * uy + h * ux


@register_jitable
def add_faults(spot, radius, unit, box, chosen, title, pad, heads, page, gap, bad, bad_title):
    """Add to every body and title what `faults` asks for."""
    n, units = spot.shape[0], title.shape[0]
    for i in range(n):
        bad[i] += body_outside(i, spot, radius, box, chosen, pad[unit[i]], page)
        for j in range(i + 1, n):
            room = gap if unit[i] == unit[j] else pad[unit[i]] + pad[unit[j]] + gap
            cost = bodies_apart(i, j, spot, radius, box, chosen, room)
            bad[i] += cost
            bad[j] += cost
    for u in range(units):
        if title[u, 0] == 0:
            continue
        x, y, w, h = heads[u, 0], heads[u, 1], title[u, 0], title[u, 1]
        bad_title[u] += outside(x, y, w, h, page)
        for j in range(n):
            if unit[j] != u:
                room = pad[unit[j]] + gap
                cost = body_apart(j, spot, radius, box, chosen, x, y, w, h, room)
                bad[j] += cost
                bad_title[u] += cost
        for v in range(units):
            if v != u and title[v, 0] > 0:
                bad_title[u] += boxes_apart(
                    x, y, w, h, heads[v, 0], heads[v, 1], title[v, 0], title[v, 1], gap
                )


@njit(cache=True, nogil=True)
def _add_faults(*given):
    """`add_faults` from Python: what it calls is compiled once, for kernels that call it too."""
    add_faults(*given)


def faults(
    spot: np.ndarray, radius: np.ndarray, unit: np.ndarray, box: np.ndarray, chosen: np.ndarray,
    title: np.ndarray, pad: np.ndarray, heads: np.ndarray, page: np.ndarray, gap: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """How badly each body (n) and each title overlaps others or leaves the page; 0 where not."""
    bad, bad_title = np.zeros(len(spot)), np.zeros(len(title))
    _add_faults(spot, radius, unit, box, chosen, title, pad, heads, page, gap, bad, bad_title)
    return bad, bad_title
