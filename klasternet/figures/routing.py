"""Arrows of the network diagram: curves bent so that they keep off discs, labels and titles.

Every curve is a parabola from rim to rim; `kernels.bending` chooses the bends.
"""

from __future__ import annotations

import numpy as np

from .arrangement import GAP, Placed, incident, tabled

__all__ = ["routes", "tapered"]

BENDS = np.array(
    [0, 0.06, 0.12, 0.18, 0.25, 0.33, 0.42, 0.54, -0.06, -0.12, -0.18, -0.25, -0.33, -0.42, -0.54]
)
LEAST = 0.45  # width of an arrow
FINE = 100  # points of a curve
# A crossing, an arrow over a disc, over a text, each more over it; a bend; a point too short;
# a point of a broad arrow under a text.
WEIGHTS = np.array([1.4, 8.0, 4.0, 0.8, 1.6, 0.3, 2.5])
BURIED, ROUNDS = 12.0, 4  # a head under a text; how often the last of them are seen to
MOVES, FEWEST, HOT, COLD = 120, 10_000, 0.5, 0.04


def routes(
    placed: Placed,
    ends: np.ndarray,
    wide: np.ndarray,
    page: tuple[float, float, float, float],
    rng: np.random.Generator,
    free: bool = True,
    drop: bool = False,
) -> list[np.ndarray]:
    """Middle lines of arrows (points, 2); labels turn and, if `free`, discs shift (in place).

    With `drop`, a label that can lie nowhere but on the head of an arrow is left out.
    """
    from ..kernels import bending

    box, count = tabled(placed.bodies)
    near, at = incident(ends, len(placed.spot))
    bends = np.zeros(len(ends))
    moves = max(MOVES * (len(ends) + len(placed.spot)), FEWEST)
    for tried in range(ROUNDS):
        by = np.append(WEIGHTS, BURIED * (1 + tried))
        buried = bending.polish(
            placed.spot, placed.radius, placed.unit, box, count, placed.chosen, placed.title,
            placed.pad, placed.heads, ends, near, at, wide, bends, BENDS,
            np.array(page), GAP, moves if tried == 0 else moves // 3, HOT, COLD, by, free, rng,
        )  # fmt: skip
        if not buried.any():
            break
    for i in np.flatnonzero(buried[: len(placed.spot)]) if drop else ():
        placed.leave_out(int(i))
    out = []
    for (i, j), bend in zip(ends.tolist(), bends, strict=True):
        out.append(_clip(_curve(placed, i, j, bend), placed, i, j))
    return out


def _curve(placed: Placed, i: int, j: int, bend: float) -> np.ndarray:
    """A parabola from middle to middle."""
    a, b = placed.spot[i], placed.spot[j]
    across = b - a
    control = (a + b) / 2 + bend * np.array([across[1], -across[0]])
    t = np.linspace(0, 1, FINE + 1)[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b


def _clip(line: np.ndarray, placed: Placed, i: int, j: int) -> np.ndarray:
    """From the rim of one disc to that of the other, with a hair of air."""
    tail, tip = placed.radius[i] + 0.6, placed.radius[j] + 0.9
    free = np.hypot(*(line - placed.spot[i]).T) >= tail
    free &= np.hypot(*(line - placed.spot[j]).T) >= tip
    if free.sum() >= 3:
        first, *_, last = np.flatnonzero(free)
        start = _meet(line[first - 1], line[first], placed.spot[i], tail)
        end = _meet(line[last + 1], line[last], placed.spot[j], tip)
        return np.vstack([start, line[first : last + 1], end])
    # Discs so near that no curve shows: what is left between their rims, straight.
    a, b, across = placed.spot[i], placed.spot[j], placed.spot[j] - placed.spot[i]
    onward = across / max(float(np.hypot(*across)), 1e-9)
    start, end = a + placed.radius[i] * onward, b - placed.radius[j] * onward
    return start + np.linspace(0.1, 0.8, 5)[:, None] * (end - start)


def _meet(a: np.ndarray, b: np.ndarray, middle: np.ndarray, radius: float) -> np.ndarray:
    """Where a short step from within a disc leaves it."""
    inner, outer = np.hypot(*(a - middle)), np.hypot(*(b - middle))
    return np.asarray(a + (radius - inner) / max(outer - inner, 1e-9) * (b - a))


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
