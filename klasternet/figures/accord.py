"""How far every two answers agree: a triangle of numbers on shades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from . import canvas
from .canvas import MM, colour, text_on
from .sheet import DARK, TALLEST, note_type, open_sheet, room_of, text_type, tint
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_agreement"]

EDGE, FOOT, MOST = 4.0, 14.0, 30.0  # MOST: side of a cell


def draw_agreement(
    agreement: pd.DataFrame | Mapping[str, Any],
    *,
    ax: Axes | None = None,
    width: str | float = "1col",
) -> Axes:
    """Draw the agreement of every two methods: the adjusted Rand index, darker where it is higher.

    Parameters
    ----------
    agreement : DataFrame
        From `compare`; or a square frame of agreement, 1 on the diagonal.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"1col", "2col"} or float
        89 mm, 183 mm, or millimetres. Of a new figure.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "cell:0-1" and "number:0-1" by row and column.

    Raises
    ------
    DataError
        A frame that is neither; fewer than two answers.
    ParameterError
        Too many answers for the room.

    Notes
    -----
    0 is what chance gives, 1 the same clusters. Methods that agree may share an error.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(24, 3, contrast=20, noise=0.4, seed=0)
    >>> frame = kn.compare(network, ["density", "spectral", "hierarchy"], seed=0)
    >>> sum(str(text.get_gid()).startswith("number:") for text in draw_agreement(frame).texts)
    3
    """
    square = _square(agreement)
    names, n = [str(name) for name in square.index], len(square)
    across, down = room_of(ax, width)
    size = note_type()
    left = max(canvas.text_width(name, text_type()) for name in names) + 2 * EDGE
    room = across - left - EDGE
    if down is not None:
        room = min(room, down - FOOT - left)
    side = min(room / (n - 1), MOST)
    if side < canvas.text_width("0.00", size):
        raise ParameterError(
            f"{n} answers do not fit on {across / MM:.0f} mm. Give a larger width, or fewer."
        )
    slanted = max(canvas.text_width(name, text_type()) for name in names[:-1]) > side - 2
    lengths = [canvas.text_width(name, text_type()) for name in names[:-1]]
    reach = max(length - j * side for j, length in enumerate(lengths))  # above the first row
    above = reach + 3 * EDGE if slanted else 1.6 * text_type()
    if down is None:
        down = min(TALLEST, side * (n - 1) + above + FOOT)
    values = square.to_numpy(dtype=float)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        top = sheet.height - above
        for i in range(1, n):
            middle = top - (i - 0.5) * side
            sheet.write(left - EDGE, middle, names[i], gid=f"row:{i}", ha="right")
            for j in range(i):
                value, x = values[i, j], left + j * side
                paint = tint(colour(0), float(np.clip(value, 0.0, 1.0))) if value > 0 else "#FFFFFF"
                sheet.box(x, middle - side / 2, side, side, paint, f"cell:{i}-{j}",
                          edge="#FFFFFF", line=0.6)  # fmt: skip
                told = f"{value:.2f}".replace("-0.00", "0.00") if np.isfinite(value) else "-"
                told = spoken().swap(told)
                sheet.write(x + side / 2, middle, told, size, gid=f"number:{i}-{j}", ha="center",
                            ink=text_on(paint))  # fmt: skip
        for j in range(n - 1):
            x, y = left + (j + 0.5) * side, top - j * side + EDGE
            if slanted:
                sheet.write(x, y, names[j], gid=f"column:{j}", turn=90.0, va="center_baseline")
            else:
                sheet.write(x, y + text_type() / 2, names[j], gid=f"column:{j}", ha="center")
        note = "adjusted Rand index: 1 the same clusters, 0 what chance gives"
        note = canvas.shorten(spoken().say(note), size, across - 2 * EDGE)
        sheet.write(EDGE, FOOT / 2, note, size, gid="note", ink=DARK)
    return sheet.ax


def _square(agreement: Any) -> pd.DataFrame:
    """The square frame of a comparison."""
    if isinstance(agreement, pd.DataFrame) and "agreement" in agreement.attrs:
        agreement = pd.DataFrame(agreement.attrs["agreement"])
    square = pd.DataFrame(agreement)
    if len(square) < 2 or not square.index.equals(square.columns):
        raise DataError(
            "agreement is asked for between two answers at least: give what compare returns, or "
            "a square frame with the same names on both sides."
        )
    return square
