"""Tables of every make, written to files in the labelled layout and read back as they were."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.generated import law

import klasternet as kn

FOLDER = {}


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    FOLDER["path"] = tmp_path_factory.mktemp("tables")


WORDS = st.text(
    st.characters(categories=("L", "N", "P", "Zs"), exclude_characters="\ufeff\u00a0"),
    min_size=1,
    max_size=12,
)


def plain(label):
    """Whether a label is read as it is written: no spaces around it, no total, no formula."""
    from klasternet.tables.totals import looks_like_output, looks_like_total

    return (
        label == label.strip()
        and bool(label)
        and not looks_like_total([label])
        and not looks_like_output([label])
        and not label.startswith(("=", "'"))
    )


LABELS = WORDS.filter(plain)


@st.composite
def written(draw):
    """A small table, and how it is to be written down."""
    n, f, v = draw(st.integers(2, 5)), draw(st.integers(0, 3)), draw(st.integers(0, 2))
    kind = draw(st.sampled_from(["csv", "csv.gz", "tsv", "xlsx", "parquet"]))
    labels = draw(st.lists(LABELS, min_size=n + f + v, max_size=n + f + v, unique=True))
    names, uses, inputs = labels[:n], labels[n : n + f], labels[n + f :]
    digits = draw(st.sampled_from([0, 1, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = draw(st.sampled_from([99, 10**6]))
    table = rng.integers(0, most, n * (n + f + v)) / 10**digits
    table *= rng.random(len(table)) < 0.8
    Z = pd.DataFrame(table[: n * n].reshape(n, n), names, names)
    Y = pd.DataFrame(table[n * n : n * (n + f)].reshape(n, f), names, uses)
    V = pd.DataFrame(table[n * (n + f) :].reshape(v, n), inputs, names)
    return {
        "flows": Z,
        "final_demand": Y,
        "value_added": V,
        "kind": kind,
        "digits": digits,
        "decimal": draw(st.sampled_from([".", ","])),
        "thousands": draw(st.sampled_from([None, " ", "."])),
        "total": draw(st.booleans()),
        "turned": draw(st.booleans()),  # columns in another order than rows
        "output": draw(st.booleans()),
        "sheets": draw(st.booleans()),
        "bom": draw(st.booleans()),
    }


def whole(case):
    """The rectangle that is published: quadrants, output, and perhaps a total of each column."""
    Z, Y, V = (case[part] for part in ("flows", "final_demand", "value_added"))
    left = Z.sum(axis=1) + Y.sum(axis=1)
    frame = pd.concat([pd.concat([Z, Y], axis=1), V], axis=0)
    if case["output"]:
        frame["the end of it"] = left
    if case["total"]:
        frame.loc["Total"] = frame.iloc[: len(Z)].sum()
    if case["turned"]:
        frame = frame[[*Z.columns[::-1], *frame.columns[len(Z) :]]]
    return frame


def text_of(value, case):
    """A number as it is printed."""
    if np.isnan(value):
        return ""
    sign = case["thousands"]
    shown = f"{value:,.{case['digits']}f}" if sign else f"{value:.{case['digits']}f}"
    return shown.translate(str.maketrans({",": sign or ",", ".": case["decimal"]}))


def write(case, frame):
    """The file, and what must be said to read it."""
    path = Path(FOLDER["path"]) / f"table.{case['kind']}"
    said = {"empty": 0.0} if frame.isna().to_numpy().any() else {}
    if case["kind"] == "parquet":
        frame.to_parquet(path)
    elif case["kind"] == "xlsx":
        with pd.ExcelWriter(path) as book:
            frame.to_excel(book, sheet_name="table")
            if case["sheets"]:
                pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="notes")
                said["sheet"] = "table"
    else:
        printed = frame.map(lambda value: text_of(value, case))
        sep = "\t" if case["kind"] == "tsv" else ","
        encoding = "utf-8-sig" if case["bom"] else "utf-8"
        printed.to_csv(path, sep=sep, encoding=encoding)
        said |= {"decimal": case["decimal"], "thousands": case["thousands"]}
    return path, said


def sound(case):
    """A table whose signs can be told apart."""
    signs = case["thousands"] != case["decimal"]
    return signs and case["flows"].to_numpy().sum() > 0


@law(30)
@given(written().filter(sound))
def test_a_table_is_read_as_it_was_written(case):
    frame = whole(case)
    path, said = write(case, frame)
    table = kn.read_table(
        path,
        layout="labelled",
        industries=list(case["flows"].index),
        final_demand=list(case["final_demand"].columns),
        value_added=list(case["value_added"].index),
        output="the end of it" if case["output"] else None,
        drop=["Total"] * case["total"],
        **said,
    )
    for part in ("flows", "final_demand", "value_added"):
        found, wanted = getattr(table, part), case[part]
        if not wanted.size:
            assert found is None or not found.size
            continue
        assert found.index.tolist() == wanted.index.tolist()
        assert found.columns.tolist() == wanted.columns.tolist()
        np.testing.assert_allclose(found.to_numpy(), wanted.to_numpy(), rtol=1e-15)
    if case["output"]:
        left = case["flows"].sum(axis=1) + case["final_demand"].sum(axis=1)
        np.testing.assert_allclose(
            table.output, left, rtol=1e-9, atol=0.51 * 10.0 ** -case["digits"]
        )


@law(12)
@given(written().filter(sound))
def test_a_total_is_not_taken_for_an_industry_in_silence(case):
    """Unless it is named or dropped a row or column called Total stops the reading."""
    case["total"], case["thousands"], case["decimal"] = True, None, "."
    path, said = write(case, whole(case))
    with pytest.raises(kn.KlasternetError, match=r"[Tt]otal"):
        kn.read_table(path, layout="labelled", **said)


@law(12)
@given(written().filter(sound), st.data())
def test_a_spoilt_cell_is_named(case, data):
    """One cell of text anywhere among the numbers of a CSV file: the error says which."""
    case |= {"kind": "csv", "total": False, "output": False}
    path, said = write(case, whole(case))
    names = list(case["flows"].index)
    bad = data.draw(st.sampled_from(["n/a", "1.2.3", "--", "12x", "1e", "0x1F"]))
    how = {"index_col": 0, "dtype": str, "encoding": "utf-8-sig", "keep_default_na": False}
    frame = pd.read_csv(io.BytesIO(path.read_bytes()), **how)
    i = data.draw(st.integers(0, len(names) - 1))
    frame.iloc[i, data.draw(st.integers(0, len(names) - 1))] = bad
    frame.to_csv(path)
    with pytest.raises(kn.DataError) as told:
        kn.read_table(
            path,
            layout="labelled",
            industries=names,
            final_demand=list(case["final_demand"].columns),
            value_added=list(case["value_added"].index),
            **said,
        )
    assert repr(bad) in str(told.value) and repr(names[i]) in str(told.value)


@law(10)
@given(written().filter(sound), st.booleans())
def test_a_network_comes_out_of_a_file_as_out_of_the_frame(case, sparse_too):
    path, said = write(case, whole(case))
    case_flows = case["flows"]
    table = kn.read_table(
        path, layout="labelled", industries=list(case_flows.index), drop="rest", **said
    )
    made = []
    for flows in (case_flows, table.flows):
        try:
            made.append(kn.FlowNetwork.from_matrix(flows))
        except kn.DataError as error:
            made.append(str(error))
    if isinstance(made[0], str):
        assert made[0] == made[1]
        return
    assert made[0].industries.tolist() == made[1].industries.tolist()
    np.testing.assert_allclose(made[1].flows, made[0].flows, rtol=1e-15)
    by_edges = kn.FlowNetwork.from_edges(made[0].to_edges()) if sparse_too else made[0]
    assert by_edges.total == pytest.approx(made[0].total, rel=1e-14)
