"""The page: physical widths, type, palette, labels that keep out of each other's way, and saving.

Every length is in points (1/72 inch) unless its name says millimetres, so that what fits here fits
in print, at any resolution. Global settings of matplotlib are neither read nor changed.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path

from ..errors import KlasternetWarning, ParameterError
from ..registry import choose
from .hyphenation import SOFT, parts, pieces

__all__ = [
    "INK",
    "LINE",
    "MM",
    "OTHER_FACES",
    "PALETTE",
    "REST_COLOUR",
    "Page",
    "at_hand",
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
KINDS = ("pdf", "svg", "png")
INK, LINE = "#1A1A1A", "#BFBFBF"

# Any first k are told apart by every kind of sight (CAM02-UCS distance of 11 or more); the first
# six are those of Okabe and Ito. Colour is never the only sign.
PALETTE = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    *("#6D0000", "#1200B6", "#804949", "#5B496D", "#A43700", "#492437"),
)
REST_COLOUR = "#A6A6A6"

FACES = ("Arial", "Helvetica", "Liberation Sans", "Nimbus Sans", "DejaVu Sans")
# For characters that the first of those at hand lacks: Chinese, Japanese, Korean, and much else.
OTHER_FACES = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Noto Sans JP"),
    *("Hiragino Sans", "Yu Gothic", "Meiryo", "IPAexGothic", "IPAGothic", "SimHei"),
    *("Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo", "Droid Sans Fallback"),
    *("Arial Unicode MS", "Noto Sans", "DejaVu Sans"),
)
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

    A class because `ax.figure.savefig` is what users call. A file that was there stays until the
    figure is drawn.
    """

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        kind = kwargs.get("format") or Path(str(fname)).suffix.lower().lstrip(".")
        undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
        kwargs["metadata"] = undated | (kwargs.get("metadata") or {})
        with drawing():
            if kind not in KINDS or not isinstance(fname, str | os.PathLike):
                Figure.savefig(self, fname, **kwargs)  # `save` lends this to plain figures
                return
            # matplotlib's writer of PDF falls over itself on a full disk: draw first, then write
            drawn = io.BytesIO()
            Figure.savefig(self, drawn, **{**kwargs, "format": kind})
        Path(fname).write_bytes(drawn.getvalue())


_lacking: ContextVar[set[str] | None] = ContextVar("lacking", default=None)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and write under settings of our own, whatever the user's are.

    At the end one warning tells of all characters that no font at hand can print.
    """
    outer, lacking = _lacking.get(), set[str]()
    token = _lacking.set(lacking if outer is None else outer)
    try:
        with style.context(["default", PRINT]):
            yield
    finally:
        _lacking.reset(token)
    if lacking:
        some = "".join(sorted(lacking)[:20])
        warnings.warn(
            f"no font at hand has the characters {some}"
            f"{f' and {len(lacking) - 20:,} more' if len(lacking) > 20 else ''}: they are printed "
            "as boxes. Install a font that has them (for Chinese and Japanese Noto Sans CJK, "
            "WenQuanYi Micro Hei or IPAexGothic) and start Python anew, or give other names.",
            KlasternetWarning,
            stacklevel=4,  # of whoever called the function that draws
        )


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
        Any of matplotlib's, not only those drawn here.
    path : path

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        No figure, and no axes of one.
    """
    path = Path(path)
    if not isinstance(figure, Artist):
        raise ParameterError(f"a {type(figure).__name__} is no figure. Give a Figure, or its axes.")
    found = figure if isinstance(figure, Figure) else figure.get_figure(root=True)
    if found is None:
        raise ParameterError("the axes belong to no figure; nothing to save.")
    Page.savefig(found, path)  # type: ignore[arg-type]
    return path


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # layout engines place axes only now
    box = ax.get_position().transformed(ax.figure.transSubfigure)
    scale = 72 / figure.dpi
    return box.width * scale, box.height * scale


# -------------------------------------------------------------------------------------- type


def type_face(size: float, weight: str = "normal", text: str = "") -> FontProperties:
    """The first sans serif face at hand, and others for what it lacks of a text; in points."""
    faces, without = _faces(text) if not text.isascii() else (_first(), "")
    if without and (lacking := _lacking.get()) is not None:
        lacking.update(without)
    return _properties(faces, size, weight)


@lru_cache
def _properties(faces: tuple[str, ...], size: float, weight: str) -> FontProperties:
    return FontProperties(family=list(faces), size=size, weight=weight)


def at_hand(faces: Sequence[str]) -> list[str]:
    """Those of some faces that are installed."""
    known = {entry.name for entry in fontManager.ttflist}
    return [face for face in faces if face in known]


@lru_cache
def _first() -> tuple[str, ...]:
    return tuple(at_hand(FACES)[:1])


@lru_cache(maxsize=10_000)
def _faces(text: str) -> tuple[tuple[str, ...], str]:
    """Faces that a text needs, the usual one first; characters that none has."""
    faces = list(_first())
    without = {c for c in text if c.isprintable() and not c.isspace()} - _characters(faces[0])
    for face in at_hand(OTHER_FACES) if without else ():
        if without & _characters(face):
            faces.append(face)
            without -= _characters(face)
    return tuple(faces), "".join(sorted(without))


@lru_cache
def _characters(face: str) -> frozenset[str]:
    """What a face can print."""
    file = findfont(FontProperties(family=[face]), fallback_to_default=False)
    return frozenset(map(chr, get_font(file).get_charmap()))


@lru_cache(maxsize=100_000)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text; two in a hundred are added for the hinting of screens."""
    face = type_face(size, weight, text)
    if text.isascii():
        return 1.02 * float(text_to_path.get_text_width_height_descent(text, face, False)[0])
    with warnings.catch_warnings():  # of what is missing `drawing` warns, once for a figure
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        return 1.02 * float(text_to_path.get_text_width_height_descent(text, face, False)[0])


def shorten(text: str, size: float, room: float) -> str:
    """Cut a line of text to a width, with an ellipsis where something is left out."""
    text = text.replace(SOFT, "")
    if text_width(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = text_width(text[:middle].rstrip(" ,&") + "…", size) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip(" ,&") + "…"


def words(text: str) -> list[str]:
    """Break a name into what stays on one line; "&" stays with the word before it."""
    return [piece.replace(SOFT, "") for piece, _ in pieces(text)]


def wrap(text: str, size: float, room: float, lines: int, hyphens: bool = True) -> list[str]:
    """Break text into at most so many lines of a width; the last is cut where it must be.

    With `hyphens`, words that are wider than a line are hyphenated.
    """

    def fits(line: str) -> bool:
        return text_width(line, size) <= room

    out = [""]
    for piece, glue in pieces(text):
        start, rest = out[-1] and out[-1] + glue, list(parts(piece))
        while len(out) < lines and not fits(start + "".join(rest)):
            ends = range(len(rest) - 1, 0, -1) if hyphens and not fits("".join(rest)) else ()
            k = next((k for k in ends if fits(start + "".join(rest[:k]) + "-")), 0)
            if not k and not out[-1]:
                break
            if k:
                out[-1], rest = start + "".join(rest[:k]) + "-", rest[k:]
            out.append("")
            start = ""
        out[-1] = start + "".join(rest)
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
