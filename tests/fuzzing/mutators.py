"""What is done to a clean table: to its cells, to the bytes of its file, to archives and names.

Each mutation is listed under its name with what it promises: "equal" (must be read, and as the
clean table), "equal if read" (an error may be raised instead), "finite" (what is read must be
finite, named, square) or "sound" (and come from the file, nothing lost). `rare` ones take seconds.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .packing import Formula, Grid, Mark, as_gzip, as_text, pack, unpack
from .sources import ALL, TEXT, Source

Generator = np.random.Generator


@dataclass
class Draft:
    """A case in the making: the files it will write, and what is asked of the reader."""

    source: Source
    kind: str
    member: str  # the file that is spoilt
    corner: tuple[int, int]
    files: dict[str, bytes]
    grid: Grid | None = None
    how: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    promise: str = "sound"
    target: str = ""
    odd: dict[str, str] = field(default_factory=dict)  # names that are a folder, a link, a pipe
    mutation: str = ""
    told: dict[str, Any] = field(default_factory=dict)  # decimal and thousands, for the verdict

    @property
    def content(self) -> bytes:
        return self.files[self.member]

    @content.setter
    def content(self, content: bytes) -> None:
        self.files[self.member] = content


Change = Callable[[Draft, Generator], None]


@dataclass(frozen=True)
class Mutation:
    name: str
    change: Change
    stage: str  # grid, bytes, file
    promise: str
    kinds: tuple[str, ...]
    rare: bool = False


MUTATIONS: dict[str, Mutation] = {}
PAGES = (*ALL, "folder")


def mutation(
    name: str,
    stage: str = "grid",
    promise: str = "sound",
    kinds: tuple[str, ...] = PAGES,
    rare: bool = False,
) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        MUTATIONS[name] = Mutation(name, change, stage, promise, kinds, rare)
        return change

    return keep


def begin(source: Source, kind: str, rng: Generator) -> Draft:
    """The clean table as a draft of this kind; in a folder, one file of it."""
    arguments = dict(source.arguments)
    if source.grid is not None:
        member = f"{source.stem}.{kind}"
        grid = [list(row) for row in source.grid]
        return Draft(source, kind, member, source.corner, {}, grid, {}, arguments, target=member)
    files = dict(source.files)
    if kind == "book":
        return Draft(
            source, kind, source.target, (0, 0), files, None, {}, arguments, target=source.target
        )
    member = str(rng.choice(sorted(files)))
    suffix = "csv.gz" if member.endswith(".gz") else "csv"
    grid = unpack(files[member], suffix)
    return Draft(source, kind, member, (1, 1), files, grid, {}, arguments)


def make(mutant: Mutation, source: Source, kind: str, rng: Generator) -> Draft:
    draft = begin(source, kind, rng)
    draft.promise = mutant.promise
    if mutant.stage == "grid":
        mutant.change(draft, rng)
    if draft.grid is not None and (source.grid is not None or mutant.stage == "grid"):
        suffix = "csv.gz" if draft.member.endswith(".gz") else draft.member.rsplit(".", 1)[1]
        draft.content = pack(draft.grid, suffix, **draft.how)
    if mutant.stage != "grid":
        before = draft.content
        mutant.change(draft, rng)
        if draft.files.get(draft.member) != before:
            draft.grid = None if mutant.rare else _regained(draft)
    return draft


def _regained(draft: Draft) -> Grid | None:
    """What the spoilt file says, where that is plain to see."""
    if draft.member not in draft.files or not draft.member.endswith(("csv", "tsv", "csv.gz")):
        return None
    kind = draft.member.split(".", 1)[1]
    try:
        return unpack(draft.files[draft.member], kind)
    except (ValueError, OSError, EOFError, zlib.error, csv.Error):
        return None


def numeric(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError, OverflowError):
        return False
    return not isinstance(cell, bool)


def _rows(draft: Draft) -> range:
    return range(draft.corner[0], len(draft.grid))


def _columns(draft: Draft) -> range:
    return range(draft.corner[1], max(map(len, draft.grid)))


def _somewhere(draft: Draft, rng: Generator) -> tuple[int, int]:
    """A cell that holds a number."""
    cells = [
        (i, j)
        for i in _rows(draft)
        for j in range(draft.corner[1], len(draft.grid[i]))
        if numeric(draft.grid[i][j])
    ]
    return cells[int(rng.integers(len(cells)))] if cells else (len(draft.grid) - 1, 0)


def _each_number(draft: Draft, how: Callable[[Any], Any]) -> None:
    for i in _rows(draft):
        line = draft.grid[i]
        for j in range(draft.corner[1], len(line)):
            if numeric(line[j]):
                line[j] = how(line[j])


# --------------------------------------------------------------------- what keeps the meaning


@mutation("nothing", promise="equal", kinds=(*PAGES, "book"))
def nothing(draft, rng):
    pass


@mutation("rows shuffled", promise="equal if read")
def rows_shuffled(draft, rng):
    rows = list(_rows(draft))
    draft.grid[draft.corner[0] :] = [draft.grid[i] for i in rng.permutation(rows)]


@mutation("columns shuffled", promise="equal if read")
def columns_shuffled(draft, rng):
    width = max(map(len, draft.grid))
    order = [*range(draft.corner[1]), *map(int, rng.permutation(range(draft.corner[1], width)))]
    draft.grid[:] = [[[*row, *[None] * width][j] for j in order] for row in draft.grid]


@mutation("empty lines between", promise="equal if read", kinds=(*TEXT, "xlsx", "folder"))
def empty_lines(draft, rng):
    width = len(draft.grid[0])
    for _ in range(int(rng.integers(1, 6))):
        draft.grid.insert(int(rng.integers(len(draft.grid) + 1)), [None] * width)
    if rng.random() < 0.5 and draft.kind != "folder":
        at = int(rng.integers(width + 1))
        for row in draft.grid:
            row[at:at] = [None] * 3


@mutation("byte order mark", stage="bytes", promise="equal", kinds=(*TEXT, "folder"))
def byte_order_mark(draft, rng):
    if draft.member.endswith(".gz"):
        draft.content = as_gzip(b"\xef\xbb\xbf" + gzip.decompress(draft.content))
    else:
        draft.content = b"\xef\xbb\xbf" + draft.content


@mutation("line ends and quotes", promise="equal", kinds=(*TEXT, "folder"))
def line_ends(draft, rng):
    draft.how = {
        "newline": str(rng.choice(["\r\n", "\r", "\n"])),
        "quoting": int(rng.choice([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
    }


@mutation("trailing delimiters", promise="equal if read", kinds=(*TEXT, "folder"))
def trailing(draft, rng):
    for i in range(len(draft.grid)):
        if i or rng.random() < 0.5:
            draft.grid[i] += [""] * int(rng.integers(4))


@mutation("numbers written otherwise", promise="equal", kinds=TEXT)
def notation(draft, rng):
    ways = [
        lambda v: f"{float(v):.17e}",
        lambda v: f" {float(v)!r} ",
        lambda v: f"+{v}" if float(v) > 0 else v,
        lambda v: f"{float(v)!r}E0" if "e" not in repr(float(v)) else v,
    ]
    _each_number(draft, ways[int(rng.integers(len(ways)))])


def _grouped(value: Any, decimal: str, thousands: str) -> str:
    text = f"{float(value):,.4f}"
    return text.translate({ord(","): thousands, ord("."): decimal})


@mutation("decimal commas, said", promise="equal", kinds=(*TEXT, "xlsx"))
def decimal_commas(draft, rng):
    _each_number(draft, lambda v: as_text(v).replace(".", ","))
    draft.arguments |= {"decimal": ","}
    draft.told = {"decimal": ","}


@mutation("decimal commas, not said", promise="equal if read", kinds=PAGES)
def decimal_commas_unsaid(draft, rng):
    _each_number(draft, lambda v: as_text(v).replace(".", ","))


@mutation("thousands grouped, said", promise="sound", kinds=(*TEXT, "xlsx"))
def thousands(draft, rng):
    signs = [(",", "."), (".", ","), (".", " "), (".", "'"), (",", "\u00a0")]
    decimal, sign = signs[int(rng.integers(len(signs)))]
    _each_number(draft, lambda v: _grouped(v, decimal, sign))
    draft.told = {"decimal": decimal, "thousands": sign}
    draft.arguments |= draft.told


@mutation("thousands grouped, not said", kinds=PAGES)
def thousands_unsaid(draft, rng):
    decimal, sign = [(",", "."), (".", ","), (".", " "), (".", "'")][int(rng.integers(4))]
    _each_number(draft, lambda v: _grouped(v, decimal, sign))


@mutation("another delimiter, said", promise="equal", kinds=TEXT)
def delimiter(draft, rng):
    sign = str(rng.choice([";", "|", "\t", ",", "^"]))
    draft.how = {"delimiter": sign}
    draft.arguments |= {"delimiter": sign}


@mutation("another delimiter, not said", promise="equal if read", kinds=TEXT)
def delimiter_unsaid(draft, rng):
    draft.how = {"delimiter": str(rng.choice([";", "|", " ", ":", "\t"]))}


ENCODINGS = ["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "gb18030", "utf-8-sig"]


@mutation("another encoding, said", promise="equal if read", kinds=TEXT)
def encoding(draft, rng):
    name = str(rng.choice(ENCODINGS))
    draft.how = {"encoding": name}
    draft.arguments |= {"encoding": name}


@mutation("another encoding, not said", kinds=(*TEXT, "folder"))
def encoding_unsaid(draft, rng):
    draft.how = {"encoding": str(rng.choice(ENCODINGS))}


@mutation("encoding said wrongly", promise="finite", kinds=TEXT)
def encoding_wrong(draft, rng):
    names = [*ENCODINGS, "ascii", "idna", "punycode", "utf-7", "undefined", "base64", "none", "\0"]
    draft.arguments |= {"encoding": str(rng.choice(names))}


@mutation("numbers as text or formulas", promise="equal", kinds=("xlsx",))
def as_formulas(draft, rng):
    if rng.random() < 0.5:
        _each_number(draft, lambda v: Formula("SUM(A1:A2)", float(v)))
    else:
        _each_number(draft, as_text)


# ----------------------------------------------------------------------- what changes the cells


@mutation("formula never computed", kinds=("xlsx",))
def uncomputed(draft, rng):
    text = str(rng.choice(["SUM(A1:B2)", "1+1", 'WEBSERVICE("http://x")', "cmd|'/c calc'!A1"]))
    if rng.random() < 0.3:
        _each_number(draft, lambda v: Formula(text))
    else:
        i, j = _somewhere(draft, rng)
        draft.grid[i][j] = Formula(text)
    if rng.random() < 0.3:
        draft.arguments |= {"empty": 0}


ODD = [
    *("", None, "n.a.", "-", "NaN", "nan", "inf", "-Infinity", "1e999", "0x1F", "1_000", "1,234.5"),
    *(
        "1.234,5",
        "١٢٣",
        "１２",
        "²",
        "½",
        "=1+1",
        "@SUM(A1)",
        "True",
        "1e5",
        "--5",
        "5-",
        "(5)",
        "$5",
    ),
    *("5%", "2020-01-31", "1 000", "1\u00a0000", "\u202e123", "1\x00", "1\n2", '"', "'5", "None"),
    *("1j", "NULL", "#REF!", "5 mio", "9" * 500, "9" * 5000, "0." + "0" * 400 + "1", "a" * 50_000),
]
TYPED = [
    *(True, datetime.date(2020, 1, 31), Mark("#REF!"), Mark("#DIV/0!"), 10**400, 10**5000, 1e308),
    *(float("inf"), float("nan"), -1e-320, 2**63, Formula("1/0", float("nan")), -1.0, 0),
]


@mutation("an odd cell")
def odd_cell(draft, rng):
    i, j = _somewhere(draft, rng)
    choices = ODD if draft.kind != "xlsx" or rng.random() < 0.6 else TYPED
    draft.grid[i][j] = choices[int(rng.integers(len(choices)))]
    if rng.random() < 0.2 and draft.kind != "folder":
        draft.arguments |= {"empty": 0}


@mutation("many odd cells")
def odd_cells(draft, rng):
    for _ in range(int(rng.integers(2, 20))):
        odd_cell(draft, rng)


@mutation("a negative or huge number")
def other_number(draft, rng):
    i, j = _somewhere(draft, rng)
    values = [-1.0, -1e9, 1e300, 1.7e308, 1e-300, 1e15 + 0.5, 123456789.123]
    draft.grid[i][j] = float(rng.choice(values))


@mutation("huge numbers everywhere")
def huge(draft, rng):
    _each_number(draft, lambda v: float(v) * 1e305)


@mutation("two cells swapped")
def swapped(draft, rng):
    (i, j), (k, m) = _somewhere(draft, rng), _somewhere(draft, rng)
    cells = draft.grid
    cells[i][j], cells[k][m] = cells[k][m], cells[i][j]


@mutation("a row missing")
def row_missing(draft, rng):
    del draft.grid[int(rng.integers(len(draft.grid)))]


@mutation("a column missing")
def column_missing(draft, rng):
    at = int(rng.integers(len(draft.grid[0])))
    for row in draft.grid:
        del row[at : at + 1]


@mutation("a row doubled")
def row_doubled(draft, rng):
    row = list(draft.grid[int(rng.integers(len(draft.grid)))])
    draft.grid.insert(int(rng.integers(len(draft.grid) + 1)), row)


@mutation("a column doubled")
def column_doubled(draft, rng):
    width = len(draft.grid[0])
    take, put = int(rng.integers(width)), int(rng.integers(width + 1))
    for row in draft.grid:
        row.insert(put, row[take] if take < len(row) else None)


@mutation("a ragged row")
def ragged(draft, rng):
    row = draft.grid[int(rng.integers(len(draft.grid)))]
    if rng.random() < 0.5:
        del row[int(rng.integers(len(row))) :]
    else:
        extra = [["x"], ["1"], ["", "5"], ["note", "", ""]][int(rng.integers(4))]
        at = len(row) if rng.random() < 0.7 else int(rng.integers(len(row)))
        row[at:at] = extra


@mutation("one more cell in every row but the head", kinds=(*TEXT, "folder"))
def longer_rows(draft, rng):
    front = rng.random() < 0.5
    for row in draft.grid[1:]:
        row.insert(0 if front else len(row), str(int(rng.integers(100))))


@mutation("turned")
def turned(draft, rng):
    width = max(map(len, draft.grid))
    draft.grid[:] = [[[*row, *[None] * width][j] for row in draft.grid] for j in range(width)]


NAMES = [
    *(
        "",
        None,
        "  ",
        "nan",
        "NA",
        "None",
        "Total",
        "Jumlah",
        "output",
        "1",
        "1.0",
        "0",
        "Unnamed: 3",
    ),
    *(
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a\nb",
        "a\tb",
        "a,b",
        'a"b',
        "a'b",
        "\x1a",
    ),
    *(
        "\u202eevil",
        "\u200b",
        "\ufeff",
        "e\u0301",
        "é",
        "💥",
        "\x00",
        "x" * 300,
        "y" * 40_000,
        "\\",
    ),
    *("../../etc/passwd", "%s%n", "{0}", "P1", "TU", "A", "01", "R1C1", "index", "level_0"),
]


@mutation("a label changed")
def label(draft, rng):
    name = NAMES[int(rng.integers(len(NAMES)))]
    row = rng.random() < 0.5
    if row and len(_rows(draft)):
        draft.grid[int(rng.choice(_rows(draft)))][int(rng.integers(draft.corner[1]))] = name
    else:
        head = draft.grid[int(rng.integers(draft.corner[0]))]
        head[int(rng.integers(len(head)))] = name


@mutation("many labels changed")
def some_labels(draft, rng):
    for _ in range(int(rng.integers(2, 12))):
        label(draft, rng)


@mutation("an industry renamed on both sides")
def renamed(draft, rng):
    name = NAMES[int(rng.integers(len(NAMES)))]
    at = draft.grid[int(rng.choice(_rows(draft)))]
    old = at[int(rng.integers(draft.corner[1]))]
    draft.grid[:] = [[name if cell == old else cell for cell in row] for row in draft.grid]


@mutation("labels swapped")
def labels_swapped(draft, rng):
    head = draft.grid[draft.corner[0] - 1]
    i, j = rng.integers(len(head), size=2)
    head[i], head[j] = head[j], head[i]


@mutation("a total added")
def total(draft, rng):
    width = len(draft.grid[0])
    sums = ["Total" if rng.random() < 0.5 else "whole", *[None] * (draft.corner[1] - 1)]
    for j in range(draft.corner[1], width):
        cells = [row[j] for row in draft.grid[draft.corner[0] :] if j < len(row)]
        sums.append(sum(float(cell) for cell in cells if numeric(cell)))
    draft.grid.append(sums)


@mutation("titles and notes around")
def notes(draft, rng):
    width = len(draft.grid[0])
    for text in ("Table 1", "in millions", "")[: int(rng.integers(1, 4))]:
        draft.grid.insert(0, [text, *[None] * (width - 1)])
    draft.grid.append(["Source: the office", *[None] * (width - 1)])


@mutation("mixed types in a column")
def mixed(draft, rng):
    j = int(rng.choice(_columns(draft)))
    for i in _rows(draft):
        if j < len(draft.grid[i]) and rng.random() < 0.5:
            draft.grid[i][j] = str(draft.grid[i][j]) + str(rng.choice(["", " ", "*", ".", "e"]))


@mutation("several at once")
def several(draft, rng):
    grids = [m for m in MUTATIONS.values() if m.stage == "grid" and draft.kind in m.kinds]
    grids = [m for m in grids if not m.rare and m.change is not several]
    for at in rng.integers(len(grids), size=int(rng.integers(2, 5))):
        if draft.grid and len(draft.grid) > draft.corner[0] and draft.grid[0]:
            grids[at].change(draft, rng)
    draft.promise = "sound"
    draft.told = {k: draft.arguments[k] for k in ("decimal", "thousands") if k in draft.arguments}
