"""The last word on labels: the side of each disc that the arrows, as they are bent, leave free."""

from __future__ import annotations

import numpy as np

from .layout import GAP, Placed

__all__ = ["turn_labels"]

TOUCH, ROUNDS, AIR = 1.0, 3, 0.3
TELL = 1.0  # by which a label is farther from other discs than from its own


def turn_labels(
    placed: Placed, lines: list[np.ndarray], page: tuple[float, float, float, float]
) -> int:
    """Turn labels (in place) to where fewest arrows pass, without any new overlap; how many."""
    points = [line[:: max(1, len(line) // 48)] for line in lines]
    at = np.vstack(points) if points else np.zeros((0, 2))
    arrow = np.repeat(np.arange(len(points)), [len(line) for line in points])
    tops = np.array([_top(placed, u) for u in range(len(placed.heads))])
    turned = 0
    for _ in range(ROUNDS):
        before = turned
        for i in np.argsort(placed.radius, kind="stable").tolist():
            options = placed.bodies[i].boxes
            if len(options) < 2:
                continue
            boxes = options[:, :4] + [*placed.spot[i], 0, 0]
            here = placed.chosen[i]
            if not _touched(at, arrow, boxes[here : here + 1])[0]:
                continue
            free = _free(placed, i, boxes, page, tops)
            free[here] = True
            now = _touched(at, arrow, boxes) * TOUCH + 0.4 * options[:, 4]
            now[~free] = np.inf
            best = int(now.argmin())
            if now[best] < now[here] - 0.5:
                placed.chosen[i] = best
                turned += 1
        if turned == before:
            break
    return turned


def seat_titles(placed: Placed) -> None:
    """Lower titles (in place) onto their clusters where a label made way and nothing stands."""
    boxes = [placed.label_box(i) for i in range(len(placed.spot))]
    tops = placed.spot[:, 1] + placed.radius
    tops = [t if b is None else max(t, b[1] + b[3]) for t, b in zip(tops, boxes, strict=True)]
    for u, ((x, old), (w, h)) in enumerate(zip(placed.heads.tolist(), placed.title, strict=True)):
        own = placed.unit == u
        new = float(np.array(tops)[own].max() + placed.pad[u] + 1.5 + h)
        if new > old - 0.1:
            continue
        way = np.array([[x, (new + old) / 2, w, h + (old - new) / 2]])
        others = np.flatnonzero(~own)
        room = placed.pad[placed.unit[others]] + GAP
        away = np.maximum(np.abs(placed.spot[others] - way[0, :2]) - way[0, 2:], 0)
        clear = bool((np.hypot(*away.T) >= placed.radius[others] + room).all())
        for j, gap in zip(others, room, strict=True):
            if (box := boxes[j]) is not None:
                clear &= bool(_clear(way, box, gap)[0])
        if clear:
            placed.heads[u, 1] = new


def _touched(at: np.ndarray, arrow: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Arrows that pass under each box."""
    near = (np.abs(at - boxes[:, :2].mean(axis=0)) < 90).all(axis=1)
    over = (np.abs(at[near] - boxes[:, None, :2]) < boxes[:, None, 2:4] + AIR).all(axis=2)
    return np.array([len(np.unique(arrow[near][row])) for row in over], dtype=float)


def _top(placed: Placed, u: int) -> float:
    """Where the title of a cluster begins."""
    return float(placed.heads[u, 1] - placed.title[u, 1])


def _free(
    placed: Placed,
    i: int,
    boxes: np.ndarray,
    page: tuple[float, float, float, float],
    tops: np.ndarray,
) -> np.ndarray:
    """Which boxes keep their distance from all that stands on the page."""
    u = placed.unit[i]
    edge = placed.pad[u]
    x, y, w, h = boxes.T
    free = (x - w - edge >= page[0]) & (x + w + edge <= page[2])
    free &= (y - h - edge >= page[1]) & (y + h + edge <= page[3])
    if u < len(tops):
        free &= y + h + edge + 1.0 <= tops[u]
    for j in range(len(placed.spot)):
        if j == i:
            continue
        v = placed.unit[j]
        room = GAP if u == v else edge + placed.pad[v] + GAP
        dx = np.maximum(np.abs(placed.spot[j, 0] - x) - w, 0)
        dy = np.maximum(np.abs(placed.spot[j, 1] - y) - h, 0)
        free &= np.hypot(dx, dy) >= placed.radius[j] + room + TELL
        if (box := placed.label_box(j)) is not None:
            free &= _clear(boxes, box, room)
    for v, (head, half) in enumerate(zip(placed.heads, placed.title, strict=True)):
        if v != u and half[0] > 0:
            free &= _clear(boxes, np.concatenate([head, half]), edge + GAP)
    return free


def _clear(boxes: np.ndarray, box: np.ndarray, room: float) -> np.ndarray:
    x, y, w, h = boxes.T
    return (np.abs(x - box[0]) >= w + box[2] + room) | (np.abs(y - box[1]) >= h + box[3] + room)
