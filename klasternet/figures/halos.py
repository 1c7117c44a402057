"""The halo of a cluster: an outline round its discs and labels that no other body enters.

Distances to the bodies are taken exactly on a grid, notches are closed as far as they are narrow,
and whatever is nearer to another cluster or industry is left out: two halos cannot overlap.
Members that stand apart are joined by bridges, straight where nobody is in the way, else round it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from contourpy import FillType, contour_generator
from matplotlib.path import Path
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from .arrangement import Placed

__all__ = ["halos"]

STEP = 1.0  # of the grid
NOTCH = 12.0  # half the width of a notch that is closed
APART = 0.8  # between two halos, from the middle
BOND = 2.5  # half the width of the bridge between members that stand apart
CLEAR = 0.5  # from other bodies
NEAR = 26.0  # beyond it distances do not matter
WAY, AIR, EASE = 2.0, 0.9, 7.0  # of a way round: grid, least room beside it, room it likes

Wall = tuple[float, float, float, float]  # left, low, right, high
Bridges = dict[int, list[np.ndarray]]  # ways round, by cluster
Known = dict[tuple[float, ...], tuple[np.ndarray, np.ndarray, np.ndarray]]  # by cluster and box


def halos(placed: Placed, wall: Wall, longest: float = np.inf) -> list[Path | None]:
    """Outlines of all clusters, each one area where a bridge no longer than that finds a way."""
    bridges: Bridges = {}
    known: Known = {}
    units = range(len(placed.titles))
    found = [_halo(placed, u, wall, bridges, known) for u in units]
    for _ in range(2 * len(found)):
        parted = [u for u in units if len(found[u]) > 1]
        for u in parted:
            way = _way_round(placed, u, wall, bridges, found[u])
            if way is not None and np.hypot(*np.diff(way, axis=0).T).sum() <= longest:
                bridges.setdefault(u, []).append(way)
                break
        else:
            break
        found = [_halo(placed, u, wall, bridges, known) for u in units]
    return [
        Path.make_compound_path(*(ring for rings in parts for ring in rings)) if parts else None
        for parts in found
    ]


def _halo(placed: Placed, u: int, wall: Wall, bridges: Bridges, known: Known) -> list[list[Path]]:
    """Areas of cluster u, each its outer ring and those of its holes."""
    own = placed.members(u)
    pad = float(placed.pad[u])
    reach = pad + NOTCH + 3
    ways = bridges.get(u, [])
    low = np.min([*(_low(placed, i) for i in own), *(w.min(axis=0) for w in ways)], axis=0) - reach
    high = np.max([*(_high(placed, i) for i in own), *(w.max(axis=0) for w in ways)], axis=0)
    high = high + reach
    x = np.arange(low[0], high[0] + STEP, STEP)
    y = np.arange(low[1], high[1] + STEP, STEP)
    X, Y = np.meshgrid(x, y)
    key = (u, *low.tolist(), *high.tolist())
    if key not in known:
        known[key] = _ground(placed, u, low, high, X, Y)
    mine, other, titles = known[key]
    for v, ways in bridges.items():
        for way in ways:
            if (way.min(axis=0) > high + NEAR).any() or (way.max(axis=0) < low - NEAR).any():
                continue
            apart = _to_way(way, X, Y) - BOND
            if v == u:
                mine = np.minimum(mine, apart)
            else:
                other = np.minimum(other, apart - placed.pad[v])
    divide = (mine - other - pad) / 2
    for bond in _bonds(placed, own):
        mine = np.minimum(mine, _to_way(placed.spot[list(bond)], X, Y) - BOND)
    far = ndimage.distance_transform_edt(mine <= pad + NOTCH) * STEP
    level = NOTCH - far + 0.5 * STEP  # below 0 where no disc of radius NOTCH reaches from outside
    level = np.minimum(level, mine - pad)
    level = np.maximum(level, divide + APART)
    level = np.maximum(level, 1.2 - titles)
    for edge in (wall[0] - X, X - wall[2], wall[1] - Y, Y - wall[3]):
        level = np.maximum(level, edge + 0.4)
    level = ndimage.gaussian_filter(level, 1.2 / STEP)
    level = np.maximum(level, divide + APART / 2)  # where smoothing went too far
    level = np.maximum(level, CLEAR - other)  # a way round may be as narrow as that
    filled = contour_generator(x, y, level, fill_type=FillType.OuterCode).filled(-1e6, 0.0)
    strange, mates = placed.spot[placed.unit != u], placed.spot[own]
    areas = []
    for points, codes in zip(*filled, strict=True):
        rings = []
        starts = np.flatnonzero(codes == Path.MOVETO)
        for k, ring in enumerate(np.split(points, starts[1:])):
            # A hole stays open only for an industry that stands in it.
            if len(ring) > 8 and (k == 0 or Path(ring).contains_points(strange).any()):
                rings.append(Path(ring, closed=True))
        # What is left of a bridge that others cut is no area of the cluster.
        if rings and rings[0].contains_points(mates).any():
            areas.append(rings)
    return areas


def _ground(
    placed: Placed, u: int, low: np.ndarray, high: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances of grid points to the bodies of cluster u, to those of others, and to titles."""
    mine, other = np.full(X.shape, 1e3), np.full(X.shape, 1e3)
    for i in range(len(placed.spot)):
        near = (_low(placed, i) < high + NEAR).all() and (_high(placed, i) > low - NEAR).all()
        if placed.unit[i] == u:
            _bring(mine, placed, i, 0.0, X, Y)
        elif near:
            _bring(other, placed, i, placed.pad[placed.unit[i]], X, Y)
    return mine, other, _to_titles(placed, X, Y)


def _way_round(
    placed: Placed, u: int, wall: Wall, bridges: Bridges, areas: list[list[Path]]
) -> np.ndarray | None:
    """The shortest way between the smallest area of a cluster and the others, clear of others."""
    x, y = np.arange(wall[0], wall[2], WAY), np.arange(wall[1], wall[3], WAY)
    X, Y = np.meshgrid(x, y)
    room = np.minimum(_to_titles(placed, X, Y) - 2, 1e3)
    for i, v in enumerate(placed.unit.tolist()):
        if v != u:
            _bring(room, placed, i, placed.pad[v], X, Y)
    for v in range(len(placed.titles)):
        if v != u:
            ways = [placed.spot[list(pair)] for pair in _bonds(placed, placed.members(v))]
            for way in ways + bridges.get(v, []):
                room = np.minimum(room, _to_way(way, X, Y) - BOND)
    own = np.array(placed.members(u))
    small = min(areas, key=lambda rings: np.ptp(rings[0].vertices, axis=0).prod())[0]
    apart = small.contains_points(placed.spot[own])
    if apart.all() or not apart.any():
        return None
    near = [np.full(X.shape, 1e3), np.full(X.shape, 1e3)]
    for i, within in zip(own, apart, strict=True):
        _bring(near[int(within)], placed, i, 0.0, X, Y)
    # Steps to the eight cells around; what is tight costs more, what is taken cannot be passed.
    free = (room > AIR).ravel()
    price = (1 + 3 * np.clip((EASE - room) / EASE, 0, 1)).ravel()
    cell = np.arange(X.size).reshape(X.shape)
    pairs = [
        (cell[:, :-1], cell[:, 1:], 1.0),
        (cell[:-1], cell[1:], 1.0),
        (cell[:-1, :-1], cell[1:, 1:], 2**0.5),
        (cell[:-1, 1:], cell[1:, :-1], 2**0.5),
    ]
    a = np.concatenate([p.ravel() for p, _, _ in pairs])
    b = np.concatenate([q.ravel() for _, q, _ in pairs])
    far = np.concatenate([np.full(p.size, d) for p, _, d in pairs])
    both = free[a] & free[b]
    graph = sparse.csr_array(
        ((far * (price[a] + price[b]))[both], (a[both], b[both])), shape=(X.size, X.size)
    )
    last, first = (np.flatnonzero(free & (d.ravel() < placed.pad[u])) for d in near)
    if not len(first) or not len(last):
        return None
    cost, before, _ = csgraph.dijkstra(
        graph, directed=False, indices=first, min_only=True, return_predecessors=True
    )
    k = int(last[cost[last].argmin()])
    if not np.isfinite(cost[k]):
        return None
    steps = [k]
    while before[steps[-1]] >= 0:
        steps.append(int(before[steps[-1]]))
    way = np.column_stack([X.ravel()[steps], Y.ravel()[steps]])
    turns = np.abs(np.diff(way, 2, axis=0)).max(axis=1, initial=0.0) > 1e-6  # straight runs as one
    return way[np.concatenate([[True], turns, [True]])] if len(way) > 1 else way


def _to_titles(placed: Placed, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Distance of grid points to the nearest title."""
    near = np.full(X.shape, 1e3)
    for (a, b), (w, h) in zip(placed.heads, placed.title, strict=False):
        apart = np.hypot(np.maximum(np.abs(X - a) - w, 0), np.maximum(np.abs(Y - b) - h, 0))
        near = np.minimum(near, apart)
    return near


def _to_way(way: np.ndarray, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Distance of grid points to a line of several segments."""
    near = np.full(X.shape, 1e3)
    for a, b in pairwise(way if len(way) > 1 else way[[0, 0]]):
        part = _around(np.minimum(a, b), np.maximum(a, b), X, Y)
        near[part] = np.minimum(near[part], _to_line(a, b, X[part], Y[part]))
    return near


def _bring(
    near: np.ndarray, placed: Placed, i: int, pad: float, X: np.ndarray, Y: np.ndarray
) -> None:
    """Lower distances (in place) to those of body i, less a pad, where it is near."""
    part = _around(_low(placed, i), _high(placed, i), X, Y)
    near[part] = np.minimum(near[part], _distance(placed, i, X[part], Y[part]) - pad)


def _around(low: np.ndarray, high: np.ndarray, X: np.ndarray, Y: np.ndarray) -> tuple[slice, slice]:
    """The part of a grid that is near a box."""
    rows = np.searchsorted(Y[:, 0], (low[1] - NEAR, high[1] + NEAR))
    columns = np.searchsorted(X[0], (low[0] - NEAR, high[0] + NEAR))
    return slice(*rows), slice(*columns)


def _low(placed: Placed, i: int) -> np.ndarray:
    box, disc = placed.label_box(i), placed.spot[i] - placed.radius[i]
    return disc if box is None else np.minimum(disc, box[:2] - box[2:])


def _high(placed: Placed, i: int) -> np.ndarray:
    box, disc = placed.label_box(i), placed.spot[i] + placed.radius[i]
    return disc if box is None else np.maximum(disc, box[:2] + box[2:])


def _distance(placed: Placed, i: int, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Distance of grid points to a disc and its label."""
    (a, b), box = placed.spot[i], placed.label_box(i)
    out = np.hypot(X - a, Y - b) - placed.radius[i]
    if box is not None:
        dx = np.maximum(np.abs(X - box[0]) - box[2], 0)
        dy = np.maximum(np.abs(Y - box[1]) - box[3], 0)
        out = np.minimum(out, np.hypot(dx, dy))
    return out


def _bonds(placed: Placed, own: list[int]) -> list[tuple[int, int]]:
    """The bridges between members: a spanning tree of their gaps."""
    spot, radius = placed.spot[own], placed.radius[own]
    gaps = np.hypot(*(spot[:, None] - spot[None]).transpose(2, 0, 1)) - radius[:, None] - radius
    inside, out = [0], []
    while len(inside) < len(own):
        left = np.setdiff1d(np.arange(len(own)), inside)
        k = int(gaps[np.array(inside)[:, None], left].argmin())
        a, b = inside[k // len(left)], int(left[k % len(left)])
        inside.append(b)
        out.append((own[a], own[b]))
    return out


def _to_line(a: np.ndarray, b: np.ndarray, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Distance of grid points to a segment."""
    ux, uy = b - a
    t = np.clip(((X - a[0]) * ux + (Y - a[1]) * uy) / max(ux * ux + uy * uy, 1e-9), 0, 1)
    return np.asarray(np.hypot(X - a[0] - t * ux, Y - a[1] - t * uy))
