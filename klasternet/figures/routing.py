"""Arrows of the network diagram: curves bent so that they keep off discs, labels and titles.

Every curve is a parabola from rim to rim. Its bend is the best of several: foreign discs weigh
most, then labels, then crossings with the arrows already there, then the bend itself.
"""

from __future__ import annotations

import numpy as np

from .layout import Placed

__all__ = ["routes", "tapered"]

BENDS = np.array(
    [0, 0.07, -0.07, 0.14, -0.14, 0.21, -0.21, 0.29, -0.29, 0.38, -0.38, 0.5, -0.5, 0.65, -0.65]
)
BOTH = np.array([0.09, 0.14, 0.2, 0.27, 0.35, 0.45, -0.09, -0.14, -0.2, -0.27, -0.35, -0.45])
LEAST = 0.45  # width of an arrow
SAMPLES = 36
COARSE = 12  # segments of a curve, for counting crossings
DISC, TEXT, CROSS, BEND, OFF = 9.0, 5.0, 1.2, 1.6, 30.0
ROUNDS = 3


def routes(
    placed: Placed,
    ends: np.ndarray,
    wide: np.ndarray,
    texts: np.ndarray,
    page: tuple[float, float, float, float],
) -> list[np.ndarray]:
    """Middle lines of arrows (points, 2); `texts` (k, 4) are boxes, middles and half sides."""
    twins = {(int(i), int(j)) for i, j in ends}
    lines, costs = [], []
    for (i, j), width in zip(ends.tolist(), wide, strict=True):
        bends = BOTH if (j, i) in twins else BENDS
        tried = _curves(placed, i, j, bends)
        lines.append(tried)
        costs.append(_standing(placed, i, j, tried, texts, width, page) + BEND * np.abs(bends))
    chosen = [int(cost.argmin()) for cost in costs]
    picks = [tried[:, :: SAMPLES // COARSE] for tried in lines]
    for _ in range(ROUNDS):
        before = list(chosen)
        for e, (i, j) in enumerate(ends.tolist()):
            # Only curves that could yet be the best one are counted.
            hopeful = np.flatnonzero(costs[e] < costs[e].min() + 4)
            if len(hopeful) == 1:
                continue
            others = [
                picks[f][chosen[f]]
                for f in range(len(ends))
                if f != e and not {i, j} & set(ends[f].tolist())
            ]
            if others:
                met = _meetings(picks[e][hopeful], np.array(others))
                chosen[e] = int(hopeful[(costs[e][hopeful] + CROSS * met).argmin()])
        if chosen == before:
            break
    return [
        _clip(tried[b], placed, i, j)
        for tried, b, (i, j) in zip(lines, chosen, ends.tolist(), strict=True)
    ]


def _curves(placed: Placed, i: int, j: int, bends: np.ndarray) -> np.ndarray:
    """Curves from middle to middle, (bends, samples, 2)."""
    a, b = placed.spot[i], placed.spot[j]
    across = b - a
    control = (a + b) / 2 + bends[:, None] * np.array([across[1], -across[0]])
    t = np.linspace(0, 1, SAMPLES + 1)[None, :, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * control[:, None] + t**2 * b


def _standing(
    placed: Placed,
    i: int,
    j: int,
    lines: np.ndarray,
    texts: np.ndarray,
    width: float,
    page: tuple[float, float, float, float],
) -> np.ndarray:
    """What lies in the way of each curve: (bends,)."""
    x, y = lines[..., 0], lines[..., 1]
    seen = np.hypot(x - placed.spot[i, 0], y - placed.spot[i, 1]) > placed.radius[i]
    seen &= np.hypot(x - placed.spot[j, 0], y - placed.spot[j, 1]) > placed.radius[j]
    room = width / 2 + 0.8
    low, high = lines.min(axis=(0, 1)), lines.max(axis=(0, 1))
    reach = (placed.radius + room)[:, None]
    near = ((placed.spot > low - reach) & (placed.spot < high + reach)).all(axis=1)
    near[[i, j]] = False
    spot, radius = placed.spot[near], placed.radius[near]
    hit = np.hypot(x[..., None] - spot[:, 0], y[..., None] - spot[:, 1]) - radius < room
    cost = DISC * (hit & seen[..., None]).any(axis=1).sum(axis=1)
    edge = texts[:, 2:] + width
    beside = (texts[:, :2] > low - edge) & (texts[:, :2] < high + edge)
    texts = texts[beside.all(axis=1)]
    if len(texts):
        over = np.abs(x[..., None] - texts[:, 0]) < texts[:, 2] + width / 2
        over &= np.abs(y[..., None] - texts[:, 1]) < texts[:, 3] + width / 2
        cost = cost + TEXT * (over & seen[..., None]).any(axis=1).sum(axis=1)
    off = (x < page[0]) | (x > page[2]) | (y < page[1]) | (y > page[3])
    return cost + OFF * off.any(axis=1)


def _meetings(tried: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Crossings of each curve tried (c, s, 2) with others (m, s, 2)."""
    a, b = tried[:, :-1, None], tried[:, 1:, None]
    flat = others[:, :-1].reshape(-1, 2), others[:, 1:].reshape(-1, 2)
    low, high = tried.min(axis=(0, 1)), tried.max(axis=(0, 1))
    near = (np.maximum(*flat) >= low).all(axis=1) & (np.minimum(*flat) <= high).all(axis=1)
    c, d = flat[0][near], flat[1][near]
    u, v = b - a, d - c

    def side(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]

    return ((side(u, c - a) * side(u, d - a) < 0) & (side(v, a - c) * side(v, b - c) < 0)).sum(
        axis=(1, 2)
    )


def _clip(line: np.ndarray, placed: Placed, i: int, j: int) -> np.ndarray:
    """From the rim of one disc to that of the other, with a hair of air."""
    fine = np.linspace(0, 1, 4 * SAMPLES + 1)
    coarse = np.linspace(0, 1, len(line))
    line = np.column_stack([np.interp(fine, coarse, line[:, axis]) for axis in (0, 1)])
    free = np.hypot(*(line - placed.spot[i]).T) >= placed.radius[i] + 0.6
    free &= np.hypot(*(line - placed.spot[j]).T) >= placed.radius[j] + 0.9
    middle = len(line) // 2
    return line[free] if free.sum() >= 3 else line[middle - 2 : middle + 3]


def tapered(line: np.ndarray, width: float) -> np.ndarray:
    """Corners of an arrow that widens from its tail to its head: left side, tip, right side."""
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    length = float(steps[-1])
    long, broad = max(1.5 * width, 2.6), max(1.9 * width, width + 1.6)
    if long > 0.6 * length:  # a short arrow keeps its shape
        broad *= max(0.6 * length / long, 0.5)
        long = 0.6 * length
    t = np.linspace(0, length - long, max(4, min(24, int(length / 3))))
    shaft = np.column_stack([np.interp(t, steps, line[:, axis]) for axis in (0, 1)])
    neck, tip = shaft[-1], line[-1]
    onward = (tip - neck) / max(np.hypot(*(tip - neck)), 1e-9)
    along = np.gradient(shaft, axis=0)
    along[-1] = onward
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    side = np.column_stack([-along[:, 1], along[:, 0]])
    half = np.linspace(0.6, 1.0, len(shaft))[:, None] * max(width, 0.25) / 2
    wing = np.array([-onward[1], onward[0]]) * broad / 2
    left, right = shaft + side * half, shaft - side * half
    return np.vstack([left, neck + wing, tip, neck - wing, right[::-1]])
