"""What a report is about, sorted: clusters, their table, and results by the kind they are of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..clusters import Clusters
from ..errors import KlasternetError, ParameterError
from ..headings import SHARES
from ..phrasebook import Tongue
from ..tables.table import IOTable
from .document import Picture, Table, Text
from .tallies import cluster_table

__all__ = ["FIXED", "UNTITLED", "Study", "sorted_out"]

UNTITLED = "Result "
AUDIT = {"check", "status", "where", "size", "advice"}
PROFILE = {"low", "high", "score", "plateau"}
KNOWN = (
    *("Significance", "Stability", "Certificate", "Agreement", "ValidationScores", "Evolution"),
    *("Levels", "ClusterProfile", "Scorecard"),
)
FIXED = ("clusters", "industries", "matrix", "report", "provenance")
CLOCK = ["seconds"]  # no report says how long a machine took: it would never be the same twice
BROAD = 8  # columns from which a short table is turned on its side
UPRIGHT = 10  # rows up to which it is
SHORT = 24  # letters up to which texts stand at the right, as numbers do
YEARS = {"time", "next", "first", "last", "year"}  # numbers, but no amounts


@dataclass
class Study:
    """All that the chapters draw on, and the folder that figures are written to."""

    clusters: Clusters
    table: IOTable | None
    audit: pd.DataFrame | None
    results: dict[str, list[tuple[str, Any]]]  # by kind
    called: Mapping[str, str]
    tongue: Tongue
    folder: Path
    readings: pd.DataFrame = field(init=False)
    taken: set[str] = field(default_factory=lambda: set(FIXED))
    files: dict[str, Table] = field(default_factory=dict)  # tables that are not on the page

    def __post_init__(self) -> None:
        self.readings = cluster_table(self.clusters, self.table)

    def of(self, kind: str) -> list[tuple[str, Any]]:
        """Title and result of every result of a kind."""
        return self.results.get(kind, [])

    def first(self, kind: str) -> Any:
        """The first result of a kind, or None."""
        return next((result for _, result in self.of(kind)), None)

    def title(self, title: str, otherwise: str) -> str:
        """The title that was given, or another where none was."""
        return otherwise if title.startswith(UNTITLED) else title

    def file(self, title: str) -> str:
        """A name for files that no other has."""
        plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "result"
        name, number = plain, 2
        while name in self.taken:
            name, number = f"{plain}-{number}", number + 1
        self.taken.add(name)
        return name

    def picture(
        self,
        name: str,
        draw: Callable[..., Any],
        *given: Any,
        alt: str,
        caption: str | Callable[[Any], str],
        narrow: bool = False,
        **how: Any,
    ) -> Picture | Text:
        """Draw a figure into the folder; where it cannot be drawn, say why."""
        from ..figures.offscreen import draw_to_files
        from ..figures.speech import speaking

        name = name if name in FIXED else self.file(name)
        paths = [self.folder / f"{name}.{kind}" for kind in ("pdf", "png")]
        try:
            with speaking(self.tongue):
                ax, told = draw_to_files(draw, *given, paths=paths, **how)
        except KlasternetError as error:
            return Text(self.tongue.say("There is no figure of this: {}", error))
        text = caption(ax) if callable(caption) else caption
        if told:
            said = self.tongue.say("Not everything finds room in the figure; the tables have it.")
            text = f"{text} {' '.join(told) if self.tongue.language == 'en' else said}"
        return Picture(name, alt, text, narrow)

    def frame(
        self,
        frame: pd.DataFrame,
        caption: str,
        name: str = "",
        rows: int = 60,
        of: pd.DataFrame | None = None,
    ) -> Table:
        """A frame as a table of the page, with files of its own where it is given a name.

        `of` : the whole that goes into the CSV, where the page shows a part.
        """
        tongue = self.tongue
        frame = frame.drop(columns=CLOCK, errors="ignore")
        named = not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None
        flat = frame.reset_index(names=_levels(frame.index)) if named else frame
        cells = {
            at: [_cell(value, column, tongue) for value in flat.iloc[:, at]]
            for at, column in enumerate(flat.columns)
        }
        shown = pd.DataFrame(cells, index=flat.index)
        shown.columns = pd.Index([tongue.head(column) for column in flat.columns])
        numeric = [kind.kind in "iuf" for kind in flat.dtypes]
        if named and frame.index.nlevels == 1 and BROAD < len(flat.columns) > len(flat) <= UPRIGHT:
            shown = _turned(shown)
            numeric = [False, *(column.str.len().max() <= SHORT for _, column in _others(shown))]
        name = name if not name or name in FIXED else self.file(name)
        more, left_out = tongue.form(len(shown) - rows, ","), ""
        if len(shown) > rows:
            left_out = tongue.say("and {} rows more: {}", more, f"{name}.csv")
            left_out = left_out if name else tongue.say("and {} rows more.", more)
        data = frame if of is None else of.drop(columns=CLOCK, errors="ignore")
        return Table(shown, numeric, caption, name, data, left_out, rows)


def _levels(index: pd.Index) -> list[str]:
    """Names of the levels; none where there is none, which no column has."""
    return [str(name) if name is not None else " " * at for at, name in enumerate(index.names)]


def _cell(value: Any, column: Any, tongue: Tongue) -> str:
    number = isinstance(value, float)
    if number and (column in SHARES or str(column).endswith("_share")):
        return tongue.share(value, 1)
    if number and str(column).startswith("pvalue"):
        return tongue.form(value, ".2g")
    year = column in YEARS and not number
    return str(value) if year else tongue.plain(value)


def _turned(shown: pd.DataFrame) -> pd.DataFrame:
    """Rows as columns, so that a broad table finds room on paper."""
    turned = shown.set_index(shown.columns[0]).T
    turned.insert(0, "", turned.index, allow_duplicates=True)
    return turned.reset_index(drop=True)


def _others(shown: pd.DataFrame) -> list[tuple[Any, pd.Series]]:
    return list(shown.items())[1:]


# ------------------------------------------------------------------------------------ sorting


def sorted_out(
    results: Iterable[Any] | Mapping[str, Any],
) -> tuple[IOTable | None, pd.DataFrame | None, dict[str, Any], dict[str, list[tuple[str, Any]]]]:
    """Tell table and audit from other results, and those by kind, with their titles."""
    if isinstance(results, Mapping):
        titled = {str(title): result for title, result in results.items()}
    else:
        alone = isinstance(results, pd.DataFrame | IOTable) or hasattr(results, "table")
        several = [results] if alone else list(results)
        titled = {f"{UNTITLED}{k + 1}": result for k, result in enumerate(several)}
    table, audit = None, None
    kinds: dict[str, list[tuple[str, Any]]] = {}
    for title, result in titled.items():
        frame = result if isinstance(result, pd.DataFrame) else getattr(result, "table", None)
        if isinstance(result, IOTable):
            table = result
            continue
        if not isinstance(frame, pd.DataFrame):
            raise ParameterError(
                f"the result {title!r} is a {type(result).__name__}. "
                "Give frames, or results that have a frame as .table."
            )
        if isinstance(result, pd.DataFrame):
            title = str(frame.attrs.get("title", title))
        if set(frame.columns) >= AUDIT:
            audit = frame
            continue
        kinds.setdefault(_kind(result), []).append((title, result))
    return table, audit, titled, kinds


def _kind(result: Any) -> str:
    """The name of its class where the report knows that, so that no room is opened for it."""
    if not isinstance(result, pd.DataFrame):
        return next((c.__name__ for c in type(result).__mro__ if c.__name__ in KNOWN), "other")
    if set(result.columns) >= PROFILE:
        return "profile"
    if hasattr(result, "geometry") and {"lq", "z"} & set(result.columns):
        return "map"
    return "quotients" if "lq" in result.columns else "other"
