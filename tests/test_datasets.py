"""The embedded tables: where they come from, that they balance, and what sectors are called."""

import numpy as np
import pandas as pd
import pytest

from klasternet import datasets
from klasternet.data.make_usa_2022 import make
from klasternet.errors import ParameterError
from klasternet.tables.sectors import sector_names

CLASSIFICATIONS = ["bea_summary", "wiod2013", "wiod2016", "germany_1995"]


@pytest.mark.parametrize(
    ("name", "gap"), [("usa_2022", 9), ("germany_1995", 0), ("miller_blair", 0)]
)
def test_both_identities_hold(name, gap):
    table = datasets.load(name)
    imports = 0 if table.imports is None else table.imports.sum()
    rows = table.output - table.flows.sum(axis=1) - table.final_demand.sum(axis=1)
    columns = table.output - table.flows.sum() - imports - table.value_added.sum()
    assert rows.abs().max() <= gap and columns.abs().max() <= gap
    assert (table.flows >= 0).all(axis=None)
    assert table.source and table.name and table.unit


@pytest.mark.parametrize("name", datasets.names())
def test_audit_finds_no_fault(name):
    audit = datasets.load(name).audit()
    assert not (audit["status"] == "fail").any(), audit.to_string()


def test_usa_2022_is_what_the_published_tables_give(shared, tmp_path):
    make(shared / "usa_bea_2022_summary", tmp_path)
    for file in ("usa_2022.csv", "usa_2022_imports.csv"):
        assert (tmp_path / file).read_bytes() == (datasets.DATA / file).read_bytes()


def test_usa_2022():
    table = datasets.load("usa_2022")
    assert table.n == 71 and table.year == 2022
    assert table.export_columns == ("Exports",)
    assert (table.imports >= 0).all(axis=None)
    # The totals of the published tables, kept to rounding.
    assert table.output.sum() == 46_633_446
    assert table.value_added.loc[["Compensation", "Operating surplus"]].sum().sum() == 24_284_644
    assert table.exports.sum() == pytest.approx(2_620_501, abs=35)
    # What was set apart is small, and all there is.
    assert table.final_demand["Negative use"].sum() == pytest.approx(-401.4, abs=2)
    assert table.value_added.loc["Negative inputs"].sum() == pytest.approx(-401.4, abs=2)
    assert np.array_equal(table.flows, table.flows.round())


def test_germany_1995_is_the_published_table(shared):
    long = pd.read_csv(shared / "germany_1995_6" / "table_long.csv")
    published = long.pivot_table(index="prod_na", columns="induse", values="values")
    codes = sector_names("germany_1995").index
    table = datasets.load("germany_1995")
    assert np.array_equal(table.flows, published.loc[codes, codes])
    final = ["P3_S14", "P3_S13", "P5", "P52", "P6"]
    assert np.array_equal(table.final_demand, published.loc[codes, final])
    rows = ["P7", "D21X31", "D1", "D29X39", "K1", "B2A3N"]
    assert np.array_equal(table.value_added, published.loc[rows, codes])
    assert np.array_equal(table.satellites, published.loc[["EMP-WS", "EMP-FTE"], codes])


def test_germany_1995_backward_linkages_are_those_of_the_manual():
    table = datasets.load("germany_1995")
    linkages = table.leontief().sum()
    published = [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782]
    assert linkages.to_numpy() == pytest.approx(published, abs=5e-5)


def test_miller_blair_inverse_is_that_of_the_book():
    inverse = datasets.load("miller_blair").leontief()
    published = [[1.25412541, 0.330033], [0.2640264, 1.12211221]]
    assert inverse.to_numpy() == pytest.approx(np.array(published), abs=1e-7)


def test_unknown_name_gives_the_nearest():
    with pytest.raises(ParameterError, match="did you mean 'usa_2022'"):
        datasets.load("usa_2021")


@pytest.mark.parametrize("classification", CLASSIFICATIONS)
def test_short_names(classification):
    names = sector_names(classification)
    assert names.index.is_unique and names["short_name"].is_unique
    assert names["short_name"].str.len().max() <= 20
    assert not names["short_name"].str.contains(",").any()
    assert (names["short_name"].str.strip() == names["short_name"]).all()
    assert (names["full_name"] != "").all()


def test_no_code_lacks_a_name(shared):
    def codes(file, column):
        return set(pd.read_csv(shared / file, dtype=str)[column])

    bea = codes("usa_bea_2022_summary/commodity_codes.csv", "code")
    bea |= codes("usa_bea_2022_summary/industry_codes.csv", "code")
    assert set(sector_names("bea_summary").index) == bea and len(bea) == 73
    final = codes("usa_bea_2022_summary/finaldemand_codes.csv", "code")
    assert set(sector_names("bea_final_demand").index) == final
    assert set(sector_names("wiod2013").index) == codes("wiod2013_2011/nodes.csv", "sector")
    wiod2016 = codes("wiod2016_niot_usa/table_2000_2014.csv.gz", "Code")
    assert set(sector_names("wiod2016").index) == wiod2016 and len(wiod2016) == 56


def test_embedded_industries_are_called_as_in_the_list():
    short = sector_names("bea_summary")["short_name"].drop(["Used", "Other"])
    assert list(datasets.load("usa_2022").industries) == list(short)
