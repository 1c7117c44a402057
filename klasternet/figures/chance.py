"""What was observed against what chance gives: the outcome of `significance` as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import canvas
from .canvas import INK, LINE, colour, type_face
from .sheet import DARK, data_axes, note_type, text_type

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..evidence.chance import Significance

__all__ = ["draw_null"]

BARS = 24  # at most


def draw_null(
    significance: Significance, *, ax: Axes | None = None, width: str | float = "1col"
) -> Axes:
    """Draw the observed statistic against those of random economies.

    Grey bars count the random economies, the dashed line has 95 % of them at its left, the arrow is
    the economy observed.

    Parameters
    ----------
    significance : Significance
        From `significance`.
    ax : Axes, optional
        Axes to draw in; without them a new figure is made.
    width : {"1col", "2col"} or float
        89 mm, 183 mm, or millimetres. Of a new figure.

    Returns
    -------
    Axes
        x is the statistic, y the number of random economies. Gids: "draws", "level", "observed".

    Notes
    -----
    The p-value is the share of random economies that reach the statistic, the observed one counted
    among them; the arrow's distance from the bars is no measure of how strong clusters are.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(30, 3, seed=1)
    >>> clusters = kn.detect(network, seed=0)
    >>> ax = draw_null(kn.significance(clusters, draws=39, seed=0))
    >>> ax.get_ylabel()
    'random economies'
    """
    drawn, seen = significance.null_distribution, significance.statistic
    with canvas.drawing():
        ax = data_axes(ax, width, 0.55)
        low, high = min(drawn.min(), seen), max(drawn.max(), seen)
        span = float(high - low) or max(abs(float(high)), 1.0)
        counts, edges = _bars(drawn, span)
        ax.stairs(counts, edges, fill=True, color="#C4C4C4", gid="draws")
        top = float(counts.max())
        level = float(np.quantile(drawn, 0.95))
        ax.plot([level, level], [0, 1.06 * top], color=DARK, lw=0.6, ls=(0, (3, 2)), gid="level")
        ax.annotate(
            "", (seen, 0), (seen, 1.32 * top), gid="observed",
            arrowprops={"arrowstyle": "-|>,head_width=0.2,head_length=0.4", "color": colour(1),
                        "lw": 1.4, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        ax.set(xlim=(low - 0.06 * span, high + 0.06 * span), ylim=(0, 1.55 * top))
        _words(ax, significance, level, top)
    return ax


def _bars(drawn: np.ndarray, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges; bars no thinner than the draws support and the page can show."""
    spread = float(np.ptp(drawn))
    if not spread:
        return np.array([len(drawn)]), drawn[0] + span * np.array([-0.01, 0.01])
    number = int(np.clip(round(np.sqrt(len(drawn))), 5, BARS))
    number = max(3, min(number, int(number * 3 * spread / span) + 1))
    return np.histogram(drawn, number)


def _words(ax: Axes, test: Significance, level: float, top: float) -> None:
    """Say what is what, beside it, on the side where there is room."""
    low, high = ax.get_xlim()
    seen, face = test.statistic, type_face(text_type())
    several = len(test.profile) > 1
    per = (high - low) / canvas.size_of(ax)[0]  # in numbers for a point
    told = f"observed {seen:.3g}\np = {test.pvalue:.2g}"
    room = per * (max(canvas.text_width(t, text_type(), "bold") for t in told.splitlines()) + 4)
    left = seen + room > high
    words: dict[str, Any] = {"parse_math": False, "va": "top", "linespacing": 1.2}
    ax.text(
        seen + 4 * per * (-1 if left else 1), 1.53 * top, told, ha="right" if left else "left",
        fontproperties=type_face(text_type(), "bold"), gid="words:observed", color=INK, **words,
    )  # fmt: skip
    how = "each searched anew" if test.redetected else "labels held fixed"
    other = seen < (low + high) / 2  # the words stand at the other side
    ax.text(
        high - 2 * per if other else low + 4 * per, 1.53 * top,
        f"{test.draws:,} random economies,\n{how}", ha="right" if other else "left",
        fontproperties=face, gid="words:draws", color=INK, **words,
    )  # fmt: skip
    wide = per * (canvas.text_width("95% below", note_type()) + 4)
    right = level + wide < (seen if level < seen else high)
    ax.text(
        level + (2 if right else -2) * per, 1.02 * top, "95% below",
        ha="left" if right else "right", va="top", fontproperties=type_face(note_type()),
        gid="words:level", parse_math=False, color=DARK,
    )  # fmt: skip
    unit = "objective Q, standard deviations above chance" if several else "objective Q"
    ax.set_xlabel(unit, fontproperties=face, labelpad=2)
    ax.set_ylabel("random economies", fontproperties=face, labelpad=2)
    ax.axhline(0, color=LINE, lw=0.4, zorder=0, gid="zero")
