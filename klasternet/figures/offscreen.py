"""Figures that are written to files and shown to nobody: no window opens, and none stays behind."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from matplotlib import pyplot

from ..errors import KlasternetWarning
from .canvas import save

__all__ = ["draw_to_files"]

SCREEN = 200  # dots per inch of PNG, twice what a screen has; what is printed is PDF


def draw_to_files(
    draw: Callable[..., Any], *given: Any, paths: Iterable[str | Path], **how: Any
) -> tuple[Any, list[str]]:
    """Draw, write to every path, and close.

    Parameters
    ----------
    draw : callable
        One of `draw_matrix`, ...; returns Axes.
    paths : iterable of path
        Their endings tell the formats.

    Returns
    -------
    (Axes, list of str)
        What was drawn, and what klasternet warned of while it was.
    """
    before = pyplot.get_fignums()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", KlasternetWarning)
        try:
            with pyplot.ioff():
                ax = draw(*given, **how)
                for path in map(Path, paths):
                    if path.suffix == ".png":
                        ax.figure.savefig(path, dpi=SCREEN)
                    else:
                        save(ax, path)
        finally:
            for number in set(pyplot.get_fignums()) - set(before):
                pyplot.close(number)
    told = []
    for warning in heard:
        if issubclass(warning.category, KlasternetWarning):
            told.append(str(warning.message))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return ax, told
