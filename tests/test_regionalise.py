"""Regional tables by quotients: a worked case, the laws of the family, and two real provinces."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn
from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.regional import METHODS, regionalise, trade_quotients

NAMES = pd.Index(list("abc"), name="industry")
REGION = pd.Series([50.0, 30, 20], NAMES)
NATION = pd.Series([400.0, 300, 300], NAMES)
A = np.array([[0.1, 0.2, 0.05], [0.15, 0.1, 0.2], [0.05, 0.1, 0.15]])


def nation(**changes):
    flows = pd.DataFrame(A * NATION.to_numpy(), NAMES, NAMES)
    imports = 0.5 * flows.T
    value_added = (NATION - flows.sum() - imports.sum()).to_frame("value added").T
    parts = {"output": NATION, "imports": imports, "value_added": value_added, "name": "Nation"}
    return kn.IOTable(flows, **(parts | changes))


def test_worked_case():
    """Three industries, a tenth of the nation; every number follows from the formulas by hand."""
    quotients = {m: trade_quotients(REGION, NATION, m, 0.3).to_numpy() for m in METHODS}
    assert quotients["slq"][:, 0] == pytest.approx([1.25, 1, 2 / 3])
    expected = [[1.25, 1.25, 1.875], [0.8, 1, 1.5], [0.533333, 0.666667, 0.666667]]
    assert np.allclose(quotients["cilq"], expected, atol=1e-6)
    assert quotients["rlq"][0] == pytest.approx(1.25 / np.log2([2.25, 2, 5 / 3]))
    size = np.log2(1.1) ** 0.3
    assert size == pytest.approx(0.551435, abs=1e-6)
    assert quotients["flq"][0] == pytest.approx([0.689293, 0.689293, 1.033940], abs=1e-6)
    assert quotients["aflq"][:, 0] == pytest.approx([0.806422, 0.516110, 0.344073], abs=1e-6)
    table = regionalise(nation(), REGION, "FLQ", 0.3)
    rows = [
        [0.068929, 0.137859, 0.05],
        [0.066172, 0.055143, 0.165430],
        [0.014705, 0.036762, 0.055143],
    ]
    assert np.allclose(table.coefficients(), rows, atol=1e-6)
    assert "FLQ, delta 0.3 (given or default, not estimated)" in table.source
    assert "the region is 0.1 of the nation" in table.source and table.name == "Nation (region)"


def random_case(seed, n):
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(n)]
    output = pd.Series(rng.lognormal(5, 1, n), names)
    flows = pd.DataFrame(rng.random((n, n)) * 0.9 / n, names, names) * output
    imports = flows * rng.random((n, n)) * 0.1
    value_added = (output - flows.sum() - imports.sum()).to_frame("value added").T
    table = kn.IOTable(flows, output=output, imports=imports, value_added=value_added)
    small = output * rng.random(n) * (rng.random(n) < 0.9)
    small.iloc[0] = output.iloc[0] * 0.1
    return table, small


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.sampled_from(METHODS))
def test_laws(seed, n, method):
    table, small = random_case(seed, n)
    region = regionalise(table, small, method, 0.25)
    # Columns add up; nothing is bought in the region beyond national coefficients, or of nobody.
    columns = region.output - region.flows.sum() - region.imports.sum() - region.value_added.sum()
    assert columns.abs().max() < 1e-9 * table.output.sum()
    assert (region.imports >= -1e-12).all(axis=None) and (region.flows >= 0).all(axis=None)
    assert (region.flows <= table.coefficients() * region.output + 1e-12).all(axis=None)
    assert not region.flows.loc[small == 0].to_numpy().any()
    assert region.output.tolist() == pytest.approx(small.tolist())
    # Names, not positions; and jobs serve as well as output, in any unit.
    turned = regionalise(table, small.iloc[::-1], method, 0.25)
    assert turned.flows.equals(region.flows)
    jobs = regionalise(table, small * 7, method, 0.25, national=table.output * 7)
    assert np.allclose(jobs.flows, region.flows)
    # The nation is a region of itself, with nothing to buy from the rest.
    whole = regionalise(table, table.output, method, 0.25)
    assert np.allclose(whole.flows, table.flows) and np.allclose(whole.imports, table.imports)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.9))
def test_a_region_like_the_nation(seed, share):
    """Only FLQ and AFLQ know that a small region of the national mix buys elsewhere."""
    table, _ = random_case(seed, 5)
    for method in ("SLQ", "CILQ", "RLQ"):
        flows = regionalise(table, table.output * share, method).coefficients()
        assert np.allclose(flows, table.coefficients())
    for method in ("FLQ", "AFLQ"):
        flows = regionalise(table, table.output * share, method, 0.4).coefficients()
        assert np.allclose(flows, table.coefficients() * np.log2(1 + share) ** 0.4)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_delta_takes_away_and_specialisation_gives(seed):
    table, small = random_case(seed, 6)
    totals = [regionalise(table, small, "FLQ", d).flows.to_numpy().sum() for d in (0, 0.2, 0.5, 1)]
    assert totals == sorted(totals, reverse=True)
    cilq = regionalise(table, small, "CILQ").flows
    assert np.allclose(regionalise(table, small, "FLQ", 0).flows, cilq)
    flq, aflq = (regionalise(table, small, m, 0.3).flows for m in ("FLQ", "AFLQ"))
    assert (aflq >= flq - 1e-12).all(axis=None)


def test_known_output_sets_the_scale_only():
    table = nation()
    known = regionalise(table, REGION, output=REGION * 3)
    assert np.allclose(known.coefficients(), regionalise(table, REGION).coefficients())
    assert known.output.tolist() == [150, 90, 60]
    columns = known.output - known.flows.sum() - known.imports.sum() - known.value_added.sum()
    assert columns.abs().max() < 1e-9


@pytest.fixture(scope="module")
def example():
    path = Path(__file__).resolve().parents[1] / "examples" / "province_from_nation.py"
    spec = importlib.util.spec_from_file_location("province_from_nation", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_provinces_against_their_published_tables(shared, example):
    """The numbers of docs/regional-tables.md: large provinces need a small delta, islands more."""
    sizes = example.value_added(shared)
    whole = example.nation(shared, sizes.loc["nation"])
    assert whole.n == 17 and "1 split by weight 'value added'" in whole.source
    imports = whole.imports.sum() + whole.value_added.sum()
    assert (whole.output - whole.flows.sum() - imports).abs().max() < 1e-6
    studies = {p: example.study(shared, p, whole, sizes) for p in example.PROVINCES}
    bias = {p: rows["multipliers, mean bias %"] for p, rows in studies.items()}
    south, islands = bias["Sulawesi Selatan"], bias["Kepulauan Riau"]
    assert south["SLQ"] == pytest.approx(2.05, abs=0.01)
    assert islands["SLQ"] == pytest.approx(15.76, abs=0.01)
    assert south["FLQ 0.3"] == pytest.approx(-14.81, abs=0.01)
    assert islands["FLQ 0.3"] == pytest.approx(2.56, abs=0.01)
    for rows in studies.values():
        error = rows["flows, total error %"].drop("published")
        assert error.idxmax() == "nation, unchanged" and error.min() > 50
        # What is sold and bought in total brings multipliers to within 2 %, cells not nearly.
        for start in ("SLQ", "FLQ 0.3"):
            fitted = rows.loc[f"{start}, then RAS"]
            assert (
                fitted["multipliers, mean error %"] < 2.0 < rows["multipliers, mean error %"][start]
            )
            assert fitted["flows, total error %"] < rows["flows, total error %"][start] - 5
        assert rows.loc["published"].drop("local inputs, % of output").tolist() == pytest.approx(
            [0, 1, 0, 0]
        )


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"method": "CHARM"}, ParameterError, r"no regionalisation method called 'CHARM'"),
        ({"delta": 1.5}, ParameterError, r"delta is 1.5; give a number from 0 .* 0.1 to 0.6"),
        ({"delta": None}, ParameterError, r"delta is None; give a number"),
        ({"regional": REGION * 9}, DataError, r"'a' is larger.*450.*400.*1 such.*national="),
        ({"regional": REGION * 0}, DataError, r"all regional sizes are zero"),
        ({"regional": REGION - 25}, DataError, r"regional size of 'c' is -5; sizes"),
        ({"regional": REGION.drop("b")}, AlignmentError, r"lacks 'b'"),
        ({"national": NATION.rename({"a": "x"})}, AlignmentError, r"lacks 'a'.*'x'"),
        ({"output": -REGION}, DataError, r"output of 'a' is -50"),
    ],
)
def test_errors_name_the_fault_and_the_cure(changes, error, says):
    arguments = {"table": nation(), "regional": REGION}
    with pytest.raises(error, match=says):
        regionalise(**(arguments | changes))


def test_a_table_without_output_says_so():
    flows = pd.DataFrame(A, NAMES, NAMES)
    with pytest.raises(DataError, match=r"no output.*pass national="):
        regionalise(kn.IOTable(flows), REGION)
