"""What was observed against what chance gives: the outcome of `significance` as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..registry import choose
from . import canvas
from .canvas import INK, LINE, colour, type_face
from .sheet import DARK, data_axes, note_type, text_type
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..evidence.chance import Significance

__all__ = ["draw_null"]

BARS = 24  # at most
LEVEL = 0.05  # p up to which a cluster is beyond chance by itself


def draw_null(
    significance: Significance,
    of: str = "economy",
    *,
    ax: Axes | None = None,
    width: str | float = "1col",
) -> Axes:
    """Draw the observed statistic against those of random economies.

    Grey bars count the random economies, the dashed line has 95 % of them at its left, the arrow is
    the economy observed. Of clusters, the bars are the strongest cluster of each random economy,
    and a dot is a cluster observed, filled where it is beyond chance by itself (p at most 0.05).

    Parameters
    ----------
    significance : Significance
        From `significance`.
    of : {"economy", "clusters"}
        The economy as a whole, or each of its clusters.
    ax : Axes, optional
        Axes to draw in; without them a new figure is made.
    width : {"1col", "2col"} or float
        89 mm, 183 mm, or millimetres. Of a new figure.

    Returns
    -------
    Axes
        x is the statistic, y the number of random economies. Gids: "draws", "level", "observed";
        "cluster:0" by number.

    Raises
    ------
    ParameterError
        Another `of`.
    DataError
        Clusters are asked for where there is none of two industries or more.

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
    if choose("picture", of, ("economy", "clusters")) == "clusters":
        return _draw_clusters(significance, ax, width)
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


def _draw_clusters(test: Significance, ax: Axes | None, width: str | float) -> Axes:
    """A dot and a row for each cluster, over the bars of the strongest by chance."""
    rows = test.table[test.table["strength"].notna()]
    drawn = test.strongest[np.isfinite(test.strongest)]
    if rows.empty or not len(drawn):
        what = "no cluster of two industries or more" if rows.empty else "no cluster in any draw"
        raise DataError(f"there is {what}, so nothing to draw. Take of='economy'.")
    with canvas.drawing():
        across = canvas.width_in_points(width) if ax is None else canvas.size_of(ax)[0]
        line = 1.5 * text_type()
        ax = data_axes(ax, width, (92.0 + line * len(rows)) / across)
        seen = rows["strength"].to_numpy()
        low, high = min(drawn.min(), seen.min(), 0.0), max(drawn.max(), seen.max())
        span = float(high - low)
        counts, edges = _bars(drawn, span)
        top = float(counts.max())
        bars = max(1.0 - (line * len(rows) + 4) / canvas.size_of(ax)[1], 0.3)  # share of the height
        ax.set(xlim=(low - 0.03 * span, high + 0.06 * span), ylim=(0, top / bars))
        ax.stairs(counts, edges, fill=True, color="#C4C4C4", gid="draws")
        level = float(np.quantile(drawn, 0.95))
        ax.axvline(level, color=DARK, lw=0.6, ls=(0, (3, 2)), gid="level", zorder=1)
        step = (top / bars - top) / (len(rows) + 0.5)
        for place, row in enumerate(rows.itertuples()):
            _row(ax, row, test, top / bars - (place + 0.6) * step)
        face = type_face(text_type())
        told = spoken().say("strength: 1 is the strongest in pure noise")
        ax.set_xlabel(told, fontproperties=face, labelpad=2)
        ax.set_ylabel(spoken().say("random economies"), fontproperties=face, labelpad=2)
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    return ax


def _row(ax: Axes, row: Any, test: Significance, y: float) -> None:
    """A cluster: its dot, and its name and p where there is room."""
    low, high = ax.get_xlim()
    per = (high - low) / canvas.size_of(ax)[0]  # in numbers for a point
    number = test.table.index.get_loc(row.Index)
    paint = colour(number)
    full = paint if row.pvalue <= LEVEL else "#FFFFFF"
    ax.plot(
        row.strength, y, "o", ms=4, mfc=full, mec=paint, mew=0.8, gid=f"cluster:{number}", zorder=3
    )
    right = row.strength - low < (high - low) / 2
    room = (high - row.strength if right else row.strength - low) / per - 8
    told = f"p = {spoken().form(row.pvalue, '.2g')}"
    name = canvas.shorten(
        str(row.Index), text_type(), room - canvas.text_width(f", {told}", text_type())
    )
    ax.text(
        row.strength + (5 if right else -5) * per, y, f"{name}, {told}",
        ha="left" if right else "right", va="center_baseline", gid=f"words:{number}",
        fontproperties=type_face(text_type(), "normal", name), color=INK, parse_math=False,
        zorder=4, bbox={"fc": "#FFFFFF", "ec": "none", "pad": 0.4},
    )  # fmt: skip


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
    speech = spoken()
    told = f"{speech.say('observed')} {seen:.3g}\np = {test.pvalue:.2g}"
    told = speech.swap(told)
    room = per * (max(canvas.text_width(t, text_type(), "bold") for t in told.splitlines()) + 4)
    left = seen + room > high
    words: dict[str, Any] = {"parse_math": False, "va": "top", "linespacing": 1.2}
    ax.text(
        seen + 4 * per * (-1 if left else 1), 1.53 * top, told, ha="right" if left else "left",
        fontproperties=type_face(text_type(), "bold"), gid="words:observed", color=INK, **words,
    )  # fmt: skip
    how = "each searched anew" if test.redetected else "labels held fixed"
    how = f"{speech.form(test.draws, ',')} {speech.say('random economies')},\n{speech.say(how)}"
    other = seen < (low + high) / 2  # the words stand at the other side
    ax.text(
        high - 2 * per if other else low + 4 * per, 1.53 * top,
        how, ha="right" if other else "left",
        fontproperties=face, gid="words:draws", color=INK, **words,
    )  # fmt: skip
    below = speech.say("95% below")
    wide = per * (canvas.text_width(below, note_type()) + 4)
    right = level + wide < (seen if level < seen else high)
    ax.text(
        level + (2 if right else -2) * per, 1.02 * top, below,
        ha="left" if right else "right", va="top", fontproperties=type_face(note_type()),
        gid="words:level", parse_math=False, color=DARK,
    )  # fmt: skip
    unit = "objective Q, standard deviations above chance" if several else "objective Q"
    ax.set_xlabel(speech.say(unit), fontproperties=face, labelpad=2)
    ax.set_ylabel(spoken().say("random economies"), fontproperties=face, labelpad=2)
    ax.axhline(0, color=LINE, lw=0.4, zorder=0, gid="zero")
