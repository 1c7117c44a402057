"""The type that a publisher takes, as a context: sizes for our figures and settings for others'.

`draw_network` and whoever asks `current()` take sizes from it; within it, axes that the user makes
with matplotlib get the same face, sizes and thin lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from matplotlib import rc_context

from ..phrasebook import tongue
from ..registry import choose
from .canvas import FACES, INK, OTHER_FACES, PALETTE, PRINT, at_hand
from .speech import speaking, spoken

__all__ = ["Type", "current", "style"]


@dataclass(frozen=True)
class Type:
    """Sizes in points."""

    small: float  # nothing is set smaller
    text: float
    title: float

    @property
    def narrow(self) -> Type:
        """For one column: text as small as is allowed."""
        return Type(self.small, self.small, self.small + 1)


STYLES = {
    "nature": Type(5.0, 6.0, 6.5),
    "elsevier": Type(6.0, 7.0, 7.5),
    "screen": Type(7.0, 8.0, 9.0),
}
_current: ContextVar[Type] = ContextVar("type", default=STYLES["nature"])


def current() -> Type:
    """The sizes in force; those of "nature" outside every context."""
    return _current.get()


@contextmanager
def style(name: str = "nature", language: str | None = None) -> Iterator[None]:
    """Draw as a publisher asks: `with klasternet.style("elsevier"): ...`.

    "nature": sans serif of 5 to 7 points. "elsevier": 6 points and more. "screen": 7 points and
    more, for slides. All: TrueType in PDF, text as text in SVG, lines of a quarter point and more,
    and the palette whose colours all kinds of sight tell apart. Settings are those of matplotlib,
    and are put back afterwards.

    Parameters
    ----------
    name : {"nature", "elsevier", "screen"}
    language : {"en", "id"}, optional
        Of words, units and numbers in figures; Indonesian writes 1.234,5. Without it, that of the
        context around, or English. Industries are called as the network calls them:
        ``name_sectors(table, classification, language="id")`` has their Indonesian names.

    Raises
    ------
    ParameterError
        No style or language of that name.

    Examples
    --------
    >>> import matplotlib
    >>> with style("elsevier"):
    ...     matplotlib.rcParams["font.size"]
    7.0
    """
    from cycler import cycler

    sizes = STYLES[choose("style", name, STYLES)]
    settings = PRINT | {
        "font.family": "sans-serif",
        "font.sans-serif": [*FACES, *at_hand(OTHER_FACES)],
        "font.size": sizes.text,
        "axes.titlesize": sizes.title,
        "axes.labelsize": sizes.text,
        "xtick.labelsize": sizes.small,
        "ytick.labelsize": sizes.small,
        "legend.fontsize": sizes.small,
        "axes.linewidth": 0.5,
        "lines.linewidth": 0.8,
        "patch.linewidth": 0.5,
        "xtick.major.width": 0.5,
        "ytick.major.width": 0.5,
        "axes.edgecolor": INK,
        "text.color": INK,
        "axes.prop_cycle": cycler(color=PALETTE),
    }
    speech = spoken() if language is None else tongue(language)
    token = _current.set(sizes)
    try:
        with speaking(speech), rc_context(settings):  # type: ignore[arg-type]
            yield
    finally:
        _current.reset(token)
