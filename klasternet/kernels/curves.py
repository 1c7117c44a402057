"""Arrows as they are drawn, parabolas from rim to rim with a head, and what they run over.

A curve is sampled once, into a row of a table, and measured from there: bounds (left, low, right,
high), three corners of its head from HEAD, and points from FIRST to the column in LAST.
"""

import numpy as np
from numba.extending import register_jitable

from .overlaps import crosses, over_box, over_disc

STEPS = 10  # segments of a curve
CLEAR_TAIL, CLEAR_TIP, CLEAR = 0.6, 0.9, 0.6  # from the rims of its discs, and of others
HEAD, LAST, FIRST = 4, 10, 11
WIDTH = FIRST + 2 * STEPS + 2  # of a row
LINE_UNDER, HEAD_UNDER, DISC = 1, 2, 4  # what an arrow does to a text


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
def trace(e, rows, i, j, thick, bend, curves):
    """Sample a curve where it can be seen, and set the corners of its head (`routing.tapered`).

    A straight one has one segment.
    """
    ax, ay, bx, by = rows[i, 0], rows[i, 1], rows[j, 0], rows[j, 1]
    low = rim(ax, ay, bx, by, bend, rows[i, 2] + CLEAR_TAIL, 0.0)
    high = rim(ax, ay, bx, by, bend, rows[j, 2] + CLEAR_TIP, 1.0)
    if high <= low:
        low, high = 0.49, 0.51
    steps = 1 if bend == 0 else STEPS
    last = FIRST + 2 * steps
    left, bottom, right, top = 1e9, 1e9, -1e9, -1e9
    x = y = 0.0
    for k in range(steps + 1):
        x, y = at_curve(low + (high - low) * k / steps, ax, ay, bx, by, bend)
        curves[e, FIRST + 2 * k], curves[e, FIRST + 2 * k + 1] = x, y
        left, right = min(left, x), max(right, x)
        bottom, top = min(bottom, y), max(top, y)
    curves[e, 0], curves[e, 1], curves[e, 2], curves[e, 3] = left, bottom, right, top
    curves[e, LAST] = last
    apart = np.hypot(x - curves[e, FIRST], y - curves[e, FIRST + 1])
    long = min(max(1.5 * thick, 2.6), 0.6 * apart)
    half = max(0.95 * thick, thick / 2 + 0.8)
    s, t = at_curve(high - (high - low) * 0.01, ax, ay, bx, by, bend)
    size = max(np.hypot(x - s, y - t), 1e-9)
    s, t = at_curve(high - (high - low) * 0.01 * long / size, ax, ay, bx, by, bend)  # its neck
    size = max(np.hypot(x - s, y - t), 1e-9)
    u, v = (x - s) / size * half, (y - t) / size * half
    curves[e, 4], curves[e, 5] = x, y
    curves[e, 6], curves[e, 7] = s - v, t + u
    curves[e, 8], curves[e, 9] = s + v, t - u


@register_jitable
def meetings(e, f, curves):
    """Crossings of curve e with curve f; flat ones count double."""
    left, low, right, high = curves[f, 0], curves[f, 1], curves[f, 2], curves[f, 3]
    if curves[e, 0] > right or left > curves[e, 2] or curves[e, 1] > high or low > curves[e, 3]:
        return 0.0
    met = 0.0
    for k in range(FIRST, int(curves[e, LAST]), 2):
        p, q, r, s = curves[e, k], curves[e, k + 1], curves[e, k + 2], curves[e, k + 3]
        if min(p, r) > right or max(p, r) < left or min(q, s) > high or max(q, s) < low:
            continue
        for m in range(FIRST, int(curves[f, LAST]), 2):
            g, h, i, j = curves[f, m], curves[f, m + 1], curves[f, m + 2], curves[f, m + 3]
            if crosses(p, q, r, s, g, h, i, j):
                dot = (r - p) * (i - g) + (s - q) * (j - h)
                size = ((r - p) ** 2 + (s - q) ** 2) * ((i - g) ** 2 + (j - h) ** 2)
                met += 1.0 + dot * dot / max(size, 1e-9)
    return met


@register_jitable
def buried(e, curves, x, y, w, h):
    """Whether the head of an arrow lies under a box (separating axes)."""
    ax, ay, bx, by = curves[e, 4], curves[e, 5], curves[e, 6], curves[e, 7]
    cx, cy = curves[e, 8], curves[e, 9]
    if min(ax, bx, cx) > x + w or max(ax, bx, cx) < x - w:
        return False
    if min(ay, by, cy) > y + h or max(ay, by, cy) < y - h:
        return False
    for k in range(3):
        m = (k + 1) % 3
        u = curves[e, HEAD + 2 * m + 1] - curves[e, HEAD + 2 * k + 1]
        v = curves[e, HEAD + 2 * k] - curves[e, HEAD + 2 * m]
        p = u * (ax - x) + v * (ay - y)
        q = u * (bx - x) + v * (by - y)
        r = u * (cx - x) + v * (cy - y)
        reach = w * abs(u) + h * abs(v)
        if min(p, q, r) > reach or max(p, q, r) < -reach:
            return False
    return True


@register_jitable
def beneath(e, curves, half, j, rows):
    """What an arrow so broad does to a body or a title (`overlaps.texts`), as a sum.

    Its line may lie under the box, its head too, and it may pass the disc.
    """
    x, y, w, h, found = rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6], 0
    if w > 0 and buried(e, curves, x, y, w, h):
        found += HEAD_UNDER
    near = half + CLEAR
    if curves[e, 0] > rows[j, 11] + near or curves[e, 2] < rows[j, 9] - near:
        return found
    if curves[e, 1] > rows[j, 12] + near or curves[e, 3] < rows[j, 10] - near:
        return found
    line, disc = w <= 0, False
    for k in range(FIRST, int(curves[e, LAST]), 2):
        p, q, r, s = curves[e, k], curves[e, k + 1], curves[e, k + 2], curves[e, k + 3]
        if not line and over_box(p, q, r, s, x, y, w + half, h + half):
            line = True
            found += LINE_UNDER
        if not disc and over_disc(p, q, r, s, rows[j, 0], rows[j, 1], rows[j, 2] + near):
            disc = True
            found += DISC
    return found
