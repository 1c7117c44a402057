"""Indonesian tables, as published, held to the totals and gaps that are stated with the data."""

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet.errors import AlignmentError, DataError, ParameterError

SULAWESI = "indonesia_bps_io17_sulawesi_selatan_2016"
RIAU_ISLANDS = "indonesia_bps_io17_kepulauan_riau_2016"
# sectors, output, largest gap, empty sectors, negative flows, columns of exports
PROVINCES = {
    "aceh_66": (66, 163_767_771, 1.65, 0, 0, 2),
    "bali_54": (54, 78_325_592, 6, 2, 0, 1),
    "dki_jakarta_72": (72, 2_865_987_947, 12_216, 5, 2, 2),
    "jawa_barat_52": (52, 3_409_590_814, 0.05, 0, 0, 1),
    "jawa_tengah_88": (88, 1_255_789_838, 1e-7, 1, 0, 2),
    "riau_112": (112, 593_167_146, 6, 1, 0, 1),
    "sumatera_utara_71": (71, 181_368_392, 0.82, 0, 20, 1),
}


def gaps(table):
    """Largest gap of the rows and of the columns."""
    rows = table.flows.sum(axis=1) + table.final_demand.sum(axis=1) - table.output
    columns = table.flows.sum() + table.value_added.sum() - table.output
    if table.imports is not None:
        columns += table.imports.sum()
    return rows.abs().max(), columns.abs().max()


@pytest.mark.parametrize("file", ["table.csv", "table.xlsx"])
@pytest.mark.parametrize("folder, nonzeros", [(SULAWESI, 283), (RIAU_ISLANDS, 287)])
def test_17_sections(shared, folder, nonzeros, file):
    table = kn.read_table(shared / folder / file)
    assert "layout 'bps', recognised by the codes 190d" in table.source
    assert table.n == 17 and np.count_nonzero(table.flows) == nonzeros
    assert gaps(table)[0] < 1e-7 and gaps(table)[1] < 0.0051
    assert table.industries[:2].tolist() == ["Pertanian", "Pertambangan"]
    assert table.export_columns == ("Ekspor luar negeri", "Ekspor antarprovinsi")
    assert table.import_rows == ("Impor luar negeri", "Impor antarprovinsi")
    assert (table.year, table.unit) == (2016, "million IDR")
    assert set(table.audit()["status"]) == {"pass"}


def test_the_workbook_as_published_and_the_text_hold_the_same(shared):
    published = kn.read_table(shared / SULAWESI / "table.xlsx", names="code")
    text = kn.read_table(shared / SULAWESI / "table.csv", names="code")
    assert published.flows.to_numpy() == pytest.approx(text.flows.to_numpy(), rel=1e-12)
    assert published.name == "Sulawesi Selatan" and published.industries[-1] == "RSTU"
    assert published.final_demand.columns.tolist()[-2:] == ["3071", "3072"]
    assert published.exports.sum() == pytest.approx(136_585_613.01)
    long = kn.read_table(shared / SULAWESI / "table.xlsx", names="published", name="Sulsel")
    assert long.industries[0] == "Pertanian, Kehutanan, dan Perikanan" and long.name == "Sulsel"
    assert "Konsumsi LNPRT" in long.final_demand


def test_own_names_go_before_short_ones(shared):
    path = shared / SULAWESI / "table.csv"
    table = kn.read_table(path, names={"A": "Tani", "Jasa Lainnya": "Lain"}, language="en")
    assert [*table.industries[:2], table.industries[-1]] == ["Tani", "Mining", "Lain"]
    with pytest.raises(AlignmentError, match="calls both 'A' and 'B' 'Mining'"):
        kn.read_table(path, names={"A": "Mining"}, language="en")
    with pytest.raises(ParameterError, match="no language called 'fr'"):
        kn.read_table(path, language="fr")


def test_numbers_as_written_in_indonesia(shared, tmp_path):
    cells = pd.read_csv(shared / SULAWESI / "table.csv", dtype=str, keep_default_na=False)

    def written(cell):
        return f"{float(cell):,.3f}".translate(str.maketrans(",.", ".,")) if cell else ""

    cells.iloc[:, 2:] = cells.iloc[:, 2:].map(written)
    path = tmp_path / "tabel_2016.csv"
    cells.to_csv(path, index=False, sep=";")
    table = kn.read_table(path, delimiter=";", decimal=",", thousands=".")
    assert "layout 'bps'" in table.source and gaps(table)[0] < 0.02
    assert table.output.sum() == pytest.approx(655_967_260, abs=1)
    with pytest.raises(DataError, match=r"is no number; pass decimal= and thousands="):
        kn.read_table(path, delimiter=";")
    with pytest.raises(DataError, match=r"cannot be parted.*or pass delimiter=';'"):
        kn.read_table(path)


def test_titles_notes_and_merged_headers_are_no_hindrance(shared, tmp_path):
    import openpyxl

    book = openpyxl.load_workbook(shared / RIAU_ISLANDS / "table.xlsx")
    page = book.worksheets[0]
    page.insert_rows(1, 3)
    page["A1"] = "BPS"
    page.cell(page.max_row + 2, 2, "Sumber: BPS, 2021")
    book.create_sheet("Catatan")["A1"] = "Angka sementara"
    path = tmp_path / "tabel.xlsx"
    book.save(path)
    with pytest.raises(DataError, match="2 sheets; pass sheet="):
        kn.read_table(path)
    table = kn.read_table(path, sheet=0)
    assert table.name == "Kepulauan Riau" and table.year == 2016
    assert set(table.audit()["status"]) == {"pass"}


def broken(shared, tmp_path, change):
    cells = pd.read_csv(shared / SULAWESI / "table.csv", dtype=str, keep_default_na=False)
    path = tmp_path / "table.csv"
    change(cells).to_csv(path, index=False)
    return path


def test_a_table_half_recognised_says_what_was_found_and_what_not(shared, tmp_path):
    path = broken(shared, tmp_path, lambda cells: cells.drop(columns=["3071", "C"]))
    with pytest.raises(DataError) as told:
        kn.read_table(path)
    message = str(told.value)
    assert "of layout 'bps' only in part" in message and "no column '3071'" in message
    assert "rows of 17 sectors" in message and "columns of 16 sectors" in message
    assert "layout='labelled'" in message

    path = broken(shared, tmp_path, lambda cells: cells.drop(columns="C"))
    with pytest.raises(AlignmentError, match=r"sector 'C' stands in the rows only \(17 sellers"):
        kn.read_table(path)
    path = broken(shared, tmp_path, lambda cells: cells.replace("2001", "2005"))
    with pytest.raises(DataError, match=r"no row '2001'; row '2005' that it does not know"):
        kn.read_table(path)
    path = broken(shared, tmp_path, lambda cells: pd.concat([cells, cells.iloc[[2]]]))
    with pytest.raises(AlignmentError, match=r"rows hold 'C' more than once"):
        kn.read_table(path)
    path = broken(shared, tmp_path, lambda cells: cells.replace(cells.iloc[3, 4], "n.a. 1"))
    with pytest.raises(DataError, match=r"row 'D', column 'C' holds 'n\.a\. 1', which is no"):
        kn.read_table(path)
    path = broken(shared, tmp_path, lambda cells: cells.replace(cells.iloc[3, 4], ""))
    with pytest.raises(DataError, match=r"row 'D', column 'C' is empty"):
        kn.read_table(path)
    assert kn.read_table(path, empty=0).flows.loc["Listrik dan gas", "Industri pengolahan"] == 0


def test_of_two_files_one_must_be_given(shared):
    with pytest.raises(DataError, match=r"more than one table: table\.csv \(bps\), table\.xlsx"):
        kn.read_table(shared / SULAWESI)


@pytest.mark.parametrize("province", PROVINCES)
def test_detailed_provinces(shared, province):
    n, output, largest, empty, negative, exports = PROVINCES[province]
    table = kn.read_table(shared / f"indonesia_province_{province}", year=2012)
    assert "layout 'bps_province', recognised by the files Z.csv.gz" in table.source
    assert table.n == n and table.year == 2012
    assert table.output.sum() == pytest.approx(output, abs=1)
    assert 0 <= max(gaps(table)) <= largest
    assert (table.output == 0).sum() == empty
    assert (table.flows.to_numpy() < 0).sum() == negative
    assert len(table.export_columns) == exports and len(table.import_rows) == 1


def test_names_of_provinces(shared):
    folder = shared / "indonesia_province_dki_jakarta_72"
    table = kn.read_table(folder)
    assert table.name == "DKI Jakarta" and table.year is None
    assert "Angkutan Sungai Danau dan Penyeberangan" in table.industries
    assert kn.read_table(folder, names="code").industries[0] == "s001"
    assert kn.read_table(folder, names={"s001": "Pangan"}).industries[0] == "Pangan"


def test_a_folder_with_a_part_missing(shared, tmp_path):
    folder = shared / "indonesia_province_aceh_66"
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    sectors = pd.read_csv(tmp_path / "sectors.csv")
    sectors.drop(columns="name").to_csv(tmp_path / "sectors.csv", index=False)
    with pytest.raises(DataError, match=r"sectors\.csv needs one column 'name' each"):
        kn.read_table(tmp_path)
    (tmp_path / "sectors.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"sectors\.csv is empty"):
        kn.read_table(tmp_path)
    sectors.to_csv(tmp_path / "sectors.csv", index=False)
    (tmp_path / "Z.csv.gz").write_bytes((folder / "Z.csv.gz").read_bytes()[:900])
    with pytest.raises(DataError, match=r"Z\.csv\.gz is not a sound gzip file"):
        kn.read_table(tmp_path)
    (tmp_path / "Z.csv.gz").unlink()
    with pytest.raises(DataError, match=r"Z\.csv\.gz is missing"):
        kn.read_table(tmp_path, layout="bps_province")


@pytest.mark.parametrize("year", [1995, 2011])
def test_wiod_by_year(shared, year):
    path = shared / "wiod2013_niot_indonesia" / "IDN_NIOT_1995_2011.xlsx"
    table = kn.read_table(path, year=year)
    assert "layout 'wiod2013_niot', recognised by the codes c1" in table.source
    assert (table.n, table.year, table.name) == (35, year, "IDN")
    assert gaps(table)[0] < 1e-9 and gaps(table)[1] < 0.009
    by_sheet = kn.read_table(path, sheet=str(year), names="code")
    assert np.array_equal(by_sheet.flows, table.flows) and by_sheet.industries[0] == "c1"


def test_wiod_is_what_the_world_table_says_of_indonesia(shared):
    nation = kn.read_table(shared / "wiod2013_niot_indonesia", year=2011, names="code")
    world = pd.read_csv(shared / "wiod2013_2011" / "Z.csv.gz", index_col=0)
    home = world.loc[world.index.str.startswith("IDN_"), world.columns.str.startswith("IDN_")]
    assert np.abs(home.to_numpy() - nation.flows.to_numpy()).max() <= 0.5


def test_all_years_in_one_call(shared):
    folder = shared / "wiod2013_niot_indonesia"
    tables = kn.read_tables(folder, only=[1998, 2003])
    assert {year: table.year for year, table in tables.items()} == {1998: 1998, 2003: 2003}
    with pytest.raises(ParameterError, match="no year 2012; it has 1995"):
        kn.read_tables(folder, only=[2012])
    with pytest.raises(DataError, match="18 sheets; pass sheet="):
        kn.read_table(folder)
    with pytest.raises(DataError, match="no label"):
        kn.read_table(folder, sheet="Notes")
