"""Scores of clusters by factors: a table of dots, small radars, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from . import canvas
from .canvas import LEADING, LINE, MM, colour
from .sheet import (
    DARK,
    TALLEST,
    Sheet,
    note_line,
    note_lines,
    note_type,
    open_sheet,
    room_of,
    set_names,
    text_type,
    tint,
)
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_scorecard"]

KINDS = ("dots", "radars", "both")
AIR = 3.0
ROW = 15.0  # between rows of dots
CELL = (12.0, 36.0)  # between columns
BLUE = "#08306B"
KEY = 18.0
CORE = 0.15  # of a radar: where the lowest score is, so that no outline shrinks to a point


def draw_scorecard(
    scores: Any,
    *,
    kind: str = "dots",
    scale: tuple[float, float] | None = None,
    ax: Axes | None = None,
    width: str | float = "2col",
) -> Axes:
    """Draw a scorecard: how each cluster stands in each factor, and what is not known.

    A dot is the larger and darker the higher the score; a dash is a score that is missing, and
    stays missing. A radar has a spoke for each factor, numbered as the columns, the lowest score
    at the innermost line and the highest at the outermost; the dashed line is
    the mean over the clusters whose score is known. Where one is missing the outline is open.

    Parameters
    ----------
    scores : Scorecard, or DataFrame, one row for each cluster, one column for each factor
        Numbers; NaN where nothing is known. A scorecard is drawn on its scale from 0 to 1; its
        factors are called in the language of `style`.
    kind : {"dots", "radars", "both"}
    scale : (low, high), optional
        The ends of the scale on which scores were given; without it, from the lowest score (or 0,
        where none is negative) to the highest.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure, whose height follows.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "dot:0,3" (cluster, factor), "missing:0,3", "cluster:0",
        "factor:3", "radar:0", "mean:0".

    Raises
    ------
    DataError
        No scores, text among them, or scores beyond the scale.
    ParameterError
        An unknown kind; fewer than three factors for radars; a page that is too small.

    Notes
    -----
    The area of a radar depends on the order of its factors: read the spokes, not the area.

    Examples
    --------
    >>> scores = pd.DataFrame(
    ...     {"skills": [4, 2], "capital": [1, np.nan], "networks": [5, 3]}, ["food", "metals"]
    ... )
    >>> ax = draw_scorecard(scores, scale=(1, 5), width="1col")
    >>> sorted(a.get_gid() for a in ax.get_children() if "missing" in (a.get_gid() or ""))
    ['missing:1,1']
    """
    kind = choose("kind", kind, KINDS)
    if isinstance(getattr(scores, "table", None), pd.DataFrame):  # a Scorecard
        scores, scale = scores.to_frame(spoken().language), scale or (0.0, 1.0)
    values, low, high = _read(scores, kind, scale)
    across, down = room_of(ax, width)
    dots = _Dots(scores, across, numbered=kind != "dots") if kind != "radars" else None
    radars = _Radars(scores, across, keyed=kind == "radars") if kind != "dots" else None
    needed = sum(part.height for part in (dots, radars) if part is not None)
    if needed > (down or TALLEST) + 0.5:
        raise ParameterError(
            f"{len(scores)} clusters need {needed / MM:.0f} mm of height at this width, and there "
            f"are {(down or TALLEST) / MM:.0f}. Give a larger figure, or fewer clusters."
        )
    with canvas.drawing():
        sheet = open_sheet(ax, across, down or needed)
        top = sheet.height
        if dots is not None:
            dots.draw(sheet, top, values, low, high)
            top -= dots.height
        if radars is not None:
            radars.draw(sheet, top, values, low, high)
    return sheet.ax


def _read(scores: Any, kind: str, scale: Any) -> tuple[np.ndarray, float, float]:
    if not isinstance(scores, pd.DataFrame) or not scores.size:
        raise DataError(
            "scores must be a Scorecard, or a DataFrame with a row for each cluster, not empty."
        )
    try:
        values = scores.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"scores must be numbers or missing ({error}). Code them first.") from error
    known = values[np.isfinite(values)]
    if not len(known):
        raise DataError("no score is known: there is nothing to draw.")
    if kind != "dots" and values.shape[1] < 3:
        raise ParameterError(
            f'{values.shape[1]} factors make no radar. Give three or more, or kind="dots".'
        )
    if scale is None:
        low, high = min(float(known.min()), 0.0), float(known.max())
        high = high if high > low else low + 1.0
    else:
        low, high = (float(v) for v in scale)
    if not low < high or known.min() < low or known.max() > high:
        raise DataError(
            f"scores run from {known.min():g} to {known.max():g}, the scale from {low:g} to "
            f"{high:g}. Give the scale on which they were scored."
        )
    return values, low, high


def _number(value: float) -> str:
    return spoken().form(value, ".2g" if abs(value) < 10 else ".0f")


# ------------------------------------------------------------------------------------- the dots


class _Dots:
    """The table of dots: rooms first, then strokes. A class because both need the same lengths."""

    def __init__(self, scores: pd.DataFrame, across: float, numbered: bool) -> None:
        self.factors = [str(name) for name in scores.columns]
        if numbered:
            self.factors = [f"{i}  {name}" for i, name in enumerate(self.factors, 1)]
        n = len(self.factors)
        self.size, self.names = set_names(list(scores.index), 0.3 * across)
        wide = max(canvas.text_width(row, self.size) for rows in self.names for row in rows)
        self.left = AIR + wide + 5
        longest = max(canvas.text_width(name, text_type()) for name in self.factors)
        for self.turn in (45.0, 60.0, 90.0):
            lean = longest * np.cos(np.radians(self.turn))
            room = across - self.left - AIR
            slanted = (room - lean) / (n - 0.5)  # the last name begins in the middle of its cell
            self.cell = min(CELL[1], slanted, room / n)
            if self.cell >= CELL[0] + 3:
                break
        if self.cell < 8:
            raise ParameterError(
                f"{n} factors do not fit {across / MM:.0f} mm. Give a wider figure, or fewer."
            )
        self.row = max(ROW, *(LEADING * self.size * len(rows) + 2 for rows in self.names))
        self.head = longest * np.sin(np.radians(self.turn)) + text_type() + 5
        self.height = self.head + self.row * len(self.names) + KEY + AIR
        self.radius = min(self.cell, self.row) / 2 - 1.0
        # What is narrower than the page stands in its middle.
        lean = longest * np.cos(np.radians(self.turn))
        self.left += max(0.0, (across - self.left - n * self.cell - max(lean - self.cell, 0)) / 2)

    def draw(self, sheet: Sheet, top: float, values: np.ndarray, low: float, high: float) -> None:
        n, wide = values.shape[1], values.shape[1] * self.cell
        for j, name in enumerate(self.factors):
            x = self.left + (j + 0.5) * self.cell
            up = self.turn == 90
            sheet.write(
                x + (0 if up else -1.5), top - self.head + 3.5, name, gid=f"factor:{j}",
                va="center" if up else "bottom", turn=self.turn,
            )  # fmt: skip
        for i, rows in enumerate(self.names):
            y = top - self.head - (i + 0.5) * self.row
            if i % 2 == 0:
                sheet.box(self.left, y - self.row / 2, wide, self.row, "#F1F1F1", "stripe")
            sheet.write(self.left - 4, y, rows, self.size, gid=f"cluster:{i}", ha="right")
            for j in range(n):
                x = self.left + (j + 0.5) * self.cell
                self._dot(sheet, x, y, values[i, j], low, high, f"{i},{j}")
        y, x = top - self.height + AIR + KEY / 2 - 1, self.left
        sheet.write(x - 4, y, spoken().say("Score"), note_type(), gid="key", ha="right")
        for value in (low, (low + high) / 2, high):
            self._dot(sheet, x + self.radius, y, value, low, high, "", "key")
            x += 2 * self.radius + 2.5
            sheet.write(x, y, _number(value), note_type(), gid="key")
            x += canvas.text_width(_number(value), note_type()) + 9
        if np.isnan(values).any():
            self._dot(sheet, x + 3, y, np.nan, low, high, "", "key")
            sheet.write(x + 9, y, spoken().say("not known"), note_type(), gid="key")

    def _dot(
        self, sheet: Sheet, x: float, y: float, value: float, low: float, high: float,
        at: str, gid: str = "",
    ) -> None:  # fmt: skip
        if np.isnan(value):
            sheet.line([x - 2, x + 2], [y, y], DARK, 0.6, gid or f"missing:{at}")
            return
        part = (value - low) / (high - low)
        radius = self.radius * np.sqrt(0.06 + 0.94 * part)
        sheet.disc(x, y, radius, tint(BLUE, 0.35 + 0.65 * part), gid or f"dot:{at}")


# ----------------------------------------------------------------------------------- the radars


class _Radars:
    """Small radars in rows: rooms first, then strokes."""

    def __init__(self, scores: pd.DataFrame, across: float, keyed: bool) -> None:
        n = len(scores)
        per = int(np.clip(across // 62, 1, n))
        per = -(-n // -(-n // per))  # rows of even length
        self.per, self.step = per, min(across / per, 92.0)
        self.left = (across - self.per * self.step) / 2
        self.radius = min(self.step / 2 - 11, 22.0)
        bold = canvas.text_width("n", text_type(), "bold") / canvas.text_width("n", text_type())
        self.size, self.names = set_names(list(scores.index), (self.step - 4) / bold)
        self.title = LEADING * self.size * max(len(rows) for rows in self.names) + 3
        self.row = self.title + 2 * self.radius + 21
        factors = [f"{i}\0{name}" for i, name in enumerate(scores.columns, 1)]
        told = ("; ".join(factors) + ". " if keyed else "") + spoken().say(
            "Dashed: mean of clusters."
        )
        self.note = note_lines(told, across - 2 * AIR, 4)
        self.height = self.row * -(-n // per) + note_line() * len(self.note) + 2 * AIR

    def draw(self, sheet: Sheet, top: float, values: np.ndarray, low: float, high: float) -> None:
        n = values.shape[1]
        turns = np.pi / 2 - 2 * np.pi * np.arange(n) / n
        spokes = np.column_stack([np.cos(turns), np.sin(turns)])
        known = np.isfinite(values)
        total = np.where(known, values, 0.0).sum(axis=0)
        mean = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
        for i, rows in enumerate(self.names):
            x = self.left + (i % self.per + 0.5) * self.step
            y = top - self.row * (i // self.per)
            sheet.write(
                x, y - self.title / 2, rows, self.size, gid=f"radar:name:{i}", ha="center",
                weight="bold",
            )  # fmt: skip
            middle = np.array([x, y - self.title - self.radius - 9])
            self._web(sheet, middle, spokes)
            for line, gid in ((values[i], f"radar:{i}"), (mean, f"mean:{i}")):
                reach = self.radius * (CORE + (1 - CORE) * (line - low) / (high - low))
                self._outline(sheet, middle, spokes * reach[:, None], colour(i), gid)
        for row, text in enumerate(self.note):
            y = top - self.height + AIR + note_line() * (len(self.note) - row - 0.5)
            sheet.write(AIR, y, text, note_type(), gid="note", ink=DARK)

    def _web(self, sheet: Sheet, middle: np.ndarray, spokes: np.ndarray) -> None:
        for part in (CORE, (1 + CORE) / 2, 1.0):
            ring = np.vstack([spokes, spokes[:1]]) * self.radius * part + middle
            sheet.line(ring[:, 0], ring[:, 1], LINE, 0.35, "web")
        for j, spoke in enumerate(spokes):
            end = middle + spoke * self.radius
            sheet.line([middle[0], end[0]], [middle[1], end[1]], LINE, 0.35, "web")
            x, y = middle + spoke * (self.radius + 5)
            sheet.write(x, y, str(j + 1), note_type(), gid="spoke", ha="center", ink=DARK)

    def _outline(
        self, sheet: Sheet, middle: np.ndarray, corners: np.ndarray, paint: str, gid: str
    ) -> None:
        """A closed outline, open where a score is missing; pale inside, unless it is the mean."""
        n, mean = len(corners), gid.startswith("mean")
        there = np.isfinite(corners).all(axis=1)
        if not mean and there.all():
            sheet.polygon(corners + middle, tint(paint, 0.25), f"{gid}:area")
        style, ink, wide = ((0, (2, 1.2)), DARK, 0.6) if mean else ("solid", paint, 1.0)
        gaps = np.flatnonzero(~there)
        first = 0 if not len(gaps) else int(gaps[0])
        run: list[np.ndarray] = []
        for j in [*((first + np.arange(n)) % n), first]:
            if there[j]:
                run.append(corners[j] + middle)
            if run and (not there[j]):
                self._run(sheet, run, ink, wide, gid, style)
                run = []
        if run:
            self._run(sheet, run, ink, wide, gid, style)

    def _run(
        self, sheet: Sheet, run: list[np.ndarray], ink: str, wide: float, gid: str, style: Any
    ) -> None:
        if len(run) == 1 and style == "solid":
            sheet.disc(run[0][0], run[0][1], 1.0, ink, gid)
        else:
            x, y = np.array(run).T
            sheet.line(x, y, ink, wide, gid, style)
