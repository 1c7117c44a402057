"""Simulated annealing of a network diagram: discs, labels beside them, clusters with a title.

After Davidson and Harel (1996, doi 10.1145/234535.234538), with every body at its printed size.
Lengths are points. A body is a disc with the box of its label; moves shift a node, change the side
of its label, or shift, mirror or swap whole clusters. What a move costs is what it changes: bodies
that overlap, lines that cross each other or run over discs and labels, lengths of lines, room that
a cluster takes. Lines are straight here; `figures.routing` bends them later.
"""

import numpy as np
from numba import njit

OVERLAP, DEPTH = 5.0, 0.8  # two bodies upon each other, and each point of it
CROSSING, OVER_DISC, OVER_TEXT, OVER_TITLE = 1.3, 2.4, 3.0, 2.0
TELL = 1.0  # by which a label is farther from other discs than from its own
INTRUSION = 0.25  # of an overlap: an industry of no cluster within a cluster's box
LONG, WIDE = 7.0, 60.0  # a line, and the sides of a cluster's box, as long as the page's diagonal


@njit(cache=True, nogil=True)
def boxes_apart(ax, ay, aw, ah, bx, by, bw, bh, gap):
    """Penalty of two boxes (centre, half sides) closer than a gap."""
    px = aw + bw + gap - abs(ax - bx)
    py = ah + bh + gap - abs(ay - by)
    if px <= 0 or py <= 0:
        return 0.0
    return OVERLAP + DEPTH * min(px, py)


@njit(cache=True, nogil=True)
def disc_apart(x, y, r, bx, by, bw, bh, gap):
    """Penalty of a disc and a box closer than a gap."""
    dx = max(abs(x - bx) - bw, 0.0)
    dy = max(abs(y - by) - bh, 0.0)
    near = r + gap
    d = dx * dx + dy * dy
    if d >= near * near:
        return 0.0
    return OVERLAP + DEPTH * (near - np.sqrt(d))


@njit(cache=True, nogil=True)
def crosses(ax, ay, bx, by, cx, cy, dx, dy):
    """Whether two segments cross."""
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return False
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return False
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    s = (ux * (cy - ay) - uy * (cx - ax)) * (ux * (dy - ay) - uy * (dx - ax))
    t = (vx * (ay - cy) - vy * (ax - cx)) * (vx * (by - cy) - vy * (bx - cx))
    return s < 0 and t < 0


@njit(cache=True, nogil=True)
def over_disc(ax, ay, bx, by, x, y, r):
    """Whether a segment runs over a disc."""
    ux, uy = bx - ax, by - ay
    length = ux * ux + uy * uy
    t = ((x - ax) * ux + (y - ay) * uy) / max(length, 1e-9)
    t = min(max(t, 0.0), 1.0)
    dx, dy = ax + t * ux - x, ay + t * uy - y
    return dx * dx + dy * dy < r * r


@njit(cache=True, nogil=True)
def over_box(ax, ay, bx, by, x, y, w, h):
    """Whether a segment runs over a box (separating axes)."""
    mx, my = (ax + bx) / 2 - x, (ay + by) / 2 - y
    ux, uy = abs(bx - ax) / 2, abs(by - ay) / 2
    if abs(mx) > w + ux or abs(my) > h + uy:
        return False
    return abs(mx * (by - ay) / 2 - my * (bx - ax) / 2) <= w * uy + h * ux


@njit(cache=True, nogil=True)
def frame(u, spot, radius, unit, start, order, box, chosen, title, pad, frames, heads, page):
    """Set the box around the bodies of a cluster, and where its title stands: on the highest."""
    left, low, right, high, at = 1e9, 1e9, -1e9, -1e9, 0.0
    for k in range(start[u], start[u + 1]):
        i = order[k]
        r = radius[i]
        left, right = min(left, spot[i, 0] - r), max(right, spot[i, 0] + r)
        low = min(low, spot[i, 1] - r)
        if spot[i, 1] + r > high:
            high, at = spot[i, 1] + r, spot[i, 0]
        b = box[i, chosen[i]]
        if b[2] > 0:
            x, y = spot[i, 0] + b[0], spot[i, 1] + b[1]
            left, right = min(left, x - b[2]), max(right, x + b[2])
            low = min(low, y - b[3])
            if y + b[3] > high:
                high, at = y + b[3], x
    frames[u, 0], frames[u, 1], frames[u, 2], frames[u, 3] = left, low, right, high
    w = title[u, 0]
    if right - left > 2 * w:
        at = min(max(at, left + w), right - w)
    if page[2] - page[0] > 2 * w:
        at = min(max(at, page[0] + w), page[2] - w)
    heads[u, 0] = at
    heads[u, 1] = high + pad[u] + 1.5 + title[u, 1]


@njit(cache=True, nogil=True)
def outside(x, y, w, h, page):
    """Penalty of a box that leaves the page (left, low, right, high)."""
    out = max(page[0] - x + w, 0.0) + max(x + w - page[2], 0.0)
    out += max(page[1] - y + h, 0.0) + max(y + h - page[3], 0.0)
    return OVERLAP + DEPTH * out if out > 0 else 0.0


@njit(cache=True, nogil=True)
def node_cost(
    i, inside, spot, radius, unit, box, chosen, title, pad, heads, ends, pull, near, at, page, gap
):
    """What node i costs, its pairs with the nodes that are `inside` and before it left out."""
    u = unit[i]
    x, y, r = spot[i, 0], spot[i, 1], radius[i]
    b = box[i, chosen[i]]
    cost = b[4] if ends.shape[0] > 0 else 0.0
    lx, ly, lw, lh = x + b[0], y + b[1], b[2], b[3]
    named = lw > 0
    edge = pad[u]
    cost += outside(x, y, r + edge, r + edge, page)
    if named:
        cost += outside(lx, ly, lw + edge, lh + edge, page)
    for j in range(spot.shape[0]):
        if j == i or (inside[j] and j < i):
            continue
        v = unit[j]
        room = gap if u == v else pad[u] + pad[v] + gap
        c = box[j, chosen[j]]
        mx, my = spot[j, 0] + c[0], spot[j, 1] + c[1]
        dx, dy, apart = spot[j, 0] - x, spot[j, 1] - y, r + radius[j] + room
        d = dx * dx + dy * dy
        if d < apart * apart:
            cost += OVERLAP + DEPTH * (apart - np.sqrt(d))
        if named:
            cost += disc_apart(spot[j, 0], spot[j, 1], radius[j], lx, ly, lw, lh, room + TELL)
        if c[2] > 0:
            cost += disc_apart(x, y, r, mx, my, c[2], c[3], room + TELL)
            if named:
                cost += boxes_apart(lx, ly, lw, lh, mx, my, c[2], c[3], room)
    for v in range(title.shape[0]):
        if title[v, 0] > 0 and v != u:
            room = pad[u] + gap
            cost += disc_apart(x, y, r, heads[v, 0], heads[v, 1], title[v, 0], title[v, 1], room)
            if named:
                cost += boxes_apart(
                    lx, ly, lw, lh, heads[v, 0], heads[v, 1], title[v, 0], title[v, 1], room
                )
    for e in range(ends.shape[0]):
        p, q = ends[e, 0], ends[e, 1]
        ax, ay, bx, by = spot[p, 0], spot[p, 1], spot[q, 0], spot[q, 1]
        if named and over_box(ax, ay, bx, by, lx, ly, lw, lh):
            cost += OVER_TEXT
        if p != i and q != i and over_disc(ax, ay, bx, by, x, y, r + 1.5):
            cost += OVER_DISC
    for k in range(at[i], at[i + 1]):
        e = near[k]
        p, q = ends[e, 0], ends[e, 1]
        ax, ay, bx, by = spot[p, 0], spot[p, 1], spot[q, 0], spot[q, 1]
        cost += pull[e] * np.hypot(bx - ax, by - ay)
        for f in range(ends.shape[0]):
            s, t = ends[f, 0], ends[f, 1]
            if s in (p, q) or t in (p, q):
                continue
            if crosses(ax, ay, bx, by, spot[s, 0], spot[s, 1], spot[t, 0], spot[t, 1]):
                cost += CROSSING
        for j in range(spot.shape[0]):
            if j == i:
                continue
            off = j != p and j != q
            if off and over_disc(ax, ay, bx, by, spot[j, 0], spot[j, 1], radius[j] + 1.5):
                cost += OVER_DISC
            c = box[j, chosen[j]]
            if c[2] > 0 and over_box(
                ax, ay, bx, by, spot[j, 0] + c[0], spot[j, 1] + c[1], c[2], c[3]
            ):
                cost += OVER_TEXT
        for v in range(title.shape[0]):
            if title[v, 0] > 0 and over_box(
                ax, ay, bx, by, heads[v, 0], heads[v, 1], title[v, 0], title[v, 1]
            ):
                cost += OVER_TITLE
    return cost


@njit(cache=True, nogil=True)
def unit_cost(
    u, spot, radius, unit, box, chosen, title, pad, frames, heads, ends, page, gap, wide, many
):
    """What the box and the title of a cluster cost."""
    f = frames[u]
    cost = wide * (0.8 + 0.05 * many) * (f[2] - f[0] + f[3] - f[1])
    for v in range(frames.shape[0]):
        if v == u:
            continue
        g = frames[v]
        px = min(f[2], g[2]) - max(f[0], g[0]) + pad[u] + pad[v]
        py = min(f[3], g[3]) - max(f[1], g[1]) + pad[u] + pad[v]
        if px > 0 and py > 0:
            both = title[u, 0] > 0 and title[v, 0] > 0
            cost += (OVERLAP + DEPTH * min(px, py)) * (1.0 if both else INTRUSION)
    w, h = title[u, 0], title[u, 1]
    if w == 0:
        return cost
    x, y = heads[u, 0], heads[u, 1]
    cost += outside(x, y, w, h, page)
    for j in range(spot.shape[0]):
        v = unit[j]
        if v == u:
            continue
        room = pad[v] + gap
        cost += disc_apart(spot[j, 0], spot[j, 1], radius[j], x, y, w, h, room)
        c = box[j, chosen[j]]
        if c[2] > 0:
            cost += boxes_apart(x, y, w, h, spot[j, 0] + c[0], spot[j, 1] + c[1], c[2], c[3], room)
    for v in range(title.shape[0]):
        if v != u and title[v, 0] > 0:
            cost += boxes_apart(x, y, w, h, heads[v, 0], heads[v, 1], title[v, 0], title[v, 1], gap)
    for e in range(ends.shape[0]):
        p, q = ends[e, 0], ends[e, 1]
        if over_box(spot[p, 0], spot[p, 1], spot[q, 0], spot[q, 1], x, y, w, h):
            cost += OVER_TITLE
    return cost


@njit(cache=True, nogil=True)
def anneal(
    spot, radius, unit, start, order, box, count, mirror, chosen, title, pad,
    ends, within, near, at, page, gap, moves, hot, cold, reach, share, free, rng,
):  # fmt: skip
    """Move bodies (in place: `spot`, `chosen`) while a temperature falls from hot to cold.

    `share` of the moves, at the beginning, are of whole clusters; `reach` is the longest shift.
    Without `free`, positions stay and labels alone change sides. Returns boxes and titles.
    """
    n, units, wide = spot.shape[0], start.shape[0] - 1, page[2] - page[0]
    diagonal = np.hypot(wide, page[3] - page[1])
    frames, heads = np.zeros((units, 4)), np.zeros((units, 2))
    pull = np.where(within, 1.6, 1.0) * LONG / diagonal
    inside = np.zeros(n, np.bool_)
    for u in range(units):
        frame(u, spot, radius, unit, start, order, box, chosen, title, pad, frames, heads, page)
    old_spot, old_chosen = spot.copy(), chosen.copy()
    for step in range(moves):
        done = step / moves
        heat = hot * (cold / hot) ** done
        far = max(reach * (1 - done) ** 2, 2.0)
        near_by = far if far < 30.0 else 30.0 + 0.3 * (far - 30.0)
        touched_u, touched_v, node = -1, -1, -1
        kind = rng.random()
        if free and kind < share * (1 - 0.7 * done):
            touched_u = int(rng.random() * units)
            if kind < 0.3 * share * (1 - 0.7 * done) and units > 1:
                touched_v = int(rng.random() * units)
                if touched_v == touched_u:
                    touched_v = -1
        else:
            node = int(rng.random() * n)
            touched_u = unit[node]
        a, b = start[touched_u], start[touched_u + 1]
        c = start[touched_v] if touched_v >= 0 else 0
        d = start[touched_v + 1] if touched_v >= 0 else 0
        before = after = 0.0
        for turn in range(2):
            cost = 0.0
            if node >= 0:
                cost += node_cost(
                    node, inside, spot, radius, unit, box, chosen, title, pad, heads,
                    ends, pull, near, at, page, gap,
                )  # fmt: skip
            else:
                for k in range(a, b):
                    inside[order[k]] = True
                for k in range(c, d):
                    inside[order[k]] = True
                for k in range(b - a + d - c):
                    i = order[a + k] if k < b - a else order[c + k - b + a]
                    cost += node_cost(
                        i, inside, spot, radius, unit, box, chosen, title, pad, heads,
                        ends, pull, near, at, page, gap,
                    )  # fmt: skip
                for k in range(a, b):
                    inside[order[k]] = False
                for k in range(c, d):
                    inside[order[k]] = False
            w = WIDE / diagonal
            cost += unit_cost(
                touched_u, spot, radius, unit, box, chosen, title, pad, frames, heads,
                ends, page, gap, w, b - a,
            )  # fmt: skip
            if touched_v >= 0:
                cost += unit_cost(
                    touched_v, spot, radius, unit, box, chosen, title, pad, frames, heads,
                    ends, page, gap, w, d - c,
                )  # fmt: skip
            if turn == 1:
                after = cost
                break
            before = cost
            # --- the move itself
            if node >= 0:
                side = rng.random()
                if count[node] > 1 and (side < 0.4 or not free):
                    chosen[node] = int(rng.random() * count[node])
                if free and side > 0.3:
                    spot[node, 0] += near_by * (2 * rng.random() - 1)
                    spot[node, 1] += near_by * (2 * rng.random() - 1)
            elif touched_v >= 0:
                mx = (frames[touched_v, 0] + frames[touched_v, 2]) / 2
                my = (frames[touched_v, 1] + frames[touched_v, 3]) / 2
                mx -= (frames[touched_u, 0] + frames[touched_u, 2]) / 2
                my -= (frames[touched_u, 1] + frames[touched_u, 3]) / 2
                for k in range(a, b):
                    spot[order[k], 0] += mx
                    spot[order[k], 1] += my
                for k in range(c, d):
                    spot[order[k], 0] -= mx
                    spot[order[k], 1] -= my
            elif b - a > 1 and rng.random() < 0.25:
                axis = 0 if rng.random() < 0.5 else 1
                twice = frames[touched_u, axis] + frames[touched_u, axis + 2]
                for k in range(a, b):
                    i = order[k]
                    spot[i, axis] = twice - spot[i, axis]
                    chosen[i] = mirror[i, chosen[i], axis]
            else:
                mx, my = 2 * far * (2 * rng.random() - 1), 2 * far * (2 * rng.random() - 1)
                for k in range(a, b):
                    spot[order[k], 0] += mx
                    spot[order[k], 1] += my
            frame(
                touched_u, spot, radius, unit, start, order, box, chosen, title, pad, frames, heads,
                page,
            )  # fmt: skip
            if touched_v >= 0:
                frame(
                    touched_v, spot, radius, unit, start, order, box, chosen, title, pad, frames,
                    heads, page,
                )  # fmt: skip
        keep = after <= before or rng.random() < np.exp((before - after) / heat)
        for k in range(b - a + d - c):
            i = order[a + k] if k < b - a else order[c + k - b + a]
            if keep:
                old_spot[i, 0], old_spot[i, 1] = spot[i, 0], spot[i, 1]
                old_chosen[i] = chosen[i]
            else:
                spot[i, 0], spot[i, 1] = old_spot[i, 0], old_spot[i, 1]
                chosen[i] = old_chosen[i]
        if not keep:
            frame(
                touched_u, spot, radius, unit, start, order, box, chosen, title, pad, frames, heads,
                page,
            )  # fmt: skip
            if touched_v >= 0:
                frame(
                    touched_v, spot, radius, unit, start, order, box, chosen, title, pad, frames,
                    heads, page,
                )  # fmt: skip
    return frames, heads


@njit(cache=True, nogil=True)
def faults(spot, radius, unit, box, chosen, title, pad, heads, page, gap):
    """How badly each body (n) and each title overlaps others or leaves the page; 0 where not."""
    n, units = spot.shape[0], title.shape[0]
    bad, bad_title = np.zeros(n), np.zeros(units)
    none = np.zeros((0, 2), np.int64)
    zero, empty = np.zeros(n + 1, np.int64), np.zeros(0, np.int64)
    inside = np.zeros(n, np.bool_)
    for i in range(n):
        bad[i] = node_cost(
            i, inside, spot, radius, unit, box, chosen, title, pad, heads, none,
            np.zeros(0), empty, zero, page, gap,
        )  # fmt: skip
    frames = np.zeros((units, 4))
    for u in range(units):
        frames[u] = 1e6 * (u + 1)  # apart: boxes of clusters may overlap
        if title[u, 0] > 0:
            bad_title[u] = unit_cost(
                u,
                spot,
                radius,
                unit,
                box,
                chosen,
                title,
                pad,
                frames,
                heads,
                none,
                page,
                gap,
                0.0,
                1,
            )
    return bad, bad_title
