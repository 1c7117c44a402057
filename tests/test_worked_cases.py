"""Worked cases: the examples on real tables, from the file to the finding, with their numbers."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import klasternet as kn

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def example():
    """Import an example by its name; examples may import each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        yield importlib.import_module


# ------------------------------------------------------------------------ provinces of Indonesia


@pytest.fixture(scope="module")
def west_java(example, shared):
    told = example("west_java")
    return told, *told.read(shared)


def test_west_java_has_three_clusters(west_java):
    """Metal, machines and textiles; farms and food; trade, transport and services."""
    _, table, clusters = west_java
    assert (table.audit()["status"] != "fail").all()
    assert [len(members) for members in clusters] == [13, 12, 14]
    assert {"Industri Logam Dasar", "Industri Alat Angkutan"} <= set(clusters.members("A"))
    assert {"Tanaman Pangan", "Industri Makanan dan Minuman"} <= set(clusters.members("B"))
    assert {"Angkutan Darat", "Real Estate"} <= set(clusters.members("C"))
    dense = kn.density(clusters)
    assert (dense["contrast_low"] > 1.5).all()  # each is much denser inside, the interval too
    assert dense.loc["B", "contrast"] == pytest.approx(17.1, abs=0.1)


def test_one_of_them_carries_its_exports(west_java):
    """Seven in ten rupiah of exports are of cluster A; a quarter of them goes abroad again."""
    told, table, clusters = west_java
    role = told.exports(table, clusters)
    assert role["export_share"].sum() == pytest.approx(1)
    assert role["export_share"].round(3).tolist() == [0.720, 0.221, 0.013, 0.045]
    assert role["kind"].tolist() == ["traded", "local", "local", "local"]
    assert role["domestic_share"].round(3).tolist() == [0.738, 0.904, 0.916, 0.762]
    spent = told.multipliers(table, clusters)
    assert np.allclose(spent["value added"] + spent["imports"], 1)  # where each rupiah ends
    assert spent["output"].round(3).tolist() == [1.934, 1.675, 1.618]


def test_what_its_ties_are_worth(west_java):
    """The ties among members of A carry 9.4 % of the province's output, those of C 1.1 %."""
    told, table, clusters = west_java
    lost = told.losses(table, clusters)
    assert lost["total"].round(1).tolist() == [60.6, 27.1, 18.3]
    assert lost["external"].round(1).tolist() == [11.6, 8.3, 5.9]
    assert lost["internal"].round(1).tolist() == [9.4, 4.9, 1.1]


def test_two_of_nine_factors_are_known(west_java):
    """Suppliers are near for B, ties are mutual in C; seven factors want a survey or regions."""
    told, table, clusters = west_java
    card = told.scores(table, clusters)
    known = card.table.dropna(axis=1).round(2)
    assert known["proximity to suppliers"].tolist() == [0.54, 0.67, 0.28]
    assert known["networks of cooperation and social capital"].tolist() == [0.32, 0.15, 0.59]
    assert known.shape[1] == 2 and np.allclose(card.coverage, 2 / 9)
    assert str(card).count("not assessed") >= 7


def test_it_is_told_as_a_report(west_java, capsys, monkeypatch):
    told, *parts = west_java
    monkeypatch.setattr(told, "read", lambda _: parts)
    told.main(Path())
    assert "Output lost, %" in capsys.readouterr().out


def test_seventeen_sections_are_too_coarse_for_clusters(shared):
    """Sulawesi Selatan: accounts can be told, clusters cannot, and none is claimed."""
    table = kn.read_table(shared / "indonesia_bps_io17_sulawesi_selatan_2016" / "table.xlsx")
    clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=1)
    assert len(clusters) == 0 and "no clusters" in str(clusters)
    role = kn.export_role(clusters, table).loc["rest"]
    assert role["exports"] == pytest.approx(136_585_613, abs=1)  # million rupiah
    assert role["carried_share"] == pytest.approx(0.2945, abs=5e-5)
    assert role["domestic_value_added"] + role["imports_in_exports"] == pytest.approx(
        role["exports"], rel=1e-9
    )
    effect = kn.multipliers(table)["effect"]
    assert effect.idxmax() == "Listrik dan gas" and effect.idxmin() == "Real estat"
    assert effect["Industri pengolahan"] == pytest.approx(1.5619, abs=5e-5)


# ------------------------------------------------------------------------ 514 districts


@pytest.fixture(scope="module")
def districts(example, shared):
    told = example("indonesian_districts")
    return told, *told.districts(shared), told.nation(shared)


def test_what_districts_are_special_in(districts):
    """Mines of Sumbawa Barat, hotels of Badung, offices of Jakarta Selatan."""
    told, added, where, _ = districts
    assert added.shape == (514, 17)
    best = told.specialised(added, where)
    assert best.loc["B", "district"] == "Sumbawa Barat, Nusa Tenggara Barat"
    assert best.loc["I", "district"] == "Badung, Bali"
    assert best.loc["MN", "district"] == "Kota Jakarta Selatan, DKI Jakarta"
    assert best.loc[["B", "I", "MN"], "lq"].round(1).tolist() == [10.5, 8.2, 6.4]
    out = kn.concentration(added)
    assert out["krugman"].nlargest(2).round(2).to_dict() == {"B": 1.39, "MN": 1.24}
    assert out["krugman"].idxmin() in ("F", "G")  # building and shops are everywhere
    # business services are worth 7.5 equal districts, farming 223
    assert out.loc[["MN", "A"], "equivalent_number"].round(1).tolist() == [7.5, 222.8]


def test_where_districts_are_hot_together(districts):
    told, added, where, _ = districts
    hot = told.hot_provinces(added, where).reset_index()
    first = hot.sort_values("z", ascending=False).drop_duplicates("section").set_index("section")
    assert first.loc[["I", "MN", "B"], "province"].tolist() == [
        "Bali",
        "DKI Jakarta",
        "Kalimantan Timur",
    ]
    assert first.loc[["I", "MN", "B"], "z"].round(1).tolist() == [15.9, 15.3, 6.8]


def test_what_the_chain_of_food_lacks(districts):
    """Farms and food factories trade with each other and do not locate together."""
    told, added, where, table = districts
    assert len(kn.detect(kn.FlowNetwork.from_table(table), seed=1)) == 0
    clusters = told.chain(table)
    together = kn.coagglomeration(clusters, added, draws=199, seed=1).loc["agro-food"]
    assert together["verdict"] == "as chance" and abs(together["inside"]) < 0.005
    gaps = told.lacking(added, where, table)
    largest = gaps.iloc[0]
    assert largest["district"] == "Bekasi, Jawa Barat" and gaps.index[0][2] == "A"
    # by hand: what its factories and hotels buy of farms, less what its own farms sell to such
    e, Z = added.loc[gaps.index[0][0]] / added.sum(), table.flows
    need = Z.loc["A", "C"] * e["C"] + Z.loc["A", "I"] * e["I"]
    own = e["A"] * (Z.loc["A", "C"] + Z.loc["A", "I"])
    assert largest["need"] == pytest.approx(need) and need == pytest.approx(4885.6, abs=0.1)
    assert largest["supply_gap"] == pytest.approx(need - own)


# ------------------------------------------------------------------------ published numbers


def test_metropolitan_areas(example, shared):
    told = example("us_metro_areas")
    out = told.quotients(told.traded(shared))
    assert len(out) == 46_767 and (out["lq"] - out["published"]).abs().max() < 4.1e-5
    assert (out["lq"] > 1).sum() == 12_768 and (out["low"] > 1).sum() == 11_119
    cars = out.loc[("Detroit-Warren-Dearborn, MI", "Automotive")]
    assert cars[["lq", "low", "high"]].round(2).tolist() == [6.54, 6.50, 6.58]


def test_united_kingdom(example, shared, capsys, monkeypatch):
    told = example("uk_2010")
    parts = told.read(shared)
    apart = told.compare(*parts)
    assert apart["numbers"].tolist() == [127**2, 127, 127, 126, 127, 127]
    assert apart["largest difference"].max() < 1e-13
    monkeypatch.setattr(told, "read", lambda _: parts)
    told.main(shared)
    assert "Dairy products" in capsys.readouterr().out


def test_germany(example):
    """Farming and industry are key; without industry 44.7 % of output would go."""
    table = kn.datasets.load("germany_1995")
    out = example("germany_1995").accounts(table)
    assert out.index[out["kind"] == "key"].tolist() == ["Agriculture", "Industry"]
    assert out["jobs per million EUR"].round(1).tolist() == [32.6, 16.2, 20.7, 23.7, 11.2, 24.2]
    assert out["jobs multiplier"]["Industry"] == pytest.approx(2.082, abs=5e-4)
    assert out["lost without it, %"]["Industry"] == pytest.approx(44.71, abs=0.005)
    assert out["imports in its exports, %"]["Industry"] == pytest.approx(22.06, abs=0.005)
    final = table.output - table.flows.sum(axis=1)
    jobs = 1e-3 * out["jobs per million EUR"] @ final
    assert jobs == pytest.approx(table.satellites.sum(axis=None))  # all jobs serve final users


def test_world(example, shared):
    told = example("world_2011")
    table = kn.read_table(shared / "wiod2013_2011")
    role = told.by_country(table)
    made = role["domestic_value_added"] + role["imports_in_exports"]
    assert np.allclose(made, role["exports"], rtol=1e-9)
    total = role.sum() / 1e6  # trillion USD
    assert total["exports"] == pytest.approx(table.exports.sum() / 1e6) == pytest.approx(18.339852)
    assert total["domestic_value_added"] == pytest.approx(13.690925, abs=1e-6)
    assert role["domestic_share"].idxmin() == "LUX" and role["domestic_share"].idxmax() == "RUS"
    assert role.loc[["LUX", "IDN", "RUS"], "domestic_share"].round(3).tolist() == [
        0.391,
        0.854,
        0.938,
    ]
    assert told.chains(table, "IDN").index[0] == "IDN Mining"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("indonesian_districts", "Bekasi, Jawa Barat"),
        ("us_metro_areas", "largest difference to those published 4.0e-05"),
    ],
)
def test_examples_on_real_data_run(example, shared, capsys, name, shown):
    example(name).main(shared)
    assert shown in capsys.readouterr().out
