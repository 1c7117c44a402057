"""Grids of cells as files, byte for byte the same each time: text, workbooks, Parquet.

Own writers of the least a reader accepts: quick, repeatable (no time stamps), and able to write
what libraries refuse to (formulas that were never computed, rows without end).
"""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Grid = list[list[Any]]
STAMP = (1980, 1, 1, 0, 0, 0)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True)
class Formula:
    """A formula, with the value a spreadsheet computed last, or None where none ever did."""

    text: str
    value: float | None = None

    def __str__(self) -> str:
        return "" if self.value is None else repr(self.value)


@dataclass(frozen=True)
class Mark:
    """An error that a spreadsheet shows, as #REF!."""

    text: str

    def __str__(self) -> str:
        return self.text


def as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int) and abs(cell) > 10**4000:
        return "9" * 5000
    return repr(cell) if isinstance(cell, float) else str(cell)


def as_csv(
    grid: Grid,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    newline: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    for row in grid:
        writer.writerow([as_text(cell) for cell in row])
    return out.getvalue().encode(
        encoding, errors="surrogatepass" if "utf" in encoding else "replace"
    )


def as_gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def as_zip(parts: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()


def column(j: int) -> str:
    """Letters of a column, counted from 0."""
    letters = ""
    j += 1
    while j:
        j, rest = divmod(j - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _cell(cell: Any, at: str, strings: dict[str, int]) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, Formula):
        value = "" if cell.value is None else f"<v>{cell.value!r}</v>"
        return f'<c r="{at}"><f>{escape(cell.text)}</f>{value}</c>'
    if isinstance(cell, Mark):
        return f'<c r="{at}" t="e"><v>{escape(cell.text)}</v></c>'
    if isinstance(cell, bool):
        return f'<c r="{at}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime.date):
        return f'<c r="{at}" s="1"><v>{(cell - datetime.date(1899, 12, 30)).days}</v></c>'
    if isinstance(cell, int | float):
        digits = "9" * 5000 if cell == 10**5000 else repr(cell)  # Python prints no more than 4,300
        return f'<c r="{at}"><v>{digits}</v></c>'
    number = strings.setdefault(str(cell), len(strings))
    return f'<c r="{at}" t="s"><v>{number}</v></c>'


def sheet_xml(
    grid: Grid, strings: dict[str, int], merged: Iterable[str] = (), rows: str = ""
) -> str:
    """A sheet; `rows` is put in as it is, after the cells."""
    lines = [
        f'<row r="{i + 1}">'
        + "".join(_cell(cell, f"{column(j)}{i + 1}", strings) for j, cell in enumerate(row))
        + "</row>"
        for i, row in enumerate(grid)
    ]
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><sheetData>'
        f"{''.join(lines)}{rows}</sheetData>{merges}</worksheet>"
    )


def workbook_parts(
    sheets: dict[str, Grid], merged: Iterable[str] = (), rows: str = ""
) -> list[tuple[str, bytes]]:
    """The parts of a workbook by name, so that they can be spoilt one by one."""
    strings: dict[str, int] = {}
    pages = [sheet_xml(grid, strings, merged, rows) for grid in sheets.values()]
    count = range(1, len(pages) + 1)
    types = [
        ("/xl/workbook.xml", "sheet.main"),
        *((f"/xl/worksheets/sheet{k}.xml", "worksheet") for k in count),
        ("/xl/sharedStrings.xml", "sharedStrings"),
        ("/xl/styles.xml", "styles"),
    ]
    kinds = "".join(
        f'<Override PartName="{part}" ContentType="{OFFICE}.{kind}+xml"/>' for part, kind in types
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{k}" r:id="rId{k}"/>'
        for k, name in zip(count, sheets, strict=True)
    )
    last = len(pages)
    links = [
        *((f"rId{k}", "worksheet", f"worksheets/sheet{k}.xml") for k in count),
        (f"rId{last + 1}", "sharedStrings", "sharedStrings.xml"),
        (f"rId{last + 2}", "styles", "styles.xml"),
    ]
    related = "".join(
        f'<Relationship Id="{key}" Type="{REL}/{kind}" Target="{target}"/>'
        for key, kind, target in links
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    texts = "".join(f'<si><t xml:space="preserve">{escape(_xml(s))}</t></si>' for s in strings)
    styles = (
        '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
    }
    out = [(name, (head + xml).encode("utf-8", "replace")) for name, xml in parts.items()]
    return out + [
        (f"xl/worksheets/sheet{k}.xml", page.encode("utf-8", "replace"))
        for k, page in zip(count, pages, strict=True)
    ]


def _xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c if c in "\t\n\r" or c >= " " else "\ufffd" for c in text)


def as_workbook(grid: Grid, merged: Iterable[str] = (), rows: str = "") -> bytes:
    return as_zip(workbook_parts({"table": grid}, merged, rows))


def as_parquet(grid: Grid, pandas: bool = False, compression: str = "snappy") -> bytes:
    """Columns named by the first row; numbers where all cells of a column are, else text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    head, *body = grid
    width = len(head)
    body = [[*row, *[None] * width][:width] for row in body]
    arrays = []
    for j in range(width):
        cells = [row[j] for row in body]
        cells = [cell.value if isinstance(cell, Formula) else cell for cell in cells]
        sound = all(
            c is None or (isinstance(c, int | float) and not isinstance(c, bool)) for c in cells
        )
        if sound:
            arrays.append(pa.array([None if c is None else float(c) for c in cells], pa.float64()))
        else:
            texts = [
                None if c is None else as_text(c).encode("utf-8", "replace").decode() for c in cells
            ]
            arrays.append(pa.array(texts, pa.string()))
    names = [as_text(cell).encode("utf-8", "replace").decode() for cell in head]
    table = pa.Table.from_arrays(arrays, names=names)
    if pandas:
        frame = table.to_pandas()
        table = pa.Table.from_pandas(frame.set_index(frame.columns[0]))
    out = io.BytesIO()
    pq.write_table(table, out, compression=compression)
    return out.getvalue()


def pack(grid: Grid, kind: str, **how: Any) -> bytes:
    """The grid as a file of this kind: csv, tsv, csv.gz, xlsx or parquet."""
    if kind == "xlsx":
        return as_workbook(grid, **how)
    if kind == "parquet":
        return as_parquet(grid, **how)
    content = as_csv(grid, **{"delimiter": "\t" if kind.startswith("tsv") else ",", **how})
    return as_gzip(content) if kind.endswith(".gz") else content


def unpack(content: bytes, kind: str) -> Grid:
    """The cells of a text file."""
    if kind.endswith(".gz"):
        content = gzip.decompress(content)
    delimiter = "\t" if kind.startswith("tsv") else ","
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
