"""Clusters over the years as bands: as high as their share, parting where industries leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParameterError
from ..labelling import REST
from . import canvas
from .canvas import MM, colour
from .sheet import DARK, SMALL, TALLEST, TEXT, Sheet, balanced, open_sheet, room_of, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..evidence.evolution import Evolution

__all__ = ["draw_evolution"]

AIR = 3.0
LINE = canvas.LEADING * SMALL
TOLD = {"birth": "born", "split": "split off", "merge": "merged", "death": "dissolved"}
EASE = np.linspace(0, 1, 25)
RISE = EASE**2 * (3 - 2 * EASE)


@dataclass
class _Stack:
    """Where every block is: rows are clusters from top to bottom, the rest last; columns times."""

    names: list[str]
    numbers: list[int]  # of the clusters in evolution.table; -1 the rest
    low: np.ndarray  # NaN where a cluster is not there
    high: np.ndarray
    x: np.ndarray  # left edge of each column
    wide: float  # of a block
    per: float  # points for all the economy
    cut: float  # share of the economy taken out of the rest, in every column


def draw_evolution(
    evolution: Evolution, *, ax: Axes | None = None, width: str | float = "2col"
) -> Axes:
    """Draw clusters over the years: which last, grow, split, merge, are born or dissolve.

    A column is a time, a block a cluster, as high as its share of all output (or trade, see
    `Evolution.weights`). Pale bands are industries that stay, full ones those that change their
    place. The rest of the economy is grey, at the foot; where it is large, an equal part of it is
    taken out of every column, at the break, and the figure says how much. Beside its last block a
    cluster has its name, and its share when first and last there; on wide figures names stand at
    the left too. Clusters without such a place have a letter, told below.

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
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "note"]
    ['1 dissolved.']
    """
    if len(evolution.times) < 2:
        raise ParameterError("one time makes no evolution to draw. Give evolve() at least two.")
    across, down = room_of(ax, width)
    wide = across > 130 * MM
    order = _order(evolution)
    share = _shares(evolution, order)
    cut = _cut(evolution, share[-1])
    letters = _letters(evolution, wide)
    notes = canvas.wrap(_note(evolution, letters, cut), SMALL, across - 2 * AIR, 5)
    if down is None:
        needed = 3.4 * LINE * (len(order) + 1)
        down = min(TALLEST, max((0.5 if wide else 1.05) * across, needed) + LINE * len(notes))
    sides = _sides(evolution, order, across, wide)
    foot = AIR + LINE * (len(notes) + 0.4)
    stack = _stack(evolution, [*order, REST], share, cut, sides, (across, down, foot))
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        _bands(sheet, evolution, stack)
        _blocks(sheet, evolution, stack, letters)
        _times(sheet, evolution.times, stack)
        _names(sheet, evolution, stack, sides)
        _bar(sheet, evolution.weights, stack, sides[0])
        for row, line in enumerate(notes):
            y = AIR + LINE * (len(notes) - row - 0.5)
            sheet.write(AIR, y, line, SMALL, gid="note", ink=DARK)
    return sheet.ax


# ------------------------------------------------------------------------------------- the plan


def _order(evolution: Evolution) -> list[str]:
    """Clusters from top to bottom so that those that trade industries are near each other."""
    names = list(evolution.table.index)
    place = {name: at for at, name in enumerate([*names, REST])}
    moved = np.zeros((len(place), len(place)))
    for row in evolution.flows.itertuples(index=False):
        if row.source != row.target:
            moved[place[row.source], place[row.target]] += row.share + row.share_next
    moved = moved + moved.T
    rank = np.argsort(-evolution.table["share_first"].fillna(0).to_numpy(), kind="stable")
    best = [*rank.tolist(), len(names)]

    def cost(order: list[int]) -> float:
        at = np.empty(len(order))
        at[order] = np.arange(len(order))
        return float((moved * np.abs(at[:, None] - at)).sum())

    improved, least = len(names) <= 40, cost(best)
    while improved:
        improved = False
        for i in range(len(names)):
            for j in range(len(names)):
                tried = best[:i] + best[i + 1 :]
                tried.insert(j, best[i])
                if cost(tried) < least - 1e-12:
                    best, least, improved = tried, cost(tried), True
    return [names[i] for i in best[:-1]]


def _shares(evolution: Evolution, order: list[str]) -> np.ndarray:
    """Share of each cluster (row; the rest last) at each time."""
    share = np.zeros((len(order) + 1, len(evolution.times)))
    place = {name: at for at, name in enumerate([*order, REST])}
    for row in evolution.flows.itertuples(index=False):
        at = evolution.times.index(row.time)
        share[place[row.source], at] += row.share
        if at == len(evolution.times) - 2:
            share[place[row.target], at + 1] += row.share_next
    return share


def _cut(evolution: Evolution, rest: np.ndarray) -> float:
    """What of the rest need not be shown: it never moves, and clusters need the room."""
    flows = evolution.flows
    moved = [0.0]
    for end, when, share in (("source", "time", "share"), ("target", "next", "share_next")):
        part = flows[(flows[end] == REST) & (flows["source"] != flows["target"])]
        moved += part.groupby(when)[share].sum().tolist()
    kept = max(0.12, max(moved) + 0.04)
    return float(np.floor(100 * (rest.min() - kept)) / 100) if rest.min() > kept + 0.1 else 0.0


def _letters(evolution: Evolution, wide: bool) -> dict[str, str]:
    """Letters for clusters that are named neither at the left nor at the right."""
    first, last = (set(evolution.labels.iloc[:, at]) for at in (0, -1))
    named = first | last if wide else last
    names = [name for name in evolution.table.index if name not in named]
    return {name: chr(ord("a") + i % 26) * (1 + i // 26) for i, name in enumerate(names)}


def _note(evolution: Evolution, letters: dict[str, str], cut: float) -> str:
    """What happened, the clusters with letters, and what is left out."""
    told = evolution.events["event"].value_counts()
    counts = [f"{told[kind]} {word}" for kind, word in TOLD.items() if kind in told]
    notes = [", ".join(counts) + "."] if counts else ["No cluster born, split, merged, dissolved."]
    for name, letter in letters.items():
        row = evolution.table.loc[name]
        when = f"{row['first']}" if row["times"] == 1 else f"{row['first']} to {row['last']}"
        notes.append(f"{letter}: {name} ({when}).")
    if cut:
        notes.append(f"At the break, {cut:.0%} of {evolution.weights} is left out of the rest.")
    return " ".join(notes)


def _sides(
    evolution: Evolution, order: list[str], across: float, wide: bool
) -> list[dict[str, list[str]]]:
    """Names at the left and at the right, broken into lines."""
    first, last = (set(evolution.labels.iloc[:, at]) for at in (0, -1))
    left = [name for name in order if name in first] if wide else []
    right = [name for name in order if name in last]
    if REST in last:
        right.append(REST)
    room = (0.19 if wide else 0.31) * across
    out = []
    for names in (left, right):
        shown = ["Rest of the economy" if name == REST else name for name in names]
        rows = [_broken(name, room) for name in shown]
        out.append(dict(zip(names, rows, strict=True)))
    return out


def _broken(name: str, room: float) -> list[str]:
    """A name in two lines, or three; no word is cut that a little more room would hold."""
    longest = max(canvas.text_width(word, TEXT, "bold") for word in canvas.words(name))
    room = max(room, min(1.2 * room, longest))
    rows = balanced(name, TEXT, room, 2)
    return rows if "…" not in "".join(rows) else balanced(name, TEXT, room, 3)


def _wide(side: dict[str, list[str]]) -> float:
    return max((canvas.text_width(row, TEXT) for rows in side.values() for row in rows), default=0)


def _stack(
    evolution: Evolution,
    names: list[str],
    share: np.ndarray,
    cut: float,
    sides: list[dict[str, list[str]]],
    room: tuple[float, float, float],
) -> _Stack:
    times, (across, down, foot) = len(evolution.times), room
    there = share > 0
    shown = share.copy()
    shown[-1] -= cut
    left, right = (_wide(side) + 10 if side else 0.0 for side in sides)
    left = max(left, 12.0) + AIR  # the scale stands there
    room_across = across - left - right - AIR
    ceiling = down - AIR - 1.6 * LINE
    most = int(there.sum(axis=0).max())
    gaps = min(3.5 * (most - 1), 0.25 * (ceiling - foot))
    per = (ceiling - foot - gaps) / (1 - cut)
    wide = min(12.0, 0.32 * room_across / times)
    if room_across < 6 * times or per < 40:
        raise ParameterError(
            f"{across / MM:.0f} x {down / MM:.0f} mm leave no room for {times} times beside the "
            "names of clusters. Give a larger figure, or fewer times."
        )
    low, high = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    for t in range(times):
        rows = np.flatnonzero(there[:, t])
        gap = gaps / max(len(rows) - 1, 1)
        ends = ceiling - np.cumsum(per * shown[rows, t]) - gap * np.arange(len(rows))
        low[rows, t], high[rows, t] = ends, ends + per * shown[rows, t]
    x = left + np.linspace(0, room_across - wide, times)
    known = evolution.table.index
    numbers = [*(int(known.get_loc(name)) for name in names[:-1]), -1]
    return _Stack(names, numbers, low, high, x, wide, per, cut)


# ------------------------------------------------------------------------------------- drawing


def _bands(sheet: Sheet, evolution: Evolution, stack: _Stack) -> None:
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


def _blocks(sheet: Sheet, evolution: Evolution, stack: _Stack, letters: dict[str, str]) -> None:
    letters = dict(letters)
    for k, t in np.argwhere(np.isfinite(stack.low)).tolist():
        number, low, high = stack.numbers[k], stack.low[k, t], stack.high[k, t]
        gid = f"block:{number},{evolution.times[t]}"
        sheet.box(stack.x[t], low, stack.wide, max(high - low, 0.5), colour(number), gid)
        letter = letters.pop(stack.names[k], None)
        if letter:
            x, y = stack.x[t] - 1, (low + high) / 2
            sheet.write(x, y, letter, TEXT, gid=f"name:{number}", ha="right", weight="bold")
    if stack.cut:  # a white break through the rest
        x = np.linspace(stack.x[0] - 2, stack.x[-1] + stack.wide + 2, 121)
        y = np.nanmin(stack.low) + 6 + np.tile([-0.9, 0.9], 61)[:121]
        corners = np.vstack([np.column_stack([x, y - 0.9]), np.column_stack([x, y + 0.9])[::-1]])
        sheet.polygon(corners, "#FFFFFF", "break")


def _times(sheet: Sheet, times: Sequence[Any], stack: _Stack) -> None:
    """The times above, as many as have room; the last is always there."""
    middle = stack.x + stack.wide / 2
    texts = [str(time) for time in times]
    wide = [canvas.text_width(text, TEXT, "bold") for text in texts]
    step = stack.x[1] - stack.x[0]
    every = max(1, int(np.ceil((max(wide) + 4) / step)))
    y, free = sheet.height - AIR - LINE / 2, -np.inf
    shown = list(range(len(times) - 1, -1, -every))[::-1]
    for t in shown:
        x = float(np.clip(middle[t], wide[t] / 2, sheet.width - wide[t] / 2))
        if x - wide[t] / 2 > free:
            sheet.write(x, y, texts[t], TEXT, gid=f"time:{texts[t]}", ha="center", weight="bold")
            free = x + wide[t] / 2 + 2


def _names(
    sheet: Sheet, evolution: Evolution, stack: _Stack, sides: list[dict[str, list[str]]]
) -> None:
    """Names beside the first and the last column, moved apart where they must be."""
    times = len(evolution.times)
    size = canvas.LEADING * TEXT
    for side, t in ((0, 0), (1, times - 1)):
        at = [stack.names.index(name) for name in sides[side]]
        blocks = list(sides[side].values())
        told = [_told(evolution, name) if side else "" for name in sides[side]]
        tall = [
            size * len(rows) + LINE * bool(text) for rows, text in zip(blocks, told, strict=True)
        ]
        low, high = float(np.nanmin(stack.low)) - AIR, sheet.height - AIR - 1.4 * LINE
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
        edge = stack.x[t] + (stack.wide + 1.5 if side else -1.5)
        way = 1 if side else -1
        for k, rows, text, y, want in zip(at, blocks, told, middles, wanted, strict=True):
            number, ha = stack.numbers[k], "left" if side else "right"
            if abs(y - want) > 1.5:
                x = [edge, edge + way * 5.5]
                paint = colour(number)
                sheet.line(x, [want, y], paint, 0.5, f"leader:{number}")
            x0 = edge + way * 7
            sheet.write(x0, y + (LINE / 2 if text else 0), rows, TEXT, gid=f"name:{number}", ha=ha)
            if text:
                sheet.write(
                    x0, y - size * len(rows) / 2, text, SMALL, gid=f"share:{number}", ha=ha,
                    ink=DARK,
                )  # fmt: skip


def _told(evolution: Evolution, name: str) -> str:
    """Share when first and last there."""
    if name == REST:
        weights = [evolution.flows[evolution.flows[c] == REST].groupby("time", sort=False)[s].sum()
                   for c, s in (("source", "share"), ("target", "share_next"))]  # fmt: skip
        a, b = (float(weights[0].get(evolution.times[0], 0)),
                float(weights[1].get(evolution.times[-2], 0)))  # fmt: skip
    else:
        a, b = (evolution.table.at[name, column] for column in ("share_first", "share_last"))
    a, b = f"{100 * a:.1f}", f"{100 * b:.1f}"
    return f"{b}%" if a == b else f"{a} → {b}%"


def _bar(sheet: Sheet, weights: str, stack: _Stack, left: dict[str, list[str]]) -> None:
    """A scale: how high a tenth, or a hundredth, is."""
    part = 0.1 if stack.per * 0.1 < 90 else 0.05
    low = float(np.nanmin(stack.low))
    x = stack.x[0] - 4
    if left:  # below the names
        x = AIR + 9
    sheet.line([x, x], [low, low + part * stack.per], DARK, 1.0, "scale")
    text = f"{part:.0%} of {weights}"
    if canvas.text_width(text, SMALL) > part * stack.per:
        text = f"{part:.0%}"
    sheet.write(
        x - 2, low + part * stack.per / 2, text, SMALL, gid="scale", ha="center", va="bottom",
        turn=90, ink=DARK,
    )  # fmt: skip
