"""What a network diagram costs, counted over all that is on the page: twins of its kernels.

The kernels keep tables and reckon what a move changes; here everything is measured anew, in plain
Python, from discs, labels, titles and lines.
"""

import math
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from .twins import from_box, from_segment, segment_meets_box, segments_cross

UPON = 8.0  # two bodies upon each other, before the points of it
TELL, RIM, INTRUSION, TITLE_ABOVE = 1.0, 1.5, 0.7, 1.5


@dataclass
class Diagram:
    """Arrays as the kernels take them; units from `many` on are nodes of no cluster."""

    spot: np.ndarray
    radius: np.ndarray
    unit: np.ndarray
    box: np.ndarray
    count: np.ndarray
    chosen: np.ndarray
    title: np.ndarray
    pad: np.ndarray
    heads: np.ndarray
    ends: np.ndarray
    heft: np.ndarray
    page: np.ndarray
    gap: float
    weigh: np.ndarray
    many: int

    @property
    def n(self):
        return len(self.spot)

    @property
    def order(self):
        return np.argsort(self.unit, kind="stable")

    @property
    def start(self):
        return np.searchsorted(self.unit[self.order], np.arange(len(self.title) + 1))

    def copy(self):
        arrays = {k: v.copy() for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        return replace(self, **arrays)

    def label(self, i):
        """Box of the label of a node; None where it has none."""
        dx, dy, w, h, _ = self.box[i, self.chosen[i]]
        return (self.spot[i, 0] + dx, self.spot[i, 1] + dy, w, h) if w > 0 else None

    def heading(self, u):
        return (*self.heads[u], *self.title[u])

    def line(self, e):
        return tuple(tuple(self.spot[i]) for i in self.ends[e])

    def members(self, u):
        return [i for i in range(self.n) if self.unit[i] == u]


def diagram(seed, n, lines=8):
    """A page of n bodies: some without a label, some of no cluster, some upon each other."""
    rng = np.random.default_rng(seed)
    many = int(rng.integers(0, 1 + min(3, n)))
    unit = np.concatenate([np.arange(many), rng.integers(-1, many, n - many)])
    alone = unit < 0
    unit[alone] = many + np.arange(alone.sum())
    units = many + int(alone.sum())
    side = float(rng.choice([40.0, 120.0, 500.0]))
    spot = rng.uniform(0, side, (n, 2))
    if n > 1 and rng.random() < 0.3:
        spot[0] = spot[-1]
    box = np.concatenate(
        [rng.uniform(-15, 15, (n, 3, 2)), rng.uniform(2, 12, (n, 3, 2)), rng.random((n, 3, 1))], 2
    )
    box[rng.random(n) < 0.2] = 0.0
    title = np.zeros((units, 2))
    title[:many] = rng.uniform(3, 20, (many, 2))
    pad = np.where(np.arange(units) < many, rng.uniform(0, 4), 0.0)
    pairs = np.array([(i, j) for i in range(n) for j in range(n) if i != j]).reshape(-1, 2)
    ends = pairs[rng.permutation(len(pairs))[: rng.integers(0, lines + 1)]].astype(np.int64)
    return Diagram(
        spot,
        rng.uniform(2, 8, n),
        rng.permutation(unit).astype(np.int64),
        box,
        np.full(n, 3, np.int64),
        rng.integers(0, 3, n),
        title,
        pad,
        rng.uniform(0, side, (units, 2)) * (title > 0),
        ends,
        rng.integers(1, 4, len(ends)).astype(np.uint8),
        np.array([0.0, 0.0, side, side]),
        2.6,
        rng.uniform(0.5, 8, 8),
        many,
    )


# ------------------------------------------------------------------------- what lies upon what


def two_boxes(a, b, gap):
    """Penalty of two boxes closer than a gap: by the lesser of the two overlaps."""
    over = [a[2 + k] + b[2 + k] + gap - abs(a[k] - b[k]) for k in (0, 1)]
    return UPON + min(over) if min(over) > 0 else 0.0


def two_discs(p, r, q, s, gap):
    over = r + s + gap - math.dist(p, q)
    return UPON + over if over > 0 else 0.0


def disc_and_box(p, r, box, gap):
    over = r + gap - from_box(p, box)
    return UPON + over if over > 0 else 0.0


def off_page(box, page):
    """Penalty of a box that leaves the page: by the points that stand out on each side."""
    x, y, w, h = box
    out = [page[0] - x + w, x + w - page[2], page[1] - y + h, y + h - page[3]]
    out = sum(max(v, 0.0) for v in out)
    return UPON + out if out > 0 else 0.0


def two_bodies(d, i, j):
    """Disc on disc, label on label, and each label on the other's disc, which it must not fit."""
    room = d.gap if d.unit[i] == d.unit[j] else d.pad[d.unit[i]] + d.pad[d.unit[j]] + d.gap
    cost = two_discs(d.spot[i], d.radius[i], d.spot[j], d.radius[j], room)
    for a, b in ((i, j), (j, i)):
        if d.label(a):
            cost += disc_and_box(d.spot[b], d.radius[b], d.label(a), room + TELL)
    if d.label(i) and d.label(j):
        cost += two_boxes(d.label(i), d.label(j), room)
    return cost


def body_and_box(d, i, box, room):
    cost = disc_and_box(d.spot[i], d.radius[i], box, room)
    return cost + (two_boxes(d.label(i), box, room) if d.label(i) else 0.0)


def body_off_page(d, i):
    pad = d.pad[d.unit[i]]
    r = d.radius[i] + pad
    cost = off_page((*d.spot[i], r, r), d.page)
    if d.label(i):
        x, y, w, h = d.label(i)
        cost += off_page((x, y, w + pad, h + pad), d.page)
    return cost


def body_and_title(d, i, u):
    if d.unit[i] == u:
        return 0.0
    return body_and_box(d, i, d.heading(u), d.pad[d.unit[i]] + d.gap)


def lines_cross(d, e, f):
    apart = not set(d.ends[e]) & set(d.ends[f])
    return apart and segments_cross(*d.line(e), *d.line(f))


def line_over_disc(d, e, i):
    return i not in d.ends[e] and from_segment(d.spot[i], *d.line(e)) < d.radius[i] + RIM


def line_over_box(d, e, box):
    return box is not None and segment_meets_box(*d.line(e), box)


def pairs_cost(d):
    """All pairs of bodies, titles and lines, each once."""
    w, lines = d.weigh, range(len(d.ends))
    cost = sum(two_bodies(d, i, j) for i, j in combinations(range(d.n), 2))
    cost += sum(body_and_title(d, i, u) for i in range(d.n) for u in range(d.many))
    cost += w[0] * sum(lines_cross(d, e, f) for e, f in combinations(lines, 2))
    for e in lines:
        cost += w[1] * sum(line_over_disc(d, e, i) for i in range(d.n))
        cost += w[2] * d.heft[e] * sum(line_over_box(d, e, d.label(i)) for i in range(d.n))
        cost += w[3] * sum(line_over_box(d, e, d.heading(u)) for u in range(d.many))
    return cost


# --------------------------------------------------------------------------- boxes of clusters


def parts_of(d, i):
    """Boxes round the disc and the label of a node."""
    own = [(*d.spot[i], d.radius[i], d.radius[i])]
    return own + ([d.label(i)] if d.label(i) else [])


def frame(d, u):
    """The box round the bodies of a cluster, and the place of its title.

    It stands above the highest part, within the box and within the page where they are wide enough.
    """
    parts = [part for i in d.order[d.start[u] : d.start[u + 1]] for part in parts_of(d, i)]
    left, right = min(p[0] - p[2] for p in parts), max(p[0] + p[2] for p in parts)
    low, high = min(p[1] - p[3] for p in parts), max(p[1] + p[3] for p in parts)
    at, w = max(parts, key=lambda p: p[1] + p[3])[0], d.title[u, 0]
    for a, b in ((left, right), (d.page[0], d.page[2])):
        if b - a > 2 * w:
            at = min(max(at, a + w), b - w)
    return (left, low, right, high), (at, high + d.pad[u] + TITLE_ABOVE + d.title[u, 1])


def two_frames(d, frames, u, v):
    """Two clusters whose boxes meet; less where one is a node of no cluster."""
    over = []
    for k in (0, 1):
        low, high = max(frames[u][k], frames[v][k]), min(frames[u][k + 2], frames[v][k + 2])
        over.append(high - low + d.pad[u] + d.pad[v])
    if min(over) <= 0:
        return 0.0
    return (UPON + min(over)) * (1.0 if max(u, v) < d.many else INTRUSION)


def sides(d, box, u):
    """The sides of a cluster's box, shares of the diagonal; more for more members."""
    wide = d.weigh[5] / diagonal(d) * (0.8 + 0.05 * len(d.members(u)))
    return wide * (box[2] - box[0] + box[3] - box[1])


def diagonal(d):
    return math.hypot(d.page[2] - d.page[0], d.page[3] - d.page[1])


def pulled(d, e):
    """The length of a line, as a share of the diagonal; more within a cluster."""
    i, j = d.ends[e]
    same = d.unit[i] == d.unit[j]
    return (1.6 if same else 1.0) * d.weigh[4] / diagonal(d) * math.dist(*d.line(e))


def two_titles(d, u, v):
    return two_boxes(d.heading(u), d.heading(v), d.gap)


def loose_cost(d):
    """The page, lengths, boxes of clusters; each pair of boxes and of titles once."""
    units = range(len(d.title))
    frames = [frame(d, u)[0] for u in units]
    cost = sum(d.box[i, d.chosen[i], 4] + body_off_page(d, i) for i in range(d.n))
    cost += sum(sides(d, frames[u], u) for u in units)
    cost += sum(two_frames(d, frames, u, v) for u, v in combinations(units, 2))
    cost += sum(off_page(d.heading(u), d.page) for u in range(d.many))
    cost += sum(two_titles(d, u, v) for u, v in combinations(range(d.many), 2))
    return cost + sum(pulled(d, e) for e in range(len(d.ends)))


# -------------------------------------------------------------------------------------- chains


def between(d, i, j):
    """Distance of two bodies, the least of their parts'."""
    found = [math.dist(d.spot[i], d.spot[j]) - d.radius[i] - d.radius[j]]
    for a, b in ((i, j), (j, i)):
        if d.label(a):
            found.append(from_box(d.spot[b], d.label(a)) - d.radius[b])
    if d.label(i) and d.label(j):
        (x, y, w, h), (s, t, v, k) = d.label(i), d.label(j)
        found.append(from_box((x, y), (s, t, w + v, h + k)))
    return max(min(found), 0.0)


def shortest_chain(d, u):
    """Lengths of the links of the shortest spanning tree of a cluster (Kruskal), in order."""
    tree = {i: {i} for i in d.members(u)}
    lengths = []
    for far, i, j in sorted((between(d, i, j), i, j) for i, j in combinations(d.members(u), 2)):
        if tree[i] is not tree[j]:
            tree[i] |= tree[j]
            for k in tree[j]:
                tree[k] = tree[i]
            lengths.append(far)
    return lengths


def stands_on(d, i, u, links):
    """On how many links of a chain a body (or title, after the bodies) of others stands."""
    if (d.unit[i] if i < d.n else i - d.n) == u:
        return 0
    if i >= d.n:
        return sum(segment_meets_box(*link, d.heading(i - d.n)) for link in links)
    count = 0
    for link in links:
        on = from_segment(d.spot[i], *link) < d.radius[i] + d.pad[u]
        if d.label(i):
            x, y, w, h = d.label(i)
            on = on or segment_meets_box(*link, (x, y, w + d.pad[u], h + d.pad[u]))
        count += on
    return count


# -------------------------------------------------------------------------- arrows as they are


def on_parabola(t, a, b, bend):
    """Point of the parabola from a to b whose control point is off the middle by its bend."""
    a, b = np.asarray(a), np.asarray(b)
    control = (a + b) / 2 + bend * np.array([b[1] - a[1], a[0] - b[0]])
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b


def where_it_leaves(a, b, bend, r):
    """The least t at which the parabola is r from a, up to a half; by 50 halvings."""
    low, high = 0.0, 0.5
    for _ in range(50):
        t = (low + high) / 2
        low, high = (t, high) if math.dist(on_parabola(t, a, b, bend), a) < r else (low, t)
    return high


def triangle_meets_box(corners, box):
    """A side meets the box, or the box lies within."""
    if any(segment_meets_box(corners[k - 1], corners[k], box) for k in range(3)):
        return True
    turns = []
    for k in range(3):
        (ax, ay), (bx, by) = corners[k - 1], corners[k]
        turns.append((bx - ax) * (box[1] - ay) - (by - ay) * (box[0] - ax))
    return all(v > 0 for v in turns) or all(v < 0 for v in turns)


def crossings(one, other):
    """Crossings of two lines of points; 1 for a right angle, up to 2 for a flat one."""
    met = 0.0
    for a, b in pairwise(one):
        for c, d in pairwise(other):
            if segments_cross(a, b, c, d):
                u, v = np.subtract(b, a), np.subtract(d, c)
                met += 1 + (u @ v) ** 2 / (u @ u) / (v @ v)
    return met
