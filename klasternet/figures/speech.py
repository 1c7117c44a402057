"""The language that figures speak: words, units and the separators of numbers.

It is in force with the type of `publishing.style`, so that no drawing function needs to be told;
a report sets it for its own figures. Names of industries are those of the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from matplotlib.axis import Axis
from matplotlib.ticker import ScalarFormatter

from ..phrasebook import ENGLISH, Tongue

__all__ = ["amount", "speaking", "spoken", "write_ticks"]

_spoken: ContextVar[Tongue] = ContextVar("spoken", default=ENGLISH)


def spoken() -> Tongue:
    """The language in force; English outside every context."""
    return _spoken.get()


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    """Draw in a language."""
    token = _spoken.set(tongue)
    try:
        yield
    finally:
        _spoken.reset(token)


def amount(value: float) -> str:
    """A flow as it is printed in a figure."""
    return spoken().form(value, ",.0f" if 1 <= value < 1e11 else ".3g")


def write_ticks(axis: Axis) -> None:
    """Let an axis write its numbers in the language in force."""
    if spoken() != ENGLISH:
        axis.set_major_formatter(_Separated(spoken()))


class _Separated(ScalarFormatter):
    """Ticks are written when the page is, long after it was drawn, so they keep their language."""

    def __init__(self, tongue: Tongue) -> None:
        super().__init__()
        self.tongue = tongue

    def __call__(self, x: float, pos: Any = None) -> str:
        return self.tongue.swap(super().__call__(x, pos))
