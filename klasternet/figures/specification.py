"""How far every combination of choices agrees with the reference: a specification curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import DataError
from . import canvas
from .canvas import INK, colour, type_face
from .sheet import (
    DARK,
    TALLEST,
    Sheet,
    frame_axes,
    note_type,
    open_sheet,
    room_of,
    text_type,
    tint,
)
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_multiverse"]

TOLD = ("clusters", "inside", "resolution", "verdict", "ari", "ami", "refused", "seconds")
CURVE = 95.0  # height of the curve
AIR, FOOT, GAP = 5.0, 16.0, 3.5
FILLED = {"clusters": 1.0, "": 1.0, "weak clusters": 0.45}  # of a dot, by verdict
KEY = (("clusters", "clusters"), ("weak clusters", "weak"), ("no clusters", "none"))


def draw_multiverse(
    universes: pd.DataFrame, *, ax: Axes | None = None, width: str | float = "2col"
) -> Axes:
    """Draw the agreement of every universe with the reference, and the choices that made it.

    Above, the adjusted Rand index with the reference (the larger dot), universes in its order; a
    dot is dark where the verdict is "clusters", pale where it is "weak clusters", hollow where
    there are none. Below, a row for each option with a stroke under every universe that took it,
    and at the right the mean index over these.

    Parameters
    ----------
    universes : DataFrame
        From `multiverse`.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure.

    Returns
    -------
    Axes
        The sheet; its child axes have the gids "curve" and "choices".

    Raises
    ------
    DataError
        A frame that is none of `multiverse`, or in which no universe has an answer.
    ParameterError
        Axes that are too small.

    Notes
    -----
    After Simonsohn, Simmons and Nelson (2020), doi 10.1038/s41562-020-0912-z. Universes are no
    sample, and a mean over them is no estimate: read which choices move the answer.

    Examples
    --------
    >>> import klasternet as kn
    >>> table = kn.datasets.load("germany_1995")
    >>> frame = kn.multiverse(table, {"loops": ["aside", "keep"], "null": ["gravity", "uniform"]},
    ...                       measure="flow", resolution=1, seed=0)
    >>> [part.get_gid() for part in draw_multiverse(frame).child_axes]
    ['curve', 'choices']
    """
    lacking = [name for name in TOLD if name not in universes]
    if lacking:
        raise DataError(f"no column {lacking[0]!r}. Give what multiverse returns.")
    known = universes[universes["ari"].notna()]
    if known.empty:
        raise DataError("no universe has an answer; the column 'refused' says why.")
    order = known.sort_values("ari", ascending=False, kind="stable").index
    choices = [name for name in universes.columns if name not in TOLD]
    options = [(c, o) for c in choices for o in universes[c].astype(str).unique()]
    across, down = room_of(ax, width)
    line = note_type() * 1.35
    needed = max(line * len(options) + GAP * (len(choices) - 1), 20.0)  # as axes need
    if down is None:
        down = min(TALLEST, CURVE + needed + FOOT + 3 * AIR)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        left, right = _sides(choices, options, across)
        room = across - left - right
        curve = down - needed - FOOT - 3 * AIR
        above = frame_axes(sheet, left, FOOT + 2 * AIR + needed, room, curve)
        below = frame_axes(sheet, left, FOOT, room, needed)
        for part, gid in ((above, "curve"), (below, "choices")):
            part.set_gid(gid)
            part.set_xlim(-0.5, len(order) - 0.5)
        _curve(above, known.loc[order], int(known.index[0]), room)
        _strokes(sheet, below, known.loc[order], options, (left, needed, line))
        _foot(sheet, len(order), len(universes) - len(order), left)
    return sheet.ax


def _sides(choices: list[str], options: list[tuple[str, str]], across: float) -> tuple[float, ...]:
    """Room for choices and options at the left, and for means at the right."""
    size = note_type()
    first = max(canvas.text_width(choice, size, "bold") for choice in choices)
    second = max(canvas.text_width(option, size) for _, option in options)
    mean = spoken().say("mean {}", "0.00")
    return min(first + second + 12.0, 0.4 * across), canvas.text_width(mean, size) + 5.0


def _curve(part: Axes, rows: pd.DataFrame, first: int, room: float) -> None:
    """The index of every universe."""
    y = rows["ari"].to_numpy(dtype=float)
    x = np.arange(len(y))
    part.set_ylim(min(0.0, y.min()) - 0.04, 1.06)
    part.axhline(0.0, color=DARK, lw=0.4, ls=(0, (4, 3)), gid="chance", zorder=1)
    size = float(np.clip(0.8 * room / len(y), 1.6, 4.0))
    for at, value, verdict, universe in zip(x, y, rows["verdict"], rows.index, strict=True):
        strength = FILLED.get(verdict, 0.0)
        paint = tint(colour(0), strength) if strength else "#FFFFFF"
        mark = size * 1.6 if universe == first else size
        part.plot(
            at, value, "o", ms=mark, mfc=paint, mec=colour(0), mew=0.5,
            gid=f"universe:{universe}", zorder=3, clip_on=False,
        )  # fmt: skip
    label = spoken().say("ARI with the reference")
    part.set_ylabel(label, fontproperties=type_face(text_type()), labelpad=2)
    part.tick_params(bottom=False, labelbottom=False)
    part.spines["bottom"].set_visible(False)


def _strokes(
    sheet: Sheet,
    part: Axes,
    rows: pd.DataFrame,
    options: list[tuple[str, str]],
    place: tuple[float, float, float],
) -> None:
    """A row for each option, its universes struck."""
    left, needed, line = place
    part.set_axis_off()
    part.set_ylim(0, needed)
    size, top, before, striped = note_type(), needed, "", True
    for number, (choice, option) in enumerate(options):
        if before and choice != before:
            top, striped = top - GAP, True
        middle = top - line / 2
        taken = rows[choice].astype(str).to_numpy() == option
        if striped:
            part.axhspan(top - line, top, color="#F2F2F2", lw=0, gid=f"row:{number}", zorder=0)
        striped = not striped
        x = np.flatnonzero(taken)
        part.vlines(x, middle - line / 3, middle + line / 3, color=INK, lw=0.9, gid=f"in:{number}")
        if choice != before:
            sheet.write(4.0, FOOT + middle, choice, size, gid=f"choice:{choice}", weight="bold")
        name = canvas.shorten(option, size, 0.75 * left)
        sheet.write(left - 4.0, FOOT + middle, name, size, gid=f"option:{number}", ha="right")
        if taken.any():
            mean = spoken().form(rows["ari"].to_numpy()[taken].mean(), ".2f")
            mean = mean if number else spoken().say("mean {}", mean)
            at = sheet.width - 4.0
            sheet.write(at, FOOT + middle, mean, size, gid=f"mean:{number}", ha="right", ink=DARK)
        top, before = top - line, choice


def _foot(sheet: Sheet, shown: int, refused: int, left: float) -> None:
    """What dots mean, and how many universes have none."""
    size, y, x = note_type(), FOOT / 2, left
    speech = spoken()
    text = speech.say("{} universes", speech.form(shown, ","))
    if refused:
        text += speech.say("; {} more without an answer", speech.form(refused, ","))
    sheet.write(4.0, y, canvas.shorten(text, size, left - 8), size, gid="count", ink=DARK)
    sheet.write(x, y, speech.say("verdict"), size, gid="key", ink=DARK)
    x += canvas.text_width(speech.say("verdict"), size) + 9
    for verdict, word in KEY:
        strength = FILLED.get(verdict, 0.0)
        paint = tint(colour(0), strength) if strength else "#FFFFFF"
        sheet.disc(x, y, 2.0, paint, f"key:{word}", edge=colour(0), line=0.5)
        said = speech.say(word)
        sheet.write(x + 4.5, y, said, size, gid=f"key:{word}:text", ink=DARK)
        x += canvas.text_width(said, size) + 16
