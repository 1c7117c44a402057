"""A sheet to draw on: axes whose unit is the point, and the few strokes that figures are made of.

Everything drawn has a gid, is opaque, and lies over what was drawn before it; text is on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParameterError
from . import canvas
from .canvas import INK, LEADING, MM, type_face
from .publishing import current
from .speech import write_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DARK",
    "TALLEST",
    "Sheet",
    "frame_axes",
    "least_type",
    "note_line",
    "note_lines",
    "note_type",
    "open_sheet",
    "room_of",
    "round_down",
    "text_type",
    "tint",
    "title_type",
]

TALLEST = 170 * MM  # of a page in a journal
DARK = "#4D4D4D"  # for notes, and for what belongs to no cluster
LAYER = 2.0  # of all that is no text


def text_type() -> float:
    """Size of names, by the style in force."""
    return current().text


def title_type() -> float:
    """Size of titles."""
    return current().title


def note_type() -> float:
    """Size of notes, numbers and keys."""
    return (current().small + current().text) / 2


def note_lines(text: str, room: float, lines: int) -> list[str]:
    """Break a note into lines; a little room is kept, for screens round the width of letters."""
    return canvas.wrap(text, note_type(), 0.96 * room, lines)


def note_line() -> float:
    """Height of a line of notes."""
    return LEADING * note_type()


def least_type() -> float:
    """Size below which nothing is set."""
    return current().small


@dataclass
class Sheet:
    """Axes of a size in points; (0, 0) is the lower left corner."""

    ax: Axes
    width: float
    height: float

    def write(
        self,
        x: float,
        y: float,
        text: str | Sequence[str],
        size: float | None = None,
        *,
        gid: str,
        ha: str = "left",
        va: str = "center",
        weight: str = "normal",
        ink: str = INK,
        turn: float = 0.0,
    ) -> None:
        """Write a line of text, or several whose block has its middle at y."""
        lines = [text] if isinstance(text, str) else list(text)
        size = text_type() if size is None else size
        y += LEADING * size * (len(lines) - 1) / 2
        for row, line in enumerate(lines):
            self.ax.text(
                x,
                y - row * LEADING * size,
                line,
                fontproperties=type_face(size, weight, line),
                color=ink,
                ha=ha,
                va="center_baseline" if va == "center" and not turn else va,
                rotation=turn,
                rotation_mode="anchor" if turn else "default",
                gid=gid,
                clip_on=False,
                parse_math=False,
                usetex=False,
            )

    def polygon(
        self, corners: Any, paint: str, gid: str, edge: str = "none", line: float = 0.0
    ) -> None:
        """Fill a polygon."""
        from matplotlib.patches import Polygon

        shape = Polygon(np.asarray(corners), closed=True, facecolor=paint, edgecolor=edge)
        self._add(shape, gid, linewidth=line, joinstyle="round")

    def box(
        self, x: float, y: float, width: float, height: float, paint: str, gid: str, **more: Any
    ) -> None:
        """Fill a rectangle given by its lower left corner."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        self.polygon(corners, paint, gid, **more)

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        paint: str,
        gid: str,
        edge: str = "none",
        line: float = 0.0,
    ) -> None:
        """Fill a disc."""
        from matplotlib.patches import Circle

        shape = Circle((x, y), radius, facecolor=paint, edgecolor=edge)
        self._add(shape, gid, linewidth=line)

    def line(self, x: Any, y: Any, ink: str, width: float, gid: str, style: Any = "solid") -> None:
        """Draw a line."""
        from matplotlib.lines import Line2D

        stroke = Line2D(x, y, color=ink, linestyle=style, solid_capstyle="butt")
        self._add(stroke, gid, linewidth=width)

    def _add(self, shape: Any, gid: str, **settings: Any) -> None:
        shape.set(gid=gid, zorder=LAYER, clip_on=False, **settings)
        self.ax.add_artist(shape)


def open_sheet(ax: Axes | None, width: float, height: float) -> Sheet:
    """Make a page of so many points, or take the box of given axes as it is."""
    if ax is None:
        ax = canvas.show_page(width, height).add_axes((0, 0, 1, 1))
    else:
        width, height = canvas.size_of(ax)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="auto", autoscale_on=False)
    ax.set(xticks=[], yticks=[])
    ax.set_axis_off()
    return Sheet(ax, width, height)


def room_of(ax: Axes | None, width: str | float) -> tuple[float, float | None]:
    """Width and, for given axes, height of what is to be drawn, in points."""
    return (canvas.width_in_points(width), None) if ax is None else canvas.size_of(ax)


def frame_axes(sheet: Sheet, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes for numbers within a sheet: thin lines below and at the left, ticks outwards."""
    if min(width, height) < 20:
        raise ParameterError(
            f"{sheet.width / MM:.0f} x {sheet.height / MM:.0f} mm leave no room for the figure "
            "beside its labels. Give a larger one."
        )
    inner = sheet.ax.inset_axes((left, bottom, width, height), transform=sheet.ax.transData)
    _dress(inner)
    return inner


def tint(paint: str, strength: float) -> str:
    """A colour mixed with white; 1 leaves it as it is. No figure of ours is transparent."""
    parts = (int(paint[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{round(255 - strength * (255 - part)):02X}" for part in parts)


def round_down(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))


def balanced(text: str, size: float, room: float, lines: int, hyphens: bool = True) -> list[str]:
    """Break bold text into few lines, after "&" where it can be, none much longer than others.

    Only words that are wider than the room are hyphenated.
    """
    wide = canvas.text_width(text, size, "bold") / canvas.text_width(text, size)
    best = canvas.wrap(text, size, room / wide, lines, hyphens)
    parts = [part for part in text.split(" & ") if part]
    if len(best) > 1 and len(parts) == 2:  # two names
        rows = [
            canvas.wrap(p, size, room / wide, lines, hyphens) for p in (f"{parts[0]} &", parts[1])
        ]
        apart = [*rows[0], *rows[1]]
        if len(apart) <= len(best) and not any(row.endswith("…") for row in apart):
            return apart
    for part in range(95, 40, -5):
        tried = canvas.wrap(text, size, room / wide * part / 100, lines, hyphens=False)
        if len(tried) > len(best) or any(row.endswith("…") for row in tried):
            break
        best = tried
    return best


def data_axes(ax: Axes | None, width: str | float, high: float) -> Axes:
    """Axes of numbers on a new page so high over its width, or given ones, in our type."""
    if ax is None:
        across = canvas.width_in_points(width)
        down = min(high * across, 0.4 * TALLEST)
        page = canvas.show_page(across, down)
        left, foot = 30.0, 22.0
        box = (left / across, foot / down, 1 - (left + 6) / across, 1 - (foot + 4) / down)
        ax = page.add_axes(box)
    _dress(ax)
    return ax


def _dress(ax: Axes) -> None:
    """Thin lines below and at the left, small ticks outwards."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(linewidth=0.5, color=INK)
    ax.tick_params(length=2.5, width=0.5, color=INK, labelcolor=INK, pad=1.5, which="major")
    ax.tick_params(length=1.5, width=0.4, color=INK, which="minor")
    face = type_face(note_type()).get_family()[0]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_tick_params(labelsize=note_type(), labelfontfamily=face)
        write_ticks(axis)


def set_names(names: Sequence[Any], room: float, lines: int = 2) -> tuple[float, list[list[str]]]:
    """Size of type and lines for names in a column: whole words before large type."""
    text, note, least = text_type(), note_type(), least_type()
    settings = ((text, lines), (note, lines), (text, lines + 1), (least, lines + 1))
    for hyphens, (size, most) in product((False, True), settings):
        rows = []
        for name in map(str, names):
            whole = canvas.text_width(name, size) <= room
            rows.append([name] if whole else balanced(name, size, room, most, hyphens))
        if not any(line.endswith("…") for block in rows for line in block):
            break
    return size, rows
