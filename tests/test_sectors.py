"""Names of sectors: every code has a short one in both languages, no two alike, one's own first."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klasternet as kn
from klasternet.errors import AlignmentError, ParameterError
from klasternet.tables.sectors import call_sectors, short_names

INDUSTRIES = {
    "isic3": 17 + 62,
    "isic4": 21 + 88,
    "nace2": 21 + 88 + 20,
    "kbli": 21 + 88,
    "naics": 20,
    "bps17": 17,
    "wiod2013": 35,
    "wiod2016": 56,
    "oecd45": 45,
    "bea_summary": 73,
    "germany_1995": 6,
}
OTHERS = [
    *("bps_final_demand", "bps_value_added", "nbs_final_demand", "nbs_value_added"),
    *("oecd_final_demand", "oecd_value_added", "eurostat_final_demand", "eurostat_value_added"),
    *("ons_final_demand", "ons_value_added", "bea_final_demand", "bea_value_added"),
    "wiod_final_demand",
]


@pytest.mark.parametrize("classification", [*INDUSTRIES, *OTHERS])
def test_lists_are_short_and_unique_in_both_languages(classification):
    names = kn.sector_names(classification)
    assert list(names.columns) == ["short_name", "short_name_id", "full_name"]
    assert names.index.is_unique and (names["full_name"] != "").all()
    for column in ("short_name", "short_name_id"):
        assert names[column].is_unique
        assert names[column].str.len().between(1, 20).all()
        assert (names[column] == names[column].str.strip()).all()
    if classification in INDUSTRIES:
        assert len(names) == INDUSTRIES[classification]


def test_sections_and_divisions_are_complete():
    sections = list("ABCDEFGHIJKLMNOPQRSTU")
    divisions = kn.sector_names("isic4").index[21:]
    assert list(kn.sector_names("isic4").index[:21]) == sections
    assert set(kn.sector_names("kbli").index) == {*sections, *divisions}
    nace = kn.sector_names("nace2").index
    assert {code[1:] for code in nace if re.fullmatch(r"[A-U]\d\d", code)} == set(divisions)
    assert kn.sector_names("naics").index[4] == "31-33"


def test_every_code_of_a_published_table_has_a_name(shared):
    def codes(path, column):
        return set(pd.read_csv(shared / path, dtype=str)[column])

    held = set(kn.sector_names("oecd45").index)
    assert held <= codes("oecd2021_chn_2018/table.csv", "Code")
    held = set(kn.sector_names("bps17").index)
    assert held == codes("indonesia_pdrb_kabkota_2013_2019/sectors.csv", "code")
    for folder in ("eurostat_cz_2015", "eurostat_sk_2015"):
        table = kn.read_table(shared / folder, names="code")
        assert set(table.industries) <= set(kn.sector_names("nace2").index)
    croatia = kn.read_table(shared / "croatia_2010" / "siot_kHRK.csv.gz", names="code")
    assert set(croatia.industries) <= set(kn.sector_names("nace2").index)


def test_unknown_classification_and_language():
    with pytest.raises(ParameterError, match="no classification called 'isic5'; did you mean"):
        kn.sector_names("isic5")
    with pytest.raises(ParameterError, match="no language called 'jv'"):
        short_names("isic4", "jv")


@pytest.mark.parametrize(
    "source, argument",
    [
        ("wiod2016_niot_usa", {"names": {"A01": "Corn belt"}}),
        ("oecd2021_jpn_2005", {"names": {"Fishing and aquaculture": "Tuna"}}),
        ("china_2017_42", {"names": {"01": "Rice"}}),
        ("uk_2010_127", {"names": {"01": "Farms"}}),
        ("eurostat_sk_2015", {"names": {"C29": "Cars"}}),
    ],
)
def test_a_user_s_own_names_go_first(shared, source, argument):
    table = kn.read_table(shared / source, **argument)
    (wanted,) = argument["names"].values()
    assert wanted in table.industries and table.industries.is_unique


@pytest.mark.parametrize(
    "source",
    [
        *("usa_bea_2017_detail", "china_2017_149", "uk_2010_127", "oecd2021_chn_2018"),
        *("indonesia_province_dki_jakarta_72", "indonesia_province_riau_112"),
    ],
)
def test_short_names_where_no_list_has_them(shared, source):
    table = kn.read_table(shared / source, names="short")
    assert table.industries.is_unique and max(map(len, table.industries)) <= 20
    plain = kn.read_table(shared / source, names="code")
    assert np.array_equal(table.flows.to_numpy(), plain.flows.to_numpy())


def test_readers_speak_indonesian(shared):
    usa = kn.read_table(shared / "usa_bea_2022_summary", language="id")
    assert usa.industries[0] == "Pertanian, ternak" and "Ekspor" in usa.final_demand
    assert kn.read_table(shared / "wiod2016_niot_usa", language="id").industries[1] == "Kehutanan"
    world = kn.read_table(shared / "wiod2013_regional_2011", language="id")
    assert world.industries[0] == "EUZ Pertanian"


def test_no_two_sectors_get_one_name():
    short = {"a": "Mills", "b": "Farms"}
    called = call_sectors(["a", "b"], None, short=short, published={})
    assert called == {"a": "Mills", "b": "Farms"}
    called = call_sectors(["a", "b"], "published", short=short, published={"a": "X", "b": "X"})
    assert called == {"a": "X (a)", "b": "X (b)"}
    with pytest.raises(AlignmentError, match="calls both 'a' and 'b' 'Mills'; give every sector"):
        call_sectors(["a", "b"], {"b": "Mills"}, short=short, published={})
    assert call_sectors(["a", "c"], None, short=short, published={"a": "P"}) == {"a": "P", "c": "c"}
    with pytest.raises(ParameterError, match="no way to name industries called 'brief'"):
        call_sectors(["a"], "brief", short={}, published={})


# --- renaming a table


def test_naming_changes_no_number():
    table = kn.datasets.load("usa_2022")
    named = kn.name_sectors(table, "bea_summary", language="id", names={"Farms": "Tani"})
    assert named.industries[0] == "Tani" and named.industries[1] == "Kehutanan, perikanan"
    for part in ("flows", "imports", "final_demand", "value_added", "output"):
        assert np.array_equal(getattr(named, part).to_numpy(), getattr(table, part).to_numpy())
    assert named.export_columns == table.export_columns and named.source == table.source
    back = kn.name_sectors(named, "bea_summary", names={"Tani": "Farms"})
    assert list(back.industries) == list(table.industries)


def test_naming_by_code_and_by_rule():
    names = ["10", "13", "Manufacture of rubber hoses and belts for industrial use"]
    flows = pd.DataFrame(np.ones((3, 3)), names, names)
    table = kn.IOTable(flows, final_demand=pd.Series(1.0, names), exports=pd.Series(0.5, names))
    named = kn.name_sectors(table, "isic4", names={"13": "Cloth"})
    assert list(named.industries) == ["Food", "Cloth", "Rubber hoses, belts"]
    assert named.output_derived and named.exports.sum() == 1.5
    assert list(kn.name_sectors(table).industries[:2]) == ["10", "13"]


def test_naming_refuses_what_cannot_be_right():
    table = kn.datasets.load("germany_1995")
    with pytest.raises(AlignmentError, match="would both be called 'Trade'"):
        kn.name_sectors(table, names={"Industry": "Trade"})
    with pytest.raises(ParameterError, match="names= calls 'Indutsry', which the table does not"):
        kn.name_sectors(table, names={"Indutsry": "Mills"})
    with pytest.raises(ParameterError, match="no industry of the table is in classification 'isi"):
        kn.name_sectors(kn.datasets.load("miller_blair"), "isic4")


# --- shortening by rule


@given(
    st.lists(
        st.text(
            alphabet=st.sampled_from("ab AB,;()-ç農1 and of Manufacturing industri"),
            min_size=1,
            max_size=60,
        ).filter(lambda text: bool(text.strip())),
        min_size=1,
        max_size=30,
        unique=True,
    ),
    st.integers(8, 40),
)
def test_short_names_are_unique_and_fit(names, limit):
    short = kn.shorten(names, limit)
    assert list(short) == names
    assert len(set(short.values())) == len(names)
    assert all(0 < len(name) <= limit for name in short.values())


def test_what_fits_stays():
    names = ["Coal mining", "Oil and gas extraction in the sea and on land", "Fishing"]
    short = kn.shorten(names)
    assert short["Coal mining"] == "Coal mining" and short["Fishing"] == "Fishing"
    assert short[names[1]] == "Oil, gas extraction"


def test_what_tells_them_apart_is_kept():
    names = ["State and local government (hospitals)", "State and local government (schools)"]
    assert set(kn.shorten(names).values()) == {"State hospitals", "State and local govt"}
    alike = ["Other manufacturing of things, part one", "Other manufacturing of things, part two"]
    assert len(set(kn.shorten(alike).values())) == 2


def test_no_word_only_repeats_the_one_before():
    """ "Barang dari" goes, and what is left of "Karet, Barang dari Karet" is said once."""
    for name, short in {
        "Industri Karet, Barang dari Karet dan Plastik": "Karet dan Plastik",
        "Industri Kulit, Barang dari Kulit dan Alas Kaki": "Kulit dan Alas Kaki",
        "Industri Kertas dan Barang dari Kertas, Percetakan": "Kertas, Percetakan",
    }.items():
        assert kn.shorten([name]) == {name: short}


def test_limits_and_doubles():
    with pytest.raises(ParameterError, match="leaves no room for a word"):
        kn.shorten(["a"], limit=5)
    with pytest.raises(AlignmentError, match="'a' more than once"):
        kn.shorten(["a", "a"])


def test_what_tells_names_apart_is_a_word():
    names = ["Office support services", "Office support – Non-market", "Office support – NPISH"]
    assert all(short[-1].isalnum() for short in kn.shorten(names).values())
