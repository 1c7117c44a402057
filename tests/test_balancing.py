"""Balancing: the laws of RAS and GRAS, an independent optimum, and what cannot be met."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from klasternet.errors import AlignmentError, ConvergenceError, DataError, ParameterError
from klasternet.tables.balancing import balance
from klasternet.tables.wiod import read_wiod2013

SEEDS = st.integers(0, 2**32 - 1)


def named(cells):
    cells = np.asarray(cells, dtype=float)
    rows = [f"r{i}" for i in range(cells.shape[0])]
    columns = [f"c{j}" for j in range(cells.shape[1])]
    return pd.DataFrame(cells, rows, columns)


def case(seed, n, m, signed):
    """A matrix with zeros, and the sums of another one of the same zeros and signs."""
    rng = np.random.default_rng(seed)
    cells = rng.lognormal(0, 1.5, (n, m)) * (rng.random((n, m)) < 0.7)
    cells[np.arange(n), rng.integers(0, m, n)] += 1.0
    cells[rng.integers(0, n, m), np.arange(m)] += 1.0
    if signed:
        cells *= np.where(rng.random((n, m)) < 0.15, -1.0, 1.0)
    other = cells * rng.lognormal(0, 0.5, (n, m))
    return named(cells), named(other)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 9), st.integers(2, 9), st.booleans())
def test_laws(seed, n, m, signed):
    """Sums are met, zeros and signs kept, and the form is biproportional."""
    matrix, other = case(seed, n, m, signed)
    done = balance(matrix, other.sum(axis=1), other.sum())
    new, flow = done.table, done.table.abs()
    assert ((new.sum(axis=1) - other.sum(axis=1)).abs() <= 1e-9 * flow.sum(axis=1)).all()
    assert ((new.sum() - other.sum()).abs() <= 1e-9 * flow.sum()).all()
    assert (np.sign(new) == np.sign(matrix)).all(axis=None)
    factor = np.outer(done.row_factors, done.column_factors)
    assert np.allclose(new, np.where(matrix > 0, matrix * factor, matrix / factor))
    assert np.log(done.row_factors).mean() == pytest.approx(0, abs=1e-9)
    assert done.missed <= 1e-10 and done.method == (
        "GRAS" if (matrix < 0).any(axis=None) else "RAS"
    )


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_ras_does_not_depend_on_any_starting_scale_nor_on_the_order(seed):
    matrix, other = case(seed, 6, 5, False)
    rows, columns = other.sum(axis=1), other.sum()
    done = balance(matrix, rows, columns).table
    rng = np.random.default_rng(seed)
    scaled = matrix.mul(rng.lognormal(0, 2, 6), axis=0) * rng.lognormal(0, 2, 5) * 1e6
    assert np.allclose(balance(scaled, rows, columns).table, done, rtol=1e-6)
    turned = balance(matrix.iloc[::-1, ::-1], rows.sample(frac=1, random_state=1), columns[::-1])
    assert np.allclose(turned.table.loc[done.index, done.columns], done, rtol=1e-6)
    across = balance(matrix.T, columns, rows).table.T
    assert np.allclose(across, done, rtol=1e-6)
    # What has the sums already is left alone.
    assert np.allclose(balance(done, rows, columns).table, done, rtol=1e-6)


def test_gras_is_the_optimum_of_its_own_problem():
    """The example of Junius and Oosterhaven (2003), against a general optimiser."""
    old = named([[7, 3, 5, -3], [2, 9, 8, 0], [-2, 0, 2, 0]])
    rows = pd.Series([15, 26, -1], old.index)
    columns = pd.Series([9, 16, 17, -2], old.columns)
    new = balance(old, rows, columns).table.to_numpy()
    at = np.nonzero(old.to_numpy())
    w = old.to_numpy()[at]

    def gain(z):  # z is the ratio of the new cell to the old one
        return float(np.sum(np.abs(w) * (z * np.log(z) - z)))

    sides = np.zeros((7, len(w)))
    for k, (i, j) in enumerate(zip(*at, strict=True)):
        sides[i, k] = sides[3 + j, k] = w[k]
    sides, sums = sides[:-1], np.concatenate([rows, columns])[:-1]  # the last follows
    found = minimize(
        gain,
        np.ones(len(w)),
        jac=lambda z: np.abs(w) * np.log(z),
        bounds=[(1e-6, None)] * len(w),
        constraints={"type": "eq", "fun": lambda z: sides @ z - sums, "jac": lambda z: sides},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    assert new[at] == pytest.approx(found.x * w, abs=2e-5)


def test_lines_that_are_to_be_empty():
    """A sum of zero empties a line of one sign, and balances a line of two."""
    old = named([[4, 2, 0], [1, 1, -2], [0, 0, -3]])
    rows, columns = pd.Series([5.0, 1, 0], old.index), pd.Series([3.0, 4, -1], old.columns)
    new = balance(old, rows, columns).table
    assert new.loc["r2"].tolist() == [0, 0, 0]
    assert new.sum(axis=1).tolist() == pytest.approx([5, 1, 0])
    assert new.sum().tolist() == pytest.approx([3, 4, -1])
    zero = balance(
        old.iloc[:2], pd.Series([5.0, 0], ["r0", "r1"]), pd.Series([3.0, 3, -1], columns.index)
    )
    assert zero.table.loc["r1"].sum() == pytest.approx(0, abs=1e-9)
    assert zero.table.loc["r1", "c2"] == pytest.approx(-1)


def test_gras_depends_on_the_scale_as_its_notes_say():
    matrix, other = case(3, 5, 5, True)
    rows, columns = other.sum(axis=1) * 1.3, other.sum() * 1.3
    one = balance(matrix, rows, columns).table
    thousand = balance(matrix * 1000, rows, columns).table
    assert not np.allclose(one, thousand, rtol=1e-3)


def world(shared):
    return read_wiod2013(shared / "wiod2013_2011", names="code")


def test_the_world_table_in_seconds(shared):
    table = world(shared)
    rng = np.random.default_rng(5)
    flows = table.flows
    noisy = flows * rng.lognormal(0, 0.3, flows.shape)
    done = balance(noisy, flows.sum(axis=1), flows.sum())
    assert done.missed <= 1e-10 and done.rounds < 1000
    assert done.kept["zero"] == 1435**2 - 413_525 and done.method == "RAS"
    # With final demand, and its changes in stocks, which are negative in places.
    both = pd.concat([flows, table.final_demand], axis=1)
    noisy = both * rng.lognormal(0, 0.3, both.shape)
    done = balance(noisy, both.sum(axis=1), both.sum())
    assert done.method == "GRAS" and done.kept["negative"] == 352
    assert (np.sign(done.table) == np.sign(both)).all(axis=None)
    assert "352 negative cells" in repr(done) and "GRAS: 1,435 x 1,640" in repr(done)


def test_what_no_matrix_can_meet_is_named():
    old = named([[1, 1, 0], [1, 1, 0], [1, 1, 1]])
    columns = pd.Series([4.0, 4, 4], old.columns)
    with pytest.raises(ConvergenceError, match=r"'r[01]', 'r[01]'.*10.*'c1'.*8.*Fill a cell"):
        balance(old, pd.Series([5.0, 5, 2], old.index), columns)
    with pytest.raises(ConvergenceError, match=r"rows 'r3' .*add up to 3.*columns 'c2'.*2: no"):
        wide = named([[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 0, 1]])
        balance(wide, pd.Series([4.0, 4, 1, 3], wide.index), pd.Series([5.0, 5, 2], wide.columns))
    with pytest.raises(ConvergenceError, match=r"row 'r1' is to add up to 5.*only zeros.*fill"):
        balance(
            named([[1, 1], [0, 0]]),
            pd.Series([1.0, 5], ["r0", "r1"]),
            pd.Series([3.0, 3], ["c0", "c1"]),
        )
    with pytest.raises(ConvergenceError, match=r"column 'c1' is to add up to -1.*of that sign"):
        balance(
            named([[1, 1], [1, 1]]),
            pd.Series([1.0, 1], ["r0", "r1"]),
            pd.Series([3.0, -1], ["c0", "c1"]),
        )


def test_a_boundary_is_said_and_not_passed_off():
    """The sums leave nothing for cell r1, c0, which proportional fitting only approaches."""
    old = named([[1, 0], [1, 1]])
    rows, columns = pd.Series([2.0, 1], old.index), pd.Series([2.0, 1], old.columns)
    says = r"rows 'r0' .* to 2, .* columns 'c0', .* just that.*'r1' with 'c0'.*become 0.*Write 0"
    with pytest.raises(ConvergenceError, match=says):
        balance(old, rows, columns)
    with pytest.raises(ConvergenceError, match=says):
        balance(old, rows, columns, max_rounds=50)
    assert balance(old, rows, columns, tolerance=0.01).table.loc["r1", "c0"] < 0.02
    cured = old.copy()
    cured.loc["r1", "c0"] = 0
    assert balance(cured, rows, columns).table.to_numpy().tolist() == [[2, 0], [0, 1]]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_every_refusal_is_confirmed_by_a_linear_program(seed):
    """Small patterns and whole sums: balanced, exactly full or impossible, as a program finds."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 5, 2)
    filled = rng.random((n, m)) < 0.5
    filled[np.arange(n), rng.integers(0, m, n)] = filled[rng.integers(0, n, m), np.arange(m)] = True
    old = named(filled * rng.lognormal(0, 1, (n, m)))
    out = rng.integers(1, 5, n)
    inn = rng.multinomial(out.sum() - m, np.ones(m) / m) + 1 if out.sum() >= m else None
    if inn is None:
        return
    at = np.argwhere(filled)
    sides = np.array([[i == k for i, _ in at] for k in range(n)]
                     + [[j == k for _, j in at] for k in range(m)], dtype=float)  # fmt: skip
    # The largest value that all filled cells can have at least, at once.
    least = linprog(
        [0.0] * len(at) + [-1.0],
        A_eq=np.hstack([sides, np.zeros((n + m, 1))]),
        b_eq=np.concatenate([out, inn]),
        A_ub=np.hstack([-np.eye(len(at)), np.ones((len(at), 1))]),
        b_ub=np.zeros(len(at)),
        bounds=[(0, None)] * (len(at) + 1),
    )
    rows = pd.Series(out.astype(float), old.index)
    columns = pd.Series(inn.astype(float), old.columns)
    if least.status == 2:
        says = "no matrix with these zeros"
    elif -least.fun < 1e-9:
        says = "just that"
    else:
        assert balance(old, rows, columns).missed <= 1e-10
        return
    with pytest.raises(ConvergenceError, match=says):
        balance(old, rows, columns)


def test_too_few_rounds_are_said():
    matrix, other = case(7, 6, 6, True)
    with pytest.raises(
        ConvergenceError, match=r"after 2 rounds .* still misses its sum.*tolerance"
    ):
        balance(matrix, other.sum(axis=1), other.sum(), max_rounds=2)


def test_signs_that_do_not_allow_the_sums():
    old = named([[1, -1, 0], [2, 0, 1]])
    rows = pd.Series([-5.0, 6], old.index)
    columns = pd.Series([1.0, -1, 1], old.columns)
    with pytest.raises(ConvergenceError, match=r"still misses its sum.*zeros and signs"):
        balance(old, rows, columns)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"rows": pd.Series([3.0, 4], ["r0", "r1"])}, DataError, "7 and columns to 8.*scale"),
        ({"rows": pd.Series([4.0, 4], ["r0", "x"])}, AlignmentError, "'r1'.*'x'"),
        ({"columns": pd.Series([4.0, None], ["c0", "c1"])}, DataError, "empty cell"),
        ({"matrix": np.ones((2, 2))}, DataError, "ndarray; pass a pandas DataFrame"),
        ({"matrix": named([[1, -1], [1, 5]]), "method": "RAS"}, DataError, "-1 at row 'r0'.*GRAS"),
        ({"method": "KRAS"}, ParameterError, "did you mean 'g?ras'"),
        ({"tolerance": 0}, ParameterError, "tolerance is 0; give"),
        ({"max_rounds": -1}, ParameterError, "max_rounds is -1; give"),
    ],
)
def test_errors_name_the_fault_and_the_cure(changes, error, says):
    arguments = {
        "matrix": named([[1, 2], [3, 4]]),
        "rows": pd.Series([4.0, 4], ["r0", "r1"]),
        "columns": pd.Series([4.0, 4], ["c0", "c1"]),
    }
    with pytest.raises(error, match=says):
        balance(**(arguments | changes))
