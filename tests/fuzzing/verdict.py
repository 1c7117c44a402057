"""Reads one spoilt file and says what came of it: read, refused, or a fault, and which.

A table that was read is held to the clean one where the mutation keeps the meaning; else it must
be finite, named and square, every number of it must stand in the file under its own labels, and no
label of the file may have been lost. What is refused must be refused by an error of ours that names
the file or the place.
"""

from __future__ import annotations

import math
import os
import re
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

from .mutators import Draft
from .packing import Formula, Grid, as_text
from .sources import Source

LONGEST = 4000  # characters of a message that somebody can still read
PLACE = re.compile(
    r"""'[^']+'|"[^"]+"|\brow\b|\bcolumn\b|\bsheet\b|position|label|flow|frame|edges"""
)
FAULTS = ("foreign error", "foreign warning", "poor message", "wrong", "unsound", "lost")


@dataclass
class Outcome:
    """What came of a case: `kind` is "read", "refused" or one of FAULTS."""

    kind: str
    detail: str = ""
    seconds: float = 0.0
    peak: float = 0.0  # MiB above what the process held before


def write(draft: Draft, folder: Path) -> Path:
    """Put the files of a case in a folder; gives the path that is to be read."""
    for name, content in draft.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for name, way in draft.odd.items():
        place = folder / name
        if way == "empty folder":
            place.mkdir()
        elif way == "link to itself":
            place.symlink_to(place)
        elif way == "pipe":
            os.mkfifo(place)
        elif way == "device":
            place.symlink_to("/dev/zero")
        elif way == "link":
            place.symlink_to(folder / "real.bin")
    return folder / draft.target if draft.target else folder


def read(draft: Draft, path: Path, clean: Callable[[Source], Any]) -> Outcome:
    """Read the table at the path and judge what comes."""

    def judge(table: kn.IOTable) -> str | None:
        if draft.promise.startswith("equal"):
            apart = _apart(table, clean(draft.source))
            if apart:
                return f"wrong: {apart}"
        return _unsound(table) or (None if draft.promise == "finite" else _lost(table, draft))

    names = [*(Path(name).name for name in draft.files), path.name, path.parent.name, *draft.odd]
    must = draft.promise == "equal"
    return settle(lambda: kn.read_table(path, **draft.arguments), judge, names, must)


def settle(
    run: Callable[[], Any],
    judge: Callable[[Any], str | None],
    names: Iterable[str],
    must: bool = False,
) -> Outcome:
    """Run, and say what came of it."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            result = run()
        except kn.KlasternetError as error:
            kind, detail = _refused(str(error), names)
            if must and kind == "refused":
                kind, detail = "wrong", f"refused what keeps the meaning: {detail}"
        except Exception as error:
            kind, detail = (
                "foreign error",
                f"{type(error).__name__}: {str(error)[:200]} {_where(error)}",
            )
        else:
            kind, detail = "read", ""
    seconds = time.perf_counter() - start
    foreign = [w for w in heard if not issubclass(w.category, kn.KlasternetWarning)]
    if foreign and kind in ("read", "refused"):
        first = foreign[0]
        kind, detail = "foreign warning", f"{first.category.__name__}: {str(first.message)[:200]}"
    if kind == "read":
        fault = judge(result)
        if fault:
            kind, detail = fault.split(": ", 1)
    return Outcome(kind, detail, seconds)


def _refused(message: str, names: Iterable[str]) -> tuple[str, str]:
    named = any(name and name in message for name in names) or PLACE.search(message)
    if len(message) < 20 or not named:
        return "poor message", message[:300]
    if len(message) > LONGEST:
        return "poor message", f"{len(message)} characters: {message[:200]}"
    return "refused", message[:300]


def _where(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "klasternet" in f.filename]
    return f"({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _parts(table: kn.IOTable) -> dict[str, pd.DataFrame | pd.Series]:
    names = ("flows", "final_demand", "value_added", "imports", "satellites", "output", "exports")
    return {name: part for name in names if (part := getattr(table, name)) is not None}


def _apart(table: kn.IOTable, clean: kn.IOTable) -> str | None:
    """Where the table is another than the clean one, names taken in any order."""
    held, wanted = _parts(table), _parts(clean)
    if set(held) != set(wanted):
        return f"parts {sorted(set(held) ^ set(wanted))}"
    for name, part in wanted.items():
        other = held[name]
        for axis in range(part.ndim):
            if set(part.axes[axis]) != set(other.axes[axis]):
                return (
                    f"names of {name}: {sorted(set(part.axes[axis]) ^ set(other.axes[axis]))[:4]}"
                )
        other = other.reindex(part.index)
        other = other[part.columns] if part.ndim == 2 else other
        if not np.allclose(other, part, rtol=1e-9, atol=1e-9):
            return f"numbers of {name}"
    return None


def _unsound(table: Any) -> str | None:
    if not isinstance(table, kn.IOTable):
        return f"unsound: a {type(table).__name__}"
    names = table.industries
    if len(names) < 2 or not names.is_unique or any(not str(n).strip() for n in names):
        return f"unsound: names {list(names)[:5]}"
    for name, part in _parts(table).items():
        if not np.isfinite(part.to_numpy(dtype=float)).all():
            return f"unsound: {name} is not finite"
    if not (table.flows.index.equals(names) and table.flows.columns.equals(names)):
        return "unsound: flows are not square"
    if not table.source:
        return "unsound: no source"
    return None


def _number(cell: Any, decimal: str, thousands: str | None) -> float:
    """A cell as a number by the plainest rule; NaN where it is none."""
    if isinstance(cell, Formula):
        cell = cell.value
    if cell is None or isinstance(cell, bool):
        return math.nan
    if isinstance(cell, str):
        cell = cell.strip()
        if thousands:
            cell = cell.replace(thousands, "")
        cell = cell.replace(decimal, ".")
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _words(cells: Iterable[Any]) -> list[str]:
    words = [" ".join(as_text(cell).split()) for cell in cells]
    words += [word.removesuffix(".0") for word in words if re.fullmatch(r"\d+\.0", word)]
    words += [word.removeprefix("CPA_") for word in words if word.startswith("CPA_")]
    # Eurostat's readers know C10_C12 and C10-C12 for one code
    words += [re.sub(r"[\0-\x08\x0b-\x1f]", "\ufffd", word) for word in words]  # as workbooks do
    return words + [re.sub(r"^([A-U])(\d\d)[-_]\1?(\d\d)$", r"\1\2-\3", word) for word in words]


def _lost(table: kn.IOTable, draft: Draft) -> str | None:
    """Numbers that do not stand in the file, labels of the file that are not in the table."""
    grid, source = draft.grid, draft.source
    if not grid or not grid[0] or source.name in ("japan", "japan_prefectures_2015_12"):
        return None
    if "long" in source.name or source.name.startswith(("usa", "uk", "eurostat_cz", "chile")):
        return None  # labels of the table are not those of the file
    if draft.kind == "folder":
        part = source.part.get(draft.member)
        frames = [getattr(table, part)] if part else []
    else:
        frames = [table.flows, table.final_demand, table.value_added]
    signs = {"decimal": ".", "thousands": None, **draft.told}
    empty = draft.arguments.get("empty")
    grid = [[*row, *[None] * max(0, max(map(len, grid)) - len(row))] for row in grid]
    fault = _provenance([f for f in frames if f is not None], grid, signs, empty)
    if fault:
        return fault
    if source.name == "labelled" and not {"drop", "labels"} & set(draft.arguments):
        known = {*table.industries, "output"}
        for part in (table.final_demand, table.value_added):
            known |= set() if part is None else {*part.index, *part.columns}
        known = {" ".join(name.split()) for name in known}
        full = [row for row in grid if any(as_text(cell).strip() for cell in row)]
        axes = ([row[0] for row in full[1:]], full[0][1:])
        for side, axis in zip(("row", "column"), axes, strict=True):
            said = {" ".join(as_text(cell).split()) for cell in axis} - known - {""}
            for word in said if draft.kind != "xlsx" else {w for w in said if w.isprintable()}:
                return f"lost: {side} {word[:60]!r}"
    if draft.kind == "folder" and frames and part == "flows" and len(grid) - 1 != table.n:
        rows = sum(any(as_text(cell).strip() for cell in row) for row in grid[1:])
        if rows != table.n:
            return f"lost: {rows} rows of flows, {table.n} industries"
    return None


def _provenance(
    frames: list[pd.DataFrame], grid: Grid, signs: dict[str, Any], empty: float | None
) -> str | None:
    """Whether every number of the frames stands in the grid in a line and a column of its names."""
    numbers = np.array([[_number(cell, **signs) for cell in row] for row in grid])
    rows: dict[str, list[int]] = {}
    columns: dict[str, list[int]] = {}
    for i, row in enumerate(grid):
        for word in _words(row[:4]):
            rows.setdefault(word, []).append(i)
    for j in range(len(grid[0])):
        for word in _words(row[j] for row in grid[:8]):
            columns.setdefault(word, []).append(j)
    for frame in frames:
        for name, line in zip(frame.index, frame.to_numpy(), strict=True):
            at = rows.get(" ".join(name.split()), [])
            for other, value in zip(frame.columns, line, strict=True):
                down = columns.get(" ".join(other.split()), [])
                if not any(_same(value, numbers[i, j], empty) for i in at for j in down):
                    return f"lost: {value} at {name[:40]!r}, {other[:40]!r} is not so in the file"
    return None


def _same(value: float, number: float, empty: float | None) -> bool:
    if math.isnan(number):
        return value == (0.0 if empty is None else empty)  # what a layout knows to be nothing
    return math.isclose(abs(value), abs(number), rel_tol=1e-12, abs_tol=0.0)
