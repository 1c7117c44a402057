"""Clusters over the years as bands: as high as their share, parting where industries leave.

`strata` has the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParameterError
from ..labelling import REST
from . import canvas
from .canvas import MM, colour
from .sheet import (
    DARK,
    TALLEST,
    Sheet,
    note_line,
    note_lines,
    note_type,
    open_sheet,
    room_of,
    text_type,
    tint,
)
from .speech import spoken
from .strata import AIR, Stack, cut_of, letters_of, note_of, order_of, shares_of, sides_of, stack_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..evidence.evolution import Evolution

__all__ = ["draw_evolution"]

EASE = np.linspace(0, 1, 25)
RISE = EASE**2 * (3 - 2 * EASE)


def draw_evolution(
    evolution: Evolution, *, ax: Axes | None = None, width: str | float = "2col"
) -> Axes:
    """Draw clusters over the years: which last, grow, split, merge, are born or dissolve.

    A column is a time, a block a cluster, as high as its share of all output (or trade, see
    `Evolution.weights`). Pale bands are industries that stay, full ones those that change their
    place; those in several clusters are split by their shares. The rest of the economy is grey, at
    the foot; where it is large, an equal part of it is taken out of every column, at the break, and
    the figure says how much. Beside its last block a cluster has its name, and its share when first
    and last there; on wide figures names stand at the left too. Clusters without such a place have
    a letter, told below.

    Parameters
    ----------
    evolution : Evolution
        From `evolve`, of at least two times.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure, whose height follows.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "block:2,2014" (cluster 2 of `evolution.table`, -1 the rest),
        "band:2,2,2013" (from, to, from when), "name:2", "time:2014".

    Raises
    ------
    ParameterError
        A single time; axes that are too small.

    Notes
    -----
    Shares in current prices move with relative prices, though nothing else did.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(12, 3, seed=1)
    >>> early = kn.Clusters.from_labels(network, labels)
    >>> late = kn.Clusters.from_labels(network, [-1 if k == 2 else k for k in labels])
    >>> ax = draw_evolution(kn.evolve([early, late], [2000, 2010]), width="1col")
    >>> [text.get_text() for text in ax.texts if "time" in text.get_gid()]
    ['2000', '2010']
    """
    if len(evolution.times) < 2:
        raise ParameterError("one time makes no evolution to draw. Give evolve() at least two.")
    across, down = room_of(ax, width)
    wide = across > 130 * MM
    order = order_of(evolution)
    share = shares_of(evolution, order)
    cut = cut_of(evolution, share[-1])
    letters = letters_of(evolution, wide)
    notes = note_lines(note_of(evolution, letters, cut), across - 2 * AIR, 5)
    if down is None:
        needed = 3.4 * note_line() * (len(order) + 1)
        down = min(
            TALLEST, max((0.5 if wide else 1.05) * across, needed) + note_line() * len(notes)
        )
    sides = sides_of(evolution, order, across, wide)
    foot = AIR + note_line() * (len(notes) + 0.4)
    stack = stack_of(evolution, [*order, REST], share, cut, sides, (across, down, foot))
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        _bands(sheet, evolution, stack)
        _blocks(sheet, evolution, stack, letters)
        _times(sheet, evolution.times, stack)
        lowest = _names(sheet, evolution, stack, sides)
        _bar(sheet, evolution.weights, stack, lowest)
        for row, line in enumerate(notes):
            y = AIR + note_line() * (len(notes) - row - 0.5)
            sheet.write(AIR, y, line, note_type(), gid="note", ink=DARK)
    return sheet.ax


# ------------------------------------------------------------------------------------- drawing


def _bands(sheet: Sheet, evolution: Evolution, stack: Stack) -> None:
    """Industries from block to block; those that move over those that stay."""
    place = {name: at for at, name in enumerate(stack.names)}
    moving: list[tuple[float, Any, str, str]] = []
    for t, time in enumerate(evolution.times[:-1]):
        part = evolution.flows[evolution.flows["time"] == time]
        rows = [(place[r.source], place[r.target], r.share, r.share_next)
                for r in part.itertuples(index=False)]  # fmt: skip
        cut = {(len(stack.names) - 1,) * 2: stack.cut}  # from the rest to the rest
        rows = [(a, b, *(s - cut.get((a, b), 0.0) for s in both)) for a, b, *both in rows]
        starts, ends = stack.high[:, t].copy(), stack.high[:, t + 1].copy()
        leave: dict[tuple[int, int], tuple[float, float]] = {}
        for a, b, share, _ in sorted(rows):
            leave[a, b] = starts[a], starts[a] - stack.per * share
            starts[a] -= stack.per * share
        for a, b, _, share in sorted(rows, key=lambda row: (row[1], row[0])):
            top, foot = leave[a, b]
            far = ends[b], ends[b] - stack.per * share
            ends[b] = far[1]
            x = stack.x[t] + stack.wide, stack.x[t + 1]
            corners = _ribbon(x, (top, far[0]), (foot, far[1]))
            gid = f"band:{stack.numbers[a]},{stack.numbers[b]},{time}"
            paint = colour(stack.numbers[a] if stack.numbers[a] >= 0 else stack.numbers[b])
            if a == b:
                sheet.polygon(corners, tint(paint, 0.3), gid)
            else:
                moving.append((share, corners, tint(paint, 0.8), gid))
    for _, corners, paint, gid in sorted(moving, key=lambda one: -one[0]):
        sheet.polygon(corners, paint, gid, edge=paint, line=0.4)


def _ribbon(
    x: tuple[float, float], top: tuple[float, float], foot: tuple[float, float]
) -> np.ndarray:
    """Corners of a band, at least half a point high."""
    lacking = [max(0.5 - (a - b), 0) / 2 for a, b in zip(top, foot, strict=True)]
    across = x[0] + (x[1] - x[0]) * EASE
    up = top[0] + lacking[0] + (top[1] + lacking[1] - top[0] - lacking[0]) * RISE
    low = foot[0] - lacking[0] + (foot[1] - lacking[1] - foot[0] + lacking[0]) * RISE
    return np.vstack([np.column_stack([across, up]), np.column_stack([across, low])[::-1]])


def _blocks(sheet: Sheet, evolution: Evolution, stack: Stack, letters: dict[str, str]) -> None:
    letters = dict(letters)
    for k, t in np.argwhere(np.isfinite(stack.low)).tolist():
        number, low, high = stack.numbers[k], stack.low[k, t], stack.high[k, t]
        gid = f"block:{number},{evolution.times[t]}"
        sheet.box(stack.x[t], low, stack.wide, max(high - low, 0.5), colour(number), gid)
        letter = letters.pop(stack.names[k], None)
        if letter:
            x, y = stack.x[t] - 1, (low + high) / 2
            sheet.write(x, y, letter, text_type(), gid=f"name:{number}", ha="right", weight="bold")
    if stack.cut:  # a white break through the rest
        x = np.linspace(stack.x[0] - 2, stack.x[-1] + stack.wide + 2, 121)
        y = np.nanmin(stack.low) + 6 + np.tile([-0.9, 0.9], 61)[:121]
        corners = np.vstack([np.column_stack([x, y - 0.9]), np.column_stack([x, y + 0.9])[::-1]])
        sheet.polygon(corners, "#FFFFFF", "break")


def _times(sheet: Sheet, times: Sequence[Any], stack: Stack) -> None:
    """The times above, as many as have room; the last is always there."""
    middle = stack.x + stack.wide / 2
    texts = [str(time) for time in times]
    wide = [canvas.text_width(text, text_type(), "bold") for text in texts]
    step = stack.x[1] - stack.x[0]
    every = max(1, int(np.ceil((max(wide) + 4) / step)))
    y, free = sheet.height - AIR - note_line() / 2, -np.inf
    shown = list(range(len(times) - 1, -1, -every))[::-1]
    for t in shown:
        x = float(np.clip(middle[t], wide[t] / 2, sheet.width - wide[t] / 2))
        if x - wide[t] / 2 > free:
            sheet.write(
                x, y, texts[t], text_type(), gid=f"time:{texts[t]}", ha="center", weight="bold"
            )
            free = x + wide[t] / 2 + 2


def _names(
    sheet: Sheet, evolution: Evolution, stack: Stack, sides: list[dict[str, list[str]]]
) -> float:
    """Names beside the first and the last column, moved apart where they must be.

    The lower edge of the lowest name at the left is returned, infinity where there is none.
    """
    lowest = np.inf
    times = len(evolution.times)
    size = canvas.LEADING * text_type()
    for side, t in ((0, 0), (1, times - 1)):
        at = [stack.names.index(name) for name in sides[side]]
        blocks = list(sides[side].values())
        told = [_told(evolution, name) if side else "" for name in sides[side]]
        tall = [
            size * len(rows) + note_line() * bool(text)
            for rows, text in zip(blocks, told, strict=True)
        ]
        low, high = float(np.nanmin(stack.low)) - AIR, sheet.height - AIR - 1.4 * note_line()
        if sum(tall) > 0.93 * (high - low):
            told = [""] * len(told)
            tall = [size * len(rows) for rows in blocks]
        if sum(tall) > high - low:
            raise ParameterError(
                f"{sheet.height / MM:.0f} mm are too low for the names of {len(at)} clusters. "
                "Give a higher figure."
            )
        wanted = [(stack.low[k, t] + stack.high[k, t]) / 2 for k in at]
        slack = min(3.0, (high - low - sum(tall)) / max(len(at), 1))
        tall = [height + slack for height in tall]
        middles = -canvas.spread([-y for y in wanted], tall, -high, -low)
        if side == 0 and at:
            lowest = float(min(middles - np.array(tall) / 2))
        edge = stack.x[t] + (stack.wide + 1.5 if side else -1.5)
        way = 1 if side else -1
        for k, rows, text, y, want in zip(at, blocks, told, middles, wanted, strict=True):
            number, ha = stack.numbers[k], "left" if side else "right"
            if abs(y - want) > 1.5:
                x = [edge, edge + way * 5.5]
                paint = colour(number)
                sheet.line(x, [want, y], paint, 0.5, f"leader:{number}")
            x0 = edge + way * 7
            sheet.write(
                x0,
                y + (note_line() / 2 if text else 0),
                rows,
                text_type(),
                gid=f"name:{number}",
                ha=ha,
            )
            if text:
                sheet.write(
                    x0, y - size * len(rows) / 2, text, note_type(), gid=f"share:{number}", ha=ha,
                    ink=DARK,
                )  # fmt: skip
    return lowest


def _told(evolution: Evolution, name: str) -> str:
    """Share when first and last there."""
    if name == REST:
        weights = [evolution.flows[evolution.flows[c] == REST].groupby("time", sort=False)[s].sum()
                   for c, s in (("source", "share"), ("target", "share_next"))]  # fmt: skip
        a, b = (float(weights[0].get(evolution.times[0], 0)),
                float(weights[1].get(evolution.times[-2], 0)))  # fmt: skip
    else:
        a, b = (evolution.table.at[name, column] for column in ("share_first", "share_last"))
    first, last = f"{100 * a:.1f}", f"{100 * b:.1f}"
    return spoken().swap(f"{last}%" if first == last else f"{first} → {last}%")


def _bar(sheet: Sheet, weights: str, stack: Stack, lowest: float) -> None:
    """A scale: how high a tenth, or a hundredth, is; below the names at the left."""
    size, low = note_type(), float(np.nanmin(stack.low)) + (10.0 if stack.cut else 0.0)
    room = lowest - low
    told = {
        part: spoken().say("{} of {}", f"{part:.0%}", spoken().retell(weights))
        for part in (0.05, 0.1, 0.2, 0.3)
    }
    wide = {part: canvas.text_width(text, size) for part, text in told.items()}
    x = stack.x[0] - 4 if np.isinf(lowest) else AIR + 9
    along = [part for part in told if wide[part] <= part * stack.per <= room]
    beside = [part for part in (0.2, 0.1, 0.05) if size <= part * stack.per <= room
              and x + 3 + wide[part] < stack.x[0] - 2]  # fmt: skip
    part = [*along, *beside, 0.1][0]
    high = part * stack.per
    sheet.line([x, x], [low, low + high], DARK, 1.0, "scale")
    if beside and not along:
        sheet.write(x + 3, low + high / 2, told[part], size, gid="scale", ha="left", ink=DARK)
        return
    text = told[part] if along else f"{part:.0%}"
    sheet.write(x - 2, low + high / 2, text, size, gid="scale", ha="center", va="bottom", turn=90,
                ink=DARK)  # fmt: skip
