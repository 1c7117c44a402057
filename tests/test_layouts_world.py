"""Tables of other offices held to the totals and gaps that are stated with the data."""

import gzip

import numpy as np
import pandas as pd
import pytest
from test_layouts_indonesia import gaps

import klasternet as kn
from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.pages import year_in


def test_china_149(shared):
    table = kn.read_table(shared / "china_2017_149" / "table.csv.gz")
    assert "layout 'nbs', recognised by the codes TIU" in table.source
    assert table.n == 149 and np.count_nonzero(table.flows) == 16_303
    assert max(gaps(table)) < 1e-6 and (table.output > 0).all()
    assert table.output.sum() == pytest.approx(22_577_335_292.36)
    assert table.industries[0] == "Agriculture" and table.year == 2017
    assert (table.final_demand["Imports"] <= 0).all()
    assert table.audit().set_index("check").loc["imports mixed in", "status"] == "warn"
    coded = kn.read_table(shared / "china_2017_149", names="code")
    assert coded.industries[0] == "001" and "FU101" in coded.final_demand
    chinese = kn.read_table(shared / "china_2017_149", language="zh")
    assert chinese.industries[0] == "农产品"


def test_china_42_with_imports_apart(shared):
    table = kn.read_table(shared / "china_2017_42")
    assert table.n == 42 and np.count_nonzero(table.flows) == 1661
    assert max(gaps(table)) < 1e-6 and (table.output > 0).all()
    total = kn.read_table(shared / "china_2017_149").flows.to_numpy().sum()
    both = table.flows.to_numpy().sum() + table.imports.to_numpy().sum()
    assert both == pytest.approx(total, rel=1e-9)
    assert set(table.audit()["status"]) == {"pass"}


def china(tmp_path, shared, change):
    cells = pd.read_csv(shared / "china_2017_42" / "table.csv.gz", dtype=str, keep_default_na=False)
    path = tmp_path / "china_2007.csv"
    change(cells).to_csv(path, index=False)
    return path


def test_a_column_of_statistical_errors_closes_the_rows(shared, tmp_path):
    """As in the published tables of 2007: GO = TIU + TFU - IM + ERR."""
    cells = pd.read_csv(shared / "china_2017_149" / "table.csv.gz", dtype=str).fillna("")
    error = np.zeros(len(cells))
    error[:149] = np.linspace(-5e5, 4e5, 149)
    output = pd.to_numeric(cells["GO"], errors="coerce")
    cells["GO"] = np.where(np.arange(len(cells)) < 149, output + error, output)
    path = tmp_path / "china_2007.csv"
    without = cells.copy()
    cells.insert(cells.columns.get_loc("GO"), "ERR", error)
    cells.to_csv(path, index=False)
    table = kn.read_table(path)
    assert table.final_demand["Errors"].iloc[0] == pytest.approx(-5e5) and table.year == 2007
    assert gaps(table)[0] < 1e-5
    without.to_csv(path, index=False)
    assert gaps(kn.read_table(path))[0] == pytest.approx(5e5)


def test_a_chinese_table_with_rows_or_columns_missing(shared, tmp_path):
    path = china(tmp_path, shared, lambda cells: cells.drop(index=60))
    with pytest.raises(DataError, match="neither a column of imports 'IM' nor rows of imports"):
        kn.read_table(path)
    path = china(tmp_path, shared, lambda cells: cells.drop(columns="TC"))
    with pytest.raises(DataError, match="neither final consumption 'TC' nor its parts"):
        kn.read_table(path)
    path = china(tmp_path, shared, lambda cells: cells.drop(columns=["GO", "EX"]))
    with pytest.raises(DataError, match=r"only in part.*no column 'EX', 'GO'"):
        kn.read_table(path)
    path = china(tmp_path, shared, lambda cells: cells.replace("VA003", "VA009"))
    with pytest.raises(DataError, match="no row 'VA003'; row 'VA009' that it does not know"):
        kn.read_table(path)


@pytest.mark.parametrize(
    "folder, nonzeros, largest",
    [("chn_1995", 1898, 0.71), ("chn_2018", 1935, 0.71), ("jpn_2005", 1934, 0.71)],
)
def test_oecd(shared, folder, nonzeros, largest):
    table = kn.read_table(shared / f"oecd2021_{folder}")
    assert "layout 'oecd', recognised by the codes HFCE" in table.source
    assert table.n == 45 and np.count_nonzero(table.flows) == nonzeros
    assert max(gaps(table)) <= largest and (table.output == 0).sum() == 1
    assert table.year == int(folder[-4:]) and table.exports.sum() > 0
    assert table.industries[0] == "Agriculture"
    assert (table.final_demand["Imports"] <= 0).all()
    status = table.audit().set_index("check")["status"]
    assert status["imports mixed in"] == "warn" and "fail" not in set(status)


def test_oecd_names(shared):
    path = shared / "oecd2021_chn_2018" / "table.csv"
    assert kn.read_table(path, names="code").industries[0] == "01"
    assert kn.read_table(path, language="id").industries[1] == "Perikanan"
    assert kn.read_table(path, names="published").industries[1] == "Fishing and aquaculture"
    with pytest.raises(ParameterError, match=r"no argument of layout 'oecd' called 'nmaes'; did"):
        kn.read_table(path, layout="oecd", nmaes="code")


def test_uk_and_the_published_inverse(shared):
    folder = shared / "uk_2010_127"
    table = kn.read_table(folder, names="code")
    assert "layout 'ons', recognised by the files siot_domestic.csv.gz" in table.source
    assert (table.n, table.year, table.unit) == (127, 2010, "million GBP")
    published = pd.read_csv(folder / "leontief_inverse.csv.gz", index_col=0, dtype={0: str})
    inverse = published.loc[table.industries, table.industries].to_numpy(dtype=float)
    assert np.abs(table.leontief().to_numpy() - inverse).max() < 1e-12
    assert gaps(table)[0] < 1e-9 and gaps(table)[1] < 1e-3
    assert table.imports.to_numpy().sum() == pytest.approx(298_454, abs=0.01)
    page = kn.read_table(folder / "siot_domestic.csv.gz")
    assert page.import_rows == ("Imports",) and gaps(page)[1] < 1e-9
    assert page.industries[0] == "Products of agriculture, hunting and related services"


@pytest.mark.parametrize("country, n", [("cz", 61), ("sk", 65)])
def test_eurostat(shared, country, n):
    folder = shared / f"eurostat_{country}_2015"
    table = kn.read_table(folder, unit="million EUR")
    assert "layout 'eurostat', recognised by the files siot_dom.csv.gz" in table.source
    assert (table.n, table.year, table.unit) == (n, 2015, "million EUR")
    assert gaps(table)[0] < 0.061 and gaps(table)[1] < 0.13
    total = kn.read_table(folder / "siot_total.csv.gz")
    both = table.flows + table.imports
    assert (both - total.flows).abs().max(axis=None) < 0.0101
    # In Czechia the imports of P7 are more than the uses show.
    assert gaps(total)[0] < {"cz": 598, "sk": 0.051}[country]
    assert (total.final_demand["Imports"] <= 0).all()
    assert total.audit().set_index("check").loc["imports mixed in", "status"] == "warn"
    domestic = kn.read_table(folder / "siot_dom.csv.gz", names="code")
    assert domestic.import_rows == ("IMP",) and domestic.industries[4] == "C10-12"
    # No use is counted twice: final uses and flows together are what is made and used.
    used = domestic.flows.to_numpy().sum() + domestic.final_demand.to_numpy().sum()
    assert used == pytest.approx(domestic.output.sum(), rel=1e-5)


def test_croatia(shared):
    path = shared / "croatia_2010" / "siot_kHRK.csv.gz"
    table = kn.read_table(path)
    assert (table.n, table.year, table.unit) == (65, 2010, "thousand HRK")
    assert gaps(table)[0] < 1.21 and gaps(table)[1] < 1e-7
    assert table.export_columns == ("Exports intra EU", "Exports extra EU")
    assert table.final_demand["Imports"].sum() == pytest.approx(-123_860_817, abs=1)
    assert kn.read_table(path, language="id").industries[1] == "Kehutanan"


def test_germany_in_long_form(shared):
    table = kn.read_table(shared / "germany_1995_6")
    assert "recognised by the columns prod_na, induse, values" in table.source
    assert (table.unit, table.year) == ("million EUR", 1995)
    embedded = kn.datasets.load("germany_1995")
    assert np.array_equal(table.flows.to_numpy(), embedded.flows.to_numpy())
    assert np.array_equal(table.output, embedded.output) and max(gaps(table)) == 0
    assert table.satellites.loc["EMP"].sum() == 36_428
    lines = pd.read_csv(shared / "germany_1995_6" / "table_long.csv")
    assert set(kn.read_table(shared / "germany_1995_6", names="published").industries) == set(
        lines["prod_na_lab"][lines["prod_na"].isin(lines["induse"])]
    ) - {"Total"}


def long(shared, tmp_path, change):
    lines = pd.read_csv(shared / "germany_1995_6" / "table_long.csv", dtype=str)
    change(lines).to_csv(tmp_path / "long.csv", index=False)
    return tmp_path / "long.csv"


def test_totals_that_no_parts_add_up_to(shared, tmp_path):
    def slip(lines):
        at = (lines["prod_na"] == "CPA_F") & (lines["induse"] == "P5")
        return lines.assign(values=lines["values"].mask(at, "91715"))

    with pytest.raises(DataError, match="adds up to the total of all uses; nearest are 'P3_S14'"):
        kn.read_table(long(shared, tmp_path, slip))

    def twice(lines):
        return pd.concat([lines, lines.assign(values="1", geo="FR")])

    with pytest.raises(DataError, match=r"holds several values.*keep one value of 'geo'"):
        kn.read_table(long(shared, tmp_path, twice))

    def no_total(lines):
        return lines[lines["induse"] != "TFU"]

    with pytest.raises(DataError, match="neither 'TU' nor 'TFU'"):
        kn.read_table(long(shared, tmp_path, no_total))

    def no_output(lines):
        return lines[lines["prod_na"] != "P1"]

    with pytest.raises(DataError, match=r"only in part.*no row 'P1'"):
        kn.read_table(long(shared, tmp_path, no_output))


def test_chile(shared, tmp_path):
    folder = shared / "chile_2013_12"
    table = kn.read_table(folder)
    assert "layout 'chile', recognised by the files Z.csv, wage_demand.csv" in table.source
    assert table.n == 12 and table.output.sum() == pytest.approx(249_017, abs=1)
    rows = table.flows.sum(axis=1) + table.final_demand.sum(axis=1) - table.output
    assert rows.abs().max() < 1e-10 and table.year == 2013
    assert table.satellites.loc["employees", "Mining"] == 254_724
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    beside = pd.read_csv(folder / "wage_demand.csv", index_col=0)
    beside["final_total_demand"] -= beside["intermediate_total_demand"]  # what its name says
    beside.to_csv(tmp_path / "wage_demand.csv")
    with pytest.raises(DataError, match="'final_total_demand' of 'manufacturing_industry' is not"):
        kn.read_table(tmp_path)


def test_japan_in_one_call(shared):
    folder = shared / "japan_prefectures_2015_12"
    tables = kn.read_tables(folder)
    assert len(tables) == 49 and list(tables)[:2] == ["Japan", "Hokkaido"]
    assert "Gujo(Gifu)" not in tables  # it is named, and has no table
    for table in tables.values():
        assert table.n == 12 and (table.value_added >= 0).all(axis=None)
    prefectures = list(tables.values())[1:43]
    share = sum(table.output.sum() for table in prefectures) / tables["Japan"].output.sum()
    assert share == pytest.approx(0.96, abs=0.005)
    mine = kn.read_table(folder, names={"Trade": "Shops"})
    assert list(mine.industries[4:6]) == ["Electricity, water", "Shops"]
    one = kn.read_table(folder, area="01000")
    assert one.name == "Hokkaido" and one.flows.equals(tables["Hokkaido"].flows)
    with pytest.raises(ParameterError, match=r"'Gujo\(Gifu\)'\. It is named in areas\.csv and has"):
        kn.read_table(folder, area="Gujo(Gifu)")
    with pytest.raises(ParameterError, match="holds one table; use read_table"):
        kn.read_tables(shared / "oecd2021_chn_2018")


def test_japan_with_files_that_do_not_fit(shared, tmp_path):
    folder = shared / "japan_prefectures_2015_12"
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    sectors = pd.read_csv(folder / "sectors.csv")
    sectors.iloc[::-1].to_csv(tmp_path / "sectors.csv", index=False)  # the number decides
    assert kn.read_table(tmp_path).flows.equals(kn.read_table(folder).flows)
    sectors.iloc[:11].to_csv(tmp_path / "sectors.csv", index=False)
    with pytest.raises(DataError, match=r"names 11 sectors, which io_tables\.csv does not fit"):
        kn.read_table(tmp_path)
    sectors.iloc[1:].to_csv(tmp_path / "sectors.csv", index=False)
    with pytest.raises(DataError, match="they must be 1 to 11, as R1C1 and Y1 count them"):
        kn.read_table(tmp_path)
    sectors.rename(columns={"name": "title"}).to_csv(tmp_path / "sectors.csv", index=False)
    with pytest.raises(DataError, match="needs one column 'name'"):
        kn.read_table(tmp_path)


def test_wiod_2016_by_year(shared):
    tables = kn.read_tables(shared / "wiod2016_niot_usa", only=[2000, 2014])
    assert [table.year for table in tables.values()] == [2000, 2014]
    for table in tables.values():
        rows = table.flows.sum(axis=1) + table.final_demand.sum(axis=1) - table.output
        assert rows.abs().max() < 1e-8 and (table.value_added >= 0).all(axis=None)


def test_an_office_s_table_as_a_frame_and_as_parquet(shared, tmp_path):
    path = shared / "oecd2021_jpn_2005" / "table.csv"
    frame = pd.read_csv(path, dtype={"Code": str})
    frame.to_parquet(tmp_path / "table.parquet")
    read = kn.read_table(path)
    for source in (frame, tmp_path / "table.parquet"):
        assert np.array_equal(kn.read_table(source, layout="oecd").flows, read.flows)


def test_naming_a_quadrant_makes_it_labelled(shared):
    path = shared / "oecd2021_jpn_2005" / "table.csv"
    table = kn.read_table(
        path, labels="Code", industries=("01", "45"), output="OUTPUT", drop="rest", final_demand=[]
    )
    assert "layout 'labelled', as its quadrants are named" in table.source
    with pytest.raises(DataError, match="is of layout 'oecd' only in part"):
        kn.read_table(shared / "china_2017_42", layout="oecd")
    with pytest.raises(ParameterError, match="reads a folder, which has no sheets"):
        kn.read_table(shared / "japan_prefectures_2015_12", sheet="x")


def test_what_is_no_table_of_any_office(shared):
    for path in ("china_employment", "world_exports_1998_2000", "eu28_employment"):
        with pytest.raises(AlignmentError):
            kn.read_table(shared / path)
    for path in ("us_cluster_mapping", "goettingen_health_locations"):
        with pytest.raises(DataError, match="is of no layout known here"):
            kn.read_table(shared / path)


def test_more_than_a_file_can_hold(tmp_path, monkeypatch):
    monkeypatch.setattr("klasternet.tables.unpacking.LARGEST", 1000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 1000))
    with pytest.raises(DataError, match="holds more than"):
        kn.read_table(path)
    pd.DataFrame(np.ones((40, 40))).to_excel(tmp_path / "bomb.xlsx")
    with pytest.raises(DataError, match="holds more than"):
        kn.read_table(tmp_path / "bomb.xlsx")


def test_years_in_names():
    assert year_in("oecd2021_chn_2018") == 2018 and year_in("x", "in 2016 (Juta)") == 2016
    assert year_in("indonesia_bps_io17", "area 21219") is None


def test_a_folder_with_one_table_among_other_files(shared):
    """Labels and employment lie beside Croatia's table."""
    table = kn.read_table(shared / "croatia_2010")
    assert table.n == 65 and "recognised in siot_kHRK.csv.gz" in table.source


def test_a_use_before_the_first_sector_is_a_use(shared, tmp_path):
    lines = pd.read_csv(shared / "eurostat_sk_2015/siot_dom.csv.gz", dtype=str)
    first = ["P3_S13", "P51G"]
    moved = lines[[lines.columns[0], *first, *lines.columns[1:].drop(first)]]
    moved.to_csv(tmp_path / "moved.csv", index=False)
    lines.to_csv(tmp_path / "plain.csv", index=False)
    plain, other = (kn.read_table(tmp_path / f"{name}.csv") for name in ("plain", "moved"))
    pd.testing.assert_frame_equal(plain.final_demand, other.final_demand)
