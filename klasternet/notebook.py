"""How results look in a notebook: a head, a small table and notes, in HTML; every text is escaped.

No colours and no style sheet of its own, so that it is read on light and on dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["shown"]

TABLE = "border-collapse:collapse;margin:.3em 0;font-size:.92em;line-height:1.35"
CELL = "padding:.15em .9em .15em 0;vertical-align:top;border:none;"
SIDES = {True: "text-align:right;white-space:nowrap", False: "text-align:left;white-space:pre-wrap"}
NOTE = "margin:.2em 0;font-size:.88em;opacity:.8"


def shown(
    head: str,
    rows: Iterable[Sequence[str]] = (),
    columns: Sequence[str] = (),
    notes: Iterable[str] = (),
    numbers: Iterable[int] = (),
) -> str:
    """A head, rows under their columns, and notes; `numbers` are columns that stand at the right.

    Examples
    --------
    >>> "R&amp;D" in shown("Industries", [["R&D", "12"]], ["industry", "output"], numbers=[1])
    True
    """
    right = set(numbers)
    parts = [f'<p style="margin:.2em 0;font-weight:600">{escape(head)}</p>']
    lines = [_row("td", row, right) for row in rows]
    if columns and lines:
        lines.insert(0, _row("th", columns, right))
    if lines:
        parts.append(f'<table style="{TABLE}">{"".join(lines)}</table>')
    parts += [f'<p style="{NOTE}">{escape(note)}</p>' for note in notes if note]
    return f'<div class="klasternet" style="max-width:64em">{"".join(parts)}</div>'


def _row(tag: str, cells: Sequence[str], right: set[int]) -> str:
    told = (
        f'<{tag} style="{CELL}{SIDES[at in right]}">{escape(str(cell))}</{tag}>'
        for at, cell in enumerate(cells)
    )
    return f'<tr style="background:none">{"".join(told)}</tr>'
