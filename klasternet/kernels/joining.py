"""Whether clusters hold together on a page: the chain that joins their bodies, and what breaks it.

The chain of a cluster is the spanning tree of least gaps between its bodies, each a disc with the
box of its label. Its links should be short, and no other body or title should stand on them: the
outline of the cluster follows them.
"""

import numpy as np
from numba.extending import register_jitable

from .overlaps import label, over_box, over_disc


@register_jitable
def gap(i, j, spot, radius, box, chosen):
    """Distance between two bodies."""
    k, m = chosen[i], chosen[j]
    x, y, s, t = spot[i, 0], spot[i, 1], spot[j, 0], spot[j, 1]
    bx, by, bw, bh = box[i, k, 0], box[i, k, 1], box[i, k, 2], box[i, k, 3]
    cx, cy, cw, ch = box[j, m, 0], box[j, m, 1], box[j, m, 2], box[j, m, 3]
    least = np.hypot(s - x, t - y) - radius[i] - radius[j]
    if bw > 0:
        dx, dy = max(abs(s - x - bx) - bw, 0.0), max(abs(t - y - by) - bh, 0.0)
        least = min(least, np.hypot(dx, dy) - radius[j])
    if cw > 0:
        dx, dy = max(abs(x - s - cx) - cw, 0.0), max(abs(y - t - cy) - ch, 0.0)
        least = min(least, np.hypot(dx, dy) - radius[i])
        if bw > 0:
            dx = max(abs(s + cx - x - bx) - bw - cw, 0.0)
            dy = max(abs(t + cy - y - by) - bh - ch, 0.0)
            least = min(least, np.hypot(dx, dy))
    return max(least, 0.0)


@register_jitable
def joints(nodes, units, turned, long, stands, weigh):
    """What chains that are going to change cost."""
    n, many = stands.shape[0] - long.shape[0], long.shape[0]
    cost, count = 0.0, 0
    for u in units:
        if u < many:
            cost += long[u]
            for i in range(n + many):
                count += stands[i, u]
            for v in range(many):
                if not turned[v]:
                    count += stands[n + u, v]
    for i in nodes:
        for v in range(many):
            if not turned[v]:
                count += stands[i, v]
    return weigh[6] * cost + weigh[7] * count


@register_jitable
def join(
    nodes, units, turned, start, order, unit, spot, radius, box, chosen, title, heads, pad, limit,
    links, far, long, stands,
):  # fmt: skip
    """Set the chains of clusters that turned, and who stands on a chain where either moved.

    `long` (clusters): by how much links are longer than a limit; `stands` (bodies and titles,
    clusters): on how many links of a chain each stands. Link k joins the body that is k-th in
    `links` to an earlier one; `far` is room for distances.
    """
    n, many = unit.shape[0], long.shape[0]
    for u in units:
        if u >= many:
            continue
        first, last = start[u], start[u + 1]
        long[u] = 0.0
        for k in range(first, last):
            links[k, 0], links[k, 1], far[k] = order[k], -1, np.inf
        for k in range(first, last):
            if k > first:
                near = k
                for m in range(k + 1, last):
                    if far[m] < far[near]:
                        near = m
                for side in range(2):
                    links[k, side], links[near, side] = links[near, side], links[k, side]
                far[k], far[near] = far[near], far[k]
                long[u] += max(far[k] - limit, 0.0)
            i = links[k, 0]
            for m in range(k + 1, last):
                d = gap(i, links[m, 0], spot, radius, box, chosen)
                if d < far[m]:
                    far[m], links[m, 1] = d, i
    for v in range(many):
        whole = turned[v]
        for a in range(n + many if whole else len(nodes) + len(units)):
            if whole:
                i = a
            elif a < len(nodes):
                i = nodes[a]
            else:
                i = n + units[a - len(nodes)]
                if i >= n + many:
                    continue
            count = 0
            if (unit[i] if i < n else i - n) != v:
                for k in range(start[v] + 1, start[v + 1]):
                    p, q = links[k, 0], links[k, 1]
                    ax, ay, bx, by = spot[p, 0], spot[p, 1], spot[q, 0], spot[q, 1]
                    if i < n:
                        x, y, w, h = label(i, spot, box, chosen)
                        s, t, r = spot[i, 0], spot[i, 1], radius[i] + pad[v]
                        on = over_disc(ax, ay, bx, by, s, t, r) or (
                            w > 0 and over_box(ax, ay, bx, by, x, y, w + pad[v], h + pad[v])
                        )
                    else:
                        x, y = heads[i - n, 0], heads[i - n, 1]
                        w, h = title[i - n, 0], title[i - n, 1]
                        on = over_box(ax, ay, bx, by, x, y, w, h)
                    count += on
            stands[i, v] = count
