"""The halo of a cluster: an outline round its discs and labels that no other body enters.

Distances to the bodies are taken exactly on a grid, notches are closed as far as they are narrow,
and whatever is nearer to another cluster or industry is left out: two halos cannot overlap.
"""

from __future__ import annotations

import numpy as np
from contourpy import FillType, contour_generator
from matplotlib.path import Path
from scipy import ndimage

from .arrangement import Placed

__all__ = ["halo"]

STEP = 1.0  # of the grid
NOTCH = 12.0  # half the width of a notch that is closed
APART = 0.8  # between two halos, from the middle
BOND = 2.5  # half the width of the bridge between members that stand apart


def halo(placed: Placed, u: int, wall: tuple[float, float, float, float]) -> Path | None:
    """Outline of cluster u, within a wall (left, low, right, high)."""
    own = np.flatnonzero(placed.unit == u).tolist()
    pad = float(placed.pad[u])
    reach = pad + NOTCH + 3
    low = np.min([_low(placed, i) for i in own], axis=0) - reach
    high = np.max([_high(placed, i) for i in own], axis=0) + reach
    x = np.arange(low[0], high[0] + STEP, STEP)
    y = np.arange(low[1], high[1] + STEP, STEP)
    X, Y = np.meshgrid(x, y)
    mine, other = np.full(X.shape, 1e3), np.full(X.shape, 1e3)
    for i in range(len(placed.spot)):
        near = (_low(placed, i) < high + 20).all() and (_high(placed, i) > low - 20).all()
        if placed.unit[i] == u:
            mine = np.minimum(mine, _distance(placed, i, X, Y))
        elif near:
            other = np.minimum(other, _distance(placed, i, X, Y) - placed.pad[placed.unit[i]])
    titles = np.full(X.shape, 1e3)
    for (a, b), (w, h) in zip(placed.heads, placed.title, strict=False):
        apart = np.hypot(np.maximum(np.abs(X - a) - w, 0), np.maximum(np.abs(Y - b) - h, 0))
        titles = np.minimum(titles, apart)
    divide = (mine - other - pad) / 2
    for a, b in _bonds(placed, own):
        mine = np.minimum(mine, _to_line(placed.spot[a], placed.spot[b], X, Y) - BOND)
    far = ndimage.distance_transform_edt(mine <= pad + NOTCH) * STEP
    level = NOTCH - far + 0.5 * STEP  # below 0 where no disc of radius NOTCH reaches from outside
    level = np.minimum(level, mine - pad)
    level = np.maximum(level, divide + APART)
    level = np.maximum(level, 1.2 - titles)
    for edge in (wall[0] - X, X - wall[2], wall[1] - Y, Y - wall[3]):
        level = np.maximum(level, edge + 0.4)
    level = ndimage.gaussian_filter(level, 1.2 / STEP)
    level = np.maximum(level, divide + APART / 2)  # where smoothing went too far
    filled = contour_generator(x, y, level, fill_type=FillType.OuterCode).filled(-1e6, 0.0)
    strange = placed.spot[placed.unit != u]
    rings = []
    for points, codes in zip(*filled, strict=True):
        starts = np.flatnonzero(codes == Path.MOVETO)
        for k, ring in enumerate(np.split(points, starts[1:])):
            # A hole stays open only for an industry that stands in it.
            if len(ring) > 8 and (k == 0 or Path(ring).contains_points(strange).any()):
                rings.append(Path(ring, closed=True))
    return Path.make_compound_path(*rings) if rings else None


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
