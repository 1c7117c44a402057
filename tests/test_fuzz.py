"""Spoilt files and frames: read rightly or refused in our words; every fault found, as a test.

The recorded run is `python -m benchmarks.fuzzing`; here a few hundred of its kind, and the smallest
file for each fault that it, or reading for it, has found.
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import cases, packing, sources, spoiling, verdict

import klasternet as kn
from klasternet.tables import unpacking, workbooks

GRID = [["", "farms", "mills", "use"], ["farms", 1.0, 2.0, 3.0], ["mills", 4.0, 5.0, 6.0]]
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
GOOD = ("read", "refused", "no frame")


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def book(folder: Path, part: str = SHEET, old: str = "", new: str = "", grid=GRID) -> Path:
    """A workbook with one text in one of its parts replaced."""
    parts = dict(packing.workbook_parts({"table": grid}))
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)
    return put(folder, "table.xlsx", packing.as_zip(parts.items()))


def refused(path, match: str, **how) -> str:
    with pytest.raises(kn.KlasternetError, match=match) as caught:
        kn.read_table(path, **how)
    return str(caught.value)


# ------------------------------------------------------------------------------- a small run


def small_run(known, seed, numbers, folder):
    faults = []
    for k in numbers:
        case = cases.draw(known, seed, k, rare=False)
        outcome = cases.run(case, folder)
        if outcome.kind not in GOOD:
            faults.append((k, case.mutation, case.kind, outcome.kind, outcome.detail))
    return faults


def test_made_tables_spoilt(tmp_path):
    assert small_run(sources.made(), 1, range(200), tmp_path) == []


def test_real_tables_spoilt(tmp_path, shared):
    known = [source for source in sources.real(shared) if source.weight > 0.1]
    assert len(known) > 8
    assert small_run(known, 2, range(25), tmp_path) == []


def test_a_case_is_always_the_same():
    known = sources.made()
    for k in range(40):
        one, two = (cases.draw(known, 3, k, rare=False) for _ in range(2))
        assert one.mutation == two.mutation
        assert getattr(one, "files", None) == getattr(two, "files", None)
        assert one.arguments == two.arguments


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lambda table: {}["sector"], "foreign error"),
        (lambda table: table.replace(flows=table.flows * 2), "wrong"),
        (lambda table: table.select(table.industries[:-1]), "wrong"),
        (lambda table: [][0], "foreign error"),
    ],
)
def test_the_verdict_bites(fault, kind, tmp_path, monkeypatch):
    source = sources.made()[0]
    draft = cases.make(cases.MUTATIONS["nothing"], source, "csv", np.random.default_rng(0))
    cases.clean(source, tmp_path)
    read = kn.read_table
    monkeypatch.setattr(kn, "read_table", lambda *a, **k: fault(read(*a, **k)))
    assert re.fullmatch(kind, cases.run(draft, tmp_path).kind)
    draft.promise = "sound"
    assert cases.run(draft, tmp_path).kind not in GOOD


def test_the_verdict_wants_words(tmp_path):
    def silent():
        raise kn.DataError("no")

    assert verdict.settle(silent, lambda _: None, ["table.csv"]).kind == "poor message"


# ------------------------------------------------------------------- never pickle, never eval


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "xlsx", "xlsm", "parquet", "pkl"])
def test_no_pickle_is_loaded(ending, tmp_path):
    trap = tmp_path / "sprung"
    content = pickle.dumps(spoiling.Trap(str(trap)))
    for k, packed in enumerate((content, gzip.compress(content))):
        refused(put(tmp_path, f"table{k}.{ending}", packed), "table")
    pickle.loads(content).close()
    assert trap.exists()  # so it would have sprung


@pytest.mark.parametrize("source", sources.made(), ids=lambda source: source.name)
def test_no_reader_loads_a_pickle(source, tmp_path):
    trap = tmp_path / "sprung"
    folder = tmp_path / "table"
    folder.mkdir()
    names = [*source.files] or [f"table.{kind}" for kind in source.kinds]
    for name in names:
        for other, content in source.files.items():
            put(folder, other, content)
        path = put(folder, name, pickle.dumps(spoiling.Trap(str(trap))))
        layout = {"labelled": "labelled", "eurostat long": "eurostat", "province": "bps_province"}
        layout = layout.get(source.name, source.name)
        refused(folder if source.files else path, re.escape(name), layout=layout)
    assert not trap.exists()


def test_formulas_count_with_the_value_that_was_saved(tmp_path):
    grid = [list(row) for row in GRID]
    grid[1][1] = packing.Formula("1000*1000", 7.0)
    grid[1][3] = packing.Formula('WEBSERVICE("http://localhost/")', 9.0)
    table = kn.read_table(put(tmp_path, "table.xlsx", packing.as_workbook(grid)))
    assert table.flows.loc["farms", "farms"] == 7
    assert table.final_demand.loc["farms", "use"] == 9


@pytest.mark.parametrize("cells", [[(1, 2)], [(1, 1), (1, 2), (1, 3)], [(0, 3), (1, 3), (2, 3)]])
def test_formulas_never_computed_are_no_empty_cells(cells, tmp_path):
    """Cells without a saved value passed for empty ones, and with empty=0 for zeros."""
    grid = [list(row) for row in GRID]
    for i, j in cells:
        grid[i][j] = packing.Formula("SUM(A1:B2)")
    path = put(tmp_path, "table.xlsx", packing.as_workbook(grid))
    for how in ({}, {"empty": 0}):
        refused(
            path, r"table\.xlsx: sheet 'table', cell \w\d holds a formula.*never computed", **how
        )


def test_text_that_looks_like_a_formula_is_text(tmp_path):
    grid = [[packing.as_text(cell).replace("use", "=1+1") for cell in row] for row in GRID]
    for kind in ("csv", "xlsx"):
        table = kn.read_table(put(tmp_path, f"table.{kind}", packing.pack(grid, kind)))
        assert table.final_demand.columns.tolist() == ["=1+1"]


# ------------------------------------------------------------------------------------ bounds


def test_bombs_of_gzip(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "LARGEST", 2**20)
    for cell in (bytes(8), b"0,0\n", b"a,"):
        path = put(tmp_path, "table.csv.gz", gzip.compress(cell * 2**20))
        refused(path, r"table\.csv\.gz holds more than 1 MB once unpacked")
    files = sources.province() | {"Z.csv.gz": gzip.compress(b"a,1\n" * 2**19)}
    for name, content in files.items():
        put(tmp_path, name, content)
    refused(tmp_path, r"Z\.csv\.gz holds more than 1 MB", layout="bps_province")


def test_too_many_cells(tmp_path, monkeypatch):
    from klasternet.tables import rectangles

    monkeypatch.setattr(rectangles, "CELLS", 1000)
    monkeypatch.setattr(rectangles, "CELLS_AT_ONCE", 1000)
    refused(put(tmp_path, "table.csv", "a,b\n" * 1000), r"more than 1,000 cells")
    files = sources.province() | {"Z.csv.gz": gzip.compress(b"a,1\n" * 1000)}
    for name, content in files.items():
        put(tmp_path, name, content)
    refused(tmp_path, r"Z\.csv\.gz holds more than 1,000 cells", layout="bps_province")


def test_one_cell_of_parquet_repeated(tmp_path, monkeypatch):
    """Equal cells take next to no room; they are counted before they are unpacked."""
    import pyarrow as pa
    from pyarrow import parquet

    from klasternet.tables import rectangles

    monkeypatch.setattr(rectangles, "CELLS_AT_ONCE", 2**18)
    zero = pa.array(np.zeros(2**16))
    table = pa.table({f"c{k}": zero for k in range(30)})
    path = tmp_path / "table.parquet"
    parquet.write_table(table, path, compression="zstd")
    assert path.stat().st_size < 2**16
    refused(path, r"table\.parquet holds 1,966,080 cells")


def test_one_long_text_of_parquet_repeated(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    long = pa.DictionaryArray.from_arrays(np.zeros(1000, dtype=np.int32), ["x" * 2**20])
    table = pa.table({"label": long, "a": np.zeros(1000), "b": np.zeros(1000)})
    table = table.replace_schema_metadata(None)
    parquet.write_table(table, tmp_path / "table.parquet", store_schema=False)
    assert (tmp_path / "table.parquet").stat().st_size < 2**21
    refused(tmp_path / "table.parquet", r"table\.parquet holds more than 256 MB once unpacked")


def test_bombs_of_workbooks(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "TAGS", 5000)
    monkeypatch.setattr(unpacking, "TAGS_OF_STYLES", 1000)
    refused(
        book(tmp_path, SHEET, "</sheetData>", "<row/>" * 6000 + "</sheetData>"),
        "5,000 tags in xl/w",
    )
    refused(book(tmp_path, STRINGS, "</sst>", "<si/>" * 6000 + "</sst>"), "5,000 tags in xl/shared")
    path = book(tmp_path, "xl/styles.xml", "</cellXfs>", "<xf/>" * 2000 + "</cellXfs>")
    refused(path, "1,000 tags in xl/styles")
    path = book(tmp_path)
    path.write_bytes(spoiling._lie(path.read_bytes(), SHEET, 2**31))
    refused(path, r"table\.xlsx holds more than 256 MB once unpacked")
    path = book(tmp_path)
    path.write_bytes(spoiling._lie(path.read_bytes(), SHEET, 50))
    refused(path, r"table\.xlsx is not a sound Excel workbook")


def test_members_of_a_workbook_that_overlap(tmp_path):
    """Listed 60,000 times, one megabyte of zeros is sixty thousand, in a file of 4 MB."""
    parts = [*packing.workbook_parts({"table": GRID}), ("more.bin", bytes(2**20))]
    content = packing.as_zip(parts)
    path = put(tmp_path, "table.xlsx", spoiling.overlapped(content, 60_000))
    with zipfile.ZipFile(path) as archive:
        assert sum(part.file_size for part in archive.infolist()) > 60_000 * 2**20
    refused(path, r"table\.xlsx holds more than 256 MB once unpacked")


def test_cells_merged_over_a_whole_sheet(tmp_path):
    path = put(tmp_path, "table.xlsx", packing.as_workbook(GRID, ["A1:XFD1048576"]))
    assert kn.read_table(path).n == 2


def test_rows_and_columns_far_out(tmp_path, monkeypatch):
    """Row 99,999,999,999 was waited for, one empty row after the other."""
    monkeypatch.setattr(workbooks, "ROWS", 5000)
    far = '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
    refused(
        book(tmp_path, SHEET, "</sheetData>", far), r"sheet 'table' is damaged \(row 5,001 is more"
    )
    monkeypatch.setattr(workbooks, "SEEN", 50_000)
    wide = '<row><c r="XFD1"/></row>' * 10 + "</sheetData>"
    refused(
        book(tmp_path, SHEET, "</sheetData>", wide), r"table\.xlsx holds more than [\d,]+ cells"
    )


def test_empty_rows_are_no_hindrance(tmp_path):
    clean = kn.read_table(put(tmp_path, "clean.csv", packing.as_csv(GRID)))
    path = put(tmp_path, "table.csv", packing.as_csv(GRID) + b",,,\n" * 50_000)
    assert kn.read_table(path).flows.equals(clean.flows)
    rows = "".join(f'<row r="{i}"/>' for i in range(4, 5_000))
    path = put(tmp_path, "table.xlsx", packing.as_workbook(GRID, rows=rows))
    assert kn.read_table(path).flows.equals(clean.flows)


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_no_entity_of_a_workbook_is_followed(part, encoding, tmp_path):
    secret = put(tmp_path, "secret.txt", "1")
    parts = dict(packing.workbook_parts({"table": GRID}))
    xml = parts[part].decode()
    kind = f'?><!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY f "&e;&e;">]>'
    xml = xml.replace("?>", kind, 1).replace('"UTF-8"', f'"{encoding}"')
    parts[part] = xml.encode(encoding)
    path = put(tmp_path, "table.xlsx", packing.as_zip(parts.items()))
    refused(path, re.escape(part) + " has a document type or is not written in UTF-8")


def test_nothing_of_an_archive_is_written_to_the_disk(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in packing.workbook_parts({"table": GRID}):
            archive.writestr(name, content)
        for name in ("../outside.xml", "/outside.xml", f"{tmp_path}/outside.xml"):
            archive.writestr(name, b"outside")
    path = put(tmp_path / "..", "tricks.xlsx", out.getvalue())
    before = sorted(tmp_path.parent.iterdir()), sorted(tmp_path.iterdir())
    assert kn.read_table(path).n == 2
    assert (sorted(tmp_path.parent.iterdir()), sorted(tmp_path.iterdir())) == before
    path.unlink()
    refused(
        put(tmp_path, "table.zip", out.getvalue()), "no kind that is read here.*out of it first"
    )


# ------------------------------------------------------------------- what stands at a path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_devices_and_links_to_themselves(tmp_path):
    """A pipe was waited for, and a device without an end read until the memory was full."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for name in ("pipe.csv", "device.csv", "loop.csv"):
        refused(tmp_path / name, f"{name}' is neither a file nor a folder")


@pytest.mark.parametrize("path", ["x" * 300, "x" * 5000, "a\0b.csv", "~nobody-of-this-name/x.csv",
                                  "sector,a,b\n" * 500])  # fmt: skip
def test_paths_that_cannot_be(path):
    message = refused(path, "no path that can be|there is no file")
    assert len(message) < 500


# ------------------------------------------------------------------------ text and folders


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b",,,\n,,,\n", b'"",""\n', b" , \n"])
def test_cells_with_nothing_in_them(content, tmp_path):
    refused(put(tmp_path, "table.csv", content), r"table\.csv.*(empty|no cell with anything)")


@pytest.mark.parametrize("encoding", ["undefined", "base64", "no such", "\0", 5, "idna"])
def test_encodings_that_are_none(encoding, tmp_path):
    path = put(tmp_path, "table.csv", packing.as_csv(GRID) + "\u202e,1,1,1\n".encode())
    refused(path, "encoding", encoding=encoding)


def test_delimiters_that_are_none(tmp_path):
    path = put(tmp_path, "table.csv", packing.as_csv(GRID))
    for delimiter in (";;", "\n", 5, '"'):
        refused(path, "delimiter=|cannot be parted", delimiter=delimiter)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (b"s001,s002", b"s001,s001", r"Z\.csv\.gz has the column 's001' more than once"),
        (b"\ns001,", b"\n9,s001,", r"Z\.csv\.gz has 5 names in its first row and 6 cells"),
        (b"\ns002,", b"\ns002,1\x00", r"Z\.csv\.gz is not text \(byte \d+ is 0\)"),
        (b"\ns003,", b"\ns003,1,", r"Z\.csv\.gz is not a sound CSV file"),
        (b"\ns003,", b'\ns003,"', r"Z\.csv\.gz is not a sound CSV file"),
    ],
)
def test_what_pandas_would_rename_shift_or_cut(old, new, match, tmp_path):
    for name, content in sources.province().items():
        if name == "Z.csv.gz":
            text = gzip.decompress(content)
            assert old in text
            content = gzip.compress(text.replace(old, new, 1))
        put(tmp_path, name, content)
    refused(tmp_path, match)


@pytest.mark.parametrize("cell", [10**400, 10**5000, float("inf"), float("nan")], ids="abcd")
def test_numbers_too_large_for_a_float(cell, tmp_path):
    grid = [list(row) for row in GRID]
    grid[1][1] = cell
    refused(put(tmp_path, "table.xlsx", packing.as_workbook(grid)), "farms|not a sound")
    if isinstance(cell, int):
        frame = pd.DataFrame([[cell, 1], [1, 1]], ["a", "b"], ["a", "b"], dtype=object)
        refused(frame, "row 'a', column 'a' holds")


def test_messages_have_an_end(tmp_path):
    long = "y" * 40_000
    grid = [["", "farms", "mills", f"Total {long}"], *GRID[1:]]
    assert len(refused(put(tmp_path, "table.csv", packing.as_csv(grid)), "yyy")) < 2000
    grid = [list(row) for row in GRID]
    grid[1][1] = long
    assert len(refused(put(tmp_path, "table.csv", packing.as_csv(grid)), "'farms'")) < 2000


def test_one_label_without_end(tmp_path):
    """A label of 120 MB (here 16) was given as much room in every cell beside it."""
    grid = [list(row) for row in GRID]
    grid[0][3] = "x" * 2**24
    assert kn.read_table(put(tmp_path, "table.xlsx", packing.as_workbook(grid))).n == 2


@pytest.mark.parametrize("cell", ["1e999", "0"])
def test_a_long_table_with_no_size(cell, tmp_path, recwarn):
    grid = [sources.long()[0], *([*row[:4], cell] for row in sources.long()[1:])]
    refused(
        put(tmp_path, "table.csv", packing.as_csv(grid)), "infinite|no choice among totals|zero"
    )
    assert [str(warning.message) for warning in recwarn] == []


def test_a_long_table_with_a_column_twice(tmp_path):
    grid = [[*row, row[2]] for row in sources.long()]
    path = put(tmp_path, "table.csv", packing.as_csv(grid))
    refused(path, r"table\.csv needs one column 'induse' each")


def test_workbooks_warn_of_nothing_but_in_our_words(tmp_path, recwarn):
    book(tmp_path, "xl/styles.xml", "<cellStyleXfs", "<cellStyleXfs")
    kn.read_table(tmp_path / "table.xlsx")
    assert [str(warning.message) for warning in recwarn] == []


# ------------------------------------------------------------------------------------- edges


def edges(**columns):
    return pd.DataFrame(
        {"source": ["a", "b"], "target": ["b", "c"], "weight": [1.0, 2.0]} | columns
    )


@pytest.mark.parametrize(
    ("frame", "how", "match"),
    [
        (
            edges().set_axis(["source", "target", "target"], axis=1),
            {},
            "several columns of one name",
        ),
        (edges(), {"weight": ["weight"]}, "names no column of the edges"),
        (edges(), {"source": None}, "names no column of the edges"),
        (edges(source=[1, 2]), {}, "sellers in 'source' are of type Int64, buyers in 'target'"),
        (edges(source=[b"a", frozenset("a")]), {}, "cannot be put in order"),
        (edges(source=[["a"], ["b"]]), {}, "cannot be put in order"),
        (edges(source=pd.to_datetime(["2020-01-01"] * 2)), {}, "'source' are of type Datetime"),
    ],
)
def test_edges_that_cannot_be(frame, how, match):
    with pytest.raises(kn.KlasternetError, match=match):
        kn.FlowNetwork.from_edges(frame, **how)


@pytest.mark.parametrize("lazy", [False, True])
def test_names_keep_what_stands_at_their_end(lazy):
    """A zero at the end was lost on the way from polars, and two names became one."""
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {"source": ["a\0", "b", "a"], "target": ["b", "c", "b"], "weight": [1.0, 2.0, 4.0]}
    )
    network = kn.FlowNetwork.from_edges(frame.lazy() if lazy else frame)
    assert network.industries.tolist() == ["a", "a\0", "b", "c"]
    assert network.flows.toarray()[:2, 2].tolist() == [4.0, 1.0]
