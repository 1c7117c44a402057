"""Arrows as they are drawn, parabolas from rim to rim with a head, and what they run over.

A curve is sampled once, into tables of all curves, and measured from there.
"""

import numpy as np
from numba.extending import register_jitable

from .overlaps import crosses, over_box, over_disc

STEPS = 10  # segments of a curve
CLEAR_TAIL, CLEAR_TIP = 0.6, 0.9  # from the rims of its discs


@register_jitable
def at_curve(t, ax, ay, bx, by, bend):
    """Point of a parabola from a to b."""
    cx, cy = (ax + bx) / 2 + bend * (by - ay), (ay + by) / 2 - bend * (bx - ax)
    s = 1 - t
    return s * s * ax + 2 * s * t * cx + t * t * bx, s * s * ay + 2 * s * t * cy + t * t * by


@register_jitable
def rim(ax, ay, bx, by, bend, r, end):
    """Where the curve leaves the disc at its beginning (end 0.0), or enters that at its end (1.0).

    A flag in place of the number would compile this once for True and once for False.
    """
    ox, oy = (bx, by) if end > 0 else (ax, ay)
    low, high = 0.0, 0.5
    for _ in range(12):
        t = (low + high) / 2
        x, y = at_curve(end + (1 - 2 * end) * t, ax, ay, bx, by, bend)
        if (x - ox) * (x - ox) + (y - oy) * (y - oy) < r * r:
            low = t
        else:
            high = t
    return end + (1 - 2 * end) * high


@register_jitable
def trace(e, spot, radius, ends, thick, bend, points, count, hull, tips):
    """Sample a curve where it can be seen, and set the corners of its head (`routing.tapered`).

    A straight one has one segment.
    """
    i, j = ends[e, 0], ends[e, 1]
    ax, ay, bx, by = spot[i, 0], spot[i, 1], spot[j, 0], spot[j, 1]
    low = rim(ax, ay, bx, by, bend, radius[i] + CLEAR_TAIL, 0.0)
    high = rim(ax, ay, bx, by, bend, radius[j] + CLEAR_TIP, 1.0)
    if high <= low:
        low, high = 0.49, 0.51
    steps = 1 if bend == 0 else STEPS
    count[e] = steps
    hull[e, 0], hull[e, 1], hull[e, 2], hull[e, 3] = 1e9, 1e9, -1e9, -1e9
    for k in range(steps + 1):
        x, y = at_curve(low + (high - low) * k / steps, ax, ay, bx, by, bend)
        points[e, k, 0], points[e, k, 1] = x, y
        hull[e, 0], hull[e, 1] = min(hull[e, 0], x), min(hull[e, 1], y)
        hull[e, 2], hull[e, 3] = max(hull[e, 2], x), max(hull[e, 3], y)
    x, y = points[e, steps, 0], points[e, steps, 1]
    apart = np.hypot(x - points[e, 0, 0], y - points[e, 0, 1])
    long = min(max(1.5 * thick[e], 2.6), 0.6 * apart)
    half = max(0.95 * thick[e], thick[e] / 2 + 0.8)
    s, t = at_curve(high - (high - low) * 0.01, ax, ay, bx, by, bend)
    size = max(np.hypot(x - s, y - t), 1e-9)
    s, t = at_curve(high - (high - low) * 0.01 * long / size, ax, ay, bx, by, bend)  # its neck
    size = max(np.hypot(x - s, y - t), 1e-9)
    u, v = (x - s) / size * half, (y - t) / size * half
    tips[e, 0], tips[e, 1], tips[e, 2], tips[e, 3] = x, y, s - v, t + u
    tips[e, 4], tips[e, 5] = s + v, t - u


@register_jitable
def meetings(e, f, points, count, hull):
    """Crossings of curve e with curve f; flat ones count double."""
    left, low, right, high = hull[f, 0], hull[f, 1], hull[f, 2], hull[f, 3]
    if hull[e, 0] > right or left > hull[e, 2] or hull[e, 1] > high or low > hull[e, 3]:
        return 0.0
    met = 0.0
    for k in range(count[e]):
        p, q, r, s = points[e, k, 0], points[e, k, 1], points[e, k + 1, 0], points[e, k + 1, 1]
        if min(p, r) > right or max(p, r) < left or min(q, s) > high or max(q, s) < low:
            continue
        for m in range(count[f]):
            g, h, i, j = points[f, m, 0], points[f, m, 1], points[f, m + 1, 0], points[f, m + 1, 1]
            if crosses(p, q, r, s, g, h, i, j):
                dot = (r - p) * (i - g) + (s - q) * (j - h)
                size = ((r - p) ** 2 + (s - q) ** 2) * ((i - g) ** 2 + (j - h) ** 2)
                met += 1.0 + dot * dot / max(size, 1e-9)
    return met


@register_jitable
def passes_disc(e, points, count, hull, x, y, r):
    """Whether a curve runs over a disc."""
    if hull[e, 0] > x + r or hull[e, 2] < x - r or hull[e, 1] > y + r or hull[e, 3] < y - r:
        return False
    for k in range(count[e]):
        if over_disc(
            points[e, k, 0], points[e, k, 1], points[e, k + 1, 0], points[e, k + 1, 1], x, y, r
        ):
            return True
    return False


@register_jitable
def passes_box(e, points, count, hull, x, y, w, h):
    """Whether a curve runs over a box."""
    if hull[e, 0] > x + w or hull[e, 2] < x - w or hull[e, 1] > y + h or hull[e, 3] < y - h:
        return False
    for k in range(count[e]):
        if over_box(
            points[e, k, 0], points[e, k, 1], points[e, k + 1, 0], points[e, k + 1, 1], x, y, w, h
        ):
            return True
    return False


@register_jitable
def buried(e, tips, x, y, w, h):
    """Whether the head of an arrow lies under a box (separating axes)."""
    ax, ay, bx, by, cx, cy = tips[e, 0], tips[e, 1], tips[e, 2], tips[e, 3], tips[e, 4], tips[e, 5]
    if min(ax, bx, cx) > x + w or max(ax, bx, cx) < x - w:
        return False
    if min(ay, by, cy) > y + h or max(ay, by, cy) < y - h:
        return False
    for k in range(3):
        u, v = (
            tips[e, (2 * k + 3) % 6] - tips[e, 2 * k + 1],
            tips[e, 2 * k] - tips[e, (2 * k + 2) % 6],
        )
        p, q, r = (
            u * (ax - x) + v * (ay - y),
            u * (bx - x) + v * (by - y),
            u * (cx - x) + v * (cy - y),
        )
        reach = w * abs(u) + h * abs(v)
        if min(p, q, r) > reach or max(p, q, r) < -reach:
            return False
    return True


@register_jitable
def beneath(e, points, count, hull, tips, half, x, y, w, h):
    """What of an arrow lies under a box: nothing 0, its line 1, its head 2, both 3."""
    line = passes_box(e, points, count, hull, x, y, w + half, h + half)
    return int(line) + 2 * int(buried(e, tips, x, y, w, h))
