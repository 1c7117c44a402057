"""The key of the network diagram: sizes of discs, widths of arrows, and what grey is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import canvas
from .canvas import colour
from .condensing import Shown
from .publishing import Type
from .routing import LEAST, tapered
from .sheet import DARK, Sheet, round_down
from .speech import amount, spoken

__all__ = ["EDGE", "Scales", "draw_key", "key_height", "key_rows", "ring"]

WORDS = {"rest": "No cluster", "second": "Ring: second cluster"}
EDGE = 3.0  # from the page to the figure


def key_rows(shown: Shown, across: float, sizes: Type) -> list[list[str]]:
    """Pieces of the key in rows that fit: what is a disc, an arrow, grey."""
    rest = ["rest"] if (shown.labels < 0).any() else []
    if shown.second is not None and (shown.second >= 0).any():
        rest.append("second")
    whole = ["discs", "arrows", *rest]
    wide = sum(_text_room(shown, piece, sizes) for piece in whole)
    return [whole] if wide < across - 2 * EDGE else [["discs", *rest], ["arrows"]]


def _text_room(shown: Shown, piece: str, sizes: Type) -> float:
    text = spoken().say({"discs": shown.sized, "arrows": "Flow"}.get(piece) or WORDS[piece])
    if piece not in WORDS:
        text += f", {_unit(shown)}" + 2 * "9,000,000"
    return canvas.text_width(text, sizes.small) + (16 if piece in WORDS else 70)


def ring(sheet: Sheet, x: float, y: float, radius: float, paint: str, gid: str) -> None:
    """A ring within the edge of a disc, apart from what fills it."""
    wide = float(np.clip(0.22 * radius, 0.9, 2.2))
    sheet.disc(x, y, radius - 0.2 - wide / 2, "none", gid, paint, wide)
    sheet.disc(x, y, radius - 0.2 - wide, "none", gid, "#FFFFFF", 0.4)


def key_height(rows: list[list[str]], sizes: Type) -> float:
    """Height of the key."""
    return len(rows) * (sizes.small + 4)


@dataclass(frozen=True)
class Scales:
    """The largest industry and flow, and how they are drawn."""

    size: float
    radius: float
    flow: float
    width: float


def draw_key(
    sheet: Sheet, shown: Shown, scales: Scales, sizes: Type, rows: list[list[str]]
) -> None:
    """Draw the key at the foot of the page."""
    step, unit = sizes.small + 4, _unit(shown)
    unit = f", {unit}" if unit else ""
    for row, pieces in enumerate(rows):
        pen = _Pen(sheet, EDGE, EDGE + (len(rows) - row - 0.5) * step, sizes.small)
        for piece in pieces:
            if piece == "rest":
                pen.disc(2.6)
                pen.write(spoken().say(WORDS[piece]))
            elif piece == "second":
                pen.disc(2.6, ringed=True)
                pen.write(spoken().say(WORDS[piece]))
            elif piece == "discs":
                pen.write(spoken().say(shown.sized) + unit)
                fits = min(1.0, (0.5 * sizes.small + 2.2) / scales.radius)
                large = round_down(scales.size * fits**2)
                for value in (large / 5, large):
                    pen.disc(max(scales.radius * float(np.sqrt(value / scales.size)), 1.6))
                    pen.write(amount(value))
            else:
                pen.write(spoken().say("Flow") + unit)
                large = round_down(scales.flow)
                for value in (large / 20, large):
                    pen.arrow(max(scales.width * float(np.sqrt(value / scales.flow)), LEAST))
                    pen.write(amount(value))
            pen.x += 7


@dataclass
class _Pen:
    """A place on a line, which moves on with what is drawn."""

    sheet: Sheet
    x: float
    y: float
    size: float

    def write(self, text: str) -> None:
        y = self.y - 0.27 * self.size
        self.sheet.write(self.x, y, text, self.size, gid="key", va="baseline", ink=DARK)
        self.x += canvas.text_width(text, self.size) + 5

    def disc(self, radius: float, ringed: bool = False) -> None:
        self.sheet.disc(self.x + radius, self.y, radius, colour(-1), "key")
        if ringed:
            ring(self.sheet, self.x + radius, self.y, radius, DARK, "key")
        self.x += 2 * radius + 2

    def arrow(self, width: float) -> None:
        line = np.column_stack([np.linspace(self.x, self.x + 15, 9), np.full(9, self.y)])
        self.sheet.polygon(tapered(line, width), DARK, "key")
        self.x += 17


def _unit(shown: Shown) -> str:
    """The unit, without remarks in brackets."""
    return spoken().unit(shown.network.unit.partition(" (")[0])
