"""The plan of the figure of an evolution: order of clusters, heights, names, words below.

Nothing is drawn here. Lengths are in points.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from ..labelling import REST
from . import canvas
from .canvas import MM
from .sheet import balanced, note_line, text_type
from .speech import spoken

if TYPE_CHECKING:
    from ..evidence.evolution import Evolution

__all__ = [
    "AIR",
    "Stack",
    "cut_of",
    "letters_of",
    "note_of",
    "order_of",
    "shares_of",
    "sides_of",
    "stack_of",
]

AIR = 3.0
TOLD = {"birth": "born", "split": "split off", "merge": "merged", "death": "dissolved"}


@dataclass
class Stack:
    """Where every block is: rows are clusters from top to bottom, the rest last; columns times."""

    names: list[str]
    numbers: list[int]  # of the clusters in evolution.table; -1 the rest
    low: np.ndarray  # NaN where a cluster is not there
    high: np.ndarray
    x: np.ndarray  # left edge of each column
    wide: float  # of a block
    per: float  # points for all the economy
    cut: float  # share of the economy taken out of the rest, in every column


def order_of(evolution: Evolution) -> list[str]:
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


def shares_of(evolution: Evolution, order: list[str]) -> np.ndarray:
    """Share of each cluster (row; the rest last) at each time."""
    share = np.zeros((len(order) + 1, len(evolution.times)))
    place = {name: at for at, name in enumerate([*order, REST])}
    for row in evolution.flows.itertuples(index=False):
        at = evolution.times.index(row.time)
        share[place[row.source], at] += row.share
        if at == len(evolution.times) - 2:
            share[place[row.target], at + 1] += row.share_next
    return share


def cut_of(evolution: Evolution, rest: np.ndarray) -> float:
    """What of the rest need not be shown: it never moves, and clusters need the room."""
    flows = evolution.flows
    moved = [0.0]
    for end, when, share in (("source", "time", "share"), ("target", "next", "share_next")):
        part = flows[(flows[end] == REST) & (flows["source"] != flows["target"])]
        moved += part.groupby(when)[share].sum().tolist()
    kept = max(0.12, max(moved) + 0.04)
    return float(np.floor(100 * (rest.min() - kept)) / 100) if rest.min() > kept + 0.1 else 0.0


def letters_of(evolution: Evolution, wide: bool) -> dict[str, str]:
    """Letters for clusters that are named neither at the left nor at the right."""
    first, last = (set(evolution.labels.iloc[:, at]) for at in (0, -1))
    named = first | last if wide else last
    names = [name for name in evolution.table.index if name not in named]
    return {name: chr(ord("a") + i % 26) * (1 + i // 26) for i, name in enumerate(names)}


def note_of(evolution: Evolution, letters: dict[str, str], cut: float) -> str:
    """What happened, the clusters with letters, and what is left out."""
    told = evolution.events["event"].value_counts()
    speech = spoken()
    counts = [f"{told[kind]} {speech.say(word)}" for kind, word in TOLD.items() if kind in told]
    nothing = speech.say("No cluster was born, split off, merged or dissolved.")
    notes = [", ".join(counts) + "."] if counts else [nothing]
    for name, letter in letters.items():
        row = evolution.table.loc[name]
        when = str(row["first"])
        if row["times"] > 1:
            when = speech.say("{} to {}", when, row["last"])
        notes.append(f"{letter}:\0{name} ({when}).")
    if cut:
        notes.append(
            speech.say(
                "At the break, {} of {} is left out of the rest.",
                f"{cut:.0%}",
                speech.retell(evolution.weights),
            )
        )
    return " ".join(notes)


def sides_of(
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
        rest = spoken().say("Rest of the economy")
        shown = [rest if name == REST else name for name in names]
        rows = [_broken(name, room) for name in shown]
        out.append(dict(zip(names, rows, strict=True)))
    return out


def _broken(name: str, room: float) -> list[str]:
    """A name in two lines, or three; no word is cut that a little more room would hold."""
    longest = max(canvas.text_width(word, text_type(), "bold") for word in canvas.words(name))
    room = max(room, min(1.25 * room, 1.04 * longest))
    for hyphens, lines in product((False, True), (2, 3)):
        rows = balanced(name, text_type(), room, lines, hyphens)
        if "…" not in "".join(rows):
            break
    return rows


def _wide(side: dict[str, list[str]]) -> float:
    return max(
        (canvas.text_width(row, text_type()) for rows in side.values() for row in rows), default=0
    )


def stack_of(
    evolution: Evolution,
    names: list[str],
    share: np.ndarray,
    cut: float,
    sides: list[dict[str, list[str]]],
    room: tuple[float, float, float],
) -> Stack:
    times, (across, down, foot) = len(evolution.times), room
    there = share > 0
    shown = share.copy()
    shown[-1] -= cut
    left, right = (_wide(side) + 10 if side else 0.0 for side in sides)
    left = max(left, 12.0) + AIR  # the scale stands there
    room_across = across - left - right - AIR
    ceiling = down - AIR - 1.6 * note_line()
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
    return Stack(names, numbers, low, high, x, wide, per, cut)
