"""Where discs, labels and titles of the network diagram go: bodies of printed size, annealed.

A node and its label are one body, so that what is kept apart stays readable. `kernels.placing`
moves the bodies; here they are measured, started, spread over the page, and checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from . import canvas
from .canvas import LEADING
from .publishing import Type

__all__ = ["Body", "Placed", "block_height", "bodies", "place", "room_needed"]

GAP = 2.6  # between two bodies
CLOSE = 1.1  # between a disc and its label
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
MIRROR = ((1, 0, 2, 3, 5, 4, 7, 6), (0, 1, 3, 2, 6, 7, 4, 5))  # of SIDES, in x and in y
DIAGONAL = 0.72  # how far along the slope a label at a corner stands
TASTE = (0.0, 0.0, 0.1, 1.8, 3.5)  # what lines of a label cost
SPARSE = 1.8  # times the room that is needed, from where industries of a cluster spread too
MOVES = 1000  # of every node, on average
HEAT, FREEZE, REPAIRS = 6.0, 0.06, 6
# A crossing, a line over a disc, a label, a title; a line and a cluster's box as long as the page;
# a point by which members stand too far apart, a body between them.
WEIGHTS = np.array([4.8, 5.5, 6.5, 6.0, 7.0, 50.0, 0.1, 6.0])
CALM = np.array([0.3, 0.3, 0.3, 0.3, 1.0, 1.0, 0.5, 0.5])  # of them where overlaps are repaired
GIVEN = np.array([0.3, 0.3, 0.3, 0.3, 0.0, 0.0, 0.0, 0.0])  # and where positions are given
LINK = 11.0  # between two members, before it costs
HEAVY = 1.2  # width of an arrow that counts for two


@dataclass(frozen=True)
class Body:
    """Boxes that a node may have: offsets, half sides, cost (options, 5); lines."""

    radius: float
    boxes: np.ndarray
    lines: list[list[str]]
    mirror: np.ndarray  # option that an option becomes, (options, 2)
    inside: bool = False


@dataclass
class Placed:
    """Positions in points, from the lower left corner of the page."""

    spot: np.ndarray  # (n, 2)
    radius: np.ndarray
    unit: np.ndarray  # clusters first, then every other industry by itself
    chosen: np.ndarray
    bodies: list[Body]
    titles: list[list[str]]
    heads: np.ndarray  # middles of titles (clusters, 2)
    title: np.ndarray  # their half sides
    pad: np.ndarray  # of halos, by unit
    bad: np.ndarray = field(default_factory=lambda: np.zeros(0))
    bad_title: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def members(self, u: int) -> list[int]:
        """Industries of a cluster."""
        return [int(i) for i in np.flatnonzero(self.unit == u)]

    def label_box(self, i: int) -> np.ndarray | None:
        """Middle and half sides of a label beside its disc."""
        box = self.bodies[i].boxes[self.chosen[i]]
        return None if box[2] == 0 else np.array([*(self.spot[i] + box[:2]), *box[2:4]])

    def leave_out(self, i: int) -> None:
        """Take a label away (in place)."""
        self.bodies[i] = Body(float(self.radius[i]), *_nothing())
        self.chosen[i] = 0

    def lines(self, i: int) -> list[str]:
        """Text of a label."""
        return self.bodies[i].lines[self.chosen[i]]


def block_height(lines: int, size: float) -> float:
    """From the ascenders of the first line to the descenders of the last."""
    return size * (LEADING * (lines - 1) + 1.02)


def bodies(names: list[str], radius: np.ndarray, shown: np.ndarray, size: float) -> list[Body]:
    """Measure the labels: within the disc where they fit, else at eight sides of it."""
    return [
        _body(name, float(r), size) if seen else Body(float(r), *_nothing())
        for name, r, seen in zip(names, radius, shown, strict=True)
    ]


def _nothing() -> tuple[np.ndarray, list[list[str]], np.ndarray]:
    return np.zeros((1, 5)), [[]], np.zeros((1, 2), np.int64)


def _body(name: str, r: float, size: float) -> Body:
    whole = canvas.text_width(name, size)
    wraps: list[list[str]] = []
    for parts in (1, 2, 3):
        room = max(
            [whole / parts * 1.12, *(canvas.text_width(w, size) for w in canvas.words(name))]
        )
        lines = canvas.wrap(name, size, room, 4)
        if lines not in wraps and not any(line.endswith("…") for line in lines):
            wraps.append(lines)
    halves = [
        (
            max(canvas.text_width(line, size) for line in lines) / 2 + 0.4,
            block_height(len(lines), size) / 2 + 0.2,
        )
        for lines in wraps
    ]
    for lines, (w, h) in zip(wraps, halves, strict=True):
        if np.hypot(w, 0.8 * h) < r - 0.5:
            return Body(r, np.zeros((1, 5)), [lines], np.zeros((1, 2), np.int64), inside=True)
    boxes: list[tuple[float, ...]] = []
    texts: list[list[str]] = []
    mirror: list[list[int]] = []
    for lines, (w, h) in zip(wraps, halves, strict=True):
        first = len(boxes)
        for side, (a, b) in enumerate(SIDES):
            out = r + CLOSE
            if a and b:
                out *= DIAGONAL
            boxes.append(
                (a * (out + w), b * (out + h), w, h, TASTE[len(lines)] + 0.15 * abs(a * b))
            )
            texts.append(lines)
            mirror.append([first + MIRROR[axis][side] for axis in (0, 1)])
    return Body(r, np.array(boxes), texts, np.array(mirror))


def room_needed(made: list[Body], pad: float) -> float:
    """Area that bodies take, with the air round them."""
    area = 0.0
    for body in made:
        area += (2 * body.radius + GAP + pad) ** 2
        if not body.inside and len(body.boxes) > 1:
            area += float(((2 * body.boxes[:, 2] + GAP + pad) * (2 * body.boxes[:, 3] + GAP)).min())
    return area


def tabled(made: list[Body]) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of all bodies (n, options, 5), and how many options each has."""
    count = np.array([len(body.boxes) for body in made])
    box = np.zeros((len(made), count.max(), 5))
    for i, body in enumerate(made):
        box[i, : len(body.boxes)] = body.boxes
    return box, count


def incident(ends: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines of every node one after another, and where those of each begin (n + 1)."""
    lines = [np.flatnonzero((ends == i).any(axis=1)) for i in range(n)]
    near = np.concatenate([*lines, np.zeros(0, np.int64)]).astype(np.int64)
    return near, np.concatenate([[0], np.cumsum([len(some) for some in lines])]).astype(np.int64)


def place(
    made: list[Body],
    labels: np.ndarray,
    titles: list[list[str]],
    ends: np.ndarray,
    thick: np.ndarray,
    affinity: np.ndarray,
    page: tuple[float, float, float, float],
    sizes: Type,
    pad: float,
    rng: np.random.Generator,
    spot: np.ndarray | None = None,
    drop: np.ndarray | None = None,
) -> Placed:
    """Lay bodies out within a page (left, low, right, high), or settle given positions.

    With `drop`, sizes of the nodes, labels that find no free place are left out, the smallest
    first.
    `labels` are clusters (-1: none), `ends` (m, 2) the arrows, `thick`
    their widths, `affinity` (n, n) symmetric.
    """
    from ..kernels import overlaps, placing

    k, single = len(titles), labels < 0
    unit = labels.copy()
    unit[single] = k + np.arange(single.sum())
    units = k + int(single.sum())
    order = np.argsort(unit, kind="stable")
    start = np.searchsorted(unit[order], np.arange(units + 1))
    box, count = tabled(made)
    mirror = np.zeros((*box.shape[:2], 2), np.int64)
    for i, body in enumerate(made):
        mirror[i, : len(body.boxes)] = body.mirror
    title = np.zeros((units, 2))
    for u, lines in enumerate(titles):
        wide = max((canvas.text_width(line, sizes.title, "bold") for line in lines), default=0.0)
        title[u] = (wide / 2 + 0.5, block_height(len(lines), sizes.title) / 2) if wide else (0, 0)
    pads = np.where(np.arange(units) < k, pad, 0.0)
    radius = np.array([body.radius for body in made])
    given = spot is not None
    out = Placed(
        spot=_start(unit, units, affinity, page) if spot is None else spot.astype(float).copy(),
        radius=radius,
        unit=unit,
        chosen=np.zeros(len(made), np.int64),
        bodies=made,
        titles=titles,
        heads=np.zeros((k, 2)),
        title=title[:k],
        pad=pads,
    )
    near, at = incident(ends, len(made))
    within = unit[ends[:, 0]] == unit[ends[:, 1]]
    fixed = (radius, unit, start, order, box, count, mirror)
    heft = np.minimum(1 + thick / HEAVY, 3).astype(np.uint8)
    rest = (title, pads, ends.astype(np.int64), within, heft, near, at)
    limits = np.array(page)
    roomy = 0.3 * (page[2] - page[0]) * (page[3] - page[1]) / room_needed(made, pad)
    roomy = float(np.clip(roomy, 1.0, 8.0))
    gap = GAP * roomy  # few industries stand well apart, and their clusters are wide
    weights = WEIGHTS / np.array([1, 1, 1, 1, 1, roomy, roomy, 1])
    moving = np.arange(len(made)) if roomy > SPARSE else unit

    def run(
        moves: int, hot: float, cold: float, reach: float, share: float, by: Any = 1
    ) -> np.ndarray:
        return placing.anneal(
            out.spot, *fixed, out.chosen, *rest, limits, gap, LINK * roomy, moves, hot, cold,
            reach, share, by * weights, rng,
        )  # fmt: skip

    moves = MOVES * len(made)
    reach = (page[2] - page[0] + page[3] - page[1]) / 6
    if given:
        heads = run(moves // 4, 0.3, FREEZE / 2, 4.0, 0.0, GIVEN)
    else:
        heads = run(moves, HEAT, FREEZE, reach, 0.3)
        for _ in range(3):
            _stretch(out, heads, title, page, moving)
            heads = run(moves // 8, 0.12, FREEZE / 2, 6.0, 0.05)

    def faults() -> tuple[np.ndarray, np.ndarray]:
        return overlaps.faults(
            out.spot, radius, unit, box, out.chosen, title, pads, heads, limits, GAP - 0.6
        )

    for tried in range(REPAIRS):  # what overlaps is warmed up again; chains last
        bad, worse = faults()
        named = box[np.arange(len(made)), out.chosen, 2] > 0
        if not (worse[:k] > 0).any() and not ((bad > 0) & ~(named & (drop is not None))).any():
            break
        heat = 0.8 + 0.3 * tried
        by, share = GIVEN if given or tried > 1 else CALM, 0.0 if given else 0.2
        heads = run(moves // 4, heat, FREEZE / 2, 12.0, share, by)
    if not given:  # to the edges of the page, as far as nobody stands in the way
        before, most = out.spot.copy(), sum(some.sum() for some in faults())
        _stretch(out, heads, title, page, moving)
        wide = out.spot - before
        for part in (1.0, 0.7, 0.4, 0.2, 0.0):
            out.spot[:] = before + part * wide
            heads = run(0, HEAT, FREEZE, reach, 0.0)
            if sum(some.sum() for some in faults()) <= most:
                break
    out.heads = heads[:k]
    while True:
        bad, worse = faults()
        named = np.flatnonzero((bad > 0) & (box[np.arange(len(made)), out.chosen, 2] > 0))
        if drop is None or not len(named):
            break
        i = int(named[drop[named].argmin()])
        out.leave_out(i)
        box[i] = 0.0
    return replace(out, bad=bad, bad_title=worse[:k])


def _start(
    unit: np.ndarray, units: int, affinity: np.ndarray, page: tuple[float, float, float, float]
) -> np.ndarray:
    """Clusters by classical scaling of how little they trade; members in a spiral."""
    M = sparse.csr_array(
        (np.ones(len(unit)), (np.arange(len(unit)), unit)), shape=(len(unit), units)
    )
    S = M.T @ (affinity @ M)
    S = np.asarray(S) / np.sqrt(np.outer(np.diff(M.tocsc().indptr), np.diff(M.tocsc().indptr)))
    np.fill_diagonal(S, 0)
    far = np.divide(1, np.sqrt(S), out=np.zeros_like(S), where=S > 0)
    D = csgraph.shortest_path(sparse.csr_array(far), directed=False)
    D[~np.isfinite(D)] = 1.5 * D[np.isfinite(D)].max(initial=1.0)
    centre = np.eye(units) - 1 / units
    _, vectors = np.linalg.eigh(-centre @ D**2 @ centre / 2)
    X = vectors[:, -2:][:, ::-1] if units > 1 else np.zeros((1, 2))
    if X.shape[1] < 2:
        X = np.column_stack([X, np.zeros(len(X))])
    X = X * np.where(X[np.abs(X).argmax(axis=0), [0, 1]] < 0, -1, 1)  # signs of vectors are free
    rank = np.argsort(np.argsort(np.round(X, 9), axis=0, kind="stable"), axis=0) + 0.5
    low, high = np.array(page[:2]), np.array(page[2:])
    middle = low + (0.1 + 0.8 * rank / units) * (high - low)
    order = np.argsort(unit, kind="stable")
    place = np.empty(len(unit))
    first = np.searchsorted(unit[order], unit[order])
    place[order] = np.arange(len(unit)) - first
    turn = 2.399963 * place
    spiral = 9 * np.sqrt(place)[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return np.clip(middle[unit] + spiral, low + 5, high - 5)


def _stretch(
    out: Placed, heads: np.ndarray, title: np.ndarray, page: Any, moving: np.ndarray
) -> None:
    """Spread what moves as one until the figure fills its page; bodies keep their size."""
    low, high = out.spot - out.radius[:, None], out.spot + out.radius[:, None]
    edge = out.pad[out.unit]
    low, high = low - edge[:, None], high + edge[:, None]
    for i in range(len(out.bodies)):
        if (box := out.label_box(i)) is not None:
            low[i] = np.minimum(low[i], box[:2] - box[2:] - edge[i])
            high[i] = np.maximum(high[i], box[:2] + box[2:] + edge[i])
    for u in np.flatnonzero(title[:, 0] > 0):
        top = np.flatnonzero(out.unit == u)[high[out.unit == u, 1].argmax()]
        high[top, 1] = max(high[top, 1], heads[u, 1] + title[u, 1])
    count = np.bincount(moving)
    for axis in (0, 1):
        # Middles m go to s m + t, as far apart as the page allows.
        low_u, high_u = np.full(len(count), np.inf), np.full(len(count), -np.inf)
        np.minimum.at(low_u, moving, low[:, axis])
        np.maximum.at(high_u, moving, high[:, axis])
        x = (low_u + high_u) / 2
        half = (high_u - low_u) / 2
        scale, shift = 1.0, 0.0
        for _ in range(40):
            shift = page[axis] - (scale * x - half).min()
            spare = page[axis + 2] - (scale * x + half).max() - shift
            reach = np.ptp(x)
            if reach < 1 or abs(spare) < 0.05:
                break
            scale = min(max(scale + spare / reach, 0.5), 2.5)
        spare = page[axis + 2] - (scale * x + half).max() - shift
        out.spot[:, axis] += ((scale - 1) * x + shift + spare / 2)[moving]
