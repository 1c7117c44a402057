"""The plan of the network diagram: which flows and names there is room for, and how high it is."""

from __future__ import annotations

import numpy as np

from .. import ties
from . import canvas
from .arrangement import block_height, bodies, room_needed
from .canvas import MM
from .condensing import Shown
from .publishing import Type
from .sheet import TALLEST

__all__ = ["NARROW", "affinity", "chosen_labels", "edges", "height", "radii"]

NARROW = 130 * MM
FULL = 0.5  # of the page, beyond which labels do not fit
LOOSE = 0.27  # of the page, where the height is free
CROWD = 80  # industries, beyond which a page is as high as a journal's


def edges(
    shown: Shown, method: str, n_edges: int | None, across: float
) -> tuple[np.ndarray, np.ndarray]:
    """Arrows (m, 2) and their flows, the largest last."""
    network, n = shown.network, shown.network.n
    if n_edges is None:
        most = min(2.0 * n, 84 + 0.4 * n) if across >= NARROW else min(1.6 * n, 56 + 0.4 * n)
        n_edges = max(n - 1, round(most))
    kept = ties.backbone(network, method, n_edges).ties
    kept = kept.toarray() if hasattr(kept, "toarray") else np.array(kept)
    np.fill_diagonal(kept, 0)
    i, j = np.nonzero(kept)
    flows = kept[i, j]
    order = np.argsort(flows, kind="stable")
    return np.column_stack([i, j])[order].astype(np.int64), flows[order]


def affinity(shown: Shown, ends: np.ndarray) -> np.ndarray:
    """Relatedness both ways; the backbone dominates, the rest breaks ties."""
    R = ties.relatedness(shown.network)
    R = R.toarray() if hasattr(R, "toarray") else np.array(R)
    K = np.zeros_like(R)
    K[ends[:, 0], ends[:, 1]] = 1
    S = (R + R.T) * (0.15 + np.maximum(K, K.T))
    np.fill_diagonal(S, 0)
    return S


def radii(sizes: np.ndarray, page: tuple[float, float, float, float]) -> np.ndarray:
    area, n = (page[2] - page[0]) * (page[3] - page[1]), len(sizes)
    most = 0.036 * np.sqrt(area * max(1.0, 30 / n))
    most = min(most, 34.0, 0.32 * np.sqrt(area / n))
    return np.maximum(most * np.sqrt(sizes / sizes.max()), 1.6)


def title_room(titles: list[list[str]], sizes: Type) -> float:
    return sum(
        canvas.text_width(max(lines, key=len), sizes.title, "bold")
        * (block_height(len(lines), sizes.title) + 6)
        for lines in titles
    )


def height(
    called: list[str],
    shown: Shown,
    titles: list[list[str]],
    across: float,
    foot: float,
    sizes: Type,
    pad: float,
    asked: float | None,
    *,
    bounded: bool = True,
) -> float:
    """Height of a new page: what was asked for, or what its bodies need."""
    if asked is not None:
        return float(asked) * MM
    down = 0.6 * across
    for _ in range(3):
        radius = radii(shown.sizes, (0, 0, across, down))
        size = sizes.text
        made = bodies(called, radius, np.ones(len(called), bool), size)
        area = room_needed(made, pad) + title_room(titles, sizes)
        down = max(area / LOOSE / across + foot, 0.34 * across)
        if bounded:
            down = min(down, TALLEST)
    if not bounded:
        return down
    if across >= NARROW:
        return min(down, 0.86 * across) if len(called) <= CROWD else down
    return min(down, 1.6 * across) if len(called) <= CROWD else down


def chosen_labels(
    called: list[str],
    shown: Shown,
    radius: np.ndarray,
    titles: list[list[str]],
    page: tuple[float, float, float, float],
    sizes: Type,
    pad: float,
    labels: str,
) -> np.ndarray:
    """Which industries are named: the largest of every cluster in turn, while there is room."""
    n = len(called)
    if labels != "auto":
        return np.full(n, labels == "all")
    size = sizes.text
    turn = np.empty(n)
    for u in np.unique(shown.labels):
        own = np.flatnonzero(shown.labels == u)
        turn[own[np.argsort(-shown.sizes[own], kind="stable")]] = np.arange(len(own))
    order = np.lexsort((-shown.sizes, turn))
    free = FULL * (page[2] - page[0]) * (page[3] - page[1]) - title_room(titles, sizes)
    every, none = (bodies(called, radius, np.full(n, on), size) for on in (True, False))
    more = np.array(
        [room_needed([a], pad) - room_needed([b], pad) for a, b in zip(every, none, strict=True)]
    )
    seen = np.zeros(n, bool)
    seen[order[np.cumsum(more[order]) <= free - room_needed(none, pad)]] = True
    return seen
