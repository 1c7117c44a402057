"""read_table and the labelled layout: real tables by their labels, and files that are no table."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_table import balanced, gaps

from klasternet import AlignmentError, DataError, IOTable, ParameterError, read_table

PROVINCES = {  # sectors, largest gap stated for the set, empty sectors
    "aceh_66": (66, 1.7, 0),
    "bali_54": (54, 6, 2),
    "dki_jakarta_72": (72, 12_216, 5),
    "jawa_barat_52": (52, 0.05, 0),
    "jawa_tengah_88": (88, 1e-6, 1),
    "riau_112": (112, 6, 1),
    "sumatera_utara_71": (71, 0.82, 0),
}


def rectangle() -> pd.DataFrame:
    """A whole table as one frame: industries, uses, inputs, output on both sides."""
    table = balanced(4, imports=False)
    frame = pd.concat([table.flows, table.final_demand, table.output], axis=1)
    inputs = pd.concat([table.value_added, table.output.to_frame().T])
    return pd.concat([frame, inputs]).rename_axis(None)


def text(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a text file gives it: nothing but text, empty cells as ""."""
    return frame.astype(object).where(frame.notna(), "").astype(str)


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- what is told from where labels stand


def test_quadrants_from_where_labels_stand():
    expected = balanced(4, imports=False)
    table = read_table(rectangle(), exports="exports", unit="million")
    for part in ("flows", "final_demand", "value_added", "output", "exports"):
        assert getattr(table, part).equals(getattr(expected, part)), part
    assert gaps(table) == (0, 0)
    assert table.source == "data frame; layout 'labelled', as for every frame"


def test_named_quadrants_and_ranges():
    named = {"final_demand": "home", "exports": ["exports"], "value_added": ["wages", "surplus"]}
    for industries in (("s0", "s3"), ["s3", "s0", "s1", "s2"], None):
        table = read_table(rectangle(), industries=industries, output="output", **named)
        assert gaps(table) == (0, 0)
        assert list(table.final_demand) == ["home", "exports"]
    assert list(read_table(rectangle(), industries=["s3", "s0"], drop="rest").flows) == ["s3", "s0"]


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "parquet", "xlsx"])
def test_round_trip(kind, tmp_path):
    frame = rectangle() * 1.1
    path = tmp_path / f"table.{kind}"
    if kind == "xlsx":
        frame.to_excel(path, sheet_name="flows")
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if kind == "tsv" else ",")
    direct, again = read_table(frame), read_table(path)
    for part in ("flows", "final_demand", "value_added", "output"):
        back, there = getattr(again, part).to_numpy(), getattr(direct, part)
        # a workbook is written with 16 digits, the others with all
        assert np.allclose(back, there, rtol=1e-14 if kind == "xlsx" else 0, atol=0), part
        assert list(getattr(again, part).index) == list(there.index)
    assert again.name == "table" and "no other layout knows the file" in again.source


def test_labels_in_a_column_of_a_frame():
    frame = rectangle().rename_axis("code").reset_index()
    assert read_table(frame).flows.equals(read_table(rectangle()).flows)
    frame.insert(0, "description", "words")
    table = read_table(frame, labels="code", drop="description")
    assert table.final_demand.equals(read_table(rectangle()).final_demand)
    with pytest.raises(AlignmentError, match=r"labels='Code' names 0 columns.*'description'"):
        read_table(frame, labels="Code")


def test_codes_keep_their_leading_zeros(tmp_path):
    codes = {"s0": "01", "s1": "02", "s2": "010", "s3": "1"}
    frame = rectangle().rename(index=codes, columns=codes)
    frame.to_csv(tmp_path / "t.csv")
    frame.to_excel(tmp_path / "t.xlsx")
    for file in ("t.csv", "t.xlsx"):
        assert list(read_table(tmp_path / file).industries) == ["01", "02", "010", "1"]


def test_spellings_that_differ_between_rows_and_columns():
    frame = rectangle().rename(index=lambda s: f"P_{s}")
    with pytest.raises(AlignmentError, match=r"0 labels stand on both sides.*rename="):
        read_table(frame)
    table = read_table(frame, rename=lambda label: label.removeprefix("P_"))
    assert gaps(table) == (0, 0)
    table = read_table(rectangle().rename(index={"s1": "S1"}), rename={"S1": "s1"})
    assert gaps(table) == (0, 0)
    for index, message in ({"s1": "S1"}, "'S1' stands among"), ({"s3": "s3 goods"}, "'s3 goods'"):
        columns = {"s3": "s3_goods"} if "s3" in index else {}
        with pytest.raises(AlignmentError, match=message):
            read_table(rectangle().rename(index=index, columns=columns))


def test_imports_rows_columns_and_marked_rows():
    frame = rectangle()
    row = frame.rename(index={"surplus": "bought abroad"})
    table = read_table(row, imports="bought abroad")
    assert table.import_rows == ("bought abroad",) and gaps(table) == (0, 0)

    for sign in (1, -1):
        column = frame.copy()
        column["IM"] = sign * 5.0
        column["output"] -= 5.0
        column.loc["output"] = column["output"]
        table = read_table(column, imports="IM", value_added=["wages", "surplus"])
        assert (table.final_demand["IM"] == -5).all() and gaps(table)[0] == 0

    full = balanced(4)
    marked = pd.concat([full.flows.assign(origin="home"), full.imports.assign(origin="abroad")])
    table = read_table(marked, origin=("origin", "abroad"))
    assert table.flows.equals(full.flows) and table.imports.equals(full.imports)
    with pytest.raises(DataError, match=r"no row is marked 'Imports'.*'home', 'abroad'"):
        read_table(marked, origin=("origin", "Imports"))


def test_satellites_and_frames_beside_the_file():
    frame = rectangle()
    frame.loc["jobs"] = 3.0
    table = read_table(frame, satellites="jobs")
    assert list(table.satellites.index) == ["jobs"] and len(table.value_added) == 2
    expected = balanced(4, imports=False)
    table = read_table(
        expected.flows,
        final_demand=expected.final_demand,
        value_added=expected.value_added,
        output=expected.output,
        exports="exports",
    )
    assert gaps(table) == (0, 0) and table.export_columns == ("exports",)


# --- what is never guessed


def test_totals_stop_the_reading():
    frame = rectangle()
    frame["Total uses"] = frame["output"]
    with pytest.raises(DataError, match=r"'Total uses' look like totals.*drop=\['Total uses'\]"):
        read_table(frame)
    assert gaps(read_table(frame, drop="Total uses")) == (0, 0)
    by_sum = rectangle()
    by_sum.insert(6, "all final", by_sum["home"] + by_sum["exports"])
    with pytest.raises(DataError, match=r"'all final' add up others.*drop="):
        read_table(by_sum)
    by_sum["intermediate"] = by_sum.loc[:, "s0":"s3"].sum(axis=1)
    with pytest.raises(DataError, match="'all final', 'intermediate' add up"):
        read_table(by_sum)


def test_what_is_in_no_quadrant_must_be_dropped():
    with pytest.raises(DataError, match="columns 'exports' belong to no quadrant"):
        read_table(rectangle(), final_demand="home")
    table = read_table(rectangle(), final_demand="home", drop="exports")
    assert list(table.final_demand) == ["home"]
    assert read_table(rectangle(), drop="rest").final_demand is None
    with pytest.raises(AlignmentError, match=r"drop names 'exprots'.*did you mean 'exports'"):
        read_table(rectangle(), drop="exprots")


def test_a_second_output_is_not_left_out_in_silence():
    frame = rectangle().rename(columns={"output": "made"}, index={"output": "GO"})
    with pytest.raises(DataError, match="'GO' look like totals"):
        read_table(frame, output="made")
    assert gaps(read_table(frame, output="made", drop="GO")) == (0, 0)


def test_outputs_must_agree():
    frame = rectangle()
    frame.loc["output", "s2"] *= 2
    with pytest.raises(DataError, match=r"differs between column 'output' and row 'output': 's2'"):
        read_table(frame)


NAMED = {
    "final_demand": ({"final_demand": ["hme"]}, "final_demand names 'hme'.*'home'"),
    "value_added": ({"value_added": "wage"}, "value_added names 'wage'.*'wages'"),
    "output": ({"output": "outputs"}, "output names 'outputs'.*'output'"),
    "industries": ({"industries": ["s0", "s9"]}, r"industries \(rows\) names 's9'"),
    "range": ({"industries": ("s3", "s0")}, "first stands below the last"),
    "one side": ({"industries": ["s0", "wages"]}, r"industries \(columns\) names 'wages'"),
    "imports": ({"imports": "abroad"}, "imports names 'abroad'"),
}


@pytest.mark.parametrize("case", NAMED)
def test_labels_that_are_not_there(case):
    options, message = NAMED[case]
    with pytest.raises(AlignmentError, match=message):
        read_table(rectangle(), **options)


def test_doubled_and_missing_labels():
    with pytest.raises(AlignmentError, match="row of labels holds 's1' more than once"):
        read_table(rectangle().rename(columns={"s2": "s1"}))
    with pytest.raises(AlignmentError, match="row 2 has no label"):
        read_table(rectangle().rename(index={"s1": " "}))
    with pytest.raises(DataError, match="the frame has no names"):
        read_table(pd.DataFrame(np.ones((3, 3))))


# --- numbers


def test_text_and_empty_cells_are_named():
    frame = text(rectangle())
    frame.loc["s1", "home"] = "(120)"
    with pytest.raises(DataError, match=r"row 's1', column 'home' holds '\(120\)'"):
        read_table(frame)
    frame.loc["s1", "home"] = ""
    with pytest.raises(DataError, match=r"row 's1', column 'home' is empty; pass empty=0"):
        read_table(frame)
    assert read_table(frame, empty=0).final_demand.loc["s1", "home"] == 0
    for word in ("nan", "inf", "1_000", "0x10"):
        frame.loc["s1", "home"] = word
        with pytest.raises(DataError, match=word):
            read_table(frame)


def test_signs_in_numbers_only_on_request():
    frame = text(rectangle() * 1000)
    frame.loc["s0", "s1"], frame.loc["s0", "s2"] = "1.234,5", "12.345.678"
    with pytest.raises(DataError, match=r"'1\.234,5', which is no number; pass decimal="):
        read_table(frame)
    european = frame.map(lambda cell: cell.removesuffix(".0"))
    table = read_table(european, decimal=",", thousands=".")
    assert table.flows.loc["s0", ["s1", "s2"]].tolist() == [1234.5, 12345678]
    with pytest.raises(DataError, match="'1,5'"):
        bad_group = text(rectangle())
        bad_group.loc["s0", "s1"] = "1,5"
        read_table(bad_group, thousands=",")


# --- files that are no table, arguments that do not exist


def test_files_that_are_no_table(tmp_path):
    good = "name,a,b\na,1,2\nb,3,4\n"
    assert read_table(write(tmp_path, good)).flows.loc["b", "a"] == 3
    assert read_table(write(tmp_path, "\ufeff" + good)).n == 2
    assert read_table(write(tmp_path, good + ",,\n\n")).n == 2
    bad = {
        "table.csv.empty": (b"", "table.csv", "is empty"),
        "blank": (b" \n\n", "table.csv", "is empty"),
        "empty gzip": (gzip.compress(b""), "table.csv.gz", "is empty"),
        "image": (b"\x89PNG\r\n\x1a\n" + bytes(99), "table.csv", "a PNG image"),
        "junk": (bytes(range(256)) * 9, "table.csv", "not text"),
        "workbook": (b"PK\x03\x04abc", "table.csv", r"name it \.xlsx"),
        "page": (b"<!DOCTYPE html><html></html>", "table.csv", "a web page"),
        "utf-16": (good.encode("utf-16"), "table.csv", 'encoding="utf-16"'),
        "latin": ("name,é,b\né,1,2\nb,3,4\n".encode("latin-1"), "table.csv", "0xe9 at 5"),
        "not gzip": (good.encode(), "table.csv.gz", "not a sound gzip"),
        "cut gzip": (gzip.compress(good.encode() * 99)[:-20], "table.csv.gz", "not a sound gzip"),
        "not xlsx": (b"PK\x03\x04" + bytes(99), "table.xlsx", "not a sound Excel"),
        "not parquet": (good.encode(), "table.parquet", "not a sound Parquet"),
        "semicolons": (good.replace(",", ";").encode(), "table.csv", "delimiter=';'"),
        "ragged": (b"name,a,b\na,1,2\nb,3\n", "table.csv", "row 3, beginning 'b', has 2 cells"),
        "notes": (good.encode() + b"Source: office\n", "table.csv", "'Source: office', has 1"),
        "quote": (b'name,a,b\na,"1,2\nb,3,4\n', "table.csv", "check quotes"),
        "one line": (b"name,a,b\n", "table.csv", "1 x 3 cells"),
        "words": (b"name,a,b\na,x,y\nb,z,w\n", "table.csv", "row 'a', column 'a' holds 'x'"),
        "other kind": (good.encode(), "table.dta", r"known are \.csv"),
        "old Excel": (b"\xd0\xcf\x11\xe0", "table.xls", r"known are \.csv"),
    }
    for case, (content, name, message) in bad.items():
        with pytest.raises(DataError, match=message):
            read_table(write(tmp_path, content, name), delimiter=None)
            pytest.fail(case)
    latin = write(tmp_path, "name,é,b\né,1,2\nb,3,4\n".encode("latin-1"))
    assert list(read_table(latin, encoding="latin-1").industries) == ["é", "b"]
    assert read_table(write(tmp_path, good.replace(",", ";")), delimiter=";").n == 2


def test_a_tab_within_a_number(tmp_path):
    with pytest.raises(DataError, match=r"row 'b', column 'a' holds '3\\t0', which is no number"):
        read_table(write(tmp_path, "name,a,b\na,1,2\nb,3\t0,4\n"))


def test_files_and_folders_that_are_not_there(tmp_path):
    write(tmp_path, "x", "flows_2020.csv")
    with pytest.raises(DataError, match=r"did you mean 'flows_2020\.csv'"):
        read_table(tmp_path / "flows_2021.csv")
    write(tmp_path, "x", "notes.txt")
    with pytest.raises(DataError, match=r"no layout known here; it holds flows_2020\.csv, notes"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="not from list"):
        read_table([[1, 2], [3, 4]])


def test_sheets(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["made up"]}).to_excel(book, sheet_name="Notes", index=False)
        rectangle().to_excel(book, sheet_name="2011")
        pd.DataFrame().to_excel(book, sheet_name="blank", index=False)
    with pytest.raises(DataError, match="3 sheets; pass sheet= one of 'Notes', '2011', 'blank'"):
        read_table(path)
    with pytest.raises(DataError, match=r"no sheet '2012'; did you mean '2011'.*'Notes'"):
        read_table(path, sheet="2012")
    with pytest.raises(DataError, match="sheet 'blank' is empty"):
        read_table(path, sheet="blank")
    assert gaps(read_table(path, sheet="2011")) == (0, 0)
    assert "sheet '2011'" in read_table(path, sheet="2011").source
    assert read_table(path, sheet=1).flows.equals(read_table(rectangle()).flows)
    with pytest.raises(ParameterError, match="a frame has no sheets"):
        read_table(rectangle(), sheet="2011")
    with pytest.raises(ParameterError, match="has no sheets"):
        read_table(write(tmp_path, "name,a,b\na,1,2\nb,3,4\n"), sheet="2011")


def test_layouts_and_arguments_that_do_not_exist():
    with pytest.raises(ParameterError, match="no layout called 'labeled'; did you mean 'labelled'"):
        read_table(rectangle(), layout="labeled")
    with pytest.raises(ParameterError, match="called 'exprots'; did you mean 'exports'"):
        read_table(rectangle(), exprots="exports")


# --- the real tables


def test_chile(shared):
    beside = pd.read_csv(shared / "chile_2013_12" / "wage_demand.csv", index_col=0)
    table = read_table(
        shared / "chile_2013_12" / "Z.csv",
        final_demand=beside.loc[:, "household_consumption":"exports"],
        exports="exports",
        output=beside["final_total_demand"],
    )
    audit = table.audit().set_index("check")
    assert table.n == 12 and table.output.sum() == pytest.approx(249_017, abs=1)
    assert audit.loc["row identity", "status"] == "pass" and not (audit["status"] == "fail").any()


@pytest.mark.parametrize("province", PROVINCES)
def test_indonesian_provinces(shared, province):
    n, largest, empty = PROVINCES[province]
    folder = shared / f"indonesia_province_{province}"
    table = read_table(
        folder / "Z.csv.gz",
        final_demand=pd.read_csv(folder / "final_demand.csv", index_col=0),
        value_added=pd.read_csv(folder / "primary_inputs.csv", index_col=0),
        output=pd.read_csv(folder / "sectors.csv", index_col=0)["output_row_total"],
    )
    audit = table.audit().set_index("check")
    assert table.n == n
    assert max(gaps(table)) <= largest
    assert audit.loc["totals mixed in", "status"] == "pass"
    assert audit.loc["imports mixed in", "status"] == "pass"
    assert (table.output == 0).sum() == empty
    broken = province == "dki_jakarta_72"  # one sector misses by 12,216 in the source
    assert audit.loc["column identity", "status"] == ("fail" if broken else "pass") or (
        province == "sumatera_utara_71" and audit.loc["column identity", "status"] == "warn"
    )
    negative = {"dki_jakarta_72": 2, "sumatera_utara_71": 20}.get(province, 0)
    assert (table.flows.to_numpy() < 0).sum() == negative
    assert f"{negative} cells" in audit.loc["negative flows", "where"] or not negative


def croatia(shared: Path, **options: object) -> IOTable:
    return read_table(
        shared / "croatia_2010" / "siot_kHRK.csv.gz",
        rename=lambda label: label.removeprefix("CPA_"),
        industries=("A01", "U"),
        final_demand=["P3_S14", "P3_S15", "P3_S13", "P51", "P53", "P52"],
        exports=["P6_S21", "P6_S22"],
        value_added=["D21_M_D31", "D1", "D29_M_D39", "K1", "B2N_B3N"],
        drop="rest",
        **options,
    )


def test_croatia(shared):
    supply = croatia(shared, output="SUPBP", imports=["P7_S21", "P7_S22"])
    audit = supply.audit().set_index("check")
    assert supply.n == 65 and max(gaps(supply)) < 1.3
    assert audit.loc["column identity", "status"] == "pass"
    assert audit.loc["row identity", "status"] in ("pass", "warn")
    domestic_output = croatia(shared, output="P1").audit().set_index("check")
    assert domestic_output.loc["imports mixed in", "status"] == "warn"
    assert "uses exceed output" in domestic_output.loc["imports mixed in", "where"]


def test_china_with_imports_in_rows_of_their_own(shared):
    table = read_table(
        shared / "china_2017_42" / "table.csv.gz",
        labels="Code",
        origin=("Origin", "Imports"),
        final_demand=["TC", "FU201", "FU202"],
        exports="EX",
        value_added=["VA001", "VA002", "VA003", "VA004"],
        output="GO",
        drop=["Description", "DescriptionInChinese", "TIU", "TFU", "TII", "TVA", "TI"],
        unit="10,000 yuan",
    )
    assert table.n == 42 and table.industries[0] == "01"
    assert (table.flows.to_numpy() != 0).sum() == 1661
    assert max(gaps(table)) < 1e-6
    audit = table.audit().set_index("check")["status"]
    assert set(audit.drop("price basis")) == {"pass"}


def test_china_with_imports_mixed_in(shared):
    path = shared / "china_2017_149" / "table.csv.gz"
    named = {
        "labels": "Code",
        "final_demand": ["FU101", "FU102", "FU103", "FU201", "FU202"],
        "value_added": ["VA001", "VA002", "VA003", "VA004"],
        "output": "GO",
        "drop": "rest",
    }
    table = read_table(path, imports="IM", exports="EX", **named)
    assert table.n == 149 and (table.flows.to_numpy() != 0).sum() == 16_303
    assert max(gaps(table)) < 1e-6
    assert table.audit().set_index("check").loc["imports mixed in", "status"] == "warn"
    with pytest.raises(DataError, match="'TIU', 'TFU', 'TII', 'TVA' look like totals"):
        read_table(path, labels="Code", drop=["Description", "DescriptionInChinese"])


def test_sulawesi_selatan(shared):
    path = shared / "indonesia_bps_io17_sulawesi_selatan_2016" / "table.csv"
    named = {"labels": "code", "exports": ["3071", "3072"], "imports": ["2000", "2001"]}
    sums = ["1800", "3080", "3090", "190d", "1900", "2100"]
    table = read_table(path, output="3100", drop=["description", *sums], **named)
    assert table.n == 17 and gaps(table)[0] < 1e-7 and gaps(table)[1] < 0.006
    assert (table.flows.to_numpy() != 0).sum() == 283
    audit = table.audit().set_index("check")["status"]
    assert set(audit.drop("price basis")) == {"pass"}
    with pytest.raises(DataError, match=r"'1800'.* add up others"):
        read_table(path, output="3100", drop="description", **named)


@pytest.mark.parametrize("layout", ["bea", "wiod2013", "wiod2016"])
def test_published_folders_are_recognised(shared, layout):
    folder = {
        "bea": "usa_bea_2022_summary",
        "wiod2013": "wiod2013_regional_2011",
        "wiod2016": "wiod2016_niot_usa",
    }[layout]
    table = read_table(shared / folder)
    assert f"layout {layout!r}, recognised by" in table.source
