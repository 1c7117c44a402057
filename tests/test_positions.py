"""Upstreamness, propagation length, influence, specialisation, loops: numbers, laws, oracles."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn

MILLER = kn.datasets.load("miller_blair")
NAMES = ["Sector 1", "Sector 2"]


def economy(seed, n=6):
    rng = np.random.default_rng(seed)
    Z = rng.gamma(0.5, 10, (n, n)) * (rng.random((n, n)) < 0.7)
    Z[0, -1] += 1.0  # something is traded
    M = rng.gamma(0.5, 3, (n, n))
    homes, abroad = rng.gamma(1, 30, n) + 1, rng.gamma(1, 20, n)
    x = np.maximum(Z.sum(axis=1) + homes + abroad, (Z + M).sum(axis=0) * 1.2)
    names = [f"i{k}" for k in range(n)]
    return kn.IOTable(
        pd.DataFrame(Z, names, names),
        final_demand=pd.DataFrame(
            {"Households": x - Z.sum(axis=1) - abroad, "Exports": abroad}, names
        ),
        value_added=pd.DataFrame([x - (Z + M).sum(axis=0)], ["Value added"], names),
        imports=pd.DataFrame(M, names, names),
        output=pd.Series(x, names),
        exports="Exports",
    )


def parts(table):
    A = table.coefficients().to_numpy()
    return A, np.linalg.inv(np.eye(table.n) - A), table.output.to_numpy()


# ------------------------------------------------------------------------ Miller and Blair


def test_miller_and_blair():
    assert np.allclose(kn.upstreamness(MILLER), [1.914191, 1.254125], atol=1e-6)
    assert np.allclose(kn.downstreamness(MILLER), [1.518152, 1.452145], atol=1e-6)
    lengths = [[1.597017, 1.376238], [1.376238, 1.835697]]
    assert np.allclose(kn.average_propagation_length(MILLER), lengths, atol=1e-6)
    influence = [[2.762346, 2.182683], [2.300734, 1.817938]]
    assert np.allclose(kn.field_of_influence(MILLER), influence, atol=1e-6)
    product = [[0.809681, 0.774477], [0.708471, 0.677668]]
    assert np.allclose(kn.multiplier_product_matrix(MILLER), product, atol=1e-6)


def test_upstreamness_is_not_a_row_sum_of_the_leontief_inverse():
    assert np.allclose(MILLER.leontief().sum(axis=1), [1.5842, 1.3861], atol=1e-4)
    assert np.abs(kn.upstreamness(MILLER) - MILLER.leontief().sum(axis=1)).min() > 0.1


# ------------------------------------------------------------------------ steps


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_steps(seed):
    table = economy(seed)
    Z = table.flows.to_numpy()
    _, _, x = parts(table)
    final, primary = x - Z.sum(axis=1), x - Z.sum(axis=0)
    up, down = kn.upstreamness(table), kn.downstreamness(table)
    assert np.allclose(up, np.linalg.inv(np.eye(6) - Z / x[:, None]).sum(axis=1))
    assert (up >= 1).all() and (down >= 1).all()
    # both, weighted by what enters and leaves, are gross output over final demand
    assert primary @ up == pytest.approx(x.sum())
    assert final @ down == pytest.approx(x.sum())
    # what is exported is used as what stays: further from final use, never nearer
    kept = x - table.exports.to_numpy()
    further = kn.upstreamness(table, "open")
    assert np.allclose(further, 1 + (Z / kept[:, None]) @ further)
    assert (further >= up - 1e-12).all()
    with_imports = (Z + table.imports.to_numpy()) / x
    deeper = kn.downstreamness(table, "open")
    assert np.allclose(deeper, 1 + with_imports.T @ deeper)
    assert (deeper >= down - 1e-12).all()


def test_open_upstreamness_takes_output_less_exports_plus_imports():
    """Elsewhere the denominator is output plus exports less imports."""
    names = ["ore", "steel"]
    flows = pd.DataFrame([[10.0, 60], [5, 20]], names, names)  # imports in it
    demand = pd.DataFrame(
        {"Homes": [10.0, 55], "Stocks": [4.0, -2], "Exports": [36.0, 42], "Imports": [-20.0, -20]},
        names,
    )
    table = kn.IOTable(flows, final_demand=demand, exports="Exports")
    assert table.output.tolist() == [100, 100]
    use = np.array([100 - 36 + 20 - 4, 100 - 42 + 20 + 2])
    D = flows.to_numpy() / use[:, None]
    assert np.allclose(kn.upstreamness(table, "open"), np.linalg.inv(np.eye(2) - D).sum(axis=1))


def test_an_industry_without_output_is_one_step_away():
    names = ["a", "idle"]
    table = kn.IOTable(
        pd.DataFrame([[1.0, 0], [0, 0]], names, names), output=pd.Series([4.0, 0], names)
    )
    assert kn.upstreamness(table)["idle"] == kn.downstreamness(table)["idle"] == 1


def test_what_an_open_economy_needs():
    with pytest.raises(kn.DataError, match=r"needs exports.*economy='closed'"):
        kn.upstreamness(MILLER, "open")
    with pytest.raises(kn.DataError, match=r"imported inputs by product; pass imports="):
        kn.downstreamness(MILLER, "open")
    with pytest.raises(kn.ParameterError, match="Known: closed, open"):
        kn.upstreamness(MILLER, "half")
    names = ["north a", "south a"]
    regional = MILLER.replace(
        flows=MILLER.flows.set_axis(names).set_axis(names, axis=1),
        final_demand=None,
        value_added=None,
        output=MILLER.output.set_axis(names),
        exports=pd.Series([1.0, 1], names),
        region=pd.Series(["north", "south"], names),
    )
    for verb in (kn.upstreamness, kn.downstreamness):
        with pytest.raises(kn.DataError, match=r"trade between 2 regions itself"):
            verb(regional, "open")
    sold_out = economy(1)
    sold_out = sold_out.replace(exports=sold_out.output.rename("exports"))
    with pytest.raises(kn.DataError, match=r"'i0'.* leaves nothing at home"):
        kn.upstreamness(sold_out, "open")


# ------------------------------------------------------------------------ lengths


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_propagation_length_is_a_mean_over_rounds(seed):
    table = economy(seed)
    A, _, x = parts(table)
    total, weighted, power = np.zeros((6, 6)), np.zeros((6, 6)), np.eye(6)
    for k in range(1, 2000):
        power = power @ A
        total, weighted = total + power, weighted + k * power
    reached = total > 0
    lengths = kn.average_propagation_length(table).to_numpy()
    assert np.allclose(lengths[reached], weighted[reached] / total[reached])
    assert (lengths[~reached] == 0).all() and (lengths[reached] >= 1 - 1e-12).all()
    B = table.flows.to_numpy() / x[:, None]  # the Ghosh model has the same lengths
    H = np.linalg.inv(np.eye(6) - B)
    with np.errstate(divide="ignore", invalid="ignore"):
        pushed = (H @ (H - np.eye(6))) / (H - np.eye(6))
    assert np.allclose(pushed[reached], lengths[reached])


def test_length_of_a_chain_and_nothing_where_no_path_leads():
    n = 40
    names = [f"s{k}" for k in range(n)]
    Z = np.diag(np.random.default_rng(0).uniform(1, 9, n - 1), 1)
    table = kn.IOTable(pd.DataFrame(Z, names, names), output=pd.Series(13.0, names))
    i, j = np.indices((n, n))
    assert np.allclose(kn.average_propagation_length(table), np.maximum(j - i, 0))


# ------------------------------------------------------------------------ influence


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_influence_is_the_change_of_the_inverse(seed):
    table = economy(seed, 5)
    A, L, _ = parts(table)
    summed = kn.field_of_influence(table)
    for i in range(5):
        for j in range(5):
            changed = A.copy()
            changed[i, j] += 0.01
            one = kn.field_of_influence(table, f"i{i}", f"i{j}").to_numpy()
            moved = np.linalg.inv(np.eye(5) - changed) - L
            assert np.allclose(moved, 0.01 * one / (1 - 0.01 * L[j, i]))
            assert summed.iloc[i, j] == pytest.approx((one**2).sum())


def test_a_tie_has_two_ends():
    with pytest.raises(kn.ParameterError, match="give seller= and buyer="):
        kn.field_of_influence(MILLER, "Sector 1")
    with pytest.raises(kn.AlignmentError, match="did you mean 'Sector"):
        kn.field_of_influence(MILLER, "Sector 1", "Sector 3")


def test_product_matrix_keeps_the_sums():
    table = economy(3)
    product, L = kn.multiplier_product_matrix(table), table.leontief()
    assert np.allclose(product.sum(), L.sum()) and np.allclose(product.sum(axis=1), L.sum(axis=1))
    assert np.linalg.matrix_rank(product.to_numpy()) == 1


# ------------------------------------------------------------------------ specialisation


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_exports_are_made_of_imports_and_value_added(seed):
    table = economy(seed)
    _, L, x = parts(table)
    result, e = kn.vertical_specialisation(table), table.exports.to_numpy()
    m = table.imports.to_numpy().sum(axis=0) / x
    assert np.allclose(result["import_content"], m @ L)
    assert result.attrs["share"] == pytest.approx(m @ L @ e / e.sum())
    added = kn.multipliers(table, "value added")["effect"]
    assert np.allclose(result["import_content"] + added, 1)


def test_vertical_specialisation_of_the_world(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    result = kn.vertical_specialisation(table)
    share = result.attrs["by_region"]
    assert result["exports"].sum() == pytest.approx(table.exports.sum())
    one = kn.vertical_specialisation(table.regions.select("DEU"))  # a country as its own table
    assert share["DEU"] == pytest.approx(one.attrs["share"], rel=1e-9)
    assert (
        share["LUX"] > share["DEU"] > share["USA"] > share["RUS"]
    )  # small and open, to rich in ore


def test_what_vertical_specialisation_needs():
    with pytest.raises(kn.DataError, match=r"needs exports.*exports="):
        kn.vertical_specialisation(MILLER)
    with pytest.raises(kn.DataError, match=r"does not tell imported inputs"):
        kn.vertical_specialisation(MILLER.replace(exports=pd.Series([1.0, 2.0], NAMES)))


# ------------------------------------------------------------------------ loops


@pytest.mark.parametrize("seed", range(8))
def test_loops_against_all_permutations(seed):
    table = economy(seed, 5)
    Z = table.flows.to_numpy()
    found = kn.feedback_loops(table, layers=5)
    best = max(Z[range(5), p].sum() for p in permutations(range(5)))
    assert found.table["flow"].iloc[0] == pytest.approx(best)
    assert found.table["cumulative"].iloc[-1] == pytest.approx(1)  # n layers use every cell
    place = {name: k for k, name in enumerate(table.industries)}
    used = np.zeros((5, 5), dtype=int)
    for layer, loops in zip(found.table.itertuples(), found.loops, strict=True):
        flow = 0.0
        for loop in loops:
            for seller, buyer in zip(loop, [*loop[1:], loop[0]], strict=True):
                used[place[seller], place[buyer]] += 1
                flow += Z[place[seller], place[buyer]]
        assert flow == pytest.approx(layer.flow)
        assert sorted(name for loop in loops for name in loop) == sorted(place)
    assert (used == 1).all()
    assert "layers" in repr(found) and ">" in str(found)


def test_loops_of_regions(shared):
    table = kn.read_table(shared / "wiod2013_regional_2011")
    found = kn.feedback_loops(table, layers=7, by="region")
    assert found.table["flow"].sum() == pytest.approx(table.flows.to_numpy().sum())
    assert found.table["loops"].iloc[0] == 7  # each trades most with itself


def test_bad_loops():
    with pytest.raises(kn.ParameterError, match="layers is 0"):
        kn.feedback_loops(MILLER, 0)
    with pytest.raises(kn.DataError, match="which region"):
        kn.feedback_loops(MILLER, by="region")
