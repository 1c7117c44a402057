"""The audit: sound tables pass, each fault is found where it was put, and nothing is changed."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_table import GERMAN_FLOWS, GERMAN_OUTPUT, GERMANY, balanced

from klasternet import IOTable
from klasternet.errors import ParameterError
from klasternet.tables import checks, identities
from klasternet.tables.phrases import INDONESIAN
from klasternet.tables.totals import (
    looks_like_output,
    looks_like_total,
    printed_unit,
    sums_of_runs,
)

CHECKS = [
    "orientation",
    "square and named",
    "totals mixed in",
    "doubled lines",
    "negative flows",
    "zero output",
    "row identity",
    "column identity",
    "negative value added",
    "spectral radius",
    "imports mixed in",
    "price basis",
    "statistical errors",
    "scale slips",
    "swapped labels",
]


def finding(table: IOTable, check: str) -> pd.Series:
    return table.audit().set_index("check").loc[check]


def with_flow(table: IOTable, seller: str, buyer: str, value: float) -> pd.DataFrame:
    flows = table.flows.copy()
    flows.loc[seller, buyer] = value
    return flows


def test_a_sound_table_passes_every_check():
    table = balanced()
    before = table.flows.copy()
    audit = table.audit()
    assert list(audit.columns) == ["check", "status", "where", "size", "advice"]
    assert list(audit["check"]) == CHECKS
    assert set(audit["status"][audit["check"] != "price basis"]) == {"pass"}
    assert audit.verdict == "14 pass, 0 warn, 0 fail, 1 skipped"
    assert table.flows.equals(before)


def test_it_prints_in_full():
    audit = IOTable(np.full((3, 3), 10), output=np.array([1, 90, 90])).audit()
    printed = str(audit)
    assert all(check in printed for check in CHECKS) and "..." not in printed
    assert "inputs cost more than output" in printed


def test_what_cannot_be_judged_is_skipped_and_says_what_is_needed():
    audit = IOTable(np.ones((3, 3))).audit().set_index("check")
    for check in ("orientation", "row identity", "column identity", "spectral radius"):
        assert audit.loc[check, "status"] == "skipped"
        assert "output" in audit.loc[check, "advice"]
    derived = IOTable(np.ones((3, 3)), final_demand=np.ones(3))
    assert "by construction" in finding(derived, "row identity").advice


def test_miller_blair():
    table = IOTable(
        np.array([[150.0, 500], [200, 100]]),
        final_demand=np.array([350.0, 1700]),
        output=np.array([1000.0, 2000]),
    )
    audit = table.audit()
    assert not audit["status"].isin(["warn", "fail"]).any()
    assert finding(table, "spectral radius")["size"] == pytest.approx(0.3291, abs=1e-4)


def test_rounding_does_not_fail_germany():
    """The industry row misses its output by 46 of 1,079,446 where a published total is used."""
    flows = pd.DataFrame(GERMAN_FLOWS, GERMANY, GERMANY)
    output = pd.Series(GERMAN_OUTPUT, GERMANY)
    demand = output - flows.sum(axis=1)
    demand["industry"] -= 46
    row = finding(IOTable(flows, final_demand=demand, output=output), "row identity")
    assert (row.status, row["size"]) == ("warn", 46)
    assert row["where"] == "industry (-46)"


def test_tolerance_follows_the_printed_precision():
    rng = np.random.default_rng(1)
    flows, demand = rng.uniform(0, 100, (40, 40)), rng.uniform(0, 500, 40)
    output = flows.sum(axis=1) + demand
    for decimals in (0, 1, 2):
        rounded = IOTable(
            flows.round(decimals),
            final_demand=demand.round(decimals),
            output=output.round(decimals),
        )
        row = finding(rounded, "row identity")
        assert row.status == "pass" and row["size"] > 0
    exact = IOTable(flows, final_demand=demand, output=output + 0.01)
    assert finding(exact, "row identity").status == "warn"
    assert finding(exact.replace(output=exact.output * 1.01), "row identity").status == "fail"


def test_buyers_in_the_rows():
    table = balanced(imports=False)
    turned = finding(table.replace(flows=table.flows.T), "orientation")
    assert turned.status == "fail" and "flows.T" in turned.advice
    derived = IOTable(table.flows.T, final_demand=table.final_demand, value_added=table.value_added)
    assert finding(derived, "orientation").status == "fail"


def test_a_total_among_the_industries():
    table = balanced(imports=False)
    flows = table.flows
    flows["TOTAL"] = flows.sum(axis=1)
    flows.loc["TOTAL"] = flows.sum()
    total = finding(IOTable(flows), "totals mixed in")
    assert (total.status, total["where"]) == ("fail", "'TOTAL'")
    by_sum = flows.rename(index={"TOTAL": "s9"}, columns={"TOTAL": "s9"})
    assert finding(IOTable(by_sum), "totals mixed in")["where"] == "'s9'"
    by_name = table.flows.rename(index={"s1": "Jumlah"}, columns={"s1": "Jumlah"})
    assert finding(IOTable(by_name), "totals mixed in").status == "warn"


def test_a_subtotal_and_a_total_in_the_middle():
    flows = balanced(8).flows.to_numpy()
    member = np.eye(8)
    goods, services = [0, 1, 2], [3, 4, 5, 6, 7]
    rows = [member[goods], member[goods].sum(0)[None], member[services], member.sum(0)[None]]
    S = np.vstack(rows)
    with_sums = S @ flows @ S.T
    assert sums_of_runs(with_sums, with_sums.T) == {3: [0, 1, 2], 9: [3, 4, 5, 6, 7, 8]}
    assert sums_of_runs(flows, flows.T) == {}
    rounded = np.rint(with_sums * 1.37)
    assert set(sums_of_runs(rounded, rounded.T)) == {3, 9}


def test_totals_among_final_uses_and_primary_inputs():
    table = balanced(imports=False)
    demand = table.final_demand
    demand["all final uses"] = demand.sum(axis=1)
    assert finding(table.replace(final_demand=demand), "totals mixed in")["where"] == (
        "'all final uses'"
    )
    inputs = table.value_added
    inputs.loc["bought"] = table.flows.sum()
    inputs.loc["made"] = table.output
    assert finding(table.replace(value_added=inputs), "totals mixed in")["where"] == (
        "'made', 'bought'"
    )


def test_negative_flows_are_counted_and_named():
    table = balanced()
    row = finding(table.replace(flows=with_flow(table, "s1", "s4", -7.5)), "negative flows")
    assert (row.status, row["size"]) == ("warn", -7.5)
    assert "s1 -> s4 (-7.5)" in row["where"] and "FlowNetwork.from_table" in row.advice


def test_industries_without_output():
    table = balanced()
    flows = table.flows
    flows.loc["s2"] = flows["s2"] = 0.0
    empty = finding(IOTable(flows), "zero output")
    assert (empty.status, empty["where"]) == ("warn", "'s2'")
    output = table.output
    output["s2"] = 0.0
    assert finding(table.replace(output=output), "zero output").status == "fail"
    output["s2"] = -3.0
    assert finding(table.replace(output=output), "zero output")["where"] == "s2 (-3)"


def test_negative_value_added():
    table = balanced()
    inputs = table.value_added
    inputs.loc["surplus", "s3"] -= inputs["s3"].sum() + 50
    row = finding(table.replace(value_added=inputs), "negative value added")
    assert (row.status, row["where"], row["size"]) == ("warn", "s3 (-50)", -50)


def test_an_economy_that_uses_up_what_it_makes():
    table = balanced()
    row = finding(table.replace(output=table.output / 20), "spectral radius")
    assert row.status == "fail" and row["size"] > 1
    column_sum_above_one = IOTable(np.array([[0.0, 1.5], [0.1, 0.0]]), output=np.array([1.0, 1.0]))
    assert finding(column_sum_above_one, "spectral radius").status == "pass"


def test_imports_mixed_in():
    table = balanced(imports=False).replace(region=None)
    closed = finding(table, "imports mixed in")
    assert closed.status == "warn" and "without any imports" in closed["where"]
    assert finding(table.replace(imports="wages"), "imports mixed in").status == "pass"

    demand = table.final_demand
    demand["IMPO"] = -50.0
    column = finding(table.replace(final_demand=demand), "imports mixed in")
    assert (column.status, column["where"]) == ("warn", "final demand column 'IMPO'")

    more = table.replace(flows=table.flows * 1.5)
    assert "uses exceed output" in finding(more, "imports mixed in")["where"]


@pytest.mark.parametrize("factor", [10.0, 0.1, 1000.0])
def test_slips_of_the_decimal_sign(factor):
    table = balanced()
    output = table.output
    output["s4"] *= factor
    row = finding(table.replace(output=output), "scale slips")
    assert row.status == "fail" and f"s4 (output x {factor:g})" in row["where"]

    seller, buyer = table.flows.max(axis=1).idxmax(), table.flows.max().idxmax()
    one_flow = with_flow(table, seller, buyer, table.flows.loc[seller, buyer] * factor)
    row = finding(table.replace(flows=one_flow), "scale slips")
    assert f"{seller} -> {buyer} (flow x {factor:g})" in row["where"]

    demand = table.final_demand
    demand.loc["s2"] *= factor
    row = finding(table.replace(final_demand=demand), "scale slips")
    assert f"s2 (final demand x {factor:g})" in row["where"]


def test_a_table_in_another_unit_than_its_output():
    table = balanced()
    row = finding(table.replace(output=table.output / 1000), "scale slips")
    assert row["size"] == 6 and "output x 0.001" in row["where"]


def test_names_of_totals_and_of_output():
    totals = ["CPA_TOTAL", "TTL_INT_FNL", "Sub-total", "Jumlah Input", "TOT_CA", "Insgesamt"]
    others = ["Totally woven goods", "Summer clothes", "Tottenham", "C10-C12", "Consumption"]
    assert looks_like_total([*totals, *others]) == totals
    outputs = ["GO", "Output at basic prices", "Total Output", "gross output", "OUTPUT", "x"]
    assert looks_like_output([*outputs, "Outputs of mills", "government", "EX"]) == outputs


def test_printed_unit():
    assert printed_unit(np.array([0.0, 150, 500])) == 1
    assert printed_unit(np.array([0.1, 2.25, 1e6])) == pytest.approx(0.01)
    assert printed_unit(np.random.default_rng(0).uniform(size=50)) == 0
    assert printed_unit(np.array([1e-300, 3e-300])) == 0
    assert printed_unit(np.zeros(3)) == 0


def test_a_world_table_is_audited_in_seconds(shared):
    """WIOD rounds to whole millions; 22 of its country-sectors make nothing."""
    folder = shared / "wiod2013_2011"
    flows = pd.read_csv(folder / "Z.csv.gz", index_col=0)
    nodes = pd.read_csv(folder / "nodes.csv", index_col=0)
    table = IOTable(
        flows,
        final_demand=pd.read_csv(folder / "final_demand.csv.gz", index_col=0),
        output=nodes["output"],
        region=nodes["country"],
    )
    audit = table.audit().set_index("check")
    assert not (audit["status"] == "fail").any()
    assert audit.loc["zero output", "size"] == 22
    assert audit.loc["row identity", ["status", "size"]].tolist() == ["pass", 108]
    assert audit.loc["totals mixed in", "status"] == "pass"


# --- the page


def test_failures_stand_first_on_the_page():
    table = balanced(imports=False).replace(name="Elsewhere", year=2020, unit="million USD")
    page = str(table.replace(output=table.output * 2).audit()).splitlines()
    assert page[0].startswith("Audit of Elsewhere, 6 industries, 2020, million USD: ")
    status = [line.split()[0] for line in page[1:] if line.startswith("  ") and line[2] != " "]
    assert status == sorted(status, key=["fail", "warn", "pass", "skipped"].index)
    assert max(map(len, page)) <= 112


def test_in_indonesian():
    table = balanced().replace(name="Sulawesi Selatan")
    output = table.output
    output["s2"] += 12_216
    audit = table.replace(output=output).audit(language="id")
    assert list(audit["check"]) == CHECKS and "fail" in set(audit["status"])
    page = str(audit)
    assert page.startswith("Pemeriksaan Sulawesi Selatan, 6 sektor, ")
    assert "gagal    keseimbangan baris      s2 (-12.216)" in page
    assert "transaksi antara dan permintaan akhir dikurangi output" in page
    with pytest.raises(ParameterError, match="no language called 'fr'"):
        table.audit(language="fr")


def templates():
    """Yield every sentence that a check says."""
    for module in (checks, identities):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr == "say" and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def test_every_sentence_has_its_indonesian_with_the_same_numbers():
    def fields(template):
        return [field for _, field, *_ in string.Formatter().parse(template) if field is not None]

    said = list(templates())
    assert len(said) > 50
    for template in [*said, *CHECKS]:
        assert template in INDONESIAN, template
        assert fields(INDONESIAN[template]) == fields(template)
