"""pymrio there and back: its own test table, a national table, WIOD's seven regions."""

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet.errors import DataError, ParameterError
from klasternet.tables.mrio import from_pymrio, is_pymrio, to_pymrio
from klasternet.tables.wiod import read_wiod2013

pymrio = pytest.importorskip("pymrio")
PARTS = ("flows", "final_demand", "value_added", "output", "imports", "satellites", "region")


def same(a, b):
    for part in PARTS:
        left, right = getattr(a, part), getattr(b, part)
        assert (left is None) == (right is None), part
        if part == "region" and left is not None:
            assert left.tolist() == right.tolist()
        elif left is not None:
            assert left.index.tolist() == right.index.tolist(), part
            assert np.array_equal(left, right), part
            assert part == "output" or left.columns.tolist() == right.columns.tolist(), part
    assert a.unit == b.unit and a.export_columns == b.export_columns


@pytest.fixture(scope="module")
def system():
    return pymrio.load_test()


def test_its_own_test_table(system):
    table = from_pymrio(system)
    assert table.n == 48 and table.regions.names == [f"reg{k}" for k in range(1, 7)]
    assert table.unit == "Mill USD" and table.name == "testmrio"
    assert table.flows.to_numpy().sum() == system.Z.to_numpy().sum()
    assert table.value_added.index.tolist() == ["Value Added"]
    assert table.satellites.index[0] == "emissions | emission_type1 | air (kg)"
    assert "emissions of final users left out" in table.source
    # Output, multipliers and trade as pymrio computes them.
    solved = system.copy().calc_all()
    assert np.allclose(table.output, solved.x.iloc[:, 0])
    assert np.allclose(table.coefficients(), solved.A, atol=1e-12)
    assert np.allclose(table.leontief(), solved.L)
    trade = solved.get_gross_trade().totals["exports"].groupby("region").sum()
    assert np.allclose(table.exports.groupby(table.region).sum(), trade)
    from_a = from_pymrio(pymrio.IOSystem(A=solved.A, x=solved.x, unit=system.unit))
    assert np.allclose(from_a.flows, table.flows) and from_a.value_added is None


def test_the_door_takes_it(system):
    table = kn.read_table(system)
    assert "layout 'pymrio'" in table.source
    assert table.flows.equals(from_pymrio(system).flows)
    network = kn.FlowNetwork.from_table(table)
    assert network.n == 48
    with pytest.raises(ParameterError, match=r"no layout of an IOSystem called 'oecd'"):
        kn.read_table(system, "oecd")
    with pytest.raises(
        ParameterError, match=r"no argument of layout 'pymrio' called 'years'.*year"
    ):
        kn.read_table(system, years=2011)
    assert is_pymrio(system) and not is_pymrio(pd.DataFrame())


def test_many_regions_there_and_back(system, shared):
    table = from_pymrio(system)
    same(from_pymrio(to_pymrio(table)), table)
    world = read_wiod2013(shared / "wiod2013_regional_2011")
    back = from_pymrio(to_pymrio(world))
    same(back, world)
    assert np.allclose(back.exports, world.exports)


def test_one_region_there_and_back():
    table = kn.datasets.load("usa_2022")
    jobs = pd.DataFrame([range(table.n)], ["jobs (thousand)"], table.industries)
    table = table.replace(satellites=jobs)
    made = to_pymrio(table)
    assert made.satellites.unit.iloc[0, 0] == "thousand"
    back = from_pymrio(made)
    same(back, table)
    assert np.allclose(back.exports, table.exports) and back.region is None
    made.calc_all()
    assert np.allclose(made.L, table.leontief())


def test_faults(system, monkeypatch):
    with pytest.raises(DataError, match=r"neither Z nor A and x.*calc_all"):
        from_pymrio(pymrio.IOSystem(Y=system.Y))
    with pytest.raises(ParameterError, match=r"no extension called 'factors'.*factor_inputs"):
        from_pymrio(system, value_added="factors")
    hybrid = system.copy()
    hybrid.unit = hybrid.unit.copy()
    hybrid.unit.iloc[0, 0] = "t"
    with pytest.raises(DataError, match=r"in 2 units \(t, Mill USD\), a hybrid table"):
        from_pymrio(hybrid)
    monkeypatch.setitem(__import__("sys").modules, "pymrio", None)
    with pytest.raises(ParameterError, match=r"pip install klasternet\[mrio\]"):
        to_pymrio(kn.datasets.load("germany_1995"))
