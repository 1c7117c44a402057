"""The page: physical widths, type, palette, labels that keep out of each other's way, and saving.

Every length is in points (1/72 inch) unless its name says millimetres, so that what fits here fits
in print, at any resolution. Global settings of matplotlib are neither read nor changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path

from ..errors import ParameterError
from ..registry import choose

__all__ = [
    "INK",
    "LINE",
    "MM",
    "PALETTE",
    "REST_COLOUR",
    "Page",
    "colour",
    "contrast",
    "drawing",
    "new_page",
    "save",
    "shorten",
    "show_page",
    "size_of",
    "spread",
    "text_on",
    "text_width",
    "type_face",
    "width_in_points",
    "words",
    "wrap",
]

MM = 72 / 25.4
WIDTHS = {"1col": 89.0, "2col": 183.0}  # millimetres, as the large publishers have them
DPI = 300
INK, LINE = "#1A1A1A", "#BFBFBF"

# Any first k are told apart by every kind of sight (CAM02-UCS distance of 11 or more); the first
# six are those of Okabe and Ito. Colour is never the only sign.
PALETTE = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    *("#6D0000", "#1200B6", "#804949", "#5B496D", "#A43700", "#492437"),
)
REST_COLOUR = "#A6A6A6"

FACES = ("Arial", "Helvetica", "Liberation Sans", "Nimbus Sans", "DejaVu Sans")
LEADING = 1.18  # distance of base lines over type size

PRINT = {
    "pdf.fonttype": 42,  # TrueType: text stays text
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "klasternet",
    "savefig.dpi": DPI,
}


# ------------------------------------------------------------------------------------- pages


class Page(Figure):
    """A figure of a physical size; `savefig` embeds type as text and writes no dates.

    A class because `ax.figure.savefig` is what users call.
    """

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        kind = kwargs.get("format") or Path(str(fname)).suffix.lower().lstrip(".")
        undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
        kwargs["metadata"] = undated | (kwargs.get("metadata") or {})
        with drawing():
            super().savefig(fname, **kwargs)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and write under settings of our own, whatever the user's are."""
    with style.context(["default", PRINT]):
        yield


def width_in_points(width: str | float) -> float:
    """Return "1col", "2col" or millimetres as points."""
    if isinstance(width, str):
        width = WIDTHS[choose("width", width, WIDTHS)]
    if not 40 <= width <= 2000:
        raise ParameterError(
            f"width={width!r} is no width for a figure. Give millimetres from 40 to 2,000, "
            '"1col" (89) or "2col" (183).'
        )
    return float(width) * MM


def new_page(width: float, height: float) -> Page:
    """Return an empty page that no window and no notebook knows of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with drawing():
        page = Page(figsize=(width / 72, height / 72), dpi=DPI)
        FigureCanvasAgg(page)
    return page


def show_page(width: float, height: float) -> Page:
    """Return an empty page that `pyplot.show` and notebooks will show."""
    from matplotlib import pyplot

    with drawing():
        size = (width / 72, height / 72)
        return pyplot.figure(figsize=size, dpi=DPI / 2, FigureClass=Page)  # type: ignore[return-value]


def save(figure: Figure | Axes, path: str | Path) -> Path:
    """Write a figure as .pdf, .svg or .png at its physical size.

    The same figure gives the same bytes, in any process: nothing is dated. Type is embedded as
    TrueType in PDF and stays text in SVG.

    Parameters
    ----------
    figure : Figure or Axes
    path : path

    Returns
    -------
    Path
    """
    path = Path(path)
    found = figure.get_figure(root=True) if isinstance(figure, Axes) else figure
    if found is None:
        raise ParameterError("the axes belong to no figure; nothing to save.")
    Page.savefig(found, path)  # type: ignore[arg-type]
    return path


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # layout engines place axes only now
    box = ax.get_position().transformed(ax.figure.transSubfigure)  # type: ignore[union-attr]
    scale = 72 / figure.dpi
    return box.width * scale, box.height * scale


# -------------------------------------------------------------------------------------- type


@lru_cache
def type_face(size: float, weight: str = "normal") -> FontProperties:
    """The first sans serif face at hand, at a size in points."""
    known = {entry.name for entry in fontManager.ttflist}
    return FontProperties(
        family=[next(face for face in FACES if face in known)], size=size, weight=weight
    )


@lru_cache(maxsize=100_000)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text; two in a hundred are added for the hinting of screens."""
    face = type_face(size, weight)
    return 1.02 * float(text_to_path.get_text_width_height_descent(text, face, False)[0])


def shorten(text: str, size: float, room: float) -> str:
    """Cut a line of text to a width, with an ellipsis where something is left out."""
    if text_width(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = text_width(text[:middle].rstrip(" ,&") + "…", size) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip(" ,&") + "…"


def words(text: str) -> list[str]:
    """Break a name into words; "&" stays with the word before it."""
    return [word.replace("\0", " ") for word in text.replace(" & ", "\0& ").split()]


def wrap(text: str, size: float, room: float, lines: int) -> list[str]:
    """Break text into at most so many lines of a width; the last is cut where it must be."""
    out = [""]
    for word in words(text):
        longer = f"{out[-1]} {word}".strip()
        if text_width(longer, size) <= room or not out[-1] or len(out) == lines:
            out[-1] = longer
        else:
            out.append(word)
    return [shorten(line, size, room) for line in out]


def text_on(background: str) -> str:
    """Black or white, whichever is read more easily on a colour."""
    paint = [int(background[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    white, black = (contrast(paint, (ink, ink, ink)) for ink in (1.0, 0.0))
    return "#FFFFFF" if white > black else "#000000"


def contrast(a: Sequence[float], b: Sequence[float]) -> float:
    """Ratio of the luminances of two colours (red, green, blue from 0 to 1), as in WCAG 2."""
    light = []
    for paint in (a, b):
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in paint]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def colour(k: int) -> str:
    """Colour of cluster k, or of the rest for -1; colours come again after the twelfth."""
    return REST_COLOUR if k < 0 else PALETTE[k % len(PALETTE)]


# ------------------------------------------------------------------------------------ labels


def spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> np.ndarray:
    """Move label centres as little as possible (in squares) until none overlaps another.

    Pools of labels that touch move as one, as in isotonic regression. Labels come in the order of
    `wanted`, and their heights must add up to no more than `high - low`.
    """
    tall = np.asarray(heights, dtype=float)
    # With the heights above it taken off, each label has a place that must not fall: a regression.
    above = np.concatenate([[0.0], np.cumsum(tall)[:-1]]) + tall / 2
    target = np.asarray(wanted, dtype=float) - above
    pools: list[tuple[float, int]] = []
    for value in target:
        mean, count = float(value), 1
        while pools and pools[-1][0] > mean:
            other, number = pools.pop()
            mean = (mean * count + other * number) / (count + number)
            count += number
        pools.append((mean, count))
    placed = np.repeat([mean for mean, _ in pools], [count for _, count in pools])
    return np.clip(placed, low, high - tall.sum()) + above
