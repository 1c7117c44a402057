"""Which partition is best at which resolution, and what speaks for each: rows of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from . import canvas
from .canvas import INK, colour, type_face
from .sheet import DARK, TALLEST, Sheet, frame_axes, note_type, open_sheet, room_of, text_type, tint
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_resolution"]

NEEDED = ("low", "high", "score", "se", "chosen", "clusters", "alone", "vi_folds", "plateau")
TOP, FOOT, AIR = 11.0, 21.0, 5.0
PARTS = (0.42, 0.33, 0.25)  # heights of the rows


def draw_resolution(
    profile: pd.DataFrame, *, ax: Axes | None = None, width: str | float = "1col"
) -> Axes:
    """Draw the profile of resolutions: held-out score, numbers of clusters, instability.

    Shades and letters are plateaus: neighbouring partitions that are nearly the same. First row:
    the score on flows held out, with a band of one standard error; the dashed line is where
    ``resolution="auto"`` lies, the coarsest within one standard error of the best. Second: clusters
    of at least two industries, and industries alone. Third: how far apart partitions are that are
    found with a fifth of the flows hidden, in nats; 0 is stable.

    Parameters
    ----------
    profile : DataFrame
        From `profile_resolution`.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"1col", "2col"} or float
        89 mm, 183 mm, or millimetres. Of a new figure.

    Returns
    -------
    Axes
        The sheet; its `child_axes` are the three rows, with the gids "score", "clusters",
        "unstable".

    Raises
    ------
    DataError
        A frame without the columns of a profile.
    ParameterError
        Axes that are too small.

    Notes
    -----
    A wide plateau is no proof of structure: the coarsest and the finest partitions have the widest.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(30, 3, seed=1)
    >>> ax = draw_resolution(kn.profile_resolution(network, seed=0))
    >>> [row.get_gid() for row in ax.child_axes]
    ['score', 'clusters', 'unstable']
    """
    missing = [name for name in NEEDED if name not in profile.columns]
    if missing or not len(profile):
        what = f"lacks the column {missing[0]!r}" if missing else "has no rows"
        raise DataError(f"the profile {what}. Give what profile_resolution returns.")
    across, down = room_of(ax, width)
    if down is None:
        down = min(TALLEST, 0.33 * across + 130)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        high, (left, right) = down - TOP - FOOT - 2 * AIR, _sides()
        top, rows = down - TOP, []
        for part in PARTS:
            top -= part * high
            rows.append(frame_axes(sheet, left, top, across - left - right, part * high))
            top -= AIR
        low, end = _span(profile)
        for row, draw in zip(rows, (_score, _clusters, _unstable), strict=True):
            row.set_xlim(low, end)
            draw(row, profile, low, end)
        for row in rows[:-1]:
            row.tick_params(labelbottom=False)
        word = spoken().say("resolution")
        rows[-1].set_xlabel(word, fontproperties=type_face(text_type()), labelpad=2)
        _plateaus(sheet, rows, profile, low, end)
    return sheet.ax


def _sides() -> tuple[float, float]:
    """Room for numbers and words at the left and at the right."""
    words = (spoken().say(word) for word in ("clusters", "alone"))
    return 6.0 * note_type(), max(canvas.text_width(word, note_type()) for word in words) + 5.0


def _span(profile: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: the range looked at."""
    if "range" in profile.attrs:
        low, high = profile.attrs["range"]
    else:
        ends = profile[["low", "high"]].to_numpy()
        low, high = ends[np.isfinite(ends)].min(), ends[np.isfinite(ends)].max()
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _name(row: Axes, gid: str, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    row.set_gid(gid)
    row.set_ylabel(spoken().say(label), fontproperties=type_face(text_type()), labelpad=2)
    row.yaxis.set_label_coords(-(_sides()[0] - 2 * note_type()) / canvas.size_of(row)[0], 0.5)
    row.yaxis.set_major_locator(MaxNLocator(4, integer=gid == "clusters", prune=None))


def _score(row: Axes, profile: pd.DataFrame, low: float, high: float) -> None:
    x, score, se = (np.asarray(v, float) for v in (profile.index, profile["score"], profile["se"]))
    band = tint(colour(0), 0.3)
    row.fill_between(x, score - se, score + se, color=band, lw=0, gid="se", zorder=2)
    row.plot(x, score, color=colour(0), lw=1.0, gid="score:line", zorder=3)
    chosen = np.flatnonzero(profile["chosen"].to_numpy())
    _name(row, "score", "held-out score")
    if len(chosen):
        at = float(x[chosen[0]])
        row.plot(at, score[chosen[0]], "o", ms=3, color=colour(1), gid="chosen", zorder=4)
        right = at < (low + high) / 2
        least, most = float(np.nanmin(score - se)), float(np.nanmax(score + se))
        row.set_ylim(least - 0.08 * (most - least), most + 0.08 * (most - least))
        words = spoken().say("chosen: {}", spoken().form(at, ".3g"))
        size = canvas.size_of(row)
        wide = canvas.text_width(words, note_type()) * (high - low) / size[0]
        tall = 1.3 * note_type() * (most - least) / size[1]
        near = (x > at - wide * (not right)) & (x < at + wide * right)
        below = bool(near.any()) and np.nanmin((score - se)[near]) < least + tall
        row.text(
            at + (0.015 if right else -0.015) * (high - low), most if below else least, words,
            fontproperties=type_face(note_type()), color=INK, ha="left" if right else "right",
            va="top" if below else "bottom", gid="words:chosen", zorder=5,
        )  # fmt: skip


def _steps(row: Axes, profile: pd.DataFrame, column: str, gid: str, **how: Any) -> float:
    """A number over the intervals; returns the last."""
    edges = np.append(profile["low"].to_numpy(float), profile["high"].to_numpy(float)[-1])
    edges = np.clip(edges, *row.get_xlim())
    values = profile[column].to_numpy(float)
    row.stairs(values, edges, baseline=None, gid=gid, zorder=3, **how)
    return float(values[-1])


def _clusters(row: Axes, profile: pd.DataFrame, low: float, high: float) -> None:
    ends = [
        _steps(row, profile, "clusters", "clusters:line", color=INK, lw=1.0),
        _steps(row, profile, "alone", "alone:line", color=DARK, lw=0.7, ls=(0, (3, 1.5))),
    ]
    top = float(profile[["clusters", "alone"]].to_numpy().max())
    row.set_ylim(0, 1.08 * max(top, 1))
    _name(row, "clusters", "number")
    per = row.get_ylim()[1] / canvas.size_of(row)[1]
    size = canvas.LEADING * note_type() * per
    order = np.argsort(ends)
    places = np.empty(2)
    places[order] = canvas.spread(
        [ends[k] for k in order], [size, size], 0, row.get_ylim()[1] + size
    )
    for y, words in zip(places, ("clusters", "alone"), strict=True):
        said = spoken().say(words)
        row.annotate(
            said, (high, y), (3, 0), textcoords="offset points", va="center", ha="left",
            fontproperties=type_face(note_type()), color=INK, gid=f"words:{words}",
        )  # fmt: skip


def _unstable(row: Axes, profile: pd.DataFrame, low: float, high: float) -> None:
    _steps(row, profile, "vi_folds", "unstable:line", color=INK, lw=0.8)
    row.set_ylim(0, 1.1 * max(float(np.nanmax(profile["vi_folds"])), 1e-9))
    _name(row, "unstable", "instability, nats")


def _plateaus(
    sheet: Sheet, rows: list[Axes], profile: pd.DataFrame, low: float, high: float
) -> None:
    """Shades behind all rows, every other one; letters above where they fit."""
    groups = profile.groupby("plateau", sort=False)
    chosen = profile.loc[profile["chosen"], :].index
    left, right = _sides()
    across = sheet.width - left - right
    for at, (letter, part) in enumerate(groups):
        a, b = (float(np.clip(v, low, high)) for v in (part["low"].min(), part["high"].max()))
        if at % 2:
            for row in rows:
                row.axvspan(a, b, color="#EFEFEF", lw=0, zorder=0, gid=f"plateau:{letter}")
        x = left + ((a + b) / 2 - low) / (high - low) * across
        if (b - a) / (high - low) * across > canvas.text_width(
            str(letter), note_type(), "bold"
        ) + 1:
            y = sheet.height - TOP + 5
            sheet.write(
                x, y, str(letter), note_type(), gid=f"letter:{letter}", ha="center", weight="bold",
                ink=DARK,
            )  # fmt: skip
    for at in chosen[:1]:
        for row in rows:
            row.axvline(float(at), color=colour(1), lw=0.7, ls=(0, (3, 2)), zorder=1, gid="auto")
