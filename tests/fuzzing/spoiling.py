"""What is done to the bytes of a file, to archives, and to what stands at a path."""

from __future__ import annotations

import io
import pickle
import re
import stat
import zipfile
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from .mutators import PAGES, Draft, mutation
from .packing import (
    STAMP,
    Grid,
    as_csv,
    as_gzip,
    as_parquet,
    as_workbook,
    as_zip,
    column,
    workbook_parts,
)
from .sources import ALL, TEXT

ANY = (*PAGES, "book")
BOOKS = ("xlsx", "book")


# ------------------------------------------------------------------------------------- bytes


@mutation("cut short", "bytes", kinds=ANY)
def cut(draft, rng):
    draft.content = draft.content[: int(rng.integers(len(draft.content)))]


@mutation("bytes changed", "bytes", kinds=ANY)
def flipped(draft, rng):
    content = bytearray(draft.content)
    for at in rng.integers(len(content), size=int(2 ** rng.integers(0, 6))):
        content[at] = (
            int(rng.integers(256))
            if rng.random() < 0.5
            else content[at] ^ (1 << int(rng.integers(8)))
        )
    draft.content = bytes(content)


def _span(length: int, rng) -> tuple[int, int]:
    a, b = sorted(int(k) for k in rng.integers(length + 1, size=2))
    return a, b if rng.random() < 0.3 else min(b, a + 200)


@mutation("a stretch left out", "bytes", kinds=ANY)
def left_out(draft, rng):
    a, b = _span(len(draft.content), rng)
    draft.content = draft.content[:a] + draft.content[b:]


@mutation("a stretch twice", "bytes", kinds=ANY)
def twice(draft, rng):
    a, b = _span(len(draft.content), rng)
    draft.content = draft.content[:b] + draft.content[a:]


@mutation("a stretch of zeros", "bytes", kinds=ANY)
def zeros(draft, rng):
    a, b = _span(len(draft.content), rng)
    draft.content = draft.content[:a] + bytes(b - a) + draft.content[b:]


@mutation("noise put in", "bytes", kinds=ANY)
def noise(draft, rng):
    at = int(rng.integers(len(draft.content) + 1))
    draft.content = draft.content[:at] + rng.bytes(int(rng.integers(1, 300))) + draft.content[at:]


@mutation("nothing but noise", "bytes", kinds=ANY)
def only_noise(draft, rng):
    head = draft.content[: int(rng.choice([0, 4, 30]))]
    draft.content = head + rng.bytes(int(rng.integers(1, 5000)))


@mutation("nothing but text", "bytes", kinds=ANY)
def only_text(draft, rng):
    signs = list(",;\t\n\r\"'ab1.- \ufeff=")
    draft.content = "".join(rng.choice(signs, int(rng.integers(1, 400)))).encode()


@mutation("more behind the end", "bytes", kinds=ANY)
def behind(draft, rng):
    more = [draft.content, bytes(100), b"\n\n\n", rng.bytes(50), b"note"][int(rng.integers(5))]
    draft.content += more


@mutation("empty", "bytes", kinds=ANY)
def empty(draft, rng):
    contents = [b"", b"\n\n", b" \t\r\n", b"\xef\xbb\xbf", b",,,\n,,,\n", b'""', b"\0", b'"']
    contents += [as_gzip(content) for content in contents]
    draft.content = contents[int(rng.integers(len(contents)))]


@mutation("text cut before it was packed", "bytes", kinds=("csv.gz",))
def cut_inside(draft, rng):
    import gzip

    content = gzip.decompress(draft.content)
    draft.content = as_gzip(content[: int(rng.integers(len(content)))])


@mutation("a part of the workbook spoilt", "bytes", kinds=BOOKS)
def part(draft, rng):
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    # mostly the parts that are read
    known = [k for k, (name, _) in enumerate(parts) if re.search(r"sheet|book|shared|style", name)]
    at = int(rng.choice(known if rng.random() < 0.9 else range(len(parts))))
    name, content = parts[at]
    way = int(rng.integers(5))
    if way == 0:
        content = content[: int(rng.integers(len(content) + 1))]
    elif way == 1:
        changed = bytearray(content)
        for k in rng.integers(max(len(changed), 1), size=int(rng.integers(1, 9))):
            changed[k] = int(rng.integers(256))
        content = bytes(changed)
    elif way == 2:
        content = _attribute(content, rng)
    elif way == 3:
        del parts[at]
    else:
        a, b = _span(len(content), rng)
        content = content[:a] + content[b:]
    if way != 3:
        parts[at] = (name, content)
    draft.content = as_zip(parts)


def _attribute(content: bytes, rng) -> bytes:
    """Another value for one attribute or one text, so that the XML stays well formed."""
    found = list(re.finditer(rb'="([^"]*)"|>([^<]+)<', content))
    if not found:
        return content
    at = found[int(rng.integers(len(found)))]
    values = [
        b"",
        b"-1",
        b"99999999999",
        b"x",
        b"A1:XFD1048576",
        b"s",
        b"e",
        b"inlineStr",
        b"1e999",
    ]
    group = 1 if at.group(1) is not None else 2
    a, b = at.span(group)
    return content[:a] + values[int(rng.integers(len(values)))] + content[b:]


# ---------------------------------------------------------------------------------- archives


def _lie(content: bytes, name: str, size: int) -> bytes:
    """The archive with another unpacked size stated for a part."""
    changed = bytearray(content)
    at = changed.rfind(name.encode())
    changed[at - 46 + 24 : at - 46 + 28] = size.to_bytes(4, "little")
    return bytes(changed)


@mutation("sizes in the archive that lie", "bytes", kinds=BOOKS)
def lying(draft, rng):
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        name = str(rng.choice(book.namelist()))
    size = int(rng.choice([0, 1, 50, 2**20, 2**31, 2**32 - 2]))
    draft.content = _lie(draft.content, name, size)


@mutation("path tricks in the archive", "bytes", kinds=BOOKS)
def paths(draft, rng):
    """Members that would be written elsewhere, links, members twice: none is unpacked to a disk."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    names = [
        "../../outside.xml",
        "/tmp/klasternet-outside",
        "C:\\outside",
        "xl/../../x",
        "xl\\a",
        "",
    ]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name, STAMP), content)
        for name in rng.choice(names, 2, replace=False):
            info = zipfile.ZipInfo(str(name), STAMP)
            if rng.random() < 0.5:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, b"/etc/passwd")
    draft.content = out.getvalue()


@mutation("a member of the archive is a link or stands twice", "bytes", kinds=BOOKS)
def doubled_member(draft, rng):
    import warnings

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    at = int(rng.integers(len(parts)))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k, (name, content) in enumerate(parts):
            info = zipfile.ZipInfo(name, STAMP)
            if k == at and rng.random() < 0.5:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = b"../../../etc/passwd"
            archive.writestr(info, content)
            if k == at:
                archive.writestr(zipfile.ZipInfo(name, STAMP), b"<other/>")
    draft.content = out.getvalue()


def overlapped(content: bytes, copies: int) -> bytes:
    """The archive with its last member listed so many times more: all share its bytes."""
    end = content.rfind(b"PK\x05\x06")
    size, start = (int.from_bytes(content[end + k : end + k + 4], "little") for k in (12, 16))
    last = content[content.rfind(b"PK\x01\x02") : end]
    entries = content[start : start + size] + last * copies
    number = int.from_bytes(content[end + 10 : end + 12], "little") + copies
    tail = b"PK\x05\x06" + bytes(4) + 2 * (number % 2**16).to_bytes(2, "little")
    tail += len(entries).to_bytes(4, "little") + start.to_bytes(4, "little") + bytes(2)
    return content[:start] + entries + tail


@mutation("members of the archive that overlap", "bytes", kinds=BOOKS)
def overlapping(draft, rng):
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    parts.append(("xl/media/more.bin", bytes(int(rng.choice([100, 10**6, 10**7])))))
    draft.content = overlapped(as_zip(parts), int(rng.choice([1, 20, 1000, 60_000])))


@mutation("targets in the workbook that lead outside", "bytes", kinds=BOOKS)
def targets(draft, rng):
    with zipfile.ZipFile(io.BytesIO(draft.content)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    to = [b"../../../../etc/passwd", b"file:///etc/passwd", b"/xl/workbook.xml", b"http://x/y", b""]
    name = str(rng.choice([name for name in parts if name.endswith(".rels")]))
    new = to[int(rng.integers(len(to)))]
    parts[name] = re.sub(rb'Target="[^"]*"', b'Target="' + new + b'"', parts[name])
    draft.content = as_zip(parts.items())


@mutation("entities in the workbook", "bytes", kinds=("xlsx",))
def entities(draft, rng):
    parts = dict(workbook_parts({"table": draft.source.grid}))
    depth, each = [(3, 10), (9, 10), (2, 60_000)][int(rng.integers(3))]
    lines = ['<!ENTITY e0 "1">', '<!ENTITY file SYSTEM "file:///etc/passwd">']
    lines += [f'<!ENTITY e{k} "{f"&e{k - 1};" * each}">' for k in range(1, depth)]
    name = str(rng.choice(["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]))
    xml = parts[name].decode()
    root = re.search(r"<(\w+) xmlns", xml).group(1)
    kind = f"<!DOCTYPE {root} [{''.join(lines)}]>"
    which = "&file;" if rng.random() < 0.3 else f"&e{depth - 1};"
    xml = xml.replace("?>", "?>" + kind, 1)
    xml = re.sub(r">([^<>]+)</", f">{which}</", xml, count=3)
    encoding = str(rng.choice(["utf-8", "utf-8", "utf-16"]))
    parts[name] = xml.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    draft.content = as_zip(parts.items())


@mutation("a gzip bomb", "bytes", kinds=("csv.gz", "folder"), rare=True)
def gzip_bomb(draft, rng):
    size = int(rng.choice([30, 120, 250, 400, 1500])) << 20
    cell = [b"0,", b"0,0,0,0,0,0,0,0,0\n", b'"",\n', bytes(8), b"ab\n", b"1,\n"][
        int(rng.integers(6))
    ]
    draft.content = _packed_many(b"a,b,c\n" if rng.random() < 0.3 else b"", cell, size)
    if draft.kind == "folder" and not draft.member.endswith(".gz"):
        name = f"{draft.member}.gz"
        del draft.files[name.removesuffix(".gz")]
        draft.member = name
        draft.files[name] = _packed_many(b"", cell, size)


def _packed_many(head: bytes, cell: bytes, size: int) -> bytes:
    import gzip

    out = io.BytesIO()
    block = cell * max(1, (1 << 20) // len(cell))
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed:
        packed.write(head)
        for _ in range(max(1, size // len(block))):
            packed.write(block)
    return out.getvalue()


@mutation("a workbook that unpacks to much", "bytes", kinds=("xlsx",), rare=True)
def workbook_bomb(draft, rng):
    parts = dict(workbook_parts({"table": draft.source.grid}))
    size = int(rng.choice([20, 60, 120, 250, 400, 2000])) << 20
    where = str(
        rng.choice(["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "x.bin"])
    )
    fill = {
        "xl/worksheets/sheet1.xml": [
            (b"</sheetData>", b"<row/>"),
            (b"</sheetData>", b'<row><c t="s"><v>0</v></c></row>'),
            (b"</sheetData>", b'<row r="7"><c r="A7"/></row>'),
            (b"</row>", b"<c/>"),
            (b"</worksheet>", b"<x/>"),
            (b"</row>", b"<c><v>1</v></c>"),
        ],
        "xl/sharedStrings.xml": [(b"</sst>", b"<si><t>a</t></si>"), (b"</t>", b"aaaaaaaaaaaaa")],
        "xl/styles.xml": [(b"</cellXfs>", b"<xf/>")],
        "x.bin": [(b"", bytes(100))],
    }[where]
    before, piece = fill[int(rng.integers(len(fill)))]
    content = parts.get(where, b"")
    at = content.find(before)
    if size > 500 << 20:
        parts[where] = content
        draft.content = _lie(as_zip(parts.items()), where, size)
        return
    parts[where] = content[:at] + piece * (size // len(piece)) + content[at:]
    draft.content = as_zip(parts.items())


@mutation(
    "a million empty rows", "bytes", promise="equal if read", kinds=("csv", "xlsx"), rare=True
)
def million(draft, rng):
    grid: Grid = draft.grid
    if draft.kind == "csv":
        line = [b"\n", b",\n", b"," * (len(grid[0]) - 1) + b"\r\n"][int(rng.integers(3))]
        draft.content += line * 1_000_000
        return
    styled = int(rng.integers(3))
    cells = "".join(f'<c r="{column(j)}{{0}}" s="1"/>' for j in range(styled * 2))
    rows = "".join(
        f'<row r="{i}">{cells.replace("{0}", str(i))}</row>'
        for i in range(len(grid) + 1, 1_000_000)
    )
    draft.content = as_workbook(grid, rows=rows)


@mutation("a Parquet file that unpacks to much", "bytes", kinds=("parquet",), rare=True)
def parquet_bomb(draft, rng):
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    rows = int(rng.choice([10**5, 10**6, 4 * 10**6]))
    same = pa.array(np.zeros(rows)) if rng.random() < 0.5 else pa.array(["a"] * rows)
    width = int(rng.choice([1, 20, 200]))
    if rows * width > 10**8:
        width = 10**8 // rows
    names = ["label", *(f"c{k}" for k in range(width))]
    table = pa.Table.from_arrays([pa.array(["a"] * rows), *[same] * width], names=names)
    pq.write_table(table, out, compression="zstd")
    draft.content = out.getvalue()


# --------------------------------------------------------------------------- names and kinds


class Trap:
    """What runs if a pickle is ever loaded: a file appears."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return open, (self.file, "w")


@mutation("a pickle under this name", "bytes", kinds=ANY)
def pickled(draft, rng):
    trap = pickle.dumps(Trap("klasternet-was-here"), protocol=int(rng.integers(6)))
    draft.content = as_gzip(trap) if rng.random() < 0.3 else trap


def _others(draft: Draft) -> list[bytes]:
    grid = draft.source.grid or [["a", "b"], ["b", 1.0]]
    as_text = as_csv(grid)
    return [
        *(as_text, as_gzip(as_text), as_gzip(as_gzip(as_text)), as_workbook(grid)),
        *(
            as_parquet(grid),
            as_zip([("table.csv", as_text)]),
            as_zip([]),
            b"PK\x05\x06" + bytes(18),
        ),
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"%PDF-1.4\n", b"<html></html>"),
        *(
            b"\x93NUMPY\x01\x00",
            b"SQLite format 3\0",
            b"ustar",
            b"BZh91AY",
            b"\xfd7zXZ\0",
            b"PAR1PAR1",
        ),
        *(
            b"{}",
            b'[{"a": 1}]',
            b"<?xml version='1.0'?><table/>",
            b"\x89HDF\r\n\x1a\n",
            b"ARROW1\0\0",
        ),
    ]


@mutation("another kind than the name says", "bytes", kinds=ANY)
def other_kind(draft, rng):
    others = _others(draft)
    draft.content = others[int(rng.integers(len(others)))]


@mutation("another name than its kind", "file", kinds=(*ALL, "book"))
def other_name(draft, rng):
    endings = ["", ".csv", ".tsv", ".txt", ".csv.gz", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet"]
    endings += [".pq", ".zip", ".gz", ".pkl", ".json", ".XLSX", ".CSV", ".csv.bz2", ".tar.gz", "."]
    name = "table" + str(rng.choice(endings))
    draft.files = {name: draft.files[draft.member]}
    draft.member = draft.target = name
    draft.promise = "equal if read"


@mutation("odd file name", "file", promise="equal if read", kinds=ALL)
def file_name(draft, rng):
    stems = [
        "a" * 200,
        "tåble €",
        "\u202etable",
        "a\nb",
        "%s",
        "a b",
        "-x",
        "~",
        "{x}",
        "..a",
        "💥",
    ]
    ending = draft.member.split(".", 1)[1]
    name = f"{stems[int(rng.integers(len(stems)))]}.{ending}"
    draft.files = {name: draft.files[draft.member]}
    draft.member = draft.target = name


@mutation("a path that cannot be", "file", kinds=ALL)
def no_path(draft, rng):
    names = ["x" * 300, "x" * 5000, "a\0b.csv", "~nobody-of-this-name/x.csv", "", "no/such/x.csv"]
    names += [
        "sector,a,b\na,1,2\nb,3,4\n",
        "http://localhost/x.csv",
        "\udcff.csv",
        draft.member + "/x",
    ]
    draft.target = names[int(rng.integers(len(names)))]
    draft.grid = None


@mutation("no file stands there", "file", kinds=ALL)
def stands_there(draft, rng):
    way = str(rng.choice(["folder", "empty folder", "link to itself", "pipe", "device", "link"]))
    content = draft.files.pop(draft.member)
    if way == "folder":
        draft.files[str(PurePosixPath(draft.member) / draft.member)] = content
    elif way == "link":
        draft.files["real.bin"] = content
    draft.odd[draft.member] = way
    draft.promise = "equal if read"


@mutation("a file of the folder missing", "file", kinds=("folder",))
def file_missing(draft, rng):
    del draft.files[draft.member]
    draft.grid = None


@mutation("more files in the folder", "file", kinds=("folder",), promise="equal if read")
def more_files(draft, rng):
    others = _others(draft)
    for k, ending in enumerate((".csv", ".xlsx", ".parquet", ".csv.gz", ".zip", ".txt")):
        if rng.random() < 0.5:
            draft.files[f"more {k}{ending}"] = others[int(rng.integers(len(others)))]
    draft.odd[f"a{ending}"] = str(rng.choice(["empty folder", "link to itself", "pipe"]))


@mutation("files of the folder exchanged", "file", kinds=("folder",))
def exchanged(draft, rng):
    a, b = rng.choice(sorted(draft.files), 2, replace=False)
    draft.files[a], draft.files[b] = draft.files[b], draft.files[a]
    draft.grid = None


@mutation("a folder renamed to a file", "file", kinds=("folder",))
def folder_file(draft, rng):
    way = str(rng.choice(["empty folder", "pipe", "link to itself", "link"]))
    draft.files["real.bin"] = draft.files.pop(draft.member)
    draft.odd[draft.member] = way
    draft.grid = None


@mutation("merged cells", "bytes", kinds=("xlsx",))
def merged(draft, rng):
    grid = [list(row) for row in draft.grid]
    i, j = int(rng.integers(len(grid))), int(rng.integers(len(grid[0])))
    k, m = min(i + int(rng.integers(1, 3)), len(grid) - 1), min(j + 1, len(grid[0]) - 1)
    for a in range(i, k + 1):
        for b in range(j, m + 1):
            if (a, b) != (i, j) and b < len(grid[a]):
                grid[a][b] = None
    refs = [f"{column(j)}{i + 1}:{column(m)}{k + 1}"]
    if rng.random() < 0.3:  # over the whole sheet, over nothing
        refs.append(str(rng.choice(["A1:XFD1048576", "B2:A1", "A0", "x", "A1:A1 C3"])))
    draft.content = as_workbook(grid, refs)
    draft.promise = "sound"


@mutation("several sheets", "bytes", promise="equal if read", kinds=("xlsx",))
def sheets(draft, rng):
    grid = draft.grid
    pages = {"notes": [["a note"]], "table": grid, "2010": [["x", "y"], ["y", 1.0]]}
    draft.content = as_zip(workbook_parts(pages))
    wanted = ["table", 1, None, "tabel", 7, -1, 0, "2010", True, 1.0]
    sheet = wanted[int(rng.integers(len(wanted)))]
    if sheet is not None:
        draft.arguments |= {"sheet": sheet}
    if sheet not in ("table", 1):
        draft.promise = "sound"
        draft.grid = None
    assert TEXT
