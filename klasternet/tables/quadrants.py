"""Which labels of a rectangle are industries, final uses, primary inputs and output.

What the user named is taken at its word; the rest is told from where labels stand, and anything
that could be read in two ways stops with the arguments that would settle it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from ..errors import AlignmentError, DataError
from .alignment import known_names, some
from .totals import looks_like_output, looks_like_total

__all__ = ["Quadrants", "find_quadrants"]

Names = list[str]


@dataclass(frozen=True)
class Quadrants:
    """Labels by what they stand for."""

    industries: Names
    uses: Names  # columns of final demand
    imported_uses: Names  # those of them that are imports, and count with a minus sign
    inputs: Names  # rows of primary inputs
    imported_inputs: Names  # those of them that are imports
    satellites: Names
    output: Names  # columns or rows
    guessed: bool  # whether uses or inputs were told from where they stand


def find_quadrants(
    rows: pd.Index,
    columns: pd.Index,
    *,
    industries: tuple[str, str] | Iterable[str] | None,
    uses: Names | None,
    inputs: Names | None,
    output: Names | None,
    imports: Names,
    exports: Names,
    satellites: Names,
    only_named: bool,
) -> Quadrants:
    """Sort labels into quadrants; None stands for what the user did not name.

    Raises
    ------
    AlignmentError
        A label that is not there, or an industry on one side only.
    DataError
        Totals among what was not named, or labels left over.
    """
    sides = rows.union(columns, sort=False)
    named_uses = known_names([*(uses or []), *_new(exports, uses)], columns, "final_demand")
    named_inputs = known_names(inputs or [], rows, "value_added")
    satellites = known_names(satellites, rows, "satellites")
    imports = known_names(imports, sides, "imports")
    imported_uses = [label for label in imports if label in columns]
    named_uses += _new(imported_uses, named_uses)
    imported_inputs = [label for label in imports if label in rows]
    named_inputs += _new(imported_inputs, named_inputs)
    named = {*named_uses, *named_inputs, *satellites}
    called = [label for label in looks_like_output(sides) if label not in named]
    if output is None:
        output = [] if only_named else called
    output = known_names(output, sides, "output")
    named |= set(output)

    if industries is None:
        apart = {*named, *called}
        members = [label for label in rows if label in columns and label not in apart]
        free_rows, free_columns = _others(rows, members, named), _others(columns, members, named)
        _one_side_only(members, rows, free_rows, free_columns)
    else:
        members = _given(industries, rows, columns)
        free_rows, free_columns = _others(rows, members, named), _others(columns, members, named)

    guess_uses, guess_inputs = uses is None and not only_named, inputs is None and not only_named
    told = [*(members if industries is None else [])]
    told += [*(free_columns if guess_uses else []), *(free_rows if guess_inputs else [])]
    totals = {*looks_like_total(told), *called}
    doubtful = [label for label in dict.fromkeys(told) if label in totals]
    if doubtful:
        raise DataError(
            f"{some(doubtful, 20)} look like totals, which would be counted twice; leave them out "
            f"by drop=[{some(doubtful, 20)}], or name what they are: industries=, final_demand=, "
            "value_added=, output=."
        )
    guessed = (guess_uses and free_columns) or (guess_inputs and free_rows)
    if guess_uses:
        named_uses = [c for c in columns if c in named_uses or c in free_columns]
        free_columns = []
    if guess_inputs:
        named_inputs = [r for r in rows if r in named_inputs or r in free_rows]
        free_rows = []
    over = [f"columns {some(free_columns)}"] * bool(free_columns)
    over += [f"rows {some(free_rows)}"] * bool(free_rows)
    if over and not only_named:
        raise DataError(
            f"{' and '.join(over)} belong to no quadrant; add them to one, or leave them out by "
            'drop= (drop="rest" leaves out all that is not named).'
        )
    return Quadrants(
        members,
        named_uses,
        imported_uses,
        named_inputs,
        imported_inputs,
        satellites,
        output,
        guessed=bool(guessed),
    )


def _new(labels: Names, known: Names | None) -> Names:
    return [label for label in labels if label not in (known or [])]


def _others(axis: pd.Index, members: Names, named: set[str]) -> Names:
    taken = {*members, *named}
    return [label for label in axis if label not in taken]


def _given(industries: tuple[str, str] | Iterable[str], rows: pd.Index, columns: pd.Index) -> Names:
    """Industries that the user named, one by one or as first and last; each on both sides."""
    if isinstance(industries, str):
        industries = [industries]
    names = known_names(industries, rows, "industries (rows)")
    if isinstance(industries, tuple) and len(names) == 2:
        first, last = (list(rows).index(name) for name in names)
        if first > last:
            raise AlignmentError(
                f"industries=({names[0]!r}, {names[1]!r}): the first stands below the last; "
                "turn them round."
            )
        names = list(rows[first : last + 1])
    return known_names(names, columns, "industries (columns)")


def _one_side_only(members: Names, rows: pd.Index, free_rows: Names, free_columns: Names) -> None:
    """Raise where a guess at the industries would lose one that is spelt in two ways."""
    if len(members) < 2:
        raise AlignmentError(
            f"{len(members)} labels stand on both sides; rows begin with {some(rows, 3)}, columns "
            f"with {some([*members, *free_columns], 3)}. Pass rename= where the two spell "
            "differently, labels= where another column names the rows, or industries=."
        )
    place = {label: i for i, label in enumerate(rows)}
    inside = [r for r in free_rows if place[members[0]] < place[r] < place[members[-1]]]
    twins = [
        (row, near[0])
        for row in free_rows
        if row not in free_columns
        and (near := difflib.get_close_matches(row, free_columns, n=1, cutoff=0.85))
    ]
    if inside:
        raise AlignmentError(
            f"row {inside[0]!r} stands among the industries, and no column has its name; correct "
            "the spelling (rename=), leave it out (drop=), or name industries=."
        )
    if twins:
        raise AlignmentError(
            f"row {twins[0][0]!r} and column {twins[0][1]!r} seem to be one industry in two "
            "spellings; pass rename=, or name final_demand= and value_added= if they are not."
        )
