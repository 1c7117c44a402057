"""The seat of titles: on their clusters, as low as nothing stands in the way, or else near by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrangement import GAP, Placed

__all__ = ["free_titles", "seat_titles"]

ASIDE, ABOVE, STEP = 60.0, 36.0, 3.0  # how far a title may move to free ground
HEAD = 6.0  # of the longest head of an arrow


def free_titles(placed: Placed, page: tuple[float, float, float, float]) -> None:
    """Move titles that overlap (in place) to the nearest free ground, if there is any.

    Else one that stands over the edge of the page comes in, where it hides least.
    """
    x, y = np.arange(-ASIDE, ASIDE + 1, STEP), np.arange(-ABOVE, ABOVE + 1, STEP)
    shifts = np.array(np.meshgrid(x, y)).reshape(2, -1).T
    shifts = shifts[np.argsort(np.hypot(*shifts.T), kind="stable")]
    for u in np.flatnonzero(placed.bad_title > 0).tolist():
        at, (w, h) = placed.heads[u] + shifts, placed.title[u]
        inside = (at[:, 0] - w >= page[0]) & (at[:, 0] + w <= page[2])
        inside &= (at[:, 1] - h >= page[1]) & (at[:, 1] + h <= page[3])
        boxes = np.column_stack([at, np.full(len(at), w), np.full(len(at), h)])
        hidden = np.zeros(len(at))
        for j, v in enumerate(placed.unit):
            room = placed.pad[v] + (1.2 if v == u else GAP)
            away = np.maximum(np.abs(at - placed.spot[j]) - (w, h), 0)
            hidden += np.hypot(*away.T) < placed.radius[j] + room
            if (box := placed.label_box(j)) is not None:
                hidden += ~_clear(boxes, box, room)
        for v in range(len(placed.heads)):
            if v != u:
                hidden += ~_clear(boxes, np.concatenate([placed.heads[v], placed.title[v]]), GAP)
        hidden[~inside] = np.inf
        least = int(hidden.argmin())
        if hidden[least] == 0:
            placed.bad_title[u] = 0
        elif inside[0] or not inside.any():
            continue
        placed.heads[u] = at[least]


def seat_titles(placed: Placed, tips: Sequence[np.ndarray] = ()) -> None:
    """Lower titles (in place) onto their clusters where a label made way and nothing stands.

    `tips`: of arrows; no title comes to lie on the head of one.
    """
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
        for tip in tips:
            clear &= bool((np.abs(tip - way[0, :2]) > way[0, 2:] + HEAD).any())
        for j, gap in zip(others, room, strict=True):
            if (box := boxes[j]) is not None:
                clear &= bool(_clear(way, box, gap)[0])
        for v in range(len(placed.heads)):
            if v != u:
                box = np.concatenate([placed.heads[v], placed.title[v]])
                clear &= bool(_clear(way, box, GAP)[0])
        if clear:
            placed.heads[u, 1] = new


def _clear(boxes: np.ndarray, box: np.ndarray, room: float) -> np.ndarray:
    x, y, w, h = boxes.T
    return (np.abs(x - box[0]) >= w + box[2] + room) | (np.abs(y - box[1]) >= h + box[3] + room)
