"""Simulated annealing of a network diagram: discs, labels beside them, clusters with a title.

After Davidson and Harel (1996, doi 10.1145/234535.234538), with every body at its printed size.
Lengths are points. A body is a disc with the box of its label; moves shift a node, change the side
of its label, let two nodes change places, or shift, mirror or swap whole clusters. What a move
costs is what it changes: bodies that overlap, lines that cross each other or run over discs and
labels, lengths of lines, room that a cluster takes, chains of its members that are long or broken
(`joining`). All pairs are kept in tables, so that only what
moves is measured, and no longer than the move can still be worth it. Lines are straight here;
`kernels.bending` bends them later.
"""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .joining import join, joints
from .overlaps import DEPTH, OVERLAP, body_outside, boxes_apart, label, outside
from .pairwise import after, before, blank, commit

INTRUSION = 0.7  # of an overlap: an industry of no cluster within a cluster's box
REUNION, BESIDE = 0.1, 30.0  # how often a node jumps to its cluster, and how far from a member


@register_jitable
def frame(u, spot, radius, start, order, box, chosen, title, pad, frames, heads, page):
    """Set the box around the bodies of a cluster, and where its title stands: on the highest."""
    left, low, right, high, at = 1e9, 1e9, -1e9, -1e9, 0.0
    for k in range(start[u], start[u + 1]):
        i = order[k]
        r = radius[i]
        left, right = min(left, spot[i, 0] - r), max(right, spot[i, 0] + r)
        low = min(low, spot[i, 1] - r)
        if spot[i, 1] + r > high:
            high, at = spot[i, 1] + r, spot[i, 0]
        x, y, w, h = label(i, spot, box, chosen)
        if w > 0:
            left, right = min(left, x - w), max(right, x + w)
            low = min(low, y - h)
            if y + h > high:
                high, at = y + h, x
    frames[u, 0], frames[u, 1], frames[u, 2], frames[u, 3] = left, low, right, high
    w = title[u, 0]
    if right - left > 2 * w:
        at = min(max(at, left + w), right - w)
    if page[2] - page[0] > 2 * w:
        at = min(max(at, page[0] + w), page[2] - w)
    heads[u, 0] = at
    heads[u, 1] = high + pad[u] + 1.5 + title[u, 1]


@register_jitable
def draw(edges, spot, ends, line):
    """Set the ends of lines."""
    for e in edges:
        for axis in range(2):
            line[e, axis] = spot[ends[e, 0], axis]
            line[e, axis + 2] = spot[ends[e, 1], axis]


@register_jitable
def frame_cost(u, turned, frames, title, pad, wide):
    """Sides of a cluster's box, and the boxes of others that it meets; of those that turn with it
    the later ones, so that each pair counts once."""
    left, low, right, high = frames[u, 0], frames[u, 1], frames[u, 2], frames[u, 3]
    cost = wide * (right - left + high - low)
    for v in range(frames.shape[0]):
        px = min(right, frames[v, 2]) - max(left, frames[v, 0]) + pad[u] + pad[v]
        py = min(high, frames[v, 3]) - max(low, frames[v, 1]) + pad[u] + pad[v]
        if px > 0 and py > 0 and v != u and not (turned[v] and v < u):
            both = title[u, 0] > 0 and title[v, 0] > 0
            cost += (OVERLAP + DEPTH * min(px, py)) * (1.0 if both else INTRUSION)
    return cost


@register_jitable
def loose(nodes, units, edges, turned, spot, radius, unit, box, chosen, ends, pull, title, pad,
          frames, places, wide, page, gap):  # fmt: skip
    """Costs that no table keeps: of the page, of lengths, of boxes of clusters."""
    cost = 0.0
    for i in nodes:
        cost += box[i, chosen[i], 4]
        cost += body_outside(i, spot, radius, box, chosen, pad[unit[i]], page)
    for u in units:
        cost += frame_cost(u, turned, frames, title, pad, wide[u])
        if title[u, 0] > 0:
            x, y, w, h = places[u, 0], places[u, 1], title[u, 0], title[u, 1]
            cost += outside(x, y, w, h, page)
            for v in range(title.shape[0]):
                if v != u and title[v, 0] > 0 and not (turned[v] and v < u):
                    cost += boxes_apart(
                        x, y, w, h, places[v, 0], places[v, 1], title[v, 0], title[v, 1], gap
                    )
    for e in edges:
        p, q = ends[e, 0], ends[e, 1]
        cost += pull[e] * np.hypot(spot[p, 0] - spot[q, 0], spot[p, 1] - spot[q, 1])
    return cost


@register_jitable
def take(nodes, spot, chosen, to_spot, to_chosen):
    """Copy places and sides of nodes."""
    for i in nodes:
        to_spot[i, 0], to_spot[i, 1], to_chosen[i] = spot[i, 0], spot[i, 1], chosen[i]


@register_jitable
def keep(units, start, clusters, to):
    """Copy boxes, titles and chains of clusters."""
    (frames, heads, links), (to_frames, to_heads, to_links) = clusters, to
    for u in units:
        for side in range(4):
            to_frames[u, side] = frames[u, side]
        for axis in range(2):
            to_heads[u, axis] = heads[u, axis]
            for k in range(start[u], start[u + 1]):
                to_links[k, axis] = links[k, axis]


@register_jitable
def hold(chains, to):
    """Copy what chains cost."""
    (long, stands), (to_long, to_stands) = chains, to
    for u in range(long.shape[0]):
        to_long[u] = long[u]
        for i in range(stands.shape[0]):
            to_stands[i, u] = stands[i, u]


def anneal(
    spot, radius, unit, start, order, box, count, mirror, chosen, title, pad,
    ends, within, heft, near, at, page, gap, limit, moves, hot, cold, reach,
    share, weigh, rng,
):  # fmt: skip
    """Move bodies (in place: `spot`, `chosen`) while a temperature falls from hot to cold.

    `share` of the moves, at the beginning, are of whole clusters (0: positions are given, so nodes
    neither change places nor jump to their cluster); `reach` is the longest shift.
    `weigh`: cost of a crossing, of a
    line over a disc, a label (times its `heft`), a title; of a line, and of the sides of a
    cluster's box, as long as the page's diagonal; of a point by which a link of a cluster's chain
    is longer than a limit, and of a body on a link. Returns where titles stand.
    """
    n, units, lines = len(spot), len(start) - 1, len(ends)
    many = int((title[:, 0] > 0).cumprod().sum())
    diagonal = np.hypot(page[2] - page[0], page[3] - page[1])
    pull = np.where(within, 1.6, 1.0) * weigh[4] / diagonal
    wide = weigh[5] / diagonal * (0.8 + 0.05 * np.diff(start))
    heads = np.zeros((units, 2))
    clusters, old_clusters = (
        (np.zeros((units, 4)), some, np.zeros((n, 2), np.int64))
        for some in (heads, np.zeros((units, 2)))
    )
    chains, new_chains = ((np.zeros(many), np.zeros((n + many, many), np.int64)) for _ in range(2))
    lots = np.arange(n), np.arange(units), np.zeros(lines, np.int64)
    flags = np.zeros(n, np.bool_), np.zeros(units, np.bool_), np.zeros(lines, np.bool_)
    _anneal(
        spot, radius, unit, start, order, box, count, mirror, chosen, title, pad, ends, pull, wide,
        heft, near, at, page, gap, limit, moves, hot, cold, reach, share, weigh, lots, flags,
        (spot.copy(), chosen.copy()), clusters, old_clusters, chains, new_chains,
        blank(n, many, lines), blank(n, many, lines), np.zeros((lines, 4)), np.zeros(n), rng,
    )  # fmt: skip
    return heads


@njit(cache=True, nogil=True)
def _anneal(
    spot, radius, unit, start, order, box, count, mirror, chosen, title, pad, ends, pull, wide,
    heft, near, at, page, gap, limit, moves, hot, cold, reach, share, weigh, lots, flags,
    old_bodies, clusters, old_clusters, chains, new_chains, tables, new, line, dist, rng,
):  # fmt: skip
    """What `anneal` does, in rooms made by it.

    Loops stand for NumPy's expressions here: each of those is compiled anew in every kernel.
    """
    n, units = spot.shape[0], start.shape[0] - 1
    some, those, lot = lots
    inside, turned, moved = flags
    frames, heads, links = clusters
    old_spot, old_chosen = old_bodies
    long, stands = chains
    new_long, new_stands = new_chains
    many = long.shape[0]
    for step in range(-1, moves):  # the first fills the tables
        done = max(step, 0) / max(moves, 1)
        heat = hot * (cold / hot) ** done
        far = max(reach * (1 - done) ** 2, 2.0)
        near_by = far if far < 30.0 else 30.0 + 0.3 * (far - 30.0)
        kind, whole = rng.random(), share * (1 - 0.7 * done)
        a = b = 0
        # --- what moves: whole clusters, two nodes, or one
        if step < 0:
            a, b = n, units
        elif kind < whole:
            those[0] = int(rng.random() * units)
            b = 1
            if kind < 0.3 * whole and units > 1:
                those[1] = int(rng.random() * units)
                b = 2 if those[1] != those[0] else 1
            for k in range(b):
                for m in range(start[those[k]], start[those[k] + 1]):
                    some[a] = order[m]
                    a += 1
        else:
            some[0] = int(rng.random() * n)
            those[0] = unit[some[0]]
            a = b = 1
            if share > 0 and kind > 0.93 and n > 1:
                some[1] = int(rng.random() * n)
                u = unit[some[1]]
                alike = u == those[0] or (u >= many and those[0] >= many)
                if some[1] != some[0] and alike:
                    a = 2
                    if u != those[0]:
                        those[1], b = u, 2
        c = 0
        for k in range(a):
            i = some[k]
            inside[i] = True
            for m in range(at[i], at[i + 1]):
                if not moved[near[m]]:
                    moved[near[m]] = True
                    lot[c] = near[m]
                    c += 1
        nodes, groups, edges = some[:a], those[:b], lot[:c]
        for u in groups:
            turned[u] = True
        most = before(
            nodes, groups, edges, inside, moved, turned, unit, ends, weigh, tables
        ) - heat * np.log(1 - rng.random())  # fmt: skip
        most += loose(
            nodes, groups, edges, turned, spot, radius, unit, box, chosen, ends, pull, title,
            pad, frames, heads, wide, page, gap,
        ) + joints(nodes, groups, turned, long, stands, weigh)  # fmt: skip
        # --- the move itself
        if step < 0:
            most = np.inf
        elif kind < whole:
            u = those[0]
            if b == 2:
                v = those[1]
                for axis in range(2):
                    by = frames[v, axis] + frames[v, axis + 2]
                    by = (by - frames[u, axis] - frames[u, axis + 2]) / 2
                    for i in nodes:
                        spot[i, axis] += by if unit[i] == u else -by
            elif a > 1 and rng.random() < 0.25:
                axis = 0 if rng.random() < 0.5 else 1
                twice = frames[u, axis] + frames[u, axis + 2]
                for i in nodes:
                    spot[i, axis] = twice - spot[i, axis]
                    chosen[i] = mirror[i, chosen[i], axis]
            else:
                for axis in range(2):
                    by = 2 * far * (2 * rng.random() - 1)
                    for i in nodes:
                        spot[i, axis] += by
        elif a == 2:
            for axis in range(2):
                spot[some[0], axis] = old_spot[some[1], axis]
                spot[some[1], axis] = old_spot[some[0], axis]
        else:
            i, side = some[0], rng.random()
            if count[i] > 1 and side < 0.4:
                chosen[i] = int(rng.random() * count[i])
            u = those[0]
            if (
                share > 0 and u < many
                and start[u + 1] - start[u] > 1 and rng.random() < REUNION
            ):  # fmt: skip
                j = order[start[u] + int(rng.random() * (start[u + 1] - start[u]))]
                if j != i:
                    beside = radius[i] + radius[j] + BESIDE
                    spot[i, 0] = spot[j, 0] + beside * (2 * rng.random() - 1)
                    spot[i, 1] = spot[j, 1] + beside * (2 * rng.random() - 1)
            elif side > 0.3:
                spot[i, 0] += near_by * (2 * rng.random() - 1)
                spot[i, 1] += near_by * (2 * rng.random() - 1)
        for u in groups:
            frame(u, spot, radius, start, order, box, chosen, title, pad, frames, heads, page)
        draw(edges, spot, ends, line)
        # --- what it costs
        cost = loose(
            nodes, groups, edges, turned, spot, radius, unit, box, chosen, ends, pull, title,
            pad, frames, heads, wide, page, gap,
        )  # fmt: skip
        if cost <= most:
            cost += after(
                nodes, groups, edges, inside, moved, turned, unit, ends, heft, weigh, new,
                spot, line, radius, box, chosen, title, pad, heads, page, gap, most - cost,
            )  # fmt: skip
        if cost <= most:
            join(
                nodes, groups, turned, start, order, unit, spot, radius, box, chosen, title,
                heads, pad, limit, links, dist, new_long, new_stands,
            )  # fmt: skip
            cost += joints(nodes, groups, turned, new_long, new_stands, weigh)
        if cost <= most:
            commit(nodes, groups, edges, inside, moved, turned, unit, new, tables)
            take(nodes, spot, chosen, old_spot, old_chosen)
            keep(groups, start, clusters, old_clusters)
            hold(new_chains, chains)
        else:
            take(nodes, old_spot, old_chosen, spot, chosen)
            keep(groups, start, old_clusters, clusters)
            hold(chains, new_chains)
            draw(edges, spot, ends, line)
        for i in nodes:
            inside[i] = False
        for e in edges:
            moved[e] = False
        for u in groups:
            turned[u] = False
