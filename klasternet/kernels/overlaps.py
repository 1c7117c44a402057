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


def texts(
    spot: np.ndarray, radius: np.ndarray, box: np.ndarray, chosen: np.ndarray,
    title: np.ndarray, heads: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """A row for each body and, after them, for each title: what stands where.

    Middle and radius of a disc; middle and half sides of a box; what its side of the disc costs,
    and which that is; the bounds of both (left, low, right, high). A title has no disc, and a body
    without a label a box without sides.
    """
    n = len(spot)
    rows = np.zeros((n + len(title), 13))
    rows[:n, :2], rows[:n, 2], rows[:n, 8] = spot, radius, chosen
    rows[n:, 2], rows[n:, 3:5], rows[n:, 5:7] = -np.inf, heads, title
    rows[n:, 9:11], rows[n:, 11:] = heads - title, heads + title
    for i in range(n):
        turn(i, rows, box)
    return rows


@register_jitable
def turn(i, rows, box):
    """Set the label of a body where its disc stands, on the side that was chosen."""
    c = int(rows[i, 8])
    rows[i, 3], rows[i, 4] = rows[i, 0] + box[i, c, 0], rows[i, 1] + box[i, c, 1]
    rows[i, 5], rows[i, 6], rows[i, 7] = box[i, c, 2], box[i, c, 3], box[i, c, 4]
    x, y, r, s, t, w, h = (
        rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6],
    )  # fmt: skip
    rows[i, 9], rows[i, 10] = min(x - r, s - w), min(y - r, t - h)
    rows[i, 11], rows[i, 12] = max(x + r, s + w), max(y + r, t + h)


@register_jitable
def bodies_apart(i, j, rows, room):
    """Penalty of two bodies, each a disc with the box of its label, closer than a room."""
    x, y, r = rows[i, 0], rows[i, 1], rows[i, 2]
    s, t, q = rows[j, 0], rows[j, 1], rows[j, 2]
    a, b, c, d = rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6]
    e, f, g, h = rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6]
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
def body_apart(i, j, rows, room):
    """Penalty of a body and a title closer than a room."""
    x, y, w, h = rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6]
    cost = disc_apart(rows[i, 0], rows[i, 1], rows[i, 2], x, y, w, h, room)
    if rows[i, 5] > 0:
        cost += boxes_apart(rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6], x, y, w, h, room)
    return cost


@register_jitable
def texts_apart(i, j, n, rows, unit, pad, gap):
    """Penalty of two bodies or titles, j before i; a title may be near to its own cluster."""
    if i < n:
        room = gap if unit[i] == unit[j] else pad[unit[i]] + pad[unit[j]] + gap
        return bodies_apart(i, j, rows, room)
    if j < n:
        return 0.0 if unit[i] == unit[j] else body_apart(j, i, rows, pad[unit[j]] + gap)
    return boxes_apart(
        rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6],
        rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6], gap,
    )  # fmt: skip


@register_jitable
def text_outside(i, n, rows, unit, pad, page):
    """Penalty of a body or a title that leaves the page."""
    edge = pad[unit[i]] if i < n else 0.0
    cost = 0.0
    if i < n:
        r = rows[i, 2] + edge
        cost += outside(rows[i, 0], rows[i, 1], r, r, page)
    if rows[i, 5] > 0:
        cost += outside(rows[i, 3], rows[i, 4], rows[i, 5] + edge, rows[i, 6] + edge, page)
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
def add_faults(n, rows, unit, pad, page, gap, bad):
    """Add to every body and title what `faults` asks for."""
    for i in range(rows.shape[0]):
        bad[i] += text_outside(i, n, rows, unit, pad, page)
        for j in range(i):
            cost = texts_apart(i, j, n, rows, unit, pad, gap)
            bad[i] += cost
            bad[j] += cost


@njit(cache=True, nogil=True)
def _add_faults(*given):
    """`add_faults` from Python: what it calls is compiled once, for kernels that call it too."""
    add_faults(*given)


def faults(
    spot: np.ndarray, radius: np.ndarray, unit: np.ndarray, box: np.ndarray, chosen: np.ndarray,
    title: np.ndarray, pad: np.ndarray, heads: np.ndarray, page: np.ndarray, gap: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """How badly each body (n) and each title overlaps others or leaves the page; 0 where not."""
    n, named = len(spot), np.flatnonzero(title[:, 0] > 0)
    rows = texts(spot, radius, box, chosen, title[named], heads[named])
    bad, bad_title = np.zeros(len(rows)), np.zeros(len(title))
    _add_faults(n, rows, np.concatenate([unit, named]), pad, page, gap, bad)
    bad_title[named] = bad[n:]
    return bad[:n], bad_title
