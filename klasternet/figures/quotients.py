"""What a region is specialised in: quotients with intervals, shares and growth, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from . import canvas
from .canvas import INK, LEADING, LINE, MM, colour
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
)
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_location_quotients"]

AIR = 3.0
HEAD, FOOT = 12.0, 28.0
GAP = 12.0  # between columns
ROW = (7.6, 13.0)
FAR = 64.0  # quotients beyond this, or below its inverse, are drawn at the edge


def draw_location_quotients(
    quotients: pd.DataFrame,
    region: Any = None,
    *,
    order: str = "quotient",
    reference: float = 0.0,
    ax: Axes | None = None,
    width: str | float = "2col",
) -> Axes:
    """Draw location quotients with their intervals, and beside them shares and growth.

    A row is an industry or a cluster. First the quotient on a logarithmic scale, with its interval;
    the disc is full where the interval lies above 1, empty where below, grey where it holds 1 (or
    where there is none, full above 1 and empty below). Then, where the frame has them, its share
    of the region and its growth. A quotient of 0 is a triangle at the left edge.

    Parameters
    ----------
    quotients : DataFrame
        One row for each industry, with the column lq, and if known low, high (ends of an interval),
        share (of the region, 0 to 1; or employment, from which shares are taken) and growth (a
        rate: 0.03 is 3 %). What `location_quotients` returns, with the region named.
    region : label, optional
        Which region, where the frame has several (first level of the index).
    order : {"quotient", "share", "given"}
        Of the rows, largest first.
    reference : float
        Where the line of growth is, as the nation's rate.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure, whose height follows.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "quotient:0", "interval:0", "share:0", "growth:0", "name:0" by
        row from the top; "one".

    Raises
    ------
    DataError
        No column lq, no rows, negative or missing quotients.
    ParameterError
        Several regions and none named, a region that is not there, axes that are too small.

    Notes
    -----
    Industries that find no room are those with the smallest shares (without shares, the quotients
    nearest to 1); the figure says how many.

    Examples
    --------
    >>> import klasternet as kn
    >>> e = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    >>> ax = draw_location_quotients(kn.location_quotients(e), "coast", width="1col")
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "name:0"]
    ['fish']
    """
    order = choose("order", order, ("quotient", "share", "given"))
    frame = _read(quotients, region)
    across, down = room_of(ax, width)
    most = int(((down or TALLEST) - HEAD - FOOT - 2 * AIR) // ROW[0])
    if most < 1:
        raise ParameterError(f"{(down or 0) / MM:.0f} mm are too low. Give a higher figure.")
    frame, hidden = _chosen(frame, order, most)
    room = (down or TALLEST) - HEAD - FOOT - 2 * AIR
    for part in (0.3, 0.38, 0.46 if "growth" not in frame else 0.38):  # of the page, for names
        size, names = set_names(list(frame.index), part * across)
        tall = max(len(rows) for rows in names) * LEADING * size + 1.5
        step = max(tall, ROW[0] + (ROW[1] - ROW[0]) * max(0.0, 1 - len(frame) / 30))
        if step * len(frame) > room:  # one line each
            size, step = note_type(), room / len(frame)
            names = [[canvas.shorten(str(name), size, part * across)] for name in frame.index]
        if "…" not in "".join(row for rows in names for row in rows):
            break
    if down is None:
        down = HEAD + FOOT + 2 * AIR + step * len(frame)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        top = down - AIR - HEAD
        foot = top - step * len(frame)
        left = AIR + max(canvas.text_width(t, size) for rows in names for t in rows) + 6
        columns = _columns(frame, left, across)
        for i, rows in enumerate(names):
            y = top - (i + 0.5) * step
            sheet.write(left - 4, y, rows, size, gid=f"name:{i}", ha="right")
        _quotients(sheet, frame, columns["lq"], top, foot, step)
        if "share" in columns:
            _shares(sheet, frame, columns["share"], top, foot, step)
        if "growth" in columns:
            _growth(sheet, frame, columns["growth"], top, foot, step, reference)
        _note(sheet, frame, hidden, reference)
    return sheet.ax


def _read(quotients: pd.DataFrame, region: Any) -> pd.DataFrame:
    if not isinstance(quotients, pd.DataFrame) or "lq" not in quotients.columns:
        raise DataError("the frame has no column 'lq'. Give what location_quotients returns.")
    if quotients.index.nlevels > 1:
        regions = quotients.index.get_level_values(0)
        if region is None and len(regions.unique()) > 1:
            raise ParameterError(
                f"the frame has {len(regions.unique())} regions. Name one: region={regions[0]!r}."
            )
        region = regions[0] if region is None else region
        if region not in regions:
            raise ParameterError(
                f"no region called {region!r}. Known: {', '.join(map(str, regions.unique()[:8]))}."
            )
        quotients = quotients.xs(region, level=0)
    elif region is not None:
        raise ParameterError(
            f"the frame has no regions to choose {region!r} from. Leave region out."
        )
    frame = quotients.copy()
    bad = ~(np.isfinite(frame["lq"].to_numpy(float)) & (frame["lq"].to_numpy(float) >= 0))
    if bad.any() or not len(frame):
        which = f"{frame.index[bad][0]!r}" if bad.any() else "nobody"
        raise DataError(f"the quotient of {which} is not a number from 0. Leave such rows out.")
    if "share" not in frame and "employment" in frame:
        frame["share"] = frame["employment"] / frame["employment"].sum()
    return frame


def _chosen(frame: pd.DataFrame, order: str, most: int) -> tuple[pd.DataFrame, int]:
    """Rows in order, and how many are left out."""
    hidden = max(len(frame) - most, 0)
    if hidden:
        apart = np.abs(np.log(frame["lq"].clip(1 / FAR, FAR)))
        weight = frame.get("share", apart)
        frame = frame.loc[weight.rank(method="first", ascending=False) <= most]
    if order == "share" and "share" in frame:
        frame = frame.sort_values("share", ascending=False, kind="stable")
    elif order == "quotient":
        frame = frame.sort_values("lq", ascending=False, kind="stable")
    return frame, hidden


def _columns(frame: pd.DataFrame, left: float, across: float) -> dict[str, tuple[float, float]]:
    """Begin and end of each column."""
    parts = {"lq": 0.5}
    parts |= {name: 0.25 for name in ("share", "growth") if name in frame}
    room = across - left - AIR - 6 - GAP * (len(parts) - 1)
    if room < 60:
        raise ParameterError(
            f"{across / MM:.0f} mm are too narrow beside the names. Give a wider figure."
        )
    total, x, out = sum(parts.values()), left, {}
    for name, part in parts.items():
        out[name] = x, x + room * part / total
        x = out[name][1] + GAP
    return out


def _axis(
    sheet: Sheet,
    column: tuple[float, float],
    top: float,
    foot: float,
    ticks: list[tuple[float, str]],
    title: str,
) -> None:
    """Lines of a column, their labels below, its title above."""
    free = -np.inf
    for x, text in ticks:
        sheet.line([x, x], [foot - 2, top], LINE, 0.35, "grid")
        half = canvas.text_width(text, note_type()) / 2
        if x - half > free and x + half < sheet.width:
            sheet.write(x, foot - 7, text, note_type(), gid="tick", ha="center")
            free = x + half + 2
    sheet.line(column, [foot, foot], INK, 0.5, "axis")
    room = column[1] - column[0] + GAP - 2
    sheet.write(
        column[0], top + 6, canvas.shorten(title, text_type(), room), text_type(), gid="title"
    )


def _quotients(
    sheet: Sheet, frame: pd.DataFrame, column: tuple[float, float], top: float, foot: float,
    step: float,
) -> None:  # fmt: skip
    lq = frame["lq"].to_numpy(float)
    low, high = (frame[c].to_numpy(float) if c in frame else np.full(len(lq), np.nan)
                 for c in ("low", "high"))  # fmt: skip
    seen = np.concatenate([lq, low, high])
    seen = seen[np.isfinite(seen) & (seen > 0)].clip(1 / FAR, FAR)
    first = float(np.floor(np.log2(min(seen.min(initial=0.5), 0.7)) * 2) / 2)
    last = float(np.ceil(np.log2(max(seen.max(initial=2.0), 1.4)) * 2) / 2)
    a, b = column

    def place(value: Any) -> Any:
        with np.errstate(divide="ignore"):
            return a + (np.clip(np.log2(value), first, last) - first) / (last - first) * (b - a)

    powers = range(int(np.ceil(first)), int(np.floor(last)) + 1)
    ticks = [(float(place(2.0**p)), f"{2**p}" if p >= 0 else f"1/{2**-p}") for p in powers]
    _axis(sheet, column, top, foot, ticks, spoken().say("Location quotient"))
    one = float(place(1.0))
    sheet.line([one, one], [foot - 2, top], INK, 0.7, "one")
    radius = min(2.4, 0.32 * step)
    for i, value in enumerate(lq):
        y = top - (i + 0.5) * step
        if np.isfinite(low[i]) and np.isfinite(high[i]):
            sheet.line(place(np.array([low[i], high[i]])), [y, y], INK, 0.8, f"interval:{i}")
            above, below = low[i] > 1, high[i] < 1
        else:
            above, below = value > 1, value < 1
        paint = colour(0) if above else "#FFFFFF" if below else "#A6A6A6"
        edge = "#7A7A7A" if not above and not below else colour(0)
        x = float(place(value))
        if value == 0 or value > 2**last or value < 2**first:
            way = 1 if value < 1 else -1
            corners = [
                (x, y),
                (x + 2 * way * radius, y + radius),
                (x + 2 * way * radius, y - radius),
            ]
            sheet.polygon(corners, paint, f"quotient:{i}", edge=edge, line=0.8)
        else:
            sheet.disc(x, y, radius, paint, f"quotient:{i}", edge=edge, line=0.8)


def _shares(
    sheet: Sheet, frame: pd.DataFrame, column: tuple[float, float], top: float, foot: float,
    step: float,
) -> None:  # fmt: skip
    share = frame["share"].fillna(0).to_numpy(float)
    a, b = column
    room = canvas.text_width("<0.0%", note_type()) + 4
    per = (b - a - room) / max(share.max(), 1e-12)
    title = spoken().say("Share of region" if b - a > 50 else "Share")
    _axis(sheet, column, top, foot, [], title)
    for i, value in enumerate(share):
        y = top - (i + 0.5) * step
        tall = min(0.6 * step, 6.0)
        sheet.box(a, y - tall / 2, per * value, tall, "#8C8C8C", f"share:{i}")
        size = min(note_type(), 0.9 * step)
        text = spoken().swap("<0.1%" if 0 < value < 0.0005 else f"{100 * value:.1f}%")
        sheet.write(a + per * value + 2, y, text, size, gid=f"share:text:{i}")


def _growth(
    sheet: Sheet, frame: pd.DataFrame, column: tuple[float, float], top: float, foot: float,
    step: float, reference: float,
) -> None:  # fmt: skip
    growth = 100 * frame["growth"].to_numpy(float)
    known = growth[np.isfinite(growth)]
    line, (a, b) = 100 * reference, column
    low, high = min(known.min(initial=line), 0, line), max(known.max(initial=line), 0, line)
    pad = 0.06 * (high - low or 1.0)
    low, high = low - pad, high + pad

    def place(value: float) -> float:
        return float(a + (value - low) / (high - low) * (b - a))

    from matplotlib.ticker import MaxNLocator

    ticks = [
        t for t in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= t <= high
    ]
    title = "Growth, % a year" if b - a > 50 else "Growth, %"
    marks = [(place(t), spoken().form(t, "g")) for t in ticks]
    _axis(sheet, column, top, foot, marks, spoken().say(title))
    zero = place(line)
    sheet.line([zero, zero], [foot - 2, top], INK, 0.7, "reference")
    for i, value in enumerate(growth):
        y = top - (i + 0.5) * step
        if np.isfinite(value):
            x, more = place(value), value >= line
            sheet.line([zero, x], [y, y], "#7A7A7A", 0.8, f"growth:line:{i}")
            paint = colour(1) if more else "#FFFFFF"
            sheet.disc(x, y, min(2.0, 0.28 * step), paint, f"growth:{i}", colour(1), 0.8)


def _note(sheet: Sheet, frame: pd.DataFrame, hidden: int, reference: float) -> None:
    notes, speech = [], spoken()
    if "low" in frame and frame["low"].notna().any():
        notes.append(speech.say("Full: interval above 1; empty: below; grey: holds 1."))
    if (frame["lq"].clip(1 / FAR, FAR) != frame["lq"]).any():
        notes.append(speech.say("Triangle: beyond the scale."))
    if "growth" in frame:
        at = f"{speech.form(100 * reference, '.3g')}%" if reference else "0"
        notes.append(speech.say("Line of growth at {}.", at))
    if hidden:
        notes.append(speech.say("{} smaller ones are not drawn.", speech.form(hidden, ",")))
    lines = note_lines(" ".join(notes), sheet.width - 2 * AIR, 2) if notes else []
    for row, text in enumerate(lines):
        y = AIR + note_line() * (len(lines) - row - 0.5)
        sheet.write(AIR, y, text, note_type(), gid="note", ink=DARK)
